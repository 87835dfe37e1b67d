"""The ten built-in kinds of activation: one table of normalised shapes, and one change of scale for all of them.

Every built-in phi is ``height*S(gain*(z - threshold)) - offset`` with a shape S of the table, so that

    phi**(-1)(x) = threshold + S**(-1)(y)/gain,   y = (x + offset)/height
    g(x)         = threshold*x + (height/gain)*G(y) - x**2/2,   G = ∫ S**(-1)
    phi'         = height*gain*S'

Source: the costs are those of P. L. Combettes and J.-C. Pesquet, Set-Valued Var. Anal. 28 (2020) 491, section 2, up to
scale; softplus and the power law are integrated here.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import sympy
from sympy import Expr, Integer, Interval, Piecewise, Rational, oo, pi
from sympy.core.relational import Relational

from symgame.activation import Activation, exact
from symgame.errors import ActivationError
from symgame.notation import symbol
from symgame.pieces import Piece, X, Z

Values = Mapping[str, Expr]

ZERO, ONE = Integer(0), Integer(1)
GAIN, HEIGHT, CAP, THRESHOLD, K, P = map(symbol, ("gain", "height", "cap", "threshold", "k", "p"))


@dataclass(frozen=True)
class Shape:
    """A normalised phi that is not piecewise linear: S and S' in Z; S', the inverse of S and its integral in X."""

    phi: Expr
    slope: Expr
    slope_at_rate: Expr
    inverse: Expr
    integral: Expr
    domain: Interval
    lipschitz: Expr


@dataclass(frozen=True)
class Scale:
    """``phi(z) = height*S(gain*(z - threshold)) - offset`` with gain and height positive."""

    gain: Expr = ONE
    threshold: Expr = ZERO
    height: Expr = ONE
    offset: Expr = ZERO

    def total(self, z: Expr) -> Expr:
        """The argument of S at a total input."""
        return self.gain * (z - self.threshold)

    def rate(self, x: Expr) -> Expr:
        """The value of S at a rate."""
        return (x + self.offset) / self.height


@dataclass(frozen=True)
class Kind:
    """A row of the table: the keys with their defaults (None: required), what they must satisfy, and the shape.

    ``scale`` says which key plays which part of the change of scale, for the kinds that use other names for it.
    """

    defaults: Mapping[str, Expr | None]
    conditions: tuple[Relational, ...]
    shape: Callable[[Values], Shape | tuple[Piece, ...]]
    source: str
    scale: Mapping[str, str] = field(default_factory=lambda: {key: key for key in Scale.__dataclass_fields__})


# Shapes ------------------------------------------------------------------------------------------------------------


def _constant(shape: Shape | tuple[Piece, ...]) -> Callable[[Values], Shape | tuple[Piece, ...]]:
    """The shape that depends on no parameter."""
    return lambda values: shape


IDENTITY = (Piece("active", -oo, oo, ONE, ZERO),)
RECTIFIER = (Piece("silent", -oo, ZERO, ZERO, ZERO), Piece("active", ZERO, oo, ONE, ZERO))


def _logistic(values: Values) -> Shape:
    return Shape(
        phi=1 / (1 + sympy.exp(-Z)),
        slope=sympy.exp(-Z) / (1 + sympy.exp(-Z)) ** 2,
        slope_at_rate=X * (1 - X),
        inverse=sympy.log(X / (1 - X)),
        integral=X * sympy.log(X) + (1 - X) * sympy.log(1 - X),
        domain=Interval(0, 1),
        lipschitz=Rational(1, 4),
    )


def _tanh(values: Values) -> Shape:
    return Shape(
        phi=sympy.tanh(Z),
        slope=1 - sympy.tanh(Z) ** 2,
        slope_at_rate=1 - X**2,
        inverse=sympy.atanh(X),
        integral=X * sympy.atanh(X) + sympy.log(1 - X**2) / 2,
        domain=Interval(-1, 1),
        lipschitz=ONE,
    )


# The only bounded kind here whose cost grows without bound at the ends of its range: they do not belong to the domain.


def _arctan(values: Values) -> Shape:
    return Shape(
        phi=2 / pi * sympy.atan(pi * Z / 2),
        slope=1 / (1 + (pi * Z / 2) ** 2),
        slope_at_rate=sympy.cos(pi * X / 2) ** 2,
        inverse=2 / pi * sympy.tan(pi * X / 2),
        integral=-4 / pi**2 * sympy.log(sympy.cos(pi * X / 2)),
        domain=Interval.open(-1, 1),
        lipschitz=ONE,
    )


def _algebraic(values: Values) -> Shape:
    return Shape(
        phi=Z / sympy.sqrt(1 + Z**2),
        slope=(1 + Z**2) ** Rational(-3, 2),
        slope_at_rate=(1 - X**2) ** Rational(3, 2),
        inverse=X / sympy.sqrt(1 - X**2),
        integral=-sympy.sqrt(1 - X**2),
        domain=Interval(-1, 1),
        lipschitz=ONE,
    )


# d/dx Li_2(exp(-x)) = log(1 - exp(-x)), so the integral's derivative is x + log(1 - exp(-x)) = log(exp(x) - 1).


def _softplus(values: Values) -> Shape:
    return Shape(
        phi=sympy.log(1 + sympy.exp(Z)),
        slope=1 / (1 + sympy.exp(-Z)),
        slope_at_rate=1 - sympy.exp(-X),
        inverse=sympy.log(sympy.exp(X) - 1),
        integral=X**2 / 2 + sympy.polylog(2, sympy.exp(-X)),
        domain=Interval(0, oo),
        lipschitz=ONE,
    )


def _saturating(values: Values) -> tuple[Piece, ...]:
    """``min([z]_+, cap)``; the cap is reached at ``z = cap`` before scaling, and it is not scaled."""
    cap = values["cap"]
    return (
        Piece("silent", -oo, ZERO, ZERO, ZERO),
        Piece("active", ZERO, cap, ONE, ZERO),
        Piece("saturated", cap, oo, ZERO, cap),
    )


def _soft_threshold(values: Values) -> tuple[Piece, ...]:
    """``sign(z) [abs(z) - threshold]_+``: here the threshold is part of the shape, not a shift."""
    threshold = values["threshold"]
    return (
        Piece("negative", -oo, -threshold, ONE, threshold),
        Piece("silent", -threshold, threshold, ZERO, ZERO),
        Piece("active", threshold, oo, ONE, -threshold),
    )


def _power(values: Values) -> Shape | tuple[Piece, ...]:
    """``[z]_+**p``; p = 1 is the rectifier and keeps its pieces."""
    p = values["p"]
    if p == 1:
        return RECTIFIER
    # The slope at 0 is 0 for p > 1 and undefined for p = 1, which a symbolic p may still turn out to be.
    rest = Z <= 0 if (p - 1).is_positive else (Z < 0) | ((Z <= 0) & (p > 1))
    return Shape(
        phi=Piecewise((Z**p, Z > 0), (0, True)),
        slope=Piecewise((p * Z ** (p - 1), Z > 0), (0, rest)),
        slope_at_rate=p * X ** (1 - 1 / p),
        inverse=X ** (1 / p),
        integral=p / (p + 1) * X ** (1 + 1 / p),
        domain=Interval(0, oo),
        lipschitz=Piecewise((ONE, sympy.Eq(p, 1)), (oo, True)),
    )


# The table ---------------------------------------------------------------------------------------------------------

SCALED: dict[str, Expr | None] = {"gain": ONE, "threshold": ZERO}
SIGMOID: dict[str, Expr | None] = {**SCALED, "height": ONE}

KINDS: Mapping[str, Kind] = {
    "linear": Kind(SCALED, (GAIN > 0,), _constant(IDENTITY), "the identity, scaled"),
    "relu": Kind(
        SCALED,
        (GAIN > 0,),
        _constant(RECTIFIER),
        "R. H. R. Hahnloser, H. S. Seung and J.-J. Slotine, Neural Comput. 15 (2003) 621",
    ),
    "saturating": Kind(
        {**SCALED, "cap": None},
        (GAIN > 0, CAP > 0),
        _saturating,
        "E. Nozari, R. Planas and J. Cortés, arXiv 2103.00134",
    ),
    "soft_threshold": Kind(
        {"gain": ONE, "threshold": None},
        (GAIN > 0, THRESHOLD > 0),
        _soft_threshold,
        "D. L. Donoho, De-noising by soft-thresholding, IEEE Trans. Inf. Theory 41 (1995) 613",
        scale={"height": "gain"},
    ),
    "logistic": Kind(
        {**SIGMOID, "offset": ZERO},
        (GAIN > 0, HEIGHT > 0),
        _logistic,
        "H. R. Wilson and J. D. Cowan, Biophys. J. 12 (1972) 1",
    ),
    "tanh": Kind(SIGMOID, (GAIN > 0, HEIGHT > 0), _tanh, "Combettes and Pesquet (2020), section 2"),
    "arctan": Kind(SIGMOID, (GAIN > 0, HEIGHT > 0), _arctan, "Combettes and Pesquet (2020), section 2"),
    "algebraic": Kind(SIGMOID, (GAIN > 0, HEIGHT > 0), _algebraic, "Combettes and Pesquet (2020), section 2"),
    "softplus": Kind(SCALED, (GAIN > 0,), _softplus, "C. Dugas et al., NIPS 13 (2001)"),
    "power": Kind(
        {"k": ONE, "p": Integer(2), "threshold": ZERO},
        (K > 0, P >= 1),
        _power,
        "Y. Ahmadian, D. B. Rubin and K. D. Miller, Neural Comput. 25 (2013) 1994",
        scale={"height": "k", "threshold": "threshold"},
    ),
}


def activation(kind: str, **parameters: object) -> Activation:
    """The built-in activation of that kind, whole and exact.

    Keys (all positive, but threshold and offset, which are any real numbers):

    * ``linear``, ``relu``, ``softplus``: gain 1, threshold 0; ``saturating``: and a cap;
    * ``tanh``, ``arctan`` (``2/pi*atan(pi*z/2)``), ``algebraic`` (``z/sqrt(1 + z**2)``): and height 1;
    * ``logistic``: and height 1, offset 0; ``offset="rest"`` makes phi(0) = 0;
    * ``soft_threshold``: gain 1 and a threshold > 0 (at 0 it is ``linear``);
    * ``power``: ``k*[z - threshold]_+**p`` with k 1 and p 2. It needs p >= 1: below, the slope at the threshold is
      infinite, and a rate equation may leave a silent state in several ways.

    Values are ints, Fractions, exact SymPy numbers, or polynomials in symbols of :mod:`symgame.notation`.

    Errors: :class:`~symgame.errors.ActivationError` for an unknown kind or key, a missing cap or threshold, a value
    that is not exact or is out of range.

    >>> activation("saturating", cap=symbol("m_E")).conditions
    (m_E > 0,)
    >>> activation("logistic", gain=symbol("a"), threshold=symbol("th")).slope_at_rate
    a*x*(1 - x)
    >>> activation("softplus").cost
    polylog(2, exp(-x))
    >>> activation("logistics")
    Traceback (most recent call last):
    ...
    symgame.errors.ActivationError: there is no activation kind 'logistics'; did you mean 'logistic'? The kinds are ...
    """
    if not isinstance(kind, str) or kind not in KINDS:
        raise ActivationError(f"there is no activation kind {kind!r}; {_choose(kind, KINDS, 'kinds')}")
    row = KINDS[kind]
    values = _values(kind, row, parameters)
    scale = Scale(**{part: values[key] for part, key in row.scale.items() if key in values})
    shape = row.shape(values)
    if isinstance(shape, Shape) and parameters.get("offset") == "rest":
        values["offset"] = scale.height * shape.phi.xreplace({Z: scale.total(ZERO)})
        scale = Scale(scale.gain, scale.threshold, scale.height, values["offset"])
    in_force = {symbol(key): value for key, value in values.items()}
    conditions = tuple(_condition(kind, each, in_force) for each in row.conditions)
    if isinstance(shape, tuple):
        pieces = tuple(_scaled_piece(piece, scale) for piece in shape)
        return Activation.from_pieces(kind, pieces, values, conditions=conditions, source=row.source)
    return _scaled_shape(kind, shape, scale, values, conditions, row.source)


def _values(kind: str, row: Kind, parameters: Mapping[str, object]) -> dict[str, Expr]:
    """Every key of the kind with its exact value, in the order of the table; "rest" stands for 0 until it is known."""
    for key in parameters:
        if key not in row.defaults:
            raise ActivationError(
                f"activation '{kind}' has no parameter '{key}'; {_choose(key, row.defaults, f'parameters of {kind!r}')}"
            )
    values: dict[str, Expr] = {}
    for key, default in row.defaults.items():
        if key in parameters and not (key == "offset" and isinstance(parameters[key], str)):
            values[key] = _polynomial(kind, key, parameters[key])
        elif key in parameters and parameters[key] != "rest":
            raise ActivationError(
                f"activation '{kind}': offset = {parameters[key]!r}; the only word for it is \"rest\", which makes "
                f"phi(0) = 0."
            )
        elif default is None:
            raise ActivationError(f"activation '{kind}' needs a {key}; pass {key}=..., a positive number or a symbol.")
        else:
            values[key] = default
    return values


def _polynomial(kind: str, key: str, value: object) -> Expr:
    """An exact value that hides no condition: a quotient of symbols would suppose that its denominator is not 0."""
    expression = exact(kind, key, value)
    if not expression.is_polynomial(*expression.free_symbols):
        raise ActivationError(
            f"activation '{kind}': {key} = {expression} is not a polynomial in its symbols; give it a symbol of its "
            f"own."
        )
    return expression


def _condition(kind: str, condition: Relational, values: Mapping[sympy.Symbol, Expr]) -> Relational:
    """The condition for these values; if it is false, the message names the key and what it must satisfy."""
    stated: Relational = condition.subs(values, simultaneous=True)
    if stated == sympy.false:
        key = condition.lhs
        raise ActivationError(f"activation '{kind}': {key} = {values[key]}, but it must satisfy {condition}.")
    return stated


def _choose(wrong: object, known: Mapping[str, object], what: str) -> str:
    near = difflib.get_close_matches(str(wrong), known, n=1)
    asked = f"did you mean '{near[0]}'? " if near else ""
    return f"{asked}The {what} are {', '.join(known)}." if asked else f"the {what} are {', '.join(known)}."


# The change of scale -----------------------------------------------------------------------------------------------


def _scaled_piece(piece: Piece, scale: Scale) -> Piece:
    """``height*S(gain*(z - threshold)) - offset`` on one line of S; a saturating kind's cap is not scaled by gain."""
    slope = sympy.expand(scale.height * scale.gain * piece.slope)
    start = scale.height * piece.intercept - scale.offset
    return Piece(
        piece.label,
        _knot(piece.lower, scale),
        _knot(piece.upper, scale),
        slope,
        sympy.expand(start - slope * scale.threshold),
    )


def _knot(end: Expr, scale: Scale) -> Expr:
    """Where the scaled input reaches a knot; infinite ends stay (the gain is positive, though its symbol is not)."""
    return end if end in (-oo, oo) else scale.threshold + end / scale.gain


def _scaled_shape(
    kind: str, shape: Shape, scale: Scale, values: Values, conditions: tuple[Relational, ...], source: str
) -> Activation:
    at_total, at_rate = {Z: scale.total(Z)}, {X: scale.rate(X)}
    gain = scale.height * scale.gain
    return Activation.smooth(
        kind,
        phi=scale.height * shape.phi.subs(at_total) - scale.offset,
        slope=gain * shape.slope.subs(at_total),
        slope_at_rate=gain * shape.slope_at_rate.subs(at_rate),
        inverse=scale.threshold + shape.inverse.subs(at_rate) / scale.gain,
        cost=scale.threshold * X + scale.height / scale.gain * shape.integral.subs(at_rate) - X**2 / 2,
        domain=_scaled_domain(shape.domain, scale),
        lipschitz=_scaled_bound(shape.lipschitz, gain),
        parameters=values,
        conditions=conditions,
        source=source,
    )


def _scaled_domain(domain: Interval, scale: Scale) -> Interval:
    ends = (end if end in (-oo, oo) else scale.height * end - scale.offset for end in (domain.start, domain.end))
    return Interval(*ends, domain.left_open, domain.right_open)


def _scaled_bound(bound: Expr, gain: Expr) -> Expr:
    """``gain*bound`` for a positive gain: oo stays oo, which SymPy would not say of a symbol without a sign."""
    if isinstance(bound, Piecewise):
        return Piecewise(*((_scaled_bound(value, gain), when) for value, when in bound.args))
    return bound if bound == oo else gain * bound
