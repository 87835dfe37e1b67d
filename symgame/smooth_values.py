"""Values at which a picture of a smooth pair has something to show: three equilibria, or one that oscillates.

Candidates come from short lists of simple fractions by the role of the symbol, weights in units of the inverse of the
steepest slope; no input is 0, where a silent population is on its kink. All of them are scored at once in floating
point, which only orders them; the counts and the stability of the ones that are taken are then certified by
:func:`symgame.numeric.solutions`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from symgame.algebra import algebra
from symgame.circuit import Circuit
from symgame.errors import BudgetExceeded, Unsupported
from symgame.numeric import solutions
from symgame.pieces import Z

Array = NDArray[np.float64]
Values = dict[str, Fraction]

STEPS, POINTS, TRIED = 24, 140, 8
FAR = 6.0  # how far the rates of an unbounded activation are searched


def _fractions(text: str) -> tuple[Fraction, ...]:
    return tuple(Fraction(word) for word in text.split())


#: What a symbol may be worth, by its role, the preferred value first; weights are in units of one over the slope.
CHOICES: dict[str, tuple[Fraction, ...]] = {
    "self-weight": _fractions("1/2 1 2"),
    "weight": _fractions("2 3 1 4 5 3/2"),
    "tau": _fractions("10 20 5"),
    "input": _fractions("1/2 1/4 -1/2"),
    "threshold": _fractions("1/2 1"),
    "gain": _fractions("4"),
    "k": _fractions("1 1/2"),
    "p": _fractions("2 3"),
    "parameter": _fractions("1 1/2"),
}


@dataclass(frozen=True)
class Scene:
    """Exact values of all symbols but the parameter, and one or two values of it, the smaller first."""

    values: Values
    at: tuple[Fraction, ...]


def scenes(circuit: Circuit, over: str, columns: Mapping[str, Sequence[Fraction]], own: Fraction | None) -> Iterator[
    Scene
]:
    """The scenes of a smooth pair, the best first, each with its counts of equilibria certified.

    ``columns`` holds a list of values for every symbol but ``over``, all of one length: candidate k is row k. ``own``
    is the value that ``over`` has already; the scene is then at it. Nothing comes where nothing was found.
    """
    if len(circuit.names) != 2 or circuit.form != "rate" or circuit.copies:
        return
    size = len(next(iter(columns.values()))) if columns else 1
    later = _later(columns)
    own_columns = {n: [*column] for n, column in columns.items()}
    grid = _grid(circuit, over, own_columns, size, own)
    try:
        three, moving, one = _counted(circuit, over, own_columns, grid)
    except (TypeError, ValueError, NameError):  # an activation that NumPy has no function for
        return
    score = 100.0 * three.any(1) + 100.0 * moving.any(1) + 6.0 * np.minimum(three.sum(1), 4)
    score = score + 6.0 * np.minimum(moving.sum(1), 4) - later
    score[~(three.any(1) | moving.any(1))] = -np.inf
    for k in np.argsort(-score, kind="stable")[:TRIED].tolist():
        if score[k] == -np.inf:
            return
        values = {n: column[k] for n, column in own_columns.items()}
        at = [_middle(grid[k], row[k]) for row in (three, moving) if row[k].any()]
        kinds = [kind for kind, row in (("three", three), ("moving", moving)) if row[k].any()]
        if len(at) == 1 and one[k].any():
            at.append(_nearest(grid[k], one[k], at[0]))
            kinds.append("one")
        if all(_certified(circuit, values, over, a, kind) for a, kind in zip(at, kinds, strict=True)):
            yield Scene(values, tuple(sorted(set(at))))


def _later(columns: Mapping[str, Sequence[Fraction]]) -> Any:
    """How far down its list of choices each candidate's values stand, all together."""
    if not columns:
        return 0.0
    places = [{v: k for k, v in enumerate(dict.fromkeys(sorted(c, key=_size)))} for c in columns.values()]
    rows = ([place[v] for v in c] for place, c in zip(places, columns.values(), strict=True))
    return np.array([*rows], dtype=float).sum(axis=0)


def _size(value: Fraction) -> tuple[int, Fraction]:
    """Plain numbers first: by denominator, then by size."""
    return value.denominator, abs(value)


def weight_unit(circuit: Circuit, values: Mapping[str, Fraction]) -> Fraction:
    """A power of two near one over the steepest slope of the first smooth population; 1 where slopes have no bound.

    >>> from symgame.kinds import activation
    >>> pair = Circuit.from_matrix([["w", -1], [1, 0]], names="EI", activation=activation("logistic"))
    >>> weight_unit(pair, {})
    Fraction(4, 1)
    """
    smooth = next(p.activation for p in circuit.populations if not p.activation.piecewise_linear)
    bound = smooth.lipschitz.xreplace({x: _rational(values[x.name]) for x in smooth.lipschitz.free_symbols})
    if not bound.is_finite or not bound.is_positive:
        return Fraction(1)
    power = round(float(np.log2(1 / float(bound))))
    return Fraction(2) ** power


def _rational(value: Fraction) -> sympy.Rational:
    return sympy.Rational(value.numerator, value.denominator)


def _grid(
    circuit: Circuit, over: str, columns: dict[str, list[Fraction]], size: int, own: Fraction | None
) -> list[list[Fraction]]:
    """Values of the parameter for each candidate; the weights among the columns are put into its unit."""
    weights = {x.name for x in circuit.W.free_symbols}
    signed = over in algebra(circuit).domain.signs
    rows: list[list[Fraction]] = []
    seen: dict[tuple[Fraction, ...], Fraction] = {}
    for k in range(size):
        values = {n: column[k] for n, column in columns.items()}
        key = tuple(values[n] for n in sorted(values) if n not in weights)
        unit = seen[key] if key in seen else seen.setdefault(key, weight_unit(circuit, values))
        for name in weights & set(columns):
            columns[name][k] *= unit
        step = Fraction(1, 4) * (unit if over in weights else 1)
        first = 1 if signed else 1 - STEPS // 2
        rows.append([own] if own is not None else [(first + n) * step for n in range(STEPS)])
    return rows


def _counted(
    circuit: Circuit, over: str, columns: Mapping[str, Sequence[Fraction]], grid: list[list[Fraction]]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Where, candidate by candidate along the grid, there are three equilibria, two of them stable; one, a focus or
    node that is unstable; one that is stable. In floating point."""
    names = [*columns, over]
    arguments = [np.array([float(v) for v in columns[n]])[:, None, None] for n in columns]
    arguments.append(np.array([[float(v) for v in row] for row in grid])[:, :, None])
    symbols = [sympy.Symbol(n, real=True) for n in names]
    shape = arguments[-1].shape

    def value(expression: sympy.Expr) -> Array:
        return np.broadcast_to(np.asarray(_compiled(symbols, expression)(*arguments), dtype=float), shape)

    W = [[value(circuit.W[i, j]) for j in range(2)] for i in range(2)]
    u, tau = ([value(getattr(p, key)) for p in circuit.populations] for key in ("input", "tau"))
    forms = [_compiled([Z, *symbols], p.activation.phi) for p in circuit.populations]
    slopes = [_compiled([Z, *symbols], p.activation.slope) for p in circuit.populations]
    ends = [[value(_end(e)) for e in (p.activation.domain.start, p.activation.domain.end)] for p in circuit.populations]
    i = 0 if circuit.W[0, 1] != 0 else 1
    j = 1 - i
    with np.errstate(all="ignore"):
        reach = [[W[i][n] * e for e in ends[n]] for n in range(2)]
        low = u[i] + sum(np.minimum(*pair) for pair in reach)
        high = u[i] + sum(np.maximum(*pair) for pair in reach)
        z = low + (high - low) * np.linspace(0, 1, POINTS)
        own = forms[i](z, *arguments)
        other = (z - u[i] - W[i][i] * own) / W[i][j]
        total = W[j][j] * other + W[j][i] * own + u[j]
        gap = forms[j](total, *arguments) - other
        s, t = slopes[i](z, *arguments), slopes[j](total, *arguments)
        trace = (s * W[i][i] - 1) / tau[i] + (t * W[j][j] - 1) / tau[j]
        det = (1 - s * W[i][i]) * (1 - t * W[j][j]) - s * t * W[i][j] * W[j][i]
    met = (gap[..., 1:] > 0) != (gap[..., :-1] > 0)
    met &= np.isfinite(gap[..., 1:]) & np.isfinite(gap[..., :-1])
    count = met.sum(-1)
    stable = (met & (trace[..., 1:] < 0) & (det[..., 1:] > 0)).sum(-1)
    moving = (met & (trace[..., 1:] > 0) & (det[..., 1:] > 0)).sum(-1)
    return (count == 3) & (stable == 2), (count == 1) & (moving == 1), (count == 1) & (stable == 1)


def _end(end: sympy.Expr) -> sympy.Expr:
    return sympy.Float(FAR) * sympy.sign(end) if end in (sympy.oo, -sympy.oo) else end


def _compiled(arguments: Sequence[sympy.Symbol], expression: sympy.Expr) -> Callable[..., Any]:
    table = {"amax": lambda v, axis=0: reduce(np.maximum, v), "amin": lambda v, axis=0: reduce(np.minimum, v)}
    made: Callable[..., Any] = sympy.lambdify(arguments, expression, modules=[table, "numpy"], dummify=True)
    return made


def _middle(grid: list[Fraction], flags: NDArray[np.bool_]) -> Fraction:
    """The middle of the longest run of true flags."""
    padded = np.concatenate([[False], flags, [False]]).astype(int)
    change = np.diff(padded)
    runs = list(zip(np.flatnonzero(change == 1).tolist(), np.flatnonzero(change == -1).tolist(), strict=True))
    first, last = max(runs, key=lambda run: (run[1] - run[0], -run[0]))
    return grid[(first + last - 1) // 2]


def _nearest(grid: list[Fraction], flags: NDArray[np.bool_], to: Fraction) -> Fraction:
    places = np.flatnonzero(flags).tolist()
    return min((grid[p] for p in places), key=lambda v: (abs(v - to), v))


def _certified(circuit: Circuit, values: Values, over: str, at: Fraction, kind: str) -> bool:
    try:
        found = solutions(circuit.with_values(**(values | {over: at})).fixed())
    except (Unsupported, BudgetExceeded):
        return False
    stable = [e.stable for e in found.equilibria]
    wanted = {"three": [False, True, True], "moving": [False], "one": [True]}[kind]
    return found.complete and None not in stable and sorted(map(bool, stable)) == wanted
