"""Names of a circuit as identifiers of another language: ASCII, no reserved word, no two alike.

Whatever a name may hold, what leaves this module is letters, digits and underscores, so that nothing a user called a
population can be read as code elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from symgame.letters import ascii_name


@dataclass(frozen=True)
class Rules:
    """What a language asks of an identifier.

    ``folds``: upper and lower case are the same; ``underscores``: they may be part of a name; ``lower``: a name begins
    with a small letter, because the language keeps capitals for itself. ``marked``: a name has an underscore inside,
    because a bare word means something else.
    """

    reserved: frozenset[str] = frozenset()
    longest: int = 63
    folds: bool = False
    underscores: bool = True
    lower: bool = False
    marked: bool = False

    def key(self, name: str) -> str:
        """Names with the same key are the same name."""
        return name.lower() if self.folds else name


def identifiers(names: Iterable[str], rules: Rules) -> dict[str, str]:
    """An identifier for each name, in order; a name that is one already, and is free, keeps itself.

    >>> identifiers(["w_EE", "w_ee", "é", "for"], Rules(frozenset({"for"}), longest=10, folds=True))
    {'w_EE': 'w_EE', 'w_ee': 'w_ee2', 'é': 'n_uE9_', 'for': 'for2'}
    >>> identifiers(["w_EE", "wEE", "E0"], Rules(underscores=False, lower=True))
    {'w_EE': 'wEE2', 'wEE': 'wEE', 'E0': 'pE0'}
    """
    asked = list(dict.fromkeys(names))
    taken = {rules.key(word) for word in rules.reserved}
    found: dict[str, str] = {}
    for plain_only in (True, False):  # first those that need no change: nobody else may take their place
        for name in asked:
            plain = _shaped(name, rules)
            if name in found or (plain_only and (plain != name or rules.key(plain) in taken)):
                continue
            found[name] = _free(plain, taken, rules)
            taken.add(rules.key(found[name]))
    return {name: found[name] for name in asked}


def _shaped(name: str, rules: Rules) -> str:
    word = ascii_name(name)
    word = word if rules.underscores else word.replace("_", "")
    if not re.match(r"[A-Za-z]", word):
        word = f"n{word}"
    if rules.lower and word[0].isupper():
        word = f"p{word}"
    if rules.marked and "_" not in word.strip("_"):
        word = f"p_{word}"
    return word[: rules.longest]


def _free(word: str, taken: set[str], rules: Rules) -> str:
    candidate, k = word, 1
    while rules.key(candidate) in taken:
        k += 1
        candidate = f"{word[: rules.longest - len(str(k))]}{k}"
    return candidate


def changed(said: Mapping[str, str]) -> list[str]:
    """Which names are written otherwise, one a line, in ASCII: the map that a file carries in its head.

    >>> changed({"w_EE": "w_EE", "γ": "n_u3B3_"})
    ['n_u3B3_ stands for [U+03B3]']
    """
    return [f"{word} stands for {plain(name)}" for name, word in said.items() if word != name]


def plain(text: str) -> str:
    """A text that may stand in a comment of any language: letters, digits and a little punctuation, on one line.

    Line ends, quotes, backslashes, stars, slashes and whatever else could end a comment or begin something else are
    written by their code points.

    >>> plain("E/I pair"), plain("x */ y"), plain("a\\nb")
    ('E[U+002F]I pair', 'x [U+002A][U+002F] y', 'a b')
    """
    one_line = " ".join(text.split())
    return re.sub(r"[^A-Za-z0-9_ .,:;=+-]", lambda found: f"[U+{ord(found.group()):04X}]", one_line)[:200]
