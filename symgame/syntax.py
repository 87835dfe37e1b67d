"""Formulas as frozen trees, and the text that the grammar reads back.

One tree serves numbers and conditions; which of the two a node is, is decided by :func:`is_condition`, and a
mixture is refused by the reader (:mod:`symgame.grammar`) or, for words, by their meaning.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from symgame.words import BRANCH_WORDS, CIRCUIT_WORDS, CONSTANTS, GAIN_QUANTIFIERS, QUANTIFIERS, READ_CONDITIONS


@dataclass(frozen=True)
class _Node:
    """Every node knows the column it was read at; two nodes that say the same are equal wherever they stood."""

    at: int = field(default=0, compare=False, kw_only=True)

    def __str__(self) -> str:
        return text(self)


@dataclass(frozen=True)
class Number(_Node):
    value: Fraction


@dataclass(frozen=True)
class Name(_Node):
    id: str


@dataclass(frozen=True)
class Negative(_Node):
    of: _Node


@dataclass(frozen=True)
class Sum(_Node):
    terms: tuple[_Node, ...]


@dataclass(frozen=True)
class Product(_Node):
    factors: tuple[_Node, ...]


@dataclass(frozen=True)
class Ratio(_Node):
    over: _Node
    under: _Node


@dataclass(frozen=True)
class Power(_Node):
    base: _Node
    exponent: int


@dataclass(frozen=True)
class Call(_Node):
    name: str
    args: tuple[_Node, ...]


@dataclass(frozen=True)
class Member(_Node):
    """A population of a branch, and its piece: ``E`` (active), ``E=m`` (saturated) or ``E=-`` (negative)."""

    population: str
    piece: str = "active"


@dataclass(frozen=True)
class Truth(_Node):
    value: bool


@dataclass(frozen=True)
class Relation(_Node):
    """A chain ``terms[0] ops[0] terms[1] ops[1] ...``; every link must hold."""

    terms: tuple[_Node, ...]
    ops: tuple[str, ...]


@dataclass(frozen=True)
class Not(_Node):
    of: _Node


@dataclass(frozen=True)
class And(_Node):
    args: tuple[_Node, ...]


@dataclass(frozen=True)
class Or(_Node):
    args: tuple[_Node, ...]


@dataclass(frozen=True)
class Implies(_Node):
    left: _Node
    right: _Node


@dataclass(frozen=True)
class Iff(_Node):
    left: _Node
    right: _Node


Formula = _Node
PIECE_MARK = {"silent": "", "active": "", "saturated": "=m", "negative": "=-"}
_CONDITIONS = (Truth, Relation, Not, And, Or, Implies, Iff)
_CONDITION_NAMES = frozenset(CIRCUIT_WORDS) | frozenset(CONSTANTS)
_CONDITION_CALLS = (
    frozenset(BRANCH_WORDS) | frozenset(READ_CONDITIONS) | frozenset(QUANTIFIERS) | frozenset(GAIN_QUANTIFIERS)
)


def is_condition(node: Formula) -> bool:
    """Whether the node is a condition (true or false) rather than a number."""
    if isinstance(node, Name):
        return node.id in _CONDITION_NAMES
    if isinstance(node, Call):
        return node.name in _CONDITION_CALLS
    return isinstance(node, _CONDITIONS)


def children(node: Formula) -> tuple[Formula, ...]:
    """The parts of a node, in reading order."""
    match node:
        case Negative(of=a) | Not(of=a):
            return (a,)
        case Sum(terms=args) | Product(factors=args) | Call(args=args) | And(args=args) | Or(args=args):
            return args
        case Relation(terms=args):
            return args
        case Ratio(over=a, under=b) | Implies(left=a, right=b) | Iff(left=a, right=b):
            return (a, b)
        case Power(base=a):
            return (a,)
    return ()


def walk(node: Formula) -> Iterator[Formula]:
    """The node and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def size(node: Formula) -> tuple[int, int]:
    """Bounds for numerator and denominator of a number once it is multiplied out: degree plus digits.

    >>> size(Power(Sum((Name("a"), Number(Fraction(1, 20)))), 3))
    (9, 6)
    """
    match node:
        case Number(value=value):
            whole = value.denominator == 1
            return _digits(value.numerator), 0 if whole else _digits(value.denominator)
        case Negative(of=a):
            return size(a)
        case Sum(terms=terms):
            parts = [size(t) for t in terms]
            under = sum(u for _, u in parts)
            return max(o for o, _ in parts) + under, under
        case Product(factors=factors):
            parts = [size(f) for f in factors]
            return sum(o for o, _ in parts), sum(u for _, u in parts)
        case Ratio(over=a, under=b):
            (over, under), (o, u) = size(a), size(b)
            return over + u, under + o
        case Power(base=a, exponent=n):
            over, under = size(a)
            return n * over, n * under
    return 1, 0


def _digits(value: int) -> int:
    return abs(value).bit_length() * 3 // 10 + 1


def conjunction(parts: list[Formula]) -> Formula:
    """All of them: flat, without ``true``; the empty conjunction is ``true``."""
    flat: list[Formula] = []
    for part in parts:
        for piece in part.args if isinstance(part, And) else (part,):
            if piece != Truth(True) and piece not in flat:
                flat.append(piece)
    if not flat:
        return Truth(True)
    return flat[0] if len(flat) == 1 else And(tuple(flat))


# How tightly a node binds, loosest first; a child that binds more loosely than its place needs parentheses.
_IFF, _IMPLIES, _OR, _AND, _NOT, _RELATION, _SUM, _PRODUCT, _NEGATIVE, _POWER, _ATOM = range(11)
_BINDS: dict[type, int] = {
    Iff: _IFF,
    Implies: _IMPLIES,
    Or: _OR,
    And: _AND,
    Not: _NOT,
    Relation: _RELATION,
    Sum: _SUM,
    Product: _PRODUCT,
    Ratio: _PRODUCT,
    Negative: _NEGATIVE,
    Power: _POWER,
    Name: _ATOM,
    Call: _ATOM,
    Member: _ATOM,
    Truth: _ATOM,
}


def _binding(node: Formula) -> int:
    if isinstance(node, Number):
        if node.value < 0:
            return _NEGATIVE
        return _ATOM if node.value.denominator == 1 else _PRODUCT
    return _BINDS[type(node)]


def _inside(node: Formula, place: int) -> str:
    written = text(node)
    return f"({written})" if _binding(node) < place else written


def text(node: Formula) -> str:
    """The formula in the syntax that ``symgame check`` reads; reading it gives an equivalent tree.

    >>> text(Relation((Name("w_EE"), Sum((Number(Fraction(1)), Name("w_II")))), ("<",)))
    'w_EE < 1 + w_II'
    """
    match node:
        case Number(value=value):
            return str(value)
        case Name(id=name):
            return name
        case Member(population=name, piece=piece):
            return name + PIECE_MARK[piece]
        case Truth(value=value):
            return "true" if value else "false"
        case Negative(of=a):
            return "-" + _inside(a, _POWER)
        case Sum(terms=terms):
            written = _inside(terms[0], _PRODUCT)
            for term in terms[1:]:
                if isinstance(term, Negative):  # the minus sign of a sum takes a whole product
                    part = _inside(term.of, _PRODUCT)
                    written += f" - ({part})" if part.startswith("-") else f" - {part}"
                    continue
                part = _inside(term, _PRODUCT)
                written += f" - {part[1:]}" if part.startswith("-") else f" + {part}"
            return written
        case Product(factors=factors):
            return "*".join([_inside(factors[0], _PRODUCT)] + [_inside(f, _POWER) for f in factors[1:]])
        case Ratio(over=a, under=b):
            return f"{_inside(a, _PRODUCT)}/{_inside(b, _POWER)}"
        case Power(base=a, exponent=n):
            return f"{_inside(a, _ATOM)}^{n}"
        case Call(name=name, args=args):
            return f"{name}({','.join(text(a) for a in args)})"
        case Relation(terms=terms, ops=ops):
            written = _inside(terms[0], _SUM)
            return written + "".join(f" {op} {_inside(t, _SUM)}" for op, t in zip(ops, terms[1:], strict=True))
        case Not(of=a):
            return "~" + _inside(a, _ATOM)
        case And(args=args):
            return " & ".join(_inside(a, _NOT) for a in args)
        case Or(args=args):
            return " | ".join(_inside(a, _AND) for a in args)
        case Implies(left=a, right=b):
            return f"{_inside(a, _OR)} => {_inside(b, _IMPLIES)}"
        case Iff(left=a, right=b):
            return f"{_inside(a, _IMPLIES)} <=> {_inside(b, _IMPLIES)}"
    raise TypeError(f"not a formula: {node!r}")
