"""What ``symgame recheck`` found, as lines for a person and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from symgame.rechecking import Rechecked

_MEANING = {
    "verified": "other engines agree",
    "spot-checked": "true at exact points, by definition",
    "recomputed": "the same derivation of it once more",
    "cited": "rests on a theorem of the literature",
    "hashed": "compared with their hashes alone",
    "open": "undecided: nothing is claimed",
    "unchecked": "could not be rechecked",
    "wrong": "not so, or changed",
}


def recheck_document(found: Rechecked) -> dict[str, Any]:
    """The findings in the order of the claims, then files; ``points``: at how many exact points a claim held too."""
    return {
        "schema": 1,
        "directory": found.root,
        "counts": found.counts,
        "findings": [
            {"name": f.name, "outcome": f.outcome, "how": f.how, "by": list(f.by), "points": f.points}
            for f in found.findings
        ],
    }


def recheck_lines(found: Rechecked, verbose: bool = False) -> Iterator[str]:
    """What is wrong, what could not be rechecked, and files of which hashes alone speak, one a line; then how many
    findings have each outcome."""
    hashed = tuple(f for f in found.findings if f.outcome == "hashed")
    shown = found.findings if verbose else (*found.wrong, *found.unchecked, *hashed)
    for f in shown:
        engines = f" [{', '.join(f.by)}]" if f.by else ""
        yield f"{f.outcome:<13}{f.name}: {f.how}{engines}"
    if shown:
        yield ""
    for kind, count in found.counts.items():
        if count:
            yield f"{kind:<13}{count:>5}  {_MEANING[kind]}"
