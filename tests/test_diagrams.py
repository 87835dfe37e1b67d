"""One-parameter diagrams: published points, random pairs against brute force, other names and another order."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import symgame
from symgame.circuit import Circuit
from symgame.diagram_cycles import with_cycles
from symgame.errors import Unsupported
from symgame.floating import floating
from symgame.kinds import activation
from symgame.notation import symbol
from symgame.one_parameter import Diagram, diagram
from symgame.report import diagrams

ORACLES = Path(__file__).parent / "oracles"
ROWS = json.loads((ORACLES / "wilson_cowan_bifurcations.json").read_text(encoding="utf-8"))
OVER_W_EE = [row for row in ROWS if row["varied"] == "wEE"]


def exactly(value: object) -> Fraction:
    return Fraction(str(value))


def published(p: dict[str, Any], order: str = "EI", w_EE: object = "w", tau_I: object = None) -> Circuit:
    """The pair of the oracles, its two populations in either order."""
    kinds = {
        s: activation(
            "logistic",
            gain=exactly(p[f"a{s}"]),
            threshold=exactly(p[f"th{s}"]),
            offset="rest" if p["shift"] else 0,
        )
        for s in "EI"
    }
    W = {"EE": w_EE, "EI": -exactly(p["wEI"]), "IE": exactly(p["wIE"]), "II": -exactly(p["wII"])}
    tau = {"E": exactly(p["tauE"]), "I": exactly(p["tauI"]) if tau_I is None else tau_I}
    types = {"E": "excitatory", "I": "inhibitory"}
    return Circuit.from_matrix(
        [[W[a + b] for b in order] for a in order],
        names=[f"pop{s}" for s in order],
        types=[types[s] for s in order],
        u=[exactly(p[f"u{s}"]) for s in order],
        tau=[tau[s] for s in order],
        activation=[kinds[s] for s in order],
    )


QUICK = [("wc_onslow2014", "EI"), ("wc_neurolib_r0", "IE"), ("wc72_fig4_norefr", "IE")]


@pytest.mark.parametrize(
    ("row", "order"),
    [
        pytest.param(
            row, order, marks=() if (row["id"], order) in QUICK else pytest.mark.slow, id=f"{row['id']}-{order}"
        )
        for row in OVER_W_EE
        for order in ("EI", "IE")
    ],
)
def test_published_folds_and_hopf_points_none_missing_none_extra(row: dict[str, Any], order: str) -> None:
    found = diagram(published(row["params"], order), "w", (0, 70))
    assert found.complete
    points = [p for p in found.points if p.type in ("fold", "hopf") and p.state["popE"] > 0]
    wanted = sorted(row["bifurcations"], key=lambda b: float(b["w_EE"]))
    assert [p.type for p in points] == [{"SN": "fold", "HB": "hopf"}[b["type"]] for b in wanted]
    for point, b in zip(points, wanted, strict=True):
        assert point.value == pytest.approx(float(b["w_EE"]), abs=1e-12, rel=1e-12) and point.radius < 1e-40
        assert point.state == pytest.approx({"popE": float(b["x_E"]), "popI": float(b["x_I"])}, abs=1e-12)
        if b["omega"] is not None:
            assert point.omega is not None and float(point.omega.mid()) == pytest.approx(float(b["omega"]), rel=1e-12)
    if "origin_branch" in row:
        origin = row["origin_branch"]
        (crossing,) = found.of_type("transcritical")
        assert crossing.value == pytest.approx(float(origin["transcritical_w_EE"]), rel=1e-13)
        assert set(crossing.state.values()) == {0.0}
        (neutral,) = [p for p in found.of_type("neutral") if set(p.state.values()) == {0.0}]
        assert neutral.value == pytest.approx(float(origin["trace_zero_w_EE"]), rel=1e-13)
        assert all(set(arc.rates.ravel()) == {0.0} for arc in found.arcs if arc.fixed)


def test_the_time_constant_moves_no_state_and_changes_stability_where_published() -> None:
    params = next(row["params"] for row in ROWS if row["id"] == "wc_nma_limit_cycle")
    (row,) = [row for row in ROWS if row["varied"] == "tauI"]
    found = diagram(published(params, w_EE=exactly("6.4"), tau_I="t"), "t")
    (hopf,) = found.of_type("hopf")
    assert found.complete and hopf.value == pytest.approx(float(row["tau_I_star"]), rel=1e-13)
    for arc in found.arcs:
        assert arc.fixed and arc.stable is bool(arc.over.max() <= hopf.value) and np.ptp(arc.rates, axis=0).max() == 0


# -- random pairs -----------------------------------------------------------------------------------------------------

KINDS = ("logistic", "tanh", "arctan", "algebraic", "softplus", "power")
PARAMETERS = ("w_EE", "w_EI", "w_IE", "w_II", "u_E", "u_I")


def rounded(value: float) -> Fraction:
    return Fraction(round(value * 20), 20)


def random_pair(rng: random.Random, kinds: tuple[str, str], over: str) -> Circuit:
    size = 0.25 if {"softplus", "power"} & set(kinds) else 1.0
    values = {"w_EE": rng.uniform(0, 6), "w_II": rng.uniform(0, 3)}
    values |= {"u_E": rng.uniform(-1, 2), "u_I": rng.uniform(-1, 2)}
    values |= {"w_EI": rng.uniform(0.5, 6), "w_IE": rng.uniform(0.5, 6)}
    del values[over]
    phis = [
        activation(
            "power", k=rounded(rng.uniform(0.1, 0.5)), p=rng.choice([2, 3]), threshold=-rounded(rng.uniform(0, 1))
        )
        if kind == "power"
        else activation(kind, gain=rounded(rng.uniform(0.5, 2)), threshold=rounded(rng.uniform(-0.5, 1.5)))
        for kind in kinds
    ]
    pair = Circuit.from_matrix(
        [["w_EE", "-w_EI"], ["w_IE", "-w_II"]],
        names="EI",
        types=["excitatory", "inhibitory"],
        u=["u_E", "u_I"],
        tau=[rounded(rng.uniform(0.5, 3)), rounded(rng.uniform(0.5, 3))],
        activation=phis,
    )
    return pair.with_values(**{name: rounded(size * value) for name, value in values.items()})


def brute_force(circuit: Circuit, reach: float = 40.0) -> list[tuple[float, float]]:
    """The rates of all equilibria that damped Newton steps find from a grid of total inputs, by finite differences."""
    f = floating(circuit)
    z = np.stack(np.meshgrid(*[np.sinh(np.linspace(-1, 1, 81) * np.arcsinh(reach))] * 2)).reshape(2, -1)
    with np.errstate(all="ignore"):
        for step in range(120):
            up, down = (np.stack([phi(row) for phi, row in zip(f.phi, z + h, strict=True)]) for h in (1e-6, -1e-6))
            x, s = (up + down) / 2, (up - down) / 2e-6
            r = z - f.W @ x - f.u[:, None]
            a, b = 1 - f.W[0, 0] * s[0], -f.W[0, 1] * s[1]
            c, d = -f.W[1, 0] * s[0], 1 - f.W[1, 1] * s[1]
            move = np.stack([d * r[0] - b * r[1], a * r[1] - c * r[0]]) / (a * d - b * c)
            z = z - np.clip(np.nan_to_num(move), -1, 1) * (1.0 if step > 60 else 0.7)
        x = np.stack([phi(row) for phi, row in zip(f.phi, z, strict=True)])
        good = np.abs(z - f.W @ x - f.u[:, None]).max(axis=0) < 1e-6
    found: list[tuple[float, float]] = []
    for place in z[:, good].T:
        if not any(np.abs(place - np.array(other)).max() < 1e-4 for other in found):
            found.append((float(place[0]), float(place[1])))
    return found


def agrees_with_brute_force(found: Diagram, circuit: Circuit, value: Fraction) -> None:
    places = brute_force(circuit.with_values(**{found.over: value}).fixed())
    assert found.count(float(value)) == len(places)


def check_points(found: Diagram, circuit: Circuit) -> None:
    """Stationarity and the condition of each fold and Hopf point, by eigenvalues of finite differences."""
    for point in found.points:
        if point.type not in ("fold", "hopf"):
            continue
        value = Fraction(point.value)
        f = floating(circuit.with_values(**{found.over: value}).fixed())
        x = np.array(list(point.state.values()))
        assert np.abs(f.velocity(x)).max() < 1e-9 * max(1.0, np.abs(x).max())
        h = 1e-6 * np.eye(2)
        jacobian = np.stack([(f.velocity(x + e) - f.velocity(x - e)) / 2e-6 for e in h], axis=1)
        eigenvalues = np.linalg.eigvals(jacobian)
        size = np.abs(jacobian).max()
        if point.type == "fold":
            assert np.abs(eigenvalues).min() < 1e-6 * max(1.0, size)
        else:
            assert point.omega is not None and np.abs(eigenvalues.real).max() < 1e-6 * max(1.0, size)
            assert np.abs(eigenvalues.imag).max() == pytest.approx(float(point.omega.mid()), rel=1e-4)


def check_arcs(found: Diagram, circuit: Circuit) -> None:
    """The verdict of each arc at one of its places, by eigenvalues of finite differences."""
    for arc in found.arcs:
        k = len(arc.over) // 2
        if float(np.ptp(arc.over)) < 1e-3:
            continue
        f = floating(circuit.with_values(**{found.over: Fraction(float(arc.over[k]))}).fixed())
        x = arc.rates[k]
        h = 1e-7 * np.eye(2)
        jacobian = np.stack([(f.velocity(x + e) - f.velocity(x - e)) / 2e-7 for e in h], axis=1)
        largest = np.linalg.eigvals(jacobian).real.max()
        assert abs(largest) < 1e-5 or arc.stable is bool(largest < 0)


def check(seed: int, kinds: tuple[str, str], over: str) -> Diagram:
    rng = random.Random(seed)
    circuit = random_pair(rng, kinds, over)
    found = diagram(circuit, over, (0, 8) if over.startswith("w") else (-6, 6))
    check_points(found, circuit)
    check_arcs(found, circuit)
    low, high = found.window
    for _ in range(2):
        value = Fraction(round(rng.uniform(float(low), float(high)) * 1000), 1000)
        near = min((abs(point.value - float(value)) for point in found.points), default=1.0)
        if near > 0.01 and low < value < high and found.complete:
            agrees_with_brute_force(found, circuit, value)
    return found


@pytest.mark.parametrize("over", ["w_EE", "w_IE", "u_I"])
def test_a_logistic_pair_by_brute_force(over: str) -> None:
    assert check(5, ("logistic", "logistic"), over).complete


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("first", KINDS)
def test_random_pairs_by_brute_force(first: str, seed: int) -> None:
    second = KINDS[(KINDS.index(first) + seed) % len(KINDS)]
    found = check(100 * KINDS.index(first) + seed, (first, second), PARAMETERS[seed])
    bounded = not {first, second} & {"softplus", "power"}
    assert found.complete or not bounded


# -- places where a curve crosses another -----------------------------------------------------------------------------


def odd_pair(over: str = "w") -> Circuit:
    return Circuit.from_matrix([[over, -1], ["3/2", 0]], names="EI", u=[0, 0], tau=[1, 1], activation="tanh")


def test_a_pitchfork_by_symmetry_and_everything_twice() -> None:
    found = diagram(odd_pair(), "w", (0, 4))
    assert found.complete
    (pitchfork,) = found.of_type("pitchfork")
    assert pitchfork.value == 2.5 and found.of_type("hopf")[0].value == 2.0  # det = 1 - w + 3/2, trace = w - 2
    folds = found.of_type("fold")
    assert len(folds) == 2 and folds[0].value == folds[1].value
    assert {n: -v for n, v in folds[0].state.items()} == pytest.approx(folds[1].state)
    assert [found.count(v) for v in (2.2, 2.4, 2.6, 3.5)] == [1, 5, 3, 3]


def test_a_fold_is_a_change_of_nash_class_without_a_loop() -> None:
    pair = Circuit.from_matrix([["w", 0], [1, 0]], names="EI", u=["-1/2", 0], tau=[1, 2], activation="tanh")
    found = diagram(pair, "w", (0, 5))
    (fold,), (nash,) = found.of_type("fold"), found.of_type("nash")
    assert found.complete and fold.value == nash.value and nash.population == "E"


def test_gain_threshold_and_height_are_parameters_too() -> None:
    for key, value in (("gain", 2), ("threshold", 3), ("height", 1)):
        given: dict[str, object] = {"gain": 2, "threshold": 3, "height": 1}
        kinds = [activation("logistic", **(given | {key: symbol("q")})), activation("logistic")]
        pair = Circuit.from_matrix([[12, -4], [13, -11]], names="EI", u=[1, 0], tau=[1, 1], activation=kinds)
        found = diagram(pair, "q", (1, 6) if key != "height" else ("1/10", 2))
        assert found.complete and found.of_type("fold")
        agrees_with_brute_force(found, pair, Fraction(value) + Fraction(1, 100))


def test_bad_input_is_one_clear_error() -> None:
    with pytest.raises(Unsupported, match="piecewise linear"):
        diagram(Circuit.from_matrix([["w", -1], [1, 0]], u=[1, 1], tau=[1, 1]), "w")
    with pytest.raises(Unsupported, match="have no value: c"):
        diagram(Circuit.from_matrix([["w", "c"], [1, 0]], u=[1, 1], tau=[1, 1], activation="tanh"), "w")
    with pytest.raises(Unsupported, match="equations of both"):
        diagram(Circuit.from_matrix([["w", 1], ["w", 0]], u=[1, 1], tau=[1, 1], activation="tanh"), "w")
    with pytest.raises(Unsupported, match="no symbol 'v'"):
        diagram(odd_pair(), "v")
    with pytest.raises(Unsupported, match="the smaller first"):
        diagram(odd_pair(), "w", (3, 1))
    typed = published(ROWS[0]["params"])
    with pytest.raises(Unsupported, match="begin the window at 0"):
        diagram(typed, "w", (-1, 1))
    with pytest.raises(Unsupported, match="two populations"):
        diagram(Circuit.from_matrix([["w"]], u=[1], tau=[1], activation="tanh"), "w")


# -- what is drawn ----------------------------------------------------------------------------------------------------


def test_picture_json_and_lines_say_the_same() -> None:
    pair = published(next(row["params"] for row in ROWS if row["id"] == "wc_onslow2014"))
    found = symgame.diagram(pair, "w", (0, 5))
    document = diagrams.document(found)
    assert json.loads(json.dumps(document)) == document
    (hopf,) = [p for p in document["points"] if p["type"] == "hopf"]  # type: ignore[attr-defined]
    assert hopf["value"] == repr(found.of_type("hopf")[0].value)
    assert sum("fold: w = " in line for line in diagrams.lines(found)) == 2
    assert "proved by interval arithmetic" in diagrams.words(found).caption
    svg = found._repr_svg_()
    assert svg.count('id="fold"') == 2 or svg.count("fold") >= 2
    assert found._repr_svg_() == svg  # the same bytes


@pytest.mark.slow
def test_cycles_start_at_hopf_points_and_are_called_numerical() -> None:
    pair = published(next(row["params"] for row in ROWS if row["id"] == "wc_onslow2014"))
    found = with_cycles(diagram(pair, "w", (0, 5)))
    (family,) = found.cycles
    (hopf,) = found.of_type("hopf")
    assert 0 < family.over[0] - hopf.value < 0.05 and all(family.stable)
    inside = (family.minima[0] < list(hopf.state.values())) & (list(hopf.state.values()) < family.maxima[0])
    assert inside.all() and family.periods[0] == pytest.approx(2 * np.pi / float(hopf.omega.mid()), rel=0.02)  # type: ignore[union-attr]
    assert "numerical" in diagrams.words(found).caption


# -- where a search is hard, or has nothing to find -------------------------------------------------------------------


def self_neutral(over: str, kind: str, u: str) -> Circuit:
    """P with a logistic, Q with its own weight 1 at slope 1: what Q hears fixes the rate of P, at u."""
    return Circuit.from_matrix(
        [["-9/5", 1], [-1, 1]], names="PQ", u=["w" if over == "u" else "1/2", u],
        tau=["w" if over == "tau" else 1, 5], activation=[activation("logistic"), activation(kind)],
    )  # fmt: skip


@pytest.mark.parametrize("over", ["tau", "u"])
@pytest.mark.parametrize("kind", ["relu", "linear"])
def test_a_rate_that_its_neighbour_fixes(kind: str, over: str) -> None:
    """At 27/10 no logistic rate is right; at 1/2 one is. The own energy of Q is constant."""
    assert diagram(self_neutral(over, kind, "27/10"), "w", ("1/10", 9)).arcs == ()
    found = diagram(self_neutral(over, kind, "1/2"), "w", ("1/10", 9))
    inside = [arc for arc in found.arcs if arc.rates[0, 0] == 0.5]
    assert len(inside) == 1 and inside[0].nash == "local" and inside[0].stable  # det = s_P > 0, trace < 0
    for value, (_, x_Q) in zip(inside[0].over[1:-1:5], inside[0].rates[1:-1:5], strict=True):
        drive = value if over == "u" else 0.5
        assert x_Q == pytest.approx(1.8 * 0.5 - drive, abs=1e-12)  # logistic(0) = 1/2


@pytest.mark.slow
def test_a_double_zero_leaves_one_place_open_and_the_rest_standing() -> None:
    pair = Circuit.from_matrix(
        [[1, 0], [1, 1]], names="AB", u=["u", 0], tau=[1, 1], activation=activation("logistic", gain=4)
    )
    found = diagram(pair, "u", (-1, 1))
    assert not found.complete and all("u = -0.500000 was not decided" in doubt for doubt in found.doubts)
    (arc,) = found.arcs
    assert arc.stable and [arc.over.min(), arc.over.max()] == [-1, 1]


@pytest.mark.slow
def test_steep_activations_are_done_or_given_up_with_a_reason() -> None:
    def steep(gain: int) -> Circuit:
        return Circuit.from_matrix(
            [["w", -2], [2, 0]], names="EI", types=["excitatory", "inhibitory"], u=["1/2", 0], tau=[1, 1],
            activation=activation("logistic", gain=gain, threshold=1),
        )  # fmt: skip

    done, left = diagram(steep(300), "w", (0, 6)), diagram(steep(1000), "w", (0, 6))
    assert done.complete and len(done.arcs) == 11
    assert not left.complete and any("budget" in doubt or "not decided" in doubt for doubt in left.doubts)


# -- the window and the families of cycles ----------------------------------------------------------------------------


def test_a_window_that_was_asked_for_is_drawn_whole_and_arcs_are_read_upwards() -> None:
    asked, default = diagram(odd_pair(), "w", (0, 4)), diagram(odd_pair(), "w")
    assert diagrams.view(asked)[0] == (0.0, 4.0) and asked.chosen and not default.chosen
    assert diagrams.view(default)[0][1] < float(default.window[1])
    ends = [line.split(": ")[0].split(" from ")[1].split(" to ") for line in diagrams.lines(asked) if "  arc, " in line]
    assert len(ends) == len(asked.arcs) and all(float(a) <= float(b) for a, b in ends)


@pytest.mark.slow
def test_the_family_of_a_subcritical_hopf_point_turns_in_a_fold_of_cycles() -> None:
    """Beyond the Hopf point a large cycle is stable up to the fold: seen by integration alone, from far away."""
    from symgame.errors import NoCycle
    from symgame.limit_cycles import limit_cycle

    pair = published(next(row["params"] for row in ROWS if row["id"] == "wc_nma_limit_cycle"))
    found = with_cycles(diagram(pair, "w", (4, 9)))
    (hopf,), (family,) = found.of_type("hopf"), found.cycles
    (turn,) = family.folds
    assert turn == pytest.approx(6.8375, abs=2e-4) and turn == family.over.max() > hopf.value
    k = int(np.argmax(family.over))
    assert not any(family.stable[:k]) and all(family.stable[k + 2 :])
    assert 5.9425 < family.over.min() < 5.96 and "as towards an orbit through an equilibrium" in family.end
    low = limit_cycle(pair.with_values(w="683/100"), ["1/5", "1/20"])
    beside = np.flatnonzero((family.over[k:-1] >= 6.83) & (family.over[k + 1 :] < 6.83))[-1] + k
    assert low.stable and family.minima[beside, 0] > low.minima[0] > family.minima[beside + 1, 0]
    with pytest.raises(NoCycle, match="settle"):
        limit_cycle(pair.with_values(w="684/100"), ["1/5", "1/20"])
    (line,) = [line for line in diagrams.lines(found) if "limit cycles" in line]
    assert "unstable from w = 6.82" in line and "fold of cycles at 6.8375" in line and "left at w = 5.9" in line
    document = diagrams.document(found)["cycles"]
    assert document[0]["folds"] == [turn] and document[0]["end"] == family.end  # type: ignore[index]


@pytest.mark.slow
def test_a_family_that_ends_in_another_hopf_point_is_followed_once() -> None:
    """Over the input of E the published cycle lives between two Hopf points."""
    pair = Circuit.from_matrix(
        [["5/2", -2], [2, 0]], names="EI", types=["excitatory", "inhibitory"], u=["u", 0], tau=[1, 1],
        activation=activation("logistic", gain=4, threshold=1),
    )  # fmt: skip
    found = with_cycles(diagram(pair, "u", (-1, 3)))
    first, last = found.of_type("hopf")
    (family,) = found.cycles
    assert "ends in a Hopf point" in family.end and all(family.stable)
    assert family.over[0] == pytest.approx(first.value, abs=0.02)
    assert family.over[-1] == pytest.approx(last.value, abs=0.02)
