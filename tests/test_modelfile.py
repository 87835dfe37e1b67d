"""Model files that are good: what they mean, their defaults, and their values. (The bad ones are in ``corpus``.)"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from symgame.circuit import Circuit
from symgame.errors import ModelError
from symgame.modelfile import parse_model, read_model
from symgame.named import NAMED, load, named
from symgame.notation import symbol

PAIR = """
[circuit]
name = "Wilson-Cowan pair"
activation = "relu"

[populations]
E = { type = "excitatory", tau = "tau_E", input = "u_E" }
I = { type = "inhibitory", tau = "tau_I", input = "u_I" }

[weights]
E = { E = "w_EE", I = "w_EI" }
I = { E = "w_IE", I = "w_II" }
"""


def test_the_pair_of_the_contract() -> None:
    circuit = parse_model(PAIR)
    w_EE, w_EI, w_IE, w_II = map(symbol, ("w_EE", "w_EI", "w_IE", "w_II"))
    assert circuit.name == "Wilson-Cowan pair"
    assert circuit.names == ("E", "I")
    assert sympy.Matrix([[w_EE, -w_EI], [w_IE, -w_II]]) == circuit.W
    assert list(circuit.tau) == [symbol("tau_E"), symbol("tau_I")]
    assert list(circuit.u) == [symbol("u_E"), symbol("u_I")]
    assert [p.sign for p in circuit.populations] == [1, -1]
    assert circuit.symbols == ("w_EE", "w_EI", "w_IE", "w_II", "tau_E", "tau_I", "u_E", "u_I")


def test_what_is_left_out_gets_its_default() -> None:
    source = '[circuit]\nactivation = "saturating"\n[populations]\nA = { type = "excitatory" }\nB = {}\n'
    circuit = parse_model(source, "small.toml")
    assert circuit.name == "small"
    assert circuit.form == "rate"
    assert sympy.zeros(2, 2) == circuit.W
    assert list(circuit.tau) == [symbol("tau_A"), symbol("tau_B")]
    assert list(circuit.u) == [symbol("u_A"), symbol("u_B")]
    assert [dict(p.activation.parameters)["cap"] for p in circuit.populations] == [symbol("m_A"), symbol("m_B")]
    assert circuit.populations[1].sign is None


def test_the_order_of_the_file_is_the_order_of_the_vectors() -> None:
    swapped = PAIR.replace("[populations]\nE", "[populations]\nZ = {}\nE")
    assert parse_model(swapped).names == ("Z", "E", "I")


def test_each_population_may_have_an_activation_of_its_own() -> None:
    circuit = parse_model(PAIR + '[activation.I]\nkind = "saturating"\ncap = "5/2"\n')
    assert [p.activation.kind for p in circuit.populations] == ["relu", "saturating"]
    assert dict(circuit.populations[1].activation.parameters)["cap"] == sympy.Rational(5, 2)


def test_a_population_without_type_takes_signed_weights() -> None:
    source = '[circuit]\nactivation = "relu"\n[populations]\nA = {}\n[weights]\nA = { A = "-3/2" }\n'
    assert parse_model(source).W[0, 0] == sympy.Rational(-3, 2)


def test_entries_may_be_polynomials_and_decimals_are_exact() -> None:
    circuit = parse_model(PAIR.replace('E = "w_EE"', 'E = "0.1*g^2 + g/4"').replace('I = "w_EI"', "I = 0.25"))
    g = symbol("g")
    assert sympy.expand(circuit.W[0, 0] - (g**2 / 10 + g / 4)) == 0
    assert circuit.W[0, 1] == sympy.Rational(-1, 4)


def test_values_are_kept_apart_until_they_are_put_in() -> None:
    circuit = parse_model(PAIR + '[values]\nw_EE = "5/2"\nw_EI = "w_IE + 0.1"\nw_IE = 1\n')
    assert circuit.W[0, 0] == symbol("w_EE")
    assert dict(circuit.fixed().values)["w_EI"] == sympy.Rational(11, 10)
    fixed = circuit.fixed()
    assert sympy.Matrix([[sympy.Rational(5, 2), -sympy.Rational(11, 10)], [1, -symbol("w_II")]]) == fixed.W
    assert circuit.fixed(keep=("w_EE",)).W[0, 0] == symbol("w_EE")


def test_assumptions_are_kept_as_they_were_written() -> None:
    circuit = parse_model(PAIR + '[assume]\nextra = ["w_EE > 1", "tau_E <= tau_I"]\n')
    assert circuit.assume == ("w_EE > 1", "tau_E <= tau_I")


def test_the_voltage_form_is_declared() -> None:
    assert parse_model(PAIR.replace('activation = "relu"', 'activation = "relu"\nform = "voltage"')).form == "voltage"


def test_an_offset_at_rest_makes_the_resting_rate_zero() -> None:
    table = '[activation.E]\nkind = "logistic"\ngain = 2\nthreshold = 1\noffset = "rest"\n'
    phi = parse_model(PAIR + table).populations[0].activation.phi
    assert sympy.simplify(phi.subs(symbol("z"), 0)) == 0


@pytest.mark.parametrize("name", NAMED)
def test_every_built_in_circuit_can_be_read(name: str) -> None:
    assert isinstance(load(name), Circuit)
    assert load(name) == named(name)


def test_a_file_is_read_like_its_text(tmp_path: Path) -> None:
    path = tmp_path / "pair.toml"
    path.write_text(PAIR, encoding="utf-8")
    assert read_model(path) == parse_model(PAIR) == load(str(path))


def test_the_same_circuit_from_a_matrix() -> None:
    circuit = Circuit.from_matrix(
        [["w_EE", "-w_EI"], ["w_IE", "-w_II"]],
        names=["E", "I"],
        types=["excitatory", "inhibitory"],
        name="Wilson-Cowan pair",
    )
    assert circuit == parse_model(PAIR)


numbers = st.fractions(min_value=0, max_value=100, max_denominator=1000)


@given(st.lists(numbers, min_size=4, max_size=4), st.booleans())
def test_exact_numbers_stay_exact(entries: list[Fraction], as_values: bool) -> None:
    names = ("w_EE", "w_EI", "w_IE", "w_II")
    if as_values:
        source = PAIR + "[values]\n" + "".join(f'{n} = "{v}"\n' for n, v in zip(names, entries, strict=True))
    else:
        source = PAIR
        for name, entry in zip(names, entries, strict=True):
            source = source.replace(f'"{name}"', f'"{entry}"')
    a, b, c, d = (sympy.Rational(v.numerator, v.denominator) for v in entries)
    assert parse_model(source).fixed().W == sympy.ImmutableMatrix([[a, -b], [c, -d]])


@pytest.mark.parametrize("last", ["2", "u_E"])
def test_values_that_explode_when_put_into_one_another_are_refused(last: str) -> None:
    chain = '[values]\nw_EE = "w_EI^12"\nw_EI = "w_IE^12"\nw_IE = "w_II^12"\nw_II = "tau_E^12"\n'
    chain += f'tau_E = "tau_I^12"\ntau_I = "(u_I^12)^12"\nu_I = "{last}^12"\n'
    with pytest.raises(ModelError, match="too large"):
        parse_model(PAIR + chain)
