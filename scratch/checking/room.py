"""Says no before an array is made that fills the memory: a size or an index must be wrong."""

import math

MOST = 10**9  # numbers: 8 GB in double precision
MOST_ROWS = 10**8  # users, or movies: of each, several numbers are kept
MOST_IN_LISTS = 10**8  # nested lists take four times as much for each


def check_room(name: str, *sizes: int, most: int = MOST) -> None:
    """Raise ValueError if an array of these sizes would have more than `most` numbers.

    name: of the argument that decides the sizes.
    """
    if math.prod(max(size, 1) for size in sizes) > most:
        shape = " × ".join(f"{size:,}" for size in sizes)
        raise ValueError(
            f"{name} asks for {shape} numbers, and more than {most:,} have no room here: is it a "
            "size or an index that was meant to be smaller?"
        )
