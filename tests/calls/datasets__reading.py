"""Good calls of what reads lines in `scratch.datasets`."""

import zlib
from pathlib import Path

import numpy as np
from calls.datasets import movies, place, ratings

from scratch.datasets.movielens import RATING_COLUMNS
from scratch.datasets.netflix import LAST_MOVIE
from scratch.datasets.reading import RawFile
from scratch.datasets.registry import DataFile, Movie

REMEDY = "Put the file on its path again, with its header and all of its rows."
FLAGS = "|".join(["0"] * 5 + ["1"] + ["0"] * 13)
NETFLIX = "5:\n7,4,2005-09-06\n8,1,1999-11-11\n6:\n7,5,2004-02-29\n"
TITLES = "5,2003,Five\n6,NULL,Six, and a comma\n"


def file(text: str) -> RawFile:
    return RawFile(Path("some.file"), text.encode("latin-1"), REMEDY)


def on_disk(text: str) -> Path:
    path = place("files") / "some.file"
    path.write_text(text)
    return path


DATA, ITEMS = file("1\t5\t4\t100\n1\t6\t3\t200\n"), file(f"5|Five|||x|{FLAGS}\n6|Six|||x|{FLAGS}\n")
SMALL = file("userId,movieId,rating,timestamp\n1,5,4.5,100\n")
FILMS = file('movieId,title,genres\n5,"Five, The",Drama|War\n')
FIRST = NETFLIX[: NETFLIX.find("6:")]

CALLS = {
    "datasets.folds.parse_users_100k": lambda: {"file": file("1|24|M|technician|85711\n")},
    "datasets.movielens.parse_100k": lambda: {"ratings_file": DATA, "movies_file": ITEMS},
    "datasets.movielens.parse_movies_100k": lambda: {"file": ITEMS},
    "datasets.movielens.parse_small": lambda: {"ratings_file": SMALL, "movies_file": FILMS},
    "datasets.movielens.parse_movies_small": lambda: {"file": FILMS},
    "datasets.netflix.read_blocks": lambda: {
        "paths": [on_disk(NETFLIX)],
        "remedy": REMEDY,
        "known": np.arange(LAST_MOVIE + 1) > 0,
        "max_movies": 9,
        "max_lines": 99,
        "progress": False,
        "block_bytes": 100,
    },
    "datasets.netflix.day_of_date": dict,
    "datasets.netflix.parse_titles": lambda: {"file": file(TITLES)},
    "datasets.netflix.known_movies": lambda: {"movies": movies()},
    "datasets.netflix.known_part": lambda: {
        "file": file(NETFLIX),
        "movies": [Movie(5, 2, len(FIRST), zlib.crc32(FIRST.encode()))],
    },
    "datasets.reading.RawFile": lambda: {"path": Path("some"), "raw": b"x", "remedy": REMEDY},
    "datasets.reading.RawFile.damaged": lambda: (DATA.damaged, {"line": 3, "problem": "it is odd"}),
    "datasets.reading.read_file": lambda: {"path": on_disk("x\n"), "remedy": REMEDY},
    "datasets.reading.opened": lambda: {"path": on_disk("x\n"), "remedy": REMEDY},
    "datasets.reading.check_sha256": lambda: {"file": DATA, "published": DataFile("some.file")},
    "datasets.reading.read_table": lambda: {
        "file": SMALL,
        "columns": dict(RATING_COLUMNS),
        "separator": ",",
        "header": "userId,movieId,rating,timestamp",
    },
    "datasets.reading.malformed": lambda: {
        "line": b"1,5,4.5,100",
        "columns": dict(RATING_COLUMNS),
        "separator": ",",
        "has_end": True,
    },
    "datasets.reading.shown": lambda: {"text": "some\ttext"},
    "datasets.reading.check_ratings": lambda: {
        "table": ratings(),
        "file": DATA,
        "line_of": lambda row: row + 1,
        "scale": (1.0, 5.0),
        "step": 1.0,
    },
    "datasets.reading.check_movies_known": lambda: {
        "table": ratings(),
        "file": DATA,
        "line_of": lambda row: row + 1,
        "movies": movies(),
    },
    "datasets.reading.first_true": lambda: {"flags": np.array([False, True, True])},
    "datasets.reading.read_lines": lambda: {"file": file(TITLES), "encoding": "iso-8859-1"},
    "datasets.reading.movie_table": lambda: {
        "file": file(TITLES),
        "rows": [("5", "Five", ""), ("6", "Six", "")],
        "columns": ["movie_id", "title", "genres"],
        "first_line": 1,
    },
    "datasets.tiny.parse_interests": lambda: {"file": file("a, b\nc\n")},
    "datasets.tiny.parse_ratings": lambda: {"file": file("user_id,movie_id,rating\n1,5,4\n")},
}
