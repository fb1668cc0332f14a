"""The figures of the course: `from scratch import plots`, then `plots.figure(...)` and the rest."""

from scratch.plots.curves import learning_curves
from scratch.plots.maps import labelled_map
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
    "figure",
    "heat_map",
    "labelled_map",
    "learning_curves",
    "panels",
]
