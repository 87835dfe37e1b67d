"""The question of ``symgame stability``: every stability property of a circuit, and which global theorem applies."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from symgame.algebra import algebra
from symgame.chart import default_parameter
from symgame.circuit import Circuit
from symgame.claims import Draft, characterised
from symgame.condition import TRUE
from symgame.errors import BudgetExceeded, Unsupported
from symgame.numeric import rational
from symgame.proof.solver import DEFAULT_BUDGET
from symgame.proof.verdict import Cited, Proved, Undecided, Verdict
from symgame.properties import diagonal
from symgame.statements import check
from symgame.tables import Cell, formula, table

QUESTIONS = {
    "p_matrix": "p_matrix",
    "hurwitz": "hurwitz",
    "lds": "lds",
    "rosen": "rosen",
    "monotone": "monotone",
    "d_stable": "for_all_tau(hurwitz)",
}


@dataclass(frozen=True)
class Answer:
    """``holds``: for all, for none, or (``None``) for some values of the symbols, then under ``condition``."""

    holds: bool | None
    verdict: Verdict
    condition: str | None = None
    P: tuple[str, ...] | None = None
    X: tuple[tuple[str, ...], ...] | None = None


@dataclass(frozen=True)
class GlobalStatement:
    """Which theorem makes the equilibrium globally attracting, its hypotheses, and how well it is known."""

    statement: str
    verdict: str
    source: str | None
    hypotheses: tuple[str, ...]


@dataclass(frozen=True)
class Stability:
    circuit: Circuit
    answers: dict[str, Answer]
    globally: GlobalStatement

    def _repr_html_(self) -> str:
        names = self.circuit.presentation.expanded
        said = {True: "holds", False: "does not hold", None: "not decided"}
        rows: list[tuple[Cell, ...]] = [
            (word, formula(a.condition, names) if a.condition else said[a.holds], a.verdict.kind)
            for word, a in self.answers.items()
        ]
        rows.append(("global", self.globally.statement, self.globally.verdict))
        return table(("word", "when", "verdict"), rows, self.circuit.name).source


def stability(circuit: Circuit, over: str | None = None, budget: int = DEFAULT_BUDGET) -> Stability:
    """P-matrix, Hurwitz, Lyapunov diagonal stability, Rosen, monotone, D-stable: with conditions, or decided.

    With all values given each question is decided; for one or two populations diagonal stability comes with an exact
    certificate either way: weights P, or a positive semidefinite X != 0 with ``diag((I - W) X) <= 0``.

    >>> from symgame.named import wilson_cowan
    >>> stability(wilson_cowan()).answers["lds"].condition
    'w_EE < 1'
    """
    circuit = circuit.fixed()
    over = over or default_parameter(circuit)
    answers = {key: _answer(circuit, word, over, budget) for key, word in QUESTIONS.items()}
    answers["lds"] = _with_certificate(circuit, answers["lds"])
    return Stability(circuit, answers, _globally(circuit, answers))


def _answer(circuit: Circuit, word: str, over: str | None, budget: int) -> Answer:
    try:
        then = characterised(circuit, Draft(word, word, "equivalence", word=word), over)
        verdict = check(circuit, then, budget=budget, search_missing=False).verdict
    except (Unsupported, BudgetExceeded) as error:
        return Answer(None, Undecided(str(error)))
    if not isinstance(verdict, Proved | Cited):
        return Answer(
            None, verdict if isinstance(verdict, Undecided) else Undecided("the short form was not confirmed")
        )
    if then == word:
        return Answer(True, verdict)
    if then.startswith("~"):
        return Answer(False, verdict)
    return Answer(None, verdict, then.split(" <=> ", 1)[1])


def _with_certificate(circuit: Circuit, answer: Answer) -> Answer:
    a = algebra(circuit)
    if answer.holds is None or a.n > 2 or not isinstance(answer.verdict, Proved):
        return answer
    matrix = a.interaction()
    if any(not e.over.is_constant() for row in matrix for e in row):
        return answer
    if answer.holds:
        for case, weights in diagonal.closed_weights(a, matrix):
            if case == TRUE and diagonal.holds_with(a, matrix, weights) == TRUE:
                return Answer(True, answer.verdict, None, P=tuple(str(rational(w)) for w in weights))
        return answer
    X = not_diagonal_certificate([[rational(e) for e in row] for row in matrix])
    return Answer(False, answer.verdict, None, X=tuple(tuple(map(str, row)) for row in X))


def not_diagonal_certificate(A: list[list[Fraction]]) -> list[list[Fraction]]:
    """A positive semidefinite ``X != 0`` with ``diag(A X) <= 0``, for a matrix of size one or two that is not LDS.

    Then no diagonal P > 0 works: ``tr((P A + A' P) X) = 2 sum p_i (A X)_ii <= 0``. A diagonal entry <= 0 gives a unit
    matrix; else ``det A <= 0`` with ``b c > 0``, and ``v = (1, -a/b)`` gives ``X = v v'``.
    """
    n = len(A)
    for i in range(n):
        if A[i][i] <= 0:
            return [[Fraction(r == c == i) for c in range(n)] for r in range(n)]
    t = -A[0][0] / A[0][1]
    X = [[Fraction(1), t], [t, t * t]]
    if A[1][0] * t + A[1][1] * t * t > 0:
        raise ValueError("the matrix is Lyapunov diagonally stable: it has no such certificate")
    return X


def _globally(circuit: Circuit, answers: dict[str, Answer]) -> GlobalStatement:
    a = algebra(circuit)
    if circuit.form == "voltage":
        return GlobalStatement("the global statements of this package are for the rate form", "open", None, ())
    slopes = a.pieces is not None and all(
        a.structural.known(piece.slope - a.one, "<=") for row in a.pieces for piece in row
    )
    if answers["lds"].holds is False or answers["lds"].verdict.kind == "undecided":
        return GlobalStatement(
            "no global theorem of the literature known here applies: I - W is not shown to be LDS", "open", None, ()
        )
    if not slopes:
        return GlobalStatement("the slopes of the activations are not shown to be at most 1", "open", None, ())
    lds = "lds" if answers["lds"].holds else f"lds, that is {answers['lds'].condition}"
    equal = all(t == a.tau[0] for t in a.tau)
    if a.n == 1 or equal:
        return GlobalStatement(
            "the unique equilibrium is globally exponentially stable for every input",
            "cited",
            "Betteti2025",
            (lds, "equal time constants", "slopes in [0, 1]"),
        )
    if a.n == 2:
        return GlobalStatement(
            "the unique equilibrium of the planar circuit is globally asymptotically stable for every input and every "
            "choice of time constants: the divergence is negative, so there is no cycle",
            "cited",
            "Bendixson1901",
            (lds, "two populations", "slopes in [0, 1]"),
        )
    return GlobalStatement(
        "open: with unequal time constants and three or more populations no theorem is known for the rate form; "
        "the fast and the slow limits are known",
        "open",
        "Retnaraj2026",
        (lds, "unequal time constants"),
    )
