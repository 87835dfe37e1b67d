"""Contradictions that lie in the signs alone: no solver, no arithmetic, any size of polynomials.

A large circuit has conditions whose polynomials no solver can look into; many statements about them need no look:
``nash(B) => exists(B)`` repeats the same signs. Alternatives are taken one by one, and in each the signs that stand
alone decide the same polynomials elsewhere (unit propagation; Davis, Logemann, Loveland 1962).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from symgame.condition import FALSE, TRUE, And, Condition, Or, Sign, atoms, mapped, quantifier_free

#: Terms beyond which a polynomial is too large for a solver to look into before the signs are compared.
MOST_TERMS = 14
MAX_STEPS = 400
MAX_ATOMS = 600
_ALLOWED = {">": frozenset("+"), ">=": frozenset("0+"), "=": frozenset("0"), "!=": frozenset("-+")}
_OPPOSITE = {"-": "+", "0": "0", "+": "-"}
Known = Mapping[str, frozenset[str]]  # a polynomial, one of it and its opposite -> the signs it may still have


def contradictory(c: Condition, steps: int = MAX_STEPS) -> bool:
    """Whether the condition is shown never to hold, by the signs of equal polynomials; ``False`` is "not shown".

    >>> from symgame.condition import Or, Sign, both, either
    >>> from symgame.ring import Ring
    >>> p, q = (Ring(("p", "q")).gen(name) for name in "pq")
    >>> contradictory(both(either(Sign(p, ">"), Sign(q, ">")), Sign(-p, ">="), Sign(q, "=")))
    True
    >>> contradictory(both(Sign(p, ">="), Sign(-p, ">="), Sign(p, "!=")))
    True
    >>> contradictory(both(Sign(p, ">"), Sign(q, ">")))
    False
    """
    if not quantifier_free(c) or next(islice(atoms(c), MAX_ATOMS, None), None) is not None:
        return False
    return _refuted([c], {}, iter(range(steps)))


def known_signs(c: Condition, given: Condition) -> Condition:
    """The condition with the signs put in that stand alone in ``given``: equivalent where ``given`` holds.

    >>> from symgame.condition import Sign, both, either
    >>> from symgame.ring import Ring
    >>> p, q = (Ring(("p", "q")).gen(name) for name in "pq")
    >>> known_signs(either(both(Sign(p, ">"), Sign(q, ">")), both(Sign(-p, ">"), Sign(q, "="))), Sign(p, ">")).key
    'q'
    """
    signs: dict[str, frozenset[str]] = {}
    for unit in given.args if isinstance(given, And) else (given,):
        if isinstance(unit, Sign):
            key, allowed = _placed(unit)
            signs[key] = signs.get(key, frozenset("-0+")) & allowed
    return mapped(c, lambda atom: _decided(atom, signs)) if quantifier_free(c) else c


def _refuted(parts: list[Condition], known: Known, clock: Iterator[int]) -> bool:
    signs = dict(known)
    while True:
        rest: list[Condition] = []
        news = False
        for part in parts:
            left = mapped(part, lambda atom: _decided(atom, signs))
            for piece in left.args if isinstance(left, And) else (left,):
                if isinstance(piece, Sign):
                    key, allowed = _placed(piece)
                    signs[key] = signs.get(key, frozenset("-0+")) & allowed
                    news = True
                    if not signs[key]:
                        return True
                elif piece == FALSE:
                    return True
                else:
                    rest.append(piece)
        parts = rest
        if not news:
            break
    if not parts or next(clock, None) is None:
        return False
    narrow = min(parts, key=lambda part: len(part.args) if isinstance(part, Or) else 0)
    others = [part for part in parts if part is not narrow]
    return all(_refuted([case, *others], signs, clock) for case in (narrow.args if isinstance(narrow, Or) else ()))


def _decided(atom: Sign, signs: Known) -> Condition:
    """The atom, or its truth where the signs that its polynomial may have decide it."""
    key, allowed = _placed(atom)
    possible = signs.get(key, frozenset("-0+"))
    return TRUE if possible <= allowed else atom if possible & allowed else FALSE


def _placed(atom: Sign) -> tuple[str, frozenset[str]]:
    """The polynomial up to its sign, and the signs that the atom allows it."""
    plain, opposite = atom.key, str(-atom.poly)
    allowed = _ALLOWED[atom.rel]
    if plain <= opposite:
        return plain, allowed
    return opposite, frozenset(_OPPOSITE[sign] for sign in allowed)
