"""What lies beside the ratings of MovieLens 100K: the table of users, and five published folds.

Folds are how rating prediction is compared in the literature; notebook 15 measures on these.
"""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from scratch.checking import checked
from scratch.datasets.loaders import find_or_make, load_movielens_100k
from scratch.datasets.movielens import RATING_COLUMNS
from scratch.datasets.reading import (
    KINDS,
    RawFile,
    check_sha256,
    first_true,
    read_file,
    read_lines,
    read_table,
    shown,
)
from scratch.datasets.registry import ML_100K

USER_COLUMNS = ["user_id", "age", "gender", "occupation", "zip_code"]
USERS, *FOLDS = ML_100K.beside
OLDEST = 120


@checked
def load_users_100k(folder: Path | str | None = None) -> pd.DataFrame:
    """Return who the 943 users of MovieLens 100K are, in order of user_id.

    Columns: user_id, age in years, gender (M or F), occupation, zip_code (text); attrs["source"]
    is "real" or "stand-in". `folder`, the stand-in and errors are as in `load_movielens_100k`.
    Introduced in notebook 15.
    """
    place, source, remedy = find_or_make(ML_100K, folder)
    file = read_file(place / USERS.name, remedy)
    users = parse_users_100k(file)
    if source == "real":
        check_sha256(file, USERS)
    users = users.sort_values("user_id", ignore_index=True)
    users.attrs["source"] = source
    return users


@checked
def load_folds_100k(folder: Path | str | None = None) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """Return the five published folds of MovieLens 100K, each as (training set, test set).

    The tables have the columns of `Dataset.ratings`. Every rating is in one test set, and in the
    training sets of the four other folds. `folder`, the stand-in and errors are as in
    `load_movielens_100k`. Introduced in notebook 15.
    """
    ratings = load_movielens_100k(folder).ratings
    place, source, remedy = find_or_make(ML_100K, folder)
    rows = pd.MultiIndex.from_frame(ratings[list(RATING_COLUMNS)])
    fold_of = np.full(len(ratings), -1)
    files = [read_file(place / published.name, remedy) for published in FOLDS]
    for number, (file, published) in enumerate(zip(files, FOLDS, strict=True)):
        found = rows.get_indexer(pd.MultiIndex.from_frame(read_table(file, RATING_COLUMNS, "\t")))
        if (line := first_true(found < 0)) is not None:
            raise file.damaged(line + 1, "this rating is not in u.data")
        if (line := first_true(fold_of[found] >= 0)) is not None:
            raise file.damaged(line + 1, "this rating was in a test set before")
        if (line := first_true(pd.Series(found).duplicated().to_numpy())) is not None:
            raise file.damaged(line + 1, "this rating is here for the second time")
        fold_of[found] = number
        if source == "real":
            check_sha256(file, published)
    if left_out := np.count_nonzero(fold_of < 0):
        raise files[-1].damaged(None, f"{left_out} ratings of u.data are in no test set")
    return [(ratings[fold_of != n], ratings[fold_of == n]) for n in range(len(FOLDS))]


@checked
def parse_users_100k(file: RawFile) -> pd.DataFrame:
    """Return u.user as a table; a line is user_id|age|gender|occupation|zip_code."""
    rows, seen = [], set()
    for number, line in enumerate(read_lines(file, "iso-8859-1"), 1):
        fields = line.split("|")
        if len(fields) != len(USER_COLUMNS):
            raise file.damaged(number, f"{len(fields)} fields where 5 belong: {shown(line)}")
        user, age, gender, occupation, zip_code = fields
        if not re.fullmatch(KINDS["id"][0], user, re.ASCII):
            raise file.damaged(number, f"user_id is {shown(user)}, not {KINDS['id'][2]}")
        if int(user) in seen:
            raise file.damaged(number, f"user {user} has come before")
        if not re.fullmatch(r"[1-9]\d{0,2}", age, re.ASCII) or int(age) > OLDEST:
            raise file.damaged(number, f"age is {shown(age)}, not a number of years up to {OLDEST}")
        if gender not in ("M", "F"):
            raise file.damaged(number, f"gender is {shown(gender)}, neither M nor F")
        if not occupation.strip():
            raise file.damaged(number, f"user {user} has no occupation")
        if not zip_code.strip():
            raise file.damaged(number, f"user {user} has no zip code")
        seen.add(int(user))
        rows.append((int(user), int(age), gender, occupation, zip_code))
    return pd.DataFrame(rows, columns=USER_COLUMNS)
