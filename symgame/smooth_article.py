"""Sections of an article on a smooth pair: its bifurcation sets as formulas, and its equilibria and points in numbers.

What is proved and what is numerical is said with each table.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import groupby

import sympy
from flint import arb

from symgame.bifurcation_conditions import BifurcationFormulas, bifurcation_formulas
from symgame.circuit import Circuit
from symgame.document import Block, Code, Display, Inline, Math, Paragraph, Section, Table, Text
from symgame.errors import Unsupported
from symgame.hopf_criticality import criticality, lyapunov_formula
from symgame.notation import symbol
from symgame.numeric import Solution, Solutions
from symgame.one_parameter import TYPES
from symgame.smooth_captions import KINDS
from symgame.smooth_pictures import SmoothNumbers, is_smooth_pair, smooth_numbers
from symgame.writing import Writer

DIGITS = 6
Row = tuple[str, str, Text]


def smooth_sections(circuit: Circuit, over: str | None) -> tuple[Section, ...]:
    """The sections on a smooth pair; none for another circuit.

    >>> from symgame.kinds import activation
    >>> pair = Circuit.from_matrix([["w_EE", "-w_EI"], ["w_IE", 0]], names="EI", activation=activation("tanh"))
    >>> [section.id for section in smooth_sections(pair, "w_EE")]
    ['bifurcations']
    """
    if not is_smooth_pair(circuit):
        return ()
    writer = Writer(circuit)
    blocks = tuple(_formulas(circuit.fixed(keep=(over,) if over else ()), writer))
    found = smooth_numbers(circuit, over)
    sections = [Section("bifurcations", "Bifurcation sets in closed form", blocks)] if blocks else []
    if found is not None:
        sections.append(Section("numbers", "Equilibria and bifurcations in numbers", tuple(_numbers(found, writer))))
    return tuple(sections)


# -- formulas ---------------------------------------------------------------------------------------------------------


def _formulas(circuit: Circuit, writer: Writer) -> Iterator[Block]:
    try:
        found = bifurcation_formulas(circuit)
    except Unsupported as error:
        yield Paragraph((f"No bifurcation formulas are written: {error}.",))
    else:
        yield from _curves(found, writer)
    try:
        formula = lyapunov_formula(circuit)
    except Unsupported as error:
        yield Paragraph((f"No first Lyapunov coefficient is written: {error}.",))
        return
    write = writer.expression
    rows: list[Row] = []
    for left, right in formula.lines():
        rows += [(left, right, ())] if left else []
        rows[-1] = rows[-1] if left else (rows[-1][0], f"{rows[-1][1]} {right}", ())
    yield Paragraph(
        (
            "At a Hopf point the sign of the first Lyapunov coefficient ",
            Math(r"\ell_1"),
            " tells a stable small cycle (negative: supercritical) from an unstable one (positive: subcritical); where "
            "it vanishes, a Bautin point. It is Kuznetsov's (Elements of Applied Bifurcation Theory, section 3.5), the "
            "eigenvector of norm 1, written for a pair; ",
            Math(r"\mu"),
            " are the shares of the populations in the mean square of the small cycle, and J is the Jacobian. The "
            "formula rests on that source; it is not proved here.",
        )
    )
    yield Display(tuple(rows))
    ratios: list[Row] = []
    for (_, r, q), (_, second, third) in zip(formula.gains, formula.in_rates, strict=True):
        ratios += [(write(r), write(second), ()), (write(q), write(third), ())]
    yield Paragraph(
        ("Here ", Math("r = \\phi''/\\phi'"), " and ", Math("q = \\phi'''/\\phi'"), " are functions of the rate, too:")
    )
    yield Display(tuple(ratios))


def _curves(found: BifurcationFormulas, writer: Writer) -> Iterator[Block]:
    circuit, write = found.circuit, writer.expression
    names = [formula.name for formula in found.formulas]
    yield Paragraph(
        (
            "The equilibria have no formula in the parameters, but their bifurcation sets do in the rates: with the "
            "gains ",
            Math(", ".join(write(s) for s in list(found.in_rates)[::2])),
            " as functions of the rates (",
            Math(", ".join(write(d) for d in list(found.in_rates)[1::2])),
            ", their derivatives), and the inputs that the rates are an equilibrium of,",
        )
    )
    rows: list[Row] = [(write(s), write(value), ()) for s, value in found.in_rates.items()]
    rows += [
        (writer.name(u).latex if u in circuit.symbols else rf"u_{{{writer.names(n)}}}", write(value), ())
        for u, n, value in zip(circuit.inputs, circuit.names, found.inputs, strict=True)
    ]
    yield Display(tuple(rows))
    if "fold" in names:
        yield Paragraph(("folds are where the determinant vanishes,",))
        yield _equation(found, "fold", writer)
    if "hopf" in names:
        yield Paragraph(("Hopf points where the trace vanishes while the determinant is positive,",))
        hopf = found["hopf"]
        squared = _squared(circuit, found)
        if sympy.cancel(squared.xreplace({hopf.left: hopf.right}) - found["omega squared"].right) != 0:
            raise AssertionError("the frequency is not the determinant of the Jacobian")  # pragma: no cover
        over = rf"{write(squared)} > 0"
        yield Display(((write(hopf.left), write(hopf.right), ()), (r"\omega^{2}", over, ())))
        yield Paragraph(("where both vanish, a Bogdanov–Takens point,",))
        yield _equation(found, "bogdanov-takens", writer)
    yield Paragraph(("and a fold is a cusp where",))
    yield _equation(found, "cusp", writer)
    yield Paragraph(
        (
            "Checked by exact algebra for this circuit: put back, the formula of the fold makes the determinant vanish "
            "identically, that of the Hopf curve the trace, and the square of the frequency is the determinant of the "
            "Jacobian there. A denominator must not be 0.",
        )
    )


def _squared(circuit: Circuit, found: BifurcationFormulas) -> sympy.Expr:
    """The determinant of the Jacobian, its factors left as they are."""
    s, W = list(found.in_rates)[::2], circuit.entries
    tau = circuit.populations[0].tau * circuit.populations[1].tau
    return ((1 - s[0] * W[0][0]) * (1 - s[1] * W[1][1]) - s[0] * s[1] * W[0][1] * W[1][0]) / tau


def _equation(found: BifurcationFormulas, name: str, writer: Writer) -> Display:
    formula, write = found[name], writer.expression
    if formula.left is None:
        return Display((("0", write(formula.right), ()),))
    return Display(((write(formula.left), write(formula.right), ()),))


# -- numbers ----------------------------------------------------------------------------------------------------------


def _numbers(found: SmoothNumbers, writer: Writer) -> Iterator[Block]:
    for k, (at, every) in enumerate(zip(found.at, found.equilibria, strict=False)):
        yield from _equilibria(found, at, every, writer, f"equilibria-{k + 1}")
    if found.equilibria:
        yield Paragraph(
            (
                f"Rates and eigenvalues are shown to {DIGITS} digits; ",
                Code("symgame equilibria --digits"),
                " gives as many as are asked for.",
            )
        )
    if found.diagram is not None:
        yield from _points(found, writer)
    if found.bifurcations is not None:
        yield from _set(found, writer)
    for left in found.left_out:
        yield Paragraph((f"Not computed: {left.name}, because {left.reason}.",))


def _at(found: SmoothNumbers, at: Fraction | None, writer: Writer) -> Text:
    """The value of the parameter; nothing where there is none."""
    if found.over is None or at is None:
        return ()
    return (" at ", Math(f"{writer.name(found.over).latex} = {at}"))


def _equilibria(
    found: SmoothNumbers, at: Fraction | None, every: Solutions, writer: Writer, id: str
) -> Iterator[Block]:
    circuit = found.circuit
    n = len(every.equilibria)
    where = _at(found, at, writer)
    proved = "proved to exist and to be the only one in its enclosure, and everything else excluded, by interval "
    how = f"{'It was' if n == 1 else 'Each was'} {proved}arithmetic."
    how = how if every.complete else f"Perhaps not all: {every.reason}."
    caption: Text = (f"The {'equilibrium' if n == 1 else f'{n} equilibria'}", *where, f". {how}")
    if n == 0:
        yield Paragraph(("There is no equilibrium", *where, "." if every.complete else f"; {every.reason}."))
        return
    head: tuple[Text, ...] = (
        *((Math(rf"x_{{{writer.names(p)}}}"),) for p in circuit.names),
        ("stability",),
        ("Nash",),
        ("eigenvalues",),
    )
    rows = tuple(_equilibrium(e, circuit) for e in every.equilibria)
    yield Table(id, caption, "l" * len(head), head, rows)


def _equilibrium(e: Solution, circuit: Circuit) -> tuple[Text, ...]:
    words = {True: "stable", False: "unstable", None: "undecided"}
    nash = {"global": "Nash", "local": "local Nash", "stationary": "only stationary", None: "undecided"}
    values = ", ".join(_complex(re, im) for re, im in e.eigenvalues if not im.startswith("-")) or r"\text{--}"
    return (
        *((Math(_short(e.decimals.get(n, e.state[n]))),) for n in circuit.names),
        (f"{words[e.stable]}, {e.type}",),
        (nash[e.nash],),
        (Math(values),),
    )


def _complex(re: str, im: str) -> str:
    """A real eigenvalue, or a pair by the one with a positive imaginary part."""
    return _short(re) if im == "0" else rf"{_short(re)} \pm {_short(im)}\,\mathrm{{i}}"


def _short(text: object) -> str:
    """A number to a few digits, in LaTeX.

    >>> _short("0.0212480001"), _short("1.5e-12"), _short(2)
    ('0.021248', '1.5\\\\cdot 10^{-12}', '2')
    """
    value = f"{float(str(text)) if not isinstance(text, Fraction) else float(text):.{DIGITS}g}"
    base, _, power = value.partition("e")
    return rf"{base}\cdot 10^{{{int(power)}}}" if power else base


def _points(found: SmoothNumbers, writer: Writer) -> Iterator[Block]:
    diagram, names = found.diagram, found.circuit.names
    assert diagram is not None
    over = writer.name(diagram.over)
    low, high = diagram.window
    within: Text = (Math(rf"{low} \le {over.latex} \le {high}"),)
    if not diagram.points:
        yield Paragraph(("No bifurcation point, and no change of Nash class, for ", *within, "."))
        return
    hopf = bool(diagram.of_type("hopf"))
    lyapunov = dict(zip((id(p) for p in diagram.of_type("hopf")), found.lyapunov, strict=True))
    rows: list[tuple[Text, ...]] = []
    for point in diagram.points:
        ball = lyapunov.get(id(point))
        kind: tuple[Inline, ...] = (TYPES[point.type],)
        if point.population:
            kind = ("Nash class of ", Math(writer.names(point.population)))
        if point.type == "hopf":
            said = None if ball is None else criticality(ball)  # None: the ball holds 0
            kind = (f"Hopf, {said or 'criticality undecided'}",)
        rates = ((Math(_short(point.state[n])),) for n in names)
        extra = (_middle(point.omega), _middle(ball)) if hopf else ()
        rows.append((kind, (Math(_short(point.value)),), *rates, *extra))
    how = (
        "Each was proved to exist and to be simple, and they are all, by interval arithmetic"
        + (", as are the frequencies and, by its formula, the sign of the first Lyapunov coefficient." if hopf else ".")
        if diagram.complete
        else f"Perhaps not all: {'; '.join(diagram.doubts)}."
    )
    caption: Text = ("Special points of the equilibria for ", *within, f". {how}")
    head: tuple[Text, ...] = (
        ("point",), (over,), *((Math(rf"x_{{{writer.names(n)}}}"),) for n in names),
        *(((Math(r"\omega"),), (Math(r"\ell_1"),)) if hopf else ()),
    )  # fmt: skip
    yield Table("special-points", caption, "l" * len(head), head, tuple(rows))


def _middle(ball: arb | None) -> Text:
    """The middle of a ball to a few digits; nothing where there is none."""
    return ("",) if ball is None else (Math(_short(float(ball.mid()))),)


def _set(found: SmoothNumbers, writer: Writer) -> Iterator[Block]:
    sets = found.bifurcations
    assert sets is not None
    names = found.circuit.names
    axes = [Math(_axis(name, found.circuit, writer)) for name in sets.plane]
    at = _at(found, found.at[-1], writer)
    pieces = ", ".join(
        f"{n} {'curve' if n == 1 else 'curves'} of {KINDS[kind]} points"
        for kind, n in ((k, len([*g])) for k, g in groupby(sorted(c.kind for c in sets.curves)))
    )
    where: Text = ("the plane of ", axes[0], " and ", axes[1], *at)
    kinds = ", ".join(KINDS[kind] for kind in sets.complete)
    all_of = f" All of these kinds are here, by construction: {kinds}." if kinds else ""
    doubts = f" Left open: {'; '.join(sets.open)}." if sets.open else ""
    yield Paragraph(("In ", *where, f" there are {pieces or 'no curves of bifurcations'}.{all_of}{doubts}"))
    if not sets.points:
        return
    head: tuple[Text, ...] = (
        ("point",), (axes[0],), (axes[1],), *((Math(rf"x_{{{writer.names(n)}}}"),) for n in names), ("evidence",),
    )  # fmt: skip
    rows: tuple[tuple[Text, ...], ...] = tuple(
        (
            (KINDS[point.kind],),
            *((Math(_short(v)),) for v in (*point.parameters, *point.rates)),
            (point.evidence,),
        )
        for point in sets.points
    )
    caption: Text = (
        "Points of higher order in ",
        *where,
        ". Isolated: proved to exist, and to be the only one in its ball; bracketed: the sign of its condition was "
        "proved on both sides; numerical: found in floating point.",
    )
    yield Table("higher-points", caption, "l" * len(head), head, rows)


def _axis(name: str, circuit: Circuit, writer: Writer) -> str:
    """An input is shown as the circuit writes it; one that is a number, by its default name."""
    return writer.name(name).latex if name in circuit.symbols else writer.expression(symbol(name))


