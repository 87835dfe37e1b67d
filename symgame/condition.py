"""Conditions: signs of polynomials joined by *and* and *or*, always in negation normal form.

``Sign(p, rel)`` says ``p rel 0`` with ``rel`` one of ``> >= = !=``; the negation of a sign is a sign, so a negated
condition is again a condition. ``Exists`` and ``Forall`` bind names that the prover renames or eliminates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

from symgame.ring import Poly, Quotient, factored_text, poly_text, primitive, rename, substitute, value_at, variables

_NEGATED = {">": (-1, ">="), ">=": (-1, ">"), "=": (1, "!="), "!=": (1, "=")}
_HOLDS: dict[str, Callable[[Fraction], bool]] = {
    ">": lambda v: v > 0,
    ">=": lambda v: v >= 0,
    "=": lambda v: v == 0,
    "!=": lambda v: v != 0,
}


@dataclass(frozen=True)
class Sign:
    """``poly rel 0``. The polynomial is primitive; for ``=`` and ``!=`` its leading coefficient is positive."""

    poly: Poly = field(compare=False, repr=False)
    rel: str
    key: str = ""

    def __post_init__(self) -> None:
        p = primitive(self.poly)
        if self.rel in ("=", "!=") and p != 0 and p.leading_coefficient() < 0:
            p = -p
        object.__setattr__(self, "poly", p)
        object.__setattr__(self, "key", str(p))

    def __str__(self) -> str:
        return sign_text(self)


@dataclass(frozen=True)
class And:
    args: tuple[Condition, ...]

    def __str__(self) -> str:
        return " & ".join(f"({a})" if isinstance(a, Or) else str(a) for a in self.args) or "true"


@dataclass(frozen=True)
class Or:
    args: tuple[Condition, ...]

    def __str__(self) -> str:
        return " | ".join(f"({a})" if isinstance(a, And) else str(a) for a in self.args) or "false"


@dataclass(frozen=True)
class Exists:
    """There are real numbers for ``names`` such that ``body``.

    ``enough``, when given, is quantifier-free and implies it: an explicit choice of the numbers.
    """

    names: tuple[str, ...]
    body: Condition
    enough: Condition | None = None


@dataclass(frozen=True)
class Forall:
    """For all real numbers ``names``, ``body``. ``needed``, when given, is quantifier-free and implied by it."""

    names: tuple[str, ...]
    body: Condition
    needed: Condition | None = None


Condition = Sign | And | Or | Exists | Forall
TRUE, FALSE = And(()), Or(())


def sign(q: Quotient, rel: str) -> Condition:
    """``q rel 0`` as signs of polynomials, where ``q`` is defined; ``rel`` may also be ``<`` or ``<=``."""
    if rel in ("<", "<="):
        q, rel = -q, rel.replace("<", ">")
    if rel in ("=", "!="):
        return decided(Sign(q.over, rel))
    return decided(Sign(q.over if q.under.is_one() else q.over * q.under, rel))


def decided(atom: Sign) -> Condition:
    """The atom, or its truth when the polynomial is a number."""
    if atom.poly.is_constant():
        return TRUE if _HOLDS[atom.rel](value_at(atom.poly, {})) else FALSE
    return atom


def both(*parts: Condition) -> Condition:
    """Conjunction: flat, without repetitions, false as soon as a part is."""
    return _join(parts, And, TRUE, FALSE)


def either(*parts: Condition) -> Condition:
    """Disjunction: flat, without repetitions, true as soon as a part is."""
    return _join(parts, Or, FALSE, TRUE)


def _join(
    parts: Iterable[Condition], kind: type[And] | type[Or], neutral: Condition, absorbing: Condition
) -> Condition:
    flat: dict[Condition, None] = {}
    for part in parts:
        if part == absorbing:
            return absorbing
        for piece in part.args if isinstance(part, kind) else (part,):
            flat[piece] = None
    args = tuple(flat)
    if len(args) == 1:
        return args[0]
    return kind(args) if args else neutral


def negation(c: Condition) -> Condition:
    match c:
        case Sign(poly=p, rel=rel):
            factor, opposite = _NEGATED[rel]
            return Sign(p * factor, opposite)
        case And(args=args):
            return either(*(negation(a) for a in args))
        case Or(args=args):
            return both(*(negation(a) for a in args))
        case Exists(names=names, body=body, enough=hint):
            return Forall(names, negation(body), None if hint is None else negation(hint))
        case Forall(names=names, body=body, needed=hint):
            return Exists(names, negation(body), None if hint is None else negation(hint))


def implies(a: Condition, b: Condition) -> Condition:
    return either(negation(a), b)


def equivalent(a: Condition, b: Condition) -> Condition:
    return either(both(a, b), both(negation(a), negation(b)))


def atoms(c: Condition) -> Iterator[Sign]:
    """Every sign, repeated where it is repeated."""
    match c:
        case Sign():
            yield c
        case And(args=args) | Or(args=args):
            for a in args:
                yield from atoms(a)
        case Exists(body=body) | Forall(body=body):
            yield from atoms(body)


def terms(c: Condition) -> int:
    """How many terms the polynomials of a condition have together: whether anyone would read it.

    >>> from symgame.ring import Ring
    >>> a, b = (Ring(("a", "b")).gen(name) for name in "ab")
    >>> terms(both(Sign(a + b, ">"), Sign(a, ">=")))
    3
    """
    return sum(len(atom.poly) for atom in atoms(c))


def free_names(c: Condition) -> frozenset[str]:
    """The names a condition speaks of, bound ones left out."""
    match c:
        case Sign():
            return _names_of(c)
        case And(args=args) | Or(args=args):
            return frozenset().union(*(free_names(a) for a in args))
        case Exists(names=names, body=body) | Forall(names=names, body=body):
            return free_names(body) - frozenset(names)


@lru_cache(maxsize=20_000)
def _names_of(atom: Sign) -> frozenset[str]:
    return frozenset(variables(atom.poly))


def mapped(c: Condition, change: Callable[[Sign], Condition]) -> Condition:
    """The condition with every sign exchanged for what ``change`` makes of it."""
    match c:
        case Sign():
            return change(c)
        case And(args=args):
            return both(*(mapped(a, change) for a in args))
        case Or(args=args):
            return either(*(mapped(a, change) for a in args))
        case Exists(names=names, body=body, enough=hint):
            return Exists(names, mapped(body, change), None if hint is None else mapped(hint, change))
        case Forall(names=names, body=body, needed=hint):
            return Forall(names, mapped(body, change), None if hint is None else mapped(hint, change))


def renamed(c: Condition, names: Mapping[str, str]) -> Condition:
    return mapped(c, lambda a: Sign(rename(a.poly, names), a.rel))


def at_point(c: Condition, point: Mapping[str, Fraction]) -> Condition:
    """The condition with rational values put in; only the names that are left remain."""

    def change(atom: Sign) -> Condition:
        q = Quotient(atom.poly, atom.poly * 0 + 1)
        for name in variables(atom.poly):
            if name in point:
                value = point[name]
                one = atom.poly * 0 + 1
                q = substitute(q.over, name, Quotient(one * value.numerator, one * value.denominator)) / Quotient(
                    q.under, one
                )
        return sign(q, atom.rel)

    return mapped(c, change)


_FOLLOWS = {
    (">", ">"): True, (">", ">="): True, (">", "!="): True, (">", "="): False,
    (">=", ">="): True, ("=", "="): True, ("=", ">="): True, ("=", ">"): False, ("=", "!="): False,
    ("!=", "!="): True, ("!=", "="): False,
}  # fmt: skip
_OPPOSED = {(">", ">"): False, (">", ">="): False, (">=", ">"): False}


def _truth_given(atom: Sign, known: Iterable[Sign]) -> bool | None:
    """What signs of the same polynomial say about an atom; ``None`` when nothing."""
    opposite = str(-atom.poly)
    for unit in known:
        said = None
        if unit.key == atom.key:
            said = _FOLLOWS.get((unit.rel, atom.rel))
        elif unit.key == opposite:
            said = _OPPOSED.get((unit.rel, atom.rel))
            if unit.rel in ("=", "!=") or atom.rel in ("=", "!="):
                said = _FOLLOWS.get((unit.rel, atom.rel))
        if said is not None:
            return said
    return None


def propagated(c: Condition) -> Condition:
    """Equivalent: in a conjunction, the signs that stand alone decide the same signs inside its alternatives."""
    if isinstance(c, Or):
        return either(*(propagated(a) for a in c.args))
    if not isinstance(c, And):
        return c
    units = [a for a in c.args if isinstance(a, Sign)]

    def change(atom: Sign) -> Condition:
        said = _truth_given(atom, units)
        return atom if said is None else TRUE if said else FALSE

    rest = [propagated(mapped(a, change)) for a in c.args if not isinstance(a, Sign)]
    result = both(*units, *rest)
    return result if result == c else propagated(result)


def disjuncts(c: Condition, most: int) -> list[Condition] | None:
    """A quantifier-free condition as alternatives, each a conjunction of signs; ``None`` when more than ``most``."""
    match c:
        case Or(args=args):
            rows: list[Condition] = []
            for a in args:
                part = disjuncts(a, most)
                if part is None or len(rows) + len(part) > most:
                    return None
                rows += part
            return rows
        case And(args=args):
            rows = [TRUE]
            for a in args:
                part = disjuncts(a, most)
                if part is None or len(rows) * len(part) > most:
                    return None
                rows = [both(row, piece) for row in rows for piece in part]
            return rows
    return [c]


def quantifier_free(c: Condition) -> bool:
    match c:
        case Sign():
            return True
        case And(args=args) | Or(args=args):
            return all(quantifier_free(a) for a in args)
    return False


def holds(c: Condition, point: Mapping[str, Fraction]) -> bool:
    """Exact truth of a quantifier-free condition at a rational point."""
    match c:
        case Sign(poly=p, rel=rel):
            return _HOLDS[rel](value_at(p, point))
        case And(args=args):
            return all(holds(a, point) for a in args)
        case Or(args=args):
            return any(holds(a, point) for a in args)
    raise TypeError("a quantified condition has no truth value at a point")


def sign_text(atom: Sign) -> str:
    """The sign as a comparison without minus signs: ``w_EE < 1 + w_II``.

    The side with the constant, or else the longer one, goes to the right.
    """
    context = atom.poly.context()
    terms = atom.poly.to_dict()
    left = context.from_dict({m: c for m, c in terms.items() if c > 0})
    right = context.from_dict({m: -c for m, c in terms.items() if c < 0})
    if right == 0 or left == 0:
        return f"{poly_text(atom.poly if left != 0 else right)} {atom.rel if left != 0 else _flip(atom.rel)} 0"
    constant = (0,) * context.nvars()
    if constant in left.to_dict() or (constant not in right.to_dict() and len(left) > len(right)):
        return f"{_side(right)} {_flip(atom.rel)} {_side(left)}"
    return f"{_side(left)} {atom.rel} {_side(right)}"


def _side(p: Poly) -> str:
    """One side of a comparison: as a product when that is shorter."""
    plain, product = poly_text(p), factored_text(p)
    return product if len(product) < len(plain) else plain


def _flip(rel: str) -> str:
    return rel.replace(">", "<")
