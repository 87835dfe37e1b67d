"""The files of a derivation on disk: their hashes, the versions that wrote them, and that there are no others."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from symgame.digests import DIGESTS, UNSTEADY, digest, versions
from symgame.errors import RecordError
from symgame.recheck_claims import Finding
from symgame.report.latex import formula_file
from symgame.stored import Stored, exactly_one, inside, mapping, read_bytes, read_json, read_text, text

#: Documents that every derivation has.
ALWAYS = ("claims.json", "report.tex", "report.html", "checkers.py")
#: What LaTeX and Python leave beside what they work on.
_LEFT = re.compile(r"report\.(aux|log|out|toc|fls|fdb_latexmk|synctex\.gz|pdf)")
_PICTURE = re.compile(r"(figures/[A-Za-z0-9-]+)\.(svg|pdf|png)")
MOST_FILES, MOST_NAMED = 20_000, 20


def stated_versions(root: Path) -> Mapping[str, str]:
    """The versions that ``hashes.json`` states; nothing when it cannot be read."""
    try:
        document = mapping(read_json(inside(root, DIGESTS)), DIGESTS)
        return {name: text(v, DIGESTS) for name, v in mapping(document.get("versions"), DIGESTS).items()}
    except RecordError:
        return {}


def recheck_files(root: Path, stored: Stored) -> Iterator[Finding]:
    """Every file against the hash it had when it was written; the versions that wrote it; files that it did not write.

    Hashes show what changed by accident. Whoever forges a file can write its hash anew, so that a file that is
    compared in no other way (a picture) is ``hashed`` and no more.
    """
    place = inside(root, DIGESTS)
    if not place.exists():
        yield Finding(DIGESTS, "unchecked", "there are no hashes of files; derive again to have them")
        return
    try:
        document = mapping(read_json(place), DIGESTS)
        listed = {name: text(v, f"{DIGESTS}: {name}") for name, v in mapping(document.get("files"), DIGESTS).items()}
        written = mapping(document.get("versions"), f"{DIGESTS}: versions")
        exactly_one(document.get("schema"), DIGESTS)
    except RecordError as error:
        yield Finding(DIGESTS, "wrong", str(error))
        return
    if set(document) != {"schema", "versions", "files"}:
        yield Finding(DIGESTS, "wrong", "it has other keys than schema, versions and files")
    yield from _versions(written, stored)
    wanted = {*ALWAYS, *(claim.certificate for claim in stored.claims if claim.certificate is not None)}
    wanted |= {formula_file(claim.id) for claim in stored.claims if claim.then is not None} | {"formulas/macros.tex"}
    for name in sorted(wanted - set(listed)):
        yield Finding(name, "wrong", f"{DIGESTS} does not list it")
    shown = _shown_pictures(root)
    known = {*wanted, "formulas/abbreviations.tex"}
    same, drawn = 0, 0
    for name, expected in listed.items():
        picture = _PICTURE.fullmatch(name)
        if name not in known and (picture is None or picture[1] not in shown):
            yield Finding(name, "wrong", "no file of this derivation is called so")
            continue
        try:
            found = digest(read_bytes(inside(root, name)))
        except RecordError as error:
            yield Finding(name, "wrong", str(error))
            continue
        if found == expected:
            same, drawn = same + 1, drawn + (picture is not None)
        else:
            yield Finding(name, "wrong", "the file was changed after it was written")
    yield from _others(root, listed)
    how = f"{same} files have the hashes that they were written with"
    yield Finding("files", "hashed", f"{how}; {drawn} of them, pictures, are compared in no other way", ("SHA-256",))


def _versions(written: Mapping[str, object], stored: Stored) -> Iterator[Finding]:
    """Versions that are not the ones here may be true: nothing can tell."""
    if written.get("symgame") != stored.version:
        yield Finding(DIGESTS, "wrong", "it and claims.json name different versions of symgame")
    here = versions()
    if not set(written) <= set(here) or not all(isinstance(v, str) for v in written.values()):
        yield Finding(DIGESTS, "wrong", f"it states versions of other packages than {', '.join(here)}")
        return
    other = [f"{n} {str(v)[:20]} (here {here[n]})" for n, v in written.items() if n != "symgame" and v != here[n]]
    other += [f"no {n} (here {v})" for n, v in here.items() if n not in written]
    if other:
        yield Finding(DIGESTS, "unchecked", f"it states that {', '.join(other)} wrote the files; derive again to know")


def _shown_pictures(root: Path) -> set[str]:
    """The pictures that the report shows, which is set anew and compared."""
    try:
        report = read_text(inside(root, "report.tex"))
    except RecordError:
        return set()
    return set(re.findall(r"figures/[A-Za-z0-9-]+", report))


def _others(root: Path, listed: Iterable[str]) -> Iterator[Finding]:
    """Files that nobody listed: nothing is known of them, and a reader might take them for results."""
    known = {*listed, *UNSTEADY, DIGESTS}
    named = 0
    for name in sorted(_names(root)):
        parts = PurePosixPath(name).parts
        usual = any(part.startswith(".") or part == "__pycache__" for part in parts) or _LEFT.fullmatch(name)
        if name in known or usual:
            continue
        named += 1
        if named > MOST_NAMED:
            yield Finding("files", "wrong", "there are more files that no derivation wrote")
            return
        yield Finding(name, "wrong", "no derivation wrote this file here; keep your own elsewhere")


def _names(root: Path) -> Iterator[str]:
    """The files in the directory and below, and links to directories, by their names with ``/``."""
    count = 0
    for place, directories, files in os.walk(root):
        links = [name for name in directories if (Path(place) / name).is_symlink()]
        for name in (*files, *links):
            count += 1
            if count > MOST_FILES:
                raise RecordError(f"{root}: more than {MOST_FILES} files; that is no directory of a derivation.")
            yield (Path(place) / name).relative_to(root).as_posix()
