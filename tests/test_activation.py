"""Activations: every kind is whole, phi is the best response by a road that never sees its inverse."""

from __future__ import annotations

import dataclasses
import json
from fractions import Fraction
from pathlib import Path

import mpmath
import numpy as np
import pytest
import sympy
from sympy import Integer, Interval, Piecewise, Rational, oo

from symgame.activation import Activation, exact
from symgame.errors import ActivationError
from symgame.kinds import KINDS, activation
from symgame.notation import symbol
from symgame.pieces import LABELS, Piece, X, Z

CONTRACT = (
    "linear",
    "relu",
    "saturating",
    "soft_threshold",
    "logistic",
    "tanh",
    "arctan",
    "algebraic",
    "softplus",
    "power",
)
ORACLE = {row["name"]: row for row in json.loads((Path(__file__).parent / "oracles/prox_activations.json").read_text())}

HALF, ZERO, ONE = Rational(1, 2), Integer(0), Integer(1)
A, TH, H, OFF, M, LAM, K, P = map(symbol, ("a", "th", "h", "o", "m", "lam", "k", "p"))
T = sympy.Symbol("t", positive=True)  # the odds, tangent or power in which a rate and its input are both rational


# Kinds of the oracle that are not in the table, as a user defines them ----------------------------------------------


def leaky_relu(leak) -> Activation:
    pieces = (Piece("negative", -oo, ZERO, leak, ZERO), Piece("active", ZERO, oo, ONE, ZERO))
    return Activation.from_pieces("leaky_relu", pieces, {"leak": leak}, source="Combettes and Pesquet 2020")


def hard_tanh() -> Activation:
    pieces = (
        Piece("silent", -oo, -ONE, ZERO, -ONE),
        Piece("active", -ONE, ONE, ONE, ZERO),
        Piece("saturated", ONE, oo, ZERO, ONE),
    )
    return Activation.from_pieces("hard_tanh", pieces, source="Combettes and Pesquet 2020")


def shrinkage(threshold) -> Activation:
    pieces = (Piece("silent", -oo, threshold, ZERO, ZERO), Piece("active", threshold, oo, ONE, -threshold))
    return Activation.from_pieces("shrinkage", pieces, {"threshold": threshold}, source="Centorrino et al. 2024")


def softsign() -> Activation:
    return Activation.smooth(
        "softsign",
        phi=Z / (1 + abs(Z)),
        inverse=X / (1 - abs(X)),
        cost=-abs(X) - sympy.log(1 - abs(X)) - X**2 / 2,
        domain=Interval.open(-1, 1),
        lipschitz=1,
        source="Combettes and Pesquet 2020",
    )


def elu() -> Activation:
    return Activation.smooth(
        "elu",
        phi=Piecewise((Z, Z > 0), (sympy.exp(Z) - 1, True)),
        inverse=Piecewise((X, X > 0), (sympy.log(1 + X), True)),
        cost=Piecewise((0, X > 0), ((1 + X) * sympy.log(1 + X) - X - X**2 / 2, True)),
        domain=Interval(-1, oo),
        lipschitz=1,
        source="Combettes and Pesquet 2020",
    )


def arcsinh() -> Activation:
    return Activation.smooth(
        "arcsinh",
        phi=sympy.asinh(Z),
        inverse=sympy.sinh(X),
        cost=sympy.cosh(X) - X**2 / 2,
        domain=Interval(-oo, oo),
        lipschitz=1,
        source="proxop, ArgsinhActi",
    )


def bent_identity() -> Activation:
    return Activation.smooth(
        "bent_identity",
        phi=(Z + sympy.sqrt(Z**2 + 1) - 1) / 2,
        inverse=X * (X + 1) / (X + HALF),
        cost=X / 2 - sympy.log(X + HALF) / 4,
        domain=Interval.Lopen(-HALF, oo),
        lipschitz=1,
        source="proxop, BentIdentity",
    )


def signed_log() -> Activation:
    return Activation.smooth(
        "signed_log",
        phi=sympy.sign(Z) * sympy.log(1 + abs(Z)),
        slope=1 / (1 + abs(Z)),
        inverse=sympy.sign(X) * (sympy.exp(abs(X)) - 1),
        cost=sympy.exp(abs(X)) - abs(X) - 1 - X**2 / 2,
        domain=Interval(-oo, oo),
        lipschitz=1,
        source="proxop, LogActi",
    )


ROWS = {
    "relu": activation("relu"),
    "sat_relu_m=2": activation("saturating", cap=2),
    "leaky_relu_alpha=.1": leaky_relu(Rational(1, 10)),
    "soft_threshold_.7": activation("soft_threshold", threshold=Fraction(7, 10)),
    "shrinkage_nonneg_.7": shrinkage(Rational(7, 10)),
    "sigmoid": activation("logistic"),
    "sigmoid_gain_4": activation("logistic", gain=4),
    "sigmoid_gain_8": activation("logistic", gain=8),
    "tanh": activation("tanh"),
    "arctan_2/pi": activation("arctan", gain=2 / sympy.pi),
    "isru": activation("algebraic"),
    "softsign_elliot": softsign(),
    "power_law_k.3_n2": activation("power", k=Fraction(3, 10)),
    "elu_alpha1": elu(),
    "hard_tanh": hard_tanh(),
    "arcsinh": arcsinh(),
    "bent_identity_half": bent_identity(),
    "signed_log": signed_log(),
}

# Away from every default, with numbers.
SCALED = {
    "linear": activation("linear", gain=Fraction(3, 2), threshold=1),
    "relu": activation("relu", gain=3, threshold=Fraction(-1, 2)),
    "saturating": activation("saturating", gain=2, threshold=Fraction(1, 3), cap=Fraction(5, 4)),
    "soft_threshold": activation("soft_threshold", gain=Fraction(1, 2), threshold=Fraction(3, 4)),
    "logistic": activation("logistic", gain=5, threshold=Fraction(1, 3), height=Fraction(3, 2), offset=Fraction(1, 5)),
    "logistic at rest": activation("logistic", gain=2, threshold=1, offset="rest"),
    "tanh": activation("tanh", gain=2, threshold=Fraction(1, 4), height=3),
    "arctan": activation("arctan", gain=Fraction(1, 2), threshold=-1, height=2),
    "algebraic": activation("algebraic", gain=3, threshold=Fraction(1, 2), height=Fraction(2, 3)),
    "softplus": activation("softplus"),
    "softplus scaled": activation("softplus", gain=2, threshold=Fraction(1, 2)),
    "power": activation("power", k=Fraction(3, 10), p=3, threshold=Fraction(1, 2)),
    "power, p = 1": activation("power", k=Fraction(3, 10), p=1, threshold=Fraction(1, 2)),
    "power, p = 3/2": activation("power", p=Fraction(3, 2)),
}
NUMERIC = {**{f"oracle {name}": each for name, each in ROWS.items()}, **SCALED}

# With every parameter a symbol.
SYMBOLIC = {
    "linear": activation("linear", gain=A, threshold=TH),
    "relu": activation("relu", gain=A, threshold=TH),
    "saturating": activation("saturating", gain=A, threshold=TH, cap=M),
    "soft_threshold": activation("soft_threshold", gain=A, threshold=LAM),
    "logistic": activation("logistic", gain=A, threshold=TH, height=H, offset=OFF),
    "tanh": activation("tanh", gain=A, threshold=TH, height=H),
    "arctan": activation("arctan", gain=A, threshold=TH, height=H),
    "algebraic": activation("algebraic", gain=A, threshold=TH, height=H),
    "softplus": activation("softplus", gain=A, threshold=TH),
    "power": activation("power", k=K, p=P, threshold=TH),
}


def test_the_table_is_the_contract():
    assert tuple(KINDS) == CONTRACT
    assert set(SYMBOLIC) == set(CONTRACT)
    assert set(ROWS) == set(ORACLE)


@pytest.mark.parametrize("kind", CONTRACT)
def test_every_entry_is_complete(kind):
    row, entry = KINDS[kind], SYMBOLIC[kind]
    assert entry.kind == kind
    assert row.conditions
    assert row.source
    assert set(row.scale.values()) <= set(row.defaults) | {"height", "offset"}
    assert [key for key, _ in entry.parameters] == list(row.defaults)
    for field in dataclasses.fields(entry):
        value = getattr(entry, field.name)
        assert value not in ("", ()) and (value is not None or field.name in ("pieces", "germ_of")), field.name
    assert entry.germ_of is None
    assert len(entry.conditions) == len(row.conditions)
    assert entry.piecewise_linear == (kind in CONTRACT[:4])
    assert all(piece.label in LABELS for piece in entry.pieces or ())
    hash(entry)


# Exactly: phi, its inverse, its slopes and its cost are one object ------------------------------------------------

# Per smooth shape: the input and the rate of the normalised phi as functions of one positive t.
CURVES = {
    "logistic": (sympy.log(T), T / (1 + T)),
    "tanh": (sympy.log(T) / 2, (T - 1) / (T + 1)),
    "arctan": (2 / sympy.pi * T, 2 / sympy.pi * sympy.atan(T)),
    "algebraic": (T, T / sympy.sqrt(1 + T**2)),
    "softplus": (sympy.log(T), sympy.log(1 + T)),
    "power": (T, T ** sympy.Symbol("p", positive=True)),
}


def with_signs(entry: Activation, expression):
    """The expression under the entry's conditions, for SymPy's benefit: positive parameters are born positive."""
    return expression.xreplace({each: sympy.Symbol(each.name, positive=True) for each in {A, H, M, LAM, K, P}})


@pytest.mark.parametrize("kind", CURVES)
def test_smooth_kinds_exactly(kind):
    entry = SYMBOLIC[kind]
    values = {key: with_signs(entry, value) for key, value in entry.parameters}
    gain, height = values.get("gain", ONE), values.get("height", values.get("k", ONE))
    total, rate = CURVES[kind]
    z = values["threshold"] + total / gain
    x = height * rate - values.get("offset", 0)

    def at(expression, **where):
        return with_signs(entry, expression).subs({Z: where["z"]} if "z" in where else {X: where["x"]})

    def zero(expression):
        if kind == "tanh":
            expression = expression.rewrite(sympy.exp).rewrite(sympy.log)
        expression = sympy.expand_func(expression)  # polylog(1, y) is -log(1 - y)
        return sympy.simplify(sympy.expand_log(sympy.simplify(expression), force=True)) == 0

    assert zero(at(entry.phi, z=z) - x)
    assert zero(at(entry.inverse, x=x) - z)
    assert zero(at(entry.slope, z=z) - at(entry.slope_at_rate, x=x))
    assert zero(sympy.diff(at(entry.phi, z=Z), Z).subs(Z, z) - at(entry.slope, z=z))
    assert zero(at(sympy.diff(entry.cost, X), x=x) + x - z)


@pytest.mark.parametrize("name", [name for name, each in (SYMBOLIC | NUMERIC).items() if each.piecewise_linear])
def test_piecewise_linear_kinds_exactly(name):
    entry = (SYMBOLIC | NUMERIC)[name]
    numbers = {A: Rational(3, 7), TH: Rational(-2, 3), M: Rational(5, 3), LAM: Rational(7, 5)}
    fix = lambda expression: expression.subs(numbers)  # noqa: E731
    cost_slope = sympy.diff(entry.cost, X)
    for piece in entry.pieces:
        lower, upper = fix(piece.lower), fix(piece.upper)
        inner = max(lower, Integer(-50)) / 3 + min(upper, Integer(50)) * 2 / 3
        rate = fix(entry.phi).subs(Z, inner)
        assert rate == fix(piece.slope * inner + piece.intercept)
        assert fix(entry.slope).subs(Z, inner) == fix(piece.slope)
        assert rate in fix(entry.domain)
        if not piece.flat:
            assert fix(entry.inverse).subs(X, rate) == inner
            assert fix(entry.slope_at_rate).subs(X, rate) == fix(piece.slope)
            assert fix(cost_slope).subs(X, rate) + rate == inner
    for left, right in zip(entry.pieces, entry.pieces[1:], strict=False):
        assert fix(entry.slope).subs(Z, fix(left.upper)) is sympy.nan, "the slope has no value on a kink"
        assert entry.closed(left)[1] != entry.closed(right)[0], "a knot belongs to exactly one piece"
        assert entry.closed(left)[1] == (left.flat or not right.flat)
    if entry.domain.contains(0) == sympy.true:
        assert fix(entry.cost).subs(X, 0) == 0


def test_one_increasing_piece_gives_a_polynomial_identity():
    entry = SYMBOLIC["saturating"]
    active = entry.pieces[1]
    assert sympy.cancel(entry.inverse.subs(X, active.slope * Z + active.intercept) - Z) == 0
    assert sympy.cancel(sympy.diff(entry.cost, X) + X - entry.inverse) == 0
    assert (active.lower, active.upper, active.slope) == (TH, TH + M / A, A)


@pytest.mark.parametrize("name", NUMERIC)
def test_lipschitz_is_the_supremum_of_the_slope(name):
    entry = NUMERIC[name]
    grid = np.linspace(-40, 40, 16001) + 1e-7  # off the kinks
    with np.errstate(all="ignore"):
        slopes = np.broadcast_to(sympy.lambdify(Z, entry.slope, "numpy")(grid), grid.shape)
    assert (slopes >= 0).all()
    if entry.lipschitz == oo:
        assert slopes[-1] > slopes[-4000] > slopes[-8000], "the slope keeps growing"
    else:
        assert slopes.max() <= float(entry.lipschitz) * (1 + 1e-12)
        assert slopes.max() >= float(entry.lipschitz) * (1 - 1e-3)


# phi is the best response to a frozen input -----------------------------------------------------------------------


def minimiser(function, lower, upper):
    """Golden section on a strictly convex function: it sees values only, neither the inverse nor a derivative."""
    ratio = (mpmath.sqrt(5) - 1) / 2
    left, right = upper - ratio * (upper - lower), lower + ratio * (upper - lower)
    at_left, at_right = function(left), function(right)
    while upper - lower > mpmath.mpf(10) ** -18:
        if at_left < at_right:
            upper, right, at_right = right, left, at_left
            left = upper - ratio * (upper - lower)
            at_left = function(left)
        else:
            lower, left, at_left = left, right, at_right
            right = lower + ratio * (upper - lower)
            at_right = function(right)
    return (lower + upper) / 2


def test_the_minimiser_finds_a_minimum_it_was_not_told():
    with mpmath.workdps(50):
        found = minimiser(lambda y: mpmath.cosh(y - mpmath.mpf("0.3")), mpmath.mpf(-7), mpmath.mpf(9))
        assert abs(found - mpmath.mpf("0.3")) < 1e-16


@pytest.mark.parametrize("name", NUMERIC)
def test_phi_is_the_proximal_operator_of_its_cost(name):
    entry = NUMERIC[name]
    inputs = ["-2", "-0.5", "0", "0.3", "0.71", "2", "4"]
    inputs += [point["z"] for point in ORACLE.get(name.removeprefix("oracle "), {}).get("test_points", [])]
    with mpmath.workdps(50):
        cost = sympy.lambdify(X, entry.cost, "mpmath")
        lower = mpmath.mpf(max(entry.domain.start, Integer(-50)).evalf(50))
        upper = mpmath.mpf(min(entry.domain.end, Integer(50)).evalf(50))
        for z in inputs:
            total = mpmath.mpf(z)
            best = minimiser(lambda y, total=total: cost(y) + (y - total) ** 2 / 2, lower, upper)
            response = mpmath.mpf(entry.phi.subs(Z, Rational(z)).evalf(40))
            assert abs(best - response) < 1e-12, (z, best, response)


@pytest.mark.parametrize(
    ("name", "finite"), [("logistic", True), ("tanh", True), ("algebraic", True), ("arctan", False)]
)
def test_the_domain_holds_an_end_exactly_when_the_cost_is_finite_there(name, finite):
    entry = activation(name)
    assert (entry.domain.end in entry.domain) == finite
    assert sympy.limit(entry.cost, X, entry.domain.end, "-").is_finite == finite


def test_softplus_at_the_end_of_its_range():
    assert activation("softplus").cost.subs(X, 0) == sympy.pi**2 / 6
    assert 0 in activation("softplus").domain


# The game asks: is g convex? ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("gain", "convex"), [(1, True), (4, True), (Fraction(401, 100), False), (8, False)])
def test_logistic_cost_is_convex_up_to_gain_four(gain, convex):
    entry = activation("logistic", gain=gain)
    curvature = sympy.cancel(sympy.diff(entry.cost, X, 2))
    assert sympy.cancel(curvature + 1 - 1 / entry.slope_at_rate) == 0
    # 1/(gain x (1-x)) - 1 is least at x = 1/2.
    assert (curvature.subs(X, HALF) >= 0) == convex
    assert entry.convex_when == sympy.sympify(convex)


@pytest.mark.parametrize("name", [name for name, each in NUMERIC.items() if each.cost != 0])
def test_cost_is_convex_iff_phi_is_nonexpansive(name):
    entry = NUMERIC[name]
    # The derivative of sign(x) is no concern: no rate sampled is 0.
    curvature = sympy.lambdify(X, sympy.diff(entry.cost, X, 2), [{"DiracDelta": lambda x: 0}, "mpmath"])
    lower, upper = max(entry.domain.start, Integer(-5)), min(entry.domain.end, Integer(5))
    rates = [lower + (upper - lower) * Rational(2 * i + 1, 400) for i in range(200)]
    signs = [curvature(mpmath.mpf(rate.evalf(30))) for rate in rates]
    assert (min(signs) >= -1e-12) == (entry.convex_when == sympy.true)


def test_convexity_with_symbols():
    assert SYMBOLIC["relu"].convex_when == (A <= 1)
    assert SYMBOLIC["logistic"].convex_when == (A * H / 4 <= 1)
    assert SYMBOLIC["power"].convex_when == sympy.And(sympy.Eq(P, 1), K <= 1)
    assert activation("power").convex_when == sympy.false
    assert leaky_relu(A).convex_when == (A <= 1)


# The oracle -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ORACLE)
def test_oracle(name):
    row, entry = ORACLE[name], ROWS[name]
    for point in row["test_points"]:
        value = entry.phi.subs(Z, Rational(point["z"])).evalf(40)
        assert abs(value - Rational(point["phi"])) < Rational(1, 10**24), point
    ends = {"-inf": -oo, "+inf": oo}
    assert [entry.domain.start, entry.domain.end] == [ends.get(end) or Rational(end) for end in row["domain"]]
    if row["sup_slope"] == "inf":
        assert entry.lipschitz == oo
    else:
        assert abs(entry.lipschitz - Rational(row["sup_slope"])) < Rational(1, 10**5)
    assert (entry.convex_when == sympy.true) == row["g_convex"]


# Parameters -------------------------------------------------------------------------------------------------------


def test_rest_means_nothing_happens_at_rest():
    entry = activation("logistic", gain=A, threshold=TH, height=H, offset="rest")
    assert sympy.cancel(entry.phi.subs(Z, 0)) == 0
    assert dict(entry.parameters)["offset"] == H / (1 + sympy.exp(A * TH))
    assert entry.free_symbols == {A, TH, H}


def test_conditions_are_kept_for_symbols_and_settled_for_numbers():
    assert SYMBOLIC["saturating"].conditions == (A > 0, M > 0)
    assert SYMBOLIC["power"].conditions == (K > 0, P >= 1)
    assert activation("saturating", cap=M).conditions == (M > 0,)
    assert activation("relu", gain=A**2 + 1).conditions == ()
    assert activation("relu", threshold=-7).conditions == ()
    # The end of the active piece, (K*M + 1)/(K + M), adds nothing to what gain and cap already say.
    assert activation("saturating", gain=K + M, cap=K * M + 1).conditions == (K + M > 0, K * M + 1 > 0)


NUMBERS = {A: 3, TH: HALF, H: Rational(3, 2), OFF: Rational(1, 5), M: 2, LAM: Rational(7, 10), K: Rational(3, 10), P: 2}


@pytest.mark.parametrize("kind", CONTRACT)
def test_substituting_numbers_is_the_same_as_starting_from_them(kind):
    table = {name: sympy.Rational(value) for name, value in NUMBERS.items()}
    late = SYMBOLIC[kind].substituted(table)
    early = activation(kind, **{key: value.xreplace(table) for key, value in SYMBOLIC[kind].parameters})
    for plain in ("parameters", "conditions", "pieces", "domain", "lipschitz", "convex_when"):
        assert getattr(late, plain) == getattr(early, plain), plain
    for name, dummy in {"phi": Z, "slope": Z, "inverse": X, "slope_at_rate": X, "cost": X}.items():
        for point in (Rational(1, 7), Rational(1, 2), Rational(5, 7)):
            gap = (getattr(late, name) - getattr(early, name)).subs(dummy, point)
            assert gap is sympy.nan or abs(gap.evalf(30)) < 1e-25, (name, point)
    assert late.substituted(table) is late


@pytest.mark.parametrize(
    ("kind", "table", "says"),
    [
        ("saturating", {M: ZERO}, "needs m > 0, which is false at m = 0"),
        ("power", {P: HALF}, "needs p >= 1, which is false at p = 1/2"),
        ("relu", {TH: X}, "rename it"),
        ("relu", {TH: sympy.Float(1.5)}, "is a float"),
    ],
)
def test_bad_substitutions(kind, table, says):
    with pytest.raises(ActivationError, match=says):
        SYMBOLIC[kind].substituted(table)


def test_names_of_parameters_may_be_symbols_of_the_circuit():
    entry = activation("saturating", gain=symbol("cap"), cap=symbol("gain"))
    assert entry.conditions == (symbol("cap") > 0, symbol("gain") > 0)
    assert entry.domain == Interval(0, symbol("gain"))


@pytest.mark.parametrize(
    ("kind", "parameters", "says"),
    [
        ("sigmoid", {}, "no activation kind 'sigmoid'.*linear, relu, saturating"),
        ("logistics", {}, "did you mean 'logistic'"),
        (None, {}, "no activation kind None"),
        ("relu", {"gian": 1}, "no parameter 'gian'; did you mean 'gain'.*gain, threshold"),
        ("relu", {"cap": 1}, "no parameter 'cap'"),
        ("saturating", {}, "needs a cap"),
        ("soft_threshold", {}, "needs a threshold"),
        ("relu", {"gain": 0.5}, r"gain = 0.5 is a float; write it exactly, as Fraction\(1, 2\)"),
        ("relu", {"gain": sympy.Float("0.5")}, "is a float"),
        ("relu", {"gain": A * sympy.Float("0.5")}, "floating-point"),
        ("relu", {"gain": np.float64(0.5)}, "float"),
        ("relu", {"gain": float("nan")}, "not a finite real number"),
        ("relu", {"threshold": float("inf")}, "not a finite real number"),
        ("relu", {"threshold": sympy.nan}, "not a finite real number"),
        ("relu", {"threshold": oo}, "not a finite real number"),
        ("relu", {"threshold": sympy.I}, "not a finite real number"),
        ("relu", {"gain": True}, "is a bool"),
        ("relu", {"gain": sympy.true}, "BooleanTrue"),
        ("relu", {"gain": None}, "is a NoneType"),
        ("relu", {"gain": "1/2"}, "is a str"),
        ("relu", {"gain": "rest"}, "is a str"),
        ("logistic", {"offset": "resting"}, 'the only word for it is "rest"'),
        ("relu", {"gain": 1 / A}, "not a polynomial"),
        ("relu", {"gain": sympy.Symbol("a")}, "not the circuit's a"),
        ("relu", {"gain": Z}, "rename it"),
        ("relu", {"threshold": X}, "rename it"),
        ("relu", {"gain": 0}, "gain = 0, but it must satisfy gain > 0"),
        ("saturating", {"cap": -1}, "cap = -1, but it must satisfy cap > 0"),
        ("soft_threshold", {"threshold": 0}, "threshold = 0, but it must satisfy threshold > 0"),
        ("tanh", {"height": Fraction(-1, 2)}, "height = -1/2, but it must satisfy height > 0"),
        ("power", {"p": Fraction(1, 2)}, "p = 1/2, but it must satisfy p >= 1"),
        ("power", {"k": 0}, "k = 0, but it must satisfy k > 0"),
        ("logistic", {"height": -(A**2) - 1}, "must satisfy height > 0"),
    ],
)
def test_bad_parameters(kind, parameters, says):
    with pytest.raises(ActivationError, match=says):
        activation(kind, **parameters)


def test_exact_accepts_every_exact_number():
    assert exact("relu", "gain", np.int64(3)) == 3
    assert exact("relu", "gain", Fraction(1, 3)) == Rational(1, 3)
    assert exact("relu", "gain", 2 * A + 1) == 2 * A + 1


# Data that are not whole ------------------------------------------------------------------------------------------

FLAT0 = Piece("silent", -oo, ZERO, ZERO, ZERO)
RISING = Piece("active", ZERO, oo, ONE, ZERO)


@pytest.mark.parametrize(
    ("pieces", "says"),
    [
        ((), "no inverse"),
        ((Piece("silent", -oo, oo, ZERO, ZERO),), "phi is constant"),
        ((FLAT0, Piece("active", ZERO, oo, ONE, ONE)), "phi jumps at z = 0, from 0 to 1"),
        ((FLAT0, Piece("active", ONE, oo, ONE, -ONE)), "ends at z = 0 but 'active' begins at 1"),
        ((RISING,), "must cover the line"),
        ((FLAT0, Piece("active", ZERO, Integer(5), ONE, ZERO)), "must cover the line"),
        ((FLAT0, Piece("active", ZERO, oo, -ONE, ZERO)), "decreases"),
        ((FLAT0, Piece("silent", ZERO, oo, ZERO, ZERO)), "at most once"),
        ((FLAT0, Piece("awake", ZERO, oo, ONE, ZERO)), "at most once"),
        ((FLAT0, Piece("saturated", ZERO, oo, ONE, ZERO)), "flat pieces are"),
        ((Piece("negative", -oo, ZERO, ZERO, ZERO), RISING), "flat pieces are"),
        ((Piece("negative", -oo, ZERO, ONE, ZERO), RISING), "merge them"),
        (
            (
                FLAT0,
                Piece("active", ZERO, -ONE, ONE, ZERO),
                Piece("saturated", -ONE, oo, ZERO, -ONE),
            ),
            "which is empty",
        ),
        ((FLAT0, Piece("active", ZERO, oo, A, ZERO)), "holds a, which is not the symbol of a parameter"),
        ((FLAT0, Piece("active", ZERO, oo, sympy.Float(1.5), ZERO)), "not exact"),
    ],
)
def test_pieces_that_make_no_activation(pieces, says):
    with pytest.raises(ActivationError, match=says):
        Activation.from_pieces("mine", pieces, source="-")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"phi": 2 * sympy.tanh(Z)}, r"phi\(inverse\(x\)\) is not x"),
        ({"inverse": X}, r"phi\(inverse\(x\)\) is not x"),
        ({"cost": X**2}, "cost' \\+ x is not inverse"),
        ({"slope": 1 - sympy.tanh(Z)}, "is not slope_at_rate"),
        ({"phi": sympy.tanh(A * Z)}, "holds a, which is not the symbol of a parameter"),
        ({"inverse": sympy.atanh(Z)}, "holds z"),
        ({"cost": X * sympy.Float(0.5)}, "not exact"),
        ({"lipschitz": 1}, "not a SymPy expression"),
        ({"domain": sympy.FiniteSet(0)}, "not an interval"),
        ({"conditions": (sympy.false,)}, "condition 1 of 1 is false"),
        ({"parameters": (("gain", ONE), ("gain", ONE))}, "named twice"),
        ({"pieces": (FLAT0, RISING)}, "but its piece 'silent' says 0"),
    ],
)
def test_fields_that_do_not_belong_together(change, says):
    with pytest.raises(ActivationError, match=says):
        dataclasses.replace(activation("tanh"), **change)


def test_symbolic_knots_add_the_order_they_suppose():
    low, high = symbol("low"), symbol("high")
    pieces = (
        Piece("silent", -oo, low, ZERO, low),
        Piece("active", low, high, ONE, ZERO),
        Piece("saturated", high, oo, ZERO, high),
    )
    clamp = Activation.from_pieces("clamp", pieces, {"low": low, "high": high}, source="-")
    assert clamp.conditions == (high - low > 0,)
    assert clamp.domain == Interval(low, high)
    assert clamp.cost == 0
    with pytest.raises(ActivationError, match="no piece"):
        clamp.closed(FLAT0)


def test_leaky_relu_with_a_symbol():
    entry = leaky_relu(A)
    assert entry.conditions == (A > 0,)
    assert entry.slope_at_rate == Piecewise((A, X <= 0), (1, X > 0))
    assert entry.cost == Piecewise((X**2 * (1 / A - 1).together() / 2, X <= 0), (0, True))
    assert [entry.closed(piece) for piece in entry.pieces] == [(False, True), (False, False)]
