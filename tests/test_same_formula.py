"""One claim, four places: the LaTeX file, the page, ``claims.json`` and ``checkers.py`` hold the same formula."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest
from reading import Reader, latex_items, mathml_items, same
from reading_python import tree, written

from symgame import syntax as s
from symgame.checker import identifiers
from symgame.circuit import Circuit
from symgame.derivation import derive
from symgame.grammar import read_formula
from symgame.named import load
from symgame.output import derivation_files
from symgame.report.latex import formula_file
from symgame.rewriting import substituted

MODELS = Path(__file__).parent / "corpus" / "models"
CIRCUITS = ["wilson-cowan", "pair_ie", "notation"]


@cache
def files(name: str) -> tuple[Circuit, dict[str, str]]:
    derivation = derive(load(name if name == "wilson-cowan" else MODELS / f"{name}.toml"))
    made = derivation_files(derivation, figures=False)
    return derivation.circuit, {n: t for n, t in made.items() if isinstance(t, str)}


def claims(name: str) -> list[dict[str, str]]:
    return [c for c in json.loads(files(name)[1]["claims.json"])["claims"] if c["then"] is not None]


@pytest.mark.parametrize("name", CIRCUITS)
def test_a_formula_is_the_same_wherever_it_is_taken_from(name: str) -> None:
    circuit, made = files(name)
    reader = Reader(circuit)
    table: dict[str, s.Formula] = {mangled: s.Name(own) for own, mangled in identifiers(circuit.symbols).items()}
    code = {id_: substituted(tree(then), table) for id_, _, then in written(made["checkers.py"])}
    counts = dict.fromkeys(("LaTeX file", "claims.json", "macro", "page", "checkers.py"), 0)
    for claim in claims(name):
        truth, at = read_formula(claim["then"]), claim["at"]
        body = made["report.html"].split(f'<article class="claim" id="{claim["id"]}"')[1].split("</article>")[0]
        box = body.split('<div class="formula">')[1].split("</div>")[0]
        shown: dict[str, s.Formula] = {
            "LaTeX file": reader.read(latex_items(expanded(circuit, from_file(made[formula_file(claim["id"])])))),
            "claims.json": reader.read(latex_items(expanded(circuit, claim["latex"]))),
            "macro": reader.read(latex_items(expanded(circuit, from_macro(made["formulas/macros.tex"], claim["id"])))),
            "page": reader.read(mathml_items(box)),
        }
        if claim["id"] in code:
            shown["checkers.py"] = code[claim["id"]]
        for place, formula in shown.items():
            assert same(circuit, formula, truth, at), f"{claim['id']} in the {place}: {formula} is not {truth}"
            counts[place] += 1
    assert min(counts.values()) >= len(claims(name)) - 2 > 70  # quantified claims have no Python


def from_file(text: str) -> str:
    return "".join(line.removesuffix("%") for line in text.splitlines() if not line.startswith("%"))


def from_macro(text: str, id_: str) -> str:
    (line,) = (line for line in text.splitlines() if line.endswith(f"}} % {id_}"))
    found = re.match(r"\\newcommand\{\\[A-Za-z]+\}\{(.*)\} % ", line)
    assert found is not None
    return found.group(1)


def expanded(circuit: Circuit, latex: str) -> str:
    return circuit.presentation.without_macros(latex)


def test_every_line_of_a_broken_formula_belongs_to_it() -> None:
    from symgame.article import Writer
    from symgame.typeset import formula_lines

    circuit, _ = files("wilson-cowan")
    reader, writer = Reader(circuit), Writer(circuit)
    for claim in claims("wilson-cowan"):
        node = writer.formula(claim["then"]).node
        assert node is not None
        for width in (8, 16, 30):
            joined = " ".join(formula_lines(node, width))
            assert same(circuit, reader.read(latex_items(joined)), read_formula(claim["then"]), claim["at"]), joined


@pytest.mark.parametrize(
    ("old", "new"),
    [(r"<", r">"), (r"\kappa", r"\delta"), ("1 +", "1 -"), (r"\wedge", r"\vee"), ("w_{EE}", "w_{EI}")],
)
def test_a_changed_formula_is_not_the_same(old: str, new: str) -> None:
    circuit, _ = files("wilson-cowan")
    (claim,) = (c for c in claims("wilson-cowan") if c["id"] == "stability.hurwitz.E-I")
    changed = claim["latex"].replace(old, new, 1)
    assert changed != claim["latex"]
    assert not same(circuit, Reader(circuit).read(latex_items(changed)), read_formula(claim["then"]), claim["at"])
