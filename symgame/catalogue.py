"""What is asked of every circuit: the drafts of its claims, section by section. Nothing here holds an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations

from symgame import branch_texts, game_claims, matrix_claims, reduction, smooth_claims, steps, unit_claims
from symgame.algebra import algebra
from symgame.branches import Branch, equilibria, full_branch
from symgame.chart import regime_condition, regime_meaning, regime_table
from symgame.circuit import Circuit
from symgame.claims import Draft
from symgame.condition import FALSE, TRUE, atoms, terms
from symgame.errors import BudgetExceeded, Unsupported
from symgame.frozen_gains import frozen, is_frozen, smooth
from symgame.game_claims import identity, pieces_partition
from symgame.nesting import nested_quotient, nested_text
from symgame.proof.decide import EXACT
from symgame.proof.verdict import Cited, Proved, Undecided
from symgame.properties import count, minors, nash, response, stability
from symgame.ring import Quotient
from symgame.solve import quotient_text

MAX_LISTED_BRANCHES = 9
MAX_RESPONSES = 4
MAX_COINCIDENCES = 6  # populations: a family of coinciding inputs for every index set
#: Terms of polynomials: of a condition that is printed, of one that is reduced.
MOST_SHOWN, MOST_REDUCED = 120, 1_000


Section = Callable[[Circuit], Iterator[Draft]]
_SECTIONS: dict[Section, str] = {
    game_claims.drafts: "game",
    matrix_claims.drafts: "matrix",
    reduction.reduction_drafts: "symmetry",
}


def drafts(circuit: Circuit) -> Iterator[Draft]:
    """The drafts for a circuit (values already substituted), those that its class supports."""
    if circuit.copies:
        yield from unit_claims.drafts(circuit)
        return
    sections = [game_claims.drafts, matrix_claims.drafts, reduction.reduction_drafts]
    if smooth(circuit):
        yield from _drafted(sections[:2], frozen(circuit))
        yield from _drafted([*_SMOOTH[:2], *sections[2:]], circuit)
        yield from _drafted([of_stability], frozen(circuit))
        yield from _drafted(_SMOOTH[2:3], circuit)
        yield from _drafted([of_response], frozen(circuit))
        yield from _drafted(_SMOOTH[3:], circuit)
        yield from _drafted([of_regimes], frozen(circuit))
        return
    sections += [of_equilibria, of_count, of_stability, of_response, of_nash, of_regimes]
    yield from _drafted(sections, circuit)


#: Of a smooth circuit, in the place of sections that speak of states.
_SMOOTH: tuple[Section, ...] = (
    smooth_claims.of_map,
    smooth_claims.of_thresholds,
    smooth_claims.of_rates,
    smooth_claims.of_nash,
)


def _drafted(sections: Iterable[Section], circuit: Circuit) -> Iterator[Draft]:
    for section in sections:
        try:
            yield from section(circuit)
        except (Unsupported, BudgetExceeded) as error:
            # the circuit leaves the class of this section, or its size: said once, the rest goes on
            name = _SECTIONS.get(section) or section.__name__.removeprefix("of_")
            yield Draft(name, f"The claims on {name}", "fact", verdict=Undecided(str(error)))


# -- equilibria -------------------------------------------------------------------------------------------------------


def listed(circuit: Circuit) -> tuple[Branch, ...]:
    """The branches that get claims of their own: all of them when they are few, else the one with everything active."""
    try:
        branches = equilibria(circuit)
    except Unsupported:
        return (full_branch(circuit),)
    return branches if len(branches) <= MAX_LISTED_BRANCHES else (full_branch(circuit),)


def branch_id(branch: Branch) -> str:
    none = "none" if "none" not in branch.circuit.names else "0"  # a population may have that name
    return branch.name.replace(",", "-").replace("=-", "=neg") or none


def of_equilibria(circuit: Circuit) -> Iterator[Draft]:
    yield Draft(
        "equilibria.partition",
        "Every total input lies on exactly one piece, so each equilibrium is listed once",
        "completeness",
        verdict=identity(pieces_partition(circuit), "the pieces partition the line"),
        steps=tuple(steps.of_pieces(circuit)),
    )
    for branch in listed(circuit):
        key, word = branch_id(branch), branch.word("exists")
        if terms(branch.exists) <= MOST_SHOWN:
            yield Draft(f"equilibria.exists.{key}", f"When {word} holds", "equivalence", word=word)
        else:
            yield Draft(
                f"equilibria.exists.{key}",
                f"When {word} holds, in the rates of the branch",
                "equivalence",
                then=f"{word} <=> {branch_texts.located(branch)}",
                given=("det != 0",),
                at=branch.name,
            )
        if not branch.determinant.is_zero:
            for i in branch.increasing:
                name = circuit.names[i]
                yield Draft(
                    f"equilibria.state.{key}.{name}",
                    f"Rate of {name} on the branch ({branch.name})",
                    "equation",
                    then=f"x({name}) = {branch_texts.over_determinant(branch, branch.numerators[i])}",
                    given=branch_texts.named_determinant(branch),
                    at=branch.name,
                )
        if branch.increasing and reducible_continuum(branch):
            yield Draft(
                f"equilibria.continuum.{key}",
                f"When {branch.word('continuum')} holds: det = 0",
                "equivalence",
                word=branch.word("continuum"),
            )


def reducible_continuum(branch: Branch) -> bool:
    """Whether the condition for a continuum is short enough to be reduced: it grows doubly fast with the block."""
    return len(branch.increasing) <= 3 and terms(branch.continuum) <= MOST_REDUCED


# -- how many ---------------------------------------------------------------------------------------------------------


def of_count(circuit: Circuit) -> Iterator[Draft]:
    a = algebra(circuit)
    if terms(count.unique(a)) <= MOST_SHOWN or not count.rectified(a):
        title = "When there is exactly one equilibrium for every input"
        yield Draft("count.unique", title, "equivalence", word="unique")
    yield (
        Draft("count.unique-p", "Unique for every input iff a P-matrix", "equivalence", then="unique <=> p_matrix")
        if count.rectified(a)
        else Draft(
            "count.p-unique", "A P-matrix has one equilibrium for every input", "implication", then="p_matrix => unique"
        )
    )
    if count.rectified(a) and a.n <= MAX_COINCIDENCES:
        count.coincidences(a)
        yield Draft(
            "count.several",
            "Without the P-property some input has two equilibria: u = A z+ - (A z)+ has z+ and z-",
            "identity",
            verdict=Proved((EXACT,)),
            steps=tuple(steps.of_coincidences()),
        )
    branches = listed(circuit)
    if len(branches) == len(equilibria(circuit)) and len(branches) <= 4:
        none = " & ".join(f"~{b.word('exists')}" for b in branches)
        never = "".join(f" & ~{b.word('continuum')}" for b in branches if b.increasing)
        yield Draft("count.none", "When there is no equilibrium at all", "equivalence", word=none + never)
        both_stable = " | ".join(f"{a.word('stable')} & {b.word('stable')}" for a, b in combinations(branches, 2))
        if both_stable:
            yield Draft("count.multistable", "When two equilibria are stable at once", "equivalence", word=both_stable)
        yield Draft(
            "count.p-exists",
            "A P-matrix circuit always has an equilibrium",
            "implication",
            then=f"p_matrix => {' | '.join(b.word('exists') for b in branches)}",
        )


# -- stability --------------------------------------------------------------------------------------------------------


def of_stability(circuit: Circuit) -> Iterator[Draft]:
    a = algebra(circuit)
    full = full_branch(circuit)
    for branch in listed(circuit):
        key = branch_id(branch)
        if not branch.increasing:
            continue
        if terms(stability.hurwitz(branch)) > MOST_SHOWN:
            yield from _hurwitz_in_minors(branch)
            continue
        yield Draft(
            f"stability.hurwitz.{key}",
            f"When the Jacobian on ({branch.name}) is Hurwitz",
            "equivalence",
            word=branch.word("hurwitz"),
        )
        if is_frozen(circuit):  # there it says the same
            continue
        yield Draft(
            f"stability.stable.{key}",
            f"When ({branch.name}) is a stable equilibrium",
            "equivalence",
            word=branch.word("stable"),
        )
    B = full.name
    numbers = [("det", quotient_text(full.determinant) if a.n <= 2 else nested_quotient(full.determinant))]
    if a.n == 2:
        numbers.append(("trace", quotient_text(stability.trace(full))))
    elif a.n > 2:
        numbers.append(("trace", _trace_text(full)))
    for word, value in numbers:
        yield Draft(
            f"stability.{word}",
            f"The {word} with every population active",
            "equation",
            then=f"{word} = {value}",
        )
    yield Draft("stability.fold", "The determinant vanishes", "equivalence", word="det = 0")
    if a.n == 2:
        yield Draft("stability.node-focus", "A focus: complex eigenvalues", "equivalence", word="disc < 0")
        yield Draft("stability.hopf", "A Hopf point: trace 0, det > 0", "equivalence", word="trace = 0 & det > 0")
        yield Draft(
            "stability.bogdanov-takens",
            "A Bogdanov-Takens point: trace 0, det 0",
            "equivalence",
            word="trace = 0 & det = 0",
        )
        yield Draft(
            "stability.hurwitz-pair",
            "Hurwitz for a pair: trace < 0 and det > 0",
            "equivalence",
            then=f"hurwitz({B}) <=> trace < 0 & det > 0",
        )
        yield Draft(
            "stability.neutral-saddle",
            "Trace 0 with det < 0 is a saddle, not a Hopf point",
            "implication",
            then="trace = 0 & det < 0 => disc > 0",
        )
    if a.n <= 2:
        yield Draft(
            "stability.all-tau",
            "Hurwitz for every choice of time constants",
            "equivalence",
            word=f"for_all_tau(hurwitz({B}))",
        )
        yield Draft(
            "stability.some-tau",
            "Hurwitz for some choice of time constants",
            "equivalence",
            word=f"for_some_tau(hurwitz({B}))",
        )
    if all(len(row) == 3 for row in a.linear_pieces()) and a.n == 2 and not is_frozen(circuit):
        yield from _no_stable(circuit)


def _trace_text(branch: Branch) -> str:
    """The trace population by population."""
    rows = stability.jacobian(branch.algebra, branch.slopes)
    parts = [nested_quotient(row[i]) for i, row in enumerate(rows)]
    return "".join([parts[0], *(f" - {p[1:]}" if p.startswith("-") else f" + {p}" for p in parts[1:])])


def _hurwitz_in_minors(branch: Branch) -> Iterator[Draft]:
    """The characteristic polynomial and the Routh-Hurwitz numbers of a large block, in its principal minors."""
    key, word = branch_id(branch), branch.word("hurwitz")
    ok = minors.is_characteristic(branch)
    yield Draft(
        f"stability.hurwitz.{key}",
        f"{word} holds exactly when numbers made of principal minors of the matrix, given in the proof, are positive",
        "identity",
        verdict=Cited("LienardChipart1914", (EXACT,)) if ok else identity(ok, "the characteristic polynomial"),
        steps=tuple(steps.of_characteristic(branch)),
    )
    yield Draft(
        f"stability.necessary.{key}",
        f"{word} implies a positive determinant and a negative trace of the Jacobian",
        "implication",
        then=f"{word} => det > 0" + (" & trace < 0" if len(branch.increasing) == branch.algebra.n else ""),
        at=branch.name,
    )


def _no_stable(circuit: Circuit) -> Iterator[Draft]:
    """No stable equilibrium off the boundaries: from all branches, for any time constants."""
    branches = equilibria(circuit)
    keys: dict[str, None] = {}
    for branch in branches:
        for condition in (branch.strict, stability.hurwitz(branch)):
            for atom in atoms(condition):
                keys[f"{quotient_text(Quotient(atom.poly, atom.poly * 0 + 1))}"] = None
    generic: dict[str, None] = {}
    for key in keys:
        if f"-({key})" not in generic:
            generic[key] = None
    word = " & ".join(f"~{b.word('stable')}" for b in branches)
    yield Draft(
        "stability.none",
        "No stable equilibrium (every orbit but finitely many then keeps moving), nothing at equality",
        "equivalence",
        word=word,
        given=tuple(f"{k} != 0" for k in generic),
    )


# -- responses --------------------------------------------------------------------------------------------------------


def of_response(circuit: Circuit) -> Iterator[Draft]:
    full, names = full_branch(circuit), circuit.names
    if full.determinant.is_zero:
        return
    if len(names) > MAX_RESPONSES:
        raise Unsupported(
            f"the responses of {len(names)} populations are too many for a list of claims; the table of their signs is "
            f"symgame.responses(circuit)"
        )
    several = len(names) > 2
    if several:
        yield Draft(
            "response.inverse",
            "The responses of the active rates to their inputs are the entries of one inverse",
            "identity",
            verdict=identity(response.is_inverse(full), "(I - F W) N = det F"),
            steps=tuple(steps.of_inverse(full)),
        )
    for j, driven in enumerate(circuit.inputs):
        if circuit.inputs.count(driven) == 1 and several:
            for i in range(len(names)):
                yield from _response_drafts(full, i, j)
    for i in range(len(names) if not several else 0):
        for j in range(len(names)):
            if circuit.inputs.count(circuit.inputs[j]) == 1:
                yield from _response_drafts(full, i, j)
    for k, name in enumerate(names):
        yield Draft(
            f"response.paradoxical.{name}",
            f"When the response of {name} is paradoxical",
            "equivalence",
            word=f"paradoxical({name})",
            given=("det > 0",),
        )
        if several:
            yield from _without(full, k)
    if several:
        yield Draft(
            "response.parity",
            "On a stable branch a population is paradoxical if and only if the Jacobian of the circuit without it, its "
            "rate held fixed, has no eigenvalue 0 and an odd number of real positive ones",
            "identity",
            verdict=identity(
                all(response.is_determinant_ratio(full, k) and minors.is_held(full, k) for k in range(len(names))),
                "the determinant without k, and that of the Jacobian without k",
            ),
            steps=tuple(steps.of_parity(full)),
        )


def _response_drafts(full: Branch, i: int, j: int) -> Iterator[Draft]:
    """One entry of dx/du: its value, and its sign where the determinant is positive."""
    circuit = full.circuit
    name, driven, u = circuit.names[i], circuit.names[j], circuit.inputs[j]
    numerator = response.response_numerator(full, i, j)
    yield Draft(
        f"response.{name}.{u}",
        f"Response of {name} to the input of {driven}",
        "equation",
        then=f"dx({name},{u}) = {branch_texts.over_determinant(full, numerator)}",
        given=branch_texts.named_determinant(full),
    )
    several = len(circuit.names) > 2
    if several and numerator.is_zero:
        return
    falls = several and full.algebra.domain.compare(numerator, ">") == FALSE
    yield Draft(
        f"response.sign.{name}.{u}",
        f"When {name} {'falls' if falls else 'rises'} with the input of {driven}",
        "equivalence",
        word=f"dx({name},{u}) {'<' if falls else '>'} 0",
        given=("det > 0",),
    )


def _without(full: Branch, k: int) -> Iterator[Draft]:
    """Paradoxical responses by the circuit without the population."""
    name = full.circuit.names[k]
    rest = response.determinant_without(full, k)
    if rest.over.is_constant():
        return
    slope = full.pieces[k].slope
    positive = full.algebra.structural.compare(slope, ">") == TRUE and rest.under.is_one()
    if positive:
        yield Draft(
            f"response.without.{name}",
            f"{name} is paradoxical if and only if the determinant of the circuit without it is negative",
            "equivalence",
            then=f"paradoxical({name}) <=> {nested_text(rest.over)} < 0",
            given=("det > 0",),
            steps=tuple(steps.of_determinant_ratio(full, k)),
        )


# -- Nash -------------------------------------------------------------------------------------------------------------


def of_nash(circuit: Circuit) -> Iterator[Draft]:
    a = algebra(circuit)
    full = full_branch(circuit)
    B = full.name
    for branch in listed(circuit):
        key = branch_id(branch)
        given = (branch.word("exists"),)
        yield Draft(
            f"nash.local.{key}",
            f"When the equilibrium ({branch.name}) is a local Nash equilibrium",
            "equivalence",
            word=branch.word("local_nash"),
            given=given,
        )
        yield Draft(
            f"nash.global.{key}",
            f"When the equilibrium ({branch.name}) is a Nash equilibrium",
            "equivalence",
            word=branch.word("nash"),
            given=given,
        )
    yield Draft(
        "nash.local-from-global", "Nash implies local Nash", "implication", then=f"nash({B}) => local_nash({B})"
    )
    yield (
        Draft(
            "nash.stable",
            "Nash implies stable, with every population active",
            "implication",
            then=f"nash({B}) => stable({B})",
        )
        if a.n <= 2
        else Draft("nash.stationary", "Nash implies stationary", "implication", then=f"nash({B}) => stationary({B})")
    )
    title, given = "Stable without being Nash: inhibition-stabilised", (f"strict({B}) & det > 0",)
    if terms(stability.hurwitz(full)) <= MOST_SHOWN:
        word = f"stable({B}) & ~nash({B})"
        yield Draft("nash.stabilised", title, "equivalence", word=word, given=given)
    elif count.rectified(a):
        bent = [n for i, n in enumerate(circuit.names) if not a.domain.known(nash.own_curvature(full, i), ">=")]
        some = " | ".join(f"curvature({n}) < 0" for n in bent) or "false"
        then = f"stable({B}) & ~nash({B}) <=> hurwitz({B}) & ({some})"
        yield Draft("nash.stabilised", title, "equivalence", then=then, given=given)
    if full.determinant.is_zero:
        return
    for i, name in enumerate(circuit.names):
        if count.rectified(a):
            rate = full.rate(i)
            ratio = nash.energy(full, i) / (rate * rate) if not rate.is_zero else None
            if ratio is not None:
                yield Draft(
                    f"energy.value.{name}",
                    f"Energy of {name} at the equilibrium ({B})",
                    "equation",
                    then=f"energy({name}) = ({quotient_text(ratio)})*x({name})^2",
                )
        large = terms(full.exists) > MOST_SHOWN
        yield Draft(
            f"energy.sign.{name}",
            f"When {name} gains: its energy is negative",
            "equivalence",
            word=f"energy({name}) < 0",
            given=(f"x({name}) != 0",) if large else (f"exists({B})",),
        )


# -- regimes ----------------------------------------------------------------------------------------------------------


def of_regimes(circuit: Circuit) -> Iterator[Draft]:
    if len(circuit.names) != 2:
        return
    for name, when, _ in regime_table():
        meaning = regime_meaning(name, circuit)
        yield Draft(
            f"regime.{name}", f"The regime '{name}': {meaning}", "equivalence", word=regime_condition(circuit, when)
        )
