"""The page as text: well formed, whole, inert, the same bytes again, and its formulas are the claims' formulas."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

import pytest
from reading import Element, Reader, Unreadable, all_named, elements, latex_items, mathml_items, same

from symgame import derive, load, wilson_cowan
from symgame import syntax as s
from symgame.article import article
from symgame.circuit import Circuit
from symgame.derivation import Derivation
from symgame.document import Article, Picture, Statement
from symgame.grammar import read_formula
from symgame.mathml import WIDEST, formula_pieces, mathml
from symgame.modelfile import parse_model
from symgame.proof.verdict import Cited, Refuted, Undecided
from symgame.report.html import badge, inlined, page
from symgame.typeset import formula_latex, latex_width

MODELS = Path(__file__).parent / "corpus" / "models"
HOSTILE_NAME = "<script>alert(\"1\")</script> & 'ñ' שלום é </title>"
HOSTILE = rf"""
[circuit]
name = '''{HOSTILE_NAME}'''
activation = "relu"
[populations]
exc = {{ type = "excitatory" }}
"Ψ" = {{ type = "inhibitory", tau = "tau_s" }}
[weights]
exc = {{ exc = "a", "Ψ" = "b" }}
"Ψ" = {{ exc = "c_long_name", "Ψ" = "Э_1" }}
[assume]
extra = ["b > 0", "c_long_name > 0"]
[notation]
macros = {{ '\W' = '\mathcal{{W}}', '\ww' = '\W_{{ee}}' }}
names = {{ a = '\ww', b = '\hat{{\W}}', u_exc = 'h^{{\mathrm{{ext}}}}', tau_s = '\mathsf{{t}}_\varphi' }}
"""
CIRCUITS = ("wilson-cowan", "pair_ie", "pair_saturating", "hostile", "signed")


@cache
def circuit_of(name: str) -> Circuit:
    if name == "wilson-cowan":
        return wilson_cowan()
    if name == "hostile":
        return parse_model(HOSTILE)
    if name == "signed":
        source = (MODELS / "pair_ie.toml").read_text(encoding="utf-8")
        return parse_model(source + '\n[notation]\nweights = "signed"\nterms = "descending"\n')
    return load(MODELS / f"{name}.toml")


@cache
def derived(name: str) -> tuple[Derivation, Article]:
    derivation = derive(circuit_of(name))
    return derivation, article(derivation, certificates(derivation))


def certificates(derivation: Derivation) -> dict[str, str]:
    return {c.id: f"certificates/{c.id}.smt2" for c in derivation.claims if c.certificate is not None}


SVG = """<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="400pt" height="200pt"
 viewBox="0 0 400 200"><metadata>when</metadata><defs><style type="text/css">*{stroke-linejoin: round}</style>
<path id="m1" d="M0 0L9 9"/><clipPath id="c1"><rect width="9" height="9"/></clipPath></defs>
<g id="figure_1" clip-path="url(#c1)"><use xlink:href="#m1"/><script>alert(1)</script></g></svg>"""
PICTURES = tuple(Picture(name, f"Picture {name}", ("what it shows",), f'alt of "{name}"') for name in ("one", "two"))


@cache
def text_of(name: str) -> str:
    derivation, _ = derived(name)
    lines = {c.id: 10 + k for k, c in enumerate(derivation.claims)}
    return page(
        article(derivation, certificates(derivation), PICTURES), derivation,
        svgs={"one": SVG, "two": SVG}, checker_lines=lines, certificates=certificates(derivation), model="m.toml",
    )  # fmt: skip


@cache
def root_of(name: str) -> Element:
    return elements(text_of(name))


def everything(element: Element) -> Iterator[Element]:
    yield element
    for child in element.children:
        yield from everything(child)


def words(element: Element) -> str:
    return element.text + "".join(words(child) for child in element.children)


# -- the page as HTML -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CIRCUITS)
def test_well_formed_with_unique_ids_and_no_dead_link(name: str) -> None:
    derivation, _ = derived(name)
    parts = list(everything(root_of(name)))
    ids = [e.attributes["id"] for e in parts if "id" in e.attributes]
    assert [i for i, n in Counter(ids).items() if n > 1] == []
    assert {c.id for c in derivation.claims} <= set(ids)
    written = {"claims.json", "checkers.py", *certificates(derivation).values()}
    for e in parts:
        href = e.attributes.get("href")
        if href is None or href == "data:,":
            continue
        if href.startswith("#"):
            assert unquote(href[1:]) in ids, href
        elif not href.startswith("https://"):
            assert unquote(href) in written, href
    labels = [i for e in parts for i in (e.attributes.get("aria-labelledby") or "").split()]
    assert labels and set(labels) <= set(ids)


def test_headings_landmarks_and_tables_are_sane() -> None:
    root = root_of("wilson-cowan")
    parts = list(everything(root))
    levels = [int(e.tag[1]) for e in parts if re.fullmatch("h[1-6]", e.tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    (html,) = all_named(root, "html")
    assert html.attributes["lang"] == "en"
    assert len(all_named(root, "main")) == 1 and all_named(root, "nav")
    for table in all_named(root, "table"):
        assert table.children[0].tag == "caption" and words(table.children[0])
        assert {e.attributes.get("scope") for e in all_named(table, "th")} == {"col", "row"}
        rows = [[c for c in row.children if c.tag in ("td", "th")] for row in all_named(table, "tr")]
        assert len({len(row) for row in rows}) == 1
    for button in all_named(root, "button"):
        assert button.attributes["type"] == "button" and (words(button) or button.attributes.get("aria-label"))
    for box in (e for e in parts if e.attributes.get("role") == "region"):
        assert box.attributes["tabindex"] == "0" and box.attributes["aria-label"]


@pytest.mark.parametrize("name", CIRCUITS)
def test_nothing_is_fetched_and_no_script_runs_but_the_page_s(name: str) -> None:
    parts = list(everything(root_of(name)))
    assert [e.tag for e in parts if e.tag in ("img", "iframe", "object", "embed", "base", "audio", "video")] == []
    assert len([e for e in parts if e.tag == "script"]) == 1
    assert not [e for e in parts for a in e.attributes if a.startswith("on") or a == "src"]
    assert [e.attributes["href"] for e in parts if e.tag == "link"] == ["data:,"]
    (policy,) = [e.attributes["content"] for e in parts if "http-equiv" in e.attributes]
    assert policy is not None and policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "url(" not in "".join(words(e) for e in parts if e.tag == "style")


def test_hostile_names_are_shown_and_inert() -> None:
    root = root_of("hostile")
    assert [words(e) for e in all_named(root, "h1")] == [HOSTILE_NAME]
    assert [words(e) for e in all_named(root, "title")] == [f"{HOSTILE_NAME}: a derivation"]
    assert "Ψ" in [e.text for e in all_named(root, "mi")]
    assert "𝒲" in [e.text for e in all_named(root, "mi")]
    assert "\\W" not in text_of("hostile"), "a page does not know the macros of the author"


@pytest.mark.slow
def test_same_bytes_under_any_hash_seed() -> None:
    program = (
        "from symgame import derive, wilson_cowan; from symgame.article import article; "
        "from symgame.report.html import page; d = derive(wilson_cowan()); "
        "import hashlib; print(hashlib.sha256(page(article(d), d).encode()).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True
        ).stdout
        for seed in ("0", "77")
    }
    assert len(seen) == 1 and len(seen.pop().strip()) == 64


# -- claims -----------------------------------------------------------------------------------------------------------


def claim_elements(name: str) -> dict[str, Element]:
    found = all_named(root_of(name), "article")
    return {str(e.attributes["id"]): e for e in found if e.attributes.get("class") == "claim"}


def test_each_claim_has_its_verdict_evidence_and_links() -> None:
    derivation, _ = derived("wilson-cowan")
    shown = claim_elements("wilson-cowan")
    assert sorted(shown) == sorted(c.id for c in derivation.claims)
    for k, claim in enumerate(derivation.claims):
        element = shown[claim.id]
        text = words(element)
        assert element.attributes["data-verdict"] == claim.verdict.kind
        assert claim.verdict.kind in text and all(engine in text for engine in claim.verdict.by)
        hrefs = [a.attributes["href"] for a in all_named(element, "a")]
        assert "claims.json" in hrefs and "checkers.py" in hrefs and f"line {10 + k}" in text
        assert (f"certificates/{claim.id}.smt2" in hrefs) == (claim.certificate is not None)
        proofs = [e for e in all_named(element, "details") if e.attributes["class"] == "proof"]
        assert sum(len(all_named(p, "li")) for p in proofs) == len(claim.steps)


def test_every_verdict_is_told_by_word_sign_and_class() -> None:
    kinds = ("proved", "cited", "refuted", "undecided")
    signs = [all_named(elements(badge(kind, kind)), "span")[1].text for kind in kinds]
    assert len(set(signs)) == 4
    derivation, _ = derived("wilson-cowan")
    claims = list(derivation.claims)
    verdicts = (Cited("Rosen1965", ("z3",)), Refuted(("exact algebra",), {"w_EE": 2}), Undecided("<b>too long</b>"))
    for k, verdict in enumerate(verdicts):
        claims[k] = replace(claims[k], verdict=verdict)
    changed = replace(derivation, claims=tuple(claims))
    shown = page(article(changed), changed)
    for k, verdict in enumerate(verdicts):
        assert f'id="{claims[k].id}" data-verdict="{verdict.kind}"' in shown
    assert "&lt;b&gt;too long&lt;/b&gt;" in shown and "<code>w_EE = 2</code>" in shown
    assert f'<option value="refuted">refuted ({changed.counts["refuted"]})</option>' in shown


def test_the_command_asks_for_the_claim_and_gets_its_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    import shlex

    from symgame.cli import main

    shown = claim_elements("wilson-cowan")
    for id in ("matrix.lds", "energy.sign.E", "equilibria.state.E.E", "stability.all-tau"):
        (command,) = [words(e) for e in all_named(shown[id], "pre")]
        program, verb, model, *rest = shlex.split(command)
        assert (program, verb, model) == ("symgame", "check", "m.toml")
        assert main(["check", "wilson-cowan", *rest]) == 0
        assert capsys.readouterr().out.startswith("proved")


# -- pictures ---------------------------------------------------------------------------------------------------------


def test_pictures_are_inside_with_ids_of_their_own_and_nothing_that_runs() -> None:
    root = root_of("wilson-cowan")
    figures = all_named(root, "figure")
    assert len(figures) == 2
    for figure, picture in zip(figures, PICTURES, strict=True):
        (svg,) = all_named(figure, "svg")
        assert svg.attributes["role"] == "img" and svg.attributes["aria-label"] == picture.alt
        assert svg.attributes["style"] == "max-width: 400pt; stroke-linejoin: round"
        (use,) = all_named(svg, "use")
        assert use.attributes["href"] == f"#figure:{picture.name}-m1"
        assert [e.tag for e in everything(svg) if e.tag in ("script", "metadata", "style")] == []
        assert f"Picture {picture.name}." in words(figure)
    assert "figure_1" not in text_of("wilson-cowan"), "an id that nothing refers to is dropped"


def test_a_hostile_picture_is_harmless() -> None:
    shown = inlined(
        '<svg xmlns="http://www.w3.org/2000/svg"><g onload="x()"><image href="https://example.org/a.png"/>'
        '<a href="javascript:x()"><path d="M0 0"/></a><foreignObject><p/></foreignObject></g></svg>', "p", "<alt>",
    )  # fmt: skip
    assert "onload" not in shown and "http" not in shown and "javascript" not in shown and "foreignObject" not in shown
    assert 'aria-label="&lt;alt&gt;"' in shown


# -- formulas ---------------------------------------------------------------------------------------------------------


def formula_of(element: Element) -> list[Element]:
    """The pieces of the first formula of a claim."""
    boxes = [e for e in everything(element) if e.attributes.get("class") == "formula"]
    return all_named(boxes[0], "math")


@pytest.mark.parametrize("name", CIRCUITS)
def test_the_formula_of_the_page_is_the_formula_of_the_claim(name: str) -> None:
    derivation, _ = derived(name)
    reader = Reader(derivation.circuit)
    fragments = re.findall(r'<article class="claim" id="([^"]*)".*?</article>', text_of(name), re.DOTALL)
    assert fragments
    read = 0
    for claim in derivation.claims:
        if claim.then is None:
            continue
        body = text_of(name).split(f'<article class="claim" id="{claim.id}"')[1].split("</article>")[0]
        box = body.split('<div class="formula">')[1].split("</div>")[0]
        shown = reader.read(mathml_items(box))
        assert same(derivation.circuit, shown, read_formula(claim.then), claim.at), f"{claim.id}: {shown}"
        notes = [words(e) for e in all_named(elements(box), "annotation")]
        copied = reader.read(latex_items(" ".join(notes)))
        assert same(derivation.circuit, copied, read_formula(claim.then), claim.at), f"{claim.id}: {copied}"
        read += 1
    assert read > 70


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<mo>&lt;</mo>", "<mo>&gt;</mo>"),
        ("<mo>&lt;</mo>", "<mo>≤</mo>"),
        ("<mn>4</mn>", "<mn>2</mn>"),
        ("<mn>2</mn>", "<mn>3</mn>"),
        ("<mo>−</mo>", "<mo>+</mo>"),
        ("<mi>κ</mi>", "<mi>δ</mi>"),
        ("<mi>δ</mi>", "<mi>κ</mi>"),
        ("<mi>monotone</mi>", "<mi>Rosen</mi>"),
        ("<mfrac>", "<mrow>"),
        ("⟺", "⟹"),
    ],
)
def test_a_formula_that_was_changed_is_found_out(old: str, new: str) -> None:
    derivation, _ = derived("wilson-cowan")
    claim = derivation.claim("game.monotone")
    body = text_of("wilson-cowan").split(f'<article class="claim" id="{claim.id}"')[1].split("</article>")[0]
    box = body.split('<div class="formula">')[1].split("</div>")[0]
    if old == "<mi>κ</mi>":  # this formula has none: κ stands in another claim
        claim = derivation.claim("stability.fold")
        body = text_of("wilson-cowan").split(f'<article class="claim" id="{claim.id}"')[1].split("</article>")[0]
        box = body.split('<div class="formula">')[1].split("</div>")[0]
    changed = box.replace(old, new)
    if old == "<mfrac>":
        changed = changed.replace("</mfrac>", "</mrow>")
    assert changed != box, f"{old} does not stand in {box}"
    assert claim.then is not None
    try:
        shown = Reader(derivation.circuit).read(mathml_items(changed))
        assert s.text(shown) != claim.then
    except Unreadable:
        return
    assert not same(derivation.circuit, shown, read_formula(claim.then), claim.at)


@pytest.mark.parametrize("name", CIRCUITS)
def test_every_formula_carries_its_latex_and_fits_a_phone_where_it_can_be_broken(name: str) -> None:
    root = root_of(name)
    for math in all_named(root, "math"):
        notes = all_named(math, "annotation")
        if not notes:  # the sign before a line of a proof
            assert words(math) == "⟺"
            continue
        assert notes[0].attributes["encoding"] == "application/x-tex" and notes[0].text
        assert not [e for e in everything(math) if e.tag == "mtext" and "\\" in e.text], "LaTeX that was not read"
    assert not re.search(r"</math>(</span>)+[,.;:)]", text_of(name)), "a line could begin with that mark"
    wide = [e for e in everything(root) if e.attributes.get("class") == "wide"]
    for box in wide:
        assert latex_width(words(all_named(box, "annotation")[0])) > WIDEST
    assert len(wide) <= 8


def test_pieces_joined_are_the_formula() -> None:
    derivation, document = derived("pair_saturating")
    style = derivation.circuit.presentation
    statements = [x for sec in document.sections for b in sec.blocks for x in getattr(b, "statements", ())]
    broken = 0
    for x in statements:
        assert isinstance(x, Statement)
        if x.math is None:
            continue
        flat = style.without_macros(x.math.latex)
        pieces = formula_pieces(flat, x.math.node, style.expanded)
        broken += len(pieces) > 1
        plain = [i for i in latex_items(" ".join(pieces)) if i not in ("(", ")")]
        if r"\big/" not in " ".join(pieces):
            assert _without_parentheses(plain) == _without_parentheses(list(latex_items(flat)))
    assert broken > 20


def _without_parentheses(items: list[object]) -> list[object]:
    """Flat items; a group that carries an exponent is one item in flat LaTeX and ends in one where it spans lines."""
    found: list[object] = []
    for item in items:
        if isinstance(item, tuple) and item[0] == "script" and ")" in item[1]:
            found += [*_without_parentheses(list(item[1])), item[3]]
        elif item not in ("(", ")"):
            found.append(item)
    return found


@pytest.mark.parametrize(
    ("latex", "elements_shown"),
    [
        (r"\operatorname{local\ Nash}(E)", "<mi>local\u00a0Nash</mi><mo>\u2061</mo>"),
        (r"\operatorname{tr}\mathbf{J}", '<mi>tr</mi><mspace width="0.1667em"></mspace><mi>𝐉</mi>'),
        (r"\mathrm{exc}_{\mathrm{pv}}", "<msub><mi>exc</mi><mi>pv</mi></msub>"),
        (r"\mathbf{A}\in\mathrm{P}", '<mo>∈</mo><mi mathvariant="normal">P</mi>'),
        (r"a \;\Longleftrightarrow\; b", "<mo>⟺</mo>"),
        (r"\neg x", '<mo form="prefix" lspace="0" rspace="0.1em">¬</mo>'),
        (r"I{=}m", '<mi>I</mi><mo lspace="0" rspace="0">=</mo>'),
        (r"\mathtt{a}\boldsymbol{\alpha}\mathsf{W}", "<mi>𝚊</mi><mi>𝜶</mi><mi>𝖶</mi>"),
        (r"x = -y", '<mo>=</mo><mo form="prefix">−</mo>'),
        (r"\left(1 - w\right) u", '<mo form="prefix" stretchy="false">(</mo>'),
        (r"\left(\frac{1}{w}\right) u", '<mo form="prefix" stretchy="true">(</mo>'),
        (r"\dot x", '<mover accent="true"><mi>x</mi><mo stretchy="false">˙</mo></mover>'),
        (r"\emptyset \Psi", '<mi>∅</mi><mi mathvariant="normal">Ψ</mi>'),
        (r"\mathrm{exc} \left(1 - w\right)", "<mi>exc</mi><mrow><mo"),
    ],
)
def test_what_the_library_gets_wrong_is_mended(latex: str, elements_shown: str) -> None:
    assert elements_shown in mathml(latex)


def test_latex_that_cannot_be_read_is_shown_and_inert() -> None:
    shown = mathml(r"\frac{<script>")
    assert "<script>" not in shown and "&lt;script&gt;" in shown and shown.endswith("</math>")


def test_a_name_of_any_alphabet_is_read_back() -> None:
    node = read_formula("w_Ψ*Émile_1 < α^2 + 日 & ~(Э > 1)")
    shown = mathml(formula_latex(node))
    assert "U042D" in shown and "U65E5" in shown and "<mi>α</mi>" in shown
    assert isinstance(node, s.And)
