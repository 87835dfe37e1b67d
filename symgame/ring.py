"""Polynomials with integer coefficients in the symbols of one circuit, and their quotients.

FLINT does the arithmetic: it is 100 times faster than expression trees and its answers do not depend on which
ground types SymPy has picked. A circuit has *one* ring, so polynomials of one circuit always combine.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import combinations
from typing import Any

import sympy
from flint import Ordering, fmpq, fmpq_mat, fmpz_mpoly_ctx

from symgame.errors import BudgetExceeded
from symgame.letters import ascii_name
from symgame.notation import symbol

Poly = Any  # flint.fmpz_mpoly; FLINT's own types carry no usable annotations
MAX_MINORS = 10
LARGE = 7  # rows from which a matrix of numbers is no matter of expansions
MAX_TERMS = 20_000
#: Fresh unknowns of every ring: square roots, moduli, renamed bound variables. No user name may start so.
FRESH = tuple(f"aux_{k}_" for k in range(1, 25))
# They are shared out, so that no two uses in one statement meet: roots, bound time constants, weights of LDS.
MAX_BOUND = 6
FUNCTION_VALUES, BOUND_TAUS, LDS_WEIGHTS = FRESH[:12], FRESH[12 : 12 + MAX_BOUND], FRESH[-MAX_BOUND:]
BOUND_GAINS = LDS_WEIGHTS  # a quantifier over gains holds no other, and bound names are renamed where they meet


@dataclass(frozen=True)
class Ring:
    """ZZ[names], the names in the order of the circuit, then the fresh unknowns."""

    names: tuple[str, ...]

    @property
    def context(self) -> Any:
        return _context(self.names)

    def gen(self, name: str) -> Poly:
        return self.context.gen(self.names.index(name))

    def constant(self, value: int) -> Poly:
        return self.context.constant(value)

    def quotient(self, value: Fraction | int) -> Quotient:
        value = Fraction(value)
        return Quotient(self.constant(value.numerator), self.constant(value.denominator))

    def of(self, name: str) -> Quotient:
        return Quotient(self.gen(name), self.constant(1))


@cache
def _context(names: tuple[str, ...]) -> Any:
    return fmpz_mpoly_ctx.get(tuple(ascii_name(name) for name in names), Ordering.degrevlex)  # FLINT wants ASCII


@cache
def _from_ascii(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(re.sub(r"_u([0-9A-F]+)_", lambda found: chr(int(found.group(1), 16)), name) for name in names)


def names_of(p: Poly) -> tuple[str, ...]:
    """The names of the ring that a polynomial belongs to, in order.

    >>> names_of(Ring(("w_é", "b")).gen("b"))
    ('w_é', 'b')
    """
    return _from_ascii(p.context().names())


def place_of(p: Poly, name: str) -> int:
    """The place of a name among them."""
    return int(p.context().variable_to_index(ascii_name(name)))


def times(a: Poly, b: Poly) -> Poly:
    """The product, refused when it would grow past :data:`MAX_TERMS` squared work."""
    if len(a) * len(b) > 50 * MAX_TERMS:
        raise BudgetExceeded(f"a product of polynomials with {len(a)} and {len(b)} terms; give some symbols values")
    return a * b


@dataclass(frozen=True)
class Quotient:
    """``over / under`` with ``under`` not the zero polynomial, in lowest terms.

    Lowest terms lose the places where a cancelled factor vanishes; who writes a quotient keeps that hypothesis.
    """

    over: Poly
    under: Poly

    def __post_init__(self) -> None:
        if self.under == 0:
            raise ZeroDivisionError("a quotient by the zero polynomial")
        if len(self.over) > MAX_TERMS or len(self.under) > MAX_TERMS:
            raise BudgetExceeded(f"an expression with more than {MAX_TERMS} terms; give some symbols values")
        if self.over == 0:
            object.__setattr__(self, "under", self.under * 0 + 1)
        elif not self.under.is_one():
            common = self.over.gcd(self.under)
            if self.under.leading_coefficient() < 0:
                common = -common
            if not common.is_one():
                object.__setattr__(self, "over", divmod(self.over, common)[0])
                object.__setattr__(self, "under", divmod(self.under, common)[0])

    def __add__(self, other: Quotient) -> Quotient:
        if self.under == other.under:
            return Quotient(self.over + other.over, self.under)
        return Quotient(times(self.over, other.under) + times(other.over, self.under), times(self.under, other.under))

    def __neg__(self) -> Quotient:
        return Quotient(-self.over, self.under)

    def __sub__(self, other: Quotient) -> Quotient:
        return self + (-other)

    def __mul__(self, other: Quotient) -> Quotient:
        return Quotient(times(self.over, other.over), times(self.under, other.under))

    def __truediv__(self, other: Quotient) -> Quotient:
        return Quotient(times(self.over, other.under), times(self.under, other.over))

    def __pow__(self, n: int) -> Quotient:
        result = Quotient(self.over * 0 + 1, self.over * 0 + 1)
        for _ in range(n):
            result = result * self
        return result

    @property
    def is_zero(self) -> bool:
        return bool(self.over == 0)

    @property
    def number(self) -> Fraction | None:
        """The number that a quotient without symbols is; ``None`` when it holds one."""
        if not (self.over.is_constant() and self.under.is_constant()):
            return None
        if self.is_zero:
            return Fraction(0)
        return Fraction(int(self.over.leading_coefficient()), int(self.under.leading_coefficient()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Quotient) and bool(self.over * other.under == other.over * self.under)

    def __hash__(self) -> int:
        return hash((str(self.over), str(self.under)))

    def __str__(self) -> str:
        over, under = poly_text(self.over), poly_text(self.under)
        if self.under.is_one():
            return over
        over = f"({over})" if len(self.over) > 1 else over
        return f"{over}/({under})" if len(self.under) > 1 or "*" in under else f"{over}/{under}"

    def sympy(self) -> sympy.Expr:
        return to_sympy(self.over) / to_sympy(self.under)


Matrix = Sequence[Sequence[Quotient]]


def variables(p: Poly) -> tuple[str, ...]:
    """The names that occur, in the order of the ring."""
    return tuple(name for name, degree in zip(names_of(p), p.degrees(), strict=True) if degree > 0)


def coefficients(p: Poly, name: str) -> list[Poly]:
    """``p`` as a polynomial in one name: coefficients from the constant one up."""
    context = p.context()
    place = place_of(p, name)
    rows: dict[int, dict[tuple[int, ...], int]] = {}
    for monomial, coefficient in p.to_dict().items():
        rest = (*monomial[:place], 0, *monomial[place + 1 :])
        rows.setdefault(monomial[place], {})[rest] = coefficient
    return [context.from_dict(rows.get(k, {})) for k in range(max(rows, default=0) + 1)]


def rename(p: Poly, names: Mapping[str, str]) -> Poly:
    """``p`` with names exchanged for others of the same ring."""
    context = p.context()
    place = {place_of(p, a): place_of(p, b) for a, b in names.items()}
    terms: dict[tuple[int, ...], int] = {}
    for monomial, coefficient in p.to_dict().items():
        moved = [0] * len(monomial)
        for k, power in enumerate(monomial):
            moved[place.get(k, k)] += power
        terms[tuple(moved)] = terms.get(tuple(moved), 0) + coefficient
    return context.from_dict(terms)


def substitute(p: Poly, name: str, value: Quotient) -> Quotient:
    """``p`` with a quotient in the place of a name."""
    rows = coefficients(p, name)
    total = Quotient(rows[-1], p * 0 + 1)
    for row in reversed(rows[:-1]):
        total = total * value + Quotient(row, p * 0 + 1)
    return total


def value_at(p: Poly, point: Mapping[str, Fraction]) -> Fraction:
    """The exact value at a rational point that names every variable of ``p``."""
    names = names_of(p)
    total = Fraction(0)
    for monomial, coefficient in p.to_dict().items():
        term = Fraction(int(coefficient))
        for name, power in zip(names, monomial, strict=True):
            if power:
                term *= point[name] ** int(power)
        total += term
    return total


def primitive(p: Poly) -> Poly:
    """``p`` divided by the positive content of its coefficients: the same sign everywhere."""
    if p == 0:
        return p
    content = abs(int(p.content()))
    return p if content == 1 else divmod(p, p.context().constant(content))[0]


def _ordered(p: Poly) -> list[tuple[tuple[int, ...], int]]:
    """Terms as a paper writes them: the constant, then by degree, earlier names first."""
    return sorted(p.to_dict().items(), key=lambda item: (sum(item[0]), tuple(-e for e in item[0])))


def poly_text(p: Poly) -> str:
    """The polynomial in the syntax of formulas.

    >>> R = Ring(("a", "b"))
    >>> poly_text((1 - R.gen("a")) * (1 + R.gen("b")))
    '1 - a + b - a*b'
    """
    if p == 0:
        return "0"
    names = names_of(p)
    parts: list[str] = []
    for monomial, coefficient in _ordered(p):
        factors = [n if e == 1 else f"{n}^{e}" for n, e in zip(names, monomial, strict=True) if e]
        size = abs(int(coefficient))
        if size != 1 or not factors:
            factors.insert(0, str(size))
        sign = ("-" if coefficient < 0 else "") if not parts else (" - " if coefficient < 0 else " + ")
        parts.append(sign + "*".join(factors))
    return "".join(parts)


def factored_text(p: Poly) -> str:
    """The polynomial as a product of its factors, each written out: ``tau_E*(1 + w_II)``."""
    content, factors = p.factor()
    if len(p) == 1 or (len(factors) == 1 and int(factors[0][1]) == 1 and abs(int(content)) == 1):
        return poly_text(p)
    number = int(content)
    parts = []
    for factor, power in sorted(factors, key=lambda item: (len(item[0]), str(item[0]))):
        first = min(factor.to_dict().items(), key=lambda item: (sum(item[0]), tuple(-e for e in item[0])))[1]
        if first < 0:  # each factor begins with a positive term
            factor, number = -factor, number * (-1) ** int(power)
        written = poly_text(factor)
        written = f"({written})" if len(factor) > 1 else written
        parts.append(written if int(power) == 1 else f"{written}^{int(power)}")
    product = "*".join(parts if abs(number) == 1 else [str(abs(number)), *parts])
    return product if number > 0 else f"-{product}"


def to_sympy(p: Poly) -> sympy.Expr:
    """The polynomial as a SymPy expression in :func:`symgame.notation.symbol` symbols, factored where it factors."""
    if p == 0:
        return sympy.Integer(0)
    content, factors = p.factor()
    product: sympy.Expr = sympy.Integer(int(content))
    for factor, power in factors:
        product *= _sum(factor) ** int(power)
    return product


def _sum(p: Poly) -> sympy.Expr:
    symbols = [symbol(n) for n in names_of(p)]
    return sympy.Add(
        *(
            sympy.Integer(int(c)) * sympy.Mul(*(s ** int(e) for s, e in zip(symbols, m, strict=True) if e))
            for m, c in p.to_dict().items()
        )
    )


def from_sympy(expression: sympy.Expr, ring: Ring) -> Quotient:
    """A rational expression in the ring's symbols; anything else is refused by ``ValueError``."""
    if isinstance(expression, sympy.Symbol):
        if expression != symbol(expression.name) or expression.name not in ring.names:
            raise ValueError(f"the symbol {expression} is not one of the circuit's")
        return ring.of(expression.name)
    if isinstance(expression, sympy.Rational):
        return ring.quotient(Fraction(int(expression.p), int(expression.q)))
    if isinstance(expression, sympy.Add | sympy.Mul):
        total = ring.quotient(0 if isinstance(expression, sympy.Add) else 1)
        for argument in expression.args:
            part = from_sympy(argument, ring)
            total = total + part if isinstance(expression, sympy.Add) else total * part
        return total
    if isinstance(expression, sympy.Pow) and isinstance(expression.exp, sympy.Integer):
        power = from_sympy(expression.base, ring) ** abs(int(expression.exp))
        return power if expression.exp >= 0 else ring.quotient(1) / power
    raise ValueError(f"{expression} is not a quotient of polynomials")


def _numbers(matrix: Matrix) -> fmpq_mat | None:
    """The matrix over QQ, or ``None`` when an entry holds a symbol."""
    if not all(q.over.is_constant() and q.under.is_constant() for row in matrix for q in row):
        return None
    rows = [[value_at(q.over, {}) / value_at(q.under, {}) for q in row] for row in matrix]
    return fmpq_mat([[fmpq(v.numerator, v.denominator) for v in row] for row in rows])


def _number(value: fmpq, ring: Ring) -> Quotient:
    return ring.quotient(Fraction(int(value.p), int(value.q)))


def determinant(matrix: Matrix, ring: Ring) -> Quotient:
    """Laplace expansion, memoised over column subsets: no division, so no pivot has to be known nonzero.

    A larger matrix of numbers is left to FLINT.
    """
    n = len(matrix)
    if n >= LARGE:
        numbers = _numbers(matrix)
        if numbers is not None:
            return _number(numbers.det(), ring)
    best: dict[int, Quotient] = {0: ring.quotient(1)}
    for row in range(n):
        grown: dict[int, Quotient] = {}
        for taken, minor in best.items():
            if minor.is_zero:
                continue
            for column in range(n):
                if taken >> column & 1 or matrix[row][column].is_zero:
                    continue
                # the sign of the permutation: how many chosen columns lie to the right of this one
                swaps = (taken >> column).bit_count()
                term = matrix[row][column] * minor
                key = taken | 1 << column
                grown[key] = grown.get(key, ring.quotient(0)) + (-term if swaps & 1 else term)
        best = grown
    return best.get((1 << n) - 1, ring.quotient(0))


def submatrix(matrix: Matrix, rows: Sequence[int], columns: Sequence[int]) -> list[list[Quotient]]:
    return [[matrix[r][c] for c in columns] for r in rows]


def adjugate(matrix: Matrix, ring: Ring) -> list[list[Quotient]]:
    """``adj(M)`` with ``M adj(M) = det(M) I``, by cofactors."""
    n = len(matrix)
    numbers = _numbers(matrix) if n >= LARGE else None
    if numbers is not None and numbers.det() != 0:
        inverse = numbers.inv() * numbers.det()
        return [[_number(inverse[r, c], ring) for c in range(n)] for r in range(n)]
    result = [[ring.quotient(0)] * n for _ in range(n)]
    for r in range(n):
        for c in range(n):
            rows, columns = [k for k in range(n) if k != r], [k for k in range(n) if k != c]
            minor = determinant(submatrix(matrix, rows, columns), ring)
            result[c][r] = -minor if (r + c) & 1 else minor
    return result


def schur(matrix: Matrix, kept: Sequence[int], out: Sequence[int], ring: Ring) -> list[list[Quotient]]:
    """``A_kk - A_ko A_oo^{-1} A_ok``: the matrix on the kept rows when the other unknowns are eliminated.

    >>> ring = Ring(("a", "b", "c", "d"))
    >>> matrix = [[ring.of("a"), ring.of("b")], [ring.of("c"), ring.of("d")]]
    >>> [[str(q) for q in row] for row in schur(matrix, [0], [1], ring)]
    [['(a*d - b*c)/d']]
    """
    inner = submatrix(matrix, out, out)
    det, inverse = determinant(inner, ring), adjugate(inner, ring)

    def entry(i: int, j: int) -> Quotient:
        total = det * matrix[i][j]
        for p, a in enumerate(out):
            for q, b in enumerate(out):
                total = total - matrix[i][a] * inverse[p][q] * matrix[b][j]
        return total / det

    return [[entry(i, j) for j in kept] for i in kept]


def principal_minors(matrix: Matrix, ring: Ring) -> dict[tuple[int, ...], Quotient]:
    """Every nonempty index set with its principal minor, smaller sets first.

    Laplace expansion along the last row, memoised over row and column sets, which the index sets share.
    """
    n = len(matrix)
    if n > MAX_MINORS:
        raise BudgetExceeded(
            f"the 2^{n} principal minors of {n} populations are not written out (at most {MAX_MINORS} populations that "
            f"all act on one another); give the symbols values"
        )
    plain = all(entry.under.is_one() for row in matrix for entry in row)
    entries: list[list[Any]] = [[entry.over if plain else entry for entry in row] for row in matrix]
    present = [sum(1 << c for c in range(n) if not matrix[r][c].is_zero) for r in range(n)]
    known: dict[tuple[int, int], Any] = {}

    def minor(rows: int, columns: int) -> Any:
        """``None`` stands for 0: a minor that the zeros of the matrix force."""
        last = rows.bit_length() - 1
        if rows == 1 << last:
            column = columns.bit_length() - 1
            return entries[last][column] if present[last] & columns else None
        if (rows, columns) not in known:
            total = None
            for column in range(n):
                if columns & present[last] & 1 << column:
                    smaller = minor(rows ^ 1 << last, columns ^ 1 << column)
                    if smaller is not None:
                        term = entries[last][column] * smaller
                        term = -term if (columns >> column + 1).bit_count() & 1 else term
                        total = term if total is None else total + term
                        if plain and len(total) > MAX_TERMS:
                            raise BudgetExceeded(f"a minor with more than {MAX_TERMS} terms; give some symbols values")
            known[rows, columns] = total
        return known[rows, columns]

    zero, one = ring.quotient(0), ring.constant(1)
    result = {}
    for size in range(1, n + 1):
        for chosen in combinations(range(n), size):
            bits = sum(1 << k for k in chosen)
            value = minor(bits, bits)
            result[chosen] = zero if value is None else Quotient(value, one) if plain else value
    return result


def characteristic_polynomial(matrix: Matrix, ring: Ring) -> list[Quotient]:
    """``[1, c_1, ..., c_n]`` of ``det(s I - M)``, leading first: ``c_k`` is (-1)^k times the sum of k-minors."""
    n = len(matrix)
    numbers = _numbers(matrix) if n >= LARGE else None
    if numbers is not None:
        return [_number(c, ring) for c in reversed(numbers.charpoly().coeffs())]
    coefficients_ = [ring.quotient(1)] + [ring.quotient(0)] * n
    for chosen, minor in principal_minors(matrix, ring).items():
        k = len(chosen)
        coefficients_[k] = coefficients_[k] + (-minor if k & 1 else minor)
    return coefficients_
