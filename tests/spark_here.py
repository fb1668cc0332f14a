"""What tests that need Apache Spark, or its companion pyarrow, say where it is not."""

import importlib.util

import pytest

COMMAND = "python -m scratch.course test-scale"


def needed(package: str) -> pytest.MarkDecorator:
    """Skips where a package of the extra `scale` is not; `test-scale` lets Python find it."""
    return pytest.mark.skipif(
        importlib.util.find_spec(package) is None,
        reason=f"{package} is not here: `{COMMAND}` installs and tests it",
    )
