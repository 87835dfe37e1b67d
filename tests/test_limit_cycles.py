"""Limit cycles against published ones, against the flow, and against what is known exactly."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy

from symgame.circuit import Circuit
from symgame.errors import NoCycle, Unsupported
from symgame.kinds import activation
from symgame.limit_cycles import cycle_branch, limit_cycle

ORACLES = Path(__file__).parent / "oracles"
CYCLES = {row["id"]: row["limit_cycle"] for row in json.loads((ORACLES / "limit_cycles.json").read_text("utf-8"))}
MODELS = {row["id"]: row["params"] for row in json.loads((ORACLES / "wilson_cowan_sigmoid.json").read_text("utf-8"))}
#: The refractory factor of 1972 is outside the class.
OUTSIDE = {name for name, p in MODELS.items() if p["rE"] or p["rI"]}
IN_CLASS = [name for name in CYCLES if name not in OUTSIDE]


def logistic_pair(p: dict[str, Any], order: str = "EI", unit: int = 1) -> Circuit:
    """A model of the oracle, its populations in this order, its time constants in this unit."""
    rows = [(p["wEE"], -p["wEI"]), (p["wIE"], -p["wII"])]
    kinds = {
        k: activation(
            "logistic", gain=sympy.Rational(str(p[f"a{k}"])), threshold=sympy.Rational(str(p[f"th{k}"])),
            **({"offset": "rest"} if p["shift"] else {}),
        )
        for k in "EI"
    }  # fmt: skip
    at = ["EI".index(k) for k in order]
    return Circuit.from_matrix(
        [[str(rows[a][b]) for b in at] for a in at],
        names=list(order),
        u=[str(p[f"u{k}"]) for k in order],
        tau=[sympy.Rational(str(p[f"tau{k}"])) * unit for k in order],
        activation=[kinds[k] for k in order],
    )


def saturating_pair() -> Circuit:
    cases = json.loads((ORACLES / "lse_ei_pair.json").read_text("utf-8"))["cases"]
    p = next(case["params"] for case in cases if case["id"] == "LSE_base")
    return Circuit.from_matrix(
        [[p["a"], f"-({p['b']})"], [p["c"], f"-({p['d']})"]], names="EI", u=[p["u1"], p["u2"]], tau=[1, 1],
        activation=[activation("saturating", cap=sympy.Rational(p[m])) for m in ("m1", "m2")],
    )  # fmt: skip


def model(name: str) -> Circuit:
    return saturating_pair() if name == "LSE_base" else logistic_pair(MODELS[name])


QUICK = {"wc_onslow2014"}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in IN_CLASS]
)
def test_published_cycles(name: str) -> None:
    wanted, cycle = CYCLES[name], limit_cycle(model(name))
    assert cycle.period == pytest.approx(wanted["period"], abs=1e-6)
    got = (cycle.minima[0], cycle.maxima[0], cycle.minima[1], cycle.maxima[1])
    assert got == pytest.approx([wanted[key] for key in ("E_min", "E_max", "I_min", "I_max")], abs=1e-6)
    assert cycle.stable
    assert cycle.closure < 1e-10 and cycle.error < 1e-8 and cycle.period_spread < 1e-8


def test_the_models_in_the_class_are_those_without_a_refractory_factor() -> None:
    assert set(CYCLES) - set(IN_CLASS) == {"wc72_fig11_refr"}


def onslow() -> Circuit:
    return logistic_pair(MODELS["wc_onslow2014"])


@pytest.mark.slow
def test_order_of_populations_and_unit_of_time() -> None:
    p = MODELS["wc_onslow2014"]
    cycle, turned = limit_cycle(onslow()), limit_cycle(logistic_pair(p, "IE", unit=10))
    assert turned.names == ("I", "E")
    assert turned.period == pytest.approx(10 * cycle.period, rel=1e-10)
    assert turned.minima[::-1] == pytest.approx(cycle.minima, abs=1e-10)
    assert turned.maxima[::-1] == pytest.approx(cycle.maxima, abs=1e-10)
    assert turned.multipliers[0].real == pytest.approx(cycle.multipliers[0].real, abs=1e-8)


def test_the_multiplier_of_a_pair_is_what_the_divergence_says() -> None:
    """Liouville: the product of all multipliers is exp of the integral of the trace; one of the two is 1."""
    from scipy.integrate import solve_ivp

    from symgame.floating import floating

    cycle, still = limit_cycle(onslow()), floating(onslow())

    def velocity(_: float, y: np.ndarray) -> list[float]:
        x = y[:2]
        rates = still.velocity(x) * still.tau + x  # phi of the total inputs
        slopes = 4 * rates * (1 - rates)
        trace = float(((slopes * np.diag(still.W) - 1) / still.tau).sum())
        return [*still.velocity(x), trace]

    done = solve_ivp(velocity, (0.0, cycle.period), [*cycle.point, 0.0], rtol=1e-10, atol=1e-12)
    assert done.y[:2, -1] == pytest.approx(cycle.point, abs=1e-8)
    assert cycle.multipliers[0].real == pytest.approx(np.exp(done.y[2, -1]), rel=1e-7)


def ring() -> Circuit:
    """Three populations, each inhibits the next: the equilibrium 0 is unstable above w = 2."""
    return Circuit.from_matrix(
        [[0, 0, -3], [-3, 0, 0], [0, -3, 0]], names="ABC", u=[0, 0, 0], tau=[1, 1, 1], activation="tanh"
    )


@pytest.mark.slow
def test_a_ring_of_three_keeps_its_symmetries() -> None:
    cycle = limit_cycle(ring(), [0.5, 0.1, -0.4])
    assert cycle.maxima == pytest.approx([cycle.maxima[0]] * 3, abs=1e-9)
    assert cycle.minima == pytest.approx([-m for m in cycle.maxima], abs=1e-9)
    assert len(cycle.multipliers) == 2 and cycle.stable


def subcritical() -> Circuit:
    q = sympy.Rational
    kinds = [
        activation("logistic", gain=q("12/5"), threshold=q("3/5"), height=q("17/10"), offset=q("4/5")),
        activation("logistic", gain=q("2"), threshold=q("2"), height=q("13/10"), offset=q("-2/5")),
    ]
    return Circuit.from_matrix(
        [["5.34002", "-5.7"], ["33.1", "-3.3"]], names="EI", u=["3.769304", "-13.261218"], tau=["2.6", "3.2"],
        activation=kinds,
    )  # fmt: skip


def test_an_unstable_cycle_in_reversed_time() -> None:
    """Inside of it trajectories come to rest at the equilibrium, outside of it they do not."""
    pair, centre = subcritical(), np.array([0.5549, 0.9759])
    cycle = limit_cycle(pair, centre + np.array([0.01, 0.0]), backward=True)
    assert cycle.stable is False and cycle.multipliers[0].real > 1.001
    assert cycle.amplitude == pytest.approx((0.00973, 0.0208), rel=0.02)
    point = np.array(cycle.point)
    with pytest.raises(NoCycle, match=r"settles at E = 0.5549"):
        limit_cycle(pair, centre + 0.5 * (point - centre))
    try:
        outside = limit_cycle(pair, centre + 2 * (point - centre))
    except NoCycle as end:
        assert "settles at" in str(end) and "E = 0.5549" not in str(end)
    else:
        assert outside.stable and outside.amplitude[0] > 10 * cycle.amplitude[0]


def test_where_no_cycle_is() -> None:
    rest = Circuit.from_matrix([["1/2", -1], [1, 0]], names="EI", u=[1, 0], tau=[1, 1])
    with pytest.raises(NoCycle, match=r"the trajectory settles at E = 0.666667, I = 0.666667"):
        limit_cycle(rest, [1, 0])
    growing = Circuit.from_matrix([[2, -1], [1, 0]], names="EI", u=[1, 0], tau=[1, 1])
    with pytest.raises(NoCycle, match=r"grows without bound|breaks down|ends early"):
        limit_cycle(growing, [1, 0])
    centre = Circuit.from_matrix([[1, -1], [1, 1]], names="EI", u=[0, 0], tau=[1, 1], activation="linear")
    with pytest.raises(NoCycle, match="neither settled nor closed"):
        limit_cycle(centre, [1, 0], longest=50)  # every orbit is closed, and none is isolated


def test_bad_questions() -> None:
    free = Circuit.from_matrix([["w", -1], [1, 0]], names="EI", u=[1, 0], tau=[1, 1])
    with pytest.raises(Unsupported, match="no value: w"):
        limit_cycle(free)
    with pytest.raises(Unsupported, match="no symbol 'v' to follow a cycle along; the symbols are w"):
        cycle_branch(free, "v", [1])
    with pytest.raises(Unsupported, match="start has 1 rates"):
        limit_cycle(onslow(), [1])
    voltage = Circuit.from_matrix([[2, -1], [1, 0]], names="EI", u=[1, 0], tau=[1, 1], form="voltage")
    with pytest.raises(Unsupported, match="voltage form"):
        limit_cycle(voltage)


@pytest.mark.slow
def test_a_family_ends_in_its_hopf_point() -> None:
    """Towards a supercritical Hopf point the squared amplitude falls to 0 on a line, and the period to 2 pi/omega."""
    p = {**MODELS["wc_onslow2014"]}
    plain = logistic_pair(p)
    pair = Circuit.from_matrix(
        [["w", plain.W[0, 1]], [plain.W[1, 0], plain.W[1, 1]]], names="EI", u=["1/2", 0], tau=[1, 1],
        activation=[q.activation for q in plain.populations],
    )  # fmt: skip
    values = [sympy.Rational(k, 200) for k in range(480, 300, -4)]
    branch = cycle_branch(pair, "w", values)
    found = [(float(v), c) for v, c in zip(branch.values, branch.cycles, strict=True) if c is not None]
    assert 5 < len(found) < len(values), "the family ends"
    assert all(c is not None for c in branch.cycles[: len(found)]), "and has no gaps"
    # next to the Hopf point nothing settles in finite time, and the answer says so
    assert all("settles at" in reason for reason in branch.reasons[len(found) + 1 :])
    squares = [c.amplitude[0] ** 2 for _, c in found]
    assert all(a > b for a, b in pairwise(squares))
    (w2, w1, w0), (s2, s1, s0) = [w for w, _ in found[-3:]], squares[-3:]
    assert (s2 - s1) / (w2 - w1) == pytest.approx((s1 - s0) / (w1 - w0), rel=0.15)


@pytest.mark.slow
def test_the_parameters_of_1972() -> None:
    """Without the refractory factor figure 4 has three equilibria, and figure 11 a cycle around the only one."""
    from derivations.Wilson_Cowan_1972 import figure_4, figure_11
    from symgame.numeric import solutions

    three = solutions(figure_4)
    assert three.complete and [e.type for e in three.equilibria] == ["node", "saddle", "node"]
    one = solutions(figure_11)
    assert one.complete and [e.stable for e in one.equilibria] == [False]
    cycle, wanted = limit_cycle(figure_11), CYCLES["wc72_fig11_norefr"]
    assert cycle.period == pytest.approx(wanted["period"], abs=1e-6)
    for low, high, name in zip(cycle.minima, cycle.maxima, "EI", strict=True):
        assert low < float(one.equilibria[0].state[name]) < high


def test_a_refractory_factor_is_refused() -> None:
    from symgame.errors import ModelError
    from symgame.importing import from_sympy_system
    from symgame.modelfile import parse_model
    from symgame.notation import symbol

    text = '[circuit]\nname = "old"\nactivation = "logistic"\n[populations]\nE = { tau = 1, refractory = 1 }\n'
    with pytest.raises(ModelError, match=r"\[populations\] E: 'refractory': the factor \(1 - r x\).*outside the class"):
        parse_model(text)
    with pytest.raises(ModelError, match=r"\[circuit\]: 'r': the factor"):
        parse_model('[circuit]\nname = "old"\nr = 1\n[populations]\nE = { tau = 1 }\n')
    with pytest.raises(ModelError, match="unknown key 'tua'"):
        parse_model('[circuit]\nname = "old"\n[populations]\nE = { tua = 1 }\n')
    E, I, r = symbol("E"), symbol("I"), symbol("r")

    def phi(z: sympy.Expr) -> sympy.Expr:
        return 1 / (1 + sympy.exp(-z))

    for factor in (1 - E, 1 - r * E):
        with pytest.raises(ModelError, match=r"the state multiplies an activation.*\(1 - r\*x\)"):
            from_sympy_system({E: -E + factor * phi(2 * E - I), I: -I + phi(E)})
    with pytest.raises(ModelError, match="no known form"):
        from_sympy_system({E: -E + (1 - I) * phi(2 * E - I), I: -I + phi(E)})
