"""What stands in each figure, in words: a change of a figure is seen, and can be read."""

import difflib

import figures
import matplotlib.pyplot as plt
import numpy as np
import pytest
from calls.plots import GOOD
from matplotlib.text import Text


@pytest.mark.parametrize("module", figures.modules())
def test_figures_are_as_told(module, caplog):
    stored = (figures.HERE / f"{module}.txt").read_text(encoding="utf-8")
    lines = difflib.unified_diff(stored.split("\n"), figures.told(module).split("\n"), n=0)
    found = "\n".join(lines)
    assert not found, f"`python tests/figures.py`, and look at the change as it is drawn:\n{found}"
    assert not caplog.messages, "a cell that draws it would show this, too"


def test_no_figure_is_told_that_is_not_there_any_more():
    assert {path.stem for path in figures.HERE.glob("*.txt")} == set(figures.modules())


@pytest.mark.parametrize("name", figures.names())
def test_dollars_in_the_title_of_a_film_start_no_formula(name):
    fig, _ = figures.function_of(name)(**GOOD[name]())
    texts = [text for text in fig.findobj(Text) if text.get_text()]
    assert texts and not any(text.get_parse_math() for text in texts)
    fig.canvas.draw()  # and the numbers on a logarithmic axis are formulas as before
    later = {text for text in fig.findobj(Text) if "mathdefault" in text.get_text()}
    assert all(text.get_parse_math() for text in later)
    plt.close("all")


CHANGES = [
    lambda ax: ax.set_title("another"),
    lambda ax: ax.lines[0].set_color("red"),
    lambda ax: ax.lines[0].set_xdata([0, 1.001]),
    lambda ax: ax.texts[0].set_y(0.3),
    lambda ax: ax.texts[0].set_text("b"),
    lambda ax: ax.patches[0].set_height(2),
    lambda ax: ax.patches[0].set_facecolor("red"),
    lambda ax: ax.images[0].set_data([[0, 1], [1, 2]]),
    lambda ax: ax.collections[0].set_sizes([4]),
    lambda ax: ax.collections[0].set_offsets([[1, 2]]),
    lambda ax: ax.set_xscale("log"),
    lambda ax: ax.set_yticks([1]),
    lambda ax: ax.spines["top"].set_visible(False),
    lambda ax: ax.set_ylabel("y"),
    lambda ax: ax.legend(["one", "other"]),
    lambda ax: ax.set_axis_off(),
    lambda ax: ax.lines[0].remove(),
]


@pytest.mark.parametrize("change", [None, *CHANGES])
def test_a_change_is_told(change):
    def draw():
        fig, ax = plt.subplots()
        ax.plot([0, 1], [0, 1], label="one")
        ax.bar([0], [1])
        ax.scatter([0], [0], s=3)
        ax.imshow(np.eye(2))
        ax.text(0.1, 0.2, "a")
        ax.legend()
        return fig, ax

    fig, ax = draw()
    before = list(figures.figure(fig))
    if change is not None:
        change(ax)
    assert (list(figures.figure(fig)) != before) == (change is not None)
    plt.close(fig)
