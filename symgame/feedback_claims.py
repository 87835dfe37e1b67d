"""What is asked of a column with feedback: its spectrum, what feedback adds to the self-excitation, uniqueness."""

from __future__ import annotations

from collections.abc import Iterator

from symgame import copies, feedback
from symgame.algebra import algebra
from symgame.circuit import Circuit
from symgame.claims import Draft
from symgame.errors import Unsupported
from symgame.matrix_claims import feedback_steps, p_is_open
from symgame.nesting import nested_text
from symgame.proof.decide import EXACT
from symgame.proof.verdict import Proved
from symgame.properties import count
from symgame.solve import quotient_text
from symgame.steps import Step


def drafts(circuit: Circuit) -> Iterator[Draft]:
    """The claims on feedback; none when the circuit is no column with feedback of like shares."""
    a = algebra(circuit)
    found = feedback.column(a, copies.merged(a, a.gains))
    if found is None:
        return
    layer = ", ".join(circuit.names[i] for i in found.layer.rows)
    shares = [(circuit.names[i], q) for i, q in zip(found.layer.rows, found.share, strict=True) if not q.is_zero]
    excited = " and ".join(f"({name})" if q == a.one else f"({name}) times {q}" for name, q in shares)
    if not found.cancels:
        yield Draft(
            "layers.feedback.spectrum",
            f"The spectrum of the column is that of its layer ({layer}) with mu_j sqrt({found.product}) more "
            f"self-excitation of {excited}, for mu_j = 2 cos(j pi/{found.count + 1}) and j from 1 to {found.count}",
            "identity",
            verdict=Proved((EXACT,)),
            steps=tuple(_spectrum()),
        )
    yield from _excitation(circuit, found)
    if count.rectified(a):
        title = "A diagonally stable column has exactly one equilibrium for every input, of each unit its own"
        yield Draft("layers.feedback.unique", title, "implication", then="lds => unique")
    if p_is_open(circuit):
        yield Draft(
            "layers.feedback.p",
            "The P-property of the column lies between two of the layer with the greatest mu: diagonal stability, "
            "which implies it, and the P-property, which it implies",
            "fact",
            verdict=Proved((EXACT,)),
            steps=(
                *feedback_steps(found),
                Step(
                    None,
                    "a vector x whose signs the block reverses makes one of the whole",
                    r"(v \otimes x)_{ki}\,\bigl((I \otimes \mathbf{A} - T \otimes K)(v \otimes x)\bigr)_{ki} = "
                    r"v_k^2\,x_i\,\bigl((\mathbf{A} - \mu_1 K)\,x\bigr)_i \le 0",
                ),
            ),
        )


def _spectrum() -> Iterator[Step]:
    yield Step(
        None,
        "in the order of the layers, with the rates of layer k divided by the k-th power of the root of f/g; T is the "
        "path: 1 beside the diagonal, 0 elsewhere",
        r"I \otimes \mathbf{A} - T \otimes K,\qquad K_{ii} = \sqrt{f_i g_i}",
    )
    yield Step(
        None,
        "in a basis of eigenvectors of T the matrix falls into blocks, one for each eigenvalue of T",
        r"\mathbf{A} - \mu_j K,\qquad \mu_j = 2\cos\frac{j\pi}{L + 1}",
    )


def _excitation(circuit: Circuit, found: feedback.Column) -> Iterator[Draft]:
    """Every population with feedback needs the more self-excitation in its own curvature, left positive."""
    a = algebra(circuit)
    if found.cancels:
        return
    try:
        root = feedback.root_text(found)
    except Unsupported:
        return
    for k, share in enumerate(found.share):
        i = found.layer.rows[k]
        if share.is_zero:
            continue
        need = a.one - found.layer.slopes[k] * (a.own[i] + a.ring.of(feedback.ROOT) * share)
        shown = nested_text(need.over) if need.under.is_one() else quotient_text(need)
        yield Draft(
            f"layers.feedback.excitation.{circuit.names[i]}",
            f"Feedback acts as more self-excitation of {circuit.names[i]}: with it the own curvature stays positive",
            "implication",
            then=f"lds => {shown.replace(feedback.ROOT, root)} > 0",
        )
