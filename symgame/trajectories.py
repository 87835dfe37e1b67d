"""A recorded trajectory against the circuit: its steps, where it ends, and how it gets there.

Every verdict rests on a bound that was derived, never on a tolerance: what the rounding of the recording itself leaves
open, carried along by the flow. See :mod:`symgame.exact_flow` and :mod:`symgame.flow_check` for the steps,
:mod:`symgame.relaxation` for rates and frequencies, :mod:`symgame.recording_slips` for what explains a wrong one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import floor, log10
from pathlib import Path
from typing import Any, Literal

import numpy as np

from symgame.cells import Point
from symgame.circuit import Circuit
from symgame.errors import ModelError, SymgameError
from symgame.exact_flow import Flow
from symgame.flow_check import Departure, FlowCheck, compared, digits_right
from symgame.groups import neurons
from symgame.named import load
from symgame.numeric import Solution, solutions, system
from symgame.recording_slips import RecordingSlip, slip
from symgame.recordings import BadSample, Recording, recording
from symgame.relaxation import Mode, Run, modes, runs, stationary
from symgame.tables import Cell, formula, joined, table

Outcome = Literal["right", "right to k digits", "wrong", "boundary", "bad row"]
#: What a recording claims when its ``digits`` are not stated: all that are written, but not fewer than these are right.
LEAST_DIGITS = 3
MOST_EQUILIBRIA = 12  # populations up to which all equilibria are looked for


@dataclass(frozen=True)
class End:
    """The last sample: the nearest equilibrium, how far it is in the largest coordinate, and who is still moving.

    ``outcome`` is "right" within rounding of an equilibrium, "wrong" for a recording that stopped elsewhere,
    "boundary" where rounding hides whether it moves, and ``None`` while it moves.
    """

    outcome: Outcome | None
    nearest: Solution | None
    distance: Fraction | None
    velocity: dict[str, Fraction]
    moving: tuple[str, ...]
    words: str


@dataclass(frozen=True)
class Stretch:
    """The first or last run of samples on one choice of pieces, with the modes of their equilibrium."""

    first: int
    last: int
    branch: str
    modes: tuple[Mode, ...]
    words: str


@dataclass(frozen=True, repr=False)
class Trajectory:
    """What was found of a recording. ``digits`` is how many digits it is right to, ``claimed`` how many it claims."""

    circuit: Circuit
    outcome: Outcome
    digits: int
    claimed: int
    check: FlowCheck | None
    slip: RecordingSlip | None
    end: End | None
    stretches: tuple[Stretch, ...]
    bad: BadSample | None = None
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """The outcome in words: "right to 6 digits"."""
        return f"right to {self.digits} digits" if self.outcome == "right to k digits" else self.outcome

    @property
    def right(self) -> bool:
        return self.outcome in ("right", "right to k digits")

    @property
    def departure(self) -> Departure | None:
        """The first departure; of several populations at that sample the one that is off most, against its bound."""
        rows = () if self.check is None else self.check.departures
        if not rows:
            return None
        sample = min(d.sample for d in rows)
        return max((d for d in rows if d.sample == sample), key=lambda d: d.off / d.allowed if d.allowed else d.off)

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """What is said, as pairs of a heading and a sentence."""
        if self.bad is not None:
            return (("bad row", str(self.bad)),)
        assert self.check is not None and self.end is not None
        rows = [("digits", self._digits())]
        rows.append(("steps", self._steps()))
        if self.departure is not None:
            rows.append(("departs", self._departs(self.departure)))
        if self.slip is not None:
            rows.append(("would fit", f"{self.slip.words} (right to {self.slip.digits} digits then)"))
        rows.append(("end", self.end.words))
        for stretch in self.stretches:
            where = f"samples {stretch.first} to {stretch.last} on ({stretch.branch})"
            for mode in stretch.modes:
                rows.append(("mode", f"{where}: {mode}: {'right' if mode.right else 'wrong'}"))
            if stretch.words:
                rows.append(("mode", f"{where}: {stretch.words}"))
        rows += [("note", note) for note in self.notes]
        return tuple(rows)

    def _digits(self) -> str:
        return f"right to {self.digits} of {self.claimed} significant digits of the largest rate of each population"

    def _steps(self) -> str:
        assert self.check is not None
        c = self.check
        cut = c.steps - c.inside
        bounds = ", ".join(f"{n} {_up(float(b))}" for n, b in zip(self._names, c.widest, strict=True))
        many = len({d.sample for d in c.departures})
        said = f"{_many(c.steps, 'step')}, {c.inside} inside one choice of pieces, by matrix exponentials in balls"
        said += f", {cut} in parts, long or near a kink" if cut else ""
        departing = "no sample departs" if not many else f"{_many(many, 'sample')} depart{'s' if many == 1 else ''}"
        return f"{said}; {departing}; rounding explains at most {bounds}"

    def _departs(self, d: Departure) -> str:
        return (
            f"sample {d.sample} (t = {_number(d.time)}): {d.population} is {_number(d.recorded)}, but from sample "
            f"{d.since} it comes to {float(d.true):.12g}: off by {d.off:.3g}, where rounding explains {_up(d.allowed)}"
        )

    @property
    def _names(self) -> tuple[str, ...]:
        return self.circuit.names

    def __str__(self) -> str:
        rows = self.lines
        width = max(len(head) for head, _ in rows)
        return "\n".join([f"{self.circuit.name}: {self.verdict}", *(f"  {h:{width}}  {said}" for h, said in rows)])

    def __repr__(self) -> str:
        """One line; ``str`` has them all."""
        return f"Trajectory({self.circuit.name!r}, {self.verdict})"

    def _repr_html_(self) -> str:
        rows: list[tuple[Cell, Cell]] = [(self.verdict, self.circuit.name), *self.lines]
        if self.end is not None and self.end.nearest is not None:
            write = self.circuit.presentation.expanded
            state = self.end.nearest.state.items()
            rows.append(("nearest equilibrium", joined(formula(f"x({n}) = {v}", write) for n, v in state)))
        return table((), rows).source


def verify_trajectory(
    circuit: Circuit | str | Path,
    t: Any,
    x: Any = None,
    *,
    values: Mapping[str, object] | None = None,
    digits: int | None = None,
    time_rounding: object = 0,
    map: Mapping[str, str] | None = None,
) -> Trajectory:
    """Whether a recorded time series is a solution of the circuit's rate equation, as far as its rounding can tell.

    ``t`` are increasing times in the unit of the time constants, ``x`` states (N, n) in the order of the populations,
    or columns by name; or ``t`` is one table of both, or the path of one; ``map`` renames its columns (see
    :func:`symgame.recordings.recording`). A circuit that declares the voltage form is compared with voltages.
    ``digits`` is the claim: significant digits of the largest number of each column. Without it a recording claims the
    digits that are written, and is called right to fewer as long as these are three or more. Times are taken as exact
    unless ``time_rounding`` says how far they may be off.

    The verdict is

    * ``right``: no sample is farther from the solutions through earlier samples than rounding explains;
    * ``right to k digits``: so with samples rounded to k digits, as for the output of an integrator, and no slip
      explains more;
    * ``wrong``: a sample provably departs (which, and by how much), a rate or a frequency is not that of the
      eigenvalue, or the recording stops where no equilibrium is;
    * ``boundary``: its rounding is so coarse, or it moves so little, that nothing was tested;
    * ``bad row``: a sample that is no number, or times that do not increase.

    Raises :class:`~symgame.errors.Unsupported` when symbols are left or an activation is not piecewise linear, and
    :class:`~symgame.errors.ModelError` for what is no recording of this circuit.

    >>> one = Circuit.from_matrix([["1/2"]], names="E", u=[1], tau=[2])
    >>> found = verify_trajectory(one, [0, 4, 8, 40], {"E": ["0", "1.2642", "1.7293", "1.9999"]})  # 2 (1 - e^(-t/4))
    >>> found.verdict, str(found.stretches[0].modes[0])
    ('right', 'decays at -0.249986 +- 0.000024, eigenvalue -0.25')
    >>> off = verify_trajectory(one, [0, 4, 8, 40], {"E": ["0", "1.2642", "1.7393", "1.9999"]})
    >>> off.verdict, off.departure.sample, off.slip.words
    ('wrong', 2, 'sample 2 is off; all the others are right')
    """
    opened = circuit if isinstance(circuit, Circuit) else load(circuit)
    opened = neurons((opened.with_values(**dict(values)) if values else opened).fixed())
    exact = system(opened)
    if digits is not None and (isinstance(digits, bool) or not isinstance(digits, int) or not 1 <= digits <= 17):
        raise ModelError(f"digits is {digits!r}; a whole number from 1 to 17 was expected.")
    voltage = opened.form == "voltage"
    flow = Flow(exact, tuple(Fraction(int(p.tau.p), int(p.tau.q)) for p in opened.populations), voltage)
    letters = "xv" if voltage else "xr"
    read = recording(opened.names, t, x, letters=letters, time_rounding=time_rounding, map=map)
    if isinstance(read, BadSample):
        return Trajectory(opened, "bad row", 0, digits or 0, None, None, None, (), read)
    return _judged(opened, flow, read, digits)


def _judged(circuit: Circuit, flow: Flow, read: Recording, stated: int | None) -> Trajectory:
    written = read.digits
    claimed = min(stated, written) if stated is not None else written
    widths = read.widths if stated is None else read.rounded_to(claimed)
    check = compared(flow, read, widths)
    right = claimed if not check.departures else digits_right(flow, read, max(claimed - 1, 0))
    found = slip(flow, read, check, right, claimed) if check.departures else None
    allowed = read.rounded_to(right) if right >= min(LEAST_DIGITS, claimed) and check.departures else widths
    told = compared(flow, read, allowed) if check.departures and right else check
    end = _end(circuit, flow, read, allowed, check)
    stretches = _stretches(circuit, flow, read, allowed)
    notes = []
    idle = [n for n, moved in zip(circuit.names, told.tested, strict=True) if not moved]
    if idle:
        verb = "moves" if len(idle) == 1 else "move"
        notes.append(f"{', '.join(idle)} never {verb} by more than rounding explains: not tested")
    notes += _outside(circuit, flow, read)
    if stated is not None and stated > written:
        notes.append(f"{stated} digits are claimed, but only {written} are written")
    outcome: Outcome
    least = claimed if stated is not None else min(LEAST_DIGITS, claimed)
    explained = found is not None and found.kind != "euler"
    broken = end.outcome == "wrong" or any(not mode.right for s in stretches for mode in s.modes)
    if (check.departures and (explained or right < least)) or broken:
        outcome = "wrong"
    elif claimed == 0 or (len(idle) == len(circuit.names) and end.outcome != "right"):
        outcome = "boundary"
    else:
        outcome = "right to k digits" if check.departures else "right"
    return Trajectory(circuit, outcome, right, claimed, check, found, end, stretches, None, tuple(notes))


def _outside(circuit: Circuit, flow: Flow, read: Recording) -> list[str]:
    """Who has a rate that its activation never takes: the rate equation allows it, and brings it back."""
    notes: list[str] = []
    for i, (name, row) in enumerate(zip(circuit.names, () if flow.voltage else flow.system.pieces, strict=False)):
        low = row[0].intercept if row[0].flat else None
        high = row[-1].intercept if row[-1].flat else None
        for k, state in enumerate(read.states):
            x, width = state[i], Fraction(float(read.widths[k, i]))
            if (low is not None and x + width < low) or (high is not None and x - width > high):
                where = "is outside the range of its activation; no rate is there"
                notes.append(f"sample {k}: {name} = {_number(x)} {where}")
                break
    return notes


def _end(circuit: Circuit, flow: Flow, read: Recording, widths: Any, check: FlowCheck) -> End:
    last = read.states[-1]
    velocity = flow.velocity(last)
    leak = np.abs(flow.comparison) + np.diag(1 / np.array([float(t) for t in flow.tau]))
    moving = stationary(velocity, leak @ widths[-1])
    named = dict(zip(circuit.names, velocity, strict=True))
    movers = tuple(circuit.names[i] for i in moving)
    speeds = ", ".join(f"{n} at {float(named[n]):.3g}" for n in movers)
    if len(circuit.names) > MOST_EQUILIBRIA:
        words = f"still moving: {speeds} per unit of time" if movers else "at rest, as far as its rounding tells"
        return End(None, None, None, named, movers, f"{words}; not compared with equilibria: too many populations")
    listed = solutions(circuit)
    points = [e for e in listed.equilibria if e.state]
    if not points:
        what = "a continuum of equilibria is not compared with" if listed.equilibria else "there is no equilibrium"
        return End(None, None, None, named, movers, f"{what}; {f'moving: {speeds}' if movers else 'it hardly moves'}")
    distances = [max(abs(a - b) for a, b in zip(last, _state(circuit, flow, e), strict=True)) for e in points]
    k = distances.index(min(distances))
    nearest, distance = points[k], distances[k]
    state = _state(circuit, flow, nearest)
    at = f"({nearest.branch}): " + ", ".join(f"{n} = {v}" for n, v in zip(circuit.names, state, strict=True))
    kind = {True: "stable", False: "unstable", None: "stability not decided"}[nearest.stable]
    at += f", {nearest.type}" if nearest.type == "kink" and nearest.stable is None else f", {kind}"
    hidden = all(abs(a - b) <= Fraction(float(w)) for a, b, w in zip(last, state, widths[-1], strict=True))
    away = f"{float(distance):.3g} from {at}"
    if hidden:
        return End("right", nearest, distance, named, movers, f"at the equilibrium {at}, within its rounding")
    still = any(d.sample == len(read.times) - 1 for d in check.departures) and read.states[-2] == last
    if still and movers:
        words = f"stopped where no equilibrium is: its velocity would be {speeds}; {away}"
        return End("wrong", nearest, distance, named, movers, words)
    if movers:
        return End(None, nearest, distance, named, movers, f"still moving: {speeds} per unit of time; {away}")
    return End("boundary", nearest, distance, named, movers, f"its rounding hides whether it moves; {away}")


def _state(circuit: Circuit, flow: Flow, e: Solution) -> tuple[Fraction, ...]:
    """The equilibrium in what was recorded: rates, or the voltages ``v = W x + u``."""
    rates = [e.state[name] for name in circuit.names]
    if not flow.voltage:
        return tuple(rates)
    return tuple(
        sum((w * v for w, v in zip(row, rates, strict=True)), u)
        for row, u in zip(flow.system.W, flow.system.u, strict=True)
    )


def _stretches(circuit: Circuit, flow: Flow, read: Recording, widths: Any) -> tuple[Stretch, ...]:
    found = []
    for first, last, places in runs(flow, read):
        if last - first < 2:
            continue
        branch = ",".join(
            name + {"active": "", "saturated": "=m", "negative": "=-"}[str(p.activation.pieces[k].label)]
            for name, p, k in zip(circuit.names, circuit.populations, places, strict=True)
            if p.activation.pieces is not None and p.activation.pieces[k].label != "silent"
        )
        try:
            point = flow.system.decided(places)
        except SymgameError:
            point = None
        if not isinstance(point, Point):
            found.append(Stretch(first, last, branch, (), "no equilibrium lies on these pieces"))
            continue
        if not point.strict:
            words = "the equilibrium has a total input on a kink: its flow is not linear"
            found.append(Stretch(first, last, branch, (), words))
            continue
        state = point.totals if flow.voltage else point.state
        measured = modes(flow, read, widths, Run(first, last, places, state))
        words = "" if measured else "nothing stands clear of the rounding"
        found.append(Stretch(first, last, branch, measured, words))
    return tuple(found)


def _number(value: Fraction) -> str:
    return str(value) if value.denominator == 1 else f"{float(value):.12g}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _up(value: float) -> str:
    """A bound in three digits, rounded up."""
    if value <= 0 or not np.isfinite(value):
        return f"{value:g}"
    unit = 10.0 ** (floor(log10(value)) - 2)
    return f"{np.ceil(value / unit) * unit:.3g}"


__all__ = ["End", "Outcome", "Stretch", "Trajectory", "verify_trajectory"]
