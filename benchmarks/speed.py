"""Ratios of times, measured in one run: ``python benchmarks/speed.py [--rounds N]``. Nothing is written.

Every command starts a process of its own; the runs are interleaved, so that what else the machine does weighs on all
of them alike, and medians are compared. The second part compares the closed-form stability of a pair, from the
package's own exact conditions, with the eigenvalues of its Jacobians.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

import numpy as np
import sympy

from symgame.branches import full_branch
from symgame.named import wilson_cowan
from symgame.properties.stability import block_polynomial, jacobian, routh_hurwitz
from symgame.ring import Poly, Quotient

PAIRS = 100_000
SYMGAME = (sys.executable, "-m", "symgame")
#: name, command, the command it is compared with, and the ratio it should stay under.
COMMANDS = (
    ("derive wilson-cowan", (*SYMGAME, "derive", "wilson-cowan", "--quiet", "--out", "OUT"), "import sympy", 20),
    (
        "derive lateral-inhibition",
        (*SYMGAME, "derive", "lateral-inhibition", "--quiet", "--out", "OUT"),
        "derive wilson-cowan",
        2,
    ),
    ("--help", (*SYMGAME, "--help"), "pass", 10),
    ("check lds", (*SYMGAME, "check", "wilson-cowan", "lds <=> w_EE < 1"), "import sympy", 3),
)
BASES = {base: (sys.executable, "-c", base) for base in ("import sympy", "pass")}


def seconds(command: tuple[str, ...]) -> float:
    """How long one process took; it must succeed."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def start_up(rounds: int) -> None:
    """The commands against a bare interpreter, and against one that imports SymPy."""
    with tempfile.TemporaryDirectory() as scratch:
        out = str(Path(scratch) / "out")
        runs = {name: tuple(out if part == "OUT" else part for part in command) for name, command, _, _ in COMMANDS}
        runs |= BASES
        for command in runs.values():
            seconds(command)  # once beforehand: bytecode and file caches
        times: dict[str, list[float]] = {name: [] for name in runs}
        for _ in range(rounds):
            for name, command in runs.items():
                times[name].append(seconds(command))
    middle = {name: median(row) for name, row in times.items()}
    print(f"{'command':26} {'compared with':20} {'ratio':>7} {'target':>7}")
    for name, _, base, target in COMMANDS:
        ratio = middle[name] / middle[base]
        print(f"{name:26} {base:20} {ratio:7.1f} {target:7d}  {'met' if ratio <= target else 'MISSED'}")


def expression(poly: Poly) -> sympy.Expr:
    """A polynomial of the package as a SymPy expression, term by term."""
    names = [sympy.Symbol(name) for name in poly.context().names()]
    terms = poly.to_dict().items()
    return sympy.Add(*(
        int(c) * sympy.Mul(*(x ** int(k) for x, k in zip(names, powers, strict=True))) for powers, c in terms
    ))  # fmt: skip


def compiled(quotients: Iterable[Quotient], names: list[str]) -> Callable[..., list[np.ndarray]]:
    """A NumPy function of quotients; what they have in common is computed once."""
    expressions = [expression(q.over) / expression(q.under) for q in quotients]
    function: Callable[..., list[np.ndarray]] = sympy.lambdify(names, expressions, "numpy", cse=True)
    return function


def stability(rounds: int) -> None:
    """Trace and determinant conditions of the package against ``numpy.linalg.eigvals``, on the same random pairs."""
    branch = full_branch(wilson_cowan())
    a = branch.algebra
    names = ["w_EE", "w_EI", "w_IE", "w_II", "tau_E", "tau_I"]
    conditions = compiled(routh_hurwitz(block_polynomial(branch), a.ring), names)
    entries = compiled([q for row in jacobian(a, branch.slopes) for q in row], names)
    columns = np.random.default_rng(1).uniform(0.05, 4.0, size=(len(names), PAIRS))

    def closed_form() -> np.ndarray:
        numbers = conditions(*columns)
        stable: np.ndarray = np.logical_and.reduce([q > 0 for q in numbers])
        return stable

    matrices = np.empty((PAIRS, 2, 2))
    for place, entry in zip(((0, 0), (0, 1), (1, 0), (1, 1)), entries(*columns), strict=True):
        matrices[:, place[0], place[1]] = entry

    def eigenvalues() -> np.ndarray:
        largest: np.ndarray = np.linalg.eigvals(matrices).real.max(axis=1)
        return largest < 0

    differ = np.flatnonzero(closed_form() != eigenvalues())
    margins = np.abs(np.linalg.eigvals(matrices[differ]).real).min(axis=1) if differ.size else np.zeros(0)
    assert np.all(margins < 1e-9), f"{differ.size} pairs disagree away from the boundary"
    times: dict[Callable[[], np.ndarray], list[float]] = {closed_form: [], eigenvalues: []}
    for _ in range(rounds):
        for function, row in times.items():
            start = time.perf_counter()
            function()
            row.append(time.perf_counter() - start)
    ratio = median(times[eigenvalues]) / median(times[closed_form])
    share = f"{closed_form().mean():.0%}"
    print(f"\nstability of {PAIRS} random pairs, {share} of them stable: closed form against batched eigenvalues")
    print(f"{differ.size} disagree; the closed form is {ratio:.0f} times faster (matrices made beforehand)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=7, help="runs of each command (default: 7)")
    rounds = max(1, parser.parse_args().rounds)
    start_up(rounds)
    stability(max(rounds, 7))


if __name__ == "__main__":
    main()
