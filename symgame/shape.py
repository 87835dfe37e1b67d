"""The paper's shape of a formula: abbreviations put in, inputs collected, terms in order; its value never changes.

Every rewriting is a candidate that is *equal* by construction (a polynomial division, a factorisation, a collection of
terms), the shortest candidate wins, and the winner is expanded again and compared exactly with what it came from.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from symgame import copies
from symgame import syntax as s
from symgame.algebra import Algebra, algebra
from symgame.branches import full_branch
from symgame.circuit import Circuit
from symgame.condition import TRUE, Condition
from symgame.errors import FormulaError, ModelError, SymgameError
from symgame.frozen_gains import gain, smooth, spoken
from symgame.grammar import read_term
from symgame.rewriting import (
    assembled,
    in_signed,
    negated,
    power_of,
    product_of,
    rebuilt,
    root_split,
    signed_product,
    substituted,
    sum_of,
    terms_of,
    times_root,
    two_sided,
)
from symgame.ring import Poly, Quotient, coefficients, determinant, names_of, variables
from symgame.words import BRANCH_NUMBERS

MAX_TERMS = 200
MOST_NAMED = 8  # populations of a circuit whose determinant has a name
_OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "=": "!=", "!=": "="}
Factors = dict[str, tuple[Poly, int]]  # a factor's text -> the factor with a positive first term, and its power


@dataclass(frozen=True)
class Abbreviation:
    """A name that stands for a quotient of polynomials: ``name = formula``."""

    name: str
    formula: str
    value: Quotient = field(compare=False, repr=False)


def abbreviations(circuit: Circuit) -> tuple[Abbreviation, ...]:
    """Those of the model file, or those that the circuit suggests, without the ones that do not apply.

    For an excitatory and an inhibitory population: D, the determinant with both active; delta, the own curvature of
    the inhibitory one; kappa, the strength of the loop through both; T, the ratio of their time constants. For other
    circuits D alone, and with copies the determinants of the common and of the contrast mode (of a column: of a layer).
    Raises :class:`~symgame.errors.ModelError` for an abbreviation of the author that names a symbol or cannot be read.

    >>> from symgame.named import wilson_cowan
    >>> [(a.name, a.formula) for a in abbreviations(wilson_cowan())][1:]
    [('delta', '1 + w_II'), ('kappa', 'w_EI*w_IE'), ('T', 'tau_E/tau_I')]
    """
    given = circuit.presentation.abbreviations
    a = algebra(spoken(circuit))
    if given is None:
        style = circuit.presentation
        written = {style.expanded(name) for name in (*a.circuit.symbols, *circuit.names, *a.values)}
        rows = [(name, value) for name, value in _suggested(a).items() if style.expanded(name) not in written]
    else:
        rows = [(name, _value(a, name, formula)) for name, formula in given]
    # one that stands for a number or for a single symbol abbreviates nothing (values may have made it so)
    return tuple(Abbreviation(name, str(q), q) for name, q in rows if not _single(q))


def _single(q: Quotient) -> bool:
    """Whether the value is a number, 0 included, or a symbol alone."""
    degree = q.over.total_degree() if q.over != 0 else 0
    alone = len(q.over) == 1 and degree == 1 and q.over.leading_coefficient() == 1
    return q.under.is_constant() and (q.over.is_constant() or (q.under.is_one() and alone))


def _suggested(a: Algebra) -> dict[str, Quotient]:
    circuit, found = a.circuit, dict[str, Quotient]()
    if a.pieces is not None and 1 < a.n <= MOST_NAMED:
        found["D"] = full_branch(circuit).determinant
    if a.groups and a.pieces is not None:
        part = copies.blocks(a, copies.merged(a, (a.one,) * a.n))[0]  # of a column: its first layer
        found["D_common"] = determinant(copies.interaction(a, part.W, part.slopes), a.ring)
        for group in part.groups[:1]:
            inner = copies.interaction(a, copies.contrast(part.W, group), (a.one,) * len(group.members))
            found["D_contrast"] = determinant(inner, a.ring)
    signs = [p.sign for p in circuit.populations]
    if a.n == 2 and sorted(map(str, signs)) == ["-1", "1"]:
        e, i = signs.index(1), signs.index(-1)
        if a.frozen:
            found["beta"] = a.one - full_branch(circuit).slopes[i] * a.W[i][i]
        else:
            found["delta"] = a.one - a.W[i][i]
        found["kappa"] = -a.W[e][i] * a.W[i][e]
        found["T"] = a.tau[e] / a.tau[i]
    return found


def _value(a: Algebra, name: str, formula: str) -> Quotient:
    if name in (*a.circuit.symbols, *a.circuit.names, *a.values):
        raise ModelError(
            f"[abbreviations] {name}: the circuit has a symbol or population of that name; choose another."
        )
    if formula.strip() == "det":
        return full_branch(a.circuit).determinant
    try:
        value = a.lowering().number(read_term(formula, "the abbreviation"))
    except (FormulaError, SymgameError) as error:
        raise ModelError(f"[abbreviations] {name}: {error}") from None
    if a.structural.compare(Quotient(value.under, value.under * 0 + 1), "!=") != TRUE:
        raise ModelError(
            f"[abbreviations] {name}: its denominator may be 0, and then what it stands in would not be defined; "
            f"abbreviate the denominator instead."
        )
    return value


# -- factors ----------------------------------------------------------------------------------------------------------


def _unit(p: Poly) -> tuple[Poly, int]:
    """The factor with a positive first term, as a paper writes it, and the sign that was taken out."""
    first = min(p.to_dict().items(), key=lambda item: (sum(item[0]), tuple(-e for e in item[0])))[1]
    return (p, 1) if first > 0 else (-p, -1)


def _factors(over: Poly, under: Poly) -> tuple[Fraction, Factors]:
    """``over/under`` as a number times powers of irreducible polynomials; nothing is cancelled."""
    number = Fraction(1)
    found: Factors = {}
    for p, sign in ((over, 1), (under, -1)):
        content, rows = p.factor()
        number *= Fraction(int(content)) ** sign
        for factor, power in rows:
            factor, flip = _unit(factor)
            number *= flip ** int(power)
            key = str(factor) if sign > 0 else f"/{factor}"
            found[key] = (factor, sign * int(power))
    return number, found


def leaves(node: s.Formula) -> int:
    """How long a formula is: its names and numbers, a power counting as a bit more than its base."""
    here = 1 if isinstance(node, s.Name | s.Number | s.Power) else 0
    return here + sum(leaves(child) for child in s.children(node))


# -- the shaper -------------------------------------------------------------------------------------------------------


class Shaper:
    """Formulas of one circuit in the shape of its presentation.

    >>> from symgame.grammar import read_formula
    >>> from symgame.named import wilson_cowan
    >>> shaper = Shaper(wilson_cowan())
    >>> print(shaper.shaped(read_formula("w_EE < 1 + tau_E*(1 + w_II)/tau_I & w_EI*u_I < u_E + w_II*u_E")))
    w_EE < 1 + T*delta & w_EI*u_I < delta*u_E
    """

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit = spoken(circuit)
        self.algebra = algebra(circuit)
        self.abbreviations = abbreviations(circuit)
        self._matched: list[tuple[str, Fraction, Factors]] = []
        for short in sorted(self.abbreviations, key=lambda a: -len(a.formula)):
            number, factors = _factors(short.value.over, short.value.under)
            self._matched.append((short.name, number, factors))
        self._long = [
            (a.name, a.value.over) for a in self.abbreviations if len(a.value.over) > 1 and a.value.under.is_one()
        ]
        gains = [str(gain(circuit.names[i])) for i in smooth(circuit)]
        order = dict.fromkeys((*circuit.presentation.order, *gains, *circuit.symbols))
        self._places = {name: k for k, name in enumerate(order)}
        self._inputs = tuple(dict.fromkeys(str(p.input) for p in circuit.populations if p.input.is_Symbol))
        self._times = tuple(dict.fromkeys(str(p.tau) for p in circuit.populations if p.tau.is_Symbol))
        self._positive = {n for n, rel in self.algebra.structural.signs.items() if rel == ">"}
        self._signed = circuit.signed
        self._reader = self.algebra.lowering()
        self._reader.values = {**self.algebra.values, **{a.name: a.value for a in self.abbreviations}}
        self._shapes: dict[s.Formula, s.Formula] = {}
        self._products: dict[tuple[str, str], s.Formula] = {}

    # -- reading ------------------------------------------------------------------------------------------------

    def fraction(self, node: s.Formula) -> tuple[Poly, Poly] | None:
        """Numerator and denominator, not cancelled, of a quotient of two polynomials; else ``None``."""
        if isinstance(node, s.Ratio):
            over, under = self.fraction(node.over), self.fraction(node.under)
            return None if over is None or under is None else (over[0] * under[1], over[1] * under[0])
        if isinstance(node, s.Negative):
            inner = self.fraction(node.of)
            return None if inner is None else (-inner[0], inner[1])
        if any(isinstance(part, s.Ratio | s.Call) for part in s.walk(node)):
            return None
        try:
            q = self._reader.number(node)
        except SymgameError:  # a word of the vocabulary
            return None
        return (q.over, q.under) if q.under.is_constant() else None

    def expanded(self, node: s.Formula) -> s.Formula:
        """The formula with every abbreviation written out."""
        table = {a.name: read_term(a.formula) for a in self.abbreviations}
        return substituted(node, table)

    # -- numbers ------------------------------------------------------------------------------------------------

    def number(self, node: s.Formula) -> s.Formula:
        """A number in its shortest shape; a call or word inside keeps its place."""
        if node not in self._shapes:
            self._shapes[node] = self._number(node)
        return self._shapes[node]

    def _number(self, node: s.Formula) -> s.Formula:
        parts = self.fraction(node)
        if parts is None:
            return self._part_by_part(node)
        candidates = [self._fraction(node, *parts)]
        if leaves(candidates[0]) >= leaves(node):  # a nested form, such as a power of a sum, may be the shorter one
            candidates.append(self._part_by_part(node))
        return self._checked(node, min(candidates, key=leaves), parts)

    def _part_by_part(self, node: s.Formula) -> s.Formula:
        match node:
            case s.Sum(terms=terms):
                return sum_of([self.number(t) for t in terms])
            case s.Negative(of=a):
                return negated(self.number(a))
            case s.Product() | s.Ratio() if (root := self._root(node)) is not None:
                return root
            case s.Product(factors=factors):
                shaped = [self.number(f) for f in factors]
                bare = product_of([negated(f) if isinstance(f, s.Negative) else f for f in shaped])
                return s.Negative(bare) if sum(isinstance(f, s.Negative) for f in shaped) % 2 else bare
            case s.Ratio(over=a, under=b):
                return s.Ratio(self.number(a), self.number(b))
            case s.Power(base=a, exponent=n):
                return s.Power(self.number(a), n)
            case s.Call(name="sqrt" | "abs" | "min" | "max" as name, args=args):
                return s.Call(name, tuple(self.number(a) for a in args))
        return node

    def _checked(self, node: s.Formula, shaped: s.Formula, parts: tuple[Poly, Poly]) -> s.Formula:
        """The shaped number, if expanding it gives the same quotient; the guard of everything above it."""
        back = self._reader.number(shaped)
        if back.over * parts[1] != back.under * parts[0]:
            raise ArithmeticError(f"shaping changed the value of {node}")  # pragma: no cover - exact algebra
        return shaped

    def _fraction(self, node: s.Formula, over: Poly, under: Poly) -> s.Formula:
        if len(over) + len(under) > MAX_TERMS or isinstance(node, s.Number | s.Name):
            return node
        candidates = [self._by_factors(over, under)]
        if under.is_one() and over != 0:
            candidates.append(self._sum(over))
        elif len(under) == 1 and len(over) > 1:
            candidates += [self._apart(terms, under) for terms in self._collections(over)]
        return min(candidates, key=leaves)

    def _apart(self, collected: s.Formula, under: Poly) -> s.Formula:
        """A sum over a monomial, term by term in lowest terms: ``(w - 1)/tau_E - delta/tau_I``."""
        rows = []
        for term in terms_of(collected):
            over = self._reader.number(term).over
            common = over.gcd(under)
            rows.append(self._by_factors(divmod(over, common)[0], divmod(under, common)[0]))
        return sum_of(rows)

    def _by_factors(self, over: Poly, under: Poly) -> s.Formula:
        """Products and quotients: abbreviations as many times as they divide, then the factors that are left."""
        key = (str(over), str(under))
        if key not in self._products:
            self._products[key] = self._factored(over, under)
        return self._products[key]

    def _factored(self, over: Poly, under: Poly) -> s.Formula:
        if over == 0:
            return s.Number(Fraction(0))
        number, factors = _factors(over, under)
        above: list[s.Formula] = []
        below: list[s.Formula] = []
        for name, scale, wanted in self._matched:
            for direction in (1, -1):
                times = _times(factors, wanted, direction)
                if times:
                    factors = _without(factors, wanted, direction * times)
                    number /= scale ** (direction * times)
                    (above if direction > 0 else below).append(power_of(s.Name(name), times))
        for p, power in sorted(factors.values(), key=lambda item: (len(item[0]), self._rank(item[0]))):
            shaped = s.Name(variables(p)[0]) if len(p) == 1 else self._sum(p)
            if isinstance(shaped, s.Negative):
                number, shaped = number * (-1) ** power, shaped.of
            (above if power > 0 else below).append(power_of(shaped, abs(power)))
        return assembled(number, self._ordered(above), self._ordered(below))

    def _rank(self, p: Poly) -> tuple[object, ...]:
        names = variables(p)
        return (self._place(names[0]) if names else -1, str(p))

    def _place(self, name: str) -> int:
        return self._places.get(name, -1)

    def _ordered(self, factors: list[s.Formula]) -> list[s.Formula]:
        """Numbers and abbreviations first, then the author's order, then sums; inputs and rates last."""
        names = [a.name for a in self.abbreviations]

        def key(node: s.Formula) -> tuple[int, int]:
            base = node.base if isinstance(node, s.Power) else node
            if not isinstance(base, s.Name):
                return (2, 0)
            if base.id in names:
                return (0, self._places.get(base.id, len(self._places) - names.index(base.id)))
            return (3 if base.id in self._inputs else 1, self._place(base.id))

        return sorted(factors, key=key)

    def _sum(self, p: Poly) -> s.Formula:
        """A polynomial as the shortest of: an abbreviation, its terms, its inputs collected, a division."""
        unit, flip = _unit(p)
        for name, whole in self._long:
            if unit in (whole, -whole):
                return s.Name(name) if (unit == whole) == (flip > 0) else s.Negative(s.Name(name))
        if len(p) == 1:
            return self._monomial(p)
        candidates = [*self._collections(p), self._terms(p)]
        for _, whole in self._long:
            quotient, rest = divmod(p, whole)
            if quotient != 0 and len(quotient) + len(rest) < len(p):
                product = self._by_factors(quotient * whole, p * 0 + 1)
                candidates.append(product if rest == 0 else sum_of([*terms_of(product), *terms_of(self._sum(rest))]))
        return min(candidates, key=leaves)

    def _terms(self, p: Poly) -> s.Formula:
        context = p.context()
        descending = self.circuit.presentation.terms == "descending"

        def key(item: tuple[tuple[int, ...], int]) -> tuple[object, ...]:
            places = sorted((self._place(n), e) for n, e in zip(names_of(p), item[0], strict=True) if e)
            return (-sum(item[0]) if descending else sum(item[0]), [(k, -e) for k, e in places])

        return sum_of([self._monomial(context.from_dict({m: c})) for m, c in sorted(p.to_dict().items(), key=key)])

    def _monomial(self, p: Poly) -> s.Formula:
        return (
            self._by_factors(p, p * 0 + 1) if not p.is_constant() else s.Number(Fraction(int(p.leading_coefficient())))
        )

    def _collections(self, p: Poly) -> list[s.Formula]:
        """``sum_j c_j u_j`` over the inputs, or over the time constants, when the polynomial is linear in them."""
        found = [self._collected(p, self._inputs), self._collected(p, self._times)]
        return [node for node in found if node is not None]

    def _collected(self, p: Poly, names: tuple[str, ...]) -> s.Formula | None:
        used = [name for name in names if name in variables(p)]
        if not used or any(len(coefficients(p, name)) > 2 for name in used):
            return None
        rows, rest = [], p
        for name in used:
            constant, slope = coefficients(rest, name)
            if set(variables(slope)) & set(used):
                return None
            rows.append(signed_product(self._sum(slope), s.Name(name)))
            rest = constant
        return None if rest != 0 else sum_of(rows)

    def _root(self, node: s.Formula) -> s.Formula | None:
        """``c sqrt(P)``: positive symbols of c's denominator go under the root when that makes it shorter."""
        split = root_split(node)
        if split is None:
            return None
        outside, inside = split
        outer, under_root = self.fraction(outside), self.fraction(inside)
        if outer is None or under_root is None:
            return None
        candidates = []
        for moved in ([], [n for n in variables(outer[1]) if n in self._positive]):
            over, under, p, q = *outer, *under_root
            for name in moved:
                gen = self.algebra.ring.gen(name)
                under, rest = divmod(under, gen)
                if rest != 0:
                    break  # the denominator is no product with that symbol
                q = q * gen * gen
            else:
                common = p.gcd(q)
                p, q = divmod(p, common)[0], divmod(q, common)[0]
                root = s.Call("sqrt", (self._by_factors(p, q),))
                factor = self._by_factors(over, under)
                candidates.append(times_root(factor, root))
        return min(candidates, key=leaves) if candidates else None

    # -- conditions ---------------------------------------------------------------------------------------------

    def shaped(self, node: s.Formula) -> s.Formula:
        """The whole formula in its shape; with signed weights, in the signed symbols."""
        return self.signed(self._shaped(node))

    def signed(self, node: s.Formula) -> s.Formula:
        """The tree in the signed entries of W, when that is the presentation."""
        return in_signed(node, self._signed) if self._signed else node

    def _shaped(self, node: s.Formula) -> s.Formula:
        match node:
            case s.Not(of=s.Relation(terms=terms, ops=(op,))):
                return self._shaped(s.Relation(terms, (_OPPOSITE[op],)))
            case s.Relation(terms=(a, b), ops=(op,)):
                return self._relation(node, a, b, op)
            case s.Relation():
                return rebuilt(node, self.number)
            case s.And() | s.Or() | s.Not() | s.Implies() | s.Iff():
                return rebuilt(node, self._shaped)
            case s.Call(name="for_all_tau" | "for_some_tau" | "for_all_gains" | "for_some_gains"):
                return rebuilt(node, self._shaped)
        return node if s.is_condition(node) else self.number(node)

    def _relation(self, node: s.Formula, a: s.Formula, b: s.Formula, op: str) -> s.Formula:
        if node not in self._shapes:
            self._shapes[node] = self._compared(node, a, b, op)
        return self._shapes[node]

    def _compared(self, node: s.Formula, a: s.Formula, b: s.Formula, op: str) -> s.Formula:
        candidates: list[s.Formula] = [s.Relation((self.number(a), self.number(b)), (op,))]
        left, right = self.fraction(a), self.fraction(b)
        if left is not None and right is not None and left[1].is_one() and right[1].is_one():
            proper = left[0] != 0 and right[0] != 0
            collected = self._collected(left[0] - right[0], self._inputs)
            if collected is not None and proper:
                candidates.insert(0, two_sided(collected, op))
            for short in self.abbreviations:
                names = variables(short.value.under)
                if names and set(names) <= self._positive and proper:
                    sides = [self._lowest(side, short.value.under) for side in (left[0], right[0])]
                    candidates.append(s.Relation(tuple(sides), (op,)))
        best = min(candidates, key=leaves)
        if self._meaning(node) != self._meaning(best):
            raise ArithmeticError(f"shaping changed the meaning of {node}")  # pragma: no cover - exact algebra
        return best

    def _lowest(self, over: Poly, under: Poly) -> s.Formula:
        """The quotient in lowest terms, its denominator being positive."""
        common = over.gcd(under)
        return self._by_factors(divmod(over, common)[0], divmod(under, common)[0])

    def _meaning(self, node: s.Formula) -> Condition | None:
        """What a comparison says in signs of polynomials; ``None`` when a root or a word is in it."""
        if any(
            isinstance(part, s.Call) or (isinstance(part, s.Name) and part.id in BRANCH_NUMBERS)
            for part in s.walk(node)
        ):
            return None
        return self._reader.condition(node)

    # -- what is printed ----------------------------------------------------------------------------------------

    def definitions(self) -> list[tuple[str, s.Formula]]:
        """Each abbreviation with its formula, in terms of the symbols and of the other abbreviations."""
        rows = []
        for short in self.abbreviations:
            other = Shaper.__new__(Shaper)
            other.__dict__.update(self.__dict__)
            other._matched = [row for row in self._matched if row[0] != short.name]
            other._products = {}
            other._long = [row for row in self._long if row[0] != short.name]
            node = other._by_factors(short.value.over, short.value.under)
            rows.append((short.name, self.signed(node)))
        return rows


def _times(factors: Factors, wanted: Factors, direction: int) -> int:
    """How often all of the wanted factors (or their inverses) can be taken out."""
    counts = []
    for key, (_, power) in wanted.items():
        turned = key if direction > 0 else key[1:] if key.startswith("/") else f"/{key}"
        have = factors.get(turned, (None, 0))[1]
        counts.append(abs(have) // abs(power))
    return min(counts, default=0)


def _without(factors: Factors, wanted: Factors, times: int) -> Factors:
    rest = dict(factors)
    for key, (p, power) in wanted.items():
        turned = key if times > 0 else key[1:] if key.startswith("/") else f"/{key}"
        left = rest[turned][1] - power * times
        rest[turned] = (p, left)
        if left == 0:
            del rest[turned]
    return rest
