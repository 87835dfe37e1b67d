"""The paper's shape: exact for every formula, whatever the options; abbreviations where they belong."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symgame import syntax as s
from symgame.circuit import Circuit
from symgame.grammar import read_formula, read_term
from symgame.named import load, wilson_cowan
from symgame.presentation import Presentation
from symgame.shape import Shaper, leaves

MODELS = Path(__file__).parent / "corpus" / "models"
OPERATORS = {"<": "__lt__", "<=": "__le__", ">": "__gt__", ">=": "__ge__", "=": "__eq__", "!=": "__ne__"}


def value(node: s.Formula, point: dict[str, Fraction]) -> Fraction:
    """An evaluator of its own, for numbers without roots."""
    match node:
        case s.Number(value=v):
            return v
        case s.Name(id=name):
            return point[name]
        case s.Negative(of=a):
            return -value(a, point)
        case s.Sum(terms=terms):
            return sum((value(t, point) for t in terms), Fraction(0))
        case s.Product(factors=factors):
            product = Fraction(1)
            for factor in factors:
                product *= value(factor, point)
            return product
        case s.Ratio(over=a, under=b):
            return value(a, point) / value(b, point)
        case s.Power(base=a, exponent=n):
            return value(a, point) ** n
    raise TypeError(node)


def truth(node: s.Formula, point: dict[str, Fraction]) -> bool:
    match node:
        case s.And(args=args):
            return all(truth(a, point) for a in args)
        case s.Or(args=args):
            return any(truth(a, point) for a in args)
        case s.Not(of=a):
            return not truth(a, point)
        case s.Relation(terms=terms, ops=ops):
            sides = [value(t, point) for t in terms]
            return all(getattr(sides[k], OPERATORS[op])(sides[k + 1]) for k, op in enumerate(ops))
    raise TypeError(node)


def shown_point(shaper: Shaper, point: dict[str, Fraction]) -> dict[str, Fraction]:
    """The point in the names that a shaped formula uses: abbreviations, and signed weights turned round."""
    full = dict(point)
    for short in shaper.abbreviations:
        full[short.name] = value(read_term(short.formula), point)
    return full | {name: -full[name] for name in shaper._signed}


NAMES = ("w_EE", "w_EI", "w_IE", "w_II", "tau_E", "tau_I", "u_E", "u_I")
numbers = st.fractions(min_value=-4, max_value=4, max_denominator=4)
points = st.fixed_dictionaries(
    {n: st.fractions(min_value=Fraction(1, 4), max_value=4, max_denominator=4) for n in NAMES[:6]}
    | dict.fromkeys(NAMES[6:], numbers)
)
atoms = st.one_of(st.sampled_from(NAMES).map(s.Name), st.integers(1, 4).map(lambda k: s.Number(Fraction(k))))
terms = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(lambda p: s.Sum(tuple(p))),
        st.lists(inner, min_size=2, max_size=3).map(lambda p: s.Product(tuple(p))),
        inner.map(s.Negative),
        st.tuples(inner, st.integers(2, 3)).map(lambda p: s.Power(*p)),
    ),
    max_leaves=10,
)
STYLES = {
    "plain": Presentation(),
    "descending": Presentation(terms="descending", order=("w_II", "w_IE")),
    "signed": Presentation(weights="signed"),
    "author": Presentation(abbreviations=(("g", "w_EE - 1"), ("q", "tau_I/tau_E"), ("loop", "w_IE*w_EI*tau_E"))),
    "none": Presentation(abbreviations=()),
}
SHAPERS = {name: Shaper(replace(wilson_cowan(), presentation=style)) for name, style in STYLES.items()}


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=60)
@given(node=terms, point=points)
def test_a_number_keeps_its_value(style: str, node: s.Formula, point: dict[str, Fraction]) -> None:
    shaper = SHAPERS[style]
    assert value(shaper.signed(shaper.number(node)), shown_point(shaper, point)) == value(node, point)


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=60)
@given(left=terms, right=terms, op=st.sampled_from(sorted(OPERATORS)), point=points)
def test_a_comparison_keeps_its_meaning(
    style: str, left: s.Formula, right: s.Formula, op: str, point: dict[str, Fraction]
) -> None:
    shaper = SHAPERS[style]
    node = s.Relation((left, right), (op,))
    for formula in (node, s.Not(node)):
        assert truth(shaper.shaped(formula), shown_point(shaper, point)) == truth(formula, point)


@settings(max_examples=60)
@given(node=terms)
def test_shaping_never_makes_a_number_longer(node: s.Formula) -> None:
    assert leaves(SHAPERS["plain"].number(node)) <= leaves(node)


@pytest.mark.parametrize(
    ("formula", "shape"),
    [
        ("w_EE < 1 + w_EI*w_IE/(1 + w_II)", "w_EE < 1 + kappa/delta"),
        ("w_EE < 1 + tau_E*(1 + w_II)/tau_I", "w_EE < 1 + T*delta"),
        ("x(E) = (u_E - w_EI*u_I + w_II*u_E)/(1 - w_EE + w_II - w_EE*w_II + w_EI*w_IE)",
         "x(E) = (delta*u_E - w_EI*u_I)/D"),
        ("w_EE*u_I < u_I + w_IE*u_E", "(w_EE - 1)*u_I < w_IE*u_E"),
        ("1 - 2*sqrt(w_EI*w_IE*tau_E*tau_I)/tau_I < w_EE", "1 - 2*sqrt(T*kappa) < w_EE"),
        ("4*w_EI*w_IE*tau_I > tau_E*(1 + w_II)^2", "4*kappa > T*delta^2"),
        ("~(dx(E,u_I) > 0)", "dx(E,u_I) <= 0"),
        ("u_E > 0", "u_E > 0"),
        ("trace = 0 & det > 0", "trace = 0 & det > 0"),
        ("det = 0 - 1 + w_EE - w_II + w_EE*w_II - w_EI*w_IE", "det = -D"),
    ],
)  # fmt: skip
def test_shapes_of_the_pair(formula: str, shape: str) -> None:
    assert s.text(SHAPERS["plain"].shaped(read_formula(formula))) == shape


def test_signed_weights() -> None:
    shaped = SHAPERS["signed"].shaped(read_formula("w_EI > 0 & w_EI*w_IE > 1 + w_II"))
    assert s.text(shaped) == "w_EI < 0 & kappa > delta"
    assert [f"{n} = {d}" for n, d in SHAPERS["signed"].definitions()][1:3] == [
        "delta = 1 - w_II",
        "kappa = -(w_EI*w_IE)",
    ]


def test_the_authors_signs_and_abbreviations() -> None:
    shaper = SHAPERS["author"]
    assert s.text(shaper.shaped(read_formula("x(E) = u_E/(1 - w_EE)"))) == "x(E) = -(u_E/g)"
    assert s.text(shaper.number(read_term("tau_I*(1 + w_EE)/tau_E"))) == "q*(1 + w_EE)"


@pytest.mark.parametrize("model", ["pair_ie", "pair_pq", "pair_nonneg"])
def test_other_orders_and_names_have_the_same_abbreviations(model: str) -> None:
    shaper = Shaper(load(MODELS / f"{model}.toml"))
    assert [a.name for a in shaper.abbreviations] == ["D", "delta", "kappa", "T"]


def test_abbreviations_that_do_not_apply_are_left_out() -> None:
    fixed = wilson_cowan().with_values(w_EI=1, w_IE=2, tau_E=1, tau_I=1).fixed()
    assert [a.name for a in Shaper(fixed).abbreviations] == ["D", "delta"]
    named = Circuit.from_matrix([["D", "-b"], ["c", "-T"]], names="EI", types=["excitatory", "inhibitory"])
    assert [a.name for a in Shaper(named).abbreviations] == ["delta", "kappa"]
    signed = Circuit.from_matrix([["a", "b"], ["c", "d"]], names="AB")
    assert [a.name for a in Shaper(signed).abbreviations] == ["D"]
