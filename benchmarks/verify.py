"""How long, and with how much memory, a table of a million rows takes: ``symgame verify wilson-cowan TABLE.csv``.

The table has eight parameters, the states, their stability and diagonal stability, from NumPy in doubles, one row of a
thousand seeded with an error. It is written to a temporary directory first; that is not timed.
"""

from __future__ import annotations

import argparse
import csv
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

PARAMETERS = ("w_EE", "w_EI", "w_IE", "w_II", "tau_E", "tau_I", "u_E", "u_I")


def write(path: Path, rows: int) -> None:
    """Random pairs with both populations active, whose state is printed in full."""
    rng = np.random.default_rng(1)
    left = rows
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*PARAMETERS, "x_E", "x_I", "stable", "lds"])
        while left:
            w_EE, w_EI, w_IE, w_II, t_E, t_I, u_E, u_I = p = np.round(rng.uniform(0.1, 3, (8, 50_000)), 4)
            d = (1 - w_EE) * (1 + w_II) + w_EI * w_IE
            x_E = ((1 + w_II) * u_E - w_EI * u_I) / d
            x_I = (w_IE * u_E + (1 - w_EE) * u_I) / d
            stable = (d > 0) & ((w_EE - 1) / t_E < (1 + w_II) / t_I)
            active = np.flatnonzero((x_E > 0) & (x_I > 0))[:left]
            for k in active:
                wrong = k % 1000 == 0
                state = float(x_E[k]), float(x_I[k]) * (2.0 if wrong else 1.0)
                words = bool(stable[k]), bool(w_EE[k] < 1)
                writer.writerow([*map(repr, (*p[:, k].tolist(), *state)), *words])
            left -= active.size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "table.csv"
        write(path, rows)
        print(f"{rows} rows, {path.stat().st_size / 1e6:.0f} MB of CSV")
        started = time.perf_counter()
        done = subprocess.run([sys.executable, "-m", "symgame", "verify", "wilson-cowan", str(path)], check=False)
        seconds = time.perf_counter() - started
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        busy = used.ru_utime + used.ru_stime
        memory = used.ru_maxrss / 1024
        print(f"{seconds:.1f} s, {rows / seconds:.0f} rows/s; {busy:.1f} s of a processor, {memory:.0f} MB at most")
        print(f"exit status {done.returncode}")


if __name__ == "__main__":
    main()
