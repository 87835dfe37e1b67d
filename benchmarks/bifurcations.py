"""The bifurcation set of a logistic pair in the plane of its inputs: how long it takes, compiled.

    python benchmarks/bifurcations.py [--rounds N]
"""

from __future__ import annotations

import argparse
import statistics
import time

from symgame.bifurcation_sets import bifurcation_set
from symgame.circuit import Circuit
from symgame.kinds import activation

POINTS = 4000


def pair() -> Circuit:
    values = {"w_EE": 16, "w_EI": 12, "w_IE": 15, "w_II": 3}
    return Circuit.from_matrix(
        [["w_EE", "-w_EI"], ["w_IE", "-w_II"]], names="EI", types=["excitatory", "inhibitory"], tau=[1, 2],
        activation=activation("logistic"), values=values,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="The bifurcation set of a logistic pair.")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    circuit = pair()
    begin = time.perf_counter()
    found = bifurcation_set(circuit, points=POINTS)
    first = time.perf_counter() - begin
    times = []
    for _ in range(options.rounds):
        begin = time.perf_counter()
        found = bifurcation_set(circuit, points=POINTS)
        times.append(time.perf_counter() - begin)
    ours = statistics.median(times)
    total = sum(len(curve) for curve in found.curves)
    print(f"{len(found.curves)} curves, {total} points, {len(found.points)} special points")
    print(f"first call, derivation and compilation included: {1e3 * first:.0f} ms; then {1e3 * ours:.1f} ms")


if __name__ == "__main__":
    main()
