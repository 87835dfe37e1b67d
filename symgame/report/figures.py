"""Pictures: the data of :mod:`symgame.portrait` drawn with Matplotlib, as SVG, PDF and PNG bytes, with their captions.

Drawing computes nothing. One meaning, one look, in every picture: a population has its colour and line style, the shape
of a marker says stability, its fill says Nash. The same data give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from symgame.best_response import ResponsePaths
from symgame.captions import Figure, captions, path_words, plane_summary, threshold_words
from symgame.landscape import BestResponses, Energies
from symgame.plane import PhasePlane
from symgame.portrait import Portraits
from symgame.regime_map import RegimeMap, Strip
from symgame.report.canvas import FORMATS, INK, LEFT, LINE, LINES, PALE, SMALL, WALL, label, saved
from symgame.report.canvas import color_of as _color
from symgame.report.canvas import draw_marks as _draw_marks
from symgame.report.canvas import exact_text as _exact
from symgame.report.canvas import few_ticks as _few_ticks
from symgame.report.canvas import handle as _handle
from symgame.report.canvas import legend as _legend
from symgame.report.canvas import mark_handles as _mark_handles
from symgame.report.canvas import marker_look as _marker
from symgame.report.canvas import panels as _panels
from symgame.report.canvas import plain_text as _plain
from symgame.report.canvas import rate as _rate
from symgame.report.canvas import rate_axis as _rate_axis
from symgame.report.canvas import style as _style
from symgame.report.canvas import value_label as _value_label
from symgame.smooth_pictures import ActivationCurve

__all__ = [
    "FORMATS",
    "Figure",
    "activations_bytes",
    "captions",
    "drawings",
    "label",
    "phase_plane_bytes",
    "plane_summary",
    "render",
]

REGIMES = {  # name: colour, hatch; light enough for black text, and of different lightness
    "antagonistic": ("#BFE3F7", ""),
    "switch": ("#FFFFFF", "|||"),
    "inhibition-stabilised": ("#8FD3BE", "///"),
    "oscillatory": ("#F5DDA3", "---"),
    "divergent": ("#EFAF84", "\\\\\\"),
    "saddle": ("#D9C3D3", "xxx"),
    "fold": ("#FFFFFF", "+++"),
}
OTHER = ("#DDDDDD", "++")


def render(data: Portraits, formats: Iterable[str] = FORMATS) -> dict[str, bytes]:
    """Every picture in every format: ``figures/phase-plane.svg`` to its bytes.

    >>> from symgame.named import wilson_cowan
    >>> from symgame.portrait import figures_data
    >>> files = render(figures_data(wilson_cowan()), ["svg"])
    >>> sorted(files)[:2], files["figures/energies.svg"][:5]
    (['figures/best-responses.svg', 'figures/energies.svg'], b'<?xml')
    """
    wanted = tuple(formats)
    words = {figure.name: figure for figure in captions(data)}
    with _style():
        return {
            f"figures/{name}.{format_}": saved(drawing, format_, words[name])
            for name, drawing in drawings(data).items()
            for format_ in wanted
        }


def phase_plane_bytes(planes: Sequence[PhasePlane], format_: str) -> bytes:
    """Phase planes of one circuit side by side in one format."""
    words = "; ".join(filter(None, (plane_summary(plane) for plane in planes)))
    return saved(phase_planes(planes), format_, Figure("phase-plane", "Phase plane", words, words, words))


def activations_bytes(rows: Sequence[ActivationCurve], format_: str, words: Figure) -> bytes:
    """The activations of a smooth circuit in one format."""
    return saved(activations(rows), format_, words)


def drawings(data: Portraits) -> dict[str, Any]:
    """Every picture as a Matplotlib figure, by name; those that :attr:`Portraits.left_out` names are missing."""
    found: dict[str, Any] = {}
    if data.planes:
        found["phase-plane"] = phase_planes(data.planes)
    if data.energies:
        found["energies"] = own_energies(data.energies)
    if data.strip is not None:
        found["regimes"] = regime_strip(data.strip)
    if data.map is not None:
        found["regime-map"] = regime_map(data.map)
    if data.responses:
        found["best-responses"] = best_responses(data.responses, data.paths)
    elif data.paths:
        found["best-response-path"] = response_lines(data.paths)
    return found


# -- the pictures -----------------------------------------------------------------------------------------------------


def phase_planes(planes: Sequence[PhasePlane]) -> Any:
    """Phase planes side by side: nullclines, directions, trajectories, equilibria."""
    circuit = planes[0].circuit
    columns = 3 if len(planes) > 1 else 2
    with _style():
        handles = [
            _handle(color=_color(circuit, i), linestyle=LINES[i], linewidth=1.9, label=f"{_rate(circuit, i)} at rest")
            for i in range(2)
        ]
        handles += [_handle(color=INK, linewidth=0.7, label="trajectories")]
        handles += _mark_handles(m for p in planes for m in p.equilibria)
        titles = [_two_lines(_value_label(p.over, p.at, p.circuit), p.regime) for p in planes]
        drawing, axes = _panels(titles, -(-len(handles) // columns))
        for ax, plane in zip(axes, planes, strict=True):
            _plane_axes(ax, plane)
            _draw_field(ax, plane)
            for path in plane.trajectories:
                ax.plot(*path.T, color=INK, linewidth=0.7, alpha=0.75, zorder=2, gid="trajectory")
                ax.plot(*path[:1].T, marker="o", markersize=2.0, color=INK, zorder=2, linestyle="none", gid="start")
            for line in plane.nullclines:
                color, dashes = _color(plane.circuit, line.population), LINES[line.population]
                ax.plot(*line.points.T, color=color, linestyle=dashes, linewidth=1.9, zorder=4, gid="nullcline")
            _draw_marks(ax, plane.equilibria)
        _legend(drawing, handles, columns)
        return drawing


def _draw_field(ax: Any, plane: PhasePlane) -> None:
    """Arrows of one length on the page: they tell directions, which is all that a reader can compare."""
    places, velocities = plane.field
    size = np.array([b - a for a, b in plane.box])[:, None, None]
    length = np.hypot(*(velocities / size))
    arrows = np.divide(velocities, length, out=np.zeros_like(velocities), where=length > 0)
    ax.quiver(
        *places, *arrows, angles="xy", scale_units="xy", scale=20.0, pivot="mid", color=PALE, width=0.0045,
        headwidth=3.6, headlength=4, headaxislength=3.6, zorder=1,
    )  # fmt: skip


def _two_lines(first: str, second: str) -> str:
    return "\n".join(part for part in (first, second) if part)


def _plane_axes(ax: Any, plane: PhasePlane) -> None:
    ax.set_xlabel(_rate_axis(plane.circuit, 0))
    ax.set_ylabel(_rate_axis(plane.circuit, 1))
    ax.set_xlim(*plane.box[0])
    ax.set_ylim(*plane.box[1])


def own_energies(rows: Sequence[Energies]) -> Any:
    """The own energy of each population, one panel each, a curve per value of the parameter."""
    circuit = rows[0].circuit
    with _style():
        drawing, axes = _panels([f"own energy of {label(n, circuit)}" for n in circuit.names], len(rows))
        for i, ax in enumerate(axes):
            curves = [row.curves[i] for row in rows]
            left = min(float(c.rates[0]) for c in curves)
            right = max(float(c.rates[-1]) for c in curves)
            margin = 0.07 * (right - left)
            ax.axhline(0, color=PALE, linewidth=0.6, zorder=0)
            handles = []
            for k, (row, curve) in enumerate(zip(rows, curves, strict=True)):
                look: dict[str, Any] = {"color": _color(circuit, i), "linestyle": LINES[k], "linewidth": 1.9}
                marker = _marker(row.mark.stability, _NASH_OF[curve.extremum])
                ax.plot(curve.rates, curve.energies, gid="energy", zorder=3, **look)
                ax.plot([curve.rate], [0.0], gid="equilibrium", **marker)
                at = _value_label(row.over, row.at, circuit)
                words = f"{at}: {curve.extremum}" if at else curve.extremum
                handles.append(_handle(label=words, **{**marker, **look}))
            _walls(ax, curves[0].domain, (left - margin, right + margin))
            ax.set_xlim(left - margin, right + margin)
            ax.margins(y=0.12)
            ax.set_xlabel(_rate_axis(circuit, i))
            if i == 0:
                ax.set_ylabel("energy − its value at equilibrium", fontsize=SMALL)
            ax.legend(
                handles=handles, loc="upper center", bbox_to_anchor=(0.45, -0.2), frameon=False, handlelength=2.6,
                labelspacing=0.3, borderpad=0.1,
            )  # fmt: skip
        return drawing


# How one population's own minimum is marked: as the Nash class of an equilibrium is.
_NASH_OF = {
    "global minimum": "global",
    "local minimum": "local",
    "maximum": "stationary",
    "stationary point": "stationary",
    "not decided": None,
}


def _walls(ax: Any, domain: tuple[float, float], shown: tuple[float, float]) -> None:
    """Rates that the activation cost forbids, shaded, with a line where they begin."""
    for end, beyond in zip(domain, shown, strict=True):
        if np.isfinite(end):
            first, last = sorted((end, beyond))
            ax.axvspan(first, last, facecolor=WALL, edgecolor=PALE, hatch="////", linewidth=0, zorder=1)
            ax.axvline(end, color=INK, linewidth=0.9, zorder=2, gid="wall")


def regime_strip(strip: Strip) -> Any:
    """Which regime when: a bar per interval of the parameter, thresholds with their exact values above."""
    from matplotlib.figure import Figure as Drawing
    from matplotlib.ticker import MaxNLocator

    chosen = strip.illustration
    circuit, over = chosen.circuit, chosen.over
    assert over is not None
    kinds = list(dict.fromkeys((row.name, row.spectrum) for row in strip.rows))
    marks = strip.marks
    low, high = (float(v) for v in chosen.window)
    left, wide, bottom, each, step = 1.85, 3.6, 0.5, 0.27, 0.21
    words = [f"{threshold_words(c.names)}  {_exact(c.text)}".strip() for c in marks]
    levels = _levels([(c.value - low) / (high - low) * wide for c in marks], [_width(w) for w in words])
    tall, top = each * (len(kinds) + 0.2), 0.18 + step * (1 + max(levels, default=0))
    width, height = left + wide + 0.25, bottom + tall + top
    first, last = -0.6, len(kinds) - 0.4
    with _style():
        drawing = Drawing(figsize=(width, height), facecolor="white")
        ax = drawing.add_axes((left / width, bottom / height, wide / width, tall / height))
        for row in strip.rows:
            a = low if row.low is None else row.low.value
            b = high if row.high is None else row.high.value
            color, hatch = REGIMES.get(row.name, OTHER)
            look: dict[str, Any] = {"facecolor": color, "edgecolor": INK, "linewidth": 0.6, "hatch": hatch, "zorder": 2}
            ax.barh(kinds.index((row.name, row.spectrum)), b - a, 0.74, left=a, gid="interval", **look)
        for c, text, level in zip(marks, words, levels, strict=True):
            y = first - (level + 0.85) * step / each
            ax.axvline(c.value, color=INK, linewidth=0.7, linestyle=(0, (1, 1.5)), zorder=3, gid="threshold")
            ax.plot([c.value] * 2, [first, y], color=INK, linewidth=0.5, clip_on=False, gid="leader")
            x = c.value - 0.04 * (high - low) / wide
            ax.text(x, y + 0.06, text, ha="right", va="top", fontsize=SMALL)
        shown: dict[str, Any] = {
            "marker": "^",
            "color": INK,
            "markersize": 5,
            "linestyle": "none",
            "clip_on": False,
            "zorder": 7,
        }
        ax.plot([float(at) for at in chosen.at], [last] * len(chosen.at), gid="shown", **shown)
        ax.set_yticks(range(len(kinds)), [n if s in ("", n) else f"{n} ({s})" for n, s in kinds])
        ax.tick_params(axis="y", length=0)
        ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        ax.set_ylim(last, first)
        ax.set_xlim(low, high)
        for side in ("top", "right", "left"):
            ax.spines[side].set_visible(False)
        ax.set_xlabel(label(over, circuit))
        return drawing


def _width(words: str) -> float:
    """A generous width, in inches, of small text; commands of mathematics are not drawn."""
    return 0.062 * len(re.sub(r"\\[a-z]+|[${}]", "", words)) + 0.12


def _levels(places: Sequence[float], widths: Sequence[float]) -> list[int]:
    """How high each text stands, written to the left of its line: above every line that would cross it.

    A text ends at its own line, so that no line farther right meets it.

    >>> _levels([1.0, 3.0, 3.2], [0.8, 0.8, 0.8])
    [0, 0, 1]
    """
    levels: list[int] = []
    for place, width in zip(places, widths, strict=True):
        crossing = [level for level, other in zip(levels, places, strict=False) if other > place - width]
        levels.append(1 + max(crossing, default=-1))
    return levels


def regime_map(area: RegimeMap) -> Any:
    """The regimes over two parameters, coloured, with their names where there is room and in a legend where not."""
    from matplotlib.colors import ListedColormap, to_rgb
    from matplotlib.figure import Figure as Drawing
    from matplotlib.patches import Patch

    left, wide, tall = LEFT, 3.7, 2.7
    turned: dict[int, int] = {}  # the angle of the names that fit into their regimes
    for k, a, b in area.labels:
        across, upwards, needed = _room(area, k, a, b, 1) * wide, _room(area, k, a, b, 0) * tall, _width(area.names[k])
        if across > needed and upwards > LINE:
            turned[k] = 0
        elif upwards > needed and across > LINE:
            turned[k] = 90
    small = [k for k in range(len(area.names)) if k not in turned]
    bottom = 0.52 + LINE * -(-len(small) // 3)
    width, height = left + wide + 0.2, bottom + tall + 0.2
    x, y = ((float(v[0] - (v[1] - v[0]) / 2), float(v[-1] + (v[1] - v[0]) / 2)) for v in (area.xs, area.ys))
    colors = [REGIMES.get(name, OTHER)[0] for name in area.names]
    palette = ListedColormap(np.array([to_rgb(c) for c in ("white", *colors)]))
    with _style():
        drawing = Drawing(figsize=(width, height), facecolor="white")
        ax = drawing.add_axes((left / width, bottom / height, wide / width, tall / height))
        ax.imshow(
            area.cells, origin="lower", extent=(*x, *y), cmap=palette, vmin=-1.5, vmax=len(colors) - 0.5,
            aspect="auto", interpolation="nearest", zorder=0,
        )  # fmt: skip
        for line in area.boundaries:
            ax.plot(*line.T, color=INK, linewidth=0.9, zorder=2, gid="boundary")
        for k, a, b in area.labels:
            if k in turned:
                ax.text(a, b, area.names[k], ha="center", va="center", rotation=turned[k], fontsize=SMALL, zorder=4)
        shown = np.array([[float(a), float(b)] for a, b in area.own]).reshape(-1, 2)
        look: dict[str, Any] = {
            "marker": "^",
            "color": INK,
            "markeredgecolor": "white",
            "markersize": 6.5,
            "linestyle": "none",
        }
        ax.plot(*shown.T, gid="shown", zorder=5, **look)
        if small:
            patches = [Patch(facecolor=colors[k], edgecolor=INK, linewidth=0.6, label=area.names[k]) for k in small]
            _legend(drawing, patches, 3)
        ax.set_xlim(*x)
        ax.set_ylim(*y)
        _few_ticks(ax)
        ax.set_xlabel(label(area.over, area.circuit))
        ax.set_ylabel(label(area.other, area.circuit))
        return drawing


def _room(area: RegimeMap, k: int, a: float, b: float, axis: int) -> float:
    """The part of the width (axis 1) or height (axis 0) that is of regime k about its label: twice the shorter side."""
    row, column = int(np.argmin(np.abs(area.ys - b))), int(np.argmin(np.abs(area.xs - a)))
    cells, at = (area.cells[row], column) if axis == 1 else (area.cells[:, column], row)
    same = cells == k
    before = next((n for n in range(at + 1) if not same[at - n]), at)
    after = next((n for n in range(len(same) - at) if not same[at + n]), len(same) - at)
    return 2 * min(before, after) / len(same)


def best_responses(rows: Sequence[BestResponses], paths: Sequence[ResponsePaths] = ()) -> Any:
    """Best responses in the plane, with the thin curves of stationary points, the equilibria, and paths of answers."""
    circuit = rows[0].plane.circuit
    columns = 3 if len(rows) > 1 else 2
    dotted = (0, (1, 1.6))
    with _style():
        handles = [
            _handle(color=_color(circuit, i), linestyle=LINES[i], linewidth=2.1, label=f"best {_rate(circuit, i)}")
            for i in range(2)
        ]
        handles += [_handle(color=INK, linewidth=0.9, linestyle=dotted, label="stationary points")]
        if any(row.paths for row in paths):
            handles += [_handle(label="answers in turn", marker="o", markevery=[0], **_PATH)]
        handles += _mark_handles(m for row in rows for m in row.plane.equilibria)
        titles = [_two_lines(_value_label(r.plane.over, r.plane.at, r.plane.circuit), _none_words(r)) for r in rows]
        drawing, axes = _panels(titles, -(-len(handles) // columns))
        for ax, row in zip(axes, rows, strict=True):
            _plane_axes(ax, row.plane)
            for r in row.responses:
                color, dashes = _color(circuit, r.population), LINES[r.population]
                for line in r.stationary:
                    ax.plot(*line.points.T, color=color, linewidth=0.9, linestyle=dotted, zorder=3, gid="stationary")
                if not r.always:
                    xy = (r.response, r.other) if r.population == 0 else (r.other, r.response)
                    ax.plot(*xy, color=color, linestyle=dashes, linewidth=2.1, zorder=4, gid="response")
                for other, low, high in r.indifferent:
                    segment = ([low, high], [other, other]) if r.population == 0 else ([other, other], [low, high])
                    ax.plot(*segment, color=color, linestyle=dashes, linewidth=2.1, zorder=4, gid="indifferent")
            _draw_marks(ax, row.plane.equilibria)
        for ax, answers in zip(axes, paths, strict=False):
            for path in answers.paths:
                x, y = np.array(path.states, dtype=float).T
                ax.plot(x, y, gid="path", **_PATH)
                ax.plot(
                    x[:1],
                    y[:1],
                    marker="o",
                    markersize=3.0,
                    color=INK,
                    zorder=5,
                    linestyle="none",
                    gid="start",
                    clip_on=False,
                )
        _legend(drawing, handles, columns)
        return drawing


_PATH: dict[str, Any] = {"color": INK, "linewidth": 0.8, "zorder": 5, "markersize": 3.0}


def response_lines(rows: Sequence[ResponsePaths]) -> Any:
    """The rates along a path of answers in turn, a line for each population, against the step.

    Marks at the right edge are the rates of the Nash equilibrium nearest to the end.
    """
    circuit = rows[0].circuit
    dotted = (0, (1, 1.6))
    columns = 3 if len(rows) > 1 else 2
    with _style():
        handles = [
            _handle(color=_color(circuit, i), linestyle=LINES[i], linewidth=1.9, label=_rate(circuit, i))
            for i in range(len(circuit.names))
        ]
        near = [row.nash for row in rows]
        handles += _mark_handles(mark for mark in near if mark is not None)
        titles = [_two_lines(_value_label(r.over, r.at, r.circuit), path_words(r)) for r in rows]
        drawing, axes = _panels(titles, -(-len(handles) // columns))
        for ax, row, mark in zip(axes, rows, near, strict=True):
            for path in row.paths:
                states = np.array([*path.states, path.end], dtype=float)  # the last one holds for a step, too
                steps = np.arange(len(states))
                for i, rates in enumerate(states.T):
                    look: dict[str, Any] = {"color": _color(circuit, i), "linestyle": LINES[i], "linewidth": 1.9}
                    ax.plot(steps, rates, drawstyle="steps-post", gid="path", zorder=3, **look)
                if mark is not None:
                    for i, rate in enumerate(mark.place):
                        ax.axhline(
                            rate, color=_color(circuit, i), linewidth=0.9, linestyle=dotted, zorder=2, gid="nash"
                        )
                        ax.plot([steps[-1]], [rate], gid="equilibrium", **_marker(mark.stability, mark.nash))
            ax.set_xlabel("step")
            ax.margins(y=0.08)
        unit = circuit.presentation.unit("rate")
        axes[0].set_ylabel(f"rate ({_plain(unit)})" if unit else "rate")
        _legend(drawing, handles, columns)
        return drawing


def activations(rows: Sequence[ActivationCurve]) -> Any:
    """phi and its slope over the total input, a curve for each population, with the supremum of the slope."""
    circuit = rows[0].circuit
    with _style():
        handles = [
            _handle(color=_color(circuit, r.population), linestyle=LINES[r.population], linewidth=1.9,
                    label=label(circuit.names[r.population], circuit))
            for r in rows
        ]  # fmt: skip
        handles += [_handle(label="equilibria", marker="o", markersize=4.0, color=INK, linestyle="none")]
        if any(r.steepest is not None for r in rows):
            handles += [_handle(color=INK, linewidth=0.9, linestyle=(0, (1, 1.6)), label="supremum of the slope")]
        drawing, axes = _panels([r"$\phi(z)$", r"slope $\phi'(z)$"], -(-len(handles) // 2))
        for r in rows:
            look: dict[str, Any] = {"color": _color(circuit, r.population), "linestyle": LINES[r.population]}
            for ax, values, at in zip(axes, (r.rates, r.slopes), (1, 2), strict=True):
                ax.plot(r.z, values, linewidth=1.9, zorder=3, gid="curve", **look)
                places = np.array(r.marks).reshape(-1, 3)
                dots = {"marker": "o", "markersize": 4.0, "linestyle": "none", "markeredgecolor": INK, "zorder": 4}
                ax.plot(places[:, 0], places[:, at], color=look["color"], gid="mark", **dots)
            if r.steepest is not None:
                bound: dict[str, Any] = {"linewidth": 0.9, "linestyle": (0, (1, 1.6)), "gid": "bound", "zorder": 2}
                axes[1].axhline(float(r.steepest), color=look["color"], **bound)
        for ax in axes:
            ax.set_xlabel("total input $z$")
        _legend(drawing, handles, 2)
        return drawing


def _none_words(row: BestResponses) -> str:
    circuit = row.plane.circuit
    names = [label(circuit.names[r.population], circuit) for r in row.responses if r.falls]
    return f"no best response of {' and '.join(names)}" if names else ""
