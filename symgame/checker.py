"""What a circuit can be asked numerically: its exact conditions and numbers, as programs on numbers of any kind.

:func:`plan` gathers the conditions (:class:`symgame.condition.Condition`) and quotients of one circuit;
:func:`functions` writes them as Python functions; :func:`checker` compiles these and hands them to
:mod:`symgame.decisions`. The stand-alone file of :mod:`symgame.report.checkers` holds the same functions, under the
circuit's own names.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from symgame.algebra import Algebra, algebra
from symgame.branches import Branch, equilibria, full_branch
from symgame.chart import regime_condition, regime_table
from symgame.circuit import Circuit
from symgame.condition import (
    FALSE,
    TRUE,
    And,
    Condition,
    Exists,
    Or,
    Sign,
    atoms,
    both,
    mapped,
    propagated,
    quantifier_free,
)
from symgame.errors import BudgetExceeded, SymgameError, Unsupported, VocabularyError
from symgame.frozen_gains import readable
from symgame.grammar import read_formula
from symgame.program import Program, Shift, wrapped
from symgame.properties import count, diagonal, nash, potential, response, stability
from symgame.ring import Poly, Quotient, principal_minors, variables
from symgame.statements import read

if TYPE_CHECKING:
    from symgame.kernel import FastChecker

MAX_BRANCHES = 27
MAX_POLYNOMIAL = 2_000
MAX_NAMED = 3  # the discriminant of four rates has too many terms


_NO_STATE = "the activation of a population is not piecewise linear: conditions are at gains, and no state is known"


class CheckerError(SymgameError):
    """Values or a question that a checker cannot take: which, and what it can."""


_OF_BRANCH: dict[str, Callable[[Branch], Condition]] = {
    "exists": lambda b: b.exists,
    "strict": lambda b: b.strict,
    "continuum": lambda b: b.continuum,
    "singular": lambda b: b.algebra.structural.compare(b.determinant, "="),
    "hurwitz": stability.hurwitz,
    "stable": stability.stable,
    "local_nash": nash.local_nash,
    "nash": nash.nash,
}
#: Of an equilibrium of a smooth circuit with gains: its state is unknown.
_AT_GAINS = ("singular", "hurwitz", "stable", "local_nash")
_OF_CIRCUIT: dict[str, Callable[[Algebra], Condition]] = {
    "unique": count.unique,
    "p_matrix": diagonal.p_matrix,
    "lds": lambda a: _diagonally_stable(a, a.interaction()),
    "rosen": lambda a: _diagonally_stable(a, a.game_matrix()),
    "monotone": diagonal.monotone,
    "hurwitz": stability.circuit_hurwitz,
    "totally_hurwitz": stability.totally_hurwitz,
    "potential": potential.potential,
    "weighted_potential": potential.weighted_potential,
}


def _diagonally_stable(a: Algebra, matrix: list[list[Quotient]]) -> Condition:
    """The closed form; for one or two rates the P-property, which is a claim of every derivation (``matrix.lds-p``)."""
    if a.n <= 2:
        return both(*(a.structural.compare(m, ">") for m in principal_minors(matrix, a.ring).values()))
    form = diagonal.lds(a, matrix)
    condition = form.condition.body if isinstance(form.condition, Exists) else form.condition
    if form.road == "weights":
        raise Unsupported("no closed form of diagonal stability is known for this coupling of four or more populations")
    return condition


@dataclass(frozen=True)
class Question:
    """A name such as ``stable(E,I)`` and the condition it stands for, written for points of the domain."""

    name: str
    condition: Condition


@dataclass(frozen=True)
class Numbers:
    """The numbers of a branch by name, ``x(E)`` or ``dx(E,u_I)`` or ``det``, as quotients of polynomials.

    ``places`` are the pieces of phi that the branch is made of, one for each population.
    """

    branch: str
    places: tuple[int, ...]
    quotients: dict[str, Quotient]


@dataclass(frozen=True)
class PieceAt:
    """A piece of phi; the numbers are places among the quotients of :attr:`Plan.entries`."""

    upper: int | None
    upper_belongs: bool
    slope: int
    intercept: int


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that is asked of a circuit. ``polynomials`` are those whose signs decide, each up to its sign.

    ``left_out`` says of a question why it is not answered. ``entries`` are W row by row, u, tau, then what the pieces
    refer to.
    """

    circuit: Circuit
    questions: tuple[Question, ...]
    regimes: tuple[str, ...]
    left_out: dict[str, str]
    polynomials: tuple[Poly, ...]
    numbers: tuple[Numbers, ...]
    entries: tuple[Quotient, ...] | None
    pieces: tuple[tuple[PieceAt, ...], ...]


@cache
def plan(circuit: Circuit) -> Plan:
    """The questions that the circuit has closed conditions for, with the rest and its reasons.

    >>> from symgame.named import wilson_cowan
    >>> [q.name for q in plan(wilson_cowan()).questions][:4]
    ['domain', 'exists()', 'strict()', 'continuum()']
    """
    circuit = readable(circuit)
    a = algebra(circuit)
    left_out: dict[str, str] = {}
    questions = [Question("domain", a.domain.condition)]
    for name, asked in _asked(circuit, left_out):
        try:
            condition = propagated(mapped(asked(), a.domain.split))
            _check_size(circuit, condition)
        except (Unsupported, BudgetExceeded, VocabularyError) as error:
            left_out[name] = str(error)
        else:
            questions.append(Question(name, condition))
    regimes = tuple(q.name[len("regime(") : -1] for q in questions if q.name.startswith("regime("))
    if len(regimes) < len(regime_table()):  # the first that holds gives the name: all of them are needed
        why = next((text for name, text in left_out.items() if name.startswith("regime(")), "no closed conditions")
        left_out = {name: text for name, text in left_out.items() if not name.startswith("regime(")}
        questions = [q for q in questions if not q.name.startswith("regime(")]
        left_out["regime"] = why
        regimes = ()
    polynomials: dict[str, Poly] = {}
    for question in questions:
        for atom in atoms(question.condition):
            polynomials.setdefault(_key(atom.poly), atom.poly)
    entries, pieces = _entries(a, left_out)
    return Plan(
        circuit,
        tuple(questions),
        (*regimes, "unnamed") if regimes else (),
        left_out,
        tuple(polynomials.values()),
        tuple(_numbers(b, left_out) for b in _branches(circuit, {})),
        entries,
        pieces,
    )


def _branches(circuit: Circuit, left_out: dict[str, str]) -> tuple[Branch, ...]:
    try:
        rows = equilibria(circuit)
    except Unsupported as error:
        left_out["branches"] = str(error)
        return ()
    if len(rows) > MAX_BRANCHES:
        left_out["branches"] = f"of {len(rows)} branches only the one with every population active is listed"
        return (full_branch(circuit),)
    return rows


def _asked(circuit: Circuit, left_out: dict[str, str]) -> Iterator[tuple[str, Callable[[], Condition]]]:
    for branch in _branches(circuit, left_out):
        for word, of_branch in _OF_BRANCH.items():
            if branch.algebra.frozen and word not in _AT_GAINS:
                left_out[branch.word(word)] = _NO_STATE
                continue
            yield branch.word(word), partial(of_branch, branch)
    a = algebra(circuit)
    for word, of_circuit in _OF_CIRCUIT.items():
        yield word, partial(of_circuit, a)
    for name, when, _ in regime_table():
        yield f"regime({name})", partial(_regime, circuit, when)


def _regime(circuit: Circuit, when: str) -> Condition:
    if circuit.copies:
        raise Unsupported("regimes are named here for circuits without copies")
    if len(circuit.names) > MAX_NAMED:
        raise Unsupported(f"regimes are named here for at most {MAX_NAMED} populations")
    return read(circuit, read_formula(regime_condition(circuit, when)), ()).query.conclusion


def _check_size(circuit: Circuit, condition: Condition) -> None:
    if not quantifier_free(condition):
        raise Unsupported("its condition has quantifiers")
    for atom in atoms(condition):
        if len(atom.poly) > MAX_POLYNOMIAL:
            raise Unsupported(f"its condition has a polynomial of {len(atom.poly)} terms; give some symbols values")
        foreign = set(variables(atom.poly)) - set(circuit.symbols)
        if foreign:
            raise Unsupported("its condition needs roots")


def _key(p: Poly) -> str:
    """The same for ``p`` and ``-p``."""
    return max(str(p), str(-p))


def _numbers(branch: Branch, left_out: dict[str, str]) -> Numbers:
    names, inputs = branch.circuit.names, branch.circuit.inputs
    asked: dict[str, Callable[[], Quotient]] = {
        "det": lambda: branch.determinant,
        "trace": lambda: stability.trace(branch),
    }
    asked |= {f"curvature({names[i]})": partial(nash.own_curvature, branch, i) for i in branch.increasing}
    known = not branch.algebra.frozen
    asked |= {f"x({name})": partial(branch.rate, i) for i, name in enumerate(names) if known}
    for i, name in enumerate(names):
        for j, driven in enumerate(inputs):
            if inputs.count(driven) == 1:
                asked[f"dx({name},{driven})"] = partial(response.response, branch, i, j)
            else:
                left_out[f"dx({name},{driven}) on ({branch.name})"] = "that input drives several populations"
    if branch == full_branch(branch.circuit) and known:
        asked |= {f"energy({name})": partial(nash.energy, branch, i) for i, name in enumerate(names)}
    if len(names) <= 2 or (len(names) <= MAX_NAMED and branch == full_branch(branch.circuit)):
        asked["disc"] = lambda: stability.discriminant(branch)
    found: dict[str, Quotient] = {}
    for name, number in asked.items():
        try:
            found[name] = number()
            if max(len(found[name].over), len(found[name].under)) > MAX_POLYNOMIAL:
                del found[name]
                raise Unsupported("a polynomial with too many terms; give some symbols values")
        except (Unsupported, BudgetExceeded) as error:
            left_out[f"{name} on ({branch.name})"] = str(error)
        except ZeroDivisionError:
            left_out[f"{name} on ({branch.name})"] = "the determinant is 0 for all values"
    return Numbers(branch.name, branch.places, found)


def _entries(
    a: Algebra, left_out: dict[str, str]
) -> tuple[tuple[Quotient, ...] | None, tuple[tuple[PieceAt, ...], ...]]:
    try:
        if a.groups:
            raise Unsupported("the equations are those of several copies; write them out to test against eigenvalues")
        linear = a.linear_pieces()
        if a.frozen:
            raise Unsupported(_NO_STATE)
    except Unsupported as error:
        left_out["residual"] = str(error)
        return None, ()
    rows = [*(w for row in a.W for w in row), *a.u, *a.tau]
    pieces = []
    for row in linear:
        found = []
        for piece in row:
            place = len(rows)
            rows += [piece.slope, piece.intercept]
            upper = None
            if piece.upper is not None:
                upper = len(rows)
                rows.append(piece.upper)
            found.append(PieceAt(upper, piece.closed[1], place, place + 1))
        pieces.append(tuple(found))
    return tuple(rows), tuple(pieces)


# -- names ------------------------------------------------------------------------------------------------------------

#: What the text around the functions uses itself, and what they use inside: t0, p0, ... are kept too.
_TAKEN = frozenset("np integer positive negative word number implies sqrt".split()) | frozenset(dir(builtins))
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_OWN = re.compile(r"[a-z]\d+|one_minus_\w+|one_plus_\w+|shift\d+|s\d+_\w*|[A-Z]+|[A-Z][a-z]+")


def identifiers(symbols: Sequence[str]) -> dict[str, str]:
    """An identifier for each symbol: the name itself where that is safe, else ``s3_`` with its plain letters.

    >>> identifiers(("w_EE", "lambda", "\u03b1_x", "np", "t0"))
    {'w_EE': 'w_EE', 'lambda': 's1_lambda', '\u03b1_x': 's2__x', 'np': 's3_np', 't0': 's4_t0'}
    """
    table = {}
    for k, name in enumerate(symbols):
        safe = _PLAIN.fullmatch(name) and not keyword.iskeyword(name) and not keyword.issoftkeyword(name)
        if safe and name not in _TAKEN and not _OWN.fullmatch(name):
            table[name] = name
        else:
            table[name] = f"s{k}_" + re.sub(r"[^A-Za-z0-9_]", "", name)
    return table


def _shifts(circuit: Circuit, said: Mapping[str, str]) -> tuple[Shift, ...]:
    """Diagonal entries of ``I - W`` such as ``1 - w_EE``: letters in which every polynomial here is shorter."""
    a = algebra(circuit)
    found: dict[tuple[int, int, int], Shift] = {}
    for i in range(a.n):
        entry = a.game_matrix()[i][i]
        names = variables(entry.over)
        if not entry.under.is_one() or len(entry.over) != 2 or len(names) != 1:
            continue
        terms = {sum(m): int(c) for m, c in entry.over.to_dict().items()}
        if terms.get(1) not in (1, -1) or 0 not in terms:
            continue
        place = circuit.symbols.index(names[0])
        word = {1: "one"}.get(terms[0])
        name = f"{word}_{'plus' if terms[1] > 0 else 'minus'}_{said[names[0]]}" if word else f"shift{i}"
        found.setdefault((place, terms[0], terms[1]), Shift(name, place, terms[0], terms[1]))
    return tuple(found.values())


# -- text -------------------------------------------------------------------------------------------------------------


def functions(plan: Plan, said: Mapping[str, str], *, notes: bool = True) -> str:
    """Python functions ``_polynomials``, ``_conditions``, ``_entries`` and one ``_numbers_K`` for each branch K.

    ``said`` maps the symbols to identifiers. The surroundings hold the types ``N`` and ``B`` of numbers and truths, the
    truths ``YES`` and ``NO``, and ``integer``, which takes the integers that are no doubles. ``notes=False`` leaves out
    the comments, and with them every name of the circuit.
    """
    circuit = plan.circuit
    shifts = _shifts(circuit, said)
    program = Program(circuit.symbols, shifts)
    flipped = {}
    for k, p in enumerate(plan.polynomials):
        flipped[str(p)] = (k, program.add(p))
    texts = [_function("_polynomials", circuit, said, program, "The numbers whose signs decide.")]
    texts.append(_conditions_text(plan, flipped, notes))
    for k, numbers in enumerate(plan.numbers):
        what = f"Numerator and denominator of each number of branch {k}, in the order of the branches."
        texts.append(_quotients_text(f"_numbers_{k}", plan, said, shifts, numbers.quotients, what, notes))
    if plan.entries is not None:
        what = "Numerator and denominator of the entries of W, u, tau, and of the pieces of phi."
        texts.append(_quotients_text("_entries", plan, said, (), _labelled(plan), what, notes))
    return "\n\n\n".join(texts) + "\n"


def note(text: str) -> str:
    """A text for a comment: ASCII, on one line, not too long."""
    written = ascii(text)[1:-1]
    return written if len(written) <= 90 else written[:87] + "..."


def _labelled(plan: Plan) -> dict[str, Quotient]:
    names = plan.circuit.names
    labels = [f"W, to {i} from {j}" for i in names for j in names]
    labels += [f"{word} of {name}" for word in ("u", "tau") for name in names]
    for name, row in zip(names, plan.pieces, strict=True):
        for k, piece in enumerate(row, 1):
            labels += [f"phi of {name}, piece {k}: slope", f"phi of {name}, piece {k}: intercept"]
            labels += [f"phi of {name}, piece {k}: upper end"] if piece.upper is not None else []
    return dict(zip(labels, plan.entries or (), strict=True))


def _function(
    name: str,
    circuit: Circuit,
    said: Mapping[str, str],
    program: Program,
    what: str,
    notes: Mapping[int, str] | None = None,
) -> str:
    parameters = ", ".join(f"{said[s]}: N" for s in circuit.symbols)
    head = wrapped(f"def {name}", f"({parameters}) -> tuple[N, ...]:")
    if len(head) > 1:
        head = [f"def {name}(", *wrapped_list([f"{said[s]}: N" for s in circuit.symbols]), ") -> tuple[N, ...]:"]
    return "\n".join([*head, f'    """{what}"""', *(f"    {line}" for line in program.text(said, notes))])


def wrapped_list(items: Sequence[str], indent: int = 4, width: int = 116) -> list[str]:
    """Items separated by commas, over several lines."""
    rows, row = [], ""
    for item in items:
        if row and indent + len(row) + 2 + len(item) > width:
            rows.append(" " * indent + row)
            row = f"{item},"
        else:
            row = f"{row} {item}," if row else f"{item},"
    return [*rows, " " * indent + row] if row else rows


def _quotients_text(
    name: str,
    plan: Plan,
    said: Mapping[str, str],
    shifts: tuple[Shift, ...],
    rows: Mapping[str, Quotient],
    what: str,
    notes: bool,
) -> str:
    program = Program(plan.circuit.symbols, shifts)
    signs = [(program.add(q.over), program.add(q.under)) for q in rows.values()]
    program.negate([2 * k for k, (over, under) in enumerate(signs) if over != under])
    comments = {2 * k: note(label) for k, label in enumerate(rows)} if notes else None
    return _function(name, plan.circuit, said, program, what, comments)


class _Truths:
    """Conditions as Boolean text over p3 (polynomial 3 is positive), n3 (negative) and what is made of these.

    g3: not negative; l3: not positive; d3: different from 0; z3: zero.
    """

    def __init__(self, flipped: Mapping[str, tuple[int, int]], conditions: Sequence[Condition]) -> None:
        self.flipped = flipped
        self.lines: list[str] = []
        self.known: dict[Condition | str, str] = {}
        self.uses: dict[Condition, int] = {}
        for condition in conditions:
            self._count(condition)

    def _count(self, condition: Condition) -> None:
        self.uses[condition] = self.uses.get(condition, 0) + 1
        if self.uses[condition] == 1 and isinstance(condition, And | Or):
            for part in condition.args:
                self._count(part)

    def sign(self, atom: Sign) -> str:
        found = self.flipped.get(str(atom.poly))
        k, side = found if found is not None else (self.flipped[str(-atom.poly)][0], -self.flipped[str(-atom.poly)][1])
        if atom.rel in ("=", "!="):
            mark = "z" if atom.rel == "=" else "d"
        else:
            mark = {(">", 1): "p", (">", -1): "n", (">=", 1): "g", (">=", -1): "l"}[atom.rel, side]
        return self.letter(f"{mark}{k}")

    def letter(self, name: str) -> str:
        mark, k = name[0], name[1:]
        meaning = {"g": f"~n{k}", "l": f"~p{k}", "d": f"p{k} | n{k}", "z": f"~(p{k} | n{k})"}.get(mark)
        if meaning is not None and name not in self.known:
            self.known[name] = name
            self.lines.append(f"{name} = {meaning}")
        return name

    def text(self, condition: Condition, top: bool = False) -> str:
        if condition == TRUE:
            return "YES"
        if condition == FALSE:
            return "NO"
        if isinstance(condition, Sign):
            return self.sign(condition)
        if condition in self.known:
            return self.known[condition]
        assert isinstance(condition, And | Or)
        joined = (" & " if isinstance(condition, And) else " | ").join(self.text(a) for a in condition.args)
        if self.uses[condition] > 1:
            name = f"c{sum(isinstance(k, And | Or) for k in self.known)}"
            self.known[condition] = name
            self.lines += wrapped(f"{name} = ", joined)
            return name
        return joined if top else f"({joined})"


def _conditions_text(plan: Plan, flipped: Mapping[str, tuple[int, int]], notes: bool) -> str:
    truths = _Truths(flipped, [q.condition for q in plan.questions])
    answers = []
    for question in plan.questions:
        text = truths.text(question.condition, top=True)
        answers += [f"        # {note(question.name)}"] if notes else []
        answers += wrapped("        ", text, ",", 12)
    many = range(len(plan.polynomials))
    lines = [
        "def _conditions(positive: Sequence[B], negative: Sequence[B]) -> tuple[B, ...]:",
        '    """The answers, from which polynomials are positive (p) and which negative (n): g is >= 0, l is <= 0."""',
    ]
    for mark, whole in (("p", "positive"), ("n", "negative")):
        used = " ".join([*truths.lines, *answers])
        letters = [f"{mark}{k}" if re.search(rf"\b{mark}{k}\b", used) else f"_{mark}{k}" for k in many]
        if letters:
            unpacked = ", ".join(letters) + ("," if len(letters) == 1 else "")
            rows = wrapped("    ", unpacked, f" = {whole}")
            lines += rows if len(rows) == 1 else ["    (", *wrapped_list(letters, 8), f"    ) = {whole}"]
    return "\n".join([*lines, *(f"    {x}" for x in truths.lines), "    return (", *answers, "    )"])


# -- the checker of the package ---------------------------------------------------------------------------------------


def compiled(source: str, **surroundings: Any) -> dict[str, Any]:
    """The functions that a text of ours defines. The one place where generated text is executed.

    It is written from polynomials over the integers under identifiers ``v0, v1, ...``; no name and no text of a user
    is in it.
    """
    import numpy as np

    from symgame.bounds import Integer

    namespace: dict[str, Any] = {"N": Any, "B": Any, "Sequence": Sequence, "integer": Integer}
    namespace |= {"YES": np.True_, "NO": np.False_, "np": np, **surroundings}
    exec(compile(source, "<symgame.checker>", "exec"), namespace)
    return namespace


@cache
def checker(circuit: Circuit) -> FastChecker:
    """The checks of a circuit on arrays; see :class:`symgame.decisions.Checker`, with numba as an engine.

    >>> from symgame.named import wilson_cowan
    >>> c = checker(wilson_cowan())
    >>> point = dict(w_EE=[0.5, 1.0, 2.0], w_EI=1, w_IE=1, w_II=0, tau_E=1, tau_I=1, u_E=1, u_I=0.5)
    >>> c.holds("lds", point).tolist(), c.holds("regime(switch)", point).tolist()
    ([1, 0, 0], [0, 1, 0])
    """
    from symgame import decisions
    from symgame.kernel import FastChecker

    chosen = plan(circuit)
    circuit = chosen.circuit
    made = compiled(functions(chosen, {name: f"v{k}" for k, name in enumerate(circuit.symbols)}, notes=False))
    branches = tuple(
        decisions.Branch(
            row.branch, row.places, {name: 2 * i for i, name in enumerate(row.quotients)}, made[f"_numbers_{k}"]
        )
        for k, row in enumerate(chosen.numbers)
    )
    pieces = tuple(
        tuple(decisions.Piece(p.upper, p.upper_belongs, p.slope, p.intercept) for p in row) for row in chosen.pieces
    )
    formulas = decisions.Formulas(
        circuit.name,
        circuit.symbols,
        circuit.names,
        circuit.inputs,
        tuple(q.name for q in chosen.questions),
        chosen.regimes,
        chosen.left_out,
        made["_polynomials"],
        made["_conditions"],
        branches,
        made.get("_entries"),
        pieces,
    )
    return FastChecker(formulas, CheckerError, compiled)
