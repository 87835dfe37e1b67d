"""A system of differential equations recognised as a rate model ``tau x' = -x + phi(W x + u)``.

The leak gives the time constant, what is left is matched against the built-in kinds of activation, and the circuit is
then asked for its own equations: they have to be the ones that came in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy
from sympy import Abs, Expr, Max, Min, Pow, exp, log, tanh

from symgame.activation import Activation
from symgame.circuit import Circuit, Population
from symgame.errors import ModelError
from symgame.kinds import activation as activation_of
from symgame.notation import exact, symbol
from symgame.pieces import Z

ZERO, HALF = sympy.Integer(0), sympy.Rational(1, 2)
MOST_DEGREE = 8
FORMS = (
    "max(0, z), min(max(z, a), b), max(z, a) + min(z, -a), 1/(1 + exp(-z)), tanh(z), 2/pi*atan(pi/2*z), "
    "z/sqrt(1 + z^2), log(1 + exp(z)), max(0, z)^p, each with a factor, or z itself"
)
#: What is said of the factor of H. R. Wilson and J. D. Cowan, Biophys. J. 12 (1972) 1.
REFRACTORY = (
    "the state multiplies an activation, as in the factor (1 - r*x) for refractory cells of 1972; circuits are those "
    "with r = 0, whose equilibria are best responses phi(z)"
)


@dataclass(frozen=True)
class Drive:
    """What a population answers with: ``phi`` at the total input ``total``, an affine function of the states."""

    phi: Activation
    total: Expr


def from_sympy_system(
    system: Mapping[Any, Any] | Iterable[sympy.Eq], *, name: str = "circuit", values: Mapping[str, object] | None = None
) -> Circuit:
    """The circuit whose rate equations are ``x' = f(x)``, for a system that is a rate model; otherwise an error.

    ``system`` maps each state, a symbol or a name, to its time derivative, in any order; or it is a sequence of
    equations ``Eq(x(t).diff(t), f)``. States called ``x_E, x_I, ...`` make populations ``E, I, ...``; other names are
    kept. The self-weight of a population without nonlinearity is counted as leak, since they cannot be told apart.
    ``values`` are exact values of the other symbols. Numbers with a point are taken as the decimals that they print as.

    Raises :class:`~symgame.errors.ModelError` that names the first equation which has no leak ``-x/tau``, couples
    outside of the activation, or has an activation of no known form.

    >>> x, y, w, tau = sympy.symbols("x_E x_I w tau")
    >>> found = from_sympy_system({x: (-x + sympy.Max(0, w*x - 2*y + 1))/tau, y: -y + sympy.tanh(3*x)})
    >>> found.W, [p.activation.kind for p in found.populations], found.populations[0].tau
    (Matrix([
    [w, -2],
    [3,  0]]), ['relu', 'tanh'], tau)
    >>> from_sympy_system({x: -x + x*y, y: -y})
    Traceback (most recent call last):
    ...
    symgame.errors.ModelError: x_E' is no rate model: the states meet outside of an activation, in x_E*x_I...
    """
    rows = _rows(system)
    states = [symbol(state) for state in rows]
    given = {symbol(n): exact(v, f"the value of {n}") for n, v in (values or {}).items()}
    marked = all(state.startswith("x_") and state != "x_" for state in rows)
    names = [state.removeprefix("x_") if marked else state for state in rows]
    populations, weights = [], []
    for state, called in zip(states, names, strict=True):
        tau, drive = _recognised(state, rows[state.name], states)
        entries, rest = _affine(drive.total, states, state.name)
        polynomial = [_polynomial(e, given) for e in (*entries, rest, tau)]
        populations.append(Population(called, None, polynomial[-1], polynomial[-2], drive.phi))
        weights.append(polynomial[:-2])
    circuit = Circuit(name, tuple(populations), sympy.ImmutableDenseMatrix(weights))
    circuit = circuit.with_values(**{s.name: v for s, v in given.items() if s.name in circuit.symbols})
    _check_same(circuit, rows, given)
    return circuit


def _rows(system: Mapping[Any, Any] | Iterable[sympy.Eq]) -> dict[str, Expr]:
    """State by state, the right-hand side in our own symbols and exact numbers."""
    if not isinstance(system, Mapping):
        pairs: list[tuple[Any, Any]] = []
        for equation in system:
            left = getattr(equation, "lhs", None)
            if not isinstance(left, sympy.Derivative) or not isinstance(left.expr, sympy.core.function.AppliedUndef):
                raise ModelError(f"{str(equation)[:80]!a} is no equation Eq(x(t).diff(t), ...); or pass a mapping.")
            pairs.append((left.expr, equation.rhs))
        system = dict(pairs)
    if not system:
        raise ModelError("the system has no equations.")
    own = {s: symbol(str(s.func) if isinstance(s, sympy.core.function.AppliedUndef) else str(s)) for s in system}
    rows = {}
    for state, right in system.items():
        if not isinstance(right, Expr):
            raise ModelError(f"{own[state]}' is {str(right)[:80]!a}, not a SymPy expression.")
        e = right.xreplace({s: x for s, x in own.items() if isinstance(s, sympy.Basic)})
        e = e.xreplace({s: symbol(s.name) for s in e.free_symbols})
        e = e.xreplace({number: exact(float(number), "a number") for number in e.atoms(sympy.Float)})
        rows[own[state].name] = e
    return rows


# -- one equation -----------------------------------------------------------------------------------------------------


def _recognised(state: sympy.Symbol, right: Expr, states: list[sympy.Symbol]) -> tuple[Expr, Drive]:
    """The time constant and the drive of ``state' = (-state + phi(z))/tau``."""
    table: dict[sympy.Dummy, Expr] = {}
    outer = _expanded(_hidden(_without_cases(right), states, table), state.name)
    terms = sympy.Add.make_args(outer)
    linear = (
        [t for t in terms if not t.has(*table) and t.has(*states)] if table else [t for t in terms if t.has(*states)]
    )
    leak = sympy.cancel(sympy.Add(*(t for t in linear if t.has(state))) / state)
    for term in linear:
        entangled = sympy.cancel(term / state).has(*states) if term.has(state) else bool(table)
        if entangled:
            _refuse(state, f"the states meet outside of an activation, in {term}")
    if leak == 0:
        _refuse(state, f"there is no leak -{state}/tau in it")
    tau = sympy.cancel(-1 / leak)
    if tau.is_number and tau <= 0:
        _refuse(state, f"it grows at the rate {leak} where a rate model leaks")
    drive = sympy.Add(*(sympy.cancel(tau * t) for t in terms if not (t in linear and t.has(state))))
    if not table:
        return tau, Drive(activation_of("linear"), drive)
    found = _matched(_expanded(drive, state.name), table, states)
    if found is None:
        if any(t.has(state) and t.has(*table) for t in terms):
            _refuse(state, REFRACTORY)
        _refuse(state, f"its drive is of no known form; the forms are {FORMS}")
    assert found is not None
    return tau, found


def _without_cases(e: Expr) -> Expr:
    """``Piecewise`` as max and min where it is a rectifier, its power, or a rectifier with a cap; else as it is."""
    if not e.args:
        return e
    if not isinstance(e, sympy.Piecewise):
        return e.func(*(_without_cases(arg) for arg in e.args))
    cases = list(e.args)
    if len(cases) == 2 and isinstance(cases[0][1], sympy.Gt | sympy.Ge):  # (value, z > 0), (0, True), turned round
        (value, when), (rest, _) = cases
        cases = [(rest, sympy.Le(when.gts, when.lts, evaluate=False)), (value, sympy.true)]
    if cases[0][0] != 0 or not all(
        isinstance(when, sympy.Le | sympy.Lt | sympy.Ge | sympy.Gt) for _, when in cases[:-1]
    ):
        return e
    above = cases[0][1].gts
    z, value = cases[0][1].lts - above, cases[1][0]
    base, power = value.as_base_exp() if value.is_Pow else (value, sympy.Integer(1))
    gain = sympy.cancel(base / z)
    if gain.has(*z.free_symbols - above.free_symbols) or (power != 1 and gain != 1):
        return e
    if len(cases) == 2:
        return gain * Max(z, 0) ** power
    cap = cases[2][0]
    fits = len(cases) == 3 and sympy.expand(gain * (cases[1][1].gts - above) - cap) == 0
    same = len(cases) == 3 and sympy.expand(cases[1][1].lts - cases[0][1].lts) == 0
    return gain * Min(Max(z, 0), cap / gain) if fits and same and power == 1 else e


def _refuse(state: sympy.Symbol, why: str) -> None:
    raise ModelError(f"{state}' is no rate model: {why}. It should be (-{state} + phi(w*x + ... + u))/tau.")


def _hidden(e: Expr, states: list[sympy.Symbol], table: dict[sympy.Dummy, Expr]) -> Expr:
    """The expression with its nonlinear parts in the states as unknowns, the same part the same unknown."""
    if not e.has(*states) or e.is_Symbol:
        return e
    if e.is_Add or e.is_Mul:
        return e.func(*(_hidden(arg, states, table) for arg in e.args))
    for unknown, known in table.items():
        if known == e:
            return unknown
    unknown = sympy.Dummy(f"f{len(table)}")
    table[unknown] = e
    return unknown


def _expanded(e: Expr, what: str) -> Expr:
    """The expression multiplied out, unless that would take for ever."""
    if _degree(e) > MOST_DEGREE:
        raise ModelError(f"{what}': a product of more than {MOST_DEGREE} sums; a rate model is linear inside and out.")
    return sympy.expand(e, power_exp=False, log=False)


def _degree(e: Expr) -> int:
    """How many sums are multiplied with one another, at most."""
    if e.is_Add:
        return max(1, *(_degree(arg) for arg in e.args))
    if e.is_Mul:
        return sum(_degree(arg) for arg in e.args)
    if e.is_Pow and e.exp.is_Integer:
        return abs(int(e.exp)) * _degree(e.base)
    return 0


def _affine(total: Expr, states: list[sympy.Symbol], what: str) -> tuple[list[Expr], Expr]:
    """The coefficients of the states, and the rest."""
    polynomial = sympy.Poly(_expanded(total, what), *states)
    if polynomial.total_degree() > 1:
        raise ModelError(f"{what}': the total input {total} is not linear in the states.")
    entries = [sympy.cancel(polynomial.coeff_monomial(x)) for x in states]
    return entries, sympy.cancel(polynomial.coeff_monomial(1))


def _polynomial(e: Expr, given: Mapping[sympy.Symbol, Expr]) -> Expr:
    """The expression, the values of what it is divided by put in: weights are polynomials in their symbols."""
    below = sympy.fraction(sympy.cancel(e))[1].free_symbols
    return sympy.expand(sympy.cancel(e.xreplace({s: v for s, v in given.items() if s in below})))


# -- the activation ---------------------------------------------------------------------------------------------------


def _matched(drive: Expr, table: Mapping[sympy.Dummy, Expr], states: list[sympy.Symbol]) -> Drive | None:
    """The drive as a kind of activation at an affine total input, or ``None``."""
    factors: dict[sympy.Dummy, Expr] = {}
    constant = ZERO
    for term in sympy.Add.make_args(drive):
        inside = [u for u in table if term.has(u)]
        if len(inside) > 1 or (not inside and term.has(*states)):
            return None
        if inside:
            factors[inside[0]] = factors.get(inside[0], ZERO) + sympy.cancel(term / inside[0])
        else:
            constant += term
    parts = [(table[u], sympy.factor(c)) for u, c in factors.items() if c != 0]
    if any(c.has(*factors) for _, c in parts):
        return None
    constant = sympy.expand(constant)
    if len(parts) == 1:
        return _single(*parts[0], constant, states)
    return _double(parts, constant, states) if len(parts) == 2 else None


def _single(part: Expr, factor: Expr, constant: Expr, states: list[sympy.Symbol]) -> Drive | None:
    """``factor*part + constant`` where one nonlinear part occurs."""
    if factor.has(*states):
        return _algebraic(part, factor, constant, states)
    clamp = _clamp(part, states)
    if clamp is not None:
        return _clamped(*clamp, factor, constant)
    if isinstance(part, tanh | sympy.atan):  # odd, and SymPy moves a sign from the inside to the outside
        turn = -1 if factor.could_extract_minus_sign() else 1
        factor, inner = turn * factor, turn * part.args[0]
    match part:
        case tanh() if constant == 0:
            return _gained("tanh", inner, states, height=factor)
        case tanh():
            return _gained("logistic", 2 * inner, states, height=2 * factor, offset=sympy.expand(factor - constant))
        case sympy.atan() if constant == 0:
            scaled = 2 * inner / sympy.pi
            scaled = sympy.expand(scaled) if inner.is_Add else scaled
            height = sympy.cancel(factor * sympy.pi / 2)
            return (
                None
                if scaled.has(sympy.pi) or height.has(sympy.pi)
                else _gained("arctan", scaled, states, height=height)
            )
        case log() if constant == 0 and factor == 1 and (inner := _exponent(part.args[0])) is not None:
            return _gained("softplus", inner, states)
        case Pow() if constant == 0 and isinstance(part.base, Max) and (clamp := _clamp(part.base, states)) is not None:
            total, low, high = clamp
            return Drive(_kind("power", k=factor, p=part.exp), total) if low == 0 and high is None else None
        case Pow() if part.exp == -1 and (inner := _exponent(part.base)) is not None:
            return _logistic(-inner, factor, constant, states)
    return None


def _logistic(total: Expr, height: Expr, constant: Expr, states: list[sympy.Symbol]) -> Drive | None:
    """``height/(1 + exp(-total)) + constant``; a constant that makes phi(0) = 0 at some threshold is offset "rest"."""
    at_rest = sympy.cancel(-constant / height) if constant.has(exp) else ZERO
    if at_rest != 0:
        threshold = _exponent(1 / at_rest)
        if threshold is None:
            return None
        return Drive(
            _kind("logistic", height=height, threshold=threshold, offset="rest"), sympy.expand(total + threshold)
        )
    return _gained("logistic", total, states, height=height, offset=-constant)


def _exponent(e: Expr) -> Expr | None:
    """``a`` of ``1 + exp(a)``."""
    rest = sympy.Add(*(arg for arg in e.args if arg != 1)) if e.is_Add and sympy.Integer(1) in e.args else ZERO
    return rest.args[0] if isinstance(rest, exp) else None


def _clamp(part: Expr, states: list[sympy.Symbol]) -> tuple[Expr, Expr | None, Expr | None] | None:
    """``z, low, high`` of ``max(z, low)``, ``min(z, high)`` or both, one inside the other."""
    low: Expr | None = None
    high: Expr | None = None
    while isinstance(part, Max | Min):
        ends = [a for a in part.args if not a.has(*states)]
        inside = [a for a in part.args if a.has(*states)]
        if len(ends) != 1 or len(inside) != 1:
            return None
        if isinstance(part, Max):
            if low is not None:
                return None
            low = ends[0]
        else:
            if high is not None:
                return None
            high = ends[0]
        part = inside[0]
    return None if low is None and high is None else (part, low, high)


def _clamped(total: Expr, low: Expr | None, high: Expr | None, factor: Expr, constant: Expr) -> Drive | None:
    """A rectifier or a saturating kind, which is 0 below: gain, threshold and cap as they are written."""
    if low is None or sympy.expand(constant + factor * low) != 0:
        return None
    if high is None:
        return Drive(_kind("relu", gain=factor, threshold=low), total)
    cap = sympy.expand(factor * (high - low))
    return Drive(_kind("saturating", gain=factor, threshold=low, cap=sympy.cancel(cap)), total)


def _double(parts: list[tuple[Expr, Expr]], constant: Expr, states: list[sympy.Symbol]) -> Drive | None:
    """Two nonlinear parts: a soft threshold, or softplus in the form that does not overflow."""
    if constant != 0 or parts[0][1] != parts[1][1]:
        return None
    clamps = [_clamp(part, states) for part, _ in parts]
    below = next((c for c in clamps if c is not None and c[1] is None), None)  # min(z, -threshold)
    above = next((c for c in clamps if c is not None and c[2] is None), None)  # max(z, threshold)
    if below is not None and above is not None:
        fits = below[0] == above[0] and sympy.expand(sympy.Add(below[2], above[1])) == 0
        return Drive(_kind("soft_threshold", gain=parts[0][1], threshold=above[1]), above[0]) if fits else None
    rectified = next((c for c in clamps if c is not None), None)
    soft = next((part for part, _ in parts if isinstance(part, log)), None)
    inner = _exponent(soft.args[0]) if soft is not None else None
    if parts[0][1] != 1 or rectified is None or rectified[1:] != (0, None) or inner is None or not inner.has(Abs):
        return None
    bare = inner.replace(Abs, lambda a: a)  # -|z| in some form, where z is what the rectifier gets
    same = sympy.expand(bare**2 - rectified[0] ** 2) == 0 and inner.could_extract_minus_sign()
    return _gained("softplus", rectified[0], states) if same and not inner.is_Add else None


def _algebraic(part: Expr, factor: Expr, constant: Expr, states: list[sympy.Symbol]) -> Drive | None:
    """``h*w/sqrt(1 + w^2)``, with h*w the factor."""
    if constant != 0 or not isinstance(part, Pow) or part.exp != -HALF:
        return None
    square = sympy.cancel(factor**2 / sympy.expand(part.base - 1))
    height = sympy.sqrt(square).replace(Abs, lambda a: a)  # positive, as a height has to be
    if height.is_Rational is not True and not (height.free_symbols and height.is_polynomial(*height.free_symbols)):
        return None
    return _gained("algebraic", factor / height, states, height=height)


def _gained(kind: str, total: Expr, states: list[sympy.Symbol], **parameters: Any) -> Drive:
    """A symbol that multiplies the whole total input is the gain; as a factor of weights and input it would be both."""
    gain = sympy.Mul(*(f for f in sympy.Mul.make_args(total) if f.is_Symbol and f not in states))
    inside = sympy.Mul(*(f for f in sympy.Mul.make_args(total) if not f.is_Symbol or f in states))
    if gain == 1 or not inside.is_Add:
        return Drive(_kind(kind, **parameters), total)
    return Drive(_kind(kind, gain=gain, **parameters), inside)


def _kind(kind: str, **parameters: Any) -> Activation:
    return activation_of(kind, **parameters)


# -- the check --------------------------------------------------------------------------------------------------------


def _check_same(circuit: Circuit, rows: Mapping[str, Expr], given: Mapping[sympy.Symbol, Expr]) -> None:
    """The circuit's equations and those that came in agree to 25 digits at three points with fractions for symbols."""
    states = [symbol(state) for state in rows]
    free = sorted({s for e in rows.values() for s in e.free_symbols} - {*states, *given}, key=str)
    values = {symbol(n): v for n, v in circuit.values}
    for trial in range(3):
        point = {s: sympy.Rational(7 * k + 5 * trial + 3, 11) * (-1) ** (k * trial) for k, s in enumerate(states)}
        point |= {s: sympy.Rational(3 * k + 2 * trial + 4, 7) for k, s in enumerate(free)} | dict(given)
        for i, (p, right) in enumerate(zip(circuit.populations, rows.values(), strict=True)):
            total = sum((w * x for w, x in zip(circuit.entries[i], states, strict=True)), p.input)
            own = (p.activation.phi.xreplace({Z: total}) - states[i]) / p.tau
            gap = sympy.N((own - right).xreplace(values).xreplace(point), 30, maxn=200)
            if not abs(gap) < sympy.Float("1e-25"):
                raise ModelError(f"{states[i]}' was read as another function (they differ by {sympy.N(gap, 3)}).")
