"""Statements of known truth about lateral inhibition with any number of units, decided three ways.

The package decides them with symbols k and n; :mod:`lateral_units` evaluates them with the units written out, at
random exact points and at the counterexamples of the table; and every witness of the package is evaluated there too.
"""

from __future__ import annotations

import random
import re
import tomllib
import zlib
from collections.abc import Iterator, Mapping
from fractions import Fraction as F
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from lateral_units import SYMBOLS, Unclear, Units

from symgame import check
from symgame.circuit import Circuit
from symgame.microcircuits import lateral_inhibition
from symgame.named import named
from symgame.proof.verdict import Refuted, Verdict

TABLE = Path(__file__).parent / "corpus" / "lateral_inhibition.toml"
ROWS: dict[str, dict[str, Any]] = {
    row["id"]: row for row in tomllib.loads(TABLE.read_text(encoding="utf-8"))["statement"]
}
TRUE_IDS = [name for name, row in ROWS.items() if row["truth"]]
FALSE_IDS = [name for name, row in ROWS.items() if not row["truth"]]
WEIGHTS = ("w_EE", "s", "l", "w_IE", "w_II", "tau_E", "tau_I")
MAY_BE_ZERO = ("w_EE", "l", "w_II")


@cache
def circuit() -> Circuit:
    return named("lateral-inhibition")


@cache
def verdict(name: str) -> Verdict:
    return check(circuit(), ROWS[name]["formula"], ROWS[name]["given"], search_missing=False).verdict


def points(name: str) -> Iterator[Units]:
    """Random circuits of 2 to 4 units without end; many on the boundaries that the statements are about."""
    source = random.Random(zlib.crc32(name.encode()))
    while True:
        p = {w: F(source.randint(w not in MAY_BE_ZERO, 12), source.choice([2, 4, 5, 8])) for w in WEIGHTS}
        p["w_EE"] = source.choice([p["w_EE"], F(source.randint(0, 9), 10), F(source.randint(0, 9), 10), F(1)])
        p["l"] = source.choice([p["l"]] * 5 + [F(0)])
        p["tau_I"] = source.choice([p["tau_I"]] * 3 + [p["tau_E"]])
        n = source.choice([2, 2, 3, 3, 4])
        k = source.randint(1, n - 1)
        square = (1 - p["w_EE"]) * (1 + p["w_II"])
        if source.random() < 0.12 and square >= 0:
            p["l"] = p["s"] + square / p["w_IE"]  # the contrast mode is singular
        bar = square + (p["s"] + (k - 1) * p["l"]) * p["w_IE"]
        u = [F(source.randint(-6, 12), 4) for _ in range(2)]
        match source.randint(0, 5):
            case 0:
                u[1] = u[0]
            case 1 if bar > 0:
                u[1] = k * p["l"] * p["w_IE"] * u[0] / bar  # the losers are on their kink
            case 2 | 3:
                u = [abs(u[0]) + F(1, 4), abs(u[1]) + F(1, 8)]
        yield Units({**p, "u_1": u[0], "u_2": u[1], "k": F(k), "n": F(n)})


@cache
def sampled(name: str, size: int) -> tuple[int, tuple[dict[str, F], ...]]:
    """How many points satisfy the hypotheses, and those of them where the statement is false."""
    met, against = 0, []
    for tried, units in enumerate(points(name)):
        if met == size or tried == 60 * size:
            break
        try:
            if not all(units.truth(given) for given in ROWS[name]["given"]):
                continue
            holds = units.truth(ROWS[name]["formula"])
        except Unclear:
            continue
        met += 1
        if not holds:
            against.append(units.point)
    return met, tuple(against)


def false_at(name: str, point: Mapping[str, F]) -> bool:
    """Every hypothesis true and the statement false, with the units written out."""
    units = Units(point)
    row = ROWS[name]
    return units.admissible and all(map(units.truth, row["given"])) and not units.truth(row["formula"])


def test_the_table_has_both_truths() -> None:
    assert len(TRUE_IDS) >= 25 and len(FALSE_IDS) >= 25
    assert {row["model"] for row in ROWS.values()} == {"lateral-inhibition"}


def test_the_circuit_is_the_one_that_is_written_out() -> None:
    source = points("wiring")
    for _ in range(10):
        units = next(source)
        p = {name: str(value) for name, value in units.point.items()}
        explicit = lateral_inhibition(
            units.n, w_EE=p["w_EE"], s=p["s"], l=p["l"], w_IE=p["w_IE"], w_II=p["w_II"], tau_E="1", tau_I="1"
        )
        size = 2 * units.n
        assert [[F(str(explicit.W[a, b])) for b in range(size)] for a in range(size)] == units.W


# -- decided with symbols ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TRUE_IDS)
def test_true_statements_are_proved(name: str) -> None:
    assert verdict(name).kind in ("proved", "cited"), verdict(name)


@pytest.mark.parametrize("name", FALSE_IDS)
def test_false_statements_are_refuted_by_a_circuit_of_whole_units(name: str) -> None:
    found = verdict(name)
    assert isinstance(found, Refuted), found
    witness = {symbol: F(str(value)) for symbol, value in found.witness.items()}
    assert set(witness) <= set(SYMBOLS)
    for units in (next(points(f"{name} filler {k}")) for k in range(3)):  # what is not named may be anything
        filler = {symbol: value for symbol, value in units.point.items() if symbol not in ("k", "n")}
        k = witness.get("k", F(1))
        assert false_at(name, {**filler, "k": k, "n": k + 1, **witness}), witness


# -- decided unit by unit ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TRUE_IDS)
def test_no_circuit_contradicts_a_true_statement(name: str) -> None:
    met, against = sampled(name, 20)
    assert met >= 10, "too few points satisfy the hypotheses"
    assert not against


@pytest.mark.slow
@pytest.mark.parametrize("name", TRUE_IDS)
def test_no_circuit_of_many_contradicts_a_true_statement(name: str) -> None:
    assert not sampled(name, 600)[1]


@pytest.mark.parametrize("name", FALSE_IDS)
def test_counterexamples_of_the_table_are_some(name: str) -> None:
    head = re.split(r":\s", ROWS[name]["why"], maxsplit=1)[0]
    named_values = {symbol: F(value) for symbol, value in re.findall(r"(\w+) = (-?[0-9]+(?:/[0-9]+)?)", head)}
    assert set(named_values) == set(SYMBOLS)
    assert false_at(name, named_values)


def test_sampling_meets_most_counterexamples() -> None:
    """An evaluator that never met a false statement would prove nothing."""
    missed = [name for name in FALSE_IDS if not sampled(name, 60)[1]]
    assert len(missed) <= 0.15 * len(FALSE_IDS), missed
