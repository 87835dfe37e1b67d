"""What is written: the same bytes for the same input, whole files or none, documents as the contract says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Context, Decimal
from pathlib import Path

import pytest

import symgame
from symgame import derivation as derivation_module
from symgame.cli import main
from symgame.errors import ModelError
from symgame.grammar import read_formula
from symgame.report.files import directory_name, write_all

MODELS = Path(__file__).parent / "corpus" / "models"


def run(arguments: list[str], place: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "symgame", *arguments],
        cwd=place, env={**os.environ, **environment}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def contents(directory: Path) -> dict[str, bytes]:
    files = (p for p in sorted(directory.rglob("*")) if p.is_file())
    return {p.relative_to(directory).as_posix(): p.read_bytes() for p in files}


def test_same_bytes_under_any_hash_seed_and_any_ground_types(tmp_path: Path) -> None:
    runs = [("0", "flint"), ("4242", "python")]
    made = []
    for seed, ground in runs:
        done = run(["derive", "wilson-cowan", "--out", seed], tmp_path, PYTHONHASHSEED=seed, SYMPY_GROUND_TYPES=ground)
        assert done.returncode == 0, done.stderr
        files = contents(tmp_path / seed)
        files.pop("timings.json")
        made.append(files)
    assert made[0] == made[1]
    assert {"claims.json", "report.tex"} <= set(made[0])


def test_claims_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert main(["derive", str(MODELS / "single.toml"), "--out", str(out), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == json.loads((out / "claims.json").read_text(encoding="utf-8"))
    assert document["schema"] == 1 and document["symgame"] == symgame.__version__ and document["over"] == "w_EE"
    keys = {"id", "title", "given", "then", "kind", "verdict", "by", "certificate", "witness", "latex", "source"}
    for claim in document["claims"]:
        assert keys <= set(claim)
        assert claim["verdict"] in ("proved", "refuted", "undecided", "cited")
        assert (claim["then"] is None) == (claim["kind"] in ("identity", "completeness"))
        for formula in [*claim["given"], *([claim["then"]] if claim["then"] else [])]:
            read_formula(formula)
        if claim["certificate"] is not None:
            assert "(check-sat)" in (out / claim["certificate"]).read_text(encoding="utf-8")


def test_a_circuit_outside_the_class_gets_what_can_be_said_and_reasons(tmp_path: Path) -> None:
    model = tmp_path / "mixture.toml"
    model.write_text(
        '[circuit]\nname = "Mixture"\n[populations]\nE = {}\nI = {}\n[weights]\nE = { E = "a", I = "b" }\n'
        '[activation.E]\nkind = "logistic"\noffset = "rest"\n[activation.I]\nkind = "relu"\ngain = "2"\n'
    )
    assert main(["derive", str(model), "--out", str(tmp_path / "out"), "--quiet"]) == 3
    claims = {c["id"]: c for c in json.loads((tmp_path / "out" / "claims.json").read_text())["claims"]}
    assert claims["game.rate-equation"]["verdict"] == "proved"
    assert claims["equilibria.map"]["verdict"] == "proved"
    assert claims["matrix"]["verdict"] == "undecided" and "no one I - F W" in claims["matrix"]["reason"]


def test_other_documents(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["equilibria", str(MODELS / "pair_numeric.toml"), "--json", "--digits", "30"]) == 0
    found = json.loads(capsys.readouterr().out)
    (one,) = found["equilibria"]
    assert found["complete"] is True and one["state"] == {"E": "17/24", "I": "5/8"}
    assert one["stable"] is True and one["type"] == "focus" and one["nash"] == "stationary" and one["index"] == 1
    assert one["eigenvalues"][0][1] == str(Decimal("0.014975").sqrt(Context(prec=30)))
    assert main(["equilibria", "wilson-cowan", "--json"]) == 0
    symbolic = json.loads(capsys.readouterr().out)
    assert [e["branch"] for e in symbolic["equilibria"]] == ["", "E", "E", "I", "E,I", "E,I"]
    assert main(["stability", str(MODELS / "mutual_inhibition.toml"), "--json"]) == 0
    answers = json.loads(capsys.readouterr().out)
    assert answers["lds"]["holds"] is False and answers["lds"]["X"] == [["1", "-2"], ["-2", "4"]]
    assert main(["stability", "wilson-cowan", "--set", "w_EE=1/2", "--set", "w_EI=1", "--set", "w_IE=3", "--set",
                 "w_II=0", "--json"]) == 0  # fmt: skip
    answers = json.loads(capsys.readouterr().out)
    assert answers["lds"] | {"by": []} == {
        "holds": True, "verdict": "proved", "by": [], "condition": None, "P": ["3", "1"],
    }  # fmt: skip
    assert main(["check", "wilson-cowan", "stable(E,I) => nash(E,I)", "--json"]) == 1
    checked = json.loads(capsys.readouterr().out)
    assert checked["verdict"] == "refuted" and set(checked["witness"]) >= {"w_EE", "w_II"} and "missing" in checked
    assert main(["list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["name"] == "wilson-cowan"


def test_a_continuum_is_one_entry_and_no_equilibrium_of_the_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "flat.toml"
    model.write_text(
        '[circuit]\nname = "flat"\nactivation = "saturating"\n[populations]\nA = { tau = "1", input = "0" }\n'
        '[weights]\nA = { A = "1" }\n[activation.A]\ncap = "1"\n'
    )
    assert main(["equilibria", str(model), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["equilibria"]
    assert [(r["type"], r["index"]) for r in rows] == [("kink", None), ("continuum", None), ("kink", None)]
    assert main(["equilibria", str(model)]) == 0
    assert capsys.readouterr().out.startswith("flat: 2 equilibria and 1 continuum, all of them")


def test_a_trace_that_vanishes_only_at_saddles_is_no_hopf_point(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "uncoupled.toml"
    model.write_text(
        '[circuit]\nname = "uncoupled"\nactivation = "relu"\n[populations]\nA = { type = "excitatory", tau = "1" }\n'
        'B = { type = "excitatory", tau = "1" }\n[weights]\nA = { A = "a" }\nB = { B = "b" }\n'
    )
    assert main(["regimes", str(model), "--over", "a", "--json"]) == 0
    names = {t["name"] for t in json.loads(capsys.readouterr().out)["thresholds"]}
    assert "trace" in names and "hopf" not in names


def test_many_statements_in_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    statements = tmp_path / "statements.txt"
    statements.write_text("# two\nlds <=> w_EE < 1\nparadoxical(I) <=> w_EE > 1 given exists(E,I) & det > 0\n")
    assert main(["check", "wilson-cowan", "--file", str(statements), "--json"]) == 0
    assert [r["verdict"] for r in json.loads(capsys.readouterr().out)["results"]] == ["proved", "proved"]
    statements.write_text("lds <=> w_EE < 1\nlds <=> w_EE < 2\n")
    assert main(["check", "wilson-cowan", "--file", str(statements)]) == 1


def test_a_failing_write_leaves_the_old_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_all(tmp_path, {"a.txt": "old", "b.txt": "old"})
    true, calls = Path.write_text, []

    def failing(self: Path, *args: object, **kwargs: object) -> int:
        calls.append(self)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return true(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "write_text", failing)
    with pytest.raises(KeyboardInterrupt):
        write_all(tmp_path, {"a.txt": "new", "b.txt": "new"})
    assert contents(tmp_path) == {"a.txt": b"old", "b.txt": b"old"}


def test_an_interrupt_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(derivation_module, "decide_draft", interrupted)
    assert main(["derive", "wilson-cowan", "--out", str(tmp_path / "out")]) == 130
    assert not (tmp_path / "out").exists()
    assert capsys.readouterr().err.strip().startswith("symgame: interrupted")


def test_a_place_that_cannot_be_written_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="--out"):
        write_all(tmp_path / "file" / "inside", {"a.txt": ""})


def test_directory_names_are_safe() -> None:
    assert directory_name("../../etc/passwd") == "etc-passwd-symgame"
    assert directory_name("Wilson–Cowan pair") == "wilson-cowan-pair-symgame"


def test_help_and_import_stay_light() -> None:
    heavy = "('sympy', 'z3', 'matplotlib', 'numpy')"
    code = f"import sys, symgame, symgame.cli; print(sorted(m for m in {heavy} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_the_face_survives_the_import_of_every_module() -> None:
    code = (
        "import pkgutil, importlib, symgame\n"
        "for m in pkgutil.walk_packages(symgame.__path__, 'symgame.'):\n"
        "    m.name.endswith('__main__') or importlib.import_module(m.name)\n"
        "print(all(callable(getattr(symgame, n)) for n in symgame.__all__ if n != '__version__'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "True", done.stderr


@pytest.mark.parametrize("verb", ["derive", "equilibria", "stability", "regimes"])
def test_an_unknown_parameter_is_one_message(verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = [verb, "wilson-cowan", "--over", "w_XX"]
    assert main([*arguments, "--out", str(tmp_path / "out")] if verb == "derive" else arguments) == 2
    said = capsys.readouterr()
    assert said.out == "" and "w_XX" in said.err and "w_EE" in said.err
    assert not (tmp_path / "out").exists()
