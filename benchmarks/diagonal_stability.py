"""Diagonal stability with exact certificates against a conic solver: ``python benchmarks/diagonal_stability.py``.

Two families of random circuits, LDS and not LDS, of 100 and 200 rows; the same families at 50 rows for clarabel, whose
time is that of its ``solve`` alone. Runs are interleaved and medians compared; nothing is written. Ours includes the
search, the rounding and the verification over QQ, from a matrix of fractions to a verdict with its certificate.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from fractions import Fraction
from statistics import median

import clarabel
import numpy as np
from scipy import sparse

from symgame.contraction import contraction
from symgame.diagonal_stability import diagonal_stability

Rows = list[list[Fraction]]
SMALL, LARGE, LARGEST = 50, 100, 200


def dense(n: int, gain: float, seed: int) -> Rows:
    """I + G, entries of G normal with deviation ``gain / sqrt(n)``, to three decimals."""
    rng = random.Random(seed)
    return [
        [Fraction(int(i == j)) + Fraction(round(1000 * rng.gauss(0, gain / n**0.5)), 1000) for j in range(n)]
        for i in range(n)
    ]


def excitatory_inhibitory(n: int, gain: float, seed: int) -> Rows:
    """I - W, four columns of five excitatory, the fifth inhibitory and four times as strong; a third of the weights."""
    rng = random.Random(seed)
    size = gain / n**0.5
    rows = []
    for i in range(n):
        row = []
        for j in range(n):
            weight = round(1000 * size * rng.random() * (rng.random() < 1 / 3) * (1 if j % 5 else -4))
            row.append(Fraction(int(i == j)) - Fraction(weight, 1000))
        rows.append(row)
    return rows


#: name, family, gain, and the verdict that this gain gives at 50 rows and beyond.
FAMILIES: tuple[tuple[str, Callable[[int, float, int], Rows], float, bool], ...] = (
    ("dense, LDS", dense, 0.5, True),
    ("dense, not LDS", dense, 1.5, False),
    ("E-I, LDS", excitatory_inhibitory, 0.4, True),
    ("E-I, not LDS", excitatory_inhibitory, 3.0, False),
)


def conic(a: np.ndarray) -> tuple[float, float]:
    """The largest t with ``P A + A' P >= t`` for P of trace n, by clarabel, and the seconds of its ``solve``."""
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
    solver = clarabel.DefaultSolver(sparse.csc_matrix((n + 1, n + 1)), cost, constraints, right, cones, settings)
    start = time.perf_counter()
    solution = solver.solve()
    return float(solution.x[n]), time.perf_counter() - start


def ours(a: Rows, expected: bool) -> float:
    """Seconds to a verified verdict, which must be the expected one."""
    start = time.perf_counter()
    holds = diagonal_stability(a).holds
    seconds = time.perf_counter() - start
    assert holds is expected, f"the verdict is {holds}, not {expected}"
    return seconds


def diagonal(rounds: int) -> None:
    print(f"{'family':16} {f'clarabel, {SMALL}':>14} {f'ours, {LARGE}':>10} {'ratio':>7} {f'ours, {LARGEST}':>10}")
    for name, family, gain, expected in FAMILIES:
        theirs: list[float] = []
        large: list[float] = []
        largest: list[float] = []
        ours(family(20, gain / 4 if expected else gain, 0), expected)  # imports
        for seed in range(1, rounds + 1):
            t, seconds = conic(np.array(family(SMALL, gain, seed), dtype=float))
            assert (t > 0) is expected, f"clarabel says {t}"
            theirs.append(seconds)
            large.append(ours(family(LARGE, gain, seed), expected))
            if seed <= 3:
                largest.append(ours(family(LARGEST, gain, seed), expected))
        middle = [median(times) for times in (theirs, large, largest)]
        ratio = middle[1] / middle[0]
        verdict = "met" if ratio < 1 and max(largest) < 30 else "MISSED"
        print(f"{name:16} {middle[0]:12.2f} s {middle[1]:8.2f} s {ratio:7.2f} {middle[2]:8.2f} s  {verdict}")


def slopes(rounds: int) -> None:
    print("\ncontraction for all slopes in [0, 1]: every corner, with the certified rate")
    for n in (4, 6, 8, 10):
        times = []
        for seed in range(rounds):
            w = [[Fraction(int(i == j)) - v for j, v in enumerate(row)] for i, row in enumerate(dense(n, 0.6, seed))]
            start = time.perf_counter()
            contraction(w)
            times.append(time.perf_counter() - start)
        print(f"{n:3} rows, {2**n:5} corners {median(times):8.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5, help="matrices of each kind (default: 5)")
    rounds = max(1, parser.parse_args().rounds)
    diagonal(rounds)
    slopes(min(rounds, 3))


if __name__ == "__main__":
    main()
