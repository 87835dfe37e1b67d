"""What reports once said and was not so: each case with what is true of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from symgame import Circuit, check, derive
from symgame.article import article
from symgame.captions import captions
from symgame.chart import regime_condition, regime_table
from symgame.cli import main
from symgame.derivation import Derivation
from symgame.document import Cases, Display, Table, Text
from symgame.errors import CircuitError, ModelError
from symgame.game import best_response
from symgame.modelfile import parse_model
from symgame.named import wilson_cowan
from symgame.output import derivation_files
from symgame.paper import Paper, Statement, decided
from symgame.portrait import figures_data
from symgame.report import latex
from symgame.report.files import replace_all
from symgame.shape import abbreviations

MODELS = Path(__file__).parent / "corpus" / "models"
HEAD = '[circuit]\nname = "c"\nactivation = "relu"\n'
PAIR = HEAD + (
    '[populations]\nE = {{ type = "excitatory"{E} }}\nI = {{ type = "inhibitory"{I} }}\n[weights]\n'
    'E = {{ E = "w_EE", I = "w_EI" }}\nI = {{ E = "w_IE", I = "w_II" }}\n'
    '[assume]\nextra = ["w_EI > 0", "w_IE > 0"]\n{more}'
)


def pair(more: str = "", E: str = "", I: str = "") -> Circuit:
    return parse_model(PAIR.format(more=more, E=E, I=I), "pair.toml")


def told(derivation: Derivation) -> str:
    return latex.report(article(derivation), derivation.circuit)


def test_one_input_for_two_populations() -> None:
    circuit = pair(E=', input = "u"', I=', input = "u"')
    files = derivation_files(derive(circuit), figures=False)
    assert "undecided" not in files["claims.json"]


def test_signed_weights_are_signed_everywhere() -> None:
    circuit = pair('[notation]\nweights = "signed"\n')
    assert circuit.signed == {"w_EI", "w_II"}
    text = told(derive(circuit))
    (hypotheses,) = (line for line in text.splitlines() if "Standing hypotheses" in line)
    assert r"$w_{EI} < 0$" in hypotheses and r"$w_{II} \le 0$" in hypotheses
    assert r"\phi_{E}\bigl(u_{E} + w_{EE} x_{E} + w_{EI} x_{I}\bigr)" in text
    assert r"diag($w_{IE}$, $-w_{EI}$)" in text
    assert any("-w_EI = " in figure.caption for figure in captions(figures_data(circuit)))


def test_a_symbol_that_is_also_something_else_stays_a_magnitude() -> None:
    circuit = Circuit.from_matrix(
        [["a", "-b"], ["c", "-a"]], names="EI", types=["excitatory", "inhibitory"],
        presentation=pair('[notation]\nweights = "signed"\n').presentation,
    )  # fmt: skip
    assert circuit.signed == {"b"}


def test_best_responses_are_given_for_unit_gain_only() -> None:
    circuit = parse_model(
        HEAD.replace('activation = "relu"', 'activation = "linear"')
        + '[populations]\nE = {}\n[weights]\nE = { E = "w" }\n[activation.E]\ngain = "g"\nthreshold = "h"\n', "g.toml",
    )  # fmt: skip
    assert [case.when for case in best_response(circuit, 0)] == ["always"]
    assert best_response(circuit, 0)[0].minimisers.startswith("argmin")
    assert r"\operatorname{BR}" not in told(derive(circuit))


def test_a_curvature_that_is_a_number_leaves_the_cases_it_has() -> None:
    (only,) = best_response(Circuit.from_matrix([[0, "b"], ["c", 0]], names="EI"), 0)
    assert (only.when, only.minimisers) == ("always", "max(0, c_in)")
    cases = best_response(Circuit.from_matrix([[2]], names="E", activation="saturating"), 0)
    assert [c.minimisers for c in cases] == ["0", "m_E", "0 and m_E"]


def test_a_sum_as_a_weight_keeps_its_parentheses() -> None:
    circuit = Circuit.from_matrix([[0, "a + b"], ["c", 0]], names="EI", form="voltage")
    displays = [b for section in article(derive(circuit)).sections for b in section.blocks if isinstance(b, Display)]
    right = [right for block in displays for _, right, _ in block.rows]
    assert any(r"\left(a + b\right) \phi_{I}" in row for row in right)


def test_the_matrix_goes_by_its_name() -> None:
    circuit = pair('[activation.E]\ngain = "g"\n')
    titles = {c.id: c.title for c in derive(circuit).claims}
    assert titles["matrix.p"] == "When I - S W is a P-matrix"
    assert {c.id: c.title for c in derive(wilson_cowan()).claims}["matrix.p"] == "When I - W is a P-matrix"


def test_files_of_names_that_look_alike_in_ascii_do_not_meet() -> None:
    circuit = parse_model(
        HEAD + '[populations]\n"É" = {}\nU00C9 = {}\n[weights]\n"É" = { "É" = "a" }\nU00C9 = { U00C9 = "b" }\n',
        "e.toml",
    )
    derivation = derive(circuit, "a")
    files = derivation_files(derivation, figures=False)
    formulas = [c for c in json.loads(str(files["claims.json"]))["claims"] if c["then"] is not None]
    assert len([f for f in files if f.startswith("formulas/") and f.count(".") > 1]) == len(formulas)
    labels = [part.split("}")[0] for part in str(files["report.tex"]).split(r"\label{")[1:]]
    assert len(labels) == len(set(labels))


def test_suggested_abbreviations_keep_clear_of_what_is_written() -> None:
    circuit = pair('[notation]\nnames = { w_II = "\\\\delta", w_EE = "D", tau_E = "T", w_EI = "\\\\kappa" }\n')
    assert abbreviations(circuit) == ()
    assert [a.name for a in abbreviations(pair('[notation]\nnames = { I = "\\\\kappa" }\n'))] == ["D", "delta", "T"]


@pytest.mark.parametrize("formula", ["tau_E/(w_EE - 1)", "1/(1 - w_EE)", "1/w_II"])
def test_an_abbreviation_is_defined_wherever_the_circuit_is(formula: str) -> None:
    with pytest.raises(ModelError, match="denominator may be 0"):
        abbreviations(pair(f'[abbreviations]\nQ = "{formula}"\n'))
    assert abbreviations(pair('[abbreviations]\nQ = "1/(tau_E + tau_I)"\n'))[0].name == "Q"


def plain(parts: Text) -> str:
    return "".join(part if isinstance(part, str) else getattr(part, "latex", "") for part in parts)


def test_the_table_of_notation_says_what_the_words_mean() -> None:
    def rows(circuit: Circuit) -> dict[str, str]:
        blocks = (b for section in article(derive(circuit)).sections for b in section.blocks)
        (table,) = (b for b in blocks if isinstance(b, Table) and b.id == "notation")
        return {plain(left): plain(right) for left, right in table.rows}

    assert "Jacobian of the branch" in rows(wilson_cowan())[r"\operatorname{Hurwitz}(E)"]
    soft = Circuit.from_matrix([["a"]], names="E", activation="soft_threshold")
    assert rows(soft)["(E{=}{-})"] == "one on its negative piece"
    smooth = rows(Circuit.from_matrix([["a"]], names="E", activation="tanh"))
    assert not any("branch" in said or "linear system" in said for said in smooth.values())


@pytest.mark.parametrize("name", ["x_E", "s_E", "v_I"])
def test_a_symbol_may_not_be_called_like_a_rate(name: str) -> None:
    with pytest.raises(CircuitError, match="give the symbol another name"):
        Circuit.from_matrix([[name, "-b"], ["c", 0]], names="EI")


def test_the_caption_of_the_regimes_says_where_they_change() -> None:
    derivation = derive(wilson_cowan(), "w_EI")
    caption = {f.name: f.caption for f in captions(figures_data(derivation))}["regimes"]
    sentence = next(x for x in caption.split(". ") if x.startswith("They change at"))
    assert "(fold)" in sentence and "focus" not in sentence


def test_a_population_may_be_called_none() -> None:
    ids = [c.id for c in derive(Circuit.from_matrix([["w_1"]], names=["none"], types=["excitatory"])).claims]
    assert {"equilibria.exists.0", "equilibria.exists.none"} <= set(ids)


def test_words_of_a_sentence_are_no_symbols() -> None:
    circuit = Circuit.from_matrix([["a", "-b"], ["c", 0]], names="EI")
    cases = [b for x in article(derive(circuit)).sections for b in x.blocks if isinstance(b, Cases)]
    assert cases and "on $a$ kink" not in told(derive(circuit)) and "on a kink" in told(derive(circuit))


@pytest.mark.parametrize("w_EE", ["1/2", "1", "2", "3", "38/10", "4", "5"])
def test_the_proposition_on_a_regime_says_what_its_name_means(w_EE: str) -> None:
    circuit = wilson_cowan().with_values(w_EE=w_EE, w_EI="3/2", w_IE=3, w_II="1/2", tau_E=10, tau_I=10).fixed()
    verdicts = [check(circuit, regime_condition(circuit, when)).verdict.kind for _, when, _ in regime_table()]
    assert verdicts.count("proved") == 1, "the names of regimes exclude one another in a pair"


def test_a_value_that_is_not_put_in_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["regimes", "wilson-cowan", "--set", "w_EE=1/2", "--json"]) == 0
    assert "w_EE = 1/2 is not put in" in capsys.readouterr().err
    assert main(["regimes", "wilson-cowan", "--set", "w_EE=1/2", "--over", "w_II", "--json"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "wilson-cowan", "det > 0", "--set", "w_EE=abc"], "there is no symbol 'abc'"),
        (["check", "wilson-cowan", "unique", "--at", "X"], "there is no population 'X'"),
    ],
)
def test_mistakes_that_were_passed_over(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


def test_a_reader_who_has_seen_enough_is_no_refutation(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "symgame", "derive", "wilson-cowan", "--no-figures", "--out", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(60) == 0


def test_a_wrong_abbreviation_is_told_by_every_verb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = tmp_path / "m.toml"
    model.write_text(PAIR.format(more='[abbreviations]\ng = "w_EX - 1"\n', E="", I=""), encoding="utf-8")
    assert main(["check", str(model), "unique"]) == 2
    assert "m.toml: [abbreviations] g" in capsys.readouterr().err


def test_what_a_formula_supposes_is_a_hypothesis_of_its_claim() -> None:
    claims = {c.id: c for c in derive(wilson_cowan()).claims}
    assert claims["equilibria.state.E.E"].given == ("1 - w_EE != 0",)
    assert claims["response.paradoxical.I"].given == ("det > 0",), "what follows from the rest is not said again"
    assert claims["equilibria.state.I.I"].given == ()
    rows = (Statement("root", "sqrt(w_EE - 1) >= 0 & w_EE >= 1"), Statement("inverse", "1/det != 0"))
    said = decided(Paper("p", "P", "", wilson_cowan(), rows)).claims
    assert [c.given for c in said] == [("w_EE - 1 >= 0",), ("det != 0",)]
    for claim in said:
        assert check(wilson_cowan(), str(claim.then), claim.given).assumed is not None


def test_sentences_that_share_a_number_keep_ids_of_their_own() -> None:
    rows = tuple(Statement(says, "w_EE >= 0") for says in ("foo", "foo", "Foo 2", "foo 3"))
    assert len({c.id for c in decided(Paper("p", "P", "", wilson_cowan(), rows)).claims}) == 4


def test_files_that_nobody_here_wrote_stay(tmp_path: Path) -> None:
    for name in ("figures/photo.png", "formulas/own.tex", "report.pdf"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("mine")
    replace_all(tmp_path, {"a.txt": "1", "figures/b.svg": "2"})
    replace_all(tmp_path, {"a.txt": "3"})
    assert (tmp_path / "a.txt").read_text() == "3" and not (tmp_path / "figures" / "b.svg").exists()
    assert all((tmp_path / n).read_text() == "mine" for n in ("figures/photo.png", "formulas/own.tex", "report.pdf"))
    (tmp_path / ".symgame-files").write_text("../outside\n/etc/hosts\nfigures/photo.png\n")
    (tmp_path.parent / "outside").write_text("not mine to take")
    replace_all(tmp_path, {"a.txt": "4"})
    assert (tmp_path.parent / "outside").exists()
    (tmp_path / "taken").mkdir()
    with pytest.raises(ModelError, match="a directory stands there"):
        replace_all(tmp_path, {"a.txt": "5", "taken": "x"})
    assert (tmp_path / "a.txt").read_text() == "4"


@pytest.mark.parametrize(("script", "said"), [("exit 1", "pdflatex failed"), ("exit 0", "made no report.pdf")])
def test_everything_else_is_written_before_tex_may_fail(
    script: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "bin" / "pdflatex"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    model = str(MODELS / "single.toml")
    assert main(["derive", model, "--no-figures", "--quiet", "--pdf", "--out", str(tmp_path / "out")]) == 2
    assert said in capsys.readouterr().err and (tmp_path / "out" / "report.tex").exists()


def test_signed_weights_with_values_keep_their_signs_in_captions() -> None:
    circuit = pair('[notation]\nweights = "signed"\n[values]\nw_EI = "5/2"\nw_II = "7/10"\n')
    assert derive(circuit).circuit.signed == {"w_EI", "w_II"}
    assert any("-w_EI = 5/2" in f.caption for f in captions(figures_data(derive(circuit))))


def test_the_page_offers_checks_of_the_circuit_as_it_was_derived(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(["derive", "wilson-cowan", "--set", "w_II=7/10", "--no-figures", "--quiet", "--out", str(out)]) == 0
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "symgame check wilson-cowan --set w_II=7/10 " in page
