"""NumPy: a stand-alone Python module with the right-hand side, the Jacobian, and every branch of equilibria."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import sympy

from symgame.branches import Branch
from symgame.condition import And, Condition, Or, Sign
from symgame.dialect import Dialect, double
from symgame.identifiers import Rules, changed, identifiers, plain
from symgame.notation import symbol
from symgame.program import wrapped
from symgame.pythonic import quoted
from symgame.rate_system import Equation, RateSystem
from symgame.ring import Poly, Quotient, poly_text

_RESERVED = (
    "False None True and as assert async await break class continue def del elif else except finally for from global "
    "if import in is lambda nonlocal not or pass raise return try while with yield match case type "
    "np x given ready rhs jacobian equilibria branch matrix STATES PARAMETERS BRANCHES LEFT_OUT print abs max min "
    "float int str list tuple dict set zip KeyError TypeError ValueError slope over under state lie_on"
)
RULES = Rules(frozenset(_RESERVED.split()))
DIALECT = Dialect(
    {"max": "np.maximum({0}, {1})", "min": "np.minimum({0}, {1})", "abs": "np.abs({0})", "atan": "np.arctan({0})"}
    | {word: f"np.{word}({{0}})" for word in ("exp", "log", "tanh", "sqrt")},
    power="{0}**{1}",
    pi="np.pi",
)


def text(system: RateSystem, branches: Sequence[Branch], left_out: str) -> str:
    """The module. ``left_out`` says why it has no branches, when it has none.

    >>> from symgame.branches import equilibria
    >>> from symgame.named import wilson_cowan
    >>> from symgame.rate_system import rate_system
    >>> surroundings = {}
    >>> pair = wilson_cowan().with_values(w_EE=2, w_EI=1, w_IE=1, w_II=0, tau_E=1, tau_I=1)
    >>> exec(text(rate_system(pair), equilibria(pair), ""), surroundings)
    >>> surroundings["rhs"]([1.0, 1.0], u_E=0, u_I=0.5)
    array([0. , 0.5])
    """
    said = identifiers(system.names, RULES)
    parts = [
        _head(system, said),
        _face(system),
        _rhs(system, said),
        _jacobian(system, said),
        *(_branch(k, branch, system, said) for k, branch in enumerate(branches)),
        _branches(branches, left_out),
    ]
    return "\n\n\n".join(parts) + "\n"


def _head(system: RateSystem, said: Mapping[str, str]) -> str:
    rows = ", ".join(f"{said[e.state.name]} of {plain(e.population)}" for e in system.equations)
    lines = [f'"""{plain(system.title)}: {system.law}.', "", f"States: {rows}.", *changed(said), '"""', ""]
    lines += ["import numpy as np", ""]
    lines += wrapped("STATES = ", _tuple([quoted(name) for name in system.states]))
    lines += ["PARAMETERS = {  # None: no value in the circuit, so that a call has to give one"]
    lines += [f"    {quoted(n)}: {'None' if v is None else double(v)}," for n, v in system.parameters]
    return "\n".join([*lines, "}"])


def _face(system: RateSystem) -> str:
    return '''def ready(given):
    """The values of all parameters in order: those given, by name, in place of those in PARAMETERS."""
    unknown = sorted(set(given) - set(PARAMETERS))
    if unknown:
        raise TypeError(f"no parameter is called {unknown[0]!r}; there are {', '.join(PARAMETERS)}")
    values = {**PARAMETERS, **given}
    missing = [name for name, value in values.items() if value is None]
    if missing:
        raise TypeError(f"these parameters have no value: {', '.join(missing)}; give them by name")
    return tuple(values.values())'''


def _unpacked(system: RateSystem, said: Mapping[str, str], states: bool = True) -> list[str]:
    names = [said[name] for name, _ in system.parameters]
    lines = wrapped("    ", _tuple(names), " = ready(given)", 8) if names else ["    ready(given)"]
    if states:
        own = _tuple([said[name] for name in system.states])
        lines += wrapped("    ", own, " = np.moveaxis(np.asarray(x, dtype=float), -1, 0)", 8)
    return lines


def _tuple(items: Sequence[str]) -> str:
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"


def _rhs(system: RateSystem, said: Mapping[str, str]) -> str:
    n = len(system.states)
    lines = ["def rhs(x, **given):", f'    """The time derivatives at the states x, of shape (..., {n})."""']
    lines += [*_unpacked(system, said), *_helps(system, said)]
    lines += ["    return np.stack(np.broadcast_arrays("]
    lines += [f"        {DIALECT.quotient(e.change, e.tau, said)}," for e in system.equations]
    return "\n".join([*lines, "    ), axis=-1)"])


def _helps(system: RateSystem, said: Mapping[str, str]) -> Iterator[str]:
    for e in system.equations:
        yield f"    {said[e.help.name]} = {DIALECT.total(e.help_terms, said)}"


def _jacobian(system: RateSystem, said: Mapping[str, str]) -> str:
    n = len(system.states)
    lines = [
        "def jacobian(x, **given):",
        f'    """The Jacobian of rhs at the states x, of shape (..., {n}, {n}); on a kink, that of one side."""',
        *_unpacked(system, said),
        *(_helps(system, said) if system.form == "rate" else ()),
        f"    matrix = np.zeros((*np.shape(x), {n}))",
        "    slope = (",
        *(f"        {_slope(e, said)}," for e in system.equations),
        "    )",
    ]
    slope = symbol("slope[]")  # no name of a circuit
    for i, e in enumerate(system.equations):
        for j, weight in enumerate(system.W[i]):
            leak = (sympy.Integer(-1),) if i == j else ()
            terms = leak if weight == 0 else (*leak, weight * slope)
            if terms:
                at = {**said, slope.name: f"slope[{i if system.form == 'rate' else j}]"}
                lines.append(f"    matrix[..., {i}, {j}] = {DIALECT.quotient(terms, e.tau, at)}")
    return "\n".join([*lines, "    return matrix"])


def _slope(e: Equation, said: Mapping[str, str]) -> str:
    z = said[e.argument.name]
    if isinstance(e.slope, sympy.Expr):
        return DIALECT.text(e.slope, said)
    rows = []
    for rise in e.slope:
        below, above = ("<=" if closed else "<" for closed in rise.closed)
        ends = [] if rise.lower is None else [f"({DIALECT.text(rise.lower, said)} {below} {z})"]
        ends += [] if rise.upper is None else [f"({z} {above} {DIALECT.text(rise.upper, said)})"]
        value = DIALECT.text(rise.slope, said)
        value = value if rise.slope.is_Atom else f"({value})"
        inside = ends[0] if len(ends) == 1 else f"({' & '.join(ends)})"
        rows.append(f"{value}*{inside}" if ends else value)
    return " + ".join(rows) or "0.0"


# -- branches ---------------------------------------------------------------------------------------------------------


def _branch(k: int, branch: Branch, system: RateSystem, said: Mapping[str, str]) -> str:
    lines = [
        f"def _branch_{k}(given):",
        f'    """{plain(branch.name) or "nothing active"}: the state is over / under; and whether it exists."""',
        *_unpacked(system, said, states=False),
        *wrapped("    under = ", _quotient(branch.determinant, said)),
        "    over = (",
        *(line for n in branch.numerators for line in wrapped("        ", _quotient(n, said), ",", 12)),
        "    )",
    ]
    lines += wrapped("    return over, under, ", _condition(branch.exists, said))
    return "\n".join(lines)


def _branches(branches: Sequence[Branch], left_out: str) -> str:
    table = [f"    {quoted(b.name)}: _branch_{k}," for k, b in enumerate(branches)]
    lines = [f"LEFT_OUT = {quoted(left_out)}  # why there are no branches, when there are none", "BRANCHES = {"]
    return "\n".join([*lines, *table, "}"]) + _SEARCH


_SEARCH = '''


def branch(name, **given):
    """The state of one branch, named by its active populations ("E,I"), and whether it is an equilibrium.

    The rates are exact for fractions; in doubles a condition at the edge of a branch may come out either way. The state
    is None where the branch has no isolated point.
    """
    over, under, lie_on = BRANCHES[name](given)
    return (None if under == 0 else tuple(n/under for n in over)), bool(lie_on)


def equilibria(**given):
    """The rates of every isolated equilibrium, by the name of its branch."""
    if LEFT_OUT:
        raise ValueError(LEFT_OUT)
    found = {name: branch(name, **given) for name in BRANCHES}
    return {name: state for name, (state, exists) in found.items() if exists}'''


def _quotient(q: Quotient, said: Mapping[str, str]) -> str:
    over = _poly(q.over, said)
    return over if q.under == 1 else f"({over})/({_poly(q.under, said)})"


def _poly(p: Poly, said: Mapping[str, str]) -> str:
    """The polynomial in Python, whole numbers and all."""
    return " ".join(_word(word, said) for word in poly_text(p).split(" "))


def _word(word: str, said: Mapping[str, str]) -> str:
    """One term ``3*a*b^2`` with the names changed."""
    minus, body = ("-", word[1:]) if word.startswith("-") and len(word) > 1 else ("", word)
    factors = []
    for factor in body.split("*"):
        name, power, exponent = factor.partition("^")
        factors.append(said.get(name, name) + ("**" + exponent if power else ""))
    return minus + "*".join(factors)


def _condition(c: Condition, said: Mapping[str, str], inside: bool = False) -> str:
    match c:
        case Sign(poly=p, rel=rel):
            return f"{_poly(p, said)} {'==' if rel == '=' else rel} 0"
        case And(args=args) | Or(args=args):
            word, empty = (" and ", "True") if isinstance(c, And) else (" or ", "False")
            written = word.join(_condition(a, said, True) for a in args) or empty
            return f"({written})" if inside and len(args) > 1 else written
    raise TypeError(f"not a condition without quantifiers: {c!r}")
