"""Maps: named points in a plane, such as films by taste."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox, BboxBase

from scratch.checking import checked
from scratch.plots.drawable import Places, check_as_many, check_some
from scratch.plots.style import GREY, ORANGE, SIZE, as_written, figure

MOST_NAMES = 300


@checked
@as_written
def labelled_map(
    points: Places,
    labels: Sequence[str],
    title: str,
    xlabel: str,
    ylabel: str,
    background: Places | None = None,
) -> tuple[Figure, Axes]:
    """Points (n, 2) with a name beside each, over an optional cloud of unnamed ones (m, 2).

    A label goes where it covers the fewest points and labels: right, left, above or below its own.
    Raises ValueError for other than one label for each point, or more than MOST_NAMES.
    """
    check_as_many("labels", labels, len(points), "points")
    check_some("labels", labels, MOST_NAMES)
    fig, ax = figure(title, xlabel, ylabel)
    fig.set_size_inches(SIZE[0], 1.6 * SIZE[1])  # names need room
    if background is not None:
        ax.scatter(background[:, 0], background[:, 1], s=10, color=GREY, alpha=0.4, linewidths=0)
    ax.scatter(points[:, 0], points[:, 1], s=25, color=ORANGE)
    fig.canvas.draw()  # fixes the layout, so that boxes can be measured in pixels
    centres = ax.transData.transform(points)
    taken: list[BboxBase] = [Bbox.from_extents(x - 4, y - 4, x + 4, y + 4) for x, y in centres]
    for (x, y), label in zip(points, labels, strict=True):
        candidates: list[tuple[int, Annotation, BboxBase]] = []
        for dx, dy, ha, va in _PLACES:
            text = ax.annotate(
                label, (x, y), (dx, dy), textcoords="offset points", ha=ha, va=va,
                fontsize=9, parse_math=False,
            )  # fmt: skip
            box = text.get_window_extent()
            overlaps = sum(box.overlaps(other) for other in taken)
            outside = not (ax.bbox.x0 < box.x0 and box.x1 < ax.bbox.x1)
            candidates.append((overlaps + outside, text, box))
        candidates.sort(key=lambda candidate: candidate[0])  # of equally good ones, the first
        taken.append(candidates[0][2])
        for _, text, _ in candidates[1:]:
            text.remove()
    return fig, ax


_PLACES = (
    (5, 0, "left", "center"),
    (-5, 0, "right", "center"),
    (0, 5, "center", "bottom"),
    (0, -5, "center", "top"),
    (5, 8, "left", "bottom"),
    (-5, -8, "right", "top"),
    (5, -8, "left", "top"),
    (-5, 8, "right", "bottom"),
)
