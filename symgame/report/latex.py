r"""The article in LaTeX: amsmath, amsthm, booktabs and hyperref only (graphicx when there are figures).

Formulas are broken by their own structure (:func:`symgame.typeset.formula_lines`), so no line runs into the margin.
What is proved stands in a proposition, what is not in a remark of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from symgame.circuit import Circuit
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
    Source,
    Statement,
    Table,
    Text,
)
from symgame.letters import ascii_name, escaped
from symgame.proof.verdict import Cited, Proved
from symgame.typeset import Names, formula_lines, latex_width

#: Widths in em of the text at 11 pt: the whole line, an item of a list, the formula column of a proof.
LINE, ITEM, PROOF, SHORT = 41.0, 36.0, 27.0, 21.0
MOST_ROWS = 34
MOST_BESIDE = 24
MOST_LINES = 14
MOST_PRINTED = 60
_PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage{amsmath,amsthm,booktabs}
%s\usepackage[hidelinks]{hyperref}
\setlength{\textwidth}{16cm}\setlength{\oddsidemargin}{-0.04cm}\setlength{\evensidemargin}{-0.04cm}
\setlength{\textheight}{23cm}\setlength{\topmargin}{-0.6cm}
\theoremstyle{definition}
\newtheorem{proposition}{Proposition}[section]
\theoremstyle{remark}
\newtheorem*{open}{Not claimed}
\allowdisplaybreaks
\emergencystretch=4em
\hbadness=10000
\newcommand{\reason}[2]{\parbox[t]{#1\textwidth}{\raggedright\footnotesize #2}}
\newcommand{\evidence}[1]{{\footnotesize[#1]}}
\renewcommand{\labelenumi}{(\alph{enumi})}
\AtBeginDocument{\abovedisplayskip=5pt plus 2pt minus 2pt \belowdisplayskip=5pt plus 2pt minus 2pt}
"""


def report(article: Article, circuit: Circuit) -> str:
    """The whole article as one LaTeX document; figures are read from ``figures/NAME.pdf`` beside it."""
    return "".join(f"{line}\n" for line in _Setter(article, circuit).document())


def formula_files(article: Article, circuit: Circuit) -> dict[str, str]:
    r"""Every formula as a file to ``\input``, and all of them as macros in ``formulas/macros.tex``.

    A file holds the formula alone, without dollar signs; the macro of ``matrix.lds`` is ``\symMatrixLds``.
    """
    written: dict[str, str] = {}
    macros = ["% One macro a formula, and the macros that the formulas use; in a preamble: \\input{formulas/macros}"]
    macros += list(_author_macros(article))
    taken: dict[str, str] = {}
    for section in article.sections:
        for block in section.blocks:
            for statement in block.statements if isinstance(block, Proposition) else ():
                if statement.math is not None:
                    claim = statement.claim
                    header = f"% {claim.id} ({claim.verdict.kind}): {_comment(claim.then or '')}\n"
                    written[formula_file(claim.id)] = f"{header}{statement.math.latex}%\n"
                    name = _macro_name(claim.id, taken)
                    macros.append(rf"\newcommand{{\{name}}}{{{statement.math.latex}}} % {claim.id}")
    short = [cell.latex for cell in _abbreviations(article)]
    if short:
        written["formulas/abbreviations.tex"] = "% what the formulas abbreviate\n" + ",\\quad\n".join(short) + "%\n"
    written["formulas/macros.tex"] = "".join(f"{line}\n" for line in macros)
    return written


def _abbreviations(article: Article) -> Iterator[Math]:
    """The rows of the table of notation that are equations of an abbreviation."""
    for section in article.sections:
        for table in section.blocks:
            if isinstance(table, Table) and table.id == "notation":
                yield from (
                    row[0][0] for row in table.rows if row[1] == ("abbreviation",) and isinstance(row[0][0], Math)
                )


def formula_file(id: str) -> str:
    """Where the formula of a claim is written: a name that TeX can read, whatever the alphabet of the populations."""
    return f"formulas/{ascii_name(id)}.tex"


def _comment(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode("ascii")


def _macro_name(id: str, taken: dict[str, str]) -> str:
    """Letters only: words capitalised, digits spelled, other characters by their code; unique."""
    digits = dict(zip("0123456789", "Zero One Two Three Four Five Six Seven Eight Nine".split(), strict=True))
    words = re.split(r"[.\-_=,]+", id)
    letters = "".join(w[:1].upper() + w[1:] for w in words)
    name = "sym" + "".join(c if c.isascii() and c.isalpha() else digits.get(c, "X") for c in letters)
    while taken.setdefault(name, id) != id:
        name += "x"
    return name


def _author_macros(article: Article) -> Iterator[str]:
    """The author's macros, each in braces of its own, as it is read everywhere else."""
    for name, body in article.macros:
        yield rf"\providecommand{{{name}}}{{}}\renewcommand{{{name}}}{{{{{body}}}}}"


class _Setter:
    """One article being set."""

    def __init__(self, article: Article, circuit: Circuit) -> None:
        self.article = article
        self.style = circuit.presentation
        self.names: Names = circuit.presentation.latex

    # -- texts --------------------------------------------------------------------------------------------------

    def text(self, parts: Text) -> str:
        return "".join(self.inline(part) for part in parts)

    def inline(self, part: Inline) -> str:
        match part:
            case str():
                return escaped(part)
            case Math(latex=latex):
                return f"${latex}$"
            case Code(text=text):
                return self.typed(text)
            case Cite(key=key):
                return rf"\cite{{{key}}}" if key in self.keys else escaped(key)
        raise TypeError(f"no part of a text: {part!r}")

    @staticmethod
    def typed(text: str) -> str:
        """Typed text that may be broken after any punctuation."""
        pieces = re.split(r"(?<=[/.,\-=*+ ])(?=.)", text)
        return rf"\texttt{{{(chr(92) + 'allowbreak ').join(escaped(piece) for piece in pieces)}}}"

    @cached_property
    def keys(self) -> frozenset[str]:
        return frozenset(source.key for source in self.article.sources)

    def broken(self, math: Math, width: float) -> list[str]:
        """The lines of a formula, measured without the author's macros."""
        if math.node is None or latex_width(self.style.without_macros(math.latex)) <= width:
            return [math.latex]
        return formula_lines(math.node, width, self.names)

    # -- the document -------------------------------------------------------------------------------------------

    def document(self) -> Iterator[str]:
        pictures = any(isinstance(block, Picture) for part in self.article.sections for block in part.blocks)
        yield (_PREAMBLE % ("\\usepackage{graphicx}\n" if pictures else "")).rstrip()
        yield from _author_macros(self.article)
        yield rf"\title{{{escaped(self.article.title)}}}"
        yield r"\author{}\date{}"
        yield r"\ifdefined\pdftrailerid\pdftrailerid{}\fi"
        yield r"\begin{document}"
        yield r"\maketitle"
        yield rf"\begin{{abstract}}\noindent {self.text(self.article.abstract)}\end{{abstract}}"
        for section in self.article.sections:
            yield from self.section(section)
        yield from self.bibliography(self.article.sources)
        yield r"\end{document}"

    def section(self, section: Section) -> Iterator[str]:
        yield ""
        yield rf"\section{{{escaped(section.title)}}}\label{{sec:{ascii_name(section.id)}}}"
        for block in section.blocks:
            yield from self.block(block)

    def block(self, block: Block) -> Iterator[str]:
        match block:
            case Paragraph(text=text):
                yield rf"\par\noindent {self.text(text)}"
            case Display(rows=rows):
                yield from self.display(rows)
            case Cases():
                yield from self.cases(block)
            case Table():
                yield from self.table(block)
            case Picture():
                yield from self.picture(block)
            case Proposition():
                yield from self.proposition(block)

    def display(self, rows: tuple[tuple[str, str, Text], ...]) -> Iterator[str]:
        yield r"\begin{align*}"
        for k, (left, right, remark) in enumerate(rows):
            note = rf" && \text{{{self.text(remark)}}}" if remark else ""
            lines = _broken_sum(
                right, LINE - 4 - latex_width(self.style.without_macros(left)), self.style.without_macros
            )
            body = (" \\\\\n&" + r"\qquad ").join(lines)
            yield f"{left} &= {body}{note}" + (r" \\" if k + 1 < len(rows) else "")
        yield r"\end{align*}"

    def cases(self, cases: Cases) -> Iterator[str]:
        """A brace when every row fits beside its condition, and equations with their conditions below otherwise."""
        beside = [(self.broken(value, 16), self.broken(when, 20)) for value, when in cases.rows]
        widest = max((self.measured(value[0]) for value, _ in beside), default=0)
        if all(len(value) == 1 for value, _ in beside) and widest <= 18 and sum(len(when) for _, when in beside) <= 30:
            yield rf"\[{cases.left} = \begin{{cases}}"
            for k, (shown, lines) in enumerate(beside):
                aligned = _aligned([rf"\text{{if }} {lines[0]}", *lines[1:]])
                end = r" \\[4pt]" if k + 1 < len(beside) else ""
                yield rf"\displaystyle {shown[0]} & \begin{{aligned}}[t]{aligned}\end{{aligned}}{end}"
            yield r"\end{cases}\]"
            return
        for value, when in cases.rows:
            conditions = self.broken(when, 34)
            if len(conditions) > MOST_PRINTED:
                conditions = [r"\text{it exists, as the proposition on its branch says}"]
            yield r"\begin{align*}"
            left = f"{cases.left} = {{}}" if value.node is None else ""
            yield rf"{left} & {_continued(self.broken(value, 30))} \\"
            yield rf"\text{{if }} {{}} & {_continued(conditions)}"
            yield r"\end{align*}"

    # -- propositions -------------------------------------------------------------------------------------------

    def proposition(self, proposition: Proposition) -> Iterator[str]:
        sound = [x for x in proposition.statements if isinstance(x.claim.verdict, Proved | Cited)]
        rest = [x for x in proposition.statements if x not in sound]
        if sound:
            label = rf"\label{{prop:{ascii_name(proposition.id)}}}"
            yield rf"\begin{{proposition}}[{{{self.text(proposition.heading)}}}]{label}"
            yield from self.items(sound)
            yield r"\end{proposition}"
            if any(x.lines for x in sound):
                yield r"\begin{proof}\leavevmode"
                for number, statement in enumerate(sound, 1):
                    yield from self.proof(number, statement)
                yield r"\end{proof}"
        if rest:
            yield rf"\begin{{open}}[{{{self.text(proposition.heading)}}}]"
            yield from self.items(rest)
            yield r"\end{open}"

    def items(self, statements: Iterable[Statement]) -> Iterator[str]:
        yield r"\leavevmode\begin{enumerate}"
        for statement in statements:
            where: Text = () if statement.at is None else (", read on ", statement.at)
            head = self.text((*statement.heading, *where))
            label = rf"\label{{item:{ascii_name(statement.claim.id)}}}"
            evidence = rf"\evidence{{{self.evidence(statement)}}}"
            if statement.math is None:
                yield rf"\item {head}.{label} {evidence}"
                continue
            lines = self.broken(statement.math, ITEM)
            if len(lines) == 1 and r"\frac" not in lines[0] and latex_width(lines[0]) <= SHORT:
                yield rf"\item {head}: \ ${lines[0]}$.{label} {evidence}"
            else:
                yield rf"\item {head}:{label}"
                if len(lines) > MOST_PRINTED:
                    file = self.typed(formula_file(statement.claim.id))
                    yield rf"\par a formula of {len(lines)} lines, which is in {file}.\par"
                else:
                    yield from self.displayed(lines)
                yield evidence
        yield r"\end{enumerate}"

    def displayed(self, lines: list[str]) -> Iterator[str]:
        if len(lines) == 1:
            yield rf"\[{lines[0]}\]"
        else:
            yield rf"\begin{{align*}}& {_continued(lines)}\end{{align*}}"

    def evidence(self, statement: Statement) -> str:
        text = self.text(statement.evidence)
        if statement.given:
            pieces = [r"$\allowbreak$ ".join(f"${line}$" for line in self.broken(g, ITEM)) for g in statement.given]
            text += f"; from {', '.join(pieces)}"
        if statement.certificate is not None:
            text += f"; {self.typed(statement.certificate)}"
        return text

    def proof(self, number: int, statement: Statement) -> Iterator[str]:
        """The lines of one statement, each with its reason beside it; remarks run on as text."""
        if not statement.lines:
            return
        yield rf"\par\smallskip\noindent({chr(96 + number) if number <= 26 else number})"
        run: list[Line] = []
        for line in statement.lines:
            if line.math is not None:
                run.append(line)
                continue
            yield from self.steps(statement, run)
            run = []
            yield f"{self.text(line.reason)}."
        yield from self.steps(statement, run)

    def steps(self, statement: Statement, run: list[Line]) -> Iterator[str]:
        """Numbered lines of an ``align``: the formula, broken if need be, and its reason in the room that is left."""
        if not run:
            return
        chained = run[0].relation == "iff" and statement.word is not None
        rows = [(self.broken(line.math, PROOF - (3 if chained else 0)), line.reason) for line in run if line.math]
        left = self.broken(statement.word, PROOF) if chained and statement.word is not None else []
        shown_lines = [*left, *(text for lines, _ in rows for text in lines)]
        widest = max(self.measured(text) for text in shown_lines) + (5 if chained else 2)
        room = f"{max(0.26, (LINE - 4.5 - widest) / LINE):.2f}"
        yield r"\begin{align}"
        if left:
            yield rf"& {_continued(left, True)} \\"
        for k, (lines, reason) in enumerate(rows):
            arrow = r"\Longleftrightarrow\; " if chained else ""
            shown = rf"\reason{{{room}}}{{{self.text(reason)}}}"
            end = r" \\" if k + 1 < len(rows) else ""
            if len(lines) > MOST_PRINTED:
                note = rf"\text{{a condition of {len(lines)} lines, in }}\texttt{{claims.json}}"
                yield rf"& {arrow}{note} && {shown}{end}"
            elif len(lines) == 1:
                yield rf"& {arrow}{lines[0]} && {shown}{end}"
            elif len(lines) <= MOST_BESIDE:
                yield rf"& {arrow}\begin{{aligned}}[t]{_aligned(lines)}\end{{aligned}} && {shown}{end}"
            else:  # too tall for one box: the lines may be parted by a page
                first, rest = lines[0], lines[1:]
                yield rf"& {arrow}{first} && {shown} \\"
                yield " \\\\\n".join(rf"&\quad {line} \notag" for line in rest) + end
        yield r"\end{align}"

    def measured(self, latex: str) -> float:
        return latex_width(self.style.without_macros(latex))

    # -- tables, figures, sources -------------------------------------------------------------------------------

    def table(self, table: Table) -> Iterator[str]:
        """Tables that cannot be parted by a page, so a long one is set as several."""
        columns, cell = self.columns(table)
        for k, rows in enumerate(_chunks([[cell(k, part) for k, part in enumerate(row)] for row in table.rows])):
            anchor = rf"\refstepcounter{{table}}\label{{tab:{ascii_name(table.id)}}}" if k == 0 else ""
            title = rf"Table~\thetable{'' if k == 0 else ' (continued)'}. {self.text(table.caption)}"
            yield rf"\par\medskip\noindent\begin{{minipage}}{{\textwidth}}\centering{anchor}{{\small {title}}}\\[4pt]"
            yield rf"\small\begin{{tabular}}{{@{{}}{columns}@{{}}}}\toprule"
            yield " & ".join(self.text(part) for part in table.head) + r" \tabularnewline \midrule"
            for row in rows:
                yield " & ".join(row) + r" \tabularnewline"
            yield r"\bottomrule\end{tabular}\end{minipage}\par\medskip"

    def columns(self, table: Table) -> tuple[str, Callable[[int, Text], str]]:
        """Widths for the columns that need breaking, and how a cell of a column is set."""
        natural = [max(self.width(row[k]) for row in (table.head, *table.rows)) for k in range(len(table.columns))]
        room = LINE - 2.2 * len(natural)
        if sum(natural) <= room:
            return table.columns, lambda column, cell: self.text(cell)
        small = [w for w in natural if w <= room / len(natural)]
        share = (room - sum(small)) / max(1, len(natural) - len(small))
        spec = "".join(
            c if w in small else rf"p{{{share / LINE:.3f}\textwidth}}"
            for c, w in zip(table.columns, natural, strict=True)
        )

        def cell_text(column: int, cell: Text) -> str:
            if natural[column] in small:
                return self.text(cell)
            parts = []
            for part in cell:
                if isinstance(part, Math) and part.node is not None:
                    lines = self.broken(part, share - 1)
                    if len(lines) > MOST_LINES:
                        parts.append(rf"too long to print ({len(lines)} lines); it is in \texttt{{claims.json}}")
                        continue
                    parts.append(r" \newline ".join(rf"$\displaystyle {line}$" for line in lines))
                else:
                    parts.append(self.inline(part))
            return r"\raggedright " + "".join(parts)

        return spec, cell_text

    def width(self, parts: Text) -> float:
        total = 0.0
        for part in parts:
            if isinstance(part, Math):
                total += latex_width(self.style.without_macros(part.latex))
            else:
                total += 0.47 * len(part if isinstance(part, str) else self.inline(part))
        return total

    def picture(self, picture: Picture) -> Iterator[str]:
        yield r"\begin{figure}[!htb]\centering"
        yield rf"\includegraphics[width=\textwidth,height=0.8\textheight,keepaspectratio]{{{picture.name}.pdf}}"
        yield rf"\caption{{{self.text(picture.caption)}}}\label{{fig:{ascii_name(picture.name)}}}"
        yield r"\end{figure}"

    def bibliography(self, sources: tuple[Source, ...]) -> Iterator[str]:
        if not sources:
            return
        yield r"\clearpage  % no figure after the sources"
        yield r"\begin{thebibliography}{9}"
        for source in sources:
            link = rf" \url{{{source.url}}}" if source.url else ""
            yield rf"\bibitem{{{source.key}}} {escaped(source.text)}{link}"
        yield r"\end{thebibliography}"


def _chunks(rows: list[list[str]]) -> Iterator[list[list[str]]]:
    """Rows for one page each, by how many lines their tallest cell has."""
    chunk: list[list[str]] = []
    height = 0
    for row in rows:
        lines = max(part.count(r"\newline") for part in row) + 1
        if chunk and height + lines > MOST_ROWS:
            yield chunk
            chunk, height = [], 0
        chunk.append(row)
        height += lines
    yield chunk


def _continued(lines: list[str], tagless: bool = False) -> str:
    """Lines of one formula, the later ones set in."""
    end = r" \notag" if tagless else ""
    star = "*" if len(lines) < MOST_ROWS else ""  # a tall one must be parted by a page
    return (f"{end} \\\\{star}\n&" + r"\quad ").join(lines) + end


def _aligned(lines: list[str]) -> str:
    return "&" + (" \\\\\n&" + r"\quad ").join(lines)


def _broken_sum(latex: str, width: float, expand: Callable[[str], str]) -> list[str]:
    """LaTeX that is not a formula of the grammar, broken at its top-level plus and minus signs when it is too long."""
    if latex_width(expand(latex)) <= width:
        return [latex]
    terms, depth = [""], 0
    for token in re.findall(r"\\[A-Za-z]+|\\.|.", latex, re.DOTALL):
        depth += (token in ("{", r"\left", r"\begin")) - (token in ("}", r"\right", r"\end"))
        if token in "+-" and depth == 0 and terms[-1].strip():
            terms.append("")
        terms[-1] += token
    lines = [terms[0]]
    for term in terms[1:]:
        if latex_width(expand(lines[-1] + term)) <= width:
            lines[-1] += term
        else:
            lines.append(term)
    return lines
