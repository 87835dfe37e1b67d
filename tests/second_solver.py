"""cvc5 in a process of its own, killed when it overruns: it does not keep its own time limits."""

from __future__ import annotations

import json
import subprocess
import sys
import threading

WORKER = r"""
import json, sys
import cvc5

def answers(text):
    rows = []
    for part in text.split("(reset)\n"):
        solver = cvc5.Solver()
        parser = cvc5.InputParser(solver)
        parser.setStringInput(cvc5.InputLanguage.SMT_LIB_2_6, part, "query")
        while True:
            command = parser.nextCommand()
            if command.isNull():
                break
            said = command.invoke(solver, parser.getSymbolManager()).strip()
            if said:
                rows.append(said)
    return rows

for line in sys.stdin:
    try:
        result = answers(json.loads(line))
    except Exception as error:
        result = ["error: " + str(error)]
    print(json.dumps(result), flush=True)
"""


class SecondSolver:
    """One text at a time: the list of answers, or ``None`` when the time was up."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None

    def ask(self, text: str, seconds: float) -> list[str] | None:
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        process = self.process
        assert process.stdin and process.stdout
        late = threading.Timer(seconds, process.kill)
        late.start()
        try:
            process.stdin.write(json.dumps(text) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            late.cancel()
        if line:
            answers: list[str] = json.loads(line)
            return answers
        self.close()
        return None

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None
