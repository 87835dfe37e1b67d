"""Bad input: one clear message, exit status 2, nothing printed, nothing written, nothing executed, and soon."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from symgame.cli import main

CORPUS = Path(__file__).parent / "corpus"
BAD_MODELS = sorted((CORPUS / "bad_models").glob("*.toml"))
BAD_FORMULAS: list[dict] = tomllib.loads((CORPUS / "bad_formulas.toml").read_text(encoding="utf-8"))["formula"]
HOSTILE_TARGET = Path("/tmp/symgame_pwned")  # the one absolute path that a hostile string of the corpus would create
LIMIT = 2.0  # seconds of processor time, which a busy computer does not stretch

CIRCUIT = '[circuit]\nname = "Large"\nactivation = "relu"\n'
POPULATIONS = '[populations]\nE = { type = "excitatory" }\nI = { type = "inhibitory" }\n'


class Outcome(NamedTuple):
    status: int
    out: str
    err: str
    seconds: float


Runner = Callable[[list[str]], Outcome]


def expected_part(path: Path) -> str:
    """The substring that the first line of a bad model announces."""
    first = path.read_bytes().split(b"\n", 1)[0].decode("utf-8")
    prefix = "# expect: "
    assert first.startswith(prefix), f"{path.name} must start with {prefix!r}"
    return first.removeprefix(prefix)


@pytest.fixture(autouse=True)
def empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Every case runs in an empty directory and must leave it empty."""
    directory = tmp_path / "empty"
    directory.mkdir()
    monkeypatch.chdir(directory)
    already = HOSTILE_TARGET.exists()
    yield directory
    assert list(directory.iterdir()) == []
    assert HOSTILE_TARGET.exists() == already, f"a string was executed: {HOSTILE_TARGET} appeared"


@pytest.fixture
def in_process(capsys: pytest.CaptureFixture[str]) -> Runner:
    def run(argv: list[str]) -> Outcome:
        capsys.readouterr()
        start = time.process_time()
        status = main(argv)
        seconds = time.process_time() - start
        captured = capsys.readouterr()
        return Outcome(status, captured.out, captured.err, seconds)

    return run


def in_subprocess(argv: list[str]) -> Outcome:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "symgame", *argv], capture_output=True, text=True, timeout=60, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Outcome(done.returncode, done.stdout, done.stderr, seconds)


def assert_refused(run: Runner, argv: list[str], part: str) -> None:
    """The contract of bad input; a slow answer gets one more try, for the sake of busy computers."""
    outcome = run(argv)
    if outcome.seconds >= LIMIT:
        outcome = run(argv)
    status, out, err, seconds = outcome
    assert status == 2, f"exit status {status}: {err}"
    assert out == ""
    assert err.startswith("symgame: "), err
    assert sum(line.startswith("symgame: ") for line in err.splitlines()) == 1, err
    assert "Traceback" not in err
    assert part in err
    assert len(err) < 4000, "a message quotes a part of a long input, not all of it"
    assert seconds < LIMIT


def check_argv(formula: str, given: list[str] | None = None, model: str = "wilson-cowan") -> list[str]:
    argv = ["check", model, formula]
    for hypothesis in given or []:
        argv += ["--given", hypothesis]
    return argv


# ---- the corpus -------------------------------------------------------------------------------------------------


def test_the_corpus_is_large_enough() -> None:
    assert len(BAD_MODELS) >= 30
    assert len(BAD_FORMULAS) >= 25


@pytest.mark.parametrize("path", BAD_MODELS, ids=lambda path: path.stem)
def test_bad_model_is_not_derived(path: Path, in_process: Runner) -> None:
    assert_refused(in_process, ["derive", str(path)], expected_part(path))


@pytest.mark.parametrize("path", BAD_MODELS, ids=lambda path: path.stem)
def test_bad_model_is_not_checked(path: Path, in_process: Runner) -> None:
    assert_refused(in_process, ["check", str(path), "det > 0"], expected_part(path))


def formula_id(row: dict) -> str:
    return f"{BAD_FORMULAS.index(row)}:{' given '.join([row['text'], *row.get('given', [])])!r}"


@pytest.mark.parametrize("row", BAD_FORMULAS, ids=formula_id)
def test_bad_formula(row: dict, in_process: Runner) -> None:
    assert_refused(in_process, check_argv(row["text"], row.get("given")), row["expect"])


# ---- a sample through the real command -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stem",
    ["hostile_import_os", "junk", "values_in_a_circle", "huge_power_of_numbers", "assume_contradiction"],
)
def test_command_refuses_bad_model(stem: str) -> None:
    path = CORPUS / "bad_models" / f"{stem}.toml"
    assert_refused(in_subprocess, ["derive", str(path)], expected_part(path))


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("stabel(E,I)", "stable"),
        ('__import__("os").system("touch symgame_pwned")', "__import__"),
        ("(w_EE > 1", "("),
    ],
)
def test_command_refuses_bad_formula(text: str, part: str) -> None:
    assert_refused(in_subprocess, check_argv(text), part)


# ---- too large to keep in files ---------------------------------------------------------------------------------

LARGE_FORMULAS: dict[str, Callable[[], str]] = {
    "million_characters": lambda: "w_EE > 1" + " & w_EE > 1" * 100_000,
    "million_letters": lambda: "a" * 1_000_000,
    "million_spaces": lambda: " " * 1_000_000,
    "parentheses": lambda: "(" * 100_000 + "w_EE > 1" + ")" * 100_000,
    "open_parentheses": lambda: "(" * 100_000,
    "negations": lambda: "~" * 100_000 + "lds",
    "signs": lambda: "w_EE > " + "-" * 100_000 + "1",
    "digits": lambda: "w_EE > " + "7" * 100_000,
    "digits_of_exponent": lambda: "w_EE^" + "7" * 100_000 + " > 0",
    "decimals": lambda: "w_EE > 0." + "7" * 100_000,
    "implications": lambda: "lds" + " => lds" * 100_000,
    "chain": lambda: "w_EE" + " <= w_EE" * 100_000,
    "functions": lambda: "abs(" * 50_000 + "w_EE" + ")" * 50_000 + " > 0",
    "quantifiers": lambda: "for_all_tau(" * 50_000 + "lds" + ")" * 50_000,
    "branch": lambda: "exists(" + "E," * 100_000 + "I)",
}


@pytest.mark.parametrize("name", LARGE_FORMULAS)
def test_large_formula(name: str, in_process: Runner) -> None:
    assert_refused(in_process, check_argv(LARGE_FORMULAS[name]()), "")


@pytest.mark.parametrize("name", ["million_characters", "parentheses", "digits"])
def test_large_hypothesis(name: str, in_process: Runner) -> None:
    assert_refused(in_process, check_argv("lds", [LARGE_FORMULAS[name]()]), "")


def with_weight(entry: str) -> str:
    return f"{CIRCUIT}\n{POPULATIONS}\n[weights]\nE = {{ E = {entry} }}\n"


LARGE_MODELS: dict[str, Callable[[], str]] = {
    "empty": lambda: "",
    "long_line": lambda: with_weight('"' + "w" * 1_000_000 + '"'),
    "long_sum": lambda: with_weight('"w' + " + w" * 300_000 + '"'),
    "long_comment": lambda: "# " + "x" * 3_000_000 + "\n" + with_weight('"-1"'),
    "two_megabytes": lambda: with_weight('"w_EE"') + "".join(f'X{i} = {{ E = "w_{i}" }}\n' for i in range(100_000)),
    "parentheses": lambda: with_weight('"' + "(" * 100_000 + "w" + ")" * 100_000 + '"'),
    "digits": lambda: with_weight('"' + "7" * 100_000 + '"'),
    "integer_digits": lambda: with_weight("7" * 100_000),
    "nested_arrays": lambda: with_weight("[" * 100_000 + "]" * 100_000),
    "some_nested_arrays": lambda: with_weight("[" * 500 + "]" * 500),
    "nested_tables": lambda: with_weight("{ a = " * 20_000 + "1" + " }" * 20_000),
    "dotted_key": lambda: with_weight('"w"') + "a" + ".a" * 5_000 + " = 1\n",
    "powers_of_powers": lambda: with_weight('"' + "(" * 20 + "w + 1" + ")^9" * 20 + '"'),
    "long_hypothesis": lambda: with_weight('"w"') + '[assume]\nextra = ["w > 1' + " & w > 1" * 200_000 + '"]\n',
    "doubling_values": lambda: (
        with_weight('"v0"') + "[values]\n" + "".join(f'v{i} = "v{i + 1}^2 + v{i + 1}"\n' for i in range(60))
    ),
}


@pytest.mark.parametrize("verb", ["derive", "check"])
@pytest.mark.parametrize("name", LARGE_MODELS)
def test_large_model(name: str, verb: str, tmp_path: Path, in_process: Runner) -> None:
    path = tmp_path / f"{name}.toml"
    path.write_text(LARGE_MODELS[name](), encoding="utf-8")
    argv = ["derive", str(path)] if verb == "derive" else check_argv("det > 0", model=str(path))
    assert_refused(in_process, argv, "")


# ---- not a model at all ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["wilson-cowen", "no_such_file.toml", "", "a\x00b.toml", "x" * 5_000 + ".toml"])
def test_missing_model(model: str, in_process: Runner) -> None:
    assert_refused(in_process, check_argv("lds", model=model), "")


def test_nearest_builtin_is_named(in_process: Runner) -> None:
    assert_refused(in_process, check_argv("lds", model="wilson-cowen"), "wilson-cowan")


def test_directory_is_not_a_model(tmp_path: Path, in_process: Runner) -> None:
    assert_refused(in_process, ["derive", str(tmp_path)], tmp_path.name)
