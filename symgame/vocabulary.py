"""What the words of a formula mean for a circuit: each word is a condition, or a number, built from the properties."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction

from symgame import syntax as s
from symgame.algebra import Algebra, algebra
from symgame.branches import Branch, branch, full_branch
from symgame.circuit import Circuit
from symgame.condition import Condition, Exists, Forall, both, implies
from symgame.errors import Unsupported, VocabularyError
from symgame.lowering import Lowering
from symgame.properties import count, diagonal, nash, potential, response, stability
from symgame.ring import BOUND_TAUS, MAX_BOUND, Matrix, Quotient
from symgame.words import (
    BRANCH_NUMBERS,
    BRANCH_WORDS,
    CIRCUIT_WORDS,
    QUANTIFIERS,
    READ_CONDITIONS,
    READINGS,
    nearest,
)

Taus = tuple[Quotient, ...] | None

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


@dataclass
class Vocabulary:
    """The meaning of every word for one circuit, numbers read at one branch (every population active by default)."""

    circuit: Circuit
    at: tuple[s.Member, ...] | None = None
    taus: Taus = None
    words: set[str] = field(default_factory=set)

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
        if isinstance(node, s.Name) and node.id in READINGS | READ_CONDITIONS:
            raise VocabularyError(f"'{node.id}' needs a population, as in {node.id}({self.circuit.names[0]})")
        return None

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
                return _OF_BRANCH[node.name](branch(self.circuit, members), self.taus)
            if node.name in READ_CONDITIONS:
                self.words.add(node.name)
                population = self._population(node, 0)
                lowering.suppose_nonzero(self.here.determinant, str(self.here.determinant))
                return lowering.compare(response.response(self.here, population, population), "<")
            if node.name in QUANTIFIERS:
                self.words.add(node.name)
                return self._over_taus(node, lowering)
        return None

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
        inner_words = replace(self, taus=(*bound, a.one) if scale_free else bound)
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
