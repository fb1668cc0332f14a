"""What git knows of the course's folder, and from where others may clone it."""

import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit


def git(root: Path, *words: str) -> str:
    """Return what git answers in a folder, "" if it has no answer."""
    try:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def published_at(root: Path, named: str | None) -> str:
    """The address that is named, or else git's origin, for everybody; may raise ValueError."""
    return public_address(named) if named else origin(root)


def origin(root: Path) -> str:
    """The address from which anybody can clone what git's origin is; may raise ValueError."""
    remote = git(root, "remote", "get-url", "origin")
    if not remote:
        raise ValueError("Git knows no origin of this course.")
    return public_address(remote)


def public_address(remote: str) -> str:
    """Return the address from which anybody can clone what git knows by this one.

    >>> public_address("git@example.org:course.git")
    'https://example.org/course.git'
    >>> public_address("https://me:secret@example.org/course.git")
    'https://example.org/course.git'

    Raises ValueError for what leads nowhere from another machine: a folder, or nothing. What it
    says holds no password.
    """
    parts = urlsplit(remote)
    if parts.scheme in ("https", "ssh", "git") and parts.hostname:
        port = f":{parts.port}" if parts.port and parts.scheme == "https" else ""
        return f"https://{parts.hostname}{port}{parts.path}"
    if match := re.fullmatch(r"(?:[\w.-]+@)?([\w-]+(?:\.[\w-]+)+):/?([^/].*)", remote):
        return f"https://{match[1]}/{match[2]}"
    raise ValueError(f"Nobody elsewhere can clone {re.sub('//[^/@]*@', '//', remote)}.")
