"""A commented model file to start from, for populations of one's own. Text only: reading it is :mod:`modelfile`.

In the file a line ``# like this`` explains, and ``#key = value`` is an option: without its ``#`` it works.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template

from symgame.errors import ModelError

TYPES = ("excitatory", "inhibitory", "signed")
MOST_COUPLED = 2


@dataclass(frozen=True)
class Plan:
    """What the file is for: the populations, each with its type, the activation of all, and who does not drive whom.

    ``absent`` are (target, source) pairs without a weight.
    """

    populations: tuple[tuple[str, str], ...]
    activation: str = "relu"
    absent: frozenset[tuple[str, str]] = frozenset()


#: The usual circuits, by name. The triple has the disinhibitory motif: P and S inhibit E, only P inhibits itself.
PLANS = {
    "pair": Plan((("E", "excitatory"), ("I", "inhibitory"))),
    "triple": Plan(
        (("E", "excitatory"), ("P", "inhibitory"), ("S", "inhibitory")),
        absent=frozenset({("P", "S"), ("S", "P"), ("S", "S")}),
    ),
    "saturating": Plan((("E", "excitatory"), ("I", "inhibitory")), "saturating"),
    "e-pv-sst-vip": Plan(
        (("E", "excitatory"), ("PV", "inhibitory"), ("SST", "inhibitory"), ("VIP", "inhibitory")),
        absent=frozenset({("E", "VIP"), ("PV", "VIP"), ("SST", "PV"), ("SST", "SST"), ("VIP", "PV"), ("VIP", "VIP")}),
    ),
}


def title(name: str) -> str:
    """The name of a circuit and of its file, without ``.toml``.

    Raises :class:`~symgame.errors.ModelError` for what is no file name everywhere: a path, a control character, a
    leading dot or dash.

    >>> title("my-pair.toml")
    'my-pair'
    >>> title("../pair")
    Traceback (most recent call last):
    symgame.errors.ModelError: '../pair' is no name of a file. Use letters, digits, '-', '_', '.' and spaces ...
    """
    plain = unicodedata.normalize("NFC", name).removesuffix(".toml")
    if not re.fullmatch(r"\w(?:[\w .+-]{0,78}[\w+-])?", plain) or len(plain.encode()) > 200:
        raise ModelError(
            f"{name[:80]!a} is no name of a file. Use letters, digits, '-', '_', '.' and spaces inside, at most 80 of "
            f"them, beginning with a letter or digit; say where to put the file with --out."
        )
    return plain


def plan(kind: str | None = None, populations: str | None = None) -> Plan:
    """The plan of a usual circuit, or of populations as they are typed: ``E,PV:inhibitory``.

    Without a type, a name that begins with E is excitatory, one with I inhibitory, any other has signed weights.

    >>> plan(populations="I,E,X").populations
    (('I', 'inhibitory'), ('E', 'excitatory'), ('X', 'signed'))
    """
    if populations is None:
        return PLANS[kind or "pair"]
    rows = []
    for part in populations.split(","):
        name, _, type_ = (piece.strip() for piece in part.partition(":"))
        if not re.fullmatch(r"[^\W\d]\w*", name) or len(name) > 30:
            raise ModelError(
                f"--populations: {name[:40]!a} is no name of a population; write names of letters, digits and "
                f"underscores, with commas between them, as in E,PV:inhibitory."
            )
        if type_ not in ("", *TYPES):
            raise ModelError(f"--populations: {type_[:40]!a} is no type; write one of {', '.join(TYPES)}.")
        rows.append((name, type_ or {"E": "excitatory", "I": "inhibitory"}.get(name[0].upper(), "signed")))
    names = [name for name, _ in rows]
    if len(set(names)) < len(names):
        raise ModelError("--populations: a name occurs twice; give each population its own.")
    if len(names) > 12:
        raise ModelError(f"--populations: {len(names)} are more than a starting point needs; name at most 12.")
    return Plan(tuple(rows), absent=_sparse(names))


def _sparse(names: Sequence[str]) -> frozenset[tuple[str, str]]:
    """Pairs without a weight: all couplings of up to two populations are kept, of more a chain with its first one.

    Conditions of three populations and more with every weight a symbol are long; a file to start from shows short
    ones.
    """
    first = names[0]
    return frozenset(
        (a, b) for a in names for b in names if len(names) > MOST_COUPLED and a != b and first not in (a, b)
    )


def model_file(name: str, chosen: Plan) -> str:
    """The text of the file.

    >>> "E = { E = \\"w_EE\\", I = \\"w_EI\\" }" in model_file("mine", PLANS["pair"])
    True
    """
    template = resources.files("symgame").joinpath("library", "starter.template").read_text(encoding="utf-8")
    names = [p for p, _ in chosen.populations]
    weights = _weights(names)
    present = [(a, b) for a in names for b in names if (a, b) not in chosen.absent]
    typed = {p for p, type_ in chosen.populations if type_ != "signed"}
    positive = [weights[a, b] for a, b in present if a != b and b in typed]
    first, own = names[0], weights[names[0], names[0]]
    return Template(template).substitute(
        title=name,
        activation=chosen.activation,
        populations="\n".join(_population(p, type_) for p, type_ in chosen.populations),
        weights="\n".join(_row(a, [(b, weights[a, b]) for b in names if (a, b) in present]) for a in names),
        positive=", ".join(f'"{w} > 0"' for w in positive),
        activations="\n\n".join(_activation(p, chosen.activation) for p in names),
        values="\n".join(_values(names, present, weights, chosen)),
        first=_key(first),
        last=_key(names[-1]),
        own=_key(own),
        order=", ".join(f'"{weights[a, b]}"' for a, b in reversed(present)),
    )


def _weights(names: Sequence[str]) -> dict[tuple[str, str], str]:
    """``w_EI`` to E from I; with a line between the names where they would run together, as in w_A_AB."""
    pairs = [(a, b) for a in names for b in names]
    joined = [f"w_{a}{b}" for a, b in pairs]
    if len(set(joined)) < len(joined) or any(len(name) > 1 and "_" in name for name in names):
        joined = [f"w_{a}_{b}" for a, b in pairs]
    if len(set(joined)) < len(joined):
        raise ModelError("--populations: weights of these names cannot be told apart; leave the underscores out.")
    return dict(zip(pairs, joined, strict=True))


def _key(name: str) -> str:
    """A name as a key of TOML, which wants quotes around letters beyond ASCII."""
    return name if name.isascii() else f'"{name}"'


def _population(name: str, type_: str) -> str:
    written = "" if type_ == "signed" else f'type = "{type_}", '
    return f'{_key(name)} = {{ {written}tau = "tau_{name}", input = "u_{name}" }}'


def _row(target: str, entries: Sequence[tuple[str, str]]) -> str:
    inner = ", ".join(f'{_key(source)} = "{weight}"' for source, weight in entries)
    return f"{_key(target)} = {{ {inner} }}"


def _activation(name: str, kind: str) -> str:
    if kind == "saturating":
        return f'#[activation.{_key(name)}]\n#kind = "saturating"\n#cap = "m_{name}"\n#threshold = "0"\n#gain = "1"'
    return f'#[activation.{_key(name)}]\n#kind = "relu"\n#threshold = "0"\n#gain = "1"'


def _values(
    names: Sequence[str], present: Sequence[tuple[str, str]], weights: dict[tuple[str, str], str], chosen: Plan
) -> Iterator[str]:
    """Round numbers for every symbol: weak coupling, so that the example has one equilibrium."""
    for a, b in present:
        yield f'#{_key(weights[a, b])} = "{"1/2" if a == b else "1"}"'
    for name in names:
        if chosen.activation == "saturating":
            yield f'#{_key(f"m_{name}")} = "1"'
        yield f'#{_key(f"tau_{name}")} = "10"'
        yield f'#{_key(f"u_{name}")} = "0.5"'


def next_steps(path: Path) -> Iterator[str]:
    """What to do with the file."""
    shown = f'"{path}"' if " " in str(path) else str(path)
    yield f"wrote {path}"
    yield ""
    commands = {
        f"symgame derive {shown}": "everything that follows from it",
        f'symgame check {shown} "lds => unique"': "decide a statement of your own",
    }
    width = max(map(len, commands))
    for command, does in commands.items():
        yield f"  {command:{width}}  {does}"
    yield "  and edit it: a line with # before a key is an option to take"
