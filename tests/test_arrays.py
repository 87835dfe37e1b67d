"""Matrices from NumPy, SciPy, pandas and files: what an entry becomes exactly, and the same circuit by every road."""

from __future__ import annotations

import io
import json
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import sympy

from symgame import Circuit, load, read_arrays
from symgame.algebra import algebra
from symgame.cli import main
from symgame.errors import CircuitError, ModelError
from symgame.notation import symbol
from symgame.sheets import sheet

TENTHS = [[0.1, -0.2], [0.3, 0]]
EXACT = sympy.Matrix([[Fraction(1, 10), Fraction(-1, 5)], [Fraction(3, 10), 0]])


# -- what an entry becomes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, object, "U8"])
def test_a_float_is_the_decimal_that_it_prints_as(dtype: Any) -> None:
    assert Circuit.from_matrix(np.array(TENTHS).astype(dtype)).W == EXACT
    assert Circuit.from_matrix([list(row) for row in np.array(TENTHS).astype(dtype)]).W == EXACT
    assert Circuit.from_matrix(np.array([[np.longdouble("0.1")]])).W[0, 0] == Fraction(1, 10)
    u = np.array([0.1, 2.5e-7], dtype=np.float32)
    assert list(Circuit.from_matrix([[0, 1], [1, 0]], u=u).u) == [Fraction(1, 10), Fraction(1, 4_000_000)]


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_a_float_is_what_it_stores_on_demand(dtype: Any) -> None:
    W = np.array(TENTHS, dtype=dtype)
    circuit = Circuit.from_matrix(W, u=W[0], floats="binary")
    for a, b in np.ndindex(2, 2):
        stored = Fraction(*W[a, b].as_integer_ratio())
        assert circuit.W[a, b] == stored and float(stored) == float(W[a, b])
    assert circuit.u[0] == circuit.W[0, 0] != Fraction(1, 10)
    assert Circuit.from_matrix([[0.5, "1/10"], [1, Fraction(1, 3)]], floats="binary").W == sympy.Matrix(
        [[Fraction(1, 2), Fraction(1, 10)], [1, Fraction(1, 3)]]
    )


def test_every_kind_of_matrix_is_the_same_circuit() -> None:
    rows = [[0, -2, 0], [1, 0, 3], [0, 0, 1]]
    forms: list[Any] = [
        rows, tuple(map(tuple, rows)), np.array(rows), np.array(rows, dtype=np.int8), np.array(rows, dtype=float),
        np.asfortranarray(rows), np.array(rows, dtype=object), np.asmatrix(rows), np.ma.masked_array(rows),
        [np.array(row) for row in rows], sympy.Matrix(rows), sympy.ImmutableSparseMatrix(rows),
        scipy.sparse.csr_array(rows), scipy.sparse.coo_matrix(rows), pd.DataFrame(rows),
        [[Fraction(x) for x in row] for row in rows], [[str(x) for x in row] for row in rows],
    ]  # fmt: skip
    assert len({Circuit.from_matrix(form) for form in forms}) == 1


def test_a_data_frame_names_the_populations() -> None:
    frame = pd.DataFrame(TENTHS, columns=["E", "I"], index=["E", "I"])
    assert Circuit.from_matrix(frame).names == ("E", "I")
    assert Circuit.from_matrix(pd.DataFrame(TENTHS, columns=["E", "I"])).names == ("E", "I")
    assert Circuit.from_matrix(pd.DataFrame(TENTHS), names="EI").names == ("E", "I")
    assert Circuit.from_matrix(frame).W == EXACT
    with pytest.raises(CircuitError, match=r"reindex its rows: W.loc\[W.columns\]"):
        Circuit.from_matrix(frame.loc[["I", "E"]])


@pytest.mark.slow
def test_a_large_matrix_is_read_soon() -> None:
    """90,000 floats: a circuit and its algebra, in processor time."""
    n = 300
    W = np.random.default_rng(0).standard_normal((n, n)) / 17
    for attempt in (1, 2):  # one more try, for the sake of busy computers
        start = time.process_time()
        circuit = Circuit.from_matrix(W, u=[1] * n, tau=[1] * n)
        made = time.process_time() - start
        assert algebra(circuit).n == n
        whole = time.process_time() - start
        if made < 3 and whole < 6:
            break
        assert attempt == 1, f"{made:.1f} s, {whole:.1f} s"
    assert all(circuit.W[k, n - 1 - k] == Fraction(repr(float(W[k, n - 1 - k]))) for k in range(n))


# -- files ------------------------------------------------------------------------------------------------------------

#: A pair with numbers, in every form there is: excitatory and saturating at 2, inhibitory.
TOML = """
[circuit]
name = "pair"
activation = "relu"
[populations]
E = { type = "excitatory", tau = "10", input = "1/2" }
I = { type = "inhibitory", tau = "2.5", input = "0.1" }
[weights]
E = { E = "5/2", I = "5/4" }
I = { E = "1.5", I = "0.7" }
[activation.E]
kind = "saturating"
cap = "2"
"""
SIGNED = [[2.5, -1.25], [1.5, -0.7]]


def written(directory: Path) -> list[Path]:
    """The pair as files of every form, each called ``pair``."""
    forms = ["toml", "npz", "texts", "csv", "mixed"]
    places = [directory / form / f"pair.{'toml' if form == 'toml' else 'csv' if form in ('csv', 'mixed') else 'npz'}"
              for form in forms]  # fmt: skip
    for place in places:
        place.parent.mkdir()
    places[0].write_text(TOML)
    own: dict[str, Any] = {
        "u": [0.5, 0.1], "tau": [10, 2.5], "cap": [2, np.inf], "names": ["E", "I"],
        "types": ["excitatory", "inhibitory"],
    }  # fmt: skip
    np.savez(places[1], W=np.array(SIGNED), **own)
    np.savez_compressed(
        places[2], W=np.array([["5/2", "-5/4"], ["3/2", "-0.7"]]), u=["1/2", "1/10"], tau=np.float32([10, 2.5]),
        cap=["2", ""], names=["E", "I"], types=own["types"], activation=["saturating", "relu"],
    )  # fmt: skip
    places[3].write_text("to,E,I,u,tau,cap,type\nE,2.5,-1.25,1/2,10,2,excitatory\nI,3/2,-7/10,0.1,5/2,,inhibitory\n")
    places[4].write_bytes(
        b"\xef\xbb\xbf# signed weights, row from column\r\n"
        b'tau,"E",I,activation,u,type,cap\r\n\r\n10, 5/2 ,-1.25,,0.5,excitatory,2\r\n'
        b"2.50,1.5,-0.7,relu,0.10,inhibitory,\r\n"
    )
    return places


def test_the_same_circuit_gives_the_same_equilibria(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = written(tmp_path)
    circuits = [load(str(place)) for place in places]
    assert all(circuit == circuits[0] for circuit in circuits)
    said = []
    for place in places:
        assert main(["equilibria", str(place), "--json"]) == 0
        said.append(capsys.readouterr().out)
    assert len(set(said)) == 1
    (only,) = json.loads(said[0])["equilibria"]
    x, y = (Fraction(only["state"][p]) for p in "EI")
    assert x == min(Fraction(2), Fraction(5, 2) * x - Fraction(5, 4) * y + Fraction(1, 2)) == 2
    assert y == Fraction(3, 2) * x - Fraction(7, 10) * y + Fraction(1, 10) == Fraction(31, 17)


def test_a_bare_array_takes_its_values_by_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    W = np.array([[0.5, -1.25], [1.5, -0.7]])
    np.save(tmp_path / "bare.npy", W)
    np.savez(tmp_path / "bare.npz", W=W)
    np.savetxt(tmp_path / "bare.csv", W, delimiter=",", fmt="%s")
    np.savetxt(tmp_path / "long.csv", W, delimiter=",")  # -6.999999999999999556e-01, taken as it stands
    pd.DataFrame(W).to_csv(tmp_path / "frame.csv")
    given = {"u_x1": "1/2", "u_x2": "0.1", "tau_x1": "10", "tau_x2": "2.5"}
    settings = [part for name, value in given.items() for part in ("--set", f"{name}={value}")]
    said = []
    for suffix in ("npy", "npz", "csv"):
        circuit = read_arrays(tmp_path / f"bare.{suffix}")
        assert circuit.names == ("x1", "x2") and circuit.symbols == ("tau_x1", "tau_x2", "u_x1", "u_x2")
        assert circuit.W == sympy.Matrix([["1/2", "-5/4"], ["3/2", "-7/10"]])
        assert main(["equilibria", str(tmp_path / f"bare.{suffix}"), "--json", *settings]) == 0
        said.append(capsys.readouterr().out)
    (only,) = json.loads(said[0])["equilibria"]
    assert len(set(said)) == 1 and only["state"] == {"x1": "29/109", "x2": "32/109"}
    long = read_arrays(tmp_path / "long.csv").W
    assert long[1, 1] == Fraction("-0.6999999999999999556") and long[0, 0] == Fraction(1, 2)
    assert read_arrays(tmp_path / "frame.csv").names == ("x0", "x1")  # as pandas counts
    assert read_arrays(tmp_path / "bare.npy", "binary").W[1, 1] == -Fraction(0.7)


def test_what_is_derived_of_an_array_is_called_after_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("one.csv").write_text("w\n")
    assert main(["derive", "one.csv", "--no-figures", "--quiet"]) in (0, 3)
    assert (tmp_path / "one-symgame" / "claims.json").is_file()
    assert main(["derive", "ring:1", "--no-figures", "--quiet"]) in (0, 3)
    assert (tmp_path / "ring-1-symgame" / "claims.json").is_file()


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int64, np.longdouble, "U6"])
def test_an_array_of_any_width_is_read(dtype: Any, tmp_path: Path) -> None:
    W = np.array([[0, -2], [1, 0.5]]).astype(dtype)
    np.save(tmp_path / "W.npy", W)
    expected = [[0, -2], [1, int(W[1, 1]) if dtype is np.int64 else Fraction(1, 2)]]
    assert read_arrays(tmp_path / "W.npy").W == sympy.Matrix(expected)


# -- tables -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("1,2\n3,4\n", None),
        ("1, 2\n\n3, 4\n,\n", None),
        ("E,I\n1,2\n3,4\n", ("E", "I")),
        ("E,1,2\nI,3,4\n", ("E", "I")),
        (",E,I\nE,1,2\nI,3,4\n", ("E", "I")),
        ("name,E,I\nE,1,2\nI,3,4\n", ("E", "I")),
        ('"",E,I\n"E","1",2\nI,3,4\n', ("E", "I")),
        ("# weights\nE,I\n1,2\n# of I\n3,4", ("E", "I")),
    ],
)
def test_the_layout_of_a_table_is_read_off_its_shape(text: str, names: tuple[str, ...] | None) -> None:
    found = sheet(text)
    assert found.matrix == (("1", "2"), ("3", "4")) and found.names == names and not found.columns


def test_a_table_of_one_population() -> None:
    assert sheet("w").matrix == (("w",),) and sheet("E\n2").names == ("E",) and sheet("E,2").names == ("E",)
    assert sheet(",E\nE,2").matrix == (("2",),)


def test_symbols_in_a_table_stay_symbols(tmp_path: Path) -> None:
    path = tmp_path / "pair.csv"
    path.write_text("E,I,type,u,tau,cap\nw_EE,-w_EI,excitatory,,,m\nw_IE,-2*g + 1,inhibitory,1/2,tau,\n")
    circuit = read_arrays(path)
    w = symbol
    assert circuit.W == sympy.Matrix([[w("w_EE"), -w("w_EI")], [w("w_IE"), 1 - 2 * w("g")]])
    assert list(circuit.u) == [w("u_E"), Fraction(1, 2)] and list(circuit.tau) == [w("tau_E"), w("tau")]
    assert [p.activation.kind for p in circuit.populations] == ["saturating", "relu"]
    assert {"w_EE >= 0", "w_EI >= 0", "m > 0"} <= {h.text for h in algebra(circuit).domain.hypotheses}


def test_no_text_of_a_table_is_evaluated(tmp_path: Path) -> None:
    path = tmp_path / "hostile.csv"
    path.write_text("\"__import__('os').system('touch pwned')\"\n")
    with pytest.raises(ModelError, match=r"hostile\.csv: "):
        read_arrays(path)
    assert not (tmp_path / "pwned").exists() and not Path("pwned").exists()


def test_an_array_in_memory_is_an_array_in_a_file(tmp_path: Path) -> None:
    """The same exact numbers by both roads, for numbers with many digits."""
    W = np.random.default_rng(3).standard_normal((12, 12)) * 10.0 ** np.arange(-6, 6)
    np.save(tmp_path / "W.npy", W)
    text = io.StringIO()
    for row in W:
        text.write(",".join(map(repr, row.tolist())) + "\n")
    (tmp_path / "W.csv").write_text(text.getvalue())
    given = Circuit.from_matrix(W, name="W")
    assert read_arrays(tmp_path / "W.npy") == given == read_arrays(tmp_path / "W.csv")
    assert [float(w) for w in given.W] == W.ravel().tolist()  # the decimal is the same float again
