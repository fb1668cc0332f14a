import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from scratch import plots


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_every_row_is_drawn_twice_in_the_colour_of_its_batch():
    order = [3, 0, 4, 2, 1]
    _, ax = plots.coloured_batches(order, 2, "title")
    cells = {patch.get_xy()[0]: to_hex(patch.get_facecolor()) for patch in ax.patches}
    above = [to_hex(p.get_facecolor()) for p in ax.patches if p.get_y() > 0]
    below = [to_hex(p.get_facecolor()) for p in ax.patches if p.get_y() < 0]
    expected = [plots.BLUE, plots.BLUE, plots.ORANGE, plots.ORANGE, plots.GREEN]
    assert len(cells) > 5 and above == below == expected
    assert texts(ax)[:10:2] == [str(row) for row in order]
    assert [t for t in texts(ax) if t.startswith("step")] == ["step 1", "step 2", "step 3"]


@pytest.mark.parametrize(("right", "wrong"), [((5, "Star Wars"), (9, "Babe")),
                                              ((9, "Star Wars"), (5, "Babe"))])  # fmt: skip
def test_two_maps_lead_to_two_rows(right, wrong):
    _, ax = plots.two_maps("Star Wars", right, wrong, "title")
    assert f"row {right[0]}:  Star Wars" in texts(ax) and f"row {wrong[0]}:  Babe" in texts(ax)
    assert f"training map: {right[0]}" in texts(ax)
    assert f"map of its own: {wrong[0]}" in texts(ax)


def test_a_line_for_each_layer():
    sizes = np.array([[10.0, 1, 0.1], [20, 2, 0.2]])
    _, ax = plots.layer_sizes(sizes, [1, 2], "title")
    assert np.array_equal([line.get_ydata() for line in ax.lines], sizes.T)
    assert ax.get_yscale() == "log"
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["the first layer", "the other 2"]


def test_genres_are_written_and_coloured_on_a_logarithmic_scale():
    times = pd.DataFrame({"Action": [1.0, 8.0], "Drama": [0.5, 0.0]})
    _, ax = plots.genre_shares(times, "title")
    assert np.array_equal(ax.images[0].get_array(), [[0, -1], [2, -2]])
    assert texts(ax) == ["1.0", "0.5", "8.0", "0.0"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["Action", "Drama"]


def test_what_was_found_stands_beside_every_kind_of_chance():
    _, ax = plots.beside_chance(0.9, {"one": np.zeros(40), "other": np.ones(60)}, "title", "x")
    assert sum(patch.get_height() for patch in ax.patches) == 100
    assert ax.lines[0].get_xdata()[0] == 0.9


def test_agreements_show_each_pair_and_the_range_of_chance():
    found = {"seeds": np.array([0.4, 0.6]), "starts": np.array([0.2])}
    chance = {"seeds": np.array([-0.01, 0.02]), "starts": np.array([0.1, 0.05])}
    _, ax = plots.agreements(found, chance, "title")
    assert [line.get_xdata().tolist() for line in ax.lines] == [[0.4, 0.6], [0.2]]
    bars = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    assert np.allclose(bars, [(-0.01, 0.02), (0.05, 0.1)])
