"""The second road: what a statement means at one rational point, in Fractions, without a line of the package.

Own reading of the model files, own parser of formulas, own linear algebra (elimination on the whole n by n system,
never a block), own Routh array, own energies minimised piece by piece. Slow and plain on purpose. An irrational root is
carried to 60 digits, and from then on numbers closer than 1e-40 count as equal; what floats leave open is `Unclear`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction as F
from functools import cache
from itertools import combinations, pairwise, product
from math import isqrt
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
DIGITS = 10**60
NEAR = F(1, 10**40)
Matrix = list[list[F]]


class Undefined(Exception):
    """A denominator is 0, or a root of a negative number: the point does not satisfy what the statement supposes."""


class Unclear(Exception):
    """The digits carried do not decide a comparison."""


# -- linear algebra ---------------------------------------------------------------------------------------------------


def eliminated(matrix: Matrix, right: list[F]) -> tuple[F, list[F] | None]:
    """Determinant and solution of a square system, by elimination; no solution is given when it is singular."""
    rows = [[*row, b] for row, b in zip(matrix, right, strict=True)]
    n, det = len(rows), F(1)
    for k in range(n):
        pivot = next((r for r in range(k, n) if rows[r][k] != 0), None)
        if pivot is None:
            return F(0), None
        if pivot != k:
            rows[k], rows[pivot], det = rows[pivot], rows[k], -det
        det *= rows[k][k]
        for r in range(n):
            if r != k and rows[r][k] != 0:
                factor = rows[r][k] / rows[k][k]
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[k], strict=True)]
    return det, [rows[k][n] / rows[k][k] for k in range(n)]


def det(matrix: Matrix) -> F:
    return eliminated(matrix, [F(0)] * len(matrix))[0]


def monic(matrix: Matrix) -> list[F]:
    """Characteristic polynomial, leading coefficient first (Faddeev and LeVerrier)."""
    n = len(matrix)
    m: Matrix = [[F(0)] * n for _ in range(n)]
    coefficients = [F(1)]
    for k in range(1, n + 1):
        for i in range(n):
            m[i][i] += coefficients[-1]
        m = [[sum((matrix[i][l] * m[l][j] for l in range(n)), F(0)) for j in range(n)] for i in range(n)]
        coefficients.append(-sum((m[i][i] for i in range(n)), F(0)) / k)
    return coefficients


def routh(coefficients: Sequence[F]) -> bool:
    """Whether every root has negative real part: the first column of Routh's array is positive."""
    above, here = list(coefficients[0::2]), list(coefficients[1::2])
    if above[0] <= 0:
        return False
    for _ in range(len(coefficients) - 1):
        if not here or here[0] <= 0:
            return False
        padded = [*here, F(0)]
        below = [(here[0] * above[k + 1] - above[0] * padded[k + 1]) / here[0] for k in range(len(above) - 1)]
        above, here = here, below
    return True


def discriminant(p: Sequence[F]) -> F:
    match list(p):
        case [_] | [_, _]:
            return F(1)
        case [_, b, c]:
            return b * b - 4 * c
        case [_, b, c, d]:
            return b * b * c * c - 4 * c**3 - 4 * b**3 * d - 27 * d * d + 18 * b * c * d
    raise NotImplementedError


# -- activations ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Piece:
    """``phi = slope z + intercept`` from ``low`` to ``high`` (``None``: no end); flat pieces own their ends."""

    label: str
    low: F | None
    high: F | None
    slope: F
    intercept: F

    @property
    def flat(self) -> bool:
        return self.slope == 0

    def holds(self, z: F, strict: bool = False) -> bool:
        if self.low is not None and (z < self.low or (z == self.low and (strict or not self.flat))):
            return False
        return not (self.high is not None and (z > self.high or (z == self.high and (strict or not self.flat))))


@dataclass(frozen=True)
class Phi:
    """One of the piecewise-linear kinds, or a smooth one (no pieces)."""

    kind: str
    gain: F = F(1)
    threshold: F = F(0)
    cap: F | None = None

    @property
    def pieces(self) -> tuple[Piece, ...]:
        g, th = self.gain, self.threshold
        if self.kind == "linear":
            return (Piece("active", None, None, g, -g * th),)
        if self.kind == "relu":
            return Piece("silent", None, th, F(0), F(0)), Piece("active", th, None, g, -g * th)
        if self.kind == "saturating":
            assert self.cap is not None
            top = th + self.cap / g
            return (Piece("silent", None, th, F(0), F(0)), Piece("active", th, top, g, -g * th),
                    Piece("saturated", top, None, F(0), self.cap))  # fmt: skip
        if self.kind == "soft_threshold":
            return (Piece("negative", None, -th, g, g * th), Piece("silent", -th, th, F(0), F(0)),
                    Piece("active", th, None, g, -g * th))  # fmt: skip
        raise NotImplementedError(self.kind)

    def __call__(self, z: F) -> F:
        """phi(z), written without pieces."""
        g, th = self.gain, self.threshold
        if self.kind == "linear":
            return g * (z - th)
        if self.kind == "relu":
            return max(F(0), g * (z - th))
        if self.kind == "saturating":
            assert self.cap is not None
            return min(max(F(0), g * (z - th)), self.cap)
        assert self.kind == "soft_threshold"
        return g * (max(z - th, F(0)) - max(-z - th, F(0)))

    @property
    def range(self) -> tuple[F | None, F | None]:
        return {"relu": (F(0), None), "saturating": (F(0), self.cap)}.get(self.kind, (None, None))

    def integral(self, y: F) -> F:
        """``G(y)``: the integral of the inverse of phi from 0 to y, for y in the range."""
        linear = abs(y) if self.kind == "soft_threshold" else y
        return y * y / (2 * self.gain) + self.threshold * linear


# -- a circuit with numbers -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Equilibrium:
    places: tuple[str, ...]
    x: tuple[F, ...]
    z: tuple[F, ...]
    strict: bool
    det: F


@dataclass(frozen=True)
class Numeric:
    """A circuit in Fractions."""

    names: tuple[str, ...]
    W: tuple[tuple[F, ...], ...]
    u: tuple[F, ...]
    tau: tuple[F, ...]
    phi: tuple[Phi, ...]

    @property
    def n(self) -> int:
        return len(self.names)

    def chosen(self, labels: Sequence[str]) -> list[Piece]:
        return [next(p for p in f.pieces if p.label == label) for f, label in zip(self.phi, labels, strict=True)]

    def labels(self) -> Iterator[tuple[str, ...]]:
        return product(*([p.label for p in f.pieces] for f in self.phi))

    def system(self, slopes: Sequence[F]) -> Matrix:
        """``I - F W``, the whole of it."""
        return [[F(int(i == j)) - slopes[i] * self.W[i][j] for j in range(self.n)] for i in range(self.n)]

    def totals(self, x: Sequence[F]) -> tuple[F, ...]:
        rows = zip(self.W, self.u, strict=True)
        return tuple(sum((w * v for w, v in zip(row, x, strict=True)), b) for row, b in rows)

    def point(self, labels: Sequence[str]) -> tuple[F, list[F] | None]:
        pieces = self.chosen(labels)
        right = [p.slope * b + p.intercept for p, b in zip(pieces, self.u, strict=True)]
        return eliminated(self.system([p.slope for p in pieces]), right)

    def at(self, labels: Sequence[str]) -> Equilibrium | None:
        """The isolated equilibrium with every total input on the piece of that label."""
        d, x = self.point(labels)
        if x is None:
            return None
        z, pieces = self.totals(x), self.chosen(labels)
        if not all(p.holds(t) for p, t in zip(pieces, z, strict=True)):
            return None
        strict = all(p.holds(t, strict=True) for p, t in zip(pieces, z, strict=True))
        return Equilibrium(tuple(labels), tuple(x), z, strict, d)

    def equilibria(self) -> list[Equilibrium]:
        return [e for labels in self.labels() if (e := self.at(labels)) is not None]

    def continuum(self, labels: Sequence[str]) -> bool:
        """Singular, and some point of the solution space has every total input on its piece."""
        pieces = self.chosen(labels)
        matrix = self.system([p.slope for p in pieces])
        if det(matrix) != 0:
            return False
        right = [p.slope * b + p.intercept for p, b in zip(pieces, self.u, strict=True)]
        space = affine_solutions(matrix, right)
        if space is None:
            return False
        origin, directions = space
        z0 = self.totals(origin)
        moves = [[t - b for t, b in zip(self.totals(v), self.u, strict=True)] for v in directions]
        rows: list[tuple[list[F], F, bool]] = []  # weights . t + constant > 0 (strict) or >= 0
        for i, p in enumerate(pieces):
            if p.low is not None:
                rows.append(([m[i] for m in moves], z0[i] - p.low, not p.flat))
            if p.high is not None:
                rows.append(([-m[i] for m in moves], p.high - z0[i], not p.flat))
        return feasible(rows, len(directions))

    def jacobian(self, labels: Sequence[str]) -> Matrix:
        system = self.system([p.slope for p in self.chosen(labels)])
        return [[-a / self.tau[i] for a in row] for i, row in enumerate(system)]

    def hurwitz(self, labels: Sequence[str]) -> bool:
        return routh(monic(self.jacobian(labels)))

    def response(self, labels: Sequence[str], i: int, j: int) -> F:
        pieces = self.chosen(labels)
        right = [p.slope if k == j else F(0) for k, p in enumerate(pieces)]
        _, dx = eliminated(self.system([p.slope for p in pieces]), right)
        if dx is None:
            raise Undefined
        return dx[i]

    # -- own energies ---------------------------------------------------------------------------------------------

    def energy(self, i: int, y: F, x: Sequence[F]) -> F:
        """What neuron i pays at rate y while the others stay at x, up to the value at 0."""
        others = sum((self.W[i][j] * x[j] for j in range(self.n) if j != i), self.u[i])
        return self.phi[i].integral(y) - self.W[i][i] * y * y / 2 - y * others

    def locally_least(self, i: int, x: Sequence[F]) -> bool:
        """No lower energy within a very small step to either side."""
        low, high = self.phi[i].range
        for k in (30, 60, 90):
            for y in (x[i] - F(1, 2**k), x[i] + F(1, 2**k)):
                inside = (low is None or y >= low) and (high is None or y <= high)
                if inside and self.energy(i, y, x) < self.energy(i, x[i], x):
                    return False
        return True

    def least(self, i: int, x: Sequence[F]) -> bool:
        """No lower energy anywhere: ends, vertices, kinks and the far field of every quadratic piece."""
        low, high = self.phi[i].range
        curvature = 1 / self.phi[i].gain - self.W[i][i]
        here = self.energy(i, x[i], x)
        others = sum((self.W[i][j] * x[j] for j in range(self.n) if j != i), self.u[i])
        bend = self.phi[i].threshold
        bends = [bend, -bend] if self.phi[i].kind == "soft_threshold" else [bend]
        candidates = [F(0)] + [e for e in (low, high) if e is not None]
        if curvature != 0:
            candidates += [(others - b) / curvature for b in bends]
        far = 1 + 4 * max([abs(c) for c in candidates] + [abs(here) + abs(others) + abs(bends[0])]) * (
            1 + (1 / abs(curvature) if curvature else F(1))
        )
        candidates += [-far, far, -far * far, far * far]
        return all(
            self.energy(i, y, x) >= here
            for y in candidates if (low is None or y >= low) and (high is None or y <= high)
        )  # fmt: skip

    # -- matrices -------------------------------------------------------------------------------------------------

    def gains(self) -> list[F]:
        return [f.gain if f.kind in ("linear", "relu", "saturating", "soft_threshold") else F(1) for f in self.phi]

    def minors_positive(self) -> bool:
        a = self.system(self.gains())
        sets = (s for k in range(1, self.n + 1) for s in combinations(range(self.n), k))
        return all(det([[a[i][j] for j in s] for i in s]) > 0 for s in sets)

    def unique(self) -> bool:
        """One equilibrium for every input: P-matrix for rectified kinds, a regular matrix where all are linear."""
        if all(f.kind == "linear" for f in self.phi):
            return det(self.system(self.gains())) != 0
        return self.minors_positive()

    def weighted_potential(self) -> bool:
        """Weights walked out from one neuron of each component, then every pair compared."""
        d: dict[int, F] = {}
        for start in range(self.n):
            if start in d:
                continue
            d[start], queue = F(1), [start]
            while queue:
                i = queue.pop()
                for j in range(self.n):
                    if j != i and self.W[i][j] != 0 and j not in d:
                        if self.W[j][i] == 0 or self.W[i][j] / self.W[j][i] < 0:
                            return False
                        d[j] = d[i] * self.W[i][j] / self.W[j][i]
                        queue.append(j)
        return all(d[i] * self.W[i][j] == d[j] * self.W[j][i] for i, j in combinations(range(self.n), 2))


def definite(matrix: Matrix) -> bool:
    return all(det([row[:k] for row in matrix[:k]]) > 0 for k in range(1, len(matrix) + 1))


def diagonally_stable(a: Matrix) -> bool:
    """P A + A' P > 0 for a diagonal P > 0, by the criterion of Shorten and Narendra for n = 3."""
    n = len(a)
    if n == 1:
        return a[0][0] > 0
    if n == 2:
        return a[0][0] > 0 and a[1][1] > 0 and det(a) > 0
    if n != 3:
        raise NotImplementedError
    d = det(a)
    if d <= 0 or a[2][2] <= 0:
        return False
    columns = [eliminated(a, [F(int(k == j)) for k in range(3)])[1] for j in range(3)]
    b = [[columns[j][i] for j in range(3)] for i in range(3)]  # type: ignore[index]
    ends = []
    for m in (a, b):
        if m[0][0] <= 0 or m[1][1] <= 0:
            return False
        # (m01 r + m10)^2 < 4 m00 m11 r
        p, q, c = float(m[0][1]) ** 2, 2 * float(m[0][1] * m[1][0]) - 4 * float(m[0][0] * m[1][1]), float(m[1][0]) ** 2
        disc = q * q - 4 * p * c
        if abs(disc) < 1e-9:
            raise Unclear
        if disc < 0 or q > 0:
            return False
        root = disc**0.5
        ends.append((2 * c / (-q + root), (-q + root) / (2 * p) if p else float("inf")))
    gap = min(ends[0][1], ends[1][1]) - max(ends[0][0], ends[1][0])
    if abs(gap) < 1e-9:
        raise Unclear
    return gap > 0


def affine_solutions(matrix: Matrix, right: list[F]) -> tuple[list[F], list[list[F]]] | None:
    """A solution and a basis of the kernel, or ``None`` when the equations contradict one another."""
    n = len(matrix)
    rows, pivots = [[*row, b] for row, b in zip(matrix, right, strict=True)], []
    for column in range(n):
        r = len(pivots)
        pivot = next((k for k in range(r, n) if rows[k][column] != 0), None)
        if pivot is None:
            continue
        rows[r], rows[pivot] = rows[pivot], rows[r]
        rows[r] = [a / rows[r][column] for a in rows[r]]
        for k in range(n):
            if k != r:
                rows[k] = [a - rows[k][column] * b for a, b in zip(rows[k], rows[r], strict=True)]
        pivots.append(column)
    if any(row[n] != 0 for row in rows[len(pivots) :]):
        return None
    origin = [F(0)] * n
    for r, column in enumerate(pivots):
        origin[column] = rows[r][n]
    basis = []
    for free in (k for k in range(n) if k not in pivots):
        v = [F(int(k == free)) for k in range(n)]
        for r, column in enumerate(pivots):
            v[column] = -rows[r][free]
        basis.append(v)
    return origin, basis


def feasible(rows: list[tuple[list[F], F, bool]], unknowns: int) -> bool:
    """Fourier and Motzkin on ``w . t + c >= 0`` (``> 0`` where strict)."""
    for k in range(unknowns):
        up = [r for r in rows if r[0][k] > 0]
        down = [r for r in rows if r[0][k] < 0]
        rows = [r for r in rows if r[0][k] == 0] + [
            ([a * -q[0][k] + b * p[0][k] for a, b in zip(p[0], q[0], strict=True)],
             p[1] * -q[0][k] + q[1] * p[0][k], p[2] or q[2])
            for p in up for q in down
        ]  # fmt: skip
    return all(c > 0 if strict else c >= 0 for _, c, strict in rows)


# -- model files ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Model:
    """A model file with simple entries (a name or a number), as a circuit that waits for values."""

    names: tuple[str, ...]
    W: tuple[tuple[tuple[int, str], ...], ...]
    u: tuple[str, ...]
    tau: tuple[str, ...]
    phi: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    values: tuple[tuple[str, F], ...]
    assume: tuple[str, ...]
    signs: tuple[tuple[str, str], ...]

    @property
    def symbols(self) -> tuple[str, ...]:
        fixed = dict(self.values)
        texts = [t for row in self.W for _, t in row] + [t for _, ps in self.phi for _, t in ps] + [*self.tau, *self.u]
        return tuple(dict.fromkeys(t for t in texts if not is_number(t) and t not in fixed))

    def numeric(self, point: Mapping[str, F]) -> Numeric:
        table = {**point, **dict(self.values)}

        def value(text: str) -> F:
            return F(text) if is_number(text) else table[text]

        return Numeric(
            self.names,
            tuple(tuple(sign * value(t) for sign, t in row) for row in self.W),
            tuple(map(value, self.u)), tuple(map(value, self.tau)),
            tuple(Phi(kind, **{k: value(t) for k, t in ps}) for kind, ps in self.phi),
        )  # fmt: skip


def is_number(text: str) -> bool:
    return re.fullmatch(r"-?[0-9./]+", text) is not None


def row_texts(population: str, row: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    return [str(row.get(b, "0")) for b in names]


@cache
def model(path: Path) -> Model:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    people = data["populations"]
    names = tuple(people)
    sign = {p: -1 if people[p].get("type") == "inhibitory" else 1 for p in names}
    kinds = data.get("activation", {})
    rows, signs = [], []
    for a in names:
        texts = row_texts(a, data["weights"].get(a, {}), names)
        rows.append(tuple((sign[b], t) for b, t in zip(names, texts, strict=True)))
        signs += [(t, ">=") for b, t in zip(names, texts, strict=True) if "type" in people[b] and not is_number(t)]
    phi = []
    for p in names:
        entry = kinds.get(p, {"kind": data["circuit"].get("activation")})
        kind, parameters = entry["kind"], {k: v for k, v in entry.items() if k != "kind"}
        if kind == "saturating":
            parameters.setdefault("cap", f"m_{p}")
        phi.append((kind, tuple(parameters.items())))
        signs += [(t, ">") for k, t in parameters.items() if not is_number(t) and k in ("cap", "threshold", "gain")]
    tau = tuple(people[p].get("tau", f"tau_{p}") for p in names)
    signs += [(t, ">") for t in tau]
    assume = tuple(data.get("assume", {}).get("extra", ()))
    signs += [(a.split()[0], ">") for a in assume if re.fullmatch(r"\w+ > 0", a)]
    values = tuple((k, F(v)) for k, v in data.get("values", {}).items())
    u = tuple(people[p].get("input", f"u_{p}") for p in names)
    return Model(names, tuple(rows), u, tau, tuple(phi), values, assume, tuple(signs))


# -- formulas ---------------------------------------------------------------------------------------------------------

TOKEN = re.compile(r"\s*(<=>|=>|<=|>=|!=|[0-9]+(?:\.[0-9]+)?|[A-Za-z_]\w*|[-+*/^()&|~<>=,])")
RELATIONS = ("<", "<=", ">", ">=", "=", "!=")
BRANCH = ("exists", "continuum", "strict", "hurwitz", "stable", "stationary", "local_nash", "nash")
Tree = tuple[Any, ...]


@cache
def parse(text: str) -> Tree:
    """A formula as nested tuples, by precedence climbing."""
    tokens, at = [], 0
    text = text.strip()
    while at < len(text):
        match = TOKEN.match(text, at)
        assert match, text[at:]
        tokens.append(match[1])
        at = match.end()
    tokens.append("")
    position = 0

    def peek() -> str:
        return tokens[position]

    def take(expected: str | None = None) -> str:
        nonlocal position
        token = tokens[position]
        assert expected is None or token == expected, (text, token, expected)
        position += 1
        return token

    def iff() -> Tree:
        left = arrow()
        while peek() == "<=>":
            take()
            left = ("<=>", left, arrow())
        return left

    def arrow() -> Tree:
        left = disjunction()
        if peek() == "=>":
            take()
            return "=>", left, arrow()
        return left

    def chain(symbol: str, below: Any) -> Tree:
        left = below()
        while peek() == symbol:
            take()
            left = (symbol, left, below())
        return left

    def disjunction() -> Tree:
        return chain("|", lambda: chain("&", denial))

    def denial() -> Tree:
        if peek() == "~":
            take()
            return "~", denial()
        return relation()

    def relation() -> Tree:
        parts: list[Any] = [total()]
        while peek() in RELATIONS:
            parts += [take(), total()]
        return parts[0] if len(parts) == 1 else ("relation", *parts)

    def total() -> Tree:
        left = term()
        while peek() in ("+", "-"):
            left = (take(), left, term())
        return left

    def term() -> Tree:
        left = signed()
        while peek() in ("*", "/"):
            left = (take(), left, signed())
        return left

    def signed() -> Tree:
        if peek() == "-":
            take()
            return "negative", signed()
        base = atom()
        if peek() == "^":
            take()
            return "^", base, int(take())
        return base

    def atom() -> Tree:
        token = take()
        if token == "(":
            inner = iff()
            take(")")
            return inner
        if token[0].isdigit():
            return "number", F(token)
        if peek() != "(":
            return "name", token
        take("(")
        if token in BRANCH:
            members = []
            while peek() != ")":
                name, label = take(), "active"
                if peek() == "=":
                    take()
                    label = {"m": "saturated", "-": "negative"}[take()]
                members.append((name, label))
                if peek() == ",":
                    take()
            take(")")
            return "branch", token, tuple(members)
        arguments = []
        while peek() != ")":
            arguments.append(iff())
            if peek() == ",":
                take()
        take(")")
        return "call", token, *arguments

    tree = iff()
    assert peek() == "", (text, peek())
    return tree


@dataclass
class Evaluator:
    """Truth of formulas at one point. Everything is evaluated, nothing short-cut, so that what is undefined shows."""

    model: Model
    point: Mapping[str, F]
    rough: bool = False
    numeric: Numeric = field(init=False)

    def __post_init__(self) -> None:
        self.numeric = self.model.numeric(self.point)
        self.table = {**self.point, **dict(self.model.values)}

    def truth(self, text: str) -> bool:
        return bool(self.value(parse(text)))

    def admissible(self, given: Sequence[str], domain: bool = True) -> bool:
        """Every hypothesis true, and those of the domain."""
        for name, rel in self.model.signs if domain else ():
            if name in self.table and not (self.table[name] > 0 or (rel == ">=" and self.table[name] == 0)):
                return False
        return all(self.truth(t) for t in (*(self.model.assume if domain else ()), *given))

    def compare(self, a: F, rel: str, b: F) -> bool:
        gap = a - b
        if self.rough and abs(gap) < NEAR:
            if rel in ("<", ">"):
                return False
            gap = F(0)
        return {"<": gap < 0, "<=": gap <= 0, ">": gap > 0, ">=": gap >= 0, "=": gap == 0, "!=": gap != 0}[rel]

    def labels(self, members: Sequence[tuple[str, str]]) -> tuple[str, ...]:
        named = dict(members)
        return tuple(named.get(p, "silent") for p in self.model.names)

    @property
    def everyone(self) -> tuple[str, ...]:
        return ("active",) * self.numeric.n

    def value(self, tree: Tree) -> Any:
        match tree:
            case ("number", v):
                return v
            case ("name", str(name)):
                return self.name(name)
            case ("negative", a):
                return -self.value(a)
            case ("^", a, k):
                return self.value(a) ** k
            case ("+", a, b):
                return self.value(a) + self.value(b)
            case ("-", a, b):
                return self.value(a) - self.value(b)
            case ("*", a, b):
                return self.value(a) * self.value(b)
            case ("/", a, b):
                over, under = self.value(a), self.value(b)
                if under == 0:
                    raise Undefined
                return over / under
            case ("relation", *parts):
                sides = [self.value(p) for p in parts[0::2]]
                return all(self.compare(sides[k], rel, sides[k + 1]) for k, rel in enumerate(parts[1::2]))
            case ("~", a):
                return not self.value(a)
            case ("&", a, b):
                return bool(self.value(a)) & bool(self.value(b))
            case ("|", a, b):
                return bool(self.value(a)) | bool(self.value(b))
            case ("=>", a, b):
                return (not self.value(a)) | bool(self.value(b))
            case ("<=>", a, b):
                return bool(self.value(a)) == bool(self.value(b))
            case ("branch", word, members):
                return self.branch(word, self.labels(members))
            case ("call", name, *arguments):
                return self.call(name, arguments)
        raise NotImplementedError(tree)

    def name(self, name: str) -> Any:
        c = self.numeric
        if name in ("true", "false"):
            return name == "true"
        if name == "det":
            return det(c.system([p.slope for p in c.chosen(self.everyone)]))
        if name == "trace":
            j = c.jacobian(self.everyone)
            return sum((j[i][i] for i in range(c.n)), F(0))
        if name == "disc":
            return discriminant(monic(c.jacobian(self.everyone)))
        if name == "unique":
            return c.unique()
        if name == "p_matrix":
            return c.minors_positive()
        if name in ("lds", "rosen"):
            return diagonally_stable(c.system(c.gains() if name == "lds" else [F(1)] * c.n))
        if name == "monotone":
            a = c.system([F(1)] * c.n)
            return definite([[a[i][j] + a[j][i] for j in range(c.n)] for i in range(c.n)])
        if name == "hurwitz":
            a = c.system(c.gains())
            return routh(monic([[-v / c.tau[i] for v in row] for i, row in enumerate(a)]))
        if name == "totally_hurwitz":
            a = c.system(c.gains())
            rows = [[-v / c.tau[i] for v in row] for i, row in enumerate(a)]
            chosen = [s for k in range(1, c.n + 1) for s in combinations(range(c.n), k)]
            return all(routh(monic([[rows[i][j] for j in s] for i in s])) for s in chosen)
        if name == "d_stable":
            a = c.system(c.gains())
            if c.n > 2:
                raise NotImplementedError
            diagonal = [a[i][i] for i in range(c.n)]
            return min(diagonal) >= 0 < max(diagonal) and det(a) > 0
        if name == "potential":
            return all(c.W[i][j] == c.W[j][i] for i, j in combinations(range(c.n), 2))
        if name == "weighted_potential":
            return c.weighted_potential()
        return self.table[name]

    def branch(self, word: str, labels: tuple[str, ...]) -> bool:
        c = self.numeric
        if word == "hurwitz":
            return c.hurwitz(labels)
        if word == "continuum":
            return c.continuum(labels)
        here = c.at(labels)
        if here is None:
            return False
        if word in ("exists", "stationary"):
            return True
        if word == "strict":
            return here.strict
        if word == "stable":
            return here.strict and c.hurwitz(labels)
        test = {"local_nash": c.locally_least, "nash": c.least}[word]
        return all(test(i, here.x) for i in range(c.n))

    def call(self, name: str, arguments: Sequence[Tree]) -> Any:
        if name in ("for_all_tau", "for_some_tau"):
            truths = [Evaluator(self.model, p, self.rough).value(arguments[0]) for p in self.time_constants()]
            return all(truths) if name == "for_all_tau" else any(truths)
        if name in ("sqrt", "abs", "min", "max"):
            numbers = [self.value(a) for a in arguments]
            return self.root(numbers[0]) if name == "sqrt" else {"abs": abs, "min": min, "max": max}[name](*numbers)
        c, i = self.numeric, self.model.names.index(arguments[0][1])
        if name == "curvature":
            return 1 / c.gains()[i] - c.W[i][i]
        if name == "dx":
            return c.response(self.everyone, i, self.model.u.index(arguments[1][1]))
        if name == "paradoxical":
            return c.response(self.everyone, i, i) < 0
        _, x = c.point(self.everyone)
        if x is None:
            raise Undefined
        return x[i] if name == "x" else c.energy(i, x[i], x)

    def root(self, v: F) -> F:
        if v < 0:
            raise Undefined
        over, under = isqrt(v.numerator), isqrt(v.denominator)
        if over * over == v.numerator and under * under == v.denominator:
            return F(over, under)
        self.rough = True
        return F(isqrt(v.numerator * DIGITS * DIGITS // v.denominator), DIGITS)

    def time_constants(self) -> Iterator[dict[str, F]]:
        """Ratios of time constants between and beyond all those where trace or discriminant change sign (two rates)."""
        taus = self.model.tau
        if self.numeric.n == 1:
            yield {**self.point, taus[0]: F(1)}
            return
        assert self.numeric.n == 2
        a = self.numeric.system([F(1), F(1)])
        d = det(a)
        # trace = -(a00 + T a11), disc = (a00 + T a11)^2 - 4 T d, with T = tau_0/tau_1
        critical = list(np.roots([float(a[1][1] ** 2), float(2 * a[0][0] * a[1][1] - 4 * d), float(a[0][0] ** 2)]))
        exact = [-a[0][0] / a[1][1]] if a[1][1] != 0 else []
        marks = sorted({F(float(r.real)) for r in critical if r.real > 0} | {t for t in exact if t > 0} | {F(1)})
        between = [(p + q) / 2 for p, q in pairwise(marks)]
        ratios = [marks[0] / 2**20, marks[0] / 2, *marks, *between, marks[-1] * 2]
        for ratio in (*ratios, marks[-1] * 2**20):
            yield {**self.point, taus[0]: ratio, taus[1]: F(1)}
