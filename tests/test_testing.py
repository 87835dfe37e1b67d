"""The assertions of ``symgame.testing`` pass for what is true and say the true value for what is not."""

from __future__ import annotations

import subprocess
import sys
import unittest
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from scipy.optimize import fsolve

from symgame import Circuit
from symgame.errors import ModelError, SymgameError, Unsupported
from symgame.testing import (
    assert_equilibrium,
    assert_holds,
    assert_regime,
    assert_stable,
    assert_trajectory,
    assert_unstable,
)

ISN = {"w_EE": "5/2", "w_EI": "5/2", "w_IE": "3/2", "w_II": "7/10", "u_E": "1/2", "u_I": 0, "tau_E": 10, "tau_I": 5}
FLIP = Circuit.from_matrix([[0, -2], [-2, 0]], names="LR", u=[1, 1], tau=[1, 1])


@pytest.mark.parametrize(
    ("state", "options"),
    [
        ({"E": Fraction(17, 24), "I": Fraction(5, 8)}, {}),
        (["17/24", "5/8"], {"stable": True, "nash": "stationary"}),
        ({"I": "0.625", "E": "0.71"}, {}),
        ([17 / 24, 0.625], {}),
        (np.array([17 / 24, 0.625], dtype=np.float32), {}),
        ([0.70834, 0.625], {"digits": 4}),
    ],
)
def test_true_equilibria(state: Any, options: dict[str, Any]) -> None:
    found = assert_equilibrium("wilson-cowan", state, values=ISN, **options)
    assert found.state == {"E": Fraction(17, 24), "I": Fraction(5, 8)} and found.branch == "E,I"


@pytest.mark.parametrize(
    ("state", "options", "said"),
    [
        (["708/1000", "5/8"], {}, "E = 17/24, I = 5/8"),  # an exact number has to be exactly right
        (["0.7084", "0.625"], {}, "residual phi(W x + u) - x: E 1/10000, I 1/10000"),
        ([0.7083, 0.625], {}, "not an equilibrium"),
        ([0.5, 0.625], {}, "E off by 5/24"),  # the float stands for itself, not for 0.45 to 0.55
        ([0.70834, 0.625], {"digits": 5}, "not an equilibrium"),
        (["17/24", "5/8"], {"stable": False}, "stable, not unstable: (E,I)"),
        (["17/24", "5/8"], {"nash": "global"}, "'stationary', not 'global'"),
    ],
)
def test_false_equilibria(state: Any, options: dict[str, Any], said: str) -> None:
    with pytest.raises(AssertionError) as failed:
        assert_equilibrium("wilson-cowan", state, values=ISN, **options)
    assert said in str(failed.value) and "(E,I): E = 17/24, I = 5/8; focus, stable" in str(failed.value)


def test_the_other_branch_is_told() -> None:
    assert assert_stable(FLIP, {"L": 0, "R": 1}).branch == "R"
    assert assert_unstable(FLIP, ["1/3", "1/3"], nash="global").branch == "L,R"
    with pytest.raises(AssertionError, match=r"unstable, not stable: \(L,R\).*eigenvalues 1.00000, -3.00000"):
        assert_stable(FLIP, ["0.333", "0.333"])
    close = Circuit.from_matrix([[0, -2], [-2, 0]], names="LR", u=["1/1000", "1/1000"], tau=[1, 1])
    assert assert_stable(close, ["0.000", "0.001"]).branch == "R"
    with pytest.raises(AssertionError, match="3 equilibria round to this state"):
        assert_stable(close, ["0.00", "0.00"])


def test_a_continuum_is_not_isolated() -> None:
    line = Circuit.from_matrix([[1]], names="E", u=[0], tau=[1])
    with pytest.raises(AssertionError, match="not an isolated one: E = 3"):
        assert_equilibrium(line, [3])


def test_saturation_and_another_order() -> None:
    pair = Circuit.from_matrix(
        [[0, 1], [-2, 3]], names=["I", "E"], u=[0, "1/2"], tau=[1, 1], activation="saturating",
        values={"m_I": 1, "m_E": 2},
    )  # fmt: skip
    found = assert_stable(pair, {"E": 2, "I": 1})
    assert found.saturated == ("I", "E") or set(found.saturated) == {"E", "I"}
    with pytest.raises(AssertionError, match="not an equilibrium"):
        assert_equilibrium(pair, {"E": 1, "I": 2})


def test_what_fsolve_returns() -> None:
    W, u = np.array([[2.5, -2.5], [1.5, -0.7]]), np.array([0.5, 0])
    root = fsolve(lambda x: -x + np.maximum(W @ x + u, 0), [0.6, 0.6])
    assert assert_equilibrium("wilson-cowan", root, values=ISN, digits=8).stable


def test_regimes() -> None:
    assert_regime("wilson-cowan", "inhibition-stabilised", ISN)
    with pytest.raises(AssertionError, match="'inhibition-stabilised', not 'antagonistic'"):
        assert_regime("wilson-cowan", "antagonistic", ISN)
    with pytest.raises(ModelError, match="did you mean 'antagonistic'"):
        assert_regime("wilson-cowan", "antagonist", ISN)
    ring = Circuit.from_matrix(np.zeros((4, 4), dtype=int), u=[1] * 4, tau=[1] * 4)
    with pytest.raises(Unsupported, match="up to 3 populations"):
        assert_regime(ring, "antagonistic")


def test_statements() -> None:
    assert assert_holds("wilson-cowan", "lds <=> w_EE < 1").verdict.kind == "proved"
    with pytest.raises(AssertionError, match="refuted: paradoxical") as failed:
        assert_holds("wilson-cowan", "paradoxical(I) <=> w_EE > 1", given="exists(E,I)")
    assert "true if" in str(failed.value) and "witness: " in str(failed.value)
    assert_holds("wilson-cowan", "stable(E,I) & ~nash(E,I)", values=ISN)


def test_trajectories() -> None:
    one = Circuit.from_matrix([["1/2"]], names="E", u=[1], tau=[2])
    assert assert_trajectory(one, [0, 4, 8], [["0"], ["1.2642"], ["1.7293"]]).digits == 5
    with pytest.raises(AssertionError, match=r"sample 2 .*: E is 1\.7393, but .* it comes to 1\.7293"):
        assert_trajectory(one, [0, 4, 8], [["0"], ["1.2642"], ["1.7393"]])


@pytest.mark.parametrize(
    "call",
    [
        lambda: assert_equilibrium("wilson-cowan", [1, 1]),  # symbols without values
        lambda: assert_equilibrium(FLIP, [1]),
        lambda: assert_equilibrium(FLIP, {"L": 1, "Q": 0}),
        lambda: assert_equilibrium(FLIP, "10"),
        lambda: assert_equilibrium(FLIP, [float("nan"), 0]),
        lambda: assert_equilibrium(FLIP, ["w", 0]),
        lambda: assert_equilibrium(FLIP, ["__import__('os')", 0]),
        lambda: assert_equilibrium(FLIP, [1, 0], digits=0),
        lambda: assert_equilibrium(FLIP, [1, 0], values={"w": 1}),
        lambda: assert_equilibrium(3, [1, 0]),
        lambda: assert_holds(FLIP, "stable(L"),
    ],
)
def test_mistakes_are_no_failures(call: Any) -> None:
    with pytest.raises(SymgameError):
        call()


class UnderUnittest(unittest.TestCase):
    def test_unittest_takes_it_for_a_failure(self) -> None:
        with self.assertRaises(self.failureException):
            assert_equilibrium(FLIP, [1, 1])


def test_import_is_light() -> None:
    code = "import sys, symgame.testing; print(sorted({'sympy', 'numpy', 'z3', 'flint', 'scipy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
