"""Tables about circuits with smooth activations: published rates, ten kinds of seeded errors, roundings, other kinds.

The second road is the published numbers, SciPy's ``fsolve`` and ``eigvals`` in doubles, and closed forms: the inverse
map ``u = phi^{-1}(x) - W x``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import fsolve

import symgame
from symgame import Circuit
from symgame.cli import main
from symgame.errors import SymgameError, Unsupported
from symgame.kinds import KINDS, activation
from symgame.notation import symbol
from symgame.trajectories import verify_trajectory
from symgame.verifying import Row, Verification, verify

ORACLES = Path(__file__).parent / "oracles"
KEYS = {"w_EE": "wEE", "w_EI": "wEI", "w_IE": "wIE", "w_II": "wII", "tau_E": "tauE", "tau_I": "tauI", "u_E": "uE",
        "u_I": "uI", "a_E": "aE", "a_I": "aI", "theta_E": "thE", "theta_I": "thI"}  # fmt: skip
Cells = dict[str, Any]


def pair(offset: object = 0, order: str = "EI", kinds: tuple[str, str] = ("logistic", "logistic")) -> Circuit:
    """The pair with a symbol for everything, gains and thresholds too; I may come before E."""
    signs = {"E": "", "I": "-"}
    phi = {
        n: activation(kind, gain=symbol(f"a_{n}"), threshold=symbol(f"theta_{n}"), offset=offset)
        if kind == "logistic"
        else activation(kind)
        for n, kind in zip("EI", kinds, strict=True)
    }
    return Circuit.from_matrix(
        [[f"{signs[b]}w_{a}{b}" for b in order] for a in order],
        names=order,
        u=[f"u_{n}" for n in order],
        tau=[f"tau_{n}" for n in order],
        activation=[phi[n] for n in order],
    )


def published(shift: bool) -> list[Cells]:
    """One row for every published equilibrium without refractory factor: parameters as they are, claims in full."""
    models = json.loads((ORACLES / "wilson_cowan_sigmoid.json").read_text(encoding="utf-8"))
    rows = []
    for model in models:
        p = model["params"]
        if p["rE"] or p["rI"] or p["shift"] is not shift:
            continue
        for point in model["fixed_points"]:
            values = [complex(float(v["re"]), float(v["im"])) for v in point["eigenvalues"]]
            row: Cells = {name: str(p[key]) for name, key in KEYS.items()}
            row |= {"x_E": point["x_E"], "x_I": point["x_I"], "stable": str(point["stable"]).lower()}
            row |= {"type": point["type"], "count": str(model["n_fixed_points"]), "trace": point["trace"]}
            row["eigenvalues"] = ";".join(f"{v.real!r}{v.imag:+.17g}i" for v in values)
            row["curvature(E) > 0"] = str("non-ISN" in point["local_regime"]).lower()
            rows.append(row)
    return rows


def table(rows: list[Cells]) -> dict[str, list[Any]]:
    return {key: [row[key] for row in rows] for key in rows[0]}


def verdicts(found: Verification) -> list[str]:
    return [row.verdict for row in found.results]


def one(circuit: Circuit, **cells: Any) -> Row:
    (row,) = verify(circuit, {k: [v] for k, v in cells.items()}).results
    return row


# -- published equilibria ---------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("order", ["EI", "IE"])
def test_every_published_equilibrium_is_right(order: str) -> None:
    for shift, many in ((True, 10), (False, 4)):
        rows = published(shift)
        found = verify(pair("rest" if shift else 0, order), table(rows))
        assert len(rows) == many and found.summary == {"right": many}, [(r.row, r.worst) for r in found.results]


def test_published_rows_without_an_offset_are_right_and_false_words_are_not() -> None:
    rows = published(False)
    flipped = [row | {"stable": "false" if row["stable"] == "true" else "true"} for row in rows]
    found = verify(pair(), table(rows + flipped))
    assert verdicts(found) == ["right"] * len(rows) + ["wrong"] * len(rows)
    assert {r.worst.quantity for r in found.results[len(rows) :]} == {"stable"}


def changed(row: Cells, **cells: Any) -> Cells:
    return row | cells


def rounded_to(text: str, digits: int) -> str:
    return f"{float(text):#.{digits}g}"


def negated(text: str) -> str:
    return text.removeprefix("-") if text.startswith("-") else f"-{text}"


def turned(row: Cells) -> Cells:
    """The eigenvalues with the signs of their real parts turned."""
    values = [complex(v.replace("i", "j")) for v in row["eigenvalues"].split(";")]
    return row | {"eigenvalues": ";".join(f"{-v.real!r}{v.imag:+.17g}i" for v in values)}


TYPES = {"stable focus": "stable node", "unstable focus": "saddle", "saddle": "unstable node", "stable node": "saddle"}
#: Ten kinds of errors: what becomes of a row, the verdict, and the quantity that it is on.
ERRORS: dict[str, tuple[Callable[[Cells, Cells], Cells], str, str]] = {
    "sign": (lambda r, o: changed(r, x_E=negated(r["x_E"])), "not an equilibrium", "x(E), x(I)"),
    "swapped": (lambda r, o: changed(r, x_E=r["x_I"], x_I=r["x_E"]), "not an equilibrium", "x(E), x(I)"),
    "wrong branch": (lambda r, o: changed(r, **{k: o[k] for k in ("eigenvalues", "trace")}), "other branch", "trace"),
    "rounded": (
        lambda r, o: changed(r, x_E=rounded_to(r["x_E"], 3), x_I=rounded_to(r["x_I"], 3)),
        "right to 3 digits",
        "x(E), x(I)",
    ),
    "wrong tau": (lambda r, o: changed(r, tau_I="7.5"), "wrong", ""),
    "stale parameter": (lambda r, o: changed(r, w_EE="8.5"), "not an equilibrium", "x(E), x(I)"),
    "NaN": (lambda r, o: changed(r, x_I="nan"), "bad row", "x_I"),
    "stability": (lambda r, o: changed(r, stable={"true": "no", "false": "yes"}[r["stable"]]), "wrong", "stable"),
    "type": (lambda r, o: changed(r, type=TYPES[r["type"]]), "wrong", "type"),
    "eigenvalue sign": (lambda r, o: turned(r), "wrong", "eigenvalues"),
}


def of_nma() -> list[Cells]:
    """The two equilibria off 0 of one model with three."""
    return [row for row in published(True) if row["w_EE"] == "9" and float(row["x_E"])]


@pytest.mark.parametrize(
    "kind", [k if k in ("wrong branch", "type") else pytest.param(k, marks=pytest.mark.slow) for k in ERRORS]
)
def test_every_seeded_error_gets_its_verdict(kind: str) -> None:
    change, verdict, quantity = ERRORS[kind]
    first, second = of_nma()
    found = verify(pair("rest"), table([change(first, second), first, change(second, first)]))
    assert verdicts(found) == [verdict, "right", verdict]
    assert not quantity or {r.worst.quantity for r in (found.results[0], found.results[2])} == {quantity}


@pytest.mark.slow
def test_a_mixture_of_two_equilibria_is_none_and_the_residual_is_that_of_doubles() -> None:
    first, second = of_nma()
    row = one(pair("rest"), **changed(first, x_I=second["x_I"]))
    x = np.array([float(first["x_E"]), float(second["x_I"])])
    p = {k: float(first[k]) for k in KEYS}
    z = np.array([[p["w_EE"], -p["w_EI"]], [p["w_IE"], -p["w_II"]]]) @ x
    phi = [1 / (1 + math.exp(-a * (v - t))) - 1 / (1 + math.exp(a * t)) for a, t, v in
           ((p["a_E"], p["theta_E"], z[0]), (p["a_I"], p["theta_I"], z[1]))]  # fmt: skip
    assert row.verdict == "not an equilibrium"
    residual = float(row.worst.note.split(":")[0].removeprefix("residual "))
    assert residual == pytest.approx(max(abs(x - phi)), rel=1e-5)


# -- other programs ---------------------------------------------------------------------------------------------------

LOGISTIC = Circuit.from_matrix(
    [["w_EE", "-w_EI"], ["w_IE", "-w_II"]], names="EI", u=["u_E", "u_I"], tau=["tau_E", "tau_I"], activation="logistic"
)


def by_scipy(seed: int, converged: bool = True) -> Cells:
    """What ``fsolve`` says of a random logistic pair, and the eigenvalues there, in doubles; or what it says when it
    does not converge."""
    rng = np.random.default_rng(seed)
    w, u, tau = rng.uniform(1, 8, 4), rng.uniform(-3, 1, 2), rng.uniform(1, 20, 2)
    W = np.array([[w[0], -w[1]], [w[2], -w[3]]])
    for _ in range(200):
        start = rng.uniform(0, 1, 2)
        x, _, code, _ = fsolve(lambda x: x - 1 / (1 + np.exp(-(W @ x + u))), start, xtol=1e-12, full_output=True)
        if (code == 1) is converged:
            break
    else:
        pytest.fail("fsolve never did so")
    J = (np.diag(x * (1 - x)) @ W - np.eye(2)) / tau[:, None]
    values = np.linalg.eigvals(J)
    cells = dict(zip(("w_EE", "w_EI", "w_IE", "w_II", "u_E", "u_I", "tau_E", "tau_I"), (*w, *u, *tau), strict=True))
    for k, v in enumerate(values, 1):
        cells |= {f"eig{k}_re": v.real, f"eig{k}_im": v.imag}
    return cells | {"x_E": x[0], "x_I": x[1], "stable": bool(max(values.real) < 0)}


def test_fsolve_and_eigvals_are_verified_and_a_changed_digit_is_not() -> None:
    rows = [by_scipy(seed) for seed in range(12)]
    wrong = [row | {"x_E": row["x_E"] * (1 + 2e-5)} for row in rows]
    found = verify(LOGISTIC, {k: np.array([row[k] for row in rows + wrong]) if k != "stable" else
                              [str(row[k]) for row in rows + wrong] for k in rows[0]})  # fmt: skip
    assert all(v.startswith("right") for v in verdicts(found)[:12]), [(r.row, r.worst) for r in found.results[:12]]
    assert verdicts(found)[12:] == ["not an equilibrium"] * 12


def test_what_fsolve_returns_without_convergence_is_not_an_equilibrium() -> None:
    row = next(row for seed in range(40) if (row := _failed(seed)) is not None)
    assert one(LOGISTIC, **row).verdict == "not an equilibrium"


def _failed(seed: int) -> Cells | None:
    try:
        return by_scipy(seed, converged=False)
    except pytest.fail.Exception:
        return None


# -- what rounding and precision decide -------------------------------------------------------------------------------

UNIT = Circuit.from_matrix([["w"]], names="E", u=["u"], tau=[1], activation="logistic")


def test_a_fold_is_open_and_near_it_the_rounding_of_the_parameters_decides() -> None:
    fold = one(UNIT, w="4", u="-2", x_E="1/2", stable="true")  # gain 1/4: the slope is exactly 1
    assert fold.verdict in ("right", "boundary")
    assert one(UNIT, w="4", u="-2", stable="false").verdict == "boundary"
    close = one(UNIT, w="4.0000000000001", u="-2.00000000000005", x_E="1/2", stable="false")
    assert close.verdict == "boundary" and "stays open how many" in close.worst.note
    assert one(UNIT, w="4.000001", u="-2.0000005", x_E="1/2", stable="false").verdict == "right"
    (row,) = verify(UNIT, {"w": ["3.99999"], "u": ["-2.000"], "x_E": ["0.5"], "stable": ["true"]}, rounded=True).results
    assert row.verdict == "boundary" and "rounding" in row.worst.note
    assert one(UNIT, w="3.99999", u="-1.999995", x_E="0.5", stable="true").verdict.startswith("right")


def test_parameters_rounded_to_two_places_still_decide_what_they_decide() -> None:
    cells = {"w": ["8.00"] * 3, "u": ["-4.00"] * 3, "x_E": ["0.021", "0.02124798796", "0.30"], "stable": ["true"] * 3}
    assert verdicts(verify(UNIT, cells, rounded=True)) == ["right to 2 digits", "boundary", "not an equilibrium"]
    assert verdicts(verify(UNIT, cells))[:2] == ["right to 2 digits", "right to 10 digits"]


def test_a_row_that_does_not_say_which_equilibrium_is_right_only_where_all_agree() -> None:
    rows = {"w": ["8", "8", "8", "2"], "u": ["-4", "-4", "-1", "-1"], "type": ["node", "node", "node", "saddle"],
            "stable": ["true", "false", "true", "true"]}  # fmt: skip
    found = verify(UNIT, rows)
    assert verdicts(found) == ["bad row", "bad row", "right", "wrong"]
    assert "3 equilibria" in found.results[0].worst.note and found.results[3].worst.quantity == "type"


def test_exact_rates_are_exact_claims() -> None:
    assert one(UNIT, w="8", u="-4", x_E="1/2").verdict == "right"
    assert one(UNIT, w="8", u="-4", x_E="1/3").verdict == "not an equilibrium"


@pytest.mark.parametrize(("place", "nash"), [(0, "global"), (1, "stationary"), (2, "local")])
def test_doubles_for_the_gain_leave_no_class_open(place: int, nash: str) -> None:
    phi = activation("logistic", gain=symbol("a"))
    unit = Circuit.from_matrix([["w"]], names="E", u=["u"], tau=[1], activation=phi)
    x = symgame.solutions(unit.with_values(w="7.3", u="-3.7", a="1.1")).equilibria[place]
    cells = {"w": 7.3, "u": -3.7, "a": 1.1, "x_E": float(x.state["E"])}
    rows = {k: np.array([v] * 3) for k, v in cells.items()} | {"nash": ["global", "local", "stationary"]}
    expected = ["right" if word == nash else "wrong" for word in ("global", "local", "stationary")]
    assert verdicts(verify(unit, rows)) == expected


@pytest.mark.slow
def test_the_number_of_equilibria_on_both_sides_of_a_fold() -> None:
    x = Fraction(1, 10)  # the fold of gain 1 at x: w x (1 - x) = 1, and u = logit(x) - w x
    w = 1 / (x * (1 - x))
    u = math.log(1 / 9) - float(w * x)
    for move, many in ((-1e-6, "3"), (1e-6, "1")):  # the lower two meet as the input rises
        other = "3" if many == "1" else "1"
        rows = {"w": [f"{w}"] * 2, "u": [f"{u + move:.15f}"] * 2, "count": [many, other]}
        assert verdicts(verify(UNIT, rows)) == ["right", "wrong"]


# -- other columns and kinds ------------------------------------------------------------------------------------------


def test_conditions_of_weights_alone_need_no_equilibrium() -> None:
    found = verify(LOGISTIC, {"w_EE": ["0.5", "2"], "w_EI": ["1", "1"], "w_IE": ["1", "1"], "w_II": ["0", "0"],
                              "u_E": ["0", "0"], "u_I": ["0", "0"], "lds": ["true", "true"]})  # fmt: skip
    assert verdicts(found) == ["right", "wrong"] and found.results[1].worst.true == "false"
    assert dict(found.taken)["tau_E"].startswith("1 (")


@pytest.mark.slow
def test_statements_for_all_gains_are_proved_row_by_row() -> None:
    c = Circuit.from_matrix([["w", -3, -2], [5, 0, -1], [4, -2, 0]], names="EPS", u=[-1, -2, -2], tau=[1, 2, 3],
                            activation="logistic")  # fmt: skip
    rows = {"w": ["6", "0"], "unique": ["no", "no"], "for_all_tau(hurwitz(E,P,S))": ["no", "no"]}
    found = verify(c, rows)
    assert found.results[0].verdict == "right" and found.results[1].verdict != "right"


def test_regime_response_and_nash_are_read_at_the_equilibrium() -> None:
    s = "3/16"  # at rates 1/4 and 1/4 the inputs are logit(1/4) - W x, to 15 digits
    u = math.log(1 / 3)
    cells = {"w_EE": "8", "w_EI": "6", "w_IE": "8", "w_II": "1", "tau_E": "1", "tau_I": "1", "x_E": "0.25",
             "x_I": "0.25", "u_E": f"{u - 0.5:.15f}", "u_I": f"{u - 1.75:.15f}"}  # fmt: skip
    gain = Fraction(s)
    det = (1 - 8 * gain) * (1 + gain) + 48 * gain**2
    right = {"regime": "inhibition-stabilised", "nash": "stationary", "det": f"{float(det):.6f}",
             "dx(I,u_I)": f"{float(gain * (1 - 8 * gain) / det):.6f}", "paradoxical(I)": "yes"}  # fmt: skip
    for key, value in right.items():
        row = one(LOGISTIC, **cells, **{key: value})
        assert row.verdict.startswith("right"), (key, row.worst)
    for key, value in {"regime": "antagonistic", "nash": "global", "det": "1.2", "paradoxical(I)": "no"}.items():
        row = one(LOGISTIC, **cells, **{key: value})
        assert (row.verdict, row.worst.quantity) == ("wrong", key), row.worst


@pytest.mark.slow
@pytest.mark.parametrize("kind", [k for k in KINDS if k not in ("linear", "relu", "saturating", "soft_threshold")])
def test_every_smooth_kind_by_its_inverse(kind: str) -> None:
    """Rates are chosen, inputs follow: ``u = phi^{-1}(x) - W x``."""
    phi = activation(kind, k=1, p=2) if kind == "power" else activation(kind)
    c = Circuit.from_matrix([["1/2", -1], [2, "-1/4"]], names="EI", u=["u_E", "u_I"], tau=[1, 2], activation=phi)
    inverse = {
        "logistic": lambda x: math.log(x / (1 - x)), "tanh": math.atanh, "arctan": lambda x: math.tan(x),
        "algebraic": lambda x: x / math.sqrt(1 - x * x), "softplus": lambda x: math.log(math.expm1(x)),
        "power": math.sqrt,
    }[kind]  # fmt: skip
    x = (0.25, 0.5)
    z = [inverse(v) for v in x]
    if kind == "arctan":
        z = [float(solve) for solve in _arctan_inverse(phi, x)]
    u = (z[0] - 0.5 * x[0] + x[1], z[1] - 2 * x[0] + 0.25 * x[1])
    rows = {"u_E": [f"{u[0]:.15f}"] * 2, "u_I": [f"{u[1]:.15f}"] * 2, "x_E": ["0.2500000", "0.2500010"],
            "x_I": ["0.5000000"] * 2}  # fmt: skip
    assert verdicts(verify(c, rows)) == ["right to 7 digits", "not an equilibrium"]


def _arctan_inverse(phi: Any, x: tuple[float, ...]) -> list[Any]:
    from symgame.pieces import X

    return [phi.inverse.xreplace({X: symgame.circuit.exact(str(v), "x")}).evalf() for v in x]


def test_a_supralinear_pair_is_decided_exactly_and_a_silent_branch_is_another_one() -> None:
    c = Circuit.from_matrix([["w"]], names="E", u=[0], tau=[1], activation="power")  # x = (w x)^2: 0 and 1/w^2
    rows = {"w": ["2"] * 4, "active": ["E", "none", "none", "E"], "x_E": ["1/4", "0", "1/4", "1/3"],
            "stable": ["false", "true", "true", "false"], "count": ["2"] * 4}  # fmt: skip
    assert verdicts(verify(c, rows)) == ["right", "right", "other branch", "not an equilibrium"]


@pytest.mark.slow
def test_kinds_may_be_mixed() -> None:
    c = pair(kinds=("logistic", "relu")).with_values(a_E=1, theta_E=0, w_EE=2, w_EI=1, w_IE=1, w_II=0, u_E=0, u_I=0,
                                                     tau_E=1, tau_I=1)  # fmt: skip
    x = 0.5
    for _ in range(200):  # x = sigma(2 x - x)
        x = 1 / (1 + math.exp(-x))
    rows = {"x_E": [f"{x:.9f}"] * 2, "x_I": [f"{x:.9f}", f"{x + 1e-3:.9f}"], "count": ["1"] * 2}
    assert verdicts(verify(c, rows)) == ["right to 9 digits", "not an equilibrium"]


# -- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "value", "said"),
    [("hopf:w_EE", "2", "no closed form"), ("exists(E,I)", "true", "smooth")],
)
def test_columns_without_a_meaning_are_refused_in_one_line(header: str, value: str, said: str) -> None:
    given = LOGISTIC.with_values(w_EE=1, w_EI=1, w_IE=1, w_II=1, tau_E=1, tau_I=1, u_E=0, u_I=0)
    with pytest.raises(SymgameError, match=said) as refused:
        verify(given, {header: [value]})
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 500


def test_a_value_outside_the_domain_is_a_bad_row() -> None:
    row = one(pair(), **(published(False)[0] | {"a_E": "-1"}))
    assert (row.verdict, row.worst.quantity) == ("bad row", "domain") and "a_E > 0" in row.worst.true


def test_recordings_stay_refused() -> None:
    with pytest.raises(Unsupported, match="not piecewise linear"):
        verify_trajectory(UNIT.with_values(w=1, u=0), [0, 1], [[1], [1]])


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = tmp_path / "model.toml"
    model.write_text('[circuit]\nname = "one"\nactivation = "logistic"\n[populations]\nE = { tau = 1, input = "u" }\n'
                     '[weights]\nE = { E = "w" }\n')  # fmt: skip
    data = tmp_path / "table.csv"
    data.write_text("w,u,x_E,stable\n8,-4,0.0212,yes\n8,-4,0.0213,yes\n")
    assert main(["verify", str(model), str(data)]) == 1
    out = capsys.readouterr().out
    assert "right to 3 digits" in out and "row 2: not an equilibrium: x(E) = 0.0213; true: 0.02124" in out
