"""Polynomials written short: common parts taken out, ``(1 - w_EE)*(1 - w_SV*w_VS) + w_ES*(w_SE - w_SV*w_VE)``."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from symgame import syntax as s
from symgame.condition import TRUE, And, Condition, Or, Sign
from symgame.rewriting import assembled, is_negative, negated, power_of, sum_of, terms_of
from symgame.ring import Poly, Quotient, coefficients, names_of, variables

MAX_TERMS = 60
CANDIDATES = 3  # how many names are tried at each sum


def nested(p: Poly) -> s.Formula:
    """A formula equal to the polynomial: its factors, and each factor with one name after the other taken out of it.

    The name that leaves the shortest parts is taken out first; a search, not the shortest form that there is. A
    polynomial of more than :data:`MAX_TERMS` terms stays a product of expanded sums.

    >>> from symgame.grammar import read_term
    >>> from symgame.ring import Ring
    >>> a, b, c, d = (Ring(("a", "b", "c", "d")).gen(name) for name in "abcd")
    >>> print(nested((1 - a) * (1 - b * c) + d * (a - b)))
    (1 - a)*(1 - b*c) + d*(a - b)
    >>> print(nested(2 * a * b - 2 * a * c))
    2*a*(b - c)
    """
    return _nester(names_of(p)).of(p)


def nested_text(p: Poly) -> str:
    """:func:`nested` as text of the grammar.

    >>> from symgame.ring import Ring
    >>> a, b, c = (Ring(("a", "b", "c")).gen(name) for name in "abc")
    >>> nested_text(-a * b - a * c)
    '-a*(b + c)'
    """
    node = nested(p)
    if is_negative(terms_of(node)[0]):  # text writes a minus sign in front as -(a*b): here it reads better as -a*b
        zero = s.Number(Fraction(0))
        return "-" + s.text(s.Sum((zero, *terms_of(node)))).removeprefix("0 - ")
    return s.text(node)


def compared(p: Poly, rel: str) -> s.Formula:
    """``p rel 0`` in its short form, what is subtracted on the other side.

    >>> from symgame.ring import Ring
    >>> a, b, c = (Ring(("a", "b", "c")).gen(name) for name in "abc")
    >>> print(compared(a - a * b - b * c, ">"))
    a > b*(a + c)
    >>> print(compared(-a * b, ">"))
    a*b < 0
    """
    node = nested(p)
    plus = [term for term in terms_of(node) if not is_negative(term)]
    minus = [negated(term) for term in terms_of(node) if is_negative(term)]
    if plus and minus:  # the side with a number, or else the longer one, to the right
        numbers = [any(isinstance(term, s.Number) for term in side) for side in (plus, minus)]
        if numbers[0] or (not numbers[1] and len(plus) > len(minus)):
            return s.Relation((sum_of(minus), sum_of(plus)), (rel.replace(">", "<"),))
        return s.Relation((sum_of(plus), sum_of(minus)), (rel,))
    if is_negative(terms_of(node)[0]):
        return s.Relation((nested(-p), s.Number(Fraction(0))), (rel.replace(">", "<"),))
    return s.Relation((node, s.Number(Fraction(0))), (rel,))


def nested_quotient(q: Quotient) -> str:
    """A quotient with numerator and denominator in their short forms, as text of the grammar.

    >>> from symgame.ring import Ring
    >>> a, b, c = (Ring(("a", "b", "c")).of(name) for name in "abc")
    >>> nested_quotient((a * b + a * c) / (b - c))
    '(a*(b + c))/(b - c)'
    """
    over = nested_text(q.over)
    if q.under.is_one():
        return over
    under = nested_text(q.under)
    over = f"({over})" if " " in over else over
    return f"{over}/{under}" if len(q.under) == 1 and "*" not in under else f"{over}/({under})"


def condition_text(c: Condition) -> str:
    """A condition without quantifiers in the grammar, every polynomial in its short form.

    >>> from symgame.condition import either, sign
    >>> from symgame.ring import Ring
    >>> a, b, c = (Ring(("a", "b", "c")).of(name) for name in "abc")
    >>> condition_text(either(sign(a * b + a * c, ">"), sign(a, "=")))
    'a*(b + c) > 0 | a = 0'
    """
    return s.text(_written(c))


def _written(c: Condition) -> s.Formula:
    match c:
        case Sign(poly=p, rel=rel):
            return compared(p, rel)
        case And(args=()) | Or(args=()):
            return s.Truth(c == TRUE)
        case And(args=args):
            return s.And(tuple(_written(part) for part in args))
        case Or(args=args):
            return s.Or(tuple(_written(part) for part in args))
    raise TypeError(f"a quantified condition cannot be written: {c}")


def length(node: s.Formula) -> int:
    """How long a formula is to read: its names and numbers."""
    here = 1 if isinstance(node, s.Name | s.Number | s.Power) else 0
    return here + sum(length(child) for child in s.children(node))


@cache
def _nester(names: tuple[str, ...]) -> _Nester:
    """The one of a ring: conditions repeat the same polynomials."""
    return _Nester()


class _Nester:
    """The forms of polynomials and of their parts, each found once."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Fraction, list[s.Formula]]] = {}

    def of(self, p: Poly) -> s.Formula:
        """The product of the factors, each in its short form; the sign in front."""
        return assembled(*self.parts(p), [])

    def parts(self, p: Poly) -> tuple[Fraction, list[s.Formula]]:
        """A number and the factors, each of them beginning with a positive term."""
        key = str(p)
        if key not in self._known:
            self._known[key] = self._parts(p)
        return self._known[key]

    def _parts(self, p: Poly) -> tuple[Fraction, list[s.Formula]]:
        if p == 0 or p.is_constant():
            return Fraction(int(p.leading_coefficient()) if p != 0 else 0), []
        content, rows = p.factor()
        number = Fraction(int(content))
        factors: list[s.Formula] = []
        for factor, power in sorted(rows, key=lambda row: (len(row[0]), str(row[0]))):
            if _falling(factor):
                factor, number = -factor, number * (-1) ** int(power)
            factors.append(power_of(self._sum(factor), int(power)))
        return number, factors

    def _sum(self, p: Poly) -> s.Formula:
        """An irreducible factor: expanded, or ``rest + name*slope`` for the name that makes it shortest."""
        best = _expanded(p)
        if not 3 <= len(p) <= MAX_TERMS:
            return best
        splits = []
        for place, name in enumerate(variables(p)):
            rows = coefficients(p, name)
            if len(rows) == 2 and (len(rows[1]) > 1 or len(rows[0].factor()[1]) > 1):
                splits.append((_factored_length(rows[1]) + _factored_length(rows[0]), place, name, rows))
        for _, _, name, (rest, slope) in sorted(splits, key=lambda row: row[:2])[:CANDIDATES]:
            number, factors = self.parts(slope)
            candidate = sum_of([*terms_of(self.of(rest)), assembled(number, [s.Name(name), *factors], [])])
            if _heavy(candidate) < _heavy(best):
                best = candidate
        return best


def _heavy(node: s.Formula) -> tuple[int, int]:
    """Of two forms as long, the one with fewer terms reads better."""
    return length(node), len(terms_of(node))


def _falling(p: Poly) -> bool:
    """Whether the first term, as a paper orders them, is negative."""
    return bool(min(p.to_dict().items(), key=lambda row: (sum(row[0]), tuple(-e for e in row[0])))[1] < 0)


def _factored_length(p: Poly) -> int:
    """Names and numbers in the product of expanded factors."""
    if p.is_constant():
        return 1
    return sum(sum(max(1, sum(m)) for m in factor.monoms()) for factor, _ in p.factor()[1])


def _expanded(p: Poly) -> s.Formula:
    """The terms as a paper orders them: the constant, then by degree, earlier names first."""
    names = tuple(variables(p))
    places = [k for k, degree in enumerate(p.degrees()) if degree > 0]
    terms: list[s.Formula] = []
    for monomial, coefficient in sorted(p.to_dict().items(), key=lambda row: (sum(row[0]), tuple(-e for e in row[0]))):
        powers = [(name, int(monomial[k])) for name, k in zip(names, places, strict=True) if monomial[k]]
        factors = [power_of(s.Name(name), e) for name, e in powers]
        terms.append(assembled(Fraction(int(coefficient)), factors, []))
    return sum_of(terms)
