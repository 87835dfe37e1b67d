"""The command line. Every heavy module loads inside the verb that needs it, so that ``--help`` is instant.

Exit status: 0 answered, 1 refuted (``check``), 2 bad input, 3 undecided, 4 internal error, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from symgame import __version__
from symgame.errors import FormulaError, HypothesisError, SymgameError, Unsupported
from symgame.grammar import read_formula

if TYPE_CHECKING:
    from symgame.circuit import Circuit

ANSWERED, REFUTED, BAD_INPUT, UNDECIDED, INTERNAL, INTERRUPTED = 0, 1, 2, 3, 4, 130
_STATUS = {"proved": ANSWERED, "cited": ANSWERED, "refuted": REFUTED, "undecided": UNDECIDED}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; every mistake is one line on standard error."""
    try:
        status = cli.main(args=list(argv if argv is not None else sys.argv[1:]), standalone_mode=False)
        return status if isinstance(status, int) else ANSWERED
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        return _fail(error.format_message(), BAD_INPUT)
    except (click.exceptions.Abort, KeyboardInterrupt):
        return _fail("interrupted; nothing was written", INTERRUPTED)
    except SymgameError as error:
        return _fail(str(error), UNDECIDED if isinstance(error, Unsupported) else BAD_INPUT)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has seen enough
        return ANSWERED
    except Exception as error:
        if os.environ.get("SYMGAME_DEBUG"):
            raise
        return _fail(
            f"internal error ({type(error).__name__}: {error}); set SYMGAME_DEBUG=1 for the traceback", INTERNAL
        )


def _fail(message: str, status: int) -> int:
    line = " ".join(message.split())
    click.echo(f"symgame: {line if len(line) <= 2000 else line[:2000] + '…'}", err=True)
    return status


def _options(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    table = {
        "json": click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output."),
        "set": click.option(
            "--set", "settings", multiple=True, metavar="NAME=VALUE", help="An exact value of a symbol."
        ),
        "budget": click.option(
            "--budget",
            type=click.IntRange(1_000, 10**9),
            default=1_000_000,
            show_default=True,
            help="Solver steps a claim may take.",
        ),
        "over": click.option("--over", metavar="PARAM", help="The parameter conditions are solved for."),
        "digits": click.option(
            "--digits", type=click.IntRange(1, 1000), default=15, show_default=True, help="Digits of decimals."
        ),
    }

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for name in reversed(names):
            function = table[name](function)
        return function

    return decorate


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="symgame")
def cli() -> None:
    """Firing-rate circuits as games: energies, equilibria, stability and regimes, derived exactly and proved.

    MODEL is the name of a built-in circuit (see `symgame list`) or the path of a TOML model file.
    """


def _open(model: str, settings: Iterable[str], over: str | None = None) -> Circuit:
    """The circuit with ``--set`` applied, its assumptions known to be consistent, ``--over`` one of its symbols."""
    from symgame.named import load
    from symgame.statements import check_domain

    circuit = load(model)
    values: dict[str, str] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals:
            raise click.UsageError(f"--set {setting[:60]!r}: write NAME=VALUE, as in --set w_EE=5/2")
        values[name.strip()] = value.strip()
    if values:
        circuit = circuit.with_values(**values)
    if over is not None and over not in circuit.symbols:
        known = ", ".join(circuit.symbols)
        raise click.UsageError(f"--over {over[:60]!a} is no symbol of the circuit (symbols: {known})")
    try:
        check_domain(circuit.fixed())
    except HypothesisError as error:
        raise HypothesisError(f"{model}: {error}", error.conflict) from None
    return circuit


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


def _emit(document: object) -> None:
    from symgame.report.files import json_text

    click.echo(json_text(document), nl=False)


@cli.command()
@click.argument("model")
@_options("over", "json", "set", "budget")
@click.option("--out", type=click.Path(path_type=Path), help="Output directory (default: ./NAME-symgame).")
@click.option("--no-figures", is_flag=True, help="Write no figures.")
@click.option("--pdf", "with_pdf", is_flag=True, help="Compile report.tex too, when a TeX is installed.")
@click.option("--quiet", is_flag=True, help="Print the summary only.")
def derive(
    model: str,
    over: str | None,
    as_json: bool,
    settings: tuple[str, ...],
    budget: int,
    out: Path | None,
    no_figures: bool,
    with_pdf: bool,
    quiet: bool,
) -> int:
    """The whole derivation: claims.json, report.tex and a certificate for every proof."""
    from symgame.derivation import derive as derive_circuit
    from symgame.output import OWNED, derivation_files
    from symgame.report import files, pdf, terminal

    circuit = _open(model, settings, over)
    with _progress(enabled=not as_json and not quiet) as progress:
        derivation = derive_circuit(circuit, over, budget=budget, progress=progress)
    directory = out or Path(files.directory_name(model if not model.endswith(".toml") else Path(model).stem))
    written = derivation_files(derivation, figures=not no_figures)
    if with_pdf:
        made = pdf.compiled(written)
        if made is None:
            click.echo("symgame: no pdflatex was found, so report.pdf is not made", err=True)
        else:
            written["report.pdf"] = made
    files.write_all(directory, written)
    for pattern in OWNED:
        files.remove_stale(directory, pattern, written)
    if as_json:
        click.echo(written["claims.json"], nl=False)
    else:
        lines = list(terminal.derivation_lines(derivation, str(directory), len(written)))
        _print(lines[-3:] if quiet else lines)
    return UNDECIDED if derivation.counts["undecided"] else ANSWERED


@cli.command()
@click.argument("model")
@_options("json", "set", "digits", "over")
def equilibria(model: str, as_json: bool, settings: tuple[str, ...], digits: int, over: str | None) -> int:
    """Branches with existence conditions; with all values given, every equilibrium exactly."""
    from symgame.numeric import free_symbols, solutions
    from symgame.report import documents, terminal

    circuit = _open(model, settings, over)
    if not free_symbols(circuit):
        found = solutions(circuit, digits)
        _emit(documents.solutions_document(found)) if as_json else _print(terminal.solutions_lines(found))
        return ANSWERED
    from symgame.claims import existing_branches

    rows, complete = existing_branches(circuit.fixed(), over)
    _emit(documents.branches_document(circuit, rows, complete)) if as_json else _print(
        terminal.branches_lines(rows, complete)
    )
    return ANSWERED if complete else UNDECIDED


@cli.command()
@click.argument("model")
@_options("json", "set", "over", "budget")
def stability(model: str, as_json: bool, settings: tuple[str, ...], over: str | None, budget: int) -> int:
    """P-matrix, Hurwitz, Lyapunov diagonal stability, Rosen, monotone, D-stable; and which global theorem applies."""
    from symgame.global_stability import stability as stability_of
    from symgame.report import documents, terminal

    found = stability_of(_open(model, settings, over), over, budget)
    _emit(documents.stability_document(found)) if as_json else _print(terminal.stability_lines(found))
    return UNDECIDED if any(a.verdict.kind == "undecided" for a in found.answers.values()) else ANSWERED


@cli.command()
@click.argument("model")
@_options("over", "json", "set")
def regimes(model: str, over: str | None, as_json: bool, settings: tuple[str, ...]) -> int:
    """The chart of regimes along a parameter: sign patterns, thresholds, their orders."""
    from symgame.chart import default_parameter
    from symgame.chart import regimes as chart_of
    from symgame.report import documents, terminal

    circuit = _open(model, settings, over)
    over = over or default_parameter(circuit)
    if over is None:
        raise click.UsageError(f"--over is needed: name one of the symbols {', '.join(circuit.symbols)}")
    chart = chart_of(circuit, over)
    _emit(documents.chart_document(chart)) if as_json else _print(terminal.chart_lines(chart))
    return ANSWERED if chart.complete else UNDECIDED


@cli.command(context_settings={"ignore_unknown_options": True})
@click.argument("model")
@click.argument("formula", required=False)
@click.option("--given", multiple=True, metavar="FORMULA", help="A hypothesis; may be repeated.")
@click.option("--at", metavar="B", help="The branch at which det, x(E), ... are read (default: all active).")
@click.option(
    "--file",
    "source",
    type=click.Path(path_type=Path),
    help="Many statements, one a line: FORMULA, or FORMULA given FORMULA; # begins a comment.",
)
@_options("json", "set", "budget")
def check(
    model: str,
    formula: str | None,
    given: tuple[str, ...],
    at: str | None,
    source: Path | None,
    as_json: bool,
    settings: tuple[str, ...],
    budget: int,
) -> int:
    """Is a hand-typed statement true of this circuit? Proved, refuted with an exact witness, or undecided."""
    from symgame.report import documents, terminal
    from symgame.statements import check as check_statement

    if (formula is None) == (source is None):
        raise click.UsageError("give one FORMULA, or --file FILE with many")
    statements = [(str(formula), given)] if source is None else _statements(source, given)
    for text, hypotheses in statements:  # a formula that cannot be read is refused before anything heavy loads
        read_formula(text)
        for hypothesis in hypotheses:
            read_formula(hypothesis, "the hypothesis")
    circuit = _open(model, settings)
    results = [check_statement(circuit, text, hypotheses, at=at, budget=budget) for text, hypotheses in statements]
    if as_json:
        rows = [documents.check_document(r) for r in results]
        _emit(rows[0] if source is None else {"results": rows})
    else:
        for result in results:
            _print(terminal.check_lines(result))
    kinds = {r.verdict.kind for r in results}
    return next((_STATUS[kind] for kind in ("refuted", "undecided") if kind in kinds), ANSWERED)


def _statements(source: Path, given: tuple[str, ...]) -> list[tuple[str, tuple[str, ...]]]:
    try:
        if source.stat().st_size > 1_000_000:
            raise FormulaError(f"{source}: more than a million bytes of statements; split the file.")
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FormulaError(f"{source}: cannot be read ({error}).") from None
    rows = []
    for line in text.splitlines():
        statement, _, hypothesis = line.split("#")[0].partition(" given ")
        if statement.strip():
            rows.append((statement.strip(), (*given, *([hypothesis.strip()] if hypothesis.strip() else []))))
    if not rows:
        raise FormulaError(f"{source}: no statement in the file; write one formula a line.")
    return rows


@cli.command(name="list")
@_options("json")
def list_circuits(as_json: bool) -> int:
    """The built-in circuits."""
    from symgame.named import NAMED

    if as_json:
        _emit([{"name": name, "description": text} for name, text in NAMED.items()])
    else:
        _print(f"{name}  {text}" for name, text in NAMED.items())
    return ANSWERED


class _progress:
    """What is being proved, on standard error, when that is a terminal; silent otherwise."""

    def __init__(self, enabled: bool) -> None:
        self.enabled = enabled and sys.stderr.isatty()
        self.status: Any = None

    def __enter__(self) -> Callable[[str, str], None]:
        if self.enabled:
            from rich.console import Console

            self.status = Console(stderr=True).status("reading the circuit")
            self.status.start()
        return self.report

    def report(self, id: str, title: str) -> None:
        if self.status is not None:
            from rich.markup import escape

            self.status.update(f"[bold]{escape(id)}[/bold]  {escape(title)}")

    def __exit__(self, *exc: object) -> None:
        if self.status is not None:
            self.status.stop()
