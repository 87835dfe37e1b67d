"""The self-test of a checker: its answers against exact fractions, its claims, and the equations themselves.

Each truth is reached by two roads. The words are decided by the signs that define them; the claims say the same by
another formula; states and existence follow from the rate equation, determinants and responses from the Jacobian,
stability from its eigenvalues where these are clear of 0. Points are drawn from a coarse grid, so that kinks and zero
determinants are met, always the same ones.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np

from symgame.bounds import Integer
from symgame.decisions import OUTSIDE, OVERFLOW, Checker, Formulas, Piece

POINTS = 300
ATTEMPTS = 40_000
MARGIN = 1e-6


@dataclass(frozen=True)
class Claim:
    """A claim by its texts, and their sha256: of the JSON list [id, given, then, at] without spaces, in UTF-8."""

    id: str
    given: tuple[str, ...]
    then: str | None
    at: str | None
    verdict: str
    sha256: str

    @property
    def digest(self) -> str:
        """The hash of the texts as they stand here."""
        text = json.dumps([self.id, self.given, self.then, self.at], ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8")).hexdigest()


class Undecided(Exception):
    """A comparison of numbers known between bounds that overlap; or a number that does not exist."""


@dataclass(frozen=True, eq=False)
class Between:
    """An irrational number between two fractions, very close together."""

    low: Fraction
    high: Fraction

    def __add__(self, other: Any) -> Between:
        b = _between(other)
        return Between(self.low + b.low, self.high + b.high)

    __radd__ = __add__

    def __neg__(self) -> Between:
        return Between(-self.high, -self.low)

    def __sub__(self, other: Any) -> Between:
        return self + (-_between(other))

    def __rsub__(self, other: Any) -> Between:
        return _between(other) + (-self)

    def __mul__(self, other: Any) -> Between:
        b = _between(other)
        ends = [x * y for x in (self.low, self.high) for y in (b.low, b.high)]
        return Between(min(ends), max(ends))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Between:
        b = _between(other)
        if b.low <= 0 <= b.high:
            raise Undecided
        return self * Between(1 / b.high, 1 / b.low)

    def __rtruediv__(self, other: Any) -> Between:
        quotient: Between = _between(other) / self
        return quotient

    def __abs__(self) -> Between:
        if self.low <= 0 <= self.high:
            return Between(Fraction(0), max(-self.low, self.high))
        return self if self.low > 0 else -self

    def __pow__(self, n: int) -> Between:
        power = Between(Fraction(1), Fraction(1))
        for _ in range(n):
            power = power * self
        return power

    def __lt__(self, other: Any) -> bool:
        b = _between(other)
        if self.high < b.low:
            return True
        if self.low >= b.high:
            return False
        raise Undecided

    def __gt__(self, other: Any) -> bool:
        return _between(other) < self

    def __le__(self, other: Any) -> bool:
        return not _between(other) < self

    def __ge__(self, other: Any) -> bool:
        return not self < other

    def __eq__(self, other: object) -> bool:
        if self < other or self > other:
            return False
        raise Undecided


def _between(x: Any) -> Between:
    return x if isinstance(x, Between) else Between(Fraction(x), Fraction(x))


def sqrt(x: Any) -> Any:
    """The root: exact where the number is a square of a fraction, else within 2^-200 of it."""
    if isinstance(x, Between) or x < 0:
        raise Undecided
    p, q = Fraction(x).as_integer_ratio()
    root = Fraction(math.isqrt(p), math.isqrt(q))
    if root * root == x:
        return root
    low = Fraction(math.isqrt((p << 400) // q), 1 << 200)
    return Between(low, low + Fraction(1, 1 << 200))


def implies(a: bool, b: bool) -> bool:
    """Not a, or b."""
    return b or not a


Word = Callable[..., bool]
Numeral = Callable[[str, str], Any]
Check = Callable[[], bool]
Claims = Callable[..., dict[str, tuple[Check, Check]]]
Exact = dict[str, Fraction]
#: A point, the answers there, and the numbers there, all of them exact.
Case = tuple[Exact, dict[str, bool], dict[tuple[str, str], Fraction | None]]


@dataclass(frozen=True)
class SelfTest:
    """A checker, the texts of its claims, their formulas, and those of the regimes, all to be asked at one exact point.

    The formula of a claim is a pair: hypotheses and conclusion.
    """

    checker: Checker
    claims: tuple[Claim, ...]
    formulas: Claims
    regimes: Callable[[Word, Numeral], dict[str, Check]]

    def run(self) -> list[tuple[str, list[str]]]:
        """What was checked, each with the failures that were found."""
        points = [(point, *self.checker.exactly(point)) for point in self.points()]
        rows = [(f"hashes of {len(self.claims)} claims", self.hashes())]
        if not points:
            return [*rows, ("NOT CHECKED at any point: none was found in the domain", [])]
        rows.append(self.conclusions(points))
        rows.append((f"{len(self.checker.formulas.questions)} answers and the numbers of "
                     f"{len(self.checker.formulas.branches)} branches on doubles against fractions, at "
                     f"{len(self._of_doubles(points))} points", self.doubles(points)))  # fmt: skip
        if self.checker.formulas.entries is not None:
            rows += [self.equilibria(points), self.jacobians(points)]
        rows.append(self.definitions(points))
        return rows

    def points(self) -> Iterator[Exact]:
        """Points of the domain on grids of quarters, small numbers, many of them moved to zeros of polynomials."""
        random, found = Random(1), 0
        formulas = self.checker.formulas
        for _ in range(ATTEMPTS):
            signed, span = random.random() < 0.2, random.choice((4, 8, 16))
            point = {}
            for name in formulas.symbols:
                low = -span if signed or name in formulas.inputs else 0
                point[name] = Fraction(random.randint(low, span), 4)
            for _ in range(random.choice((0, 1, 2)) if formulas.symbols else 0):
                self._to_a_zero(point, random)
            if self.checker.exactly(point)[0]["domain"]:
                found += 1
                yield point
            if found == POINTS:
                return

    def _to_a_zero(self, point: Exact, random: Random) -> None:
        """Change one symbol so that one polynomial vanishes, if it is linear in that symbol."""
        name, polynomials = random.choice(list(point)), self.checker.formulas.polynomials
        rows = [polynomials(*(point | {name: Fraction(k)}).values()) for k in range(3)]
        linear = [k for k, (a, b, c) in enumerate(zip(*rows, strict=True)) if a != b and a - 2 * b + c == 0]
        if linear:
            k = random.choice(linear)
            point[name] = rows[0][k] / (rows[0][k] - rows[1][k])

    def hashes(self) -> list[str]:
        return [f"{c.id}: the hash of its text is {c.digest}" for c in self.claims if c.digest != c.sha256]

    def conclusions(self, points: list[Case]) -> tuple[str, list[str]]:
        """Every proved claim that has a formula, at every point where its hypotheses hold."""
        proved = [c.id for c in self.claims if c.verdict in ("proved", "cited")]
        cases, open_, wrong = dict.fromkeys(proved, 0), 0, []
        for point, answers, numbers in points:

            def number(name: str, at: str, numbers: dict[tuple[str, str], Fraction | None] = numbers) -> Fraction:
                value = numbers.get((name.replace(" ", ""), at))
                if value is None:
                    raise Undecided
                return value

            def word(name: str, at: str = "", answers: dict[str, bool] = answers, number: Numeral = number) -> bool:
                kind, _, rest = name.partition("(")
                if kind == "paradoxical":
                    return bool(number(f"dx({rest[:-1]},{self._input(rest[:-1])})", at) < 0)
                name = f"exists({rest}" if kind == "stationary" else name
                if name not in answers:
                    raise Undecided
                return answers[name]

            checks = self.formulas(word, number, *(point[n] for n in self.checker.formulas.symbols))
            for id_ in proved:
                if id_ not in checks:
                    continue
                given, then = checks[id_]
                try:
                    if given():
                        cases[id_] += 1
                        if not then():
                            said = ", ".join(f"{n} = {v}" for n, v in point.items())
                            wrong.append(f"{id_} is false at {said}")
                except (Undecided, ZeroDivisionError):  # an irrational tie, or a number that does not exist there
                    open_ += 1
        met = sum(count > 0 for count in cases.values())
        what = f"formulas of {met} proved claims at exact points: {sum(cases.values())} cases, {open_} more left open"
        return what, wrong

    def _input(self, population: str) -> str:
        formulas = self.checker.formulas
        return formulas.inputs[formulas.populations.index(population)]

    def doubles(self, points: list[Case]) -> list[str]:
        """What the arrays say is what the fractions say, at every point of doubles."""
        checker = self.checker
        points = self._of_doubles(points)
        f = checker.formulas
        columns = {name: np.array([float(p[name]) for p, _, _ in points]) for name in f.symbols}
        words = (len(f.questions) + 63) // 64
        mask = np.broadcast_to(checker.mask(columns).reshape(words, -1), (words, len(points)))
        wrong = []
        for k, question in enumerate(f.questions):
            bits = (mask[k // 64] >> np.uint64(k % 64)) & np.uint64(1)
            wrong += [f"{question} at point {i}" for i, (_, a, _) in enumerate(points) if bool(bits[i]) != a[question]]
        for branch in f.branches:
            for name, found in checker.numbers(branch.name, columns).items():
                value, code = (np.broadcast_to(row, len(points)) for row in (found.value, found.code))
                for i, (_, _, numbers) in enumerate(points):
                    true = numbers[name, branch.name]
                    if true is not None and code[i] >= 0 and abs(Fraction(float(value[i])) - true) > abs(true) / 2**40:
                        wrong.append(f"{name} on ({branch.name}) at point {i}: {value[i]!r}, exactly {true}")
                    if code[i] in (OUTSIDE, OVERFLOW):
                        wrong.append(f"{name} on ({branch.name}) at point {i} has the code {code[i]}")
        return wrong

    def _of_doubles(self, points: list[Case]) -> list[Case]:
        return [case for case in points if all(Fraction(float(v)) == v for v in case[0].values())]

    def equilibria(self, points: list[Case]) -> tuple[str, list[str]]:
        """By the rate equation itself: where a branch exists, strictly so, and what its state is, exactly."""
        f, wrong, met = self.checker.formulas, Failures(), 0
        for point, answers, numbers in points:
            entry = entries_at(f, point)
            for branch in f.branches:
                b, n = branch.name, range(len(f.populations))
                wrong.expect(answers, f"singular({b})", numbers["det", b] == 0, point)
                if any(("x(" + p + ")", b) not in numbers for p in f.populations):
                    continue  # left out, or the determinant is always 0
                rates = [numbers[f"x({p})", b] for p in f.populations]
                inside = strict = not answers.get(f"singular({b})", True) and None not in rates
                if inside:
                    state = [rate or Fraction(0) for rate in rates]
                    totals = [total(f, entry, i, state) for i in n]
                    on_line = all(line(f.pieces[i][branch.places[i]], entry, totals[i]) == state[i] for i in n)
                    wrong.say(f"the state of ({b})", on_line, point)
                    inside = all(piece_at(f, entry, i, totals[i]) == branch.places[i] for i in n)
                    ends = [{entry[p.upper] for p in f.pieces[i] if p.upper is not None} for i in n]
                    strict = inside and all(totals[i] not in ends[i] for i in n)
                    met += inside
                wrong.expect(answers, f"exists({b})", inside, point)
                wrong.expect(answers, f"strict({b})", strict, point)
        return f"existence and states by x = phi(W x + u), exactly: {met} equilibria", wrong.lines

    def jacobians(self, points: list[Case]) -> tuple[str, list[str]]:
        """By the Jacobian: determinants, traces and responses exactly, stability by eigenvalues clear of 0."""
        f, wrong, met = self.checker.formulas, Failures(), 0
        n = range(len(f.populations))
        for point, answers, numbers in points:
            entry = entries_at(f, point)
            W = [[entry[i * len(n) + j] for j in n] for i in n]
            tau = [entry[len(n) * len(n) + len(n) + i] for i in n]
            for branch in f.branches:
                b = branch.name
                slope = [entry[f.pieces[i][branch.places[i]].slope] for i in n]
                A = [[Fraction(i == j) - slope[i] * W[i][j] for j in n] for i in n]
                det = determinant(A)
                wrong.say(f"det on ({b})", numbers["det", b] == det, point)
                wrong.say(f"trace on ({b})", numbers["trace", b] == -sum(A[i][i] / tau[i] for i in n), point)
                if ("disc", b) in numbers and len(n) == 2:
                    trace = A[0][0] / tau[0] + A[1][1] / tau[1]
                    wrong.say(f"disc on ({b})", numbers["disc", b] == trace**2 - 4 * det / (tau[0] * tau[1]), point)
                for i, p in enumerate(f.populations):
                    if slope[i] and (f"curvature({p})", b) in numbers:
                        wrong.say(f"curvature on ({b})", numbers[f"curvature({p})", b] == 1 / slope[i] - W[i][i], point)
                if det:
                    for j, u in enumerate(f.inputs):
                        column = [numbers.get((f"dx({p},{u})", b)) for p in f.populations]
                        known = [x for x in column if x is not None]
                        if len(known) == len(n):  # (I - F W) dx = F du
                            back = [sum(A[i][k] * known[k] for k in n) for i in n]
                            ok = back == [slope[j] if i == j else 0 for i in n]
                            wrong.say(f"responses to {u} on ({b})", ok, point)
                J = np.array([[-float(A[i][j] / tau[i]) for j in n] for i in n])
                largest = float(np.linalg.eigvals(J).real.max())
                if abs(largest) > MARGIN:
                    met += 1
                    wrong.expect(answers, f"hurwitz({b})", largest < 0, point)
        return f"{met} Jacobians by their eigenvalues; determinants, traces, responses exactly", wrong.lines

    def definitions(self, points: list[Case]) -> tuple[str, list[str]]:
        """What words say of one another, what names a regime, and P-matrices by their minors."""
        f, wrong = self.checker.formulas, Failures()
        for point, answers, numbers in points:

            def number(name: str, at: str, numbers: dict[tuple[str, str], Fraction | None] = numbers) -> Fraction:
                value = numbers.get((name.replace(" ", ""), at))
                if value is None:
                    raise Undecided
                return value

            def word(name: str, at: str = "", answers: dict[str, bool] = answers) -> bool:
                return answers[name]

            for name, named in self.regimes(word, number).items():
                with suppress(Undecided):
                    wrong.expect(answers, f"regime({name})", named(), point)
            for branch in f.branches:
                a = {w: answers[f"{w}({branch.name})"] for w in WORDS if f"{w}({branch.name})" in answers}
                if len(a) == len(WORDS):
                    ok = a["stable"] == (a["strict"] and a["hurwitz"]) and a["nash"] <= a["local_nash"] <= a["exists"]
                    ok = ok and a["strict"] <= a["exists"] <= (not a["singular"]) and a["continuum"] <= a["singular"]
                    wrong.say(f"the words of ({branch.name})", ok, point)
            if f.entries is not None:
                self._matrix(entries_at(f, point), answers, wrong, point)
        return f"what the words of {len(f.branches)} branches and the names of regimes mean", wrong.lines

    def _matrix(self, entry: list[Fraction], answers: dict[str, bool], wrong: Failures, point: Exact) -> None:
        f = self.checker.formulas
        n = range(len(f.populations))
        W = [[entry[i * len(n) + j] for j in n] for i in n]
        slopes = [{entry[p.slope] for p in f.pieces[i]} - {Fraction(0)} for i in n]
        if all(len(found) == 1 for found in slopes):
            gain = [found.pop() for found in slopes]
            A = [[Fraction(i == j) - gain[i] * W[i][j] for j in n] for i in n]
            sets = [[i for i in n if bits >> i & 1] for bits in range(1, 1 << len(n))]
            ok = all(determinant([[A[i][j] for j in chosen] for i in chosen]) > 0 for chosen in sets)
            wrong.expect(answers, "p_matrix", ok, point)
        wrong.expect(answers, "potential", all(W[i][j] == W[j][i] for i in n for j in n), point)
        S = [[2 * Fraction(i == j) - W[i][j] - W[j][i] for j in n] for i in n]
        ok = all(determinant([row[:k] for row in S[:k]]) > 0 for k in range(1, len(n) + 1))
        wrong.expect(answers, "monotone", ok, point)


WORDS = ("exists", "strict", "continuum", "singular", "hurwitz", "stable", "local_nash", "nash")


class Failures:
    """The sentences that a test collects."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, what: str, ok: bool, point: Exact) -> None:
        if not ok:
            self.lines.append(f"{what} is wrong at {', '.join(f'{n} = {v}' for n, v in point.items())}")

    def expect(self, answers: dict[str, bool], question: str, truth: bool, point: Exact) -> None:
        self.say(question, answers.get(question, truth) == truth, point)


def determinant(matrix: list[list[Fraction]]) -> Fraction:
    """By expansion along the first row; 1 for no rows."""
    if not matrix:
        return Fraction(1)
    rest = [[row[:k] + row[k + 1 :] for row in matrix[1:]] for k in range(len(matrix))]
    return sum(((-1) ** k * x * determinant(rest[k]) for k, x in enumerate(matrix[0]) if x), Fraction(0))


def entries_at(f: Formulas, point: Exact) -> list[Fraction]:
    """W row by row, u, tau, and what the pieces refer to, at a point."""
    assert f.entries is not None
    raw = [x.value if isinstance(x, Integer) else x for x in f.entries(*(point[name] for name in f.symbols))]
    return [Fraction(over) / under for over, under in zip(raw[::2], raw[1::2], strict=True)]


def total(f: Formulas, entry: list[Fraction], i: int, rates: list[Fraction]) -> Fraction:
    """The total input of population i."""
    n = len(f.populations)
    return sum((entry[i * n + j] * rates[j] for j in range(n)), entry[n * n + i])


def piece_at(f: Formulas, entry: list[Fraction], i: int, z: Fraction) -> int:
    """The place of the piece of phi that holds the total input z of population i."""
    for place, piece in enumerate(f.pieces[i]):
        if piece.upper is None or z < entry[piece.upper] or (piece.upper_belongs and z == entry[piece.upper]):
            return place
    raise Undecided


def line(piece: Piece, entry: list[Fraction], z: Fraction) -> Fraction:
    """The rate at the total input z by the line of a piece."""
    return entry[piece.slope] * z + entry[piece.intercept]


def self_test(test: SelfTest) -> int:
    """Print what was checked and what failed; 0 if nothing did, else 1."""
    failed = False
    print(f"checkers of {ascii(test.checker.formulas.circuit)[1:-1]}")
    for what, wrong in test.run():
        failed = failed or bool(wrong)
        print(f"{'FAILED' if wrong else 'ok'}: {what}")
        for line in wrong[:5]:
            print(f"    {ascii(line)[1:-1]}")
    for question, reason in test.checker.formulas.left_out.items():
        print(f"left out: {ascii(question)[1:-1]}: {ascii(reason)[1:-1]}")
    return int(failed)
