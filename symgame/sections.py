"""An activation on balls, in sections: parts of the line on which phi is smooth, with phi and phi' as enclosures.

A piecewise-linear phi has its pieces for sections, a smooth one the whole line; where a smooth phi is flat beyond an
end (``k [z]_+^p`` below its threshold) the flat part is a section of its own, so that a rate there is exact. On a
section phi and phi' are given by expressions that make sense beyond its ends too: a search may treat every choice
of sections as a smooth problem, and ask afterwards whether its solutions lie inside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import sympy
from flint import arb

from symgame.activation import Activation
from symgame.balls import ball_function
from symgame.pieces import X, Z

Function = Callable[[arb], arb]


@dataclass(frozen=True, eq=False)
class Section:
    """``phi`` for total inputs from ``lower`` to ``upper`` (``None``: no end), exact expressions.

    ``level`` is the exact rate of a flat section, ``phi`` the expression in Z on any. ``rate`` and ``slope`` enclose
    phi and phi' over a ball of total inputs; a slope enclosure holds every secant slope over the ball too. ``closed``
    says which ends belong to it.
    """

    label: str
    lower: sympy.Expr | None
    upper: sympy.Expr | None
    level: sympy.Expr | None
    phi: sympy.Expr
    rate: Function
    slope: Function
    closed: tuple[bool, bool]

    @property
    def flat(self) -> bool:
        return self.level is not None


@cache
def sections(activation: Activation) -> tuple[Section, ...]:
    """The sections of a numeric activation, from below.

    Raises :class:`~symgame.errors.Unsupported` when its expressions cannot be enclosed.

    >>> from symgame.kinds import activation
    >>> [(each.label, each.lower, each.upper) for each in sections(activation("power", k=2, threshold=1))]
    [('silent', None, 1), ('active', 1, None)]
    >>> (logistic,) = sections(activation("logistic"))
    >>> logistic.slope(arb(0, 2)).upper() <= arb(0.251), logistic.rate(arb(0))
    (True, 0.500000000000000)
    """
    if activation.pieces is not None:
        return tuple(
            Section(
                str(piece.label),
                None if piece.lower == -sympy.oo else piece.lower,
                None if piece.upper == sympy.oo else piece.upper,
                piece.intercept if piece.flat else None,
                piece.slope * Z + piece.intercept,
                _increasing(ball_function(piece.slope * Z + piece.intercept, Z)),
                _constant(piece.slope),
                activation.closed(piece),
            )
            for piece in activation.pieces
        )
    low, high = _flat_end(activation, activation.domain.start), _flat_end(activation, activation.domain.end)
    rows = []
    if low is not None:
        rows.append(_level("silent", None, low, activation.domain.start))
    rows.append(
        Section(
            "active",
            low,
            high,
            None,
            activation.phi,
            _increasing(ball_function(activation.phi, Z)),
            slope_enclosure(activation),
            (False, False),
        )
    )
    if high is not None:
        rows.append(_level("saturated", high, None, activation.domain.end))
    return tuple(rows)


def _level(label: str, lower: sympy.Expr | None, upper: sympy.Expr | None, level: sympy.Expr) -> Section:
    closed = (lower is not None, upper is not None)
    return Section(label, lower, upper, level, level, _constant(level), _constant(sympy.Integer(0)), closed)


def _flat_end(activation: Activation, end: sympy.Expr) -> sympy.Expr | None:
    """The total input beyond which a smooth phi is constant: where the inverse at a closed end is finite."""
    if end in (-sympy.oo, sympy.oo) or not activation.domain.contains(end):
        return None
    value = activation.inverse.subs(X, end)
    return value if value.is_finite and value.is_real else None


def _constant(value: sympy.Expr) -> Function:
    return ball_function(value, Z)


def _increasing(f: Function) -> Function:
    """The enclosure of a nondecreasing function over a ball, by its ends."""

    def over(ball: arb) -> arb:
        return f(ball) if ball.is_exact() else f(ball.lower()).union(f(ball.upper()))

    return over


def slope_enclosure(activation: Activation) -> Function:
    """phi' of a smooth activation over a ball of total inputs.

    With ``phi' = sigma(x)``: by its ends where sigma is monotone on the ball's rates, otherwise the enclosure of sigma
    there, cut to ``[0, sup phi']``.
    """
    rate = _increasing(ball_function(activation.phi, Z))
    sigma = ball_function(activation.slope_at_rate, X)
    change = ball_function(sympy.diff(activation.slope_at_rate, X), X)
    bound = activation.lipschitz
    most = None if bound.has(sympy.oo) else ball_function(bound, X)

    def over(ball: arb) -> arb:
        x = rate(ball)
        if x.is_exact():
            return sigma(x)
        direct = sigma(x)
        if most is None:
            return direct.max(arb(0)) if direct.is_finite() else direct
        whole = arb(0).union(most(x))
        if not direct.is_finite():
            return whole
        turn = change(x)
        if turn > 0 or turn < 0:
            direct = sigma(rate(ball.lower())).union(sigma(rate(ball.upper())))
        return direct.intersection(whole) if direct.overlaps(whole) else whole

    return over
