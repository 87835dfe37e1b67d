"""False statements reach every back end, and none of them shows one as true."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

from symgame.derivation import Derivation
from symgame.named import wilson_cowan
from symgame.output import Files, derivation_files
from symgame.paper import Paper, Statement, decided
from symgame.report.terminal import Look, statement_lines

CORPUS = tomllib.loads((Path(__file__).parent / "corpus" / "statements.toml").read_text(encoding="utf-8"))["statement"]
ROWS = [r for r in CORPUS if r["model"] == "wilson-cowan" and "at" not in r][:60]


@cache
def built() -> tuple[Derivation, Files, dict[str, bool]]:
    statements = tuple(Statement(row["id"].replace("_", " "), row["formula"], tuple(row["given"])) for row in ROWS)
    derivation = decided(Paper("corpus", "Corpus", "", wilson_cowan(), statements))
    truths = {claim.id: row["truth"] for claim, row in zip(derivation.claims, ROWS, strict=True)}
    return derivation, derivation_files(derivation, figures=False), truths


def text(name: str) -> str:
    content = built()[1][name]
    assert isinstance(content, str)
    return content


def test_the_corpus_has_both_and_each_is_decided_rightly() -> None:
    derivation, _, truths = built()
    assert sum(truths.values()) >= 10 and len(truths) - sum(truths.values()) >= 10
    for claim in derivation.claims:
        assert (claim.verdict.kind in ("proved", "cited")) == truths[claim.id], claim.id


def test_the_document_gives_false_ones_a_witness_and_no_certificate() -> None:
    for claim in json.loads(text("claims.json"))["claims"]:
        false = not built()[2][claim["id"]]
        assert (claim["verdict"] == "refuted") == false == (claim["witness"] is not None)
        assert not (false and claim["certificate"])


def test_the_article_keeps_false_ones_out_of_its_propositions() -> None:
    article = text("report.tex")
    inside = "".join(re.findall(r"\\begin\{proposition\}.*?\\end\{proposition\}", article, re.DOTALL))
    for id_, truth in built()[2].items():
        assert article.count(rf"\label{{item:{id_}}}") == 1
        assert (rf"\label{{item:{id_}}}" in inside) == truth, id_
    outside = article.replace(inside, "")
    assert outside.count("refuted at") == list(built()[2].values()).count(False)
    proofs = "".join(re.findall(r"\\begin\{proof\}.*?\\end\{proof\}", article, re.DOTALL))
    assert "refuted" not in inside + proofs


def test_the_page_says_refuted_and_where() -> None:
    for id_, truth in built()[2].items():
        body = text("report.html").split(f'<article class="claim" id="{id_}"')[1].split("</article>")[0]
        assert ('data-verdict="refuted"' in body) != truth, id_
        assert ("✗refuted" in re.sub(r"<[^>]*>", "", body)) != truth, id_


def test_the_checkers_find_them_false_at_their_witnesses(tmp_path: Path) -> None:
    (tmp_path / "checkers.py").write_text(text("checkers.py"), encoding="utf-8")
    done = subprocess.run([sys.executable, "checkers.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    row = re.compile(r'^    Claim\(\n        "([^"]+)",.*?\n        "(proved|cited|refuted)",\n', re.M | re.S)
    listed = dict(row.findall(text("checkers.py")))
    assert listed, "the table of claims was not found"
    for id_, verdict in listed.items():
        assert (verdict == "refuted") != built()[2][id_]


@pytest.mark.parametrize("verdict", ["proved", "refuted"])
def test_the_terminal_counts_them(verdict: str) -> None:
    lines = "\n".join(statement_lines("corpus", "Corpus", built()[0], Look.of_output()))
    assert lines.count(f"{verdict:9}") >= 10
