"""What a person reads in the terminal: plain text, tables by indentation, nothing computed."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import click

from symgame import syntax as s
from symgame.algebra import algebra
from symgame.chart import Chart
from symgame.claims import Claim, Listed
from symgame.derivation import Derivation
from symgame.frozen_gains import is_frozen
from symgame.global_stability import Answer, Stability
from symgame.grammar import read_formula
from symgame.numeric import Solutions
from symgame.proof.verdict import Cited, Refuted, Undecided
from symgame.shell import colourful, interactive
from symgame.solve import ratio_text
from symgame.statements import Checked
from symgame.words import BRANCH_WORDS, CIRCUIT_WORDS, READ_CONDITIONS, RESERVED


@dataclass(frozen=True)
class Look:
    """How lines are shown: the width they may have, whether in colour, whether on a terminal that a person sees, and
    whether with signs beyond ASCII."""

    width: int = 160
    colour: bool = False
    alive: bool = False
    unicode: bool = False

    @classmethod
    def of_output(cls) -> Look:
        """What standard output can show: a terminal's width and signs; else lines of up to 160 in plain ASCII.

        Names of the user's stay as they are.
        """
        colour, alive = colourful(sys.stdout, os.environ), interactive(sys.stdout, os.environ)
        width = shutil.get_terminal_size((100, 24)).columns if alive else cls.width
        unicode = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"
        return cls(max(width, 40), colour, alive, alive and unicode)

    def verdict(self, kind: str, text: str | None = None) -> str:
        """The word of a verdict (or ``text``) in its colour; the word is there without colour too."""
        shown = kind if text is None else text
        return click.style(shown, fg=COLOURS[kind]) if self.colour else shown

    def strong(self, text: str) -> str:
        return click.style(text, bold=True) if self.colour else text

    def short(self, text: str, used: int = 0) -> str:
        """The text cut to what is left of the line after ``used`` columns."""
        room, dots = max(self.width - used, 20), "…" if self.unicode else "..."
        return text if len(text) <= room else text[: room - len(dots)].rstrip() + dots

    def wrapped(self, text: str, first: str, rest: str) -> list[str]:
        """The text in lines of the width, ``first`` before the first of them and ``rest`` before the others."""
        return textwrap.wrap(
            text,
            self.width,
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [first.rstrip()]


PLAIN = Look()
COLOURS = {"proved": "green", "cited": "cyan", "refuted": "red", "undecided": "yellow"}
#: The topic of a claim is the first word of its id; these words belong to another's, as in the report.
_TOPICS = {"regime": "regimes", "energy": "nash"}


def derivation_lines(
    derivation: Derivation, directory: str, written: Iterable[str], look: Look = PLAIN, detail: str = "summary"
) -> Iterator[str]:
    """What ``derive`` prints: with ``detail`` "quiet" three lines, "summary" the tables, "claims" also one line per
    claim, "verbose" every claim with its hypotheses, engines and seconds.

    ``written`` are the names of the files in ``directory``.
    """
    names = list(written)
    if detail == "quiet":
        yield from _totals(derivation, directory, names)
        return
    if detail == "claims":
        yield from _claim_lines(derivation, look)
        yield ""
    elif detail == "verbose":
        for claim in derivation.claims:
            yield from _verbose_lines(claim, derivation.timings.get(claim.id), look)
        yield ""
    yield from _topic_table(derivation.claims, look)
    yield from _conditions(derivation, look)
    yield from _open_lines(derivation.claims, look)
    yield ""
    yield look.strong("written to " + directory)
    yield from _file_lines(names, look)
    yield ""
    yield from _totals(derivation, directory, names)


def _totals(derivation: Derivation, directory: str, names: list[str]) -> Iterator[str]:
    counts = ", ".join(f"{n} {kind}" for kind, n in derivation.counts.items() if n)
    over = f" along {derivation.over}" if derivation.over else ""
    yield f"{derivation.title}{over}: {len(derivation.claims)} claims, {counts}."
    if derivation.chart is not None:
        complete = "complete" if derivation.chart.complete else "not shown to be complete"
        patterns, orders = len(derivation.chart.regimes), len(derivation.chart.orders)
        ways = "1 order" if orders == 1 else f"{orders} orders"
        yield f"Regimes: {patterns} sign patterns ({complete}), {ways} of thresholds."
    yield f"{len(names)} files in {directory}"


def _claim_lines(derivation: Derivation, look: Look) -> Iterator[str]:
    width = max(len(c.id) for c in derivation.claims)
    for claim in derivation.claims:
        shown = look.short(claim.then or claim.title, 13 + width)
        yield f"{look.verdict(claim.verdict.kind, f'{claim.verdict.kind:9}')}  {claim.id:{width}}  {shown}"
        if isinstance(claim.verdict, Undecided):
            yield f"{'':9}  {'':{width}}  because: {claim.verdict.reason}"


def _verbose_lines(claim: Claim, seconds: float | None, look: Look) -> Iterator[str]:
    yield f"{look.verdict(claim.verdict.kind)}  {look.strong(claim.id)}"
    yield from look.wrapped(claim.title, "    ", "    ")
    if claim.then is not None:
        yield from look.wrapped(claim.then, "    claim  ", "           ")
    if claim.given:
        yield from look.wrapped(" ; ".join(claim.given), "    given  ", "           ")
    yield from _evidence_lines(claim, look)
    if claim.verdict.by:
        spent = "" if seconds is None else f", {seconds:.3f} s"
        yield f"    by     {', '.join(claim.verdict.by)}{spent}"


def _evidence_lines(claim: Claim, look: Look) -> Iterator[str]:
    """The witness of what is refuted, the reason of what is undecided, the source of what is cited."""
    match claim.verdict:
        case Refuted(witness=witness):
            at = ", ".join(f"{n} = {v}" for n, v in sorted(witness.items()))
            yield from look.wrapped(at, "    false at  ", "              ")
        case Undecided(reason=reason):
            yield from look.wrapped(reason, "    because  ", "             ")
        case Cited(source=source):
            yield f"    source {source}"


def _topic_table(claims: Iterable[Claim], look: Look) -> Iterator[str]:
    """How many claims of each topic have each verdict; a verdict that never occurs has no column."""
    rows: dict[str, Counter[str]] = {}
    for claim in claims:
        head = claim.id.split(".")[0]
        rows.setdefault(_TOPICS.get(head, head), Counter())[claim.verdict.kind] += 1
    kinds = [kind for kind in COLOURS if any(row[kind] for row in rows.values())]
    width = max(map(len, rows))
    yield look.strong(f"{'topic':{width}}" + "".join(f"  {kind:>9}" for kind in kinds))
    for topic, row in rows.items():
        last = max(k for k, kind in enumerate(kinds) if row[kind])
        cells = [f"{row[kind] or '':>9}" for kind in kinds[: last + 1]]
        yield f"{topic:{width}}" + "".join(f"  {look.verdict(k, c)}" for k, c in zip(kinds, cells, strict=False))


def _conditions(derivation: Derivation, look: Look) -> Iterator[str]:
    """The words of the circuit that were characterised, those with the same condition on one line.

    Words of the circuit as a whole, paradoxical responses, and the words of the branch with every population active:
    every claim that says in the circuit's symbols when one of them holds, with its verdict unless that is "proved".
    """
    birth = set(circuit_hypotheses(derivation))
    groups: dict[tuple[str, str, str], list[str]] = {}
    for claim in derivation.claims:
        said = _characterised(claim, derivation.circuit.names)
        if said is not None:
            given = " & ".join(g for g in claim.given if g not in birth)
            groups.setdefault((said[1], given, claim.verdict.kind), []).append(said[0])
    if not groups:
        return
    yield ""
    yield look.strong("holds exactly when")
    words = [", ".join(dict.fromkeys(row)) for row in groups.values()]
    width = min(max(map(len, words)), look.width // 2)
    for (condition, given, kind), shown in zip(groups, words, strict=True):
        mark = "" if kind == "proved" else f"  [{kind}]"
        tail = f"{condition}{f'  given {given}' if given else ''}"
        room = look.short(tail, width + 4 + len(mark))
        yield f"  {look.short(shown, look.width - width):{width}}  {room}{look.verdict(kind, mark) if mark else ''}"


def _characterised(claim: Claim, names: tuple[str, ...]) -> tuple[str, str] | None:
    """The word that a claim characterises and when it holds, when it is one for a glance."""
    known = claim.verdict.kind in ("proved", "cited")
    if claim.kind != "equivalence" or claim.then is None or claim.at is not None or not known:
        return None
    node = read_formula(claim.then)
    condition = "always"
    if isinstance(node, s.Iff):
        right = node.right
        if any(isinstance(part, s.Call | s.Name) and _word(part) in RESERVED for part in s.walk(right)):
            return None  # a relation between words: no answer in the circuit's symbols
        node, condition = node.left, str(right)
    elif isinstance(node, s.Not):
        node, condition = node.of, "never"
    whole = isinstance(node, s.Name) and node.id in CIRCUIT_WORDS
    full = f"({','.join(names)})"
    here = isinstance(node, s.Call) and node.name in BRANCH_WORDS and str(node).replace(" ", "").endswith(full)
    read_at_it = isinstance(node, s.Call) and node.name in READ_CONDITIONS
    return (str(node), condition) if whole or here or read_at_it else None


def _word(node: s.Call | s.Name) -> str:
    return node.name if isinstance(node, s.Call) else node.id


def circuit_hypotheses(derivation: Derivation) -> tuple[str, ...]:
    """The hypotheses that the circuit has by birth and by assumption: every claim has them, no claim repeats them."""
    return tuple(h.text for h in algebra(derivation.circuit).domain.hypotheses)


def _open_lines(claims: Iterable[Claim], look: Look) -> Iterator[str]:
    """Everything that is not true, each with its reason or witness."""
    rows = [c for c in claims if c.verdict.kind in ("undecided", "refuted")]
    if rows:
        yield ""
    for claim in rows:
        yield f"{look.verdict(claim.verdict.kind)}  {claim.id}"
        yield from _evidence_lines(claim, look)


def _file_lines(names: list[str], look: Look) -> Iterator[str]:
    """The files by name, directories by how many files they hold."""
    alone = sorted(name for name in names if "/" not in name)
    folders = Counter(name.split("/")[0] for name in names if "/" in name)
    shown = [*alone, *(f"{folder}/ ({n})" for folder, n in sorted(folders.items()))]
    yield from look.wrapped("  ".join(shown), "  ", "  ")


def statement_lines(name: str, title: str, derivation: Derivation, look: Look, quiet: bool = False) -> Iterator[str]:
    """The statements of a paper, one a line, with the witness or the reason of those that are not true."""
    counts = ", ".join(f"{n} {kind}" for kind, n in derivation.counts.items() if n)
    yield look.strong(f"{name}: {title}")
    for claim in () if quiet else derivation.claims:
        yield f"  {look.verdict(claim.verdict.kind, f'{claim.verdict.kind:9}')}  {look.short(claim.title, 13)}"
        yield from _evidence_lines(claim, look)
    yield f"  {len(derivation.claims)} statements, {counts}"
    if not quiet:
        yield ""


def _short(text: str, width: int = 160) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def check_lines(checked: Checked, look: Look = PLAIN) -> Iterator[str]:
    yield f"{look.verdict(checked.verdict.kind)}: {checked.statement}"
    if checked.given:
        yield f"  given: {' ; '.join(map(str, checked.given))}"
    yield f"  {checked.reason}"
    if isinstance(checked.verdict, Refuted):
        at = ", ".join(f"{n} = {v}" for n, v in sorted(checked.verdict.witness.items()))
        yield f"  witness: {at or 'the circuit itself, whose symbols all have values'}"
    if checked.slip:
        yield f"  slip: {checked.slip.sentence}"
        if checked.slip.formula != str(checked.statement):
            yield f"  right: {checked.slip.formula}"
    if checked.assumed:
        yield f"  assumed: {' ; '.join(checked.assumed)}"
    if checked.verdict.by:
        yield f"  by: {', '.join(checked.verdict.by)}"


LONGEST_RATE = 40  # characters of an exact rate in a line for people


def solutions_lines(solutions: Solutions) -> Iterator[str]:
    """How many, then each with its state; lazily, because eigenvalues of thousands take their time."""
    continua = sum(e.type == "continuum" for e in solutions.equilibria)
    isolated = len(solutions.equilibria) - continua
    more = f" and {continua} {'continuum' if continua == 1 else 'continua'}" if continua else ""
    all_ = "all of them" if solutions.complete else "not known to be all of them"
    yield f"{solutions.circuit.name}: {isolated} {'equilibrium' if isolated == 1 else 'equilibria'}{more}, {all_}"
    if solutions.reason:
        yield f"  because: {solutions.reason}"
    for e in solutions.equilibria:
        if e.type == "continuum":
            yield f"  ({e.branch})  {e.description}"
            continue
        rates = {n: f"= {v}" for n, v in e.decimals.items()} or {n: _rate(v) for n, v in e.state.items()}
        state = ", ".join(f"{n} {v}" for n, v in rates.items())
        if e.radius is not None:
            state += f"  (each +/- {e.radius}, proved)"
        open_ = "stability not computed" if e.strict else "stability not decided (a total input is on a kink)"
        open_ = "stability not decided" if e.type == "undecided" else open_
        stable = {True: "stable", False: "unstable", None: open_}[e.stable]
        yield f"  ({e.branch})  {state}"
        index = "not decided" if e.index is None else f"{e.index:+d}"
        yield f"      {e.type}, {stable}; Nash: {e.nash or 'not decided'}; index {index}"
        if e.eigenvalues:
            yield "      eigenvalues: " + ", ".join(_complex(re, im) for re, im in e.eigenvalues)
        if e.description:
            yield f"      {e.description}"


def _rate(value: Fraction) -> str:
    """``= 17/24``; a fraction too long to read is rounded, and said to be: the JSON has it exactly."""
    text = str(value)
    return f"= {text}" if len(text) <= LONGEST_RATE else f"~ {float(value):.15g}"


def _complex(re: str, im: str) -> str:
    if im == "0":
        return re
    sign, size = ("-", im[1:]) if im.startswith("-") else ("+", im)
    return f"{re} {sign} {size}i" if re != "0" else f"{'-' if sign == '-' else ''}{size}i"


def branches_lines(rows: list[Listed], complete: bool) -> Iterator[str]:
    if rows and rows[0].branch.circuit.copies:
        yield "equilibria in which the units of a group do the same; with all values given, all of them"
    for row in rows:
        branch = row.branch
        if row.continuum:
            yield f"({branch.name})  a continuum, det = 0"
        else:
            yield f"({branch.name})"
            for i in branch.increasing:
                yield f"    x_{branch.circuit.names[i]} = {ratio_text(branch.numerators[i], branch.determinant)}"
        yield f"    exists when {row.exists}"
    if not complete:
        yield "not complete: a condition, for a continuum on a large branch perhaps, was too large for the budget"


def stability_lines(stability: Stability) -> Iterator[str]:
    width = max(map(len, stability.answers))
    if is_frozen(stability.circuit):
        yield "words about the matrix I - W of the game; what is said globally rests on the slopes of the activations"
    for key, answer in stability.answers.items():
        if isinstance(answer.verdict, Undecided):
            yield f"{key:{width}} undecided: {answer.verdict.reason}"
            continue
        said = {True: "holds", False: "does not hold", None: f"iff {answer.condition}"}[answer.holds]
        given = f" given {' ; '.join(answer.given)}" if answer.given else ""
        source = f", {answer.verdict.source}" if isinstance(answer.verdict, Cited) else ""
        yield f"{key:{width}} {said}{given}  [{answer.verdict.kind}{source}]{_matrix_evidence(answer)}"
    for k, g in enumerate((stability.globally, *stability.others)):
        source = f", {g.source}" if g.source else ""
        yield f"{'also' if k else 'global':{width}} {g.statement}  [{g.verdict}{source}]"
        if g.hypotheses:
            yield f"{'':{width}} hypotheses: {'; '.join(g.hypotheses)}"


def _matrix_evidence(answer: Answer) -> str:
    """The certificate on the same line while it is short; a long one is in the JSON."""
    if answer.witness is not None:
        return f"  {answer.witness}"
    for name, value in (("P", answer.P), ("X", answer.X)):
        if value is None:
            continue
        whole = any(isinstance(row, tuple) for row in value)
        rows = [f"[{', '.join(row)}]" if isinstance(row, tuple) else str(row) for row in value]
        text = f"[{', '.join(rows)}]" if whole else f"diag({', '.join(rows)})"
        return f"  {name} = {text}" if len(text) <= 200 else f"  {name} found and verified (print it with --json)"
    return ""


#: What a chart of a smooth circuit says, and what it does not.
FROZEN = "at frozen gains: along a branch of equilibria the gains move with {over}, so that a true sequence may differ"


def chart_lines(chart: Chart) -> Iterator[str]:
    complete = "complete" if chart.complete else "NOT shown to be complete"
    yield f"Regimes along {chart.over}: {len(chart.regimes)} sign patterns, {complete}"
    if is_frozen(chart.circuit):
        yield FROZEN.format(over=chart.over)
    yield "thresholds:"
    for t in chart.thresholds:
        yield f"  {t.name:14} {_short(t.text, 300)}" + (f"   when {t.exists_when}" if t.exists_when != "true" else "")
    if chart.unsolved:
        yield f"  not solved for {chart.over}, so no orders are claimed: {', '.join(chart.unsolved)}"
    if chart.orders:
        yield "orders:"
    for o in chart.orders:
        yield f"  {' < '.join(o.order)}   when {o.when}"
        yield f"      {' -> '.join(o.sequence)}"
    yield "regimes:"
    for r in chart.regimes:
        signs = " ".join(f"{q}:{mark}" for q, mark in r.signs.items())
        label = f"{r.name} ({r.spectrum})" if r.spectrum and r.spectrum != r.name else r.name
        yield f"  {label:32} {signs}"
        yield f"      {_short(r.when, 300)}"
