"""The circuit: populations, signed weights, inputs, time constants, activations. Frozen, whole, checked at birth."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import combinations
from typing import Any, Literal

import sympy

from symgame.activation import Activation
from symgame.entries import MOST, Floats, column, exact_entry, square_rows
from symgame.errors import CircuitError, ModelError
from symgame.kinds import activation as activation_of
from symgame.notation import check_name, exact, symbol
from symgame.presentation import PLAIN, Presentation
from symgame.words import nearest

Type = Literal["excitatory", "inhibitory"]
#: Names that equations and energies give to what belongs to a population.
_LETTERS = {"x": "rate", "v": "voltage", "s": "slope of the activation"}
Form = Literal["rate", "voltage"]


@dataclass(frozen=True)
class Population:
    """One population: its name, its type (``None`` for signed weights), time constant, input and activation."""

    name: str
    type: Type | None
    tau: sympy.Expr
    input: sympy.Expr
    activation: Activation

    @property
    def sign(self) -> int | None:
        """+1 for an excitatory source, -1 for an inhibitory one, ``None`` without a type."""
        return None if self.type is None else 1 if self.type == "excitatory" else -1


@dataclass(frozen=True)
class Copies:
    """Several identical units in the place of one: ``members`` are the populations of one unit, by name.

    ``count``, a whole number >= 1 or a polynomial in symbols of whole numbers, says how many units there are; row a,
    column b of ``lateral`` is the signed coupling to member a of one unit from member b of *another* unit. The rows
    of W say what a member receives when all units of a group do the same: inside a group ``own + (count - 1) lateral``,
    with ``own`` the coupling inside one unit, and from another group its count times the coupling from one of its
    units.
    """

    members: tuple[str, ...]
    count: sympy.Expr
    lateral: sympy.ImmutableDenseMatrix


@dataclass(frozen=True, repr=False)
class Circuit:
    """A firing-rate circuit ``tau_i x_i' = -x_i + phi_i((W x + u)_i)``.

    ``W[a, b]`` is the *signed* coupling to population a from population b, in the order of ``populations``. A source of
    declared type obeys Dale's law: its column is ``>= 0`` (excitatory) or ``<= 0`` (inhibitory); numbers are checked
    at birth, symbols become hypotheses. ``assume`` holds further hypotheses as formulas. ``values`` are exact
    values of symbols, not yet substituted (:meth:`fixed` does that).

    ``form="voltage"`` declares ``tau v' = -v + W phi(v) + u`` instead. It has the same equilibria (``v = W x + u``),
    and there the same Jacobian spectrum for every choice of time constants; the flow away from equilibria, and with
    it the proximal-gradient reading and every global statement, is the rate form's only.

    ``presentation`` says how the circuit is written, not what it is: circuits that differ in it only are equal.

    With ``copies`` some populations stand for several identical ones (see :class:`Copies`); branches and rates are
    those of equilibria in which the units of a group do the same, and every word is about the circuit with all copies.

    Raises :class:`~symgame.errors.CircuitError` for shapes, names, signs and numbers that make no circuit.
    """

    name: str
    populations: tuple[Population, ...]
    W: sympy.ImmutableDenseMatrix
    assume: tuple[str, ...] = ()
    values: tuple[tuple[str, sympy.Expr], ...] = ()
    form: Form = "rate"
    inputs: tuple[str, ...] = field(default=())
    presentation: Presentation = field(default=PLAIN, compare=False)
    copies: tuple[Copies, ...] = ()

    def __post_init__(self) -> None:
        names = self.names
        n = len(names)
        if not 1 <= n <= MOST:
            raise CircuitError(f"A circuit has from 1 to {MOST} populations; this one has {n}.")
        if self.W.shape != (n, n):
            raise CircuitError(
                f"W has shape {self.W.shape} but there are {n} populations ({', '.join(names)}): row a, column b is "
                f"the coupling to a from b. Pass a {n} by {n} matrix."
            )
        for name in names:
            check_name(name, "a population")
        if len(set(names)) < n:
            twice = next(name for name in names if names.count(name) > 1)
            raise CircuitError(f"Two populations are called {twice!r}; give each a name of its own.")
        if self.form not in ("rate", "voltage"):
            raise CircuitError(f"The form is {self.form!r}; it is 'rate' or 'voltage'.")
        if not self.inputs:
            object.__setattr__(
                self, "inputs", tuple(str(p.input) if p.input.is_Symbol else f"u_{p.name}" for p in self.populations)
            )
        self._check_copies()
        self._check_entries()
        self._check_symbols()

    def _check_copies(self) -> None:
        taken: set[str] = set()
        for group in self.copies:
            size = len(group.members)
            unknown = [name for name in group.members if name not in self.names]
            if unknown or not size:
                raise CircuitError(f"a unit has the members {', '.join(group.members) or 'none'}; name populations.")
            if len(set(group.members)) < size or taken & set(group.members):
                raise CircuitError(f"a population of {', '.join(group.members)} is a member of two units.")
            taken |= set(group.members)
            if not all(term.as_coeff_Mul()[0].is_Integer for term in sympy.Add.make_args(sympy.expand(group.count))):
                raise CircuitError(f"there are {group.count} copies of {', '.join(group.members)}: no whole number.")
            if group.lateral.shape != (size, size):
                raise CircuitError(f"lateral has shape {group.lateral.shape}; a unit has {size} members.")
            if group.count.is_number and not (group.count.is_Integer and group.count >= 1):
                raise CircuitError(f"the copies of {', '.join(group.members)} are {group.count}; a whole number >= 1.")

    def _check_entries(self) -> None:
        for target, source, entry in single_weights(self):
            sign = source.sign
            if entry.is_Rational and sign is not None and entry.p * sign < 0:
                raise CircuitError(
                    f"The weight to {target.name} from {source.name} is {entry}, but {source.name} is "
                    f"{source.type}: its weights are {'>=' if sign > 0 else '<='} 0 (Dale). In a model "
                    f"file give the magnitude."
                )
        for target in self.populations:
            if target.tau.is_Rational and target.tau <= 0:
                raise CircuitError(f"tau of {target.name} is {target.tau}; a time constant is > 0.")
        for expression, what in self._expressions():
            if not expression.is_Rational and not expression.is_polynomial(*sorted(expression.free_symbols, key=str)):
                raise CircuitError(f"{what} is {expression}; a polynomial in names and exact numbers was expected.")

    def _expressions(self) -> list[tuple[sympy.Expr, str]]:
        rows = [
            (entry, f"the weight to {p.name} from {q.name}")
            for p, row in zip(self.populations, self.entries, strict=True)
            for q, entry in zip(self.populations, row, strict=True)
            if not entry.is_Rational
        ]
        rows += [(p.tau, f"tau of {p.name}") for p in self.populations]
        rows += [(p.input, f"the input of {p.name}") for p in self.populations]
        return rows

    def _check_symbols(self) -> None:
        own = {
            f"{letter}_{p.name}": (p.name, what)
            for p in self.populations
            for letter, what in _LETTERS.items()
            if p.activation.germ_of is None  # a germ is spoken of in these very letters
        }
        for name in self.symbols:
            check_name(name, "a symbol")
            if name in own:
                population, what = own[name]
                raise CircuitError(f"{name!r} is the {what} of {population}; give the symbol another name.")
            if name in self.names:
                raise CircuitError(f"{name!r} names a population and a symbol; give the symbol another name.")
        roles = {
            "a weight": {
                str(x)
                for row in (*self.entries, *(group.lateral for group in self.copies))
                for entry in row
                for x in entry.free_symbols
            }
            - {*self.whole},
            "a number of copies": {*self.whole},
            "a time constant": {str(x) for p in self.populations for x in p.tau.free_symbols},
            "an input": {str(x) for p in self.populations for x in p.input.free_symbols},
            "an activation parameter": {str(x) for p in self.populations for x in p.activation.free_symbols},
        }
        for (one, first), (other, second) in combinations(roles.items(), 2):
            if first & second:
                raise CircuitError(f"{min(first & second)!r} names {one} and {other}; give each a name of its own.")
        for name, _ in self.values:
            check_name(name, "[values]")
        self._check_presentation()

    def _check_presentation(self) -> None:
        known = (*self.symbols, *self.names, *(name for name, _ in self.values))
        short = [name for name, _ in self.presentation.abbreviations or ()]
        for name in (*(n for n, _ in self.presentation.names), *self.presentation.order):
            if name not in (*known, *short):
                raise CircuitError(
                    f"[notation]: the circuit has no symbol or population {name!r}{nearest(name, known)}."
                )
        for group in ((*self.symbols, *short), self.names):
            written: dict[str, str] = {}
            for name in group:
                latex = self.presentation.expanded(name)
                if written.setdefault(latex, name) != name:
                    raise CircuitError(
                        f"{written[latex]!r} and {name!r} are both written {latex}; give one of them another LaTeX in "
                        f"[notation] names."
                    )

    def __repr__(self) -> str:
        """One line for a person; everything else is in the fields."""
        rows = ", ".join(f"{p.name}: {p.type or 'signed'} {p.activation.kind}" for p in self.populations)
        return f"Circuit({self.name!r}, {rows})"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(p.name for p in self.populations)

    @cached_property
    def entries(self) -> tuple[tuple[sympy.Expr, ...], ...]:
        """The rows of W: SymPy makes every entry anew when it is asked for one, which counts for hundreds of them."""
        n = len(self.populations)
        flat = self.W.flat()
        return tuple(tuple(flat[a * n : (a + 1) * n]) for a in range(n))

    @cached_property
    def symbols(self) -> tuple[str, ...]:
        """The names of its symbols: weights row by row, activation parameters, time constants, inputs."""
        seen: dict[str, None] = {}
        groups = [[e for row in self.entries for e in row]]
        groups += [[e for p in self.populations for _, e in p.activation.parameters]]
        groups += [[p.tau for p in self.populations], [p.input for p in self.populations]]
        groups += [[c.count, *c.lateral] for c in self.copies]
        for group in groups:
            for expression in group:
                for s in () if expression.is_Rational else sorted(expression.free_symbols, key=str):
                    seen[s.name] = None
        return tuple(seen)

    @cached_property
    def whole(self) -> tuple[str, ...]:
        """The symbols that stand for whole numbers: how many copies there are."""
        return tuple(sorted({s.name for group in self.copies for s in group.count.free_symbols}))

    def own(self, i: int) -> sympy.Expr:
        """The self-weight of one neuron: ``W[i, i]`` without what it receives from its copies."""
        for group in self.copies:
            if self.names[i] in group.members:
                k = group.members.index(self.names[i])
                return sympy.expand(self.entries[i][i] - (group.count - 1) * group.lateral[k, k])
        return self.entries[i][i]

    @property
    def u(self) -> sympy.ImmutableDenseMatrix:
        return sympy.ImmutableDenseMatrix([p.input for p in self.populations])

    @property
    def tau(self) -> sympy.ImmutableDenseMatrix:
        return sympy.ImmutableDenseMatrix([p.tau for p in self.populations])

    def index(self, population: str) -> int:
        return self.names.index(population)

    def fixed(self, keep: Sequence[str] = ()) -> Circuit:
        """The circuit with its values substituted, all but those in ``keep``."""
        chosen = self._resolved(keep)
        if not chosen:
            return replace(self, values=())
        for name in self.whole:
            if name in chosen and chosen[name].is_number and not chosen[name].is_Integer:
                raise CircuitError(f"{name} = {chosen[name]}, but {name} counts copies; give a whole number.")
        table = {symbol(n): v for n, v in chosen.items()}
        populations = tuple(
            replace(
                p,
                tau=p.tau.xreplace(table),
                input=p.input.xreplace(table),
                activation=p.activation.substituted(table),
            )
            for p in self.populations
        )
        values = tuple(chosen.items())
        style = replace(self.presentation, turned=tuple(sorted(self.signed)))  # also of what is a number from here on
        matrix = self.W.xreplace(table)
        copies = tuple(
            replace(c, count=sympy.expand(c.count.xreplace(table)), lateral=c.lateral.xreplace(table))
            for c in self.copies
        )
        if self.copies:
            matrix = matrix.applyfunc(sympy.expand)
        return replace(self, populations=populations, W=matrix, values=values, presentation=style, copies=copies)

    def _resolved(self, keep: Sequence[str]) -> dict[str, sympy.Expr]:
        """The values with the values of other names put in; a cycle is refused."""
        given = {n: v for n, v in self.values if n not in keep}

        def value(name: str, path: tuple[str, ...]) -> sympy.Expr:
            if name in path:
                cycle = " -> ".join((*path[path.index(name) :], name))
                raise CircuitError(f"[values] {name}: a cycle of values: {cycle}.")
            inner = sorted(x.name for x in given[name].free_symbols if x.name in given)
            return given[name].xreplace({symbol(n): value(n, (*path, name)) for n in inner})

        return {name: value(name, ()) for name in given}

    def with_values(self, **values: object) -> Circuit:
        """The circuit with these exact values added (or changed): numbers or exact strings."""
        table = dict(self.values)
        for name, value in values.items():
            if name not in self.symbols and name not in table:
                raise CircuitError(f"there is no symbol {name!r} to give a value (symbols: {', '.join(self.symbols)}).")
            table[name] = exact(value, f"the value of {name}")
        known = {*self.symbols, *table}
        for name, expression in table.items():
            for unknown in sorted({s.name for s in expression.free_symbols} - known):
                raise CircuitError(
                    f"the value of {name} is {expression}, but there is no symbol {unknown!r}{nearest(unknown, known)}."
                )
        circuit = replace(self, values=tuple(table.items()))
        circuit.fixed()  # a cycle of values, or a value out of range, is refused here
        return circuit

    @classmethod
    def from_matrix(
        cls,
        W: Any,
        *,
        names: Sequence[str] | None = None,
        types: Sequence[str | None] | None = None,
        u: Sequence[object] | None = None,
        tau: Sequence[object] | None = None,
        activation: str | Activation | Sequence[str | Activation] = "relu",
        name: str = "circuit",
        assume: Sequence[str] = (),
        values: Mapping[str, object] | None = None,
        form: Form = "rate",
        presentation: Presentation = PLAIN,
        floats: Floats = "decimal",
    ) -> Circuit:
        """A circuit from a *signed* matrix: row a, column b is the coupling to a from b.

        ``W`` is nested lists, a NumPy array of any number type or of objects, a SciPy sparse array, a SymPy matrix, or
        a pandas data frame, whose columns name the populations. Entries of it, of ``u`` and of ``tau`` are exact
        numbers (ints, Fractions), exact strings (``"w_EE"``, ``"5/2"``), SymPy expressions, or floats.

        A float becomes the shortest decimal that prints the same, at its own width: ``0.1`` is 1/10, and so is
        ``numpy.float32(0.1)``. With ``floats="binary"`` it becomes the number that it stores, a fraction with a power
        of 2 below: 0.1 is 3602879701896397/36028797018963968.

        Names default to ``x1, x2, ...``, inputs to ``u_NAME``, time constants to ``tau_NAME``; ``types`` declares
        sources as "excitatory" or "inhibitory", and the signs of W must agree.

        Raises :class:`~symgame.errors.CircuitError` or another :class:`~symgame.errors.ModelError` that says which
        entry is wrong, for what is not square, not real, not finite, or breaks Dale's law.

        >>> Circuit.from_matrix([["w_EE", "-w_EI"], ["w_IE", 0]], names=["E", "I"]).W
        Matrix([
        [w_EE, -w_EI],
        [w_IE,     0]])
        >>> import numpy
        >>> Circuit.from_matrix(numpy.array([[0, -0.1], [-0.1, 0]]), u=[1, 1]).W[0, 1]
        -1/10
        """
        if floats not in ("decimal", "binary"):
            raise CircuitError(f"floats is {floats!r}; it is 'decimal' (as printed) or 'binary' (as stored).")
        rows, labels = square_rows(W)
        n = len(rows)
        names = column(labels or [f"x{k + 1}" for k in range(n)] if names is None else names, "names", n)
        for label in names:
            if not isinstance(label, str):
                raise CircuitError(f"{label!r} in names is no text; a name is a letter, then letters, digits or _.")
        names = [check_name(str(label), "a population") for label in names]
        types = column([None] * n if types is None else types, "types", n)
        kinds = column([activation] * n if isinstance(activation, str | Activation) else activation, "activation", n)
        inputs = column([f"u_{p}" for p in names] if u is None else u, "u", n)
        taus = column([f"tau_{p}" for p in names] if tau is None else tau, "tau", n)
        populations = tuple(
            population(
                p,
                types[k],
                exact_entry(taus[k], f"tau of {p}", floats),
                exact_entry(inputs[k], f"the input of {p}", floats),
                kinds[k],
            )
            for k, p in enumerate(names)
        )
        entries = [
            exact_entry(entry, f"the weight to {names[a]} from {names[b]} (row {a + 1}, column {b + 1})", floats)
            for a, row in enumerate(rows)
            for b, entry in enumerate(row)
        ]
        matrix = sympy.ImmutableDenseMatrix(n, n, entries)
        circuit = cls(name, populations, matrix, tuple(assume), form=form, presentation=presentation)
        return circuit.with_values(**dict(values)) if values else circuit

    # -- how it is written --------------------------------------------------------------------------------------

    @property
    def signed(self) -> frozenset[str]:
        """The magnitudes that the presentation writes as minus an entry of W.

        With signed weights: the symbols that occur in W from inhibitory sources only, each as an entry ``-symbol``.
        """
        if self.presentation.weights != "signed":
            return frozenset()
        found: dict[str, bool] = dict.fromkeys(self.presentation.turned, True)
        for b, source in enumerate(self.populations):
            for entry in self.W[:, b]:
                for s in entry.free_symbols:
                    found[s.name] = found.get(s.name, True) and source.sign == -1 and entry == -s
        return frozenset(name for name, alone in found.items() if alone)

    def shown(self, name: str, *, macros: bool = False) -> str:
        """The LaTeX of a symbol as formulas mean it, or of a population: a signed weight carries its minus sign."""
        latex = self.presentation.latex(name) if macros else self.presentation.expanded(name)
        return f"-{latex}" if name in self.signed else latex

    def expression_latex(self, expression: sympy.Basic, *, macros: bool = False) -> str:
        """A SymPy expression in the circuit's symbols and rates, in LaTeX and in the notation of the presentation."""
        turned = expression.xreplace({symbol(n): -symbol(n) for n in self.signed})
        rule = self.presentation.latex if macros else self.presentation.expanded
        return str(sympy.latex(turned, symbol_names=_Names(rule)))

    def _latex(self) -> str:
        rows = []
        for k, p in enumerate(self.populations):
            rates = [symbol(f"x_{q}") for q in self.names]
            z = self.expression_latex(self.W[k, :].dot(rates) + p.input)
            own = self.expression_latex(symbol(f"x_{p.name}"))
            tau = self.expression_latex(p.tau)
            rows.append(rf"{tau}\,\dot {own} &= -{own} + \phi_{{{self.presentation.expanded(p.name)}}}\left({z}\right)")
        return r"\begin{aligned}" + r" \\ ".join(rows) + r"\end{aligned}"

    def _repr_latex_(self) -> str:
        return f"${self._latex()}$"


class _Names(dict[sympy.Symbol, str]):
    """SymPy's ``symbol_names`` as a rule instead of a table; ``x_E`` is x with its population below, and so are the
    slopes ``s_E`` and the voltages ``v_E``."""

    def __init__(self, rule: Callable[[str], str]) -> None:
        super().__init__()
        self.rule = rule

    def __contains__(self, key: object) -> bool:
        return isinstance(key, sympy.Symbol)

    def __getitem__(self, key: sympy.Symbol) -> str:
        head, _, population = key.name.partition("_")
        return f"{head}_{{{self.rule(population)}}}" if head in _LETTERS and population else self.rule(key.name)

    def get(self, key: Any, default: Any = None) -> Any:
        return self[key] if isinstance(key, sympy.Symbol) else default


def single_weights(circuit: Circuit) -> Iterator[tuple[Population, Population, sympy.Expr]]:
    """Target, source and the signed coupling from *one* neuron to another: of copies, inside a unit and between two."""
    group_of = {name: group for group in circuit.copies for name in group.members}
    for a, target in enumerate(circuit.populations):
        for b, source in enumerate(circuit.populations):
            group, entry = group_of.get(source.name), circuit.entries[a][b]
            if group is None or entry == 0:
                yield target, source, entry
            elif target.name not in group.members:
                yield target, source, sympy.cancel(entry / group.count)
            else:
                side = group.lateral[group.members.index(target.name), group.members.index(source.name)]
                yield target, source, side
                yield target, source, sympy.expand(entry - (group.count - 1) * side)


def population(name: str, type_: object, tau: object, u: object, kind: object) -> Population:
    """One population from plain data; a saturating cap defaults to ``m_NAME``, a soft threshold to ``lambda_NAME``."""
    if type_ not in (None, "excitatory", "inhibitory"):
        raise ModelError(f"the type of {name} is {type_!r}; it is 'excitatory', 'inhibitory' or left out.")
    if not isinstance(kind, Activation):
        kind = named_activation(name, str(kind), {})
    return Population(name, type_, exact(tau, f"tau of {name}"), exact(u, f"the input of {name}"), kind)


_DEFAULTS = {"saturating": ("cap", "m_{}"), "soft_threshold": ("threshold", "lambda_{}")}


def named_activation(name: str, kind: str, parameters: Mapping[str, Any]) -> Activation:
    """A built-in kind for one population, its obligatory parameter named after the population when left out."""
    given = dict(parameters)
    if not given and kind not in _DEFAULTS:
        return _plain(kind)
    if kind in _DEFAULTS:
        key, pattern = _DEFAULTS[kind]
        given.setdefault(key, symbol(pattern.format(name)))
    return activation_of(kind, **given)


@cache
def _plain(kind: str) -> Activation:
    """A kind without parameters of its own, made once however many populations have it."""
    return activation_of(kind)
