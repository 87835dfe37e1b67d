"""Every published case as a file of a user: TOML, CSV and arrays give the published answers on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from symgame.cli import main

ORACLES = Path(__file__).parent / "oracles"
Rows = list[list[str]]


@dataclass(frozen=True)
class Case:
    """A published circuit; ``states`` are its equilibria, ``verdicts`` what is published of I - W."""

    name: str
    W: Rows
    u: list[str]
    tau: list[str]
    cap: list[str] | None = None
    states: tuple[tuple[str, ...], ...] | None = None
    lds: bool | None = None
    p_matrix: bool | None = None
    hurwitz: bool | None = None


def oracle(name: str) -> Any:
    return json.loads((ORACLES / f"{name}.json").read_text(encoding="utf-8"))


def padded(x: list[str], support: list[int], n: int) -> tuple[str, ...]:
    found = dict(zip(support, x, strict=True))
    return tuple(found.get(k + 1, "0") for k in range(n))


def cases() -> Iterator[Case]:
    for row in oracle("ctln"):
        A, n = row["adjacency_to_from"], len(row["adjacency_to_from"])
        eps, delta = Fraction(row["eps"]), Fraction(row["delta"])
        W = [["0" if i == j else str(-1 + eps if A[i][j] else -1 - delta) for j in range(n)] for i in range(n)]
        states = tuple(padded(fp["x"], fp["support"], n) for fp in row["fixed_points"])
        if not row["degenerate"]:
            yield Case(
                f"ctln-{row['graph']}-{eps}-{delta}".replace("/", "_"), W, [row["theta"]] * n, ["1"] * n, None, states
            )
    for row in oracle("ei_tln_curto2025"):
        n = len(row["b"])
        for at in row["by_tau_I"][:2]:
            states = tuple(padded(fp["x"], fp["support"], n) for fp in at["fps"])
            tau = ["1"] * (n - 1) + [at["tau_I"]]
            name = f"ei-tln-{row['graph']}-{at['tau_I']}".replace("/", "_")
            yield Case(name, row["W_EI_TLN"], row["b"], tau, None, states)
    for row in oracle("games"):
        listed = row.get("equilibria")
        states = None if listed is None else tuple(tuple(e["x"]) for e in listed)
        if "W" in row and "u" in row and "m" in row:
            yield Case(f"games-{row['id']}", row["W"], row["u"], ["1"] * len(row["u"]), row["m"], states)
    for row in oracle("wta"):
        a, b1, b2 = row["alpha"], row["beta1"], row["beta2"]
        k = len(row["I"])
        W = [[a if i == j else "0" for j in range(k)] + [f"-{b1}"] for i in range(k)] + [[b2] * k + ["0"]]
        states = tuple(tuple(e["x"]) for e in row["equilibria"])
        yield Case(row["id"].replace("/", "_"), W, [*row["I"], "0"], ["1"] * (k + 1), None, states)
    for row in oracle("isn_ssn"):
        if "equilibria_ReLU" in row:
            states = tuple(tuple(e["x"]) for e in row["equilibria_ReLU"])
            yield Case(row["id"], row["W"], row["u"], row["tau"], None, states)
    for row in oracle("diagonal_stability"):
        if "A" in row:
            n = len(row["A"])
            W = [[str(Fraction(v) + (i == j)) for j, v in enumerate(r)] for i, r in enumerate(row["A"])]
            yield Case(
                f"matrix-{row['id']}",
                W,
                ["1"] * n,
                ["1"] * n,
                None,
                None,
                row["lds"],
                row.get("minus_A_is_P"),
                row["hurwitz"],
            )


CASES = list(cases())


def toml(case: Case) -> str:
    names, kind = [f"x{k + 1}" for k in range(len(case.u))], "saturating" if case.cap else "relu"
    lines = [
        "[circuit]",
        f'name = "{case.name}"',
        f'activation = "{kind}"',
        "[populations]",
    ]
    lines += [f'{p} = {{ tau = "{t}", input = "{u}" }}' for p, t, u in zip(names, case.tau, case.u, strict=True)]
    lines.append("[weights]")
    for p, row in zip(names, case.W, strict=True):
        entries = ", ".join(f'{q} = "{w}"' for q, w in zip(names, row, strict=True))
        lines.append(f"{p} = {{ {entries} }}")
    if case.cap:
        lines += ["[values]", *(f'm_{p} = "{m}"' for p, m in zip(names, case.cap, strict=True))]
    return "\n".join(lines) + "\n"


def csv(case: Case) -> str:
    names = [f"x{k + 1}" for k in range(len(case.u))]
    header = ["", *names, "u", "tau", *(["cap"] if case.cap else [])]
    rows = [[p, *w, u, t] for p, w, u, t in zip(names, case.W, case.u, case.tau, strict=True)]
    if case.cap:
        rows = [[*row, m] for row, m in zip(rows, case.cap, strict=True)]
    return "\n".join(",".join(row) for row in [header, *rows]) + "\n"


def answered(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    status = main(list(arguments))
    said = capsys.readouterr()
    assert status in (0, 3), said.err
    document = json.loads(said.out)
    assert isinstance(document, dict)
    return document


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_published_case_as_a_model_file(case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = tmp_path / "model.toml"
    model.write_text(toml(case), encoding="utf-8")
    found = answered(capsys, "equilibria", str(model), "--json")
    isolated = [e for e in found["equilibria"] if e["type"] != "continuum"]
    assert found["complete"] is True
    if case.states is not None:
        assert sorted(tuple(e["state"].values()) for e in isolated) == sorted(case.states)
    stability = answered(capsys, "stability", str(model), "--json")
    for word in ("lds", "p_matrix", "hurwitz"):
        wanted = getattr(case, word)
        assert wanted is None or stability[word]["holds"] is wanted, word
    assert stability["lds"]["holds"] is None or "P" in stability["lds"] or "X" in stability["lds"]
    table = tmp_path / "table.csv"
    table.write_text(csv(case), encoding="utf-8")
    assert answered(capsys, "equilibria", str(table), "--json")["equilibria"] == found["equilibria"]


@pytest.mark.parametrize("case", CASES[::5], ids=[case.name for case in CASES[::5]])
def test_the_same_case_as_arrays(case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Doubles are exact for dyadic numbers only, so the cases are rounded to 1/64 first, in the model file too."""

    def near(text: str) -> str:
        return str(Fraction(round(Fraction(text) * 64), 64))

    rounded = Case(
        case.name, [[near(w) for w in row] for row in case.W], [near(u) for u in case.u], case.tau,
        None if case.cap is None else [near(m) for m in case.cap],
    )  # fmt: skip
    model, arrays = tmp_path / "model.toml", tmp_path / "arrays.npz"
    model.write_text(toml(rounded), encoding="utf-8")
    fields = {"W": rounded.W, "u": rounded.u} | ({"cap": rounded.cap} if rounded.cap else {})
    np.savez(arrays, **{k: np.vectorize(lambda t: float(Fraction(t)))(np.array(v)) for k, v in fields.items()})
    settings = [f"--set=tau_x{k + 1}={t}" for k, t in enumerate(case.tau)]
    mine = answered(capsys, "equilibria", str(arrays), "--json", *settings)
    assert mine["equilibria"] == answered(capsys, "equilibria", str(model), "--json")["equilibria"]


def test_every_oracle_of_piecewise_linear_circuits_is_here() -> None:
    kinds = [case.name.split("-")[0].split("_")[0] for case in CASES]
    assert {k: kinds.count(k) for k in ("ctln", "ei", "games", "wta", "matrix")} == {
        "ctln": sum(not row["degenerate"] for row in oracle("ctln")),
        "ei": 2 * len(oracle("ei_tln_curto2025")),
        "games": sum("m" in row for row in oracle("games")),
        "wta": len(oracle("wta")),
        "matrix": sum("A" in row for row in oracle("diagonal_stability")),
    }
