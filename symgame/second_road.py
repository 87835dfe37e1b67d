"""Points at which claims are evaluated again, and their re-lowered statements for other solvers.

Two independent looks at one formula: its value by definition (:mod:`symgame.plain_values`) at exact random points and,
for an equation, in a field of rational functions; and its text in SMT-LIB with *and*, *or*, *not*, ``=>`` and ``=``
left to the solver, so that nothing of the prover's own simplification is used.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction

import sympy

from symgame import syntax as s
from symgame.algebra import algebra
from symgame.circuit import Circuit
from symgame.condition import Condition, free_names
from symgame.errors import Unsupported
from symgame.grammar import read_formula
from symgame.plain_values import Undefined, Valued, valued
from symgame.proof import smtlib
from symgame.ring import FRESH
from symgame.vocabulary import Vocabulary
from symgame.words import FUNCTIONS

#: Points that are wanted, how many are tried for them, and how often one is tried at all.
POINTS, TRIES = 24, 1_200
#: Numerators are drawn up to this one, denominators up to the other.
LARGEST, FINEST = 12, 4


def points(circuit: Circuit) -> tuple[Valued, ...]:
    """Up to :data:`POINTS` exact points of the domain, always the same ones; none where words have no value at a point.

    >>> from symgame.named import wilson_cowan
    >>> len(points(wilson_cowan()))
    24
    """
    domain = [read_formula(h.text) for h in algebra(circuit).domain.hypotheses]
    signs = algebra(circuit).domain.signs
    draw = random.Random(20)
    found: list[Valued] = []
    for _ in range(TRIES):
        least = {name: {">": 1, ">=": 0}.get(signs.get(name, ""), -LARGEST) for name in circuit.symbols}
        values = {n: Fraction(draw.randint(low, LARGEST), draw.randint(1, FINEST)) for n, low in least.items()}
        try:
            here = valued(circuit, values, Fraction(1))
            if all(here.condition(h, here.active) for h in domain):
                found.append(here)
        except Unsupported:
            return ()
        except (Undefined, ZeroDivisionError):
            continue
        if len(found) == POINTS:
            break
    return tuple(found)


def evaluated(
    at: Sequence[Valued], given: Sequence[s.Formula], then: s.Formula, branch: Sequence[s.Member] | None
) -> tuple[int, Valued | None]:
    """At how many points the hypotheses hold and the statement too; and a point where it is false, if one is met."""
    agreed = 0
    for here in at:
        try:
            where = here.active if branch is None else here.pieces(branch)
            if all(here.condition(g, where) for g in given):
                if not here.condition(then, where):
                    return agreed, here
                agreed += 1
        except Unsupported:
            return 0, None
        except (Undefined, ZeroDivisionError):
            continue
    return agreed, None


def is_identity(circuit: Circuit, then: s.Formula, branch: Sequence[s.Member] | None) -> bool | None:
    """Whether both sides of an equation are one rational function; ``None`` when they are not evaluated in the field.

    The field is SymPy's, not the ring of the prover.

    >>> from symgame.named import wilson_cowan
    >>> is_identity(wilson_cowan(), read_formula("x(E)*det = u_E*(1 + w_II) - w_EI*u_I"), None)
    True
    """
    if not isinstance(then, s.Relation) or then.ops != ("=",) or not circuit.symbols:
        return None
    field = sympy.QQ.frac_field(*(sympy.Symbol(name) for name in circuit.symbols))
    try:
        here = valued(circuit, dict(zip(circuit.symbols, field.gens, strict=True)), field.one, ordered=False)
        where = here.active if branch is None else here.pieces(branch)
        left, right = (here.number(side, where) for side in then.terms)
    except (Unsupported, Undefined, ZeroDivisionError, TypeError):
        return None
    return bool(left == right)


def restated(circuit: Circuit, given: Sequence[str], then: s.Formula, branch: tuple[s.Member, ...] | None) -> str:
    """Hypotheses and the negation of a statement in SMT-LIB, every connective of the statement as it was written.

    What the statement supposes (denominators, roots) is asserted too; of the domain nothing is, but what is given:
    that alone is not lowered, for lowering knows it already.
    Raises :class:`~symgame.errors.Unsupported` for what is quantified.

    >>> from symgame.named import wilson_cowan
    >>> print(restated(wilson_cowan(), [], read_formula("curvature(E) > 0 => w_EE < 2"), None).splitlines()[-2])
    (assert (not (=> (> (+ (- w_EE) 1.0) 0.0) (> (+ (- w_EE) 2.0) 0.0))))
    """
    lowering = Vocabulary(circuit, branch).lowering()
    born = {h.text: h.condition for h in algebra(circuit).domain.hypotheses}
    asked = [read_formula(g, "the hypothesis") for g in given if g not in born]
    lowering.rooted = any(isinstance(p, s.Call) and p.name in FUNCTIONS for f in (*asked, then) for p in s.walk(f))
    known = sorted({*circuit.symbols, *FRESH})
    table = smtlib.mangled(known)
    names: set[str] = set()

    def leaf(condition: Condition) -> str:
        names.update(free_names(condition))
        return smtlib.formula(condition, table)

    def term(node: s.Formula) -> str:
        match node:
            case s.Not(of=a):
                return f"(not {term(a)})"
            case s.And(args=args):
                return f"(and {' '.join(map(term, args))})"
            case s.Or(args=args):
                return f"(or {' '.join(map(term, args))})"
            case s.Implies(left=a, right=b):
                return f"(=> {term(a)} {term(b)})"
            case s.Iff(left=a, right=b):
                return f"(= {term(a)} {term(b)})"
        return leaf(lowering.condition(node))

    try:
        asserted = [f"(not {term(then)})", *map(term, asked), *(leaf(born[g]) for g in given if g in born)]
        asserted += [leaf(condition) for condition in (*lowering.assumed.values(), *lowering.definitions)]
    except TypeError:
        raise Unsupported("a quantified statement is not put to another solver as it stands") from None
    declared = [f"(declare-const {table[name]} Real)" for name in known if name in names]
    queries = [f"(assert {row})" for row in reversed(asserted)]
    return "\n".join(["(set-logic QF_NRA)", *declared, *queries, "(check-sat)", ""])
