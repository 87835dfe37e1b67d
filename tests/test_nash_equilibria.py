"""Nash equilibria by their stationary points, against an enumeration of best responses that never looks at those."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from pathlib import Path

import pytest
import sympy

from symgame import nash_equilibria
from symgame.activation import Activation
from symgame.best_rate import rates_text
from symgame.circuit import Circuit
from symgame.errors import Unsupported
from symgame.kinds import activation
from symgame.nash_points import NashEquilibria, deviations
from symgame.numeric_game import numeric_game
from symgame.pieces import Piece

F = Fraction
State = tuple[F, ...]
GAMES = {row["id"]: row for row in json.loads((Path(__file__).parent / "oracles" / "games.json").read_text("utf-8"))}


def saturating(W: list[list[F]], u: list[F], m: list[F], names: str = "ABCD") -> Circuit:
    n = len(u)
    kinds = [activation("saturating", cap=cap) for cap in m]
    return Circuit.from_matrix(W, names=list(names[:n]), u=u, tau=[1] * n, activation=kinds)


def states(found: NashEquilibria, *classes: str) -> list[State]:
    return sorted(tuple(p.state.values()) for p in found.points if p.nash in classes and p.state)


# -- an enumeration of its own: every neuron at 0, at its cap, or at the vertex of its energy -------------------------


def solved(rows: list[list[F]]) -> list[F] | str | None:
    """An augmented system by Gauss: the solution, ``None`` without one, ``"many"`` with more."""
    rows = [list(row) for row in rows]
    n = len(rows)
    rank = 0
    for column in range(n):
        pivot = next((r for r in range(rank, n) if rows[r][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        rows[rank] = [v / rows[rank][column] for v in rows[rank]]
        for r in range(n):
            if r != rank and rows[r][column]:
                rows[r] = [a - rows[r][column] * b for a, b in zip(rows[r], rows[rank], strict=True)]
        rank += 1
    if any(row[-1] for row in rows[rank:]):
        return None
    return [row[-1] for row in rows] if rank == n else "many"


def energy(W: list[list[F]], u: list[F], i: int, y: F, x: State) -> F:
    """The own energy of a rectified neuron as the text has it; its activation cost is 0 on [0, m]."""
    c = u[i] + sum(W[i][j] * x[j] for j in range(len(x)) if j != i)
    return (1 - W[i][i]) * y * y / 2 - y * c


def content(W: list[list[F]], u: list[F], m: list[F], i: int, x: State) -> bool:
    """No rate in [0, m_i] has less energy: the two ends and the vertex of a parabola."""
    k = 1 - W[i][i]
    c = u[i] + sum(W[i][j] * x[j] for j in range(len(x)) if j != i)
    others = [F(0), m[i]] + ([min(max(c / k, F(0)), m[i])] if k > 0 else [])
    return all(energy(W, u, i, x[i], x) <= energy(W, u, i, y, x) for y in others)


def enumerated(W: list[list[F]], u: list[F], m: list[F]) -> tuple[set[State], bool]:
    """The Nash equilibria by all choices of response, and whether some choice left a continuum."""
    n = len(u)
    found: set[State] = set()
    many = False
    for choice in product((0, 1, 2), repeat=n):
        rows: list[list[F]] = []
        for i, place in enumerate(choice):
            if place == 1:  # k x_i = c_i, the vertex, or anywhere on a level energy
                rows.append([F(i == j) - W[i][j] for j in range(n)] + [u[i]])
            else:
                rows.append([F(i == j) for j in range(n)] + [m[i] if place else F(0)])
        x = solved(rows)
        if x == "many":
            many = True
        elif isinstance(x, list) and all(0 <= v <= cap for v, cap in zip(x, m, strict=True)):
            state = tuple(x)
            if all(content(W, u, m, i, state) for i in range(n)):
                found.add(state)
    return found, many


def random_games(seed: int, count: int, sizes: tuple[int, ...]) -> Iterator[tuple[list[list[F]], list[F], list[F]]]:
    """Small halves and thirds, so that ties, kinks and self-weights of exactly 1 are frequent."""
    rng = random.Random(seed)
    for _ in range(count):
        n = rng.choice(sizes)
        own = [F(-1), F(0), F(1, 2), F(1), F(1), F(3, 2), F(2), F(3)]
        W = [[rng.choice(own) if i == j else F(rng.randint(-4, 4), 2) for j in range(n)] for i in range(n)]
        yield W, [F(rng.randint(-4, 4), 2) for _ in range(n)], [F(rng.choice([1, 1, 2, 3])) for _ in range(n)]


def test_all_nash_equilibria_are_found_and_nothing_else() -> None:
    compared = several = concave = level = tied = 0
    for W, u, m in random_games(2024, 130, (1, 2, 2, 3, 3, 3, 4)):
        expected, many = enumerated(W, u, m)
        if many:
            continue  # continua have tests of their own
        found = nash_equilibria(saturating(W, u, m))
        assert found.complete
        assert set(states(found, "global")) == expected
        assert len(states(found, "global")) == len(expected)  # none twice
        compared += 1
        several += len(expected) > 1
        concave += any(W[i][i] > 1 for i in range(len(u))) and len(found.not_nash) > 0
        level += any(W[i][i] == 1 for i in range(len(u)))
        tied += any(p.indifferent for p in found.points)
    assert compared > 100 and several > 5 and concave > 30 and level > 20 and tied > 5, (several, concave, level, tied)


def test_deviations_are_best_responses_and_their_gains_exact() -> None:
    seen = 0
    for W, u, m in random_games(99, 60, (1, 2, 3)):
        found = nash_equilibria(saturating(W, u, m))
        for p in found.points:
            if not p.state:
                continue
            x = tuple(p.state.values())
            moving = {d.population for d in p.deviations}
            assert moving == {found.circuit.names[i] for i in range(len(u)) if not content(W, u, m, i, x)}
            for d in p.deviations:
                i = found.circuit.names.index(d.population)
                for low, high in d.responses:
                    assert low is not None and high is not None
                    for y in (low, high, (low + high) / 2):
                        assert energy(W, u, i, x[i], x) - energy(W, u, i, y, x) == d.gain > 0
                        assert content(W, u, m, i, (*x[:i], y, *x[i + 1 :]))
                seen += 1
            for d in p.indifferent:
                i = found.circuit.names.index(d.population)
                assert d.gain == 0
                for low, _ in d.responses:
                    assert low is not None and energy(W, u, i, x[i], x) == energy(W, u, i, low, x)
    assert seen > 20


def test_nash_is_local_nash_is_stationary() -> None:
    """At every Nash equilibrium ``x = phi(W x + u)``, and the class agrees with that of the branches."""
    from symgame.numeric import solutions

    for W, u, m in random_games(7, 40, (1, 2, 3)):
        circuit = saturating(W, u, m)
        expected, _ = enumerated(W, u, m)
        for x in expected:
            for i, cap in enumerate(m):
                z = u[i] + sum(w * v for w, v in zip(W[i], x, strict=True))
                assert x[i] == min(max(z, F(0)), cap)
        other = {e.branch: e.nash for e in solutions(circuit).equilibria if e.type != "continuum"}
        assert other == {p.branch: p.nash for p in nash_equilibria(circuit).points if p.state}


# -- the games of the literature --------------------------------------------------------------------------------------


def oracle(name: str) -> tuple[dict[str, object], NashEquilibria]:
    row = GAMES[name]
    n = len(row["W"])
    kinds = [activation("saturating", cap=F(m)) for m in row["m"]] if "m" in row else "relu"
    circuit = Circuit.from_matrix(row["W"], names="ABCD"[:n], u=row["u"], tau=[1] * n, activation=kinds)
    return row, nash_equilibria(circuit)


@pytest.mark.parametrize("name", ["coop_pair_bistable", "mutual_inhibition_2"])
def test_published_games(name: str) -> None:
    row, found = oracle(name)
    assert found.complete and not found.not_nash and not found.without
    assert states(found, "global") == sorted(tuple(F(v) for v in x) for _, x in row["nash"])  # type: ignore[attr-defined]
    stable = {tuple(F(v) for v in e["x"]): e["stable"] for e in row["equilibria"]}  # type: ignore[attr-defined]
    assert {tuple(p.state.values()): p.stable for p in found.points} == stable


def test_the_unique_nash_equilibrium_on_a_cap_is_reported_once() -> None:
    row, found = oracle("nashopt_gne_1")
    assert states(found, "global") == [tuple(F(v) for v in row["solution"])] and len(found.points) == 1  # type: ignore[attr-defined]
    assert found.complete


def test_stable_and_locally_nash_but_not_nash() -> None:
    """W = 2 on [0, 2] with u = -1/2: at 0 the neuron would gain 1 by going to its cap."""
    found = nash_equilibria(saturating([[F(2)]], [F(-1, 2)], [F(2)]))
    zero, middle, top = sorted(found.points, key=lambda p: p.state["A"])
    assert (zero.state["A"], zero.stable, zero.nash) == (0, True, "local")
    (d,) = zero.deviations
    assert (d.population, d.rate, d.responses, d.gain) == ("A", 0, ((F(2), F(2)),), 1)
    assert (middle.state["A"], middle.nash, middle.stable) == (F(1, 2), "stationary", False)
    assert middle.deviations[0].gain == F(9, 8)
    assert (top.state["A"], top.nash, top.deviations) == (2, "global", ())
    assert [p.state["A"] for p in found.local_nash] == [p.state["A"] for p in found.points if p.nash != "stationary"]
    assert found.summary == "1 Nash equilibrium among 3 stationary points"


def test_a_tie_is_nash_twice_and_says_so() -> None:
    """With u = -1 the ends 0 and 2 cost the same: both Nash, each neuron indifferent to the other end."""
    found = nash_equilibria(saturating([[F(2)]], [F(-1)], [F(2)]))
    assert states(found, "global") == [(0,), (2,)] and states(found, "stationary") == [(1,)]
    low = next(p for p in found.nash if p.state["A"] == 0)
    assert low.indifferent[0].responses == ((F(2), F(2)),) and low.reasons == "A 0 -> 2, as good"


def test_without_a_cap_there_is_no_nash_equilibrium_past_the_switch() -> None:
    pair = Circuit.from_matrix(
        [["5/2", "-5/2"], ["3/2", "-7/10"]], names="EI", u=["1/2", 0], tau=[10, 5]
    )  # stable, inhibition-stabilised
    found = nash_equilibria(pair)
    (p,) = found.points
    assert p.stable and p.nash == "stationary" and found.nash == () and found.without == ("E",) and found.complete
    assert p.deviations[0].responses == () and p.deviations[0].gain is None
    assert "none is possible: the energy of E falls for ever" in found.summary
    silent = nash_equilibria(Circuit.from_matrix([[2]], names="E", u=[-1], tau=[1]))
    assert {(p.state["E"], p.nash) for p in silent.points} == {(F(0), "local"), (F(1), "stationary")}


def test_on_the_switch_a_level_energy_is_nash_and_a_falling_one_is_none() -> None:
    pair = Circuit.from_matrix([[1, -1], [1, "-1/2"]], names="EI", u=[1, 1], tau=[10, 10])
    (p,) = nash_equilibria(pair).points
    assert p.nash == "global" and p.state == {"E": F(1, 2), "I": F(1)}
    (tie,) = p.indifferent
    assert (tie.population, tie.responses) == ("E", ((F(0), None),)) and rates_text(
        tie.responses
    ) == "every rate from 0"
    game = numeric_game(pair)
    gaining, _ = deviations(game, (F(0), F(0)))
    assert [(d.population, d.gain) for d in gaining] == [("E", None), ("I", F(1, 3))]


def test_soft_thresholds_have_three_kinds_of_places() -> None:
    kinds = [activation("soft_threshold", threshold=1)] * 2
    pair = Circuit.from_matrix([[0, -2], [-2, 0]], names="AB", u=[3, 3], tau=[1, 1], activation=kinds)
    found = nash_equilibria(pair)
    assert found.complete and len(found.nash) == len(found.points) >= 3
    for p in found.points:  # by the definition of the prox: x = sign(z) max(|z| - 1, 0)
        a, b = p.state.values()
        for x, z in ((a, 3 - 2 * b), (b, 3 - 2 * a)):
            assert x == (z - 1 if z > 1 else z + 1 if z < -1 else 0)


# -- continua ---------------------------------------------------------------------------------------------------------


def continua(found: NashEquilibria) -> list[tuple[str | None, tuple[str, ...]]]:
    return [(p.nash, p.where) for p in found.points if p.type == "continuum"]


def test_a_continuum_of_content_neurons_is_nash() -> None:
    """Two neurons that hold each other: every x_A = x_B in (0, 2) is stationary, and every own energy is convex."""
    found = nash_equilibria(saturating([[F(0), F(1)], [F(1), F(0)]], [F(0), F(0)], [F(2), F(2)]))
    assert continua(found) == [("global", ())] and found.complete
    assert states(found, "global") == [(0, 0), (2, 2)]


def test_a_continuum_on_a_concave_piece_is_not_nash() -> None:
    """``(I - W)`` singular with W_AA = 2: A sits at a maximum of its energy all along."""
    found = nash_equilibria(saturating([[F(2), F(-1)], [F(1), F(0)]], [F(0), F(0)], [F(2), F(2)]))
    assert ("stationary", ()) in continua(found) and found.complete


def test_a_level_energy_is_a_continuum_of_nash_equilibria() -> None:
    found = nash_equilibria(saturating([[F(1)]], [F(0)], [F(2)]))
    assert continua(found) == [("global", ())] and states(found, "global") == [(0,), (2,)]


def test_a_continuum_may_be_nash_in_part() -> None:
    """A and B hold each other along a segment; C, concave and silent, would leave where their sum is large.

    C gains by going to its cap 1 where ``c > k m/2 = -1/2``, and stays silent as a stationary point while c <= 0.
    """
    W = [[F(0), F(1), F(0)], [F(1), F(0), F(0)], [F(1), F(0), F(2)]]
    found = nash_equilibria(saturating(W, [F(0), F(0), F(-1)], [F(2), F(2), F(1)]))
    rows = {p.branch: p for p in found.points if p.type == "continuum"}
    assert found.complete
    silent = rows["A,B"]
    assert silent.nash == "mixed" and silent.where == ("-x(A) + 1/2 >= 0",)
    assert silent.verdict == "Nash where -x(A) + 1/2 >= 0"
    capped = rows["A,B,C=m"]  # stationary while c >= -1, Nash where the silent state is not better: c >= -1/2
    assert capped.nash == "mixed" and capped.where == ("x(A) - 1/2 >= 0",)
    assert rows["A,B,C"].nash == "stationary"
    for t in (F(1, 4), F(1, 2), F(5, 8), F(7, 4)):  # the same by comparing energies
        for rate, nash in ((F(0), t <= F(1, 2)), (F(1), t >= F(1, 2))):
            at = (t, t, rate)
            assert all(content(W, [F(0), F(0), F(-1)], [F(2), F(2), F(1)], i, at) for i in range(3)) == nash


def test_a_continuum_that_is_locally_nash_only() -> None:
    """As before with a large cap of C: going there pays everywhere on the segment."""
    W = [[F(0), F(1), F(0)], [F(1), F(0), F(0)], [F(1), F(0), F(2)]]
    found = nash_equilibria(saturating(W, [F(0), F(0), F(-3)], [F(2), F(2), F(8)]))
    rows = {p.branch: p for p in found.points if p.type == "continuum"}
    assert rows["A,B"].nash == "local" and rows["A,B,C=m"].nash == "global"


def test_a_continuum_that_ends_on_a_kink_is_locally_nash_but_for_its_end() -> None:
    """C has no cap: never Nash; silent it is a strict local minimum, except where its total input is on the kink."""
    kinds = [activation("saturating", cap=2), activation("saturating", cap=2), activation("relu")]
    circuit = Circuit.from_matrix(
        [[0, 1, 0], [1, 0, 0], [1, 0, 2]], names="ABC", u=[0, 0, -1], tau=[1] * 3, activation=kinds
    )
    found = nash_equilibria(circuit)
    silent = next(p for p in found.points if p.branch == "A,B")
    assert (silent.nash, silent.where, silent.verdict) == ("mixed", (), "nowhere Nash, in part locally Nash")
    assert found.without == ("C",) and not found.nash and found.complete
    game = numeric_game(circuit)
    for t, local in ((F(1, 2), True), (F(1), False)):
        assert game.energies[2].locally_minimal(F(0), game.received(2, (t, t, F(0)))) == local


def bent() -> Activation:
    """Slope 2 up to rate 2, then 1/2 up to the cap 3: with W_ii = 1 concave below 2 and convex above."""
    zero, one, half = sympy.Integer(0), sympy.Integer(1), sympy.Rational(1, 2)
    pieces = (
        Piece("silent", -sympy.oo, zero, zero, zero),
        Piece("negative", zero, one, 2 * one, zero),
        Piece("active", one, 3 * one, half, one + half),
        Piece("saturated", 3 * one, sympy.oo, zero, 3 * one),
    )
    return Activation.from_pieces("bent", pieces, source="-")


def test_energies_of_two_slopes() -> None:
    """``G = y^2/4`` up to 2 and ``y^2 - 3 y + 3`` from there to 3, by integrating the inverse of phi."""
    (own,) = numeric_game(Circuit.from_matrix([[1]], names="A", u=[0], tau=[1], activation=bent())).energies
    grid = [F(k, 16) for k in range(49)]

    def value(y: F, c: F) -> F:
        return (y * y / 4 if y <= 2 else y * y - 3 * y + 3) - y * y / 2 - c * y

    for k in range(-40, 41):
        c = F(k, 16)
        best = own.minimum(c)
        assert [own.at(y, c) for y in grid] == [value(y, c) for y in grid]
        assert best.energy is not None and best.energy <= min(value(y, c) for y in grid)
        assert all(own.at(y, c) == best.energy for y, _ in best.rates if y is not None)
        assert [y for y in grid if value(y, c) == best.energy] == [y for y in grid if best.holds(y)]
        for y in grid[1:-1]:
            near = min(value(y - F(1, 10**4), c), value(y + F(1, 10**4), c))
            assert own.locally_minimal(y, c) == (value(y, c) <= near)
    found = nash_equilibria(Circuit.from_matrix([[1]], names="A", u=["-1/4"], tau=[1], activation=bent()))
    assert found.complete and sorted((p.state["A"], p.nash) for p in found.points) == [
        (F(0), "local"),
        (F(1, 2), "stationary"),
        (F(11, 4), "global"),
    ]


def test_a_continuum_that_was_not_decided_is_said() -> None:
    kinds = [bent(), activation("saturating", cap=2)]
    pair = Circuit.from_matrix([[1, 1], [0, 1]], names="AB", u=[-1, 0], tau=[1, 1], activation=kinds)
    found = nash_equilibria(pair)
    assert not found.complete and "the continuum on the branch (B) was not decided" in found.reason
    assert "not complete" in found.summary
    assert {p.nash for p in found.points if p.type == "continuum"} == {None}


# -- faces ------------------------------------------------------------------------------------------------------------


def test_permutations_permute_the_answer() -> None:
    for W, u, m in random_games(41, 12, (3,)):
        order = [2, 0, 1]
        one = nash_equilibria(saturating(W, u, m))
        other = nash_equilibria(
            saturating([[W[i][j] for j in order] for i in order], [u[i] for i in order], [m[i] for i in order], "CAB")
        )
        for p in one.points:
            if p.state:
                match = [q for q in other.points if q.state and {n: q.state[n] for n in "ABC"} == p.state]
                assert [(q.nash, q.stable) for q in match] == [(p.nash, p.stable)]
                assert sorted(map(str, match[0].deviations)) == sorted(map(str, p.deviations))


def test_tables() -> None:
    found = nash_equilibria(saturating([[F(2)]], [F(-1, 2)], [F(2)]))
    lines = str(found).splitlines()
    assert lines[0] == "circuit: 1 Nash equilibrium among 3 stationary points"
    assert any(line.startswith("A = 0") and line.endswith("A 0 -> 2, gains 1") for line in lines)
    page = found._repr_html_()
    assert page.count("<tr>") == 4 and "locally Nash" in page and "<math" in page
    tex = found.latex()
    assert (
        tex.startswith(r"\begin{tabular}{rll}") and r"$\tfrac{1}{2}$ & unstable & stationary only ($A$ deviate)" in tex
    )
    continuum = nash_equilibria(saturating([[F(1)]], [F(0)], [F(2)]))
    assert "a continuum of equilibria" in str(continuum) and "a continuum" in continuum._repr_html_()


def test_what_is_not_numeric_or_not_in_pieces_is_refused() -> None:
    with pytest.raises(Unsupported, match="no value"):
        nash_equilibria(Circuit.from_matrix([["w"]], names="E", u=[1], tau=[1]))
    with pytest.raises(Unsupported, match="not piecewise linear"):
        nash_equilibria(Circuit.from_matrix([[1]], names="E", u=[1], tau=[1], activation="logistic"))
