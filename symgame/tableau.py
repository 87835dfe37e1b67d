"""Many tableaux at once in doubles, each with a proved bound of its errors: the arithmetic of the enumeration.

A tableau says ``z = T x + t``: every total input in terms of the rates that are not eliminated yet. Putting a
population on a piece ``x = s z + c`` eliminates its rate, by ``p = 1 - s T_ii``,

    x_i = (s t_i + c + s sum_j T_ij x_j) / p,    T'_aj = T_aj + T_ai (s T_ij / p),    t'_a = t_a + T_ai (s t_i + c) / p,

which is a rank-one update.

The bound. A computed tableau is the exact one of a system with weights ``W + E`` and inputs ``u + d``: adding an error
D to the tableau is the same as adding ``(I - (W + E) F) D`` to the weights, F the slopes of the eliminated populations.
So ``eta >= |E|`` and ``eta_u >= |d|`` only ever grow by what one step rounds, times ``1 + |W F|``. The exact tableau
differs from the computed one by ``(I - W F)^-1 (E_U + E F T)``, and the moduli of row a of that inverse sum to at most
``w_a``, which a step with ``v = s T_i / p`` changes to ``w_a + |v_a| w_i``. No step multiplies all errors, as running
interval bounds do.

Rounding follows the standard model, ``fl(a op b) = (a op b)(1 + d)`` with ``|d| <= 2^-53`` (N. J. Higham, Accuracy and
Stability of Numerical Algorithms, ch. 2); a tiny absolute term covers underflow, and a factor slightly above 1 the
rounding of the bounds themselves.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Where = NDArray[Any]

UNIT = 2.0**-53
TINY = 2.0**-500
#: Every bound is a sum of a few hundred products of nonnegative doubles: their own rounding is far below this.
SLACK = 1.0 + 2.0**-40
#: A pivot smaller than this share of ``1 + |s T_ii|`` waits for other pivots to change it.
SAFE = 2.0**-8
#: Stands for "without bound" in interval sums; every finite number of a tableau stays far below it.
HUGE = 2.0**1000
LARGEST = 2.0**200


# the rows of ``Tableaux.bounds``
ETA, ETA_U, SIZE, SHIFT, GAINS, LEVELS = range(6)


@dataclass
class Tableaux:
    """``N`` tableaux: ``T[j, a, node]``, ``t[a, node]``, ``places[i, node]``, and what bounds their errors.

    ``columns`` are the populations whose rates are still unknown, each between ``low[j, node]`` and
    ``high[j, node] >= 0``, which are ``-HUGE`` and ``HUGE`` where there is no bound. ``weight[a, node]`` bounds the
    moduli of row a of ``(I - W F)^-1``, summed. ``bounds[:, node]`` holds eta, eta_u, bounds of the moduli in T and in
    t, and the sums of the slopes s and of the moduli of c over the populations that were put on ``x = s z + c``.
    ``norm`` is ``|W F|`` for the steepest slopes, ``steep`` the steepest of all.
    """

    columns: tuple[int, ...]
    T: Floats
    t: Floats
    low: Floats
    high: Floats
    places: NDArray[np.uint8]
    weight: Floats
    bounds: Floats
    norm: float
    steep: float

    @property
    def count(self) -> int:
        return int(self.t.shape[1])

    def taken(self, which: Where) -> Tableaux:
        """The nodes that an index array or a slice picks."""
        arrays: dict[str, Any] = {name: getattr(self, name)[..., which] for name in _ARRAYS}
        return replace(self, **arrays)

    @staticmethod
    def joined(parts: list[Tableaux]) -> Tableaux:
        """Nodes with the same columns in one."""
        if len(parts) == 1:
            return parts[0]
        arrays: dict[str, Any] = {
            name: np.concatenate([getattr(part, name) for part in parts], axis=-1) for name in _ARRAYS
        }
        return replace(parts[0], **arrays)

    def errors(self, rows: slice) -> tuple[Floats, Floats]:
        """``e[a, node] >= |T - exact|`` for those rows, and ``f[a, node] >= |t - exact|``."""
        return errors(self.bounds, self.weight[rows])


_ARRAYS = ("T", "t", "low", "high", "places", "weight", "bounds")


def errors(bounds: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """The bounds of the errors of rows of T and of t whose weights are given."""
    eta, eta_u, size, shift, gains, levels = bounds
    e = (eta * (1.0 + gains * size) + TINY) * SLACK
    return weight * e, weight * ((eta_u + eta * (gains * shift + levels) + TINY) * SLACK)


def root(W: Floats, u: Floats, steepest: Floats, box: tuple[Floats, Floats]) -> Tableaux:
    """The tableau before any choice: ``z = W x + u``, with the errors of rounding to doubles.

    ``steepest`` are upper bounds of the slopes of the populations, ``box`` the bounds of the rates.
    """
    n = len(u)
    norm = float((np.abs(W) * steepest).sum(axis=1).max(initial=0.0)) * SLACK
    size, shift = np.abs(W).max(initial=0.0), np.abs(u).max(initial=0.0)
    bounds = [size * (2 * UNIT) + TINY, shift * (2 * UNIT) + TINY, size, shift, 0.0, 0.0]
    return Tableaux(
        tuple(range(n)),
        np.ascontiguousarray(W.T)[:, :, None],
        u[:, None].copy(),
        box[0][:, None].copy(),
        box[1][:, None].copy(),
        np.zeros((n, 1), np.uint8),
        np.ones((n, 1)),
        np.array(bounds)[:, None],
        norm,
        float(steepest.max(initial=0.0)),
    )


def _without(array: Floats, at: int) -> Floats:
    return array[1:] if at == 0 else np.delete(array, at, axis=0)


def held(nodes: Tableaux, c: float) -> Tableaux:
    """The nodes with the rate of the first column set to the constant ``c``."""
    child = replace(nodes, columns=nodes.columns[1:], T=nodes.T[1:], low=nodes.low[1:], high=nodes.high[1:])
    if c == 0.0:
        return child
    column, size = nodes.T[0], abs(c)
    largest = np.abs(column).max(axis=0)
    bounds = nodes.bounds.copy()
    bounds[SHIFT] = (bounds[SHIFT] + largest * size) * SLACK
    bounds[LEVELS] = (bounds[LEVELS] + size) * SLACK
    local = UNIT * (4 * largest * size + 2 * bounds[SHIFT]) * SLACK + TINY
    bounds[ETA_U] = _backward(nodes, nodes.bounds[ETA_U], local)
    return replace(child, t=nodes.t + column * c, bounds=bounds)


def _backward(nodes: Tableaux, eta: Floats, local: Floats) -> Floats:
    """``eta`` after a step whose result is off by ``local``: pulled back through ``I - (W + E) F``."""
    norm = nodes.norm + len(nodes.t) * nodes.steep * nodes.bounds[ETA]
    grown: Floats = (eta + (1.0 + norm) * local) * SLACK + TINY
    return grown


@dataclass
class Pivot:
    """An elimination prepared: the multipliers ``s T_ij / p`` and ``(s t_i + c)/p``, and the bounds after it.

    ``factor`` says how weights grow: ``w_a + |T_ai + error| factor``.
    """

    at: int
    safe: NDArray[np.bool_]
    multipliers: Floats
    constant: Floats
    factor: Floats
    bounds: Floats


def pivot(nodes: Tableaux, at: int, s: float | Floats, c: float | Floats) -> Pivot:
    """The elimination of the rate of column ``at`` on ``x = s z + c`` with ``s > 0``; to be used where ``safe``."""
    i = nodes.columns[at]
    eta, eta_u, size, shift, gains, levels = nodes.bounds
    e = errors(nodes.bounds, nodes.weight[i])[0]
    row, t_i = nodes.T[:, i], nodes.t[i]
    own = row[at]
    product = s * own
    p = 1.0 - product
    near = np.abs(p)
    doubt = (s * (e + 4 * UNIT * np.abs(own)) + 4 * UNIT * near) * SLACK + TINY
    safe = (near >= SAFE * (1.0 + np.abs(product))) & (near >= 4 * doubt) & (size < LARGEST) & (shift < LARGEST)
    if not safe.all():
        p, near = np.where(safe, p, 1.0), np.where(safe, near, 1.0)
        doubt = np.where(safe, doubt, 0.0)
    multipliers = (s * _without(row, at)) / p
    constant = (s * t_i + c) / p
    Q, R = np.abs(multipliers).max(axis=0, initial=0.0), np.abs(constant)
    most, inverse = np.abs(nodes.T[at]).max(axis=0), 1.0 / near
    grown, shifted = (size + most * Q) * SLACK, (shift + most * R) * SLACK
    local = UNIT * (most * Q * (10 + 4 * inverse) + 2 * grown) * SLACK + TINY
    numerator = s * np.abs(t_i) + np.abs(c)
    local_t = UNIT * (most * (6 * numerator * inverse + R * (10 + 4 * inverse)) + 2 * shifted) * SLACK + TINY
    bounds = np.empty_like(nodes.bounds)
    bounds[ETA], bounds[ETA_U] = _backward(nodes, eta, local), _backward(nodes, eta_u, local_t)
    bounds[SIZE], bounds[SHIFT] = grown, shifted
    bounds[GAINS], bounds[LEVELS] = (gains + s) * SLACK, (levels + np.abs(c)) * SLACK
    factor = s * nodes.weight[i] / (near - doubt)
    return Pivot(at, safe, multipliers, constant, factor, bounds)


def grown(nodes: Tableaux, step: Pivot, rows: slice, which: Where | None = None) -> Floats:
    """The weights of some rows after the elimination."""
    weight, column, bounds, factor = nodes.weight[rows], nodes.T[step.at, rows], nodes.bounds, step.factor
    if which is not None:
        weight, column, bounds, factor = weight[:, which], column[:, which], bounds[:, which], factor[which]
    e = (bounds[ETA] * (1.0 + bounds[GAINS] * bounds[SIZE]) + TINY) * SLACK
    after: Floats = np.abs(column)
    after += weight * e
    after *= factor
    after += weight
    after *= SLACK
    return after


def eliminated(nodes: Tableaux, step: Pivot, which: Where) -> Tableaux:
    """The chosen nodes after the elimination; the choice must lie in ``step.safe``."""
    column = nodes.T[step.at][:, which]
    T = _without(nodes.T, step.at)[:, :, which]
    part = np.empty_like(column)
    for entries, multiplier in zip(T, step.multipliers[:, which], strict=True):
        np.multiply(column, multiplier, out=part)
        entries += part
    t = nodes.t[:, which] + column * step.constant[which]
    bounds = step.bounds[:, which]
    bounds[SHIFT] = np.maximum(t.max(axis=0), -t.min(axis=0))
    if len(T):
        bounds[SIZE] = np.maximum(T.max(axis=(0, 1)), -T.min(axis=(0, 1)))
    return replace(
        nodes,
        columns=nodes.columns[: step.at] + nodes.columns[step.at + 1 :],
        T=T,
        t=t,
        low=_without(nodes.low, step.at)[:, which],
        high=_without(nodes.high, step.at)[:, which],
        places=nodes.places[:, which],
        weight=grown(nodes, step, slice(None), which),
        bounds=bounds,
    )


def ranges(
    rows: Floats,
    start: Floats,
    errors: tuple[Floats, Floats],
    box: tuple[Floats, Floats],
    never: NDArray[np.bool_],
) -> tuple[Floats, Floats]:
    """Bounds of ``start + rows . x`` from below and above, over all rates of the box, errors included.

    ``rows[j, a, node]``, ``start[a, node]``, and so the two bounds of errors; ``box`` holds ``low[j, node]`` and
    ``high[j, node]``. ``never[j, a]`` marks entries that are to be left out: exactly 0 whatever was chosen.
    """
    e, f = errors
    widening, narrowing = np.zeros((2, *start.shape)), np.zeros((2, *start.shape))
    wide = 2.0 * e + TINY
    part, entry = np.empty_like(start), np.empty_like(start)  # reused: fresh memory costs more than the arithmetic
    some, whole = [bool(row.any()) for row in never], [bool(row.all()) for row in never]
    any_raised = False
    with np.errstate(over="ignore"):  # HUGE times a large entry: without bound, as it should be
        for j, (column, low, high) in enumerate(zip(rows, *box, strict=True)):
            if whole[j]:
                continue
            least, most = float(low.min(initial=0.0)), float(low.max(initial=0.0))
            for k, (shifted, far, near) in enumerate(_SIDES):
                shifted(column, wide, out=entry)
                if some[j]:
                    entry[never[j]] = 0.0
                far(entry, 0.0, out=part)
                if least < 0.0:
                    widening[1 - k] += part * np.minimum(low, 0.0)
                part *= high
                widening[k] += part
                if most > 0.0:
                    any_raised = True
                    near(entry, 0.0, out=part)
                    part *= np.maximum(low, 0.0)
                    narrowing[k] += part
    rounding = 4 * UNIT * (len(rows) + 4)  # the terms of each sum have one sign
    upper, lower = widening[0], widening[1]
    upper *= 1.0 + rounding
    lower *= 1.0 + rounding
    if any_raised:
        upper += narrowing[0] * (1.0 - rounding)
        lower += narrowing[1] * (1.0 - rounding)
    upper += start
    lower += start
    room = np.abs(start)
    if any_raised:
        room += np.maximum(np.abs(narrowing[0]), np.abs(narrowing[1]))
    room *= 4 * UNIT
    room += f
    upper += room
    lower -= room
    upper += 4 * UNIT * np.abs(upper)
    lower -= 4 * UNIT * np.abs(lower)
    return lower, upper


_SIDES = ((np.add, np.maximum, np.minimum), (np.subtract, np.minimum, np.maximum))


def narrowed(
    rows: Floats, errors: tuple[Floats, Floats], slack: tuple[Floats, Floats], box: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """The box cut by rows that have to stay within bounds: ``slack`` says how far each row reaches beyond them.

    With the greatest value of a row ``slack[0]`` above the least one allowed, a rate with the weight ``T > 0`` in it is
    at most ``slack[0] / T`` below its own bound; and so for the other sides. ``slack`` must be >= 0.
    """
    wide = 2.0 * errors[0] + TINY
    low, high = box[0].copy(), box[1].copy()
    for j, column in enumerate(rows):
        size = np.abs(column)
        size -= wide
        clear = size > wide
        size[~clear] = 1.0
        rises = column > 0.0
        with np.errstate(over="ignore"):
            for k, (bound, other) in enumerate(((low, box[1]), (high, box[0]))):
                reach = np.where(rises, slack[k], slack[1 - k])
                reach /= size
                reach[~clear] = np.inf
                far = reach.min(axis=0) * (1.0 + 1e-9)
                margin = 4 * UNIT * np.abs(other[j])
                if k:
                    np.minimum(bound[j], other[j] + far + margin, out=bound[j])
                else:
                    np.maximum(bound[j], other[j] - far - margin, out=bound[j])
    return low, high
