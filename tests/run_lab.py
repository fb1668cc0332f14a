"""Runs JupyterLab as the learner starts it, for tests."""

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[1]
OF_MAKE = "MAKEFLAGS", "MAKELEVEL", "MFLAGS"  # by which a make knows that another one called it


class Lab:
    """JupyterLab as the learner starts it."""

    def __init__(self, *program: str):
        variables = os.environ | {"JUPYTER_CONFIG_DIR": os.devnull}  # nobody's own settings
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "JUPYTER_TOKEN", *OF_MAKE):
            variables.pop(name, None)
        self.process = subprocess.Popen(
            program, cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, start_new_session=True,
        )  # fmt: skip
        self.printed = []
        for line in self.process.stdout:
            self.printed.append(line.rstrip("\n"))
            if line.startswith("http"):
                break
        assert self.printed and self.printed[-1].startswith("http"), "\n".join(self.printed)
        self.address = self.printed[-1]
        self.base = self.address.partition("/lab")[0]
        self.token = self.address.partition("token=")[2]

    def status(self, path: str, token: str = "") -> int:
        try:
            request = urllib.request.Request(
                self.base + path, headers={"Authorization": f"token {token}"} if token else {}
            )
            with urllib.request.urlopen(request, timeout=30) as reply:
                return reply.status
        except urllib.error.HTTPError as error:
            return error.code

    def ask(self, path: str, body: dict | None = None, method: str | None = None):
        data = None if body is None else json.dumps(body).encode()
        head = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(self.base + path, data=data, headers=head, method=method)
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.load(reply)

    def stop(self, how: signal.Signals = signal.SIGINT) -> str:
        """Press Ctrl+C, or end only the process that was started; returns what was printed last."""
        if how is signal.SIGINT:
            os.killpg(self.process.pid, how)
        else:
            self.process.send_signal(how)
        rest, _ = self.process.communicate(timeout=60)
        return rest

    def answers(self, patience: float = 0.0) -> bool:
        """Whether anything answers; asked again for so many seconds if nothing does."""
        give_up = time.monotonic() + patience
        while True:
            try:
                urllib.request.urlopen(self.base, timeout=60).close()
                return True
            except urllib.error.HTTPError:
                return True  # whatever it says: it answers
            except OSError:
                if time.monotonic() > give_up:
                    return False
                time.sleep(0.2)
