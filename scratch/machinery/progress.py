"""A progress bar over epochs or sweeps that prints the same text in every run."""

import sys

from tqdm import tqdm

from scratch.checking import Size, checked


@checked
def progress_bar(number: Size, shown: bool = True, unit: str = "epoch") -> tqdm:
    """A bar over so many units, on stdout, with no time in its text.

    So a notebook that shows it can be compared with its stored output.

    >>> with progress_bar(2) as bar:
    ...     bar.set_description_str("train 0.9", refresh=False)
    ...     for _ in range(2):
    ...         bar.update()  # doctest: +SKIP
    """
    return tqdm(
        total=number,
        disable=not shown,
        file=sys.stdout,
        ncols=1000,  # else cut to the width of the terminal, which a notebook's kernel can see too
        unit=unit,
        bar_format="{unit} {n_fmt}/{total_fmt} |{bar:20}| {desc}",
        mininterval=0,
        miniters=1,
    )
