"""Where along one parameter the name of a regime may change, once every other symbol has a value: exact real roots.

The names of regimes are decided by signs of polynomials. With one symbol left these are polynomials in one unknown:
their real roots are isolated exactly, and strictly between two neighbouring roots no sign, so no name, changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import ceil, floor

import sympy

from symgame.algebra import algebra
from symgame.branches import full_branch
from symgame.chart import Chart, Threshold, deciding, regime_condition, regime_name, regime_table, spectrum
from symgame.circuit import Circuit
from symgame.condition import Condition, atoms, both, free_names, holds
from symgame.errors import Unsupported
from symgame.grammar import read_formula
from symgame.proof.algebraic import Algebraic
from symgame.ring import Poly, Quotient, coefficients, value_at, variables
from symgame.statements import read

RADIUS = sympy.Rational(1, 10**12)


@dataclass(frozen=True)
class Crossing:
    """A root of a deciding polynomial: in ``[low, high]``, which is one point when the root is rational.

    ``names`` are the thresholds of the chart that this root is; ``text`` is exact where a threshold is closed.
    """

    low: Fraction
    high: Fraction
    text: str
    names: tuple[str, ...] = ()

    @property
    def value(self) -> float:
        return float((self.low + self.high) / 2)


@dataclass(frozen=True)
class Interval:
    """An open interval of the parameter on which one regime was decided, at the exact point ``at`` inside it.

    ``low`` and ``high`` are its crossings, ``None`` at an end of the domain or of the picture.
    """

    low: Crossing | None
    high: Crossing | None
    at: Fraction
    name: str
    spectrum: str


@cache
def regime_conditions(circuit: Circuit) -> tuple[tuple[str, Condition], ...]:
    """The named conditions of the regimes in the ring of one circuit, in the order in which they are tried."""
    return tuple(
        (name, read(circuit, read_formula(regime_condition(circuit, when)), ()).query.conclusion)
        for name, when, _ in regime_table()
    )


def deciding_polynomials(circuit: Circuit) -> tuple[Poly, ...]:
    """Every polynomial whose sign a regime's name or spectrum depends on, each once."""
    found = {a.key: a.poly for _, condition in regime_conditions(circuit) for a in atoms(condition)}
    for quantity in deciding(full_branch(circuit)):
        for part in (quantity.value.over, quantity.value.under):
            found.setdefault(str(part), part)
    return tuple(p for p in found.values() if not p.is_constant())


def simple_between(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of least denominator in the middle half of an interval, the nearest to its middle among these.

    >>> simple_between(Fraction(1), Fraction(2)), simple_between(Fraction(0), Fraction(1, 3))
    (Fraction(3, 2), Fraction(1, 4))
    """
    if not low < high:
        raise ValueError(f"({low}, {high}) is no interval")
    middle, quarter = (low + high) / 2, (high - low) / 4
    for under in range(1, 1 + ceil(2 / quarter)):
        first, last = ceil((middle - quarter) * under), floor((middle + quarter) * under)
        if first <= last:
            nearest = min(range(first, last + 1), key=lambda k: (abs(Fraction(k, under) - middle), k))
            return Fraction(nearest, under)
    raise AssertionError("an interval of length 2 q has a fraction of denominator at most 1/q")  # pragma: no cover


def crossings(circuit: Circuit, over: str, chart: Chart | None = None) -> tuple[Crossing, ...]:
    """The real roots of the deciding polynomials, and the edges of the domain, of a circuit with ``over`` left.

    ``chart`` lends its thresholds' names and closed forms; it may be of the circuit before values were put in, whose
    values are then those of ``circuit``. Raises :class:`~symgame.errors.Unsupported` when a polynomial holds a second
    symbol; symbols that no regime depends on may be left too.

    >>> from symgame.named import wilson_cowan
    >>> numbers = wilson_cowan().with_values(w_EI=2, w_IE=2, w_II=0, tau_E=1, tau_I=1).fixed()
    >>> [c.text for c in crossings(numbers, "w_EE")]
    ['-4', '0', '1', '2', '4', '5']
    """
    t = sympy.Symbol("t")
    product = sympy.Poly(1, t)
    edges = [a.poly for a in atoms(_domain(circuit, over))]
    for p in (*deciding_polynomials(circuit), *edges):
        if set(variables(p)) - {over}:
            others = ", ".join(sorted(set(variables(p)) - {over}))
            raise Unsupported(f"the regimes along {over} depend on {others} too; give values to all but one symbol")
        if over in variables(p):
            rows = [int(value_at(c, {})) for c in reversed(coefficients(p, over))]
            product *= sympy.Poly(rows, t)
    if product.degree() < 1:
        return ()
    product = product.sqf_part()
    rational = {
        Fraction(int(r.p), int(r.q))
        for factor, _ in product.factor_list()[1]
        if factor.degree() == 1
        for r in [-factor.nth(0) / factor.nth(1)]
    }
    closed = [] if chart is None else _closed_thresholds(circuit, chart)
    rows_found = []
    for (a, b), _ in product.intervals(eps=RADIUS):
        low, high = Fraction(int(a.p), int(a.q)), Fraction(int(b.p), int(b.q))
        exact = [r for r in rational if low <= r <= high]
        low, high = (exact[0], exact[0]) if exact else (low, high)
        met = [(name, text) for name, surd, text in closed if _within(surd, low, high)]
        text = str(low) if exact else met[0][1] if met else f"{float(low):.6g}…"
        rows_found.append(Crossing(low, high, text, tuple(name for name, _ in met)))
    return tuple(rows_found)


def _domain(circuit: Circuit, over: str) -> Condition:
    """What the circuit's hypotheses say of ``over`` alone."""
    return both(*(h.condition for h in algebra(circuit).domain.hypotheses if free_names(h.condition) == {over}))


Surd = tuple[Fraction, Fraction, Fraction]  # (r, f, n): the number r + f sqrt(n), with n >= 0


def _closed_thresholds(circuit: Circuit, chart: Chart) -> list[tuple[str, Surd, str]]:
    """The thresholds of the chart that exist at the circuit's values, as numbers ``r + f sqrt(n)``."""
    values = {name: Fraction(int(v.p), int(v.q)) for name, v in circuit.values if v.is_Rational and name != chart.over}
    rows = []
    for threshold in chart.thresholds:
        surd = threshold_at(threshold, values)
        if surd is not None:
            rows.append((threshold.name, surd, surd_text(surd)))
    return rows


def threshold_at(threshold: Threshold, values: dict[str, Fraction]) -> Surd | None:
    """The threshold at exact values of its symbols, as ``(r, f, n)`` for ``r + f sqrt(n)``; ``None`` if there is none.

    >>> from symgame.chart import regimes
    >>> from symgame.named import wilson_cowan
    >>> fold = next(t for t in regimes(wilson_cowan()).thresholds if t.name == "fold")
    >>> threshold_at(fold, {"w_EI": Fraction(2), "w_IE": Fraction(3), "w_II": Fraction(1)})
    (Fraction(4, 1), Fraction(0, 1), Fraction(1, 1))
    """

    def at(q: Quotient) -> Fraction:
        return value_at(q.over, values) / value_at(q.under, values)

    needed = {n for p in (threshold.rational, threshold.factor) for part in (p.over, p.under) for n in variables(part)}
    if (needed | set(variables(threshold.inside))) - set(values) or not holds(threshold.exists, values):
        return None
    try:
        return at(threshold.rational), at(threshold.factor), value_at(threshold.inside, values)
    except ZeroDivisionError:
        return None


def _within(surd: Surd, low: Fraction, high: Fraction) -> bool:
    """Exactly: ``low <= r + f sqrt(n) <= high``."""
    r, f, n = surd
    return _sign(r - low, f, n) >= 0 and _sign(r - high, f, n) <= 0


def _sign(a: Fraction, f: Fraction, n: Fraction) -> int:
    """The sign of ``a + f sqrt(n)``: of one sign when the parts agree, else of the larger square."""
    root = f * f * n if f > 0 else -f * f * n  # signed square of the second part
    square = a * abs(a)
    total = square + root
    return (total > 0) - (total < 0)


def surd_text(surd: Surd) -> str:
    """``r + f sqrt(n)`` in the syntax of formulas, squares taken out of the root.

    >>> surd_text((Fraction(-1), Fraction(-1, 2), Fraction(12))), surd_text((Fraction(1), Fraction(2), Fraction(9, 4)))
    ('-1 - sqrt(3)', '4')
    """
    r, f, n = surd
    inside, f = int(n.numerator * n.denominator), f / n.denominator
    root = sympy.sqrt(inside)
    outside, rest = root.as_coeff_Mul()
    f *= Fraction(int(outside))
    if rest == 1 or f == 0:
        return str(r + (f if rest == 1 else 0))
    size = abs(f)
    factor = "" if size.numerator == 1 else f"{size.numerator}*"
    under = "" if size.denominator == 1 else f"/{size.denominator}"
    part = f"{factor}sqrt({(rest**2)}){under}"
    if r == 0:
        return part if f > 0 else f"-{part}"
    return f"{r} {'+' if f > 0 else '-'} {part}"


def intervals(
    circuit: Circuit, over: str, found: tuple[Crossing, ...], low: Fraction, high: Fraction
) -> tuple[Interval, ...]:
    """The regimes between two values of ``over``, where the domain admits it: neighbours of one name are one interval.

    Each name is decided by :func:`symgame.chart.regime_name` at an exact point; it holds on the whole interval, but
    for the crossings dropped inside, where a sign changes that the name does not depend on, or one point is another
    regime (``trace = 0``).
    """
    inner = [c for c in found if low < c.low and c.high < high]
    edges: list[Crossing | None] = [None, *inner, None]
    domain = _domain(circuit, over)
    rows: list[Interval] = []
    for left, right in pairwise(edges):
        a, b = (low if left is None else left.high), (high if right is None else right.low)
        at = simple_between(a, b)
        if not holds(domain, {over: at}):
            continue
        point: dict[str, Fraction | Algebraic] = {over: at}
        name, kind = regime_name(circuit, point), spectrum(circuit, point)
        if rows and rows[-1].high == left and (rows[-1].name, rows[-1].spectrum) == (name, kind):
            last = rows.pop()
            left, at = last.low, last.at
        rows.append(Interval(left, right, at, name, kind))
    return tuple(rows)
