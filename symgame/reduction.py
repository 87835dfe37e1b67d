"""What symmetry reduces, as claims: the blocks, the spectrum, the equilibria, diagonal stability.

Every claim is an identity of this circuit that was verified in its ring: for circles of units modulo the minimal
polynomial of 2 cos(2 pi/m), so that it is exact there too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from flint import fmpz_poly

from symgame.algebra import Algebra, algebra
from symgame.circuit import Circuit
from symgame.claims import Draft
from symgame.errors import BudgetExceeded, Unsupported
from symgame.normal_modes import Angle, Column, Mode, Modes, modes, multiple
from symgame.proof.decide import EXACT
from symgame.proof.verdict import Proved, Undecided, Verdict
from symgame.ring import LDS_WEIGHTS, Quotient, Ring, coefficients, determinant, substitute
from symgame.steps import Step
from symgame.symmetries import Symmetry, explicit, labelled, symmetry

#: Populations up to which the identities are verified entry by entry, and up to which determinants are written out.
MOST_VERIFIED, MOST_EXPANDED = 24, 6
Rows = Sequence[Sequence[Quotient]]


def reduction_drafts(circuit: Circuit) -> Iterator[Draft]:
    """The claims that the symmetry of an explicit circuit allows; none when it has no symmetry, or copies of units.

    >>> pair = Circuit.from_matrix([["w", "-v"], ["-v", "w"]], names="AB", tau=["t", "t"])
    >>> [(draft.id, draft.verdict.kind) for draft in reduction_drafts(pair)]
    [('symmetry.blocks', 'proved'), ('symmetry.spectrum', 'proved'), ('symmetry.equilibria', 'proved'),
     ('symmetry.lds', 'proved')]
    """
    if circuit.copies:
        return
    circuit = explicit(circuit)
    try:
        found, split = symmetry(circuit), modes(circuit)
    except Unsupported as error:
        yield Draft("symmetry.group", "The symmetry of the circuit", "completeness", verdict=Undecided(str(error)))
        return
    if found.trivial or len(circuit.populations) > MOST_VERIFIED:
        return
    a = algebra(circuit)
    name = a.matrix_name
    slopes = _slopes(a)
    blocks = blocks_hold(a, split, slopes)
    yield Draft(
        "symmetry.blocks",
        f"{name} and the time constants split into the modes {_listed(split)}",
        "identity",
        verdict=_identity(blocks, "T^-1 A T is block diagonal"),
        steps=tuple(_block_steps(found, split, name)),
    )
    if a.n <= MOST_EXPANDED:
        yield Draft(
            "symmetry.spectrum",
            "The characteristic polynomial of the circuit is the product of those of its modes",
            "identity",
            verdict=_spectrum(a, split, slopes),
            steps=tuple(_spectrum_steps(split, name)),
        )
    yield Draft(
        "symmetry.equilibria",
        "With inputs that are equal in every orbit, the equilibria with equal rates in every orbit are those of the "
        "quotient, the common mode",
        "identity",
        verdict=_identity(orbits_alike(a, split.orbits), "equal rates give equal total inputs"),
        steps=tuple(_equilibrium_steps(found)),
    )
    weighted = blocks and orbits_apart(split) and all(labelled(circuit).kept(g) for g in found.generators)
    yield Draft(
        "symmetry.lds",
        f"{name} is Lyapunov diagonally stable exactly when weights that are equal in every orbit work for all modes "
        "at once",
        "identity",
        verdict=_identity(weighted, "T' P T is diagonal for weights that are equal in orbits"),
        steps=tuple(_weight_steps(split, name)),
    )


def _identity(ok: bool, what: str) -> Verdict:
    return Proved((EXACT,)) if ok else Undecided(f"the exact identity failed: {what}")


def _slopes(a: Algebra) -> tuple[Quotient, ...]:
    try:
        return a.gains
    except Unsupported:  # several slopes, or smooth: the identity for W holds with any slopes that are equal in orbits
        return (a.one,) * a.n


# -- exact verification ------------------------------------------------------------------------------------------------


def blocks_hold(a: Algebra, split: Modes, slopes: Sequence[Quotient]) -> bool:
    """``A T = T B`` for ``A = I - S W`` and for the time constants, and ``T' T`` is the diagonal matrix of norms."""
    matrix = a.interaction(tuple(slopes))
    columns = [
        (mode, column, norm)
        for mode in split
        for copy, norms in zip(mode.copies, mode.norms, strict=True)
        for column, norm in zip(copy, norms, strict=True)
    ]
    if len(columns) != a.n:
        return False
    for k, (mode, column, norm) in enumerate(columns):
        for other, against, _ in columns[: k + 1]:
            product = _product(a, column, against)
            expected = a.ring.quotient(norm) if against is column else a.zero
            if not vanishes(product - expected, {*mode.waves, *other.waves}, a.ring):
                return False
    return all(_is_invariant(a, matrix, mode, slopes) for mode in split)


def _product(a: Algebra, x: Column, y: Column) -> Quotient:
    return sum((x[i] * y[i] for i in x if i in y), a.zero)


def _is_invariant(a: Algebra, matrix: Rows, mode: Mode, slopes: Sequence[Quotient]) -> bool:
    block = _block(a, mode, slopes)
    for copy in mode.copies:
        for k, column in enumerate(copy):
            if any(a.tau[i] != mode.tau[k] for i in column):
                return False
            for i in range(a.n):
                left = sum((matrix[i][j] * value for j, value in column.items()), a.zero)
                right = sum((copy[l][i] * block[l][k] for l in range(mode.size) if i in copy[l]), a.zero)
                if not vanishes(left - right, mode.waves, a.ring):
                    return False
    return True


def _block(a: Algebra, mode: Mode, slopes: Sequence[Quotient]) -> list[list[Quotient]]:
    """``I - S W`` on a mode, its angles written by the first angle of their circle."""
    return [
        [
            (a.one if k == l else a.zero) - slopes[mode.places[k]] * _based(mode.block[k][l], mode, a.ring)
            for l in range(mode.size)
        ]
        for k in range(mode.size)
    ]


def _based(entry: Quotient, mode: Mode, ring: Ring) -> Quotient:
    """``cos(k theta)`` and ``sin(k theta)`` of the angles of a block as polynomials in ``cos(theta)``, ``sin(theta)``.
    Each unknown stands for the multiple before, and for the angle 2 pi/m after."""
    for angle in mode.angles:
        base = next(wave for wave in mode.waves if wave.cos == angle.cos)
        k = angle.turn / base.turn
        for name, value in zip((angle.cos, angle.sin), multiple(int(k), ring, angle.cos, angle.sin), strict=True):
            entry = substitute(entry.over, name, value) / Quotient(entry.under, entry.under * 0 + 1)
    return entry


def vanishes(q: Quotient, waves: Sequence[Angle] | set[Angle], ring: Ring) -> bool:
    """Whether a quotient is 0 when the unknowns are the cosine and sine of ``2 pi/m``, for all values of the symbols.

    sin^2 becomes 1 - cos^2. Where 4 divides m the sine is ``T_(m/4-1)`` of the cosine; else it is independent of the
    rational functions of the cosine, as ``i`` is not in the field of m-th roots of unity. What is left is divided by
    the minimal polynomial.

    >>> from fractions import Fraction
    >>> R = Ring(("c", "s"))
    >>> five = Angle("c", "s", Fraction(1, 5))
    >>> c = R.of("c")
    >>> vanishes((c + c) * (c + c) + c + c - R.quotient(1), [five], R), vanishes(c * c - c, [five], R)
    (True, False)
    """
    parts = [q.over]
    for angle in sorted(waves, key=lambda w: w.cos):
        m = angle.turn.denominator
        c = ring.of(angle.cos)
        square, following = ring.quotient(1) - c * c, []
        for part in parts:
            even, odd = ring.quotient(0), ring.quotient(0)
            for k, coefficient in enumerate(coefficients(part, angle.sin)):
                term = Quotient(coefficient, part * 0 + 1) * square ** (k // 2)
                even, odd = (even, odd + term) if k % 2 else (even + term, odd)
            if m % 4 == 0:
                even, odd = even + odd * multiple(m // 4 - 1, ring, angle.cos, angle.sin)[0], ring.quotient(0)
            following += [p for x in (even, odd) for p in _remainder(x.over, angle.cos, m)]
        parts = following
    return all(p == 0 for p in parts)


def _remainder(p: object, name: str, m: int) -> list[object]:
    """The coefficients that a polynomial in ``cos(2 pi/m)`` has, times a power of 2, after division by the minimal
    polynomial of twice the cosine."""
    rows = coefficients(p, name)
    minimal = [int(v) for v in fmpz_poly.cos_minpoly(m).coeffs()]
    rows = [row * 2 ** (len(rows) - 1 - k) for k, row in enumerate(rows)]
    degree = len(minimal) - 1
    while len(rows) > degree:
        top = rows.pop()
        for k, v in enumerate(minimal[:-1]):
            rows[len(rows) - degree + k] = rows[len(rows) - degree + k] - top * v
    return list(rows)


def _spectrum(a: Algebra, split: Modes, slopes: Sequence[Quotient]) -> Verdict:
    """``det(z diag(tau) + I - S W)``, expanded, against the product over the modes."""
    z = a.ring.of(LDS_WEIGHTS[0])
    try:
        product, waves = a.one, set()
        for mode in split:
            block = _block(a, mode, slopes)
            for k in range(mode.size):
                block[k][k] = block[k][k] + z * mode.tau[k]
            product = product * determinant(block, a.ring) ** mode.multiplicity
            waves |= set(mode.waves)
        whole = a.interaction(tuple(slopes))
        for i in range(a.n):
            whole[i][i] = whole[i][i] + z * a.tau[i]
        ok = vanishes(determinant(whole, a.ring) - product, waves, a.ring)
    except BudgetExceeded as error:
        return Undecided(str(error))
    return _identity(ok, "the characteristic polynomial")


def orbits_alike(a: Algebra, orbits: Sequence[int]) -> bool:
    """Populations of one orbit receive the same total from every orbit, and have one activation."""
    leaders = sorted(set(orbits))
    cells = {leader: [j for j in range(a.n) if orbits[j] == leader] for leader in leaders}
    totals = [[sum((a.W[i][j] for j in cells[leader]), a.zero) for leader in leaders] for i in range(a.n)]
    kinds = [p.activation for p in a.circuit.populations]
    return all(totals[i] == totals[orbits[i]] and kinds[i] == kinds[orbits[i]] for i in range(a.n))


def orbits_apart(split: Modes) -> bool:
    """Every column of T moves populations of one orbit alone."""
    orbits = split.orbits
    return all(len({orbits[i] for i in column}) == 1 for mode in split for copy in mode.copies for column in copy)


# -- the lines of the proofs -------------------------------------------------------------------------------------------


def _listed(split: Modes) -> str:
    return ", ".join(
        f"{mode.name} ({mode.size}" + (f", {mode.multiplicity} times)" if mode.multiplicity > 1 else ")")
        for mode in split
    )


@cache
def _matrix(name: str) -> str:
    return r"\mathbf{A} = I - W" if name == "I - W" else r"\mathbf{A} = I - S W"


def _block_steps(found: Symmetry, split: Modes, name: str) -> Iterator[Step]:
    shown = "; ".join(found.written(g) for g in found.generators[:8]) + ("; ..." if len(found.generators) > 8 else "")
    yield Step(None, f"W, time constants and activations are kept by {found.order} permutations, generated by {shown}")
    yield Step(
        None,
        "the columns of T: ones on equal units, differences of units, waves over a circle; they are orthogonal, which "
        "was verified",
        r"T' T = N \text{ diagonal},\qquad T^{-1} = N^{-1} T'",
    )
    yield Step(
        None,
        "multiplied out and compared entry by entry" + (" modulo the minimal polynomial of 2 cos(2 pi/m)"
        if any(mode.waves for mode in split) else ""),
        _matrix(name) + r",\qquad T^{-1} \mathbf{A}\, T = \operatorname{diag}(\mathbf{A}_1, \dots, \mathbf{A}_r)",
    )  # fmt: skip


def _spectrum_steps(split: Modes, name: str) -> Iterator[Step]:
    powers = ", ".join(f"{mode.name}: {mode.multiplicity}" for mode in split)
    yield Step(
        None,
        f"both sides expanded; multiplicities {powers}",
        _matrix(name) + r",\qquad \det(z\,\operatorname{diag}(\tau) + \mathbf{A}) = "
        r"\prod_k \det(z\,\operatorname{diag}(\tau_k) + \mathbf{A}_k)^{m_k}",
    )


def _equilibrium_steps(found: Symmetry) -> Iterator[Step]:
    orbits = "; ".join(", ".join(orbit) for orbit in found.orbits)
    yield Step(None, f"the orbits: {orbits}")
    yield Step(
        None,
        "for i and j in one orbit and every orbit O, the sums agree: verified for all values of the symbols",
        r"\sum_{k \in O} W_{ik} = \sum_{k \in O} W_{jk}",
    )
    yield Step(
        None,
        "so rates that are equal in orbits give total inputs that are, and, as the activations are equal, the "
        "equations of the members of an orbit are one and the same equation, that of the quotient",
    )


def _weight_steps(split: Modes, name: str) -> Iterator[Step]:
    yield Step(
        None,
        "let P > 0 be diagonal and Q = P A + A' P positive definite; for a permutation matrix G of the group, "
        "G' A G = A, so that G' P G is diagonal and works as well",
        _matrix(name) + r",\qquad G' Q G = (G' P G) \mathbf{A} + \mathbf{A}' (G' P G) > 0",
    )
    yield Step(
        None,
        "the average over the group works too, as sums of positive definite matrices are positive definite; its "
        "weights are equal in every orbit",
        r"\bar P = \frac{1}{|\Gamma|} \sum_{G \in \Gamma} G' P G",
    )
    yield Step(
        None,
        "every column of T lies in one orbit, so that T' P T is diagonal for such weights and Q splits like A; the "
        "whole is positive definite exactly when each block is",
        r"T' (P \mathbf{A} + \mathbf{A}' P)\, T = \operatorname{diag}\bigl(P_k \mathbf{A}_k + \mathbf{A}_k' P_k\bigr),"
        r"\qquad P_k = T_k' P\, T_k",
    )
