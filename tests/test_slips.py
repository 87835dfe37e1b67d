"""Slips behind refuted formulas: each is named, its correction is proved, and what is no slip is not explained."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import symgame
from symgame import Circuit, statements, symbol
from symgame.cli import main
from symgame.kinds import activation
from symgame.named import load

pytestmark = pytest.mark.slow  # of the long ones: run by `python -m pytest -m slow`

MODELS = Path(__file__).parent / "corpus" / "models"
EI = {"names": "EI", "types": ["excitatory", "inhibitory"]}
WEIGHTS = [["w_EE", "-w_EI"], ["w_IE", "-w_II"]]
CIRCUITS = {
    "pair": symgame.wilson_cowan(),
    "gain": Circuit.from_matrix(WEIGHTS, activation=activation("relu", gain=symbol("g")), assume=["g > 0"], **EI),
    "gain 2": Circuit.from_matrix(WEIGHTS, activation=activation("relu", gain=2), **EI),
    "I before E": Circuit.from_matrix(
        [["-b", "c"], ["-d", "a"]], names=["inh", "exc"], types=["inhibitory", "excitatory"], assume=["d > 0", "c > 0"]
    ),
    "numbers": Circuit.from_matrix([["5/2", "-5/2"], ["3/2", "-7/10"]], u=["1/2", 0], tau=[10, 5], **EI),
    "triple": load(MODELS / "triple.toml"),
    "one": Circuit.from_matrix([["a"]], names="R"),
    "saturating": load(MODELS / "pair_saturating.toml"),
    "copies": load("lateral-inhibition"),
    "signed": Circuit.from_matrix([[0, "-a"], ["-b", 0]], names="LR", assume=["a > 0", "b > 0"]),
}

#: circuit, refuted claim, the slip, the claim with the slip undone (``None``: as it is, under what the slip needs).
SLIPS = [
    ("pair", "det = (1 - w_EE)*(1 + w_II) - w_EI*w_IE", "sign of inhibition",
     "det = (1 - w_EE)*(1 + w_II) + w_EI*w_IE"),
    ("pair", "det = (1 - w_EE)*(1 - w_II) + w_EI*w_IE", "sign of inhibition",
     "det = (1 - w_EE)*(1 + w_II) + w_EI*w_IE"),
    ("pair", "dx(E,u_I) = -w_IE/det", "transposed weights", "dx(E,u_I) = -w_EI/det"),
    ("pair", "dx(E,u_I) = w_IE/det", "transposed weights", "dx(E,u_I) = -w_EI/det"),
    ("pair", "x(E) = (w_IE*u_E + (1 - w_EE)*u_I)/det", "swapped populations",
     "x(I) = (w_IE*u_E + (1 - w_EE)*u_I)/det"),
    ("pair", "lds <=> w_II < 1", "swapped populations", "lds <=> w_EE < 1"),
    ("pair", "trace < 0 <=> w_EE < 2 + w_II", "missing time constant", None),
    ("pair", "trace = (w_EE - 1)/tau_E - (1 + w_II)", "missing time constant", None),
    ("pair", "trace < 0 <=> w_EE < 1 + tau_I*(1 + w_II)/tau_E", "exchanged time constants",
     "trace < 0 <=> w_EE < 1 + tau_E*(1 + w_II)/tau_I"),
    ("pair", "lds <=> w_EE <= 1", "strict or not", "lds <=> w_EE < 1"),
    ("pair", "d_stable <=> w_EE < 1", "strict or not", "d_stable <=> w_EE <= 1"),
    ("pair", "exists() <=> u_E < 0 & u_I < 0", "strict or not", "exists() <=> u_E <= 0 & u_I <= 0"),
    ("pair", "lds <=> w_EE < 0", "self-weight and leak", "lds <=> w_EE - 1 < 0"),
    ("pair", "det = -w_EE*(1 + w_II) + w_EI*w_IE", "self-weight and leak",
     "det = -(w_EE - 1)*(1 + w_II) + w_EI*w_IE"),
    ("pair", "det = (1 - w_EE) + w_EI*w_IE", "self-weight and leak", None),
    ("pair", "lds <=> (1 - w_EE)^2 > 0", "sign condition left out", "lds <=> (1 - w_EE)^2 > 0 & 1 - w_EE > 0"),
    ("pair", "curvature(E) = w_EE - 1", "opposite sign", "curvature(E) = 1 - w_EE"),
    ("pair", "lds <=> w_EE > 1", "relation turned round", "lds <=> w_EE < 1"),
    ("gain", "lds <=> w_EE < 1", "gain left out", None),
    ("gain", "x(E) = ((1 + g*w_II)*u_E - g*w_EI*u_I)/((1 - g*w_EE)*(1 + g*w_II) + g^2*w_EI*w_IE)",
     "voltage form in place of rate form",
     "w_EE*x(E) - w_EI*x(I) + u_E = ((1 + g*w_II)*u_E - g*w_EI*u_I)/((1 - g*w_EE)*(1 + g*w_II) + g^2*w_EI*w_IE)"),
    ("I before E", "dx(exc,u_inh) = -c/det", "transposed weights", "dx(exc,u_inh) = -d/det"),
    ("I before E", "det = (1 - a)*(1 + b) - c*d", "sign of inhibition", "det = (1 - a)*(1 + b) + c*d"),
    ("I before E", "lds <=> b < 1", "swapped populations", "lds <=> a < 1"),
    ("triple", "dx(E,u_P) = (w_ES*w_SP + w_EP)/det", "sign of inhibition", "dx(E,u_P) = (w_ES*w_SP - w_EP)/det"),
    ("one", "p_matrix <=> (1 - a)^2 > 0", "sign condition left out", "p_matrix <=> (1 - a)^2 > 0 & 1 - a > 0"),
    ("saturating", "lds <=> w_EE <= 1", "strict or not", "lds <=> w_EE < 1"),
    ("copies", "p_matrix <=> w_EE < 1 & (1 - w_EE)*(1 + w_II) - (s - l)*w_IE > 0", "sign of a weight",
     "p_matrix <=> w_EE < 1 & (1 - w_EE)*(1 + w_II) + (s - l)*w_IE > 0"),
    ("signed", "dx(L,u_R) = -b/det", "transposed weights", "dx(L,u_R) = -a/det"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "claim", "slip", "right"), SLIPS)
def test_a_slip_is_named_and_what_it_corrects_is_true(name: str, claim: str, slip: str, right: str | None) -> None:
    circuit = CIRCUITS[name]
    answer = symgame.check(circuit, claim)
    assert answer.verdict.kind == "refuted" and answer.slip is not None
    assert answer.slip.name == slip
    assert answer.slip.formula == (right or str(answer.statement))
    assert bool(answer.slip.given) == (right is None)
    # by another road: the corrected formula is a statement like any other
    again = statements.check(circuit, answer.slip.formula, answer.slip.given, search_missing=False)
    assert again.verdict.kind == "proved"


@pytest.mark.parametrize(
    ("claim", "slip"),
    [
        ("det = -63/10", "sign of inhibition"),
        ("trace = -1/5", "missing time constant"),
        ("dx(E,u_I) = 5/4", "swapped populations"),
    ],
)
def test_slips_in_numbers(claim: str, slip: str) -> None:
    answer = symgame.check(CIRCUITS["numbers"], claim)
    assert answer.slip is not None and answer.slip.name == slip


def test_a_gain_that_is_a_number() -> None:
    answer = symgame.check(CIRCUITS["gain 2"], "lds <=> w_EE < 1")
    assert answer.slip is not None and answer.slip.sentence == "it would be right for slope 1: the gain is left out"
    assert symgame.check(CIRCUITS["gain 2"], "lds <=> w_EE < 1/2").slip is None


@pytest.mark.parametrize(
    ("name", "claim"),
    [
        ("pair", "stable(E,I) => nash(E,I)"),  # nothing typed: a thought, no slip
        ("pair", "nash(E,I) <=> stable(E,I)"),
        ("pair", "unique <=> det > 0"),
        ("pair", "paradoxical(I) <=> w_EE > 1"),  # what is missing is a hypothesis
        ("pair", "lds <=> w_EE < 5"),
        ("pair", "stable(E,I) => w_EE < 0"),
        ("pair", "w_EE < 1"),
        ("numbers", "det = 17"),
        ("triple", "lds <=> w_EE < 1"),
        ("copies", "det = (1 - w_EE)*(1 + w_II)"),
    ],
)
def test_what_is_no_slip_is_not_explained(name: str, claim: str) -> None:
    answer = symgame.check(CIRCUITS[name], claim)
    assert answer.verdict.kind == "refuted" and answer.slip is None


@pytest.mark.parametrize("claim", ["lds <=> w_EE < 1", "det = (1 - w_EE)*(1 + w_II) + w_EI*w_IE"])
def test_what_is_true_has_no_slip(claim: str) -> None:
    answer = symgame.check(CIRCUITS["pair"], claim)
    assert answer.verdict.kind == "proved" and answer.slip is None


def test_no_slip_is_found_for_an_empty_reason() -> None:
    """With w_EE = 0 both sides would be true of every circuit, which explains nothing."""
    answer = symgame.check(CIRCUITS["pair"], "lds <=> (1 + w_II) + w_EI*w_IE > 0")
    assert answer.verdict.kind == "refuted" and answer.slip is None
    answer = symgame.check(CIRCUITS["pair"], "w_EI - w_IE < 0 => lds")  # with w_EE = 0 it is lds whatever is supposed
    assert answer.verdict.kind == "refuted" and answer.slip is None
    answer = symgame.check(CIRCUITS["pair"], "w_EE > 1 => lds")
    assert answer.slip is not None and answer.slip.name == "relation turned round"


def test_the_search_is_short() -> None:
    """A refutation that no slip explains costs a bounded number of tries."""
    pair = CIRCUITS["pair"]
    for claim in ("lds <=> w_EE < 5", "p_matrix <=> w_EE < 1 + w_EI*w_IE/(1 + w_II)"):
        begun = time.perf_counter()
        symgame.formula_slips.with_slip(pair, statements.check(pair, claim, search_missing=False))
        assert time.perf_counter() - begun < 2  # a few tenths of a second on an idle machine


def test_the_answer_shows_its_slip(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "wilson-cowan", "det = (1 - w_EE)*(1 + w_II) - w_EI*w_IE"]) == 1
    out = capsys.readouterr().out.splitlines()
    assert "  slip: it would be right with the opposite sign of w_EI" in out
    assert "  right: det = (1 - w_EE)*(1 + w_II) + w_EI*w_IE" in out
    html = symgame.check(CIRCUITS["pair"], "lds <=> w_EE <= 1")._repr_html_()
    assert "with &lt; in place of &lt;=" in html
