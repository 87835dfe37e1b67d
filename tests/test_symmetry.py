"""The symmetry of circuits against brute force over all permutations, and against circuits built to have it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, permutations
from math import factorial

import numpy as np
import pytest

import symgame
from symgame.automorphisms import group, labels
from symgame.circuit import Circuit
from symgame.errors import Unsupported
from symgame.exchanges import exchangeable_units
from symgame.families import random_ei, ring
from symgame.microcircuits import lateral_inhibition, shared_inhibition
from symgame.rotations import circle
from symgame.symmetries import equitable, quotient, symmetry

pytestmark = pytest.mark.slow  # of the long ones: run by `python -m pytest -m slow`

Rows = list[list[Fraction]]


def symmetric_rows(rng: random.Random, units: int, size: int, shared: int) -> Rows:
    """The matrix of equal units, all distinct weights, that share populations; units first, one after the other."""
    value = iter(rng.sample(range(-60, 60), 59))
    draw = {}

    def weight(*key: object) -> Fraction:
        if key not in draw:
            draw[key] = Fraction(next(value), 7)
        return draw[key]

    places = [(u, k) for u in range(units) for k in range(size)] + [(-1, f) for f in range(shared)]
    return [[weight(v if v < 0 else 0, k, w if w < 0 else 0, l, v == w) for w, l in places] for v, k in places]


def relabelled(rng: random.Random, rows: Rows, tau: Sequence[object], u: Sequence[object] | None = None) -> Circuit:
    n = len(rows)
    order = rng.sample(range(n), n)
    names = [f"P{rng.randrange(1000)}_{k}" for k in range(n)]
    return Circuit.from_matrix(
        [[rows[i][j] for j in order] for i in order],
        names=names,
        tau=[tau[i] for i in order],
        u=None if u is None else [u[i] for i in order],
    )


def automorphisms(rows: Sequence[Sequence[object]]) -> list[tuple[int, ...]]:
    n = len(rows)
    return [
        p
        for p in permutations(range(n))
        if all(rows[p[i]][p[j]] == rows[i][j] for i in range(n) for j in range(n))
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(120))
def test_groups_are_those_of_brute_force(seed: int) -> None:
    rng = random.Random(seed)
    n, kinds = rng.randrange(1, 7), rng.randrange(2, 4)
    rows = [[rng.randrange(kinds) for _ in range(n)] for _ in range(n)]
    if seed % 3:  # random matrices have little symmetry: make some
        p = rng.sample(range(n), n)
        for _ in range(6):
            rows = [[max(rows[i][j], rows[p[i]][p[j]]) for j in range(n)] for i in range(n)]
    graph = labels(rows, [0] * n)
    found, every = group(graph), automorphisms(rows)
    assert found.order == len(every)
    assert all(g in every for g in found.generators)
    assert set(found.orbits) == {tuple(sorted({p[i] for p in every})) for i in range(n)}
    moved = [orbit for orbit in found.orbits if len(orbit) > 1]
    turns = {
        m
        for m in range(3, n + 1)
        for p in every
        if all(_length(p, i) == m for orbit in moved for i in orbit) and moved
    }  # fmt: skip
    turning = circle(graph, found)
    assert (len(turning.members) if turning else 0) == max(turns, default=0)
    assert turning is None or turning.generator in every
    swaps = {p for p in every if all(p[p[i]] == i for i in range(n)) and p != tuple(range(n))}
    for units in exchangeable_units(graph, found):
        for one, other in combinations(units.members, 2):
            swap = list(range(n))
            for i, j in zip(one, other, strict=True):
                swap[i], swap[j] = j, i
            assert tuple(swap) in swaps
    supports = [frozenset(k for k in range(n) if p[k] != k) for p in swaps]
    twins = {moved_nodes for moved_nodes in supports if len(moved_nodes) == 2}
    listed = {
        frozenset((a[0], b[0]))
        for units in exchangeable_units(graph, found)
        if len(units.members[0]) == 1
        for a, b in combinations(units.members, 2)
    }
    assert listed == twins


def _length(p: Sequence[int], i: int) -> int:
    at, steps = p[i], 1
    while at != i:
        at, steps = p[at], steps + 1
    return steps


@pytest.mark.parametrize("seed", range(60))
def test_units_are_found_in_any_order_of_the_populations(seed: int) -> None:
    rng = random.Random(seed)
    units, size, shared = rng.randrange(2, 6), rng.randrange(1, 4), rng.randrange(3)
    rows = symmetric_rows(rng, units, size, shared)
    tau = [k + 1 for _ in range(units) for k in range(size)] + [9] * shared
    c = relabelled(rng, rows, tau)
    found = symmetry(c)
    assert found.order == factorial(units)
    assert sorted(map(len, found.orbits)) == sorted([units] * size + [1] * shared)
    first = found.exchangeable[0]
    assert (len(first.members), len(first.members[0]), len(first.others)) == (units, size, shared)
    for orbit in zip(*found.units(first), strict=True):
        assert tuple(sorted(orbit, key=c.index)) in found.orbits
    if units >= 3:  # the members of a unit are determined: their coupling is the one inside a unit
        inside = {rows[0][k] for k in range(size)} - {rows[0][size + k] for k in range(size)}
        for unit in first.members:
            head = next(i for i in unit if c.populations[i].tau == 1)
            assert {Fraction(int(c.W[head, j].p), int(c.W[head, j].q)) for j in unit} == inside


def test_one_thing_off_is_no_symmetry() -> None:
    whole = lateral_inhibition(4)
    assert symmetry(whole).order == 24
    odd = [[str(e) for e in row] for row in whole.entries]
    odd[0][3] = "-(l + 1/1000)"
    names, tau = whole.names, [p.tau for p in whole.populations]
    changed = Circuit.from_matrix(odd, names=names, tau=tau)
    assert symmetry(changed).order == 2  # units 3 and 4 are left
    assert symmetry(changed).units(symmetry(changed).exchangeable[0]) == (("E3", "I3"), ("E4", "I4"))
    slow = Circuit.from_matrix(whole.W, names=names, tau=["tau_0", *tau[1:]])
    assert symmetry(slow).order == 6
    bounded = Circuit.from_matrix(whole.W, names=names, tau=tau, activation=["saturating", *["relu"] * 7])
    assert symmetry(bounded).order == 6
    pair = lateral_inhibition(2)
    rows = [[str(e) for e in row] for row in pair.entries]
    rows[1][0] = "2*w_IE"
    alone = Circuit.from_matrix(rows, names=pair.names, tau=[p.tau for p in pair.populations])
    assert (symmetry(alone).trivial, symmetry(alone).exchangeable, symmetry(alone).rotation) == (True, (), None)


def test_weights_are_compared_for_all_values_of_the_symbols() -> None:
    assert symmetry(Circuit.from_matrix([["a*(b+1)", 0], [0, "a+a*b"]], tau=[1, 1])).order == 2
    c = Circuit.from_matrix([["a", 0], [0, "b"]], tau=[1, 1])
    assert symmetry(c).order == 1
    assert symmetry(c.with_values(a=1, b="2/2")).order == 2  # values count


def test_inputs_count_when_they_are_asked_for() -> None:
    c = lateral_inhibition(3)
    assert symmetry(c).order == 6
    assert symmetry(c, inputs=True).order == 1
    same = Circuit.from_matrix(c.W, names=c.names, u=["u", 0, "u", 0, "v", 0], tau=[p.tau for p in c.populations])
    assert symmetry(same, inputs=True).orbits == (("E1", "E2"), ("I1", "I2"), ("E3",), ("I3",))


@pytest.mark.parametrize("n", [3, 4, 5, 6, 9, 12])
def test_rings(n: int) -> None:
    round_, one_way = symmetry(ring(n, ["a", "b"], tau=1)), symmetry(ring(n, ["a", "b"], directed=True, tau=1))
    assert (round_.order, one_way.order) == (2 * n, n)
    assert round_.rotation is not None
    assert one_way.rotation is not None
    assert (len(round_.rotation.members), round_.rotation.even) == (n, True)
    assert (len(one_way.rotation.members), one_way.rotation.even) == (n, False)


@pytest.mark.parametrize("seed", range(10))
def test_a_ring_in_any_order_turns_by_its_own_steps(seed: int) -> None:
    rng = random.Random(seed)
    n = rng.choice([5, 7, 8])
    rows = [[Fraction(int(e.p), int(e.q)) for e in row] for row in ring(n, [1, 2], tau=1).entries]
    c = relabelled(rng, rows, [1] * n)
    turning = symmetry(c).rotation
    assert turning is not None and turning.even
    order = [unit[0] for unit in turning.members]
    assert all(c.W[i, j] == 2 for i, j in zip(order, [*order[1:], order[0]], strict=True))


def test_half_a_step_is_not_even() -> None:
    """Each I stands between two E: turning over moves it, so that there is no coupling by distance."""
    n = 5
    W = [[0] * (2 * n) for _ in range(2 * n)]
    for i in range(n):
        W[2 * i][2 * i + 1] = W[2 * i][2 * ((i + 1) % n) + 1] = -1
        W[2 * i + 1][2 * i] = 2
    found = symmetry(Circuit.from_matrix(W, tau=[1] * 2 * n)).rotation
    assert found is not None
    assert (len(found.members), len(found.members[0]), found.even) == (n, 2, False)


def test_two_hundred_populations() -> None:
    assert symmetry(random_ei(200)).trivial
    W = np.full((200, 200), -1) + 3 * np.eye(200, dtype=int)
    assert symmetry(Circuit.from_matrix(W, tau=[1] * 200)).order == factorial(200)
    assert symmetry(shared_inhibition(150, w_EE=1, w_EI=2, w_IE=3, w_II=0)).order == factorial(150)


def test_a_budget_that_runs_out_is_said() -> None:
    triples = list(combinations(range(6), 2))
    graph = labels([[len({*p} & {*q}) for q in triples] for p in triples], [0] * len(triples))
    assert group(graph).order == factorial(6)
    with pytest.raises(Unsupported, match="refinements"):
        group(graph, budget=2)


def test_copies_are_written_out_first() -> None:
    with pytest.raises(Unsupported, match="copies"):
        symmetry(lateral_inhibition())


def test_the_face_gives_functions() -> None:
    assert symgame.symmetry is symmetry
    assert symgame.modes(lateral_inhibition(2))["contrast"].multiplicity == 1


# -- equal row sums ----------------------------------------------------------------------------------------------------


def partitions(items: list[int]) -> list[list[list[int]]]:
    if not items:
        return [[]]
    head, rest = items[0], partitions(items[1:])
    return [
        [*p[:k], [head, *p[k]], *p[k + 1 :]] if k < len(p) else [[head], *p] for p in rest for k in range(len(p) + 1)
    ]


@pytest.mark.parametrize("seed", range(40))
def test_the_coarsest_equitable_partition_is_that_of_brute_force(seed: int) -> None:
    rng = random.Random(seed)
    n = rng.randrange(2, 6)
    rows = [[rng.randrange(-1, 2) for _ in range(n)] for _ in range(n)]
    taus = [rng.choice([1, 1, 1, 2]) for _ in range(n)]

    def holds(cells: list[list[int]]) -> bool:
        return all(
            taus[i] == taus[c[0]] and all(sum(rows[i][j] for j in d) == sum(rows[c[0]][j] for j in d) for d in cells)
            for c in cells
            for i in c
        )

    best = min((p for p in partitions(list(range(n))) if holds(p)), key=len)
    c = Circuit.from_matrix(rows, tau=taus)
    found = equitable(c)
    assert {frozenset(map(c.index, cell)) for cell in found.cells} == {frozenset(cell) for cell in best}
    block = np.array([[float(q.number or 0) for q in row] for row in found.matrix])
    characteristic = np.poly(np.array(rows, dtype=float))  # what the quotient has, the circuit has
    assert np.allclose(np.polydiv(characteristic, np.poly(block))[1], 0, atol=1e-6)
    for orbit in symmetry(c).orbits:
        assert any(set(orbit) <= set(cell) for cell in found.cells)


def test_quotients() -> None:
    c = lateral_inhibition(3, tau_E="t", tau_I="r")
    with pytest.raises(Unsupported, match="inputs"):
        quotient(c)
    same = Circuit.from_matrix(
        c.W, names=c.names, types=[p.type for p in c.populations], u=["u", 0] * 3, tau=["t", "r"] * 3, assume=["l > 0"]
    )
    whole = quotient(same)
    assert whole.names == ("E1", "I1")
    assert [str(e) for e in whole.W] == ["w_EE", "-2*l - s", "w_IE", "-w_II"]
    assert (whole.populations[1].type, whole.assume) == ("inhibitory", ("l > 0",))
    with pytest.raises(Unsupported, match="no cell"):
        quotient(same, [("E1", "I1"), ("E2",), ("I2",), ("E3",), ("I3",)])
