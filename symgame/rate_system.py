"""The equations of a circuit as data for other programs: states, parameters with their values, right-hand sides.

Both forms have one shape. Each population has a state and a *help*: in the rate form ``help = (W x + u)_i`` and
``drive = phi_i(help)``, in the voltage form ``help = phi_i(v_i)`` and ``drive = (W help + u)_i``; in both
``tau_i state_i' = -state_i + drive_i``. Sums are kept in the order of the populations, not in an algebra system's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import sympy

from symgame.circuit import Circuit, Form
from symgame.groups import neurons
from symgame.notation import symbol
from symgame.pieces import Z
from symgame.stable_forms import stable_form, stable_slope

#: A sum, term by term, in the order in which it is written.
Terms = tuple[sympy.Expr, ...]


@dataclass(frozen=True)
class Rise:
    """An increasing piece of phi: its slope between two ends, ``None`` for infinite, and which of them belong to it."""

    lower: sympy.Expr | None
    upper: sympy.Expr | None
    slope: sympy.Expr
    closed: tuple[bool, bool]


@dataclass(frozen=True)
class Equation:
    """One population: ``tau * state' = -state + drive``, with the help computed first.

    ``slope`` is phi' at ``argument``, as an expression or by its increasing pieces.
    """

    population: str
    state: sympy.Symbol
    help: sympy.Symbol
    help_terms: Terms
    drive_terms: Terms
    tau: sympy.Expr
    argument: sympy.Symbol
    slope: sympy.Expr | tuple[Rise, ...]

    @property
    def change(self) -> Terms:
        """``-state + drive``: tau times the time derivative of the state."""
        return (-self.state, *self.drive_terms)


@dataclass(frozen=True)
class RateSystem:
    """The equations of a circuit; ``parameters`` are its symbols, each with its value or ``None``."""

    title: str
    form: Form
    equations: tuple[Equation, ...]
    parameters: tuple[tuple[str, Fraction | None], ...]
    W: tuple[tuple[sympy.Expr, ...], ...]

    @property
    def states(self) -> tuple[str, ...]:
        return tuple(e.state.name for e in self.equations)

    @property
    def helps(self) -> tuple[str, ...]:
        return tuple(e.help.name for e in self.equations)

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The parameters without a value, for which formats that need one put in 1."""
        return tuple(name for name, value in self.parameters if value is None)

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that a file needs an identifier for: states, parameters, helps."""
        return (*self.states, *(name for name, _ in self.parameters), *self.helps)

    @property
    def law(self) -> str:
        return "tau x' = -x + phi(W x + u)" if self.form == "rate" else "tau v' = -v + W phi(v) + u"


def open_circuit(circuit: Circuit) -> Circuit:
    """The circuit with every value put in that is not a plain number; plain numbers stay values of their symbols.

    Copies are written out, which needs all values. Raises :class:`~symgame.errors.Unsupported` when how many copies
    there are is not known.
    """
    if circuit.copies:
        return neurons(circuit)
    numbers = {name: value for name, value in circuit.fixed().values if value.is_Rational}
    kept = circuit.fixed(keep=tuple(numbers))
    left = tuple((name, numbers[name]) for name in kept.symbols if name in numbers)
    return replace(kept, values=left)


def rate_system(circuit: Circuit) -> RateSystem:
    """The equations of a circuit.

    Raises :class:`~symgame.errors.Unsupported` for a number of copies without a value, and for an activation that
    :func:`symgame.stable_forms.stable_form` does not know.

    >>> from symgame.named import wilson_cowan
    >>> found = rate_system(wilson_cowan().with_values(w_EE="5/2"))
    >>> found.equations[0].help_terms, found.equations[0].drive_terms
    ((w_EE*x_E, -w_EI*x_I, u_E), (Max(0, z_E),))
    >>> found.parameters[:2]
    (('w_EE', Fraction(5, 2)), ('w_EI', None))
    """
    kept = open_circuit(circuit)
    values = {name: Fraction(int(v.p), int(v.q)) for name, v in kept.values}
    voltage = kept.form == "voltage"
    letter, helper = ("v", "r") if voltage else ("x", "z")
    states = [symbol(f"{letter}_{name}") for name in kept.names]
    helps = _free([f"{helper}_{name}" for name in kept.names], {*kept.symbols, *(s.name for s in states)})
    rows = []
    for i, p in enumerate(kept.populations):
        argument = states[i] if voltage else helps[i]
        fired = stable_form(p.activation).xreplace({Z: argument})
        arriving = helps if voltage else states
        total = tuple(w * x for w, x in zip(kept.entries[i], arriving, strict=True) if w != 0)
        total += (p.input,) if p.input != 0 else ()
        helping, driving = ((fired,), total) if voltage else (total, (fired,))
        slope = _slope(kept, i, argument)
        rows.append(Equation(p.name, states[i], helps[i], helping, driving, p.tau, argument, slope))
    parameters = tuple((name, values.get(name)) for name in kept.symbols)
    return RateSystem(kept.name, kept.form, tuple(rows), parameters, kept.entries)


def _free(names: list[str], taken: set[str]) -> list[sympy.Symbol]:
    """Symbols of these names, with a mark where a symbol of the circuit is called so."""
    found = []
    for name in names:
        while name in taken:
            name += "_"
        taken.add(name)
        found.append(symbol(name))
    return found


def _slope(circuit: Circuit, i: int, argument: sympy.Symbol) -> sympy.Expr | tuple[Rise, ...]:
    activation = circuit.populations[i].activation
    if activation.pieces is None:
        return stable_slope(activation).xreplace({Z: argument})
    return tuple(
        Rise(
            None if piece.lower.is_infinite else piece.lower,
            None if piece.upper.is_infinite else piece.upper,
            piece.slope,
            activation.closed(piece),
        )
        for piece in activation.pieces
        if not piece.flat
    )
