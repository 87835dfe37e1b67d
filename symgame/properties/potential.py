"""Potentials of the game: exact, and weighted by Kolmogorov's cycle conditions; the potential itself where it exists.

A weighted potential is a function Phi with ``d_i dE_i/dx_i = dPhi/dx_i`` for some weights d > 0. The interaction costs
are quadratic, so it exists iff ``d_i W_ij = d_j W_ji`` for some d > 0: the signs of every pair agree, and the products
of the weights around every cycle are the same both ways. A cycle through a pair of weights that vanish asks nothing,
so where weights may vanish a basis of the cycles is not enough: every cycle counts.

Source: D. Monderer and L. S. Shapley, Games Econ. Behav. 14 (1996) 124; A. Kolmogoroff, Math. Ann. 112 (1936) 155.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations, pairwise
from typing import TypeVar

import sympy

from symgame import copies, game
from symgame.algebra import Algebra, algebra
from symgame.circuit import Circuit
from symgame.condition import FALSE, TRUE, And, Condition, Or, both, either
from symgame.cycles import Edge, path_between, simple_cycles, spanning_forest
from symgame.errors import Unsupported
from symgame.groups import neurons
from symgame.ring import Quotient, from_sympy
from symgame.tables import Cell, Html, formula, joined, latex, table

Value = TypeVar("Value", Fraction, Quotient)
Trees = tuple[tuple[int, int | None], ...]


def potential(algebra: Algebra) -> Condition:
    """The interaction costs have a common potential iff W is symmetric."""
    if algebra.groups:
        return potential(copies.pairwise(algebra))
    numbers = _numbers(algebra)
    if numbers is not None:
        return TRUE if all(value == numbers[j, i] for (i, j), value in numbers.items()) else FALSE
    compare = algebra.structural.compare
    W = algebra.W
    return both(*(compare(W[i][j] - W[j][i], "=") for i, j in combinations(range(algebra.n), 2)))


def weighted_potential(algebra: Algebra) -> Condition:
    """Some d > 0 has ``d_i W_ij = d_j W_ji``: equal signs across each pair, equal products around each cycle.

    Exact, weights that vanish included. What is known shortens it: a weight that is 0 by birth is on no cycle, and
    pairs with a product that is positive by birth, numbers above all, tie their populations together, so that one
    equation for each further pair among them is enough. A circuit with numbers is decided in O(n^2).
    Errors: :class:`~symgame.errors.BudgetExceeded` when the weights that may vanish form too many cycles.

    >>> from symgame.named import wilson_cowan
    >>> print(weighted_potential(algebra(wilson_cowan())))
    w_EI*w_IE < 0 | (w_EI = 0 & w_IE = 0)
    """
    if algebra.groups:  # weights of copies may be averaged, so that two copies say it all
        return weighted_potential(copies.pairwise(algebra))
    numbers = _numbers(algebra)
    if numbers is not None:
        return TRUE if isinstance(_scaling(algebra.n, numbers, Fraction(1), _compare), _Scaling) else FALSE
    W, compare = algebra.W, algebra.structural.compare
    parts: list[Condition] = []
    coupled: list[Edge] = []
    tied: list[Edge] = []
    for i, j in combinations(range(algebra.n), 2):
        there, back = W[i][j], W[j][i]
        silent = both(compare(there, "="), compare(back, "="))
        if there.is_zero or back.is_zero:
            parts.append(silent)
            continue
        mutual = compare(there * back, ">")
        parts.append(either(mutual, silent))
        coupled.append((i, j))
        if mutual == TRUE:
            tied.append((i, j))
    if both(*parts) == FALSE:
        return FALSE
    trees = spanning_forest(algebra.n, tied)
    weights = _weights(trees, algebra.one, lambda i, j: W[i][j] / W[j][i])
    tree = _roots(trees)
    scaled = {(i, j): weights[i] * W[i][j] for a, b in coupled for i, j in ((a, b), (b, a))}
    parts += [compare(scaled[i, j] - scaled[j, i], "=") for i, j in coupled if tree[i] == tree[j]]
    between = [(i, j) for i, j in coupled if tree[i] != tree[j]]
    for cycle in simple_cycles([(tree[i], tree[j]) for i, j in between]):
        there, back = algebra.one, algebra.one
        for number, forwards in cycle:
            i, j = between[number] if forwards else between[number][::-1]
            there, back = there * scaled[i, j], back * scaled[j, i]
        parts.append(compare(there - back, "="))
    return both(*parts)


# -- the potential itself ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Potential:
    """A weighted potential: ``d_i dE_i/dx_i = dPhi/dx_i`` for every population, for any activation costs.

    ``weights`` is d, with 1 for the first population of each connected part. It is valid ``when`` this condition
    holds; a potential exists *only* then if ``necessary``, otherwise there may be others where weights vanish.
    ``exact`` says that every d is 1: the energies themselves have a common potential. ``terms`` are the pairs that
    Phi couples, by index.
    """

    circuit: Circuit
    weights: tuple[sympy.Expr, ...]
    when: Condition
    necessary: bool
    terms: tuple[Edge, ...]

    @property
    def exact(self) -> bool:
        return all(d == 1 for d in self.weights)

    @cached_property
    def interaction(self) -> sympy.Expr:
        """The quadratic part: ``sum d_i ((1 - W_ii) x_i^2/2 - u_i x_i) - sum_{i<j} d_i W_ij x_i x_j``."""
        c, x, d = self.circuit, game.rates(self.circuit), self.weights
        own = [d[i] * ((1 - c.W[i, i]) * x[i] ** 2 / 2 - c.u[i] * x[i]) for i in range(len(d))]
        return sympy.Add(*own, *(-d[i] * c.W[i, j] * x[i] * x[j] for i, j in self.terms))

    @cached_property
    def function(self) -> sympy.Expr:
        """Phi: the quadratic part and ``sum d_i g_i(x_i)``, on the domains of the activation costs."""
        costs = (d * game.activation_cost(self.circuit, i) for i, d in enumerate(self.weights))
        return sympy.Add(self.interaction, *costs)

    def gaps(self) -> tuple[sympy.Expr, ...]:
        """``d_i dE_i/dx_i - dPhi/dx_i``, by differentiation, with a function of its own for every activation cost.

        Each is 0 under ``when``; identically so for numbers.
        """
        x = game.rates(self.circuit)
        costs = [sympy.Function(f"g_{i}")(rate) for i, rate in enumerate(x)]
        phi = self.interaction + sum(d * g for d, g in zip(self.weights, costs, strict=True))
        return tuple(
            sympy.cancel(
                d * sympy.diff(game.interaction_cost(self.circuit, i) + costs[i], x[i]) - sympy.diff(phi, x[i])
            )
            for i, d in enumerate(self.weights)
        )

    def verified(self) -> bool:
        """Whether every gap is 0 under ``when``: identically, or because ``when`` says that its coefficients are 0."""
        a, x = algebra(self.circuit), list(game.rates(self.circuit))
        said = set(self.when.args if isinstance(self.when, And) else (self.when,))
        for gap in self.gaps():
            rows = [sympy.diff(gap, rate) for rate in x]
            if sympy.cancel(gap - sum(row * rate for row, rate in zip(rows, x, strict=True))) != 0:
                return False
            for row in rows:
                needed = a.domain.compare(from_sympy(sympy.cancel(row), a.ring), "=")
                parts = needed.args if isinstance(needed, Or) else ()
                if needed != TRUE and needed not in said and not any(part in said for part in parts):
                    return False
        return True

    def _latex(self) -> str:
        return rf"\Phi = {self.circuit.expression_latex(self.function)}"

    def _repr_latex_(self) -> str:
        return f"${self._latex()}$"

    def _repr_html_(self) -> str:
        c = self.circuit
        names = c.presentation.expanded
        weights = zip(c.names, self.weights, strict=True)
        listed = joined(latex(f"d_{{{names(name)}}} = {c.expression_latex(d)}") for name, d in weights)
        rows: list[tuple[Cell, Cell]] = [("potential", latex(self._latex())), ("weights", listed)]
        rows.append(("valid when" if self.necessary else "valid where", formula(str(self.when), names)))
        return table((), rows, f"{c.name}: {'an exact' if self.exact else 'a weighted'} potential").source

    def __str__(self) -> str:
        kind = "exact potential" if self.exact else "weighted potential"
        d = ", ".join(f"d_{n} = {v}" for n, v in zip(self.circuit.names, self.weights, strict=True))
        return f"{kind}: {self.function}; {d}; when {self.when}"


@dataclass(frozen=True)
class NoPotential:
    """No weighted potential: a pair whose weights differ in sign, or a cycle with different products both ways.

    ``there`` is the product of the weights ``W_ab W_bc ... W_za`` along ``populations``, ``back`` that of ``W_ba W_cb
    ... W_az``. For a pair they are its two weights. It holds on the whole domain of the circuit.
    """

    circuit: Circuit
    populations: tuple[str, ...]
    there: sympy.Expr
    back: sympy.Expr

    def __str__(self) -> str:
        if len(self.populations) == 2:
            a, b = self.populations
            return f"no weighted potential: to {a} from {b} {self.there}, to {b} from {a} {self.back}: not of one sign"
        around = ", ".join(self.populations)
        return f"no weighted potential: around {around} the weights multiply to {self.there}, and back to {self.back}"

    def _repr_latex_(self) -> str:
        c = self.circuit
        names = [c.presentation.expanded(name) for name in self.populations]
        if len(names) == 2:
            a, b = names
            sides = [(f"W_{{{a}{b}}}", self.there), (f"W_{{{b}{a}}}", self.back)]
            return "$" + r",\quad ".join(f"{w} = {c.expression_latex(v)}" for w, v in sides) + "$"
        steps = list(pairwise((*names, names[0])))
        there = "".join(f"W_{{{a}{b}}}" for a, b in steps)
        back = "".join(f"W_{{{b}{a}}}" for a, b in steps)
        return rf"${there} = {c.expression_latex(self.there)} \neq {c.expression_latex(self.back)} = {back}$"

    def _repr_html_(self) -> str:
        words = "of opposite sign" if len(self.populations) == 2 else "different products around a cycle"
        rows: list[tuple[Cell, Html]] = [(words, latex(self._repr_latex_().strip("$")))]
        return table((), rows, f"{self.circuit.name}: no weighted potential").source


def potential_function(circuit: Circuit) -> Potential | NoPotential:
    """The weighted potential of the game, or what rules one out; values of symbols are put in first.

    The weights are products of quotients of weights along a spanning tree of the couplings, pairs of known sign first;
    each remaining pair asks for one equation. Signs come from the circuit's domain by inspection, without a solver:
    ``when`` may still be impossible, which ``check(circuit, "weighted_potential")`` finds out. Exact and O(n^2) for
    numbers.

    Raises :class:`~symgame.errors.Unsupported` when the equations of the chosen tree fail on the whole domain and
    weights of that tree may vanish: give more signs or values then.

    >>> flip_flop = Circuit.from_matrix([[0, "-a"], ["-b", 0]], names="LR", assume=["a > 0", "b > 0"])
    >>> found = potential_function(flip_flop)
    >>> found.weights, found.gaps(), str(found.when), found.necessary
    ((1, a/b), (0, 0), 'true', True)
    >>> from symgame.named import wilson_cowan
    >>> print(potential_function(wilson_cowan()))
    no weighted potential: to E from I -w_EI, to I from E w_IE: not of one sign
    """
    circuit = circuit.fixed()
    if circuit.copies:
        circuit = neurons(circuit)
    W = circuit.W
    n = len(circuit.names)
    pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
    found: _Scaling | _Broken
    if all(W[i, j] == W[j, i] for i, j in pairs):  # symmetric for all values: every weight is 1
        coupled = tuple((i, j) for i, j in combinations(range(n), 2) if W[i, j] != 0)
        return Potential(circuit, (sympy.Integer(1),) * n, TRUE, True, coupled)
    if all(W[edge].is_Rational for edge in pairs):
        numbers = {edge: Fraction(int(W[edge].p), int(W[edge].q)) for edge in pairs}
        found = _scaling(n, numbers, Fraction(1), _compare)
    else:
        a = algebra(circuit)
        found = _scaling(n, {(i, j): a.W[i][j] for i, j in pairs}, a.one, a.domain.compare)
    if isinstance(found, _Broken):
        return NoPotential(circuit, tuple(circuit.names[k] for k in found.nodes), found.there, found.back)
    return Potential(circuit, found.weights, found.when, found.necessary, found.coupled)


@dataclass(frozen=True)
class _Scaling:
    weights: tuple[sympy.Expr, ...]
    when: Condition
    necessary: bool
    coupled: tuple[Edge, ...]


@dataclass(frozen=True)
class _Broken:
    nodes: tuple[int, ...]
    there: sympy.Expr
    back: sympy.Expr


def _scaling(
    n: int, W: Mapping[Edge, Value], one: Value, compare: Callable[[Value, str], Condition]
) -> _Scaling | _Broken:
    """Weights along a spanning forest, with what remains to be asked; or the pair or cycle that breaks them."""
    signs: dict[Edge, Condition] = {}
    when: list[Condition] = []
    for i, j in combinations(range(n), 2):
        there, back = W[i, j], W[j, i]
        nothing = [_zero(there), _zero(back)]
        if all(nothing):
            continue
        mutual = FALSE if any(nothing) else compare(there * back, ">")
        if mutual != FALSE:
            signs[i, j] = mutual
            continue
        silent = both(compare(there, "="), compare(back, "="))
        if silent == FALSE:
            return _Broken((i, j), _sympy(there), _sympy(back))
        when.append(silent)
    trees = spanning_forest(n, sorted(signs, key=lambda edge: signs[edge] != TRUE))
    parents = dict(trees)
    weights = _weights(trees, one, lambda i, j: W[i, j] / W[j, i])
    on_trees = {(min(a, b), max(a, b)) for a, b in trees if b is not None}
    when += [signs[edge] for edge in sorted(on_trees)]
    for i, j in signs:
        if (i, j) in on_trees:
            continue
        equal = compare(weights[i] * W[i, j] - weights[j] * W[j, i], "=")
        if equal == FALSE:
            path: tuple[int, ...] = path_between(parents, j, i)  # closed by the step from i to j
            if any(signs[min(a, b), max(a, b)] != TRUE for a, b in pairwise(path)):
                raise Unsupported(
                    "the weights around a cycle can balance only where some of them vanish; "
                    "give values or assume signs of weights"
                )
            steps = list(pairwise((*path, path[0])))
            return _Broken(path, _product([W[a, b] for a, b in steps]), _product([W[b, a] for a, b in steps]))
        when.append(equal)
    certain = all(signs[edge] == TRUE for edge in on_trees)
    return _Scaling(tuple(_sympy(weights[i]) for i in range(n)), both(*when), certain, tuple(signs))


def _numbers(algebra: Algebra) -> dict[Edge, Fraction] | None:
    """The couplings when all of them are numbers; self-weights may be symbols."""
    edges = [(i, j) for i in range(algebra.n) for j in range(algebra.n) if i != j]
    rows = algebra.numbers([[algebra.W[i][j] for i, j in edges]])
    return None if rows is None else dict(zip(edges, rows[0], strict=True))


def _weights(trees: Trees, one: Value, ratio: Callable[[int, int], Value]) -> dict[int, Value]:
    """``d`` with 1 at every root and ``d_child = d_parent * ratio(parent, child)``."""
    weights: dict[int, Value] = {}
    for node, parent in trees:
        weights[node] = one if parent is None else weights[parent] * ratio(parent, node)
    return weights


def _roots(trees: Trees) -> dict[int, int]:
    """The root of each node's tree."""
    found: dict[int, int] = {}
    for node, parent in trees:
        found[node] = node if parent is None else found[parent]
    return found


def _compare(value: Fraction, rel: str) -> Condition:
    return TRUE if (value > 0 if rel == ">" else value == 0) else FALSE


def _zero(value: Fraction | Quotient) -> bool:
    return value.is_zero if isinstance(value, Quotient) else value == 0


def _sympy(value: Fraction | Quotient) -> sympy.Expr:
    return value.sympy() if isinstance(value, Quotient) else sympy.Rational(value.numerator, value.denominator)


def _product(values: list[Value]) -> sympy.Expr:
    total = values[0]
    for value in values[1:]:
        total = total * value
    return _sympy(total)
