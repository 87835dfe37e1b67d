"""Certified equilibria of random logistic pairs: seconds for a pair, from a circuit to all its equilibria with proof.

Run ``python benchmarks/certified.py [--pairs N]``; it prints a table and writes nothing. Building the circuits is not
counted. Every pair is another one, so that with 15 digits nothing of its own is known; with 100 digits, its activations
have been put into enclosures already. A pair whose list is not complete stops it.
"""

from __future__ import annotations

import argparse
from statistics import median
from time import perf_counter

import numpy as np
import sympy

from symgame import Circuit, solutions
from symgame.kinds import activation


def pair(rng: np.random.Generator) -> Circuit:
    """A logistic pair with weights up to 16, of which about a fifth has several equilibria."""

    def drawn(low: float, high: float) -> sympy.Rational:
        return sympy.Rational(int(100 * rng.uniform(low, high)), 100)

    kinds = [activation("logistic", gain=drawn(0.5, 3), threshold=drawn(0, 4)) for _ in "EI"]
    W = [[drawn(0, 16), -drawn(0, 16)], [drawn(0, 16), -drawn(0, 8)]]
    return Circuit.from_matrix(W, names="EI", u=[drawn(-3, 3), drawn(-3, 3)], tau=[1, 2], activation=kinds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=200)
    rng = np.random.default_rng(0)
    solutions(pair(rng))  # what the first use of a module costs is not counted
    circuits = [pair(rng) for _ in range(parser.parse_args().pairs)]
    for digits in (15, 100):
        times, counts = [], []
        for circuit in circuits:
            start = perf_counter()
            found = solutions(circuit, digits)
            shown = [e.eigenvalues for e in found.equilibria]
            times.append(perf_counter() - start)
            counts.append(len(shown))
            if not found.complete:
                raise SystemExit(f"not complete: {found.reason}")
        print(
            f"{digits:4} digits: {len(circuits)} pairs, {sum(counts)} equilibria; a pair takes {median(times):.4f} s "
            f"(median), {max(times):.4f} s (longest)"
        )


if __name__ == "__main__":
    main()
