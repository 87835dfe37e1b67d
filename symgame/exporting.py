"""A circuit for other programs: one table of formats, and the text in one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from math import prod
from typing import TYPE_CHECKING

from symgame.errors import ModelError
from symgame.words import nearest

if TYPE_CHECKING:
    from symgame.branches import Branch
    from symgame.circuit import Circuit

#: A module with branches in closed form has at most so many, of at most so many populations with symbols for weights,
#: and polynomials of at most so many terms in all.
MOST_BRANCHES, MOST_SYMBOLIC, MOST_TERMS = 81, 4, 4_000


@dataclass(frozen=True)
class Format:
    """One format: the suffix of its files, what they are, and the module that writes them."""

    suffix: str
    says: str
    module: str


FORMATS: Mapping[str, Format] = {
    "xppaut": Format(".ode", "rate equations for XPPAUT and AUTO", "xppaut"),
    "numpy": Format(".py", "stand-alone Python: right-hand side, Jacobian, branches of equilibria", "numpy_module"),
    "c": Format(".c", "a C99 function for the right-hand side", "c_function"),
    "julia": Format(".jl", "a ModelingToolkit system", "julia"),
    "mathematica": Format(".wl", "exact equations and rules", "mathematica"),
    "pyrates": Format(".yaml", "a PyRates circuit template", "pyrates"),
    "smtlib": Format(".smt2", "equilibrium conditions and domain, for solvers", "smtlib"),
    "bibtex": Format(".bib", "the works that the derivation of the circuit rests on", "bibtex"),
}


def export(circuit: Circuit, format: str) -> str:
    """The circuit as the text of a file in that format; the same circuit gives the same text.

    Symbols with a number for a value become parameters with that value, symbols without become parameters that are
    still to be set; other values are put in. Names are changed where the language asks for it, and the head of the
    file says how.

    Raises :class:`~symgame.errors.ModelError` for a format that there is none of, and
    :class:`~symgame.errors.Unsupported` when the format cannot hold the circuit.

    >>> from symgame.named import wilson_cowan
    >>> [x for x in export(wilson_cowan().with_values(w_EE="5/2"), "xppaut").splitlines() if "w_EE" in x]
    ['par w_EE=2.5', 'z_E=w_EE*x_E - w_EI*x_I + u_E']
    """
    if format not in FORMATS:
        raise ModelError(f"there is no format {str(format)[:40]!a}{nearest(str(format)[:40], FORMATS)}.")
    module = import_module(f"symgame.exports.{FORMATS[format].module}")
    if format == "bibtex":
        return str(module.text(_cited(circuit)))
    if format == "smtlib":
        from symgame.fixed_points import fixed_points

        return str(module.text(circuit.name, fixed_points(circuit)))
    from symgame.rate_system import rate_system

    system = rate_system(circuit)
    if format == "numpy":
        return str(module.text(system, *_closed_forms(circuit)))
    return str(module.text(system))


def _cited(circuit: Circuit) -> list[tuple[str, str, str | None]]:
    """The works that the report of the circuit lists: key, text, address."""
    from symgame.article import article
    from symgame.derivation import derive

    return [(source.key, source.text, source.url) for source in article(derive(circuit)).sources]


def _closed_forms(circuit: Circuit) -> tuple[tuple[Branch, ...], str]:
    """The branches of the circuit, or none and the reason."""
    from symgame.branches import equilibria
    from symgame.condition import terms
    from symgame.rate_system import open_circuit

    kept = open_circuit(circuit)
    if not all(p.activation.piecewise_linear for p in kept.populations):
        return (), "an activation is not piecewise linear: its equilibria have no closed form"
    count = prod(len(p.activation.pieces or ()) for p in kept.populations)
    symbolic = any(not entry.is_Rational for row in kept.entries for entry in row)
    if count > MOST_BRANCHES or (symbolic and len(kept.names) > MOST_SYMBOLIC):
        return (), f"{count} branches of {len(kept.names)} populations are too long to write out"
    found = equilibria(kept)
    size = sum(terms(b.exists) + sum(len(n.over) + len(n.under) for n in b.numerators) for b in found)
    return (found, "") if size <= MOST_TERMS else ((), f"the {count} branches have {size} terms: too long to write out")
