"""Bifurcation sets of smooth pairs: on the conditions by finite differences, against published points, in any order."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy

import symgame
from symgame.bifurcation_boxes import box_function
from symgame.bifurcation_conditions import bifurcation_formulas
from symgame.bifurcation_curves import BifurcationSet, Curve
from symgame.bifurcation_gains import gain_of
from symgame.bifurcation_pairs import pair_of
from symgame.bifurcation_regions import at_point, regions
from symgame.bifurcation_row_points import row_fold, row_trace
from symgame.bifurcation_sections import section
from symgame.bifurcation_sets import bifurcation_set
from symgame.circuit import Circuit
from symgame.cli import main
from symgame.errors import SymgameError
from symgame.kinds import activation
from symgame.notation import symbol
from symgame.numeric import solutions
from symgame.pieces import X, Z
from symgame.report.bifurcations import drawn

ORACLES = Path(__file__).parent / "oracles"
KINDS = ("logistic", "tanh", "arctan", "algebraic", "softplus", "power")
NAMES = ("u_E", "u_I", "w_EE", "w_EI", "w_IE", "w_II")
VALUES = {"u_E": Fraction(-3), "u_I": Fraction(-4), "w_EE": 16, "w_EI": 12, "w_IE": 15, "w_II": 3}


def pair(kinds: Any = "logistic", plane: tuple[str, str] = ("u_E", "u_I"), tau: Any = (1, 2), **values: Any) -> Circuit:
    known = {name: value for name, value in {**VALUES, **values}.items() if name not in plane}
    return Circuit.from_matrix(
        [["w_EE", "-w_EI"], ["w_IE", "-w_II"]],
        names="EI",
        types=["excitatory", "inhibitory"],
        tau=tau,
        activation=kinds,
        values=known,
    )


def along(found: BifurcationSet, curve: Curve) -> tuple[Any, Any, Any, Any]:
    """W and u along a curve from the parameters of its plane, and phi and the rates."""
    names = [symbol(name) for name in found.plane]

    def value(e: sympy.Expr) -> Any:
        return sympy.lambdify(names, e, "numpy")(*curve.parameters.T)

    circuit = found.circuit
    W = [[value(e) for e in row] for row in circuit.entries]
    inputs = zip(circuit.inputs, circuit.populations, strict=True)
    u = [value(symbol(n)) if n in found.plane else value(p.input) for n, p in inputs]
    return W, u, [sympy.lambdify(Z, p.activation.phi, "numpy") for p in circuit.populations], curve.rates.T


def residuals(found: BifurcationSet, curve: Curve) -> tuple[float, float]:
    """Of the equilibrium equations, and of the condition, relative to their terms, in doubles."""
    W, u, phi, x = along(found, curve)
    tau = [float(p.tau) for p in found.circuit.populations]
    z = [W[i][0] * x[0] + W[i][1] * x[1] + u[i] for i in range(2)]
    slope = [sympy.lambdify(X, p.activation.slope_at_rate, "numpy") for p in found.circuit.populations]
    s = [slope[i](x[i]) for i in range(2)]
    # doubles cannot avoid an error of the total input, nor one of log(1 + exp(z)) where that is nearly 0
    size = [abs(W[i][0] * x[0]) + abs(W[i][1] * x[1]) + abs(u[i]) for i in range(2)]
    state = max(float((abs(phi[i](z[i]) - x[i]) / (abs(x[i]) + s[i] * size[i] + 1e-3)).max()) for i in range(2))
    if curve.kind == "fold":
        both = s[0] * s[1]
        terms = [1.0, -s[0] * W[0][0], -s[1] * W[1][1], both * W[0][0] * W[1][1], -both * W[0][1] * W[1][0]]
    elif curve.kind == "node-focus":
        own = [(s[i] * W[i][i] - 1) / tau[i] for i in range(2)]
        size_ = sum((s[i] * abs(W[i][i]) + 1) / tau[i] for i in range(2))
        gap = (own[0] - own[1]) ** 2 + 4 * s[0] * s[1] * W[0][1] * W[1][0] / (tau[0] * tau[1])
        return state, float((abs(gap) / size_**2).max())
    else:
        terms = [s[0] * W[0][0] / tau[0], s[1] * W[1][1] / tau[1], -1 / tau[0], -1 / tau[1]]
    return state, float((abs(sum(terms)) / sum(abs(t) for t in terms)).max())


def test_every_point_of_the_plane_of_inputs_satisfies_its_equations_to_1e_12() -> None:
    for kinds in ("logistic", "tanh", ("arctan", "softplus"), ("power", "algebraic")):
        found = bifurcation_set(pair(kinds), points=1000)
        assert {"fold", "hopf"} <= {curve.kind for curve in found.curves}
        for curve in found.curves:
            state, condition = residuals(found, curve)
            assert state < 1e-12 and condition < 1e-12, (kinds, curve.kind)


def jacobian(found: BifurcationSet, curve: Curve, k: int, step: float = 1e-6) -> np.ndarray[Any, Any]:
    """By differences of the rate equation, from the parameters and rates of one point alone."""
    W, u, phi, x = along(found, curve)
    w = [[float(np.broadcast_to(W[i][j], len(curve))[k]) for j in range(2)] for i in range(2)]
    c = [float(np.broadcast_to(u[i], len(curve))[k]) for i in range(2)]
    tau = [float(p.tau) for p in found.circuit.populations]

    def field(y: Any) -> Any:
        return np.array([(phi[i](w[i][0] * y[0] + w[i][1] * y[1] + c[i]) - y[i]) / tau[i] for i in range(2)])

    at = x[:, k]
    return np.stack([(field(at + d) - field(at - d)) / (2 * step) for d in step * np.eye(2)], axis=1)


@pytest.mark.parametrize("plane", [("u_E", "u_I"), ("w_EE", "u_E"), ("w_II", "u_E"), ("w_EI", "w_IE")])
def test_determinant_trace_and_frequency_by_differences(plane: tuple[str, str]) -> None:
    found = bifurcation_set(pair(plane=plane), plane, points=200)
    seen = set()
    for curve in found.curves:
        for k in range(len(curve) // 5, len(curve), max(len(curve) // 5, 1)):
            if abs(curve.parameters[k]).max() > 1e3:  # differences tell nothing there
                continue
            J = jacobian(found, curve, k)
            size = abs(J).max()
            if curve.kind == "fold":
                assert abs(np.linalg.det(J)) < 1e-6 * size**2
                continue
            if curve.kind == "node-focus":
                assert abs(np.trace(J) ** 2 - 4 * np.linalg.det(J)) < 1e-5 * size**2
                continue
            assert abs(np.trace(J)) < 1e-6 * size
            assert (np.linalg.det(J) > 0) == (curve.kind == "hopf") or abs(np.linalg.det(J)) < 1e-6 * size**2
            if curve.kind == "hopf":
                assert abs(curve.omega[k] - np.sqrt(max(np.linalg.det(J), 0))) < 1e-4 * size
            seen.add(curve.kind)
    assert seen == {"hopf", "neutral saddle"}


@pytest.mark.parametrize("tau", [(1, 2), (1, 1), (3, 1)])
def test_no_curve_is_missing_on_sections_of_the_rates(tau: tuple[int, int]) -> None:
    """As many crossings as the conditions have changes of sign, by their definitions, along lines of the rates."""
    for kinds, low, high in (("logistic", 0, 1), ("tanh", -1, 1), (("algebraic", "arctan"), -1, 1)):
        found = bifurcation_set(pair(kinds, tau=tau), points=2000)
        W, slope = [[16, -12], [15, -3]], [gain_of(p.activation).slope for p in found.circuit.populations]
        for share in (0.0431, 0.2177, 0.4412, 0.7391, 0.9123):
            at, y = low + (high - low) * share, np.linspace(low, high, 20_001)[1:-1]
            s = [np.broadcast_to(slope[0](at), y.shape), slope[1](y)]
            J = [[(s[i] * W[i][j] - (i == j)) / tau[i] for j in range(2)] for i in range(2)]
            trace, det = J[0][0] + J[1][1], J[0][0] * J[1][1] - J[0][1] * J[1][0]
            tests = {("fold",): det, ("hopf", "neutral saddle"): trace, ("node-focus",): trace**2 - 4 * det}
            for names, value in tests.items():
                crossed = sum(int((np.diff(np.sign(c.rates[:, 0] - at)) != 0).sum()) for c in found.of(*names))
                assert crossed == int((np.diff(np.sign(value)) != 0).sum()), (kinds, share, names)


def test_the_number_of_equilibria_changes_by_two_across_every_fold() -> None:
    """A wrong fold, or a missing one, changes these counts, which come from another road."""
    found = bifurcation_set(pair(), points=400)
    (fold, other) = found.of("fold")
    for curve in (fold, other):
        k = len(curve) // 3
        a, b = curve.parameters[k], curve.parameters[k + 1]
        across = np.array([-(b - a)[1], (b - a)[0]]) / np.linalg.norm(b - a) * 1e-3
        places = [[Fraction(float(v)) for v in a + side * across] for side in (-1, 1)]
        counts = [len(solutions(at_point(found.circuit, found.plane, place)).equilibria) for place in places]
        assert abs(counts[0] - counts[1]) == 2


def test_cusps_turn_back_and_bogdanov_takens_points_lie_on_both_curves() -> None:
    found = bifurcation_set(pair(tau=(1, 1)), points=4000)
    assert [len(found.special(kind)) for kind in ("cusp", "bogdanov-takens")] == [2, 4]
    assert all(point.evidence == "isolated" and point.radius is not None for point in found.special("cusp"))
    for point in found.special("cusp"):
        distance, curve, k = nearest(found.of("fold"), point.rates)
        before, after = (np.diff(curve.parameters[k + n : k + n + 2], axis=0)[0] for n in (-12, 10))
        assert distance < 1e-3 and before @ after < 0
    for point in found.special("bogdanov-takens"):
        for kind in ("fold", "hopf", "neutral saddle"):
            assert nearest(found.of(kind), point.rates)[0] < 1e-3
    # the pair is its own mirror image in the point where both rates are 1/2
    centre = np.array([(16 - 12) / -2, (15 - 3) / -2])
    mirrored = sorted(tuple(np.round(2 * centre - p.parameters, 9)) for p in found.points)
    assert mirrored == sorted(tuple(np.round(p.parameters, 9)) for p in found.points)


@pytest.mark.parametrize("plane", [("w_EE", "u_E"), ("w_EI", "u_E"), ("w_IE", "w_II")])
def test_points_over_one_row_are_those_over_the_inputs(plane: tuple[str, str]) -> None:
    """What a cusp, a Bogdanov-Takens and a Bautin point is does not depend on the plane; two roads to each."""
    found = bifurcation_set(pair(plane=plane), plane, points=500)
    assert found.open == () and {"cusp", "bogdanov-takens"} <= set(found.complete)
    assert {point.kind for point in found.points} >= {"cusp", "bogdanov-takens"}
    for point in found.points:
        if point.kind == "bautin" and point.evidence == "numerical":
            continue
        assert point.evidence == ("bracketed" if point.kind == "bautin" else "isolated")
        weights = {name: Fraction(v) for name, v in zip(plane, point.parameters, strict=True) if name[0] == "w"}
        other = bifurcation_set(pair(**weights), points=2000)
        away = [abs(np.array(p.rates) - point.rates).max() for p in other.special(point.kind)]
        assert min(away) < 1e-9, (point, away)


def nearest(curves: tuple[Curve, ...], rates: Any) -> tuple[float, Curve, int]:
    best = [(float(np.linalg.norm(c.rates - np.array(rates), axis=1).min()), n) for n, c in enumerate(curves)]
    distance, n = min(best)
    return distance, curves[n], int(np.argmin(np.linalg.norm(curves[n].rates - np.array(rates), axis=1)))


def test_names_and_order_change_nothing() -> None:
    found = bifurcation_set(pair(("tanh", "logistic")), points=100)
    turned = Circuit.from_matrix(
        [["-b", "a"], ["-d", 16]], names=["inh", "exc"], types=["inhibitory", "excitatory"], tau=[2, 1],
        activation=["logistic", "tanh"], u=["drive_i", "drive_e"], values={"a": 15, "b": 3, "d": 12},
    )  # fmt: skip
    other = bifurcation_set(turned, ("drive_e", "drive_i"), points=100)
    for kind in ("cusp", "bogdanov-takens", "bautin"):
        first = sorted(point.parameters for point in found.special(kind))
        second = sorted(point.parameters for point in other.special(kind))
        assert len(first) == len(second) and np.allclose(first, second, atol=1e-8), kind
    a, b = (bounds(s.of("fold")) for s in (found, other))
    assert np.allclose(a, b, atol=1e-2)


def bounds(curves: tuple[Curve, ...]) -> Any:
    rates = np.sort(np.concatenate([c.rates for c in curves]), axis=1)
    return [rates.min(axis=0), rates.max(axis=0)]


def test_inputs_that_are_numbers_and_signed_weights_need_no_symbol() -> None:
    plain = Circuit.from_matrix([[16, -12], [15, -3]], names="ab", u=[0, 0], tau=[1, 2], activation="logistic")
    found = bifurcation_set(plain, ("u_a", "u_b"), points=64)
    reference = bifurcation_set(pair(), points=64)
    assert [p.parameters for p in found.points] == [p.parameters for p in reference.points]
    loose = Circuit.from_matrix([["p", -12], ["q", -3]], names="ab", u=[-3, -4], tau=[1, 2], activation="logistic")
    signed = bifurcation_set(loose, ("p", "q"), points=64)
    typed = bifurcation_set(pair(plane=("w_EE", "w_IE")), ("w_EE", "w_IE"), points=64)
    assert min(c.parameters.min() for c in signed.of("fold")) < 0 <= min(c.parameters.min() for c in typed.of("fold"))


def test_what_is_refused() -> None:
    cases: list[tuple[Callable[[], Any], str]] = [
        (lambda: bifurcation_set(symgame.wilson_cowan()), "slope is constant in pieces"),
        (lambda: bifurcation_set(pair(), ("u_E", "u_E")), "two different"),
        (lambda: bifurcation_set(pair(), ("u_E", "nobody")), "neither a weight nor an input"),
        (lambda: bifurcation_set(pair(plane=("w_EE", "u_E")), ("u_E", "u_I")), "w_EE has no value"),
        (lambda: bifurcation_set(pair(), points=3), "16 or more"),
        (lambda: bifurcation_set(pair(plane=("w_EE", "u_E"), w_IE=0), ("w_EE", "u_E")), "receives nothing from E"),
    ]
    for ask, message in cases:
        with pytest.raises(SymgameError, match=message):
            ask()


@pytest.mark.parametrize("kind", KINDS)
def test_rates_of_a_gain_invert_the_slope(kind: str) -> None:
    gain = gain_of(activation(kind))
    top = float(gain.greatest or 4)
    s = np.linspace(0.01, 0.99, 50) * top
    for rates, rising in zip(gain.rates, gain.rising, strict=True):
        x = rates(s)
        assert np.allclose(gain.slope(x), s, rtol=1e-12)
        assert (np.sign(gain.bend(x)) == (1 if rising else -1)).all()


def test_boxes_contain_what_they_enclose() -> None:
    a, b = sympy.symbols("a b")
    e = sympy.cos(a * b) ** 2 / (1 + a**2) - sympy.log(b) * sympy.sqrt(b) + (a - b) ** 3 * sympy.exp(-a)
    rng = np.random.default_rng(5)
    low = rng.uniform(-0.5, 0.7, 500), rng.uniform(0.1, 1.2, 500)
    wide = rng.uniform(0, 0.3, 500)
    bottom, top = box_function(e, a, b)((low[0], low[0] + wide), (low[1], low[1] + wide))
    f = sympy.lambdify((a, b), e, "numpy")
    for share in rng.uniform(0, 1, (20, 2)):
        value = f(low[0] + share[0] * wide, low[1] + share[1] * wide)
        assert (bottom <= value).all() and (value <= top).all()


def test_formulas_satisfy_their_conditions_for_symbols() -> None:
    circuit = symgame.wilson_cowan()
    logistic = Circuit.from_matrix(
        circuit.W, names="EI", types=["excitatory", "inhibitory"], activation=activation("logistic", gain=symbol("a"))
    )
    found = bifurcation_formulas(logistic)
    s_E, s_I, T = symbol("s_E"), symbol("s_I"), symbol("tau_E") / symbol("tau_I")
    w_EE, w_EI, w_IE, w_II = map(symbol, ("w_EE", "w_EI", "w_IE", "w_II"))
    fold = (w_EE * s_E - 1) / (w_II + s_E * (w_EI * w_IE - w_EE * w_II))
    hopf = (1 + T * (1 + w_II * s_I)) / w_EE
    assert sympy.cancel(found["fold"].right - fold) == 0 and found["fold"].left == s_I
    assert sympy.cancel(found["hopf"].right - hopf) == 0 and found["hopf"].left == s_E
    assert sympy.Poly(found["bogdanov-takens"].right, s_I).degree() == 2
    assert found.in_rates[s_E] == symbol("a") * symbol("x_E") * (1 - symbol("x_E"))
    # at the cusps of numbers the formula vanishes
    numbers = bifurcation_set(pair(), points=64)
    law = bifurcation_formulas(pair())
    cusp = law["cusp"].right.xreplace(law.in_rates)
    for point in numbers.special("cusp"):
        at = dict(zip((symbol("x_E"), symbol("x_I")), point.rates, strict=True))
        assert abs(float(cusp.subs(at))) < 1e-12


def test_regions_count_what_is_stable() -> None:
    rows = regions(bifurcation_set(pair(), points=500), cells=80)
    assert {(row.count, row.stable) for row in rows} >= {(1, 1), (1, 0), (3, 1), (3, 2)}
    assert all(row.certified for row in rows)


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = tmp_path / "pair.toml"
    model.write_text(
        '[circuit]\nname = "pair"\nactivation = "logistic"\n[populations]\nE = { type = "excitatory", tau = 1 }\n'
        'I = { type = "inhibitory", tau = 2 }\n[weights]\nE = { E = "w", I = 12 }\nI = { E = 15, I = 3 }\n'
    )
    picture = tmp_path / "pair.svg"
    asked = ["bifurcations", str(model), "--set", "w=16", "--points", "64", "--no-regions"]
    assert main([*asked, "--json", "--out", str(picture)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["plane"] == ["u_E", "u_I"] and document["open"] == []
    assert sorted({row["kind"] for row in document["points"]}) == ["bautin", "bogdanov-takens", "cusp"]
    first = picture.read_bytes()
    assert first.count(b'id="cusp"') >= 1 and main([*asked, "--out", str(picture)]) == 0
    assert picture.read_bytes() == first
    assert main([*asked, "--out", str(tmp_path / "pair.gif")]) == 2
    for plane in ("u_E", "nobody,u_I", "u_E,u_E"):
        assert main(["bifurcations", str(model), "--plane", plane]) == 2
    assert main(["bifurcations", str(model)]) == 3  # w has no value


def test_values_of_the_plane_are_left_free_and_marked() -> None:
    circuit = pair(plane=("w_EE", "u_I")).with_values(w_EE=16, u_I=-4)
    found = bifurcation_set(circuit, ("w_EE", "u_I"), points=64)
    free = bifurcation_set(pair(plane=("w_EE", "u_I")), ("w_EE", "u_I"), points=64)
    assert found.given == (16, -4) and free.given == (None, None)
    assert [p.parameters for p in found.points] == [p.parameters for p in free.points]
    assert b'id="given"' in drawn(found, []) and b'id="given"' not in drawn(free, [])
    assert bifurcation_set(circuit, points=64).given == (-3, -4)


# -- the long ones ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("plane", list(combinations(NAMES, 2)))
def test_every_plane_of_a_logistic_pair(plane: tuple[str, str]) -> None:
    found = bifurcation_set(pair(plane=plane), plane, points=600)
    assert found.of("fold") and found.of("hopf"), plane
    for curve in found.of("fold", "hopf"):
        state, condition = residuals(found, curve)
        assert state < 1e-12 and condition < 1e-11, (plane, curve.kind)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_random_pairs_of_each_kind(kind: str) -> None:
    rng = random.Random(3)
    scale = {"logistic": 4, "power": 1}.get(kind, 1)
    for _ in range(10):
        weights = {name: Fraction(rng.randint(1, 60) * scale, 8) for name in NAMES[2:]}
        found = bifurcation_set(pair(kind, tau=(1, rng.randint(1, 4)), **weights), points=300)
        for curve in found.curves:
            state, condition = residuals(found, curve)
            assert state < 1e-12 and condition < 1e-12, (kind, weights, curve.kind)


@pytest.mark.slow
def test_published_folds_and_hopf_points() -> None:
    """Points along ``w_EE``, to fifteen digits, lie on the curves of the planes of w_EE with either input."""
    cases = json.loads((ORACLES / "wilson_cowan_bifurcations.json").read_text())
    looked_at = 0
    for case in cases:
        p = case.get("params", {"rE": 1})
        if p.get("rE") or p.get("rI"):
            continue
        at_rest = "rest" if p["shift"] else 0
        kinds = [
            activation("logistic", gain=exact(p[f"a{n}"]), threshold=exact(p[f"th{n}"]), offset=at_rest) for n in "EI"
        ]
        values = {"w_EI": exact(p["wEI"]), "w_IE": exact(p["wIE"]), "w_II": exact(p["wII"])}
        inputs = {"u_E": exact(p["uE"]), "u_I": exact(p["uI"])}
        for name in ("u_E", "u_I"):
            circuit = pair(kinds, ("w_EE", name), (exact(p["tauE"]), exact(p["tauI"])), **values, **inputs)
            here = pair_of(circuit, ("w_EE", name))
            for point in case["bifurcations"]:
                kind = {"SN": "fold", "HB": "hopf"}[point["type"]]
                claimed = [float(v) for v in (point["x_E"], point["x_I"], point["w_EE"], inputs[name])]
                if name == "u_E":  # one row: explicit in the other rate
                    curve = row_fold(here, 1) if kind == "fold" else row_trace(here, 1)
                    whole = (*curve.rates, *(top / below for top, below in curve.entries))
                    given = sympy.Rational(str(exact(point["x_I"])))  # all its digits: near 1 they are needed
                    found = [[float(e.subs(X, given).evalf(30)) for e in whole]]
                else:
                    found = np.concatenate(section(here, kind, claimed[0]), axis=1).tolist()
                off = min(float(abs(np.array(row) - claimed).max()) for row in found)
                assert off < 1e-10, (case["id"], name, point, off)
                looked_at += 1
    assert looked_at >= 10


def exact(value: Any) -> Fraction:
    return Fraction(str(value))
