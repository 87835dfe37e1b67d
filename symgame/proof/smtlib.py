"""SMT-LIB 2 text of a query, in the plain subset that every solver with real arithmetic reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from symgame.condition import And, Condition, Or, Sign, free_names
from symgame.ring import Poly, names_of


def names_in_order(conditions: Iterable[Condition]) -> list[str]:
    found = frozenset().union(*(free_names(c) for c in conditions))
    return sorted(found)


def mangled(names: Sequence[str]) -> dict[str, str]:
    """ASCII names for the solver: a name outside ASCII becomes ``v_1``, ``v_2``, ... ; reserved words get a mark."""
    table: dict[str, str] = {}
    for k, name in enumerate(names):
        plain = name.isascii() and name not in _RESERVED
        table[name] = name if plain else f"v!{k}"
    return table


_RESERVED = frozenset(
    "and or not xor ite let forall exists distinct par as assert check-sat true false abs div mod to_real to_int "
    "is_int Real Int Bool BINARY DECIMAL HEXADECIMAL NUMERAL STRING sin cos tan exp pi sqrt arcsin arccos "
    "arctan".split()
)


def polynomial(p: Poly, table: dict[str, str]) -> str:
    names = names_of(p)
    terms = []
    for monomial, coefficient in p.to_dict().items():
        factors = [table[n] for n, e in zip(names, monomial, strict=True) for _ in range(e)]
        size = abs(int(coefficient))
        if size != 1 or not factors:
            factors.insert(0, f"{size}.0")
        term = factors[0] if len(factors) == 1 else f"(* {' '.join(factors)})"
        terms.append(f"(- {term})" if coefficient < 0 else term)
    if not terms:
        return "0.0"
    return terms[0] if len(terms) == 1 else f"(+ {' '.join(terms)})"


@lru_cache(maxsize=20_000)
def _plain(atom: Sign) -> str:
    """The polynomial of a sign whose names need no mangling."""
    return polynomial(atom.poly, {n: n for n in free_names(atom)})


def formula(c: Condition, table: dict[str, str]) -> str:
    """One condition as an SMT-LIB term."""
    match c:
        case Sign(rel=rel):
            left = _plain(c) if all(table[n] == n for n in free_names(c)) else polynomial(c.poly, table)
            return f"(not (= {left} 0.0))" if rel == "!=" else f"({rel} {left} 0.0)"
        case And(args=args):
            return f"(and {' '.join(formula(a, table) for a in args)})" if args else "true"
        case Or(args=args):
            return f"(or {' '.join(formula(a, table) for a in args)})" if args else "false"
    raise TypeError("quantifiers are resolved before a query is written")


def script(assertions: Sequence[tuple[str, Condition]], comment: str) -> str:
    """A whole file: declarations, one commented assertion each, ``(check-sat)``."""
    names = names_in_order(c for _, c in assertions)
    table = mangled(names)
    lines = [f"; {line}" for line in comment.splitlines()]
    lines.append("(set-logic QF_NRA)")
    lines += [f"(declare-const {table[n]} Real)" + ("" if table[n] == n else f" ; stands for {n!a}") for n in names]
    for text, condition in assertions:
        lines.append(f"; {' '.join(ascii(text)[1:-1].split())}")
        lines.append(f"(assert {formula(condition, table)})")
    lines.append("(check-sat)")
    return "\n".join(lines) + "\n"
