"""Systems and files of other programs that become circuits: what was exported comes back, what is none is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import sympy
from sympy import Abs, Eq, Function, Max, Min, Rational, Symbol, atan, exp, log, pi, sqrt, symbols, tanh

import symgame
from symgame.circuit import Circuit
from symgame.cli import main
from symgame.dynamics import rate_equations
from symgame.errors import ModelError, SymgameError
from symgame.exporting import export
from symgame.importing import from_sympy_system
from symgame.kinds import KINDS, activation
from symgame.notation import symbol
from symgame.ode_files import parse_ode, read_ode

pytestmark = pytest.mark.slow  # of the long ones: run by `python -m pytest -m slow`

x, y, z = symbols("x_E x_I x_S")
w, tau, th, k = symbols("w tau th k")


def pair() -> Circuit:
    values = {"w_EE": "5/2", "w_EI": "5/2", "w_IE": "3/2", "w_II": "7/10", "u_E": "1/2", "u_I": 0}
    return symgame.wilson_cowan().with_values(**values, tau_E=10, tau_I=5)


def kinds() -> list[Circuit]:
    keys = {"gain": 2, "threshold": Rational(1, 4), "height": Rational(3, 2), "offset": Rational(1, 8)}
    keys |= {"cap": Rational(3, 4), "k": 3, "p": 3}
    found = []
    for kind, row in KINDS.items():
        phi = activation(kind, **{key: keys[key] for key in row.defaults})
        rows = [["w", "-1/4", "1/2"], ["1/8", 0, "-1/2"], [2, "-1", "1/16"]]
        made = Circuit.from_matrix(
            rows,
            names=["I", "E", "S"],
            u=["b", "1/4", "-1"],
            tau=["t", 2, 1],
            activation=[phi, "relu", "relu"],
            name=kind,
        )
        found.append(made.with_values(w="-1/2", b="1/8", t=4))
    return found


# -- what went out comes back -----------------------------------------------------------------------------------------


def test_the_pair_comes_back_with_its_names() -> None:
    back = parse_ode(export(pair(), "xppaut"))
    assert back.names == ("E", "I")
    assert back.W == symgame.wilson_cowan().W
    assert [p.tau for p in back.populations] == [symbol("tau_E"), symbol("tau_I")]
    assert dict(back.values) == dict(pair().values)
    assert [e.state for e in symgame.solutions(back).equilibria] == [
        e.state for e in symgame.solutions(pair()).equilibria
    ]


@pytest.mark.parametrize("circuit", kinds(), ids=lambda c: c.name)
def test_every_kind_comes_back(circuit: Circuit) -> None:
    """The equations are the same functions: at fractions, to 40 digits, from SymPy's own evaluation of both."""
    back = parse_ode(export(circuit, "xppaut"))
    assert back.names == circuit.names
    assert [p.activation.kind for p in back.populations][1:] == ["relu", "relu"]
    expected = circuit.name
    assert back.populations[0].activation.kind == expected
    one, other = rate_equations(circuit.fixed()), rate_equations(back.fixed())
    for point in ((1, -2, 3), (Rational(1, 3), Rational(5, 7), -1), (-4, 0, Rational(1, 9)), (40, -30, 20)):
        at = {symbol(f"x_{n}"): sympy.Rational(v) for n, v in zip(circuit.names, point, strict=True)}
        for a, b in zip(one, other, strict=True):
            assert abs(sympy.N((a - b).subs(at), 40, maxn=300)) < 1e-35


@pytest.mark.parametrize("circuit", [c for c in kinds() if all(p.activation.piecewise_linear for p in c.populations)],
                         ids=lambda c: c.name)  # fmt: skip
def test_equilibria_come_back_exactly(circuit: Circuit) -> None:
    back = parse_ode(export(circuit, "xppaut"))
    found = [(e.state, e.stable) for e in symgame.solutions(back).equilibria]
    assert found == [(e.state, e.stable) for e in symgame.solutions(circuit).equilibria] and found


def test_a_symbolic_system_comes_back() -> None:
    circuit = symgame.wilson_cowan()
    rows = dict(zip((symbol("x_E"), symbol("x_I")), rate_equations(circuit), strict=True))
    back = from_sympy_system(rows)
    assert back.W == circuit.W and back.u == circuit.u and back.tau == circuit.tau
    assert back.populations[0].activation == circuit.populations[0].activation


# -- recognition ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("drive", "kind", "parameters"),
    [
        (Max(0, w * x + 1), "relu", {}),
        (3 * Max(0, w * x + 1), "relu", {"gain": 3}),
        (k * Max(w * x, 0), "relu", {"gain": symbol("k")}),
        (sympy.Piecewise((0, w * x <= 1), (2 * w * x - 2, True)), "relu", {"gain": 2}),
        (sympy.Piecewise((w * x, w * x > 0), (0, True)), "relu", {}),
        (sympy.Piecewise(((w * x - 1) ** 2, w * x > 1), (0, True)), "power", {}),
        (sympy.Piecewise((0, w * x <= 0), (w * x, w * x <= 3), (3, True)), "saturating", {"cap": 3}),
        (Max(0, w * x).rewrite(sympy.Piecewise), "relu", {}),
        (Max(w * x + 1, th) - th, "relu", {"threshold": symbol("th")}),
        (Min(Max(w * x, 0), 2), "saturating", {"cap": 2}),
        (Max(Min(w * x, 2), 0), "saturating", {"cap": 2}),
        (2 * Min(Max(w * x, 1), 3) - 2, "saturating", {"gain": 2, "threshold": 1, "cap": 4}),
        (Max(w * x, 1) + Min(w * x, -1), "soft_threshold", {"threshold": 1}),
        (1 / (1 + exp(-w * x + 2)), "logistic", {}),
        (3 / (1 + exp(-w * x)) - 1, "logistic", {"height": 3, "offset": 1}),
        (1 / (1 + exp(-w * x + 2)) - 1 / (1 + exp(2)), "logistic", {"threshold": 2, "offset": "rest"}),
        (tanh(w * x) / 2 + Rational(1, 2), "logistic", {}),
        (tanh(w * x), "tanh", {}),
        (tanh(-w * x), "tanh", {}),
        (tanh(k * (w * x + 1)), "tanh", {"gain": symbol("k")}),
        (1 / (1 + exp(-k * (w * x - th))), "logistic", {"gain": symbol("k")}),
        (Rational(1, 2) - tanh(1 - w * x) / 2, "logistic", {}),
        (log(1 + exp(-Abs(w * x + 1) / 3)) + Max(0, (w * x + 1) / 3), "softplus", {}),
        (k * w * (x + 1) / sqrt(1 + w**2 * (x + 1) ** 2), "algebraic", {"height": symbol("k"), "gain": symbol("w")}),
        (
            Min(Max(w * x, Rational(1, 3)), 2) / 3 - Rational(1, 9),
            "saturating",
            {"gain": Rational(1, 3), "threshold": Rational(1, 3), "cap": Rational(5, 9)},
        ),
        (2 / pi * atan(pi * w * x / 2), "arctan", {}),
        (w * x / sqrt(1 + (w * x) ** 2), "algebraic", {}),
        (5 * (x + y) / sqrt(1 + (x + y) ** 2), "algebraic", {"height": 5}),
        (log(1 + exp(w * x)), "softplus", {}),
        (Max(w * x, 0) + log(1 + exp(-Abs(w * x))), "softplus", {}),
        (4 * Max(0, w * x) ** 2, "power", {"k": 4}),
        (w * y + 3, "linear", {}),
    ],
)
def test_forms(drive: sympy.Expr, kind: str, parameters: dict[str, object]) -> None:
    found = from_sympy_system({x: (-x + drive) / tau, y: -y + Max(0, x)}).populations[0]
    assert found.activation == activation(kind, **parameters)
    assert found.tau == symbol("tau")


def test_equations_of_functions_of_time() -> None:
    t = Symbol("t")
    E, I = Function("E")(t), Function("I")(t)
    found = from_sympy_system([Eq(E.diff(t), (-E + Max(0, w * E - 2 * I)) / 10), Eq(I.diff(t), -I + Max(0, 0.3 * E))])
    assert found.names == ("E", "I")
    assert found.W == sympy.Matrix([[symbol("w"), -2], [Rational(3, 10), 0]])
    assert found.populations[0].tau == 10


def test_what_a_weight_is_divided_by_takes_its_value() -> None:
    found = from_sympy_system({x: (-x + Max(0, w * x / k)) * th}, values={"k": 4, "th": "1/2", "w": 3})
    assert found.W[0] == symbol("w") / 4 and found.populations[0].tau == 2 and dict(found.values) == {"w": 3}
    with pytest.raises(ModelError, match="a polynomial in names"):
        from_sympy_system({x: -x + Max(0, w * x / k)})


@pytest.mark.parametrize(
    ("right", "says"),
    [
        (Max(0, w * x), "there is no leak -x_E/tau"),
        (-x + (1 - x) * tanh(x), "refractory cells of 1972"),
        (-x + y + Max(0, x), "the states meet outside of an activation, in x_I"),
        (-x + x * y, "meet outside of an activation, in x_E\\*x_I"),
        (-(x**2) + 1, "no known form|no leak"),
        (-x + sympy.sin(x), "its drive is of no known form"),
        (-x + tanh(x) + tanh(y), "its drive is of no known form"),
        (-x + 2 * log(1 + exp(x)), "its drive is of no known form"),
        (-x + Max(0, x * y), "not linear in the states"),
        (-x - 2 * Max(0, x), "gain = -2, but it must satisfy gain > 0"),
        (-x + Max(1, x), "its drive is of no known form"),
        (-x + sympy.Piecewise((0, x <= 1), (x, True)), "its drive is of no known form"),
        (-x + sympy.Piecewise((0, x <= 0), (x, x <= 2), (3, True)), "its drive is of no known form"),
        (-x + Max(0, (x + y + 1) ** 9), "a product of more than 8 sums"),
        (x + Max(0, x), "it grows at the rate 1 where a rate model leaks"),
    ],
)
def test_what_is_no_rate_model_is_refused(right: sympy.Expr, says: str) -> None:
    with pytest.raises(SymgameError, match=says):
        from_sympy_system({x: right, y: -y + Max(0, x)})


def test_a_list_that_holds_no_equations_is_refused() -> None:
    with pytest.raises(ModelError, match="is no equation Eq"):
        from_sympy_system([Eq(x, y)])
    with pytest.raises(ModelError, match="no equations"):
        from_sympy_system({})


# -- files ------------------------------------------------------------------------------------------------------------

BOOK = """# the Wilson and Cowan equations as they are often written
par aee=10, aei=6  aie=6
PARAM aii=1.5,ze=.2,zi=4
p taui=2.e0
number half=5e-1
f(u)=1/(1+exp(-u))
! scaled=2*half
drive=aee*u-aei*v-ze
u'=-u+f(drive)
dv/dt=(-v+F(aie*U \\
   -aii*v-zi))/taui
init u=.1,v=.05
v(0)=0.2
aux total=u+v
@ total=40,dt=.05
" a line of the tutorial
done
this is never read
"""


def test_a_file_as_people_write_it() -> None:
    found = parse_ode(BOOK, "book")
    assert found.names == ("u", "v") and found.name == "book"
    aee, aei, aie, aii, ze, zi, taui = map(symbol, "aee aei aie aii ze zi taui".split())
    assert found.W == sympy.Matrix([[aee, -aei], [aie, -aii]])
    assert list(found.u) == [-ze, -zi] and list(found.tau) == [1, taui]
    assert {p.activation.kind for p in found.populations} == {"logistic"}
    assert dict(found.values) == {"aee": 10, "aei": 6, "aie": 6, "aii": Rational(3, 2), "ze": Rational(1, 5), "zi": 4,
                                  "taui": 2}  # fmt: skip


def test_xppaut_agrees_on_the_file(tmp_path: Path) -> None:
    """The engine of XPPAUT on the file itself, and the circuit that was read."""
    import xpplab

    path = tmp_path / "book.ode"
    path.write_text(BOOK)
    model, circuit = xpplab.load(str(path)), read_ode(path).fixed()
    for u, v in ((0.1, 0.2), (-1.5, 2.5), (7.0, -3.0)):
        at = {symbol("x_u"): Rational(str(u)), symbol("x_v"): Rational(str(v))}
        expected = [float(sympy.N(e.subs(at), 30)) for e in rate_equations(circuit)]
        assert model.rhs([u, v]) == pytest.approx(expected, rel=1e-13)


def test_a_file_is_a_model_of_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "pair.ode"
    path.write_text(export(pair(), "xppaut"))
    assert main(["equilibria", str(path)]) == 0
    assert "17/24" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no equation x'="),
        ("par a=1\ndone\nx'=-x", "no equation x'="),
        ("x'=-x+max(0,a*x)", "line 1: 'a' is not defined above"),
        ("par a\nx'=-x+max(0,q*x)", "line 2: 'q' is not defined above"),
        ("par a=1/3\nx'=-x", "line 1: 'a=1/3' is no declaration"),
        ("par a=__import__('os')\nx'=-x", "line 1: .* is no declaration"),
        ("x'=-x+__import__('os').system('true')", "line 1: .* has no meaning in an expression"),
        ("x'=-x+eval(x)", "line 1: the function 'eval' is not read"),
        ("x'=-x+max(0,x", r"line 1: '\)' was expected"),
        ("x'=-x+max(0)", "line 1: max takes 2 arguments, not 1"),
        ("x'=-x+max()", "line 1: '\\)' was not expected"),
        ("x'=-x+", "line 1: the expression ends too early"),
        ("x'=-x)", "line 1: '\\)' was not expected"),
        ("x'=-x+t", "line 1: the equations depend on the time t"),
        ("x'=-x+2^x^2", "line 1: a power of a power"),
        ("x'=-x+max(0,x)^99", "line 1: the exponent 99 is too large"),
        ("x'=-x+1/0", "line 1: a division by 0"),
        ("x'=-x+1e9999*x", "line 1: the number '1e9999' is too long"),
        ("x'=-x\nX'=-x", "line 2: 'X' has a meaning already; case does not count"),
        ("par max=1\nx'=-x", "line 1: 'max' has a meaning already"),
        ("par a=1,a=2\nx'=-x", "line 1: 'a' has a meaning already"),
        ("wiener n\nx'=-x+n", "line 1: 'wiener n' is not of the part of the format that is read"),
        ("x[1..3]'=-x[j]", "line 1: .* is not of the part of the format"),
        ("x(t+1)=x", "line 1: .* is not of the part of the format"),
        ("x'=-x+delay(x,1)", "line 1: the function 'delay' is not read"),
        ("x'=-x+heav(x)", "line 1: the function 'heav' is not read"),
        ("table g g.tab\nx'=-x", "line 1: .* is not of the part of the format"),
        ("#include other.inc\nglobal 1 x {x=0}\nx'=-x", "line 2: .* is not of the part of the format"),
        ("f(a)=f(a)\nx'=-x+f(x)", "line 1: the function 'f' calls itself"),
        ("f(a)=g(a)\ng(a)=f(a)\nx'=-x+f(x)", "the function 'f' calls itself"),
        ("f(a,b)=a\nx'=-x+f(x)", "line 2: f takes 2 arguments, not 1"),
        ("x'=-x+" + "(" * 100 + "x" + ")" * 100, "nested more than 60 deep"),
        ("x'=" + "-" * 200 + "x", "nested more than 60 deep"),
        ("\n".join([f"q{i}=q{i - 1}*q{i - 1}" if i else "q0=x+1" for i in range(60)]) + "\nx'=-x+q59",
         "more than 5000 names"),
        ("\n".join([f"q{i}=exp(q{i - 1})+tanh(q{i - 1})" if i else "q0=x+1" for i in range(60)]) + "\nx'=-x+q59",
         "more than 5000 names"),
        ("f(a)=a+a+a+a+a+a+a+a+a+a\nx'=-x+f(f(f(f(f(x)))))", "more than 5000 names"),
        ("q=x\nx'=-x+Q*q", "meet outside of an activation|not linear|no rate model"),
        ("x'=-x+max(0,x\u00e9)", "has no meaning in an expression"),
        ("det'=-det+max(0,det)", "'det' is a word of the formula vocabulary"),
    ],
)  # fmt: skip
def test_bad_files(text: str, says: str) -> None:
    with pytest.raises(SymgameError, match=says) as caught:
        parse_ode(text)
    assert len(str(caught.value)) < 600


def test_files_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    binary, long = tmp_path / "a.ode", tmp_path / "b.ode"
    binary.write_bytes(b"\xff\xfe\x00x'=-x")
    long.write_text("#" * 300_000)
    for path, says in (
        (binary, "cannot be read"),
        (long, "more than 200000 bytes"),
        (tmp_path / "c.ode", "no such file"),
    ):
        assert main(["equilibria", str(path)]) == 2
        error = capsys.readouterr().err
        assert says in error and error.count("\n") == 1
