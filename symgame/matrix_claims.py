"""What is asked of the matrix I - S W of a circuit: the P-property, diagonal stability, D-stability, total stability.

A closed form of diagonal stability says, besides the signs of principal minors, that two intervals meet or that a loop
gain keeps a secant bound: :func:`criteria` writes that as formulas.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from symgame import copies, feedback
from symgame.algebra import algebra
from symgame.circuit import Circuit
from symgame.claims import Draft
from symgame.condition import TRUE, atoms
from symgame.errors import BudgetExceeded, Unsupported
from symgame.grammar import read_term
from symgame.nesting import nested_text
from symgame.proof.verdict import Undecided
from symgame.properties import diagonal
from symgame.properties.diagonal import Criterion, Lds
from symgame.rewriting import terms_of
from symgame.ring import Quotient, factored_text, principal_minors
from symgame.solve import quotient_text
from symgame.steps import Step


def drafts(circuit: Circuit) -> Iterator[Draft]:
    """The claims on the matrix, those that its size and its couplings allow."""
    a = algebra(circuit)
    yield Draft("matrix.p", f"When {a.matrix_name} is a P-matrix", "equivalence", word="p_matrix")
    if a.n <= 2:
        yield Draft("matrix.lds", f"When {a.matrix_name} is Lyapunov diagonally stable", "equivalence", word="lds")
        yield Draft("matrix.rosen", "When Rosen's condition holds", "equivalence", word="rosen")
        yield Draft(
            "matrix.lds-p", "Diagonal stability and the P-property coincide", "equivalence", then="lds <=> p_matrix"
        )
        yield from _weights(circuit)
    else:
        yield from _many(circuit)
    if a.matrix_name == "I - W":  # with gains the two words are about different matrices
        yield Draft(
            "matrix.monotone-p",
            "Strong monotonicity implies the P-property",
            "implication",
            then="monotone => p_matrix",
        )


def _many(circuit: Circuit) -> Iterator[Draft]:
    """Three rates or more: the closed form that the couplings allow, and what implies what."""
    a = algebra(circuit)
    form = diagonal.lds(a, a.interaction())
    title = f"When {a.matrix_name} is Lyapunov diagonally stable"
    written = criteria(form)
    if form.road == "forest":
        title = f"{a.matrix_name} is Lyapunov diagonally stable exactly when it is a P-matrix: its couplings are a tree"
        yield Draft("matrix.lds-p", title, "equivalence", then="lds <=> p_matrix", steps=tuple(_why(form)))
        yield Draft("matrix.lds", f"When {a.matrix_name} is Lyapunov diagonally stable", "equivalence", word="lds")
    else:
        if form.road != "weights":
            yield Draft("matrix.lds", title, "equivalence", **_closed(form, written))  # type: ignore[arg-type]
        yield Draft("matrix.lds-p", "Diagonal stability implies the P-property", "implication", then="lds => p_matrix")
    total = "that the circuit is Hurwitz, also with any rates held silent"
    if a.n == 3 and form.road != "forest":
        yield Draft(
            "matrix.d-stable",
            "When the circuit is Hurwitz for every choice of time constants",
            "equivalence",
            then=f"d_stable <=> {d_stability_text(circuit)}",
            given=("p_matrix",),
        )
    if a.n == 3:
        yield Draft("matrix.lds-d", "Diagonal stability implies D-stability", "implication", then="lds => d_stable")
        yield Draft("matrix.d-hurwitz", "D-stability implies Hurwitz", "implication", then="d_stable => hurwitz")
    yield Draft("matrix.lds-total", f"Diagonal stability implies {total}", "implication", then="lds => totally_hurwitz")
    yield Draft(
        "matrix.total-p",
        "A totally Hurwitz matrix has the P-property",
        "implication",
        then="totally_hurwitz => p_matrix",
    )


def of_copies(circuit: Circuit) -> Iterator[Draft]:
    """The claims on the matrix of all copies, whatever their number: common and contrast modes share their weights."""
    a = algebra(circuit)
    name = f"{a.matrix_name}, every copy written out,"
    open_ = p_is_open(circuit)
    if not open_:
        yield Draft("matrix.p", f"When {name} is a P-matrix", "equivalence", word="p_matrix")
    try:
        form = diagonal.lds(a, a.interaction())
    except Unsupported as error:
        title = f"When {name} is Lyapunov diagonally stable"
        yield Draft("matrix.lds", title, "fact", verdict=Undecided(str(error)))
        return
    closed = _closed(form, criteria(form))
    signs = () if form.column is None else positive_minors(circuit, form)
    if form.column is not None and criteria(form):
        closed = {"then": f"lds <=> {' & '.join(criteria(form))}", "given": signs, "steps": tuple(_why(form))}
        title = "Diagonal stability needs positive minors of one layer, its self-excitation raised by the feedback"
        yield Draft("matrix.lds-minors", title, "implication", then=f"lds => {' & '.join(signs)}")
    yield Draft("matrix.lds", f"When {name} is Lyapunov diagonally stable", "equivalence", **closed)  # type: ignore[arg-type]
    short = _in_roots(form)
    if short:
        yield Draft(
            "matrix.lds-roots",
            "The same in the determinants of the two modes: their roots are less than twice the root of the product of "
            "the own curvatures apart",
            "equivalence",
            then=f"lds <=> {short}",
            given=signs or ("p_matrix",),
        )
    yield Draft("matrix.lds-p", "Diagonal stability implies the P-property", "implication", then="lds => p_matrix")
    yield Draft("matrix.lds-hurwitz", "Diagonal stability implies Hurwitz", "implication", then="lds => hurwitz")
    if not open_:
        title = "When the circuit is a P-matrix without being Hurwitz"
        yield Draft("matrix.p-not-hurwitz", title, "equivalence", word="p_matrix & ~hurwitz")
        title = "When the circuit is Hurwitz without being a P-matrix"
        yield Draft("matrix.hurwitz-not-p", title, "equivalence", word="hurwitz & ~p_matrix")
    if a.matrix_name == "I - W":
        title = "Strong monotonicity is diagonal stability with weights 1"
        yield Draft("matrix.monotone-lds", title, "implication", then="monotone => lds")
        yield Draft(
            "matrix.monotone-p",
            "Strong monotonicity implies the P-property",
            "implication",
            then="monotone => p_matrix",
        )


def p_is_open(circuit: Circuit) -> bool:
    """Whether the P-property of a column with feedback has no closed form; what follows of it is said of its layers."""
    a = algebra(circuit)
    try:
        diagonal.p_matrix(a)
    except (Unsupported, BudgetExceeded):
        return feedback.column(a, copies.merged(a, a.gains)) is not None
    return False


def positive_minors(circuit: Circuit, form: Lds) -> tuple[str, ...]:
    """What a criterion needs besides itself, where that is not clear from the domain: positive minors, as formulas."""
    known = algebra(circuit).domain.known
    minors = dict.fromkeys(m for c in form.criteria if c.overlap for m in c.overlap.minors)
    return tuple(_rooted(form, f"{_text(m)} > 0") for m in minors if not known(m, ">"))


def _rooted(form: Lds, text: str) -> str:
    """A formula of one layer of a column, the root of its feedback put in."""
    if form.column is None or feedback.ROOT not in text:
        return text
    return text.replace(feedback.ROOT, feedback.root_text(form.column))


def _in_roots(form: Lds) -> str | None:
    """``|sqrt det N - sqrt det M| < 2 sqrt(m_11 m_22)`` for two modes with the same diagonal and couplings of opposite
    signs; ``t = 2 m_11 m_22 - det M - det N`` then."""
    if len(form.criteria) != 1 or form.criteria[0].overlap is None:
        return None
    found = form.criteria[0].overlap
    if len(found.minors) != 6:
        return None
    m11, m22, n11, n22, one, other = found.minors
    if (m11, m22) != (n11, n22) or not (found.t - (m11 * m22 + n11 * n22 - one - other)).is_zero:
        return None
    return _rooted(form, f"abs(sqrt({_text(other)}) - sqrt({_text(one)})) < 2*sqrt({_product(m11 * m22)})")


def _closed(form: Lds, written: tuple[str, ...]) -> dict[str, object]:
    if not written:
        return {"word": "lds"}
    then, given = f"lds <=> {' & '.join(written)}", ("p_matrix",)
    return {"then": then, "given": given, "steps": tuple(_why(form))}


def _why(form: Lds) -> Iterator[Step]:
    """The lines that say which closed form it is."""
    if form.column is not None:
        yield from feedback_steps(form.column)
    match form.road:
        case "three":
            yield Step(
                None,
                "some weights P > 0 work for A exactly when one ratio r of the first two works for M and for N, whose "
                "entries are minors of A: the third weight was eliminated",
                r"M = \mathbf{A}_{12,12},\quad "
                r"N = \mathbf{A}_{33} \mathbf{A}_{12,12} - \mathbf{A}_{12,3} \mathbf{A}_{3,12}",
            )
            yield Step(
                None,
                "each allows an interval of r, not empty when its minors are positive; the two meet exactly then",
                r"(M_{12}\,r + M_{21})^2 < 4 M_{11} M_{22}\,r,\qquad (N_{12}\,r + N_{21})^2 < 4 N_{11} N_{22}\,r",
            )
        case "forest":
            yield Step(
                None,
                "along the couplings, which form a tree; opposite couplings cancel in PA + A'P, and what is left has "
                "the principal minors of A up to positive factors",
                r"p_i\,|\mathbf{A}_{ij}| = p_j\,|\mathbf{A}_{ji}|",
            )
        case "cycle":
            yield Step(
                None,
                "the secant criterion, for a loop gain L and the product D of the decays",
                r"-\sec(\pi/n)^n\,D < L < D",
            )
        case "exchange":
            yield Step(
                None,
                "equal units may share their weights: PA + A'P then splits into a common mode and contrast modes",
            )
        case "blocks":
            yield Step(None, "block by block: weights of a block that drives another are chosen large enough")


def feedback_steps(column: feedback.Column) -> Iterator[Step]:
    """Why diagonal stability of a column with feedback is that of one layer."""
    if column.cancels:
        yield Step(None, "couplings to the next layer and back have opposite signs and cancel in PA + A'P")
        return
    yield Step(
        None,
        f"rates scaled layer by layer, the matrix is that of {column.count} like layers with the same coupling K both "
        f"ways, T the path; the eigenvalues of T are",
        r"I \otimes \mathbf{A} - T \otimes K,\qquad \mu_j = 2\cos\frac{j\pi}{L + 1}",
    )
    yield Step(
        None,
        "weights P of the block with the greatest of them, repeated in every layer, prove the whole; a semidefinite X "
        "that refutes the block refutes the whole, v > 0 the eigenvector of T",
        r"\mathbf{A} - \mu_1 K,\qquad \operatorname{diag}\bigl((I \otimes \mathbf{A} - T \otimes K)\,(v v' \otimes X)"
        r"\bigr)_k = v_k^2 \operatorname{diag}\bigl((\mathbf{A} - \mu_1 K) X\bigr) \le 0",
    )


def criteria(form: Lds) -> tuple[str, ...]:
    """What a closed form says besides the signs of principal minors, as formulas; true where the matrix is P.

    >>> from symgame.circuit import Circuit
    >>> c = Circuit.from_matrix([[0, 0, "-g"], ["a", 0, 0], [0, "b", 0]], names="XYZ")
    >>> a = algebra(c)
    >>> criteria(diagonal.lds(a, a.interaction()))
    ('-8 < -a*b*g < 1',)
    """
    return tuple(_rooted(form, _criterion_text(c)) for c in form.criteria)


def _criterion_text(criterion: Criterion) -> str:
    if criterion.overlap is not None:
        t, x, y = criterion.overlap.t, criterion.overlap.x, criterion.overlap.y
        modulus = -t if nested_text(t.over).startswith("-") else t
        return f"abs({_text(modulus)}) < 2*(sqrt({_product(x)}) + sqrt({_product(y)}))"
    assert criterion.loop is not None and criterion.decay is not None and criterion.secant is not None
    c, e, k = criterion.secant
    bound = f"{c}" if e == 0 else f"({c} {'+' if e > 0 else '-'} {abs(e)}*sqrt({k}))"
    decay = _product(criterion.decay)
    loose = len(terms_of(read_term(decay))) > 1
    factor = "" if decay == "1" else f"*({decay})" if loose else f"*{decay}"
    return f"-{bound}{factor} < {_text(criterion.loop)} < {decay}"


def _text(q: Quotient) -> str:
    return nested_text(q.over) if q.under.is_one() else quotient_text(q)


def _product(q: Quotient) -> str:
    """A product with its factors apart."""
    return factored_text(q.over) if q.under.is_one() else quotient_text(q)


def d_stability_text(circuit: Circuit) -> str:
    """Cain's condition for three rates, given the P-property: a bound on the root of the determinant."""
    a = algebra(circuit)
    minors = principal_minors(a.interaction(), a.ring)
    parts = [minors[(i,)] * minors[tuple(j for j in range(3) if j != i)] for i in range(3)]
    found = Counter(f"sqrt({_product(q)})" for q in parts)
    roots = " + ".join(root if times == 1 else f"{times}*{root}" for root, times in found.items())
    return f"sqrt({_product(minors[(0, 1, 2)])}) < {roots}"


def _weights(circuit: Circuit) -> Iterator[Draft]:
    """The explicit weights of the case that the domain selects, stated with the entries of P A + A' P."""
    a = algebra(circuit)
    if a.n != 2:
        return
    matrix = a.interaction()
    for case, weights in diagonal.closed_weights(a, matrix):
        if any(a.domain.split(atom) != TRUE for atom in atoms(case)):
            continue
        symmetric = diagonal.weighted(a, matrix, weights)
        minors = [symmetric[0][0], symmetric[0][0] * symmetric[1][1] - symmetric[0][1] * symmetric[1][0]]
        shown = " & ".join(f"{factored_text(m.over)} > 0" for m in minors)
        text = ", ".join(quotient_text(w) for w in weights)
        yield Draft(
            "matrix.weights",
            f"P = diag({text}) makes PA + A'P positive definite for every P-matrix A = {a.matrix_name}",
            "implication",
            then=f"p_matrix => {shown}",
        )
        return
