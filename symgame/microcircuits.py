"""Microcircuits of equal units that compete, and columns of them: lateral and shared inhibition, layer upon layer.

A microcircuit is described once, by what one unit does, what it does to another unit at each distance, and what all of
them share; from that description come the circuit with n units, the one with a symbol n, and every layer of a column.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sympy

from symgame.circuit import Circuit, Copies, Population, population
from symgame.entries import MOST, exact_entry
from symgame.errors import CircuitError
from symgame.notation import symbol
from symgame.presentation import Presentation

Rows = tuple[tuple[sympy.Expr, ...], ...]
ZERO, ONE = sympy.Integer(0), sympy.Integer(1)
GEOMETRIES = ("all", "line", "ring")
_ELL = Presentation(names=(("l", r"\ell"),))


def lateral_inhibition(
    n: object = None,
    *,
    w_EE: object = "w_EE",
    s: object = "s",
    l: object = "l",
    w_IE: object = "w_IE",
    w_II: object = "w_II",
    u_I: object = "0",
    tau_E: object = "tau_E",
    tau_I: object = "tau_I",
    lateral: str = "all",
    pool: bool = False,
    w_X: object = "0",
    name: str | None = None,
) -> Circuit:
    """n excitatory-inhibitory units, each inhibited by its own I and by those of the others. ReLU rates.

    ``E_i`` receives ``w_EE x_Ei - s x_Ii - sum_j l x_Ij + sum_j w_X x_Ej + u_i`` (sums over the other units), ``I_i``
    receives ``w_IE x_Ei - w_II x_Ii + u_I``. Populations are ``E1, I1, E2, I2, ...``; weights are magnitudes: exact
    numbers >= 0, names, or polynomials in names; ``w_IE``, ``f`` and the time constants are > 0, and so is ``s`` unless
    it is a number.

    ``lateral`` says who reaches whom: ``"all"``, or by distance on a ``"line"`` or a ``"ring"`` (the shorter way
    round). There ``l`` and ``w_X`` may be lists of weights at distance 1, 2, ...; what is not given is 0.

    With ``pool`` the lateral inhibition comes from one population P instead: it is driven by every E with ``w_IE``,
    inhibits itself with ``w_II`` and every E, without distinction, with ``l``, and has the input ``u_I`` and the time
    constant ``tau_I``. For ``u_I = 0`` it rests at the sum of all ``x_Ij``, so that its equilibria are those of the
    circuit without pool whose own inhibition is ``s + l``.

    Without ``n`` the number of units is a symbol: ``k`` of them have the input ``u_1`` and ``n - k`` the input ``u_2``;
    ``E1, I1`` stand for one unit of the first kind, ``E2, I2`` for one of the second.

    Raises :class:`~symgame.errors.CircuitError` for a negative weight, an unknown geometry, more weights than
    distances, and a geometry of a symbolic number of units.

    Sources: H. R. Wilson and J. D. Cowan, Kybernetik 13 (1973) 55 (lateral inhibition between units); U. Rutishauser,
    R. J. Douglas, J.-J. Slotine, Neural Computation 23 (2011) 735 (one pool).

    >>> lateral_inhibition(2).W
    Matrix([
    [w_EE,    -s,    0,    -l],
    [w_IE, -w_II,    0,     0],
    [   0,    -l, w_EE,    -s],
    [   0,     0, w_IE, -w_II]])
    >>> lateral_inhibition(4, lateral="line", l=["1/2", "1/4"]).W.row(0)
    Matrix([[w_EE, -s, 0, -1/2, 0, -1/4, 0, 0]])
    >>> lateral_inhibition().W[0, 1], lateral_inhibition().W[0, 3]
    (-l*(k - 1) - s, -l*(-k + n))
    """
    motif = _lateral(w_EE, s, l, w_IE, w_II, u_I, tau_E, tau_I, lateral, pool, w_X)
    return _built(motif, _units(n, motif, 1), 0, ZERO, ZERO, name or "lateral inhibition")


def shared_inhibition(
    n: object = None,
    *,
    w_EE: object = "w_EE",
    w_EI: object = "w_EI",
    w_IE: object = "w_IE",
    w_II: object = "w_II",
    u_I: object = "0",
    tau_E: object = "tau_E",
    tau_I: object = "tau_I",
    w_X: object = "0",
    name: str | None = None,
) -> Circuit:
    """n excitatory populations and the one inhibitory population that all of them drive. ReLU rates.

    ``E_i`` receives ``w_EE x_Ei - w_EI x_I + w_X sum_{j != i} x_Ej + u_i``, I receives ``w_IE sum_j x_Ej - w_II x_I +
    u_I``. Populations are ``E1, ..., En, I``; weights and ``n`` as in :func:`lateral_inhibition`.

    Source: U. Rutishauser, R. J. Douglas, J.-J. Slotine, Neural Computation 23 (2011) 735.

    >>> shared_inhibition(2, w_EE="6/5", w_EI=3, w_IE="1/4", w_II=0).W
    Matrix([
    [6/5,   0, -3],
    [  0, 6/5, -3],
    [1/4, 1/4,  0]])
    """
    motif = _shared(w_EE, w_EI, w_IE, w_II, u_I, tau_E, tau_I, w_X)
    return _built(motif, _units(n, motif, 1), 0, ZERO, ZERO, name or "shared inhibition")


def column(
    layers: object = 2,
    n: object = None,
    *,
    f: object = "f",
    feedback: object = "0",
    unit: str = "lateral",
    w_EE: object = "w_EE",
    s: object = None,
    l: object = None,
    w_EI: object = None,
    w_IE: object = "w_IE",
    w_II: object = "w_II",
    u_I: object = "0",
    tau_E: object = "tau_E",
    tau_I: object = "tau_I",
    lateral: str = "all",
    pool: bool = False,
    w_X: object = "0",
    name: str | None = None,
) -> Circuit:
    """Layers of one microcircuit, each E driven with ``f`` by the E of its own unit in the layer before.

    With ``feedback`` it is also driven by the E of its unit in the layer behind. ``unit`` is ``"lateral"``
    (:func:`lateral_inhibition`, with ``s`` and ``l``) or ``"shared"`` (:func:`shared_inhibition`, with ``w_EI``), and
    all other arguments are theirs. Populations carry their layer first, ``E1_1, I1_1, E1_2, ..., E2_1, ...``; the
    inputs ``u_1, ..., u_n`` reach the first layer alone, the input of every other E is 0, and ``u_I`` is that of every
    I of every layer. Without ``n`` a unit of ``k`` or ``n - k`` goes through all layers.

    >>> c = column(2, 2, feedback="b")
    >>> c.names
    ('E1_1', 'I1_1', 'E1_2', 'I1_2', 'E2_1', 'I2_1', 'E2_2', 'I2_2')
    >>> c.W[4, 0], c.W[0, 4], c.W[6, 0], c.u.T
    (f, b, 0, Matrix([[u_1, 0, u_2, 0, 0, 0, 0, 0]]))
    """
    depth = _whole("layers", layers, 1)
    if unit not in ("lateral", "shared"):
        raise CircuitError(f"unit is {unit!r}; it is 'lateral' (own and lateral inhibition) or 'shared' (one I).")
    if unit == "shared":
        given = [key for key, value in (("s", s), ("l", l)) if value is not None]
        given += [key for key, there in (("pool", pool), ("lateral", lateral != "all")) if there]
        if given:
            raise CircuitError(f"unit=shared takes no {given[0]!r}: all units share one I, whose weight is w_EI.")
        motif = _shared(w_EE, "w_EI" if w_EI is None else w_EI, w_IE, w_II, u_I, tau_E, tau_I, w_X)
    else:
        if w_EI is not None:
            raise CircuitError("unit=lateral takes no 'w_EI': own inhibition is s, lateral inhibition is l.")
        own, other = "s" if s is None else s, "l" if l is None else l
        motif = _lateral(w_EE, own, other, w_IE, w_II, u_I, tau_E, tau_I, lateral, pool, w_X)
    forward, back = _magnitude("f", f, positive=True), _magnitude("feedback", feedback)
    what = name or f"column of {depth} layer{'s' if depth > 1 else ''}"
    return _built(motif, _units(n, motif, depth), depth, forward, back, what)


# -- a microcircuit as it is described --------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Motif:
    """One unit with ``members``, the first of which is the one that inputs reach; ``shared`` belong to all units.

    Matrices are signed, row to, column from: ``inside`` a unit, ``between[d - 1]`` to a unit from one at distance d,
    ``to_shared`` from a unit, ``from_shared`` to a unit, ``among`` the shared ones. ``weights`` are magnitudes.
    """

    members: tuple[Population, ...]
    inside: Rows
    between: tuple[Rows, ...]
    geometry: str
    weights: tuple[sympy.Expr, ...]
    positive: tuple[sympy.Expr, ...]
    shared: tuple[Population, ...] = ()
    to_shared: Rows = ()
    from_shared: Rows = ()
    among: Rows = ()

    @property
    def quantities(self) -> Iterator[sympy.Expr]:
        """Weights, time constants and inputs."""
        yield from self.weights
        for p in (*self.members, *self.shared):
            yield from (p.tau, p.input)

    def across(self, distance: int) -> Rows:
        """The coupling to a unit from another one at that distance."""
        if self.geometry == "all":
            return self.between[0]
        k = len(self.members)
        return self.between[distance - 1] if distance <= len(self.between) else ((ZERO,) * k,) * k


def _lateral(
    w_EE: object,
    s: object,
    l: object,
    w_IE: object,
    w_II: object,
    u_I: object,
    tau_E: object,
    tau_I: object,
    lateral: str,
    pool: bool,
    w_X: object,
) -> _Motif:
    if lateral not in GEOMETRIES:
        raise CircuitError(f"lateral is {lateral!r}; it is one of {', '.join(GEOMETRIES)}.")
    own, from_I = _magnitude("w_EE", w_EE), _magnitude("s", s)
    to_I, I_self = _magnitude("w_IE", w_IE, positive=True), _magnitude("w_II", w_II)
    ls, xs = _by_distance("l", l, lateral), _by_distance("w_X", w_X, lateral)
    if pool and len(ls) > 1:
        raise CircuitError(f"l has {len(ls)} weights, but a pool inhibits every unit alike; give one.")
    E, I = _pair(u_I, tau_E, tau_I)
    far = max(len(ls), len(xs))
    padded = [(*row, *(ZERO,) * (far - len(row))) for row in (ls, xs)]
    between = tuple(((x, ZERO if pool else -y), (ZERO, ZERO)) for y, x in zip(*padded, strict=True))
    weights = (own, from_I, *ls, to_I, I_self, *xs)
    positive = (to_I, E.tau, I.tau, *(() if from_I.is_Rational else (from_I,)))
    inside = ((own, -from_I), (to_I, -I_self))
    if not pool:
        return _Motif((E, I), inside, between, lateral, weights, positive)
    P = population("P", "inhibitory", I.tau, I.input, "relu")
    return _Motif(
        (E, I), inside, between, lateral, weights, positive, (P,), ((to_I, ZERO),), ((-ls[0],), (ZERO,)), ((-I_self,),)
    )


def _shared(
    w_EE: object, w_EI: object, w_IE: object, w_II: object, u_I: object, tau_E: object, tau_I: object, w_X: object
) -> _Motif:
    own, from_I = _magnitude("w_EE", w_EE), _magnitude("w_EI", w_EI, positive=True)
    to_I, I_self = _magnitude("w_IE", w_IE, positive=True), _magnitude("w_II", w_II)
    (x,) = _by_distance("w_X", w_X, "all")
    E, I = _pair(u_I, tau_E, tau_I)
    weights, positive = (own, from_I, to_I, I_self, x), (from_I, to_I, E.tau, I.tau)
    return _Motif((E,), ((own,),), (((x,),),), "all", weights, positive, (I,), ((to_I,),), ((-from_I,),), ((-I_self,),))


def _pair(u_I: object, tau_E: object, tau_I: object) -> tuple[Population, Population]:
    E = population("E", "excitatory", exact_entry(tau_E, "tau_E"), ZERO, "relu")
    return E, population("I", "inhibitory", exact_entry(tau_I, "tau_I"), exact_entry(u_I, "u_I"), "relu")


# -- from the description to circuits ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Units:
    """How many units each one that is written stands for: 1, unless the number of all is a symbol."""

    counts: tuple[sympy.Expr, ...]
    symbolic: bool

    def distance(self, i: int, j: int, geometry: str) -> int:
        d, n = abs(i - j), len(self.counts)
        return min(d, n - d) if geometry == "ring" else d


def _units(n: object, motif: _Motif, depth: int) -> _Units:
    if n is None:
        if motif.geometry != "all":
            raise CircuitError(f"a {motif.geometry} has a whole number of units; give n, as in n=6.")
        k, whole = symbol("k"), symbol("n")
        taken = {x for w in motif.quantities for x in w.free_symbols}
        for count, what in ((k, "units with the first input"), (whole, "all units")):
            if count in taken:
                raise CircuitError(f"{count.name!r} is the number of {what}; give the weight or input another name.")
        return _Units((k, whole - k), True)
    size = _whole("n", n, 1)
    total = depth * (size * len(motif.members) + len(motif.shared))
    if total > MOST:
        raise CircuitError(
            f"{size} units{f' in {depth} layers' if depth > 1 else ''} are {total} populations, and a circuit has at "
            f"most {MOST}. symgame.stacked describes a larger column by one of its layers."
        )
    most = size // 2 if motif.geometry == "ring" else size - 1
    if motif.geometry != "all" and len(motif.between) > max(most, 1):
        far = f"{len(motif.between)} weights, but a {motif.geometry} of {size} units has {most} distances"
        raise CircuitError(f"{far}; give one weight per distance.")
    return _Units((ONE,) * size, False)


@dataclass(frozen=True)
class _Place:
    """Where a population stands: layer and unit from 0 (``None``: shared by all units), and which member it is."""

    layer: int
    unit: int | None
    member: int


def _built(motif: _Motif, units: _Units, depth: int, f: sympy.Expr, back: sympy.Expr, name: str) -> Circuit:
    """The circuit in so many layers; in none (0) it is the microcircuit alone, and no layer is named."""
    places = [_Place(a, i, m) for a in range(max(depth, 1)) for i, m in _of_layer(motif, units)]
    entries = [_weight(motif, units, to, source, f, back) for to in places for source in places]
    populations = tuple(_population(motif, place, depth) for place in places)
    copies: tuple[Copies, ...] = ()
    if units.symbolic:
        copies = tuple(_copies(motif, units, places, populations, i) for i in range(len(units.counts)))
    size = f"{len(units.counts)} units" if not units.symbolic else "n units"
    return Circuit(
        f"{name}, {size}" if len(units.counts) != 1 else f"{name}, 1 unit",
        populations,
        sympy.ImmutableDenseMatrix(len(places), len(places), entries),
        tuple(_hypotheses(motif, units, f, back, depth)),
        presentation=_ELL if any(symbol("l") in w.free_symbols for w in entries) else Presentation(),
        copies=copies,
    )


def _of_layer(motif: _Motif, units: _Units) -> Iterator[tuple[int | None, int]]:
    for i in range(len(units.counts)):
        for m in range(len(motif.members)):
            yield i, m
    for m in range(len(motif.shared)):
        yield None, m


def _weight(motif: _Motif, units: _Units, to: _Place, source: _Place, f: sympy.Expr, back: sympy.Expr) -> sympy.Expr:
    """What ``to`` receives from all that ``source`` stands for, when all copies of a unit do the same."""
    if to.layer != source.layer:
        same = to.unit is not None and to.unit == source.unit and to.member == source.member == 0
        return {1: f, -1: back}.get(to.layer - source.layer, ZERO) if same else ZERO
    if source.unit is None:
        rows = motif.among if to.unit is None else motif.from_shared
        return rows[to.member][source.member]
    count = units.counts[source.unit]
    if to.unit is None:
        return count * motif.to_shared[to.member][source.member]
    if to.unit == source.unit:
        inside = motif.inside[to.member][source.member]
        return inside + (count - 1) * motif.across(1)[to.member][source.member] if units.symbolic else inside
    distance = units.distance(to.unit, source.unit, motif.geometry)
    return count * motif.across(distance)[to.member][source.member]


def _population(motif: _Motif, place: _Place, depth: int) -> Population:
    one = motif.shared[place.member] if place.unit is None else motif.members[place.member]
    layer = str(place.layer + 1) if depth else ""
    unit = "" if place.unit is None else f"{'_' if layer else ''}{place.unit + 1}"
    driven = place.unit is not None and place.member == 0 and place.layer == 0
    u = symbol(f"u_{(place.unit or 0) + 1}") if driven else one.input
    return Population(f"{one.name}{layer}{unit}", one.type, one.tau, u, one.activation)


def _copies(
    motif: _Motif, units: _Units, places: Sequence[_Place], populations: Sequence[Population], i: int
) -> Copies:
    """Unit i of every layer together is one unit of the column."""
    mine = [(p, population) for p, population in zip(places, populations, strict=True) if p.unit == i]
    lateral = [
        motif.across(1)[to.member][source.member] if to.layer == source.layer else ZERO
        for to, _ in mine
        for source, _ in mine
    ]
    size = len(mine)
    names = tuple(population.name for _, population in mine)
    return Copies(names, units.counts[i], sympy.ImmutableDenseMatrix(size, size, lateral))


def _hypotheses(motif: _Motif, units: _Units, f: sympy.Expr, back: sympy.Expr, depth: int) -> Iterator[str]:
    """What is > 0 beyond Dale's law; time constants are > 0 anyway. With sums over a symbolic number of units every
    weight is declared, as no entry of W shows it alone."""
    positive = {w for w in motif.positive if not w.is_Rational} - {p.tau for p in (*motif.members, *motif.shared)}
    weights = [*motif.weights, *((f, back) if depth > 1 else ())]
    if depth > 1 and not f.is_Rational:
        positive.add(f)
    for w in dict.fromkeys(weights):
        if w in positive:
            yield f"{_text(w)} > 0"
        elif units.symbolic and not w.is_Rational:
            yield f"{_text(w)} >= 0"


# -- arguments --------------------------------------------------------------------------------------------------------


def _text(w: sympy.Expr) -> str:
    return str(w).replace("**", "^")


def _magnitude(key: str, value: object, positive: bool = False) -> sympy.Expr:
    found = exact_entry(value, key)
    if found.is_Rational and (found < 0 or (positive and found == 0)):
        raise CircuitError(f"{key} is {found}; weights are magnitudes, {key} {'>' if positive else '>='} 0.")
    return found


def _by_distance(key: str, value: object, geometry: str) -> tuple[sympy.Expr, ...]:
    """The weights at distance 1, 2, ...; between all units there is one weight."""
    given: Sequence[object] = value if isinstance(value, list | tuple) else (value,)
    if not given:
        raise CircuitError(f"{key} is an empty list; give a weight, or 0.")
    if geometry == "all" and len(given) > 1:
        raise CircuitError(f"{key} has {len(given)} weights, by distance; say lateral='line' or lateral='ring'.")
    return tuple(_magnitude(f"{key} at distance {d}" if len(given) > 1 else key, w) for d, w in enumerate(given, 1))


def _whole(key: str, value: object, least: int) -> int:
    found = exact_entry(value, key)
    if not found.is_Integer or not least <= found <= MOST:
        raise CircuitError(f"{key} is {found}; a whole number from {least} to {MOST} was expected.")
    return int(found)
