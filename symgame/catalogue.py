"""What is asked of every circuit: the drafts of its claims, section by section. Nothing here holds an answer."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

import sympy

from symgame import dynamics, game, steps
from symgame.activation import Activation
from symgame.algebra import algebra
from symgame.branches import Branch, equilibria, full_branch
from symgame.chart import regime_condition, regime_table
from symgame.circuit import Circuit
from symgame.claims import Draft
from symgame.condition import TRUE, atoms
from symgame.errors import Unsupported
from symgame.pieces import X
from symgame.proof.decide import EXACT
from symgame.proof.verdict import Proved, Undecided, Verdict
from symgame.properties import count, diagonal, nash, response, stability
from symgame.ring import Quotient, factored_text
from symgame.solve import quotient_text, ratio_text

MAX_LISTED_BRANCHES = 9


def drafts(circuit: Circuit) -> Iterator[Draft]:
    """The drafts for a circuit (values already substituted), those that its class supports."""
    sections = [of_game, of_matrix]
    closed = all(p.activation.piecewise_linear for p in circuit.populations)
    if closed:
        sections += [of_equilibria, of_count, of_stability, of_response, of_nash, of_regimes]
    for section in sections:
        try:
            yield from section(circuit)
        except Unsupported as error:  # the circuit leaves the class of this section: said once, the rest goes on
            name = section.__name__.removeprefix("of_")
            yield Draft(name, f"The claims on {name}", "fact", verdict=Undecided(str(error)))
    if not closed:
        reason = "closed forms are derived for piecewise-linear activations only"
        yield Draft("equilibria", "Equilibria in closed form", "fact", verdict=Undecided(reason))


# -- the game ---------------------------------------------------------------------------------------------------------


def identity(ok: bool, what: str) -> Verdict:
    return Proved((EXACT,)) if ok else Undecided(f"the exact identity failed: {what}")


def of_game(circuit: Circuit) -> Iterator[Draft]:
    names = circuit.names
    x, total = game.rates(circuit), dynamics.total_inputs(circuit)
    expected = [x[i] - total[i] for i in range(len(names))]
    same = all(sympy.expand(a - b) == 0 for a, b in zip(game.pseudo_gradient(circuit), expected, strict=True))
    yield Draft(
        "game.pseudo-gradient",
        "The pseudo-gradient of the game is F(x) = (I - W) x - u",
        "identity",
        verdict=identity(same, "dE_int_i/dx_i = x_i - (W x + u)_i"),
        steps=tuple(steps.of_pseudo_gradient(circuit)),
    )
    if circuit.form == "rate":
        argument = all(sympy.expand(a - b) == 0 for a, b in zip(game.proximal_argument(circuit), total, strict=True))
        proximal = [proximal_identity(p.activation) for p in circuit.populations]
        ok = same and argument and all(proximal)
        yield Draft(
            "game.rate-equation",
            "The rate equation is the proximal pseudo-gradient dynamics of the game",
            "identity",
            verdict=identity(ok, "prox_g(x - F(x)) = phi(W x + u)"),
            steps=tuple(steps.of_rate_equation(circuit)),
        )
    for i, name in enumerate(names):
        activation = circuit.populations[i].activation
        if algebra(circuit).pieces is not None:
            own = nash.own_curvature(full_branch(circuit), i)
            yield Draft(
                f"game.curvature.{name}",
                f"Own curvature of {name} where its rate is active",
                "equation",
                then=f"curvature({name}) = {quotient_text(own)}",
            )
            yield Draft(
                f"game.convex.{name}",
                f"When the own energy of {name} is strictly convex",
                "equivalence",
                word=f"curvature({name}) > 0",
            )
            if _rectified_with_unit_gain(activation):
                yield Draft(
                    f"game.best-response.{name}",
                    f"Best response of {name}, case by case",
                    "identity",
                    verdict=identity(best_response_identity(circuit, i), "completing the square"),
                    steps=tuple(steps.of_best_response(circuit, i)),
                )
    yield Draft("game.potential", "When the game has an exact potential", "equivalence", word="potential")
    if len(names) <= 4:
        yield Draft(
            "game.weighted-potential",
            "When the game has a weighted potential",
            "equivalence",
            word="weighted_potential",
        )
    yield Draft("game.monotone", "Strong monotonicity of the pseudo-gradient", "equivalence", word="monotone")
    yield Draft(
        "game.rosen-lds", "Rosen's condition is Lyapunov diagonal stability", "equivalence", then="rosen <=> lds"
    )
    yield Draft(
        "game.monotone-rosen", "Strong monotonicity implies Rosen's condition", "implication", then="monotone => rosen"
    )


def proximal_identity(activation: Activation) -> bool:
    """``phi = prox_g``: g' + x = phi^{-1} piece by piece, exactly, and phi does not decrease.

    ``G = g + x^2/2`` is then convex with derivative phi^{-1}, so phi(z) is the minimiser of ``g(y) + (y - z)^2/2``.
    """
    if activation.pieces is None:
        gap = sympy.diff(activation.cost, X) + X - activation.inverse
        return bool(_normal(gap) == 0)
    rising = [piece for piece in activation.pieces if not piece.flat]
    cost = activation.cost
    cases = [case for case, _ in cost.args] if isinstance(cost, sympy.Piecewise) else [cost]
    if len(cases) != len(rising):
        return False
    return all(
        sympy.cancel(sympy.diff(case, X) + X - (X - piece.intercept) / piece.slope) == 0
        for case, piece in zip(cases, rising, strict=True)
    )


def _normal(expression: sympy.Expr) -> sympy.Expr:
    """A normal form for the smooth kinds: inverse hyperbolic functions as logarithms, logarithms of products as
    sums."""
    logs = sympy.expand_log(expression.rewrite(sympy.log), force=True)
    return sympy.cancel(sympy.expand_log(sympy.expand(logs), force=True))


def _rectified_with_unit_gain(activation: Activation) -> bool:
    parameters = dict(activation.parameters)
    return (
        activation.kind in ("relu", "saturating") and parameters.get("gain") == 1 and parameters.get("threshold") == 0
    )


def best_response_identity(circuit: Circuit, i: int) -> bool:
    """``E(y) - E(b) = k (y - b)^2/2`` at ``b = c/k``, and ``E(y) - E(e) = (y - e)(k (y + e)/2 - c)`` at an end e.

    The first proves the interior case for k > 0; the second compares with either end: on ``0 <= y <= m`` its sign is
    that of a function linear in y, so the cases of :func:`symgame.game.best_response` follow.
    """
    c, e, y = sympy.symbols("c e y", real=True)
    x = game.rates(circuit)[i]
    k = 1 - circuit.W[i, i]
    own = sympy.expand(game.interaction_cost(circuit, i) + x * game.others_input(circuit, i)) - x * c
    at = {value: own.xreplace({x: value}) for value in (y, c / k, e)}
    interior = sympy.cancel(at[y] - at[c / k] - k * (y - c / k) ** 2 / 2) == 0
    end = sympy.expand(at[y] - at[e] - (y - e) * (k * (y + e) / 2 - c)) == 0
    return bool(interior and end)


# -- the matrix I - S W ----------------------------------------------------------------------------------------------


def of_matrix(circuit: Circuit) -> Iterator[Draft]:
    a = algebra(circuit)
    yield Draft("matrix.p", f"When {a.matrix_name} is a P-matrix", "equivalence", word="p_matrix")
    if a.n <= 2:
        yield Draft("matrix.lds", f"When {a.matrix_name} is Lyapunov diagonally stable", "equivalence", word="lds")
        yield Draft("matrix.rosen", "When Rosen's condition holds", "equivalence", word="rosen")
        yield Draft(
            "matrix.lds-p", "Diagonal stability and the P-property coincide", "equivalence", then="lds <=> p_matrix"
        )
        yield from _weights(circuit)
    else:
        yield Draft("matrix.lds-p", "Diagonal stability implies the P-property", "implication", then="lds => p_matrix")
    yield Draft(
        "matrix.monotone-p", "Strong monotonicity implies the P-property", "implication", then="monotone => p_matrix"
    )


def _weights(circuit: Circuit) -> Iterator[Draft]:
    """The explicit weights of the case that the domain selects, stated with the entries of P A + A' P."""
    a = algebra(circuit)
    if a.n != 2:
        return
    matrix = a.interaction()
    for case, weights in diagonal.closed_weights(a, matrix):
        if any(a.domain.split(atom) != TRUE for atom in atoms(case)):
            continue
        symmetric = diagonal.weighted(a, matrix, weights)
        minors = [symmetric[0][0], symmetric[0][0] * symmetric[1][1] - symmetric[0][1] * symmetric[1][0]]
        shown = " & ".join(f"{factored_text(m.over)} > 0" for m in minors)
        text = ", ".join(quotient_text(w) for w in weights)
        yield Draft(
            "matrix.weights",
            f"P = diag({text}) makes PA + A'P positive definite for every P-matrix A = {a.matrix_name}",
            "implication",
            then=f"p_matrix => {shown}",
        )
        return


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
        yield Draft(f"equilibria.exists.{key}", f"When {word} holds", "equivalence", word=word)
        if not branch.determinant.is_zero:
            for i in branch.increasing:
                name = circuit.names[i]
                state = ratio_text(branch.numerators[i], branch.determinant)
                yield Draft(
                    f"equilibria.state.{key}.{name}",
                    f"Rate of {name} on the branch ({branch.name})",
                    "equation",
                    then=f"x({name}) = {state}",
                    at=branch.name,
                )
        if branch.increasing:
            yield Draft(
                f"equilibria.continuum.{key}",
                f"When {branch.word('continuum')} holds: det = 0",
                "equivalence",
                word=branch.word("continuum"),
            )


def pieces_partition(circuit: Circuit) -> bool:
    """Consecutive pieces share a knot, which belongs to exactly one of them; the ends are infinite."""
    for row in algebra(circuit).linear_pieces():
        if row[0].lower is not None or row[-1].upper is not None:
            return False
        for left, right in pairwise(row):
            if left.upper is None or left.upper != right.lower or left.closed[1] == right.closed[0]:
                return False
    return True


# -- how many ---------------------------------------------------------------------------------------------------------


def of_count(circuit: Circuit) -> Iterator[Draft]:
    a = algebra(circuit)
    yield Draft("count.unique", "When there is exactly one equilibrium for every input", "equivalence", word="unique")
    yield (
        Draft("count.unique-p", "Unique for every input iff a P-matrix", "equivalence", then="unique <=> p_matrix")
        if count.rectified(a)
        else Draft(
            "count.p-unique", "A P-matrix has one equilibrium for every input", "implication", then="p_matrix => unique"
        )
    )
    if count.rectified(a):
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
        yield Draft(
            f"stability.hurwitz.{key}",
            f"When the Jacobian on ({branch.name}) is Hurwitz",
            "equivalence",
            word=branch.word("hurwitz"),
        )
        yield Draft(
            f"stability.stable.{key}",
            f"When ({branch.name}) is a stable equilibrium",
            "equivalence",
            word=branch.word("stable"),
        )
    B = full.name
    numbers: list[tuple[str, Quotient]] = [("det", full.determinant)]
    if a.n >= 2:
        numbers.append(("trace", stability.trace(full)))
    for word, value in numbers:
        yield Draft(
            f"stability.{word}",
            f"The {word} with every population active",
            "equation",
            then=f"{word} = {quotient_text(value)}",
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
    if all(len(row) == 3 for row in a.linear_pieces()) and a.n == 2:
        yield from _no_stable(circuit)


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
    full = full_branch(circuit)
    if full.determinant.is_zero or len(circuit.names) > 4:
        return
    for i, name in enumerate(circuit.names):
        for j, driven in enumerate(circuit.names):
            value = ratio_text(response.response_numerator(full, i, j), full.determinant)
            key = f"{name}.{circuit.inputs[j]}"
            if circuit.inputs.count(circuit.inputs[j]) > 1:
                continue
            yield Draft(
                f"response.{key}",
                f"Response of {name} to the input of {driven}",
                "equation",
                then=f"dx({name},{circuit.inputs[j]}) = {value}",
            )
            yield Draft(
                f"response.sign.{key}",
                f"When {name} rises with the input of {driven}",
                "equivalence",
                word=f"dx({name},{circuit.inputs[j]}) > 0",
                given=("det > 0",),
            )
    for name in circuit.names:
        yield Draft(
            f"response.paradoxical.{name}",
            f"When the response of {name} is paradoxical",
            "equivalence",
            word=f"paradoxical({name})",
            given=("det > 0",),
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
    yield Draft(
        "nash.stabilised",
        "Stable without being Nash: inhibition-stabilised",
        "equivalence",
        word=f"stable({B}) & ~nash({B})",
        given=(f"strict({B}) & det > 0",),
    )
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
        yield Draft(
            f"energy.sign.{name}",
            f"When {name} gains: its energy is negative",
            "equivalence",
            word=f"energy({name}) < 0",
            given=(f"exists({B})",),
        )


# -- regimes ----------------------------------------------------------------------------------------------------------


def of_regimes(circuit: Circuit) -> Iterator[Draft]:
    if len(circuit.names) != 2:
        return
    for name, when, meaning in regime_table():
        yield Draft(
            f"regime.{name}", f"The regime '{name}': {meaning}", "equivalence", word=regime_condition(circuit, when)
        )
