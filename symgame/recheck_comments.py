"""The comments of a certificate: do they say what it asserts? People read them, solvers do not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from symgame.condition import Condition, free_names
from symgame.proof.certificate_text import Script
from symgame.proof.smtlib import formula

Rows = Sequence[tuple[str, Condition]]


def odd_comment(text: str, titles: Sequence[str], parts: Sequence[Script], rows: Sequence[Rows]) -> str | None:
    """A line of a certificate that says something else than :func:`symgame.proof.smtlib.script` writes there.

    ``titles`` are the lines above each query in turn, ``parts`` its queries as they were read, ``rows`` what each of
    them may assert, with the words for it. ``None`` when every comment is in its place.

    >>> from symgame.proof.certificate_text import scripts
    >>> from symgame.proof.smtlib import script
    >>> from symgame.algebra import algebra
    >>> from symgame.named import wilson_cowan
    >>> rows = [(h.text, h.condition) for h in algebra(wilson_cowan()).domain.hypotheses]
    >>> proof = script(rows, "the domain")
    >>> odd_comment(proof, ["the domain"], scripts(proof), [rows])
    >>> odd_comment(proof.replace("; w_EI > 0", "; w_EI > 1"), ["the domain"], scripts(proof), [rows])
    '; w_EI > 1'
    """
    queries = text.split("(reset)\n")
    if len(queries) != len(titles):
        return text.partition("\n")[0]
    return next((line for row in zip(queries, titles, parts, rows, strict=True) for line in _odd(*row)), None)


def _odd(query: str, title: str, part: Script, rows: Rows) -> Iterator[str]:
    table = {name: constant for constant, name in part.names.items()}
    words: dict[str, set[str]] = {}
    for said, condition in rows:
        if free_names(condition) <= set(table):
            words.setdefault(f"(assert {formula(condition, table)})", set()).add(_comment(said))
    lines = query.splitlines()
    head = [f"; {line}" for line in title.splitlines()]
    if lines[: len(head)] != head:
        yield next((line for line, wanted in zip(lines, head, strict=False) if line != wanted), "")
    for k, line in enumerate(lines[len(head) :], len(head)):
        after = lines[k + 1] if k + 1 < len(lines) else ""
        misplaced = line.startswith(";") and line not in words.get(after, ())
        if misplaced or (line.startswith("(assert ") and not lines[k - 1].startswith(";")):
            yield line


def _comment(said: str) -> str:
    return f"; {' '.join(ascii(said)[1:-1].split())}"
