"""Circuits by rule: weights against published networks, the limit of fast inhibition, graphs as written, options."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
import sympy

from symgame import Circuit, ctln, e_pv_sst_vip, ei_tln, load, random_ei
from symgame.algebra import algebra
from symgame.article import sources
from symgame.circuit import Population
from symgame.cli import main
from symgame.errors import CircuitError, ModelError
from symgame.families import ring  # symgame.ring is the module of polynomial rings
from symgame.graphs import Digraph, digraph
from symgame.named import BUILT_IN, NAMED, named
from symgame.notation import symbol

ORACLES = Path(__file__).parent / "oracles"
NETWORKS: list[dict[str, Any]] = json.loads((ORACLES / "ctln.json").read_text())
INHIBITED: list[dict[str, Any]] = json.loads((ORACLES / "ei_tln_curto2025.json").read_text())
PARAMETERS = ("eps", "delta", "theta")


def fractions(matrix: Any) -> list[list[Fraction]]:
    return [[Fraction(int(x.p), int(x.q)) for x in row] for row in matrix.tolist()]


def is_fixed_point(circuit: Circuit, state: dict[int, Fraction]) -> bool:
    """Whether the rates (of the support, counted from 0) are an equilibrium with exactly that support, exactly."""
    W, u = fractions(circuit.W), [Fraction(str(p.input)) for p in circuit.populations]
    n = len(u)
    total = [u[i] + sum((W[i][j] * x for j, x in state.items()), Fraction(0)) for i in range(n)]
    return all(total[i] == state[i] > 0 if i in state else total[i] <= 0 for i in range(n))


# -- published networks -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", NETWORKS, ids=lambda c: f"{c['graph']}-{c['eps']}-{c['delta']}")
def test_the_network_of_a_graph(case: dict[str, Any]) -> None:
    circuit = ctln(case["adjacency_to_from"], *(case[p] for p in PARAMETERS))
    eps, delta, theta = (Fraction(case[p]) for p in PARAMETERS)
    n = len(case["adjacency_to_from"])
    expected = [
        [0 if i == j else -1 + eps if case["adjacency_to_from"][i][j] else -1 - delta for j in range(n)]
        for i in range(n)
    ]
    assert fractions(circuit.W) == expected
    assert list(circuit.u) == [theta] * n and list(circuit.tau) == [1] * n and not circuit.symbols
    assert {p.type for p in circuit.populations} == {None} and circuit.names[0] == "x1"
    for point in case["fixed_points"]:
        state = {k - 1: Fraction(x) for k, x in zip(point["support"], point["x"], strict=True)}
        assert is_fixed_point(circuit, state)
        wrong = {k: x * 2 for k, x in state.items()}
        assert not is_fixed_point(circuit, wrong)


@pytest.mark.parametrize("case", INHIBITED, ids=lambda c: c["graph"])
def test_the_network_with_one_inhibitory_population(case: dict[str, Any]) -> None:
    given, n = ("1/4", "1/2", "1"), len(case["b"]) - 1
    listed = [g["adjacency_to_from"] for g in NETWORKS if g["graph"] == case["graph"]]
    graph = [[int(i != j and case["W_EI_TLN"][i][j] != "0") for j in range(n)] for i in range(n)]
    assert listed in ([], [graph])  # two of the graphs are not among the networks
    for row in case["by_tau_I"]:
        circuit = ei_tln(graph, *given, row["tau_I"])
        assert fractions(circuit.W) == [[Fraction(w) for w in line] for line in case["W_EI_TLN"]]
        assert list(circuit.u) == [Fraction(b) for b in case["b"]]
        assert list(circuit.tau) == [*[1] * n, Fraction(row["tau_I"])]
        for point in row["fps"]:
            assert is_fixed_point(
                circuit, {k - 1: Fraction(x) for k, x in zip(point["support"], point["x"], strict=True)}
            )
    assert [p.type for p in circuit.populations] == ["excitatory"] * n + ["inhibitory"]
    network = ctln(graph, *given)
    for point in case["ctln_fixed_points"]:
        state = {k - 1: Fraction(x) for k, x in zip(point["support"], point["x"], strict=True)}
        assert is_fixed_point(network, state)
        assert is_fixed_point(circuit, {**state, n: Fraction(3, 2) * sum(state.values())})  # I follows: (1 + delta) sum


@pytest.mark.parametrize("given", [(None, None, None), ("1/4", "1/2", 1), (None, "1/2", None), ("e", "d", "b")])
@pytest.mark.parametrize("graph", ["1", "1-2-3-1", "1-2-1", "1-2:3", "1-2-3-4-1-3:2-4"])
def test_fast_inhibition_gives_back_the_network(graph: str, given: tuple[Any, ...]) -> None:
    full, limit = ei_tln(graph, *given), ctln(graph, *given)
    n = len(limit.names)
    # tau_I -> 0: x_I = (1 - w_II)^-1 (W_IE x_E + u_I), put into the equations of the nodes
    inner = (1 - full.W[n, n]) ** -1
    reduced = full.W[:n, :n] + full.W[:n, n] * inner * full.W[n, :n]
    assert (reduced - limit.W).applyfunc(sympy.expand) == sympy.zeros(n, n)
    assert sympy.expand(full.u[:n, :][0] + full.W[0, n] * inner * full.u[n] - limit.u[0]) == 0
    if set(full.symbols) == {*limit.symbols, "tau_I"}:
        assert full.assume == limit.assume
    else:  # a network in which delta cancels: here it is the weight of each node to itself
        assert {str(w) for w in full.W.diagonal()} >= {"0"} and set(limit.assume) - set(full.assume) <= {
            "eps < 1", "e < 1",
        }  # fmt: skip
    for circuit in (full, limit):
        assert algebra(circuit)  # every hypothesis is about symbols of the circuit, and Dale's law holds


# -- the range of the parameters --------------------------------------------------------------------------------------


def hypotheses(circuit: Circuit) -> set[str]:
    return {h.text for h in algebra(circuit).domain.hypotheses}


@pytest.mark.parametrize(
    ("graph", "given", "expected"),
    [
        ("1-2", {}, {"eps > 0", "delta > 0", "theta > 0", "eps*(delta + 1) < delta"}),
        ("1-2", {"eps": "1/4"}, {"delta > 0", "theta > 0", "delta > 1/3"}),
        ("1-2", {"delta": "1/2", "theta": 1}, {"eps > 0", "eps < 1/3"}),
        ("1-2-1", {}, {"eps > 0", "theta > 0", "eps < 1"}),  # delta does not occur: some delta allows any eps < 1
        ("1:2", {}, {"delta > 0", "theta > 0"}),  # eps does not occur
        ("1-2", {"eps": "a", "delta": "b", "theta": "c"}, {"a > 0", "b > 0", "c > 0", "a*(b + 1) < b"}),
        ("1-2", {"eps": "1/4", "delta": "1/2", "theta": 1}, set()),
    ],
)
def test_symbols_come_with_their_range(graph: str, given: dict[str, Any], expected: set[str]) -> None:
    circuit = ctln(graph, **given)
    assert set(circuit.assume) == expected
    assert hypotheses(circuit) <= expected


def test_the_range_of_symbols_is_that_of_numbers() -> None:
    """At the values where a number is refused, the hypothesis is false; just below, both hold."""
    for delta in (Fraction(1, 2), Fraction(3), Fraction(1, 100)):
        end = delta / (delta + 1)
        for eps, legal in ((end, False), (end - Fraction(1, 10**6), True), (end + 1, False)):
            values = {"eps": str(eps), "delta": str(delta)}
            for circuit in (ctln("1-2"), ctln("1-2", delta=str(delta)), ctln("1-2", eps=str(eps) if eps < 1 else None)):
                given = {k: v for k, v in values.items() if k in circuit.symbols}
                if not given:
                    continue
                point = circuit.with_values(**given).fixed()
                try:
                    held = bool(algebra(point))
                except ModelError as error:
                    assert "is false for every value" in str(error)
                    held = False
                assert held is legal


def test_the_end_of_the_range_is_outside_of_it() -> None:
    delta = Fraction(1, 2)
    end = delta / (delta + 1)
    assert ctln("1-2", end - Fraction(1, 10**9), delta, 1)
    for eps in (end, end + Fraction(1, 10**9), 1, 2):
        with pytest.raises(CircuitError, match=r"outside of the legal range eps < delta/\(delta \+ 1\), here 1/3"):
            ctln("1-2", eps, delta, 1)
    with pytest.raises(CircuitError, match="legal range"):
        ctln("1-2", 1)


# -- graphs -----------------------------------------------------------------------------------------------------------


def test_a_graph_is_the_same_however_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "edges.txt").write_text("# three nodes\n1 2\n2, 3\n\n3 1  # back\n")
    (tmp_path / "matrix.csv").write_text("0,0,1\n1,0,0\n0,1,0\n")
    (tmp_path / "named.csv").write_text(",1,2,3\n1,0,0,1\n2,1,0,0\n3,0,1,0\n")
    rows = [[0, 0, 1], [1, 0, 0], [0, 1, 0]]
    forms: list[Any] = [
        "1-2-3-1", "1-2:2-3:3-1", [(1, 2), (2, 3), (3, 1)], [("3", "1"), ("1", "2"), ("2", "3")], rows,
        np.array(rows), np.array(rows, dtype=bool), np.array(rows, dtype=float), nx.DiGraph([(1, 2), (2, 3), (3, 1)]),
        tmp_path / "edges.txt", str(tmp_path / "matrix.csv"), tmp_path / "named.csv", digraph("1-2-3-1"),
        ((np.int64(1), np.int64(2)), (2, 3), (3, 1)),
    ]  # fmt: skip
    assert {digraph(form) for form in forms} == {Digraph(("1", "2", "3"), ((0, 1), (1, 2), (2, 0)))}
    assert digraph(forms[0]).adjacency() == tuple(map(tuple, rows))


def test_an_edge_goes_from_the_first_to_the_second() -> None:
    W = ctln([(1, 2)], "1/4", "1/2", 1).W
    assert W[1, 0] == Fraction(-3, 4) and W[0, 1] == Fraction(-3, 2)  # 1 drives 2: row 2, column 1
    assert digraph(nx.DiGraph([("A", "B")])).edges == ((0, 1),)
    drawn = nx.gnp_random_graph(6, 0.4, seed=3, directed=True)
    assert np.array(digraph(drawn).adjacency()).tolist() == nx.to_numpy_array(drawn).T.tolist()


def test_nodes_have_an_order() -> None:
    assert digraph("10-9:2").nodes == ("2", "9", "10")
    assert digraph("b-a:c").nodes == ("b", "a", "c")
    assert digraph("2-1", nodes=4).nodes == ("1", "2", "3", "4")
    assert digraph([], nodes=2) == Digraph(("1", "2"), ())
    assert digraph([("b", "a")], nodes=["a", "b", "c"]).edges == ((1, 0),)
    assert digraph(nx.path_graph(3)).edges == ((0, 1), (1, 0), (1, 2), (2, 1))  # undirected: both ways
    assert ctln(nx.path_graph(3, create_using=nx.DiGraph)).names == ("x0", "x1", "x2")
    assert ctln("a-b-1").names == ("a", "b", "x1") and ei_tln("a-1").names == ("a", "E1", "I")


def test_relabelling_the_nodes_permutes_the_circuit() -> None:
    chance = random.Random(5)
    for n in (2, 3, 5):
        edges = [(j, i) for j in range(n) for i in range(n) if i != j and chance.random() < 0.5]
        to = list(range(n))
        chance.shuffle(to)
        one, other = digraph(edges, nodes=range(n)), digraph([(to[j], to[i]) for j, i in edges], nodes=range(n))
        for make in (ctln, ei_tln):
            V, W = make(one).W, make(other).W
            assert all(V[i, j] == W[to[i], to[j]] for i in range(n) for j in range(n))


# -- rings and random circuits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3, 6, 7])
@pytest.mark.parametrize("directed", [False, True])
def test_a_ring_looks_the_same_from_everywhere(n: int, directed: bool) -> None:
    distances = n if directed else n // 2 + 1
    circuit = ring(n, [f"a{d}" for d in range(distances)], directed=directed)
    W = circuit.W
    assert all(W[i, j] == W[(i + 1) % n, (j + 1) % n] for i in range(n) for j in range(n))
    assert (W == W.T) is (not directed or n < 3)
    assert {str(w) for w in W} == {f"a{d}" for d in range(distances)}
    if directed:
        assert [str(W[d, 0]) for d in range(n)] == [f"a{d}" for d in range(n)]  # d steps after the source
    assert {str(t) for t in circuit.tau} == {"tau"} and len({str(u) for u in circuit.u}) == n


def test_a_short_list_of_weights_leaves_the_rest_uncoupled() -> None:
    assert ring(6, ["1/2", -1], u=1, tau=1).W.row(0).tolist() == [[Fraction(1, 2), -1, 0, 0, 0, -1]]
    assert not ring(6, ["1/2", -1], u=1, tau=1).symbols
    with pytest.raises(CircuitError, match="4 weights, but a ring of 4 has 3 distances, 0 included"):
        ring(4, [1, 2, 3, 4])
    assert ring(4, [1, 2, 3, 4], directed=True)


def test_a_random_circuit_is_the_same_everywhere() -> None:
    """The numbers themselves: another generator, another order of draws, another rounding would change them."""
    circuit = random_ei(5, seed=7)
    assert circuit.names == ("E1", "E2", "E3", "E4", "I1")
    shown = [[str(w * 1000) for w in row] for row in circuit.W.tolist()]
    assert shown == PINNED and [str(u * 1000) for u in circuit.u] == PINNED_INPUTS
    assert random_ei(5, seed=7) == circuit == random_ei("5", "7") != random_ei(5, seed=8)


PINNED = [
    ["597", "0", "890", "0", "-5051"],
    ["0", "985", "0", "308", "-7942"],
    ["0", "0", "0", "0", "-6971"],
    ["298", "685", "0", "0", "0"],
    ["0", "145", "835", "0", "0"],
]
PINNED_INPUTS = ["476", "519", "918", "12", "264"]


def test_a_random_circuit_is_what_was_asked_for() -> None:
    circuit = random_ei(60, seed=1, density="1/4", excitation=3, inhibition=4, input="1/2", fraction_excitatory="3/4")
    types = [p.type for p in circuit.populations]
    assert types == ["excitatory"] * 45 + ["inhibitory"] * 15
    W = np.array(circuit.W.tolist(), dtype=float)
    assert (W[:, :45] >= 0).all() and (W[:, 45:] <= 0).all()
    assert 0.22 < (W != 0).mean() < 0.28
    # over many circuits the mean totals come out; of one, 60 rows, they scatter by 0.1 and 0.3
    totals = [
        (float(sum(V[:, :24])) / 30, float(sum(V[:, 24:])) / 30)
        for V in (random_ei(30, seed=k, density="1/4", excitation=3, inhibition=4).W for k in range(30))
    ]
    assert np.abs(np.mean(totals, axis=0) - [3, -4]).max() < 0.3
    assert W[:, :45].max() <= 2 * 3 / (45 / 4) and all(0 < u <= Fraction(1, 2) for u in circuit.u)
    assert {(w * 1000).is_Integer for w in circuit.W} == {True} and not circuit.symbols
    full = random_ei(12, density=1, digits=5)
    assert all(w != 0 for w in full.W) and any(not (w * 1000).is_Integer for w in full.W)
    assert not any(w < 0 for w in random_ei(4, fraction_excitatory=1).W)
    assert all(w <= 0 for w in random_ei(4, excitation=0).W)


# -- the four populations ---------------------------------------------------------------------------------------------

#: Who drives whom: (to, from). Pfeffer et al. 2013, and E to all.
COUPLED = {
    ("E", "E"), ("PV", "E"), ("SST", "E"), ("VIP", "E"), ("E", "PV"), ("PV", "PV"), ("E", "SST"), ("PV", "SST"),
    ("VIP", "SST"), ("SST", "VIP"),
}  # fmt: skip


def coupling(circuit: Circuit) -> dict[tuple[Population, Population], sympy.Expr]:
    populations = circuit.populations
    return {(p, q): circuit.W[a, b] for a, p in enumerate(populations) for b, q in enumerate(populations)}


def test_the_pattern_of_the_four_populations() -> None:
    circuit = e_pv_sst_vip()
    assert circuit.names == ("E", "PV", "SST", "VIP")
    assert {(p.name, q.name) for (p, q), w in coupling(circuit).items() if w != 0} == COUPLED
    for (p, q), w in coupling(circuit).items():
        name = f"w_{p.name[0]}{q.name[0]}"
        assert w in (0, symbol(name) * (1 if q.name == "E" else -1))
    assert [str(x) for x in (*circuit.u, *circuit.tau)] == [f"{s}_{p}" for s in ("u", "tau") for p in circuit.names]
    between = {f"w_{p[0]}{q[0]} > 0" for p, q in COUPLED if p != q}
    assert set(circuit.assume) == between
    assert {"w_EE >= 0", "w_PP >= 0"} <= hypotheses(circuit)


def test_all_sixteen_weights_on_demand() -> None:
    full, usual = e_pv_sst_vip(full=True), e_pv_sst_vip()
    assert len(set(full.W)) == 16 and 0 not in full.W and full.assume == usual.assume
    absent = [w for (p, q), w in coupling(full).items() if (p.name, q.name) not in COUPLED]
    assert full.W.xreplace({abs_: sympy.Integer(0) for w in absent for abs_ in w.free_symbols}) == usual.W


def test_their_sources_are_in_the_list() -> None:
    assert {"Pfeffer2013", "LitwinKumar2016", "GarciaDelMolino2017", "Morrison2016", "Curto2025"} <= set(sources())


# -- names and options ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("e-pv-sst-vip:full", e_pv_sst_vip(full=True)),
        ("ctln:1-2-3-1,eps=1/4,delta=0.5,theta=1", ctln("1-2-3-1", "1/4", "1/2", 1)),
        ("ctln:graph=1-2,nodes=3", ctln([(1, 2)], nodes=3)),
        ("ctln: 1-2 , eps = a", ctln([(1, 2)], eps="a")),
        ("ei-tln:1-2,tau_I=1/10", ei_tln([(1, 2)], tau_I="1/10")),
        ("ring", ring(3)),
        ("ring:5,directed", ring(5, directed=True)),
        ("ring:directed,n=4,weights=0:-w,tau=1,u=b", ring(4, [0, "-w"], directed=True, tau=1, u="b")),
        ("random-ei", random_ei(10, seed=0)),
        ("random-ei:6,seed=7,density=1/5,input=0,digits=2", random_ei(6, 7, density="1/5", input=0, digits=2)),
    ],
)
def test_options_on_the_command_line_are_arguments(model: str, expected: Circuit) -> None:
    assert named(model) == load(model) == expected


def test_every_example_works_and_needs_no_quotes() -> None:
    for name, row in BUILT_IN.items():
        assert isinstance(named(row.example or name), Circuit)
        assert not set(row.example) & set("<>()[]{}*?&|;!$#~'\"\\` ")
    assert set(NAMED) == set(BUILT_IN) - {"ctln", "ei-tln"}


def test_a_graph_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cycle.txt").write_text("1 2\n2 3\n3 1\n")
    Path("cycle.csv").write_text("A,B\n0,1\n1,0\n")
    assert load("ctln:cycle.txt,eps=1/4") == ctln("1-2-3-1", "1/4")
    assert load("ei-tln:cycle.csv") == ei_tln("A-B-A")


def test_the_list_shows_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    said = capsys.readouterr().out
    for name, row in BUILT_IN.items():
        assert any(line.startswith(f"{name} ") and row.says in line for line in said.splitlines())
        assert all(option.key in said and option.says in said for option in row.options)
    assert main(["list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == list(BUILT_IN)
    graph = rows[2]["options"][0]
    assert graph["name"] == "graph" and graph["required"] and graph["default"] is None
    defaults = {o["name"]: o["default"] for o in rows[-1]["options"]}
    assert named("random-ei") == named("random-ei:" + ",".join(f"{k}={v}" for k, v in defaults.items()))


def test_a_starting_file_for_four_populations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "mine", "--kind", "e-pv-sst-vip"]) == 0
    circuit = load("mine.toml")
    assert {(p.name, q.name) for (p, q), w in coupling(circuit).items() if w != 0} == COUPLED


def test_a_misspelt_name_is_answered() -> None:
    with pytest.raises(ModelError, match="did you mean 'ctln'"):
        load("ctn:1-2")
    with pytest.raises(ModelError, match="did you mean 'full'"):
        load("e-pv-sst-vip:ful")
