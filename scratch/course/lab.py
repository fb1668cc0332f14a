"""Starts JupyterLab for the course: one address on the screen, everything else in a log."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_server.serverapp import list_running_servers

from scratch.course.paths import LOGS, ROOT

FIRST_PAGE = "/lab/tree/notebooks/00_start_here.ipynb?file-browser-path=/"
CONFIGURATION = Path(__file__).parent / "jupyter"
START_SECONDS = 120


def serve(options: list[str]) -> int:
    """Run JupyterLab with further options of its own until Ctrl+C; returns the exit code.

    The last line on the screen is the address to open.
    """
    LOGS.mkdir(exist_ok=True)
    log = LOGS / "lab.log"
    with ending_as_by_ctrl_c(), log.open("wb") as file:
        token = secrets.token_hex(24)
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *flags(options), *options],
            cwd=ROOT, env=variables(token), stdin=subprocess.DEVNULL, stdout=file, stderr=file,
            start_new_session=True,  # so that Ctrl+C comes to us, and we end it without a question
        )  # fmt: skip
        try:
            address = wait_for_address(server, token)
            if address is None:
                print(f"JupyterLab did not start; the end of {log}:\n", file=sys.stderr)
                print(
                    "\n".join(log.read_text(encoding="utf-8").splitlines()[-12:]), file=sys.stderr
                )
                return 1
            print(f"JupyterLab runs until Ctrl+C; its log is {log.relative_to(ROOT)}. Open")
            print(f"\n{address}", flush=True)
            return server.wait()
        except KeyboardInterrupt:
            print("\nJupyterLab has been stopped.")
            return 0
        finally:
            stop(server)


@contextmanager
def ending_as_by_ctrl_c() -> Iterator[None]:
    """Meanwhile, ended from elsewhere or by its terminal that is closed: a KeyboardInterrupt."""
    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {
        name: signal.signal(getattr(signal, name), signal.default_int_handler) for name in names
    }
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def flags(options: list[str]) -> list[str]:
    """Return what JupyterLab gets beside the learner's options.

    It takes one value of each: what a learner sets, in full or as --ip, is left to them.

    >>> [flag for flag in flags(["--ip=*"]) if "ip=" in flag]
    []
    """
    ours = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.root_dir": ROOT,
        "LabApp.default_url": FIRST_PAGE,
        "LabApp.workspaces_dir": LOGS / "workspaces",  # open tabs are remembered by course
    }
    theirs = {option.partition("=")[0].rpartition(".")[2].removeprefix("--") for option in options}
    chosen = [f"--{name}={ours[name]}" for name in ours if name.partition(".")[2] not in theirs]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        chosen.append("--allow-root")
    if not has_screen():  # else JupyterLab would look for a browser in vain
        chosen.append("--no-browser")
    return chosen


def has_screen() -> bool:
    """Whether there is a screen on which a browser can open."""
    named = any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
    return named or sys.platform in ("darwin", "win32")


def variables(token: str) -> dict[str, str]:
    """Return the environment of the server: its token, and the course's settings of JupyterLab.

    The settings are defaults: what a learner has changed in JupyterLab goes before them.
    """
    folders = [str(CONFIGURATION), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    return os.environ | {
        "JUPYTER_TOKEN": token,
        "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, folders)),
    }


def wait_for_address(server: subprocess.Popen[bytes], token: str) -> str | None:
    """Return the address of the first page once the server answers, None if it has ended."""
    give_up = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < give_up:
        for running in list_running_servers():
            if running["token"] == token or running["pid"] == server.pid:
                secret = f"&token={running['token']}" if running["token"] else ""
                return running["url"].rstrip("/") + FIRST_PAGE + secret
        time.sleep(0.1)
    return None


def stop(server: subprocess.Popen[bytes]) -> None:
    """End the server and its kernels, gently first."""
    if server.poll() is None:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
