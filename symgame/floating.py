"""A circuit with numbers in floating point: phi and its cost as functions of arrays, and the rate equations.

For pictures only: nothing that is printed as true rests on this module.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
import sympy
from numpy.typing import NDArray

from symgame.activation import Activation
from symgame.circuit import Circuit
from symgame.errors import Unsupported
from symgame.groups import neurons
from symgame.pieces import X, Z

Array = NDArray[np.float64]
Function = Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class FloatingCircuit:
    """``W`` (n, n), ``u``, ``tau`` (n,) and one ``phi`` and one ``cost`` per population; ``domain`` of each cost.

    ``cost`` is the activation cost g on its domain, without a constant.
    """

    names: tuple[str, ...]
    W: Array
    u: Array
    tau: Array
    phi: tuple[Function, ...]
    cost: tuple[Function, ...]
    domain: tuple[tuple[float, float], ...]

    def velocity(self, x: Array) -> Array:
        """``x'`` at states ``x`` of shape (n, ...): ``(-x + phi(W x + u)) / tau``, of the same shape."""
        column = (slice(None),) + (None,) * (x.ndim - 1)
        z = np.tensordot(self.W, x, axes=1) + self.u[column]
        answered = np.stack([f(row) for f, row in zip(self.phi, z, strict=True)])
        return np.asarray((answered - x) / self.tau[column])


@cache
def floating(circuit: Circuit) -> FloatingCircuit:
    """The circuit in floating point; it must be of the rate form and have a value for every symbol.

    >>> pair = Circuit.from_matrix([[2, -1], [1, 0]], names="EI", u=[1, 0], tau=[10, 5])
    >>> [float(v) for v in floating(pair).velocity(np.array([1.0, 1.0]))]
    [0.1, 0.0]
    """
    if circuit.copies:
        circuit = neurons(circuit)
    if circuit.symbols:
        raise Unsupported(f"these symbols have no value: {', '.join(circuit.symbols)}; a picture needs numbers")
    if circuit.form != "rate":
        raise Unsupported("the circuit is in the voltage form: its flow is not one of rates")
    n = len(circuit.names)
    activations = [p.activation for p in circuit.populations]
    return FloatingCircuit(
        circuit.names,
        np.array([[float(circuit.W[i, j]) for j in range(n)] for i in range(n)]),
        np.array([float(p.input) for p in circuit.populations]),
        np.array([float(p.tau) for p in circuit.populations]),
        tuple(_phi(a) for a in activations),
        tuple(_compiled(X, a.cost) for a in activations),
        tuple((_float(a.domain.start), _float(a.domain.end)) for a in activations),
    )


def fraction(value: sympy.Expr) -> Fraction:
    """A rational SymPy number as a ``Fraction``."""
    return Fraction(int(value.p), int(value.q))


def _float(value: sympy.Expr) -> float:
    return float("inf") if value == sympy.oo else float("-inf") if value == -sympy.oo else float(value)


def _phi(activation: Activation) -> Function:
    """phi: looked up by piece when there are pieces, compiled from its expression otherwise."""
    if activation.pieces is None:
        return _compiled(Z, activation.phi)
    knots = np.array([_float(p.lower) for p in activation.pieces[1:]])
    slopes = np.array([float(p.slope) for p in activation.pieces])
    intercepts = np.array([float(p.intercept) for p in activation.pieces])

    def phi(z: Array) -> Array:
        place = np.searchsorted(knots, z)
        return np.asarray(slopes[place] * z + intercepts[place])

    return phi


def _compiled(unknown: sympy.Symbol, expression: sympy.Expr) -> Function:
    """A NumPy function of one unknown; where it is undefined or overflows it is NaN or infinite, without a warning."""
    if not expression.has(unknown):
        constant = float(expression)
        return lambda values: np.full(np.shape(values), constant)
    raw = sympy.lambdify(unknown, expression, modules=[{"polylog": _dilogarithm}, "numpy"])

    def function(values: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.asarray(raw(values), dtype=float)

    return function


def _dilogarithm(order: int, x: Array) -> Array:
    """``polylog(2, x)``: the only order that the table of kinds has (the cost of softplus)."""
    from scipy.special import spence

    return np.asarray(spence(1 - x))
