"""What is computed of a smooth pair beside its claims: equilibria, diagram, bifurcation set, and their pictures' data.

The tables of a report are made of a circuit's own numbers; pictures of a circuit with symbols are drawn at the values
of :mod:`symgame.illustration`. What cannot be computed is listed with its reason; nothing is raised for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

import numpy as np
import sympy
from flint import arb

from symgame.balls import precision
from symgame.bifurcation_curves import BifurcationSet
from symgame.bifurcation_regions import Region, regions
from symgame.bifurcation_sets import bifurcation_set
from symgame.circuit import Circuit
from symgame.diagram_cycles import with_cycles
from symgame.errors import BudgetExceeded, Unsupported
from symgame.floating import Array, floating
from symgame.frozen_gains import smooth
from symgame.hopf_criticality import first_lyapunov
from symgame.illustration import Illustration, illustration
from symgame.numeric import Solutions, solutions
from symgame.one_parameter import Diagram, SpecialPoint, diagram
from symgame.portrait import LeftOut

T = TypeVar("T")
CYCLES = 9  # values of the parameter at which a cycle is looked for, from each Hopf point
CURVE = 1_200  # points of a connected curve
SAMPLES = 400


@dataclass(frozen=True, eq=False)
class SmoothNumbers:
    """The results for a pair in numbers: ``at`` are the values of the parameter at which its pictures are drawn, and
    ``equilibria`` those at each; ``bifurcations`` is the set at the last. Without a parameter each has one entry.

    ``lyapunov`` holds the first Lyapunov coefficient of each Hopf point of the diagram in a ball, ``None`` where it
    could not be computed.
    """

    circuit: Circuit
    over: str | None
    at: tuple[Fraction | None, ...]
    equilibria: tuple[Solutions, ...]
    diagram: Diagram | None
    lyapunov: tuple[arb | None, ...]
    bifurcations: BifurcationSet | None
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, eq=False)
class ActivationCurve:
    """phi and its slope over the total input z; ``steepest`` is the supremum of the slope, exact, ``None``: no bound.

    ``marks`` are the (z, rate, slope) of the equilibria of each panel.
    """

    circuit: Circuit
    population: int
    z: Array
    rates: Array
    slopes: Array
    steepest: sympy.Expr | None
    marks: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, eq=False)
class SmoothPictures:
    """The data of the pictures that only smooth circuits have."""

    circuit: Circuit
    illustration: Illustration
    activations: tuple[ActivationCurve, ...]
    diagram: Diagram | None
    at: Fraction | None
    bifurcations: BifurcationSet | None
    regions: tuple[Region, ...]
    left_out: tuple[LeftOut, ...]


class _Tried:
    """Results with the reasons of those that there are not."""

    def __init__(self) -> None:
        self.left: list[LeftOut] = []

    def __call__(self, name: str, make: Callable[[], T]) -> T | None:
        try:
            return make()
        except (Unsupported, BudgetExceeded) as error:
            self.left.append(LeftOut(name, str(error)))
            return None


def is_smooth_pair(circuit: Circuit) -> bool:
    """Whether the results of this module are those of the circuit: two populations, the rate form, one smooth."""
    return bool(smooth(circuit)) and len(circuit.names) == 2 and circuit.form == "rate" and not circuit.copies


def smooth_numbers(circuit: Circuit, over: str | None) -> SmoothNumbers | None:
    """The results in a circuit's own numbers; ``None`` when a symbol besides ``over`` has no value.

    >>> from symgame.kinds import activation
    >>> pair = Circuit.from_matrix([["w", -10], [10, -1]], names="EI", types=["excitatory", "inhibitory"],
    ...     u=[-1, -4], tau=[1, 1], activation=activation("logistic"), values={"w": 12})
    >>> found = smooth_numbers(pair, "w")
    >>> [len(row.equilibria) for row in found.equilibria], [p.type for p in found.diagram.of_type("hopf")]
    ([1], ['hopf'])
    """
    held = circuit.fixed(keep=(over,) if over else ())
    if not is_smooth_pair(circuit) or set(held.symbols) - {over}:
        return None
    tried = _Tried()
    chosen = tried("equilibria", lambda: illustration(circuit, over))
    at: tuple[Fraction | None, ...] = () if chosen is None else chosen.at or (None,)
    panels = () if chosen is None else chosen.panels
    rows = tried("equilibria", lambda: tuple(map(solutions, panels)))
    found = tried("diagram", lambda: diagram(held, over)) if over else None
    return SmoothNumbers(
        circuit,
        over,
        at,
        rows or (),
        found,
        () if found is None else tuple(_coefficient(found, point) for point in found.of_type("hopf")),
        tried("bifurcations", lambda: _set(panels[-1])) if panels else None,
        tuple(tried.left),
    )


def _set(circuit: Circuit) -> BifurcationSet:
    first, second = circuit.inputs
    return bifurcation_set(circuit, (first, second), CURVE)


def _coefficient(found: Diagram, point: SpecialPoint) -> arb | None:
    """The first Lyapunov coefficient at a Hopf point, in the balls of the point."""
    try:
        with precision(256):
            value: arb = first_lyapunov(found.circuit, point.rates, {found.over: point.over})
    except Unsupported:
        return None
    return value if value.is_finite() else None


def smooth_pictures(circuit: Circuit, chosen: Illustration) -> SmoothPictures | None:
    """The data of the pictures at the values of an illustration; ``None`` for what is no smooth pair."""
    if not is_smooth_pair(circuit):
        return None
    tried = _Tried()
    over, at = chosen.over, chosen.at[-1] if chosen.at else None
    found = None
    if over is None:
        tried.left.append(LeftOut("diagram", "no parameter is left to vary"))
    else:
        found = tried("diagram", lambda: with_cycles(diagram(chosen.circuit, over), CYCLES))
    sets = tried("bifurcations", lambda: _set(chosen.numeric(at)))
    counted = None if sets is None else tried("regions", lambda: tuple(regions(sets, cells=160)))
    curves = tried("activations", lambda: _activations(chosen.panels))
    return SmoothPictures(
        circuit, chosen, curves or (), found, at, sets, counted or (), tuple(tried.left)
    )


def _activations(panels: tuple[Circuit, ...]) -> tuple[ActivationCurve, ...]:
    places = [_totals(c) for c in panels]
    rows = []
    for i, p in enumerate(panels[0].populations):
        f = floating(panels[0])
        marks = [float(z[i]) for totals in places for z in totals]
        middle = float(dict(p.activation.parameters).get("threshold", 0))
        bound = p.activation.lipschitz
        steepest = None if bound.has(sympy.oo) else bound
        reach = 3.0 / float(steepest) if steepest is not None and steepest > 0 else 2.0
        low, high = min([middle - reach, *marks]), max([middle + reach, *marks])
        z = np.linspace(low - 0.05 * (high - low), high + 0.05 * (high - low), SAMPLES)
        step = 1e-6 * (high - low)
        slopes = (f.phi[i](z + step) - f.phi[i](z - step)) / (2 * step)
        at = np.array(marks)
        slope_at = (f.phi[i](at + step) - f.phi[i](at - step)) / (2 * step)
        row = tuple(zip(marks, f.phi[i](at).tolist(), slope_at.tolist(), strict=True))
        rows.append(ActivationCurve(panels[0], i, z, f.phi[i](z), slopes, steepest, row))
    return tuple(rows)


def _totals(circuit: Circuit) -> list[Array]:
    """The total inputs at each equilibrium."""
    f = floating(circuit)
    found = solutions(circuit).equilibria
    return [f.W @ np.array([float(e.state[n]) for n in circuit.names]) + f.u for e in found if e.state]
