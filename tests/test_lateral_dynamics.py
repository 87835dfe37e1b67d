"""Integrated rate equations of competing units end where the closed forms say that they may, and nowhere else.

An attracting equilibrium of a piecewise-linear circuit is approached at the rate of its slowest mode, so that the time
of integration is chosen from the spectrum: 40 of its time constants leave ``e^-40`` of the way, less than the
tolerance of the integrator (1e-9), and 1e-5 separates equilibria that differ by fractions of small denominators.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction as F
from itertools import combinations

import numpy as np
import pytest
from exact_units import LATERAL, SHARED, Point, Units, circuit, drawn, forms, true
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

pytestmark = pytest.mark.slow  # of the long ones: run by `python -m pytest -m slow`

NEAR = 1e-5
SLOWEST = 0.02  # slower circuits are left out: they would be integrated for ever
STARTS = 4
Vector = NDArray[np.float64]


def attracting_states(one: Units) -> dict[tuple[F, ...], tuple[int, ...]]:
    """The states that closed forms call attracting, with their winners.

    At unequal inputs of two units there are no others. At equal inputs j of n units win: the branch of j copies, with
    every choice of the winners.
    """
    found: dict[tuple[F, ...], tuple[int, ...]] = {}
    equal = one["u_1"] == one["u_2"]
    for k in range(1, one.n) if equal else (one.k,):
        point = Point({**one.point, "k": F(k)})
        for form in forms(circuit(one.family, excited=False)):
            if not (true(form.exists, point) and true(form.attracting, point)):
                continue
            state = form.state(point)
            for chosen in combinations(range(one.n), k) if equal else (tuple(range(one.k)),):
                rates = placed(one, state, set(chosen))
                found[rates] = one.winners(rates)
    return found


def placed(one: Units, state: dict[str, F], first: set[int]) -> tuple[F, ...]:
    """The rates of the symbolic circuit, the units in ``first`` being those of the first kind."""
    kind = [1 if i in first else 2 for i in range(one.n)]
    if one.family == SHARED:
        return (*(state[f"E{g}"] for g in kind), state["I"])
    return tuple(state[f"{letter}{g}"] for g in kind for letter in "EI")


def slowest(one: Units, state: tuple[F, ...]) -> float:
    """The decay of the slowest mode of the active block, and of the silent rates on their own."""
    live = [i for i, v in enumerate(state) if v > 0]
    A, tau = one.A, [float(t) for t in one.tau]
    J = np.array([[-float(A[a][b]) / tau[a] for b in live] for a in live]).reshape(len(live), len(live))
    return min([1 / t for t in tau] + ([-float(np.linalg.eigvals(J).real.max())] if live else []))


def final(one: Units, start: Vector, time: float) -> Vector:
    W = np.array([[float(v) for v in row] for row in one.W])
    u, tau = np.array([float(v) for v in one.u]), np.array([float(v) for v in one.tau])
    found = solve_ivp(
        lambda t, x: (np.maximum(W @ x + u, 0) - x) / tau, (0, time), start, method="LSODA", rtol=1e-9, atol=1e-11
    )
    assert found.success
    return np.asarray(found.y[:, -1])


def cases(family: str, equal: bool, count: int) -> Iterator[tuple[Units, dict[tuple[F, ...], tuple[int, ...]]]]:
    """Circuits with an attracting state and none that is slow; every mode of the silent branches decays on its own."""
    made = 0
    for number in range(400):
        n = 2 + (number % 3 if equal else 0)
        one = next(drawn(family, n, 1000 + number, 1))  # the first drawn has w_EE >= 1
        random_ = random.Random(number)
        values = dict(one.values) | {"w_X": F(0), "u_I": F(0), "u_1": F(random_.randint(2, 9), 4)}
        values["w_EE"] = F(random_.randint(0, 22), 16)
        values["u_2"] = values["u_1"] if equal else F(random_.randint(1, 12), 4)
        one = replace(one, k=1, values=tuple(values.items()))
        states = attracting_states(one)
        if states and min(slowest(one, state) for state in states) > SLOWEST and bounded(one):
            yield one, states
            made += 1
            if made == count:
                return


def bounded(one: Units) -> bool:
    """No rate runs away: a unit that wins alone is stable, and so are all of them together when they do the same."""
    d = 1 + one["w_II"]
    own = one["s"] if one.family == LATERAL else one["w_EI"]
    return (1 - one["w_EE"]) * d + own * one["w_IE"] > 0


@pytest.mark.parametrize(
    ("family", "equal", "count"), [(LATERAL, False, 10), (LATERAL, True, 8), (SHARED, False, 6), (SHARED, True, 6)]
)
def test_trajectories_end_in_the_attracting_equilibria(family: str, equal: bool, count: int) -> None:
    """30 circuits, four random starts each: the end is one of the named states, and never an unstable one."""
    tested, several, lone = 0, 0, 0
    for one, states in cases(family, equal, count):
        tested += 1
        random_ = np.random.default_rng(tested)
        targets = {state: np.array([float(v) for v in state]) for state in states}
        time = 40 / min(slowest(one, state) for state in states)
        reached = set()
        for _ in range(STARTS):
            x = final(one, random_.uniform(0, 3, len(one.names)), time)
            near = [state for state, target in targets.items() if np.abs(x - target).max() < NEAR]
            assert len(near) == 1, (one, x, states)
            reached.add(near[0])
        several += len(states) > 1
        winners = {states[state] for state in reached}
        if len(states) == 1:
            (state,) = states
            if not equal and len(states[state]) == 1:
                larger = 0 if one["u_1"] > one["u_2"] else 1
                assert winners == {(larger,)}, one  # the only one left is the unit with the larger input
                lone += 1
    assert tested == count
    assert equal or lone > 0
    assert family == SHARED or several > 0


def test_the_larger_input_wins_alone_below_the_threshold_of_hysteresis() -> None:
    """w_EE < 1, rho = l w_IE/(g^2 + s w_IE): unit 2 is silent iff u_2 <= rho u_1; for rho > 1 the start decides."""
    values = {"w_EE": F(1, 2), "w_IE": F(1), "w_II": F(0), "w_X": F(0), "u_I": F(0), "tau_E": F(2), "tau_I": F(1)}
    weak = {**values, "s": F(1, 2), "l": F(1, 2)}  # rho = 1/2
    for u_2, silent in ((F(1, 4), True), (F(9, 20), True), (F(11, 20), False), (F(9, 10), False)):
        one = Units(LATERAL, 2, 1, tuple({**weak, "u_1": F(1), "u_2": u_2}.items()))
        ((state, winners),) = attracting_states(one).items()
        assert winners == ((0,) if silent else (0, 1))
        for start in ([3.0, 0, 0, 0], [0, 0, 3.0, 0], [0.1, 2, 1, 0]):
            x = final(one, np.array(start), 40 / slowest(one, state))
            assert np.abs(x - np.array([float(v) for v in state])).max() < NEAR
            assert bool(x[2] < NEAR) is silent
            assert x[0] > x[2]
    strong = {**values, "s": F(1, 2), "l": F(2)}  # rho = 2
    one = Units(LATERAL, 2, 1, tuple({**strong, "u_1": F(1), "u_2": F(3, 4)}.items()))
    states = attracting_states(one)
    assert sorted(states.values()) == [(0,), (1,)]
    for state, (winner,) in states.items():
        start = np.array([float(v) for v in state]) + 0.01
        x = final(one, start, 40 / slowest(one, state))
        assert x[2 * winner] > NEAR > x[2 - 2 * winner]  # the smaller input keeps what it had
    alone = Units(LATERAL, 2, 1, tuple({**strong, "u_1": F(1), "u_2": F(1, 4)}.items()))
    assert list(attracting_states(alone).values()) == [(0,)]  # below 1/rho even from the other side
    (state,) = attracting_states(alone)
    assert final(alone, np.array([0, 0, 3.0, 3.0]), 40 / slowest(alone, state))[2] < NEAR
