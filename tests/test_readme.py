"""The README's examples: its Python runs as doctests, its shell commands answer what it shows."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest

from symgame.cli import main
from symgame.report.files import write_all

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")

#: Lines whose text after the label depends on the solver's version; the label must be there all the same.
VARYING = ("  witness:", "  by:", "  proved from")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def shell_examples() -> list[tuple[str, list[str]]]:
    """Each command with the first lines of its output."""
    rows: list[tuple[str, list[str]]] = []
    for block in blocks("console"):
        for line in block.splitlines():
            if line.startswith("$ "):
                rows.append((line[2:], []))
            else:
                rows[-1][1].append(line)
    return rows


EXAMPLES = shell_examples()


def comparable(line: str) -> str:
    return next((label for label in VARYING if line.startswith(label)), line)


@pytest.fixture
def model_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with the README's model files and tables in it."""
    models = dict(re.findall(r"`(\w+\.toml)`:\n\n```toml\n(.*?)^```$", README, re.DOTALL | re.MULTILINE))
    assert len(models) == len(blocks("toml"))
    tables = dict(re.findall(r"`(\w+\.csv)`:\n\n```csv\n(.*?)^```$", README, re.DOTALL | re.MULTILINE))
    assert len(tables) == len(blocks("csv"))
    write_all(tmp_path, {**models, **tables})
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=[command for command, _ in EXAMPLES])
def test_shell_example(command: str, shown: list[str], model_files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program, *arguments = shlex.split(command)
    assert program == "symgame" and shown
    status = main(arguments)
    said = capsys.readouterr()
    lines = (said.out + said.err).splitlines()
    assert [comparable(line) for line in lines[: len(shown)]] == [comparable(line) for line in shown]
    expected = {"refuted": 1, "undecided": 3, "symgame": 2}
    wrong = any(": wrong" in line for line in shown)  # of a table or a recording
    assert status == (1 if wrong else expected.get(shown[0].split(":")[0], 0))


def test_every_verb_of_one_call_is_shown() -> None:
    """``derive`` is in the start; ``recheck`` needs what it writes."""
    verbs = {shlex.split(command)[1] for command, _ in EXAMPLES}
    shown = "check equilibria stability regimes list init sweep export verify trajectory diagram bifurcations"
    assert verbs == set(shown.split())


def test_python_examples(model_files: Path) -> None:
    text = "\n".join(blocks("python"))
    test = doctest.DocTestParser().get_doctest(text, {}, "README.md", "README.md", 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert len(test.examples) >= 15
    said: list[str] = []
    runner.run(test, out=said.append)
    assert runner.failures == 0, "".join(said)


def test_the_notation_of_the_readme_is_read() -> None:
    from symgame.modelfile import parse_model
    from symgame.presentation import Presentation
    from symgame.shape import Shaper

    _, text = blocks("ini")
    pair = (ROOT / "symgame" / "library" / "wilson-cowan.toml").read_text(encoding="utf-8")
    circuit = parse_model(f"{pair}\n{text}", "README.toml")
    style = circuit.presentation
    assert style.expanded("w_EE") == r"{\mathcal{W}}_{ee}" and style.unit("time") == "ms" and style.order[0] == "w_IE"
    assert [a.name for a in Shaper(circuit).abbreviations] == ["D", "g"]
    section = README.split("### In your own notation")[1].split("\n## ")[0]
    assert all(re.search(rf"\b{key}\b", section) for key in Presentation.__dataclass_fields__ if key != "turned")


def test_the_copies_of_the_readme_are_read() -> None:
    from symgame.modelfile import parse_model

    text, _ = blocks("ini")
    pair = (ROOT / "symgame" / "library" / "wilson-cowan.toml").read_text(encoding="utf-8")
    circuit = parse_model(f"{pair}\n{text}", "README.toml")
    assert circuit.whole == ("n",) and str(circuit.W[0, 1]) == "-l*n + l - w_EI" and circuit.copies[0].count.name == "n"


def test_every_word_is_in_the_readme() -> None:
    from symgame.words import RESERVED

    section = README.split("## The language of formulas")[1].split("\n## ")[0]
    missing = [word for word in sorted(RESERVED) if not re.search(rf"\b{word}\b", section)]
    assert not missing


def test_every_activation_kind_is_in_the_readme() -> None:
    from symgame.kinds import KINDS

    assert not [kind for kind in KINDS if f"`{kind}`" not in README]


def test_the_two_commands_of_the_start_are_those_of_ci() -> None:
    setup, run_tests = blocks("sh")
    assert "pip install" in setup and "'.[test]'" in setup and "symgame derive wilson-cowan" in setup
    assert run_tests.strip() == ".venv/bin/python -m pytest"
    assert "\npython -m pytest\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
