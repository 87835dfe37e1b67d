"""The equilibrium conditions ``x = phi(W x + u)`` as signs of polynomials in the rates and the circuit's symbols.

They grow with the number of populations, not with that of branches: each population adds one choice among its pieces.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy

from symgame.algebra import algebra
from symgame.circuit import Circuit, Population
from symgame.condition import Condition, both, either, sign
from symgame.errors import Unsupported
from symgame.rate_system import open_circuit
from symgame.ring import Quotient, Ring, from_sympy

Assertion = tuple[str, Condition]


def fixed_points(circuit: Circuit) -> tuple[Assertion, ...]:
    """What holds of an equilibrium, each part with a sentence: the domain, the values, one condition per population.

    The unknowns are the symbols of the circuit and its rates ``x_E, x_I, ...``, in the voltage form too, which has the
    same equilibria. The points that satisfy all parts are exactly the equilibria for parameters of the domain.

    Raises :class:`~symgame.errors.Unsupported` for an activation that is no matter of polynomials: logistic, tanh,
    arctan, softplus, and a power law whose exponent is no whole number.

    >>> from symgame.named import wilson_cowan
    >>> for says, condition in fixed_points(wilson_cowan().with_values(w_EE=2))[-3:]:
    ...     print(f"{says}: {condition}")
    w_EE has a value: w_EE = 2
    E: a choice among the pieces of relu: (x_I*w_EI >= u_E + x_E*w_EE & x_E = 0) | ...
    I: a choice among the pieces of relu: (x_I*w_II >= u_I + x_E*w_IE & x_I = 0) | ...
    """
    kept = open_circuit(circuit)
    rates = tuple(f"x_{name}" for name in kept.names)
    ring = Ring((*rates, *kept.symbols))

    def lower(expression: sympy.Expr) -> Quotient:
        return from_sympy(expression, ring)

    rows: list[Assertion] = [(f"{h.text} ({h.why})", h.condition) for h in algebra(kept).domain.hypotheses]
    for name, value in kept.values:
        rows.append((f"{name} has a value", sign(ring.of(name) - lower(value), "=")))
    for i, p in enumerate(kept.populations):
        total = lower(p.input)
        for weight, rate in zip(kept.entries[i], rates, strict=True):
            total = total + lower(weight) * ring.of(rate)
        rows.append(_answer(p, total, ring.of(rates[i]), lower))
    return tuple(rows)


def _answer(p: Population, z: Quotient, x: Quotient, lower: Callable[[sympy.Expr], Quotient]) -> Assertion:
    """``x = phi(z)`` for one population."""
    activation = p.activation
    if activation.pieces is not None:
        parts = []
        for piece in activation.pieces:
            ends = [sign(z - lower(piece.lower), ">=")] if not piece.lower.is_infinite else []
            ends += [sign(lower(piece.upper) - z, ">=")] if not piece.upper.is_infinite else []
            parts.append(both(*ends, sign(x - lower(piece.slope) * z - lower(piece.intercept), "=")))
        return f"{p.name}: a choice among the pieces of {activation.kind}", either(*parts)
    values = dict(activation.parameters)
    if activation.kind == "power" and values["p"].is_Integer:
        above = z - lower(values["threshold"])
        grown = x - lower(values["k"]) * above ** int(values["p"])
        return f"{p.name}: a power above its threshold", either(
            both(sign(-above, ">="), sign(x, "=")), both(sign(above, ">="), sign(grown, "="))
        )
    if activation.kind == "algebraic":
        w = lower(values["gain"]) * (z - lower(values["threshold"]))
        square = x**2 * (w**2 + lower(sympy.Integer(1))) - (lower(values["height"]) * w) ** 2
        return f"{p.name}: w/sqrt(1 + w^2), squared, and of the sign of w", both(sign(square, "="), sign(x * w, ">="))
    raise Unsupported(
        f"{p.name} has the activation '{activation.kind}', which no polynomials describe: the real arithmetic of "
        f"SMT-LIB has no such function"
    )
