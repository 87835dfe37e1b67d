"""A derivation as an article: sections, propositions with their evidence and steps, tables, figures, sources.

What is said is decided here, once; the LaTeX and the HTML report only set it. Every formula keeps its tree in the
paper's shape, so that a back end may break it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources

import sympy

from symgame import dynamics, game
from symgame import syntax as s
from symgame.algebra import algebra
from symgame.branch_texts import named_determinant
from symgame.branches import Branch, equilibria, full_branch
from symgame.catalogue import MAX_LISTED_BRANCHES
from symgame.circuit import Circuit
from symgame.claims import Claim
from symgame.derivation import Derivation
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
from symgame.errors import SymgameError, Unsupported
from symgame.frozen_gains import readable
from symgame.grammar import read_formula
from symgame.letters import escaped
from symgame.nesting import nested
from symgame.overviews import chart_section, minors_table, response_tables, unmarked
from symgame.pieces import Z
from symgame.proof.verdict import Cited, Refuted, Undecided
from symgame.shape import leaves
from symgame.smooth_writing import AT_GAINS, about_gains, gain_notation
from symgame.solve import ratio_text
from symgame.typeset import formula_latex, latex_width
from symgame.unit_claims import kinds, possible
from symgame.unit_writing import costs, mode_blocks, one_activation, standing, total_input
from symgame.words import BRANCH_WORDS, CIRCUIT_WORDS
from symgame.writing import Writer

WIDEST_STATE = 30


def article(
    derivation: Derivation,
    certificates: Mapping[str, str] | None = None,
    pictures: Iterable[Picture] = (),
    notes: Iterable[Block] = (),
    results: Iterable[Section] = (),
) -> Article:
    """The article of a derivation; ``certificates`` maps ids of claims to files.

    ``results`` are sections after those of the claims. ``pictures`` are put at the end, followed by ``notes`` on what
    is not drawn.

    >>> from symgame.derivation import derive
    >>> from symgame.named import wilson_cowan
    >>> [section.id for section in article(derive(wilson_cowan())).sections][:3]
    ['setting', 'game', 'matrix']
    """
    writer = Writer(derivation.circuit)
    certificates = certificates or {}
    sections = [_setting(derivation, writer), *_topics(derivation, writer, certificates)]
    if derivation.chart is not None:
        sections.append(chart_section(derivation.chart, writer, [s for s in sections if s.id == "regimes"]))
        sections = [s for s in sections[:-1] if s.id != "regimes"] + sections[-1:]
    sections += results
    shown: tuple[Block, ...] = (*pictures, *notes)
    if shown:
        sections.append(Section("figures", "Figures", shown))
    keys = dict.fromkeys(_cited(derivation))
    listed = tuple(sources()[key] for key in keys if key in sources())
    return Article(derivation.title, _abstract(derivation, writer), tuple(sections), listed, writer.style.macros)


def _abstract(derivation: Derivation, writer: Writer) -> Text:
    counts = [f"{n} {kind}" for kind, n in derivation.counts.items() if n]
    over: Text = (" along ", writer.name(derivation.over)) if derivation.over else ()
    return (
        f"{len(derivation.claims)} statements on the circuit",
        *over,
        f": {', '.join(counts) or 'none'}. A statement is true if it holds for all values of its symbols under the "
        "standing hypotheses. Proved means by exact algebra or by a solver that found the negation unsatisfiable, its "
        "certificate named where there is one; refuted, at an exact point; cited, by a theorem of the literature whose "
        "hypotheses were proved here; what is undecided is not claimed.",
    )


def _cited(derivation: Derivation) -> Iterator[str]:
    for claim in derivation.claims:
        if claim.source is not None:
            yield from claim.source.split("; ")
    heads = {claim.id.split(".")[0] for claim in derivation.claims}
    for head, keys in _BACKGROUND.items():
        if head in heads:
            yield from keys
    if "response" in heads and len(derivation.circuit.names) > 2:
        yield "LitwinKumar2016"


#: What the methods of a section rest on.
_BACKGROUND = {
    "game": ("Betteti2025", "Moreau1965", "Rosen1965", "MondererShapley1996"),
    "matrix": ("Cross1978",),
    "count": ("FujisawaKuh1972",),
    "stability": ("LienardChipart1914",),
}


@cache
def sources() -> dict[str, Source]:
    """Every work the package may cite, by key."""
    text = resources.files("symgame").joinpath("library", "sources.toml").read_text(encoding="utf-8")
    return {row["key"]: Source(row["key"], row["text"], row.get("url")) for row in tomllib.loads(text)["source"]}


# -- setting ----------------------------------------------------------------------------------------------------------


def _setting(derivation: Derivation, writer: Writer) -> Section:
    circuit = derivation.circuit
    strength = "strength" if writer.style.weights == "magnitude" else "signed weight"
    blocks: list[Block] = [
        *(Paragraph(writer.prose(text)) for text in derivation.preface),
        Paragraph(
            (
                f"The circuit has {_count(len(circuit.names), 'population')}. ",
                *_populations(circuit, writer),
                *(standing(circuit, writer) if circuit.copies else ()),
                f" The {circuit.form} equations are",
            )
        ),
        Display(tuple(_equations(circuit, writer))),
        Paragraph(
            (
                Math("w_{ab}"),
                f" is the {strength} to ", Math("a"), " from ", Math("b"), "; ", Math(r"\phi"), " is the activation. ",
                *_hypotheses(circuit, writer),
            )
        ),
        *about_gains(circuit, writer),
        Table(
            "notation", ("Notation.",), "ll", (("symbol",), ("meaning",)), tuple(_notation(derivation, writer)),
        ),
        *_wide_definitions(writer),
    ]  # fmt: skip
    return Section("setting", "Setting and notation", tuple(blocks))


def _count(n: int, word: str) -> str:
    numbers = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return f"{numbers[n] if n < len(numbers) else n} {word}{'' if n == 1 else 's'}"


def _populations(circuit: Circuit, writer: Writer) -> Text:
    parts: list[Inline] = []
    for k, p in enumerate(circuit.populations):
        parts += [
            "" if k == 0 else ", ",
            Math(writer.names(p.name)),
            f": {p.type or 'signed weights'}, {p.activation.kind.replace('_', ' ')}",
        ]
    return (*parts, ".")


def _equations(circuit: Circuit, writer: Writer) -> Iterator[tuple[str, str, Text]]:
    total = dynamics.total_inputs(circuit)
    for i, p in enumerate(circuit.populations):
        name, tau = writer.names(p.name), writer.expression(p.tau)
        if circuit.form == "voltage":
            v = rf"v_{{{name}}}"
            inner = " ".join(
                _term(writer, circuit.W[i, j], rf"\phi_{{{writer.names(q)}}}(v_{{{writer.names(q)}}})")
                for j, q in enumerate(circuit.names)
                if circuit.W[i, j] != 0
            )
            drive = "" if p.input == 0 else _term(writer, p.input, "").strip()
            yield rf"{tau}\,\dot {v}", " ".join(part for part in (f"-{v}", inner, drive) if part), ()
        else:
            x = rf"x_{{{name}}}"
            inner = total_input(circuit, i, writer) if circuit.copies else writer.expression(total[i])
            yield rf"{tau}\,\dot {x}", rf"-{x} + \phi_{{{name}}}\bigl({inner}\bigr)", ()
    for p in circuit.populations[:1] if one_activation(circuit) else circuit.populations:
        name = "a" if one_activation(circuit) else writer.names(p.name)
        phi = p.activation.phi.xreplace({Z: sympy.Symbol("z", real=True)})
        yield rf"\phi_{{{name}}}(z)", writer.expression(phi), ()


def _term(writer: Writer, weight: sympy.Expr, factor: str) -> str:
    shown = writer.expression(weight)
    if isinstance(weight, sympy.Add):
        return rf"+ \left({shown}\right) {factor}"
    return rf"- {shown[1:].strip()} {factor}" if shown.startswith("-") else rf"+ {shown} {factor}"


def _hypotheses(circuit: Circuit, writer: Writer) -> Text:
    rows = algebra(circuit).domain.hypotheses
    if not rows:
        return ("No hypotheses are made.",)
    parts: list[Inline] = ["Standing hypotheses: "]
    for k, h in enumerate(rows):
        parts += ["" if k == 0 else ", ", writer.formula(h.text)]
    return (*parts, ".")


def _notation(derivation: Derivation, writer: Writer) -> Iterator[tuple[Text, Text]]:
    circuit = derivation.circuit
    n = circuit.names[0]
    a = algebra(circuit)
    yield (
        (Math("x_{a}"), ", ", Math("u_{a}"), ", ", Math(r"\tau_{a}")),
        ("rate, input and time constant of population ", Math("a")),
    )
    slopes = "" if a.matrix_name == "I - W" else ", S the diagonal matrix of the slopes"
    if readable(circuit) != circuit:
        yield from gain_notation(circuit, writer)
    elif a.pieces is None:
        yield (Math(r"\mathbf{A} = I - W"),), ("the matrix of the interaction",)
    else:
        yield (
            (Math(rf"\mathbf{{A}} = {a.matrix_name.replace(' ', '')}"),),
            (f"the matrix of the linear system; restricted to a branch where one is named{slopes}",),
        )
        yield (Math(r"\mathbf{J}"),), ("the Jacobian of the dynamics on a branch",)
    for name, node in _definitions(writer):
        equation = s.Relation((s.Name(name), node), ("=",))
        shown = Math(f"{writer.names(name)} = {formula_latex(node, writer.names)}", equation)
        if _is_wide(writer, shown):
            shown = Math(rf"{writer.names(name)} = \det\mathbf{{A}}")
        yield (shown,), ("abbreviation",)
    held = readable(circuit)
    if algebra(held).pieces is not None:
        if not any(name == "D" for name, _ in writer.shaper.definitions()):
            where = "on the branch" if held == circuit else "at an equilibrium"
            yield (Math(r"\det\mathbf{A}"),), (f"the determinant {where}",)
        if held == circuit or any(len(p.activation.pieces or ()) > 1 for p in held.populations):
            yield from _branch_notation(held, writer)
    energy = rf"E_{{{writer.names(n)}}}"
    yield (
        (Math(energy), ", ", Math(rf"\partial_{{{writer.names(n)}}}^{{2}} {energy}")),
        ("own energy of a population, and its curvature along its own rate",),
    )
    plain, of_branches = _used_words(derivation)
    for word, said in BRANCH_WORDS.items():
        if word in of_branches:
            node = read_formula(f"{word}({n})")
            meant = AT_GAINS[word] if held != circuit and word in AT_GAINS else unmarked(said)
            yield (Math(formula_latex(node, writer.names), node),), writer.prose(meant)
    for word, said in CIRCUIT_WORDS.items():
        if word in plain:
            node = read_formula(word)
            yield (Math(formula_latex(node, writer.names), node),), writer.prose(unmarked(said))


def _is_wide(writer: Writer, math: Math) -> bool:
    """Whether the definition of a determinant is too wide for a table, and stands in a display of its own."""
    whole = writer.determinant
    return (
        whole is not None
        and math.latex.startswith(f"{writer.names(whole)} =")
        and latex_width(writer.style.without_macros(math.latex)) > WIDEST_STATE
    )


def _wide_definitions(writer: Writer) -> Iterator[Block]:
    for name, node in _definitions(writer):
        body = formula_latex(node, writer.names)
        if _is_wide(writer, Math(f"{writer.names(name)} = {body}")):
            yield Paragraph(("Written out, with every population active,",))
            yield Display(((writer.names(name), body, ()),))


def _definitions(writer: Writer) -> Iterator[tuple[str, s.Formula]]:
    """The abbreviations, each in the shorter of two forms: by the other ones, or with common parts taken out."""
    values = {a.name: a.value for a in writer.shaper.abbreviations}
    for name, node in writer.shaper.definitions():
        value = values[name]
        short = writer.shaper.signed(nested(value.over)) if value.under.is_one() else node
        yield name, short if leaves(short) < leaves(node) else node


def _branch_notation(circuit: Circuit, writer: Writer) -> Iterator[tuple[Text, Text]]:
    labels = {piece.label for p in circuit.populations for piece in p.activation.pieces or ()}
    silent = ", the others silent; the empty one" if "silent" in labels else ""
    rows: Text = (writer.branch(",".join(circuit.names)),)
    yield (
        (*rows, ", ", writer.branch("")) if silent else rows,
        (f"branches: the populations on the active piece of their activation{silent}",),
    )
    marks = (("saturated", "m", "a population at its cap"), ("negative", "-", "one on its negative piece"))
    for label, mark, said in marks:
        if label in labels:
            name = next(p.name for p in circuit.populations if any(x.label == label for x in p.activation.pieces or ()))
            yield (writer.branch(f"{name}={mark}"),), (said,)


def _used_words(derivation: Derivation) -> tuple[set[str], set[str]]:
    """The words that stand alone, and those of a branch."""
    alone: set[str] = set()
    called: set[str] = set()
    for claim in derivation.claims:
        for text in (claim.then, *claim.given):
            if text is not None:
                for part in s.walk(read_formula(text)):
                    if isinstance(part, s.Name):
                        alone.add(part.id)
                    elif isinstance(part, s.Call):
                        called.add(part.name)
    return alone, called


# -- topics -----------------------------------------------------------------------------------------------------------

_TITLES = {
    "game": "The game",
    "symmetry": "Symmetry and modes",
    "modes": "Common and contrast modes",
    "matrix": "The matrix of the game",
    "contrast": "Gains of contrast",
    "winners": "Winners",
    "layers": "Layers",
    "depth": "Depth: what layers make of a difference",
    "equilibria": "Equilibria",
    "count": "How many equilibria",
    "stability": "Stability",
    "response": "Responses to inputs",
    "nash": "Nash equilibria",
    "energy": "Energies at the equilibrium",
    "regime": "Regimes",
    "regimes": "Regimes",
    "statement": "Statements",
}
_SAME_SECTION = {"regime": "regimes", "energy": "nash"}


def _topics(derivation: Derivation, writer: Writer, certificates: Mapping[str, str]) -> Iterator[Section]:
    """One section a topic, in the order of the claims; claims with the same first two words make one proposition."""
    grouped: dict[str, dict[str, list[Claim]]] = {}
    for claim in derivation.claims:
        head, *rest = claim.id.split(".")
        topic = _SAME_SECTION.get(head, head)
        key = _proposition_key(head, rest)
        grouped.setdefault(topic, {}).setdefault(key, []).append(claim)
    for topic, groups in grouped.items():
        blocks: list[Block] = [*_preface(topic, derivation, writer)]
        for key, claims in groups.items():
            statements = tuple(_statement(writer, c, certificates.get(c.id)) for c in claims)
            title = _PROPOSITIONS.get(f"{topic}.{key}") or _named(topic, key, claims)
            blocks.append(Proposition(f"{topic}.{key}", title, writer.prose(title), statements))
        yield Section(topic, _TITLES.get(topic, topic.capitalize()), tuple(blocks))


_PROPOSITIONS = {
    "symmetry.symmetry": "What the exchanges of populations say",
    "modes.modes": "The modes of the copies",
    "contrast.contrast": "What the circuit makes of a difference",
    "winners.winners": "Who wins, and when",
    "depth.depth": "The law of depth",
    "layers.layers": "The column and its layers",
    "game.dynamics": "The dynamics play the game",
    "game.own": "Own energies and best responses",
    "game.whole": "Potentials and monotonicity",
    "matrix.matrix": "P-matrices and Lyapunov diagonal stability",
    "equilibria.partition": "Pieces",
    "equilibria.possible": "The possible branches",
    "count.count": "Uniqueness, absence and multistability",
    "count.inputs": "Folds, saddles and oscillations that some input brings about",
    "equilibria.map": "The map from rates to inputs",
    "equilibria.gains": "Gains in the rates",
    "equilibria.jacobian": "Where the map folds",
    "stability.rates": "The same in the rates",
    "stability.numbers": "Trace, determinant and their zeros",
    "stability.circuit": "Stability across time constants",
    "response.inverse": "All responses at once",
    "response.paradoxical": "Paradoxical responses",
    "nash.implications": "Nash, stable and stationary",
    "nash.energy": "Energies at the equilibrium",
    "regimes.names": "The named regimes",
    "regimes.chart": "Completeness",
    "statement.statement": "Statements",
}
_OWN = ("curvature", "convex", "best-response", "cost-convex", "convex-everywhere")
_OF_INPUTS = ("saddle", "no-fold", "fold", "divergence", "oscillation-needs", "oscillation", "always-stable")
_NUMBERS = ("det", "trace", "fold", "node-focus", "hopf", "bogdanov-takens", "neutral-saddle")


def _proposition_key(head: str, rest: list[str]) -> str:
    first = rest[0] if rest else head
    match head:
        case "game":
            if first in ("pseudo-gradient", "rate-equation"):
                return "dynamics"
            return "own" if first in _OWN else "whole"
        case "equilibria" if first == "gain":
            return "gains"
        case "count":
            return "inputs" if first in _OF_INPUTS else head
        case "equilibria":
            return f"branch.{rest[1]}" if len(rest) > 1 else first
        case "stability":
            if first in ("hurwitz", "stable") and len(rest) > 1:
                return f"branch.{rest[1]}"
            return "numbers" if first in _NUMBERS else "rates" if first == "rates" else "circuit"
        case "response":
            if first in ("paradoxical", "without", "parity"):
                return "paradoxical"
            return "inverse" if first == "inverse" else f"input.{rest[-1]}" if rest else head
        case "nash" if first.startswith("paradoxical"):
            return "implications"
        case "nash":
            return f"branch.{rest[1]}" if len(rest) > 1 else "implications"
        case "energy":
            return "energy"
        case "regime":
            return "names"
        case "regimes":
            return "chart"
    return head


def _named(topic: str, key: str, claims: list[Claim]) -> str:
    """A title that names the branch or the input it is about, in plain letters."""
    kind, _, rest = key.partition(".")
    if kind == "branch":
        shown = "(" + ("" if rest == "none" else rest.replace("-", ", ").replace("=neg", "=-")) + ")"
        return {"equilibria": "The branch ", "stability": "Stability on ", "nash": "Nash on "}.get(topic, "") + shown
    if kind == "input":
        return f"Responses to {rest}"
    return claims[0].title


def _statement(writer: Writer, claim: Claim, certificate: str | None) -> Statement:
    math = None if claim.then is None else writer.with_determinant(writer.formula(claim.then), claim.at)
    given = tuple(writer.formula(g) for g in claim.given)
    at = None if claim.at is None else writer.branch(claim.at)
    title = claim.title.rstrip(".")
    word = None if claim.word is None else writer.formula(claim.word)
    lines = tuple(_lines(writer, claim))
    return Statement(claim, title, writer.prose(title), math, given, at, evidence(claim), certificate, word, lines)


def evidence(claim: Claim) -> Text:
    """The verdict and what it rests on."""
    verdict = claim.verdict
    by = ", ".join(verdict.by)
    match verdict:
        case Undecided(reason=reason):
            return (f"undecided: {reason}",)
        case Refuted(witness=witness):
            at = ", ".join(f"{n} = {v}" for n, v in sorted(witness.items()))
            return ("refuted at ", Code(at), f", re-evaluated by {by}")
        case Cited(source=source):
            first, *rest = map(Cite, source.split("; "))
            more = tuple(part for cite in rest for part in (" and ", cite))
            return ("cited: ", first, *more, f"; hypotheses proved by {by}")
    return (f"proved by {by}",) if by else ("proved",)


def _lines(writer: Writer, claim: Claim) -> Iterator[Line]:
    for step in claim.steps:
        math = None
        if step.formula is not None:
            math = writer.formula(step.formula)
        elif step.latex is not None:
            math = Math(step.latex)
        yield Line(math, "iff" if step.chained else "", writer.prose(step.reason))


# -- prefaces: what a section shows before its propositions -----------------------------------------------------------


def _preface(topic: str, derivation: Derivation, writer: Writer) -> Iterator[Block]:
    circuit = derivation.circuit
    if topic == "game":
        yield Paragraph(
            (
                "Each population chooses its own rate and pays an interaction cost and an activation cost ",
                Cite("Betteti2025"),
                ":",
            )
        )
        yield Display(tuple(_energies(circuit, writer)))
        yield from _best_responses(circuit, writer)
    if topic == "modes":
        yield from mode_blocks(circuit, writer)
    try:
        if topic == "equilibria" and algebra(circuit).pieces is not None:
            yield from _states(derivation, writer)
        held = readable(circuit)
        if topic == "stability" and algebra(held).pieces is not None:
            yield from _jacobian(held, writer)
            if any(claim.id.startswith("stability.necessary.") for claim in derivation.claims):
                yield minors_table(held, writer)
        if topic == "response" and len(circuit.names) > 2:
            yield from response_tables(derivation, writer)
    except Unsupported:
        return


def _energies(circuit: Circuit, writer: Writer) -> Iterator[tuple[str, str, Text]]:
    if circuit.copies:
        yield from costs(circuit, writer)
        return
    for i, p in enumerate(circuit.populations):
        name = writer.names(p.name)
        yield rf"E^{{\mathrm{{int}}}}_{{{name}}}", writer.expression(game.interaction_cost(circuit, i)), ()
        domain = writer.expression(p.activation.domain)
        cost = game.activation_cost(circuit, i)
        on: Text = ("on ", Math(rf"x_{{{name}}} \in {domain}"))
        yield rf"E^{{\mathrm{{act}}}}_{{{name}}}", writer.expression(cost), on
        yield (
            rf"F_{{{name}}} = \partial E^{{\mathrm{{int}}}}_{{{name}}}/\partial x_{{{name}}}",
            writer.expression(game.pseudo_gradient(circuit)[i]),
            (),
        )


def _best_responses(circuit: Circuit, writer: Writer) -> Iterator[Block]:
    """The minimisers of each own energy, case by case, for the kinds whose cases are closed."""
    for i in kinds(algebra(circuit)) if circuit.copies else range(len(circuit.names)):
        p = circuit.populations[i]
        cases = game.best_response(circuit, i)
        if cases[0].minimisers.startswith("argmin"):
            continue
        name = writer.names(p.name)
        copied = circuit.copies
        own = total_input(circuit, i, writer, own=False) if copied else writer.expression(game.others_input(circuit, i))
        yield Paragraph(
            (
                "The best response of ",
                Math(name),
                " to ",
                Math(rf"c_{{{name}}} = {own}"),
                ", its input from everything but itself:",
            )
        )
        left = rf"\operatorname{{BR}}_{{{name}}}(c_{{{name}}})"
        if len(cases) == 1:
            yield Display(((left, _case(writer, cases[0].minimisers, name).latex, ()),))
        else:
            rows = tuple((_case(writer, case.minimisers, name), _case(writer, case.when, name)) for case in cases)
            yield Cases(left, rows)


def _case(writer: Writer, text: str, name: str) -> Math:
    """A value or condition of a best response, c with the population below it; sentences stay sentences."""
    letter = game.received(writer.circuit)

    def names(symbol_name: str) -> str:
        return f"c_{{{name}}}" if symbol_name == letter else writer.names(symbol_name)

    condition = any(op in text for op in "<>=")
    if " and " in text and not condition:
        return Math(r"\text{ and }".join(_case(writer, part, name).latex for part in text.split(" and ")))
    try:
        node = read_formula(text if condition else f"{text} = 0")
    except SymgameError:
        return Math(rf"\text{{{escaped(text)}}}")
    if condition:
        return Math(formula_latex(writer.shaper.signed(node), names))
    value = node.terms[0] if isinstance(node, s.Relation) else node
    if isinstance(value, s.Name) and value.id not in (letter, *writer.circuit.symbols):
        return Math(rf"\text{{{escaped(text)}}}")
    return Math(formula_latex(writer.shaper.signed(value), names))


def _states(derivation: Derivation, writer: Writer) -> Iterator[Block]:
    circuit = derivation.circuit
    branches = possible(circuit) if circuit.copies else equilibria(circuit)
    if len(branches) > MAX_LISTED_BRANCHES:
        yield Paragraph(
            (f"The circuit has {len(branches)} branches; the one with every population active is treated in full.",)
        )
        branches = (full_branch(circuit),)
    said = {c.then.split(" <=> ")[0]: c.then.split(" <=> ")[-1] for c in derivation.claims if c.then is not None}
    rows = []
    for branch in branches:
        word = branch.word("exists")
        if branch.determinant.is_zero or f"~{word}" in said or named_determinant(branch):
            continue
        rows.append((_state(writer, branch), writer.formula(said.get(word, word))))
    if not rows:
        return
    yield Paragraph(("On each branch the state solves a linear system; it is an equilibrium where the branch exists:",))
    yield Cases(rf"({', '.join(f'x_{{{writer.names(n)}}}' for n in circuit.names)})", tuple(rows))


def _state(writer: Writer, branch: Branch) -> Math:
    """The state as a vector; one that is too wide for a line carries its equations, so that it may be broken."""
    names = branch.circuit.names
    texts = [ratio_text(branch.numerators[i], branch.determinant) for i in range(len(names))]
    vector = rf"\bigl({','.join(rf'{chr(92)}; {writer.number(text).latex}' for text in texts)}\;\bigr)"
    if latex_width(writer.style.without_macros(vector)) <= WIDEST_STATE:
        return Math(vector)
    return writer.formula(" & ".join(f"x({n}) = {text}" for n, text in zip(names, texts, strict=True)))


def _jacobian(circuit: Circuit, writer: Writer) -> Iterator[Block]:
    if 2 < len(circuit.names) <= 4 and circuit.form == "rate":
        names = [writer.names(n) for n in circuit.names]
        rates = ", ".join(rf"1/{writer.expression(p.tau)}" for p in circuit.populations)
        slopes = ", ".join(f"s_{{{n}}}" for n in names)
        unit = all(gain == algebra(circuit).one for gain in algebra(circuit).gains)
        inner = "W - I" if unit and algebra(circuit).matrix_name == "I - W" else "S W - I"
        yield Paragraph(("The Jacobian where every population is active is",))
        yield Display(
            (
                (r"\mathbf{J}", rf"\operatorname{{diag}}\bigl({rates}\bigr)\,({inner})", ()),
                ("W", writer.expression(circuit.W), ()),
                *((("S", rf"\operatorname{{diag}}({slopes})", ()),) if inner != "W - I" else ()),
            )
        )
        return
    if len(circuit.names) <= 4:
        matrix = writer.expression(sympy.Matrix(dynamics.jacobian(circuit)))
        slopes = ", ".join(f"s_{{{writer.names(n)}}}" for n in circuit.names)
        yield Paragraph(
            (
                "With ",
                Math(slopes),
                " for the slopes of the activations at the total inputs, the Jacobian is",
            )
        )
        yield Display(((r"\mathbf{J}", matrix, ()),))
