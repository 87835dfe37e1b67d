"""The article in LaTeX: it compiles without an undefined reference or an overfull box, whatever the circuit says."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from symgame import Circuit
from symgame.article import article
from symgame.derivation import Derivation, derive
from symgame.document import Article
from symgame.grammar import read_formula
from symgame.named import load
from symgame.output import certificate_files, derivation_files
from symgame.paper import decided
from symgame.paper import load as load_paper
from symgame.report import latex
from symgame.typeset import formula_latex, formula_lines, latex_width
from symgame.writing import Writer

ROOT = Path(__file__).resolve().parents[1]
MODELS = ROOT / "tests" / "corpus" / "models"
ALLOWED = {"amsmath", "amsthm", "booktabs", "hyperref", "graphicx"}
OVERFULL = 5.0  # points


def written(derivation: Derivation) -> tuple[Article, str]:
    document = article(derivation, certificate_files(derivation))
    return document, latex.report(document, derivation.circuit)


@pytest.fixture(scope="module")
def pair() -> Derivation:
    return derive(load("wilson-cowan"))


@pytest.fixture(scope="module")
def author() -> Derivation:
    return derive(load(MODELS / "notation.toml"))


def compiled(text: str, place: Path, extra: Mapping[str, str | bytes] | None = None) -> str:
    """The log of a full compilation; undefined references, errors and wide boxes fail here."""
    if shutil.which("latexmk") is None or shutil.which("pdflatex") is None:
        pytest.skip("no TeX is installed")
    (place / "report.tex").write_text(text, encoding="utf-8")
    for name, content in (extra or {}).items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    command = ["latexmk", "-pdf", "-interaction=nonstopmode", "-halt-on-error", "report.tex"]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, errors="replace", check=False)
    log = (place / "report.log").read_text(encoding="latin-1")
    assert done.returncode == 0, re.findall(r"^!.*(?:\n.*){3}", log, re.MULTILINE)[:3]
    assert "undefined" not in log
    wide = [m.group() for m in re.finditer(r"Overfull \\[hv]box \((\d+\.\d+)pt.*", log) if float(m.group(1)) > OVERFULL]
    assert not wide
    assert (place / "report.pdf").stat().st_size > 50_000
    return log


def built(derivation: Derivation, place: Path) -> str:
    """The log of what ``derive --pdf`` compiles, figures and all."""
    files = derivation_files(derivation)
    text = files["report.tex"]
    assert isinstance(text, str)
    return compiled(text, place, {n: c for n, c in files.items() if n.startswith("figures/") and n.endswith(".pdf")})


def test_the_pair_compiles_with_its_figures(pair: Derivation, tmp_path: Path) -> None:
    log = built(pair, tmp_path)
    assert log.count("<use figures/") == log.count("<figures/") == 5


def test_the_authors_notation_compiles(author: Derivation, tmp_path: Path) -> None:
    _, text = written(author)
    compiled(text, tmp_path)
    assert r"\renewcommand{\Wee}{{\W^{\mathrm{ee}}}}" in text
    assert r"\input{x}" not in text and "$E_I$ #1" not in text
    assert r"\textbackslash{}input\{x\} \$E\_I\$ \#1" in text
    assert text.isascii()


def test_formula_files_can_be_put_into_a_paper(author: Derivation, tmp_path: Path) -> None:
    document, _ = written(author)
    files = latex.formula_files(document, author.circuit)
    names = re.findall(r"\\newcommand\{\\(sym[A-Za-z]+)\}", files["formulas/macros.tex"])
    assert len(names) == len(set(names)) == len(files) - 2
    assert files["formulas/abbreviations.tex"].count(" = ") == len(author.circuit.presentation.abbreviations or ())
    inputs = "\n".join(rf"\[\input{{{name}}}\]" for name in files if name != "formulas/macros.tex")
    uses = "\n".join(rf"\[\{name}\]" for name in names)
    body = "\\documentclass{article}\\usepackage{amsmath}\\input{formulas/macros}\\pagestyle{empty}\\hfuzz=1000pt"
    compiled(f"{body}\\begin{{document}}{inputs}{uses}\\end{{document}}", tmp_path, files)


@pytest.mark.slow
@pytest.mark.parametrize(
    "model", ["pair_saturating", "triple", "soft_pair", "logistic_pair", "single", "mutual_inhibition", "pair_numeric"]
)
def test_other_circuits_compile(model: str, tmp_path: Path) -> None:
    built(derive(load(MODELS / f"{model}.toml")), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("paper", sorted(p.stem for p in (ROOT / "derivations").glob("[A-Z]*.py")))
def test_papers_compile(paper: str, tmp_path: Path) -> None:
    built(decided(load_paper(ROOT / "derivations" / f"{paper}.py")), tmp_path)


def test_only_the_packages_that_were_promised(pair: Derivation) -> None:
    text = written(pair)[1]
    used = {name for group in re.findall(r"\\usepackage(?:\[[^]]*\])?\{([^}]*)\}", text) for name in group.split(",")}
    assert used <= ALLOWED


def test_only_what_is_proved_or_cited_stands_in_a_proposition(tmp_path: Path) -> None:
    derivation = derive(load(MODELS / "logistic_pair.toml"))
    text = written(derivation)[1]
    inside = "".join(re.findall(r"\\begin\{proposition\}.*?\\end\{proposition\}", text, re.DOTALL))
    for claim in derivation.claims:
        label = rf"\label{{item:{claim.id}}}"
        assert text.count(label) == 1
        assert (label in inside) == (claim.verdict.kind in ("proved", "cited")), claim.id
    assert "undecided" in {c.verdict.kind for c in derivation.claims}


def test_every_claim_is_there_with_its_evidence_and_hypotheses(pair: Derivation) -> None:
    text = written(pair)[1]
    items = dict(re.findall(r"\\label\{item:([^}]*)\}(.*?)(?=\\item|\\end\{enumerate\})", text, re.DOTALL))
    assert set(items) == {claim.id for claim in pair.claims}
    for claim in pair.claims:
        assert rf"\evidence{{{claim.verdict.kind} by" in items[claim.id]
        for hypothesis in claim.given:
            assert Writer(pair.circuit).formula(hypothesis).latex in items[claim.id]


def test_every_citation_has_its_source(pair: Derivation) -> None:
    text = written(pair)[1]
    cited = set(re.findall(r"\\cite\{([^}]*)\}", text))
    assert "Betteti2025" in cited <= set(re.findall(r"\\bibitem\{([^}]*)\}", text))


def test_every_source_that_a_verdict_may_name_is_in_the_list() -> None:
    from symgame.article import sources

    source = "".join(p.read_text(encoding="utf-8") for p in (MODELS.parents[2] / "symgame").rglob("*.py"))
    named = set(re.findall(r'"([A-Z][A-Za-z]+(?:18|19|20)\d\d)"', source))
    assert {"FujisawaKuh1972", "Bendixson1901"} <= named <= set(sources())


def test_proof_lines_are_numbered_and_have_reasons(pair: Derivation) -> None:
    text = written(pair)[1]
    blocks = re.findall(r"\\begin\{align\}\n(.*?)\\end\{align\}", text, re.DOTALL)
    assert len(blocks) > 60
    for block in blocks:
        assert r"\reason{" in block
        assert not re.search(r"\\reason\{[^}]*\}\{\}", block)


LONG = (
    "exists(E,I) <=> (w_EE < 1 + w_EI*w_IE/(1 + w_II) & w_EI*u_I < u_E + w_II*u_E & w_EE*u_I < u_I + w_IE*u_E) | "
    "(w_EE > 1 + w_EI*w_IE/(1 + w_II) & w_EI*u_I > u_E + w_II*u_E & w_EE*u_I > u_I + w_IE*u_E)"
)


@pytest.mark.parametrize("width", [8, 14, 20, 30, 60, 200])
def test_lines_fit_and_hold_the_whole_formula(width: int) -> None:
    node = read_formula(LONG)
    lines = formula_lines(node, width)
    assert all(latex_width(line) <= width for line in lines) or width < 14
    for name in ("w_{EE}", "u_{I}", r"\operatorname{exists}"):
        assert " ".join(lines).count(name) == formula_latex(node).count(name)
    assert (len(lines) == 1) == (width == 200)
    for line in lines:  # each line stands alone between & and \\
        assert line.count("{") == line.count("}") and line.count(r"\left") == line.count(r"\right")


def test_measured_widths_are_near_what_tex_sets(tmp_path: Path) -> None:
    if shutil.which("pdflatex") is None:
        pytest.skip("no TeX is installed")
    formulas = [
        "w_EE < 1 + w_EI*w_IE/(1 + w_II)",
        "x(E) = (u_E - w_EI*u_I + w_II*u_E)/(1 - w_EE)",
        "hurwitz(E,I) <=> trace < 0 & det > 0",
        "1 - 2*sqrt(w_EI*w_IE*tau_E*tau_I)/tau_I < w_EE",
        "monotone => rosen",
        "curvature(E) > 0 | curvature(E)^2 >= 1/4",
    ]
    texts = [formula_latex(read_formula(f)) for f in formulas]
    rows = "".join(rf"\setbox0\hbox{{$\displaystyle {t}$}}\typeout{{W=\the\wd0}}" for t in texts)
    head = r"\documentclass[11pt]{article}\usepackage{amsmath}\begin{document}"
    (tmp_path / "w.tex").write_text(rf"{head}{rows}\typeout{{EM=\the\fontdimen6\font}}\end{{document}}")
    subprocess.run(["pdflatex", "-interaction=batchmode", "w.tex"], cwd=tmp_path, capture_output=True, check=False)
    log = (tmp_path / "w.log").read_text()
    em = float(re.findall(r"EM=([\d.]+)pt", log)[0])
    for text, points in zip(texts, re.findall(r"W=([\d.]+)pt", log), strict=True):
        assert 0.97 <= latex_width(text) / (float(points) / em) <= 1.45, text


def test_other_forms_and_kinds_are_set(tmp_path: Path) -> None:
    circuit = Circuit.from_matrix([["a", "-b"], ["c", 0]], names="EI", form="voltage", activation="saturating")
    compiled(written(derive(circuit))[1], tmp_path)
