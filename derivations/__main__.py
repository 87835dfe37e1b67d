"""``python -m derivations``: every paper, one verdict a line."""

from __future__ import annotations

import sys
from importlib import import_module

from derivations import PAPERS, show

status = 0
for name in PAPERS:
    paper = import_module(f"derivations.{name}")
    print(f"\n{name}: {(paper.__doc__ or '').splitlines()[0]}")
    status |= show(paper.circuit, paper.claims)
sys.exit(status)
