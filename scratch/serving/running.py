"""Starts the service as a process of its own and stops it.

A process has its own core, and its own global lock of Python: what is measured is the service, and
not who asks. Used in notebook 17.
"""

import contextlib
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

import scratch
from scratch.checking import Count, check_fields, checked
from scratch.serving.addresses import Port, check_address, check_token

START_SECONDS, END_SECONDS = 60, 10
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Running:
    """A service that runs: where, for whom, and as which process."""

    address: str  # http://127.0.0.1:PORT
    token: str
    process: subprocess.Popen[bytes]
    said: Path  # the file of what it has printed

    def __post_init__(self) -> None:
        """Raise TypeError or ValueError for an address or a token that can't be sent."""
        check_fields(self)
        check_address(self.address)
        check_token(self.token)


@checked
@contextlib.contextmanager
def running(
    folder: Path | str,
    name: str,
    *,
    num_cells: Count | None = None,
    num_probed: Count = 1,
    port: Port = 0,
) -> Iterator[Running]:
    """The service of the models in a folder, for as long as the `with` block lasts.

        with running(Path("models"), "monday.npz") as service, client(service) as ask:
            print(ask.get("/popular").json())

    name: of the model to begin with. num_cells and num_probed: as in `scratch.serving.answers`.
    port: 0 takes a free one. Raises TypeError or ValueError, at once, for what could be none of
    these; RuntimeError, with what the service has said, when it ends or does not answer in
    START_SECONDS.
    """
    command = [
        # -P: what lies in this folder is not to be taken for the package, or for a part of Python.
        sys.executable, "-P", "-m", "scratch.serving.service", str(Path(folder).absolute()),
        f"--model={name}", "--port", str(port), "--probed", str(num_probed), "--while-stdin",
    ]  # fmt: skip
    if num_cells is not None:
        command += ["--cells", str(num_cells)]
    token = secrets.token_urlsafe(24)
    # The same package as here, wherever that lies; the token where no other user can read it.
    paths = [str(Path(scratch.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    own = os.environ | {"SCRATCH_TOKEN": token, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    # What it says goes to a file: a pipe that nobody reads would be full some day, and stop it.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        said = Path(place) / "said.txt"
        with said.open("wb") as output:
            process = subprocess.Popen(
                # The pipe closes when this process ends, in whatever way: so the service does.
                command,
                env=own,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
            )
        try:
            yield Running(_address(process, said), token, process, said)
        finally:
            stop(process)


@checked
def client(service: Running) -> httpx.Client:
    """Who asks that service: knows its address, and has its token.

    Whatever proxy the environment names is not asked: the token is nobody else's business.
    """
    return httpx.Client(
        base_url=service.address,
        headers={"Authorization": f"Bearer {service.token}"},
        trust_env=False,
    )


@checked
def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process: it is asked first, so that it can end what it has begun (not on Windows)."""
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin is not None:
        process.stdin.close()


def _address(process: subprocess.Popen[bytes], said: Path) -> str:
    """Where the service answers, as soon as it does."""
    text, end = "", time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        has_ended = process.poll() is not None  # first: then all that it said is there
        text = said.read_text(encoding="utf-8", errors="replace")
        if has_ended:
            raise RuntimeError(f"the service has ended (exit code {process.returncode}):\n{text}")
        if address := re.search(r"answers at (http://\S+)\n", text):
            with contextlib.suppress(httpx.HTTPError):
                httpx.get(f"{address[1]}/health", trust_env=False).raise_for_status()
                return address[1]
        time.sleep(POLL_SECONDS)
    raise RuntimeError(f"the service does not answer after {START_SECONDS} seconds:\n{text}")
