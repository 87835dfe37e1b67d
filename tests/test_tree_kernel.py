"""The compiled walk of the tree of choices: against NumPy, plain fractions, and exact tableaus node by node."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest
from plain_equilibria import random_circuit
from test_enumeration import RELU, ZERO, exact_tableau, graph_network, ill_conditioned, on_kinks

from symgame import enumeration, tree_kernel, tree_walk
from symgame.cells import Family, Point, System
from symgame.choices import Tree
from symgame.enumeration import Account, equilibria
from symgame.numeric import system
from symgame.tree_kernel import BASE, BOX, FIRST, HOME, LEVEL, compiled, walk
from symgame.tree_walk import Walk

pytest.importorskip("numba")


@pytest.fixture(autouse=True)
def the_walk_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small circuits take the road of large ones, from the root on."""
    monkeypatch.setattr(enumeration, "FEW", 0)
    monkeypatch.setattr(enumeration, "PATIENCE", 0)
    monkeypatch.setattr(enumeration, "WORTH", 0)


def singular(source: random.Random, n: int) -> System:
    """Small integer weights and inputs: many pivots and determinants are 0, many total inputs on kinks."""
    W = tuple(tuple(F(source.choice([-1, 0, 0, 1, 1, 2])) for _ in range(n)) for _ in range(n))
    return System(W, tuple(F(source.choice([-1, 0, 1])) for _ in range(n)), (RELU,) * n)


def systems() -> list[System]:
    source = random.Random(21)
    return [
        *(system(random_circuit(source, 4 if k % 5 else 5).circuit()) for k in range(90)),
        *(singular(source, 5) for _ in range(40)),
        *(ill_conditioned(source, 5) for _ in range(30)),
        *on_kinks(20),
    ]


def walked(s: System, run: Callable[..., int] | None = None, stretch: int = 1 << 15) -> tuple[Walk, list[Any]]:
    tree = Tree.of(s)
    below = Walk(run or require(), tree, 0, tree.start())
    with np.errstate(all="ignore"):
        return below, [tuple(int(v) for v in leaf) for leaves in below.batches(stretch) for leaf in leaves]


def require() -> Callable[..., int]:
    run = compiled()
    assert run is not None
    return run


def test_agrees_with_numpy_and_with_plain_fractions(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the root, and below nodes that NumPy made, some of which wait for a pivot."""
    seen: Counter[str] = Counter()
    original = tree_walk.Walk.__init__

    def counted(self: Walk, run: Any, tree: Tree, level: int, nodes: Any) -> None:
        seen["walks below the root"] += level > 0
        seen["walks with waiting populations"] += any(j < level for j in nodes.columns)
        original(self, run, tree, level, nodes)

    monkeypatch.setattr(tree_walk.Walk, "__init__", counted)
    for s in systems():
        truth = list(s.exhaustive())
        answers = []
        for patience in (0, 4, 10**9):  # the last is NumPy alone
            monkeypatch.setattr(enumeration, "PATIENCE", patience)
            answers.append(list(equilibria(s)))
            assert len(answers[-1]) == len(truth)
            assert set(answers[-1]) == set(truth)
        seen.update("continuum" if isinstance(p, Family) else "strict" if p.strict else "kink" for p in truth)
    assert min(seen["continuum"], seen["kink"], seen["strict"]) > 30, seen
    assert min(seen["walks below the root"], seen["walks with waiting populations"]) > 10, seen


def test_compiled_and_plain_do_the_same() -> None:
    for s in (graph_network(7, 0.3, 4), *systems()[::12]):
        one, leaves = walked(s)
        two, others = walked(s, walk)
        assert (leaves, one.kept) == (others, two.kept)


def test_larger_networks_agree_with_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    """With levels that are narrowed, levels that are tested, and levels that are neither."""
    for share, seed in ((0.1, 1), (0.3, 2), (0.6, 3)):
        s = graph_network(12, share, seed)
        ours = set(equilibria(s))
        monkeypatch.setattr(enumeration, "PATIENCE", 10**9)
        assert ours == set(equilibria(s)) and ours
        monkeypatch.setattr(enumeration, "PATIENCE", 0)
        assert sum(p.sign for p in ours if isinstance(p, Point)) == 1


def nodes_of(s: System) -> Iterator[tuple[Walk, int, tuple[int, ...]]]:
    """The walk stopped at every node, with the level and the open populations."""
    tree = Tree.of(s)
    below = Walk(require(), tree, 0, tree.start())
    kept = 0
    for _ in below.batches(stretch=1):
        level = int(below.stack.cursor[LEVEL])
        if below.kept > kept and int(below.stack.branch[level]) == 0:
            many = below.stack.waiting[level, 0]
            yield below, level, (*range(level, s.n), *map(int, below.stack.waiting[level, 1 : many + 1]))
        kept = below.kept


def test_error_bounds_are_honest() -> None:
    """Every entry of every tableau of the walk is within its bound, and the bounds are no empty promise."""
    source = random.Random(5)
    checked, waiting, tight = 0, 0, 0.0
    kinds = (lambda: ill_conditioned(source, 5), lambda: system(random_circuit(source, 4).circuit()))
    for k in range(44):
        s = kinds[k % 2]() if k < 36 else singular(source, 5)
        for below, level, columns in nodes_of(s):
            stack = below.stack
            home, base = stack.slots[level, HOME], stack.slots[level, BASE]
            e = stack.weight[home] * tree_kernel.entry_error(stack.bounds[level])
            f = stack.weight[home] * tree_kernel.constant_error(stack.bounds[level])
            T, t = exact_tableau(s, columns, [int(v) for v in stack.places], level)
            waiting += any(j < level for j in columns)
            for a in range(s.n):
                off = abs(t[a] - F(float(stack.t[base, a])))
                assert off <= F(float(f[a]))
                tight = max(tight, float(off) / float(f[a]))
                for at, j in enumerate(columns):
                    assert abs(T[a][at] - F(float(stack.T[home, j, a]))) <= F(float(e[a]))
            checked += 1
    assert checked > 300 and waiting > 5 and tight > 1e-4, (checked, waiting, tight)


def test_boxes_keep_every_equilibrium(monkeypatch: pytest.MonkeyPatch) -> None:
    """Narrowed at every level: the box of a node holds the rates of all equilibria below it."""
    monkeypatch.setattr(tree_walk, "NARROWED", 1)
    checked, cut = 0, 0
    for s in systems()[::4]:
        points = [p for p in s.exhaustive() if isinstance(p, Point)]
        for below, level, columns in nodes_of(s):
            stack, start = below.stack, below.top
            box = stack.slots[level, BOX]
            for p in points:
                if all(int(stack.places[i]) == p.places[i] for i in range(level)):
                    for j in columns:
                        assert F(float(stack.low[box, j])) <= p.state[j] <= F(float(stack.high[box, j]))
                    checked += 1
            cut += any(stack.high[box, j] < start.high[j, 0] for j in columns)
    assert checked > 50 and cut > 50, (checked, cut)


def test_without_the_bound_equilibria_would_be_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    circuits = on_kinks(25)
    truth = [{p.places for p in s.exhaustive()} for s in circuits]
    assert all(wanted <= set(walked(s, walk)[1]) for s, wanted in zip(circuits, truth, strict=True))
    for name in ("entry_error", "constant_error"):
        monkeypatch.setattr(tree_kernel, name, lambda b: 0.0)
    monkeypatch.setattr(tree_kernel, "UNIT", 0.0)
    assert any(wanted - set(walked(s, walk)[1]) for s, wanted in zip(circuits, truth, strict=True))


def test_stretches_change_nothing() -> None:
    s = graph_network(11, 0.2, 3)
    one, leaves = walked(s)
    closed: list[float] = []
    tree = Tree.of(s)
    below = Walk(require(), tree, 0, tree.start())
    parts = []
    for batch in below.batches(stretch=37):
        parts += [tuple(int(v) for v in leaf) for leaf in batch]
        closed.append(below.closed)
    assert parts == leaves and len(closed) > 10 and below.stack.cursor[FIRST] == 0
    assert closed == sorted(closed) and closed[-1] == pytest.approx(1.0) == one.closed


def test_progress_account_and_budget() -> None:
    told: list[float] = []
    account = Account()
    found = list(equilibria(graph_network(12, 0.3, 1), progress=told.append, account=account))
    assert told == sorted(told) and told[-1] == pytest.approx(1.0)
    assert account.stopped is None and account.cells >= len(found) and account.nodes > 50
    stopped = Account()
    list(equilibria(graph_network(16, 0.1, 1), budget=200, account=stopped))
    assert stopped.stopped is not None and "stopped after" in stopped.stopped and stopped.closed < 1.0


def test_without_numba_numpy_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    s = graph_network(9, 0.3, 2)
    with_it = set(equilibria(s))
    monkeypatch.setitem(sys.modules, "numba", None)
    monkeypatch.setattr(enumeration, "compiled", compiled.__wrapped__)
    assert enumeration.compiled() is None
    assert set(equilibria(s)) == with_it


def test_unbounded_boxes_and_zero_weights() -> None:
    """Rates without bound times exact zeros of the tableau: nothing may be lost, nothing become nan."""
    source = random.Random(2)
    for _ in range(20):
        n = 6
        W = tuple(
            tuple(F(source.choice([2, 3, -1])) if source.random() < 0.25 else ZERO for _ in range(n)) for _ in range(n)
        )
        s = System(W, tuple(F(source.choice([-1, 1]), 3) for _ in range(n)), (RELU,) * n)
        assert set(equilibria(s)) == set(s.exhaustive())
