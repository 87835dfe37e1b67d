"""The checkers of the Wilson-Cowan pair: ``python benchmarks/checkers.py [--rounds N]``. Nothing is written.

All conditions on a million random points into one bit mask each: the generated checker, NumPy written by hand for the
same conditions (which does not care about exactness), the fused kernel of numba, and a copy of all inputs and outputs.
Runs are interleaved and medians compared, in one process; only the ratios mean anything.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable
from statistics import median

import numpy as np

from symgame.checker import checker
from symgame.named import wilson_cowan

POINTS = 1_000_000
CHUNK = 8192
Floats = np.ndarray


def by_hand(w_EE: Floats, w_EI: Floats, w_IE: Floats, w_II: Floats, tau_E: Floats, tau_I: Floats, u_E: Floats,
            u_I: Floats, mask: np.ndarray) -> None:  # fmt: skip
    """One chunk, as a careful person writes it: shared subexpressions, each sign compared once, bytes then words."""
    a, d = 1 - w_EE, 1 + w_II
    kappa, ad = w_EI * w_IE, a * d
    det, n_E, n_I = ad + kappa, d * u_E - w_EI * u_I, w_IE * u_E + a * u_I
    p, q = tau_I * a, tau_E * d
    trace, gap = p + q, p - q
    disc = gap * gap - 4 * tau_E * tau_I * kappa
    step = w_EI - w_IE
    domain = (w_EE >= 0) & (w_II >= 0) & (w_EI > 0) & (w_IE > 0) & (tau_E > 0) & (tau_I > 0)
    e_on, e_off, i_on, i_off = u_E > 0, u_E < 0, u_I > 0, u_I < 0
    e_not, i_not = ~e_on, ~i_on
    below, above = a > 0, a < 0
    upto = ~above
    flat = upto & ~below
    e_more, e_less, i_more, i_less = n_E > 0, n_E < 0, n_I > 0, n_I < 0
    e_atmost, i_atmost, i_atleast = ~e_more, ~i_more, ~i_less
    regular, saddle = det > 0, det < 0
    fold = ~(regular | saddle)
    hurwitz = regular & (trace > 0)
    no = np.False_
    yes = np.True_
    none, none_strict = e_not & i_not, e_off & i_off
    first, second = below & e_on, above & e_off
    exists_e = (first & i_atmost) | (second & i_atleast)
    strict_e = (first & i_less) | (second & i_more)
    stable_e, nash_e = first & i_less, first & i_atmost
    exists_i, strict_i = e_atmost & i_on, e_less & i_on
    both = (regular & e_more & i_more) | (saddle & e_less & i_less)
    nash_both = both & upto
    p_matrix = below & regular
    rows = (
        domain, none, none_strict, no, no, yes, none_strict, none & (e_off | upto), none & upto,
        exists_e, strict_e, flat & ~(e_on | e_off) & i_off, flat, below, stable_e, nash_e, nash_e,
        exists_i, strict_i, no, no, yes, strict_i, exists_i & (e_less | upto), exists_i & upto,
        both, both, fold & ~(e_more | e_less) & (~flat | e_on) & (upto | e_on), fold, hurwitz,
        hurwitz & e_more & i_more, nash_both, nash_both,
        p_matrix, p_matrix, p_matrix, p_matrix, below & (4 * ad - step * step > 0), hurwitz, no, no,
        fold, saddle, below & hurwitz, above & hurwitz, flat & hurwitz, disc < 0, ~hurwitz,
    )  # fmt: skip
    byte = np.empty(mask.size, np.uint8)
    planes = mask.view(np.uint8).reshape(-1, 8)
    for first_row in range(0, len(rows), 8):
        group = rows[first_row : first_row + 8]
        byte[:] = group[-1]
        for row in group[-2::-1]:
            np.left_shift(byte, 1, out=byte)
            np.bitwise_or(byte, row, out=byte)
        planes[:, first_row // 8] = byte
    if not domain.all():
        mask[~domain] = 0


def hand(columns: list[Floats]) -> np.ndarray:
    mask = np.zeros(POINTS, np.uint64)
    for start in range(0, POINTS, CHUNK):
        part = slice(start, start + CHUNK)
        by_hand(*(c[part] for c in columns), mask=mask[part])
    return mask


def numba_is_here() -> bool:
    try:
        import numba  # noqa: F401
    except ImportError:
        return False
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=15, help="runs of each contestant (default: 15)")
    rounds = max(1, parser.parse_args().rounds)
    pair = checker(wilson_cowan())
    random = np.random.default_rng(1)
    low, high = (0, 0.1, 0.1, 0, 1, 1, -2, -2), (4, 4, 4, 2, 20, 20, 2, 2)
    columns = [random.uniform(a, b, POINTS) for a, b in zip(low, high, strict=True)]
    point = dict(zip(pair.formulas.symbols, columns, strict=True))
    block = np.ones((len(columns) + 1, POINTS))
    target = np.ones_like(block)
    contestants: dict[str, Callable[[], object]] = {
        "generated": lambda: pair.mask(point),
        "by hand": lambda: hand(columns),
        "copy": lambda: np.copyto(target, block),
    }
    if numba_is_here():
        contestants["numba"] = lambda: pair.mask(point, engine="numba")
    differ = np.count_nonzero(pair.mask(point)[0] != hand(columns))
    print(f"{len(pair.formulas.questions)} conditions on {POINTS} points; by hand differs at {differ} points")
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for run in contestants.values():
        run()
    for _ in range(rounds):
        for name, run in contestants.items():
            start = time.perf_counter()
            run()
            times[name].append(time.perf_counter() - start)
    middle = {name: median(row) for name, row in times.items()}
    for name, seconds in middle.items():
        print(f"{name:10} {seconds * 1e3:8.1f} ms")
    rows = [("generated", "by hand", 1.5), ("numba", "copy", 2.0)]
    for one, other, target_ratio in rows:
        if one in middle:
            ratio = middle[one] / middle[other]
            verdict = "met" if ratio <= target_ratio else "MISSED"
            print(f"{one} / {other}: {ratio:.2f} (target {target_ratio}) {verdict}")
    tracemalloc.start()
    pair.mask(point)
    extra = (tracemalloc.get_traced_memory()[1] - 8 * POINTS) / 1e6
    print(f"memory beyond inputs and output: {extra:.1f} MB (target 50) {'met' if extra <= 50 else 'MISSED'}")


if __name__ == "__main__":
    main()
