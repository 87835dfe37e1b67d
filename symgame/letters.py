"""Characters in TeX: every text and every name, whatever its script, in ASCII that any LaTeX sets.

Greek letters become their commands and accented Latin letters their accents; a character that the standard fonts do not
have is written by its code point, ``U+042D``, so that a document always compiles and nobody's name is dropped.
"""

from __future__ import annotations

import re
import unicodedata

_SPECIAL = {
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "\N{EN DASH}": "--",
    "\N{EM DASH}": "---",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": "``",
    "\N{RIGHT DOUBLE QUOTATION MARK}": "''",
    "\N{HORIZONTAL ELLIPSIS}": r"\ldots{}",
    "≤": r"$\le$", "≥": r"$\ge$", "≠": r"$\ne$", "→": r"$\to$", "±": r"$\pm$", "·": r"$\cdot$", "×": r"$\times$",
    "ß": r"\ss{}", "ø": r"\o{}", "Ø": r"\O{}", "æ": r"\ae{}", "Æ": r"\AE{}", "œ": r"\oe{}", "Œ": r"\OE{}", "ł": r"\l{}",
    "Ł": r"\L{}", "ı": r"\i{}",
}  # fmt: skip
#: combining mark -> (accent in text, accent in mathematics)
_ACCENTS = {
    "\u0300": (r"\`", r"\grave"),
    "\u0301": (r"\'", r"\acute"),
    "\u0302": (r"\^", r"\hat"),
    "\u0303": (r"\~", r"\tilde"),
    "\u0304": (r"\=", r"\bar"),
    "\u0306": (r"\u", r"\breve"),
    "\u0307": (r"\.", r"\dot"),
    "\u0308": (r"\"", r"\ddot"),
    "\u030a": (r"\r", r"\mathring"),
    "\u030c": (r"\v", r"\check"),
}
_LOWER = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi psi "
    "omega"
)
_UPPER = "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
#: The Greek letters that have a command of their own; the others look like Latin ones.
GREEK = frozenset((*_LOWER.split(), *_UPPER.split()))


def ascii_name(text: str) -> str:
    """A name in ASCII letters, digits and ``. - / _``: other characters by their code, and no two names meet.

    >>> ascii_name("w_E"), ascii_name("é"), ascii_name("_uE9_")
    ('w_E', '_uE9_', '_u5F_uE9_')
    """
    return re.sub(r"[^A-Za-z0-9.\-/_]|_(?=u[0-9A-F]+_)", lambda found: f"_u{ord(found.group()):X}_", text)


def greek(character: str) -> str | None:
    r"""The command of a Greek letter, without the backslash.

    >>> greek("α"), greek("Ω"), greek("a")
    ('alpha', 'Omega', None)
    """
    full = unicodedata.name(character, "")
    if not full.startswith("GREEK ") or " LETTER " not in full or " WITH " in full:
        return None
    word = full.rsplit(" ", 1)[1].lower().replace("lamda", "lambda")
    word = word.capitalize() if full.startswith("GREEK CAPITAL") else word
    return word if word in GREEK else None


def _decomposed(character: str) -> tuple[str, str | None]:
    """A character as a base letter and at most one combining mark that TeX knows; else itself."""
    parts = unicodedata.normalize("NFKD", character)
    if len(parts) == 2 and parts[0].isascii() and parts[1] in _ACCENTS:
        return parts[0], parts[1]
    return (parts, None) if parts.isascii() else (character, None)


def escaped(text: str) -> str:
    r"""Plain text for TeX: special characters escaped, other scripts spelled out.

    >>> escaped("50 % of w_E"), escaped("Émile"), escaped("Э")
    ('50 \\% of w\\_E', "\\'{E}mile", '[U+042D]')
    """
    return "".join(_SPECIAL[c] if c in _SPECIAL else c if c.isascii() else _text(c) for c in text)


def _text(character: str) -> str:
    letter = greek(character)
    if letter is not None:
        return rf"$\{letter}$"
    base, mark = _decomposed(character)
    if mark is not None:
        return f"{_ACCENTS[mark][0]}{{{base}}}"
    return base if base.isascii() else f"[U+{ord(character):04X}]"


def math_letters(word: str) -> str:
    r"""Part of a name in mathematics: a Greek letter, up to two Latin letters in italics, or an upright word.

    >>> math_letters("EE"), math_letters("exc"), math_letters("kappa"), math_letters("γ"), math_letters("Э")
    ('EE', '\\mathrm{exc}', '\\kappa', '\\gamma', '\\mathrm{U042D}')
    """
    if word in GREEK:
        return "\\" + word
    if word.isascii():
        return word if len(word) <= 2 else rf"\mathrm{{{word}}}"
    parts = [_math(c) for c in word]
    return " ".join(parts) if len(word) <= 2 else rf"\mathrm{{{' '.join(parts)}}}"


def _math(character: str) -> str:
    if character.isascii():
        return character
    letter = greek(character)
    if letter is not None:
        return "\\" + letter
    base, mark = _decomposed(character)
    if mark is not None:
        return f"{_ACCENTS[mark][1]}{{{base}}}"
    return base if base.isascii() else rf"\mathrm{{U{ord(character):04X}}}"
