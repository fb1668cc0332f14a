"""What the course's command `data` does: say how each data set is, and fetch what is missing."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import indent

from scratch.course.spelling import command
from scratch.datasets import fetch, leftovers, loaders, locate, stand_in
from scratch.datasets.errors import DatasetError
from scratch.datasets.registry import ML_100K, ML_LATEST_SMALL, NETFLIX, SETS, DataSet

DESCRIPTION = "List the data sets, and download what is missing."
LOAD: dict[str, Callable[..., loaders.Dataset | loaders.NetflixRatings]] = {
    ML_100K.folder: loaders.load_movielens_100k,
    ML_LATEST_SMALL.folder: loaders.load_movielens_small,
    NETFLIX.folder: loaders.load_netflix_arrays,
}


def main(arguments: list[str] | None = None) -> int:
    """Return 0 if every set that can be downloaded is there (or stood in for), else 1."""
    options = parse_arguments(arguments)
    try:
        folders = locate.search_folders(options.folder)
    except DatasetError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if not options.list:
        leftovers.remove_stale(folders[-1], fetch.FETCHING)
    good = True
    silent: dict[str, str] = {}
    for data_set in SETS:
        try:
            good &= visit(data_set, folders, options, silent)
        except (DatasetError, OSError) as error:
            why = str(error) if isinstance(error, DatasetError) else fetch.cause_of(error)
            print(indent(why, "  "))
            good = False
    return 0 if good else 1


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m scratch.course data",  # also for those with make, which takes no options
        description=DESCRIPTION,
    )
    parser.add_argument("--list", action="store_true", help="only list, do not download")
    parser.add_argument(
        "--or-stand-in",
        action="store_true",
        help="make a generated stand-in for what cannot be fetched, and count that as success; "
        "a stand-in that is already there is not tried again",
    )
    parser.add_argument(
        "--stand-in",
        action="store_true",
        help="as --or-stand-in, and nothing is fetched: for tests of every change, whose machines "
        "would ask for the real data many times a day",
    )
    parser.add_argument(
        "--folder", type=Path, help="look and write here, not in SCRATCH_DATA and datasets/"
    )
    return parser.parse_args(arguments)


def visit(
    data_set: DataSet, folders: list[Path], options: argparse.Namespace, silent: dict[str, str]
) -> bool:
    """Print the state of one set, fetch it if that is wanted, and return whether all is well.

    `silent` holds the servers that have not answered, as in `fetch.fetch`.
    """
    home, or_stand_in = folders[-1], options.or_stand_in or options.stand_in
    place = locate.find_real(data_set, folders)
    if place is not None:
        return report_real(data_set, place)
    standing_in = stand_in.is_current(home / "stand-in" / data_set.folder)
    print(f"{data_set.title}: {'a generated stand-in' if standing_in else 'missing'}")
    if options.list:
        return True
    has_failed = False
    if not data_set.sources:  # only a person can put it there
        print(f"  {data_set.by_hand}")
    elif options.stand_in or (standing_in and or_stand_in):
        print(f"  run `{command('data')}` to download the real data")
    else:
        has_failed = not try_to_fetch(data_set, home, silent)
    if or_stand_in and locate.find_real(data_set, folders) is None:
        if not standing_in:
            print(f"  making a STAND-IN of the same size in {home / 'stand-in'}")
            stand_in.ensure(data_set.folder, home)
        return True
    return not has_failed


def report_real(data_set: DataSet, place: Path) -> bool:
    """Print whether the real files in `place` are in order, and return that."""
    try:
        data = LOAD[data_set.folder](folder=place.parent)
    except DatasetError as error:
        print(f"{data_set.title}: DAMAGED")
        print(indent(str(error), "  "))
        return False
    if data.source == "unchecked":
        print(f"{data_set.title}: not checked, in {place}")
        print(f"  ({data_set.what_is_checked})")
    else:
        print(f"{data_set.title}: real, in {place}")
    return True


def try_to_fetch(data_set: DataSet, home: Path, silent: dict[str, str]) -> bool:
    """Fetch a set and return whether that worked; a failure is printed, with what to do."""
    try:
        place = fetch.fetch(data_set, home, silent=silent)
    except DatasetError as error:
        print(indent(str(error), "  "))
        return False
    print(f"  real, now in {place}")
    return True


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # nothing half-made is left: all of it is made beside its place
        sys.exit("\nInterrupted.")
