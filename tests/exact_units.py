"""Random exact microcircuits of equal units, written out unit by unit in fractions, and closed forms put in numbers.

Nothing here asks the package for a matrix: the explicit circuits are built from what one unit receives, so that the
circuits with a symbolic number of units have something to be compared with.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction as F
from functools import cache

from symgame import syntax as s
from symgame.branches import Branch, equilibria
from symgame.circuit import Circuit
from symgame.condition import And, Condition, Or, Sign
from symgame.errors import BudgetExceeded
from symgame.grammar import read_formula
from symgame.microcircuits import lateral_inhibition, shared_inhibition
from symgame.properties import nash, stability
from symgame.ring import Quotient, value_at
from symgame.vocabulary import Vocabulary

Rows = list[list[F]]
LATERAL, SHARED = "lateral", "shared"


@dataclass(frozen=True)
class Units:
    """k units with the input u_1 and n - k with u_2; ``values`` are those of every symbol of the symbolic circuit."""

    family: str
    n: int
    k: int
    values: tuple[tuple[str, F], ...]

    def __getitem__(self, name: str) -> F:
        return dict(self.values)[name]

    @property
    def point(self) -> Point:
        return Point({**dict(self.values), "n": F(self.n), "k": F(self.k)})

    @property
    def names(self) -> tuple[str, ...]:
        if self.family == SHARED:
            return (*(f"E{i}" for i in range(self.n)), "I")
        return tuple(f"{letter}{i}" for i in range(self.n) for letter in "EI")

    def excitatory(self, i: int) -> int:
        return i if self.family == SHARED else 2 * i

    @property
    def inputs(self) -> list[F]:
        return [self["u_1"] if i < self.k else self["u_2"] for i in range(self.n)]

    @property
    def W(self) -> Rows:
        """Row to, column from, unit by unit as the issue describes them."""
        size = len(self.names)
        W = [[F(0)] * size for _ in range(size)]
        for i in range(self.n):
            for j in range(self.n):
                a, b = self.excitatory(i), self.excitatory(j)
                W[a][b] = self["w_EE"] if i == j else self["w_X"]
                if self.family == LATERAL:
                    W[a][b + 1] = -self["s"] if i == j else -self["l"]
                    if i == j:
                        W[a + 1][a], W[a + 1][a + 1] = self["w_IE"], -self["w_II"]
            if self.family == SHARED:
                W[i][self.n], W[self.n][i] = -self["w_EI"], self["w_IE"]
        if self.family == SHARED:
            W[self.n][self.n] = -self["w_II"]
        return W

    @property
    def A(self) -> Rows:
        """I - W."""
        return [[F(a == b) - w for b, w in enumerate(row)] for a, row in enumerate(self.W)]

    @property
    def u(self) -> list[F]:
        u = [self["u_I"]] * len(self.names)
        for i, value in enumerate(self.inputs):
            u[self.excitatory(i)] = value
        return u

    @property
    def tau(self) -> list[F]:
        return [self["tau_E"] if name.startswith("E") else self["tau_I"] for name in self.names]

    def explicit(self) -> Circuit:
        return Circuit.from_matrix(self.W, names=self.names, u=self.u, tau=self.tau)

    def spread(self, state: Mapping[str, F]) -> tuple[F, ...]:
        """The rates of the symbolic circuit, E1, I1 and E2, I2 or E1, E2 and I, given to every unit."""
        kind = [1 if i < self.k else 2 for i in range(self.n)]
        if self.family == SHARED:
            return (*(state[f"E{g}"] for g in kind), state["I"])
        return tuple(state[f"{letter}{g}"] for g in kind for letter in "EI")

    def alike(self, state: Sequence[F]) -> bool:
        """Whether the units with the same input have the same rates."""
        step = 1 if self.family == SHARED else 2
        units = [tuple(state[i * step : (i + 1) * step]) for i in range(self.n)]
        return len(set(units[: self.k])) == len(set(units[self.k :])) == 1

    def winners(self, state: Sequence[F]) -> tuple[int, ...]:
        return tuple(i for i in range(self.n) if state[self.excitatory(i)] > 0)


def quarter(random_: random.Random, low: int, high: int) -> F:
    """A multiple of 1/4 between low and high."""
    return F(random_.randint(4 * low, 4 * high), 4)


def drawn(family: str, n: int, seed: int, count: int) -> Iterator[Units]:
    """Random microcircuits: a third with w_EE > 1, some with w_X and u_I, l on both sides of s, equal inputs too."""
    random_ = random.Random(f"{family} {n} {seed}")
    for number in range(count):
        w_EE = quarter(random_, 1, 3) if number % 3 == 0 else F(random_.randint(0, 15), 16)
        u_1 = quarter(random_, -1, 2)
        values = {
            "w_EE": w_EE,
            "w_IE": quarter(random_, 0, 2) + F(1, 4),
            "w_II": quarter(random_, 0, 2),
            "w_X": F(random_.randint(1, 6), 8) if number % 4 == 1 else F(0),
            "u_I": quarter(random_, 0, 1) if number % 5 < 2 else F(0),
            "tau_E": F(random_.randint(1, 6)),
            "tau_I": F(random_.randint(1, 6)),
            "u_1": u_1,
            "u_2": u_1 if number % 6 == 0 else quarter(random_, -1, 2),
        }
        own = {"s": quarter(random_, 0, 3) + F(1, 4), "l": quarter(random_, 0, 3)}
        values |= own if family == LATERAL else {"w_EI": own["s"]}
        yield Units(family, n, random_.randint(1, n - 1), tuple(values.items()))


# -- closed forms -----------------------------------------------------------------------------------------------------


def circuit(family: str, *, excited: bool) -> Circuit:
    """The circuit with a symbol for the number of units; ``excited``: with w_X, else 0."""
    make = lateral_inhibition if family == LATERAL else shared_inhibition
    return make(u_I="u_I", w_X="w_X" if excited else "0")


@dataclass(frozen=True)
class Forms:
    """A branch in closed form, every word of it a condition in the symbols."""

    branch: Branch
    exists: Condition
    strict: Condition
    stable: Condition
    attracting: Condition
    local_nash: Condition
    nash: Condition | None  # None: too long with all symbols

    def state(self, point: Mapping[str, F]) -> dict[str, F]:
        names = self.branch.circuit.names
        return {name: number(self.branch.rate(i), point) for i, name in enumerate(names)}


@cache
def forms(circuit: Circuit) -> tuple[Forms, ...]:
    return tuple(
        Forms(b, b.exists, b.strict, stability.stable(b), stability.attracting(b), nash.local_nash(b), _nash(b))
        for b in equilibria(circuit)
    )


def _nash(b: Branch) -> Condition | None:
    try:
        return nash.nash(b)
    except BudgetExceeded:
        return None


@cache
def lowered(circuit: Circuit, text: str) -> Condition:
    """A formula of conditions, its words replaced by what they mean: once, with the symbols."""
    return Vocabulary(circuit).lowering().condition(read_formula(text))


@cache
def reading(circuit: Circuit, text: str) -> Quotient:
    """A formula of numbers, such as ``dx(E1, u_1) - dx(E2, u_1)``."""
    equation = read_formula(f"{text} = 0")
    assert isinstance(equation, s.Relation)
    return Vocabulary(circuit).lowering().number(equation.terms[0])


class Point(dict[str, F]):
    """Exact values of symbols, and the signs of polynomials that were asked for there: branches share most of them."""

    def __init__(self, values: Mapping[str, F]) -> None:
        super().__init__(values)
        self.values_at: dict[str, F] = {}


def true(condition: Condition, point: Mapping[str, F]) -> bool:
    """The exact truth of a condition where every symbol has a value."""
    match condition:
        case And(args=args):
            return all(true(part, point) for part in args)
        case Or(args=args):
            return any(true(part, point) for part in args)
        case Sign(poly=p, rel=rel, key=key):
            known = point.values_at if isinstance(point, Point) else {}
            if key not in known:
                known[key] = value_at(p, point)
            value = known[key]
            return {">": value > 0, ">=": value >= 0, "=": value == 0, "!=": value != 0}[rel]
    raise TypeError(f"a quantified condition: {condition}")


def number(q: Quotient, point: Mapping[str, F]) -> F:
    return value_at(q.over, point) / value_at(q.under, point)


# -- exact linear algebra of a reader ---------------------------------------------------------------------------------


def solved(A: Rows, b: Sequence[F]) -> list[F] | None:
    """The solution of A x = b by Gauss and Jordan, or ``None`` when A is singular."""
    rows = [[*row, value] for row, value in zip(A, b, strict=True)]
    size = len(rows)
    for column in range(size):
        pivot = next((r for r in range(column, size) if rows[r][column] != 0), None)
        if pivot is None:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        head = rows[column][column]
        rows[column] = [v / head for v in rows[column]]
        for r in range(size):
            factor = rows[r][column]
            if r != column and factor != 0:
                rows[r] = [v - factor * w for v, w in zip(rows[r], rows[column], strict=True)]
    return [row[size] for row in rows]


def positive_minors(A: Rows) -> bool:
    """Whether all principal minors are positive: by Schur complements, rows taken out and left out in turn
    (M. J. Tsatsomeros and L. Li, BIT 40 (2000) 788)."""
    if not A:
        return True
    head = A[0][0]
    if head <= 0:
        return False
    rest = [row[1:] for row in A[1:]]
    schur = [[v - row[0] * w / head for v, w in zip(row[1:], A[0][1:], strict=True)] for row in A[1:]]
    return positive_minors(rest) and positive_minors(schur)
