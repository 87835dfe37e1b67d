"""What every command shares: exit statuses, mistakes as one line, and progress on a terminal.

Exit status: 0 answered, 1 refuted, 2 bad input, 3 undecided, 4 internal error, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

from symgame.errors import SymgameError, Unsupported

ANSWERED, REFUTED, BAD_INPUT, UNDECIDED, INTERNAL, INTERRUPTED = 0, 1, 2, 3, 4, 130


def run(command: click.Command, argv: Sequence[str], program: str = "symgame") -> int:
    """Run one command and return its exit status; every mistake is one line on standard error.

    >>> run(click.Command("nothing", callback=lambda: 3), [])
    3
    """
    for stream in (sys.stdout, sys.stderr):  # a name that the terminal cannot show is escaped, not an error
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        status = command.main(args=list(argv), prog_name=program, standalone_mode=False)
        return status if isinstance(status, int) else ANSWERED
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        return _fail(error.format_message(), BAD_INPUT)
    except (click.exceptions.Abort, KeyboardInterrupt):
        return _fail("interrupted", INTERRUPTED)
    except SymgameError as error:
        return _fail(str(error), UNDECIDED if isinstance(error, Unsupported) else BAD_INPUT)
    except SystemExit:  # click's answer to a reader that has closed the pipe: it has seen enough
        return ANSWERED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has seen enough
        return ANSWERED
    except Exception as error:
        if os.environ.get("SYMGAME_DEBUG"):
            raise
        return _fail(
            f"internal error ({type(error).__name__}: {error}); set SYMGAME_DEBUG=1 for the traceback", INTERNAL
        )


def _fail(message: str, status: int) -> int:
    line = " ".join(message.split())
    click.echo(f"symgame: {line if len(line) <= 2000 else line[:2000] + '…'}", err=True)
    return status


def worst(verdicts: Iterable[str]) -> int:
    """The exit status of statements with these verdicts: one that is refuted outweighs one that is undecided.

    >>> worst(["proved", "undecided"]), worst(["undecided", "refuted"]), worst(["proved", "cited"])
    (3, 1, 0)
    """
    kinds = set(verdicts)
    return REFUTED if "refuted" in kinds else UNDECIDED if "undecided" in kinds else ANSWERED


def colourful(stream: Any, environment: Mapping[str, str]) -> bool:
    """Whether text on ``stream`` may be coloured: ``NO_COLOR`` forbids, ``FORCE_COLOR`` asks for it, else a terminal.

    >>> colourful(None, {"FORCE_COLOR": "1"}), colourful(None, {"FORCE_COLOR": "1", "NO_COLOR": "1"})
    (True, False)
    """
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR") not in (None, "", "0"):
        return True
    return interactive(stream, environment)


def interactive(stream: Any, environment: Mapping[str, str]) -> bool:
    """Whether ``stream`` is a terminal that can do more than print lines."""
    return bool(stream is not None and stream.isatty() and environment.get("TERM") != "dumb")


class Progress:
    """What is being proved, how many are done, and the time so far: one line on standard error that goes away.

    Silent unless standard error is a terminal. The number of claims to come is not known beforehand, since whether a
    claim makes sense is part of deciding it; so none is shown.
    """

    def __init__(self, enabled: bool = True) -> None:
        self.enabled = enabled and interactive(sys.stderr, os.environ)
        self.started = time.monotonic()
        self.begun = 0
        self.status: Any = None

    def __enter__(self) -> Progress:
        if self.enabled:
            from rich.console import Console

            self.status = Console(stderr=True, no_color=not colourful(sys.stderr, os.environ)).status("reading")
            self.status.start()
        return self

    def __call__(self, id: str, title: str) -> None:
        """A claim is about to be decided."""
        self.show(f"{self.begun} done", f"{id}  {title}")
        self.begun += 1

    def show(self, where: str, what: str) -> None:
        """One line: where we are, what is being done."""
        if self.status is not None:
            from rich.text import Text

            seconds = time.monotonic() - self.started
            line = Text(f"{where}, {seconds:.0f} s  ", style="bold", no_wrap=True, overflow="ellipsis")
            self.status.update(line.append(what, style="not bold"))

    def __exit__(self, *exc: object) -> None:
        if self.status is not None:
            self.status.stop()
