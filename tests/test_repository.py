"""From where others may clone the course."""

import pytest

from scratch.course import repository


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://github.com/who/course.git", "https://github.com/who/course.git"),
        ("https://who:secret@example.org:8443/course", "https://example.org:8443/course"),
        ("git@github.com:who/course.git", "https://github.com/who/course.git"),
        ("ssh://git@example.org:22/who/course.git", "https://example.org/who/course.git"),
        *(
            (name, None)
            for name in (
                "",
                "nonsense",
                "../course.git",
                "/there/course.git",
                "file:///a",
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
