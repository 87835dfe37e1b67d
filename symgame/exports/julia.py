"""Julia: a ModelingToolkit system, version 10 or later (``System``, ``mtkcompile``)."""

from __future__ import annotations

from symgame.dialect import Dialect, double
from symgame.identifiers import Rules, changed, identifiers, plain
from symgame.rate_system import RateSystem

_RESERVED = (
    "baremodule begin break catch const continue do else elseif end export false finally for function global if import "
    "let local macro module quote return struct true try using while abstract mutable primitive type where in isa "
    "outer public as var ccall new missing nothing undef Inf NaN Inf64 NaN64 pi im MathConstants Base Core Main "
    "max min abs exp log tanh atan sqrt sin cos tan sum prod ifelse map filter zeros ones rand randn "
    "t D eqs circuit System ODESystem ODEProblem NonlinearProblem SteadyStateProblem solve mtkcompile "
    "structural_simplify named equations unknowns parameters observed defaults ModelingToolkit Differential Equation "
    "Num Any Int Float64 Real Number Bool String Symbol Vector Matrix Array Tuple Pair Dict Set Function Module Expr "
    "Type Union Complex Rational Integer Char Nothing Missing ARGS ENV VERSION"
)
RULES = Rules(frozenset(_RESERVED.split()))
DIALECT = Dialect(
    {"max": "max({0}, {1})", "min": "min({0}, {1})"}
    | {word: f"{word}({{0}})" for word in ("abs", "exp", "log", "tanh", "atan", "sqrt")}
)


def text(system: RateSystem) -> str:
    """The file: parameters with their values, states from 0, and ``circuit``, the system of equations.

    >>> from symgame.named import wilson_cowan
    >>> from symgame.rate_system import rate_system
    >>> [line.strip() for line in text(rate_system(wilson_cowan())).splitlines() if "D(x_E)" in line]
    ['D(x_E) ~ (-x_E + max(0.0, z_E))/tau_E,']
    """
    said = identifiers(system.names, RULES)
    rows = [f"{plain(system.title)}: {system.law}", *changed(said)]
    lines = [f"# {row}" for row in rows]
    lines += ["using ModelingToolkit", "using ModelingToolkit: t_nounits as t, D_nounits as D", ""]
    if system.parameters:
        lines += ["@parameters begin"]
        lines += [f"    {said[n]}" + ("" if v is None else f" = {double(v)}") for n, v in system.parameters]
        lines += ["end"]
    lines += ["@variables begin", *(f"    {said[s]}(t) = 0.0" for s in system.states), "end", ""]
    lines += [f"{said[e.help.name]} = {DIALECT.total(e.help_terms, said)}" for e in system.equations]
    lines += ["eqs = ["]
    for e in system.equations:
        lines.append(f"    D({said[e.state.name]}) ~ {DIALECT.quotient(e.change, e.tau, said)},")
    lines += ["]", "@named circuit = System(eqs, t)", "# model = mtkcompile(circuit)"]
    return "\n".join(lines) + "\n"
