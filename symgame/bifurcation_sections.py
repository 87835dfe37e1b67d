"""Planes of two parameters of two rows, not both inputs: all zeros on every section, linked.

Each row gives its parameter by the two rates, so the set is where ``det(I - S W)`` or the trace, as a function of two
rates, is 0. On a section, where one rate is fixed, every zero in the other is found: parts without one are excluded by
intervals, parts where the function is strictly monotone have one if the signs at their ends differ, and what is neither
is cut again. So no curve that crosses a section is missed; where neighbouring sections have different numbers of
zeros a curve turns, and sections are added there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy import Expr

from symgame.bifurcation_boxes import Interval, box_function
from symgame.bifurcation_curves import CurveKind, Floats, SpecialPoint, pieces
from symgame.bifurcation_inputs import Found, Traced
from symgame.bifurcation_pairs import Pair
from symgame.bifurcation_rows import range_of, spread
from symgame.pieces import X

_LEVELS, _LEAST, _TURNS = 44, 2.0**-36, 9
#: Parts that are looked at together; sections whose parts become more than this without being decided stay open.
_TOGETHER, _MOST = 250_000, 1_000_000
_A, _B = sympy.Dummy("a"), sympy.Dummy("b")


@dataclass(frozen=True, eq=False)
class Condition:
    """A condition of the two rates: in doubles, with its derivatives in the second and the first, and on intervals."""

    value: Callable[..., Any]
    slope: Callable[..., Any]
    across: Callable[..., Any]
    box: Callable[..., Interval]
    box_slope: Callable[..., Interval]


@dataclass(frozen=True, eq=False)
class Laws:
    """What a plane asks: the two entries, the two conditions, and what tells their special points."""

    entries: Callable[..., Any]
    fold: Condition
    trace: Condition | None
    determinant: Callable[..., Any]
    turn: Callable[..., Any]


@lru_cache(maxsize=32)
def _laws(pair: Pair) -> Laws:
    rates = (_A, _B)
    W = [[sympy.Integer(0) if w is None else sympy.Rational(str(w)) for w in row] for row in pair.W]
    u = [sympy.Integer(0) if v is None else sympy.Rational(str(v)) for v in pair.u]
    s = [g.activation.slope_at_rate.xreplace({X: rates[i]}) for i, g in enumerate(pair.gains)]
    names = (sympy.Dummy("p"), sympy.Dummy("q"))
    tops, belows = [], []
    for slot in pair.slots:
        r = slot.row
        total = pair.gains[r].activation.inverse.xreplace({X: rates[r]})
        tops.append(total - sum(W[r][j] * rates[j] for j in range(2)) - u[r])
        belows.append(sympy.Integer(1) if slot.column is None else rates[slot.column])
    for name, slot in zip(names, pair.slots, strict=True):
        if slot.column is not None:
            W[slot.row][slot.column] = name
    t = [sympy.Rational(str(v)) for v in pair.tau]
    fold = (1 - s[0] * W[0][0]) * (1 - s[1] * W[1][1]) - s[0] * s[1] * W[0][1] * W[1][0]
    trace = (s[0] * W[0][0] - 1) / t[0] + (s[1] * W[1][1] - 1) / t[1]
    # at a cusp, with v = (s_0 W_01, 1 - s_0 W_00) and the gradient of det by the gains
    v = (s[0] * W[0][1], 1 - s[0] * W[0][0])
    D = W[0][0] * W[1][1] - W[0][1] * W[1][0]
    bend = [sympy.diff(s[i], rates[i]) for i in range(2)]
    turn = bend[0] * (s[1] * D - W[0][0]) * v[0] + bend[1] * (s[0] * D - W[1][1]) * v[1]
    entries = [top / below for top, below in zip(tops, belows, strict=True)]
    table = dict(zip(names, entries, strict=True))
    constant = W[0][0] == W[1][1] == 0
    clear = [slot.column is not None for slot in pair.slots]
    return Laws(
        sympy.lambdify(rates, entries, "numpy", cse=True),
        _condition(_put_in(fold, names, tops, belows, clear)),
        None if constant else _condition(_put_in(trace, names, tops, belows, clear)),
        sympy.lambdify(rates, fold.xreplace(table), "numpy", cse=True),
        sympy.lambdify(rates, turn.xreplace(table), "numpy", cse=True),
    )


def _put_in(
    e: Expr, names: Sequence[Expr], tops: Sequence[Expr], belows: Sequence[Expr], clear: Sequence[bool]
) -> Expr:
    """An expression at most linear in each name with quotients put in; times a denominator, a rate, that may be 0."""
    for name, top, below, cleared in zip(names, tops, belows, clear, strict=True):
        if name in e.free_symbols:
            slope, rest = sympy.diff(e, name), e.xreplace({name: sympy.Integer(0)})
            e = slope * top + rest * below if cleared else slope * top / below + rest
    return e


def _condition(e: Expr) -> Condition:
    slope = sympy.diff(e, _B)
    compiled = [sympy.lambdify((_A, _B), f, "numpy", cse=True) for f in (e, slope, sympy.diff(e, _A))]
    return Condition(compiled[0], compiled[1], compiled[2], box_function(e, _A, _B), box_function(slope, _A, _B))


def section_plane(pair: Pair, points: int) -> Found:
    """Folds, Hopf curves, neutral saddles, cusps and Bogdanov-Takens points, the other parameters numbers."""
    laws = _laws(pair)
    curves: list[Traced] = []
    special: list[SpecialPoint] = []
    undecided: list[str] = []
    for what, condition in (("fold", laws.fold), ("trace", laws.trace)):
        if condition is None:
            continue
        paths, left = _paths(pair, condition, points)
        if left:
            undecided.append(f"{what} 0 on {left} sections, where two zeros are closer than doubles tell")
        for path, closed in paths:
            with np.errstate(all="ignore"):
                entries = np.stack(np.broadcast_arrays(*laws.entries(path[:, 0], path[:, 1])), axis=1)
                test = np.asarray((laws.turn if what == "fold" else laws.determinant)(path[:, 0], path[:, 1]))
            kind: CurveKind = "fold"
            if what == "fold":
                curves += [Traced(kind, path, entries, closed)]
                special += _found_points(pair, laws, condition, path, test, "cusp")
                continue
            special += _found_points(pair, laws, condition, path, test, "bogdanov-takens")
            together = np.concatenate([path, entries], axis=1)
            for positive in (True, False):
                kind = "hopf" if positive else "neutral saddle"
                for run, whole in pieces(together, (test > 0) == positive, closed):
                    curves.append(Traced(kind, run[:, :2], run[:, 2:], whole))
    return Found(curves, special, ("fold", "hopf", "neutral saddle"), tuple(undecided))


def section(pair: Pair, kind: CurveKind, x: float) -> tuple[Floats, Floats]:
    """The rates and the entries of the plane of every fold, or point of trace 0, with this first rate.

    >>> from symgame.bifurcation_pairs import pair_of
    >>> from symgame.circuit import Circuit
    >>> plain = Circuit.from_matrix([["a", -2], [2, 0]], names="EI", u=[0, "u"], tau=[1, 1], activation="tanh")
    >>> rates, entries = section(pair_of(plain, ("a", "u")), "hopf", 0.5)
    >>> entries[:, 0].round(3), (2 / (1 - rates[:, 0] ** 2)).round(3)  # a = 2/s_E
    (array([2.667]), array([2.667]))
    """
    laws = _laws(pair)
    condition = laws.fold if kind == "fold" else laws.trace
    if condition is None:
        return np.empty((0, 2)), np.empty((0, 2))
    _, zeros, _ = _section_zeros(condition, np.array([x]), _starts(_inner(range_of(pair, 1))))
    rates = np.stack([np.full(len(zeros), x), zeros], axis=1)
    with np.errstate(all="ignore"):
        entries = np.stack(np.broadcast_arrays(*laws.entries(x, zeros)), axis=1)
    return rates, entries


# -- sections ---------------------------------------------------------------------------------------------------------


def _paths(pair: Pair, condition: Condition, points: int) -> tuple[list[tuple[Floats, bool]], int]:
    at = spread(pair.gains[0], *_inner(range_of(pair, 0)), points)
    start = _starts(_inner(range_of(pair, 1)))
    which, zeros, left = _section_zeros(condition, at, start)
    counts = np.bincount(which, minlength=len(at))
    left_out = int((np.bincount(left, minlength=len(at)) > 0).sum())
    here = np.flatnonzero(counts[1:] != counts[:-1])
    a, b, count_a = at[here], at[here + 1], counts[here]
    ats, wheres = [at], [(which, zeros)]
    for _ in range(_TURNS):
        if not len(a):
            break
        middle = (a + b) / 2
        which, zeros, left = _section_zeros(condition, middle, start)
        counts = np.bincount(which, minlength=len(middle))
        ats.append(middle)
        wheres.append((which, zeros))
        same = counts == count_a
        a, b = np.where(same, middle, a), np.where(same, b, middle)
    sections = _ordered(ats, wheres)
    linked = _linked(sections, (float(start[0]), float(start[-1])))
    return [(_filled(condition, path, points), closed) for path, closed in linked], left_out


def _inner(ends: tuple[float, float]) -> tuple[float, float]:
    """The range without what is nearer to its ends than doubles tell zeros apart."""
    low, high = ends
    edge = 2.0**-26 * min(high - low, 1.0)
    return low + edge, high - edge


def _filled(condition: Condition, path: Floats, points: int) -> Floats:
    """A path with more points where it is steep: the second rate is given there, and Newton finds the first."""
    far = 4 * max(float(np.ptp(path[:, 1])), 1e-12) / points
    gaps = np.ceil(np.minimum(abs(np.diff(path[:, 1])) / far, 200)).astype(int)
    after = np.repeat(np.arange(len(gaps)), gaps)
    share = np.concatenate([np.arange(n) / n for n in gaps if n]) if len(after) else np.empty(0)
    a, b = (path[after, k] + share * (path[after + 1, k] - path[after, k]) for k in range(2))
    new = share > 0
    x = a.copy()
    with np.errstate(all="ignore"):
        for _ in range(30):
            x = np.where(new, x - condition.value(x, b) / condition.across(x, b), x)
        reach = abs(path[after + 1, 0] - path[after, 0]) + abs(path[after + 1, 1] - path[after, 1])
        good = ~new | (abs(x - a) <= reach)
        again = condition.value(x, b) / condition.across(x, b)
        good &= ~new | (abs(again) <= 1e-14 * (1 + abs(x)))
    filled: Floats = np.concatenate([np.stack([x, b], axis=1)[good], path[-1:]])
    return filled


def _ordered(ats: list[Floats], wheres: list[tuple[NDArray[np.intp], Floats]]) -> list[tuple[float, Floats]]:
    """The sections in order of their rate, with their zeros in order."""
    sections = []
    for at, (which, zeros) in zip(ats, wheres, strict=True):
        order = np.lexsort((zeros, which))
        parts = np.split(zeros[order], np.cumsum(np.bincount(which, minlength=len(at)))[:-1])
        sections += list(zip(at.tolist(), parts, strict=True))
    return sorted(sections, key=lambda section: section[0])


def _starts(ends: tuple[float, float]) -> Floats:
    """Where the line is cut at first: evenly, and ever finer towards the ends."""
    low, high = ends
    if high - low > 64:
        far = high
        low_part = low + 2.0 ** np.arange(-30, np.log2(far - low))
        return np.unique(np.concatenate([[low], low_part, [high]]))
    fine = (high - low) * 2.0 ** -np.arange(5.0, 32.0, 5.0)
    return np.unique(np.concatenate([np.linspace(low, high, 17), low + fine, high - fine]))


def _section_zeros(
    condition: Condition, at: Floats, start: Floats
) -> tuple[NDArray[np.intp], Floats, NDArray[np.intp]]:
    """Which section, and where, for every zero; and the sections with a part that stays undecided."""
    size = max(_TOGETHER // len(start), 1)
    found = [_zeros_together(condition, at[k : k + size], start) for k in range(0, len(at), size)]
    first, last = (
        np.concatenate([np.empty(0, np.intp), *(part[n] + k * size for k, part in enumerate(found))]) for n in (0, 2)
    )
    return first, np.concatenate([np.empty(0), *(part[1] for part in found)]), last


def _zeros_together(
    condition: Condition, at: Floats, start: Floats
) -> tuple[NDArray[np.intp], Floats, NDArray[np.intp]]:
    which = np.repeat(np.arange(len(at)), len(start) - 1)
    low, high = np.tile(start[:-1], len(at)), np.tile(start[1:], len(at))
    found: list[tuple[Any, Any, Any]] = []
    least = _LEAST * (start[-1] - start[0] if start[-1] - start[0] < 64 else 1.0)
    for _ in range(_LEVELS):
        t = at[which]
        bottom, top = condition.box((t, t), (low, high))
        keep = (bottom <= 0) & (top >= 0)
        which, low, high, t = which[keep], low[keep], high[keep], t[keep]
        if not len(which):
            break
        bottom, top = condition.box_slope((t, t), (low, high))
        middle = low + (high - low) * 0.49
        mean_low, mean_high = condition.box((t, t), (middle, middle))
        with np.errstate(all="ignore"):
            reach = np.maximum(abs(bottom), abs(top)) * (high - low) * 0.52
            away = (mean_low > reach) | (mean_high < -reach)
        monotone = ((bottom > 0) | (top < 0)) & ~away
        a, b = _signs(condition, t, low), _signs(condition, t, high)
        crossing = monotone & (a * b < 0)
        decided = away | (monotone & (a * b != 0))
        found.append((which[crossing], low[crossing], high[crossing]))
        which, low, high, middle = which[~decided], low[~decided], high[~decided], middle[~decided]
        wide = high - low > least
        if not wide.any() or len(which) > _MOST:
            break
        stuck = which[~wide], low[~wide], high[~wide]
        which, low, high, middle = which[wide], low[wide], high[wide], middle[wide]
        which, low, high = np.tile(which, 2), np.concatenate([low, middle]), np.concatenate([middle, high])
        if len(stuck[0]):
            which, low, high = (np.concatenate(pair) for pair in zip((which, low, high), stuck, strict=True))
    sections = np.concatenate([which[:0], *(part[0] for part in found)])
    lows, highs = (np.concatenate([low[:0], *(part[k] for part in found)]) for k in (1, 2))
    return sections, _polished(condition, at[sections], lows, highs), which


def _signs(condition: Condition, t: Floats, x: Floats) -> Floats:
    """The sure sign at points, 0 where there is none."""
    bottom, top = condition.box((t, t), (x, x))
    return np.where(bottom > 0, 1.0, np.where(top < 0, -1.0, 0.0))


def _polished(condition: Condition, t: Floats, low: Floats, high: Floats) -> Floats:
    """Newton's method kept between two ends with different signs."""
    with np.errstate(all="ignore"):
        rising = condition.value(t, high) > 0
        x = (low + high) / 2
        for _ in range(60):
            value, slope = condition.value(t, x), condition.slope(t, x)
            above = (value > 0) == rising
            low, high = np.where(above, low, x), np.where(above, x, high)
            newton = x - value / slope
            inside = (newton > low) & (newton < high)
            after = np.where(inside, newton, (low + high) / 2)
            if np.all(abs(after - x) <= 2.0**-52 * abs(x)):
                break
            x = after
    answer: Floats = x
    return answer


# -- from zeros to curves ---------------------------------------------------------------------------------------------


def _linked(sections: list[tuple[float, Floats]], ends: tuple[float, float]) -> list[tuple[Floats, bool]]:
    """The zeros of neighbouring sections joined in order; where two appear or vanish inside, with each other."""
    joined: list[list[int]] = []
    places: list[tuple[float, float]] = []
    before: list[int] = []
    for t, zeros in sections:
        now = list(range(len(places), len(places) + len(zeros)))
        places += [(t, float(x)) for x in zeros]
        joined += [[] for _ in zeros]
        few, many = sorted((list(before), list(now)), key=len)
        spare = _spare(few, many, places, ends)
        for one, other in spare:
            if other is not None:
                joined[one].append(other)
                joined[other].append(one)
        gone = {k for pair in spare for k in pair}
        rest = [k for k in many if k not in gone]
        for one, other in zip(few, rest, strict=True):
            joined[one].append(other)
            joined[other].append(one)
        before = now
    where = np.array(places).reshape(-1, 2)
    return [(where[path], closed) for path, closed in _walks(joined) if len(path) > 1]


def _spare(
    few: list[int], many: list[int], places: list[tuple[float, float]], ends: tuple[float, float]
) -> list[tuple[int, int | None]]:
    """Which points of the longer list have no partner: neighbours that meet, or points that come from an end."""
    spare: list[tuple[int, int | None]] = []
    many = list(many)
    low, high = ends
    while len(many) > len(few):
        size = 2 if len(many) - len(few) > 1 else 1
        costs = []
        for k in range(len(many) - size + 1):
            rest = many[:k] + many[k + size :]
            gap = sum(abs(places[a][1] - places[b][1]) for a, b in zip(few, rest, strict=False))
            first, last = places[many[k]][1], places[many[k + size - 1]][1]
            away = min(first - low, high - first) if size == 1 else (first - low) + (high - last)
            meeting = last - first if size == 2 else away
            costs.append((gap + min(meeting, away), k, meeting < away))
        _, k, meet = min(costs)
        spare.append((many[k], many[k + 1] if meet else None))
        if size == 2 and not meet:
            spare.append((many[k + 1], None))
        del many[k : k + size]
    return spare


def _walks(joined: list[list[int]]) -> list[tuple[list[int], bool]]:
    """The paths of a graph in which no point has more than two neighbours, open ones first."""
    seen = [False] * len(joined)
    walks = []
    for ends in (True, False):
        for start in range(len(joined)):
            if seen[start] or (ends and len(joined[start]) > 1):
                continue
            path, at = [start], start
            seen[start] = True
            while True:
                following = next((k for k in joined[at] if not seen[k]), None)
                if following is None:
                    break
                seen[following] = True
                path.append(following)
                at = following
            closed = not ends
            walks.append(([*path, start] if closed else path, closed))
    return walks


# -- points -----------------------------------------------------------------------------------------------------------


def _found_points(
    pair: Pair, laws: Laws, condition: Condition, path: Floats, test: Floats, kind: Any
) -> list[SpecialPoint]:
    """Where the test changes its sign between neighbouring points of a path: Newton's method in both rates."""
    function = laws.turn if kind == "cusp" else laws.determinant
    found: list[SpecialPoint] = []
    with np.errstate(all="ignore"):
        for k in np.flatnonzero(np.sign(test[1:]) * np.sign(test[:-1]) < 0).tolist():
            share = test[k] / (test[k] - test[k + 1])
            x = path[k] + share * (path[k + 1] - path[k])
            step = np.maximum(abs(path[k + 1] - path[k]), 1e-9) * 1e-3
            for _ in range(12):
                value = np.array([condition.value(*x), function(*x)])
                columns = []
                for axis in range(2):
                    shift = np.zeros(2)
                    shift[axis] = min(step[axis], 1e-6)
                    forward = np.array([condition.value(*(x + shift)), function(*(x + shift))])
                    backward = np.array([condition.value(*(x - shift)), function(*(x - shift))])
                    columns.append((forward - backward) / (2 * shift[axis]))
                jacobian = np.stack(columns, axis=1)
                if not np.isfinite(jacobian).all() or abs(np.linalg.det(jacobian)) < 1e-300:
                    break
                x = x - np.linalg.solve(jacobian, value)
            near = np.linalg.norm(x - path[k]) <= 20 * np.linalg.norm(path[k + 1] - path[k]) + 1e-6
            if not near or abs(function(*x)) > 1e-6 * max(abs(test[k]), abs(test[k + 1]), 1e-30):
                continue
            entries = np.array(laws.entries(*x), dtype=float)
            weights = [e for slot, e in zip(pair.slots, entries, strict=True) if slot.column is not None]
            inside = all(s.sign is None or s.sign * e > 0 for s, e in zip(pair.slots, entries, strict=True))
            if not inside or min(map(abs, weights), default=1.0) < 1e-9:
                continue
            p, q = ((float(e) - float(s.start)) / float(s.scale) for e, s in zip(entries, pair.slots, strict=True))
            found.append(SpecialPoint(kind, (p, q), (float(x[0]), float(x[1])), None, "numerical"))
    return found
