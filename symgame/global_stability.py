"""The question of ``symgame stability``: every stability property of a circuit, and which global theorem applies."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from flint import fmpq_mat

from symgame import matrix_claims, principal
from symgame.algebra import Algebra, algebra
from symgame.chart import default_parameter
from symgame.circuit import Circuit
from symgame.claims import Draft, characterised
from symgame.contraction import contraction
from symgame.diagonal_stability import diagonal_stability
from symgame.errors import BudgetExceeded, HypothesisError, Unsupported
from symgame.frozen_gains import STEEPEST, is_frozen, readable, smooth, steepest
from symgame.global_theorems import GlobalStatement, Known, global_statements
from symgame.groups import written_out
from symgame.matrices.d_stability import d_stability
from symgame.matrices.definite import exact_matrix, positive_definite
from symgame.matrices.hurwitz import hurwitz
from symgame.proof.decide import EXACT
from symgame.proof.solver import DEFAULT_BUDGET
from symgame.proof.verdict import Cited, Proved, Undecided, Verdict
from symgame.properties import diagonal
from symgame.ring import Matrix
from symgame.statements import check
from symgame.tables import Cell, formula, table

#: The questions in the order in which they are answered, each a word of formulas.
QUESTIONS = ("p_matrix", "hurwitz", "lds", "rosen", "monotone", "d_stable", "totally_hurwitz")
MOST_CONTRACTING = 8  # populations: contraction is verified at 2^n vertices


@dataclass(frozen=True)
class Answer:
    """``holds``: for all, for none, or (``None``) for some values of the symbols, then under ``condition``.

    ``given``: hypotheses under which the condition says exactly when it holds. ``P`` are weights, or the rows of a
    symmetric matrix for contraction; ``X`` refutes diagonal stability; ``witness`` says in words what refutes.
    """

    holds: bool | None
    verdict: Verdict
    condition: str | None = None
    P: tuple[str | tuple[str, ...], ...] | None = None
    X: tuple[tuple[str, ...], ...] | None = None
    given: tuple[str, ...] = ()
    witness: str | None = None


@dataclass(frozen=True)
class Stability:
    """``globally`` is the strongest global statement, ``others`` what else is known or open."""

    circuit: Circuit
    answers: dict[str, Answer]
    globally: GlobalStatement
    others: tuple[GlobalStatement, ...] = field(default=())

    def _repr_html_(self) -> str:
        names = self.circuit.presentation.expanded
        said = {True: "holds", False: "does not hold", None: "not decided"}
        rows: list[tuple[Cell, ...]] = [
            (word, formula(a.condition, names) if a.condition else said[a.holds], a.verdict.kind)
            for word, a in self.answers.items()
        ]
        rows += [("global", g.statement, g.verdict) for g in (self.globally, *self.others)]
        return table(("word", "when", "verdict"), rows, self.circuit.name).source


def stability(circuit: Circuit, over: str | None = None, budget: int = DEFAULT_BUDGET) -> Stability:
    """P-matrix, Hurwitz, Lyapunov diagonal stability, Rosen, monotone, D-stable, totally Hurwitz: with conditions, or
    decided; and which global theorem applies.

    With numbers for weights and gains answers are exact at any size, or undecided with the reason: diagonal stability
    comes with a certificate either way, weights P, or a positive semidefinite X != 0 with ``diag((I - S W) X) <= 0``;
    contraction in a weighted 2-norm is then a question of its own (up to 8 populations, time constants given).

    >>> from symgame.named import wilson_cowan
    >>> stability(wilson_cowan()).answers["lds"].condition
    'w_EE < 1'
    >>> ring = Circuit.from_matrix([[0, 0, -3], [-3, 0, 0], [0, -3, 0]])
    >>> found = stability(ring)
    >>> found.answers["p_matrix"].holds, found.answers["lds"].holds, found.answers["lds"].X is not None
    (True, False, True)
    """
    circuit = _explicit(circuit.fixed())
    over = over or default_parameter(circuit)
    circuit = readable(circuit)
    matrix = _numeric_matrix(circuit)
    answers = {}
    for word in QUESTIONS:
        exact = None if matrix is None else _of_numbers(circuit, word, matrix)
        answers[word] = exact if exact is not None else _of_symbols(circuit, word, over, budget)
    if matrix is not None:
        answers |= _contraction(circuit, matrix)
    answers |= _implied(answers)
    statements = global_statements(circuit, _words(circuit, answers, over, budget), over)
    return Stability(circuit, answers, statements[0], tuple(statements[1:]))


def _explicit(circuit: Circuit) -> Circuit:
    """The circuit with its copies written out where its matrix is one of numbers: then every question is decided."""
    single = all(group.count == 1 for group in circuit.copies)
    if circuit.copies and not circuit.whole and (single or _numeric_matrix(circuit) is not None):
        return written_out(circuit)
    return circuit


def _implied(answers: dict[str, Answer]) -> dict[str, Answer]:
    """What diagonal stability settles where the question itself was left open: Hurwitz for all time constants."""
    if answers["lds"].holds is not True:
        return {}
    open_ = [w for w in ("hurwitz", "d_stable", "totally_hurwitz") if isinstance(answers[w].verdict, Undecided)]
    return {word: Answer(True, Cited("Cross1978", (EXACT,))) for word in open_}


def _words(circuit: Circuit, answers: dict[str, Answer], over: str | None, budget: int) -> _Words:
    """What is known of the matrix that global theorems are about: of smooth activations, with the greatest slopes."""
    if not smooth(circuit):
        return _Words(circuit, answers, over, budget)
    try:
        steep = steepest(circuit)
    except Unsupported:
        return _Words(circuit, {}, over, budget)
    matrix = _numeric_matrix(steep)
    found = {word: _of_numbers(steep, word, matrix) for word in ("lds", "p_matrix")} if matrix is not None else {}
    known = {word: answer for word, answer in found.items() if answer is not None}
    return _Words(steep, known, over, budget)


class _Words:
    """What is known of each word: the answers, and the potential when it is asked for."""

    def __init__(self, circuit: Circuit, answers: dict[str, Answer], over: str | None, budget: int) -> None:
        self.circuit, self.answers, self.over, self.budget = circuit, answers, over, budget
        self.steep = any(p.activation.kind == STEEPEST for p in circuit.populations)

    def __call__(self, word: str) -> Known:
        asked = ("weighted_potential",) if not self.steep else ("weighted_potential", "lds", "p_matrix")
        if word not in self.answers and word not in asked:
            return Known(None)
        answer = self.answers.get(word) or _of_symbols(self.circuit, word, self.over, self.budget)
        return Known(answer.holds, answer.condition)


# -- numbers -----------------------------------------------------------------------------------------------------------


def _numeric_matrix(circuit: Circuit) -> fmpq_mat | None:
    """``I - S W`` over QQ, or ``None`` when it holds symbols (the number of copies too) or has no one gain."""
    if circuit.whole:
        return None
    try:
        return _over_QQ(algebra(circuit).interaction())
    except Unsupported:
        return None


def _over_QQ(matrix: Matrix) -> fmpq_mat | None:
    rows = Algebra.numbers(matrix)
    return None if rows is None else exact_matrix(rows)


def _time_constants(circuit: Circuit) -> list[Fraction] | None:
    """The time constants as numbers, or ``None``."""
    rows = Algebra.numbers([algebra(circuit).tau])
    return None if rows is None else rows[0]


def _of_numbers(circuit: Circuit, word: str, matrix: fmpq_mat) -> Answer | None:
    """The exact answer of a question about numbers; ``None`` when it depends on symbols after all."""
    match word:
        case "lds" | "rosen":
            own = matrix if word == "lds" else _over_QQ(algebra(circuit).game_matrix())
            return None if own is None else _diagonal(own)
        case "p_matrix":
            found = principal.p_matrix(matrix)
            where = None if found.indices is None else _set(circuit, found.indices)
            return _answer(found, None if found.holds else f"the principal minor of {where} is {found.minor}")
        case "hurwitz" | "totally_hurwitz":
            times = _time_constants(circuit)
            if times is None:
                return None
            if word == "hurwitz":
                return _answer(hurwitz(matrix, times), None)
            found = principal.totally_hurwitz(matrix, times)
            said = None if found.indices is None else f"the submatrix of {_set(circuit, found.indices)} is not Hurwitz"
            return _answer(found, said)
        case "d_stable":
            found = d_stability(matrix)
            said = None
            if found.T is not None:
                said = f"not Hurwitz with the time constants {', '.join(map(str, found.T))}"
            return _answer(found, said)
        case "monotone":
            own = _over_QQ(algebra(circuit).game_matrix())
            if own is None:
                return None
            return Answer(positive_definite(own + own.transpose()), Proved((EXACT,)))
    return None


def _set(circuit: Circuit, indices: tuple[int, ...]) -> str:
    return "{" + ", ".join(circuit.names[i] for i in indices) + "}"


def _answer(found: principal.Answer, witness: str | None) -> Answer:
    if found.holds is None:
        return Answer(None, Undecided(found.reason or found.by, (EXACT,)))
    return Answer(found.holds, Proved((EXACT, found.by)), witness=witness if found.holds is False else None)


def _diagonal(matrix: fmpq_mat) -> Answer:
    found = diagonal_stability(matrix)
    if found.holds is None:
        return Answer(None, Undecided(found.reason, (EXACT, found.by)))
    P = None if found.P is None else tuple(map(str, found.P))
    X = None if found.X is None else tuple(tuple(map(str, row)) for row in found.X)
    return Answer(found.holds, Proved((EXACT, found.by)), P=P, X=X)


def _contraction(circuit: Circuit, matrix: fmpq_mat) -> dict[str, Answer]:
    """Contraction in a weighted 2-norm at the time constants of the circuit, for slopes between 0 and the gains."""
    times, n = _time_constants(circuit), len(circuit.names)
    if times is None or circuit.form == "voltage" or not _from_rest(circuit):
        return {}
    if n > MOST_CONTRACTING:
        reason = f"contraction is verified at all 2^n vertices of the slopes: at most {MOST_CONTRACTING} populations"
        return {"contraction": Answer(None, Undecided(reason))}
    W = [[(1 if i == j else 0) - matrix[i, j] for j in range(n)] for i in range(n)]
    found = contraction(W, tau=times)
    if found.holds is None:
        return {"contraction": Answer(None, Undecided(found.reason))}
    P = None if found.P is None else tuple(tuple(map(str, row)) for row in found.P)
    witness = None
    if found.corner is not None:
        active = tuple(i for i, up in enumerate(found.corner) if up)
        witness = f"with the slopes of {_set(circuit, active)} at the gain and the others 0 it is not Hurwitz"
    elif found.holds is False:
        witness = "no P serves all slopes between 0 and the gains: a dual certificate was verified"
    return {"contraction": Answer(found.holds, Proved((EXACT, found.by)), P=P, witness=witness)}


def _from_rest(circuit: Circuit) -> bool:
    """Every activation has flat and rising pieces, so that its slopes fill the range between 0 and the gain."""
    pieces = algebra(circuit).pieces
    if pieces is None or is_frozen(circuit):
        return False
    return all({piece.flat for piece in row} == {True, False} for row in pieces)


# -- symbols -----------------------------------------------------------------------------------------------------------


def _of_symbols(circuit: Circuit, word: str, over: str | None, budget: int) -> Answer:
    try:
        closed = _closed(circuit, word, over, budget) or _smooth_pair(circuit, word, over, budget)
        if closed is not None:
            return closed
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


def _smooth_pair(circuit: Circuit, word: str, over: str | None, budget: int) -> Answer | None:
    """Diagonal stability of two smooth populations is the P-property, in its shorter words, once that is proved."""
    steep = any(p.activation.kind == STEEPEST for p in circuit.populations)
    if word not in ("lds", "rosen") or len(circuit.names) != 2 or circuit.copies or not (steep or is_frozen(circuit)):
        return None
    minors = _of_symbols(circuit, "p_matrix", over, budget)
    if minors.condition is None:
        return None
    verdict = check(circuit, f"{word} <=> {minors.condition}", budget=budget, search_missing=False).verdict
    return Answer(None, verdict, minors.condition) if isinstance(verdict, Proved | Cited) else None


def _of_column(circuit: Circuit, word: str, signs: tuple[str, ...], text: str, budget: int) -> Answer:
    """The closed form of a column with feedback: positive minors of a layer, and more."""
    first = check(circuit, f"{word} => {' & '.join(signs)}", budget=budget, search_missing=False).verdict
    second = check(circuit, f"{word} <=> {text}", signs, budget=budget, search_missing=False).verdict
    for verdict in (first, second):
        if not isinstance(verdict, Proved | Cited):
            open_ = verdict if isinstance(verdict, Undecided) else Undecided("the closed form was not confirmed")
            return Answer(None, open_)
    return Answer(None, second, " & ".join((*signs, text)))


def _closed(circuit: Circuit, word: str, over: str | None, budget: int) -> Answer | None:
    """The answer by a closed form that says more than the signs of principal minors, where there is one."""
    a = algebra(circuit)
    if a.n < 3:
        return None
    if word == "d_stable" and a.n == 3 and _numeric_matrix(circuit) is None:
        text = matrix_claims.d_stability_text(circuit)
    elif word in ("lds", "rosen"):
        form = diagonal.lds(a, a.interaction() if word == "lds" else a.game_matrix())
        if form.road == "weights":
            raise Unsupported(
                "no closed form is known for this coupling of four or more populations with symbolic weights; lds "
                "implies p_matrix, and with numbers it is decided with a certificate"
            )
        text = " & ".join(matrix_claims.criteria(form))
        if form.column is not None and text:
            return _of_column(circuit, word, matrix_claims.positive_minors(circuit, form), text, budget)
    else:
        return None
    if not text:
        return None
    try:
        verdict = check(circuit, f"{word} <=> {text}", "p_matrix", budget=budget, search_missing=False).verdict
    except HypothesisError:  # never a P-matrix
        if word != "d_stable":
            return Answer(False, Cited("Cross1978", (EXACT,)))
        never = check(circuit, "~d_stable", budget=budget, search_missing=False).verdict
        if isinstance(never, Proved | Cited):
            return Answer(False, never)
        return Answer(None, Undecided("the closed form is for P-matrices, and this is none for any value"))
    if not isinstance(verdict, Proved | Cited):
        open_ = verdict if isinstance(verdict, Undecided) else Undecided("the closed form was not confirmed")
        return Answer(None, open_)
    if word == "d_stable":
        return Answer(None, verdict, text, given=("p_matrix",))
    p = _of_symbols(circuit, "p_matrix", over, budget)
    if p.holds is None and p.condition is None:
        return Answer(None, verdict, text, given=("p_matrix",))
    return Answer(None, verdict, text if p.holds else f"{p.condition} & {text}")
