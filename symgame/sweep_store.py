"""Chunks of a sweep kept in a directory, so that an interrupted sweep goes on where it stopped.

``manifest.json`` says which sweep the directory belongs to; ``chunk-000017.npz`` holds the arrays of one chunk. Files
are written beside their place and moved into it, so each is whole or absent; one that is damaged counts as absent.
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from symgame.sweep_axes import SweepError

MANIFEST = "manifest.json"
_FORMAT = "symgame-sweep-1"
_REQUEST = "request"

Array = NDArray[Any]


@dataclass(frozen=True)
class Store:
    """The chunks of one sweep in ``directory``. ``request`` is the hash of all that its answers depend on."""

    directory: Path
    request: str
    chunk: int

    def load(self, k: int, expected: Mapping[str, tuple[tuple[int, ...], str]]) -> dict[str, Array] | None:
        """The arrays of chunk k; ``None`` when it is absent, damaged, or not of the ``expected`` shapes and types."""
        try:
            content = io.BytesIO(self._path(k).read_bytes())
            with zipfile.ZipFile(content) as archive:
                if archive.testzip() is not None:  # a sum is wrong: not even the sizes that are written can be trusted
                    return None
            content.seek(0)
            with np.load(content, allow_pickle=False) as file:
                found = {name: file[f"v{place}"] for place, name in enumerate(expected)}
                owner = str(file[_REQUEST])
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, NotImplementedError):
            return None
        if owner != self.request:
            return None
        for name, (shape, dtype) in expected.items():
            kind = found[name].dtype.kind == "U" if dtype == "str" else found[name].dtype == np.dtype(dtype)
            if found[name].shape != shape or not kind:
                return None
        return found

    def save(self, k: int, arrays: Mapping[str, Array]) -> None:
        """Write chunk k, whole or not at all; the same arrays give the same bytes."""
        buffer = io.BytesIO()
        rows: dict[str, Any] = {f"v{place}": array for place, array in enumerate(arrays.values())}
        np.savez(buffer, **{_REQUEST: np.array(self.request), **rows})
        try:
            _write(self._path(k), buffer.getvalue())
        except OSError as error:
            raise SweepError(f"cannot write to {self.directory}: {error.strerror}; the finished chunks stay") from None

    def _path(self, k: int) -> Path:
        return self.directory / f"chunk-{k:06d}.npz"


def opened(directory: Path, request: str, points: int, chunk: int | None, default: int, about: str) -> Store:
    """The store of a sweep, made when it is new. ``chunk=None`` takes the size that the directory has.

    Raises :class:`~symgame.sweep_axes.SweepError` when the directory belongs to another sweep, has other files and no
    manifest, or cannot be written.
    """
    path = directory / MANIFEST
    try:
        if path.is_file():
            known = _manifest(path)
            if known.get("request") != request:
                raise SweepError(f"{directory} holds another sweep ({str(known.get('about', 'unknown'))[:200]}); "
                                 f"choose another directory, or delete this one")  # fmt: skip
            size = known.get("chunk")
            if not isinstance(size, int) or isinstance(size, bool) or size < 1:
                raise SweepError(f"{path} is damaged; delete {directory} and sweep again")
            if chunk is not None and chunk != size:
                raise SweepError(f"{directory} was begun with chunks of {size} points, not {chunk}; leave the size out")
            return Store(directory, request, size)
        directory.mkdir(parents=True, exist_ok=True)
        if any(not child.name.startswith(".") for child in directory.iterdir()):
            raise SweepError(f"{directory} has files but no {MANIFEST} of a sweep; choose a new or empty directory")
        size = chunk or default
        document = {"format": _FORMAT, "about": about, "request": request, "points": points, "chunk": size}
        _write(path, (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode())
        return Store(directory, request, size)
    except OSError as error:
        raise SweepError(f"cannot use {directory} as a store: {error.strerror}; choose another directory") from None


def _manifest(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != _FORMAT:
            raise ValueError
        return dict(document)
    except (ValueError, KeyError, TypeError):  # no JSON, no text, no table
        raise SweepError(f"{path} is no manifest of a sweep; delete {path.parent} and sweep again") from None


def _write(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
