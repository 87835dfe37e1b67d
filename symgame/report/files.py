"""Writing files whole: a reader never meets half a file, and an interrupted run leaves the old one."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from symgame.errors import ModelError

#: The list of what was written, beside it.
MANIFEST = ".symgame-files"


def json_text(document: Any) -> str:
    """The document with stable formatting and a final newline."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def directory_name(circuit_name: str) -> str:
    """A safe directory name for a circuit: letters, digits and dashes."""
    return (re.sub(r"[^\w]+", "-", circuit_name).strip("-").lower() or "circuit") + "-symgame"


def write_all(directory: Path, files: Mapping[str, str | bytes]) -> None:
    """Write every file, or none: all are written beside their place first, then moved into it one by one.

    Raises :class:`~symgame.errors.ModelError` when the directory cannot be written.
    """
    for name in files:
        if (directory / name).is_dir():
            raise ModelError(f"cannot write {directory / name}: a directory stands there. Choose another --out.")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".symgame-", dir=directory))
    except OSError as error:
        raise ModelError(
            f"cannot write to {directory}: {error.strerror}. Choose another directory with --out."
        ) from None
    try:
        for name, content in files.items():
            place = staging / name
            place.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                place.write_bytes(content)
            else:
                place.write_text(content, encoding="utf-8")
        for name in files:
            target = directory / name
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(staging / name, target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def replace_all(directory: Path, files: Mapping[str, str | bytes]) -> None:
    """Write every file, and delete those that an earlier call wrote and this one does not.

    What was written is listed in :data:`MANIFEST`; a file that nobody here wrote is never touched. Raises as
    :func:`write_all` does.
    """
    before = _listed(directory)
    write_all(directory, {**files, MANIFEST: "".join(f"{name}\n" for name in sorted(files))})
    for name in before - set(files):
        path = directory / name
        if path.is_file() and not path.is_symlink():
            path.unlink()


def _listed(directory: Path) -> set[str]:
    """The files of an earlier call; names that lead out of the directory are no files of ours."""
    try:
        names = (directory / MANIFEST).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return set()
    return {n for n in names if n and not Path(n).is_absolute() and ".." not in Path(n).parts}
