"""Counterexamples by exact sampling: a second engine, and often a simpler point than the solver's.

Points are dyadic, so that the vectorised filter in floating point is all but exact; whatever it finds is checked again
in rational arithmetic before it counts. Finding nothing proves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from fractions import Fraction
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from symgame.condition import And, Condition, Or, Sign, free_names, holds, mapped, sign
from symgame.ring import FRESH, Poly, Quotient, coefficients, names_of, substitute, value_at, variables

POINTS = 8_192
ROUNDS = 4
Samples = dict[str, NDArray[np.float64]]
Truth = NDArray[np.bool_]


def samples(names: list[str], signs: Mapping[str, str], seed: int, size: int = POINTS) -> Samples:
    """Dyadic random points that respect the known signs: small quarters, now and then a large or tiny number; small
    whole numbers where one is wanted."""
    return dict(_samples(tuple(names), tuple((n, signs[n]) for n in names if n in signs), seed, size))


@lru_cache(maxsize=64)
def _samples(names: tuple[str, ...], known_signs: tuple[tuple[str, str], ...], seed: int, size: int) -> Samples:
    signs = dict(known_signs)
    random = np.random.default_rng(seed)
    table: Samples = {}
    for name in names:
        size_of = random.integers(0, 17, size) / 4.0 * 2.0 ** random.integers(-2, 4, size)
        known = signs.get(name)
        if known == "whole":
            size_of = random.integers(0, 9, size).astype(float)
        elif known == ">":
            size_of = np.where(size_of == 0, 0.25, size_of)
        elif known is None:
            size_of = size_of * random.choice([-1.0, 1.0], size)
        table[name] = size_of
    return table


def polynomial_values(p: Poly, points: Samples, size: int) -> NDArray[np.float64]:
    names = names_of(p)
    total = np.zeros(size)
    for monomial, coefficient in p.to_dict().items():
        term = np.full(size, float(int(coefficient)))
        for name, power in zip(names, monomial, strict=True):
            for _ in range(power):
                term = term * points[name]
        total += term
    return total


def truth(c: Condition, points: Samples, size: int, cache: dict[str, NDArray[np.float64]]) -> Truth:
    """Where the condition holds, in floating point."""
    match c:
        case Sign(poly=p, rel=rel, key=key):
            if key not in cache:
                cache[key] = polynomial_values(p, points, size)
            v = cache[key]
            compared: dict[str, Truth] = {">": v > 0, ">=": v >= 0, "=": v == 0, "!=": v != 0}
            return compared[rel]
        case And(args=args):
            result = np.ones(size, dtype=bool)
            for a in args:
                result &= truth(a, points, size, cache)
            return result
        case Or(args=args):
            result = np.zeros(size, dtype=bool)
            for a in args:
                result |= truth(a, points, size, cache)
            return result
    raise TypeError("only quantifier-free conditions are sampled")


def find(condition: Condition, signs: Mapping[str, str]) -> dict[str, Fraction] | None:
    """A rational point of a quantifier-free condition, checked exactly, or ``None`` when none was met.

    Random points never satisfy an equation; equations of a conjunction that are linear in some name are solved for it
    first, and the sampled values put into the solution.
    """
    if any(n in FRESH for n in free_names(condition)):
        return None  # fresh unknowns are functions of the others; random values for them would be wasted
    solved: list[tuple[str, Quotient]] = []
    rest = condition
    whole = {name for name, kind in signs.items() if kind == "whole"}
    while (step := _linear_equation(rest, whole)) is not None:
        solved.append(step)
        rest = mapped(rest, partial(_substituted, *step))
    names = sorted(free_names(condition) - {n for n, _ in solved})
    for seed in range(ROUNDS):
        points = samples(names, signs, seed)
        hits = np.flatnonzero(truth(rest, points, POINTS, {}))
        for k in hits[:50]:
            point = {n: Fraction(float(points[n][k])) for n in names}
            if _completed(point, solved) and holds(condition, point):
                return point
    return None


def _substituted(name: str, value: Quotient, atom: Sign) -> Condition:
    return sign(substitute(atom.poly, name, value), atom.rel)


def _linear_equation(c: Condition, whole: Set[str]) -> tuple[str, Quotient] | None:
    """A name, no whole number, in which some equation of the conjunction is linear, with the value that solves it."""
    for part in c.args if isinstance(c, And) else (c,):
        if isinstance(part, Sign) and part.rel == "=":
            for name in variables(part.poly):
                if name in whole:
                    continue
                rows = coefficients(part.poly, name)
                if len(rows) == 2:
                    return name, Quotient(-rows[0], rows[1])
    return None


def _completed(point: dict[str, Fraction], solved: list[tuple[str, Quotient]]) -> bool:
    """Put the solved names in, last solved first; ``False`` where a denominator vanishes."""
    for name, value in reversed(solved):
        for n in (*variables(value.over), *variables(value.under)):
            point.setdefault(n, Fraction(1))
        under = value_at(value.under, point)
        if under == 0:
            return False
        point[name] = value_at(value.over, point) / under
    return True
