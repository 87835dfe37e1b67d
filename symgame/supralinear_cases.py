"""Power-law circuits, case by case: which populations are active, and the one polynomial that is left then.

Above threshold, ``y_i = z_i - theta_i``, the equilibria of ``phi_i(z) = k_i [z - theta_i]_+^p_i`` are those of

    y = W x + u - theta,    x_i = k_i y_i^p_i where i is active (y_i > 0),    x_i = 0 where it is silent (y_i <= 0).

With v = y of one active population, the rows are solved for one unknown after the other, each time linearly; what is
left in the end is one polynomial f(v), scaled so that ``f'(v) = det(I - S W)`` with the gains ``s_i = p_i k_i
y_i^(p_i - 1)``. For an E-I pair this is ``v - u_E - w_EE k v^p + w_EI k z_I(v)^p``.

Source: N. Kraynyukova and T. Tchumatchenko, Stabilized supralinear network can give rise to bistable, oscillatory, and
persistent activity, PNAS 115 (2018) 3464.

The elimination is written once, for any ring: rational polynomials of FLINT, or expressions of SymPy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Expr

from symgame.activation import Activation
from symgame.circuit import Circuit
from symgame.errors import Unsupported
from symgame.kinds import activation as built_in


@dataclass(frozen=True)
class PowerLaw:
    """``phi(z) = k [z - threshold]_+^p``, p a whole number >= 1."""

    k: Expr
    threshold: Expr
    p: int


@dataclass(frozen=True)
class Case:
    """One choice of active populations: everything as a polynomial in v, what ``driver`` has above threshold.

    ``above`` are the y of all populations, ``rates`` their x, ``gains`` their slopes, in the order of the circuit;
    ``equation`` is f. ``pivots`` are the weights that were divided by, as (to, from). Equilibria are the zeros of f
    where v > 0, every active y is positive and every silent one is not.
    """

    active: tuple[int, ...]
    driver: int
    above: tuple[Any, ...]
    rates: tuple[Any, ...]
    gains: tuple[Any, ...]
    equation: Any
    pivots: tuple[tuple[int, int], ...]


def power_laws(circuit: Circuit) -> tuple[PowerLaw, ...]:
    """The activations as power laws: kinds ``power`` with a whole p, and ``relu``, which is one with p = 1.

    Raises :class:`~symgame.errors.Unsupported` for other activations.

    >>> pair = Circuit.from_matrix([["w_EE", "-w_EI"], ["w_IE", 0]], names="EI", activation=["power", "relu"])
    >>> power_laws(pair)
    (PowerLaw(k=1, threshold=0, p=2), PowerLaw(k=1, threshold=0, p=1))
    """
    return tuple(_power_law(p.name, p.activation) for p in circuit.populations)


def _power_law(name: str, activation: Activation) -> PowerLaw:
    values = dict(activation.parameters)
    if activation.kind == "relu" and activation == built_in("relu", **values):
        return PowerLaw(values["gain"], values["threshold"], 1)
    if activation.kind == "power" and activation == built_in("power", **values):
        p = values["p"]
        if p.is_Integer and p >= 1:
            return PowerLaw(values["k"], values["threshold"], int(p))
        raise Unsupported(f"{name} has a power law with p = {p}; a whole number gives a polynomial: p = 1, 2, 3, ...")
    raise Unsupported(
        f"{name} has the activation '{activation.kind}'; this is about power laws k*[z - threshold]_+^p with a whole p "
        f"(kinds power and relu)"
    )


# -- the elimination --------------------------------------------------------------------------------------------------


def eliminated(
    W: Sequence[Sequence[Any]],
    h: Sequence[Any],
    powers: Sequence[Callable[[Any], Any]],
    slopes: Sequence[Callable[[Any], Any]],
    active: tuple[int, ...],
    driver: int,
    v: Any,
) -> Case | None:
    """The case in the unknown v of one driver; ``None`` when no row is left with a single unknown on the way.

    ``W`` and ``h = u - theta`` are scalars, ``powers`` and ``slopes`` map a y to its ``k y^p`` and ``p k y^(p-1)``.
    The equation is not yet scaled.

    >>> y = sympy.Symbol("y")
    >>> square, double = (lambda y: y**2), (lambda y: 2 * y)
    >>> case = eliminated(sympy.Matrix([[1, -1], [1, 0]]).tolist(), [1, 0], [square] * 2, [double] * 2, (0, 1), 0, y)
    >>> case.above[1], sympy.expand(case.equation)
    (y**2, -y**4 + y**2 - y + 1)
    """
    zero = v * 0
    above: dict[int, Any] = {driver: v}
    rates: dict[int, Any] = {j: zero for j in range(len(h)) if j not in active}
    rates[driver] = powers[driver](v)
    rows, pivots, equation = set(active), [], None
    while rows:
        for a in sorted(rows):
            unknown = [b for b in active if W[a][b] != 0 and b not in rates]
            received = h[a] + sum((W[a][b] * rates[b] for b in active if b in rates and W[a][b] != 0), zero)
            if a not in above and not unknown:
                above[a] = received
                if a in rates:
                    equation = rates[a] - powers[a](received)
                else:
                    rates[a] = powers[a](received)
            elif a in above and len(unknown) == 1:
                (b,) = unknown
                rates[b] = (above[a] - received) * (1 / W[a][b])
                pivots.append((a, b))
            elif a in above and not unknown:
                equation = above[a] - received
            else:
                continue
            rows.discard(a)
            break
        else:
            return None
    for a in range(len(h)):
        if a not in active:
            above[a] = h[a] + sum((W[a][b] * rates[b] for b in active if W[a][b] != 0), zero)
    order = range(len(h))
    gains = tuple(slopes[a](above[a]) if a in active else zero for a in order)
    return Case(
        active, driver, tuple(above[a] for a in order), tuple(rates[a] for a in order), gains, equation, tuple(pivots)
    )


def characteristic(matrix: Sequence[Sequence[Any]]) -> list[Any]:
    """The coefficients of ``det(t I - M)``, leading one first, over any ring that holds the rationals.

    Faddeev and Le Verrier: the only divisions are by whole numbers.

    >>> [int(c) for c in characteristic([[sympy.Integer(2), 1], [1, 3]])]
    [1, -5, 5]
    """
    n = len(matrix)
    coefficients = [1]
    product = [[0] * n for _ in range(n)]
    for k in range(1, n + 1):
        shifted = [[product[a][b] + (coefficients[-1] if a == b else 0) for b in range(n)] for a in range(n)]
        product = [[sum(matrix[a][c] * shifted[c][b] for c in range(n)) for b in range(n)] for a in range(n)]
        trace = sum(product[a][a] for a in range(n))
        coefficients.append(trace * _inverse(-k, trace))
    return coefficients


def _inverse(k: int, like: Any) -> Any:
    """``1/k`` as an exact number that multiplies what it is asked for."""
    import flint

    return sympy.Rational(1, k) if isinstance(like, sympy.Basic | int) else flint.fmpq(1, k)


def determinant(case: Case, W: Sequence[Sequence[Any]]) -> Any:
    """``det(I - S W)``: of the active block, since the gain of a silent population is 0.

    >>> y = sympy.Symbol("y")
    >>> case = eliminated([[sympy.Integer(1)]], [1], [lambda y: y**2], [lambda y: 2 * y], (0,), 0, y)
    >>> determinant(case, [[sympy.Integer(1)]])
    1 - 2*y
    """
    block = [[(1 if a == b else 0) - case.gains[a] * W[a][b] for b in case.active] for a in case.active]
    last = characteristic(block)[-1]
    return last if len(block) % 2 == 0 else -last
