"""What the words of a formula mean for a circuit: each word is a condition, or a number, built from the properties."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from typing import Literal

from symgame import syntax as s
from symgame.algebra import Algebra, algebra
from symgame.branches import Branch, branch, full_branch
from symgame.circuit import Circuit
from symgame.condition import (
    TRUE,
    And,
    Condition,
    Exists,
    Forall,
    Or,
    Sign,
    both,
    either,
    implies,
    mapped,
    negation,
    renamed,
    sign,
)
from symgame.errors import Unsupported, VocabularyError
from symgame.frozen_gains import gain, rate, smooth
from symgame.lowering import Lowering
from symgame.properties import count, diagonal, nash, potential, response, stability
from symgame.ring import BOUND_GAINS, BOUND_TAUS, FUNCTION_VALUES, MAX_BOUND, Matrix, Quotient, coefficients, substitute
from symgame.words import (
    BRANCH_NUMBERS,
    BRANCH_WORDS,
    CIRCUIT_WORDS,
    GAIN_QUANTIFIERS,
    QUANTIFIERS,
    READ_CONDITIONS,
    READINGS,
    nearest,
)

Taus = tuple[Quotient, ...] | None
Energies = Literal["unknown", "settled"]

_OF_BRANCH: dict[str, Callable[[Branch, Taus], Condition]] = {
    "exists": lambda b, taus: b.exists,
    "continuum": lambda b, taus: b.continuum,
    "strict": lambda b, taus: b.strict,
    "hurwitz": stability.hurwitz,
    "stable": stability.stable,
    "attracting": stability.attracting,
    "stationary": lambda b, taus: b.exists,
    "local_nash": lambda b, taus: nash.local_nash(b),
    "nash": lambda b, taus: nash.nash(b),
}
#: The same at an equilibrium of a smooth circuit, inside its pieces, with gains as symbols.
_AT_GAINS: dict[str, Callable[[Branch, Taus], Condition]] = {
    "hurwitz": stability.hurwitz,
    "stable": stability.stable,
    "attracting": stability.attracting,
    "stationary": lambda b, taus: TRUE,
    "local_nash": lambda b, taus: nash.local_nash(b),
    "nash": lambda b, taus: nash.nash(b),  # where energies are convex for all values; else Vocabulary.energies
}
_NO_STATE = (
    "has no polynomial meaning for a smooth activation: its equilibria are the map x -> u = phi^(-1)(x) - W x read "
    "backwards, and statements are about an equilibrium with gains {gains}; with numbers, `symgame equilibria` "
    "isolates all of them"
)
_OF_CIRCUIT: dict[str, Callable[[Algebra, Taus], Condition]] = {
    "unique": lambda a, taus: count.unique(a),
    "p_matrix": lambda a, taus: diagonal.p_matrix(a),
    "monotone": lambda a, taus: diagonal.monotone(a),
    "hurwitz": stability.circuit_hurwitz,
    "totally_hurwitz": stability.totally_hurwitz,
    "potential": lambda a, taus: potential.potential(a),
    "weighted_potential": lambda a, taus: potential.weighted_potential(a),
}
#: Words whose meaning needs the reading itself: it names their large polynomials, or takes their roots.
_OF_READING: dict[str, Callable[[Algebra, Lowering], Condition]] = {
    "lds": lambda a, lowering: _diagonal(a, a.interaction(), lowering),
    "rosen": lambda a, lowering: _diagonal(a, a.game_matrix(), lowering),
    "d_stable": lambda a, lowering: stability.d_stable(a, lowering.quantity, lowering.root),
}
READING_WORDS = frozenset(_OF_READING)


def _diagonal(a: Algebra, matrix: Matrix, lowering: Lowering) -> Condition:
    """Diagonal stability; its roots are taken in a formula that takes roots, and eliminated else."""
    root = lowering.root if lowering.rooted else None
    return diagonal.lds(a, matrix, lowering.quantity, root).condition


_OF_NUMBER: dict[str, Callable[[Branch, Taus], Quotient]] = {
    "trace": stability.trace,
    "det": lambda b, taus: b.determinant,
    "disc": stability.discriminant,
}


def signs_only(node: s.Formula) -> bool:
    """Whether trace and disc occur only as ``trace rel 0`` and ``disc rel 0``."""
    scaled = {"trace", "disc"}
    if isinstance(node, s.Relation):
        touched = any(isinstance(part, s.Name) and part.id in scaled for part in s.walk(node))
        plain = all(isinstance(t, s.Name) or t == s.Number(Fraction(0)) for t in node.terms)
        return not touched or (plain and len(node.terms) == 2 and s.Number(Fraction(0)) in node.terms)
    return all(signs_only(child) for child in s.children(node))


def _once(equation: Sign, name: str) -> bool:
    """Whether an equation has the name to the first power only, and says more than that a product with it is 0."""
    rows = coefficients(equation.poly, name)
    return equation.rel == "=" and len(rows) == 2 and rows[0] != 0


def _unknown(lowering: Lowering, key: str) -> Quotient:
    """A fresh unknown that nothing is known of, the same for the same key."""
    if key not in lowering.fresh:
        if len(lowering.named or ()) + len(lowering.fresh) == len(FUNCTION_VALUES):
            raise VocabularyError(f"more than {len(FUNCTION_VALUES)} quantities and roots in one statement")
        lowering.fresh[key] = lowering.ring.of(FUNCTION_VALUES[len(lowering.fresh)])
        lowering.definitions.append(TRUE)
    return lowering.fresh[key]


def _at(q: Quotient, name: str, value: Quotient) -> Quotient:
    """A quotient with a value for a name that its denominator does not hold."""
    return substitute(q.over, name, value) / Quotient(q.under, q.under * 0 + 1)


def _put(name: str, value: Quotient, compare: Callable[[Quotient, str], Condition], atom: Sign) -> Condition:
    return compare(substitute(atom.poly, name, value), atom.rel)


@dataclass
class Vocabulary:
    """The meaning of every word for one circuit, numbers read at one branch (every population active by default)."""

    circuit: Circuit
    at: tuple[s.Member, ...] | None = None
    taus: Taus = None
    words: set[str] = field(default_factory=set)
    #: How ``nash`` is read where gains do not tell it: as an unknown, or where they do tell (``settled``); None: not.
    energies: Energies | None = None
    settled: dict[str, Condition] = field(default_factory=dict)

    @property
    def algebra(self) -> Algebra:
        return algebra(self.circuit)

    @property
    def here(self) -> Branch:
        return full_branch(self.circuit) if self.at is None else branch(self.circuit, self.at)

    def lowering(self) -> Lowering:
        a = self.algebra
        return Lowering(
            a.ring, a.values, self.circuit.symbols, a.structural, number_word=self.number, condition_word=self.condition
        )

    # -- numbers ------------------------------------------------------------------------------------------------

    def number(self, node: s.Formula, lowering: Lowering) -> Quotient | None:
        if isinstance(node, s.Name) and node.id in BRANCH_NUMBERS:
            self.words.add(node.id)
            return _OF_NUMBER[node.id](self.here, self.taus)
        if isinstance(node, s.Call) and node.name in READINGS:
            self.words.add(node.name)
            population = self._population(node, 0)
            if node.name in ("x", "energy") and self.algebra.frozen:
                raise self._no_state(s.text(node))
            if node.name == "curvature":
                return nash.own_curvature(self.here, population)
            if self.here.determinant.is_zero:
                raise VocabularyError(f"'{node}': the determinant of that branch is 0 for every value of the symbols")
            lowering.suppose_nonzero(self.here.determinant, str(self.here.determinant))
            if node.name == "x":
                return self.here.rate(population)
            if node.name == "energy":
                return nash.energy(self.here, population)
            return response.response(self.here, population, self._input(node))
        if isinstance(node, s.Name) and self.algebra.frozen and node.id in self._inputs():
            raise Unsupported(
                f"{node.id!r} is an input: at an equilibrium of a smooth circuit the inputs follow from the rates, and "
                f"statements are for every input"
            )
        if isinstance(node, s.Name) and node.id in READINGS | READ_CONDITIONS:
            raise VocabularyError(f"'{node.id}' needs a population, as in {node.id}({self.circuit.names[0]})")
        return None

    def _inputs(self) -> set[str]:
        return {str(x) for p in self.circuit.populations for x in p.input.free_symbols}

    def _no_state(self, word: str) -> Unsupported:
        gains = ", ".join(str(gain(self.circuit.names[i])) for i in smooth(self.circuit))
        return Unsupported(f"'{word}' {_NO_STATE.format(gains=gains)}")

    def _population(self, node: s.Call, place: int) -> int:
        wanted = (READINGS | READ_CONDITIONS)[node.name]
        if len(node.args) != len(wanted):
            raise VocabularyError(
                f"{node.name} takes {len(wanted)} argument{'s' if len(wanted) > 1 else ''} ({', '.join(wanted)}), "
                f"not {len(node.args)}, at column {node.at + 1}"
            )
        name = node.args[place]
        if not isinstance(name, s.Name) or name.id not in self.circuit.names:
            raise VocabularyError(
                f"{node.name} is of a population, not of '{name}', at column {name.at + 1}"
                f"{nearest(str(name), self.circuit.names)}"
            )
        return self.circuit.index(name.id)

    def _input(self, node: s.Call) -> int:
        name = node.args[1]
        inputs = self.circuit.inputs
        if not isinstance(name, s.Name) or name.id not in inputs:
            raise VocabularyError(
                f"dx(..., INPUT) wants the input of a population, not '{name}', at column {name.at + 1}"
                f"{nearest(str(name), inputs)}"
            )
        if inputs.count(name.id) > 1:
            raise VocabularyError(f"the input {name.id!r} drives several populations; dx is for one")
        return inputs.index(name.id)

    # -- conditions ---------------------------------------------------------------------------------------------

    def condition(self, node: s.Formula, lowering: Lowering) -> Condition | None:
        if isinstance(node, s.Name):
            if node.id in CIRCUIT_WORDS:
                self.words.add(node.id)
                if node.id in _OF_READING:
                    return _OF_READING[node.id](self.algebra, lowering)
                return _OF_CIRCUIT[node.id](self.algebra, self.taus)
            if node.id in BRANCH_WORDS:
                raise VocabularyError(f"'{node.id}' needs a branch, as in {node.id}({','.join(self.circuit.names)})")
            if node.id not in (
                *self.circuit.symbols,
                *self.algebra.values,
                *BRANCH_NUMBERS,
                *READINGS,
                *READ_CONDITIONS,
            ):
                raise VocabularyError(
                    f"unknown word {node.id!r} at column {node.at + 1}"
                    f"{nearest(node.id, (*CIRCUIT_WORDS, *BRANCH_WORDS, *BRANCH_NUMBERS, *self.circuit.symbols))}"
                )
        if isinstance(node, s.Call):
            if node.name in BRANCH_WORDS:
                self.words.add(node.name)
                members = tuple(a for a in node.args if isinstance(a, s.Member))
                if self.algebra.frozen and node.name not in _AT_GAINS:
                    raise self._no_state(s.text(node))
                if self.algebra.frozen and node.name == "nash" and self.energies is not None:
                    return self._nash_at_gains(branch(self.circuit, members), lowering)
                table = _AT_GAINS if self.algebra.frozen else _OF_BRANCH
                return table[node.name](branch(self.circuit, members), self.taus)
            if node.name in READ_CONDITIONS:
                self.words.add(node.name)
                population = self._population(node, 0)
                lowering.suppose_nonzero(self.here.determinant, str(self.here.determinant))
                return lowering.compare(response.response(self.here, population, population), "<")
            if node.name in QUANTIFIERS:
                self.words.add(node.name)
                return self._over_taus(node, lowering)
            if node.name in GAIN_QUANTIFIERS:
                self.words.add(node.name)
                return self._over_gains(node, lowering)
        return None

    def _nash_at_gains(self, here: Branch, lowering: Lowering) -> Condition:
        """Global minima of the own energies, where they are not convex by an unknown of any sign for each.

        What is proved for every value of the unknowns is true. Where some value refutes it, the unknowns have to be
        without influence: ``settled`` collects when they are, and then a local minimum is a global one.
        """
        parts = []
        for name, (enough, needed) in zip(self.circuit.names, nash.between(here), strict=True):
            if enough == TRUE:
                continue
            self.settled[name] = both(self.settled.get(name, TRUE), either(enough, negation(needed)))
            if self.energies == "unknown":
                better = _unknown(lowering, f"whether {name} has a better rate at {here.name}")
                needed = both(needed, either(enough, sign(better, ">")))
            parts.append(needed)
        return both(*parts)

    def _over_gains(self, node: s.Call, lowering: Lowering) -> Condition:
        """The gains bound, each in its range: what is said of all of them is said of every equilibrium."""
        if len(node.args) != 1 or not s.is_condition(node.args[0]):
            said = ", ".join(map(str, node.args)) or "nothing"
            raise VocabularyError(f"{node.name} takes one condition, as in {node.name}(det = 0), not {said}")
        a = self.algebra
        chosen = list(smooth(self.circuit)) if a.frozen else []
        if not chosen:
            raise VocabularyError(f"{node.name} is for circuits with smooth activations; this one has none")
        inside = [part.name for part in s.walk(node.args[0]) if isinstance(part, s.Call)]
        if self.taus is not None or any(name in QUANTIFIERS or name in GAIN_QUANTIFIERS for name in inside):
            raise VocabularyError(f"{node.name} inside another quantifier, or around one")
        if len(chosen) > MAX_BOUND:
            raise Unsupported(f"{node.name} is decided for at most {MAX_BOUND} populations")
        rates = {str(rate(self.circuit.names[i])) for i in chosen}
        named = {part.id for part in s.walk(node.args[0]) if isinstance(part, s.Name)} & rates
        if named:
            raise VocabularyError(f"{node.name} binds the gains; {min(named)!r} cannot be named inside it")
        definitions = len(lowering.definitions)
        energies, self.energies = self.energies, None  # an unknown would be bound, too
        body = lowering.condition(node.args[0])
        self.energies = energies
        if len(lowering.definitions) > definitions:
            raise VocabularyError(f"{node.name}: roots, abs, min and max are not read inside it")
        table, ranges = {}, []
        for i, bound in zip(chosen, BOUND_GAINS, strict=False):
            name = str(gain(self.circuit.names[i]))
            table[name] = bound
            ranges.append(lowering.ring.of(name))
        inner = both(*(both(sign(q, ">"), self._below(i, q)) for i, q in zip(chosen, ranges, strict=True)))
        wanted = body if node.name == "for_some_gains" else negation(body)
        rows = []
        for case in wanted.args if isinstance(wanted, Or) else (wanted,):
            row = self._some(table, both(inner, case))
            if isinstance(row, Exists) and isinstance(case, Sign):
                row = replace(row, enough=self._at_corners(case, chosen))
            rows.append(row)
        found = either(*rows)
        return found if node.name == "for_some_gains" else negation(found)

    def _at_corners(self, wanted: Sign, chosen: Sequence[int]) -> Condition | None:
        """When a number that is affine in each gain is positive (``>= 0``) at some gains: an explicit choice of them.

        It is greatest at a corner of the closed ranges, and what is positive there is so near it. Where it is 0 at the
        most, it is 0 on all of some face of the ranges, and at the middle of that face: ends that are gains, and
        middles of ranges.
        """
        bounds = [self.algebra.greatest(i) for i in chosen]
        names = [str(gain(self.circuit.names[i])) for i in chosen]
        if wanted.rel not in (">", ">=") or any(len(coefficients(wanted.poly, name)) > 2 for name in names):
            return None
        half = self.algebra.one / self.algebra.ring.quotient(2)
        corners = middles = [Quotient(wanted.poly, wanted.poly * 0 + 1)]
        for name, bound in zip(names, bounds, strict=True):
            if bound is None:
                return None
            corners = [_at(q, name, end) for q in corners for end in (self.algebra.zero, bound[0])]
            ends = (half * bound[0], bound[0]) if bound[1] else (half * bound[0],)
            middles = [_at(q, name, end) for q in middles for end in ends]
        compare = self.algebra.structural.compare
        touching = [compare(q, ">=") for q in middles] if wanted.rel == ">=" else []
        return either(*(compare(q, ">") for q in corners), *touching)

    def _some(self, table: dict[str, str], body: Condition) -> Condition:
        """Some gains under new names; those that occur once in an equation are put in, by the sign of what multiplies
        them."""
        if isinstance(body, Or):
            return either(*(self._some(table, part) for part in body.args))
        parts = body.args if isinstance(body, And) else (body,)
        compare = self.algebra.structural.compare
        for part in parts:
            name = next((n for n in table if isinstance(part, Sign) and _once(part, n)), None)
            if name is None or not isinstance(part, Sign):
                continue
            constant, factor = (Quotient(row, row * 0 + 1) for row in coefficients(part.poly, name))
            rest = both(*(p for p in parts if p is not part))
            left = {n: b for n, b in table.items() if n != name}
            there = mapped(rest, partial(_put, name, -constant / factor, compare))
            there = both(there, *self._positive(left))  # the signs of gains have been taken out where they were known
            cases = [both(compare(factor, rel), there) for rel in (">", "<")]
            cases.append(both(compare(factor, "="), compare(constant, "="), rest, *self._positive(table)))
            return either(*(self._some(table if k == 2 else left, case) for k, case in enumerate(cases)))
        body = both(body, *self._positive(table))
        return Exists(tuple(table.values()), renamed(body, table)) if table else body

    def _positive(self, names: Iterable[str]) -> Iterator[Condition]:
        return (sign(self.algebra.ring.of(name), ">") for name in names)

    def _below(self, i: int, q: Quotient) -> Condition:
        bound = self.algebra.greatest(i)
        return TRUE if bound is None else sign(bound[0] - q, ">=" if bound[1] else ">")

    def _over_taus(self, node: s.Call, lowering: Lowering) -> Condition:
        """The time constants bound: fresh, positive and independent, whatever the circuit makes of them.

        Stability and the *signs* of trace and disc do not change when all time constants are scaled, so that the last
        of them may be 1; where the values of trace or disc matter, all of them are bound.
        """
        if len(node.args) != 1 or not s.is_condition(node.args[0]):
            said = ", ".join(map(str, node.args)) or "nothing"
            raise VocabularyError(f"{node.name} takes one condition, as in {node.name}(hurwitz(...)), not {said}")
        if self.taus is not None:
            raise VocabularyError(f"{node.name} inside another for_all_tau or for_some_tau")
        own = {n for p in self.circuit.populations for n in map(str, p.tau.free_symbols)}
        named = {part.id for part in s.walk(node.args[0]) if isinstance(part, s.Name)} & own
        if named:
            raise VocabularyError(f"{node.name} binds the time constants; {named.pop()!r} cannot be named inside it")
        a = self.algebra
        if any(group.count != a.one for group in a.groups):
            raise Unsupported(
                f"{node.name} is not derived for copies of units: each has time constants of its own"
            )
        if a.n > MAX_BOUND:
            raise Unsupported(f"{node.name} is decided for at most {MAX_BOUND} populations")
        scale_free = signs_only(node.args[0])
        names = BOUND_TAUS[: a.n - 1] if scale_free else BOUND_TAUS[: a.n]
        bound = tuple(a.ring.of(n) for n in names)
        signs = {**a.structural.signs, **dict.fromkeys(names, ">")}
        structural = replace(a.structural, signs=signs, _split={})
        inner_words = replace(self, taus=(*bound, a.one) if scale_free else bound, energies=None)
        inner = replace(
            lowering,
            structural=structural,
            number_word=inner_words.number,
            condition_word=inner_words.condition,
            assumed={},
            definitions=[],
            fresh=dict(lowering.fresh),
        )
        body = inner.condition(node.args[0])
        if inner.definitions:
            raise VocabularyError(f"{node.name}: roots, abs, min and max are not read inside it")
        self.words |= inner_words.words
        lowering.assumed.update(inner.assumed)
        positive = both(*(lowering.compare(t, ">") for t in bound))
        if not names:
            return body
        if node.name == "for_all_tau":
            return Forall(names, implies(positive, body))
        return Exists(names, both(positive, body))
