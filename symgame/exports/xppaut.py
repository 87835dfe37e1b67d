"""XPPAUT: an ``.ode`` file.

Names have at most nine letters there (the tenth is not always kept) and their case does not count; a formula longer
than a thousand characters is cut off without a word, so long sums are written in parts.

Source: B. Ermentrout, Simulating, Analyzing, and Animating Dynamical Systems, SIAM 2002; the engine of XPPAUT 8.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from sympy import Expr

from symgame.dialect import Dialect, double
from symgame.identifiers import Rules, changed, identifiers, plain
from symgame.notation import symbol
from symgame.rate_system import Equation, RateSystem

_RESERVED = (
    "sin cos tan asin acos atan atan2 sinh cosh tanh abs exp ln log log10 t pi heav sign flr mod delay ran max min "
    "if then else not normal besselj bessely besseli besselis erf erfc hom_bcs shift ishift del_shft sum of int nint "
    "poisson lgamma set sqrt done par param params p init number num aux wiener markov table global bdry export "
    "options special include d only volterra start end nxxqq mouse_x mouse_y mouse_vx mouse_vy i1 i2 "
    "arg1 arg2 arg3 arg4 arg5 arg6 arg7 arg8 arg9 arg10 arg11 arg12 arg13 arg14 arg15 arg16 arg17 arg18 arg19 arg20"
)
RULES = Rules(frozenset(_RESERVED.split()), longest=9, folds=True)
DIALECT = Dialect(
    {"max": "max({0},{1})", "min": "min({0},{1})"}
    | {word: f"{word}({{0}})" for word in ("abs", "exp", "log", "tanh", "atan", "sqrt")}
)
MOST = 400  # characters of one formula
PLACEHOLDER = Fraction(1)


def text(system: RateSystem) -> str:
    """The file; a parameter without a value gets 1, and a comment says so.

    >>> from symgame.named import wilson_cowan
    >>> from symgame.rate_system import rate_system
    >>> print(text(rate_system(wilson_cowan())).split("# no value")[0].splitlines()[1])
    # rates x_E of E, x_I of I: tau x' = -x + phi(W x + u)
    """
    said = identifiers(system.names, RULES)
    taken = {*RULES.reserved, *(name.lower() for name in said.values())}
    kind = "rates" if system.form == "rate" else "voltages"
    which = ", ".join(f"{said[e.state.name]} of {plain(e.population)}" for e in system.equations)
    lines = [plain(system.title), *_wrapped(f"{kind} {which}: {system.law}"), *changed(said)]
    if system.placeholders:
        lines += _wrapped(
            f"no value in the circuit, 1 stands for it: {', '.join(said[n] for n in system.placeholders)}"
        )
    rows = [f"# {line}" for line in lines]
    for name, value in system.parameters:
        rows.append(f"par {said[name]}={double(PLACEHOLDER if value is None else value)}")
    for e in system.equations:
        rows += _sum(said[e.help.name], e.help_terms, said, taken)
    for e in system.equations:
        rows += _equation(e, said, taken)
    rows += [f"init {said[name]}=0" for name in system.states]
    return "\n".join([*rows, "done"]) + "\n"


def _equation(e: Equation, said: Mapping[str, str], taken: set[str]) -> Iterator[str]:
    written = DIALECT.quotient(e.change, e.tau, said)
    if len(written) <= MOST:
        yield f"{said[e.state.name]}'={written}"
        return
    drive = _unused("q", taken)
    yield from _sum(drive, e.drive_terms, said, taken)
    state = said[e.state.name]
    yield f"{state}'={DIALECT.quotient((-e.state, symbol('q')), e.tau, {**said, 'q': drive})}"


def _unused(letter: str, taken: set[str]) -> str:
    word = next(word for k in range(1, 10**6) if (word := f"{letter}{k}") not in taken)
    taken.add(word)
    return word


def _sum(name: str, terms: Sequence[Expr], said: Mapping[str, str], taken: set[str]) -> Iterator[str]:
    """``name=sum``, after the quantities ``q1=...`` that hold parts of it when it is long."""
    groups: list[list[Expr]] = [[]]
    for term in terms:
        if groups[-1] and len(DIALECT.total([*groups[-1], term], said)) > MOST:
            groups.append([])
        groups[-1].append(term)
    if len(groups) == 1:
        yield f"{name}={DIALECT.total(terms, said)}"
        return
    parts = []
    for group in groups:
        parts.append(_unused("q", taken))
        yield f"{parts[-1]}={DIALECT.total(group, said)}"
    yield f"{name}={' + '.join(parts)}"


def _wrapped(line: str, width: int = 100) -> Iterator[str]:
    row = ""
    for word in line.split():
        if row and len(row) + len(word) >= width:
            yield row
            row = ""
        row = f"{row} {word}".strip()
    yield row
