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


def remove_stale(directory: Path, pattern: str, keep: Mapping[str, str | bytes]) -> None:
    """Delete files of an earlier run that this one did not write again."""
    for path in sorted(directory.glob(pattern)):
        if path.relative_to(directory).as_posix() not in keep:
            path.unlink()
