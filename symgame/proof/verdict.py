"""What an answer is: proved, refuted, undecided or cited, each with its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from symgame.proof.algebraic import Algebraic

Value = Fraction | Algebraic
Witness = Mapping[str, Value]


@dataclass(frozen=True)
class Proved:
    """The statement holds on the whole domain. ``used`` are the hypotheses that the proof needed."""

    by: tuple[str, ...]
    used: tuple[str, ...] = ()
    certificate: str | None = field(default=None, repr=False)
    kind = "proved"


@dataclass(frozen=True)
class Refuted:
    """False at the witness, which was re-evaluated exactly."""

    by: tuple[str, ...]
    witness: Witness
    kind = "refuted"


@dataclass(frozen=True)
class Undecided:
    """Neither: the reason, in a sentence. Never shown as true."""

    reason: str
    by: tuple[str, ...] = ()
    kind = "undecided"


@dataclass(frozen=True)
class Cited:
    """True by a theorem of the literature whose hypotheses were proved here."""

    source: str
    by: tuple[str, ...]
    certificate: str | None = field(default=None, repr=False)
    used: tuple[str, ...] = ()
    kind = "cited"


Verdict = Proved | Refuted | Undecided | Cited
