"""What AUTO finds of a bifurcation set, run by XPPAUT's engine of xpplab as its user would; in a process of its own.

A job comes in on standard input and what AUTO printed goes out on standard output, both as JSON. On every section, a
value of the second parameter, AUTO follows the equilibria from the lower end of the first; from each fold (LP) or Hopf
point (HB) that lies on none of the curves found so far, it follows the curve both ways in both parameters. Only the
time inside the engine's runs counts, not that of Python around it.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import xpplab

#: Of the runs along a section: with larger steps or AUTO's own tolerances its folds are off in the second digit, and
#: the curves from them end at once. No branch points: it reports folds that it steps over as such.
ONE = {"dsmin": 1e-7, "dsmax": 4e-3, "nmax": 40_000, "npr": 1_000_000, "epsl": 1e-9, "epsu": 1e-9, "epss": 1e-8,
       "mxbf": 0, "suppbp": 1, "itmx": 20, "itnw": 12}  # fmt: skip
#: Of the curves: they run far beyond the window unless the number of steps ends them.
TWO = {**ONE, "dsmax": 5e-2, "nmax": 1500, "epsl": 1e-6, "epsu": 1e-6}
KINDS = {"LP": "fold", "HB": "hopf"}


class Clock:
    """The time that the engine's runs take."""

    def __init__(self, engine: Any) -> None:
        self.seconds, self._call = 0.0, engine.call
        engine.call = self

    def __call__(self, name: str, *arguments: Any, **options: Any) -> Any:
        begin = time.perf_counter()
        try:
            return self._call(name, *arguments, **options)
        finally:
            if name == "xppe_auto_run":
                self.seconds += time.perf_counter() - begin

    def taken(self) -> float:
        taken, self.seconds = self.seconds, 0.0
        return taken


def followed(job: dict[str, Any]) -> dict[str, Any]:
    """The points that AUTO labels on the sections, and its curves as rows of two parameters and two rates."""
    Path("circuit.ode").write_text(job["ode"], encoding="utf-8")
    model = xpplab.load("circuit.ode")
    clock = Clock(model._engine)
    main, second = job["plane"]
    low, high = job["main"]
    bounds = {"parmin": low - 0.5, "parmax": high}
    specials: list[dict[str, Any]] = []
    curves: list[dict[str, Any]] = []
    seconds, lines, labels = 0.0, 0.0, set()

    def row(point: Any) -> list[float]:
        return [point.parameters[name] for name in job["plane"]] + [point.u0[name] for name in model.variables]

    for section in job["sections"]:
        model.auto.reset()
        model.set(**{main: low, second: section})
        model.equilibrium(set_initial=True)
        branch = model.auto.equilibria(main, from_equilibrium=False, ds=1e-3, **{**ONE, **bounds})
        lines += clock.taken()
        for point in branch.special():
            if point.type not in KINDS:
                continue
            kind, here = KINDS[point.type], row(point)
            specials.append({"kind": kind, "section": section, "at": here})
            if any(c["kind"] == kind and near(c["points"], here) < 0.2 for c in curves):
                continue
            both: list[list[float]] = []
            for ds in (1e-2, -1e-2):
                settings = {**TWO, **bounds, "ds": ds}
                run = model.auto.continue_from(point, "two-parameter", parameter=main, second=second, **settings)
                labels |= {p.type for p in run.special()}
                rows = [row(p) for p in run if p.type != "MX"]
                both = both[::-1] + rows
            took = clock.taken()
            seconds += took
            curves.append({"kind": kind, "points": both, "seconds": took})
    times = {"lines": lines, "curves": seconds}
    return {"specials": specials, "curves": curves, "labels": sorted(labels), "seconds": times}


def near(points: list[list[float]], here: list[float]) -> float:
    """The distance of the nearest of the points."""
    return float(np.linalg.norm(np.array(points) - np.array(here), axis=1).min()) if points else np.inf


if __name__ == "__main__":
    task = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as directory:  # AUTO writes files beside the current directory
        os.chdir(directory)
        answer = followed(task)
    print(json.dumps(answer))
