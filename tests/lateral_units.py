"""n excitatory-inhibitory units with lateral inhibition, written out: the words of formulas by enumeration.

Nothing here comes from the package but the reading of formulas and, for the words ``lds`` and ``rosen``, the decision
of a numeric matrix with its certificate. Everything is exact; eigenvalues whose signs are clear in floating point are
taken from there. :class:`Unclear` says that a formula has no value at a point.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction as F
from functools import cached_property
from itertools import chain, combinations, product
from math import prod
from typing import Any

import numpy as np

from symgame import syntax as s
from symgame.diagonal_stability import diagonal_stability
from symgame.grammar import read_formula

SYMBOLS = ("w_EE", "s", "l", "w_IE", "w_II", "tau_E", "tau_I", "u_1", "u_2", "k", "n")
POPULATIONS = ("E1", "I1", "E2", "I2")
NEAR = 1e-7


class Unclear(Exception):
    """A point on which the formula is not defined, or too near a boundary for floating point."""


def solve(matrix: list[list[F]], right: list[F]) -> list[F]:
    """Gauss; :class:`Unclear` for a singular matrix."""
    n = len(matrix)
    rows = [[*line, b] for line, b in zip(matrix, right, strict=True)]
    for c in range(n):
        pivot = next((r for r in range(c, n) if rows[r][c]), None)
        if pivot is None:
            raise Unclear("singular")
        rows[c], rows[pivot] = rows[pivot], rows[c]
        for r in range(n):
            if r != c and rows[r][c]:
                factor = rows[r][c] / rows[c][c]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[c], strict=True)]
    return [rows[c][n] / rows[c][c] for c in range(n)]


def determinant(matrix: list[list[F]]) -> F:
    """Gauss again."""
    rows, result = [list(line) for line in matrix], F(1)
    for c in range(len(rows)):
        pivot = next((r for r in range(c, len(rows)) if rows[r][c]), None)
        if pivot is None:
            return F(0)
        if pivot != c:
            rows[c], rows[pivot], result = rows[pivot], rows[c], -result
        result *= rows[c][c]
        for r in range(c + 1, len(rows)):
            factor = rows[r][c] / rows[c][c]
            rows[r] = [a - factor * b for a, b in zip(rows[r], rows[c], strict=True)]
    return result


def decays(J: list[list[F]]) -> bool:
    """All eigenvalues have negative real part: in floating point where that is clear, else by Routh's table."""
    largest = float(np.max(np.linalg.eigvals(np.array(J, dtype=float)).real, initial=-1.0))
    if abs(largest) > NEAR:
        return largest < 0
    n = len(J)
    coefficients, power = [F(1)], [[F(a == b) for b in range(n)] for a in range(n)]
    for k in range(1, n + 1):  # Faddeev and Leverrier
        product_ = [[sum((J[a][m] * power[m][b] for m in range(n)), F(0)) for b in range(n)] for a in range(n)]
        coefficients.append(-sum((product_[a][a] for a in range(n)), F(0)) / k)
        power = [[v + (coefficients[-1] if a == b else 0) for b, v in enumerate(row)] for a, row in enumerate(product_)]
    width = n // 2 + 1
    upper, lower = ([*row, *[F(0)] * width][:width] for row in (coefficients[::2], coefficients[1::2]))
    for _ in range(n):  # n + 1 rows of the table
        if lower[0] <= 0:
            return False
        upper, lower = lower, [b - upper[0] * a / lower[0] for a, b in zip(lower[1:], upper[1:], strict=True)] + [F(0)]
    return True


class Units:
    """The circuit at one point: k units of input ``u_1``, then n - k of ``u_2``; neuron 2i is an E, 2i + 1 its I."""

    def __init__(self, point: Mapping[str, F]) -> None:
        self.point = {name: F(point[name]) for name in SYMBOLS}
        p = self.point
        self.k, self.n = int(p["k"]), int(p["n"])
        assert 1 <= self.k < self.n and p["k"].denominator == p["n"].denominator == 1
        size = 2 * self.n
        self.W = [[F(0)] * size for _ in range(size)]
        for i, j in product(range(self.n), repeat=2):
            self.W[2 * i][2 * j + 1] = -p["s"] if i == j else -p["l"]
            if i == j:
                self.W[2 * i][2 * i], self.W[2 * i + 1][2 * i] = p["w_EE"], p["w_IE"]
                self.W[2 * i + 1][2 * i + 1] = -p["w_II"]
        self.u = list(chain(*((p["u_1"] if i < self.k else p["u_2"], F(0)) for i in range(self.n))))
        self.tau = [p["tau_E"], p["tau_I"]] * self.n
        self.A = [[F(a == b) - w for b, w in enumerate(row)] for a, row in enumerate(self.W)]

    @property
    def admissible(self) -> bool:
        p = self.point
        return min(p["w_EE"], p["l"], p["w_II"]) >= 0 < min(p["s"], p["w_IE"], p["tau_E"], p["tau_I"])

    def neurons(self, population: str) -> list[int]:
        units = range(self.k) if population[1] == "1" else range(self.k, self.n)
        return [2 * i + (population[0] == "I") for i in units]

    def set_of(self, names: tuple[str, ...]) -> list[int]:
        return sorted(chain(*map(self.neurons, names)))

    # -- at one set of active neurons ---------------------------------------------------------------------------

    def rates(self, active: list[int], u: list[F] | None = None) -> list[F]:
        """The state with these active, whatever its signs."""
        u = self.u if u is None else u
        found = solve([[self.A[a][b] for b in active] for a in active], [u[a] for a in active])
        x = [F(0)] * len(self.W)
        for a, value in zip(active, found, strict=True):
            x[a] = value
        return x

    def totals(self, x: list[F]) -> list[F]:
        return [sum((w * v for w, v in zip(row, x, strict=True) if w and v), F(0)) + u
                for row, u in zip(self.W, self.u, strict=True)]  # fmt: skip

    def exists(self, active: list[int]) -> bool:
        x = self.rates(active)
        z = self.totals(x)
        return all((z[a] > 0) == (a in active) for a in range(len(x)))

    def strict(self, active: list[int]) -> bool:
        return self.exists(active) and all(self.totals(self.rates(active)))

    def hurwitz(self, active: list[int]) -> bool:
        """Of the active alone: the others decay and answer to nobody."""
        return decays([[(self.W[a][b] - (a == b)) / self.tau[a] for b in active] for a in active])

    def attracting(self, active: list[int]) -> bool:
        """Silent E off their kinks, and decay whichever of the I on kinks answer."""
        if not self.exists(active):
            return False
        z = self.totals(self.rates(active))
        kinks = [a for a in range(len(z)) if z[a] == 0]
        if any(a % 2 == 0 for a in kinks):
            return False
        return all(self.hurwitz(sorted({*active, *more})) for r in (0, len(kinks)) for more in combinations(kinks, r))

    def nash(self, active: list[int]) -> bool:
        """Convex own energies: stationary is Nash. A concave one falls without end, whatever the rate is."""
        return self.exists(active) and max(self.W[a][a] for a in range(len(self.W))) <= 1

    # -- numbers with everything active -------------------------------------------------------------------------

    @cached_property
    def x(self) -> list[F]:
        return self.rates(list(range(len(self.W))))

    def response(self, population: str, name: str) -> F:
        moved = [F(a % 2 == 0 and (a < 2 * self.k) == (name == "u_1")) for a in range(len(self.W))]
        return self.rates(list(range(len(self.W))), moved)[self.neurons(population)[0]]

    def energy(self, population: str) -> F:
        i, z = self.neurons(population)[0], self.totals(self.x)
        return (1 - self.W[i][i]) * self.x[i] ** 2 / 2 - self.x[i] * (z[i] - self.W[i][i] * self.x[i])

    def curvature(self, population: str) -> F:
        i = self.neurons(population)[0]
        return 1 - self.W[i][i]

    # -- the whole ----------------------------------------------------------------------------------------------

    def p_matrix(self) -> bool:
        """Principal minors, one for each number of whole units and of lone E and I; the units are interchangeable."""
        for whole in range(self.n + 1):
            for lone_e in range(self.n - whole + 1):
                for lone_i in range(self.n - whole - lone_e + 1):
                    rows = [*range(2 * whole), *(2 * i for i in range(whole, whole + lone_e))]
                    rows += [2 * i + 1 for i in range(whole + lone_e, whole + lone_e + lone_i)]
                    if determinant([[self.A[a][b] for b in rows] for a in rows]) <= 0:
                        return False
        return True

    def lds(self) -> bool:
        found = diagonal_stability(self.A).holds
        if found is None:
            raise Unclear("on the boundary")
        return found

    def monotone(self) -> bool:
        """The symmetric part is positive definite: its leading minors are positive."""
        form = [[self.A[a][b] + self.A[b][a] for b in range(len(self.A))] for a in range(len(self.A))]
        return all(determinant([row[:m] for row in form[:m]]) > 0 for m in range(1, len(form) + 1))

    def weighted_potential(self) -> bool:
        """Never: an E and its I have couplings of opposite signs, and no positive weights make them equal."""
        assert self.W[0][1] * self.W[1][0] < 0
        return False

    # -- formulas -----------------------------------------------------------------------------------------------

    def truth(self, formula: str) -> bool:
        return self._condition(read_formula(formula))

    def _condition(self, node: s.Formula) -> bool:
        match node:
            case s.And(args=args):
                return all(list(map(self._condition, args)))
            case s.Or(args=args):
                return any(list(map(self._condition, args)))
            case s.Not(of=inner):
                return not self._condition(inner)
            case s.Implies(left=one, right=other):
                return not self._condition(one) or self._condition(other)
            case s.Iff(left=one, right=other):
                return self._condition(one) == self._condition(other)
            case s.Relation(ops=ops, terms=terms):
                values = [self._number(t) for t in terms]
                return all(self._compare(a, op, b) for a, op, b in zip(values, ops, values[1:], strict=False))
            case s.Name(id=word) if word in OF_CIRCUIT:
                return OF_CIRCUIT[word](self)
            case s.Call(name=word) if word in OF_BRANCH:
                return OF_BRANCH[word](self, self.set_of(tuple(str(a) for a in node.args)))
        raise AssertionError(f"{node!r}")

    @staticmethod
    def _compare(a: F | float, op: str, b: F | float) -> bool:
        if not (isinstance(a, F) and isinstance(b, F)) and abs(float(a) - float(b)) < NEAR:
            raise Unclear("near")
        relations: dict[str, Callable[[Any, Any], bool]] = {
            "<": lambda x, y: x < y, "<=": lambda x, y: x <= y, ">": lambda x, y: x > y, ">=": lambda x, y: x >= y,
            "=": lambda x, y: x == y, "!=": lambda x, y: x != y,
        }  # fmt: skip
        return relations[op](a, b)

    def _number(self, node: s.Formula) -> Any:
        match node:
            case s.Number(value=value):
                return F(value)
            case s.Name(id=name):
                return self.point[name]
            case s.Negative(of=inner):
                return -self._number(inner)
            case s.Sum(terms=terms):
                return sum(map(self._number, terms))
            case s.Product(factors=factors):
                return prod(map(self._number, factors))
            case s.Ratio(over=over, under=under):
                below = self._number(under)
                if not below:
                    raise Unclear("a denominator of 0")
                return self._number(over) / below
            case s.Power(base=base, exponent=exponent):
                return self._number(base) ** exponent
            case s.Call(name="sqrt", args=(inner,)):
                value = self._number(inner)
                if value < 0:
                    raise Unclear("a root of a negative number")
                return float(value) ** 0.5
            case s.Call(name="x", args=(of,)):
                return self.x[self.neurons(str(of))[0]]
            case s.Call(name="dx", args=(of, name)):
                return self.response(str(of), str(name))
            case s.Call(name="energy", args=(of,)):
                return self.energy(str(of))
            case s.Call(name="curvature", args=(of,)):
                return self.curvature(str(of))
        raise AssertionError(f"{node!r}")


OF_CIRCUIT: dict[str, Callable[[Units], bool]] = {
    "p_matrix": Units.p_matrix,
    "unique": Units.p_matrix,
    "lds": Units.lds,
    "rosen": Units.lds,
    "monotone": Units.monotone,
    "weighted_potential": Units.weighted_potential,
}
OF_BRANCH: dict[str, Callable[[Units, list[int]], bool]] = {
    "exists": Units.exists,
    "strict": Units.strict,
    "hurwitz": Units.hurwitz,
    "stable": lambda units, active: units.strict(active) and units.hurwitz(active),
    "attracting": Units.attracting,
    "nash": Units.nash,
}
