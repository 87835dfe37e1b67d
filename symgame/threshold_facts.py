"""Criteria of a smooth circuit in its greatest slopes: no fold for any input, and when some input has a Hopf point.

Derived from the circuit with frozen gains; that they are right is proved by whoever states them.
"""

from __future__ import annotations

from collections.abc import Iterator

from symgame.algebra import Algebra, algebra
from symgame.branches import full_branch
from symgame.circuit import Circuit
from symgame.condition import FALSE, TRUE, Condition, both, sign
from symgame.proof.reduce import Reducer
from symgame.properties import stability
from symgame.ring import Quotient, coefficients, principal_minors, substitute


def no_fold(circuit: Circuit) -> str:
    """``det(I - S W) >= 0`` for all gains, as a formula: no principal minor of ``I - L W`` is negative.

    A slope without bound stands for itself divided by its size: its row is that of -W.

    >>> from symgame.circuit import Circuit
    >>> from symgame.frozen_gains import frozen
    >>> types = ["excitatory", "inhibitory"]
    >>> pair = Circuit.from_matrix([["w", "-b"], ["c", 0]], names="EI", types=types, activation=["tanh", "power"])
    >>> no_fold(frozen(pair)), strictly(frozen(pair))
    ('w <= 1', 'w < 1')
    """
    return _criterion(circuit, ">=")


def strictly(circuit: Circuit) -> str:
    """``det(I - S W) > 0``, where slopes reach their bounds too: minors of populations with a bound are positive."""
    return _criterion(circuit, ">")


def _criterion(circuit: Circuit, rel: str) -> str:
    a = algebra(circuit)
    rows, steep = [], set()
    for i, p in enumerate(circuit.populations):
        bound = a.greatest(i) if p.activation.germ_of is not None else (a.gain(i), True)
        if bound is None:
            steep.add(i)
        own = [-w if bound is None else -bound[0] * w for w in a.W[i]]
        rows.append([own[j] + a.one if i == j and bound is not None else own[j] for j in range(a.n)])
    minors = principal_minors(rows, a.ring).items()
    parts = (a.domain.compare(m, ">=" if steep & set(chosen) else rel) for chosen, m in minors)
    short = Reducer(a.domain).reduce(both(*parts))
    return "true" if short == TRUE else "false" if short == FALSE else str(short)


def hopf_somewhere(circuit: Circuit) -> tuple[str, ...]:
    """When some gains of a pair make the trace 0 and the determinant positive: in each of these cases, and no other.

    The trace is affine in the two gains. It is solved for one, s_1; the determinant is then a quadratic in the other,
    s_2, and negative at 0. On an interval from 0 it is positive somewhere iff it is so at the other end, or where it
    is greatest. The ends are the greatest s_2, and the s_2 at which s_1 is greatest.
    """
    here = full_branch(circuit)
    a = here.algebra
    if a.n != 2 or any(p.activation.germ_of is None for p in circuit.populations):
        return ()
    trace = stability.trace(here)
    driven = [i for i in range(2) if not a.domain.known(a.own[i], "<=")]
    if len(driven) != 1 or not a.domain.known(a.own[driven[0]], ">="):
        return ()
    one, two = driven[0], 1 - driven[0]
    names = [str(here.slopes[i].over) for i in (one, two)]
    tops = [a.greatest(i) for i in (one, two)]
    if None in tops or not all(t is not None and t[1] for t in tops):
        return ()
    rows = [Quotient(c, a.one.over) for c in coefficients(trace.over, names[0])]
    first = -rows[0] / rows[1]
    value = substitute(here.determinant.over, names[0], first) / Quotient(here.determinant.under, a.one.over)
    positive = sign(a.own[one], ">")
    reducer = Reducer(a.domain, positive)
    cases = [reducer.reduce(c) for c in _cases(a, names[1], first, value, tops[0][0], tops[1][0])]  # type: ignore[index]
    return tuple(str(both(positive, c)) for c in cases if c != FALSE)


def _cases(
    a: Algebra, name: str, first: Quotient, value: Quotient, top_one: Quotient, top_two: Quotient
) -> Iterator[Condition]:
    compare = a.domain.compare

    def at(q: Quotient, point: Quotient) -> Quotient:
        return substitute(q.over, name, point) / substitute(q.under, name, point)

    end = [compare(top_one - at(first, top_two), ">="), compare(at(value, top_two), ">")]
    yield both(*end)
    rows = coefficients((first - top_one).over, name)
    if len(rows) == 2:
        point = Quotient(-rows[0], rows[1])
        yield both(
            compare(Quotient(rows[1], a.one.over), "!="),
            compare(point, ">"),
            compare(top_two - point, ">="),
            compare(at(value, point), ">"),
        )
    rows = coefficients(value.over, name)
    if len(rows) == 3:
        vertex = Quotient(-rows[1], 2 * rows[2])
        yield both(
            compare(Quotient(rows[2], a.one.over) * Quotient(value.under, a.one.over), "<"),
            compare(vertex, ">"),
            compare(top_two - vertex, ">="),
            compare(top_one - at(first, vertex), ">="),
            compare(at(value, vertex), ">"),
        )
