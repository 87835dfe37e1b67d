"""Is a hand-typed statement true of a circuit? Read, give the words their meaning, decide, and say what was missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from symgame import syntax as s
from symgame.algebra import algebra
from symgame.branches import branch, equilibria, full_branch
from symgame.circuit import Circuit
from symgame.condition import (
    FALSE,
    TRUE,
    And,
    Condition,
    at_point,
    both,
    free_names,
    negation,
    quantifier_free,
)
from symgame.domain import Hypothesis
from symgame.errors import BudgetExceeded, HypothesisError, SymgameError, Unsupported, VocabularyError
from symgame.frozen_gains import analysed, gain, is_frozen, rate, restrained, smooth
from symgame.grammar import read_branch, read_formula
from symgame.notation import symbol
from symgame.presentation import PLAIN
from symgame.proof.decide import EXACT, Query, consistent, decide
from symgame.proof.sampling import samples, truth
from symgame.proof.solver import DEFAULT_BUDGET
from symgame.proof.verdict import Cited, Proved, Refuted, Undecided, Value, Verdict
from symgame.properties import count
from symgame.properties.nash import untold
from symgame.ring import FRESH
from symgame.tables import Cell, formula, joined, table
from symgame.theorems import reading_evidence, theorem
from symgame.vocabulary import READING_WORDS, Energies, Vocabulary
from symgame.words import (
    BRANCH_NUMBERS,
    BRANCH_WORDS,
    CIRCUIT_WORDS,
    FUNCTIONS,
    GAIN_QUANTIFIERS,
    READ_CONDITIONS,
    READINGS,
)


@dataclass(frozen=True)
class Slip:
    """A common mistake that explains a refuted statement: with it undone the statement is proved.

    ``sentence`` says what would have to be the case, ``formula`` is the statement with the slip undone, and ``given``
    what it then needs besides.
    """

    name: str
    sentence: str
    formula: str
    given: tuple[str, ...] = ()
    by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checked:
    """A statement with its verdict. ``assumed`` are denominators and roots that the statement supposes."""

    statement: s.Formula
    given: tuple[s.Formula, ...]
    verdict: Verdict
    assumed: tuple[str, ...] = ()
    missing: str | None = None
    slip: Slip | None = None

    @property
    def reason(self) -> str:
        """One sentence for a person."""
        match self.verdict:
            case Proved(used=used):
                return f"proved from {' ; '.join(used)}" if used else "proved without any hypothesis"
            case Refuted():
                hint = f"; true if {self.missing}" if self.missing else ""
                return f"false at the witness, which satisfies every hypothesis{hint}"
            case Cited(source=source):
                return f"follows from a theorem whose hypotheses were proved here: {source}"
            case Undecided(reason=reason):
                return reason

    def _repr_html_(self) -> str:
        rows: list[tuple[Cell, Cell]] = [(self.verdict.kind, formula(s.text(self.statement)))]
        if self.given:
            rows.append(("given", joined(formula(s.text(g)) for g in self.given)))
        rows.append(("because", self.reason))
        if isinstance(self.verdict, Refuted):
            at = sorted(self.verdict.witness.items())
            rows.append(("witness", joined(formula(f"{n} = {v}") for n, v in at)))
        if self.slip:
            rows.append(("slip", joined((self.slip.sentence, formula(self.slip.formula)))))
        if self.assumed:
            rows.append(("assumed", joined(formula(a) for a in self.assumed)))
        return table((), rows).source


@dataclass(frozen=True)
class Reading:
    """A statement lowered for one circuit, ready to be decided.

    ``untold`` are populations of which gains tell only in part whether their rates are best responses.
    """

    query: Query
    assumed: tuple[str, ...]
    words: frozenset[str]
    untold: tuple[str, ...] = ()


def check(
    circuit: Circuit,
    statement: str | s.Formula,
    given: str | s.Formula | Sequence[str | s.Formula] = (),
    *,
    at: str | None = None,
    budget: int = DEFAULT_BUDGET,
    search_missing: bool = True,
) -> Checked:
    """Decide a statement, a tree or a text in the formula grammar, under the circuit's domain and the given hypotheses.

    It is true if it holds for all values of its symbols in the domain. Numbers such as ``det`` or ``x(E)`` are read at
    the branch ``at`` (default: every population active). A quotient adds "denominator is not 0" to the hypotheses and
    lists it in ``assumed``. After a refutation a single missing hypothesis is looked for.

    Raises :class:`~symgame.errors.FormulaError` or :class:`~symgame.errors.VocabularyError` for what cannot be
    read, and :class:`~symgame.errors.HypothesisError` when the hypotheses contradict one another.

    >>> from symgame.named import wilson_cowan
    >>> check(wilson_cowan(), "lds <=> w_EE < 1").verdict.kind
    'proved'
    >>> check(wilson_cowan(), "stable(E,I) <=> det > 0").verdict.kind
    'refuted'
    """
    node = read_formula(statement) if isinstance(statement, str) else statement
    listed = [given] if isinstance(given, str | s.Formula) else given
    hypotheses = tuple(read_formula(g, "the hypothesis") if isinstance(g, str) else g for g in listed)
    try:
        circuit = analysed(circuit.fixed(), node, *hypotheses)
    except Unsupported as error:
        return Checked(node, hypotheses, Undecided(str(error)))
    members = None if at is None else read_branch(at, "--at")
    if members is not None and algebra(circuit).pieces is not None:
        branch(circuit, members)  # a branch that is none is a mistake, even if nothing is read there
    known = theorem(circuit, node, hypotheses)
    try:
        reading = read(circuit, node, hypotheses, members, energies="unknown")
        verdict = _by_names(circuit, node, hypotheses, members, budget) or decide(
            reading.query, budget if known is None else min(budget, 20_000), s.text(node)
        )
        if reading.untold and not isinstance(verdict, Proved):
            verdict = _where_gains_tell(circuit, node, hypotheses, members, budget)
    except (Unsupported, BudgetExceeded) as error:
        if known is not None:
            return Checked(node, hypotheses, Cited(known.source, (EXACT,)))
        return Checked(node, hypotheses, Undecided(str(error)))
    if isinstance(verdict, Undecided):
        verdict = Cited(known.source, (EXACT,)) if known else _at_points(circuit, node, hypotheses, reading) or verdict
    verdict = with_uniqueness(circuit, reading.words, verdict, budget)
    verdict = with_closed_forms(circuit, reading.words, verdict)
    verdict = _for_free_inputs(circuit, verdict)
    missing = None
    if search_missing and isinstance(verdict, Refuted):
        missing = missing_hypothesis(circuit, node, hypotheses, members, verdict, budget)
    return Checked(node, hypotheses, verdict, reading.assumed, missing)


def _about_gains(circuit: Circuit, formulas: Sequence[s.Formula]) -> bool:
    """Whether something outside the quantifiers over gains is read at an equilibrium.

    Else the ranges of the gains, which are not empty, are no hypotheses.
    """
    letters = {str(x) for i in smooth(circuit) for x in (gain(circuit.names[i]), rate(circuit.names[i]))}
    read_there = letters | set(BRANCH_WORDS) | set(BRANCH_NUMBERS) | set(READINGS) | set(READ_CONDITIONS)

    def free(node: s.Formula) -> bool:
        if isinstance(node, s.Call):
            return node.name not in GAIN_QUANTIFIERS and (node.name in read_there or any(map(free, node.args)))
        if isinstance(node, s.Name):
            return node.id in read_there - set(CIRCUIT_WORDS)
        return any(map(free, s.children(node)))

    return any(map(free, formulas))


def _for_free_inputs(circuit: Circuit, verdict: Verdict) -> Verdict:
    """Where an assumption restricts an input, gains that refute a statement need not occur."""
    held = restrained(circuit) if isinstance(verdict, Refuted) and is_frozen(circuit) else None
    if held is None:
        return verdict
    return Undecided(
        f"it is false at some gains, but an assumption restricts {held!r}, and whether these gains then occur is not "
        f"decided; leave the assumption out to ask about every input"
    )


def read(
    circuit: Circuit,
    node: s.Formula,
    given: Sequence[s.Formula],
    at: tuple[s.Member, ...] | None = None,
    *,
    naming: bool = False,
    energies: Energies | None = None,
) -> Reading:
    """Lower a statement and its hypotheses in one ring, collecting what they suppose.

    With ``naming`` the large polynomials of diagonal stability are unknowns: what is proved then is true whatever they
    stand for, but a point where it fails is no witness. With ``energies`` unknown the same holds of ``nash`` at gains
    that do not tell it; ``settled`` adds the hypothesis that they do.
    """
    circuit = analysed(circuit, node, *given)
    a = algebra(circuit)
    vocabulary = Vocabulary(circuit, at, energies=energies)
    lowering = vocabulary.lowering()
    lowering.rooted = _takes_roots(node, given)
    if naming:
        lowering.named = {}
        for word in _named_words(node, given):  # first, so that every root and modulus of the statement meets them
            lowering.condition(s.Name(word))
    conclusion = lowering.condition(node)
    rows: list[Hypothesis] = []
    for hypothesis in given:
        for part in hypothesis.args if isinstance(hypothesis, s.And) else (hypothesis,):
            rows.append(Hypothesis(s.text(part), lowering.condition(part), "given"))
    fixed = [Hypothesis(text, condition, "denominator or root") for text, condition in lowering.assumed.items()]
    fixed += [
        Hypothesis(f"{text} = {name}", definition, "definition")
        for (text, name), definition in zip(lowering.fresh.items(), lowering.definitions, strict=True)
        if definition != TRUE
    ]
    if energies == "settled":
        fixed += [Hypothesis(f"gains tell a best response of {p}", c) for p, c in vocabulary.settled.items()]
    silent = _silent_names(circuit, vocabulary.words)
    known = a.domain.hypotheses
    if is_frozen(circuit) and not _about_gains(circuit, (node, *given)):
        gains = {str(gain(circuit.names[i])) for i in smooth(circuit)}
        known = tuple(h for h in known if not free_names(h.condition) & gains)
        silent -= gains
    born = tuple(h.text for h in a.structural.hypotheses if free_names(h.condition) & silent)
    query = Query(known, tuple(rows), tuple(fixed), conclusion, a.structural, a.domain, born)
    return Reading(query, tuple(lowering.assumed), frozenset(vocabulary.words), tuple(vocabulary.settled))


def _where_gains_tell(
    circuit: Circuit, node: s.Formula, given: Sequence[s.Formula], at: tuple[s.Member, ...] | None, budget: int
) -> Refuted | Undecided:
    """A witness at gains that tell which rates are best responses: what fails there is false. Else nothing is known."""
    reading = read(circuit, node, given, at, energies="settled")
    try:
        verdict = decide(reading.query, budget, s.text(node))
    except HypothesisError:  # gains that tell do not occur
        verdict = Undecided("")
    return verdict if isinstance(verdict, Refuted) else Undecided(untold(reading.untold[0]))


#: Points at which a statement about diagonal stability is evaluated when nothing else decides it.
POINTS = 60


def _at_points(circuit: Circuit, node: s.Formula, given: Sequence[s.Formula], reading: Reading) -> Refuted | None:
    """A point of the domain where the statement is false, every word decided exactly on the numbers there.

    For words that have no closed form with symbols, but are decided with a certificate on numbers.
    """
    if not reading.words & READING_WORDS or len(circuit.names) < 3:
        return None
    a = algebra(circuit)
    wanted = both(
        a.domain.condition,
        *(_without_quantifiers(h.condition) for h in (*reading.query.given, *reading.query.fixed)),
        _without_quantifiers(negation(reading.query.conclusion)),
    )
    size = 4_096
    drawn = samples(sorted(circuit.symbols), a.domain.kinds, seed=11, size=size)
    weak = 1 / 8  # couplings at which a circuit is diagonally stable
    small = {name: values * (1 if name in a.domain.whole else weak) for name, values in drawn.items()}
    kept = [(row, k) for row in (drawn, small) for k in np.flatnonzero(truth(wanted, row, size, {}))[: POINTS // 2]]
    for row, k in kept:
        point = {name: Fraction(float(values[k])) for name, values in row.items()}
        try:
            there = circuit.with_values(**{n: str(v) for n, v in point.items()}).fixed()
            query = read(there, node, given).query
        except SymgameError:
            continue
        if all(h.condition == TRUE for h in (*query.given, *query.fixed)) and query.conclusion == FALSE:
            return Refuted((EXACT,), dict(point))
    return None


def _without_quantifiers(c: Condition) -> Condition:
    """A consequence of a condition: what is bound, or speaks of fresh unknowns, is left out."""
    if isinstance(c, And):
        return both(*(_without_quantifiers(part) for part in c.args))
    return c if quantifier_free(c) and not free_names(c) & set(FRESH) else TRUE


def _takes_roots(node: s.Formula, given: Sequence[s.Formula]) -> bool:
    """Whether a root, a modulus, a minimum or a maximum occurs."""
    return any(isinstance(part, s.Call) and part.name in FUNCTIONS for f in (node, *given) for part in s.walk(f))


def _named_words(node: s.Formula, given: Sequence[s.Formula]) -> list[str]:
    """The words in a statement whose large polynomials can be named."""
    found = {part.id for f in (node, *given) for part in s.walk(f) if isinstance(part, s.Name)}
    return sorted(found & READING_WORDS)


def _by_names(
    circuit: Circuit, node: s.Formula, given: Sequence[s.Formula], at: tuple[s.Member, ...] | None, budget: int
) -> Verdict | None:
    """A proof that does not look into the large polynomials of diagonal stability, when there is one."""
    if len(circuit.names) < 3 or not _named_words(node, given):
        return None
    if not _takes_roots(node, given):
        return None
    reading = read(circuit, node, given, at, naming=True, energies="unknown")
    verdict = decide(reading.query, budget, s.text(node))
    return verdict if isinstance(verdict, Proved) else None


_OF_TIME = frozenset({"trace", "disc", "hurwitz", "stable", "totally_hurwitz"})
_OF_ACTIVATION = frozenset(BRANCH_WORDS) | {"energy", "curvature", "x", "dx", "paradoxical"}


def _silent_names(circuit: Circuit, words: set[str]) -> set[str]:
    """Names that the meaning of some word divides by: what is true of them by birth is a hypothesis then."""
    names: set[str] = set()
    for p in circuit.populations:
        if words & _OF_TIME:
            names |= {str(x) for x in p.tau.free_symbols}
        if words & _OF_ACTIVATION:
            germ = p.activation.germ_of is not None
            names |= {str(gain(p.name))} if germ else {str(x) for x in p.activation.free_symbols}
    return names


def check_domain(circuit: Circuit, budget: int = DEFAULT_BUDGET) -> None:
    """Refuse a circuit whose assumptions contradict one another."""
    consistent([(h.text, h.condition) for h in algebra(circuit).domain.hypotheses], budget)


# -- the word "unique" ------------------------------------------------------------------------------------------------

_EVIDENCE: dict[Circuit, Proved | Cited] = {}


def uniqueness_evidence(circuit: Circuit, budget: int = DEFAULT_BUDGET) -> Proved | Cited:
    """Why ``unique`` may be exchanged for signs of determinants: proved on this circuit, or the theorem cited.

    Rectified rates: the solver proves that no two branches exist for one input and that some branch always does; the
    exact families of coinciding inputs (:func:`symgame.properties.count.coincidences`) settle the converse.
    """
    free = free_inputs(circuit)
    if free not in _EVIDENCE:
        _EVIDENCE[free] = _evidence(free, budget)
    return _EVIDENCE[free]


def free_inputs(circuit: Circuit) -> Circuit:
    """The circuit with a symbol for every input, and no assumption: ``unique`` speaks of every input."""
    populations = tuple(
        replace(p, input=symbol(f"u_{p.name}" if f"u_{p.name}" not in _used(circuit) else f"free_u_{p.name}"))
        for p in circuit.populations
    )
    return replace(circuit, populations=populations, assume=(), values=(), inputs=(), presentation=PLAIN)


def _used(circuit: Circuit) -> set[str]:
    names = {str(x) for x in circuit.W.free_symbols}
    for p in circuit.populations:
        names |= {str(x) for x in p.tau.free_symbols} | {str(x) for x in p.activation.free_symbols}
    return names


def _evidence(circuit: Circuit, budget: int) -> Proved | Cited:
    a = algebra(circuit)
    engines: dict[str, None] = {}
    if a.frozen:
        return Cited(count.SMOOTH, (EXACT,))
    if count.rectified(a) and a.n <= 3 and not a.groups:
        count.coincidences(a)
        if count.unique(a) == FALSE:  # never unique: the coinciding inputs alone are the proof
            return Proved((EXACT,))
        for lemma in count.uniqueness_lemmas(a, equilibria(circuit)):
            rows = (*a.structural.hypotheses, Hypothesis(lemma.name, lemma.given))
            verdict = decide(
                Query(rows, (), (), lemma.conclusion, a.structural, a.structural), budget // 10, lemma.name
            )
            if not isinstance(verdict, Proved):
                return Cited(count.SOURCE, (EXACT,))
            engines |= dict.fromkeys(verdict.by)
        return Proved(tuple(engines))
    return Cited(count.SOURCE, (EXACT,))


def with_uniqueness(circuit: Circuit, words: frozenset[str], verdict: Verdict, budget: int) -> Verdict:
    """A proof that leans on the word ``unique`` is as good as the evidence for that word."""
    if "unique" not in words or not isinstance(verdict, Proved):
        return verdict
    evidence = uniqueness_evidence(circuit, budget)
    by = tuple(dict.fromkeys((*verdict.by, *evidence.by)))
    if isinstance(evidence, Cited):
        return Cited(evidence.source, by, verdict.certificate, verdict.used)
    return replace(verdict, by=by)


def with_closed_forms(circuit: Circuit, words: frozenset[str], verdict: Verdict) -> Verdict:
    """A proof that leans on a closed form of ``lds`` is as good as the evidence for that form."""
    if not isinstance(verdict, Proved) or not words & READING_WORDS:
        return verdict
    evidence = reading_evidence(circuit, words)
    if isinstance(evidence, Undecided):
        return evidence
    by = tuple(dict.fromkeys((*verdict.by, *evidence.by)))
    if isinstance(evidence, Cited):
        return Cited(evidence.source, by, verdict.certificate, verdict.used)
    return replace(verdict, by=by)


# -- what was missing -------------------------------------------------------------------------------------------------


def missing_hypothesis(
    circuit: Circuit,
    node: s.Formula,
    given: Sequence[s.Formula],
    at: tuple[s.Member, ...] | None,
    refuted: Refuted,
    budget: int,
) -> str | None:
    """The first of a list of natural hypotheses that makes the statement true and fails at the witness."""
    share = max(budget // 50, 10_000)
    premises = [node.left] if isinstance(node, s.Implies | s.Iff) else []  # true of what never happens is no help
    patience = 4  # how many candidates may run out of budget before the search gives up
    candidates = list(_of_greatest_slopes(circuit))
    if not is_frozen(circuit) or _about_gains(circuit, (node, *given)):
        candidates = [*_candidates(circuit, at), *candidates]
    for text in candidates:
        if patience == 0:
            return None
        candidate = read_formula(text)
        if candidate == node or candidate in given or (isinstance(node, s.Implies) and candidate == node.right):
            continue
        try:
            reading = read(circuit, node, (*given, candidate), at, energies="unknown")
            if not _fails_at(reading.query.given[-1].condition, refuted.witness):
                continue
            verdict = decide(reading.query, share)
            patience -= isinstance(verdict, Undecided)
            if not isinstance(verdict, Proved):
                continue
            vacuous = read(circuit, s.Truth(False), (*given, candidate, *premises), at, energies="settled")
            if isinstance(decide(vacuous.query, share), Refuted):  # the premises can hold together with it
                return text
        except (VocabularyError, HypothesisError, Unsupported, BudgetExceeded):
            continue
    return None


def _fails_at(condition: Condition, witness: Mapping[str, Value]) -> bool:
    rational = {n: v for n, v in witness.items() if isinstance(v, Fraction)}
    if not quantifier_free(condition):
        return True
    return at_point(condition, rational) != TRUE


def _of_greatest_slopes(circuit: Circuit) -> Iterator[str]:
    """Whether an own energy is convex everywhere, strictly so, or curves downwards at some gain. Of what is said of
    every input, hypotheses at the gains of one equilibrium would say nothing."""
    if not is_frozen(circuit):
        return
    a = algebra(circuit)
    for i in smooth(circuit):
        bound = a.greatest(i)
        if bound is not None and not a.domain.known(a.own[i], "<="):
            steepest = bound[0] * a.own[i]
            for rel in ("<=", "<", ">"):
                yield f"{steepest.over} {rel} {steepest.under}"


def _candidates(circuit: Circuit, at: tuple[s.Member, ...] | None) -> Iterator[str]:
    """Hypotheses a theoretician would think of, the plainest first."""
    yield from ("det > 0", "det < 0", "trace < 0", "trace > 0")
    for name in circuit.names:
        yield from (f"curvature({name}) > 0", f"curvature({name}) < 0", f"curvature({name}) >= 0")
    yield from ("disc < 0", "disc > 0", "det != 0")
    if algebra(circuit).pieces is None or is_frozen(circuit):
        return
    names = [full_branch(circuit).name] if at is None else [",".join(map(str, at))]
    names += [b.name for b in equilibria(circuit)] if len(circuit.names) <= 2 else []
    for name in dict.fromkeys(names):
        yield from (f"exists({name})", f"strict({name})", f"stable({name})")
    yield from ("p_matrix", "lds", "monotone", "weighted_potential")
    for name in circuit.inputs:
        if name in circuit.symbols:
            yield from (f"{name} > 0", f"{name} < 0", f"{name} = 0")
    for name in circuit.symbols:
        if name not in circuit.inputs:
            yield f"{name} > 0"
    taus = [str(p.tau) for p in circuit.populations]
    for one, other in pairwise(taus):
        yield f"{one} = {other}"
