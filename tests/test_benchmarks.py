"""Stored tables of benchmarks have the form that their readers need; their times are no test."""

import importlib.util
import itertools
import json
import re
from datetime import date
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SPARK = ROOT / "benchmarks" / "spark.py"


def script(name: str):
    """A module of benchmarks/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_of_scale_covers_a_hundred_thousand_to_a_hundred_million_ratings():
    stored = json.loads((ROOT / "benchmarks" / "netflix_scale.json").read_text(encoding="utf-8"))
    assert set(stored) == {"machine", "k", "k of the steps", "rows"}
    assert (stored["k"], stored["k of the steps"]) == (32, 64)
    assert "cores" in stored["machine"] and "NumPy" in stored["machine"]
    sizes = [row["ratings"] for row in stored["rows"]]
    assert sizes == sorted(sizes)
    assert [round(size, -len(str(size)) + 1) for size in sizes] == [10**5, 10**6, 10**7, 10**8]
    work = ("index", "gradient", "sweep", "steps")
    names = ["ratings", "users", "movies", *(f"{name} seconds" for name in work), "peak GiB"]
    for row in stored["rows"]:
        assert list(row) == names
        assert all(value > 0 for value in row.values())
        assert row["ratings"] <= row["users"] * row["movies"]
    memory = [row["peak GiB"] for row in stored["rows"]]
    assert memory == sorted(memory)


def test_the_table_of_costs_grows_with_the_catalogue():
    text = (ROOT / "benchmarks" / "recommender_costs.json").read_text(encoding="utf-8")
    stored = json.loads(text)
    assert set(stored) == {"machine", "data", "rows"}
    assert stored["data"] == "real" and "cores" in stored["machine"]
    films = [row["films"] for row in stored["rows"]]
    assert films == sorted(films) and films[-1] == 9_724
    for row in stored["rows"]:
        assert all(value > 0 for value in row.values())
        weights, likes = 8e-6 * row["films"] ** 2, 16e-6 * row["ratings"]  # some of them, at most
        assert 0.99 * weights < row["EASE MB"] < 1.01 * (weights + likes)


def test_the_figures_of_spark_are_whole_and_say_where_they_come_from():
    stored = json.loads((ROOT / "benchmarks" / "spark.json").read_text(encoding="utf-8"))
    assert date.fromisoformat(stored["date"]) and stored["MovieLens"] == "real"
    assert all(word in stored["machine"] for word in ("cores", "memory", "Java", "Spark"))
    parts = re.findall(
        r'"([a-z ]+)": \w+[,}]', SPARK.read_text(encoding="utf-8").partition("PARTS = ")[2]
    )
    assert set(parts) == set(stored) - {"date", "machine", "MovieLens", "cluster"}
    rows = stored["contest"]["rows"]
    assert [(row["who"], row["threads"]) for row in rows] == 3 * [
        ("Spark", 2), ("ours", 1), ("ours", 2)
    ]  # fmt: skip
    for spark, *ours in zip(rows[::3], rows[1::3], rows[2::3], strict=True):
        for row in ours:
            for name in ("ratings", "users", "movies"):
                assert row[name] == spark[name]
            assert row["loss"] == pytest.approx(spark["loss"], rel=0.05)  # other starts
    for name in ("without checkpoints", "a checkpoint every 2 sweeps"):
        killed = stored["killed"][name]
        assert killed["workers left"] == 1 and killed["with a worker killed"]["stages run again"]


def test_the_table_of_searches_has_every_way_on_films_and_on_two_millions():
    stored = json.loads((ROOT / "benchmarks" / "search.json").read_text(encoding="utf-8"))
    assert date.fromisoformat(stored["date"]) and "cores" in stored["machine"]
    worlds = {"films": 17_770, "a million in between": 10**6, "a million without order": 10**6}
    assert {row["items"]: row["number"] for row in stored["rows"]} == worlds
    for items in worlds:
        rows = [row for row in stored["rows"] if row["items"] == items]
        ways = {row["way"] for row in rows}
        assert ways >= {"ours, all", "ours, cells", "faiss, all", "faiss, graph, lifted"}
        for way in ways:
            of_way = [row for row in rows if row["way"] == way]
            if way.endswith(", all"):
                (row,) = of_way
                assert row["care"] is None and row["recall"] > 0.999  # the last digits of ties
                continue
            # More care finds more, whatever it costs.
            assert [row["care"] for row in of_way] == sorted(row["care"] for row in of_way)
            recalls = [row["recall"] for row in of_way]
            assert all(b >= a - 0.001 for a, b in itertools.pairwise(recalls))
            assert all(row["a second, alone"] > 0 for row in of_way)


def test_the_table_of_the_service_has_every_kind_of_load_and_nobody_without_an_answer():
    stored = json.loads((ROOT / "benchmarks" / "service.json").read_text(encoding="utf-8"))
    assert date.fromisoformat(stored["date"]) and "cores" in stored["machine"]
    assert stored["films"] == 17_770 and 0 < stored["ms of a list, without HTTP"] < 10
    rows = stored["rows"]
    for row in rows:
        assert row["asked"] == row["answered"] > 0
        assert row["p50"] <= row["p90"] <= row["p99"] <= row["p99.9"] <= row["max"]
    opened = [row for row in rows if row["loop"] == "open"]
    assert [row["load"] for row in opened] == sorted(row["load"] for row in opened)
    assert all(abs(row["asked"] / stored["seconds"] / row["load"] - 1) < 0.1 for row in opened)
    others = {row["loop"]: row for row in rows if row["loop"] != "open"}
    assert set(others) == {"closed", "open, swaps", "open, a pause", "closed, a pause"}
    # Who waits for an answer before the next question meets a pause of half a second once.
    assert others["closed, a pause"]["p99"] < 500 < others["closed, a pause"]["max"]


def test_the_readme_shows_the_table_of_peers_as_it_is_stored():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    maker = script("readme_table")
    assert readme.count(maker.BEGIN) == readme.count(maker.END) == 1
    assert maker.with_table(readme) == readme, "run benchmarks/readme_table.py --store"


def test_the_short_table_compares_the_fastest_that_does_the_same(monkeypatch, tmp_path):
    maker = script("readme_table")
    seconds = {"scratch, item-based": 2.0, "scratch, user-based": 1.0, "a": 1.0, "b": 0.5}
    rows = [
        {"work": "ten films by neighbours", "threads": threads, "name": name, "median": s / threads}
        for name, s in seconds.items()
        for threads in (1, 2)
    ]
    (tmp_path / "peers.json").write_text(json.dumps({"rows": rows}), encoding="utf-8")
    monkeypatch.setattr(maker, "STORED", tmp_path / "peers.json")
    last = maker.table().split("\n")[-1]
    assert last == "| ten films by neighbours | 2 s | 500 ms, b | 0.25 | 0.25 |"
    assert maker.with_table(f"x {maker.BEGIN} old {maker.END} y").count("500 ms") == 1


@pytest.mark.parametrize("seconds", [0.00891, 0.0999, 0.9999, 1.74, 15.9])
def test_times_are_written_with_two_digits(seconds):
    number, unit = script("readme_table").in_words(seconds).split(" ")
    assert abs(float(number) * {"s": 1, "ms": 1e-3}[unit] - seconds) <= 0.05 * seconds


def test_every_rival_has_an_error_for_each_published_fold():
    stored = json.loads((ROOT / "benchmarks" / "folds.json").read_text(encoding="utf-8"))
    assert stored["data"] == "real"
    for name, row in stored["rows"].items():
        assert [fold["fold"] for fold in row["folds"]] == ["u1", "u2", "u3", "u4", "u5"], name
        for fold in row["folds"]:
            assert 0.8 < fold["rmse"] < 1.0
            assert fold["settings"] in row["tried"]
            if len(row["tried"]) > 1:  # else there was nothing to choose
                assert len(fold["validation"]) == len(row["tried"])
                best = fold["validation"].index(min(fold["validation"]))
                assert fold["settings"] == row["tried"][best]
