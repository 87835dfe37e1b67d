"""LaTeX of formulas: trees to text, without dollar signs so that it nests."""

from __future__ import annotations

from symgame import syntax as s
from symgame.notation import latex_name

_RELATIONS = {"<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "=": "=", "!=": r"\ne"}
_WORDS = {
    "unique": r"\text{unique}",
    "p_matrix": r"I-W\in\mathsf{P}",
    "lds": r"I-W\in\mathsf{LDS}",
    "rosen": r"\text{Rosen}",
    "monotone": r"\text{monotone}",
    "potential": r"\text{potential}",
    "weighted_potential": r"\text{weighted potential}",
    "trace": r"\operatorname{tr}J",
    "det": "D",
    "disc": r"\operatorname{disc}",
    "hurwitz": r"\text{Hurwitz}",
}
_SPECIAL = {
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}
# How tightly a node binds in LaTeX, where a fraction needs no parentheses around its parts.
_LOOSE, _SUM, _PRODUCT, _POWER = range(4)


def escaped(text: str) -> str:
    """Plain text for TeX: every special character escaped."""
    return "".join(_SPECIAL.get(c, c) for c in text)


def formula_latex(node: s.Formula) -> str:
    r"""A formula in LaTeX, without dollar signs.

    >>> from symgame.grammar import read_formula
    >>> formula_latex(read_formula("w_EE < 1 + w_EI*w_IE/(1 + w_II)"))
    'w_{EE} < 1 + \\frac{w_{EI} w_{IE}}{1 + w_{II}}'
    """
    return _latex(node, _LOOSE)


def _wrapped(text: str, needed: bool) -> str:
    return rf"\left({text}\right)" if needed else text


def _latex(node: s.Formula, place: int) -> str:
    match node:
        case s.Number(value=v):
            shown = str(abs(v)) if v.denominator == 1 else rf"\frac{{{abs(v.numerator)}}}{{{v.denominator}}}"
            return _wrapped(f"-{shown}", place > _SUM) if v < 0 else shown
        case s.Name(id=name):
            return _WORDS.get(name, latex_name(name))
        case s.Truth(value=value):
            return r"\text{true}" if value else r"\text{false}"
        case s.Negative(of=a):
            return _wrapped("-" + _latex(a, _PRODUCT), place > _SUM)
        case s.Sum(terms=terms):
            text = _latex(terms[0], _SUM)
            for term in terms[1:]:
                part = _latex(term, _SUM)
                text += f" - {part[1:]}" if part.startswith("-") else f" + {part}"
            return _wrapped(text, place > _SUM)
        case s.Product(factors=factors):
            return _wrapped(" ".join(_latex(f, _PRODUCT) for f in factors), place > _PRODUCT)
        case s.Ratio(over=a, under=b):
            if isinstance(a, s.Number) and a.value < 0:
                return _wrapped(rf"-\frac{{{-a.value}}}{{{_latex(b, _LOOSE)}}}", place > _SUM)
            return _wrapped(rf"\frac{{{_latex(a, _LOOSE)}}}{{{_latex(b, _LOOSE)}}}", place > _PRODUCT)
        case s.Power(base=a, exponent=n):
            return f"{_latex(a, _POWER)}^{{{n}}}"
        case s.Call():
            return _call(node)
        case s.Relation(terms=terms, ops=ops):
            text = _latex(terms[0], _LOOSE)
            return text + "".join(
                f" {_RELATIONS[op]} {_latex(t, _LOOSE)}" for op, t in zip(ops, terms[1:], strict=True)
            )
        case s.Not(of=a):
            return r"\neg " + _wrapped(_latex(a, _LOOSE), not isinstance(a, s.Name | s.Call))
        case s.And(args=args):
            return r" \;\wedge\; ".join(
                _wrapped(_latex(a, _LOOSE), isinstance(a, s.Or | s.Iff | s.Implies)) for a in args
            )
        case s.Or(args=args):
            return r" \;\vee\; ".join(
                _wrapped(_latex(a, _LOOSE), isinstance(a, s.And | s.Iff | s.Implies)) for a in args
            )
        case s.Implies(left=a, right=b):
            return rf"{_latex(a, _LOOSE)} \;\Longrightarrow\; {_latex(b, _LOOSE)}"
        case s.Iff(left=a, right=b):
            return rf"{_latex(a, _LOOSE)} \;\Longleftrightarrow\; {_latex(b, _LOOSE)}"
    raise TypeError(f"not a formula: {node!r}")


def _member(member: s.Formula) -> str:
    assert isinstance(member, s.Member)
    mark = {"active": "", "saturated": "{=}m", "negative": "^{-}"}[member.piece]
    return escaped(member.population) + mark


def _call(node: s.Call) -> str:
    args = node.args
    match node.name:
        case "sqrt":
            return rf"\sqrt{{{_latex(args[0], _LOOSE)}}}"
        case "abs":
            return rf"\left|{_latex(args[0], _LOOSE)}\right|"
        case "min" | "max":
            return rf"\{node.name}\left({', '.join(_latex(a, _LOOSE) for a in args)}\right)"
        case "x" | "energy" | "curvature":
            head = {"x": "x_{%s}", "energy": "E_{%s}", "curvature": r"\partial^2_{%s} E_{%s}"}[node.name]
            name = _latex(args[0], _LOOSE)
            return head % ((name,) * head.count("%s"))
        case "dx":
            return rf"\frac{{\partial x_{{{_latex(args[0], _LOOSE)}}}}}{{\partial {_latex(args[1], _LOOSE)}}}"
        case "for_all_tau" | "for_some_tau":
            sign = r"\forall" if node.name == "for_all_tau" else r"\exists"
            return rf"{sign}\tau\colon {_latex(args[0], _LOOSE)}"
    inside = ", ".join(_member(a) if isinstance(a, s.Member) else _latex(a, _LOOSE) for a in args)
    word = node.name.replace("_", " ")
    return rf"\text{{{word}}}({inside or chr(92) + 'varnothing'})"
