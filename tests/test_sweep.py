"""Sweeps: the same answers as exact arithmetic at every point, whoever runs the chunks, and after any interruption."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy

import symgame
from symgame import sweep_plan
from symgame.circuit import Circuit
from symgame.cli import main
from symgame.errors import SymgameError, Unsupported
from symgame.numeric import solutions
from symgame.report import sweeps as report
from symgame.statements import check
from symgame.sweep_axes import SweepError, axis, grid
from symgame.sweeps import circuit_hash, exact_values, sweep

xarray = pytest.importorskip("xarray")

MODELS = Path(__file__).parent / "corpus" / "models"
PLAIN = {"w_EI": 1, "w_IE": 1, "w_II": 0, "tau_E": 1, "tau_I": 1}
SETTINGS = [part for name, value in PLAIN.items() for part in ("--set", f"{name}={value}")]


def pair(**values: object) -> Circuit:
    return symgame.wilson_cowan().with_values(**{**PLAIN, **values})


def same(a: Any, b: Any) -> bool:
    """Whether two datasets are equal to the last bit, attributes and types included."""
    return a.identical(b) and all(a[n].dtype == b[n].dtype for n in a.variables)


# -- known facts ------------------------------------------------------------------------------------------------------


def test_the_bistable_wedge_of_the_pair_and_its_exact_edges() -> None:
    """Negative inputs, D > 0: three equilibria iff w_IE |u_E| < (w_EE - 1) |u_I|, two on that edge, else one."""
    w = "0:15/8:16"  # eighths: 5/4 is among them
    found = sweep(pair(u_I=-1), {"w_EE": w, "u_E": "-1:-1/8:8"}, ["count", "stable", "lds"])
    for a, weight in enumerate(exact_values(found, "w_EE")):
        for b, drive in enumerate(exact_values(found, "u_E")):
            gap = (weight - 1) - abs(drive)
            assert found["count"].values[a, b] == (1 if gap < 0 else 2 if gap == 0 else 3)
    assert found["lds"].values[:, 0].tolist() == [k < 8 for k in range(16)]


def test_the_neighbouring_doubles_of_an_edge_lie_on_different_sides() -> None:
    edge = 1.25
    w = [np.nextafter(edge, 0), edge, np.nextafter(edge, 2)]
    found = sweep(pair(u_E="-1/4", u_I=-1), {"w_EE": w}, ["count", "kinks", "exists(E) & strict(E)", "supports"])
    assert found["count"].values.tolist() == [1, 2, 3]
    assert found["kinks"].values.tolist() == [0, 1, 0]
    assert found["exists(E) & strict(E)"].values.tolist() == [False, False, True]
    assert found["supports"].values.tolist() == ["()", "() (E)", "() (E) (E,I)"]


def test_a_continuum_and_the_outside_have_codes_of_their_own() -> None:
    found = sweep(pair(u_E=0, u_I=-1), {"w_EE": [-1, 0, 1]}, ["count", "stable", "lds", "det", "regime", "x(*)"])
    assert found["domain"].values.tolist() == [False, True, True]
    assert found["count"].values.tolist() == [-1, 1, -2]
    assert found["stable"].values.tolist() == [-1, -4, -2]  # the one equilibrium at w_EE = 0 sits on a kink
    assert found["count"].attrs["flag_meanings"].split() == [
        "stability_on_a_kink_not_decided",
        "not_all_found",
        "continuum_of_equilibria",
        "outside_the_domain",
    ]
    assert found["lds"].values.tolist() == [False, True, False]
    assert np.isnan(found["det"].values[0]) and found["det"].values.tolist()[1:] == [2.0, 1.0]
    names = found["regime"].attrs["flag_meanings"].split()
    codes = found["regime"].attrs["flag_values"]
    assert [names[codes.index(k)] for k in found["regime"].values.tolist()] == ["outside", "antagonistic", "switch"]
    assert np.isnan(found["x(*)"].values[0]).all()


def test_a_float_is_the_double_that_it_is_and_a_text_is_exact() -> None:
    """0.1 is no tenth; this fails for whoever rounds either of them."""
    asked = ["w_EE = 1/10", "10*w_EE > 1"]
    doubles = sweep(pair(u_E=1, u_I=0), {"w_EE": [0.1]}, asked)
    exact = sweep(pair(u_E=1, u_I=0), {"w_EE": ["0.1"]}, asked)
    assert [bool(doubles[q].values[0]) for q in asked] == [False, True]
    assert [bool(exact[q].values[0]) for q in asked] == [True, False]
    assert doubles["w_EE"].values[0] == exact["w_EE"].values[0] == 0.1
    assert exact["w_EE"].attrs["exact"] == "1/10" and "exact" not in doubles["w_EE"].attrs
    assert "exact rationals" in exact.evidence and "doubles" in doubles.evidence


def test_values_that_no_scale_makes_doubles_are_decided_too() -> None:
    values = ["1/3", Fraction(0.1), "1", Fraction(1, 10**30), Decimal("0.3")]
    asked = ["3*w_EE = 1", "count", "det", "lds", "x(*)", "supports"]
    found = sweep(pair(u_E=1, u_I=0), {"w_EE": values, "u_E": [1, -1]}, asked)
    assert axis("w_EE", values).scaled.dtype == object
    for k, value in enumerate(values):
        one = sweep(pair(u_E=1, u_I=0), {"w_EE": [value], "u_E": [1, -1]}, asked)
        for q in asked:
            assert np.array_equal(found[q].values[k], one[q].values[0], equal_nan=q in ("det", "x(*)")), (q, value)
    assert found["3*w_EE = 1"].values[:, 0].tolist() == [True, False, False, False, False]


# -- against exact solutions ------------------------------------------------------------------------------------------


def _by_hand(W: list[list[Fraction]], u: list[Fraction]) -> tuple[str, ...]:
    """The supports of a rectified pair E, I without singular blocks, by Cramer's rule alone."""
    found = []
    for support in ((), (0,), (1,), (0, 1)):
        x = [Fraction(0), Fraction(0)]
        if len(support) == 1:
            i = support[0]
            x[i] = u[i] / (1 - W[i][i])
        elif support:
            a, b, c, d = 1 - W[0][0], -W[0][1], -W[1][0], 1 - W[1][1]
            x = [(u[0] * d - b * u[1]) / (a * d - b * c), (a * u[1] - c * u[0]) / (a * d - b * c)]
        total = [W[i][0] * x[0] + W[i][1] * x[1] + u[i] for i in (0, 1)]
        if all(total[i] > 0 if i in support else total[i] <= 0 for i in (0, 1)):
            found.append("(" + ",".join("EI"[i] for i in support) + ")")
    return tuple(found)


def test_supports_agree_with_cramer_s_rule() -> None:
    w, u = "1/16:49/16:7", "-2:2:9"  # never 1: no singular block but D = 0, which is stepped over
    found = sweep(pair(w_II="1/3", w_EI="3/2"), {"w_EE": w, "u_E": u, "u_I": u}, ["supports", "count", "det"])
    axes = [exact_values(found, name) for name in ("w_EE", "u_E", "u_I")]
    seen = set()
    for place in np.ndindex(found["count"].shape):
        weight, *drive = (row[k] for row, k in zip(axes, place, strict=True))
        W = [[weight, Fraction(-3, 2)], [Fraction(1), Fraction(-1, 3)]]
        assert (1 - weight) * Fraction(4, 3) + Fraction(3, 2) != 0
        supports = _by_hand(W, drive)
        assert found["supports"].values[place] == " ".join(supports)
        assert found["count"].values[place] == len(supports)
        seen.add(len(supports))
    assert seen == {0, 1, 2, 3}


CASES: dict[str, tuple[str, dict[str, object]]] = {
    "pair_ie": ("pair_ie", {}),
    "pair_saturating": ("pair_saturating", {}),
    "soft_pair": ("soft_pair", {}),
    "triple": ("triple", {}),
}


@pytest.mark.parametrize("name", CASES)
def test_random_points_agree_with_the_exact_solutions(name: str) -> None:
    """Coarse values, so that kinks, singular blocks and continua are met; other names, orders, kinds, sizes."""
    circuit = symgame.load(MODELS / f"{CASES[name][0]}.toml")
    rng = random.Random(name)
    free = list(circuit.symbols)
    swept = [free[0], circuit.inputs[0]]
    values = {n: Fraction(rng.randint(1, 6), 2) for n in free if n not in swept}
    fixed = circuit.with_values(**{n: v for n, v in values.items() if n in circuit.symbols})
    axes = {swept[0]: [Fraction(k, 2) for k in range(1, 6)], swept[1]: [Fraction(k, 3) for k in range(-3, 4)]}
    found = sweep(fixed, axes, ["count", "stable", "kinks", "supports", "x(*)", "nash(*)"], chunk=7)
    for a, p in enumerate(axes[swept[0]]):
        for b, q in enumerate(axes[swept[1]]):
            if not found["domain"].values[a, b]:
                assert found["count"].values[a, b] == -1
                continue
            rows = solutions(fixed.with_values(**{swept[0]: p, swept[1]: q})).equilibria
            isolated = [e for e in rows if e.type != "continuum"]
            assert found["supports"].values[a, b] == " ".join(f"({e.branch})" for e in isolated)
            if len(isolated) < len(rows):
                assert found["count"].values[a, b] == -2
            else:
                assert found["count"].values[a, b] == len(rows)
                kink = any(e.type == "kink" for e in rows)
                assert found["stable"].values[a, b] == (-4 if kink else sum(e.stable is True for e in rows))
                assert found["kinks"].values[a, b] == sum(e.type == "kink" for e in rows)
            for e in isolated:
                here = found.isel({swept[0]: a, swept[1]: b}).sel(branch=e.branch)
                assert here["x(*)"].values.tolist() == pytest.approx([float(v) for v in e.state.values()], rel=2**-40)
                assert bool(here["nash(*)"]) == (e.nash == "global")
            absent = [n for n in found.branch.values.tolist() if n not in {e.branch for e in isolated}]
            assert np.isnan(found["x(*)"].isel({swept[0]: a, swept[1]: b}).sel(branch=absent).values).all()


def test_formulas_agree_with_check_at_every_point() -> None:
    circuit = pair(u_E="1/2", u_I="-1/4")
    asked = [
        "exists(E,I) & hurwitz(E,I)",
        "paradoxical(I)",
        "unique",
        "monotone",
        "x(E) > x(I)",
        "for_all_tau(stable(E,I))",
        "abs(w_EE - 1) < w_II",
    ]
    axes = {"w_EE": ["1/2", 1, "3/2", 2, 3], "w_II": [0, "1/2"]}
    found = sweep(circuit, axes, asked)
    for q in asked:
        for place in np.ndindex(5, 2):
            values = {n: exact_values(found, n)[k] for n, k in zip(axes, place, strict=True)}
            try:
                kind = check(circuit.with_values(**values), q, search_missing=False).verdict.kind
            except SymgameError:
                kind = "no meaning"
            assert bool(found[q].values[place]) == (kind in ("proved", "cited")), (q, values)
            if f"{q}_decided" in found:
                assert bool(found[f"{q}_decided"].values[place]) == (kind in ("proved", "cited", "refuted"))
    assert found["paradoxical(I)"].attrs["decided_where"] == "paradoxical(I)_decided"
    assert not found["paradoxical(I)_decided"].sel(w_EE=2, w_II=0)  # det = 0


def test_a_branch_that_is_singular_everywhere_is_never_an_equilibrium() -> None:
    found = sweep(pair(w_EE=1, u_I=-1), {"u_E": [-1, 0, 1]}, ["nash(E)", "local_nash(E) | nash()", "nash(*)", "x(*)"])
    assert found["nash(E)"].values.tolist() == [False, False, False]
    assert found["local_nash(E) | nash()"].values.tolist() == [True, True, False]
    assert found["nash(*)"].sel(branch="").values.tolist() == [True, True, False]
    assert np.isnan(found["x(*)"].sel(branch="E").values).all()


def test_numbers_are_read_at_the_branch_asked_for() -> None:
    circuit = pair(u_E=3, u_I=-9)
    found = sweep(circuit, {"w_EE": [0, "1/2", 1]}, {"rate": "x(E)", "ratio": "x(E)/(x(E) + 1)"}, at="E")
    assert found["rate"].values.tolist()[:2] == [3.0, 6.0] and np.isnan(found["rate"].values[2])
    assert found["ratio"].values.tolist()[:2] == pytest.approx([3 / 4, 6 / 7], rel=1e-15)
    assert found.attrs["at"] == "E" and found["rate"].attrs["formula"] == "x(E)"


def test_three_populations_have_closed_diagonal_stability_or_ask_point_by_point() -> None:
    circuit = symgame.load(MODELS / "triple.toml")
    values = {n: 1 for n in circuit.symbols if n != "w_EE"}
    found = sweep(circuit.with_values(**values), {"w_EE": [0.5, 3]}, ["lds"])
    answers = [
        check(circuit.with_values(**values, w_EE=w), "lds", search_missing=False).verdict.kind for w in ("1/2", 3)
    ]
    assert [answers[k] == "proved" or answers[k] == "cited" for k in (0, 1)] == found["lds"].values.tolist()


# -- without closed conditions ----------------------------------------------------------------------------------------


def test_walking_over_the_points_gives_what_closed_conditions_give(monkeypatch: pytest.MonkeyPatch) -> None:
    axes = {"w_EE": "0:2:5", "u_E": [-0.5, 0, 1]}
    asked = ["count", "stable", "kinks", "supports"]
    closed = sweep(pair(u_I=-1), axes, asked)
    monkeypatch.setattr(sweep_plan, "MAX_BRANCHES", 3)
    sweep_plan.prepared.cache_clear()
    try:
        walked = sweep(pair(u_I=-1), axes, asked, chunk=4)
        with pytest.raises(Unsupported, match=r"exists\(\*\) needs closed conditions.*4 branches are more than 3"):
            sweep(pair(u_I=-1), axes, ["exists(*)"])
    finally:
        sweep_plan.prepared.cache_clear()
    for q in asked:
        assert walked[q].values.tolist() == closed[q].values.tolist() and walked[q].dtype == closed[q].dtype
    assert "point by point" in walked.evidence and "point by point" not in closed.evidence


def test_seven_populations_are_enumerated() -> None:
    W = [["1/2" if abs(a - b) == 1 else 0 for b in range(7)] for a in range(7)]
    W[0][0] = "w"
    circuit = Circuit.from_matrix(W, u=[1] * 7, tau=[1] * 7)
    found = sweep(circuit, {"w": [0]}, ["count", "supports"])
    assert found["count"].values.tolist() == [len(solutions(circuit.with_values(w=0)).equilibria)]
    assert found["count"].attrs["evidence"].startswith("every equilibrium enumerated exactly")


def test_words_of_large_circuits_are_refused_not_walked_into() -> None:
    W = [["1/2" if abs(a - b) == 1 else 0 for b in range(12)] for a in range(12)]
    W[0][0] = "w"
    circuit = Circuit.from_matrix(W, u=[1] * 12, tau=[1] * 12)
    for asked in ("x(x1)", "hurwitz", "w < 1 & exists(x1)"):
        with pytest.raises(Unsupported, match="at most 10 populations; ask for count"):
            sweep(circuit, {"w": [0, 1]}, [asked])
    assert sweep(circuit, {"w": [0, 1]}, ["w < 1"])["w < 1"].values.tolist() == [True, False]


# -- axes -------------------------------------------------------------------------------------------------------------


def test_the_result_lies_over_the_axes_in_their_order() -> None:
    found = sweep(pair(u_I=0), {"u_E": [1, 2, 3], "w_EE": [0.0, 2.0]}, ["lds", "x(*)"])
    assert found["lds"].dims == ("u_E", "w_EE") and found["lds"].shape == (3, 2)
    assert found["x(*)"].dims == ("u_E", "w_EE", "branch", "population")
    assert found.branch.values.tolist() == ["", "E", "I", "E,I"] and found.population.values.tolist() == ["E", "I"]
    turned = sweep(pair(u_I=0), {"w_EE": [0.0, 2.0], "u_E": [1, 2, 3]}, ["lds", "x(*)"])
    assert np.array_equal(turned["x(*)"].transpose(*found["x(*)"].dims).values, found["x(*)"].values, equal_nan=True)


def test_axes_with_a_common_dimension_vary_together() -> None:
    outer = sweep(pair(), {"w_EE": [0, 1, 2], "u_E": [1, 2, 3], "u_I": [0, 1]}, ["count", "x(*)"])
    labels = {
        "w_EE": xarray.DataArray([0, 1, 2], dims="run", coords={"run": [10, 20, 30]}),
        "u_E": xarray.DataArray([1, 2, 3], dims="run"),
        "u_I": [0, 1],
    }
    together = sweep(pair(), labels, ["count", "x(*)"])
    paired = sweep(pair(), {"w_EE": [0, 1, 2], "u_E": "1:3:3", "u_I": [0, 1]}, ["count"], paired=[("w_EE", "u_E")])
    assert together["count"].dims == ("run", "u_I") and paired["count"].dims == ("w_EE,u_E", "u_I")
    assert together["run"].values.tolist() == [10, 20, 30]
    assert together["w_EE"].dims == ("run",) and together["u_E"].values.tolist() == [1, 2, 3]
    for k in range(3):
        assert together["count"].values[k].tolist() == outer["count"].values[k, k].tolist()
        assert np.array_equal(together["x(*)"].values[k], outer["x(*)"].values[k, k], equal_nan=True)
    assert paired["count"].values.tolist() == together["count"].values.tolist()


def test_an_axis_overrides_a_value_and_one_number_is_no_dimension() -> None:
    found = sweep(pair(u_E=1, u_I=0, w_EE=5), {"w_EE": [0.0, 2.0], "w_II": 0.5}, ["lds", "det"])
    assert found["lds"].dims == ("w_EE",) and found["lds"].values.tolist() == [True, False]
    assert found["w_II"].dims == () and found["det"].values.tolist() == [2.5, -0.5]


def test_values_that_follow_an_axis_follow_it() -> None:
    circuit = symgame.wilson_cowan().with_values(**{**PLAIN, "w_IE": "2*w_EE + 1"}, u_E=1, u_I=0)
    found = sweep(circuit, {"w_EE": ["1/3", 1]}, ["det", "w_IE > 2"])
    assert found["det"].values.tolist() == pytest.approx([2 / 3 + 5 / 3, 3])
    assert found["w_IE > 2"].values.tolist() == [False, True]


def test_grids_are_exact() -> None:
    assert axis("w", "0:3:61").fractions() == [Fraction(3 * k, 60) for k in range(61)]
    assert axis("w", "1:-1:3").fractions() == [1, 0, -1]
    large = axis("w", "1/3:1/7:1000")
    assert large.fractions() == [Fraction(1, 3) + Fraction(k, 999) * Fraction(-4, 21) for k in range(1000)]
    assert large.at.tolist() == [float(v) for v in large.fractions()] and large.written == "1/3:1/7:1000"
    huge = axis("w", f"0:1:{10**4}").fractions()[1] * (10**4 - 1)
    assert huge == 1 and axis("w", f"1/{2**60}:1:3").fractions()[1] == (1 + Fraction(1, 2**60)) / 2
    assert axis("w", "1/3").fractions() == [Fraction(1, 3)]
    assert axis("w", "0, 1/2,0.1").written == "0, 1/2, 1/10"
    assert axis("w", np.array([1, 2], np.int8)).fractions() == [1, 2]
    assert axis("w", [2**60 + 1]).fractions() == [2**60 + 1] and axis("w", [2**60 + 1]).written == str(2**60 + 1)
    assert axis("w", np.float32([0.1])).fractions() == [Fraction(float(np.float32(0.1)))]
    g = grid({"a": "0:1:2", "b": [5, 6, 7]})
    assert [tuple(c.tolist()) for c in g.columns(0, 6)] == [(0, 0, 0, 1, 1, 1), (5, 6, 7, 5, 6, 7)]


# -- schedulers -------------------------------------------------------------------------------------------------------

AXES: dict[str, Any] = {"w_EE": "0:3:13", "u_E": np.linspace(-1, 1, 9)}
ASKED = ["count", "stable", "lds", "x(*)", "supports", "regime", "x(E) > 1"]


class Client:
    """What a cluster's client looks like from here: things are pickled on the way, futures call back."""

    def __init__(self, fail_at: int | None = None) -> None:
        self.fail_at, self.asked = fail_at, 0
        self.lock = threading.Lock()

    def submit(self, function: Callable[..., Any], *args: Any) -> Future[Any]:
        import pickle

        with self.lock:
            self.asked += 1
            number = self.asked
        future: Future[Any] = Future()
        if number == self.fail_at:
            future.set_exception(RuntimeError("a worker was lost"))
        else:
            function, args = pickle.loads(pickle.dumps((function, args)))
            future.set_result(function(*args))
        return future


def test_every_scheduler_and_chunk_size_gives_the_same_bytes() -> None:
    import dask

    expected = sweep(pair(u_I=-1), AXES, ASKED, scheduler="serial")
    for chunk in (1, 10, 117, 10**6):
        assert same(sweep(pair(u_I=-1), AXES, ASKED, chunk=chunk), expected)
    with ThreadPoolExecutor(3) as pool:
        assert same(sweep(pair(u_I=-1), AXES, ASKED, chunk=20, scheduler=pool), expected)
    assert same(sweep(pair(u_I=-1), AXES, ASKED, chunk=20, scheduler=Client()), expected)
    for kind in ("threads", "synchronous"):
        with dask.config.set(scheduler=kind):
            assert same(sweep(pair(u_I=-1), AXES, ASKED, chunk=1, scheduler="dask"), expected)


def test_processes_give_the_same_bytes() -> None:
    expected = sweep(pair(u_I=-1), AXES, ASKED, scheduler="serial")
    with ProcessPoolExecutor(2) as pool:
        assert same(sweep(pair(u_I=-1), AXES, ASKED, chunk=40, scheduler=pool), expected)


def test_progress_counts_chunks() -> None:
    seen: list[tuple[int, int]] = []
    sweep(pair(u_I=-1), AXES, ["lds"], chunk=50, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_the_same_sweep_has_the_same_bytes_under_every_hash_seed() -> None:
    code = (
        "import sys, hashlib, symgame; from symgame.report.sweeps import npz_bytes, csv_text, netcdf_bytes;"
        "c = symgame.wilson_cowan().with_values(w_EI=1, w_IE=1, w_II=0, tau_E=1, tau_I=1, u_I=-1);"
        "d = symgame.sweep(c, {'w_EE': '0:3:7', 'u_E': [-0.5, 1]}, ['count', 'lds', 'x(*)', 'supports', 'x(E)']);"
        "print(*(hashlib.sha256(b).hexdigest() for b in (npz_bytes(d), csv_text(d).encode(), netcdf_bytes(d))))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1 and len(runs.pop().split()) == 3


# -- the store --------------------------------------------------------------------------------------------------------


def test_a_sweep_that_broke_off_computes_only_what_is_missing(tmp_path: Path) -> None:
    store = tmp_path / "store"
    expected = sweep(pair(u_I=-1), AXES, ASKED)
    with pytest.raises(RuntimeError, match="a worker was lost"):
        sweep(pair(u_I=-1), AXES, ASKED, chunk=10, scheduler=Client(fail_at=5), store=store)
    kept = sorted(p.name for p in store.iterdir())
    assert "manifest.json" in kept and 4 <= len(kept) - 1 <= 11 and not any(n.endswith(".part") for n in kept)
    before = {p.name: p.read_bytes() for p in store.iterdir()}
    client = Client()
    assert same(sweep(pair(u_I=-1), AXES, ASKED, scheduler=client, store=store), expected)
    assert client.asked == 12 - (len(kept) - 1)
    assert all((store / name).read_bytes() == content for name, content in before.items())
    client = Client()
    assert same(sweep(pair(u_I=-1), AXES, ASKED, scheduler=client, store=store), expected) and client.asked == 0


def test_a_pool_that_refuses_work_leaves_what_it_finished(tmp_path: Path) -> None:
    class Tired(Executor):
        def __init__(self) -> None:
            self.inner, self.left = Client(), 3

        def submit(self, function: Any, *args: Any) -> Any:  # type: ignore[override]
            self.left -= 1
            if self.left < 0:
                raise RuntimeError("cannot schedule new futures after shutdown")
            return self.inner.submit(function, *args)

    with pytest.raises(RuntimeError, match="cannot schedule"):
        sweep(pair(u_I=-1), AXES, ["lds"], chunk=10, scheduler=Tired(), store=tmp_path)
    assert len(list(tmp_path.glob("chunk-*.npz"))) == 3


def test_an_interrupt_leaves_the_finished_chunks(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(pair(u_I=-1), AXES, ["lds"], chunk=10, store=tmp_path, progress=stop)
    assert len(list(tmp_path.glob("chunk-*.npz"))) == 4
    client = Client()
    sweep(pair(u_I=-1), AXES, ["lds"], store=tmp_path, scheduler=client)
    assert client.asked == 8


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "junk", "other request", "other shape"])
def test_a_damaged_chunk_is_computed_again(tmp_path: Path, damage: str) -> None:
    expected = sweep(pair(u_I=-1), AXES, ["count"], chunk=30, store=tmp_path)
    victim = tmp_path / "chunk-000001.npz"
    content = victim.read_bytes()
    if damage == "cut":
        victim.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        middle = content.index(b"v1.npy") + 200  # inside the data of the counts
        victim.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    elif damage == "empty":
        victim.write_bytes(b"")
    elif damage == "junk":
        victim.write_bytes(b"PK\x03\x04 not a zip file")
    else:
        with np.load(victim) as file:
            rows = dict(file)
        if damage == "other request":
            rows["request"] = np.array("0" * 64)
        else:
            rows["v1"] = rows["v1"][:-1]
        np.savez(victim, **rows)
    client = Client()
    assert same(sweep(pair(u_I=-1), AXES, ["count"], store=tmp_path, scheduler=client), expected)
    assert client.asked == 1 and victim.read_bytes() == content


def test_a_store_belongs_to_one_sweep(tmp_path: Path) -> None:
    store = tmp_path / "store"
    sweep(pair(u_I=-1), AXES, ["lds"], chunk=30, store=store)
    for change in (
        {"quantities": ["count"]},
        {"axes": {**AXES, "w_EE": "0:3:14"}},
        {"circuit": pair(u_I=-2)},
        {"at": "E"},
    ):
        arguments: dict[str, Any] = {"circuit": pair(u_I=-1), "axes": AXES, "quantities": ["lds"], **change}
        with pytest.raises(SweepError, match=r"holds another sweep.*choose another directory"):
            sweep(**arguments, store=store)
    with pytest.raises(SweepError, match="begun with chunks of 30 points, not 31"):
        sweep(pair(u_I=-1), AXES, ["lds"], chunk=31, store=store)
    (store / "manifest.json").write_text("{")
    with pytest.raises(SweepError, match="is no manifest of a sweep"):
        sweep(pair(u_I=-1), AXES, ["lds"], store=store)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    with pytest.raises(SweepError, match=r"has files but no manifest\.json"):
        sweep(pair(u_I=-1), AXES, ["lds"], store=tmp_path / "mine")
    (tmp_path / "file").write_text("")
    with pytest.raises(SweepError, match=r"cannot use .*file as a store"):
        sweep(pair(u_I=-1), AXES, ["lds"], store=tmp_path / "file")


def test_a_store_can_be_read_as_json(tmp_path: Path) -> None:
    sweep(pair(u_I=-1), AXES, ["lds"], chunk=30, store=tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["points"] == 117 and manifest["chunk"] == 30 and len(manifest["request"]) == 64
    assert manifest["about"] == "Wilson-Cowan pair: 13 w_EE x 9 u_E; lds"


# -- what is said of the arrays ---------------------------------------------------------------------------------------


def test_attributes_say_what_an_array_is() -> None:
    found = sweep(pair(u_I=-1), {"w_EE": "0:1/5:3", "u_E": [0.0, 1.0]}, ["lds", "x(E)", "count"])
    assert found.attrs == {
        "circuit": "Wilson-Cowan pair",
        "circuit_sha256": circuit_hash(pair(u_I=-1).fixed(keep=("w_EE", "u_E"))),
        "symgame_version": symgame.__version__,
        "evidence": "exact sign decisions on exact rationals",
    }
    assert found["w_EE"].attrs["exact"] == "0:1/5:3" and found["w_EE"].attrs["latex"] == "w_{EE}"
    assert found["lds"].attrs["long_name"] == found["lds"].attrs["formula"] == "lds"
    assert found["x(E)"].attrs["evidence"].endswith("relative error at most 2^-40")
    assert (found["lds"].dtype, found["count"].dtype, found["x(E)"].dtype) == (bool, np.int32, np.float64)


def test_declared_units_are_kept() -> None:
    text = (MODELS / "single.toml").read_text(encoding="utf-8")
    from symgame.modelfile import parse_model

    circuit = parse_model(text + '\n[notation]\nunits = { rate = "Hz", input = "pA", time = "ms" }\n', "single")
    (u,) = circuit.inputs
    values = {n: "1/2" for n in circuit.symbols if n != u}
    found = sweep(circuit.with_values(**values), {u: [0.0, 1.0]}, [f"x({circuit.names[0]})", "x(*)"])
    assert found[u].attrs["units"] == "pA"
    assert {v.attrs["units"] for n, v in found.data_vars.items() if n != "domain"} == {"Hz"}
    plain = sweep(parse_model(text, "single").with_values(**values), {u: [0.0, 1.0]}, ["x(*)"])
    assert "units" not in plain["x(*)"].attrs and "units" not in plain[u].attrs


def test_plots_are_labelled() -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    found = sweep(pair(u_I=-1), AXES, ["lds", "count"])
    drawn = found["lds"].plot()
    assert (drawn.axes.get_xlabel(), drawn.axes.get_ylabel()) == ("u_E", "w_EE")
    assert drawn.colorbar.ax.get_ylabel() == "lds"
    pyplot.close("all")


def test_netcdf_and_npz_hold_everything(tmp_path: Path) -> None:
    found = sweep(pair(u_I=-1), AXES, ["lds", "count", "x(*)", "supports", "x(E)/x(I)", "~lds"])
    path = tmp_path / "a.nc"
    path.write_bytes(report.content(found, path))
    with xarray.open_dataset(path, engine="scipy") as file:
        again = file.load()
    for name in found.data_vars:
        stored = {"x(E)/x(I)": "x(E):x(I)", "~lds": "_~lds"}.get(str(name), str(name))
        assert again[stored].dtype == found[name].dtype, name
        assert again[stored].equals(found[name].rename(stored)), name
    with np.load(io.BytesIO(report.content(found, Path("a.npz"))), allow_pickle=False) as file:
        assert np.array_equal(file["x(*)"], found["x(*)"].values, equal_nan=True)
        assert file["supports"].tolist() == found["supports"].values.tolist()
        assert json.loads(str(file["attributes"]))["variables"]["lds"]["dims"] == ["w_EE", "u_E"]


def test_the_table_has_one_line_for_each_point_and_exact_coordinates() -> None:
    found = sweep(pair(u_I=-1), {"u_E": ["1/3", 2], "w_EE": [0.5, 1.5]}, ["count", "lds", "x(*)", "exists(*)"])
    rows = list(csv.DictReader(io.StringIO(report.csv_text(found))))
    assert [(r["u_E"], r["w_EE"]) for r in rows] == [("1/3", "1/2"), ("1/3", "3/2"), ("2", "1/2"), ("2", "3/2")]
    assert [r["lds"] for r in rows] == ["true", "false", "true", "false"]
    for row, place in zip(rows, np.ndindex(2, 2), strict=True):
        assert row["count"] == str(found["count"].values[place])
        value = found["x(*)"].values[place][3][0]
        assert row["x(*)[E,I][E]"] == ("" if np.isnan(value) else repr(float(value)))


# -- bad input --------------------------------------------------------------------------------------------------------

BAD: dict[str, tuple[dict[str, Any], str]] = {
    "unknown axis": ({"axes": {"w_EEE": [1]}}, "no symbol of the circuit; did you mean 'w_EE'"),
    "a population as axis": ({"axes": {"E": [1]}}, "axis 'E' is no symbol"),
    "no axes": ({"axes": {}}, "no axes"),
    "empty axis": ({"axes": {"w_EE": []}}, "axis w_EE is empty"),
    "empty text": ({"axes": {"w_EE": " "}}, "axis w_EE is empty"),
    "NaN": ({"axes": {"w_EE": np.array([0.0, np.nan])}}, "value 2 of the axis w_EE is nan"),
    "infinity": ({"axes": {"w_EE": [1, float("inf")]}}, "value 2 of the axis w_EE is inf"),
    "complex": ({"axes": {"w_EE": [1j]}}, "value 1 of the axis w_EE is '1j'"),
    "truth value": ({"axes": {"w_EE": [True]}}, "value 1 of the axis w_EE is 'True'"),
    "truth array": ({"axes": {"w_EE": np.array([True])}}, "value 1 of the axis w_EE is 'True'"),
    "none": ({"axes": {"w_EE": [None]}}, "value 1 of the axis w_EE is 'None'"),
    "no number": ({"axes": {"w_EE": ["two"]}}, "value 1 of the axis w_EE is 'two'"),
    "not a grammar": ({"axes": {"w_EE": ["1/"]}}, "value 1 of the axis w_EE"),
    "two ends": ({"axes": {"w_EE": "0:1"}}, "write start:stop:points"),
    "no points": ({"axes": {"w_EE": "0:1:0"}}, "has '0' points"),
    "half a point": ({"axes": {"w_EE": "0:1:5/2"}}, "has '5/2' points"),
    "one point, two ends": ({"axes": {"w_EE": "0:1:1"}}, "one point but two ends"),
    "a million million points": ({"axes": {"w_EE": "0:1:1000000000000"}}, "whole number from 1 to"),
    "a matrix": ({"axes": {"w_EE": np.eye(2)}}, "have 2 dimensions"),
    "masked": ({"axes": {"w_EE": np.ma.array([1.0], mask=[True])}}, "masked array"),
    "beyond doubles": ({"axes": {"w_EE": [10**400]}}, "beyond the doubles"),
    "too many points": (
        {"axes": {"w_EE": np.zeros(10**5), "u_I": np.zeros(10**5)}},
        "10000000000 points (100000 x 100000), whose results need about 93.1 GB",
    ),
    "symbols left": ({"circuit": symgame.wilson_cowan().with_values(w_EI=1)}, "w_IE, w_II, tau_E, tau_I, u_E"),
    "an axis without effect": (
        {
            "circuit": replace(pair(u_E=1, u_I=0), values=(*pair(u_E=1, u_I=0).values, ("a", sympy.Integer(1)))),
            "axes": {"w_EE": [1], "a": [1]},
        },
        "does not depend on the axis 'a'",
    ),
    "no quantities": ({"quantities": []}, "no quantities"),
    "unknown quantity": ({"quantities": ["cuont"]}, "did you mean 'count'"),
    "unknown word": ({"quantities": ["lsd & unique"]}, "did you mean 'lds'"),
    "broken formula": ({"quantities": ["exists(E,I"]}, "missing ')'"),
    "empty formula": ({"quantities": [""]}, "the quantity is empty"),
    "a number for a name": ({"quantities": [3]}, "is no text"),
    "twice": ({"quantities": ["lds", "lds"]}, "another quantity"),
    "an axis as quantity": ({"quantities": ["w_EE"]}, "has the name of an axis"),
    "domain": ({"quantities": {"domain": "lds"}}, "has the name of the domain"),
    "a root as number": ({"quantities": ["sqrt(w_EE)"]}, "make no quotient of polynomials"),
    "no such branch": ({"at": "X"}, "no population 'X'"),
    "chunk": ({"chunk": 0}, "chunk is 0"),
    "scheduler": ({"scheduler": "dusk"}, "did you mean 'dask'"),
    "no scheduler": ({"scheduler": 3}, "the scheduler is a int"),
    "paired unknown": ({"paired": [("w_EE", "w_II")]}, "'w_II' is paired but has no axis"),
    "paired, unequal": (
        {"axes": {"w_EE": [0, 1], "u_I": [0, 1, 2]}, "paired": [("w_EE", "u_I")]},
        "w_EE has 2 values and u_I has 3",
    ),
    "dimension of another": (
        {"axes": {"w_EE": xarray.DataArray([0.0], dims="u_I"), "u_I": xarray.DataArray([0.0], dims="k")}},
        "the dimension 'u_I' has the name of an axis",
    ),
    "other labels": (
        {
            "axes": {
                "w_EE": xarray.DataArray([0.0, 1.0], dims="run", coords={"run": [1, 2]}),
                "u_I": xarray.DataArray([0.0, 1.0], dims="run", coords={"run": [1, 3]}),
            }
        },
        "the axis u_I has other labels along 'run'",
    ),
    "reserved dimension": ({"axes": {"w_EE": xarray.DataArray([0.0], dims="branch")}}, "are names of the result"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_error(case: str, tmp_path: Path) -> None:
    change, message = BAD[case]
    arguments = {"circuit": pair(u_E=1, u_I=0), "axes": {"w_EE": [0.5]}, "quantities": ["lds", "x(E)"], **change}
    with pytest.raises(SymgameError) as caught:
        sweep(**arguments, store=tmp_path / "store")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_smooth_circuit_has_no_count_and_says_so() -> None:
    circuit = symgame.load(MODELS / "logistic_pair.toml")
    first = circuit.symbols[0]
    values = {n: 1 for n in circuit.symbols if n != first}
    with pytest.raises(Unsupported, match="not piecewise linear"):
        sweep(circuit.with_values(**values), {first: [0.5]}, ["count"])
    assert sweep(circuit.with_values(**values), {first: [0.5, 2]}, ["potential"])["potential"].values.tolist() == [
        check(circuit.with_values(**values, **{first: v}), "potential").verdict.kind == "proved" for v in ("1/2", 2)
    ]


def test_without_xarray_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(SweepError, match=r"pip install 'symgame\[sweeps\]'"):
        sweep(pair(u_E=1, u_I=0), {"w_EE": [0.5]}, ["lds"])


# -- the command line -------------------------------------------------------------------------------------------------


def test_the_verb_writes_a_table_and_says_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "table.csv"
    argv = ["sweep", "wilson-cowan", *SETTINGS, "--set", "u_I=-1", "--axis", "w_EE=0:2:5", "--axis", "u_E=-1/2"]
    argv += ["--quantity", "count", "--quantity", "lds", "--out", str(out), "--store", str(tmp_path / "store")]
    assert main(argv) == 0
    shown = capsys.readouterr()
    assert shown.err == "" and shown.out.splitlines() == [
        "Wilson-Cowan pair: 5 w_EE x 1 u_E, 5 points",
        "  count  1: 3, 2: 2",
        "  lds    false: 3, true: 2",
        "  by: exact sign decisions on doubles",
    ]
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert [r["count"] for r in rows] == ["1", "1", "1", "2", "2"]
    assert main([*argv, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["points"] == 5 and document["variables"][1]["values"][0] == {"value": "1", "points": 3}


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (["--axis", "w_EE"], "write NAME=START:STOP:POINTS"),
        (["--axis", "w_EE=0:1:2", "--axis", "w_EE=0:1:2"], "is given twice"),
        (["--axis", "w_EE=0:1:2", "--out", "table.xls"], "ends in none of .csv, .npz, .nc"),
        (["--axis", "w_EX=0:1:2"], "did you mean"),
        (["--axis", "w_EE=0:1:2", "--quantity", "cuont"], "did you mean 'count'"),
        ([], "no axes"),
    ],
)
def test_mistakes_on_the_command_line(extra: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    base = ["sweep", "wilson-cowan", *SETTINGS, "--set", "u_E=1", "--set", "u_I=0", "--quantity", "lds"]
    assert main([*base, *extra]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and message in shown.err and shown.err.count("\n") == 1
