"""All equilibria, exactly, against brute force in NumPy: ``python benchmarks/enumeration.py [--rounds N] [--skip-24]``.

Nothing is written but numba's cache. On each circuit of 20 populations processor times (and wall times of two) are
taken in one run, interleaved, and medians compared: every choice of pieces by batched ``numpy.linalg.solve`` in doubles
(no exactness, ties left to chance), the exact enumeration with its compiled walk and by NumPy alone, and
``symgame.solutions``, which adds indices, stability, types and Nash classes. The last part compares 24 with 20
populations. Compiling is done before, and its time printed.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from fractions import Fraction as F
from statistics import median

import numpy as np

from symgame import enumeration
from symgame.cells import System
from symgame.circuit import Circuit
from symgame.enumeration import Account, equilibria
from symgame.kinds import activation
from symgame.numeric import solutions, stream, system

Matrix = list[list[F]]
BATCH = 1 << 13
#: How many times faster than brute force the enumeration should be, exactness included.
TARGET = 10


def random_ei(n: int, seed: int, scale: F) -> tuple[Matrix, list[F]]:
    """Four fifths excitatory; half of the couplings present, uniform in thousandths; inhibition about balances."""
    source, m = random.Random(seed), 4 * n // 5
    W = [[F(0)] * n for _ in range(n)]
    for a in range(n):
        for b in range(n):
            if source.random() < 0.5:
                size = scale * F(source.randint(1, 1000), 1000)
                W[a][b] = 4 * size / m if b < m else -6 * size / (n - m)
    return W, [F(source.randint(-500, 1500), 1000) for _ in range(n)]


def graph_network(n: int, seed: int, share: float) -> tuple[Matrix, list[F]]:
    """A threshold-linear network on a random directed graph: eps = 1/4, delta = 1/2, theta = 1."""
    source = random.Random(seed)
    W = [[F(0) if a == b else F(-3, 4) if source.random() < share else F(-3, 2) for b in range(n)] for a in range(n)]
    return W, [F(1)] * n


def cliques(n: int, size: int) -> tuple[Matrix, list[F]]:
    """Disjoint cliques of that many nodes: an equilibrium for every nonempty set of cliques."""
    W = [[F(0) if a == b else F(-3, 4) if a // size == b // size else F(-3, 2) for b in range(n)] for a in range(n)]
    return W, [F(1)] * n


CIRCUITS: dict[str, Callable[[int], tuple[Matrix, list[F]]]] = {
    "random E-I": lambda n: random_ei(n, 1, F(1)),
    "random E-I, strong": lambda n: random_ei(n, 2, F(3)),
    "sparse CTLN": lambda n: graph_network(n, 1, 0.1),
    "dense CTLN": lambda n: graph_network(n, 1, 0.5),
    "CTLN of cliques": lambda n: cliques(n, 2),
    "random E-I, saturating": lambda n: random_ei(n, 1, F(1)),
}


def circuit(name: str, n: int) -> Circuit:
    W, u = CIRCUITS[name](n)
    kind = [activation("saturating", cap=F(1))] * n if "saturating" in name else "relu"
    return Circuit.from_matrix(W, u=u, tau=[1] * n, activation=kind, name=name)


def brute_force(W: np.ndarray, u: np.ndarray) -> int:
    """How many of the 2^n supports are consistent, in doubles."""
    n, found = len(u), 0
    for start in range(0, 1 << n, BATCH):
        active = ((np.arange(start, start + BATCH)[:, None] >> np.arange(n)) & 1).astype(float)
        x = np.linalg.solve(np.eye(n) - active[:, :, None] * W, (active * u)[:, :, None])[:, :, 0]
        z = x @ W.T + u
        found += int(np.where(active > 0, z > 0, z <= 0).all(axis=1).sum())
    return found


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """Processor and wall time."""
    start, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - start, time.perf_counter() - wall


def by_numpy(s: System) -> list[enumeration.Found]:
    """The enumeration without the compiled walk."""
    worth, enumeration.WORTH = enumeration.WORTH, 1 << 200
    try:
        return list(equilibria(s))
    finally:
        enumeration.WORTH = worth


def first_use() -> None:
    """The compiled walk fetched: compiled now, or read from disk when it was compiled before."""
    once = seconds(lambda: list(equilibria(system(circuit("sparse CTLN", 20)))))
    again = seconds(lambda: list(equilibria(system(circuit("sparse CTLN", 20)))))
    print(f"first use of the compiled walk: {once[0] - again[0]:.1f} s\n")


def side_by_side(rounds: int) -> None:
    print(
        f"{'20 populations':24} {'equilibria':>10} {'brute':>7} {'(wall)':>7} {'exact':>7} {'(wall)':>7} {'NumPy':>7} "
        f"{'all':>7} {'ratio':>15}  first after"
    )
    for name in CIRCUITS:
        c = circuit(name, 20)
        s = system(c)
        W = np.array([[float(v) for v in row] for row in s.W])
        u = np.array([float(v) for v in s.u])
        saturating = "saturating" in name
        works: dict[str, Callable[[], object]] = {
            "exact": lambda s=s: list(equilibria(s)),  # type: ignore[misc]
            "numpy": lambda s=s: by_numpy(s),  # type: ignore[misc]
            "all": lambda c=c: solutions(c),  # type: ignore[misc]
        }
        if not saturating:
            works["brute"] = lambda W=W, u=u: brute_force(W, u)  # type: ignore[misc]
        times: dict[str, list[tuple[float, float]]] = {key: [] for key in works}
        for _ in range(rounds):
            for key, work in works.items():
                times[key].append(seconds(work))
        first = seconds(lambda c=c: next(stream(c), None))[0]  # type: ignore[misc]
        count = len(list(equilibria(s)))
        if not saturating and brute_force(W, u) != count:
            print(f"  ({brute_force(W, u)} by brute force: ties are decided by rounding there)")
        row = {key: median(cpu for cpu, _ in values) for key, values in times.items()}
        wall = {key: median(passed for _, passed in values) for key, values in times.items()}
        nan = float("nan")
        times_faster = row.get("brute", nan) / row["exact"]
        verdict = "met" if times_faster >= TARGET else "MISSED"
        ratio = f"{times_faster:8.1f} {verdict:6}" if not saturating else " (3^20)        "
        print(
            f"{name:24} {count:10} {row.get('brute', nan):7.2f} {wall.get('brute', nan):7.2f} {row['exact']:7.3f} "
            f"{wall['exact']:7.3f} {row['numpy']:7.2f} {row['all']:7.2f} {ratio}  {first:.2f} s"
        )


def growth() -> None:
    print(f"\n{'24 against 20':24} {'20':>8} {'24':>8} {'(wall)':>8} {'ratio':>7} {'target':>7}  nodes at 24")
    for name in CIRCUITS:
        small, account = system(circuit(name, 20)), Account()
        large = system(circuit(name, 24))
        one = min(seconds(lambda s=small: list(equilibria(s)))[0] for _ in range(3))  # type: ignore[misc]
        two, wall = seconds(lambda s=large, a=account: list(equilibria(s, account=a)))  # type: ignore[misc]
        print(f"{name:24} {one:8.3f} {two:8.2f} {wall:8.2f} {two / one:7.1f} {20:7d}  {account.nodes}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=3, help="runs of each (default: 3)")
    parser.add_argument("--skip-24", action="store_true", help="leave out the circuits of 24 populations")
    given = parser.parse_args()
    first_use()
    side_by_side(max(1, given.rounds))
    if not given.skip_24:
        growth()


if __name__ == "__main__":
    main()
