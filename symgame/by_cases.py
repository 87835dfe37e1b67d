"""A value that is given by cases: ``x = a where p, b otherwise`` is the conjunction of its implications."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from symgame import syntax as s

_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}


@dataclass(frozen=True)
class ByCases(s.Formula):
    """Rows of a value and the condition of it, ``None`` for *otherwise*. It stands in a relation only, and the readers
    of LaTeX and of SymPy turn that relation into a formula at once."""

    rows: tuple[tuple[s.Formula, s.Formula | None], ...] = ()


def opposite(node: s.Formula) -> s.Formula:
    """The negation, of a single relation as a relation.

    >>> print(opposite(s.Relation((s.Name("a"), s.Name("b")), ("<",))))
    a >= b
    """
    if isinstance(node, s.Relation) and len(node.ops) == 1:
        return s.Relation(node.terms, (_OPPOSITE[node.ops[0]],))
    return s.Not(node)


def related(terms: Sequence[s.Formula], ops: Sequence[str]) -> s.Formula:
    """``terms[0] ops[0] terms[1] ...`` where one term may be given by cases: a row holds where no row before does.

    Raises :class:`ValueError` when two terms are given by cases, for then nothing says how the rows go together.

    >>> from symgame.grammar import read_formula, read_term
    >>> p, q = read_formula("u < 0"), read_formula("u < 1")
    >>> print(related([s.Name("x"), ByCases(((read_term("0"), p), (read_term("u"), q)))], ["="]))
    (u < 0 => x = 0) & (u >= 0 & u < 1 => x = u)
    """
    places = [k for k, term in enumerate(terms) if isinstance(term, ByCases)]
    if not places:
        return s.Relation(tuple(terms), tuple(ops))
    if len(places) > 1:
        raise ValueError("one side of a relation may be given by cases, not several")
    (place,) = places
    table = terms[place]
    assert isinstance(table, ByCases)
    parts: list[s.Formula] = []
    before: list[s.Formula] = []
    for value, when in table.rows:
        holds = s.Relation((*terms[:place], value, *terms[place + 1 :]), tuple(ops))
        here = s.conjunction([*map(opposite, before), *(() if when is None else (when,))])
        parts.append(holds if here == s.Truth(True) else s.Implies(here, holds))
        if when is not None:
            before.append(when)
    return s.conjunction(parts)
