"""What a derivation writes: names of files to their contents, from all the back ends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from symgame.article import article
from symgame.captions import Figure, captions
from symgame.competition import Competition, figures_of
from symgame.competition_captions import competition_captions
from symgame.derivation import Derivation
from symgame.digests import DIGESTS, digests_document
from symgame.document import Block, Math, Paragraph, Picture, Proposition, Statement, Text
from symgame.portrait import Portraits, figures_data
from symgame.report import bifurcations, checkers, diagrams, documents, files, html, latex, microcircuits
from symgame.report.canvas import FORMATS
from symgame.report.figures import activations_bytes, render
from symgame.shape import abbreviations
from symgame.smooth_article import smooth_sections
from symgame.smooth_captions import smooth_captions
from symgame.smooth_pictures import SmoothPictures, smooth_pictures

Files = dict[str, str | bytes]


def certificate_files(derivation: Derivation) -> dict[str, str]:
    """The file of each claim's certificate, by the claim's id."""
    return {c.id: f"certificates/{c.id}.smt2" for c in derivation.claims if c.certificate is not None}


def derivation_files(derivation: Derivation, *, figures: bool = True, model: str = "MODEL") -> Files:
    """Every file of a derivation but the PDF: documents, report, page, checkers, formulas, certificates, figures.

    ``model`` is how the circuit is called on the command line, for the checks that the page offers to copy; none are
    offered when it is empty.
    """
    drawn, pictures, notes = _pictures(derivation) if figures else ({}, (), ())
    written = texts(derivation, _vector(drawn), pictures, notes, model=model)
    written["timings.json"] = files.json_text({k: round(v, 4) for k, v in derivation.timings.items()})
    certificates = certificate_files(derivation)
    written |= {certificates[c.id]: c.certificate for c in derivation.claims if c.certificate is not None}
    written |= drawn
    return written | {DIGESTS: files.json_text(digests_document(written))}


def texts(
    derivation: Derivation,
    svgs: Mapping[str, str],
    pictures: Iterable[Picture] = (),
    notes: Iterable[Block] = (),
    *,
    model: str = "MODEL",
) -> Files:
    """The files that follow from the claims: ``claims.json``, report, page, checkers, formulas.

    ``svgs`` are the pictures of the page by name, ``pictures`` and ``notes`` what the article says of them.
    """
    certificates = certificate_files(derivation)
    results = smooth_sections(derivation.circuit, derivation.over)
    document = article(derivation, certificates, pictures, notes, results)
    statements = [x for section in document.sections for block in section.blocks for x in _statements(block)]
    formulas = {x.claim.id: x.math.latex for x in statements if x.math is not None}
    short = {a.name: a.formula for a in abbreviations(derivation.circuit)}
    code = checkers.source(derivation)
    written: Files = {
        "claims.json": files.json_text(documents.claims_document(derivation, certificates, formulas, short)),
        "report.tex": latex.report(document, derivation.circuit),
        "report.html": html.page(
            document,
            derivation,
            svgs=svgs,
            checker_lines=checkers.claim_lines(code),
            certificates=certificates,
            model=model,
        ),
        "checkers.py": code,
    }
    return written | latex.formula_files(document, derivation.circuit)


def _statements(block: Block) -> tuple[Statement, ...]:
    return block.statements if isinstance(block, Proposition) else ()


def _pictures(derivation: Derivation) -> tuple[dict[str, bytes], tuple[Picture, ...], tuple[Block, ...]]:
    """The files of the pictures, the pictures as the article shows them, and what is said of those left out."""
    data, compete, smooth = _data(derivation)
    drawn = render(data)
    drawn |= {} if compete is None else microcircuits.render(compete)
    drawn |= {} if smooth is None else _smooth_files(smooth)
    return drawn, *_said(data, compete, smooth)


def pictured(derivation: Derivation) -> tuple[tuple[Picture, ...], tuple[Block, ...]]:
    """The pictures as the article shows them, and what is said of those left out; nothing is drawn."""
    return _said(*_data(derivation))


def _data(derivation: Derivation) -> tuple[Portraits, Competition | None, SmoothPictures | None]:
    """The data of all pictures: those of every circuit, of competing units, of smooth pairs."""
    circuit, data = derivation.circuit, figures_data(derivation)
    smooth = None if data.illustration is None else smooth_pictures(circuit, data.illustration)
    return data, figures_of(circuit) if circuit.copies else None, smooth


def _smooth_files(data: SmoothPictures) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    words = {figure.name: figure for figure in smooth_captions(data)}
    for format_ in FORMATS:
        if data.activations:
            found[f"figures/activations.{format_}"] = activations_bytes(
                data.activations, format_, words["activations"]
            )
        if data.diagram is not None:
            found[f"figures/diagram.{format_}"] = diagrams.drawn(data.diagram, format_)
        if data.bifurcations is not None:
            found[f"figures/bifurcations.{format_}"] = bifurcations.drawn(data.bifurcations, data.regions, format_)
    return found


def _said(
    data: Portraits, compete: Competition | None, smooth: SmoothPictures | None
) -> tuple[tuple[Picture, ...], tuple[Block, ...]]:
    shown, left = captions(data), list(data.left_out)
    if compete is not None:
        shown, left = (*competition_captions(compete), *shown), [*compete.left_out, *left]
    if smooth is not None:
        shown, left = (*shown, *smooth_captions(smooth)), [*left, *smooth.left_out]
    reasons: dict[str, list[str]] = {}
    for x in left:
        names = reasons.setdefault(x.reason, [])
        names += [x.name.replace("-", " ")] if x.name.replace("-", " ") not in names else []
    notes = tuple(
        Paragraph((f"Not drawn: {', '.join(names)}, because {reason}.",)) for reason, names in reasons.items()
    )
    return tuple(_picture(figure) for figure in shown), notes


def _picture(figure: Figure) -> Picture:
    return Picture(f"figures/{figure.name}", figure.title, caption_text(figure.caption_latex), figure.alt_text)


def caption_text(latex_caption: str) -> Text:
    r"""A caption in LaTeX as plain strings and mathematics.

    >>> caption_text(r"At $w_{EE} = 1$, with 50\% of it.")
    ('At ', Math(latex='w_{EE} = 1', node=None), ', with 50% of it.')
    """
    pieces = re.split(r"(?<!\\)\$", latex_caption)
    parts = [Math(p) if k % 2 else re.sub(r"\\([_#$%&{}])", r"\1", p) for k, p in enumerate(pieces)]
    return tuple(part for part in parts if part != "")


def _vector(drawn: Mapping[str, bytes]) -> dict[str, str]:
    """The SVG of each picture, by the picture's name."""
    return {name.removesuffix(".svg"): data.decode() for name, data in drawn.items() if name.endswith(".svg")}
