"""Phase planes in a notebook: a picture that renders itself, and one with a slider for a parameter.

The slider moves in exact steps, and what the title says of each is decided exactly. Without ipywidgets the same
information is a strip of phase planes, one per regime.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction
from functools import cached_property
from math import ceil, floor
from pathlib import Path
from typing import Any

from symgame.captions import plane_summary
from symgame.chart import default_parameter
from symgame.circuit import Circuit
from symgame.crossings import intervals
from symgame.diagram_cycles import with_cycles
from symgame.errors import CircuitError, ModelError, Unsupported
from symgame.illustration import Illustration, illustration
from symgame.named import load
from symgame.one_parameter import Diagram
from symgame.one_parameter import diagram as diagram_of
from symgame.plane import PhasePlane
from symgame.plane import phase_plane as plane_of
from symgame.report import diagrams, figures

MOST_STEPS = 48
MOST_PANELS = 4
_STEPS = tuple(Fraction(n, d) for n, d in ((1, 100), (1, 50), (1, 20), (1, 10), (1, 4), (1, 2), (1, 1), (2, 1), (5, 1)))


@dataclass(frozen=True, eq=False)
class PhasePlanes:
    """Phase planes that render themselves in a notebook. ``data`` is what is drawn, one entry per panel."""

    data: tuple[PhasePlane, ...]

    @property
    def summary(self) -> str:
        """What the picture says, in words: one line per panel."""
        return "\n".join(plane_summary(plane) for plane in self.data)

    def save(self, path: str | Path) -> None:
        """Write the picture; the ending of the name (svg, pdf, png) is the format.

        Raises :class:`~symgame.errors.ModelError` for another ending, or a place that cannot be written.
        """
        _save(path, lambda format_: figures.phase_plane_bytes(self.data, format_))

    def _repr_svg_(self) -> str:
        return figures.phase_plane_bytes(self.data, "svg").decode("utf-8")

    def _repr_png_(self) -> bytes:
        return figures.phase_plane_bytes(self.data, "png")

    def __repr__(self) -> str:
        return self.summary


def phase_plane(circuit: Circuit | str | Path, /, **values: object) -> PhasePlanes:
    """The phase plane of a pair at exact values of its symbols; values that are left out are chosen by rule.

    With a value for the parameter (the first excitatory self-weight), one panel; without, one before and one past its
    switch. The chosen values are in ``data``: ``data[0].circuit.values``.

    Raises :class:`~symgame.errors.Unsupported` for other numbers of populations, and
    :class:`~symgame.errors.CircuitError` for a name that is no symbol of the circuit.

    >>> values = {"w_EI": "5/2", "w_IE": "3/2", "w_II": "7/10", "u_E": "1/2", "u_I": 0, "tau_E": 10, "tau_I": 5}
    >>> phase_plane("wilson-cowan", w_EE="5/2", **values)
    w_EE = 5/2: inhibition-stabilised; E = 17/24, I = 5/8: stable, only stationary
    """
    opened = _opened(circuit, values)
    chosen = illustration(opened, default_parameter(opened))
    panels = zip(chosen.panels, chosen.at or (None,), strict=True)
    return PhasePlanes(tuple(plane_of(numeric, chosen.over, at) for numeric, at in panels))


def _save(path: str | Path, drawn: Callable[[str], bytes]) -> None:
    target = Path(path)
    format_ = target.suffix.removeprefix(".").lower()
    if format_ not in figures.FORMATS:
        known = ", ".join(f".{name}" for name in figures.FORMATS)
        raise ModelError(f"{str(path)!r}: a picture is saved as {known}; end the name with one of these.")
    picture = drawn(format_)
    try:
        target.write_bytes(picture)
    except OSError as error:
        raise ModelError(f"cannot write {target}: {error.strerror}. Choose another place.") from None


@dataclass(frozen=True, eq=False)
class DrawnDiagram(Diagram):
    """A one-parameter diagram that renders itself in a notebook: its fields are the data of the picture."""

    @property
    def summary(self) -> str:
        """The points and arcs, one line each."""
        return "\n".join(diagrams.lines(self))

    def save(self, path: str | Path) -> None:
        """Write the picture; the ending of the name (svg, pdf, png) is the format.

        Raises :class:`~symgame.errors.ModelError` for another ending, or a place that cannot be written.
        """
        _save(path, lambda format_: diagrams.drawn(self, format_))

    def _repr_svg_(self) -> str:
        return diagrams.drawn(self, "svg").decode("utf-8")

    def __repr__(self) -> str:
        return self.summary


def diagram(
    circuit: Circuit | str | Path,
    /,
    over: str | None = None,
    between: tuple[object, object] | None = None,
    *,
    cycles: bool = False,
    **values: object,
) -> DrawnDiagram:
    """Every equilibrium of a smooth pair over one parameter (default: the first excitatory self-weight), with proof:
    see :func:`symgame.one_parameter.diagram`. ``values`` are exact values of other symbols; with ``cycles`` the limit
    cycles from its Hopf points are added, by integration.

    >>> pair = Circuit.from_matrix([["w", -1], ["3/2", 0]], names="EI", u=[0, 0], tau=[1, 1], activation="tanh")
    >>> found = diagram(pair, "w", (0, 3))
    >>> found.complete, [point.value for point in found.of_type("hopf")], found.count(1.5)
    (True, [2.0], 1)
    """
    opened = _pair(circuit, values)
    over = over or default_parameter(opened)
    if over is None:
        raise Unsupported(f"no excitatory self-weight is a symbol; name one: over=... ({', '.join(opened.symbols)})")
    found = diagram_of(opened, over, between)
    found = with_cycles(found) if cycles else found
    return DrawnDiagram(**{each.name: getattr(found, each.name) for each in fields(Diagram)})


def explore(circuit: Circuit | str | Path, /, over: str | None = None, **values: object) -> Explorer:
    """An interactive phase plane with a slider for ``over`` (default: the first excitatory self-weight).

    The slider begins at the value of ``over`` when one is given, else past the switch. See :class:`Explorer`.

    >>> explorer = explore("wilson-cowan", over="w_EE")
    >>> explorer.move(explorer.steps[2])
    >>> explorer.data.at == explorer.steps[2], explorer.data.regime
    (True, 'antagonistic')
    """
    opened = _opened(circuit, values)
    over = over or default_parameter(opened)
    if over is None:
        raise Unsupported(f"no excitatory self-weight is a symbol; name one: over=... ({', '.join(opened.symbols)})")
    return Explorer(illustration(opened, over))


def _opened(circuit: Circuit | str | Path, values: Mapping[str, object]) -> Circuit:
    opened = _pair(circuit, values)
    if len(opened.names) != 2:
        raise Unsupported(f"a phase plane has two populations; this circuit has {len(opened.names)}")
    return opened


def _pair(circuit: Circuit | str | Path, values: Mapping[str, object]) -> Circuit:
    if not isinstance(circuit, Circuit | str | Path):
        raise CircuitError(f"a circuit, a built-in name or the path of a model file was expected, not {circuit!r}.")
    opened = circuit if isinstance(circuit, Circuit) else load(circuit)
    return opened.with_values(**values) if values else opened


@dataclass(eq=False)
class Explorer:
    """A phase plane that follows a slider. ``data`` is the plane that is shown, ``steps`` are the slider's values.

    Every step is exact and lies in the circuit's domain. :meth:`move` is what the slider calls; it works without one.
    """

    chosen: Illustration
    data: PhasePlane = field(init=False)

    def __post_init__(self) -> None:
        start = self.chosen.at[-1]
        self.data = self.at(min(self.steps, key=lambda step: (abs(step - start), step)))

    @cached_property
    def steps(self) -> tuple[Fraction, ...]:
        """Round exact values across the window of the parameter, and the values of the illustration."""
        low, high = self.chosen.window
        step = next((s for s in _STEPS if (high - low) / s <= MOST_STEPS), _STEPS[-1])
        grid = {k * step for k in range(ceil(low / step), floor(high / step) + 1)} | set(self.chosen.at)
        admitted = tuple(sorted(at for at in grid if self.chosen.admits(at)))
        if not admitted:
            raise Unsupported(f"no value of {self.chosen.over} in its window lies in the circuit's domain")
        return admitted

    def at(self, value: Fraction) -> PhasePlane:
        """The phase plane at one value of the parameter."""
        if not self.chosen.admits(value):
            raise Unsupported(f"{self.chosen.over} = {value} is outside the circuit's domain")
        return plane_of(self.chosen.numeric(value), self.chosen.over, value)

    def move(self, value: Fraction) -> None:
        """Show another value of the parameter."""
        self.data = self.at(value)

    @property
    def title(self) -> str:
        """The value, the regime and the classes of the equilibria that are shown, decided exactly."""
        return plane_summary(self.data)

    @cached_property
    def strip(self) -> PhasePlanes:
        """The static fall-back: a phase plane in each regime of the window, at most four."""
        circuit, over = self.chosen.circuit, self.chosen.over
        assert over is not None
        if all(p.activation.piecewise_linear for p in circuit.populations):
            places = [row.at for row in intervals(circuit, over, self.chosen.crossings, *self.chosen.window)]
        else:
            places = list(self.chosen.at)
        kept = [at for at in places if self.chosen.admits(at)][:MOST_PANELS]
        return PhasePlanes(tuple(self.at(at) for at in kept or [self.steps[0]]))

    @cached_property
    def widget(self) -> Any:
        """The slider with its picture; ``None`` when ipywidgets is not installed."""
        try:
            import ipywidgets
        except ImportError:
            return None
        over = str(self.chosen.over)
        slider = ipywidgets.SelectionSlider(
            options=[(str(step), step) for step in self.steps],
            value=self.data.at,
            description=over,
            continuous_update=False,
        )
        title, picture = ipywidgets.Label(), ipywidgets.Image(format="png")

        def show() -> None:
            title.value = self.title
            picture.value = figures.phase_plane_bytes((self.data,), "png")

        def moved(change: Mapping[str, Any]) -> None:
            self.move(change["new"])
            show()

        slider.observe(moved, names="value")
        show()
        return ipywidgets.VBox([slider, title, picture])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Mapping[str, Any]:
        """The widget where there is one, with the strip beside it for readers that cannot run it."""
        still = {"image/svg+xml": self.strip._repr_svg_(), "text/plain": self.strip.summary}
        if self.widget is None:
            return still
        alive: Mapping[str, Any] = self.widget._repr_mimebundle_()
        return {**still, **{kind: part for kind, part in alive.items() if kind != "text/plain"}}

    def __repr__(self) -> str:
        return self.title
