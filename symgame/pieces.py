"""The pieces of a piecewise-linear activation, and what follows from them: slope, inverse, cost, order conditions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import sympy
from sympy import Expr, Piecewise, oo
from sympy.core.relational import Relational, StrictGreaterThan, StrictLessThan

from symgame.errors import ActivationError
from symgame.notation import symbol

Z = symbol("z")
"""The total input, in every ``phi`` and ``slope``. No parameter may use it."""

X = symbol("x")
"""The rate, in every ``inverse``, ``cost`` and ``slope_at_rate``. No parameter may use it."""

Label = Literal["silent", "active", "saturated", "negative"]
LABELS: tuple[Label, ...] = get_args(Label)
FLAT: frozenset[Label] = frozenset({"silent", "saturated"})
"""The labels of pieces with slope 0; on the other pieces phi increases."""


@dataclass(frozen=True)
class Piece:
    """``phi(z) = slope*z + intercept`` between two total inputs (which may be infinite).

    >>> Piece("active", sympy.Integer(1), oo, sympy.Integer(2), sympy.Integer(-2)).value(sympy.Integer(3))
    4
    """

    label: Label
    lower: Expr
    upper: Expr
    slope: Expr
    intercept: Expr

    @property
    def flat(self) -> bool:
        """Whether phi is constant on the piece.

        >>> Piece("silent", -oo, sympy.Integer(0), sympy.Integer(0), sympy.Integer(0)).flat
        True
        """
        return bool(self.slope == 0)

    @property
    def length(self) -> Expr:
        """The length of the piece; a half-line has none, even where the sign of a denominator is not known.

        >>> Piece("active", 1/symbol("a"), oo, sympy.Integer(1), sympy.Integer(0)).length
        oo
        """
        return oo if self.lower == -oo or self.upper == oo else self.upper - self.lower

    def value(self, z: Expr) -> Expr:
        """phi(z) by this piece's line, in lowest terms; at an infinite z, the limit.

        >>> Piece("silent", -oo, sympy.Integer(0), sympy.Integer(0), sympy.Integer(0)).value(-oo)
        0
        """
        if self.flat:
            return self.intercept
        return z if z in (-oo, oo) else sympy.cancel(self.slope * z + self.intercept)

    def substituted(self, table: Mapping[sympy.Symbol, Expr]) -> Piece:
        """The piece with symbols replaced.

        >>> a = symbol("a")
        >>> Piece("active", a, oo, sympy.Integer(1), -a).substituted({a: sympy.Integer(2)})
        Piece(label='active', lower=2, upper=oo, slope=1, intercept=-2)
        """
        ends = (each.xreplace(table) for each in (self.lower, self.upper, self.slope, self.intercept))
        return Piece(self.label, *ends)


# Checks ------------------------------------------------------------------------------------------------------------


def check_pieces(kind: str, pieces: tuple[Piece, ...], conditions: tuple[Relational, ...]) -> None:
    """The pieces cover the line in order, meet continuously, and nowhere decrease, where this is decidable."""
    labels = [piece.label for piece in pieces]
    unknown = [label for label in labels if label not in LABELS]
    if unknown or len(set(labels)) < len(labels):
        raise ActivationError(
            f"activation '{kind}': the labels of its pieces are {labels}; use each of {', '.join(LABELS)} at most once."
        )
    for piece in pieces:
        if piece.flat != (piece.label in FLAT):
            raise ActivationError(
                f"activation '{kind}': the piece labelled '{piece.label}' has slope {piece.slope}; flat pieces are "
                f"{' or '.join(sorted(FLAT))}, increasing ones active or negative."
            )
        if not piece.flat and positive_given(piece.slope, conditions) is False:
            raise ActivationError(
                f"activation '{kind}': the piece '{piece.label}' has slope {piece.slope} and decreases; only a "
                f"nondecreasing phi is a best response, so make the slope positive."
            )
        if positive_given(piece.length, conditions) is False:
            raise ActivationError(
                f"activation '{kind}': the piece '{piece.label}' runs from {piece.lower} to {piece.upper}, which is "
                f"empty; order the pieces by increasing z and leave out empty ones."
            )
    if all(piece.flat for piece in pieces):
        raise ActivationError(f"activation '{kind}': phi is constant, so it has no inverse; add an increasing piece.")
    if pieces[0].lower != -oo or pieces[-1].upper != oo:
        raise ActivationError(
            f"activation '{kind}': its pieces run from {pieces[0].lower} to {pieces[-1].upper}; they must cover the "
            f"line from -oo to oo."
        )
    for left, right in pairwise(pieces):
        if not same(left.upper, right.lower):
            raise ActivationError(
                f"activation '{kind}': '{left.label}' ends at z = {left.upper} but '{right.label}' begins at "
                f"{right.lower}; let each piece begin where the one before ends."
            )
        if not same(left.value(left.upper), right.value(left.upper)):
            raise ActivationError(
                f"activation '{kind}': phi jumps at z = {left.upper}, from {left.value(left.upper)} to "
                f"{right.value(left.upper)}; phi must be continuous, so change an intercept."
            )
        if same(left.slope, right.slope):
            raise ActivationError(
                f"activation '{kind}': '{left.label}' and '{right.label}' lie on one line; merge them into one piece."
            )


# Deciding signs ----------------------------------------------------------------------------------------------------


def positive_given(expression: Expr, conditions: Iterable[Relational]) -> bool | None:
    """Whether the expression is positive under conditions of the form ``term > 0``; None when not decided so.

    The symbols of the package carry no sign (it is a hypothesis), so the question is put to dummies that do.
    """
    known = {
        each.gts: sympy.Dummy(positive=True)
        for each in conditions
        if isinstance(each, StrictGreaterThan | StrictLessThan) and each.lts == 0
    }
    answer: bool | None = sympy.cancel(expression).xreplace(known).is_extended_positive
    return answer


def same(one: Expr, other: Expr) -> bool:
    """Equality in the field of fractions; constants that SymPy cannot tell apart count as the same."""
    if one == other:
        return True
    gap = sympy.cancel(one - other)
    return bool(gap == 0) or (not gap.free_symbols and gap.is_zero is None)


def inside(lower: Expr, upper: Expr) -> tuple[Expr, Expr, Expr]:
    """Three points strictly between, none of them the middle, where odd kinds have their kinks and zeros."""
    third, one, three = sympy.Rational(1, 3), sympy.Integer(1), sympy.Integer(3)
    if lower == -oo and upper == oo:
        return -one - third, third, three
    if upper == oo:
        return lower + third, lower + one, lower + three
    if lower == -oo:
        return upper - three, upper - one, upper - third
    return tuple(sympy.cancel(lower + part * (upper - lower)) for part in (third / 2, third, 2 * third))


# Derivations from the pieces ---------------------------------------------------------------------------------------


def order_conditions(pieces: tuple[Piece, ...], conditions: tuple[Relational, ...]) -> tuple[Relational, ...]:
    """What the order of the pieces supposes and the given conditions do not already decide."""
    supposed = [piece.slope for piece in pieces if not piece.flat]
    supposed += [piece.length for piece in pieces]
    return tuple(sympy.Gt(each, 0) for each in supposed if positive_given(each, conditions) is None)


def ordered(cases: list[tuple[Expr, Expr]], dummy: sympy.Symbol) -> Expr:
    """The Piecewise of continuous cases, each up to its upper end, the last without end."""
    *inner, (last, _) = cases
    return Piecewise(*((case, dummy <= upper) for case, upper in inner), (last, True))


def piecewise_slope(pieces: tuple[Piece, ...]) -> Expr:
    """phi' on the open pieces; no value on the kinks between them."""
    if len(pieces) == 1:
        return pieces[0].slope
    return Piecewise(*((piece.slope, sympy.And(Z > piece.lower, Z < piece.upper)) for piece in pieces))


def by_rate(pieces: tuple[Piece, ...], terms: list[Expr]) -> Expr:
    """One term per increasing piece, chosen by the rate.

    A rate where two increasing pieces meet goes to the lower; the rate of a flat piece between them goes to neither.
    """
    if len(terms) == 1:
        return terms[0]
    places = [place for place, piece in enumerate(pieces) if not piece.flat]
    cases = []
    for order, (place, term) in enumerate(zip(places, terms, strict=True)):
        bounds = []
        if order > 0:
            bounds.append(X > pieces[place].value(pieces[place].lower))
        if order + 1 < len(places):
            top = pieces[place].value(pieces[place].upper)
            bounds.append(X <= top if places[order + 1] == place + 1 else X < top)
        cases.append((term, sympy.And(*bounds)))
    return Piecewise(*cases)


def piecewise_cost(rising: list[Piece], conditions: tuple[Relational, ...]) -> Expr:
    """``g = ∫ phi**(-1) - x**2/2``, continuous, with g(0) = 0 if 0 is known to be in the range."""
    plain = [
        sympy.cancel(1 / piece.slope - 1) * X**2 / 2 - sympy.cancel(piece.intercept / piece.slope) * X
        for piece in rising
    ]
    constants: list[Expr] = [sympy.Integer(0)]
    for place, piece in enumerate(rising[:-1]):
        knot = {X: piece.value(piece.upper)}
        constants.append(sympy.cancel(constants[-1] + (plain[place] - plain[place + 1]).xreplace(knot)))
    # Each plain term is 0 at x = 0, so the constant of the piece that holds 0 is the value of the sum there.
    origin = next(
        (
            constant
            for piece, constant in zip(rising, constants, strict=True)
            if positive_given(piece.value(piece.lower), conditions) is False
            and positive_given(-piece.value(piece.upper), conditions) is False
        ),
        constants[0],
    )
    cases = [
        (term + sympy.cancel(constant - origin), piece.value(piece.upper))
        for piece, term, constant in zip(rising, plain, constants, strict=True)
    ]
    return ordered(cases, X)
