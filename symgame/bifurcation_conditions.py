"""The curves of a bifurcation set as formulas in the symbols of a pair, each checked by exact algebra.

Gains ``s_E = phi'`` stand for what they are in the rates, ``d_E = ds_E/dx_E`` for their slopes. A formula solves the
conditions for one of the gains; put back, it makes ``det(I - S W)`` or the trace vanish identically, and one that does
not is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from sympy import Expr, Symbol

from symgame.circuit import Circuit
from symgame.errors import SymgameError, Unsupported
from symgame.notation import symbol
from symgame.pieces import X


@dataclass(frozen=True)
class BifurcationFormula:
    """``left = right``, or ``right = 0`` where nothing is solved for (``left`` is ``None``).

    ``where`` is what has to hold besides, each positive; ``denominator`` what must not be 0.
    """

    name: str
    left: Expr | None
    right: Expr
    where: tuple[Expr, ...]
    denominator: Expr
    circuit: Circuit

    def __str__(self) -> str:
        sides = f"{self.left} = {self.right}" if self.left is not None else f"{self.right} = 0"
        return sides + "".join(f", {e} > 0" for e in self.where)

    def _latex(self) -> str:
        write = self.circuit.expression_latex
        sides = f"{write(self.left)} = {write(self.right)}" if self.left is not None else f"{write(self.right)} = 0"
        return sides + "".join(rf",\quad {write(e)} > 0" for e in self.where)

    def _repr_latex_(self) -> str:
        return f"${self._latex()}$"


@dataclass(frozen=True)
class BifurcationFormulas:
    """The formulas by name, and the gains (and their slopes) in the rates: ``in_rates[s_E]``, ``in_rates[d_E]``.

    ``inputs`` are the two inputs at an equilibrium with given rates.
    """

    circuit: Circuit
    formulas: tuple[BifurcationFormula, ...]
    in_rates: dict[Symbol, Expr]
    inputs: tuple[Expr, Expr]

    def __getitem__(self, name: str) -> BifurcationFormula:
        return next(formula for formula in self.formulas if formula.name == name)


def bifurcation_formulas(circuit: Circuit) -> BifurcationFormulas:
    """Fold, Hopf, frequency, Bogdanov-Takens and cusp conditions of a smooth pair, in closed form.

    Values of the circuit are put in. ``fold`` solves ``det(I - S W) = 0`` for the second gain, ``hopf`` trace 0 for the
    first that has a self-weight (no such formula where neither has one), with the determinant positive.

    Raises :class:`~symgame.errors.Unsupported` for what is no pair of smooth populations in the rate form.

    >>> from symgame.kinds import activation
    >>> pair = Circuit.from_matrix([["w_EE", "-w_EI"], ["w_IE", 0]], names="EI", tau=[1, "T"],
    ...                            activation=activation("logistic"))
    >>> found = bifurcation_formulas(pair)
    >>> print(found["fold"])
    s_I = (s_E*w_EE - 1)/(s_E*w_EI*w_IE)
    >>> print(found["hopf"])
    s_E = (T + 1)/(T*w_EE), (T*s_I*w_EI*w_IE + s_I*w_EI*w_IE - w_EE)/(T**2*w_EE) > 0
    """
    if len(circuit.populations) != 2 or circuit.copies or circuit.form != "rate":
        raise Unsupported("bifurcation formulas are those of a pair in the rate form")
    if any(p.activation.piecewise_linear for p in circuit.populations):
        raise Unsupported("bifurcation formulas are those of smooth activations; one here is piecewise linear")
    here = circuit.fixed()
    taken = {*here.symbols, *here.names}
    s = [_fresh("s", name, taken) for name in here.names]
    d = [_fresh("d", name, taken) for name in here.names]
    x = [symbol(f"x_{name}") for name in here.names]
    tau = [p.tau for p in here.populations]
    W = here.entries
    D = sympy.expand(W[0][0] * W[1][1] - W[0][1] * W[1][0])
    det = sympy.expand((1 - s[0] * W[0][0]) * (1 - s[1] * W[1][1]) - s[0] * s[1] * W[0][1] * W[1][0])
    trace = (s[0] * W[0][0] - 1) / tau[0] + (s[1] * W[1][1] - 1) / tau[1]
    v = (s[0] * W[0][1], 1 - s[0] * W[0][0])
    found = []

    def add(name: str, left: Expr | None, right: Expr, where: tuple[Expr, ...] = ()) -> None:
        found.append(BifurcationFormula(name, left, right, where, sympy.fraction(right)[1], circuit))

    if D != 0 or W[1][1] != 0:
        fold = _solved(det, s[1])
        _check(det.xreplace({s[1]: fold}), "the fold")
        add("fold", s[1], fold)
    own = next((i for i in range(2) if W[i][i] != 0), None)
    if own is not None:
        hopf = _solved(sympy.expand(trace * tau[0] * tau[1]), s[own])
        _check(trace.xreplace({s[own]: hopf}), "the Hopf curve")
        squared = sympy.factor(sympy.cancel(det.xreplace({s[own]: hopf}) / (tau[0] * tau[1])))
        _check(squared * tau[0] * tau[1] - det.xreplace({s[own]: hopf}), "the frequency")
        add("hopf", s[own], hopf, (squared,))
        add("omega squared", None if squared == 0 else symbol("omega") ** 2, squared)
        meeting = sympy.fraction(sympy.cancel(det.xreplace({s[own]: hopf})))[0]
        add("bogdanov-takens", None, sympy.collect(sympy.expand(meeting), s[1 - own]))
    turn = d[0] * sympy.diff(det, s[0]) * v[0] + d[1] * sympy.diff(det, s[1]) * v[1]
    add("cusp", None, turn)
    in_rates = {}
    for k, p in enumerate(here.populations):
        sigma = p.activation.slope_at_rate.xreplace({X: x[k]})
        in_rates[s[k]], in_rates[d[k]] = sigma, sympy.diff(sigma, x[k])
    inputs = tuple(
        here.populations[i].activation.inverse.xreplace({X: x[i]}) - W[i][0] * x[0] - W[i][1] * x[1] for i in range(2)
    )
    return BifurcationFormulas(circuit, tuple(found), in_rates, (inputs[0], inputs[1]))


def _solved(e: Expr, unknown: Symbol) -> Expr:
    """The zero of an expression that is linear in the unknown, with a leading term that is written without a minus."""
    slope = sympy.expand(sympy.diff(e, unknown))
    rest = sympy.expand(e.xreplace({unknown: sympy.Integer(0)}))
    if sympy.Add.make_args(slope)[0].could_extract_minus_sign():
        slope, rest = -slope, -rest
    return sympy.factor_terms(-rest) / sympy.factor_terms(slope) if slope != 0 else sympy.nan


def _check(e: Expr, what: str) -> None:
    if sympy.cancel(sympy.together(e)) != 0:
        raise SymgameError(f"the formula of {what} does not satisfy its condition: {e}")


def _fresh(letter: str, population: str, taken: set[str]) -> Symbol:
    name = f"{letter}_{population}"
    while name in taken:
        name = letter + name
    return symbol(name)
