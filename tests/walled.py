"""A place for programs that nobody trusts: they can write into one folder, and reach nobody.

Linux can do that without the rights of an administrator. In there, no file outside of the folder
can be written or removed, no other process is to be seen, there is no network but 127.0.0.1, shared
memory is its own; and when its first process ends, so do all that it has started.
"""

import contextlib
import ctypes
import os
import select
import shutil
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

WALLS = [
    "unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child",
    "--mount-proc", "--net",
]  # fmt: skip
MOST_MEMORY, LARGEST_FILE = 4 * 2**30, 2**30  # bytes
SHARED_MEMORY = Path("/dev/shm")


def close(folder: Path) -> None:
    """Close the walls, in a Python that WALLS has started, around all but the folder."""
    import fcntl  # which Windows has not

    libc, place = ctypes.CDLL(None, use_errno=True), os.fsencode(folder)

    def must(code: int) -> None:
        if code:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def may_write(where: bytes, rights: tuple[int, int], below: int) -> None:
        changed = struct.pack("4Q", *rights, 0, 0)  # what is set, what is cleared
        must(libc.syscall(442, -100, where, below, changed, len(changed)))  # mount_setattr

    must(libc.mount(None, b"/", None, 0x44000, None))  # what is done here stays here
    must(libc.mount(place, place, None, 0x1000, None))  # a mount of its own
    may_write(b"/", (1, 0), 0x8000)  # nothing, here and below
    may_write(place, (0, 1), 0)
    must(libc.mount(b"tmpfs", os.fsencode(SHARED_MEMORY), b"tmpfs", 0, None))
    with socket.socket() as any_socket:  # 127.0.0.1 answers
        fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh22x", b"lo", 1))


def run(work: Callable[[], int], seconds: float, log: Path) -> tuple[int | None, float]:
    """Let a copy of this process do some work: its exit code, None if it hung, and its seconds.

    log: a file for all that it prints. Whatever it started ends with it, and the folder for what is
    temporary is empty again.
    """
    import resource  # which Windows has not

    started = time.monotonic()
    child = os.fork()
    if child == 0:
        code = 99  # of an error outside of the work
        try:
            resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
            resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            for stream, path in ((0, "/dev/null"), (1, log), (2, log)):
                os.dup2(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND), stream)
            code = work()
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    has_ended = os.pidfd_open(child)
    ready, _, _ = select.select([has_ended, 0], [], [], seconds)
    os.close(has_ended)
    if 0 in ready:  # whoever has started us is gone
        sys.exit(1)
    took = time.monotonic() - started
    if os.getpid() != 1:  # as the first process we mean by -1 those within the walls, and no other
        raise RuntimeError("there are no walls")
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.waitpid(-1, 0)
    for folder in (Path(os.environ["TMPDIR"]), SHARED_MEMORY):
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink()
    return (os.waitstatus_to_exitcode(status) if ready else None), took
