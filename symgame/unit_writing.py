"""A circuit with copies in a report: what each population stands for, its equations, the blocks of its modes."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from symgame import copies, game
from symgame.algebra import algebra
from symgame.circuit import Circuit
from symgame.document import Block, Display, Inline, Math, Paragraph, Text
from symgame.errors import Unsupported
from symgame.solve import quotient_text
from symgame.unit_claims import kinds
from symgame.writing import Writer


def standing(circuit: Circuit, writer: Writer) -> Text:
    """Which populations stand for how many: a sentence for the setting."""
    parts: list[Inline] = [" Some populations stand for several alike: "]
    for k, group in enumerate(circuit.copies):
        members = ", ".join(writer.names(name) for name in group.members)
        count = Math(count_latex(group.count, writer))
        parts += ["" if k == 0 else "; ", Math(f"({members})"), " is one of ", count, " units that do the same"]
    parts += [
        ". Branches and rates are those of equilibria in which the units of each group do the same; stability, Nash "
        "and the words on the matrix are about the circuit with every copy written out."
    ]
    return tuple(parts)


def total_input(circuit: Circuit, i: int, writer: Writer, own: bool = True) -> str:
    """What a population receives, in LaTeX: from its unit, from its copies, from others, and its input.

    Without ``own`` its own self-weight is left out: what it receives from everything but itself.
    """
    group_of = {name: group for group in circuit.copies for name in group.members}
    name = circuit.names[i]
    inside: list[str] = []
    outside: list[str] = []
    for j, source in enumerate(circuit.names):
        group, entry = group_of.get(source), circuit.entries[i][j]
        rate = rf"x_{{{writer.names(source)}}}"
        if group is None or name in group.members:
            weight = circuit.own(i) if i == j else entry
            if group is not None and i != j:
                side = group.lateral[group.members.index(name), group.members.index(source)]
                weight = sympy.expand(entry - (group.count - 1) * side)
            if own or i != j:
                inside += _term(writer, sympy.Integer(1), weight, rate)
        if group is not None and name in group.members:
            side = group.lateral[group.members.index(name), group.members.index(source)]
            outside += _term(writer, group.count - 1, side, rate)
        elif group is not None:
            outside += _term(writer, group.count, sympy.cancel(entry / group.count), rate)
    drive = _term(writer, sympy.Integer(1), circuit.populations[i].input, "")
    return " ".join((*inside, *outside, *drive)).removeprefix("+ ") or "0"


def one_activation(circuit: Circuit) -> bool:
    """Whether all populations of a circuit with copies have one activation, which is written once."""
    return bool(circuit.copies) and len({p.activation for p in circuit.populations}) == 1


def costs(circuit: Circuit, writer: Writer) -> Iterator[tuple[str, str, Text]]:
    """Interaction cost, activation cost and pseudo-gradient of one neuron of each kind."""
    for i in kinds(algebra(circuit)):
        name = writer.names(circuit.names[i])
        paid, slope = energies(circuit, i, writer)
        yield rf"E^{{\mathrm{{int}}}}_{{{name}}}", paid, ()
        domain = writer.expression(circuit.populations[i].activation.domain)
        cost = writer.expression(game.activation_cost(circuit, i))
        on = rf"\quad\text{{on }} x_{{{name}}} \in {domain}"
        yield rf"E^{{\mathrm{{act}}}}_{{{name}}}", rf"{cost} {on}", ()
        yield rf"F_{{{name}}} = \partial E^{{\mathrm{{int}}}}_{{{name}}}/\partial x_{{{name}}}", slope, ()


def energies(circuit: Circuit, i: int, writer: Writer) -> tuple[str, str]:
    """The interaction cost of one neuron, and its derivative along its own rate, in LaTeX."""
    x = rf"x_{{{writer.names(circuit.names[i])}}}"
    others = total_input(circuit, i, writer, own=False)
    k = writer.expression(1 - circuit.own(i))
    single = not isinstance(1 - circuit.own(i), sympy.Add)
    k = "" if k == "1" else k if single else rf"\left({k}\right)"
    loose = others.count(" + ") + others.count(" - ") + others.startswith("- ")
    grouped = rf"\left({others}\right)" if loose else others
    cost = rf"\tfrac{{1}}{{2}} {k} {x}^2"
    return (cost, f"{k} {x}") if others == "0" else (rf"{cost} - {x} {grouped}", rf"{k} {x} - {grouped}")


def count_latex(count: sympy.Expr, writer: Writer) -> str:
    """A number of copies, what is added in front of what is taken away."""
    terms = sorted(sympy.Add.make_args(count), key=lambda t: (t.could_extract_minus_sign(), t.is_number, str(t)))
    shown = [writer.expression(t) for t in terms]
    return " ".join((shown[0], *(f"- {t[1:].strip()}" if t.startswith("-") else f"+ {t}" for t in shown[1:])))


def _term(writer: Writer, count: sympy.Expr, weight: sympy.Expr, factor: str) -> list[str]:
    if weight == 0 or count == 0:
        return []
    shown = writer.expression(weight)
    sign = "+"
    if shown.startswith("-") and not isinstance(weight, sympy.Add):
        sign, shown = "-", shown[1:].strip()
    if isinstance(weight, sympy.Add) and (count != 1 or factor):
        shown = rf"\left({shown}\right)"
    many = count_latex(count, writer)
    many = "" if count == 1 else rf"\left({many}\right)" if isinstance(count, sympy.Add) else many
    shown = "" if weight in (1, -1) and (many or factor) else shown
    return [f"{sign} " + " ".join(part for part in (many, shown, factor) if part)]


def mode_blocks(circuit: Circuit, writer: Writer) -> Iterator[Block]:
    """The blocks of I - F W: the common mode, and the contrast of each group."""
    a = algebra(circuit)
    try:
        parts = copies.blocks(a, copies.merged(a, a.gains))
    except Unsupported:
        return
    m, rows = parts[0], []
    names = [circuit.names[i] for i in m.rows]
    shown = [("common", m.W, m.slopes, names)]
    for g in m.groups:
        slopes = tuple(m.slopes[i] for i in g.members)
        inner = tuple(map(tuple, copies.contrast(m.W, g)))
        shown.append(("contrast", inner, slopes, [names[i] for i in g.members]))
    for kind, W, slopes, members in shown:
        matrix = copies.interaction(a, W, slopes)
        cells = r" \\ ".join(" & ".join(writer.number(quotient_text(q)).latex for q in row) for row in matrix)
        people = ", ".join(writer.names(name) for name in members)
        label = rf"\mathbf{{A}}_{{\mathrm{{{kind}}}}}"
        rows.append((label, rf"\begin{{pmatrix}} {cells} \end{{pmatrix}}", (Math(f"({people})"),)))
    layer = " The blocks of the first layer:" if len(parts) > 1 else ""
    yield Paragraph(
        (
            "When the units of all groups do the same, they move by the common block; a difference between two units "
            f"moves by the contrast block, whatever the others do.{layer}",
        )
    )
    yield Display(tuple(rows))
