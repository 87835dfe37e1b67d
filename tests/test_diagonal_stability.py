"""Diagonal stability: published cases, closed forms on their boundary, a conic solver, certificates checked apart."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from exact_forms import determinant, diagonal, good_gram, good_weights, lyapunov, principal, product

from symgame.diagonal_stability import Decision, diagonal_stability, verify_P, verify_X
from symgame.errors import CircuitError, SymgameError
from symgame.matrices.definite import exact_matrix, positive_definite, positive_semidefinite
from symgame.matrices.search import balance, floats

F = Fraction
ORACLE = json.loads((Path(__file__).parent / "oracles" / "diagonal_stability.json").read_text(encoding="utf-8"))


def agrees(a: list[list[Fraction]], decision: Decision) -> None:
    """A verdict has its certificate, and both roads find it good."""
    if decision.holds is True:
        assert decision.P is not None and decision.X is None
        assert good_weights(a, decision.P) and verify_P(a, decision.P)
    elif decision.holds is False:
        assert decision.X is not None and decision.P is None
        assert good_gram(a, decision.X) and verify_X(a, decision.X)
    else:
        assert decision.reason and decision.P is None and decision.X is None


def ring(gains: list[Fraction], decays: list[Fraction] | None = None) -> list[list[Fraction]]:
    """Row k + 1 receives from k with these entries of A; the last gain closes the cycle."""
    n = len(gains)
    a = diagonal(decays or [F(1)] * n)
    for k, gain in enumerate(gains):
        a[(k + 1) % n][k] = gain
    return a


def random_matrix(rng: random.Random) -> list[list[Fraction]]:
    """Dense, sparse, excitatory and inhibitory, badly scaled, or small integers, where minors vanish."""
    n = rng.randint(1, 8)
    kind = rng.choice(["dense", "sparse", "dale", "scaled", "integers"])
    gain = F(rng.choice([3, 6, 10, 15, 25]), 1000)
    a = [[rng.randint(-100, 100) * gain for _ in range(n)] for _ in range(n)]
    for i in range(n):
        for j in range(n):
            if kind == "sparse" and rng.random() < 0.5:
                a[i][j] = F(0)
            if kind == "dale":
                a[i][j] = abs(a[i][j]) * (-1 if j < n - n // 3 else 1)
            if kind == "integers":
                a[i][j] = F(rng.randint(-2, 2))
        if rng.random() < 0.95:
            a[i][i] = abs(a[i][i]) + (1 if kind == "integers" else F(1, 2))
    if kind == "scaled":
        a = [
            [v * F(10) ** (7 * i % 5 - 2) * F(10) ** (5 * j % 7 - 3) for j, v in enumerate(r)] for i, r in enumerate(a)
        ]
    return a


@pytest.mark.parametrize("entry", ORACLE, ids=[entry["id"] for entry in ORACLE])
def test_published(entry: dict[str, object]) -> None:
    a = [[-F(str(v)) for v in row] for row in entry["A"]]  # the file holds W - I
    decision = diagonal_stability(a)
    assert decision.holds is entry["lds"]
    agrees(a, decision)
    assert all(value > 0 for _, value in principal(a)) is entry["minus_A_is_P"]


def conic(a: np.ndarray) -> float:
    """The largest t with ``P A + A' P >= t``, P >= 0 diagonal of trace n, by clarabel."""
    clarabel = pytest.importorskip("clarabel")
    from scipy import sparse

    n = len(a)
    pairs = [(i, j) for j in range(n) for i in range(j + 1)]
    rows = np.zeros((len(pairs), n + 1))
    for k, (i, j) in enumerate(pairs):
        if i == j:
            rows[k, i], rows[k, n] = -2 * a[i, i], 1.0
        else:
            rows[k, i], rows[k, j] = -a[i, j] * 2**0.5, -a[j, i] * 2**0.5
    trace = np.append(np.ones(n), 0.0)[None]
    positive = np.hstack([-np.eye(n), np.zeros((n, 1))])
    constraints = sparse.csc_matrix(np.vstack([rows, trace, positive]))
    right = np.concatenate([np.zeros(len(pairs)), [n], np.zeros(n)])
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    cones = [clarabel.PSDTriangleConeT(n), clarabel.ZeroConeT(1), clarabel.NonnegativeConeT(n)]
    cost = np.append(np.zeros(n), -1.0)
    nothing = sparse.csc_matrix((n + 1, n + 1))
    return float(clarabel.DefaultSolver(nothing, cost, constraints, right, cones, settings).solve().x[n])


def test_against_a_conic_solver() -> None:
    rng = random.Random(20)
    seen = {True: 0, False: 0}
    for _ in range(500):
        a = random_matrix(rng)
        decision = diagonal_stability(a)
        agrees(a, decision)
        if any(a[i][i] <= 0 for i in range(len(a))):
            assert decision.holds is False
            continue
        exact = exact_matrix(a)
        t = conic(floats(exact, *balance(exact)))
        if abs(t) > 1e-6:
            assert decision.holds is (t > 0), (a, t)
            seen[t > 0] += 1
    assert min(seen.values()) > 100


def test_every_lds_matrix_is_a_p_matrix_and_no_other_way_round() -> None:
    rng = random.Random(3)
    for _ in range(150):
        a = random_matrix(rng)
        if len(a) <= 5 and diagonal_stability(a).holds:
            assert all(value > 0 for _, value in principal(a))
    beyond = ring([F(3)] * 3)
    assert all(value > 0 for _, value in principal(beyond)) and diagonal_stability(beyond).holds is False


@pytest.mark.parametrize("seed", range(40))
def test_permuted_and_scaled(seed: int) -> None:
    """LDS is kept by permutations and by A -> D A E; P and X go along."""
    rng = random.Random(seed)
    a = random_matrix(rng)
    n = len(a)
    order = rng.sample(range(n), n)
    d = [F(rng.randint(1, 40), rng.randint(1, 40)) for _ in range(n)]
    e = [F(rng.randint(1, 40), rng.randint(1, 40)) for _ in range(n)]
    moved = [[d[i] * a[i][j] * e[j] for j in order] for i in order]
    one, two = diagonal_stability(a), diagonal_stability(moved)
    assert one.holds is two.holds
    if one.P is not None:  # P = E^-1 Q D turned round
        assert good_weights(moved, [one.P[i] * e[i] / d[i] for i in order])
    if one.X is not None:
        assert good_gram(moved, [[one.X[i][j] / e[i] / e[j] for j in order] for i in order])
    agrees(moved, two)


# the secant criterion: products of the gains around rho = sec(pi/n)^n


@pytest.mark.parametrize(("n", "secant"), [(3, F(8)), (4, F(4)), (6, F(64, 27))])
def test_secant_equality_is_not_lds(n: int, secant: Fraction) -> None:
    for decays in ([F(1)] * n, [F(k + 1, 2) for k in range(n)]):
        gains = [-(k + 1) * decays[(k + 1) % n] for k in range(n - 1)]
        scale = F(1)
        for k in range(n - 1):
            scale *= k + 1
        on = [*gains, secant / scale * decays[0]]
        inside, outside = ([*gains, on[-1] * (1 + F(sign, 10**9))] for sign in (-1, 1))
        for closing, lds in ((on, False), (inside, True), (outside, False)):
            a = ring(closing, decays)
            decision = diagonal_stability(a)
            assert decision.holds is lds
            agrees(a, decision)
        shuffled = list(range(n))
        random.Random(n).shuffle(shuffled)
        a = ring(on, decays)
        assert diagonal_stability([[a[i][j] for j in shuffled] for i in shuffled]).holds is False


@pytest.mark.parametrize("n", [5, 7, 8, 12])
def test_secant_near_an_irrational_bound(n: int) -> None:
    bound = F(1 / np.cos(np.pi / n) ** n)
    for sign, lds in ((-1, True), (1, False)):
        a = ring([F(-1)] * (n - 1) + [bound * (1 + F(sign, 10**10))])
        decision = diagonal_stability(a)
        assert decision.holds is lds and decision.by == "a cycle of couplings"
        agrees(a, decision)


def test_positive_loop() -> None:
    for n in (3, 4, 5):
        for gain, lds in ((F(999, 1000), True), (F(1), False), (F(1001, 1000), False)):
            a = ring([F(-1)] * (n - 1) + [-gain])
            decision = diagonal_stability(a)
            assert decision.holds is lds
            agrees(a, decision)


def test_excitatory_inhibitory_pair_at_its_switch() -> None:
    """LDS iff w_EE < 1, exactly at the switch too; here -A is Hurwitz throughout."""
    for w_ee, lds in (("999999999/1000000000", True), ("1", False), ("1000000001/1000000000", False)):
        a = [[1 - F(w_ee), F(2)], [F(-3), F(5, 2)]]
        decision = diagonal_stability(a)
        assert decision.holds is lds
        agrees(a, decision)


@pytest.mark.parametrize("seed", range(60))
def test_three_rows_on_the_boundary(seed: int) -> None:
    """A - s of a random A, s moved to the last decimal place where it is LDS: both sides decided, and consistent."""
    rng = random.Random(seed)
    a = [[F(rng.randint(-30, 30), 10) + (3 if i == j else 0) for j in range(3)] for i in range(3)]
    low, high = F(-20), F(20)  # A + low is not LDS, A + high is
    for _ in range(60):
        middle = (low + high) / 2
        shifted = [[v + (middle if i == j else 0) for j, v in enumerate(row)] for i, row in enumerate(a)]
        decision = diagonal_stability(shifted)
        assert decision.holds is not None
        agrees(shifted, decision)
        low, high = (low, middle) if decision.holds else (middle, high)
    assert high - low < F(1, 10**15)


def test_trees() -> None:
    """Couplings along a tree: LDS iff a P-matrix, decided exactly, with the singular ones among them."""
    rng = random.Random(8)
    counts = {True: 0, False: 0}
    for _ in range(200):
        n = rng.randint(2, 7)
        a = diagonal([F(rng.randint(1, 3)) for _ in range(n)])
        for j in range(1, n):
            i = rng.randrange(j)
            a[i][j], a[j][i] = F(rng.choice([-2, -1, 1, 2])), F(rng.choice([-2, -1, 1, 2]), rng.choice([1, 2]))
        decision = diagonal_stability(a)
        assert decision.holds is all(value > 0 for _, value in principal(a))
        agrees(a, decision)
        counts[bool(decision.holds)] += 1
    assert min(counts.values()) > 30


def test_feedforward_blocks() -> None:
    """LDS iff every diagonal block is, however strong the couplings between them."""
    pair = [[F(1), F(3)], [F(-3), F(1)]]
    trio = ring([F(19, 10)] * 3)
    for block, lds in ((trio, True), (ring([F(2)] * 3), False)):
        a = diagonal([F(1)] * 6)
        for i in range(2):
            for j in range(2):
                a[i][j] = pair[i][j]
        for i in range(3):
            for j in range(3):
                a[2 + i][2 + j] = block[i][j]
            for j in range(2):
                a[2 + i][j] = F(1000 + i - j)
        a[5][4] = F(-12345)
        decision = diagonal_stability(a)
        assert decision.holds is lds and ("blocks" in decision.by) is lds
        agrees(a, decision)
    chain = [[F(1) if i == j else F(-900) if j < i else F(0) for j in range(25)] for i in range(25)]
    agrees(chain, diagonal_stability(chain))
    assert diagonal_stability(chain).holds is True


def test_singular_matrix_of_any_size_is_not_lds() -> None:
    rng = random.Random(6)
    for n in (4, 6, 9):
        a = [[F(rng.randint(-9, 9), 20) + (2 if i == j else 0) for j in range(n)] for i in range(n)]
        a[-1] = [x / 2 + y / 3 for x, y in zip(a[0], a[1], strict=True)]
        assert determinant(a) == 0
        decision = diagonal_stability(a)
        assert decision.holds is False
        agrees(a, decision)


def test_imaginary_eigenvalues_of_a_larger_circuit() -> None:
    """A 4-cycle at the secant bound with an extra pair: no closed form applies, and no slack is left."""
    a = [[*row, F(0)] for row in ring([F(-1), F(-1), F(-1), F(4)])] + [[F(0)] * 4 + [F(1)]]
    a[0][4], a[4][0] = F(-1), F(1)
    decision = diagonal_stability(a)
    assert decision.holds is not True
    agrees(a, decision)


def boundary_case() -> list[list[Fraction]]:
    """Five rows whose best weights leave P A + A'P singular: neither certificate has room."""
    skew = [[F(0), F(1), F(2), F(-1), F(3)], [F(-1), F(0), F(1), F(1), F(-2)], [F(-2), F(-1), F(0), F(3), F(1)],
            [F(1), F(-1), F(-3), F(0), F(2)], [F(-3), F(2), F(-1), F(-2), F(0)]]  # fmt: skip
    vectors = [[F(1), F(0), F(1), F(0), F(1)], [F(0), F(1), F(1), F(-1), F(0)], [F(2), F(1), F(0), F(1), F(1)]]
    form = [[sum((v[i] * v[j] for v in vectors), F(0)) for j in range(5)] for i in range(5)]
    return [[x + y for x, y in zip(r, s, strict=True)] for r, s in zip(form, skew, strict=True)]


def test_boundary_is_never_a_false_verdict() -> None:
    """``A + A'`` is singular and psd, so A is on the boundary or inside: exact checks bind every verdict."""
    a = boundary_case()
    decision = diagonal_stability(a)
    agrees(a, decision)
    rng = random.Random(4)
    undecided = 0
    for n in (4, 5, 6):
        for _ in range(10):
            # a common null vector of the form, with diag(A X) = 0 for X of rank one or two: exactly on the boundary
            x = [F(rng.choice([-2, -1, 1, 2])) for _ in range(n)]
            raw = [[F(rng.randint(-3, 3)) for _ in range(n)] for _ in range(n)]
            square = sum((v * v for v in x), F(0))
            flat = [
                [v - sum((r[k] * x[k] for k in range(n)), F(0)) * x[j] / square for j, v in enumerate(r)] for r in raw
            ]
            form = product([list(c) for c in zip(*flat, strict=True)], flat)  # psd, kills x
            turned = [[F(rng.randint(-3, 3)) for _ in range(n)] for _ in range(n)]
            skew = [[turned[i][j] - turned[j][i] for j in range(n)] for i in range(n)]
            b = [[u + v for u, v in zip(r, s, strict=True)] for r, s in zip(form, skew, strict=True)]
            answer = diagonal_stability(b)
            agrees(b, answer)
            undecided += answer.holds is None
            if answer.holds is None and answer.margin is not None:
                assert answer.margin[0] <= answer.margin[1] and abs(answer.margin[0]) < 1e-3
    assert undecided <= 20


# verifiers


def test_false_weights_are_rejected() -> None:
    a = ring([F(19, 10)] * 3)
    assert verify_P(a, [1, 1, 1]) and good_weights(a, [F(1)] * 3)
    lists: list[object] = [[1, 1, 3], [1, 1], [1, 1, 1, 1], [1, 1, -1], [1, 1, 0], [0, 0, 0]]
    inexact: list[object] = [[1.0, 1.0, 1.0], [1, True, 1], [float("nan")] * 3]
    for wrong in [*lists, *inexact, None, "111", [[1], [1], [1]], 7]:
        assert verify_P(a, wrong) is False, wrong


def test_false_grams_are_rejected() -> None:
    a = ring([F(2)] * 3)
    good = [[2, -1, -1], [-1, 2, -1], [-1, -1, 2]]
    assert verify_X(a, good)
    wrong: list[object] = [
        [[0] * 3] * 3,  # zero
        [[2, -1, -1], [-1, 2, -1], [-1, 0, 2]],  # not symmetric
        [[2, -3, -3], [-3, 2, -3], [-3, -3, 2]],  # diag(A X) <= 0 and indefinite
        [[-1, 0, 0], [0, 0, 0], [0, 0, 0]],  # negative
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],  # diag(A X) > 0
        [[2, -1], [-1, 2]],
        [[2.0, -1, -1], [-1, 2, -1], [-1, -1, 2]],
        [[0, 1, 0], [1, 0, 0], [0, 0, 0]],
        None,
        "X",
        [2, 1, 1],
    ]
    for x in wrong:
        assert verify_X(a, x) is False, x
    assert not verify_X(ring([F(199, 100)] * 3), good)


@pytest.mark.parametrize("n", [3, 12, 30])
def test_certificates_of_other_matrices_and_nudged_ones(n: int) -> None:
    """At the size of the floating-point preconditioner too, exact checks alone accept."""
    rng = random.Random(n)
    a = [[F(rng.randint(-99, 99), 100 * n) + (1 if i == j else 0) for j in range(n)] for i in range(n)]
    decision = diagonal_stability(a)
    assert decision.holds is True and decision.P is not None
    agrees(a, decision)
    for i in range(0, n, 7):
        nudged = list(decision.P)
        nudged[i] *= 10**7
        assert verify_P(a, nudged) is good_weights(a, nudged) is False
    form = lyapunov(diagonal(decision.P), a)
    least = min(form[i][i] for i in range(n))
    shifted = [[v - (least if i == j else 0) for j, v in enumerate(row)] for i, row in enumerate(form)]
    assert not positive_definite(exact_matrix(shifted))
    minus = [[-v for v in row] for row in a]
    refused = diagonal_stability(minus)
    assert refused.holds is False
    agrees(minus, refused)
    assert not verify_X(a, refused.X)


def test_definiteness_by_every_road() -> None:
    """Singular and indefinite forms just beside definite ones, above the size where elimination decides."""
    n = 24
    rng = random.Random(1)
    root = [[F(rng.randint(-3, 3)) for _ in range(n)] for _ in range(n)]
    for row in root:
        row[-1] = sum(row[:-1], F(0))  # rank n - 1
    form = product([list(c) for c in zip(*root, strict=True)], root)
    tiny = F(1, 10**30)
    for shift, definite_, semidefinite_ in ((F(0), False, True), (tiny, True, True), (-tiny, False, False)):
        moved = exact_matrix([[v + (shift if i == j else 0) for j, v in enumerate(r)] for i, r in enumerate(form)])
        assert positive_definite(moved) is definite_
        assert positive_semidefinite(moved) is semidefinite_
    low_rank = exact_matrix([[F((i + 1) * (j + 1)) for j in range(n)] for i in range(n)])
    assert positive_semidefinite(low_rank) and not positive_definite(low_rank)
    assert not positive_semidefinite(exact_matrix([[F(0) if i == j else F(1) for j in range(n)] for i in range(n)]))


@pytest.mark.parametrize("size", [30, 60])
def test_large(size: int) -> None:
    rng = random.Random(size)
    for gain, lds in ((30, True), (150, False)):
        spread = F(gain, 100 * int(size**0.5))
        a = [[F(rng.randint(-173, 173), 100) * spread + int(i == j) for j in range(size)] for i in range(size)]
        decision = diagonal_stability(a)
        assert decision.holds is lds
        assert verify_P(a, decision.P) if lds else verify_X(a, decision.X)


def test_same_answer_twice() -> None:
    rng = random.Random(12)
    a = [[F(rng.randint(-99, 99), 300) + int(i == j) for j in range(7)] for i in range(7)]
    assert diagonal_stability(a) == diagonal_stability([list(row) for row in a])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([[1, 2]], "square"),
        ([], "empty"),
        ([[]], "empty"),
        ([[1, 2], [3]], "one length"),
        ([[0.5]], "exact number"),
        ([["1"]], "exact number"),
        ([[True]], "exact number"),
        ([[None]], "exact number"),
        (3, "list of rows"),
        ("ab", "list of rows"),
        ([1, 2], "list of rows"),
    ],
)
def test_bad_matrices(wrong: object, message: str) -> None:
    with pytest.raises(CircuitError, match=message) as caught:
        diagonal_stability(wrong)
    assert isinstance(caught.value, SymgameError)
