"""Common slips behind a refuted formula, recognised by proof: with the slip undone, the formula is right.

The words of a statement (``x(E)``, ``lds``, ...) are derived from the circuit, so only what an author typed is changed:
symbols are exchanged or turned, relations loosened, a leak or a gain put back. Nothing is claimed that was not proved,
and not what holds for an empty reason, or of two sides that never change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations, pairwise, product

from symgame import syntax as s
from symgame.algebra import algebra
from symgame.circuit import Circuit, Population, named_activation
from symgame.condition import FALSE, Condition, at_point, quantifier_free
from symgame.errors import HypothesisError, SymgameError
from symgame.grammar import read_branch, read_formula, read_term
from symgame.notation import exact
from symgame.proof.decide import decide
from symgame.proof.solver import DEFAULT_BUDGET
from symgame.proof.verdict import Proved, Refuted, Undecided, Value
from symgame.rewriting import in_signed, negated, rebuilt
from symgame.statements import Checked, Slip, read
from symgame.words import (
    BRANCH_NUMBERS,
    BRANCH_WORDS,
    CIRCUIT_WORDS,
    FUNCTIONS,
    GAIN_QUANTIFIERS,
    QUANTIFIERS,
    READ_CONDITIONS,
    READINGS,
)

#: The search ends after so many statements tried, and so many that ran out of budget.
MOST_TRIED, MOST_UNDECIDED = 60, 2
#: Solver steps of one try: a formula with its slip undone is as easy as the one that was refuted.
STEPS = 20_000
MOST_POPULATIONS = 6
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_TOUCHED = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
Table = Mapping[str, s.Formula]
_ONE = s.Number(Fraction(1))


@dataclass(frozen=True)
class Candidate:
    """A way to undo a slip: the statement, what it needs besides, and possibly another circuit."""

    name: str
    sentence: str
    statement: s.Formula
    given: tuple[s.Formula, ...] = ()
    circuit: Circuit | None = None


def with_slip(circuit: Circuit, checked: Checked, at: str | None = None, budget: int = DEFAULT_BUDGET) -> Checked:
    """The answer with its slip, when it is a refutation that one explains.

    >>> from symgame.named import wilson_cowan
    >>> from symgame.statements import check
    >>> pair = wilson_cowan()
    >>> answer = with_slip(pair, check(pair, "det = (1 - w_EE)*(1 + w_II) - w_EI*w_IE"))
    >>> answer.slip.name, answer.slip.formula
    ('sign of inhibition', 'det = (1 - w_EE)*(1 + w_II) + w_EI*w_IE')
    """
    if not isinstance(checked.verdict, Refuted):
        return checked
    circuit = circuit.fixed()
    try:
        members = None if at is None else read_branch(at, "--at")
        found = _slip(circuit, checked, members, min(STEPS, budget))
    except SymgameError:  # a search for an explanation must not hide the answer
        return checked
    return replace(checked, slip=found)


def _slip(circuit: Circuit, checked: Checked, at: tuple[s.Member, ...] | None, steps: int) -> Slip | None:
    node, given = checked.statement, checked.given
    assert isinstance(checked.verdict, Refuted)
    if len(circuit.names) > MOST_POPULATIONS or not _is_claim(circuit, node):
        return None
    seen: set[tuple[str, tuple[str, ...]]] = {(s.text(node), ())}
    undecided = 0
    for candidate in candidates(circuit, node):
        key = (s.text(candidate.statement), tuple(map(s.text, candidate.given)))
        if candidate.circuit is None and key in seen:
            continue
        seen.add(key)
        if len(seen) > MOST_TRIED or undecided >= MOST_UNDECIDED:
            return None
        where = candidate.circuit or circuit
        hypotheses = (*given, *candidate.given)
        try:
            reading = read(where, candidate.statement, hypotheses, at)
            same_domain = candidate.circuit is None and not candidate.given
            if same_domain and _false_at(reading.query.conclusion, checked.verdict.witness):
                continue
            verdict = decide(reading.query, steps)
            undecided += isinstance(verdict, Undecided)
            if isinstance(verdict, Proved) and _says_something(where, candidate.statement, hypotheses, at, steps):
                needs = tuple(map(s.text, candidate.given))
                return Slip(candidate.name, candidate.sentence, s.text(candidate.statement), needs, verdict.by)
        except SymgameError:
            continue
    return None


def _false_at(condition: Condition, witness: Mapping[str, Value]) -> bool:
    """Whether a condition is seen to fail at a rational witness, which spares the solver."""
    rational = {n: v for n, v in witness.items() if isinstance(v, Fraction)}
    return quantifier_free(condition) and at_point(condition, rational) == FALSE


def _says_something(
    circuit: Circuit, node: s.Formula, given: Sequence[s.Formula], at: tuple[s.Member, ...] | None, steps: int
) -> bool:
    """Not true for an empty reason: each side of an equivalence can be true and false; of an implication, the premise
    can hold, and what it implies can fail."""

    def possible(side: s.Formula) -> bool:
        try:
            return isinstance(decide(read(circuit, s.Not(side), given, at).query, steps), Refuted)
        except HypothesisError:
            return False

    match node:
        case s.Implies(left=a, right=b):
            return possible(a) and possible(s.Not(b))
        case s.Iff(left=a):  # the other side is equivalent to it
            return possible(a) and possible(s.Not(a))
    return True


# -- what a statement is made of --------------------------------------------------------------------------------------


def _is_word(node: s.Formula) -> bool:
    if isinstance(node, s.Name):
        return node.id in CIRCUIT_WORDS or node.id in BRANCH_NUMBERS
    return isinstance(node, s.Call) and node.name in (*BRANCH_WORDS, *READINGS, *READ_CONDITIONS)


def _typed(node: s.Formula) -> Iterator[s.Formula]:
    """What an author typed: every part that does not stand inside a word."""
    if not _is_word(node):
        yield node
        for child in s.children(node):
            yield from _typed(child)


def _is_claim(circuit: Circuit, node: s.Formula) -> bool:
    """Whether a statement compares a word with something typed: only then can the typing be at fault."""
    typed = list(_typed(node))
    names = any(isinstance(t, s.Name) and t.id in circuit.symbols for t in typed)
    numbers = any(isinstance(t, s.Number) and t.value != 0 for t in typed)
    return (names or numbers) and any(_is_word(part) for part in s.walk(node))


def _changed(node: s.Formula, change: Callable[[s.Formula], s.Formula | None]) -> s.Formula:
    """The statement with every typed part exchanged for what ``change`` makes of it (``None``: look inside)."""
    if _is_word(node):
        return node
    new = change(node)
    return rebuilt(node, lambda part: _changed(part, change)) if new is None else new


def _substituted(node: s.Formula, table: Table) -> s.Formula:
    return _changed(node, lambda part: table.get(part.id) if isinstance(part, s.Name) else None)


def _entry(circuit: Circuit, a: int, b: int) -> tuple[str, int] | None:
    """The symbol of an entry of W and its sign, when it is one symbol."""
    entry = circuit.entries[a][b]
    for sign in (1, -1):
        if (sign * entry).is_Symbol:
            return str(sign * entry), sign
    return None


def _turned(name: str, sign: int) -> s.Formula:
    return s.Name(name) if sign > 0 else s.Negative(s.Name(name))


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _left_out(names: Sequence[str]) -> str:
    return f"{_listed(names)} {'is' if len(names) == 1 else 'are'} left out"


# -- the slips, the likeliest first -----------------------------------------------------------------------------------


def candidates(circuit: Circuit, node: s.Formula) -> Iterator[Candidate]:
    """The statement with one slip undone after the other; which of them are right is for a proof to say."""
    typed = {part.id for part in _typed(node) if isinstance(part, s.Name)}
    for slips in _SLIPS:
        yield from slips(circuit, node, typed)


def _renamed(name: str, sentence: str, node: s.Formula, typed: set[str], table: Table) -> Iterator[Candidate]:
    if typed & set(table):
        yield Candidate(name, sentence, _substituted(node, table))


def _signs(circuit: Circuit, node: s.Formula, typed: set[str]) -> Iterator[Candidate]:
    """A weight with the other sign: each by itself, then all from inhibitory sources."""
    n = len(circuit.names)
    sources: dict[str, set[int | None]] = {}
    for a in range(n):
        for b in range(n):
            found = _entry(circuit, a, b)
            if found:
                sources.setdefault(found[0], set()).add(circuit.populations[b].sign)
    inhibitory = [w for w, signs in sources.items() if signs == {-1} and w in typed]
    groups = [*([w] for w in (*inhibitory, *sources)), *([inhibitory] if len(inhibitory) > 1 else [])]
    for group in groups:
        name = "sign of inhibition" if set(group) <= set(inhibitory) else "sign of a weight"
        if typed & set(group):
            sentence = f"it would be right with the opposite sign of {_listed(group)}"
            yield Candidate(name, sentence, in_signed(node, frozenset(group)))


def _transposed(circuit: Circuit, node: s.Formula, typed: set[str]) -> Iterator[Candidate]:
    """W' in the place of W: the names alone exchanged, or the signed entries."""
    n = len(circuit.names)
    pairs = [
        (x, y)
        for a, b in combinations(range(n), 2)
        if (x := _entry(circuit, a, b)) and (y := _entry(circuit, b, a)) and x[0] != y[0]
    ]
    for group in (pairs, *([p] for p in pairs if len(pairs) > 1)):
        whole = "the transposed weights" if group is pairs else f"{group[0][0][0]} and {group[0][1][0]} exchanged"
        names: dict[str, s.Formula] = {}
        signed: dict[str, s.Formula] = {}
        for (one, sign), (other, sign_of_other) in group:
            turn = sign * sign_of_other
            names |= {one: s.Name(other), other: s.Name(one)}
            signed |= {one: _turned(other, turn), other: _turned(one, turn)}
        for table in (names, signed):
            yield from _renamed("transposed weights", f"it would be right for {whole}", node, typed, table)


def _roles(circuit: Circuit, a: int, b: int) -> dict[str, str]:
    """The symbols that trade places when populations a and b do."""
    n = len(circuit.names)
    place = {a: b, b: a}
    table: dict[str, str] = {}
    for i in range(n):
        for j in range(n):
            one, other = _entry(circuit, i, j), _entry(circuit, place.get(i, i), place.get(j, j))
            if one and other and one[0] != other[0]:
                table[one[0]] = other[0]
    p, q = circuit.populations[a], circuit.populations[b]
    rows = [(p.input, q.input), (p.tau, q.tau)]
    mine, yours = dict(p.activation.parameters), dict(q.activation.parameters)
    rows += [(mine[key], yours[key]) for key in mine if key in yours]
    for one_, other_ in rows:
        if one_.is_Symbol and other_.is_Symbol and one_ != other_:
            table |= {str(one_): str(other_), str(other_): str(one_)}
    return table


def _exchanged(circuit: Circuit, node: s.Formula, typed: set[str]) -> Iterator[Candidate]:
    """Two populations taken for one another: in the words, or in what was typed."""
    for a, b in combinations(range(len(circuit.names)), 2):
        p, q = circuit.names[a], circuit.names[b]
        sentence = f"it would be right with {p} and {q} exchanged"
        yield Candidate("swapped populations", sentence, _words_exchanged(circuit, node, a, b))
        table = {x: s.Name(y) for x, y in _roles(circuit, a, b).items()}
        yield from _renamed("swapped populations", sentence, node, typed, table)


def _words_exchanged(circuit: Circuit, node: s.Formula, a: int, b: int) -> s.Formula:
    table = {circuit.names[a]: circuit.names[b], circuit.inputs[a]: circuit.inputs[b]}
    table |= {y: x for x, y in table.items()}

    def swapped(part: s.Formula, inside: bool) -> s.Formula:
        if isinstance(part, s.Member):
            return replace(part, population=table.get(part.population, part.population))
        if inside and isinstance(part, s.Name):
            return s.Name(table.get(part.id, part.id))
        bound = {*FUNCTIONS, *QUANTIFIERS, *GAIN_QUANTIFIERS}
        word = isinstance(part, s.Call) and part.name not in bound
        return rebuilt(part, lambda child: swapped(child, inside or word))

    return swapped(node, False)


def _times(circuit: Circuit, node: s.Formula, typed: set[str]) -> Iterator[Candidate]:
    """Time constants exchanged, taken as equal, or left out."""
    taus = [str(p.tau) for p in circuit.populations if p.tau.is_Symbol]
    for x, y in combinations(dict.fromkeys(taus), 2):
        table = {x: s.Name(y), y: s.Name(x)}
        sentence = f"it would be right with {x} and {y} exchanged"
        yield from _renamed("exchanged time constants", sentence, node, typed, table)
    left_out = [t for t in dict.fromkeys(taus) if t not in typed]
    if left_out and len(set(taus)) > 1:
        equal = tuple(read_formula(f"{x} = {y}") for x, y in pairwise(taus) if x != y)
        yield Candidate("missing time constant", "it would be right for equal time constants", node, equal)
    if left_out:
        ones = tuple(read_formula(f"{t} = 1") for t in left_out)
        sentence = f"it would be right for {' and '.join(map(s.text, ones))}: {_left_out(left_out)}"
        yield Candidate("missing time constant", sentence, node, ones)


def _gains(circuit: Circuit, node: s.Formula, typed: set[str]) -> Iterator[Candidate]:
    """The slope of an activation taken as 1."""
    gains = [value for p in circuit.populations for key, value in p.activation.parameters if key == "gain"]
    left_out = sorted({str(g) for g in gains if g.is_Symbol} - typed)
    if left_out:
        ones = tuple(read_formula(f"{g} = 1") for g in left_out)
        sentence = f"it would be right for slope 1: {_left_out(left_out)}"
        yield Candidate("gain left out", sentence, node, ones)
    if any(g.is_Rational and g != 1 for g in gains):
        plain = replace(circuit, populations=tuple(_with_slope_one(p) for p in circuit.populations))
        yield Candidate("gain left out", "it would be right for slope 1: the gain is left out", node, circuit=plain)


def _with_slope_one(p: Population) -> Population:
    rest = {k: v for k, v in p.activation.parameters if k != "gain"}
    return replace(p, activation=named_activation(p.name, p.activation.kind, rest))


def _leaks(circuit: Circuit, node: s.Formula, typed: set[str]) -> Iterator[Candidate]:
    """The leak forgotten beside a self-weight, or counted twice; a self-weight left out."""
    own = [found for i in range(len(circuit.names)) if (found := _entry(circuit, i, i))]
    here = [found for found in own if found[0] in typed]
    for group in ([here] if len(here) > 1 else []) + [[found] for found in here]:
        for step, what in ((-1, "the leak is left out"), (1, "the leak is counted twice")):
            # the entry of W is sign*w, and -1 + sign*w is what the rate equation has
            table = {w: s.Sum((s.Name(w), s.Number(Fraction(step * sign)))) for w, sign in group}
            shown = _listed([s.text(table[w]) for w, _ in group])
            sentence = f"it would be right with {shown} in place of {_listed([w for w, _ in group])}: {what}"
            yield Candidate("self-weight and leak", sentence, _substituted(node, table))
    left_out = [w for w, _ in own if w not in typed]
    if left_out:
        zeros = tuple(read_formula(f"{w} = 0") for w in left_out)
        sentence = f"it would be right for {' and '.join(map(s.text, zeros))}: {_left_out(left_out)}"
        yield Candidate("self-weight and leak", sentence, node, zeros)


def _strictness(circuit: Circuit, node: s.Formula, typed: set[str]) -> Iterator[Candidate]:
    """A strict relation that should allow equality, or the other way round: each by itself, then all."""
    relations = [part for part in _typed(node) if isinstance(part, s.Relation) and set(part.ops) & set(_TOUCHED)]
    for group in (*([r] for r in relations), *([relations] if len(relations) > 1 else [])):
        wanted = list(group)

        def touched(part: s.Formula, wanted: list[s.Relation] = wanted) -> s.Formula | None:
            if isinstance(part, s.Relation) and any(part is r for r in wanted):
                return s.Relation(part.terms, tuple(_TOUCHED.get(op, op) for op in part.ops))
            return None

        statement = _changed(node, touched)
        old = sorted({op for r in group for op in r.ops if op in _TOUCHED})
        new = " and ".join(_TOUCHED[op] for op in old)
        sentence = f"it would be right with {new} in place of {' and '.join(old)}"
        yield Candidate("strict or not", sentence, statement)


def _directions(circuit: Circuit, node: s.Formula, typed: set[str]) -> Iterator[Candidate]:
    """A number with the wrong sign altogether, as of J in place of -J; an inequality the wrong way round."""
    for relation in [part for part in _typed(node) if isinstance(part, s.Relation) and len(part.terms) == 2]:
        left, right = relation.terms
        (op,) = relation.ops
        if op in _TURNED:
            name, sentence = "relation turned round", f"it would be right with {_TURNED[op]} in place of {op}"
            turned = (left, right, _TURNED[op])
        elif op == "=" and right != s.Number(Fraction(0)):
            name, sentence = "opposite sign", "it would be right with the opposite sign"
            turned = (left, negated(right), op)
        else:
            continue

        def other(
            part: s.Formula, old: s.Formula = relation, new: tuple[s.Formula, s.Formula, str] = turned
        ) -> s.Formula | None:
            return s.Relation(new[:2], new[2:]) if part is old else None

        yield Candidate(name, sentence, _changed(node, other))


def _voltages(circuit: Circuit, node: s.Formula, typed: set[str]) -> Iterator[Candidate]:
    """What is said of rates may be true of voltages, ``v = W x + u``."""
    a = algebra(circuit)
    if not any(isinstance(part, s.Call) and part.name in ("x", "dx") for part in s.walk(node)):
        return

    def voltage(part: s.Formula) -> s.Formula:
        if not isinstance(part, s.Call) or part.name not in ("x", "dx"):
            return rebuilt(part, voltage)
        population = part.args[0]
        if not isinstance(population, s.Name) or population.id not in circuit.names:
            return part
        i = circuit.index(population.id)
        terms: list[s.Formula] = [
            s.Product((read_term(str(a.W[i][j])), s.Call(part.name, (s.Name(q), *part.args[1:]))))
            for j, q in enumerate(circuit.names)
            if not a.W[i][j].is_zero
        ]
        if part.name == "x":
            terms.append(read_term(str(a.u[i])))
        elif part.args[1] == s.Name(circuit.inputs[i]):
            terms.append(_ONE)
        return s.Sum(tuple(terms)) if len(terms) > 1 else terms[0] if terms else s.Number(Fraction(0))

    sentence = "it would be right for the voltages v = W x + u in place of the rates"
    yield Candidate("voltage form in place of rate form", sentence, voltage(node))


def _squares(circuit: Circuit, node: s.Formula, typed: set[str]) -> Iterator[Candidate]:
    """A relation that was squared, or multiplied, without the sign of what it was squared or multiplied by."""
    relations = [part for part in _typed(node) if isinstance(part, s.Relation) and len(part.terms) == 2]
    for relation in relations:
        parts: list[s.Formula] = []
        for part in s.walk(relation):
            if isinstance(part, s.Power) and part.exponent % 2 == 0:
                parts.append(part.base)
            elif isinstance(part, s.Product):
                parts += [f for f in part.factors if isinstance(f, s.Sum | s.Call)]
        for part in list(dict.fromkeys(parts))[:4]:
            for op in (">", "<", ">=", "<="):
                sign = s.Relation((part, s.Number(Fraction(0))), (op,))

                def limited(here: s.Formula, chosen: s.Formula = relation, sign: s.Formula = sign) -> s.Formula | None:
                    return s.And((here, sign)) if here is chosen else None

                sentence = f"it would be right with {s.text(sign)} besides: the relation is squared or multiplied"
                yield Candidate("sign condition left out", sentence, _changed(node, limited))


def _numbers(circuit: Circuit, node: s.Formula, typed: set[str]) -> Iterator[Candidate]:
    """For weights that are numbers: the circuit that a statement would be right for."""
    if any(not entry.is_Rational for row in circuit.entries for entry in row) or circuit.copies:
        return
    free = replace(circuit, populations=tuple(replace(p, type=None) for p in circuit.populations))
    if circuit.W != circuit.W.T:
        sentence = "it would be right for the transposed weights"
        yield Candidate("transposed weights", sentence, node, circuit=replace(free, W=circuit.W.T))
    for a, b in product(range(len(circuit.names)), repeat=2):
        entry = circuit.entries[a][b]
        if entry != 0:
            turned = circuit.W.as_mutable()
            turned[a, b] = -entry
            name = "sign of inhibition" if circuit.populations[b].sign == -1 else "sign of a weight"
            sentence = f"it would be right with the weight {-entry} to {circuit.names[a]} from {circuit.names[b]}"
            yield Candidate(name, sentence, node, circuit=replace(free, W=turned.as_immutable()))
    positive = circuit.W.applyfunc(abs)
    if positive != circuit.W:
        sentence = "it would be right with the inhibitory weights counted as positive"
        yield Candidate("sign of inhibition", sentence, node, circuit=replace(free, W=positive))
    taus = [p.tau for p in circuit.populations]
    if len(set(taus)) > 1 and all(t.is_Rational for t in taus):
        one = exact(1, "tau")
        equal = replace(free, populations=tuple(replace(p, tau=one) for p in free.populations))
        sentence = "it would be right with time constants of 1: they are left out"
        yield Candidate("missing time constant", sentence, node, circuit=equal)


_SLIPS = (
    _signs, _transposed, _exchanged, _times, _gains, _leaks, _strictness, _directions, _voltages, _squares, _numbers
)  # fmt: skip
__all__ = ["Candidate", "candidates", "with_slip"]
