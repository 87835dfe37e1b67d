"""What ``verify`` once said that was false, or said badly: one test for each."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import polars
import pyarrow
import pyarrow.parquet
import pytest

import symgame
from symgame.cli import main
from symgame.errors import SymgameError
from symgame.testing import assert_equilibrium, assert_trajectory
from symgame.verify_numbers import VerifyError, claimed, exact, right_digits
from symgame.verify_verdicts import assigned
from symgame.verifying import Row, verify

PAIR = symgame.wilson_cowan()
TSODYKS = {"w_EE": "5/2", "w_EI": "5/2", "w_IE": "3/2", "w_II": "7/10", "tau_E": 10, "tau_I": 5, "u_E": "1/2", "u_I": 0}
GIVEN = PAIR.with_values(**TSODYKS)
FULL = {
    "w_EE": "2.5", "w_EI": "2.5", "w_IE": "1.5", "w_II": "0.7", "tau_E": "10", "tau_I": "5", "u_E": "0.5", "u_I": "0",
}  # fmt: skip
SETTINGS = [part for n, v in TSODYKS.items() for part in ("--set", f"{n}={v}")]
#: One unit with w = 1 and no input: every rate x >= 0 is an equilibrium.
LINE = {**FULL, "w_EE": "1", "u_E": "0", "u_I": "-10"}


def one(circuit: symgame.Circuit, cells: dict[str, Any], **options: Any) -> Row:
    (row,) = verify(circuit, {k: [v] for k, v in cells.items()}, **options).results
    return row


# -- rounded parameters are off together ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "verdict"),
    [
        # each parameter alone explains too little, all together explain it
        ({"w_EE": "0.64", "w_EI": "1.02", "w_IE": "3.00", "w_II": "0.12", "tau_E": "2.82", "tau_I": "9.10",
          "u_E": "0.71", "u_I": "0.18", "x_E": "0.174", "x_I": "0.629"}, "boundary"),
        ({**FULL, "w_EI": "1.0", "w_II": "1.0", "w_IE": "1.1", "w_EI + w_II > w_IE + 1": "true"}, "boundary"),
        # the mirror: true as written, false where three are off together
        ({**FULL, "w_EI": "1.1", "w_II": "1.0", "w_IE": "1.0", "w_EI + w_II > w_IE + 1": "true"}, "boundary"),
        ({**FULL, "w_EI": "1.1", "w_II": "1.0", "w_IE": "1.0", "w_EI + w_II > w_IE": "true"}, "right"),
        ({**FULL, "w_EI": "1.1", "w_II": "1.0", "w_IE": "1.0", "w_EI + w_II > w_IE": "false"}, "wrong"),
        # far off is wrong, whatever the rounding
        ({**FULL, "x_E": "0.508", "x_I": "0.625"}, "not an equilibrium"),
        ({**FULL, "w_EE": "2.50", "w_EI": "2.50", "x_E": "0.999"}, "wrong"),
        ({**FULL, "x_E": "0.708", "x_I": "0.625"}, "boundary"),
        ({**FULL, "stable": "true", "type": "focus", "nash": "stationary", "count": "1"}, "right"),
        ({**FULL, "type": "saddle"}, "wrong"),
        ({**FULL, "eigenvalues": "-0.5;-0.1"}, "wrong"),
        ({**FULL, "eigenvalues": "-0.095+0.122i;-0.095-0.122i"}, "boundary"),
        ({**FULL, "regime": "inhibition-stabilised"}, "right"),
    ],
)  # fmt: skip
def test_the_box_of_roundings_is_decided_as_a_whole(cells: dict[str, str], verdict: str) -> None:
    row = one(PAIR, cells, rounded=True)
    assert row.verdict == verdict, row
    joint = "together" in row.worst.note
    assert not joint or "matters most" in row.worst.note


def test_the_parameter_that_matters_most_is_one_that_matters() -> None:
    cells = {**FULL, "w_EI": "1.0", "w_II": "1.0", "w_IE": "1.1", "w_EI + w_II > w_IE + 1": "true"}
    note = one(PAIR, cells, rounded=True).worst.note
    assert any(f"of {name}, by 0.05" in note for name in ("w_EI", "w_II", "w_IE")), note


@pytest.mark.slow
def test_a_rounded_row_that_is_right_is_never_called_wrong_and_some_wrong_ones_are_found() -> None:
    """Exact pairs, printed to two decimals, their states to three; then the states of three halves of that size."""
    rng = random.Random(5)
    weights = ((0, 9000), (5000, 30000), (5000, 30000), (0, 10000))
    ranges = (*weights, *((10000, 99999),) * 2, (2000, 10000), (0, 3000))
    rows: list[dict[str, str]] = []
    while len(rows) < 60:
        a, b, c, d, s, t, u, v = (Fraction(rng.randint(*ends), 10_000) for ends in ranges)
        under = (1 - a) * (1 + d) + b * c
        x, y = ((1 + d) * u - b * v) / under, (c * u + (1 - a) * v) / under
        if min(x, y) < Fraction(1, 20) or a >= 1:
            continue
        numbers = dict(zip(FULL, (a, b, c, d, s, t, u, v), strict=True))
        state = {"x_E": f"{float(x):.3f}", "x_I": f"{float(y):.3f}"}
        rows.append({n: f"{float(w):.2f}" for n, w in numbers.items()} | state)
    table = {name: [row[name] for row in rows] for name in rows[0]}
    found = verify(PAIR, table, rounded=True)
    assert set(found.summary) <= {"right to 3 digits", "right to 2 digits", "boundary"}, found.results
    table["x_E"] = [f"{float(v) * 1.5:.3f}" for v in table["x_E"]]
    assert verify(PAIR, table, rounded=True).summary == {"not an equilibrium": 60}


@pytest.mark.slow
def test_the_box_agrees_with_points_inside_it() -> None:
    """A verdict that stands for the whole box stands at every point of it."""
    rng = random.Random(3)
    kinds = ("stable", "w_EE*w_II > w_EI - w_IE", "lds", "exists(E,I)", "paradoxical(I)", "nash(E,I)", "count")
    decided = 0
    for _ in range(60):
        point = {n: Fraction(rng.randint(1, 30), 10) for n in FULL}
        point["u_I"] -= 2
        cells = {n: f"{float(v):.1f}" for n, v in point.items()}
        kind = rng.choice(kinds)
        claim = rng.choice(("1", "2")) if kind == "count" else rng.choice(("true", "false"))
        verdict = one(PAIR, {**cells, kind: claim}, rounded=True).worst.verdict
        if verdict not in ("right", "wrong"):
            continue
        decided += 1
        for _ in range(6):
            moved = {n: str(v + Fraction(rng.randint(-500, 500), 10_000)) for n, v in point.items()}
            there = one(PAIR, {**moved, kind: claim}).worst
            assert there.verdict in (verdict, "bad row"), (cells, kind, claim, moved, there)
    assert decided > 20


# -- verdicts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "verdict", "true"),
    [
        # claims about an equilibrium need one
        ({"w_EE": "0.5", "u_I": "-10", "stable": "true"}, "wrong", "nothing there"),
        ({"w_EE": "0.5", "u_I": "-10", "stable": "false"}, "right", None),
        ({"w_EE": "0.5", "u_I": "-10", "type": "focus"}, "wrong", "nothing there"),
        ({"w_EE": "0.5", "u_I": "-10", "eigenvalues": "-0.2;-0.2"}, "wrong", "nothing there"),
        ({"w_EE": "0.5", "u_I": "-10", "eig1_re": "-0.195"}, "wrong", "nothing there"),
        ({"w_EE": "0.5", "u_I": "-10", "nash": "global"}, "wrong", "nothing there"),
        # some of the rates of a point of a continuum
        ({**LINE, "x_E": "1"}, "right", "a continuum on (E)"),
        ({**LINE, "x_E": "1", "x_I": "0"}, "right", "a continuum on (E)"),
        ({**LINE, "x_I": "0", "active": "E"}, "right", "a continuum on (E)"),
        ({**LINE, "x_E": "-1"}, "wrong", None),
        # a number claims every digit that is printed, up to 11 of them
        ({"x_E": "0.70833381"}, "wrong", "17/24 on (E,I)"),
        ({"x_E": "0.7083338"}, "wrong", "17/24 on (E,I)"),
        ({"x_E": "0.7083333"}, "right to 7 digits", None),
        ({"x_E": "0.70833333391"}, "wrong", "17/24 on (E,I)"),
        ({"x_E": "0.7083333333911"}, "right to 9 digits", None),
        # types
        ({"type": "sink"}, "right", None),
        ({"type": "spiral sink"}, "right", None),
        ({"type": "stable"}, "right", None),
        ({"type": "source"}, "wrong", "stable focus"),
        ({"type": "stable node"}, "wrong", "stable focus"),
        ({"type": "hyperbolic banana"}, "bad row", None),
        ({"type": "stable source"}, "bad row", None),
        ({"regime": "x"}, "bad row", None),
        ({"regime": "inhibition_stabilised"}, "right", None),
        # spellings of eigenvalues
        ({"eigenvalues": "[-0.095+0.12237*I, -0.095-0.12237*I]"}, "right to 5 digits", None),
        ({"eigenvalues": "[-0.095+0.12237j -0.095-0.12237j]"}, "right to 5 digits", None),
        ({"eigenvalues": "-9.5E-2+1.2237E-1I; -9.5E-2-1.2237E-1I"}, "right to 5 digits", None),
        ({"eigenvalues": "-0.095+0.12337j; -0.095-0.12337j"}, "wrong", None),
        ({"eigenvalues": "complex(-0.095,0.12237)"}, "bad row", None),
    ],
)  # fmt: skip
def test_verdicts(cells: dict[str, str], verdict: str, true: str | None) -> None:
    row = one(GIVEN, cells)
    assert row.verdict == verdict, row
    assert true is None or row.worst.true == true
    if row.worst.true == "nothing there":
        assert "exists(E,I)" in row.worst.note and "(E)" in row.worst.note


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"eigenvalues": "complex(-0.095,0.12237)"}, "-0.1+0.2i;-0.1-0.2i"),
        ({"x_E": "1e999999"}, "beyond every double"),
        ({"x_E": "\u22120.708"}, "Unicode minus"),
        ({"regime": "paradoxical"}, "inhibition-stabilised"),
        ({"tau_E": "0", "x_E": "0.7"}, "tau_E = 0 violates"),
        ({"active": "E", "stable": "true"}, "breaks exists(E)"),
    ],
)
def test_what_is_said(cells: dict[str, str], said: str) -> None:
    row = one(GIVEN, cells)
    assert said in row.worst.note, row


def test_table_and_assertion_agree_on_digits() -> None:
    for text, fine in (("0.7083338", False), ("0.7083333", True), ("0.708", True), ("0.709", False)):
        assert verify(GIVEN, {"x_E": [text], "x_I": ["5/8"]}).right is fine
        try:
            assert_equilibrium(GIVEN, {"E": text, "I": "5/8"})
        except AssertionError:
            assert not fine, text
        else:
            assert fine, text
    assert right_digits(claimed("0.70833381"), exact(Fraction(17, 24))) is None


def test_eigenvalues_are_assigned_as_well_as_they_can_be() -> None:
    free = symgame.Circuit.from_matrix([[0, 0], [0, 0]], names="AB", u=[1, 1], tau=["1000/148", "1000/51"])
    for said in ("-0.1;-0.15", "-0.15;-0.1"):
        assert one(free, {"eigenvalues": said}).verdict == one(free, {"eigenvalues": "-0.15;-0.1"}).verdict, said
    assert one(free, {"eigenvalues": "-0.05;-0.15"}).verdict == "right to 1 digit"
    assert one(free, {"eigenvalues": "-0.15;-0.15"}).verdict == "wrong"
    rng = random.Random(1)
    for _ in range(200):
        digits = [[rng.choice((None, 3, 5, 9)) for _ in range(4)] for _ in range(3)]
        best = max(
            (
                min(digits[j][k] for j, k in enumerate(p))
                for p in _choices(4, 3)
                if all(digits[j][k] is not None for j, k in enumerate(p))
            ),
            default=None,
        )  # type: ignore[type-var]
        found = assigned(digits)
        got = None if found is None else min(d for j, k in enumerate(found) if (d := digits[j][k]) is not None)
        assert got == best and (found is None or len(set(found)) == 3)


def _choices(n: int, k: int) -> list[tuple[int, ...]]:
    from itertools import permutations

    return list(permutations(range(n), k))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("header", "cell", "verdict"),
    [
        ("abs(w_EE)", "2.5", "right"),
        ("sqrt(w_EE)", "1.5811", "right to 5 digits"),
        ("sqrt(w_EE)", "1.5812", "wrong"),
        ("sqrt(5)*w_EE", "5.59016994374947424102293417182819", "right"),
        ("sqrt(u_I)", "0", "right"),
        ("sqrt(w_EE - 3)", "1", "wrong"),
        ("min(x(E), x(I))", "0.625", "right"),
        ("max(w_EE, 1) > 2", "true", "right"),
        ("for_all_tau(hurwitz)", "false", "right"),
    ],
)
@pytest.mark.parametrize("everything", [False, True])
def test_roots_moduli_minima_and_maxima(header: str, cell: str, verdict: str, everything: bool) -> None:
    cells: dict[str, Any] = {**(FULL if everything else {"w_EE": "2.5"}), header: cell}
    found = one(PAIR if everything else GIVEN, cells).verdict
    assert found.split(" to ")[0] == verdict.split(" to ")[0], found
    assert "digits" not in verdict or found == verdict or everything


# -- reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        ({"x_E": [0.7]}, {"map": {"x_E": None}}, "from a header to a quantity"),
        ({"x_E": [0.7]}, {"map": {"x_E": 5}}, "from a header to a quantity"),
        (polars.DataFrame({"x_E": [0.7]}).lazy(), {}, "collect"),
        ({"x_E": [0.7], "": [1.0]}, {}, "column 2 has no header"),
        ({"x_E": [0.7], "x_e": [1.0]}, {}, "did you mean 'x_E'"),
        ("x" * 4000 + ".csv", {}, "cannot be read|no file"),
    ],
)
def test_one_clear_message(data: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(VerifyError, match=message) as error:
        verify(GIVEN, data, **options)
    assert len(str(error.value)) < 2_000 and "nash, nash" not in str(error.value)


def test_values_that_are_the_same_in_every_row_are_exact() -> None:
    third = {**{n: [v] for n, v in FULL.items()}, "3*w_EE": ["1"]}
    for value in (Fraction(1, 3), [Fraction(1, 3)], "1/3"):
        assert verify(PAIR, {**third, "w_EE": value}).results[0].verdict == "right"
    assert verify(GIVEN, {"w_EE": [b"2.5"], "x_E": [b"0.708"]}).right
    assert verify(GIVEN, {"w_EE": b"2.5", "x_E": [[1], [1, 2]]}).summary == {"bad row": 2}


@pytest.mark.slow
def test_damaged_and_empty_parquet(tmp_path: Path) -> None:
    whole = pyarrow.table({"w_EE": np.linspace(1, 2, 5_000), "x_E": np.linspace(1, 2, 5_000)})
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(whole, path)
    content = bytearray(path.read_bytes())
    content[4:4000] = bytes(3996)
    path.write_bytes(content)
    with pytest.raises(VerifyError, match="cannot be read"):
        verify(GIVEN, path)
    pyarrow.parquet.write_table(whole.slice(0, 0), path)
    with pytest.raises(VerifyError, match="no rows"):
        verify(GIVEN, path)


def test_the_table_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_text("x_E\n0.708\n")
    (tmp_path / "link.csv").symlink_to(path)
    for out in ("t.csv", "link.csv", "./t.csv"):
        assert main(["verify", "wilson-cowan", str(path), *SETTINGS, "--out", str(tmp_path / out)]) == 2
        assert "the table itself" in capsys.readouterr().err
    assert path.read_text() == "x_E\n0.708\n"


def test_counts_of_copies_are_no_columns() -> None:
    units = symgame.lateral_inhibition()
    with pytest.raises(SymgameError, match="n says how many copies there are"):
        verify(units, {"n": ["3"], "u_1": ["1"], "x_E": ["1"]})


# -- recordings -------------------------------------------------------------------------------------------------------


def recorded(factor: float, places: int) -> tuple[list[float], dict[str, list[str]]]:
    """x' = (1 - x/2)/2 from 0, times a factor."""
    times = [0.5 * k for k in range(20)]
    return times, {"E": [f"{2 * (1 - np.exp(-t / 4)) * factor:.{places}f}" for t in times]}


def test_an_assertion_asks_for_every_digit_that_is_claimed() -> None:
    unit = symgame.Circuit.from_matrix([["1/2"]], names="E", u=[1], tau=[2])
    t, x = recorded(1, 6)
    assert assert_trajectory(unit, t, x).verdict == "right"
    t, x = recorded(1.0004, 6)
    with pytest.raises(AssertionError, match="depart"):
        assert_trajectory(unit, t, x)
    assert assert_trajectory(unit, t, x, digits=3).right


@pytest.mark.slow
def test_a_time_that_is_too_long_is_refused_and_no_kink_is_made_up() -> None:
    unit = symgame.Circuit.from_matrix([["1/2"]], names="E", u=[1], tau=[2])
    with pytest.raises(SymgameError, match="too long"):
        symgame.verify_trajectory(unit, ["0", "1e100"], {"E": ["1", "2.0000"]})
    found = symgame.verify_trajectory(unit, ["0", "1e4"], {"E": ["1", "2.0000"]})
    assert found.right and "cut at kinks" not in str(found)
