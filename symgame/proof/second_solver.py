"""Second opinions: z3 by another road than the prover's, in a context of its own, and cvc5 where it is installed.

cvc5 does not keep its own time limits, so it runs in a process that is killed when it overruns.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import z3

from symgame.proof.solver import ENGINE

#: Solver steps of z3 for what it is known to refute, and for what nobody put to it before.
STEPS, FEW_STEPS = 3_000_000, 200_000
#: Milliseconds of z3, the last guard.
CLOCK_MS = 20_000
#: Steps of cvc5, and seconds.
CVC5_STEPS, CVC5_SECONDS = 40_000, 5.0

_WORKER = r"""
import json, sys
import cvc5

def answer(text):
    solver = cvc5.Solver()
    solver.setOption("rlimit", sys.argv[1])
    parser = cvc5.InputParser(solver)
    parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, text, "query")
    said = ""
    while True:
        command = parser.nextCommand()
        if command.isNull():
            return said
        said = command.invoke(solver, parser.getSymbolManager()).strip() or said

for line in sys.stdin:
    try:
        result = answer(json.loads(line))
    except Exception as error:
        result = "error: " + str(error)
    print(json.dumps(result), flush=True)
"""


@cache
def cvc5_name() -> str | None:
    """``cvc5`` and its version, or ``None`` when it is not installed."""
    try:
        return f"cvc5 {version('cvc5')}" if find_spec("cvc5") else None
    except PackageNotFoundError:
        return None


@dataclass
class Referees:
    """The solvers that are asked; close it, or use it in a ``with`` statement, so that cvc5's process ends."""

    use_cvc5: bool = True
    process: subprocess.Popen[str] | None = field(default=None, init=False)

    def __enter__(self) -> Referees:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def answers(self, text: str, steps: int = STEPS) -> dict[str, str]:
        """What each solver says of one query: ``sat``, ``unsat`` or ``unknown``, by the solver's name and version.

        >>> with Referees(use_cvc5=False) as referees:
        ...     list(referees.answers("(declare-const a Real)(assert (< (* a a) 0.0))(check-sat)").values())
        ['unsat']
        """
        said = {ENGINE: z3_answer(text, steps)}
        name = cvc5_name() if self.use_cvc5 else None
        if name is not None and said[ENGINE] != "sat":
            said[name] = self._cvc5(text)
        return said

    def possible(self, text: str) -> str:
        """z3's answer to whether assertions can hold together."""
        return z3_answer(text)

    def _cvc5(self, text: str) -> str:
        if self.process is None:
            command = [sys.executable, "-I", "-c", _WORKER, str(CVC5_STEPS)]
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
        process = self.process
        assert process.stdin and process.stdout
        late = threading.Timer(CVC5_SECONDS, process.kill)
        late.start()
        try:
            process.stdin.write(json.dumps(text) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except (BrokenPipeError, OSError):
            line = ""
        finally:
            late.cancel()
        if not line:
            self.close()
            return "unknown"
        answer = str(json.loads(line))
        return answer if answer in ("sat", "unsat") else "unknown"

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


def z3_answer(text: str, steps: int = STEPS) -> str:
    """z3's answer to one query: its solver for nonlinear arithmetic first, the prover's own tactic only after it."""
    context = z3.Context()
    assertions = z3.parse_smt2_string(text, ctx=context)
    for solver in (z3.SolverFor("QF_NRA", ctx=context), z3.Tactic("qfnra-nlsat", ctx=context).solver()):
        solver.set("rlimit", steps)
        solver.set("timeout", CLOCK_MS)
        solver.add(assertions)
        result = solver.check()
        if result != z3.unknown:
            return "unsat" if result == z3.unsat else "sat"
    return "unknown"
