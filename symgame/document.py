"""A document as data: texts of plain strings, mathematics, code and references, and the blocks that hold them.

Back ends set it, in LaTeX and in HTML; none of them decides what is said.
"""

from __future__ import annotations

from dataclasses import dataclass

from symgame import syntax as s
from symgame.claims import Claim

# -- texts ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Math:
    """Mathematics in LaTeX with the author's macros; ``node`` is the formula in its shape, when it is one."""

    latex: str
    node: s.Formula | None = None


@dataclass(frozen=True)
class Code:
    """A piece of plain text that is typed: a formula for ``check``, a file, an identifier."""

    text: str


@dataclass(frozen=True)
class Cite:
    """A reference to the list of sources."""

    key: str


Inline = str | Math | Code | Cite
Text = tuple[Inline, ...]


# -- blocks -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Paragraph:
    text: Text


@dataclass(frozen=True)
class Display:
    """Equations of one group, aligned: each a left side, a right side and (optional) a remark."""

    rows: tuple[tuple[str, str, Text], ...]


@dataclass(frozen=True)
class Cases:
    """``left = { value  if condition``, one row a case."""

    left: str
    rows: tuple[tuple[Math, Math], ...]


@dataclass(frozen=True)
class Line:
    """A line of a proof: ``math`` follows by ``relation`` from the line before, for a reason. No math: a remark."""

    math: Math | None
    relation: str
    reason: Text


@dataclass(frozen=True)
class Statement:
    """A claim as it is set: title, formula, hypotheses, evidence, and the lines that lead to it from ``word``."""

    claim: Claim
    title: str
    heading: Text
    math: Math | None
    given: tuple[Math, ...]
    at: Math | None
    evidence: Text
    certificate: str | None
    word: Math | None
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Proposition:
    id: str
    title: str
    heading: Text
    statements: tuple[Statement, ...]


@dataclass(frozen=True)
class Table:
    """``columns`` holds one letter a column (l, c); long cells may be broken."""

    id: str
    caption: Text
    columns: str
    head: tuple[Text, ...]
    rows: tuple[tuple[Text, ...], ...]


@dataclass(frozen=True)
class Picture:
    """A figure by the name of its files (without ending), its caption and what a reader who cannot see it is told."""

    name: str
    title: str
    caption: Text
    alt: str


Block = Paragraph | Display | Cases | Proposition | Table | Picture


@dataclass(frozen=True)
class Section:
    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Source:
    """A work that is cited: key, text of the entry, and where to find it."""

    key: str
    text: str
    url: str | None


@dataclass(frozen=True)
class Article:
    title: str
    abstract: Text
    sections: tuple[Section, ...]
    sources: tuple[Source, ...]
    macros: tuple[tuple[str, str], ...]
