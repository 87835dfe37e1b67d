"""A second meaning of formulas: the words of the vocabulary evaluated from their definitions, with numbers in place.

Nothing of the road of the prover is used: no polynomial ring, no reading of words as conditions. At a point every
equilibrium is a linear system solved by Gauss, and a Jacobian is judged by its characteristic polynomial. The numbers
are fractions, or elements of SymPy's field of rational functions, in which an equation of values is an identity.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from typing import Any

import sympy

from symgame import syntax as s
from symgame.circuit import Circuit
from symgame.errors import Unsupported

Number = Any  # a Fraction, or an element of a field of fractions
Rows = list[list[Number]]
_OPS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
}


class Undefined(Exception):
    """The formula has no value at this point: a denominator is 0, or a root is not rational."""


@dataclass(frozen=True)
class Line:
    """``phi(z) = slope z + intercept`` between two total inputs, ``None`` where it has no end."""

    label: str
    lower: Number | None
    upper: Number | None
    slope: Number
    intercept: Number
    closed: tuple[bool, bool]


@dataclass(frozen=True)
class Valued:
    """A piecewise-linear circuit without copies, and a value for each of its symbols.

    ``ordered`` says whether the numbers can be compared; else only equations of values mean something.
    """

    circuit: Circuit
    values: Mapping[str, Number]
    W: Rows
    u: list[Number]
    tau: list[Number]
    lines: tuple[tuple[Line, ...], ...]
    one: Number
    ordered: bool = True

    # -- branches -----------------------------------------------------------------------------------------------

    @property
    def n(self) -> int:
        return len(self.u)

    def pieces(self, members: Sequence[s.Member]) -> list[Line]:
        wanted = {m.population: m.piece for m in members}
        found = []
        for name, row in zip(self.circuit.names, self.lines, strict=True):
            label = wanted.get(name, "silent")
            line = next((piece for piece in row if piece.label == label), None)
            if line is None:
                raise Unsupported(f"{name} has no piece '{label}'")
            found.append(line)
        return found

    @cached_property
    def active(self) -> list[Line]:
        return self.pieces([s.Member(name) for name in self.circuit.names])

    def system(self, pieces: Sequence[Line]) -> Rows:
        """``I - F W`` with the slopes of the pieces."""
        return [
            [(self.one if i == j else 0 * self.one) - pieces[i].slope * self.W[i][j] for j in range(self.n)]
            for i in range(self.n)
        ]

    def rates(self, pieces: Sequence[Line]) -> list[Number]:
        right = [p.slope * u + p.intercept for p, u in zip(pieces, self.u, strict=True)]
        found = solved(self.system(pieces), right)
        if found is None:
            raise Undefined("the determinant of the branch is 0")
        return found

    def totals(self, rates: Sequence[Number]) -> list[Number]:
        return [sum((w * x for w, x in zip(row, rates, strict=True)), u) for row, u in zip(self.W, self.u, strict=True)]

    def exists(self, pieces: Sequence[Line], strict: bool = False) -> bool:
        if determinant(self.system(pieces)) == 0:
            return False
        for z, piece in zip(self.totals(self.rates(pieces)), pieces, strict=True):
            for k, (end, inside) in enumerate(((piece.lower, 1), (piece.upper, -1))):
                gap = None if end is None else (z - end) * inside
                if gap is not None and (gap < 0 or (gap == 0 and (strict or not piece.closed[k]))):
                    return False
        return True

    def jacobian(self, slopes: Sequence[Number]) -> Rows:
        return [
            [(slopes[i] * self.W[i][j] - (self.one if i == j else 0 * self.one)) / self.tau[i] for j in range(self.n)]
            for i in range(self.n)
        ]

    # -- own energies -------------------------------------------------------------------------------------------

    def own_cost(self, i: int) -> list[tuple[Line, Number, Number | None, Number | None]]:
        """G_i, the integral of the inverse of phi: each increasing line, its constant, its least and largest rate."""
        rows: list[tuple[Line, Number, Number | None, Number | None]] = []
        for line in self.lines[i]:
            if line.slope == 0:
                continue
            low, high = (None if z is None else line.slope * z + line.intercept for z in (line.lower, line.upper))
            constant = 0 * self.one
            if rows:
                before, so_far, _, _ = rows[-1]
                constant = _integral(before, low) + so_far - _integral(line, low)
            rows.append((line, constant, low, high))
        if len(rows) == 1:
            return rows
        for _, constant, low, high in rows:
            if (low is None or low <= 0) and (high is None or high >= 0):
                return [(line, c - constant, a, b) for line, c, a, b in rows]
        return rows

    def energy(self, i: int, y: Number, others: Number) -> Number:
        """``G_i(y) - W_ii y^2/2 - y others`` at a rate that phi takes."""
        for line, constant, low, high in self.own_cost(i):
            alone = not self.ordered or len(self.own_cost(i)) == 1
            if alone or ((low is None or y >= low) and (high is None or y <= high)):
                return _integral(line, y) + constant - self.W[i][i] * y * y / 2 - y * others
        raise Undefined("the rate is out of the range of phi")

    def least(self, i: int, x: Number, others: Number, only_near: bool) -> bool:
        """Whether no other rate, or none near x, has a smaller own energy."""
        here = self.energy(i, x, others)
        for line, constant, low, high in self.own_cost(i):
            k = self.one / line.slope - self.W[i][i]
            slope_at = k * x - others - line.intercept / line.slope
            if only_near:
                contains = (low is None or x >= low) and (high is None or x <= high)
                for room, way in ((high is None or x < high, 1), (low is None or x > low, -1)):
                    if contains and room and (slope_at * way < 0 or (slope_at == 0 and k < 0)):
                        return False
                continue
            trial = [y for y in (low, high) if y is not None]
            if k > 0:
                lowest = (others + line.intercept / line.slope) / k
                trial += [lowest] if (low is None or lowest >= low) and (high is None or lowest <= high) else []
            else:
                drift = others + line.intercept / line.slope
                if (high is None and (k < 0 or drift > 0)) or (low is None and (k < 0 or drift < 0)):
                    return False
            gain = line.intercept / line.slope
            if any((k * y / 2 - others - gain) * y + constant < here for y in trial):
                return False
        return True

    def nash(self, pieces: Sequence[Line], only_near: bool) -> bool:
        if not self.exists(pieces):
            return False
        x = self.rates(pieces)
        others = [z - self.W[i][i] * x[i] for i, z in enumerate(self.totals(x))]
        return all(self.least(i, x[i], others[i], only_near) for i in range(self.n))

    # -- formulas -----------------------------------------------------------------------------------------------

    def number(self, node: s.Formula, at: Sequence[Line]) -> Number:
        """The value of a number of the vocabulary; :class:`Undefined` where it has none at this point."""
        match node:
            case s.Number(value=value):
                return self.one * value.numerator / value.denominator
            case s.Name(id="det"):
                return determinant(self.system(at))
            case s.Name(id="trace"):
                return sum((row[i] for i, row in enumerate(self.jacobian(_slopes(at)))), 0 * self.one)
            case s.Name(id="disc") if self.n == 2:
                (a, b), (c, d) = self.jacobian(_slopes(at))
                return (a - d) * (a - d) + 4 * b * c
            case s.Name(id=name) if name in self.values:
                return self.values[name]
            case s.Negative(of=a):
                return -self.number(a, at)
            case s.Sum(terms=terms):
                return sum((self.number(t, at) for t in terms), 0 * self.one)
            case s.Product(factors=factors):
                product = self.one
                for factor in factors:
                    product = product * self.number(factor, at)
                return product
            case s.Ratio(over=a, under=b):
                under = self.number(b, at)
                if under == 0:
                    raise Undefined("a denominator is 0")
                return self.number(a, at) / under
            case s.Power(base=a, exponent=k):
                base = self.number(a, at)
                if base == 0 and k < 0:
                    raise Undefined("a denominator is 0")
                return base**k
            case s.Call(name=name, args=(s.Name(id=who), *rest)) if who in self.circuit.names:
                return self._reading(name, self.circuit.index(who), rest, at)
            case s.Call(name=name, args=args) if self.ordered and name in ("abs", "min", "max"):
                found = [self.number(a, at) for a in args]
                return abs(found[0]) if name == "abs" else min(found) if name == "min" else max(found)
        raise Unsupported(f"'{node}' is not evaluated by definition")

    def _reading(self, name: str, i: int, rest: Sequence[s.Formula], at: Sequence[Line]) -> Number:
        if name == "curvature" and at[i].slope != 0:
            return self.one / at[i].slope - self.W[i][i]
        if name == "x":
            return self.rates(at)[i]
        if name == "energy":
            x = self.rates(at)
            return self.energy(i, x[i], self.totals(x)[i] - self.W[i][i] * x[i])
        if name == "dx" and len(rest) == 1 and isinstance(rest[0], s.Name):
            j = self.circuit.inputs.index(rest[0].id)
            column = [line.slope if k == j else 0 * self.one for k, line in enumerate(at)]
            found = solved(self.system(at), column)
            if found is None:
                raise Undefined("the determinant of the branch is 0")
            return found[i]
        raise Unsupported(f"'{name}' is not evaluated by definition")

    def condition(self, node: s.Formula, at: Sequence[Line]) -> bool:
        """Whether a condition of the vocabulary holds here; :class:`~symgame.errors.Unsupported` for words without a
        finite test at a point."""
        match node:
            case s.Truth(value=value):
                return value
            case s.Relation(terms=terms, ops=ops):
                sides = [self.number(t, at) for t in terms]
                return all(_OPS[op](a, b) for op, a, b in zip(ops, sides, sides[1:], strict=False))
            case s.Not(of=a):
                return not self.condition(a, at)
            case s.And(args=args):
                truths = [self.condition(a, at) for a in args]  # all of them: one may have no value here
                return all(truths)
            case s.Or(args=args):
                truths = [self.condition(a, at) for a in args]
                return any(truths)
            case s.Implies(left=a, right=b):
                left, right = self.condition(a, at), self.condition(b, at)
                return right or not left
            case s.Iff(left=a, right=b):
                return self.condition(a, at) == self.condition(b, at)
            case s.Name(id=name):
                return self._of_circuit(name)
            case s.Call(name="paradoxical", args=(s.Name(id=who),)):
                i = self.circuit.index(who)
                return bool(self._reading("dx", i, (s.Name(self.circuit.inputs[i]),), at) < 0)
            case s.Call(name=name, args=args):
                return self._of_branch(name, self.pieces([a for a in args if isinstance(a, s.Member)]))
        raise Unsupported(f"'{node}' is not evaluated by definition")

    def _of_branch(self, name: str, pieces: Sequence[Line]) -> bool:
        match name:
            case "exists" | "stationary":
                return self.exists(pieces)
            case "strict":
                return self.exists(pieces, strict=True)
            case "hurwitz":
                return is_hurwitz(self.jacobian(_slopes(pieces)))
            case "stable":
                return self.exists(pieces, strict=True) and is_hurwitz(self.jacobian(_slopes(pieces)))
            case "local_nash" | "nash":
                return self.nash(pieces, only_near=name == "local_nash")
            case "continuum" if determinant(self.system(pieces)) != 0:
                return False
        raise Unsupported(f"'{name}' is not evaluated by definition")

    def _of_circuit(self, name: str) -> bool:
        n, W = self.n, self.W
        identity = [line.label for line in self.active]
        if identity != ["active"] * n:
            raise Unsupported("no branch with every population active")
        matrix = self.system(self.active)
        game = [[(self.one if i == j else 0 * self.one) - W[i][j] for j in range(n)] for i in range(n)]
        match name:
            case "p_matrix":
                return all(m > 0 for m in _minors(matrix))
            case "monotone":
                return all(m > 0 for m in _minors([[game[i][j] + game[j][i] for j in range(n)] for i in range(n)]))
            case "lds" | "rosen" if n <= 2:  # of two rows: exactly the P-matrices
                return all(m > 0 for m in _minors(matrix if name == "lds" else game))
            case "hurwitz":
                return is_hurwitz(self.jacobian(_slopes(self.active)))
            case "totally_hurwitz":
                full = self.jacobian(_slopes(self.active))
                return all(is_hurwitz([[full[i][j] for j in some] for i in some]) for some in _subsets(n))
            case "potential":
                return all(W[i][j] == W[j][i] for i, j in combinations(range(n), 2))
            case "weighted_potential" if n == 2:
                return bool(W[0][1] * W[1][0] > 0 or W[0][1] == W[1][0] == 0)
        raise Unsupported(f"'{name}' is not evaluated by definition")


def valued(circuit: Circuit, values: Mapping[str, Number], one: Number, *, ordered: bool = True) -> Valued:
    """The circuit with a number for each symbol, in the field of ``one``.

    Raises :class:`~symgame.errors.Unsupported` for copies and for activations that have no pieces.

    >>> from symgame.grammar import read_formula
    >>> from symgame.named import wilson_cowan
    >>> pair = wilson_cowan()
    >>> here = valued(pair, {name: Fraction(1, 2) for name in pair.symbols}, Fraction(1))
    >>> here.number(s.Name("det"), here.active), here.condition(read_formula("stable(E,I) & lds"), here.active)
    (Fraction(1, 1), True)
    """
    plain = all(p.activation.piecewise_linear and p.activation.germ_of is None for p in circuit.populations)
    if circuit.copies or not plain:
        raise Unsupported("words of circuits with copies or smooth activations are not evaluated by definition")

    def put(expression: sympy.Expr) -> Number:
        total = 0 * one
        over, under = sympy.fraction(sympy.together(expression))
        if under != 1:
            return put(over) / put(under)
        for term in sympy.Add.make_args(sympy.expand(over)):
            coefficient, rest = term.as_coeff_Mul()
            product = one * int(coefficient.p) / int(coefficient.q)
            for factor, power in rest.as_powers_dict().items() if rest != 1 else ():
                product = product * values[str(factor)] ** int(power)
            total = total + product
        return total

    def end(z: sympy.Expr) -> Number | None:
        return None if z in (sympy.oo, -sympy.oo) else put(z)

    lines = tuple(
        tuple(
            Line(p.label, end(p.lower), end(p.upper), put(p.slope), put(p.intercept), each.activation.closed(p))
            for p in each.activation.pieces or ()
        )
        for each in circuit.populations
    )
    known = {**values, **{name: put(value) for name, value in circuit.values}}
    return Valued(
        circuit,
        known,
        [[put(entry) for entry in row] for row in circuit.entries],
        [put(p.input) for p in circuit.populations],
        [put(p.tau) for p in circuit.populations],
        lines,
        one,
        ordered,
    )


def _slopes(pieces: Sequence[Line]) -> list[Number]:
    return [piece.slope for piece in pieces]


def _integral(line: Line, y: Number) -> Number:
    return (y * y / 2 - line.intercept * y) / line.slope


# -- matrices of numbers ----------------------------------------------------------------------------------------------


def solved(matrix: Rows, right: Sequence[Number]) -> list[Number] | None:
    """``A^{-1} b`` by Gauss and Jordan, ``None`` for a singular matrix.

    >>> solved([[Fraction(0), Fraction(2)], [Fraction(1), Fraction(1)]], [Fraction(4), Fraction(3)])
    [Fraction(1, 1), Fraction(2, 1)]
    """
    rows = [[*row, b] for row, b in zip(matrix, right, strict=True)]
    n = len(rows)
    for k in range(n):
        pivot = next((i for i in range(k, n) if rows[i][k] != 0), None)
        if pivot is None:
            return None
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [entry / rows[k][k] for entry in rows[k]]
        for i in range(n):
            if i != k and rows[i][k] != 0:
                rows[i] = [a - rows[i][k] * b for a, b in zip(rows[i], rows[k], strict=True)]
    return [row[n] for row in rows]


def determinant(matrix: Rows) -> Number:
    """By Laplace along the first row: the matrices are small, and it divides by nothing."""
    if len(matrix) == 1:
        return matrix[0][0]
    total = 0 * matrix[0][0]
    for j, entry in enumerate(matrix[0]):
        if entry != 0:
            rest = determinant([[*row[:j], *row[j + 1 :]] for row in matrix[1:]])
            total = total + (entry * rest if j % 2 == 0 else -entry * rest)
    return total


def is_hurwitz(matrix: Rows) -> bool:
    """Whether every eigenvalue has a negative real part: Faddeev and LeVerrier, then the minors of Hurwitz.

    >>> is_hurwitz([[Fraction(-1), Fraction(5)], [Fraction(-5), Fraction(-1)]]), is_hurwitz([[Fraction(0)]])
    (True, False)
    """
    n = len(matrix)
    coefficients: list[Number] = [Fraction(1)]
    power = [[Fraction(0)] * n for _ in range(n)]
    for k in range(1, n + 1):
        shifted = [[power[i][j] + (coefficients[-1] if i == j else 0) for j in range(n)] for i in range(n)]
        power = [[sum(matrix[i][m] * shifted[m][j] for m in range(n)) for j in range(n)] for i in range(n)]
        coefficients.append(-sum(power[i][i] for i in range(n)) / k)
    table = [
        [coefficients[2 * (j + 1) - i - 1] if 0 <= 2 * (j + 1) - i - 1 <= n else Fraction(0) for j in range(n)]
        for i in range(n)
    ]
    return all(determinant([row[:k] for row in table[:k]]) > 0 for k in range(1, n + 1))


def _subsets(n: int) -> list[tuple[int, ...]]:
    return [some for size in range(1, n + 1) for some in combinations(range(n), size)]


def _minors(matrix: Rows) -> list[Number]:
    return [determinant([[matrix[i][j] for j in some] for i in some]) for some in _subsets(len(matrix))]
