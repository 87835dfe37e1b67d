"""Phase planes in notebooks: what the slider shows is exact, and there is a picture without ipywidgets too."""

from __future__ import annotations

import builtins
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import symgame
from symgame.chart import regime_name
from symgame.errors import CircuitError, ModelError, Unsupported
from symgame.interactive import Explorer
from symgame.numeric import solutions

VALUES = {"w_EI": "5/2", "w_IE": "3/2", "w_II": "7/10", "u_E": "1/2", "u_I": 0, "tau_E": 10, "tau_I": 5}


@pytest.fixture
def without_ipywidgets(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.split(".")[0] == "ipywidgets":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", refuse)


def test_a_phase_plane_renders_and_carries_its_data() -> None:
    picture = symgame.phase_plane(symgame.wilson_cowan(), w_EE="5/2", **VALUES)
    (plane,) = picture.data
    assert plane.at == Fraction(5, 2) and plane.equilibria[0].exact == (Fraction(17, 24), Fraction(5, 8))
    assert "stable, only stationary" in repr(picture) and "E = 17/24" in repr(picture)
    assert picture._repr_png_().startswith(b"\x89PNG")
    assert "inhibition-stabilised" in picture._repr_svg_() and "</svg>" in picture._repr_svg_()


def test_without_a_value_of_the_parameter_there_are_two_sides() -> None:
    below, past = symgame.phase_plane("wilson-cowan").data
    assert below.at is not None and past.at is not None and below.at < 1 < past.at
    assert [below.regime, past.regime] == ["antagonistic", "inhibition-stabilised"]


@pytest.mark.parametrize(("ending", "start"), [("svg", b"<?xml"), ("pdf", b"%PDF-"), ("png", b"\x89PNG")])
def test_save(tmp_path: Path, ending: str, start: bytes) -> None:
    target = tmp_path / f"plane.{ending}"
    symgame.phase_plane("wilson-cowan", w_EE=2, **VALUES).save(target)
    assert target.read_bytes().startswith(start)


def test_bad_input_is_one_clear_error(tmp_path: Path) -> None:
    picture = symgame.phase_plane("wilson-cowan", w_EE=2, **VALUES)
    with pytest.raises(ModelError, match=r"saved as \.svg, \.pdf, \.png"):
        picture.save(tmp_path / "plane.gif")
    with pytest.raises(ModelError, match="cannot write"):
        picture.save(tmp_path / "missing" / "plane.svg")
    with pytest.raises(CircuitError, match="no symbol 'w_XX'"):
        symgame.phase_plane("wilson-cowan", w_XX=1)
    with pytest.raises(Unsupported, match="two populations"):
        symgame.phase_plane(symgame.Circuit.from_matrix([["w"]]))
    with pytest.raises(CircuitError, match="was expected"):
        symgame.phase_plane(3)
    with pytest.raises(Unsupported, match="no symbol 'w_XX'"):
        symgame.explore("wilson-cowan", over="w_XX")
    with pytest.raises(Unsupported, match="name one"):
        symgame.explore(symgame.Circuit.from_matrix([[0, "-a"], ["-b", 0]], names="LR"))


def explorer() -> Explorer:
    found: Explorer = symgame.explore(symgame.wilson_cowan(), over="w_EE", **VALUES)
    return found


def test_steps_are_exact_and_in_the_domain() -> None:
    e = explorer()
    assert all(isinstance(step, Fraction) and step >= 0 for step in e.steps)
    assert list(e.steps) == sorted(set(e.steps)) and 10 < len(e.steps) <= 50
    assert Fraction(1) in e.steps  # the switch itself can be looked at
    with pytest.raises(Unsupported, match="outside"):
        e.move(Fraction(-1))


def test_moving_changes_the_data_and_the_title_is_exact() -> None:
    e = explorer()
    seen = {}
    for step in e.steps:
        e.move(step)
        assert e.data.at == step and e.title.startswith(f"w_EE = {step}: ")
        numeric = e.chosen.numeric(step)
        truth = solutions(numeric).equilibria
        assert [m.exact for m in e.data.equilibria] == [tuple(s.state.values()) for s in truth if s.type != "continuum"]
        if e.data.regime:
            assert e.data.regime == regime_name(e.chosen.circuit, {"w_EE": step})
            assert e.data.regime in e.title
        seen[step] = (e.data.regime, e.data.equilibria)
    assert len({regime for regime, _ in seen.values()}) >= 3
    assert seen[Fraction(1, 2)] != seen[Fraction(2)]


def test_the_slider_moves_the_picture() -> None:
    pytest.importorskip("ipywidgets")
    e = explorer()
    slider, title, picture = e.widget.children
    assert slider.continuous_update is False and slider.description == "w_EE"
    assert [value for _, value in slider.options] == list(e.steps)
    before, png = e.data, bytes(picture.value)
    slider.value = Fraction(1, 2)
    assert e.data is not before and e.data.at == Fraction(1, 2) and e.data.regime == "antagonistic"
    assert title.value == e.title and "stable, Nash" in title.value
    assert bytes(picture.value) != png and bytes(picture.value).startswith(b"\x89PNG")
    bundle = e._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle and "image/svg+xml" in bundle


def test_without_ipywidgets_there_is_a_strip(without_ipywidgets: None) -> None:
    e = explorer()
    assert e.widget is None
    bundle = e._repr_mimebundle_()
    assert set(bundle) == {"image/svg+xml", "text/plain"}
    assert [plane.regime for plane in e.strip.data] == [
        "antagonistic",
        "inhibition-stabilised",
        "inhibition-stabilised",
        "",  # past the fold the state with everybody active is no more, for these inputs
    ]
    assert bundle["text/plain"] == e.strip.summary and "stable, Nash" in bundle["text/plain"]
    e.move(Fraction(1, 2))  # the data follow without a slider
    assert e.data.regime == "antagonistic"


def test_another_order_and_other_names() -> None:
    pair = symgame.Circuit.from_matrix(
        [["-d", "c"], ["-b", "a"]],
        names=["Q", "P"],
        types=["inhibitory", "excitatory"],
        u=["h", "f"],
        tau=["t", "s"],
        assume=["b > 0", "c > 0"],
    )
    e = symgame.explore(pair)
    assert e.chosen.over == "a" and e.data.circuit.names == ("Q", "P")
    e.move(Fraction(1, 2))
    assert e.data.regime == "antagonistic"


def test_smooth_activations_are_explored_with_proved_classes() -> None:
    pair = symgame.Circuit.from_matrix(
        [["w_EE", "-w_EI"], ["w_IE", 0]], names="EI", types=["excitatory", "inhibitory"], activation="tanh"
    )
    e = symgame.explore(pair)
    e.move(e.steps[-1])
    assert "located" not in e.title and len(e.strip.data) == 2
    for plane in (*e.strip.data, e.data):
        truth = solutions(plane.circuit)
        assert truth.complete and not plane.notes
        for mark, solution in zip(plane.equilibria, truth.equilibria, strict=True):
            assert mark.place == tuple(float(v) for v in solution.state.values())
            assert (mark.stability == "stable") is solution.stable and mark.nash == solution.nash
