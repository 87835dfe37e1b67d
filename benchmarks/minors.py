"""All principal minors of a full symbolic matrix against SymPy: ``python benchmarks/minors.py``.

The matrix is I - W with 36 symbols. SymPy's time is that of ``Matrix.det(method="berkowitz")`` on each of the 63
submatrices, expanded or not as that method leaves them; both sets are compared at exact random points before anything
is timed. Runs are interleaved and medians compared; nothing is written.
"""

from __future__ import annotations

import argparse
import random
import time
from itertools import combinations
from statistics import median

import sympy

from symgame.algebra import algebra
from symgame.circuit import Circuit
from symgame.ring import principal_minors, to_sympy

SIZE = 6


def circuit(n: int) -> Circuit:
    names = [f"P{k + 1}" for k in range(n)]
    return Circuit.from_matrix([[f"w_{a}_{b}" for b in names] for a in names], names=names)


def by_sympy(matrix: sympy.Matrix) -> dict[tuple[int, ...], sympy.Expr]:
    n = matrix.rows
    sets = [chosen for size in range(1, n + 1) for chosen in combinations(range(n), size)]
    return {s: matrix.extract(list(s), list(s)).det(method="berkowitz") for s in sets}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    c = circuit(SIZE)
    a = algebra(c)
    matrix = a.interaction()
    plain = sympy.eye(SIZE) - sympy.Matrix(c.W)
    ours, theirs = principal_minors(matrix, a.ring), by_sympy(plain)
    rng = random.Random(1)
    point = {
        symbol: sympy.Rational(rng.randint(-9, 9), rng.randint(1, 9)) for symbol in sorted(c.W.free_symbols, key=str)
    }
    for chosen, minor in ours.items():
        gap = to_sympy(minor.over).xreplace(point) - theirs[chosen].xreplace(point)
        if sympy.expand(gap) != 0:
            raise SystemExit(f"the minors of {chosen} differ")
    seconds: dict[str, list[float]] = {"symgame": [], "sympy": []}
    for _ in range(rounds):
        begun = time.perf_counter()
        principal_minors(matrix, a.ring)
        middle = time.perf_counter()
        by_sympy(plain)
        seconds["symgame"].append(middle - begun)
        seconds["sympy"].append(time.perf_counter() - middle)
    ratio = median(seconds["sympy"]) / median(seconds["symgame"])
    print(f"all {len(ours)} principal minors, n = {SIZE}: {1000 * median(seconds['symgame']):.1f} ms,")
    print(f"berkowitz for each: {1000 * median(seconds['sympy']):.0f} ms; {ratio:.0f} times faster (target 50)")


if __name__ == "__main__":
    main()
