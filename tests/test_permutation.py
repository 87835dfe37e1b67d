"""Another order of the populations permutes every answer and changes nothing else; so do the scalings that must."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from symgame import Circuit
from symgame.diagonal_stability import diagonal_stability, verify_P, verify_X
from symgame.families import random_ei
from symgame.global_stability import QUESTIONS, stability
from symgame.nash_points import nash_equilibria
from symgame.properties.response import responses
from symgame.statements import check


def drawn(seed: int) -> Circuit:
    """A random circuit with numbers: excitatory-inhibitory or signed, ReLU or saturating, 3 to 6 populations."""
    rng = random.Random(seed)
    n = rng.randint(3, 6)
    saturating = rng.random() < 0.5
    names = [f"P{k}" for k in range(n)]
    W = [[Fraction(rng.randint(-6, 6), 4) if rng.random() < 0.7 else Fraction(0) for _ in range(n)] for _ in range(n)]
    return Circuit.from_matrix(
        W,
        names=names,
        u=[Fraction(rng.randint(-4, 8), 4) for _ in range(n)],
        tau=[Fraction(rng.randint(1, 6), 2) for _ in range(n)],
        activation="saturating" if saturating else "relu",
        values={f"m_{p}": 2 for p in names} if saturating else None,
    )


def turned(c: Circuit, order: list[int]) -> Circuit:
    n = range(len(order))
    chosen = [c.populations[k] for k in order]
    return Circuit.from_matrix(
        [[c.W[order[i], order[j]] for j in n] for i in n],
        names=[p.name for p in chosen],
        types=[p.type for p in chosen],
        u=[p.input for p in chosen],
        tau=[p.tau for p in chosen],
        activation=[p.activation for p in chosen],
        values=dict(c.values),
        name=c.name,
    )


def matrix(c: Circuit) -> list[list[Fraction]]:
    n = range(len(c.names))
    return [[Fraction(int(i == j)) - Fraction(str(c.W[i, j])) for j in n] for i in n]


@pytest.mark.parametrize("seed", range(25))
def test_the_order_of_the_populations_changes_no_answer(seed: int) -> None:
    c = drawn(seed)
    order = list(range(len(c.names)))
    random.Random(seed + 1).shuffle(order)
    other = turned(c, order)
    one, two = stability(c), stability(other)
    for word in QUESTIONS:
        assert one.answers[word].holds == two.answers[word].holds, word
    contraction = [s.answers["contraction"].holds for s in (one, two)]
    assert None in contraction or contraction[0] == contraction[1]
    assert (one.globally.verdict, one.globally.source) == (two.globally.verdict, two.globally.source)
    A, P = matrix(other), one.answers["lds"].P
    if P is not None:  # a certificate of one order, permuted, is one of the other
        assert verify_P(A, [Fraction(str(P[k])) for k in order])
    X = one.answers["lds"].X
    if X is not None:
        assert verify_X(A, [[Fraction(X[i][j]) for j in order] for i in order])
    kinds = []
    for circuit in (c, other):
        points = nash_equilibria(circuit).points
        rows = [(sorted(p.state.items()), p.type, p.stable, p.nash, sorted(map(str, p.deviations))) for p in points]
        kinds.append(sorted(map(repr, rows)))
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize("seed", range(6))
def test_responses_are_permuted(seed: int) -> None:
    c = random_ei(4, seed=seed, density=1)
    order = [2, 0, 3, 1]
    other = turned(c, order)
    one, two = responses(c).numbers, responses(other).numbers
    assert one is not None and two is not None
    for i in range(4):
        for j in range(4):
            assert two[i][j] == one[order[i]][order[j]]


@pytest.mark.parametrize("seed", range(12))
def test_weights_of_a_certificate_scale_as_they_must(seed: int) -> None:
    """``P`` for A is ``P D^-1 E`` for ``D A E``: congruence by E, and P any diagonal."""
    rng = random.Random(seed)
    A = matrix(drawn(100 + seed))
    n = len(A)
    for i in range(n):
        A[i][i] = abs(A[i][i]) + 2
    D, E = ([Fraction(rng.randint(1, 9), rng.randint(1, 9)) for _ in range(n)] for _ in range(2))
    B = [[D[i] * A[i][j] * E[j] for j in range(n)] for i in range(n)]
    one, two = diagonal_stability(A), diagonal_stability(B)
    assert one.holds == two.holds
    if one.P is not None:
        assert verify_P(B, [p * e / d for p, d, e in zip(one.P, D, E, strict=True)])
        assert two.P is not None and verify_P(A, [p * d / e for p, d, e in zip(two.P, D, E, strict=True)])


def test_statements_are_the_same_in_another_order() -> None:
    rows = [["w_EE", "-w_EP", "-w_ES"], ["w_PE", "-w_PP", "-w_PS"], ["w_SE", 0, 0]]
    types = ["excitatory", "inhibitory", "inhibitory"]
    c = Circuit.from_matrix(rows, names=list("EPS"), types=types)
    for order in ([1, 0, 2], [2, 1, 0]):
        other = turned(c, order)
        for statement, verdict in (
            ("lds => d_stable", "cited"),
            ("p_matrix => lds", "refuted"),
            ("paradoxical(P) <=> det > 0 & 1 - w_EE + w_ES*w_SE < 0 | det < 0 & 1 - w_EE + w_ES*w_SE > 0", "proved"),
            ("totally_hurwitz => p_matrix", "proved"),
        ):
            assert check(c, statement, search_missing=False).verdict.kind == verdict
            assert check(other, statement, search_missing=False).verdict.kind == verdict
