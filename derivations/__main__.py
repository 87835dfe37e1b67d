"""``python -m derivations [--out DIR] [--pdf] [FILE.py ...]``: every paper, or the files that are named."""

from __future__ import annotations

from pathlib import Path

from symgame.paper import build_all

raise SystemExit(build_all(Path(__file__).parent))
