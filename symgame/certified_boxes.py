"""Every solution of ``z = u + W phi(z)`` in a box, each in a box of its own with proof: contraction, exclusion, cuts.

For the equations ``G(z) = z - u - W phi(z) = 0`` every slope matrix of G over a box lies in the ball matrix
``I - W S``, S the diagonal of enclosures of phi'. A box is

* contracted by ``z_i in u_i + sum_j W_ij phi_j(z_j)`` and by interval Newton steps with the inverse of the middle of
  ``I - W S``, by the mean value form where that is singular on the box; if nothing is left, it has no solution;
* *regular* when the preconditioned ball matrix is strictly diagonally dominant: it then has at most one solution;
* a proof of exactly one solution when Krawczyk's operator maps it into its interior;
* cut in two otherwise. What is left at the least width stays *open*.

Solutions on the face of a box are found in a box around them, so that faces never matter.

Source: R. E. Moore, R. B. Kearfott and M. J. Cloud, Introduction to Interval Analysis (SIAM, 2009), ch. 8;
A. Neumaier, Interval Methods for Systems of Equations (Cambridge, 1990), ch. 5.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import flint
from flint import arb, arb_mat

from symgame.sections import Section

Box = tuple[arb, ...]

#: Boxes that one search may look at.
MOST_BOXES = 20_000
#: A box whose radii are less than this share of ``1 + |z|`` is not cut any more.
LEAST = arb(2) ** -34


@dataclass(frozen=True, eq=False)
class Equations:
    """``z = u + W phi(z)``: rows of W and u as balls, a section for each unknown."""

    W: tuple[tuple[arb, ...], ...]
    u: tuple[arb, ...]
    sections: tuple[Section, ...]

    @property
    def n(self) -> int:
        return len(self.u)

    def rates(self, box: Box) -> list[arb]:
        return [part.rate(z) for part, z in zip(self.sections, box, strict=True)]

    def slopes(self, box: Box) -> list[arb]:
        return [part.slope(z) for part, z in zip(self.sections, box, strict=True)]

    def total(self, i: int, rates: Sequence[arb]) -> arb:
        """``u_i + sum_j W_ij x_j``."""
        return sum((w * x for w, x in zip(self.W[i], rates, strict=True) if not w.is_zero()), self.u[i])

    def slope_matrix(self, box: Box) -> tuple[arb_mat, list[arb]]:
        """``I - W S`` over the box, and the diagonal of S."""
        slopes = self.slopes(box)
        n = range(self.n)
        return arb_mat([[(i == j) - self.W[i][j] * slopes[j] for j in n] for i in n]), slopes

    def residual(self, point: Box) -> arb_mat:
        rates = self.rates(point)
        return arb_mat([[z - self.total(i, rates)] for i, z in enumerate(point)])


@dataclass(frozen=True, eq=False)
class Root:
    """``place`` contains exactly one solution, and so does the larger ``region``: they are the same."""

    region: Box
    place: Box


@dataclass(frozen=True, eq=False)
class Found:
    """All solutions in the box that was searched are the ``roots`` and what the ``open`` boxes may hold.

    With ``ended`` the search looked at as many boxes as it may, so that open ones need not be special.
    """

    roots: tuple[Root, ...]
    open: tuple[Box, ...]
    ended: bool = False


def roots_in(equations: Equations, start: Box, most: int = MOST_BOXES) -> Found:
    """Every solution in the box, at the precision of the moment, which should be some hundred bits.

    >>> from symgame.kinds import activation
    >>> from symgame.sections import sections
    >>> unit = Equations(((arb(8),),), (arb(-3),), sections(activation("logistic")))
    >>> found = roots_in(unit, (arb(0, 10),))
    >>> sorted(round(float(root.place[0].mid()), 6) for root in found.roots), found.open
    ([-2.207038, -1.340255, 4.943359], ())
    """
    queue = deque([start])
    roots: list[Root] = []
    undecided: list[Box] = []
    seen = 0
    while queue:
        seen += 1
        contracted = _contracted(equations, queue.popleft())
        if contracted is None:
            continue
        box, slopes, regular = contracted
        if any(_inside(box, root.region) for root in roots):
            continue
        if regular:
            root = proved_root(equations, box)
            if root is not None and _settled(equations, box, root, roots):
                continue
        if seen > most or _narrow(box):
            undecided.append(box)
            continue
        queue.extend(_cut(equations, box, slopes))
    # a box that was left open may lie where a solution was found afterwards
    undecided = [box for box in undecided if not any(_inside(box, root.region) for root in roots)]
    return Found(tuple(roots), _merged(undecided), seen > most)


def _settled(equations: Equations, box: Box, root: Root, roots: list[Root]) -> bool:
    """Keep a proved root unless it is known; whether nothing else can be in the box."""
    known = next((old for old in roots if same_root(equations, old, root)), None)
    if known is None:
        if any(_overlap(old.place, root.place) for old in roots):
            return False  # two proofs that cannot be told apart at this precision: cut on
        roots.append(root)
    return _inside(box, root.region) or is_regular(equations, _hull(box, root.place))


def same_root(equations: Equations, one: Root, other: Root) -> bool:
    """Whether two proofs are of the same solution: their places meet, and one box around both is regular."""
    if not _overlap(one.place, other.place):
        return False
    return (
        _inside(one.place, other.region)
        or _inside(other.place, one.region)
        or is_regular(equations, _hull(one.place, other.place))
    )


# -- one box ----------------------------------------------------------------------------------------------------------


def _contracted(equations: Equations, box: Box) -> tuple[Box, list[arb], bool] | None:
    """The part of a box that may hold solutions, the slopes on it, and whether it is regular; ``None``: no part."""
    while True:
        before = box
        swept = _swept(equations, box)
        if swept is None:
            return None
        step = _newton(equations, swept)
        if step is None:
            return None
        box, slopes, regular = step
        wide = [(now, then) for now, then in zip(box, before, strict=True) if not _narrow((now,))]
        if not any(now.rad() < arb(3) / 4 * then.rad() for now, then in wide):
            # one step may have come all the way: what is narrow now was judged when it was wide
            return box, slopes, regular or (_narrow(box) and is_regular(equations, box))


def _swept(equations: Equations, box: Box) -> Box | None:
    """Each total input cut to what the rates make of it."""
    rates = equations.rates(box)
    narrowed = list(box)
    for i, part in enumerate(equations.sections):
        total = equations.total(i, rates)
        if not total.overlaps(narrowed[i]):
            return None
        better = total.intersection(narrowed[i])
        if better.rad() < narrowed[i].rad():
            narrowed[i] = better
            rates[i] = part.rate(better)
    return tuple(narrowed)


def _newton(equations: Equations, box: Box) -> tuple[Box, list[arb], bool] | None:
    """One step of Newton's method for boxes, component by component; whether the box was regular."""
    matrix, slopes = equations.slope_matrix(box)
    middle = tuple(z.mid() for z in box)
    inverse = _inverse(matrix)
    if inverse is None:
        return box, slopes, False
    shaped = inverse * matrix
    shift = inverse * equations.residual(middle)
    narrowed = list(box)
    for i in range(equations.n):
        pivot = shaped[i, i]
        rest = sum(
            (shaped[i, j] * (narrowed[j] - middle[j]) for j in range(equations.n) if j != i),
            shift[i, 0],
        )
        if pivot.contains(0):
            value = rest + pivot * (narrowed[i] - middle[i])  # mean-value form: decides near a fold, error width^2
            if value.is_finite() and not value.contains(0):
                return None
            continue
        better = middle[i] - rest / pivot
        if not better.is_finite():
            continue
        if not better.overlaps(narrowed[i]):
            return None
        narrowed[i] = better.intersection(narrowed[i])
    return tuple(narrowed), slopes, _dominant(shaped)


def _inverse(matrix: arb_mat) -> arb_mat | None:
    try:
        return matrix.mid().inv().mid()
    except ZeroDivisionError:
        return None


def _dominant(matrix: arb_mat) -> bool:
    """Strictly diagonally dominant whatever the balls stand for, hence regular."""
    n = matrix.nrows()
    return all(
        matrix[i, i].abs_lower() > sum((matrix[i, j].abs_upper() for j in range(n) if j != i), arb(0)) for i in range(n)
    )


def is_regular(equations: Equations, box: Box) -> bool:
    """A proof that the box holds at most one solution."""
    matrix, _ = equations.slope_matrix(box)
    inverse = _inverse(matrix)
    return inverse is not None and _dominant(inverse * matrix)


def proved_root(equations: Equations, box: Box) -> Root | None:
    """A solution in a box around this one, with proof that there is exactly one; as sharp as the precision allows."""
    for widening in (arb(1) / 8, arb(4)):
        region = tuple(_widened(z, widening) for z in box)
        image = krawczyk(equations, region)
        if image is not None and all(region[i].contains_interior(image[i]) for i in range(equations.n)):
            return Root(region, sharpened(equations, image))
    return None


def _widened(z: arb, share: arb) -> arb:
    least = (1 + abs(z.mid())) * arb(2) ** (-60)
    return arb(z.mid(), z.rad() * (1 + share) + least)


def krawczyk(equations: Equations, box: Box) -> Box | None:
    """``c - Y G(c) + (I - Y A)(box - c)``: every solution in the box lies there; inside the box, there is just one."""
    matrix, _ = equations.slope_matrix(box)
    inverse = _inverse(matrix)
    if inverse is None:
        return None
    n = equations.n
    middle = tuple(z.mid() for z in box)
    shift = inverse * equations.residual(middle)
    shaped = inverse * matrix
    return tuple(
        middle[i] - shift[i, 0] + sum((((i == j) - shaped[i, j]) * (box[j] - middle[j]) for j in range(n)), arb(0))
        for i in range(n)
    )


def sharpened(equations: Equations, box: Box) -> Box:
    """A box with exactly one solution, as small as Krawczyk's operator makes it at the precision of the moment."""
    least = arb(2) ** -flint.ctx.prec  # round a solution at 0, balls would shrink for ever
    while not all(z.rad() <= least for z in box):
        image = krawczyk(equations, box)
        if image is None or not _overlap(image, box):
            return box
        better = tuple(a.intersection(b) for a, b in zip(image, box, strict=True))
        # a ball round 0 halves for ever, another stops at its rounding error: each must be done in its own way
        if all(then.rad() <= least or not now.rad() < then.rad() / 2 for now, then in zip(better, box, strict=True)):
            return better
        box = better
    return box


# -- boxes ------------------------------------------------------------------------------------------------------------


def _narrow(box: Box) -> bool:
    return all(z.rad() <= LEAST * (1 + abs(z.mid())) for z in box)


def _cut(equations: Equations, box: Box, slopes: list[arb]) -> list[Box]:
    """Two halves, across the unknown whose slope varies most over the box, weighed by what it drives."""
    reach = [max((row[j].abs_upper() for row in equations.W), default=arb(0)) for j in range(equations.n)]
    smear = [float(slopes[j].rad() * reach[j] * box[j].rad()) for j in range(equations.n)]
    widths = [float(z.rad() / (1 + abs(z.mid()))) for z in box]
    wide = [j for j in range(equations.n) if widths[j] > float(LEAST)]
    at = max(wide, key=lambda j: (smear[j], widths[j]))
    z = box[at]
    return [(*box[:at], half, *box[at + 1 :]) for half in (z.lower().union(z.mid()), z.mid().union(z.upper()))]


def _inside(box: Box, other: Box) -> bool:
    return all(b.contains(a) for a, b in zip(box, other, strict=True))


def _overlap(one: Box, other: Box) -> bool:
    return all(a.overlaps(b) for a, b in zip(one, other, strict=True))


def _hull(one: Box, other: Box) -> Box:
    return tuple(a.union(b) for a, b in zip(one, other, strict=True))


def _merged(boxes: list[Box]) -> tuple[Box, ...]:
    """Boxes that touch, or nearly do, as one."""
    merged: list[Box] = []
    for box in (tuple(arb(z.mid(), z.rad() + 16 * LEAST * (1 + abs(z.mid()))) for z in each) for each in boxes):
        while True:
            near = next((k for k, other in enumerate(merged) if _overlap(box, other)), None)
            if near is None:
                merged.append(box)
                break
            box = _hull(box, merged.pop(near))
    return tuple(merged)
