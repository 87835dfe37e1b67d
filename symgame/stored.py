"""A derivation that lies on disk, read back: its circuit, its claims, its chart. Nothing in it is executed or believed.

Reading checks shapes, sizes and names; whether what is said is true is not asked here.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from symgame.errors import ModelError, RecordError

#: Bytes of a file that is read, claims of a derivation, populations of a circuit read back.
MOST_BYTES, MOST_CLAIMS, MOST_POPULATIONS = 64_000_000, 5_000, 200
VERDICTS = ("proved", "refuted", "undecided", "cited")


@dataclass(frozen=True)
class StoredClaim:
    """One claim as it is written in ``claims.json``; nothing of it was checked but its types."""

    id: str
    title: str
    kind: str
    given: tuple[str, ...]
    then: str | None
    at: str | None
    verdict: str
    by: tuple[str, ...]
    certificate: str | None
    witness: Mapping[str, str] | None
    reason: str | None
    source: str | None
    latex: str
    sha256: str
    steps: tuple[Mapping[str, Any], ...]
    word: str | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of what is claimed: the JSON list [id, given, then, at] without spaces, in UTF-8."""
        text = json.dumps([self.id, self.given, self.then, self.at], ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Stored:
    """``claims.json`` of one directory; ``document`` is all of it, as it was read."""

    root: Path
    version: str
    circuit: Mapping[str, Any]
    over: str | None
    claims: tuple[StoredClaim, ...]
    regimes: Mapping[str, Any] | None
    document: Mapping[str, Any]


def read_stored(root: Path) -> Stored:
    """The derivation in ``root/claims.json``.

    Raises :class:`~symgame.errors.RecordError` when the file is missing, too large, broken or of another shape.
    """
    name = "claims.json"
    document = mapping(read_json(inside(root, name)), name)
    exactly_one(document.get("schema"), name)
    rows = sequence(document.get("claims"), f"{name}: claims")
    if len(rows) > MOST_CLAIMS:
        raise RecordError(f"{name}: {len(rows)} claims; at most {MOST_CLAIMS} are read.")
    claims = tuple(_claim(row, f"{name}: claim {k}") for k, row in enumerate(rows, 1))
    ids = [claim.id for claim in claims]
    twice = next((id for k, id in enumerate(ids) if id in ids[:k]), None) if len(set(ids)) < len(ids) else None
    if twice is not None:
        raise RecordError(f"{name}: two claims have the id {_shown(twice)}.")
    chart = document.get("regimes")
    return Stored(
        root,
        text(document.get("symgame"), f"{name}: symgame"),
        mapping(document.get("circuit"), f"{name}: circuit"),
        optional(document.get("over"), f"{name}: over"),
        claims,
        None if chart is None else mapping(chart, f"{name}: regimes"),
        document,
    )


def exactly_one(schema: Any, place: str) -> None:
    """Refuse a document whose schema is not the number 1: ``true`` and ``1.0`` are other values.

    Raises :class:`~symgame.errors.RecordError`.
    """
    if type(schema) is not int or schema != 1:
        raise RecordError(f"{place}: the schema is {_shown(schema)}; this version reads schema 1.")


def _claim(row: Any, place: str) -> StoredClaim:
    row = mapping(row, place)
    id = text(row.get("id"), f"{place}: id")
    place = f"claims.json: {_shown(id)}"
    verdict = text(row.get("verdict"), f"{place}: verdict")
    if verdict not in VERDICTS:
        raise RecordError(f"{place}: the verdict is {_shown(verdict)}; it is one of {', '.join(VERDICTS)}.")
    witness = row.get("witness")
    if witness is not None:
        named = mapping(witness, f"{place}: witness")
        witness = {name: text(value, f"{place}: witness {_shown(name)}") for name, value in named.items()}
    return StoredClaim(
        id=id,
        title=text(row.get("title"), f"{place}: title"),
        kind=text(row.get("kind"), f"{place}: kind"),
        given=texts(row.get("given"), f"{place}: given"),
        then=optional(row.get("then"), f"{place}: then"),
        at=optional(row.get("at"), f"{place}: at"),
        verdict=verdict,
        by=texts(row.get("by"), f"{place}: by"),
        certificate=optional(row.get("certificate"), f"{place}: certificate"),
        witness=witness,
        reason=optional(row.get("reason"), f"{place}: reason"),
        source=optional(row.get("source"), f"{place}: source"),
        latex=text(row.get("latex"), f"{place}: latex"),
        sha256=text(row.get("sha256"), f"{place}: sha256"),
        steps=tuple(mapping(s, f"{place}: steps") for s in sequence(row.get("steps", []), f"{place}: steps")),
        word=optional(row.get("word"), f"{place}: word"),
    )


# -- files ------------------------------------------------------------------------------------------------------------


def inside(root: Path, name: str) -> Path:
    """The file of that name under the directory; a name or a link that leads out of it is refused.

    >>> inside(Path("derivation"), "../secret")
    Traceback (most recent call last):
    ...
    symgame.errors.RecordError: the name '../secret' leads out of the directory; only files inside it are read.
    """
    base = root.resolve()
    try:
        path = (base / name).resolve() if name and "\0" not in name and len(name) <= 1_000 else None
    except (OSError, RuntimeError):  # a link that leads to itself
        path = None
    if path is None or not path.is_relative_to(base):
        raise RecordError(f"the name {_shown(name)} leads out of the directory; only files inside it are read.")
    return path


def read_bytes(path: Path) -> bytes:
    """The content of a plain file of bounded size."""
    try:
        if not path.is_file():
            raise RecordError(f"{path.name}: no such file; give a directory that `symgame derive` has written.")
        if path.stat().st_size > MOST_BYTES:
            raise RecordError(f"{path.name}: more than {MOST_BYTES} bytes; that is no file of a derivation.")
        return path.read_bytes()
    except OSError as error:
        raise RecordError(f"{path.name}: cannot be read ({error.strerror}).") from None


def read_text(path: Path) -> str:
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError:
        raise RecordError(f"{path.name}: not text in UTF-8.") from None


def read_json(path: Path) -> Any:
    """A JSON document: no key twice, no NaN, not nested too deep.

    Raises :class:`~symgame.errors.RecordError` with the place of the mistake.
    """
    try:
        return json.loads(read_text(path), object_pairs_hook=_once, parse_constant=_no_constant)
    except RecursionError:
        raise RecordError(f"{path.name}: nested too deep to be a document of a derivation.") from None
    except json.JSONDecodeError as error:
        raise RecordError(f"{path.name}, line {error.lineno}: not JSON ({error.msg}).") from None
    except ValueError as error:
        raise RecordError(f"{path.name}: not JSON of a derivation ({str(error)[:200]}).") from None


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {_shown(next(k for k in keys if keys.count(k) > 1))} is given twice")
    return table


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _shown(value: object) -> str:
    return repr(value) if len(repr(value)) <= 80 else repr(value)[:80] + "…"


# -- shapes -----------------------------------------------------------------------------------------------------------


def mapping(value: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise RecordError(f"{place}: an object was expected, not {_shown(value)}.")
    return value


def sequence(value: Any, place: str) -> Sequence[Any]:
    if not isinstance(value, list):
        raise RecordError(f"{place}: a list was expected, not {_shown(value)}.")
    return value


def text(value: Any, place: str) -> str:
    if not isinstance(value, str):
        raise RecordError(f"{place}: a text was expected, not {_shown(value)}.")
    return value


def optional(value: Any, place: str) -> str | None:
    return None if value is None else text(value, place)


def texts(value: Any, place: str) -> tuple[str, ...]:
    return tuple(text(item, place) for item in sequence(value, place))


# -- the circuit ------------------------------------------------------------------------------------------------------


def stored_circuit(document: Mapping[str, Any]) -> Any:
    """The :class:`~symgame.circuit.Circuit` that ``circuit`` of a ``claims.json`` describes.

    What its domain says beyond signs that types and parameters imply becomes an assumption. Raises
    :class:`~symgame.errors.RecordError` when it describes no circuit, or a domain that is not the one listed.

    >>> from symgame.named import wilson_cowan
    >>> from symgame.report.documents import circuit_document
    >>> stored_circuit(circuit_document(wilson_cowan())).assume
    ('w_EI > 0', 'w_IE > 0')
    """
    import sympy

    from symgame.algebra import algebra
    from symgame.circuit import Circuit, Copies, Population
    from symgame.notation import exact

    where = "claims.json: circuit"
    rows = sequence(document.get("populations"), f"{where}: populations")
    if not 1 <= len(rows) <= MOST_POPULATIONS:
        raise RecordError(f"{where}: {len(rows)} populations; from 1 to {MOST_POPULATIONS} are read.")
    try:
        populations = []
        for k, each in enumerate(rows, 1):
            row = mapping(each, f"{where}: population {k}")
            name = text(row.get("name"), f"{where}: population {k}")
            phi = _activation(mapping(row.get("activation"), f"{where}: {name}"), f"{where}: {name}", name)
            sort = optional(row.get("type"), f"{where}: {name}")
            if sort not in (None, "excitatory", "inhibitory"):
                raise RecordError(f"{where}: the type of {name} is {_shown(sort)}.")
            tau, input = (exact(text(row.get(key), f"{where}: {name}"), key) for key in ("tau", "input"))
            populations.append(Population(name, sort, tau, input, phi))  # type: ignore[arg-type]
        copies = tuple(
            Copies(
                texts(row.get("members"), f"{where}: copies"),
                exact(text(row.get("count"), f"{where}: copies"), "a number of copies"),
                _matrix(row.get("lateral"), f"{where}: lateral"),
            )
            for row in (mapping(r, f"{where}: copies") for r in sequence(document.get("copies", []), where))
        )
        given = mapping(document.get("values", {}), f"{where}: values")
        values = tuple((n, exact(text(v, f"{where}: values"), n)) for n, v in given.items())
        listed = texts(document.get("domain"), f"{where}: domain")
        inputs = texts(document.get("inputs", []), f"{where}: inputs")
        style = _presentation(mapping(document.get("notation", {}), f"{where}: notation"), f"{where}: notation")
        if inputs and len(inputs) != len(populations):
            raise RecordError(f"{where}: {len(inputs)} inputs of {len(populations)} populations.")

        def born(assume: tuple[str, ...]) -> Circuit:
            return Circuit(
                text(document.get("name"), f"{where}: name"),
                tuple(populations),
                _matrix(document.get("W"), f"{where}: W"),
                assume,
                values,
                text(document.get("form"), f"{where}: form"),  # type: ignore[arg-type]
                inputs,
                style,
                copies,
            )

        implied = {h.text for h in algebra(born(())).domain.hypotheses}
        circuit = born(tuple(t for t in listed if t not in implied))
        found = tuple(h.text for h in algebra(circuit).domain.hypotheses)
    except RecordError:
        raise
    except (ModelError, TypeError, ValueError, sympy.SympifyError) as error:
        raise RecordError(f"{where}: {error}") from None
    if found != listed:
        odd = [t for t in (*found, *listed) if (t in found) != (t in listed)] or ["another order"]
        raise RecordError(f"{where}: the domain listed is not that of the circuit: {' ; '.join(odd[:5])}.")
    return circuit


def _activation(row: Mapping[str, Any], place: str, population: str) -> Any:
    """The activation of a row; an offset that is no polynomial has to be the one that makes phi(0) = 0."""
    from symgame.kinds import activation
    from symgame.notation import exact

    options = {key: text(value, place) for key, value in row.items()}
    kind = options.pop("kind", None)
    offset = options.pop("offset") if re.search(r"[a-z]\(", options.get("offset", "")) else None  # a function of it
    known = {key: exact(value, f"{key} of {population}") for key, value in options.items()}
    phi = activation(text(kind, place), **known, **({} if offset is None else {"offset": "rest"}))
    rest = str(dict(phi.parameters).get("offset")).replace("**", "^")
    if offset not in (None, rest):
        raise RecordError(f"{place}: the offset {_shown(offset)} is not the one that makes phi(0) = 0, {rest}.")
    return phi


def _presentation(options: Mapping[str, Any], place: str) -> Any:
    from symgame.presentation import Presentation

    found: dict[str, Any] = {}
    for key, value in options.items():
        if key not in {f.name for f in fields(Presentation)}:
            raise RecordError(f"{place}: {_shown(key)} is no option.")
        if isinstance(value, str):
            found[key] = value
            continue
        rows = sequence(value, f"{place}: {key}")
        found[key] = tuple(row if isinstance(row, str) else texts(row, f"{place}: {key}") for row in rows)
        if key in ("names", "macros", "abbreviations", "units") and any(len(row) != 2 for row in found[key]):
            raise RecordError(f"{place}: {key}: pairs were expected.")
    return Presentation(**found)


def _matrix(value: Any, place: str) -> Any:
    import sympy

    from symgame.notation import exact

    rows = [texts(row, place) for row in sequence(value, place)]
    if not rows or any(len(row) != len(rows) for row in rows):
        raise RecordError(f"{place}: a square matrix was expected.")
    return sympy.ImmutableDenseMatrix([[exact(entry, place) for entry in row] for row in rows])
