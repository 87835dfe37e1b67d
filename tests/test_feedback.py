"""Columns with feedback against what they stand for: the explicit matrix, its certificates, its eigenvalues."""

from __future__ import annotations

import re
import tomllib
from fractions import Fraction
from functools import cache
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

import symgame
from symgame import feedback
from symgame.algebra import Algebra, algebra
from symgame.circuit import Circuit
from symgame.columns import column_equilibria
from symgame.condition import FALSE, TRUE, Condition, free_names, holds, quantifier_free
from symgame.diagonal_stability import diagonal_stability
from symgame.errors import Unsupported
from symgame.groups import written_out
from symgame.layering import layers
from symgame.named import named
from symgame.principal import p_matrix
from symgame.properties import diagonal, stability

pytestmark = pytest.mark.slow  # of the long ones: run by `python -m pytest -m slow`

Rows = list[list[Fraction]]
#: Rational bounds of the greatest eigenvalue of a path, exact for two layers.
GOLDEN = Fraction(1618033988, 10**9), Fraction(1618033989, 10**9)


def random_layer(rng: Random, n: int) -> Rows:
    """Weak couplings on a positive diagonal: stable and unstable ones come out about as often."""
    return [
        [Fraction(rng.randint(4, 10), 4) if i == j else Fraction(rng.randint(-8, 8), 4) for j in range(n)]
        for i in range(n)
    ]


def whole(A: Rows, f: list[Fraction], g: list[Fraction], count: int) -> Rows:
    """The matrix of the column, written entry by entry."""
    n = len(A)
    M = [[Fraction(0)] * (n * count) for _ in range(n * count)]
    for k in range(count):
        for i in range(n):
            for j in range(n):
                M[k * n + i][k * n + j] = A[i][j]
            if k + 1 < count:
                M[(k + 1) * n + i][k * n + i] = -f[i]
                M[k * n + i][(k + 1) * n + i] = -g[i]
    return M


def less(A: Rows, K: list[Fraction]) -> Rows:
    return [[a - K[i] if i == j else a for j, a in enumerate(row)] for i, row in enumerate(A)]


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("n", [2, 3])
def test_diagonal_stability_is_that_of_one_layer(n: int, count: int) -> None:
    """The matrix of the whole has a certificate of the same answer as the layer with mu_1 K less."""
    rng, seen = Random(7 * n + count), {True: 0, False: 0}
    for _ in range(45):
        A = random_layer(rng, n)
        theta, step = Fraction(rng.randint(1, 6), 2), Fraction(rng.randint(1, 9), 8)
        share = [Fraction(rng.randint(0, 2)) for _ in range(n)]
        share[rng.randrange(n)] = Fraction(1)
        square = 2 if count == 3 else 1  # f g = 2 step^2 makes mu_1 sqrt(f g) = 2 step for three layers
        f = [square * step * theta * s for s in share]
        g = [step / theta * s for s in share]
        mu = {2: (Fraction(1),) * 2, 3: (Fraction(2),) * 2, 4: GOLDEN}[count]
        below, above = (diagonal_stability(less(A, [m * step * s for s in share])).holds for m in mu)
        found = diagonal_stability(whole(A, f, g, count)).holds
        if found is not None and below == above and below is not None:
            assert found == below, (A, f, g, count)
            seen[found] += 1
    assert min(seen.values()) >= 8


@pytest.mark.parametrize("count", range(2, 13))
def test_the_squares_of_the_eigenvalues_of_a_path(count: int) -> None:
    """The irreducible polynomials have the roots 4 cos^2, once each, and the closed form is the greatest of them."""
    roots = np.sort(np.concatenate([np.roots(h[::-1]) for h in feedback.squares(count)]).real)
    wanted = np.sort([4 * np.cos(j * np.pi / (count + 1)) ** 2 for j in range(1, count // 2 + 1)])
    assert np.allclose(roots, wanted)
    assert np.isclose(max(np.roots(feedback.squares(count)[-1][::-1]).real), wanted[-1])
    bound = feedback.greatest(count)
    if bound is not None:
        assert np.isclose(float(bound[0]) + float(bound[1]) * bound[2] ** 0.5, wanted[-1])
    assert (bound is None) == (count not in (2, 3, 4, 5, 7, 9, 11))


# -- symbols against numbers -------------------------------------------------------------------------------------------

MODELS = [
    "column:feedback=b",
    "column:layers=3,feedback=b",
    "column:layers=4,feedback=b,unit=shared",
    "column:layers=5,feedback=b",
    "column:layers=6,unit=shared,feedback=b",
    "column:layers=2,n=2,feedback=b",
    "column:layers=3,n=2,unit=shared,feedback=b",
    "column:layers=6,n=1,feedback=b",
]


@cache
def conditions(model: str) -> tuple[Circuit, Condition, Condition]:
    c = named(model)
    a = algebra(c)
    return c, diagonal.lds(a, a.interaction()).condition, stability.circuit_hurwitz(a)


def random_point(rng: Random, c: Circuit) -> dict[str, Fraction]:
    point = {name: Fraction(rng.randint(1, 12), 8) for name in c.symbols}
    if "n" in point:
        point["n"] = Fraction(rng.randint(2, 3))
        point["k"] = Fraction(rng.randint(1, int(point["n"]) - 1))
    if rng.random() < 0.7:
        point |= {"w_EE": Fraction(rng.randint(0, 7), 8), "b": Fraction(rng.randint(0, 6), 8)}
        point |= {name: Fraction(rng.randint(1, 16), 8) for name in ("l", "s") if name in point}
        point["f"] = Fraction(rng.randint(1, 6), 8)
    return point


def at(c: Circuit, point: dict[str, Fraction]) -> Algebra:
    inside = {name: str(value) for name, value in point.items() if name in c.symbols}
    return algebra(written_out(c.with_values(**inside).fixed()))


@pytest.mark.parametrize("model", MODELS)
def test_symbols_agree_with_numbers(model: str) -> None:
    """Diagonal stability and Hurwitz of the closed form, without a root, against the explicit matrix at points."""
    c, lds, hurwitz = conditions(model)
    assert quantifier_free(lds) and free_names(lds) | free_names(hurwitz) <= set(c.symbols)
    rng, seen = Random(11), {True: 0, False: 0}
    for _ in range(12):
        point = random_point(rng, c)
        explicit = at(c, point)
        rows = explicit.numbers(explicit.interaction())
        assert rows is not None
        found = diagonal_stability(rows).holds
        if found is not None:
            assert holds(lds, point) == found, point
            seen[found] += 1
        jacobian = explicit.numbers(stability.jacobian(explicit, explicit.gains))
        greatest = max(np.linalg.eigvals(np.array(jacobian, float)).real)
        if abs(greatest) > 1e-9:
            assert holds(hurwitz, point) == (greatest < 0), point
    assert min(seen.values()) >= 2


@pytest.mark.parametrize(("layers_", "f", "b"), [(2, "1/4", "1"), (3, "1/4", "1/2"), (5, "1/12", "1")])
def test_the_boundary_is_not_stable(layers_: int, f: str, b: str) -> None:
    """mu_1 sqrt(f b) = 1/2 in each case: w_EE = 1/2 is just too much, a little less is not."""
    c = named(f"column:layers={layers_},n=1,feedback=b").with_values(f=f, b=b, s=1, w_IE=1, w_II=0).fixed()
    for w, truth in (("1/2", FALSE), ("499999/1000000", TRUE)):
        a = algebra(c.with_values(w_EE=w).fixed())
        assert diagonal.lds(a, a.interaction()).condition == truth


def test_four_layers_at_the_golden_mean() -> None:
    """mu_1 = (1 + sqrt 5)/2 is no rational: the condition decides on both sides of it."""
    c = named("column:layers=4,feedback=b,unit=shared")
    a = algebra(c)
    condition = diagonal.lds(a, a.interaction()).condition
    point = dict.fromkeys(c.symbols, Fraction(1)) | {"n": Fraction(3), "w_EE": Fraction(0), "f": Fraction(1)}
    for r, truth in ((GOLDEN[1], False), (GOLDEN[0], True)):
        assert holds(condition, point | {"b": 1 / r**2}) == (not truth)


# -- which circuits are columns ----------------------------------------------------------------------------------------


def shuffled(c: Circuit, seed: int) -> Circuit:
    order = list(range(len(c.names)))
    Random(seed).shuffle(order)
    rows = [[c.W[i, j] for j in order] for i in order]
    return Circuit(c.name, tuple(c.populations[i] for i in order), type(c.W)(rows), c.assume, copies=c.copies)


@pytest.mark.parametrize(
    "model", ["column:layers=3,n=2,feedback=b", "column:feedback=b", "column:unit=shared,feedback=b"]
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_populations_may_stand_in_any_order(model: str, seed: int) -> None:
    c = named(model)
    other = shuffled(c, seed)
    found = layers(other)
    assert found.recurrent and found.count == layers(c).count
    assert {frozenset(row) for row in found.names} == {frozenset(row) for row in layers(c).names}
    point = random_point(Random(seed), c)
    a = algebra(other)
    assert holds(diagonal.lds(a, a.interaction()).condition, point) == holds(conditions(model)[1], point)
    assert holds(stability.circuit_hurwitz(a), point) == holds(conditions(model)[2], point)


def test_a_weight_that_is_off_makes_it_no_column() -> None:
    c = named("column:layers=2,n=2,feedback=b")
    for i, j in ((0, 1), (4, 7), (0, 4), (1, 5)):  # inside a layer, lateral, back, and one coupling more
        W = c.W.as_mutable()
        W[i, j] = W[i, j] + 1 if c.populations[j].type == "excitatory" else W[i, j] - 1
        a = algebra(Circuit("off", c.populations, type(c.W)(W), c.assume))
        assert feedback.column(a, feedback.of_couplings(a, a.W)) is None
    a = algebra(c)
    assert feedback.column(a, feedback.of_couplings(a, a.W)) is not None


def test_feedback_of_another_share_is_not_reduced() -> None:
    """f_1/g_1 differs from f_2/g_2: the spectrum does not split, and nothing is claimed of it."""
    W = [["a", "c", "g", 0], ["d", "a", 0, "h"], ["f", 0, "a", "c"], [0, "f", "d", "a"]]
    signs = [f"{x} > 0" for x in "acdfgh"]
    a = algebra(Circuit.from_matrix(W, names="WXYZ", assume=signs))
    assert feedback.column(a, feedback.of_couplings(a, a.W)) is None
    even = [[str(w).replace("h", "g") for w in row] for row in W]
    a = algebra(Circuit.from_matrix(even, names="WXYZ", assume=signs[:-1]))
    assert feedback.column(a, feedback.of_couplings(a, a.W)) is not None


def test_feedback_of_the_other_sign_cancels() -> None:
    """f > 0 and g < 0: stable iff one layer is, however strong."""
    W = [["a", "c", "-g", 0], ["d", "a", 0, "-g"], ["f", 0, "a", "c"], [0, "f", "d", "a"]]
    a = algebra(Circuit.from_matrix(W, names="WXYZ", assume=[f"{x} > 0" for x in "acdfg"]))
    condition = diagonal.lds(a, a.interaction()).condition
    rng = Random(5)
    for _ in range(25):
        point = {x: Fraction(rng.randint(1, 12), 8) for x in "acdfg"}
        c = a.circuit.with_values(**{x: str(v) for x, v in point.items()}).fixed()
        rows = algebra(c).numbers(algebra(c).interaction())
        found = diagonal_stability(rows).holds
        assert found is None or holds(condition, point) == found


# -- the P-property ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layers_", [2, 3])
def test_the_p_property_of_units_with_one_inhibitory_population(layers_: int) -> None:
    c = named(f"column:layers={layers_},unit=shared,feedback=b")
    condition = diagonal.p_matrix(algebra(c))
    rng, seen = Random(2), set()
    for _ in range(20):
        point = random_point(rng, c)
        explicit = at(c, point)
        found = p_matrix(explicit.numbers(explicit.interaction())).holds
        assert found is not None and holds(condition, point) == found, point
        seen.add(found)
    assert seen == {True, False}


def test_the_p_property_of_the_layer_is_needed() -> None:
    """P of the column implies P of A - mu_1 K, and diagonal stability of A - mu_1 K implies P of the column."""
    rng, seen = Random(4), set()
    for _ in range(60):
        A = random_layer(rng, 3)
        k = [Fraction(rng.randint(1, 8), 8) for _ in range(3)]
        layer = less(A, k)
        column = p_matrix(whole(A, k, k, 2)).holds
        assert p_matrix(layer).holds or not column
        assert column or not diagonal_stability(layer).holds
        seen.add(column)
    assert seen == {True, False}


def test_the_p_property_of_lateral_units_is_open_and_says_so() -> None:
    with pytest.raises(Unsupported, match="15 ways"):
        diagonal.p_matrix(algebra(named("column:feedback=b")))


# -- statements and equilibria -----------------------------------------------------------------------------------------


TABLE = Path(__file__).parent / "corpus" / "column_feedback.toml"
ROWS = tomllib.loads(TABLE.read_text(encoding="utf-8"))["statement"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_statements(row: dict[str, Any]) -> None:
    """Decided with symbols; true ones are not false at points, false ones are at their counterexample: with numbers, on
    the explicit matrix and by its own certificate."""
    c = named(row["model"])
    kind = symgame.check(c, row["formula"], row["given"], search_missing=False).verdict.kind
    assert kind in (("proved", "cited") if row["truth"] else ("refuted",))
    if row["truth"]:
        rng = Random(row["id"])
        points = [random_point(rng, c) | ({"l": Fraction(0)} if row["given"] else {}) for _ in range(6)]
    else:
        points = [{name: Fraction(value) for name, value in re.findall(r"(\w+) = ([\d/]+)", row["why"].split(": ")[0])}]
    for point in points:
        explicit = at(c, point).circuit
        formula = row["formula"]
        for name, value in point.items():
            formula = re.sub(rf"\b{name}\b", f"({value})", formula)
        decided = symgame.check(explicit, formula, search_missing=False).verdict.kind
        assert (decided == "refuted") != row["truth"] and decided != "undecided", point


@pytest.mark.parametrize(
    ("model", "statement"), [("column:feedback=b", "lds => unique"), ("column:feedback=b", "lds => hurwitz")]
)
def test_theorems(model: str, statement: str) -> None:
    assert symgame.check(named(model), statement).verdict.kind == "cited"


def test_the_derivation_leaves_nothing_open() -> None:
    derivation = symgame.derive(named("column:feedback=b"))
    assert derivation.counts["undecided"] == derivation.counts["refuted"] == 0
    assert derivation.claim("layers.feedback.excitation.E1_1").then == "lds => 1 - w_EE - sqrt(b*f) > 0"


def test_a_stable_column_has_one_equilibrium() -> None:
    """Also found as a whole by the solver of columns, which has no first layer to begin with."""
    rng, found = Random(8), 0
    c = named("column:layers=2,n=2,feedback=b")
    while found < 6:
        point = random_point(rng, c) | {"u_1": Fraction(rng.randint(-4, 8), 4), "u_2": Fraction(rng.randint(-4, 8), 4)}
        if not holds(conditions("column:layers=2,n=2,feedback=b")[1], point):
            continue
        numbers = c.with_values(**{name: str(value) for name, value in point.items()}).fixed()
        (alone,) = symgame.solutions(numbers).equilibria
        solved = column_equilibria(numbers)
        assert solved.complete and len(solved.equilibria) == 1
        assert solved.state() == dict(alone.state)
        found += 1


def test_pairs_of_weights_are_tried_in_one_order() -> None:
    """Two kinds of couplings between layers at once, and no layers where only one kind is taken."""
    labels = [[1, 2, 6, 0], [3, 1, 0, 8], [7, 0, 1, 2], [0, 9, 3, 1]]
    assert feedback.chain(labels, "EIEI") == ((0, 1), (2, 3))
    for i, j in combinations(range(4), 2):
        if labels[i][j]:
            broken = [list(row) for row in labels]
            broken[i][j] = 10
            same = {(0, 2), (1, 3)}  # one coupling between two layers may be anything
            assert (feedback.chain(broken, "EIEI") is None) == ((i, j) not in same)
