"""The dynamics: rate and voltage equations as differential equations, without the game."""

from __future__ import annotations

import sympy

from symgame.circuit import Circuit
from symgame.notation import symbol
from symgame.pieces import Z


def total_inputs(circuit: Circuit) -> sympy.ImmutableDenseMatrix:
    """``W x + u`` in the rates ``x_E, x_I, ...``.

    >>> from symgame.named import wilson_cowan
    >>> total_inputs(wilson_cowan())[0]
    u_E + w_EE*x_E - w_EI*x_I
    """
    x = sympy.ImmutableDenseMatrix([symbol(f"x_{name}") for name in circuit.names])
    return sympy.ImmutableDenseMatrix(circuit.W * x + circuit.u)


def rate_equations(circuit: Circuit) -> sympy.ImmutableDenseMatrix:
    """``x'``: ``(-x_i + phi_i((W x + u)_i)) / tau_i``; in the voltage form ``v' = (-v + W phi(v) + u) / tau``, in
    ``v_E, v_I, ...``."""
    if circuit.form == "voltage":
        v = [symbol(f"v_{name}") for name in circuit.names]
        fired = sympy.ImmutableDenseMatrix(
            [p.activation.phi.xreplace({Z: v[k]}) for k, p in enumerate(circuit.populations)]
        )
        driven = circuit.W * fired + circuit.u
        return sympy.ImmutableDenseMatrix([(-v[k] + driven[k]) / p.tau for k, p in enumerate(circuit.populations)])
    z = total_inputs(circuit)
    return sympy.ImmutableDenseMatrix(
        [
            (-symbol(f"x_{p.name}") + p.activation.phi.xreplace({Z: z[k]})) / p.tau
            for k, p in enumerate(circuit.populations)
        ]
    )


def jacobian(circuit: Circuit) -> sympy.ImmutableDenseMatrix:
    """``diag(1/tau) (-I + diag(phi') W)`` with ``s_E, s_I, ...`` for the slopes ``phi'`` at the total inputs.

    The voltage form has ``diag(1/tau) (-I + W diag(phi'))``, which has the same spectrum: the matrices are similar for
    slopes that are not 0, and the characteristic polynomials are continuous in the slopes.
    """
    n = len(circuit.names)
    slopes = sympy.diag(*(symbol(f"s_{name}") for name in circuit.names))
    coupled = circuit.W * slopes if circuit.form == "voltage" else slopes * circuit.W
    rows = coupled - sympy.eye(n)
    return sympy.ImmutableDenseMatrix([[rows[i, j] / circuit.tau[i] for j in range(n)] for i in range(n)])
