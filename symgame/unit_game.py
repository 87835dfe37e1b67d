"""The game between two populations when all others answer at once: response curves as exact polylines, and where they
cross.

Of an E-I unit the inhibitory population is eliminated through its own best response. With the rate of one player
held at t, the rest of the circuit is at one of its equilibria on a choice of pieces; there every rate is linear in t,
and stays on its pieces between two bounds of t. So the response of the other player is a set of segments with rational
ends. The points where the curves of both players cross are the equilibria of the whole circuit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import prod
from typing import Literal

from symgame.cells import Line, Point, System
from symgame.circuit import Circuit
from symgame.errors import Unsupported
from symgame.numeric import solutions, system
from symgame.plane import Mark, equilibrium_marks
from symgame.syntax import PIECE_MARK

Place = tuple[Fraction, Fraction]
Extremum = Literal["minimum", "maximum"]
MOST_CHOICES = 729
ROOM = Fraction(5, 4)


@dataclass(frozen=True)
class Segment:
    """A piece of a response curve: from ``start`` to ``end``, both ``(rate of the first, rate of the second player)``.

    ``branch`` names the populations that are not silent there, the frozen player left out. ``extremum`` says what
    the player's rate is for its energy when the others answer: a minimum, so a best response at least among near
    rates, or a maximum.
    """

    branch: str
    start: Place
    end: Place
    extremum: Extremum


@dataclass(frozen=True)
class UnitGame:
    """The plane of two players: ``responses[k]`` is the curve of ``players[k]``, ``equilibria`` the crossing points.

    ``low`` and ``side`` are the least and the largest rate that the picture shows on either axis. ``eliminated`` are
    the populations that answer at once. ``notes`` say what is not drawn.
    """

    circuit: Circuit
    players: tuple[str, str]
    eliminated: tuple[str, ...]
    responses: tuple[tuple[Segment, ...], tuple[Segment, ...]]
    equilibria: tuple[Mark, ...]
    low: Fraction
    side: Fraction
    notes: tuple[str, ...]


def unit_game(circuit: Circuit, players: Sequence[str] | None = None) -> UnitGame:
    """The response curves of two populations of a circuit in numbers, all others answering at once; exact.

    ``players`` default to the excitatory populations, which must then be two.

    Raises :class:`~symgame.errors.Unsupported` when they are not two, when a symbol has no value, an activation is
    not piecewise linear, or the choices of pieces are too many.

    >>> pair = Circuit.from_matrix([[0, -2], [-2, 0]], names="AB", u=[1, 1], tau=[1, 1])
    >>> game = unit_game(pair, "AB")
    >>> [(s.branch, s.start, s.end) for s in game.responses[0]][1]
    ('A', (Fraction(1, 1), Fraction(0, 1)), (Fraction(0, 1), Fraction(1, 2)))
    >>> [(tuple(map(str, m.exact)), m.stability, m.nash) for m in game.equilibria][-1]
    (('1/3', '1/3'), 'saddle', 'global')
    """
    circuit = circuit.fixed()
    pair = _players(circuit, players)
    whole = system(circuit)
    if prod(len(row) for row in whole.pieces) > MOST_CHOICES:
        raise Unsupported(f"the game of two players is drawn for at most {MOST_CHOICES} choices of pieces")
    marks, notes = equilibrium_marks(circuit)
    settled = {e.branch for e in solutions(circuit).equilibria if e.stable}
    marks = tuple(replace(m, stability="stable") if m.branch in settled else m for m in marks)
    a, b = (circuit.index(name) for name in pair)
    seen = [x for m in marks if m.exact for x in (m.exact[a], m.exact[b])]
    nothing = (Fraction(0), Fraction(0))
    alone = [s.start[k] for k in range(2) for s in _segments(circuit, whole, (a, b), k, nothing)]
    low, side = ROOM * min([*seen, Fraction(0)]), ROOM * max([*seen, *alone, Fraction(0)]) or Fraction(1)
    responses = tuple(_distinct(_segments(circuit, whole, (a, b), k, (low, side))) for k in range(2))
    return UnitGame(
        circuit,
        pair,
        tuple(n for n in circuit.names if n not in pair),
        (responses[0], responses[1]),
        tuple(
            replace(m, place=(m.place[a], m.place[b]), exact=None if m.exact is None else (m.exact[a], m.exact[b]))
            for m in marks
        ),
        low,
        side,
        notes,
    )


def _players(circuit: Circuit, players: Sequence[str] | None) -> tuple[str, str]:
    if players is None:
        players = [p.name for p in circuit.populations if p.type == "excitatory"]
    unknown = [name for name in players if name not in circuit.names]
    if unknown or len(set(players)) != 2 or len(players) != 2:
        raise Unsupported(
            f"a game of units has two players, not {', '.join(players) or 'none'}; name two of the populations "
            f"{', '.join(circuit.names)}"
        )
    return players[0], players[1]


def _segments(circuit: Circuit, whole: System, pair: tuple[int, int], k: int, rates: Place) -> Iterator[Segment]:
    """The response of player k for rates of the other between two bounds, segment by segment."""
    me, other = pair[k], pair[1 - k]
    rest = [i for i in range(whole.n) if i != other]
    at = [_without(whole, rest, other, Fraction(t)) for t in (0, 1)]
    mine = rest.index(me)
    followers = _restricted(at[0], [i for i in range(len(rest)) if i != mine])
    for places in product(*(range(len(row)) for row in at[0].pieces)):
        zero, one = at[0].solved(places), at[1].solved(places)
        if zero is None or one is None:
            continue  # a singular block: at most single rates of the other have answers there
        ends = _between(at[0].pieces, zero, one, rates)
        if ends is None:
            continue
        piece = at[0].pieces[mine][places[mine]]
        curvature = 1
        if not piece.flat:
            curvature = _sign(at[0], places) * _sign(followers, [p for i, p in enumerate(places) if i != mine])
        x0, dx = zero.state[mine], one.state[mine] - zero.state[mine]
        here, there = ((x0 + dx * t, t) if k == 0 else (t, x0 + dx * t) for t in ends)
        yield Segment(_named(circuit, rest, places), here, there, "minimum" if curvature > 0 else "maximum")


def _distinct(segments: Iterator[Segment]) -> tuple[Segment, ...]:
    """Each stretch once: where a total input stays on a kink, the pieces on both sides of it give the same."""
    found: dict[tuple[Place, Place], Segment] = {}
    for segment in segments:
        found.setdefault((segment.start, segment.end), segment)
    return tuple(found.values())


def _named(circuit: Circuit, who: Sequence[int], places: Sequence[int]) -> str:
    """The populations in ``who`` that are not silent, as a branch names them."""
    rows = [circuit.populations[i].activation.pieces or () for i in who]
    labels = [row[place].label for row, place in zip(rows, places, strict=True)]
    return ",".join(
        circuit.names[i] + PIECE_MARK[label] for i, label in zip(who, labels, strict=True) if label != "silent"
    )


def _without(whole: System, rest: Sequence[int], other: int, t: Fraction) -> System:
    """The system of the populations in ``rest``, population ``other`` held at the rate t."""
    u = tuple(whole.u[i] + whole.W[i][other] * t for i in rest)
    return System(tuple(tuple(whole.W[i][j] for j in rest) for i in rest), u, tuple(whole.pieces[i] for i in rest))


def _restricted(of: System, kept: Sequence[int]) -> System:
    W = tuple(tuple(of.W[i][j] for j in kept) for i in kept)
    return System(W, tuple(of.u[i] for i in kept), tuple(of.pieces[i] for i in kept))


def _sign(of: System, places: Sequence[int]) -> int:
    """The sign of ``det(I - F W)`` on the increasing pieces."""
    from flint import fmpq, fmpq_mat

    rows, _ = of.equations(places)
    if not rows:
        return 1
    entries = [fmpq(v.numerator, v.denominator) for row in rows for v in row]
    value = fmpq_mat(len(rows), len(rows), entries).det()
    return 1 if value > 0 else -1 if value < 0 else 0


def _between(pieces: Sequence[Sequence[Line]], zero: Point, one: Point, rates: Place) -> Place | None:
    """The first and the last t between two bounds with every total input, linear in t, on its piece or at its end."""
    low, high = rates
    for row, place, z, z_one in zip(pieces, zero.places, zero.totals, one.totals, strict=True):
        slope = z_one - z
        for end, sign in ((row[place].lower, 1), (row[place].upper, -1)):
            if end is None:
                continue
            gap, rise = sign * (z - end), sign * slope  # gap + rise t >= 0
            if rise == 0:
                if gap < 0:
                    return None
            elif rise > 0:
                low = max(low, -gap / rise)
            else:
                high = min(high, -gap / rise)
    return (low, high) if low < high or (rates[0] == rates[1] == low == high) else None
