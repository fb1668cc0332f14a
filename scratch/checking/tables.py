"""What can be asked of a table: that it has certain columns, with a value in every row."""

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd

from scratch.checking.wishes import Array, of_our_own_kind

Kind = Literal["number", "whole"] | None


class Columns:
    """A wish for a table: that it has these columns, with a value in every row, as `columns_of`."""

    def __init__(self, /, **kinds: Kind):
        self.kinds = kinds

    def check(self, name: str, table: pd.DataFrame) -> None:
        """Raise ValueError or TypeError for one that hasn't, or of a kind pandas can't group by."""
        for column, values in columns_of(table, self.kinds).items():
            is_packed = isinstance(table[column].dtype, pd.CategoricalDtype | pd.SparseDtype)
            if is_packed or of_our_own_kind(values) is not values:
                kind = "float" if self.kinds[column] == "number" else values.dtype.name
                raise TypeError(
                    f"the column {column} is of {table[column].dtype}, which pandas would not add "
                    f"up, or put in order, as it stands: give table.astype({{{column!r}: "
                    f"{kind!r}}})"
                )
            if column in table.index.names:
                raise ValueError(
                    f"the index of the table is called {column}, as a column is: give "
                    "table.reset_index(drop=True)"
                )


def columns_of(
    table: pd.DataFrame, kinds: Mapping[Any, Kind] | None = None, /, **named: Kind
) -> dict[Any, np.ndarray]:
    """These columns of a table, by name, each with a value in every row.

    What a column must hold: finite numbers, whole numbers, or (None) anything. named: those whose
    names are known where this is called; kinds: others, whose names may be anything. Raises
    ValueError for a column that is not there and for a missing value, with its row; TypeError for
    another kind.
    """
    kinds = {**(kinds or {}), **named}
    missing = [name for name in kinds if name not in table]
    if missing:
        raise ValueError(f"the table has no column {missing[0]!r}, only {list(table.columns)}")
    found = {}
    for name, kind in kinds.items():
        if table[name].ndim != 1:
            raise ValueError(f"the table has several columns {name!r}: rename all but one")
        is_missing = table[name].isna().to_numpy()
        if is_missing.any():
            row = int(is_missing.argmax())
            raise ValueError(f"row {row} of the table has no {name}: drop such rows first")
        found[name] = table[name].to_numpy()
        if kind is not None:
            Array(1, kind).check(f"the column {name}", found[name])
    return found
