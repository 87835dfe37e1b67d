"""The article as one page: HTML and MathML with everything inside, so that it needs no network, server or script.

Nothing is computed here: what is said comes from the article. Every text of a user passes through ``html.escape``, and
the policy in the page's head forbids any request and any script but its own.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from html import escape
from importlib import resources
from urllib.parse import quote
from xml.etree import ElementTree

from symgame import __version__
from symgame.algebra import algebra
from symgame.derivation import Derivation
from symgame.document import (
    Article,
    Block,
    Cases,
    Cite,
    Code,
    Display,
    Inline,
    Line,
    Math,
    Paragraph,
    Picture,
    Proposition,
    Section,
    Statement,
    Table,
    Text,
)
from symgame.mathml import WIDEST, formula_pieces, mathml
from symgame.typeset import latex_width

KINDS = ("proved", "cited", "refuted", "undecided")
#: A verdict is told apart by its word, by this sign and by its outline; colour only adds to them.
SIGNS = {"proved": "✓", "cited": "§", "refuted": "✗", "undecided": "?"}
_PUNCTUATION = frozenset(",.;:)")
_IFF = '<math><mo form="infix">⟺</mo></math> '


def page(
    article: Article,
    derivation: Derivation,
    *,
    svgs: Mapping[str, str] = {},
    checker_lines: Mapping[str, int] = {},
    certificates: Mapping[str, str] = {},
    model: str = "MODEL",
) -> str:
    """The whole page. The same input gives the same bytes.

    ``svgs`` maps names of pictures to SVG, which is put into the page; ``checker_lines`` maps ids of claims to lines of
    ``checkers.py``, ``certificates`` to files, both beside the page; ``model`` is what ``symgame check`` is told to
    read. Every claim is an element whose id is the claim's.

    >>> from symgame.article import article
    >>> from symgame.derivation import derive
    >>> from symgame.named import wilson_cowan
    >>> derivation = derive(wilson_cowan())
    >>> text = page(article(derivation), derivation)
    >>> text[:15], text.count('class="claim"') == len(derivation.claims)
    ('<!DOCTYPE html>', True)
    """
    return _Page(article, derivation, svgs, checker_lines, certificates, model).text()


@dataclass(frozen=True)
class _Page:
    article: Article
    derivation: Derivation
    svgs: Mapping[str, str]
    checker_lines: Mapping[str, int]
    certificates: Mapping[str, str]
    model: str

    def text(self) -> str:
        title = escape(self.article.title)
        body = "\n".join(self.section(section) for section in self.article.sections)
        head = _HEAD.format(title=title, policy=_policy(), style=_asset("page.css"))
        return "\n".join(
            [
                f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{head}\n</head>\n<body>',
                '<a class="skip" href="#content">Skip to the content</a>\n<div class="page">',
                f'<nav class="side contents" aria-label="Contents">{self.contents()}</nav>',
                f'<main id="content" tabindex="-1">\n{self.header(title)}\n{body}\n{self.sources()}\n</main>',
                f'</div>\n<div id="said" class="said" role="status"></div>\n<script>{_asset("page.js")}</script>',
                "</body>\n</html>\n",
            ]
        )

    # -- around the sections ------------------------------------------------------------------------------------

    def header(self, title: str) -> str:
        counts = {kind: n for kind, n in self.derivation.counts.items() if n}
        badges = "".join(f"<li>{badge(kind, f'{n} {kind}')}</li>" for kind, n in counts.items())
        options = "".join(f'<option value="{kind}">{kind} ({n})</option>' for kind, n in counts.items())
        return f"""<header>
<p class="kicker">symgame: the derivation of a circuit</p>
<h1 dir="auto">{title}</h1>
<p class="summary">{self.inline(self.article.abstract)}</p>
<ul class="counts" aria-label="Verdicts">{badges}</ul>
<details class="contents"><summary>Contents</summary><nav aria-label="Contents">{self.contents()}</nav></details>
<form class="filter" role="search" aria-label="Statements">
<label class="grow">Find statements
<input type="search" placeholder="words, an id, part of a formula" autocomplete="off"></label>
<label>Verdict<select><option value="">all</option>{options}</select></label>
<output aria-live="polite"></output></form>
</header>"""

    def contents(self) -> str:
        rows = []
        for section in self.article.sections:
            inner = [b for b in section.blocks if isinstance(b, Proposition)]
            below = "".join(f"<li>{_link(_to('proposition', p.id), self.inline(p.heading))}</li>" for p in inner)
            title = _link(_to("section", section.id), escape(section.title))
            rows.append(f"<li>{title}{f'<ol>{below}</ol>' if below else ''}</li>")
        rows.append(f"<li>{_link('#sources', 'Sources and files')}</li>")
        return f"<ol>{''.join(rows)}</ol>"

    def sources(self) -> str:
        rows = "".join(f'<li id="{_id("source", s.key)}">{_source(s.text, s.url)}</li>' for s in self.article.sources)
        files = [_link("claims.json", "claims.json")]
        files += [_link("checkers.py", "checkers.py")] if self.checker_lines else []
        return f"""<section aria-labelledby="sources"><h2 id="sources">Sources and files</h2>
<ol class="sources">{rows}</ol></section>
<footer><p>Written by symgame {escape(__version__)}. Beside this page: {", ".join(files)}. The page asks for nothing
from a network; a click on a formula copies its LaTeX.</p></footer>"""

    # -- sections and blocks ------------------------------------------------------------------------------------

    def section(self, section: Section) -> str:
        at = _id("section", section.id)
        blocks = "\n".join(self.block(block) for block in section.blocks)
        return f'<section aria-labelledby="{at}">\n<h2 id="{at}">{escape(section.title)}</h2>\n{blocks}\n</section>'

    def block(self, block: Block) -> str:
        match block:
            case Paragraph(text=text):
                return f"<p>{self.inline(text)}</p>"
            case Display(rows=rows):
                return f'<div class="equations">{"".join(self.equation(*row) for row in rows)}</div>'
            case Cases(left=left, rows=cases):
                rows_ = "".join(
                    f'<li>{self.formula(v, display=True)} <span class="if">if</span> {self.formula(c)}</li>'
                    for v, c in cases
                )
                return f'<div class="cases">{self.formula(Math(f"{left} ="))}<div><ul>{rows_}</ul></div></div>'
            case Proposition():
                return self.proposition(block)
            case Table():
                return self.table(block)
            case Picture():
                return self.picture(block)
        raise TypeError(f"not a block: {block!r}")

    def equation(self, left: str, right: str, note: Text) -> str:
        said = f'<div class="note">{self.inline(note)}</div>' if note else ""
        return self.set_apart(Math(f"{left} = {right}")) + said

    def proposition(self, proposition: Proposition) -> str:
        at = _id("proposition", proposition.id)
        number = self.numbers[proposition.id]
        statements = "\n".join(self.statement(statement) for statement in proposition.statements)
        return f"""<section class="proposition" aria-labelledby="{at}">
<h3 id="{at}"><span class="number">Proposition {number}.</span> {self.inline(proposition.heading)}</h3>
{statements}
</section>"""

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Propositions are counted through the whole page."""
        blocks = (block for section in self.article.sections for block in section.blocks)
        found = [block.id for block in blocks if isinstance(block, Proposition)]
        return {id: k + 1 for k, id in enumerate(found)}

    def table(self, table: Table) -> str:
        aligned = [' class="center"' if letter == "c" else "" for letter in table.columns]
        head = "".join(f'<th scope="col"{a}>{self.inline(c)}</th>' for c, a in zip(table.head, aligned, strict=True))
        rows = []
        for row in table.rows:
            first, *rest = (self.inline(cell) for cell in row)
            cells = "".join(f"<td{a}>{cell}</td>" for cell, a in zip(rest, aligned[1:], strict=True))
            rows.append(f'<tr><th scope="row"{aligned[0]}>{first}</th>{cells}</tr>')
        broad = ' class="broad"' if len(table.columns) > 2 and "c" not in table.columns else ""
        caption, label = self.inline(table.caption), escape(_plain(table.caption))
        return (
            f'<div class="scroll" role="region" tabindex="0" aria-label="{label}">'
            f'<table id="{_id("table", table.id)}"{broad}><caption>{caption}</caption>'
            f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
        )

    def picture(self, picture: Picture) -> str:
        at = _id("figure", picture.name)
        svg = self.svgs.get(picture.name)
        shown = inlined(svg, at, picture.alt) if svg is not None else f"<p>{escape(picture.alt)}</p>"
        caption = f"<strong>{escape(picture.title.rstrip('.'))}.</strong> {self.inline(picture.caption)}"
        return f'<figure id="{at}"><div class="plate">{shown}</div><figcaption>{caption}</figcaption></figure>'

    # -- claims -------------------------------------------------------------------------------------------------

    def statement(self, statement: Statement) -> str:
        claim = statement.claim
        kind = claim.verdict.kind
        at, heading = escape(claim.id), self.inline(statement.heading)
        formula = "" if statement.math is None else self.set_apart(statement.math)
        more = "".join([self.proof(statement), self.command(statement)])
        return f"""<article class="claim" id="{at}" data-verdict="{kind}" data-formula="{escape(claim.then or "")}">
<div class="head"><h4 dir="auto"><a href="#{quote(claim.id)}">{heading}</a></h4>{badge(kind, kind)}</div>
{formula}<dl>{"".join(f"<dt>{name}</dt><dd>{said}</dd>" for name, said in self.facts(statement))}</dl>
<div class="more">{more}{self.links(statement)}</div></article>"""

    def facts(self, statement: Statement) -> Iterator[tuple[str, str]]:
        if statement.given:
            *most, last = statement.given
            yield "under", " ".join([*(self.formula(g, tail=",") for g in most), self.formula(last)])
        if statement.at is not None:
            yield "read at", self.formula(statement.at)
        yield "evidence", self.inline(_without_verdict(statement.evidence, statement.claim.verdict.kind))

    def proof(self, statement: Statement) -> str:
        if not statement.lines:
            return ""
        n = len(statement.lines)
        lines = "".join(f"<li>{self.line(line)}</li>" for line in statement.lines)
        what = f"Derivation in {n} {'line' if n == 1 else 'lines'}"
        chained = any(line.relation == "iff" for line in statement.lines) and statement.word is not None
        word = f'<div class="word">{self.set_apart(statement.word)}</div>' if chained and statement.word else ""
        return f'<details class="proof"><summary>{what}</summary>{word}<ol>{lines}</ol></details>'

    def line(self, line: Line) -> str:
        reason = f'<span class="reason">{self.inline(line.reason)}</span>'
        if line.math is None:
            return reason
        return self.set_apart(line.math, _IFF if line.relation == "iff" else "") + reason

    @cached_property
    def standing(self) -> frozenset[str]:
        """The hypotheses that every check of the circuit makes anyway."""
        return frozenset(h.text for h in algebra(self.derivation.circuit).domain.hypotheses)

    def command(self, statement: Statement) -> str:
        """The same question for the command line."""
        claim = statement.claim
        if claim.then is None or not self.model:
            return ""
        words = ["symgame check", self.model, _quoted(claim.then)]
        words += [f"--given {_quoted(g)}" for g in claim.given if g not in self.standing]
        words += [f"--at {_quoted(claim.at)}"] if claim.at is not None else []
        return (
            '<details class="check"><summary>Check it again</summary><div class="command">'
            f"<pre>{escape(' '.join(words))}</pre>"
            '<button type="button" class="copy" aria-label="Copy the command">copy</button></div></details>'
        )

    def links(self, statement: Statement) -> str:
        id = statement.claim.id
        rows = []
        certificate = self.certificates.get(id) or statement.certificate
        if certificate:
            rows.append(_link(quote(certificate), "certificate"))
        if id in self.checker_lines:
            rows.append(_link("checkers.py", f"checkers.py, line {self.checker_lines[id]}"))
        rows.append(_link("claims.json", "claims.json") + f" as <code>{escape(id)}</code>")
        return f'<ul class="links">{"".join(f"<li>{row}</li>" for row in rows)}</ul>'

    # -- texts and formulas -------------------------------------------------------------------------------------

    def inline(self, text: Text) -> str:
        shown = []
        for before, part, after in zip(("", *text), text, (*text[1:], ""), strict=False):
            if isinstance(part, Math):
                shown.append(self.formula(part, tail=_mark(after)))
            elif isinstance(part, str) and isinstance(before, Math):
                shown.append(self.part(part.removeprefix(_mark(part))))
            else:
                shown.append(self.part(part))
        return "".join(shown)

    def part(self, part: Inline) -> str:
        match part:
            case str():
                return escape(part, quote=False)
            case Math():
                return self.formula(part)
            case Code(text=text):
                return f"<code>{escape(text)}</code>"
            case Cite(key=key):
                keys = [source.key for source in self.article.sources]
                return f"[{_link(_to('source', key), str(keys.index(key) + 1))}]" if key in keys else f"[{escape(key)}]"

    def set_apart(self, math: Math, lead: str = "") -> str:
        """A formula on lines of its own, with its button."""
        button = '<button type="button" class="copy" aria-label="Copy the formula as LaTeX">LaTeX</button>'
        return f'<div class="formula"><span class="f">{lead}{self.pieces(math, display=True)}</span>{button}</div>'

    def formula(self, math: Math, display: bool = False, tail: str = "") -> str:
        return f'<span class="f">{self.pieces(math, display, tail)}</span>'

    def pieces(self, math: Math, display: bool, tail: str = "") -> str:
        """The pieces of a formula; a mark of punctuation after it stays on the line of the last one."""
        style = self.derivation.circuit.presentation
        parts = formula_pieces(style.without_macros(math.latex), math.node, style.expanded)
        shown = [_piece(part, display, continued=k > 0) for k, part in enumerate(parts)]
        if tail:
            shown[-1] = f'<span class="whole">{shown[-1]}{escape(tail)}</span>'
        return " ".join(shown)


# -- small parts ------------------------------------------------------------------------------------------------------


def _piece(latex: str, display: bool, continued: bool) -> str:
    """One piece of a formula; one that a phone cannot show whole scrolls in a box of its own."""
    element = mathml(latex, display=display, continued=continued)
    if latex_width(latex) <= WIDEST:
        return element
    return f'<span class="wide" role="region" tabindex="0" aria-label="a wide formula">{element}</span>'


def badge(kind: str, text: str) -> str:
    """A verdict as a word with a sign.

    >>> badge("cited", "cited")
    '<span class="badge cited"><span aria-hidden="true">§</span>cited</span>'
    """
    return f'<span class="badge {kind}"><span aria-hidden="true">{SIGNS[kind]}</span>{escape(text)}</span>'


def _id(kind: str, name: str) -> str:
    """The id of anything but a claim, whose id is its own: a claim's has no colon."""
    return escape(f"{kind}:{name}")


def _to(kind: str, name: str) -> str:
    return "#" + quote(f"{kind}:{name}")


def _link(href: str, inner: str) -> str:
    return f'<a href="{escape(href)}">{inner}</a>'


def _source(text: str, url: str | None) -> str:
    return escape(text) if url is None else f"{escape(text)} {_link(url, escape(url))}"


def _quoted(text: str) -> str:
    return f'"{text}"'


def _mark(part: Inline) -> str:
    """The mark of punctuation that a text begins with: no line may begin with it."""
    return part[0] if isinstance(part, str) and part[:1] in _PUNCTUATION else ""


def _plain(text: Text) -> str:
    """A text for a label: mathematics by its LaTeX."""
    return "".join(p if isinstance(p, str) else p.latex if isinstance(p, Math) else "" for p in text)


def _without_verdict(evidence: Text, kind: str) -> Text:
    """The evidence without the word that the badge already says."""
    first, *rest = evidence or ("",)
    if isinstance(first, str) and first.startswith(kind):
        first = first[len(kind) :].lstrip(" :") or ("by definition" if not rest and kind == "proved" else "")
    return (first, *rest)


@cache
def _asset(name: str) -> str:
    return resources.files("symgame").joinpath("library", name).read_text(encoding="utf-8")


def _policy() -> str:
    """What the page may load: its own style and its own script, by its hash."""
    digest = b64encode(sha256(_asset("page.js").encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


_HEAD = """<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{title}: a derivation</title>
<style>{style}</style>"""


# -- pictures ---------------------------------------------------------------------------------------------------------

_DROPPED = frozenset({"metadata", "title", "desc", "script", "foreignObject", "style", "a", "animate", "set"})
_REFERENCE = re.compile(r"url\(#([^)]+)\)")


def inlined(svg: str, prefix: str, label: str) -> str:
    """An SVG picture as an element of a page: its ids carry a prefix, and nothing in it loads or runs anything.

    >>> inlined('<svg xmlns="http://www.w3.org/2000/svg" width="9pt"><g id="a" onclick="x()"/></svg>', "p", "a dot")
    '<svg role="img" aria-label="a dot" style="max-width: 9pt"><g /></svg>'
    """
    root = ElementTree.fromstring(svg)
    style = " ".join(re.findall(r"\*\s*\{([^{}]*)\}", "".join(e.text or "" for e in _named(root, "style"))))
    values = [value for element in root.iter() for value in element.attrib.values()]
    referred = {v[1:] for v in values if v.startswith("#")} | {m for v in values for m in _REFERENCE.findall(v)}
    for element in list(root.iter()):
        element.tag = element.tag.rpartition("}")[2]
        for child in [c for c in element if c.tag.rpartition("}")[2] in _DROPPED]:
            element.remove(child)
        kept = {}
        for name, value in element.attrib.items():
            name = "href" if name.endswith("}href") else name
            if name == "id":
                if value in referred:
                    kept["id"] = f"{prefix}-{value}"
            elif name == "href":
                if value.startswith("#"):
                    kept[name] = f"#{prefix}-{value[1:]}"
                elif value.startswith("data:image/png;base64,"):
                    kept[name] = value
            elif not name.startswith(("on", "{")):
                kept[name] = _REFERENCE.sub(lambda m: f"url(#{prefix}-{m[1]})", value)
        element.attrib.clear()
        element.attrib.update(kept)
    width = root.attrib.pop("width", "")
    root.attrib.pop("height", None)
    fixed = f"max-width: {width}" if re.fullmatch(r"[\d.]+(pt|px)?", width) else ""
    styles = "; ".join(filter(None, (fixed, style.strip(), root.attrib.pop("style", ""))))
    rest = dict(root.attrib)
    root.attrib.clear()
    root.attrib.update({"role": "img", "aria-label": label, **({"style": styles} if styles else {}), **rest})
    return ElementTree.tostring(root, encoding="unicode")


def _named(root: ElementTree.Element, tag: str) -> Iterable[ElementTree.Element]:
    return (e for e in root.iter() if e.tag.rpartition("}")[2] == tag)
