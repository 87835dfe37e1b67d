"""The derivatives of phi as functions of its own value: what makes Jacobians of smooth circuits explicit in the rates.

With ``phi' = sigma(x)``, ``x = phi(z)``, the chain rule gives ``phi'' = sigma' sigma``,
``phi''' = (sigma'' sigma + sigma'^2) sigma``, and so on: each derivative in z is ``sigma d/dx`` of the one before.
"""

from __future__ import annotations

import sympy
from sympy import Expr

from symgame.activation import Activation
from symgame.pieces import X


def rate_slopes(activation: Activation, order: int = 3) -> tuple[Expr, ...]:
    """``phi', phi'', ...`` up to that order, in the rate X, on the part where phi increases.

    >>> from symgame.kinds import activation
    >>> rate_slopes(activation("tanh"))
    (1 - x**2, -2*x*(1 - x**2), (1 - x**2)*(6*x**2 - 2))
    >>> rate_slopes(activation("softplus"), 2)
    (1 - exp(-x), (1 - exp(-x))*exp(-x))
    """
    sigma = activation.slope_at_rate
    slopes = [sigma]
    while len(slopes) < order:
        slopes.append(sigma * sympy.expand(sympy.diff(slopes[-1], X)))
    return tuple(slopes)
