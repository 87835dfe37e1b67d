"""Bifurcation sets as a picture, as JSON and as lines. Nothing is computed here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from symgame.bifurcation_curves import BifurcationSet, Curve, SpecialPoint
from symgame.bifurcation_regions import Region
from symgame.captions import Figure
from symgame.errors import ModelError
from symgame.report.canvas import FORMATS, INK, LINE, PALE, SMALL, few_ticks, handle, label, legend, saved, style

FOLD, HOPF, SUB = "#0072B2", "#D55E00", "#E69F00"
LOOKS: dict[str, dict[str, Any]] = {
    "fold": {"color": FOLD, "linewidth": 1.5, "linestyle": "-", "zorder": 4},
    "supercritical": {"color": HOPF, "linewidth": 1.5, "linestyle": "-", "zorder": 3},
    "subcritical": {"color": SUB, "linewidth": 1.5, "linestyle": (0, (5, 1.6)), "zorder": 3},
    "neutral saddle": {"color": PALE, "linewidth": 0.9, "linestyle": (0, (1, 1.2)), "zorder": 2},
    "node-focus": {"color": PALE, "linewidth": 0.6, "linestyle": "-", "zorder": 1},
}
NAMES = {
    "fold": "fold",
    "supercritical": "Hopf, supercritical",
    "subcritical": "Hopf, subcritical",
    "neutral saddle": "neutral saddle",
    "node-focus": "node to focus",
    "cusp": "cusp",
    "bogdanov-takens": "Bogdanov–Takens",
    "bautin": "Bautin",
}
MARKS = {"cusp": ("^", "#009E73", 6.0), "bogdanov-takens": ("s", "#CC79A7", 5.0), "bautin": ("o", "#F0E442", 5.0)}
#: The values that the circuit has.
GIVEN: dict[str, Any] = {"marker": "+", "markersize": 9.0, "markeredgewidth": 1.6, "color": INK, "linestyle": "none",
                         "zorder": 8}  # fmt: skip
SIZE, LEFT, RIGHT, TOP = (3.9, 3.0), 0.66, 0.18, 0.32


def words(found: BifurcationSet) -> Figure:
    """The words of the picture."""
    p, q = found.plane
    counts = [f"{len(found.special(kind))} {NAMES[kind]} points" for kind in MARKS if found.special(kind)]
    text = (
        f"Folds and Hopf curves of {found.circuit.name} over {p} and {q}"
        f"{', with ' + ', '.join(counts) if counts else ''}. In each region that is marked: the number of equilibria, "
        f"and of the stable ones."
    )
    return Figure(f"bifurcations-{p}-{q}", f"Bifurcations over {p} and {q}", text, text, text)


def drawn(found: BifurcationSet, regions: Sequence[Region], format_: str = "svg") -> bytes:
    """The picture, as the bytes of a file."""
    from matplotlib.figure import Figure as Drawing

    rows = _handles(found)
    columns = 2
    below = 0.55 + LINE * -(-len(rows) // columns)
    width, height = LEFT + SIZE[0] + RIGHT, below + SIZE[1] + TOP
    with style():
        drawing = Drawing(figsize=(width, height), facecolor="white")
        ax = drawing.add_axes((LEFT / width, below / height, SIZE[0] / width, SIZE[1] / height))
        few_ticks(ax)
        (low, high), (bottom, top) = found.extent()
        ax.set_xlim(low, high)
        ax.set_ylim(bottom, top)
        for curve in found.curves:
            for kind, places in _parts(curve):
                ax.plot(places[:, 0], places[:, 1], gid=kind, solid_capstyle="round", **LOOKS[kind])
        for point in found.points:
            ax.plot(*([v] for v in point.parameters), gid=point.kind, **_mark(point.kind))
        p, q = found.given
        if p is not None and q is not None:
            ax.plot([p], [q], gid="given", **GIVEN)
        for region in regions:
            stable = "?" if region.stable is None else str(region.stable)
            x, y = (float(v) for v in region.parameters)
            if region.share < 0.004:
                continue
            box = {"boxstyle": "round,pad=0.12", "facecolor": "white", "edgecolor": "none", "alpha": 0.75}
            ax.text(x, y, f"{region.count} ({stable})", fontsize=SMALL, color=INK, ha="center", va="center", bbox=box)
        ax.set_xlabel(label(found.plane[0], found.circuit))
        ax.set_ylabel(label(found.plane[1], found.circuit))
        if regions:
            ax.set_title("equilibria (stable ones)", color=INK)
        legend(drawing, rows, columns)
    return saved(drawing, format_, words(found))


def _parts(curve: Curve) -> Iterator[tuple[str, Any]]:
    """A Hopf curve in its supercritical and subcritical parts, which share their end points; others whole."""
    if curve.kind != "hopf":
        yield curve.kind, curve.parameters
        return
    sign = np.where(np.isnan(curve.lyapunov), 0, np.sign(curve.lyapunov))
    known = np.flatnonzero(sign)
    if not len(known):
        yield "supercritical", curve.parameters[:0]
        return
    filled = sign[known[np.clip(np.searchsorted(known, np.arange(len(sign))), 0, len(known) - 1)]]
    starts = [0, *(np.flatnonzero(np.diff(filled)) + 1).tolist(), len(filled)]
    for a, b in pairwise(starts):
        yield "supercritical" if filled[a] < 0 else "subcritical", curve.parameters[a : b + 1]


def _mark(kind: str) -> dict[str, Any]:
    shape, color, size = MARKS[kind]
    return {"marker": shape, "markersize": size, "markerfacecolor": color, "markeredgecolor": INK,
            "markeredgewidth": 0.8, "linestyle": "none", "zorder": 7 if kind == "cusp" else 6}  # fmt: skip


def _handles(found: BifurcationSet) -> list[Any]:
    kinds = {kind for curve in found.curves for kind, places in _parts(curve) if len(places)}
    rows = [handle(label=NAMES[kind], **look) for kind, look in LOOKS.items() if kind in kinds]
    rows += [handle(label=NAMES[kind], **_mark(kind)) for kind in MARKS if found.special(kind)]
    return rows + ([handle(label="values given", **GIVEN)] if None not in found.given else [])


def document(found: BifurcationSet, regions: Sequence[Region]) -> dict[str, object]:
    """The set as JSON: every point of every curve."""
    return {
        "circuit": found.circuit.name,
        "plane": list(found.plane),
        "populations": list(found.circuit.names),
        "complete": list(found.complete),
        "open": list(found.open),
        "given": dict(zip(found.plane, found.given, strict=True)),
        "curves": [_curve_document(curve) for curve in found.curves],
        "points": [_point_document(point, found) for point in found.points],
        "regions": [
            {
                "parameters": {n: str(v) for n, v in zip(found.plane, region.parameters, strict=True)},
                "equilibria": region.count,
                "stable": region.stable,
                "certified": region.certified,
            }
            for region in regions
        ],
    }


def _curve_document(curve: Curve) -> dict[str, object]:
    row: dict[str, object] = {
        "kind": curve.kind,
        "closed": curve.closed,
        "parameters": curve.parameters.tolist(),
        "rates": curve.rates.tolist(),
    }
    if curve.kind == "hopf":
        row["omega"] = curve.omega.tolist()
        row["lyapunov"] = [v if np.isfinite(v) else None for v in curve.lyapunov.tolist()]
    return row


def _point_document(point: SpecialPoint, found: BifurcationSet) -> dict[str, object]:
    return {
        "kind": point.kind,
        "parameters": dict(zip(found.plane, point.parameters, strict=True)),
        "rates": dict(zip(found.circuit.names, point.rates, strict=True)),
        "radius": point.radius,
        "evidence": point.evidence,
    }


def lines(found: BifurcationSet, regions: Sequence[Region]) -> Iterator[str]:
    """The set for a person."""
    p, q = found.plane
    yield f"{found.circuit.name}: bifurcations over {p} and {q}"
    values = [f"{n} = {v:.12g}" for n, v in zip(found.plane, found.given, strict=True) if v is not None]
    if values:
        yield f"  given, and not put in: {', '.join(values)}"
    for curve in found.curves:
        (a, b), (c, d) = curve.parameters[0].tolist(), curve.parameters[-1].tolist()
        ends = "closed" if curve.closed else f"from ({a:.6g}, {b:.6g}) to ({c:.6g}, {d:.6g})"
        extra = ""
        if curve.kind == "hopf":
            parts = list(dict.fromkeys(kind for kind, _ in _parts(curve)))
            extra = f", omega {curve.omega.min():.4g} to {curve.omega.max():.4g}, {' and '.join(parts)}"
        yield f"  {curve.kind}: {len(curve)} points, {ends}{extra}"
    for point in found.points:
        (x, y), rates = point.parameters, point.rates
        state = ", ".join(f"x_{n} = {v:.12g}" for n, v in zip(found.circuit.names, rates, strict=True))
        yield f"  {NAMES[point.kind]}: {p} = {x:.12g}, {q} = {y:.12g} at {state} ({point.evidence})"
    for region in regions:
        stable = "stability undecided" if region.stable is None else f"{region.stable} stable"
        proved = "proved" if region.certified else "not proved to be all"
        place = ", ".join(f"{n} = {v}" for n, v in zip(found.plane, region.parameters, strict=True))
        what = "equilibrium" if region.count == 1 else "equilibria"
        yield f"  {region.count} {what}, {stable}, around {place} ({proved})"
    yield f"complete: {', '.join(found.complete)}"
    for reason in found.open:
        yield f"open: {reason}"


def format_of(path: Path) -> str:
    """The format of a picture, from the ending of its name."""
    ending = path.suffix.removeprefix(".").lower()
    if ending not in FORMATS:
        raise ModelError(f"{str(path)[:80]!a} is no picture; choose a name with {', '.join('.' + f for f in FORMATS)}")
    return ending
