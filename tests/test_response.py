"""Responses to inputs: the closed forms against numbers, the table of signs against sampling, ratios and modes."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from random import Random

import numpy as np
import pytest

from symgame import Circuit, check, responses
from symgame.branches import Branch, branch, full_branch
from symgame.circuit import Population
from symgame.claims import Draft, decide_draft
from symgame.condition import TRUE, Condition, holds
from symgame.errors import Unsupported, VocabularyError
from symgame.grammar import read_branch, read_formula
from symgame.modelfile import parse_model
from symgame.named import wilson_cowan
from symgame.nesting import compared, nested, nested_text
from symgame.proof.splitting import contradictory
from symgame.properties import minors, response
from symgame.ring import Quotient, Ring, value_at

HEAD = '[circuit]\nname = "c"\nactivation = "relu"\n'
NAMES = ("E", "P", "S", "V", "Q", "R")


def random_circuit(random: Random, n: int, kinds: tuple[str, ...] = ("relu",)) -> Circuit:
    """Signed exact weights, gains among them, some of them 0; names in a random order."""
    names = random.sample(NAMES, n)
    rows = [
        [Fraction(random.randint(-6, 6), random.randint(1, 4)) * random.randint(0, 1) for _ in names] for _ in names
    ]
    gains = {name: random.choice(("1", "2", "1/3")) for name in names}
    kind = {name: random.choice(kinds) for name in names}
    text = '[circuit]\nname = "random"\n[populations]\n'
    text += "".join(f'{name} = {{ tau = "{random.randint(1, 9)}/2" }}\n' for name in names)
    text += "[weights]\n"
    for name, row in zip(names, rows, strict=True):
        entries = ", ".join(f'{source} = "{w}"' for source, w in zip(names, row, strict=True) if w)
        text += f"{name} = {{ {entries} }}\n"
    for name in names:
        text += f'[activation.{name}]\nkind = "{kind[name]}"\ngain = "{gains[name]}"\n'
        text += 'cap = "50"\n' if kind[name] == "saturating" else ""
    return parse_model(text, "random.toml")


def number(q: Quotient) -> Fraction:
    return value_at(q.over, {}) / value_at(q.under, {})


def matrices(here: Branch) -> tuple[np.ndarray, np.ndarray]:
    """W and the slopes of a branch, read from the circuit, not from its algebra."""
    W = np.array([[float(x) for x in row] for row in here.circuit.W.tolist()])
    slopes = np.zeros(len(W))
    for i, p in enumerate(here.circuit.populations):
        if here.places[i] == 1:
            slopes[i] = float(dict(p.activation.parameters)["gain"])
    return W, slopes


@pytest.mark.parametrize("n", range(1, 7))
def test_the_matrix_is_the_inverse(n: int) -> None:
    random = Random(n)
    for _ in range(6):
        circuit = random_circuit(random, n, ("relu", "saturating"))
        active = [name for name in circuit.names if random.random() < 0.8]
        here = branch(circuit, read_branch(",".join(active)))
        W, slopes = matrices(here)
        system = np.eye(n) - np.diag(slopes) @ W
        if abs(np.linalg.det(system)) < 1e-6:
            continue
        expected = np.linalg.solve(system, np.diag(slopes))
        shown = responses(circuit, at=",".join(active))
        numbers = shown.numbers
        assert numbers is not None and shown.given == ()
        assert np.allclose([[float(x) for x in row] for row in numbers], expected)
        assert all(shown.signs[i][j] == ("0" if x == 0 else "+" if x > 0 else "-")
                   for i, row in enumerate(numbers) for j, x in enumerate(row))  # fmt: skip
        assert all(
            number(response.response(here, i, j)) == x for i, row in enumerate(numbers) for j, x in enumerate(row)
        )


@pytest.mark.parametrize("n", range(1, 6))
def test_ratios_and_inverses_are_identities(n: int) -> None:
    random = Random(10 + n)
    names = random.sample(NAMES, n)
    zero = {(a, b) for a in range(n) for b in range(n) if random.random() < 0.25}
    rows = [[0 if (a, b) in zero else f"w_{x}{y}" for b, y in enumerate(names)] for a, x in enumerate(names)]
    full = full_branch(Circuit.from_matrix(rows, names=names))
    assert response.is_inverse(full)
    assert all(response.is_determinant_ratio(full, k) and minors.is_held(full, k) for k in range(n))
    assert minors.is_characteristic(full)


def test_a_wrong_ratio_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    full = full_branch(wilson_cowan())
    right = response.response_numerator
    monkeypatch.setattr(response, "response_numerator", lambda b, i, j: -right(b, i, j))
    assert not response.is_determinant_ratio(full, 1)
    assert not response.is_inverse(full)
    monkeypatch.undo()
    monkeypatch.setattr(minors, "coefficients_by_minors", lambda b: [q + b.algebra.one for q in _right(b)])
    assert not minors.is_characteristic(full)


_right = minors.coefficients_by_minors


@pytest.mark.slow
def test_parity_of_the_unstable_real_modes() -> None:
    """On stable circuits: negative self-response <=> an odd number of real positive eigenvalues without it."""
    random = Random(3)
    stable = paradoxical = 0
    while stable < 60 or paradoxical < 5:
        circuit = random_circuit(random, random.randint(2, 5))
        W, slopes = matrices(full_branch(circuit))
        tau = np.array([float(p.tau) for p in circuit.populations])
        J = (np.diag(slopes) @ W - np.eye(len(W))) / tau[:, None]
        if np.linalg.eigvals(J).real.max() > -1e-3:
            continue
        stable += 1
        shown = responses(circuit)
        for k, name in enumerate(circuit.names):
            rest = [i for i in range(len(W)) if i != k]
            modes = np.linalg.eigvals(J[np.ix_(rest, rest)])
            odd = int(((abs(modes.imag) < 1e-9) & (modes.real > 1e-9)).sum()) % 2 == 1
            assert (shown.entry(name, name).sign == "-") == odd
            paradoxical += odd
    assert paradoxical >= 5


# -- the table of signs -----------------------------------------------------------------------------------------------


def sampled(circuit: Circuit, at: str | None, rounds: int, seed: int) -> int:
    """Every entry's condition against the number itself, at random exact points with a positive determinant."""
    shown = responses(circuit, at)
    a = shown.branch.algebra
    random = Random(seed)
    met = 0
    for _ in range(rounds):
        point = {}
        for name in circuit.symbols:
            value = Fraction(random.randint(0, 12), random.choice((2, 4)))
            known = a.domain.signs.get(name)
            point[name] = max(value, Fraction(1, 4)) if known == ">" else value if known else value - 2
        if not holds(a.domain.condition, point) or value_at(shown.determinant.over, point) <= 0:
            continue
        met += 1
        for row in shown.entries:
            for entry in row:
                over, under = value_at(entry.numerator.over, point), value_at(entry.numerator.under, point)
                assert holds(entry.positive, point) == (over / under > 0), (str(entry), point)
                assert holds(entry.negative, point) == (over / under < 0), (str(entry), point)
    return met


@pytest.mark.parametrize("at", [None, "P,S", "S"])
def test_signs_against_samples(at: str | None) -> None:
    text = HEAD + (
        '[populations]\nS = { type = "inhibitory" }\nP = { type = "inhibitory" }\nE = { type = "excitatory" }\n'
        '[weights]\nE = { E = "w_EE", P = "w_EP", S = "w_ES" }\nP = { E = "w_PE", P = "w_PP" }\nS = { E = "w_SE" }\n'
    )
    circuit = parse_model(text, "eps.toml")
    assert sampled(circuit, at, 400, 5) >= 50


def test_a_wrong_sign_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right = response.response_numerator

    def wrong(here: Branch, i: int, j: int) -> Quotient:
        value = right(here, i, j)
        return -value if (i, j) == (1, 1) else value

    shown = responses(wilson_cowan())
    entry = shown.entry("I", "I")
    monkeypatch.setattr(response, "response_numerator", wrong)
    assert responses(wilson_cowan()).entry("I", "I").positive != entry.positive
    assert entry.text == "w_EE < 1"


def test_an_order_of_the_populations_changes_nothing_else() -> None:
    def built(order: tuple[str, ...]) -> Circuit:
        types = {"E": "excitatory", "P": "inhibitory", "S": "inhibitory"}
        weights = {("E", "E"), ("E", "P"), ("E", "S"), ("P", "E"), ("P", "P"), ("S", "E")}
        text = HEAD + "[populations]\n" + "".join(f'{n} = {{ type = "{types[n]}" }}\n' for n in order) + "[weights]\n"
        for a in order:
            row = ", ".join(f'{b} = "w_{a}{b}"' for b in order if (a, b) in weights)
            text += f"{a} = {{ {row} }}\n"
        return parse_model(text, "order.toml")

    one, other = responses(built(("E", "P", "S"))), responses(built(("S", "E", "P")))
    for a, b in product("EPS", repeat=2):
        left, right = one.entry(a, b), other.entry(a, b)
        assert left.sign == right.sign
        for circuit, mine, theirs in ((one.circuit, left, right), (other.circuit, right, left)):
            if mine.sign == "?" and ";" not in mine.text + theirs.text:
                said = check(circuit, f"({mine.text}) <=> ({theirs.text})", given="det > 0", search_missing=False)
                assert said.verdict.kind == "proved"


def test_what_is_printed() -> None:
    shown = responses(wilson_cowan())
    assert shown.signs == (("+", "-"), ("+", "?"))
    assert repr(shown) == "Responses('Wilson-Cowan pair' on (E,I): +- +?)"
    assert shown._repr_latex_().startswith(r"$\displaystyle \frac{\partial x}{\partial u} = \frac{1}{\left(1 - w_{EE}")
    page = shown._repr_html_()
    assert page.count("<tr>") == 3 and "given det &gt; 0" in page and "<math>" in page
    assert shown.numbers is None
    nonneg = responses(wilson_cowan(), "E")
    assert [[e.text for e in row] for row in nonneg.entries] == [["always > 0", "0"], ["0", "0"]]
    with pytest.raises(KeyError, match="populations: E, I"):
        shown.entry("E", "PV")


def test_an_entry_that_may_vanish_says_so() -> None:
    text = HEAD + (
        '[populations]\nE = { type = "excitatory" }\nI = { type = "inhibitory" }\n'
        '[weights]\nE = { E = "1/2", I = "w_EI" }\nI = { E = "w_IE" }\n'
    )
    shown = responses(parse_model(text, "pair.toml"))
    assert shown.given == ()  # the determinant is 1/2 + w_EI w_IE
    assert shown.entry("E", "I").text == "never > 0; < 0 iff w_EI > 0"
    assert shown.entry("I", "E").text == "w_IE > 0; never < 0"


def test_a_negative_determinant_turns_the_signs() -> None:
    circuit = Circuit.from_matrix([[3]], names=["A"])
    shown = responses(circuit)
    assert shown.numbers == ((Fraction(-1, 2),),) and shown.signs == (("-",),)
    symbolic = responses(Circuit.from_matrix([["1 + a", 0], ["b", 0]], names=["A", "B"], assume=["a > 0"]))
    assert symbolic.given == () and symbolic.entry("A", "A").sign == "-"
    assert symbolic.entry("B", "A").text == "b < 0"


@pytest.mark.parametrize(
    ("circuit", "at", "error", "message"),
    [
        (Circuit.from_matrix([[1]], names=["A"]), None, Unsupported, "determinant of the linear system is 0"),
        (Circuit.from_matrix([["a"]], names=["A"]), "B", VocabularyError, "no population 'B'"),
        (
            Circuit.from_matrix([[f"w_{i}_{j}" for j in range(9)] for i in range(9)], names=list("abcdefghi")),
            None,
            Unsupported,
            "9 populations with symbols",
        ),
    ],
)
def test_what_has_no_responses(circuit: Circuit, at: str | None, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        responses(circuit, at)


def test_twenty_numbers_are_quick_and_exact() -> None:
    random = Random(20)
    n = 20
    rows = [[Fraction(random.randint(-9, 9), 40) for _ in range(n)] for _ in range(n)]
    circuit = Circuit.from_matrix([[str(x) for x in row] for row in rows], names=[f"n{i}" for i in range(n)])
    numbers = responses(circuit).numbers
    assert numbers is not None
    for i, j in ((0, 0), (3, 17), (19, 2)):  # (I - W) X = I, exactly
        total = sum((Fraction(i == k) - rows[i][k]) * numbers[k][j] for k in range(n))
        assert total == (i == j)


# -- polynomials written short, contradictions in signs ---------------------------------------------------------------


def test_a_short_form_has_the_same_value() -> None:
    random = Random(7)
    ring = Ring(("a", "b", "c", "d", "e"))
    lowering = full_branch(Circuit.from_matrix([["a + b + c + d + e"]], names=["A"])).algebra.lowering()
    a = lowering.ring
    gens = [a.gen(name) for name in ring.names]
    for _ in range(60):
        p = a.constant(random.randint(-2, 2))
        for _ in range(random.randint(1, 4)):
            term = a.constant(random.choice((-2, -1, 1, 3)))
            for _ in range(random.randint(1, 3)):
                one, other = random.choice(gens), random.choice(gens)
                term = term * (one + random.choice((0, 1, -1)) * other + random.randint(0, 1))
            p = p + term
        q = Quotient(p, p * 0 + 1)
        text = nested_text(p)
        assert lowering.number(_read(text)) == q, text
        assert str(nested(p)).replace(" ", "")
        if not p.is_constant():
            for rel in (">", ">=", "=", "!="):
                assert lowering.condition(compared(p, rel)) == lowering.compare(q, rel)


def _read(text: str):  # type: ignore[no-untyped-def]
    relation = read_formula(f"{text} = 0")
    return relation.terms[0]  # type: ignore[attr-defined]


def test_contradictions_in_signs_are_contradictions() -> None:
    """Random conditions in three letters: what is called contradictory fails at every choice of their signs."""
    from symgame.condition import Sign, both, either

    random = Random(11)
    ring = Ring(("p", "q", "r"))
    gens = [ring.gen(name) for name in ring.names]

    def anything(depth: int) -> Condition:
        if depth == 0 or random.random() < 0.3:
            return Sign(random.choice(gens) * random.choice((1, -1)), random.choice((">", ">=", "=", "!=")))
        parts = [anything(depth - 1) for _ in range(random.randint(2, 3))]
        return both(*parts) if random.random() < 0.5 else either(*parts)

    found = 0
    for _ in range(400):
        c = both(*(anything(2) for _ in range(3)))
        points = [dict(zip(ring.names, map(Fraction, v), strict=True)) for v in product((-1, 0, 1), repeat=3)]
        possible = any(holds(c, point) for point in points)
        assert contradictory(c) == (not possible)
        found += not possible
    assert found >= 40


def test_the_claims_speak_of_the_circuit_without_the_population() -> None:
    circuit = wilson_cowan()
    claim = decide_draft(
        circuit, Draft("x", "x", "equivalence", then="paradoxical(I) <=> 1 - w_EE < 0", given=("det > 0",)), "w_EE"
    )
    assert claim is not None and claim.verdict.kind == "proved"
    wrong = check(circuit, "paradoxical(I) <=> 1 + w_II < 0", given="det > 0", search_missing=False)
    assert wrong.verdict.kind == "refuted"
    assert responses(circuit).entry("E", "E").positive == TRUE


def test_populations_of_other_kinds() -> None:
    text = (
        '[circuit]\nname = "soft"\nactivation = "soft_threshold"\n[populations]\nA = {}\nB = {}\n'
        '[weights]\nA = { A = "a", B = "b" }\nB = { A = "c" }\n'
    )
    circuit = parse_model(text, "soft.toml")
    assert isinstance(circuit.populations[0], Population)
    for at in ("A,B", "A=-,B", "A=-"):
        shown = responses(circuit, at)
        assert shown.entry("A", "B").sign == ("0" if at == "A=-" else "?")
