"""The data of the pictures of competing units, against enumeration, plain definitions and theory."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from symgame.branches import branch
from symgame.cells import System
from symgame.circuit import Circuit
from symgame.competition import Competition, figures_of, lateral_symbol
from symgame.condition import TRUE
from symgame.errors import CircuitError, SymgameError, Unsupported
from symgame.fields import coupling, field_units, picture, sharpened
from symgame.floating import floating
from symgame.grammar import read_branch
from symgame.kinks import decays, kinks
from symgame.microcircuits import column, lateral_inhibition, shared_inhibition
from symgame.numeric import solutions, system
from symgame.pivoting import lone_equilibrium
from symgame.profiles import driven, edge, profile, profiles, with_inputs
from symgame.unit_game import UnitGame, unit_game
from symgame.unit_map import UnitMap, coarse_count, unit_map

pytestmark = pytest.mark.slow  # of the long ones: run by `python -m pytest -m slow`

F = Fraction
WINDOW = (F(0), F(3))
WEIGHTS = {"s": 1, "w_IE": 1, "w_II": "1/2", "u_1": 1, "u_2": "3/4", "tau_E": 10, "tau_I": 10}


def pair(**values: object) -> Circuit:
    return lateral_inhibition(2).with_values(**{**WEIGHTS, **values})


def reordered(circuit: Circuit, order: list[int], names: dict[str, str] | None = None) -> Circuit:
    """The same circuit, its populations in another order and under other names."""
    names = names or {}
    populations = tuple(replace(p, name=names.get(p.name, p.name)) for p in (circuit.populations[i] for i in order))
    return replace(circuit, populations=populations, W=circuit.W.extract(order, order), inputs=())


# -- profiles ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_a_profile_is_the_equilibrium_that_enumeration_finds(seed: int) -> None:
    chance = random.Random(seed)
    weights = {"w_EE": F(chance.randint(0, 3), 4), "s": F(chance.randint(1, 4), 2), "l": F(chance.randint(0, 3), 8)}
    circuit = lateral_inhibition(4, lateral=chance.choice(["line", "ring", "all"]), w_IE=1, w_II="1/2", **weights)
    inputs = [F(chance.randint(0, 8), 4) for _ in range(4)]
    found = profile(circuit, inputs)
    numbers = with_inputs(circuit, inputs).with_values(tau_E=1, tau_I=1)
    listed = solutions(numbers).equilibria
    assert tuple(found.rates) in [tuple(e.state[f"E{k}"] for k in range(1, 5)) for e in listed]
    if found.unique:
        assert len(listed) == 1
    assert found.units == ("E1", "E2", "E3", "E4") and found.inputs == tuple(inputs)


def test_bands_at_an_edge_and_only_with_lateral_inhibition() -> None:
    base = {"w_EE": "1/2", "s": 1, "w_IE": 1, "w_II": "1/2"}
    ring = lateral_inhibition(16, lateral="ring", l="1/4", **base)
    found, plain = profiles(ring), profile(lateral_inhibition(16, lateral="ring", l=0, **base), edge(16))
    rates = found[0].rates
    assert rates[8] == max(rates) and rates[7] == min(rates)  # 0..7 dark, 8..15 bright, and closed to a ring
    assert rates[3] > rates[7] and rates[11] < rates[8] and rates[7] == rates[0] and rates[8] == rates[15]
    assert set(plain.rates) == {F(1, 2) * plain.rates[8], plain.rates[8]}  # without it the image of the edge
    assert all(p.unique for p in found)


def test_a_profile_does_not_depend_on_the_order_of_populations() -> None:
    circuit = lateral_inhibition(3, w_EE="1/2", s=1, l="1/4", w_IE=1, w_II=0)
    turned = reordered(circuit, [1, 0, 3, 2, 5, 4], {"E1": "A", "E2": "B", "E3": "C"})  # I before E
    assert driven(turned) == ("A", "B", "C")
    assert profile(turned, [1, "1/2", 0]).rates == profile(circuit, [1, "1/2", 0]).rates


def test_no_uniqueness_is_claimed_where_there_are_several() -> None:
    strong = lateral_inhibition(2, w_EE="1/2", s=0, l=2, w_IE=1, w_II=0)
    found = profile(strong, [1, 1])
    assert found.unique is None
    assert len(solutions(with_inputs(strong, [1, 1]).with_values(tau_E=1, tau_I=1)).equilibria) == 3


def test_mistakes_are_named() -> None:
    circuit = lateral_inhibition(3, w_EE="1/2", s=1, l="1/4", w_IE=1, w_II=0)
    with pytest.raises(CircuitError, match=r"2 inputs were given; give one to each of E1, E2, E3"):
        profile(circuit, [1, 2])
    with pytest.raises(Unsupported, match="6 to 64 units; this circuit has 3"):
        profiles(circuit)
    with pytest.raises(SymgameError, match="w_EE"):
        profile(lateral_inhibition(6), [1] * 6)


# -- stability on kinks -----------------------------------------------------------------------------------------------


def test_a_silent_loser_is_decided_and_a_loop_through_kinks_is_not() -> None:
    circuit = pair(w_EE="1/2", l="5/2").fixed()
    found = {e.branch: (e.strict, e.stable) for e in solutions(circuit).equilibria}
    assert found == {"E1,I1": (False, True), "E2,I2": (False, True), "E1,I1,E2,I2": (True, False)}
    winner = branch(circuit, read_branch("E1,I1"))
    assert list(kinks(winner)) == [3] and decays(winner) == TRUE
    loop = Circuit.from_matrix([["w", -1], [1, 0]], names="AB", u=[0, 0], tau=[1, 1])
    assert decays(branch(loop, ())) is None
    alone = branch(Circuit.from_matrix([["w", 0], [0, 0]], names="AB", u=[0, 1], tau=[1, 1]), read_branch("B"))
    assert str(decays(alone)) == "w < 1"  # A, on its kink, runs away otherwise


@pytest.mark.parametrize("seed", range(6))
def test_stable_on_a_kink_means_that_orbits_return(seed: int) -> None:
    circuit = pair(w_EE="1/2", l="5/2").fixed()
    f = floating(circuit)
    for e in solutions(circuit).equilibria:
        if not e.strict and e.stable:
            rest = np.array([float(e.state[n]) for n in circuit.names])
            x = np.maximum(rest + 1e-3 * np.random.default_rng(seed).standard_normal(4), 0)
            for _ in range(20_000):
                x = x + 0.05 * f.velocity(x)
            assert np.allclose(x, rest, atol=1e-6)


# -- the map ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def area() -> UnitMap:
    return unit_map(pair(), "w_EE", "l", (WINDOW, WINDOW))


def test_every_cell_says_what_enumeration_says(area: UnitMap) -> None:
    chance = random.Random(5)
    seen = set()
    for _ in range(150):
        a, b = chance.randrange(len(area.xs)), chance.randrange(len(area.ys))
        near = [F(float(v)).limit_denominator(10**7) for v in (area.xs[a], area.ys[b])]
        numbers = area.circuit.with_values(w_EE=near[0], l=near[1]).fixed()
        listed = solutions(numbers).equilibria
        region = area.regions[area.cells[b, a]]
        assert {e.branch for e in listed if e.stable} == set(region.stable), near
        assert bool(listed) == bool(region.stable or region.other)
        seen.add(region.name)
    assert seen == {"E1 and E2", "E1 alone", "E1 or E2 alone", "none stable", "no equilibrium"}


def test_boundaries_are_those_of_theory(area: UnitMap) -> None:
    """Silent below the ratio rho, both below 1/rho, without end past 1 - w_EE + s w_IE/(1 + w_II)."""
    r, w_IE, w_II, s = F(3, 4), 1, F(1, 2), 1

    def curve(name: str) -> np.ndarray:
        (found,) = (b for b in area.boundaries if b.equation == name)
        return np.concatenate(found.points)

    for name, ratio in (("9*w_EE + 8*l = 15", r), ("6*w_EE + 3*l = 10", 1 / r)):
        x, y = curve(name).T
        own = (1 - x) * float(1 + w_II) + s * w_IE
        assert np.allclose(y * w_IE, float(ratio) * own, atol=1e-6) and len(x) > 50
    assert np.allclose(curve("3*w_EE = 5")[:, 0], 1 + s * w_IE / float(1 + w_II))
    assert len(area.boundaries) == 4


def test_a_map_does_not_depend_on_names_and_order(area: UnitMap) -> None:
    turned = reordered(pair().fixed(keep=("w_EE", "l")), [3, 2, 1, 0], {"E1": "P", "E2": "Q"})
    other = unit_map(turned, "w_EE", "l", (WINDOW, WINDOW))
    assert np.array_equal(area.cells, other.cells)
    assert {b.equation for b in other.boundaries} == {b.equation for b in area.boundaries}
    assert [r.name for r in other.regions][:2] == ["Q and P", "P alone"]


def test_three_units_caps_and_mistakes() -> None:
    capped = Circuit.from_matrix(
        [[0, "-a"], ["-b", 0]], names="LR", u=[1, 1], tau=[1, 1], activation="saturating", values={"m_L": 2, "m_R": 2}
    )
    assert coarse_count(capped, "a", "b", (WINDOW, WINDOW)) == 4
    three = lateral_inhibition(3).with_values(**WEIGHTS, u_3="1/2")
    names = {r.name for r in unit_map(three, "w_EE", "l", (WINDOW, WINDOW)).regions}
    assert "E1 and E2 and E3" in names and "E1 and E2" in names and "E1 or E2 or E3 alone" in names
    with pytest.raises(CircuitError, match="two symbols"):
        unit_map(pair(), "w_EE", "w_EE", (WINDOW, WINDOW))
    with pytest.raises(Unsupported, match="u_1"):
        unit_map(lateral_inhibition(2), "w_EE", "l", (WINDOW, WINDOW))
    with pytest.raises(CircuitError, match="low < high"):
        unit_map(pair(), "w_EE", "l", (WINDOW, (F(1), F(1))))


# -- the game ---------------------------------------------------------------------------------------------------------


def on(game: UnitGame, k: int, place: tuple[F, ...]) -> bool:
    """Whether a point lies on the response of player k."""
    for s in game.responses[k]:
        (x0, y0), (x1, y1) = s.start, s.end
        inside = min(x0, x1) <= place[0] <= max(x0, x1) and min(y0, y1) <= place[1] <= max(y0, y1)
        if inside and (x1 - x0) * (place[1] - y0) == (y1 - y0) * (place[0] - x0):
            return True
    return False


@pytest.mark.parametrize(("w_EE", "l"), [("1/2", "1/2"), ("1/3", 2), (1, "5/2"), ("3/2", "1/4")])
def test_curves_cross_at_the_equilibria_and_nowhere_else(w_EE: object, l: object) -> None:
    circuit = pair(w_EE=w_EE, l=l)
    game = unit_game(circuit)
    places = {mark.exact for mark in game.equilibria}
    assert places == {(e.state["E1"], e.state["E2"]) for e in solutions(circuit).equilibria}
    for place in places:
        assert place is not None and on(game, 0, place) and on(game, 1, place)
    corners = {p for row in game.responses for s in row for p in (s.start, s.end)}
    assert all(p in places for p in corners if on(game, 0, p) and on(game, 1, p))
    nash = {e.nash for e in solutions(circuit).equilibria}
    assert {m.nash for m in game.equilibria} == nash


def test_each_answer_is_an_equilibrium_of_the_others() -> None:
    circuit = pair(w_EE="1/2", l="3/2").fixed()
    game, exact = unit_game(circuit), system(circuit)
    for t in (F(0), F(1, 3), F(2, 3), game.side):
        rest = [0, 1, 3]  # E2 held at t
        held = System(
            tuple(tuple(exact.W[i][j] for j in rest) for i in rest),
            tuple(exact.u[i] + exact.W[i][2] * t for i in rest),
            tuple(exact.pieces[i] for i in rest),
        )
        answers = {point.state[0] for point in held.exhaustive()}  # type: ignore[union-attr]
        candidates = {F(k, 400) for k in range(401)} | answers
        assert {x for x in candidates if on(game, 0, (x, t))} == answers


def test_a_self_exciting_player_has_a_maximum() -> None:
    switch = Circuit.from_matrix(
        [[2, 0], [0, 0]], names="AB", u=["-1/2", 1], tau=[1, 1], activation="saturating", values={"m_A": 2, "m_B": 2}
    )
    kinds = {(s.branch, s.extremum) for s in unit_game(switch, "AB").responses[0]}
    assert kinds == {("", "minimum"), ("A", "maximum"), ("A=m", "minimum")}
    with pytest.raises(Unsupported, match="two players, not none"):
        unit_game(switch)
    with pytest.raises(Unsupported, match="two players, not A, A"):
        unit_game(switch, "AA")


def test_negative_rates_are_shown() -> None:
    both_ways = Circuit.from_matrix(
        [[0, "-1/2"], ["-1/2", 0]], names="AB", u=[1, -1], tau=[1, 1], activation="soft_threshold"
    )
    game = unit_game(both_ways.with_values(lambda_A="1/4", lambda_B="1/4"), "AB")
    assert game.low < 0 < game.side and any(m.exact and min(m.exact) < 0 for m in game.equilibria)
    for mark in game.equilibria:
        assert mark.exact and on(game, 0, mark.exact) and on(game, 1, mark.exact)
        assert all(game.low <= x <= game.side for x in mark.exact)


# -- fields -----------------------------------------------------------------------------------------------------------


def test_a_field_is_the_circuit_of_all_its_units() -> None:
    units = field_units(w_EE="1/2", s=1, l=["1/10"], w_IE="3/2", w_II="1/2", f=2)
    n = 4
    places = list(product(range(n), repeat=2))
    rows = [[F(0)] * (2 * n * n) for _ in range(2 * n * n)]
    for i, (a, b) in enumerate(places):
        rows[2 * i][2 * i], rows[2 * i][2 * i + 1] = units.w_EE, -units.s
        rows[2 * i + 1][2 * i], rows[2 * i + 1][2 * i + 1] = units.w_IE, -units.w_II
        for j, (c, d) in enumerate(places):
            away = max(min((a - c) % n, (c - a) % n), min((b - d) % n, (d - b) % n))
            if away == 1:
                rows[2 * i][2 * j + 1] = -units.l[0]
    image = [[F((3 * a + 5 * b * b) % 7, 7) for b in range(n)] for a in range(n)]
    found = sharpened(image, units, 2)
    inputs = [v for row in image for v in row]
    for layer in found.layers:
        u = [x for v in inputs for x in (v, F(0))]
        whole = lone_equilibrium(Circuit.from_matrix(rows, u=u, tau=[1] * len(u)))
        rates = list(whole.state.values())[::2]
        assert [v for row in layer for v in row] == rates
        inputs = [2 * v for v in rates]
    assert found.unique and found.active[1] < n * n  # some units were silenced


def test_every_layer_of_the_picture_satisfies_its_equations() -> None:
    units, image = field_units(), picture(12)
    found = sharpened(image, units, 2)
    W, inputs = coupling(units, 12, 12), [v for row in image for v in row]
    for layer in found.layers:
        x = [v for row in layer for v in row]
        for row, u, rate in zip(W, inputs, x, strict=True):
            assert rate == max(sum(w * v for w, v in zip(row, x, strict=True) if w and v) + u, F(0))
        inputs = x


def test_a_field_names_mistakes() -> None:
    with pytest.raises(CircuitError, match="rows of one length"):
        sharpened([[1, 2], [3]])
    with pytest.raises(CircuitError, match="too small"):
        sharpened([[1] * 3] * 3)
    with pytest.raises(CircuitError, match="l at distance 2 is -1"):
        field_units(l=[0, -1])
    with pytest.raises(CircuitError, match="f is 0"):
        field_units(f=0)
    assert not field_units(l=[1]).dominated


# -- all together -----------------------------------------------------------------------------------------------------


def test_the_symbolic_circuit_has_the_pictures_of_two_units() -> None:
    many, two = figures_of(lateral_inhibition()), figures_of(lateral_inhibition(2))
    assert many.map is not None and two.map is not None
    assert [(r.name, r.at) for r in many.map.regions] == [(r.name, r.at) for r in two.map.regions]
    assert [len(p.units) for p in many.profiles] == [24] * 3 and not two.profiles
    assert {x.name for x in many.left_out} == {"sharpened-image"}
    assert {x.name for x in two.left_out} == {"sharpened-image", "response-profile"}


def test_contrast_ends_where_the_law_says() -> None:
    found = figures_of(lateral_inhibition(2)).contrast
    assert found is not None
    values = found.values
    own = (1 - values["w_EE"]) * (1 + values["w_II"]) + values["s"] * values["w_IE"]
    rho = values["l"] * values["w_IE"] / own
    assert found.threshold == (1 - rho) / (1 + rho)
    for r, row, end in zip(found.ratios, found.rows, found.depths, strict=True):
        least = next(k for k in range(99) if ((1 + rho) / (1 - rho)) ** k >= (1 + r) / (1 - r))
        assert end.layers == least and row.ratios[least] == 0 < row.ratios[least - 1]
        assert [c >= found.threshold for c in row.contrast[:least]] == [False] * (least - 1) + [True]


@pytest.mark.parametrize("make", [lambda: shared_inhibition(2), lambda: lateral_inhibition(2, pool=True)])
def test_other_motifs(make: object) -> None:
    found: Competition = figures_of(make())  # type: ignore[operator]
    assert [p.region for p in found.games] == ["E1 and E2", "E1 alone", "E1 or E2 alone"]
    for panel in found.games:
        stable = {m.stability for m in panel.game.equilibria}
        assert ("saddle" in stable) == (panel.region == "E1 or E2 alone")


def test_what_the_circuit_gives_is_kept() -> None:
    found = figures_of(lateral_inhibition(2, w_II=0, u_I="1/10").with_values(w_IE=2, u_1=3))
    assert found.map is not None and found.map.values["w_IE"] == 2 and found.map.values["u_1"] == 3
    assert set(found.given) == {"w_IE", "u_1"} and not set(found.given) & set(found.chosen)
    assert found.map.circuit.W[1, 1] == 0


def test_circuits_without_such_pictures_say_why() -> None:
    smooth = Circuit.from_matrix([[0, "-a"], ["-b", 0]], names="LR", activation="tanh")
    left = figures_of(smooth)
    assert left.map is None and not left.games and left.contrast is None
    assert {x.name for x in left.left_out} == {
        "equilibrium-map", "unit-game", "contrast-by-layer", "response-profile", "sharpened-image",
    }  # fmt: skip
    with pytest.raises(Unsupported):
        lateral_symbol(Circuit.from_matrix([["w"]], names="E", types=["excitatory"]), "w")


def test_a_line_is_no_column_and_a_column_is_one() -> None:
    line = figures_of(lateral_inhibition(8, lateral="line"))
    assert line.field is None and len(line.profiles) == 3 and all(p.unique for p in line.profiles)
    stacked = figures_of(column(2, 2), field=False)
    assert stacked.contrast is not None and stacked.contrast.depths[0].winner == ("E1_1",)
