"""The plain but complete report: one LaTeX article."""

from __future__ import annotations

import re
from collections.abc import Mapping

import sympy

from symgame import game
from symgame.algebra import algebra
from symgame.circuit import Circuit
from symgame.claims import Claim
from symgame.derivation import Derivation
from symgame.grammar import read_formula
from symgame.notation import latex_name, symbol
from symgame.proof.verdict import Cited, Refuted, Undecided
from symgame.typeset import escaped, formula_latex


class _Printer:
    """SymPy expressions with the names of the notation module."""

    def __init__(self, circuit: Circuit) -> None:
        names = {*circuit.symbols, *(f"x_{n}" for n in circuit.names)}
        self.table = {symbol(n): latex_name(n) for n in names}

    def __call__(self, expression: sympy.Basic) -> str:
        return str(sympy.latex(expression, symbol_names=self.table))


_PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage[T1]{fontenc}
\usepackage{amsmath,amssymb,amsthm,booktabs}
\usepackage[margin=2.2cm]{geometry}
\usepackage[hidelinks]{hyperref}
\newtheorem{claim}{Claim}
\allowdisplaybreaks
\emergencystretch=3em
"""


def report(derivation: Derivation, certificates: Mapping[str, str]) -> str:
    """The whole derivation as one LaTeX article: setting, energies, claims with their evidence, regimes."""
    circuit = derivation.circuit
    show = _Printer(circuit)
    lines = [
        _PREAMBLE,
        rf"\title{{{escaped(circuit.name)}: a derivation}}",
        r"\date{}",
        r"\begin{document}",
        r"\maketitle",
    ]
    lines += [r"\section{Setting}", _setting(circuit, show), r"\section{Energies}"]
    for i, p in enumerate(circuit.populations):
        name = escaped(p.name)
        lines.append(rf"\paragraph{{{name}}}" + r"\begin{align*}")
        rows = [
            (rf"E^{{\mathrm{{int}}}}_{{{name}}}", game.interaction_cost(circuit, i)),
            (rf"E^{{\mathrm{{act}}}}_{{{name}}}", game.activation_cost(circuit, i)),
            (rf"F_{{{name}}}", game.pseudo_gradient(circuit)[i]),
        ]
        lines.append(" \\\\\n".join(f"{left} &= {show(right)}" for left, right in rows))
        lines.append(r"\end{align*}" + rf"with $x_{{{name}}} \in {show(p.activation.domain)}$.")
    section = None
    for claim in derivation.claims:
        head = claim.id.split(".")[0]
        if head != section:
            section = head
            lines.append(rf"\section{{{head.capitalize()}}}")
        lines += _claim_lines(claim, certificates.get(claim.id))
    if derivation.chart is not None:
        lines += _chart_lines(derivation)
    lines += [r"\end{document}", ""]
    return "\n".join(lines)


def _setting(circuit: Circuit, show: _Printer) -> str:
    domain = algebra(circuit).domain.hypotheses
    hypotheses = ",\\; ".join(formula_latex(read_formula(h.text)) for h in domain)
    kinds = ", ".join(f"{escaped(p.name)}: {escaped(p.activation.kind).replace('_', ' ')}" for p in circuit.populations)
    return "\n".join(
        [
            rf"\[{circuit._latex()}\]",
            rf"Activations: {kinds}. Form: {circuit.form}.",
            rf"Hypotheses that hold throughout: ${hypotheses}$." if hypotheses else "No hypotheses.",
        ]
    )


def _claim_lines(claim: Claim, certificate: str | None) -> list[str]:
    lines = [rf"\begin{{claim}}[\texttt{{{escaped(claim.id)}}}] {escaped(claim.title.rstrip('.'))}."]
    if claim.then is not None:
        lines.append(_display(claim.then))
    if claim.at is not None:
        lines.append(f"Numbers are read at the branch $({escaped(claim.at)})$.")
    if claim.given:
        given = ",\\; ".join(formula_latex(read_formula(g)) for g in claim.given)
        lines.append(rf"Hypotheses used: ${given}$.")
    lines.append(r"\end{claim}")
    verdict = claim.verdict
    evidence = f"{verdict.kind} by {escaped(', '.join(verdict.by)) or '---'}"
    if certificate:
        evidence += rf"; certificate \texttt{{{escaped(certificate)}}}"
    if isinstance(verdict, Undecided):
        evidence += f": {escaped(verdict.reason)}"
    if isinstance(verdict, Refuted):
        evidence += f"; witness {escaped(', '.join(f'{n} = {v}' for n, v in sorted(verdict.witness.items())))}"
    if isinstance(verdict, Cited):
        evidence += f", theorem {escaped(verdict.source)}"
    lines.append(rf"\noindent\emph{{Verdict:}} {evidence}.\medskip" + "\n")
    return lines


def _display(formula: str) -> str:
    """A formula set so that long ones break: at the equivalence, then at every conjunction and alternative."""
    node = read_formula(formula)
    if len(formula) < 70:
        return rf"\[{formula_latex(node)}\]"
    text = formula_latex(node)
    for mark in (r" \;\Longleftrightarrow\; ", r" \;\Longrightarrow\; "):
        text = text.replace(mark, rf"$ \\ $\displaystyle {mark.strip()}\; ", 1)
    text = re.sub(r" (\\;\\vee\\;|\\;\\wedge\\;) ", r" \1\\allowbreak ", text)
    return rf"\begin{{flushleft}}$\displaystyle {text}$\end{{flushleft}}"


def _chart_lines(derivation: Derivation) -> list[str]:
    chart = derivation.chart
    assert chart is not None
    over = latex_name(chart.over)
    lines = [
        rf"\section{{Regimes along ${over}$}}",
        r"\begin{center}\begin{tabular}{ll}\toprule threshold & value \\ \midrule",
    ]
    for t in chart.thresholds:
        value = formula_latex(read_formula(f"{t.text} = 0").terms[0])  # type: ignore[attr-defined]
        lines.append(rf"{escaped(t.name)} & ${value}$ \\[4pt]")
    lines += [r"\bottomrule\end{tabular}\end{center}"]
    for order in chart.orders:
        when = formula_latex(read_formula(order.when))
        chain = " < ".join(rf"\text{{{escaped(name)}}}" for name in order.order)
        lines.append(
            rf"\noindent If ${when}$: ${chain}$. Regimes met on the way up: "
            + escaped(" -- ".join(order.sequence))
            + r".\par\medskip"
        )
    quantities = [q.label for q in chart.quantities]
    lines.append(
        r"\begin{center}\begin{tabular}{l"
        + "c" * len(quantities)
        + r"}\toprule regime & "
        + " & ".join(escaped(q) for q in quantities)
        + r" \\ \midrule"
    )
    for r in chart.regimes:
        label = f"{r.name} ({r.spectrum})" if r.spectrum and r.spectrum != r.name else r.name
        lines.append(rf"{escaped(label)} & " + " & ".join(f"${r.signs[q]}$" for q in quantities) + r" \\")
    lines.append(r"\bottomrule\end{tabular}\end{center}")
    return lines
