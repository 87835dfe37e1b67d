"""Theorems about every circuit that relate words of formulas: cited where a proof on the circuit at hand fails.

The table is data: ``library/theorems.toml``. A word is read with the theorems behind its closed form, too.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from symgame import common_weights
from symgame import syntax as s
from symgame.algebra import algebra
from symgame.circuit import Circuit
from symgame.proof.decide import EXACT
from symgame.proof.verdict import Cited, Proved, Undecided
from symgame.properties import diagonal


@dataclass(frozen=True)
class Theorem:
    """``premise => conclusion``, both words of the circuit, for every circuit."""

    premise: str
    conclusion: str
    source: str
    text: str
    unit_gains: bool = False  # only where I - S W is I - W
    linear: bool = False  # only where every activation is piecewise linear


@cache
def theorems() -> tuple[Theorem, ...]:
    """The table of theorems.

    >>> [t.conclusion for t in theorems() if t.premise == "lds"]
    ['p_matrix', 'd_stable', 'totally_hurwitz', 'hurwitz', 'unique']
    """
    text = resources.files("symgame").joinpath("library", "theorems.toml").read_text(encoding="utf-8")
    return tuple(Theorem(**row) for row in tomllib.loads(text)["theorem"])


def theorem(circuit: Circuit, node: s.Formula, given: Iterable[s.Formula]) -> Theorem | None:
    """The theorem that a statement is an instance of: its conclusion a word, its premise a hypothesis.

    >>> from symgame.grammar import read_formula
    >>> from symgame.named import wilson_cowan
    >>> theorem(wilson_cowan(), read_formula("lds & trace < 0 => d_stable"), ()).source
    'Cross1978'
    """
    facts = list(given)
    if isinstance(node, s.Implies):
        facts.append(node.left)
        node = node.right
    parts = [part for fact in facts for part in (fact.args if isinstance(fact, s.And) else (fact,))]
    words = {part.id for part in parts if isinstance(part, s.Name)}
    a = algebra(circuit)
    unit, smooth = a.matrix_name == "I - W", a.pieces is None or a.frozen
    for row in theorems():
        fits = isinstance(node, s.Name) and node.id == row.conclusion and row.premise in words
        if fits and (unit or not row.unit_gains) and not (row.linear and smooth):
            return row
    return None


def reading_evidence(circuit: Circuit, words: Iterable[str]) -> Proved | Cited | Undecided:
    """Why the closed forms behind ``lds``, ``rosen`` and ``d_stable`` are what these words mean for the circuit.

    From the definition, by the lemmas of :mod:`symgame.common_weights`, or by theorems that are cited.
    """
    a = algebra(circuit)
    by: dict[str, None] = {}
    if "d_stable" in words and a.n == 3:
        return Cited("Cain1976", (EXACT,))
    for word in sorted({"lds", "rosen"} & set(words)):
        found = diagonal.lds(a, a.interaction() if word == "lds" else a.game_matrix())
        if found.lemmas:
            evidence = common_weights.evidence()
            if isinstance(evidence, Undecided):
                return evidence
            by |= dict.fromkeys(evidence.by)
        if found.sources:
            return Cited("; ".join(found.sources), tuple(by))
    return Proved(tuple(by))
