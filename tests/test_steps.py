"""The lines of a proof are themselves true: every formula of a step is checked like a claim."""

from __future__ import annotations

from pathlib import Path

import pytest

from symgame import Circuit, check
from symgame.claims import Claim
from symgame.derivation import derive
from symgame.named import load, wilson_cowan

MODELS = Path(__file__).parent / "corpus" / "models"
OTHERS = ("pair_ie", "single", "mutual_inhibition", "pair_numeric", "linear_pair")


def statements(claim: Claim) -> list[str]:
    """Each step as a statement of its own: equivalent to the word when it is chained, else true as it stands."""
    rows = [(step.formula, step.chained) for step in claim.steps if step.formula is not None]
    return [f"({claim.word}) <=> ({formula})" if chained else formula for formula, chained in rows]


def assert_true(circuit: Circuit, claims: tuple[Claim, ...]) -> int:
    count = 0
    for claim in claims:
        if claim.verdict.kind != "proved":
            continue
        for statement in statements(claim):
            answer = check(circuit, statement, claim.given, at=claim.at, search_missing=False)
            assert answer.verdict.kind in ("proved", "cited"), f"{claim.id}: {statement}: {answer.reason}"
            count += 1
    return count


def test_the_steps_of_the_pair_are_true() -> None:
    circuit = wilson_cowan()
    derivation = derive(circuit)
    assert assert_true(circuit, derivation.claims) >= 120
    assert all(c.steps for c in derivation.claims)
    assert all(
        step.reason and (step.formula is None or step.latex is None) for c in derivation.claims for step in c.steps
    )


@pytest.mark.slow
@pytest.mark.parametrize("model", OTHERS)
def test_the_steps_of_other_circuits_are_true(model: str) -> None:
    circuit = load(MODELS / f"{model}.toml").fixed()
    assert assert_true(circuit, derive(circuit).claims) >= 20


def test_a_wrong_step_would_be_seen() -> None:
    circuit = wilson_cowan()
    (claim,) = (c for c in derive(circuit).claims if c.id == "stability.hurwitz.E-I")
    wrong = [text.replace("w_EE < 1", "w_EE < 2") for text in statements(claim)]
    assert wrong != statements(claim)
    assert "refuted" in {check(circuit, text, search_missing=False).verdict.kind for text in wrong}


def test_the_definition_comes_first_and_the_claimed_form_last() -> None:
    claims = {c.id: c for c in derive(wilson_cowan()).claims}
    steps = claims["matrix.p"].steps
    assert "principal minor" in steps[0].reason and steps[-1].formula == "w_EE < 1"
    rows = claims["equilibria.state.E-I.E"].steps[0].formula
    assert rows == "(1 - w_EE)*x(E) + (w_EI)*x(I) = u_E & (-w_IE)*x(E) + (1 + w_II)*x(I) = u_I"
