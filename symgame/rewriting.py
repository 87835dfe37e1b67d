"""Rewriting of formula trees that changes no value: sums, products and signs put together; names exchanged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from symgame import syntax as s

_TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">="}


def power_of(node: s.Formula, n: int) -> s.Formula:
    """The node to a positive power; powers of powers are joined."""
    if n == 1:
        return node
    return s.Power(node.base, node.exponent * n) if isinstance(node, s.Power) else s.Power(node, n)


def assembled(number: Fraction, above: list[s.Formula], below: list[s.Formula]) -> s.Formula:
    """``number * above / below``, the sign in front."""
    size = abs(number)
    if size.numerator != 1 or not above:
        above = [s.Number(Fraction(size.numerator)), *above]
    if size.denominator != 1:
        below = [s.Number(Fraction(size.denominator)), *below]
    node = product_of(above) if not below else s.Ratio(product_of(above), product_of(below))
    return negated(node) if number < 0 else node


def product_of(factors: list[s.Formula]) -> s.Formula:
    """The product, flat and without factors 1."""
    flat = [f for factor in factors for f in (factor.factors if isinstance(factor, s.Product) else (factor,))]
    flat = [f for f in flat if f != s.Number(Fraction(1))] or [s.Number(Fraction(1))]
    return flat[0] if len(flat) == 1 else s.Product(tuple(flat))


def signed_product(left: s.Formula, right: s.Formula) -> s.Formula:
    """The product of two parts with the minus sign of the left one in front."""
    if isinstance(left, s.Negative):
        return s.Negative(signed_product(left.of, right))
    if left == s.Number(Fraction(1)):
        return right
    if left == s.Number(Fraction(-1)):
        return s.Negative(right)
    return product_of([left, right])


def negated(node: s.Formula) -> s.Formula:
    """The opposite: of a sum term by term, of a number as a number."""
    match node:
        case s.Negative(of=a):
            return a
        case s.Number(value=v):
            return s.Number(-v)
        case s.Sum(terms=terms):
            return sum_of([negated(t) for t in terms])
    return s.Negative(node)


def terms_of(node: s.Formula) -> list[s.Formula]:
    """The terms of a sum; anything else is its own only term."""
    return list(node.terms) if isinstance(node, s.Sum) else [node]


def is_negative(node: s.Formula) -> bool:
    """Whether a part is written with a minus sign."""
    return isinstance(node, s.Negative) or (isinstance(node, s.Number) and node.value < 0)


def sum_of(terms: list[s.Formula]) -> s.Formula:
    """The sum with a positive term in front when there is one, the others in their order."""
    flat = [t for term in terms for t in terms_of(term) if not is_zero(t)] or [s.Number(Fraction(0))]
    first = next((k for k, t in enumerate(flat) if not is_negative(t)), 0)
    flat = [flat[first], *flat[:first], *flat[first + 1 :]]
    return flat[0] if len(flat) == 1 else s.Sum(tuple(flat))


def two_sided(node: s.Formula, op: str) -> s.Formula:
    """``sum op 0`` with the negative terms on the other side, and the larger side to the right as authors do."""
    terms = terms_of(node)
    plus: list[s.Formula] = []
    minus: list[s.Formula] = []
    for term in terms:
        if is_negative(term):
            minus.append(negated(term))
        else:
            plus.append(term)
    zero: list[s.Formula] = [s.Number(Fraction(0))]
    if op in (">", ">="):
        return s.Relation((sum_of(minus or zero), sum_of(plus or zero)), (op.replace(">", "<"),))
    return s.Relation((sum_of(plus or zero), sum_of(minus or zero)), (op,))


def root_split(node: s.Formula) -> tuple[s.Formula, s.Formula] | None:
    """``c * sqrt(P)`` or ``c * sqrt(P) / d`` as (c/d, P); ``None`` for anything else."""
    over, under = (node.over, node.under) if isinstance(node, s.Ratio) else (node, None)
    factors = list(over.factors) if isinstance(over, s.Product) else [over]
    roots = [f for f in factors if isinstance(f, s.Call) and f.name == "sqrt"]
    if len(roots) != 1:
        return None
    rest = [f for f in factors if f is not roots[0]]
    outside = product_of(rest) if rest else s.Number(Fraction(1))
    return (outside if under is None else s.Ratio(outside, under)), roots[0].args[0]


def times_root(factor: s.Formula, root: s.Formula) -> s.Formula:
    """A factor times a root, the root in the numerator and the minus sign in front."""
    if isinstance(factor, s.Negative):
        return s.Negative(times_root(factor.of, root))
    if factor == s.Number(Fraction(1)):
        return root
    if isinstance(factor, s.Ratio):
        return s.Ratio(times_root(factor.over, root), factor.under)
    return product_of([factor, root])


def rebuilt(node: s.Formula, change: Callable[[s.Formula], s.Formula]) -> s.Formula:
    """The node with each of its parts exchanged for what ``change`` makes of it."""
    match node:
        case s.Negative(of=a):
            return s.Negative(change(a))
        case s.Sum(terms=terms):
            return s.Sum(tuple(map(change, terms)))
        case s.Product(factors=factors):
            return s.Product(tuple(map(change, factors)))
        case s.Ratio(over=a, under=b):
            return s.Ratio(change(a), change(b))
        case s.Power(base=a, exponent=n):
            return s.Power(change(a), n)
        case s.Call(name=name, args=args):
            return s.Call(name, tuple(map(change, args)))
        case s.Relation(terms=terms, ops=ops):
            return s.Relation(tuple(map(change, terms)), ops)
        case s.Not(of=a):
            return s.Not(change(a))
        case s.And(args=args):
            return s.And(tuple(map(change, args)))
        case s.Or(args=args):
            return s.Or(tuple(map(change, args)))
        case s.Implies(left=a, right=b):
            return s.Implies(change(a), change(b))
        case s.Iff(left=a, right=b):
            return s.Iff(change(a), change(b))
    return node


def substituted(node: s.Formula, table: Mapping[str, s.Formula]) -> s.Formula:
    """The tree with names exchanged for trees.

    >>> from symgame.grammar import read_term
    >>> print(substituted(read_term("a*b + a"), {"a": read_term("c - 1")}))
    (c - 1)*b + (c - 1)
    """
    if isinstance(node, s.Name):
        return table.get(node.id, node)
    return rebuilt(node, lambda part: substituted(part, table))


def in_signed(node: s.Formula, signed: frozenset[str]) -> s.Formula:
    """The tree in the signed entries: each magnitude w becomes ``-w``, and the minus signs move outwards."""

    def sub(part: s.Formula) -> s.Formula:
        return in_signed(part, signed)

    match node:
        case s.Name(id=name):
            return s.Negative(node) if name in signed else node
        case s.Negative(of=a):
            return negated(sub(a))
        case s.Sum(terms=terms):
            return sum_of([sub(t) for t in terms])
        case s.Product(factors=factors):
            parts = [sub(f) for f in factors]
            odd = sum(is_negative(p) for p in parts) % 2
            bare = product_of([negated(p) if is_negative(p) else p for p in parts])
            return s.Negative(bare) if odd else bare
        case s.Ratio(over=a, under=b):
            above, below = sub(a), sub(b)
            odd = is_negative(above) != is_negative(below)
            above, below = (negated(p) if is_negative(p) else p for p in (above, below))
            return s.Negative(s.Ratio(above, below)) if odd else s.Ratio(above, below)
        case s.Power(base=a, exponent=n) if is_negative(sub(a)):
            power = s.Power(negated(sub(a)), n)
            return power if n % 2 == 0 else s.Negative(power)
        case s.Relation(terms=(a, b), ops=(op,)) if isinstance(sub(a), s.Negative) and is_zero(b):
            return s.Relation((negated(sub(a)), b), (_TURNED.get(op, op),))
    return rebuilt(node, sub)


def is_zero(node: s.Formula) -> bool:
    """Whether a node is the number 0."""
    return isinstance(node, s.Number) and node.value == 0
