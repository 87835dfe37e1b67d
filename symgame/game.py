"""The game: what each neuron pays, and what it would do about it.

Neuron i chooses its rate x_i and pays ``E_i = E_int_i + g_i(x_i)``; the interaction cost is ``E_int_i = (1 - W_ii)
x_i^2/2 - x_i (sum_{j != i} W_ij x_j + u_i)`` and g_i is the activation cost, of which phi_i is the proximal operator.
Source: Betteti, Retnaraj, Davydov, Cortés, Bullo, arXiv 2512.05252.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sympy

from symgame.algebra import algebra
from symgame.circuit import Circuit
from symgame.condition import FALSE, TRUE
from symgame.errors import Unsupported
from symgame.notation import symbol
from symgame.pieces import X
from symgame.tables import formula, joined


def rates(circuit: Circuit) -> sympy.ImmutableDenseMatrix:
    """The vector of rates ``x_E, x_I, ...``.

    >>> from symgame.named import wilson_cowan
    >>> rates(wilson_cowan()).T
    Matrix([[x_E, x_I]])
    """
    return sympy.ImmutableDenseMatrix([symbol(f"x_{name}") for name in circuit.names])


def others_input(circuit: Circuit, i: int) -> sympy.Expr:
    """``sum_{j != i} W_ij x_j + u_i``: what neuron i receives from everything but itself.

    Where i is one of several copies, x_i is its own rate: :class:`~symgame.errors.Unsupported` if its copies drive it.
    """
    x = rates(circuit)
    if circuit.copies and sympy.expand(circuit.W[i, i] - circuit.own(i)) != 0:
        raise Unsupported(f"{circuit.names[i]} receives from its copies: its own energy needs a name for their rates")
    return sympy.Add(*(circuit.W[i, j] * x[j] for j in range(len(x)) if j != i)) + circuit.u[i]


def interaction_cost(circuit: Circuit, i: int) -> sympy.Expr:
    """``E_int_i``.

    >>> from symgame.named import wilson_cowan
    >>> sympy.diff(interaction_cost(wilson_cowan(), 0), symbol("x_E"))
    -u_E + w_EI*x_I + x_E*(1 - w_EE)
    """
    x = rates(circuit)[i]
    return (1 - circuit.own(i)) * x**2 / 2 - x * others_input(circuit, i)


def activation_cost(circuit: Circuit, i: int) -> sympy.Expr:
    """``g_i(x_i)`` on its domain; outside it is +oo (:attr:`symgame.activation.Activation.domain`)."""
    cost: sympy.Expr = circuit.populations[i].activation.cost.xreplace({X: rates(circuit)[i]})
    return cost


def energy(circuit: Circuit, i: int) -> sympy.Expr:
    """``E_i = E_int_i + g_i(x_i)`` on the domain of g_i."""
    return interaction_cost(circuit, i) + activation_cost(circuit, i)


def pseudo_gradient(circuit: Circuit) -> sympy.ImmutableDenseMatrix:
    """``F_i = dE_int_i/dx_i``, by differentiating each neuron's own cost along its own rate."""
    x = rates(circuit)
    return sympy.ImmutableDenseMatrix([sympy.diff(interaction_cost(circuit, i), x[i]) for i in range(len(x))])


def proximal_argument(circuit: Circuit) -> sympy.ImmutableDenseMatrix:
    """``x - F(x)``: the point whose proximal step is the right side of the dynamics ``tau x' = -x + prox_g(x -
    F(x))``."""
    return sympy.ImmutableDenseMatrix(rates(circuit) - pseudo_gradient(circuit))


def gradient_condition(circuit: Circuit, i: int) -> sympy.Expr:
    """``dE_i/dx_i`` where g_i is differentiable: it is 0 at a stationary point inside the range of phi_i.

    >>> from symgame.named import wilson_cowan
    >>> gradient_condition(wilson_cowan(), 1)
    -u_I - w_IE*x_E + x_I*(w_II + 1)
    """
    return sympy.diff(energy(circuit, i), rates(circuit)[i])


def own_curvature(circuit: Circuit, i: int) -> sympy.Expr:
    """``d^2 E_i/dx_i^2 = 1/phi_i' - W_ii`` with phi_i' written in the rate, where phi_i' > 0."""
    activation = circuit.populations[i].activation
    return 1 / activation.slope_at_rate.xreplace({X: rates(circuit)[i]}) - circuit.own(i)


def received(circuit: Circuit) -> str:
    """The letter for what a neuron receives from the others: c, unless a symbol of the circuit has that name."""
    return next(name for name in ("c", "c_in", "c_received", "c_others") if name not in circuit.symbols)


@dataclass(frozen=True)
class BestResponse:
    """One case of a best response: under ``when`` (on the input c from the others), the minimisers of the own
    energy."""

    when: str
    minimisers: str

    def _repr_html_(self) -> str:
        return joined((formula(self.minimisers), formula(self.when)), " when ").source


def best_response(circuit: Circuit, i: int) -> tuple[BestResponse, ...]:
    """The set of own-cost minimisers of a rectified neuron (gain 1), as a function of ``c``, its input from the others.

    The letter is :func:`received`.

    With ``k = 1 - W_ii`` the own energy is ``k y^2/2 - c y`` on ``[0, m]`` or ``[0, oo)``: convex for k > 0; for k <=
    0 the minimum is at an end, and without a cap there is none once the energy falls for ever.
    """
    activation = circuit.populations[i].activation
    rising = [piece for piece in activation.pieces or () if not piece.flat]
    unit = len(rising) == 1 and rising[0].slope == 1 and rising[0].intercept == 0
    if activation.kind not in ("relu", "saturating", "linear") or not unit:
        return (BestResponse("always", "argmin of the own energy (no closed cases for this activation)"),)
    a = algebra(circuit)
    k, cap = 1 - circuit.own(i), dict(activation.parameters).get("cap")

    def sign(rel: str) -> str | None:
        """``k rel 0``; nothing where the domain shows it, ``None`` where the domain excludes it."""
        known = a.domain.compare(a.one - a.own[i], rel)
        return "" if known == TRUE else None if known == FALSE else f"{k} {rel} 0"

    return tuple(
        BestResponse(" & ".join(x for x in (first, when) if x) or "always", minimisers)
        for first, when, minimisers in _cases(activation.kind, k, received(circuit), cap, sign)
        if first is not None
    )


def _cases(
    kind: str, k: sympy.Expr, c: str, cap: sympy.Expr | None, sign: Callable[[str], str | None]
) -> Iterator[tuple[str | None, str, str]]:
    """Sign of the curvature, condition on c, minimisers."""
    for_ever = "none: the energy falls for ever"
    above = c if k == 1 else f"{c}/({k})"
    positive, zero, negative, low = map(sign, (">", "=", "<", "<="))
    if kind == "linear":
        yield positive, "", above
        yield zero, f"{c} = 0", "every rate"
        yield zero, f"{c} != 0", for_ever
        yield negative, "", for_ever
    elif cap is None:
        yield positive, "", f"max(0, {above})"
        yield zero, f"{c} < 0", "0"
        yield zero, f"{c} = 0", "every rate"
        yield zero, f"{c} > 0", for_ever
        yield negative, "", for_ever
    else:
        half = f"({k})*({cap})/2"
        yield positive, "", f"min({cap}, max(0, {above}))"
        yield low, f"{c} < {half}", "0"
        yield low, f"{c} > {half}", f"{cap}"
        yield negative, f"{c} = {half}", f"0 and {cap}"
        yield zero, f"{c} = 0", "every rate"
