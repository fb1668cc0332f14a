import numpy as np

from scratch import plots

TABLE = np.array([[0.0, 1.0, np.nan], [0.5, 0.2, 1.0]])


def test_a_heat_map_shows_every_number_and_every_name():
    fig, ax = plots.heat_map(
        TABLE, "title", "x", "y", row_labels=["a", "b"], column_labels=["c", "d", "e"],
        numbers=".1f", colorbar="stars",
    )  # fmt: skip
    assert np.array_equal(ax.images[0].get_array().filled(np.nan), TABLE, equal_nan=True)
    assert [text.get_text() for text in ax.texts] == ["0.0", "1.0", "0.5", "0.2", "1.0"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["c", "d", "e"]
    assert fig.axes[1].get_ylabel() == "stars"


def test_missing_values_are_grey_and_zeros_white():
    _, ax = plots.heat_map(TABLE, "title", "x", "y")
    colors = ax.images[0].to_rgba(ax.images[0].get_array())
    assert np.allclose(colors[0, 0], 1)
    assert 0.8 < colors[0, 2][0] < 1 and len(set(colors[0, 2][:3])) == 1


def test_marked_cells_get_a_frame():
    _, ax = plots.heat_map(TABLE, "title", "x", "y", marked=TABLE == 1)
    frames = [(line.get_xdata().mean(), line.get_ydata().mean()) for line in ax.lines]
    assert len(frames) == 2
    assert min(ax.lines[0].get_xdata()) == 0.5 and max(ax.lines[0].get_ydata()) == 0.5


def test_the_longest_names_of_columns_are_cut():
    names = ["One Flew Over the Cuckoo's Nest (1975)", "Fargo (1996)", "Star Wars (1977)"]
    _, ax = plots.heat_map(TABLE, "title", "x", "y", column_labels=names)
    shown = [label.get_text() for label in ax.get_xticklabels()]
    assert shown == ["One Flew Over the Cuckoo'…", *names[1:]]
