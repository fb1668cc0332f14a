"""A progress bar over epochs that prints the same text in every run."""

import sys

from tqdm import tqdm


def progress_bar(num_epochs: int, shown: bool = True) -> tqdm:
    """A bar whose text has no time in it: a notebook that shows it can be compared with its output.

    >>> with progress_bar(2) as bar:
    ...     bar.set_description_str("train 0.9", refresh=False)
    ...     for _ in range(2):
    ...         bar.update()  # doctest: +SKIP
    """
    return tqdm(
        total=num_epochs,
        disable=not shown,
        file=sys.stdout,
        ncols=1000,  # else cut to the width of the terminal, which a notebook's kernel can see too
        bar_format="epoch {n_fmt}/{total_fmt} |{bar:20}| {desc}",
        mininterval=0,
        miniters=1,
    )
