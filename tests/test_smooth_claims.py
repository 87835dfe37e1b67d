"""Smooth circuits at frozen gains: statements of known truth, thresholds, global theorems, a whole derivation.

The second road of the statements is floating point: gains as slopes of phi at random total inputs, words by
eigenvalues, inverses and signs, without any polynomial of the package.
"""

from __future__ import annotations

import json
import math
import random
import tomllib
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from symgame import syntax as s
from symgame.algebra import algebra
from symgame.chart import regimes
from symgame.circuit import Circuit
from symgame.cli import main
from symgame.errors import CircuitError, Unsupported, VocabularyError
from symgame.frozen_gains import analysed, frozen, in_rate, reach, readable, steepest
from symgame.global_stability import stability
from symgame.grammar import read_formula
from symgame.kinds import KINDS, activation
from symgame.named import load, wilson_cowan
from symgame.notation import symbol
from symgame.proof.algebraic import Algebraic
from symgame.proof.verdict import Cited, Proved, Refuted, Undecided
from symgame.smooth_claims import gain_in_rate
from symgame.statements import check
from symgame.threshold_facts import hopf_somewhere, no_fold, strictly

HERE = Path(__file__).parent
MODELS = HERE / "corpus" / "models"
ROWS: dict[str, dict[str, Any]] = {
    row["id"]: row for row in tomllib.loads((HERE / "corpus" / "smooth.toml").read_text())["statement"]
}
QUICK = ("local_nash", "paradoxical", "some_fold", "unique", "nash_at_equality", "fold_at_nine", "hurwitz_matrix")
TYPES = ["excitatory", "inhibitory"]


def quick(names: list[str]) -> list[Any]:
    return [k if k in QUICK else pytest.param(k, marks=pytest.mark.slow) for k in names]


def model(name: str) -> Circuit:
    return load(str(MODELS / name))


# -- statements -------------------------------------------------------------------------------------------------------


def test_the_corpus_has_both_truths() -> None:
    truths = [row["truth"] for row in ROWS.values()]
    assert truths.count(True) >= 25 and truths.count(False) >= 25


@pytest.mark.parametrize("name", quick(list(ROWS)))
def test_check_says_what_is_known(name: str) -> None:
    row = ROWS[name]
    verdict = check(model(row["model"]), row["formula"], row["given"], search_missing=False).verdict
    assert isinstance(verdict, Proved | Cited if row["truth"] else Refuted), verdict


class Point:
    """A pair with numbers, at gains: every word by its definition, in floating point. Populations in any order."""

    def __init__(self, values: Mapping[str, float]) -> None:
        self.v = dict(values)
        w = self.v
        self.W = np.array([[w["w_EE"], -w["w_EI"]], [w["w_IE"], -w["w_II"]]])
        self.S = np.diag([w["s_E"], w["s_I"]])
        self.J = np.diag([1 / w["tau_E"], 1 / w["tau_I"]]) @ (self.S @ self.W - np.eye(2))

    def number(self, node: s.Formula) -> float:
        match node:
            case s.Number(value=value):
                return float(value)
            case s.Name(id="trace"):
                return float(np.trace(self.J))
            case s.Name(id="det"):
                return float(np.linalg.det(np.eye(2) - self.S @ self.W))
            case s.Name(id="disc"):
                first, second = np.linalg.eigvals(self.J)
                return float(((first - second) ** 2).real)
            case s.Name(id=name):
                return self.v[name]
            case s.Negative(of=a):
                return -self.number(a)
            case s.Sum(terms=terms):
                return sum(map(self.number, terms))
            case s.Product(factors=factors):
                return math.prod(map(self.number, factors))
            case s.Ratio(over=a, under=b):
                return self.number(a) / self.number(b)
            case s.Power(base=a, exponent=n):
                return float(self.number(a) ** n)
            case s.Call(name="curvature", args=(s.Name(id=p),)):
                k = "EI".index(p)
                return float(1 / self.S[k, k] - self.W[k, k])
            case s.Call(name="dx", args=(s.Name(id=p), s.Name(id=u))):
                inverse = np.linalg.inv(np.linalg.inv(self.S) - self.W)
                return float(inverse["EI".index(p), "EI".index(u[-1])])
        raise NotImplementedError(node)

    def holds(self, node: s.Formula) -> bool:
        match node:
            case s.Relation(terms=terms, ops=ops):
                sides = [self.number(t) for t in terms]
                return all(compared(a, op, b) for a, op, b in zip(sides, ops, sides[1:], strict=False))
            case s.Not(of=a):
                return not self.holds(a)
            case s.And(args=args):
                return all(map(self.holds, args))
            case s.Or(args=args):
                return any(map(self.holds, args))
            case s.Implies(left=a, right=b):
                return not self.holds(a) or self.holds(b)
            case s.Iff(left=a, right=b):
                return self.holds(a) == self.holds(b)
            case s.Call(name="hurwitz" | "stable"):
                return bool(max(np.linalg.eigvals(self.J).real) < -1e-12)
            case s.Call(name="paradoxical", args=(s.Name(id=p),)):
                return self.number(read_term_dx(p)) < 0
            case s.Name(id="hurwitz"):
                J = np.diag([1 / self.v["tau_E"], 1 / self.v["tau_I"]]) @ (self.W - np.eye(2))
                return bool(max(np.linalg.eigvals(J).real) < -1e-12)
            case s.Name(id="lds"):  # of a pair: the P-property
                A = np.eye(2) - self.W
                return bool(A[0, 0] > 0 and A[1, 1] > 0 and np.linalg.det(A) > 0)
        raise NotImplementedError(node)


def read_term_dx(p: str) -> s.Formula:
    node = read_formula(f"dx({p},u_{p}) = 0")
    assert isinstance(node, s.Relation)
    return node.terms[0]


def compared(a: float, op: str, b: float) -> bool:
    near = abs(a - b) <= 1e-9 * (1 + abs(a) + abs(b))
    match op:
        case "=":
            return near
        case "!=":
            return not near
        case "<":
            return a < b and not near
        case "<=":
            return a < b or near
        case ">":
            return a > b and not near
        case _:
            return a > b or near


def drawn(rng: random.Random, fixed_gain: bool) -> dict[str, float]:
    """Random weights, and gains as the slopes of the logistic at random total inputs."""
    v = {n: rng.uniform(0.05, 3) for n in ("w_EE", "w_EI", "w_IE", "w_II", "tau_E", "tau_I")}
    for p in "EI":
        v[f"a_{p}"] = 4.0 if fixed_gain else rng.uniform(0.3, 9)
        z = rng.uniform(-1.5, 1.5)
        v[f"x_{p}"] = 1 / (1 + math.exp(-v[f"a_{p}"] * z))
        h = 1e-6
        upper, lower = (1 / (1 + math.exp(-v[f"a_{p}"] * (z + d))) for d in (h, -h))
        v[f"s_{p}"] = (upper - lower) / (2 * h)
    return v


#: Quantified words and words about every input have no value at a point; Nash, and local Nash at equality, neither.
POINTWISE = [k for k, row in ROWS.items() if not any(w in row["formula"] for w in ("for_", "unique", "nash"))]


@pytest.mark.slow
@pytest.mark.parametrize("name", [k for k in POINTWISE if ROWS[k]["truth"]])
def test_true_statements_hold_at_random_equilibria(name: str) -> None:
    row, rng = ROWS[name], random.Random(5)
    node, given = read_formula(row["formula"]), [read_formula(g) for g in row["given"]]
    met = 0
    for _ in range(400):
        v = drawn(rng, row["model"] == "logistic_pair.toml")
        if "x_E" in row["formula"]:  # the difference quotients have ten digits only
            v |= {f"s_{p}": v[f"a_{p}"] * v[f"x_{p}"] * (1 - v[f"x_{p}"]) for p in "EI"}
        point = Point(v)
        if all(map(point.holds, given)):
            met += 1
            assert point.holds(node), point.v
    assert met >= 20


@pytest.mark.slow
@pytest.mark.parametrize("name", [k for k in POINTWISE if not ROWS[k]["truth"]])
def test_witnesses_are_counterexamples(name: str) -> None:
    row = ROWS[name]
    verdict = check(model(row["model"]), row["formula"], row["given"], search_missing=False).verdict
    assert isinstance(verdict, Refuted)
    gain = 4.0 if row["model"] == "logistic_pair.toml" else 8.0
    values = dict.fromkeys(("w_EE", "w_EI", "w_IE", "w_II", "tau_E", "tau_I", "s_E", "s_I"), 1.0)
    values |= {"a_E": gain, "a_I": gain}
    for n, v in verdict.witness.items():
        values[n] = float((v.low + v.high) / 2) if isinstance(v, Algebraic) else float(Fraction(v))
    assert 0 < values["s_E"] <= values["a_E"] / 4 and 0 < values["s_I"] <= values["a_I"] / 4
    assert not Point(values).holds(read_formula(row["formula"])), values


# -- gains ------------------------------------------------------------------------------------------------------------


NEEDED: dict[str, dict[str, int]] = {"saturating": {"cap": 1}, "soft_threshold": {"threshold": 1}}


@pytest.mark.parametrize("kind", [k for k in KINDS if activation(k, **NEEDED.get(k, {})).pieces is None])
def test_every_smooth_kind_has_its_range_of_gains(kind: str) -> None:
    """The slopes on a grid fill (0, L): none above, some near L, some near 0; attained exactly where it is said."""
    phi = activation(kind)
    found = reach(phi)
    z = np.linspace(-12, 12, 4801)
    import sympy

    from symgame.pieces import Z

    slope = sympy.lambdify(Z, phi.slope, "numpy")(z)
    if found.upper is None:
        assert kind == "power" and slope.max() > 20
    else:
        top = float(found.upper)
        assert slope.max() <= top + 1e-12 and slope.max() > 0.999 * top
        assert found.attained == bool(np.any(np.isclose(slope, top, atol=1e-15)) and kind != "softplus")
    assert slope.min() < 0.02


@pytest.mark.parametrize("kind", ["logistic", "tanh", "arctan", "algebraic", "softplus", "power"])
def test_the_gain_belongs_to_the_inverse(kind: str) -> None:
    one = symbol("tau")
    from symgame.circuit import Population

    p = Population("E", None, one, one, activation(kind))
    assert gain_in_rate(p)
    assert (in_rate(p) is not None) == (kind in ("logistic", "tanh"))


def test_rates_without_an_algebraic_gain_are_refused() -> None:
    for kind in ("softplus", "arctan"):
        circuit = Circuit.from_matrix([["w"]], names="E", activation=kind)
        verdict = check(circuit, "x_E < 1 => s_E < 1").verdict
        assert isinstance(verdict, Undecided) and "no algebraic function of its rate" in verdict.reason
    tied = {"algebraic": "s_E^2 = (1 - x_E^2)^3", "power": "s_E^2 = 4*x_E", "tanh": "s_E = 1 - x_E^2"}
    for kind, formula in tied.items():
        circuit = Circuit.from_matrix([["w"]], names="E", activation=kind)
        assert check(circuit, formula).verdict.kind == "proved"
        assert check(circuit, formula.replace("=", "<")).verdict.kind == "refuted"


def test_piecewise_linear_circuits_are_left_alone() -> None:
    pair = wilson_cowan()
    assert analysed(pair) is pair and readable(pair) is pair and not algebra(pair).frozen
    with pytest.raises(VocabularyError, match="smooth"):
        check(pair, "for_all_gains(det > 0)")
    with pytest.raises(CircuitError, match="slope of the activation"):
        Circuit.from_matrix([["s_E"]], names="E", activation="tanh")


@pytest.mark.parametrize(
    "text", ["exists(E,I)", "x(E) > 0", "energy(E) < 0", "continuum(E,I)", "u_E > 0", "for_all_gains(nash(E,I))"]
)
def test_what_has_no_polynomial_meaning_is_undecided_with_the_reason(text: str) -> None:
    verdict = check(model("logistic_symbols.toml"), text).verdict
    assert isinstance(verdict, Undecided) and len(verdict.reason) > 60


def test_a_restricted_input_refutes_nothing() -> None:
    circuit = Circuit.from_matrix([["w"]], names="E", activation="tanh", assume=["u_E > 1"])
    assert isinstance(check(circuit, "s_E < 1").verdict, Undecided)
    assert isinstance(check(circuit, "s_E <= 1").verdict, Proved)


def test_a_gain_quantifier_binds_its_gains() -> None:
    pair = model("logistic_symbols.toml")
    assert check(pair, "for_some_gains(s_E = a_E/4) & s_E < a_E/8 => s_E < a_E/4").verdict.kind == "proved"
    assert check(pair, "for_all_gains(s_E < a_E/4)").verdict.kind == "refuted"
    with pytest.raises(VocabularyError, match="inside another"):
        check(pair, "for_some_gains(for_all_tau(hurwitz(E,I)))")


# -- Nash, where gains tell it ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_nash_is_left_open_only_where_gains_do_not_tell_it() -> None:
    pair = model("logistic_symbols.toml")
    for text in ("local_nash(E,I) => nash(E,I)", "nash(E,I) => a_E*w_EE <= 4", "nash(E,I) <=> local_nash(E,I)"):
        verdict = check(pair, text).verdict
        assert isinstance(verdict, Undecided) and "curvature(E)" in verdict.reason, text
    refuted = check(pair, "nash(E,I)")
    assert isinstance(refuted.verdict, Refuted) and refuted.missing == "w_EE*a_E <= 4"
    at = {name: Fraction(v) for name, v in refuted.verdict.witness.items() if not isinstance(v, Algebraic)}
    assert at["s_E"] * at["w_EE"] > 1  # no local minimum of its own energy, whatever the rate
    assert not any(name.startswith("aux") for name in refuted.verdict.witness)
    steep = Circuit.from_matrix([["w"]], names="E", types=TYPES[:1], activation="power")
    assert check(steep, "w = 0 => nash(E)").verdict.kind == "proved"
    assert check(steep, "w < 1 => nash(E)").verdict.kind == "refuted"  # its gains have no bound
    assert check(steep, "s_E*w < 1 => nash(E)").verdict.kind == "undecided"


@pytest.mark.slow
def test_nash_by_gains_agrees_with_energies_on_a_grid() -> None:
    """The own energy of E with a logistic, by its integral: never below its value at a stationary rate if a w <= 4,
    below it if s w > 1; in between both occur, so that nothing may be claimed there."""
    rng, between = random.Random(4), set()
    y = np.linspace(1e-9, 1 - 1e-9, 20_001)
    for _ in range(300):
        a, w, z = rng.uniform(0.5, 12), rng.uniform(0, 2), rng.uniform(-1, 1)
        x = 1 / (1 + math.exp(-a * z))

        def energy(v: Any, a: float = a, w: float = w, others: float = z - w * x) -> Any:
            return (v * np.log(v) + (1 - v) * np.log(1 - v)) / a - w * v * v / 2 - others * v

        best = bool(energy(x) <= energy(y).min() + 1e-9)
        if a * w <= 4:
            assert best
        elif a * x * (1 - x) * w > 1.001:
            assert not best
        else:
            between.add(best)
    assert between == {True, False}


# -- other circuits ---------------------------------------------------------------------------------------------------


def test_thresholds_of_other_kinds_and_orders() -> None:
    kinds = ["tanh", "softplus"]
    soft = Circuit.from_matrix([["-b", "a"], ["-c", "w"]], names="IE", types=TYPES[::-1], activation=kinds)
    assert (no_fold(frozen(soft)), strictly(frozen(soft))) == ("w <= 1", "w < 1")
    mutual = Circuit.from_matrix([[0, "-a"], ["-b", 0]], names="LR", activation="tanh")
    assert check(mutual, "unique <=> a*b <= 1").verdict.kind == "cited"
    assert check(mutual, "unique <=> a*b < 1").verdict.kind == "refuted"
    kinds = ["tanh", "power"]
    steep = frozen(Circuit.from_matrix([["w", "-a"], ["b", "-c"]], names="EI", types=TYPES, activation=kinds))
    assert strictly(steep) == "w < 1" and check(steep, "w < 1 => hurwitz(E,I)").verdict.kind == "proved"
    alone = frozen(Circuit.from_matrix([["w"]], names="E", types=TYPES[:1], activation="power"))
    assert check(alone, f"{no_fold(alone)} <=> w = 0").verdict.kind == "proved"


SOFT = {  # what kinds, weights, hypotheses, and when there is exactly one equilibrium for every input
    "alone": ("softplus", [["w"]], (), "w < 1"),
    "pair": ("softplus", [["w", "-a"], ["b", "-c"]], ("a >= 0", "b >= 0", "c >= 0"), "w < 1 | (w = 1 & a*b > 0)"),
    "bounded": (["tanh", "softplus"], [["w", "-a"], ["b", "-c"]], ("a > 0", "b > 0", "c > 0"), "w <= 1"),
    "inhibition": ("softplus", [[0, "-a"], ["-b", 0]], ("a > 0", "b > 0"), "a*b <= 1"),
    "excitation": ("softplus", [[0, "a"], ["b", 0]], ("a > 0", "b > 0"), "a*b < 1"),
}


@pytest.mark.parametrize("name", SOFT)
def test_softplus_has_one_equilibrium_for_every_input(name: str) -> None:
    """At equality there is none for large inputs where the loop excites, and still one where it inhibits."""
    kinds, W, given, condition = SOFT[name]
    circuit = Circuit.from_matrix(W, names="EI"[: len(W)], activation=kinds)
    assert check(circuit, f"unique <=> ({condition})", given).verdict.kind == "cited"
    other = condition.replace("<=", "<") if "<=" in condition else condition.replace("<", "<=", 1)
    assert check(circuit, f"unique <=> ({other})", given, search_missing=False).verdict.kind == "refuted"


@pytest.mark.slow
def test_softplus_pairs_by_one_function_of_one_total_input() -> None:
    """With s < 1 the second total input is a function of the first, and u_L one of both: a bijection, or not."""
    rng, seen = random.Random(8), set()
    z = np.concatenate([-np.geomspace(1e4, 13, 200), np.linspace(-12, 12, 4001), np.geomspace(13, 1e4, 200)])
    soft = lambda v: np.logaddexp(0, v)  # noqa: E731
    for _ in range(60):
        p, q, r = (Fraction(rng.randrange(-24, 24), 8) for _ in range(3))
        s_ = Fraction(rng.randrange(-16, 7), 8)
        circuit = Circuit.from_matrix([[p, q], [r, s_]], names="LR", activation="softplus")
        said = check(circuit, "unique", search_missing=False).verdict
        assert isinstance(said, Cited | Refuted)
        monotone = True
        for shift in (-6.0, 0.0, 6.0, 40.0):
            low, high = np.full_like(z, -1e6), np.full_like(z, 1e6)
            for _ in range(80):  # bisection: v - s soft(v) increases
                v = (low + high) / 2
                above = v - float(s_) * soft(v) > float(r) * soft(z) + shift
                low, high = np.where(above, low, v), np.where(above, v, high)
            u = z - float(p) * soft(z) - float(q) * soft(v)
            monotone &= bool(np.all(np.diff(u) > 0)) and u[0] < -100 and u[-1] > 100
        assert monotone == isinstance(said, Cited), (p, q, r, s_)
        seen.add(monotone)
    assert seen == {True, False}


@pytest.mark.slow
def test_three_softplus_populations() -> None:
    for own, kind in (("1/2", "cited"), ("1", "cited"), ("5/4", "refuted")):
        W: list[list[object]] = [[own, 0, "-3"], ["2", 0, 0], [0, 1, "-1"]]
        circuit = Circuit.from_matrix(W, names="ABC", activation="softplus")
        assert check(circuit, "unique").verdict.kind == kind, own
    W = [["w", "-a", "-b"], ["c", 0, 0], ["d", 0, 0]]
    triple = Circuit.from_matrix(W, names="EPS", types=[*TYPES, "inhibitory"], activation="softplus")
    for text in ("w < 1 => unique", "p_matrix => unique", "unique => w <= 1"):
        assert check(triple, text).verdict.kind == "cited", text
    assert check(triple, "w <= 1 => unique", "c = 0 & d = 0").verdict.kind == "refuted"


def test_a_mixed_pair_has_pieces_and_gains() -> None:
    mixed = Circuit.from_matrix([["w", "-a"], ["b", 0]], names="EI", types=TYPES, activation=["tanh", "relu"])
    assert check(mixed, "hurwitz(E) <=> s_E*w < 1").verdict.kind == "proved"
    assert check(mixed, "det = 1 - s_E*w + s_E*a*b").verdict.kind == "proved"
    assert check(mixed, "hurwitz(E) <=> hurwitz(E,I)").verdict.kind == "refuted"


@pytest.mark.slow
def test_three_smooth_populations() -> None:
    triple = Circuit.from_matrix(
        [["w", "-a", "-b"], ["c", 0, "-d"], ["e", 0, 0]], names="EPS", types=[*TYPES, "inhibitory"], activation="tanh"
    )
    assert check(triple, "det = 1 - s_E*w + s_E*s_P*a*c + s_E*s_S*b*e - s_E*s_P*s_S*a*d*e").verdict.kind == "proved"
    assert check(triple, "hurwitz(E,P,S) => det > 0 & trace < 0").verdict.kind == "proved"
    assert check(triple, "det > 0 => hurwitz(E,P,S)").verdict.kind == "refuted"


# -- the chart, the theorems ------------------------------------------------------------------------------------------


def test_the_chart_at_frozen_gains(capsys: pytest.CaptureFixture[str]) -> None:
    chart = regimes(model("logistic_symbols.toml"), "w_EE")
    assert chart.complete and len(chart.regimes) == 19 and len(chart.orders) == 5
    for t, said in zip(
        chart.thresholds[:3],
        ("1/s_E", "(1 + (tau_E/tau_I)*(1 + w_II*s_I))/s_E", "1/s_E + s_I*w_EI*w_IE/(1 + w_II*s_I)"),
        strict=True,
    ):
        assert check(chart.circuit, f"{t.text} = {said}").verdict.kind == "proved"
    assert main(["regimes", str(MODELS / "logistic_symbols.toml"), "--over", "w_EE"]) == 0
    assert "the gains move with w_EE" in capsys.readouterr().out
    assert main(["regimes", str(MODELS / "logistic_symbols.toml"), "--over", "w_EE", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["frozen"] == ["s_I", "s_E"]


def test_global_theorems_rest_on_the_greatest_slopes() -> None:
    found = stability(model("logistic_symbols.toml"))
    assert found.answers["lds"].condition == "w_EE < 1"
    assert found.globally.source == "Bendixson1901"
    assert "that is w_EE < 4/a_E" in found.globally.hypotheses[0]
    W = [["1/2", 0, "-3"], ["2", 0, 0], [0, 1, "-1"]]
    equal = Circuit.from_matrix(W, names="ABC", tau=[1, 1, 1], activation="logistic")
    best = stability(equal).globally
    assert best.source == "Betteti2025" and not best.conditional
    steep = steepest(equal).populations[0].activation
    assert steep.lipschitz == Fraction(1, 4)
    power = Circuit.from_matrix([["w"]], names="E", activation="power")
    assert stability(power).globally.verdict == "open"
    tight = Circuit.from_matrix([[1]], names="E", activation="tanh")  # the slope 1 at one point: still one equilibrium
    assert check(tight, "unique").verdict.kind == "cited" and stability(tight).globally.verdict == "open"


@pytest.mark.slow
def test_what_is_open_is_said_of_three_populations() -> None:
    """Unequal time constants: where no majorant is an M-matrix, diagonal stability is not known to be enough."""
    W, types = [["w", "-a", "-b"], ["c", 0, 0], ["d", 0, 0]], [*TYPES, "inhibitory"]
    found = stability(Circuit.from_matrix(W, names="EPS", types=types, activation="logistic"))
    open_ = [g for g in found.others if g.verdict == "open"]
    assert [g.source for g in open_] == ["Retnaraj2026", None] and found.globally.source == "Davydov2022"
    assert "although I - L W is LDS" in open_[0].statement and "not LDS" in open_[1].statement
    assert open_[0].hypotheses == ("I - L W is Lyapunov diagonally stable, that is w < 4", "unequal time constants")
    # nothing is open there with equal time constants, with a potential, or where the majorant says as much
    one = stability(Circuit.from_matrix(W, names="EPS", types=types, tau=["t"] * 3, activation="logistic"))
    mutual = [[0, "-a", "-a"], ["-a", 0, "-a"], ["-a", "-a", 0]]
    ring = [[0, 0, "a"], ["b", 0, 0], [0, "c", 0]]
    for other in (
        one,
        stability(Circuit.from_matrix(mutual, names="ABC", activation="tanh")),
        stability(Circuit.from_matrix(ring, names="ABC", types=["excitatory"] * 3, activation="tanh")),
    ):
        assert "Retnaraj2026" not in [g.source for g in other.others]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["tanh", "softplus", "logistic"])
def test_diagonal_stability_of_an_untyped_pair_reads_like_the_minors(kind: str) -> None:
    pair = Circuit.from_matrix([["p", "q"], ["r", "s"]], names="LR", activation=kind)
    found = stability(pair)
    minors = found.answers["p_matrix"].condition
    assert minors == "p < 1 & s < 1 & p + s + q*r < 1 + p*s"
    for word in ("lds", "rosen"):
        assert found.answers[word].condition == minors and found.answers[word].verdict.kind == "proved"
    assert " | " not in found.globally.hypotheses[0]


def test_a_hint_does_not_repeat_the_statement() -> None:
    """What some input brings about is no matter of the gains at hand, but of the greatest slopes."""
    pair = model("logistic_symbols.toml")
    assert check(pair, "for_some_gains(det < 0)").missing == "w_EE*a_E > 4"
    assert check(pair, "for_all_gains(hurwitz(E,I))").missing == "w_EE*a_E <= 4"
    assert check(pair, "hurwitz(E,I)").missing == "curvature(E) > 0"


@pytest.mark.slow
def test_the_hopf_criterion_agrees_with_a_grid_of_gains() -> None:
    """A Hopf point for some gains, by the closed cases and by a dense grid: they may differ near a boundary only."""
    cases = [read_formula(text) for text in hopf_somewhere(frozen(model("logistic_symbols.toml")))]
    rng, agreed, both = random.Random(2), 0, set()
    for _ in range(400):
        v = drawn(rng, False)
        v["w_EE"] *= 3
        s_I = np.linspace(1e-6, v["a_I"] / 4, 4001)
        s_E = (1 + v["tau_E"] / v["tau_I"] * (1 + v["w_II"] * s_I)) / v["w_EE"]
        det = (1 - s_E * v["w_EE"]) * (1 + s_I * v["w_II"]) + s_E * s_I * v["w_EI"] * v["w_IE"]
        room = np.minimum(det, v["a_E"] / 4 - s_E).max()
        if abs(room) < 1e-3:
            continue
        said = any(Point(v).holds(case) for case in cases)
        assert said == (room > 0), v
        agreed += 1
        both.add(said)
    assert agreed > 300 and both == {True, False}


@pytest.mark.slow
def test_a_derivation_of_a_logistic_file_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(["derive", str(MODELS / "logistic_symbols.toml"), "--out", str(out), "--quiet", "--no-figures"]) == 0
    claims = {c["id"]: c for c in json.loads((out / "claims.json").read_text())["claims"]}
    assert len(claims) >= 60
    refuted = [k for k, c in claims.items() if c["verdict"] == "refuted"]
    assert refuted == ["nash.stable-converse"]
    assert claims["count.unique"]["then"] == "unique <=> w_EE <= 4/a_E"
    assert claims["count.saddle"]["then"] == "for_some_gains(det < 0) <=> w_EE > 4/a_E"
    assert claims["count.global"]["source"] == "Bendixson1901; GaleNikaido1965"
    assert claims["stability.all-tau"]["then"].endswith("w_EE <= 1/s_E")
    assert "def gains(" in (out / "checkers.py").read_text()
    assert main(["recheck", str(out)]) == 0


def test_a_kind_of_ones_own_is_not_guessed() -> None:
    import sympy

    from symgame.activation import Activation
    from symgame.pieces import X, Z

    own = Activation.smooth(
        "asinh", phi=sympy.asinh(Z), inverse=sympy.sinh(X), cost=sympy.cosh(X) - X**2 / 2,
        domain=sympy.Interval(-sympy.oo, sympy.oo), lipschitz=1, source="a test",
    )  # fmt: skip
    with pytest.raises(Unsupported, match="built-in kinds"):
        reach(own)
