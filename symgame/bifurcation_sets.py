"""The bifurcation set of a pair in a plane of two of its parameters, without continuation."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from symgame.bifurcation_bautin import bautin_points, coefficient
from symgame.bifurcation_curves import BifurcationSet, Curve, Floats, SpecialPoint, pieces
from symgame.bifurcation_inputs import Found, Traced, input_plane
from symgame.bifurcation_pairs import Pair, pair_of
from symgame.bifurcation_row_points import row_bautin
from symgame.bifurcation_rows import row_plane
from symgame.bifurcation_sections import section_plane
from symgame.circuit import Circuit
from symgame.errors import Unsupported, VocabularyError

_pair = lru_cache(maxsize=64)(pair_of)
_EMPTY: Floats = np.empty(0)


def bifurcation_set(circuit: Circuit, plane: Sequence[str] = ("u_E", "u_I"), points: int = 4000) -> BifurcationSet:
    """Folds, Hopf points, neutral saddles and the points where they meet, over two parameters of a pair.

    The plane is any two of the inputs and weights, whatever they are called; everything else has a value. ``points``
    is about the number of points on every connected curve. Weights of declared sources stay on their side of 0.
    Values that the circuit has of the two parameters are not put in; ``given`` holds them.

    Complete by construction: phi' is a function of the rate, so an equilibrium with given gains has known rates, and
    the two parameters follow from its two equations. No curve is followed, and there is no starting guess.

    Raises :class:`~symgame.errors.Unsupported` for what is no smooth pair in numbers, and
    :class:`~symgame.errors.VocabularyError` for what is no parameter, see :func:`symgame.bifurcation_pairs.pair_of`.

    >>> from symgame.kinds import activation
    >>> pair = Circuit.from_matrix([[12, -10], [10, 0]], names="EI", types=["excitatory", "inhibitory"], tau=[1, 1],
    ...                            activation=activation("logistic"))
    >>> found = bifurcation_set(pair)
    >>> [len(found.of(kind)) for kind in ("fold", "hopf")]
    [2, 2]
    >>> [len(found.special(kind)) for kind in ("cusp", "bogdanov-takens")]
    [2, 4]
    """
    if isinstance(plane, str) or len(plane) != 2:
        raise VocabularyError(f"the plane is {plane!r}; name two parameters, as in ('u_E', 'u_I')")
    names = (plane[0], plane[1])
    if not isinstance(points, int) or points < 16:
        raise Unsupported(f"points is {points!r}; a curve needs a whole number of them, 16 or more")
    pair = _pair(circuit, names)
    found = _found(pair, points)
    curves: list[Curve] = []
    special = list(found.points)
    for traced in found.curves:
        parts = _curves(pair, traced)
        curves += parts
        if traced.relation is not None:
            special += [b for part in parts if part.kind == "hopf" for b in bautin_points(pair, part, traced.relation)]
        else:
            special += [b for part in parts if part.kind == "hopf" for b in _bautin(pair, part)]
    given = (_given(circuit, names[0]), _given(circuit, names[1]))
    return BifurcationSet(pair.circuit, pair.plane, tuple(curves), tuple(special), found.complete, found.open, given)


def _given(circuit: Circuit, name: str) -> float | None:
    """The value that the circuit has of a parameter that the plane leaves free."""
    whole = circuit.fixed()
    value = dict(whole.values).get(name)
    if value is None and name in whole.inputs:
        value = whole.populations[whole.inputs.index(name)].input
    return float(value) if value is not None and value.is_number else None


def _found(pair: Pair, points: int) -> Found:
    if pair.inputs_only:
        return input_plane(pair, points)
    if pair.slots[0].row == pair.slots[1].row:
        return row_plane(pair, points)
    return section_plane(pair, points)


def _bautin(pair: Pair, hopf: Curve) -> list[SpecialPoint]:
    """In balls where the curve is explicit in a rate, which its trace decides alone otherwise; else in doubles."""
    row = pair.slots[0].row
    explicit = row == pair.slots[1].row and any(slot.column == row for slot in pair.slots)
    return row_bautin(pair, 1 - row, hopf) if explicit else _between(hopf)


def _between(curve: Curve) -> list[SpecialPoint]:
    """Where the Lyapunov coefficient changes its sign between two points, by its secant."""
    found = []
    value = curve.lyapunov
    for k in np.flatnonzero(np.sign(value[1:]) * np.sign(value[:-1]) < 0).tolist():
        share = value[k] / (value[k] - value[k + 1])
        (p, q), (x, y) = (
            (float(a), float(b)) for a, b in (f[k] + share * (f[k + 1] - f[k]) for f in (curve.parameters, curve.rates))
        )
        found.append(SpecialPoint("bautin", (p, q), (x, y), None, "numerical"))
    return found


def _curves(pair: Pair, traced: Traced) -> list[Curve]:
    """The curve in the parameters, clipped to their domain, with frequency and criticality where it is a Hopf curve."""
    parameters = np.empty_like(traced.entries)
    keep = np.asarray(np.isfinite(traced.entries).all(axis=1), dtype=bool)
    for k, slot in enumerate(pair.slots):
        entry = traced.entries[:, k]
        if slot.sign is not None:
            keep &= entry * slot.sign >= 0
        parameters[:, k] = (entry - float(slot.start)) / float(slot.scale)
    together = np.concatenate([parameters, traced.rates, traced.entries], axis=1)
    found = []
    for run, closed in pieces(together, keep, traced.closed):
        places, rates, entries = run[:, :2], run[:, 2:4], run[:, 4:]
        omega, lyapunov = _EMPTY, _EMPTY
        if traced.kind == "hopf":
            omega = np.sqrt(np.maximum(_determinant(pair, rates, entries), 0.0))
            moved = [k for k in range(2) if pair.slots[k].column is not None]
            law = coefficient(pair.circuit, tuple(pair.plane[k] for k in moved))
            lyapunov = law.at((rates[:, 0], rates[:, 1]), [places[:, k] for k in moved])
        found.append(Curve(traced.kind, places, rates, omega, lyapunov, closed))
    return found


def _determinant(pair: Pair, rates: Floats, entries: Floats) -> Floats:
    """The determinant of the Jacobian."""
    w = weights_along(pair, entries)
    s = [gain.slope(rates[:, i]) for i, gain in enumerate(pair.gains)]
    below = float(pair.tau[0] * pair.tau[1])
    values: Floats = ((1 - s[0] * w[0][0]) * (1 - s[1] * w[1][1]) - s[0] * s[1] * w[0][1] * w[1][0]) / below
    return values


def weights_along(pair: Pair, entries: Floats) -> list[list[Any]]:
    """The entries of W, a number or an array along a curve."""
    w: list[list[Any]] = [[float(0 if v is None else v) for v in row] for row in pair.W]
    for k, slot in enumerate(pair.slots):
        if slot.column is not None:
            w[slot.row][slot.column] = entries[:, k]
    return w
