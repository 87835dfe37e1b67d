"""`symgame init`: the file reads as what was asked for, every option in it works, and nothing is overwritten."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from symgame import starter
from symgame.circuit import Circuit
from symgame.cli import main
from symgame.errors import ModelError
from symgame.modelfile import parse_model

POPULATIONS = ("E", "I,E", "E,PV:inhibitory,SOM:inhibitory", "A,AA,B", "α,β:excitatory", "X,E,I,P:inhibitory,S:signed")
TEXTS = {kind: starter.model_file(kind, plan) for kind, plan in starter.PLANS.items()} | {
    names: starter.model_file("mine", starter.plan(populations=names)) for names in POPULATIONS
}
OPTION = re.compile(r"#(?=[^\s#])")


def options(text: str) -> list[range]:
    """The lines of each option: a key by itself, or a section with all its keys."""
    lines = text.splitlines()
    found: list[range] = []
    for k, line in enumerate(lines):
        if OPTION.match(line):
            joined = k > 0 and OPTION.match(lines[k - 1]) and lines[found[-1].start].startswith("#[")
            start = found.pop().start if joined else k
            found.append(range(start, k + 1))
    return found


def taken(text: str, chosen: list[range]) -> str:
    """The text with these options taken: their # away."""
    lines = text.splitlines()
    for lines_of_one in chosen:
        for k in lines_of_one:
            lines[k] = lines[k][1:]
    return "\n".join(lines) + "\n"


def fields(circuit: Circuit) -> tuple[object, ...]:
    return (circuit, circuit.presentation)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_every_option_works_alone_and_all_work_together(text: str) -> None:
    plain = parse_model(text)
    found = options(text)
    assert len(found) >= 10
    for one in found:
        parse_model(taken(text, [one]))
    everything = parse_model(taken(text, found))
    assert everything.names == plain.names
    assert everything.presentation.macros and everything.presentation.names and everything.presentation.units
    assert {name for name, _ in everything.values} == set(plain.symbols)


def test_options_with_their_defaults_change_nothing() -> None:
    text = TEXTS["pair"]
    defaults = ("#form", "#terms", "#weights", "#[activation.")
    lines = text.splitlines()
    chosen = [one for one in options(text) if lines[one.start].startswith(defaults)]
    assert len(chosen) == 5
    assert fields(parse_model(taken(text, chosen))) == fields(parse_model(text))


def test_the_file_says_what_was_asked_for() -> None:
    circuit = parse_model(TEXTS["I,E"])
    assert [(p.name, p.type) for p in circuit.populations] == [("I", "inhibitory"), ("E", "excitatory")]
    assert str(circuit.W) == "Matrix([[-w_II, w_IE], [-w_EI, w_EE]])"  # to I first, from I first: its column is <= 0
    assert circuit.assume == ("w_IE > 0", "w_EI > 0")
    chained = parse_model(TEXTS["E,PV:inhibitory,SOM:inhibitory"])
    assert chained.W[1, 2] == 0 and str(chained.W[0, 1]) == "-w_EPV" and str(chained.W[2, 2]) == "-w_SOMSOM"
    apart = parse_model(TEXTS["A,AA,B"])
    assert str(apart.W[0, 1]) == "w_A_AA" and str(apart.W[1, 0]) == "w_AA_A"
    assert [p.type for p in parse_model(TEXTS["X,E,I,P:inhibitory,S:signed"]).populations] == [
        None, "excitatory", "inhibitory", "inhibitory", None,
    ]  # fmt: skip
    assert {p.activation.kind for p in parse_model(TEXTS["saturating"]).populations} == {"saturating"}


def test_the_pair_is_the_built_in_pair() -> None:
    from symgame.named import wilson_cowan

    ours, known = parse_model(TEXTS["pair"]), wilson_cowan()
    assert (ours.W, ours.populations, ours.assume) == (known.W, known.populations, known.assume)


@pytest.mark.parametrize("kind", ["pair", "saturating"])
def test_what_is_written_can_be_derived(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "mine", "--kind", kind]) == 0
    assert [p.name for p in tmp_path.iterdir()] == ["mine.toml"]
    assert main(["derive", "mine.toml", "--no-figures", "--quiet"]) == 0
    text = (tmp_path / "mine.toml").read_text(encoding="utf-8")
    (tmp_path / "all.toml").write_text(taken(text, options(text)), encoding="utf-8")
    assert main(["derive", "all.toml", "--no-figures", "--quiet"]) == 0
    assert "report.tex" in {p.name for p in (tmp_path / "all-symgame").iterdir()}


def test_what_to_do_next_is_said_and_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "mine"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("wrote mine.toml\n") and "symgame derive mine.toml" in said
    (statement,) = re.findall(r'symgame check mine\.toml "([^"]+)"', said)
    assert main(["check", "mine.toml", statement]) == 0


def test_nothing_is_overwritten_unless_forced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("mine", encoding="utf-8")
    assert main(["init", "mine", "--out", str(path)]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and "--force" in said.err
    assert path.read_text(encoding="utf-8") == "mine"
    assert main(["init", "mine", "--out", str(tmp_path), "--force"]) == 0
    assert parse_model(path.read_text(encoding="utf-8")).name == "mine"
    assert [p.name for p in tmp_path.iterdir()] == ["mine.toml"]
    link = tmp_path / "link.toml"
    link.symlink_to(tmp_path / "nowhere.toml")
    assert main(["init", "mine", "--out", str(link)]) == 2 and not (tmp_path / "nowhere.toml").exists()


HOSTILE = [
    "", ".", "..", "../up", "a/b", "/etc/passwd", "a\\b", "a\nb", "a\x00b", 'a"b', "a'b", ".hidden", "a:b", "x" * 300,
    "a\u202eb", "$title", "a\u2028b", "a\ttab", "trailing.", "*",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "--", name]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("symgame: ") and said.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["мышь", "my pair", "a-1.5", "mine.toml", "e\u0301té"])
def test_names_of_any_alphabet(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", name]) == 0
    (path,) = tmp_path.iterdir()
    assert path.suffix == ".toml" and parse_model(path.read_text(encoding="utf-8")).name == path.stem


@pytest.mark.parametrize(
    "arguments",
    [
        ["--populations", "E,E"], ["--populations", "1E"], ["--populations", 'E"],[circuit]\n'], ["--populations", ""],
        ["--populations", "E:glia"], ["--populations", ",".join(f"E{k}" for k in range(20))], ["--kind", "quadruple"],
        ["--kind", "pair", "--populations", "E"], ["--populations", "stable"], ["--out", "mine.txt"],
        ["--populations", "A,A_A,A_A_A"], ["--out", "no\nwhere.toml"],
    ],
)  # fmt: skip
def test_bad_options_are_one_message(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "mine", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_bad_names_are_errors_of_the_package() -> None:
    with pytest.raises(ModelError, match="name of a file"):
        starter.title("a/b")
