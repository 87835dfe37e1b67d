"""The numeric checkers: exact decisions on doubles, the stand-alone file, and its formulas read back."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import subprocess
import sys
import tracemalloc
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from reading_python import tree, written

import symgame
from symgame.branches import equilibria, full_branch
from symgame.checker import CheckerError, checker, plan
from symgame.circuit import Circuit
from symgame.condition import And, Condition, Exists, Or, Sign, atoms, holds
from symgame.decisions import FALSE, GLOBAL, KINK, NONE, OUTSIDE, OVERFLOW, SINGULAR, STATIONARY, TRUE, Checker
from symgame.derivation import Derivation, derive
from symgame.grammar import read_formula
from symgame.kernel import FastChecker
from symgame.report.checkers import claim_lines, source
from symgame.ring import value_at
from symgame.statements import read

ROOT = Path(__file__).resolve().parents[1]
MODELS = ROOT / "tests" / "corpus" / "models"
NAMES = ["wilson-cowan", "pair_ie", "pair_saturating", "pair_numeric", "single", "soft_pair"]
QUICK = {"w_EI": 1, "w_IE": 1, "w_II": 0, "tau_E": 1, "tau_I": 1}


@cache
def circuit(name: str) -> Circuit:
    if name == "wilson-cowan":
        return symgame.wilson_cowan()
    found: Circuit = symgame.load(str(MODELS / f"{name}.toml"))
    return found


@cache
def derivation(name: str) -> Derivation:
    if name == "triple":  # its claims take a minute; the functions and tables do not need them
        return Derivation(circuit(name).fixed(), None, (), None, {})
    return derive(circuit(name))


@cache
def text(name: str) -> str:
    return source(derivation(name))


def loaded(program: str, path: Path) -> ModuleType:
    """The text as a module."""
    path.write_text(program, encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def failures(module: ModuleType) -> list[str]:
    test = module.SelfTest(module.CHECKER, module.CLAIMS, module._claims, module._regimes)
    return [line for _, wrong in test.run() for line in wrong]


# -- exact decisions --------------------------------------------------------------------------------------------------


def meaning(c: Circuit, question: str) -> Condition | None:
    """What the question says by the words of a check, on a road of its own; ``None`` where it is no word."""
    if question.startswith(("singular(", "regime(", "domain")):
        return None
    condition = read(c, read_formula(question), ()).query.conclusion
    if isinstance(condition, Exists):  # diagonal stability of two rates: explicit weights, necessary and sufficient
        assert condition.enough is not None
        return condition.enough
    return condition


def truths(conditions: dict[str, Condition], point: dict[str, Fraction]) -> dict[str, bool]:
    """Exact truth of many conditions; each polynomial is evaluated once."""
    signs: dict[str, Fraction] = {}

    def truth(c: Condition) -> bool:
        if isinstance(c, Sign):
            if c.key not in signs:
                signs[c.key] = value_at(c.poly, point)
            v = signs[c.key]
            return {">": v > 0, ">=": v >= 0, "=": v == 0, "!=": v != 0}[c.rel]
        assert isinstance(c, And | Or)
        return all(map(truth, c.args)) if isinstance(c, And) else any(map(truth, c.args))

    return {question: truth(condition) for question, condition in conditions.items()}


def points(c: Circuit, many: int) -> dict[str, np.ndarray]:
    """Random points, small quarters (kinks and zero determinants), w_EE = 1, det = 0, and det within ulps of 0."""
    random = np.random.default_rng(5)
    table = {}
    for name in c.symbols:
        low = -2.0 if name.startswith("u") else 0.0
        smooth = random.uniform(low, 3.0, many)
        quarters = random.integers(int(4 * low), 12, many) / 4
        table[name] = np.where(random.random(many) < 0.5, quarters, smooth)
    if "w_EE" in table:
        table["w_EE"][random.random(many) < 0.1] = 1.0
    if {"w_EE", "w_EI", "w_IE", "w_II"} <= set(table):
        singular = random.random(many) < 0.3
        dyadic = singular & (random.random(many) < 0.5)  # the zero is met exactly; elsewhere it falls between doubles
        table["w_II"][dyadic] = random.choice([0.0, 1.0, 3.0], many)[dyadic]
        for name in ("w_EI", "w_IE"):
            table[name][dyadic] = np.ceil(4 * table[name][dyadic] + 0.5) / 4
        det_zero = 1 + table["w_EI"] * table["w_IE"] / (1 + table["w_II"])
        step = random.integers(-3, 4, many) * 2.0**-51
        table["w_EE"][singular] = (det_zero * (1 + step))[singular]
        along = singular & (random.random(many) < 0.5)  # where a continuum may lie
        table["u_E"][along] = (table["w_EI"] * table["u_I"] / (1 + table["w_II"]))[along]
    return table


#: How many points for each circuit; all but the pair among the slow tests.
POINTS = [("wilson-cowan", 4_000), *(pytest.param(n, 400, marks=pytest.mark.slow) for n in NAMES[1:]), ("triple", 60)]


@pytest.mark.parametrize(("name", "many"), POINTS)
def test_decisions_are_those_of_exact_arithmetic(name: str, many: int) -> None:
    c = derivation(name).circuit
    made = checker(c)
    table = points(c, many)
    codes = {q: made.holds(q, table) for q in made.formulas.questions}
    conditions = {q: m for q in made.formulas.questions if (m := meaning(c, q)) is not None}
    conditions["domain"] = plan(c).questions[0].condition
    seen: dict[int, int] = {}
    for i in range(many):
        point = {n: Fraction(float(column[i])) for n, column in table.items()}
        true = truths(conditions, point)
        if i % 97 == 0:
            assert all(holds(condition, point) == true[q] for q, condition in conditions.items())
        for question, truth in true.items():
            code = int(codes[question][i])
            seen[code] = seen.get(code, 0) + 1
            branch = question.partition("(")[2]
            if question != "domain" and not true["domain"]:
                assert code == OUTSIDE
            elif code == SINGULAR:
                assert codes[f"singular({branch}"][i] == TRUE and not truth
            elif code == KINK:
                assert question.startswith("stable(") and true[f"exists({branch}"] and not true[f"strict({branch}"]
            else:
                assert code == truth, (question, point)
    assert {TRUE, FALSE} <= set(seen)
    if name in ("wilson-cowan", "pair_saturating"):
        assert {KINK, SINGULAR, OUTSIDE} <= set(seen)


def test_the_points_are_hard() -> None:
    c = circuit("wilson-cowan")
    table = points(c, 10_000)
    det = full_branch(c).determinant.over
    dets = [value_at(det, {n: Fraction(float(v[i])) for n, v in table.items()}) for i in range(3_000)]
    assert sum(d == 0 for d in dets) > 60 and sum(0 < abs(d) < 1e-12 for d in dets) > 300
    w = {n: v[:3_000] for n, v in table.items()}
    naive = 1 - w["w_EE"] + w["w_II"] - w["w_EE"] * w["w_II"] + w["w_EI"] * w["w_IE"]
    signs = [(d > 0) - (d < 0) for d in dets]
    assert np.count_nonzero(np.sign(naive) != signs) > 10  # so that floating point alone fails here


def test_exactly_on_the_switch_is_on_it() -> None:
    c = checker(circuit("wilson-cowan"))
    w = np.array([1.0, np.nextafter(1.0, 2), np.nextafter(1.0, 0)])
    point = dict(QUICK, w_EE=w, u_E=1.0, u_I=0.0)
    assert [c.formulas.regimes[k] for k in c.regime(point)] == ["switch", "inhibition-stabilised", "antagonistic"]
    assert c.holds("lds", point).tolist() == [FALSE, FALSE, TRUE]
    assert c.nash_class("E,I", point).tolist() == [GLOBAL, STATIONARY, GLOBAL]
    assert c.holds("singular(E)", point).tolist() == [TRUE, FALSE, FALSE]
    assert c.holds("exists(E)", point).tolist()[0] == SINGULAR


def test_codes_that_are_no_answers() -> None:
    c = checker(circuit("wilson-cowan"))
    point = dict(QUICK, w_EE=[0.5, 0.5, -0.5, np.nan, 0.5, 0.5], u_E=[0.0, -1, -1, -1, np.inf, 1], u_I=-1.0)
    assert c.holds("stable()", point).tolist() == [KINK, TRUE, OUTSIDE, OUTSIDE, OUTSIDE, FALSE]
    assert c.holds("exists()", point).tolist() == [TRUE, TRUE, OUTSIDE, OUTSIDE, OUTSIDE, FALSE]
    assert c.holds("stationary()", point).tolist() == c.holds("exists()", point).tolist()
    assert c.nash_class("", point).tolist() == [GLOBAL, GLOBAL, OUTSIDE, OUTSIDE, OUTSIDE, NONE]
    assert c.holds("domain", point).tolist() == [1, 1, 0, 0, 0, 1]
    assert np.all(c.mask(point)[:, 2:5] == 0)


def test_underflow_and_overflow_do_not_decide() -> None:
    c = checker(circuit("wilson-cowan"))
    tiny, huge = 1e-200, 1e200
    # w_IE u_E + (1 - w_EE) u_I: both products are 0 in doubles, and the first is larger
    point = dict(QUICK, w_EE=1 - 2.0**-53, w_IE=3e-200, u_E=1e-200, u_I=-1e-250)
    exact = Fraction(3e-200) * Fraction(1e-200) + (1 - Fraction(1 - 2.0**-53)) * Fraction(-1e-250)
    assert (c.holds("exists(E)", point) == TRUE) == (exact <= 0)
    point = dict(QUICK, w_EE=0.5, w_IE=tiny, u_E=tiny, u_I=0.0)
    assert c.holds("exists(E)", point) == FALSE  # I receives 2e-400 > 0
    point = dict(QUICK, w_EE=huge, w_EI=huge, w_IE=huge, w_II=huge, u_E=1, u_I=1)
    sign = (1 - Fraction(huge)) * (1 + Fraction(huge)) + Fraction(huge) ** 2
    assert sign == 1 and c.holds("regime(saddle)", point) == FALSE


# -- numbers ----------------------------------------------------------------------------------------------------------


def test_states_near_a_zero_determinant_are_rounded_once() -> None:
    c = checker(circuit("wilson-cowan"))
    w = 2 + np.arange(-4, 5) * 2.0**-51
    point = dict(QUICK, w_EE=w, u_E=0.3, u_I=0.1)
    state = c.state("E,I", point)
    for i, one in enumerate(w):
        det = 2 - Fraction(float(one))
        if det == 0:
            assert state.code[i] == SINGULAR and np.isnan(state.rates["E"][i])
        else:
            assert state.rates["E"][i] == float((Fraction(0.3) - Fraction(0.1)) / det)
            assert state.rates["I"][i] == float((Fraction(0.3) + (1 - Fraction(float(one))) * Fraction(0.1)) / det)
            assert state.code[i] == (TRUE if det > 0 else FALSE)
    assert (state.code == SINGULAR).sum() == 1


@pytest.mark.parametrize("name", ["wilson-cowan", "pair_saturating", "soft_pair"])
def test_numbers_keep_their_tolerance_at_hard_points(name: str) -> None:
    c = circuit(name)
    made = checker(c)
    table = points(c, 600)
    for branch, row in zip(equilibria(c), plan(c).numbers, strict=True):
        for number, quotient in row.quotients.items():
            found = made.number(number, branch.name, table)
            for i in range(0, 600, 7):
                point = {n: Fraction(float(v[i])) for n, v in table.items()}
                under = value_at(quotient.under, point)
                if found.code[i] < 0:
                    assert np.isnan(found.value[i]) or number in ("det", "trace", "disc") or "curv" in number
                    continue
                true = value_at(quotient.over, point) / under
                assert abs(Fraction(float(found.value[i])) - true) <= abs(true) * Fraction(2) ** -40


def test_overflow_is_flagged() -> None:
    c = checker(circuit("wilson-cowan"))
    state = c.state("E", dict(QUICK, w_EE=1 - 2.0**-53, u_E=[1e300, -1e300, 1.0], u_I=-1e308))
    assert state.code.tolist()[:2] == [OVERFLOW, OVERFLOW] and state.rates["E"].tolist()[:2] == [np.inf, -np.inf]
    assert state.code[2] == TRUE and state.rates["E"][2] == 2.0**53


def test_responses_and_residuals() -> None:
    c = checker(circuit("wilson-cowan"))
    point = dict(QUICK, w_EE=np.array([[0.5], [1.5]]), u_E=np.array([1.0, 2.0, 3.0]), u_I=0.0)
    found = c.response("E,I", point)
    assert found.value.shape == (2, 3, 2, 2) and found.code.shape == (2, 3)
    for i, w in enumerate((0.5, 1.5)):
        expected = np.linalg.inv(np.array([[1 - w, 1.0], [-1.0, 1.0]]))
        assert np.allclose(found.value[i, 0], expected)
    state = c.state("E,I", point)
    residual = c.residual(state.rates, point)
    assert np.abs(residual.fixed_point["E"]).max() < 1e-14 and np.abs(residual.rate["I"]).max() < 1e-14
    moved = c.residual({"E": state.rates["E"] + 0.5, "I": state.rates["I"]}, dict(point, tau_E=2.0))
    gap = np.broadcast_to([[0.25], [-0.25]], (2, 3))  # x - phi(W x + u) grows by (1 - w_EE)/2
    assert np.allclose(moved.fixed_point["E"], gap) and np.allclose(moved.rate["E"], -gap / 2)


def test_residuals_on_every_piece() -> None:
    c = checker(circuit("pair_saturating"))
    point = QUICK | {"w_EE": 0.0, "m_E": 1.0, "m_I": 1.0, "u_I": -5.0}
    residual = c.residual({"E": 0.25, "I": 0.0}, dict(point, u_E=[-1.0, 0.5, 1.0, 7.0]))
    assert residual.fixed_point["E"].tolist() == [0.25, -0.25, -0.75, -0.75]


# -- what is given ----------------------------------------------------------------------------------------------------


def test_shapes_broadcast() -> None:
    c = checker(circuit("wilson-cowan"))
    random = np.random.default_rng(2)
    w, u = random.uniform(0, 3, (130, 1)), random.uniform(-1, 1, (2, 1, 90))
    point = dict(QUICK, w_EE=w, u_E=u, u_I=np.asfortranarray(np.full((130, 90), 0.25)))
    mask = c.mask(point)
    assert mask.shape == (1, 2, 130, 90)
    full = {n: np.ascontiguousarray(np.broadcast_to(v, (2, 130, 90))).astype(float) for n, v in point.items()}
    assert np.array_equal(mask, c.mask(full))
    assert np.array_equal(mask[:, 1, 3, 4], c.mask({n: float(v[1, 3, 4]) for n, v in full.items()}))
    assert c.holds("lds", dict(QUICK, w_EE=0.5, u_E=0, u_I=0)).shape == ()
    assert c.holds("lds", dict(QUICK, w_EE=np.zeros((0, 3)), u_E=0, u_I=0)).shape == (0, 3)
    assert c.state("E", dict(QUICK, w_EE=np.zeros(0), u_E=0, u_I=0)).rates["E"].shape == (0,)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"w_EE": None}, "no value for w_EE"),
        ({"w_XX": 1.0}, "there is no symbol 'w_XX' .*w_EE"),
        ({"w_EE": "0.5"}, "the value of w_EE has the type"),
        ({"w_EE": 1j}, "the value of w_EE has the type complex"),
        ({"w_EE": [[1.0], [1.0, 2.0]]}, "no rectangular array"),
        ({"w_EE": 2**53 + 1}, "no doubles"),
        ({"w_EE": [1.0, 2.0], "u_E": [1.0, 2.0, 3.0]}, "do not broadcast"),
    ],
)
def test_bad_values_are_one_clear_error(change: dict[str, Any], said: str) -> None:
    c = checker(circuit("wilson-cowan"))
    point = {n: v for n, v in (dict(QUICK, w_EE=0.5, u_E=0, u_I=0) | change).items() if v is not None}
    with pytest.raises(CheckerError, match=said):
        c.mask(point)


def test_bad_questions_are_one_clear_error() -> None:
    c = checker(circuit("wilson-cowan"))
    point = dict(QUICK, w_EE=0.5, u_E=0, u_I=0)
    for ask, said in (
        (lambda: c.holds("lsd", point), "no question 'lsd' .*lds"),
        (lambda: c.state("E,Z", point), r"no branch \(E,Z\) .*\(E,I\)"),
        (lambda: c.number("y(E)", "E", point), r"no number 'y\(E\)' .*x\(E\)"),
        (lambda: c.mask(point, engine="c"), "no engine 'c'"),
        (lambda: c.holds("lds", point, w_EE=1.0), "given twice"),
        (lambda: c.residual({"E": 0.0}, point), "the populations are E, I"),
        (lambda: checker(circuit("wilson-cowan")).place("d_stable"), "no question 'd_stable'"),
        (lambda: checker(circuit("logistic_pair")).place("exists(E,I)"), "not piecewise linear"),
    ):
        with pytest.raises(CheckerError, match=said):
            ask()


def test_other_types_of_numbers() -> None:
    c = checker(circuit("wilson-cowan"))
    point = dict(QUICK, u_E=0, u_I=0)
    assert c.holds("lds", point, w_EE=np.array([0, 1, 2], np.int64)).tolist() == [1, 0, 0]
    assert c.holds("lds", point, w_EE=np.array([0.5, np.nan], np.float32)).tolist() == [1, OUTSIDE]


# -- memory and engines -----------------------------------------------------------------------------------------------


def test_memory_beyond_the_output_is_small() -> None:
    c = checker(circuit("wilson-cowan"))
    random = np.random.default_rng(3)
    table = {n: random.uniform(0.1, 3.0, 200_000) for n in c.formulas.symbols}
    c.mask(table)
    tracemalloc.start()
    mask = c.mask(table)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak - mask.nbytes < 5e6


@pytest.mark.parametrize("name", ["wilson-cowan", pytest.param("soft_pair", marks=pytest.mark.slow)])
def test_both_engines_give_the_same_bits(name: str) -> None:
    pytest.importorskip("numba")
    c = checker(circuit(name))
    table = points(circuit(name), 70_001)
    table["tau_E"][5], table["u_E"][6], table["u_I"][7] = np.nan, np.inf, 1e12
    mask = c.mask(table, engine="numba")
    assert mask.shape[0] == (1 if name == "wilson-cowan" else 2)
    assert np.array_equal(mask, c.mask(table))
    one = {n: v if n == "w_EE" else float(v[0]) for n, v in table.items()}
    assert np.array_equal(c.mask(one, engine="numba"), c.mask(one))


def test_without_numba_the_engine_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    c = checker(circuit("wilson-cowan"))
    fresh = FastChecker(c.formulas, CheckerError, c.compiled)
    with pytest.raises(CheckerError, match=r"symgame\[fast\]"):
        fresh.mask(dict(QUICK, w_EE=0.5, u_E=0, u_I=0), engine="numba")


# -- names ------------------------------------------------------------------------------------------------------------


def test_names_that_python_keeps_or_alters(tmp_path: Path) -> None:
    names = {"w_EE": "lambda", "w_EI": "np", "w_IE": "ﬁ", "w_II": "t0", "tau_E": "self", "tau_I": "τ_I",
             "u_E": "engine", "u_I": "Ωµ"}  # fmt: skip
    odd = Circuit.from_matrix(
        [[names["w_EE"], f"-{names['w_EI']}"], [names["w_IE"], f"-{names['w_II']}"]],
        names=["class", "Größe"], types=["excitatory", "inhibitory"], tau=[names["tau_E"], names["tau_I"]],
        u=[names["u_E"], names["u_I"]], name='odd "names" \\ μ\n"""',
    )  # fmt: skip
    module = loaded(source(Derivation(odd, None, (), None, {})), tmp_path / "odd_names.py")
    assert failures(module) == []
    table = points(circuit("wilson-cowan"), 500)
    renamed = {names[n]: v for n, v in table.items()}
    inside = checker(circuit("wilson-cowan")).holds("domain", table) == TRUE
    for question in ("p_matrix", "hurwitz(class,Größe)"):
        plain = question.replace("class,Größe", "E,I")
        wanted = checker(circuit("wilson-cowan")).holds(plain, table)[inside]
        assert np.array_equal(module.holds(question, renamed)[inside], wanted)
    assert np.array_equal(module.mask(renamed), checker(odd).mask(renamed))
    assert module.holds("lds", **renamed).shape == (500,)  # a name may be any keyword argument
    assert module.holds("lds", **{("Ωμ" if n == "Ωµ" else n): v for n, v in renamed.items()}).shape == (500,)
    with pytest.raises(ValueError, match="no symbol"):
        module.holds("lds", **renamed, ﬀ=1)


def test_names_alike_in_normal_form_need_a_mapping() -> None:
    c = checker(circuit("single"))
    alike = Checker(replace(c.formulas, symbols=("ﬀ", "𝐟f", "u_E")), CheckerError)
    assert alike.columns({"ﬀ": 1.0, "𝐟f": 2.0, "u_E": 3.0}, {})[1] == [1.0, 2.0, 3.0]
    with pytest.raises(CheckerError, match="may be"):
        alike.mask(ff=1.0, u_E=0.0)


# -- special circuits -------------------------------------------------------------------------------------------------


def test_integers_that_are_no_doubles(tmp_path: Path) -> None:
    big = 2**70 + 1
    huge = Circuit.from_matrix([[str(big)]], names=["A"], u=["u"], tau=["tau"])
    c = checker(huge)
    assert c.state("A", u=-1.0, tau=1.0).rates["A"] == float(Fraction(1, big - 1))
    close = Circuit.from_matrix([[f"{big}*a - {big}*b + 1"]], names=["A"], u=["u"], tau=["tau"])
    a = np.array([1.0, 1.0, np.nextafter(1.0, 2)])
    b = np.array([1.0, np.nextafter(1.0, 2), 1.0])
    found = checker(close).holds("p_matrix", a=a, b=b, u=1.0, tau=1.0)
    assert found.tolist() == [FALSE, TRUE, FALSE]
    module = loaded(source(Derivation(close, None, (), None, {})), tmp_path / "big_numbers.py")
    assert "integer(" in (tmp_path / "big_numbers.py").read_text()
    assert module.holds("p_matrix", a=a, b=b, u=1.0, tau=1.0).tolist() == found.tolist()
    assert failures(module) == []


def test_a_circuit_of_numbers(tmp_path: Path) -> None:
    numbers = circuit("wilson-cowan").with_values(
        w_EE="5/2", w_EI="5/2", w_IE="3/2", w_II="7/10", u_E="1/2", u_I=0, tau_E=10, tau_I=5
    )
    made = checker(numbers.fixed())
    assert made.formulas.symbols == () and made.holds("stable(E,I)") == TRUE and made.nash_class("E,I") == STATIONARY
    assert made.state("E,I").rates["E"] == float(Fraction(17, 24))
    module = loaded(source(Derivation(numbers.fixed(), None, (), None, {})), tmp_path / "numbers_only.py")
    assert failures(module) == [] and module.holds("stable(E,I)") == TRUE


def test_a_determinant_that_is_always_zero() -> None:
    flat = checker(Circuit.from_matrix([["1"]], names=["A"]))
    point = {"u_A": [0.0, 1.0], "tau_A": 1.0}
    assert flat.holds("continuum(A)", point).tolist() == [TRUE, FALSE]
    state = flat.state("A", point)
    assert state.code.tolist() == [SINGULAR, SINGULAR] and np.isnan(state.rates["A"]).all()


def test_a_smooth_circuit_says_what_is_left_out() -> None:
    made = checker(circuit("logistic_pair"))
    assert set(made.formulas.questions) >= {"p_matrix", "lds", "monotone", "hurwitz"}
    assert {"exists(E,I)", "strict(E,I)", "continuum(E,I)", "nash(E,I)", "residual"} == set(made.formulas.left_out)
    assert {"hurwitz(E,I)", "local_nash(E,I)", "unique", "regime(switch)"} <= set(made.formulas.questions)
    assert "Left out here:" in text("logistic_pair") and "not piecewise linear" in text("logistic_pair")


# -- the stand-alone file ---------------------------------------------------------------------------------------------

NOTHING_ELSE = """
import sys
class Only:
    def find_spec(self, name, path=None, target=None):
        root = name.partition(".")[0]
        if root not in sys.stdlib_module_names and root not in ("numpy", "checkers"):
            raise ImportError(name + " is not to be imported")
sys.meta_path.insert(0, Only())
sys.argv = ["checkers.py"]
import runpy
runpy.run_path("checkers.py", run_name="__main__")
"""


@pytest.mark.parametrize("name", [*NAMES, pytest.param("triple", marks=pytest.mark.slow), "logistic_pair"])
def test_the_file_runs_with_numpy_alone(name: str, tmp_path: Path) -> None:
    (tmp_path / "checkers.py").write_text(text(name), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", NOTHING_ELSE], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert "NOT CHECKED" not in done.stdout and sum(line.startswith("ok: ") for line in lines) >= 3
    if name not in ("triple", "logistic_pair"):
        cases = re.search(r"formulas of (\d+) proved claims at exact points: (\d+) cases", done.stdout)
        assert cases is not None and int(cases[1]) > 30 and int(cases[2]) > 3_000


@pytest.mark.slow
def test_the_file_runs_in_a_fresh_environment(tmp_path: Path) -> None:
    (tmp_path / "checkers.py").write_text(text("wilson-cowan"), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", "numpy"], check=True)
    subprocess.run([python, "checkers.py"], cwd=tmp_path, check=True)


def test_the_files_are_clean_and_typed(tmp_path: Path) -> None:
    paths = []
    for name in [*NAMES, "triple", "logistic_pair"]:
        paths.append(tmp_path / f"checkers_{name.replace('-', '_')}.py")
        paths[-1].write_text(text(name), encoding="utf-8")
    for command in (["ruff", "check", "--no-cache", "--config", str(ROOT / "pyproject.toml")],
                    ["mypy", "--strict", "--config-file=", f"--cache-dir={tmp_path / 'cache'}"]):  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", *command, *map(str, paths)],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
    assert text("wilson-cowan").isascii()


@pytest.mark.parametrize("name", NAMES)
def test_the_file_and_the_package_agree(name: str, tmp_path: Path) -> None:
    module = loaded(text(name), tmp_path / f"same_{name.replace('-', '_')}.py")
    made: Checker = derivation(name).checker()
    table = points(derivation(name).circuit, 3_000)
    assert module.QUESTIONS == made.formulas.questions and module.LEFT_OUT == made.formulas.left_out
    assert np.array_equal(module.mask(table), made.mask(table))
    for branch in made.formulas.branches:
        for one, other in zip(module.state(branch.name, table).rates.values(),
                              made.state(branch.name, table).rates.values(), strict=True):  # fmt: skip
            assert np.array_equal(one, other, equal_nan=True)


def test_same_text_under_any_hash_seed() -> None:
    code = (
        "from symgame.report.checkers import source; from symgame.derivation import Derivation;"
        "import symgame, hashlib;"
        f"c = symgame.load({str(MODELS / 'soft_pair.toml')!r}).fixed();"
        "print(hashlib.sha256(source(Derivation(c, None, (), None, {})).encode()).hexdigest())"
    )
    made = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                       env={"PYTHONHASHSEED": seed, "PATH": ""}).stdout
        for seed in ("1", "4242")
    ]  # fmt: skip
    assert made[0] == made[1] and len(made[0]) == 65


# -- formulas read back -----------------------------------------------------------------------------------------------

def branches_named(node: ast.expr) -> set[str]:
    """The branches at which numbers are read."""
    calls = (n for n in ast.walk(node) if isinstance(n, ast.Call) and len(n.args) == 2)
    return {c.args[1].value for c in calls if isinstance(c.func, ast.Name) and c.func.id in ("number", "word")}  # type: ignore[attr-defined]


def differences(program: str, of: Derivation) -> list[str]:
    """The claims whose formula in the file is not the formula of the derivation."""
    wrong = []
    for id_, given, then in written(program):
        claim = of.claim(id_)
        assert claim.then is not None
        at = None if claim.at is None else tuple(symgame.grammar.read_branch(claim.at))
        hypotheses = " & ".join(f"({g})" for g in claim.given) or "true"
        for mine, theirs in ((tree(then), claim.then), (tree(given), hypotheses)):
            one = read(of.circuit, mine, (), at).query
            other = read(of.circuit, read_formula(theirs), (), at).query
            if one.conclusion != other.conclusion or [h.condition for h in one.fixed] != [
                h.condition for h in other.fixed
            ]:
                wrong.append(id_)
        expected = claim.at if claim.at is not None else full_branch(of.circuit).name
        if not branches_named(then) <= {expected}:
            wrong.append(id_)
    return wrong


@pytest.mark.parametrize("name", [n for n in NAMES if n != "pair_saturating"])
def test_every_formula_reads_back_as_its_claim(name: str) -> None:
    assert differences(text(name), derivation(name)) == []
    found = {id_ for id_, _, _ in written(text(name))}
    absent = [c for c in derivation(name).claims if c.then is not None and c.id not in found]
    assert all("for_all_tau" in str(c.then) or "for_some_tau" in str(c.then) for c in absent)
    lines = claim_lines(text(name))
    assert set(lines) == found
    rows = text(name).splitlines()
    assert all(f'"{id_}": (' in rows[line - 1] for id_, line in lines.items())


def test_the_claims_of_the_file_are_those_of_claims_json(tmp_path: Path) -> None:
    from symgame.report.documents import claims_document

    module = loaded(text("wilson-cowan"), tmp_path / "with_claims.py")
    document = json.loads(json.dumps(claims_document(derivation("wilson-cowan"), {})))
    assert len(module.CLAIMS) == len(document["claims"])
    for mine, theirs in zip(module.CLAIMS, document["claims"], strict=True):
        assert (mine.id, list(mine.given), mine.then, mine.at, mine.verdict) == tuple(
            theirs[key] for key in ("id", "given", "then", "at", "verdict")
        )
        assert mine.sha256 == derivation("wilson-cowan").claim(mine.id).sha256 == mine.digest


# -- what the self-test sees ------------------------------------------------------------------------------------------


def mutated(program: str, function: str, place: int) -> str | None:
    """The text with the sign, the comparison or the truth number ``place`` of a function changed."""
    module = ast.parse(program)
    body = next(n for n in module.body if isinstance(n, ast.FunctionDef) and n.name == function)
    found = [n for n in ast.walk(body) if isinstance(n, ast.BinOp | ast.Compare | ast.BoolOp)]
    if place >= len(found):
        return None
    node = found[place]
    if isinstance(node, ast.BinOp):
        swap: dict[type[ast.operator], ast.operator] = {
            ast.Add: ast.Sub(), ast.Sub: ast.Add(), ast.Mult: ast.Add(), ast.Div: ast.Mult(),
            ast.BitAnd: ast.BitOr(), ast.BitOr: ast.BitAnd(),
        }  # fmt: skip
        if type(node.op) not in swap:
            return None
        node.op = swap[type(node.op)]
    elif isinstance(node, ast.Compare):
        turn: dict[type[ast.cmpop], ast.cmpop] = {
            ast.Lt: ast.Gt(), ast.Gt: ast.Lt(), ast.LtE: ast.Gt(), ast.GtE: ast.Lt(), ast.Eq: ast.NotEq(),
            ast.NotEq: ast.Eq(),
        }  # fmt: skip
        node.ops = [turn[type(node.ops[0])], *node.ops[1:]]
    else:
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    return ast.unparse(module)


@pytest.mark.parametrize(
    ("function", "places"),
    [
        pytest.param("_polynomials", range(100), marks=pytest.mark.slow),
        pytest.param("_numbers_1", range(100), marks=pytest.mark.slow),
        ("_conditions", range(0, 100, 2)),
        ("_claims", range(0, 300, 18)),
    ],
)  # fmt: skip
def test_a_changed_formula_is_seen(function: str, places: range, tmp_path: Path) -> None:
    """By the self-test, or (for hypotheses that became weaker) by reading the file back."""
    changed = 0
    for place in places:
        program = mutated(text("single"), function, place)
        if program is None:
            continue
        changed += 1
        try:
            seen = failures(loaded(program, tmp_path / "changed.py"))
        except (ArithmeticError, TypeError):
            continue
        if not seen:
            assert function == "_claims" and differences(program, derivation("single")), (function, place)
    assert changed


def test_a_changed_formula_of_the_pair_is_seen(tmp_path: Path) -> None:
    places = {"_polynomials": 9, "_conditions": 30, "_numbers_3": 25, "_regimes": 0}
    for function, place in places.items():
        program = mutated(text("wilson-cowan"), function, place)
        assert program is not None and failures(loaded(program, tmp_path / "changed_pair.py")), (function, place)


def test_a_changed_text_is_seen(tmp_path: Path) -> None:
    program = text("wilson-cowan")
    for old, new in (('"lds <=> w_EE < 1"', '"lds <=> w_EE < 2"'), ('"w_EI > 0",', '"w_EI >= 0",')):
        assert old in program
        module = loaded(program.replace(old, new, 1), tmp_path / "changed_text.py")
        assert any("the hash of its text" in line for line in failures(module))


def test_atoms_of_every_question_are_polynomials_of_the_plan() -> None:
    chosen = plan(circuit("pair_saturating"))
    listed = {str(p) for p in chosen.polynomials} | {str(-p) for p in chosen.polynomials}
    assert all(str(a.poly) in listed for q in chosen.questions for a in atoms(q.condition))
