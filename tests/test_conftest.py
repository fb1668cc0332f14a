"""The order of all tests: the longest first."""

from pathlib import Path
from types import SimpleNamespace

import conftest


def test_notebooks_come_first_then_files_with_slow_tests_and_each_in_its_own_order():
    def item(name, slow=False):
        path = Path(name.rpartition(" ")[0])
        return SimpleNamespace(name=name, path=path, get_closest_marker=lambda _: slow or None)

    items = [
        item("quick.py 1"), item("mixed.py 1"), item("mixed.py 2", slow=True), item("00.ipynb 1"),
        item("quick.py 2"), item("slow.py 1", slow=True), item("01.ipynb 1"), item("01.ipynb 2"),
    ]  # fmt: skip
    conftest.pytest_collection_modifyitems(items)
    assert [i.name for i in items] == [
        "00.ipynb 1", "01.ipynb 1", "01.ipynb 2", "mixed.py 1", "mixed.py 2", "slow.py 1",
        "quick.py 1", "quick.py 2",
    ]  # fmt: skip
