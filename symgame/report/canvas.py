"""The look that pictures share: sizes, colours, markers, names as mathematics, axes at fixed places, bytes of a file.

One meaning, one look, in every picture: a population has its colour and line style, the shape of a marker says
stability, its fill says Nash. The same drawing gives the same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from fractions import Fraction
from functools import lru_cache
from html import escape
from typing import Any

from symgame.captions import Figure, mark_words, number_latex
from symgame.circuit import Circuit
from symgame.notation import latex_name
from symgame.plane import Mark

# -- style: sizes in inches and points, colours of Okabe and Ito, which stay apart for the colour-blind ---------------

FORMATS = ("svg", "pdf", "png")
DPI = 150
PANEL = (2.1, 1.95)
LEFT, GAP, RIGHT = 0.62, 0.72, 0.16
LINE = 0.175  # the height of a line of small text
TEXT, SMALL = 10.0, 8.5
INK, PALE, WALL = "#222222", "#A9A9A9", "#E9E9E9"
EXCITATORY, INHIBITORY, UNTYPED = ("#D55E00", "#E69F00"), ("#0072B2", "#56B4E9"), ("#009E73", "#CC79A7", "#0072B2")
LINES: tuple[Any, ...] = ("-", (0, (5, 1.6)), (0, (5, 1.4, 1, 1.4)), (0, (1, 1)))
MARKERS = {  # stability: marker, colour, size
    "stable": ("o", "#009E73", 8.0),
    "unstable": ("s", "#CC79A7", 7.0),
    "saddle": ("D", "#E69F00", 6.5),
    "kink": ("^", "#56B4E9", 8.0),
    "neutral": ("p", "#F0E442", 8.5),
    "located": ("X", "#999999", 7.5),
}
FILLS = {"global": "full", "local": "left", "stationary": "none", None: "full"}
_STYLE: Any = {
    "font.family": ["STIXGeneral", "DejaVu Sans"],
    "mathtext.fontset": "stix",
    "font.size": TEXT,
    "axes.linewidth": 0.7,
    "axes.edgecolor": INK,
    "axes.labelpad": 2.5,
    "axes.titlepad": 5.0,
    "axes.titlesize": TEXT,
    "axes.formatter.useoffset": False,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "hatch.linewidth": 0.5,
    "legend.fontsize": SMALL,
    "svg.fonttype": "path",
    "svg.hashsalt": "symgame",
    "pdf.fonttype": 42,
    "path.simplify_threshold": 0.3,
}


def saved(drawing: Any, format_: str, words: Figure) -> bytes:
    """The bytes of a drawing, without a date; an SVG carries its title and description for screen readers."""
    metadata: dict[str, dict[str, Any]] = {
        "svg": {"Date": None, "Creator": "symgame", "Title": words.title},
        "pdf": {"CreationDate": None, "Creator": "symgame", "Producer": "symgame", "Title": words.title},
        "png": {"Software": "symgame", "Title": words.title.encode("ascii", "replace").decode()},
    }
    if format_ not in metadata:
        raise ValueError(f"{format_!r} is no format of a picture; choose among {', '.join(FORMATS)}")
    stream = io.BytesIO()
    with style():
        drawing.savefig(stream, format=format_, dpi=DPI, metadata=metadata[format_])
    if format_ != "svg":
        return stream.getvalue()
    text = stream.getvalue().decode("utf-8")
    text = text.replace("<svg ", f'<svg role="img" aria-label="{escape(words.alt_text)}" ', 1)
    return text.replace("</title>", f"</title>\n <desc>{escape(words.alt_text)}</desc>", 1).encode("utf-8")


def style() -> Any:
    """The style for the time of a drawing; one inside another costs nothing."""
    from matplotlib import rc_context, rcParams

    active = rcParams["svg.hashsalt"] == _STYLE["svg.hashsalt"]
    return nullcontext() if active else rc_context(_STYLE)


# -- names ------------------------------------------------------------------------------------------------------------


def label(name: str, circuit: Circuit | None = None) -> str:
    r"""The name for a picture: mathematics where Matplotlib can set it, plain text otherwise.

    >>> label("w_EE"), label("tau_E")
    ('$w_{EE}$', '$\\tau_{E}$')
    """
    return mathematics(latex_name(name) if circuit is None else circuit.shown(name), name)


_SIMPLE = re.compile(r"[A-Za-z0-9]+(_\{[A-Za-z0-9,]+\})?")  # needs no trial


@lru_cache(maxsize=1_000)
def mathematics(source: str, plain: str) -> str:
    if _SIMPLE.fullmatch(source):
        return f"${source}$"
    from matplotlib.mathtext import MathTextParser

    if _missing(source, ("STIXGeneral",)):  # mathematics has no fallback for a character without a glyph
        return plain_text(plain)
    try:
        with style():
            MathTextParser("path").parse(f"${source}$")
    except (ValueError, RuntimeError):
        return plain_text(plain)
    return f"${source}$"


def plain_text(text: str) -> str:
    """The text without mathematics; a character that no font has becomes its code point."""
    lost = _missing(text, ("STIXGeneral", "DejaVu Sans"))
    return "".join(f"U+{ord(c):04X}" if c in lost else c for c in text).replace("$", r"\$")


@lru_cache(maxsize=1_000)
def _missing(text: str, families: tuple[str, ...]) -> frozenset[str]:
    from matplotlib.font_manager import findfont, get_font

    others = {c for c in text if not c.isascii()}
    if not others:
        return frozenset()
    fonts = [get_font(findfont(family)) for family in families]
    return frozenset(c for c in others if not any(font.get_char_index(ord(c)) for font in fonts))


def rate(circuit: Circuit, i: int) -> str:
    """The rate of population i, its index written as the circuit writes the population."""
    name = circuit.names[i]
    return mathematics(f"x_{{{circuit.presentation.expanded(name)}}}", f"x_{name}")


def rate_axis(circuit: Circuit, i: int) -> str:
    """The rate of population i with the circuit's unit of rates, when it has one."""
    unit = circuit.presentation.unit("rate")
    return rate(circuit, i) + (f" ({plain_text(unit)})" if unit else "")


def value_label(over: str | None, at: Fraction | None, circuit: Circuit) -> str:
    return "" if over is None or at is None else f"{label(over, circuit)} = {number(at)}"


def number(value: Fraction) -> str:
    """``-1/2`` with a minus sign of its own."""
    return str(value).replace("-", "−")


def exact_text(text: str) -> str:
    """An exact number; only a root needs mathematics."""
    return f"${number_latex(text)}$" if "sqrt" in text else text.replace("-", "−")


def color_of(circuit: Circuit, i: int) -> str:
    kind = circuit.populations[i].type
    shades = {"excitatory": EXCITATORY, "inhibitory": INHIBITORY, None: UNTYPED}[kind]
    place = sum(p.type == kind for p in circuit.populations[:i])
    return shades[place % len(shades)]


# -- canvases ---------------------------------------------------------------------------------------------------------


def panels(titles: Sequence[str], below: int) -> tuple[Any, list[Any]]:
    """A figure with axes side by side at fixed places, and room for some lines of a legend below them.

    Nothing is measured, so nothing is drawn twice.
    """
    from matplotlib.figure import Figure as Drawing

    count = len(titles)
    lines = max(title.count("\n") for title in titles)
    wide = PANEL[0] if count > 1 else 1.25 * PANEL[0]  # a legend is as wide as it is
    bottom = 0.52 + LINE * below
    top = 0.3 + 0.17 * lines
    width = LEFT + count * wide + (count - 1) * GAP + RIGHT
    height = bottom + PANEL[1] + top
    drawing = Drawing(figsize=(width, height), facecolor="white")
    axes = []
    for k in range(count):
        left = LEFT + k * (wide + GAP)
        ax = drawing.add_axes((left / width, bottom / height, wide / width, PANEL[1] / height))
        blank = "\n " * (lines - titles[k].count("\n"))  # first lines of all titles at one height
        ax.set_title(titles[k] + blank, color=INK, linespacing=1.1)
        few_ticks(ax)
        axes.append(ax)
    return drawing, axes


def few_ticks(ax: Any) -> None:
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    ax.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))


def legend(drawing: Any, handles: Sequence[Any], columns: int) -> None:
    drawing.legend(
        handles=handles, loc="lower center", ncols=columns, frameon=False, borderpad=0.2, handlelength=2.2,
        columnspacing=1.4, labelspacing=0.35, borderaxespad=0.15,
    )  # fmt: skip


def handle(**options: Any) -> Any:
    from matplotlib.lines import Line2D

    return Line2D([], [], **options)


def marker_look(stability: str, nash: str | None) -> dict[str, Any]:
    shape, color, size = MARKERS[stability]
    fill = FILLS[nash]
    return {
        "marker": shape,
        "markersize": size,
        "fillstyle": "full" if fill == "none" else fill,
        "markerfacecolor": "white" if fill == "none" else color,
        "markerfacecoloralt": "white",
        "markeredgecolor": INK if fill != "none" else color,
        "markeredgewidth": 0.9 if fill != "none" else 2.0,
        "linestyle": "none",
        "zorder": 6,
    }


def draw_marks(ax: Any, marks: Iterable[Mark]) -> None:
    for mark in marks:
        x, y = mark.place
        ax.plot([x], [y], gid="equilibrium", clip_on=False, **marker_look(mark.stability, mark.nash))


def mark_handles(marks: Iterable[Mark]) -> list[Any]:
    order = list(MARKERS)
    kinds = sorted({(order.index(m.stability), list(FILLS).index(m.nash)) for m in marks})
    rows = [(order[a], list(FILLS)[b]) for a, b in kinds]
    return [handle(label=mark_words(s, n), **marker_look(s, n)) for s, n in rows]
