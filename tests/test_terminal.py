"""What a person reads: counts that are right, honest colours, plain text when piped, the width respected."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from symgame import derive
from symgame.claims import Claim
from symgame.cli import main
from symgame.derivation import Derivation
from symgame.named import wilson_cowan
from symgame.proof.verdict import Refuted, Undecided
from symgame.report import terminal
from symgame.report.terminal import Look
from symgame.shell import colourful

MODELS = Path(__file__).parent / "corpus" / "models"
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(scope="module")
def pair() -> Derivation:
    return derive(wilson_cowan())


def lines(derivation: Derivation, look: Look = terminal.PLAIN, detail: str = "summary") -> list[str]:
    return list(terminal.derivation_lines(derivation, "out", ["claims.json", "formulas/a.tex"], look, detail))


def worse(derivation: Derivation) -> Derivation:
    """The same derivation with one claim undecided and one refuted."""
    first, second, *rest = derivation.claims
    undecided = replace(first, verdict=Undecided("the budget was used up"))
    refuted = replace(second, verdict=Refuted(("z3",), {"w_EE": 2, "tau_E": 1}))  # type: ignore[dict-item]
    return replace(derivation, claims=(undecided, refuted, *rest))


def table(said: list[str]) -> dict[str, list[str]]:
    """The rows of the table of topics."""
    rows = {}
    for line in said[said.index(next(x for x in said if x.startswith("topic"))) :]:
        if not line:
            break
        rows[line.split()[0]] = line.split()[1:]
    return rows


def test_the_table_counts_every_claim_once(pair: Derivation) -> None:
    rows = table(lines(pair))
    assert rows.pop("topic") == ["proved"]
    assert list(rows) == ["game", "matrix", "equilibria", "count", "stability", "response", "nash", "regimes"]
    assert sum(int(n) for (n,) in rows.values()) == len(pair.claims)
    heads = [c.id.split(".")[0] for c in pair.claims]
    assert int(rows["nash"][0]) == heads.count("nash") + heads.count("energy")
    assert int(rows["regimes"][0]) == heads.count("regime") + heads.count("regimes")


def test_what_is_not_true_is_counted_and_explained(pair: Derivation) -> None:
    said = lines(worse(pair))
    rows = table(said)
    assert rows["topic"] == ["proved", "refuted", "undecided"]
    assert rows["game"] == [str(sum(c.id.startswith("game.") for c in pair.claims) - 2), "1", "1"]
    first, second = pair.claims[:2]
    at = said.index(f"undecided  {first.id}")
    assert said[at + 1] == "    because  the budget was used up"
    at = said.index(f"refuted  {second.id}")
    assert said[at + 1] == "    false at  tau_E = 1, w_EE = 2"
    assert f"{len(pair.claims) - 2} proved, 1 refuted, 1 undecided" in said[-3]


def test_conditions_in_one_glance_come_from_the_claims(pair: Derivation) -> None:
    def rows(derivation: Derivation) -> dict[str, str]:
        said = lines(derivation)
        start = said.index("holds exactly when")
        shown = said[start + 1 : said.index("", start)]
        return {re.split(r"  +", row.strip())[0]: re.split(r"  +", row.strip(), maxsplit=1)[1] for row in shown}

    found = rows(pair)
    assert found["p_matrix, lds, rosen, unique"] == "w_EE < 1"
    assert found["potential, weighted_potential"] == "never"
    assert found["paradoxical(I)"] == "w_EE > 1  given det > 0"
    assert found["local_nash(E,I), nash(E,I)"] == "w_EE <= 1  given exists(E,I)"
    assert not any(re.search(r"\b(lds|trace|p_matrix)\b", condition) for condition in found.values())
    changed = tuple(
        replace(c, then="lds <=> w_EE < 3/2") if c.id == "matrix.lds" else c for c in pair.claims
    )  # it repeats what a claim says, and nothing else
    found = rows(replace(pair, claims=changed))
    assert found["lds"] == "w_EE < 3/2" and found["p_matrix, rosen, unique"] == "w_EE < 1"
    for verdict in (Undecided("no"), Refuted(("z3",), {})):  # what is not known to hold is never among them
        changed = tuple(replace(c, verdict=verdict) if c.id == "matrix.lds" else c for c in pair.claims)
        assert "p_matrix, rosen, unique" in rows(replace(pair, claims=changed))


def test_other_names_in_another_order(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    model = tmp_path / "names.toml"
    model.write_text(
        '[circuit]\nactivation = "relu"\n[populations]\nB = { type = "inhibitory" }\nA = { type = "excitatory" }\n'
        '[weights]\nA = { A = "g", B = "h" }\nB = { A = "k" }\n[assume]\nextra = ["h > 0", "k > 0"]\n',
        encoding="utf-8",
    )
    assert main(["derive", str(model), "--out", str(tmp_path / "out"), "--no-figures"]) == 0
    said = capsys.readouterr().out
    assert re.search(r"^  p_matrix, lds, rosen, unique +g < 1$", said, re.MULTILINE)
    assert re.search(r"^  local_nash\(B,A\), nash\(B,A\) +g <= 1  given exists\(B,A\)$", said, re.MULTILINE)


def test_details(pair: Derivation) -> None:
    quiet, summary = lines(pair, detail="quiet"), lines(pair)
    claims, verbose = lines(pair, detail="claims"), lines(pair, detail="verbose")
    assert len(quiet) == 3 and summary[-3:] == claims[-3:] == verbose[-3:] == quiet
    assert claims[-len(summary) :] == summary
    for claim in pair.claims:
        assert not any(claim.id in line for line in summary)
        assert sum(line.split()[:2] == [claim.verdict.kind, claim.id] for line in claims) == 1
        assert f"{claim.verdict.kind}  {claim.id}" in verbose
    at = verbose.index("proved  matrix.lds")
    said = "\n".join(verbose[at : at + 6])
    assert "claim  lds <=> w_EE < 1" in said and "given  " in said
    assert re.search(r"by     .*z3 [\d.]+.*, \d+\.\d{3} s$", said, re.MULTILINE)


@pytest.mark.parametrize(("width", "detail"), [(60, "summary"), (72, "claims"), (100, "summary"), (100, "verbose")])
def test_the_width_is_respected(width: int, detail: str, pair: Derivation) -> None:
    for line in lines(worse(pair), Look(width), detail):
        if not line.startswith(("Wilson-Cowan", "Regimes:", "    by ")):  # the lines of the end are whole
            assert len(line) <= width, line


def test_colours_are_those_of_the_verdicts_and_never_alone(pair: Derivation) -> None:
    plain, coloured = lines(worse(pair)), lines(worse(pair), Look(colour=True))
    assert [ESCAPE.sub("", line) for line in coloured] == plain
    assert not any(ESCAPE.search(line) for line in plain)
    assert any(line.startswith("\x1b[31mrefuted") for line in coloured)
    assert any(line.startswith("\x1b[33mundecided") for line in coloured)
    claims = lines(pair, Look(colour=True), "claims")
    assert all(line.startswith("\x1b[32mproved") for line in claims[: len(pair.claims)])


def test_signs_beyond_ascii_only_where_they_show(pair: Derivation) -> None:
    narrow = replace(Look(), width=60)
    assert "\n".join(lines(pair, narrow, "claims")).isascii()
    assert "…" in "\n".join(lines(pair, replace(narrow, unicode=True), "claims"))


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": ""}, False), ({"FORCE_COLOR": "0"}, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False), ({"NO_COLOR": "", "FORCE_COLOR": "1"}, True),
    ],
)  # fmt: skip
def test_when_there_is_colour(environment: dict[str, str], expected: bool, tmp_path: Path) -> None:
    with (tmp_path / "pipe").open("w") as stream:
        assert colourful(stream, environment) is expected


def test_piped_output_is_plain(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "symgame", "derive", str(MODELS / "single.toml"), "--no-figures"]
    clean = {k: v for k, v in os.environ.items() if k not in ("FORCE_COLOR", "NO_COLOR")}
    done = subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, timeout=120)
    assert done.returncode == 0 and done.stderr == b""
    text = done.stdout.decode("ascii")
    assert "\x1b" not in text and re.search(r"^proved +matrix\.lds ", text, re.MULTILINE) and "\ntopic" in text
    forced = subprocess.run(command, cwd=tmp_path, env={**clean, "FORCE_COLOR": "1"}, capture_output=True, timeout=120)
    assert ESCAPE.sub("", forced.stdout.decode()) == text and b"\x1b[32m" in forced.stdout


def on_a_terminal(arguments: list[str], place: Path, **environment: str) -> str:
    """Everything that a command writes to a terminal of 90 columns."""
    main_end, own_end = pty.openpty()
    clean = {k: v for k, v in os.environ.items() if k not in ("FORCE_COLOR", "NO_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-m", "symgame", *arguments], cwd=place, stdin=own_end, stdout=own_end, stderr=own_end,
        env={**clean, "TERM": "xterm", "COLUMNS": "90", "PYTHONIOENCODING": "utf-8", **environment},
    )  # fmt: skip
    os.close(own_end)
    parts = []
    while True:
        try:
            part = os.read(main_end, 65_536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        parts.append(part)
    os.close(main_end)
    assert process.wait(timeout=120) == 0
    return b"".join(parts).decode("utf-8")


@pytest.mark.slow
def test_on_a_terminal_progress_is_shown_and_goes_away(tmp_path: Path) -> None:
    said = on_a_terminal(["derive", "wilson-cowan", "--no-figures"], tmp_path)
    assert re.search(r"\d+ done, \d+ s", ESCAPE.sub("", said))
    assert "\x1b[32m" in said and "topic" in said
    assert not re.search(r"proved +matrix\.lds ", ESCAPE.sub("", said))  # one line per claim is for pipes
    for quiet in (["--quiet"], ["--json"]):
        assert not re.search(
            r"\d+ done, \d+ s", on_a_terminal(["derive", "wilson-cowan", "--no-figures", *quiet], tmp_path)
        )
    dumb = on_a_terminal(["derive", "wilson-cowan", "--no-figures"], tmp_path, TERM="dumb")
    assert "\x1b" not in dumb and dumb.isascii()
    assert "\x1b" not in on_a_terminal(["check", "wilson-cowan", "lds => p_matrix"], tmp_path, NO_COLOR="1")
    assert on_a_terminal(["check", "wilson-cowan", "lds => p_matrix"], tmp_path).startswith("\x1b[32mproved")


def test_names_that_an_encoding_lacks_are_escaped(tmp_path: Path) -> None:
    model = tmp_path / "greek.toml"
    model.write_text(
        '[circuit]\nactivation = "relu"\n[populations]\n"α" = { type = "excitatory" }\n'
        '[weights]\n"α" = { "α" = "w" }\n',
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "symgame", "check", str(model), "nash(α) => w <= 1"]
    done = subprocess.run(command, env={**os.environ, "PYTHONIOENCODING": "latin-1"}, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode("latin-1").startswith("proved: nash(\\u03b1) => w <= 1")


def test_json_is_pure_and_flags_that_contradict_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["derive", str(MODELS / "single.toml"), "--out", str(tmp_path / "out"), "--no-figures"]
    assert main([*arguments, "--json", "--verbose"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["schema"] == 1 and said.err == ""
    assert main([*arguments, "--quiet", "--verbose"]) == 2
    assert capsys.readouterr().out == ""


def test_statements_of_a_paper(pair: Derivation) -> None:
    rows = (
        Claim("statement.a", "a sentence", "fact", (), "w_EE > 1", Refuted(("z3",), {"w_EE": 0})),  # type: ignore[dict-item]
    )
    said = list(terminal.statement_lines("mine", "Mine", replace(pair, claims=rows), Look()))
    assert said == ["mine: Mine", "  refuted    a sentence", "    false at  w_EE = 0", "  1 statements, 1 refuted", ""]
