"""How wrong floating point may be: numbers that carry their error bound through the operators ``+ - *``.

A program run on :class:`Bound` in place of numbers yields what it may lose on numbers of that size: running error
analysis (N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2002, ch. 3).
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any, Final

import numpy as np

_UNIT: Final = 2.0**-52  # twice the unit roundoff: the slack covers the terms of second order
_TINY: Final = 4 * 5e-324  # what a product that underflows may lose
SLACK: Final = 1.0 + 2.0**-20  # the bounds are themselves computed in floating point


class Bound:
    """How large a computed number can be and how wrong, by the operators that computed it.

    ``size`` bounds the number and its computed value, ``error`` their difference. ``carried`` is the error without the
    last rounding, which never changes a sign: a computed value larger than it has the true sign.
    """

    __slots__ = ("carried", "error", "size")

    def __init__(self, size: Any, error: Any = 0.0, carried: Any = 0.0) -> None:
        self.size, self.error, self.carried = size, error, carried

    def __add__(self, other: Any) -> Bound:
        b = bound_of(other)
        size, carried = self.size + b.size, self.error + b.error
        return Bound(size, carried + _UNIT * size, carried)

    __radd__ = __sub__ = __rsub__ = __add__

    def __neg__(self) -> Bound:
        return self

    def __mul__(self, other: Any) -> Bound:
        b = bound_of(other)
        lost = np.where((self.size > 0) & (b.size > 0), _TINY, 0.0)
        size = self.size * b.size + lost
        carried = self.error * b.size + self.size * b.error + lost
        return Bound(size, carried + _UNIT * size, carried)

    __rmul__ = __mul__


class Integer:
    """An integer that is no double: exact among fractions, rounded among floats, with its error among bounds."""

    __array_ufunc__ = None  # so that an array leaves the operator to this class

    def __init__(self, value: int) -> None:
        self.value = value

    def rounded(self) -> float:
        try:
            return float(self.value)
        except OverflowError:
            return math.inf if self.value > 0 else -math.inf

    def _beside(self, other: Any) -> Any:
        if isinstance(other, int | Fraction):
            return Fraction(self.value)
        if isinstance(other, Bound):
            return bound_of(self)
        inexact = isinstance(other, float | np.ndarray | np.generic)
        return self.rounded() if inexact else self.value  # another exact number takes the integer that it is

    def __add__(self, other: Any) -> Any:
        return self._beside(other) + other

    def __radd__(self, other: Any) -> Any:
        return other + self._beside(other)

    def __sub__(self, other: Any) -> Any:
        return self._beside(other) - other

    def __rsub__(self, other: Any) -> Any:
        return other - self._beside(other)

    def __mul__(self, other: Any) -> Any:
        return self._beside(other) * other

    def __rmul__(self, other: Any) -> Any:
        return other * self._beside(other)

    def __neg__(self) -> Integer:
        return Integer(-self.value)


def bound_of(number: Any) -> Bound:
    """The bound of a constant of a program; a bound is its own."""
    if isinstance(number, Bound):
        return number
    if isinstance(number, Integer):
        size = abs(number.rounded())
        return Bound(size, _UNIT * size)
    return Bound(float(abs(number)))


def exactly(number: Any) -> Fraction:
    """A constant of a program, or a fraction, as a fraction."""
    return Fraction(number.value if isinstance(number, Integer) else number)


def floats_of(number: Any) -> Any:
    """A constant of a program, or an array, as floats."""
    return number.rounded() if isinstance(number, Integer) else np.asarray(number, np.float64)
