"""What a derivation writes: names of files to their contents, from all the back ends."""

from __future__ import annotations

from symgame.article import article
from symgame.derivation import Derivation
from symgame.document import Block, Picture, Proposition, Statement
from symgame.report import documents, files, latex
from symgame.shape import abbreviations

Files = dict[str, str | bytes]
#: Files of an earlier run that a new one replaces as a whole.
OWNED = ("certificates/*.smt2", "formulas/*.tex", "figures/*", "report.pdf")


def certificate_files(derivation: Derivation) -> dict[str, str]:
    """The file of each claim's certificate, by the claim's id."""
    return {c.id: f"certificates/{c.id}.smt2" for c in derivation.claims if c.certificate is not None}


def derivation_files(derivation: Derivation, *, figures: bool = True) -> Files:
    """Every file of a derivation but the PDF: documents, report, page, checkers, formulas, certificates, figures."""
    certificates = certificate_files(derivation)
    pictures: tuple[Picture, ...] = ()
    document = article(derivation, certificates, pictures)
    statements = [x for section in document.sections for block in section.blocks for x in _statements(block)]
    latex_of = {x.claim.id: x.math.latex for x in statements if x.math is not None}
    short = {a.name: a.formula for a in abbreviations(derivation.circuit)}
    written: Files = {
        "claims.json": files.json_text(documents.claims_document(derivation, certificates, latex_of, short)),
        "timings.json": files.json_text({k: round(v, 4) for k, v in derivation.timings.items()}),
        "report.tex": latex.report(document, derivation.circuit),
    }
    for claim in derivation.claims:
        if claim.certificate is not None:
            written[certificates[claim.id]] = claim.certificate
    written |= latex.formula_files(document, derivation.circuit)
    return written


def _statements(block: Block) -> tuple[Statement, ...]:
    return block.statements if isinstance(block, Proposition) else ()
