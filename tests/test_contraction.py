"""Contraction for all slopes: certificates of both kinds, checked with fractions alone."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product as tuples

import numpy as np
import pytest
from exact_forms import Rows, definite, diagonal, lyapunov, product, semidefinite, transposed

from symgame.contraction import Decision, contraction, corners, jacobian, verify_P, verify_X
from symgame.diagonal_stability import diagonal_stability
from symgame.errors import CircuitError
from symgame.principal import hurwitz

F = Fraction


def jacobians(w: Rows, slopes: tuple[Fraction, Fraction], tau: list[Fraction]) -> dict[tuple[int, ...], Rows]:
    n = len(w)
    return {
        c: [[(slopes[c[i]] * w[i][j] - int(i == j)) / tau[i] for j in range(n)] for i in range(n)]
        for c in tuples((0, 1), repeat=n)
    }


def plus(a: Rows, b: Rows, factor: int | Fraction = 1) -> list[list[Fraction]]:
    return [[x + factor * y for x, y in zip(r, s, strict=True)] for r, s in zip(a, b, strict=True)]


def agrees(
    w: Rows, decision: Decision, tau: list[Fraction] | None = None, slopes: tuple[Fraction, Fraction] = (F(0), F(1)),
    only_diagonal: bool = False,
) -> None:  # fmt: skip
    n = len(w)
    places = jacobians(w, slopes, tau or [F(1)] * n)
    zero = diagonal([F(0)] * n)
    if decision.holds:
        assert decision.P is not None and decision.rate is not None and decision.rate >= 0
        assert definite(decision.P)
        if only_diagonal:
            assert all(decision.P[i][j] == 0 for i in range(n) for j in range(n) if i != j)
        for j in places.values():
            form = plus(zero, lyapunov(decision.P, j), F(-1))
            assert definite(form) and semidefinite(plus(form, decision.P, -2 * decision.rate))
        assert verify_P(w, decision.P, slopes, tau, decision.rate)
    elif decision.holds is False and decision.corner is not None:
        assert not hurwitz([[-v for v in row] for row in places[decision.corner]]).holds
    elif decision.holds is False:
        assert decision.X
        total = zero
        for corner, x in decision.X:
            assert semidefinite(x)
            half = product(places[corner], x)
            total = plus(plus(total, half), transposed(half))
        assert any(x[i][i] > 0 for _, x in decision.X for i in range(n))
        assert all(total[i][i] >= 0 for i in range(n)) if only_diagonal else semidefinite(total)
        assert verify_X(w, decision.X, slopes, tau, only_diagonal)
    else:
        assert decision.reason


def test_random_circuits() -> None:
    rng = random.Random(5)
    seen: dict[object, int] = {}
    for k in range(90):
        n = rng.choice([1, 2, 2, 3, 3, 4, 5])
        w = [[F(rng.randint(-30, 30), 10) for _ in range(n)] for _ in range(n)]
        for i in range(n):
            w[i][i] = -abs(w[i][i]) if k % 4 else w[i][i]
        tau = [F(rng.randint(1, 5), 2) for _ in range(n)] if k % 3 == 0 else None
        decision = contraction(w, tau=tau)
        agrees(w, decision, tau)
        narrow = contraction(w, tau=tau, diagonal=True)
        agrees(w, narrow, tau, only_diagonal=True)
        assert not narrow.holds or decision.holds
        kind = "corner" if decision.corner else "X" if decision.X else decision.holds
        seen[kind] = seen.get(kind, 0) + 1
    assert seen.get(None, 0) <= 2
    assert seen[True] > 30 and seen["corner"] > 10 and seen["X"] > 3


def test_lds_does_not_imply_contraction() -> None:
    w = [[F(0), F(-5)], [F(5), F(0)]]
    a = [[F(1), F(5)], [F(-5), F(1)]]
    assert diagonal_stability(a).P == (1, 1)
    decision = contraction(w)
    assert decision.holds is False and decision.X is not None
    agrees(w, decision)
    for corner in corners(w):  # and yet the Jacobian is Hurwitz for all slopes
        assert hurwitz([[-v for v in row] for row in np.array(jacobian(w, corner).tolist(), dtype=object)]).holds


def test_the_exact_threshold_of_a_rotation() -> None:
    """W = [[0, -g], [g, 0]]: symmetry makes P = 1 best, and the corner (1, 0) bounds g by 2."""
    for g, holds in ((F(19, 10), True), (F(21, 10), False)):
        w = [[F(0), -g], [g, F(0)]]
        decision = contraction(w)
        assert decision.holds is holds
        agrees(w, decision)
    on = contraction([[0, -2], [2, 0]])
    assert on.holds is not True
    agrees([[F(0), F(-2)], [F(2), F(0)]], on)
    rate = contraction([[0, -1], [1, 0]]).rate
    assert rate == F(1, 2)


def test_rates() -> None:
    """One population: rate 1 - w at slope 1, 1 at slope 0; time constants divide it."""
    assert contraction([[F(1, 2)]]).rate == F(1, 2)
    assert contraction([[F(-3)]]).rate == 1
    assert contraction([[F(1, 2)]], tau=[4]).rate == F(1, 8)
    assert contraction([[0, 0], [0, 0]]).rate == 1


def test_slopes_of_other_ranges() -> None:
    w = [[F(0), F(-5)], [F(5), F(0)]]
    slopes = (F(1, 4), F(1, 2))
    decision = contraction(w, slopes=slopes)
    agrees(w, decision, slopes=slopes)
    assert contraction(w, slopes=(1, 1)).rate == 1  # a fixed slope: one matrix
    assert contraction([[2]], slopes=(0, F(1, 3))).rate == F(1, 3)


def test_boundary_has_an_exact_corner() -> None:
    """w = 1: the Jacobian is 0 at slope 1."""
    decision = contraction([[1]])
    assert decision.holds is False and decision.corner == (1,)


def test_populations_that_receive_nothing() -> None:
    assert corners([[0, 0], [1, 1]]) == [(0, 0), (0, 1)]
    w = [[F(0), F(0)], [F(9), F(1, 2)]]
    agrees(w, contraction(w))
    assert contraction(w).holds is True


@pytest.mark.parametrize("seed", range(12))
def test_permuted_and_rescaled(seed: int) -> None:
    """A similarity by a positive diagonal matrix, and a permutation, change P and no answer."""
    rng = random.Random(seed)
    n = rng.choice([2, 3])
    w = [[F(rng.randint(-30, 30), 10) - (1 if i == j else 0) for j in range(n)] for i in range(n)]
    order = rng.sample(range(n), n)
    f = [F(rng.randint(1, 2000)) for _ in range(n)]
    moved = [[f[i] * w[i][j] / f[j] for j in order] for i in order]
    one, two = contraction(w), contraction(moved)
    assert one.holds is two.holds
    agrees(moved, two)
    if one.P is not None:
        p = [[one.P[i][j] / f[i] / f[j] for j in order] for i in order]
        assert verify_P(moved, p, rate=one.rate)


def test_false_certificates_are_rejected() -> None:
    w = [[F(0), F(-5)], [F(5), F(0)]]
    for p in ([[1, 0], [0, 1]], [[-1, 0], [0, -1]], [[1, 0]], [[1, 1], [0, 1]], [[1.0, 0], [0, 1]], None, "P"):
        assert verify_P(w, p) is False, p
    gentle = [[F(0), F(-1)], [F(1), F(0)]]
    assert verify_P(gentle, [[1, 0], [0, 1]], rate=F(1, 2))
    assert not verify_P(gentle, [[1, 0], [0, 1]], rate=F(501, 1000))
    assert not verify_P(gentle, [[1, 0], [0, 1]], rate=-1)
    good = contraction(w).X
    assert good is not None and verify_X(w, good)
    corner, x = good[0]
    negative = [[-v for v in row] for row in x]
    zero = [[F(0)] * 2] * 2
    for wrong in ([], [(corner, zero)], [(corner, negative)], [(corner, [[1]])], [((2, 0), x)], [(corner, "x")],
                  [x], None, [(corner, [[1, 1], [0, 1]])], [((0, 0), x)], 5, [(1, x)]):  # fmt: skip
        assert verify_X(w, wrong) is False, wrong
    assert not verify_X(gentle, good)


@pytest.mark.parametrize("n", [6, 8])
def test_more_rows(n: int) -> None:
    rng = random.Random(n)
    w = [[F(rng.randint(-17, 17), 100) for _ in range(n)] for _ in range(n)]
    decision = contraction(w)
    assert decision.holds is True and decision.rate is not None and decision.rate > F(1, 10)
    if n == 6:
        agrees(w, decision)
    assert verify_P(w, decision.P, rate=decision.rate)


def test_too_many_rows() -> None:
    decision = contraction(diagonal([F(1, 2)] * 11))
    assert decision.holds is None and "2^11" in decision.reason


@pytest.mark.parametrize(
    ("slopes", "tau", "message"),
    [((0,), None, "slopes"), ((1, 0), None, "slopes"), ((-1, 1), None, "slopes"), ((0, 1), [1], "time constants"),
     ((0, 1), [1, -1], "not positive"), ((0, 0.5), None, "exact")],
)  # fmt: skip
def test_bad_input(slopes: object, tau: object, message: str) -> None:
    with pytest.raises(CircuitError, match=message):
        contraction([[0, 1], [1, 0]], slopes=slopes, tau=tau)  # type: ignore[arg-type]
