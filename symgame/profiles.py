"""Response profiles: what a line or a ring of units makes of an edge, a grating, two bumps. Inputs and rates are exact.

The units are the populations that inputs reach: those whose input is a symbol. A stimulus gives each of them a number;
the equilibrium is found by pivoting and verified in exact arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from math import cos, exp, pi

from symgame.circuit import Circuit
from symgame.diagonal_stability import diagonal_stability
from symgame.errors import CircuitError, Unsupported
from symgame.notation import exact
from symgame.numeric import system
from symgame.pivoting import lone_equilibrium

Row = tuple[Fraction, ...]
HUNDREDTHS = 100
#: So many units show a shape, and have it computed within seconds.
LEAST, MOST = 6, 64


@dataclass(frozen=True)
class Profile:
    """The inputs and the rates of the units of a circuit for one stimulus, unit by unit.

    ``unique`` is true when it was proved that there is no other equilibrium, ``None`` when nothing is claimed.
    """

    circuit: Circuit
    stimulus: str
    units: tuple[str, ...]
    inputs: Row
    rates: Row
    unique: bool | None

    @property
    def silent(self) -> int:
        """How many units do not respond."""
        return sum(rate == 0 for rate in self.rates)


def driven(circuit: Circuit) -> tuple[str, ...]:
    """The populations that inputs reach: their input is no number, their values aside; excitatory ones, if there are.

    >>> pair = Circuit.from_matrix([[0, -1], [1, 0]], names="EI", u=["u_E", 0])
    >>> driven(pair)
    ('E',)
    """
    typed = any(p.type == "excitatory" for p in circuit.populations)
    return tuple(p.name for p in circuit.populations if p.input.free_symbols and not (typed and p.type != "excitatory"))


def with_inputs(circuit: Circuit, inputs: Sequence[object] | Mapping[str, object]) -> Circuit:
    """The circuit with these exact inputs of its driven populations, in order or by name.

    Raises :class:`~symgame.errors.CircuitError` when there are more or fewer than driven populations.

    >>> pair = Circuit.from_matrix([["1/2"]], names="E")
    >>> with_inputs(pair, ["1/3"]).u
    Matrix([[1/3]])
    """
    units = driven(circuit)
    given = dict(inputs) if isinstance(inputs, Mapping) else dict(zip(units, inputs, strict=False))
    if set(given) != set(units) or (not isinstance(inputs, Mapping) and len(inputs) != len(units)):
        raise CircuitError(f"{len(inputs)} inputs were given; give one to each of {', '.join(units) or 'none'}.")
    populations = tuple(
        replace(p, input=exact(given[p.name], f"the input of {p.name}")) if p.name in given else p
        for p in circuit.populations
    )
    used = {s.name for p in circuit.populations if p.name in given for s in p.input.free_symbols}
    values = tuple((name, value) for name, value in circuit.values if name not in used)
    return replace(circuit, populations=populations, values=values, inputs=())


def profile(circuit: Circuit, inputs: Sequence[object], stimulus: str = "") -> Profile:
    """What the units of a circuit make of a stimulus, exactly. All weights must have values, time constants need none.

    Raises :class:`~symgame.errors.CircuitError` for the wrong number of inputs, and what
    :func:`symgame.pivoting.lone_equilibrium` raises: an open symbol, a smooth activation, no equilibrium found.

    >>> ring = Circuit.from_matrix([[0, "-1/4", "-1/4"], ["-1/4", 0, "-1/4"], ["-1/4", "-1/4", 0]], tau=[1] * 3)
    >>> [str(rate) for rate in profile(ring, [1, 1, 0]).rates], profile(ring, [1, 1, 0]).unique
    (['4/5', '4/5', '0'], True)
    """
    units = driven(circuit)
    numeric = with_inputs(circuit, inputs).fixed()
    timeless = tuple(replace(p, tau=exact(1, "tau")) for p in numeric.populations)  # rest does not depend on times
    numeric = replace(numeric, populations=timeless)
    found = lone_equilibrium(numeric)
    exact_system = system(numeric)
    gentle = all(line.slope <= 1 for row in exact_system.pieces for line in row)
    unique = found.unique or (_diagonally_stable(exact_system.W) if gentle and exact_system.n <= 2 * MOST else None)
    given = tuple(_fraction(exact(value, "an input")) for value in inputs)
    rates = tuple(found.state[name] for name in units)
    return Profile(numeric, stimulus, units, given, rates, unique)


@cache
def _diagonally_stable(W: tuple[Row, ...]) -> bool | None:
    """True when ``I - W`` was proved diagonally stable: then ``I - S W`` is a P-matrix for all slopes S from 0 to 1.
    ``None`` claims nothing."""
    rows = [[Fraction(i == j) - w for j, w in enumerate(row)] for i, row in enumerate(W)]
    return diagonal_stability(rows).holds or None


def _fraction(value: object) -> Fraction:
    return Fraction(str(value))


# -- stimuli ----------------------------------------------------------------------------------------------------------


def edge(n: int, low: Fraction = Fraction(1, 2), high: Fraction = Fraction(1)) -> Row:
    """A step in the middle.

    >>> [str(v) for v in edge(4)]
    ['1/2', '1/2', '1', '1']
    """
    return (low,) * (n // 2) + (high,) * (n - n // 2)


def grating(n: int, periods: int = 3) -> Row:
    """A sine wave about 1/2 with the amplitude 2/5 and so many periods, in hundredths.

    >>> [str(v) for v in grating(4, 1)]
    ['9/10', '1/2', '1/10', '1/2']
    """
    return tuple(_hundredths(0.5 + 0.4 * cos(2 * pi * periods * i / n)) for i in range(n))


def two_bumps(n: int) -> Row:
    """Two bumps of heights 1 and 9/10 on a background of 1/5, near enough to melt into one another, in hundredths.

    >>> max(two_bumps(24)), two_bumps(24).index(max(two_bumps(24)))
    (Fraction(103, 100), 9)
    """
    width = n / 12
    first, second = 0.4 * n - 0.5, 0.6 * n - 0.5
    rows = [(1.0, first), (0.9, second)]
    return tuple(
        _hundredths(0.2 + sum(0.8 * h * exp(-(((i - c) / width) ** 2) / 2) for h, c in rows)) for i in range(n)
    )


def _hundredths(value: float) -> Fraction:
    return Fraction(round(value * HUNDREDTHS), HUNDREDTHS)


STIMULI: dict[str, Callable[[int], Row]] = {"an edge": edge, "a grating": grating, "two bumps": two_bumps}


def profiles(circuit: Circuit) -> tuple[Profile, ...]:
    """The response of a circuit to every stimulus of :data:`STIMULI`, in order.

    Raises :class:`~symgame.errors.Unsupported` for fewer than six units, too few to show a shape, or too many.

    >>> from symgame.microcircuits import lateral_inhibition
    >>> ring = lateral_inhibition(12, lateral="ring", w_EE="1/2", s=1, l="1/4", w_IE=1, w_II=0)
    >>> found = profiles(ring)
    >>> [p.stimulus for p in found], found[0].rates[5] < found[0].rates[3] < found[0].rates[8] < found[0].rates[6]
    (['an edge', 'a grating', 'two bumps'], True)
    """
    n = len(driven(circuit))
    if not LEAST <= n <= MOST:
        raise Unsupported(f"profiles are drawn of {LEAST} to {MOST} units; this circuit has {n} with an open input")
    return tuple(profile(circuit, make(n), name) for name, make in STIMULI.items())
