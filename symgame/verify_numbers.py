"""Numbers that somebody claims: the value of a cell, how many digits it claims, and how many of them are right.

A number printed with d digits claims d digits: it stands for every number that rounds to it. A double claims
:data:`FULL` digits, or those of its shortest text where these are fewer; what follows is the rounding of whoever
computed it. Everything here is rational.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from symgame.errors import SymgameError

#: Digits that a number claims which is printed in full.
FULL: Final = 12
#: A number that claims :data:`FULL` digits is "right to k digits" when k of them are right, and k is not smaller.
LEAST: Final = 6
#: Digits that a double claims at least, and places that a 0 needs to be a rounded number.
SHORTEST: Final = 3
#: Digits that a double keeps of a decimal.
KEPT: Final = 15
_LONGEST: Final = 400
_DECIMAL = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?", re.ASCII)
_LONG_EXPONENT = re.compile(r"[+-]?[\d.]+[eE][+-]?\d{5,}", re.ASCII)
_RATIO = re.compile(r"[+-]?\d{1,200}/\d{1,200}", re.ASCII)


class VerifyError(SymgameError):
    """A table, a column or an option that cannot be verified: which, why, and what to write instead."""


class BadCell(Exception):
    """A cell that holds nothing to verify; the text says why."""


@dataclass(frozen=True)
class Claimed:
    """A claimed number. ``digits`` is ``None`` for a fraction, which claims to be exact; ``half`` is half a unit of
    its last digit, ``stated`` says that whoever verifies it asked for no more digits than these."""

    text: str
    value: Fraction
    digits: int | None
    half: Fraction
    stated: bool = False


def claimed(cell: Any, digits: int | None = None) -> Claimed:
    """The number in a cell, a text or a float; ``digits``, if given, are all that it claims.

    Raises :class:`BadCell` for NaN, infinities and texts that are no numbers.

    Whole numbers without a point, and a 0 with fewer than three places, claim to be just that.

    >>> [(str(c.value), c.digits, str(c.half)) for c in map(claimed, ("0.708", "17/24", "-1.50e-3", 0.708))]
    [('177/250', 3, '1/2000'), ('17/24', None, '0'), ('-3/2000', 3, '1/200000'), ('177/250', 3, '1/2000')]
    >>> [(c.digits, str(c.half)) for c in map(claimed, ("2", "0.0", "0.5", 0.5))]
    [(12, '1/200000000000'), (12, '0'), (1, '1/20'), (3, '1/2000')]
    """
    is_text = isinstance(cell, str)
    text = cell.strip() if is_text else repr(float(cell))
    value, printed, unit = _read(text)
    if printed is None:
        return Claimed(text, value, None, Fraction(0))
    if not is_text:
        value = Fraction(float(cell)) if printed > KEPT else value
        if value and printed < SHORTEST:  # 0.5 is no text of one digit
            unit /= 10 ** (SHORTEST - printed)
            printed = SHORTEST
    if value == 0 and printed < SHORTEST:
        return Claimed(text, value, FULL, Fraction(0), digits is not None)
    if is_text and "." not in text and "e" not in text.lower():
        unit = Fraction(10) ** (magnitude(value) + 1 - FULL)
        printed = FULL
    kept = min(printed, FULL if digits is None else digits)
    if kept < printed:
        unit *= 10 ** (printed - kept)
    return Claimed(text, value, kept, unit / 2, digits is not None and kept == digits)


def _read(text: str) -> tuple[Fraction, int | None, Fraction]:
    """The value, its significant digits (for 0: the places after the point), and a unit of the last of them."""
    if len(text) > _LONGEST:
        raise BadCell(f"a cell of {len(text)} characters is no number")
    if not text:
        raise BadCell("the cell is empty")
    if _RATIO.fullmatch(text):
        over, under = map(int, text.split("/"))
        if under == 0:
            raise BadCell(f"{text!a} divides by 0")
        return Fraction(over, under), None, Fraction(0)
    found = _DECIMAL.fullmatch(text)
    if found is None or not (found[2] or found[3]):
        if text.lower().lstrip("+-") in ("nan", "inf", "infinity"):
            raise BadCell(f"{text} is not a finite number")
        if re.fullmatch(r"[+-]?\d+,\d+", text):
            raise BadCell(f"{text!a} has a decimal comma; decimals have points")
        if _LONG_EXPONENT.fullmatch(text):
            raise BadCell(f"{text[:40]!a} is beyond every double")
        if "\u2212" in text:
            raise BadCell(f"{text[:40]!a} has a Unicode minus (U+2212); write -")
        raise BadCell(f"{text[:40]!a} is no number")
    sign, whole, part, power = found[1], found[2] or "", found[3] or "", int(found[4] or 0)
    exponent = power - len(part)
    if abs(exponent) > 2 * _LONGEST:
        raise BadCell(f"{text[:40]!a} is beyond every double")
    unit = Fraction(10) ** exponent
    mantissa = (whole + part).lstrip("0")
    value = int(mantissa or 0) * unit
    return (-value if sign == "-" else value), len(mantissa) or max(len(part), 1), unit


def magnitude(value: Fraction) -> int:
    """``floor(log10 |value|)``, exactly, of a number that is not 0.

    >>> [magnitude(Fraction(v)) for v in ("1000", "999", "1/10", "99/1000")]
    [3, 2, -1, -2]
    """
    size = abs(value)
    guess = math.floor((size.numerator.bit_length() - size.denominator.bit_length()) * math.log10(2)) - 1
    while Fraction(10) ** (guess + 1) <= size:
        guess += 1
    return guess


@dataclass(frozen=True)
class Truth:
    """A true number, exactly (``low == high``) or enclosed."""

    low: Fraction
    high: Fraction

    def distance(self, value: Fraction) -> Fraction:
        """The least distance of a number in the enclosure."""
        return max(self.low - value, value - self.high, Fraction(0))

    @property
    def middle(self) -> Fraction:
        return (self.low + self.high) / 2

    def __str__(self) -> str:
        return number_text(self.middle) if self.low == self.high else decimal_text(self.middle)


def exact(value: Fraction) -> Truth:
    """A number known exactly."""
    return Truth(value, value)


def number_text(value: Fraction) -> str:
    """A fraction as it is, if it is short, else 17 digits."""
    text = str(value)
    return text if len(text) <= 24 else decimal_text(value)


def decimal_text(value: Fraction, digits: int = 17) -> str:
    """A decimal with so many digits, correctly rounded.

    >>> decimal_text(Fraction(-2, 3), 5), decimal_text(Fraction(1, 4)), decimal_text(Fraction(10**30, 7), 4)
    ('-0.66667', '0.25', '1.429e+29')
    """
    if value == 0:
        return "0"
    power = magnitude(value)
    scaled = round(abs(value) * Fraction(10) ** (digits - 1 - power))
    if scaled == 10**digits:
        scaled, power = scaled // 10, power + 1
    figures = str(scaled).rstrip("0")
    sign = "-" if value < 0 else ""
    if -5 <= power < digits:
        if power < 0:
            return f"{sign}0.{'0' * (-power - 1)}{figures}"
        figures = figures.ljust(power + 1, "0")
        return sign + figures[: power + 1] + (f".{figures[power + 1 :]}" if figures[power + 1 :] else "")
    return f"{sign}{figures[0]}{f'.{figures[1:]}' if figures[1:] else ''}e{power:+d}"


def right_digits(claim: Claimed, truth: Truth, scale: Fraction = Fraction(0)) -> int | None:
    """How many digits of a claim are right: :data:`ALL` when nothing is to be said, ``None`` when it is wrong.

    All that it claims have to be right. Of :data:`FULL` digits or more the last are the rounding of whoever computed
    them, and :data:`LEAST` are enough. The digits of a claim beside the true value 0 are counted from ``scale``, the
    size of what it belongs to.

    >>> seven = exact(Fraction(17, 24))
    >>> [right_digits(claimed(t), seven) for t in ("0.708", "17/24", "0.709", "0.70833333339111", "0.70833333333333")]
    [3, 99, None, 9, 99]
    >>> right_digits(claimed("0.7083338"), seven) is None
    True
    """
    gap = truth.distance(claim.value)  # an enclosure is narrower than a unit of the last digit of any claim
    return _right(claim, gap, truth.middle, scale)


def right_digits_all_over(claim: Claimed, truth: Truth, scale: Fraction = Fraction(0)) -> int | None:
    """How many digits of a claim are right whichever number of a wide enclosure is the true one.

    >>> wide = Truth(Fraction("0.70833"), Fraction("0.70834"))
    >>> [right_digits_all_over(claimed(t), wide) for t in ("0.708", "0.70833")]
    [3, None]
    """
    if truth.low == truth.high:
        return right_digits(claim, truth, scale)
    gap = max(abs(claim.value - truth.low), abs(claim.value - truth.high))
    least = Fraction(0) if truth.low <= 0 <= truth.high else min(abs(truth.low), abs(truth.high))
    return _right(claim, gap, least, Fraction(0))


def allowance(claim: Claimed, scale: Fraction = Fraction(0)) -> Fraction:
    """A distance beyond which no true number leaves the claim right.

    >>> [str(allowance(claimed(t))) for t in ("0.708", "17/24", "0.70833333333333")]
    ['1/2000', '0', '1/2000000']
    """
    if claim.digits is None or not claim.value:
        return claim.half
    size, most = abs(claim.value), claim.half
    if claim.digits >= FULL and not claim.stated:
        most = max(most, _last(size * Fraction(1001, 1000), LEAST))  # the size of a true number nearby
    beside_0 = bool(scale) and size <= _last(scale, claim.digits if claim.stated else LEAST)
    return max(most, size) if beside_0 else most


def _last(size: Fraction, digits: int) -> Fraction:
    """Half a unit in so many digits of a number of that size."""
    return Fraction(10) ** (magnitude(size) + 1 - digits) / 2


def _right(claim: Claimed, gap: Fraction, true: Fraction, scale: Fraction) -> int | None:
    if gap == 0:
        return ALL
    if claim.digits is None:
        return None
    if gap <= claim.half:
        return ALL if claim.stated or claim.digits >= FULL else claim.digits
    size = true if true != 0 else scale
    if size == 0:
        return None
    # |gap| <= 10^(magnitude - k + 1)/2, for the largest k
    k = magnitude(size) + 1 - _ceiling_of_log(2 * gap)
    if true == 0 and k >= (claim.digits if claim.stated else FULL):
        return ALL
    enough = k >= LEAST and (claim.digits >= FULL or true == 0)
    return k if enough and not claim.stated else None


#: The number of right digits where all that are claimed are.
ALL: Final = 99


def _ceiling_of_log(value: Fraction) -> int:
    """The least p with ``value <= 10^p``."""
    power = magnitude(value)
    return power if value == Fraction(10) ** power else power + 1


# -- parameters -------------------------------------------------------------------------------------------------------


def parameter(cell: Any, rounded: bool = False) -> tuple[Fraction, Fraction, bool]:
    """The value of a parameter, how far it may be off, and whether it is certainly what was meant.

    A text is the decimal that it says; a double is the rational number that it is. Both may be off by the rounding of a
    double, a text of more than 15 digits, which is a double printed, by two of them, and with ``rounded`` a text with a
    point by half a unit of its last digit. A value of at most 15 digits that
    is written as it is, is certain; a double such as 0.1, which is no decimal, is not.

    >>> [parameter(c)[2] for c in ("2.2", 2.2, 0.5, "0.30000000000000004")]
    [True, False, True, False]
    """
    is_text = isinstance(cell, str)
    value, printed, unit = _read(cell.strip() if is_text else repr(float(cell)))
    size = abs(value) / 2**53
    if not is_text:
        certain = (printed or 0) <= KEPT and Fraction(float(cell)) == value
        return Fraction(float(cell)), size, certain
    if rounded and "." in cell:
        return value, unit / 2, False
    certain = printed is None or printed <= KEPT
    return value, size if certain else 2 * size, certain
