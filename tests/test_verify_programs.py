"""What other programs print of the same circuits is verified, row by row, and what they print falsely is caught.

XPPAUT and its AUTO run here, by the engine of xpplab, on the exported circuit; their tables are read as they write
them. SciPy runs here too. Of NashOpt see ``test_verify.py``. The false rows that these programs print are

* AUTO's first row of every branch says unstable, whatever the equilibrium: its eigenvalues are not computed yet;
* AUTO's rows after a failure (MX) are no equilibria: at a kink the branch ends or turns, and it goes on beyond;
* AUTO leaves a branch point for states that are no equilibria, as long as the parameter is not the critical one;
* on a kink, where there is no Jacobian, XPPAUT has the eigenvalues of difference quotients, and may call stable what is
  not;
* ``fsolve`` returns its last point where it fails.

AUTO misses, and no row of a table can show: folds at kinks, and changes of stability there.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xpplab
from scipy.optimize import fsolve

import symgame
from symgame.circuit import Circuit
from symgame.exporting import export
from symgame.named import wilson_cowan
from symgame.verifying import Verification, verify


def pair(**values: object) -> Circuit:
    """Wilson and Cowan's pair with couplings that allow oscillations."""
    given = {"w_EE": "1/2", "w_EI": 4, "w_IE": 4, "w_II": "7/10", "tau_E": 10, "tau_I": 5, "u_E": "1/2", "u_I": 0}
    return wilson_cowan().with_values(**{**given, **values})


def turned() -> Circuit:
    """The same pair, I before E, with other names."""
    rows = [["-7/10", "4"], ["-4", "g"]]
    return Circuit.from_matrix(rows, names=["PV", "PYR"], u=[0, "1/2"], tau=[5, 10], values={"g": "1/2"})


def flip_flop(**values: object) -> Circuit:
    circuit = Circuit.from_matrix([[0, "-a"], ["-a", 0]], names="LR", u=["u", "v"], tau=[1, 1])
    return circuit.with_values(**{"a": 2, "u": 1, "v": 1, **values})


def switch(**values: object) -> Circuit:
    circuit = Circuit.from_matrix([["w"]], names="E", u=["b"], tau=[1], activation="saturating")
    return circuit.with_values(**{"w": 2, "b": "-1/2", "m_E": 2, **values})


@pytest.fixture(autouse=True)
def own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # AUTO writes files beside the current directory


def loaded(circuit: Circuit, **state: float) -> Any:
    path = Path("circuit.ode")
    path.write_text(export(circuit, "xppaut"), encoding="utf-8")
    model = xpplab.load(str(path))
    if state:
        model.set(**{f"X_{name}": value for name, value in state.items()})
    return model


# -- XPPAUT's equilibria ----------------------------------------------------------------------------------------------


def equilibria_of_xppaut(circuit: Circuit) -> Verification:
    """The verdicts on the file that XPPAUT writes of its equilibria: states, and eigenvalues in two columns each."""
    model = loaded(circuit)
    found = model.find_equilibria(guesses=200, box=dict.fromkeys(model.variables, (-1, 3)))
    found.to_csv("equilibria.csv")
    names = {"unstable": "-", **{f"X_{name.upper()}": f"x_{name}" for name in circuit.names}}
    for k in range(1, len(circuit.names) + 1):
        names |= {f"re{k}": f"eig{k}_re", f"im{k}": f"eig{k}_im"}
    return verify(circuit, "equilibria.csv", map=names)


def test_equilibria_and_eigenvalues_of_xppaut() -> None:
    for circuit, many in ((pair(), 1), (flip_flop(), 3), (switch(), 3)):
        found = equilibria_of_xppaut(circuit)
        assert found.summary == {"right": many}, found.results
    spoiled = Path("equilibria.csv").read_text(encoding="utf-8").replace("0.5,1,", "0.51,1,")
    Path("equilibria.csv").write_text(spoiled, encoding="utf-8")
    again = verify(switch(), "equilibria.csv", map={"X_E": "x_E", "unstable": "-", "re1": "eig1_re", "im1": "eig1_im"})
    assert again.summary == {"right": 2, "not an equilibrium": 1}


@pytest.mark.slow
def test_equilibria_of_xppaut_at_random() -> None:
    """Pairs and triples, saturating ones among them: no row is called wrong; off the kinks none is."""
    rng = np.random.default_rng(11)
    rows = 0
    for k in range(30):
        n = 2 + k % 2
        W = [[str(v) for v in row] for row in np.round(rng.normal(0, 1.5, (n, n)), 2)]
        u = [str(v) for v in np.round(rng.normal(0.3, 0.6, n), 2)]
        kinds = ["saturating" if (k + i) % 3 == 0 else "relu" for i in range(n)]
        caps = {f"m_{name}": "3/2" for name, kind in zip("ABC", kinds, strict=False) if kind == "saturating"}
        circuit = Circuit.from_matrix(W, names="ABC"[:n], u=u, tau=[1, 2, 3][:n], activation=kinds).with_values(**caps)
        if not loaded(circuit).find_equilibria(guesses=200):
            continue
        found = equilibria_of_xppaut(circuit)
        assert found.right, (W, u, found.results)
        rows += found.rows
    assert rows >= 20


def test_a_kink_that_xppaut_calls_a_stable_node() -> None:
    """At ``u = 2`` the state (0, 1) has the total input of L on its kink; it is unstable: L up, R down, and so on."""
    circuit = flip_flop(u=2)
    model = loaded(circuit)
    said = model.equilibrium(guess={"X_L": 0.0, "X_R": 1.0})
    assert said.stable and abs(said["X_L"]) < 1e-9  # what XPPAUT says
    values = said.eigenvalues
    row = {"x_L": [0.0], "x_R": [1.0], "eig1_re": [float(values[0].real)], "eig2_re": [float(values[1].real)]}
    (verdict,) = verify(circuit, row).results
    assert verdict.verdict == "boundary" and "no Jacobian" in verdict.worst.note
    (verdict,) = verify(circuit, {"x_L": ["0"], "x_R": ["1"], "type": ["stable node"]}).results
    assert verdict.verdict == "wrong" and "kink" in verdict.worst.true
    model.set(X_L=1e-3, X_R=1.0)
    end = model.run(total=40)
    assert abs(end["X_L"][-1] - 2) < 1e-3  # XPPAUT's own integrator leaves it


# -- AUTO's diagram ---------------------------------------------------------------------------------------------------


def diagram(circuit: Circuit, over: str, ds: float, low: float, high: float, **state: float) -> Any:
    """AUTO's branch of equilibria along a parameter, and in ``diagram.csv`` what it writes of it."""
    settings = {"ds": ds, "dsmax": 0.1, "parmin": low, "parmax": high}
    found = loaded(circuit, **state).auto.equilibria(over, **settings)
    found.to_csv("diagram.csv")
    return found


def rows_of_auto(circuit: Circuit, over: str, path: str = "diagram.csv") -> Verification:
    """The verdicts on every row that AUTO wrote: the parameter, the rates, and whether it is stable."""
    with open(path, encoding="utf-8", newline="") as file:
        names = dict.fromkeys(next(csv.reader(file)), "-")
    names |= {"value": over, "stable": "stable"} | {f"X_{name.upper()}_max": f"x_{name}" for name in circuit.names}
    return verify(circuit, path, map=names)


def failing(found: Verification) -> dict[int, tuple[str, str]]:
    return {r.row: (r.verdict, r.worst.quantity) for r in found.results if not r.verdict.startswith("right")}


FIRST = {1: ("wrong", "stable")}  # of every branch of a stable equilibrium, see above


@pytest.mark.parametrize("circuit", [pair(), turned()], ids=["E before I", "I before E"])
def test_the_hopf_point_of_auto(circuit: Circuit) -> None:
    """AUTO follows the state past 4.4 = 1 + tau_E (1 + w_II)/tau_I; rows, Hopf point, frequency and eigenvalues."""
    over = "w_EE" if "w_EE" in dict(circuit.values) else "g"
    found = diagram(circuit, over, 0.02, 0, 6)
    verdicts = rows_of_auto(circuit, over)
    assert verdicts.rows == len(found) > 40 and failing(verdicts) == FIRST
    (hopf,) = found.special("HB")
    (row,) = verify(circuit, {f"hopf:{over}": [hopf.value]}).results
    assert row.verdict in ("right", *(f"right to {k} digits" for k in range(7, 13))) and row.worst.true == "22/5"
    assert verify(circuit, {f"hopf:{over}": [hopf.value * (1 + 1e-5)]}).results[0].verdict == "wrong"
    later = list(found)[1:]
    table: dict[str, list[float]] = {over: [p.value for p in later]}
    for k in (0, 1):  # the imaginary parts are far below pi, beyond which AUTO folds them
        table |= {f"eig{k + 1}_{part}": [float(getattr(p.eigenvalues[k], name)) for p in later]
                  for part, name in (("re", "real"), ("im", "imag"))}  # fmt: skip
    off = [p.label for p, r in zip(later, verify(circuit, table).results, strict=True) if r.verdict[:5] != "right"]
    assert off in ([], [hopf.label])  # there its real part is 1e-10 and not 0, at a parameter that is not 4.4 either
    table["eig1_re"][5] *= -1
    assert 6 in failing(verify(circuit, table))


@pytest.mark.slow
@pytest.mark.parametrize("w_EE", ["1/2", "5/2", "5"])
@pytest.mark.parametrize(("over", "start"), [("u_E", 5), ("u_I", -1)])
def test_auto_across_kinks(w_EE: str, over: str, start: int) -> None:
    """A branch goes on from piece to piece; every row but the first is right, the changes of stability included."""
    for ds in (0.02, -0.02):
        circuit = pair(w_EE=w_EE, u_I="1/3", **{over: start}) if over == "u_E" else pair(w_EE=w_EE, u_I=start)
        (start_at,) = symgame.solutions(circuit).equilibria  # from rest XPPAUT's Newton method may fail
        found = diagram(circuit, over, ds, -6, 6, **{name: float(x) for name, x in start_at.state.items()})
        verdicts = rows_of_auto(circuit, over)
        stable = start_at.stable
        assert verdicts.rows == len(found) >= 10 and failing(verdicts) == (FIRST if stable else {})
        if w_EE == "5" and over == "u_E" and ds < 0:
            assert len({p.stable for p in found}) == 2 and not found.special()  # AUTO says nothing where it changes


def test_auto_beyond_the_fold_at_a_kink() -> None:
    """Where the saddle meets a stable state on a kink, at ``u = 2``, AUTO goes on, fails, and prints a state there."""
    circuit = flip_flop()
    found = diagram(circuit, "u", 0.02, -1, 4, L=1 / 3, R=1 / 3)
    (failed,) = found.special("MX")
    assert failed.value > 2
    verdicts = rows_of_auto(circuit, "u")
    wrong = failing(verdicts)
    last = len(found)  # which it prints twice; the branch is unstable, so that its first row is right by chance
    assert wrong == dict.fromkeys((last - 1, last), ("not an equilibrium", "x(L), x(R)"))
    assert verdicts.results[-1].worst.true.endswith("0 on (L)")
    (row,) = verify(circuit, {"u": [failed.value], "count": [3]}).results
    assert row.verdict == "wrong" and row.worst.true == "1"


def test_auto_that_does_not_start() -> None:
    """XPPAUT's Newton method fails from rest; AUTO starts there all the same, and prints it twice."""
    circuit = flip_flop(u="1/4")
    diagram(circuit, "u", 0.02, 0, 3)
    verdicts = rows_of_auto(circuit, "u")
    assert verdicts.summary == {"not an equilibrium": 2} and verdicts.results[0].worst.true == "0, 1 on (R)"


def test_auto_stops_at_folds_on_kinks() -> None:
    """What it prints up to there is right; that the fold is at ``b = 0`` and ``u = 2`` it does not say."""
    for circuit, over, start, at, state in (
        (switch(b=-2), "b", (-3, 1), 0.0, {}), (flip_flop(u="1/2"), "u", (-1, 4), 2.0, {"R": 1.0}),
    ):  # fmt: skip
        found = diagram(circuit, over, 0.02, *start, **state)
        assert failing(rows_of_auto(circuit, over)) == FIRST
        (end,) = found.special()
        assert end.type == "MX" and at - 1e-2 < end.value < at


def test_the_branch_point_of_auto() -> None:
    """At ``a = 1`` there is a continuum of equilibria. AUTO has the value to five digits, and states that are none."""
    circuit = flip_flop(a="1/2")
    found = diagram(circuit, "a", 0.02, 0, 3)
    point = found.first("BP")
    assert verify(circuit, {"fold.1:a": [point.value]}).results[0].worst.true == "1"
    assert verify(circuit, {"fold.1:a": [point.value]}).refuted  # it is printed with 16 digits
    assert verify(circuit, {"fold.1:a": [point.value]}, digits=4).right
    rows = list(zip(found, rows_of_auto(circuit, "a").results, strict=True))
    assert all(row.verdict.startswith("right") for p, row in rows[1:] if p.branch == 1)
    seen = set()
    for p, row in rows:
        if abs(p.umax["X_L"] - p.umax["X_R"]) < 1e-9:
            continue  # an asymmetric state is an equilibrium at a = 1 alone
        off = abs(p.value - 1)
        if off > 1e-10:
            assert row.verdict == "not an equilibrium" and "residual" in row.worst.note, (p, row)
        elif off < 2.5e-16:  # 1, or its neighbour among the doubles
            assert row.verdict in ("boundary", "right"), (p, row)
        seen.add((off > 1e-10, row.verdict))
    assert seen >= {(True, "not an equilibrium"), (False, "boundary")}


# -- SciPy where it fails ---------------------------------------------------------------------------------------------


def test_the_last_point_of_fsolve_is_no_equilibrium() -> None:
    """``fsolve`` warns of a failure by its last answer alone; whoever does not look has such a table."""
    W = np.array([[0.0, -2.0], [-2.0, 0.0]])
    table: dict[str, list[float]] = {"u": [], "x_L": [], "x_R": []}
    converged = []
    for u in (0.25, 1.0, 3.0):
        for start in ([0.0, 0.0], [1.0, 1.0]):
            x, _, status, _ = fsolve(lambda x, u=u: x - np.maximum(W @ x + (u, 1), 0), start, full_output=True)
            converged.append(status == 1)
            for name, value in zip(table, (u, *x), strict=True):
                table[name].append(float(value))
    found = verify(flip_flop(), table)
    assert [row.verdict.startswith("right") for row in found.results] == converged
    others = {row.verdict for row, fine in zip(found.results, converged, strict=True) if not fine}
    assert others == {"not an equilibrium"}
    assert not all(converged) and sum(converged) >= 3 and all(map(math.isfinite, table["x_L"]))
