from typing import Annotated

import numpy as np
import pandas as pd
import pytest

from scratch.checking import Columns, checked, columns_of


def table(**columns):
    return pd.DataFrame({"user_id": [1, 2], "rating": [3.0, 4.5]} | columns)


def test_columns_come_as_arrays_by_name():
    found = columns_of(table(), user_id="whole", rating="number")
    assert list(found) == ["user_id", "rating"]
    assert found["rating"].tolist() == [3.0, 4.5]
    assert columns_of(table(user_id=["a", "b"]), user_id=None)["user_id"].tolist() == ["a", "b"]
    assert columns_of(table()[:0], rating="number")["rating"].tolist() == []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (table().drop(columns="rating"), r"no column 'rating', only \['user_id'\]"),
        (table(rating=[3.0, np.nan]), "row 1 of the table has no rating"),
        (table(rating=["a", "b"]), "the column rating must be an array of numbers"),
        (table(rating=[1.0, np.inf]), r"the column rating\[1\] is inf"),
        (table(user_id=[1.5, 2]), "the column user_id must be an array of whole numbers"),
        (pd.concat([table(), table()], axis=1), "several columns 'user_id'"),
    ],
)
def test_what_a_table_lacks_is_said(wrong, words):
    with pytest.raises((TypeError, ValueError), match=f"^(the table has )?{words}"):
        columns_of(wrong, user_id="whole", rating="number")


@checked
def mean_of(table: Annotated[pd.DataFrame, Columns(user_id=None, rating="number")]) -> float:
    return table["rating"].mean()


def test_columns_may_be_asked_for_in_an_annotation():
    assert mean_of(table()) == 3.75
    with pytest.raises(ValueError, match="no column 'rating'"):
        mean_of(table().drop(columns="rating"))
    with pytest.raises(TypeError, match="the column rating must be an array of numbers"):
        mean_of(table(rating=["a", "b"]))
    with pytest.raises(TypeError, match="table must be a pandas DataFrame"):
        mean_of([1])


def test_columns_may_have_any_names():
    table = pd.DataFrame(
        {"table": [1.0], "kinds": [2.0], "self": [3.0], 7: [np.nan], ("a", 1): [4]}
    )
    kinds = dict.fromkeys(["table", "kinds", "self"], "number")
    assert columns_of(table, **kinds)["kinds"].tolist() == [2.0]
    assert columns_of(table, kinds | {("a", 1): "whole"}).keys() == {*kinds, ("a", 1)}
    Columns(**kinds).check("ratings", table)
    with pytest.raises(ValueError, match="row 0 of the table has no 7"):
        columns_of(table, {7: "number"})
    with pytest.raises(ValueError, match="the table has no column '7'"):
        columns_of(table, {"7": None})


@pytest.mark.parametrize("kind", [">f8", "g"])
def test_columns_that_pandas_cannot_add_up_are_refused_with_a_remedy(kind):
    table = pd.DataFrame({"rating": np.array([1.0, 2.0], kind)})
    words = r"^the column rating is of .*: give table.astype\({'rating': 'float'}\)"
    with pytest.raises(TypeError, match=words):
        Columns(rating="number").check("table", table)
    Columns(rating="number").check("table", table.astype({"rating": float}))
    assert columns_of(table, rating="number")["rating"].tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    "column", [pd.Categorical([3, 1], categories=[3, 1]), pd.arrays.SparseArray([3.0, 0.0])]
)
def test_columns_that_pandas_would_group_in_another_way_are_refused(column):
    table = pd.DataFrame({"movie_id": column})
    with pytest.raises(TypeError, match=r"^the column movie_id is of .*: give table.astype"):
        Columns(movie_id=None).check("table", table)
    half = pd.DataFrame({"rating": np.ones(2, np.float16)})
    with pytest.raises(TypeError, match=r"give table.astype\({'rating': 'float'}\)"):
        Columns(rating="number").check("table", half)


def test_an_index_that_is_called_as_a_column_is_refused():
    table = pd.DataFrame({"movie_id": [1, 2]}).set_index("movie_id", drop=False)
    with pytest.raises(ValueError, match=r"called movie_id, .*: give table.reset_index\(drop=True"):
        Columns(movie_id=None).check("table", table)
