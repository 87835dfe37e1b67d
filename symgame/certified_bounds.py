"""Where all total inputs of equilibria lie, proved: from the ranges of bounded activations and the growth of the rest.

An unbounded phi is, on each of at most a few half-lines, a line up to a bounded error (``phi(z) = s z + e``, e in a
ball: pieces of a piecewise-linear phi; softplus with an error in [0, log 2]) or the power ``k (z - theta)^p``, p > 1.
For one choice of half-lines the equations ``z = u + W x`` are linear in the total inputs z of the populations on lines
and the rates y of those on powers, but for the roots: ``B y = r - [(y_i/k_i)^(1/p_i)]``. If B is invertible, y is
bounded by the largest m with ``m <= a + b (m/k)^(1/p)``, as 1/p < 1. A power that receives nothing unbounded is bounded
directly. For any other phi with slopes at most L, ``|z| <= |u| + |W|(|phi(0)| + L |z|)`` bounds z where ``I - |W| L``
is an M-matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

import sympy
from flint import arb, arb_mat

from symgame.activation import Activation
from symgame.balls import ball_function
from symgame.kinds import KINDS, Scale, Shape
from symgame.pieces import X, Z

#: Choices of half-lines that are tried.
MOST_CHOICES = 4_096
#: A bound beyond 2^200 is none.
_MOST_DOUBLINGS = 200


@dataclass(frozen=True, eq=False)
class Growth:
    """phi on a part of the line: ``slope z + error``; or ``k (z - theta)^p`` when ``power`` holds (k, theta, p).

    ``endless`` says that phi grows there without end.
    """

    slope: arb
    error: arb
    endless: bool = False
    power: tuple[arb, arb, arb] | None = None


Rows = Sequence[Sequence[arb]]


def input_bounds(W: Rows, u: Sequence[arb], activations: Sequence[Activation]) -> tuple[arb, ...] | str:
    """A ball for each total input that holds it at every solution of ``z = u + W phi(z)``; or why none is known.

    >>> from symgame.kinds import activation as kind
    >>> (z,) = input_bounds([[arb(-2)]], [arb(3)], [kind("power")])
    >>> z.contains(1), z.upper() < 20
    (True, True)
    >>> input_bounds([[arb(1)]], [arb(0)], [kind("softplus")])
    'no bound of the rates follows from the growth of the activations: ...'
    """
    tails = [growths(a) for a in activations]
    known = [rows for rows in tails if rows is not None]
    if len(known) < len(tails):
        return _lipschitz_bounds(W, u, activations)
    count = 1
    for rows in known:
        count *= len(rows)
    if count > MOST_CHOICES:
        return f"bounds of the rates would take {count} choices of half-lines, more than the {MOST_CHOICES} tried"
    hulls: list[arb] | None = None
    for choice in product(*known):
        here = _choice_bounds(W, u, choice)
        if here is None:
            return (
                "no bound of the rates follows from the growth of the activations: on some choice of half-lines the "
                "linear part of the equations is singular, or too close to it to tell"
            )
        hulls = here if hulls is None else [a.union(b) for a, b in zip(hulls, here, strict=True)]
    assert hulls is not None
    return tuple(hulls)


def critical_softplus(given: Activation, c: arb) -> arb | None:
    """The lone solution of ``z = c + phi(z)/gain`` for a softplus, whose slope times 1/gain tends to 1.

    With ``s = gain (z - threshold)`` the equation is ``gain (threshold - c) = log(1 + e^-s)``, so that there is a
    solution if and only if c < threshold; ``None`` if c is not. Raises ValueError where the ball does not tell.

    >>> from symgame.kinds import activation as kind
    >>> z = critical_softplus(kind("softplus"), arb(-1))
    >>> abs((1 + z.exp()).log() - 1 - z) < 1e-10, critical_softplus(kind("softplus"), arb(1))
    (True, None)
    """
    gain, threshold = (_number(dict(given.parameters)[key]) for key in ("gain", "threshold"))
    gap = gain * (threshold - c)
    if gap <= 0:
        return None
    if not gap > 0:
        raise ValueError("the ball of the input does not tell whether it is less than the threshold")
    return threshold - gap.expm1().log() / gain


def growths(given: Activation) -> tuple[Growth, ...] | None:
    """The half-lines of an activation, ``None`` when its growth is not known."""
    zero, domain = arb(0), given.domain
    if given.pieces is not None:
        return tuple(
            Growth(_number(p.slope), _number(p.intercept), p.length == sympy.oo and not p.flat) for p in given.pieces
        )
    if domain.start.is_finite and domain.end.is_finite:
        return (Growth(zero, _number(domain.start).union(_number(domain.end))),)
    if not is_built_in(given):
        return None
    values = dict(given.parameters)
    if given.kind == "softplus":
        error = zero.union(arb(2).log())
        gain, threshold = _number(values["gain"]), _number(values["threshold"])
        return Growth(zero, error), Growth(gain, error - gain * threshold, True)
    if given.kind == "power":
        k, theta, p = (_number(values[key]) for key in ("k", "threshold", "p"))
        return Growth(zero, zero), Growth(zero, zero, True, (k, theta, p))
    return None


def falls_for_ever(given: Activation, own: arb) -> bool | None:
    """Whether ``integral of phi^-1 - own y^2/2 - c y`` is unbounded below whatever c; ``None`` if not known.

    On a line of slope s the curvature at infinity is ``1/s - own``; under a power p > 1 it tends to ``-own``.

    >>> from symgame.kinds import activation as kind
    >>> [falls_for_ever(kind(name), arb(2)) for name in ("logistic", "softplus", "power", "linear")]
    [False, True, True, True]
    """
    rows = growths(given)
    if rows is None:
        return None
    bends = [(own if row.power else row.slope * own - 1) for row in rows if row.endless]
    verdicts: list[bool | None] = [True if bend > 0 else False if bend <= 0 else None for bend in bends]
    return True if True in verdicts else None if None in verdicts else False


def _number(value: sympy.Expr) -> arb:
    return ball_function(value, X)(arb(0))


@cache
def is_built_in(given: Activation) -> bool:
    """Whether its phi is that of the kind of its name and parameters, not another that is called so."""
    row = KINDS.get(given.kind)
    values = dict(given.parameters)
    if row is None or set(values) != set(row.defaults):
        return False
    shape = row.shape(values)
    if not isinstance(shape, Shape):
        return False
    scale = Scale(**{part: values[key] for part, key in row.scale.items() if key in values})
    return bool(scale.height * shape.phi.subs({Z: scale.total(Z)}) - scale.offset == given.phi)


# -- one choice of half-lines -----------------------------------------------------------------------------------------


def _choice_bounds(W: Rows, u: Sequence[arb], choice: Sequence[Growth]) -> list[arb] | None:
    """The total inputs of every solution with these half-lines; ``None`` without a proof."""
    tails, n = list(choice), len(u)
    while True:
        matrix = [[_coefficient(W[i][j], tails, i, j) for j in range(n)] for i in range(n)]
        right = [u[i] + sum((W[i][j] * tails[j].error for j in range(n)), arb(0)) for i in range(n)]
        bounded = next((i for i in range(n) if tails[i].power and all(v.is_zero() for v in matrix[i])), None)
        if bounded is None:
            break
        power = tails[bounded].power
        assert power is not None
        k, theta, p = power
        most = (right[bounded] - theta).upper().max(arb(0))
        tails[bounded] = Growth(arb(0), arb(0).union(k * most**p if most > 0 else arb(0)))
    right = [r - tails[i].power[1] if tails[i].power else r for i, r in enumerate(right)]  # type: ignore[index]
    try:
        inverse = arb_mat(matrix).inv()
    except ZeroDivisionError:
        return None
    rows = [[inverse[i, j].abs_upper() for j in range(n)] for i in range(n)]
    sizes = [abs(r).upper() for r in right]
    powers = [i for i in range(n) if tails[i].power]
    if not powers:
        solved = inverse * arb_mat([[r] for r in right])
        return [solved[i, 0] for i in range(n)] if all(solved[i, 0].is_finite() for i in range(n)) else None
    most_rate = _largest(rows, sizes, [tails[i].power for i in powers], powers)
    if most_rate is None:
        return None
    y = [sum((rows[i][j] * (sizes[j] + _root(tails[j], most_rate)) for j in range(n)), arb(0)) for i in range(n)]
    return [_root_input(tails[i], y[i]) if tails[i].power else arb(0, y[i].upper()) for i in range(n)]


def _coefficient(w: arb, tails: Sequence[Growth], i: int, j: int) -> arb:
    """Entry (i, j) of B: a population on a power has its rate for unknown and no term of its own total input."""
    identity = 1 if i == j and tails[i].power is None else 0
    return identity - (w if tails[j].power else w * tails[j].slope)


def _largest(
    rows: list[list[arb]], sizes: list[arb], powers: Sequence[tuple[arb, arb, arb] | None], places: list[int]
) -> arb | None:
    """An m that no solution exceeds: ``a + b (m/k)^(1/p) < m``, and as the left side is concave, beyond m too."""
    n = len(sizes)
    base = arb(0)
    for i in range(n):
        base = base.max(sum((rows[i][j] * sizes[j] for j in range(n)), arb(0)).upper())
    if not base.is_finite():
        return None
    m = base.max(arb(1))
    for _ in range(_MOST_DOUBLINGS):
        most = arb(0)
        for i in range(n):
            terms = (rows[i][j] * _power_root(power, m) for j, power in zip(places, powers, strict=True))
            most = most.max(sum(terms, arb(0)).upper())
        if base + most < m:
            return m.upper()
        m = m * 2
    return None


def _power_root(power: tuple[arb, arb, arb] | None, m: arb) -> arb:
    assert power is not None
    k, _, p = power
    return (m / k) ** (1 / p)


def _root(tail: Growth, m: arb) -> arb:
    return _power_root(tail.power, m) if tail.power else arb(0)


def _root_input(tail: Growth, most: arb) -> arb:
    """The total inputs of rates from 0 to ``most`` on a power."""
    assert tail.power is not None
    theta = tail.power[1]
    top = most.upper()
    return theta.union(theta + _power_root(tail.power, top)) if top > 0 else theta


# -- any phi with bounded slopes --------------------------------------------------------------------------------------


def _lipschitz_bounds(W: Rows, u: Sequence[arb], activations: Sequence[Activation]) -> tuple[arb, ...] | str:
    n = len(u)
    slopes, starts = [], []
    for a in activations:
        ends = (a.domain.start, a.domain.end)
        if all(end.is_finite for end in ends):
            slopes.append(arb(0))
            starts.append(max((_number(end).abs_upper() for end in ends), key=float))
        elif a.lipschitz.has(sympy.oo):
            return f"no bound of the rates is known: '{a.kind}' has unbounded slopes, and its growth is not known"
        else:
            slopes.append(_number(a.lipschitz))
            starts.append(ball_function(a.phi, Z)(arb(0)).abs_upper())
    sizes = [[abs(w).upper() for w in row] for row in W]
    matrix = arb_mat([[(i == j) - sizes[i][j] * slopes[j] for j in range(n)] for i in range(n)])
    reason = (
        "no bound of the rates is known: a phi is no built-in one, and |W| L is not less than 1, L its largest slope"
    )
    try:
        inverse = matrix.inv()
    except ZeroDivisionError:
        return reason
    # a matrix with no positive entry off the diagonal is an M-matrix if and only if its inverse is nonnegative
    if not all(inverse[i, j] >= 0 for i in range(n) for j in range(n)):
        return reason
    sums = [sum((s * x for s, x in zip(row, starts, strict=True)), arb(0)) for row in sizes]
    right = arb_mat([[abs(v).upper() + most] for v, most in zip(u, sums, strict=True)])
    bound = inverse * right
    return tuple(arb(0, bound[i, 0].abs_upper()) for i in range(n))
