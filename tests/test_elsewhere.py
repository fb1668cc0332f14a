"""The ways to the course on other people's machines: Binder, conda, a container."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet
from run_lab import Lab

from scratch.course import cli, environment
from scratch.datasets.__main__ import parse_arguments

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PROMISED = re.findall(r"Python :: (3\.\d+)", " ".join(PROJECT["classifiers"]))
BINDER = ROOT / "binder"
CONTAINERFILE = (ROOT / "Containerfile").read_text(encoding="utf-8")
needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Containerfile, with what follows them."""
    lines = [line for line in CONTAINERFILE.splitlines() if line and not line.startswith("#")]
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines)]


def argument_of(instruction: str) -> str:
    (argument,) = [rest for word, rest in instructions() if word == instruction]
    return argument


def commands_of_the_course(text: str) -> list[list[str]]:
    """What is said to `python -m scratch.course` in a script."""
    code = "\n".join(line.partition("#")[0] for line in text.splitlines())
    return [words.split() for words in re.findall(r"-m scratch\.course ([\w -]+)", code)]


# Binder


def test_binder_gets_what_repo2docker_reads_and_no_versions_of_its_own():
    # With a folder binder/, repo2docker reads nothing else: these two and runtime.txt, for us.
    assert {path.name for path in BINDER.iterdir()} == {"runtime.txt", "postBuild", "start"}
    python = re.fullmatch(
        r"python-(3\.\d+)\n", (BINDER / "runtime.txt").read_text(encoding="utf-8")
    )[1]
    assert python in PROMISED
    for script in ("postBuild", "start"):
        text = (BINDER / script).read_text(encoding="utf-8")
        assert "==" not in text and "pip install" not in text


def test_binder_calls_commands_that_there_are():
    build, start = (
        commands_of_the_course((BINDER / name).read_text(encoding="utf-8"))
        for name in ("postBuild", "start")
    )
    assert build == [["setup"]] and "setup" in cli.COMMANDS  # and no data in an image
    ((command, *options),) = start
    assert command == "data" and parse_arguments(options).or_stand_in


@needs_bash
@pytest.mark.parametrize("works", [True, False])
def test_jupyterlab_opens_on_binder_whatever_becomes_of_the_data(tmp_path, works):
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\necho "asked: $@"\nexit {0 if works else 1}\n', encoding="utf-8")
    python.chmod(0o755)
    done = subprocess.run(
        ["bash", str(BINDER / "start"), "echo", "opened", "two words"],
        env=os.environ | {"REPO_DIR": str(tmp_path)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stdout == "asked: -m scratch.course data --or-stand-in\nopened two words\n"


@needs_bash
def test_a_set_up_that_fails_ends_the_build_of_binder(tmp_path):
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$TORCH: $@"\nexit 3\n', encoding="utf-8")
    python.chmod(0o755)
    done = subprocess.run(
        ["bash", str(BINDER / "postBuild")],
        env=os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 3 and done.stdout == "cpu: -m scratch.course setup\n"


def test_repo2docker_makes_of_them_what_we_mean():
    repo2docker = shutil.which("repo2docker")
    if repo2docker is None:
        pytest.skip("repo2docker is not installed")
    done = subprocess.run(
        [repo2docker, "--no-build", "--debug", "."], cwd=ROOT, capture_output=True, text=True
    )
    said = done.stdout + done.stderr  # the Dockerfile is among it
    python = (BINDER / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
    assert f"python={python}" in said and "RUN ./binder/postBuild" in said
    assert 'R2D_ENTRYPOINT="${REPO_DIR}/binder/start"' in said
    assert "pip install" not in said and "environment.yml" not in said


# conda


def test_conda_takes_a_python_that_the_course_was_tried_on():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    (python,) = [text for text in listed if isinstance(text, str) and text.startswith("python")]
    allowed = SpecifierSet(python.removeprefix("python"))
    newest = f"3.{environment.NEWEST_TRIED[1]}"
    assert all(allowed.contains(f"{version}.1") for version in PROMISED) and newest in PROMISED
    # conda takes the newest that it may: one for which nobody has built all packages yet.
    assert not allowed.contains(f"3.{environment.NEWEST_TRIED[1] + 1}.0")


# A container


def test_the_image_is_made_for_somebody_who_is_not_root():
    words = [word for word, _ in instructions()]
    assert argument_of("USER").isdecimal() and int(argument_of("USER")) > 0
    assert words.index("USER") < words.index("COPY")
    assert f"--chown={argument_of('USER')}" in argument_of("COPY")
    assert f"--uid {argument_of('USER')} " in CONTAINERFILE


def test_the_image_has_a_python_of_the_course_and_the_set_up_that_all_have():
    python = re.fullmatch(r"docker\.io/library/python:(3\.\d+)-slim", argument_of("FROM"))[1]
    assert python in PROMISED
    assert commands_of_the_course(CONTAINERFILE) == [["setup"]]
    assert "TORCH=cpu" in CONTAINERFILE


def test_data_stay_outside_of_the_image():
    assert argument_of("VOLUME") == f"{argument_of('WORKDIR')}/datasets"
    ours, git = (
        {
            line.strip("/")
            for line in (ROOT / name).read_text(encoding="utf-8").splitlines()
            if line.strip()
        }
        for name in (".dockerignore", ".gitignore")
    )
    ours = {line.removeprefix("**/") for line in ours if not line.startswith("#")}
    assert ours == {line for line in git if not line.startswith("#")} | {".git"}


def test_hadolint_finds_nothing():
    hadolint = shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed")
    done = subprocess.run([hadolint, str(ROOT / "Containerfile")], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.slow
@pytest.mark.skipif(not environment.is_complete(), reason="this environment is not the course's")
@pytest.mark.skipif(sys.platform != "linux", reason="containers run Linux")
def test_what_the_container_starts_is_reached_from_outside_by_those_with_the_token():
    python, *arguments = json.loads(argument_of("CMD"))
    assert python == "python" and f"--port={argument_of('EXPOSE')}" in arguments
    free = [text for text in arguments if not text.startswith("--port=")]
    running = Lab(sys.executable, *free, "--port=0")
    try:
        address = re.fullmatch(r"http://localhost:(\d+)/lab/\S+token=\w{40,}", running.address)
        assert address, running.printed
        # Not the address that a server has which only this machine reaches: 127.0.0.1.
        socket.create_connection(("127.0.0.2", int(address[1])), timeout=5).close()
    finally:
        running.stop()
