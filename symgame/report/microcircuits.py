"""Pictures of competing units: the data of :mod:`symgame.competition` drawn with Matplotlib, as SVG, PDF and PNG bytes.

Drawing computes nothing. The look is that of :mod:`symgame.report.canvas`, as in all other pictures.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from symgame.captions import Figure
from symgame.competition import Competition, ContrastRows, Panel
from symgame.competition_captions import competition_captions
from symgame.fields import SharpenedField
from symgame.profiles import Profile
from symgame.report.canvas import (
    EXCITATORY,
    FORMATS,
    INK,
    LINES,
    PALE,
    PANEL,
    SMALL,
    UNTYPED,
    color_of,
    draw_marks,
    few_ticks,
    handle,
    label,
    legend,
    mark_handles,
    number,
    panels,
    plain_text,
    rate,
    saved,
    style,
)
from symgame.unit_game import UnitGame
from symgame.unit_map import UnitMap

#: Fills of the regions of a map: light enough for black text, of different lightness, each with its own hatch.
FILLS = (
    ("#BFE3F7", ""),
    ("#8FD3BE", "///"),
    ("#F5DDA3", "---"),
    ("#EFAF84", "\\\\\\"),
    ("#D9C3D3", "xxx"),
    ("#F7C6D4", "+++"),
    ("#DDDDDD", "..."),
    ("#C9D8A8", "|||"),
)
NOBODY = {"none stable": ("#E2E2E2", "xx"), "no equilibrium": ("#FFFFFF", "")}
MAP = (3.7, 2.7)
LONG = 24  # letters in the name of a region from which on the legend has one column
LEFT, BOTTOM, TOP, RIGHT, LINE = 0.62, 0.52, 0.2, 0.16, 0.175


def render(data: Competition, formats: Iterable[str] = FORMATS) -> dict[str, bytes]:
    """Every picture in every format: ``figures/unit-game.svg`` to its bytes.

    >>> from symgame.competition import figures_of
    >>> from symgame.microcircuits import lateral_inhibition
    >>> files = render(figures_of(lateral_inhibition(2)), ["svg"])
    >>> sorted(files)
    ['figures/contrast-by-layer.svg', 'figures/equilibrium-map.svg', 'figures/unit-game.svg']
    """
    wanted = tuple(formats)
    words = {figure.name: figure for figure in competition_captions(data)}
    return {
        f"figures/{name}.{format_}": saved(drawing, format_, words[name])
        for name, drawing in drawings(data).items()
        for format_ in wanted
    }


def svg(drawing: Any, title: str) -> str:
    """One drawing as SVG text, for a notebook; ``title`` is what a screen reader says of it."""
    return saved(drawing, "svg", Figure(title.lower().replace(" ", "-"), title, title, title, title)).decode("utf-8")


def drawings(data: Competition) -> dict[str, Any]:
    """Every picture as a Matplotlib figure, by name; those that ``data.left_out`` names are missing."""
    found: dict[str, Any] = {}
    if data.map is not None:
        found["equilibrium-map"] = equilibrium_map(data.map, data.games)
    if data.games:
        found["unit-game"] = unit_games(data.games, None if data.map is None else (data.map.over, data.map.other))
    if data.contrast is not None:
        found["contrast-by-layer"] = contrast(data.contrast)
    if data.profiles:
        found["response-profile"] = response_profiles(data.profiles)
    if data.field is not None:
        found["sharpened-image"] = sharpened_image(data.field)
    return found


def _axes(width: float, height: float, below: int) -> tuple[Any, Any]:
    """A figure with one pair of axes of that size, and room for so many lines of a legend below."""
    from matplotlib.figure import Figure as Drawing

    bottom = BOTTOM + LINE * below
    wide, tall = LEFT + width + RIGHT, bottom + height + TOP
    drawing = Drawing(figsize=(wide, tall), facecolor="white")
    return drawing, drawing.add_axes((LEFT / wide, bottom / tall, width / wide, height / tall))


def _fills(count: int) -> list[tuple[str, str]]:
    """So many different fills: when the colours are used up, the same with other hatches."""
    n = len(FILLS)
    return [(FILLS[k % n][0], FILLS[(k + k // n) % n][1]) for k in range(count)]


def equilibrium_map(area: UnitMap, games: Sequence[Panel] = ()) -> Any:
    """The regions over two parameters, their boundaries, and triangles where games are drawn."""
    from matplotlib.colors import ListedColormap, to_rgb
    from matplotlib.patches import Patch

    names = list(dict.fromkeys(region.name for region in area.regions))
    free = iter(_fills(len(names)))
    look = {name: NOBODY[name] if name in NOBODY else next(free) for name in names}
    fills = [look[region.name] for region in area.regions]
    columns = 2 if max(map(len, names), default=0) < LONG else 1
    step = (area.xs[1] - area.xs[0], area.ys[1] - area.ys[0])
    x, y = ((axis[0] - d / 2, axis[-1] + d / 2) for axis, d in zip((area.xs, area.ys), step, strict=True))
    palette = ListedColormap(np.array([to_rgb(c) for c in ("white", *(c for c, _ in fills))]))
    with style():
        drawing, ax = _axes(*MAP, -(-len(names) // columns))
        ax.imshow(
            area.cells, origin="lower", extent=(*x, *y), cmap=palette, vmin=-1.5, vmax=len(fills) - 0.5,
            aspect="auto", interpolation="nearest", zorder=0,
        )  # fmt: skip
        for k, (_, hatch) in enumerate(fills):
            if hatch:
                inside = (area.cells == k).astype(float)
                drawn = ax.contourf(area.xs, area.ys, inside, [0.5, 1.5], colors="none", hatches=[hatch], zorder=1)
                drawn.set_edgecolor("#FFFFFF")
                drawn.set_linewidth(0)
        for boundary in area.boundaries:
            for line in boundary.points:
                ax.plot(*line.T, color=INK, linewidth=0.9, zorder=2, gid="boundary")
        marks = np.array([[float(a), float(b)] for a, b in (panel.at for panel in games)]).reshape(-1, 2)
        triangle: dict[str, Any] = {"marker": "^", "color": INK, "markeredgecolor": "white", "markersize": 6.5}
        ax.plot(*marks.T, gid="shown", linestyle="none", zorder=5, **triangle)
        patches = [
            Patch(facecolor=c, edgecolor="white" if h else INK, hatch=h or None, linewidth=0.6, label=plain_text(name))
            for name, (c, h) in look.items()
        ]
        legend(drawing, patches, columns)
        ax.set_xlim(*x)
        ax.set_ylim(*y)
        few_ticks(ax)
        ax.set_xlabel(label(area.over, area.circuit))
        ax.set_ylabel(label(area.other, area.circuit))
        return drawing


def unit_games(rows: Sequence[Panel], names: tuple[str, str] | None = None) -> Any:
    """The responses of two players to one another, panel by panel, and the equilibria where they cross.

    ``names`` are the parameters whose values each panel is at, for its title.
    """
    first = rows[0].game
    places = [first.circuit.names.index(name) for name in first.players]
    dotted = (0, (1, 1.6))
    columns = 3 if len(rows) > 1 else 2
    maxima = any(s.extremum == "maximum" for row in rows for r in row.game.responses for s in r)
    with style():
        looks = [
            {"color": color_of(first.circuit, i), "linestyle": LINES[k], "linewidth": 2.1} for k, i in enumerate(places)
        ]
        handles = [
            handle(label=f"{rate(first.circuit, i)} answers", **look) for i, look in zip(places, looks, strict=True)
        ]
        if maxima:
            handles.append(handle(color=INK, linewidth=0.9, linestyle=dotted, label="maximum of energy"))
        handles += mark_handles(m for row in rows for m in row.game.equilibria)
        titles = [
            plain_text(row.region)
            + "".join(
                f"{', ' if k else chr(10)}{label(name, first.circuit)} = {number(value)}"
                for k, (name, value) in enumerate(zip(names or (), row.at, strict=False))
            )
            for row in rows
        ]
        drawing, axes = panels(titles, -(-len(handles) // columns))
        for ax, row in zip(axes, rows, strict=True):
            _draw_game(ax, row.game, looks, dotted)
        legend(drawing, handles, columns)
        return drawing


def _draw_game(ax: Any, game: UnitGame, looks: Sequence[dict[str, Any]], dotted: Any) -> None:
    low, side = float(game.low), float(game.side)
    for response, look in zip(game.responses, looks, strict=True):
        for segment in response:
            x, y = zip(segment.start, segment.end, strict=True)
            own = look if segment.extremum == "minimum" else {**look, "linewidth": 0.9, "linestyle": dotted}
            ax.plot([float(v) for v in x], [float(v) for v in y], gid="response", zorder=4, **own)
    draw_marks(ax, game.equilibria)
    ax.set_xlim(low - 0.04 * (side - low), side)
    ax.set_ylim(low - 0.04 * (side - low), side)
    ax.set_xlabel(rate(game.circuit, game.circuit.names.index(game.players[0])))
    ax.set_ylabel(rate(game.circuit, game.circuit.names.index(game.players[1])))


def contrast(rows: ContrastRows) -> Any:
    """The contrast against the layer, one line for each ratio at the start; the law of two single units is straight."""
    with style():
        ends = [d.layers for d in rows.depths]
        handles = []
        colors = (EXCITATORY[0], UNTYPED[0], UNTYPED[1], UNTYPED[2])
        drawing, ax = _axes(1.25 * MAP[0], MAP[1], 2)
        for k, (start, found, end) in enumerate(zip(rows.ratios, rows.rows, ends, strict=True)):
            color = colors[k % len(colors)]
            if found.curve:
                ax.plot(*np.array(found.curve).T, color=color, linewidth=1.2, gid="law", zorder=2)
            last = len(found.contrast) if end is None else end + 1
            heights = [float(v) for v in found.contrast[:last]]
            ax.plot(
                range(last), heights, color=color, gid="layers", marker="o", markersize=4.5, linestyle="none", zorder=3
            )
            if end is not None:
                ax.plot([end], [1.0], gid="winner", color=color, marker="*", markersize=12, linestyle="none", zorder=4)
            words = f"from {number(start)}" + (f": winner in layer {end}" if end is not None else "")
            handles.append(handle(label=words, color=color, linewidth=1.2, marker="o", markersize=4.5))
        if rows.threshold is not None:
            ax.axhline(
                float(rows.threshold), color=INK, linewidth=0.8, linestyle=(0, (4, 2)), zorder=1, gid="threshold"
            )
            handles.append(
                handle(
                    label=f"{number(rows.threshold)}: next layer decides",
                    color=INK,
                    linewidth=0.8,
                    linestyle=(0, (4, 2)),
                )
            )
        ax.set_yscale("log")
        ax.set_ylim(top=1.35)
        ax.locator_params(axis="x", integer=True)
        ax.set_xlabel("layers")
        ax.set_ylabel("contrast")
        legend(drawing, handles, 2)
        return drawing


def response_profiles(rows: Sequence[Profile]) -> Any:
    """For each stimulus the inputs of the units above and their rates below."""
    from matplotlib.figure import Figure as Drawing

    gap, wide, tall = 0.55, PANEL[0], 0.62 * PANEL[1]
    width = LEFT + len(rows) * wide + (len(rows) - 1) * gap + RIGHT
    between, bottom, top = 0.16, BOTTOM, 0.3
    height = bottom + 2 * tall + between + top
    with style():
        drawing = Drawing(figsize=(width, height), facecolor="white")
        for k, row in enumerate(rows):
            left = LEFT + k * (wide + gap)
            places = np.arange(1, len(row.units) + 1)
            for upper, values, color, gid in (
                (True, row.inputs, PALE, "input"),
                (False, row.rates, EXCITATORY[0], "rate"),
            ):
                at = bottom + (tall + between if upper else 0)
                ax = drawing.add_axes((left / width, at / height, wide / width, tall / height))
                heights = [float(v) for v in values]
                ax.bar(places, heights, width=0.82, color=color, gid=gid, zorder=2)
                ax.set_xlim(0.2, len(places) + 0.8)
                ax.set_ylim(0, 1.12 * max(heights, default=1) or 1)
                few_ticks(ax)
                ax.locator_params(axis="y", nbins=3)
                for side in ("top", "right"):
                    ax.spines[side].set_visible(False)
                if upper:
                    ax.set_title(row.stimulus)
                    ax.tick_params(labelbottom=False)
                else:
                    ax.set_xlabel("unit")
                if k == 0:
                    ax.set_ylabel("input" if upper else "rate")
        return drawing


def sharpened_image(field: SharpenedField) -> Any:
    """The image and the rates of each layer, each with its own white."""
    from matplotlib.figure import Figure as Drawing

    shown = (field.image, *field.layers)
    side, gap, edge = 1.55, 0.12, 0.08
    tall = side * len(field.image) / len(field.image[0])
    width, height = 2 * edge + len(shown) * side + (len(shown) - 1) * gap, edge + tall + 0.3
    with style():
        drawing = Drawing(figsize=(width, height), facecolor="white")
        for k, rows in enumerate(shown):
            left = edge + k * (side + gap)
            ax = drawing.add_axes((left / width, edge / height, side / width, tall / height))
            grey = np.array([[float(v) for v in row] for row in rows])
            ax.imshow(grey, cmap="gray", vmin=0, vmax=grey.max() or 1, interpolation="nearest", gid="field")
            ax.set_title("input" if k == 0 else f"layer {k}", fontsize=SMALL)
            ax.set_xticks([])
            ax.set_yticks([])
        return drawing
