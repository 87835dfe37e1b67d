"""Pictures of supralinear circuits: the data of :mod:`symgame.supralinear_responses` drawn with Matplotlib.

Drawing computes nothing. The look is that of :mod:`symgame.report.canvas`, as in all other pictures.
"""

from __future__ import annotations

from typing import Any

from symgame.captions import Figure
from symgame.plane import Mark
from symgame.report.canvas import (
    INK,
    LINES,
    PALE,
    color_of,
    handle,
    label,
    legend,
    mark_handles,
    marker_look,
    mathematics,
    panels,
    rate,
    saved,
    style,
)
from symgame.supralinear_responses import CharacteristicCurve, ResponseCurves

ONSETS = {"inhibition-stabilised": (0, (4, 2)), "sublinear": (0, (1, 1.5))}


def svg(drawing: Any, title: str) -> str:
    """One drawing as SVG text, for a notebook; ``title`` is what a screen reader says of it."""
    return saved(drawing, "svg", Figure(title.lower().replace(" ", "-"), title, title, title, title)).decode("utf-8")


def characteristic(*curves: CharacteristicCurve, titles: tuple[str, ...] = ()) -> Any:
    """f(v) of one or more circuits side by side, the zeros marked by their stability and their Nash class."""
    handles = mark_handles(
        Mark((zero.v, 0.0), None, zero.stability, zero.nash, "") for curve in curves for zero in curve.zeros
    )
    with style():
        drawing, axes = panels(titles or ("",) * len(curves), -(-len(handles) // len(curves)))
        for ax, curve in zip(axes, curves, strict=True):
            name = curve.circuit.presentation.expanded(curve.circuit.names[curve.driver])
            ax.axhline(0, color=PALE, linewidth=0.8, zorder=1)
            ax.plot(curve.v, curve.f, color=color_of(curve.circuit, curve.driver), linewidth=1.5)
            for zero in curve.zeros:
                ax.plot([zero.v], [0], gid="equilibrium", **marker_look(zero.stability, zero.nash))
            ax.set_ylim(-1.6 * curve.height, 1.6 * curve.height)
            ax.set_xlim(float(curve.v[0]), float(curve.v[-1]))
            ax.set_xlabel(mathematics(f"v = z_{{{name}}}", f"v = z_{name}"))
            ax.set_ylabel("$f(v)$")
        legend(drawing, handles, len(curves))
    return drawing


def responses(curves: ResponseCurves, drive: str = "h") -> Any:
    """The rates along the drive, and the loop ``s_E w_EE`` with the transitions that were found."""
    circuit = curves.circuit
    handles = [
        handle(color=color_of(circuit, i), linestyle=LINES[i % len(LINES)], linewidth=1.5, label=rate(circuit, i))
        for i in range(len(circuit.names))
    ]
    handles += [
        handle(color=INK, linestyle=ONSETS[t.what], linewidth=0.9, label=f"{t.what} from here on")
        for t in curves.transitions
    ]
    with style():
        drawing, axes = panels(("rates", "loop of excitation"), (len(handles) + 1) // 2)
        for i in range(len(circuit.names)):
            look: dict[str, Any] = {"color": color_of(circuit, i)}
            if curves.single:
                axes[0].plot(curves.drives, curves.rates[:, i], linestyle=LINES[i % len(LINES)], linewidth=1.5, **look)
                continue
            for h, x, stable in zip(curves.drives, curves.rates[:, i], curves.stable, strict=True):
                axes[0].plot([h], [x], marker="o", markersize=2.5, fillstyle="full" if stable else "none", **look)
        axes[0].set_ylabel("rate")
        axes[1].axhline(1, color=PALE, linewidth=0.8, zorder=1)
        axes[1].plot(curves.drives, curves.loops, "-" if curves.single else ".", color=INK, linewidth=1.5, markersize=3)
        axes[1].set_ylabel(r"$s\,w$ of excitation on itself")
        for ax in axes:
            ax.set_xlabel(label(drive))
            for t in curves.transitions:
                ax.axvline(float(t.high), color=INK, linestyle=ONSETS[t.what], linewidth=0.9)
        legend(drawing, handles, 2)
    return drawing
