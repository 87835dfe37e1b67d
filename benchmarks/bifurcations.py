"""The bifurcation set of a logistic pair in the plane of its inputs: how long it takes, compiled; and AUTO, for the
same folds and Hopf curves, by the engine of xpplab in a process that is ended after some minutes.

    python benchmarks/bifurcations.py [--rounds N] [--no-auto]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from symgame.bifurcation_sets import bifurcation_set
from symgame.circuit import Circuit
from symgame.exporting import export
from symgame.kinds import activation

POINTS = 4000
SCRIPT = Path(__file__).parent.parent / "tests" / "auto_bifurcations.py"
#: The window, 3 beyond the outermost special points, and two lines in it that meet every fold and Hopf curve.
LOW, HIGH, SECTIONS = (-14.72, -19.54), (10.72, 7.54), (-9.27, -2.73)


def pair() -> Circuit:
    values = {"w_EE": 16, "w_EI": 12, "w_IE": 15, "w_II": 3}
    return Circuit.from_matrix(
        [["w_EE", "-w_EI"], ["w_IE", "-w_II"]], names="EI", types=["excitatory", "inhibitory"], tau=[1, 2],
        activation=activation("logistic"), values=values,
    )  # fmt: skip


def of_auto() -> dict[str, Any]:
    """What AUTO finds: a run along each section, and a curve from each labelled point that is on none yet."""
    text = export(pair().with_values(u_E=0, u_I=0), "xppaut")
    job = {"ode": text, "plane": ["u_E", "u_I"], "main": [LOW[0], HIGH[0]], "sections": SECTIONS}
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], input=json.dumps(job), capture_output=True, text=True, timeout=300, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def compare(ours: float, points: int) -> None:
    """AUTO's time for its points in the window: of every curve, its share of the time of the runs."""
    auto = of_auto()
    seconds, inside = 0.0, 0
    for curve in auto["curves"]:
        places = np.array(curve["points"])[:, :2]
        count = int(((places > LOW) & (places < HIGH)).all(axis=1).sum())
        inside += count
        seconds += curve["seconds"] * count / len(places)
    found = ", ".join(curve["kind"] for curve in auto["curves"])
    print(f"AUTO: {found}: {inside} points in the window in {1e3 * seconds:.0f} ms, of its engine alone")
    print(f"  and {1e3 * auto['seconds']['lines']:.0f} ms along lines, to find where they begin")
    print(f"ratio: {seconds / ours:.0f} in time, {seconds / inside / (ours / points):.0f} in time for a point")


def main() -> None:
    parser = argparse.ArgumentParser(description="The bifurcation set of a logistic pair.")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--no-auto", action="store_true")
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
    if not options.no_auto:
        compare(ours, total)


if __name__ == "__main__":
    main()
