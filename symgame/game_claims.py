"""What is asked of the game: its pseudo-gradient and rate equation, own energies, best responses, potentials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import sympy

from symgame import dynamics, game, steps
from symgame.activation import Activation
from symgame.algebra import algebra
from symgame.branches import full_branch
from symgame.circuit import Circuit
from symgame.claims import Draft
from symgame.condition import TRUE, terms
from symgame.errors import BudgetExceeded, Unsupported
from symgame.frozen_gains import original
from symgame.pieces import X
from symgame.proof.decide import EXACT
from symgame.proof.reduce import Reducer
from symgame.proof.verdict import Proved, Undecided, Verdict
from symgame.properties import diagonal, nash, potential
from symgame.solve import quotient_text

#: Terms of the condition for strong monotonicity that is printed.
MOST_SHOWN = 60


def identity(ok: bool, what: str) -> Verdict:
    return Proved((EXACT,)) if ok else Undecided(f"the exact identity failed: {what}")


def drafts(circuit: Circuit, kinds: Sequence[int] | None = None) -> Iterator[Draft]:
    """The claims on the game, own energies for one population of each kind (default: all)."""
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
        proximal = [proximal_identity(original(p.activation)) for p in circuit.populations]
        ok = same and argument and all(proximal)
        yield Draft(
            "game.rate-equation",
            "The rate equation is the proximal pseudo-gradient dynamics of the game",
            "identity",
            verdict=identity(ok, "prox_g(x - F(x)) = phi(W x + u)"),
            steps=tuple(steps.of_rate_equation(circuit)),
        )
    for i in range(len(names)) if kinds is None else kinds:
        name = names[i]
        activation = circuit.populations[i].activation
        if algebra(circuit).pieces is not None:
            own, germ = nash.own_curvature(full_branch(circuit), i), activation.germ_of is not None
            yield Draft(
                f"game.curvature.{name}",
                f"Own curvature of {name} {'at an equilibrium' if germ else 'where its rate is active'}",
                "equation",
                then=f"curvature({name}) = {quotient_text(own)}",
            )
            yield Draft(
                f"game.convex.{name}",
                f"When the own energy of {name} {'curves upwards there' if germ else 'is strictly convex'}",
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
    if not circuit.copies:
        yield from _potential_function(circuit)
    if len(names) <= 6:
        yield Draft(
            "game.weighted-potential",
            "When the game has a weighted potential",
            "equivalence",
            word="weighted_potential",
        )
    if algebra(circuit).n <= 3 or terms(diagonal.monotone(algebra(circuit))) <= MOST_SHOWN:
        yield Draft("game.monotone", "Strong monotonicity of the pseudo-gradient", "equivalence", word="monotone")
    else:
        yield Draft(
            "game.monotone",
            "The pseudo-gradient is strongly monotone if and only if the sum of the matrix and its transpose is "
            "positive definite",
            "identity",
            verdict=identity(same, "the pseudo-gradient is linear with the matrix I - W"),
            steps=tuple(steps.of_monotone(circuit)),
        )
    if algebra(circuit).matrix_name == "I - W":  # with gains, Rosen's condition is about another matrix
        yield Draft(
            "game.rosen-lds", "Rosen's condition is Lyapunov diagonal stability", "equivalence", then="rosen <=> lds"
        )
    yield Draft(
        "game.monotone-rosen", "Strong monotonicity implies Rosen's condition", "implication", then="monotone => rosen"
    )


def _potential_function(circuit: Circuit) -> Iterator[Draft]:
    """The potential itself, where there is one."""
    if not 2 <= len(circuit.names) <= 6:
        return
    try:
        found = potential.potential_function(circuit)
    except (BudgetExceeded, Unsupported):  # the claim on its existence says the same
        return
    if not isinstance(found, potential.Potential) or not found.terms:
        return
    if found.when != TRUE and Reducer(algebra(circuit).domain).impossible(found.when):
        return
    weights = ", ".join(f"d({n}) = {d}" for n, d in zip(circuit.names, found.weights, strict=True))
    yield Draft(
        "game.potential-function",
        f"{'An exact' if found.exact else 'A weighted'} potential of the game",
        "identity",
        given=() if found.when == TRUE else (str(found.when),),
        verdict=identity(found.verified(), "d_i dE_i/dx_i = dPhi/dx_i"),
        steps=(
            steps.Step(None, f"weights along the couplings: {weights}", found._latex()),
            steps.Step(
                None,
                "Its derivative by each rate is the weight times that of the own energy, for any activation cost",
            ),
        ),
    )


def proximal_identity(activation: Activation) -> bool:
    """``phi = prox_g``: g' + x = phi^{-1} piece by piece, exactly, and phi does not decrease.

    ``G = g + x^2/2`` is then convex with derivative phi^{-1}, so phi(z) is the minimiser of ``g(y) + (y - z)^2/2``.
    """
    if activation.pieces is None:
        return vanishes(sympy.diff(activation.cost, X) + X - activation.inverse)
    rising = [piece for piece in activation.pieces if not piece.flat]
    cost = activation.cost
    cases = [case for case, _ in cost.args] if isinstance(cost, sympy.Piecewise) else [cost]
    if len(cases) != len(rising):
        return False
    return all(
        sympy.cancel(sympy.diff(case, X) + X - (X - piece.intercept) / piece.slope) == 0
        for case, piece in zip(cases, rising, strict=True)
    )


def vanishes(expression: sympy.Expr) -> bool:
    """Whether a function of the rate X > 0 is 0 everywhere, by normal forms; ``False`` is "not shown".

    Both sides of an identity are analytic on the range, so that positive rates decide.

    >>> vanishes(sympy.tan(X) * sympy.cos(X) - sympy.sin(X)), vanishes(X)
    (True, False)
    """
    expression = expression.xreplace({X: sympy.Dummy("x", positive=True)})
    forms = (
        _normal,
        sympy.cancel,
        lambda e: sympy.cancel(sympy.powsimp(sympy.expand(e), force=True)),
        lambda e: sympy.cancel(sympy.powdenest(sympy.expand(sympy.powdenest(e, force=True)), force=True)),
        lambda e: sympy.cancel(sympy.expand(e.rewrite(sympy.exp))),
    )
    return any(form(expression) == 0 for form in forms)


def _normal(expression: sympy.Expr) -> sympy.Expr:
    """A normal form for the smooth kinds: inverse hyperbolic functions as logarithms, logarithms of products as
    sums."""
    if expression.has(sympy.polylog):  # its derivative is a logarithm, whose argument is put over one denominator
        known = sympy.expand_func(expression)
        expression = known.replace(sympy.log, lambda argument: sympy.log(sympy.factor(sympy.together(argument))))
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
    k = 1 - circuit.own(i)
    own = sympy.expand(game.interaction_cost(circuit, i) + x * game.others_input(circuit, i)) - x * c
    at = {value: own.xreplace({x: value}) for value in (y, c / k, e)}
    interior = sympy.cancel(at[y] - at[c / k] - k * (y - c / k) ** 2 / 2) == 0
    end = sympy.expand(at[y] - at[e] - (y - e) * (k * (y + e) / 2 - c)) == 0
    return bool(interior and end)


def pieces_partition(circuit: Circuit) -> bool:
    """Consecutive pieces share a knot, which belongs to exactly one of them; the ends are infinite."""
    for row in algebra(circuit).linear_pieces():
        if row[0].lower is not None or row[-1].upper is not None:
            return False
        for left, right in pairwise(row):
            if left.upper is None or left.upper != right.lower or left.closed[1] == right.closed[0]:
                return False
    return True
