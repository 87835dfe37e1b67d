"""Circuits from the files that numerical work leaves behind: ``.npy``, ``.npz``, ``.csv``.

The matrix is signed, row a, column b for the coupling to a from b, whatever the types say. Nothing in a file is
executed: arrays of Python objects, which are pickles, are refused.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from symgame.activation import Activation
from symgame.circuit import Circuit, named_activation
from symgame.entries import Floats, column, exact_entry, square_rows
from symgame.errors import CircuitError, ModelError
from symgame.sheets import sheet, text_of
from symgame.words import nearest

SUFFIXES = (".csv", ".npy", ".npz")
MAX_BYTES = 64_000_000
_KEYS = ("W", "u", "tau", "cap", "names", "types", "activation")
_BROKEN = (ValueError, OSError, EOFError, MemoryError, zipfile.BadZipFile, zlib.error, NotImplementedError)


def read_arrays(path: str | Path, floats: Floats = "decimal") -> Circuit:
    """The circuit in an array file, called after the file.

    * ``.npy``: W alone;
    * ``.npz``: ``W``, and if there ``u``, ``tau``, ``cap`` (infinite where there is none), ``names``, ``types``,
      ``activation``, one entry per population;
    * ``.csv``: W, with or without names above and beside it, and further columns ``u``, ``tau``, ``cap``, ``type``,
      ``activation``; see :mod:`symgame.sheets`. A cell is an exact number (``0.1`` is 1/10, ``5/2``), a name, or a
      polynomial in names, taken as it is written (``numpy.savetxt`` writes 0.7 as 6.999999999999999556e-01 unless it
      is told ``fmt="%s"``); an empty cell of a further column takes the default.

    Rates are ReLU where neither ``cap`` nor ``activation`` says otherwise, and saturating where there is a cap. ``u``
    and ``tau`` default to the symbols ``u_NAME`` and ``tau_NAME``. Floats become exact as ``floats`` says
    (:meth:`symgame.Circuit.from_matrix`).

    Raises :class:`~symgame.errors.ModelError`, beginning with the name of the file, for everything else.
    """
    path = Path(path)
    readers = {".csv": _csv, ".npy": _npy, ".npz": _npz}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise ModelError(f"{path.name}: a file of arrays ends in {', '.join(SUFFIXES)}, not in {path.suffix!r}.")
    title = "".join(c if c.isprintable() else "?" for c in path.stem)[:120]
    with _named(path.name):
        return _circuit(reader(path), title, floats)


@contextmanager
def _named(place: str) -> Iterator[None]:
    """A mistake with the name of its file before it."""
    try:
        yield
    except ModelError as error:
        said = str(error)
        raise type(error)(said if said.startswith(f"{place}:") else f"{place}: {said}") from None


def _circuit(found: Mapping[str, Any], title: str, floats: Floats) -> Circuit:
    rows, _ = square_rows(found["W"])
    n = len(rows)
    given = {key: column(value, key, n) for key, value in found.items() if key != "W"}
    labels = [str(label) for label in given.get("names", [str(k + 1) for k in range(n)])]
    numbered = all(label.isdecimal() for label in labels)  # as a table without names is saved: columns 0, 1, 2, ...
    names = [f"x{label}" for label in labels] if numbered else labels
    types = [None if _empty(t) else str(t) for t in given.get("types", [None] * n)]
    u, tau = (
        [f"{key}_{p}" if _empty(v) else v for p, v in zip(names, given.get(key, [None] * n), strict=True)]
        for key in ("u", "tau")
    )
    caps, kinds = given.get("cap", [None] * n), given.get("activation", [None] * n)
    activations = [_activation(p, kind, cap, floats) for p, kind, cap in zip(names, kinds, caps, strict=True)]
    return Circuit.from_matrix(
        rows, names=names, types=types, u=u, tau=tau, activation=activations, name=title, floats=floats
    )


def _empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _activation(name: str, kind: object, cap: object, floats: Floats) -> Activation:
    bounded = not (_empty(cap) or cap == float("inf"))
    chosen = ("saturating" if bounded else "relu") if _empty(kind) else str(kind)
    if bounded and chosen != "saturating":
        raise CircuitError(f"{name} has a cap and the activation {chosen!r}; only 'saturating' has one.")
    parameters = {"cap": exact_entry(cap, f"the cap of {name}", floats)} if bounded else {}
    try:
        return named_activation(name, chosen, parameters)
    except ModelError as error:
        raise type(error)(f"{name}: {error}") from None


# -- files ------------------------------------------------------------------------------------------------------------


def _csv(path: Path) -> dict[str, Any]:
    table = sheet(text_of(path))
    found: dict[str, Any] = {"W": [list(row) for row in table.matrix]}
    for a, row in enumerate(table.matrix):
        for b, cell in enumerate(row):
            if not cell:
                raise CircuitError(f"row {a + 1}, column {b + 1} of the matrix is empty; write 0 for no coupling.")
            if cell.lstrip("+-").lower() in ("nan", "inf", "infinity"):
                raise CircuitError(f"row {a + 1}, column {b + 1} of the matrix is {cell}, not a finite number.")
    if table.names is not None:
        found["names"] = table.names
    for key, cells in table.columns.items():
        found["types" if key == "type" else key] = cells
    return found


def _npy(path: Path) -> dict[str, Any]:
    import numpy

    _check_size(path)
    try:
        # a map: an array that is not all there is noticed before its memory is asked for
        array = numpy.load(path, mmap_mode="r", allow_pickle=False)
        if not isinstance(array, numpy.ndarray):
            array.close()
            raise CircuitError("an archive of arrays; call it .npz.")
        return {"W": numpy.array(_plain(array, "W"))}
    except _BROKEN as error:
        raise CircuitError(f"cannot be read as an array ({_reason(error)}).") from None


def _npz(path: Path) -> dict[str, Any]:
    import numpy

    _check_size(path)
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > MAX_BYTES:
                raise CircuitError(f"the arrays have more than {MAX_BYTES} bytes, which no circuit needs.")
        with numpy.load(path, allow_pickle=False) as arrays:
            keys = list(arrays.files)
            for key in keys:
                if key not in _KEYS:
                    raise CircuitError(f"unknown array {key!a:.60}{nearest(key, _KEYS)}.")
            if "W" not in keys:
                raise CircuitError(f"no array W (arrays: {', '.join(keys) or 'none'}); it holds the weights.")
            return {key: _plain(arrays[key], key) for key in keys}
    except (*_BROKEN, RuntimeError) as error:
        raise CircuitError(f"cannot be read as an archive of arrays ({_reason(error)}).") from None


def _check_size(path: Path) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise ModelError(f"cannot be read ({error.strerror}).") from None
    if size > MAX_BYTES:
        raise ModelError(f"the file has more than {MAX_BYTES} bytes, which no circuit needs.")


def _plain(array: Any, key: str) -> Any:
    kind = getattr(array, "dtype", None)
    if kind is None or kind.kind not in "biufcU":
        raise CircuitError(f"{key} is {'no array' if kind is None else f'an array of {kind}'}; save numbers, or texts.")
    if key != "W":
        if array.ndim != 1:
            raise CircuitError(f"{key} has the shape {array.shape}; one entry for each population was expected.")
        return list(array)
    return array


def _reason(error: BaseException) -> str:
    """NumPy's own reason in a line; what it takes for a pickle is no array."""
    said = str(error) or type(error).__name__
    if "pickle" in said or "Python objects" in said or "Object arrays" in said:
        return "no plain array: pickled objects are never loaded"
    return " ".join(said.split())[:160]
