"""Closed forms of diagonal stability and D-stability against exact decisions on numbers, road by road."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from itertools import permutations

import pytest

from symgame import common_weights, coupling, matrix_claims
from symgame.algebra import algebra
from symgame.circuit import Circuit
from symgame.claims import decide_draft
from symgame.condition import TRUE, And, Exists, Or, Sign, at_point, holds
from symgame.diagonal_stability import diagonal_stability
from symgame.errors import BudgetExceeded
from symgame.global_stability import stability
from symgame.matrices.d_stability import d_stability
from symgame.named import wilson_cowan
from symgame.proof.verdict import Cited, Proved, Refuted
from symgame.properties import diagonal
from symgame.ring import principal_minors
from symgame.statements import check
from symgame.theorems import theorems
from symgame.words import CIRCUIT_WORDS

EI = ["excitatory", "inhibitory"]
E_PV_SST = ["excitatory", "inhibitory", "inhibitory"]


def circuit(
    rows: Sequence[Sequence[object]], types: Sequence[str | None] | None = None, names: str = "ABCDEFG"
) -> Circuit:
    return Circuit.from_matrix([list(row) for row in rows], names=list(names[: len(rows)]), types=types)


FULL = [["a", "-b", "-c"], ["d", "-e", "-f"], ["g", "-h", "-k"]]
ROADS = {
    "three": circuit(FULL, E_PV_SST),
    "three-signed": circuit([[0, "a", "b"], ["c", 0, "d"], ["e", "f", 0]]),
    "forest": circuit([["a", "-b", "-c"], ["d", "-e", 0], ["f", 0, "-g"]], E_PV_SST),
    "forest-mixed": circuit([["a", "b", 0, 0], ["c", 0, "-d", "e"], [0, "f", 0, 0], [0, "g", 0, "h"]]),
    "cycle": circuit([["a", 0, "b"], ["c", 0, 0], [0, "d", 0]]),
    "cycle-4": circuit([[0, 0, 0, "-a"], ["b", 0, 0, 0], [0, "c", 0, 0], [0, 0, "d", "e"]]),
    "cycle-5": circuit([[0, 0, 0, 0, "a"], ["b", 0, 0, 0, 0], [0, "c", 0, 0, 0], [0, 0, "d", 0, 0], [0, 0, 0, "e", 0]]),
    "exchange": circuit([["a", "-b", 0, "-c"], ["d", "-e", 0, 0], [0, "-c", "a", "-b"], [0, 0, "d", "-e"]], EI * 2),
    "shared": circuit(
        [["a", "c", "c", "-b"], ["c", "a", "c", "-b"], ["c", "c", "a", "-b"], ["d", "d", "d", "-e"]],
        ["excitatory"] * 3 + ["inhibitory"],
    ),
    "blocks": circuit([["a", "-b", 0, 0], ["c", "-d", 0, 0], ["e", 0, "f", "-g"], ["h", 0, "k", 0]], EI * 2),
}


def drawn(c: Circuit, rng: random.Random) -> tuple[dict[str, Fraction], list[list[Fraction]]]:
    """Values for the symbols that keep the domain, and the matrix I - W at them."""
    a = algebra(c)
    point = {}
    for name in sorted({str(s) for s in c.W.free_symbols}):
        value = Fraction(rng.randint(1, 24), rng.choice([4, 8, 12]))
        point[name] = value if all(p.type for p in c.populations) else value * rng.choice([1, -1])
    matrix = [[q.over for q in row] for row in a.interaction()]
    return point, [[_value(p, point) for p in row] for row in matrix]


def _value(p: object, point: dict[str, Fraction]) -> Fraction:
    from symgame.ring import value_at

    return value_at(p, point)


def closed_at(c: Circuit, point: dict[str, Fraction]) -> bool:
    """The closed form with the numbers put in; explicit weights do not help it here."""
    a = algebra(c)
    condition = diagonal.lds(a, a.interaction()).condition
    if isinstance(condition, Exists):
        condition = condition.body
    return holds(condition, point)


@pytest.mark.parametrize("road", ROADS)
def test_a_closed_form_agrees_with_the_exact_decision_on_numbers(road: str) -> None:
    c, rng = ROADS[road], random.Random(road)
    answers = []
    for _ in range(60):
        point, matrix = drawn(c, rng)
        decision = diagonal_stability(matrix)
        if decision.holds is not None:
            assert closed_at(c, point) == decision.holds, (road, point)
            answers.append(decision.holds)
    assert len(answers) >= 55
    assert {True, False} == set(answers), "the draws must meet both answers"


def test_the_road_is_the_one_meant() -> None:
    expected = {
        "three": "three",
        "three-signed": "three",
        "forest": "forest",
        "forest-mixed": "forest",
        "cycle": "cycle",
        "cycle-4": "cycle",
        "cycle-5": "cycle",
        "exchange": "exchange",
        "shared": "exchange",
        "blocks": "blocks",
    }
    for road, c in ROADS.items():
        a = algebra(c)
        assert diagonal.lds(a, a.interaction()).road == expected[road], road


@pytest.mark.parametrize("road", ["three", "forest", "exchange", "cycle-4", "blocks"])
def test_another_order_of_the_populations_changes_nothing(road: str) -> None:
    c, rng = ROADS[road], random.Random(7)
    n = len(c.names)
    orders = list(permutations(range(n)))
    for _ in range(6):
        point, _ = drawn(c, rng)
        wanted = closed_at(c, point)
        for order in rng.sample(orders, 4):
            rows = [[c.W[i, j] for j in order] for i in order]
            turned = Circuit.from_matrix(
                rows, names=[c.names[i] for i in order], types=[c.populations[i].type for i in order]
            )
            assert closed_at(turned, point) == wanted


def test_scaling_rows_and_columns_of_the_matrix_changes_nothing() -> None:
    rng = random.Random(3)
    ring = common_weights.Ring(("x",))
    for _ in range(40):
        rows = [[Fraction(rng.randint(-9, 9), 4) for _ in range(3)] for _ in range(3)]
        for i in range(3):
            rows[i][i] = Fraction(rng.randint(1, 9), 2)
        left, right = ([Fraction(rng.randint(1, 9), rng.randint(1, 9)) for _ in range(3)] for _ in range(2))
        scaled = [[left[i] * rows[i][j] * right[j] for j in range(3)] for i in range(3)]
        answers = []
        for matrix in (rows, scaled, [list(col) for col in zip(*rows, strict=True)]):  # and the transpose
            exact = [[ring.quotient(v) for v in row] for row in matrix]
            criterion = common_weights.of_three(exact, ring)
            answers.append(criterion.condition(ring, lambda q, rel: _plain(q, rel)) == TRUE)
        assert len(set(answers)) == 1


def _plain(q: object, rel: str):  # type: ignore[no-untyped-def]
    from symgame.domain import Domain
    from symgame.ring import Ring

    return Domain(Ring(("x",)), (), {}).compare(q, rel)  # type: ignore[arg-type]


def test_the_criterion_for_three_rates_is_proved_and_its_proof_is_kept() -> None:
    evidence = common_weights.evidence()
    assert isinstance(evidence, Proved)
    assert all(common_weights.identities().values())
    names = [lemma.name for lemma in common_weights.lemmas()]
    assert len(names) == len(set(names)) >= 10
    assert evidence.certificate is not None and evidence.certificate.count("(check-sat)") == len(names)


def test_each_lemma_needs_its_hypotheses() -> None:
    """With the strict sign of its conclusion turned round a lemma is false: the proofs are not of nothing."""
    from symgame.condition import negation
    from symgame.proof.solver import ask

    for lemma in common_weights.lemmas():
        status = ask([("given", lemma.given), ("conclusion", lemma.conclusion)], 1_000_000).status
        assert status == "sat", f"{lemma.name}: the hypotheses contradict one another"
        assert ask([("n", negation(lemma.conclusion))], 1_000_000).status == "sat", f"{lemma.name} needs no hypothesis"


def test_the_theory_of_two_units_with_lateral_inhibition() -> None:
    """sqrt(g^2 + b_+ w) < 2 g + sqrt(g^2 + b_- w), at rational points on either side."""
    c = circuit([["w", "-s", 0, "-l"], ["v", "-d", 0, 0], [0, "-l", "w", "-s"], [0, 0, "v", "-d"]], EI * 2)
    for w, d, s, l, v in (
        (0, 0, 1, 0, 4),
        (0, 0, 1, 9, 1),
        (0, 0, 2, 2, 2),
        (0, 0, 2, 2, 3),
        (Fraction(1, 2), 1, 4, 1, 2),
    ):
        g2 = (1 - Fraction(w)) * (1 + Fraction(d))
        plus, minus = g2 + (s + l) * Fraction(v), g2 + (s - l) * Fraction(v)
        wanted = minus > 0 and float(plus) ** 0.5 < 2 * float(g2) ** 0.5 + float(minus) ** 0.5
        assert closed_at(c, {n: Fraction(x) for n, x in zip("wdslv", (w, d, s, l, v), strict=True)}) == wanted


def test_cain_s_condition_against_the_exact_decision() -> None:
    rng = random.Random(11)
    seen = set()
    for k in range(60):
        rows = [[Fraction(rng.randint(-6, 6), rng.choice([1, 2])) for _ in range(3)] for _ in range(3)]
        for i in range(3):
            rows[i][i] = Fraction(rng.randint(-1 if k % 3 else 0, 3))  # W_ii; the boundary of the P-property on purpose
        c = circuit(rows)
        matrix = [[(1 if i == j else 0) - rows[i][j] for j in range(3)] for i in range(3)]
        wanted = d_stability(matrix)
        found = check(c, "d_stable", search_missing=False).verdict
        assert wanted.holds is not None
        assert isinstance(found, Proved | Cited) == wanted.holds, rows
        assert isinstance(found, Refuted) == (not wanted.holds), rows
        seen.add(wanted.holds)
    assert seen == {True, False}


def test_d_stability_of_a_pair_is_its_definition() -> None:
    assert check(wilson_cowan(), "d_stable <=> for_all_tau(hurwitz)").verdict.kind == "proved"
    assert check(wilson_cowan(), "d_stable <=> w_EE < 1").verdict.kind == "refuted"  # at w_EE = 1 it still is


TRUE_STATEMENTS = [
    ("lds <=> p_matrix", "forest"),
    ("lds => p_matrix", "three"),
    ("lds => d_stable", "three"),
    ("lds => totally_hurwitz", "three"),
    ("totally_hurwitz => p_matrix", "three"),
    ("d_stable => hurwitz", "three"),
    ("monotone => lds", "three"),
    ("rosen <=> lds", "three"),
    ("lds <=> b*c*d < 1 - a & b*c*d > -8*(1 - a) & a < 1", "cycle"),
]
FALSE_STATEMENTS = [
    ("p_matrix => lds", "three"),
    ("p_matrix => lds", "cycle"),
    ("d_stable => lds", "three"),
    ("p_matrix => hurwitz", "cycle"),
    ("lds <=> b*c*d < 1 - a & b*c*d > -9*(1 - a) & a < 1", "cycle"),
    ("lds => monotone", "forest"),
]


@pytest.mark.parametrize(("statement", "road"), TRUE_STATEMENTS)
def test_what_implies_what(statement: str, road: str) -> None:
    assert check(ROADS[road], statement, search_missing=False).verdict.kind in ("proved", "cited")


@pytest.mark.parametrize(("statement", "road"), FALSE_STATEMENTS)
def test_what_does_not_is_never_called_true(statement: str, road: str) -> None:
    verdict = check(ROADS[road], statement, search_missing=False).verdict
    assert verdict.kind in ("refuted", "undecided"), verdict


def test_the_closed_form_of_three_rates_in_words_of_a_formula() -> None:
    c = ROADS["three"]
    a = algebra(c)
    (text,) = matrix_claims.criteria(diagonal.lds(a, a.interaction()))
    assert check(c, f"lds <=> {text}", "p_matrix").verdict.kind == "proved"
    weaker = text.replace("< 2*(", "< 3*(")
    assert weaker != text
    assert check(c, f"lds <=> {weaker}", "p_matrix", budget=200_000, search_missing=False).verdict.kind != "proved"


def test_every_theorem_relates_words_and_cites_a_work() -> None:
    from symgame.article import sources

    for row in theorems():
        assert {row.premise, row.conclusion} <= set(CIRCUIT_WORDS) and row.source in sources() and row.text


@pytest.mark.parametrize("road", ROADS)
def test_the_claims_on_the_matrix_are_decided(road: str) -> None:
    c = ROADS[road]
    claims = [decide_draft(c, draft, None) for draft in matrix_claims.drafts(c)]
    kinds = {claim.id: claim.verdict.kind for claim in claims if claim is not None}
    assert set(kinds.values()) <= {"proved", "cited"}, kinds
    assert {"matrix.p", "matrix.lds", "matrix.lds-p"} <= set(kinds)


# -- the shape of a coupling ------------------------------------------------------------------------------------------


def test_strong_blocks_come_upstream_first() -> None:
    a = algebra(ROADS["blocks"])
    assert coupling.strong_blocks(a.interaction()) == ((0, 1), (2, 3))
    a = algebra(ROADS["cycle-4"])
    assert coupling.strong_blocks(a.interaction()) == ((0, 1, 2, 3),)
    assert coupling.single_cycle(a.interaction()) == (0, 1, 2, 3)


def test_exchangeable_units_are_matched_in_any_order() -> None:
    rng = random.Random(5)
    own, between = [["w", "-s"], ["v", "-d"]], [[0, "-l"], [0, 0]]
    for units in (2, 3, 4):
        n = 2 * units
        rows = [[(own if i // 2 == j // 2 else between)[i % 2][j % 2] for j in range(n)] for i in range(n)]
        order = list(range(n))
        rng.shuffle(order)
        turned = [[rows[i][j] for j in order] for i in order]
        c = circuit(turned, names="ABCDEFGH")
        found = coupling.exchangeable(algebra(c).interaction())
        assert found is not None and found.others == ()
        assert {frozenset(order[k] // 2 for k in unit) for unit in found.members} == {
            frozenset({u}) for u in range(units)
        }


def test_no_exchange_is_claimed_where_there_is_none() -> None:
    a = algebra(circuit([["a", "b"], ["c", "d"]]))
    assert coupling.exchangeable(a.interaction()) is None
    ring4 = circuit([[0, "a", 0, "a"], ["a", 0, "a", 0], [0, "a", 0, "a"], ["a", 0, "a", 0]])
    assert coupling.exchangeable(algebra(ring4).interaction()) is None  # it turns, but no two rates may be exchanged


# -- global statements ------------------------------------------------------------------------------------------------


def numbers(rows: Sequence[Sequence[object]], tau: Sequence[object] | None = None, **more: object) -> Circuit:
    return Circuit.from_matrix([list(r) for r in rows], tau=tau, u=[1] * len(rows), **more)  # type: ignore[arg-type]


def test_which_global_theorem_is_named() -> None:
    feedback = [[0, 0, -2], [2, 0, 0], [0, 1, 0]]
    equal = stability(numbers(feedback, [1, 1, 1]))
    assert (equal.globally.verdict, equal.globally.source) == ("cited", "Betteti2025")
    unequal = stability(numbers(feedback, [1, 2, 3]))
    assert {g.source for g in (unequal.globally, *unequal.others)} <= {"Retnaraj2026", "Bullo2024"}
    weak = stability(numbers([[0, 0, "-1/2"], ["1/2", 0, 0], [0, "1/2", 0]], [1, 2, 3]))
    assert weak.globally.source == "Davydov2022"
    symmetric = stability(numbers([[0, -2, 0], [-2, -4, 0], [0, 0, 0]], [1, 2, 3]))
    assert "CohenGrossberg1983" in {g.source for g in (symmetric.globally, *symmetric.others)}
    several = stability(numbers([[0, -2, 0], [-2, 0, 0], [0, 0, 0]], [1, 2, 3]))
    assert several.globally.statement.startswith("none")
    p_only = stability(numbers([[0, 0, -3], [-3, 0, 0], [0, -3, 0]], [1, 2, 3]))
    assert p_only.globally.verdict == "open" and p_only.answers["p_matrix"].holds


def test_numbers_and_symbols_with_values_have_the_same_answers() -> None:
    rng = random.Random(2)
    for road in ("three", "forest", "cycle", "exchange"):
        c = ROADS[road]
        point, _ = drawn(c, rng)
        valued = c.with_values(**{n: str(v) for n, v in point.items()})
        found = stability(valued)
        assert found.answers["lds"].holds == closed_at(c, point)
        assert found.answers["lds"].P or found.answers["lds"].X


def test_principal_minors_are_refused_beyond_a_size() -> None:
    n = 11
    c = circuit([[f"w_{i}_{j}" for j in range(n)] for i in range(n)], names=[f"P{i}" for i in range(n)])  # type: ignore[arg-type]
    a = algebra(c)
    with pytest.raises(BudgetExceeded, match="give the symbols values"):
        principal_minors(a.interaction(), a.ring)


def test_conditions_have_no_bound_names_left() -> None:
    for road, c in ROADS.items():
        a = algebra(c)
        condition = diagonal.lds(a, a.interaction()).condition
        assert isinstance(condition, Sign | And | Or | Exists), road
        if not isinstance(condition, Exists):
            assert at_point(condition, {}) is not None


def test_every_word_of_the_circuit_is_set_in_the_words_of_a_paper() -> None:
    from symgame.typeset import WORDS

    assert set(CIRCUIT_WORDS) <= set(WORDS)
