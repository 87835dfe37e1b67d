"""One equilibrium of a large circuit: exact, and never claimed to be alone without a proof."""

from __future__ import annotations

import json
import random
from fractions import Fraction as F
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from plain_equilibria import gauss, random_circuit

from symgame import pivoting
from symgame.circuit import Circuit
from symgame.cli import main
from symgame.errors import BudgetExceeded, Unsupported
from symgame.kinds import activation
from symgame.matrices.definite import exact_matrix, fraction
from symgame.matrices.dominance import dominating
from symgame.numeric import solutions
from symgame.pivoting import lone_equilibrium, lone_solutions


def large(n: int, cap: F | None = None, scale: F = F(1)) -> Circuit:
    """Four fifths excitatory, all to all, weights in thousandths."""
    source, m = random.Random(n), 4 * n // 5
    W = [
        [scale * F(source.randint(0, 1000), 1000) * (F(3, 2 * m) if b < m else -F(6, n - m)) for b in range(n)]
        for _ in range(n)
    ]
    u = [F(source.randint(-500, 1500), 1000) for _ in range(n)]
    kind = "relu" if cap is None else [activation("saturating", cap=cap)] * n
    return Circuit.from_matrix(W, u=u, tau=[1] * n, activation=kind)


@pytest.mark.parametrize("cap", [None, F(1, 4)])
def test_a_large_circuit_is_solved_and_verified(cap: F | None) -> None:
    circuit = large(80, cap)
    found = lone_equilibrium(circuit)
    x = [found.state[n] for n in circuit.names]
    rows = [[F(int(v.p), int(v.q)) for v in circuit.W.row(a)] for a in range(80)]
    u = [F(int(p.input.p), int(p.input.q)) for p in circuit.populations]
    for a in range(80):
        z = u[a] + sum((w * v for w, v in zip(rows[a], x, strict=True)), F(0))
        assert x[a] == (max(z, F(0)) if cap is None else min(max(z, F(0)), cap))
    assert found.strict and found.unique is None and found.scaling is None
    assert 3 < len(found.active) < 70 and bool(found.saturated) == (cap is not None)


def test_it_is_among_all_equilibria() -> None:
    source, alone, failed = random.Random(2), 0, 0
    for _ in range(150):
        circuit = random_circuit(source, 3).circuit()
        every = solutions(circuit)
        try:
            found = lone_equilibrium(circuit, steps=300)
        except BudgetExceeded:
            failed += 1
            continue
        assert found.state in [e.state for e in every.equilibria]
        if found.unique:
            assert len(every.equilibria) == 1, circuit
            alone += 1
    assert alone > 5 and failed < 90, (alone, failed)


def test_single_steps_end_where_all_at_once_cycles(monkeypatch: pytest.MonkeyPatch) -> None:
    """P-matrices without dominance: least-index pivoting reaches the one equilibrium from the first step on."""
    monkeypatch.setattr(pivoting, "PATIENCE", 0)
    cyclic = Circuit.from_matrix([[0, 0, -2], [-2, 0, 0], [0, -2, 0]], u=[1, 1, 1], tau=[1, 1, 1])
    found = lone_equilibrium(cyclic)
    assert found.unique is None and set(found.state.values()) == {F(1, 3)}


def principal_minors(A: list[list[F]]) -> list[F]:
    n = len(A)
    sets = (s for k in range(1, n + 1) for s in combinations(range(n), k))
    return [gauss([[A[i][j] for j in s] for i in s], [F(0)] * len(s))[0] for s in sets]


def test_dominance_proves_p_matrices_only() -> None:
    source, seen = random.Random(4), {True: 0, False: 0}
    for _ in range(200):
        n = source.randint(1, 4)
        A = [[F(source.randint(-9, 9), 3) + (3 if a == b else 0) for b in range(n)] for a in range(n)]
        found = dominating(exact_matrix(A))
        if found is not None:
            d = [fraction(v) for v in found]
            assert all(v > 0 for v in d)
            assert all(2 * abs(A[i][i]) * d[i] > sum(abs(A[i][j]) * d[j] for j in range(n)) for i in range(n))
            assert min(principal_minors(A)) > 0
        seen[found is not None] += 1
    assert min(seen.values()) > 20, seen


def test_dominance_does_not_claim_the_boundary() -> None:
    assert dominating(exact_matrix([[1, 1], [1, 1]])) is None
    assert dominating(exact_matrix([[1, -1], [1, 1]])) is None  # a P-matrix, but no H-matrix
    assert dominating(exact_matrix([[0]])) is None and dominating(exact_matrix([[-1]])) is None


def test_weak_weights_are_proved_unique() -> None:
    found = lone_equilibrium(large(40, scale=F(1, 20)))
    assert found.unique is True and found.scaling is not None and len(found.scaling) == 40


def test_no_equilibrium_is_an_error_with_advice() -> None:
    with pytest.raises(BudgetExceeded, match="solutions lists all"):
        lone_equilibrium(Circuit.from_matrix([[2, 0], [0, 2]], u=[1, 1], tau=[1, 1]), steps=50)
    with pytest.raises(Unsupported, match="no value"):
        lone_equilibrium(Circuit.from_matrix([["a"]]))


def test_a_kink_is_found_exactly() -> None:
    """The second total input is exactly 0, at numbers that doubles do not hold."""
    circuit = Circuit.from_matrix([[0, "-1/3"], ["-1/7", 0]], names="AB", u=["1/3", "1/21"], tau=[1, 1])
    found = lone_equilibrium(circuit)
    assert (found.state, found.active, found.strict) == ({"A": F(1, 3), "B": F(0)}, ("A",), False)


def test_list_of_one() -> None:
    answer = lone_solutions(large(35))
    (e,) = answer.equilibria
    assert not answer.complete and "pivoting" in answer.reason and e.stable is not None and e.index in (1, -1)
    assert lone_solutions(large(35, scale=F(1, 20))).complete


def test_a_spectrum_that_would_take_minutes_is_left_open() -> None:
    (e,) = lone_solutions(large(100)).equilibria
    assert (e.stable, e.type, e.index, e.eigenvalues, e.strict) == (None, "not computed", None, (), True)


# -- on the command line ------------------------------------------------------------------------------------------


def toml_of(W: np.ndarray, path: Path) -> str:
    n = len(W)
    names = [f"x{k + 1}" for k in range(n)]
    lines = ["[circuit]", 'name = "t"', 'activation = "relu"', "[populations]"]
    lines += [f'{name} = {{ tau = "1", input = "1" }}' for name in names]
    lines += ["[weights]"]
    for a, name in enumerate(names):
        cells = ", ".join(f'{other} = "{W[a, b]}"' for b, other in enumerate(names) if W[a, b])
        lines.append(f"{name} = {{ {cells} }}")
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def test_command_line_of_any_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A few populations: all of them; 40: one, which is alone when that is proved; ``--limit`` is no complete list."""
    inhibition = -2 * (np.ones((3, 3), int) - np.eye(3, dtype=int))
    model = toml_of(inhibition, tmp_path / "three.toml")
    assert main(["equilibria", model, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["complete"] is True and "reason" not in document
    assert [e["branch"] for e in document["equilibria"]][:3] == ["x1", "x2", "x3"] and len(document["equilibria"]) == 7
    assert main(["equilibria", model, "--json", "--limit", "2"]) == 3
    document = json.loads(capsys.readouterr().out)
    assert document["complete"] is False and len(document["equilibria"]) == 2 and "2" in document["reason"]
    assert main(["equilibria", model, "--limit", "2"]) == 3
    assert "not known to be all of them" in capsys.readouterr().out
    chain = np.diag(np.full(39, -0.5), 1)
    assert main(["equilibria", toml_of(chain, tmp_path / "forty.toml"), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (e,) = document["equilibria"]
    assert document["complete"] is True and (e["type"], e["stable"], e["index"]) == ("node", True, 1)
    assert (e["state"]["x40"], e["state"]["x39"], e["state"]["x38"]) == ("1", "1/2", "3/4")
