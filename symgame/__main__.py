"""``python -m symgame`` and the ``symgame`` command."""

from __future__ import annotations

import sys


def entry() -> None:
    from symgame.cli import main

    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    entry()
