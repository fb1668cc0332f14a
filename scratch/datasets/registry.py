"""What the data sets are: their files, the SHA-256 each must have, and where they come from.

The SHA-256 pinned here is what makes a download trustworthy, whatever server it came from.
"""

from dataclasses import dataclass

from scratch.course.spelling import command


@dataclass(frozen=True)
class Source:
    """One address of an archive.

    Without `verify` the server's certificate is not checked: such a source is only asked after a
    server was reached whose certificate is bad.
    """

    url: str
    verify: bool = True


@dataclass(frozen=True)
class DataFile:
    """One file that we read.

    `sha256` is None where any content is welcome. With `size`, only the first `size` bytes are
    pinned, in which are the first `movies` movies: such a file may be longer, and a shorter prefix
    of it is read unchecked.
    """

    name: str
    sha256: str | None = None
    size: int | None = None
    movies: int | None = None


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

    @property
    def remedy(self) -> str:
        """What to do when a file of this set is damaged."""
        if self.sources:
            return f"Delete the folder {self.folder} and run `{command('data')}`."
        return f"Put the file there again: {self.by_hand}"

    @property
    def what_is_checked(self) -> str:
        """Which part of the files of `any_of` can be told from any other content, in words."""
        parts = [f"the first {f.movies} movies of {f.name}" for f in self.any_of if f.sha256]
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
        "ml-100k.zip", "50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229"
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
        "ml-latest-small.zip", "696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436"
    ),
    sources=(
        Source(_GROUPLENS + "ml-latest-small.zip"),
        Source("https://web.archive.org/web/2022id_/" + _GROUPLENS + "ml-latest-small.zip"),
        Source(_GROUPLENS + "ml-latest-small.zip", verify=False),
    ),
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
            movies=20,
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
