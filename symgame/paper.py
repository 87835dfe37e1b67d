"""A paper: a circuit, what is said of it, and one command that decides, reports and lists all of it.

An author's file is a docstring (a title, a reference, what else there is to say), ``circuit`` and ``statements``; it
ends with

    if __name__ == "__main__":
        raise SystemExit(main(__name__))

and ``python my_paper.py --out DIR --pdf`` writes the same reports as ``symgame derive``, with the statements of the
file in place of the catalogue, and ``DIR/findings.json``. ``sections``, where there are any, speak of further circuits.
"""

from __future__ import annotations

import re
import sys
import time
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from traceback import extract_tb
from types import ModuleType
from typing import Any

import click

from symgame import __version__
from symgame import syntax as s
from symgame.branches import branch
from symgame.circuit import Circuit
from symgame.claims import Claim, Draft, decide_draft
from symgame.derivation import Derivation, Progress
from symgame.errors import HypothesisError, SymgameError
from symgame.formulas import language, read_any
from symgame.grammar import read_branch, read_formula
from symgame.output import certificate_files, derivation_files
from symgame.proof.solver import DEFAULT_BUDGET
from symgame.proof.verdict import Undecided
from symgame.report import documents, files, pdf, terminal
from symgame.shell import Progress as Shown
from symgame.shell import run, worst
from symgame.statements import check_domain
from symgame.typeset import formula_latex

SLUG = 60


class PaperError(SymgameError):
    """A file that is no paper: what is missing or wrong in it."""


@dataclass(frozen=True)
class Statement:
    """A sentence, and the formula that says it; ``given`` are the hypotheses of this statement alone.

    Formulas are what :func:`symgame.check` reads: texts in the grammar of formulas, in LaTeX or of SymPy, or objects of
    SymPy. ``at`` is the branch at which ``det``, ``x(E)`` and the like are read, by default every population active.
    """

    says: str
    formula: Any
    given: tuple[Any, ...] = ()
    at: str | None = None


@dataclass(frozen=True)
class Section:
    """What a paper says of another circuit; its reports go into ``PAPER-name``."""

    name: str
    title: str
    circuit: Circuit
    statements: tuple[Statement, ...]


@dataclass(frozen=True)
class Paper:
    """A circuit with the statements of one paper. ``text`` is what its file says beyond title and reference.

    ``sections`` are papers themselves, each with a circuit of its own and the reference of the whole.
    """

    name: str
    title: str
    reference: str
    circuit: Circuit
    statements: tuple[Statement, ...]
    text: str = ""
    sections: tuple[Paper, ...] = ()

    @classmethod
    def of(cls, module: ModuleType) -> Paper:
        """The paper that a module holds; its name is that of the file.

        Raises :class:`PaperError` when the docstring, ``circuit`` or ``statements`` are missing or something else, or
        a section is none.
        """
        name = Path(module.__file__ or module.__name__).stem
        paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", (module.__doc__ or "").strip())]
        if not paragraphs[0]:
            raise PaperError(f"{name}: the file has no docstring; begin with a title, an empty line and a reference.")
        circuit, statements = _checked(name, getattr(module, "circuit", None), getattr(module, "statements", None))
        title, reference, text = paragraphs[0].rstrip("."), "".join(paragraphs[1:2]), "\n\n".join(paragraphs[2:])
        sections, parts = [], getattr(module, "sections", ())
        if not isinstance(parts, tuple | list) or not all(isinstance(part, Section) for part in parts):
            raise PaperError(f"{name}: 'sections' is a tuple of Section(name, title, circuit, statements).")
        for part in parts:
            if not part.name or slug(part.name) != part.name:
                raise PaperError(f"{name}: a section is called {part.name!r}; a name is like 'column'.")
            place = f"{name}-{part.name}"
            sections.append(cls(place, part.title, reference, *_checked(place, part.circuit, part.statements)))
        return cls(name, title, reference, circuit, statements, text, tuple(sections))


def _checked(name: str, circuit: object, statements: object) -> tuple[Circuit, tuple[Statement, ...]]:
    """The circuit and the statements of a paper or a section, if that is what they are."""
    if not isinstance(circuit, Circuit):
        raise PaperError(f"{name}: a Circuit called 'circuit' was expected, not {type(circuit).__name__}.")
    if not isinstance(statements, tuple | list) or not statements:
        raise PaperError(f"{name}: a tuple 'statements' with at least one Statement was expected.")
    for k, row in enumerate(statements):
        if not isinstance(row, Statement):
            raise PaperError(f"{name}: statement {k + 1} is a {type(row).__name__}, not a Statement.")
        if not isinstance(row.given, tuple | list):
            raise PaperError(f'{name}: statement {k + 1}: given is a tuple of formulas, as in ("det > 0",).')
        at: object = row.at
        if at is not None and not isinstance(at, str):
            raise PaperError(f'{name}: statement {k + 1}: at is a branch by its active populations, as in at="E".')
    return circuit, tuple(statements)


# -- statements as claims ---------------------------------------------------------------------------------------------


def slug(sentence: str) -> str:
    """A sentence as part of an id: ASCII letters and digits of its first words, joined by dashes.

    >>> slug("E's own energy is convex: below the switch"), slug("∀")
    ('e-s-own-energy-is-convex-below-the-switch', '')
    """
    plain = unicodedata.normalize("NFKD", sentence).encode("ascii", "ignore").decode().lower()
    kept = ""
    for word in re.findall(r"[a-z0-9]+", plain):
        if len(kept) + len(word) + 1 > SLUG:
            break
        kept = f"{kept}-{word}" if kept else word
    return kept


def _ids(statements: Sequence[Statement]) -> list[str]:
    """An id for each statement; a sentence that occurs again, or has no letters, gets a number that is free."""
    taken: dict[str, None] = {}
    for k, row in enumerate(statements, 1):
        first = slug(row.says)
        tries = (first, *(f"{first}-{n}".lstrip("-") for n in range(k, k + len(statements) + 1)))
        taken[next(x for x in tries if x and x not in taken)] = None
    return [f"statement.{part}" for part in taken]


def kind(formula: str) -> str:
    """The kind of claim that a formula makes, by its shape.

    >>> [kind(text) for text in ("lds <=> w_EE < 1", "nash(E) => stable(E)", "det = D", "dx(E, u_I) < 0")]
    ['equivalence', 'implication', 'equation', 'fact']
    """
    match read_formula(formula):
        case s.Iff():
            return "equivalence"
        case s.Implies():
            return "implication"
        case s.Relation(ops=("=",), terms=(s.Name() | s.Call(), _)):
            return "equation"
    return "fact"


def decided(paper: Paper, *, budget: int = DEFAULT_BUDGET, progress: Progress = lambda id, title: None) -> Derivation:
    """The statements of a paper as the claims of a derivation, under the paper's title, reference and text.

    What is refuted or undecided stays in the list, with its witness or reason. ``progress`` is told the id and the
    sentence of each statement before it is decided.

    Raises :class:`~symgame.errors.SymgameError` naming the paper and the statement that cannot be read, or whose
    hypotheses never hold.

    >>> from symgame.named import wilson_cowan
    >>> rows = (Statement("Nash is stable", "nash(E,I) => stable(E,I)"), Statement("and back", "stable(E) => lds"))
    >>> [claim.verdict.kind for claim in decided(Paper("mine", "Mine", "", wilson_cowan(), rows)).claims]
    ['proved', 'proved']
    """
    circuit = paper.circuit.fixed()
    with _named(paper.name):
        check_domain(circuit)
    claims: list[Claim] = []
    timings: dict[str, float] = {}
    for id, row in zip(_ids(paper.statements), paper.statements, strict=True):
        progress(id, row.says)
        start = time.perf_counter()
        with _named(f"{paper.name}: {row.says!r}"):
            then = _text(paper.circuit, row.formula, "the formula")
            given = tuple(_text(paper.circuit, g, "the hypothesis") for g in row.given)
            draft = Draft(id, row.says, kind(then), then, given=given, at=_place(circuit, row.at))
            claim = decide_draft(circuit, draft, None, budget)
            if claim is None:
                raise HypothesisError(
                    "its hypotheses never hold in this circuit; nothing follows from them.", row.given
                )
        timings[id] = time.perf_counter() - start
        claims.append(claim)
    preface = tuple(text for text in (paper.reference, *paper.text.split("\n\n")) if text)
    return Derivation(circuit, None, tuple(claims), None, timings, paper.title, preface)


def _text(circuit: Circuit, formula: Any, what: str) -> str:
    """A formula in whatever language in the grammar of formulas; what is in it already stays as it is written."""
    if isinstance(formula, str) and language(formula) == "formula":
        return formula
    return s.text(read_any(circuit, formula, what))


def _place(circuit: Circuit, at: str | None) -> str | None:
    """The name of a branch, its populations in the order of the circuit; where there are no branches, as it is."""
    if at is None:
        return None
    members = read_branch(at)
    pieces = all(p.activation.piecewise_linear for p in circuit.populations)
    return branch(circuit, members).name if pieces else at


class _named:
    """Errors of the package that come out of the block say where they come from; their class stays."""

    def __init__(self, place: str) -> None:
        self.place = place

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, SymgameError) and error.args and not str(error).startswith(self.place):
            error.args = (f"{self.place}: {error}", *error.args[1:])


# -- findings ---------------------------------------------------------------------------------------------------------


def findings(papers: Iterable[tuple[Paper, Derivation]]) -> dict[str, Any]:
    """``findings.json``: the statements of all papers with their verdicts, in the order of the files.

    ``given`` are the hypotheses that the proof needed, those of the circuit among them; ``at`` is the branch at which
    numbers are read, if one was named; ``latex`` needs no macro.
    """
    return {
        "schema": 1,
        "symgame": __version__,
        "papers": [
            {
                "paper": paper.name,
                "title": paper.title,
                "reference": paper.reference,
                "circuit": paper.circuit.name,
                "statements": [_finding(paper, row, derivation) for row in derivation.claims],
            }
            for paper, derivation in papers
        ],
    }


def _finding(paper: Paper, claim: Claim, derivation: Derivation) -> dict[str, Any]:
    certificate = certificate_files(derivation).get(claim.id)
    assert claim.then is not None
    return {
        "id": claim.id,
        "says": claim.title,
        "given": list(claim.given),
        "then": claim.then,
        "at": claim.at,
        "verdict": claim.verdict.kind,
        "by": list(claim.verdict.by),
        "witness": documents.witness_document(claim.verdict),
        "reason": claim.verdict.reason if isinstance(claim.verdict, Undecided) else None,
        "certificate": None if certificate is None else f"{paper.name}/{certificate}",
        "latex": formula_latex(read_formula(claim.then), paper.circuit.presentation.expanded),
    }


# -- building ---------------------------------------------------------------------------------------------------------


def build(
    papers: Sequence[Paper],
    out: Path,
    *,
    with_pdf: bool = False,
    figures: bool = True,
    budget: int = DEFAULT_BUDGET,
    progress: Progress = lambda id, title: None,
) -> tuple[list[tuple[Paper, Derivation]], list[str]]:
    """Decide all papers and their sections, then write ``out/NAME/`` for each and ``out/findings.json``.

    Returns what was decided, and notes.

    Nothing is written before everything is decided and set, so that a mistake or an interrupt leaves the old files.
    """
    papers = [part for paper in papers for part in (paper, *paper.sections)]
    twice = [p.name for k, p in enumerate(papers) if any(p.name.lower() == q.name.lower() for q in papers[:k])]
    if twice:
        raise PaperError(f"two files are called {twice[0]!r}; their reports would overwrite each other.")
    rows = [(paper, decided(paper, budget=budget, progress=progress)) for paper in papers]
    ready: list[tuple[Path, dict[str, str | bytes]]] = []
    notes: list[str] = []
    for paper, derivation in rows:
        progress(paper.name, "setting the report")
        ready.append((out / paper.name, derivation_files(derivation, figures=figures, model="")))
    for directory, written in ready:
        files.replace_all(directory, written)
    files.write_all(out, {"findings.json": files.json_text(findings(rows))})
    for directory, written in ready if with_pdf else ():  # after everything else is safe: TeX may fail
        made = pdf.compiled(written)
        if made is not None:
            files.replace_all(directory, written | {"report.pdf": made})
        elif not notes:
            notes.append("no pdflatex was found, so report.pdf is not made")
    return rows, notes


def load(path: Path) -> Paper:
    """The paper in a Python file, which is executed as ``python FILE`` would, except for its last two lines."""
    specification = spec_from_file_location(path.stem, path) if path.suffix == ".py" and path.is_file() else None
    if specification is None or specification.loader is None:
        raise PaperError(f"{path}: a Python file with 'circuit' and 'statements' was expected.")
    module = module_from_spec(specification)
    try:
        specification.loader.exec_module(module)
    except Exception as error:  # the author's own code: whatever it raises is a mistake in that file
        at = next((f.lineno for f in reversed(extract_tb(error.__traceback__)) if f.filename == str(path)), None)
        place = f"{path.name}, line {at}" if at else path.name
        raise PaperError(f"{place}: {type(error).__name__}: {error}") from error
    return Paper.of(module)


def command(papers: Callable[[tuple[Path, ...]], list[Paper]], several: bool) -> click.Command:
    """The command that builds what ``papers`` yields; with ``several`` it takes the names of files."""

    def call(
        out: Path,
        with_pdf: bool,
        no_figures: bool,
        as_json: bool,
        quiet: bool,
        budget: int,
        paths: tuple[Path, ...] = (),
    ) -> int:
        with Shown(enabled=not as_json and not quiet) as shown:
            rows, notes = build(
                papers(paths), out, with_pdf=with_pdf, figures=not no_figures, budget=budget, progress=shown
            )
        for note in notes:
            click.echo(f"symgame: {note}", err=True)
        if as_json:
            click.echo(files.json_text(findings(rows)), nl=False)
        else:
            look = terminal.Look.of_output()
            for paper, derivation in rows:
                for line in terminal.statement_lines(paper.name, paper.title, derivation, look, quiet):
                    click.echo(line, color=look.colour)
            click.echo(f"{out / 'findings.json'}; a report of each paper in {out}/NAME/")
        return worst(claim.verdict.kind for _, derivation in rows for claim in derivation.claims)

    options: list[click.Parameter] = [
        click.Option(
            ["--out"], type=click.Path(path_type=Path), default=Path("papers-symgame"), show_default=True,
            help="Output directory.",
        ),
        click.Option(["--pdf", "with_pdf"], is_flag=True, help="Compile the reports too, when a TeX is installed."),
        click.Option(["--no-figures"], is_flag=True, help="Write no figures."),
        click.Option(["--json", "as_json"], is_flag=True, help="Print findings.json and nothing else."),
        click.Option(["--quiet"], is_flag=True, help="Print one line per paper."),
        click.Option(
            ["--budget"], type=click.IntRange(1_000, 10**9), default=DEFAULT_BUDGET, show_default=True,
            help="Solver steps a statement may take.",
        ),
    ]  # fmt: skip
    if several:
        options.append(click.Argument(["paths"], nargs=-1, type=click.Path(path_type=Path), metavar="[FILE.py]..."))
    help = "Decide the statements of papers: TeX, page, certificates for each, and one findings.json."
    return click.Command("papers", params=options, callback=call, help=help, context_settings=_HELP)


_HELP: dict[str, Any] = {"help_option_names": ["-h", "--help"]}


def main(module: str, argv: Sequence[str] | None = None) -> int:
    """The command line of the file of one paper, ``main(__name__)``; the exit status.

    0 when every statement is proved or cited, 1 when one is refuted, 3 when one is undecided, 2 for a mistake.
    """
    own = command(lambda paths: [Paper.of(sys.modules[module])], several=False)
    return run(own, sys.argv[1:] if argv is None else argv, Path(sys.modules[module].__file__ or module).name)


def build_all(directory: Path, argv: Sequence[str] | None = None) -> int:
    """The command line of a directory of papers: those named, or every Python file in it but ``__*__.py``."""

    def papers(paths: tuple[Path, ...]) -> list[Paper]:
        found = paths or tuple(sorted(p for p in directory.glob("*.py") if not p.name.startswith("__")))
        if not found:
            raise PaperError(f"{directory}: no Python file there; write one per paper.")
        return [load(path) for path in found]

    return run(command(papers, several=True), sys.argv[1:] if argv is None else argv, f"python -m {directory.name}")
