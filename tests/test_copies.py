"""A circuit with copies says nothing that is false of the same units written out one by one.

Each case is small and built to break one step: determinants that are not affine in a number of units, differences
between units that do not decay or are neutral, time constants of their own, numbers of units that are not whole.
"undecided" and a refusal are always allowed; the opposite of what holds written out never is.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction as F
from typing import TypeVar

import pytest
import sympy
from exact_units import positive_minors

from symgame import check, solutions, stability
from symgame.branches import equilibria
from symgame.circuit import Circuit, Copies
from symgame.condition import TRUE
from symgame.errors import SymgameError
from symgame.groups import grouped, written_out
from symgame.kinds import activation
from symgame.microcircuits import lateral_inhibition, shared_inhibition
from symgame.nash_points import nash_equilibria
from symgame.pivoting import lone_equilibrium
from symgame.proof.verdict import Refuted
from symgame.properties import nash
from symgame.properties import stability as of_branch

Matrix = Sequence[Sequence[object]]
Answer = TypeVar("Answer")
WORDS = ("p_matrix", "unique", "lds", "rosen", "monotone", "hurwitz", "potential", "weighted_potential")


def verdict(circuit: Circuit, statement: str, given: Sequence[str] = ()) -> bool | None:
    """True or false as ``check`` says; ``None`` when it decides nothing or refuses the question."""
    try:
        kind = check(circuit, statement, given, search_missing=False).verdict.kind
    except SymgameError:
        return None
    return {"proved": True, "cited": True, "refuted": False}.get(kind)


def unit_pair(
    own: Matrix, lateral: Matrix, *, tau: Sequence[object] = (1, 1), u: Sequence[object] | None = None
) -> Circuit:
    """Two units of ``len(own)`` populations, A1, B1, ... and A2, B2, ..."""
    size = len(own)
    W = [
        [(own if a // size == b // size else lateral)[a % size][b % size] for b in range(2 * size)]
        for a in range(2 * size)
    ]
    names = [f"{'ABC'[a % size]}{a // size + 1}" for a in range(2 * size)]
    return Circuit.from_matrix(W, names=names, tau=[*tau[:size]] * 2, u=u)


def copied(own: Matrix, lateral: Matrix, counts: Sequence[object], **more: Sequence[object]) -> Circuit:
    size = len(own)
    names = [[f"{'ABC'[a]}{g}" for a in range(size)] for g in (1, 2)]
    return grouped(unit_pair(own, lateral, **more), names, counts)


def same(circuit: Circuit, statement: str) -> None:
    """With numbers of units given: ``check`` never contradicts the circuit that is written out."""
    said, wanted = verdict(circuit, statement), verdict(written_out(circuit), statement)
    assert said is None or wanted is None or said is wanted, (statement, said, wanted)


def one_kind(own: Matrix, lateral: Matrix, count: int, u: Sequence[object]) -> Circuit:
    """All units in one group, so that a branch is what all of them do."""
    size = len(own)
    W = [[F(own[a][b]) + (count - 1) * F(lateral[a][b]) for b in range(size)] for a in range(size)]
    circuit = Circuit.from_matrix(W, names=list("ABC"[:size]), tau=[1] * size, u=u)
    side = sympy.ImmutableDenseMatrix([[sympy.Rational(str(F(v))) for v in row] for row in lateral])
    return replace(circuit, copies=(Copies(circuit.names, sympy.Integer(count), side),))


# -- the matrix -------------------------------------------------------------------------------------------------------


def test_minors_need_not_be_affine_in_the_number_of_units() -> None:
    """det is 1 + (m - 9/10)(m - 31/10) for m equal units: > 0 for one and for three of them, < 0 for two."""
    circuit = copied([[0, "-1/10"], ["-21/10", 0]], [[0, -1], [1, 0]], (1, 2))
    out = written_out(circuit)
    A = [[F(a == b) - F(str(v)) for b, v in enumerate(row)] for a, row in enumerate(out.entries)]
    assert not positive_minors(A)
    assert verdict(out, "p_matrix") is False
    assert verdict(circuit, "p_matrix") is not True
    assert verdict(circuit, "unique") is not True


@pytest.mark.parametrize("seed", range(12))
def test_words_of_the_matrix_as_written_out(seed: int) -> None:
    """Random units of one to three populations, with others or without, in groups of different sizes."""
    random_ = random.Random(seed)
    size, rest = random_.choice((1, 2, 2, 3)), random_.choice((0, 1))
    counts = (1, 1) if size == 3 else (random_.randint(1, 2), random_.randint(1, 2))
    scale = random_.choice((4, 8, 16))

    def block(rows: int, columns: int, more: int) -> list[list[F]]:
        return [[F(random_.randint(-8, 8), scale * more) for _ in range(columns)] for _ in range(rows)]

    own, side = block(size, size, 1), block(size, size, 2)
    there, back, among = block(size, rest, 1), block(rest, size, 1), block(rest, rest, 1)
    W = [[*own[a], *side[a], *there[a]] for a in range(size)] + [[*side[a], *own[a], *there[a]] for a in range(size)]
    W += [[*back[a], *back[a], *among[a]] for a in range(rest)]
    names = [f"{'ABC'[a]}{g}" for g in (1, 2) for a in range(size)] + ["R"] * rest
    two = Circuit.from_matrix(W, names=names, tau=[*(1, 2, 3)[:size]] * 2 + [2] * rest)
    circuit = grouped(two, [names[:size], names[size : 2 * size]], counts)
    for word in WORDS:
        same(circuit, word)


def test_trace_determinant_and_discriminant_are_those_of_all_units() -> None:
    """Of three E and one I the trace is 3 (w_EE - 1)/tau_E - ..., not twice."""
    circuit = shared_inhibition().with_values(n=3, k=1).fixed()
    for statement in (
        "trace = 2*(w_EE - 1)/tau_E - (1 + w_II)/tau_I",
        "trace = 3*(w_EE - 1)/tau_E - (1 + w_II)/tau_I",
        "det = (1 - w_EE)*((1 - w_EE)*(1 + w_II) + 3*w_EI*w_IE)",
        "det = (1 - w_EE)^2*((1 - w_EE)*(1 + w_II) + 3*w_EI*w_IE)",
        "disc = 0",
    ):
        same(circuit, statement)
    assert verdict(shared_inhibition(), "trace = 2*(w_EE - 1)/tau_E - (1 + w_II)/tau_I") is not True


def test_time_constants_of_copies_are_their_own() -> None:
    """Both modes decay for every pair of time constants, but not for four: the copies differ then."""
    own, side = [["1/2", "-3/2"], ["5/2", "-3/4"]], [["1/4", "-7/4"], ["-2", "1/4"]]
    out = unit_pair(own, side)
    times = [F(1, 100), 10, 10, F(1, 100)]
    told = Circuit.from_matrix(out.W, names=out.names, tau=times)
    assert verdict(told, "hurwitz") is False
    for counts in ((1, 1), ("k", "n - k")):
        circuit = copied(own, side, counts, tau=("tau_A", "tau_B"))
        assert verdict(circuit, "for_all_tau(hurwitz)") is not True
        assert verdict(circuit, "d_stable") is not True
    single = one_kind(own, side, 2, (1, 1))
    assert verdict(single, "for_all_tau(hurwitz)") is not True
    assert verdict(single, "for_some_tau(~hurwitz)") is not False


def test_groups_with_time_constants_of_their_own() -> None:
    """The words that do not depend on them stay; the units of two groups are not merged where they do."""
    circuit = shared_inhibition(w_EE="1/2", w_EI=1, w_IE=1, w_II=0, tau_E=1, tau_I=1).with_values(n=4, k=2).fixed()
    E1, E2, I = circuit.populations
    slow = replace(circuit, populations=(E1, replace(E2, tau=sympy.Integer(7)), I))
    for word in WORDS:
        same(slow, word)


# -- equilibria -------------------------------------------------------------------------------------------------------


def test_an_equilibrium_among_a_continuum_of_differences_is_not_isolated() -> None:
    """At w_EE = 1 the two active units may share their sum as they like: exists(E1,I) needs an isolated equilibrium."""
    weights = {"w_EE": 1, "w_EI": 1, "w_IE": 1, "w_II": 0, "tau_E": 1, "tau_I": 1}
    circuit = shared_inhibition(**weights).with_values(n=3, k=2, u_1=2, u_2="1/2").fixed()
    found = solutions(written_out(circuit)).equilibria
    assert "continuum" in {e.type for e in found}
    assert all(e.type == "continuum" or {"E1_1", "E1_2"} - {*e.active} for e in found)
    assert verdict(circuit, "exists(E1,I)") is not True
    assert verdict(circuit, "strict(E1,I)") is not True
    assert verdict(circuit, "continuum(E1,I)") is not False
    assert verdict(shared_inhibition(), "exists(E1,I) & w_EE = 1 => k = 1 | ~exists(E1,I)") is not False
    refuted = check(shared_inhibition(), "~exists(E1,I) | w_EE != 1", ["k >= 2"]).verdict
    assert not isinstance(refuted, Refuted)


def listed(circuit: Circuit) -> dict[tuple[F, ...], tuple[bool | None, str | None]]:
    """State, stability and Nash class of the equilibria, continua left out."""
    return {tuple(e.state.values()): (e.stable, e.nash) for e in solutions(circuit).equilibria if e.type != "continuum"}


def test_every_equilibrium_of_all_units_is_listed() -> None:
    """w_EE > 1: two equal units share the win in a saddle, and each may win alone."""
    weights = {"w_EE": "6/5", "w_EI": 3, "w_IE": "1/4", "w_II": 0, "tau_E": 1, "tau_I": 1}
    circuit = shared_inhibition(**weights).with_values(n=3, k=2, u_1=2, u_2="1/2").fixed()
    out = solutions(written_out(circuit))
    assert sorted(e.type for e in out.equilibria) == ["focus", "focus", "saddle"]
    try:
        found = solutions(circuit)
    except SymgameError:
        return
    assert not found.complete or len(found.equilibria) == len(out.equilibria)
    for e in found.equilibria:
        if set(e.active) == {"E1", "I"}:
            assert e.stable is not True and e.type != "focus" and e.index != 1


def test_answers_with_numbers_are_about_all_units() -> None:
    """Three units that inhibit one another more than themselves: each may win alone, so nothing is unique."""
    own, side = [["-1"]], [["-5/2"]]
    circuit = one_kind(own, side, 3, (1,))
    out = written_out(circuit)
    assert not stability(out).answers["p_matrix"].holds
    assert sum(e.stable is True for e in solutions(out).equilibria) == 3
    told = _answers(circuit)
    for word, holds in told.items():
        wanted = stability(out).answers[word].holds
        assert holds is None or wanted is None or holds is wanted, word
    for e in _quietly(lambda: solutions(circuit).equilibria) or ():
        assert e.stable is not True or len(solutions(circuit).equilibria) > 1
    lone = _quietly(lambda: lone_equilibrium(circuit))
    assert lone is None or lone.unique is not True


def _answers(circuit: Circuit) -> dict[str, bool | None]:
    found = _quietly(lambda: stability(circuit))
    return {} if found is None else {word: answer.holds for word, answer in found.answers.items()}


def _quietly(ask: Callable[[], Answer]) -> Answer | None:
    """What is answered, or ``None`` for a refusal."""
    try:
        return ask()
    except SymgameError:
        return None


def test_no_global_theorem_for_units_that_drift_apart() -> None:
    circuit = one_kind([["-1"]], [["-5/2"]], 3, (1,))
    found = _quietly(lambda: stability(circuit).globally)
    assert found is None or "globally" not in found.statement


def test_nash_equilibria_count_the_units() -> None:
    circuit = one_kind([["-1"]], [["-5/2"]], 3, (1,))
    wanted = len(nash_equilibria(written_out(circuit)).points)
    found = _quietly(lambda: nash_equilibria(circuit))
    assert found is None or not found.complete or len(found.points) == wanted


def test_one_copy_on_a_kink_is_in_no_loop_with_itself() -> None:
    """One of each kind, one far below threshold and the other on it: no loop passes through the one on its kink."""
    pair = copied([[0]], [[-1]], (1, 1), u=(-1, 0))
    assert verdict(written_out(pair), "attracting()") is True
    assert verdict(pair, "attracting()") is not False
    many = copied([[0]], [[-1]], ("k", "n - k"), u=(-1, 0))
    assert verdict(many, "~attracting()") is not True
    assert verdict(many, "attracting()", ["n = 2"]) is not False
    two = copied([[0]], [[-1]], (1, 2), u=(-1, 0))  # of two on the kink each is in a loop with the other
    same(two, "attracting()")


@pytest.mark.parametrize("seed", range(10))
def test_branches_as_written_out(seed: int) -> None:
    """Random units of one or two populations, with caps or without, kinks included: states, stability, Nash class."""
    random_ = random.Random(seed)
    size = random_.choice((1, 2))
    own = [[F(random_.randint(-8, 7), 4) for _ in range(size)] for _ in range(size)]
    side = [[F(random_.choice((0, 0, -3, -2, -1, 1)), 4) for _ in range(size)] for _ in range(size)]
    u = [F(random_.randint(-1, 4), 2) for _ in range(2 * size)]
    two = unit_pair(own, side, u=u)
    if seed % 2:
        capped = tuple(replace(p, activation=activation("saturating", cap=2)) for p in two.populations)
        two = replace(two, populations=capped)
    names = two.names
    circuit = grouped(two, [names[:size], names[size:]], (random_.randint(1, 2), random_.randint(1, 3)))
    out = written_out(circuit)
    origin = [next(p for p in circuit.names if q == p or q.startswith(f"{p}_")) for q in out.names]
    every = listed(out)
    alike = {x for x in every if all(len({v for v, o in zip(x, origin, strict=True) if o == p}) == 1 for p in names)}
    found = set()
    for branch in equilibria(circuit):
        if branch.exists != TRUE:
            continue
        rates = {p: branch.rate(i).number for i, p in enumerate(circuit.names)}
        state = tuple(rates[p] for p in origin)
        found.add(state)
        stable, kind = every[state]
        assert (stable is True) is (of_branch.stable(branch) == TRUE)
        assert (kind == "global") is (nash.nash(branch) == TRUE)
        assert (kind in ("global", "local")) is (nash.local_nash(branch) == TRUE)
    assert found == alike


# -- how many -------------------------------------------------------------------------------------------------------


def test_numbers_of_units_that_are_none() -> None:
    """Halves of units are refused, or nothing is proved of them and nothing refuted by them."""
    circuit = lateral_inhibition()
    for k, n in ((0, 3), (3, 3), (4, 3), ("1/2", 3)):
        with pytest.raises(SymgameError):
            check(circuit.with_values(k=k, n=n), "w_EE < 1")
    for n in ("5/2", 1, 0, -2):
        with pytest.raises(SymgameError):  # k stays a symbol
            check(circuit.with_values(n=n), "w_EE < 1")


def test_hypotheses_that_leave_no_number_of_units_prove_nothing() -> None:
    circuit = lateral_inhibition()
    for given in (["n = 5/2"], ["n > 2", "n < 3"], ["k = n"], ["n = 1"], ["k = 0"]):
        assert verdict(circuit, "w_EE < 1", [*given, "w_EE <= 1/2"]) is not True, given
        assert verdict(circuit, "w_EE < 1", given) is not False, given


def test_witnesses_have_whole_units() -> None:
    """n/2 units in each group: n is even, and no counterexample has half a unit."""
    circuit = _quietly(lambda: copied([[0]], [["-a"]], ("n/2", "n/2"), tau=("tau",)))
    if circuit is None:
        return  # refused
    assert verdict(circuit, "n != 3") is not False
    for statement in ("n = 2", "n < 6", "p_matrix | n > 4"):
        found = check(circuit, statement, ["a > 0"]).verdict
        assert not isinstance(found, Refuted) or F(found.witness["n"]) % 2 == 0, statement


def test_units_that_are_not_alike_are_not_copies() -> None:
    """One weight off, or one population twice: refused, the entry named."""
    W = [["w", 0, "-s"], [0, "w", "-2*s"], ["v", "v", 0]]
    two = Circuit.from_matrix(W, names=["A", "B", "I"], tau=["t", "t", "t_I"])
    with pytest.raises(SymgameError, match="from I"):
        grouped(two, [["A"], ["B"]], ["k", "n - k"])
    with pytest.raises(SymgameError):
        grouped(two, [["A"], ["A"]], [1, 1])
