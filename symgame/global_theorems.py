"""Which theorem of the literature makes the equilibrium globally attracting, with its hypotheses checked here.

All are for the rate form ``tau_i x_i' = -x_i + phi_i((W x + u)_i)`` and slopes between 0 and a gain ``f_i``, with
A = I - F W. Where no theorem is known the answer is "open", never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from symgame import coupling
from symgame.algebra import Algebra, algebra
from symgame.circuit import Circuit
from symgame.condition import FALSE, TRUE, both
from symgame.errors import BudgetExceeded, FormulaError, Unsupported
from symgame.frozen_gains import smooth, steepest
from symgame.matrices.definite import exact_matrix
from symgame.matrices.dominance import m_matrix
from symgame.proof.reduce import Reducer
from symgame.proof.verdict import Proved
from symgame.properties import count
from symgame.ring import Quotient, determinant
from symgame.solve import quotient_text as text
from symgame.solve import solved
from symgame.statements import check


@dataclass(frozen=True)
class Known:
    """What is known of a word for this circuit: it holds, never holds, or holds under a condition; else nothing."""

    holds: bool | None
    condition: str | None = None

    @property
    def possible(self) -> bool:
        return self.holds is True or self.condition is not None

    def said(self, word: str) -> str:
        return word if self.condition is None else f"{word}, that is {self.condition}"


@dataclass(frozen=True)
class GlobalStatement:
    """Which theorem makes the equilibrium globally attracting, its hypotheses, and how well it is known."""

    statement: str
    verdict: str
    source: str | None
    hypotheses: tuple[str, ...]

    @property
    def conditional(self) -> bool:
        return any(", that is " in h for h in self.hypotheses)


Word = Callable[[str], Known]


def global_statements(circuit: Circuit, word: Word, over: str | None = None) -> list[GlobalStatement]:
    """Every global theorem known here that applies, the strongest first; or one statement that says what is open.

    ``word`` tells what is known of ``lds``, ``p_matrix``, ``weighted_potential`` and ``contraction`` for the circuit.
    """
    if circuit.form == "voltage":
        return [GlobalStatement("the global statements of this package are for the rate form", "open", None, ())]
    if smooth(circuit):
        return _of_greatest_slopes(circuit, word, over)
    a = algebra(circuit)
    slopes = "slopes in [0, 1]" if all(gain == a.one for gain in a.gains) else "slopes between 0 and the gains"
    found = list(_applying(a, word, slopes, over))
    found.sort(key=lambda g: g.conditional)
    return [*found, *_open(a, word, found)]


def _of_greatest_slopes(circuit: Circuit, word: Word, over: str | None) -> list[GlobalStatement]:
    """The same for smooth activations: the theorems know the slopes alone, which lie between 0 and L.

    ``word`` must know the circuit of :func:`symgame.frozen_gains.steepest`. Orbits are bounded: the built-in kinds are
    bounded, or nonnegative and of linear growth, where diagonal stability bounds them.
    """
    try:
        a = algebra(steepest(circuit))
        gains = ", ".join(text(gain) for gain in a.gains)
    except Unsupported as error:
        return [GlobalStatement(f"no global theorem: {error}", "open", None, ())]
    slopes = f"slopes between 0 and L = diag({gains})"
    found = [replace(g, hypotheses=tuple(map(_in_slopes, g.hypotheses))) for g in _applying(a, word, slopes, over)]
    found.sort(key=lambda g: g.conditional)
    if any(not g.conditional for g in found):
        return found
    lds = word("lds")
    said = _in_slopes(lds.said("lds"))
    if lds.possible and not any(_covers(a.circuit, g, said) for g in found):
        besides = ", where no statement above applies," if found else ""
        open_ = (
            f"open: with unequal time constants and three or more populations that act on one another{besides} no "
            f"theorem is known for the rate form although I - L W is LDS; the fast and the slow limits are known"
        )
        found.append(GlobalStatement(open_, "open", "Retnaraj2026", (said, "unequal time constants")))
    if lds.holds is not True:
        open_ = "open: no theorem is known here that makes an equilibrium globally attracting where I - L W is not LDS"
        found.append(GlobalStatement(open_, "open", None, ("L the greatest slopes",)))
    return found


def _covers(circuit: Circuit, statement: GlobalStatement, said: str) -> bool:
    """Whether a statement holds wherever ``said`` does: nothing else is asked, or what follows from it."""
    condition = said.partition(", that is ")[2]
    asked = filter(None, (h.partition(", that is ")[2] for h in statement.hypotheses if h != said))
    try:
        return all(
            isinstance(check(circuit, f"({condition}) => {text}", search_missing=False).verdict, Proved)
            for text in asked
        )
    except FormulaError:  # longer than a formula may be
        return False


def _in_slopes(hypothesis: str) -> str:
    """What a word of the steepest circuit is about."""
    head, comma, rest = hypothesis.partition(",")
    said = {"lds": "I - L W is Lyapunov diagonally stable", "I minus the Metzler majorant of F W is an M-matrix":
            "I minus the Metzler majorant of L W is an M-matrix"}  # fmt: skip
    return said.get(head, head) + comma + rest


def _applying(a: Algebra, word: Word, slopes: str, over: str | None) -> Iterator[GlobalStatement]:
    lds, equal = word("lds"), all(t == a.tau[0] for t in a.tau)
    hurwitz = word("hurwitz")
    if hurwitz.possible and all(len(row) == 1 for row in a.linear_pieces()):
        yield GlobalStatement(
            "the circuit is linear, so its unique equilibrium is globally exponentially stable for every input",
            "proved",
            None,
            (hurwitz.said("hurwitz"), "linear activations"),
        )
        return
    if lds.possible and (a.n == 1 or equal):
        yield GlobalStatement(
            "the unique equilibrium is globally exponentially stable for every input",
            "cited",
            "Betteti2025",
            (lds.said("lds"), "equal time constants", slopes),
        )
    elif lds.possible and a.n == 2 and not a.groups:
        yield GlobalStatement(
            "the unique equilibrium of the planar circuit is globally asymptotically stable for every input and every "
            "choice of time constants: the divergence is negative, so there is no cycle",
            "cited",
            "Bendixson1901",
            (lds.said("lds"), "two populations", slopes),
        )
    elif lds.possible and not a.groups and _pairs_first(a):
        yield GlobalStatement(
            "the circuit is a cascade of single populations and of pairs that nothing else drives: the pairs settle "
            "as planar circuits do, and each population that they drive contracts, so the unique equilibrium is "
            "globally asymptotically stable for every input and every choice of time constants",
            "cited",
            "Bendixson1901",
            (lds.said("lds"), "pairs driven by none", slopes),
        )
    majorant = _majorant(a, over)
    if majorant.possible and (a.n > 1 or a.groups):
        yield GlobalStatement(
            "the circuit is contracting in a weighted maximum norm, so its unique equilibrium is globally "
            "exponentially stable for every input and every choice of time constants",
            "cited",
            "Davydov2022",
            (majorant.said("I minus the Metzler majorant of F W is an M-matrix"), slopes),
        )
    potential = word("weighted_potential")
    if (a.n > 1 or a.groups) and potential.holds and lds.possible:
        yield GlobalStatement(
            "the potential of the game decreases along every trajectory, so the unique equilibrium is globally "
            "asymptotically stable for every input and every choice of time constants",
            "cited",
            "CohenGrossberg1983",
            (potential.said("weighted_potential"), lds.said("lds"), slopes),
        )
    if word("contraction").holds:
        yield GlobalStatement(
            "the circuit is contracting in a weighted 2-norm with its time constants, so its unique equilibrium is "
            "globally exponentially stable for every input",
            "cited",
            "Bullo2024",
            ("contraction, by the matrix P", slopes),
        )


def _pairs_first(a: Algebra) -> bool:
    """Whether the strongly connected blocks are single populations and pairs, and no population drives a pair."""
    matrix = a.interaction()
    blocks = coupling.strong_blocks(matrix)
    outside = [(block, [j for j in range(a.n) if j not in block]) for block in blocks if len(block) > 1]
    return all(len(block) <= 2 for block in blocks) and all(
        matrix[i][j].is_zero for block, rest in outside for i in block for j in rest
    )


def _open(a: Algebra, word: Word, found: list[GlobalStatement]) -> Iterator[GlobalStatement]:
    """What the literature does not say, where nothing above applies without a condition."""
    if any(not g.conditional for g in found):
        return
    lds, p = word("lds"), word("p_matrix")
    if (a.n >= 3 or a.groups) and lds.possible and not all(t == a.tau[0] for t in a.tau):
        yield GlobalStatement(
            "open: with unequal time constants and three or more populations that act on one another no theorem is "
            "known for the rate form; the fast and the slow limits are known",
            "open",
            "Retnaraj2026",
            (lds.said("lds"), "unequal time constants"),
        )
    elif lds.holds is False and p.possible:
        yield GlobalStatement(
            "open: the equilibrium is unique for every input where I - F W is a P-matrix, but it is not LDS, and no "
            "theorem is known that makes it globally attracting",
            "open",
            None,
            (p.said("p_matrix"),),
        )
    elif p.holds is False and count.rectified(a):
        yield GlobalStatement(
            "none: I - W is not a P-matrix, so some input has several equilibria", "cited", count.SOURCE, ("~p_matrix",)
        )
    elif not found:
        yield GlobalStatement(
            "no global theorem of the literature known here applies: I - W is not shown to be LDS", "open", None, ()
        )


def _modulus(a: Algebra, weight: Quotient) -> Quotient | None:
    return weight if a.domain.known(weight, ">=") else -weight if a.domain.known(weight, "<=") else None


def _between_neurons(a: Algebra, i: int, j: int) -> list[Quotient]:
    """What neuron i receives per rate of the neurons that j stands for, itself left out: those of its own unit, and
    those of the other units."""
    group = next((g for g in a.groups if i in g.members and j in g.members), None)
    if group is None:
        return [] if i == j else [a.W[i][j]]
    others = (group.count - a.one) * group.lateral[group.members.index(i)][group.members.index(j)]
    return [others] if i == j else [a.W[i][j] - others, others]


def _majorant(a: Algebra, over: str | None) -> Known:
    """Whether ``I - M`` is a nonsingular M-matrix, M the Metzler majorant of F W: moduli off the diagonal.

    Then positive weights eta make every row sum ``eta_i - sum_j M_ij eta_j`` positive, and slopes between 0 and f_i
    keep the logarithmic norm of the Jacobian in the maximum norm weighted by 1/eta negative, for every tau. Copies may
    have the same weight eta, so that M has one row for all of them.
    """
    rows: list[list[Quotient]] = []
    for i, gain in enumerate(a.gains):
        row = []
        for j in range(a.n):
            moduli = [_modulus(a, weight) for weight in _between_neurons(a, i, j)]
            if None in moduli:
                return Known(None)  # a coupling of unknown sign: its modulus is no polynomial
            entry = a.one - gain * a.own[i] if i == j else a.zero
            for modulus in moduli:
                entry = entry if modulus is None else entry - gain * modulus
            row.append(entry)
        rows.append(row)
    numbers = a.numbers(rows)
    if numbers is not None:
        return Known(m_matrix(exact_matrix(numbers)))
    try:
        minors = [determinant([row[: k + 1] for row in rows[: k + 1]], a.ring) for k in range(a.n)]
        condition = both(*(a.structural.compare(m, ">") for m in minors))
        reducer = Reducer(a.domain, TRUE, prefer=over)
        short = reducer.reduce(condition)
        if short in (TRUE, FALSE):
            return Known(short == TRUE)
        return Known(None, solved(short, over, reducer))
    except (Unsupported, BudgetExceeded):
        return Known(None)
