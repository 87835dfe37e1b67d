"""P-matrix, totally Hurwitz, Hurwitz, D-stable: exact answers against definitions, and their evidence."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from exact_forms import determinant, diagonal, lyapunov, principal, semidefinite

from symgame.diagonal_stability import diagonal_stability
from symgame.errors import CircuitError
from symgame.matrices.hurwitz import verify_lyapunov
from symgame.principal import d_stability, hurwitz, p_matrix, totally_hurwitz, verify_sign_reversal

F = Fraction


def integers(rng: random.Random, n: int, most: int = 3) -> list[list[Fraction]]:
    """Small integers, so that vanishing minors abound."""
    a = [[F(rng.randint(-most, most)) for _ in range(n)] for _ in range(n)]
    for i in range(n):
        a[i][i] = abs(a[i][i]) + (1 if rng.random() < 0.8 else 0)
    return a


def block(a: list[list[Fraction]], chosen: tuple[int, ...]) -> list[list[Fraction]]:
    return [[a[i][j] for j in chosen] for i in chosen]


def least_real_part(a: list[list[Fraction]]) -> float:
    return float(np.min(np.linalg.eigvals(np.array(a, dtype=float)).real))


def test_p_matrix_is_the_definition() -> None:
    rng = random.Random(1)
    counts = {True: 0, False: 0}
    for _ in range(300):
        a = integers(rng, rng.randint(1, 6), 2)
        answer = p_matrix(a)
        minors = dict(principal(a))
        assert answer.holds is all(value > 0 for value in minors.values())
        counts[bool(answer.holds)] += 1
        if not answer.holds:
            assert answer.indices is not None and answer.vector is not None
            assert minors[answer.indices] == answer.minor <= 0
            smaller = [s for s in minors if len(s) < len(answer.indices)]
            assert all(minors[s] > 0 for s in smaller)  # the smallest set
            image = [sum((x * v for x, v in zip(row, answer.vector, strict=True)), F(0)) for row in a]
            assert any(answer.vector) and all(v * y <= 0 for v, y in zip(answer.vector, image, strict=True))
            assert verify_sign_reversal(a, answer.vector)
            assert not verify_sign_reversal(a, [0] * len(a))
    assert min(counts.values()) > 50
    assert not verify_sign_reversal([[1, 0], [0, 1]], [1, -1])
    assert not verify_sign_reversal([[1, 0], [0, 1]], "xy") and not verify_sign_reversal([[1]], [0.5, 1])


def test_p_matrix_of_many_rows() -> None:
    rng = random.Random(2)
    n = 40
    dominant = [[F(rng.randint(-9, 9), 10) + (200 if i == j else 0) for j in range(n)] for i in range(n)]
    scaled = [[v * (j + 1) ** 3 for j, v in enumerate(row)] for row in dominant]
    answer = p_matrix(scaled)
    assert answer.holds is True and answer.vector is not None
    for i, row in enumerate(scaled):
        parts = [abs(v) * u for v, u in zip(row, answer.vector, strict=True)]
        assert min(answer.vector) > 0 and 2 * row[i] * answer.vector[i] > sum(parts, F(0))
    stable = [[F(rng.randint(-9, 9), 60) + int(i == j) for j in range(n)] for i in range(n)]
    assert p_matrix(stable).by == "Lyapunov diagonal stability"
    broken = [list(row) for row in stable]
    broken[3][7], broken[7][3] = F(-2), F(-2)
    answer = p_matrix(broken)
    assert answer.holds is False and answer.indices == (3, 7) and verify_sign_reversal(broken, answer.vector)
    singular = [list(row) for row in stable]
    singular[-1] = [x + y for x, y in zip(stable[0], stable[1], strict=True)]
    singular[-1][-1] = singular[0][-1] + singular[1][-1]
    answer = p_matrix(singular)
    assert answer.holds is not True
    assert answer.holds is None or verify_sign_reversal(singular, answer.vector)


def test_undecided_p_matrix_says_why() -> None:
    """Eighteen rows, all minors positive, not LDS: a product of rings that are P-matrices."""
    a = diagonal([F(1)] * 18)
    for k in range(18):
        a[(k + 1) % 18][k] = F(1) if k % 3 else F(11, 10)
    for k in range(0, 18, 3):
        a[k][(k + 2) % 18] = F(5, 2)
        a[(k + 1) % 18][k], a[(k + 2) % 18][(k + 1) % 18] = F(5, 2), F(5, 2)
    answer = p_matrix(a)
    assert diagonal_stability(a).holds is False
    if answer.holds is None:
        assert "co-NP-complete" in answer.reason
    else:
        assert answer.holds is False and verify_sign_reversal(a, answer.vector)


@pytest.mark.parametrize("seed", range(30))
def test_hurwitz_against_eigenvalues(seed: int) -> None:
    rng = random.Random(seed)
    n = rng.randint(1, 9)
    a = [[F(rng.randint(-50, 50), 40) + (1 if i == j else 0) for j in range(n)] for i in range(n)]
    tau = [F(rng.randint(1, 9), rng.randint(1, 9)) for _ in range(n)]
    slow = [[v / t for v in row] for row, t in zip(a, tau, strict=True)]
    for answer, matrix in ((hurwitz(a), a), (hurwitz(a, tau), slow)):
        least = least_real_part(matrix)
        assert abs(least) < 1e-9 or answer.holds is (least > 0)


def test_hurwitz_on_its_boundary() -> None:
    for g, holds in ((F(2), False), (F(2) - F(1, 10**20), True), (F(2) + F(1, 10**20), False)):
        assert hurwitz([[1, 0, g], [g, 1, 0], [0, g, 1]]).holds is holds
    assert hurwitz([[0, 1], [-1, 0]]).holds is False
    assert hurwitz([[1, 1], [1, 1]]).holds is False


def test_large_hurwitz_by_either_road(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Lyapunov matrix proves either answer, also where one eigenvalue of many is on the wrong side."""
    monkeypatch.setattr("symgame.matrices.hurwitz.ROUTH_FIRST", 100)
    rng = random.Random(9)
    n = 40
    a = [[F(rng.randint(-9, 9), 60) + (1 if i == j else 0) for j in range(n)] for i in range(n)]
    assert least_real_part(a) > 0
    answer = hurwitz(a)
    assert answer.holds is True and verify_lyapunov(a, answer.P) is True
    a[5] = [F(0) if j != 5 else F(-1, 50) for j in range(n)]
    answer = hurwitz(a)
    assert answer.holds is False and verify_lyapunov(a, answer.P) is False
    assert verify_lyapunov(a, diagonal([F(1)] * n)) is None


def test_false_lyapunov_matrices_prove_nothing() -> None:
    a = [[1, -3], [3, 1]]
    for wrong in ([[1, 0], [0, 40]], [[1, 1], [0, 1]], [[1]], [[-1, 0], [0, -1]], "P", None, [[1.0, 0], [0, 1]]):
        assert verify_lyapunov(a, wrong) is None, wrong
    assert verify_lyapunov([[1, 0], [0, -1]], [[1, 0], [0, 1]]) is None
    assert verify_lyapunov([[1, 0], [0, -1]], [[1, 0], [0, -1]]) is False


def test_totally_hurwitz_is_the_definition() -> None:
    rng = random.Random(4)
    counts = {True: 0, False: 0}
    for _ in range(150):
        n = rng.randint(1, 5)
        a = integers(rng, n, 2)
        answer = totally_hurwitz(a)
        sets = [s for k in range(1, n + 1) for s in combinations(range(n), k)]
        unstable = [s for s in sets if not hurwitz(block(a, s)).holds]
        assert answer.holds is (not unstable)
        if unstable:
            assert answer.indices == unstable[0]
        counts[bool(answer.holds)] += 1
    assert min(counts.values()) > 20


def test_total_stability_may_hang_on_time_constants() -> None:
    a = [[F(1), F(0), F(54)], [F(-1), F(2), F(0)], [F(0), F(-1), F(3)]]
    assert totally_hurwitz(a).holds is True
    answer = totally_hurwitz(a, tau=[1, 2, 3])
    assert answer.holds is False and answer.indices == (0, 1, 2)


def check_witness(a: list[list[Fraction]], times: tuple[Fraction, ...]) -> None:
    """By Routh's test, and where there is room by eigenvalues."""
    assert all(t > 0 for t in times)
    assert hurwitz(a, times).holds is False
    assert least_real_part([[v / t for v in row] for row, t in zip(a, times, strict=True)]) < 1e-6


def test_d_stability_of_up_to_three_rows() -> None:
    """Small integers, where the conditions hold with equality again and again, against 2,000 random D each."""
    rng = random.Random(7)
    counts = {True: 0, False: 0}
    scales = np.exp(np.random.default_rng(0).normal(0, 3, (2000, 3)))
    for _ in range(300):
        n = rng.choice([1, 2, 3, 3, 3])
        a = [[F(rng.randint(-3, 3)) for _ in range(n)] for _ in range(n)]
        for i in range(n):
            a[i][i] = abs(a[i][i])
        answer = d_stability(a)
        counts[bool(answer.holds)] += 1
        if answer.holds:
            rows = scales[:, :n, None] * np.array(a, dtype=float)
            least = np.linalg.eigvals(rows).real.min(axis=1) / np.abs(rows).max(axis=(1, 2))
            assert least.min() > -1e-9, a
        else:
            assert answer.T is not None, a
            check_witness(a, answer.T)
    assert min(counts.values()) > 50


def test_d_stability_at_equality() -> None:
    """(sqrt(a_1 m_1) + sqrt(a_2 m_2) + sqrt(a_3 m_3))^2 against det A: the ring I + g C has 9 against 1 + g^3."""
    ring = lambda g: [[F(1), F(0), F(g)], [F(g), F(1), F(0)], [F(0), F(g), F(1)]]  # noqa: E731
    assert d_stability(ring(2)).holds is False and d_stability(ring(2)).T == (1, 1, 1)
    assert d_stability(ring(F(2) - F(1, 10**12))).holds is True
    # one of a_11, m_1 is 0 and the other is not: the infimum is not attained, so equality is stable
    # a = (0, 1, 1), m = (m_1, 1, 1): (1 + 1)^2 = 4 = det
    a = [[F(0), F(-1), F(-1)], [F(1), F(1), F(0)], [F(0), F(0), F(1)]]
    assert d_stability(a).holds is True and determinant(a) == 1
    # a = (0, 1, 1), m = (1, 1, 1) and det = 4 + delta: the square is (1 + 1)^2, approached as T_1 goes to 0
    for delta, holds in ((F(0), True), (F(1, 10**6), False), (F(-1, 10**6), True)):
        b = at_equality(delta)
        entries = [b[i][i] for i in range(3)]
        minors = [determinant(block(b, tuple(j for j in range(3) if j != i))) for i in range(3)]
        assert entries == [0, 1, 1] and minors == [1, 1, 1] and determinant(b) == 4 + delta
        answer = d_stability(b)
        assert answer.holds is holds
        if answer.T is not None:
            check_witness(b, answer.T)


def at_equality(delta: Fraction) -> list[list[Fraction]]:
    """[[0, -1, -1], [1, 1, 0], [1, s, 1]] turned so that the minors are 1 and the determinant is 4 + delta.

    With b_12 b_21 = b_13 b_31 = -1 and b_23 = 0, ``det = 2 + b_13 b_21 b_32``.
    """
    s = -(2 + delta)
    return [[F(0), F(-1), F(-1)], [F(1), F(1), F(0)], [F(1), s, F(1)]]


def test_hurwitz_and_p_but_not_d_stable() -> None:
    a = [[F(1), F(0), F(54)], [F(-1), F(2), F(0)], [F(0), F(-1), F(3)]]
    assert hurwitz(a).holds and p_matrix(a).holds
    answer = d_stability(a)
    assert answer.holds is False and answer.T is not None
    check_witness(a, answer.T)


@pytest.mark.parametrize("n", [4, 6, 8])
def test_d_stability_of_more_rows(n: int) -> None:
    rng = random.Random(n)
    verdicts = []
    for gain in (2, 5, 8, 12, 20):
        a = [[F(rng.randint(-17, 17) * gain, 25 * n) + (1 if i == j else 0) for j in range(n)] for i in range(n)]
        answer = d_stability(a)
        verdicts.append(answer.holds)
        if answer.holds:
            assert diagonal_stability(a).holds is True
        elif answer.holds is False:
            assert answer.T is not None
            check_witness(a, answer.T)
        else:
            assert answer.reason
    assert True in verdicts and False in verdicts


def test_a_negative_minor_rules_out_d_stability() -> None:
    """The block without the last row has a negative minor; for equal time constants the matrix is stable."""
    a = [[F(1), F(2), F(3), F(0)], [F(2), F(1), F(0), F(3)], [F(-4), F(0), F(6), F(0)], [F(0), F(-4), F(0), F(6)]]
    assert hurwitz(a).holds is True and determinant(block(a, (0, 1))) < 0
    answer = d_stability(a)
    assert answer.holds is False and answer.T is not None
    check_witness(a, answer.T)


def test_blocks_are_asked_by_themselves() -> None:
    """At the switch w_EE = 1 a pair is D-stable and not LDS; a chain of such pairs too."""
    a = diagonal([F(0), F(2), F(0), F(3)])
    a[0][1], a[1][0], a[2][3], a[3][2], a[3][0] = F(1), F(-1), F(2), F(-1), F(-7)
    assert d_stability(a).holds is True and diagonal_stability(a).holds is False
    a[2][2] = F(-1, 1000)
    answer = d_stability(a)
    assert answer.holds is False and answer.indices == (2, 3) and answer.T is not None
    check_witness(a, answer.T)


@pytest.mark.parametrize("seed", range(25))
def test_permutations_and_the_inclusions(seed: int) -> None:
    rng = random.Random(100 + seed)
    n = rng.randint(2, 5)
    a = integers(rng, n, 2)
    order = rng.sample(range(n), n)
    moved = [[a[i][j] for j in order] for i in order]
    for question in (p_matrix, totally_hurwitz, hurwitz, d_stability):
        assert question(a).holds is question(moved).holds
    lds, total, d, p = (q(a).holds for q in (diagonal_stability, totally_hurwitz, d_stability, p_matrix))
    assert not lds or (total and d)
    assert not total or p
    assert not d or hurwitz(a).holds
    assert semidefinite(lyapunov(diagonal([F(0)] * n), a))  # the zero form, for the check itself


def test_bad_time_constants() -> None:
    for tau, message in (([1], "for 2 rows"), ([1, 0], "not positive"), ([1, 0.5], "exact")):
        with pytest.raises(CircuitError, match=message):
            hurwitz([[1, 0], [0, 1]], tau)
