"""Elimination of one real unknown that occurs at most squared, by virtual substitution of test points.

``exists t > 0: F(t)`` holds iff F holds at one of finitely many points: a root of one of its polynomials, or
just beyond one. Roots are substituted symbolically as ``(P + Q sqrt(R)) / S``; no root is ever computed.
Source: V. Weispfenning, Applicable Algebra Eng. Commun. Comput. 8 (1997) 85; R. Loos and V. Weispfenning,
Comput. J. 36 (1993) 450.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from symgame.condition import (
    FALSE,
    TRUE,
    And,
    Condition,
    Exists,
    Forall,
    Or,
    Sign,
    atoms,
    both,
    either,
    mapped,
    negation,
)
from symgame.domain import Domain
from symgame.errors import Unsupported
from symgame.ring import Poly, Ring, coefficients, place_of

MAX_ATOMS = 4_000
MAX_WORK = 20_000


@dataclass(frozen=True)
class _Point:
    """``(p + q sqrt(r)) / s`` where ``guard`` holds; ``beyond``: an infinitesimal to the right of it."""

    p: Poly
    q: Poly
    r: Poly
    s: Poly
    guard: Condition
    beyond: bool


def eliminate(condition: Condition, domain: Domain) -> Condition:
    """An equivalent condition without quantifiers.

    Raises :class:`~symgame.errors.Unsupported` when an unknown occurs to a higher power than 2, or when the result
    grows too large.
    """
    match condition:
        case Exists(names=names, body=body):
            body = eliminate(body, domain)
            for name in names:
                body = _exists(name, body, domain)
            return body
        case Forall(names=names, body=body):
            return negation(eliminate(Exists(names, negation(body)), domain))
        case And(args=args):
            return both(*(eliminate(a, domain) for a in args))
        case Or(args=args):
            return either(*(eliminate(a, domain) for a in args))
    return condition


def _exists(name: str, body: Condition, domain: Domain) -> Condition:
    if isinstance(body, Or):
        return either(*(_exists(name, part, domain) for part in body.args))
    if isinstance(body, And):
        free = [part for part in body.args if not _mentions(part, name)]
        if free:
            rest = both(*(part for part in body.args if _mentions(part, name)))
            return both(*free, _exists(name, rest, domain))
    if not _mentions(body, name):
        return body
    found: dict[str, Sign] = {a.key + a.rel: a for a in atoms(body)}
    ring = domain.ring
    size = sum(len(a.poly) for a in atoms(body))
    if 3 * len(found) * size > MAX_WORK:
        raise Unsupported(
            f"eliminating a bound unknown from a condition of {len(found)} different signs is more than the budget"
        )
    cases: list[Condition] = [_at_minus_infinity(body, name, domain)]
    for atom in found.values():
        for point in _test_points(atom, name, ring, domain):
            if point.guard != FALSE:
                cases.append(both(point.guard, mapped(body, partial(_at, name=name, point=point, domain=domain))))
        if sum(1 for case in cases for _ in atoms(case)) > MAX_ATOMS:
            raise Unsupported(f"eliminating a bound unknown makes a condition of more than {MAX_ATOMS} atoms")
    return either(*cases)


def _mentions(c: Condition, name: str) -> bool:
    return any(a.poly.degrees()[place_of(a.poly, name)] > 0 for a in atoms(c))


def _quadratic(p: Poly, name: str) -> tuple[Poly, Poly, Poly]:
    rows = coefficients(p, name)
    if len(rows) > 3:
        raise Unsupported(
            f"a bound unknown occurs to the power {len(rows) - 1}; unknowns are eliminated up to the square"
        )
    rows += [p * 0] * (3 - len(rows))
    return rows[2], rows[1], rows[0]


def _test_points(atom: Sign, name: str, ring: Ring, domain: Domain) -> list[_Point]:
    a, b, c = _quadratic(atom.poly, name)
    if a == 0 and b == 0:
        return []
    zero, one = ring.constant(0), ring.constant(1)
    beyond = atom.rel in (">", "!=")
    linear = both(domain.split(Sign(a, "=")), domain.split(Sign(b, "!=")))
    points = [_Point(-c, zero, zero, b, linear, beyond)]
    if a != 0:
        disc = b * b - 4 * a * c
        square = both(domain.split(Sign(a, "!=")), domain.split(Sign(disc, ">=")))
        points += [_Point(-b, one * k, disc, 2 * a, square, beyond) for k in (1, -1)]
    return points


def _at(atom: Sign, name: str, point: _Point, domain: Domain) -> Condition:
    """The sign with the test point in the place of the unknown."""
    rows = coefficients(atom.poly, name)
    if len(rows) == 1:
        return atom
    if not point.beyond:
        return _at_root(rows, atom.rel, point, domain)
    if atom.rel == "=":
        return both(*(domain.split(Sign(row, "=")) for row in rows))
    if atom.rel == "!=":
        return either(*(domain.split(Sign(row, "!=")) for row in rows))
    # just to the right of the point: the first derivative that does not vanish there decides
    derivatives, chain = [rows], [rows]
    while len(chain[-1]) > 1:
        derivatives.append([row * k for k, row in enumerate(chain[-1])][1:])
        chain.append(derivatives[-1])
    cases: list[Condition] = []
    vanished: Condition = TRUE
    for derivative in derivatives:
        cases.append(both(vanished, _at_root(derivative, ">", point, domain)))
        vanished = both(vanished, _at_root(derivative, "=", point, domain))
    if atom.rel == ">=":
        cases.append(vanished)
    return either(*cases)


def _at_root(rows: list[Poly], rel: str, point: _Point, domain: Domain) -> Condition:
    """``sum rows[k] t^k  rel  0`` at ``t = (p + q sqrt(r))/s``, multiplied by the even power of s that clears it."""
    degree = len(rows) - 1
    power = degree + degree % 2
    rational, radical = rows[0] * 0, rows[0] * 0
    p_k, q_k = rows[0] * 0 + 1, rows[0] * 0  # (p + q sqrt r)^k
    for k, row in enumerate(rows):
        scale = row * point.s ** (power - k)
        rational, radical = rational + scale * p_k, radical + scale * q_k
        p_k, q_k = p_k * point.p + q_k * point.q * point.r, p_k * point.q + q_k * point.p
    return signed_root(rational, radical, point.r, rel, domain)


def signed_root(p: Poly, q: Poly, r: Poly, rel: str, domain: Domain) -> Condition:
    """``p + q sqrt(r)  rel  0`` without the root, for ``r >= 0``."""

    def s(poly: Poly, relation: str) -> Condition:
        return domain.split(Sign(poly, relation))

    if q == 0:
        return s(p, rel)
    gap = p * p - q * q * r
    if rel == "=":
        return both(s(gap, "="), s(-p * q, ">="))
    if rel == "!=":
        return either(s(gap, "!="), s(p * q, ">"))
    positive = either(both(s(p, ">"), s(gap, ">")), both(s(q, ">="), either(s(p, ">"), s(-gap, ">"))))
    return positive if rel == ">" else either(positive, signed_root(p, q, r, "=", domain))


def _at_minus_infinity(body: Condition, name: str, domain: Domain) -> Condition:
    def change(atom: Sign) -> Condition:
        rows = coefficients(atom.poly, name)
        if len(rows) == 1:
            return atom
        if atom.rel == "=":
            return both(*(domain.split(Sign(row, "=")) for row in rows))
        if atom.rel == "!=":
            return either(*(domain.split(Sign(row, "!=")) for row in rows))
        cases: list[Condition] = []
        vanished: Condition = TRUE
        for k in range(len(rows) - 1, -1, -1):
            leading = rows[k] * (-1 if k % 2 else 1)
            cases.append(both(vanished, domain.split(Sign(leading, ">"))))
            vanished = both(vanished, domain.split(Sign(leading, "=")))
        return either(*cases, *([vanished] if atom.rel == ">=" else []))

    return mapped(body, change)
