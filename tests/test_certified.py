"""Certified equilibria of circuits with smooth activations: published cases, multistart searches, edges, energies."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import permutations, product
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from click.testing import CliRunner
from flint import arb
from numpy.typing import NDArray
from scipy.optimize import root

from symgame import Circuit, solutions
from symgame.activation import Activation
from symgame.balls import precision
from symgame.certified import certified_points
from symgame.certified_bounds import input_bounds
from symgame.certified_boxes import Equations, roots_in
from symgame.cli import cli
from symgame.errors import Unsupported
from symgame.floating import floating
from symgame.kinds import KINDS, activation
from symgame.numeric import Solution, Solutions, stream
from symgame.pieces import X, Z
from symgame.report.documents import solutions_document
from symgame.report.terminal import solutions_lines
from symgame.sections import sections

ORACLES = Path(__file__).parent / "oracles"
Array = NDArray[np.float64]


def oracle(name: str) -> list[dict[str, Any]]:
    return list(json.loads((ORACLES / f"{name}.json").read_text(encoding="utf-8")))


def rational(value: object) -> sympy.Rational:
    return sympy.Rational(str(value))


@cache
def sigmoid(gain: str, threshold: str, height: str, offset: object) -> Activation:
    return activation(
        "logistic", gain=rational(gain), threshold=rational(threshold), height=rational(height), offset=offset
    )


def sigmoid_pair(p: dict[str, Any], swapped: bool = False, names: str = "EI") -> Circuit:
    """The pair of an oracle; the heights are kE and kI. With ``swapped``, I comes before E."""
    order = [1, 0] if swapped else [0, 1]
    W = [[rational(p["wEE"]), -rational(p["wEI"])], [rational(p["wIE"]), -rational(p["wII"])]]
    kinds = [sigmoid(*(str(p[f"{key}{k}"]) for key in ("a", "th", "k")), "rest" if p["shift"] else 0) for k in "EI"]
    return Circuit.from_matrix(
        [[W[i][j] for j in order] for i in order],
        names=[names[i] for i in order],
        u=[rational(p[key]) for key in (("uI", "uE") if swapped else ("uE", "uI"))],
        tau=[rational(p[key]) for key in (("tauI", "tauE") if swapped else ("tauE", "tauI"))],
        activation=[kinds[i] for i in order],
    )


SIGMOIDS = [m for m in oracle("wilson_cowan_sigmoid") if not m["params"]["rE"] and not m["params"]["rI"]]


def assert_agrees(e: Solution, rates: dict[str, str], eigenvalues: list[tuple[str, str]]) -> None:
    """Rates to 1e-12 and within the proved radius of what the oracle has; eigenvalues to 1e-10, in any order."""
    for name, value in rates.items():
        assert abs(e.state[name] - Fraction(value)) < Fraction(1, 10**12)
    left = [complex(float(re), float(im)) for re, im in e.eigenvalues]
    for re, im in eigenvalues:
        near = min(left, key=lambda v: abs(v - complex(float(re), float(im))))
        assert abs(near - complex(float(re), float(im))) < 1e-10
        left.remove(near)
    assert not left


# -- published cases --------------------------------------------------------------------------------------------------


def test_the_published_sigmoid_pairs_without_refractory_factor() -> None:
    assert len(SIGMOIDS) >= 10
    for model in SIGMOIDS:
        found = solutions(sigmoid_pair(model["params"]))
        assert found.complete and len(found.equilibria) == model["n_fixed_points"], model["id"]
        assert sum(e.stable is True for e in found.equilibria) == model["n_stable"]
        for e, expected in zip(
            found.equilibria, sorted(model["fixed_points"], key=lambda f: float(f["x_E"])), strict=True
        ):
            pairs = [(v["re"], v["im"]) for v in expected["eigenvalues"]]
            assert_agrees(e, {"E": expected["x_E"], "I": expected["x_I"]}, pairs)
            assert e.stable is expected["stable"] and e.type == expected["type"].split()[-1]
            assert not e.exact and e.index == (1 if float(expected["det"]) > 0 else -1)
            # an excitatory rate on the unstable side of its own network is no best response
            convex = "non-ISN" in expected["local_regime"]
            assert (e.nash == "stationary") is not convex


def test_a_published_single_population() -> None:
    (model,) = oracle("single_population")
    p = model["params"]
    kind = activation("logistic", gain=rational(p["gain"]), threshold=rational(p["threshold"]), offset="rest")
    unit = Circuit.from_matrix([[p["w"]]], names="r", u=[p["u"]], tau=[p["tau"]], activation=kind)
    found = solutions(unit)
    assert found.complete and len(found.equilibria) == len(model["fixed_points"]) == 3
    for e, expected in zip(found.equilibria, model["fixed_points"], strict=True):
        assert_agrees(e, {"r": expected["r"]}, [(expected["eig"], "0")])
        assert e.stable is expected["stable"]


def test_the_published_supralinear_and_rectified_pairs() -> None:
    rows = {model["id"]: model for model in oracle("isn_ssn")}
    ssn = rows["ssn_hennequin2018"]
    kind = activation("power", k=rational(ssn["activation"]["k"]), p=2)
    for case in ssn["cases"]:
        for form in ("rate", "voltage"):
            pair = Circuit.from_matrix(
                ssn["W"],
                names="EI",
                u=[case["h"]] * 2,
                tau=ssn["tau"],
                activation=kind,
                form=form,  # type: ignore[arg-type]
            )
            found = solutions(pair)
            assert found.complete and len(found.equilibria) == len(case["solutions"])
            for e, expected in zip(found.equilibria, case["solutions"], strict=True):
                assert_agrees(e, {"E": expected["r_E"], "I": expected["r_I"]}, expected["eigs"])
                assert e.stable is expected["stable"] and e.exact is (case["h"] == 0)
                assert all(abs(float(e.state[n])) < 40 for n in "EI")
    tsodyks = rows["tsodyks1997_bdtoolkit"]
    exact = solutions(Circuit.from_matrix(tsodyks["W"], names="EI", u=tsodyks["u"], tau=tsodyks["tau"]))
    assert [list(map(str, e.state.values())) for e in exact.equilibria] == [["17/24", "5/8"]]
    assert exact.equilibria[0].exact and exact.equilibria[0].radius is None


# -- multistart searches ----------------------------------------------------------------------------------------------


def logistic_pair(seed: int) -> tuple[Circuit, dict[str, Array]]:
    rng = np.random.default_rng(seed)
    W = np.round(rng.uniform([[0, 0], [0, 0]], [[16, 16], [16, 8]]), 2) * np.array([[1, -1], [1, -1]])
    numbers = {
        "W": W,
        "u": np.round(rng.uniform(-3, 3, 2), 2),
        "gain": np.round(rng.uniform(0.5, 3, 2), 2),
        "threshold": np.round(rng.uniform(0, 4, 2), 2),
    }
    kinds = [
        activation("logistic", gain=rational(a), threshold=rational(t))
        for a, t in zip(numbers["gain"], numbers["threshold"], strict=True)
    ]
    pair = Circuit.from_matrix(W, names="EI", u=list(numbers["u"]), tau=[1, 2], activation=kinds)
    return pair, numbers


def multistart(n: dict[str, Array]) -> Array:
    """Total inputs of all roots that damped Newton steps from a grid of 60 by 60 starts reach; shape (roots, 2)."""
    W, u, a, t = n["W"], n["u"], n["gain"], n["threshold"]
    low, high = u + np.minimum(W, 0).sum(axis=1), u + np.maximum(W, 0).sum(axis=1)
    z = np.stack(np.meshgrid(*(np.linspace(l - 0.1, h + 0.1, 60) for l, h in zip(low, high, strict=True))), -1).reshape(
        -1, 2
    )
    with np.errstate(all="ignore"):
        for _ in range(80):
            x = 1 / (1 + np.exp(-a * (z - t)))
            g = z - u - x @ W.T
            J = np.eye(2) - W * (a * x * (1 - x))[:, None, :]
            det = J[:, 0, 0] * J[:, 1, 1] - J[:, 0, 1] * J[:, 1, 0]
            step = np.stack(
                [J[:, 1, 1] * g[:, 0] - J[:, 0, 1] * g[:, 1], J[:, 0, 0] * g[:, 1] - J[:, 1, 0] * g[:, 0]], -1
            )
            step /= det[:, None]
            z = z - step / np.maximum(1, np.abs(step).max(axis=1) / 2)[:, None]
        x = 1 / (1 + np.exp(-a * (z - t)))
        good = np.abs(z - u - x @ W.T).max(axis=1) < 1e-10
    found: list[Array] = []
    for row in z[good]:
        if not any(np.abs(row - other).max() < 1e-7 for other in found):
            found.append(row)
    return np.array(found).reshape(-1, 2)


def assert_multistart_agrees(seed: int) -> int:
    pair, numbers = logistic_pair(seed)
    found = certified_points(pair)
    assert found.complete
    boxes = [[(float(z.lower()) - 1e-8, float(z.upper()) + 1e-8) for z in point.z] for point in found.points]
    roots = multistart(numbers)
    for r in roots:
        assert sum(all(l <= v <= h for v, (l, h) in zip(r, box, strict=True)) for box in boxes) == 1
    assert len(roots) == len(boxes)
    indices = [point.spectrum.index for point in found.points if point.spectrum is not None]
    assert sum(i or 0 for i in indices) == 1  # the degree of a bounded map: a wrong or missing point would show here
    return len(roots)


def test_every_root_of_a_dense_multistart_lies_in_one_box() -> None:
    assert len({assert_multistart_agrees(seed) for seed in range(25)}) >= 2


def test_mixtures_of_kinds() -> None:
    for n in (1, 2):
        assert_search_finds_nothing_more(random_circuit(list(DRAWN), n, 5 + n), n, 10)


@pytest.mark.slow
def test_every_root_of_a_dense_multistart_lies_in_one_box_300() -> None:
    counts = [assert_multistart_agrees(seed) for seed in range(25, 325)]
    assert {1, 3} <= set(counts)


Draw = Callable[[float, float], sympy.Rational]
DRAWN: dict[str, Callable[[Draw], dict[str, object]]] = {
    "linear": lambda r: {"gain": r(0.2, 1)},
    "relu": lambda r: {"threshold": r(-1, 1)},
    "saturating": lambda r: {"cap": r(0.5, 3)},
    "soft_threshold": lambda r: {"threshold": r(0.2, 1)},
    "logistic": lambda r: {"gain": r(1, 6), "threshold": r(0, 2), "offset": "rest"},
    "tanh": lambda r: {"gain": r(0.5, 2), "threshold": r(-1, 1)},
    "arctan": lambda r: {"gain": r(0.5, 3), "height": r(0.5, 2)},
    "algebraic": lambda r: {"gain": r(0.5, 2)},
    "softplus": lambda r: {"gain": r(0.5, 2), "threshold": r(-1, 1)},
    "power": lambda r: {"k": r(0.1, 1), "p": sympy.Rational(int(r(3, 7) // 1), 2), "threshold": r(-1, 1)},
}
SMOOTH = [
    kind
    for kind in KINDS
    if activation(
        kind, **{"cap": 1} if kind == "saturating" else {"threshold": 1} if kind == "soft_threshold" else {}
    ).pieces
    is None
]


def drawing(rng: np.random.Generator) -> Draw:
    return lambda low, high: sympy.Rational(int(100 * rng.uniform(low, high)), 100)


def random_circuit(kinds: list[str], n: int, seed: int) -> Circuit:
    rng = np.random.default_rng(seed)
    draw = drawing(rng)
    chosen = [str(rng.choice(kinds)) for _ in range(n)]
    return Circuit.from_matrix(
        [[draw(-4, 6) if i == j else draw(-5, 5) for j in range(n)] for i in range(n)],
        names="ABC"[:n],
        u=[draw(-3, 3) for _ in range(n)],
        tau=[draw(0.5, 2) for _ in range(n)],
        activation=[activation(kind, **DRAWN[kind](draw)) for kind in chosen],
    )


def assert_search_finds_nothing_more(circuit: Circuit, seed: int, starts: int = 40) -> None:
    """Roots of a search with random starts are certified; certified points solve the equations in doubles."""
    f, rng = floating(circuit), np.random.default_rng(seed)
    n = len(circuit.names)
    found = certified_points(circuit)
    assert found.complete
    places = [np.array([float(z.mid()) for z in point.z]) for point in found.points]

    def residual(z: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.asarray(z - f.u - f.W @ np.array([float(p(np.array(v))) for p, v in zip(f.phi, z, strict=True)]))

    for z in places:
        assert np.abs(residual(z)).max() < 1e-9 * (1 + np.abs(z).max()) * (1 + np.abs(f.W).max())
    for _ in range(starts * n):
        tried = root(residual, rng.uniform(-1, 1, n) * rng.choice([1, 5, 30]), tol=1e-13)
        if tried.success and np.abs(residual(tried.x)).max() < 1e-11 * (1 + np.abs(tried.x).max()):
            near = sum(np.allclose(tried.x, z, rtol=1e-5, atol=1e-6) for z in places)
            assert near == 1, (circuit, tried.x, places)


def test_the_table_of_drawn_kinds_is_complete() -> None:
    assert set(DRAWN) == set(KINDS) and set(SMOOTH) == {"logistic", "tanh", "arctan", "algebraic", "softplus", "power"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "kinds", [[kind] for kind in SMOOTH] + [list(DRAWN)], ids=lambda k: k[0] if len(k) == 1 else "mixed"
)
def test_small_circuits_of_each_kind(kinds: list[str]) -> None:
    for n in (1, 2):
        assert_search_finds_nothing_more(random_circuit(kinds, n, 5 + n), n, 10)


@pytest.mark.slow
@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize(
    "kinds", [[kind] for kind in SMOOTH] + [list(DRAWN)], ids=lambda k: k[0] if len(k) == 1 else "mixed"
)
def test_thirty_circuits_of_each_kind(kinds: list[str], n: int) -> None:
    for seed in range(30):
        assert_search_finds_nothing_more(random_circuit(kinds, n, 100 * n + seed), seed)


# -- the same circuit in other words ----------------------------------------------------------------------------------


def test_other_names_and_another_order_give_the_same_set() -> None:
    p = SIGMOIDS[0]["params"]
    plain = solutions(sigmoid_pair(p)).equilibria
    other = solutions(sigmoid_pair(p, swapped=True, names="PQ")).equilibria

    def values(e: Solution, first: str, second: str) -> tuple[Any, ...]:
        return e.decimals[first], e.decimals[second], e.eigenvalues, e.stable, e.type, e.index, e.nash

    assert {values(e, "E", "I") for e in plain} == {values(e, "P", "Q") for e in other}
    assert len(plain) == len(other) == 3


def test_three_populations_in_any_order() -> None:
    circuit = random_circuit(["tanh", "power", "saturating"], 3, 4)
    expected: set[tuple[str, ...]] | None = None
    for order in permutations(range(3)):
        W = [[circuit.W[i, j] for j in order] for i in order]
        turned = Circuit.from_matrix(
            W,
            names=[circuit.names[i] for i in order],
            u=[circuit.u[i] for i in order],
            tau=[circuit.tau[i] for i in order],
            activation=[circuit.populations[i].activation for i in order],
        )
        states = {tuple(f"{float(e.state[n]):.12g}" for n in circuit.names) for e in solutions(turned).equilibria}
        expected = states if expected is None else expected
        assert states == expected and states


# -- edges ------------------------------------------------------------------------------------------------------------


def unit(w: object, u: object, kind: str | Activation, **parameters: object) -> Solutions:
    kind = activation(kind, **parameters) if isinstance(kind, str) else kind
    return solutions(Circuit.from_matrix([[w]], names="A", u=[u], tau=[1], activation=kind))


def test_gain_four_has_one_equilibrium_whose_slope_is_exactly_one() -> None:
    half = sympy.Rational(1, 2)
    found = unit(1, 0, "logistic", gain=4, threshold=half)
    (e,) = found.equilibria
    assert found.complete and abs(e.state["A"] - Fraction(1, 2)) <= max(e.radii.values()) < Fraction(1, 10**30)
    # the eigenvalue is 0: nothing is claimed of its sign
    assert e.stable is None and e.type == "undecided" and e.index is None and "imaginary axis" in e.description
    assert e.nash == "global"
    beyond = unit(1, 0, "logistic", gain=sympy.Rational(401, 100), threshold=half)
    assert beyond.complete and [s.stable for s in beyond.equilibria] == [True, False, True]
    below = unit(1, 0, "logistic", gain=sympy.Rational(399, 100), threshold=half)
    assert below.complete and [s.stable for s in below.equilibria] == [True]


def test_a_fold_exactly_at_the_parameters_stays_open_and_is_located() -> None:
    fold = unit(1, "1/4", "power")  # x = (x + 1/4)^2: a double root at x = 1/4, z = 1/2
    assert not fold.complete and not fold.equilibria
    assert "stays open" in fold.reason and "A from 0.49999" in fold.reason
    assert [len(unit(1, f"{250_000 + d}/1000000", "power").equilibria) for d in (-1, 1)] == [2, 0]


def test_points_near_a_fold_are_told_from_none() -> None:
    for share, count in ((-1, 2), (1, 0)):
        for digits in (6, 10, 14, 16):
            found = unit(1, sympy.Rational(1, 4) + sympy.Rational(share, 10**digits), "power")
            assert found.complete and len(found.equilibria) == count, digits
    x = (1 - sympy.sqrt(sympy.Rational(1, 2))) / 2  # x(1-x) = 1/8: the fold of a logistic with own weight 8
    fold = sympy.Rational(str(sympy.N(sympy.log(x / (1 - x)) - 8 * x, 40)))
    for share, count in ((-1, 3), (1, 1)):
        found = unit(8, fold + sympy.Rational(share, 10**14), "logistic")
        assert found.complete and len(found.equilibria) == count
    assert "6e-11 (1 + |z|)" in unit(1, "1/4", "power").reason  # exactly at the fold: how small the boxes are


def test_power_at_p_one_and_at_its_threshold() -> None:
    assert unit("1/2", 1, "power", p=1).equilibria[0].state == {"A": Fraction(2)}  # the rectifier: exact
    silent = unit(3, 0, "power")
    assert silent.complete and silent.equilibria[0].state == {"A": 0} and silent.equilibria[0].exact
    assert [e.stable for e in silent.equilibria] == [True, False]
    # the other population puts E exactly on its threshold, by a rate that is a square: phi' is continuous there
    joined = Circuit.from_matrix(
        [[0, 1], [0, 0]],
        names="EI",
        u=[0, 1],
        tau=[1, 1],
        activation=[activation("power", threshold=1), activation("power")],
    )
    found = solutions(joined)
    assert found.complete and len(found.equilibria) == 1 and found.equilibria[0].stable is True
    assert abs(found.equilibria[0].state["E"]) < Fraction(1, 10**20)


def test_a_kink_is_decided_where_rates_are_exact_and_left_open_elsewhere() -> None:
    kinds: list[str | Activation] = ["relu", "logistic"]
    exact = Circuit.from_matrix([[0, 0], [1, 0]], names="EI", u=[0, 0], tau=[1, 1], activation=kinds)
    (e,) = solutions(exact).equilibria
    assert e.type == "kink" and e.stable is None and not e.strict and e.nash == "global" and not e.eigenvalues
    hidden = Circuit.from_matrix([[0, 1], [0, 0]], names="EI", u=["-1/2", 0], tau=[1, 1], activation=kinds)
    found = solutions(hidden)  # phi(0) = 1/2 puts E on its kink
    (e,) = found.equilibria
    assert found.complete and e.type == "kink" and e.exact and e.state == {"E": 0, "I": Fraction(1, 2)}
    # a hair beside the kink is not on it, however little balls see of it: the drive is exact
    for sign, branch in ((-1, "I"), (1, "E,I")):
        u = sympy.Rational(-1, 2) + sympy.Rational(sign, 10**60)
        beside = Circuit.from_matrix([[0, 1], [0, 0]], names="EI", u=[u, 0], tau=[1, 1], activation=kinds)
        (e,) = solutions(beside).equilibria
        assert e.type == "node" and e.strict and e.branch == branch and solutions(beside).complete
    # the drive is not exact, and within 1e-60 of the kink: nothing is claimed
    with mpmath.workdps(90):
        x = mpmath.findroot(lambda x: x - 1 / (1 + mpmath.exp(-x)), 0.66)
        u = -sympy.Rational(mpmath.nstr(x, 60))
    unsure = solutions(Circuit.from_matrix([[0, 1], [0, 1]], names="EI", u=[u, 0], tau=[1, 1], activation=kinds))
    assert not unsure.complete and not unsure.equilibria and "near the total inputs E = 0 there" in unsure.reason


def test_a_resting_state_on_kinks_is_found_in_loops() -> None:
    for second in (activation("relu"), activation("saturating", cap=1)):
        for own in ("1/2", "1/3", "-1"):
            rest = Circuit.from_matrix(
                [[own, -1], [1, "-1/2"]], names="AB", u=[0, 0], tau=[1, 1], activation=["tanh", second]
            )
            found = solutions(rest)
            assert found.complete and [(e.type, e.state, e.exact) for e in found.equilibria] == [
                ("kink", {"A": 0, "B": 0}, True)
            ]
    kinds: list[str | Activation] = ["relu", "logistic"]
    loop = Circuit.from_matrix([[0, 1], [-1, 0]], names="AB", u=["-1/2", 0], tau=[1, 1], activation=kinds)
    assert [e.state for e in solutions(loop).equilibria] == [{"A": 0, "B": Fraction(1, 2)}]


def test_a_total_input_of_exactly_zero_ends_the_search() -> None:
    """Balls round 0 shrink for ever, others stop at their rounding error."""
    for kind, other, own in product(
        ("tanh", "arctan", "algebraic"),
        (activation("relu"), activation("saturating", cap=1), activation("power")),
        ("1/3", "-1/3"),
    ):
        silent = Circuit.from_matrix(
            [[own, -1], [1, "-1/2"]], names="AB", u=[0, "-1/2"], tau=[1, 1], activation=[kind, other]
        )
        found = solutions(silent)
        assert found.complete and [(e.decimals, e.type) for e in found.equilibria] == [({"A": "0", "B": "0"}, "node")]
    steep = Circuit.from_matrix(
        [["-741/100", "248/25"], ["-811/100", "231/50"]],
        names="AB",
        u=[0, "-59/10"],
        tau=[1, 1],
        activation=[activation("logistic", gain=10, offset="rest"), activation("saturating", threshold=1, cap=1)],
    )
    assert solutions(steep).complete and solutions(steep).equilibria[0].decimals == {"A": "0", "B": "0"}


def test_unbounded_rates_are_bounded_by_proof_or_said_not_to_be() -> None:
    assert unit(1, -1, "softplus").complete  # z - phi(z) increases strictly, so that one solution is all
    for u, gain, threshold in ((0, 1, 0), (1, 1, 0), (2, "5/2", 2)):  # log(1 + e^-z) = -u has no solution for u >= 0
        w = 1 / sympy.Rational(gain)
        none = unit(w, u, "softplus", gain=sympy.Rational(gain), threshold=threshold)
        assert none.complete and not none.equilibria
    small = unit(1, "-1/1000000000000", "softplus")
    assert small.complete and [e.decimals["A"] for e in small.equilibria] == ["27.6310211159290"]  # log(10^12), nearly
    assert unit(2, -3, "softplus").complete and len(unit(2, -3, "softplus").equilibria) == 2
    with precision(128):
        for w, u, kind in ((-2, 30, "power"), (3, -5, "softplus"), (-1, 7, "relu"), (1, 2, "logistic")):
            bounds = input_bounds([[arb(w)]], [arb(u)], [activation(kind)])
            assert not isinstance(bounds, str)
            for e in unit(w, u, activation(kind)).equilibria:
                assert bounds[0].contains(u + w * arb(e.state["A"].numerator) / e.state["A"].denominator)


def test_a_continuum_ends_and_is_not_called_complete() -> None:
    line = Circuit.from_matrix([[1, 0], [0, 2]], names="EI", u=[0, 0], tau=[1, 1], activation=["linear", "tanh"])
    found = solutions(line)
    assert not found.complete and "stays open" in found.reason and "not searched" in found.reason


def test_a_hopf_point_exactly_at_the_parameters_is_not_decided() -> None:
    pair = Circuit.from_matrix([[3, -4], [4, -1]], names="EI", u=[0, 0], tau=[1, 1], activation="tanh")
    (e,) = solutions(pair).equilibria  # the trace at 0 is 2 - 2
    assert e.stable is None and e.type == "undecided" and e.index == 1 and e.nash == "stationary"
    text = "\n".join(solutions_lines(solutions(pair)))
    assert "stability not decided" in text and "imaginary axis" in text


def test_other_activations_of_a_user() -> None:
    arcsinh = Activation.smooth(
        "arcsinh",
        phi=sympy.asinh(Z),
        inverse=sympy.sinh(X),
        cost=sympy.cosh(X) - X**2 / 2,
        domain=sympy.Interval(-sympy.oo, sympy.oo),
        lipschitz=1,
        source="-",
    )
    small = unit("1/2", 1, arcsinh)
    (e,) = small.equilibria
    exact = mpmath.findroot(lambda x: x - mpmath.asinh(x / 2 + 1), 1)
    assert small.complete and abs(float(e.state["A"]) - float(exact)) < 1e-14
    large = unit(3, 0, arcsinh)  # three solutions, and no bound that is known
    assert not large.complete and len(large.equilibria) == 3 and "no bound" in large.reason


def test_what_cannot_be_answered_is_refused() -> None:
    with pytest.raises(Unsupported, match="no value"):
        certified_points(Circuit.from_matrix([["w"]], names="E", u=[1], tau=[1], activation="tanh"))
    with pytest.raises(Unsupported, match="too many"):
        solutions(Circuit.from_matrix(np.zeros((31, 31), dtype=int), u=[0] * 31, tau=[1] * 31, activation="tanh"))


def test_copies_are_written_out() -> None:
    one = Circuit.from_matrix([["-2", "-2"], ["-2", "-2"]], names="AB", u=[1, 1], tau=[1, 1], activation="tanh")
    rates = solutions(one).equilibria[0].decimals
    assert rates["A"] == rates["B"]


# -- digits, radii, own energies --------------------------------------------------------------------------------------


@pytest.mark.parametrize("digits", [1, 120])
def test_rates_are_within_their_radius_of_the_truth(digits: int) -> None:
    pair = sigmoid_pair(SIGMOIDS[1]["params"])
    (e,) = solutions(pair, digits).equilibria
    p = SIGMOIDS[1]["params"]
    with mpmath.workdps(digits + 30):
        n = {key: mpmath.mpf(str(value)) for key, value in p.items() if key != "shift"}

        def phi(k: str, z: Any) -> Any:
            a, t = n[f"a{k}"], n[f"th{k}"]
            return 1 / (1 + mpmath.exp(-a * (z - t))) - 1 / (1 + mpmath.exp(a * t))

        E, I = mpmath.findroot(
            lambda x, y: (
                x - phi("E", n["wEE"] * x - n["wEI"] * y + n["uE"]),
                y - phi("I", n["wIE"] * x - n["wII"] * y + n["uI"]),
            ),
            (0.57, 0.27),
        )
        for name, truth in (("E", E), ("I", I)):
            value, radius = e.state[name], e.radii[name]
            gap = abs(mpmath.mpf(value.numerator) / value.denominator - truth)
            assert gap <= mpmath.mpf(radius.numerator) / radius.denominator + mpmath.mpf(10) ** (-digits - 25)
            assert len(e.decimals[name].lstrip("0.")) == digits
            assert e.radius is not None and Fraction(e.radius) >= radius


def grid_class(circuit: Circuit, e: Solution, i: int) -> str:
    """The class of rate i by its energy on a grid: ``y c`` and the integral of the inverse, as sums."""
    f = floating(circuit)
    x = np.array([float(e.state[n]) for n in circuit.names])
    c = float(f.u[i] + f.W[i] @ x - f.W[i, i] * x[i])
    low, high = (float(v) for v in f.domain[i])
    y = np.append(np.linspace(low + 1e-9, high - 1e-9, 200_001), x[i])
    energy = f.cost[i](y) + (1 - f.W[i, i]) * y**2 / 2 - c * y
    here = float(energy[-1])
    if energy.min() > here - 1e-8:
        return "global"
    around = np.abs(y - x[i]) < 2e-3
    return "local" if energy[around].min() > here - 1e-12 else "stationary"


@pytest.mark.slow
def test_nash_classes_agree_with_energies_on_a_grid() -> None:
    seen = set()
    for seed in range(12):
        circuit = random_circuit(["logistic", "tanh", "arctan", "algebraic"], 1 + seed % 2, 40 + seed)
        for e in solutions(circuit).equilibria:
            ranks = ("global", "local", "stationary")
            expected = max((grid_class(circuit, e, i) for i in range(len(circuit.names))), key=ranks.index)
            assert e.nash == expected, (circuit, e)
            seen.add(e.nash)
    assert seen == {"global", "local", "stationary"}


def test_equal_energies_are_both_global_by_symmetry_and_unequal_ones_are_not() -> None:
    assert [e.nash for e in unit(2, 0, "tanh").equilibria] == ["global", "stationary", "global"]
    assert [e.nash for e in unit(2, "1/1000000", "tanh").equilibria] == ["local", "stationary", "global"]
    assert [e.nash for e in unit(8, -4, "logistic").equilibria] == ["global", "stationary", "global"]
    # an energy that falls for ever has no minimum
    assert unit(3, 0, "power").equilibria[0].nash == "local"


def test_nash_classes_of_saturated_rates_of_steep_sigmoids() -> None:
    """Rates nearer to the end of the range than balls can tell; the classes are those of energies on a grid."""
    first = Circuit.from_matrix(
        [[-10, 9], [6, 8]],
        names="AB",
        u=[0, "-59/10"],
        tau=[1, 1],
        activation=["relu", activation("tanh", gain=10, height=5)],
    )
    found = solutions(first)
    assert found.complete and [e.nash for e in found.equilibria] == ["global", "stationary", "global"]
    steep = [activation("logistic", gain=1000, threshold=1)] * 2
    second = Circuit.from_matrix([[2, -1], [1, 0]], names="AB", u=["2/5", 0], tau=[1, 1], activation=steep)
    # up to 1e-2 the energy of A at 1 is that at 0 less c, and c is 2/5 at the low point, 2/5 - 1/2 at the high one
    assert [e.nash for e in solutions(second).equilibria] == ["local", "stationary", "local"]


@pytest.mark.slow
def test_gains_of_a_million() -> None:
    kinds = [activation("logistic", gain=10**6, threshold=1)] * 2
    pair = Circuit.from_matrix([[2, -1], [1, 0]], names="AB", u=["1/2", 0], tau=[1, 1], activation=kinds)
    found = solutions(pair)
    assert found.complete and [e.decimals["A"] for e in found.equilibria] == [
        "5.74180413989241e-217148",  # log10 of e^(-10^6/2) is -217147.24
        "0.249999450692391",
        "1.00000000000000",
    ]
    assert [e.type for e in found.equilibria][:2] == ["node", "saddle"]


@pytest.mark.slow
def test_a_symmetric_circuit_has_nodes_and_saddles_only() -> None:
    W = [[8 if i == j else -2 for j in range(4)] for i in range(4)]
    equal = Circuit.from_matrix(W, names="ABCD", u=[-1] * 4, tau=[1] * 4, activation=activation("logistic", gain=4))
    found = solutions(equal)
    assert found.complete and len(found.equilibria) == 81
    verdicts: dict[tuple[str, ...], set[tuple[object, ...]]] = {}
    for e in found.equilibria:
        slopes = np.array([float(e.slopes[n]) for n in "ABCD"])
        root_slopes = np.sqrt(slopes)
        expected = np.linalg.eigvalsh(np.outer(root_slopes, root_slopes) * np.array(W) - np.eye(4))[::-1]
        assert np.allclose([float(re) for re, _ in e.eigenvalues], expected, atol=1e-12)
        assert {im for _, im in e.eigenvalues} == {"0"}
        assert e.type == ("saddle" if expected[0] > 0 > expected[-1] else "node") and e.stable is bool(expected[0] < 0)
        verdicts.setdefault(tuple(sorted(e.decimals.values())), set()).add((e.type, e.stable, e.index, e.nash))
    assert all(len(kinds) == 1 for kinds in verdicts.values())


# -- the engine does not say more than it knows -----------------------------------------------------------------------


def test_a_search_proves_no_root_where_there_is_a_double_one() -> None:
    with precision(128):
        equations = Equations(((arb(1),),), (arb(1) / 4,), (sections(activation("power"))[1],))
        found = roots_in(equations, (arb(0, 5),))
        assert not found.roots and len(found.open) == 1 and found.open[0][0].contains(arb(1) / 2)
        nothing = roots_in(Equations(((arb(1),),), (arb(1) / 4 + arb(2) ** -30,), equations.sections), (arb(0, 5),))
        assert not nothing.roots and not nothing.open


@pytest.mark.parametrize("kind", list(DRAWN))
def test_enclosures_hold_values_and_slopes(kind: str) -> None:
    rng = np.random.default_rng(3)
    draw = drawing(rng)
    given = activation(kind, **DRAWN[kind](draw))
    for part in sections(given):
        low = -6 if part.lower is None else float(part.lower)
        high = 6 if part.upper is None else float(part.upper)
        for _ in range(20):
            a, b = sorted(rng.uniform(low, high, 2))
            ball = arb(float(a)).union(arb(float(b)))
            x, s = part.rate(ball), part.slope(ball)
            for z in np.linspace(a, b, 7)[1:-1]:
                value, slope = (float(f.subs(Z, sympy.Float(float(z), 40)).evalf(30)) for f in (given.phi, given.slope))
                assert float(x.lower()) - 1e-12 <= value <= float(x.upper()) + 1e-12
                assert float(s.lower()) - 1e-12 <= slope <= float(s.upper()) + 1e-12


# -- documents and the command line -----------------------------------------------------------------------------------


def test_the_document_has_the_schema_of_exact_solutions() -> None:
    document = solutions_document(solutions(sigmoid_pair(SIGMOIDS[0]["params"]), 20))
    assert document["complete"] is True
    for row in document["equilibria"]:
        assert row["exact"] is False and Fraction(row["radius"]) < Fraction(1, 10**18)
        assert set(row["state"]) == set(row["slopes"]) == {"E", "I"}
        assert row["nash"] in ("global", "local", "stationary") and row["index"] in (1, -1)
    assert document["equilibria"][2]["state"]["E"] == "0.93843047167742820285"
    json.dumps(document)


def test_the_command_line(tmp_path: Path) -> None:
    model = tmp_path / "pair.toml"
    model.write_text(
        '[circuit]\nname = "pair"\nactivation = "logistic"\n[populations]\nE = { type = "excitatory" }\n'
        'I = { type = "inhibitory" }\n[weights]\nE = { E = "w_EE", I = "4" }\nI = { E = "13", I = "11" }\n'
        '[activation.E]\nkind = "logistic"\ngain = "1.2"\nthreshold = "2.8"\noffset = "rest"\n'
        '[activation.I]\nkind = "logistic"\n'
        'gain = "1"\nthreshold = "4"\noffset = "rest"\n[values]\nu_E = 0\nu_I = 0\ntau_E = 1\ntau_I = 2\nw_EE = 9\n',
        encoding="utf-8",
    )
    run = CliRunner().invoke(cli, ["equilibria", str(model), "--json", "--digits", "20"], standalone_mode=False)
    found = json.loads(run.output)
    assert run.return_value == 0 and [e["type"] for e in found["equilibria"]] == ["focus", "saddle", "node"]
    assert found["equilibria"][1]["state"]["E"] == "0.33685240792252123640"
    few = CliRunner().invoke(cli, ["equilibria", str(model), "--limit", "1"], standalone_mode=False)
    assert few.return_value == 3 and "more than the 1 equilibria asked for" in few.output
    lines = CliRunner().invoke(cli, ["equilibria", str(model)], standalone_mode=False).output
    assert "3 equilibria, all of them" in lines and "E = 0.938430471677428" in lines and "proved" in lines


def test_stream_yields_the_same() -> None:
    circuit = sigmoid_pair(SIGMOIDS[0]["params"])
    assert tuple(stream(circuit)) == solutions(circuit).equilibria
