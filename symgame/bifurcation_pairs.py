"""A pair of smooth populations in exact numbers, and the two entries of it that a plane of parameters moves."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from sympy import Expr

from symgame.bifurcation_gains import Gain, gain_of
from symgame.circuit import Circuit
from symgame.errors import Unsupported, VocabularyError
from symgame.notation import symbol

Number = Fraction | None


@dataclass(frozen=True)
class Slot:
    """The entry ``start + scale*parameter`` of row ``row``: of W in a column, of u without one.

    ``sign`` is that of the entry by Dale's law, ``None`` where nothing is declared.
    """

    row: int
    column: int | None
    start: Fraction
    scale: Fraction
    sign: int | None


@dataclass(frozen=True)
class Pair:
    """``tau_i x_i' = -x_i + phi_i((W x + u)_i)``, i = 0, 1, in fractions; the two entries of the plane are ``None``."""

    circuit: Circuit
    plane: tuple[str, str]
    slots: tuple[Slot, Slot]
    W: tuple[tuple[Number, Number], tuple[Number, Number]]
    u: tuple[Number, Number]
    tau: tuple[Fraction, Fraction]
    gains: tuple[Gain, Gain]

    @property
    def inputs_only(self) -> bool:
        """Whether the plane is that of the two inputs, so that W is known."""
        return all(slot.column is None for slot in self.slots)


def pair_of(circuit: Circuit, plane: tuple[str, str]) -> Pair:
    """The pair with all its values put in but those of the plane, which are left free.

    Each name of the plane stands for one entry of W or u, to which it is proportional up to a constant. An input that
    is a number goes by its name ``u_E``.

    Raises :class:`~symgame.errors.Unsupported` for anything but two populations in the rate form with smooth,
    strictly increasing activations (a power law on its active part), or when a symbol outside the plane has no value;
    :class:`~symgame.errors.VocabularyError` when a name of the plane is none of one entry.

    >>> from symgame.named import wilson_cowan
    >>> pair_of(wilson_cowan(), ("u_E", "u_I"))
    Traceback (most recent call last):
    ...
    symgame.errors.Unsupported: E has the activation 'relu', whose slope is constant in pieces: folds and Hopf ...
    """
    names = tuple(plane)
    if len(names) != 2 or not all(isinstance(name, str) for name in names) or names[0] == names[1]:
        raise VocabularyError(f"the plane is {plane!r}; name two different parameters, as in ('u_E', 'u_I')")
    if len(circuit.populations) != 2 or circuit.copies:
        what = f"{len(circuit.populations)} populations" + (" that stand for copies" if circuit.copies else "")
        raise Unsupported(f"{circuit.name} has {what}; bifurcation sets in closed form are those of a pair")
    if circuit.form != "rate":
        raise Unsupported("the circuit is in the voltage form; its bifurcation set is that of the rate form")
    here = circuit.fixed(keep=names)
    for population in here.populations:
        if population.activation.piecewise_linear:
            raise Unsupported(
                f"{population.name} has the activation '{population.activation.kind}', whose slope is constant in "
                f"pieces: folds and Hopf points of smooth activations are asked for; symgame.regimes has the others"
            )
    known = tuple(dict.fromkeys((*circuit.symbols, *circuit.inputs)))
    slots = tuple(_slot(here, name, known) for name in names)
    if (slots[0].row, slots[0].column) == (slots[1].row, slots[1].column):
        raise Unsupported(f"{names[0]} and {names[1]} stand for one entry; choose parameters of two entries")
    taken = {(slot.row, slot.column) for slot in slots}
    open_ = sorted(set(here.symbols) - set(names))
    if open_:
        raise Unsupported(
            f"{', '.join(open_)} {'has' if len(open_) == 1 else 'have'} no value: everything but "
            f"{names[0]} and {names[1]} has to be a number; give values, or --set NAME=VALUE"
        )
    W = tuple(
        tuple(None if (i, j) in taken else _fraction(here.entries[i][j], "a weight") for j in range(2))
        for i in range(2)
    )
    u = tuple(None if (i, None) in taken else _fraction(here.populations[i].input, "an input") for i in range(2))
    tau = tuple(_fraction(p.tau, f"tau of {p.name}") for p in here.populations)
    gains = tuple(gain_of(p.activation) for p in here.populations)
    return Pair(here, names, slots, W, u, tau, gains)  # type: ignore[arg-type]


def _slot(circuit: Circuit, name: str, known: tuple[str, ...]) -> Slot:
    entries: list[tuple[int, int | None, Expr, int | None]] = []
    for i, population in enumerate(circuit.populations):
        for j, source in enumerate(circuit.populations):
            entries.append((i, j, circuit.entries[i][j], source.sign))
        entries.append((i, None, population.input, None))
    place = symbol(name) if name.isidentifier() else None
    found = [e for e in entries if place in e[2].free_symbols]
    if not found and name in circuit.inputs:  # an input that is a number
        return Slot(circuit.inputs.index(name), None, Fraction(0), Fraction(1), None)
    if len(found) != 1:
        what = "stands for more than one entry" if found else "is neither a weight nor an input of the circuit"
        raise VocabularyError(f"{name!a} {what}; the parameters of a plane are among {', '.join(known)}")
    row, column, entry, sign = found[0]
    polynomial = entry.as_poly(place)
    if polynomial is None or polynomial.degree() != 1 or entry.free_symbols != {place}:
        raise Unsupported(f"{name} occurs in the entry {entry}; it has to be a number plus a multiple of {name}")
    scale, start = (_fraction(c, "a coefficient") for c in polynomial.all_coeffs())
    return Slot(row, column, start, scale, sign)


def _fraction(value: Expr, what: str) -> Fraction:
    if not value.is_Rational:
        raise Unsupported(f"{what} is {value}; bifurcation sets need rational numbers")
    return Fraction(int(value.p), int(value.q))
