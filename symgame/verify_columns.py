"""What the columns of a table say: which are parameters of a circuit, and what each of the others claims."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from symgame import syntax as s
from symgame.circuit import Circuit
from symgame.errors import FormulaError, SymgameError
from symgame.grammar import read_formula
from symgame.verify_numbers import VerifyError
from symgame.words import BRANCH_NUMBERS, READ_CONDITIONS, READINGS, RESERVED, nearest

Kind = Literal[
    "parameter", "rate", "branch", "stable", "type", "nash", "eigenvalue", "eigenvalues", "count", "regime",
    "threshold", "number", "condition",
]  # fmt: skip

#: Words of a header that are no formulas, by what they claim.
HEADERS: Final[Mapping[str, Kind]] = {
    "active": "branch",
    "branch": "branch",
    "stable": "stable",
    "stability": "stable",
    "type": "type",
    "nash": "nash",
    "eigenvalues": "eigenvalues",
    "count": "count",
    "regime": "regime",
}
#: Kinds that are read at the equilibrium of the row.
LOCAL: Final = frozenset(("rate", "branch", "stable", "type", "nash", "eigenvalue", "eigenvalues"))
IGNORED: Final = ("", "-", "ignore")
MOST_COLUMNS: Final = 2_000
_EIGENVALUE = re.compile(r"eig(?:envalue)?_?(\d{1,3})_(re|im)", re.ASCII)


@dataclass(frozen=True)
class Column:
    """A column: its header, the quantity that it is about, of which kind, and what that kind needs.

    ``place`` is the population of a rate or the number of an eigenvalue, ``part`` ``"re"`` or ``"im"``; ``name`` is the
    symbol of a parameter or the name of a threshold, whose parameter is ``over``; ``node`` a formula.
    """

    header: str
    quantity: str
    kind: Kind
    place: int = -1
    part: str = ""
    name: str = ""
    over: str = ""
    node: s.Formula | None = None

    @property
    def at_branch(self) -> bool:
        """Whether the quantity is read at one branch."""
        if self.node is None:
            return self.kind in LOCAL
        spoken = {p.id for p in s.walk(self.node) if isinstance(p, s.Name)}
        spoken |= {p.name for p in s.walk(self.node) if isinstance(p, s.Call)}
        return bool(spoken & (set(READINGS) | set(READ_CONDITIONS) | set(BRANCH_NUMBERS)))


def columns(circuit: Circuit, headers: Sequence[str], renamed: Mapping[str, str] | None = None) -> tuple[Column, ...]:
    """The columns of a table by its headers; ``renamed`` maps a header to a quantity, ``"-"`` leaves the column out.

    A header is a symbol of the circuit (a parameter), ``x_E`` or ``x(E)``, one of :data:`HEADERS`, ``eig1_re``,
    ``eig1_im``, ..., the name of a threshold with its parameter, ``hopf:w_EE``, or a formula of ``check``, a condition
    or a number. Raises :class:`~symgame.verify_numbers.VerifyError` for anything else.

    >>> from symgame.named import wilson_cowan
    >>> [c.kind for c in columns(wilson_cowan(), ["w_EE", "x_E", "stable", "eig1_re", "hopf:w_EE", "lds"])]
    ['parameter', 'rate', 'stable', 'eigenvalue', 'threshold', 'condition']
    """
    renamed = dict(renamed or {})
    for header, meant in renamed.items():
        if not isinstance(header, str) or not isinstance(meant, str):
            raise VerifyError(f"the map says {meant!r} of {header!r}; it is from a header to a quantity, or to '-'")
    if len(headers) > MOST_COLUMNS:
        raise VerifyError(f"the table has {len(headers)} columns, more than {MOST_COLUMNS}; leave some out")
    for header in renamed:
        if header not in headers:
            hint = nearest(header, headers)
            raise VerifyError(f"the map names the column {header[:60]!a}, which the table has not{hint}")
    found: dict[str, Column] = {}
    seen: set[str] = set()
    for k, header in enumerate(headers):
        if header in seen:
            raise VerifyError(f"the table has two columns {header[:60]!a}; keep one of them")
        seen.add(header)
        quantity = renamed.get(header, header).strip()
        if (header in renamed and quantity in IGNORED) or (not quantity and k == 0):  # the index of a data frame
            continue
        if not quantity:
            raise VerifyError(f"column {k + 1} has no header; write one, or remove the column")
        column = _column(circuit, header, quantity)
        key = f"{column.kind} {column.quantity}"
        if key in found:
            raise VerifyError(f"the columns {found[key].header!a} and {header!a} are both about {column.quantity}; "
                              f"keep one, or leave one out with --map {header[:60]}=-")  # fmt: skip
        found[key] = column
    if not any(c.kind != "parameter" for c in found.values()):
        raise VerifyError("the table claims nothing: every column is a parameter; add states (x_E), stable, lds, ...")
    return tuple(found.values())


def _column(circuit: Circuit, header: str, quantity: str) -> Column:
    symbols = _symbols(circuit)
    if quantity in symbols:
        return Column(header, quantity, "parameter", name=quantity)
    rate = _rate(circuit, quantity)
    if rate is not None:
        return Column(header, f"x({circuit.names[rate]})", "rate", place=rate)
    if quantity.lower() in HEADERS:
        kind = HEADERS[quantity.lower()]
        return Column(header, {"branch": "active"}.get(kind, kind), kind)
    part = _EIGENVALUE.fullmatch(quantity)
    if part is not None:
        number = int(part[1])
        if not 1 <= number <= len(circuit.names):
            raise VerifyError(f"the column {header!a}: eigenvalues are numbered from 1 to {len(circuit.names)}")
        return Column(header, f"eig{number}_{part[2]}", "eigenvalue", place=number - 1, part=part[2])
    name, colon, over = (t.strip() for t in quantity.partition(":"))
    if colon and over in symbols and name:
        return Column(header, f"{name}:{over}", "threshold", name=name, over=over)
    return _formula(circuit, header, quantity)


def _symbols(circuit: Circuit) -> tuple[str, ...]:
    """Every symbol that may be a column: also those with a value, which a column replaces."""
    return tuple(dict.fromkeys((*circuit.symbols, *(name for name, _ in circuit.values))))


def _rate(circuit: Circuit, quantity: str) -> int | None:
    compact = "".join(quantity.split())
    for k, name in enumerate(circuit.names):
        if compact in (f"x_{name}", f"x({name})"):
            return k
    return None


def known_words(circuit: Circuit) -> Iterator[str]:
    """What a header may be, for messages."""
    yield from _symbols(circuit)
    yield from (f"x_{name}" for name in circuit.names)
    yield from HEADERS
    yield from ("eig1_re", "eig1_im")
    yield from RESERVED - {"sqrt", "abs", "min", "max", "true", "false", *HEADERS}


def _formula(circuit: Circuit, header: str, quantity: str) -> Column:
    try:
        node = number_or_condition(quantity)
    except FormulaError as error:
        word = re.fullmatch(r"\w{1,60}", quantity)
        hint = nearest(quantity, known_words(circuit)) if word else f": {error}"
        raise VerifyError(_unknown(header, quantity, hint)) from None
    if isinstance(node, s.Name) and node.id not in RESERVED:
        raise VerifyError(_unknown(header, quantity, nearest(node.id, known_words(circuit))))
    return Column(header, s.text(node), "condition" if s.is_condition(node) else "number", node=node)


def _unknown(header: str, quantity: str, hint: str) -> str:
    said = f"the column {header[:60]!a}" + (f" (mapped to {quantity[:60]!a})" if quantity != header.strip() else "")
    return f"{said} is no symbol, quantity or formula of the circuit{hint}; rename it with --map COLUMN=QUANTITY, or " \
           f"leave it out with --map COLUMN=-"  # fmt: skip


def number_or_condition(text: str) -> s.Formula:
    """A condition, or a number: what may stand before ``= 0``. Raises :class:`~symgame.errors.FormulaError`.

    >>> str(number_or_condition("dx(E, u_I)")), str(number_or_condition("det > 0"))
    ('dx(E,u_I)', 'det > 0')
    """
    try:
        return read_formula(text, "the column")
    except FormulaError as first:
        try:
            node = read_formula(f"{text} = 0", "the column")
        except FormulaError:
            raise first from None
        if isinstance(node, s.Relation) and node.ops == ("=",) and str(node.terms[1]) == "0":
            return node.terms[0]
        raise


def branch_names(text: str, circuit: Circuit) -> str:
    """A branch as people write it, in the form of the package: ``"E I"``, ``"(E, I)"``, ``"none"``.

    Raises :class:`~symgame.errors.SymgameError` for a population that the circuit has not.

    >>> from symgame.named import wilson_cowan
    >>> [branch_names(t, wilson_cowan()) for t in ("(I, E)", "E;I", "none", "()")]
    ['E,I', 'E,I', '', '']
    """
    inner = text.strip().removeprefix("(").removesuffix(")").strip()
    if inner.lower() in ("", "none", "silent", "nothing", "{}", "[]"):
        return ""
    found: dict[str, str] = {}
    for part in re.split(r"[\s,;|+]+", inner.strip("{}[]")):
        name, mark, piece = part.strip("'\"").partition("=")
        if name not in circuit.names or name in found or (mark and piece not in ("m", "-")):
            known = ",".join(circuit.names)
            raise SymgameError(f"{text[:40]!a} is no branch; name the active populations, as in {known}")
        found[name] = mark + piece
    return ",".join(name + found[name] for name in circuit.names if name in found)
