"""What a quantifier binds, what a value stands for, what a regime sequence covers."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import pytest

from symgame.chart import regimes
from symgame.circuit import Circuit
from symgame.condition import holds
from symgame.errors import CircuitError, VocabularyError
from symgame.grammar import read_formula
from symgame.named import wilson_cowan
from symgame.statements import check, read

ABS = " & ".join(f"abs(u_E + {k}) >= 0" for k in range(12))


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("for_all_tau(trace < -1/2)", "refuted"),  # the value of the trace scales with the time constants
        ("for_all_tau(trace < 0)", "proved"),  # its sign does not
        ("for_some_tau(trace > -1/2)", "proved"),
        ("for_some_tau(trace > 0)", "refuted"),
        ("for_all_tau(disc > -1)", "refuted"),
    ],
)
def test_every_time_constant_is_bound_where_values_matter(statement: str, kind: str) -> None:
    assert check(wilson_cowan(), statement, "w_EE = 0 & w_II = 0", search_missing=False).verdict.kind == kind


def test_a_modulus_keeps_its_meaning_inside_a_quantifier() -> None:
    circuit = wilson_cowan()
    inside = "for_all_tau(hurwitz(E,I) | abs(u_E + 11) = 11)"
    assert check(circuit, f"{ABS} => {inside}", "u_E = 0").verdict.kind == "proved"
    with pytest.raises(VocabularyError, match="roots, moduli"):
        check(circuit, f"{ABS} & abs(u_E + 12) >= 0")


def test_values_resolve_one_another() -> None:
    circuit = wilson_cowan().with_values(w_EE="w_II + 1", w_II="2")
    assert check(circuit, "w_EE = 3 & w_II = 2").verdict.kind == "proved"
    assert check(circuit.with_values(w_II=5), "w_EE = 6").verdict.kind == "proved"
    with pytest.raises(CircuitError, match="cycle"):
        wilson_cowan().with_values(w_EE="w_II", w_II="w_EE")


def test_three_populations_do_not_hang_on_an_elimination() -> None:
    W = [[f"{a}{b}" for b in "xyz"] for a in "pqr"]
    circuit = Circuit.from_matrix(W, names=["A", "B", "C"])
    assert check(circuit, "for_all_tau(hurwitz) => p_matrix", search_missing=False).verdict.kind == "undecided"


@pytest.mark.parametrize("over", ["w_EE", "w_EI", "w_II"])
def test_sequences_hold_at_random_points(over: str) -> None:
    """At a random point the regime of the chart is among those its order lists for some interval."""
    rng = random.Random(over)
    circuit = wilson_cowan()
    chart = regimes(circuit, over)
    orders = [(o, read(circuit, read_formula(o.when), ()).query.conclusion) for o in chart.orders]
    met = set()
    for _ in range(300):
        point = {n: Fraction(rng.randint(1, 40), rng.choice((1, 2, 4, 8))) for n in circuit.symbols}
        (regime,) = [r for r in chart.regimes if holds(r.condition, point)]
        if "0" in regime.signs.values():
            continue  # on a threshold: sequences speak of the intervals between
        here = [o for o, when in orders if holds(when, point)]
        assert len(here) == 1
        label = f"{regime.name} ({regime.spectrum})" if regime.spectrum != regime.name else regime.name
        assert any(label in entry.split(" | ") for entry in here[0].sequence), (label, here[0])
        met.add(label)
    assert len(met) >= 4


def test_assumptions_on_the_parameter_bound_the_sequence() -> None:
    circuit = replace(wilson_cowan(), assume=("w_EE > 2", "w_EI > 0", "w_IE > 0"))
    for order in regimes(circuit, "w_EE").orders:
        assert not any("antagonistic" in entry for entry in order.sequence)
