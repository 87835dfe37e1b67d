"""Pictures, read back from the drawing and from its data, and compared with exact truth."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.colors import to_hex

from symgame.algebra import algebra
from symgame.captions import captions, plane_summary
from symgame.chart import regime_name, regimes
from symgame.circuit import Circuit
from symgame.crossings import intervals, threshold_at
from symgame.errors import Unsupported
from symgame.illustration import illustration
from symgame.landscape import best_responses
from symgame.named import load
from symgame.numeric import solutions
from symgame.plane import phase_plane
from symgame.portrait import Portraits, figures_data
from symgame.presentation import Presentation
from symgame.report import canvas, figures

MODELS = Path(__file__).parent / "corpus" / "models"
PAIRS = ["wilson-cowan", "pair_ie", "pair_numeric", "pair_saturating", "soft_pair", "pair_pq", "mutual_inhibition"]
ALL = [*PAIRS, "single", "triple", "logistic_pair", "linear_pair", "pair_nonneg"]
_CACHE: dict[str, Portraits] = {}


def circuit_of(name: str) -> Circuit:
    return load(name if name == "wilson-cowan" else MODELS / f"{name}.toml")


def data_of(name: str) -> Portraits:
    if name not in _CACHE:
        _CACHE[name] = figures_data(circuit_of(name))
    return _CACHE[name]


def lines(ax: Any, kind: str) -> list[Any]:
    return [line for line in ax.lines if line.get_gid() == kind]


def points(line: Any) -> np.ndarray:
    return np.column_stack([np.asarray(v, dtype=float) for v in line.get_data()])


# -- the choice of values ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_chosen_values_lie_in_the_domain_and_keep_the_circuits_own(name: str) -> None:
    circuit, chosen = circuit_of(name), data_of(name).illustration
    assert chosen is not None
    for value in chosen.at:
        assert chosen.admits(value)
    for numeric in chosen.panels:
        assert numeric.symbols == ()
    own = {n: Fraction(str(v)) for n, v in circuit.values}
    assert {n: chosen.values[n] for n in chosen.given} == {n: v for n, v in own.items() if n != chosen.over}
    assert set(chosen.values) | {chosen.over} >= set(circuit.symbols)


@pytest.mark.parametrize("name", ["wilson-cowan", "pair_ie", "pair_saturating", "soft_pair", "pair_pq", "triple"])
def test_values_show_both_sides_of_the_switch(name: str) -> None:
    chosen = data_of(name).illustration
    assert chosen is not None and chosen.switch is not None
    assert chosen.switch.low == chosen.switch.high == 1
    below, past = chosen.at
    assert below < 1 < past
    for numeric in chosen.panels:  # everybody is active, and stable, on both sides
        full = [e for e in solutions(numeric).equilibria if e.branch == ",".join(numeric.names)]
        assert [e.stable for e in full] == [True]


def test_no_value_outside_the_domain_is_chosen() -> None:
    pair = Circuit.from_matrix(
        [["w_EE", "-w_EI"], ["w_IE", "-w_II"]],
        names="EI",
        types=["excitatory", "inhibitory"],
        assume=["w_EE > 1", "w_EE < 2", "w_EI > 0", "w_IE > 0"],
    )
    data = figures_data(pair)
    assert data.illustration is not None and data.strip is not None
    assert all(1 < at < 2 for at in data.illustration.at)
    assert {row.low.low if row.low else None for row in data.strip.rows} >= {1}
    assert all(1 < row.at < 2 for row in data.strip.rows)  # no regime is shown where the domain ends
    assert "antagonistic" not in {row.name for row in data.strip.rows}


def test_a_domain_without_rational_points_is_a_reason_not_an_error() -> None:
    pair = Circuit.from_matrix(
        [["w_EE", "-w_EI"], ["w_IE", 0]],
        names="EI",
        types=["excitatory", "inhibitory"],
        assume=["w_EI^2 = 2", "w_EI > 0"],
    )
    data = figures_data(pair)
    assert data.illustration is None and not figures.drawings(data)
    assert {x.name for x in data.left_out} == {"phase-plane", "energies", "regimes", "regime-map", "best-responses"}
    assert all("give some in [values]" in x.reason for x in data.left_out)


# -- phase planes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAIRS)
def test_markers_stand_at_the_exact_equilibria_and_show_their_class(name: str) -> None:
    data = data_of(name)
    drawing = figures.phase_planes(data.planes)
    assert len(drawing.axes) == len(data.planes) > 0
    for ax, plane in zip(drawing.axes, data.planes, strict=True):
        drawn = lines(ax, "equilibrium")
        truth = [e for e in solutions(plane.circuit).equilibria if e.type != "continuum"]
        assert len(drawn) == len(truth) > 0
        for line, e in zip(drawn, truth, strict=True):
            state = [float(e.state[n]) for n in plane.circuit.names]  # the first population is horizontal
            np.testing.assert_allclose(points(line)[0], state, rtol=0, atol=1e-15)
            shape = "^" if not e.strict else "o" if e.stable else "D" if e.type == "saddle" else "s"
            assert line.get_marker() == shape
            assert (to_hex(line.get_markerfacecolor()) == "#ffffff") == (e.nash == "stationary")
            assert line.get_fillstyle() == ("left" if e.nash == "local" else "full")
        assert ax.get_xlabel() == figures.label(f"x_{plane.circuit.names[0]}")
        assert ax.get_ylabel() == figures.label(f"x_{plane.circuit.names[1]}")


def segments_cross(one: np.ndarray, other: np.ndarray) -> list[np.ndarray]:
    """Where two polylines meet, in floating point."""
    found = []
    for p, q in pairwise(one):
        for r, s in pairwise(other):
            matrix = np.column_stack([q - p, r - s])
            if abs(np.linalg.det(matrix)) < 1e-14:
                continue
            t, v = np.linalg.solve(matrix, r - p)
            if -1e-12 <= t <= 1 + 1e-12 and -1e-12 <= v <= 1 + 1e-12:
                found.append(p + t * (q - p))
    return found


@pytest.mark.parametrize("name", PAIRS)
def test_nullclines_cross_at_the_equilibria_and_nowhere_else(name: str) -> None:
    data = data_of(name)
    for ax, plane in zip(figures.phase_planes(data.planes).axes, data.planes, strict=True):
        first, second = (points(line) for line in lines(ax, "nullcline"))
        crossings = segments_cross(first, second)
        states = [np.array(m.place) for m in plane.equilibria]
        for state in states:
            assert min(np.abs(crossing - state).max() for crossing in crossings) < 1e-9
        for crossing in crossings:
            assert min(np.abs(crossing - state).max() for state in states) < 1e-9


@pytest.mark.parametrize("name", PAIRS)
def test_nullclines_are_exact_polylines(name: str) -> None:
    for plane in data_of(name).planes:
        circuit = plane.circuit
        a = algebra(circuit)
        for line in plane.nullclines:
            i, j = line.population, 1 - line.population
            assert len(line.vertices) == len(circuit.populations[i].activation.pieces or ()) + 1
            for vertex in line.vertices:  # x_i = phi_i(W x + u), in exact arithmetic
                total = Fraction(str(circuit.populations[i].input)) + sum(
                    Fraction(str(circuit.W[i, k])) * vertex[k] for k in (i, j)
                )
                activation = circuit.populations[i].activation
                piece = next(p for p in activation.pieces or () if total <= p.upper)
                assert vertex[i] == Fraction(str(piece.slope)) * total + Fraction(str(piece.intercept))
        assert a.n == 2


def test_the_field_and_the_trajectories_follow_the_rate_equations() -> None:
    plane = data_of("wilson-cowan").planes[0]
    numbers = plane.circuit
    W = np.array([[float(numbers.W[i, j]) for j in range(2)] for i in range(2)])
    u, tau = (np.array([float(getattr(p, key)) for p in numbers.populations]) for key in ("input", "tau"))

    def velocity(x: np.ndarray) -> np.ndarray:
        return (-x + np.maximum(W @ x + u, 0)) / tau

    places, velocities = plane.field
    for k in range(0, places.shape[1], 3):
        np.testing.assert_allclose(velocities[:, k, 2], velocity(places[:, k, 2]), atol=1e-14)
    (quiver,) = [c for c in figures.phase_planes([plane]).axes[0].collections if hasattr(c, "U")]
    np.testing.assert_array_equal(quiver.XY, np.column_stack([places[0].ravel(), places[1].ravel()]))
    drawn, true = np.column_stack([quiver.U, quiver.V]), velocities.reshape(2, -1).T
    assert (np.sum(drawn * true, axis=1) > 0).all()  # the arrows point along the flow
    np.testing.assert_allclose(drawn[:, 0] * true[:, 1], drawn[:, 1] * true[:, 0], atol=1e-12)
    stable = np.array(plane.equilibria[0].place)
    for path in plane.trajectories:
        assert np.abs(path[-1] - stable).max() < 0.02 * np.abs(path[0]).max() + 0.01  # a global attractor


def test_the_three_equilibria_of_mutual_inhibition() -> None:
    (plane,) = data_of("mutual_inhibition").planes
    assert {(m.exact, m.stability) for m in plane.equilibria} == {
        ((Fraction(1), Fraction(0)), "stable"),
        ((Fraction(0), Fraction(1)), "stable"),
        ((Fraction(1, 3), Fraction(1, 3)), "saddle"),
    }
    assert plane_summary(plane).startswith("saddle; A = 1, B = 0: stable, Nash")


def test_swapped_classes_are_seen() -> None:
    """The markers of a stable and of a saddle point differ in shape and in colour, as those of Nash do in fill."""
    looks = {s: (canvas.MARKERS[s][0], canvas.MARKERS[s][1]) for s in canvas.MARKERS}
    assert len({shape for shape, _ in looks.values()}) == len({color for _, color in looks.values()}) == len(looks)
    nash = figures._marker("stable", "global"), figures._marker("stable", "stationary")
    assert nash[0]["markerfacecolor"] != nash[1]["markerfacecolor"] == "white"


def test_a_regime_is_named_only_where_everybody_is_active() -> None:
    values = {"w_EI": 1, "w_IE": 1, "w_II": 0, "u_E": -1, "u_I": -1, "tau_E": 10, "tau_I": 10}
    (silent,) = figures_data(circuit_of("wilson-cowan").with_values(w_EE="1/2", **values)).planes
    assert silent.regime == "" and [m.branch for m in silent.equilibria] == [""]
    (singular,) = figures_data(circuit_of("wilson-cowan").with_values(w_EE=2, **values)).planes
    assert singular.regime == "" and {m.branch for m in singular.equilibria} == {"", "E"}
    assert "a continuum of equilibria" in singular.notes[0]  # no marker can stand for it


def test_smooth_equilibria_are_certified_and_classified() -> None:
    planes = data_of("logistic_pair").planes
    assert [len(plane.equilibria) for plane in planes] == [1, 3]  # the values were chosen for that
    for plane in planes:
        assert plane.regime == "" and plane.notes == ()
        W = np.array(plane.circuit.W.tolist(), dtype=float)
        u, tau = (np.array([float(getattr(p, k)) for p in plane.circuit.populations]) for k in ("input", "tau"))
        for mark in plane.equilibria:
            x = np.array(mark.place)
            np.testing.assert_allclose(x, 1 / (1 + np.exp(-4 * (W @ x + u - 1))), atol=1e-12)
            slopes = 4 * x * (1 - x)
            eigenvalues = np.linalg.eigvals((slopes[:, None] * W - np.eye(2)) / tau[:, None])
            kind = "stable" if (eigenvalues.real < 0).all() else "saddle"
            assert mark.stability == kind
            curvatures = 1 / slopes - W.diagonal()
            assert (mark.nash == "stationary") == bool((curvatures < 0).any())


def test_own_energies_of_a_smooth_pair_are_what_their_curves_show() -> None:
    for row in data_of("logistic_pair").energies:
        for curve in row.curves:
            near = curve.energies[(np.abs(curve.rates - curve.rate) < 0.02) & (curve.rates != curve.rate)]
            assert (near < 0).all() if curve.extremum == "maximum" else (near > 0).all()
            if curve.extremum == "global minimum":
                assert curve.energies.min() >= -1e-12
            elif curve.extremum == "local minimum":
                assert curve.energies.min() < 0


def test_regimes_of_a_smooth_pair_are_those_at_frozen_gains() -> None:
    data = data_of("logistic_pair")
    assert data.strip is not None and data.map is not None and data.illustration is not None
    held = data.strip.illustration.values
    s, t = (float(held[name]) for name in ("s_E", "s_I"))
    assert 0 < s < 1 and 0 < t < 1 and data.strip.illustration.at == ()
    a, b, d = (float(held[name]) for name in ("w_EI", "w_IE", "w_II"))
    folds = [mark.value for mark in data.strip.marks if "fold" in mark.names]
    assert folds == [pytest.approx((1 + d * t + a * b * s * t) / (s * (1 + d * t)))]  # det(I - S W) = 0
    assert (data.map.over, data.map.other) == ("w_EE", "s_E")
    assert all("frozen gains" in c.caption for c in captions(data) if c.name in ("regimes", "regime-map"))


def test_three_populations_have_no_phase_plane() -> None:
    reasons = {x.name: x.reason for x in data_of("triple").left_out}
    assert "projection" in reasons["phase-plane"]
    assert set(figures.drawings(data_of("triple"))) == {"energies", "regimes", "regime-map", "best-response-path"}
    with pytest.raises(Unsupported, match="two populations"):
        phase_plane(circuit_of("single"))


# -- energies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["wilson-cowan", "pair_ie", "pair_saturating", "soft_pair", "triple"])
def test_the_excitatory_energy_has_a_minimum_before_and_a_maximum_past_the_switch(name: str) -> None:
    data = data_of(name)
    drawing = figures.own_energies(data.energies)
    names = data.circuit.names
    assert len(drawing.axes) == len(names)
    for i, ax in enumerate(drawing.axes):
        excitatory = data.circuit.populations[i].type == "excitatory"
        curves, marks = lines(ax, "energy"), lines(ax, "equilibrium")
        assert len(curves) == len(marks) == 2
        assert ax.get_xlabel() == figures.label(f"x_{names[i]}")
        for k, (curve, mark) in enumerate(zip(curves, marks, strict=True)):
            row = data.energies[k]
            x, energy = points(curve).T
            at, level = points(mark)[0]
            truth = next(e for e in solutions(row.circuit).equilibria if len(e.active) == len(names))
            assert at == float(truth.state[names[i]]) and level == 0.0
            assert np.interp(at, x, energy) == pytest.approx(0, abs=1e-12)
            near = energy[(np.abs(x - at) < 0.1 * at) & (x != at)]
            assert len(near) > 4
            assert (near < 0).all() if excitatory and k == 1 else (near > 0).all()
            assert (to_hex(mark.get_markerfacecolor()) == "#ffffff") == (excitatory and k == 1)
            assert row.curves[i].extremum == ("maximum" if excitatory and k == 1 else "global minimum")


def test_the_energy_of_the_pair_is_the_formula_of_the_text() -> None:
    """Without an activation cost inside the domain, ``E(x) - E(x*) = (1 - w_EE) (x - x*)^2 / 2``."""
    for row in data_of("wilson-cowan").energies:
        curve = row.curves[0]
        w = float(row.circuit.W[0, 0])
        np.testing.assert_allclose(curve.energies, (1 - w) * (curve.rates - curve.rate) ** 2 / 2, atol=1e-12)
        assert curve.domain == (0.0, np.inf) and curve.rates[0] == 0.0


def test_walls_stand_at_the_ends_of_the_domain() -> None:
    data = data_of("pair_saturating")
    for i, ax in enumerate(figures.own_energies(data.energies).axes):
        cap = float(data.planes[0].circuit.populations[i].activation.domain.end)
        assert sorted(points(line)[0, 0] for line in lines(ax, "wall")) == [0.0, cap]


# -- regimes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["wilson-cowan", "pair_ie", "pair_numeric", "pair_saturating", "pair_pq", "single"])
def test_the_strip_changes_at_the_thresholds_of_the_chart(name: str) -> None:
    data = data_of(name)
    assert data.strip is not None and data.illustration is not None
    chosen, over = data.illustration, data.illustration.over
    assert over is not None
    values = {}
    for t in regimes(circuit_of(name), over).thresholds:
        surd = threshold_at(t, chosen.values)
        if surd is not None:
            values[t.name] = float(surd[0]) + float(surd[1]) * float(surd[2]) ** 0.5
    (ax,) = figures.regime_strip(data.strip).axes
    drawn = [points(line)[0, 0] for line in lines(ax, "threshold")]
    assert drawn
    for value, crossing in zip(drawn, data.strip.marks, strict=True):
        assert crossing.names and all(values[n] == pytest.approx(value, abs=1e-11) for n in crossing.names)
    bars = sorted((bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches if bar.get_gid() == "interval")
    np.testing.assert_allclose([b for _, b in bars[:-1]], drawn)
    np.testing.assert_allclose([a for a, _ in bars[1:]], drawn)
    written = " ".join(t.get_text() for t in ax.texts)
    assert all(n.rstrip("+-") in written for c in data.strip.marks for n in c.names)


@pytest.mark.parametrize("name", ["wilson-cowan", "pair_numeric", "triple", "soft_pair", "single"])
def test_every_interval_has_the_name_of_exact_points_inside_it(name: str) -> None:
    data = data_of(name)
    assert data.strip is not None and data.illustration is not None
    chosen, over = data.illustration, str(data.illustration.over)
    low, high = chosen.window
    for row in data.strip.rows:
        a = low if row.low is None else row.low.high
        b = high if row.high is None else row.high.low
        assert a < row.at < b
        for part in (Fraction(1, 97), Fraction(31, 97), Fraction(73, 97), Fraction(96, 97)):
            assert regime_name(chosen.circuit, {over: a + part * (b - a)}) == row.name
    assert len({row.name for row in data.strip.rows}) >= (2 if name == "single" else 3)


def test_a_hidden_regime_between_close_crossings_is_not_lost() -> None:
    """The values of Tsodyks: between the node-focus threshold and the fold lies an interval of width 0.13."""
    data = data_of("pair_numeric")
    assert data.strip is not None
    assert [(r.name, r.spectrum) for r in data.strip.rows] == [
        ("antagonistic", "focus"),
        ("inhibition-stabilised", "focus"),
        ("inhibition-stabilised", "node"),
        ("saddle", "saddle"),
    ]
    assert [c.text for c in data.strip.marks] == ["1", "-12/5 + sqrt(30)", "109/34"]


@pytest.mark.parametrize("name", ["wilson-cowan", "pair_ie", "pair_numeric", "triple", "pair_saturating"])
def test_cells_of_the_map_agree_with_exact_names(name: str) -> None:
    area = data_of(name).map
    assert area is not None
    (ax,) = figures.regime_map(area).axes
    (image,) = ax.images
    assert (image.get_array() == area.cells).all() and image.origin == "lower"
    assert ax.get_xlabel() == figures.label(area.over) and ax.get_ylabel() == figures.label(area.other)
    random = np.random.default_rng(7)
    width, height = ax.get_xlim()[1] - ax.get_xlim()[0], ax.get_ylim()[1] - ax.get_ylim()[0]
    checked = 0
    for _ in range(150):
        a, b = (int(k) for k in random.integers(0, len(area.xs), 2))
        x, y = Fraction(float(area.xs[a])), Fraction(float(area.ys[b]))
        column = int((float(x) - ax.get_xlim()[0]) / width * area.cells.shape[1])  # the pixel under the exact point
        row = int((float(y) - ax.get_ylim()[0]) / height * area.cells.shape[0])
        assert area.names[image.get_array()[row, column]] == regime_name(area.circuit, {area.over: x, area.other: y})
        checked += 1
    assert checked == 150 and len(area.names) >= 3


@pytest.mark.parametrize("name", ["wilson-cowan", "triple"])
def test_boundaries_of_the_map_separate_two_regimes(name: str) -> None:
    area = data_of(name).map
    assert area is not None and area.boundaries
    step = np.array([area.xs[1] - area.xs[0], area.ys[1] - area.ys[0]])
    for line in area.boundaries:
        for k in range(1, len(line) - 1, max(1, len(line) // 7)):
            seen = set()
            for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1)):
                x, y = line[k] + 0.6 * step * (dx, dy)
                if x > 0 and y > 0:
                    seen.add(regime_name(area.circuit, {area.over: Fraction(x), area.other: Fraction(y)}))
            assert len(seen) >= 2


def test_labels_of_the_map_stand_in_their_own_regime() -> None:
    area = data_of("wilson-cowan").map
    assert area is not None and [k for k, _, _ in area.labels] == list(range(len(area.names)))
    for k, x, y in area.labels:
        point = {area.over: Fraction(x), area.other: Fraction(y)}
        assert regime_name(area.circuit, point) == area.names[k]


# -- best responses ---------------------------------------------------------------------------------------------------


def test_best_responses_of_the_pair_are_those_of_the_text() -> None:
    """``max(0, (u_E - w_EI x_I)/(1 - w_EE))`` before the switch; none of E past it; I's is the same on both sides."""
    data = data_of("wilson-cowan")
    before, past = data.responses
    for row in data.responses:
        n = row.plane.circuit
        e, i = row.responses
        w_EE, w_EI, w_IE, w_II = (abs(float(n.W[k])) for k in ((0, 0), (0, 1), (1, 0), (1, 1)))
        u_E, u_I = (float(p.input) for p in n.populations)
        np.testing.assert_allclose(i.response, np.maximum(0, (u_I + w_IE * i.other) / (1 + w_II)), atol=1e-12)
        if row is before:
            np.testing.assert_allclose(e.response, np.maximum(0, (u_E - w_EI * e.other) / (1 - w_EE)), atol=1e-12)
    assert [(r.falls, r.always) for r in before.responses] == [(False, False)] * 2
    assert [(r.falls, r.always) for r in past.responses] == [(True, True), (False, False)]
    drawing = figures.best_responses(data.responses)
    assert [len(lines(ax, "response")) for ax in drawing.axes] == [2, 1]
    assert "no best response of $E$" in drawing.axes[1].get_title()
    x = points(lines(drawing.axes[0], "response")[0])
    np.testing.assert_array_equal(x, np.column_stack([before.responses[0].response, before.responses[0].other]))


@pytest.mark.parametrize("name", [*PAIRS, "linear_pair"])
def test_nash_points_lie_on_both_best_responses_and_the_others_do_not(name: str) -> None:
    for row in data_of(name).responses:
        for mark in row.plane.equilibria:
            gaps = []
            for r in row.responses:
                good = np.isfinite(r.response)
                i = r.population
                if not good.any():
                    gaps.append(np.inf)
                    continue
                nearest = int(np.nanargmin(np.where(good, np.abs(r.other - mark.place[1 - i]), np.nan)))
                gaps.append(abs(r.response[nearest] - mark.place[i]))
            size = max(b - a for a, b in row.plane.box)
            assert (max(gaps) < 0.01 * size) == (mark.nash == "global")


def test_a_capped_response_jumps_past_the_switch() -> None:
    _, past = data_of("pair_saturating").responses
    e = past.responses[0]
    cap = float(past.plane.circuit.populations[0].activation.domain.end)
    assert set(np.unique(e.response[np.isfinite(e.response)])) == {0.0, cap}
    assert np.isnan(e.response).sum() == 1 and not e.falls  # one gap, where 0 and the cap are equally good
    k = int(np.flatnonzero(np.isnan(e.response))[0])
    n = past.plane.circuit
    inputs = float(n.W[0, 1]) * e.other + float(n.populations[0].input)
    threshold = (1 - float(n.W[0, 0])) * cap / 2  # the input at which the energies of 0 and of the cap are equal
    assert inputs[k - 1] >= threshold >= inputs[k + 1] and inputs[k - 1] > inputs[k + 1]


def test_on_the_switch_every_rate_is_a_best_response_to_one() -> None:
    """With ``w_EE = 1`` the energy of E is a straight line, level where ``u_E = w_EI x_I``: here at x_I = 1."""
    pair = Circuit.from_matrix([[1, -1], [1, "-1/2"]], names="EI", u=[1, 1], tau=[10, 10])
    row = best_responses(phase_plane(pair))
    e, i = row.responses
    (segment,) = e.indifferent
    assert segment == (1.0, 0.0, row.plane.box[0][1]) and i.indifferent == ()
    assert e.falls and not e.always  # below x_I = 1 the energy falls for ever, above it E is silent
    assert np.isnan(e.response[e.other < 1]).all() and (e.response[e.other > 1] == 0).all()
    (drawn,) = lines(figures.best_responses([row]).axes[0], "indifferent")
    np.testing.assert_array_equal(points(drawn), [[0, 1], [segment[2], 1]])
    capped = Circuit.from_matrix(
        [[1, -1], [1, "-1/2"]], names="EI", u=[1, 1], tau=[10, 10], activation="saturating", values={"m_E": 2, "m_I": 3}
    )
    assert best_responses(phase_plane(capped)).responses[0].indifferent == ((1.0, 0.0, 2.0),)


def test_smooth_responses_claim_nothing() -> None:
    for row in data_of("logistic_pair").responses:
        for r in row.responses:
            assert not r.falls and not r.always and np.isfinite(r.response).any()
    plane = phase_plane(data_of("logistic_pair").planes[0].circuit)
    assert best_responses(plane).responses[0].population == 0


# -- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_every_picture_is_drawn_or_left_out_with_a_reason(name: str) -> None:
    data = data_of(name)
    names = {"phase-plane", "energies", "regimes", "regime-map", "best-responses"}
    names |= {"best-response-path"} if len(data.circuit.names) in (3, 4) else set()
    drawn = set(figures.drawings(data))
    missing = {x.name: x.reason for x in data.left_out}
    assert drawn | set(missing) == names and not drawn & set(missing)
    assert all(len(reason) > 20 for reason in missing.values())
    assert [c.name for c in captions(data)] == list(figures.drawings(data))


def test_files_of_three_formats() -> None:
    files = figures.render(data_of("wilson-cowan"))
    assert len(files) == 15
    for name, content in files.items():
        start = {"svg": b"<?xml", "pdf": b"%PDF-", "png": b"\x89PNG"}[name.rsplit(".", 1)[1]]
        assert content.startswith(start) and 5_000 < len(content) < 300_000
        assert b"CreationDate" not in content and b"dc:date" not in content
    root = ElementTree.fromstring(files["figures/phase-plane.svg"])
    svg = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img" and "Nash" in str(root.get("aria-label"))
    title, description = root.find(f"{svg}title"), root.find(f"{svg}desc")
    assert title is not None and title.text == "Phase plane"
    assert description is not None and description.text == root.get("aria-label")
    assert root.find(f".//{svg}text") is None  # letters are paths: they look alike everywhere


@pytest.mark.slow
def test_the_same_bytes_under_any_hash_seed() -> None:
    program = (
        "import hashlib; from symgame.named import wilson_cowan; from symgame.portrait import figures_data;"
        "from symgame.report.figures import render; from symgame.captions import captions;"
        "d = figures_data(wilson_cowan()); f = render(d);"
        "print(hashlib.sha256(b''.join(f[k] for k in sorted(f)) + repr(captions(d)).encode()).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "77")
    }
    assert len(found) == 1 and len(found.pop().strip()) == len(hashlib.sha256().hexdigest())


def test_drawing_leaves_matplotlib_as_it_was() -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    figures.render(data_of("pair_numeric"), ["svg"])
    assert dict(matplotlib.rcParams) == before
    assert "matplotlib.pyplot" not in sys.modules or "pyplot" not in Path(figures.__file__).read_text("utf-8")


def test_computing_loads_no_matplotlib() -> None:
    program = (
        "import sys; from symgame.named import wilson_cowan; from symgame.portrait import figures_data;"
        "figures_data(wilson_cowan()); import symgame.report.figures; assert 'matplotlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="svg, pdf, png"):
        figures.render(data_of("single"), ["gif"])


# -- words ------------------------------------------------------------------------------------------------------------


def test_captions_say_the_values_and_which_were_chosen() -> None:
    by_name = {c.name: c for c in captions(data_of("wilson-cowan"))}
    chosen = data_of("wilson-cowan").illustration
    assert chosen is not None
    plain = by_name["phase-plane"].caption
    assert all(f"{n} = {v}" in plain for n, v in chosen.values.items()) and "Values chosen" in plain
    assert "before and past w_EE = 1" in plain
    assert "$w_{EE} = 1$" in by_name["phase-plane"].caption_latex
    assert "has no best response" in by_name["best-responses"].caption
    assert "E: maximum" in by_name["energies"].caption
    numeric = {c.name: c for c in captions(data_of("pair_numeric"))}["phase-plane"].caption
    assert "Values of the circuit: w_EI = 5/2" in numeric and "chosen" not in numeric


def test_latex_captions_are_balanced() -> None:
    for name in ALL:
        for c in captions(data_of(name)):
            assert c.caption_latex.count("$") % 2 == 0
            outside = re.sub(r"\$[^$]*\$", "", c.caption_latex)
            assert not re.search(r"(?<!\\)[_#%&^{}]", outside), outside


def test_labels_of_all_sorts_of_names() -> None:
    assert figures.label("w_EE") == "$w_{EE}$"
    assert figures.label("w_i_n") == "$w_{i,n}$"
    assert "4E2D" in figures.label("中") and canvas.plain_text("中_1 β") == "U+4E2D_1 β"  # no font here has the glyph
    assert canvas.mathematics(r"\frac{", "a$b_c") == r"a\$b_c"  # what cannot be set as mathematics is plain and escaped


def test_the_circuits_own_symbols_and_units_are_on_the_axes() -> None:
    style = Presentation(
        names=(("w_EE", r"\W_{EE}"), ("E", r"\W")),
        macros=((r"\W", r"\mathcal{W}"),),
        units=(("rate", "Hz"), ("time", "ms")),
    )
    data = figures_data(replace(circuit_of("wilson-cowan"), presentation=style))
    plane = figures.phase_planes(data.planes).axes[0]
    assert plane.get_xlabel() == r"$x_{{\mathcal{W}}}$ (Hz)" and r"\mathcal{W}" in plane.get_title()
    assert data.strip is not None
    assert figures.regime_strip(data.strip).axes[0].get_xlabel() == r"${\mathcal{W}}_{EE}$"
    assert r"\W_{EE}" in captions(data)[0].caption_latex
    assert all(figures.render(data, ["svg"]).values())


def test_unicode_populations_are_drawn() -> None:
    pair = Circuit.from_matrix(
        [["a", "-b"], ["c", "-d"]],
        names=["Excité", "β"],
        types=["excitatory", "inhibitory"],
        u=["entrée", "h"],
    )
    data = figures_data(pair)
    assert len(figures.render(data, ["png"])) == 5
    assert "Excité" in captions(data)[1].caption


def test_intervals_are_open_and_in_order() -> None:
    chosen = illustration(circuit_of("wilson-cowan"), "w_EE")
    rows = intervals(chosen.circuit, "w_EE", chosen.crossings, *chosen.window)
    ends = [(r.low, r.high) for r in rows]
    assert ends[0][0] is None and ends[-1][1] is None
    assert all(a[1] == b[0] for a, b in pairwise(ends))
