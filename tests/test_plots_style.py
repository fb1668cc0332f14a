"""What all figures start from: size, margin, colours, and texts that stand as they were given."""

import io

import matplotlib.image
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import is_color_like
from matplotlib.lines import Line2D

from scratch import plots
from scratch.plots import style


def test_a_figure_has_the_size_title_labels_and_grid():
    fig, ax = plots.figure("title", "x", "y")
    assert tuple(fig.get_size_inches()) == plots.SIZE == (8.0, 4.5)
    assert (ax.get_title(), ax.get_xlabel(), ax.get_ylabel()) == ("title", "x", "y")
    frame = {side for side, spine in ax.spines.items() if spine.get_visible()}
    assert frame == {"left", "bottom"}
    lines = [*ax.get_xgridlines(), *ax.get_ygridlines()]
    assert {(line.get_visible(), line.get_alpha()) for line in lines} == {(True, 0.25)}


def test_a_notebook_shows_a_figure_with_its_margin_on_any_background():
    fig, ax = plots.figure("title", "x", "y")
    ax.plot([0, 1], [0, 1000])
    shown = io.BytesIO()
    # As a notebook shows a figure: cut to what is drawn.
    fig.savefig(shown, dpi=100, bbox_inches="tight", pad_inches=0)
    pixels = matplotlib.image.imread(io.BytesIO(shown.getvalue()))
    height, width = pixels.shape[:2]
    wanted = 100 * np.array(plots.SIZE)
    assert np.abs([width, height] - wanted).max() <= 2
    margin = int(100 * style.MARGIN) - 3
    edges = pixels[:margin], pixels[-margin:], pixels[:, :margin], pixels[:, -margin:]
    assert all((edge == 1).all() for edge in edges), "white and opaque"


def test_panels_share_their_vertical_axis():
    fig, axes = plots.panels(["one", "two"], "x", "y")
    axes[0].plot([0, 5])
    assert [ax.get_title() for ax in axes] == ["one", "two"]
    assert axes[1].get_ylim() == axes[0].get_ylim()
    assert [(ax.get_xlabel(), ax.get_ylabel()) for ax in axes] == [("x", "y"), ("x", "")]
    assert tuple(fig.get_size_inches()) == plots.SIZE and fig.axes == list(axes)
    (pads,) = {fig.get_layout_engine().get()[pad] for pad in ("w_pad", "h_pad")}
    assert pads == style.MARGIN


def test_colours_and_dashes_are_known_to_matplotlib_and_no_two_are_alike():
    colors = {*style.COLORS, style.GREY}
    assert len(colors) == 5 and all(map(is_color_like, colors))
    drawn = {Line2D([], [], linestyle=dash).get_linestyle() for dash in style.DASHES}
    assert len(drawn) == 3


def test_texts_stand_as_they_were_given_and_numbers_of_a_logarithmic_axis_are_formulas():
    @style.as_written
    def draw(title, *, note):
        """Draw it."""
        fig, ax = plots.figure(title, "x", "y")
        ax.text(1, 1, note)
        ax.set_xscale("log")
        return fig, ax

    fig, ax = draw("from $5 to $10", note="$1 or $2")
    assert draw.__doc__ == "Draw it." and not ax.title.get_parse_math()
    assert not any(text.get_parse_math() for text in ax.texts)
    fig.canvas.draw()
    numbers = [label for label in ax.get_xticklabels() if label.get_text()]
    assert numbers and all(number.get_parse_math() for number in numbers)
    plt.close(fig)


@pytest.mark.parametrize(
    ("room", "text"),
    [(6, "abc de"), (5, "abc…"), (4, "abc…"), (3, "ab…"), (2, "a…"), (1, "…"), (0, "…")],
)
def test_a_short_text_has_room_and_a_long_one_is_cut(room, text):
    assert style.cut("abc de", room) == text


ODD_TEXTS = ["$$", "$\\frac$", "half \ud83d a face", "$1 or $2"]


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_any_text_can_be_drawn_even_where_the_figure_is_drawn_early(text):
    fig, ax = plots.labelled_map(np.eye(2), [text, "b"], text, text, text)
    fig.canvas.draw()
    shown = text.replace("\ud83d", "?")
    assert ax.texts[0].get_text() == ax.get_title() == ax.get_xlabel() == ax.get_ylabel() == shown
    plt.close(fig)


def test_half_a_character_is_drawn_as_a_question_mark_by_every_figure():
    @style.as_written
    def draw(note):
        fig, ax = plots.figure("t", "x", "y")
        ax.set_yticks([0, 1], ["a", note])
        return fig, ax

    fig, ax = draw("\ud83d")
    fig.canvas.draw()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "?"]
    plt.close(fig)


def test_a_figure_that_fails_half_way_is_closed_and_no_other():
    @style.as_written
    def draw():
        plots.figure("t", "x", "y")
        raise KeyboardInterrupt

    mine = plt.figure()
    with pytest.raises(KeyboardInterrupt):
        draw()
    assert plt.get_fignums() == [mine.number]
    plt.close(mine)
