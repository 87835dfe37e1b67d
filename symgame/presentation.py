r"""How a circuit is written: LaTeX of its names, the author's macros, abbreviations, order of terms, sign of weights.

None of it changes what a circuit is. What an author gives is LaTeX of mathematics; it is checked here against a list
of commands that TeX, browsers and figures all understand, so that nothing of it can break a document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal, NoReturn

from symgame.errors import ModelError
from symgame.letters import GREEK
from symgame.notation import latex_name
from symgame.words import nearest

Terms = Literal["ascending", "descending"]
Weights = Literal["magnitude", "signed"]
UNITS = ("rate", "input", "time")

_ALPHABETS = "mathcal mathbf mathrm mathsf mathit mathtt boldsymbol"
_MARKS = "bar hat tilde vec dot ddot acute grave breve check overline underline widehat widetilde"
_SIGNS = "ell hbar prime star ast dagger ddagger circ bullet infty partial nabla pm mp times cdot ldots cdots to"
_WORDS = "text textrm operatorname"
_WITH_ARGUMENT = frozenset((*_ALPHABETS.split(), *_MARKS.split(), *_WORDS.split()))
#: Commands that may stand in the LaTeX of a name.
COMMANDS = frozenset((*GREEK, *_ALPHABETS.split(), *_MARKS.split(), *_SIGNS.split(), *_WORDS.split())) | frozenset(
    {"varepsilon", "vartheta", "varpi", "varrho", "varsigma", "varphi"}
)


@cache
def taken() -> frozenset[str]:
    """Commands that TeX, LaTeX, the packages of the report or the report itself define: no macro may hide them.

    The list is that of a LaTeX with amsmath, amsthm, booktabs, graphicx and hyperref.
    """
    text = resources.files("symgame").joinpath("library", "latex_commands.txt").read_text(encoding="ascii")
    return frozenset(text.split()) | COMMANDS | {"reason", "evidence"}


_TOKEN = re.compile(r"\\([A-Za-z]+)|\\([,;:! ])|([A-Za-z0-9])|([{}])|([_^])|([-+*/=.,:;'()\[\]| ])")


@dataclass(frozen=True)
class Presentation:
    """The options of one circuit; an empty one writes every name by :func:`symgame.notation.latex_name`.

    ``names`` maps symbols and populations to LaTeX; ``macros`` maps ``\\W`` to what it stands for; ``abbreviations``
    maps a name to the formula that it abbreviates (``None``: those that the circuit suggests); names in ``order`` come
    first in sums and products; ``terms`` says whether sums begin with the lowest or the highest degree; with
    ``weights="signed"`` the weight from an inhibitory source is written as the signed entry of W instead of as a
    magnitude. ``units`` are those of rates, inputs and times, for the axes of figures.

    Raises :class:`~symgame.errors.ModelError` for LaTeX that is not balanced or uses a command off the list.

    >>> style = Presentation(names=(("w_EE", r"\\W_{EE}"),), macros=(("\\\\W", r"\\mathcal{W}"),))
    >>> style.latex("w_EE"), style.expanded("w_EE"), style.latex("tau_E")
    ('\\\\W_{EE}', '{\\\\mathcal{W}}_{EE}', '\\\\tau_{E}')
    """

    names: tuple[tuple[str, str], ...] = ()
    macros: tuple[tuple[str, str], ...] = ()
    abbreviations: tuple[tuple[str, str], ...] | None = None
    order: tuple[str, ...] = ()
    terms: Terms = "ascending"
    weights: Weights = "magnitude"
    units: tuple[tuple[str, str], ...] = ()
    turned: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        known: set[str] = set()
        for name, body in self.macros:
            if not re.fullmatch(r"\\[A-Za-z]+", name):
                raise ModelError(
                    f"[notation] macros: {name!a} is no macro; write a backslash and letters, as in '\\\\W'."
                )
            if name[1:] in taken() or name[1:].startswith("sym"):
                raise ModelError(f"[notation] macros: {name} is a command of LaTeX; give the macro another name.")
            check_latex(body, f"[notation] macros {name}", frozenset(known))  # earlier macros only: no cycle
            known.add(name[1:])
        for name, latex in self.names:
            check_latex(latex, f"[notation] names.{name}", frozenset(known))

    def latex(self, name: str) -> str:
        """The name in LaTeX, with the author's macros in it."""
        return dict(self.names).get(name) or latex_name(name)

    def expanded(self, name: str) -> str:
        """The name in LaTeX that needs no macro, for browsers and figures."""
        return self.without_macros(self.latex(name))

    def without_macros(self, latex: str) -> str:
        """Any LaTeX with the author's macros replaced by what they stand for, latest first."""
        for name, body in reversed(self.macros):
            latex = re.sub(rf"{re.escape(name)}(?![A-Za-z])\s*", lambda _, body=body: f"{{{body}}}", latex)  # type: ignore[misc]
        return latex

    def unit(self, kind: str) -> str | None:
        """The unit of ``rate``, ``input`` or ``time``, when one was given."""
        return dict(self.units).get(kind)


PLAIN = Presentation()


def check_latex(latex: str, where: str, macros: frozenset[str] = frozenset()) -> None:
    """Refuse LaTeX that is no balanced piece of mathematics made of known commands."""
    if not latex.strip() or len(latex) > 200:
        raise ModelError(f"{where}: LaTeX of 1 to 200 characters was expected.")
    _Check(latex, where, macros).group(top=True)


class _Check:
    """One pass over the LaTeX of a name."""

    def __init__(self, latex: str, where: str, macros: frozenset[str]) -> None:
        self.latex, self.where, self.macros, self.at = latex, where, macros, 0

    def fail(self, message: str) -> NoReturn:
        raise ModelError(f"{self.where}: {message} at column {self.at + 1}.")

    def token(self) -> re.Match[str]:
        found = _TOKEN.match(self.latex, self.at)
        if found is None:
            shown = self.latex[self.at : self.at + 10]
            self.fail(f"{shown!a} is not LaTeX of a name (letters, digits, commands, _ and ^)")
        return found

    def group(self, top: bool = False, text: bool = False) -> None:
        """Up to the closing brace; each base carries at most one subscript and one superscript."""
        scripts: set[str] = set()
        while self.at < len(self.latex):
            found = self.token()
            word, _, _, brace, script, sign = found.groups()
            if brace == "}":
                if top:
                    self.fail("a '}' without its '{'")
                return
            if script:
                if text:
                    self.fail(f"{script!r} inside text")
                if script in scripts:
                    self.fail("two scripts of one kind on the same base; use braces")
                scripts.add(script)
                self.at = found.end()
                self.argument("the script is empty")
                continue
            if sign != " ":
                scripts = {"^"} if sign == "'" else set()  # a prime is a superscript
            if brace == "{":
                self.braces(text)
            else:
                self.at = found.end()
                if word is not None:
                    self.command(word)
        if not top:
            self.fail("a brace is not closed")

    def command(self, word: str) -> None:
        if word not in COMMANDS and word not in self.macros:
            self.fail(f"unknown command \\{word}{nearest(word, COMMANDS | self.macros)}")
        if word in _WITH_ARGUMENT:
            if self.latex[self.at : self.at + 1] != "{":
                self.fail(f"\\{word} takes an argument in braces")
            self.braces(text=word in _WORDS.split())

    def braces(self, text: bool) -> None:
        self.at += 1
        if self.latex[self.at : self.at + 1] == "}":
            self.fail("nothing between the braces")
        self.group(text=text)
        self.at += 1

    def argument(self, empty: str) -> None:
        if self.at == len(self.latex):
            self.fail(empty)
        found = self.token()
        word, space, _, brace, script, _ = found.groups()
        if brace == "{":
            self.braces(text=False)
        elif brace or script or space:
            self.fail(empty)
        else:
            self.at = found.end()
            if word is not None:
                self.command(word)
