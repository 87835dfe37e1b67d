"""What is asked of a circuit with copies of units: its modes, gains of contrast, winners. Nothing here holds an answer.

Two groups of like units compete: their common mode and their contrast are asked for their gains, and the branches in
which one group is silent for who wins, when, and whether that is stable and Nash.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product

from symgame import branch_texts, copies, depth_claims, feedback_claims, game_claims, matrix_claims, steps
from symgame.algebra import Algebra, algebra
from symgame.branches import Branch, full_branch
from symgame.circuit import Circuit
from symgame.claims import Draft
from symgame.condition import terms
from symgame.errors import BudgetExceeded, CircuitError, Unsupported
from symgame.groups import upstream
from symgame.layering import Layers, layers
from symgame.nesting import nested_text
from symgame.proof.decide import EXACT
from symgame.proof.reduce import Reducer
from symgame.proof.solver import ENGINE
from symgame.proof.verdict import Proved, Undecided
from symgame.properties import count, nash, response, stability
from symgame.ratio_map import contrast_map
from symgame.ring import Quotient, determinant, schur
from symgame.solve import quotient_text
from symgame.steps import Step

#: Branches of one more block of couplings that are tried, and terms of a condition that is printed.
MOST_BRANCHES, MOST_SHOWN = 3**6, 120


@dataclass(frozen=True)
class Rivals:
    """Two groups of like units, by index: ``one[k]`` and ``other[k]`` are the same member of a unit."""

    one: tuple[int, ...]
    other: tuple[int, ...]

    def swapped(self, places: tuple[int, ...]) -> tuple[int, ...]:
        """The pieces of a branch with the two groups exchanged."""
        partner = dict(zip((*self.one, *self.other), (*self.other, *self.one), strict=True))
        return tuple(places[partner.get(i, i)] for i in range(len(places)))

    def driven(self, circuit: Circuit) -> tuple[tuple[int, int], ...]:
        """The members that have inputs of their own in either group."""
        inputs = circuit.inputs
        return tuple(
            (a, b)
            for a, b in zip(self.one, self.other, strict=True)
            if inputs[a] != inputs[b]
            and all(circuit.populations[i].input.is_Symbol and inputs.count(inputs[i]) == 1 for i in (a, b))
        )


def rivals(a: Algebra) -> Rivals | None:
    """The first two groups whose units may be exchanged, inputs apart."""
    m = copies.merged(a, (a.one,) * a.n)
    for one, other in combinations(a.groups, 2):
        kept = [g for g in (one, other) if any(i in m.rows for i in g.members)]
        if len(kept) == 1 and copies.alike(a, one, other):
            return Rivals(one.members, other.members)
    return None


@cache
def possible(circuit: Circuit) -> tuple[Branch, ...]:
    """The branches that are not excluded by the domain alone, fewest active populations first.

    Block after block of the couplings, upstream first: what is impossible for the circuit upstream stays impossible.

    >>> from symgame.named import named
    >>> [b.name for b in possible(named("lateral-inhibition"))]
    ['', 'E1,I1', 'E2,I2', 'E1,I1,E2,I2']
    """
    a = algebra(circuit)
    rows = a.linear_pieces()
    order: list[int] = []
    found: list[dict[int, int]] = [{}]
    for part in copies.blocks(a, copies.Merged(a.W, (a.one,) * a.n, a.tau, a.groups, tuple(range(a.n)))):
        order += part.rows
        smaller = upstream(circuit, sorted(order))
        reducer = Reducer(algebra(smaller).domain)
        kept = []
        choices = list(product(*(range(len(rows[i])) for i in part.rows)))
        if len(found) * len(choices) > MOST_BRANCHES:
            raise Unsupported(f"more than {MOST_BRANCHES} branches to exclude; give some symbols values")
        for known, choice in product(found, choices):
            places = known | dict(zip(part.rows, choice, strict=True))
            branch = Branch(smaller, tuple(places[i] for i in sorted(order)))
            if not reducer.impossible(branch.exists):
                kept.append(places)
        found = kept
    branches = [Branch(circuit, tuple(places[i] for i in range(a.n))) for places in found]
    return tuple(sorted(branches, key=lambda b: (len(b.name.split(",")) if b.name else 0, [-p for p in b.places])))


def listed(circuit: Circuit) -> tuple[Branch, ...]:
    """The possible branches, one of each two that become each other when rival groups are exchanged."""
    pair = rivals(algebra(circuit))
    kept: list[Branch] = []
    for branch in possible(circuit):
        if pair is None or not any(b.places == pair.swapped(branch.places) for b in kept):
            kept.append(branch)
    return tuple(kept)


def key_of(branch: Branch) -> str:
    return branch.name.replace(",", "-").replace("=-", "=neg") or "none"


def drafts(circuit: Circuit) -> Iterator[Draft]:
    """Every draft, section by section; what the circuit does not allow is said once."""
    column = column_of(circuit)
    for section in _SECTIONS if column is None else _OF_COLUMN:
        try:
            yield from section(circuit)
        except (Unsupported, BudgetExceeded) as error:
            name = section.__name__.removeprefix("of_")
            yield Draft(name, f"The claims on {name}", "fact", verdict=Undecided(str(error)))


def column_of(circuit: Circuit) -> Layers | None:
    """The circuit as a column of like layers, if it is one of two layers or more."""
    try:
        found = layers(circuit)
    except (CircuitError, Unsupported):
        return None
    return found if found.count > 1 else None


# -- the game ----------------------------------------------------------------------------------------------------------


def kinds(a: Algebra) -> tuple[int, ...]:
    """One population of each kind: those that are left when like groups are one."""
    return copies.merged(a, (a.one,) * a.n).rows


def of_game(circuit: Circuit) -> Iterator[Draft]:
    a = algebra(circuit)
    yield from game_claims.drafts(circuit, kinds(a))
    yield from _reduced_potential(a)


def _reduced_potential(a: Algebra) -> Iterator[Draft]:
    """Whether the excitatory rates play a potential game when every inhibitory rate is at its best response."""
    wide = copies.pairwise(a)
    sign = [a.circuit.populations[i].sign for i in copies.pairwise_rows(a)]
    some, rest = ([i for i, s in enumerate(sign) if s == wanted] for wanted in (1, -1))
    if not some or not rest or len(some) + len(rest) < len(sign) or len(some) < 2:
        return
    A = wide.game_matrix()
    inner = [[A[i][j] for j in rest] for i in rest]
    det = determinant(inner, a.ring)
    if not a.domain.known(det, ">"):
        return
    reduced = schur(A, some, rest, a.ring)
    n = range(len(some))
    if all((reduced[i][j] - reduced[j][i]).is_zero for i in n for j in n):
        yield Draft(
            "game.reduced-potential",
            "With every inhibitory rate at its best response, and none silent, the excitatory rates play a game with "
            "an exact potential: competition becomes an energy",
            "identity",
            verdict=Proved((EXACT,)),
            steps=(
                Step(
                    None,
                    "the Schur complement of the inhibitory block, two units of each kind written out, is symmetric",
                    r"\mathbf{A}_{EE} - \mathbf{A}_{EI} \mathbf{A}_{II}^{-1} \mathbf{A}_{IE}",
                ),
                Step(None, "any number of units has the same entries: those inside a unit and those between two"),
            ),
        )


# -- modes -------------------------------------------------------------------------------------------------------------


def of_modes(circuit: Circuit) -> Iterator[Draft]:
    a = algebra(circuit)
    m = copies.merged(a, a.gains)
    shown = " and ".join(f"({', '.join(circuit.names[m.rows[i]] for i in g.members)})" for g in m.groups)
    numbers = " and ".join(f"{g.count} copies" for g in m.groups)
    holds = all(copies.splits(a, g) for g in a.groups)
    yield Draft(
        "modes.split",
        f"With {numbers} of the unit {shown} the matrix of all couplings is, in an orthogonal basis of exact numbers, "
        "the common block once and the contrast block once less than there are units",
        "identity",
        verdict=Proved((EXACT,)) if holds else Undecided("the row sums of the copies are not those of the quotient"),
        steps=tuple(_split_steps(a, m)),
    )
    yield Draft(
        "modes.hurwitz", "When the circuit is Hurwitz: its common and its contrast modes", "equivalence", word="hurwitz"
    )
    common, *rest = copies.modes(a, a.gains)
    full = full_branch(circuit)
    dets = [determinant(copies.interaction(a, mode.W, mode.slopes), a.ring) for mode in (common, *rest)]
    if len(rest) == 1 and (dets[0] * dets[1] - full.determinant).is_zero:
        yield Draft(
            "modes.det",
            "The determinant with every group active is that of the common mode times that of a contrast",
            "equation",
            then=f"det = ({_short(dets[0])})*({_short(dets[1])})",
            steps=(Step(None, "equal rates in both groups, and a difference between them: the two blocks"),),
        )


def _short(q: Quotient) -> str:
    """A polynomial with its common parts taken out."""
    return nested_text(q.over) if q.under.is_one() else quotient_text(q)


def _split_steps(a: Algebra, m: copies.Merged) -> Iterator[Step]:
    yield Step(
        None,
        "the couplings among the units, with own couplings B and lateral couplings C: the matrix of ones has the "
        "eigenvalue n on the vector of ones and 0 on its complement, which what is shared does not see",
        r"I_n \otimes (B - C) + \mathbf{1}\mathbf{1}^{\mathsf T} \otimes C",
    )
    yield Step(
        None,
        "the common mode, with what is shared, and the contrast modes; equilibria in which the units do the same are "
        "those of the common block, the spectrum is that of both, and weights of diagonal stability may be averaged "
        "over the exchanges of units, so that both blocks share them",
        r"B + (n - 1)\,C \quad\text{once},\qquad B - C \quad (n - 1)\text{ times}",
    )


# -- the matrix --------------------------------------------------------------------------------------------------------


def of_matrix(circuit: Circuit) -> Iterator[Draft]:
    yield from matrix_claims.of_copies(circuit)


# -- equilibria --------------------------------------------------------------------------------------------------------


def of_equilibria(circuit: Circuit) -> Iterator[Draft]:
    a = algebra(circuit)
    yield Draft(
        "equilibria.partition",
        "Every total input lies on exactly one piece, so each equilibrium is listed once",
        "completeness",
        verdict=game_claims.identity(game_claims.pieces_partition(circuit), "the pieces partition the line"),
        steps=tuple(steps.of_pieces(circuit)),
    )
    pair, some = rivals(a), possible(circuit)
    shown = ", ".join(f"({b.name})" for b in some)
    yield Draft(
        "equilibria.possible",
        f"When the units of each group do the same, an isolated equilibrium lies on one of the branches {shown}",
        "completeness",
        verdict=Proved((ENGINE, EXACT)),
        steps=(
            Step(
                None,
                "the conditions of every other branch contradict the standing hypotheses, block after block of the "
                "couplings, upstream first",
            ),
        ),
    )
    for branch in listed(circuit):
        key, word = key_of(branch), branch.word("exists")
        if terms(branch.exists) <= MOST_SHOWN:
            yield Draft(f"equilibria.exists.{key}", f"When {word} holds", "equivalence", word=word)
        for i in branch.increasing:
            if pair is not None and i in pair.other and pair.swapped(branch.places) == branch.places:
                continue  # the same with the groups exchanged
            yield Draft(
                f"equilibria.state.{key}.{circuit.names[i]}",
                f"Rate of {circuit.names[i]} on the branch ({branch.name})",
                "equation",
                then=f"x({circuit.names[i]}) = {branch_texts.over_determinant(branch, branch.numerators[i])}",
                given=branch_texts.named_determinant(branch),
                at=branch.name,
            )


def of_count(circuit: Circuit) -> Iterator[Draft]:
    a = algebra(circuit)
    if count.rectified(a) and not matrix_claims.p_is_open(circuit):
        title = "Exactly one equilibrium, whatever inputs the single units have, iff a P-matrix"
        yield Draft("count.unique-p", title, "equivalence", then="unique <=> p_matrix")


# -- stability ---------------------------------------------------------------------------------------------------------


def of_stability(circuit: Circuit) -> Iterator[Draft]:
    for branch in listed(circuit):
        if not branch.increasing:
            continue
        key = key_of(branch)
        if terms(stability.hurwitz(branch)) <= MOST_SHOWN:
            yield Draft(
                f"stability.hurwitz.{key}",
                f"When the Jacobian on ({branch.name}) is Hurwitz, differences inside groups included",
                "equivalence",
                word=branch.word("hurwitz"),
            )


# -- contrast ----------------------------------------------------------------------------------------------------------


def of_contrast(circuit: Circuit) -> Iterator[Draft]:
    a = algebra(circuit)
    pair = rivals(a)
    if pair is None:
        return
    full, names = full_branch(circuit), circuit.names
    if full.determinant.is_zero:
        return
    for one, other in pair.driven(circuit):
        u, v = circuit.inputs[one], circuit.inputs[other]
        for e in _outputs(circuit, pair, one):
            x, y = names[e], names[pair.other[pair.one.index(e)]]
            f = pair.other[pair.one.index(e)]
            contrast = response.response(full, e, one) - response.response(full, f, one)
            common = response.response(full, e, one) + response.response(full, e, other)
            tag = f"{x}.{u}"
            yield Draft(
                f"contrast.gain.{tag}",
                f"Gain of a contrast: what a difference of the inputs {u} and {v} makes of {x} and {y}",
                "equation",
                then=f"dx({x},{u}) - dx({y},{u}) = {depth_claims.text(contrast)}",
                given=("det != 0",),
            )
            yield Draft(
                f"contrast.common.{tag}",
                f"Gain of the common mode: what the same change of {u} and {v} makes of {x}",
                "equation",
                then=f"dx({x},{u}) + dx({x},{v}) = {depth_claims.text(common)}",
                given=("det != 0",),
            )
            if contrast.is_zero or common.is_zero:
                continue
            yield Draft(
                f"contrast.enhanced.{tag}",
                "When a stable circuit enhances contrast: a difference gains more than what is common",
                "equivalence",
                word=f"dx({x},{u}) - dx({y},{u}) > dx({x},{u}) + dx({x},{v})",
                given=(full.word("hurwitz"),),
            )
            yield Draft(
                f"contrast.amplified.{tag}",
                "When a P-matrix circuit makes a difference larger than it is",
                "equivalence",
                word=f"dx({x},{u}) - dx({y},{u}) > 1",
                given=("p_matrix",),
            )
            yield Draft(
                f"contrast.order.{tag}",
                "When the unit with the larger input has the larger rate",
                "equivalence",
                word=f"x({x}) > x({y})",
                given=("p_matrix",),
            )


def _outputs(circuit: Circuit, pair: Rivals, driven: int) -> tuple[int, ...]:
    """The members of a unit whose rates are what it tells others: the driven one, or those that excite and drive no
    one inside their unit downstream of it."""
    last = [i for i in pair.one if circuit.populations[i].sign == 1]
    return tuple(dict.fromkeys(i for i in (driven, *last[-1:]) if circuit.populations[i].sign != -1))


# -- winners -----------------------------------------------------------------------------------------------------------


def winning(circuit: Circuit, pair: Rivals) -> tuple[Branch, ...]:
    """The possible branches with all of one group active, and its rivals silent wherever they are driven or drive."""
    rows = algebra(circuit).linear_pieces()
    loud = [b for b in pair.other if circuit.populations[b].sign != -1]

    def silent(branch: Branch, i: int) -> bool:
        return rows[i][branch.places[i]].label == "silent"

    return tuple(
        b for b in possible(circuit) if all(i in b.increasing for i in pair.one) and loud and silent(b, loud[-1])
    )


def of_winners(circuit: Circuit) -> Iterator[Draft]:
    a = algebra(circuit)
    pair = rivals(a)
    driven = () if pair is None else pair.driven(circuit)
    if pair is None or not driven:
        return
    inputs = [(circuit.inputs[i], circuit.inputs[j]) for i, j in driven]
    equal = (*(f"{u} = {v}" for u, v in inputs), *(f"{u} > 0" for u, _ in inputs))
    apart = tuple(f"{u} > 0" for row in inputs for u in row)
    group = next(g for g in a.groups if g.members == pair.one)
    full = full_branch(circuit)
    if full in possible(circuit):
        yield Draft(
            "winners.none",
            "When nobody is silent in a P-matrix circuit: the inputs are near enough",
            "equivalence",
            word=full.word("exists"),
            given=("p_matrix", *apart),
        )
    for branch in winning(circuit, pair):
        key, word = key_of(branch), branch.word("attracting")
        mirror = Branch(circuit, pair.swapped(branch.places)).word("attracting")
        yield Draft(
            f"winners.exists.{key}",
            "When the units of the other group are silent in a P-matrix circuit: a ratio of inputs decides",
            "equivalence",
            word=branch.word("exists"),
            given=("p_matrix", *apart),
        )
        yield Draft(
            f"winners.equal.{key}",
            "When the winners of a competition with equal inputs attract",
            "equivalence",
            word=word,
            given=equal,
        )
        if group.count.number is None:
            yield Draft(
                f"winners.several.{key}",
                "When several units win at once, their inputs equal",
                "equivalence",
                word=f"{word} & {quotient_text(group.count)} > 1",
                given=equal,
            )
        yield Draft(
            f"winners.unequal.{key}",
            "When the winners of a competition with any positive inputs attract",
            "equivalence",
            word=word,
            given=apart,
        )
        yield Draft(
            f"winners.hysteresis.{key}",
            "When either group may win: the past decides",
            "equivalence",
            word=f"{word} & {mirror}",
            given=apart,
        )
        yield Draft(
            f"winners.with-all.{key}",
            "When winners attract beside an attracting equilibrium without silent units",
            "equivalence",
            word=f"{word} & {full.word('attracting')}",
            given=apart,
        )
        yield Draft(
            f"winners.p.{key}",
            "At most one of the two outcomes in a P-matrix circuit",
            "implication",
            then=f"p_matrix => ~({branch.word('exists')} & {full.word('exists')})",
        )
        for i, _ in driven:
            if i in branch.increasing and not branch.determinant.is_zero:
                gain = response.response(branch, i, i)
                name = circuit.names[i]
                yield Draft(
                    f"winners.gain.{key}.{name}",
                    f"Response of the winners {name} to their input, the others silent",
                    "equation",
                    then=f"dx({name},{circuit.inputs[i]}) = {depth_claims.text(gain)}",
                    at=branch.name,
                )


# -- depth -------------------------------------------------------------------------------------------------------------


def of_depth(circuit: Circuit) -> Iterator[Draft]:
    """What a layer does to the ratio of two inputs, where it is such a layer."""
    pair = rivals(algebra(circuit))
    driven = () if pair is None else pair.driven(circuit)
    if pair is None or len(driven) != 1:
        return
    one, other = driven[0]
    silent = [b for b in winning(circuit, pair) if other not in b.increasing]
    try:
        found = contrast_map(circuit, (circuit.names[one], circuit.names[other]))
        depth_claims.modes_of(found)
    except (CircuitError, Unsupported):
        return
    if len(silent) == 1:
        names, inputs = circuit.names, circuit.inputs
        yield from depth_claims.drafts(
            circuit, found, (names[one], names[other]), (inputs[one], inputs[other]), silent[0]
        )


def of_layers(circuit: Circuit) -> Iterator[Draft]:
    """A column: its layers, and in which of them the weaker group falls silent."""
    column = column_of(circuit)
    assert column is not None
    chain = "; ".join(f"({', '.join(row)})" for row in column.names)
    yield Draft(
        "layers.chain",
        f"The circuit is a column of {column.count} like layers {chain}, each driven by the one before"
        f"{' and by the one behind' if column.recurrent else ''}",
        "identity",
        verdict=Proved((EXACT,)),
        steps=tuple(_chain_steps(column)),
    )
    more = ", with the self-excitation of every mode across the layers" if column.recurrent else ""
    yield Draft("layers.hurwitz", f"When the column is Hurwitz: each layer{more}", "equivalence", word="hurwitz")
    yield from feedback_claims.drafts(circuit)
    pair = rivals(algebra(circuit))
    driven = () if pair is None else pair.driven(circuit)
    if column.recurrent or pair is None or len(driven) != 1:
        return
    one, other = driven[0]
    first = upstream(circuit, [circuit.index(name) for name in column.names[0]])
    places = [column.names[0].index(circuit.names[i]) for i in (one, other)]
    for row in column.inputs[1:]:
        if any(u != (0 if k in places else v) for k, (u, v) in enumerate(zip(row, column.inputs[0], strict=True))):
            raise Unsupported("a later layer has inputs of its own besides those from the layer before")
    found = contrast_map(first, (circuit.names[one], circuit.names[other]))
    inputs = (circuit.inputs[one], circuit.inputs[other])
    silent = [b for b in winning(first, rivals(algebra(first)) or pair) if other not in b.increasing]
    if len(silent) == 1:
        some = ("common", "contrast", "coordinate", "law")
        rates = (circuit.names[one], circuit.names[other])
        for draft in depth_claims.drafts(first, found, rates, inputs, silent[0]):
            if draft.id.partition(".")[2] in some:
                yield draft
    yield from depth_claims.of_column(circuit, found, inputs, _outcomes(circuit, column, pair))


def _chain_steps(column: Layers) -> Iterator[Step]:
    if column.recurrent:
        yield Step(None, "couplings inside a layer, to the next one, and back are the same for every layer")
        return
    yield Step(
        None,
        "in the order of the layers the matrix of all couplings is block triangular with equal blocks B on the "
        "diagonal and F below: the equilibria of the column are compositions of those of one layer, its spectrum is "
        "that of B, and it is diagonally stable if and only if one layer is, its weights falling from layer to layer",
        r"W = \begin{pmatrix} B & & \\ F & B & \\ & F & B \end{pmatrix}",
    )


def _outcomes(circuit: Circuit, column: Layers, pair: Rivals) -> Iterator[tuple[int, Branch]]:
    """Branches with so many layers active throughout, the rival group silent in all later ones."""
    some = {b.places: b for b in possible(circuit)}
    full = full_branch(circuit)
    rows = algebra(circuit).linear_pieces()
    depth_of = {name: k for k, row in enumerate(column.names) for name in row}
    for layers_full in range(column.count + 1):
        places = list(full.places)
        for i in pair.other:
            if depth_of[circuit.names[i]] >= layers_full:
                places[i] = next((k for k, piece in enumerate(rows[i]) if piece.label == "silent"), places[i])
        if tuple(places) in some:
            yield layers_full, some[tuple(places)]


# -- Nash --------------------------------------------------------------------------------------------------------------


def of_nash(circuit: Circuit) -> Iterator[Draft]:
    a = algebra(circuit)
    pair, full = rivals(a), full_branch(circuit)
    for branch in listed(circuit):
        if not branch.increasing:
            continue
        key = key_of(branch)
        for word, title in (("local_nash", "a local Nash equilibrium"), ("nash", "a Nash equilibrium")):
            yield Draft(
                f"nash.{'local' if word == 'local_nash' else 'global'}.{key}",
                f"When it is {title}",
                "equivalence",
                word=branch.word(word),
                given=(branch.word("exists"),),
            )
    yield Draft(
        "nash.stationary",
        "Nash implies stationary",
        "implication",
        then=f"{full.word('nash')} => {full.word('stationary')}",
    )
    if not count.rectified(a) or full.determinant.is_zero:
        return
    for i in kinds(a):
        rate = full.rate(i)
        if rate.is_zero:
            continue
        name = circuit.names[i]
        ratio = nash.energy(full, i) / (rate * rate)
        yield Draft(
            f"energy.value.{name}",
            f"Energy of {name} at the equilibrium ({full.name})",
            "equation",
            then=f"energy({name}) = ({quotient_text(ratio)})*x({name})^2",
            given=("det != 0",),
        )
    if pair is None:
        return
    for one, other in pair.driven(circuit):
        x, y = circuit.names[one], circuit.names[other]
        yield Draft(
            f"energy.winner.{x}",
            "Who gains: of like neurons in a P-matrix circuit the one with the larger rate pays less",
            "equivalence",
            then=f"energy({x}) < energy({y}) <=> x({x}) > x({y})",
            given=("p_matrix", full.word("exists")),
        )


_SECTIONS = (
    of_game,
    of_modes,
    of_matrix,
    of_equilibria,
    of_count,
    of_stability,
    of_contrast,
    of_winners,
    of_depth,
    of_nash,
)
_OF_COLUMN = (of_game, of_modes, of_matrix, of_layers, of_count)
