"""Activations as data: phi, its slope, its inverse, and the activation cost g of which it is the proximal operator.

A continuous nondecreasing ``phi`` is the best response of a neuron to a frozen total input: ``phi(z)`` minimises
``g(y) + (y - z)**2/2`` over y, where ``g(x) = ∫ phi**(-1) - x**2/2`` on the range of phi and ``+oo`` off its closure.

Source: J.-J. Moreau, Proximité et dualité dans un espace hilbertien, Bull. SMF 93 (1965) 273; P. L. Combettes and
J.-C. Pesquet, Deep neural network structures solving variational inequalities, Set-Valued Var. Anal. 28 (2020) 491.
"""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sympy
from sympy import Expr, Interval, Piecewise, oo
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from symgame.errors import ActivationError
from symgame.notation import symbol
from symgame.pieces import (
    Piece,
    X,
    Z,
    by_rate,
    check_pieces,
    inside,
    order_conditions,
    ordered,
    piecewise_cost,
    piecewise_slope,
    same,
)


@dataclass(frozen=True)
class Activation:
    """A continuous nondecreasing phi together with all that the game and the dynamics ask of it.

    Statement: ``phi = prox_g``, with ``cost = g`` and ``g' = inverse - x``, whatever the slope of phi. ``domain`` is
    the set where g is finite: the closure of the range of phi, without an end point where g goes to ``+oo`` (arctan).
    At an end point that belongs to it, g is the limit of ``cost`` (``x*log(x)`` is 0 at 0).

    Holds under ``conditions``, which are the part that numbers could not settle; a condition that is already false
    is refused. ``slope`` is undefined (``nan``) on a kink of a piecewise-linear phi, ``inverse`` at the rate of an
    inner flat piece, where the preimage is an interval. ``lipschitz`` is the supremum of the slope and may be ``oo``.

    Errors: :class:`~symgame.errors.ActivationError` when the data are not whole: a stray symbol, a float, pieces that
    do not meet, or (once every parameter is a number) an inverse or a cost that belong to another phi.

    Another kind is data too; :meth:`from_pieces` and :meth:`smooth` fill in what can be derived:

    >>> arcsinh = Activation.smooth("arcsinh", phi=sympy.asinh(Z), inverse=sympy.sinh(X),
    ...     cost=sympy.cosh(X) - X**2/2, domain=Interval(-oo, oo), lipschitz=1, source="proxop, ArgsinhActi")
    >>> arcsinh.slope, arcsinh.slope_at_rate, arcsinh.convex_when
    (1/sqrt(z**2 + 1), 1/sqrt(sinh(x)**2 + 1), True)
    """

    kind: str
    parameters: tuple[tuple[str, Expr], ...]
    phi: Expr
    slope: Expr
    slope_at_rate: Expr
    inverse: Expr
    cost: Expr
    domain: Interval
    lipschitz: Expr
    conditions: tuple[Relational, ...]
    pieces: tuple[Piece, ...] | None
    source: str
    germ_of: Activation | None = None
    """Of a line through one point of a smooth phi (:mod:`symgame.frozen_gains`): that phi. Only its slope is meant."""

    def __post_init__(self) -> None:
        _check_parameters(self)
        _check_expressions(self)
        object.__setattr__(self, "conditions", _open_conditions(self))
        if self.pieces is not None:
            check_pieces(self.kind, self.pieces, self.conditions)
            _check_phi_is_pieces(self)
        if not self.free_symbols:
            _check_agreement(self)

    @property
    def piecewise_linear(self) -> bool:
        """Whether phi is made of pieces, so that equilibria are those of finitely many linear systems."""
        return self.pieces is not None

    @property
    def free_symbols(self) -> frozenset[sympy.Symbol]:
        """The symbols of the parameters; X and Z are bound, not free."""
        return frozenset().union(*(value.free_symbols for _, value in self.parameters))

    @property
    def convex_when(self) -> Boolean:
        """g is convex if and only if phi is 1-Lipschitz (Moreau 1965).

        >>> a = symbol("a")
        >>> leaky = (Piece("negative", -oo, sympy.Integer(0), a, sympy.Integer(0)),
        ...          Piece("active", sympy.Integer(0), oo, sympy.Integer(1), sympy.Integer(0)))
        >>> Activation.from_pieces("leaky_relu", leaky, {"leak": a}, source="Maas et al. 2013").convex_when
        a <= 1
        """
        return _at_most_one(self.lipschitz)

    def closed(self, piece: Piece) -> tuple[bool, bool]:
        """Whether the lower and the upper end belong to the piece, so that every total input is on exactly one.

        A knot between a flat and an increasing piece belongs to the flat one (a rate at threshold is silent, a rate
        at its cap saturated); between two increasing pieces, to the lower. Infinite ends belong to none.

        >>> zero, one = sympy.Integer(0), sympy.Integer(1)
        >>> relu = Activation.from_pieces("relu", (Piece("silent", -oo, zero, zero, zero),
        ...                                        Piece("active", zero, oo, one, zero)), source="-")
        >>> [relu.closed(piece) for piece in relu.pieces]
        [(False, True), (False, False)]
        """
        if self.pieces is None or piece not in self.pieces:
            raise ActivationError(f"activation '{self.kind}' has no piece {piece}: ask about one of its own pieces.")
        at = self.pieces.index(piece)
        below = at > 0 and piece.flat
        above = at + 1 < len(self.pieces) and not self.pieces[at + 1].flat
        return below, above

    def substituted(self, table: Mapping[sympy.Symbol, Expr]) -> Activation:
        """The same activation with symbols of its parameters replaced, checked again at birth.

        Errors: :class:`~symgame.errors.ActivationError` if a value breaks a condition.

        >>> m = symbol("m")
        >>> clamp = Activation.from_pieces("clamp", (
        ...     Piece("silent", -oo, sympy.Integer(0), sympy.Integer(0), sympy.Integer(0)),
        ...     Piece("active", sympy.Integer(0), m, sympy.Integer(1), sympy.Integer(0)),
        ...     Piece("saturated", m, oo, sympy.Integer(0), m)), {"cap": m}, conditions=(m > 0,), source="-")
        >>> clamp.substituted({m: sympy.Integer(2)}).domain
        Interval(0, 2)
        >>> clamp.substituted({m: sympy.Integer(-2)})
        Traceback (most recent call last):
        ...
        symgame.errors.ActivationError: activation 'clamp' needs m > 0, which is false at m = -2; change the value.
        """
        own = {name: value for name, value in table.items() if name in self.free_symbols}
        if not own:
            return self
        for condition in self.conditions:
            if condition.xreplace(own) == sympy.false:
                at = ", ".join(f"{name} = {own[name]}" for name in own if name in condition.free_symbols)
                raise ActivationError(
                    f"activation '{self.kind}' needs {condition}, which is false at {at}; change the value."
                )
        return Activation(
            kind=self.kind,
            parameters=tuple((key, value.xreplace(own)) for key, value in self.parameters),
            phi=self.phi.xreplace(own),
            slope=self.slope.xreplace(own),
            slope_at_rate=self.slope_at_rate.xreplace(own),
            inverse=self.inverse.xreplace(own),
            cost=self.cost.xreplace(own),
            domain=self.domain.xreplace(own),
            lipschitz=self.lipschitz.xreplace(own),
            conditions=tuple(condition.xreplace(own) for condition in self.conditions),
            pieces=None if self.pieces is None else tuple(piece.substituted(own) for piece in self.pieces),
            source=self.source,
            germ_of=None if self.germ_of is None else self.germ_of.substituted(own),
        )

    @classmethod
    def from_pieces(
        cls,
        kind: str,
        pieces: Iterable[Piece],
        parameters: Mapping[str, object] | None = None,
        *,
        conditions: Iterable[Relational] = (),
        source: str,
    ) -> Activation:
        """The piecewise-linear activation with these pieces, in increasing order; all the rest is derived exactly.

        Knots and slopes may hold symbols: the order of the tuple is the order of the knots. What that order and
        "increasing" require beyond ``conditions`` is added to the conditions. ``g(0) = 0`` when 0 is in the range.

        >>> lam = symbol("lam")
        >>> zero, one = sympy.Integer(0), sympy.Integer(1)
        >>> shrink = Activation.from_pieces("soft", (Piece("negative", -oo, -lam, one, lam),
        ...     Piece("silent", -lam, lam, zero, zero), Piece("active", lam, oo, one, -lam)), {"lam": lam}, source="-")
        >>> shrink.cost
        Piecewise((-lam*x, x <= 0), (lam*x, True))
        >>> shrink.conditions
        (2*lam > 0,)
        """
        held = tuple(conditions)
        given = tuple(pieces)
        check_pieces(kind, given, held)
        rising = [piece for piece in given if not piece.flat]
        slopes = [piece.slope for piece in rising]
        return cls(
            kind=kind,
            parameters=exact_parameters(kind, parameters or {}),
            phi=ordered([(piece.slope * Z + piece.intercept, piece.upper) for piece in given], Z),
            slope=piecewise_slope(given),
            slope_at_rate=slopes[0] if len(set(slopes)) == 1 else by_rate(given, slopes),
            inverse=by_rate(given, [X / piece.slope - sympy.cancel(piece.intercept / piece.slope) for piece in rising]),
            cost=piecewise_cost(rising, held),
            domain=Interval(given[0].value(-oo), given[-1].value(oo)),
            lipschitz=sympy.Max(*slopes),
            conditions=(*held, *order_conditions(given, held)),
            pieces=given,
            source=source,
        )

    @classmethod
    def smooth(
        cls,
        kind: str,
        *,
        phi: Expr,
        inverse: Expr,
        cost: Expr,
        domain: Interval,
        lipschitz: object,
        slope: Expr | None = None,
        slope_at_rate: Expr | None = None,
        parameters: Mapping[str, object] | None = None,
        conditions: Iterable[Relational] = (),
        source: str,
    ) -> Activation:
        """The activation that is not piecewise linear; slopes not given are derived from phi and its inverse.

        >>> half = sympy.Rational(1, 2)
        >>> bent = Activation.smooth("bent", phi=(Z + sympy.sqrt(Z**2 + 1) - 1)/2, inverse=X*(X + 1)/(X + half),
        ...     cost=X/2 - sympy.log(X + half)/4, domain=Interval.Lopen(-half, oo), lipschitz=1, source="proxop")
        >>> Activation.smooth("sinh", phi=sympy.sinh(Z), inverse=sympy.asinh(X), cost=sympy.cosh(X) - X**2/2,
        ...     domain=Interval(-oo, oo), lipschitz=oo, source="a cost that belongs to asinh")
        Traceback (most recent call last):
        ...
        symgame.errors.ActivationError: activation 'sinh': cost' + x is not inverse at x = -4/3 (they differ by ...
        """
        derived = sympy.diff(phi, Z) if slope is None else slope
        return cls(
            kind=kind,
            parameters=exact_parameters(kind, parameters or {}),
            phi=phi,
            slope=derived,
            slope_at_rate=_compose(derived, inverse) if slope_at_rate is None else slope_at_rate,
            inverse=inverse,
            cost=cost,
            domain=domain,
            lipschitz=lipschitz if isinstance(lipschitz, Expr) else exact(kind, "lipschitz", lipschitz),
            conditions=tuple(conditions),
            pieces=None,
            source=source,
        )


# Parameters --------------------------------------------------------------------------------------------------------


def exact(kind: str, key: str, value: object) -> Expr:
    """The value as an exact, finite, real SymPy expression.

    Errors: :class:`~symgame.errors.ActivationError` for a float or a bool (what number was meant?), a string, an
    infinite or complex value, and a symbol that was not born in :mod:`symgame.notation`.

    >>> exact("relu", "gain", 2), exact("relu", "gain", 2/sympy.pi)
    (2, 2/pi)
    >>> exact("relu", "gain", 0.1)
    Traceback (most recent call last):
    ...
    symgame.errors.ActivationError: activation 'relu': gain = 0.1 is a float; write it exactly, as Fraction(1, 10).
    """
    name = f"activation '{kind}': {key} = {value!r}"
    if isinstance(value, float | sympy.Float):
        raise ActivationError(f"{name} is {_float_advice(value)}.")
    if isinstance(value, numbers.Rational) and not isinstance(value, bool | sympy.Basic):
        return sympy.Rational(int(value.numerator), int(value.denominator))
    if not isinstance(value, Expr):
        raise ActivationError(
            f"{name} is a {type(value).__name__}; pass an int, a Fraction, or an exact SymPy number, symbol or "
            f"polynomial."
        )
    if value.has(sympy.Float):
        raise ActivationError(f"{name} holds a floating-point number; write it exactly, as a Rational.")
    if value.has(oo, -oo, sympy.nan, sympy.zoo) or value.is_real is False:
        raise ActivationError(f"{name} is not a finite real number; pass one.")
    for each in value.free_symbols:
        if each in (X, Z):
            raise ActivationError(f"{name} uses the symbol {each}, which stands for the rate or the input; rename it.")
        if each != symbol(each.name):
            raise ActivationError(
                f"{name}: this symbol {each} is not the circuit's {each} (other assumptions); "
                f"make it with symgame.notation.symbol({each.name!r})."
            )
    return value


def exact_parameters(kind: str, parameters: Mapping[str, object]) -> tuple[tuple[str, Expr], ...]:
    """Every parameter made exact, in the order given."""
    return tuple((key, exact(kind, key, value)) for key, value in parameters.items())


def _float_advice(value: float | sympy.Float) -> str:
    number = sympy.Rational(str(value)) if sympy.Float(value).is_finite else None
    return f"a float; write it exactly, as Fraction({number.p}, {number.q})" if number else "not a finite real number"


# Checks at birth ---------------------------------------------------------------------------------------------------


def _check_parameters(activation: Activation) -> None:
    names = [key for key, _ in activation.parameters]
    if len(set(names)) < len(names):
        raise ActivationError(f"activation '{activation.kind}': a parameter is named twice in {names}; keep one.")
    for key, value in activation.parameters:
        exact(activation.kind, key, value)


def _check_expressions(activation: Activation) -> None:
    """Every field is exact and speaks only of the parameters' symbols and of its own dummy."""
    kind, own = activation.kind, activation.free_symbols
    if not isinstance(activation.domain, Interval):
        raise ActivationError(
            f"activation '{kind}': the domain of its cost is {activation.domain}, which is not an interval of positive "
            f"length; phi must take more than one value."
        )
    dummies = {"phi": {Z}, "slope": {Z}, "slope_at_rate": {X}, "inverse": {X}, "cost": {X}}
    plain = ("phi", "slope", "slope_at_rate", "inverse", "cost", "domain", "lipschitz")
    stated = [(name, getattr(activation, name), own | dummies.get(name, set())) for name in plain]
    stated += [("conditions", condition, own) for condition in activation.conditions]
    for piece in activation.pieces or ():
        stated += [("pieces", each, own) for each in (piece.lower, piece.upper, piece.slope, piece.intercept)]
    for name, expression, allowed in stated:
        if not isinstance(expression, sympy.Basic):
            raise ActivationError(
                f"activation '{kind}': {name} holds {expression!r}, which is not a SymPy expression; wrap it in "
                f"Integer or Rational."
            )
        if expression.has(sympy.Float) or expression.has(sympy.nan):
            raise ActivationError(
                f"activation '{kind}': {name} = {expression} is not exact; use integers and Rationals."
            )
        stray = sorted(str(each) for each in expression.free_symbols - allowed)
        if stray:
            raise ActivationError(
                f"activation '{kind}': {name} = {expression} holds {', '.join(stray)}, which is not the symbol of a "
                f"parameter; list it in parameters (symbols of its own there are {sorted(map(str, allowed))})."
            )


def _open_conditions(activation: Activation) -> tuple[Relational, ...]:
    """The conditions that are still open; a false one is an error, a true one needs no keeping."""
    given = ", ".join(f"{key} = {value}" for key, value in activation.parameters) or "no parameters"
    for place, condition in enumerate(activation.conditions, start=1):
        if condition == sympy.false:
            raise ActivationError(
                f"activation '{activation.kind}': condition {place} of {len(activation.conditions)} is false for "
                f"{given}; change the parameters."
            )
        if condition != sympy.true and not condition.free_symbols:
            raise ActivationError(
                f"activation '{activation.kind}': {condition} has no symbols and yet cannot be decided; "
                f"write its numbers in a simpler form."
            )
    return tuple(dict.fromkeys(condition for condition in activation.conditions if condition != sympy.true))


def _check_phi_is_pieces(activation: Activation) -> None:
    """Two inputs inside every piece (a line is two points), where the conditions of phi can be decided there."""
    assert activation.pieces is not None
    for piece in activation.pieces:
        for point in inside(piece.lower, piece.upper)[:2]:
            claimed = activation.phi.xreplace({Z: point})
            if not claimed.has(Piecewise, sympy.Max, sympy.Min) and not same(claimed, piece.value(point)):
                raise ActivationError(
                    f"activation '{activation.kind}': phi({point}) is {claimed}, but its piece '{piece.label}' says "
                    f"{piece.value(point)}; leave phi to Activation.from_pieces."
                )


def _check_agreement(activation: Activation) -> None:
    """With numbers for parameters: phi, inverse, cost and slopes belong together at three rates inside the range.

    Thirty digits at three points prove nothing; they catch the slip that would make every later theorem false.
    """
    cost_slope = sympy.diff(activation.cost, X) + X
    for rate in inside(activation.domain.start, activation.domain.end):
        total = activation.inverse.xreplace({X: rate})
        pairs = {
            "phi(inverse(x)) is not x": (activation.phi.xreplace({Z: total}), rate),
            "cost' + x is not inverse": (cost_slope.xreplace({X: rate}), total),
            "slope(inverse(x)) is not slope_at_rate": (
                activation.slope.xreplace({Z: total}),
                activation.slope_at_rate.xreplace({X: rate}),
            ),
        }
        for complaint, (one, other) in pairs.items():
            gap = abs(sympy.N(one - other, 30, maxn=200))
            # At a kink, or at the rate of a flat piece, one side is undefined and there is nothing to compare.
            if gap.is_Float and gap > sympy.Float("1e-20") * (1 + abs(sympy.N(other, 30))):
                raise ActivationError(
                    f"activation '{activation.kind}': {complaint} at x = {rate} (they differ by {sympy.N(gap, 3)}); "
                    f"correct the one that belongs to another phi."
                )


def _at_most_one(bound: Expr) -> Boolean:
    """``bound <= 1`` as a Boolean of polynomial relations, seen through Max and Piecewise."""
    if isinstance(bound, sympy.Max):
        return sympy.And(*(_at_most_one(each) for each in bound.args))
    if isinstance(bound, Piecewise):
        cases, before = [], sympy.true
        for value, when in bound.args:
            cases.append(sympy.And(before, when, _at_most_one(value)))
            before = sympy.And(before, sympy.Not(when))
        return sympy.Or(*cases)
    return sympy.Le(bound, 1)


def _compose(outer: Expr, inner: Expr) -> Expr:
    """``outer(inner(x))``, with a choice inside a condition brought to the outside."""
    composed = outer.xreplace({Z: inner})
    return sympy.piecewise_fold(composed) if inner.has(Piecewise) else composed
