"""The lower levels of the tree of choices walked depth first by one compiled loop, where numba is installed.

The same tableaux, the same proved bounds and the same tests as :mod:`symgame.tableau` and :mod:`symgame.choices`, which
explain them, one node at a time: a stack holds one tableau per level, columns stay where they are, and a population put
on ``x = 0`` shares the tableau above it. Below the levels where narrowing the boxes pays, rows are only tested; at the
leaves row by row, until one fails. So other nodes are visited than by NumPy, and the same equilibria are left.

Every function here is plain Python, which :func:`compiled` hands to numba; run as it stands it does the same, slowly.
Constants are compiled in: numba's cache on disk knows this file only, so a change of theirs elsewhere must touch it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from symgame.tableau import LARGEST, SAFE, SLACK, TINY, UNIT, Floats

Integers = NDArray[np.int64]

WIDER = 1.0 + 2.0**-40
ETA, ETA_U, SIZE, SHIFT, GAINS, LEVELS = range(6)
#: Columns of ``Stack.slots``: the levels where the tableau with its weights, the constants and the box are kept.
HOME, BASE, BOX = range(3)
#: What ``Stack.cursor`` holds: the next top node, the level (or -1), the level of the top, nodes kept.
TOP, LEVEL, FIRST, KEPT = range(4)


class Rules(NamedTuple):
    """The circuit: ``slope[i, k]`` and so on of piece k of population i, ``counts[i]`` pieces.

    ``linked[level, j, a]`` is 0.0 where the entry to a from j is exactly 0, else 1.0. ``effort[level]`` says whether
    nodes there are narrowed (2), tested (1) or neither.
    """

    counts: Integers
    slope: Floats
    intercept: Floats
    least: Floats
    most: Floats
    rate_low: Floats
    rate_high: Floats
    linked: Floats
    effort: Integers
    norm: float
    steep: float


class Stack(NamedTuple):
    """One node per level: ``T[slot, j, a]``, ``t[slot, a]`` and what bounds their errors, see
    :class:`symgame.tableau.Tableaux`.

    ``waiting[level]`` are how many populations wait for a safe pivot, and which; ``branch[level]`` is the piece to be
    tried next; ``places``, ``least`` and ``most`` are those of the populations decided on the path. The rest is
    scratch.
    """

    T: Floats
    t: Floats
    weight: Floats
    low: Floats
    high: Floats
    bounds: Floats
    slots: Integers
    waiting: Integers
    branch: Integers
    places: NDArray[np.uint8]
    least: Floats
    most: Floats
    multipliers: Floats
    scratch: Floats
    cursor: Integers


class Top(NamedTuple):
    """The nodes to start from, as in :class:`symgame.tableau.Tableaux`."""

    T: Floats
    t: Floats
    low: Floats
    high: Floats
    places: NDArray[np.uint8]
    weight: Floats
    bounds: Floats
    columns: Integers


# -- the bounds, node by node -----------------------------------------------------------------------------------------


def entry_error(b: Floats) -> float:
    """What a weight is multiplied by to bound the errors of a row of T."""
    return (b[ETA] * (1.0 + b[GAINS] * b[SIZE]) + TINY) * SLACK  # type: ignore[no-any-return]


def constant_error(b: Floats) -> float:
    """What a weight is multiplied by to bound the error of an entry of t."""
    return (b[ETA_U] + b[ETA] * (b[GAINS] * b[SHIFT] + b[LEVELS]) + TINY) * SLACK  # type: ignore[no-any-return]


def backward(n: int, norm: float, steep: float, eta: float, before: float, local: float) -> float:
    """``before`` after a step whose result is off by ``local``."""
    return (before + (1.0 + (norm + n * steep * eta)) * local) * SLACK + TINY


def copied(source: Any, target: Any) -> None:
    """Element by element: a copy of slices would go through memory of its own."""
    for a in range(source.size):
        target[a] = source[a]


def top_size(column: Floats) -> float:
    largest = 0.0
    for a in range(column.size):
        v = abs(column[a])
        largest = v if v > largest else largest
    return largest


def spread(up: float, down: float, low: float, high: float) -> tuple[float, float, float, float]:
    """What ``T x`` adds above and below for ``down <= T <= up`` and a rate in its box: widening and narrowing parts."""
    above = up * high if up > 0.0 else 0.0
    below = down * high if down < 0.0 else 0.0
    if low < 0.0:
        above += down * low if down < 0.0 else 0.0
        below += up * low if up > 0.0 else 0.0
        return above, below, 0.0, 0.0
    return above, below, (up * low if up < 0.0 else 0.0), (down * low if down > 0.0 else 0.0)


def outward(
    start: float, f: float, terms: int, above: float, below: float, less: float, more: float
) -> tuple[float, float]:
    """The bounds of a row from its constant and the sums of :func:`spread`, all roundings included."""
    rounding = 4 * UNIT * (terms + 4)
    upper = above * (1.0 + rounding) + less * (1.0 - rounding) + start
    lower = below * (1.0 + rounding) + more * (1.0 - rounding) + start
    room = 4 * UNIT * (abs(start) + max(abs(less), abs(more))) + f
    upper += room
    lower -= room
    return lower - 4 * UNIT * abs(lower), upper + 4 * UNIT * abs(upper)


# -- one elimination --------------------------------------------------------------------------------------------------


def prepared(rules: Rules, stack: Stack, at: int, i: int, s: float, c: float, level: int, after: Floats) -> Any:
    """The elimination of population i from the node at a level of the stack, on ``x = s z + c``: whether its pivot is
    safe, the constant and the factor of the weights; multipliers and new bounds are stored."""
    n = rules.counts.size
    home = stack.slots[at, HOME]
    T, b = stack.T[home], stack.bounds[at]
    e = stack.weight[home, i] * entry_error(b)
    own, t_i = T[i, i], stack.t[stack.slots[at, BASE], i]
    product = s * own
    p = 1.0 - product
    near = abs(p)
    doubt = (s * (e + 4 * UNIT * abs(own)) + 4 * UNIT * near) * SLACK + TINY
    if not (near >= SAFE * (1.0 + abs(product)) and near >= 4 * doubt and b[SIZE] < LARGEST and b[SHIFT] < LARGEST):
        return False, 0.0, 0.0
    Q = 0.0
    for j in range(level, n):
        m = s * T[j, i] / p
        stack.multipliers[j] = m
        Q = max(Q, abs(m))
    for w in range(1, stack.waiting[at, 0] + 1):
        j = stack.waiting[at, w]
        if j != i:
            m = s * T[j, i] / p
            stack.multipliers[j] = m
            Q = max(Q, abs(m))
    constant = (s * t_i + c) / p
    R = abs(constant)
    most = top_size(T[i]) if level < n else b[SIZE]
    inverse = 1.0 / near
    grown, shifted = (b[SIZE] + most * Q) * SLACK, (b[SHIFT] + most * R) * SLACK
    local = UNIT * (most * Q * (10 + 4 * inverse) + 2 * grown) * SLACK + TINY
    numerator = s * abs(t_i) + abs(c)
    local_t = UNIT * (most * (6 * numerator * inverse + R * (10 + 4 * inverse)) + 2 * shifted) * SLACK + TINY
    eta, eta_u = b[ETA], b[ETA_U]
    gains, levels = b[GAINS], b[LEVELS]
    after[ETA] = backward(n, rules.norm, rules.steep, eta, eta, local)
    after[ETA_U] = backward(n, rules.norm, rules.steep, eta, eta_u, local_t)
    after[SIZE] = grown
    after[SHIFT] = shifted
    after[GAINS] = (gains + s) * SLACK
    after[LEVELS] = (levels + abs(c)) * SLACK
    return True, constant, s * stack.weight[home, i] / (near - doubt)


def reduced(column: Floats, multiplier: float, source: Floats, target: Floats, largest: Floats) -> None:
    """``target = source + column multiplier``, and the largest modulus of each row so far."""
    for a in range(column.size):
        v = source[a] + column[a] * multiplier
        target[a] = v
        v = abs(v)
        largest[a] = v if v > largest[a] else largest[a]


def eliminate(
    rules: Rules, stack: Stack, at: int, k: int, i: int, constant: float, factor: float, e: float, after: Floats
) -> None:
    """The prepared elimination of population i from the node at level ``at``, written at level k."""
    n = rules.counts.size
    source, target, largest = stack.T[stack.slots[at, HOME]], stack.T[k], stack.scratch[0]
    column = source[i]
    largest[:] = 0.0
    for j in range(k, n):
        reduced(column, stack.multipliers[j], source[j], target[j], largest)
    for w in range(1, stack.waiting[at, 0] + 1):
        j = stack.waiting[at, w]
        if j != i:
            reduced(column, stack.multipliers[j], source[j], target[j], largest)
    size = top_size(largest)
    largest[:] = 0.0
    reduced(column, constant, stack.t[stack.slots[at, BASE]], stack.t[k], largest)
    weight, new = stack.weight[stack.slots[at, HOME]], stack.weight[k]
    for a in range(n):
        new[a] = ((abs(column[a]) + weight[a] * e) * factor + weight[a]) * SLACK
    b = stack.bounds[k]
    copied(after, b)
    if k < n or stack.waiting[at, 0] > 0:
        b[SIZE] = size
    b[SHIFT] = top_size(largest)
    stack.slots[k, HOME] = k
    stack.slots[k, BASE] = k


# -- one child --------------------------------------------------------------------------------------------------------


def own_misses(rules: Rules, stack: Stack, level: int, own: float, start: float, weight: float, b: Floats) -> bool:
    """Whether the total input of the population just decided is proved to miss its piece.

    Its new row is that of the node above plus ``own`` times the multipliers.
    """
    n, k = rules.counts.size, level + 1
    T = stack.T[stack.slots[level, HOME]]
    low, high = stack.low[stack.slots[level, BOX]], stack.high[stack.slots[level, BOX]]
    wide = 2.0 * (weight * entry_error(b)) + TINY
    above = below = less = more = 0.0
    many = stack.waiting[level, 0]
    for at in range(k, n + many):
        j = at if at < n else stack.waiting[level, at - n + 1]
        v = T[j, level]
        if own != 0.0:
            v += own * stack.multipliers[j]
        w = wide * rules.linked[k, j, level]
        up, down, narrower, higher = spread(v + w, v - w, low[j], high[j])
        above, below, less, more = above + up, below + down, less + narrower, more + higher
    lower, upper = outward(start, weight * constant_error(b), n - k + many, above, below, less, more)
    return bool(upper < stack.least[level] or lower > stack.most[level])


def leaf_misses(
    rules: Rules, stack: Stack, level: int, rising: bool, constant: float, factor: float, e: float, b: Floats
) -> bool:
    """Whether a total input is proved to miss its piece when every population is decided and none waits.

    Row by row: the constant and the weight of a row are computed when it is its turn.
    """
    home = stack.slots[level, HOME]
    column, t, weight = stack.T[home, level], stack.t[stack.slots[level, BASE]], stack.weight[home]
    f = constant_error(b)
    for a in range(rules.counts.size):
        start, w = t[a], weight[a]
        if rising:
            start += column[a] * constant
            w = ((abs(column[a]) + w * e) * factor + w) * SLACK
        elif constant != 0.0:
            start += column[a] * constant
        room = 4 * UNIT * abs(start) + w * f
        upper, lower = start + room, start - room
        if upper + 4 * UNIT * abs(upper) < stack.least[a] or lower - 4 * UNIT * abs(lower) > stack.most[a]:
            return True
    return False


def descends(rules: Rules, stack: Stack, level: int, place: int) -> bool:
    """The child of the node at a level with its next population on a piece: whether it may hold an equilibrium.

    It is written at the next level, unless that is a leaf.
    """
    n, k = rules.counts.size, level + 1
    s, c = rules.slope[level, place], rules.intercept[level, place]
    stack.places[level] = place
    stack.least[level], stack.most[level] = rules.least[level, place], rules.most[level, place]
    home, base, b = stack.slots[level, HOME], stack.slots[level, BASE], stack.bounds[level]
    after = stack.scratch[1, :6]
    many = stack.waiting[level, 0]
    column = stack.T[home, level]
    weight, start = stack.weight[home, level], stack.t[base, level]
    e = entry_error(b)
    if s == 0.0:
        copied(b, after)
        if c != 0.0:
            size = abs(c)
            largest = top_size(column)
            after[SHIFT] = (b[SHIFT] + largest * size) * SLACK
            after[LEVELS] = (b[LEVELS] + size) * SLACK
            local = UNIT * (4 * largest * size + 2 * after[SHIFT]) * SLACK + TINY
            after[ETA_U] = backward(n, rules.norm, rules.steep, b[ETA], b[ETA_U], local)
            start += column[level] * c
        if own_misses(rules, stack, level, 0.0, start, weight, after):
            return False
        if k == n and many == 0:
            return not leaf_misses(rules, stack, level, False, c, 0.0, e, after)
        copied(stack.slots[level], stack.slots[k])
        copied(stack.waiting[level, : many + 1], stack.waiting[k])
        copied(after, stack.bounds[k])
        if c != 0.0:
            stack.slots[k, BASE] = k
            source, target = stack.t[base], stack.t[k]
            for a in range(n):
                target[a] = source[a] + column[a] * c
    else:
        safe, constant, factor = prepared(rules, stack, level, level, s, c, k, after)
        if safe:
            own = column[level]
            w = ((abs(own) + weight * e) * factor + weight) * SLACK
            if own_misses(rules, stack, level, own, start + own * constant, w, after):
                return False
            if k == n and many == 0:
                return not leaf_misses(rules, stack, level, True, constant, factor, e, after)
            eliminate(rules, stack, level, k, level, constant, factor, e, after)
            stack.slots[k, BOX] = stack.slots[level, BOX]
            copied(stack.waiting[level, : many + 1], stack.waiting[k])
            if many > 0:
                settle(rules, stack, k)
        else:
            copied(stack.slots[level], stack.slots[k])
            copied(b, stack.bounds[k])
            copied(stack.waiting[level, : many + 1], stack.waiting[k])
            stack.waiting[k, 0] += 1
            stack.waiting[k, many + 1] = level
    if k == n or rules.effort[k] > 0:
        return possible(rules, stack, k)
    return True


def settle(rules: Rules, stack: Stack, k: int) -> None:
    """Every waiting population eliminated whose pivot has become safe, in place."""
    after = stack.scratch[1, :6]
    w = 1
    while w <= stack.waiting[k, 0]:
        i = stack.waiting[k, w]
        place = stack.places[i]
        e = entry_error(stack.bounds[k])
        safe, constant, factor = prepared(
            rules, stack, k, i, rules.slope[i, place], rules.intercept[i, place], k, after
        )
        if not safe:
            w += 1
            continue
        eliminate(rules, stack, k, k, i, constant, factor, e, after)
        last = stack.waiting[k, 0]
        for v in range(w, last):
            stack.waiting[k, v] = stack.waiting[k, v + 1]
        stack.waiting[k, 0] = last - 1
        w = 1


# -- tests of a whole node --------------------------------------------------------------------------------------------


def gathered(column: Floats, wide: Floats, linked: Floats, low: float, high: float, rows: int, sums: Floats) -> None:
    """One column added to the sums of :func:`spread`, for the first ``rows`` rows."""
    above, below, less, more = sums[0], sums[1], sums[2], sums[3]
    for a in range(rows):
        w = wide[a] * linked[a]
        up, down = column[a] + w, column[a] - w
        above[a] += (up if up > 0.0 else 0.0) * high
        below[a] += (down if down < 0.0 else 0.0) * high
    if low > 0.0:
        for a in range(rows):
            w = wide[a] * linked[a]
            up, down = column[a] + w, column[a] - w
            less[a] += (up if up < 0.0 else 0.0) * low
            more[a] += (down if down > 0.0 else 0.0) * low
    elif low < 0.0:
        for a in range(rows):
            w = wide[a] * linked[a]
            up, down = column[a] + w, column[a] - w
            above[a] += (down if down < 0.0 else 0.0) * low
            below[a] += (up if up > 0.0 else 0.0) * low


def possible(rules: Rules, stack: Stack, k: int) -> bool:
    """Whether no total input of the node at level k is proved to miss the piece it is on, or all pieces; its box
    narrowed where that pays."""
    n = rules.counts.size
    narrows = rules.effort[k] == 2
    rows = n if narrows else k
    many = stack.waiting[k, 0]
    T, t, weight = stack.T[stack.slots[k, HOME]], stack.t[stack.slots[k, BASE]], stack.weight[stack.slots[k, HOME]]
    low, high = stack.low[stack.slots[k, BOX]], stack.high[stack.slots[k, BOX]]
    wide, lower, upper, sums = stack.scratch[2], stack.scratch[3], stack.scratch[4], stack.scratch[5:9]
    e, f = entry_error(stack.bounds[k]), constant_error(stack.bounds[k])
    for a in range(rows):
        wide[a] = 2.0 * (weight[a] * e) + TINY
    sums[:] = 0.0
    for at in range(k, n + many):
        j = at if at < n else stack.waiting[k, at - n + 1]
        a0, a1, a2, a3 = sums[0, j], sums[1, j], sums[2, j], sums[3, j]
        gathered(T[j], wide, rules.linked[k, j], low[j], high[j], rows, sums)
        if j >= k:  # its own rate is dealt with below
            sums[0, j], sums[1, j], sums[2, j], sums[3, j] = a0, a1, a2, a3
    terms = n - k + many
    for a in range(k):
        lower[a], upper[a] = outward(t[a], weight[a] * f, terms, sums[0, a], sums[1, a], sums[2, a], sums[3, a])
        if upper[a] < stack.least[a] or lower[a] > stack.most[a]:
            return False
    for w in range(1, many + 1):
        if not solvable(rules, stack, k, stack.waiting[k, w]):
            return False
    if not narrows:
        return True
    for a in range(k, n):
        lower[a], upper[a] = outward(t[a], weight[a] * f, terms, sums[0, a], sums[1, a], sums[2, a], sums[3, a])
    over, under = sums[0], sums[1]
    for a in range(k):
        over[a] = (upper[a] - stack.least[a]) * WIDER + TINY
        under[a] = (stack.most[a] - lower[a]) * WIDER + TINY
    new_low, new_high = stack.low[k], stack.high[k]
    for at in range(k, n + many):
        j = at if at < n else stack.waiting[k, at - n + 1]
        least, most = narrowed(T[j], wide, over, under, low[j], high[j], k)
        if j >= k:
            smallest, largest = rate_bounds(rules, j, T[j, j], wide[j], lower[j], upper[j])
            least, most = max(least, smallest), min(most, largest)
        if least > most:
            return False
        new_low[j], new_high[j] = least, max(most, 0.0)
    stack.slots[k, BOX] = k
    return True


def narrowed(
    column: Floats, wide: Floats, over: Floats, under: Floats, low: float, high: float, rows: int
) -> tuple[float, float]:
    """The bounds of one rate, cut by the rows that have to stay on their pieces."""
    down = up = np.inf
    for a in range(rows):
        size = abs(column[a]) - wide[a]
        if size > wide[a]:
            first, second = (over[a], under[a]) if column[a] > 0.0 else (under[a], over[a])
            if first < down * size:
                down = first / size
            if second < up * size:
                up = second / size
    return (
        max(low, high - down * (1.0 + 1e-9) - 4 * UNIT * abs(high)),
        min(high, low + up * (1.0 + 1e-9) + 4 * UNIT * abs(low)),
    )


def rate_bounds(rules: Rules, i: int, own: float, wide: float, lower: float, upper: float) -> tuple[float, float]:
    """Bounds of ``x = phi_i(own x + r)``, r between two bounds; see ``Tree._rate``."""
    low, high = np.inf, -np.inf
    for q in range(rules.counts[i]):
        s, c = rules.slope[i, q], rules.intercept[i, q]
        if s == 0.0:
            shift = (abs(own) + wide) * abs(c) * WIDER
            if upper + shift < rules.least[i, q] or lower - shift > rules.most[i, q]:
                continue
            low, high = min(low, c), max(high, c)
            continue
        least, most = rules.rate_low[i, q], rules.rate_high[i, q]
        p = 1.0 - s * own
        if abs(p) > 1e-3 + 4 * s * wide:
            width = 2 * s * wide + 4 * UNIT * (1.0 + s * abs(own))
            first, last = s * lower + c, s * upper + c
            q1, q2, q3, q4 = first / (p - width), first / (p + width), last / (p - width), last / (p + width)
            smallest, largest = min(min(q1, q2), min(q3, q4)), max(max(q1, q2), max(q3, q4))
            room = 2.0**-300 + 1e-9 * abs(c)
            least = max(least, smallest - (1e-9 * abs(smallest) + room))
            most = min(most, largest + (1e-9 * abs(largest) + room))
        if least <= most:
            low, high = min(low, least), max(high, most)
    return low, high


def solvable(rules: Rules, stack: Stack, k: int, i: int) -> bool:
    """Whether the equation ``(1 - s T_ii) x = s r + c`` of a waiting rate can hold; see ``Tree._solvable``."""
    n = rules.counts.size
    s, c = rules.slope[i, stack.places[i]], rules.intercept[i, stack.places[i]]
    home = stack.slots[k, HOME]
    T, w = stack.T[home], stack.weight[home, i]
    low, high = stack.low[stack.slots[k, BOX]], stack.high[stack.slots[k, BOX]]
    wide = 2.0 * (w * entry_error(stack.bounds[k])) + TINY
    above = below = less = more = 0.0
    many = stack.waiting[k, 0]
    for at in range(k, n + many):
        j = at if at < n else stack.waiting[k, at - n + 1]
        if j != i:
            v, width = T[j, i], wide * rules.linked[n, j, i]
            up, down, narrower, higher = spread(v + width, v - width, low[j], high[j])
            above, below, less, more = above + up, below + down, less + narrower, more + higher
    f = w * constant_error(stack.bounds[k])
    lower, upper = outward(stack.t[stack.slots[k, BASE], i], f, n - k + many, above, below, less, more)
    own = T[i, i]
    p = abs(1.0 - s * own) + s * wide + 4 * UNIT * (1.0 + s * abs(own))
    room = max(abs(low[i]), abs(high[i])) * p * WIDER + 8 * UNIT * (s * max(abs(lower), abs(upper)) + abs(c)) + TINY
    return not (s * lower + c > room or s * upper + c < -room)


# -- the walk ---------------------------------------------------------------------------------------------------------


def load(stack: Stack, top: Top, node: int, first: int) -> None:
    """A node of the top written at its level."""
    n = stack.places.size
    for at in range(top.columns.size):
        j = top.columns[at]
        for a in range(n):
            stack.T[first, j, a] = top.T[at, a, node]
        stack.low[first, j], stack.high[first, j] = top.low[at, node], top.high[at, node]
    for a in range(n):
        stack.t[first, a] = top.t[a, node]
        stack.weight[first, a] = top.weight[a, node]
    for a in range(6):
        stack.bounds[first, a] = top.bounds[a, node]
    many = 0
    for at in range(top.columns.size):
        if top.columns[at] < first:
            many += 1
            stack.waiting[first, many] = top.columns[at]
    stack.waiting[first, 0] = many
    stack.slots[first] = first
    stack.branch[first] = 0


def walk(rules: Rules, stack: Stack, top: Top, stretch: int, leaves: NDArray[np.uint8]) -> int:
    """Goes on where ``stack.cursor`` stands, until ``stretch`` nodes are tried, ``leaves`` is full or all is done.

    Gives the number of leaves, choices of pieces that may hold an equilibrium. All is done when the level is -1 and
    every top node was taken.
    """
    n = rules.counts.size
    cursor = stack.cursor
    first, level = cursor[FIRST], cursor[LEVEL]
    found = tried = kept = 0
    while tried < stretch and found < leaves.shape[0]:
        if level < first:
            node = cursor[TOP]
            if node == top.t.shape[1]:
                level = -1
                break
            cursor[TOP] = node + 1
            for a in range(first):
                place = top.places[a, node]
                stack.places[a] = place
                stack.least[a], stack.most[a] = rules.least[a, place], rules.most[a, place]
            load(stack, top, node, first)
            level = first
        place = stack.branch[level]
        if place == rules.counts[level]:
            level -= 1
            continue
        stack.branch[level] = place + 1
        tried += 1
        if not descends(rules, stack, level, place):
            continue
        kept += 1
        if level + 1 < n:
            level += 1
            stack.branch[level] = 0
            continue
        for a in range(n):
            leaves[found, a] = stack.places[a]
        found += 1
    cursor[LEVEL] = level
    cursor[KEPT] += kept
    return found


PARTS: tuple[Callable[..., Any], ...] = (
    entry_error, constant_error, backward, copied, top_size, spread, outward, prepared, reduced, eliminate, own_misses,
    leaf_misses, descends, settle, gathered, possible, narrowed, rate_bounds, solvable, load,
)  # fmt: skip


@cache
def compiled() -> Callable[..., int] | None:
    """:func:`walk` compiled, or ``None`` without numba.

    Its first call compiles for about nine seconds, once on a machine: the result is kept on disk, next to this file or
    in the user's cache, and a later process reads it in a third of a second.
    """
    try:
        import numba
        from numba.extending import register_jitable
    except ImportError:
        return None
    options: dict[str, Any] = {"error_model": "numpy", "_nrt": False}
    for part in PARTS:  # inlined, since handing over a stack costs more than most of them do; nothing is allocated
        register_jitable(**options, forceinline=True)(part)
    made: Callable[..., int] = numba.njit(**options, cache=True, nogil=True)(walk)
    return made
