r"""How a circuit is written: LaTeX of its names, the author's macros, abbreviations, order of terms, sign of weights.

None of it changes what a circuit is. What an author gives is LaTeX of mathematics; it is checked here against a list
of commands that TeX, browsers and figures all understand, so that nothing of it can break a document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

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
#: Commands that may stand in the LaTeX of a name.
COMMANDS = frozenset((*GREEK, *_ALPHABETS.split(), *_MARKS.split(), *_SIGNS.split(), *_WORDS.split())) | frozenset(
    {"varepsilon", "vartheta", "varpi", "varrho", "varsigma", "varphi"}
)
#: Names that LaTeX, or the documents written here, use themselves: a macro of the author must not hide them.
TAKEN = frozenset(
    """
    a b c d i j k l o r t u v aa ae oe ss AA AE OE O L S P H label ref eqref cite item title date author section
    subsection paragraph par begin end left right big Big bigl bigr Bigl Bigr frac dfrac tfrac sqrt le ge ne leq geq
    neq lt gt in neg land lor wedge vee iff implies Rightarrow Leftrightarrow Longrightarrow Longleftrightarrow quad
    qquad emptyset varnothing max min log exp ln cos sin tan det tr ker sup inf lim sum prod int forall exists colon
    mid vert Vert lvert rvert langle rangle displaystyle textstyle scriptstyle limits nolimits text emph textbf
    textit textsf texttt textsc underbrace overbrace hline toprule midrule bottomrule centering caption
    includegraphics footnote footnotesize small large Large newcommand renewcommand providecommand def let input
    include write read catcode csname endcsname expandafter relax usepackage documentclass vspace hspace hbox vbox
    mbox fbox parbox raggedright noindent linewidth textwidth today maketitle tag notag intertext allowbreak hfill
    newline linebreak pagebreak newpage clearpage url href year month day
    """.split()
)

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

    def __post_init__(self) -> None:
        known: set[str] = set()
        for name, body in self.macros:
            if not re.fullmatch(r"\\[A-Za-z]+", name):
                raise ModelError(
                    f"[notation] macros: {name!a} is no macro; write a backslash and letters, as in '\\\\W'."
                )
            if name[1:] in COMMANDS | TAKEN:
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
    depth, at, after_script = 0, 0, False
    if not latex.strip() or len(latex) > 200:
        raise ModelError(f"{where}: LaTeX of 1 to 200 characters was expected.")
    while at < len(latex):
        found = _TOKEN.match(latex, at)
        if found is None:
            shown = latex[at : at + 10]
            raise ModelError(
                f"{where}: {shown!a} at column {at + 1} is not LaTeX of a name; use letters, digits, commands, _ and ^."
            )
        word, _, _, brace, script, _ = found.groups()
        if word is not None and word not in COMMANDS and word not in macros:
            raise ModelError(f"{where}: unknown command \\{word}{nearest(word, COMMANDS | macros)}.")
        if script and after_script:
            raise ModelError(f"{where}: two scripts in a row at column {at + 1}; put the inner one in braces.")
        depth += {"{": 1, "}": -1}.get(brace or "", 0)
        if depth < 0:
            raise ModelError(f"{where}: a '}}' without its '{{' at column {at + 1}.")
        after_script = bool(script)
        at = found.end()
    if depth or after_script:
        raise ModelError(f"{where}: {'a brace is not closed' if depth else 'the script at the end is empty'}.")
