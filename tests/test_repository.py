"""From where others may clone the course."""

import shutil
import subprocess

import pytest

from scratch.course import repository

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://github.com/who/course.git", "https://github.com/who/course.git"),
        ("https://who:secret@example.org:8443/course", "https://example.org:8443/course"),
        ("git@github.com:who/course.git", "https://github.com/who/course.git"),
        ("ssh://git@example.org:22/who/course.git", "https://example.org/who/course.git"),
        ("git://example.org:9418/course.git", "https://example.org/course.git"),
        *(
            (name, None)
            for name in (
                "",
                "nonsense",
                "../course.git",
                "/there/course.git",
                "file:///a",
                "https:///a",
                "C:\\a",
                "http://who:secret@example.org/a",
            )
        ),
    ],
)
def test_everybody_can_clone_from_the_address_in_a_copy(remote, address):
    if address:
        assert repository.public_address(remote) == address
    else:
        with pytest.raises(ValueError, match="Nobody elsewhere can clone") as error:
            repository.public_address(remote)
        assert "secret" not in str(error.value)


def test_without_git_or_an_origin_there_is_no_address(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="knows no origin"):
        repository.origin(tmp_path)
    monkeypatch.setenv("PATH", "")
    assert repository.git(tmp_path, "status") == ""


@pytest.fixture
def checkout(tmp_path):
    """A folder that git knows, without a commit; its origin has an address."""
    for words in (("init", "--quiet"), ("remote", "add", "origin", "git@example.org:course.git")):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


@needs_git
def test_what_git_prints_before_it_fails_is_no_answer(checkout):
    assert repository.git(checkout, "remote") == "origin"
    failed = subprocess.run(["git", "rev-parse", "HEAD"], cwd=checkout, capture_output=True)
    assert failed.returncode and failed.stdout == b"HEAD\n"  # which looks like a name
    assert repository.git(checkout, "rev-parse", "HEAD") == ""


@needs_git
def test_an_address_that_is_named_goes_before_gits_origin(checkout):
    assert repository.published_at(checkout, None) == "https://example.org/course.git"
    named = repository.published_at(checkout, "https://me:secret@example.org/mine.git")
    assert named == "https://example.org/mine.git"
