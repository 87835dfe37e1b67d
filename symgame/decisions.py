"""Signs of polynomials on arrays of doubles, decided as exact arithmetic decides them. NumPy alone is needed.

A double is a rational number, so every condition on doubles has one true answer, and that is the one given here. Three
steps lead to it, each for the few points that the one before left open:

1. floating point, with one error bound for a whole chunk of points, from the largest magnitudes met so far;
2. an error bound for each point, of the same program run on magnitudes (running error analysis, Higham 2002, ch. 3);
3. ``fractions.Fraction``.

Answers are small integers. ``TRUE`` and ``FALSE`` are answers; what is negative says why there is none:
``KINK`` (a total input lies exactly on a kink of phi, so that stability is not decided by a Jacobian), ``SINGULAR``
(the determinant of the branch is exactly 0, so no isolated equilibrium is there), ``OUTSIDE`` (the values violate the
hypotheses of the circuit, or one of them is a NaN or an infinity), ``OVERFLOW`` (the number is beyond the doubles).

Numbers (states, responses) are quotients N/D of polynomials. Where the error bound of the quotient exceeds
``TOLERANCE`` times its size, it is computed again from exact N and D and rounded once. D = 0 gives a NaN with
``SINGULAR``, a result beyond the doubles an infinity with ``OVERFLOW``: never one without its code.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from symgame.bounds import SLACK, Bound, bound_of, exactly, floats_of

FALSE: Final = 0
TRUE: Final = 1
KINK: Final = -1
SINGULAR: Final = -2
OUTSIDE: Final = -3
OVERFLOW: Final = -4
#: Classes of :meth:`Checker.nash_class`: no equilibrium there; stationary only; a local, a global Nash equilibrium.
NONE, STATIONARY, LOCAL, GLOBAL = 0, 1, 2, 3

CHUNK: Final = 8192
#: The largest relative error of a state or response; what floating point cannot guarantee is computed exactly.
TOLERANCE: Final = 2.0**-40

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.int8]


@dataclass(frozen=True)
class Branch:
    """A branch of equilibria: its name in a formula, the piece of phi for each population, and its numbers.

    ``numbers`` maps ``x(E)``, ``dx(E,u_I)``, ``det``, ... to places of numerators in the results of ``evaluate``; each
    denominator follows.
    """

    name: str
    places: tuple[int, ...]
    numbers: Mapping[str, int]
    evaluate: Callable[..., tuple[Any, ...]]


@dataclass(frozen=True)
class Piece:
    """``phi(z) = slope*z + intercept`` up to the total input ``upper`` (``None``: without end), places as above."""

    upper: int | None
    upper_belongs: bool
    slope: int
    intercept: int


@dataclass(frozen=True)
class Formulas:
    """A circuit as functions on numbers of any kind, generated from its exact polynomials.

    ``polynomials`` takes the symbols in order and yields the numbers whose signs decide; ``conditions`` takes two
    sequences, which of them are positive and which negative, and yields the answers to ``questions``. The first
    question is the domain: the other answers hold inside it.
    """

    circuit: str
    symbols: tuple[str, ...]
    populations: tuple[str, ...]
    inputs: tuple[str, ...]
    questions: tuple[str, ...]
    regimes: tuple[str, ...]
    left_out: Mapping[str, str]
    polynomials: Callable[..., tuple[Any, ...]]
    conditions: Callable[[Sequence[Any], Sequence[Any]], tuple[Any, ...]]
    branches: tuple[Branch, ...]
    entries: Callable[..., tuple[Any, ...]] | None
    pieces: tuple[tuple[Piece, ...], ...]


@dataclass(frozen=True)
class Number:
    """Values with their codes: ``TRUE`` where the branch exists, ``FALSE`` where N/D is a number but no equilibrium."""

    value: Floats
    code: Codes


@dataclass(frozen=True)
class State:
    """The rates of a branch by population, each with the same codes."""

    rates: Mapping[str, Floats]
    code: Codes


@dataclass(frozen=True)
class Residual:
    """``x - phi(W x + u)`` by population, and ``x'`` of the rate equation, in plain floating point; NaN outside."""

    fixed_point: Mapping[str, Floats]
    rate: Mapping[str, Floats]


Point = Mapping[str, ArrayLike]


@dataclass(frozen=True)
class Checker:
    """The checks of one circuit on arrays that broadcast together.

    Values are given by symbol, as keywords or as one mapping, whichever suits the names: ``holds("lds", w_EE=0.5,
    ...)`` or ``holds("lds", {"w_EE": 0.5, ...})``. Every symbol needs a value. Whatever cannot be answered raises
    ``error`` with one sentence.
    """

    formulas: Formulas
    error: type[Exception] = ValueError
    _bounds: dict[tuple[float, ...], list[float]] = field(default_factory=dict, init=False, repr=False, compare=False)

    # -- what is given ------------------------------------------------------------------------------------------

    def columns(self, point: Point | None, symbols: Point) -> tuple[tuple[int, ...], list[Floats]]:
        """The common shape, and the values in the order of the symbols, each with its own shape."""
        known = self.formulas.symbols
        given: dict[str, ArrayLike] = {}
        for source in (point or {}, symbols):
            for key, value in source.items():
                name = self._symbol(key)
                if name in given:
                    raise self.error(f"{name!r} is given twice; give each symbol one value")
                given[name] = value
        missing = [name for name in known if name not in given]
        if missing:
            raise self.error(f"no value for {', '.join(missing)}; give a number or an array for each symbol")
        arrays = [self._array(name, given[name]) for name in known]
        try:
            return np.broadcast_shapes(*(a.shape for a in arrays)), arrays
        except ValueError:
            shapes = ", ".join(f"{n}: {a.shape}" for n, a in zip(known, arrays, strict=True) if a.shape)
            raise self.error(f"the shapes do not broadcast together ({shapes})") from None

    def _symbol(self, key: str) -> str:
        """The symbol that a key names; Python writes the identifiers of keywords in the normal form NFKC."""
        known = self.formulas.symbols
        if key in known:
            return key
        alike = [name for name in known if unicodedata.normalize("NFKC", name) == key]
        if len(alike) == 1:
            return alike[0]
        if alike:
            raise self.error(f"{key!r} may be {' or '.join(map(ascii, alike))}; give a mapping with the exact names")
        raise self.error(f"there is no symbol {key!r} (symbols: {', '.join(known) or 'none'})")

    def _array(self, name: str, value: ArrayLike) -> Floats:
        if isinstance(value, np.ma.MaskedArray):
            raise self.error(f"the value of {name} is a masked array; fill it, or drop what is masked")
        try:
            array = np.asarray(value)
        except ValueError:
            raise self.error(f"the value of {name} is no rectangular array of numbers") from None
        if array.dtype == np.float64:
            return array
        if array.dtype.kind not in "iuf":
            raise self.error(f"the value of {name} has the type {array.dtype}; real numbers are expected")
        with np.errstate(over="ignore"):
            doubles = array.astype(np.float64)
            same = (doubles.astype(array.dtype) == array) | (array != array)
        if not np.all(same):
            raise self.error(f"the value of {name} has numbers that are no doubles; round them first")
        return doubles

    # -- signs and conditions -----------------------------------------------------------------------------------

    def mask(
        self, point: Point | None = None, /, *, engine: str = "numpy", **symbols: ArrayLike
    ) -> NDArray[np.uint64]:
        """Bit k of the answer: question k of ``formulas.questions`` is true. Its shape is (words, common shape).

        A question that is not answered has the bit 0; bit 0 itself says whether the point lies in the domain. A symbol
        called ``engine`` is given in a mapping.
        """
        return self._mask_by(engine, *self.columns(point, symbols))

    def _mask_by(self, engine: str, shape: tuple[int, ...], arrays: list[Floats]) -> NDArray[np.uint64]:
        if engine != "numpy":
            raise self.error(f"there is no engine {engine!r} here; choose 'numpy'")
        return self._mask(shape, arrays)

    def _mask(self, shape: tuple[int, ...], arrays: list[Floats]) -> NDArray[np.uint64]:
        size = math.prod(shape)
        words = (len(self.formulas.questions) + 63) // 64
        mask = np.zeros((words, size), np.uint64)
        flats = [Flat(a, shape) for a in arrays]
        sizes = [0.0] * len(arrays)
        for start in range(0, size, CHUNK):
            stop = min(start + CHUNK, size)
            self.fill([f.part(start, stop) for f in flats], sizes, mask[:, start:stop])
        return mask.reshape((words, *shape))

    def fill(self, columns: list[Floats], sizes: list[float], mask: NDArray[np.uint64]) -> None:
        """The mask of one chunk. ``sizes`` are powers of two, the largest magnitudes so far: they grow in place."""
        outside = None
        for k, column in enumerate(columns):
            largest = max(float(column.max()), -float(column.min()))
            if not largest <= sizes[k]:
                if not math.isfinite(largest):
                    outside = np.zeros(mask.shape[1], np.bool_) if outside is None else outside
                    outside |= ~np.isfinite(column)
                    columns[k] = column = np.where(np.isfinite(column), column, 1.0)
                    largest = max(float(column.max()), -float(column.min()))
                sizes[k] = max(sizes[k], power_of_two(largest))
        positive, negative = self.signs(columns, sizes)
        answers = self.formulas.conditions(positive, negative)
        n = mask.shape[1]
        byte = np.empty(n, np.uint8)
        planes = mask.view(np.uint8).reshape(*mask.shape, 8)
        for first in range(0, len(answers), 8):
            rows = answers[first : first + 8]
            byte[:] = rows[-1]
            for row in rows[-2::-1]:
                np.left_shift(byte, 1, out=byte)
                np.bitwise_or(byte, row, out=byte)
            planes[first // 64, :, _byte_order(first // 8 % 8)] = byte
        inside = np.broadcast_to(np.asarray(answers[0]), n)
        if outside is not None:
            inside = inside & ~outside
        if not inside.all():
            mask[:, ~inside] = 0

    def signs(self, columns: list[Floats], sizes: list[float]) -> tuple[list[Bools], list[Bools]]:
        """Which polynomials are positive, and which negative, exactly, at every point of a chunk of finite values."""
        with np.errstate(all="ignore"):
            values = self.formulas.polynomials(*columns)
            positive, negative, doubtful = [], [], []
            for k, (value, bound) in enumerate(zip(values, self._chunk_bounds(sizes), strict=True)):
                above = value > bound
                below = value < -bound
                positive.append(above)
                negative.append(below)
                if bound and np.count_nonzero(above) + np.count_nonzero(below) < value.size:
                    doubtful.append(k)
            if doubtful:
                self._settle(columns, values, positive, negative, doubtful)
        return positive, negative

    def _chunk_bounds(self, sizes: list[float]) -> list[float]:
        key = tuple(sizes)
        if key not in self._bounds:
            if len(self._bounds) > 1000:
                self._bounds.clear()
            rows = self.formulas.polynomials(*(Bound(np.float64(s)) for s in sizes))
            carried = [float(row.carried) * SLACK for row in rows]
            self._bounds[key] = [c if c == c else math.inf for c in carried]
        return self._bounds[key]

    def _settle(
        self,
        columns: list[Floats],
        values: tuple[Floats, ...],
        positive: list[Bools],
        negative: list[Bools],
        doubtful: list[int],
    ) -> None:
        """The signs that one bound for all left open: by a bound for each point, then by fractions."""
        n = max(c.size for c in columns)
        for k in doubtful:  # a value of symbols that are the same at every point has one entry
            positive[k], negative[k] = (np.array(np.broadcast_to(row[k], n)) for row in (positive, negative))
        places = np.flatnonzero(np.logical_or.reduce([~(positive[k] | negative[k]) for k in doubtful]))
        near = [c if c.size == 1 else c[places] for c in columns]
        bounds = self.formulas.polynomials(*(Bound(np.abs(c)) for c in near))
        open_ = np.zeros((len(doubtful), places.size), np.bool_)
        for row, k in enumerate(doubtful):
            value = np.broadcast_to(values[k], n)[places]
            bound = bounds[k].carried * SLACK
            positive[k][places] = value > bound
            negative[k][places] = value < -bound
            open_[row] = ~((np.abs(value) > bound) | (bound == 0))
        for at in np.flatnonzero(open_.any(axis=0)):
            exact = self.formulas.polynomials(*(Fraction(float(c[0 if c.size == 1 else at])) for c in near))
            for row, k in enumerate(doubtful):
                if open_[row, at]:
                    positive[k][places[at]] = exact[k] > 0
                    negative[k][places[at]] = exact[k] < 0

    # -- answers ------------------------------------------------------------------------------------------------

    def holds(self, question: str, point: Point | None = None, /, **symbols: ArrayLike) -> Codes:
        """The code of one question at every point: ``TRUE``, ``FALSE``, or why there is no answer.

        ``KINK`` answers ``stable(B)`` where the equilibrium exists with a total input on a kink. Where the determinant
        of B is exactly 0, every question but ``hurwitz(B)`` and ``continuum(B)`` is ``SINGULAR``.
        """
        return self.decoded(question, self._mask(*self.columns(point, symbols)))

    def place(self, question: str) -> int:
        """The bit of a question in the mask."""
        asked = "".join(question.split())
        if asked.startswith("stationary("):
            asked = asked.replace("stationary", "exists", 1)
        if asked in self.formulas.questions:
            return self.formulas.questions.index(asked)
        if asked in self.formulas.left_out:
            raise self.error(f"{question!r} is left out: {self.formulas.left_out[asked]}")
        raise self.error(f"there is no question {question!r} (questions: {', '.join(self.formulas.questions)})")

    def decoded(self, question: str, mask: NDArray[np.uint64]) -> Codes:
        """The codes of one question from a mask."""
        place = self.place(question)
        word, _, rest = self.formulas.questions[place].partition("(")
        code = np.where(_bit(mask, place), np.int8(TRUE), np.int8(FALSE))
        if rest and word not in ("hurwitz", "continuum", "singular", "regime"):
            if word == "stable" and f"exists({rest}" in self.formulas.questions:
                code[_bit(mask, self.place(f"exists({rest}")) & ~_bit(mask, self.place(f"strict({rest}"))] = KINK
            code[_bit(mask, self.place(f"singular({rest}"))] = SINGULAR
        if word != "domain":
            code[~_bit(mask, 0)] = OUTSIDE
        return code

    def _there(self, branch: str, mask: NDArray[np.uint64]) -> Codes:
        """Whether the branch exists; where that is not answered, numbers are read at an equilibrium on it."""
        if f"exists({branch})" in self.formulas.questions:
            return self.decoded(f"exists({branch})", mask)
        code = np.where(_bit(mask, self.place(f"singular({branch})")), np.int8(SINGULAR), np.int8(TRUE))
        code[~_bit(mask, 0)] = OUTSIDE
        return code

    def nash_class(self, branch: str, point: Point | None = None, /, **symbols: ArrayLike) -> Codes:
        """``NONE``, ``STATIONARY``, ``LOCAL`` or ``GLOBAL``; ``SINGULAR`` and ``OUTSIDE`` as for a question."""
        mask = self._mask(*self.columns(point, symbols))
        code = self.decoded(f"exists({branch})", mask)
        for word, name in ((LOCAL, "local_nash"), (GLOBAL, "nash")):
            code[self.decoded(f"{name}({branch})", mask) == TRUE] = word
        return code

    def regime(self, point: Point | None = None, /, **symbols: ArrayLike) -> Codes:
        """The place in ``formulas.regimes`` of the first regime that holds with every population active."""
        if not self.formulas.regimes:
            raise self.error(f"no regimes: {self.formulas.left_out.get('regime', 'the circuit has no such branch')}")
        mask = self._mask(*self.columns(point, symbols))
        code = np.full(mask.shape[1:], len(self.formulas.regimes) - 1, np.int8)
        for k, name in reversed(list(enumerate(self.formulas.regimes[:-1]))):
            code[_bit(mask, self.place(f"regime({name})"))] = k
        code[~_bit(mask, 0)] = OUTSIDE
        return code

    # -- numbers ------------------------------------------------------------------------------------------------

    def _branch(self, name: str) -> Branch:
        if not isinstance(name, str):
            raise self.error(f"a branch is a text such as 'E,I', not {name!r}")
        asked = "".join(name.split())
        for branch in self.formulas.branches:
            if branch.name == asked:
                return branch
        known = ", ".join(f"({b.name})" for b in self.formulas.branches) or "none"
        raise self.error(f"there is no branch ({name}) (branches: {known})")

    def number(self, name: str, branch: str, point: Point | None = None, /, **symbols: ArrayLike) -> Number:
        """A number of a branch, such as ``x(E)``, ``dx(E,u_I)`` or ``det``, with its codes."""
        where = self._branch(branch)
        if name not in where.numbers:
            raise self.error(f"there is no number {name!r} on ({branch}) (numbers: {', '.join(where.numbers)})")
        mask = self._mask(*self.columns(point, symbols))
        return self._numbers(where, [name], mask, *self.columns(point, symbols))[name]

    def numbers(self, branch: str, point: Point | None = None, /, **symbols: ArrayLike) -> dict[str, Number]:
        """Every number of a branch, by name."""
        where = self._branch(branch)
        shape, arrays = self.columns(point, symbols)
        return self._numbers(where, list(where.numbers), self._mask(shape, arrays), shape, arrays)

    def state(self, branch: str, point: Point | None = None, /, **symbols: ArrayLike) -> State:
        """The state of a branch: ``TRUE`` where it is an equilibrium; ``FALSE``: the rates leave their pieces."""
        where = self._branch(branch)
        names = [f"x({p})" for p in self.formulas.populations]
        mask = self._mask(*self.columns(point, symbols))
        found = self._numbers(where, names, mask, *self.columns(point, symbols))
        rates = {p: found[name].value for p, name in zip(self.formulas.populations, names, strict=True)}
        return State(rates, np.minimum.reduce([found[name].code for name in names]))

    def response(self, branch: str, point: Point | None = None, /, **symbols: ArrayLike) -> Number:
        """``dx_i/du_j`` with row i and column j as the last two axes, along the branch."""
        where = self._branch(branch)
        n = len(self.formulas.populations)
        names = [f"dx({p},{u})" for p in self.formulas.populations for u in self.formulas.inputs]
        mask = self._mask(*self.columns(point, symbols))
        found = self._numbers(where, list(dict.fromkeys(names)), mask, *self.columns(point, symbols))
        value: Floats = np.stack([found[name].value for name in names], axis=-1)
        code = np.minimum.reduce([found[name].code for name in names])
        return Number(value.reshape((*mask.shape[1:], n, n)), code)

    def _numbers(
        self,
        branch: Branch,
        names: list[str],
        mask: NDArray[np.uint64],
        shape: tuple[int, ...],
        arrays: list[Floats],
    ) -> dict[str, Number]:
        size = math.prod(shape)
        flats = [Flat(a, shape) for a in arrays]
        base = self._there(branch.name, mask).reshape(size)
        absent = [name for name in names if name not in branch.numbers]
        if absent and np.any((base != SINGULAR) & (base != OUTSIDE)):
            raise self.error(f"{', '.join(absent)} on ({branch.name}) is left out: {self._why(absent[0], branch)}")
        found = {name: Number(np.full(size, np.nan), base.copy()) for name in names}
        names = [name for name in names if name in branch.numbers]
        for start in range(0, size, CHUNK):
            part = slice(start, min(start + CHUNK, size))
            good = base[part] != OUTSIDE
            columns = [c if c.size == 1 else c[good] for c in (f.part(part.start, part.stop) for f in flats)]
            if not good.any():
                continue
            with np.errstate(all="ignore"):
                computed = branch.evaluate(*columns)
                bounds = branch.evaluate(*(Bound(np.abs(c)) for c in columns))
                exact: dict[int, tuple[Any, ...]] = {}
                for name in names:
                    k = branch.numbers[name]
                    _place(found[name], part, good, _quotients(branch, k, columns, computed, bounds, exact))
                    if name.partition("(")[0] in ("x", "dx", "energy"):
                        found[name].value[part][found[name].code[part] == SINGULAR] = np.nan
        return {name: Number(row.value.reshape(shape), row.code.reshape(shape)) for name, row in found.items()}

    def _why(self, name: str, branch: Branch) -> str:
        return self.formulas.left_out.get(f"{name} on ({branch.name})", "no such number is known")

    # -- residuals ----------------------------------------------------------------------------------------------

    def residual(
        self, x: Mapping[str, ArrayLike], point: Point | None = None, /, **symbols: ArrayLike
    ) -> Residual:
        """How far a claimed state x, by population, is from being an equilibrium; plain floating point."""
        f = self.formulas
        if f.entries is None:
            raise self.error(f"no residuals: {f.left_out.get('residual', 'phi has no closed pieces')}")
        if not isinstance(x, Mapping):
            raise self.error(f"the state is {type(x).__name__}; give a mapping from populations to rates")
        if set(x) != set(f.populations):
            raise self.error(f"the state names {', '.join(x) or 'nothing'}; the populations are "
                             f"{', '.join(f.populations)}")  # fmt: skip
        n = len(f.populations)
        rates = [self._array(f"x({p})", x[p]) for p in f.populations]
        _, arrays = self.columns(point, symbols)
        inside = self.holds("domain", point, **symbols) == TRUE
        with np.errstate(all="ignore"):
            raw = f.entries(*arrays)
            entry = [floats_of(over) / floats_of(under) for over, under in zip(raw[::2], raw[1::2], strict=True)]
            fixed, rate = {}, {}
            for i, p in enumerate(f.populations):
                total: Any = entry[n * n + i]
                for j in range(n):
                    total = total + entry[i * n + j] * rates[j]
                gap = rates[i] - _phi(f.pieces[i], entry, total)
                fixed[p] = np.where(inside, gap, np.nan)
                rate[p] = np.where(inside, -gap / entry[n * n + n + i], np.nan)
        return Residual(fixed, rate)

    # -- exact values -------------------------------------------------------------------------------------------

    def exactly(self, point: Mapping[str, Fraction]) -> tuple[dict[str, bool], dict[tuple[str, str], Fraction | None]]:
        """Every answer, and every number by (number, branch), at one point of fractions; ``None`` where D = 0."""
        values = [point[name] for name in self.formulas.symbols]
        p = self.formulas.polynomials(*values)
        truth = self.formulas.conditions([np.bool_(v > 0) for v in p], [np.bool_(v < 0) for v in p])
        answers = dict(zip(self.formulas.questions, map(bool, truth), strict=True))
        numbers: dict[tuple[str, str], Fraction | None] = {}
        for branch in self.formulas.branches:
            q = branch.evaluate(*values)
            for name, k in branch.numbers.items():
                under = exactly(q[k + 1])
                numbers[name, branch.name] = exactly(q[k]) / under if under else None
        return answers, numbers


class Flat:
    """An array broadcast to a shape, chunk by chunk in C order, without ever being broadcast as a whole."""

    def __init__(self, array: Floats, shape: tuple[int, ...]) -> None:
        self.single = array.reshape(1) if array.size == 1 else None
        self.flat: Any = np.broadcast_to(array, shape)
        if array.shape == shape and array.flags.c_contiguous:
            self.flat = array.reshape(-1)
        elif self.single is None:
            self.flat = self.flat.flat

    def part(self, start: int, stop: int) -> Floats:
        chunk: Floats = self.single if self.single is not None else self.flat[start:stop]
        return chunk


def power_of_two(x: float) -> float:
    """The least power of two that is not smaller; the largest double where that is none."""
    mantissa, exponent = math.frexp(x)
    if mantissa == 0.5 or x == 0:
        return x
    return math.ldexp(1.0, exponent) if exponent < 1024 else np.finfo(np.float64).max.item()


def _byte_order(k: int) -> int:
    """Where byte k of a 64-bit word, the lowest being 0, lies in memory."""
    return k if np.little_endian else 7 - k


def _bit(mask: NDArray[np.uint64], place: int) -> Bools:
    bits: Bools = ((mask[place // 64] >> np.uint64(place % 64)) & np.uint64(1)) != 0
    return bits


def _quotients(
    branch: Branch,
    k: int,
    columns: list[Floats],
    computed: tuple[Any, ...],
    bounds: tuple[Any, ...],
    exact: dict[int, tuple[Any, ...]],
) -> tuple[Floats, Codes]:
    """N/D with guaranteed accuracy, and ``SINGULAR`` or ``OVERFLOW`` where there is none (else ``TRUE``).

    ``exact`` keeps the fractions of the points where they were needed, for the other numbers of the branch.
    """
    n = max(c.size for c in columns) if columns else 1
    over, under = (np.array(np.broadcast_to(floats_of(computed[j]), n)) for j in (k, k + 1))
    errors, sizes = [], []
    for j in (k, k + 1):
        bound = bound_of(bounds[j])
        errors.append(np.broadcast_to(bound.error * SLACK, n))
        sizes.append(np.broadcast_to(bound.size, n))
    value = over / under
    # |N/D - n/d| <= (e_N + |N/D| e_D)/|d|; a normal quotient adds one rounding
    relative = errors[0] / np.abs(over) + errors[1] / np.abs(under)
    zero = (sizes[0] == 0) & (np.abs(under) > errors[1])
    normal = np.isfinite(value) & (np.abs(value) >= np.finfo(np.float64).tiny)
    sure = zero | (normal & (relative * 4 <= TOLERANCE))
    code = np.full(n, TRUE, np.int8)
    for at in np.flatnonzero(~sure).tolist():
        if at not in exact:
            exact[at] = branch.evaluate(*(Fraction(float(c[0 if c.size == 1 else at])) for c in columns))
        if exactly(exact[at][k + 1]) == 0:
            value[at], code[at] = np.nan, SINGULAR
            continue
        quotient = exactly(exact[at][k]) / exactly(exact[at][k + 1])
        try:
            value[at] = float(quotient)
        except OverflowError:
            value[at], code[at] = (math.inf if quotient > 0 else -math.inf), OVERFLOW
    return value, code


def _place(found: Number, part: slice, good: Bools, row: tuple[Floats, Codes]) -> None:
    """Put the results of a chunk where they belong; the reasons against a number win over the code of the branch."""
    value, code = row
    target, codes = found.value[part], found.code[part]
    target[good] = value
    codes[good] = np.where(code < 0, code, codes[good])


def _phi(pieces: tuple[Piece, ...], entry: list[Any], z: Any) -> Any:
    """phi of the total input, piece by piece; the last piece has no end."""
    value: Any = np.nan
    for piece in reversed(pieces):
        line = entry[piece.slope] * z + entry[piece.intercept]
        if piece.upper is None:
            value = line
        else:
            inside = z <= entry[piece.upper] if piece.upper_belongs else z < entry[piece.upper]
            value = np.where(inside, line, value)
    return np.where(np.isnan(z), np.nan, value)
