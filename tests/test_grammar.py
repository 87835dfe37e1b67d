"""The reader of formulas and the text of trees: each undoes the other, values are kept, and mistakes are named."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from symgame import grammar
from symgame import syntax as s
from symgame.errors import FormulaError
from symgame.grammar import read_branch, read_formula, read_term

NAMES = ("a", "b", "w_EE", "tau_E", "u_I")

# ---- trees as the reader makes them: text and reader are inverse to each other ---------------------------------------


def at_least(children: st.SearchStrategy[s.Formula], of: int = 2) -> st.SearchStrategy[tuple[s.Formula, ...]]:
    return st.lists(children, min_size=of, max_size=3).map(tuple)


def numbers_over(children: st.SearchStrategy[s.Formula]) -> st.SearchStrategy[s.Formula]:
    safe = children.filter(lambda c: c != s.Number(Fraction(0)))
    return st.one_of(
        st.builds(s.Negative, children),
        st.builds(s.Sum, at_least(children)),
        st.builds(s.Product, at_least(children)),
        st.builds(s.Ratio, children, safe),
        st.builds(s.Power, children, st.integers(0, 3)),
        st.builds(lambda args: s.Call("max", args), at_least(children)),
        st.builds(lambda arg: s.Call("abs", (arg,)), children),
    )


whole = st.integers(0, 10**6).map(lambda n: s.Number(Fraction(n)))
atoms = st.one_of(whole, st.sampled_from(NAMES).map(s.Name), st.sampled_from(["trace", "det"]).map(s.Name))
numbers = st.recursive(atoms, numbers_over, max_leaves=8)
relations = st.builds(
    lambda terms, ops: s.Relation((*terms, terms[0]), tuple(ops[: len(terms)])),
    at_least(numbers, 1),
    st.lists(st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), min_size=3, max_size=3),
)
members = st.builds(s.Member, st.sampled_from(["E", "I", "P_1"]), st.sampled_from(["active", "saturated", "negative"]))
branches = st.builds(s.Call, st.sampled_from(["exists", "stable", "hurwitz"]), st.lists(members, max_size=3).map(tuple))
words = st.one_of(st.sampled_from(["unique", "lds", "hurwitz"]).map(s.Name), st.booleans().map(s.Truth), branches)


def conditions_over(children: st.SearchStrategy[s.Formula]) -> st.SearchStrategy[s.Formula]:
    return st.one_of(
        st.builds(s.Not, children),
        st.builds(s.And, at_least(children)),
        st.builds(s.Or, at_least(children)),
        st.builds(s.Implies, children, children),
        st.builds(s.Iff, children, children),
        st.builds(lambda c: s.Call("for_all_tau", (c,)), children),
    )


conditions = st.recursive(st.one_of(relations, words), conditions_over, max_leaves=8)


@given(conditions)
def test_reading_the_text_of_a_formula_gives_a_formula_with_the_same_text(tree: s.Formula) -> None:
    once = read_formula(s.text(tree))
    assert read_formula(s.text(once)) == once
    assert {n.id for n in s.walk(once) if isinstance(n, s.Name)} == {
        n.id for n in s.walk(tree) if isinstance(n, s.Name)
    }


def without_numbers(node: s.Formula) -> bool:
    return not any(isinstance(part, s.Sum | s.Product | s.Ratio | s.Negative) for part in s.walk(node))


@given(conditions.filter(without_numbers))
def test_the_logical_part_comes_back_exactly(tree: s.Formula) -> None:
    assert read_formula(s.text(tree)) == tree


# ---- any tree at all: the value is kept ------------------------------------------------------------------------------

any_number = st.fractions(-20, 20, max_denominator=9).map(s.Number)
any_atom = st.one_of(any_number, st.sampled_from(NAMES).map(s.Name))


def without_calls(children: st.SearchStrategy[s.Formula]) -> st.SearchStrategy[s.Formula]:
    return st.one_of(
        st.builds(s.Negative, children),
        st.builds(s.Sum, at_least(children, 1)),
        st.builds(s.Product, at_least(children, 1)),
        st.builds(s.Ratio, children, children.filter(lambda c: not isinstance(c, s.Number) or c.value != 0)),
        st.builds(s.Power, children, st.integers(0, 3)),
    )


def value(node: s.Formula, at: dict[str, Fraction]) -> Fraction:
    match node:
        case s.Number(value=v):
            return v
        case s.Name(id=name):
            return at[name]
        case s.Negative(of=a):
            return -value(a, at)
        case s.Sum(terms=terms):
            return sum((value(t, at) for t in terms), Fraction(0))
        case s.Product(factors=factors):
            product = Fraction(1)
            for factor in factors:
                product *= value(factor, at)
            return product
        case s.Ratio(over=a, under=b):
            return value(a, at) / value(b, at)
        case s.Power(base=a, exponent=n):
            return value(a, at) ** n
    raise TypeError(node)


@given(
    st.recursive(any_atom, without_calls, max_leaves=10),
    st.lists(st.fractions(-5, 5, max_denominator=7), min_size=len(NAMES), max_size=len(NAMES)),
)
def test_the_text_of_a_number_denotes_that_number(tree: s.Formula, point: list[Fraction]) -> None:
    at = dict(zip(NAMES, point, strict=True))
    try:
        expected = value(tree, at)
    except ZeroDivisionError:
        assume(False)
    try:
        again = read_term(s.text(tree))
    except FormulaError as error:
        assert "division by zero" in str(error) or "multiplied out" in str(error)
        assume(False)
    assert value(again, at) == expected


# ---- precedence ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "same"),
    [
        ("a > 0 & b > 0 | a < 0", "((a > 0) & (b > 0)) | (a < 0)"),
        ("a > 0 => b > 0 => a < b", "(a > 0) => ((b > 0) => (a < b))"),
        ("a > 0 => b > 0 <=> a < b", "((a > 0) => (b > 0)) <=> (a < b)"),
        ("~a > 0 & b > 0", "(~(a > 0)) & (b > 0)"),
        ("exists(E,I) & det > 0", "(exists(E,I)) & (det > 0)"),
        ("-a^2 = 0", "-(a^2) = 0"),
        ("a - b - 1 > 0", "(a + (-b)) + (-1) > 0"),
        ("a/b/2 > 0", "(a/b)/2 > 0"),
        ("a/b*2 > 0", "(a/b)*2 > 0"),
        ("-a*b > 0", "(-a)*b > 0"),
        ("a**2 == 1", "a^2 = 1"),
        ("0 < a <= b < 1", "0 < a <= b < 1"),
    ],
)
def test_precedence(source: str, same: str) -> None:
    def flat(node: s.Formula) -> s.Formula:
        return s.Sum(flat(node.terms[0]).terms + node.terms[1:]) if _nested_sum(node) else node  # type: ignore[attr-defined]

    def _nested_sum(node: s.Formula) -> bool:
        return isinstance(node, s.Sum) and isinstance(node.terms[0], s.Sum)

    one, other = read_formula(source), read_formula(same)
    if isinstance(other, s.Relation):
        other = s.Relation(tuple(flat(t) for t in other.terms), other.ops)
    assert one == other


@pytest.mark.parametrize(
    ("source", "number"),
    [("0.1", "1/10"), ("2.50", "5/2"), ("1e-3", "1/1000"), ("3.", "3"), (".5", "1/2"), ("1E2", "100")],
)
def test_decimals_are_exact(source: str, number: str) -> None:
    assert read_term(source) == s.Number(Fraction(number))


def test_a_branch_is_a_list_of_members() -> None:
    assert read_branch("") == ()
    assert read_branch("E, I=m,S=-") == (s.Member("E"), s.Member("I", "saturated"), s.Member("S", "negative"))


def test_the_place_of_a_node_does_not_matter_for_equality() -> None:
    assert read_formula("a>0") == read_formula("   a  >  0 ")
    assert read_formula("  a > 0").terms[0].at == 2  # type: ignore[attr-defined]


# ---- limits and messages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("", ["empty"]),
        ("   ", ["empty"]),
        ("(a > 0", ["missing ')'", "column 1"]),
        ("a > 0)", ["no '(' for this ')'", "column 6"]),
        ("a > ", ["ends where a number", "column 5"]),
        ("a > 0 & ", ["ends where", "column 9"]),
        ("a & b > 0", ["joins conditions", "'a'"]),
        ("lds + 1 > 0", ["needs a number", "lds"]),
        ("a + (b > 0) > 1", ["needs a number"]),
        ("a + 1", ["is a number, not a condition"]),
        ("foo(E)", ["unknown word 'foo'", "known:"]),
        ("exist(E)", ["did you mean 'exists'?"]),
        ("exists(1)", ["a branch is a list of populations"]),
        ("exists(E=2)", ["'E=m' (saturated)"]),
        ("a^b > 0", ["exponent", "column 3"]),
        ("a^-1 > 0", ["exponent"]),
        ("a^13 > 0", ["exponent", "from 0 to 12"]),
        ("a^2^2 > 0", ["tower"]),
        ("a/0 > 1", ["division by zero"]),
        ("a $ b", ["'$'", "column 3"]),
        ("a > 0 <=> b > 0 <=> a > b", ["two ways", "column 17"]),
        ("a b > 0", ["was not expected here"]),
        ("'a' > 0", ["has no meaning"]),
        ("1" * 1_001 + " > 0", ["1000 digits"]),
        ("1e9999 > 0", ["1000 digits"]),
        ("((((2^12)^12)^12)^12)^12 > 0", ["multiplied out"]),
        ("((((a^12)^12)^12)^12)^12 > 0", ["multiplied out"]),
        ("*".join(["1e900"] * 9) + " > a", ["multiplied out"]),
        ("~" * 100 + "lds", ["nested more than"]),
        ("-" * 100 + "a > 0", ["nested more than"]),
        ("(" * 100 + "a" + ")" * 100 + " > 0", ["nested more than"]),
        ("lds => " * 100 + "lds", ["nested more than"]),
        ("abs(" * 100 + "a" + ")" * 100 + " > 0", ["nested more than"]),
        ("a" + "/b" * 100 + " > 0", ["quotients in a row"]),
    ],
)
def test_a_mistake_is_named_with_its_place(source: str, parts: list[str]) -> None:
    with pytest.raises(FormulaError) as caught:
        read_formula(source)
    message = str(caught.value)
    for part in parts:
        assert part in message
    assert len(message) < 1_500
    assert "\n" not in message


def test_a_long_text_is_refused_before_it_is_read() -> None:
    with pytest.raises(FormulaError, match="at most 20000"):
        read_formula("a" * (grammar.MAX_CHARACTERS + 1))


def test_a_long_flat_formula_is_read() -> None:
    tree = read_formula("+".join(["a"] * 5_000) + " > 0")
    assert len(tree.terms[0].terms) == 5_000  # type: ignore[attr-defined]


@pytest.mark.parametrize("source", ["a > 0", "abs(a)", "lds", "true"])
def test_a_term_is_a_polynomial(source: str) -> None:
    with pytest.raises(FormulaError, match="must be a"):
        read_term(source)


@given(st.text(alphabet="aE_I01.()^*/+-<>=~&| ,!\x00é\n", max_size=40))
def test_any_text_is_read_or_refused(source: str) -> None:
    for reader in (read_formula, read_term, read_branch):
        try:
            reader(source)  # type: ignore[operator]
        except FormulaError as error:
            assert str(error).isprintable()
