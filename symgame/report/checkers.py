"""``checkers.py``: the conditions of a derivation as one stand-alone file for NumPy.

The file is put together from three texts: the modules :mod:`symgame.bounds`, :mod:`symgame.decisions` and
:mod:`symgame.selftest` as they are here, the functions of :mod:`symgame.checker` under the circuit's own names, and the
formulas of the claims.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources

from symgame import syntax as s
from symgame.algebra import algebra
from symgame.branches import full_branch
from symgame.chart import regime_condition, regime_table
from symgame.checker import Plan, functions, identifiers, note, plan, wrapped_list
from symgame.claims import Claim
from symgame.derivation import Derivation
from symgame.errors import SymgameError, Unsupported
from symgame.frozen_gains import gain, in_rate, rate, readable, smooth
from symgame.grammar import read_formula, read_term
from symgame.program import wrapped
from symgame.pythonic import python, quoted
from symgame.words import GAIN_QUANTIFIERS

RUNTIME = ("bounds.py", "decisions.py", "selftest.py")
WIDTH = 116


def source(derivation: Derivation) -> str:
    """The text of ``checkers.py``; the same derivation gives the same text.

    >>> from symgame.derivation import derive
    >>> from symgame.named import wilson_cowan
    >>> text = source(derive(wilson_cowan()))
    >>> 'lambda: word("lds") == (w_EE < 1),' in text
    True
    """
    chosen = plan(derivation.circuit)
    said = identifiers(chosen.circuit.symbols)
    trees = [_module(name) for name in RUNTIME]
    policy = ast.get_docstring(trees[RUNTIME.index("decisions.py")][1]) or ""
    parts = [
        _head(derivation, chosen, policy),
        _imports([tree for _, tree in trees]),
        "\n\n\n".join(_body(text, tree) for text, tree in trees),
        "# -- the circuit " + "-" * 100,
        "N = Any  # a number: a double, an array, a fraction, a bound\n"
        "B = Any  # a truth, or an array of truths\n"
        "F = Fraction\nYES, NO = np.True_, np.False_\ninteger = Integer",
        functions(chosen, said).rstrip("\n"),
        _claim_formulas(derivation, chosen, said),
        _regime_formulas(chosen),
        _tables(derivation, chosen),
        *_gains(chosen),
        _FACE,
    ]
    return "\n\n".join(parts[:2]) + "\n\n" + "\n\n\n".join(parts[2:]) + "\n"


_FACE = '''CHECKER = Checker(FORMULAS)
QUESTIONS = FORMULAS.questions
REGIMES = FORMULAS.regimes
LEFT_OUT = FORMULAS.left_out

mask = CHECKER.mask
holds = CHECKER.holds
nash_class = CHECKER.nash_class
regime = CHECKER.regime
number = CHECKER.number
numbers = CHECKER.numbers
state = CHECKER.state
response = CHECKER.response
residual = CHECKER.residual


if __name__ == "__main__":
    raise SystemExit(self_test(SelfTest(CHECKER, CLAIMS, _claims, _regimes)))'''


def claim_lines(text: str) -> dict[str, int]:
    """The line of ``checkers.py``, from 1, where the formula of each claim begins, by the id of the claim."""
    start = text.index("\ndef _claims(") + 1
    function = ast.parse(text[start : text.index("\n\n\n", start)]).body[0]  # that function alone: the file is long
    above = text.count("\n", 0, start)
    table = next(n.value for n in ast.walk(function) if isinstance(n, ast.Return))
    assert isinstance(table, ast.Dict)
    keys = (key for key in table.keys if isinstance(key, ast.Constant))
    return {str(key.value): above + key.lineno for key in keys}


# -- the runtime ------------------------------------------------------------------------------------------------------


def _module(name: str) -> tuple[str, ast.Module]:
    text = resources.files("symgame").joinpath(name).read_text(encoding="utf-8")
    return text, ast.parse(text)


def _body(text: str, tree: ast.Module) -> str:
    """The text of a module after its docstring and imports."""
    last = max(node.end_lineno or 0 for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom))
    return "\n".join(text.splitlines()[last:]).strip("\n")


def _imports(trees: Sequence[ast.Module]) -> str:
    """The imports of the modules together, sorted; those of the package itself are not needed."""
    plain: set[str] = set()
    named: dict[str, set[str]] = {}
    for tree in trees:
        for node in tree.body:
            if isinstance(node, ast.Import):
                plain |= {f"{a.name} as {a.asname}" if a.asname else a.name for a in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.module.startswith("symgame"):
                named.setdefault(node.module, set()).update(a.name for a in node.names)
    future = named.pop("__future__")
    blocks = [f"from __future__ import {', '.join(sorted(future))}"]
    for own in (False, True):  # the standard library, then NumPy
        rows = [f"import {name}" for name in sorted(plain) if name.startswith("numpy") == own]
        rows += [
            f"from {module} import {', '.join(sorted(names, key=_import_order))}"
            for module, names in sorted(named.items())
            if module.startswith("numpy") == own
        ]
        blocks.append("\n".join(rows))
    return "\n\n".join(blocks)


def _import_order(name: str) -> tuple[int, str]:
    return (0 if name.isupper() else 1 if name[0].isupper() else 2), name


# -- the head ---------------------------------------------------------------------------------------------------------


def _head(derivation: Derivation, chosen: Plan, policy: str) -> str:
    circuit = chosen.circuit
    shown = ", ".join(f"{name}=..." for name in circuit.symbols)
    domain = [h.text for h in algebra(circuit).domain.hypotheses]
    lines = [
        f"The conditions of the circuit '{note(circuit.name)}' on arrays of doubles, generated from their exact forms.",
        "",
        *_filled(f"Symbols: {', '.join(circuit.symbols) or 'none'}."),
        *_filled(f"Domain: {' ; '.join(domain) or 'all values'}."),
        "",
        "    import checkers",
        *_filled(f"checkers.holds(\"p_matrix\", {shown})", "    ", "        "),
        "",
        "holds        the code of a question of QUESTIONS at every point, e.g. \"lds\" or \"exists(E,I)\"",
        "mask         all questions as bits",
        "state        the rates on a branch; response: dx_i/du_j there",
        "number       one of these, or det, trace, disc, curvature, energy, by name; numbers: all of them",
        "nash_class   the best that an equilibrium is: stationary, local Nash, Nash",
        "regime       the place in REGIMES of the regime with every population active",
        "residual     how far a claimed state is from being an equilibrium",
        "",
        "Arrays of any shapes that broadcast; a mapping in place of keywords takes names that are no identifiers.",
        "LEFT_OUT says what is not answered for this circuit, and why. CLAIMS lists the claims of the derivation with",
        "their hashes; `_claims` holds their formulas. `python checkers.py` tests this file.",
        "",
        *policy.splitlines(),
    ]
    if chosen.left_out:
        lines += ["", "Left out here:"]
        for question, why in chosen.left_out.items():
            lines += _filled(f"{question}: {why}", "    ", "        ")
    escaped = [ascii(line)[1:-1] if not line.isascii() else line.replace("\\", "\\\\") for line in lines]
    return '"""' + "\n".join(line.replace('"""', "'''") for line in escaped) + '\n"""'


def _filled(text: str, first: str = "", rest: str = "    ") -> list[str]:
    """A paragraph in lines of bounded length, in ASCII."""
    rows, row = [], first
    for word in ascii(text)[1:-1].split(" "):
        if row.strip() and len(row) + 1 + len(word) > WIDTH:
            rows.append(row)
            row = rest + word
        else:
            row = f"{row} {word}" if row.strip() else row + word
    return [*rows, row]


# -- the claims -------------------------------------------------------------------------------------------------------


def _claim_formulas(derivation: Derivation, chosen: Plan, said: Mapping[str, str]) -> str:
    parameters = ["word: Word", "number: Numeral", *(f"{said[s]}: N" for s in chosen.circuit.symbols)]
    lines = [
        "def _claims(",
        *wrapped_list(parameters),
        ") -> dict[str, tuple[Check, Check]]:",
        '    """Hypotheses and conclusion of each claim that has a value at a point."""',
    ]
    rows = []
    for claim in derivation.claims:
        pair = claim_expressions(derivation, claim, said)
        if pair is not None:
            given, then = pair
            rows += [f"        {quoted(claim.id)}: ("]
            rows += wrapped("            lambda: ", given, ",", 16)
            rows += wrapped("            lambda: ", then, ",", 16)
            rows += ["        ),"]
    return "\n".join([*lines, "    return {", *rows, "    }"] if rows else [*lines, "    return {}"])


def _regime_formulas(chosen: Plan) -> str:
    """The table of regimes: its conditions in the words and numbers of the circuit."""
    lines = [
        "def _regimes(word: Word, number: Numeral) -> dict[str, Check]:",
        '    """The conditions that name the regimes, at the branch with every population active."""',
    ]
    rows = []
    for name, when, _ in regime_table() if chosen.regimes else ():
        circuit = chosen.circuit
        text = python(read_formula(regime_condition(circuit, when)), {}, full_branch(circuit).name)
        rows += wrapped(f"        {quoted(name)}: lambda: ", text, ",", 12)
    return "\n".join([*lines, "    return {", *rows, "    }"] if rows else [*lines, "    return {}"])


def claim_expressions(derivation: Derivation, claim: Claim, said: Mapping[str, str]) -> tuple[str, str] | None:
    """Hypotheses and conclusion as Python; ``None`` for identities and what is said with quantifiers."""
    if claim.then is None or _beyond_gains(derivation, claim):
        return None
    try:
        at = claim.at if claim.at is not None else full_branch(readable(derivation.circuit)).name
    except SymgameError:
        at = ""
    try:
        given = [python(read_formula(g), said, at) for g in claim.given]
        then = python(read_formula(claim.then), said, at)
    except Unsupported:
        return None
    joined = " and ".join(f"({g})" if " or " in g else g for g in given)
    return joined or "True", then


def _beyond_gains(derivation: Derivation, claim: Claim) -> bool:
    """Whether a claim on a smooth circuit speaks of a rate, or of all gains: it has no value at gains."""
    names = derivation.circuit.names
    beyond = {str(rate(names[i])) for i in smooth(derivation.circuit)} | set(GAIN_QUANTIFIERS)
    parts = (part for text in (claim.then, *claim.given) if text is not None for part in s.walk(read_formula(text)))
    return any(getattr(p, "id", None) in beyond or getattr(p, "name", None) in beyond for p in parts)


def _gains(chosen: Plan) -> Iterator[str]:
    """A function from rates to gains, where the gains of a smooth circuit are rational in its rates."""
    populations = chosen.circuit.populations
    values = {str(gain(p.name)): value for p in populations if (value := in_rate(p)) is not None}
    if not values or len(values) < len(smooth(chosen.circuit)):
        return
    names = sorted({str(x) for value in values.values() for x in value.free_symbols})
    said = identifiers(names)
    lines = [
        f"def gains({', '.join(f'{said[n]}: N' for n in names)}) -> dict[str, N]:",
        '    """The gains at rates, rounded to doubles: what is decided of them is exact for the rounded gains."""',
    ]
    rows = [f"        {quoted(name)}: {python(read_term(_text(value)), said, '')}," for name, value in values.items()]
    yield "\n".join([*lines, "    return {", *rows, "    }"])


def _text(expression: object) -> str:
    return str(expression).replace("**", "^")


# -- the tables -------------------------------------------------------------------------------------------------------


def _tables(derivation: Derivation, chosen: Plan) -> str:
    circuit = chosen.circuit
    lines = ["FORMULAS = Formulas(", "    circuit=(", *_string(circuit.name, 8), "    ),"]
    for field, values in (
        ("symbols", circuit.symbols),
        ("populations", circuit.names),
        ("inputs", circuit.inputs),
        ("questions", [q.name for q in chosen.questions]),
        ("regimes", chosen.regimes),
    ):
        lines += _listed(f"    {field}=(", [quoted(v) for v in values], "),")
    lines += ["    left_out={"] if chosen.left_out else ["    left_out={},"]
    for question, why in chosen.left_out.items():
        lines += [f"        {quoted(question)}: (", *_string(why, 12), "        ),"]
    lines += ["    },"] if chosen.left_out else []
    lines += ["    polynomials=_polynomials,", "    conditions=_conditions,", "    branches=("]
    for k, numbers in enumerate(chosen.numbers):
        lines += ["        Branch(", *_string(numbers.branch, 12, ",")]
        lines += _listed("            (", [str(place) for place in numbers.places], "),")
        lines += _listed("            {", [f"{quoted(n)}: {2 * i}" for i, n in enumerate(numbers.quotients)], "},")
        lines += [f"            _numbers_{k},", "        ),"]
    lines += ["    ),", f"    entries={'None' if chosen.entries is None else '_entries'},", "    pieces=("]
    for row in chosen.pieces:
        pieces = [f"Piece({p.upper}, {p.upper_belongs}, {p.slope}, {p.intercept})" for p in row]
        lines += _listed("        (", pieces, "),")
    lines += ["    ),", ")", ""]
    lines += ["CLAIMS: tuple[Claim, ...] = ("]
    for claim in derivation.claims:
        lines += ["    Claim(", *_string(claim.id, 8, ","), "        (" if claim.given else "        (),"]
        for g in claim.given:
            lines += _string(g, 12, ",")
        lines += ["        ),"] if claim.given else []
        lines += _string(claim.then, 8, ",")
        lines += _string(claim.at, 8, ",")
        lines += [f"        {quoted(claim.verdict.kind)},", f"        {quoted(claim.sha256)},", "    ),"]
    return "\n".join([*lines, ")"])


def _listed(head: str, items: Sequence[str], tail: str) -> list[str]:
    """A tuple or a mapping, on one line where it fits."""
    indent = len(head) - len(head.lstrip())
    one = ", ".join(items) + ("," if len(items) == 1 and "{" not in head else "")
    if len(head) + len(one) + len(tail) <= WIDTH:
        return [head + one + tail]
    return [head, *wrapped_list(items, indent + 4), " " * indent + tail]


def _string(text: str | None, indent: int, tail: str = "") -> list[str]:
    """A string literal in lines of bounded length; several are joined by parentheses where a comma follows."""
    pad = " " * indent
    if text is None:
        return [f"{pad}None{tail}"]
    rows, row = [], ""
    for letter in text:
        if len(quoted(row + letter)) > WIDTH - indent - 4:
            rows.append(row)
            row = letter
        else:
            row += letter
    rows.append(row)
    if len(rows) == 1:
        return [f"{pad}{quoted(row)}{tail}"]
    if not tail:
        return [pad + quoted(r) for r in rows]
    return [f"{pad}(", *(f"{pad}    {quoted(r)}" for r in rows), f"{pad}){tail}"]
