r"""LaTeX and SymPy read back: what the package prints, what people write, and what is no formula at all."""

from __future__ import annotations

import builtins
import json
import os
import subprocess
import sys
import time
from fractions import Fraction
from functools import cache
from pathlib import Path

import pytest
import sympy
from reading import same

import symgame
from symgame import Circuit, compare_formulas
from symgame import syntax as s
from symgame.circuit import Circuit as AnyCircuit
from symgame.cli import main
from symgame.derivation import derive
from symgame.errors import FormulaError, SymgameError
from symgame.formulas import language, read_any
from symgame.grammar import read_formula
from symgame.latex_reader import read_latex
from symgame.modelfile import parse_model
from symgame.named import load
from symgame.output import derivation_files
from symgame.report.latex import formula_file
from symgame.sympy_reader import from_object, read_sympy

MODELS = Path(__file__).parent / "corpus" / "models"
PAIR = symgame.wilson_cowan()


# -- what the package prints ------------------------------------------------------------------------------------------


@cache
def printed(name: str) -> tuple[AnyCircuit, dict[str, str]]:
    derivation = derive(load(name if name == "wilson-cowan" else MODELS / f"{name}.toml"))
    made = derivation_files(derivation, figures=False)
    return derivation.circuit, {n: t for n, t in made.items() if isinstance(t, str)}


@pytest.mark.parametrize("name", ["wilson-cowan", "notation"])
def test_every_formula_that_is_printed_reads_back_as_itself(name: str) -> None:
    circuit, made = printed(name)
    claims = [c for c in json.loads(made["claims.json"])["claims"] if c["then"] is not None]
    assert len(claims) > 70
    for claim in claims:
        truth = read_formula(claim["then"])
        for latex in (claim["latex"], made[formula_file(claim["id"])]):  # the file with its comments
            read = read_latex(circuit, latex)
            assert same(circuit, read, truth, claim["at"]), f"{claim['id']}: {latex} is read as {read}"


def test_a_wrong_formula_is_not_read_as_the_right_one() -> None:
    """The comparison above can fail: one sign, one name, one relation changed in the LaTeX is another formula."""
    circuit, made = printed("wilson-cowan")
    (claim,) = (c for c in json.loads(made["claims.json"])["claims"] if c["id"] == "stability.hurwitz.E-I")
    truth = read_formula(claim["then"])
    for old, new in ((" + T", " - T"), (r"\delta", r"\kappa"), (" < 1", r" \le 1"), (r"\wedge", r"\vee")):
        assert old in claim["latex"]
        assert not same(circuit, read_latex(circuit, claim["latex"].replace(old, new)), truth, None), old


def test_signed_weights_are_read_as_entries_of_the_matrix() -> None:
    text = MODELS.joinpath("notation.toml").read_text(encoding="utf-8")
    circuit = parse_model(text.replace('weights = "magnitude"', 'weights = "signed"'), "signed.toml")
    read = read_latex(circuit, r"\W^{\mathrm{ei}} < 0 \land \Wee < 1")
    assert s.text(read) == "-b < 0 & w_ÉÉ < 1"  # b is the magnitude of an inhibitory weight


# -- what people write ------------------------------------------------------------------------------------------------

READ = [
    (r"\frac12 w_{EE} < 1 \iff \det A > 0", "1/2*w_EE < 1 <=> det > 0"),
    (r"$\text{LDS} \iff w_{EE} < 1$", "lds <=> w_EE < 1"),
    (r"\mathrm{LDS}\Leftrightarrow w_{\mathrm{EE}}\lt 1", "lds <=> w_EE < 1"),
    (r"\mathbf{A} \in \mathrm{P} \Longrightarrow \operatorname{unique}", "p_matrix => unique"),
    (r"w_{E,E} < 1 \Rightarrow \text{P-matrix}", "w_EE < 1 => p_matrix"),
    (r"\det(I-W) = (1-w_{EE})(1+w_{II}) + w_{EI}w_{IE}", "det = (1 - w_EE)*(1 + w_II) + w_EI*w_IE"),
    (r"\det J > 0", "det/(tau_E*tau_I) > 0"),
    (r"\operatorname{tr} J < 0 \land \neg\text{paradoxical}(I)", "trace < 0 & ~paradoxical(I)"),
    (r"x_E^* = \dfrac{u_E}{1-w_{EE}}", "x(E) = u_E/(1 - w_EE)"),
    (r"x_{E}^{\ast} > 0", "x(E) > 0"),
    (r"x_{E}^2 > 0", "x(E)^2 > 0"),
    (r"\frac{\partial x_E}{\partial u_I} \leq 0", "dx(E,u_I) <= 0"),
    (r"\frac{\mathrm{d} x_E^{*}}{\mathrm{d} u_I} \leq 0", "dx(E,u_I) <= 0"),
    (r"\partial x_I/\partial u_I < 0 \implies w_{EE} > 1", "dx(I,u_I) < 0 => w_EE > 1"),
    (r"E_E < 0 \iff w_{EE}<1", "energy(E) < 0 <=> w_EE < 1"),
    (r"\frac{\partial^2 E_E}{\partial x_E^2} = 1 - w_{EE}", "curvature(E) = 1 - w_EE"),
    (r"0 < w_{EE} \leq 1 \neq w_{II}", "0 < w_EE <= 1 != w_II"),
    (r"w_{EE} \not= 1 \vee w_{EE} \not< 2", "w_EE != 1 | w_EE >= 2"),
    (r"|w_{EE} - 1| < 2", "abs(w_EE - 1) < 2"),
    (r"\left|w_{EE}\right| \lvert u_E \rvert > |u_I|", "abs(w_EE)*abs(u_E) > abs(u_I)"),
    (r"\max\{w_{EE}, 1\} < \min\left(w_{II}, 2\right)", "max(w_EE,1) < min(w_II,2)"),
    (r"w_{EE}^{1/2} + w_{II}^{-1} < \sqrt{2 w_{IE}}", "sqrt(w_EE) + 1/w_II < sqrt(2*w_IE)"),
    (r"\text{stable}(E, I) \text{ if and only if } w_{EE} \times 2 < 1", "stable(E,I) <=> w_EE*2 < 1"),
    (r"w_{EE} < 1 \text{ if } \text{lds}", "lds => w_EE < 1"),
    (r"\operatorname{exists}(\emptyset) \vee \operatorname{stable}()", "exists() | stable()"),
    (r"\operatorname{local\ Nash}(E)", "local_nash(E)"),
    (r"\begin{align} \det A &= 1 - w_{EE} \\ &\quad + w_{II} \\ &= 3 \end{align}", "det = 1 - w_EE + w_II = 3"),
    (r"w_{EE} < 1 \\ w_{II} > 0", "w_EE < 1 & w_II > 0"),
    (r"w_{EE} < 1,\quad w_{II} > 0.", "w_EE < 1 & w_II > 0"),
    (r"1/2 w_{EE} < 1", "1/2*w_EE < 1"),
    (r"w_{EE}/(2 w_{II}) < 1", "w_EE/(2*w_II) < 1"),
    (r"-w_{EE} w_{II} + 1 < 2", "-(w_EE*w_II) + 1 < 2"),
    (r"\bigl( w_{EE} + 1 \bigr)^2 > 4", "(w_EE + 1)^2 > 4"),
    (r"T \delta > 0.5 % a comment", "tau_E/tau_I*(1 + w_II) > 1/2"),
    (r"x_E = \begin{cases} 0, & u_E \le 0, \\ u_E, & \text{otherwise} \end{cases}",
     "(u_E <= 0 => x(E) = 0) & (u_E > 0 => x(E) = u_E)"),
    (r"\begin{cases} 1 & \text{if } u_E < 0 \\ 2 & \text{if } u_E < 1\end{cases} = w_{EE}",
     "(u_E < 0 => 1 = w_EE) & (u_E >= 0 & u_E < 1 => 2 = w_EE)"),
    (r"\forall\tau\colon \text{hurwitz}(E,I)", "for_all_tau(hurwitz(E,I))"),
    (r"\text{if } w_{EE} < 1 \text{ then LDS}", "w_EE < 1 => lds"),
    (r"\text{If } w_{EE} < 1, \text{ then } \text{LDS}", "w_EE < 1 => lds"),
    (r"\text{LDS if and only if } w_{EE} < 1", "lds <=> w_EE < 1"),
    (r"\text{LDS if } w_{EE} < 1", "w_EE < 1 => lds"),
    (r"w_{EE}/2 \cdot w_{II} < 1", "w_EE/2*w_II < 1"),
    (r"x^2_E > x_E^2", "x(E)^2 > x(E)^2"),
]  # fmt: skip


@pytest.mark.parametrize(("latex", "formula"), READ)
def test_what_people_write(latex: str, formula: str) -> None:
    assert read_latex(PAIR, latex) == read_formula(formula)


@pytest.mark.parametrize(
    ("latex", "value"),
    [
        (r"2 - 3 - 4", Fraction(-5)),
        (r"\frac{1}{2}3 + 4 \cdot 5", Fraction(43, 2)),
        (r"-2^2", Fraction(-4)),
        (r"(-2)^2", Fraction(4)),
        (r"8/2/2", Fraction(2)),
        (r"2 \left(1 + \tfrac12\right)^2", Fraction(9, 2)),
        (r"2^{-2} - 3(4 - 5)", Fraction(13, 4)),
        (r"12^2", Fraction(144)),
        (r"2^12", None),  # TeX sets 2^1 2, which is no 4096
    ],
)
def test_numbers_have_the_value_that_mathematics_gives_them(latex: str, value: Fraction | None) -> None:
    node = read_latex(PAIR, latex, number=True)
    found = symgame.notation.expression(node)
    assert found == (4 if value is None else sympy.Rational(value.numerator, value.denominator))


def test_longer_names_win_and_blanks_part_them() -> None:
    circuit = Circuit.from_matrix([["a", "b"], ["ab", 0]], names=["P", "V"])
    assert s.text(read_latex(circuit, r"{}ab < 1 \land a b < 2")) == "ab < 1 & a*b < 2"
    words = Circuit.from_matrix([["gain", 0], [0, "gain2"]], names=["pyr", "exc"])
    assert s.text(read_latex(words, r"\mathrm{gain} x_{\mathrm{pyr}} < 1")) == "gain*x(pyr) < 1"


def test_the_language_of_a_text_shows() -> None:
    assert language("x^2_E < 1") == "latex" and language("x^2 - x_E < 1") == "formula"
    assert [language(t) for t in (r"w \le 1", "w_{EE} < 1", "Eq(w, 1)", "w = 1", "abs(w) < 1", "max(a, b) < 1")] == [
        "latex", "latex", "sympy", "formula", "formula", "formula",
    ]  # fmt: skip


# -- SymPy ------------------------------------------------------------------------------------------------------------

W, X, U = sympy.symbols("w_EE w_II u_E")
E, I = sympy.symbols("E I")
OBJECTS = [
    (sympy.Equivalent(sympy.Symbol("lds"), W < 1), "lds <=> w_EE < 1"),
    (sympy.And(W < 1, X > sympy.Rational(1, 2)), "w_EE < 1 & w_II > 1/2"),
    (sympy.Eq(sympy.Function("x")(E), U / (1 - W)), "x(E) = u_E/(1 - w_EE)"),
    (sympy.Implies(sympy.Symbol("lds"), sympy.Or(X < 1, sympy.Not(sympy.Eq(W, 2)))), "lds => w_EE != 2 | w_II < 1"),
    (sympy.Eq(U, sympy.Piecewise((W, X < 0), (X, True))), "(w_II < 0 => u_E = w_EE) & (w_II >= 0 => u_E = w_II)"),
    (sympy.Max(W, X, 1) < sympy.Abs(U), "max(1,w_EE,w_II) < abs(u_E)"),
    (sympy.Eq(U, -sympy.sqrt(W) / X**2), "u_E = -(sqrt(w_EE)/w_II^2)"),
    (W ** sympy.Rational(3, 2) >= 0.5, "sqrt(w_EE)^3 >= 1/2"),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "formula"), OBJECTS)
def test_objects_of_sympy_and_their_texts(expression: sympy.Basic, formula: str) -> None:
    truth = read_formula(formula)
    assert from_object(expression) == truth
    for text in (sympy.srepr(expression), str(expression)):
        read = read_any(PAIR, text)
        assert alike(read, truth), f"{text} is read as {read}"


def alike(a: s.Formula, b: s.Formula) -> bool:
    """The same up to the order of parts, and to where a minus sign stands."""
    shown = [sorted(s.text(n).replace("(", "").replace(")", "").replace("-", "").replace(" ", "")) for n in (a, b)]
    return type(a) is type(b) and shown[0] == shown[1]


def test_check_takes_objects_and_every_language() -> None:
    ways = (
        sympy.Equivalent(sympy.Symbol("lds"), W < 1),
        "Equivalent(Symbol('lds'), StrictLessThan(Symbol('w_EE'), Integer(1)))",
        r"\mathbf{A}\in\mathrm{LDS} \Longleftrightarrow w_{EE} < 1",
        "lds <=> w_EE < 1",
    )
    for way in ways:
        answer = symgame.check(PAIR, way)
        assert (answer.verdict.kind, s.text(answer.statement)) == ("proved", "lds <=> w_EE < 1")
    assert symgame.check(PAIR, W > 2, [W > 3]).verdict.kind == "proved"
    assert symgame.check(PAIR, sympy.Le(W, 1), sympy.Symbol("lds")).verdict.kind == "proved"
    assert symgame.check(PAIR, "Le(w_EE, 0)").verdict.kind == "refuted"


def test_conditions_of_python_need_their_parentheses() -> None:
    assert s.text(read_sympy("(w_EE < 1) & (w_II < 2) | ~(w_II >= 3)")) == "w_EE < 1 & w_II < 2 | ~(w_II >= 3)"
    with pytest.raises(FormulaError, match="mind the parentheses"):
        read_sympy("w_EE < 1 & w_II < 2")


def test_sympy_is_read_alike_under_any_hash_seed() -> None:
    code = (
        "import sympy; from symgame.sympy_reader import from_object; a, b, c = sympy.symbols('a b c');"
        "print(from_object(sympy.Equivalent(sympy.And(a < b*c, c > 1, b > 2), sympy.Or(a + b + c < 1, c > 7))))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in "12"
    }
    assert len(said) == 1


# -- hostile and broken -----------------------------------------------------------------------------------------------

#: A text, and a part of the one message that it gets.
BROKEN = [
    (r"w_{EE < 1", "column 10: missing '}' for the '{' of column 3"),
    (r"w_{EE} < 1 }", "column 12: there is no opening partner"),
    (r"\left( w_{EE} \right] < 1", "are no pair"),
    (r"\left( w_{EE} < 1", r"missing '\\right'"),
    (r"\frac{w_{EE}", "missing '}'"),
    (r"\frac{1}", "a denominator was expected"),
    ("{" * 100 + "w" + "}" * 100, "nested more than 60 deep"),
    ("(" * 59 + "w_{EE}" + ")" * 59 + " < 1", "nested more than 60 deep"),
    ("-" * 5_000 + "w_{EE} < 1", "nested more than 60 deep"),
    (r"\neg " * 2_000 + r"\text{lds}", "nested more than 60 deep"),
    (r"\frac" * 3_000, "nested more than 60 deep"),
    ("{" * 10**6, "1000000 characters; at most 20000"),
    ("w_{EE} < " + "9" * 5_000, "more than 1000 digits"),
    ("w_{EE}^{12}" * 300 + " < 1", "when multiplied out"),
    (r"w_{EE}^{99} < 1", "whole number up to 12"),
    (r"2^{w_{EE}} < 1", "the exponent 'w_{EE}'"),
    (r"\input{/etc/passwd}", r"column 1: the command \input is not read"),
    (r"w_{EE} < \write18{rm -rf x}", r"column 10: the command \write is not read"),
    (r"\catcode`\%=12 w_{EE} < 1", r"the command \catcode is not read"),
    (r"\def\x{\x\x}\x", r"the command \def is not read"),
    (r"\csname x\endcsname", r"the command \csname is not read"),
    (r"\begin{filecontents}{a}x\end{filecontents}", "the environment 'filecontents' is not read"),
    (r"\begin{cases} 1 & w_{EE} < 1", r"missing '\\end'"),
    (r"w_{EE} = \begin{cases} 1 \end{cases}", "a row of cases is"),
    ("w_{ЕЕ} < 1", "column 4: the character U+0415 CYRILLIC CAPITAL LETTER IE"),
    ("\u202ew_{EE} < 1", "U+202E RIGHT-TO-LEFT OVERRIDE"),
    ("w_{EE} < \x00", "the character U+0000"),
    (r"w_{XX} < 1", "column 1: unknown symbol 'w_{XX}'; did you mean"),
    (r"\frac{w_{EE}}{0} < 1", "column 1: a division by zero"),
    (r"\infty > w_{EE}", "no number that a formula may hold"),
    (r"\dot x_E = 0", "a derivative in time"),
    (r"x_{E}' = 0", "a prime is not read"),
    (r"w_{EE} \pm 1 > 0", "stands for two values"),
    (r"w_{EE} \approx 1", "is no exact relation"),
    (r"w_{EE} / w_{II} w_{EI} < 1", "can be read in two ways"),
    (r"w_{EE}/2w_{II} < 1", "column 9: 'a / b c' can be read in two ways"),
    (r"w_{EE}/2(1 + w_{II}) < 1", "can be read in two ways"),
    (r"\text{if } w_{EE} < 1", "column 1: an 'if' at the beginning needs its 'then'"),
    (r"w_{EE} < 1, \text{ then LDS}", "'\\\\text{ then LDS}' stands where a number"),
    (r"\Leftarrow w_{EE} < 1 \Rightarrow \text{LDS}", "'⇐' stands where a number"),
    (r"\left. x_E \right|_{E,I} < 1", "give the branch apart, by --at or at="),
    (r"w_{EE} \in (0, 1)", "write an interval as 0 < w < 1"),
    (r"\sqrt[3]{w_{EE}} < 1", "only square roots"),
    (r"w_{EE}^{*} < 1", "'*' marks rates and energies"),
    (r"\text{paradoxical}(X)", "'X' is no population (known: E, I)"),
    (r"w_{EE} < \text{lds}", "'<' needs a number"),
    (r"w_{EE} \land w_{II} < 1", "joins conditions"),
    (r"w_{EE} < 1 \iff \text{lds}, w_{II} > 0", "can be read in two ways"),
    (r"\det J_{EE} > 0", "det is that of A"),
    (r"{a}_b_c < 1", "two scripts of one kind"),
    (r"w_{EE} < 1 \land", "ends where a number or a condition was expected"),
    (r"$$", "is empty"),
    ("{}" + r"|" * 3_000, "can be read in two ways"),
    ("__import__('os').system('touch canary') < 1", "has no meaning"),
    ("Eq(__import__('os'), 1)", "'os'"),
    ("Lambda(x, Eq(x, 1))", "no constructor that is read"),
    ("Eq(exec('1'), 1)", "where a number, a name"),
    ("Symbol('__import__(1)') < 1", "is no name"),
    ("Function('evil')(x) < 1", "is no word"),
    ("Symbol('a').__class__ < 1", "the character '.'"),
    ("Eq(w_EE, 1); import os", "the character ';'"),
    ("Eq(w_EE, nan)", "nan is not a finite real number"),
    ("Eq(zoo, w_EE)", "zoo is not a finite real number"),
    ("Eq(w_EE, Float('inf'))", "is no finite decimal"),
    ("Eq(w_EE, Float('1e999999'))", "is no finite decimal"),
    ("Eq(w_EE, 1/0)", "a division by zero"),
    ("Eq(w_EE, Pow(Integer(0), Integer(-1)))", "a division by zero"),
    ("Eq(w_EE, Rational(1, 0))", "a division by zero"),
    ("Eq(w_EE, 9**9**9**9)", "the exponent"),
    ("Eq(w_EE, Pow(2, 100000000))", "the exponent"),
    ("Eq(" * 5_000, "nested more than 60 deep"),
    ("Not(" * 100 + "Eq(w_EE, 1)" + ")" * 100, "nested more than 60 deep"),
    ("Eq(w_EE, 1", "missing ')' for the '(' of column 3"),
    ("Eq(w_EE)", "Eq takes 2 arguments, not 1"),
    ("Add() < 1", "Add of nothing"),
    ("Piecewise((1, w_EE < 1))", "Piecewise gives a number"),
    ("[Eq(w_EE, 1)]", "the character '['"),
    ("Eq(w_EE, 1) if w_EE else 2", "was not expected here"),
]


@pytest.mark.parametrize(("text", "complaint"), BROKEN, ids=range(len(BROKEN)))
def test_hostile_and_broken_texts_get_one_message(
    text: str, complaint: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def executed(*_: object, **__: object) -> None:
        raise AssertionError("something was executed")

    monkeypatch.chdir(tmp_path)
    for name in ("eval", "exec"):
        monkeypatch.setattr(builtins, name, executed)
    monkeypatch.setattr(os, "system", executed)
    begun = time.perf_counter()
    with pytest.raises(FormulaError) as caught:
        read_any(PAIR, text)
    message = str(caught.value)
    assert complaint in message and "\n" not in message and len(message) < 1_500
    assert time.perf_counter() - begun < 2 and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "value",
    [sympy.nan, sympy.oo < W, sympy.sin(W) < 1, sympy.Integral(W, W), sympy.Dummy("w") < 1, sympy.Lambda(W, W),
     W**X < 1, sympy.Matrix([1]), object(), None, sympy.Symbol("__import__('os')") < 1, sympy.Xor(W < 1, X < 1)],
    ids=range(12),
)  # fmt: skip
def test_objects_that_are_no_formula(value: object) -> None:
    with pytest.raises(FormulaError) as caught:
        symgame.check(PAIR, value)
    assert "\n" not in str(caught.value) and " at 0x" not in str(caught.value)


def test_a_long_formula_is_read_at_once() -> None:
    begun = time.perf_counter()
    assert len(read_latex(PAIR, "w_{EE}+" * 2_500 + "1 < 2").terms[0].terms) == 2_501  # type: ignore[attr-defined]
    assert time.perf_counter() - begun < 5


# -- comparing --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claimed", "truth", "said"),
    [
        (r"\frac{(1+w_{II})u_E - w_{EI}u_I}{D}", "x(E)", "equal"),
        (r"\frac{(1+w_{II}) u_E}{D}", "x(E)", "equal if and only if u_I = 0"),
        ("w_EE < 1", "lds", "equal"),
        ("w_EE > 1", "paradoxical(I)", "equal if and only if det > 0"),
        ("x(I)", "x(E)", "different"),
        (W, "w_EE", "equal"),
    ],
)
def test_comparisons(claimed: object, truth: str, said: str) -> None:
    found = compare_formulas(PAIR, claimed, truth)
    assert str(found) == said
    if said.startswith("equal if"):
        node = f"{truth} = {read_any(PAIR, claimed, number=True)}" if "u_I" in said else f"{truth} <=> {claimed}"
        assert symgame.check(PAIR, node, str(found.condition)).verdict.kind == "proved"
    if said == "different":
        assert found.verdict.kind == "refuted"


def test_a_number_is_not_compared_with_a_condition() -> None:
    with pytest.raises(FormulaError, match="one is a number, the other a condition"):
        compare_formulas(PAIR, "w_EE", "lds")
    with pytest.raises(SymgameError, match="unknown symbol"):
        compare_formulas(PAIR, "w_XX", "det")


# -- the command line -------------------------------------------------------------------------------------------------


def test_the_command_line_reads_latex_and_names_the_slip(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "wilson-cowan", r"\text{LDS} \iff w_{EE} < 1"]) == 0
    assert capsys.readouterr().out.startswith("proved: lds <=> w_EE < 1\n")
    claim = r"\frac{\partial x_E}{\partial u_I} = -\frac{w_{IE}}{D}"
    assert main(["check", "wilson-cowan", claim]) == 1
    out = capsys.readouterr().out
    assert "  slip: it would be right for the transposed weights\n" in out
    assert main(["check", "wilson-cowan", claim, "--json"]) == 1
    slip = json.loads(capsys.readouterr().out)["slip"]
    assert slip["name"] == "transposed weights" and slip["formula"].startswith("dx(E,u_I) = -(w_EI/")
    assert main(["check", "wilson-cowan", "Le(w_EE, 1)", "--given", r"w_{EE} \le 1"]) == 0
    assert main(["check", "wilson-cowan", r"\input{x}"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
