"""Model files: TOML to a circuit, without executing anything; every mistake is one message with its place.

Some populations may stand for several identical ones, in sections ``[[copies]]``, one for each kind of unit::

    [[copies]]
    members = ["E1", "I1"]             # the populations of one unit
    count = "k"                        # how many units there are: a whole number, or a polynomial in names of such
    lateral = { E1 = { I1 = "l" } }    # magnitudes: to E1 of a unit from I1 of *another* unit; left out is 0

Every weight of the file is one between single neurons: ``[weights]`` holds those inside one unit, and those from one
neuron of a unit to what is outside of it. The circuit multiplies by the counts.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, NoReturn

import sympy

from symgame.activation import Activation
from symgame.circuit import Circuit, Copies, Population, named_activation, population, single_weights
from symgame.errors import FormulaError, ModelError
from symgame.grammar import read_formula
from symgame.groups import multiplied
from symgame.notation import check_name, exact, symbol
from symgame.presentation import UNITS, Presentation
from symgame.words import nearest

MAX_BYTES = 1_000_000
MAX_BITS, MAX_DEGREE = 4_000, 1_000
_TABLES = ("circuit", "populations", "weights", "activation", "assume", "values", "notation", "abbreviations")
_SECTIONS = (*_TABLES, "copies")
_COPIES_KEYS = ("members", "count", "lateral")
_CIRCUIT_KEYS = ("name", "activation", "form")
_POPULATION_KEYS = ("type", "tau", "input")
#: Names that people give to the refractory period of 1972.
_REFRACTORY = ("r", "refractory", "refractory_period")
_TEXT_KEYS = ("kind",)
_NOTATION_KEYS = ("names", "macros", "order", "terms", "weights", "units")
_CHOICES = {"terms": ("ascending", "descending"), "weights": ("magnitude", "signed")}


def read_model(path: str | Path) -> Circuit:
    """The circuit of a TOML model file.

    Raises :class:`~symgame.errors.ModelError` naming file, section and key, what was found and what to write instead.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ModelError(f"{path.name}: the file has more than {MAX_BYTES} bytes; a model file is short.")
        source = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise ModelError(f"{path.name}: not UTF-8 text (byte {error.start}); save the file as UTF-8.") from None
    except OSError as error:
        raise ModelError(f"{path.name}: cannot be read ({error.strerror}).") from None
    return parse_model(source, path.name)


def parse_model(source: str, place: str = "model") -> Circuit:
    """The circuit of a model text; ``place`` names it in messages."""
    try:
        data = tomllib.loads(source, parse_float=str)
    except RecursionError:
        raise ModelError(f"{place}: nested too deeply; a model file has two levels.") from None
    except ValueError as error:
        message = str(error).splitlines()[0] if str(error) else "unreadable"
        raise ModelError(f"{place}: not valid TOML: {_printable(message)}.") from None
    try:
        return _Model(data, place).circuit()
    except ModelError as error:
        if str(error).startswith(f"{place}:"):
            raise
        raise type(error)(f"{place}: {error}") from None


def _printable(message: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in message)[:200]


class _Model:
    """One reading of one parsed file."""

    def __init__(self, data: dict[str, Any], place: str) -> None:
        self.place = place
        for key in data:
            if key not in _SECTIONS:
                raise ModelError(f"{place}: unknown section [{_printable(key)}]{nearest(key, _SECTIONS)}.")
            if key == "copies":
                if not isinstance(data[key], list) or not all(isinstance(row, dict) for row in data[key]):
                    raise ModelError(f"{place}: 'copies' are tables, each written [[copies]], not {_kind(data[key])}.")
            elif not isinstance(data[key], dict):
                raise ModelError(f"{place}: {key!r} must be a table, written [{key}], not {_kind(data[key])}.")
        for key in ("circuit", "populations"):
            if not data.get(key):
                raise ModelError(f"{place}: the section [{key}] is missing or empty.")
        self.data = data
        self.sections: dict[str, dict[str, Any]] = {key: data.get(key, {}) for key in _TABLES}

    def fail(self, where: str, message: str) -> NoReturn:
        raise ModelError(f"{self.place}: {where}: {message}")

    def keys(self, table: dict[str, Any], where: str, known: tuple[str, ...]) -> None:
        for key in table:
            if key in _REFRACTORY and key not in known:
                self.fail(
                    where,
                    f"{key!r}: the factor (1 - r x) for cells that are refractory (Wilson and Cowan 1972), in "
                    f"tau x' = -x + (1 - r x) phi(z), is outside the class of circuits, which is r = 0: its equilibria "
                    f"are no best responses phi(z). Leave the key out; for r > 0 nothing is answered.",
                )
            if key not in known:
                self.fail(where, f"unknown key {_printable(key)!r}{nearest(key, known)}.")

    def number(self, value: object, where: str, quotient: bool = False) -> sympy.Expr:
        if not isinstance(value, str | int) or isinstance(value, bool):
            self.fail(where, f"{_kind(value)} stands where a number, a name or a polynomial was expected.")
        if isinstance(value, int) and abs(value) >= 10**60:
            self.fail(where, "a number of more than 60 digits.")
        try:
            expression = exact(value, "this entry")
        except ModelError as error:
            self.fail(where, str(error))
        for s in sorted(expression.free_symbols, key=str):
            self.name(s.name, where)
        if not quotient and not expression.is_polynomial(*sorted(expression.free_symbols, key=str)):
            self.fail(where, f"{_printable(str(value))} divides by a name; a polynomial was expected.")
        return expression

    def name(self, name: str, where: str) -> None:
        try:
            check_name(name, where)
        except ModelError as error:
            raise ModelError(f"{self.place}: {error}") from None

    def circuit(self) -> Circuit:
        head = self.sections["circuit"]
        self.keys(head, "[circuit]", _CIRCUIT_KEYS)
        for key in _CIRCUIT_KEYS:
            if key in head and not isinstance(head[key], str):
                mend = " (its parameters go into a table for each population, [activation.E])"
                self.fail(
                    f"[circuit] {key}",
                    f"{_kind(head[key])} stands where a text was expected{mend if key == 'activation' else ''}.",
                )
        title = head.get("name", Path(self.place).stem)
        if len(title) > 120 or not title.isprintable() or not title:
            self.fail("[circuit] name", "a name is one printable line of at most 120 characters.")
        if head.get("form", "rate") not in ("rate", "voltage"):
            self.fail("[circuit] form", f"{head['form']!r} is not a form; write 'rate' or 'voltage'.")
        names = list(self.sections["populations"])
        for name in names:
            self.name(name, "[populations]")
        populations = tuple(self.population(name) for name in names)
        copies = tuple(self.copies(k, row, populations) for k, row in enumerate(self.data.get("copies", []), 1))
        self.units(copies)
        single = self.weights(populations, self.sections["weights"], "[weights]")
        circuit = Circuit(
            title,
            populations,
            multiplied(names, single, copies) if copies else single,
            self.assumptions(),
            form=head.get("form", "rate"),
            presentation=self.presentation(),
            copies=copies,
        )
        return self.with_values(circuit)

    def population(self, name: str) -> Population:
        where = f"[populations] {name}"
        table = self.sections["populations"][name]
        if not isinstance(table, dict):
            self.fail(where, f'{_kind(table)} stands where a table such as {{ type = "excitatory" }} was expected.')
        self.keys(table, where, _POPULATION_KEYS)
        type_ = table.get("type")
        if type_ not in (None, "excitatory", "inhibitory"):
            self.fail(f"{where}.type", f"{type_!r} is no type; write 'excitatory' or 'inhibitory', or leave it out.")
        tau = self.number(table.get("tau", f"tau_{name}"), f"{where}.tau")
        if tau.is_Rational and tau <= 0:
            self.fail(f"{where}.tau", f"{tau} is not positive; a time constant is > 0.")
        u = self.number(table.get("input", f"u_{name}"), f"{where}.input")
        return population(name, type_, tau, u, self.activation(name))

    def activation(self, name: str) -> Activation:
        tables = self.sections["activation"]
        for key in tables:
            if key not in self.sections["populations"]:
                self.fail(
                    "[activation]",
                    f"there is no population {_printable(key)!r}{nearest(key, self.sections['populations'])}.",
                )
        table = tables.get(name, {})
        where = f"[activation.{name}]"
        if not isinstance(table, dict):
            self.fail(where, f"{_kind(table)} stands where a table was expected.")
        kind = table.get("kind", self.sections["circuit"].get("activation"))
        if kind is None:
            self.fail(where, 'no kind; give [circuit] activation = "relu", or a kind for every population.')
        if not isinstance(kind, str):
            self.fail(f"{where} kind", f"{_kind(kind)} stands where the name of a kind was expected.")
        parameters: dict[str, object] = {}
        for key, value in table.items():
            if key in _TEXT_KEYS:
                continue
            parameters[key] = value if (key, value) == ("offset", "rest") else self.number(value, f"{where} {key}")
        try:
            return named_activation(name, kind, parameters)
        except ModelError as error:
            self.fail(where if name in tables else "[circuit] activation", str(error))

    def copies(self, k: int, table: dict[str, Any], populations: tuple[Population, ...]) -> Copies:
        """The k-th section of copies."""
        where, names = f"[[copies]] {k}", [p.name for p in populations]
        self.keys(table, where, _COPIES_KEYS)
        members = table.get("members")
        if not isinstance(members, list) or not members or not all(isinstance(name, str) for name in members):
            self.fail(f"{where} members", 'a list of the populations of one unit, such as ["E1", "I1"], was expected.')
        for name in members:
            if name not in names:
                self.fail(f"{where} members", f"there is no population {_printable(name)!r}{nearest(name, names)}.")
        if "count" not in table:
            self.fail(f"{where} count", 'how many units there are is missing; give a whole number, or a name like "n".')
        count = self.number(table["count"], f"{where} count")
        if count.is_Rational and not (count.is_Integer and count >= 1):
            self.fail(f"{where} count", f"there are {count} units; a whole number >= 1 was expected.")
        lateral = table.get("lateral", {})
        if not isinstance(lateral, dict):
            wanted = 'a table such as { E1 = { I1 = "l" } }'
            self.fail(f"{where} lateral", f"{_kind(lateral)} stands where {wanted} was expected.")
        inside = tuple(p for p in populations if p.name in members)
        matrix = self.weights(inside, lateral, f"{where} lateral", " in the unit")
        order = [[p.name for p in inside].index(name) for name in members]
        return Copies(tuple(members), count, sympy.ImmutableDenseMatrix([[matrix[a, b] for b in order] for a in order]))

    def units(self, copies: tuple[Copies, ...]) -> None:
        """Every population is a member of one unit at most, once."""
        taken: dict[str, int] = {}
        for k, group in enumerate(copies, 1):
            for name in group.members:
                if name in taken:
                    before = "twice" if taken[name] == k else f"also of [[copies]] {taken[name]}"
                    self.fail(f"[[copies]] {k} members", f"{name} is a member {before}; a population is in one unit.")
                taken[name] = k

    def weights(
        self, populations: tuple[Population, ...], table: dict[str, Any], section: str, among: str = ""
    ) -> sympy.ImmutableDenseMatrix:
        """The signed couplings of a table of magnitudes whose rows receive."""
        names = [p.name for p in populations]
        for target, row in table.items():
            if target not in names:
                self.fail(section, f"there is no population {_printable(target)!r}{among}{nearest(target, names)}.")
            if not isinstance(row, dict):
                self.fail(
                    f"{section} {target}", f'{_kind(row)} stands where a table such as {{ E = "w_EE" }} was expected.'
                )
            for source in row:
                if source not in names:
                    self.fail(
                        f"{section} {target}",
                        f"there is no population {_printable(source)!r}{among}{nearest(source, names)}.",
                    )
        rows = []
        for target in names:
            row = []
            for source in populations:
                where = f"{section} {target}.{source.name}"
                magnitude = self.number(table.get(target, {}).get(source.name, 0), where)
                if source.sign is not None and magnitude.is_Rational and magnitude < 0:
                    self.fail(
                        where,
                        f"{magnitude} is negative; {source.name} is {source.type}, so give the magnitude "
                        "(>= 0) and its type will give the sign.",
                    )
                row.append(magnitude * (source.sign or 1))
            rows.append(row)
        return sympy.ImmutableDenseMatrix(rows)

    def assumptions(self) -> tuple[str, ...]:
        table = self.sections["assume"]
        self.keys(table, "[assume]", ("extra",))
        extra = table.get("extra", [])
        if not isinstance(extra, list) or not all(isinstance(e, str) for e in extra):
            self.fail("[assume] extra", 'a list of formulas such as ["w_EE > 1"] was expected.')
        for k, formula in enumerate(extra):
            try:
                read_formula(formula, f"entry {k + 1}")
            except FormulaError as error:
                self.fail("[assume] extra", str(error))
        return tuple(extra)

    def presentation(self) -> Presentation:
        table = self.sections["notation"]
        self.keys(table, "[notation]", _NOTATION_KEYS)
        for key, choices in _CHOICES.items():
            if table.get(key, choices[0]) not in choices:
                self.fail(f"[notation] {key}", f"{table[key]!r} is none of {', '.join(choices)}.")
        order = table.get("order", [])
        if not isinstance(order, list) or not all(isinstance(name, str) for name in order):
            self.fail("[notation] order", 'a list of names such as ["w_IE", "w_EI"] was expected.')
        units = self.texts(table.get("units", {}), "[notation] units")
        self.keys(dict(units), "[notation] units", UNITS)
        abbreviations = None
        if "abbreviations" in self.data:
            abbreviations = self.texts(self.sections["abbreviations"], "[abbreviations]")
            for name, formula in abbreviations:
                self.name(name, f"[abbreviations] {_printable(name)}")
                if formula.strip() != "det":
                    self.number(formula, f"[abbreviations] {name}", quotient=True)
        return Presentation(
            names=self.texts(table.get("names", {}), "[notation] names"),
            macros=self.texts(table.get("macros", {}), "[notation] macros"),
            abbreviations=abbreviations,
            order=tuple(order),
            terms=table.get("terms", "ascending"),
            weights=table.get("weights", "magnitude"),
            units=units,
        )

    def texts(self, table: object, where: str) -> tuple[tuple[str, str], ...]:
        """A table of texts, in the order of the file."""
        if not isinstance(table, dict):
            self.fail(where, f"{_kind(table)} stands where a table of texts was expected.")
        for key, value in table.items():
            if not isinstance(value, str) or len(value) > 500 or not value.isprintable():
                self.fail(f"{where} {_printable(key)}", f"{_kind(value)} stands where one line of text was expected.")
        return tuple(table.items())

    def with_values(self, circuit: Circuit) -> Circuit:
        values: dict[str, sympy.Expr] = {}
        for name, value in self.sections["values"].items():
            where = f"[values] {_printable(name)}"
            if name not in circuit.symbols:
                self.fail(where, f"the circuit has no symbol of that name{nearest(name, circuit.symbols)}.")
            values[name] = self.number(value, where)
        resolved = {name: self.resolve(name, values, ()) for name in values}
        table = {symbol(n): v for n, v in resolved.items()}
        for k, group in enumerate(circuit.copies, 1):
            count = self.bounded(group.count.xreplace(table), "[values]")
            if count.is_number and not (count.is_Integer and count >= 1):
                self.fail("[values]", f"the count of [[copies]] {k} becomes {count}; a whole number >= 1 was expected.")
        for p, q, entry in single_weights(circuit):
            number = self.bounded(entry.xreplace(table), "[values]")
            if q.sign is not None and number.is_Rational and number * q.sign < 0:
                self.fail(
                    "[values]",
                    f"the weight {entry * q.sign} (to {p.name} from {q.name}) becomes "
                    f"{number * q.sign}; a magnitude is >= 0.",
                )
        for p in circuit.populations:
            tau = self.bounded(p.tau.xreplace(table), "[values]")
            self.bounded(p.input.xreplace(table), "[values]")
            if tau.is_Rational and tau <= 0:
                self.fail("[values]", f"tau of {p.name} becomes {tau}; a time constant is > 0.")
            try:
                p.activation.substituted(table)
            except ModelError as error:
                self.fail("[values]", str(error))
        return circuit.with_values(**values) if values else circuit

    def resolve(self, name: str, values: dict[str, sympy.Expr], path: tuple[str, ...]) -> sympy.Expr:
        """The value of a name with the values of other names put in; a cycle is refused."""
        if name in path:
            cycle = " -> ".join((*path[path.index(name) :], name))
            self.fail(f"[values] {name}", f"a cycle of values: {cycle}.")
        table = {
            s: self.resolve(s.name, values, (*path, name))
            for s in sorted(values[name].free_symbols, key=str)
            if s.name in values
        }
        return self.bounded(values[name].xreplace(table), f"[values] {name}")

    def bounded(self, value: sympy.Expr, where: str) -> sympy.Expr:
        """The value, unless putting values into one another has made it huge."""
        powers = (p.exp for p in value.atoms(sympy.Pow) if p.exp.is_Integer)
        sizes = (max(abs(n.p), n.q).bit_length() for n in value.atoms(sympy.Rational))
        if max(powers, default=0) > MAX_DEGREE or max(sizes, default=0) > MAX_BITS:
            self.fail(where, "the values put into one another make a number or a power that is too large.")
        return value


def _kind(value: object) -> str:
    """What a TOML value is, in the user's words."""
    words = {dict: "a table", list: "a list", bool: "a truth value", str: "a text", int: "a number"}
    return words.get(type(value), "a " + type(value).__name__)
