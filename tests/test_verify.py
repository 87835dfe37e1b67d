"""Somebody's tables against the truth: every row its verdict, and nothing in a table is ever executed."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import zipfile
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import fsolve
from verify_tables import KINDS, PARAMETERS, csv_text, rows

import symgame
from symgame import verify_reading
from symgame.cli import main
from symgame.errors import SymgameError
from symgame.report import verification
from symgame.verify_filter import made
from symgame.verify_numbers import VerifyError, claimed, exact, right_digits
from symgame.verifying import Verification, verify

PAIR = symgame.wilson_cowan()
TSODYKS = {"w_EE": "5/2", "w_EI": "5/2", "w_IE": "3/2", "w_II": "7/10", "tau_E": 10, "tau_I": 5, "u_E": "1/2", "u_I": 0}
GIVEN = PAIR.with_values(**TSODYKS)


def verdicts(found: Verification) -> list[str]:
    return [row.verdict for row in found.results]


def one(circuit: symgame.Circuit, **cells: object) -> symgame.verifying.Row:  # type: ignore[name-defined]
    """The verdict on a table of one row."""
    (row,) = verify(circuit, {k.replace("__", ":"): [v] for k, v in cells.items()}).results
    return row


# -- the score --------------------------------------------------------------------------------------------------------


def score(tmp_path: Path, many: int, seed: int) -> Verification:
    table = rows(many, seed)
    path = tmp_path / "table.csv"
    path.write_text(csv_text(table), encoding="utf-8")
    found = verify(PAIR, path)
    assert found.rows == many and sum(found.summary.values()) == many
    wrong = [
        (row.kind, row.verdict, said.verdict, said.worst, row.cells)
        for row, said in zip(table, found.results, strict=True)
        if row.verdict != said.verdict
    ]
    assert not wrong, wrong[:3]
    assert {row.kind for row in table} == {"none", *(k for k in map(_kind, KINDS))}
    return found


def _kind(function: object) -> str:
    names = {"swapped": "swapped populations", "unit": "unit error", "stale": "stale parameter", "nan": "NaN"}
    name = function.__name__  # type: ignore[attr-defined]
    return names.get(name, name.replace("_", " "))


def test_every_row_of_a_seeded_table_gets_the_right_verdict(tmp_path: Path) -> None:
    score(tmp_path, 1_000, 1)


@pytest.mark.slow
def test_ten_thousand_rows(tmp_path: Path) -> None:
    score(tmp_path, 10_000, 2)


def test_the_filter_passes_nothing_that_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the arrays every row is decided in fractions: the verdicts are the same."""
    table = rows(120, 3)
    path = tmp_path / "table.csv"
    heads = (*PARAMETERS, "active", "x_E", "x_I", "stable", "nash", "lds")
    lines = [",".join(heads), *(",".join(f'"{r.cells[h]}"' for h in heads) for r in table)]
    path.write_text("\n".join(lines), encoding="utf-8")
    fast = verdicts(verify(PAIR, path))
    monkeypatch.setattr("symgame.verifying.made", lambda meanings: None)
    assert verdicts(verify(PAIR, path)) == fast
    assert {"right", "right to 3 digits", "boundary", "not an equilibrium", "other branch", "bad row"} <= set(fast)


# -- one claim at a time ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "verdict", "true"),
    [
        ({"x_E": "17/24", "x_I": "5/8"}, "right", "17/24, 5/8"),
        ({"x_E": "0.708", "x_I": "0.625"}, "right to 3 digits", "17/24, 5/8"),
        ({"x_E": "0.709", "x_I": "0.625"}, "not an equilibrium", "17/24, 5/8 on (E,I)"),
        ({"x_E": "0.709"}, "wrong", "17/24 on (E,I)"),
        ({"x_E": 0.7083333333333334}, "right", "17/24"),
        ({"x_E": 0.70833333}, "right to 8 digits", "17/24"),
        ({"x_E": "0.7083333333911", "x_I": "0.625"}, "right to 9 digits", "17/24, 5/8"),
        ({"x_E": "0.708", "stable": "no"}, "wrong", "true"),
        ({"active": "E I", "nash": "global"}, "wrong", "stationary"),
        ({"active": "E", "nash": "stationary"}, "wrong", "(E,I)"),
        ({"active": "E,I", "type": "stable focus"}, "right", None),
        ({"active": "E,I", "type": "unstable focus"}, "wrong", "stable focus"),
        ({"count": "1", "regime": "inhibition-stabilised", "lds": "false", "unique": 0.0}, "right", None),
        ({"regime": "antagonistic"}, "wrong", "inhibition-stabilised"),
        ({"hopf__w_EE": "4.4", "w_EI": "4", "w_IE": "4"}, "right", "22/5"),
        ({"hopf__w_EE": "2.85", "w_EI": "4", "w_IE": "4"}, "wrong", "22/5"),
        ({"fold__w_EE": "3.20588"}, "right to 6 digits", "109/34"),
        ({"focus+__w_EE": "3.0773"}, "wrong", None),
        ({"dx(E,u_I)": "-2.08"}, "right to 3 digits", "-25/12"),
        ({"dx(E,u_I)": "2.08"}, "wrong", "-25/12"),
        ({"paradoxical(I)": "yes", "det > 0": "1", "w_EI*w_IE": "3.75"}, "right", None),
        ({"eigenvalues": "-0.095+0.19i;-0.095-0.19i"}, "wrong", None),
        ({"x_E": "0.708", "lds": "perhaps"}, "bad row", ""),
        ({"x_E": "0,708"}, "bad row", ""),
        ({"x_E": "1e9999"}, "bad row", ""),
        ({"active": "E,Q"}, "bad row", ""),
    ],
)
def test_verdicts_of_single_claims(cells: dict[str, object], verdict: str, true: str | None) -> None:
    row = one(GIVEN, **cells)
    assert row.verdict == verdict, row
    assert true is None or row.worst.true == true


def test_eigenvalues_in_any_order_and_with_any_digits() -> None:
    J = np.array([[1.5 / 10, -2.5 / 10], [1.5 / 5, -1.7 / 5]])
    found = np.linalg.eigvals(J)
    for order in (found, found[::-1]):
        cells = {f"eig{k}_{part}": float(getattr(v, name)) for k, v in enumerate(order, 1)
                 for part, name in (("re", "real"), ("im", "imag"))}  # fmt: skip
        assert one(GIVEN, **cells).verdict == "right"
    assert one(GIVEN, **(cells | {"eig1_re": -cells["eig1_re"]})).verdict == "wrong"
    joined = ";".join(f"{v.real:.4f}{v.imag:+.4f}j" for v in found)
    assert one(GIVEN, eigenvalues=joined).verdict == "right to 4 digits"  # the real part, -0.095, is exact


def test_right_values_that_are_rounded_or_noisy() -> None:
    third = exact(Fraction(1, 3))
    assert right_digits(claimed("0.33333333333333"), third) == 99
    assert right_digits(claimed("0.3333"), third) == 4
    assert right_digits(claimed("0.3334"), third) is None
    assert right_digits(claimed(1 / 3, 6), third) == 99
    assert right_digits(claimed(0.33334, 6), third) is None
    assert right_digits(claimed("-1e-17"), exact(Fraction(0)), Fraction(1)) == 99
    assert right_digits(claimed("1e-9"), exact(Fraction(0)), Fraction(1)) == 9
    assert right_digits(claimed("0.0"), exact(Fraction(1, 1000)), Fraction(1)) is None


def test_boundaries_say_how_far_and_in_which_parameter() -> None:
    strong = PAIR.with_values(**{**TSODYKS, "w_EI": 4, "w_IE": 4, "u_I": "1/10"})
    row = one(strong, w_EE=4.4, active="E,I", stable=True)  # 22/5 is the Hopf value, and no double
    assert row.verdict == "boundary" and "w_EE" in row.worst.note
    exactly = one(GIVEN, w_EE="1", lds="true")
    assert exactly.verdict == "boundary" and "exactly on the boundary in w_EE" in exactly.worst.note
    assert one(GIVEN, w_EE="1", lds="false").verdict == "right"
    assert one(GIVEN, w_EE=np.nextafter(1, 0), lds=True).verdict == "right"  # nothing that rounds to it is 1
    assert one(GIVEN, w_EE="0.99", lds="true").verdict == "right"
    (rounded,) = verify(GIVEN, {"w_EE": ["0.99"], "lds": ["false"]}, rounded=True).results
    assert rounded.verdict == "wrong"
    (rounded,) = verify(GIVEN, {"w_EE": ["1.0"], "lds": ["true"]}, rounded=True).results
    assert rounded.verdict == "boundary"


def test_a_kink_and_a_continuum() -> None:
    kink = PAIR.with_values(**{**TSODYKS, "u_E": 0, "u_I": 0})
    assert one(kink, x_E="0", x_I="0", active="none").verdict == "right"
    line = symgame.Circuit.from_matrix([[1]], names="E", u=[0], tau=[1])
    assert one(line, x_E="0.37").verdict == "right"
    assert one(line, x_E="-0.37").verdict == "not an equilibrium"
    assert one(line, count="continuum").verdict == "right"
    assert one(line, x_E="0.37", stable="true").verdict == "boundary"


def test_a_state_that_solves_the_equations_of_other_pieces() -> None:
    apart = PAIR.with_values(**{**TSODYKS, "w_EE": "1/2", "u_E": -1})
    x = symgame.branches.branch(apart.fixed(), symgame.grammar.read_branch("E,I")).state  # type: ignore[attr-defined]
    row = one(apart, x_E=str(x["E"]), x_I=str(x["I"]))
    assert row.verdict == "not an equilibrium" and "equations of (E,I)" in row.worst.note


@pytest.mark.parametrize("order", ["EI", "IE"])
def test_other_names_orders_sizes_and_activations(order: str) -> None:
    W = {"E": {"E": "a", "I": "-b"}, "I": {"E": "c", "I": "-d"}}
    rows_of = [[W[p][q] for q in order] for p in order]
    circuit = symgame.Circuit.from_matrix(rows_of, names=order, assume=["a >= 0", "b > 0", "c > 0", "d >= 0"])
    cells = {"a": "5/2", "b": "2.5", "c": 1.5, "d": "0.7", "u_E": "0.5", "u_I": 0, "x(E)": "0.708", "x(I)": "0.625"}
    assert one(circuit, **cells, tau_E=10, tau_I=5, stable="yes", lds="no").verdict == "right to 3 digits"
    assert one(circuit, **cells).verdict == "right to 3 digits"  # no claim depends on time constants
    with pytest.raises(VerifyError, match="no value for tau_"):
        one(circuit, **cells, stable="yes")
    switch = symgame.Circuit.from_matrix(
        [[2]], names="E", u=["-1/2"], tau=[1], activation="saturating", values={"m_E": 2}
    )
    for branch, x, nash, verdict in (
        ("E=m", "2", "global", "right"), ("E", "0.5", "stationary", "right"), ("", "0.0", "local", "right"),
        ("", "0.0", "global", "wrong"), ("E", "2.0", "stationary", "other branch"),
    ):  # fmt: skip
        assert one(switch, x_E=x, active=f"({branch})", nash=nash).verdict == verdict
    cycle = symgame.ctln([(1, 2), (2, 3), (3, 1)], eps="1/4", delta="1/2", theta=1)
    (e,) = symgame.solutions(cycle).equilibria
    state = {f"x_{n}": str(v) for n, v in e.state.items()}
    assert one(cycle, **state, stable="false", type=e.type, count="1").verdict == "right"
    assert one(cycle, **state, stable="true").verdict == "wrong"


def test_copies_are_written_out_or_refused() -> None:
    units = symgame.lateral_inhibition()
    try:
        one(units, x_E="1")
    except SymgameError as error:
        assert "\n" not in str(error) and len(str(error)) > 20


# -- other programs ---------------------------------------------------------------------------------------------------


def test_scipy_and_numpy_on_random_pairs() -> None:
    """``fsolve`` and ``eigvals`` are right; where fsolve finds a point that is none, it is caught."""
    rng = np.random.default_rng(5)
    table: dict[str, list[object]] = {}
    for _ in range(40):
        p = dict(zip(("w_EE", "w_EI", "w_IE", "w_II", "tau_E", "tau_I", "u_E"), rng.uniform(0.2, 2, 7), strict=True))
        p["u_I"] = rng.uniform(-0.2, 0.2)
        W = np.array([[p["w_EE"], -p["w_EI"]], [p["w_IE"], -p["w_II"]]])
        u, tau = np.array([p["u_E"], p["u_I"]]), np.array([p["tau_E"], p["tau_I"]])
        x, _, fine, _ = fsolve(lambda x, W=W, u=u: x - np.maximum(W @ x + u, 0), np.ones(2), full_output=True)
        gains = (W @ x + u > 0).astype(float)
        if fine != 1:
            continue
        J = (gains[:, None] * W - np.eye(2)) / tau[:, None]
        values = np.linalg.eigvals(J)
        row = {**p, "x_E": x[0], "x_I": x[1], "stable": bool(values.real.max() < 0)}
        row |= {f"eig{k}_{n}": float(v) for k, z in enumerate(values, 1) for n, v in (("re", z.real), ("im", z.imag))}
        for name, value in row.items():
            table.setdefault(name, []).append(value)
    found = verify(PAIR, pd.DataFrame(table))
    assert found.right and found.rows >= 20, found.results
    spoiled = pd.DataFrame(table)
    spoiled["eig1_re"] += 1e-3
    assert verify(PAIR, spoiled).summary == {"wrong": found.rows}


def test_a_stationary_point_that_is_called_nash_is_caught() -> None:
    """NashOpt's least residual is 0 at every stationary point, and it calls that an equilibrium; past the switch it is
    none. ``data/nashopt.csv`` is what NashOpt 1.3.9 answered: ``GNEP([1, 1], ...).solve(x0=[0.6, 0.6])``."""
    path = Path(__file__).parent / "data" / "nashopt.csv"
    found = verify(PAIR, path)
    table = pd.read_csv(path)
    assert len(table) == found.rows >= 4
    for row, w_EE in zip(found.results, table["w_EE"], strict=True):
        assert row.worst.verdict == ("right" if w_EE <= 1 else "wrong"), row
        if w_EE > 1:
            assert row.worst.quantity == "nash" and row.worst.true == "stationary"


# -- tables -----------------------------------------------------------------------------------------------------------

GOOD = "w_EE,x_E,x_I\n2.5,0.708,0.625\n0.5,0.185,0.163\n"


def test_the_same_table_in_every_form(tmp_path: Path) -> None:
    expected = ["right to 3 digits", "right to 3 digits"]
    forms = {
        "plain.csv": GOOD.encode(),
        "bom.csv": b"\xef\xbb\xbf" + GOOD.encode(),
        "crlf.csv": GOOD.replace("\n", "\r\n").encode(),
        "blank.csv": GOOD.replace("\n", "\n\n").encode(),
        "quoted.csv": GOOD.replace("2.5", '"2.5"').encode(),
        "packed.csv.gz": gzip.compress(GOOD.encode()),
    }
    for name, content in forms.items():
        (tmp_path / name).write_bytes(content)
        assert verdicts(verify(GIVEN, tmp_path / name)) == expected, name
    columns = {"w_EE": np.array([2.5, 0.5]), "x_E": np.array([17 / 24, 0.185]), "x_I": np.array([0.625, 0.163])}
    np.savez(tmp_path / "arrays.npz", **columns, u_E=0.5)
    for data in (tmp_path / "arrays.npz", columns, pd.DataFrame(columns)):
        assert verdicts(verify(GIVEN, data)) == ["right", "right to 3 digits"]


HOSTILE: dict[str, tuple[str, bytes, str]] = {
    "nothing": ("a.csv", b"", "the table is empty"),
    "headers only": ("a.csv", b"w_EE,x_E\n", "no rows"),
    "binary": ("a.csv", bytes(range(256)) * 9, "NUL|UTF-8|printed"),
    "latin 1": ("a.csv", "w_EE,x_E\n1,\xe9\n".encode("latin-1"), "UTF-8"),
    "long field": ("a.csv", b"w_EE,x_E\n1," + b"9" * 10**6 + b"\n", "more than 1000000 characters|field limit"),
    "long quoted field": ("a.csv", b'w_EE,x_E\n1,"' + b"9\n" * 10**5 + b'"\n', "field limit"),
    "open quote": ("a.csv", b'w_EE,x_E\n1,"2\n', "no line of a CSV table"),
    "code": ("a.csv", b"w_EE,\"__import__('os').system('true')\"\n1,2\n", "no symbol, quantity or formula"),
    "spreadsheet": ("a.csv", b"w_EE,=cmd|' /C calc'!A0\n1,2\n", "no symbol, quantity or formula"),
    "deep": ("a.csv", b"w_EE," + b"(" * 5000 + b"1" + b")" * 5000 + b"\n1,2\n", "no symbol, quantity or formula"),
    "power": ("a.csv", b"w_EE,9^9^9^9 > 0\n1,2\n", "."),
    "semicolons": ("a.csv", b"w_EE;x_E\n1,5;2,5\n", "semicolons"),
    "tabs": ("a.csv", b"w_EE\tx_E\n1\t2\n", "tabs"),
    "twice": ("a.csv", b"w_EE,x_E,x_E\n1,2,3\n", "two columns 'x_E'"),
    "same meaning": ("a.csv", b"w_EE,x_E,x(E)\n1,2,3\n", "both about"),
    "unknown": ("a.csv", b"w_EE,x_E,w_Ee\n1,2,3\n", "did you mean"),
    "no claim": ("a.csv", b"w_EE\n1\n", "claims nothing"),
    "no gzip": ("a.csv.gz", b"w_EE,x_E\n1,2\n", "gzip"),
    "half a gzip": ("a.csv.gz", gzip.compress(GOOD.encode() * 99)[:-30], "gzip"),
    "no zip": ("a.npz", b"PK\x03\x04 nothing", "npz"),
    "no Parquet": ("a.parquet", b"PAR1", "pyarrow|Parquet"),
    "ending": ("a.xlsx", b"", "ends in none of"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_table_is_one_clear_message(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, content, message = HOSTILE[name]
    path, out = tmp_path / file, tmp_path / "out.json"
    path.write_bytes(content)
    with pytest.raises(SymgameError, match=message):
        verify(GIVEN, path)
    settings = [part for n, v in TSODYKS.items() for part in ("--set", f"{n}={v}")]
    assert main(["verify", "wilson-cowan", str(path), *settings, "--out", str(out)]) in (2, 3)
    error = capsys.readouterr().err
    assert error.startswith("symgame: ") and error.count("\n") == 1 and "internal" not in error
    assert not out.exists()


class _Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("executed"),))  # type: ignore[return-value]


def test_pickles_and_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("pickled.npz", "w") as archive:
        buffer = io.BytesIO()
        np.lib.format.write_array_header_1_0(buffer, {"descr": "|O", "fortran_order": False, "shape": (1,)})
        archive.writestr("x_E.npy", buffer.getvalue() + pickle.dumps([_Trap()]))
    with pytest.raises(VerifyError, match="Python objects"):
        verify(GIVEN, "pickled.npz")
    assert not Path("executed").exists()
    monkeypatch.setattr(verify_reading, "SMALL", 2**20)
    with gzip.open("bomb.csv.gz", "wb") as file:
        file.write(b"w_EE,x_E\n" + b"\n" * 2**22)
    with pytest.raises(VerifyError, match="unpack"):
        verify(GIVEN, "bomb.csv.gz")
    with zipfile.ZipFile("bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_E.npy", bytes(2**22))
    with pytest.raises(VerifyError, match="unpack"):
        verify(GIVEN, "bomb.npz")


def test_bad_rows_do_not_spoil_the_others(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("w_EE,w_II,x_E\n2.5,0.7,0.708\n2.5,0.7\n2.5,0.7,0.708,9\nnan,0.7,0.708\n-1,0.7,0.708\n2.5,zwei,0.708\n"
                    "2.5,0.7,0.780\n")  # fmt: skip
    found = verify(GIVEN, path)
    assert verdicts(found) == ["right to 3 digits", *["bad row"] * 5, "wrong"]
    assert "3 headers" in found.results[1].worst.note and "w_EE >= 0" in found.results[4].worst.note
    assert found.results[5].worst.quantity == "w_II"


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        ({"x_E": [1.0, 2.0], "x_I": [1.0]}, {}, "2 rows and 'x_I' has 1"),
        ({"x_E": np.ones((2, 2))}, {}, "2 dimensions"),
        ({"eig1_re": np.array([1j])}, {}, "complex"),
        ({"x_E": []}, {}, "no rows"),
        ({}, {}, "no columns"),
        (3, {}, "give the path"),
        ({"x_E": [1.0]}, {"digits": 0}, "1 to 100"),
        ({"x_E": [1.0]}, {"map": {"y": "x_E"}}, "which the table has not"),
        ({"eig7_re": [1.0]}, {}, "from 1 to 2"),
        ({"cusp:w_EE": [1.0]}, {}, "no threshold 'cusp'"),
        ({"nash(Q)": ["true"]}, {}, "Q"),
        ("missing.csv", {}, "no file"),
    ],
)
def test_bad_input_in_python(data: object, options: dict[str, object], message: str) -> None:
    circuit = PAIR if data == {"cusp:w_EE": [1.0]} else GIVEN
    if data == {"cusp:w_EE": [1.0]}:
        circuit = GIVEN
    with pytest.raises(SymgameError, match=message):
        verify(circuit, data, **options)  # type: ignore[arg-type]


def test_chunks_of_any_size_and_long_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {"w_EE": ["2.5", "0.5", "2.5", "2.5", "1.5"], "x_E": ["0.708", "0.185", "0.8", "nan", "0.9"]}
    whole = verify(GIVEN, table)
    monkeypatch.setattr(verify_reading, "CHUNK", 2)
    told: list[int] = []
    parts = verify(GIVEN, table, progress=lambda rows, share, seconds: told.append(rows))
    assert (parts.summary, parts.results) == (whole.summary, whole.results) and told == [2, 4, 5]
    short = verify(GIVEN, table, listed=2)
    assert [r.row for r in short.results] == [3, 4] and short.left_out == 1 and short.summary == whole.summary


# -- the command line -------------------------------------------------------------------------------------------------


def test_the_verb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "table.csv"
    path.write_text("gain,rate,stab,junk\n2.5,0.708,yes,<script>\n2.5,0.780,no,=1\n", encoding="utf-8")
    settings = [part for n, v in TSODYKS.items() for part in ("--set", f"{n}={v}")]
    maps = ["--map", "gain=w_EE", "--map", "rate=x_E", "--map", "stab=stable", "--map", "junk=-"]
    command = ["verify", "wilson-cowan", str(path), *settings, *maps]
    assert main([*command, "--json", "--out", str(tmp_path / "page.html")]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["rows"] == 2 and document["summary"] == {"right to 3 digits": 1, "wrong": 1}
    assert set(document["results"][1]) == {"row", "verdict", "quantity", "claimed", "true", "note"}
    assert document["results"][1]["true"] == "17/24 on (E,I)" and "stable: wrong" in document["results"][1]["note"]
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "17/24" in page and "<script" not in page and "http" not in page
    assert main([*command, "--out", str(tmp_path / "rows.csv")]) == 1
    assert "row 2: wrong: x(E) = 0.780; true: 17/24 on (E,I)" in capsys.readouterr().out
    assert len(pd.read_csv(tmp_path / "rows.csv")) == 2
    path.write_text("x_E\n0.708\n", encoding="utf-8")
    assert main(["verify", "wilson-cowan", str(path), *settings]) == 0
    path.write_text("w_EE,lds\n1,true\n", encoding="utf-8")
    assert main(["verify", "wilson-cowan", str(path), *settings]) == 3
    capsys.readouterr()
    assert main(["verify", "wilson-cowan", str(path), "--map", "w_EE"]) == 2
    assert main(["verify", "wilson-cowan", str(path), *settings, "--out", "a.pdf"]) == 2


def test_the_same_table_gives_the_same_bytes() -> None:
    table = {"w_EE": ["2.5", "1"], "x_E": ["0.7", "0.3"], "lds": ["no", "yes"]}
    first, second = (verification.page(verify(GIVEN, table)) for _ in range(2))
    assert first == second


def test_a_formula_in_a_cell_of_the_output_is_text() -> None:
    found = verify(GIVEN, {"x_E": ["=1+1", "@x", "-0.7"]})
    lines = verification.csv_text(found).splitlines()
    assert not any(cell.startswith(("=", "@")) for line in lines for cell in line.split(","))
    with ExitStack() as stack:
        assert verify_reading.table({"a": ["=1"]}, stack).headers == ("a",)
    assert made(verify_columns_meanings()) is not None


def verify_columns_meanings() -> symgame.verify_truth.Meanings:  # type: ignore[name-defined]
    from symgame.verify_columns import columns
    from symgame.verify_truth import Meanings

    return Meanings(PAIR, columns(PAIR, ["w_EE", "x_E"]))
