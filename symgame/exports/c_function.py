"""C: one file of C99 without dependencies but the mathematical library, with a right-hand side on arrays of doubles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from symgame.dialect import Dialect, double
from symgame.identifiers import Rules, changed, identifiers, plain
from symgame.rate_system import RateSystem

_RESERVED = (
    "auto break case char const continue default do double else enum extern float for goto if inline int long register "
    "restrict return short signed sizeof static struct switch typedef union unsigned void volatile while alignas "
    "alignof bool constexpr false nullptr static_assert thread_local true typeof asm main "
    "acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs fdim floor fma "
    "fmax fmin fmod frexp hypot ilogb ldexp lgamma llrint llround log log10 log1p log2 logb lrint lround modf nan "
    "nearbyint nextafter nexttoward pow remainder remquo rint round scalbln scalbn signbit sin sinh sqrt tan tanh "
    "tgamma trunc isfinite isinf isnan isnormal isgreater isless j0 j1 jn y0 y1 yn signgam gamma "
    "INFINITY NAN HUGE_VAL M_PI M_E errno linux unix i386 state parameter rate"
)
RULES = Rules(frozenset(_RESERVED.split()))
DIALECT = Dialect(
    {"abs": "fabs({0})"}
    | {word: f"{word}({{0}})" for word in ("exp", "log", "tanh", "atan", "sqrt")},
    power="pow({0}, {1})",
    infix=False,
    pi="3.14159265358979323846",
)
#: The larger and the smaller of two numbers, NaN if one of them is: C's own fmax and fmin swallow a NaN.
_CHOICES = {"max": "a > b || a != a ? a : b", "min": "a < b || a != a ? a : b"}


def text(system: RateSystem) -> str:
    """The file: ``NAME_rhs(state, parameter, rate)``, the numbers of states and parameters, names, default values.

    A parameter without a value is NAN in ``NAME_defaults``, and every rate that rests on it is NAN then, so that a
    forgotten one shows.

    >>> from symgame.named import wilson_cowan
    >>> from symgame.rate_system import rate_system
    >>> print(text(rate_system(wilson_cowan())).splitlines()[2])
    // States: x_E, x_I.
    """
    prefix = identifiers([_word(system.title)], RULES)[_word(system.title)]
    upper = prefix.upper()
    own = {f"{prefix}_{word}" for word in _OWN} | {f"{upper}_STATES", f"{upper}_PARAMETERS"}
    said = identifiers(system.names, Rules(RULES.reserved | own))
    dialect = replace(
        DIALECT, functions={**DIALECT.functions, **{word: f"{prefix}_{word}({{0}}, {{1}})" for word in _CHOICES}}
    )
    states, parameters = len(system.equations), len(system.parameters)
    rows = [f"{plain(system.title)}: {system.law}", "C99; link with -lm."]
    rows.append(f"States: {', '.join(said[s] for s in system.states)}.")
    rows += changed(said)
    lines = [f"// {row}" for row in rows]
    lines += ["#include <math.h>", "", f"enum {{ {upper}_STATES = {states}, {upper}_PARAMETERS = {parameters} }};", ""]
    lines += _table(f"const char *const {prefix}_state_names[]", [f'"{said[s]}"' for s in system.states])
    if system.parameters:
        lines += _table(
            f"const char *const {prefix}_parameter_names[]", [f'"{said[name]}"' for name, _ in system.parameters]
        )
        values = ["NAN" if value is None else double(value) for _, value in system.parameters]
        lines += _table(f"const double {prefix}_defaults[]", values)
    body = list(_body(system, said, dialect))
    for word, chosen in _CHOICES.items():
        if any(f"{prefix}_{word}(" in line for line in body):
            lines += [f"static double {prefix}_{word}(double a, double b) {{ return {chosen}; }}", ""]
    lines += [
        "// rate[i] is the time derivative of state[i]; parameter[k] is called as in the names above.",
        f"void {prefix}_rhs(const double *state, const double *parameter, double *rate)",
        "{",
    ]
    return "\n".join([*lines, *body, "}"]) + "\n"


_OWN = ("rhs", "defaults", "state_names", "parameter_names", *_CHOICES)


def _body(system: RateSystem, said: Mapping[str, str], dialect: Dialect) -> Iterator[str]:
    """The lines of the function."""
    used = _used(system)
    if not used & {name for name, _ in system.parameters}:
        yield "    (void)parameter;"
    for k, (name, _) in enumerate(system.parameters):
        if name in used:
            yield f"    const double {said[name]} = parameter[{k}];"
    for k, name in enumerate(system.states):
        yield f"    const double {said[name]} = state[{k}];"
    for e in system.equations:
        if e.help.name in used:
            yield f"    const double {said[e.help.name]} = {dialect.total(e.help_terms, said)};"
    for k, e in enumerate(system.equations):
        yield f"    rate[{k}] = {dialect.quotient(e.change, e.tau, said)};"


def _used(system: RateSystem) -> set[str]:
    """The names that occur in the equations: compilers complain about the others."""
    found = {s.name for e in system.equations for term in (*e.drive_terms, e.tau) for s in term.free_symbols}
    terms = (term for e in system.equations if e.help.name in found for term in e.help_terms)
    return found | {s.name for term in terms for s in term.free_symbols}


def _word(title: str) -> str:
    """The title as a word: its ASCII letters and digits, joined."""
    kept = "".join(c if c.isascii() and c.isalnum() else " " for c in title).split()
    return "_".join(kept).lower()[:40] or "circuit"


def _table(head: str, items: list[str]) -> list[str]:
    return [f"{head} = {{", *(f"    {item}," for item in items), "};", ""]
