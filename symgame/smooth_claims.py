"""What is asked of a smooth circuit: equilibria as an explicit map of the rates, and conditions in the gains.

Every draft is read at an equilibrium with gains ``s_i`` (:mod:`symgame.frozen_gains`), so that what is proved holds at
every equilibrium for every input; words that bind the gains speak of some input or of all.
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from symgame import dynamics, game, threshold_facts
from symgame import syntax as s
from symgame.algebra import algebra
from symgame.branches import full_branch
from symgame.circuit import Circuit, Population
from symgame.claims import Draft
from symgame.frozen_gains import frozen, gain, in_rate, original, rate, reach, smooth
from symgame.game_claims import identity, vanishes
from symgame.grammar import read_term
from symgame.nesting import nested_quotient
from symgame.pieces import X
from symgame.proof.verdict import Cited, Proved
from symgame.properties import stability
from symgame.rewriting import substituted
from symgame.ring import determinant
from symgame.statements import check
from symgame.steps import Step


def of_map(circuit: Circuit) -> Iterator[Draft]:
    """The equilibria: an explicit map from rates to inputs, the gains in the rates, the Jacobian of the map."""
    yield Draft(
        "equilibria.map",
        "Every choice of rates in the ranges of the activations is an equilibrium of exactly one input",
        "identity",
        verdict=identity(_map_is_right(circuit), "x = phi(W x + u) read for u"),
        steps=tuple(_map_steps(circuit)),
    )
    for i in smooth(circuit):
        p = circuit.populations[i]
        yield Draft(
            f"equilibria.gain.{p.name}",
            f"The gain of {p.name} is a function of its rate",
            "identity",
            verdict=identity(gain_in_rate(p), "phi' at the inverse is one over the derivative of the inverse"),
            steps=tuple(_gain_steps(circuit, p)),
        )
    if len(smooth(circuit)) == len(circuit.names):
        yield Draft(
            "equilibria.jacobian",
            "The Jacobian determinant of the map from rates to inputs is the determinant over the product of the gains",
            "identity",
            verdict=identity(_jacobian_is_right(frozen(circuit)), "det(1/S - W) = det(I - S W)/det S"),
            steps=tuple(_jacobian_steps(circuit)),
        )


def of_rates(circuit: Circuit) -> Iterator[Draft]:
    """Determinant, trace and own curvatures in the rates, where the gains are rational in them."""
    here = full_branch(frozen(circuit))
    table = {gain(p.name): value for p in circuit.populations if (value := in_rate(p)) is not None}
    for p in circuit.populations:
        if gain(p.name) in table:
            text = _text((1 / table[gain(p.name)]) - circuit.own(circuit.index(p.name)))
            yield Draft(
                f"stability.rates.curvature.{p.name}",
                f"Own curvature of {p.name} in its rate",
                "equation",
                then=f"curvature({p.name}) = {text}",
            )
    if len(table) < len(smooth(circuit)) or len(circuit.names) > 2:
        return
    put = {str(k): read_term(_text(v)) for k, v in table.items()}
    for word, value in (("det", here.determinant), ("trace", stability.trace(here))):
        if len(circuit.names) > 1 or word == "trace":
            text = s.text(substituted(read_term(nested_quotient(value)), put))
            yield Draft(f"stability.rates.{word}", f"The {word} in the rates", "equation", then=f"{word} = {text}")


def of_nash(circuit: Circuit) -> Iterator[Draft]:
    """Nash, stable, paradoxical, at an equilibrium; each implication with its converse, which may be refuted."""
    held = frozen(circuit)
    full, names = full_branch(held), circuit.names
    B = full.name
    yield Draft(
        "nash.local",
        f"When an equilibrium on ({B}) is a local Nash equilibrium",
        "equivalence",
        word=f"local_nash({B})",
    )
    if len(names) > 2:
        return
    curved = [n for i, n in enumerate(names) if not full.algebra.domain.known(full.algebra.own[i], "<=")]
    strictly = " & ".join(f"curvature({n}) > 0" for i, n in enumerate(names) if i in full.increasing)
    yield Draft(
        "nash.stable",
        "Strict local Nash, every own energy curving upwards, implies stable",
        "implication",
        then=f"{strictly} => stable({B})",
    )
    if curved:
        yield Draft(
            "nash.stable-converse",
            "The converse: stable implies local Nash",
            "implication",
            then=f"stable({B}) => local_nash({B})",
        )
        yield Draft(
            "nash.stabilised",
            "Stable although some own energy curves downwards: inhibition-stabilised, and not Nash",
            "equivalence",
            word=f"stable({B}) & ({' | '.join(f'curvature({n}) < 0' for n in curved)})",
            given=("det > 0",),
        )
    if len(names) == 2:
        for k, name in enumerate(names):
            other = names[1 - k]
            if other in curved:
                yield Draft(
                    f"nash.paradoxical.{name}",
                    f"{name} is paradoxical exactly where the own energy of {other} curves downwards",
                    "equivalence",
                    then=f"paradoxical({name}) <=> curvature({other}) < 0",
                    given=("det > 0",),
                )
                yield Draft(
                    f"nash.paradoxical-not-nash.{name}",
                    f"Where {name} is paradoxical, the equilibrium is not local Nash",
                    "implication",
                    then=f"paradoxical({name}) => ~local_nash({B})",
                    given=("det > 0",),
                )


def of_thresholds(circuit: Circuit) -> Iterator[Draft]:
    """What some input, or every input, can bring about."""
    held = frozen(circuit)
    a = algebra(held)
    B = full_branch(held).name
    for i in smooth(circuit):
        name = circuit.names[i]
        found = reach(original(circuit.populations[i].activation))
        if found.upper is None:
            continue
        yield Draft(
            f"game.cost-convex.{name}",
            f"The activation cost of {name} is convex: its slope is at most 1 everywhere",
            "equivalence",
            word=f"for_all_gains({gain(name)} <= 1)",
        )
        if not a.domain.known(a.own[i], "<="):
            yield Draft(
                f"game.convex-everywhere.{name}",
                f"The own energy of {name} is convex, so that stationary is Nash for it",
                "equivalence",
                word=f"for_all_gains(curvature({name}) >= 0)",
            )
    if all(reach(original(circuit.populations[i].activation)).attained for i in smooth(circuit)) and len(
        smooth(circuit)
    ) == len(circuit.names):
        title = "When there is exactly one equilibrium for every input"
        yield Draft("count.unique", title, "equivalence", word="unique")
    if len(circuit.names) > 2:
        return
    strict = threshold_facts.strictly(held)
    bounded = all(reach(original(circuit.populations[i].activation)).upper is not None for i in smooth(circuit))
    if bounded:
        yield from _of_some_input(held)
    if strict == "false":
        return
    given = "" if strict == "true" else f"{strict} => "
    yield Draft(
        "count.no-fold", "No equilibrium has a fold, whatever the input", "implication", then=f"{given}det > 0"
    )
    yield Draft(
        "count.always-stable",
        "Then every equilibrium is stable, whatever the input and the time constants",
        "implication",
        then=f"{given}hurwitz({B})",
    )
    if bounded and len(circuit.names) == 2 == len(smooth(circuit)):  # other pieces have other slopes
        yield from _attracting(held, strict)


def _of_some_input(held: Circuit) -> Iterator[Draft]:
    """Saddles, folds, expansion and Hopf points that some input brings about, where all slopes have bounds."""
    yield Draft(
        "count.saddle", "Some input has an equilibrium that is a saddle", "equivalence", word="for_some_gains(det < 0)"
    )
    if threshold_facts.no_fold(held) not in ("true", "false"):
        yield Draft(
            "count.fold",
            "Where some input has a saddle, some input has a fold: the determinant is 1 at small gains",
            "implication",
            then="for_some_gains(det < 0) => for_some_gains(det = 0)",
        )
    if len(held.names) < 2:
        return
    yield Draft(
        "count.divergence",
        "For some input an equilibrium has an expanding linearisation: a positive trace",
        "equivalence",
        word="for_some_gains(trace > 0)",
    )
    hopf, some = threshold_facts.hopf_somewhere(held), "for_some_gains(trace = 0 & det > 0)"
    if hopf:
        yield Draft(
            "count.oscillation-needs",
            "If some input has a Hopf point, the determinant is positive at an end of the range of a gain along trace "
            "0, or where it is greatest",
            "implication",
            then=f"{some} => {' | '.join(hopf)}",
        )
    for k, case in enumerate(hopf, 1):
        yield Draft(
            f"count.oscillation.{k}",
            f"Conversely some input has a Hopf point in each of these cases: case {k} of {len(hopf)}",
            "implication",
            then=f"{case} => {some}",
        )


def _attracting(held: Circuit, strict: str) -> Iterator[Draft]:
    """One equilibrium that attracts every orbit: the signs are proved here, at every state, and the theorem is cited.

    The built-in kinds with a bound on their slopes are bounded, or nonnegative and of linear growth; in a pair whose
    ``I - L W`` is a P-matrix the orbits then stay bounded. The rate form only.
    """
    if held.form != "rate":
        return
    facts = () if strict == "true" else (strict,)
    verdict = check(held, "det > 0 & trace < 0", facts, search_missing=False).verdict
    if not isinstance(verdict, Proved):
        return
    yield Draft(
        "count.global",
        "For every input and all time constants there is one equilibrium, and every orbit tends to it",
        "completeness",
        given=facts,
        verdict=Cited("Bendixson1901; GaleNikaido1965", verdict.by),
        steps=(
            Step("det > 0", "for all gains in their ranges: det(I - S W) > 0 for the mean slopes between two states"),
            Step(None, "two equilibria of one input do not differ: the difference solves", r"(I - S W)\,\Delta x = 0"),
            Step("trace < 0", "at every state, whose slopes are in the same ranges: the divergence is negative"),
            Step(
                None,
                "a pair with bounded orbits, negative divergence and one equilibrium has no cycle, and every orbit "
                "tends to the equilibrium",
            ),
        ),
    )


# -- identities -------------------------------------------------------------------------------------------------------


def gain_in_rate(p: Population) -> bool:
    """``phi'(phi^{-1}(x)) (phi^{-1})'(x) = 1``, exactly: the slope in the rate belongs to the inverse.

    >>> from symgame.kinds import activation
    >>> one = sympy.Integer(1)
    >>> [gain_in_rate(Population("E", None, one, one, activation(k))) for k in ("logistic", "arctan", "softplus")]
    [True, True, True]
    """
    activation = original(p.activation)
    return vanishes(activation.slope_at_rate * sympy.diff(activation.inverse, X) - 1)


def _map_is_right(circuit: Circuit) -> bool:
    """The inputs of the map make the total inputs those of the rates: ``W x + (z - W x) = z``."""
    totals, x = dynamics.total_inputs(circuit), game.rates(circuit)
    inputs = [sympy.Dummy(f"u_{n}") for n in circuit.names]
    z = [sympy.Dummy(f"z_{n}") for n in circuit.names]
    ok = True
    for i in range(len(circuit.names)):
        external = z[i] - sum((circuit.W[i, j] * x[j] for j in range(len(x))), sympy.Integer(0))
        total = (totals[i] - circuit.u[i] + inputs[i]).xreplace({inputs[i]: external})
        ok = ok and sympy.expand(total - z[i]) == 0
    return ok


def _jacobian_is_right(held: Circuit) -> bool:
    here = full_branch(held)
    a = here.algebra
    matrix = [
        [(a.one / here.slopes[i] if i == j else a.zero) - a.W[i][j] for j in range(a.n)] for i in range(a.n)
    ]
    product = a.one
    for slope in here.slopes:
        product = product * slope
    return determinant(matrix, a.ring) * product == here.determinant


# -- steps ------------------------------------------------------------------------------------------------------------


def _map_steps(circuit: Circuit) -> Iterator[Step]:
    yield Step(
        None,
        "where phi increases it has an inverse, so that x = phi(W x + u) says what the input is",
        r"u = \phi^{-1}(x) - W x",
    )
    x = game.rates(circuit)
    for i, p in enumerate(circuit.populations):
        phi = original(p.activation)
        if phi.pieces is not None:
            continue
        inverse = phi.inverse.xreplace({X: x[i]})
        received = sum((circuit.W[i, j] * x[j] for j in range(len(x))), sympy.Integer(0))
        shown = circuit.expression_latex(sympy.Add(inverse, -received), macros=True)
        driven = circuit.shown(circuit.inputs[i], macros=True)
        low, high = (circuit.expression_latex(end, macros=True) for end in (phi.domain.start, phi.domain.end))
        name = circuit.expression_latex(x[i], macros=True)
        inside = rf"{low} < {name} < {high}"
        yield Step(None, f"for rates of {p.name} inside the range", rf"{driven} = {shown},\quad {inside}")


def _gain_steps(circuit: Circuit, p: Population) -> Iterator[Step]:
    phi = original(p.activation)
    shown = circuit.expression_latex(phi.slope_at_rate.xreplace({X: rate(p.name)}), macros=True)
    name = circuit.expression_latex(gain(p.name), macros=True)
    label = circuit.presentation.latex(p.name)
    yield Step(
        None,
        "the slope at the total input, by the derivative of the inverse; verified as an identity",
        rf"{name} = \phi_{{{label}}}'\bigl(\phi_{{{label}}}^{{-1}}(x_{{{label}}})\bigr) = {shown}",
    )
    found = reach(phi)
    if found.upper is None:
        yield Step(None, "it takes every positive value", rf"0 < {name} < \infty")
        return
    upper = circuit.expression_latex(found.upper, macros=True)
    rel = r"\le" if found.attained else "<"
    how = "the greatest slope is attained in the middle of the range" if found.attained else "the slope grows to it"
    yield Step(None, f"it takes every value in this range; {how}", rf"0 < {name} {rel} {upper}")


def _jacobian_steps(circuit: Circuit) -> Iterator[Step]:
    yield Step(
        None,
        "differentiate the map; the derivative of the inverse is one over the gain",
        r"\frac{\partial u}{\partial x} = S^{-1} - W,\quad S = \operatorname{diag}(s)",
    )
    yield Step(
        None,
        "one factor for each row; verified by expanding both sides. Where it vanishes, two equilibria of nearby inputs "
        "meet: folds are its zeros",
        r"\det\frac{\partial u}{\partial x} = \frac{\det(I - S W)}{\prod_i s_i}",
    )


def _text(expression: sympy.Expr) -> str:
    return str(expression).replace("**", "^")
