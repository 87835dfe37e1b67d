"""What a derivation on disk is made of: the versions that wrote it, and the hash of every file."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from symgame import __version__

#: The name of the document beside ``claims.json``.
DIGESTS = "hashes.json"
#: Files that differ from run to run; nothing rests on them.
UNSTEADY = frozenset({"timings.json", "report.pdf"})
_PACKAGES = ("numpy", "python-flint", "sympy", "z3-solver")


def digest(content: str | bytes) -> str:
    """SHA-256 of a file's bytes, text in UTF-8.

    >>> digest("")[:8]
    'e3b0c442'
    """
    return hashlib.sha256(content.encode("utf-8") if isinstance(content, str) else content).hexdigest()


def versions() -> dict[str, str]:
    """The versions of this package and of those that formulas, proofs and figures rest on; absent ones are left out."""
    found = {"symgame": __version__}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def digests_document(files: Mapping[str, str | bytes]) -> dict[str, Any]:
    """``hashes.json``: the versions, and the SHA-256 of each file but those that differ from run to run.

    >>> digests_document({"claims.json": "{}", "timings.json": "1"})["files"].keys()
    dict_keys(['claims.json'])
    """
    steady = sorted(name for name in files if name not in UNSTEADY and name != DIGESTS)
    return {"schema": 1, "versions": versions(), "files": {name: digest(files[name]) for name in steady}}
