"""Says in words what stands in each figure of the package, so that a change of one can be read.

    python tests/figures.py      writes tests/figures/<module>.txt anew; git diff shows what changed

Of each good call in tests/calls/plots.py, with all its arguments, with those that are needed, and
with the changes in MORE, every line, patch, text and picture is told with its place in the figure's
own numbers, and with its colour. What hangs on fonts, such as the places of labels that are pushed
apart, is left out.
"""

import importlib
import inspect
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import Collection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.legend import Legend
from matplotlib.lines import AxLine, Line2D
from matplotlib.patches import ConnectionPatch, FancyArrowPatch, FancyBboxPatch, Patch
from matplotlib.quiver import Quiver
from matplotlib.spines import Spine
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Transform

HERE = Path(__file__).parent / "figures"
MANY = 12  # points; of more, only some are told
UNSAID = {"plots.style.figure", "plots.style.panels"}  # empty ones, which all others start from


def main() -> None:
    """Write all files anew."""
    mpl.use("agg")
    sys.path[:0] = [str(HERE.parent), str(HERE.parents[1])]
    HERE.mkdir(exist_ok=True)
    for module in modules():
        (HERE / f"{module}.txt").write_text(told(module), encoding="utf-8")


def modules() -> list[str]:
    """The modules of figures that there are good calls for."""
    return sorted({name.split(".")[1] for name in names()})


def names() -> list[str]:
    """The functions that return a figure."""
    from calls.plots import GOOD

    return [name for name in GOOD if name not in UNSAID and "Figure" in str(returns(name))]


def returns(name: str) -> Any:
    return inspect.signature(function_of(name)).return_annotation


def function_of(name: str) -> Any:
    module, _, function = f"scratch.{name}".rpartition(".")
    return getattr(importlib.import_module(module), function)


def told(module: str) -> str:
    """What its functions draw."""
    from calls.plots import GOOD, MORE

    lines = []
    for name in names():
        if name.startswith(f"plots.{module}."):
            given, draw = GOOD[name](), function_of(name)
            parameters = inspect.signature(draw).parameters
            needed = {k: v for k, v in given.items() if parameters[k].default is inspect._empty}
            calls = {"": given} | ({} if needed == given else {", without options": needed})
            for words, change in MORE.get(name, dict)().items():
                calls[f", {words}"] = given | change
            for words, arguments in calls.items():
                lines += [f"# {name.split('.')[-1]}{words}", *figure(draw(**arguments)[0]), ""]
                plt.close("all")
    return "\n".join(lines)


def figure(fig: Figure) -> Iterator[str]:
    """A line for each thing in the figure, axes by axes."""
    yield f"{size(fig.get_size_inches())} inches{layout(fig)}"
    for artist in [*fig.texts, *fig.legends, *fig.lines, *fig.artists]:
        yield from thing(artist)
    for number, ax in enumerate(fig.axes):
        yield f"axes {number}: {axes(ax)}"
        titles = {ax.title, ax._left_title, ax._right_title}
        for artist in ax.get_children():
            if artist not in titles and artist is not ax.patch:
                yield from (f"  {line}" for line in thing(artist))


def layout(fig: Figure) -> str:
    engine = fig.get_layout_engine()
    pads = {} if engine is None else engine.get()
    return "".join(f", {name} {short(pads[name])}" for name in sorted(pads) if name != "rect")


def axes(ax: Axes) -> str:
    said = [f"{ax.get_title()!r} size {short(ax.title.get_fontsize())}"]
    said.append(f"x {ax.get_xlabel()!r}, y {ax.get_ylabel()!r}")
    if not ax.axison:
        said.append("no frame")
    if spec := ax.get_subplotspec():
        said.append(f"place {spec.get_geometry()}")
    for axis in (ax.xaxis, ax.yaxis):
        said.append(of_axis(axis))
    hidden = [side for side, spine in ax.spines.items() if not spine.get_visible()]
    said.append(f"without {' '.join(hidden) or 'nothing'}, aspect {ax.get_aspect()}")
    said.append(f"frame {colour(ax.spines['left'].get_edgecolor())}")
    return ", ".join(said)


def of_axis(axis: Axis) -> str:
    low, high = axis.get_view_interval()
    said = f"{axis.axis_name} {axis.get_scale()} {short(low)} to {short(high)}"
    if type(axis.get_major_locator()).__name__ == "FixedLocator":
        texts = [label.get_text() for label in axis.get_ticklabels()]
        said += f" at {points(axis.get_ticklocs())} {texts}"
        if len(axis.get_ticklabels()):
            label = axis.get_ticklabels()[0]
            said += f" size {short(label.get_fontsize())} turned {short(label.get_rotation())}"
            said += f" {label.get_ha()} {label.get_rotation_mode()}"
    else:
        formatter = axis.get_major_formatter()
        said += f" by {type(formatter).__name__} {getattr(formatter, 'fmt', '')}".rstrip()
        said += " whole" if getattr(axis.get_major_locator(), "_integer", False) else ""
    for which, ticks in (("", axis.get_major_ticks()), (" minor", axis.get_minor_ticks())):
        if ticks and (not which or axis.get_scale() == "linear"):
            places = f" at {points(axis.get_minorticklocs())}" if which else ""
            grid = " grid" if ticks[0].gridline.get_visible() else ""
            said += f"{which} ticks{places} long {short(ticks[0].tick1line.get_markersize())}{grid}"
    return said


def thing(artist: Artist) -> Iterator[str]:
    """What an artist is, where it stands and how it looks."""
    if isinstance(artist, Axis | Spine) or not artist.get_visible():
        return
    label = str(artist.get_label())
    named = f" {label!r}" if label and not label.startswith("_") else ""
    more = "" if artist.get_alpha() is None else f", alpha {artist.get_alpha()}"
    more += f", layer {short(artist.get_zorder())}" + (
        "" if artist.get_clip_on() else ", unclipped"
    )
    more += ", in pixels" if artist.get_rasterized() else ""
    if isinstance(artist, Legend):
        texts = [text.get_text() for text in artist.get_texts()]
        sizes = [short(text.get_fontsize()) for text in artist.get_texts()[:1]]
        looks = f"{artist._ncols} columns, frame {artist.get_frame_on()}, size {' '.join(sizes)}"
        yield f"legend {texts}, place {artist._loc}, {looks}"
    elif isinstance(artist, Text):
        if artist.get_text() or isinstance(artist, Annotation):
            yield f"text {text(artist)}{more}"
    elif isinstance(artist, Line2D):
        looks = [colour(artist.get_color()), short(artist.get_linewidth()), artist.get_linestyle()]
        marks = [artist.get_marker(), short(artist.get_markersize())]
        marks += [colour(artist.get_markerfacecolor()), short(artist.get_markeredgewidth())]
        marks += [artist.get_fillstyle(), artist.get_solid_capstyle(), artist.get_markevery()]
        ends = [artist.get_xy1(), artist.get_xy2()] if isinstance(artist, AxLine) else None
        places = points(artist.get_xydata() if ends is None else ends)
        drawn = artist.get_drawstyle()
        more += "" if drawn == "default" else f", {drawn}"
        yield f"line{named} {places}, {looks} {marks}{more}"
    elif isinstance(artist, Patch):
        looks = [colour(artist.get_facecolor()), colour(artist.get_edgecolor())]
        looks += [short(artist.get_linewidth()), artist.get_linestyle(), artist.get_hatch()]
        yield f"{type(artist).__name__}{named} {outline(artist)}, {looks}{more}"
    elif isinstance(artist, AxesImage):
        cells = points(np.ma.filled(artist.get_array(), -99.0))
        limits = [short(limit) for limit in artist.get_clim()]
        extent = [short(end) for end in artist.get_extent()]
        shades = [to_hex(shade) for shade in (*artist.cmap([0.0, 0.5, 1.0]), artist.cmap.get_bad())]
        looks = [artist.cmap.name, *shades, artist.get_interpolation()]
        yield f"picture {cells} as {looks}, {limits} in {extent}{more}"
    elif isinstance(artist, Collection):
        yield f"{type(artist).__name__}{named} {collection(artist)}{more}"
    elif not isinstance(artist, Axes):
        yield type(artist).__name__


def text(artist: Text) -> str:
    looks = [colour(artist.get_color()), short(artist.get_fontsize()), artist.get_fontweight()]
    looks += [artist.get_ha(), artist.get_va(), short(artist.get_rotation())]
    said = f"{artist.get_text()!r} at {points(artist.get_position())}, {looks}"
    place = artist.get_transform()
    if type(artist) is Text and artist.axes is not None and place != artist.axes.transData:
        said += f" in {type(place).__name__}"
    box = artist.get_bbox_patch()
    if box is not None:
        said += f", box {colour(box.get_facecolor())} {colour(box.get_edgecolor())}"
    if isinstance(artist, Annotation):
        coords = artist.xycoords
        said += f", of {points(artist.xy)} in "
        said += f"{type(coords).__name__ if isinstance(coords, Transform) else coords}"
        clip = artist.get_annotation_clip()
        said += "" if clip is None else f", clipped {clip}"
        if artist.arrow_patch is not None:
            arrow = artist.arrow_patch
            said += f", arrow {artist.arrowprops} {colour(arrow.get_edgecolor())}"
    return said


def arrow(patch: FancyArrowPatch) -> str:
    style = type(patch.get_arrowstyle()).__name__, type(patch.get_connectionstyle()).__name__
    return f"{style} {short(patch.get_mutation_scale())} shrunk {patch.shrinkA} {patch.shrinkB}"


def outline(patch: Patch) -> str:
    if isinstance(patch, ConnectionPatch):
        within = [patch.figure.axes.index(ax) for ax in (patch.axesA, patch.axesB)]
        ends = f"{points(patch.xy1)} {patch.coords1} {points(patch.xy2)} {patch.coords2}"
        return f"{ends} from axes {within[0]} to {within[1]}, {arrow(patch)}"
    if isinstance(patch, FancyArrowPatch):
        ends = patch._posA_posB or [[0, 0]]
        return f"{points(ends)} {arrow(patch)}"
    if isinstance(patch, FancyBboxPatch):
        box = patch.get_boxstyle()
        return f"{points(patch.get_bbox().get_points())} {type(box).__name__} {vars(box)}"
    return points(patch.get_patch_transform().transform(patch.get_path().vertices))


def collection(artist: Collection) -> str:
    paths = [path.vertices for path in artist.get_paths()]
    colours = list(dict.fromkeys(map(colour, artist.get_facecolor())))
    edges = list(dict.fromkeys(map(colour, artist.get_edgecolor())))
    widths = points(artist.get_linewidth()) if len(artist.get_linewidth()) else ""
    if isinstance(artist, Quiver):
        shafts = points(np.column_stack([artist.U, artist.V]))
        return f"from {points(artist.XY)} by {shafts}, {artist.angles} {artist.scale_units} " + (
            f"{artist.scale} {artist.width} {artist.headwidth}"
        )
    said = f"{len(paths)} paths {points(np.concatenate(paths)) if paths else ''}"
    if hasattr(artist, "levels"):
        said += f", levels {points(artist.levels)}"
    if hasattr(artist, "get_sizes") and len(artist.get_sizes()):
        said += f", sizes {points(artist.get_sizes())}"
    if artist.get_array() is not None and not hasattr(artist, "levels"):
        values = np.unique(artist.get_array())
        shades = list(dict.fromkeys(map(colour, artist.to_rgba(values))))
        said += f", values {points(artist.get_array())} as {shades[:9]}"
    return f"{said}, at {points(artist.get_offsets())}, {colours[:9]} {edges[:9]} {widths}"


def colour(given: Any) -> str:
    if isinstance(given, str) and given in ("none", "auto"):
        return given
    return to_hex(given, keep_alpha=True).removesuffix("ff") if len(given) else "none"


def points(given: Any) -> str:
    """Numbers, or pairs of them; of many, the first and the last ones, their number and mean."""
    numbers = np.ma.filled(np.asanyarray(given, dtype=float), math.nan).reshape(
        -1, *np.shape(given)[1:]
    )
    if numbers.size == 0:
        return "none"
    if numbers.size <= 2 * MANY:
        return " ".join(one(row) for row in numbers)
    flat = numbers.ravel()
    ends = " ".join(map(short, flat[:6])) + " … " + " ".join(map(short, flat[-6:]))
    weights = np.linspace(1, 2, flat.size)
    return f"{ends} ({flat.size}, {short(np.nansum(flat * weights) / flat.size)})"


def one(row: Any) -> str:
    return short(row) if np.ndim(row) == 0 else f"({', '.join(one(part) for part in row)})"


def size(inches: Any) -> str:
    return " × ".join(map(short, inches))


def short(number: Any) -> str:
    """Four digits: what is beyond may differ from one machine to the next."""
    if isinstance(number, str):
        return number
    return f"{float(number) + 0.0:.4g}" if abs(number) > 1e-9 else "0"


if __name__ == "__main__":
    main()
