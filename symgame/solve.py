"""Conditions solved for one parameter, as formulas: ``w_EE < 1 + w_EI*w_IE/(1 + w_II)``.

Each sign that holds the parameter linearly or squared becomes bounds; the sign of its leading coefficient is proved, or
split into cases. The result is text of the formula grammar, so that it can be pasted back into a check.
"""

from __future__ import annotations

from symgame import syntax as s
from symgame.condition import TRUE, And, Condition, Or, Sign, sign_text
from symgame.errors import BudgetExceeded
from symgame.grammar import read_term
from symgame.nesting import compared, nested, nested_text
from symgame.proof.reduce import Reducer
from symgame.rewriting import terms_of
from symgame.ring import Poly, Quotient, coefficients, factored_text, names_of, poly_text

LONG = 4  # terms of a polynomial that is written with its common parts taken out
_FLIPPED = {">": "<", ">=": "<=", "=": "=", "!=": "!="}


def solved(c: Condition, parameter: str | None, reducer: Reducer) -> str:
    """The condition as a formula with the parameter alone on one side wherever that can be done."""
    match c:
        case And(args=args):
            parts = sorted((solved(a, parameter, reducer) for a in args), key=_parameter_first(parameter))
            return " & ".join(f"({p})" if _loose(p) else p for p in dict.fromkeys(parts)) or "true"
        case Or(args=args):
            return (
                " | ".join(f"({p})" if " & " in p else p for p in (solved(a, parameter, reducer) for a in args))
                or "false"
            )
        case Sign():
            return bound(c, parameter, reducer)
    raise TypeError(f"a quantified condition cannot be written: {c}")


def _loose(text: str) -> bool:
    return " | " in text or " => " in text or " <=> " in text


def _parameter_first(parameter: str | None):  # type: ignore[no-untyped-def]
    return lambda text: 0 if parameter and text.startswith(f"{parameter} ") else 1


def bound(atom: Sign, parameter: str | None, reducer: Reducer) -> str:
    """One sign as a bound on the parameter, or as a comparison of polynomials when it is none."""
    known = parameter is not None and parameter in names_of(atom.poly)
    rows = coefficients(atom.poly, str(parameter)) if known else [atom.poly]
    if len(rows) == 2:
        return _linear(atom, rows, str(parameter), reducer)
    if len(rows) == 3:
        try:
            return _quadratic(atom, rows, str(parameter), reducer) or unsolved_text(atom, reducer.common_parts)
        except BudgetExceeded:
            return unsolved_text(atom, reducer.common_parts)
    return unsolved_text(atom, reducer.common_parts)


def unsolved_text(atom: Sign, common_parts: bool = False) -> str:
    """A comparison that is not solved; one of a long polynomial, if wanted, with its common parts taken out."""
    plain = sign_text(atom)
    if not common_parts or len(atom.poly) < LONG:
        return plain
    short = s.text(compared(atom.poly, atom.rel))
    return short if len(short) < len(plain) else plain


def leading_sign(p: Poly, reducer: Reducer) -> str | None:
    """``>`` or ``<`` when that is proved, else ``None``."""
    known = reducer.domain.sign_of(p)
    if known in (">", "<"):
        return known
    for rel, factor in ((">", 1), ("<", -1)):
        if reducer.implied(TRUE, Sign(p * factor, ">")):
            return rel
    return None


def _linear(atom: Sign, rows: list[Poly], parameter: str, reducer: Reducer) -> str:
    constant, slope = rows
    value = quotient_text(Quotient(-constant, slope), reducer.common_parts)
    known = ">" if atom.rel in ("=", "!=") and _nonzero(slope, reducer) else leading_sign(slope, reducer)
    if known is not None:
        return f"{parameter} {atom.rel if known == '>' else _FLIPPED[atom.rel]} {value}"
    return unsolved_text(atom, reducer.common_parts)


def _nonzero(p: Poly, reducer: Reducer) -> bool:
    return leading_sign(p, reducer) is not None or reducer.implied(TRUE, Sign(p, "!="))


def _quadratic(atom: Sign, rows: list[Poly], parameter: str, reducer: Reducer) -> str | None:
    c, b, a = rows
    known = leading_sign(a, reducer)
    disc = b * b - 4 * a * c
    if known is None or not reducer.implied(TRUE, Sign(disc, ">=")):
        return None
    if known == "<":
        a, b = -a, -b
    low, high = (surd_text(a, b, disc, s, reducer) for s in ("-", "+"))
    rel = atom.rel if known == ">" else {">": "<", ">=": "<="}.get(atom.rel, atom.rel)
    match rel:
        case "<" | "<=":
            return f"{low} {rel} {parameter} {rel} {high}"
        case ">" | ">=":
            return f"{parameter} {_FLIPPED[rel]} {low} | {parameter} {rel} {high}"
        case "=":
            return f"{parameter} = {low} | {parameter} = {high}"
    return f"{parameter} != {low} & {parameter} != {high}"


def surd_text(a: Poly, b: Poly, disc: Poly, which: str, reducer: Reducer) -> str:
    """``(-b ± sqrt(disc)) / (2 a)`` with squares of factors of known sign taken out of the root."""
    outside, inside = square_parts(disc, reducer)
    middle = Quotient(-b, 2 * a)
    factor = Quotient(outside, 2 * a)
    if inside.is_one():
        return quotient_text(middle + factor if which == "+" else middle - factor)
    root = f"sqrt({poly_text(inside)})"
    over, under = factor.over, factor.under
    scaled = root if over.is_one() else f"{_factor_text(over)}*{root}"
    scaled = scaled if under.is_one() else f"{scaled}/{_factor_text(under)}"
    return (
        f"{quotient_text(middle)} {which} {scaled}"
        if not middle.is_zero
        else (f"-{scaled}" if which == "-" else scaled)
    )


def square_parts(p: Poly, reducer: Reducer) -> tuple[Poly, Poly]:
    """``p = outside^2 * inside`` with ``outside`` of known positive sign."""
    one = p.context().constant(1)
    content, factors = p.factor()
    outside, inside = one, one
    number = int(content)
    root = 1
    while number > 1 and any(number % (k * k) == 0 for k in (2, 3, 5, 7)):
        k = next(k for k in (2, 3, 5, 7) if number % (k * k) == 0)
        number, root = number // (k * k), root * k
    for factor, power in factors:
        power = int(power)
        positive = reducer.domain.sign_of(factor) == ">"
        if positive:
            outside, inside = outside * factor ** (power // 2), inside * factor ** (power % 2)
        else:
            inside = inside * factor**power
    return outside * root, inside * number


def _factor_text(p: Poly) -> str:
    text = factored_text(p)
    return f"({text})" if len(p) > 1 or "*" in text else text


def quotient_text(q: Quotient, common_parts: bool = False) -> str:
    """A quotient with its polynomial part in front: ``1 + w_EI*w_IE/(1 + w_II)``.

    ``common_parts`` are taken out of a long numerator: :func:`symgame.nesting.nested`.
    """
    if q.under.is_one():
        return poly_text(q.over)
    whole, rest = _divided(q)
    if whole == 0:
        return _ratio(q.over, q.under, common_parts)
    tail = Quotient(rest, q.under)
    if tail.is_zero:
        return poly_text(whole)
    shown = _ratio(tail.over, tail.under, common_parts)
    return f"{poly_text(whole)} - {shown[1:]}" if shown.startswith("-") else f"{poly_text(whole)} + {shown}"


def _divided(q: Quotient) -> tuple[Poly, Poly]:
    """Multivariate division, tried on the denominator as it is; kept only when it makes the rest shorter."""
    whole, rest = divmod(q.over, q.under)
    if len(rest) + len(whole) <= len(q.over):
        return whole, rest
    return q.over * 0, q.over


def _ratio(over: Poly, under: Poly, common_parts: bool = False) -> str:
    below = factored_text(under)
    long = common_parts and len(over) >= LONG
    sign = ""
    if long and below.startswith("-"):
        over, below = -over, below[1:]
    if long and isinstance(nested(over), s.Negative):  # the sign in front of the fraction
        over, sign = -over, "-"
    above = nested_text(over) if long else factored_text(over)
    if long:
        above = above if len(terms_of(read_term(above))) == 1 and not above.startswith("-") else f"({above})"
    elif len(over) > 1 and above == poly_text(over):
        above = f"({above})"
    return f"{sign}{above}/{below}" if len(under) == 1 and "*" not in below else f"{sign}{above}/({below})"

def ratio_text(over: Quotient, under: Quotient) -> str:
    """Two numbers as one fraction that is *not* cancelled: a Cramer quotient keeps its determinant.

    Unless that is a number, which hides nothing.
    """
    above, below = over.over, under.over
    above, below = above * under.under, below * over.under
    if below.is_constant() and below != 0:
        return quotient_text(Quotient(above, below))
    if len(above) == 1:
        return _ratio(above, below)
    return f"({poly_text(above)})/({poly_text(below)})"
