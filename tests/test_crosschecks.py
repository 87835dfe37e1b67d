"""Random exact circuits: what the engine says against enumeration, eigenvalues, integration, grids and differences."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction as F

import numpy as np
import pytest
import reference
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reference import Numeric, Phi
from scipy.integrate import solve_ivp

from symgame.algebra import algebra
from symgame.branches import equilibria
from symgame.circuit import Circuit
from symgame.condition import FALSE, TRUE
from symgame.kinds import activation
from symgame.numeric import Solution, solutions, spectral_type
from symgame.properties import diagonal, response, stability
from symgame.properties.count import coincidences, unique
from symgame.properties.nash import energy
from symgame.ring import Quotient, Ring, value_at
from symgame.statements import check

NAMES = ("A", "B", "C", "D", "G", "H")
MARK = {"silent": None, "active": "", "saturated": "=m", "negative": "=-"}
KINDS = ("relu", "saturating", "soft_threshold", "linear")


def number(q: Quotient) -> F:
    return value_at(q.over, {}) / value_at(q.under, {})


def package(c: Numeric) -> Circuit:
    kinds = []
    for f in c.phi:
        keys: dict[str, F] = {"gain": f.gain}
        if f.kind == "saturating":
            assert f.cap is not None
            keys |= {"cap": f.cap}
        if f.kind != "linear" or f.threshold:
            keys |= {"threshold": f.threshold}
        kinds.append(activation(f.kind, **keys))
    return Circuit.from_matrix(
        [list(row) for row in c.W], names=c.names, u=list(c.u), tau=list(c.tau), activation=kinds
    ).fixed()


def random_circuit(source: random.Random, n: int | None = None, plain: bool = False) -> Numeric:
    """Small weights on a coarse grid, so that kinks, singular blocks and zero weights do occur."""
    n = n or source.choice([1, 2, 2, 3])

    def value(low: int, high: int) -> F:
        return F(source.randint(low, high), source.choice([1, 2, 2, 4]))

    phi = []
    for _ in range(n):
        kind = source.choice(KINDS)
        gain = F(1) if plain or source.random() < 0.6 else F(source.randint(1, 6), 2)
        threshold = F(source.randint(1, 4), 2) if kind == "soft_threshold" else (
            F(0) if plain or source.random() < 0.6 else value(-3, 3)
        )  # fmt: skip
        phi.append(Phi(kind, gain, threshold, F(source.randint(1, 6), 2) if kind == "saturating" else None))
    return Numeric(
        NAMES[:n],
        tuple(tuple(F(0) if source.random() < 0.15 else value(-6, 6) for _ in range(n)) for _ in range(n)),
        tuple(value(-6, 6) for _ in range(n)), tuple(F(source.randint(1, 8), 2) for _ in range(n)), tuple(phi),
    )  # fmt: skip


def name_of(c: Numeric, labels: Sequence[str]) -> str:
    return ",".join(n + str(MARK[k]) for n, k in zip(c.names, labels, strict=True) if MARK[k] is not None)


def circuits(count: int, seed: int, **options: object) -> list[Numeric]:
    source = random.Random(seed)
    return [random_circuit(source, **options) for _ in range(count)]  # type: ignore[arg-type]


def isolated(c: Circuit) -> list[Solution]:
    return [e for e in solutions(c).equilibria if e.type != "continuum"]


def state(c: Numeric, e: Solution) -> list[F]:
    return [e.state[n] for n in c.names]


SOME = circuits(60, seed=1)
MANY = circuits(400, seed=2)


# -- equilibria -------------------------------------------------------------------------------------------------------


def compare_equilibria(c: Numeric) -> None:
    """The same branches, states, kinks and continua; every state is a fixed point of phi; nothing is said twice."""
    answer = solutions(package(c))
    assert answer.complete
    found = {e.branch: e for e in answer.equilibria if e.type != "continuum"}
    assert len(found) == sum(e.type != "continuum" for e in answer.equilibria)
    mine = {name_of(c, e.places): e for e in c.equilibria()}
    assert set(found) == set(mine)
    for name, e in found.items():
        x = state(c, e)
        assert tuple(x) == mine[name].x
        assert [f(z) for f, z in zip(c.phi, c.totals(x), strict=True)] == x
        assert e.strict == mine[name].strict
        expected = 1 if mine[name].det > 0 else -1
        assert e.index == (expected if e.strict else None)
        assert set(e.saturated) == {n for n, k in zip(c.names, mine[name].places, strict=True) if k == "saturated"}
        assert set(e.active) == {n for n, v in zip(c.names, x, strict=True) if v > 0} - set(e.saturated)
        if e.strict:
            assert e.stable == c.hurwitz(mine[name].places)
        else:
            assert e.type == "kink"
            if e.stable and name in mine:  # the pieces on one side of the kinks, among them
                assert c.hurwitz(mine[name].places)
    states = [tuple(state(c, e)) for e in found.values()]
    assert len(states) == len(set(states)), "an equilibrium was reported twice"
    continua = {e.branch for e in answer.equilibria if e.type == "continuum"}
    assert continua == {name_of(c, labels) for labels in c.labels() if c.continuum(labels)}
    assert all(e.description for e in answer.equilibria if e.type == "continuum")


@pytest.mark.parametrize("k", range(len(SOME)))
def test_equilibria_are_those_of_brute_force(k: int) -> None:
    compare_equilibria(SOME[k])


@pytest.mark.slow
@pytest.mark.parametrize("k", range(len(MANY)))
def test_equilibria_of_many_circuits_are_those_of_brute_force(k: int) -> None:
    compare_equilibria(MANY[k])


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_equilibria_of_any_circuit(seed: int) -> None:
    compare_equilibria(random_circuit(random.Random(seed)))


@st.composite
def adversarial(draw: st.DrawFn) -> Numeric:
    """Weights and inputs from a handful of values: nearly every example is on some boundary."""
    n = draw(st.integers(1, 2))
    few = st.sampled_from([F(-2), F(-1), F(0), F(1, 2), F(1), F(2)])
    kinds = st.sampled_from([
        Phi("relu"), Phi("linear"), Phi("saturating", cap=F(1)), Phi("soft_threshold", threshold=F(1)),
        Phi("relu", F(2)),
    ])  # fmt: skip
    return Numeric(
        NAMES[:n], tuple(tuple(draw(few) for _ in range(n)) for _ in range(n)), tuple(draw(few) for _ in range(n)),
        (F(1),) * n, tuple(draw(kinds) for _ in range(n)),
    )  # fmt: skip


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(adversarial())
def test_equilibria_on_boundaries(c: Numeric) -> None:
    compare_equilibria(c)


def test_the_random_circuits_meet_every_case() -> None:
    """Kinks, continua, several equilibria, none: a comparison that never meets them shows nothing."""
    counts = [len(c.equilibria()) for c in SOME + MANY]
    assert {0, 1, 2, 3} <= set(counts)
    assert any(not e.strict for c in SOME + MANY for e in c.equilibria())
    assert any(c.continuum(labels) for c in SOME + MANY for labels in c.labels())


# -- spectra ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("degree", range(1, 7))
def test_routh_hurwitz_against_roots(degree: int) -> None:
    ring, source, seen = Ring(("t",)), random.Random(degree), set()
    for k in range(150):
        if k % 2:
            p = [F(1)] + [F(source.randint(-2, 12), source.choice([1, 2, 3])) for _ in range(degree)]
        else:  # near the imaginary axis on either side, from chosen roots
            p = [F(1)]
            while len(p) <= degree:
                a, b = F(source.randint(-1, 8), 4), F(source.randint(0, 9), 4)
                factor = [F(1), 2 * a, a * a + b] if len(p) < degree else [F(1), a]
                p = [sum((p[i] * factor[j - i] for i in range(len(p)) if 0 <= j - i < len(factor)), F(0))
                     for j in range(len(p) + len(factor) - 1)]  # fmt: skip
        roots = np.roots([float(v) for v in p])
        margin = float(np.max(roots.real))
        if abs(margin) < 1e-3:
            continue
        numbers = stability.routh_hurwitz([ring.quotient(v) for v in p], ring)
        says = all(number(q) > 0 for q in numbers)
        assert says == (margin < 0) == reference.routh(p), (p, margin)
        seen.add(says)
    assert seen == {True, False}


def test_routh_hurwitz_on_the_boundary_is_not_stable() -> None:
    ring = Ring(("t",))
    for p in ([1, 0], [1, 0, 1], [1, 1, 1, 1], [1, 2, 2, 4, 1, 2], [1, 1, 0]):
        numbers = stability.routh_hurwitz([ring.quotient(v) for v in p], ring)
        assert not all(number(q) > 0 for q in numbers)


@pytest.mark.parametrize("k", range(0, len(SOME), 2))
def test_eigenvalues_against_numpy(k: int) -> None:
    c = SOME[k]
    mine = {name_of(c, e.places): e for e in c.equilibria()}
    for e in isolated(package(c)):
        if not e.strict:
            continue
        j = np.array([[float(v) for v in row] for row in c.jacobian(mine[e.branch].places)])
        ours = sorted((complex(float(re), float(im)) for re, im in e.eigenvalues), key=lambda z: (z.real, z.imag))
        theirs = sorted(np.linalg.eigvals(j), key=lambda z: (round(z.real, 7), z.imag))
        assert len(ours) == c.n
        for value in theirs:  # a double eigenvalue costs numpy half of its digits
            assert min(abs(value - z) for z in ours) < 1e-5 * (1 + abs(value))
        assert np.isclose(sum(ours), np.trace(j)) and np.isclose(np.prod(ours), np.linalg.det(j), atol=1e-9)
        real = max(z.real for z in ours)
        if abs(real) > 1e-9:
            assert e.stable == (real < 0)
            sides = {z.real > 0 for z in ours if abs(z.real) > 1e-9}
            if len(sides) == 2:
                assert e.type == "saddle"
            elif all(abs(z.real) > 1e-9 for z in ours):
                assert e.type == ("focus" if any(abs(z.imag) > 1e-9 for z in ours) else "node")


def test_centre_and_non_hyperbolic() -> None:
    centre = Circuit.from_matrix([[2, -2], [2, -0]], names="EI", u=[2, 0], tau=[1, 1])
    (e,) = [e for e in isolated(centre) if e.branch == "E,I"]
    assert (e.type, e.stable) == ("center", False)
    assert [abs(float(re)) < 1e-30 for re, _ in e.eigenvalues] == [True, True]


TINY = F(1, 10**40)


@pytest.mark.parametrize("real, expected", [(TINY, "saddle"), (-TINY, "focus"), (F(0), "non-hyperbolic")])
def test_spectral_type_next_to_the_imaginary_axis(real: F, expected: str) -> None:
    """The roots -1 and ``real +- i``: no number of digits may decide, only exact counts."""
    a, b = -2 * real, real * real + 1
    assert spectral_type([F(1), a + 1, b + a, b]) == expected


# -- integration ------------------------------------------------------------------------------------------------------


def path(c: Numeric, start: np.ndarray, duration: float) -> np.ndarray:
    """The states along the rate equation, one per column."""
    W = np.array([[float(v) for v in row] for row in c.W])
    u, tau = np.array([float(v) for v in c.u]), np.array([float(v) for v in c.tau])
    gain, th = np.array([float(f.gain) for f in c.phi]), np.array([float(f.threshold) for f in c.phi])
    cap = np.array([float(f.cap) if f.cap is not None else np.inf for f in c.phi])
    soft = np.array([f.kind == "soft_threshold" for f in c.phi])
    linear = np.array([f.kind == "linear" for f in c.phi])

    def rate(_: float, x: np.ndarray) -> np.ndarray:
        z = W @ x + u
        rectified = np.minimum(np.maximum(gain * (z - th), 0), cap)
        shrunk = gain * (np.maximum(z - th, 0) - np.maximum(-z - th, 0))
        phi = np.where(linear, gain * (z - th), np.where(soft, shrunk, rectified))
        return (phi - x) / tau

    done = solve_ivp(rate, (0, duration), start, rtol=1e-9, atol=1e-13)
    return np.asarray(done.y)


@pytest.mark.parametrize("k", range(30))
def test_stable_states_attract_and_unstable_ones_repel(k: int) -> None:
    c, source = SOME[k], np.random.default_rng(k)
    for e in isolated(package(c)):
        if not e.strict:
            continue
        x = np.array([float(v) for v in state(c, e)])
        z = c.totals(state(c, e))
        ends = [(t, end) for f, t in zip(c.phi, z, strict=True) for p in f.pieces for end in (p.low, p.high)]
        kinks = [abs(float(t - end)) for t, end in ends if end is not None]
        step = 1e-4 * min([1.0, *kinks])
        labels = next(q.places for q in c.equilibria() if q.x == tuple(state(c, e)))
        values, vectors = np.linalg.eig(np.array([[float(v) for v in row] for row in c.jacobian(labels)]))
        fastest = int(np.argmax(values.real))
        pace = abs(values[fastest].real)
        if pace < 0.02:
            continue
        if e.stable:
            away = step * source.standard_normal(c.n)
            # a non-normal system may grow for a while first
            ends = [np.linalg.norm(path(c, x + away, k / pace)[:, -1] - x) for k in (8, 16)]
            assert min(ends) < 0.2 * np.linalg.norm(away)
        else:
            away = step * vectors[:, fastest].real / np.linalg.norm(vectors[:, fastest].real)
            distances = np.linalg.norm(path(c, x + away, 4 / pace) - x[:, None], axis=0)
            assert max(distances) > 5 * np.linalg.norm(away)


# -- the game ---------------------------------------------------------------------------------------------------------


def grid_class(c: Numeric, x: Sequence[F]) -> str:
    """Global, local or stationary, from the own energies on grids: near the rate, over the range, and far away."""
    verdict = "global"
    for i, f in enumerate(c.phi):
        low, high = f.range
        here = c.energy(i, x[i], x)
        near = [x[i] + side * F(1, 2**k) for k in (25, 50) for side in (1, -1)]
        far = [F(m, 4) for m in range(-80, 81)] + [side * F(10) ** k for k in range(2, 7) for side in (1, -1)]
        far += [x[i] + F(m, 8) for m in range(-40, 41)] + [e for e in (low, high) if e is not None]

        def lower(y: F, i: int = i, low: F | None = low, high: F | None = high, here: F = here) -> bool:
            inside = (low is None or y >= low) and (high is None or y <= high)
            return inside and c.energy(i, y, x) < here

        if any(map(lower, near)):
            return "stationary"
        if any(map(lower, far)):
            verdict = "local"
    return verdict


@pytest.mark.parametrize("k", range(len(SOME)))
def test_nash_class_against_grids(k: int) -> None:
    c = SOME[k]
    for e in isolated(package(c)):
        x = state(c, e)
        assert e.nash == grid_class(c, x), (e.branch, x)


def test_the_random_circuits_meet_every_nash_class() -> None:
    classes = {grid_class(c, e.x) for c in SOME for e in c.equilibria()}
    assert classes == {"global", "local", "stationary"}


def test_energies_against_own_formula() -> None:
    for c in SOME[:30]:
        circuit = package(c)
        for e in c.equilibria():
            (b,) = [b for b in equilibria(circuit) if b.name == name_of(c, e.places)]
            assert [number(energy(b, i)) for i in range(c.n)] == [c.energy(i, e.x[i], e.x) for i in range(c.n)]


# -- matrices ---------------------------------------------------------------------------------------------------------


def test_closed_weights_and_lds_of_pairs_against_eigenvalues() -> None:
    """For a P-matrix some closed weights make PA + A'P positive definite; otherwise none on a grid do."""
    source, seen = random.Random(5), set()
    for _ in range(80):
        c = random_circuit(source, 2, plain=True)
        c = Numeric(c.names, c.W, c.u, c.tau, (Phi("relu"), Phi("relu")))
        circuit = package(c)
        a = algebra(circuit)
        A = np.array([[float(v) for v in row] for row in c.system([F(1), F(1)])])
        ratios = [np.diag([r, 1.0]) for r in 2.0 ** np.linspace(-12, 12, 300)]
        grid = [np.linalg.eigvalsh(p @ A + A.T @ p)[0] for p in ratios]
        says = c.minors_positive()
        if abs(np.linalg.det(A)) < 1e-9 or min(abs(A[0, 0]), abs(A[1, 1])) < 1e-9:
            continue
        assert (max(grid) > 1e-12) == says
        worked = False
        for case, weights in diagonal.closed_weights(a, a.interaction()):
            assert case in (TRUE, FALSE)
            if case == TRUE:
                p = np.diag([float(number(w)) for w in weights])
                assert min(np.diag(p)) > 0
                worked = worked or np.linalg.eigvalsh(p @ A + A.T @ p)[0] > 0
        assert worked == says
        assert (diagonal.p_matrix(a) == TRUE) == says
        seen.add(says)
        symmetric = float(np.linalg.eigvalsh(A + A.T)[0])
        if abs(symmetric) > 1e-9:
            assert (diagonal.monotone(a) == TRUE) == (symmetric > 0)
    assert seen == {True, False}


@pytest.mark.parametrize("matrix, expected", [
    ([["1/2", "1/4", 0], [0, "1/2", "1/4"], ["1/4", 0, "1/2"]], True),
    ([[0, 1, 0], [0, 0, 1], [-9, 0, 0]], False),  # cyclic, product 9 against sec(pi/3)^3 = 8
    ([[0, 1, 0], [0, 0, 1], [-7, 0, 0]], True),
])  # fmt: skip
def test_lds_of_three_numeric_populations(matrix: list[list[str | int]], expected: bool) -> None:
    """Whether weights exist is decided by asking for their absence; asked directly it may stay open, never wrong."""
    c = Circuit.from_matrix(matrix, names="ABC", u=[1, 1, 1], tau=[1, 1, 1])
    A = [[F(int(i == j)) - F(v) for j, v in enumerate(row)] for i, row in enumerate(matrix)]
    assert reference.diagonally_stable(A) == expected
    assert check(c, "~lds", search_missing=False).verdict.kind == ("refuted" if expected else "proved")
    assert check(c, "lds", search_missing=False).verdict.kind in ("undecided", "proved" if expected else "refuted")


def test_p_matrix_counts_equilibria() -> None:
    """P-matrix: one equilibrium at every input tried; otherwise the explicit input of the theorem has at least two."""
    seen = set()
    for c in circuits(40, seed=9, plain=True):
        c = Numeric(c.names, c.W, c.u, c.tau, (Phi("relu"),) * c.n)
        a, source = algebra(package(c)), random.Random(3)
        says = unique(a) == TRUE
        assert says == c.minors_positive()
        seen.add(says)
        if says:
            for _ in range(20):
                u = tuple(F(source.randint(-8, 8), 4) for _ in range(c.n))
                assert len(Numeric(c.names, c.W, u, c.tau, c.phi).equilibria()) == 1
            continue
        worked = 0
        for row in coincidences(a):
            if row.when != TRUE:
                continue
            z = [number(q) for q in row.z]
            plus, minus = [max(v, F(0)) for v in z], [max(-v, F(0)) for v in z]
            A = c.system([F(1)] * c.n)

            def times(v: list[F], A: list[list[F]] = A) -> list[F]:
                return [sum((p * q for p, q in zip(r, v, strict=True)), F(0)) for r in A]

            u = tuple(p - max(q, F(0)) for p, q in zip(times(plus), times(z), strict=True))
            at = Numeric(c.names, c.W, u, c.tau, c.phi)
            assert plus != minus
            for x in (plus, minus):
                assert [f(t) for f, t in zip(at.phi, at.totals(x), strict=True)] == x
            worked += 1
        assert worked
    assert seen == {True, False}


# -- response ---------------------------------------------------------------------------------------------------------


def test_response_against_differences() -> None:
    """The branch is linear, so a finite difference of equilibria solved anew is exact while no kink is passed."""
    compared = 0
    for c in SOME:
        circuit = package(c)
        for e in c.equilibria():
            if not e.strict:
                continue
            (b,) = [b for b in equilibria(circuit) if b.name == name_of(c, e.places)]
            for j in range(c.n):
                h = F(1, 2**40)
                u = tuple(v + (h if k == j else 0) for k, v in enumerate(c.u))
                moved = Numeric(c.names, c.W, u, c.tau, c.phi).at(e.places)
                assert moved is not None
                for i in range(c.n):
                    assert number(response.response(b, i, j)) == (moved.x[i] - e.x[i]) / h
                    compared += 1
    assert compared > 100
