"""One file per paper: a circuit, and what the paper says of it in the formulas that ``symgame check`` reads.

``python -m derivations`` decides all of them, ``python -m derivations.Tsodyks_1997`` one; run both in the repository's
directory. A file of your own needs the same two names, ``circuit`` and ``claims``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from symgame import Checked, Circuit, check

PAPERS = ("Betteti_2025", "Nozari_2022", "Tsodyks_1997")


@dataclass(frozen=True)
class Claim:
    """A sentence, and the formula that says it; ``given`` are the hypotheses of this claim alone."""

    says: str
    formula: str
    given: tuple[str, ...] = ()


def decided(circuit: Circuit, claims: Iterable[Claim]) -> Iterator[tuple[Claim, Checked]]:
    """Each claim with what ``symgame.check`` answers."""
    for claim in claims:
        yield claim, check(circuit, claim.formula, claim.given)


def show(circuit: Circuit, claims: Iterable[Claim]) -> int:
    """Print one verdict a line; the exit status is 0 when everything is proved or cited, 1 otherwise."""
    kinds = set()
    for claim, answer in decided(circuit, claims):
        kinds.add(answer.verdict.kind)
        print(f"{answer.verdict.kind:9}  {claim.says}")
    return int(not kinds <= {"proved", "cited"})
