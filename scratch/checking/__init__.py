"""The one place that looks at arguments: what a function may be given, and what a compiled loop."""

from scratch.checking.decorator import checked
from scratch.checking.learner import Learner, NotFitted
from scratch.checking.tables import columns_of
from scratch.checking.wishes import (
    AnyNumbers,
    Array,
    Changed,
    Column,
    Count,
    IndexArray,
    MaskArray,
    NotNegative,
    Positive,
    ScoreArray,
    Share,
    Size,
    TableArray,
    Within,
    shown,
)

__all__ = [
    "AnyNumbers",
    "Array",
    "Changed",
    "Column",
    "Count",
    "IndexArray",
    "Learner",
    "MaskArray",
    "NotFitted",
    "NotNegative",
    "Positive",
    "ScoreArray",
    "Share",
    "Size",
    "TableArray",
    "Within",
    "checked",
    "columns_of",
    "shown",
]
