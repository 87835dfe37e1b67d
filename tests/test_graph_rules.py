"""Graph rules of threshold-linear networks, read off the graph alone, against every equilibrium found.

C. Curto, J. Geneson, K. Morrison, Fixed points of competitive threshold-linear networks, Neural Comput. 31 (2019) 94;
the same, Stable fixed points of combinatorial threshold-linear networks, arXiv 1909.02947 (2019); K. Morrison,
A. Degeratu, V. Itskov, C. Curto, arXiv 1605.04463 (2016); C. Curto, arXiv 2510.05098 (2025).

Nothing of a weight, a determinant or an equilibrium is computed here: a graph is a set of pairs (from, to).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cache
from itertools import combinations, permutations
from pathlib import Path
from random import Random

import pytest

from symgame import check, ctln, ei_tln, solutions

Graph = frozenset[tuple[int, int]]
Set = frozenset[int]
#: Support -> index and stability.
Rests = dict[Set, tuple[int | None, bool | None]]

#: Points of the legal range: the usual one, weak and strong inhibition, and one close to eps = delta/(1 + delta).
POINTS = (("1/4", "1/2"), ("1/100", "1/10"), ("1/2", "20"), ("499/1000", "1"))


@cache
def found(graph: Graph, n: int, eps: str = "1/4", delta: str = "1/2") -> Rests:
    """Every equilibrium; the list is complete, and nothing in it is degenerate."""
    answer = solutions(ctln(sorted(graph), eps, delta, 1, nodes=n))
    assert answer.complete
    rows = {frozenset(int(name[1:]) for name in e.active): (e.index, e.stable) for e in answer.equilibria}
    assert len(rows) == len(answer.equilibria)
    assert all(index in (1, -1) for index, _ in rows.values())
    return rows


def digraphs(n: int) -> Iterator[Graph]:
    pairs = list(permutations(range(1, n + 1), 2))
    for bits in range(2 ** len(pairs)):
        yield frozenset(pair for k, pair in enumerate(pairs) if bits >> k & 1)


def relabelled(graph: Graph, places: tuple[int, ...]) -> Graph:
    return frozenset((places[j - 1], places[i - 1]) for j, i in graph)


def representatives(n: int) -> list[Graph]:
    """One graph of every isomorphism class."""
    orders = list(permutations(range(1, n + 1)))
    seen: set[Graph] = set()
    chosen = []
    for graph in digraphs(n):
        if graph not in seen:
            chosen.append(graph)
            seen |= {relabelled(graph, order) for order in orders}
    return chosen


def sampled(n: int, count: int) -> list[Graph]:
    """Random graphs, sparse, even and dense ones; the same in every run."""
    random = Random(f"graph rules {n}")
    pairs = list(permutations(range(1, n + 1), 2))
    densities = [random.choice((0.2, 0.5, 0.8)) for _ in range(count)]
    return [frozenset(pair for pair in pairs if random.random() < density) for density in densities]


def subsets(n: int) -> list[Set]:
    return [frozenset(c) for size in range(1, n + 1) for c in combinations(range(1, n + 1), size)]


ALL = [(graph, n) for n in (1, 2, 3) for graph in digraphs(n)]
RANDOM = [(graph, n) for n, count in ((4, 30), (5, 15), (6, 8)) for graph in sampled(n, count)]


# -- the words of the rules -------------------------------------------------------------------------------------------


def received(graph: Graph, node: int, of: Set) -> int:
    """How many edges a node receives from a set."""
    return sum((j, node) in graph for j in of)


def is_clique(graph: Graph, sigma: Set) -> bool:
    return all(pair in graph for pair in permutations(sigma, 2))


def is_maximal_clique(graph: Graph, n: int, sigma: Set) -> bool:
    return is_clique(graph, sigma) and not any(is_clique(graph, sigma | {k}) for k in outside(n, sigma))


def outside(n: int, sigma: Set) -> list[int]:
    return [k for k in range(1, n + 1) if k not in sigma]


def is_target_free(graph: Graph, n: int, sigma: Set) -> bool:
    return not any(received(graph, k, sigma) == len(sigma) for k in outside(n, sigma))


def in_degree(graph: Graph, sigma: Set) -> int | None:
    """The in-degree that all nodes of a set have within it, if it is uniform."""
    degrees = {received(graph, i, sigma) for i in sigma}
    return degrees.pop() if len(degrees) == 1 else None


def dominates(graph: Graph, k: int, j: int, within: Set) -> bool:
    """k receives whatever j receives, and j's edge, and does not return it."""
    others = within - {j, k}
    inherits = all((i, k) in graph for i in others if (i, j) in graph)
    return inherits and (j, k) in graph and (k, j) not in graph


def induced(graph: Graph, sigma: Set) -> tuple[Graph, int]:
    """The graph on a set alone, its nodes numbered anew in their order."""
    place = {node: k for k, node in enumerate(sorted(sigma), 1)}
    return frozenset((place[j], place[i]) for j, i in graph if j in sigma and i in sigma), len(sigma)


# -- the rules: does the list of equilibria obey what each demands of the graph? --------------------------------------

Rule = Callable[[Graph, int, Rests], bool]


def parity(graph: Graph, n: int, rests: Rests) -> bool:
    return len(rests) % 2 == 1 and sum(index or 0 for index, _ in rests.values()) == 1


def sinks(graph: Graph, n: int, rests: Rests) -> bool:
    return all((frozenset({i}) in rests) == (not any(j == i for j, _ in graph)) for i in range(1, n + 1))


def uniform_in_degree(graph: Graph, n: int, rests: Rests) -> bool:
    degrees = {sigma: in_degree(graph, sigma) for sigma in subsets(n)}
    return all(
        (sigma in rests) == all(received(graph, k, sigma) <= degree for k in outside(n, sigma))
        for sigma, degree in degrees.items()
        if degree is not None
    )


def sources(graph: Graph, n: int, rests: Rests) -> bool:
    """No source of the graph on the set, or on the set and one node more, that drives somebody of it."""
    for sigma in rests:
        for more in (sigma, *(sigma | {k} for k in outside(n, sigma))):
            for i in sigma:
                if received(graph, i, more) == 0 and any((i, k) in graph for k in more):
                    return False
    return True


def targets(graph: Graph, n: int, rests: Rests) -> bool:
    """A node of the set that all others of it drive drives all of them."""
    return all(
        received(graph, k, sigma) < len(sigma) - 1 or all((k, j) in graph for j in sigma - {k})
        for sigma in rests
        for k in sigma
    )


def outside_targets(graph: Graph, n: int, rests: Rests) -> bool:
    """A silent node that the whole set drives drives all of it."""
    return all(
        received(graph, k, sigma) < len(sigma) or all((k, j) in graph for j in sigma)
        for sigma in rests
        for k in outside(n, sigma)
    )


def no_domination_inside(graph: Graph, n: int, rests: Rests) -> bool:
    return not any(dominates(graph, k, j, sigma) for sigma in rests for j, k in permutations(sigma, 2))


def dominated_nodes_may_go(graph: Graph, n: int, rests: Rests) -> bool:
    everybody = frozenset(range(1, n + 1))
    for k, j in permutations(everybody, 2):
        if dominates(graph, k, j, everybody):
            kept = sorted(everybody - {j})
            smaller = found(*induced(graph, everybody - {j}))
            if {frozenset(kept[i - 1] for i in sigma) for sigma in smaller} != set(rests):
                return False
    return True


def target_free_cliques_are_stable(graph: Graph, n: int, rests: Rests) -> bool:
    for sigma in subsets(n):
        if is_clique(graph, sigma):
            free = is_target_free(graph, n, sigma)
            if (sigma in rests) != free or (free and rests[sigma] != (1, True)):
                return False
    return True


def independent_sets_are_unions_of_sinks(graph: Graph, n: int, rests: Rests) -> bool:
    for sigma in subsets(n):
        if not any((j, i) in graph for j, i in permutations(sigma, 2)):
            of_sinks = not any(j in sigma for j, _ in graph)
            if (sigma in rests) != of_sinks or (
                of_sinks and rests[sigma] != ((-1) ** (len(sigma) - 1), len(sigma) == 1)
            ):
                return False
    return True


def without_sinks_one_way_nothing_is_stable(graph: Graph, n: int, rests: Rests) -> bool:
    oriented = not any((i, j) in graph for j, i in graph)
    no_sinks = {j for j, _ in graph} == set(range(1, n + 1))
    return not (oriented and no_sinks) or not any(stable for _, stable in rests.values())


def symmetric_graphs_store_their_maximal_cliques(graph: Graph, n: int, rests: Rests) -> bool:
    if any((i, j) not in graph for j, i in graph):
        return True
    stable = {sigma for sigma, (_, yes) in rests.items() if yes}
    return stable == {sigma for sigma in subsets(n) if is_maximal_clique(graph, n, sigma)}


RULES: tuple[Rule, ...] = (
    parity,
    sinks,
    uniform_in_degree,
    sources,
    targets,
    outside_targets,
    no_domination_inside,
    dominated_nodes_may_go,
    target_free_cliques_are_stable,
    independent_sets_are_unions_of_sinks,
    without_sinks_one_way_nothing_is_stable,
    symmetric_graphs_store_their_maximal_cliques,
)


def only_target_free_cliques(graph: Graph, n: int, rests: Rests) -> bool:
    """Stable means target-free clique: proved in the literature for n <= 4, and conjectured beyond."""
    return all(
        is_clique(graph, sigma) and is_target_free(graph, n, sigma) for sigma, (_, stable) in rests.items() if stable
    )


# -- on all graphs of at most three nodes, on random ones, on the published ones --------------------------------------


def test_the_graphs() -> None:
    assert [len(list(digraphs(n))) for n in (1, 2, 3)] == [1, 4, 64]
    assert [len(representatives(n)) for n in (1, 2, 3)] == [1, 3, 16]


@pytest.mark.parametrize("rule", (*RULES, only_target_free_cliques), ids=lambda rule: rule.__name__)
def test_rule_on_every_digraph_of_at_most_three_nodes(rule: Rule) -> None:
    for graph, n in ALL:
        assert rule(graph, n, found(graph, n)), sorted(graph)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_on_random_digraphs_of_four_to_six_nodes(rule: Rule) -> None:
    for graph, n in RANDOM:
        assert rule(graph, n, found(graph, n)), sorted(graph)


def test_stable_sets_of_four_nodes_are_target_free_cliques() -> None:
    for graph, n in RANDOM:
        if n == 4:
            assert only_target_free_cliques(graph, n, found(graph, n)), sorted(graph)


def test_every_rule_on_the_published_graphs() -> None:
    oracle = json.loads((Path(__file__).parent / "oracles" / "ctln.json").read_text(encoding="utf-8"))
    assert len(oracle) > 10
    for case in oracle:
        rows = case["adjacency_to_from"]
        n = len(rows)
        if n > 7:
            continue
        graph = frozenset((j + 1, i + 1) for i, row in enumerate(rows) for j, edge in enumerate(row) if edge)
        rests = found(graph, n, case["eps"], case["delta"])
        assert {frozenset(row["support"]): (row["index"], row["stable"]) for row in case["fixed_points"]} == rests
        for rule in RULES:
            if rule is not dominated_nodes_may_go or (case["eps"], case["delta"]) == POINTS[0]:
                assert rule(graph, n, rests), (case["graph"], rule.__name__)


def test_the_rules_know_no_parameters() -> None:
    """Every graph rests on the same sets, as stably, all over the legal range (three nodes: proved below)."""
    for graph in representatives(3):
        first = found(graph, 3)
        assert all(found(graph, 3, *point) == first for point in POINTS[1:]), sorted(graph)


def test_renamed_nodes_rest_as_they_did() -> None:
    random = Random(3)
    for graph, n in (*((g, 3) for g in representatives(3)), *RANDOM[::6]):
        places = tuple(random.sample(range(1, n + 1), n))
        renamed = {frozenset(places[i - 1] for i in sigma): row for sigma, row in found(graph, n).items()}
        assert found(relabelled(graph, places), n) == renamed


def test_a_set_rests_exactly_when_it_does_alone_and_with_each_other_node() -> None:
    for graph, n in RANDOM[::3]:
        for sigma in subsets(n):
            survives = all(
                set(sigma) in [{sorted(more)[i - 1] for i in s} for s in found(*induced(graph, more))]
                for more in (sigma, *(sigma | {k} for k in outside(n, sigma)))
            )
            assert (sigma in found(graph, n)) == survives


@pytest.mark.parametrize("joined", ["disjoint", "clique"])
def test_unions_of_graphs(joined: str) -> None:
    """Side by side or everybody to everybody: the sets of a union are the unions of sets.

    All edges between the parts: one set of each part. No edges: a set of one part, or one of each.
    """
    one, other = sampled(3, 2)[0], frozenset({(1, 2), (2, 3), (3, 1)})
    for graph in (one, *representatives(2)):
        n = max((node for edge in graph for node in edge), default=2)
        moved = frozenset((j + n, i + n) for j, i in other)
        between = {(j, i) for j in range(1, n + 1) for i in range(n + 1, n + 4)} if joined == "clique" else set()
        whole = graph | moved | between | {(i, j) for j, i in between}
        parts = set(found(graph, n)), {frozenset(i + n for i in sigma) for sigma in found(other, 3)}
        unions = {sigma | tau for sigma in parts[0] for tau in parts[1]}
        expected = unions if joined == "clique" else unions | parts[0] | parts[1]
        assert set(found(frozenset(whole), n + 3)) == expected


# -- what is false ----------------------------------------------------------------------------------------------------


def maximal_cliques_rest(graph: Graph, n: int, rests: Rests) -> bool:
    return all(sigma in rests for sigma in subsets(n) if is_maximal_clique(graph, n, sigma))


def only_uniform_sets_rest(graph: Graph, n: int, rests: Rests) -> bool:
    return all(in_degree(graph, sigma) is not None for sigma in rests)


def something_is_stable(graph: Graph, n: int, rests: Rests) -> bool:
    return any(stable for _, stable in rests.values())


def positive_index_is_stable(graph: Graph, n: int, rests: Rests) -> bool:
    return all((index == 1) == stable for index, stable in rests.values())


@pytest.mark.parametrize(
    ("rule", "classes"),
    [(maximal_cliques_rest, 11), (only_uniform_sets_rest, 2), (something_is_stable, 1), (positive_index_is_stable, 2)],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_false_rules_are_seen_through(rule: Rule, classes: int) -> None:
    """So many of the sixteen graphs on three nodes contradict a rule that is not one, and these are they:

    The maximal cliques all rest in the four symmetric graphs, and where a pair drives a sink from one node only. Sets
    of uneven in-degree rest beside a pair, and on the symmetric path. Nothing is stable in the 3-cycle. Of positive
    index and unstable are the 3-cycle, and all three nodes together without edges.
    """
    assert sum(not rule(graph, 3, found(graph, 3)) for graph in representatives(3)) == classes


# -- for every eps and delta ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("graph", "n"), [(graph, n) for n in (1, 2, 3) for graph in representatives(n)])
def test_the_sets_are_proved_for_every_legal_parameter(graph: Graph, n: int) -> None:
    circuit = ctln(sorted(graph), nodes=n)
    rests = found(graph, n)
    said = ["~exists()"]
    for sigma in subsets(n):
        branch = ",".join(f"x{i}" for i in sorted(sigma))
        word = "~exists" if sigma not in rests else "stable" if rests[sigma][1] else "exists"
        said += [f"{word}({branch})", f"~continuum({branch})"]
        said += [f"~hurwitz({branch})"] if sigma in rests and not rests[sigma][1] else []
    answer = check(circuit, " & ".join(said), search_missing=False)
    assert answer.verdict.kind == "proved", answer.reason


# -- the same graphs with excitatory nodes and one inhibitory population ----------------------------------------------


def test_dale_compliant_networks_rest_on_the_same_sets() -> None:
    for graph in representatives(3):
        answer = solutions(ei_tln(sorted(graph), "1/4", "1/2", 1, "1/10", nodes=3))
        rests = {frozenset(int(name[1:]) for name in e.active if name != "I") for e in answer.equilibria}
        assert rests == set(found(graph, 3)) and answer.complete
        for e in answer.equilibria:
            assert e.state["I"] == Fraction(3, 2) * sum(e.state[f"E{i}"] for i in (1, 2, 3))
