"""The first Lyapunov coefficient: by two other roads, by its invariances, and against the flow itself."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from random import Random
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb

from symgame.balls import ball_function, precision
from symgame.circuit import Circuit
from symgame.dynamics import rate_equations
from symgame.errors import NoCycle, Unsupported
from symgame.hopf_criticality import criticality, first_lyapunov, lyapunov_formula
from symgame.kinds import activation
from symgame.limit_cycles import limit_cycle
from symgame.notation import symbol
from symgame.pieces import X

SMOOTH = ("logistic", "tanh", "softplus", "arctan", "algebraic", "power")


def some_activation(random: Random, kind: str) -> Any:
    number = lambda low, high: sympy.Rational(random.randint(10 * low, 10 * high), 10)  # noqa: E731
    if kind == "power":
        p = random.choice((2, 3, sympy.Rational(5, 2)))
        return activation("power", k=number(1, 2), p=p, threshold=number(-1, 1))
    extra = {} if kind == "softplus" else {"height": number(1, 2)}
    if kind == "logistic":
        extra["offset"] = number(-1, 1)
    return activation(kind, gain=number(1, 4), threshold=number(-2, 2), **extra)


def inside(random: Random, phi: Any) -> sympy.Rational:
    """A rate well inside the range."""
    low, high = phi.domain.start, phi.domain.end
    high = high if high.is_finite else low + 3
    share = sympy.Rational(random.randint(100, 900), 1000)
    return sympy.Rational(str(round(float(low + share * (high - low)), 6)))


def hopf_point(random: Random, kinds: Sequence[str], names: str = "EI", signed: bool = False) -> tuple[Circuit, tuple]:
    """A pair with exact numbers and one free weight ``w``, and a point ``(x_1, x_2, w)`` where the trace is 0.

    The value of w is a number of 40 digits; the inputs make the point an equilibrium.
    """
    while True:
        phis = [some_activation(random, kind) for kind in kinds]
        x = [inside(random, phi) for phi in phis]
        s = [sympy.N(phi.slope_at_rate.xreplace({X: v}), 40) for phi, v in zip(phis, x, strict=True)]
        tau = [sympy.Rational(random.randint(5, 40), 10) for _ in range(2)]
        w_EI, w_IE = (sympy.Rational(random.randint(10, 400), 10) for _ in range(2))
        w_II = sympy.Rational(random.randint(-40 if signed else 0, 40), 10)
        if signed and random.random() < 0.5:
            w_EI, w_IE = -w_EI, -w_IE
        w = (1 + tau[0] * (1 + s[1] * w_II) / tau[1]) / s[0]
        alpha = (s[0] * w - 1) / tau[0]
        if s[0] * s[1] * w_EI * w_IE / (tau[0] * tau[1]) < 1.2 * alpha**2 or (not signed and w <= 0):
            continue
        types = None if signed else ["excitatory", "inhibitory"]
        pair = Circuit.from_matrix(
            [["w", -w_EI], [w_IE, -w_II]], names=list(names), types=types, tau=tau, activation=phis, u=["u_1", "u_2"]
        )
        return pair, (x[0], x[1], w)


def derivatives(pair: Circuit, point: tuple) -> tuple[Any, Any, Any, Any]:
    """Jacobian, second and third derivatives of the rate equations at the point, by differentiation in the rates."""
    x = [symbol(f"x_{name}") for name in pair.names]
    z = [p.activation.inverse.xreplace({X: v}) for p, v in zip(pair.populations, point, strict=False)]
    table = {symbol("w"): point[2], x[0]: point[0], x[1]: point[1]}
    W = pair.W.xreplace({symbol("w"): point[2]})
    for k, p in enumerate(pair.populations):
        table[p.input] = sympy.N(z[k] - W[k, 0] * point[0] - W[k, 1] * point[1], 40)
    F = rate_equations(pair)

    def at(e: sympy.Expr) -> mpmath.mpf:
        return mpmath.mpf(sympy.N(e.subs(table), 30))

    assert all(abs(at(f)) < 1e-20 for f in F), "the point is no equilibrium"
    A = mpmath.matrix(2, 2)
    second, third = np.empty((2, 2, 2), object), np.empty((2, 2, 2, 2), object)
    for i in range(2):
        for j in range(2):
            A[i, j] = at(sympy.diff(F[i], x[j]))
            for k in range(2):
                second[i, j, k] = at(sympy.diff(F[i], x[j], x[k]))
                for m in range(2):
                    third[i, j, k, m] = at(sympy.diff(F[i], x[j], x[k], x[m]))
    return F, A, second, third


def guckenheimer_holmes(A: Any, second: Any, third: Any) -> mpmath.mpf:
    """``omega*l1`` by (3.4.11), in real coordinates in which the linear part is a rotation."""
    omega = mpmath.sqrt(mpmath.det(A))
    first = mpmath.matrix([1, mpmath.mpf("0.3")])  # any vector will do
    other = A * first / omega
    size = mpmath.sqrt(sum(v**2 for v in first) + sum(v**2 for v in other))  # columns Re q, -Im q of a unit vector q
    T = mpmath.matrix([[first[0] / size, other[0] / size], [first[1] / size, other[1] / size]])
    back = T**-1
    t = np.array(T.tolist(), object)
    inverse = np.array(back.tolist(), object)
    d2 = np.einsum("ai,ijk,jb,kc->abc", inverse, second, t, t)
    d3 = np.einsum("ai,ijkl,jb,kc,ld->abcd", inverse, third, t, t, t)
    f, g, f3, g3 = d2[0], d2[1], d3[0], d3[1]
    a = (f3[0, 0, 0] + f3[0, 1, 1] + g3[0, 0, 1] + g3[1, 1, 1]) / 16
    a += (
        f[0, 1] * (f[0, 0] + f[1, 1]) - g[0, 1] * (g[0, 0] + g[1, 1]) - f[0, 0] * g[0, 0] + f[1, 1] * g[1, 1]
    ) / (16 * omega)
    return 4 * a  # the radius of these coordinates is twice the modulus of z in x = 2 Re(z q)


def kuznetsov(A: Any, second: Any, third: Any) -> mpmath.mpf:
    """``omega*l1 = Re(<p,C(q,q,q')> - 2<p,B(q,A^-1 B(q,q'))> + <p,B(q',(2 i omega - A)^-1 B(q,q))>)/2``."""
    omega = mpmath.sqrt(mpmath.det(A))
    q = mpmath.matrix([A[0, 1], 1j * omega - A[0, 0]])
    q /= mpmath.sqrt(sum(abs(v) ** 2 for v in q))
    p = mpmath.matrix([A[1, 0], -1j * omega - A[0, 0]])  # A^T p = -i omega p
    p /= mpmath.conj(sum(mpmath.conj(a) * b for a, b in zip(p, q, strict=True)))
    bar = mpmath.matrix([mpmath.conj(v) for v in q])

    def B(a: Any, b: Any) -> Any:
        return mpmath.matrix([sum(second[i, j, k] * a[j] * b[k] for j in range(2) for k in range(2)) for i in range(2)])

    def C(a: Any, b: Any, c: Any) -> Any:
        indices = [(j, k, m) for j in range(2) for k in range(2) for m in range(2)]
        return mpmath.matrix([sum(third[i, j, k, m] * a[j] * b[k] * c[m] for j, k, m in indices) for i in range(2)])

    def paired(v: Any) -> Any:
        return sum(mpmath.conj(a) * b for a, b in zip(p, v, strict=True))

    total = paired(C(q, q, bar)) - 2 * paired(B(q, A**-1 * B(q, bar)))
    total += paired(B(bar, (2j * omega * mpmath.eye(2) - A) ** -1 * B(q, q)))
    return total.real / 2


def points(count: int, seed: int) -> list[tuple[Circuit, tuple]]:
    random = Random(seed)
    return [
        hopf_point(random, (random.choice(SMOOTH), random.choice(SMOOTH)), signed=random.random() < 0.3)
        for _ in range(count)
    ]


def check_two_roads(count: int, seed: int) -> None:
    signs = set()
    with mpmath.workdps(30):
        for pair, point in points(count, seed):
            _, A, second, third = derivatives(pair, point)
            omega = mpmath.sqrt(mpmath.det(A))
            real, complex_ = guckenheimer_holmes(A, second, third), kuznetsov(A, second, third)
            assert abs(real - complex_) < 1e-18 * (1 + abs(real))
            doubles = first_lyapunov(pair, [float(v) for v in point[:2]], {"w": float(point[2])})
            scale = abs(real / omega) + 1e-6
            assert abs(doubles - real / omega) < 1e-9 * scale, pair
            growth, squared = lyapunov_formula(pair).of_rates()
            table = {symbol(f"x_{n}"): v for n, v in zip(pair.names, point, strict=False)} | {symbol("w"): point[2]}
            exact = mpmath.mpf(sympy.N((growth / sympy.sqrt(squared)).subs(table), 25))
            assert abs(exact - real / omega) < 1e-18 * scale
            signs.add(real > 0)
    assert signs == {True, False}


@pytest.mark.slow
def test_two_roads() -> None:
    check_two_roads(3, 8)


@pytest.mark.slow
def test_two_roads_on_many_points() -> None:
    check_two_roads(120, 3)


# -- against the flow ---------------------------------------------------------------------------------------------


def moved(pair: Circuit, point: tuple, trace: float) -> Circuit:
    """The pair whose equilibrium at the point has this trace: w is moved, and the inputs with it; in numbers."""
    first = pair.populations[0]
    slope = float(first.activation.slope_at_rate.xreplace({X: point[0]}))
    w = sympy.Rational(repr(float(point[2]) + trace * float(first.tau) / slope))
    u = {}
    for k, p in enumerate(pair.populations):
        row = pair.W[k, :].xreplace({symbol("w"): w})
        total = sympy.N(p.activation.inverse.xreplace({X: point[k]}), 30) - row[0] * point[0] - row[1] * point[1]
        u[str(p.input)] = sympy.Rational(str(sympy.N(total, 25)))
    return pair.with_values(w=w, **u)


def linear_part(pair: Circuit, point: tuple) -> tuple[float, np.ndarray, float]:
    """``omega``, the unit eigenvector q, and a root mean square distance at which phi bends little."""
    W = np.array(pair.W.xreplace({symbol("w"): point[2]}).tolist(), float)
    tau = np.array([float(p.tau) for p in pair.populations])
    pairs = zip(pair.populations, point, strict=False)
    gains = [[float(e.xreplace({X: v})) for e in ratios(p.activation)] for p, v in pairs]
    s = np.array([g[0] for g in gains])
    A = (s[:, None] * W - np.eye(2)) / tau[:, None]
    omega = sqrt(np.linalg.det(A))
    q = np.array([A[0, 1], 1j * omega - A[0, 0]])
    q = q / np.linalg.norm(q)
    bend = np.array([max(abs(r), sqrt(abs(c))) for _, r, c in gains])
    return omega, q, float(0.15 / (bend * np.abs(W @ q)).max())


def ratios(phi: Any) -> tuple[sympy.Expr, ...]:
    slope = phi.slope_at_rate
    second = sympy.diff(slope, X)
    return slope, second, sympy.diff(slope * second, X)


def mean_square(circuit: Circuit, cycle: Any, point: tuple) -> float:
    """The mean square distance of a cycle from the point, by integration with SciPy's method of another order."""
    from scipy.integrate import solve_ivp

    from symgame.floating import floating

    still = floating(circuit.fixed())
    centre = np.array([float(v) for v in point[:2]])
    done = solve_ivp(
        lambda _, x: [*still.velocity(np.array(x[:2])), float(((x[:2] - centre) ** 2).sum())],
        (0.0, cycle.period), [*cycle.point, 0.0], rtol=1e-9, atol=1e-13, method="RK45",
    )  # fmt: skip
    return float(done.y[2, -1]) / cycle.period


def grows(circuit: Circuit, point: tuple, radius: float, period: float) -> bool:
    """Whether the trajectory from a state that differs in the first rate alone returns further out, 8 turns later."""
    from scipy.integrate import solve_ivp

    from symgame.floating import floating

    still = floating(circuit.fixed())
    centre = np.array([float(v) for v in point[:2]])
    start = centre + np.array([radius, 0.0])
    direction = still.velocity(start)[1]

    def returned(_: float, x: np.ndarray) -> float:
        return float(np.sign(direction) * (x[1] - centre[1]))

    returned.direction = 1.0  # type: ignore[attr-defined]
    done = solve_ivp(
        lambda _, x: still.velocity(x), (0.0, 9.5 * period), start, events=returned, method="DOP853", rtol=1e-11,
        atol=1e-14, max_step=period / 30,
    )  # fmt: skip
    later = zip(done.t_events[0], done.y_events[0], strict=True)
    distances = [abs(x[0] - centre[0]) for t, x in later if t > period / 2]
    assert len(distances) >= 8
    return bool(distances[-1] > distances[0])


def near(circuit: Circuit, centre: list[float], distance: float, backward: bool) -> Any:
    """The cycle from outside of it, or from closer where that is outside of its basin."""
    for factor in (2.0, 1.3):
        try:
            return limit_cycle(circuit, [centre[0] + factor * distance, centre[1]], backward=backward)
        except NoCycle:
            continue
    return limit_cycle(circuit, [centre[0] + 0.8 * distance, centre[1]], backward=backward)


def check_flow(pair: Circuit, point: tuple) -> str | None:
    """Next to the Hopf point there is a cycle where the sign of l1 says, as large as its value says: trajectories
    inside and outside of it go the ways that they must. ``None`` where l1 is too close to 0 for a small cycle."""
    doubles = [float(v) for v in point]
    value = first_lyapunov(pair, doubles[:2], {"w": doubles[2]})
    omega, q, size = linear_part(pair, point)
    if abs(value) * size**2 < 1e-4:
        return None
    misses = []
    for distance in (size, size / 2):
        trace = -(distance**2) * omega * value
        circuit = moved(pair, point, trace)
        cycle = near(circuit, doubles[:2], distance, backward=value > 0)
        assert cycle.stable is (value < 0), (pair, point)
        assert cycle.period == pytest.approx(2 * np.pi / omega, rel=0.05)
        misses.append(abs(mean_square(circuit, cycle, point) / distance**2 - 1))
    assert misses[0] < 0.25 and misses[1] < 0.4 * misses[0] + 1e-3, (pair, point, misses)
    # where the cycle of this mean square crosses the line on which the second rate is that of the equilibrium
    radius = sqrt(2) * distance * abs((q[0] * np.conj(q[1])).imag) / abs(q[1])
    supercritical = value < 0
    assert grows(circuit, point, radius / 2, cycle.period) is supercritical, "the equilibrium attracts, or does not"
    assert grows(circuit, point, 2 * radius, cycle.period) is not supercritical, "and from outside"
    at_the_point = moved(pair, point, 0.0)
    assert grows(at_the_point, point, radius, cycle.period) is not supercritical, "by the cubic terms alone"
    return criticality(value)


def test_the_cycle_next_to_the_point() -> None:
    random = Random(20)
    seen = [check_flow(*hopf_point(random, ("logistic", "logistic"))) for _ in range(2)]
    assert {"supercritical", "subcritical"} == set(seen)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_the_cycle_next_to_many_points(seed: int) -> None:
    """Eight times eight points that are not close to a Bautin point: most of logistic pairs, some of other kinds."""
    random = Random(100 + seed)
    seen: list[str] = []
    while len(seen) < 8:
        kinds = ("logistic", "logistic") if len(seen) < 5 else (random.choice(SMOOTH), random.choice(SMOOTH))
        seen += [found] if (found := check_flow(*hopf_point(random, kinds))) is not None else []


# -- what must not change it --------------------------------------------------------------------------------------


def with_order(pair: Circuit, order: Sequence[int], unit: int = 1, names: str = "EI") -> Circuit:
    return Circuit.from_matrix(
        [[pair.W[i, j] for j in order] for i in order],
        names=list(names),
        tau=[pair.tau[i] * unit for i in order],
        activation=[pair.populations[i].activation for i in order],
        u=[f"u_{k}" for k in names],
    )


@pytest.mark.slow
def test_order_names_and_unit_of_time_do_not_matter() -> None:
    for pair, point in points(8, 5):
        x, w = [float(v) for v in point[:2]], {"w": float(point[2])}
        value = first_lyapunov(pair, x, w)
        assert first_lyapunov(with_order(pair, (1, 0), names="ba"), x[::-1], w) == pytest.approx(value, rel=1e-9)
        assert first_lyapunov(with_order(pair, (0, 1), unit=7), x, w) == pytest.approx(value, rel=1e-9)


def test_height_and_offset_scale_it() -> None:
    """Rates twice as large: distances are twice as large, so l1 is a quarter. An offset of rates changes nothing."""
    plain = Circuit.from_matrix([["w", -10], [12, -2]], names="EI", tau=[1, 2], activation="logistic")
    tall = activation("logistic", height=2, offset=3)
    larger = Circuit.from_matrix([["w", -5], [6, -1]], names="EI", tau=[1, 2], activation=tall)
    w = (1 + (1 + 0.16 * 2) / 2) / 0.1875
    one, other = first_lyapunov(plain, (0.25, 0.2), {"w": w}), first_lyapunov(larger, (-2.5, -2.6), {"w": w / 2})
    assert other == pytest.approx(one / 4, rel=1e-12)


# -- balls, arrays, symbols, refusals -----------------------------------------------------------------------------


def test_balls_contain_the_value_and_prove_the_sign() -> None:
    for pair, point in points(8, 6):
        with precision(200):
            x = [ball_function(sympy.Rational(v))() for v in point[:2]]
            slopes = [ball_function(p.activation.slope_at_rate, X)(v) for p, v in zip(pair.populations, x, strict=True)]
            tau = [ball_function(p.tau)() for p in pair.populations]
            own = ball_function(pair.W[1, 1])()
            w = (1 + tau[0] * (1 - slopes[1] * own) / tau[1]) / slopes[0]
            value = first_lyapunov(pair, x, {"w": w})
        doubles = first_lyapunov(pair, [float(v) for v in point[:2]], {"w": float(point[2])})
        assert value.rel_accuracy_bits() > 100 and float(value) == pytest.approx(doubles, rel=1e-8)
        assert criticality(value) == criticality(doubles)
        wide = first_lyapunov(pair, [v + arb(0, 1e-9) for v in x], {"w": w})
        assert wide.contains(value) or wide.overlaps(value)


def test_balls_that_do_not_decide() -> None:
    pair = Circuit.from_matrix([["w", -10], [10, -2]], names="EI", tau=[1, 1], activation="logistic")
    with pytest.raises(Unsupported, match="too wide"):
        first_lyapunov(pair, (arb("0.02", "0.012"), arb("0.2", "0.05")), {"w": arb(110, 60)})
    assert criticality(arb(0, 1)) is None
    assert criticality(float("nan")) is None


def test_arrays_and_points_that_are_none() -> None:
    pair = Circuit.from_matrix([["w_EE", -10], [10, -2]], names="EI", tau=[1, 1], activation="logistic")
    x = np.linspace(0.02, 1.02, 51)
    with np.errstate(divide="ignore"):
        w = (2 + 0.32) / (x * (1 - x))
    values = first_lyapunov(pair, (x, np.full(51, 0.2)), {"w_EE": w})
    slope = 0.25**2 * 0 + x * (1 - x)
    hopf = (slope * 0.16 * 100 > 1.32**2) & (slope > 0)
    assert hopf.any() and not hopf.all()
    assert (np.isnan(values) == ~hopf).all()
    k = int(np.argmax(hopf))
    assert values[k] == first_lyapunov(pair, (x[k], 0.2), {"w_EE": w[k]})
    off = first_lyapunov(pair, (x, np.full(51, 0.2)), {"w_EE": w + 0.1})
    assert np.isnan(off).all(), "the trace is not 0"


def test_gains_of_logistic_and_tanh_are_polynomials() -> None:
    a, x = symbol("a"), symbol("x_E")
    kinds = [activation("logistic", gain=a), activation("tanh", gain=a)]
    pair = Circuit.from_matrix([["w", -1], [1, 0]], names="EI", tau=[1, 1], activation=kinds)
    logistic, tanh = lyapunov_formula(pair).in_rates
    y = symbol("x_I")
    for got, wanted in zip(
        (*logistic, *tanh),
        (a * x * (1 - x), a * (1 - 2 * x), a**2 * (1 - 6 * x + 6 * x**2), a * (1 - y**2), -2 * a * y,
         a**2 * (6 * y**2 - 2)), strict=True,
    ):  # fmt: skip
        assert sympy.expand(got - wanted) == 0


def test_the_formula_in_latex_is_its_own_code_with_abbreviations() -> None:
    weights = [["w_EE", "-w_EI"], ["w_IE", "-w_II"]]
    latex = lyapunov_formula(Circuit.from_matrix(weights, names="EI", activation="softplus"))._latex()
    assert latex.count("{") == latex.count("}")
    for part in (r"4 \omega \ell_1 &=", r"r_{E} r_{I}", r"\mu_{E} &= \frac{J_{EI}}{J_{EI} - J_{IE}}"):
        assert part in latex
    silent = Circuit.from_matrix([["w_EE", "-w_EI"], ["w_IE", 0]], names="EI", activation="softplus")
    assert "q_{I}" not in lyapunov_formula(silent)._latex(), "cubic terms act through self-weights alone"
    taken = Circuit.from_matrix([["r_E", "-q_E"], ["omega", 0]], names="EI", activation="tanh")
    formula = lyapunov_formula(taken)
    assert not {str(g) for row in formula.gains for g in row} & set(taken.symbols)


def test_a_linear_population_may_stand_beside_a_smooth_one() -> None:
    pair = Circuit.from_matrix([["w", -3], [2, 0]], names="EI", tau=[1, 1], activation=["tanh", "linear"])
    value = first_lyapunov(pair, (0.0, 0.0), {"w": 2.0})
    # s = 1, A = [[1, -3], [2, -1]], omega^2 = 5; only F_E is left: w (1 + omega^2) m_E q_E/4, q_E = -2, m_E = 3/5
    assert value == pytest.approx(2 * 6 * 0.6 * -2 / 4 / sqrt(5), rel=1e-12)


def test_refusals() -> None:
    weights, names = [["w", -10], [10, -2]], "EI"
    relu = Circuit.from_matrix(weights, names=names, tau=[1, 1])
    with pytest.raises(Unsupported, match=r"E has the piecewise-linear activation 'relu'.*limit_cycle"):
        lyapunov_formula(relu)
    linear = Circuit.from_matrix(weights, names=names, tau=[1, 1], activation="linear")
    with pytest.raises(Unsupported, match="the circuit is linear"):
        lyapunov_formula(linear)
    voltage = Circuit.from_matrix(weights, names=names, tau=[1, 1], activation="tanh", form="voltage")
    with pytest.raises(Unsupported, match="voltage form"):
        lyapunov_formula(voltage)
    with pytest.raises(Unsupported, match="that of a pair"):
        lyapunov_formula(Circuit.from_matrix([[0] * 3] * 3, activation="tanh"))
    pair = Circuit.from_matrix(weights, names=names, tau=[1, 1], activation="logistic")
    with pytest.raises(Unsupported, match="no value: w"):
        first_lyapunov(pair, (0.25, 0.2))
    with pytest.raises(Unsupported, match="the trace of the Jacobian is -"):
        first_lyapunov(pair, (0.25, 0.2), {"w": 1.0})
    with pytest.raises(Unsupported, match="not inside the range"):
        first_lyapunov(pair, (1.25, 0.2), {"w": 1.0})
    with pytest.raises(Unsupported, match="the two rates E, I"):
        first_lyapunov(pair, (0.25,), {"w": 1.0})
    weak = Circuit.from_matrix([["w", -1], [1, -2]], names=names, tau=[1, 1], activation="logistic")
    with pytest.raises(Unsupported, match="neutral saddle"):
        first_lyapunov(weak, (0.25, 0.2), {"w": 2.32 * 16 / 3})
