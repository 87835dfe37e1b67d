"""The words of the pictures that only smooth pairs have: what is proved, and what is numerical."""

from __future__ import annotations

from collections.abc import Callable

from symgame.captions import CaptionWords, Figure, values_sentence
from symgame.one_parameter import TYPES
from symgame.smooth_pictures import SmoothPictures

DRAWN = ("fold", "hopf", "transcritical", "pitchfork", "branch", "nash")
KINDS = {
    "fold": "fold",
    "hopf": "Hopf",
    "neutral saddle": "neutral saddle",
    "node-focus": "node–focus",
    "cusp": "cusp",
    "bogdanov-takens": "Bogdanov–Takens",
    "bautin": "Bautin",
}
PLURALS = {"transcritical": "transcritical points", "pitchfork": "pitchforks", "branch": "branch points",
           "nash": "changes of Nash class"}  # fmt: skip


def smooth_captions(data: SmoothPictures) -> tuple[Figure, ...]:
    """The words of every picture that there are data for, in the order in which they are shown."""
    makers: list[tuple[str, str, bool, Callable[[SmoothPictures, CaptionWords], str]]] = [
        ("activations", "Activations", bool(data.activations), _activations),
        ("diagram", "Equilibria along one parameter", data.diagram is not None, _diagram),
        ("bifurcations", "Bifurcation set", data.bifurcations is not None, _set),
    ]
    rows = []
    for name, title, drawn, make in makers:
        if drawn:
            plain, tex = (make(data, CaptionWords(data.circuit, tex=tex)) for tex in (False, True))
            rows.append(Figure(name, title, plain, tex, f"{title}. {plain}"))
    return tuple(rows)


def _activations(data: SmoothPictures, words: CaptionWords) -> str:
    rows = [(words.name(row.circuit.names[row.population]), row.steepest) for row in data.activations]
    bounds = [f"{bound} for {name}" for name, bound in rows if bound is not None]
    free = [name for name, bound in rows if bound is None]
    dotted = (
        f"Dotted: the supremum of the slopes, {', '.join(bounds)}, exactly; an own energy is convex everywhere where "
        f"the self-weight times it is at most 1. "
        if bounds
        else ""
    )
    unbounded = f"The slopes of {' and '.join(free)} have no bound. " if free else ""
    return (
        f"The activations over the total input, and their slopes. {dotted}{unbounded}Dots: "
        f"the equilibria of the phase planes, whose slopes are their gains. Curves and dots are drawn in floating "
        f"point. {values_sentence(data.illustration, words)}"
    )


def _diagram(data: SmoothPictures, words: CaptionWords) -> str:
    found = data.diagram
    assert found is not None
    over = words.name(found.over)
    low, high = found.window
    proved = (
        f"Every equilibrium for {over} from {low} to {high}, with its stability, its Nash class and the marked points: "
        f"proved by interval arithmetic. The picture shows the part with the marked points."
        if found.complete
        else f"Equilibria along {over}, not proved to be all: {words.plain('; '.join(found.doubts))}."
    )
    counts = ", ".join(_counted(kind, n) for kind in DRAWN if (n := len(found.of_type(kind))))
    cycles = "The extent of limit cycles is numerical, by integration." if found.cycles else ""
    parts = (
        proved,
        f"Marked: {counts}." if counts else "",
        "Only stationary: some population is at a maximum of its own energy.",
        cycles,
        values_sentence(data.illustration, words),
    )
    return " ".join(part for part in parts if part)


def _counted(kind: str, n: int) -> str:
    many = PLURALS.get(kind, f"{TYPES[kind]}{'s' if kind == 'fold' else ' points'}")
    one = TYPES[kind] + (" point" if kind == "hopf" else "")
    return f"{n} {one if n == 1 else many}"


def _set(data: SmoothPictures, words: CaptionWords) -> str:
    found = data.bifurcations
    assert found is not None
    chosen, at = data.illustration, data.at
    p, q = (words.input(name) for name in found.plane)
    where = f" at {words.equal(chosen.over, at)}" if chosen.over is not None and at is not None else ""
    certified = all(region.certified for region in data.regions)
    proved = "proved by interval arithmetic at a point of each" if certified else "not all proved"
    kept = {n: v for n, v in chosen.values.items() if n not in found.plane}
    kinds = ", ".join(KINDS[kind] for kind in found.complete)
    complete = f"Complete by construction: {kinds}." if kinds else ""
    parts = (
        f"Folds and Hopf curves over the inputs {p} and {q}{where}, from their formulas in the rates.",
        complete,
        f"Left open: {words.plain('; '.join(found.open))}." if found.open else "",
        f"In each region that is wider than a cell of the picture: the number of equilibria, and of the stable ones, "
        f"{proved}." if data.regions else "",
        "Curves are drawn in floating point.",
        f"All else: {words.values(kept)}." if kept else "",
    )  # fmt: skip
    return " ".join(part for part in parts if part)

