"""The equilibria of a supralinear circuit with symbols: one polynomial for each choice of active populations.

The unknown of a case is ``y``, what one active population receives above its threshold; everything else is a polynomial
in it, with coefficients in the symbols of the circuit. Powers p are whole numbers; weights, k, theta and inputs may be
symbols. Folds have a closed form as well, with the y of all populations as coordinates.

Source: N. Kraynyukova and T. Tchumatchenko, PNAS 115 (2018) 3464.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import prod

import sympy
from sympy import Expr, Symbol

from symgame.circuit import Circuit
from symgame.errors import Unsupported
from symgame.groups import neurons
from symgame.notation import symbol
from symgame.supralinear_cases import Case, PowerLaw, characteristic, determinant, eliminated, power_laws


@dataclass(frozen=True)
class CasePolynomial:
    """The equilibria in which exactly ``active`` are active are the roots y > 0 of ``polynomial``, its conditions met.

    ``polynomial`` is f, with ``f'(y) = det(I - S W)``, collected in ``unknown``; ``above`` and ``rates`` are what each
    population has above threshold, and its rate. The conditions: every expression of ``positive`` is > 0, every one of
    ``at_most_zero`` is <= 0; ``assumed`` were divided by and are not 0. There are at most ``most`` such equilibria: the
    degree, or fewer by Descartes' rule of signs where the signs of coefficients are known.
    """

    active: tuple[str, ...]
    unknown: Symbol
    polynomial: Expr
    degree: int
    above: tuple[tuple[str, Expr], ...]
    rates: tuple[tuple[str, Expr], ...]
    positive: tuple[Expr, ...]
    at_most_zero: tuple[Expr, ...]
    assumed: tuple[Expr, ...]
    most: int

    def _repr_latex_(self) -> str:
        return f"${sympy.latex(sympy.Eq(self.polynomial, 0))}$"


@dataclass(frozen=True)
class FoldSurface:
    """Where det(I - S W) = 0 with every population active, in closed form: the y of all populations are coordinates.

    ``value`` is that of the parameter ``over``, and ``inputs`` are the inputs that make it an equilibrium, both in
    ``coordinates``, which are > 0; ``factor`` is what was divided by.
    """

    over: str
    value: Expr
    inputs: tuple[tuple[str, Expr], ...]
    coordinates: tuple[Symbol, ...]
    factor: Expr


def above_threshold(circuit: Circuit) -> tuple[Symbol, ...]:
    """The symbols ``y_E, ...`` of what each population receives above its threshold.

    Raises :class:`~symgame.errors.Unsupported` when the circuit uses such a name itself.
    """
    names = [f"y_{name}" for name in circuit.names]
    taken = [name for name in names if name in circuit.symbols]
    if taken:
        raise Unsupported(f"the circuit has a symbol {taken[0]!r}, which formulas use here; give it another name")
    return tuple(symbol(name) for name in names)


def supralinear_polynomials(circuit: Circuit) -> tuple[CasePolynomial, ...]:
    """One polynomial for each choice of active populations, that with none left out (it is ``x = 0, u <= theta``).

    Raises :class:`~symgame.errors.Unsupported` for other activations, for a p that is no whole number, and when no
    active population determines the others row after row, as in circuits of three and more they may not.

    >>> pair = Circuit.from_matrix([["w_EE", "-w_EI"], ["w_IE", 0]], names="EI", types=["excitatory", "inhibitory"],
    ...                            activation="power")
    >>> only_E, only_I, both = supralinear_polynomials(pair)
    >>> only_E.polynomial, only_E.most
    (-u_E - w_EE*y_E**2 + y_E, 2)
    >>> both.degree, both.assumed, dict(both.above)["I"]
    (4, (w_EI,), u_I + w_IE*y_E**2)
    """
    circuit = neurons(circuit.fixed())
    laws = power_laws(circuit)
    y = above_threshold(circuit)
    signs = _signs(circuit)
    rows = []
    for size in range(1, len(laws) + 1):
        for active in combinations(range(len(laws)), size):
            case = _case(circuit, laws, active, y)
            rows.append(_formulas(circuit, case, y[case.driver], prod(laws[a].p for a in active), signs))
    return tuple(rows)


def _case(circuit: Circuit, laws: Sequence[PowerLaw], active: tuple[int, ...], y: Sequence[Symbol]) -> Case:
    h = [p.input - law.threshold for p, law in zip(circuit.populations, laws, strict=True)]
    powers = [_monomial(law.k, law.p) for law in laws]
    slopes = [_monomial(law.p * law.k, law.p - 1) for law in laws]
    for driver in active:
        case = eliminated(circuit.entries, h, powers, slopes, active, driver, y[driver])
        if case is not None:
            return case
    named = ", ".join(circuit.names[a] for a in active)
    raise Unsupported(
        f"with {named} active, no one of them determines the others row after row: there is no single polynomial"
    )


def _monomial(k: Expr, p: int) -> Callable[[Expr], Expr]:
    return lambda y: k * sympy.expand(y) ** p


def _formulas(circuit: Circuit, case: Case, y: Symbol, most: int, signs: dict[Symbol, Symbol]) -> CasePolynomial:
    names = circuit.names
    f = sympy.expand(case.equation * _scale(circuit, case, y))
    coefficients = sympy.Poly(f, y).all_coeffs()
    above = [sympy.expand(v) for v in case.above]
    return CasePolynomial(
        tuple(names[a] for a in case.active),
        y,
        sympy.collect(f, y, sympy.factor),
        len(coefficients) - 1,
        tuple(zip(names, above, strict=True)),
        tuple((name, sympy.expand(x)) for name, x in zip(names, case.rates, strict=True)),
        tuple(above[a] for a in case.active),
        tuple(above[a] for a in range(len(names)) if a not in case.active),
        tuple(_magnitude(circuit.entries[a][b]) for a, b in case.pivots),
        min(most, _sign_changes([_sign(c.xreplace(signs)) for c in coefficients])),
    )


def _scale(circuit: Circuit, case: Case, y: Symbol) -> Expr:
    """The constant c with ``c f' = det(I - S W)``; that there is one is an identity, checked."""
    det = sympy.expand(determinant(case, circuit.entries))
    slope = sympy.expand(sympy.diff(case.equation, y))
    c = sympy.cancel(sympy.Poly(det, y).LC() / sympy.Poly(slope, y).LC())
    assert sympy.cancel(det - c * slope) == 0, "the elimination lost the determinant"
    return c


def _magnitude(weight: Expr) -> Expr:
    return -weight if weight.could_extract_minus_sign() else weight


# -- Descartes' rule --------------------------------------------------------------------------------------------------


def _signs(circuit: Circuit) -> dict[Symbol, Symbol]:
    """Stand-ins that know their signs: magnitudes of typed sources and the k are positive, the rest is real.

    A magnitude may be 0; a coefficient that vanishes only takes changes of sign away.
    """
    known = {s for law in power_laws(circuit) for s in law.k.free_symbols}
    for row in circuit.entries:
        for weight, source in zip(row, circuit.populations, strict=True):
            if source.sign is not None and (source.sign * weight).is_Symbol:
                known.add(source.sign * weight)
    return {symbol(name): sympy.Dummy(positive=True) if symbol(name) in known else sympy.Dummy(real=True)
            for name in circuit.symbols}  # fmt: skip


def _sign(coefficient: Expr) -> int | None:
    """1, -1, 0, or ``None`` where the sign is not known."""
    c = sympy.expand(coefficient)
    return 0 if c == 0 else 1 if c.is_positive else -1 if c.is_negative else None


def _sign_changes(signs: Sequence[int | None]) -> int:
    """The most changes of sign, over all choices of the unknown ones.

    >>> _sign_changes([1, -1, 0, -1, 1]), _sign_changes([1, None, 1])
    (2, 2)
    """
    best: dict[int, int] = {}
    for sign in (s for s in signs if s != 0):
        best = {
            s: max([n + (last != s) for last, n in best.items()], default=0)
            for s in ((1, -1) if sign is None else (sign,))
        }
    return max(best.values(), default=0)


# -- folds ------------------------------------------------------------------------------------------------------------


def fold_surface(circuit: Circuit, over: str) -> FoldSurface:
    """The fold condition solved for a weight, every population active; no equation is left to solve.

    ``det(I - S W)`` is linear in a symbol that is one entry of W, and the gains ``s_i = p_i k_i y_i^(p_i - 1)`` are
    explicit in the coordinates.

    Raises :class:`~symgame.errors.Unsupported` when the determinant is not linear in ``over``, or free of it.

    >>> pair = Circuit.from_matrix([["w_EE", "-w_EI"], ["w_IE", 0]], names="EI", activation="power")
    >>> fold = fold_surface(pair, "w_EE")
    >>> sympy.expand(fold.value), sympy.expand(dict(fold.inputs)["I"])
    (2*w_EI*w_IE*y_I + 1/(2*y_E), -w_IE*y_E**2 + y_I)
    """
    circuit = neurons(circuit.fixed(keep=(over,)))
    laws, y, w = power_laws(circuit), above_threshold(circuit), symbol(over)
    if over not in circuit.symbols:
        raise Unsupported(f"the circuit has no symbol {over!r}; its symbols: {', '.join(circuit.symbols) or 'none'}")
    n = len(laws)
    gains = [law.p * law.k * v ** (law.p - 1) for law, v in zip(laws, y, strict=True)]
    matrix = [[int(a == b) - gains[a] * circuit.entries[a][b] for b in range(n)] for a in range(n)]
    det = sympy.expand((-1) ** n * characteristic(matrix)[-1])
    if sympy.degree(det, w) != 1:
        raise Unsupported(f"det(I - S W) is not linear in {over!r}; name a weight that is one entry of W")
    slope = sympy.factor(det.coeff(w, 1))
    value = sympy.cancel(-det.coeff(w, 0) / slope)
    rates = [law.k * v**law.p for law, v in zip(laws, y, strict=True)]
    inputs = []
    for a, (name, law) in enumerate(zip(circuit.names, laws, strict=True)):
        received = sum((circuit.entries[a][b] * rates[b] for b in range(n)), sympy.Integer(0))
        inputs.append((name, sympy.cancel((law.threshold + y[a] - received).xreplace({w: value}))))
    return FoldSurface(over, value, tuple(inputs), y, slope)
