"""What a person reads in the terminal: plain text, tables by indentation, nothing computed."""

from __future__ import annotations

from collections.abc import Iterator

from symgame.chart import Chart
from symgame.claims import Listed
from symgame.derivation import Derivation
from symgame.global_stability import Stability
from symgame.numeric import Solutions
from symgame.proof.verdict import Refuted, Undecided
from symgame.solve import ratio_text
from symgame.statements import Checked


def derivation_lines(derivation: Derivation, directory: str, files: int) -> Iterator[str]:
    width = max(len(c.id) for c in derivation.claims)
    for claim in derivation.claims:
        shown = claim.then or claim.title
        yield f"{claim.verdict.kind:9}  {claim.id:{width}}  {_short(shown)}"
        if isinstance(claim.verdict, Undecided):
            yield f"{'':9}  {'':{width}}  because: {claim.verdict.reason}"
    counts = ", ".join(f"{n} {kind}" for kind, n in derivation.counts.items() if n)
    over = f" along {derivation.over}" if derivation.over else ""
    yield ""
    yield f"{derivation.circuit.name}{over}: {len(derivation.claims)} claims, {counts}."
    if derivation.chart is not None:
        complete = "complete" if derivation.chart.complete else "not shown to be complete"
        patterns, orders = len(derivation.chart.regimes), len(derivation.chart.orders)
        yield f"Regimes: {patterns} sign patterns ({complete}), {orders} orders of thresholds."
    yield f"{files} files in {directory}"


def _short(text: str, width: int = 160) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def check_lines(checked: Checked) -> Iterator[str]:
    yield f"{checked.verdict.kind}: {checked.statement}"
    if checked.given:
        yield f"  given: {' ; '.join(map(str, checked.given))}"
    yield f"  {checked.reason}"
    if isinstance(checked.verdict, Refuted):
        yield "  witness: " + ", ".join(f"{n} = {v}" for n, v in sorted(checked.verdict.witness.items()))
    if checked.assumed:
        yield f"  assumed: {' ; '.join(checked.assumed)}"
    if checked.verdict.by:
        yield f"  by: {', '.join(checked.verdict.by)}"


def solutions_lines(solutions: Solutions) -> Iterator[str]:
    continua = sum(e.type == "continuum" for e in solutions.equilibria)
    isolated = len(solutions.equilibria) - continua
    more = f" and {continua} {'continuum' if continua == 1 else 'continua'}" if continua else ""
    yield f"{solutions.circuit.name}: {isolated} {'equilibrium' if isolated == 1 else 'equilibria'}{more}, all of them"
    for e in solutions.equilibria:
        if e.type == "continuum":
            yield f"  ({e.branch})  {e.description}"
            continue
        state = ", ".join(f"{n} = {v}" for n, v in e.state.items())
        stable = {True: "stable", False: "unstable", None: "stability not decided (a total input is on a kink)"}[
            e.stable
        ]
        yield f"  ({e.branch})  {state}"
        yield f"      {e.type}, {stable}; Nash: {e.nash}; index {'not decided' if e.index is None else f'{e.index:+d}'}"
        if e.eigenvalues:
            yield "      eigenvalues: " + ", ".join(_complex(re, im) for re, im in e.eigenvalues)


def _complex(re: str, im: str) -> str:
    if im == "0":
        return re
    sign, size = ("-", im[1:]) if im.startswith("-") else ("+", im)
    return f"{re} {sign} {size}i" if re != "0" else f"{'-' if sign == '-' else ''}{size}i"


def branches_lines(rows: list[Listed], complete: bool) -> Iterator[str]:
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
        yield "not complete: some existence conditions were too large for the budget"


def stability_lines(stability: Stability) -> Iterator[str]:
    for key, answer in stability.answers.items():
        if answer.verdict.kind == "undecided":
            yield f"{key:9} undecided: {answer.verdict.reason}"  # type: ignore[union-attr]
            continue
        said = {True: "holds", False: "does not hold", None: f"iff {answer.condition}"}[answer.holds]
        evidence = f"  P = diag({', '.join(answer.P)})" if answer.P else f"  X = {answer.X}" if answer.X else ""
        yield f"{key:9} {said}  [{answer.verdict.kind}]{evidence}"
    g = stability.globally
    yield f"global    {g.statement}  [{g.verdict}{', ' + g.source if g.source else ''}]"
    if g.hypotheses:
        yield f"          hypotheses: {'; '.join(g.hypotheses)}"


def chart_lines(chart: Chart) -> Iterator[str]:
    complete = "complete" if chart.complete else "NOT shown to be complete"
    yield f"Regimes along {chart.over}: {len(chart.regimes)} sign patterns, {complete}"
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
