"""Best-response dynamics: paths against the definition, fixed points, cycles, ties, and the pictures of them."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex

from symgame import best_response_path, nash_equilibria
from symgame.best_response import BestResponsePath, line_paths, plane_paths, roomy
from symgame.captions import captions
from symgame.circuit import Circuit
from symgame.errors import CircuitError, ModelError, Unsupported
from symgame.kinds import activation
from symgame.named import load
from symgame.numeric_game import numeric_game
from symgame.plane import phase_plane
from symgame.portrait import figures_data
from symgame.report import figures

F = Fraction
MODELS = Path(__file__).parent / "corpus" / "models"


def saturating(W: list[list[object]], u: list[object], m: list[object], **options: Any) -> Circuit:
    kinds = [activation("saturating", cap=F(str(cap))) for cap in m]
    names = "ABCDE"[: len(u)]
    return Circuit.from_matrix(W, names=options.pop("names", names), u=u, tau=[1] * len(u), activation=kinds, **options)


COOPERATION = saturating([[0, "3/2"], ["3/2", 0]], ["-1/2", "-1/2"], [2, 2])
MATCHING = saturating([[0, "-2"], ["2", 0]], [1, -1], [1, 1])  # one wants to differ, the other to agree


# -- best responses ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind, options", [("relu", {}), ("saturating", {"cap": F(2)}), ("linear", {}),
                                           ("soft_threshold", {"threshold": F(1, 2)})])  # fmt: skip
@pytest.mark.parametrize("own", [F(-1), F(0), F(1, 2), F(1), F(3, 2), F(3)])
def test_minimisers_beat_a_grid(kind: str, options: dict[str, F], own: F) -> None:
    """``E(y) = (1 - W_ii) y^2/2 - c y + g(y)`` on a grid, g from its definition, exactly; and its local minima."""
    (energy,) = numeric_game(
        Circuit.from_matrix([[own]], u=[0], tau=[1], activation=activation(kind, **options))
    ).energies
    low, high = energy.domain
    grid = [F(k, 8) for k in range(-48, 49) if (low is None or F(k, 8) >= low) and (high is None or F(k, 8) <= high)]

    def value(y: F, c: F) -> F:
        return (1 - own) * y * y / 2 - c * y + options.get("threshold", F(0)) * abs(y)

    for k in range(-12, 13):
        c = F(k, 4)
        best = energy.minimum(c)
        assert all(energy.at(y, c) == value(y, c) for y in grid)
        if best.energy is None:
            assert min(value(grid[0], c), value(grid[-1], c)) < min(
                value(y, c) for y in grid[1:-1]
            )  # it falls outwards
            assert low is None or high is None
            continue
        assert all(value(y, c) >= best.energy for y in grid)
        assert [y for y in grid if value(y, c) == best.energy] == [y for y in grid if best.holds(y)]
        for a, b in best.rates:
            assert all(value(end, c) == best.energy for end in (a, b) if end is not None)
        for place, y in enumerate(grid[1:-1], start=1):
            near = [value(y - F(1, 1000), c), value(y + F(1, 1000), c)]
            assert energy.locally_minimal(y, c) == (value(y, c) <= min(near)), (y, place)


def test_rates_outside_the_domain_have_no_energy() -> None:
    (energy,) = numeric_game(saturating([[0]], [0], [2])).energies
    assert energy.at(F(3), F(0)) is None and not energy.locally_minimal(F(-1), F(0)) and energy.domain == (0, 2)


def test_time_constants_play_no_part() -> None:
    circuit = Circuit.from_matrix([[0, 1], [1, 0]], u=[0, 0])
    assert best_response_path(circuit, [1, 2]).outcome == "cycle"
    with pytest.raises(Unsupported, match="no value: w;"):
        best_response_path(Circuit.from_matrix([["w"]], u=[0]), [0])


# -- paths ------------------------------------------------------------------------------------------------------------


def follows(path: BestResponsePath) -> bool:
    """Every step is a best response by the definition: energies on a grid and at the ends are not less."""
    game, n = numeric_game(path.circuit), len(path.circuit.names)
    for k, (before, after) in enumerate(zip(path.states, path.states[1:], strict=False)):
        movers = range(n) if path.order == "simultaneous" else [k % n]
        for i in range(n):
            if i not in movers:
                if after[i] != before[i]:
                    return False
                continue
            c = game.received(i, before)
            here = game.energies[i].at(after[i], c)
            others = (game.energies[i].at(F(j, 7), c) for j in range(-70, 71))
            if here is None or any(value is not None and value < here for value in others):
                return False
    return True


def test_random_paths_follow_the_definition_and_end_at_nash() -> None:
    rng = random.Random(8)
    outcomes = set()
    for _ in range(60):
        n = rng.choice([2, 3, 4])
        W = [[F(rng.randint(-4, 4), 2) for _ in range(n)] for _ in range(n)]
        caps = [rng.choice([1, 2]) for _ in range(n)]
        circuit = saturating(W, [F(rng.randint(-3, 3), 2) for _ in range(n)], caps)  # type: ignore[arg-type]
        start = [F(rng.randint(0, 2 * cap), 2) for cap in caps]
        path = best_response_path(circuit, start, rng.choice(["simultaneous", "sequential"]), 40)
        outcomes.add(path.outcome)
        assert follows(path) and path.states[0] == tuple(start)
        if path.outcome == "fixed point" and n < 4:
            nash = [tuple(p.state.values()) for p in nash_equilibria(circuit).nash if p.state]
            continuum = any(p.type == "continuum" for p in nash_equilibria(circuit).points)
            assert path.end in nash or continuum
        if path.outcome == "cycle":
            assert path.since is not None and path.period is not None and path.period > 1
            again = best_response_path(circuit, path.states[path.since], path.order, 40)
            assert again.since == 0 and again.period == path.period
    assert outcomes >= {"fixed point", "cycle"}


def test_the_two_orders_differ() -> None:
    together = best_response_path(COOPERATION, [2, 0])
    assert (together.outcome, together.period, together.since) == ("cycle", 2, 0)
    assert together.states == ((2, 0), (0, 2))
    in_turn = best_response_path(COOPERATION, {"B": 0, "A": 2}, "sequential")
    assert in_turn.states == ((2, 0), (0, 0)) and in_turn.outcome == "fixed point"
    other_way = best_response_path(COOPERATION, [0, 2], order="sequential")
    assert other_way.states == ((0, 2), (2, 2)) and other_way.ties == ()


def test_every_nash_equilibrium_rests_and_the_others_do_not() -> None:
    circuit = saturating([[2, 0], [0, "1/2"]], ["-1/2", 1], [2, 2])
    found = nash_equilibria(circuit)
    assert len(found.nash) == 1 and len(found.not_nash) == 2
    for p in found.points:
        path = best_response_path(circuit, list(p.state.values()))
        assert (path.steps == 0) == (p.nash == "global") and path.outcome == "fixed point"


def test_a_cycle_of_matching_pennies() -> None:
    """One neuron wants to differ, the other to agree: four rounds at once, and in turn two."""
    path = best_response_path(MATCHING, [0, 0])
    assert path.states == ((0, 0), (1, 0), (1, 1), (0, 1)) and (path.period, path.since) == (4, 0)
    turn = best_response_path(MATCHING, [0, 0], "sequential")
    assert turn.outcome == "cycle" and turn.period == 2 and turn.summary == "a cycle of 2 rounds, from step 0"
    assert turn.states == ((0, 0), (1, 0), (1, 1), (0, 1))


def test_what_converges_without_arriving_is_unfinished() -> None:
    circuit = Circuit.from_matrix([[0, "1/2"], ["1/2", 0]], names="AB", u=[1, 1], tau=[1, 1])
    path = best_response_path(circuit, [0, 0], steps=10)
    assert path.outcome == "unfinished" and path.steps == 10 and path.last_move == F(1, 2**9)
    assert path.end == (2 - F(1, 2**9), 2 - F(1, 2**9)) and "still moving (after 10 steps)" == path.summary
    long = best_response_path(circuit, [0, F(1, 3)], steps=10**6)
    assert long.outcome == "unfinished" and "binary digits" in long.reason


def test_no_best_response_ends_a_path() -> None:
    pair = Circuit.from_matrix([[2, -1], [1, 0]], names="EI", u=[1, 0], tau=[1, 1])
    path = best_response_path(pair, [1, 1])
    assert path.outcome == "no best response" and path.reason.startswith("E has no best response")


def test_ties_are_reported_and_the_rate_stays() -> None:
    """``c = k m/2``: 0 and the cap are as good. From 0 it stays, from 1 (the middle) it goes to the smaller."""
    circuit = saturating([[2]], [-1], [2])
    for start, end in ((0, 0), (2, 2), (1, 0), ("3/2", 2)):
        path = best_response_path(circuit, [start])
        assert path.end == (end,) and path.outcome == "fixed point"
        assert path.ties[0].responses == ((0, 0), (2, 2)) and path.ties[0].chosen == end
    assert str(path.ties[0]) == "step 1: A may choose 0 and 2; 2 taken"
    level = best_response_path(saturating([[1]], [0], [2]), ["1/3"])
    assert level.steps == 0 and level.ties[0].responses == ((0, 2),)


@pytest.mark.parametrize(
    "start, options, message",
    [
        ([1], {}, "the start has 1 rates; give one to each of A, B"),
        ({"A": 1}, {}, "the start names A; give a rate to each of A, B"),
        ([3, 0], {}, "the rate of A at the start is 3; its rates are from 0 to 2"),
        (["w", 0], {}, "the rate of A at the start is w; an exact number"),
        ([0, 0], {"order": "random"}, "the order of best responses is 'random'"),
        ([0, 0], {"steps": 0}, "steps is 0; give a whole number of rounds"),
        ([0, 0], {"steps": True}, "steps is True"),
        ([None, 0], {}, "the rate of A at the start is None"),
        ([float("nan"), 0], {}, "not a finite number"),
    ],
)
def test_bad_input_is_one_clear_message(start: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises((CircuitError, ModelError), match=message.replace("'", ".")):
        best_response_path(COOPERATION, start, **options)


def test_smooth_activations_are_refused() -> None:
    with pytest.raises(Unsupported, match="not piecewise linear"):
        best_response_path(Circuit.from_matrix([[0]], u=[0], tau=[1], activation="logistic"), [0])


def test_faces() -> None:
    path = best_response_path(COOPERATION, [2, 0])
    assert str(path).splitlines() == [
        "simultaneous best responses: a cycle of 2 rounds, from step 0",
        "0: A = 2, B = 0",
        "1: A = 0, B = 2",
    ]
    page = path._repr_html_()
    assert page.count("<tr>") == 3 and "a cycle of 2 rounds" in page


# -- pictures ---------------------------------------------------------------------------------------------------------


def lines(ax: Any, kind: str) -> list[Any]:
    return [line for line in ax.lines if line.get_gid() == kind]


def test_the_staircase_of_a_pair_is_drawn_among_its_best_responses() -> None:
    data = figures_data(COOPERATION)
    (row,) = data.paths
    assert [path.end for path in row.paths] == [(2, 2), (0, 0)]
    (ax,) = figures.best_responses(data.responses, data.paths).axes
    drawn = lines(ax, "path")
    assert len(drawn) == 2
    for line, path in zip(drawn, row.paths, strict=True):
        np.testing.assert_array_equal(np.column_stack(line.get_data()), np.array(path.states, dtype=float))
        moves = np.diff(np.column_stack(line.get_data()), axis=0)
        assert ((moves == 0).sum(axis=1) >= 1).all()  # one population at a time: horizontal, then vertical
    (words,) = [c for c in captions(data) if c.name == "best-responses"]
    assert "they come to rest at x_A = 2, x_B = 2, a Nash equilibrium" in words.caption
    assert "$x_{A} = 2$" in words.caption_latex and words.caption in words.alt_text


def test_nash_points_are_full_and_stationary_ones_open() -> None:
    circuit = saturating([[2, "-2"], ["5/2", "-1/2"]], [2, 1], [1, 3], names="EI")
    data = figures_data(circuit)
    (ax,) = figures.best_responses(data.responses, data.paths).axes
    found = {tuple(map(float, p.state.values())): p.nash for p in nash_equilibria(circuit).points if p.state}
    assert found
    for line in lines(ax, "equilibrium"):
        (x,), (y,) = line.get_data()
        assert (to_hex(line.get_markerfacecolor()) == "#ffffff") == (found[(x, y)] == "stationary")


def test_the_picture_grows_to_show_a_path() -> None:
    plane = phase_plane(Circuit.from_matrix([["1/2", "-3/2"], [3, "-1/2"]], names="EI", u=[1, "1/2"], tau=[10, 10]))
    found = plane_paths(plane)
    larger = roomy(plane, found)
    for i, ((a, b), (low, high)) in enumerate(zip(plane.box, larger.box, strict=True)):
        assert low <= a and high >= b and high - low <= 9 * (b - a) + 1e-9
        assert all(low <= state[i] <= high for path in found.paths for state in path.states)
    assert [p.outcome for p in found.paths] == ["cycle", "cycle"]  # around an equilibrium that is stable and Nash
    assert plane.equilibria[0].stability == "stable" and plane.equilibria[0].nash == "global"


def test_no_path_without_best_responses() -> None:
    pair = Circuit.from_matrix([["3/2", -2], [2, "-1/2"]], names="EI", u=[2, "1/2"], tau=[10, 10])
    assert plane_paths(phase_plane(pair)).paths == ()
    (words,) = [c for c in captions(figures_data(pair)) if c.name == "best-responses"]
    assert "Thin lines" not in words.caption
    with pytest.raises(Unsupported, match="E has no best response"):
        line_paths(Circuit.from_matrix([[2, 0, 0], [0, 0, 0], [0, 0, 0]], names="EPS", u=[1, 1, 1], tau=[1, 1, 1]))
    with pytest.raises(Unsupported, match="two to four populations"):
        line_paths(saturating([[0]], [1], [1]))


def test_four_populations_against_the_step() -> None:
    ring = [[0, -1, 0, -1], [-1, 0, -1, 0], [0, -1, 0, -1], [-1, 0, -1, 0]]
    circuit = Circuit.from_matrix(ring, names="ABCD", u=[1] * 4, tau=[1] * 4)
    data = figures_data(circuit)
    (row,) = data.paths
    assert row.paths[0].end == (1, 0, 1, 0) and row.nash is not None and row.nash.exact == (1, 0, 1, 0)
    (ax,) = figures.response_lines(data.paths).axes
    drawn = lines(ax, "path")
    assert len(drawn) == 4 and len({line.get_linestyle() + to_hex(line.get_color()) for line in drawn}) == 4
    for i, line in enumerate(drawn):
        x, y = line.get_data()
        assert line.get_drawstyle() == "steps-post" and list(x) == list(range(row.paths[0].steps + 2))
        assert list(y) == [float(s[i]) for s in (*row.paths[0].states, row.paths[0].end)]
    assert len(lines(ax, "equilibrium")) == 4 and "comes to rest" in ax.get_title()
    (words,) = [c for c in captions(data) if c.name == "best-response-path"]
    assert "from x_A = 0, x_B = 0, x_C = 0, x_D = 0. They come to rest at x_A = 1" in words.caption
    files = figures.render(data, ["svg", "png"])
    assert b"<desc>Best-response path. The rates along a path" in files["figures/best-response-path.svg"]
    assert files == figures.render(figures_data(circuit), ["svg", "png"])


def test_a_silent_panel_is_said() -> None:
    """From silence nobody moves when all are silent at rest: no picture, and the reason."""
    circuit = Circuit.from_matrix([[0, -1, 0], [-1, 0, 0], [0, 0, 0]], names="ABC", u=[-1] * 3, tau=[1] * 3)
    data = figures_data(circuit)
    assert "best-response-path" not in figures.drawings(data)
    assert "nobody moves" in next(x.reason for x in data.left_out if x.name == "best-response-path")


def test_panels_without_best_responses_are_left_out() -> None:
    data = figures_data(load(MODELS / "triple.toml"))
    assert [row.at for row in data.paths] == [data.illustration.at[0]]  # type: ignore[union-attr]
    assert data.left_out == tuple(x for x in data.left_out if x.name != "best-response-path")
