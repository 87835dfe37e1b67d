"""The report compiled, when a TeX is installed: no shell escape, a time limit, nothing left behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from symgame.errors import SymgameError

SECONDS = 180


class TexError(SymgameError):
    """TeX ran and failed; the message holds its first complaint."""


def compiled(files: Mapping[str, str | bytes]) -> bytes | None:
    """``report.pdf`` from ``report.tex`` and the figures in ``files``; ``None`` when there is no pdflatex.

    The same input gives the same bytes. Raises :class:`TexError` when the document does not compile.
    """
    program = shutil.which("pdflatex")
    if program is None:
        return None
    command = [program, "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "report.tex"]
    fixed = {"SOURCE_DATE_EPOCH": "0", "FORCE_SOURCE_DATE": "1", "openin_any": "p", "openout_any": "p"}
    with tempfile.TemporaryDirectory(prefix="symgame-tex-") as scratch:
        place = Path(scratch)
        for name, content in files.items():
            if name == "report.tex" or (name.startswith("figures/") and name.endswith(".pdf")):
                target = place / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.encode() if isinstance(content, str) else content)
        before = b""
        for _ in range(4):  # until the references stand still
            try:
                done = subprocess.run(
                    command, cwd=place, env={**os.environ, **fixed}, capture_output=True, timeout=SECONDS, check=False
                )
            except subprocess.TimeoutExpired:
                raise TexError(
                    f"pdflatex did not end within {SECONDS} s; report.pdf is not made, every other file is written"
                ) from None
            if done.returncode != 0:
                log = done.stdout.decode("latin-1")
                complaint = next((line for line in log.splitlines() if line.startswith("!")), "no reason in its log")
                raise TexError(f"pdflatex failed on report.tex ({complaint}); every other file is written")
            after = b"".join(
                (place / f"report.{kind}").read_bytes()
                for kind in ("aux", "out")
                if (place / f"report.{kind}").exists()
            )
            if after == before:
                break
            before = after
        if not (place / "report.pdf").exists():
            raise TexError("pdflatex ended without a word and made no report.pdf; every other file is written")
        return (place / "report.pdf").read_bytes()
