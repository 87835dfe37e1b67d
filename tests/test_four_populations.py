"""The microcircuit of E, PV, SST and VIP: its table of responses derived again without the package, and its report."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import sympy

from symgame import Circuit, check, responses
from symgame.branches import full_branch
from symgame.catalogue import drafts
from symgame.claims import Claim, Draft, decide_draft
from symgame.condition import holds
from symgame.grammar import read_formula
from symgame.modelfile import parse_model
from symgame.properties import minors
from symgame.ring import value_at

WEIGHTS = {
    "E": {"E": "w_EE", "PV": "w_EP", "SST": "w_ES"},
    "PV": {"E": "w_PE", "PV": "w_PP", "SST": "w_PS"},
    "SST": {"E": "w_SE", "VIP": "w_SV"},
    "VIP": {"E": "w_VE", "SST": "w_VS"},
}
ORDER = ("E", "PV", "SST", "VIP")
POSITIVE = ("w_EP", "w_ES", "w_PE", "w_PS", "w_SE", "w_SV", "w_VE", "w_VS")


def microcircuit(order: tuple[str, ...] = ORDER) -> Circuit:
    text = '[circuit]\nname = "microcircuit"\nactivation = "relu"\n[populations]\n'
    text += "".join(f'{n} = {{ type = "{"excitatory" if n == "E" else "inhibitory"}" }}\n' for n in order)
    text += "[weights]\n"
    for a in order:
        row = ", ".join(f'{b} = "{WEIGHTS[a][b]}"' for b in order if b in WEIGHTS[a])
        text += f"{a} = {{ {row} }}\n"
    text += f"[assume]\nextra = [{', '.join(f'{chr(34)}{w} > 0{chr(34)}' for w in POSITIVE)}]\n"
    return parse_model(text, "microcircuit.toml")


#: When a rate rises with an input, by hand: a row for each rate, a column for each input.
RISES = {
    ("E", "E"): "w_SV*w_VS < 1",
    ("E", "PV"): "w_SV*w_VS > 1",
    ("E", "SST"): "w_EP*w_PS > w_ES*(1 + w_PP)",
    ("E", "VIP"): "w_EP*w_PS < w_ES*(1 + w_PP)",
    ("PV", "E"): "w_PE*(1 - w_SV*w_VS) > w_PS*(w_SE - w_SV*w_VE)",
    ("PV", "PV"): "(1 - w_EE)*(1 - w_SV*w_VS) + w_ES*(w_SE - w_SV*w_VE) > 0",
    ("PV", "SST"): "w_PS*(w_EE - 1) > w_ES*w_PE",
    ("PV", "VIP"): "w_PS*(w_EE - 1) < w_ES*w_PE",
    ("SST", "E"): "w_SE > w_SV*w_VE",
    ("SST", "PV"): "w_SE < w_SV*w_VE",
    ("SST", "SST"): "w_EP*w_PE > (w_EE - 1)*(1 + w_PP)",
    ("SST", "VIP"): "w_EP*w_PE < (w_EE - 1)*(1 + w_PP)",
    ("VIP", "E"): "w_VE > w_SE*w_VS",
    ("VIP", "PV"): "w_VE < w_SE*w_VS",
    ("VIP", "SST"): "(1 + w_PP)*(w_VS*(w_EE - 1) - w_ES*w_VE) > w_EP*(w_PE*w_VS - w_PS*w_VE)",
    ("VIP", "VIP"): "(1 + w_PP)*(1 - w_EE + w_ES*w_SE) + w_EP*(w_PE - w_PS*w_SE) > 0",
}


def points(count: int) -> list[dict[str, Fraction]]:
    """Random exact weights, positive where they must be."""
    source = random.Random(4)
    names = sorted({w for row in WEIGHTS.values() for w in row.values()})
    return [{name: Fraction(source.randint(1, 14), source.choice((3, 4, 5))) for name in names} for _ in range(count)]


def system(point: dict[str, Fraction]) -> sympy.Matrix:
    """I - W by hand: E excites, the others inhibit."""
    rows = [
        [point[WEIGHTS[a][b]] * (1 if b == "E" else -1) if b in WEIGHTS[a] else Fraction(0) for b in ORDER]
        for a in ORDER
    ]
    return sympy.eye(4) - sympy.Matrix(4, 4, [sympy.Rational(x.numerator, x.denominator) for row in rows for x in row])


@pytest.fixture(scope="module")
def responding() -> list[tuple[dict[str, Fraction], sympy.Matrix]]:
    """Points with a positive determinant, and the inverse there."""
    found = []
    for point in points(160):
        matrix = system(point)
        if matrix.det(method="berkowitz") > 0:
            found.append((point, matrix.inv()))
    assert len(found) >= 40
    return found


def test_the_table_of_signs(responding: list[tuple[dict[str, Fraction], sympy.Matrix]]) -> None:
    """By hand, by the package and by exact inverses: three roads to sixteen signs."""
    circuit = microcircuit()
    shown = responses(circuit)
    lowering = shown.branch.algebra.lowering()
    for (i, a), (j, b) in product(enumerate(ORDER), repeat=2):
        by_hand = lowering.condition(read_formula(RISES[a, b]))
        entry = shown.entry(a, b)
        assert entry.sign == "?"
        met = set()
        for point, inverse in responding:
            rises, falls = bool(inverse[i, j] > 0), bool(inverse[i, j] < 0)
            assert holds(by_hand, point) == holds(entry.positive, point) == rises, (a, b, point)
            assert holds(entry.negative, point) == falls
            over = value_at(entry.numerator.over, point) / value_at(shown.determinant.over, point)
            assert sympy.Rational(over.numerator, over.denominator) == inverse[i, j]
            met.add(rises)
        assert met == {True, False}, (a, b)  # so that a wrong condition would have been met


@pytest.mark.parametrize(("a", "b"), RISES)
def test_every_sign_is_proved_and_its_neighbour_refuted(a: str, b: str) -> None:
    circuit = microcircuit()
    word = f"dx({a},u_{b}) > 0"
    assert check(circuit, f"{word} <=> {RISES[a, b]}", given="det > 0").verdict.kind == "proved"
    turned = RISES[a, b].translate(str.maketrans("<>", "><"))
    assert check(circuit, f"{word} <=> {turned}", given="det > 0", search_missing=False).verdict.kind == "refuted"


def test_disinhibition_and_its_limits() -> None:
    """VIP disinhibits E through SST unless SST inhibits PV too strongly; never if SST leaves PV alone."""
    circuit = microcircuit()
    lifts = "dx(E,u_VIP) > 0"
    assert check(circuit, lifts, given=("det > 0", "w_PS < w_ES", "w_EP <= 1")).verdict.kind == "proved"
    assert check(circuit, lifts, given="det > 0", search_missing=False).verdict.kind == "refuted"
    assert check(circuit, f"{lifts} <=> dx(E,u_SST) < 0", given="det > 0").verdict.kind == "proved"
    against = "dx(SST,u_VIP) > 0 <=> paradoxical(SST)"
    assert check(circuit, against, given="det > 0").verdict.kind == "proved"  # the response reversal


@pytest.mark.parametrize(
    ("population", "without", "neighbour"),
    [
        ("E", "(1 + w_PP)*(1 - w_SV*w_VS)", "(1 - w_PP)*(1 - w_SV*w_VS)"),
        ("PV", "(1 - w_EE)*(1 - w_SV*w_VS) + w_ES*(w_SE - w_SV*w_VE)", "(1 - w_EE)*(1 - w_SV*w_VS)"),
        ("SST", "(1 - w_EE)*(1 + w_PP) + w_EP*w_PE", "(1 - w_EE)*(1 + w_PP) - w_EP*w_PE"),
        ("VIP", "(1 + w_PP)*(1 - w_EE + w_ES*w_SE) + w_EP*(w_PE - w_PS*w_SE)", "1 - w_EE + w_ES*w_SE"),
    ],
)
def test_paradoxical_by_the_circuit_without(population: str, without: str, neighbour: str) -> None:
    circuit = microcircuit()
    found = {d.id: d for d in drafts(circuit) if d.id.startswith("response.without.")}
    assert found[f"response.without.{population}"].then == f"paradoxical({population}) <=> {without} < 0"
    claim = decide_draft(circuit, found[f"response.without.{population}"], "w_EE")
    assert claim is not None and claim.verdict.kind == "proved" and len(claim.steps) == 2
    wrong = check(circuit, f"paradoxical({population}) <=> {neighbour} < 0", given="det > 0", search_missing=False)
    assert wrong.verdict.kind == "refuted"


def test_the_characteristic_polynomial_by_minors() -> None:
    """Against NumPy at random weights and time constants."""
    here = full_branch(microcircuit())
    named = minors.coefficients_by_minors(here)
    for k, point in enumerate(points(8)):
        tau = {f"tau_{name}": Fraction(2 + k + i, 3) for i, name in enumerate(ORDER)}
        at = {**point, **tau}
        A = np.array(system(point).tolist(), dtype=float)
        J = -A / np.array([float(tau[f"tau_{name}"]) for name in ORDER])[:, None]
        expected = np.poly(J)
        found = [1.0, *(float(value_at(q.over, at) / value_at(q.under, at)) for q in named)]
        assert np.allclose(found, expected)


# -- the claims and the report ----------------------------------------------------------------------------------------


def decided(circuit: Circuit, *heads: str) -> dict[str, Claim]:
    claims = {}
    for draft in drafts(circuit):
        if draft.id.startswith(heads):
            claim = decide_draft(circuit, draft, "w_EE")
            assert claim is not None
            claims[claim.id] = claim
    return claims


@pytest.mark.slow
def test_the_long_claims_are_named_not_printed() -> None:
    circuit = microcircuit()
    claims = decided(circuit, "equilibria.", "stability.", "nash.", "energy.")
    undecided = [c.id for c in claims.values() if c.verdict.kind not in ("proved", "cited")]
    assert not undecided
    assert max(len(c.then or "") for c in claims.values()) <= 450
    B = "E,PV,SST,VIP"
    assert claims["equilibria.exists.E-PV-SST-VIP"].then == (
        f"exists({B}) <=> x(E) > 0 & x(PV) > 0 & x(SST) > 0 & x(VIP) > 0"
    )
    assert claims["stability.hurwitz.E-PV-SST-VIP"].verdict.kind == "cited"
    assert claims["stability.necessary.E-PV-SST-VIP"].then == f"hurwitz({B}) => det > 0 & trace < 0"
    assert claims["nash.global.E-PV-SST-VIP"].then == f"nash({B}) <=> w_EE <= 1"
    assert claims["nash.stabilised"].then == f"stable({B}) & ~nash({B}) <=> hurwitz({B}) & (curvature(E) < 0)"
    assert claims["equilibria.state.E-PV-SST-VIP.E"].then == (
        "x(E) = ((1 + w_PP)*(u_E*(1 - w_SV*w_VS) - w_ES*(u_SST - w_SV*u_VIP)) "
        "- w_EP*(u_PV*(1 - w_SV*w_VS) - w_PS*(u_SST - w_SV*u_VIP)))/det"
    )


def test_false_neighbours_of_the_named_claims() -> None:
    circuit, B = microcircuit(), "E,PV,SST,VIP"
    for statement, given in (
        (f"exists({B}) <=> x(E) > 0 & x(PV) > 0 & x(SST) > 0", "det != 0"),
        (f"nash({B}) <=> w_EE < 1", f"exists({B})"),
        (f"hurwitz({B}) => det < 0", "w_EE < 1"),
    ):
        answer = check(circuit, statement, given=given, search_missing=False)
        assert answer.verdict.kind != "proved", statement


def test_another_order_has_the_same_responses() -> None:
    one, other = responses(microcircuit()), responses(microcircuit(("VIP", "SST", "E", "PV")))
    for a, b in product(ORDER, repeat=2):
        left, right = one.entry(a, b), other.entry(a, b)
        for point in points(25):
            assert holds(left.positive, point) == holds(right.positive, point)


@pytest.mark.slow
def test_the_whole_derivation(tmp_path: Path) -> None:
    from symgame.article import article
    from symgame.derivation import derive
    from symgame.document import Table
    from symgame.report import latex

    derivation = derive(microcircuit())
    assert derivation.counts["undecided"] == derivation.counts["refuted"] == 0
    written = article(derivation)
    tables = {b.id: b for section in written.sections for b in section.blocks if isinstance(b, Table)}
    assert {"responses", "minors", "patterns"} <= set(tables)
    assert [len(row) for row in tables["responses"].rows] == [5] * 4
    assert len(tables["minors"].rows) == 15
    text = latex.report(written, derivation.circuit)
    assert "lines, which is in" not in text and "a condition of" not in text  # nothing was left to another file
    assert text.count("\n") < 2_200


def test_three_populations_have_the_claims_too() -> None:
    text = (
        '[circuit]\nname = "c"\nactivation = "relu"\n[populations]\nP = { type = "inhibitory" }\n'
        'E = { type = "excitatory" }\nS = { type = "inhibitory" }\n[weights]\n'
        'E = { E = "w_EE", P = "w_EP", S = "w_ES" }\nP = { E = "w_PE", P = "w_PP" }\nS = { E = "w_SE" }\n'
    )
    circuit = parse_model(text, "eps.toml")
    claims = decided(circuit, "response.")
    assert all(c.verdict.kind == "proved" for c in claims.values())
    assert claims["response.sign.E.u_P"].then == "dx(E,u_P) < 0 <=> w_EP > 0"
    assert claims["response.without.P"].then == "paradoxical(P) <=> 1 - w_EE + w_ES*w_SE < 0"
    assert claims["response.parity"].kind == claims["response.inverse"].kind == "identity"
    said = decide_draft(circuit, Draft("x", "x", "equivalence", word="paradoxical(E)", given=("det > 0",)), "w_EE")
    assert said is not None and said.then == "~paradoxical(E)"


def test_what_is_too_long_is_refused_with_a_reason() -> None:
    """All sixteen weights: no chart, and at once."""
    from symgame.chart import regimes
    from symgame.errors import Unsupported

    names = [f"w_{a}{b}" for a in "EPSV" for b in "EPSV"]
    rows = [names[4 * k : 4 * k + 4] for k in range(4)]
    circuit = Circuit.from_matrix(rows, names=list("EPSV"))
    with pytest.raises(Unsupported, match="too many to walk; give some symbols values"):
        regimes(circuit, "w_EE")
    five = Circuit.from_matrix([["a" if i == j else "b" for j in range(5)] for i in range(5)], names=list("ABCDE"))
    told = [d for d in drafts(five) if d.id == "response"]
    assert len(told) == 1 and "symgame.responses(circuit)" in str(told[0].verdict)
