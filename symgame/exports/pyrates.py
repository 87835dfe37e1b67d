"""PyRates: a YAML template with one node for each population, the circuit being ``circuit``.

Every weight is a variable of the node that receives, so that it may be swept by its name; edges only carry rates.
"""

from __future__ import annotations

from fractions import Fraction

import sympy

from symgame.dialect import Dialect, double
from symgame.identifiers import Rules, changed, identifiers, plain
from symgame.rate_system import Equation, RateSystem

# PyRates reads its equations with SymPy, where a word may be a function or a constant: names of variables have an
# underscore inside, and are none of SymPy's. The index variables of PyRates itself are reserved too.
_RESERVED = (
    "no_op source_idx target_idx index_1d index_2d index_range index_axis interp_rows broadcast_pre broadcast_post"
)
RULES = Rules(frozenset((*_RESERVED.split(), *(word for word in dir(sympy) if "_" in word))), marked=True)
NODES = Rules()
DIALECT = Dialect(
    {"max": "maxi({0}, {1})", "min": "mini({0}, {1})", "abs": "absv({0})", "exp": "exp({0})", "log": "log({0})"}
    | {"tanh": "tanh({0})", "atan": "arctan({0})", "sqrt": "({0})^0.5"},
    pi="3.141592653589793",
)
PLACEHOLDER = Fraction(1)


def text(system: RateSystem) -> str:
    """The template; a parameter without a value gets 1, and a comment says so.

    >>> from symgame.named import wilson_cowan
    >>> from symgame.rate_system import rate_system
    >>> [line.strip() for line in text(rate_system(wilson_cowan())).splitlines() if line.startswith("    - [")][0]
    '- [node_E/op_E/x_E, node_I/op_I/in_E, null, {weight: 1.0}]'
    """
    said = identifiers(system.names, RULES)
    of = identifiers([e.population for e in system.equations], NODES)
    rows = [f"{plain(system.title)}: {system.law}", *changed(said)]
    open_ = [said[name] for name in system.placeholders]
    rows += [f"no value in the circuit, 1 stands for it: {', '.join(open_)}"] if open_ else []
    lines = ["%YAML 1.2", "---", *(f"# {row}" for row in rows)]
    for e in system.equations:
        lines += _operator(system, e, said, of)
    for name in of.values():
        lines += [f"template_{name}:", "  base: NodeTemplate", "  operators:", f"    - op_{name}"]
    lines += ["circuit:", "  base: CircuitTemplate", "  nodes:"]
    lines += [f"    node_{name}: template_{name}" for name in of.values()]
    edges = [
        f"    - [node_{of[s.population]}/op_{of[s.population]}/{said[_sent(system, s)]}, "
        f"node_{of[e.population]}/op_{of[e.population]}/in_{of[s.population]}, null, {{weight: 1.0}}]"
        for s in system.equations
        for e in system.equations
        if s is not e and _hears(system, e, s)
    ]
    lines += ["  edges:", *edges] if edges else ["  edges: []"]
    return "\n".join(lines) + "\n"


def _sent(system: RateSystem, e: Equation) -> str:
    """What a population sends to the others: its rate, which in the voltage form is a help."""
    return str((e.state if system.form == "rate" else e.help).name)


def _hears(system: RateSystem, e: Equation, source: Equation) -> bool:
    return bool(system.W[system.equations.index(e)][system.equations.index(source)] != 0)


def _operator(system: RateSystem, e: Equation, said: dict[str, str], of: dict[str, str]) -> list[str]:
    state, help_ = said[e.state.name], said[e.help.name]
    heard = [s for s in system.equations if s is not e and _hears(system, e, s)]
    inputs = {_sent(system, s): f"in_{of[s.population]}" for s in heard}
    said = {**said, **inputs}  # PyRates mixes up variables of two nodes with one name: the rate keeps it at home only
    sends = _sent(system, e)
    own = {x.name for term in (*e.help_terms, *e.drive_terms, e.tau) for x in term.free_symbols}
    lines = [
        f"op_{of[e.population]}:",
        "  base: OperatorTemplate",
        "  equations:",
        f'    - "{help_} = {DIALECT.total(e.help_terms, said)}"',
        f'    - "{state}\' = {DIALECT.quotient(e.change, e.tau, said)}"',
        "  variables:",
    ]
    for name in (e.state.name, e.help.name):
        lines.append(f"    {said[name]}: {'output' if name == sends else 'variable'}(0.0)")
    lines += [f"    {name}: input(0.0)" for name in inputs.values()]
    for name, value in system.parameters:
        if name in own:
            lines.append(f"    {said[name]}: {double(PLACEHOLDER if value is None else value)}")
    return lines
