"""What a report says of a smooth circuit besides: the gains, which matrix is meant where, what statements are about."""

from __future__ import annotations

from collections.abc import Iterator

from symgame.circuit import Circuit
from symgame.document import Block, Display, Inline, Math, Paragraph, Text
from symgame.frozen_gains import original, reach, readable, smooth
from symgame.writing import Writer

#: What words of a branch mean at an equilibrium of a smooth circuit.
AT_GAINS = {
    "hurwitz": "the Jacobian at an equilibrium there has only eigenvalues with negative real part",
    "stable": "the same: exponentially stable by linearisation",
    "local_nash": "every rate is a local minimiser of its own energy",
    "nash": "every rate is a global minimiser of its own energy",
}


def about_gains(circuit: Circuit, writer: Writer) -> Iterator[Block]:
    """How the statements on a smooth circuit are to be read; nothing for a piecewise-linear one."""
    if readable(circuit) == circuit:
        return
    names = [writer.names(circuit.names[i]) for i in smooth(circuit)]
    shown = ", ".join(f"s_{{{n}}}" for n in names)
    mixed = len(names) < len(circuit.names)
    yield Paragraph(
        (
            "The equilibria are an explicit map, not from inputs to rates but from rates to inputs: every choice of "
            "rates in the ranges of the activations is an equilibrium of exactly one input,",
        )
    )
    yield Display(((r"u", r"\phi^{-1}(x) - W x", ()),))
    parts: list[Inline] = [
        "Statements are about an equilibrium with the gains ",
        Math(shown),
        ", the slopes of the smooth activations there; the Jacobian and every response depend on nothing else. A "
        "statement that is proved for all gains in their ranges holds at every equilibrium for every input. ",
    ]
    if mixed:
        parts.append("The other populations are inside the named piece of their activation. ")
    parts.append(
        "With numbers for all symbols, symgame equilibria isolates every equilibrium in a certified enclosure."
    )
    yield Paragraph(tuple(parts))


def gain_notation(circuit: Circuit, writer: Writer) -> Iterator[tuple[Text, Text]]:
    """The gains with their ranges, and the two matrices."""
    for i in smooth(circuit):
        p = circuit.populations[i]
        name, found = writer.names(p.name), reach(original(p.activation))
        if found.upper is None:
            where = rf"0 < s_{{{name}}} < \infty"
        else:
            rel = r"\le" if found.attained else "<"
            where = rf"0 < s_{{{name}}} {rel} {writer.expression(found.upper)}"
        value = rf"s_{{{name}}} = \phi_{{{name}}}'"
        slope = ", the slope of its activation at the equilibrium: "
        yield (Math(value),), ("gain of ", Math(name), slope, Math(where))
    yield (Math(r"\mathbf{A} = I-SW"),), ("the matrix at an equilibrium, S the diagonal matrix of the gains",)
    words: Text = (Math(r"\mathbf{A} \in \mathrm{P}"), " and ", Math(r"\mathbf{A} \in \mathrm{LDS}"))
    yield (Math("I-W"),), ("the matrix of the game; in ", *words, " it is the one that is meant, whatever the gains")
    yield (Math(r"\mathbf{J}"),), ("the Jacobian of the dynamics at an equilibrium",)


def about_chart(circuit: Circuit, over: Inline) -> Text:
    """What a chart at frozen gains says, and what it does not; nothing for a piecewise-linear circuit."""
    if not smooth(circuit):
        return ()
    gains = ", ".join(f"s_{{{circuit.presentation.latex(circuit.names[i])}}}" for i in smooth(circuit))
    return (
        " The gains ",
        Math(gains),
        " are held: the chart says which regime an equilibrium with these gains is in. Along a branch of equilibria "
        "the gains move with ",
        over,
        ", so that a true sequence of regimes may differ from the orders below.",
    )
