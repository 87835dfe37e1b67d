"""What was once false about circuits with copies: numbers of units that may be one, ratios, the law of depth."""

from __future__ import annotations

from fractions import Fraction

import pytest

import symgame
from symgame.circuit import Circuit, Copies
from symgame.depth_claims import combined, modes_of
from symgame.errors import CircuitError, HypothesisError
from symgame.groups import grouped
from symgame.microcircuits import lateral_inhibition, shared_inhibition
from symgame.notation import exact
from symgame.ratio_map import contrast_map
from symgame.selftest import sqrt
from symgame.unit_claims import of_depth


def one_or_more() -> Circuit:
    """``m + 1`` units with lateral inhibition l, so that m = 0 is one unit alone."""
    base = Circuit.from_matrix(
        [["w_EE", "-s - m*l"], ["w_IE", "-w_II"]],
        names=["E", "I"],
        types=["excitatory", "inhibitory"],
        assume=["s > 0", "w_IE > 0"],
    )
    lateral = base.W.applyfunc(lambda _: 0).as_mutable()
    lateral[0, 1] = exact("-l", "l")
    copies = Copies(("E", "I"), exact("m + 1", "count"), lateral.as_immutable())
    return Circuit(base.name, base.populations, base.W, base.assume, copies=(copies,))


CONTRAST = "(s - l)*w_IE + (1 - w_EE)*(1 + w_II) > 0"


@pytest.mark.parametrize(
    ("formula", "verdict"),
    [
        ("m >= 0", "proved"),
        ("m != 0", "refuted"),
        (f"p_matrix => {CONTRAST}", "refuted"),
        (f"m >= 1 & p_matrix => {CONTRAST}", "proved"),
        ("m = 0 => (p_matrix <=> w_EE < 1)", "proved"),
        ("m = 0 => (lds <=> w_EE < 1)", "cited"),
    ],
)
def test_one_unit_is_a_case_of_its_own(formula: str, verdict: str) -> None:
    assert symgame.check(one_or_more(), formula).verdict.kind == verdict


def test_only_whole_numbers_of_units() -> None:
    with pytest.raises(HypothesisError, match="whole"):
        symgame.check(lateral_inhibition(), "p_matrix => w_EE < 1", "n = 5/2")
    with pytest.raises(CircuitError, match="whole"):
        lateral_inhibition().with_values(n="5/2")


def test_depth_counts_every_unit_of_a_group() -> None:
    weights = {"w_EE": "3/10", "s": "5/2", "l": 2, "w_IE": "3/4", "w_II": 1}
    grouped = lateral_inhibition(**weights).with_values(n=5, k=1)
    units = (("E1",), ("E2", "E3", "E4", "E5"))
    explicit = symgame.depth(lateral_inhibition(5, **weights), "39/50", units=units)
    assert symgame.depth(grouped, "39/50").layers == explicit.layers == 2


def test_the_law_of_depth_states_what_it_needs() -> None:
    drafts = {d.id: d for d in of_depth(lateral_inhibition())}
    given = drafts["depth.law"].given
    assert {"p_matrix", "u_1 > u_2"} <= set(given) and any(h.endswith("< 1") for h in given)
    for needed in given:  # and none of it holds of itself
        assert symgame.check(lateral_inhibition(), needed).verdict.kind == "refuted"
    # excitation across units may keep the silent ones awake: then there is no such law to state
    assert "depth.law" not in {d.id for d in of_depth(shared_inhibition(w_X="w_X"))}


def test_the_modes_of_a_layer_are_those_of_equal_and_of_different_inputs() -> None:
    common, contrast = modes_of(contrast_map(lateral_inhibition()))
    assert combined(common, "a", "b") == "k*a + (n - k)*b" and combined(contrast, "a", "b") == "a - b"


def test_a_checker_compares_differences_of_roots() -> None:
    """``|sqrt a - sqrt b| < c`` stands in the claims on diagonal stability; the file tests itself with it."""
    gap = sqrt(2) - sqrt(3)
    assert abs(gap) < Fraction(32, 100) and abs(gap) > Fraction(31, 100) and abs(-gap) < Fraction(32, 100)


def test_other_names_another_order_and_another_number() -> None:
    """The inhibitory member first, N units of which j are driven by p: the same laws in other letters."""
    W = [["-d", "c", 0, 0], ["-a", "w", "-b", 0], [0, 0, "-d", "c"], ["-b", 0, "-a", "w"]]
    types = ["inhibitory", "excitatory"] * 2
    two = Circuit.from_matrix(
        W,
        names=["Q1", "P1", "Q2", "P2"],
        types=types,
        u=[0, "p", 0, "q"],
        tau=["t", "r"] * 2,
        assume=["a > 0", "c > 0"],
    )
    many = grouped(two, [["Q1", "P1"], ["Q2", "P2"]], ["j", "N - j"])
    small, large = "((1 + d)*(1 - w) + c*(a - b))", "((1 + d)*(1 - w) + c*(a - b*(1 - N)))"
    given = ["p_matrix", "p > 0", "q > 0"]
    assert symgame.check(many, f"p_matrix <=> w < 1 & {small} > 0").verdict.kind == "proved"
    law = f"exists(Q1,P1) <=> {small}*(j*p + (N - j)*q) <= {large}*j*(p - q)"
    assert symgame.check(many, law, given).verdict.kind == "proved"
    assert symgame.check(many, law.replace("j*(p - q)", "(p - q)"), given).verdict.kind == "refuted"
