"""What the data sets are: their files, the SHA-256 each must have, and where they come from.

The SHA-256 pinned here is what makes a download trustworthy, whatever server it came from.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlsplit

from scratch.checking import Count, Size, Within, check_fields
from scratch.course.spelling import command

# What loaded data can be: the published files, a generated stand-in, or files that nobody can tell
# from the published ones.
Origin = Literal["real", "stand-in", "unchecked"]


@dataclass(frozen=True)
class Source:
    """One address of an archive.

    Without `verify` the server's certificate is not checked: such a source is only asked after a
    server was reached whose certificate is bad.
    """

    url: str
    verify: bool = True

    def __post_init__(self) -> None:
        check_fields(self)
        try:
            parts = urlsplit(self.url)
            is_good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
            is_good = is_good and self.url.isprintable() and " " not in self.url
        except ValueError:  # brackets that are no address, or a port that is no number
            is_good = False
        if not is_good:
            raise ValueError(f"url must begin with http:// and a server's name, got {self.url!r}")


@dataclass(frozen=True)
class Movie:
    """The lines of one movie in a file of Netflix: how many ratings, how many bytes, their CRC-32.

    With the line of the movie itself, and a plain line end (LF) to each.
    """

    id: Count
    ratings: Size
    size: Size
    crc32: Annotated[int, Within(0, 2**32 - 1)]

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True)
class DataFile:
    """One file that we read.

    `sha256` is None where any content is welcome. With `size`, only the first `size` bytes are
    pinned, which are those of `movies`: such a file may be longer. It may be shorter, too; then the
    movies that are there as a whole can be told to be the published ones. `length` is that of the
    whole file, where it is known.
    """

    name: str
    sha256: str | None = None
    size: Size | None = None
    movies: tuple[Movie, ...] = ()
    length: Size | None = None

    def __post_init__(self) -> None:
        check_fields(self)
        if self.sha256 is not None and not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise ValueError(f"sha256 must be 64 hexadecimal digits, got {self.sha256!r}")
        if len(self.movies) and self.size != sum(movie.size for movie in self.movies):
            raise ValueError(f"size of {self.name} must be that of its movies, got {self.size}")


@dataclass(frozen=True)
class DataSet:
    """One published data set: `folder` is its name on disk, `archive` the zip it comes in.

    All of `files` are needed; of `any_of` at least one. Those `beside` come in the archive too, and
    are only read by who asks for them.
    """

    folder: str
    title: str
    files: tuple[DataFile, ...]
    any_of: tuple[DataFile, ...] = ()
    beside: tuple[DataFile, ...] = ()
    archive: DataFile | None = None
    sources: tuple[Source, ...] = ()
    by_hand: str = ""

    def __post_init__(self) -> None:
        check_fields(self)
        if self.archive is not None and len(self.sources) == 0:
            raise ValueError(f"sources must name one at least for {self.archive.name}")

    @property
    def remedy(self) -> str:
        """What to do when a file of this set is damaged."""
        if self.sources:
            return f"Delete the folder {self.folder} and run `{command('data')}`."
        return f"Put the file there again: {self.by_hand}"

    @property
    def what_is_checked(self) -> str:
        """Which part of the files of `any_of` can be told from any other content, in words."""
        parts = [f"the first {len(f.movies)} movies of {f.name}" for f in self.any_of if f.sha256]
        return f"only {' and '.join(parts)} have a checksum here"


_GROUPLENS = "https://files.grouplens.org/datasets/movielens/"

ML_100K = DataSet(
    folder="ml-100k",
    title="MovieLens 100K",
    files=(
        DataFile("u.data", "06416e597f82b7342361e41163890c81036900f418ad91315590814211dca490"),
        DataFile("u.item", "553841ebc7de3a0fd0d6b62a204ea30c1e651aacfb2814c7a6584ac52f2c5701"),
    ),
    beside=(
        DataFile("u.user", "f120e114da2e8cf314fd28f99417c94ae9ddf1cb6db8ce0e4b5995d40e90e62c"),
        DataFile("u1.test", "18c6014a4b2c7324f250a63f8904a7b16b2b19f911129e346141507b0cbac950"),
        DataFile("u2.test", "4de658d1e04ed9104629509a2e2528fce833ac8e048280183f1df167632038c3"),
        DataFile("u3.test", "0f548b51c78327de4c156461d3e430b7e5579fe2b5681586a59416e48fd35f6d"),
        DataFile("u4.test", "7c02ad0a1e7ab1083c8b9d4b627203a051dd7b5eab46d99fa44de33470de8db9"),
        DataFile("u5.test", "351cc52e0d15b6c721466276fc24671d40936899e3d01fadeaf312915b8c5634"),
    ),
    archive=DataFile(
        "ml-100k.zip",
        "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229",
        length=4_924_029,
    ),
    sources=(
        Source(_GROUPLENS + "ml-100k.zip"),
        Source("https://huggingface.co/datasets/Recommenders/MovieLens/resolve/main/ml-100k.zip"),
        Source(_GROUPLENS + "ml-100k.zip", verify=False),
    ),
)

ML_LATEST_SMALL = DataSet(
    folder="ml-latest-small",
    title="MovieLens latest-small",
    files=(
        DataFile("ratings.csv", "aa289ca83157595d0df6aea1be6a4ded676ddc4385472e8313a8ed9805352646"),
        DataFile("movies.csv", "5a5f32dd9bb3797b8e728a1b98958789d2b13f294a69fdfbc5727f8a9611aa07"),
    ),
    archive=DataFile(
        "ml-latest-small.zip",
        "696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436",
        length=978_202,
    ),
    sources=(
        Source(_GROUPLENS + "ml-latest-small.zip"),
        Source("https://web.archive.org/web/2022id_/" + _GROUPLENS + "ml-latest-small.zip"),
        Source(_GROUPLENS + "ml-latest-small.zip", verify=False),
    ),
)

_FIRST_MOVIES = (
    Movie(1, 547, 11_233, 0x1884BD69),
    Movie(2, 145, 2_994, 0x478C3574),
    Movie(3, 2_012, 41_388, 0xB87C66BF),
    Movie(4, 142, 2_927, 0x31AD32A0),
    Movie(5, 1_140, 23_437, 0xD64C6D4D),
    Movie(6, 1_019, 20_991, 0x9E1D3161),
    Movie(7, 93, 1_930, 0xD57764F1),
    Movie(8, 14_910, 306_923, 0x5DACC0FD),
    Movie(9, 95, 1_961, 0xDC6A2969),
    Movie(10, 249, 5_141, 0x3F170F14),
    Movie(11, 198, 4_087, 0x682F6C8E),
    Movie(12, 546, 11_249, 0xCC6FDBE9),
    Movie(13, 125, 2_583, 0x7E541171),
    Movie(14, 118, 2_437, 0x4687C623),
    Movie(15, 290, 5_984, 0x7410A65F),
    Movie(16, 2_699, 55_571, 0x0D7EB460),
    Movie(17, 7_108, 146_278, 0x4E9B7E4D),
    Movie(18, 10_722, 220_594, 0x6ADD0C02),
    Movie(19, 539, 11_098, 0x2A86484B),
    Movie(20, 116, 2_392, 0x2488311E),
)

NETFLIX = DataSet(
    folder="netflix",
    title="Netflix Prize",
    files=(
        DataFile(
            "movie_titles.csv", "5c1b39b39ed1f5b58da872414a49b77e921fa8a069f15b3d36f78a0705e6a153"
        ),
    ),
    any_of=(
        DataFile(
            "combined_data_1.txt",
            "3d775a3cfb0bee198e0b3b347468b45e2a264cf213f7f4d9a8496cc6a1d0efdc",
            size=881_198,
            movies=_FIRST_MOVIES,
        ),
        DataFile("combined_data_2.txt"),
        DataFile("combined_data_3.txt"),
        DataFile("combined_data_4.txt"),
        DataFile("training_set/mv_0000001.txt"),  # of the form in which it was published
    ),
    by_hand=(
        "it comes from https://www.kaggle.com/datasets/netflix-inc/netflix-prize-data "
        "(a free account is needed); put movie_titles.csv and any of combined_data_1.txt to "
        "combined_data_4.txt, or the first lines of one, in the folder netflix of datasets/."
    ),
)

SETS = (ML_100K, ML_LATEST_SMALL, NETFLIX)
