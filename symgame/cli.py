"""The command line. Every heavy module loads inside the verb that needs it, so that ``--help`` is instant.

The exit statuses are those of :mod:`symgame.shell`.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from symgame import __version__
from symgame.errors import FormulaError, HypothesisError, ModelError
from symgame.exporting import FORMATS
from symgame.grammar import read_formula
from symgame.shell import ANSWERED, REFUTED, UNDECIDED, Progress, run, worst

if TYPE_CHECKING:
    from symgame.circuit import Circuit


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; every mistake is one line on standard error."""
    return run(cli, list(argv if argv is not None else sys.argv[1:]))


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

    MODEL is a built-in circuit, with its options if it has any (see `symgame list`), or the path of a model file (TOML)
    or of a matrix (.npy, .npz, .csv), or of a rate model for XPPAUT (.ode).
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
        if circuit.presentation.abbreviations is not None:
            from symgame.shape import abbreviations

            abbreviations(circuit)
    except HypothesisError as error:
        raise HypothesisError(f"{model}: {error}", error.conflict) from None
    except ModelError as error:
        raise type(error)(f"{model}: {error}") from None
    return circuit


def _note_kept(circuit: Circuit, over: str | None) -> None:
    """Say that the value of the parameter that results are solved for is not put in."""
    from symgame.chart import default_parameter

    kept = over or default_parameter(circuit)
    value = dict(circuit.values).get(str(kept))
    if value is not None:
        click.echo(
            f"symgame: {kept} = {value} is not put in: results are solved for {kept} (--over takes another symbol)",
            err=True,
        )


def _print(lines: Iterable[str], colour: bool = False) -> None:
    for line in lines:
        click.echo(line, color=colour)


def _emit(document: object) -> None:
    from symgame.report.files import json_text

    click.echo(json_text(document), nl=False)


@cli.command()
@click.argument("model")
@_options("over", "json", "set", "budget")
@click.option("--out", type=click.Path(path_type=Path), help="Output directory (default: ./NAME-symgame).")
@click.option("--no-figures", is_flag=True, help="Write no figures.")
@click.option("--pdf", "with_pdf", is_flag=True, help="Compile report.tex too, when a TeX is installed.")
@click.option("--quiet", is_flag=True, help="Print three lines.")
@click.option("--verbose", is_flag=True, help="Print every claim with its hypotheses, engines and seconds.")
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
    verbose: bool,
) -> int:
    """The whole derivation: report, page, checkers, figures, claims.json and a certificate for every proof."""
    from symgame.arrays import SUFFIXES
    from symgame.derivation import derive as derive_circuit
    from symgame.output import derivation_files
    from symgame.report import files, pdf, terminal

    if quiet and verbose:
        raise click.UsageError("--quiet and --verbose contradict each other; give one of them")
    circuit = _open(model, settings, over)
    _note_kept(circuit, over)
    with Progress(enabled=not as_json and not quiet) as progress:
        derivation = derive_circuit(circuit, over, budget=budget, progress=progress)
        progress.show(f"{len(derivation.claims)} claims", "setting the report")
        called = shlex.join([model, *(part for setting in settings for part in ("--set", setting))])
        written = derivation_files(derivation, figures=not no_figures, model=called)
        is_file = Path(model).suffix in (".toml", ".ode", *SUFFIXES)
        directory = out or Path(files.directory_name(Path(model).stem if is_file else model))
        files.replace_all(directory, written)
        if with_pdf:  # after everything else is safe: TeX may fail
            progress.show(f"{len(derivation.claims)} claims", "compiling report.tex")
            made = pdf.compiled(written)
            if made is None:
                click.echo("symgame: no pdflatex was found, so report.pdf is not made", err=True)
            else:
                written["report.pdf"] = made
                files.replace_all(directory, written)
    if as_json:
        click.echo(written["claims.json"], nl=False)
    else:
        look = terminal.Look.of_output()
        detail = "quiet" if quiet else "verbose" if verbose else "summary" if look.alive else "claims"
        _print(terminal.derivation_lines(derivation, str(directory), written, look, detail), look.colour)
    return UNDECIDED if derivation.counts["undecided"] else ANSWERED


@cli.command()
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(["pair", "triple", "saturating", "e-pv-sst-vip"]),
    help="A usual circuit: pair (the default), triple, a pair with bounded rates, or the one of four populations.",
)
@click.option(
    "--populations",
    metavar="E,I,...",
    help="Populations of your own; a type may follow, as in PV:inhibitory (else E... is excitatory, I... inhibitory).",
)
@click.option("--out", type=click.Path(path_type=Path), help="The file or directory to write (default: ./NAME.toml).")
@click.option("--force", is_flag=True, help="Replace the file when it exists.")
def init(name: str, kind: str | None, populations: str | None, out: Path | None, force: bool) -> int:
    """Write NAME.toml, a model file with every section explained, to start from."""
    from symgame import starter
    from symgame.modelfile import parse_model
    from symgame.report import files

    if kind is not None and populations is not None:
        raise click.UsageError("--kind and --populations contradict each other; give one of them")
    title = starter.title(name)
    path = out or Path(f"{title}.toml")
    if not str(path).isprintable():
        raise ModelError(f"--out {str(path)[:80]!a} has characters that no place should have; write a plain path.")
    path = path / f"{title}.toml" if path.is_dir() else path
    if path.suffix != ".toml":
        raise ModelError(f"{str(path)!a} does not end in .toml; a model file does, and so it is found by its name.")
    if (path.exists() or path.is_symlink()) and not force:
        raise ModelError(f"{path} exists; choose another name, or replace it with --force.")
    text = starter.model_file(title, starter.plan(kind, populations))
    parse_model(text, path.name)
    files.write_all(path.parent, {path.name: text})
    _print(starter.next_steps(path))
    return ANSWERED


@cli.command()
@click.argument("model")
@_options("json", "set", "digits", "over")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Stop after N equilibria (circuits with values).")
def equilibria(
    model: str, as_json: bool, settings: tuple[str, ...], digits: int, over: str | None, limit: int | None
) -> int:
    """Branches with existence conditions; with all values given, every equilibrium exactly.

    With a smooth activation every equilibrium is isolated with proof, to the digits asked for; power laws with whole
    exponents are solved exactly. Circuits of more than 30 populations are solved layer by layer where their couplings
    go one way; otherwise they get one equilibrium, found by pivoting. All are verified exactly.
    """
    from symgame.numeric import MOST_POPULATIONS, free_symbols, solutions
    from symgame.report import documents, terminal
    from symgame.supralinear import solved_exactly

    circuit = _open(model, settings, over)
    if not free_symbols(circuit):
        if len(circuit.populations) > MOST_POPULATIONS:
            from symgame.columns import column_solutions

            found = column_solutions(circuit, digits, limit=limit)
        else:
            with Progress() as progress:

                def told(share: float, seen: int) -> None:
                    progress.show(f"{seen} equilibria", f"{share:.1%} of the choices of pieces closed")

                found = solved_exactly(circuit, digits) or solutions(circuit, digits, limit=limit, progress=told)
        _emit(documents.solutions_document(found)) if as_json else _print(terminal.solutions_lines(found))
        return ANSWERED if found.complete else UNDECIDED
    if limit is not None:
        raise click.UsageError("--limit is for circuits whose symbols all have values; this one has free symbols")
    from symgame.claims import existing_branches

    rows, complete = existing_branches(circuit.fixed(), over)
    _emit(documents.branches_document(circuit, rows, complete)) if as_json else _print(
        terminal.branches_lines(rows, complete)
    )
    return ANSWERED if complete else UNDECIDED


@cli.command()
@click.argument("model")
@click.option("--from", "low", metavar="LOW", help="The least value of the parameter, exact (default: by rule).")
@click.option("--to", "high", metavar="HIGH", help="The greatest.")
@click.option("--cycles", is_flag=True, help="Add limit cycles from the Hopf points, by integration.")
@click.option("--out", type=click.Path(path_type=Path), help="A file for the picture: .png, .svg or .pdf.")
@_options("over", "json", "set")
def diagram(
    model: str,
    low: str | None,
    high: str | None,
    cycles: bool,
    out: Path | None,
    over: str | None,
    as_json: bool,
    settings: tuple[str, ...],
) -> int:
    """Every equilibrium of a smooth pair over one parameter, with folds, Hopf points and changes of Nash class."""
    from symgame.chart import default_parameter
    from symgame.diagram_cycles import with_cycles
    from symgame.one_parameter import diagram as diagram_of
    from symgame.report import diagrams, files

    if (low is None) != (high is None):
        raise click.UsageError("give both ends of the window, --from and --to, or neither")
    circuit = _open(model, settings, over)
    over = over or default_parameter(circuit)
    if over is None:
        raise click.UsageError(f"--over is needed: name one of the symbols {', '.join(circuit.symbols)}")
    format_ = diagrams.format_of(out) if out is not None else ""
    found = diagram_of(circuit, over, None if low is None else (low, high))
    if cycles:
        found = with_cycles(found)
    if out is not None:
        files.write_all(out.parent, {out.name: diagrams.drawn(found, format_)})
    _emit(diagrams.document(found)) if as_json else _print(diagrams.lines(found))
    return ANSWERED if found.complete else UNDECIDED


@cli.command()
@click.argument("model")
@click.option("--plane", default="u_E,u_I", show_default=True, metavar="P,Q", help="Two inputs or weights.")
@click.option("--points", type=click.IntRange(16, 100_000), default=1000, show_default=True, help="Points on a curve.")
@click.option("--no-regions", is_flag=True, help="Do not count the equilibria in the regions.")
@click.option("--out", type=click.Path(path_type=Path), help="A file for the picture: .png, .svg or .pdf.")
@_options("json", "set")
def bifurcations(
    model: str,
    plane: str,
    points: int,
    no_regions: bool,
    out: Path | None,
    as_json: bool,
    settings: tuple[str, ...],
) -> int:
    """Folds, Hopf curves, cusps, Bogdanov-Takens and Bautin points of a smooth pair over two parameters."""
    from symgame.bifurcation_regions import regions as regions_of
    from symgame.bifurcation_sets import bifurcation_set
    from symgame.report import bifurcations as report
    from symgame.report import files

    names = [name.strip() for name in plane.split(",")]
    if len(names) != 2:
        raise click.UsageError(f"--plane {plane[:60]!a}: write two names, as in --plane u_E,u_I")
    format_ = report.format_of(out) if out is not None else ""
    found = bifurcation_set(_open(model, settings), names, points)
    counted = [] if no_regions else regions_of(found)
    if out is not None:
        files.write_all(out.parent, {out.name: report.drawn(found, counted, format_)})
    _emit(report.document(found, counted)) if as_json else _print(report.lines(found, counted))
    return ANSWERED if not found.open and all(r.certified for r in counted) else UNDECIDED


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
    _note_kept(circuit, over)
    over = over or default_parameter(circuit)
    if over is None:
        raise click.UsageError(f"--over is needed: name one of the symbols {', '.join(circuit.symbols)}")
    chart = chart_of(circuit, over)
    _emit(documents.chart_document(chart)) if as_json else _print(terminal.chart_lines(chart))
    return ANSWERED if chart.complete else UNDECIDED


@cli.command()
@click.argument("model")
@click.option(
    "--axis",
    "axes",
    multiple=True,
    metavar="NAME=START:STOP:POINTS",
    help="Values of a symbol, exact, both ends included; or values with commas, as in w_EE=0,1/2,1. May be repeated.",
)
@click.option(
    "--quantity",
    "quantities",
    multiple=True,
    metavar="FORMULA",
    help="A condition, a number, or a word: count, stable, kinks, supports, regime, x(*), exists(*), ... Repeatable.",
)
@click.option("--paired", multiple=True, metavar="NAME,NAME", help="Axes that vary together along one dimension.")
@click.option("--at", metavar="B", help="The branch at which det, x(E), ... are read (default: all active).")
@click.option("--out", type=click.Path(path_type=Path), help="A file for the arrays: .csv, .npz or .nc (netCDF).")
@click.option("--store", type=click.Path(path_type=Path), help="A directory for finished chunks: a later call resumes.")
@click.option("--chunk", type=click.IntRange(1), metavar="N", help="Points in a chunk.")
@_options("json", "set")
def sweep(
    model: str,
    axes: tuple[str, ...],
    quantities: tuple[str, ...],
    paired: tuple[str, ...],
    at: str | None,
    out: Path | None,
    store: Path | None,
    chunk: int | None,
    as_json: bool,
    settings: tuple[str, ...],
) -> int:
    """Exact answers at every point of a grid of parameter values, as labelled arrays."""
    from symgame.report import files, sweeps
    from symgame.sweeps import sweep as sweep_circuit

    values: dict[str, str] = {}
    for text in axes:
        name, equals, along = (part.strip() for part in text.partition("="))
        if not equals or name in values:
            what = "is given twice" if name in values else "write NAME=START:STOP:POINTS, as in --axis w_EE=0:3:61"
            raise click.UsageError(f"--axis {text[:60]!a}: {what}")
        values[name] = along
    if out is not None:
        sweeps.check_suffix(out)
    circuit = _open(model, settings)
    with Progress() as progress:
        found = sweep_circuit(
            circuit,
            values,
            quantities,
            at=at,
            paired=paired,
            chunk=chunk,
            store=store,
            progress=lambda done, total: progress.show(f"{done} of {total} chunks", circuit.name),
        )
    if out is not None:
        files.write_all(out.parent, {out.name: sweeps.content(found, out)})
    _emit(sweeps.summary_document(found)) if as_json else _print(sweeps.summary_lines(found))
    return UNDECIDED if sweeps.unfinished(found) else ANSWERED


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
    """Is a hand-typed statement true of this circuit? Proved, refuted with an exact witness, or undecided.

    FORMULA is in the grammar of formulas, in LaTeX, or of SymPy (printed, or its srepr); which of them, shows.
    """
    from symgame.formulas import check as check_statement
    from symgame.formulas import language
    from symgame.report import documents, terminal

    if (formula is None) == (source is None):
        raise click.UsageError("give one FORMULA, or --file FILE with many")
    statements = [(str(formula), given)] if source is None else _statements(source, given)
    for text, hypotheses in statements:  # a formula that cannot be read is refused before anything heavy loads
        for said, what in ((text, "the formula"), *((h, "the hypothesis") for h in hypotheses)):
            if language(said) == "formula":
                read_formula(said, what)
    circuit = _open(model, settings)
    results = [check_statement(circuit, text, hypotheses, at=at, budget=budget) for text, hypotheses in statements]
    if as_json:
        rows = [documents.check_document(r) for r in results]
        _emit(rows[0] if source is None else {"results": rows})
    else:
        look = terminal.Look.of_output()
        for result in results:
            _print(terminal.check_lines(result, look), look.colour)
    return worst(r.verdict.kind for r in results)


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


@cli.command()
@click.argument("model")
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--map",
    "renamed",
    multiple=True,
    metavar="COLUMN=QUANTITY",
    help="What a column with another name is about; COLUMN=- leaves it out. Repeatable.",
)
@click.option("--digits", type=click.IntRange(1, 100), help="Digits that every number claims (default: those printed).")
@click.option("--rounded", is_flag=True, help="Parameters are rounded: uncertain by half a unit of their last digit.")
@click.option("--at", metavar="B", help="The branch that claims without a state are about (default: all active).")
@click.option("--listed", type=click.IntRange(1), metavar="N", help="Rows that are listed (default: 10000).")
@click.option("--out", type=click.Path(path_type=Path), help="A file for the verdicts: .html, .json or .csv.")
@_options("json", "set")
def verify(
    model: str,
    data: Path,
    renamed: tuple[str, ...],
    digits: int | None,
    rounded: bool,
    at: str | None,
    listed: int | None,
    out: Path | None,
    as_json: bool,
    settings: tuple[str, ...],
) -> int:
    """Somebody's numbers against the truth: a verdict on every row of a table (.csv, .csv.gz, .npz, .parquet).

    Columns are symbols of the circuit and claims: x_E, stable, type, eig1_re, eig1_im, nash, active, count, regime,
    hopf:w_EE, and every condition or number of `check`, such as lds or dx(E,u_I). With smooth activations (logistic,
    tanh, power, ...) equilibria are isolated with proof, row by row; critical values (hopf:w_EE) are not verified then.
    """
    from symgame.report import files, verification
    from symgame.verifying import LISTED
    from symgame.verifying import verify as verify_table

    names = _column_names(renamed, "--map rate_E=x_E")
    if out is not None:
        verification.check_suffix(out)
        verification.check_other(out, data)
    circuit = _open(model, settings)
    with Progress() as progress:

        def told(rows: int, share: float | None, seconds: float) -> None:
            left = f", {seconds * (1 / share - 1):.0f} s left" if share else ""
            progress.show(f"{rows} rows, {rows / max(seconds, 1e-9):.0f} rows/s{left}", circuit.name)

        found = verify_table(
            circuit, data, map=names, digits=digits, at=at, rounded=rounded, listed=listed or LISTED, progress=told
        )
    if out is not None:
        files.write_all(out.parent, {out.name: verification.content(found, out)})
    _emit(verification.document(found)) if as_json else _print(verification.lines(found))
    return REFUTED if found.refuted else ANSWERED if found.right else UNDECIDED


@cli.command()
@click.argument("model")
@click.argument("data", type=click.Path(path_type=Path))
@click.option(
    "--map",
    "renamed",
    multiple=True,
    metavar="COLUMN=NAME",
    help="What a column with another name is: a population, or t; COLUMN=- leaves it out. Repeatable.",
)
@click.option("--digits", type=click.IntRange(1, 17), help="Digits that every rate claims (default: those written).")
@click.option("--time-rounding", default="0", metavar="T", help="How far a written time may be off (default: 0).")
@_options("json", "set")
def trajectory(
    model: str,
    data: Path,
    renamed: tuple[str, ...],
    digits: int | None,
    time_rounding: str,
    as_json: bool,
    settings: tuple[str, ...],
) -> int:
    """A recorded time series (.csv, .npz, .parquet) against the rate equation, its equilibria and eigenvalues.

    Columns are t (or time), in the unit of the time constants, and every population by its name. How far a sample may
    be off is derived from the digits that are written; a slip that would explain a wrong recording is named. Circuits
    are piecewise linear: the flow of a smooth one is not enclosed.
    """
    from symgame.report import verification
    from symgame.trajectories import verify_trajectory

    circuit = _open(model, settings)
    found = verify_trajectory(
        circuit, data, digits=digits, time_rounding=time_rounding, map=_column_names(renamed, "--map E_rate=E")
    )
    _emit(verification.recording_document(found)) if as_json else _print(str(found).splitlines())
    return ANSWERED if found.right else UNDECIDED if found.outcome == "boundary" else REFUTED


def _column_names(renamed: Iterable[str], example: str) -> dict[str, str]:
    """What ``--map`` says of the columns of a table."""
    names: dict[str, str] = {}
    for text in renamed:
        header, equals, quantity = text.partition("=")
        if not equals or header.strip() in names:
            what = "is given twice" if equals else f"write it as in {example}"
            raise click.UsageError(f"--map {text[:60]!a}: {what}")
        names[header.strip()] = quantity.strip()
    return names


@cli.command()
@click.argument("directory", type=click.Path(path_type=Path))
@_options("json")
@click.option("--no-cvc5", is_flag=True, help="Ask z3 alone, even where cvc5 is installed.")
@click.option("--verbose", is_flag=True, help="Print every claim and what was found.")
def recheck(directory: Path, as_json: bool, no_cvc5: bool, verbose: bool) -> int:
    """Is what a derivation or a paper has written still so? Claims, certificates, formulas, code and hashes.

    Exit status 1: something is wrong, which is named; 3: something could not be rechecked.
    """
    from symgame.recheck_report import recheck_document, recheck_lines
    from symgame.rechecking import recheck as recheck_directory

    with Progress(enabled=not as_json) as progress:
        found = recheck_directory(directory, cvc5=not no_cvc5, progress=progress)
    _emit(recheck_document(found)) if as_json else _print(recheck_lines(found, verbose))
    return REFUTED if found.wrong else UNDECIDED if found.unchecked else ANSWERED


@cli.command(name="export")
@click.argument("model")
@click.option("--to", "form", required=True, type=click.Choice([*FORMATS]), help="The format.")
@click.option("--out", type=click.Path(path_type=Path), help="The file to write (default: standard output).")
@_options("set")
def export_circuit(model: str, form: str, out: Path | None, settings: tuple[str, ...]) -> int:
    """The circuit for another program: XPPAUT, NumPy, C, Julia, Mathematica, PyRates, SMT-LIB; its sources for BibTeX.

    Symbols with a number for a value are parameters with that value, the others parameters to be set.
    """
    from symgame.exporting import export
    from symgame.report import files

    text = export(_open(model, settings), form)
    if out is None:
        click.echo(text, nl=False)
    else:
        files.write_all(out.parent, {out.name: text})
    return ANSWERED


@cli.command(name="list")
@_options("json")
def list_circuits(as_json: bool) -> int:
    """The built-in circuits and their options, which are written NAME:OPTION,OPTION."""
    from symgame.named import listing, listing_document

    _emit(listing_document()) if as_json else _print(listing())
    return ANSWERED
