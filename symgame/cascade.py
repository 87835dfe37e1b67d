"""Stability of an equilibrium with total inputs on kinks, where a cascade of blocks decides it. Numbers only.

Near the equilibrium a rate on a flat piece, off its kinks, decays on its own. The others fall into strongly coupled
blocks, each driven by those before it. A block without kinks is linear. A rate on a kink that is a block of its own
obeys ``tau y' = -y + s (w y + v)``, with one of two slopes s by the sign of ``w y + v``. A cascade of blocks that decay
exponentially and answer their inputs with bounded gain decays exponentially; a block that leaves its rest while the
blocks before it stay there makes the equilibrium unstable. A kink in a larger block, and a block with an eigenvalue on
the imaginary axis, are not decided.

Source: E. D. Sontag, IEEE Trans. Automat. Control 34 (1989) 435 (cascades of input-to-state stable systems).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

from symgame.cells import System
from symgame.spectrum import all_left, characteristic, on_imaginary_axis


def stable_on_kinks(
    system: System, places: Sequence[int], totals: Sequence[Fraction], rates: Sequence[Fraction]
) -> bool | None:
    """Whether the equilibrium on these pieces, with these total inputs, is exponentially stable (``True``), unstable
    (``False``), or not decided; ``rates`` are ``1/tau``.

    >>> from symgame.circuit import Circuit
    >>> from symgame.numeric import system
    >>> def at_rest(W):
    ...     names = "EI"[: len(W)]
    ...     circuit = Circuit.from_matrix(W, names=names, u=[0] * len(W), tau=[1] * len(W))
    ...     return stable_on_kinks(system(circuit), [0] * len(W), [Fraction(0)] * len(W), [Fraction(1)] * len(W))
    >>> at_rest([["1/2"]]), at_rest([[2]]), at_rest([[1]]), at_rest([[0, 0], [3, -1]]), at_rest([[0, -1], [1, 0]])
    (True, False, None, True, None)
    """
    slopes = {}  # of the rates that answer: one, or the two beside a kink
    for i, (row, place, z) in enumerate(zip(system.pieces, places, totals, strict=True)):
        beside = [k for end, k in ((row[place].lower, place - 1), (row[place].upper, place + 1)) if end == z]
        found = [row[place].slope, *(row[k].slope for k in beside)]
        if any(found):
            slopes[i] = found
    verdicts: list[bool | None] = []
    for block in strong_blocks(system, sorted(slopes)):
        if all(len(slopes[i]) == 1 for i in block):
            verdicts.append(_decays(system, block, {i: slopes[i][0] for i in block}, rates))
        elif len(block) == 1:
            gains = [s * system.W[block[0]][block[0]] for s in slopes[block[0]]]
            verdicts.append(False if max(gains) > 1 else None if max(gains) == 1 else True)
        else:
            verdicts.append(None)
    return False if False in verdicts else None if None in verdicts else True


def _decays(system: System, block: Sequence[int], slope: dict[int, Fraction], rates: Sequence[Fraction]) -> bool | None:
    """Whether ``diag(1/tau) (F W - I)`` of a block is Hurwitz; ``None`` with an eigenvalue on the imaginary axis."""
    rows = [[rates[i] * (slope[i] * system.W[i][j] - (i == j)) for j in block] for i in block]
    scale = lcm(*(v.denominator for row in rows for v in row))
    polynomial = characteristic([[int(v * scale) for v in row] for row in rows], [], scale)
    if all_left(polynomial):
        return True
    return None if on_imaginary_axis(polynomial) and not _some_right(polynomial) else False


def _some_right(polynomial: Sequence[Fraction]) -> bool:
    """Whether the sum of the roots alone shows one with a positive real part."""
    return len(polynomial) > 1 and -polynomial[1] > 0


def strong_blocks(system: System, chosen: Sequence[int]) -> list[list[int]]:
    """The strongly coupled sets of these populations: each can reach the others of its set along couplings."""
    drives = {i: [j for j in chosen if system.W[j][i]] for i in chosen}  # i drives j

    def reached(start: int) -> set[int]:
        seen, todo = {start}, [start]
        while todo:
            new = [j for j in drives[todo.pop()] if j not in seen]
            seen.update(new)
            todo += new
        return seen

    reach = {i: reached(i) for i in chosen}
    blocks: list[list[int]] = []
    done: set[int] = set()
    for i in chosen:
        if i not in done:
            blocks.append([j for j in sorted(reach[i]) if i in reach[j]])
            done.update(blocks[-1])
    return blocks
