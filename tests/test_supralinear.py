"""Supralinear circuits: every equilibrium as a root of a polynomial, against the oracle, dense search, and itself."""

from __future__ import annotations

import json
import random
from fractions import Fraction as F
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy
from flint import fmpq, fmpq_poly
from scipy.optimize import fsolve

from symgame.circuit import Circuit
from symgame.errors import Unsupported
from symgame.kinds import activation
from symgame.notation import symbol
from symgame.numeric import solutions
from symgame.supralinear import SupralinearSolution, supralinear_equilibria
from symgame.supralinear_formulas import fold_surface, supralinear_polynomials
from symgame.supralinear_numbers import RealRoot, real_roots
from symgame.supralinear_persistence import persistence, persistent_range
from symgame.supralinear_responses import characteristic_curve, response_curves

ORACLE = json.loads((Path(__file__).parent / "oracles" / "isn_ssn.json").read_text())
SSN = next(row for row in ORACLE if row["id"] == "ssn_hennequin2018")
TYPES = ("excitatory", "inhibitory")


def circuit(W: Any, u: Any, powers: Any, k: Any = None, theta: Any = None, tau: Any = None, **more: Any) -> Circuit:
    n = len(W)
    laws = [
        activation("power", p=p, k=a, threshold=t)
        for p, a, t in zip(powers, k or [1] * n, theta or [0] * n, strict=True)
    ]
    return Circuit.from_matrix(W, u=u, tau=tau or [1] * n, activation=laws, **more)


def points(found: Any) -> list[SupralinearSolution]:
    assert found.complete and all(isinstance(e, SupralinearSolution) for e in found.equilibria)
    return list(found.equilibria)


# -- the oracle -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", SSN["cases"], ids=lambda case: f"h={case['h']}")
def test_published_circuit(case: dict[str, Any]) -> None:
    pair = circuit(SSN["W"], [case["h"]] * 2, [2, 2], k=[F(3, 10)] * 2, tau=SSN["tau"], names="EI")
    found, expected = points(supralinear_equilibria(pair, 30)), case["solutions"]
    assert len(found) == len(expected) == 1
    (e,), (want,) = found, expected
    assert e.stable is want["stable"] is True and e.index == 1
    for name in "EI":
        rate = float(want[f"r_{name}"])
        assert abs(float(e.state[name]) - rate) <= 1e-12 * max(1, rate)
    for mine, given in zip(e.eigenvalues, want["eigs"], strict=True):
        assert max(abs(float(a) - float(b)) for a, b in zip(mine, given, strict=True)) < 1e-10
    assert (float(e.slopes["E"]) * 1.25 > 1) is want["ISN"]
    # E's own weight is positive: its energy falls for ever, so no rate of it is a best response
    assert e.nash == ("stationary" if want["ISN"] else "local")


def test_digits_and_radius_are_proved() -> None:
    pair = circuit(SSN["W"], [2, 2], [2, 2], k=[F(3, 10)] * 2, tau=SSN["tau"], names="EI")
    (short,), (long,) = (supralinear_equilibria(pair, d).equilibria for d in (8, 60))
    for name in "EI":
        assert 0 < abs(short.state[name] - long.state[name]) <= short.radii[name] < F(1, 10**6)
        assert long.decimals[name].startswith(short.decimals[name][:-1]) and len(long.decimals[name]) == 61
    x = {n: long.state[n] for n in "EI"}
    residual = x["E"] - F(3, 10) * (F(5, 4) * x["E"] - F(13, 20) * x["I"] + 2) ** 2
    assert abs(residual) < F(1, 10**57)


# -- against dense search ---------------------------------------------------------------------------------------------


def drawn(rng: random.Random) -> tuple[Circuit, Any]:
    """A random circuit and its residual in doubles."""
    n = rng.choice([1, 2, 2, 2, 2, 2, 3])
    powers = [rng.choice([1, 2, 3] if n < 3 else [1, 2]) for _ in range(n)]
    k, theta = ([F(rng.randint(low, 20), 10) for _ in range(n)] for low in (1, -10))
    w = [F(rng.randint(0, 30), 10) for _ in range(4)]
    ring = [[0, 0, -w[0]], [w[1], 0, 0], [0, w[2], 0]]
    W: list[list[Any]] = {1: [[w[0]]], 2: [[w[0], -w[1]], [w[2], -w[3]]], 3: ring}[n]
    if n == 2 and rng.random() < 0.5:  # I before E
        W = [row[::-1] for row in W[::-1]]
    u = [F(rng.randint(-10, 20), 10) for _ in range(n)]
    A, h, a, p = np.array(W, float), np.array(u, float) - np.array(theta, float), np.array(k, float), np.array(powers)
    made = circuit(W, u, powers, k, theta, [rng.randint(1, 20) for _ in range(n)])
    return made, lambda x: x - a * np.maximum(A @ x + h, 0) ** p


@pytest.mark.filterwarnings("ignore")  # of a search that fails
@pytest.mark.parametrize("seed", [0, *(pytest.param(k, marks=pytest.mark.slow) for k in range(1, 12))])
def test_a_dense_search_finds_these_and_no_others(seed: int) -> None:
    rng = random.Random(f"supralinear {seed}")
    several = 0
    for _ in range(6 if seed == 0 else 25):
        made, residual = drawn(rng)
        found = supralinear_equilibria(made)
        assert found.complete
        if any(e.type == "continuum" for e in found.equilibria):
            continue
        n = len(made.names)
        mine = [np.array([float(v) for v in e.state.values()]) for e in found.equilibria]
        several += len(mine) > 1
        assert all(np.abs(residual(x)).max() < 1e-9 * (1 + np.abs(x).max()) for x in mine)
        for start in range(40 if seed == 0 else 150):
            first = np.array([10 ** rng.uniform(-2, 2) for _ in range(n)]) if start else np.zeros(n)
            x, _, success, _ = fsolve(residual, first, full_output=True)
            if success == 1 and np.abs(residual(x)).max() < 1e-9:
                assert any(np.abs(x - y).max() < 1e-4 * (1 + np.abs(x).max()) for y in mine), (made, x, mine)
        for e, x in zip(found.equilibria, mine, strict=True):
            if e.strict and e.index:
                _check_spectrum(made, e, x)
    assert several


@pytest.mark.slow
def test_the_certified_boxes_find_the_same() -> None:
    """The general road, interval arithmetic without polynomials, where it is complete."""
    rng, compared = random.Random(7), 0
    for _ in range(40):
        made, _residual = drawn(rng)
        found = supralinear_equilibria(made)
        general = solutions(made)
        if not general.complete or any(e.type == "continuum" or e.multiplicity > 1 for e in points_or_none(found)):
            continue
        mine, other = (
            sorted([tuple(float(v) for v in e.state.values()), e.stable, e.index, e.nash] for e in row.equilibria)
            for row in (found, general)
        )
        assert len(mine) == len(other)
        for one, two in zip(mine, other, strict=True):
            assert np.allclose(one[0], two[0], rtol=1e-12, atol=1e-12) and one[1:] == two[1:]
        compared += len(mine)
    assert compared > 20


def points_or_none(found: Any) -> list[SupralinearSolution]:
    return [e for e in found.equilibria if isinstance(e, SupralinearSolution)]


def _check_spectrum(made: Circuit, e: Any, x: Any) -> None:
    """Eigenvalues, stability, type and index by the formula of the Jacobian in doubles."""
    n = len(x)
    A = np.array([[float(made.W[a, b]) for b in range(n)] for a in range(n)])
    slopes = []
    for total, p in zip(A @ x + [float(p.input) for p in made.populations], made.populations, strict=True):
        law = dict(p.activation.parameters)
        power, height = (1, law["gain"]) if "gain" in law else (int(law["p"]), law["k"])
        above = total - float(law["threshold"])
        slopes.append(power * float(height) * above ** (power - 1) if above > 1e-12 else 0.0)
    jacobian = (np.diag(slopes) @ A - np.eye(n)) / np.array([[float(p.tau)] for p in made.populations])
    values = np.linalg.eigvals(jacobian)
    claimed = np.array([complex(float(a), float(b)) for a, b in e.eigenvalues])
    assert max(np.abs(claimed - v).min() for v in values) < 1e-6 * (1 + np.abs(values).max())
    if np.abs(values.real).min() > 1e-9:
        assert e.stable is bool(values.real.max() < 0)
        kind = "saddle" if values.real.min() < 0 < values.real.max() else ""
        assert e.type == (kind or ("focus" if np.abs(values.imag).max() > 1e-9 else "node"))
    assert e.index == np.sign(np.linalg.det(np.eye(n) - np.diag(slopes) @ A))


# -- degenerate equilibria, exactly -----------------------------------------------------------------------------------


@pytest.mark.parametrize("names", ["EI", "IE"])
def test_a_fold_is_a_double_root(names: str) -> None:
    """y = (1, 1), k = 1, p = 2: s = 2, and det = (1 - 2 w_EE)(1 + 2 w_II) + 4 w_EI w_IE = 0 is solved for w_IE."""
    w_EE, w_II, w_EI = F(2), F(1, 2), F(1)
    w_IE = (2 * w_EE - 1) * (1 + 2 * w_II) / (4 * w_EI)
    rows = {"E": {"E": w_EE, "I": -w_EI}, "I": {"E": w_IE, "I": -w_II}}
    u = {"E": 1 - w_EE + w_EI, "I": 1 - w_IE + w_II}
    fold = circuit([[rows[a][b] for b in names] for a in names], [u[a] for a in names], [2, 2], names=list(names))
    double = [e for e in points(supralinear_equilibria(fold)) if e.multiplicity > 1]
    assert [(e.state, e.multiplicity, e.index, e.determinant) for e in double] == [(dict.fromkeys(names, 1), 2, 0, 0)]
    assert double[0].stable is False and double[0].type == "non-hyperbolic" and ("0", "0") in double[0].eigenvalues
    # one side of the fold has two equilibria there, the other none
    by_side = []
    for shift in (-F(1, 1000), F(1, 1000)):
        moved = {**u, "E": u["E"] + shift}
        near = circuit(fold.W.tolist(), [moved[a] for a in names], [2, 2], names=list(names))
        states = [e.state for e in points(supralinear_equilibria(near))]
        by_side.append(sum(all(abs(x - 1) < F(1, 5) for x in state.values()) for state in states))
    assert sorted(by_side) == [0, 2]


def test_a_single_population_by_hand() -> None:
    """x = x^2 w + ...: y = u + w y^2, so y = (1 -+ sqrt(1 - 4 u w))/(2 w); both unstable or stable by 2 w y < 1."""
    one = lambda u: points(supralinear_equilibria(circuit([[1]], [u], [2], names="E")))  # noqa: E731
    assert [(e.state["E"], e.stable, e.index) for e in one(F(3, 16))] == [(F(1, 16), True, 1), (F(9, 16), False, -1)]
    (tangent,) = one(F(1, 4))
    assert (tangent.state["E"], tangent.multiplicity, tangent.index, tangent.stable) == (F(1, 4), 2, 0, False)
    assert one(F(1, 3)) == []
    silent, loud = one(0)
    assert (silent.state["E"], silent.stable, silent.nash) == (0, True, "local")  # 2 p > p + 1: no best response
    assert (loud.state["E"], loud.stable, loud.nash) == (1, False, "stationary")
    (inhibited,) = points(supralinear_equilibria(circuit([[-1]], [2], [2], names="I")))
    assert (inhibited.state["I"], inhibited.nash) == (1, "global")


def test_a_cusp_decides_by_its_index() -> None:
    """p = 3 for E and 2 for I, w_II = 0: f, f' and f'' vanish at y_E = 1."""
    y, h, v, w = sympy.symbols("y h v w")  # v and w are w_EI and w_EE
    f = y - w * y**3 + v * (h + y**3) ** 2
    (solved,) = sympy.solve([sympy.diff(f, y).subs(y, 1), sympy.diff(f, y, 2).subs(y, 1)], [v, w], dict=True)
    at = {k: value.subs(h, -sympy.Rational(1, 2)) for k, value in solved.items()}
    u_E = f.subs(at).subs({h: -sympy.Rational(1, 2), y: 1})
    W = [[at[w], -at[v]], [1, 0]]
    cusp = circuit(W, [u_E, -F(1, 2)], [3, 2], names="EI", tau=[30, 1])
    (e,) = [e for e in points(supralinear_equilibria(cusp)) if e.multiplicity == 3]
    assert e.state == {"E": 1, "I": F(1, 4)} and e.determinant == 0 and e.type == "non-hyperbolic"
    third = sympy.diff(f, y, 3).subs(at).subs({h: -sympy.Rational(1, 2), y: 1})
    assert e.index == sympy.sign(third)
    assert e.stable is bool(third > 0)


def test_thresholds_that_are_met_exactly() -> None:
    """Silent exactly at its threshold: smooth for p = 2, a kink for p = 1, reported once either way."""
    for power, kind in ((2, "node"), (1, "kink")):
        pair = circuit([[0, -1], [1, 0]], [F(1, 2), -F(1, 4)], [2, power], names="EI")
        (e,) = points(supralinear_equilibria(pair))
        assert (e.branch, e.state, e.type, e.strict) == ("E", {"E": F(1, 4), "I": 0}, kind, power == 2)
        assert e.stable is (True if power == 2 else None) and bool(e.eigenvalues) is (power == 2)


def test_continuum_of_a_linear_integrator() -> None:
    found = supralinear_equilibria(circuit([[1, 0], [1, 0]], [0, -1], [1, 2], names="EI"))
    assert [e.type for e in found.equilibria] == ["kink", "continuum", "continuum"]
    assert "x_I = (v - 1)**2" in found.equilibria[2].description or "x_I = v**2 - 2*v + 1" in (
        found.equilibria[2].description
    )


def test_uncoupled_populations_are_combined() -> None:
    both = points(supralinear_equilibria(circuit([[1, 0], [0, 1]], [F(3, 16), 0], [2, 2], names="AB")))
    assert [(e.state["A"], e.state["B"], e.index, e.type) for e in both] == [
        (F(1, 16), 0, 1, "node"), (F(9, 16), 0, -1, "saddle"), (F(1, 16), 1, -1, "saddle"), (F(9, 16), 1, 1, "node"),
    ]  # fmt: skip
    assert [e.stable for e in both] == [True, False, False, False]


def test_a_multiple_eigenvalue_of_a_ring() -> None:
    ring = circuit([[0, 0, 1], [1, 0, 0], [0, 1, 0]], [F(3, 16)] * 3, [2] * 3, names="ABC")
    low, high = points(supralinear_equilibria(ring))
    assert (low.stable, high.stable, low.type) == (True, False, "focus")
    assert low.state["A"] == F(1, 16) and float(low.eigenvalues[0][0]) == -0.5


# -- formulas ---------------------------------------------------------------------------------------------------------


def symbolic(names: str = "EI", powers: tuple[int, int] = (2, 2), tau: Any = None) -> Circuit:
    e, i = names[names.index("E")], names[1 - names.index("E")]
    entries = {(e, e): "w_EE", (e, i): "-w_EI", (i, e): "w_IE", (i, i): "-w_II"}
    types = [TYPES[name != e] for name in names]
    laws = [
        activation("power", k=symbol(f"k_{n}"), threshold=symbol(f"th_{n}"), p=p)
        for n, p in zip(names, powers, strict=True)
    ]
    return Circuit.from_matrix(
        [[entries[a, b] for b in names] for a in names], names=list(names), types=types, activation=laws, tau=tau
    )


SLOW = [pytest.param(n, p, marks=pytest.mark.slow) for n, p in (("EI", (2, 2)), ("EI", (1, 3)), ("EI", (3, 2)))]


@pytest.mark.parametrize(("names", "powers"), [("IE", (2, 1)), *SLOW])
def test_the_symbolic_polynomial_has_the_exact_equilibria_as_roots(names: str, powers: tuple[int, int]) -> None:
    made = symbolic(names, powers, tau=[1, 1])
    cases = {case.active: case for case in supralinear_polynomials(made)}
    assert {len(case) for case in cases} == {1, 2} and cases[tuple(names)].degree == powers[0] * powers[1]
    rng = random.Random(5)
    seen = 0
    for _ in range(8):
        values = {name: F(rng.randint(1, 12), 4) for name in made.symbols}
        values |= {f"u_{n}": F(rng.randint(-2, 8), 4) for n in names}
        table = {symbol(name): sympy.Rational(v.numerator, v.denominator) for name, v in values.items()}
        found = points(supralinear_equilibria(made.with_values(**values)))
        by_case: dict[tuple[str, ...], int] = {}
        for e in found:
            by_case[e.active] = by_case.get(e.active, 0) + 1
        for active, case in cases.items():
            p = sympy.Poly(case.polynomial.xreplace(table), case.unknown)
            exact = fmpq_poly([fmpq(int(c.p), int(c.q)) for c in reversed(p.all_coeffs())])
            meeting = 0
            for root, _ in real_roots(exact):
                signs = [
                    [root.sign(_rational_poly(c.xreplace(table), case.unknown)) for c in row]
                    for row in (case.positive, case.at_most_zero)
                ]
                meeting += all(s > 0 for s in signs[0]) and all(s <= 0 for s in signs[1])
            assert meeting == by_case.get(active, 0) <= case.most
            seen += meeting
    assert seen >= 4


def _rational_poly(e: sympy.Expr, y: sympy.Symbol) -> fmpq_poly:
    return fmpq_poly([fmpq(int(c.p), int(c.q)) for c in reversed(sympy.Poly(e, y).all_coeffs())])


def test_bounds_by_descartes() -> None:
    only_E, only_I, both = supralinear_polynomials(symbolic())
    assert (only_E.most, only_I.most, both.most, both.degree) == (2, 1, 4, 4)
    w, k, u, th, y = map(symbol, ("w_EE", "k_E", "u_E", "th_E", "y_E"))
    assert sympy.expand(only_E.polynomial - (y - (u - th) - w * k * y**2)) == 0
    assert both.assumed == (symbol("w_EI"),)


def test_the_slope_of_the_polynomial_is_the_determinant() -> None:
    *_, both = supralinear_polynomials(symbolic())
    x = dict(both.above)
    k_E, k_I = symbol("k_E"), symbol("k_I")
    s_E, s_I = 2 * k_E * x["E"], 2 * k_I * x["I"]
    w = {n: symbol(f"w_{n}") for n in ("EE", "EI", "IE", "II")}
    det = (1 - s_E * w["EE"]) * (1 + s_I * w["II"]) + s_E * s_I * w["EI"] * w["IE"]
    assert sympy.cancel(sympy.diff(both.polynomial, both.unknown) - det) == 0


def test_the_fold_surface_consists_of_double_roots() -> None:
    made = symbolic("IE", (3, 2), tau=[1, 1])
    fold = fold_surface(made, "w_EE")
    rest = {"w_EI": F(2), "w_IE": F(3, 2), "w_II": F(1, 3), "k_E": F(1, 2), "k_I": F(2), "th_E": F(1, 5), "th_I": F(-1)}
    rng = random.Random(2)
    for _ in range(4):
        at = {symbol(n): sympy.Rational(v.numerator, v.denominator) for n, v in rest.items()}
        at |= {y: sympy.Rational(rng.randint(1, 9), 7) for y in fold.coordinates}
        inputs = {f"u_{n}": e.xreplace(at) for n, e in fold.inputs}
        found = points(supralinear_equilibria(made.with_values(**rest, w_EE=fold.value.xreplace(at), **inputs)))
        (double,) = [e for e in found if e.multiplicity == 2]
        assert double.determinant == 0 and double.active == ("I", "E")


# -- persistent activity ----------------------------------------------------------------------------------------------


def test_persistence_by_hand_and_its_identities() -> None:
    made = symbolic()
    said = persistence(made)
    r, p = said.ratio, said.power
    # det and trace of the module's head, with gains s = p k y^(p-1) and y_E^(p-1) = 1/N
    b, c, d = (symbol(k) * symbol(w) for k, w in (("k_I", "w_EI"), ("k_E", "w_IE"), ("k_I", "w_II")))
    N = (c - d * r**p) / r
    a = symbol("k_E") * said.own
    s_EE, s_II, loop = p * a / N, p * d * r ** (p - 1) / N, p * p * b * c * r ** (p - 1) / N**2
    det = (1 - s_EE) * (1 + s_II) + loop
    assert sympy.cancel(det * N * r / (p - 1) - said.fold) == 0
    assert sympy.cancel(r**2 * sympy.diff(a, r) - said.fold) == 0
    T = symbol("tau_E") / symbol("tau_I")
    assert sympy.cancel((s_EE - 1 - T * (1 + s_II)) * N * r - said.trace) == 0


@pytest.mark.parametrize("w_II", [0, F(1, 2), F(2)])
@pytest.mark.parametrize("p", [2, 3])
def test_persistent_activity_is_where_it_is_said_to_be(p: int, w_II: F) -> None:
    made = symbolic("IE", (p, p)).with_values(
        w_EI=1, w_IE=2, w_II=w_II, k_E=F(3, 4), k_I=1, th_E=1, th_I=F(-1, 2), u_E=1, u_I=F(-1, 2), tau_E=40, tau_I=10
    )
    said = persistent_range(made, 30)
    condition = persistence(made).two_states
    assert (said.least is not None) is bool(condition > 0)

    def states(w_EE: F) -> list[SupralinearSolution]:
        found = points(supralinear_equilibria(made.with_values(w_EE=w_EE)))
        assert found[0].active == () and found[0].stable
        return found[1:]

    step = F(1, 10**6)
    if said.least is None:
        assert said.last is not None
        assert not states(F(said.last) - step) and [e.index for e in states(F(said.last) + step)] == [-1]
        return
    assert not states(F(said.least) - step)
    ends = [F(v) for v in (said.least, *(x for row in said.stable for x in row if x), said.last or "50")]
    for low, high in pairwise(sorted(set(ends))):
        middle = (low + high) / 2
        two = states(middle)
        assert sorted(e.index or 0 for e in two) == [-1, 1]
        (upper,) = [e for e in two if e.index == 1]
        inside = any(F(x) < middle and (y is None or middle < F(y)) for x, y in said.stable)
        assert upper.stable is inside
    if said.last is not None:
        assert [e.index for e in states(F(said.last) + step)] == [-1]


def test_the_least_weight_in_closed_form() -> None:
    made = symbolic().with_values(w_II=0, k_E=1, k_I=1)
    least = persistence(made).discriminant
    w, w_EI, w_IE = symbol("w_EE"), symbol("w_EI"), symbol("w_IE")
    assert sympy.expand(least - w_EI * (4 * w**3 - 27 * w_EI * w_IE**2)) == 0


# -- refusals ---------------------------------------------------------------------------------------------------------


def test_refusals_say_what_to_do() -> None:
    with pytest.raises(Unsupported, match="these symbols have no value: w_EE"):
        supralinear_equilibria(symbolic())
    with pytest.raises(Unsupported, match="p = 3/2; a whole number"):
        supralinear_equilibria(circuit([[1]], [1], [F(3, 2)]))
    with pytest.raises(Unsupported, match=r"'tanh'.*kinds power and relu"):
        supralinear_equilibria(Circuit.from_matrix([[1]], u=[1], tau=[1], activation="tanh"))
    dense = [[F(a + 2 * b + 1, 9) for b in range(3)] for a in range(3)]
    with pytest.raises(Unsupported, match="no one of them determines the others"):
        supralinear_equilibria(circuit(dense, [1, 1, 1], [2, 2, 2]))
    with pytest.raises(Unsupported, match="one excitatory and one inhibitory"):
        persistence(circuit([[1]], [1], [2]))


# -- pictures ---------------------------------------------------------------------------------------------------------


def test_the_drawn_function_vanishes_at_the_equilibria_with_the_sign_of_the_determinant() -> None:
    for names, theta in (("EI", 0), ("IE", F(1, 2))):
        laws = {"E": (2, F(1), theta), "I": (1, F(1, 2), 0)}
        rows = {"E": {"E": F(2), "I": F(-1)}, "I": {"E": F(3), "I": F(-1, 2)}}
        u = {"E": theta + F(1, 20), "I": F(-1, 8)}
        p, k, th = zip(*(laws[n] for n in names), strict=True)
        made = circuit([[rows[a][b] for b in names] for a in names], [u[n] for n in names], p, k, th, names=list(names))
        curve = characteristic_curve(made)
        assert len(curve.zeros) == len(supralinear_equilibria(made).equilibria)
        for zero in curve.zeros:
            near = np.interp([zero.v - 1e-2, zero.v, zero.v + 1e-2], curve.v, curve.f)
            assert abs(near[1]) < 1e-3 and (near[2] - near[0]) * zero.slope > 0


def test_where_inhibition_takes_over_and_the_response_bends() -> None:
    made = circuit(SSN["W"], [0, 0], [2, 2], k=[F(3, 10)] * 2, tau=SSN["tau"], names="EI", types=TYPES)
    curves = response_curves(made, [F(k, 2) for k in range(7)])
    onset, bend = curves.transitions
    assert curves.single and onset.what == "inhibition-stabilised" and onset.proved and not bend.proved
    assert abs(onset.rates[0] - 8 / 15) < 1e-6 and 0 < onset.high - onset.low < F(1, 10**6)
    # y_I of the same point solves y_I - y_E = (w_IE - w_EE) x_E + (w_EI - w_II) k y_I^2
    y = min(r.real for r in np.roots([0.15 * 0.3, -1, 4 / 3 - 0.05 * 8 / 15]))
    assert abs(float(onset.high) - (4 / 3 - 1.25 * 8 / 15 + 0.65 * 0.3 * y**2)) < 1e-6
    # a third road to the inflection: second differences of the rate itself
    step, rates = F(1, 100), []
    for k in (-1, 0, 1):
        moved = circuit(SSN["W"], [bend.high + k * step] * 2, [2, 2], k=[F(3, 10)] * 2, names="EI")
        rates.append(float(supralinear_equilibria(moved, 20).equilibria[0].state["E"]))
    assert abs(rates[0] - 2 * rates[1] + rates[2]) < 1e-7


def test_pictures_have_the_same_bytes() -> None:
    from symgame.report import supralinear as pictures

    made = circuit([[F(31, 10), -1], [2, 0]], [0, 0], [2, 2], tau=[30, 10], names="EI", types=TYPES)
    first, again = (pictures.svg(pictures.characteristic(characteristic_curve(made)), "f") for _ in range(2))
    assert first == again and first.count('id="equilibrium') >= 3


def test_signs_at_algebraic_numbers() -> None:
    root = RealRoot((-2, 0, 0, 1), 0)  # the cube root of 2
    assert root.sign(fmpq_poly([4, 0, 0, -4, 0, 0, 1])) == 0  # (t^3 - 2)^2
    near = fmpq(12599210498948731647672106072782, 10**31)
    assert (root.sign(fmpq_poly([-near, 1])), root.sign(fmpq_poly([-near - fmpq(1, 10**30), 1]))) == (1, -1)
