"""The figures of the course: `from scratch import plots`, then `plots.figure(...)` and the rest."""

from scratch.plots.ablation import nearest_films, prediction_steps
from scratch.plots.clusters import (
    agreements,
    beside_chance,
    coloured_batches,
    genre_shares,
    layer_sizes,
    two_maps,
)
from scratch.plots.crews import row_blocks
from scratch.plots.curves import learning_curves
from scratch.plots.descent import path_on_contours
from scratch.plots.dots import dots_by_row
from scratch.plots.factors import moving_points, product_blocks, stars_by_stars
from scratch.plots.implicit import (
    constant_costs,
    found_on_the_way_down,
    loss_curves,
    reconstruction,
    score_histograms,
)
from scratch.plots.maps import labelled_map
from scratch.plots.neighbourhoods import angles, on_its_side, votes
from scratch.plots.networks import embedding_lookup, network_diagram
from scratch.plots.posteriors import beliefs, calibration, clouds, draws_and_average
from scratch.plots.rankings import (
    course_map,
    ghosts,
    overlap,
    parts_of_split,
    pulled,
    stacked_bars,
    sweep,
)
from scratch.plots.rates import (
    dots_on_log_axis,
    limits,
    loss_by_rate,
    loss_by_step,
    steps_on_parabola,
)
from scratch.plots.rivals import intervals, slopes, timelines
from scratch.plots.scale import growth, outer_products
from scratch.plots.searches import (
    cells_in_a_plane,
    found_by_cost,
    on_a_circle,
    product_and_distance,
)
from scratch.plots.style import BLUE, COLORS, GREEN, GREY, ORANGE, PURPLE, SIZE, figure, panels
from scratch.plots.tables import heat_map

__all__ = [
    "BLUE",
    "COLORS",
    "GREEN",
    "GREY",
    "ORANGE",
    "PURPLE",
    "SIZE",
    "agreements",
    "angles",
    "beliefs",
    "beside_chance",
    "calibration",
    "cells_in_a_plane",
    "clouds",
    "coloured_batches",
    "constant_costs",
    "course_map",
    "dots_by_row",
    "dots_on_log_axis",
    "draws_and_average",
    "embedding_lookup",
    "figure",
    "found_by_cost",
    "found_on_the_way_down",
    "genre_shares",
    "ghosts",
    "growth",
    "heat_map",
    "intervals",
    "labelled_map",
    "layer_sizes",
    "learning_curves",
    "limits",
    "loss_by_rate",
    "loss_by_step",
    "loss_curves",
    "moving_points",
    "nearest_films",
    "network_diagram",
    "on_a_circle",
    "on_its_side",
    "outer_products",
    "overlap",
    "panels",
    "parts_of_split",
    "path_on_contours",
    "prediction_steps",
    "product_and_distance",
    "product_blocks",
    "pulled",
    "reconstruction",
    "row_blocks",
    "score_histograms",
    "slopes",
    "stacked_bars",
    "stars_by_stars",
    "steps_on_parabola",
    "sweep",
    "timelines",
    "two_maps",
    "votes",
]
