"""A column solved exactly, layer by layer, against dense solves of the whole: ``python benchmarks/columns.py``.

Ten layers of a hundred excitatory-inhibitory units, 2,000 populations, with random inputs. The whole is solved by hand
in NumPy, as one would without knowing its structure: Newton's method on ``x = [W x + u]_+`` with dense matrices in
doubles, and the rate equations with one dense matrix. Ours is exact and verified, and includes finding the symmetry of
a layer and the proof that there is no other equilibrium; both start from weights in memory. Up to 400 populations the
general exact solver, by pivoting, is compared too. Runs are interleaved and medians compared; nothing is written.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from fractions import Fraction
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from symgame import column_equilibria, lone_equilibrium
from symgame.layering import Layers, stacked
from symgame.microcircuits import lateral_inhibition
from symgame.simulation import simulated

Array = NDArray[np.float64]
LAYERS, UNITS, DURATION = 10, 100, 20.0


def made(layers: int, units: int, seed: int) -> Layers:
    """A column whose lateral inhibition is spread over all units, so that losers fall silent layer by layer."""
    source = random.Random(seed)
    weights: dict[str, Any] = {
        "w_EE": "1/2",
        "s": "1/2",
        "l": Fraction(1, 4 * units),
        "w_IE": 1,
        "w_II": 0,
        "tau_E": 1,
        "tau_I": 1,
    }
    inputs = {f"u_{i + 1}": Fraction(source.randint(0, 1000), 1000) for i in range(units)}
    return stacked(lateral_inhibition(units, **weights).with_values(**inputs).fixed(), layers, feedforward=1)


def dense(column: Layers) -> tuple[Array, Array]:
    """W and u of the whole, in doubles."""
    m, layers = len(column.layer.populations), column.count
    own, forward = (np.array([float(w) for w in M.flat()]).reshape(m, m) for M in (column.layer.W, column.feedforward))
    W = np.kron(np.eye(layers), own) + np.kron(np.eye(layers, k=-1), forward)
    return W, np.array([float(u) for row in column.inputs for u in row])


def newton(W: Array, u: Array) -> Array:
    """The fixed point of ``[W x + u]_+``: the populations with a positive total input are active, until that stays."""
    active = u > 0
    for _ in range(200):
        x = np.linalg.solve(np.eye(len(u)) - active[:, None] * W, active * u)
        found = W @ x + u > 1e-13
        if (found == active).all():
            return np.asarray(x)
        active = found
    raise ArithmeticError("Newton's method came to no end")


def integrated(W: Array, u: Array) -> Array:
    done = solve_ivp(lambda _, x: np.maximum(W @ x + u, 0) - x, (0, DURATION), np.zeros(len(u)), rtol=1e-8, atol=1e-10)
    return np.asarray(done.y[:, -1])


def timed(work: Callable[[], object]) -> tuple[object, float]:
    start = time.perf_counter()
    return work(), time.perf_counter() - start


def compared(rounds: int) -> None:
    seconds: dict[str, list[float]] = {}
    for seed in range(rounds):
        column = made(LAYERS, UNITS, seed)
        W, u = dense(column)
        exact, a = timed(lambda column=column: column_equilibria(column))  # type: ignore[misc]
        whole, b = timed(lambda W=W, u=u: newton(W, u))  # type: ignore[misc]
        by_layer, c = timed(lambda column=column: simulated(column, DURATION))  # type: ignore[misc]
        at_once, d = timed(lambda W=W, u=u: integrated(W, u))  # type: ignore[misc]
        assert exact.complete and len(exact.equilibria) == 1  # type: ignore[attr-defined]
        x = np.array([float(v) for rates in exact.equilibria[0].rates for v in rates])  # type: ignore[attr-defined]
        assert np.abs(x - whole).max() < 1e-9, "the exact state and the dense one differ"
        assert np.abs(by_layer.final.ravel() - at_once).max() < 1e-6  # type: ignore[attr-defined]
        small = made(LAYERS, 20, seed)
        circuit = small.circuit()
        ours, e = timed(lambda small=small: column_equilibria(small))  # type: ignore[misc]
        lone, f = timed(lambda circuit=circuit: lone_equilibrium(circuit))  # type: ignore[misc]
        assert ours.state() == lone.state  # type: ignore[attr-defined]
        for name, value in zip(
            ("exact", "newton", "layers", "once", "small", "pivoting"), (a, b, c, d, e, f), strict=True
        ):
            seconds.setdefault(name, []).append(value)
    m = {name: median(values) for name, values in seconds.items()}
    print(f"{LAYERS} layers of {UNITS} units, {2 * LAYERS * UNITS} populations, medians of {rounds}")
    for title, one, other in (
        ("exact, layer by layer, against dense Newton in doubles", "exact", "newton"),
        ("rate equations by layers, against one dense matrix", "layers", "once"),
        ("exact, 400 populations: by layers, against pivoting on the whole", "small", "pivoting"),
    ):
        print(f"{title:66} {m[one]:7.2f} s {m[other]:7.2f} s   {m[other] / m[one]:6.2f} times faster")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5, help="columns of each kind (default: 5)")
    compared(max(1, parser.parse_args().rounds))


if __name__ == "__main__":
    main()
