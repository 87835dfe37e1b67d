"""The words of the pictures of competing units: titles, captions in plain text and in LaTeX."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from symgame.captions import Figure, mark_words
from symgame.circuit import Circuit
from symgame.competition import Competition
from symgame.grammar import read_formula
from symgame.typeset import formula_latex

EQUATIONS = 6  # so many boundaries are written out


def competition_captions(data: Competition) -> tuple[Figure, ...]:
    """The words of every picture that is drawn, in the order of the pictures.

    >>> from symgame.competition import figures_of
    >>> from symgame.microcircuits import lateral_inhibition
    >>> [figure.name for figure in competition_captions(figures_of(lateral_inhibition(2)))]
    ['equilibrium-map', 'unit-game', 'contrast-by-layer']
    """
    makers: list[tuple[str, bool, Callable[[_Words], tuple[str, str]]]] = [
        ("equilibrium-map", data.map is not None, lambda w: _map_caption(data, w)),
        ("unit-game", bool(data.games), lambda w: _game_caption(data, w)),
        ("contrast-by-layer", data.contrast is not None, lambda w: _contrast_caption(data, w)),
        ("response-profile", bool(data.profiles), lambda w: _profile_caption(data, w)),
        ("sharpened-image", data.field is not None, lambda w: _field_caption(data, w)),
    ]
    rows = []
    for name, drawn, make in makers:
        if drawn:
            title, plain = make(_Words(data.circuit, tex=False))
            _, tex = make(_Words(data.circuit, tex=True))
            rows.append(Figure(name, title, plain, tex, f"{title}. {plain}"))
    return tuple(rows)


@dataclass(frozen=True)
class _Words:
    """Names, numbers and formulas in plain text or in LaTeX."""

    circuit: Circuit
    tex: bool

    def plain(self, text: str) -> str:
        return re.sub(r"([_#$%&{}])", r"\\\1", text) if self.tex else text

    def name(self, name: str) -> str:
        return f"${self.circuit.presentation.latex(name)}$" if self.tex else name

    def equal(self, name: str, value: Fraction | str) -> str:
        return self.formula(f"{name} = {value}")

    def formula(self, text: str) -> str:
        if not self.tex:
            return text
        return f"${formula_latex(read_formula(text), self.circuit.presentation.latex)}$"

    def values(self, values: Mapping[str, Fraction]) -> str:
        """The values but for numbers of copies, which the number of units that is drawn replaces."""
        return ", ".join(self.equal(n, v) for n, v in values.items() if n not in self.circuit.whole)


def _map_caption(data: Competition, words: _Words) -> tuple[str, str]:
    area = data.map
    assert area is not None
    units = " of two units" if sum(p.type == "excitatory" for p in area.circuit.populations) == 2 else ""
    named = "; ".join(words.plain(region.name) for region in area.regions)
    shown = [words.formula(b.equation) for b in area.boundaries[:EQUATIONS]]
    more = " and others" if len(area.boundaries) > EQUATIONS else ""
    return "Which equilibria are stable", _join(
        f"Who is active in the stable equilibria{units}, over {words.name(area.over)} and {words.name(area.other)}: "
        f"{named}.",
        f"Boundaries: {', '.join(shown)}{more}." if shown else "",
        "Each region was named by exact decision at a point in it.",
        "Triangles: the games of the next picture." if data.games else "",
        _at(data, words, area.values),
    )


def _game_caption(data: Competition, words: _Words) -> tuple[str, str]:
    area = data.map
    assert area is not None
    game = data.games[0].game
    first, second = (words.plain(name) for name in game.players)
    others = ", ".join(words.plain(name) for name in game.eliminated)
    kinds = dict.fromkeys(mark_words(m.stability, m.nash) for panel in data.games for m in panel.game.equilibria)
    at = "; ".join(
        f"{words.equal(area.over, p.at[0])}, {words.equal(area.other, p.at[1])} ({words.plain(p.region)})"
        for p in data.games
    )
    dotted = any(s.extremum == "maximum" for p in data.games for row in p.game.responses for s in row)
    notes = list(dict.fromkeys(f"{note[0].upper()}{note[1:]}." for p in data.games for note in p.game.notes))
    return "The game between two units", _join(
        f"What {first} answers to {second}, and {second} to {first}"
        + (f", while {others} answer{'s' if len(game.eliminated) == 1 else ''} at once" if others else "")
        + f", at {at}; exact.",
        "Dotted: rates at which the energy of a player has a maximum when the others answer." if dotted else "",
        f"The curves cross at the equilibria of the whole circuit: {'; '.join(kinds)}.",
        "Shape tells stability; a full marker is Nash in the game of all populations, an open one only stationary.",
        *(words.plain(note) for note in notes),
        _at(data, words, area.values),
    )


def _contrast_caption(data: Competition, words: _Words) -> tuple[str, str]:
    rows = data.contrast
    assert rows is not None
    groups = [words.plain(" and ".join(who)) for d in rows.depths[:1] for who in (d.winner, d.silent) if who]
    between = f"one of {' to one of '.join(groups)}" if any(" and " in g for g in groups) else " to ".join(groups)
    between = between or "two units"
    found = []
    for ratio, end in zip(rows.ratios, rows.depths, strict=True):
        if end.layers is None:
            found.append(f"from {ratio} nobody, since {words.plain(end.reason)}")
        else:
            found.append(f"from {ratio} {words.plain(' and '.join(end.winner))} in layer {end.layers}")
    return "Contrast by layer", _join(
        f"The contrast of {between}, the difference of their rates over the sum, layer by layer, when each layer "
        "drives the next: points are exact, lines the law between them.",
        f"Alone at last: {'; '.join(found)}.",
        f"Dashed: from the contrast {rows.threshold} on the next layer silences the weaker unit."
        if rows.threshold is not None
        else "",
        f"Values: {words.values(rows.values)}." if rows.values else "",
    )


def _profile_caption(data: Competition, words: _Words) -> tuple[str, str]:
    first = data.profiles[0]
    silent = [f"{p.silent} to {p.stimulus}" for p in data.profiles if p.silent]
    unique = all(p.unique for p in data.profiles)
    values = {n: Fraction(int(v.p), int(v.q)) for n, v in first.circuit.values if v.is_Rational}
    return "Response profiles", _join(
        f"Inputs (above) and rates (below) of {len(first.units)} units for "
        f"{', '.join(p.stimulus for p in data.profiles)}. The rates are exact"
        + (", and there is no other equilibrium." if unique else "."),
        f"Units that do not respond: {', '.join(silent)}." if silent else "Every unit responds.",
        f"Values: {words.values(values)}." if values else "",
    )


def _field_caption(data: Competition, words: _Words) -> tuple[str, str]:
    field = data.field
    assert field is not None
    units = field.units
    height, width = len(field.image), len(field.image[0])
    own = {"w_EE": units.w_EE, "s": units.s, "w_IE": units.w_IE, "w_II": units.w_II, "f": units.f}
    lateral = ", ".join(str(v) for v in units.l)
    return "An image sharpened by a column", _join(
        f"An image of {height} by {width} pixels, and the rates of the excitatory populations in {len(field.layers)} "
        f"layers of as many units; black is 0, white the highest rate of the layer.",
        f"Each layer was found by Newton steps and verified exactly"
        f"{', and has no other equilibrium' if field.unique else ''}; units that respond: "
        f"{', '.join(map(str, field.active))}.",
        f"Values of the picture: {words.values(own)}; lateral inhibition at distance 1, 2, ...: {lateral}.",
    )


def _at(data: Competition, words: _Words, values: Mapping[str, Fraction]) -> str:
    own = {n: v for n, v in values.items() if n in data.given}
    free = {n: v for n, v in values.items() if n not in data.given}
    parts = [f"Values of the circuit: {words.values(own)}." if own else ""]
    parts += [f"Values chosen for the picture: {words.values(free)}." if free else ""]
    return _join(*parts)


def _join(*sentences: str) -> str:
    return " ".join(s for s in sentences if s)
