"""The derivation of the Wilson-Cowan pair: every required claim proved, and a false neighbour of each refused.

The claims without a formula (identities, completeness) have their false neighbours made here, by breaking what they
state.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from shutil import which

import pytest
import sympy
from second_solver import SecondSolver

from symgame import game, game_claims
from symgame.algebra import algebra
from symgame.chart import missing_patterns
from symgame.circuit import Circuit
from symgame.condition import either, holds
from symgame.derivation import Derivation, derive
from symgame.named import wilson_cowan
from symgame.numeric import coinciding, solutions
from symgame.proof.solver import ask
from symgame.properties import count
from symgame.ring import value_at
from symgame.statements import check

REQUIRED = tomllib.loads((Path(__file__).parent / "required_claims.toml").read_text(encoding="utf-8"))["claim"]
WITHOUT_FORMULA = {
    "game.pseudo-gradient", "game.rate-equation", "game.best-response.E", "game.best-response.I",
    "equilibria.partition", "count.several", "regimes.complete", "regimes.orders",
}  # fmt: skip


@pytest.fixture(scope="module")
def derivation() -> Derivation:
    return derive(wilson_cowan())


def test_enough_is_required() -> None:
    ids = [row["id"] for row in REQUIRED]
    assert len(ids) == len(set(ids)) >= 30
    assert not WITHOUT_FORMULA & set(ids)


def test_every_required_claim_is_proved(derivation: Derivation) -> None:
    verdicts = {c.id: c.verdict.kind for c in derivation.claims}
    wanted = {row["id"] for row in REQUIRED} | WITHOUT_FORMULA
    assert wanted <= set(verdicts)
    assert set(verdicts.values()) <= {"proved", "cited"}


def test_every_claim_can_be_pasted_back(derivation: Derivation) -> None:
    circuit = wilson_cowan()
    for claim in derivation.claims:
        if claim.then is not None:
            again = check(circuit, claim.then, claim.given, at=claim.at)
            assert again.verdict.kind == claim.verdict.kind, claim.id


@pytest.mark.parametrize("row", REQUIRED, ids=[row["id"] for row in REQUIRED])
def test_a_false_neighbour_is_refuted(row: dict[str, object]) -> None:
    result = check(wilson_cowan(), str(row["neighbour"]), row.get("given", ()), at=row.get("at"), search_missing=False)
    assert result.verdict.kind == "refuted"


def certificates(derivation: Derivation) -> Iterator[tuple[str, str]]:
    for claim in derivation.claims:
        if claim.certificate is not None:
            yield claim.id, claim.certificate


def test_z3_answers_unsat_on_every_certificate(derivation: Derivation, tmp_path: Path) -> None:
    z3 = which("z3") or str(Path(sys.executable).parent / "z3")
    files = 0
    for id, text in certificates(derivation):
        file = tmp_path / f"{id}.smt2"
        file.write_text(text, encoding="utf-8")
        run = subprocess.run([z3, "-T:60", str(file)], capture_output=True, text=True, timeout=90)
        assert set(run.stdout.split()) == {"unsat"}, (id, run.stdout, run.stderr)
        files += 1
    assert files >= 60


@pytest.mark.slow
def test_cvc5_never_disagrees(derivation: Derivation) -> None:
    solver = SecondSolver()
    answers = {id: solver.ask(text, seconds=10) for id, text in certificates(derivation)}
    solver.close()
    disagreements = {id: a for id, a in answers.items() if a is not None and set(a) != {"unsat"} and "sat" in a}
    assert disagreements == {}
    open_ = sorted(id for id, a in answers.items() if a is None or set(a) != {"unsat"})
    assert len(open_) <= 6, f"cvc5 did not finish on {open_}"


# -- false neighbours of claims without a formula ---------------------------------------------------------------------


def test_another_energy_has_another_pseudo_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    true = game.interaction_cost
    monkeypatch.setattr(game, "interaction_cost", lambda c, i: true(c, i) + game.rates(c)[i] * c.u[i] * 2)
    broken = {d.id: d.verdict for d in game_claims.drafts(wilson_cowan()) if d.verdict is not None}
    assert {broken[id].kind for id in ("game.pseudo-gradient", "game.rate-equation")} == {"undecided"}


def test_another_own_cost_has_another_best_response(monkeypatch: pytest.MonkeyPatch) -> None:
    true = game.interaction_cost
    monkeypatch.setattr(game, "interaction_cost", lambda c, i: true(c, i) + game.rates(c)[i] ** 2)
    assert not game_claims.best_response_identity(wilson_cowan(), 0)


def test_a_cost_of_another_activation_is_no_proximal_identity() -> None:
    activation = wilson_cowan().populations[0].activation
    object.__setattr__(activation, "cost", sympy.Symbol("x", real=True) ** 2)
    try:
        assert not game_claims.proximal_identity(activation)
    finally:
        object.__setattr__(activation, "cost", sympy.Integer(0))


def test_overlapping_pieces_are_no_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    row = algebra(wilson_cowan()).linear_pieces()[0]
    assert game_claims.pieces_partition(wilson_cowan())
    object.__setattr__(row[1], "closed", (True, False))
    try:
        assert not game_claims.pieces_partition(wilson_cowan())
    finally:
        object.__setattr__(row[1], "closed", (False, False))


@pytest.mark.parametrize(
    "W", [[["2", 0], [0, 0]], [["3/2", "-1/2"], ["1/2", "-1"]], [[0, "3/2"], ["3/2", 0]], [[0, -2], [-2, 0]]]
)
def test_coinciding_inputs_have_two_equilibria_and_their_neighbours_do_not_both(W: list[list[object]]) -> None:
    circuit = Circuit.from_matrix(W, tau=[1, 1])
    a = algebra(circuit)
    A = [[value_at(e.over, {}) / value_at(e.under, {}) for e in row] for row in a.interaction()]
    found = 0
    for family in count.coincidences(a):
        if not holds(family.when, {}):
            continue
        found += 1
        z = [value_at(q.over, {}) / value_at(q.under, {}) for q in family.z]
        Az = [sum(A[i][j] * z[j] for j in range(2)) for i in range(2)]
        plus = [max(v, Fraction(0)) for v in z]
        for sign, both_expected in ((-1, True), (1, False)):
            u = [sum(A[i][j] * plus[j] for j in range(2)) + sign * max(Az[i], Fraction(0)) for i in range(2)]
            moved = Circuit.from_matrix(W, tau=[1, 1], u=u if both_expected else [v - 1 for v in u])
            states = [tuple(e.state.values()) for e in solutions(moved).equilibria if e.state]
            wanted = {tuple(plus), tuple(max(-v, Fraction(0)) for v in z)}
            assert (wanted <= set(states)) is both_expected
    assert found > 0


def test_no_pattern_can_be_left_out_of_the_chart(derivation: Derivation) -> None:
    chart = derivation.chart
    assert chart is not None and chart.complete
    domain = algebra(chart.circuit).domain
    assert ask([("outside", missing_patterns(chart)), ("domain", domain.condition)]).status == "unsat"
    for regime in chart.regimes:
        rational = {n: v for n, v in regime.example.items() if isinstance(v, Fraction)}
        assert holds(domain.condition, rational)
        assert holds(regime.condition, rational)
        others = either(*(r.condition for r in chart.regimes if r is not regime))
        assert not holds(others, rational), "without this pattern the list would miss its example"


def test_the_chart_has_the_published_patterns_and_orders(derivation: Derivation) -> None:
    chart = derivation.chart
    assert chart is not None
    assert len(chart.regimes) == 19
    orders = {o.order: o.when for o in chart.orders}
    stable_to_hopf = orders["focus-", "convexity(E)", "hopf", "focus+", "fold"]
    assert (
        check(wilson_cowan(), f"({stable_to_hopf}) <=> w_EI*w_IE > tau_E/tau_I*(1 + w_II)^2").verdict.kind == "proved"
    )
    met = orders["focus-", "convexity(E)", "hopf = fold = focus+"]
    assert check(wilson_cowan(), f"({met}) <=> w_EI*w_IE = tau_E/tau_I*(1 + w_II)^2").verdict.kind == "proved"
    whens = [f"({o.when})" for o in chart.orders]
    assert check(wilson_cowan(), " | ".join(whens)).verdict.kind == "proved"
    for k, one in enumerate(whens):
        for other in whens[k + 1 :]:
            assert check(wilson_cowan(), f"~({one} & {other})").verdict.kind == "proved"


def test_numeric_witness_of_several_is_found_exactly_when_not_unique() -> None:
    for W, unique in (([["1/2", -1], [1, 0]], True), ([["3/2", -1], [1, 0]], False), ([[0, -2], [-2, 0]], False)):
        circuit = Circuit.from_matrix(W, tau=[1, 1], activation="saturating", values={"m_x1": 1, "m_x2": "1/3"})
        found = coinciding(circuit)
        assert (found is None) is unique
        assert (check(circuit, "unique").verdict.kind == "proved") is unique
        if found is not None:
            moved = circuit.with_values(u_x1=found.input["x1"], u_x2=found.input["x2"])
            states = [e.state for e in solutions(moved).equilibria]
            assert all(state in states for state in found.states)
            assert found.states[0] != found.states[1]
