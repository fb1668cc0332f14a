import pytest

from scratch.checking.room import MOST_IN_LISTS, MOST_ROWS, check_room


def test_what_fits_passes():
    check_room("k", 10**9)
    check_room("k", 1, 10**4, 10**5)
    check_room("k", 0, 5)


@pytest.mark.parametrize("sizes", [(10**9 + 1,), (10**5, 10**5), (2**70, 0)])
def test_what_fills_the_memory_is_refused_before_it_is_made(sizes):
    shape = " × ".join(f"{size:,}" for size in sizes)
    with pytest.raises(ValueError, match=f"^num_users × k asks for {shape} numbers"):
        check_room("num_users × k", *sizes)


def test_another_limit():
    check_room("n", 10, most=10)
    with pytest.raises(ValueError, match="more than 10 have no room"):
        check_room("n", 11, most=10)
    check_room("n", 10**8, most=MOST_IN_LISTS)
    with pytest.raises(ValueError, match="more than 100,000,000 have no room"):
        check_room("n", 10**8 + 1, most=MOST_IN_LISTS)
    check_room("users", 10**8, most=MOST_ROWS)
    with pytest.raises(ValueError, match="more than 100,000,000 have no room"):
        check_room("users", 10**8 + 1, most=MOST_ROWS)
