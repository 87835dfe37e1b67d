"""The built-in circuits: model files that come with the package, read like anybody's."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from symgame.circuit import Circuit
from symgame.errors import ModelError
from symgame.modelfile import parse_model, read_model
from symgame.words import nearest

NAMED = {"wilson-cowan": "the excitatory-inhibitory pair, threshold-linear; w_EI, w_IE > 0"}


def named(name: str) -> Circuit:
    """A built-in circuit by name; :class:`~symgame.errors.ModelError` lists the names when there is none.

    >>> named("wilson-cowan").names
    ('E', 'I')
    """
    if name not in NAMED:
        raise ModelError(f"there is no built-in circuit {name!r}{nearest(name, NAMED)}.")
    source = resources.files("symgame").joinpath("library", f"{name}.toml").read_text(encoding="utf-8")
    return parse_model(source, name)


def wilson_cowan() -> Circuit:
    """The Wilson-Cowan pair with ReLU rates: ``W = [[w_EE, -w_EI], [w_IE, -w_II]]``, ``w_EI, w_IE > 0``."""
    return named("wilson-cowan")


def load(model: str | Path) -> Circuit:
    """The circuit of a built-in name or of a TOML path."""
    if isinstance(model, str) and model in NAMED:
        return named(model)
    path = Path(model)
    if not _exists(path):
        if path.suffix != ".toml":
            shown = str(model)[:80]
            raise ModelError(f"{shown!a} is neither a built-in circuit nor a file{nearest(shown, NAMED)}.")
        raise ModelError(f"{path}: there is no such file.")
    return read_model(path)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long, or with a null byte, names no file
        return False
