"""Short conditions: an equivalent condition with redundant parts removed, every removal proved.

Exact samples say quickly what cannot be removed or implied; only what survives them is put to the solver, and the
result is proved equivalent to what was given before it is returned.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

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
    disjuncts,
    either,
    free_names,
    mapped,
    negation,
    propagated,
    quantifier_free,
)
from symgame.domain import Domain
from symgame.proof.sampling import Samples, Truth, samples, truth
from symgame.proof.solver import ask
from symgame.proof.splitting import MOST_TERMS, contradictory
from symgame.quantifier import eliminate

BUDGET = 60_000
PATIENCE = 3
MAX_CASES = 64
SAMPLES = 4_096


@dataclass
class Reducer:
    """Reduction under one domain and one set of hypotheses; samples of them are drawn once."""

    domain: Domain
    given: Condition = TRUE
    budget: int = BUDGET
    patience: int = PATIENCE  # how many questions may run out of budget before the rest goes unasked
    common_parts: bool = False  # whether text of long polynomials has common parts taken out: for three and more rates
    prefer: str | None = None  # among equivalent short forms, the one that speaks of this name

    def __post_init__(self) -> None:
        self._base = both(self.domain.condition, self.given)
        self._points: Samples | None = None
        self._size = 0
        self._cache: dict[str, np.ndarray] = {}

    # -- questions ----------------------------------------------------------------------------------------------

    def implied(self, premise: Condition, conclusion: Condition) -> bool:
        """Proved: domain, hypotheses and premise imply the conclusion. ``False`` is "not shown"."""
        if conclusion == TRUE or premise in (FALSE, conclusion):
            return True
        if isinstance(premise, And) and conclusion in premise.args:
            return True
        if self._counterexample(premise, conclusion):
            return False
        query = both(self._base, premise, negation(conclusion))
        if query == FALSE:
            return True
        if self._worth_comparing(query) and self._contradictory(query):
            return True
        if self.patience <= 0:
            return self._contradictory(query)
        status = ask([("query", query)], self.budget).status
        if status == "unknown" and self._contradictory(query):
            return True
        self.patience -= status == "unknown"
        return status == "unsat"

    def _worth_comparing(self, query: Condition) -> bool:
        """Whether large polynomials stand in alternatives: there a solver is slow, and the signs may suffice."""
        parts = query.args if isinstance(query, And) else (query,)
        mixed = [part for part in parts if isinstance(part, Or)]
        return any(len(atom.poly) > MOST_TERMS for part in mixed for atom in atoms(part))

    def _contradictory(self, query: Condition) -> bool:
        """By the signs of equal polynomials alone, those that the domain knows among them."""
        return contradictory(mapped(query, self.domain.split))

    def impossible(self, c: Condition) -> bool:
        return self.implied(c, FALSE)

    def equivalent(self, one: Condition, other: Condition) -> bool:
        return self.implied(one, other) and self.implied(other, one)

    def _counterexample(self, premise: Condition, conclusion: Condition) -> bool:
        held = self.truths(premise)
        if not held.any():
            return False
        return bool((held & ~self.truths(conclusion)).any())

    def truths(self, c: Condition) -> Truth:
        """On which samples of domain and hypotheses the condition holds (floating point: a filter, no proof)."""
        points = self._sampled(c)
        return truth(c, points, self._size, self._cache)

    def _sampled(self, c: Condition) -> Samples:
        if self._points is None:
            names = sorted(free_names(self._base) | set(self.domain.ring.names))
            drawn = samples(names, self.domain.kinds, seed=7, size=SAMPLES)
            keep = truth(self._base, drawn, SAMPLES, {})
            self._points = {n: v[keep] for n, v in drawn.items()}
            self._size = int(keep.sum())
        return self._points

    # -- reduction ----------------------------------------------------------------------------------------------

    def reduce(self, c: Condition) -> Condition:
        """An equivalent condition (under domain and hypotheses), as short as this procedure finds.

        A quantifier with an explicit choice is reduced as that choice: whoever uses the result proves it for the word.
        First as one conjunction of signs from the pool of all signs that occur; if none is sufficient, as a
        disjunction of reduced conjunctions.
        """
        c = explicit(c)
        if not quantifier_free(c):
            c = eliminate(c, self.domain)
        c = propagated(mapped(c, self.domain.split))
        if c in (TRUE, FALSE) or isinstance(c, Sign):
            return self._constant(c)
        constant = self._constant(c)
        if constant in (TRUE, FALSE):
            return constant
        pool = self._pool(c)
        conjunction = self._conjunction(c, pool)
        if conjunction is not None:
            return conjunction
        alternatives = self._conjunction(negation(c), [negation(a) for a in pool])
        if alternatives is not None:
            return negation(alternatives)
        return self._disjunction(c)

    def _constant(self, c: Condition) -> Condition:
        if self.implied(TRUE, c):
            return TRUE
        if self.impossible(c):
            return FALSE
        return c

    def _pool(self, c: Condition) -> list[Condition]:
        """The signs that occur and the signs of the same polynomials that they suggest, lightest first."""
        found: dict[Condition, None] = {}
        for atom in atoms(c):
            for factor in (1, -1):
                for rel in (">", ">=", "=", "!="):
                    candidate = self.domain.split(Sign(atom.poly * factor, rel))
                    if candidate not in (TRUE, FALSE):
                        found[candidate] = None
        return sorted(found, key=self._weight)

    def _weight(self, c: Condition) -> tuple[int, int, str]:
        terms, degree, text = weight(c)
        return (terms + 2 * (self.prefer is not None and self.prefer not in free_names(c)), degree, text)

    def _conjunction(self, c: Condition, pool: Iterable[Condition]) -> Condition | None:
        """The signs of the pool that c implies, if together they imply c; redundant ones dropped, heaviest first."""
        implied: list[Condition] = []
        for a in pool:
            if self._counterexample(c, a):
                continue
            if self.implied(c, a):
                implied.append(a)
        implied = _strongest(implied)
        if not implied or not self.implied(both(*implied), c):
            return None
        kept = list(implied)
        for a in sorted(implied, key=self._weight, reverse=True):
            rest = [k for k in kept if k is not a]
            if self.implied(both(*rest), c):
                kept = rest
        return both(*kept)

    def _disjunction(self, c: Condition) -> Condition:
        cases = disjuncts(c, MAX_CASES)
        if cases is None:
            return c
        reduced: list[Condition] = []
        for case in cases:
            if not self.impossible(case):
                parts = case.args if isinstance(case, And) else (case,)
                kept = _strongest(list(parts))
                for a in sorted(kept, key=weight, reverse=True):
                    rest = [k for k in kept if k is not a]
                    if rest and self.implied(both(*rest), c):  # may grow, but stays inside the whole
                        kept = rest
                reduced.append(both(*kept))
        reduced = list(dict.fromkeys(reduced))
        for case in sorted(reduced, key=weight, reverse=True):
            rest_cases = [r for r in reduced if r is not case]
            if self.implied(case, either(*rest_cases)):
                reduced = rest_cases
        result = either(*reduced)
        return result if self.implied(result, c) and self.implied(c, result) else c


def explicit(c: Condition) -> Condition:
    """Bound unknowns exchanged for the explicit choice that comes with them, where there is one."""
    match c:
        case And(args=args):
            return both(*(explicit(a) for a in args))
        case Or(args=args):
            return either(*(explicit(a) for a in args))
        case Exists(enough=choice) | Forall(needed=choice) if choice is not None:
            return choice
    return c


def _strongest(signs: list[Condition]) -> list[Condition]:
    """Without ``p >= 0`` and ``p != 0`` where ``p > 0`` is there; ``p >= 0, p <= 0`` as ``p = 0``."""
    strict = {a.key for a in signs if isinstance(a, Sign) and a.rel == ">"}
    zero = {a.key for a in signs if isinstance(a, Sign) and a.rel == "="}
    kept = []
    for a in signs:
        if isinstance(a, Sign):
            opposite = str(-a.poly)
            if a.rel == ">=" and (a.key in strict or a.key in zero or opposite in zero):
                continue
            if a.rel == "!=" and (a.key in strict or opposite in strict):
                continue
        kept.append(a)
    return kept


def weight(c: Condition) -> tuple[int, int, str]:
    """How heavy a condition reads: number of terms, total degree, then its key for a stable order."""
    rows = list(atoms(c))
    terms = sum(len(a.poly) for a in rows)
    degree = sum(int(a.poly.total_degree()) for a in rows)
    equal = sum(a.rel in ("!=",) for a in rows)
    return (terms + equal, degree, c.key + c.rel if isinstance(c, Sign) else str(c))


def reduced(c: Condition, domain: Domain, given: Condition = TRUE) -> Condition:
    """See :meth:`Reducer.reduce`; a quantifier that cannot be eliminated raises ``Unsupported``."""
    return Reducer(domain, given).reduce(c)
