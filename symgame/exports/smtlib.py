"""SMT-LIB: the equilibrium conditions and the domain, for every solver with nonlinear real arithmetic."""

from __future__ import annotations

from collections.abc import Sequence

from symgame.condition import Condition
from symgame.identifiers import plain
from symgame.proof.smtlib import script


def text(title: str, assertions: Sequence[tuple[str, Condition]]) -> str:
    """The file: a model of its formulas is a point of the domain with an equilibrium; ``unsat`` says there is none.

    >>> from symgame.fixed_points import fixed_points
    >>> from symgame.named import wilson_cowan
    >>> print(text("pair", fixed_points(wilson_cowan())).splitlines()[-2])
    (assert (or (and (>= ... 0.0) (= ... 0.0)) ...))
    """
    says = f"{plain(title)}: equilibria x = phi(W x + u), and the hypotheses on the symbols"
    return script([(plain(sentence), condition) for sentence, condition in assertions], says)
