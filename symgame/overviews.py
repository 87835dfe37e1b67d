"""Tables that sum up many claims: the signs of all responses, the principal minors, the chart of regimes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from symgame.branches import full_branch
from symgame.chart import Chart, regime_meaning, regime_table
from symgame.circuit import Circuit
from symgame.claims import Claim
from symgame.derivation import Derivation
from symgame.document import Block, Cite, Inline, Math, Paragraph, Section, Table, Text
from symgame.errors import SymgameError
from symgame.grammar import read_formula
from symgame.nesting import nested_quotient
from symgame.proof.verdict import Proved
from symgame.properties import minors
from symgame.smooth_writing import about_chart
from symgame.typeset import formula_latex, latex_width
from symgame.writing import Writer

WIDEST_ROW = 56
MOST_PATTERNS = 60  # of a chart whose patterns are listed one by one


def minors_table(circuit: Circuit, writer: Writer) -> Table:
    """The principal minors with every population active: what stability is said in."""
    rows: list[tuple[Text, ...]] = []
    for populations, minor in minors.minors(full_branch(circuit)):
        name = ",".join(writer.names(circuit.names[i]) for i in populations)
        rows.append(((Math(rf"M_{{{name}}}"),), (writer.number(nested_quotient(minor)),)))
    caption = ("The principal minors of ", Math(r"\mathbf{A}"), " with every population active.")
    return Table("minors", caption, "ll", (("minor",), ("value",)), tuple(rows))


def response_tables(derivation: Derivation, writer: Writer) -> Iterator[Block]:
    """The table of signs: a rate in each row, an input in each column, from the claims on the signs."""
    circuit = derivation.circuit
    columns = [j for j, u in enumerate(circuit.inputs) if circuit.inputs.count(u) == 1]
    claims = {claim.id: claim for claim in derivation.claims}
    rows: list[tuple[Text, ...]] = []
    named: list[tuple[Text, ...]] = []
    for name in circuit.names:
        cells = [_sign_cell(claims, f"{name}.{circuit.inputs[j]}", writer) for j in columns]
        for k, cell in enumerate(cells):
            long = [part for part in cell if isinstance(part, Math) and part.node is not None]
            if long and latex_width(writer.style.without_macros(long[0].latex)) > WIDEST_ROW / len(columns):
                label = Math(f"C_{{{len(named) + 1}}}")
                named.append(((label,), tuple(long)))
                cells[k] = tuple(label if part is long[0] else part for part in cell)
        rows.append(((Math(rf"x_{{{writer.names(name)}}}"),), *cells))
    head: tuple[Text, ...] = (("rate",), *((writer.name(circuit.inputs[j]),) for j in columns))
    yield Paragraph(
        (
            "How the rates with every population active answer to the inputs ",
            Cite("LitwinKumar2016"),
            "; the determinant is positive wherever that branch is stable.",
        )
    )
    caption = (
        "Signs of the responses where ", Math(r"\det\mathbf{A} > 0"), ": a rate rises with an input exactly under the "
        "condition in its cell; ", Math("+"), ": always; ", Math("-"), ": it always falls; 0: no response; a condition "
        "marked ", Math(r"\downarrow"), " is when it falls, and it never rises. Proofs below.",
    )  # fmt: skip
    yield Table("responses", caption, "l" + "l" * len(columns), head, tuple(rows))
    if named:
        yield Table(
            "conditions",
            ("Conditions of the table of signs.",),
            "ll",
            (("condition",), ("holds exactly if",)),
            tuple(named),
        )


def _sign_cell(claims: Mapping[str, Claim], key: str, writer: Writer) -> Text:
    """What the claim on one sign says, as short as a cell."""
    claim = claims.get(f"response.sign.{key}")
    if claim is None:
        value = claims.get(f"response.{key}")
        return ("0",) if value is not None and (value.then or "").endswith(" = 0") else ("",)
    if claim.then is None or not isinstance(claim.verdict, Proved):
        return ("not decided",)
    falls = "< 0" in claim.then.split(" <=> ")[0]
    if " <=> " in claim.then:
        condition = writer.formula(claim.then.split(" <=> ", 1)[1])
        return (Math(r"\downarrow"), " ", condition) if falls else (condition,)
    if claim.then.startswith("~"):
        return ("0 or ", Math("+" if falls else "-"))
    return (Math("-" if falls else "+"),)


def pattern_table(chart: Chart, writer: Writer) -> Table:
    """Many patterns: one row for each name, with the signs that each quantity takes there."""
    labels = [q.label for q in chart.quantities]
    grouped: dict[str, list[dict[str, str]]] = {}
    for r in chart.regimes:
        grouped.setdefault(r.name.partition(": ")[2] or "none", []).append(r.signs)
    rows: list[tuple[Text, ...]] = []
    for name, patterns in sorted(grouped.items(), key=_place):
        marks = [" ".join(m for m in "-0+" if any(p[label] == m for p in patterns)) for label in labels]
        rows.append(((name,), *((Math(mark.replace(" ", r"\;")),) for mark in marks)))
    complete = "Every other pattern was proved impossible." if chart.complete else "They are not shown to be complete."
    caption = (
        f"The {len(chart.regimes)} sign patterns, by the populations that are paradoxical where the determinant is "
        f"positive, and the signs that occur; a matrix without a population stands for its determinant. {complete}"
    )
    short = [label.replace("det without", "without") for label in labels]
    head: tuple[Text, ...] = (("paradoxical",), *((quantity(writer, label),) for label in short))
    return Table("patterns", (caption,), "l" + "c" * len(labels), head, tuple(rows))


def _place(row: tuple[str, object]) -> tuple[object, ...]:
    """Where a row stands: no paradox first, then one population, two; at last determinants that are not positive."""
    name = row[0]
    return ("det" in name, name != "none", len(name.split(",")), name)


def quantity(writer: Writer, label: str) -> Inline:
    """The head of a column of signs: a word of the vocabulary, the matrix without a population, or the label itself."""
    if label.startswith("without "):
        return Math(rf"\mathbf{{A}}_{{-{writer.names(label.removeprefix('without '))}}}")
    try:
        return Math(formula_latex(read_formula(label), writer.names))
    except SymgameError:
        return label


def unmarked(text: str) -> str:
    """Where a word is explained, the matrix is that of the table."""
    return text.replace("-I + W with the time constants", "minus the matrix, with the time constants,").replace(
        "I - W", "the matrix"
    )


def chart_section(chart: Chart, writer: Writer, claimed: list[Section]) -> Section:
    """The chart of regimes: thresholds, their orders, sign patterns, and what the names mean."""
    over = writer.name(chart.over)
    blocks: list[Block] = [
        Paragraph(
            (
                "The signs of the quantities in the table of sign patterns decide the regime; the table lists every "
                "pattern that is possible along ",
                over,
                ".",
                *about_chart(chart.circuit, over),
            )
        )
    ]
    if chart.thresholds:
        rows = tuple(
            (
                (t.name,),
                (writer.number(t.text),),
                ((writer.formula(t.exists_when),) if t.exists_when != "true" else ("always",)),
            )
            for t in chart.thresholds
        )
        blocks.append(
            Table(
                "thresholds", ("Thresholds in ", over, "."), "lll", (("threshold",), ("value",), ("exists when",)), rows
            )
        )
    if chart.unsolved:
        blocks.append(
            Paragraph((f"Not solved for the parameter, so that no orders are claimed: {', '.join(chart.unsolved)}.",))
        )
    if chart.orders:
        blocks.append(
            Table(
                "orders",
                ("The possible orders of the thresholds, and the regimes met from the lowest value upwards.",),
                "lll",
                (("when",), ("order",), ("regimes",)),
                tuple(
                    ((writer.formula(o.when),), (" < ".join(o.order),), (" → ".join(map(_met, o.sequence)),))
                    for o in chart.orders
                ),
            )
        )
    if len(chart.regimes) > MOST_PATTERNS:
        blocks += [pattern_table(chart, writer), *(block for part in claimed for block in part.blocks)]
        return Section("regimes", "Regimes and their chart", tuple(blocks))
    labels = [q.label for q in chart.quantities]
    head: tuple[Text, ...] = (("regime",), *((quantity(writer, q),) for q in labels))
    body: list[tuple[Text, ...]] = []
    for r in chart.regimes:
        label = f"{r.name} ({r.spectrum})" if r.spectrum and r.spectrum != r.name else r.name
        body.append(((label,), *((Math(r.signs[q]),) for q in labels)))
    complete = (
        "All of them: every other pattern was proved impossible." if chart.complete else "Not shown to be complete."
    )
    blocks.append(
        Table("patterns", (f"Sign patterns and their regimes. {complete}",), "l" + "c" * len(labels), head, tuple(body))
    )
    names = tuple(
        ((name,), writer.prose(unmarked(regime_meaning(name, chart.circuit))))
        for name, _, _ in regime_table()
        if any(r.name == name for r in chart.regimes)
    )
    blocks.append(Table("regime-names", ("What the names of regimes mean.",), "ll", (("regime",), ("meaning",)), names))
    for section in claimed:
        blocks += section.blocks
    return Section("regimes", "Regimes and their chart", tuple(blocks))


def _met(entry: str) -> str:
    """The regimes that are possible between two thresholds; many of them mean that it was not decided which."""
    count = entry.count(" | ") + 1
    return entry if count <= 3 else f"one of {count} regimes, not decided which"
