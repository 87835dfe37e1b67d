"""Lowering: a formula's tree to polynomials and signs in one ring; words are given their meaning by a callback.

Nothing here decides anything. What a formula silently supposes is collected: that a denominator is not 0, that a
root is taken of a nonnegative number (``assumed``), and what a fresh unknown stands for (``definitions``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from symgame import syntax as s
from symgame.condition import (
    FALSE,
    TRUE,
    Condition,
    both,
    either,
    equivalent,
    implies,
    negation,
    quantifier_free,
    sign,
    terms,
)
from symgame.domain import Domain
from symgame.errors import VocabularyError
from symgame.ring import FUNCTION_VALUES, Quotient, Ring
from symgame.words import FUNCTIONS, nearest

WordOfNumber = Callable[[s.Formula, "Lowering"], Quotient | None]
WordOfCondition = Callable[[s.Formula, "Lowering"], Condition | None]


MOST_TERMS = 60


@dataclass
class Lowering:
    """One reading of one formula. ``structural`` holds what is true by birth (time constants are positive)."""

    ring: Ring
    values: Mapping[str, Quotient]
    known: tuple[str, ...]
    structural: Domain | None = None
    number_word: WordOfNumber = lambda node, lowering: None
    condition_word: WordOfCondition = lambda node, lowering: None
    assumed: dict[str, Condition] = field(default_factory=dict)
    definitions: list[Condition] = field(default_factory=list)
    fresh: dict[str, Quotient] = field(default_factory=dict)
    named: dict[Quotient, Quotient] | None = None  # large polynomials and their names; None: nothing is named
    rooted: bool = False  # the formula takes roots, so that a word may as well

    def quantity(self, q: Quotient) -> Quotient:
        """A name for a polynomial, the same wherever it occurs, when this reading names quantities; else itself.

        What is proved of the names is true of any numbers, so a proof need not know what they stand for.
        """
        if self.named is None or q.over.is_constant():
            return q
        if q not in self.named:
            if len(self.named) + len(self.fresh) == len(FUNCTION_VALUES):
                raise VocabularyError(f"more than {len(FUNCTION_VALUES)} quantities and roots in one statement")
            self.named[q] = self.ring.of(FUNCTION_VALUES[-1 - len(self.named)])
        return self.named[q]

    def _known_quantity(self, q: Quotient) -> Quotient:
        """The name that a polynomial, or its opposite, already has; else the polynomial itself."""
        named = self.named or {}
        return named.get(q, -named[-q] if -q in named else q)

    def root(self, q: Quotient) -> Quotient:
        """The square root of ``max(q, 0)`` as a fresh unknown: for words, whose meaning may suppose nothing."""
        key = f"sqrt of {q}"
        if key not in self.fresh:
            if len(self.named or ()) + len(self.fresh) == len(FUNCTION_VALUES):
                raise VocabularyError(f"more than {len(FUNCTION_VALUES)} quantities and roots in one statement")
            value = self.ring.of(FUNCTION_VALUES[len(self.fresh)])
            self.fresh[key] = value
            square = both(self.compare(q, ">="), self.compare(value * value - q, "="))
            nothing = both(self.compare(q, "<"), sign(value, "="))
            self.definitions.append(both(sign(value, ">="), either(square, nothing)))
        return self.fresh[key]

    def compare(self, q: Quotient, rel: str) -> Condition:
        """``q rel 0``, with factors that are positive by birth taken out."""
        return sign(q, rel) if self.structural is None else self.structural.compare(q, rel)

    def suppose_nonzero(self, q: Quotient, text: str) -> None:
        """A denominator: note the hypothesis unless it is known."""
        condition = self.compare(q, "!=")
        if condition == FALSE:
            raise VocabularyError(f"the denominator {text} is 0 for every value of the symbols")
        if condition != TRUE:
            self.assumed[f"{text} != 0"] = condition

    # -- numbers ------------------------------------------------------------------------------------------------

    def number(self, node: s.Formula) -> Quotient:
        """The quotient of polynomials that a number denotes."""
        word = self.number_word(node, self)
        if word is not None:
            return word
        match node:
            case s.Number(value=value):
                return self.ring.quotient(value)
            case s.Name(id=name):
                return self.name(node, name)
            case s.Negative(of=a):
                return -self.number(a)
            case s.Sum(terms=terms):
                total = self.number(terms[0])
                for term in terms[1:]:
                    total = total + self.number(term)
                return total
            case s.Product(factors=factors):
                total = self.number(factors[0])
                for factor in factors[1:]:
                    total = total * self.number(factor)
                return total
            case s.Ratio(over=a, under=b):
                under = self.number(b)
                self.suppose_nonzero(under, s.text(b))
                return self.number(a) / under
            case s.Power(base=a, exponent=n):
                return self.number(a) ** n
            case s.Call(name=name, args=args) if name in FUNCTIONS:
                return self.function(node, name, args)
        if s.is_condition(node):
            raise VocabularyError(f"'{node}' is a condition (true or false) where a number was expected")
        raise VocabularyError(f"'{node}' has no meaning here")

    def name(self, node: s.Formula, name: str) -> Quotient:
        if name in self.values:
            return self.values[name]
        if name not in self.known:
            raise VocabularyError(
                f"unknown symbol {name!r} at column {node.at + 1}{nearest(name, (*self.known, *self.values))}"
            )
        return self.ring.of(name)

    def function(self, node: s.Formula, name: str, args: tuple[s.Formula, ...]) -> Quotient:
        """A root, modulus, minimum or maximum as a fresh unknown with its defining conditions."""
        least, most = FUNCTIONS[name]
        if not least <= len(args) <= most:
            wanted = f"{least}" if least == most else f"{least} to {most}"
            raise VocabularyError(f"{name} takes {wanted} numbers, not {len(args)}")
        key = s.text(node)
        if key in self.fresh:
            return self.fresh[key]
        parts = [self.number(a) for a in args]
        if len(self.fresh) + len(self.named or ()) == len(FUNCTION_VALUES):
            raise VocabularyError(f"more than {len(FUNCTION_VALUES)} roots, moduli, minima and maxima in one statement")
        parts = [self._known_quantity(part) for part in parts]
        if name == "sqrt" and f"sqrt of {parts[0]}" in self.fresh:  # a word has taken the same root
            self._suppose_root(parts[0], args[0])
            return self.fresh[f"sqrt of {parts[0]}"]
        value = self.ring.of(FUNCTION_VALUES[len(self.fresh)])
        self.fresh[key] = value
        if name == "sqrt":
            self._suppose_root(parts[0], args[0])
            definition = both(sign(value, ">="), self.compare(value * value - parts[0], "="))
        elif name == "abs":
            definition = both(sign(value, ">="), self.compare(value * value - parts[0] * parts[0], "="))
        else:
            rel = "<=" if name == "min" else ">="
            definition = both(
                *(self.compare(value - p, rel) for p in parts), either(*(self.compare(value - p, "=") for p in parts))
            )
        self.definitions.append(definition)
        return value

    def _suppose_root(self, q: Quotient, text: s.Formula) -> None:
        """The argument of a root: note that it is not negative, unless that is known."""
        if self.compare(q, ">=") != TRUE:
            self.assumed[f"{text} >= 0"] = self.compare(q, ">=")

    # -- conditions ---------------------------------------------------------------------------------------------

    def condition(self, node: s.Formula) -> Condition:
        """The condition in signs that a formula denotes."""
        word = self.condition_word(node, self)
        if word is not None:
            return word
        match node:
            case s.Truth(value=value):
                return TRUE if value else FALSE
            case s.Relation(terms=terms, ops=ops):
                sides = [self.number(t) for t in terms]
                return both(*(self.compare(sides[k] - sides[k + 1], op) for k, op in enumerate(ops)))
            case s.Not(of=a):
                return negation(self.condition(a))
            case s.And(args=args):
                return both(*(self.condition(a) for a in args))
            case s.Or(args=args):
                return either(*(self.condition(a) for a in args))
            case s.Implies(left=a, right=b):
                return implies(self.condition(a), self.condition(b))
            case s.Iff(left=a, right=b):
                left, right = self.condition(a), self.condition(b)
                return TRUE if left == right and _heavy(left) else equivalent(left, right)
        self.number(node)  # an unknown word or symbol is named here
        raise VocabularyError(f"'{node}' is a number where a condition was expected; compare it, as in '{node} > 0'")


def _heavy(c: Condition) -> bool:
    """Too large to ask a solver whether it is equivalent to itself; else its answer is kept as a certificate."""
    return not quantifier_free(c) or terms(c) > MOST_TERMS
