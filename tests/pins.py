"""What the registry holds of the movies in a text of Netflix, worked out from that text."""

import re
import zlib

from scratch.datasets.registry import Movie


def movies_in(text: str) -> tuple[Movie, ...]:
    """Each movie, with the number of its ratings, its size and its checksum."""
    pieces = re.findall(r"^\d+:\n(?:[^:\n]*\n)*", text, re.MULTILINE)
    assert "".join(pieces) == text
    return tuple(
        Movie(int(one.split(":")[0]), one.count("\n") - 1, len(one), zlib.crc32(one.encode()))
        for one in pieces
    )
