"""Every equilibrium of numeric circuits: against plain fractions, eigenvalues, trajectories and published lists."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction as F
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from plain_equilibria import NAMES, Expected, Plain, expected, random_circuit

from symgame import choices, enumeration, tableau
from symgame.branches import branch
from symgame.cells import Family, Line, Point, System
from symgame.circuit import Circuit
from symgame.condition import TRUE
from symgame.enumeration import Account, equilibria
from symgame.errors import Unsupported
from symgame.grammar import read_branch
from symgame.numeric import Solution, Solutions, index_sum, solutions, stream, system
from symgame.properties import nash
from symgame.report.documents import solutions_document

ORACLES = Path(__file__).parent / "oracles"
CIRCUITS = [random_circuit(random.Random(seed), 4 if seed % 8 else 6) for seed in range(320)]
MARK = {"silent": None, "active": "", "saturated": "=m", "negative": "=-"}


def oracle(name: str) -> Any:
    return json.loads((ORACLES / f"{name}.json").read_text(encoding="utf-8"))


def labels_of(e: Solution, c: Plain) -> tuple[str, ...]:
    words = e.branch.split(",") if e.branch else []
    marked = dict(word.split("=") if "=" in word else (word, "") for word in words)
    names = {"": "active", "m": "saturated", "-": "negative"}
    return tuple(names[marked[n]] if n in marked else "silent" for n in NAMES[: c.n])


@pytest.fixture(autouse=True, scope="module")
def tree_for_all() -> Iterator[None]:
    """Small circuits take the road of large ones, through the tree."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(enumeration, "FEW", 0)
        yield


@pytest.fixture(scope="module")
def answers(tree_for_all: None) -> list[tuple[Plain, Solutions, list[Expected]]]:
    return [(c, solutions(c.circuit()), expected(c)) for c in CIRCUITS]


def test_one_by_one_gives_the_same(answers: list[tuple[Plain, Solutions, list[Expected]]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(enumeration, "FEW", 10**6)
        for _, answer, _ in answers[:40]:
            assert solutions(answer.circuit) == answer


def test_agrees_with_plain_fractions(answers: list[tuple[Plain, Solutions, list[Expected]]]) -> None:
    """Supports, states, indices, kinks and continua: none missing, none extra."""
    seen: Counter[str] = Counter()
    for c, answer, rows in answers:
        assert answer.complete
        ours = {
            Expected(
                labels_of(e, c),
                tuple(e.state.values()) if e.state else None,
                0 if e.type == "continuum" else e.index or 0,
                e.strict,
            )
            for e in answer.equilibria
        }
        assert len(ours) == len(answer.equilibria), "an equilibrium is listed twice"
        theirs = {replace(row, sign=row.sign if row.strict else 0) for row in rows}
        assert ours == theirs, c
        seen.update("continuum" if row.state is None else "strict" if row.strict else "kink" for row in rows)
    assert min(seen["continuum"], seen["kink"]) > 30 and seen["strict"] > 200, seen


def test_stability_and_type_agree_with_eigenvalues(answers: list[tuple[Plain, Solutions, list[Expected]]]) -> None:
    seen: Counter[str] = Counter()
    for c, answer, _ in answers:
        for e in answer.equilibria:
            if not e.strict:
                assert (e.index, e.eigenvalues) == (None, ())
                assert e.type == "kink" or (e.type, e.stable) == ("continuum", None)
                continue
            roots = np.linalg.eigvals(c.jacobian(labels_of(e, c)))
            printed = np.array([complex(float(re), float(im)) for re, im in e.eigenvalues])
            assert np.poly(printed).real == pytest.approx(np.poly(roots).real, rel=1e-6, abs=1e-6)
            seen[e.type] += 1
            if np.abs(printed.real).min() == 0.0:
                assert e.stable is False and e.type in ("center", "non-hyperbolic")
                continue
            assert e.stable == bool((printed.real < 0).all())
            one_side = bool((printed.real < 0).all() or (printed.real > 0).all())
            wanted = ("node" if (printed.imag == 0).all() else "focus") if one_side else "saddle"
            assert e.type == wanted
    assert set(seen) == {"node", "focus", "saddle", "center", "non-hyperbolic"}, seen


def test_nash_class_agrees_with_the_symbolic_conditions(answers: list[tuple[Plain, Solutions, list[Expected]]]) -> None:
    seen: Counter[str | None] = Counter()
    for c, answer, _ in answers[::5]:
        circuit = c.circuit()
        for e in answer.equilibria:
            if e.type != "continuum":
                b = branch(circuit, read_branch(e.branch))
                word = "global" if nash.nash(b) == TRUE else "local" if nash.local_nash(b) == TRUE else "stationary"
                assert e.nash == word, (c, e.branch)
                seen[word] += 1
    assert set(seen) == {"global", "local", "stationary"}, seen


def test_order_of_the_list_and_of_its_json() -> None:
    """Fewest active first, as branches are listed; the same bytes each time."""
    flip_flop = Circuit.from_matrix([[0, -2, 0], [-2, 0, 0], [0, 0, 0]], names="ABC", u=[1, 1, -1], tau=[1, 1, 1])
    answer = solutions(flip_flop)
    assert [e.branch for e in answer.equilibria] == ["A", "B", "A,B"]
    assert solutions_document(answer) == solutions_document(solutions(flip_flop))
    assert sorted(e.branch for e in stream(flip_flop)) == ["A", "A,B", "B"]


def test_stable_ones_attract(answers: list[tuple[Plain, Solutions, list[Expected]]]) -> None:
    """Runge and Kutta from nearby, in several directions: the distance falls at a stable one, and grows from a saddle
    along its unstable direction."""
    source = np.random.default_rng(3)
    checked: Counter[bool] = Counter()
    for c, answer, _ in answers:
        W = np.array([[float(v) for v in row] for row in c.W])
        u, tau = np.array([float(v) for v in c.u]), np.array([float(v) for v in c.tau])
        for e in answer.equilibria:
            if not e.strict or e.stable is None or checked[e.stable] >= 15:
                continue
            values, vectors = np.linalg.eig(c.jacobian(labels_of(e, c)))
            rate = values.real.max()
            if abs(rate) < 0.05 or (not e.stable and values[values.real.argmax()].imag != 0):
                continue

            def velocity(x: np.ndarray, c: Plain = c, W: np.ndarray = W, u: np.ndarray = u, tau: Any = tau) -> Any:
                z = W @ x + u
                return (np.array([c.phi(i, float(v)) for i, v in enumerate(z)]) - x) / tau

            home = np.array([float(v) for v in e.state.values()])
            away = source.normal(size=c.n) if e.stable else vectors[:, values.real.argmax()].real
            x = home + 1e-7 * away / np.abs(away).max()
            h = 0.2 / np.abs(values).max()
            for _ in range(min(int(8 / abs(rate) / h) + 1, 1500)):
                k1 = velocity(x)
                k2 = velocity(x + h / 2 * k1)
                k3 = velocity(x + h / 2 * k2)
                x = x + h / 6 * (k1 + 2 * k2 + 2 * k3 + velocity(x + h * k3))
                if np.abs(x - home).max() > 1e-4:
                    break
            distance = float(np.abs(x - home).max())
            assert (distance < 1e-8) if e.stable else (distance > 1e-6), (c, e.branch, distance)
            checked[e.stable] += 1
    assert min(checked[True], checked[False]) >= 15, checked


def test_permutation_permutes_every_answer(answers: list[tuple[Plain, Solutions, list[Expected]]]) -> None:
    for k, (c, answer, _) in enumerate(answers[:40]):
        order = list(range(c.n))
        random.Random(k).shuffle(order)
        other = solutions(c.permuted(order).circuit())

        def told(found: Solutions, names: dict[str, str]) -> set[Any]:
            return {
                (
                    frozenset((names[n], v) for n, v in e.state.items()),
                    frozenset(names[n] for n in e.active),
                    frozenset(names[n] for n in e.saturated),
                    (e.strict, e.stable, e.type, e.index, e.nash, e.eigenvalues),
                )
                for e in found.equilibria
            }

        back = {NAMES[at]: NAMES[i] for at, i in enumerate(order)}
        assert told(answer, {n: n for n in NAMES}) == told(other, back)


def test_time_constants_move_no_equilibrium(answers: list[tuple[Plain, Solutions, list[Expected]]]) -> None:
    for c, answer, _ in answers[:30]:
        other = solutions(replace(c, tau=tuple(t * (k + 2) for k, t in enumerate(c.tau))).circuit())
        assert [(e.branch, e.state, e.index, e.nash) for e in other.equilibria] == [
            (e.branch, e.state, e.index, e.nash) for e in answer.equilibria
        ]


def test_indices_of_bounded_circuits_sum_to_one() -> None:
    source, checked = random.Random(11), 0
    for _ in range(40):
        n = source.randint(1, 3)
        W = tuple(tuple(F(source.randint(-40, 40), 9) for _ in range(n)) for _ in range(n))
        u = tuple(F(source.randint(-30, 30), 7) for _ in range(n))
        c = Plain(W, u, (F(1),) * n, (("saturating", F(1), F(0), F(3, 2)),) * n)
        total = index_sum(solutions(c.circuit()))
        if total is not None:
            assert total == 1, c
            checked += 1
    assert checked > 30


# -- published lists ----------------------------------------------------------------------------------------------


def rows_of(answer: Solutions) -> list[tuple[tuple[int, ...], tuple[F, ...], bool | None]]:
    """Supports from 1, the rates of the support, and stability."""
    names = list(answer.circuit.names)
    assert answer.complete and all(e.strict for e in answer.equilibria)
    return [
        (tuple(names.index(n) + 1 for n in e.active), tuple(e.state[n] for n in e.active), e.stable)
        for e in answer.equilibria
    ]


@pytest.mark.parametrize("row", oracle("ctln"), ids=lambda row: row["graph"])
def test_threshold_linear_networks_on_graphs(row: dict[str, Any]) -> None:
    n = len(row["adjacency_to_from"])
    eps, delta = F(row["eps"]), F(row["delta"])
    W = [
        [F(0) if a == b else -1 + eps if row["adjacency_to_from"][a][b] else -1 - delta for b in range(n)]
        for a in range(n)
    ]
    answer = solutions(Circuit.from_matrix(W, u=[F(row["theta"])] * n, tau=[1] * n))
    found = {support: (x, stable) for support, x, stable in rows_of(answer)}
    wanted = {tuple(p["support"]): (tuple(map(F, p["x"])), p["stable"]) for p in row["fixed_points"]}
    assert found == wanted
    assert {tuple(rows_of(answer)[k][0]): e.index for k, e in enumerate(answer.equilibria)} == {
        tuple(p["support"]): p["index"] for p in row["fixed_points"]
    }
    assert index_sum(answer) == row["parity_sum"] == 1
    assert sum(bool(e.stable) for e in answer.equilibria) == row["n_stable"]


@pytest.mark.parametrize("row", oracle("ei_tln_curto2025"), ids=lambda row: row["graph"])
def test_excitatory_inhibitory_form(row: dict[str, Any]) -> None:
    W, b = [[F(v) for v in line] for line in row["W_EI_TLN"]], [F(v) for v in row["b"]]
    for case in row["by_tau_I"]:
        tau = [F(1)] * (len(b) - 1) + [F(case["tau_I"])]
        answer = solutions(Circuit.from_matrix(W, u=b, tau=tau))
        wanted = [(tuple(p["support"]), tuple(map(F, p["x"])), p["stable"]) for p in case["fps"]]
        assert sorted(rows_of(answer)) == sorted(wanted)


@pytest.mark.parametrize("row", oracle("wta"), ids=lambda row: row["id"])
def test_winner_take_all(row: dict[str, Any]) -> None:
    alpha, beta1, beta2 = F(row["alpha"]), F(row["beta1"]), F(row["beta2"])
    k = len(row["I"])
    W = [[alpha if a == b else F(0) for b in range(k)] + [-beta1] for a in range(k)] + [[beta2] * k + [F(0)]]
    answer = solutions(Circuit.from_matrix(W, u=[*map(F, row["I"]), F(0)], tau=[1] * (k + 1)))
    names = answer.circuit.names
    found = {
        "".join(str(int(n in e.active)) for n in names): (tuple(e.state.values()), e.strict, e.stable)
        for e in answer.equilibria
    }
    assert found == {e["region"]: (tuple(map(F, e["x"])), e["strict"], e["stable"]) for e in row["equilibria"]}


# -- rounding -----------------------------------------------------------------------------------------------------

ZERO, ONE = F(0), F(1)
RELU = (Line(None, ZERO, ZERO, ZERO, (False, True)), Line(ZERO, None, ONE, ZERO, (False, False)))


def exact_tableau(s: System, columns: tuple[int, ...], places: list[int], decided: int) -> tuple[list[Any], list[F]]:
    """``z = T x + t`` in fractions, by Gauss on ``z - W F z = W x_open + W c + u``."""
    n = s.n
    gone = [i for i in range(decided) if i not in columns]
    slopes = [s.pieces[i][places[i]].slope if i in gone else ZERO for i in range(n)]
    levels = [s.pieces[i][places[i]].intercept if i in gone else ZERO for i in range(n)]
    M = [[F(a == b) - s.W[a][b] * slopes[b] for b in range(n)] for a in range(n)]
    right = [
        [s.W[a][j] for j in columns] + [s.u[a] + sum((s.W[a][b] * levels[b] for b in range(n)), ZERO)] for a in range(n)
    ]
    rows = [[*m, *r] for m, r in zip(M, right, strict=True)]
    for c in range(n):
        k = next(k for k in range(c, n) if rows[k][c] != 0)
        rows[c], rows[k] = rows[k], rows[c]
        rows[c] = [v / rows[c][c] for v in rows[c]]
        for k in range(n):
            if k != c and rows[k][c]:
                rows[k] = [v - rows[k][c] * w for v, w in zip(rows[k], rows[c], strict=True)]
    return [row[n:-1] for row in rows], [row[-1] for row in rows]


def ill_conditioned(source: random.Random, n: int) -> System:
    """Own weights a little below 1, so that pivots are small, next to weights of very different sizes."""
    W = [[F(source.randint(-99, 99), 7) / 10 ** source.randint(0, 5) for _ in range(n)] for _ in range(n)]
    for i in range(n):
        if source.random() < 0.6:
            W[i][i] = 1 - F(source.choice([-1, 1]), source.choice([2, 30, 200, 10**6]))
    u = tuple(F(source.randint(-99, 99), 13) * F(10) ** source.randint(-3, 4) for _ in range(n))
    return System(tuple(map(tuple, W)), u, (RELU,) * n)


def test_error_bounds_are_honest() -> None:
    """Every entry of every tableau on random paths is within its bound, and the bounds are no empty promise."""
    source = random.Random(5)
    checked, tight = 0, 0.0
    for k in range(40):
        n = 5
        s = ill_conditioned(source, n) if k % 2 else system(random_circuit(source, 4).circuit())
        n = s.n
        tree = choices.Tree.of(s)
        nodes = [tree.start()]
        for level in range(n):
            nodes = [child for parent in nodes for child in tree.children(level, parent)]
            for chunk in nodes:
                for at in {0, chunk.count - 1}:
                    places = [int(v) for v in chunk.places[:, at]]
                    T, t = exact_tableau(s, chunk.columns, places, level + 1)
                    e, f = chunk.errors(slice(None))
                    for a in range(n):
                        off = abs(t[a] - F(float(chunk.t[a, at])))
                        assert off <= F(float(f[a, at]))
                        tight = max(tight, float(off) / float(f[a, at]))
                        for j in range(len(chunk.columns)):
                            assert abs(T[a][j] - F(float(chunk.T[j, a, at]))) <= F(float(e[a, at]))
                        checked += 1
    assert checked > 500 and tight > 1e-4, (checked, tight)


def test_no_box_cuts_off_an_equilibrium(answers: list[tuple[Plain, Solutions, list[Expected]]]) -> None:
    bounded = 0
    for _, answer, rows in answers:
        low, high = choices.box(system(answer.circuit))
        for row in rows:
            for a, x, b in zip(low, row.state or (), high, strict=bool(row.state)):
                assert F(float(a)) <= x <= F(float(b))
        bounded += int((high < tableau.HUGE).any())
    assert bounded > 50


def on_kinks(count: int) -> list[System]:
    """Circuits with an equilibrium exactly on kinks, at numbers that doubles do not hold."""
    source, made = random.Random(8), []
    while len(made) < count:
        n = 4
        W = tuple(tuple(F(source.randint(-9, 9), source.choice([3, 7, 11])) for _ in range(n)) for _ in range(n))
        x = [F(source.randint(1, 9), 7) if k < 2 else ZERO for k in range(n)]
        u = tuple(x[a] - sum((w * v for w, v in zip(W[a], x, strict=True)), ZERO) for a in range(n))
        made.append(System(W, u, (RELU,) * n))
    return made


def test_without_the_bound_equilibria_would_be_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    systems = on_kinks(40)
    truth = [set(s.exhaustive()) for s in systems]
    assert [set(equilibria(s)) for s in systems] == truth
    monkeypatch.setattr(tableau, "errors", lambda bounds, weight: (0.0 * weight, 0.0 * weight))
    monkeypatch.setattr(choices, "errors", tableau.errors)
    monkeypatch.setattr(tableau, "UNIT", 0.0)
    lost = [wanted - set(equilibria(s)) for s, wanted in zip(systems, truth, strict=True)]
    assert any(lost)


# -- size, budgets, streams ---------------------------------------------------------------------------------------


def graph_network(n: int, share: float, seed: int) -> System:
    source = random.Random(seed)
    W = tuple(
        tuple(ZERO if a == b else F(-3, 4) if source.random() < share else F(-3, 2) for b in range(n)) for a in range(n)
    )
    return System(W, (ONE,) * n, (RELU,) * n)


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    s = graph_network(10, 0.3, 4)
    whole = set(equilibria(s))
    assert whole == set(s.exhaustive()) and len(whole) > 3
    monkeypatch.setattr(enumeration, "CHUNK", 500)
    assert set(equilibria(s)) == whole


def test_numbers_beyond_doubles_are_decided_without_them() -> None:
    big = F(10) ** 90
    s = System(((ZERO, -2 * ONE), (-2 * ONE, ZERO)), (big, big), (RELU, RELU))
    assert {p.places for p in equilibria(s)} == {(0, 1), (1, 0), (1, 1)}


def test_progress_reaches_the_end_and_is_monotone() -> None:
    told: list[float] = []
    account = Account()
    list(equilibria(graph_network(12, 0.3, 1), progress=told.append, account=account))
    assert told == sorted(told) and told[-1] == pytest.approx(1.0)
    assert account.stopped is None and account.closed == pytest.approx(1.0)


def test_a_massively_degenerate_circuit_ends_with_a_reason() -> None:
    n = 16
    circuit = Circuit.from_matrix([[int(a == b) for b in range(n)] for a in range(n)], u=[0] * n, tau=[1] * n)
    answer = solutions(circuit, budget=20_000)
    assert not answer.complete and "stopped after" in answer.reason
    assert solutions_document(answer)["complete"] is False and solutions_document(answer)["reason"] == answer.reason


def test_limit_says_that_there_are_more() -> None:
    W = [[0 if a == b else -2 for b in range(6)] for a in range(6)]
    circuit = Circuit.from_matrix(W, u=[1] * 6, tau=[1] * 6)
    answer = solutions(circuit, limit=5)
    assert (len(answer.equilibria), answer.complete) == (5, False) and "5" in answer.reason
    assert len(solutions(circuit).equilibria) == 2**6 - 1
    assert solutions(circuit, limit=63).complete


def test_too_many_populations_point_to_the_lone_equilibrium() -> None:
    n = 31
    circuit = Circuit.from_matrix([[0] * n] * n, u=[1] * n, tau=[1] * n)
    with pytest.raises(Unsupported, match="lone_equilibrium"):
        solutions(circuit)
    assert solutions(circuit, budget=10_000).complete


def test_twenty_populations_are_complete() -> None:
    """Every index is a sign, and they sum to 1: a lost or an invented equilibrium would show."""
    found = list(equilibria(graph_network(20, 0.1, 3)))
    assert all(isinstance(p, Point) and p.strict for p in found)
    assert sum(p.sign for p in found if isinstance(p, Point)) == 1 and len(found) > 20


def test_families_have_their_dimension() -> None:
    line = System(((ONE,),), (ZERO,), (RELU,))
    assert (
        list(line.exhaustive()) == list(equilibria(line)) == [Point((0,), (ZERO,), (ZERO,), 1, False), Family((1,), 1)]
    )
