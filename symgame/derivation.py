"""The whole derivation of a circuit: every claim of the catalogue decided, the chart of regimes, and their timings."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from symgame.algebra import algebra
from symgame.catalogue import drafts
from symgame.chart import Chart, default_parameter, regimes
from symgame.circuit import Circuit
from symgame.claims import Claim, Draft, decide_draft, renumbered
from symgame.errors import BudgetExceeded, Unsupported
from symgame.frozen_gains import readable
from symgame.proof.decide import EXACT
from symgame.proof.solver import DEFAULT_BUDGET, ENGINE
from symgame.proof.verdict import Proved, Undecided, Verdict
from symgame.statements import check_domain
from symgame.steps import of_orders, of_patterns
from symgame.tables import formula, table
from symgame.words import nearest

if TYPE_CHECKING:
    from symgame.kernel import FastChecker

Progress = Callable[[str, str], None]


@dataclass(frozen=True, repr=False)
class Derivation:
    """A circuit (values substituted, all but ``over``), its claims in the order of the report, its chart.

    ``headline`` and ``preface``, paragraphs of plain text, are what the author of a paper says at the beginning.
    """

    circuit: Circuit
    over: str | None
    claims: tuple[Claim, ...]
    chart: Chart | None
    timings: dict[str, float] = field(compare=False)
    headline: str = ""
    preface: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What the reports are called: the headline of a paper, or the name of the circuit."""
        return self.headline or self.circuit.name

    def claim(self, id: str) -> Claim:
        """The claim of that id; ``KeyError`` when there is none."""
        for claim in self.claims:
            if claim.id == id:
                return claim
        raise KeyError(f"there is no claim {id!r}{nearest(id, (c.id for c in self.claims))}")

    @property
    def counts(self) -> dict[str, int]:
        """How many claims have each verdict."""
        kinds = ("proved", "cited", "refuted", "undecided")
        return {kind: sum(c.verdict.kind == kind for c in self.claims) for kind in kinds}

    def checker(self) -> FastChecker:
        """The conditions of the circuit on arrays of doubles; see :class:`symgame.decisions.Checker`.

        >>> from symgame.named import wilson_cowan
        >>> derive(wilson_cowan()).checker().holds("p_matrix", w_EE=[0.5, 1], w_EI=1, w_IE=1, w_II=0,
        ...                                        tau_E=1, tau_I=1, u_E=0, u_I=0).tolist()
        [1, 0]
        """
        from symgame.checker import checker

        return checker(self.circuit)

    def __repr__(self) -> str:
        """One line for a person; everything else is in the fields."""
        counts = ", ".join(f"{n} {kind}" for kind, n in self.counts.items() if n)
        return f"Derivation({self.circuit.name!r}, {len(self.claims)} claims: {counts})"

    def _repr_html_(self) -> str:
        names = self.circuit.presentation.expanded
        rows = [(c.id, c.title, formula(c.then, names) if c.then else "", c.verdict.kind) for c in self.claims]
        return table(("id", "claim", "formula", "verdict"), rows, self.circuit.name).source


def derive(
    circuit: Circuit,
    over: str | None = None,
    *,
    budget: int = DEFAULT_BUDGET,
    progress: Progress = lambda id, title: None,
) -> Derivation:
    """Everything the package derives: energies, equilibria, stability, responses, Nash classes, regimes, as claims.

    ``over`` is the parameter that conditions are solved for (default: the first excitatory self-weight); ``progress``
    is told the id and title of each claim before it is proved. What cannot be decided within the budget is in the
    list, undecided, with its reason.

    >>> from symgame.named import wilson_cowan
    >>> derivation = derive(wilson_cowan())
    >>> derivation.claim("matrix.lds").then
    'lds <=> w_EE < 1'
    """
    over = over or default_parameter(circuit)
    circuit = circuit.fixed(keep=(over,) if over else ())
    if over is not None and over not in circuit.symbols:
        raise Unsupported(f"the circuit has no symbol {over!r} (symbols: {', '.join(circuit.symbols) or 'none'})")
    check_domain(circuit)
    timings: dict[str, float] = {}
    claims: list[Claim] = []
    read_in = readable(circuit)
    for draft in drafts(circuit):
        progress(draft.id, draft.title)
        start = time.perf_counter()
        claim = decide_draft(read_in, draft, over, budget)
        timings[draft.id] = time.perf_counter() - start
        if claim is not None:
            claims.append(claim)
    chart = None
    if over is not None and not circuit.copies and algebra(read_in).pieces is not None:
        progress("regimes.complete", f"The chart of regimes along {over}")
        start = time.perf_counter()
        try:
            chart = regimes(circuit, over)
            claims += list(_chart_claims(chart))
        except (Unsupported, BudgetExceeded) as error:
            claims.append(
                Claim("regimes.complete", "The chart of regimes", "completeness", (), None, Undecided(str(error)))
            )
        timings["regimes"] = time.perf_counter() - start
    return Derivation(circuit, over, renumbered(claims), chart, timings)


def _chart_claims(chart: Chart) -> list[Claim]:
    listed = f"{len(chart.regimes)} sign patterns of {', '.join(q.label for q in chart.quantities)}"
    complete: Verdict = (
        Proved((ENGINE, EXACT), certificate=chart.certificate)
        if chart.complete
        else Undecided("some sign patterns were neither met nor refuted within the budget")
    )
    rows = [
        Claim(
            "regimes.complete",
            f"No sign pattern occurs but the {listed}",
            "completeness",
            (),
            None,
            complete,
            steps=tuple(of_patterns(len(chart.regimes))) if chart.complete else (),
        )
    ]
    if chart.orders:
        rows.append(
            Claim(
                "regimes.orders",
                f"The thresholds in {chart.over} have no order but the {len(chart.orders)} listed",
                "completeness",
                (),
                None,
                Proved((ENGINE, EXACT), certificate=chart.orders_certificate),
                steps=tuple(of_orders()),
            )
        )
    return rows


__all__ = ["Derivation", "Draft", "derive"]
