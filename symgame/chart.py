"""The chart of regimes along one parameter: every possible sign pattern, proved complete; thresholds and their orders.

The quantities whose signs decide at the branch with everything active are the own curvatures, and the numbers of the
characteristic polynomial. The walk asks the solver at every node whether the pattern so far is possible; the list is
complete *because* every pattern that is missing was proved impossible, and those proofs are one certificate.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from importlib import resources

from symgame.algebra import Algebra, algebra
from symgame.branches import Branch, full_branch
from symgame.circuit import Circuit
from symgame.condition import FALSE, TRUE, Condition, Sign, at_point, atoms, both, either, negation
from symgame.domain import Domain
from symgame.errors import Unsupported
from symgame.frozen_gains import frozen, smooth
from symgame.grammar import read_formula
from symgame.groups import written_out
from symgame.proof.algebraic import Algebraic, holds_at
from symgame.proof.decide import simplified
from symgame.proof.reduce import Reducer
from symgame.proof.sampling import find
from symgame.proof.smtlib import script
from symgame.proof.solver import ask
from symgame.properties import nash, stability
from symgame.properties.response import determinant_without
from symgame.quantifier import signed_root
from symgame.ring import Poly, Quotient, coefficients, substitute, variables
from symgame.solve import leading_sign, quotient_text, solved, surd_text
from symgame.statements import read
from symgame.tables import Cell, formula, table

BUDGET = 100_000
MAX_CELLS = 400
MAX_ORDERS = 60
MAX_ROUTH, MAX_SIZE = 3, 80  # populations with Routh-Hurwitz numbers; terms of the quantities of more populations
SIGNS = (("-", "<"), ("0", "="), ("+", ">"))


@dataclass(frozen=True)
class Quantity:
    """A number whose sign decides, with the words (or the name) it goes by."""

    label: str
    value: Quotient


@dataclass(frozen=True)
class Regime:
    """One cell of the chart: a possible sign pattern, its name, its condition, an exact example."""

    name: str
    spectrum: str
    signs: dict[str, str]
    condition: Condition
    when: str
    example: dict[str, Fraction | Algebraic]


@dataclass(frozen=True)
class Threshold:
    """A parameter value ``rational + factor * sqrt(inside)`` at which a quantity changes sign."""

    name: str
    rational: Quotient
    factor: Quotient
    inside: Poly
    text: str
    exists: Condition
    exists_when: str


@dataclass(frozen=True)
class Order:
    """A possible order of the thresholds (ties joined by ``=``), when it holds, and the regimes met on the way up.

    ``sequence`` has one entry per interval between thresholds that the domain admits, from the lowest parameter
    upwards: the only regime that is possible there, or all that are, joined by ``|``; every other was proved
    impossible.
    """

    order: tuple[str, ...]
    when: str
    sequence: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Chart:
    """The regimes of a circuit along a parameter. ``certificate`` refutes every pattern that is not listed."""

    circuit: Circuit
    over: str
    complete: bool
    quantities: tuple[Quantity, ...]
    regimes: tuple[Regime, ...]
    thresholds: tuple[Threshold, ...]
    unsolved: tuple[str, ...]  # quantities whose roots in the parameter are not closed: then no orders are claimed
    orders: tuple[Order, ...]
    certificate: str | None
    orders_certificate: str | None

    def __repr__(self) -> str:
        """One line for a person; everything else is in the fields."""
        complete = "complete" if self.complete else "not shown to be complete"
        return f"Chart({self.circuit.name!r} along {self.over}, {len(self.regimes)} sign patterns, {complete})"

    def _repr_html_(self) -> str:
        names = self.circuit.presentation.expanded
        labels = [q.label for q in self.quantities]
        thresholds = [(t.name, formula(t.text, names), formula(t.exists_when, names)) for t in self.thresholds]
        regimes: list[tuple[Cell, ...]] = [
            (r.name, *(r.signs[label] for label in labels), formula(r.when, names)) for r in self.regimes
        ]
        complete = "complete" if self.complete else "not shown to be complete"
        return (
            table(("threshold", "value", "when"), thresholds, f"Thresholds in {self.over}").source
            + table(("regime", *labels, "when"), regimes, f"Sign patterns, {complete}").source
        )


def default_parameter(circuit: Circuit) -> str | None:
    """The first self-weight of an excitatory population that is a symbol."""
    for i, p in enumerate(circuit.populations):
        if p.type == "excitatory" and circuit.own(i).is_Symbol:
            return str(circuit.own(i))
    return None


def regimes(circuit: Circuit, over: str | None = None) -> Chart:
    """The chart of regimes along ``over`` (default: the first excitatory self-weight); other values are substituted.

    Of a smooth circuit it is the chart at frozen gains (:mod:`symgame.frozen_gains`): these are symbols beside the
    parameter, and along a branch of equilibria they move with it.

    Raises :class:`~symgame.errors.Unsupported` when no parameter is named or nothing depends on it.

    >>> from symgame.named import wilson_cowan
    >>> chart = regimes(wilson_cowan(), "w_EE")
    >>> chart.complete, len(chart.regimes), [t.text for t in chart.thresholds][:2]
    (True, 19, ['1', '1 + tau_E*(1 + w_II)/tau_I'])
    """
    over = over or default_parameter(circuit)
    if over is None:
        raise Unsupported(f"no excitatory self-weight is a symbol; name a parameter ({', '.join(circuit.symbols)})")
    return _chart(frozen(circuit.fixed(keep=(over,))), over)


@cache
def _chart(circuit: Circuit, over: str) -> Chart:
    if over not in circuit.symbols:
        raise Unsupported(f"the circuit has no symbol {over!r} (symbols: {', '.join(circuit.symbols) or 'none'})")
    if circuit.copies:
        if circuit.whole:
            raise Unsupported(
                f"a chart is not derived for any number of copies, whose contrast modes decide too; give whole numbers "
                f"to {', '.join(circuit.whole)}"
            )
        circuit = written_out(circuit)
    a = algebra(circuit)
    branch = full_branch(circuit)
    quantities = tuple(deciding(branch))
    size = sum(len(q.value.over) for q in quantities)
    if a.n > MAX_ROUTH and size > MAX_SIZE:
        raise Unsupported(f"the chart's determinants have {size} terms, too many to walk; give some symbols values")
    reducer = Reducer(a.domain, common_parts=a.n > MAX_ROUTH)
    cells, impossible = _walk(a, quantities, reducer)
    found = [_regime(circuit, over, cell, reducer) for cell in cells]
    rows = tuple(r for r in found if r is not None)
    complete = len(rows) == len(found)  # every pattern is proved impossible or has an exact example
    found_thresholds, left = _thresholds(a, over, quantities, reducer)
    thresholds = tuple(found_thresholds)
    certificate = (
        script(
            [
                *((h.text, h.condition) for h in a.domain.hypotheses),
                ("one of the missing patterns", either(*impossible)),
            ],
            "completeness: no sign pattern outside the list is possible",
        )
        if impossible
        else None
    )
    never: list[Condition] = []
    orders = tuple(_orders(over, thresholds, rows, reducer, never)) if not left else ()
    orders_certificate = (
        script(
            [*((h.text, h.condition) for h in a.domain.hypotheses), ("one of the missing orders", either(*never))],
            "completeness: no order of the thresholds outside the list is possible",
        )
        if never
        else None
    )
    return Chart(
        circuit, over, complete, quantities, rows, thresholds, tuple(left), orders, certificate, orders_certificate
    )


# -- sign patterns ----------------------------------------------------------------------------------------------------


def deciding(branch: Branch) -> Iterator[Quantity]:
    """Own curvatures, then trace, determinant and discriminant; for three rates, the Routh-Hurwitz numbers.

    From four rates on those numbers are too long: the determinants of the circuit without one population stand in their
    place, whose signs say which responses are paradoxical, and nothing of the time constants.
    """
    a = branch.algebra
    names = branch.circuit.names
    candidates = [Quantity(f"curvature({names[i]})", nash.own_curvature(branch, i)) for i in branch.increasing]
    if a.n == 2:
        candidates.append(Quantity("trace", stability.trace(branch)))
        candidates.append(Quantity("det", branch.determinant))
        candidates.append(Quantity("disc", stability.discriminant(branch)))
    elif a.n > MAX_ROUTH:
        candidates.append(Quantity("det", branch.determinant))
        rest = (Quantity(f"det without {names[i]}", determinant_without(branch, i)) for i in branch.increasing)
        candidates += rest
    elif a.n > 2:
        candidates.append(Quantity("det", branch.determinant))
        numbers = stability.routh_hurwitz(stability.block_polynomial(branch), a.ring)
        candidates += [Quantity(f"routh_{k}", q) for k, q in enumerate(numbers[1:], 1)]
    for quantity in candidates:
        if not any(a.domain.compare(quantity.value, rel) == TRUE for _, rel in SIGNS):
            yield quantity


def _walk(
    a: Algebra, quantities: tuple[Quantity, ...], reducer: Reducer
) -> tuple[list[tuple[dict[str, str], Condition]], list[Condition]]:
    """Depth first over sign patterns: those not refuted, and the prefixes proved impossible."""
    cells: list[tuple[dict[str, str], Condition]] = []
    impossible: list[Condition] = []

    def visit(k: int, signs: dict[str, str], prefix: Condition) -> None:
        if k == len(quantities):
            cells.append((signs, prefix))
            return
        for mark, rel in SIGNS:
            extended = both(prefix, a.structural.compare(quantities[k].value, rel))
            if extended == FALSE:
                continue
            shown = reducer.truths(extended).any() or find(both(a.domain.condition, extended), a.domain.kinds)
            if not shown and reducer.impossible(extended):
                impossible.append(extended)
                continue
            visit(k + 1, {**signs, quantities[k].label: mark}, extended)
        if len(cells) > MAX_CELLS:
            raise Unsupported(f"more than {MAX_CELLS} sign patterns; give some symbols values")

    visit(0, {}, TRUE)
    return cells, impossible


def _regime(circuit: Circuit, over: str, cell: tuple[dict[str, str], Condition], reducer: Reducer) -> Regime | None:
    """The cell with its shortest condition and an exact example; ``None`` when none was found within the budget."""
    signs, condition = cell
    parts = list(condition.args) if not isinstance(condition, Sign) and hasattr(condition, "args") else [condition]
    quick = replace(reducer, budget=BUDGET // 10)
    for part in sorted(parts, key=lambda c: -len(str(c))):
        rest = [p for p in parts if p is not part]
        if rest and quick.implied(both(*rest), part):
            parts = rest
    example = _rational_point(condition, reducer)
    if example is None:
        return None
    large = len(circuit.names) > MAX_ROUTH
    return Regime(
        pattern_name(circuit, signs) if large else regime_name(circuit, example),
        spectrum(circuit, example),
        signs,
        condition,
        solved(both(*parts), over, reducer),
        example,
    )


# -- names ------------------------------------------------------------------------------------------------------------


@cache
def regime_table() -> tuple[tuple[str, str, str], ...]:
    """The names of regimes: (name, condition, meaning), the first condition that holds gives the name."""
    text = resources.files("symgame").joinpath("library", "regimes.toml").read_text(encoding="utf-8")
    return tuple((row["name"], row["when"], row["meaning"]) for row in tomllib.loads(text)["regime"])


@cache
def _smooth_meanings() -> dict[str, str]:
    text = resources.files("symgame").joinpath("library", "regimes.toml").read_text(encoding="utf-8")
    return {row["name"]: row.get("smooth", row["meaning"]) for row in tomllib.loads(text)["regime"]}


def regime_meaning(name: str, circuit: Circuit) -> str:
    """What a name of the table means for a circuit: smooth activations have no other pieces to go to."""
    if smooth(circuit):
        return _smooth_meanings()[name]
    return next(meaning for other, _, meaning in regime_table() if other == name)


def regime_condition(circuit: Circuit, when: str) -> str:
    """A condition of the table in the words of one circuit: ``{B}`` all active, ``{convex}``, ``{concave}``,
    ``{flat}``."""
    names = circuit.names
    each = {rel: [f"curvature({n}) {rel} 0" for n in names] for rel in (">", "<", "=")}
    table = {
        "B": ",".join(names),
        "convex": "(" + " & ".join(each[">"]) + ")",
        "concave": "(" + " | ".join(each["<"]) + ")",
        "flat": "(" + " | ".join(each["="]) + ")",
    }
    return when.format(**table)


@cache
def _named_conditions(circuit: Circuit) -> tuple[tuple[str, Condition], ...]:
    rows = []
    for name, when, _ in regime_table():
        rows.append((name, read(circuit, read_formula(regime_condition(circuit, when)), ()).query.conclusion))
    return tuple(rows)


def regime_name(circuit: Circuit, point: dict[str, Fraction | Algebraic]) -> str:
    """The first name of the table whose condition holds at a point."""
    for name, condition in _named_conditions(circuit):
        rational = {n: v for n, v in point.items() if isinstance(v, Fraction)}
        truth = at_point(condition, rational)
        if truth == TRUE or (truth != FALSE and holds_at(truth, point)):
            return name
    return "unnamed"


def pattern_name(circuit: Circuit, signs: dict[str, str]) -> str:
    """A regime of four or more populations, by the determinants of the circuit and of it without one population."""
    branch = full_branch(circuit)
    if signs.get("det", "+") != "+":
        return "unstable: det < 0" if signs["det"] == "-" else "singular: det = 0"
    known = branch.algebra.domain.compare
    rest = {circuit.names[i]: determinant_without(branch, i) for i in branch.increasing}
    falls = [
        name
        for name, q in rest.items()
        if signs.get(f"det without {name}", "-" if known(q, "<") == TRUE else "+") == "-"
    ]
    return f"paradoxical: {', '.join(falls)}" if falls else "nothing paradoxical"


def spectrum(circuit: Circuit, point: dict[str, Fraction | Algebraic]) -> str:
    """``focus``, ``node`` or ``saddle`` at a point of a pair; nothing is said for other numbers of populations."""
    if len(circuit.populations) != 2:
        return ""
    branch = full_branch(circuit)
    compare = branch.algebra.structural.compare
    for name, condition in (
        ("saddle", compare(branch.determinant, "<")),
        ("focus", compare(stability.discriminant(branch), "<")),
    ):
        if holds_at(condition, point):
            return name
    return "node"


# -- thresholds -------------------------------------------------------------------------------------------------------

_THRESHOLD_NAMES = {"trace": "hopf", "det": "fold", "disc": "focus"}


def _thresholds(
    a: Algebra, over: str, quantities: tuple[Quantity, ...], reducer: Reducer
) -> tuple[list[Threshold], list[str]]:
    """The roots of every factor of every quantity in the parameter, and the quantities with roots of another kind."""
    found: list[Threshold] = []
    left: list[str] = []
    for quantity in quantities:
        name = _THRESHOLD_NAMES.get(quantity.label, quantity.label.replace("curvature", "convexity"))
        factors = [atom.poly for atom in atoms(a.structural.compare(quantity.value, "="))]
        factors = [p for p in factors if over in variables(p)]
        for k, p in enumerate(factors):
            own = name if len(factors) == 1 else f"{name}.{k + 1}"
            rows = _roots(a, over, own, p, reducer)
            if rows is None:
                left.append(quantity.label)
            else:
                found += [_as_hopf(a, over, t, quantities, reducer) if name == "hopf" else t for t in rows]
    return found, left


def _roots(a: Algebra, over: str, name: str, p: Poly, reducer: Reducer) -> list[Threshold] | None:
    """One root of a linear factor, two of a quadratic one; ``None`` for higher degrees and undecided leading signs."""
    zero, one = a.zero, a.ring.constant(1)
    rows = coefficients(p, over)
    if len(rows) == 2:
        exists = reducer.reduce(Sign(rows[1], "!="))
        value = Quotient(-rows[0], rows[1])
        if exists == FALSE:
            return []
        text = quotient_text(value, reducer.common_parts)
        return [Threshold(name, value, zero, one, text, exists, solved(exists, over, reducer))]
    if len(rows) != 3 or leading_sign(rows[2], reducer) is None:
        return None
    c, b, leading = rows
    disc = b * b - 4 * leading * c
    exists = reducer.reduce(Sign(disc, ">="))
    if exists == FALSE:
        return []
    if leading_sign(leading, reducer) == "<":
        leading, b = -leading, -b
    pair = []
    for mark, factor in (("-", -1), ("+", 1)):
        middle, step = Quotient(-b, 2 * leading), Quotient(one * factor, 2 * leading)
        text = surd_text(leading, b, disc, mark, reducer)
        pair.append(Threshold(f"{name}{mark}", middle, step, disc, text, exists, solved(exists, over, reducer)))
    return pair


def _as_hopf(a: Algebra, over: str, t: Threshold, quantities: tuple[Quantity, ...], reducer: Reducer) -> Threshold:
    """Trace 0 is a Hopf point only where det > 0 there; the threshold stays, its existence says so."""
    det = next((q.value for q in quantities if q.label == "det"), None)
    if det is None or not t.factor.is_zero:
        return t
    there = substitute(det.over, over, t.rational) / substitute(det.under, over, t.rational)
    genuine = reducer.reduce(both(t.exists, a.structural.compare(there, ">")))
    if genuine == FALSE:  # the trace changes sign there, but never at a Hopf point
        return replace(t, name=t.name.replace("hopf", "trace"))
    return replace(t, exists_when=solved(genuine, over, reducer))


def _shown(condition: Condition, over: str, reducer: Reducer) -> str:
    return solved(reducer.reduce(condition), over, reducer)


def compare_thresholds(one: Threshold, other: Threshold, rel: str, domain: Domain) -> Condition:
    """``one rel other`` without roots (``rel`` is ``<`` or ``=``): all roots of a chart are of the same number."""
    if not one.factor.is_zero and not other.factor.is_zero and one.inside != other.inside:
        raise Unsupported("thresholds with roots of different numbers are not ordered by this version")
    inside = one.inside if not one.factor.is_zero else other.inside
    p, q = other.rational - one.rational, other.factor - one.factor
    common = p.under * q.under
    positive = common * common  # clear denominators by a square: no sign is touched
    p_poly, q_poly = (p * Quotient(positive, positive * 0 + 1)).over, (q * Quotient(positive, positive * 0 + 1)).over
    return signed_root(p_poly, q_poly, inside, "=" if rel == "=" else ">", domain)


def _orders(
    over: str,
    thresholds: tuple[Threshold, ...],
    rows: tuple[Regime, ...],
    reducer: Reducer,
    never: list[Condition],
) -> Iterator[Order]:
    """Insert the thresholds one by one into every weak order that is still possible."""
    orders: list[tuple[list[list[Threshold]], Condition]] = [([], TRUE)]
    try:
        for t in thresholds:
            orders = [grown for order in orders for grown in _inserted(order, t, reducer, never)]
            if len(orders) > MAX_ORDERS:
                never.clear()
                return
    except Unsupported:
        never.clear()
        return
    for groups, condition in orders:
        if groups:
            name = tuple(" = ".join(t.name for t in group) for group in groups)
            yield Order(
                name, _shown(condition, over, reducer), tuple(_sequence(over, groups, condition, rows, reducer))
            )


def _inserted(
    order: tuple[list[list[Threshold]], Condition], t: Threshold, reducer: Reducer, never: list[Condition]
) -> Iterator[tuple[list[list[Threshold]], Condition]]:
    groups, condition = order
    domain = reducer.domain
    absent = both(condition, negation(t.exists))
    if absent != FALSE and not reducer.impossible(absent):
        yield groups, absent
    condition = both(condition, t.exists)
    for k in range(len(groups) + 1):
        below = compare_thresholds(groups[k - 1][0], t, "<", domain) if k else TRUE
        above = compare_thresholds(t, groups[k][0], "<", domain) if k < len(groups) else TRUE
        between = both(condition, below, above)
        if between != FALSE and reducer.impossible(between):
            never.append(between)
        elif between != FALSE:
            yield [*groups[:k], [t], *groups[k:]], between
        if k < len(groups):
            tied = both(condition, compare_thresholds(t, groups[k][0], "=", domain))
            if tied != FALSE and reducer.impossible(tied):
                never.append(tied)
            elif tied != FALSE:
                yield [*groups[:k], [*groups[k], t], *groups[k + 1 :]], tied


def _sequence(
    over: str, groups: list[list[Threshold]], order: Condition, rows: tuple[Regime, ...], reducer: Reducer
) -> Iterator[str]:
    """Interval by interval: the labels whose cells are not proved impossible there."""
    ring = reducer.domain.ring
    here = Threshold(over, ring.of(over), ring.quotient(0), ring.constant(1), over, TRUE, "true")
    labels: dict[str, list[Condition]] = {}
    for r in rows:
        label = f"{r.name} ({r.spectrum})" if r.spectrum and r.spectrum != r.name else r.name
        labels.setdefault(label, []).append(r.condition)
    for k in range(len(groups) + 1):
        above = compare_thresholds(groups[k - 1][0], here, "<", reducer.domain) if k else TRUE
        below = compare_thresholds(here, groups[k][0], "<", reducer.domain) if k < len(groups) else TRUE
        interval = both(order, above, below)
        possible = _possible(interval, labels, reducer)
        if possible:
            yield " | ".join(possible)


def _possible(interval: Condition, labels: dict[str, list[Condition]], reducer: Reducer) -> list[str]:
    """The labels that are not proved impossible: those that samples meet, if one proof excludes all others."""
    met = [label for label, cells in labels.items() if reducer.truths(both(interval, either(*cells))).any()]
    if met:
        others = both(interval, *(negation(cell) for label in met for cell in labels[label]))
        if reducer.impossible(others):
            return met
    return [label for label, cells in labels.items() if not reducer.impossible(both(interval, either(*cells)))]


def _rational_point(condition: Condition, reducer: Reducer) -> dict[str, Fraction | Algebraic] | None:
    base = both(reducer.domain.condition, condition)
    point = ask([("point", base)], BUDGET // 20).point or find(base, reducer.domain.kinds)
    point = point or ask([("point", base)], BUDGET).point
    return simplified(base, dict(point)) if point else None


def missing_patterns(chart: Chart) -> Condition:
    """Everything outside the listed patterns: what the certificate shows to be impossible."""
    return negation(either(*(r.condition for r in chart.regimes)))
