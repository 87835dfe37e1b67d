"""The words of every picture: title, caption in plain text and in LaTeX, and what a screen reader says of it.

A caption names the exact values at which its picture is drawn, and which of them were chosen for it; what it says of
equilibria and regimes was decided exactly, or proved by interval arithmetic where an activation is smooth.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from symgame.best_response import BestResponsePath, ResponsePaths
from symgame.circuit import Circuit
from symgame.frozen_gains import smooth
from symgame.illustration import Illustration
from symgame.notation import latex_name
from symgame.plane import Mark, PhasePlane
from symgame.portrait import Portraits

STABILITY = {
    "stable": "stable",
    "unstable": "unstable",
    "saddle": "saddle",
    "kink": "on a kink, undecided",
    "neutral": "neutral, undecided",
    "located": "located numerically",
}
NASH = {"global": "Nash", "local": "local Nash", "stationary": "only stationary", None: ""}


@dataclass(frozen=True)
class Figure:
    """A picture with its words: ``name`` is that of its files without their ending, ``caption`` is plain text."""

    name: str
    title: str
    caption: str
    caption_latex: str
    alt_text: str


def captions(data: Portraits) -> tuple[Figure, ...]:
    """The words of every picture that is drawn, in the order of :func:`drawings`."""
    makers: list[tuple[str, bool, Callable[[CaptionWords], tuple[str, str]]]] = [
        ("phase-plane", bool(data.planes), lambda w: _plane_caption(data, w)),
        ("energies", bool(data.energies), lambda w: _energy_caption(data, w)),
        ("regimes", data.strip is not None, lambda w: _strip_caption(data, w)),
        ("regime-map", data.map is not None, lambda w: _map_caption(data, w)),
        ("best-responses", bool(data.responses), lambda w: _response_caption(data, w)),
        ("best-response-path", bool(data.paths) and not data.responses, lambda w: _path_caption(data, w)),
    ]
    rows = []
    for name, drawn, make in makers:
        if drawn:
            title, plain = make(CaptionWords(data.circuit, tex=False))
            _, tex = make(CaptionWords(data.circuit, tex=True))
            rows.append(Figure(name, title, plain, tex, f"{title}. {plain}"))
    return tuple(rows)


@dataclass(frozen=True)
class CaptionWords:
    """Names and numbers in plain text or in LaTeX."""

    circuit: Circuit
    tex: bool

    def name(self, name: str) -> str:
        return f"${self.circuit.shown(name, macros=True)}$" if self.tex else f"{self._sign(name)}{name}"

    def _sign(self, name: str) -> str:
        return "-" if name in self.circuit.signed else ""

    def rate(self, population: str) -> str:
        return f"$x_{{{self.circuit.presentation.latex(population)}}}$" if self.tex else f"x_{population}"

    def plain(self, name: str) -> str:
        return re.sub(r"([_#$%&{}])", r"\\\1", name) if self.tex else name

    def equal(self, name: str, value: Fraction | str) -> str:
        text = str(value)
        if not self.tex:
            return f"{self._sign(name)}{name} = {text}"
        return f"${self.circuit.shown(name, macros=True)} = {number_latex(text)}$"

    def equal_rate(self, population: str, value: Fraction) -> str:
        rate = self.rate(population)
        return f"{rate} = {value}" if not self.tex else f"{rate[:-1]} = {value}$"

    def input(self, name: str) -> str:
        """An input, also one that is a number and goes by its default name."""
        if name in self.circuit.symbols or not self.tex:
            return self.name(name)
        return f"${latex_name(name)}$"

    def values(self, values: dict[str, Fraction]) -> str:
        return ", ".join(self.equal(n, v) for n, v in values.items())


def _at(data: Portraits, words: CaptionWords, chosen: Illustration | None = None) -> str:
    """The sentence that says at which values the picture is drawn, and which of them were chosen."""
    chosen = chosen or data.illustration
    assert chosen is not None
    return values_sentence(chosen, words)


def values_sentence(chosen: Illustration, words: CaptionWords) -> str:
    """Which values the circuit had, and which were chosen for a picture."""
    own = {n: v for n, v in chosen.values.items() if n in chosen.given}
    free = {n: v for n, v in chosen.values.items() if n not in chosen.given}
    parts = []
    if own:
        parts.append(f"Values of the circuit: {words.values(own)}.")
    if free:
        parts.append(f"Values chosen for the picture: {words.values(free)}.")
    return " ".join(parts)


def _sides(data: Portraits, words: CaptionWords) -> str:
    chosen = data.illustration
    assert chosen is not None
    if chosen.over is None or not chosen.at:
        return ""
    listed = " and ".join(words.equal(chosen.over, at) for at in chosen.at)
    if chosen.switch is not None and len(chosen.at) == 2:
        return f" at {listed}, before and past {words.equal(chosen.over, chosen.switch.text)}"
    return f" at {listed}"


def _marks_sentence(marks: Iterable[Mark]) -> str:
    kinds = list(dict.fromkeys(mark_words(m.stability, m.nash) for m in marks))
    return f"Equilibria: {'; '.join(kinds)}." if kinds else "No isolated equilibrium is drawn."


def _join(*sentences: str) -> str:
    return " ".join(s for s in sentences if s)


def _plane_caption(data: Portraits, words: CaptionWords) -> tuple[str, str]:
    lines = " and ".join(words.rate(n) for n in data.circuit.names)
    notes = list(dict.fromkeys(f"{note[0].upper()}{note[1:]}." for p in data.planes for note in p.notes))
    return "Phase plane", _join(
        f"Phase plane{_sides(data, words)}: the lines on which {lines} rest, directions of the flow, trajectories.",
        _marks_sentence(m for p in data.planes for m in p.equilibria),
        _proved_sentence(data),
        "Shape tells stability; a full marker is Nash, a half one local Nash, an open one only stationary.",
        *(words.plain(note) for note in notes),
        _at(data, words),
    )


def _proved_sentence(data: Portraits) -> str:
    """What is proved of the equilibria of a smooth circuit."""
    marks = [m for p in data.planes for m in p.equilibria]
    if not smooth(data.circuit) or any(m.stability == "located" for m in marks):
        return ""
    return "They are all that there are, with their classes: proved by interval arithmetic."


def _energy_caption(data: Portraits, words: CaptionWords) -> tuple[str, str]:
    rows = []
    for row in data.energies:
        at = "" if row.over is None or row.at is None else f"at {words.equal(row.over, row.at)} "
        ends = ", ".join(f"{words.name(row.circuit.names[c.population])}: {c.extremum}" for c in row.curves)
        rows.append(f"{at}{ends}")
    found = "; ".join(rows)
    return "Own energies", _join(
        "The energy of each population along its own rate, the others frozen at the equilibrium, less its value there; "
        "shaded rates are outside the domain of the activation cost.",
        f"At the equilibrium with the most populations active, {found}.",
        _at(data, words),
    )


def _strip_caption(data: Portraits, words: CaptionWords) -> tuple[str, str]:
    assert data.strip is not None and data.illustration is not None
    over = data.illustration.over
    assert over is not None
    places = {True: "", False: ""}  # where the name changes, and where only the kind of eigenvalues does
    for c in data.strip.marks:
        named = words.equal(over, c.text) + (f" ({words.plain(threshold_words(c.names))})" if c.names else "")
        apart = len({row.name for row in data.strip.rows if c in (row.low, row.high)}) > 1
        places[apart] += f", {named}" if places[apart] else named
    regimes = ", then ".join(name for name, _ in groupby(row.name for row in data.strip.rows))
    return "Regimes", _join(
        f"The regimes along {words.name(over)}: {regimes}.",
        f"They change at {places[True]}." if places[True] else "They do not change in this range.",
        f"The eigenvalues change from real to complex, or back, at {places[False]}." if places[False] else "",
        "Triangles: values of the other pictures." if data.strip.illustration.at else "",
        _frozen_sentence(data),
        _at_gains(data, words, data.strip.illustration.values) or _at(data, words, data.strip.illustration),
    )


def _map_caption(data: Portraits, words: CaptionWords) -> tuple[str, str]:
    assert data.map is not None
    area = data.map
    return "Regime map", _join(
        f"The regimes over {words.name(area.over)} and {words.name(area.other)}: {', '.join(area.names)}.",
        "Boundaries are the zero sets of the exact conditions, drawn in floating point.",
        "Triangles: values of the other pictures." if area.own else "",
        "White: outside the hypotheses." if (area.cells < 0).any() else "",
        _frozen_sentence(data),
        _at_gains(data, words, area.values) or (f"All else: {words.values(area.values)}." if area.values else ""),
    )


def _frozen_sentence(data: Portraits) -> str:
    """How the regimes of a smooth circuit are to be read."""
    if not smooth(data.circuit):
        return ""
    return (
        "At frozen gains: the regime of an equilibrium that has these gains, decided exactly; along a branch of "
        "equilibria they move."
    )


def _at_gains(data: Portraits, words: CaptionWords, values: dict[str, Fraction]) -> str:
    """The gains at which a picture of a smooth circuit is drawn, where the phase plane says the rest."""
    assert data.illustration is not None
    if not smooth(data.circuit) or not data.planes:
        return ""
    gains = {n: v for n, v in values.items() if n not in data.illustration.values}
    return f"Drawn at {words.values(gains)}; all else as in the phase plane."


def _response_caption(data: Portraits, words: CaptionWords) -> tuple[str, str]:
    none = []
    for row in data.responses:
        for r in row.responses:
            if r.falls:
                over, at = row.plane.over, row.plane.at
                where = "" if over is None or at is None else f"At {words.equal(over, at)} "
                name = words.name(row.plane.circuit.names[r.population])
                kind = "has no best response" if r.always else "has no best response to some rates of the other"
                none.append(f"{where}{name} {kind}: its energy falls for ever.")
    return "Best responses", _join(
        f"The best response of each population to the other{_sides(data, words)}; dotted, the stationary points of its "
        "energy.",
        *none,
        _marks_sentence(m for p in data.responses for m in p.plane.equilibria),
        _paths_sentence(data, words),
        _at(data, words),
    )


def _paths_sentence(data: Portraits, words: CaptionWords) -> str:
    """Where the paths of answers in the plane of a pair lead; nothing when none is drawn."""
    first = words.name(data.circuit.names[0])
    ends = []
    for row in data.paths:
        if row.paths:
            at = "" if row.over is None or row.at is None else f"at {words.equal(row.over, row.at)} "
            ends.append(at + " and ".join(dict.fromkeys(_end_words(path, words) for path in row.paths)))
    if not ends:
        return ""
    return (
        f"Thin lines: the populations answer each other in turn, {first} first, from the small dots; {'; '.join(ends)}."
    )


def _path_caption(data: Portraits, words: CaptionWords) -> tuple[str, str]:
    order = ", ".join(words.name(name) for name in data.circuit.names)
    start = zip(data.circuit.names, data.paths[0].paths[0].states[0], strict=True)
    ends = []
    for row in data.paths:
        at = "" if row.over is None or row.at is None else f"at {words.equal(row.over, row.at)} "
        ends.append(at + _end_words(row.paths[0], words))
    said = "; ".join(ends)
    near = any(row.nash for row in data.paths)
    return "Best-response path", _join(
        f"The rates along a path of best responses: in turn {order} answer the others, "
        f"from {', '.join(words.equal_rate(name, value) for name, value in start)}.",
        f"{said[0].upper()}{said[1:]}.",
        "Marks, and dotted: the rates of the Nash equilibrium nearest to the end." if near else "",
        _at(data, words),
    )


def _end_words(path: BestResponsePath, words: CaptionWords) -> str:
    """How a path ends, in words for a caption."""
    if path.outcome == "fixed point":
        listed = zip(path.circuit.names, path.end, strict=True)
        return f"they come to rest at {', '.join(words.equal_rate(n, v) for n, v in listed)}, a Nash equilibrium"
    if path.outcome == "cycle":
        return f"they go round in a cycle of {path.period} rounds"
    if path.outcome == "no best response":
        return "they stop where one has no best response"
    return f"they still move after {path.steps} steps"


def path_words(row: ResponsePaths) -> str:
    """How the first path ends, short enough for a title."""
    if not row.paths:
        return ""
    ends = {"fixed point": "comes to rest", "unfinished": "still moving", "no best response": "no best response"}
    return ends.get(row.paths[0].outcome, f"a cycle of {row.paths[0].period} rounds")


# -- words -----------------------------------------------------------------------------------------------------------


def plane_summary(plane: PhasePlane) -> str:
    """One line in plain text: the value of the parameter, the regime, every equilibrium with its classes.

    >>> from symgame.plane import phase_plane
    >>> pair = Circuit.from_matrix([["3/2", -2], [2, "-1/2"]], names="EI", u=[2, "1/2"], tau=[10, 10])
    >>> plane_summary(phase_plane(pair))
    'inhibition-stabilised; E = 8/13, I = 15/13: stable, only stationary'
    """
    at = "" if plane.over is None or plane.at is None else f"{plane.over} = {plane.at}"
    rows = [plane.regime]
    for mark in plane.equilibria:
        state: Iterable[object] = mark.exact or (f"{v:.4g}" for v in mark.place)
        place = ", ".join(f"{n} = {v}" for n, v in zip(plane.circuit.names, state, strict=True))
        rows.append(f"{place}: {mark_words(mark.stability, mark.nash)}")
    if not plane.equilibria:
        rows.append("no isolated equilibrium")
    found = "; ".join(filter(None, (*rows, *plane.notes)))
    return f"{at}: {found}" if at else found


def mark_words(stability: str, nash: str | None) -> str:
    return ", ".join(word for word in (STABILITY[stability], NASH[nash]) if word)


def threshold_words(names: Sequence[str]) -> str:
    """The names of thresholds that a reader needs: ``focus-`` says what its interval says."""
    return " = ".join(dict.fromkeys(n.rstrip("+-") for n in names))


def number_latex(text: str) -> str:
    r"""An exact number of the chart in mathematics.

    >>> number_latex("-1 + 2*sqrt(2)/3")
    '-1 + 2\\sqrt{2}/3'
    """
    return re.sub(r"sqrt\((\d+)\)", r"\\sqrt{\1}", text).replace("*", "").replace("…", r"\ldots")
