"""The data of every picture of a circuit: what is drawn, at which exact values, and what is left out and why.

Pure functions; drawing is :mod:`symgame.report.figures`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from symgame.best_response import LINES, ResponsePaths, line_paths, plane_paths, roomy
from symgame.chart import Chart, default_parameter, regimes
from symgame.circuit import Circuit
from symgame.errors import BudgetExceeded, Unsupported
from symgame.frozen_gains import frozen, gain, smooth
from symgame.illustration import Illustration, illustration
from symgame.landscape import BestResponses, Energies, best_responses, energies
from symgame.plane import PhasePlane, phase_plane
from symgame.regime_map import RegimeMap, Strip, regime_map, strip

T = TypeVar("T")


@dataclass(frozen=True)
class LeftOut:
    """A picture that is not drawn, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Portraits:
    """The data of the pictures of a circuit; panels stand in the order of ``illustration.at``: before the switch
    first. The paths of a pair belong into the planes of its best responses; those of three or four populations are
    a picture of their own."""

    circuit: Circuit
    illustration: Illustration | None
    planes: tuple[PhasePlane, ...]
    energies: tuple[Energies, ...]
    strip: Strip | None
    map: RegimeMap | None
    responses: tuple[BestResponses, ...]
    paths: tuple[ResponsePaths, ...]
    left_out: tuple[LeftOut, ...]


def figures_data(source: Any, chart: Chart | None = None, over: str | None = None) -> Portraits:
    """The data of all pictures of a circuit, or of a derivation (whose chart and parameter are then the defaults).

    A picture that makes no sense for the circuit is listed in ``left_out`` with its reason; nothing is raised for
    it.

    >>> from symgame.named import wilson_cowan
    >>> data = figures_data(wilson_cowan())
    >>> [plane.regime for plane in data.planes], [e.curves[0].extremum for e in data.energies]
    (['antagonistic', 'inhibition-stabilised'], ['global minimum', 'maximum'])
    """
    circuit: Circuit = getattr(source, "circuit", source)
    over = over or getattr(source, "over", None) or default_parameter(circuit)
    chart = chart or getattr(source, "chart", None) or (None if over is None else _own_chart(circuit, over))
    left: list[LeftOut] = []

    def tried(name: str, make: Callable[[], T], otherwise: T) -> T:
        try:
            return make()
        except (Unsupported, BudgetExceeded) as error:
            left.append(LeftOut(name, str(error)))
            return otherwise

    try:
        chosen = illustration(circuit, over, chart)
    except (Unsupported, BudgetExceeded) as error:
        names = ["phase-plane", "energies", "regimes", "regime-map", "best-responses"]
        names += ["best-response-path"] if len(circuit.names) in LINES else []
        return Portraits(circuit, None, (), (), None, None, (), (), tuple(LeftOut(n, str(error)) for n in names))
    panels = list(zip(chosen.panels, chosen.at or (None,), strict=True))
    planes: tuple[PhasePlane, ...] = tried(
        "phase-plane", lambda: tuple(phase_plane(c, chosen.over, at) for c, at in panels), ()
    )
    own: list[Energies] = []
    for numeric, at in panels:
        own += tried("energies", lambda c=numeric, at=at: [energies(c, chosen.over, at)], [])  # type: ignore[misc]
    if own:  # one side without an equilibrium is not a picture left out
        left = [x for x in left if x.name != "energies"]
    held = chosen if not smooth(circuit) else tried("regimes", lambda: _at_gains(chosen, chart), None)
    line: Strip | None = None
    area: RegimeMap | None = None
    if held is None:
        left.append(LeftOut("regime-map", next(x.reason for x in left if x.name == "regimes")))
    else:
        line = tried("regimes", lambda: strip(held), None)
        area = tried("regime-map", lambda: regime_map(frozen(circuit), held, _own_gain(held)), None)
    paths = [plane_paths(plane) for plane in planes]
    responses: tuple[BestResponses, ...] = tried(
        "best-responses", lambda: tuple(best_responses(roomy(p, w)) for p, w in zip(planes, paths, strict=True)), ()
    )
    if not planes:
        left.append(LeftOut("best-responses", next(x.reason for x in left if x.name == "phase-plane")))
    if len(circuit.names) in LINES:
        for numeric, at in panels:
            paths += tried("best-response-path", lambda c=numeric, at=at: [line_paths(c, chosen.over, at)], [])  # type: ignore[misc]
        if paths:
            left = [x for x in left if x.name != "best-response-path"]
    return Portraits(circuit, chosen, planes, tuple(own), line, area, responses, tuple(paths), tuple(left))


def _at_gains(chosen: Illustration, chart: Chart | None) -> Illustration:
    """The same values for a smooth circuit whose gains are held, at exact gains that are chosen by rule, too.

    They are below their greatest value, which is met at one rate alone. No value of the parameter is marked: the
    equilibria of the other pictures have other gains.
    """
    if chosen.over is None:
        raise Unsupported("no parameter is left to vary")
    held = frozen(chosen.circuit)
    names = tuple(f"{gain(p.name)} <= " for p in held.populations)
    inside = [text.replace("<=", "<", 1) for text in held.assume if text.startswith(names)]
    found = illustration(replace(held, assume=(*held.assume, *inside)), chosen.over, chart)
    return replace(found, given=chosen.given, at=())


def _own_gain(held: Illustration) -> str | None:
    """The gain of the population whose self-weight is the parameter: the second axis of a map at frozen gains."""
    W, names = held.circuit.W, held.circuit.names
    own = next((n for i, n in enumerate(names) if held.over in {x.name for x in W[i, i].free_symbols}), None)
    name = None if own is None else gain(own).name
    return name if name in held.values else None


def _own_chart(circuit: Circuit, over: str) -> Chart | None:
    """The chart of a pair, which lends the thresholds their names; a larger circuit's takes too long for that."""
    if len(circuit.names) > 2:
        return None
    try:
        return regimes(circuit, over)
    except (Unsupported, BudgetExceeded):
        return None
