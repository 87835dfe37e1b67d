"""Is a Hopf point supercritical? The first Lyapunov coefficient of a pair with smooth activations, in closed form.

At a Hopf point the Jacobian ``A = diag(1/tau)(S W - I)`` has trace 0 and determinant ``omega^2 > 0``. With
``s = phi'``, ``r = phi''/phi'``, ``q = phi'''/phi'`` at its total inputs, and

    a_i = A_ii,  b = A_12,  c = A_21,  omega^2 = a_1 a_2 - b c,  m_1 = b/(b - c),  m_2 = c/(c - b),

Kuznetsov's ``Re(i g20 g11 + omega g21)/(2 omega^2)`` comes out as

    omega l1 = 1/4 ( F_1 + F_2 + M ),
    F_i = W_ii (1 + omega^2 tau_i^2) m_i/(tau_i s_i) * (q_i - r_i^2 (1 - a_i/(omega^2 tau_i))),
    M   = r_1 r_2/(s_1 s_2) * b m_2 (1/tau_1 + 1/tau_2) (tau_2 - tau_1 + (1/omega^2 + tau_1 tau_2) a_1).

It follows from ``W q = (1 + i omega tau) q/s`` for the eigenvector q of ``i omega``: the couplings of the nonlinear
terms are then components of the eigenvectors. ``m_i > 0`` is the share of population i in the mean square of the small
cycle, ``m_1 + m_2 = 1``. The cubic terms act only through the self-weights.

**Scale.** The eigenvector has Euclidean norm 1, in the rates. So ``l1`` does not depend on the unit of time, nor on
the order of the populations, and next to a nondegenerate point the cycle that is born has a mean square distance
``-trace/(omega l1)`` from the equilibrium, to leading order. ``l1 < 0``: a stable cycle where the trace is positive
(supercritical); ``l1 > 0``: an unstable one where it is negative (subcritical); ``l1 = 0``: a Bautin point, if the
next coefficient is not 0.

Source: Yu. A. Kuznetsov, Elements of Applied Bifurcation Theory, Springer, section 3.5; J. Guckenheimer and P. Holmes,
Nonlinear Oscillations, Dynamical Systems, and Bifurcations of Vector Fields, Springer 1983, (3.4.11).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import sympy
from flint import arb
from sympy import Expr

from symgame.activation import Activation
from symgame.balls import ball_function
from symgame.circuit import Circuit
from symgame.errors import Unsupported
from symgame.notation import symbol
from symgame.pieces import X
from symgame.rate_slopes import rate_slopes

#: How far from 0 the trace of doubles may be, in units of its terms, at what is given as a Hopf point.
TRACE = 1e-6


@dataclass(frozen=True)
class LyapunovFormula:
    """``growth = omega*l1`` and ``frequency_squared = omega^2``, in the symbols of the circuit and in gains.

    ``gains`` holds, population by population, the symbols of ``phi', phi''/phi', phi'''/phi'``; ``in_rates`` what
    they are in the rates ``x_E, ...``: polynomials for logistic and tanh. Both expressions hold where the trace is 0
    and ``frequency_squared`` is positive; elsewhere they mean nothing.
    """

    circuit: Circuit
    growth: Expr
    frequency_squared: Expr
    gains: tuple[tuple[sympy.Symbol, sympy.Symbol, sympy.Symbol], ...]
    in_rates: tuple[tuple[Expr, Expr, Expr], ...]

    @property
    def coefficient(self) -> Expr:
        """``l1 = growth/omega``."""
        return self.growth / sympy.sqrt(self.frequency_squared)

    def of_rates(self) -> tuple[Expr, Expr]:
        """``growth`` and ``frequency_squared`` with the gains replaced by what they are in the rates.

        >>> pair = Circuit.from_matrix([["w", -1], [1, 0]], names="EI", tau=[1, 1], activation="tanh")
        >>> lyapunov_formula(pair).of_rates()[1]
        -w*(1 - x_E**2) + (1 - x_E**2)*(1 - x_I**2) + 1
        """
        pairs = zip(sum(self.gains, ()), sum(self.in_rates, ()), strict=True)
        table = dict(pairs)
        return self.growth.xreplace(table), self.frequency_squared.xreplace(table)

    def lines(self) -> tuple[tuple[str, str], ...]:
        """Left and right sides in LaTeX: the coefficient, with entries of the Jacobian, omega^2 and the shares of the
        mean square abbreviated, then these."""
        W, names = self.circuit.entries, self.circuit.names
        tau, write = [p.tau for p in self.circuit.populations], self.circuit.expression_latex
        s, r, q = ([g[k] for g in self.gains] for k in range(3))
        taken = {*self.circuit.symbols, *names}
        J = [[_fresh("J", f"{a}{b}", taken) for b in names] for a in names]
        shares = [_fresh("mu", name, taken) for name in names]
        omega = _fresh("omega", "", taken)
        terms = [write(t) for t in _terms(W, tau, s, r, q, J, omega**2, shares) if t != 0]
        rows = [(rf"4 {write(omega)} \ell_1", terms[0])]
        rows += [("", rf"{'' if t.startswith('-') else '+ '}{t}") for t in terms[1:]]
        A = _jacobian(W, tau, s)
        rows += [(write(J[i][j]), write(A[i][j])) for i in range(2) for j in range(2)]
        rows.append((write(omega**2), write(J[0][0] * J[1][1] - J[0][1] * J[1][0])))
        rows += [(write(m), write(e)) for m, e in zip(shares, _shares(J), strict=True)]
        return tuple(rows)

    def _latex(self) -> str:
        rows = [f"{left} &= {right}" if left else rf"&\quad {right}" for left, right in self.lines()]
        return r"\begin{aligned}" + r" \\ ".join(rows) + r"\end{aligned}"

    def _repr_latex_(self) -> str:
        return f"${self._latex()}$"


def lyapunov_formula(circuit: Circuit) -> LyapunovFormula:
    """The first Lyapunov coefficient of a pair, exactly, in its symbols and the gains of its activations.

    Of smooth activations, or one smooth and one ``linear``. Values of the circuit are put in; inputs do not occur.

    Raises :class:`~symgame.errors.Unsupported` for another number of populations, for the voltage form, and for
    piecewise-linear activations, of which it says nothing.

    >>> from symgame.kinds import activation
    >>> pair = Circuit.from_matrix([["w_EE", "-w_EI"], ["w_IE", 0]], names="EI", tau=[1, "tau"],
    ...                            activation=activation("logistic", gain=symbol("a")))
    >>> formula = lyapunov_formula(pair)
    >>> formula.frequency_squared
    s_E*s_I*w_EI*w_IE/tau - (s_E*w_EE - 1)/tau
    >>> formula.in_rates[0]
    (a*x_E*(1 - x_E), -2*a*x_E + a, 6*a**2*x_E**2 - 6*a**2*x_E + a**2)
    """
    circuit = _checked(circuit)
    taken = {*circuit.symbols, *circuit.names}
    gains, values = [], []
    for p in circuit.populations:
        gains.append(tuple(_fresh(letter, p.name, taken) for letter in "srq"))
        values.append(tuple(e.xreplace({X: symbol(f"x_{p.name}")}) for e in _ratios(p.activation)))
    tau = [p.tau for p in circuit.populations]
    growth, squared = _closed_form(circuit.entries, tau, *zip(*gains, strict=True))
    return LyapunovFormula(circuit, growth, squared, tuple(gains), tuple(values))


def first_lyapunov(circuit: Circuit, state: Sequence[Any], values: Mapping[str, Any] | None = None) -> Any:
    """``l1`` at Hopf points with these two rates; its scale is that of this module, its sign the criticality.

    ``state`` holds the rates in the order of the populations and ``values`` the symbols that have no value: numbers,
    arrays of one shape, or balls (``flint.arb``). Numbers yield a float, arrays an array with NaN at points that are
    no Hopf points, balls a ball that contains ``l1`` at every Hopf point in them: if it does not contain 0, the
    sign is proved. The inputs are those that make the state an equilibrium, and are not read.

    Raises :class:`~symgame.errors.Unsupported` where :func:`lyapunov_formula` does, when a symbol has no value, and
    for a number or ball with a rate out of range, a trace that is not 0, or a determinant that is not positive
    (trace 0 and determinant < 0 is a neutral saddle).

    >>> pair = Circuit.from_matrix([["w", -10], [10, -2]], names="EI", tau=[1, 1], activation="logistic")
    >>> state = (0.25, 0.2)                                    # slopes 3/16 and 4/25
    >>> round(first_lyapunov(pair, state, {"w": (2 + 0.32)*16/3}), 12)
    -9.117338448539
    >>> exact = first_lyapunov(pair, (arb(1)/4, arb(1)/5), {"w": (2 + arb(8)/25)*16/3})
    >>> exact < 0, criticality(exact)
    (True, 'supercritical')
    """
    given = dict(values or {})
    names, compiled, enclosed, ranges = _functions(_checked(circuit))
    rates = list(state)
    if len(rates) != 2:
        raise Unsupported(f"the state has {len(rates)} rates; give the two rates {', '.join(circuit.names)}")
    missing = [name for name in names if name not in given]
    if missing:
        raise Unsupported(f"these symbols have no value: {', '.join(missing)}; give them in the circuit or in values")
    arguments = [*rates, *(given[name] for name in names)]
    if any(isinstance(v, arb) for v in arguments):
        return _in_balls(enclosed, [v if isinstance(v, arb) else _ball(v) for v in arguments], ranges(_ball_end))
    arrays = np.broadcast_arrays(*(np.asarray(v, dtype=float) for v in arguments))
    return _in_doubles(compiled, list(arrays), ranges(float))


def criticality(coefficient: Any) -> str | None:
    """What the sign of ``l1`` says; ``None`` for a ball that contains 0, and for NaN.

    >>> criticality(-0.3), criticality(arb(0, 1))
    ('supercritical', None)
    """
    return "supercritical" if coefficient < 0 else "subcritical" if coefficient > 0 else None


# -- the closed form: for symbols, doubles, arrays and balls ----------------------------------------------------------


def _jacobian(W: Sequence[Sequence[Any]], tau: Sequence[Any], s: Sequence[Any]) -> list[list[Any]]:
    return [[(s[i] * W[i][j] - int(i == j)) / tau[i] for j in range(2)] for i in range(2)]


def _shares(J: Sequence[Sequence[Any]]) -> tuple[Any, Any]:
    """The shares of the two populations in the mean square of the small cycle."""
    (_, b), (c, _) = J
    return b / (b - c), c / (c - b)


def _terms(W: Any, tau: Any, s: Any, r: Any, q: Any, J: Any, squared: Any, shares: Any) -> list[Any]:
    """``F_1, F_2, M``, whose sum is ``4 omega l1``; with zero for a population without a self-weight."""
    own = [
        W[i][i] * (1 + squared * tau[i] ** 2) * shares[i] / (tau[i] * s[i])
        * (q[i] - r[i] ** 2 * (1 - J[i][i] / (squared * tau[i])))
        for i in range(2)
    ]  # fmt: skip
    mixed = r[0] * r[1] / (s[0] * s[1]) * J[0][1] * shares[1] * (1 / tau[0] + 1 / tau[1])
    return [*own, mixed * (tau[1] - tau[0] + (1 / squared + tau[0] * tau[1]) * J[0][0])]


def _closed_form(W: Any, tau: Any, s: Any, r: Any, q: Any) -> tuple[Any, Any]:
    """``omega*l1`` and ``omega^2``, as the module says."""
    J = _jacobian(W, tau, s)
    squared = J[0][0] * J[1][1] - J[0][1] * J[1][0]
    first, second, mixed = _terms(W, tau, s, r, q, J, squared, _shares(J))
    return (first + second + mixed) / 4, squared


def _ratios(activation: Activation) -> tuple[Expr, Expr, Expr]:
    """``phi', phi''/phi', phi'''/phi'`` in the rate."""
    slope, second, third = rate_slopes(activation, 3)
    return slope, sympy.expand(sympy.cancel(second / slope)), sympy.expand(sympy.cancel(third / slope))


def _checked(circuit: Circuit) -> Circuit:
    """The pair with its values put in, if the coefficient means something for it."""
    if len(circuit.names) != 2 or circuit.copies:
        raise Unsupported(
            f"{circuit.name} has {len(circuit.names)} populations{' and copies of them' if circuit.copies else ''}; "
            f"the closed form of the first Lyapunov coefficient is that of a pair"
        )
    if circuit.form != "rate":
        raise Unsupported(
            "the circuit is in the voltage form, whose flow near a Hopf point is another one; write it in the rate form"
        )
    kinked = [p for p in circuit.populations if p.activation.pieces is not None and len(p.activation.pieces) > 1]
    if kinked:
        raise Unsupported(
            f"{kinked[0].name} has the piecewise-linear activation '{kinked[0].activation.kind}': its second and "
            f"third derivatives are 0 where they exist, and what becomes of a cycle is decided at its kinks. A first "
            f"Lyapunov coefficient says nothing of it; symgame.limit_cycle integrates"
        )
    if all(p.activation.pieces is not None for p in circuit.populations):
        raise Unsupported("the circuit is linear: with trace 0 every orbit is a cycle, and there is no coefficient")
    return circuit.fixed()


def _fresh(letter: str, population: str, taken: set[str]) -> sympy.Symbol:
    """A symbol for a gain that is none of the circuit's."""
    name = f"{letter}_{population}" if population else letter
    while name in taken:
        name = f"{letter}{name}"
    return symbol(name)


# -- values -----------------------------------------------------------------------------------------------------------


@cache
def _functions(circuit: Circuit) -> tuple[tuple[str, ...], Any, Callable[[list[arb]], Any], Callable[[Any], Any]]:
    """The symbols needed; W, tau and gains as a function of rates and symbols, in arrays and in balls; the ranges."""
    rates = [symbol(f"x_{name}") for name in circuit.names]
    rows: list[Expr] = [*circuit.entries[0], *circuit.entries[1], *(p.tau for p in circuit.populations)]
    gains = [_ratios(p.activation) for p in circuit.populations]
    rows += [gains[i][k].xreplace({X: rates[i]}) for k in range(3) for i in range(2)]
    free = sorted(set().union(*(e.free_symbols for e in rows)) - {*rates}, key=str)
    names = tuple(s.name for s in free)
    compiled = sympy.lambdify([*rates, *free], rows, modules="numpy", cse=True, dummify=True)
    balls: list[Callable[..., arb]] = []

    def enclosed(arguments: list[arb]) -> list[arb]:
        balls.extend(ball_function(e, *rates, *free) for e in rows[len(balls) :])
        return [f(*arguments) for f in balls]

    ends = [(p.activation.domain.start, p.activation.domain.end) for p in circuit.populations]

    def ranges(number: Callable[[Expr], Any]) -> list[tuple[Any, Any]]:
        """The ends of the ranges that are numbers; ``None`` stands for the others, and for infinite ones."""
        return [tuple(number(e) if e.is_number and e.is_finite else None for e in pair) for pair in ends]  # type: ignore[misc]

    return names, compiled, enclosed, ranges


def _grouped(rows: Sequence[Any]) -> tuple[Any, Any, Any, Any, Any]:
    return (rows[0:2], rows[2:4]), rows[4:6], rows[6:8], rows[8:10], rows[10:12]


def _in_doubles(compiled: Any, arguments: list[Any], ranges: list[tuple[Any, Any]]) -> Any:
    with np.errstate(all="ignore"):
        W, tau, s, r, q = _grouped([np.asarray(v, dtype=float) for v in compiled(*arguments)])
        growth, squared = _closed_form(W, tau, s, r, q)
        own = [s[i] * W[i][i] / tau[i] for i in range(2)]
        trace = own[0] + own[1] - 1 / tau[0] - 1 / tau[1]
        slack = TRACE * (abs(own[0]) + abs(own[1]) + 1 / tau[0] + 1 / tau[1])
        inside = (s[0] > 0) & (s[1] > 0)
        for x, (low, high) in zip(arguments, ranges, strict=False):
            inside = inside & (True if low is None else x > low) & (True if high is None else x < high)
        value = np.where(inside & (abs(trace) <= slack) & (squared > 0), growth / np.sqrt(squared), np.nan)
    if value.ndim:
        return value
    _refuse(bool(inside), float(trace), bool(abs(trace) <= slack), bool(squared > 0))
    return float(value)


def _in_balls(enclosed: Callable[[list[arb]], list[arb]], arguments: list[arb], ranges: list[tuple[Any, Any]]) -> arb:
    W, tau, s, r, q = _grouped(enclosed(arguments))
    growth, squared = _closed_form(W, tau, s, r, q)
    trace = sum((s[i] * W[i][i] - 1) / tau[i] for i in range(2))
    inside = all(
        (low is None or x > low) and (high is None or x < high) and g > 0
        for x, g, (low, high) in zip(arguments, s, ranges, strict=False)
    )
    if inside and trace.contains(0) and not squared > 0 and not squared <= 0:
        raise Unsupported("the balls are too wide to tell a Hopf point from a neutral saddle; give narrower ones")
    _refuse(inside, trace, trace.contains(0), squared > 0)
    return growth / squared.sqrt()


def _refuse(inside: bool, trace: Any, zero: bool, positive: bool) -> None:
    if not inside:
        raise Unsupported("a rate of the state is not inside the range of its activation, where its slope is positive")
    if not zero:
        raise Unsupported(f"this is no Hopf point: the trace of the Jacobian is {trace}, and not 0")
    if not positive:
        raise Unsupported("this is no Hopf point: trace 0 with a determinant that is not positive is a neutral saddle")


def _ball(value: Any) -> arb:
    if isinstance(value, float | int):
        return arb(value)
    return arb(int(value.numerator)) / int(value.denominator)


def _ball_end(end: Expr) -> arb:
    return ball_function(end)()
