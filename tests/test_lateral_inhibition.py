"""Closed forms in a symbolic number of units against exact enumeration of the same units written out one by one.

The written-out circuits are built by :mod:`exact_units` from what one unit receives. Their equilibria come from the
enumeration, minors and responses from fractions here, diagonal stability from certificates, spectra from NumPy.
"""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction as F
from functools import cache
from math import comb, isqrt

import numpy as np
import pytest
import sympy
from exact_units import (
    LATERAL,
    SHARED,
    Point,
    Rows,
    Units,
    circuit,
    drawn,
    forms,
    lowered,
    number,
    positive_minors,
    reading,
    solved,
    true,
)

from symgame.circuit import Circuit
from symgame.diagonal_stability import diagonal_stability
from symgame.numeric import Solutions, solutions

NEAR = 1e-9  # doubles decide the sign of a real part, or of an eigenvalue, beyond this
CASES = [(family, n) for n in (2, 3, 4, 5) for family in (LATERAL, SHARED)]
DEFAULT, MANY = 30, 400  # of each family and each n; the slow tests take 800 circuits of each n


@cache
def units(family: str, n: int, count: int) -> tuple[tuple[Units, Solutions], ...]:
    found = []
    for one in drawn(family, n, 0, count):
        listed = solutions(one.explicit())
        assert listed.complete
        found.append((one, listed))
    return tuple(found)


def symbolic(one: Units) -> Circuit:
    return circuit(one.family, excited=one["w_X"] != 0)


def sized(count: int) -> pytest.MarkDecorator:
    marked = [pytest.param(f, n, DEFAULT, id=f"{f}-{n}") for f, n in CASES]
    marked += [pytest.param(f, n, count, id=f"{f}-{n}-many", marks=pytest.mark.slow) for f, n in CASES]
    return pytest.mark.parametrize(("family", "n", "count"), marked)


def jacobian(one: Units, live: list[int]) -> np.ndarray:
    A, tau = one.A, one.tau
    return np.array([[float(-A[a][b] / tau[a]) for b in live] for a in live])


def leading(matrix: np.ndarray) -> float:
    return float(np.linalg.eigvals(matrix).real.max()) if len(matrix) else -1.0


def attracting(one: Units, state: tuple[F, ...]) -> bool | None:
    """By hand: the active block decays, and no rate on its kink lies on a loop of couplings; ``None`` too near to 0."""
    W, u, size = one.W, one.u, len(state)
    active = [i for i in range(size) if state[i] > 0]
    kinked = [i for i in range(size) if u[i] + sum(W[i][j] * state[j] for j in active) == state[i] == 0]
    real = leading(jacobian(one, active))
    if abs(real) < NEAR:
        return None
    live = [*active, *kinked]
    for i in kinked:
        seen, todo = set(), [j for j in live if j != i and W[i][j] != 0]
        while todo:
            j = todo.pop()
            if j not in seen:
                seen.add(j)
                todo += [m for m in live if W[j][m] != 0 and m != j]
        if i in seen or W[i][i] >= 1:
            return False
    return real < 0


# -- 200 circuits of each size ----------------------------------------------------------------------------------------


@sized(MANY)
def test_equilibria_their_stability_and_their_nash_class(family: str, n: int, count: int) -> None:
    """Every equilibrium whose like-driven units are alike is on the branch that the closed form says, and no other."""
    compared = {True: 0, False: 0, None: 0}
    for one, listed in units(family, n, count):
        point = one.point
        wanted = {tuple(e.state.values()): e for e in listed.equilibria if e.type != "continuum"}
        alike = {state for state in wanted if one.alike(state)}
        found = {}
        for form in forms(symbolic(one)):
            if true(form.exists, point):
                state = one.spread(form.state(point))
                assert state not in found, (one, form.branch.name)  # an equilibrium is on one branch
                found[state] = form
        assert set(found) == alike, one
        for state, form in found.items():
            e = wanted[state]
            assert e.strict is true(form.strict, point), (one, form.branch.name)
            if e.strict:
                assert e.stable is true(form.stable, point), (one, form.branch.name)
            else:  # on a kink the word says nothing; what is proved there is what attracts, and more
                assert e.stable is not True or not true(form.stable, point)
                assert e.stable is True or not true(form.attracting, point), (one, form.branch.name)
            here = attracting(one, state)
            assert here is None or here is true(form.attracting, point), (one, form.branch.name)
            assert (e.nash in ("local", "global")) is true(form.local_nash, point), (one, form.branch.name)
            assert form.nash is None or (e.nash == "global") is true(form.nash, point), (one, form.branch.name)
            compared[e.stable] += 1
    assert min(compared[True], compared[False]) > count // 20 or family == SHARED, compared
    assert sum(compared.values()) > count // 2


@sized(MANY)
def test_gains_of_the_modes_are_those_of_the_written_out_units(family: str, n: int, count: int) -> None:
    """With all units active: the response to a common and to a contrast input, by Gauss on the whole matrix."""
    for one, _ in units(family, n, count):
        full = symbolic(one)
        first = [F(i < one.k and name.startswith("E")) for i, name in enumerate(_by_unit(one))]
        second = [F(i >= one.k and name.startswith("E")) for i, name in enumerate(_by_unit(one))]
        for text, driven in (("dx(E1, u_1)", first), ("dx(E1, u_2)", second)):
            answer = solved(one.A, _in_order(one, driven))
            if answer is not None:
                assert number(reading(full, text), one.point) == answer[one.excitatory(0)], one
        one_way = solved(one.A, _in_order(one, first))
        other = solved(one.A, _in_order(one, second))
        if one_way is None or other is None:
            continue
        lead, last = one.excitatory(0), one.excitatory(one.n - 1)
        contrast = number(reading(full, "dx(E1, u_1) - dx(E2, u_1)"), one.point)
        common = number(reading(full, "dx(E1, u_1) + dx(E1, u_2)"), one.point)
        assert contrast == one_way[lead] - one_way[last], one
        assert common == one_way[lead] + other[lead], one
        d, b = 1 + one["w_II"], (one["s"] - one["l"]) * one["w_IE"] if family == LATERAL else F(0)
        assert contrast * ((1 - one["w_EE"] + one["w_X"]) * d + b) == d, one  # its own mode alone


def _by_unit(one: Units) -> list[str]:
    """``E`` once for every unit, so that its place is the number of the unit."""
    return ["E"] * one.n


def _in_order(one: Units, of_units: list[F]) -> list[F]:
    b = [F(0)] * len(one.names)
    for i, value in enumerate(of_units):
        b[one.excitatory(i)] = value
    return b


@sized(MANY)
def test_matrix_words_agree_with_minors_certificates_and_spectra(family: str, n: int, count: int) -> None:
    told = {"p_matrix": 0, "lds": 0, "hurwitz": 0, "monotone": 0}
    for one, _ in units(family, n, count):
        full, point, A = symbolic(one), one.point, one.A
        if family == SHARED or one["w_X"] == 0:  # lateral units that excite one another: numbers only, and said so
            p = true(lowered(full, "p_matrix"), point)
            assert p is positive_minors(A), one
            assert p is true(lowered(full, "unique"), point)
            told["p_matrix"] += p
        decided = diagonal_stability(A)
        if decided.holds is not None:
            assert decided.holds is true(lowered(full, "lds"), point) is true(lowered(full, "rosen"), point), one
            told["lds"] += decided.holds
        real = leading(jacobian(one, list(range(len(A)))))
        if abs(real) > NEAR:
            assert (real < 0) is true(lowered(full, "hurwitz"), point), one
            told["hurwitz"] += real < 0
        least = float(np.linalg.eigvalsh([[float(A[a][b] + A[b][a]) for b in range(len(A))] for a in range(len(A))])[0])
        if abs(least) > NEAR:
            assert (least > 0) is true(lowered(full, "monotone"), point), one
            told["monotone"] += least > 0
    assert all(0 < k < count for k in told.values()), told
    assert told["lds"] <= told["hurwitz"]


@sized(MANY)
def test_how_many_win_at_equal_inputs(family: str, n: int, count: int) -> None:
    """j winners are the branch of j units with the others silent: it exists for one choice of them or for all."""
    seen = set()
    for one, listed in units(family, n, min(count, 2 * DEFAULT)):
        point = {**one.point, "u_2": one["u_1"]}
        if one["u_1"] != one["u_2"]:
            one = replace(one, values=tuple(point.items()))
            listed = solutions(one.explicit())
        d, b = 1 + one["w_II"], (one["s"] - one["l"]) * one["w_IE"] if family == LATERAL else F(0)
        if (
            one["u_1"] <= 0
            or (1 - one["w_EE"] + one["w_X"]) * d + b == 0
            or any(e.type == "continuum" for e in listed.equilibria)
        ):
            continue
        if family == LATERAL and (one["u_I"] > 0 or one["w_X"] > 0):
            continue  # a silent E may have an active I then: more than two kinds of units
        states = [tuple(e.state.values()) for e in listed.equilibria]
        numbers = [len(one.winners(state)) for state in states]
        for j in range(1, n):
            at = Point({**point, "k": F(j)})
            winning = [
                f
                for f in forms(symbolic(one))
                if "E1" in f.branch.name.split(",") and "E2" not in f.branch.name.split(",") and true(f.exists, at)
            ]
            assert len(winning) <= 1
            assert numbers.count(j) == comb(n, j) * len(winning), (one, j)
            seen.add((j, len(winning)))
            if winning:
                rates = {s[one.excitatory(i)] for s in states for i in one.winners(s) if len(one.winners(s)) == j}
                assert rates == {winning[0].state(at)["E1"]}
    assert {(1, 0), (1, 1)} <= seen


# -- diagonal stability, boundaries included --------------------------------------------------------------------------


def boundary(random_: random.Random, n: int) -> dict[str, F]:
    """Weights with ``sqrt(g^2 + b_+ w_IE) = 2 g + sqrt(g^2 + b_- w_IE)``, all roots rational."""
    while True:
        g, low = F(random_.randint(1, 6), 4), F(random_.randint(1, 8), 4)
        w_IE, w_II = F(random_.randint(1, 8), 4), F(random_.randint(0, 6), 4)
        high = 2 * g + low
        minus, plus = (low * low - g * g) / w_IE, (high * high - g * g) / w_IE
        l = (plus - minus) / n
        found = {"w_EE": 1 - g * g / (1 + w_II), "s": minus + l, "l": l, "w_IE": w_IE, "w_II": w_II}
        if found["w_EE"] >= 0 and found["s"] > 0:
            return found


def explicit_A(values: dict[str, F], n: int) -> Rows:
    rest = {"w_X": F(0), "u_I": F(0), "u_1": F(1), "u_2": F(1), "tau_E": F(1), "tau_I": F(1)}
    return Units(LATERAL, n, 1, tuple({**values, **rest}.items())).A


@pytest.mark.parametrize("n", (2, 3, 4, 5))
def test_at_equality_it_is_not_diagonally_stable(n: int) -> None:
    """On the boundary an exact X shows it; a little less lateral inhibition, and there are weights P."""
    random_, full = random.Random(n), circuit(LATERAL, excited=False)
    for _ in range(12):
        values = boundary(random_, n)
        point = {**values, "k": F(1), "n": F(n), "u_I": F(0), "tau_E": F(1), "tau_I": F(1)}
        refutes(explicit_A(values, n), semidefinite(values, n))
        assert not true(lowered(full, "lds"), point), values
        assert diagonal_stability(explicit_A(values, n)).holds is not True, values
        for factor, answer in ((F(99, 100), True), (F(101, 100), False)):
            moved = {**values, "l": values["l"] * factor, "s": values["s"] + values["l"] * (factor - 1)}  # s - l fixed
            assert true(lowered(full, "lds"), {**point, **moved}) is answer, values
            assert diagonal_stability(explicit_A(moved, n)).holds is answer, values
        assert true(lowered(full, "p_matrix & hurwitz"), point)  # lds is strictly stronger than both


def semidefinite(values: dict[str, F], n: int) -> Rows:
    """X on the boundary, from the kernels of ``P M + M' P`` of both modes M at the one ratio of weights left."""
    a, d, w, s, l = 1 - values["w_EE"], 1 + values["w_II"], values["w_IE"], values["s"], values["l"]
    modes = [[[a, s + (n - 1) * l], [-w, d]], [[a, s - l], [-w, d]]]
    low = _root(a * d + (s - l) * w)
    p = (w / (low + _root(a * d))) ** 2
    kernels = [(p * M[0][1] + M[1][0], -2 * p * M[0][0]) for M in modes]
    pull = [v[0] * (M[0][0] * v[0] + M[0][1] * v[1]) for M, v in zip(modes, kernels, strict=True)]
    assert pull[0] * pull[1] < 0
    shares = abs(pull[1]) * (n - 1), abs(pull[0])  # so that both modes cancel on the diagonal of A X
    X = [[F(0)] * (2 * n) for _ in range(2 * n)]
    for i in range(n):
        for j in range(n):
            parts = F(1, n), F(i == j) - F(1, n)
            for g in range(2):
                for h in range(2):
                    X[2 * i + g][2 * j + h] = sum(
                        c * part * v[g] * v[h] for c, part, v in zip(shares, parts, kernels, strict=True)
                    )
    return X


def refutes(A: Rows, X: Rows) -> None:
    """X is not 0, semidefinite, and no diagonal entry of A X is positive: no weights P can exist."""
    size = len(A)
    assert any(X[a][a] > 0 for a in range(size))
    assert all(sum(A[a][b] * X[b][a] for b in range(size)) <= 0 for a in range(size))
    assert sympy.Matrix(size, size, lambda a, b: _q(X[a][b])).is_positive_semidefinite


def _root(v: F) -> F:
    root = F(isqrt(v.numerator), isqrt(v.denominator))
    assert root * root == v
    return root


def test_certificates_of_the_decision_are_verified_here() -> None:
    """P and X of the explicit matrices, in fractions: PA + A'P has positive leading minors, diag(A X) <= 0."""
    both = {True: 0, False: 0}
    for n in (2, 3):
        for one in drawn(LATERAL, n, 1, 40):
            A, found = one.A, diagonal_stability(one.A)
            size = len(A)
            if found.holds:
                P = [F(p) for p in found.P]
                S = sympy.Matrix(size, size, lambda a, b, A=A, P=P: _q(P[a] * A[a][b] + P[b] * A[b][a]))
                assert all(p > 0 for p in P)
                assert S.is_positive_definite
            elif found.holds is False:
                refutes(A, [[F(v) for v in row] for row in found.X])
            assert found.holds is true(lowered(symbolic(one), "lds"), one.point)
            both[bool(found.holds)] += 1
    assert min(both.values()) > 10


def _q(v: F) -> sympy.Rational:
    return sympy.Rational(v.numerator, v.denominator)
