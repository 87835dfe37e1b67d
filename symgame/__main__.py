"""``python -m symgame`` and the ``symgame`` command."""

from __future__ import annotations

import gc
import sys


def entry() -> None:
    # One command makes many small objects and hardly a cycle: with fewer passes of the collector it is done sooner.
    gc.set_threshold(50_000, 20, 50)
    from symgame.cli import main

    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    entry()
