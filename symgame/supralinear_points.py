"""The equilibria of one component of a supralinear circuit: each is a real root of the polynomial of its case.

Everything that is asked of a point is the sign of an element of the field that its root generates. See
:mod:`symgame.supralinear` for the statements, of Nash classes above all, that are decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod

from flint import fmpq, fmpq_poly

from symgame.errors import Unsupported
from symgame.supralinear_cases import Case, characteristic, determinant, eliminated
from symgame.supralinear_numbers import RealRoot, midpoints, real_roots
from symgame.supralinear_spectrum import Spectrum, spectrum

#: The degree from which on a case is refused: powers of all active populations multiply into it.
MOST_DEGREE = 128
#: So many populations may be coupled: there are 2^n choices of active ones.
MOST_POPULATIONS = 8
#: From best to worst.
RANKS = ("global", "local", "stationary")
UNKNOWN = fmpq_poly([0, 1])
#: The field of the rational numbers, for the state in which nothing is active.
RATIONAL = RealRoot((0, 1), 0)


@dataclass(frozen=True)
class Component:
    """Coupled populations in rational numbers: ``h = u - theta``, and ``decay = 1/tau``."""

    names: tuple[str, ...]
    W: tuple[tuple[fmpq, ...], ...]
    h: tuple[fmpq, ...]
    k: tuple[fmpq, ...]
    p: tuple[int, ...]
    decay: tuple[fmpq, ...]


@dataclass(frozen=True)
class Point:
    """One equilibrium: rates and gains as polynomials in the root; ``determinant`` is the sign of det(I - S W).

    ``index`` and ``spectrum`` are ``None`` on a kink, and the index where f is degenerate on a threshold.
    """

    active: tuple[int, ...]
    rates: tuple[fmpq_poly, ...]
    gains: tuple[fmpq_poly, ...]
    root: RealRoot
    multiplicity: int
    determinant: int
    index: int | None
    spectrum: Spectrum | None
    nash: str


@dataclass(frozen=True)
class Continuum:
    """Equilibria for every v of some intervals: the rates as polynomials in v, what ``driver`` has above threshold."""

    active: tuple[int, ...]
    driver: int
    rates: tuple[fmpq_poly, ...]


def component_points(s: Component) -> Iterator[Point | Continuum]:
    """Every equilibrium of the component, once, with fewer active populations first."""
    n = len(s.names)
    if n > MOST_POPULATIONS:
        raise Unsupported(f"{n} populations are coupled; exact polynomials are for up to {MOST_POPULATIONS} of them")
    for size in range(n + 1):
        for active in combinations(range(n), size):
            yield from _points(s, active)


def _points(s: Component, active: tuple[int, ...]) -> Iterator[Point | Continuum]:
    case, silent = _case(s, active), [a for a in range(len(s.names)) if a not in active]
    det = determinant(case, s.W) if active else fmpq_poly([1])
    f = _scaled(case.equation, det)
    if not f:
        if _holds_somewhere(case, silent):
            yield Continuum(active, case.driver, case.rates)
        return
    for root, power in real_roots(f) if active else [(RATIONAL, 1)]:
        if all(root.sign(case.above[a]) > 0 for a in active):
            signs = {a: root.sign(case.above[a]) for a in silent}
            if max(signs.values(), default=0) <= 0:
                yield _point(s, case, root, power, f, det, [a for a in silent if signs[a] == 0])


def _case(s: Component, active: tuple[int, ...]) -> Case:
    """The case through the first driver that determines all others."""
    n = len(s.names)
    if not active:
        zeros = (fmpq_poly([0]),) * n
        return Case((), 0, tuple(fmpq_poly([v]) for v in s.h), zeros, zeros, UNKNOWN, ())
    named = ", ".join(s.names[a] for a in active)
    if prod(s.p[a] for a in active) > MOST_DEGREE:
        raise Unsupported(f"the polynomial of {named} has a degree above {MOST_DEGREE}; use lower powers")
    powers = [_monomial(k, p) for k, p in zip(s.k, s.p, strict=True)]
    slopes = [_monomial(k * p, p - 1) for k, p in zip(s.k, s.p, strict=True)]
    for driver in active:
        case = eliminated(s.W, s.h, powers, slopes, active, driver, UNKNOWN)
        if case is not None:
            return case
    raise Unsupported(
        f"with {named} active, no one of them determines the others row after row, so that there is no single "
        f"polynomial; symgame.solutions encloses the equilibria of such a circuit"
    )


def _monomial(k: fmpq, p: int) -> Callable[[fmpq_poly], fmpq_poly]:
    return lambda y: y**p * k


def _scaled(f: fmpq_poly, det: fmpq_poly) -> fmpq_poly:
    """The multiple of f with ``f' = det(I - S W)``; that there is one is an identity of polynomials, checked here."""
    slope = f.derivative()
    if not slope:
        assert not det, "the elimination lost the determinant"
        return f
    ratio = det.leading_coefficient() / slope.leading_coefficient()
    assert slope * ratio == det, "the elimination lost the determinant"
    return f * ratio


def _point(
    s: Component, case: Case, root: RealRoot, power: int, f: fmpq_poly, det: fmpq_poly, resting: Sequence[int]
) -> Point:
    """``resting`` are the silent populations exactly on their threshold: a kink for p = 1, smooth for p > 1."""
    kink = any(s.p[a] == 1 for a in resting)
    sign = root.sign(det)
    index = None if kink else sign or (None if resting else _crossing(root, power, f))
    rates, gains = (tuple(root.reduced(x) for x in row) for row in (case.rates, case.gains))
    nash = max((_nash(s, case, root, a) for a in range(len(s.names))), key=RANKS.index)
    spectrum_ = None if kink else _spectrum(s, case, root)
    return Point(case.active, rates, gains, root, power, sign, index, spectrum_, nash)


def _crossing(root: RealRoot, power: int, f: fmpq_poly) -> int:
    """The sign of f above a root of that multiplicity where f changes sign, 0 where it does not."""
    if power % 2 == 0:
        return 0
    for _ in range(power):
        f = f.derivative()
    return root.sign(f)


def _spectrum(s: Component, case: Case, root: RealRoot) -> Spectrum:
    """Of ``diag(1/tau)(S W - I)``: the active block, and a decay for every silent population."""
    block = [[(case.gains[a] * s.W[a][b] - int(a == b)) * s.decay[a] for b in case.active] for a in case.active]
    return spectrum(root, characteristic(block), [d for a, d in enumerate(s.decay) if a not in case.active])


def _nash(s: Component, case: Case, root: RealRoot, a: int) -> str:
    """How good the rate of population a is for it."""
    own = s.W[a][a]
    if (own * s.k[a] <= 1) if s.p[a] == 1 else (own <= 0):
        return "global"
    if a in case.active:
        return "local" if root.sign(1 - case.gains[a] * own) > 0 else "stationary"
    return "local" if s.p[a] > 1 or root.sign(case.above[a]) < 0 else "stationary"


def _holds_somewhere(case: Case, silent: Sequence[int]) -> bool:
    """Whether the conditions of a case hold on an interval of v: they are tried between all their roots."""
    conditions = [case.above[a] for a in case.active] + [-case.above[a] for a in silent if case.above[a]]
    if not all(conditions):
        return False
    places = midpoints([root for c in conditions for root, _ in real_roots(c)])
    return any(all(c(t) > 0 for c in conditions) for t in places)
