"""The closed-form curves of logistic pairs against AUTO's, and what AUTO misses of them:

* in runs along u_I, the folds and Hopf points of every branch of equilibria that is not connected with the one it
  starts on; along u_E there is one branch, and it finds all;
* of curves in two parameters, their cusps, Bogdanov-Takens and Bautin points, which it passes without a label; and
  neutral saddles, for which it has no run;
* with its own tolerances and steps (1e-4 and 0.5), the place of its folds from the second digit on; from there it does
  not find the curve. It runs here with steps of 0.004 along a line and tolerances of 1e-9.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial import cKDTree

from symgame.bifurcation_curves import BifurcationSet, Curve, Floats
from symgame.bifurcation_sets import bifurcation_set
from symgame.circuit import Circuit
from symgame.exporting import export
from symgame.kinds import activation

pytestmark = pytest.mark.slow
SCRIPT = Path(__file__).with_name("auto_bifurcations.py")


def pair(weights: tuple[int, int, int, int], tau: tuple[int, int]) -> Circuit:
    return Circuit.from_matrix(
        [["w_EE", "-w_EI"], ["w_IE", "-w_II"]], names="EI", types=["excitatory", "inhibitory"], tau=tau,
        activation=activation("logistic"), values=dict(zip(("w_EE", "w_EI", "w_IE", "w_II"), weights, strict=True)),
    )  # fmt: skip


def of_auto(found: BifurcationSet, sections: list[float], main: tuple[float, float]) -> dict[str, Any]:
    """What AUTO finds from sections, values of the second parameter, with the first in an interval."""
    text = export(found.circuit.with_values(u_E=0, u_I=0), "xppaut")
    job = {"ode": text, "plane": found.plane, "main": main, "sections": sections}
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], input=json.dumps(job), capture_output=True, text=True, timeout=240, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def places(curve: Curve) -> Floats:
    return np.concatenate([curve.parameters, curve.rates], axis=1)


def distances(found: BifurcationSet, kind: str, points: Floats) -> Floats:
    """Of points (two parameters and two rates) from the curves of a kind, along their steps."""
    best = np.full(len(points), np.inf)
    for curve in found.of(kind):
        line = places(curve)
        at = cKDTree(line).query(points)[1]
        for shift in (-1, 0):
            k = np.clip(at + shift, 0, len(line) - 2)
            step, away = line[k + 1] - line[k], points - line[k]
            share = np.clip((away * step).sum(axis=1) / (step * step).sum(axis=1), 0, 1).reshape(-1, 1)
            best = np.minimum(best, np.linalg.norm(away - share * step, axis=1))
    return best


def crossings(found: BifurcationSet, kind: str, section: float, main: tuple[float, float]) -> Floats:
    """Where the curves of a kind have this value of the second parameter: (parameters, rates), by their secants."""
    rows = []
    for curve in found.of(kind):
        line = places(curve)
        off = line[:, 1] - section
        for k in np.flatnonzero(off[1:] * off[:-1] < 0):
            share = off[k] / (off[k] - off[k + 1])
            rows.append(line[k] + share * (line[k + 1] - line[k]))
    spots = np.array(rows).reshape(-1, 4)
    return spots[(spots[:, 0] > main[0]) & (spots[:, 0] < main[1])]


def in_window(points: Floats, window: tuple[Floats, Floats]) -> Floats:
    inside: Floats = points[((points[:, :2] > window[0]) & (points[:, :2] < window[1])).all(axis=1)]
    return inside


def missed(found: BifurcationSet, auto: dict[str, Any], section: float, main: tuple[float, float]) -> list[str]:
    """The kinds of our points on a section that AUTO did not label there."""
    kinds = []
    for kind in ("fold", "hopf"):
        labelled = [p["at"] for p in auto["specials"] if p["kind"] == kind and p["section"] == section]
        theirs = np.array(labelled).reshape(-1, 4)
        ours = crossings(found, kind, section, main)
        assert len(theirs) <= len(ours)
        kinds += [kind for spot in ours if not (abs(theirs - spot).max(axis=1) < 1e-5).any()]
    return kinds


@pytest.mark.parametrize(
    ("weights", "tau"), [((16, 12, 15, 3), (1, 2)), ((12, 10, 10, 0), (1, 1)), ((10, 20, 20, 2), (1, 1))]
)
def test_auto_finds_these_curves(weights: tuple[int, int, int, int], tau: tuple[int, int]) -> None:
    """All of them, in a window round their special points, both ways: its points lie on ours, and ours near its."""
    found = bifurcation_set(pair(weights, tau), points=40_000)
    marks = np.array([point.parameters for point in found.points])
    window = (marks.min(axis=0) - 3, marks.max(axis=0) + 3)
    main = (round(float(window[0][0]), 2), round(float(window[1][0]), 2))
    sections = np.linspace(window[0][1], window[1][1], 5)[1:-1].round(2).tolist()
    auto = of_auto(found, sections, main)
    assert len(auto["specials"]) >= 4 and auto["labels"] == []
    for special in auto["specials"]:
        assert distances(found, special["kind"], np.array([special["at"]]))[0] < 1e-6, special
    assert [missed(found, auto, section, main) for section in sections] == [[]] * len(sections)
    for kind in ("fold", "hopf"):
        theirs = [in_window(np.array(c["points"]), window) for c in auto["curves"] if c["kind"] == kind]
        off = distances(found, kind, np.concatenate(theirs))
        assert off.max() < 5e-5 and np.median(off) < 1e-7, (kind, off.max())
        for curve in found.of(kind):
            away = cKDTree(np.concatenate(theirs)).query(in_window(places(curve), window))[0]
            assert away.max() < 0.1, kind  # twice its step


def test_auto_misses_branches_that_are_not_connected() -> None:
    """Along u_I the curve of equilibria is in two parts, at ``u_E = -1`` in one."""
    found = bifurcation_set(pair((16, 12, 15, 3), (1, 2)), ("u_I", "u_E"), points=20_000)
    main, sections = (-20.0, 8.0), [-9.0, -1.0, 6.0]
    auto = of_auto(found, sections, main)
    assert [len(crossings(found, kind, -1.0, main)) for kind in ("fold", "hopf")] == [0, 2]
    for special in auto["specials"]:
        assert distances(found, special["kind"], np.array([special["at"]]))[0] < 1e-6, special
    assert [missed(found, auto, section, main) for section in sections] == [["fold", "hopf"], [], ["fold", "hopf"]]
