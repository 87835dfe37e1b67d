r"""LaTeX of formulas: trees to text, without dollar signs so that it nests; and long ones broken into lines.

Words of the vocabulary become operators (``\operatorname{stable}(E,I)``), and every word has its own form, so that a
reader can tell them apart and a program can read the LaTeX back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from symgame import syntax as s
from symgame.notation import latex_name
from symgame.presentation import COMMANDS

Names = Callable[[str], str]
RELATIONS = {"<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "=": "=", "!=": r"\ne"}
#: The matrix is ``A = I - W`` (with gains, ``I - F W``) and the Jacobian J, as the table of notation says.
WORDS = {
    "unique": r"\operatorname{unique}",
    "p_matrix": r"\mathbf{A}\in\mathrm{P}",
    "lds": r"\mathbf{A}\in\mathrm{LDS}",
    "rosen": r"\operatorname{Rosen}",
    "d_stable": r"\mathbf{A}\in\mathrm{DS}",
    "totally_hurwitz": r"\operatorname{totally\ Hurwitz}",
    "monotone": r"\operatorname{monotone}",
    "potential": r"\operatorname{potential}",
    "weighted_potential": r"\operatorname{weighted\ potential}",
    "trace": r"\operatorname{tr}\mathbf{J}",
    "det": r"\det\mathbf{A}",
    "disc": r"\operatorname{disc}\mathbf{J}",
    "hurwitz": r"\operatorname{Hurwitz}",
}
CALLS = {
    "exists": "exists",
    "continuum": "continuum",
    "strict": "strict",
    "hurwitz": "Hurwitz",
    "stable": "stable",
    "stationary": "stationary",
    "local_nash": r"local\ Nash",
    "attracting": "attracting",
    "nash": "Nash",
    "paradoxical": "paradoxical",
}
AND, OR, IMPLIES, IFF = r"\;\wedge\;", r"\;\vee\;", r"\;\Longrightarrow\;", r"\;\Longleftrightarrow\;"
# How tightly a node binds in LaTeX, where a fraction needs no parentheses around its parts.
_LOOSE, _SUM, _PRODUCT, _POWER = range(4)


def formula_latex(node: s.Formula, names: Names = latex_name) -> str:
    r"""A formula in LaTeX, without dollar signs; ``names`` writes its symbols and populations.

    >>> from symgame.grammar import read_formula
    >>> formula_latex(read_formula("w_EE < 1 + w_EI*w_IE/(1 + w_II)"))
    'w_{EE} < 1 + \\frac{w_{EI} w_{IE}}{1 + w_{II}}'
    """
    return _latex(node, _LOOSE, names)


def wrapped(text: str, needed: bool = True) -> str:
    return rf"\left({text}\right)" if needed else text


def _latex(node: s.Formula, place: int, names: Names) -> str:
    def inner(part: s.Formula, at: int = _LOOSE) -> str:
        return _latex(part, at, names)

    match node:
        case s.Number(value=v):
            whole = v.denominator == 1
            shown = str(abs(v)) if whole else rf"\frac{{{abs(v.numerator)}}}{{{v.denominator}}}"
            shown = wrapped(shown, not whole and place == _POWER)
            return wrapped(f"-{shown}", place > _SUM) if v < 0 else shown
        case s.Name(id=name):
            return WORDS.get(name) or _base(names(name), place)
        case s.Truth(value=value):
            return r"\text{true}" if value else r"\text{false}"
        case s.Negative(of=a):
            return wrapped("-" + inner(a, _PRODUCT), place > _SUM)
        case s.Sum(terms=terms):
            return wrapped(joined_sum([inner(t, _SUM) for t in terms]), place > _SUM)
        case s.Product(factors=factors):
            return wrapped(joined_product([inner(f, _PRODUCT) for f in factors]), place > _PRODUCT)
        case s.Ratio(over=a, under=b):
            if isinstance(a, s.Number) and a.value < 0:
                return wrapped(rf"-\frac{{{-a.value}}}{{{inner(b)}}}", place > _SUM)
            return wrapped(rf"\frac{{{inner(a)}}}{{{inner(b)}}}", place > _PRODUCT)
        case s.Power(base=a, exponent=n):
            return f"{inner(a, _POWER)}^{{{n}}}"
        case s.Call():
            return _call(node, names)
        case s.Relation(terms=terms, ops=ops):
            rest = (f" {RELATIONS[op]} {inner(t)}" for op, t in zip(ops, terms[1:], strict=True))
            return inner(terms[0]) + "".join(rest)
        case s.Not(of=a):
            return r"\neg " + wrapped(inner(a), not isinstance(a, s.Name | s.Call))
        case s.And(args=args):
            return f" {AND} ".join(wrapped(inner(a), isinstance(a, s.Or | s.Iff | s.Implies)) for a in args)
        case s.Or(args=args):
            return f" {OR} ".join(wrapped(inner(a), isinstance(a, s.And | s.Iff | s.Implies)) for a in args)
        case s.Implies(left=a, right=b):
            first = wrapped(inner(a), isinstance(a, s.Implies | s.Iff))
            return f"{first} {IMPLIES} {wrapped(inner(b), isinstance(b, s.Iff))}"
        case s.Iff(left=a, right=b):
            return f" {IFF} ".join(wrapped(inner(side), isinstance(side, s.Iff)) for side in (a, b))
    raise TypeError(f"not a formula: {node!r}")


def _base(latex: str, place: int) -> str:
    """A name under an exponent must not end in a superscript of its own, nor in a macro that may hide one."""
    hidden = set(re.findall(r"\\([A-Za-z]+)", latex)) - COMMANDS
    return wrapped(latex, place == _POWER and ("^" in latex or bool(hidden)))


def joined_sum(parts: list[str]) -> str:
    return parts[0] + "".join(f" - {p[1:]}" if p.startswith("-") else f" + {p}" for p in parts[1:])


def joined_product(parts: list[str]) -> str:
    """Factors side by side; a dot keeps a digit from running into what stands before it."""
    return parts[0] + "".join(rf" \cdot {p}" if p[0].isdigit() else f" {p}" for p in parts[1:])


def member_latex(member: s.Member, names: Names) -> str:
    mark = {"active": "", "saturated": "{=}m", "negative": "{=}{-}"}[member.piece]
    return names(member.population) + mark


def branch_latex(members: tuple[s.Member, ...], names: Names = latex_name) -> str:
    r"""A branch as the list of what is not silent: ``(E,I{=}m)``; the empty one as ``(\emptyset)``."""
    return f"({','.join(member_latex(m, names) for m in members) or chr(92) + 'emptyset'})"


def _call(node: s.Call, names: Names) -> str:
    args = node.args

    def inner(part: s.Formula) -> str:
        return _latex(part, _LOOSE, names)

    match node.name:
        case "sqrt":
            return rf"\sqrt{{{inner(args[0])}}}"
        case "abs":
            return rf"\left|{inner(args[0])}\right|"
        case "min" | "max":
            return rf"\{node.name}{wrapped(', '.join(inner(a) for a in args))}"
        case "x" | "energy":
            return rf"{'x' if node.name == 'x' else 'E'}_{{{inner(args[0])}}}"
        case "curvature":
            return rf"\partial_{{{inner(args[0])}}}^{{2}} E_{{{inner(args[0])}}}"
        case "dx":
            return rf"\frac{{\partial x_{{{inner(args[0])}}}}}{{\partial {inner(args[1])}}}"
        case "for_all_tau" | "for_some_tau":
            sign = r"\forall" if node.name == "for_all_tau" else r"\exists"
            return rf"{sign}\tau\colon {wrapped(inner(args[0]), not isinstance(args[0], s.Name | s.Call))}"
        case "for_all_gains" | "for_some_gains":
            sign = r"\forall" if node.name == "for_all_gains" else r"\exists"
            return rf"{sign} s\colon {wrapped(inner(args[0]), not isinstance(args[0], s.Name | s.Call))}"
    if node.name in CALLS and all(isinstance(a, s.Member) for a in args):
        members = tuple(a for a in args if isinstance(a, s.Member))
        return rf"\operatorname{{{CALLS[node.name]}}}{branch_latex(members, names)}"
    return rf"\operatorname{{{CALLS[node.name]}}}({', '.join(inner(a) for a in args)})"


# -- lines ------------------------------------------------------------------------------------------------------------


def formula_lines(node: s.Formula, width: float, names: Names = latex_name) -> list[str]:
    r"""A formula as lines no wider than about ``width`` em, broken at its loosest operators first.

    A line that goes on begins with its operator; parentheses that span lines have a fixed size, so every line stands
    alone between ``&`` and ``\\``. One that cannot be broken (a long name) stays whole. The lines joined by spaces are
    the formula.

    >>> from symgame.grammar import read_formula
    >>> formula_lines(read_formula("exists(E) <=> w_EE < 1 & u_E > 0"), 10)
    ['\\operatorname{exists}(E)', '\\;\\Longleftrightarrow\\; w_{EE} < 1', '\\;\\wedge\\; u_{E} > 0']
    """
    return _lines(node, width, names)


NARROWEST = 6.0


def _lines(node: s.Formula, width: float, names: Names) -> list[str]:
    width = max(width, NARROWEST)  # deep inside parentheses there is no room left to give away
    flat = formula_latex(node, names)
    if latex_width(flat) <= width:
        return [flat]
    match node:
        case s.Iff(left=a, right=b) | s.Implies(left=a, right=b):
            op = IFF if isinstance(node, s.Iff) else IMPLIES
            loose = (s.Iff,) if isinstance(node, s.Iff) else (s.Implies, s.Iff)
            rest = _grouped(b, isinstance(b, s.Iff), width - 2.5, names)
            return [*_grouped(a, isinstance(a, loose), width, names), *_led(op, rest)]
        case s.And(args=args) | s.Or(args=args):
            op = AND if isinstance(node, s.And) else OR
            other = s.Or if isinstance(node, s.And) else s.And
            rows = [_grouped(a, isinstance(a, other | s.Iff | s.Implies), width - 1.5, names) for a in args]
            return _filled([rows[0], *(_led(op, row) for row in rows[1:])], width)
        case s.Relation(terms=terms, ops=ops):
            rows = [_lines(t, width - 1.5, names) for t in terms]
            return _filled([rows[0], *(_led(RELATIONS[o], r) for o, r in zip(ops, rows[1:], strict=True))], width, True)
        case s.Not(of=a):
            return _led(r"\neg", _grouped(a, True, width - 1, names))
        case s.Sum(terms=terms):
            rows = [_lines(terms[0], width, names)]
            for term in terms[1:]:
                row = _grouped(term, isinstance(term, s.Sum), width - 1.5, names)
                negative = row[0].startswith("-")
                rows.append(_led("-", [row[0][1:], *row[1:]]) if negative else _led("+", row))
            return _filled(rows, width)
        case s.Negative(of=a):
            return _led("-", _grouped(a, isinstance(a, s.Sum), width - 1, names), space=False)
        case s.Product(factors=factors):
            rows = [_grouped(f, isinstance(f, s.Sum | s.Negative), width - 1, names) for f in factors]
            return _filled([rows[0], *(_led(r"\cdot", row) if row[0][0].isdigit() else row for row in rows[1:])], width)
        case s.Ratio(over=a, under=b):
            above = _grouped(a, isinstance(a, s.Sum | s.Negative), width - 2, names)
            below = _grouped(b, not isinstance(b, s.Name), width - 2, names)
            return _filled([above, _led(r"\big/", below)], width, True)
        case s.Power(base=a, exponent=n) if not isinstance(a, s.Name | s.Number):
            row = _grouped(a, True, width - 2, names)
            return [*row[:-1], f"{row[-1]}^{{{n}}}"]
        case s.Call(name="sqrt", args=(a,)):
            row = _grouped(a, True, width - 2, names)
            return [*row[:-1], f"{row[-1]}^{{1/2}}"]
    return [flat]


def _grouped(node: s.Formula, needed: bool, width: float, names: Names) -> list[str]:
    """The lines of a part, in parentheses of fixed size when it binds more loosely than its place."""
    if not needed:
        return _lines(node, width, names)
    flat = wrapped(formula_latex(node, names))
    if latex_width(flat) <= width:
        return [flat]
    rows = _lines(node, width - 1.5, names)
    return (
        [rf"\bigl( {rows[0]}", *rows[1:-1], rf"{rows[-1]} \bigr)"] if len(rows) > 1 else [rf"\bigl( {rows[0]} \bigr)"]
    )


def _led(op: str, rows: list[str], space: bool = True) -> list[str]:
    return [f"{op}{' ' if space else ''}{rows[0]}", *rows[1:]]


def _filled(rows: list[list[str]], width: float, run_on: bool = False) -> list[str]:
    """Parts side by side while they fit; with ``run_on`` the first line of a longer part may join too."""
    lines = list(rows[0])
    for row in rows[1:]:
        if (run_on or len(row) == 1) and latex_width(f"{lines[-1]} {row[0]}") <= width:
            lines[-1] = f"{lines[-1]} {row[0]}"
            lines += row[1:]
        else:
            lines += row
    return lines


_TOKENS = re.compile(r"\\[A-Za-z]+|\\.|[{}_^]|[^\\{}_^]")
_SPACES = {r"\;": 0.3, r"\,": 0.17, r"\:": 0.22, r"\!": -0.17, r"\ ": 0.33, r"\quad": 1.0, r"\qquad": 2.0}
_WIDE = {
    r"\Longleftrightarrow": 2.6, r"\Longrightarrow": 2.2, r"\wedge": 1.1, r"\vee": 1.1, r"\le": 1.4, r"\ge": 1.4,
    r"\ne": 1.4, r"\in": 1.3, r"\cdot": 0.8, r"\det": 1.5, r"\min": 1.6, r"\max": 1.9, r"\neg": 0.7, r"\emptyset": 0.55,
    r"\left": 0.1, r"\right": 0.1, r"\bigl": 0.12, r"\bigr": 0.12, r"\big": 0.12, r"\colon": 0.5,
}  # fmt: skip
_NOTHING = frozenset(
    r"\operatorname \mathrm \mathbf \mathsf \mathcal \mathit \mathtt \boldsymbol \text \textrm \displaystyle".split()
)


@lru_cache(maxsize=50_000)
def latex_width(latex: str) -> float:
    """About how wide a formula is set, in em of its font: a little more rather than less.

    >>> latex_width("a") < latex_width("a + b") < latex_width("a + b + c")
    True
    """
    return _Measure(latex).run()


class _Measure:
    """One pass over the tokens of a formula."""

    def __init__(self, latex: str) -> None:
        self.tokens = _TOKENS.findall(latex)
        self.next = 0

    def run(self, until: str | None = None) -> float:
        total = 0.0
        while self.next < len(self.tokens):
            token = self.tokens[self.next]
            if token == until:
                self.next += 1
                return total
            if token in "_^" and len(token) == 1:
                total += self.scripts()
            else:
                self.next += 1
                total += self.one(token)
        return total

    def one(self, token: str) -> float:
        if token == "{":
            return self.run("}")
        if token == r"\frac":
            return max(self.argument(), self.argument()) + 0.3
        if token == r"\sqrt":
            return self.argument() + 1.0
        if token in _SPACES:
            return _SPACES[token]
        if token in _WIDE:
            return _WIDE[token]
        if token in _NOTHING or token == " ":
            return 0.0
        if token.startswith("\\"):
            return 0.62
        return {"=": 1.4, "<": 1.4, ">": 1.4, "+": 1.25, "-": 1.25, "(": 0.4, ")": 0.4, ",": 0.45, ".": 0.3}.get(
            token, 0.52 if token.isdigit() else 0.62 if token.islower() else 0.8
        )

    def scripts(self) -> float:
        """Sub- and superscript on the same nucleus stand above one another."""
        widths = []
        while self.next < len(self.tokens) and self.tokens[self.next] in ("_", "^"):
            self.next += 1
            widths.append(self.argument())
        return 0.72 * max(widths) + 0.05

    def argument(self) -> float:
        while self.next < len(self.tokens) and self.tokens[self.next] == " ":
            self.next += 1
        if self.next == len(self.tokens):
            return 0.0
        token = self.tokens[self.next]
        self.next += 1
        return self.one(token)
