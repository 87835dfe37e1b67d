r"""BibTeX: the works that a derivation rests on, as entries that any style sets.

A source is one sentence, ``A. Author, B. Author, Title, Journal 12 (1999) 1-9.``; where it has that shape it becomes an
``@article`` with its fields, and otherwise an ``@misc`` whose note is the rest of the sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from symgame.letters import escaped

_WORD = r"[^\W\d_][\w'-]*"
_AUTHOR = rf"(?:[^\W\d_]\.[- ]?)+{_WORD}(?: (?:von|van|de|del|der|di) {_WORD})?(?: et al\.)?"
_AUTHORS = re.compile(rf"{_AUTHOR}(?:, {_AUTHOR})*")
_PREPRINT = re.compile(r"(?P<title>.+), arXiv:(?P<eprint>[\d.]+), (?P<year>\d{4})(?P<note>.*)\.")
#: Journals with commas in their names, which otherwise end a title.
_WITH_COMMAS = ("IEEE Transactions on Systems, Man, and Cybernetics",)
_JOURNAL = re.compile(r"(?P<journal>.+?) (?P<volume>\d+) \((?P<year>\d{4})\) (?P<pages>[\w-]+)\.?")


def text(sources: Iterable[tuple[str, str, str | None]]) -> str:
    r"""The entries, in the order given; each source is a key, its sentence, and an address or nothing.

    >>> print(text([("R65", "J. B. Rosen, On games, Econometrica 33 (1965) 520-534.", None)]))
    @article{R65,
      author = {J. B. Rosen},
      title = {{On games}},
      journal = {Econometrica},
      volume = {33},
      year = {1965},
      pages = {520--534},
    }
    """
    return "\n\n".join(_entry(*source) for source in sources) + "\n"


def _entry(key: str, sentence: str, url: str | None) -> str:
    found = _AUTHORS.match(sentence)
    authors = found.group() if found else ""
    rest = sentence[len(authors) :].lstrip(", ")
    title, _, place = rest.rpartition(", ")
    for name in _WITH_COMMAS:
        before, found_, after = rest.partition(f", {name}")
        title, place = (before, name + after) if found_ else (title, place)
    journal, preprint = _JOURNAL.fullmatch(place), _PREPRINT.fullmatch(rest)
    fields = {"author": " and ".join(_people(authors))}
    if journal is not None and title:
        kind = "article"
        fields |= {"title": f"{{{escaped(title)}}}"} | {k: escaped(v) for k, v in journal.groupdict().items()}
        fields["pages"] = fields["pages"].replace("-", "--")
    elif preprint is not None:
        kind, parts = "misc", preprint.groupdict()
        fields |= {"title": f"{{{escaped(parts['title'])}}}", "eprint": parts["eprint"], "archiveprefix": "arXiv"}
        fields |= {"year": parts["year"], "note": escaped(parts["note"].strip(" ()"))}
    else:
        kind = "misc"
        year = re.findall(r"\b(?:19|20)\d\d\b", rest)
        head, comma, tail = rest.partition(", ")
        fields |= {"title": f"{{{escaped(head)}}}", "note": escaped(tail if comma else "")}
        fields["year"] = year[-1] if year else ""
    fields["url"] = url or ""
    rows = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{kind}{{{key},", *rows, "}"])


def _people(authors: str) -> list[str]:
    people = [escaped(name) for name in authors.removesuffix(" et al.").split(", ") if name]
    return [*people, "others"] if authors.endswith(" et al.") else people
