"""All equilibria of a small piecewise-linear circuit, by the definition: fractions, Gauss, one choice of pieces after
the other. Shares no code with the package."""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction as F
from itertools import product

import numpy as np
from scipy.optimize import linprog

from symgame.circuit import Circuit
from symgame.kinds import activation

NAMES = "ABCDGH"


@dataclass(frozen=True)
class Flank:
    """``phi(z) = slope z + intercept`` from ``low`` to ``high``; flat ones own their ends, increasing ones do not."""

    label: str
    low: F | None
    high: F | None
    slope: F
    intercept: F

    def holds(self, z: F, strict: bool) -> bool:
        ends = self.slope == 0 and not strict
        above = self.low is None or z > self.low or (ends and z == self.low)
        return above and (self.high is None or z < self.high or (ends and z == self.high))


@dataclass(frozen=True)
class Plain:
    """A circuit as plain numbers; ``kinds`` are (kind, gain, threshold, cap or width)."""

    W: tuple[tuple[F, ...], ...]
    u: tuple[F, ...]
    tau: tuple[F, ...]
    kinds: tuple[tuple[str, F, F, F], ...]

    @property
    def n(self) -> int:
        return len(self.u)

    def flanks(self, i: int) -> list[Flank]:
        kind, g, th, size = self.kinds[i]
        rising = Flank("active", th, None, g, -g * th)
        if kind == "linear":
            return [Flank("active", None, None, g, -g * th)]
        if kind == "relu":
            return [Flank("silent", None, th, F(0), F(0)), rising]
        if kind == "saturating":
            knot = th + size / g
            middle = Flank("active", th, knot, g, -g * th)
            return [Flank("silent", None, th, F(0), F(0)), middle, Flank("saturated", knot, None, F(0), size)]
        assert kind == "soft_threshold"
        down, up = Flank("negative", None, -size, g, g * size), Flank("active", size, None, g, -g * size)
        return [down, Flank("silent", -size, size, F(0), F(0)), up]

    def circuit(self) -> Circuit:
        kinds = []
        for kind, g, th, size in self.kinds:
            keys = {"gain": g}
            if kind == "soft_threshold":
                keys["threshold"] = size
            else:
                keys["threshold"] = th
            if kind == "saturating":
                keys["cap"] = size
            kinds.append(activation(kind, **keys))
        rows = [list(row) for row in self.W]
        return Circuit.from_matrix(rows, names=NAMES[: self.n], u=list(self.u), tau=list(self.tau), activation=kinds)

    def permuted(self, order: list[int]) -> Plain:
        W = tuple(tuple(self.W[a][b] for b in order) for a in order)
        rest = (tuple(row[a] for a in order) for row in (self.u, self.tau, self.kinds))
        return Plain(W, *rest)  # type: ignore[arg-type]

    def phi(self, i: int, z: float) -> float:
        for f in self.flanks(i):
            if f.high is None or z <= f.high:
                return float(f.slope) * z + float(f.intercept)
        raise AssertionError

    def jacobian(self, labels: tuple[str, ...]) -> np.ndarray:
        slopes = [next(f for f in self.flanks(i) if f.label == label).slope for i, label in enumerate(labels)]
        rows = [
            [float((slopes[a] * self.W[a][b] - (a == b)) / self.tau[a]) for b in range(self.n)] for a in range(self.n)
        ]
        return np.array(rows)


def gauss(rows: list[list[F]], right: list[F]) -> tuple[F, list[F] | None, list[list[F]]]:
    """Determinant, one solution if there is one, and a basis of the kernel."""
    n = len(rows)
    M = [[*row, b] for row, b in zip(rows, right, strict=True)]
    det, pivots, r = F(1), [], 0
    for c in range(n):
        k = next((k for k in range(r, n) if M[k][c] != 0), None)
        if k is None:
            det = F(0)
            continue
        if k != r:
            M[r], M[k], det = M[k], M[r], -det
        det *= M[r][c]
        M[r] = [v / M[r][c] for v in M[r]]
        for k in range(n):
            if k != r and M[k][c] != 0:
                M[k] = [v - M[k][c] * w for v, w in zip(M[k], M[r], strict=True)]
        pivots.append(c)
        r += 1
    if any(M[k][n] != 0 for k in range(r, n)):
        return det, None, []
    x = [F(0)] * n
    for k, c in enumerate(pivots):
        x[c] = M[k][n]
    basis = []
    for free in (c for c in range(n) if c not in pivots):
        v = [F(0)] * n
        v[free] = F(1)
        for k, c in enumerate(pivots):
            v[c] = -M[k][free]
        basis.append(v)
    return det, x, basis


@dataclass(frozen=True)
class Expected:
    labels: tuple[str, ...]
    state: tuple[F, ...] | None
    """None: a continuum."""
    sign: int
    strict: bool


def expected(c: Plain) -> list[Expected]:
    found = []
    for choice in product(*(c.flanks(i) for i in range(c.n))):
        rising = [i for i, f in enumerate(choice) if f.slope != 0]
        fixed = [f.intercept if f.slope == 0 else F(0) for f in choice]
        start = [c.u[i] + sum((c.W[i][j] * fixed[j] for j in range(c.n)), F(0)) for i in range(c.n)]
        rows = [[F(i == j) - choice[i].slope * c.W[i][j] for j in rising] for i in rising]
        det, solution, basis = gauss(rows, [choice[i].slope * start[i] + choice[i].intercept for i in rising])
        if solution is None:
            continue
        labels = tuple(f.label for f in choice)

        def totals(part: list[F], rising: list[int] = rising) -> list[F]:
            return [sum((c.W[i][j] * v for j, v in zip(rising, part, strict=True)), F(0)) for i in range(c.n)]

        z = [a + b for a, b in zip(start, totals(solution), strict=True)]
        if basis:
            if meets(choice, z, [totals(v) for v in basis]):
                found.append(Expected(labels, None, 0, False))
        elif all(f.holds(v, False) for f, v in zip(choice, z, strict=True)):
            state = list(fixed)
            for i, v in zip(rising, solution, strict=True):
                state[i] = v
            strict = all(f.holds(v, True) for f, v in zip(choice, z, strict=True))
            found.append(Expected(labels, tuple(state), 1 if det > 0 else -1, strict))
    return found


def meets(choice: tuple[Flank, ...], z: list[F], moves: list[list[F]]) -> bool:
    """Whether ``z + sum y_k moves_k`` is on its pieces for some y, by a linear program in doubles: the largest common
    distance to the ends that are not part of a piece must be positive."""
    rows, right = [], []
    for i, f in enumerate(choice):
        open_end = float(f.slope != 0)
        along = [float(move[i]) for move in moves]
        if f.low is not None:
            rows.append([*(-v for v in along), open_end])
            right.append(float(z[i] - f.low))
        if f.high is not None:
            rows.append([*along, open_end])
            right.append(float(f.high - z[i]))
    if not rows:
        return True
    bounds = [(None, None)] * len(moves) + [(None, 1.0)]
    answer = linprog([0.0] * len(moves) + [-1.0], A_ub=rows, b_ub=right, bounds=bounds, method="highs")
    needs = any(f.slope != 0 for f in choice)
    return bool(answer.status == 0 and (not needs or answer.x[-1] > 1e-9))


def random_circuit(source: random.Random, most: int = 4) -> Plain:
    """A circuit of up to ``most`` populations; often with small integers, own weights 1 and inputs that put a total
    input exactly on a kink, so that singular blocks and kinks abound."""
    n = source.choice([1, *(k for k in (2, 3, 3, 4, 4, 5, 6) if k <= most)])
    small = source.random() < 0.5

    def number() -> F:
        return F(source.randint(-2, 2)) if small else F(source.randint(-20, 20), source.randint(1, 9))

    kinds = []
    for _ in range(n):
        kind = source.choice(["relu", "relu", "saturating", "soft_threshold", "linear"] if n < 5 else ["relu"] * 2)
        gain = F(source.randint(1, 4), source.randint(1, 3)) if source.random() < 0.3 else F(1)
        threshold = number() if source.random() < 0.2 else F(0)
        kinds.append((kind, gain, threshold, F(source.randint(1, 3), source.randint(1, 2))))
    W = [[number() for _ in range(n)] for _ in range(n)]
    if source.random() < 0.3:
        for i in range(n):
            W[i][i] = 1 / kinds[i][1]
    u = [number() for _ in range(n)]
    tau = tuple(F(source.randint(1, 9), source.randint(1, 4)) for _ in range(n))
    plain = Plain(tuple(map(tuple, W)), tuple(u), tau, tuple(kinds))
    if source.random() < 0.4:  # a state with total inputs on kinks
        x, z = [], []
        for i in range(n):
            f = source.choice(plain.flanks(i))
            end = source.choice([e for e in (f.low, f.high) if e is not None] or [F(source.randint(-3, 3))])
            z.append(end)
            x.append(f.slope * end + f.intercept)
        u = [z[i] - sum((W[i][j] * x[j] for j in range(n)), F(0)) for i in range(n)]
        plain = Plain(plain.W, tuple(u), tau, plain.kinds)
    return plain
