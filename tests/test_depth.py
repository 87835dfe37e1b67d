"""The contrast map of a layer and the depth law, against layers that are solved by other roads."""

from __future__ import annotations

import random
from fractions import Fraction as F
from itertools import pairwise
from math import atanh, ceil

import pytest

import symgame
from symgame.cells import System
from symgame.circuit import Circuit
from symgame.depth_law import depth
from symgame.dropouts import silencing
from symgame.errors import CircuitError, SymgameError, Unsupported
from symgame.least_power import Surd, least_power
from symgame.microcircuits import column, lateral_inhibition, shared_inhibition
from symgame.notation import exact
from symgame.numeric import solutions, system
from symgame.ratio_branches import Span
from symgame.ratio_map import contrast_map, formula
from symgame.ring import Quotient, from_sympy, poly_text
from symgame.sharpening import contrast_by_layer, resolution

pytestmark = pytest.mark.slow  # of the long ones: run by `python -m pytest -m slow`


def of(found, text: str) -> Quotient:
    """A formula in the ring of a contrast map."""
    return from_sympy(exact(text, "a test"), found.branch.algebra.ring)


def equal(found, q: Quotient, over: str, under: str = "1") -> bool:
    return q == of(found, over) / of(found, under)


# -- the layer solved in this file: inhibitory rates eliminated by hand, the rest by the four sign patterns ----------


def rates(p: dict[str, F], k: int, n: int, y: tuple[F, F]) -> list[tuple[F, F]]:
    """All (x_1, x_2) of k units with input y_1 and n - k with y_2, like units alike, ``u_I = 0``.

    ``x_I = w_IE x_E/(1 + w_II)``, since x_E >= 0; then ``x = [y - (A - 1) x]_+`` with A 2 by 2.
    """
    own = 1 - p["w_EE"] + p["s"] * p["w_IE"] / (1 + p["w_II"])
    other = p["l"] * p["w_IE"] / (1 + p["w_II"])
    a, b = own + (k - 1) * other, (n - k) * other
    c, d = k * other, own + (n - k - 1) * other
    found = []
    if y[0] <= 0 and y[1] <= 0:
        found.append((F(0), F(0)))
    if a * y[0] > 0 and y[1] - c * (y[0] / a) <= 0:
        found.append((y[0] / a, F(0)))
    if d * y[1] > 0 and y[0] - b * (y[1] / d) <= 0:
        found.append((F(0), y[1] / d))
    det = a * d - b * c
    if det:
        x, z = (d * y[0] - b * y[1]) / det, (a * y[1] - c * y[0]) / det
        if x > 0 and z > 0:
            found.append((x, z))
    return found


def layers_until_silent(p: dict[str, F], k: int, n: int, r: F, most: int = 60) -> int | None:
    y = (F(1), r)
    for count in range(1, most + 1):
        found = rates(p, k, n, y)
        assert len(found) == 1
        if found[0][1] == 0:
            return count
        y = (F(1), found[0][1] / found[0][0])
    return None


def drawn(rng: random.Random, rho_below_1: bool = True) -> dict[str, F]:
    p = {
        "w_EE": F(rng.randint(0, 9), 10),
        "s": F(rng.randint(1, 20), 10),
        "l": F(rng.randint(1, 20), 10),
        "w_IE": F(rng.randint(1, 20), 10),
        "w_II": F(rng.randint(0, 10), 10),
    }
    if rho_below_1:  # l < (1 - w_EE)(1 + w_II)/w_IE + s
        bound = (1 - p["w_EE"]) * (1 + p["w_II"]) / p["w_IE"] + p["s"]
        p["l"] = bound * F(rng.randint(1, 19), 20)
    return p


def boundary(p: dict[str, F], k: int, n: int, L: int) -> F:
    """The ratio that L layers take exactly to 0: 0 pulled back L times through ``x = A^{-1} y``."""
    own = 1 - p["w_EE"] + p["s"] * p["w_IE"] / (1 + p["w_II"])
    other = p["l"] * p["w_IE"] / (1 + p["w_II"])
    x, z = F(1), F(0)
    for _ in range(L):
        x, z = (own + (k - 1) * other) * x + (n - k) * other * z, k * other * x + (own + (n - k - 1) * other) * z
    return z / x


# -- the map ----------------------------------------------------------------------------------------------------------

GAMMA = "(1 - w_EE)*(1 + w_II)"


def test_the_map_of_two_units_is_velocity_addition() -> None:
    found = contrast_map(lateral_inhibition(2))
    assert equal(found, found.threshold, "l*w_IE", f"{GAMMA} + s*w_IE")
    assert found.fixed == ("1", "-1") and found.linearised and found.homogeneous
    assert equal(found, found.factor, f"{GAMMA} + (s - l)*w_IE", f"{GAMMA} + (s + l)*w_IE")
    common, contrast = found.modes
    assert equal(found, common.gain, "1 + w_II", f"{GAMMA} + (s + l)*w_IE")
    assert equal(found, contrast.gain, "1 + w_II", f"{GAMMA} + (s - l)*w_IE")
    r, rho = of(found, "l"), found.threshold  # any quotient will do for a ratio
    assert found.image(r) == (r - rho) / (of(found, "1") - rho * r)


@pytest.mark.parametrize(("k", "n"), [(1, 3), (2, 3), (2, 5), (3, 4)])
def test_groups_of_explicit_units_and_the_symbolic_number_agree(k: int, n: int) -> None:
    units = tuple(f"E{i}" for i in range(1, k + 1)), tuple(f"E{i}" for i in range(k + 1, n + 1))
    found = contrast_map(lateral_inhibition(n), units)
    assert found.linearised and found.units == units
    assert found.fixed == ("1", str(F(-k, n - k)))
    assert equal(found, found.threshold, f"{k}*l*w_IE", f"{GAMMA} + (s + {k - 1}*l)*w_IE")
    assert equal(found, found.factor, f"{GAMMA} + (s - l)*w_IE", f"{GAMMA} + (s + {n - 1}*l)*w_IE")
    assert found.layer.neurons.number == 2 * n
    symbolic = contrast_map(lateral_inhibition())
    assert symbolic.linearised
    assert equal(symbolic, symbolic.threshold, "k*l*w_IE", f"{GAMMA} + (s + (k - 1)*l)*w_IE")
    assert equal(symbolic, symbolic.factor, f"{GAMMA} + (s - l)*w_IE", f"{GAMMA} + (s + (n - 1)*l)*w_IE")
    assert [formula(m.zero) for m in reversed(symbolic.modes)] == ["1", "k/(k - n)"]
    assert formula(symbolic.layer.neurons) == "2*n"


@pytest.mark.parametrize("units", ["2", "n"])
def test_the_threshold_is_proved_with_all_conditions_of_the_branches(units: str) -> None:
    """The threshold comes from one rate; that nothing else ends the branch, and what lies below, is proved."""
    found = contrast_map(lateral_inhibition() if units == "n" else lateral_inhibition(2))
    over, under = found.threshold.over, found.threshold.under
    given = ["w_EE < 1", "y_1 > 0", "y_2 > 0"]
    above = f"exists(E1,I1,E2,I2) <=> y_2*({poly_text(under)}) > ({poly_text(over)})*y_1"
    weak = [f"l*w_IE < {GAMMA} + s*w_IE", "y_2 < y_1"]
    assert symgame.check(found.layer.circuit, above, given=[*given, *weak]).verdict.kind == "proved"
    assert symgame.check(found.layer.circuit, above, given=given).verdict.kind == "refuted"  # hysteresis
    below = f"exists(E1,I1) <=> y_2*({poly_text(under)}) <= ({poly_text(over)})*y_1"
    alone = [f"l*w_IE != {GAMMA} + s*w_IE | k = 1"] if units == "n" else []  # else the leaders form a continuum
    assert symgame.check(found.layer.circuit, below, given=[*given, *alone]).verdict.kind == "proved"


def test_names_order_and_shared_inhibition_do_not_matter() -> None:
    W = [["-d", "c", 0, 0], ["-a", "w", "-b", 0], [0, 0, "-d", "c"], ["-b", 0, "-a", "w"]]
    found = contrast_map(Circuit.from_matrix(W, names=["P", "Q", "R", "T"], u=[0, "u_Q", 0, "u_T"]))
    assert found.units == (("Q",), ("T",))
    assert equal(found, found.threshold, "b*c", "(1 - w)*(1 + d) + a*c")
    shared = contrast_map(shared_inhibition(2))
    assert shared.linearised and shared.fixed == ("1", "-1")
    assert equal(shared, shared.modes[1].gain, "1", "1 - w_EE")  # differences do not feel the shared inhibition


def test_unlike_units_have_irrational_fixed_points() -> None:
    W = [[0, "-a"], ["-b", 0]]
    found = contrast_map(Circuit.from_matrix(W, u=["p", "q"]))
    assert found.modes is None and found.factor is None and found.linearised
    assert found.fixed == ("-sqrt(a*b)/a", "sqrt(a*b)/a")
    with pytest.raises(Unsupported, match="rational"):
        found.coordinate(of(found, "1"))
    one_weight_off = contrast_map(Circuit.from_matrix([[0, "-1/2"], ["-1/3", 0]], u=["p", "q"]))
    assert one_weight_off.fixed == ("-sqrt(6)/3", "sqrt(6)/3")  # r' = (-1/3 + r)/(1 - r/2)
    with pytest.raises(CircuitError, match="not alike"):
        W = [[0, -1, -1], [-1, 0, -1], [-1, -2, 0]]
        contrast_map(Circuit.from_matrix(W, u=["p", "q", "q"]))


def test_hypotheses_about_inputs_are_dropped_with_them() -> None:
    W = [["a", "-b"], ["-b", "a"]]
    pair = Circuit.from_matrix(W, u=["p", "q"], assume=["p > q", "a < 1", "b > 0"])
    assert contrast_map(pair).layer.circuit.assume == ("a < 1", "b > 0")
    three = Circuit.from_matrix(
        [["a", "-b", "-b"], ["-b", "a", "-b"], ["-b", "-b", "a"]], u=["p", "q", "q"], assume=["p > q", "a < b"]
    )
    found = contrast_map(three)
    assert found.layer.circuit.assume == ("a < b",) and found.units == (("x1",), ("x2", "x3"))
    assert found.fixed == ("1", "-1/2")


def test_a_false_mode_is_not_called_linearising() -> None:
    found = contrast_map(lateral_inhibition(2))
    common, contrast = found.modes
    found.__dict__["modes"] = (common, type(contrast)(contrast.over, common.gain))
    found.__dict__.pop("linearised", None)
    assert not found.linearised


def test_gains_and_offsets_are_derived() -> None:
    plain = contrast_map(lateral_inhibition(2))
    scaled = contrast_map(lateral_inhibition(2), gains=("f", "f"))
    assert formula(scaled.threshold) == formula(plain.threshold) and formula(scaled.factor) == formula(plain.factor)
    assert scaled.fixed == plain.fixed
    unequal = contrast_map(lateral_inhibition(2), gains=("f", "h"))
    assert equal(unequal, unequal.threshold, "f*l*w_IE", f"h*({GAMMA} + s*w_IE)")
    assert unequal.modes is None and unequal.linearised
    offset = contrast_map(lateral_inhibition(2, u_I="u_I"))
    assert not offset.homogeneous
    assert all(equal(offset, q, "-(s + l)*u_I", "1 + w_II") for q in offset.input_offset)
    with pytest.raises(Unsupported, match="layer below"):
        _ = offset.threshold


# -- the law ----------------------------------------------------------------------------------------------------------


def test_the_law_equals_the_layers_solved_one_by_one() -> None:
    """At least 1000 pairs of parameters and ratio, boundary ratios among them, as an equality of integers."""
    rng = random.Random(5)
    pairs, deepest, by_law = 0, 0, 0
    for number in range(120):
        p = drawn(rng)
        k, n = (1, 2) if number % 3 else rng.choice([(1, 3), (2, 3), (2, 5), (3, 4)])
        circuit = lateral_inhibition(n, **p)
        units = tuple(f"E{i}" for i in range(1, k + 1)), tuple(f"E{i}" for i in range(k + 1, n + 1))
        exactly = [boundary(p, k, n, L) for L in (1, 2, 3, 5)]
        tiny = F(1, 10**15)
        ratios = [*exactly, *(r - tiny for r in exactly[:2]), *(r + tiny for r in exactly[:3])]
        ratios += [F(rng.randint(1, 99), 100) for _ in range(2)]
        for r in ratios:
            found = depth(circuit, r, units=units)
            expected = layers_until_silent(p, k, n, r)
            if expected is None:
                assert found.layers is not None and found.layers > 60
            else:
                assert found.layers == expected, (p, k, n, r, found)
                deepest = max(deepest, expected)
            assert (found.winner, found.silent) == units
            pairs += 1
            by_law += found.base is not None
        for L, r in zip((1, 2, 3, 5), exactly, strict=True):
            assert depth(circuit, r, units=units).layers == L
    assert pairs >= 1000 and deepest > 20 and by_law > 700


def test_the_law_equals_full_enumeration() -> None:
    """Layers as explicit circuits, every equilibrium enumerated."""
    rng = random.Random(11)
    tried = 0
    while tried < 60:
        p = drawn(rng, rho_below_1=tried % 4 != 0)
        n = 2 if tried % 5 else 3
        circuit = lateral_inhibition(n, **p)
        inputs = [F(1), *[F(rng.randint(1, 99), 100)] * (n - 1)]
        found = depth(circuit, inputs[1], units=("E1", tuple(f"E{i}" for i in range(2, n + 1))))
        for count in range(1, 8):
            values = {f"u_{i + 1}": v for i, v in enumerate(inputs)}
            values |= {name: 1 for name in circuit.symbols if name.startswith("tau")}
            listed = solutions(circuit.with_values(**values))
            assert listed.complete
            alike = [e for e in listed.equilibria if e.state and len({e.state[f"E{i}"] for i in range(2, n + 1)}) == 1]
            if len(alike) != 1:
                assert found.layers is None and f"layer {count} has {len(alike)} equilibria" in found.reason
                break
            x = [alike[0].state[f"E{i}"] for i in range(1, n + 1)]
            assert (x[1] == 0) == (found.layers is not None and found.layers <= count)
            if x[1] == 0:
                assert found.layers == count
                break
            inputs = [v / x[0] for v in x]
        tried += 1


@pytest.mark.parametrize("ratio", ["1/2", "4/5", "9/10", "13/14", "95/100"])
def test_one_circuit_of_all_layers(ratio: str) -> None:
    """Every equilibrium of the whole column: one, with the second unit silent from the layer that the law names on."""
    weights = {"w_EE": "1/4", "s": "1/2", "l": "1/2", "w_IE": 1, "w_II": 0}
    expected = depth(lateral_inhibition(2, **weights), ratio).layers
    for layers in (1, 2, 3):
        whole = column(layers, 2, f=1, **weights)
        values = {"u_1": 1, "u_2": ratio} | {name: 1 for name in whole.symbols if name.startswith("tau")}
        found = solutions(whole.with_values(**values))
        assert found.complete and len(found.equilibria) == 1
        state = found.equilibria[0].state
        assert [state[f"E{a}_2"] == 0 for a in range(1, layers + 1)] == [a >= expected for a in range(1, layers + 1)]


def test_published_example_and_off_by_one() -> None:
    """rho = 1/2 and r = 4/5 gives 2, where a ceiling of doubles gives 3; each boundary to the left, at and right."""
    assert ceil(atanh(0.8) / atanh(0.5)) == 3
    pair = Circuit.from_matrix([[0, "-1/2"], ["-1/2", 0]], u=["p", "q"])
    assert depth(pair, "4/5").layers == 2
    hair = F(1, 10**200)
    for L in range(1, 40):
        at = F(3**L - 1, 3**L + 1)
        assert [depth(pair, r).layers for r in (at - hair, at, at + hair)] == [L, L, L + 1]
        assert resolution(contrast_map(pair), L).ratio.number == at
    assert depth(pair, 0).layers == 0
    mirrored = depth(pair, "5/4")
    assert (mirrored.layers, mirrored.winner, mirrored.silent) == (2, ("x2",), ("x1",))


def test_huge_counts_are_exact() -> None:
    """Compared as integers: lambda^L >= bound > lambda^(L-1), where that can still be written out."""
    pair = Circuit.from_matrix([[0, "-1/1000"], ["-1/1000", 0]], u=["p", "q"])
    r = 1 - F(1, 10**30)
    L = depth(pair, r).layers
    assert 1001**L * 1 * (1 - r) >= (1 + r) * 999**L and 1001 ** (L - 1) * (1 - r) < (1 + r) * 999 ** (L - 1)
    tiny = Circuit.from_matrix([[0, f"-1/{10**40}"], [f"-1/{10**40}", 0]], u=["p", "q"])
    found = depth(tiny, r)
    assert len(str(found.layers)) == 42 and found.base is not None
    third = Circuit.from_matrix([[0, "-1/3"], ["-1/3", 0]], u=["p", "q"])  # lambda = 2
    power = 2**5000
    assert depth(third, F(power - 1, power + 1)).layers == 5000
    assert depth(third, F(power, power + 2)).layers == 5001


@pytest.mark.parametrize(("l", "ratio", "layers", "says"), [
    ("1/4", "1/2", 3, "linearising"),
    (0, "1/2", None, "fixed point"),
    ("1/4", 1, None, "fixed point"),
    (1, "99/100", 1, "solved exactly"),  # rho = 1
    (1, 1, None, "continuum"),
    (2, "49/100", 1, "solved exactly"),  # rho = 2: below, at and above 1/rho
    (2, "1/2", None, "2 equilibria"),
    (2, "51/100", None, "3 equilibria"),
    ("-1/4", "1/2", None, "tends to 1"),  # lateral excitation
])  # fmt: skip
def test_every_case_of_rho_is_answered(l: object, ratio: object, layers: int | None, says: str) -> None:
    pair = Circuit.from_matrix([[0, exact(l, "l") * -1], [exact(l, "l") * -1, 0]], u=["p", "q"])
    found = depth(pair, ratio)
    assert found.layers == layers and says in found.reason
    assert found.never == (says in ("fixed point", "tends to 1"))


def test_excitation_above_1_is_decided_too() -> None:
    """w_EE = 1 and more: the law holds as long as its branch is the only one on the ratios that occur."""
    for w_EE in ("1", "5/4"):
        p = {"w_EE": F(w_EE), "s": F(2), "l": F(1, 5), "w_IE": F(1), "w_II": F(1, 4)}
        for r in (F(1, 3), F(9, 10), F(999, 1000)):
            found = depth(lateral_inhibition(2, **p), r)
            assert found.layers == layers_until_silent(p, 1, 2, r)


def test_unequal_gains_against_exact_iteration() -> None:
    """Irrational fixed points: the count is that of matrix powers in fractions, for either winner."""
    rng = random.Random(3)
    irrational = 0
    for _ in range(60):
        c = F(rng.randint(1, 9), 10)
        f, h = (F(rng.randint(5, 15), 10) for _ in range(2))
        r = F(rng.randint(50, 150), 100)
        pair = Circuit.from_matrix([[0, -c], [-c, 0]], u=["p", "q"])
        found = depth(pair, r, gains=(f, h), limit=50)
        y, expected = (F(1), r), None
        for count in range(1, 51):
            x = (f * y[0] - c * h * y[1], h * y[1] - c * f * y[0])  # gains, then 1/(1 - c^2) [[1, -c], [-c, 1]]
            if x[0] <= 0 or x[1] <= 0:
                expected = (count, 1 if x[1] <= 0 else 0)
                break
            y = x
        if expected is None or expected[1] != (1 if found.silent == ("x2",) else 0):
            assert expected is None and (found.layers is None or found.layers > 50)
            continue
        assert found.layers == expected[0]
        irrational += found.bound is not None and "sqrt" in found.bound
    assert irrational > 15
    still = depth(Circuit.from_matrix([[0, "-1/4"], ["-1/4", 0]], u=["p", "q"]), 1, gains=("1", "101/100"))
    assert still.silent == ("x1",) and still.layers is not None


def test_unlike_pairs_of_any_signs() -> None:
    """Wherever the law answers, or says never, solving layer after layer agrees: winners, counts, fixed points."""
    rng = random.Random(77)
    counted = never = 0
    for _ in range(250):
        W = [[F(rng.randint(-6, 5), 6) for _ in range(2)] for _ in range(2)]
        gains = F(rng.randint(1, 6), 3), F(rng.randint(1, 6), 3)
        r = F(rng.randint(1, 40), 20)
        circuit = Circuit.from_matrix(W, u=["p", "q"])
        by_law = depth(circuit, r, gains=gains)
        if by_law.base is None and not by_law.never:
            continue
        layer = by_layers(circuit, gains, F(1), r, most=20)
        if by_law.never:
            never += 1
            assert layer is None, (W, gains, r)
        elif by_law.layers <= 20:
            counted += 1
            assert layer == (by_law.layers, by_law.silent), (W, gains, r)
        else:
            assert layer is None
    assert counted > 30 and never > 60


def by_layers(circuit: Circuit, gains: tuple[F, F], one: F, other: F, most: int) -> tuple[int, tuple[str, ...]] | None:
    """Every equilibrium of each layer by enumeration; which population of two is silent first, and in which layer."""
    rest = system(circuit.with_values(p=0, q=0, tau_x1=1, tau_x2=1))
    for count in range(1, most + 1):
        (only,) = System(rest.W, (gains[0] * one, gains[1] * other), rest.pieces).exhaustive()
        x, y = only.state
        if x == 0 or y == 0:
            assert (x, y) != (0, 0)
            return count, ("x1",) if x == 0 else ("x2",)
        one, other = F(1), y / x
    return None


def test_offsets_go_layer_by_layer() -> None:
    """A common input of the inhibitory units is an offset, and offsets by layer are added where they belong."""
    weights = {"w_EE": "1/2", "s": "1/3", "l": "1/5", "w_IE": 1, "w_II": "1/4"}
    p = {name: F(v) for name, v in weights.items()}
    shift = (F(1, 3) + F(1, 5)) * F(1, 10) / F(5, 4)

    def expected(y: tuple[F, F], rows: list[tuple[F, F]]) -> int:
        count = 0
        while y[1] > 0:
            more = rows[min(count, len(rows) - 1)]
            (y,) = rates(p, 1, 2, (y[0] + more[0], y[1] + more[1]))
            count += 1
        return count

    driven = lateral_inhibition(2, u_I="1/10", **weights)
    plain = lateral_inhibition(2, **weights)
    for leader, r in ((10, "4/5"), (4, "4/5"), (100, "95/100")):
        found = depth(driven, r, leader=leader)
        assert found.layers == expected((F(leader), leader * F(r)), [(-shift, -shift)])
        assert depth(plain, r, leader=leader, offsets=[(-shift, -shift)]).layers == found.layers
    assert depth(driven, "4/5", leader=1).layers < depth(plain, "4/5").layers
    rows = [(F(0), F(1, 10)), (F(1, 5), F(0))]
    assert depth(plain, "9/10", offsets=rows).layers == expected((F(1), F(9, 10)), rows)
    assert depth(plain, "9/10", offsets=[(0, 0)]) == depth(plain, "9/10")
    assert depth(driven, "99/100", leader=10, limit=2).reason.startswith("more than 2 layers")
    with pytest.raises(CircuitError, match="one for each unit"):
        depth(plain, "1/2", offsets=[(1,)])


def test_a_column_with_offsets_may_settle() -> None:
    """That no layer will do is proved, not guessed: and nothing of the kind is said where a unit falls silent later."""
    pair = Circuit.from_matrix([[-1, "-1/2"], ["-1/2", -1]], u=["p", "q"])
    found = depth(pair, "1/2", offsets=[(3, 3)])
    assert found.never and found.layers is None and "tend to 2 and 2" in found.reason
    rng = random.Random(6)
    nevers = counts = 0
    for _ in range(150):
        a, b = F(rng.randint(4, 12), 8), F(rng.randint(1, 8), 8)
        circuit = Circuit.from_matrix([[-a, -b], [-b, -a]], u=["p", "q"])
        offsets = [(F(rng.randint(-2, 6), 4), F(rng.randint(-2, 6), 4))]
        r = F(rng.randint(1, 8), 8)
        found = depth(circuit, r, offsets=offsets, limit=40)
        y: tuple[F, F] = (F(1), r)
        reached = None
        for count in range(1, 41):
            z = (y[0] + offsets[0][0], y[1] + offsets[0][1])
            det = (1 + a) ** 2 - b**2
            y = (((1 + a) * z[0] - b * z[1]) / det, ((1 + a) * z[1] - b * z[0]) / det)
            if y[0] <= 0 or y[1] <= 0:
                reached = count
                break
        if found.never:
            nevers += 1
            assert reached is None
        elif found.layers is not None:
            counts += 1
            assert found.layers == reached
    assert nevers > 20 and counts > 20


def test_caps_are_seen() -> None:
    """A saturating leader lets the other catch up: what the law would say is not said."""
    W = [[0, "-1/4"], ["-1/4", 0]]
    values = {"m_x1": "1/2", "m_x2": "1/2"}
    capped = Circuit.from_matrix(W, u=["p", "q"], activation="saturating", values=values)
    found = depth(capped, "4/5", limit=30)
    state, expected = (F(1), F(4, 5)), None
    for count in range(1, 31):
        listed = solutions(capped.with_values(p=state[0], q=state[1], tau_x1=1, tau_x2=1)).equilibria
        assert len(listed) == 1
        new = tuple(listed[0].state.values())
        if new[1] == 0:
            expected = count
            break
        if new == state:
            break
        state = new
    assert found.layers == expected


# -- contrast, resolution, many units ---------------------------------------------------------------------------------


def test_contrast_by_layer_lies_on_its_curve() -> None:
    p = {"w_EE": F(1, 4), "s": F(1, 2), "l": F(1, 3), "w_IE": F(1), "w_II": F(0)}
    found = contrast_by_layer(lateral_inhibition(2, **p), "97/100", 6)
    y = (F(1), F(97, 100))
    for r, next_r in pairwise(found.ratios):
        assert r == y[1] / y[0]
        (x,) = rates(p, 1, 2, y)
        assert next_r == x[1] / x[0]
        y = (F(1), next_r)
    curve = dict(found.curve)
    for L, c in enumerate(found.contrast):
        if c < 1:
            assert abs(curve[float(L)] - float(c)) < 1e-12
    with pytest.raises(Unsupported, match="layer 1 has 3 equilibria"):
        contrast_by_layer(Circuit.from_matrix([[0, -2], [-2, 0]], u=["p", "q"]), "9/10", 3)


def test_resolution_is_the_largest_ratio_that_the_layers_resolve() -> None:
    p = {"w_EE": "1/4", "s": "1/2", "l": "1/3", "w_IE": 1, "w_II": "1/8"}
    circuit = lateral_inhibition(5, **p)
    units = ("E1", "E2"), ("E3", "E4", "E5")
    found = contrast_map(circuit, units)
    for L in (1, 2, 7):
        answer = resolution(found, L)
        r = answer.ratio.number
        lam = 1 / found.factor.number
        assert r == (lam**L - 1) * 2 / (lam**L * 2 + 3) and answer.difference.number == 1 - r
        assert answer.neurons.number == L * 10
        assert depth(circuit, r, units=units).layers == L
        assert depth(circuit, r + F(1, 10**30), units=units).layers == L + 1
    symbolic = resolution(contrast_map(lateral_inhibition()), 1)
    assert symbolic.ratio == contrast_map(lateral_inhibition()).threshold and formula(symbolic.neurons) == "2*n"


def test_units_drop_out_one_after_another() -> None:
    rng = random.Random(8)
    for number in range(12):
        p = drawn(rng)
        n = 3 + number % 2
        circuit = lateral_inhibition(n, **p)
        inputs = sorted((F(rng.randint(50, 100), 100) for _ in range(n)), reverse=True)
        found = silencing(circuit, inputs, limit=6)
        below = inputs
        for count, reached in enumerate(found.rates, 1):
            values = {f"u_{i + 1}": v for i, v in enumerate(below)}
            values |= {name: 1 for name in circuit.symbols if name.startswith("tau")}
            (only,) = solutions(circuit.with_values(**values)).equilibria
            x = [only.state[f"E{i}"] for i in range(1, n + 1)]
            assert [v / x[0] for v in x] == list(reached)
            for i in range(n):
                assert (x[i] == 0) == (found.layers[i] is not None and found.layers[i] <= count)
            below = reached
    pair = Circuit.from_matrix([[0, "-1/2"], ["-1/2", 0]], u=["p", "q"])
    assert silencing(pair, [1, "4/5"]).layers == (None, 2)
    assert silencing(pair, [1, 1]).reason.startswith("a layer passes on") and silencing(pair, [1, 1]).unique


def test_many_units_in_a_moment() -> None:
    circuit = lateral_inhibition(12, w_EE="1/4", s=1, l="1/10", w_IE=1, w_II=0)
    found = silencing(circuit, [1 - F(i, 100) for i in range(12)], limit=60)
    assert found.unique and found.winners == ("E1",)
    fallen = [layer for layer in found.layers if layer is not None]
    assert fallen == sorted(fallen, reverse=True) and len(fallen) == 11


# -- the pieces of it -------------------------------------------------------------------------------------------------


def test_least_power_against_integers() -> None:
    rng = random.Random(2)
    for _ in range(200):
        base = F(rng.randint(2, 60), rng.randint(1, 30))
        if base <= 1:
            continue
        bound = base ** rng.randint(0, 9) * rng.choice([F(1), F(10**20 + 1, 10**20), F(10**20 - 1, 10**20), F(3, 2)])
        m, power = 0, F(1)
        while power < bound:
            m, power = m + 1, power * base
        assert least_power(Surd(base), Surd(bound)) == m
    golden = Surd.of(F(3, 2), F(1, 2), F(5))  # the square of the golden ratio
    for m in (1, 2, 9, 50):
        at = golden.power(m)
        assert least_power(golden, at) == m
        assert least_power(golden, Surd(at.a + F(1, 10**60), at.b, at.d)) == m + 1
    with pytest.raises(ValueError, match="not greater"):
        least_power(Surd(F(1)), Surd(F(2)))


def test_spans() -> None:
    one, two = F(1), F(2)
    assert Span(one, one).empty and not Span(one, one, (True, True)).empty
    closed = Span(one, two, (True, True))
    assert Span(one, two).within(closed) and not closed.within(Span(one, two))
    assert one not in Span(one, two) and one in Span(one, None, (True, False))


def test_mistakes_are_one_clear_error() -> None:
    pair = lateral_inhibition(2)
    for call, words in (
        (lambda: depth(pair, "1/2"), "no value"),
        (lambda: depth(pair, "-1/2"), "> 0 and >= 0"),
        (lambda: depth(pair, "r"), "exact number"),
        (lambda: contrast_map(pair, units=("E1", "E9")), "no population 'E9'"),
        (lambda: contrast_map(pair, units=("E1", "E1")), "two groups"),
        (lambda: contrast_map(lateral_inhibition(3)), "which two units"),
        (lambda: contrast_map(pair, gains=(1, 1, 1)), "two were expected"),
        (lambda: contrast_map(pair, gains=(1, 0)), "both are > 0"),
        (lambda: silencing(pair, [1]), "as many inputs"),
        (lambda: resolution(contrast_map(pair), 0), "at least one layer"),
        (lambda: contrast_map(Circuit.from_matrix([[0, 1], [1, 0]], u=["p", "q"])), "is 0"),
        (lambda: contrast_map(Circuit.from_matrix([[0, -1], [-1, 0]], activation="tanh")), "piecewise linear"),
    ):
        with pytest.raises(SymgameError, match=words):
            call()


def test_the_face_names_functions() -> None:
    for name in ("depth", "contrast_map", "contrast_by_layer", "resolution", "silencing"):
        assert callable(getattr(symgame, name))
