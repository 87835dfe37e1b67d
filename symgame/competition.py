"""The data of the pictures of competing units: a map over two weights, the game of two, contrast by layer, profiles, an
image.

Pure functions; drawing is :mod:`symgame.report.microcircuits`, the words are :mod:`symgame.competition_captions`. A
circuit keeps the values it has; the others are chosen by rule among simple fractions, so that the map of two units has
as many regions as can be. Everything else is decided exactly at these values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice, product
from math import prod
from typing import TypeVar

import sympy

from symgame.chart import default_parameter
from symgame.circuit import Circuit
from symgame.depth_law import Depth, depth
from symgame.errors import BudgetExceeded, CircuitError, Unsupported
from symgame.fields import FieldUnits, SharpenedField, field_units, picture, sharpened
from symgame.groups import written_out
from symgame.illustration import CHOICES, roles
from symgame.layering import Layers, layers
from symgame.notation import symbol
from symgame.portrait import LeftOut
from symgame.presentation import PLAIN
from symgame.profiles import LEAST, MOST, Profile, driven, edge, profile, profiles
from symgame.ratio_map import contrast_map
from symgame.sharpening import ContrastByLayer, contrast_by_layer
from symgame.unit_game import UnitGame, unit_game
from symgame.unit_map import Region, UnitMap, Window, coarse_count, unit_map

T = TypeVar("T")
WINDOW: Window = (Fraction(0), Fraction(3))
#: The inputs of two units, the stronger one first, when the circuit gives none.
INPUTS = ((Fraction(1), Fraction(3, 4)), (Fraction(1), Fraction(1, 2)))
#: Ratios of the weaker input to the stronger one from which columns begin.
RATIOS = (Fraction(9, 10), Fraction(99, 100), Fraction(999, 1000))
MOST_LAYERS = 24
MOST_GAMES = 3
MOST_TRIED = 12
FEW_BRANCHES = 16
#: What is worth 1 for an excitatory input is too much for these: everybody would be silent.
SMALL = Fraction(1, 10)
UNITS = 24  # of the profile of a circuit whose number of units is a symbol
#: Lateral weights of a profile, the preferred one first: the first one at which the equilibrium is proved unique.
LATERAL = tuple(Fraction(1, k) for k in (2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64))


@dataclass(frozen=True)
class Panel:
    """A game of two units at a point of the map, with the name of the region that the point lies in."""

    at: tuple[Fraction, Fraction]
    region: str
    game: UnitGame


@dataclass(frozen=True)
class ContrastRows:
    """Columns of one layer from several ratios: what each layer makes of them, and when the depth law has a winner.

    ``threshold`` is the contrast from which on the next layer silences the weaker unit; ``values`` are the weights.
    """

    circuit: Circuit
    values: dict[str, Fraction]
    ratios: tuple[Fraction, ...]
    rows: tuple[ContrastByLayer, ...]
    depths: tuple[Depth, ...]
    threshold: Fraction | None


@dataclass(frozen=True, eq=False)
class Competition:
    """The data of the pictures of competing units; what is not drawn is in ``left_out`` with its reason.

    ``chosen`` are the values that were chosen for the two units, ``given`` the circuit's own.
    """

    circuit: Circuit
    given: dict[str, Fraction]
    chosen: dict[str, Fraction]
    map: UnitMap | None
    games: tuple[Panel, ...]
    contrast: ContrastRows | None
    profiles: tuple[Profile, ...]
    field: SharpenedField | None
    left_out: tuple[LeftOut, ...]


def figures_of(circuit: Circuit, *, field: bool | None = None) -> Competition:
    """The data of all pictures of a microcircuit or of a column of them.

    Map, games and contrast are those of two units of one layer; profiles those of all units, when there are at least
    six or their number is a symbol. ``field`` asks for the image sharpened by a column, which takes some seconds; left
    out, it is made for columns.

    >>> from symgame.microcircuits import lateral_inhibition
    >>> found = figures_of(lateral_inhibition(2))
    >>> found.map.over, found.map.other, [p.region for p in found.games]
    ('w_EE', 'l', ['E1 and E2', 'E1 alone', 'E1 or E2 alone'])
    >>> [d.layers for d in found.contrast.depths], [x.name for x in found.left_out]
    ([6, 10, 13], ['response-profile', 'sharpened-image'])
    """
    left: list[LeftOut] = []

    def tried(name: str, make: Callable[[], T]) -> T | None:
        try:
            return make()
        except (Unsupported, BudgetExceeded, CircuitError) as error:
            left.append(LeftOut(name, str(error)))
            return None

    try:
        column: Layers | None = layers(circuit)
    except Unsupported:
        column = None  # no column: a microcircuit, or something that is neither
    if column is not None and not _stacked(column):
        column = None
    layer = circuit if column is None else _first(column)
    given = {n: Fraction(int(v.p), int(v.q)) for n, v in circuit.fixed().values if v.is_Rational}
    mapped = tried("equilibrium-map", lambda: _map(_two_units(layer)))
    area, chosen = mapped or (None, {})
    games = () if area is None else tried("unit-game", lambda: _games(area)) or ()
    if area is None:
        left += [LeftOut(name, left[-1].reason) for name in ("unit-game", "contrast-by-layer")]
    contrast = None if area is None else tried("contrast-by-layer", lambda: _contrast(area, _two_units(layer)))
    shown = tried("response-profile", lambda: _profiles(layer)) or ()
    image = None
    if field or (field is None and column is not None):
        image = tried("sharpened-image", lambda: sharpened(picture(), _units_of(column)))
    else:
        left.append(LeftOut("sharpened-image", "the circuit is no column of layers"))
    return Competition(circuit, given, chosen, area, games, contrast, shown, image, tuple(left))


# -- two units --------------------------------------------------------------------------------------------------------


def _stacked(column: Layers) -> bool:
    """Whether there are several layers, and excitatory populations of each drive the next: units on a line, which
    inhibit their neighbours, are none."""
    sources = [k for k, p in enumerate(column.layer.populations) if p.type != "inhibitory"]
    return column.count > 1 and any(
        column.feedforward[i, j] != 0 for i in range(column.feedforward.rows) for j in sources
    )


def _first(column: Layers) -> Circuit:
    """The first layer of a column, with the inputs that it has there."""
    populations = tuple(replace(p, input=u) for p, u in zip(column.layer.populations, column.inputs[0], strict=True))
    return replace(column.layer, populations=populations, inputs=())


def _two_units(layer: Circuit) -> Circuit:
    """The circuit with one unit of each kind, when it has copies; else the circuit itself."""
    if not layer.copies:
        return layer
    return _counted(layer, [1] * len(layer.copies))


def _counted(circuit: Circuit, counts: Sequence[int]) -> Circuit:
    """The explicit circuit with so many copies of each unit."""
    free = circuit.fixed()
    names = sorted({s.name for group in free.copies for s in group.count.free_symbols})
    for numbers in product(range(1, sum(counts) + 1), repeat=len(names)):
        values = dict(zip(names, numbers, strict=True))
        numeric = {symbol(name): sympy.Integer(value) for name, value in values.items()}
        if [group.count.xreplace(numeric) for group in free.copies] == list(counts):
            return written_out(free.with_values(**values).fixed() if values else free)
    raise Unsupported(f"the circuit has no {' and '.join(map(str, counts))} copies of its units")


def lateral_symbol(circuit: Circuit, over: str) -> str:
    """The symbol of the map beside ``over``: a weight to the first excitatory population from outside its own unit.

    Its own unit are the populations that it drives and no other excitatory population does. Raises
    :class:`~symgame.errors.Unsupported` when there is no such symbol.

    >>> from symgame.microcircuits import lateral_inhibition, shared_inhibition
    >>> lateral_symbol(lateral_inhibition(2), "w_EE"), lateral_symbol(shared_inhibition(2), "w_EE")
    ('l', 'w_EI')
    """
    excited = [k for k, p in enumerate(circuit.populations) if p.type == "excitatory"] or [0]
    first, rows = excited[0], circuit.entries
    own = {
        j
        for j in range(len(rows))
        if rows[j][first] != 0 and all(rows[j][k] == 0 for k in excited if k not in (first, j))
    }
    for j in range(len(rows)):
        if j not in own and j != first:
            for name in sorted(s.name for s in rows[first][j].free_symbols):
                if name != over:
                    return str(name)
    raise Unsupported(f"no weight to {circuit.names[first]} from outside its unit is a symbol beside {over}")


def _map(units: Circuit) -> tuple[UnitMap, dict[str, Fraction]]:
    """The map of two units at the first of the best values: as many regions as can be on a coarse grid."""
    free = units.fixed()
    over = default_parameter(free)
    if over is None:
        raise Unsupported("no self-weight is a symbol: there is no map over two weights; give fewer values")
    other = lateral_symbol(free, over)
    windows = (WINDOW, WINDOW)
    best, most = None, 0
    branches = prod(len(p.activation.pieces or ()) for p in free.populations)
    tried = MOST_TRIED if branches <= FEW_BRANCHES else 1  # beyond, the conditions of all of them take seconds
    for values in islice(_candidates(free, (over, other)), tried):
        numeric = free.with_values(**values)
        count = coarse_count(numeric, over, other, windows)
        if count > most:
            best, most = values, count
    if best is None:
        raise Unsupported("no values were found at which two units have a map; give some in [values]")
    return unit_map(free.with_values(**best), over, other, windows), best


def _candidates(free: Circuit, kept: Sequence[str]) -> list[dict[str, Fraction]]:
    """Values for all symbols but two: time constants and weights by their roles, the inputs unequal."""
    role = roles(free)
    names = [n for n in free.symbols if n not in kept]
    units = [
        n for p in free.populations if p.type != "inhibitory" for n in sorted(s.name for s in p.input.free_symbols)
    ]
    inputs = [n for n in dict.fromkeys(units) if role.get(n) == "input"]
    rest = [n for n in names if n not in inputs]
    small = {"input", "threshold"}  # inputs of inhibitory populations, after the excitatory ones are taken out
    columns = [(SMALL,) if role[n] in small else CHOICES[role[n]][: 1 if role[n] == "tau" else 2] for n in rest]
    found = []
    for pair in INPUTS:
        for row in product(*columns):
            values = dict(zip(rest, row, strict=True))
            values |= {n: pair[0] if k == 0 else pair[1] for k, n in enumerate(inputs)}
            found.append({n: values[n] for n in names})
    return found


def _games(area: UnitMap) -> tuple[Panel, ...]:
    """A game in the first regions with a stable equilibrium that have different names."""
    named: dict[str, Region] = {}
    for region in area.regions:
        if region.stable:
            named.setdefault(region.name, region)
    found = []
    for region in list(named.values())[:MOST_GAMES]:
        numeric = area.circuit.with_values(**dict(zip((area.over, area.other), region.at, strict=True)))
        found.append(Panel(region.at, region.name, unit_game(numeric)))
    return tuple(found)


def _contrast(area: UnitMap, units: Circuit) -> ContrastRows:
    """The contrast by layer at the point of the map where the most populations are active in the only equilibrium."""
    alone = [r for r in area.regions if len(r.stable) == 1 and not r.other]
    if not alone:
        raise Unsupported("two units have nowhere in the map one equilibrium alone, which a column of them would need")
    at = max(alone, key=lambda r: len(r.stable[0].split(","))).at
    numeric = _bare(area.circuit.with_values(**dict(zip((area.over, area.other), at, strict=True))))
    depths = tuple(depth(numeric, ratio, limit=MOST_LAYERS) for ratio in RATIOS)
    rows = tuple(
        contrast_by_layer(numeric, ratio, min((d.layers or MOST_LAYERS) + 1, MOST_LAYERS))
        for ratio, d in zip(RATIOS, depths, strict=True)
    )
    found = contrast_map(numeric)
    rho = found.threshold.number if found.homogeneous and found.threshold is not None else None
    threshold = None if rho is None or not 0 < rho < 1 else (1 - rho) / (1 + rho)
    weights = {s.name for s in units.W.free_symbols}
    values = {**area.values, area.over: at[0], area.other: at[1]}
    shown = {n: v for n, v in values.items() if n in weights}
    return ContrastRows(numeric, shown, RATIOS, rows, depths, threshold)


def _bare(circuit: Circuit) -> Circuit:
    """The circuit in numbers, without hypotheses and names of symbols that it no longer has."""
    return replace(circuit.fixed(), assume=(), values=(), presentation=PLAIN)


# -- many units -------------------------------------------------------------------------------------------------------


def _profiles(layer: Circuit) -> tuple[Profile, ...]:
    """Profiles at values chosen by rule: the lateral weights as strong as leaves the equilibrium provably the only
    one."""
    circuit = layer.fixed()
    if circuit.copies:
        count = UNITS // len(circuit.copies)
        circuit = _counted(circuit, [count] * (len(circuit.copies) - 1) + [UNITS - count * (len(circuit.copies) - 1)])
    units = driven(circuit)
    if not LEAST <= len(units) <= MOST:
        return profiles(circuit)  # says why there are none
    role = roles(circuit)
    inputs = {s.name for p in circuit.populations if p.name in units for s in p.input.free_symbols}
    open_ = [n for n in circuit.symbols if n not in inputs and role[n] != "tau"]
    try:
        lateral = lateral_symbol(circuit, default_parameter(circuit) or "")
    except Unsupported:
        lateral = ""  # the circuit gives it
    plain = {n: SMALL if role[n] in ("input", "threshold") else CHOICES[role[n]][0] for n in open_ if n != lateral}
    if lateral not in open_:
        return profiles(circuit.with_values(**plain) if plain else circuit)
    found: tuple[Profile, ...] = ()
    for weight in LATERAL:
        chosen = circuit.with_values(**plain, **{lateral: weight})
        if weight != LATERAL[-1] and not profile(chosen, edge(len(units))).unique:
            continue  # one stimulus tells, for weights are what uniqueness mostly depends on
        found = profiles(chosen)
        if all(p.unique for p in found):
            break
    return found


def _units_of(column: Layers | None) -> FieldUnits:
    """The weights of a field: those of the column that are numbers, the rest by default."""
    if column is None or len(column.layer.populations) < 2:
        return field_units()
    layer = column.layer.fixed()
    W, types = layer.entries, [p.type for p in layer.populations]
    if types[:2] != ["excitatory", "inhibitory"]:
        return field_units()
    own = {"w_EE": W[0][0], "s": -W[0][1], "w_IE": W[1][0], "w_II": -W[1][1]}
    own |= {"f": column.feedforward[0, 0]}
    return field_units(**{key: value for key, value in own.items() if value.is_Rational})
