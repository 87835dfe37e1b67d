"""Layers found in any order and under any names, columns solved layer by layer, and their dynamics."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction as F
from itertools import permutations
from math import prod
from typing import Any

import numpy as np
import pytest
import sympy

import symgame
from symgame import Circuit, layers, stacked
from symgame.cells import Point
from symgame.cli import main
from symgame.columns import column_equilibria
from symgame.enumeration import equilibria
from symgame.errors import CircuitError, Unsupported
from symgame.kinds import activation
from symgame.layering import depths
from symgame.mean_field import equilibrium, mean_field, single_valued, stable
from symgame.microcircuits import column, lateral_inhibition, shared_inhibition
from symgame.numeric import Writer, solutions, system
from symgame.principal import p_matrix
from symgame.simulation import simulated

pytestmark = pytest.mark.slow  # of the long ones: run by `python -m pytest -m slow`

UNIT: dict[str, Any] = {"w_EE": "1/2", "s": 1, "l": "1/2", "w_IE": 1, "w_II": 0, "tau_E": 2, "tau_I": 1}


def shuffled(circuit: Circuit, source: random.Random, rename: bool = True) -> Circuit:
    """The same circuit with its populations in another order and with other names."""
    n = len(circuit.names)
    order = list(range(n))
    source.shuffle(order)
    populations = tuple(circuit.populations[i] for i in order)
    if rename:
        populations = tuple(replace(p, name=f"N{i}") for i, p in enumerate(populations))
    W = sympy.ImmutableDenseMatrix(n, n, [circuit.entries[i][j] for i in order for j in order])
    return Circuit(circuit.name, populations, W, circuit.assume)


def changed(circuit: Circuit, to: str, source: str, weight: object) -> Circuit:
    W = sympy.Matrix(circuit.W)
    W[circuit.index(to), circuit.index(source)] = weight
    return replace(circuit, W=sympy.ImmutableDenseMatrix(W))


def named_weights(circuit: Circuit) -> dict[tuple[str, str], sympy.Expr]:
    return {(a, b): circuit.W[i, j] for i, a in enumerate(circuit.names) for j, b in enumerate(circuit.names)}


# -- which layers there are -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "made",
    [
        column(3, 3),
        column(4, 2, l=0),
        column(2, 4, lateral="ring", l=["a", "b"]),
        column(3, 3, lateral="line"),
        column(3, 3, unit="shared"),
        column(3, 2, pool=True),
    ],
    ids=["all", "units apart", "ring", "line", "shared", "pool"],
)
def test_layers_are_found_in_any_order(made: Circuit, seed: int) -> None:
    other = shuffled(made, random.Random(seed), rename=False)
    found = layers(other)
    depth = len({name[1] for name in made.names})
    assert found.count == depth and not found.recurrent
    assert [{name[1] for name in row} for row in found.names] == [{str(k + 1)} for k in range(depth)]
    assert named_weights(found.circuit()) == named_weights(made)
    assert {str(p.input) for p in found.layer.populations} == {f"u_{name}" for name in found.names[0]}
    assert layers(shuffled(made, random.Random(seed))).count == depth  # names mean nothing


def test_feedback_is_found_in_the_order_given() -> None:
    made = column(3, 2, feedback="b", unit="shared")
    found = layers(made)
    f, b = (sympy.Symbol(x, real=True) for x in "fb")
    assert found.count == 3 and found.recurrent and found.layer.W == shared_inhibition(2).W
    assert found.feedforward == f * sympy.diag(1, 1, 0) and found.feedback == b * sympy.diag(1, 1, 0)
    assert found.circuit() == replace(made, inputs=found.circuit().inputs)


def test_what_has_no_layers_is_one() -> None:
    for made in (lateral_inhibition(2), lateral_inhibition(4, lateral="line"), symgame.wilson_cowan()):
        found = layers(made)
        assert found.count == 1 and found.layer.W == made.W and found.circuit().u == made.u


def test_any_number_of_units() -> None:
    made = column()
    found = layers(made)
    assert found.count == 2 and found.layer.copies == _first_layer()
    whole = found.circuit()
    assert whole.W == made.W and whole.copies == made.copies and whole.assume == made.assume
    assert "f > 0" not in found.layer.assume and "s > 0" in found.layer.assume


def _first_layer() -> tuple[Any, ...]:
    """The groups of the microcircuit, under the names of layer 1."""
    return tuple(replace(c, members=(f"E1_{i}", f"I1_{i}")) for i, c in enumerate(lateral_inhibition().copies, 1))


def test_unlike_layers_are_refused_with_the_reason() -> None:
    made, q = column(3, 2), sympy.Symbol("q", real=True)
    cases = [
        (changed(made, "E3_1", "I3_1", -q), r"no order of the populations of layer 3 \(E3_1, I3_1, E3_2, I3_2\)"),
        (changed(made, "E3_2", "E2_2", 2 * q), "drives it as that one is driven"),
        (changed(made, "E3_1", "E1_1", q), "the coupling to E3_1 from E1_1 skips a layer"),
        (changed(made, "I2_1", "E1_1", q), "no order of the populations of layer 3"),
    ]
    slow = tuple(replace(p, tau=q) if p.name == "I2_2" else p for p in made.populations)
    cases.append((replace(made, populations=slow), "layer 2 has populations of another type, time constant"))
    cases.append(
        (Circuit.from_matrix([[0, 0, 0], [1, 0, 0], [1, 0, 0]]), r"layer 1 is \(x1\) and layer 2 is \(x2, x3\)")
    )
    for circuit, message in cases:
        with pytest.raises(Unsupported, match=message):
            layers(circuit)


def test_stacked_equals_the_built_in_column() -> None:
    for unit, made in (("lateral", lateral_inhibition(3)), ("shared", shared_inhibition(3))):
        whole, expected = stacked(made, 4).circuit(), column(4, 3, unit=unit)
        assert whole.names == expected.names and whole.W == expected.W and whole.u == expected.u
    matrix = [["0", "g"], ["h", "0"]]
    found = stacked(symgame.wilson_cowan(), 2, feedforward=matrix)
    assert found.names == (("E1", "I1"), ("E2", "I2")) and str(found.circuit().W[3, 0]) == "h"
    assert found.inputs[1] == (0, 0) and depths(found.circuit()) == [[0, 1], [2, 3]]
    for bad, message in (((0,), "count is 0"), ((2, [[1]]), "feedforward must be 2 by 2")):
        with pytest.raises(CircuitError, match=message):
            stacked(symgame.wilson_cowan(), *bad)
    with pytest.raises(CircuitError, match="no population is declared excitatory"):
        stacked(Circuit.from_matrix([[0]]), 2)
    with pytest.raises(CircuitError, match="the column has 600 populations"):
        stacked(lateral_inhibition(100), 3).circuit()


# -- the equilibria of columns ----------------------------------------------------------------------------------------


def random_columns(source: random.Random, count: int) -> Iterator[Circuit]:
    """Columns of one to three layers of two units, own excitation on both sides of 1, some with caps."""
    for k in range(count):
        unit = ("lateral", "shared")[k % 2]
        own: dict[str, Any] = {"s": F(source.randint(0, 9), 6), "l": F(source.randint(0, 12), 6)}
        weights: dict[str, Any] = {"w_EI": F(source.randint(1, 9), 6)} if unit == "shared" else own
        made = column(
            2 if k % 4 == 3 or (unit == "lateral" and k % 3) else 3,
            2,
            unit=unit,
            f=F(source.randint(1, 8), 4),
            w_EE=F(source.randint(0, 16), 10),
            w_IE=F(source.randint(1, 8), 4),
            w_II=F(source.randint(0, 4), 4),
            u_I=F(source.randint(-2, 2), 5),
            tau_E=1,
            tau_I=F(source.randint(1, 4), 2),
            **weights,
        )
        if k % 4 == 3:
            kind = activation("saturating", cap=F(source.randint(2, 9), 3))
            made = replace(made, populations=tuple(replace(p, activation=kind) for p in made.populations))
        yield made.with_values(u_1=F(source.randint(-2, 9), 7), u_2=F(source.randint(-2, 9), 7)).fixed()


def test_layer_by_layer_agrees_with_every_choice_of_pieces() -> None:
    several = decided = 0
    for made in random_columns(random.Random(11), 120):
        exact = system(made)
        every = list(exact.exhaustive() if prod(len(row) for row in exact.pieces) < 1000 else equilibria(exact))
        made = shuffled(made, random.Random(1))
        found = column_equilibria(made)
        points = [p for p in every if isinstance(p, Point)]
        assert found.complete == (len(points) == len(every)), found.reason
        if not found.complete:
            continue
        states = sorted(sorted(found.state(k).values()) for k in range(len(found.equilibria)))
        assert states == sorted(sorted(p.state) for p in points)
        several += len(points) > 1
        reference = {str(sorted(e.state.items())): e for e in solutions(made).equilibria}
        for k, e in enumerate(found.equilibria):
            same = reference[str(sorted(found.state(k).items()))]
            assert (e.strict, e.index, set(e.active)) == (same.strict, same.index, set(same.active))
            assert set(e.saturated) == set(same.saturated)
            if e.strict:
                assert e.stable == same.stable
                decided += 1
    assert several > 12 and decided > 80


def test_three_layers_of_two_units_in_one_big_circuit() -> None:
    """Twelve populations at once, and the ratio by layers as the law of velocities has it."""
    source = random.Random(3)
    for _ in range(12):
        w_EE, s, l = F(source.randint(0, 9), 10), F(source.randint(1, 8), 4), F(source.randint(1, 8), 8)
        given: dict[str, Any] = {**UNIT, "w_EE": w_EE, "s": s, "l": l}
        rho = l / ((1 - w_EE) + s)
        r = F(source.randint(0, 19), 20)
        made = column(3, 2, f=1, **given).with_values(u_1=1, u_2=r)
        if rho >= 1:
            continue
        found, whole = column_equilibria(made), solutions(made)
        assert found.complete and len(found.equilibria) == len(whole.equilibria) == 1
        assert found.state() == whole.equilibria[0].state
        for rates in found.equilibria[0].rates:
            r = (r - rho) / (1 - rho * r) if r > rho else F(0)
            assert rates[2] / rates[0] == r


def test_an_end_that_was_asked_for_and_a_continuum_are_not_complete() -> None:
    flip = lateral_inhibition(2, **{**UNIT, "l": 3}).with_values(u_1=1, u_2=1)
    found = column_equilibria(stacked(flip, 3, feedforward=1))
    assert found.complete and len(found.equilibria) == 7  # 1 or 2 wins in layer 1, 2 or 3, or none
    few = column_equilibria(stacked(flip, 3, feedforward=1), limit=2)
    assert not few.complete and len(few.equilibria) == 2 and few.reason == "more than the 2 equilibria asked for"
    even = lateral_inhibition(2, **{**UNIT, "l": "3/2"}).with_values(u_1=1, u_2=1)  # rho = 1
    open_ = column_equilibria(stacked(even, 2, feedforward=1))
    assert not open_.complete and "continuum" in open_.reason
    none = column_equilibria(stacked(even, 2, feedforward=1), budget=0)
    assert not none.complete


def test_stability_with_a_silent_loser_on_its_kink() -> None:
    """The I of a silent E gets no input at all; it is on no loop that can answer, and decides nothing."""
    flip = lateral_inhibition(2, **{**UNIT, "l": 3}).with_values(u_1=1, u_2=1)
    answers = {e.active: (e.stable, e.strict) for e in column_equilibria(flip).equilibria}
    assert answers == {
        ("E1", "I1"): (True, False),
        ("E2", "I2"): (True, False),
        ("E1", "I1", "E2", "I2"): (False, True),
    }
    slow = lateral_inhibition(2, **{**UNIT, "l": 3, "w_EE": "7/4", "tau_I": 8}).with_values(u_1=1, u_2=1)
    assert [e.stable for e in column_equilibria(slow).equilibria] == [False] * 3  # past the Hopf point of one pair
    moved = simulated(flip.with_values(u_1="101/100").fixed(), 200, start=["2/3", "2/3", "1/9", "1/9"]).final[0]
    assert abs(moved[0] - 101 / 150) < 1e-6 and moved[2] < 1e-6
    at_kinks = Circuit.from_matrix([["1/2", -1], [1, 0]], names="EI", u=[0, 0], tau=[1, 1])
    assert column_equilibria(at_kinks).equilibria[0].stable is None  # E and I on kinks, in one loop
    for w, answer in ((F(1, 2), True), (-9, True), (F(1), None), (2, None)):
        alone = Circuit.from_matrix([[w]], u=[0], tau=[1])
        found = column_equilibria(alone)
        assert [e.stable for e in found.equilibria] in ([answer], []) and (w != 1 or not found.complete)


def test_bad_columns() -> None:
    with pytest.raises(Unsupported, match=r"these symbols have no value: .*w_EE"):
        column_equilibria(column(2, 2))
    with pytest.raises(Unsupported, match="u_1 is not an exact number"):
        column_equilibria(stacked(lateral_inhibition(2, **UNIT), 2, feedforward=1))
    with pytest.raises(Unsupported, match="f is not an exact number"):
        column_equilibria(stacked(lateral_inhibition(2, **UNIT).with_values(u_1=1, u_2=1), 2))


def test_feedback_is_solved_as_a_whole() -> None:
    made = column(2, 2, f=1, feedback="1/4", **UNIT).with_values(u_1=1, u_2="4/5")
    found = column_equilibria(layers(made.fixed()))
    assert found.complete and found.state() == solutions(made).equilibria[0].state
    assert column_equilibria(made).equilibria[0].active == found.equilibria[0].active


def test_units_given_by_their_number() -> None:
    made = column(2, f=1, **UNIT).with_values(k=2, n=3, u_1=1, u_2="1/2").fixed()
    found = column_equilibria(made)
    plain = column_equilibria(column(2, 3, f=1, **UNIT).with_values(u_1=1, u_2=1, u_3="1/2"))
    assert sorted(found.state().values()) == sorted(plain.state().values()) and found.complete
    assert column_equilibria(layers(made)).state() == found.state()


# -- exchangeable units through their sums ----------------------------------------------------------------------------


def random_layers(source: random.Random, count: int) -> Iterator[tuple[Circuit, int]]:
    for k in range(count):
        n = source.randint(3, 4)
        given: dict[str, Any] = {
            "w_EE": F(source.randint(0, 7), 6),
            "w_IE": F(source.randint(1, 12), 6),
            "w_II": F(source.randint(0, 6), 6),
            "u_I": F(source.randint(-2, 2), 6),
            "tau_E": 1,
            "tau_I": 2,
        }
        if k % 3 == 0:
            made = shared_inhibition(n, w_EI=F(source.randint(1, 12), 6), **given)
        else:
            s, l = F(source.randint(0, 12), 6), F(source.randint(1, 6), 6)
            made = lateral_inhibition(n, s=s, l=l, pool=k % 3 == 1, w_X=F(source.randint(0, 2), 24), **given)
        u = {f"u_{i + 1}": F(source.randint(-3, 9), 7) for i in range(n)}
        yield shuffled(made.with_values(**u).fixed(), source), n


def test_sums_agree_with_enumeration_and_with_all_minors() -> None:
    alone = kinks = 0
    for made, n in random_layers(random.Random(7), 150):
        exact = system(made)
        tau = [F(str(p.tau)) for p in made.populations]
        field = mean_field(exact, tau)
        assert field is not None and len(field.members) == n
        every = list(equilibria(exact))
        matrix = [[int(i == j) - w for j, w in enumerate(row)] for i, row in enumerate(exact.W)]
        single = single_valued(field)
        assert single <= bool(p_matrix(matrix).holds)  # never claimed where a minor is <= 0
        found = equilibrium(field, exact.u)
        if single:
            assert every == [found]
            alone += 1
        if found is not None:
            assert found in every
            if found.strict:
                assert stable(field, found.places) == Writer(made, exact, 15).solution(found).stable
            kinks += not found.strict
    assert alone > 90 and kinks > 5


def test_the_proof_of_one_equilibrium_is_sharp_where_units_meet_through_one_sum() -> None:
    """Through one sum the test is equivalent to all minors: both answers occur, and always agree."""
    seen = set()
    for made, _ in random_layers(random.Random(8), 60):
        exact = system(made)
        W = exact.W
        field = mean_field(exact, [F(1)] * exact.n)
        assert field is not None
        if any(v > 0 for row in field.V.tolist() for v in row):
            continue
        matrix = [[int(i == j) - w for j, w in enumerate(row)] for i, row in enumerate(W)]
        assert single_valued(field) == p_matrix(matrix).holds
        seen.add(single_valued(field))
    assert seen == {True, False}


def test_one_weight_off_is_no_symmetry() -> None:
    made = lateral_inhibition(4, **UNIT).with_values(u_1=1, u_2=1, u_3=1, u_4=1).fixed()
    ones = [F(1)] * 8
    field = mean_field(system(made), ones)
    assert field is not None and len(field.members) == 4
    odd = mean_field(system(changed(made, "E4", "I3", sympy.Rational(-501, 1000))), ones)
    assert odd is not None and {i for unit in odd.members for i in unit} == {0, 1, 2, 3}  # units 1 and 2 alone
    slow = mean_field(system(made), [*ones[:7], F(2)])
    assert slow is not None and len(slow.members) == 3
    assert mean_field(system(lateral_inhibition(5, lateral="ring", **UNIT).with_values(**dict.fromkeys(
        ("u_1", "u_2", "u_3", "u_4", "u_5"), 1))), [F(1)] * 10) is None  # fmt: skip
    kinds = tuple(
        replace(p, activation=activation("saturating", cap=9)) if p.name == "E2" else p for p in made.populations
    )
    other = mean_field(system(replace(made, populations=kinds)), ones)
    assert other is not None and len(other.members) == 3


def test_newton_that_comes_back_ends_in_single_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("symgame.mean_field.NEWTON", 0)
    for made, _ in random_layers(random.Random(9), 30):
        exact = system(made)
        field = mean_field(exact, [F(1)] * exact.n)
        assert field is not None
        if single_valued(field):
            assert [equilibrium(field, exact.u)] == list(equilibria(exact))


def test_a_winner_beside_a_singular_contrast_mode() -> None:
    """With s - l = -(1 - w_EE)(1 + w_II)/w_IE two active units are singular against each other, and one is not."""
    source, winners = random.Random(4), 0
    for _ in range(40):
        u = {f"u_{i + 1}": F(source.randint(-2, 9), 7) for i in range(4)}
        made = lateral_inhibition(4, **{**UNIT, "l": "3/2"}).with_values(**u).fixed()
        exact = system(made)
        field = mean_field(exact, [F(1)] * 8)
        assert field is not None and not single_valued(field)
        found = equilibrium(field, exact.u, single=False)
        if found is not None:
            assert found in list(equilibria(exact))
            winners += sum(x > 0 for x in found.state[::2]) == 1
    assert winners > 20


def test_wide_layers_with_many_equilibria_give_one_and_say_so() -> None:
    found = column_equilibria(stacked(wide(40, l=5), 3, feedforward=1))
    assert not found.complete and "that it is the only one was not proved" in found.reason
    (e,) = found.equilibria
    assert [sum(x > 0 for x in rates[::2]) for rates in e.rates] == [1, 1, 1] and e.stable
    inputs = wide(40, l=5).fixed().u[::2]
    assert inputs[e.rates[0].index(max(e.rates[0])) // 2] == max(inputs)


# -- large columns, and in time ---------------------------------------------------------------------------------------


def wide(n: int, seed: int = 0, **changes: object) -> Circuit:
    source = random.Random(seed)
    given: dict[str, Any] = {**UNIT, "s": "1/2", "l": F(1, 4 * n)} | changes
    return lateral_inhibition(n, **given).with_values(**{f"u_{i + 1}": F(source.randint(0, 99), 99) for i in range(n)})


def test_ten_layers_of_sixty_units_exactly_and_in_time() -> None:
    made = stacked(wide(60), 10, feedforward="9/10")
    found = column_equilibria(made)
    assert found.complete and len(found.equilibria) == 1
    (e,) = found.equilibria
    counts = [sum(x > 0 for x in rates) for rates in e.rates]
    assert counts == sorted(counts, reverse=True) and counts[-1] < counts[0] and e.stable
    for k in (1, 9):  # the definition, unit by unit
        below, rates = e.rates[k - 1], e.rates[k]
        total = sum(rates[1::2], F(0))
        for i in range(60):
            E, I = rates[2 * i], rates[2 * i + 1]
            drive = F(9, 10) * below[2 * i] + E / 2 - I / 2 - F(1, 240) * (total - I)
            assert max(drive, F(0)) == E and I == E
    reached = simulated(made, 120).final
    assert np.abs(reached - np.array([[float(x) for x in rates] for rates in e.rates])).max() < 1e-6


def test_a_ring_of_many_units_by_pivoting_and_alone_by_dominance() -> None:
    made = stacked(wide(20, lateral="ring", l=["1/40", "1/80"]), 2, feedforward=1)
    found = column_equilibria(made)
    assert found.complete and found.equilibria[0].stable is not None
    whole = column_equilibria(made.circuit())
    assert whole.state() == found.state()
    strong = column_equilibria(stacked(wide(20, lateral="ring", l="1/2"), 1))
    assert not strong.complete and len(strong.equilibria) == 1 and "was not proved" in strong.reason
    none = column_equilibria(stacked(wide(20, lateral="ring", l="3/4"), 1))
    assert not none.complete and not none.equilibria and "no equilibrium was found" in none.reason


def test_the_flow_of_a_circuit_with_feedback_and_of_one_layer() -> None:
    made = column(2, 2, f=1, feedback="1/4", **UNIT).with_values(u_1=1, u_2="4/5")
    at_once, by_layers = simulated(made, 150), simulated(layers(made.fixed()), 150)
    assert np.allclose(at_once.final.ravel(), by_layers.final.ravel(), atol=1e-7)
    rest = solutions(made).equilibria[0].state
    for name in made.names:
        assert abs(at_once.of(name)[-1] - float(rest[name])) < 1e-6 and by_layers.of(name)[0] == 0
    halfway = simulated(made, 5, start=[rest[name] for name in made.names])
    assert np.abs(halfway.rates - halfway.rates[0]).max() < 1e-7
    with pytest.raises(CircuitError, match="start has 1 rates, and the circuit 8"):
        simulated(made, 1, start=[0])
    with pytest.raises(CircuitError, match="no population 'Q'"):
        at_once.of("Q")
    with pytest.raises(Unsupported, match="u_1 is not a number"):
        simulated(column(2, 2, f=1, **UNIT), 1)


def test_the_command_line_solves_columns(capsys: pytest.CaptureFixture[str]) -> None:
    sets = [f"--set={name}={value}" for name, value in {**UNIT, "f": 1}.items()]
    for n, depth in ((2, 3), (2, 9), (5, 9)):  # enumeration; layer by layer with spectrum; and without
        inputs = [f"--set=u_{i + 1}={F(1, i + 1)}" for i in range(n)]
        assert main(["equilibria", f"column:layers={depth},n={n}", "--json", *sets, *inputs]) == 0
        document = json.loads(capsys.readouterr().out)
        (e,) = document["equilibria"]
        made = column(depth, n, f=1, **UNIT).with_values(**{f"u_{i + 1}": F(1, i + 1) for i in range(n)})
        assert document["complete"] and len(e["state"]) == 2 * n * depth
        assert {k: F(v) for k, v in e["state"].items()} == column_equilibria(made).state()
        assert e["type"] == "kink" and F(e["state"][f"E{depth}_{n}"]) == 0


def test_exports() -> None:
    assert symgame.layers(column(2, 1)).count == 2 and callable(symgame.column_equilibria) and callable(symgame.stacked)


def test_orders_of_one_layer_do_not_matter() -> None:
    """Every order of the populations of the second layer gives the same column."""
    made = column(2, 2)
    for order in permutations(range(4, 8)):
        rows = [0, 1, 2, 3, *order]
        W = sympy.ImmutableDenseMatrix(8, 8, [made.entries[i][j] for i in rows for j in rows])
        other = Circuit(made.name, tuple(made.populations[i] for i in rows), W, made.assume)
        assert layers(other).names == (("E1_1", "I1_1", "E1_2", "I1_2"), ("E2_1", "I2_1", "E2_2", "I2_2"))
