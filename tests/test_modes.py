"""The modes of symmetric circuits: exact bases, spectra against NumPy, and what the reduction keeps."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import sympy

from symgame.algebra import algebra
from symgame.circuit import Circuit
from symgame.diagonal_stability import diagonal_stability, verify_P
from symgame.families import ring
from symgame.microcircuits import column, lateral_inhibition, shared_inhibition
from symgame.normal_modes import Modes, modes
from symgame.numeric import solutions
from symgame.proof.verdict import Proved
from symgame.reduction import blocks_hold, reduction_drafts
from symgame.symmetries import quotient, symmetry

pytestmark = pytest.mark.slow  # of the long ones: run by `python -m pytest -m slow`

Rows = list[list[Fraction]]


def symmetric(rng: random.Random, units: int, size: int, shared: int) -> Circuit:
    """A circuit of equal units in any order, with random exact weights, that may share populations."""
    draw: dict[object, Fraction] = {}
    places = [(u, k) for u in range(units) for k in range(size)] + [(-1, f) for f in range(shared)]
    rng.shuffle(places)
    rows = []
    for v, k in places:
        row = []
        for w, l in places:
            key = (v < 0, w < 0, k, l, v == w)
            row.append(draw.setdefault(key, Fraction(rng.randrange(-12, 9), rng.randrange(4, 9))))
        rows.append(row)
    kinds = {k: 1 + k for k in range(size)}
    tau = [kinds[k] if u >= 0 else 5 + k for u, k in places]
    u = [Fraction(1 + k, 2) if v >= 0 else 1 for v, k in places]
    return Circuit.from_matrix(rows, names=[f"Q{k}" for k in range(len(places))], tau=tau, u=u)


def floats(matrix: sympy.Matrix) -> np.ndarray:
    return np.array(matrix.evalf(30).tolist(), dtype=float)


def spectrum(found: Modes) -> np.ndarray:
    parts = [np.linalg.eigvals(floats(mode.matrix)) for mode in found for _ in range(mode.multiplicity)]
    return np.concatenate(parts)


def same_numbers(one: np.ndarray, other: np.ndarray) -> bool:
    """Two sets of numbers as polynomials: orders of near-equal roots do not matter."""
    return np.allclose(np.poly(one), np.poly(other), rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("seed", range(40))
def test_exchangeable_units_split_exactly(seed: int) -> None:
    rng = random.Random(seed)
    units, size, shared = rng.randrange(2, 6), rng.randrange(1, 4), rng.randrange(3)
    c = symmetric(rng, units, size, shared)
    found = modes(c)
    assert sum(mode.size * mode.multiplicity for mode in found) == len(c.names)
    assert found.inverse * found.T == sympy.eye(len(c.names))
    assert found.inverse * c.W * found.T == found.blocks
    times = sympy.diag(*(p.tau for p in c.populations))
    expected = sympy.diag(*(t.sympy() for mode in found for _ in range(mode.multiplicity) for t in mode.tau))
    assert found.inverse * times * found.T == expected
    assert same_numbers(spectrum(found), np.linalg.eigvals(floats(c.W)))
    if symmetry(c).exchangeable[0].members[2:]:
        assert {mode.name: (mode.size, mode.multiplicity) for mode in found} == {
            "common": (size + shared, 1),
            "contrast": (size, units - 1),
        }


def test_lateral_inhibition_has_a_common_and_a_contrast_mode() -> None:
    """b_+ = s + (n - 1) l and b_- = s - l."""
    for n in (2, 3, 4):
        found = modes(lateral_inhibition(n))
        between = "l" if n == 2 else f"{n - 1}*l"
        assert [[str(q) for q in row] for row in found["common"].block] == [
            ["w_EE", f"-s - {between}"],
            ["w_IE", "-w_II"],
        ]
        assert [[str(q) for q in row] for row in found["contrast"].block] == [["w_EE", "-s + l"], ["w_IE", "-w_II"]]
        assert found["contrast"].multiplicity == n - 1
        assert [str(t) for t in found["contrast"].tau] == ["tau_E", "tau_I"]


def test_shared_inhibition_and_columns() -> None:
    found = modes(shared_inhibition(4))
    assert {mode.name: mode.populations for mode in found} == {"common": ("E1", "I"), "contrast": ("E1",)}
    assert str(found["contrast"].block[0][0]) == "w_EE"
    layers = modes(column(2, 3))
    assert [(mode.name, mode.size, mode.multiplicity) for mode in layers] == [("common", 4, 1), ("contrast", 4, 2)]
    assert layers.inverse * column(2, 3).W * layers.T == layers.blocks


def test_one_weight_off_has_no_contrast_mode_with_it() -> None:
    c = lateral_inhibition(3)
    rows = [[str(e) for e in row] for row in c.entries]
    rows[0][0] = "w_EE + 1/100"
    found = modes(Circuit.from_matrix(rows, names=c.names, tau=[p.tau for p in c.populations]))
    assert [(mode.name, mode.size, mode.multiplicity) for mode in found] == [("common", 4, 1), ("contrast", 2, 1)]
    assert found["contrast"].units == (("E2", "I2"), ("E3", "I3"))
    rows[2][2] = "w_EE - 1/100"
    found = modes(Circuit.from_matrix(rows, names=c.names, tau=[p.tau for p in c.populations]))
    assert [(mode.name, mode.size) for mode in found] == [("common", 6)]


def ei_ring(n: int, values: list[object], one_way: bool = False) -> Circuit:
    a, b, s, l, d = values
    W: list[list[object]] = [[0] * (2 * n) for _ in range(2 * n)]
    for i in range(n):
        after, before = (i + 1) % n, (i - 1) % n
        W[2 * i][2 * i] = a
        for j in (after,) if one_way else (after, before):
            W[2 * i][2 * j], W[2 * i][2 * j + 1] = b, l
        W[2 * i][2 * i + 1], W[2 * i + 1][2 * i] = s, d
    names = [f"{p}{i + 1}" for i in range(n) for p in "EI"]
    return Circuit.from_matrix(W, names=names, tau=[2, 3] * n)


@pytest.mark.parametrize("n", [4, 5, 6, 7, 8])
@pytest.mark.parametrize("one_way", [False, True])
def test_rings_of_pairs_have_waves(n: int, one_way: bool) -> None:
    c = ei_ring(n, ["1/2", "1/3", -2, "-1/5", "3/2"], one_way)
    found = modes(c)
    assert [mode.name for mode in found] == ["common", *(f"Fourier {k}" for k in range(1, n // 2 + 1))]
    pair = (1, 4) if one_way else (2, 2)
    assert (found["Fourier 1"].multiplicity, found["Fourier 1"].size) == pair
    assert same_numbers(spectrum(found), np.linalg.eigvals(floats(c.W)))
    T = floats(found.T)
    assert np.allclose(floats(found.inverse) @ floats(c.W) @ T, floats(found.blocks), atol=1e-12)
    assert all(isinstance(draft.verdict, Proved) for draft in reduction_drafts(c))


def test_the_waves_of_a_ring_are_one_polynomial_for_every_number_of_units() -> None:
    """W(c) = W_0 + 2 W_1 c + 2 W_2 (2 c^2 - 1), for coupling that reaches two places."""
    blocks = {str(modes(ring(n, ["a", "b", "d"], tau=1))["Fourier 1"].block[0][0]) for n in (5, 7, 8, 9, 11)}
    assert len(blocks) == 1
    c = sympy.cos(2 * sympy.pi / 7)
    a, b, d = (sympy.Symbol(name, real=True) for name in "abd")
    shown = modes(ring(7, ["a", "b", "d"], tau=1))["Fourier 1"].matrix[0, 0]
    point = dict(zip(sorted(shown.free_symbols, key=str), (2, 3, 5), strict=True))
    value = (a + 2 * b * c + 2 * d * (2 * c**2 - 1)).xreplace({a: 2, b: 3, d: 5})
    assert abs(float((shown.xreplace(point) - value).evalf(30))) < 1e-20


@pytest.mark.parametrize("seed", range(12))
def test_circulant_and_nested_symmetry_against_numpy(seed: int) -> None:
    rng = random.Random(seed)
    if seed % 3 == 0:  # a torus
        a, b = rng.choice([(3, 4), (4, 4), (2, 5)])
        v = [Fraction(rng.randrange(-9, 9), 4) for _ in range(3)]

        def step(i: int, j: int, m: int) -> int:
            return min((i - j) % m, (j - i) % m)

        n = a * b
        rows = [[v[min(2, step(i // b, j // b, a) + step(i % b, j % b, b))] for j in range(n)] for i in range(n)]
    elif seed % 3 == 1:  # pairs of equals inside equal groups
        n, v = 6, [Fraction(rng.randrange(-9, 9), 4) for _ in range(3)]
        rows = [[v[0 if i == j else 1 if i // 2 == j // 2 else 2] for j in range(n)] for i in range(n)]
    else:  # one way round, any distances
        n = rng.choice([5, 6, 7])
        v = [Fraction(rng.randrange(-9, 9), 4) for _ in range(n)]
        rows = [[v[(i - j) % n] for j in range(n)] for i in range(n)]
    order = rng.sample(range(n), n)
    c = Circuit.from_matrix([[rows[i][j] for j in order] for i in order], tau=[1] * n)
    found = modes(c)
    assert len({mode.name for mode in found}) == len(found.modes)
    assert sum(mode.size * mode.multiplicity for mode in found) == n
    assert max(mode.size for mode in found) <= 2
    assert same_numbers(spectrum(found), np.linalg.eigvals(floats(c.W)))
    assert all(isinstance(draft.verdict, Proved) for draft in reduction_drafts(c))


# -- what the reduction keeps ------------------------------------------------------------------------------------------


def test_the_claims_of_a_symmetric_circuit_are_proved() -> None:
    ids = ["symmetry.blocks", "symmetry.spectrum", "symmetry.equilibria", "symmetry.lds"]
    for c in (lateral_inhibition(2), lateral_inhibition(3), shared_inhibition(3), ring(5), ring(6, directed=True)):
        found = list(reduction_drafts(c))
        if symmetry(c).trivial:  # ring(5) has an input and a time constant of each
            continue
        assert [draft.id for draft in found] == ids
        assert all(isinstance(draft.verdict, Proved) and draft.steps for draft in found)
    assert list(reduction_drafts(Circuit.from_matrix([["a", "b"], ["c", "d"]]))) == []
    assert list(reduction_drafts(lateral_inhibition())) == []


def test_a_wrong_block_is_not_verified() -> None:
    for c in (lateral_inhibition(3), ring(5, ["a", "b"], tau=1), ring(8, ["a", "b"], directed=True, tau=1)):
        a, found = algebra(c), modes(c)
        slopes = (a.one,) * a.n
        assert blocks_hold(a, found, slopes)
        for k, mode in enumerate(found.modes):
            block = [list(row) for row in mode.block]
            block[0][0] = block[0][0] + a.ring.quotient(Fraction(1, 1000))
            wrong = replace(mode, block=tuple(map(tuple, block)))
            assert not blocks_hold(a, replace(found, modes=(*found.modes[:k], wrong, *found.modes[k + 1 :])), slopes)


def numbers(c: Circuit) -> Rows:
    a = algebra(c)
    rows = a.numbers(a.interaction())
    assert rows is not None
    return rows


def test_diagonal_stability_of_the_whole_is_that_of_all_modes_with_common_weights() -> None:
    """Weights averaged over the orbits prove what any weights prove; the blocks see it, with the same weights."""
    rng = random.Random(5)
    decided = {True: 0, False: 0}
    for trial in range(80):
        n = rng.randrange(2, 6)
        if trial % 2:
            q = [Fraction(rng.randrange(1, 20), 10) for _ in range(3)]
            w_EE, s = Fraction(rng.randrange(0, 11), 10), Fraction(rng.randrange(0, 30), 10)
            c = lateral_inhibition(n, w_EE=w_EE, s=s, l=q[0], w_IE=q[1], w_II=q[2], tau_E=1, tau_I=2)
        else:
            c = symmetric(rng, n, rng.randrange(1, 3), rng.randrange(2))
        A, found = numbers(c), modes(c)
        decision = diagonal_stability(A)
        if decision.holds is None:
            continue
        decided[decision.holds] += 1
        if trial % 2:  # weights p, 1 for both modes: two intervals of p that have to meet
            g, low, high = (1 - w_EE) * (1 + q[2]), s - q[0], s + (n - 1) * q[0]
            low, high = (float(g + b * q[1]) for b in (low, high))
            meet = g > 0 and low > 0 and high**0.5 < 2 * float(g) ** 0.5 + low**0.5
            assert decision.holds == meet
        if not decision.holds:
            continue
        assert decision.P is not None
        orbits = found.orbits
        mean = [
            sum((p for i, p in enumerate(decision.P) if orbits[i] == leader), Fraction(0)) / orbits.count(leader)
            for leader in orbits
        ]
        assert verify_P(A, mean)
        for mode in found:
            block = np.eye(mode.size) - floats(mode.matrix)
            for norms in mode.norms:
                P = np.diag([float(mean[i] * norm) for i, norm in zip(mode.places, norms, strict=True)])
                assert np.linalg.eigvalsh(P @ block + block.T @ P).min() > 0
    assert min(decided.values()) >= 10


def test_modes_that_are_stable_each_on_its_own_need_not_be_together() -> None:
    """P-matrix, each mode diagonally stable, and the whole is not: the weights have to be shared."""
    c = lateral_inhibition(2, w_EE="9/10", s=20, l="199/10", w_IE=2, w_II=0, tau_E=1, tau_I=1)
    blocks = [[[Fraction(int(k == l)) - (q.number or 0) for l, q in enumerate(row)] for k, row in enumerate(mode.block)]
              for mode in modes(c)]  # fmt: skip
    assert all(diagonal_stability(block).holds for block in blocks)
    assert diagonal_stability(numbers(c)).holds is False


@pytest.mark.parametrize("seed", range(12))
def test_equilibria_with_equal_rates_in_orbits_are_those_of_the_quotient(seed: int) -> None:
    rng = random.Random(seed)
    c = symmetric(rng, rng.randrange(2, 5), rng.randrange(1, 3), rng.randrange(2))
    cells = symmetry(c).orbits
    small = quotient(c, cells)
    whole = solutions(c)
    alike = {
        tuple(e.state[cell[0]] for cell in cells)
        for e in whole.equilibria
        if e.state and all(len({e.state[name] for name in cell}) == 1 for cell in cells)
    }
    reduced = {tuple(e.state[cell[0]] for cell in cells) for e in solutions(small).equilibria if e.state}
    assert alike == reduced


def test_saturating_units_and_soft_thresholds_split_too() -> None:
    for kind in ("soft_threshold", "saturating"):
        c = Circuit.from_matrix([["w", "-v"], ["-v", "w"]], names="AB", tau=["t", "t"], activation=kind)
        assert symmetry(c).trivial, "the thresholds and caps are named after the populations"
        first = c.populations[0].activation
        alike = Circuit.from_matrix([["w", "-v"], ["-v", "w"]], names="AB", tau=["t", "t"], activation=first)
        assert [str(mode.block[0][0]) for mode in modes(alike)] == ["w - v", "w + v"]
        assert all(isinstance(draft.verdict, Proved) for draft in reduction_drafts(alike))
