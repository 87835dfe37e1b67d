"""The papers in ``derivations/``: every claim is proved, and for each paper near misses are refuted."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from symgame import check

ROOT = Path(__file__).resolve().parents[1]
PAPERS = ("Betteti_2025", "Nozari_2022", "Tsodyks_1997")

#: A claim of a paper with one sign, one inequality or one hypothesis changed: formula, and what it is given.
NEAR_MISSES = {
    "Betteti_2025": [
        ("curvature(E) > 0 <=> w_EE <= 1", ()),
        ("weighted_potential", ()),
        ("rosen <=> w_EE <= 1", ()),
        ("monotone <=> w_EE < 1", ()),
        ("nash(E,I) <=> w_EE < 1", ("exists(E,I)",)),
        ("stable(E,I) => nash(E,I)", ()),
        ("for_all_tau(hurwitz(E,I)) <=> w_EE < 1", ()),
        ("stable(E,I) & w_EE > 1 => local_nash(E,I)", ()),
        ("energy(E) > 0 <=> w_EE < 1", ("exists(E,I)",)),
    ],
    "Nozari_2022": [
        ("w_II + 2 < w_EE => ~stable(E=m)", ()),
        ("exists(E,I) & w_EE <= w_II + 2 & det > 0 => ~stable(E,I)", ()),
        ("unique <=> w_EE <= 1", ()),
    ],
    "Tsodyks_1997": [
        ("hurwitz(E,I) <=> w_EE < 1 + w_EI*w_IE/(1 + w_II)", ()),
        ("dx(E, u_I) > 0", ("stable(E,I)",)),
        ("paradoxical(I) <=> w_EE > 1", ("exists(E,I)",)),
        ("paradoxical(I) <=> w_EE < 1", ("stable(E,I)",)),
        ("paradoxical(I) => hurwitz(E)", ("stable(E,I)",)),
    ],
}


@pytest.fixture
def paper(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT))
    return import_module(f"derivations.{request.param}")


def test_every_paper_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    files = {path.stem for path in (ROOT / "derivations").glob("*.py") if not path.stem.startswith("__")}
    assert set(import_module("derivations").PAPERS) == files == set(PAPERS) == set(NEAR_MISSES)


@pytest.mark.parametrize("paper", PAPERS, indirect=True)
def test_every_claim_is_proved(paper: Any) -> None:
    assert paper.__doc__ and paper.claims
    for claim in paper.claims:
        answer = check(paper.circuit, claim.formula, claim.given)
        assert answer.verdict.kind == "proved", f"{claim.says}: {answer.verdict.kind}, {answer.reason}"


@pytest.mark.parametrize(("paper", "name"), [(name, name) for name in PAPERS], indirect=["paper"])
def test_near_misses_are_refuted(paper: Any, name: str) -> None:
    for formula, given in NEAR_MISSES[name]:
        answer = check(paper.circuit, formula, given, search_missing=False)
        assert answer.verdict.kind == "refuted", f"{formula}: {answer.verdict.kind}, {answer.reason}"


def test_a_paper_runs_by_itself() -> None:
    command = [sys.executable, "-m", "derivations.Tsodyks_1997"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("proved") == len(done.stdout.splitlines()) >= 5
