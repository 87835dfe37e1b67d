"""Lateral and shared inhibition, and columns: weights by their definition, published equilibria, options, domains."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from fractions import Fraction as F
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import sympy

from symgame import Circuit, check
from symgame.algebra import algebra
from symgame.cli import main
from symgame.errors import CircuitError, ModelError
from symgame.microcircuits import column, lateral_inhibition, shared_inhibition
from symgame.named import named
from symgame.numeric import solutions

pytestmark = pytest.mark.slow  # of the long ones: run by `python -m pytest -m slow`

WTA: list[dict[str, Any]] = json.loads((Path(__file__).parent / "oracles" / "wta.json").read_text())


def weights(circuit: Circuit) -> dict[tuple[str, str], F]:
    """The entries that are not 0, by the names of target and source."""
    pairs = product(enumerate(circuit.names), repeat=2)
    return {(a, b): F(str(circuit.W[i, j])) for (i, a), (j, b) in pairs if circuit.W[i, j] != 0}


def magnitude(source: random.Random) -> F:
    return F(source.randint(1, 30), source.randint(1, 9))


# -- weights by the definition ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("geometry", ["all", "line", "ring"])
@pytest.mark.parametrize("n", [1, 2, 3, 5, 6])
def test_lateral_inhibition_by_its_definition(n: int, geometry: str) -> None:
    source = random.Random(f"{n} {geometry}")
    w_EE, s, w_IE, w_II = (magnitude(source) for _ in range(4))
    far = 1 if geometry == "all" or n < 4 else 2
    l, x = ([magnitude(source) for _ in range(far)] for _ in range(2))
    made = lateral_inhibition(n, w_EE=w_EE, s=s, l=l, w_IE=w_IE, w_II=w_II, w_X=x, lateral=geometry, tau_E=2, tau_I=3)
    expected: dict[tuple[str, str], F] = {}
    for i in range(n):
        own = f"E{i + 1}", f"I{i + 1}"
        expected |= {(own[0], own[0]): w_EE, (own[0], own[1]): -s, (own[1], own[0]): w_IE, (own[1], own[1]): -w_II}
        for j in range(n):
            steps = {"all": 1, "line": abs(i - j), "ring": min((i - j) % n, (j - i) % n)}[geometry]
            if i != j and steps <= far:
                expected[own[0], f"I{j + 1}"] = -l[steps - 1]
                expected[own[0], f"E{j + 1}"] = x[steps - 1]
    assert weights(made) == expected
    assert made.names[:2] == ("E1", "I1") and len(made.names) == 2 * n
    assert list(made.tau) == [2, 3] * n and [p.sign for p in made.populations] == [1, -1] * n
    assert [str(p.input) for p in made.populations] == [t for i in range(n) for t in (f"u_{i + 1}", "0")]


def test_a_ring_closes_a_line() -> None:
    line, ring = (weights(lateral_inhibition(4, lateral=g, **numbers(l="1/3"))) for g in ("line", "ring"))
    assert {k: v for k, v in ring.items() if k not in line} == {("E1", "I4"): F(-1, 3), ("E4", "I1"): F(-1, 3)}
    assert {k: ring[k] for k in line} == line
    assert weights(lateral_inhibition(3, lateral="ring", **numbers())) == weights(lateral_inhibition(3, **numbers()))


def numbers(**changed: object) -> dict[str, Any]:
    return {"w_EE": "1/2", "s": 1, "l": "1/4", "w_IE": 1, "w_II": "1/5", "tau_E": 1, "tau_I": 1} | changed


def test_a_pool_rests_at_the_sum_of_all_inhibition() -> None:
    """The circuit with one pool has the equilibria of the one without whose own inhibition is s + l."""
    source = random.Random(5)
    found = 0
    for _ in range(40):
        w_EE, s, l = (F(source.randint(0, 12), 6) for _ in range(3))
        given: dict[str, Any] = {"w_EE": w_EE, "w_IE": 1, "w_II": F(1, 3), "tau_E": 1, "tau_I": 1}
        u = {f"u_{i}": F(source.randint(-3, 9), 7) for i in (1, 2, 3)}
        pooled = solutions(lateral_inhibition(3, s=s, l=l, pool=True, **given).with_values(**u))
        direct = solutions(lateral_inhibition(3, s=s + l, l=l, **given).with_values(**u))
        states = [{k: v for k, v in e.state.items() if k != "P"} for e in pooled.equilibria]
        assert sorted(map(str, states)) == sorted(str(e.state) for e in direct.equilibria)
        for e in pooled.equilibria:
            if e.state:
                assert e.state["P"] == sum(v for k, v in e.state.items() if k[0] == "I")
                found += 1
    assert found > 40


@pytest.mark.parametrize("case", WTA, ids=lambda c: c["id"])
def test_published_winner_take_all(case: dict[str, Any]) -> None:
    n = len(case["I"])
    made = shared_inhibition(n, w_EE=case["alpha"], w_EI=case["beta1"], w_IE=case["beta2"], w_II=0, tau_E=1, tau_I=1)
    answer = solutions(made.with_values(**{f"u_{i + 1}": v for i, v in enumerate(case["I"])}))
    assert answer.complete
    states = {tuple(e.state.values()): e for e in answer.equilibria if e.state}
    expected = {tuple(map(F, e["x"])): e for e in case["equilibria"] if e["x"] is not None}
    assert set(states) == set(expected)
    for x, e in expected.items():
        assert states[x].strict == e["strict"] and (not e["strict"] or states[x].stable == e["stable"])


# -- any number of units ----------------------------------------------------------------------------------------------


SHAPES: dict[str, Callable[..., Circuit]] = {
    "lateral": lateral_inhibition,
    "pool": lambda n=None, **k: lateral_inhibition(n, pool=True, **k),
    "excitation": lambda n=None, **k: lateral_inhibition(n, w_X="w_X", **k),
    "shared": shared_inhibition,
    "column": lambda n=None, **k: column(2, n, feedback="b", **k),
    "column, shared": lambda n=None, **k: column(3, n, unit="shared", **k),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("k, n", [(1, 2), (1, 4), (2, 3), (3, 5)])
def test_k_and_n_minus_k_units_sum_up_the_units_written_out(shape: str, k: int, n: int) -> None:
    """Row sums over the units of a group, entry by entry, and the coupling between two units of one group."""
    few, many = SHAPES[shape](), SHAPES[shape](n)
    point = {sympy.Symbol("k", real=True): k, sympy.Symbol("n", real=True): n}

    def units(name: str) -> list[str]:
        """What a population of the short circuit stands for."""
        group = next((g for g, c in enumerate(few.copies) if name in c.members), None)
        if group is None:
            return [name]
        stem = name[: -len(str(group + 1))]
        return [f"{stem}{i + 1}" for i in (range(k) if group == 0 else range(k, n))]

    for a, to in enumerate(few.names):
        for b, source in enumerate(few.names):
            target = many.index(units(to)[0])
            total = sum(many.W[target, many.index(one)] for one in units(source))
            assert sympy.expand(few.W[a, b].xreplace(point) - total) == 0
    for group in few.copies:
        assert [len(units(m)) for m in group.members] == [int(group.count.xreplace(point))] * len(group.members)
        for i, to in enumerate(group.members):
            for j, source in enumerate(group.members):
                if len(units(to)) > 1:
                    between = many.W[many.index(units(to)[0]), many.index(units(source)[1])]
                    assert group.lateral[i, j] == between


def test_the_domain() -> None:
    texts = [h.text for h in algebra(lateral_inhibition(2)).domain.hypotheses]
    assert {"s > 0", "w_IE > 0", "l >= 0", "w_EE >= 0", "w_II >= 0", "tau_E > 0", "tau_I > 0"} == set(texts)
    own = lateral_inhibition(2, w_EE="a", s="p^2", l="c", w_IE="q", w_II=0, tau_E="t", tau_I="t", u_I="v")
    assert (
        "p^2 > 0" in own.assume
        and "q > 0" in own.assume
        and own.symbols == (*("a", "p", "c", "q", "t", "u_1", "v", "u_2"),)
    )
    symbolic = [h.text for h in algebra(lateral_inhibition()).domain.hypotheses]
    assert {"l >= 0", "w_EE >= 0", "w_II >= 0", "s > 0"} <= set(symbolic)
    assert "f > 0" in column().assume and "f > 0" not in column(2, 2, f="3").assume


def test_what_is_true_of_two_units() -> None:
    pair = lateral_inhibition(2)
    assert check(pair, "p_matrix <=> w_EE < 1 & (1 - w_EE)*(1 + w_II) + (s - l)*w_IE > 0").verdict.kind == "proved"
    assert check(pair, "p_matrix <=> w_EE < 1").verdict.kind == "refuted"  # the contrast mode has its own condition


# -- columns ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["lateral", "shared"])
def test_a_column_is_its_layers(unit: str) -> None:
    one = lateral_inhibition(3) if unit == "lateral" else shared_inhibition(3)
    made = column(3, 3, unit=unit, feedback="b")
    m = len(one.names)
    assert len(made.names) == 3 * m
    for a, b in product(range(3), repeat=2):
        block = made.W[a * m : (a + 1) * m, b * m : (b + 1) * m]
        driven = sympy.diag(*[int(p.type == "excitatory") for p in one.populations])
        f, back = (sympy.Symbol(x, real=True) for x in "fb")
        assert block == {0: one.W, 1: f * driven, -1: back * driven}.get(a - b, sympy.zeros(m))
    assert [str(p.input) for p in made.populations[:m]] == [str(p.input) for p in one.populations]
    assert all(p.input == 0 for p in made.populations[m:])
    assert made.names[m] == "E2_1" and made.names[m - 1] == ("I1_3" if unit == "lateral" else "I1")


def test_options_of_the_command_line() -> None:
    assert named("lateral-inhibition:n=6,lateral=ring,l=1/2:1/4") == lateral_inhibition(
        6, lateral="ring", l=["1/2", "1/4"]
    )
    assert named("lateral-inhibition:3,pool,u_I=v") == lateral_inhibition(3, pool=True, u_I="v")
    assert named("lateral-inhibition") == lateral_inhibition()
    assert named("shared-inhibition:n=4,w_EI=3") == shared_inhibition(4, w_EI=3)
    assert named("column:layers=3,n=2,feedback=b") == column(3, 2, feedback="b")
    assert named("column:2,n=2,unit=shared,w_EI=2") == column(2, 2, unit="shared", w_EI=2)
    assert named("column") == column() and len(column().names) == 8


BAD: list[tuple[Callable[[], Circuit], str]] = [
    (lambda: lateral_inhibition(2, w_EE=-1), "w_EE is -1; weights are magnitudes, w_EE >= 0"),
    (lambda: lateral_inhibition(2, w_IE=0), "w_IE is 0; weights are magnitudes, w_IE > 0"),
    (lambda: lateral_inhibition(2, tau_E=0), "a time constant is > 0"),
    (lambda: lateral_inhibition(0), "n is 0; a whole number from 1 to 400"),
    (lambda: lateral_inhibition(3, lateral="torus"), "lateral is 'torus'; it is one of all, line, ring"),
    (lambda: lateral_inhibition(3, l=["a", "b"]), "l has 2 weights, by distance; say lateral='line'"),
    (lambda: lateral_inhibition(3, l=[]), "l is an empty list"),
    (
        lambda: lateral_inhibition(5, lateral="ring", l=["a", "b", "c"]),
        "3 weights, but a ring of 5 units has 2 distances",
    ),
    (lambda: lateral_inhibition(5, lateral="line", l=["a", "b"], pool=True), "a pool inhibits every unit alike"),
    (lambda: lateral_inhibition(lateral="ring"), "a ring has a whole number of units; give n"),
    (lambda: lateral_inhibition(l="k"), "'k' is the number of units with the first input"),
    (lambda: column(w_EE="n + 1"), "'n' is the number of all units"),
    (lambda: lateral_inhibition(201), "201 units are 402 populations"),
    (lambda: column(10, 100), "100 units in 10 layers are 2000 populations.*symgame.stacked"),
    (lambda: column(0), "layers is 0; a whole number"),
    (lambda: column(2, 2, unit="ring"), "unit is 'ring'; it is 'lateral'"),
    (lambda: column(2, 2, unit="shared", s=1), "unit=shared takes no 's'"),
    (lambda: column(2, 2, unit="shared", pool=True), "unit=shared takes no 'pool'"),
    (lambda: column(2, 2, w_EI=1), "unit=lateral takes no 'w_EI'"),
]


@pytest.mark.parametrize("make, message", BAD, ids=[m[:30] for _, m in BAD])
def test_bad_arguments_are_one_clear_message(make: Callable[[], Circuit], message: str) -> None:
    with pytest.raises(CircuitError, match=message):
        make()


def test_bad_options_exit_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ModelError, match="lateral-inhibition: unknown option 'w_E'"):
        named("lateral-inhibition:3,w_E=1")
    assert main(["equilibria", "lateral-inhibition:2,w_EE=-1"]) == 2
    assert "lateral-inhibition: w_EE is -1" in capsys.readouterr().err
