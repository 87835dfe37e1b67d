"""Mathematica: exact rules and equations. Names begin with a small letter and have no underscores there."""

from __future__ import annotations

from symgame.dialect import Dialect, fraction
from symgame.identifiers import Rules, changed, identifiers, plain
from symgame.rate_system import RateSystem

RULES = Rules(frozenset("t parameters states equations helps steady".split()), underscores=False, lower=True)
DIALECT = Dialect(
    {"max": "Max[{0}, {1}]", "min": "Min[{0}, {1}]", "abs": "Abs[{0}]", "exp": "Exp[{0}]", "log": "Log[{0}]"}
    | {"tanh": "Tanh[{0}]", "atan": "ArcTan[{0}]", "sqrt": "Sqrt[{0}]"},
    number=fraction,
    pi="Pi",
)


def text(system: RateSystem) -> str:
    """The file: ``parameters`` (rules), ``states``, ``steady`` (what is 0 at an equilibrium) and ``equations``.

    >>> from symgame.named import wilson_cowan
    >>> from symgame.rate_system import rate_system
    >>> file = text(rate_system(wilson_cowan().with_values(w_EE="5/2")))
    >>> [line.strip() for line in file.splitlines() if "wEE" in line]
    ['(* wEE stands for w_EE *)', 'wEE -> 5/2', 'zE -> wEE*xE - wEI*xI + uE,']
    """
    said = identifiers(system.names, RULES)
    rows = [f"{plain(system.title)}: {system.law}", *changed(said)]
    lines = [f"(* {row} *)" for row in rows]
    lines += ["parameters = {", ",\n".join(f"  {said[n]} -> {v}" for n, v in system.parameters if v is not None), "};"]
    lines += [f"states = {{{', '.join(said[s] for s in system.states)}}};"]
    helps = [f"  {said[e.help.name]} -> {DIALECT.total(e.help_terms, said)}" for e in system.equations]
    lines += ["helps = {", ",\n".join(helps), "};"]
    steady = [f"  {DIALECT.quotient(e.change, e.tau, said)}" for e in system.equations]
    lines += ["steady = {", ",\n".join(steady), "} /. helps;"]
    lines += ["equations = Thread[Map[#'[t] &, states] == (steady /. Map[# -> #[t] &, states])];"]
    return "\n".join(line for line in lines if line) + "\n"
