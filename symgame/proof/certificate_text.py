"""A certificate read back: the assertions of each of its queries, and nothing else.

The file is not handed to a solver. Only the lines that :mod:`symgame.proof.smtlib` writes are known here; whatever
else a solver would obey (definitions, options, ``push``, another logic) makes the file no certificate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from symgame.condition import Condition, free_names
from symgame.errors import RecordError
from symgame.proof.smtlib import formula

_DECLARED = re.compile(r"\(declare-const ([^\s()|;\"]+) Real\)(?: ; stands for '([^']*)')?")


@dataclass(frozen=True)
class Script:
    """One query: what each of its constants stands for, and the text of what it asserts."""

    names: Mapping[str, str]
    assertions: tuple[str, ...]


def scripts(text: str, place: str = "certificate") -> tuple[Script, ...]:
    """The queries of a certificate, one or, parted by ``(reset)``, several.

    Raises :class:`~symgame.errors.RecordError` at the first line that no certificate of this package has, and when a
    query has no assertion, or does not end with its one ``(check-sat)``.

    >>> from symgame.named import wilson_cowan
    >>> from symgame.statements import check
    >>> proof = check(wilson_cowan(), "p_matrix => det > 0").verdict.certificate
    >>> [len(script.assertions) for script in scripts(proof)]
    [1]
    >>> scripts("(set-logic QF_NRA)\\n(assert false)\\n")
    Traceback (most recent call last):
    ...
    symgame.errors.RecordError: certificate, line 2: (check-sat) is missing.
    """
    lines = text.split("\n")
    if lines.pop():
        raise RecordError(f"{place}: the last line is cut off.")
    return tuple(_queries(lines, place))


def _queries(lines: Sequence[str], place: str) -> Iterator[Script]:
    stage, names, assertions, k = "", {}, [], 0  # type: str, dict[str, str], list[str], int
    for k, line in enumerate(lines, 1):
        declared = _DECLARED.fullmatch(line)
        if line.startswith(";") or not line:
            continue
        if stage == "" and line == "(set-logic QF_NRA)":
            stage = "declarations"
        elif stage == "declarations" and declared:
            constant, meaning = declared.group(1), declared.group(2)
            name = constant if meaning is None else _unescaped(meaning)
            if constant in names or name in names.values():
                raise RecordError(f"{place}, line {k}: {constant} is declared twice.")
            names[constant] = name
        elif stage in ("declarations", "assertions") and line.startswith("(assert ") and line.endswith(")"):
            stage = "assertions"
            assertions.append(line.removeprefix("(assert ").removesuffix(")"))
        elif stage == "assertions" and line == "(check-sat)":
            yield Script(names, tuple(assertions))
            stage, names, assertions = "end", {}, []
        elif stage == "end" and line == "(reset)":
            stage = ""
        else:
            raise RecordError(f"{place}, line {k}: {line[:60]!a} is no line of a certificate.")
    if stage != "end":
        missing = "(check-sat)" if stage in ("declarations", "assertions") else "a query"
        raise RecordError(f"{place}, line {k}: {missing} is missing.")


def _unescaped(text: str) -> str:
    return text.encode("ascii", "replace").decode("unicode_escape")


def matched(script: Script, rows: Sequence[tuple[str, Condition]]) -> list[int] | None:
    """Which of the rows each assertion is, in order; ``None`` when one is none of them.

    Compared is the text that this package writes for a row, under the names that the script gives to its constants.
    A renaming of unknowns changes nothing of what a set of assertions says, so those names need not be believed.
    """
    table = {name: constant for constant, name in script.names.items()}
    places: dict[str, int] = {}
    for k, (_, condition) in enumerate(rows):
        if free_names(condition) <= set(table):
            places.setdefault(formula(condition, table), k)
    found = [places.get(text) for text in script.assertions]
    return [k for k in found if k is not None] if None not in found else None
