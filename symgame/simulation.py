"""The rate equations of a circuit or a column integrated in time, in floating point.

A picture of the flow, not evidence: what a column rests at exactly is said by :mod:`symgame.columns`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import sympy

from symgame.circuit import Circuit
from symgame.entries import exact_entry
from symgame.errors import CircuitError, Unsupported
from symgame.floating import Array, floating
from symgame.layering import Layers, Names
from symgame.notation import symbol


@dataclass(frozen=True, eq=False)
class Simulation:
    """``times`` (t,), and ``rates`` (t, layers, populations of a layer) with their ``names`` by layer."""

    names: Names
    times: Array
    rates: Array

    @property
    def final(self) -> Array:
        """The rates at the last time, layer by layer."""
        return np.asarray(self.rates[-1])

    def of(self, name: str) -> Array:
        """The course of one rate."""
        for k, row in enumerate(self.names):
            if name in row:
                return np.asarray(self.rates[:, k, row.index(name)])
        raise CircuitError(f"there is no population {name!r}.")


def simulated(
    column: Circuit | Layers,
    duration: float,
    start: Sequence[object] | None = None,
    *,
    points: int = 101,
    rtol: float = 1e-8,
    atol: float = 1e-10,
) -> Simulation:
    """The rates from time 0 to ``duration`` at evenly spaced ``points``, in the unit of the time constants.

    ``start`` are the rates at time 0, layer after layer; by default all are 0. Layers are integrated together, each
    with the matrices of one layer: a column of L layers of m populations costs L m^2 per step, not (L m)^2. The local
    error is kept below ``rtol`` and ``atol`` (Dormand and Prince, order 5); at kinks of phi steps become short.

    Raises :class:`~symgame.errors.Unsupported` when symbols are left, or the circuit is in the voltage form.

    >>> pair = Circuit.from_matrix([["1/2", -1], [1, 0]], names="EI", u=[1, 0], tau=[10, 5])
    >>> [round(float(x), 6) for x in simulated(pair, 300).final[0]]
    [0.666667, 0.666667]
    """
    from scipy.integrate import solve_ivp

    layer, names, forward, back, u = _in_numbers(column)
    m, count = u.shape
    given = [0] * (m * count) if start is None else start
    at_start = np.array([float(exact_entry(x, "a rate of start")) for x in given])
    if at_start.shape != (m * count,):
        raise CircuitError(f"start has {at_start.size} rates, and the circuit {m * count} populations.")
    still = floating(layer)
    alike: dict[object, list[int]] = {}
    for i, p in enumerate(layer.populations):
        alike.setdefault(p.activation, []).append(i)
    groups = [(still.phi[rows[0]], np.array(rows)) for rows in alike.values()]
    tau = still.tau[:, None]

    def velocity(_: float, flat: Array) -> Array:
        x = flat.reshape(count, m).T
        z = still.W @ x + u
        if count > 1:
            z[:, 1:] += forward @ x[:, :-1]
            z[:, :-1] += back @ x[:, 1:]
        answer = np.empty_like(x)
        for phi, rows in groups:
            answer[rows] = phi(z[rows])
        return np.asarray(((answer - x) / tau).T.reshape(-1))

    times = np.linspace(0.0, duration, points)
    done = solve_ivp(velocity, (0.0, duration), at_start, t_eval=times, rtol=rtol, atol=atol)
    if not done.success:
        raise Unsupported(f"the integration ended early: {done.message}")
    return Simulation(names, times, done.y.T.reshape(points, count, m))


def _in_numbers(column: Circuit | Layers) -> tuple[Circuit, Names, Array, Array, Array]:
    """One layer without inputs, the names of all, feedforward and feedback, and the inputs (m, layers)."""
    if isinstance(column, Circuit):
        circuit = column.fixed()
        m = len(circuit.populations)
        u = [[p.input for p in circuit.populations]]
        nothing = np.zeros((m, m))
        return _closed(circuit), (circuit.names,), nothing, nothing, _array(u).T
    layer = column.layer.fixed()
    m = len(layer.populations)
    table = {symbol(n): v for n, v in layer.values}
    nothing = np.zeros((m, m))
    forward, back = (
        _array([[w.xreplace(table) for w in matrix.flat()]]).reshape(m, m) if column.count > 1 else nothing
        for matrix in (column.feedforward, column.feedback)
    )
    u = [[value.xreplace(table) for value in row] for row in column.inputs]
    return _closed(layer), column.names, forward, back, _array(u).T


def _closed(circuit: Circuit) -> Circuit:
    """The circuit with all inputs 0."""
    return replace(
        circuit, populations=tuple(replace(p, input=sympy.Integer(0)) for p in circuit.populations), inputs=()
    )


def _array(rows: Sequence[Sequence[sympy.Expr]]) -> Array:
    return np.array([[_float(value) for value in row] for row in rows])


def _float(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise Unsupported(
            f"{value} is not a number; give every symbol of the column a value, inputs included"
        ) from None
