"""The same table and the same recording from every keeper of tables: the verdicts are the same, missing cells too."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

import symgame
from symgame import verify_reading
from symgame.cli import main
from symgame.errors import SymgameError
from symgame.verifying import verify

GIVEN = symgame.wilson_cowan().with_values(
    w_EI="5/2", w_IE="3/2", w_II="7/10", tau_E=10, tau_I=5, u_E="1/2", u_I=0
)  # fmt: skip
#: A text is the decimal that it says; a missing number, and one that is false, are found in the same places.
COLUMNS: dict[str, list[Any]] = {
    "w_EE": [2.5, 2.5, 0.5, 2.5, None],
    "x_E": ["0.708", "0.780", "0.185", "17/24", "0.7"],
    "active": ["E,I", "E,I", "E,I", "E", "E,I"],
    "stable": [True, True, True, True, False],
    "count": [1, 1, 1, 1, 1],
}
VERDICTS = ["right to 3 digits", "wrong", "right to 3 digits", "other branch", "bad row"]


def frames() -> dict[str, Any]:
    polars = pl.DataFrame(COLUMNS)
    return {
        "mapping": COLUMNS,
        "pandas": pd.DataFrame(COLUMNS),
        "pandas, nullable": pd.DataFrame(COLUMNS).convert_dtypes(),
        "pandas, categories": pd.DataFrame(COLUMNS).astype({"active": "category"}),
        "polars": polars,
        "polars, categories": polars.with_columns(pl.col("active").cast(pl.Categorical)),
        "arrow": pa.table(COLUMNS),
        "arrow, dictionary": pa.table({**COLUMNS, "active": pa.array(COLUMNS["active"]).dictionary_encode()}),
    }


def parquet(path: Path, columns: Any = None, **options: Any) -> Path:
    table = columns if isinstance(columns, pa.Table) else pa.table(columns or COLUMNS)
    pyarrow.parquet.write_table(table, path, **options)
    return path


@pytest.mark.parametrize("name", frames())
def test_frames(name: str) -> None:
    found = verify(GIVEN, frames()[name])
    assert [row.verdict for row in found.results] == VERDICTS
    assert found.results[1].worst.true == "17/24 on (E,I)" and found.results[4].worst.quantity == "w_EE"


def test_parquet_in_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = {key: values * 30 for key, values in COLUMNS.items()}
    path = parquet(tmp_path / "many.parquet", many, row_group_size=70, compression="zstd")
    monkeypatch.setattr(verify_reading, "CHUNK", 64)
    told: list[int] = []
    found = verify(GIVEN, path, progress=lambda rows, share, seconds: told.append(rows))
    assert [row.verdict for row in found.results] == VERDICTS * 30 and told[-1] == 150 and len(told) >= 3


def test_exact_decimals(tmp_path: Path) -> None:
    """A decimal of Arrow says what it says, as a text does: so many digits."""
    decimals = pa.table({"w_EE": [Decimal("2.5000")], "x_E": [Decimal("0.7083")], "w_EI*3": [Decimal("7.5000")]})
    (row,) = verify(GIVEN, parquet(tmp_path / "decimals.parquet", decimals)).results
    assert row.verdict == "right to 4 digits"


def test_broken_parquet_is_one_message(tmp_path: Path) -> None:
    whole = parquet(tmp_path / "a.parquet").read_bytes()
    for name, content in {"half": whole[: len(whole) // 2], "text": b"w_EE,x_E\n1,2\n", "none": b""}.items():
        path = tmp_path / f"{name}.parquet"
        path.write_bytes(content)
        for call in (lambda p=path: verify(GIVEN, p), lambda p=path: symgame.verify_trajectory(ONE, p)):
            with pytest.raises(SymgameError, match="Parquet") as refused:
                call()
            assert "\n" not in str(refused.value)
    nested = pa.table({"w_EE": [1.0], "x_E": [[1.0, 2.0]]})
    assert verify(GIVEN, parquet(tmp_path / "nested.parquet", nested)).summary == {"bad row": 1}


# -- recordings -------------------------------------------------------------------------------------------------------

ONE = symgame.Circuit.from_matrix([["1/2"]], names="E", u=[1], tau=[2])
TIMES = [0.0, 2.0, 4.0, 8.0]
RATES = [float(2 - 2 * np.exp(-t / 4)) for t in TIMES]


def test_recordings_in_frames(tmp_path: Path) -> None:
    table = {"t": TIMES, "E": RATES}
    single = pa.table({"t": TIMES, "E": pa.array(RATES, pa.float32())})
    for data in (pd.DataFrame(table), pl.DataFrame(table), pa.table(table), parquet(tmp_path / "a.parquet", table)):
        assert symgame.verify_trajectory(ONE, data).digits >= 14
    for data in (single, pl.DataFrame(single), single.to_pandas(), parquet(tmp_path / "single.parquet", single)):
        found = symgame.verify_trajectory(ONE, data)
        assert found.outcome == "right" and 7 <= found.digits <= 8  # half a unit of single precision explains it
    found = symgame.verify_trajectory(ONE, pa.table({"t": TIMES, "E": [*RATES[:3], None]}))
    assert found.outcome == "bad row" and found.bad is not None and found.bad.sample == 3
    moved = pl.DataFrame({"t": TIMES, "E": [*RATES[:3], RATES[3] + 1e-6]})
    assert symgame.verify_trajectory(ONE, moved).outcome == "wrong"


MODEL = """[circuit]
name = "one"
activation = "relu"
[populations]
E = { type = "excitatory", tau = "2", input = "1" }
[weights]
E = { E = "1/2" }
"""
RUN = "t,E\n0,0.0000\n2,0.7869\n4,1.2642\n8,1.7293\n40,1.9999\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("one.toml").write_text(MODEL, encoding="utf-8")
    Path("run.csv").write_text(RUN, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "arguments", "status", "says"),
    [
        ("", [], 0, "one: right\n"),
        ("1.7293 1.7393", [], 1, "sample 3 is off; all the others are right"),
        ("1.7293 1.7393", ["--digits", "2"], 0, "right to 2 of 2 significant digits"),
        ("0.7869 0.5669 1.2642 0.9732 1.7293 1.4728 1.9999 1.9974", [], 1, "tau of E = 3 would fit, not 2"),
        ("1.7293 nan", [], 1, "bad row  sample 3, column E: 'nan' is not a finite number"),
        ("8, 3,", [], 1, "times increase"),
        ("E rate", ["--map", "rate=E"], 0, "one: right\n"),
        ("t,E ms,E", ["--map", "ms=t"], 0, "one: right\n"),
        ("t,E t,E,pulse 0.0000 0.0000,a 0.7869 0.7869,b 1.2642 1.2642,c 1.7293 1.7293,d 1.9999 1.9999,e",
         ["--map", "pulse=-"], 0, "one: right\n"),
        ("2,0.7869 2.1,0.7869", ["--time-rounding", "1/5"], 0, "one: right"),
        ("2,0.7869 2.1,0.7869", [], 1, "departs"),
        ("", ["--set", "q=1"], 2, "q"),
        ("E x", [], 2, "no population for the column 'x'"),
        ("", ["--map", "rate=E"], 2, "the map names the column 'rate', which the table has not"),
        ("", ["--map", "E"], 2, "--map E_rate=E"),
        ("", ["--time-rounding", "soon"], 2, "time_rounding: 'soon' is not a finite number"),
        ("t, s,", [], 2, "0 columns of times"),
    ],
)  # fmt: skip
def test_the_verb_for_recordings(
    changed: str, arguments: list[str], status: int, says: str, files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, words = RUN, changed.split(" ") if changed else []
    for old, new in zip(words[::2], words[1::2], strict=True):
        text = text.replace(old, new, 1)
    Path("run.csv").write_text(text, encoding="utf-8")
    assert main(["trajectory", "one.toml", "run.csv", *arguments]) == status
    said = capsys.readouterr()
    assert says in (said.err if status == 2 else said.out)
    assert said.err.count("\n") == (1 if status == 2 else 0)


def test_what_never_moves_is_undecided(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("run.csv").write_text("t,E\n0,1.5\n0.001,1.5\n", encoding="utf-8")
    assert main(["trajectory", "one.toml", "run.csv"]) == 3
    assert "not tested" in capsys.readouterr().out


def test_a_recording_as_json(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("run.csv").write_text(RUN.replace("1.7293", "1.7393"), encoding="utf-8")
    assert main(["trajectory", "one.toml", "run.csv", "--json"]) == 1
    text = capsys.readouterr().out
    found = json.loads(text)
    assert (found["verdict"], found["departures"], found["first"]["recorded"]) == ("wrong", [3], "17393/10000")
    assert found["first"]["true"].startswith("1.72932943") and found["end"]["state"] == {"E": "2"}
    assert main(["trajectory", "one.toml", "run.csv", "--json"]) == 1 and capsys.readouterr().out == text
    assert main(["trajectory", "one.toml", "none.npz", "--json"]) == 2
