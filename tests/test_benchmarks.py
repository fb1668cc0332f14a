"""Stored tables of benchmarks have the form that notebooks read; their times are no test."""

import json
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_table_of_scale_covers_a_hundred_thousand_to_a_hundred_million_ratings():
    stored = json.loads((ROOT / "benchmarks" / "netflix_scale.json").read_text(encoding="utf-8"))
    assert set(stored) == {"machine", "k", "rows"}
    assert stored["k"] == 32 and "cores" in stored["machine"] and "NumPy" in stored["machine"]
    sizes = [row["ratings"] for row in stored["rows"]]
    assert sizes == sorted(sizes)
    assert [round(size, -len(str(size)) + 1) for size in sizes] == [10**5, 10**6, 10**7, 10**8]
    names = ["ratings", "users", "movies", "index seconds", "gradient seconds", "sweep seconds"]
    for row in stored["rows"]:
        assert list(row) == [*names, "peak GiB"]
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
        pairs = row["films"] ** 2 + row["users"] * row["films"]  # weights, and who likes what
        assert abs(row["EASE MB"] - 8e-6 * pairs) < 0.01 * row["EASE MB"]
