"""The verdict on every claim of one row, against what is true there; see :class:`Finding` for the verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from symgame.cells import Point
from symgame.chart import regime_table
from symgame.circuit import Circuit
from symgame.errors import SymgameError
from symgame.verify_columns import Column, branch_names
from symgame.verify_numbers import ALL, BadCell, Claimed, Truth, claimed, decimal_text, exact, right_digits
from symgame.verify_truth import Equilibrium, RowTruth
from symgame.words import nearest

RIGHT: Final = "right"
BOUNDARY: Final = "boundary"
OTHER: Final = "other branch"
WRONG: Final = "wrong"
NOT: Final = "not an equilibrium"
BAD: Final = "bad row"
#: From harmless to bad; ``right to k digits`` is between the first two.
ORDER: Final = (RIGHT, BOUNDARY, OTHER, WRONG, NOT, BAD)

_TRUE: Final = frozenset(("true", "t", "yes", "y", "1", "1.0", "stable"))
_FALSE: Final = frozenset(("false", "f", "no", "n", "0", "0.0", "unstable"))
_OPEN: Final = frozenset(("none", "null", "unknown", "undecided"))
_NASH: Final = {
    "global": "global", "nash": "global", "local": "local", "local nash": "local", "locally nash": "local",
    "stationary": "stationary", "stationary only": "stationary",
}  # fmt: skip
_KINDS: Final = frozenset(("node", "focus", "saddle", "center", "non-hyperbolic", "kink"))
_TYPES: Final[Mapping[str, tuple[frozenset[str], bool | None]]] = {
    **{kind: (frozenset((kind,)), None) for kind in _KINDS},
    "spiral": (frozenset(("focus",)), None),
    "nodal": (frozenset(("node",)), None),
    "centre": (frozenset(("center",)), None),
    "nonhyperbolic": (frozenset(("non-hyperbolic",)), None),
    "stable": (_KINDS, True),
    "unstable": (_KINDS, False),
    "sink": (frozenset(("node", "focus")), True),
    "source": (frozenset(("node", "focus")), False),
}


@dataclass(frozen=True)
class Finding:
    """The verdict on one claim: ``right`` (to so many digits), ``wrong``, ``not an equilibrium``, ``other branch`` (an
    equilibrium, but not the one claimed), ``boundary`` (rounding of the parameters decides) or ``bad row``.

    ``digits`` is ``None`` unless fewer digits are right than a number in full has. ``values`` are the true numbers
    behind it, where it is about numbers, with the claims.
    """

    verdict: str
    quantity: str
    claimed: str
    true: str = ""
    note: str = ""
    digits: int | None = None
    values: tuple[tuple[Claimed, Truth], ...] = ()

    @property
    def label(self) -> str:
        """The verdict with its digits."""
        many = self.digits
        return self.verdict if many is None else f"right to {many} digit{'' if many == 1 else 's'}"

    @property
    def rank(self) -> tuple[int, int]:
        """The larger, the worse."""
        return ORDER.index(self.verdict), -ALL if self.digits is None else -self.digits


def worst(findings: Iterable[Finding]) -> Finding:
    """The worst of some findings, the first of equals."""
    return max(findings, key=lambda f: f.rank)


# -- what a row claims ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Claims:
    """The claims of a row, read: rates by population, a branch, and what every other column says."""

    rates: Mapping[int, Claimed]
    branch: str | None
    others: tuple[tuple[Column, Any], ...]
    texts: Mapping[str, str]


def read_claims(circuit: Circuit, columns: Sequence[Column], cells: Mapping[str, Any], digits: int | None) -> Claims:
    """The claims in the cells of a row, by header. Raises :class:`~symgame.verify_numbers.BadCell`."""
    rates: dict[int, Claimed] = {}
    others: list[tuple[Column, Any]] = []
    texts: dict[str, str] = {}
    branch = None
    for column in columns:
        if column.kind == "parameter":
            continue
        cell = cells[column.header]
        texts[column.quantity] = cell.strip() if isinstance(cell, str) else repr(cell)
        try:
            if column.kind == "rate":
                rates[column.place] = claimed(cell, digits)
            elif column.kind == "branch":
                branch = branch_names(_text(cell), circuit)
            else:
                others.append((column, _read(column, cell, digits)))
        except (BadCell, SymgameError) as error:
            raise BadCell(f"{column.header[:60]}: {error}") from None
    return Claims(rates, branch, tuple(others), texts)


def _text(cell: Any) -> str:
    if not isinstance(cell, str):
        raise BadCell(f"{cell} is no text")
    return cell


def _read(column: Column, cell: Any, digits: int | None) -> Any:
    word = " ".join((cell if isinstance(cell, str) else repr(cell)).strip().lower().split())
    if column.kind in ("eigenvalue", "number", "threshold"):
        return claimed(cell, digits)
    if column.kind == "eigenvalues":
        return tuple(_complex(part, digits) for part in _several(_text(cell)))
    if column.kind == "stable" and word in _OPEN:
        return None
    if column.kind in ("stable", "condition"):
        return truth_value(word)
    if column.kind == "nash":
        return _NASH[word] if word in _NASH else truth_value(word)
    if column.kind == "count":
        if word.removesuffix(".0").isdigit():
            return int(word.removesuffix(".0")[:9])
        if word in ("continuum", "infinite", "inf"):
            return "continuum"
        raise BadCell(f"{word[:40]!a} is no number of equilibria")
    if not word or word == "nan":
        raise BadCell("the cell is empty" if not word else "nan says nothing")
    return claimed_type(word) if column.kind == "type" else _regime(word)


def claimed_type(word: str) -> tuple[frozenset[str], bool | None]:
    """The types that a word admits, and what it says of stability; :class:`~symgame.verify_numbers.BadCell` for others.

    >>> sorted(claimed_type("spiral sink")[0]), claimed_type("spiral sink")[1], claimed_type("saddle point")[1]
    (['focus'], True, None)
    """
    kinds, stable = _KINDS, None
    for part in word.removesuffix(" point").split():
        if part not in _TYPES:
            raise BadCell(f"{word[:40]!a} is no type{nearest(part, _TYPES)}; it is made of {', '.join(_TYPES)}")
        admitted, said = _TYPES[part]
        kinds = kinds & admitted
        if not kinds or (None not in (said, stable) and said != stable):
            raise BadCell(f"{word[:40]!a} contradicts itself")
        stable = stable if said is None else said
    return kinds, stable


def is_of_type(claim: tuple[frozenset[str], bool | None], true: str, stable: bool | None) -> bool:
    """Whether a claimed type is that of an equilibrium."""
    return true in claim[0] and (claim[1] is None or claim[1] == stable)


def _regime(word: str) -> str:
    name = word.replace("_", "-")
    known = [row[0] for row in regime_table()]
    if name not in (*known, "unnamed"):
        raise BadCell(f"{word[:40]!a} is no regime{nearest(name, known)}; they are {', '.join(known)}")
    return name


def truth_value(word: str) -> bool:
    """``true``, ``yes``, ``1`` or ``stable``, and their contraries; :class:`~symgame.verify_numbers.BadCell` else."""
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise BadCell("the cell is empty" if not word else f"{word[:40]!a} is neither true nor false")


def _several(text: str) -> list[str]:
    """Eigenvalues parted by semicolons, as a list with commas, or as NumPy writes an array.

    >>> _several("-1+2i;-1-2i"), _several("[-1.+2.j -1.-2.j]"), _several("[-1 + 2*I, -1 - 2*I]")
    (['-1+2i', '-1-2i'], ['-1.+2.j', '-1.-2.j'], ['-1 + 2*I', ' -1 - 2*I'])
    """
    inner = text.strip()
    listed = inner[:1] == "[" and inner[-1:] == "]"
    inner = inner.strip("[]")
    if ";" in inner:
        return inner.split(";")
    if listed and "," in inner:
        return inner.split(",")
    words = inner.split()
    if listed and len(words) > 1 and all(word[-1] in "ij" for word in words) and all(map(_has_both, words)):
        return words
    return words if listed and not set(inner.lower()) & {"i", "j"} else [inner]


def _has_both(word: str) -> bool:
    return any(word[k] in "+-" and word[k - 1] not in "eE" for k in range(1, len(word)))


def _complex(text: str, digits: int | None) -> tuple[Claimed, Claimed]:
    """``a``, ``a+bi`` or ``bj``."""
    try:
        return _parted("".join(text.split()).strip("()").lower().replace("*i", "i"), digits)
    except BadCell as error:
        raise BadCell(f"{error}; write eigenvalues as in -0.1+0.2i;-0.1-0.2i") from None


def _parted(compact: str, digits: int | None) -> tuple[Claimed, Claimed]:
    if compact[-1:] not in ("i", "j"):
        return claimed(compact, digits), claimed("0", digits)
    body = compact[:-1]
    cut = max((k for k in range(1, len(body)) if body[k] in "+-" and body[k - 1] not in "eE"), default=0)
    im = body[cut:]
    im = im + "1" if im in ("", "+", "-") else im
    return claimed(body[:cut] or "0", digits), claimed(im, digits)


# -- against the truth ------------------------------------------------------------------------------------------------


def findings(truth: RowTruth, claims: Claims) -> list[Finding]:
    """The verdict on every claim of a row inside the domain."""
    found, targets = _state(truth, claims)
    rest = [(column, value) for column, value in claims.others if not column.at_branch]
    found += [_of_circuit(truth, column, value, claims.texts[column.quantity]) for column, value in rest]
    local = [(column, value) for column, value in claims.others if column.at_branch]
    if local:
        options = [_at(truth, target, local, claims.texts) for target in targets]
        found += min(options, key=lambda rows: sum(r.verdict != RIGHT for r in rows))
    return found


Target = Equilibrium | str | None
"""Where the other claims are read: an equilibrium, a continuum by its branch, or nothing there."""


def _state(truth: RowTruth, claims: Claims) -> tuple[list[Finding], list[Target]]:
    """The verdict on the state and its branch, and the equilibria that the other claims may be about."""
    branch = claims.branch
    there: list[Target] = [e for e in truth.points if e.branch == branch]
    there += [name for name, _ in truth.continua if name == branch]
    if not claims.rates:
        if branch is None:
            return [], [truth.at(truth.meanings.default)]
        shown = f"({branch})"
        if there:
            return [Finding(RIGHT, "active", shown, shown)], there
        names = ", ".join([f"({e.branch})" for e in truth.points] + [f"({name})" for name, _ in truth.continua])
        note = f"breaks exists({branch}): no equilibrium lies there"
        return [Finding(WRONG, "active", shown, names or "no equilibrium", note)], [None]
    populations = truth.meanings.circuit.names
    quantity = ", ".join(f"x({populations[i]})" for i in claims.rates)
    said = ", ".join(c.text for c in claims.rates.values())
    fits = [(e, k) for e in truth.points if (k := _fit(e, claims.rates)) is not None]
    chosen = [(e, k) for e, k in fits if branch is None or e.branch == branch]
    full = len(claims.rates) == len(populations)
    if chosen:
        best = max(k for _, k in chosen)
        e = next(e for e, k in chosen if k == best)
        rows = [Finding(RIGHT, quantity, said, _shown(e, claims.rates), digits=None if best == ALL else best,
                        values=_values(e, claims.rates))]  # fmt: skip
        return rows, [e for e, _ in chosen]
    name = truth.on_continuum({i: (c.value, c.half) for i, c in claims.rates.items()}, branch)
    if name is not None and (name == branch or not fits):
        verdict = RIGHT if branch in (None, name) else OTHER
        return [Finding(verdict, quantity, said, f"a continuum on ({name})", _elsewhere(branch, name))], [name]
    if fits:
        e = fits[0][0]
        expected = next((t for t in there if isinstance(t, Equilibrium)), None)
        true = f"({branch}) has {_shown(expected, claims.rates)}" if expected else f"nothing on ({branch})"
        rows = [Finding(OTHER, quantity, said, true, _elsewhere(branch, e.branch))]
        return rows, [*there, *(e for e, _ in fits)]
    nearest = _nearest(truth, claims, there)
    true = "no isolated equilibrium" if nearest is None else f"{_shown(nearest, claims.rates)} on ({nearest.branch})"
    values = () if nearest is None else _values(nearest, claims.rates)
    targets: list[Target] = there or [nearest]
    if not full:
        note = "no equilibrium has this rate" if branch is None else f"breaks x on ({branch})"
        return [Finding(WRONG, quantity, said, true, note, values=values)], targets
    gap = truth.residual([claims.rates[i].value for i in range(len(populations))])
    note = f"residual {decimal_text(gap, 6)}: the largest |x - phi(W x + u)|{_virtual(truth, claims)}"
    return [Finding(NOT, quantity, said, true, note, values=values)], targets


def _elsewhere(branch: str | None, found: str) -> str:
    return "" if branch in (None, found) else f"an equilibrium, but on ({found}), not on ({branch})"


def _virtual(truth: RowTruth, claims: Claims) -> str:
    """That the state solves the equations of pieces on which it does not lie."""
    if truth.meanings.many > 81:
        return ""
    for branch in truth.meanings.branches:
        solved = truth.at(branch)
        if solved is not None and not solved.exists and _fit(solved, claims.rates) is not None:
            return f"; it solves the equations of ({branch.name}), but its total inputs lie on other pieces"
    return ""


def _scale(e: Equilibrium) -> Fraction:
    return max((abs(v) for v in e.state), default=Fraction(0)) or Fraction(1)


def _fit(e: Equilibrium, rates: Mapping[int, Claimed]) -> int | None:
    """How many digits of the rates are right at an equilibrium; ``None`` when it is another one."""
    least = ALL
    for i, claim in rates.items():
        k = right_digits(claim, exact(e.state[i]), _scale(e))
        if k is None:
            return None
        least = min(least, k)
    return least


def _shown(e: Equilibrium, rates: Mapping[int, Claimed]) -> str:
    return ", ".join(str(exact(e.state[i])) for i in rates)


def _values(e: Equilibrium, rates: Mapping[int, Claimed]) -> tuple[tuple[Claimed, Truth], ...]:
    return tuple((claim, exact(e.state[i])) for i, claim in rates.items())


def _nearest(truth: RowTruth, claims: Claims, there: Sequence[Target]) -> Equilibrium | None:
    options = [t for t in there if isinstance(t, Equilibrium)] or list(truth.points)
    return min(options, key=lambda e: sum(abs(e.state[i] - c.value) for i, c in claims.rates.items()), default=None)


# -- one claim after the other ----------------------------------------------------------------------------------------


def _at(
    truth: RowTruth, target: Target, local: Sequence[tuple[Column, Any]], texts: Mapping[str, str]
) -> list[Finding]:
    rows: list[Finding] = []
    parts: dict[int, dict[str, Claimed]] = {}
    for column, value in local:
        said = texts[column.quantity]
        if column.kind == "eigenvalue":
            parts.setdefault(column.place, {})[column.part] = value
        elif target is None:
            harmless = column.kind in ("stable", "condition") and value is False
            note = "there is no equilibrium with such a state"
            rows.append(Finding(RIGHT if harmless else WRONG, column.quantity, said, "nothing there", note))
        elif isinstance(target, str):
            note = f"on a continuum of equilibria, on ({target}), this is not decided"
            rows.append(Finding(BOUNDARY, column.quantity, said, "continuum", note))
        else:
            rows.append(_of_equilibrium(truth, target, column, value, said))
    if parts:
        said = "; ".join("".join(f"{p}={c.text} " for p, c in row.items()).strip() for row in parts.values())
        claims = [(row.get("re"), row.get("im")) for _, row in sorted(parts.items())]
        if isinstance(target, Equilibrium) and target.exists:
            rows.append(_spectrum(target, claims, said))
        elif isinstance(target, Equilibrium):
            rows.append(_absent(target.branch, truth, "eigenvalues", True, said))
        else:
            shown = "continuum" if isinstance(target, str) else "nothing there"
            verdict = BOUNDARY if isinstance(target, str) else WRONG
            rows.append(Finding(verdict, "eigenvalues", said, shown, "no spectrum belongs to the row"))
    return rows


def _of_equilibrium(truth: RowTruth, e: Equilibrium, column: Column, value: Any, said: str) -> Finding:
    name = column.quantity
    if not e.exists and column.kind in ("stable", "type", "nash", "eigenvalues"):
        return _absent(e.branch, truth, name, value, said)
    if column.kind == "eigenvalues":
        return _spectrum(e, list(value), said)
    if column.kind == "stable":
        note = f"breaks {'' if e.stable else '~'}stable({e.branch})"
        kink = "a total input lies exactly on a kink, where no Jacobian decides"
        return _word(name, value, e.stable, said, note, kink)
    if column.kind == "type":
        good = is_of_type(value, e.type, e.stable)
        true = e.type if value[1] is None else f"{'stable' if e.stable else 'unstable'} {e.type}"
        return Finding(RIGHT if good else WRONG, name, said, true, "" if good else f"the type of ({e.branch})")
    if column.kind == "nash":
        held: Any = e.nash == "global" if isinstance(value, bool) else e.nash
        note = f"{'breaks' if held is False or e.nash != 'global' else 'proved'} nash({e.branch})"
        found = _word(name, value, held, said, note, "")
        return replace(found, true=e.nash)
    if column.kind == "condition":
        return _condition(truth, column, value, e.branch, said)
    return _number(column, value, truth.number(column, e.branch), said, f"read at ({e.branch})")


def _absent(branch: str, truth: RowTruth, name: str, value: Any, said: str) -> Finding:
    """What is claimed of an equilibrium that does not exist: only that it is not stable, or not Nash, is right."""
    others = ", ".join([f"({e.branch})" for e in truth.points] + [f"({other})" for other, _ in truth.continua])
    note = f"breaks exists({branch}): no isolated equilibrium lies there; there is {others or 'none'}"
    return Finding(RIGHT if value is False else WRONG, name, said, "nothing there", note)


def _word(name: str, value: Any, held: Any, said: str, note: str, undecided: str) -> Finding:
    true = {True: "true", False: "false", None: "not decided"}.get(held, str(held))
    if held is None and value is not None:
        return Finding(BOUNDARY, name, said, true, undecided)
    return Finding(RIGHT, name, said, true) if value == held else Finding(WRONG, name, said, true, note)


def _condition(truth: RowTruth, column: Column, value: bool, branch: str, said: str) -> Finding:
    held = truth.condition(column, branch)
    note = f"breaks {'' if held else '~'}({column.quantity})"
    return _word(column.quantity, value, held, said, note, "not decided here, or a denominator is 0")


def _number(column: Column, claim: Claimed, true: Truth | None, said: str, note: str) -> Finding:
    if true is None:
        nothing = "a denominator is 0, or nothing is there"
        return Finding(WRONG, column.quantity, said, "no such number", f"{note}; {nothing}" if note else nothing)
    k = right_digits(claim, true)
    if k is None:
        return Finding(WRONG, column.quantity, said, str(true), note, values=((claim, true),))
    return Finding(RIGHT, column.quantity, said, str(true), digits=None if k == ALL else k, values=((claim, true),))


def _of_circuit(truth: RowTruth, column: Column, value: Any, said: str) -> Finding:
    if column.kind == "condition":
        return _condition(truth, column, value, truth.meanings.default.name, said)
    if column.kind == "number":
        return _number(column, value, truth.number(column, truth.meanings.default.name), said, "")
    if column.kind == "threshold":
        return _number(column, value, truth.threshold(column.quantity), said, f"the critical value of {column.over}")
    if column.kind == "count":
        many: Any = "continuum" if truth.continua else sum(isinstance(p, Point) for p in truth.found)
        note = "equilibria: " + ", ".join(f"({e.branch})" for e in truth.points[:9])
        return Finding(RIGHT if value == many else WRONG, "count", said, str(many), "" if value == many else note)
    return Finding(RIGHT if value == truth.regime else WRONG, column.quantity, said, truth.regime)


# -- eigenvalues ------------------------------------------------------------------------------------------------------


def _spectrum(e: Equilibrium, claims: Sequence[Pair], said: str) -> Finding:
    """Claimed eigenvalues, in any order, against the true ones, each of which is taken once."""
    true = e.eigenvalues
    shown = "; ".join(complex_text(re, im) for re, im in true)
    if not true:
        note = "a total input lies exactly on a kink: there is no Jacobian"
        return Finding(BOUNDARY, "eigenvalues", said, "none", note)
    if len(claims) > len(true):
        return Finding(WRONG, "eigenvalues", said, shown, f"there are {len(true)}")
    scale = max(max(abs(re.middle), abs(im.middle)) for re, im in true) or Fraction(1)
    digits = [[pair_digits(claim, value, scale) for value in true] for claim in claims]
    chosen = assigned(digits)
    if chosen is None:
        spared, near = list(range(len(true))), []
        for claim in claims:
            near.append(min(spared, key=lambda k, claim=claim: _gap(claim, true[k])))  # type: ignore[misc]
            spared.remove(near[-1])
        bad = min(range(len(claims)), key=lambda k: digits[k][near[k]] is not None)
        note = f"the eigenvalues at ({e.branch}); nearest: {complex_text(*true[near[bad]])}"
        return Finding(WRONG, "eigenvalues", said, shown, note, values=_parts(claims, [true[k] for k in near]))
    least = min(d for row, k in zip(digits, chosen, strict=True) if (d := row[k]) is not None)
    values = _parts(claims, [true[k] for k in chosen])
    return Finding(RIGHT, "eigenvalues", said, shown, digits=None if least == ALL else least, values=values)


Pair = tuple[Claimed | None, Claimed | None]


def pair_digits(claim: Pair, true: tuple[Truth, Truth], scale: Fraction) -> int | None:
    """How many digits of a claimed real and imaginary part are right; ``None`` when one of them is wrong."""
    rows = [right_digits(c, t, scale) for c, t in zip(claim, true, strict=True) if c is not None]
    return None if None in rows else min((k for k in rows if k is not None), default=ALL)


def _parts(claims: Sequence[Pair], true: Sequence[tuple[Truth, Truth]]) -> tuple[tuple[Claimed, Truth], ...]:
    rows = (zip(claim, value, strict=True) for claim, value in zip(claims, true, strict=True))
    return tuple((c, t) for row in rows for c, t in row if c is not None)


def assigned(digits: Sequence[Sequence[int | None]]) -> list[int] | None:
    """A column of its own for every row, with the largest least entry; ``None`` when no choice avoids ``None``.

    Paths that augment a matching of the entries that are large enough (J. E. Hopcroft and R. M. Karp, SIAM J. Comput. 2
    (1973) 225, prove that none is missed), from the largest bound downwards.

    >>> assigned([[None, 1], [1, 2]]), assigned([[3, 9], [2, 9]]), assigned([[1, None], [1, None]])
    ([1, 0], [0, 1], None)
    """
    for level in sorted({d for row in digits for d in row if d is not None}, reverse=True):
        owner: dict[int, int] = {}

        def placed(row: int, seen: set[int], level: int = level, owner: dict[int, int] = owner) -> bool:
            for k, d in enumerate(digits[row]):
                if d is not None and d >= level and k not in seen:
                    seen.add(k)
                    if k not in owner or placed(owner[k], seen):
                        owner[k] = row
                        return True
            return False

        if all(placed(row, set()) for row in range(len(digits))):
            return [next(k for k, row in owner.items() if row == j) for j in range(len(digits))]
    return [] if not digits else None


def _gap(claim: Pair, true: tuple[Truth, Truth]) -> Fraction:
    pairs = ((c, t) for c, t in zip(claim, true, strict=True) if c is not None)
    return sum((t.distance(c.value) for c, t in pairs), Fraction(0))


def complex_text(re: Truth, im: Truth) -> str:
    """A complex number as people write it."""
    if im.middle == 0:
        return str(re)
    sign = "-" if im.middle < 0 else "+"
    size = Truth(*sorted((abs(im.low), abs(im.high))))
    return f"{re}{sign}{size}i" if re.middle != 0 else f"{'-' if sign == '-' else ''}{size}i"
