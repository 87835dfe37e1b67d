"""Published cases, exactly where they are rational. Sources stand in the files of ``oracles/``."""

from __future__ import annotations

import json
import random
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import pytest
from reference import Numeric, Phi

from symgame.circuit import Circuit
from symgame.kinds import activation
from symgame.named import load
from symgame.numeric import Solution, solutions
from symgame.proof.verdict import Proved, Refuted
from symgame.statements import check

HERE = Path(__file__).parent


def oracle(name: str) -> Any:
    return json.loads((HERE / "oracles" / f"{name}.json").read_text(encoding="utf-8"))


def kind(circuit: Circuit, statement: str, given: str | tuple[str, ...] = ()) -> str:
    return check(circuit, statement, given, search_missing=False).verdict.kind


def region(e: Solution, names: str) -> str:
    """0 silent, 1 on the increasing piece, 2 at the cap, population by population."""
    return "".join("2" if n in e.saturated else "1" if n in e.active else "0" for n in names)


# -- the two inhibition-stabilised pairs ------------------------------------------------------------------------------

ISN = {row["id"]: row for row in oracle("isn_ssn")}
TSODYKS, DAYAN = ISN["tsodyks1997_bdtoolkit"], ISN["dayan_abbott_EI"]
WILSON_COWAN = load("wilson-cowan")


def pair(W: list[list[str]], u: list[object], tau: list[object], **options: Any) -> Circuit:
    return Circuit.from_matrix(W, names="EI", types=["excitatory", "inhibitory"], u=u, tau=tau, **options)


def match(circuit: Circuit, expected: list[dict[str, Any]], names: str) -> None:
    answer = solutions(circuit, digits=15)
    assert answer.complete and len(answer.equilibria) == len(expected)
    found = {region(e, names): e for e in answer.equilibria}
    for row in expected:
        e = found[row["region"]]
        assert [e.state[n] for n in names] == [F(v) for v in row["x"]]
        assert (e.strict, e.stable) == (row["strict"], row["stable"])
        ours = sorted((float(re), float(im)) for re, im in e.eigenvalues)
        theirs = sorted(map(tuple, row["eigs"]))
        assert [v for z in ours for v in z] == pytest.approx([v for z in theirs for v in z], abs=1e-9)


def test_tsodyks_equilibria() -> None:
    circuit = pair(TSODYKS["W"], TSODYKS["u"], TSODYKS["tau"])
    match(circuit, TSODYKS["equilibria_ReLU"], "EI")
    (e,) = solutions(circuit).equilibria
    assert (e.branch, e.type, e.nash) == ("E,I", "focus", "stationary")
    for statement in (
        "exists(E,I) & stable(E,I)",
        "paradoxical(I) & ~paradoxical(E)",
        "hurwitz & ~lds & ~p_matrix & ~nash(E,I)",
        "trace = 3/20 - 17/50 & det = 6/5",
    ):
        assert kind(circuit, statement) == "proved", statement


def test_tsodyks_response_matrix() -> None:
    circuit = pair(TSODYKS["W"], ["u_E", "u_I"], TSODYKS["tau"])
    for i, row in zip("EI", TSODYKS["response_matrix"], strict=True):
        for j, value in zip("EI", row, strict=True):
            assert kind(circuit, f"dx({i}, u_{j}) = {value}") == "proved"
            assert kind(circuit, f"dx({i}, u_{j}) = {value} + 1/12") == "refuted"


@pytest.mark.parametrize("tau_I", sorted(DAYAN["equilibria"]))
def test_dayan_abbott_equilibria(tau_I: str) -> None:
    match(pair(DAYAN["W"], DAYAN["u"], [DAYAN["tau_E"], tau_I]), DAYAN["equilibria"][tau_I], "EI")


def test_dayan_abbott_hopf_time_constant() -> None:
    circuit, hopf = pair(DAYAN["W"], DAYAN["u"], [DAYAN["tau_E"], "tau_I"]), F(DAYAN["hopf_tau_I"])
    e, i = DAYAN["equilibrium"]
    for statement in (
        f"x(E) = {e} & x(I) = {i}",
        f"stable(E,I) <=> tau_I < {hopf}",
        f"trace = 0 & det > 0 <=> tau_I = {hopf}",
        f"tau_I = {hopf} => disc < 0",
    ):
        assert kind(circuit, statement) == "proved", statement
    assert kind(circuit, f"stable(E,I) <=> tau_I <= {hopf}") == "refuted"
    (at_hopf,) = solutions(pair(DAYAN["W"], DAYAN["u"], [DAYAN["tau_E"], hopf])).equilibria
    assert (at_hopf.type, at_hopf.stable) == ("center", False)


def test_hopf_time_constant_from_the_general_pair() -> None:
    """The closed form of the symbolic pair gives the published number when the published weights go in."""
    threshold = "stable(E,I) <=> exists(E,I) & det > 0 & tau_I*(w_EE - 1) < tau_E*(1 + w_II)"
    assert kind(WILSON_COWAN, threshold) == "proved"
    w, (e, d) = [[F(v) for v in row] for row in DAYAN["W"]], (F(DAYAN["tau_E"]), F(1))
    assert e * (d - w[1][1]) / (w[0][0] - 1) == F(DAYAN["hopf_tau_I"])


# -- the saturating pair without a stable equilibrium -----------------------------------------------------------------

LSE = oracle("lse_ei_pair")
FIVE = (
    "w_II + 2 < w_EE",
    "(w_EE - 1)*(w_II + 1) < w_EI*w_IE",
    "(w_EE - 1)*m_E < w_EI*m_I",
    "0 < u_E < w_EI*m_I - (w_EE - 1)*m_E",
    "0 < (w_II + 1)*u_E - w_EI*u_I < (w_EI*w_IE - (w_EE - 1)*(w_II + 1))*m_E",
)
REGIONS = ("", "E", "I", "E,I", "E=m", "I=m", "E=m,I", "E,I=m", "E=m,I=m")
SOME_STABLE = " | ".join(f"stable({r})" for r in REGIONS)


def oscillator(p: dict[str, F], tau: tuple[F, F] = (F(1), F(1))) -> Numeric:
    caps = (Phi("saturating", cap=p["m1"]), Phi("saturating", cap=p["m2"]))
    return Numeric(("E", "I"), ((p["a"], -p["b"]), (p["c"], -p["d"])), (p["u1"], p["u2"]), tau, caps)


def circuit_of(c: Numeric) -> Circuit:
    caps = [activation("saturating", cap=f.cap) for f in c.phi]
    return pair([list(row) for row in c.W], list(c.u), list(c.tau), activation=caps)  # type: ignore[arg-type]


def five_hold(p: dict[str, F]) -> bool:
    """The published conditions, read from the letters of the file."""
    a, b, c, d, u1, u2, m1, m2 = (p[k] for k in ("a", "b", "c", "d", "u1", "u2", "m1", "m2"))
    return (
        d + 2 < a and (a - 1) * (d + 1) < b * c and (a - 1) * m1 < b * m2 and 0 < u1 < b * m2 - (a - 1) * m1
        and 0 < (d + 1) * u1 - b * u2 < (b * c - (a - 1) * (d + 1)) * m1
    )  # fmt: skip


@pytest.mark.parametrize("case", LSE["cases"], ids=lambda case: case["id"])
def test_published_case_of_the_saturating_pair(case: dict[str, Any]) -> None:
    p = {k: F(v) for k, v in case["params"].items()}
    numeric = oscillator(p)
    answer = solutions(circuit_of(numeric))
    assert answer.complete and len(answer.equilibria) == len(case["equilibria"])
    found = {region(e, "EI"): e for e in answer.equilibria}
    for row in case["equilibria"]:
        e = found["".join(map(str, row["region"]))]
        assert [float(e.state[n]) for n in "EI"] == pytest.approx(row["x"], abs=1e-12)
        assert e.stable == row["stable"]
    none_stable = not any(e.stable for e in answer.equilibria)
    assert none_stable == case["bruteforce_LSE"]
    assert five_hold(p) == case["theorem_LSE"]
    assert kind(circuit_of(numeric), f"~({SOME_STABLE})") == ("proved" if none_stable else "refuted")


def random_oscillator(source: random.Random, near: bool) -> dict[str, F]:
    centre = {"a": 4, "b": 5, "c": 4, "d": 1, "u1": 1, "u2": F(1, 10), "m1": 1, "m2": 1}
    if near:
        return {k: F(v) * F(source.randint(1, 41), 21) for k, v in centre.items()}
    p = {k: F(source.randint(1, 48), 8) for k in centre}
    return p | {k: F(source.randint(-48, 48), 8) for k in ("u1", "u2")} | {"d": F(source.randint(0, 16), 8)}


def test_five_conditions_are_those_of_the_nine_regions() -> None:
    """At random points off every boundary: no region holds a stable equilibrium iff the five conditions hold."""
    source, seen = random.Random(2103), {True: 0, False: 0}
    for k in range(700):
        p = random_oscillator(source, near=k % 3 > 0)
        numeric = oscillator(p)
        here = numeric.equilibria()
        none_stable = not any(e.strict and numeric.hurwitz(e.places) for e in here)
        on_kink = any(not e.strict for e in here) or any(numeric.continuum(r) for r in numeric.labels())
        if on_kink or p["a"] == p["d"] + 2:
            continue
        assert none_stable == five_hold(p), p
        seen[none_stable] += 1
    assert min(seen.values()) > 20, seen


def test_engine_at_random_oscillators() -> None:
    """The engine's list of equilibria says the same as the five conditions."""
    source, seen = random.Random(12), set()
    for k in range(24):
        p = random_oscillator(source, near=k % 3 > 0)
        answer = solutions(circuit_of(oscillator(p)))
        if any(not e.strict for e in answer.equilibria):
            continue
        says = not any(e.stable for e in answer.equilibria)
        assert says == five_hold(p), p
        seen.add(says)
    assert seen == {True, False}


SATURATING = HERE / "corpus" / "models" / "pair_saturating.toml"


def test_five_conditions_suffice() -> None:
    circuit = load(str(SATURATING))
    assert kind(circuit, f"~({SOME_STABLE})", ("tau_E = tau_I", *FIVE)) == "proved"


LETTERS = {
    "a": "w_EE", "b": "w_EI", "c": "w_IE", "d": "w_II", "u1": "u_E", "u2": "u_I", "m1": "m_E", "m2": "m_I",
}  # fmt: skip


@pytest.mark.parametrize("broken", range(5))
def test_each_condition_is_needed(broken: int) -> None:
    """Leaving one out lets a stable equilibrium in, so all five are needed."""
    kept = tuple(c for k, c in enumerate(FIVE) if k != broken)
    verdict = check(load(str(SATURATING)), f"~({SOME_STABLE})", ("tau_E = tau_I", *kept), search_missing=False).verdict
    if isinstance(verdict, Proved):  # implied by the others: then it must be provable from them
        assert kind(load(str(SATURATING)), FIVE[broken], ("tau_E = tau_I", *kept)) == "proved"
        return
    assert isinstance(verdict, Refuted)
    w = {k: v for k, v in verdict.witness.items() if isinstance(v, F)}
    assert set(w) == set(verdict.witness)
    p = {letter: w.get(name, F(1)) for letter, name in LETTERS.items()}
    numeric = oscillator(p, (w.get("tau_E", F(1)),) * 2)
    assert any(e.strict and numeric.hurwitz(e.places) for e in numeric.equilibria())
    assert not five_hold(p)


# -- games ------------------------------------------------------------------------------------------------------------

GAMES = {row["id"]: row for row in oracle("games")}


def game(row: dict[str, Any]) -> tuple[Circuit, str]:
    names = "ABCD"[: len(row["W"])]
    kinds = [activation("saturating", cap=F(m)) for m in row["m"]] if "m" in row else "relu"
    return Circuit.from_matrix(row["W"], names=names, u=row["u"], tau=[1] * len(names), activation=kinds), names


def test_unique_nash_on_a_cap_is_reported_once() -> None:
    row = GAMES["nashopt_gne_1"]
    circuit, names = game(row)
    answer = solutions(circuit)
    (e,) = answer.equilibria
    assert answer.complete
    assert [e.state[n] for n in names] == [F(v) for v in row["solution"]]
    assert (e.nash, e.strict, e.stable, e.type) == ("global", False, True, "kink")
    assert "A" in e.saturated
    assert kind(circuit, "nash(A=m,D) & ~exists(A,D) & ~strict(A=m,D)") == "proved"


@pytest.mark.parametrize("name", ["coop_pair_bistable", "mutual_inhibition_2"])
def test_multistable_games(name: str) -> None:
    row = GAMES[name]
    circuit, names = game(row)
    match(circuit, row["equilibria"], names)
    answer = solutions(circuit)
    nash = {region(e, names): [e.state[n] for n in names] for e in answer.equilibria if e.nash == "global"}
    assert nash == {"".join(map(str, places)): [F(v) for v in x] for places, x in row["nash"]}
    middle = next(e for e in answer.equilibria if region(e, names) == "11")
    assert (middle.type, middle.stable, middle.index) == ("saddle", False, -1)
    assert sum(bool(e.stable) for e in answer.equilibria) == 2
    assert kind(circuit, "potential & weighted_potential") == "proved"
    assert kind(circuit, "nash(A,B) & ~stable(A,B) & ~p_matrix") == "proved"


@pytest.mark.parametrize("name", ["coop_pair_bistable", "mutual_inhibition_2"])
def test_multistable_games_are_not_unique(name: str) -> None:
    circuit, _ = game(GAMES[name])
    assert kind(circuit, "~unique") in ("proved", "cited")
    assert kind(circuit, "unique") == "refuted"


@pytest.mark.parametrize("key, expected", [("A_ok", "proved"), ("A_bad", "refuted")])
def test_weighted_potential_by_cycles(key: str, expected: str) -> None:
    """``A = I - W``; the diagonal does not matter."""
    A = GAMES["weighted_potential_kolmogorov"][key]
    W = [[F(int(i == j)) - F(v) for j, v in enumerate(row)] for i, row in enumerate(A)]
    circuit = Circuit.from_matrix(W, names="ABC", u=[0, 0, 0], tau=[1, 1, 1])
    assert kind(circuit, "weighted_potential") == expected
    assert kind(circuit, "potential") == "refuted"


def test_weights_of_the_potential_exist() -> None:
    A = [[F(v) for v in row] for row in GAMES["weighted_potential_kolmogorov"]["A_ok"]]
    d = [F(1), A[0][1] / A[1][0], A[0][2] / A[2][0]]
    assert all(d[i] * A[i][j] == d[j] * A[j][i] for i in range(3) for j in range(3))
