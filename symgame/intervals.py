"""Intervals with rational ends under ``+ - *``, and truth where not everything is known: programs run on both.

A program that :mod:`symgame.program` wrote runs on intervals as on numbers, and what comes out contains every value
over the box: nothing is ever rounded. Its conditions run on :class:`Known`, in Kleene's logic of three values.

Source: R. E. Moore, Interval Analysis (1966); S. C. Kleene, Introduction to Metamathematics (1952), § 64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

from flint import fmpq


def rational(value: Any) -> fmpq:
    """A fraction or an integer in FLINT's form."""
    return value if isinstance(value, fmpq) else fmpq(value.numerator, value.denominator)


def fraction(value: Any) -> Fraction:
    """A fraction, an integer or FLINT's form of one as a fraction."""
    return Fraction(int(value.p), int(value.q)) if isinstance(value, fmpq) else Fraction(value)


class Interval:
    """All numbers from ``low`` to ``high``.

    >>> x = Interval(Fraction(1, 2), 2)
    >>> str(x * x - 3), str(1 - x), (x - 3).sign, (x - 1).sign
    ('[-11/4, 1]', '[-1, 1/2]', -1, None)
    """

    __slots__ = ("high", "low")

    def __init__(self, low: Any, high: Any) -> None:
        self.low, self.high = rational(low), rational(high)

    def __str__(self) -> str:
        return f"[{self.low}, {self.high}]"

    @property
    def sign(self) -> int | None:
        """1, 0 or -1 if it is that of every number inside."""
        if self.low > 0:
            return 1
        if self.high < 0:
            return -1
        return 0 if self.low == 0 and self.high == 0 else None

    @property
    def exact(self) -> bool:
        return bool(self.low == self.high)

    def __add__(self, other: Any) -> Interval:
        b = interval(other)
        return Interval(self.low + b.low, self.high + b.high)

    __radd__ = __add__

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low)

    def __sub__(self, other: Any) -> Interval:
        b = interval(other)
        return Interval(self.low - b.high, self.high - b.low)

    def __rsub__(self, other: Any) -> Interval:
        return interval(other) - self

    def __mul__(self, other: Any) -> Interval:
        b = interval(other)
        ends = [self.low * b.low, self.low * b.high, self.high * b.low, self.high * b.high]
        return Interval(min(ends), max(ends))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Interval:
        """The quotient; ``ZeroDivisionError`` when the divisor may be 0."""
        b = interval(other)
        if not b.sign:
            raise ZeroDivisionError("the divisor may be 0")
        return self * Interval(1 / b.high, 1 / b.low)

    def __rtruediv__(self, other: Any) -> Interval:
        return interval(other) / self

    def __pow__(self, power: int) -> Interval:
        result = interval(1)
        for _ in range(power):
            result = result * self
        return result

    def joined(self, other: Interval) -> Interval:
        """The least interval with both."""
        return Interval(min(self.low, other.low), max(self.high, other.high))


def interval(value: Any) -> Interval:
    """A number as the interval of itself."""
    if isinstance(value, Interval):
        return value
    number = getattr(value, "value", value)  # a long integer of a program
    return Interval(number, number)


@dataclass(frozen=True)
class Known:
    """A truth of which it is known whether it is so everywhere (``surely``), and whether it is so anywhere
    (``possibly``: not excluded).

    >>> open, yes = Known(False, True), Known(True, True)
    >>> (open & yes).answer, (open | yes).answer, (~yes).answer
    (None, True, False)
    """

    surely: bool
    possibly: bool

    __array_ufunc__ = None  # so that a truth of NumPy leaves the operator to this class

    @property
    def answer(self) -> bool | None:
        return self.surely if self.surely == self.possibly else None

    def __and__(self, other: Any) -> Known:
        b = known(other)
        return Known(self.surely and b.surely, self.possibly and b.possibly)

    def __or__(self, other: Any) -> Known:
        b = known(other)
        return Known(self.surely or b.surely, self.possibly or b.possibly)

    __rand__, __ror__ = __and__, __or__

    def __invert__(self) -> Known:
        return Known(not self.possibly, not self.surely)


def known(truth: Any) -> Known:
    """A truth that is known, or the answer ``None`` of one that is not."""
    if isinstance(truth, Known):
        return truth
    return Known(False, True) if truth is None else Known(bool(truth), bool(truth))


def signs(numbers: Sequence[Interval]) -> tuple[list[Known], list[Known]]:
    """Which of some intervals are positive, and which negative."""
    return (
        [Known(bool(x.low > 0), bool(x.high > 0)) for x in numbers],
        [Known(bool(x.high < 0), bool(x.low < 0)) for x in numbers],
    )


def vertices(box: Sequence[Interval], moved: Sequence[int]) -> list[list[fmpq]]:
    """The corners of a box in the places that are moved; elsewhere the lower end, which is then the only one.

    A polynomial that is linear in each of these, and a quotient of two such whose denominator has no zero in the box
    (monotone in each as a Möbius map), takes its least and its greatest value there.
    """
    rows = []
    for ends in product((False, True), repeat=len(moved)):
        row = [x.low for x in box]
        for k, end in zip(moved, ends, strict=True):
            row[k] = box[k].high if end else box[k].low
        rows.append(row)
    return rows


def hull(values: Sequence[Any]) -> Interval:
    """The least interval with all of them."""
    rationals = [rational(v) for v in values]
    return Interval(min(rationals), max(rationals))
