"""Deciding an implication: exact algebra, then the solver; a refutation is a point that was re-evaluated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

from symgame.condition import (
    FALSE,
    TRUE,
    And,
    Condition,
    Exists,
    Forall,
    Or,
    Sign,
    at_point,
    atoms,
    both,
    disjuncts,
    either,
    free_names,
    holds,
    mapped,
    negation,
    propagated,
    quantifier_free,
    renamed,
)
from symgame.domain import Domain, Hypothesis
from symgame.errors import BudgetExceeded, HypothesisError, Unsupported
from symgame.proof.algebraic import Algebraic, holds_at
from symgame.proof.sampling import find
from symgame.proof.smtlib import script
from symgame.proof.solver import DEFAULT_BUDGET, ENGINE, Answer, ask, core
from symgame.proof.splitting import MOST_TERMS, contradictory
from symgame.proof.verdict import Proved, Refuted, Undecided, Value, Verdict
from symgame.quantifier import eliminate
from symgame.ring import FRESH, variables

EXACT = "exact algebra"
FIRST_TRY = 100_000
MAX_CASES = 48
ELIMINATION = "virtual substitution"


@dataclass(frozen=True)
class Query:
    """Do the hypotheses imply the conclusion?

    ``domain`` and ``given`` may be left out of a proof that does not need them; ``fixed`` (definitions of fresh
    unknowns, denominators that are not 0) belongs to the statement. ``structural`` is what lowering used silently,
    ``full`` the whole domain, whose signs eliminate unknowns and steer samples. ``born``: structural
    hypotheses that count as used whether or not their names are left in the polynomials.
    """

    domain: tuple[Hypothesis, ...]
    given: tuple[Hypothesis, ...]
    fixed: tuple[Hypothesis, ...]
    conclusion: Condition
    structural: Domain
    full: Domain
    born: tuple[str, ...] = ()


def decide(query: Query, budget: int = DEFAULT_BUDGET, title: str = "claim") -> Verdict:
    """Proved, refuted by an exact point, or undecided with the reason.

    Raises :class:`~symgame.errors.HypothesisError` when the hypotheses contradict one another.
    """
    try:
        engines = []
        loose = [*query.domain, *query.given]
        resolver = Resolver(query.full)
        rows = [(h.text, resolver.resolve(h.condition)) for h in loose]
        rows += [(h.text, resolver.resolve(h.condition)) for h in query.fixed]
        denied = propagated(resolver.resolve(negation(query.conclusion)))
        if resolver.eliminated:
            engines.append(ELIMINATION)
        if denied == FALSE:
            consistent(rows, budget, query.full.whole)
            return Proved((*engines, EXACT), used=_signs_used(query.born, engines, query))
        rows.append(("the negation of the conclusion", denied))
        large = any(len(atom.poly) > MOST_TERMS for atom in atoms(denied))
        by_signs = _by_signs(rows, query, engines, budget) if large else None
        if by_signs:  # a solver would look into large polynomials, for seconds, and then find the same
            return by_signs
        answer = ask(rows, min(budget, FIRST_TRY), measured=True)
        if answer.status == "unknown":
            by_signs = None if large else _by_signs(rows, query, engines, budget)
            if by_signs:
                return by_signs
            found = find(both(*(c for _, c in rows)), query.full.kinds)
            by_cases = None if found else _by_cases(rows, engines, query, budget, title)
            if by_cases:
                return by_cases
            answer = ask(rows, budget, measured=True) if found is None else Answer("sat", point=dict(found))
        if answer.status == "sat" and answer.point is not None and not _is_whole(answer.point, query.full.whole):
            answer = _with_whole_numbers(rows, query.full.whole, budget)
        if answer.status == "unsat":
            consistent(rows[:-1], budget, query.full.whole)
            return _proved(rows, len(loose), answer, engines, query, title)
        if answer.status == "sat" and answer.point is not None:
            point = simplified(both(*(c for _, c in rows)), answer.point, query.full.whole)
            if point is None:
                return Undecided("the solver's counterexample did not survive exact re-evaluation", (ENGINE,))
            shown = {n: v for n, v in point.items() if n not in FRESH}
            if resolver.weakened and not _survives(
                both(*(h.condition for h in loose), negation(query.conclusion)), shown, query.full
            ):
                return Undecided("the counterexample to an explicit choice is none to the statement", (ENGINE,))
            return Refuted((*engines, ENGINE, EXACT), shown)
        return Undecided(answer.reason, (ENGINE,))
    except (Unsupported, BudgetExceeded) as error:
        return Undecided(str(error))


def _proved(
    rows: list[tuple[str, Condition]],
    droppable: int,
    answer: Answer,
    engines: list[str],
    query: Query,
    title: str,
) -> Verdict:
    """Leave out hypotheses that the proof does not need; the text that is kept is what the solver answered last."""
    kept = core(rows, range(droppable), answer.steps)
    chosen = [rows[j] for j in kept]
    certificate = script(chosen, f"{title}\nunsat: the hypotheses below leave no room for the negation")
    used = tuple(text for text, _ in chosen if any(text == h.text for h in (*query.domain, *query.given)))
    used = _signs_used(used, engines, query)
    return Proved((*engines, ENGINE), _with_structural(used, chosen, query), certificate)


def _by_signs(rows: list[tuple[str, Condition]], query: Query, engines: list[str], budget: int) -> Verdict | None:
    """Proved by the signs of equal polynomials, and by those that the signs of names give to all terms of a polynomial.

    Hypotheses that this does not need are left out.
    """
    names: set[str] = set()
    known = list(rows)
    if not contradictory(both(*(c for _, c in rows))):
        names = set(query.full.signs)
        known = _split(rows, query.full, names)
        if not contradictory(both(*(c for _, c in known))):
            return None
    consistent(rows[:-1], budget, query.full.whole)
    for name in sorted(names):
        rest = _split(rows, query.full, names - {name})
        if contradictory(both(*(c for _, c in rest))):
            names, known = names - {name}, rest
    loose = {h.text for h in (*query.domain, *query.given)}
    kept = [row for row in known[:-1] if row[0] in loose]
    for row in list(kept):
        rest = [r for r in known if r is not row]
        if contradictory(both(*(c for _, c in rest))):
            known, kept = rest, [r for r in kept if r is not row]
    signs = (h.text for h in query.domain if names and free_names(h.condition) & names)
    used = tuple(dict.fromkeys((*signs, *(text for text, _ in kept))))
    return Proved((*engines, EXACT), _with_structural(_signs_used(used, engines, query), known, query))


def _split(rows: list[tuple[str, Condition]], domain: Domain, names: set[str]) -> list[tuple[str, Condition]]:
    """The rows without factors whose sign follows from those of some names."""
    signs = {n: rel for n, rel in domain.signs.items() if n in names}
    least = tuple((n, bound) for n, bound in domain.least if {n, *variables(bound)} <= names)
    known = replace(domain, signs=signs, least=least, _split={})
    own = {h.text for h in domain.hypotheses}
    return [(text, c if text in own else mapped(c, known.split)) for text, c in rows]


def _signs_used(used: tuple[str, ...], engines: list[str], query: Query) -> tuple[str, ...]:
    """An elimination has used the signs of the domain without saying which: then all of it counts as used."""
    if ELIMINATION not in engines:
        return used
    return used + tuple(h.text for h in query.domain if h.text not in used)


def _by_cases(
    rows: list[tuple[str, Condition]], engines: list[str], query: Query, budget: int, title: str
) -> Verdict | None:
    """The negation cut into conjunctions, each refuted on its own; the certificate holds them one after the other."""
    cases = disjuncts(rows[-1][1], MAX_CASES)
    if cases is None or len(cases) < 2:
        return None
    scripts = []
    for k, case in enumerate(cases, 1):
        chosen = [*rows[:-1], (f"case {k} of {len(cases)} of the negation", case)]
        if ask(chosen, min(budget, FIRST_TRY)).status != "unsat":
            return None
        scripts.append(script(chosen, f"{title}\ncase {k} of {len(cases)}"))
    consistent(rows[:-1], budget, query.full.whole)
    used = tuple(h.text for h in (*query.domain, *query.given))
    return Proved((*engines, ENGINE), used, "(reset)\n".join(scripts))


def _with_structural(used: tuple[str, ...], rows: Sequence[tuple[str, Condition]], query: Query) -> tuple[str, ...]:
    """Add what is true by birth of the names that occur: lowering has used it without saying so."""
    occurring = frozenset().union(*(free_names(c) for _, c in rows))
    born = [h.text for h in query.structural.hypotheses if free_names(h.condition) & occurring]
    order = [h.text for h in (*query.domain, *query.given)]
    return tuple(t for t in dict.fromkeys(order) if t in used or t in born or t in query.born)


def consistent(rows: Sequence[tuple[str, Condition]], budget: int = DEFAULT_BUDGET, whole: Sequence[str] = ()) -> None:
    """Refuse contradictory hypotheses, naming a conflicting subset; those on ``whole`` numbers alone, also if only
    other numbers obey them."""
    key = tuple(rows)
    known = _CONSISTENT.get(key)
    if known is None:
        known = ask(rows, budget, measured=True)
        _CONSISTENT[key] = known
    if known.status == "unsat":
        conflict = tuple(rows[k][0] for k in core(rows, range(len(rows)), known.steps))
        raise HypothesisError(f"the hypotheses contradict one another: {' ; '.join(conflict)}", conflict)
    _whole_consistent(rows, whole, budget)


#: Numbers of copies that are tried before hypotheses on them count as possible.
MOST_TRIED = 40


def _whole_consistent(rows: Sequence[tuple[str, Condition]], whole: Sequence[str], budget: int) -> None:
    pure = [row for row in rows if quantifier_free(row[1]) and free_names(row[1]) and free_names(row[1]) <= set(whole)]
    wanted = both(*(c for _, c in pure))
    names = sorted(free_names(wanted))
    if not 0 < len(names) <= 2:
        return
    grid = product(map(Fraction, range(MOST_TRIED + 1)), repeat=len(names))
    if any(holds(wanted, dict(zip(names, values, strict=True))) for values in grid):
        return
    ring = next(atoms(wanted)).poly.context()
    gens = [ring.gen(ring.names().index(name)) for name in names]
    beyond = either(*(Sign(g - MOST_TRIED, ">") for g in gens), *(Sign(-g, ">") for g in gens))
    if ask([*pure, ("more copies than were tried", beyond)], budget).status == "unsat":
        conflict = tuple(text for text, _ in pure)
        raise HypothesisError(f"no whole numbers obey the hypotheses: {' ; '.join(conflict)}", conflict)


_CONSISTENT: dict[tuple[tuple[str, Condition], ...], Answer] = {}


class Resolver:
    """Quantifiers out of a query: an existential one becomes fresh unknowns, a universal one is eliminated."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self.eliminated = False
        self.weakened = False  # a universal hypothesis was exchanged for a consequence: proofs stay, witnesses do not
        self.taken: set[str] = set()

    def resolve(self, c: Condition) -> Condition:
        if quantifier_free(c):
            self.taken |= set(free_names(c)) & set(FRESH)
            return c
        match c:
            case And(args=args):
                return both(*(self.resolve(a) for a in args))
            case Or(args=args):
                return either(*(self.resolve(a) for a in args))
            case Exists(names=names, body=body):
                return self.resolve(self._freshened(names, body))
            case Forall(needed=Sign() | And() | Or() as needed):
                self.weakened = True
                return needed
            case Forall():
                self.eliminated = True
                return self.resolve(eliminate(c, self.domain))
        raise TypeError(c)

    def _freshened(self, names: tuple[str, ...], body: Condition) -> Condition:
        free = [n for n in FRESH if n not in self.taken and n not in free_names(body)]
        free = [n for n in names if n not in self.taken] + free
        if len(free) < len(names):
            raise Unsupported("more bound unknowns than this version keeps names for")
        table = dict(zip(names, free, strict=False))
        self.taken |= set(table.values())
        return renamed(body, table)


# -- witnesses --------------------------------------------------------------------------------------------------------

_SIMPLE = tuple(
    Fraction(n, d)
    for n, d in (
        (1, 1),
        (2, 1),
        (0, 1),
        (1, 2),
        (3, 1),
        (-1, 1),
        (4, 1),
        (-2, 1),
        (3, 2),
        (5, 1),
        (1, 4),
        (-1, 2),
        (10, 1),
    )
)


#: Counterexamples in whole numbers are looked for up to this one.
MOST_COPIES = 8


def _is_whole(point: Mapping[str, Value], whole: Sequence[str]) -> bool:
    values = (point.get(name, Fraction(1)) for name in whole)
    return all(isinstance(v, Fraction) and v.denominator == 1 for v in values)


def _with_whole_numbers(rows: Sequence[tuple[str, Condition]], whole: Sequence[str], budget: int) -> Answer:
    """A counterexample with whole numbers for these names, the smallest first; real ones prove nothing of copies."""
    wanted = both(*(c for _, c in rows))
    names = [name for name in whole if name in free_names(wanted)]
    for values in sorted(product(range(MOST_COPIES + 1), repeat=len(names)), key=lambda v: (sum(v), v)):
        pinned = dict(zip(names, map(Fraction, values), strict=True))
        there = propagated(at_point(wanted, pinned))
        if there == FALSE:
            continue
        answer = ask([("whole numbers", there)], min(budget, FIRST_TRY))
        if answer.status == "sat" and answer.point is not None:
            return Answer("sat", point={**answer.point, **pinned})
    shown = " and ".join(names)
    return Answer("unknown", reason=f"false for some real {shown}, but not for whole numbers up to {MOST_COPIES}")


def simplified(condition: Condition, point: dict[str, Value], whole: Sequence[str] = ()) -> dict[str, Value] | None:
    """A point with simple coordinates where the condition still holds, or ``None`` if it does not hold at all.

    The names in ``whole`` keep whole numbers.
    """
    if any(isinstance(v, Algebraic) for v in point.values()):
        rational = _rounded(condition, point)
        if rational is None:
            return dict(point) if holds_at(condition, point) else None
        point = dict(rational)
    exact = {n: v for n, v in point.items() if isinstance(v, Fraction)}
    if not holds(condition, exact):
        return None
    for _ in range(2):
        for name in sorted(exact):
            for candidate in _candidates(exact[name]):
                if name in whole and candidate.denominator > 1:
                    continue
                if holds(condition, {**exact, name: candidate}):
                    exact[name] = candidate
                    break
    return dict(exact)


def _survives(condition: Condition, point: Mapping[str, Value], structural: Domain) -> bool:
    """The quantified statement itself at a rational point: with numbers put in, elimination decides it."""
    rational = {n: v for n, v in point.items() if isinstance(v, Fraction)}
    if len(rational) < len(point):
        return False
    missing = free_names(condition) - set(rational) - set(FRESH)
    complete = {**rational, **dict.fromkeys(missing, Fraction(1))}
    return eliminate(at_point(condition, complete), structural) == TRUE


def _candidates(value: Fraction) -> Iterator[Fraction]:
    """Simpler numbers first; at last the value itself is kept by the caller."""
    for simple in _SIMPLE:
        if simple == value:
            return
        yield simple
    for denominator in (1, 2, 4, 10, 100, 1000):
        near = Fraction(round(value * denominator), denominator)
        if near == value:
            return
        yield near


def _rounded(condition: Condition, point: dict[str, Value]) -> dict[str, Fraction] | None:
    """Rational numbers in the place of algebraic ones, when the condition leaves them room."""
    current = dict(point)
    for _ in range(40):
        middles = {n: v if isinstance(v, Fraction) else (v.low + v.high) / 2 for n, v in current.items()}
        for shown in (middles, {n: v.limit_denominator(1000) for n, v in middles.items()}):
            if holds(condition, shown):
                return shown
        current = {n: v.refined() if isinstance(v, Algebraic) else v for n, v in current.items()}
    return None


__all__ = ["ELIMINATION", "EXACT", "TRUE", "Query", "Resolver", "consistent", "decide", "simplified"]
