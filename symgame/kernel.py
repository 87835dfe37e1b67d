"""The bit mask by a fused kernel of numba, for :meth:`symgame.decisions.Checker.mask` where numba is installed.

The kernel is one loop over the points: the polynomials, their signs, the answers, the word of bits. It takes the same
functions as NumPy does and the same error bounds; a block with a point that these leave open, or whose inputs exceed
the magnitudes that the bounds were made for, is left to NumPy and fractions. So both engines give the same bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symgame.decisions import Checker, Flat, Floats, Formulas, power_of_two

BLOCK = 256
#: Points whose inputs are handed to the kernel at once; a multiple of BLOCK.
STRETCH = 1 << 16


@dataclass(frozen=True)
class FastChecker(Checker):
    """A checker whose mask knows two engines: ``numpy`` and, with the extra ``fast`` installed, ``numba``.

    The second compiles for some seconds at its first use. ``compiled`` executes a text of ours
    (:func:`symgame.checker.compiled`).
    """

    compiled: Callable[..., dict[str, Any]] = field(default=lambda source, **names: {}, repr=False, compare=False)
    _kernels: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def _mask_by(self, engine: str, shape: tuple[int, ...], arrays: list[Floats]) -> NDArray[np.uint64]:
        if engine == "numba" and arrays:
            return self._fused(shape, arrays)
        if engine not in ("numpy", "numba"):
            raise self.error(f"there is no engine {engine!r}; choose 'numpy' or 'numba'")
        return self._mask(shape, arrays)

    def _fused(self, shape: tuple[int, ...], arrays: list[Floats]) -> NDArray[np.uint64]:
        kernel = self._kernel()
        size = math.prod(shape)
        words = (len(self.formulas.questions) + 63) // 64
        mask = np.empty((words, size), np.uint64)
        flats = [Flat(a, shape) for a in arrays]
        sizes = [_sampled(a) for a in arrays]
        limits = np.array(sizes)
        # a bound of 0 means that every computed value has its true sign: then none is too small
        bounds = np.array([b if b > 0 else -1.0 for b in self._chunk_bounds(sizes)])
        for start in range(0, size, STRETCH):
            stop = min(start + STRETCH, size)
            columns = [f.part(start, stop) for f in flats]
            full = [np.ascontiguousarray(np.broadcast_to(c, stop - start)) for c in columns]
            unsure = np.zeros((stop - start + BLOCK - 1) // BLOCK, np.bool_)
            kernel(*full, limits, bounds, *(row[start:stop] for row in mask), unsure)
            for block in np.flatnonzero(unsure):
                part = slice(int(block) * BLOCK, min((int(block) + 1) * BLOCK, stop - start))
                piece = np.zeros((words, part.stop - part.start), np.uint64)
                self.fill([c if c.size == 1 else c[part] for c in columns], list(sizes), piece)
                mask[:, start + part.start : start + part.stop] = piece
        return mask.reshape((words, *shape))

    def _kernel(self) -> Any:
        if "mask" not in self._kernels:
            try:
                import numba
            except ImportError:
                raise self.error("numba is not installed; pip install 'symgame[fast]', or choose 'numpy'") from None
            if "integer" in self.formulas.polynomials.__code__.co_names:
                raise self.error("the polynomials have integers that are no doubles; choose the engine 'numpy'")
            inner = numba.njit(error_model="numpy")
            # where magnitudes of 1 leave no error, none do: the number is a symbol, or one sum of exact terms
            errors = self._chunk_bounds([1.0] * len(self.formulas.symbols))
            made = self.compiled(
                kernel_source(self.formulas, [k for k, e in enumerate(errors) if e > 0], len(errors)),
                polynomials=inner(self.formulas.polynomials),
                conditions=inner(self.formulas.conditions),
            )
            self._kernels["mask"] = inner(made["_kernel"])
        return self._kernels["mask"]


def _sampled(array: Floats) -> float:
    """A power of two that most magnitudes will not exceed, from some of them."""
    some = np.abs(array.flat[:: max(1, array.size // 1000)])
    largest = float(np.max(some, where=np.isfinite(some), initial=0.0))
    return power_of_two(2.0 * largest) if largest < 1e300 else largest


class _Term:
    """A Boolean expression that writes itself down, so that equal answers have equal text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __and__(self, other: _Term) -> _Term:
        return _Term(f"({self.text} & {other.text})")

    def __or__(self, other: _Term) -> _Term:
        return _Term(f"({self.text} | {other.text})")

    def __invert__(self) -> _Term:
        return _Term(f"~{self.text}")


def _words(formulas: Formulas, many: int) -> list[str]:
    """Each word of the mask as a sum over the different answers a[k]: one constant for all bits that agree."""
    answers = formulas.conditions([_Term(f"p{k}") for k in range(many)], [_Term(f"n{k}") for k in range(many)])
    rows = []
    for first in range(0, len(answers), 64):
        groups: dict[str, list[int]] = {}
        for k, answer in enumerate(answers[first : first + 64], first):
            text = answer.text if isinstance(answer, _Term) else str(bool(answer))
            groups.setdefault(text, []).append(k)
        parts = [_bits(places, first) for text, places in groups.items() if text == "True"]
        parts += [
            f"({_bits(places, first)} if a[{places[0]}] else np.uint64(0))"
            for text, places in groups.items()
            if text not in ("True", "False")
        ]
        rows.append(" | ".join(parts) or "np.uint64(0)")
    return rows


def _bits(places: list[int], first: int) -> str:
    return f"np.uint64({sum(1 << (k - first) for k in places)})"


def kernel_source(formulas: Formulas, checked: list[int], many: int) -> str:
    """The loop over points, in blocks; ``polynomials`` and ``conditions`` are called in it and inlined by numba.

    ``checked`` are the polynomials, of ``many``, whose computed sign may be wrong. Blocks are sliced, so that indices
    are seen to be nonnegative and the loop becomes vector instructions.
    """
    inputs = range(len(formulas.symbols))
    words = _words(formulas, many)
    masks = [f"mask{w}" for w in range(len(words))]
    sure = [f"(abs(y{k}[i]) <= limit{k})" for k in inputs] + [f"(abs(p[{k}]) > bound{k})" for k in checked]
    lines = [
        f"def _kernel({', '.join(f'x{k}' for k in inputs)}, limits, bounds, {', '.join(masks)}, unsure):",
        *(f"    limit{k} = limits[{k}]" for k in inputs),
        *(f"    bound{k} = bounds[{k}]" for k in checked),
        f"    for block in range(0, x0.size, {BLOCK}):",
        *(f"        y{k} = x{k}[block : block + {BLOCK}]" for k in inputs),
        *(f"        m{w} = {mask}[block : block + {BLOCK}]" for w, mask in enumerate(masks)),
        "        open_ = 0",
        "        for i in range(y0.size):",
        f"            p = polynomials({', '.join(f'y{k}[i]' for k in inputs)})",
        f"            a = conditions(({' '.join(f'p[{k}] > 0.0,' for k in range(many))}), "
        f"({' '.join(f'p[{k}] < 0.0,' for k in range(many))}))",
        f"            open_ |= np.int64(not ({' & '.join(sure)}))",
        *(f"            m{w}[i] = ({word}) if a[0] else np.uint64(0)" for w, word in enumerate(words)),
        "        if open_:",
        f"            unsure[block // {BLOCK}] = True",
        "",
    ]
    return "\n".join(lines)
