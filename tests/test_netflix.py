"""The Netflix reader: equal to a plain one on any file, errors in their line, a sound cache."""

import errno
import hashlib
import inspect
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import date as Date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pins import movies_in

from scratch.datasets import (
    DatasetError,
    cache,
    leftovers,
    load_netflix,
    load_netflix_arrays,
    loaders,
    locate,
    netflix,
    stand_in,
)
from scratch.datasets.reading import RawFile, check_sha256
from scratch.datasets.registry import NETFLIX, DataFile
from scratch.machinery.compiled import numba_is_available

REMEDY = "Do this."
BLOCKS = "2:\n7,4,2005-09-06\n8,1,1999-11-11\n1:\n5:\n7,5,2004-02-29\n"
TITLES = "1,2003,One\n2,NULL,Two, and a comma\n5,1990,Caf\xe9\n"
ALL_KNOWN = np.arange(netflix.LAST_MOVIE + 1) > 0
SPEEDS = ["plain", *(["compiled"] if numba_is_available() else [])]
BLOCK_SIZES = [1, 2, 7, 15, 16, 100, 2**20]


def read(paths, known=ALL_KNOWN, **limits):
    """The columns of the files as a list of (user, movie, rating, day)."""
    columns = cache.in_memory(netflix.read_blocks(list(paths), REMEDY, known, **limits))
    assert {name: column.dtype.type for name, column in columns.items()} == netflix.COLUMNS
    return list(zip(*(column.tolist() for column in columns.values()), strict=True))


def write(folder, *texts):
    """The texts as files f1, f2, … of the folder."""
    paths = [folder / f"f{number}" for number in range(1, len(texts) + 1)]
    for path, text in zip(paths, texts, strict=True):
        path.write_bytes(text.encode("latin-1") if isinstance(text, str) else text)
    return paths


@pytest.fixture(params=SPEEDS)
def speed(request, monkeypatch):
    """The loop as plain Python and as machine code."""
    monkeypatch.setattr(netflix, "PLAIN_BYTES", 10**9 if request.param == "plain" else 0)
    return request.param


# --- equal to the plain way ---------------------------------------------------------------------


class BadLine(Exception):
    """The file, counted from 0, and the line, counted from 1, that cannot be."""


def reference(texts, max_movies=None, max_lines=None):
    """The rows of the files, line by line and with no thought of speed; raises BadLine."""
    rows, rated, movies, lines = [], set(), [], 0
    for number, text in enumerate(texts):
        if not text.strip():
            raise BadLine(number, 1)
        movie = None
        for position, line in enumerate(re.findall(rb"[^\n]*\n|[^\n]+", text), 1):
            if lines == max_lines:
                break
            has_end = line.endswith(b"\n")
            line = line.removesuffix(b"\n").removesuffix(b"\r")
            is_heading = re.fullmatch(rb"\d{1,9}:", line)
            if is_heading and len(movies) == max_movies:
                break
            if not has_end:
                raise BadLine(number, position)
            if is_heading:
                movie = int(line[:-1])
                if not 1 <= movie <= 17_770 or movie in movies or line.startswith(b"0"):
                    raise BadLine(number, position)
                movies.append(movie)
            else:
                fields = re.fullmatch(rb"([1-9]\d{0,8}),([1-5]),(\d{4})-(\d\d)-(\d\d)", line)
                if not fields or movie is None:
                    raise BadLine(number, position)
                user, rating, *day = (int(field) for field in fields.groups())
                try:
                    day = Date(*day)
                except ValueError:
                    raise BadLine(number, position) from None
                known = 1 <= user <= 2_649_429 and 1970 <= day.year <= 2058
                if not known or (user, movie) in rated:
                    raise BadLine(number, position)
                rated.add((user, movie))
                rows.append((user, movie, rating, (day - Date(1970, 1, 1)).days))
            lines += 1
        else:
            continue
        break
    if not rows:
        raise BadLine(number, position if lines and position else 1)
    return rows


def random_files(rng, num_files=2, end=b"\n"):
    """Files of some movies each; ids of all lengths, days of all months, movies without ratings."""
    ids = iter(rng.choice(17_770, size=20, replace=False) + 1)
    texts = []
    for _ in range(num_files):
        lines = []
        for _ in range(rng.integers(1, 6)):
            lines.append(b"%d:" % next(ids))
            users = np.unique(10 ** rng.uniform(0, 6.42, rng.integers(0, 12))).astype(int)
            for user in rng.permutation(np.unique(users)):
                day = np.datetime64("1999-11-11") + rng.integers(0, 2_243)
                lines.append(b"%d,%d,%s" % (user, rng.integers(1, 6), str(day).encode()))
        texts.append(b"".join(line + end for line in lines))
    return texts


@pytest.mark.parametrize("end", [b"\n", b"\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("block_bytes", BLOCK_SIZES)
def test_files_in_blocks_of_any_size_are_read_as_line_by_line(tmp_path, speed, block_bytes, end):
    for seed in range(15):
        texts = random_files(np.random.default_rng(seed), 1 + seed % 3, end)
        expected = reference(texts)
        assert read(write(tmp_path, *texts), block_bytes=block_bytes) == expected


@pytest.mark.parametrize("block_bytes", [1, 50, 2**20])
def test_limits_stop_where_they_say(tmp_path, speed, block_bytes):
    texts = random_files(np.random.default_rng(5), 3)
    paths, lines = write(tmp_path, *texts), b"".join(texts).count(b"\n")
    movies = b"".join(texts).count(b":")
    for name, most in (("max_lines", lines), ("max_movies", movies)):
        for limit in range(3, most + 3):
            wanted = reference(texts, **{name: limit})
            assert read(paths, block_bytes=block_bytes, **{name: limit}) == wanted
    assert wanted == reference(texts)
    both = {"max_movies": 3, "max_lines": 12}
    assert read(paths, block_bytes=block_bytes, **both) == reference(texts, **both)


@pytest.mark.parametrize("name", ["max_movies", "max_lines"])
def test_nothing_behind_a_limit_is_looked_at(tmp_path, speed, name):
    first, second = write(tmp_path, "2:\n7,4,2005-09-06\n5:\nnonsense\n", "nonsense")
    limit = {"max_movies": 1, "max_lines": 2}[name]
    assert len(read([first, second, tmp_path / "missing"], **{name: limit})) == 1
    with pytest.raises(DatasetError, match=r"f1, line 4: 1 fields where 3 belong"):
        read([first], **{name: limit + 1 + (name == "max_lines")})
    with pytest.raises(ValueError, match=f"{name} must be at least 1, got 0"):
        read([first], **{name: 0})


@pytest.mark.parametrize("name", ["max_movies", "max_lines"])
@pytest.mark.parametrize("limit", [2.5, 2.0, True, float("nan"), "2", [2], np.array([2])])
def test_a_limit_is_a_whole_number(tmp_path, home, name, limit):
    paths = write(tmp_path, "2:\n7,4,2005-09-06\n7,4,2005-09-06\n")
    for call in (load_netflix, load_netflix_arrays, lambda **limits: read(paths, **limits)):
        with pytest.raises(TypeError, match=f"{name} must be a whole number, got "):
            call(**{name: limit})


@pytest.mark.parametrize("limit", [10**12, 2**63, 2**70, np.int8(100)])
def test_a_limit_that_is_never_reached_is_none(tmp_path, speed, limit):
    paths = write(tmp_path, *random_files(np.random.default_rng(5), 3))
    assert read(paths, max_movies=limit, max_lines=limit) == read(paths)


def test_there_is_a_file_and_a_place_for_each_movie(tmp_path):
    with pytest.raises(ValueError, match="paths names no file: give at least one"):
        read([])
    paths = write(tmp_path, BLOCKS)
    for known in (ALL_KNOWN[:-1], np.append(ALL_KNOWN, True), ALL_KNOWN[:0]):
        with pytest.raises(
            ValueError, match=r"known must have an entry for each movie from 0 to 17"
        ):
            read(paths, known)
    with pytest.raises(TypeError, match="known must be an array of booleans"):
        read(paths, ALL_KNOWN.astype(int))
    for size in (0, 2**31):
        with pytest.raises(ValueError, match="block_bytes must be at least 1 and at most"):
            read(paths, block_bytes=size)


def test_the_plain_loop_never_meets_a_number_without_end(tmp_path, monkeypatch):
    unwrap, met = inspect.unwrap, []

    def watched(block, *rest):
        met.append(max(map(len, re.findall(rb"\d+", block)), default=0))
        return unwrap(netflix._parse_lines)(block, *rest)

    def unwrapped(function, **options):  # others unwrap other functions meanwhile
        return watched if function is netflix._parse_lines else unwrap(function, **options)

    monkeypatch.setattr(netflix.inspect, "unwrap", unwrapped)
    for text in (b"7" * 400_000, b"7" * 400_000 + b"\n", b"0" * 400_000 + b":\n"):
        for before, line in ((BLOCKS, 7), ("", 1)):
            paths = write(tmp_path, before.encode() + text + BLOCKS.encode())
            with pytest.raises(DatasetError, match=f"f1, line {line}: 1 fields where 3 belong"):
                read(paths)
        assert max(met) == 4  # those of a year


def test_after_so_many_bytes_the_loop_runs_as_machine_code(tmp_path, monkeypatch):
    unwrapped = []
    unwrap = inspect.unwrap

    def seen(function, **options):
        unwrapped.append(function)
        return unwrap(function, **options)

    monkeypatch.setattr(netflix.inspect, "unwrap", seen)
    monkeypatch.setattr(netflix, "PLAIN_BYTES", 33)  # the first three lines
    assert read(write(tmp_path, BLOCKS), block_bytes=1)
    assert unwrapped.count(netflix._parse_lines) == 3


LONG = b"".join(random_files(np.random.default_rng(8), 1))
ALPHABET = st.sampled_from([*b"0123456789,:-\r\n\xff", *b"\n\n\n,,:"])
NONSENSE = st.binary(max_size=3) | st.lists(ALPHABET, max_size=40).map(bytes)


@pytest.mark.parametrize("how", [*SPEEDS, *(["looked at"] if len(SPEEDS) > 1 else [])])
@settings(deadline=None, max_examples=75)
@given(
    data=st.data(),
    block_bytes=st.sampled_from(BLOCK_SIZES),
    pasted=NONSENSE | st.sampled_from([b"0", b":", b"\r", b"\n", b"9,5,"]),
    only_nonsense=st.booleans(),
)
def test_whatever_is_damaged_the_first_bad_line_is_named(
    tmp_path_factory, how, data, block_bytes, pasted, only_nonsense
):
    """As machine code with and without a look at each index, which would be an IndexError."""
    start = data.draw(st.integers(0, len(LONG)))
    removed = data.draw(st.integers(0, 3))
    text = LONG[:start] + pasted + LONG[start + removed :]
    if only_nonsense:
        text = pasted + b"".join(data.draw(st.lists(NONSENSE, max_size=9)))
    paths = write(tmp_path_factory.mktemp("damaged"), b"1:\n1,1,2000-01-01\n", text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(netflix, "PLAIN_BYTES", 10**9 if how == "plain" else 0)
        patch.setenv("SCRATCH_CHECK_BOUNDS", "1" if how == "looked at" else "")
        try:
            expected = reference([b"1:\n1,1,2000-01-01\n", text])
        except BadLine as bad:
            file, line = bad.args
            with pytest.raises(DatasetError) as error:
                read(paths, block_bytes=block_bytes)
            # A user may come before under the same movie: then both lines are named.
            assert str(error.value).startswith(f"{paths[file]}, line {line}: ")
        else:
            assert read(paths, block_bytes=block_bytes) == expected


def test_only_digits_make_a_number(tmp_path, speed):
    for byte in sorted({*range(256)} - {*b"0123456789:,\n"}):
        odd = bytes([byte])
        for line, text in ((2, b"2:\n7" + odd + b",4,2005-09-06\n"), (1, b"7" + odd + b":\n")):
            paths = write(tmp_path, text + b"8,1,1999-11-11\n")
            with pytest.raises(DatasetError, match=f"f1, line {line}: "):
                read(paths)


def test_a_block_takes_no_more_memory_than_lines_of_it_could_fill(tmp_path, speed):
    paths = write(tmp_path, LONG)
    for columns in netflix.read_blocks(paths, REMEDY, ALL_KNOWN):
        for column in columns.values():
            assert len(column) <= len(column.base) <= len(LONG) // len("1,1,2000-01-01\n")


# --- every error, with file and line ------------------------------------------------------------


@pytest.mark.parametrize("place", ["alone", "second block", "second file"])
@pytest.mark.parametrize(
    ("blocks", "line", "problem"),
    [
        (BLOCKS[3:], 1, "a rating before any `movie:` line: '7,4,2005-09-06'"),
        (BLOCKS.replace("8,1,1999-11-11", "8,1"), 3, "2 fields where 3 belong"),
        (BLOCKS.replace("8,1,1999-11-11", "8,1,"), 3, "date is '', which is not a date"),
        (BLOCKS.replace("8,1,1999-11-11", "8,1,1999-11-1"), 3, "date is '1999-11-1'"),
        (BLOCKS.replace("8,1,1999-11-11", "8,1,1999/11/11"), 3, "date is '1999/11/11'"),
        (BLOCKS.replace("8,1,1999-11-11", "8,1,1999-11-:1"), 3, "date is '1999-11-:1'"),
        (BLOCKS.replace("8,1,1999-11-11", "8,1,1999-1/-11"), 3, "date is '1999-1/-11'"),
        (BLOCKS.replace("8,1,1999-11-11", "8,1,1999/11-11"), 3, "date is '1999/11-11'"),
        (BLOCKS.replace("8,1,1999-11-11", "8,1,1999-11/11"), 3, "date is '1999-11/11'"),
        (BLOCKS.replace("1999-11-11", "1970-01-00"), 3, "1970-01-00 is not a day of the calendar"),
        (BLOCKS.replace("1999-11-11", "1999-13-11"), 3, "1999-13-11 is not a day of the calendar"),
        (BLOCKS.replace("1999-11-11", "1999-00-11"), 3, "1999-00-11 is not a day of the calendar"),
        (BLOCKS.replace("1999-11-11", "2005-02-30"), 3, "2005-02-30 is not a day of the calendar"),
        (BLOCKS.replace("1999-11-11", "0000-00-00"), 3, "0000-00-00 is not a day of the calendar"),
        (BLOCKS.replace("1999-11-11", "1969-12-31"), 3, "1969-12-31 is not a day of the calendar"),
        (BLOCKS.replace("1999-11-11", "2059-01-01"), 3, "2059-01-01 is not a day of the calendar"),
        (BLOCKS.replace("8,1,1999-11-11", "7,1,1970-01-01"), 3, "user 7 has already rated movie 2"),
        (BLOCKS.replace("8,1,1999-11-11", "7,5,2058-12-31"), 3, "user 7 has already rated movie 2"),
        (BLOCKS.replace("1999-11-11", "9999-12-31"), 3, "9999-12-31 is not a day of the calendar"),
        (BLOCKS.replace("1999-11-11", "2058-12-32"), 3, "2058-12-32 is not a day of the calendar"),
        (BLOCKS.replace("2004-02-29", "2005-02-29"), 6, "2005-02-29 is not a day of the calendar"),
        (BLOCKS.replace("7,5", "2649430,5"), 6, "user 2649430 is outside 1 to 2649429"),
        (BLOCKS.replace("7,5", "0,5"), 6, "user_id is '0', which is not a whole number from 1 on"),
        (BLOCKS.replace("7,5", "00,5"), 6, "user_id is '00', which is not a whole number from 1"),
        (BLOCKS.replace("7,5", "07,5"), 6, "user_id is '07', which is not a whole number from 1"),
        (BLOCKS.replace("7,5", "7" * 500 + ",5"), 6, "user_id is '7777777777"),
        (BLOCKS.replace("7,5", "4294967303,5"), 6, "user_id is '4294967303', which is not a whole"),
        (BLOCKS.replace("7,5", f"{2**64 + 7},5"), 6, "user_id is '18446744073709551623', which"),
        (BLOCKS.replace("7,5", "x,5"), 6, "user_id is 'x', which is not a whole number"),
        (BLOCKS.replace("7,5", "-7,5"), 6, "user_id is '-7'"),
        (BLOCKS.replace("7,5", ",5"), 6, "user_id is ''"),
        (BLOCKS.replace("7,5", "7,6"), 6, "rating 6 is outside the scale 1 to 5"),
        (BLOCKS.replace("7,5", "7,0"), 6, "rating 0 is outside the scale 1 to 5"),
        (BLOCKS.replace("7,5", "7,-3"), 6, "rating -3 is outside the scale 1 to 5"),
        (BLOCKS.replace("7,5", "7,3.5"), 6, "rating 3.5 is not a multiple of 1"),
        (BLOCKS.replace("7,5", "7,5."), 6, "rating is '5.', which is not a number"),
        (BLOCKS.replace("7,5", "7,05"), 6, "rating is '05', which is not a number"),
        (BLOCKS.replace("7,5", "7,good"), 6, "rating is 'good', which is not a number"),
        (BLOCKS.replace("8,1,", "7,1,").replace("\n7,", "\n1,"), 3, "user 1 has already rated"),
        (BLOCKS.replace("8,1,", "7,1,").replace("7,", "2649429,"), 3, "user 2649429 has already"),
        (BLOCKS.replace("8,1,", "7,1,"), 3, "user 7 has already rated movie 2 in line 2"),
        (BLOCKS.replace("\n5:", "\n17771:"), 5, "movie 17771 is outside 1 to 17770"),
        (BLOCKS.replace("\n5:", f"\n{2**64 + 5}:"), 5, "1 fields where 3 belong"),
        (BLOCKS.replace("\n5:", "\n0:"), 5, "movie 0 is outside 1 to 17770"),
        (BLOCKS.replace("\n5:", "\n00:"), 5, "movie 0 is outside 1 to 17770"),
        (BLOCKS.replace("\n5:", "\n05:"), 5, "movie 5 is written with a zero in front: '05:'"),
        (BLOCKS.replace("\n5:", "\n2:"), 5, "movie 2 has come before"),
        (BLOCKS.replace("\n5:", "\n1:"), 5, "movie 1 has come before"),
        (f"17770:{BLOCKS[2:]}17770:\n", 7, "movie 17770 has come before"),
        (BLOCKS.replace("\n5:", "\n6:"), 5, "movie 6 is not in the file of movies"),
        (BLOCKS.replace("\n5:", "\nfive:"), 5, "1 fields where 3 belong"),
        (BLOCKS.replace("\n5:", "\n5: "), 5, "1 fields where 3 belong"),
        (BLOCKS.replace("\n5:", "\n\n5:"), 5, "1 fields where 3 belong"),
        (BLOCKS + "\n", 7, "1 fields where 3 belong"),
        (BLOCKS + "x" * 5_000, 7, "1 fields where 3 belong"),
        (BLOCKS + "x" * 999, 7, "(the last line is truncated: it has no line end): 'xxx"),
        (BLOCKS + "x" * 1_000, 7, "belong (user_id, rating, date): 'xxx"),
        (BLOCKS[:-1], 6, "the last line is truncated, it has no line end: '7,5,2004-02-29'"),
        (BLOCKS + "8:", 7, "(the last line is truncated: it has no line end): '8:'"),
        (BLOCKS[:-2], 6, "date is '2004-02-2', which is not a date like 2005-09-06 (the last"),
        (BLOCKS[:-6], 6, "is truncated"),
        (BLOCKS[:-14], 6, "is truncated"),
        ("", 1, "the file is empty"),
        (" \n\n", 1, "the file is empty"),
    ],
)
def test_damage_names_file_line_and_remedy(tmp_path, speed, blocks, line, problem, place):
    known = ALL_KNOWN & (np.arange(len(ALL_KNOWN)) != 6)
    before = ["100:\n" + "".join(f"{user},3,2001-01-01\n" for user in range(1, 30))]
    paths = write(tmp_path, *(before if place == "second file" else []), blocks)
    block_bytes = 2**20 if place == "alone" else 10
    with pytest.raises(DatasetError) as error:
        read(paths, known, block_bytes=block_bytes)
    message = str(error.value)
    assert message.startswith(f"{paths[-1]}, line {line}: ")
    assert problem in message and message.endswith(REMEDY)


@pytest.mark.parametrize(
    ("texts", "limits", "place"),
    [
        (["1:\n2:\n"], {}, "f1, line 2"),
        (["1:\n", "2:\n3:\n"], {}, "f2, line 2"),
        (["1:\n2:\n"], {"max_lines": 3, "max_movies": 2}, "f1, line 2"),
    ],
)
def test_where_there_is_not_one_rating_is_said(tmp_path, texts, limits, place):
    with pytest.raises(DatasetError, match=f"{place}: there is not one rating"):
        read(write(tmp_path, *texts), **limits)


@pytest.mark.parametrize(
    ("texts", "limits", "asked", "there", "advice"),
    [
        ([BLOCKS], {"max_lines": 1}, "max_lines=1 ends", "1 line like `1:`", "more lines"),
        (["1:\n2:\n5,3,2000-01-01\n"], {"max_lines": 2}, "max_lines=2", "2 lines", "more lines"),
        (["1:\n2:\n5,3,2000-01-01\n"], {"max_movies": 1}, "max_movies=1", "1 line", "more movies"),
        (["1:\n", "2:\n3:\n5,3,2000-01-01\n"], {"max_movies": 2}, "=2", "2 lines", "more movies"),
    ],
)
def test_a_limit_before_the_first_rating_is_no_fault_of_the_file(
    tmp_path, speed, texts, limits, asked, there, advice
):
    with pytest.raises(ValueError) as error:
        read(write(tmp_path, *texts), **limits)
    message = str(error.value)
    assert asked in message and there in message and message.endswith(f"Ask for {advice}.")
    assert not isinstance(error.value, DatasetError) and REMEDY not in message
    assert read(write(tmp_path, *texts), **{name: n + 1 for name, n in limits.items()})


def test_a_file_begins_with_its_own_movie_and_users_may_come_again(tmp_path, speed):
    one, two = write(tmp_path, "1:\n7,4,2005-09-06\n", "7,4,2005-09-06\n")
    with pytest.raises(DatasetError, match=r"f2, line 1: a rating before any `movie:` line"):
        read([one, two])
    two.write_text("2:\n7,4,2005-09-06\n")
    assert [row[:2] for row in read([one, two])] == [(7, 1), (7, 2)]
    with pytest.raises(DatasetError, match=r"f1, line 1: movie 1 has come before"):
        read([one, one])
    with pytest.raises(DatasetError, match=r"f3: the file is missing\.\nDo this"):
        read([one, tmp_path / "f3"])


def test_the_first_and_the_last_of_all_are_read_and_lines_may_be_as_short_as_can_be(
    tmp_path, speed
):
    users = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    lines = "".join(f"{user},1,1970-01-01\n" for user in users)
    first, last = write(tmp_path, f"1:\n{lines}", "17770:\n2649429,5,2058-12-31\n")
    days = (Date(2058, 12, 31) - Date(1970, 1, 1)).days
    rows = [(user, 1, 1, 0) for user in users]
    assert read([first, last]) == [*rows, (2_649_429, 17_770, 5, days)]
    assert read([first], max_lines=1 + len(users)) == rows


def test_every_day_of_the_calendar_is_known_by_its_number():
    table = netflix.day_of_date()
    first, last = Date(1970, 1, 1).toordinal(), Date(2058, 12, 31).toordinal()
    days = [Date.fromordinal(number) for number in range(first, last + 1)]
    expected = {int(day.strftime("%Y%m%d")) - 19_700_101: n for n, day in enumerate(days)}
    assert len(table) == max(expected) + 1 and (table >= 0).sum() == len(days)
    assert all(table[date] == number for date, number in expected.items())


def test_the_bar_counts_bytes_and_is_shown_only_when_asked_for(tmp_path, capsys):
    paths = write(tmp_path, *random_files(np.random.default_rng(0), 3))
    read(paths)
    assert capsys.readouterr() == ("", "")
    read(paths, progress=True, block_bytes=10)
    printed = capsys.readouterr()
    size = sum(path.stat().st_size for path in paths)
    assert printed.out == "" and f"100%|██████████| {size / 1000:.2f}k/" in printed.err
    read(paths, progress=True, max_lines=10)
    printed = capsys.readouterr().err  # how much that is of all, nobody knows
    assert "%" not in printed and "B/s" in printed
    with pytest.raises(DatasetError, match=r"f9: the file is missing"):
        read([*paths, tmp_path / "f9"], progress=True)


# --- titles -------------------------------------------------------------------------------------


def raw_titles(text):
    raw = text.encode("latin-1") if isinstance(text, str) else text
    return RawFile(Path("movie_titles.csv"), raw, REMEDY)


def test_films_are_known_by_their_ids_from_1_to_the_last():
    known = netflix.known_movies(pd.DataFrame({"movie_id": [0, 1, 17_770, 17_771]}))
    assert np.flatnonzero(known).tolist() == [1, 17_770] and len(known) == 17_771


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_titles_hold_commas_accents_and_missing_years(end):
    movies = netflix.parse_titles(raw_titles(TITLES.replace("\n", end)))
    assert movies["movie_id"].tolist() == [1, 2, 5]
    assert movies["title"].tolist() == ["One", "Two, and a comma", "Café"]
    assert movies["year"].tolist() == [2003, pd.NA, 1990] and str(movies["year"].dtype) == "Int64"
    assert movies["genres"].tolist() == ["", "", ""]
    assert np.flatnonzero(netflix.known_movies(movies)).tolist() == [1, 2, 5]


def test_a_film_is_of_a_year_in_which_there_were_films():
    movies = netflix.parse_titles(raw_titles("1,1890,First\n2,2005,Last\n"))
    assert movies["year"].tolist() == [1890, 2005]


@pytest.mark.parametrize(
    ("titles", "line", "problem"),
    [
        (TITLES.replace("1,2003,One", "1,One"), 1, "2 fields where 3 belong"),
        (TITLES.replace("2003", "soon"), 1, "year is 'soon'"),
        (TITLES.replace("\n2,", "\n1,"), 2, "movie 1 has come before"),
        (TITLES.encode("utf-8"), 3, "should be iso-8859-1 but is UTF-8"),
        ("", 1, "the file is empty"),
        (
            TITLES.replace("2003", "0000"),
            1,
            "year is '0000', which is not a year from 1890 to 2005",
        ),
        (
            TITLES.replace("2003", "1889"),
            1,
            "year is '1889', which is not a year from 1890 to 2005",
        ),
        (
            TITLES.replace("2003", "2006"),
            1,
            "year is '2006', which is not a year from 1890 to 2005",
        ),
        (
            TITLES.replace("2003", "null"),
            1,
            "year is 'null', which is not a year from 1890 to 2005",
        ),
        (TITLES.replace("1,2003", "0,2003"), 1, "movie_id is '0', not a whole number from 1 on"),
        (TITLES.replace("1,2003", "00,2003"), 1, "movie_id is '00', not a whole number from 1 on"),
        (TITLES.replace("One", "  "), 1, "movie 1 has no title"),
        (TITLES.replace("One", "\x1b[2J"), 1, r"a sign that is no text, '\\x1b' at place 8"),
        (TITLES.replace("\n2,", "\x0b\n2,"), 1, r"a sign that is no text, '\\x0b' at place 11"),
    ],
)
def test_damaged_titles_name_file_line_and_remedy(titles, line, problem):
    with pytest.raises(DatasetError, match=f"movie_titles.csv, line {line}: .*{problem}"):
        netflix.parse_titles(raw_titles(titles))


# --- the loaders --------------------------------------------------------------------------------


uncached_bytes = loaders.UNCACHED_BYTES  # which most tests do without


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder with three files of the set, where everything is cached and nothing pinned."""
    monkeypatch.delenv("SCRATCH_DATA", raising=False)
    monkeypatch.setattr(locate, "home_folder", lambda: tmp_path / "home")
    monkeypatch.setattr(loaders, "check_sha256", lambda *_: None)
    monkeypatch.setattr(netflix, "known_part", lambda *_: netflix.NOTHING_KNOWN)
    monkeypatch.setattr(loaders, "UNCACHED_BYTES", 0)
    make_set(tmp_path / "home")
    return tmp_path / "home"


def make_set(folder):
    place = folder / "netflix"
    place.mkdir(parents=True)
    texts = random_files(np.random.default_rng(3), 3)
    for number, text in zip((1, 2, 4), texts, strict=True):
        (place / f"combined_data_{number}.txt").write_bytes(text)
    titles = "".join(f"{movie},2000,Title {movie}\n" for movie in range(1, 17_771))
    (place / "movie_titles.csv").write_text(titles)


def texts_of(home):
    return [path.read_bytes() for path in sorted((home / "netflix").glob("combined*"))]


def rows_of(data):
    columns = (data.user_ids, data.movie_ids, data.ratings, data.days)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def caches(home):
    """The names in the folder of caches."""
    return sorted(path.name for path in (home / "cache").iterdir())


def test_arrays_are_compact_and_know_what_they_are(home):
    data = load_netflix_arrays()
    expected = reference(texts_of(home))
    assert rows_of(data) == expected and len(data) == len(expected)
    types = [a.dtype for a in (data.user_ids, data.movie_ids, data.ratings, data.days)]
    assert types == [np.int32, np.int16, np.int8, np.int16]
    assert data.dates.dtype == "datetime64[D]"
    assert str(data.dates[0]) in texts_of(home)[0].decode()
    users, movies = len({row[0] for row in expected}), len({row[1] for row in expected})
    count = f"{len(expected):,} ratings of {movies} movies by {users} users"
    only = "only the first 20 movies of combined_data_1.txt have a checksum here"
    assert data.describe() == f"Netflix Prize: {count}\n(not checked: {only})"
    assert (data.source, data.is_stand_in, len(data.movies)) == ("unchecked", False, 17_770)


@pytest.mark.parametrize("uncached_bytes", [0, 10**9])
def test_files_and_limits_are_one_argument_away(home, monkeypatch, uncached_bytes):
    monkeypatch.setattr(loaders, "UNCACHED_BYTES", uncached_bytes)
    texts = texts_of(home)
    for _ in range(2):
        data = load_netflix_arrays(files="combined_data_2.txt", max_lines=5)
        assert rows_of(data) == reference(texts[1:2], max_lines=5)
        data = load_netflix_arrays(files=["combined_data_4.txt", "combined_data_1.txt"])
        assert rows_of(data) == reference([texts[2], texts[0]])
        assert rows_of(load_netflix_arrays(max_movies=3)) == reference(texts, max_movies=3)
    assert (home / "cache").exists() == (uncached_bytes == 0)
    with pytest.raises(DatasetError, match=r"combined_data_3.txt is not in .*only combined_data_1"):
        load_netflix_arrays(files=["combined_data_1.txt", "combined_data_3.txt"])
    with pytest.raises(ValueError, match="files names no file"):
        load_netflix_arrays(files=[])
    with pytest.raises(ValueError, match=r"files names combined_data_2\.txt twice"):
        load_netflix_arrays(files=["combined_data_1.txt", *["combined_data_2.txt"] * 2])
    with pytest.raises(DatasetError, match=r"xxx is not in .*only combined_data_1"):
        load_netflix_arrays(files="x" * 5_000)
    for files in (3, [None], [1, 2]):
        with pytest.raises(TypeError, match=r"files(\[0\])? must be a str, got"):
            load_netflix_arrays(files=files)
    with pytest.raises(ValueError, match="max_lines must be at least 1, got 0"):
        load_netflix_arrays(max_lines=0)


def test_the_original_form_with_a_file_per_movie_is_read_alike(home):
    place = home / "netflix"
    movies = re.findall(rb"\d+:\n[^:]*\n(?=\d+:|\Z)", b"".join(texts_of(home)))
    movies = sorted(movies, key=lambda text: int(text.split(b":")[0]))
    (place / "training_set").mkdir()
    for text in movies:
        (place / "training_set" / f"mv_{int(text.split(b':')[0]):07d}.txt").write_bytes(text)
    one = f"training_set/mv_{int(movies[1].split(b':')[0]):07d}.txt"
    assert rows_of(load_netflix_arrays()) == reference(texts_of(home))  # the combined ones first
    for path in place.glob("combined*"):
        path.unlink()
    assert rows_of(load_netflix_arrays()) == reference(movies)
    assert rows_of(load_netflix_arrays(max_movies=3)) == reference(movies, max_movies=3)
    assert len(load_netflix().ratings) == len(reference(movies))
    assert rows_of(load_netflix_arrays(files=one)) == reference(movies[1:2])


def test_of_many_files_the_first_four_are_named(home):
    place = home / "netflix"
    for path in place.glob("combined*"):
        path.unlink()
    (place / "training_set").mkdir()
    for movie in (5, 4, 3, 2, 1):
        (place / "training_set" / f"mv_{movie:07d}.txt").write_text(f"{movie}:\n7,5,2004-02-29\n")
    some = ", ".join(f"mv_000000{movie}.txt" for movie in (1, 2, 3, 4))
    with pytest.raises(DatasetError) as error:
        load_netflix_arrays(files="mv_9.txt")
    assert str(error.value).startswith(f"mv_9.txt is not in {place}, only {some}.\nPut the file")


def test_only_what_is_read_from_large_files_is_kept(home, monkeypatch):
    monkeypatch.setattr(loaders, "UNCACHED_BYTES", uncached_bytes)
    for size, is_kept in ((4 * 2**20, False), (4 * 2**20 + 1, True)):
        monkeypatch.setattr(loaders, "_stamp", lambda *_, size=size: [("one", size, 7)])
        assert rows_of(load_netflix_arrays()) == reference(texts_of(home))
        assert (home / "cache").exists() == is_kept


def test_a_file_that_may_not_be_looked_at_is_named(tmp_path):
    with pytest.raises(DatasetError) as error:
        loaders._stamp([tmp_path / "gone"], REMEDY)
    why = os.strerror(errno.ENOENT)
    assert str(error.value) == f"{tmp_path / 'gone'}: it can't be read ({why}).\n{REMEDY}"


def test_tables_hold_what_the_arrays_do(home):
    data = load_netflix(max_movies=3, files="combined_data_2.txt")
    assert list(data.ratings) == ["user_id", "movie_id", "rating", "date"]
    assert [str(kind) for kind in data.ratings.dtypes[:3]] == ["int64", "int64", "float64"]
    days = (data.ratings["date"] - pd.Timestamp("1970-01-01")).dt.days
    columns = [*(data.ratings[name] for name in ("user_id", "movie_id", "rating")), days]
    assert str(data.ratings["date"].dtype) == "datetime64[us]" and data.scale == (1, 5)
    assert data.ratings.attrs["source"] == data.source == "unchecked"
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    assert rows == reference(texts_of(home)[1:2], max_movies=3)
    assert len(load_netflix().ratings) == len(reference(texts_of(home)[:1]))
    two = ["combined_data_2.txt", "combined_data_1.txt"]
    assert len(load_netflix(None, None, two).ratings) == len(reference(texts_of(home)[:2]))


def test_the_stand_in_is_read_whichever_file_is_asked_for(tmp_path, home):
    data = load_netflix_arrays(files="combined_data_3.txt", max_lines=100, folder=tmp_path)
    assert data.is_stand_in and len(data) == 99
    assert "a generated STAND-IN" in data.describe()


def test_a_stand_in_may_have_several_files_of_which_one_is_asked_for(tmp_path, home):
    folder = tmp_path / "other"
    make_set(folder / "stand-in")
    stand_in.mark(folder / "stand-in" / "netflix", "a test")
    texts = texts_of(folder / "stand-in")
    for files, expected in (("combined_data_2.txt", texts[1:2]), ("combined_data_3.txt", texts)):
        data = load_netflix_arrays(files=files, folder=folder)
        assert data.is_stand_in and rows_of(data) == reference(expected)


def test_the_pinned_beginning_is_compared_with_either_line_end(tmp_path, monkeypatch):
    pinned = tmp_path / "combined_data_1.txt"
    size = next(f.size for f in loaders.NETFLIX.any_of if f.name == pinned.name)
    for end in (b"\n", b"\r\n"):
        pinned.write_bytes((b"1,5,2000-01-01" + end) * (size // 10))
        with pytest.raises(DatasetError, match=r"combined_data_1\.txt, line 1: wrong checksum"):
            loaders._known_part(pinned, REMEDY)
    real = locate.find_real(loaders.NETFLIX, locate.search_folders())
    if real is None or not (real / pinned.name).is_file():
        pytest.skip("combined_data_1.txt is not here")
    raw = (real / pinned.name).read_bytes()[:size]
    for text in (raw, raw.replace(b"\n", b"\r\n"), raw + b"and more"):
        pinned.write_bytes(text)
        assert loaders._known_part(pinned, REMEDY) == (20, 42_833, 42_813, False)
    pinned.write_bytes(raw[:-1])
    assert loaders._known_part(pinned, REMEDY) == (19, 42_716, 42_697, True)


# --- what is real, and what is not checked ------------------------------------------------------

CHECKED = "1:\n7,4,2005-09-06\n8,1,1999-11-11\n2:\n3:\n7,5,2004-02-29\n"
MORE = "4:\n5:\n9,5,2004-02-29\n"
OTHER = "6:\n9,5,2004-02-29\n"


known_part = netflix.known_part  # which most tests do without


def pin(monkeypatch, text):
    """Let the registry have checksums of `text`, the beginning of combined_data_1.txt."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    first = DataFile("combined_data_1.txt", sha256, size=len(text), movies=movies_in(text))
    pinned = replace(
        NETFLIX, files=(DataFile("movie_titles.csv"),), any_of=(first, *NETFLIX.any_of[1:])
    )
    monkeypatch.setattr(loaders, "NETFLIX", pinned)
    monkeypatch.setattr(loaders, "check_sha256", check_sha256)
    monkeypatch.setattr(netflix, "known_part", known_part)


def put(home, *texts):
    """The texts as combined_data_1.txt and so on, in place of what is there; None for no file."""
    for number, text in enumerate((*texts, *[None] * (4 - len(texts))), 1):
        path = home / "netflix" / f"combined_data_{number}.txt"
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_bytes(text.encode())


@pytest.mark.slow
@pytest.mark.parametrize("uncached_bytes", [0, 10**9], ids=["cached", "uncached"])
@pytest.mark.parametrize(
    ("texts", "arguments", "source"),
    [
        ([CHECKED], {}, "real"),
        ([CHECKED], {"max_movies": 1}, "real"),
        ([CHECKED], {"max_movies": 99}, "real"),
        ([CHECKED], {"max_lines": 2}, "real"),
        ([CHECKED.replace("\n", "\r\n")], {}, "real"),
        ([CHECKED[:-15]], {}, "unchecked"),  # it ends within its third movie
        ([CHECKED[:-15]], {"max_movies": 3}, "unchecked"),
        ([CHECKED[:-15]], {"max_movies": 2}, "real"),
        ([CHECKED[:-15]], {"max_lines": 4}, "real"),
        ([CHECKED[:-15]], {"max_lines": 5}, "unchecked"),
        ([CHECKED[:-18]], {}, "real"),  # it ends with its second
        ([CHECKED[:-18].replace("\n", "\r\n")], {}, "real"),
        ([CHECKED[:18]], {}, "unchecked"),  # it ends within its first
        ([CHECKED[:18]], {"max_movies": 1}, "unchecked"),
        ([CHECKED + MORE], {}, "unchecked"),
        ([CHECKED + "8,5,2004-02-29\n"], {}, "unchecked"),  # its third movie goes on
        ([CHECKED + "8,5,2004-02-29\n"], {"max_movies": 3}, "unchecked"),
        ([CHECKED + "8,5,2004-02-29\n"], {"max_lines": 6}, "real"),
        ([CHECKED + MORE], {"max_movies": 3}, "real"),
        ([CHECKED + MORE], {"max_movies": 4}, "real"),  # the fourth has no ratings
        ([CHECKED + MORE], {"max_movies": 5}, "unchecked"),
        ([CHECKED + MORE], {"max_lines": 6}, "real"),
        ([CHECKED + MORE], {"max_lines": 8}, "real"),  # no more of it than two movies' lines
        ([CHECKED + MORE], {"max_lines": 9}, "unchecked"),
        ([(CHECKED + MORE).replace("\n", "\r\n")], {"max_movies": 3}, "real"),
        ([CHECKED, OTHER], {}, "unchecked"),
        ([CHECKED, OTHER], {"max_movies": 3}, "real"),
        ([CHECKED, OTHER], {"files": "combined_data_1.txt"}, "real"),
        ([CHECKED, OTHER], {"files": "combined_data_2.txt"}, "unchecked"),
        ([CHECKED, OTHER], {"files": ["combined_data_2.txt", "combined_data_1.txt"]}, "unchecked"),
        ([None, OTHER], {}, "unchecked"),
    ],
)
def test_only_what_has_a_checksum_is_called_real(
    home, monkeypatch, texts, arguments, source, uncached_bytes
):
    monkeypatch.setattr(loaders, "UNCACHED_BYTES", uncached_bytes)
    pin(monkeypatch, CHECKED)
    put(home, *texts)
    for _ in range(2):  # the second time from the cache
        assert load_netflix_arrays(**arguments).source == source
    data = load_netflix(**({"files": "combined_data_1.txt"} if texts[0] else {}) | arguments)
    assert data.ratings.attrs["source"] == data.source and not data.is_stand_in
    words = {"real": "(the real data)", "unchecked": "(not checked: only the first 3 movies of"}
    assert words[data.source] in data.describe()


@pytest.mark.parametrize("text", [CHECKED, CHECKED + MORE])
@pytest.mark.parametrize("arguments", [{}, {"max_movies": 1}])
def test_what_has_a_checksum_and_another_content_is_an_error(home, monkeypatch, text, arguments):
    pin(monkeypatch, CHECKED)
    put(home, text.replace("7,5,", "7,4,"))
    with pytest.raises(DatasetError, match=r"combined_data_1\.txt, line 5: wrong checksum"):
        load_netflix_arrays(**arguments)


LINE = "8,1,1999-11-11\n"
ONE_ODD = {
    "a line is missing": (CHECKED.replace(LINE, ""), 1, "movie 1 is not as published, it has 1 ra"),
    "a line is another": (CHECKED.replace(LINE, "9" + LINE[1:]), 1, "movie 1 is not as published"),
    "two have changed places": ("1:\n" + LINE + CHECKED.replace(LINE, "")[3:], 1, "movie 1 is not"),
    "a movie is missing": (CHECKED.replace("2:\n", ""), 4, "movie 2 should begin here, not '3:'"),
    "the first is missing": (CHECKED[33:], 1, "movie 1 should begin here, not '2:'"),
    "a line too many": (
        CHECKED.replace("3:", LINE + "3:"),
        5,
        "movie 3 should begin here, not '8,1",
    ),
    "the last is another": (CHECKED.replace("7,5,", "17,5,"), 5, "movie 3 is not as published"),
    "a shorter one": (CHECKED.replace("7,4,", "1,4,"), 1, "movie 1 is not as published"),
}


@pytest.mark.parametrize(("text", "line", "problem"), ONE_ODD.values(), ids=ONE_ODD.keys())
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("more", ["", MORE])
def test_a_file_with_one_line_more_or_less_is_not_the_real_one(
    home, monkeypatch, text, line, problem, end, more
):
    pin(monkeypatch, CHECKED)
    put(home, (text + more).replace("\n", end))
    with pytest.raises(DatasetError, match=rf"_1\.txt, line {line}: wrong checksum: {problem}"):
        load_netflix_arrays()


@pytest.mark.parametrize("end", ["", "3", "3:", "3:\n", "3:\n7"])
def test_a_file_may_end_within_the_line_of_a_movie(end):
    start = CHECKED[: CHECKED.index("3:")]
    file = RawFile(Path("f"), (start + end).encode(), REMEDY)
    assert known_part(file, movies_in(CHECKED)) == (2, 4, 2, end != "")


def test_of_a_long_line_the_beginning_is_shown(home, monkeypatch):
    pin(monkeypatch, CHECKED + MORE + OTHER)
    put(home, "8" * 99 + "\n" + CHECKED)
    with pytest.raises(DatasetError) as error:
        loaders._known_part(home / "netflix" / "combined_data_1.txt", REMEDY)
    assert f"movie 1 should begin here, not '{'8' * 60}'.\n" in str(error.value)


def test_where_each_movie_seems_right_the_sum_of_all_decides(home, monkeypatch):
    """Two texts of one CRC-32 are easily made: here the sum of another text is pinned."""
    pin(monkeypatch, CHECKED)
    put(home, CHECKED)
    path = home / "netflix" / "combined_data_1.txt"
    assert loaders._known_part(path, REMEDY) == (3, 6, 3, False)
    first, *others = loaders.NETFLIX.any_of
    other = replace(first, sha256=hashlib.sha256(b"another").hexdigest())
    monkeypatch.setattr(loaders, "NETFLIX", replace(NETFLIX, any_of=(other, *others)))
    with pytest.raises(DatasetError, match=r"combined_data_1\.txt: wrong checksum: SHA-256"):
        loaders._known_part(path, REMEDY)


def test_there_are_four_combined_files_and_a_fifth_is_none_of_them(home):
    folder = home / "netflix"
    before = load_netflix_arrays()
    (folder / "combined_data_5.txt").write_text("9:\n1,1,2000-01-01\n")
    assert rows_of(load_netflix_arrays()) == rows_of(before)


def test_a_last_movie_with_a_shorter_line_was_not_just_cut(home, monkeypatch):
    pin(monkeypatch, CHECKED.replace("7,5,", "17,5,"))
    put(home, CHECKED)
    with pytest.raises(
        DatasetError, match=r"line 5: wrong checksum: movie 3 is not as published\."
    ):
        load_netflix_arrays()


def test_what_is_pinned_of_the_real_files_is_what_they_hold(tmp_path):
    published = next(file for file in NETFLIX.any_of if file.movies)
    assert [movie.id for movie in published.movies] == list(range(1, 21))
    assert sum(movie.ratings for movie in published.movies) == 42_813
    real = locate.find_real(NETFLIX, locate.search_folders())
    if real is None or not (real / published.name).is_file():
        pytest.skip("combined_data_1.txt is not here")
    lines = (real / published.name).read_bytes()[: published.size].splitlines(keepends=True)
    assert movies_in(b"".join(lines).decode()) == published.movies
    place = tmp_path / "netflix"
    place.mkdir()
    (place / "movie_titles.csv").write_bytes((real / "movie_titles.csv").read_bytes())
    path = place / published.name

    def source(lines, **limits):
        path.write_bytes(b"".join(lines))
        return load_netflix_arrays(folder=tmp_path, **limits).source

    seven = sum(movie.ratings + 1 for movie in published.movies[:7])
    assert source(lines[:seven]) == "real"
    assert source(lines[: seven + 900]) == "unchecked"
    assert source(lines[: seven + 900], max_movies=7) == "real"
    assert source(lines[: seven + 900], max_lines=seven) == "real"
    for damaged in (
        lines[:900] + lines[901:],
        [*lines[:700], lines[701], lines[700], *lines[702:]],
        lines[548:],
    ):
        with pytest.raises(DatasetError, match=r"line (1|549|695): wrong checksum: movie [1-3] "):
            source(damaged)
    with pytest.raises(DatasetError, match=r"line 902: duplicate"):
        source(lines[:901] + lines[900:])


def test_the_titles_are_blamed_where_they_are_the_damaged_file(home, monkeypatch):
    pin(monkeypatch, CHECKED)
    put(home, CHECKED)
    titles = home / "netflix" / "movie_titles.csv"
    whole = titles.read_bytes()
    sums = DataFile(titles.name, hashlib.sha256(whole).hexdigest())
    monkeypatch.setattr(loaders, "NETFLIX", replace(loaders.NETFLIX, files=(sums,)))
    assert load_netflix_arrays().source == "real"
    titles.write_bytes(whole.replace(b"2,2000,Title 2\n", b"", 1))
    with pytest.raises(DatasetError, match=r"movie_titles\.csv: wrong checksum"):
        load_netflix_arrays()


def test_the_original_form_has_no_checksum(home, monkeypatch):
    pin(monkeypatch, CHECKED)
    put(home)
    (home / "netflix" / "training_set").mkdir()
    (home / "netflix" / "training_set" / "mv_0000001.txt").write_text(CHECKED[: CHECKED.find("2:")])
    assert load_netflix_arrays().source == load_netflix().source == "unchecked"


def test_whether_it_is_real_is_not_kept_in_the_cache(home, monkeypatch, readings):
    pin(monkeypatch, CHECKED)
    put(home, CHECKED + MORE)
    assert load_netflix_arrays().source == "unchecked"
    pin(monkeypatch, CHECKED + MORE)
    assert load_netflix_arrays().source == "real"
    pin(monkeypatch, CHECKED + MORE + OTHER)
    assert load_netflix_arrays().source == "real"  # shorter than that, by a whole movie
    pin(monkeypatch, CHECKED + MORE + "10,5,2004-02-29\n" + OTHER)
    assert load_netflix_arrays().source == "unchecked"  # by a part of one
    pin(monkeypatch, CHECKED.replace("7", "9"))
    with pytest.raises(DatasetError, match="wrong checksum"):
        load_netflix_arrays()
    assert len(readings) == 1


# --- the cache ----------------------------------------------------------------------------------


@pytest.fixture
def readings(monkeypatch):
    """Counts how often files are parsed."""
    counted, real = [], netflix.read_blocks

    def read_blocks(*arguments):
        counted.append(1)
        return real(*arguments)

    monkeypatch.setattr(netflix, "read_blocks", read_blocks)
    return counted


def test_files_are_parsed_once_and_again_when_one_changed(home, readings):
    before = rows_of(load_netflix_arrays())
    assert rows_of(load_netflix_arrays()) == before == reference(texts_of(home))
    assert len(readings) == 1
    (first,) = caches(home)
    path = home / "netflix" / "combined_data_2.txt"
    text = path.read_bytes()
    path.write_bytes(text.replace(b",5,", b",1,"))  # of the same length
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))
    assert rows_of(load_netflix_arrays()) == reference(texts_of(home)) != before
    (second,) = caches(home)  # the outdated one is gone
    assert len(readings) == 2 and first != second
    load_netflix_arrays(max_movies=2)
    assert len(caches(home)) == 2 and second in caches(home)


def test_a_file_that_changes_while_it_is_read_is_not_cached(home, monkeypatch):
    real = netflix.read_blocks

    def read_blocks(paths, *arguments):
        yield from real(paths, *arguments)
        with paths[0].open("ab") as file:
            file.write(b"1,1,2000-01-01\n")

    monkeypatch.setattr(netflix, "read_blocks", read_blocks)
    with pytest.raises(DatasetError, match="changed while it was read"):
        load_netflix_arrays()
    assert caches(home) == []


def test_arrays_of_the_cache_can_be_written_to_and_the_cache_stays(home, readings):
    data = load_netflix_arrays()
    before = rows_of(data)
    data.ratings[:] = 0
    assert type(data.ratings) is np.ndarray and data.ratings.flags.writeable
    assert rows_of(load_netflix_arrays()) == before and len(readings) == 1


def test_the_cache_is_where_one_wants_it(home, tmp_path, readings):
    load_netflix_arrays(cache=tmp_path / "deep" / "down")
    load_netflix_arrays(cache=str(tmp_path / "deep" / "down"))
    assert len(list((tmp_path / "deep" / "down").iterdir())) == len(readings) == 1
    assert not (home / "cache").exists()


def flip(path, position):
    raw = bytearray(path.read_bytes())
    raw[position] ^= 1
    path.write_bytes(raw)


DAMAGE = {
    "a flipped bit": lambda place: flip(place / "user_ids.npy", -3),
    "a flipped bit of the last column": lambda place: flip(place / "days.npy", 130),
    "a flipped bit of a header": lambda place: flip(place / "days.npy", 23),
    "a truncated column": lambda place: os.truncate(place / "ratings.npy", 140),
    "a truncated header": lambda place: os.truncate(place / "ratings.npy", 20),
    "an empty column": lambda place: os.truncate(place / "ratings.npy", 0),
    "a missing column": lambda place: (place / "ratings.npy").unlink(),
    "a swapped column": lambda place: os.replace(place / "movie_ids.npy", place / "days.npy"),
    "no manifest": lambda place: (place / "manifest.json").unlink(),
    "an empty manifest": lambda place: (place / "manifest.json").write_text(""),
    "half a manifest": lambda place: os.truncate(place / "manifest.json", 40),
    "a manifest that is a list": lambda place: (place / "manifest.json").write_text("[1]"),
    "a manifest of bytes": lambda place: (place / "manifest.json").write_bytes(b"\xff\xfe"),
    "a manifest of another format": lambda place: replace_in(place / "manifest.json", place.name),
    "a manifest of fewer rows": lambda place: replace_in(place / "manifest.json", '"rows": '),
    "a manifest without checksums": lambda place: replace_in(place / "manifest.json", "crc32"),
}


def replace_in(path, text):
    assert text in path.read_text()
    path.write_text(path.read_text().replace(text, text + "1"))


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_cache_is_made_again(home, readings, damage):
    before = rows_of(load_netflix_arrays())
    (name,) = caches(home)
    damage(home / "cache" / name)
    assert rows_of(load_netflix_arrays()) == before and len(readings) == 2
    assert caches(home) == [name]
    load_netflix_arrays()
    assert len(readings) == 2


def test_a_cache_of_another_format_is_replaced(home, readings, monkeypatch):
    load_netflix_arrays()
    (old,) = caches(home)
    monkeypatch.setattr(cache, "FORMAT", cache.FORMAT + 1)
    load_netflix_arrays()
    assert len(readings) == 2 and len(caches(home)) == 1 and caches(home) != [old]


def test_without_a_place_for_the_cache_everything_works_with_a_warning(home, readings, monkeypatch):
    expected = reference(texts_of(home))
    (home / "cache").write_text("a file where a folder should be")
    with pytest.warns(UserWarning, match="no cache can be written in .*cache"):
        assert rows_of(load_netflix_arrays()) == expected
    (home / "cache").unlink()

    def disk_is_full(files, types, blocks):
        next(blocks)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache, "_write_columns", disk_is_full)
    with pytest.warns(UserWarning, match="No space left"):
        assert rows_of(load_netflix_arrays()) == expected
    assert caches(home) == []


def test_a_bad_line_is_said_and_leaves_no_cache(home):
    with (home / "netflix" / "combined_data_4.txt").open("ab") as file:
        file.write(b"nonsense\n")
    with pytest.raises(DatasetError, match=r"combined_data_4.txt, line \d+: 1 fields"):
        load_netflix_arrays()
    assert caches(home) == []


def test_what_a_killed_process_left_is_removed_but_not_what_is_being_written(home):
    for name in ("old", "young"):
        left = home / "cache" / f"{cache.WRITING}{name}" / "some"
        left.mkdir(parents=True)
        (left / "user_ids.npy").write_bytes(b"half")
        for path in (left.parent, left, left / "user_ids.npy"):
            os.utime(path, (0, time.time() - 2 * leftovers.STALE_SECONDS))
    os.utime(left / "user_ids.npy")  # the young one has just grown
    for _ in range(2):
        load_netflix_arrays()
        assert [name for name in caches(home) if name[0] == "."] == [f"{cache.WRITING}young"]


def test_processes_that_write_at_once_end_with_one_cache(home, monkeypatch):
    barrier, real, errors = threading.Barrier(4), netflix.read_blocks, []
    expected = reference(texts_of(home))

    def read_blocks(*arguments):
        barrier.wait(timeout=60)  # nobody is done before all have begun
        yield from real(*arguments)

    def load():
        try:
            assert rows_of(load_netflix_arrays()) == expected
        except BaseException as error:
            errors.append(error)

    monkeypatch.setattr(netflix, "read_blocks", read_blocks)
    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors and len(caches(home)) == 1


# Fills the cache in processes of their own, each killed before another line of cache.py,
# leftovers.py, shutil.py or tempfile.py, and looks at what they left. Every third line, as the
# situations start at 1, 2, 3.
KILLED = """
import os, shutil, signal, sys, tempfile
from pathlib import Path
import numpy as np
from scratch.datasets import cache, leftovers

home, situation, first = Path(sys.argv[1]) / "cache", sys.argv[2], int(sys.argv[3])
types = {"a": np.int32, "b": np.int8}
expected = {name: np.arange(9).astype(kind) for name, kind in types.items()}
watched = {cache.__file__, leftovers.__file__, shutil.__file__, tempfile.__file__}

def read():
    for part in np.arange(9).reshape(3, 3):
        yield {name: column[part] for name, column in expected.items()}

def fill(stamp=2):
    return cache.cached(home, ["numbers"], [stamp], types, read)

def is_right(columns):
    return all((columns[name] == expected[name]).all() for name in types)

fill()
(whole,) = home.iterdir()
if situation == "an outdated one":
    shutil.rmtree(home)
    fill(stamp=1)
elif situation == "a damaged one":
    with (whole / "b.npy").open("r+b") as file:
        file.seek(-1, 2)
        file.write(bytes([255]))
else:
    shutil.rmtree(whole)
template = home.with_name("template")
home.rename(template)

def fill_until(line):
    left = line
    def count(frame, event, _):
        nonlocal left
        if frame.f_code.co_filename not in watched:
            return None
        if event == "line":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return count
    sys.settrace(count)
    assert is_right(fill())
    os._exit(0)

line, not_there, there = first - 3, 0, 0
while True:
    line += 3
    shutil.copytree(template, home)
    child = os.fork()
    if child == 0:
        fill_until(line)
    status = os.waitpid(child, 0)[1]
    # What has the name of the cache is either whole or not trusted.
    columns = cache.load(whole, types)
    if columns is None:
        not_there += 1
    else:
        there += 1
        assert is_right(columns)
    assert is_right(fill())
    left = [path.name for path in home.iterdir() if not path.name.startswith(cache.WRITING)]
    assert left == [whole.name], left
    shutil.rmtree(home)
    if status == 0:
        break
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
print(line, not_there, there)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize(
    ("before", "first"), [("none", 1), ("an outdated one", 2), ("a damaged one", 3)]
)
def test_a_process_killed_before_any_line_leaves_nothing_that_is_trusted(tmp_path, before, first):
    command = [sys.executable, "-c", KILLED, str(tmp_path), before, str(first)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    moments, not_there, there = (int(word) for word in done.stdout.split())
    assert moments > 150 and not_there > 25 and there > 10


LOAD_SLOWLY = """
import sys
from scratch.datasets import load_netflix_arrays, loaders, netflix
loaders.check_sha256, netflix.PLAIN_BYTES = lambda *_: None, 10**9
netflix.known_part = lambda *_: netflix.NOTHING_KNOWN
load_netflix_arrays(folder=sys.argv[1])
"""


@pytest.mark.slow
@pytest.mark.parametrize("written", [1, 200_000, 600_000])
def test_a_reading_that_is_killed_is_begun_anew(home, written):
    lines = "".join(f"{user},{user % 5 + 1},2001-01-01\n" for user in range(1, 300_001))
    (home / "netflix" / "combined_data_1.txt").write_text("17770:\n" + lines)
    for name in ("combined_data_2.txt", "combined_data_4.txt"):
        (home / "netflix" / name).unlink()
    process = subprocess.Popen([sys.executable, "-c", LOAD_SLOWLY, str(home)])
    pattern = f"{cache.WRITING}*/*/user_ids.npy"
    while process.poll() is None:
        if any(path.stat().st_size > written for path in (home / "cache").glob(pattern)):
            process.kill()
            break
        time.sleep(0.001)
    process.wait()
    assert [name for name in caches(home) if name[0] != "."] == []
    assert load_netflix_arrays().user_ids.tolist() == list(range(1, 300_001))
    assert len([name for name in caches(home) if name[0] != "."]) == 1


@pytest.mark.slow
def test_the_generated_set_of_the_benchmark_is_read_as_a_stand_in(tmp_path):
    script = Path(__file__).parents[1] / "benchmarks" / "make_netflix.py"
    command = [sys.executable, str(script), str(tmp_path), "--ratings", "20000"]
    subprocess.run(command, check=True, capture_output=True)
    data = load_netflix_arrays(folder=tmp_path)
    assert len(data) == 20_000 and data.is_stand_in
    assert stand_in.is_current(tmp_path / "stand-in" / "netflix")
    assert data.dates.min() >= np.datetime64("1999-11-11")
    assert data.dates.max() <= np.datetime64("2005-12-31")
    assert np.bincount(data.ratings, minlength=6)[1:].min() > 100
