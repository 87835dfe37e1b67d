"""Every exported file is run by what it is written for, and has the equilibria of the circuit to 1e-10.

XPPAUT by the engine of xpplab, PyRates by PyRates, C by gcc, the NumPy module by another Python process, SMT-LIB by z3.
Julia and Mathematica are not run: the first is read by a small reader below, the second by SymPy's reader of
Mathematica, and both have to have the same values.
"""

from __future__ import annotations

import ast
import ctypes
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import product
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np
import pytest
import sympy

import symgame
from symgame.activation import Activation
from symgame.circuit import Circuit
from symgame.cli import main
from symgame.errors import ModelError, Unsupported
from symgame.exporting import FORMATS, export
from symgame.exports import c_function, julia, mathematica, numpy_module, pyrates, xppaut
from symgame.groups import grouped, written_out
from symgame.identifiers import identifiers
from symgame.kinds import KINDS, activation
from symgame.notation import symbol
from symgame.pieces import Piece, X, Z
from symgame.rate_system import rate_system
from symgame.stable_forms import stable_form, stable_slope

pytestmark = pytest.mark.slow  # of the long ones: run by `python -m pytest -m slow`

Rhs = Callable[[np.ndarray], np.ndarray]
COMPILER = os.environ.get("CC", "gcc")


# -- circuits with known equilibria -----------------------------------------------------------------------------------


def pair() -> Circuit:
    values = {"w_EE": "5/2", "w_EI": "5/2", "w_IE": "3/2", "w_II": "7/10", "u_E": "1/2", "u_I": 0}
    return symgame.wilson_cowan().with_values(**values, tau_E=10, tau_I=5)


def flip_flop() -> Circuit:
    """Three equilibria; the inputs are literals."""
    signed = [[0, "-a"], ["-b", 0]]
    circuit = Circuit.from_matrix(signed, names=["L", "R"], u=[1, "1/3 + c"], tau=[1, "t"])
    return circuit.with_values(a=2, b=3, c="2/3", t="1/7")


def saturating() -> Circuit:
    """The inhibitory population first, caps that are reached, a gain and a threshold."""
    one = activation("saturating", cap=symbol("m"), gain=3, threshold=sympy.Rational(1, 4))
    two = activation("saturating", cap=2)
    rows = [["-1", 1], ["-2", 4]]
    circuit = Circuit.from_matrix(
        rows,
        names=["I", "E"],
        types=["inhibitory", "excitatory"],
        u=["-1/2", "-1/2"],
        tau=[2, 1],
        activation=[one, two],
    )
    return circuit.with_values(m=1)


def triple() -> Circuit:
    rows = [["9/8", "-1", "-1/2"], ["3/4", "-1/5", "-1/3"], ["2/3", 0, 0]]
    return Circuit.from_matrix(rows, names=["E", "PV", "SST"], u=["3/2", "1/2", "-1/4"], tau=[20, 10, 15])


def soft() -> Circuit:
    phi = [activation("soft_threshold", threshold=symbol("l"), gain=2), activation("linear", gain="1/2" and 2)]
    rows = [["1/4", "1/8"], ["1/3", "-1/2"]]
    return Circuit.from_matrix(rows, names="ab", u=[-3, 1], tau=[1, 2], activation=phi).with_values(l="1/2")


def voltage() -> Circuit:
    rows = [[0, "-2"], ["-2", 0]]
    return Circuit.from_matrix(rows, names="LR", u=[1, 1], tau=[1, 3], form="voltage")


def single() -> Circuit:
    """One population that excites itself, between rest and its cap."""
    phi = activation("saturating", cap=2)
    return Circuit.from_matrix([["w"]], names="E", u=["-1/2"], tau=["3/2"], activation=phi).with_values(w=2)


PIECEWISE = (pair, flip_flop, saturating, triple, soft, voltage, single)


def logistic() -> Circuit:
    """The default circuit of Neuromatch Academy's tutorial on Wilson and Cowan, phi(0) = 0."""
    phi = [
        activation("logistic", gain=sympy.Rational(6, 5), threshold=sympy.Rational(14, 5), offset="rest"),
        activation("logistic", gain=symbol("a_I"), threshold=4, offset="rest"),
    ]
    rows = [["w_EE", "-4"], [13, "-11"]]
    circuit = Circuit.from_matrix(rows, names="EI", u=[0, 0], tau=[1, 2], activation=phi)
    return circuit.with_values(w_EE=9, a_I=1)


#: Its fixed points, to 20 digits, from tests/oracles' source of the same tutorial.
LOGISTIC = (
    (0.0, 0.0),
    (0.3368524079225212364, 0.16841967591084805546),
    (0.93843047167742820285, 0.67248104331762379103),
)


def states_of(circuit: Circuit) -> list[tuple[float, ...]]:
    """The equilibria of the exported states: rates, or voltages ``W x + u``."""
    if not all(p.activation.piecewise_linear for p in circuit.populations):
        return list(LOGISTIC)
    found = [tuple(e.state.values()) for e in symgame.solutions(circuit).equilibria]
    if circuit.form == "voltage":
        fixed = circuit.fixed()
        rows = [[Fraction(str(w)) for w in row] for row in fixed.entries]
        u = [Fraction(str(p.input)) for p in fixed.populations]
        found = [
            tuple(sum((w * x for w, x in zip(r, e, strict=True)), b) for r, b in zip(rows, u, strict=True))
            for e in found
        ]
    return sorted(tuple(float(x) for x in e) for e in found)


def roots(f: Rhs, n: int) -> list[tuple[float, ...]]:
    """Every root that Newton's method finds from the points of a grid, by the function alone."""
    found: list[tuple[float, ...]] = []
    for start in product(np.linspace(-0.61, 2.21, 15) if n < 3 else np.linspace(-2.1, 2.3, 5), repeat=n):
        x = np.array(start)
        for _ in range(30):
            value = f(x)
            slopes = np.array([(f(x + h) - f(x - h)) / 2e-6 for h in 1e-6 * np.eye(n)]).T
            if np.abs(value).max() < 1e-14 or abs(np.linalg.det(slopes)) < 1e-9:
                break
            x = x - np.linalg.solve(slopes, value)
        if np.abs(f(x)).max() < 1e-13 and all(np.abs(x - y).max() > 1e-6 for y in found):
            found.append(tuple(float(v) for v in x))
    return sorted(found)


def assert_equilibria(f: Rhs, circuit: Circuit) -> None:
    expected = states_of(circuit)
    assert len(expected) >= 1
    found = roots(f, len(circuit.names))
    assert len(found) == len(expected), (found, expected)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


@cache
def truth(circuit: Circuit) -> Rhs:
    """The right-hand side by fifty digits of SymPy, from the circuit's own phi: another road than the exports'."""
    fixed = circuit.fixed()
    n = len(fixed.names)

    def f(x: np.ndarray) -> np.ndarray:
        exact = [sympy.Rational(repr(float(v))) for v in x]
        fire = [p.activation.phi for p in fixed.populations]
        if fixed.form == "voltage":
            r = [phi.subs(Z, v) for phi, v in zip(fire, exact, strict=True)]
            drive = [sum(fixed.W[i, j] * r[j] for j in range(n)) + fixed.u[i] for i in range(n)]
        else:
            drive = [fire[i].subs(Z, sum(fixed.W[i, j] * exact[j] for j in range(n)) + fixed.u[i]) for i in range(n)]
        return np.array(
            [float(sympy.N((d - v) / p.tau, 50)) for d, v, p in zip(drive, exact, fixed.populations, strict=True)]
        )

    return f


POINTS = np.array([[-2.5, 0.75, 1.25], [0.3, 0.2, -0.1], [1.0, -1.5, 40.0], [0.0, 0.0, 0.0], [-900.0, 700.0, -3.0]])


def assert_same_function(f: Rhs, circuit: Circuit) -> None:
    """At points far and near, where a wrong sign, a transposed weight or an overflow shows."""
    right = truth(circuit)
    for point in POINTS[:, : len(circuit.names)]:
        np.testing.assert_allclose(f(point), right(point), rtol=1e-12, atol=1e-12)


@cache
def every_kind() -> list[Circuit]:
    """A pair for every kind of the table, with its parameters other than the defaults where it has them."""
    keys = {
        "gain": 2,
        "threshold": sympy.Rational(1, 3),
        "height": sympy.Rational(3, 2),
        "offset": sympy.Rational(1, 5),
    }
    keys |= {"cap": sympy.Rational(4, 5), "k": 3, "p": 3}
    found = []
    for kind, row in KINDS.items():
        phi = activation(kind, **{key: keys[key] for key in row.defaults})
        rows = [["1/2", "-1/4"], ["1/8", "-1/3"]]
        for form in ("rate", "voltage"):
            circuit = Circuit.from_matrix(
                rows,
                names="EI",
                u=["1/2", "1/5"],
                tau=[1, 2],
                activation=[phi, "relu"],
                form=form,
                name=f"{kind} {form}",
            )
            found.append(circuit)
    return found


# -- the forms that are written ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_stable_forms_are_phi_to_fifty_digits(kind: str) -> None:
    given = {"cap": 2} if kind == "saturating" else {"threshold": 1} if kind == "soft_threshold" else {}
    for phi in (
        activation(kind, **given),
        *(c.populations[0].activation for c in every_kind() if c.name.startswith(kind)),
    ):
        form = stable_form(phi)
        slope = None if phi.piecewise_linear else stable_slope(phi)
        for z in ("-40", "-7/3", "-1/7", "1/9", "5/4", "33"):
            at = {Z: sympy.Rational(z)}
            assert abs(sympy.N(form.subs(at) - phi.phi.subs(at), 50, maxn=300)) < 1e-45
            if slope is not None:
                assert abs(sympy.N(slope.subs(at) - phi.slope.subs(at), 50, maxn=300)) < 1e-45


def test_a_symbol_that_counts_for_nothing(tmp_path: Path) -> None:
    """A threshold of a rate that nobody hears, in the voltage form: compilers complain about unused names."""
    phi = activation("relu", threshold=symbol("th"))
    circuit = Circuit.from_matrix([[0]], names="a", u=[1], tau=[2], activation=phi, form="voltage").with_values(th=1)
    for f in (by_c(circuit, tmp_path), by_xppaut(circuit, tmp_path)[1], by_reading_julia(circuit)):
        assert_same_function(f, circuit)


def test_pieces_that_nobody_foresaw(tmp_path: Path) -> None:
    """Two increasing pieces and a flat one between them, none through 0, with a symbol for a slope."""
    a, one, two, low = symbol("a"), sympy.Integer(1), sympy.Integer(2), sympy.Integer(-1)
    pieces = (
        Piece("negative", -sympy.oo, low, a, a - 3),
        Piece("silent", low, one, sympy.Integer(0), sympy.Integer(-3)),
        Piece("active", one, sympy.oo, two, sympy.Integer(-5)),
    )
    bent = Activation.from_pieces("bent", pieces, {"a": a}, source="-")
    circuit = Circuit.from_matrix([["1/2"]], names="q", u=["1/3"], tau=[1], activation=bent).with_values(a="3/4")
    for f in (by_c(circuit, tmp_path), by_xppaut(circuit, tmp_path)[1], by_reading_julia(circuit)):
        assert_same_function(f, circuit)


def test_a_custom_activation_is_written_or_refused() -> None:
    def custom(phi: sympy.Expr, inverse: sympy.Expr, cost: sympy.Expr) -> Circuit:
        made = Activation.smooth("mine", phi=phi, inverse=inverse, cost=cost, lipschitz=1,
                                 domain=sympy.Interval(-sympy.oo, sympy.oo), source="-")  # fmt: skip
        return Circuit.from_matrix([["1/2"]], names="a", u=[1], tau=[1], activation=made)

    with pytest.raises(Unsupported, match="'mine' is written with asinh"):
        export(custom(sympy.asinh(Z), sympy.sinh(X), sympy.cosh(X) - X**2 / 2), "c")


# -- consumers --------------------------------------------------------------------------------------------------------


@cache
def made(make: Callable[[], Circuit]) -> Circuit:
    """A circuit of this file, made once."""
    return make()


@cache
def compiled(text: str, directory: Path) -> ctypes.CDLL:
    source, library = directory / "rates.c", directory / f"rates{abs(hash(text))}.so"
    source.write_text(text)
    command = [COMPILER, "-std=c99", "-O1", "-Wall", "-Wextra", "-pedantic", "-Werror", "-shared", "-fPIC"]
    subprocess.run([*command, str(source), "-o", str(library), "-lm"], check=True, capture_output=True)
    return ctypes.CDLL(str(library))


def by_c(circuit: Circuit, directory: Path) -> Rhs:
    text = export(circuit, "c")
    library = compiled(text, directory)
    prefix = re.search(r"void (\w+)_rhs\(", text)[1]  # type: ignore[index]
    n = text.count("= state[")
    defaults = getattr(library, f"{prefix}_rhs")

    def f(x: np.ndarray) -> np.ndarray:
        state, rate = (ctypes.c_double * n)(*x), (ctypes.c_double * n)()
        count = text.count("= parameter[")
        values = (ctypes.c_double * count).in_dll(library, f"{prefix}_defaults") if count else None
        defaults(state, values, rate)
        return np.array(rate[:])

    return f


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["relu", "saturating", "soft_threshold", "softplus", "power", "logistic", "tanh"])
def test_a_parameter_without_a_value_shows_in_c(kind: str, tmp_path: Path) -> None:
    """It is NAN in the defaults, and what rests on it is NaN: fmax(0, NAN) would be 0, and a plausible rate."""
    more: dict[str, object] = {"saturating": {"cap": 2}, "soft_threshold": {"threshold": 1}}.get(kind, {})
    phi = activation(kind, **more)
    circuit = Circuit.from_matrix([["w", 0], [1, 0]], names=["P", "V"], u=[1, 1], tau=[1, 1], activation=[phi, phi])
    first, second = by_c(circuit, tmp_path)(np.array([0.5, 0.25]))
    assert np.isnan(first) and np.isfinite(second)  # the second rate does not rest on w


def by_xppaut(circuit: Circuit, directory: Path) -> tuple[Any, Rhs]:
    import xpplab

    path = directory / "circuit.ode"
    path.write_text(export(circuit, "xppaut"))
    model = xpplab.load(str(path))
    return model, lambda x: model.rhs([float(v) for v in x])


def by_pyrates(circuit: Circuit, directory: Path, monkeypatch: pytest.MonkeyPatch) -> Rhs:
    from pyrates import CircuitTemplate, clear_frontend_caches

    clear_frontend_caches()
    (directory / "template.yaml").write_text(export(circuit, "pyrates"))
    monkeypatch.chdir(directory)  # it reads and writes beside the current directory
    template = CircuitTemplate.from_yaml("template/circuit")
    f, args, _, places = template.get_run_func(
        "rates", 1e-3, backend="default", solver="euler", vectorize=False, float_precision="float64", verbose=False
    )
    order = [k for _, k in sorted((str(name), np.ravel(k)[0]) for name, k in places.items())]
    names = sorted(places)
    said = [re.search(r"node_(\w+)/", name)[1] for name in names]  # type: ignore[index]
    assert sorted(said) == sorted(circuit.names)
    where = [order[said.index(name)] for name in circuit.names]

    def rates(x: np.ndarray) -> np.ndarray:
        y = np.zeros(len(where))
        y[where] = x
        return np.array(f(0.0, y, np.zeros(len(where)), *args[3:]))[where].copy()

    return rates


_JULIA = {"max": max, "min": min, "abs": abs, "exp": np.exp, "log": np.log, "tanh": np.tanh, "atan": np.arctan,
          "sqrt": np.sqrt, "pi": np.pi, "__builtins__": {}}  # fmt: skip


def by_reading_julia(circuit: Circuit) -> Rhs:
    """A reader of the few statements that the file may have; anything else is an error."""
    parameters: dict[str, float] = {}
    states: list[str] = []
    helps: list[tuple[str, CodeType]] = []
    rights: dict[str, CodeType] = {}
    block = ""
    for line in export(circuit, "julia").splitlines():
        if m := re.fullmatch(r"@(parameters|variables) begin", line):
            block = m[1]
        elif line == "end":
            block = ""
        elif block == "parameters" and (m := re.fullmatch(r"    (\w+) = (\S+)", line)):
            parameters[m[1]] = float(m[2])
        elif block == "variables" and (m := re.fullmatch(r"    (\w+)\(t\) = 0\.0", line)):
            states.append(m[1])
        elif m := re.fullmatch(r"(\w+) = ([-+*/^(), .\w]+)", line):
            helps.append((m[1], compile(m[2].replace("^", "**"), "julia", "eval")))
        elif m := re.fullmatch(r"    D\((\w+)\) ~ ([-+*/^(), .\w]+),", line):
            rights[m[1]] = compile(m[2].replace("^", "**"), "julia", "eval")
        else:
            assert line in ("eqs = [", "]", "@named circuit = System(eqs, t)", "using ModelingToolkit", "") or re.match(
                r"using ModelingToolkit: t_nounits as t, D_nounits as D$|# ", line
            ), line
    assert list(rights) == states

    def f(x: np.ndarray) -> np.ndarray:
        known = {**_JULIA, **parameters, **{s: float(v) for s, v in zip(states, x, strict=True)}}
        for name, text in helps:
            known[name] = eval(text, known)
        return np.array([eval(rights[s], known) for s in states])

    return f


_MATHEMATICA = ("parameters", "states", "helps", "steady", "equations", "t")


def by_reading_mathematica(circuit: Circuit) -> Rhs:
    from sympy.parsing.mathematica import parse_mathematica

    # bare words such as gamma are functions to SymPy's reader, though not to Mathematica: every name gets a mark
    text = re.sub(r"\b[a-z]\w*", lambda m: m[0] if m[0] in _MATHEMATICA else f"v{m[0]}", export(circuit, "mathematica"))
    lists = dict(re.findall(r"^(\w+) = \{\n?(.*?)\n?\}", text, re.DOTALL | re.MULTILINE))
    assert list(lists) == ["parameters", "states", "helps", "steady"]
    assert text.endswith("equations = Thread[Map[#'[t] &, states] == (steady /. Map[# -> #[t] &, states])];\n")

    def rules(name: str) -> dict[sympy.Expr, sympy.Expr]:
        rows = [row.strip().split(" -> ") for row in lists[name].split(",\n") if row.strip()]
        return {parse_mathematica(a): parse_mathematica(b) for a, b in rows}

    parameters, helps = rules("parameters"), rules("helps")
    states = [parse_mathematica(s) for s in lists["states"].split(", ")]
    steady = [parse_mathematica(row.strip()) for row in lists["steady"].split(",\n")]
    ready = [e.subs(helps).subs(parameters) for e in steady]
    numeric = sympy.lambdify(states, ready, "math")
    return lambda x: np.array(numeric(*(float(v) for v in x)))


@pytest.mark.parametrize("make", [*PIECEWISE, logistic])
@pytest.mark.parametrize("by", [by_c, by_reading_julia, by_reading_mathematica])
def test_the_equilibria(make: Callable[[], Circuit], by: Callable[..., Rhs], tmp_path: Path) -> None:
    circuit = made(make)
    f = by(circuit, tmp_path) if by is by_c else by(circuit)
    assert_equilibria(f, circuit)
    if by is not by_reading_mathematica:
        assert_same_function(f, circuit)


@pytest.mark.parametrize("make", [*PIECEWISE, logistic])
def test_xppaut_finds_the_equilibria(make: Callable[[], Circuit], tmp_path: Path) -> None:
    circuit = made(make)
    model, f = by_xppaut(circuit, tmp_path)
    assert_same_function(f, circuit)
    box = dict.fromkeys(model.variables, (-3.0, 3.0))
    rough = model.find_equilibria(400, box)  # to XPPAUT's own tolerance; then each again, from where it stopped
    found = sorted(tuple(model.equilibrium(model.equilibrium(e.values).values).values.values()) for e in rough)
    expected = states_of(circuit)
    assert len(found) == len(expected)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


@pytest.mark.parametrize("make", [*PIECEWISE, logistic])
def test_pyrates_has_the_equilibria(
    make: Callable[[], Circuit], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    circuit = made(make)
    f = by_pyrates(circuit, tmp_path, monkeypatch)
    assert_same_function(f, circuit)
    assert_equilibria(f, circuit)


_DRIVER = """
import importlib.util, json, sys
import numpy as np
answers = []
for path in sys.argv[2:]:
    spec = importlib.util.spec_from_file_location("exported", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    points = np.array(json.loads(sys.argv[1]))[:, :len(module.STATES)]
    step = 1e-6*np.eye(len(module.STATES))
    slopes = (module.rhs(points[:, None, :] + step) - module.rhs(points[:, None, :] - step))/2e-6
    found = None if module.LEFT_OUT else module.equilibria()
    rows = [module.rhs(points), module.jacobian(points), np.moveaxis(slopes, -1, -2)]
    answers.append({"equilibria": found, "rows": [row.tolist() for row in rows]})
print(json.dumps(answers))
"""


def test_the_numpy_module_in_a_process_of_its_own(tmp_path: Path) -> None:
    circuits = [*(made(make) for make in PIECEWISE), made(logistic), *every_kind()]
    paths = [tmp_path / f"m{k}.py" for k in range(len(circuits))]
    for path, circuit in zip(paths, circuits, strict=True):
        path.write_text(export(circuit, "numpy"))
    points = POINTS[:3] + 0.0123  # off every kink
    command = [sys.executable, "-I", "-W", "error", "-c", _DRIVER, json.dumps(points.tolist()), *map(str, paths)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    for circuit, answer in zip(circuits, json.loads(ran.stdout), strict=True):
        n = len(circuit.names)
        rates, jacobian, slopes = (np.array(row) for row in answer["rows"])
        right = truth(circuit)
        np.testing.assert_allclose(rates, [right(p) for p in points[:, :n]], rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(jacobian, slopes, rtol=1e-4, atol=1e-4)
        linear = all(p.activation.piecewise_linear for p in circuit.populations)
        assert (answer["equilibria"] is None) == (not linear)
        if linear:
            exact = {e.branch: e.state for e in symgame.solutions(circuit).equilibria}
            assert set(answer["equilibria"]) == set(exact)
            for branch, state in exact.items():
                np.testing.assert_allclose(answer["equilibria"][branch], [float(v) for v in state.values()], atol=1e-10)


def test_branches_of_the_numpy_module_are_exact_for_fractions() -> None:
    module: dict[str, Any] = {}
    exec(export(symgame.wilson_cowan(), "numpy"), module)
    names = {"w_EE": Fraction(5, 2), "w_EI": Fraction(5, 2), "w_IE": Fraction(3, 2), "w_II": Fraction(7, 10)}
    names |= {"u_E": Fraction(1, 2), "u_I": Fraction(0), "tau_E": 10, "tau_I": 5}
    assert module["equilibria"](**names) == {"E,I": (Fraction(17, 24), Fraction(5, 8))}
    with pytest.raises(TypeError, match="no value: w_EE"):
        module["rhs"]([0.0, 0.0])
    with pytest.raises(TypeError, match="no parameter is called 'w_EX'"):
        module["rhs"]([0.0, 0.0], w_EX=1)


@pytest.mark.parametrize("make", PIECEWISE)
def test_z3_finds_exactly_the_equilibria(make: Callable[[], Circuit]) -> None:
    import z3

    circuit = made(make)
    solver = z3.SolverFor("QF_NRA")
    solver.add(z3.parse_smt2_string(export(circuit, "smtlib")))
    rates = [z3.Real(f"x_{name}") for name in circuit.names]
    found = set()
    while solver.check() == z3.sat:
        model = solver.model()
        state = tuple(model[x].as_fraction() for x in rates)
        found.add(state)
        solver.add(z3.Or(*(x != v for x, v in zip(rates, state, strict=True))))
        assert len(found) < 20
    assert solver.check() == z3.unsat
    assert found == {tuple(e.state.values()) for e in symgame.solutions(circuit).equilibria}


@pytest.mark.parametrize(("kind", "point"), [("algebraic", "3/5"), ("power", "1/4")])
def test_smooth_kinds_that_polynomials_describe(kind: str, point: str) -> None:
    """``x = 3/5`` at ``z = 3/4``, and ``x = 1/4`` at ``z = 1/2``: z3 finds these points and no other."""
    import z3

    u = sympy.Rational("3/4") if kind == "algebraic" else sympy.Rational("1/2")
    circuit = Circuit.from_matrix([["w"]], names="a", u=[u], tau=[1], activation=activation(kind)).with_values(w=0)
    solver = z3.SolverFor("QF_NRA")
    solver.add(z3.parse_smt2_string(export(circuit, "smtlib")))
    assert solver.check() == z3.sat
    assert str(solver.model()[z3.Real("x_a")].as_fraction()) == point
    solver.add(z3.Real("x_a") != z3.Q(*map(int, point.split("/"))))
    assert solver.check() == z3.unsat


def test_kinds_that_no_polynomial_describes_are_refused_by_smtlib() -> None:
    with pytest.raises(Unsupported, match="E has the activation 'logistic', which no polynomials describe"):
        export(made(logistic), "smtlib")


@pytest.mark.parametrize("circuit", every_kind(), ids=lambda c: c.name)
def test_every_kind_in_both_forms(circuit: Circuit, tmp_path: Path) -> None:
    assert_same_function(by_c(circuit, tmp_path), circuit)
    assert_same_function(by_xppaut(circuit, tmp_path)[1], circuit)
    assert_same_function(by_reading_julia(circuit), circuit)


@pytest.mark.parametrize("circuit", every_kind(), ids=lambda c: c.name)
def test_every_kind_in_pyrates(circuit: Circuit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert_same_function(by_pyrates(circuit, tmp_path, monkeypatch), circuit)


def test_a_symbolic_exponent(tmp_path: Path) -> None:
    phi = activation("power", p=symbol("p"), k=symbol("k"))
    circuit = Circuit.from_matrix([["1/2"]], names="a", u=["1/3"], tau=[1], activation=phi).with_values(p="5/2", k=2)
    for f in (by_c(circuit, tmp_path), by_xppaut(circuit, tmp_path)[1], by_reading_julia(circuit)):
        assert_same_function(f, circuit)


def test_a_pair_that_xppaut_continues(tmp_path: Path) -> None:
    """AUTO follows the equilibrium of the logistic pair in w_EE, which is a parameter of the file."""
    model, _ = by_xppaut(made(logistic), tmp_path)
    assert dict(model.parameters) == {"w_EE": 9.0, "a_I": 1.0}
    swept = model.equilibrium_sweep("w_EE", [9.0, 6.0], guess=dict(zip(model.variables, LOGISTIC[2], strict=True)))
    assert swept["w_EE"][0] == 9.0


def test_a_large_circuit_is_not_cut_off_by_xppaut(tmp_path: Path) -> None:
    """XPPAUT drops what stands beyond 1024 characters of a formula and says nothing."""
    n = 45
    rng = np.random.default_rng(1)
    W = rng.normal(size=(n, n)) / n
    circuit = Circuit.from_matrix(W, u=rng.normal(size=n), tau=[1] * n)
    text = export(circuit, "xppaut")
    assert max(map(len, text.splitlines())) < 600
    x = rng.normal(size=n)
    u = np.array([float(p.input) for p in circuit.populations])
    expected = -x + np.maximum(0, W @ x + u)
    np.testing.assert_allclose(by_xppaut(circuit, tmp_path)[1](x), expected, rtol=0, atol=1e-13)
    np.testing.assert_allclose(by_c(circuit, tmp_path)(x), expected, rtol=0, atol=1e-13)
    module: dict[str, Any] = {}
    exec(export(circuit, "numpy"), module)
    np.testing.assert_allclose(module["rhs"](x), expected, rtol=0, atol=1e-13)
    assert module["LEFT_OUT"].endswith("too long to write out")


# -- names ------------------------------------------------------------------------------------------------------------

HOSTILE = ["for", "lambda", "double", "E", "e", "I", "é", "Э", "w_aVeryLongNameIndeed", "w_aVeryLongNameIndeee", "np"]


@cache
def hostile() -> Circuit:
    """Names that are words of some language, differ in case alone, or in what a short name has no room for."""
    n = len(HOSTILE)
    symbols = iter(["int", "D", "gamma", "beta", "null", "If", "N", "w_E", "W_E", "pi", "done", "Max", "κ", "np_"])
    rows = [[0] * n for _ in range(n)]
    for k, s in enumerate(symbols):
        rows[k % n][(3 * k + 1 + k // n) % n] = s if k % 2 else f"-{s}"
    title = 'x"""\nimport os; os.system("true") */ *) #{\n\\ "; done\u2028par z=1'
    circuit = Circuit.from_matrix(
        rows, names=HOSTILE, u=["t"] + ["1/2"] * (n - 1), tau=["dt", *[1] * (n - 1)], name=title
    )
    values = {s: Fraction(k + 2, 7) for k, s in enumerate(circuit.symbols)}
    return circuit.with_values(**values)


def test_hostile_names_in_every_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    circuit = hostile()
    x = np.linspace(-1.0, 2.0, len(HOSTILE))
    fixed = circuit.fixed()
    W = np.array(fixed.W.tolist(), dtype=float)
    u = np.array([float(p.input) for p in fixed.populations])
    expected = (-x + np.maximum(0, W @ x + u)) / [float(p.tau) for p in fixed.populations]
    module: dict[str, Any] = {}
    tree = ast.parse(export(circuit, "numpy"))
    assert [ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)] == [
        "import numpy as np"
    ]
    exec(compile(tree, "exported", "exec"), module)
    assert set(module["PARAMETERS"]) == set(circuit.symbols)
    for f in (
        by_c(circuit, tmp_path),
        by_xppaut(circuit, tmp_path)[1],
        by_reading_julia(circuit),
        by_reading_mathematica(circuit),
        module["rhs"],
    ):
        np.testing.assert_allclose(f(x), expected, rtol=1e-13)


def test_hostile_names_in_pyrates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    circuit = hostile()
    text = export(circuit, "pyrates")
    from pyrates import CircuitTemplate, clear_frontend_caches

    clear_frontend_caches()
    (tmp_path / "template.yaml").write_text(text)
    monkeypatch.chdir(tmp_path)
    template = CircuitTemplate.from_yaml("template/circuit")
    f, args, _, places = template.get_run_func(
        "rates", 1e-3, backend="default", solver="euler", vectorize=False, float_precision="float64", verbose=False
    )
    of = dict(zip(circuit.names, re.findall(r"^op_(\w+):", text, re.MULTILINE), strict=True))
    where = [int(np.ravel(next(k for name, k in places.items() if f"op_{of[p]}/" in name))[0]) for p in circuit.names]
    x = np.linspace(-1.0, 2.0, len(where))
    y = np.zeros(len(where))
    y[where] = x
    found = np.array(f(0.0, y, np.zeros(len(where)), *args[3:]))[where]
    np.testing.assert_allclose(found, by_c(circuit, tmp_path)(x), rtol=1e-12)


@pytest.mark.parametrize("form", [f for f in FORMATS if f != "bibtex"])
def test_files_are_plain_text(form: str) -> None:
    """ASCII; nothing of the title but letters, digits and code points; the same under every call."""
    text = export(hostile(), form)
    assert set(text) - {"\n"} <= set(map(chr, range(32, 127))) and text.endswith("\n")
    assert text == export(hostile(), form)
    assert "system(" not in text and "*/" not in text and "\npar z=1" not in text
    said = [line for line in text.splitlines() if "import os" in line]
    assert [line.partition("x[U+0022]")[2][:60] for line in said] == [
        "[U+0022][U+0022] import os; os.system[U+0028][U+0022]true[U+0022][U+0029] "[:60]
    ]
    beginning = {
        "xppaut": "#",
        "numpy": '"""',
        "c": "//",
        "julia": "#",
        "mathematica": "(*",
        "pyrates": "%YAML",
        "smtlib": ";",
    }
    assert text.startswith(beginning[form])


def test_no_two_names_meet() -> None:
    """What is changed never takes the place of another name, whatever the language makes of either."""
    names = [
        "gain",
        "p_gain",
        "wEE",
        "w_EE",
        "W_EE",
        "for",
        "for2",
        "count_ops",
        "aVeryLongName",
        "aVeryLongNames",
        "é",
        "n_uE9_",
    ]
    for rules in (c_function.RULES, julia.RULES, mathematica.RULES, numpy_module.RULES, pyrates.RULES, xppaut.RULES):
        said = identifiers(names, rules)
        assert len({rules.key(word) for word in said.values()}) == len(names)
        assert not {rules.key(word) for word in said.values()} & {rules.key(word) for word in rules.reserved}
        assert all(
            re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", word) and len(word) <= rules.longest for word in said.values()
        )
    assert identifiers(names, pyrates.RULES)["gain"] == "p_gain2"
    assert not {*identifiers(names, pyrates.RULES).values()} & {*dir(sympy)}


def test_the_map_of_names_is_in_the_head() -> None:
    circuit = Circuit.from_matrix([["w_aVeryLongName"]], names="a").with_values(w_aVeryLongName=0)
    assert "# w_aVeryLo stands for w_aVeryLongName" in export(circuit, "xppaut").splitlines()
    assert "(* wEE stands for w_EE *)" in export(pair(), "mathematica").splitlines()


# -- what is not a number ---------------------------------------------------------------------------------------------


def test_symbols_without_values_are_parameters() -> None:
    pair_ = symgame.wilson_cowan().with_values(w_EE=2)
    assert "    NAN," in export(pair_, "c").splitlines()
    assert "# no value in the circuit, 1 stands for it: w_EI, w_IE, w_II, tau_E, tau_I, u_E, u_I" in export(
        pair_, "xppaut"
    )
    assert "    w_EI\n" in export(pair_, "julia")
    assert "wEI ->" not in export(pair_, "mathematica")
    assert '    "w_EI": None,' in export(pair_, "numpy")
    assert "(declare-const w_EI Real)" in export(pair_, "smtlib")


def test_values_that_are_formulas_are_put_in() -> None:
    circuit = symgame.wilson_cowan().with_values(w_IE="2*w_EE", w_EE=3, u_I="u_E")
    text = export(circuit, "xppaut")
    assert "par w_EE=3.0" in text and "par w_IE=6.0" in text
    assert "z_I=w_IE*x_E - w_II*x_I + u_E" in text


def test_copies_are_written_out_or_refused() -> None:
    circuit = symgame.load("lateral-inhibition")
    with pytest.raises(Unsupported, match="whole numbers for k, n"):
        export(circuit, "c")


def test_copies_with_numbers_are_populations(tmp_path: Path) -> None:
    """Four units that inhibit one another: eight equations, as the circuit with every copy written out has them."""
    one = Circuit.from_matrix([["1/2", "-1", 0, "-1/4"], [1, 0, 0, 0], [0, "-1/4", "1/2", "-1"], [0, 0, 1, 0]],
                              names=["E", "I", "F", "J"], u=[1, 0, 1, 0], tau=[2, 1, 2, 1])  # fmt: skip
    circuit = grouped(one, [["E", "I"], ["F", "J"]], [2, 2])
    full = written_out(circuit)
    assert len(full.names) == 8 and len(circuit.names) == 4
    W = np.array(full.W.tolist(), dtype=float)
    u, tau = (np.array([float(v) for v in vector]) for vector in (full.u, full.tau))
    x = np.linspace(-0.3, 2.0, 8)
    np.testing.assert_allclose(by_c(circuit, tmp_path)(x), (-x + np.maximum(0, W @ x + u)) / tau, atol=1e-14)


def test_a_number_that_is_no_double_is_refused() -> None:
    circuit = Circuit.from_matrix([[0]], names="a", u=[10**400], tau=[1])
    with pytest.raises(Unsupported, match="out of the range of doubles"):
        export(circuit, "c")
    assert f"{10**400}" in export(circuit, "mathematica")


# -- the verb ---------------------------------------------------------------------------------------------------------


def test_the_verb_writes_a_whole_file_or_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "deep" / "pair.ode"
    assert main(["export", "wilson-cowan", "--to", "xppaut", "--set", "w_EE=5/2", "--out", str(out)]) == 0
    assert main(["export", "wilson-cowan", "--to", "xppaut", "--set", "w_EE=5/2"]) == 0
    assert capsys.readouterr().out == out.read_text()
    assert [p.name for p in out.parent.iterdir()] == ["pair.ode"]


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (["wilson-cowan", "--to", "fortran"], 2, "'fortran' is not one of"),
        (["no-such", "--to", "c"], 2, "neither a built-in circuit nor a file"),
        (["wilson-cowan"], 2, "--to"),
        (["wilson-cowan", "--to", "c", "--set", "q=1"], 2, "no symbol 'q'"),
        (["lateral-inhibition", "--to", "c"], 3, "whole numbers for k, n"),
    ],
)
def test_mistakes_are_one_line(
    arguments: list[str], status: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", *arguments]) == status
    error = capsys.readouterr().err
    assert says in error and error.count("\n") == 1


def test_an_unknown_format() -> None:
    with pytest.raises(ModelError, match="no format 'julai'; did you mean 'julia'"):
        export(pair(), "julai")


def test_the_bytes_do_not_depend_on_the_hash_seed() -> None:
    code = (
        "import sys, json; sys.path.insert(0, 'tests'); import test_export as t\n"
        "print(json.dumps([t.export(c(), f) for c in (t.hostile, t.saturating) for f in t.FORMATS if f != 'bibtex']))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).resolve().parents[1],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    here = [export(made(c), f) for c in (hostile, saturating) for f in FORMATS if f != "bibtex"]
    assert json.loads(ran.stdout) == here


# -- BibTeX -----------------------------------------------------------------------------------------------------------


def test_bibtex_holds_what_the_report_cites() -> None:
    circuit = Circuit.from_matrix([[0, "-a"], ["-a", 0]], names="LR", u=[1, 1], tau=[1, 1], assume=["a > 0"])
    text = export(circuit, "bibtex")
    keys = re.findall(r"^@(\w+)\{(\w+),$", text, re.MULTILINE)
    from symgame.article import article, sources
    from symgame.derivation import derive

    assert [key for _, key in keys] == [s.key for s in article(derive(circuit)).sources]
    assert ("misc", "Betteti2025") in keys and ("article", "Rosen1965") in keys
    assert text.isascii() and {k for _, k in keys} <= set(sources())
    assert "  title = {{Competition, stability, and functionality in excitatory-inhibitory neural circuits}}," in text


def test_every_source_has_its_fields() -> None:
    from symgame.article import sources
    from symgame.exports import bibtex

    for s in sources().values():
        entry = bibtex.text([(s.key, s.text, s.url)])
        assert re.match(r"@(article|misc)\{\w+,\n  author = \{\S.*\},\n  title = \{\{\w.{8,}\}\},\n", entry), entry
        assert entry.count("{") == entry.count("}")
        assert re.search(r"  year = \{\d{4}\},", entry), entry


def test_the_system_keeps_the_order_of_the_circuit() -> None:
    found = rate_system(saturating())
    assert found.states == ("x_I", "x_E")
    assert [e.population for e in found.equations] == ["I", "E"]
