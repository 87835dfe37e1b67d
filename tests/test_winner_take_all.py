"""Winner-take-all by shared inhibition: published cases exactly, laws for any number of units, Nash, contraction.

Three roads to every truth: the lists of ``wta.json``; :func:`plain`, which tries every set of winners in fractions and
shares no code with the package; and the package, with numbers and with symbols.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from fractions import Fraction as F
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy

from symgame import check
from symgame.branches import branch
from symgame.circuit import Circuit
from symgame.contraction import contraction, jacobian, verify_P
from symgame.diagonal_stability import diagonal_stability
from symgame.grammar import read_branch
from symgame.named import named
from symgame.nash_points import nash_equilibria
from symgame.numeric import Solution, Solutions, index_sum, solutions
from symgame.paper import load

HERE = Path(__file__).parent
ROWS: list[dict[str, Any]] = json.loads((HERE / "oracles" / "wta.json").read_text(encoding="utf-8"))
Names = tuple[str, ...]


def wta(alpha: F, beta_1: F, beta_2: F, inputs: Sequence[F], tau_y: F = F(1), *, last: bool = True) -> Circuit:
    """``x_i = [I_i + alpha x_i - beta_1 y]_+``, ``y = [beta_2 sum x]_+``; y is the last population or the first."""
    k = len(inputs)
    W = [[alpha if a == b else F(0) for b in range(k)] + [-beta_1] for a in range(k)] + [[beta_2] * k + [F(0)]]
    names, u, tau = [*(f"x{a + 1}" for a in range(k)), "y"], [*inputs, F(0)], [F(1)] * k + [tau_y]
    order = list(range(k + 1)) if last else [k, *range(k)]
    return Circuit.from_matrix(
        [[W[a][b] for b in order] for a in order],
        names=[names[a] for a in order],
        u=[u[a] for a in order],
        tau=[tau[a] for a in order],
    )


def of_row(row: dict[str, Any], *, last: bool = True) -> Circuit:
    return wta(F(row["alpha"]), F(row["beta1"]), F(row["beta2"]), [F(v) for v in row["I"]], last=last)


@cache
def answer(k: int) -> Solutions:
    return solutions(of_row(ROWS[k]))


def region(e: Solution, names: Sequence[str]) -> str:
    return "".join(str(int(name in e.active)) for name in names)


def power_sums_polynomial(matrix: list[list[F]]) -> tuple[F, ...]:
    """The characteristic polynomial by Newton's identities, leading coefficient first."""
    n = len(matrix)
    power, sums = [[F(a == b) for b in range(n)] for a in range(n)], []
    for _ in range(n):
        power = [[sum((power[a][m] * matrix[m][b] for m in range(n)), F(0)) for b in range(n)] for a in range(n)]
        sums.append(sum((power[a][a] for a in range(n)), F(0)))
    coefficients = [F(1)]
    for k in range(1, n + 1):
        coefficients.append(-sum((coefficients[k - i] * sums[i - 1] for i in range(1, k + 1)), F(0)) / k)
    return tuple(coefficients)


# -- the published cases ----------------------------------------------------------------------------------------------

CASES = pytest.mark.parametrize("k", range(len(ROWS)), ids=[row["id"] for row in ROWS])


@CASES
def test_every_equilibrium_and_nothing_else(k: int) -> None:
    found, names = answer(k), answer(k).circuit.names
    assert found.complete
    assert {region(e, names): tuple(e.state.values()) for e in found.equilibria} == {
        e["region"]: tuple(map(F, e["x"])) for e in ROWS[k]["equilibria"]
    }
    assert {region(e, names): e.strict for e in found.equilibria} == {
        e["region"]: e["strict"] for e in ROWS[k]["equilibria"]
    }
    assert index_sum(found) == 1


@CASES
def test_jacobians_and_spectra(k: int) -> None:
    """The Jacobian entry by entry; its characteristic polynomial exactly; eigenvalues to their printed digits."""
    found = {region(e, answer(k).circuit.names): e for e in answer(k).equilibria}
    W = [[F(str(v)) for v in answer(k).circuit.W[a, :]] for a in range(len(answer(k).circuit.names))]
    for row in ROWS[k]["equilibria"]:
        e, published = found[row["region"]], [[F(v) for v in line] for line in row["jacobian"]]
        own = jacobian(W, tuple(map(int, row["region"])))
        assert [[F(int(v.p), int(v.q)) for v in line] for line in own.tolist()] == published
        assert e.polynomial == power_sums_polynomial(published)
        wanted = sorted((complex(*pair) for pair in row["eigs"]), key=lambda z: (round(z.real, 9), z.imag))
        got = sorted((complex(*map(float, p)) for p in e.eigenvalues), key=lambda z: (round(z.real, 9), z.imag))
        assert np.allclose(wanted, got, atol=1e-9)
        assert e.stable is row["stable"] is (max(z.real for z in wanted) < 0)


@CASES
def test_inhibition_listed_first_changes_nothing(k: int) -> None:
    turned = solutions(of_row(ROWS[k], last=False))
    facts = [
        {tuple(sorted(e.state.items())): (e.stable, e.type, e.nash, e.index) for e in found.equilibria}
        for found in (answer(k), turned)
    ]
    assert facts[0] == facts[1]


@CASES
def test_nash_exactly_up_to_alpha_one(k: int) -> None:
    """Above 1 the energy of a unit falls without end in its own rate: no state is Nash, not even a silent one."""
    hard = F(ROWS[k]["alpha"]) > 1
    assert {e.nash for e in answer(k).equilibria} == ({"stationary"} if hard else {"global"})
    game = nash_equilibria(answer(k).circuit)
    excitatory = tuple(name for name in answer(k).circuit.names if name != "y")
    assert game.without == (excitatory if hard else ())
    assert [p.nash for p in game.points] == ["stationary" if hard else "global"] * len(ROWS[k]["equilibria"])
    for p in game.points:
        assert {d.population for d in p.deviations} == ({*excitatory} if hard else set())


def test_one_unequal_weight_is_seen() -> None:
    """The symmetric case with one self-weight off: the two mirror images part."""
    base = of_row(ROWS[0])
    entries = base.W.tolist()
    entries[0][0] += sympy.Rational(1, 100)
    other = Circuit.from_matrix(entries, names=base.names, u=list(base.u), tau=[1, 1, 1])
    states = {e.active: e.state for e in solutions(other).equilibria}
    assert states["x1", "y"]["x1"] == 1 / (1 - F("1.21") + F(3, 4)) != F(20, 11)
    assert states["x2", "y"]["x2"] == F(18, 11)


# -- the laws, against every set of winners tried in fractions --------------------------------------------------------


def plain(alpha: F, beta_1: F, beta_2: F, inputs: Sequence[F], tau_y: F) -> dict[Names, tuple[F, ...] | None]:
    """Winners -> their rates, for isolated equilibria with at least one winner; ``None`` marks a singular set."""
    found: dict[Names, tuple[F, ...] | None] = {}
    loop = beta_1 * beta_2
    for k in range(1, len(inputs) + 1):
        for winners in combinations(range(len(inputs)), k):
            names = tuple(f"x{i + 1}" for i in winners)
            # (1 - alpha) x_i = I_i - loop S, summed: (1 - alpha + k loop) S = sum of the winners' inputs
            if alpha == 1 or 1 - alpha + k * loop == 0:
                found[names] = None
                continue
            total = sum(inputs[i] for i in winners) / (1 - alpha + k * loop)
            rates = tuple((inputs[i] - loop * total) / (1 - alpha) for i in winners)
            silent = all(inputs[i] <= loop * total for i in range(len(inputs)) if i not in winners)
            if silent and min(rates) > 0:
                found[names] = rates
    return found


def stable_by_modes(alpha: F, loop: F, k: int, tau_y: F) -> bool:
    """k - 1 differences between winners, and their sum with y: trace and determinant."""
    return (k == 1 or alpha < 1) and (alpha - 1) * tau_y < 1 and alpha < 1 + k * loop


def draw(source: random.Random) -> tuple[F, F, F, list[F], F]:
    n = source.randint(1, 5)
    alpha = F(source.randint(1, 24), 10)
    beta_1, beta_2, tau_y = (F(source.randint(1, 16), source.choice([4, 5, 8])) for _ in range(3))
    inputs = [F(source.randint(1, 12), 8) for _ in range(n)]
    if source.random() < 0.3:
        inputs = inputs[:1] * n
    return alpha, beta_1, beta_2, inputs, tau_y


def test_random_circuits_against_every_set_of_winners() -> None:
    source, seen = random.Random(2011), {"soft": 0, "hard": 0, "several stable": 0, "unstable winner": 0, "none": 0}
    while min(seen["soft"], seen["hard"]) < 60:
        alpha, beta_1, beta_2, inputs, tau_y = draw(source)
        wanted = plain(alpha, beta_1, beta_2, inputs, tau_y)
        if None in wanted.values():
            continue
        found = solutions(wta(alpha, beta_1, beta_2, inputs, tau_y))
        assert {tuple(n for n in e.active if n != "y"): tuple(e.state[n] for n in e.active if n != "y")
                for e in found.equilibria} == wanted  # fmt: skip
        for e in found.equilibria:
            winners = len(e.active) - 1
            assert e.nash == ("global" if alpha <= 1 else "stationary")
            if e.strict:
                assert e.stable is stable_by_modes(alpha, beta_1 * beta_2, winners, tau_y)
        stable = [e for e in found.equilibria if e.stable]
        if alpha < 1:
            assert len(found.equilibria) == 1
        assert alpha < 1 or all(len(e.active) == 2 for e in stable)
        seen["soft" if alpha < 1 else "hard"] += 1
        seen["several stable"] += len(stable) > 1
        seen["unstable winner"] += any(len(e.active) == 2 and e.stable is False for e in found.equilibria)
        seen["none"] += not found.equilibria
    assert min(seen.values()) >= 5, seen


@pytest.mark.parametrize("n", [2, 3, 4])
def test_as_many_stable_winners_as_units_at_equal_inputs(n: int) -> None:
    """All 2^n - 1 sets of winners are equilibria then, and n of them are stable, one for each unit."""
    found = solutions(wta(F(6, 5), F(3), F(1, 4), [F(1)] * n)).equilibria
    assert len(found) == 2**n - 1
    assert [e.active for e in found if e.stable] == [(f"x{k + 1}", "y") for k in range(n)]


def test_the_winner_persists_up_to_the_ratio_and_on_it_is_a_kink() -> None:
    """At gain 20/11 and a loop of 3/4 a challenger takes over past 15/11 of the winner's input, exactly there no state
    is strict."""
    ratio = F(3, 4) / (1 + F(3, 4) - F(6, 5))
    assert ratio == F(15, 11)
    for challenge, expected in ((ratio - F(1, 10**9), True), (ratio, None), (ratio + F(1, 10**9), "gone")):
        found = solutions(wta(F(6, 5), F(3), F(1, 4), [F(1), challenge])).equilibria
        (winner,) = [e for e in found if e.active == ("x1", "y")] or ["gone"]
        assert winner == "gone" if expected == "gone" else winner.stable is expected


# -- with symbols: two, three and four units written out, and any number of them --------------------------------------

D, K = "(1 - w_EE)*(1 + w_II)", "w_EI*w_IE"
EXCITATORY = ("E1", "E2", "E3", "E4")


@cache
def shared(n: int) -> Circuit:
    """n excitatory units and the I that they share, every symbol left open."""
    W: list[list[object]] = [["w_EE" if a == b else 0 for b in range(n)] + ["-w_EI"] for a in range(n)]
    return Circuit.from_matrix(
        [*W, ["w_IE"] * n + ["-w_II"]],
        names=[*EXCITATORY[:n], "I"],
        types=["excitatory"] * n + ["inhibitory"],
        u=[f"u_{k + 1}" for k in range(n)] + [0],
        tau=["tau_E"] * n + ["tau_I"],
        assume=["w_EI > 0", "w_IE > 0"],
    )


def decided(circuit: Circuit, formula: str, *given: str) -> str:
    return check(circuit, formula, given, search_missing=False).verdict.kind


@pytest.mark.parametrize(("n", "k"), [(n, k) for n in (2, 3, 4) for k in range(1, n)])
def test_laws_of_k_winners_among_n(n: int, k: int) -> None:
    names = EXCITATORY[:n]
    winners, losers = ",".join((*names[:k], "I")), range(k + 1, n + 1)
    total = "(" + " + ".join(f"u_{i}" for i in range(1, k + 1)) + ")"
    bar = f"({D} + {k}*{K})"
    wins = [f"u_{i}*{bar} > {K}*{total}" for i in range(1, k + 1)]
    loses = [f"u_{i}*{bar} <= {K}*{total}" for i in losers]
    circuit = shared(n)
    assert decided(circuit, f"exists({winners}) <=> {' & '.join(wins + loses)}", "w_EE < 1") == "proved"
    assert decided(circuit, f"exists({winners}) <=> {' & '.join(wins)}", "w_EE < 1") == "refuted"
    equal = [f"u_{i} = u_1" for i in range(2, n + 1)]
    alone = () if k == 1 else ("w_EE != 1",)  # two winners at w_EE = 1 are a continuum
    assert decided(circuit, f"exists({winners}) <=> w_EE >= 1", f"{bar} > 0", "u_1 > 0", *equal, *alone) == "proved"
    assert decided(circuit, f"exists({winners}) <=> w_EE > 1", f"{bar} > 0", "u_1 > 0", *equal) == (
        "refuted" if k == 1 else "proved"
    )
    bounds = "w_EE < 1" if k > 1 else f"w_EE < 1 + {K}/(1 + w_II) & w_EE < 1 + tau_E*(1 + w_II)/tau_I"
    assert decided(circuit, f"hurwitz({winners}) <=> {bounds}") == "proved"
    assert decided(circuit, f"nash({winners}) <=> w_EE <= 1", f"exists({winners})") == "proved"


@pytest.mark.parametrize("n", [2, 3, 4])
def test_laws_of_the_whole(n: int) -> None:
    circuit = shared(n)
    assert decided(circuit, "lds <=> w_EE < 1") == "proved"
    assert decided(circuit, "p_matrix <=> w_EE < 1") == "proved"
    assert decided(circuit, "unique <=> w_EE < 1") in ("proved", "cited")
    assert decided(circuit, "monotone <=> w_EE < 1") == "refuted"
    assert decided(circuit, f"monotone <=> w_EE < 1 & {n}*(w_EI - w_IE)^2 < 4*{D}") == "proved"
    assert decided(circuit, "dx(E1,u_1) - dx(E2,u_1) = 1/(1 - w_EE)") == "proved"
    common = " + ".join(f"dx(E1,u_{k + 1})" for k in range(n))
    assert decided(circuit, f"{common} = (1 + w_II)/({D} + {n}*{K})") == "proved"


@cache
def any_number() -> Circuit:
    """k units of input u_1 and n - k of input u_2, in the place of two populations; k and n are symbols."""
    return named("shared-inhibition")


BAR = f"{D} + k*{K} > 0"
#: Several leaders without self-excitation to spare share one rate in a continuum of ways.
LONE = "w_EE != 1 | k = 1"
LAWS: list[tuple[str, tuple[str, ...]]] = [
    (f"exists(E1,I) <=> u_1 > 0 & u_2*({D} + k*{K}) <= k*{K}*u_1", (BAR, LONE)),
    ("exists(E1,I) <=> w_EE >= 1", (BAR, LONE, "u_1 > 0", "u_2 = u_1")),
    ("hurwitz(E1,I) <=> w_EE < 1", ("k >= 2",)),
    (f"hurwitz(E1,I) <=> w_EE < 1 + {K}/(1 + w_II) & w_EE < 1 + tau_E*(1 + w_II)/tau_I", ("k = 1",)),
    ("stable(E1,I) & w_EE > 1 => k = 1", ()),
    ("hurwitz(E1,E2,I) <=> w_EE < 1", ()),
    (f"exists(E1,E2,I) <=> u_2*({D} + k*{K}) > k*{K}*u_1 & u_1*({D} + (n - k)*{K}) > (n - k)*{K}*u_2", ("w_EE < 1",)),
    ("nash(E1,I) <=> w_EE <= 1", ("exists(E1,I)",)),
    ("lds <=> w_EE < 1", ()),
    ("p_matrix <=> w_EE < 1", ()),
    ("unique <=> w_EE < 1", ()),
    (f"monotone <=> w_EE < 1 & n*(w_EI - w_IE)^2 < 4*{D}", ()),
    ("dx(E1,u_1) - dx(E2,u_1) = 1/(1 - w_EE)", ()),
    (f"dx(E1,u_1) + dx(E1,u_2) = (1 + w_II)/({D} + n*{K})", ()),
    ("~weighted_potential", ()),
]
FALSE_LAWS: list[tuple[str, tuple[str, ...]]] = [
    (f"exists(E1,I) <=> u_1 > 0 & u_2*({D} + n*{K}) <= n*{K}*u_1", (BAR,)),
    (f"exists(E1,I) <=> u_1 > 0 & u_2*({D} + {K}) <= {K}*u_1", (BAR,)),
    ("exists(E1,I) <=> w_EE > 1", (BAR, "u_1 > 0", "u_2 = u_1")),
    ("hurwitz(E1,I) <=> w_EE < 1", ()),
    ("stable(E1,I) => w_EE < 1", ()),
    ("stable(E1,I) => nash(E1,I)", ()),
    ("lds <=> w_EE <= 1", ()),
    (f"monotone <=> w_EE < 1 & k*(w_EI - w_IE)^2 < 4*{D}", ()),
    (f"dx(E1,u_1) = (1 + w_II)/({D} + k*{K})", ()),
    ("k = n", ()),
    ("n >= 3", ()),
]


@pytest.mark.parametrize(("formula", "given"), LAWS, ids=[law for law, _ in LAWS])
def test_laws_for_any_number_of_units(formula: str, given: tuple[str, ...]) -> None:
    assert decided(any_number(), formula, *given) in ("proved", "cited")


@pytest.mark.parametrize(("formula", "given"), FALSE_LAWS, ids=[law for law, _ in FALSE_LAWS])
def test_what_is_nearly_a_law_is_refuted(formula: str, given: tuple[str, ...]) -> None:
    verdict = check(any_number(), formula, given, search_missing=False).verdict
    assert verdict.kind == "refuted"
    witness: dict[str, Any] = verdict.witness  # type: ignore[union-attr]
    for name in {"k", "n"} & set(witness):
        assert F(str(witness[name])).denominator == 1, "a number of units is a whole number"
    assert 1 <= witness.get("k", 1) < witness.get("n", 100)


# -- Rutishauser, Douglas and Slotine ---------------------------------------------------------------------------------


def test_the_gain_of_a_winner_and_its_inhibition() -> None:
    circuit = load(HERE.parent / "derivations" / "Rutishauser_2011.py").circuit
    for formula in (
        "dx(x1, I_1) = 1/(1 + beta_1*beta_2 - alpha)",
        "dx(y, I_1) = beta_2/(1 + beta_1*beta_2 - alpha)",
        "dx(x1, I_2) = 0",
    ):
        assert check(circuit, formula, at="x1,y", search_missing=False).verdict.kind == "proved"
    amplified = check(circuit, "dx(x1, I_1) > 1 <=> alpha > beta_1*beta_2", "alpha < 1 + beta_1*beta_2", at="x1,y")
    assert amplified.verdict.kind == "proved"
    assert str(branch(circuit, read_branch("x1,y", "B")).determinant) == "1 - alpha + beta_1*beta_2"


def test_contraction_is_soft_competition_here_and_stable_winners_are_not_contraction() -> None:
    """The circuit of the first oracle has two stable states, hence no contraction: its slopes of both units refute."""
    for row, holds in ((ROWS[0], False), (ROWS[2], True)):
        W = [[F(str(v)) for v in of_row(row).W[a, :]] for a in range(3)]
        found = contraction(W)
        assert found.holds is holds
        if holds:
            assert verify_P(W, found.P, rate=found.rate)
        else:
            assert found.corner is not None
        assert diagonal_stability([[F(a == b) - W[a][b] for b in range(3)] for a in range(3)]).holds is holds
