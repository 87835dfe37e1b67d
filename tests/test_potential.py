"""Potentials: Kolmogorov's conditions with symbols and with numbers, the potential itself, and what rules one out."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, pairwise
from pathlib import Path

import pytest
import sympy

from symgame import potential_function
from symgame.algebra import algebra
from symgame.circuit import Circuit
from symgame.condition import FALSE, TRUE, atoms, holds
from symgame.cycles import path_between, simple_cycles, spanning_forest
from symgame.errors import BudgetExceeded, Unsupported
from symgame.named import wilson_cowan
from symgame.notation import symbol
from symgame.properties.potential import NoPotential, Potential, potential, weighted_potential

F = Fraction
GAMES = {row["id"]: row for row in json.loads((Path(__file__).parent / "oracles" / "games.json").read_text("utf-8"))}


def numeric(W: list[list[F]], **options: object) -> Circuit:
    return Circuit.from_matrix(W, u=[0] * len(W), tau=[1] * len(W), **options)  # type: ignore[arg-type]


def symbolic(n: int, zeros: tuple[tuple[int, int], ...] = (), **options: object) -> Circuit:
    """Every weight a symbol of its own, but those in ``zeros``."""
    rows = [["0" if i == j or (i, j) in zeros else f"w_{i}{j}" for j in range(n)] for i in range(n)]
    return Circuit.from_matrix(rows, names="ABCDEFGHIJ"[:n], **options)  # type: ignore[arg-type]


def has_potential(W: list[list[F]]) -> bool:
    """d > 0 with d_i W_ij = d_j W_ji, by spreading d from each population: plain and quadratic."""
    n = len(W)
    d: list[F | None] = [None] * n
    for start in range(n):
        pending = [start] if d[start] is None else []
        d[start] = d[start] or F(1)
        while pending:
            i = pending.pop()
            for j in range(n):
                if j == i or W[i][j] == W[j][i] == 0:
                    continue
                if W[i][j] * W[j][i] <= 0:
                    return False
                wanted = d[i] * W[i][j] / W[j][i]  # type: ignore[operator]
                if d[j] is None:
                    d[j] = wanted
                    pending.append(j)
                elif d[j] != wanted:
                    return False
    return True


def symmetrizable(rng: random.Random, n: int, density: float = 1.0) -> list[list[F]]:
    d = [F(rng.randint(1, 6), rng.randint(1, 6)) for _ in range(n)]
    W = [[F(rng.randint(-4, 4), 3) if i == j else F(0) for j in range(n)] for i in range(n)]
    for i, j in combinations(range(n), 2):
        if rng.random() < density:
            shared = F(rng.choice([-3, -2, -1, 1, 2, 3]), rng.randint(1, 3))
            W[i][j], W[j][i] = shared / d[i], shared / d[j]
    return W


# -- graphs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n, count", [(3, 1), (4, 7), (5, 37), (6, 197), (7, 1172)])
def test_cycles_of_complete_graphs(n: int, count: int) -> None:
    """``sum_k C(n, k) (k - 1)!/2``, each cycle once."""
    edges = list(combinations(range(n), 2))
    cycles = simple_cycles(edges)
    assert len(cycles) == count == len({frozenset(number for number, _ in cycle) for cycle in cycles})
    for cycle in cycles:
        walked = [edges[number] if forwards else edges[number][::-1] for number, forwards in cycle]
        assert all(a[1] == b[0] for a, b in pairwise([*walked, walked[0]]))


def test_parallel_edges_make_cycles_of_two() -> None:
    assert [len(c) for c in simple_cycles([(0, 1), (0, 1), (1, 2), (2, 0)])] == [2, 3, 3]


def test_trees_have_no_cycles_however_large_and_dense_graphs_are_refused() -> None:
    assert simple_cycles([(k // 2, k + 1) for k in range(380)]) == ()
    with pytest.raises(BudgetExceeded, match="more than 1500"):
        simple_cycles(list(combinations(range(9), 2)))


def test_forests_join_what_is_joined() -> None:
    trees = spanning_forest(5, [(3, 4), (0, 4), (0, 3), (1, 2)])
    assert trees == ((0, None), (4, 0), (3, 4), (1, None), (2, 1))
    assert path_between(dict(trees), 3, 0) == (3, 4, 0)


# -- the condition ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key, expected", [("A_ok", True), ("A_bad", False)])
def test_published_example(key: str, expected: bool) -> None:
    A = [[F(v) for v in row] for row in GAMES["weighted_potential_kolmogorov"][key]]
    circuit = numeric([[F(i == j) - v for j, v in enumerate(row)] for i, row in enumerate(A)], names="ABC")
    assert weighted_potential(algebra(circuit)) == (TRUE if expected else FALSE)
    found = potential_function(circuit)
    if expected:
        assert isinstance(found, Potential) and found.weights == (1, sympy.Rational(1, 2), 2) and not found.exact
        assert found.gaps() == (0, 0, 0)
    else:
        assert isinstance(found, NoPotential) and set(found.populations) == set("ABC")
        assert {abs(found.there), abs(found.back)} == {1, 4}


@pytest.mark.parametrize("n", [2, 3, 4, 5])
def test_symbolic_conditions_agree_with_numbers_zeros_included(n: int) -> None:
    """Two roads: cycles of polynomials at a point, and weights spread along the edges of that point."""
    rng = random.Random(n)
    condition = weighted_potential(algebra(symbolic(n)))
    seen = set()
    for trial in range(120):
        W = symmetrizable(rng, n, density=rng.choice([0.4, 0.7, 1.0]))
        if trial % 2:  # spoil one entry, or silence one
            i, j = rng.sample(range(n), 2)
            W[i][j] = rng.choice([F(0), -W[i][j], W[i][j] * 2, W[i][j] + 1])
        point = {f"w_{i}{j}": W[i][j] for i in range(n) for j in range(n) if i != j}
        expected = has_potential(W)
        seen.add(expected)
        assert holds(condition, point) == expected
        circuit = numeric(W)
        assert weighted_potential(algebra(circuit)) == (TRUE if expected else FALSE)
        assert isinstance(potential_function(circuit), Potential) == expected
    assert seen == {True, False}


def test_a_basis_of_cycles_is_not_enough() -> None:
    """With a diagonal of the square silent its triangles ask nothing, and the square still does."""
    condition = weighted_potential(algebra(symbolic(4)))
    ring = [(0, 1), (1, 2), (2, 3), (3, 0)]
    point = {f"w_{i}{j}": F(0) for i in range(4) for j in range(4) if i != j}
    point |= {f"w_{i}{j}": F(1) for a, b in ring for i, j in ((a, b), (b, a))}
    assert holds(condition, point)
    assert not holds(condition, point | {"w_01": F(2)})
    triangles = [c for c in (point | {"w_01": F(2)},) if all(c[f"w_{i}{j}"] == 0 for i, j in ((0, 2), (1, 3)))]
    assert triangles  # every triangle has a silent side there


def test_zeros_by_birth_are_on_no_cycle() -> None:
    chain = tuple((i, j) for i in range(10) for j in range(10) if abs(i - j) > 1)
    ten = weighted_potential(algebra(symbolic(10, chain)))
    assert max(len(a.poly.to_dict()) for a in atoms(ten)) == 1  # signs of pairs alone: no cycle is left
    one_way = weighted_potential(algebra(symbolic(3, ((0, 1), (1, 2), (2, 0)))))
    assert {str(a) for a in atoms(one_way)} == {"w_02 = 0", "w_10 = 0", "w_21 = 0"}


def test_four_populations_of_cortex_are_quick_and_never_have_one() -> None:
    rows = [
        ["w_EE", "-w_EP", "-w_ES", 0],
        ["w_PE", "-w_PP", "-w_PS", 0],
        ["w_SE", 0, 0, "-w_SV"],
        ["w_VE", 0, "-w_VS", 0],
    ]
    names = [w.lstrip("-") for row in rows for w in row if w]
    circuit = Circuit.from_matrix(
        rows, names="EPSV", types=["excitatory", *["inhibitory"] * 3], assume=[f"{w} > 0" for w in names]
    )
    found = potential_function(circuit)
    assert isinstance(found, NoPotential) and found.populations == ("E", "P")
    condition = weighted_potential(algebra(circuit))
    assert not holds(condition, {w: F(1) for w in names}) and len(list(atoms(condition))) < 20


def test_numbers_tie_populations_together() -> None:
    """Twenty populations, dense, one weight a symbol: no cycles are listed, the answer is one value of it."""
    W = symmetrizable(random.Random(3), 20)
    rows: list[list[object]] = [list(row) for row in W]
    rows[4][7] = "w"
    circuit = Circuit.from_matrix(rows, u=[0] * 20, tau=[1] * 20)
    condition = weighted_potential(algebra(circuit))
    assert holds(condition, {"w": W[4][7]}) and not holds(condition, {"w": W[4][7] + F(1, 1000)})
    assert len(list(atoms(condition))) <= 4


def test_self_weights_do_not_matter() -> None:
    circuit = Circuit.from_matrix([["a", 2], [1, "b"]], names="LR")
    assert weighted_potential(algebra(circuit)) == TRUE and potential(algebra(circuit)) == FALSE


def test_hundreds_of_numbers_are_decided_exactly() -> None:
    W = symmetrizable(random.Random(5), 150)
    good = potential_function(numeric(W))
    assert isinstance(good, Potential) and good.when == TRUE and good.necessary
    d = [F(int(v.p), int(v.q)) for v in good.weights]
    assert all(d[i] * W[i][j] == d[j] * W[j][i] for i in range(150) for j in range(i))
    W[99][140] *= 1 + F(1, 10**30)
    bad = potential_function(numeric(W))
    assert isinstance(bad, NoPotential) and {"x100", "x141"} <= set(bad.populations)
    assert weighted_potential(algebra(numeric(W))) == FALSE
    places = [int(name[1:]) - 1 for name in bad.populations]
    there = back = F(1)
    for a, b in pairwise([*places, places[0]]):
        there, back = there * W[a][b], back * W[b][a]
    assert (bad.there, bad.back) == (there, back) and there != back


def test_too_many_cycles_are_refused_with_a_reason() -> None:
    assert len(list(atoms(weighted_potential(algebra(symbolic(6)))))) > 200
    with pytest.raises(BudgetExceeded, match="give values to more weights"):
        weighted_potential(algebra(symbolic(9)))


def test_a_pair_of_wrong_signs_spares_the_cycles() -> None:
    rows = [["0" if i == j else f"w_{i}{j}" for j in range(9)] for i in range(9)]
    rows[0][1], rows[1][0] = "1", "-1"
    assert weighted_potential(algebra(Circuit.from_matrix(rows))) == FALSE


# -- the function -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["relu", "saturating", "logistic", "soft_threshold"])
def test_the_gradient_is_that_of_the_energies_for_any_activation(kind: str) -> None:
    rng = random.Random(11)
    for n in (1, 2, 3, 4):
        found = potential_function(numeric(symmetrizable(rng, n), activation=kind))
        assert isinstance(found, Potential) and found.gaps() == (0,) * n
        c = found.circuit
        assert found.function - found.interaction == sum(
            d * p.activation.cost.xreplace({symbol("x"): symbol(f"x_{p.name}")})
            for d, p in zip(found.weights, c.populations, strict=True)
        )


def test_a_wrong_potential_has_gaps() -> None:
    found = potential_function(numeric([[F(0), F(2)], [F(1), F(0)]]))
    assert isinstance(found, Potential)
    wrong = Potential(found.circuit, (sympy.Integer(1), sympy.Integer(1)), found.when, True, found.terms)
    assert wrong.gaps() == (0, symbol("x_x1"))


def test_the_identity_is_verified_under_its_condition_and_not_without_it() -> None:
    rows = [
        ["w_EE", "-w_EP", "-w_ES", 0],
        ["w_PE", "-w_PP", "-w_PS", 0],
        ["w_SE", 0, 0, "-w_SV"],
        ["w_VE", 0, "-w_VS", 0],
    ]
    circuits = [
        Circuit.from_matrix(rows, names="EPSV", types=["excitatory", *["inhibitory"] * 3]),
        symbolic(3),
        symbolic(4, assume=[f"w_{i}{j} > 0" for i in range(4) for j in range(4) if i != j]),
        Circuit.from_matrix([[0, "a"], ["a", 0]], names="LR"),
        numeric(symmetrizable(random.Random(2), 5)),
    ]
    for circuit in circuits:
        found = potential_function(circuit)
        assert isinstance(found, Potential) and found.verified()
        bare = replace(found, when=TRUE)
        assert bare.verified() == all(gap == 0 for gap in found.gaps())
    assert not replace(found, weights=(*found.weights[:-1], 2 * found.weights[-1])).verified()


def test_exact_iff_symmetric() -> None:
    symmetric = potential_function(numeric([[F(3), F(2), F(0)], [F(2), F(0), F(-1)], [F(0), F(-1), F(5)]]))
    assert isinstance(symmetric, Potential) and symmetric.exact and symmetric.weights == (1, 1, 1)
    x = [symbol(f"x_x{k}") for k in (1, 2, 3)]
    classical = -(x[0] ** 2) + x[1] ** 2 / 2 - 2 * x[2] ** 2 - 2 * x[0] * x[1] + x[1] * x[2]
    assert sympy.expand(symmetric.function - classical) == 0


def test_symbolic_weights_are_products_along_a_tree() -> None:
    positive = [f"w_{i}{j} > 0" for i in range(3) for j in range(3) if i != j]
    found = potential_function(symbolic(3, assume=positive))
    assert isinstance(found, Potential) and found.necessary
    w = {(i, j): symbol(f"w_{i}{j}") for i in range(3) for j in range(3) if i != j}
    assert found.weights == (1, w[0, 1] / w[1, 0], w[0, 2] / w[2, 0])
    assert str(found.when) == "w_01*w_12*w_20 = w_02*w_10*w_21"
    gaps = [sympy.numer(sympy.together(g)) for g in found.gaps()]
    assert gaps[:2] == [0, 0]
    cycle = w[0, 1] * w[1, 2] * w[2, 0] - w[0, 2] * w[1, 0] * w[2, 1]
    assert sympy.rem(gaps[2], cycle, *sorted(w.values(), key=str)) == 0 != gaps[2]  # zero exactly under ``when``


def test_weights_of_unknown_sign_are_a_hypothesis_of_the_function() -> None:
    found = potential_function(symbolic(2))
    assert isinstance(found, Potential) and not found.necessary and str(found.when) == "w_01*w_10 > 0"


def test_parts_that_are_not_coupled_are_weighted_apart() -> None:
    W = [[F(0), F(2), F(0), F(0)], [F(1), F(0), F(0), F(0)], [F(0), F(0), F(0), F(-1)], [F(0), F(0), F(-3), F(0)]]
    found = potential_function(numeric(W))
    assert isinstance(found, Potential) and found.weights == (1, 2, 1, sympy.Rational(1, 3))
    assert found.terms == ((0, 1), (2, 3)) and found.gaps() == (0, 0, 0, 0)


def test_one_way_coupling_is_a_witness() -> None:
    found = potential_function(numeric([[F(0), F(0)], [F(1), F(0)]], names="AB"))
    assert isinstance(found, NoPotential) and (found.there, found.back) == (0, 1)


def test_the_pair_of_wilson_and_cowan_has_none_on_its_whole_domain() -> None:
    found = potential_function(wilson_cowan())
    assert isinstance(found, NoPotential) and found.populations == ("E", "I")
    assert (found.there, found.back) == (-symbol("w_EI"), symbol("w_IE"))


def test_values_are_put_in_first() -> None:
    circuit = Circuit.from_matrix([[0, "a"], ["b", 0]], names="LR", values={"a": 2, "b": "1/2"})
    found = potential_function(circuit)
    assert isinstance(found, Potential) and found.weights == (1, 4)


def test_a_cycle_that_weights_must_leave_is_refused() -> None:
    rows = [[0, "a", "b"], ["a", 0, "1 + c"], ["b", "c", 0]]
    circuit = Circuit.from_matrix(rows, names="ABC", assume=["a >= 0", "b >= 0", "c >= 0"])
    with pytest.raises(Unsupported, match="balance only where some of them vanish"):
        potential_function(circuit)
    condition = weighted_potential(algebra(circuit))
    assert holds(condition, {"a": F(1), "b": F(0), "c": F(1)}) and not holds(condition, dict.fromkeys("abc", F(1)))


def test_an_equation_may_silence_a_pair() -> None:
    found = potential_function(Circuit.from_matrix([[0, "a", 1], ["a", 0, 2], [1, 1, 0]], names="ABC"))
    assert isinstance(found, Potential) and str(found.when) == "a = 0" and found.necessary


def test_permuting_the_populations_permutes_the_potential() -> None:
    rng = random.Random(17)
    for _ in range(10):
        W = symmetrizable(rng, 4)
        order = rng.sample(range(4), 4)
        one = potential_function(numeric(W, names="ABCD"))
        other = potential_function(numeric([[W[i][j] for j in order] for i in order], names=["ABCD"[i] for i in order]))
        assert isinstance(one, Potential) and isinstance(other, Potential)
        scale = one.weights[order[0]]  # the first population has weight 1
        assert other.weights == tuple(one.weights[i] / scale for i in order)
        assert sympy.expand(one.function - scale * other.function) == 0


def test_results_render_themselves() -> None:
    flip_flop = Circuit.from_matrix([[0, "-a"], ["-b", 0]], names="LR", assume=["a > 0", "b > 0"])
    found = potential_function(flip_flop)
    assert isinstance(found, Potential)
    assert str(found).startswith("weighted potential: ") and "d_R = a/b" in str(found)
    assert found._repr_latex_().startswith(r"$\Phi = ") and "<math" in found._repr_html_()
    none = potential_function(numeric([[F(0), F(1)], [F(-1), F(0)]], names="LR"))
    assert isinstance(none, NoPotential)
    assert none._repr_latex_() == r"$W_{LR} = 1,\quad W_{RL} = -1$" and "opposite sign" in none._repr_html_()
    cyclic = potential_function(numeric([[F(0), F(1), F(1)], [F(1), F(0), F(2)], [F(1), F(1), F(0)]], names="ABC"))
    assert isinstance(cyclic, NoPotential) and r"\neq" in cyclic._repr_latex_() and "around" in str(cyclic)
