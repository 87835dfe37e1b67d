"""The SMT back end: z3 on the very text that is kept as the certificate, with a budget of solver steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import lcm

import z3

from symgame.condition import Condition, free_names
from symgame.proof.algebraic import Algebraic
from symgame.proof.smtlib import mangled, names_in_order, script

ENGINE = f"z3 {z3.get_version_string()}"
DEFAULT_BUDGET = 1_000_000
CLOCK_MS = 10_000  # the last guard, far beyond what the budget of steps takes


@dataclass(frozen=True)
class Answer:
    """``unsat``, ``sat`` with a point, or ``unknown`` with the solver's reason; ``steps``: the budget it took."""

    status: str
    point: dict[str, Fraction | Algebraic] | None = None
    reason: str = ""
    steps: int = 0


def ask(assertions: Sequence[tuple[str, Condition]], budget: int = DEFAULT_BUDGET, measured: bool = False) -> Answer:
    """Whether the assertions can hold together. A fresh solver each time: fast, and the same answer every time.

    ``measured`` asks how many steps a refutation took, too.
    """
    text = script(assertions, "query")
    key = (text, budget, measured)
    if key not in _ANSWERS:
        _ANSWERS[key] = _asked(text, names_in_order(c for _, c in assertions), budget, measured)
    return _ANSWERS[key]


_ANSWERS: dict[tuple[str, int, bool], Answer] = {}


@cache
def _engine() -> z3.Tactic:
    """The nonlinear engine alone: on these queries three times faster than the solver that chooses among engines."""
    return z3.Tactic("qfnra-nlsat")


def _asked(text: str, names: list[str], budget: int, measured: bool) -> Answer:
    parsed = z3.parse_smt2_string(text)
    solver = _engine().solver()
    before = _steps(solver) if measured else 0
    solver.set("rlimit", budget)
    solver.set("timeout", CLOCK_MS)
    solver.set("ctrl_c", False)  # an interrupt is Python's to raise; z3 would call it "unknown", a budget spent
    solver.add(parsed)  # not assert_and_track: a tracking literal costs the nonlinear engine a factor of 1000
    result = solver.check()
    if result == z3.unsat:
        return Answer("unsat", steps=_steps(solver) - before if measured else 0)
    if result == z3.sat:
        table = mangled(names)
        model = solver.model()
        point: dict[str, Fraction | Algebraic] = {}
        for name in names:
            value = model.eval(z3.Real(table[name]), model_completion=True)
            number = _number(value)
            if number is None:
                return Answer("unknown", reason="the solver's model is not a number")
            point[name] = number
        return Answer("sat", point=point)
    reason = solver.reason_unknown()
    budget_ran_out = any(word in reason for word in ("resource", "max", "timeout", "cancel"))
    return Answer("unknown", reason=f"budget of {budget} solver steps used up" if budget_ran_out else reason)


def core(assertions: Sequence[tuple[str, Condition]], droppable: Sequence[int], steps: int) -> list[int]:
    """Indices of a subset that is still unsatisfiable: every droppable assertion is left out if it can be.

    What shares no name with the rest, however indirectly, goes first; then one by one. Each trial gets about as many
    steps as the proof took, so an assertion may stay that a longer search would drop.
    """
    budget = 4 * steps + 2_000
    fixed = [k for k in range(len(assertions)) if k not in set(droppable)]

    def refuted(kept: list[int]) -> bool:
        return ask([assertions[j] for j in sorted(kept)], budget).status == "unsat"

    if fixed and refuted(fixed):
        return fixed
    everything = list(range(len(assertions)))
    kept = _connected(assertions, fixed) if fixed else everything
    if len(kept) < len(everything) and not refuted(kept):
        kept = everything
    patience = 2  # trials that run out of budget cost the most and seldom pay
    for k in [k for k in kept if k not in fixed]:
        trial = [j for j in kept if j != k]
        status = ask([assertions[j] for j in trial], budget).status
        if status == "unsat":
            kept = trial
        patience -= status == "unknown"
        if patience == 0:
            break
    return sorted(kept)


def _connected(assertions: Sequence[tuple[str, Condition]], start: Sequence[int]) -> list[int]:
    """The assertions that share names with those at ``start``, transitively."""
    names = [free_names(c) for _, c in assertions]
    reached = set().union(*(names[k] for k in start))
    kept = set(start)
    while True:
        more = {k for k in range(len(assertions)) if k not in kept and names[k] & reached}
        if not more:
            return sorted(kept)
        kept |= more
        reached |= set().union(*(names[k] for k in more))


def _steps(solver: z3.Solver) -> int:
    """How much of the budget the answer took."""
    statistics = solver.statistics()
    known = set(statistics.keys())
    return int(statistics.get_key_value("rlimit count")) if "rlimit count" in known else 0


def _number(value: z3.ExprRef) -> Fraction | Algebraic | None:
    if z3.is_rational_value(value):
        return Fraction(value.numerator_as_long(), value.denominator_as_long())
    if not z3.is_algebraic_value(value):
        return None
    fractions = [Fraction(c.numerator_as_long(), c.denominator_as_long()) for c in value.poly()]
    scale = lcm(*(c.denominator for c in fractions))
    integers = tuple(int(c * scale) for c in fractions)
    for precision in (5, 20, 60):
        near = value.approx(precision)
        middle, width = Fraction(near.numerator_as_long(), near.denominator_as_long()), Fraction(2, 10**precision)
        try:
            return Algebraic(integers, middle - width, middle + width)
        except ValueError:
            continue  # the interval holds another root, or the polynomial is reducible there: look closer
    return None
