"""How a circuit is written: names, macros, order, signs, abbreviations; and every mistake in them is one message."""

from __future__ import annotations

from pathlib import Path

import pytest

from symgame import Circuit
from symgame.errors import CircuitError, ModelError
from symgame.letters import escaped, math_letters
from symgame.modelfile import parse_model
from symgame.named import load
from symgame.notation import latex_name
from symgame.presentation import COMMANDS, Presentation, check_latex, taken

MODELS = Path(__file__).parent / "corpus" / "models"
PAIR = """
[circuit]
name = "pair"
activation = "relu"
[populations]
E = { type = "excitatory" }
I = { type = "inhibitory" }
[weights]
E = { E = "w_EE", I = "w_EI" }
I = { E = "w_IE" }
"""


@pytest.mark.parametrize(
    "latex",
    [r"w_{EE}", r"\mathcal{W}_{\mathrm{ee}}", r"\bar{w}^{e}_{i}", r"\tau_e", r"x'", r"\operatorname{gain}", "3"],
)
def test_latex_of_names(latex: str) -> None:
    check_latex(latex, "here")


@pytest.mark.parametrize(
    ("latex", "complaint"),
    [
        (r"\input{x}", "unknown command"),
        (r"\write18{rm}", "unknown command"),
        (r"\matcal{W}", "did you mean 'mathcal'"),
        (r"\mathcal{W", "not closed"),
        (r"W}_{E", "without its"),
        ("w_^2", "is empty"),
        ("w_", "is empty"),
        ("a^b^c", "two scripts of one kind"),
        ("w'^2", "two scripts of one kind"),
        (r"w \hat", "takes an argument"),
        (r"\hat w", "takes an argument"),
        (r"\text{w_E}", "inside text"),
        (r"\mathcal{}", "nothing between"),
        ("50%", "not LaTeX"),
        ("a & b", "not LaTeX"),
        ("$w$", "not LaTeX"),
        ("#1", "not LaTeX"),
        ("w~x", "not LaTeX"),
        ("<script>", "not LaTeX"),
        ("", "1 to 200"),
        ("x" * 201, "1 to 200"),
        ("ü", "not LaTeX"),
    ],
)
def test_what_is_no_latex_of_a_name_is_refused(latex: str, complaint: str) -> None:
    with pytest.raises(ModelError, match=complaint):
        check_latex(latex, "here")


def test_macros_are_kept_for_tex_and_expanded_for_the_rest() -> None:
    style = Presentation(
        names=(("w", r"\Wee"),), macros=((r"\W", r"\mathcal{W}"), (r"\Wee", r"\W^{e}")),
    )  # fmt: skip
    assert style.latex("w") == r"\Wee"
    assert style.expanded("w") == r"{{\mathcal{W}}^{e}}"
    assert style.without_macros(r"\Wx + \W x") == r"\Wx + {\mathcal{W}}x"


@pytest.mark.parametrize(
    ("macros", "complaint"),
    [
        (((r"\frac", "x"),), "is a command of LaTeX"),
        (((r"\alpha", "x"),), "is a command of LaTeX"),
        ((("W", "x"),), "is no macro"),
        (((r"\W1", "x"),), "is no macro"),
        (((r"\fi", "x"),), "is a command of LaTeX"),
        (((r"\leavevmode", "x"),), "is a command of LaTeX"),
        (((r"\reason", "x"),), "is a command of LaTeX"),
        (((r"\symMatrixLds", "x"),), "is a command of LaTeX"),
        (((r"\W", r"\W"),), "unknown command"),
        (((r"\W", r"\V"), (r"\V", "x")), "unknown command"),
    ],
)
def test_bad_macros(macros: tuple[tuple[str, str], ...], complaint: str) -> None:
    with pytest.raises(ModelError, match=complaint):
        Presentation(macros=macros)


def test_no_command_is_both_allowed_and_taken_by_accident() -> None:
    assert {"mathcal", "alpha", "bar"} <= COMMANDS
    assert {"frac", "input", "begin", "le", "par", "fi"} <= taken() and not {"W", "Wee", "sig"} & taken()
    assert not COMMANDS & {"input", "write", "def", "csname", "catcode", "include", "read"}


@pytest.mark.parametrize(
    ("section", "complaint"),
    [
        ("[notation]\ncolour = 1", "unknown key 'colour'"),
        ('[notation]\nnames = { w_XX = "w" }', "no symbol or population 'w_XX'"),
        ('[notation]\nnames = { w_EE = "\\\\foo" }', "unknown command"),
        ('[notation]\nnames = { w_EE = "w_{EI}" }', "are both written"),
        ("[notation]\nnames = { w_EE = 3 }", "a number stands where"),
        ('[notation]\nnames = "w"', "a text stands where"),
        ('[notation]\nterms = "sideways"', "none of ascending, descending"),
        ('[notation]\nweights = "big"', "none of magnitude, signed"),
        ('[notation]\norder = "w_EE"', "a list of names"),
        ('[notation]\norder = ["w_XX"]', "no symbol or population 'w_XX'"),
        ('[notation]\nunits = { volume = "l" }', "unknown key 'volume'"),
        ('[notation]\nmacros = { "\\\\frac" = "x" }', "is a command of LaTeX"),
        ('[abbreviations]\nw_EE = "1"', "has a symbol or population of that name"),
        ('[abbreviations]\nD = "1 + q"', "unknown symbol 'q'"),
        ('[abbreviations]\nD = "1 +"', "D"),
        ('[abbreviations]\nstable = "1 + w_EE"', "word of the formula vocabulary"),
        ('[abbreviations]\nD = "__import__(1)"', "D"),
    ],
)
def test_mistakes_in_a_model_file_name_their_place(section: str, complaint: str) -> None:
    from symgame.shape import Shaper

    with pytest.raises(ModelError, match=complaint) as caught:
        Shaper(parse_model(f"{PAIR}{section}\n", "pair.toml"))
    assert "\n" not in str(caught.value)


def test_a_presentation_is_no_part_of_what_a_circuit_is() -> None:
    plain = parse_model(PAIR, "pair.toml")
    styled = parse_model(f'{PAIR}[notation]\nnames = {{ w_EE = "g" }}\n', "pair.toml")
    assert plain == styled and hash(plain) == hash(styled)
    assert styled.presentation.latex("w_EE") == "g" != plain.presentation.latex("w_EE")
    assert styled.fixed().presentation == styled.presentation


def test_names_that_look_alike_are_refused_with_the_mend() -> None:
    with pytest.raises(CircuitError, match=r"both written \\alpha.*\[notation\] names"):
        Circuit.from_matrix([["alpha", "α"], ["b", "d"]], names="EI")


def test_the_whole_notation_of_a_model_file() -> None:
    style = load(MODELS / "notation.toml").presentation
    assert style.latex("w_ÉÉ") == r"\Wee" and style.expanded("w_ÉÉ") == r"{{\mathcal{W}}^{\mathrm{ee}}}"
    assert style.unit("rate") == "Hz" and style.unit("input") is None
    assert style.order == ("c", "b") and style.terms == "descending"
    assert [name for name, _ in style.abbreviations or ()] == ["beta", "Det", "g", "k"]


def test_every_character_becomes_ascii_that_tex_sets() -> None:
    hostile = "".join(chr(k) for k in range(32, 127)) + "é–—“”’…ßøŁαΩЯ中\u202e\u0301😀≤→"
    assert escaped(hostile).isascii() and math_letters("é中Яαß").isascii()
    for character in "&%$#_{}~^\\":
        assert escaped(character) != character
    assert escaped("\\input{x}") == r"\textbackslash{}input\{x\}"


def test_names_have_different_latex() -> None:
    names = ["a", "a_", "_a", "a_b", "a__b", "ab", "a_b_c", "a_bc", "α", "Я", "é", "e", "x1", "x_1"]
    assert len({latex_name(name) for name in names}) == len(names)
