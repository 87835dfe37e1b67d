"""The built-in circuits by name, with their options, and the one function that opens whatever a MODEL may be.

A built-in with options is written ``NAME:OPTION,OPTION``, an option ``KEY=VALUE``; the key of the first option may be
left out, and an option that is only switched on is its key alone: ``ctln:1-2-3-1,eps=1/4`` or ``ring:5,directed``.
Items of a list stand between colons: ``ring:5,weights=1/2:-1``. No character of it means anything to a shell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from symgame import families, microcircuits
from symgame.arrays import SUFFIXES, read_arrays
from symgame.circuit import Circuit
from symgame.errors import ModelError
from symgame.modelfile import parse_model, read_model
from symgame.words import nearest


@dataclass(frozen=True)
class Option:
    """One option of a built-in circuit: its key, how its value looks, what it is by default (``None``: none), in words.

    A ``switch`` takes no value; of a ``list`` the items stand between colons.
    """

    key: str
    says: str
    default: str | None = None
    kind: str = "text"
    required: bool = False


@dataclass(frozen=True)
class BuiltIn:
    """A built-in circuit: what it is, the options it takes, and the function that makes it of them."""

    says: str
    make: Callable[..., Circuit]
    options: tuple[Option, ...] = ()
    example: str = ""


def _library(name: str) -> Circuit:
    source = resources.files("symgame").joinpath("library", f"{name}.toml").read_text(encoding="utf-8")
    return parse_model(source, name)


def wilson_cowan() -> Circuit:
    """The Wilson-Cowan pair with ReLU rates: ``W = [[w_EE, -w_EI], [w_IE, -w_II]]``, ``w_EI, w_IE > 0``."""
    return _library("wilson-cowan")


def e_pv_sst_vip(full: bool = False) -> Circuit:
    """The microcircuit of pyramidal cells (E) and PV, SST and VIP interneurons, with ten weights (Pfeffer et al. 2013).

    PV inhibits E and itself; SST inhibits E, PV and VIP; VIP inhibits SST; E excites all. With ``full`` all sixteen.

    >>> [str(w) for w in e_pv_sst_vip().W.row(2)]
    ['w_SE', '0', '0', '-w_SV']
    """
    return _library("e-pv-sst-vip-full" if full else "e-pv-sst-vip")


_GRAPH = (
    Option("graph", "walks along edges (1-2-3-1:3-4), an edge list FILE, or a FILE.csv of 0 and 1", required=True),
    Option("eps", "the weight along an edge is -1 + eps", "eps"),
    Option("delta", "without an edge it is -1 - delta", "delta"),
    Option("theta", "the input of every node", "theta"),
)
_NODES = Option("nodes", "how many nodes there are, when some have no edge", kind="whole")

_UNITS = Option(
    "n", "how many units; left out, a symbol: k of them have the input u_1, and n - k the input u_2", None, "whole"
)
_EXCITATION = Option("w_EE", "of each E to itself", "w_EE")
_OWN = Option("s", "to each E from its own I", "s")
_LATERAL = (
    Option("l", "to each E from the I of the others, on a line or a ring at distance 1, 2, ...", "l", "list"),
    Option("lateral", "who the others are: all, line or ring", "all"),
    Option("pool", "lateral inhibition by one population P that every E drives", kind="switch"),
)
_SHARED = Option("w_EI", "to each E from the one I", "w_EI")
_REST = (
    Option("w_IE", "to I from E", "w_IE"),
    Option("w_II", "of I to itself, an inhibition", "w_II"),
    Option("u_I", "the input of every I", "0"),
    Option("tau_E", "time constant of every E", "tau_E"),
    Option("tau_I", "time constant of every I", "tau_I"),
)
_ACROSS = Option("w_X", "excitation of each E by the E of the others, at distances as l", "0", "list")

BUILT_IN: Mapping[str, BuiltIn] = {
    "wilson-cowan": BuiltIn("the excitatory-inhibitory pair, threshold-linear; w_EI, w_IE > 0", wilson_cowan),
    "e-pv-sst-vip": BuiltIn(
        "pyramidal cells and three classes of interneurons, threshold-linear, ten weights",
        e_pv_sst_vip,
        (Option("full", "all sixteen weights", kind="switch"),),
        "e-pv-sst-vip:full",
    ),
    "ctln": BuiltIn(
        "combinatorial threshold-linear network of a directed graph",
        families.ctln,
        (*_GRAPH, _NODES),
        "ctln:1-2-3-1,eps=1/4,delta=1/2,theta=1",
    ),
    "ei-tln": BuiltIn(
        "the same network by Dale's law: excitatory nodes and one inhibitory population",
        families.ei_tln,
        (*_GRAPH, Option("tau_I", "time constant of the inhibitory population", "tau_I"), _NODES),
        "ei-tln:1-2-3-1,eps=1/4,delta=1/2,theta=1,tau_I=1/2",
    ),
    "ring": BuiltIn(
        "populations on a circle, coupled by their distance",
        families.ring,
        (
            Option("n", "how many", "3", "whole"),
            Option("weights", "signed weights at distance 0, 1, ...", "w_0:w_1", "list"),
            Option("directed", "weights count from the population before; 0:w is a cyclic circuit", kind="switch"),
            Option("u", "one input for all", "u_x1, u_x2, ..."),
            Option("tau", "one time constant for all", "tau"),
        ),
        "ring:5,weights=1/2:-1,u=1,tau=1",
    ),
    "lateral-inhibition": BuiltIn(
        "excitatory-inhibitory units, each inhibited by its own I and by those of the others",
        microcircuits.lateral_inhibition,
        (_UNITS, _EXCITATION, _OWN, *_LATERAL, *_REST, _ACROSS),
        "lateral-inhibition:6,lateral=ring,l=1/2:1/4",
    ),
    "shared-inhibition": BuiltIn(
        "excitatory populations and the one inhibitory population that they share",
        microcircuits.shared_inhibition,
        (_UNITS, _EXCITATION, _SHARED, *_REST, _ACROSS),
        "shared-inhibition:4,w_EI=3,w_IE=1/4",
    ),
    "column": BuiltIn(
        "layers of units that compete, each driven by the same unit of the layer before",
        microcircuits.column,
        (
            Option("layers", "how many", "2", "whole"),
            _UNITS,
            Option("f", "to each E from the E of its unit in the layer before", "f"),
            Option("feedback", "to each E from the E of its unit in the layer behind", "0"),
            Option("unit", "which microcircuit: lateral, or shared (w_EI in place of s and l)", "lateral"),
            _EXCITATION,
            _OWN,
            *_LATERAL,
            _SHARED,
            *_REST,
            _ACROSS,
        ),
        "column:3,n=2,feedback=b",
    ),
    "random-ei": BuiltIn(
        "random excitatory-inhibitory circuit with exact weights",
        families.random_ei,
        (
            Option("n", "how many populations", "10", "whole"),
            Option("seed", "the same seed gives the same circuit everywhere", "0", "whole"),
            Option("fraction_excitatory", "of the populations", "4/5"),
            Option("density", "probability of a weight", "1/2"),
            Option("excitation", "expected total weight from E", "1"),
            Option("inhibition", "expected total weight from I", "2"),
            Option("input", "the largest input", "1"),
            Option("digits", "decimals of the weights", "3", "whole"),
        ),
        "random-ei:20,seed=7,density=1/5",
    ),
}

#: The built-in circuits that need no option, in words.
NAMED = {name: row.says for name, row in BUILT_IN.items() if not any(option.required for option in row.options)}


def named(model: str) -> Circuit:
    """A built-in circuit by name and options; :class:`~symgame.errors.ModelError` says what is wrong with either.

    >>> named("wilson-cowan").names, named("ring:4,directed").names
    (('E', 'I'), ('x1', 'x2', 'x3', 'x4'))
    """
    name, colon, text = model.partition(":")
    if name not in BUILT_IN:
        raise ModelError(f"there is no built-in circuit {name[:80]!a}{nearest(name[:80], BUILT_IN)}.")
    row = BUILT_IN[name]
    try:
        return row.make(**_options(text, row.options) if colon else _options("", row.options))
    except ModelError as error:
        raise type(error)(f"{name}: {error}") from None


def load(model: str | Path) -> Circuit:
    """The circuit of a built-in name, with or without options, or of a path: ``.toml``, an array, or ``.ode``.

    Raises :class:`~symgame.errors.ModelError` when there is none, or it is not right.
    """
    if isinstance(model, str) and model.partition(":")[0] in BUILT_IN:
        return named(model)
    path = Path(model)
    if not _exists(path):
        if path.suffix not in (".toml", ".ode", *SUFFIXES):
            shown = str(model)[:80]
            close = nearest(shown.partition(":")[0], BUILT_IN)
            raise ModelError(f"{shown!a} is neither a built-in circuit nor a file{close}.")
        raise ModelError(f"{path}: there is no such file.")
    if path.suffix.lower() == ".ode":
        from symgame.ode_files import read_ode

        return read_ode(path)
    return read_arrays(path) if path.suffix.lower() in SUFFIXES else read_model(path)


def listing() -> Iterator[str]:
    """The built-in circuits for a person: one a line, its options and an example below.

    >>> next(listing())
    'wilson-cowan  the excitatory-inhibitory pair, threshold-linear; w_EI, w_IE > 0'
    """
    width = max(map(len, BUILT_IN))
    for name, row in BUILT_IN.items():
        yield f"{name:{width}}  {row.says}"
        for option in row.options:
            default = "" if option.default is None else f" (default {option.default})"
            yield f"    {option.key + ('' if option.kind == 'switch' else '='):22}{option.says}{default}"
        if row.example:
            yield f"    as in {row.example}"


def listing_document() -> list[dict[str, object]]:
    """The same as data. ``default`` is null for an option that is off, or left open, unless it is given."""
    return [
        {
            "name": name,
            "description": row.says,
            "options": [
                {"name": o.key, "kind": o.kind, "description": o.says, "default": o.default, "required": o.required}
                for o in row.options
            ],
            "example": row.example or name,
        }
        for name, row in BUILT_IN.items()
    ]


def _options(text: str, options: tuple[Option, ...]) -> dict[str, object]:
    """The values of the options in a text."""
    known = {option.key: option for option in options}
    found: dict[str, object] = {}
    for k, part in enumerate(text.split(",") if text.strip() else ()):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals and key not in known and k == 0 and options and options[0].kind != "switch":
            key, equals, value = options[0].key, "=", key
        if key not in known:
            said = nearest(key[:40], known) if known else "; it takes none"
            raise ModelError(f"unknown option {key[:40]!a}{said}.")
        if key in found:
            raise ModelError(f"the option {key!r} is given twice; give it once.")
        found[key] = _value(known[key], bool(equals), value)
    for option in options:
        if option.required and option.key not in found:
            raise ModelError(f"the option {option.key!r} is missing: {option.says}.")
    return found


def _value(option: Option, equals: bool, value: str) -> object:
    if option.kind == "switch":
        if equals:
            raise ModelError(f"{option.key!r} is switched on by its name alone; it takes no value.")
        return True
    if not value:
        raise ModelError(f"the option {option.key!r} needs a value: {option.key}=VALUE, {option.says}.")
    if option.kind == "whole":
        if not (value.isascii() and value.isdecimal() and len(value) <= 20):
            raise ModelError(f"{option.key} is {value[:40]!a}; a whole number was expected.")
        return int(value)
    return value.split(":") if option.kind == "list" else value


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long, or with a null byte, names no file
        return False
