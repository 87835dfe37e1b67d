"""The verdicts on a table as lines for a person, as JSON, as CSV, and as one page; that on a recording as JSON."""

from __future__ import annotations

import csv
import html
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from symgame.trajectories import Trajectory
from symgame.verify_numbers import VerifyError
from symgame.verifying import Row, Verification

SUFFIXES = (".html", ".json", ".csv")
#: Rows that a terminal and a page show.
SHOWN, ON_PAGE = 20, 1_000
_HEAD = ("row", "verdict", "quantity", "claimed", "true", "note")


def check_suffix(path: Path) -> None:
    """Refuse a file that is none of :data:`SUFFIXES`, before anything is read."""
    if path.suffix not in SUFFIXES:
        raise VerifyError(f"--out {str(path)!a} ends in none of {', '.join(SUFFIXES)}; the ending says what is written")


def check_other(path: Path, data: Path) -> None:
    """Refuse to write the verdicts over the table that they are about."""
    try:
        same = path.resolve() == data.resolve() or (path.exists() and data.exists() and path.samefile(data))
    except (OSError, ValueError):
        return  # what cannot be read is said where it is read
    if same:
        raise VerifyError(f"--out {str(path)[:200]!a} is the table itself; give another file")


def content(found: Verification, path: Path) -> str:
    """The file of a verification, by the ending of its name; the same table gives the same bytes."""
    check_suffix(path)
    if path.suffix == ".json":
        return json.dumps(document(found), indent=2, ensure_ascii=False) + "\n"
    return csv_text(found) if path.suffix == ".csv" else page(found)


def document(found: Verification) -> dict[str, Any]:
    """Counts of everything, and the rows that are listed."""
    return {
        "circuit": found.circuit.name,
        "rows": found.rows,
        "summary": dict(found.summary),
        "by_quantity": [
            {"quantity": quantity, "verdict": verdict, "rows": many}
            for (quantity, verdict), many in found.by_quantity.items()
        ],
        "values": dict(found.taken),
        "not_listed": found.left_out,
        "results": [dict(zip(_HEAD, _cells(row), strict=True)) for row in found.results],
    }


def _cells(row: Row) -> tuple[int, str, str, str, str, str]:
    worst = row.worst
    also = f"{'; ' if worst.note else ''}also {', '.join(row.others)}" if row.others else ""
    return row.row, row.verdict, worst.quantity, worst.claimed, worst.true, worst.note + also


def _failing(found: Verification) -> list[Row]:
    return [row for row in found.results if not row.verdict.startswith("right")]


def lines(found: Verification) -> Iterator[str]:
    """The summary, then the first rows that are not right."""
    yield f"{found.circuit.name}: {found.rows} row{'' if found.rows == 1 else 's'}"
    width = max(map(len, found.summary), default=0)
    yield from (f"  {verdict:<{width}}  {many}" for verdict, many in found.summary.items())
    for name, value in found.taken:
        yield f"  with {name} = {value}"
    rows = _failing(found)
    for row in rows[:SHOWN]:
        number, verdict, quantity, claimed, true, note = _cells(row)
        said = f" {quantity} = {claimed}" if claimed else f" {quantity}"
        shown = f"; true: {_short(true)}" if true else ""
        yield f"row {number}: {verdict}:{_short(said)}{shown}{f' ({note})' if note else ''}"
    more = len(rows) - SHOWN + found.left_out
    if more > 0:
        yield f"... and {more} more; --out FILE.html, .json or .csv lists them"


def _short(text: str) -> str:
    return text if len(text) <= 120 else text[:117] + "..."


def csv_text(found: Verification) -> str:
    """One line for every row that is listed. A text that a spreadsheet would take for a formula begins with ``'``."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(_HEAD)
    for row in found.results:
        number, *texts = _cells(row)
        writer.writerow([number, *(_harmless(text) for text in texts)])
    return buffer.getvalue()


def _harmless(text: str) -> str:
    active = text[:1] in ("=", "@", "\t", "\r") or (text[:1] in ("+", "-") and not text[1:2].isdigit())
    return f"'{text}" if active else text


_STYLE = (
    "body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;margin:1rem 0}td,th{border:1px solid #ccc;padding:.25rem .6rem;text-align:left;"
    "vertical-align:top;overflow-wrap:anywhere}th{background:#f3f3f3}.bad{color:#a00}.edge{color:#946200}.good{color:#060}"
)


def page(found: Verification) -> str:
    """A page: what was verified, how many rows have which verdict, and the first rows that are not right."""
    say = html.escape
    counts = [(f'<span class="{_tone(v)}">{say(v)}</span>', str(n)) for v, n in found.summary.items()]
    by = [(say(q), f'<span class="{_tone(v)}">{say(v)}</span>', str(n)) for (q, v), n in found.by_quantity.items()]
    columns = [(say(c.header), say(c.kind), say(c.quantity)) for c in found.columns]
    rows = _failing(found)
    listed = [tuple(say(_short(str(cell))) for cell in _cells(row)) for row in rows[:ON_PAGE]]
    rest = len(rows) - len(listed) + found.left_out
    title = say(f"{found.circuit.name}: {found.rows} rows verified")
    values = "".join(f"<li>{say(name)} = {say(value)}</li>" for name, value in found.taken)
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        f"<title>{title}</title><style>{_STYLE}</style></head>",
        f"<body><h1>{title}</h1>",
        _table("Verdicts", ("verdict", "rows"), counts),
        _table("What is not right", ("claim", "verdict", "rows"), by) if by else "",
        _table("Rows that are not right", _HEAD, listed) if listed else "<p>Every row is right.</p>",
        f"<p>{rest} more are not listed.</p>" if rest > 0 else "",
        f"<h2>Values without a column</h2><ul>{values}</ul>" if values else "",
        _table("Columns", ("header", "kind", "quantity"), columns),
        "</body></html>\n",
    ]
    return "\n".join(part for part in parts if part)


def _tone(verdict: str) -> str:
    return "good" if verdict.startswith("right") else "edge" if verdict == "boundary" else "bad"


def _table(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table of cells that are HTML already."""
    top = "".join(f"<th>{cell}</th>" for cell in head)
    body = "\n".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<h2>{title}</h2>\n<table><tr>{top}</tr>\n{body}\n</table>"


# -- recordings -------------------------------------------------------------------------------------------------------


def recording_document(found: Trajectory) -> dict[str, Any]:
    """The verdict on a recording; exact numbers are texts, bounds and rates doubles. ``departures`` are
    samples, from 0, and ``first`` says of the first of them who departs.

    >>> from symgame.circuit import Circuit
    >>> from symgame.trajectories import verify_trajectory
    >>> one = Circuit.from_matrix([["1/2"]], names="E", u=[1], tau=[2])
    >>> off = verify_trajectory(one, [0, 4, 8, 40], {"E": ["0", "1.2642", "1.7393", "1.9999"]})
    >>> found = recording_document(off)
    >>> found["verdict"], found["departures"], found["first"]["true"][:6], found["slip"]["words"]
    ('wrong', [2], '1.7293', 'sample 2 is off; all the others are right')
    """
    first, end, check = found.departure, found.end, found.check
    return {
        "circuit": found.circuit.name,
        "verdict": found.verdict,
        "digits": found.digits,
        "claimed": found.claimed,
        "bad": None if found.bad is None else dict(vars(found.bad)),
        "steps": 0 if check is None else check.steps,
        "departures": [] if check is None else sorted({d.sample for d in check.departures}),
        "first": None if first is None else vars(first) | {"time": str(first.time), "recorded": str(first.recorded)},
        "slip": None if found.slip is None else dict(vars(found.slip)),
        "end": None if end is None else {
            "words": end.words,
            "branch": None if end.nearest is None else end.nearest.branch,
            "state": None if end.nearest is None else {name: str(x) for name, x in end.nearest.state.items()},
            "distance": None if end.distance is None else str(end.distance),
            "moving": list(end.moving),
        },
        "modes": [
            {"first": s.first, "last": s.last, "branch": s.branch, "right": mode.right, "words": str(mode)}
            for s in found.stretches
            for mode in s.modes
        ],
        "notes": list(found.notes),
    }  # fmt: skip
