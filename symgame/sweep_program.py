"""One program for all that a sweep decides: conditions and numbers gathered, then compiled for arrays.

The symbols of the program are the scaled ones of :class:`symgame.sweep_axes.Axis`: a polynomial in ``w`` becomes one in
``scale * w``, times a positive integer, so that its sign stays and arrays of integers stand for fractions.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from symgame import decisions
from symgame.algebra import Algebra
from symgame.checker import MAX_POLYNOMIAL, Numbers, Plan, Question, compiled, functions
from symgame.condition import (
    And,
    Condition,
    Exists,
    Forall,
    Or,
    Sign,
    atoms,
    both,
    either,
    free_names,
    mapped,
    propagated,
    quantifier_free,
)
from symgame.errors import Unsupported
from symgame.ring import Poly, Quotient, place_of, variables


def _unbound(condition: Condition) -> Condition:
    """The condition without quantifiers whose names do not occur."""
    match condition:
        case And(args=args):
            return both(*map(_unbound, args))
        case Or(args=args):
            return either(*map(_unbound, args))
        case Exists(names=names, body=body) | Forall(names=names, body=body) if not free_names(body) & set(names):
            return _unbound(body)
    return condition


class Gathered:
    """Conditions and quotients in the symbols of one circuit; the first condition is its domain."""

    def __init__(self, algebra: Algebra, scales: Mapping[str, int]) -> None:
        self.algebra, self.circuit = algebra, algebra.circuit
        self.factors = {name: scale for name, scale in scales.items() if scale != 1}
        self.conditions: dict[Condition, int] = {}
        self.quotients: list[Quotient] = []
        self.condition(algebra.domain.condition, inside=False)

    def condition(self, condition: Condition, inside: bool = True) -> int:
        """The place of a condition; :class:`~symgame.errors.Unsupported` when it is none of polynomials in symbols."""
        if inside:  # what is known of signs in the domain shortens it
            condition = propagated(mapped(condition, self.algebra.domain.split))
        condition = _unbound(condition)
        if not quantifier_free(condition):
            raise Unsupported("its condition has quantifiers")
        for atom in atoms(condition):
            self._check(atom.poly)
        scaled = mapped(condition, lambda atom: Sign(self._scaled(atom.poly)[0], atom.rel))
        return self.conditions.setdefault(scaled, len(self.conditions))

    def quotient(self, quotient: Quotient) -> int:
        """The place of a number."""
        self._check(quotient.over)
        self._check(quotient.under)
        (over, more), (under, less) = self._scaled(quotient.over), self._scaled(quotient.under)
        self.quotients.append(Quotient(over * less, under * more))
        return len(self.quotients) - 1

    def _check(self, p: Poly) -> None:
        if len(p) > MAX_POLYNOMIAL:
            raise Unsupported(f"a polynomial of {len(p)} terms is too long")
        if not set(variables(p)) <= set(self.circuit.symbols):
            raise Unsupported("roots, abs, min and max have no closed condition")

    def _scaled(self, p: Poly) -> tuple[Poly, int]:
        """The polynomial in the scaled symbols, times a positive integer, and that integer."""
        present = [n for n in variables(p) if n in self.factors]
        if not present:
            return p, 1
        places = [(place_of(p, n), self.factors[n], int(p.degrees()[place_of(p, n)])) for n in present]
        terms = {
            m: int(c) * prod(scale ** (top - int(m[k])) for k, scale, top in places) for m, c in p.to_dict().items()
        }
        return p.context().from_dict(terms), prod(scale**top for _, scale, top in places)

    def formulas(self) -> decisions.Formulas:
        """The compiled program: question k is condition k, the domain first, and number ``nK`` is quotient K."""
        symbols = self.circuit.symbols
        polynomials: dict[str, Poly] = {}
        for condition in self.conditions:
            for atom in atoms(condition):
                polynomials.setdefault(max(str(atom.poly), str(-atom.poly)), atom.poly)
        names = [f"q{k}" for k in range(len(self.conditions))]
        questions = tuple(Question(n, c) for n, c in zip(names, self.conditions, strict=True))
        numbers = Numbers("numbers", (), {f"n{k}": q for k, q in enumerate(self.quotients)})
        plan = Plan(self.circuit, questions, (), {}, tuple(polynomials.values()), (numbers,), None, ())
        made = compiled(functions(plan, {name: f"v{k}" for k, name in enumerate(symbols)}, notes=False))

        def conditions(positive: Any, negative: Any) -> tuple[Any, ...]:
            # the numbers stand on a branch of their own, which is everywhere
            return (*made["_conditions"](positive, negative), np.True_, np.False_)

        places = {n: 2 * k for k, n in enumerate(numbers.quotients)}
        branch = decisions.Branch("numbers", (), places, made["_numbers_0"])
        asked = ("domain", *names[1:], "exists(numbers)", "singular(numbers)")
        return decisions.Formulas(
            self.circuit.name,
            symbols,
            self.circuit.names,
            self.circuit.inputs,
            asked,
            (),
            {},
            made["_polynomials"],
            conditions,
            (branch,),
            None,
            (),
        )
