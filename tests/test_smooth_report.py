"""What a report says of a smooth pair besides its claims: pictures, tables, formulas; against plain arithmetic."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from symgame.circuit import Circuit
from symgame.derivation import derive
from symgame.document import Display, Math, Table, Text
from symgame.illustration import illustration
from symgame.kinds import activation
from symgame.named import load
from symgame.numeric import solutions
from symgame.output import derivation_files, pictured
from symgame.smooth_article import smooth_sections
from symgame.smooth_captions import smooth_captions
from symgame.smooth_pictures import is_smooth_pair, smooth_numbers, smooth_pictures

MODELS = Path(__file__).parent / "corpus" / "models"
KINDS = ("logistic", "tanh", "arctan", "algebraic", "softplus", "power")


def pair(kind: str = "logistic", order: str = "EI") -> Circuit:
    """A pair with symbols for everything but its activation."""
    W = {"EE": "w_EE", "EI": "-w_EI", "IE": "w_IE", "II": "-w_II"}
    types = {"E": "excitatory", "I": "inhibitory"}
    return Circuit.from_matrix(
        [[W[a + b] for b in order] for a in order], names=order, types=[types[a] for a in order], activation=kind
    )


def numeric() -> Circuit:
    values = {"w_EI": 10, "w_IE": 10, "w_II": 1, "u_E": -1, "u_I": -4, "tau_E": 1, "tau_I": 1}
    return pair().with_values(**values)


def cell(text: Text) -> str:
    return "".join(part.latex if isinstance(part, Math) else str(part) for part in text)


def test_a_pair_in_numbers_has_its_equilibria_and_points_in_tables() -> None:
    formulas, numbers = smooth_sections(numeric(), "w_EE")
    assert (formulas.id, numbers.id) == ("bifurcations", "numbers")
    tables = {block.id: block for block in numbers.blocks if isinstance(block, Table)}
    assert {"equilibria-1", "special-points", "higher-points"} <= set(tables)
    hopf = [row for row in tables["special-points"].rows if cell(row[0]).startswith("Hopf")]
    assert [cell(row[0]) for row in hopf] == ["Hopf, supercritical"]
    w, e, i, omega = (float(cell(c)) for c in hopf[0][1:5])
    s, t = e * (1 - e), i * (1 - i)
    assert s * w - 1 - t - 1 == pytest.approx(0, abs=1e-4)  # the trace, both time constants 1
    assert omega**2 == pytest.approx((1 - s * w) * (1 + t) + 100 * s * t, rel=1e-4)
    cusps = [row for row in tables["higher-points"].rows if cell(row[0]) == "cusp"]
    assert len(cusps) == 2 and {cell(row[-1]) for row in cusps} == {"isolated"}


def test_the_tables_are_right_of_each_value() -> None:
    found = smooth_numbers(numeric(), "w_EE")
    assert found is not None and len(found.at) == len(found.equilibria) == 2
    for at, every in zip(found.at, found.equilibria, strict=True):
        assert every.complete
        for e in every.equilibria:
            x = np.array([float(e.state[n]) for n in "EI"])
            W = np.array([[float(at or 0), -10], [10, -1]])
            np.testing.assert_allclose(x, 1 / (1 + np.exp(-(W @ x + [-1, -4]))), atol=1e-12)


def test_symbols_give_formulas_alone() -> None:
    sections = smooth_sections(load(MODELS / "logistic_symbols.toml"), "w_EE")
    assert [section.id for section in sections] == ["bifurcations"]
    shown = [row[0] for block in sections[0].blocks if isinstance(block, Display) for row in block.rows]
    assert {"s_{E}", "s_{I}", r"\omega^{2}", r"4 \omega \ell_1"} <= set(shown)
    assert smooth_sections(load(MODELS / "pair_ie.toml"), "w_EE") == ()


@pytest.mark.parametrize("order", ["EI", "IE"])
def test_the_chosen_values_have_three_equilibria_and_an_oscillation(order: str) -> None:
    chosen = illustration(pair("tanh", order), "w_EE")
    counted = [sorted(bool(e.stable) for e in solutions(panel).equilibria) for panel in chosen.panels]
    assert sorted(counted, key=len) == [[False], [False, True, True]]
    assert all(chosen.admits(at) for at in chosen.at) and list(chosen.at) == sorted(chosen.at)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_pictures(kind: str) -> None:
    circuit = pair(kind)
    chosen = illustration(circuit, "w_EE")
    data = smooth_pictures(circuit, chosen)
    assert data is not None and data.left_out == ()
    assert data.diagram is not None and data.bifurcations is not None
    assert [figure.name for figure in smooth_captions(data)] == ["activations", "diagram", "bifurcations"]
    assert data.diagram.of_type("fold") or data.diagram.of_type("hopf")
    for at, panel in zip(chosen.at, chosen.panels, strict=True):
        if data.diagram.complete:
            assert data.diagram.count(float(at)) == len(solutions(panel).equilibria)
    for row in data.activations:
        if row.steepest is not None:
            assert row.slopes.max() <= float(row.steepest) + 1e-6


@pytest.mark.slow
def test_mixed_kinds_and_signed_weights() -> None:
    mixed = Circuit.from_matrix(
        [["w_EE", "-w_EI"], ["w_IE", 0]], names="EI", types=["excitatory", "inhibitory"],
        activation=[activation("logistic", gain=4), activation("softplus")],
    )  # fmt: skip
    signed = Circuit.from_matrix([["a", "b"], ["c", "d"]], names=["P", "Q"], activation="tanh")
    for circuit, over in ((mixed, "w_EE"), (signed, "a")):
        data = smooth_pictures(circuit, illustration(circuit, over))
        assert data is not None and data.diagram is not None and data.bifurcations is not None


def test_no_smooth_pair_has_none_of_this() -> None:
    assert not is_smooth_pair(load(MODELS / "pair_ie.toml")) and smooth_numbers(pair(), "w_EE") is None
    three = Circuit.from_matrix([["a", 0, 0], [0, 0, 0], [0, 0, 0]], names="ABC", activation="tanh")
    assert not is_smooth_pair(three)


@pytest.mark.slow
def test_the_report_shows_every_picture_and_is_the_same_each_time() -> None:
    derivation = derive(numeric(), "w_EE")
    files = derivation_files(derivation)
    names = {"phase-plane", "energies", "regimes", "regime-map", "best-responses", "activations", "diagram"}
    for name in (*names, "bifurcations"):
        assert f"figures/{name}.svg" in files
        assert f"{{figures/{name}.pdf}}" in str(files["report.tex"])
    pictures, notes = pictured(derivation)
    assert {Path(p.name).name for p in pictures} == names | {"bifurcations"} and notes == ()
    again = derivation_files(derivation)
    assert all(files[name] == again[name] for name in files)
    plain = derivation_files(derivation, figures=False)
    assert "Equilibria and bifurcations in numbers" in str(plain["report.tex"])
    assert not any(name.startswith("figures/") for name in plain)


def test_a_value_of_ones_own_is_kept() -> None:
    chosen = illustration(numeric().with_values(w_EE=12), "w_EE")
    assert chosen.at == (Fraction(12),)
