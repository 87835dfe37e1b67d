"""One-parameter diagrams as a picture, as JSON and as lines. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from symgame.captions import Figure
from symgame.errors import Unsupported
from symgame.one_parameter import TYPES, Arc, Cycles, Diagram, SpecialPoint
from symgame.report.canvas import FORMATS, INK, LINE, few_ticks, handle, label, legend, rate_axis, saved, style

NASH, OTHER, CYCLE = "#0072B2", "#D55E00", "#009E73"
SOLID, DASHED = "-", (0, (3.2, 1.5))
#: Marker, colour and size by the type of point; the other types are listed, not drawn.
MARKS = {
    "fold": ("^", "#F0E442", 6.5),
    "hopf": ("s", "#CC79A7", 5.5),
    "transcritical": ("D", "#F0E442", 5.0),
    "pitchfork": ("*", "#F0E442", 9.0),
    "branch": ("P", "#F0E442", 6.5),
    "nash": ("o", "white", 4.0),
}
SIZE, LEFT, RIGHT, TOP = (3.9, 2.7), 0.66, 0.18, 0.16


def shown_population(found: Diagram) -> int:
    """The first excitatory population; the first one where none is."""
    kinds = [p.type for p in found.circuit.populations]
    return kinds.index("excitatory") if "excitatory" in kinds else 0


def words(found: Diagram) -> Figure:
    """The words of the picture: what is proved, and what is numerical."""
    name, low, high = found.over, *found.window
    counts = ", ".join(f"{TYPES[kind]} points: {n}" for kind in MARKS if (n := len(found.of_type(kind))))
    proved = (
        f"All equilibria of {found.circuit.name} for {name} from {low} to {high}, stability, Nash class and marked "
        f"points: proved by interval arithmetic."
        if found.complete
        else f"Equilibria of {found.circuit.name} over {name}; not proved to be all: {'; '.join(found.doubts)}."
    )
    looks = " Solid: stable; dashed: unstable. At equilibria that are only stationary some population is at a maximum "
    text = f"{proved}{looks}of its own energy."
    text += f" {counts[0].upper()}{counts[1:]}." if counts else ""
    if found.cycles:
        text += " The extent of limit cycles is numerical, by integration; only those that begin at a Hopf point."
    return Figure(f"diagram-{name}", f"Equilibria over {name}", text, text, f"Equilibria over {name}. {text}")


def drawn(found: Diagram, format_: str = "svg") -> bytes:
    """The picture, as the bytes of a file."""
    return saved(drawing(found), format_, words(found))


def drawing(found: Diagram) -> Any:
    """The rate of one population over the parameter: arcs by stability and Nash class, points, extent of cycles."""
    from matplotlib.figure import Figure as Drawing

    rows = _handles(found)
    below = 0.55 + LINE * -(-len(rows) // 2)
    width, height = LEFT + SIZE[0] + RIGHT, below + SIZE[1] + TOP
    i = shown_population(found)
    (low, high), (bottom, top) = view(found)
    with style():
        canvas = Drawing(figsize=(width, height), facecolor="white")
        ax = canvas.add_axes((LEFT / width, below / height, SIZE[0] / width, SIZE[1] / height))
        few_ticks(ax)
        for family in found.cycles:
            stable = np.array([each is not False for each in family.stable], dtype=bool)
            for ends in (family.minima, family.maxima):
                ax.plot(family.over, ends[:, i], gid="cycle", **_CYCLE_LINE)
                for kept, filled in ((stable, True), (~stable, False)):
                    ax.plot(family.over[kept], ends[kept, i], gid="cycle", **_cycle(filled))
        for arc in found.arcs:
            ax.plot(arc.over, arc.rates[:, i], gid="arc", **_look(arc.stable, arc.nash))
        for point in found.points:
            if point.type in MARKS:
                ax.plot([point.value], [_rate(point, i)], gid=point.type, **_mark(point.type))
        ax.set_xlim(low, high)
        ax.set_ylim(bottom, top)
        ax.set_xlabel(label(found.over, found.circuit))
        ax.set_ylabel(rate_axis(found.circuit, i))
        legend(canvas, rows, 2)
    return canvas


_CYCLE_LINE: dict[str, Any] = {"color": CYCLE, "linewidth": 1.1, "linestyle": (0, (1, 1)), "zorder": 2}


def _cycle(stable: bool) -> dict[str, Any]:
    return {
        "color": CYCLE, "linestyle": "none", "marker": "o", "markersize": 2.4, "zorder": 2.5,
        "markerfacecolor": CYCLE if stable else "white", "markeredgewidth": 0.7,
    }  # fmt: skip


def view(found: Diagram) -> tuple[tuple[float, float], tuple[float, float]]:
    """The part of the plane that is drawn: the window that was asked for, whole; of a default one the marked points
    with room about them."""
    low, high = map(float, found.window)
    marked = [] if found.chosen else [point.value for point in found.points if point.type in MARKS]
    if marked:
        first, last = min(marked), max(marked)
        room = max(0.25 * (last - first), 0.05 * (high - low))
        low, high = max(low, first - room), min(high, last + room)
    i = shown_population(found)
    seen = [arc.rates[(arc.over >= low) & (arc.over <= high), i] for arc in found.arcs]
    arcs = np.concatenate([*seen, np.zeros(1)])
    cycles = np.concatenate([*(ends[:, i] for f in found.cycles for ends in (f.minima, f.maxima)), np.zeros(1)])
    most = 3 * np.abs(arcs).max()  # a cycle that grows without bound leaves the picture
    rates = np.append(arcs, np.clip([cycles.min(), cycles.max()], -most, most))
    margin = 0.06 * (rates.max() - rates.min() or 1.0)
    return (low, high), (float(rates.min() - margin), float(rates.max() + margin))


def _look(stable: bool, nash: str) -> dict[str, Any]:
    local = nash == "local"
    return {
        "color": NASH if local else OTHER, "linestyle": SOLID if stable else DASHED, "linewidth": 2.3 if local else 1.5,
        "solid_capstyle": "round", "zorder": 4 if stable else 3,
    }  # fmt: skip


def _mark(kind: str) -> dict[str, Any]:
    shape, color, size = MARKS[kind]
    return {"marker": shape, "markersize": size, "markerfacecolor": color, "markeredgecolor": INK,
            "markeredgewidth": 0.8, "linestyle": "none", "zorder": 5 if kind == "nash" else 6}  # fmt: skip


def _rate(point: SpecialPoint, i: int) -> float:
    return point.state[point.names[i]]


def _handles(found: Diagram) -> list[Any]:
    kinds = sorted({(not arc.stable, arc.nash != "local") for arc in found.arcs})
    rows = [
        handle(
            label=f"{'unstable' if unstable else 'stable'}, {'only stationary' if other else 'local Nash'}",
            **_look(not unstable, "stationary" if other else "local"),
        )
        for unstable, other in kinds
    ]
    rows += [handle(label=TYPES[kind], **_mark(kind)) for kind in MARKS if found.of_type(kind)]
    cycles = sorted({each is False for family in found.cycles for each in family.stable})
    return rows + [
        handle(label=f"{'unstable' if unstable else 'stable'} limit cycle, extent", **_cycle(not unstable))
        for unstable in cycles
    ]


def document(found: Diagram) -> dict[str, object]:
    """The diagram as JSON; numbers of points as decimals with a radius, places along arcs as doubles."""
    return {
        "circuit": found.circuit.name,
        "over": found.over,
        "window": [str(v) for v in found.window],
        "complete": found.complete,
        "doubts": list(found.doubts),
        "points": [_point_document(point) for point in found.points],
        "arcs": [_arc_document(arc, found) for arc in found.arcs],
        "cycles": [
            {
                "evidence": "numerical",
                "over": family.over.tolist(),
                "minima": family.minima.tolist(),
                "maxima": family.maxima.tolist(),
                "periods": family.periods.tolist(),
                "stable": list(family.stable),
                "folds": list(family.folds),
                "end": family.end,
            }
            for family in found.cycles
        ],
    }


def _point_document(point: SpecialPoint) -> dict[str, object]:
    row: dict[str, object] = {
        "type": point.type,
        "value": repr(point.value),
        "state": {name: repr(rate) for name, rate in point.state.items()},
        "radius": f"{max(point.radius, 1e-300):.1e}",
    }
    if point.omega is not None:
        row["omega"] = repr(float(point.omega.mid()))
    if point.population is not None:
        row["population"] = point.population
    return row


def _arc_document(arc: Arc, found: Diagram) -> dict[str, object]:
    return {
        "stable": arc.stable,
        "type": arc.type,
        "nash": arc.nash,
        "ends": list(arc.ends),
        "fixed": arc.fixed,
        "over": arc.over.tolist(),
        "state": {name: arc.rates[:, i].tolist() for i, name in enumerate(found.circuit.names)},
    }


def lines(found: Diagram) -> Iterator[str]:
    """The diagram for a person."""
    low, high = found.window
    yield f"{found.circuit.name}: equilibria over {found.over} from {low} to {high}"
    for point in found.points:
        state = ", ".join(f"x_{name} = {rate:.12g}" for name, rate in point.state.items())
        extra = f", omega = {float(point.omega.mid()):.12g}" if point.omega is not None else ""
        whose = f" of {point.population}" if point.population else ""
        yield f"  {TYPES[point.type]}{whose}: {found.over} = {point.value:.12g} at {state}{extra}"
    for arc in found.arcs:
        ends = f"{found.over} from {float(arc.over.min()):.6g} to {float(arc.over.max()):.6g}"
        yield f"  arc, {ends}: {'stable' if arc.stable else 'unstable'} {arc.type}, {_NASH_WORDS[arc.nash]}"
    for family in found.cycles:
        yield f"  limit cycles (numerical){_family_text(found, family)}; {family.end}"
    yield "complete: every equilibrium and every point, proved by interval arithmetic" if found.complete else "open:"
    for doubt in found.doubts:
        yield f"  {doubt}"


def _family_text(found: Diagram, family: Cycles) -> str:
    """From turn to turn: stable or not, and between which values."""
    if not len(family.over):
        return " from a Hopf point"
    turns = [int(np.argmin(np.abs(family.over - fold))) for fold in family.folds]
    ends = [0, *turns, len(family.over) - 1]
    runs = []
    for a, b in pairwise(ends):
        middle = family.stable[(a + b) // 2]
        kind = "stable" if middle else "not decided" if middle is None else "unstable"
        runs.append(f"{kind} from {found.over} = {float(family.over[a]):.6g} to {float(family.over[b]):.6g}")
    folds = ", ".join(f"{fold:.6g}" for fold in family.folds)
    turned = f"; fold{'s' * (len(family.folds) > 1)} of cycles at {folds}" if folds else ""
    return f", {', '.join(runs)}{turned}"


_NASH_WORDS = {"local": "local Nash", "stationary": "only stationary"}


def format_of(path: Path) -> str:
    """The format of a picture, from the ending of its name."""
    ending = path.suffix.removeprefix(".").lower()
    if ending not in FORMATS:
        known = ", ".join("." + each for each in FORMATS)
        raise Unsupported(f"{str(path)[:80]!a} does not end in {known}; choose one of them")
    return ending
