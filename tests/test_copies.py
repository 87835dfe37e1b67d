"""Circuits with copies against the same circuits with every copy written out, by loops of this file.

Random exact circuits: one or two groups of units of one to three populations, alike or not, with and without shared
populations, one to three units in each, rectified or capped. Whatever is said of copies has to be said of the circuit
that has a population for each of them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import product
from random import Random

import numpy as np
import pytest
import sympy

import symgame
from symgame import copies, syntax
from symgame.algebra import algebra
from symgame.branches import Branch, equilibria
from symgame.chart import regimes
from symgame.checker import checker
from symgame.circuit import Circuit, Copies
from symgame.condition import FALSE, TRUE, Condition
from symgame.errors import ModelError, SymgameError, Unsupported
from symgame.global_stability import stability
from symgame.grammar import read_formula
from symgame.groups import grouped, multiplied, neurons, written_out
from symgame.modelfile import parse_model
from symgame.named import named
from symgame.notation import symbol
from symgame.numeric import solutions
from symgame.properties import nash
from symgame.properties.response import response
from symgame.report.documents import circuit_document
from symgame.statements import check
from symgame.vocabulary import Vocabulary

SEEDS = range(20)
CIRCUIT_WORDS = ("p_matrix", "unique", "lds", "rosen", "monotone", "hurwitz", "totally_hurwitz", "d_stable",
                 "potential", "weighted_potential")  # fmt: skip
BRANCH_WORDS = ("exists", "continuum", "strict", "hurwitz", "stable", "attracting", "stationary", "local_nash", "nash")


class Units:
    """A random circuit: single couplings by a function, from which both forms are made independently."""

    def __init__(self, seed: int, most: int = 5) -> None:
        r = self.random = Random(seed)
        size, groups = r.choice((1, 1, 2, 2, 3)), r.choice((1, 2))
        shared = [f"S{k}" for k in range(r.choice((0, 0, 1, 2)) if size < 3 else 0)]
        self.units = [[f"{'ABC'[j]}{g}" for j in range(size)] for g in range(groups)]
        self.shared, alike, symmetric = shared, r.random() < 0.6, r.random() < 0.3
        self.order = [*(name for unit in self.units for name in unit), *shared]
        r.shuffle(self.order)
        self.counts = [r.choice((1, 2, 2, 3)) for _ in range(groups)]
        while sum(self.counts) * size + len(shared) > most and max(self.counts) > 1:
            self.counts = [max(1, c - 1) for c in self.counts]
        weak = r.choice((1, 2, 4))
        kinds = [(0, j) for j in range(size)] if alike else [(g, j) for g in range(groups) for j in range(size)]
        kind = {u: (0 if alike else g, j) for g, unit in enumerate(self.units) for j, u in enumerate(unit)}
        self.kind: dict[str, tuple[int, int] | str] = {**kind, **{s: s for s in shared}}
        every = [*kinds, *shared]
        table = {
            (same, a, b): Fraction(r.randint(-4, 4), r.choice((1, 2)) * weak) * (r.random() < 0.75)
            for same in (True, False)
            for a in every
            for b in every
        }
        if symmetric:
            table = {(same, a, b): table[same, *sorted((a, b), key=str)] for same, a, b in table}
        self.table = table
        self.tau = {k: r.choice((1, 1, 2, 3)) for k in every}
        self.u = {name: Fraction(r.randint(-4, 6), 2) for name in self.order}
        self.cap = {k: r.random() < 0.25 for k in every}

    def single(self, a: str, one: int, b: str, other: int) -> Fraction:
        """From population b of unit ``other`` of its group to population a of unit ``one`` of its own."""
        alone = a in self.shared or b in self.shared
        same = alone or (self.group(a) == self.group(b) and one == other)
        return self.table[same, self.kind[a], self.kind[b]]

    def group(self, name: str) -> int | None:
        return next((g for g, unit in enumerate(self.units) if name in unit), None)

    def copied(self) -> Circuit:
        matrix = sympy.Matrix([[_number(self.single(a, 0, b, 0)) for b in self.order] for a in self.order])
        groups = tuple(
            Copies(
                tuple(unit),
                sympy.Integer(count),
                sympy.ImmutableDenseMatrix([[_number(self.single(a, 0, b, 1)) for b in unit] for a in unit]),
            )
            for unit, count in zip(self.units, self.counts, strict=True)
        )
        W = multiplied(self.order, matrix, groups)
        return replace(self._circuit(self.order, [[0] * len(self.order)] * len(self.order)), W=W, copies=groups)

    def number(self, name: str) -> int:
        group = self.group(name)
        return 1 if group is None else self.counts[group]

    def every(self) -> list[tuple[str, int]]:
        return [(name, k) for name in self.order for k in range(self.number(name))]

    def explicit(self) -> Circuit:
        rows = [[self.single(a, i, b, j) for b, j in self.every()] for a, i in self.every()]
        return self._circuit([f"{name}v{k}" for name, k in self.every()], rows)

    def _circuit(self, names: list[str], rows: list[list[Fraction]]) -> Circuit:
        base = [name.split("v")[0] for name in names]
        caps = {f"m_{n}": 2 for n, b in zip(names, base, strict=True) if self.cap[self.kind[b]]}
        return Circuit.from_matrix(
            rows,
            names=names,
            u=[self.u[b] for b in base],
            tau=[self.tau[self.kind[b]] for b in base],
            activation=["saturating" if self.cap[self.kind[b]] else "relu" for b in base],
            values=caps,
        ).fixed()

    def lifted(self, branch: Branch) -> str:
        """The branch of the explicit circuit in which all copies are on the piece of this one."""
        marks = dict(zip(self.order, branch.pieces, strict=True))
        return ",".join(
            f"{name}v{k}{syntax.PIECE_MARK[marks[name].label]}"
            for name, k in self.every()
            if marks[name].label != "silent"
        )


def _number(value: Fraction) -> sympy.Rational:
    return sympy.Rational(value.numerator, value.denominator)


def decided(circuit: Circuit, formula: str) -> bool | None:
    """The exact answer for a circuit of numbers; ``None`` where nothing is decided."""
    try:
        found: Condition = Vocabulary(circuit).lowering().condition(read_formula(formula))
    except Unsupported:
        return None
    if found in (TRUE, FALSE):
        return found == TRUE
    return {"proved": True, "cited": True, "refuted": False}.get(
        check(circuit, formula, search_missing=False).verdict.kind
    )


def test_written_out_is_the_circuit_by_loops() -> None:
    for seed in SEEDS:
        units = Units(seed)
        found, wanted = written_out(units.copied()), units.explicit()
        assert len(found.names) == len(wanted.names)
        names = [f"{n}_{k + 1}" if units.number(n) > 1 else n for n, k in units.every()]
        place = [found.index(name) for name in names]
        assert [[found.W[a, b] for b in place] for a in place] == wanted.W.tolist()
        assert [found.populations[a].input for a in place] == [p.input for p in wanted.populations]
        assert [found.populations[a].tau for a in place] == [p.tau for p in wanted.populations]


@pytest.mark.parametrize("by_modes", [False, True])
def test_words_of_the_circuit(by_modes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """By modes: also where the numbers would let the circuit be written out."""
    if by_modes:
        monkeypatch.setattr(copies, "written", lambda algebra: None)
    seen: Counter[tuple[str, bool | None]] = Counter()
    for seed in SEEDS:
        units = Units(seed)
        if by_modes and len(units.units[0]) == 3:
            continue  # too many kinds of units to go through
        copied, explicit = units.copied(), units.explicit()
        for word in CIRCUIT_WORDS:
            found = decided(copied, word)
            seen[word, found] += 1
            if found is not None:
                assert found == decided(explicit, word), (seed, word)
    for word in CIRCUIT_WORDS:
        if not by_modes or word not in ("d_stable", "totally_hurwitz"):
            assert min(seen[word, True], seen[word, False]) >= 3, (word, seen)
        if not by_modes and word != "d_stable":
            assert seen[word, None] == 0, word


@pytest.mark.slow
def test_words_of_branches_and_their_numbers() -> None:
    seen: Counter[tuple[str, bool | None]] = Counter()
    for seed in SEEDS:
        units = Units(seed)
        copied, explicit = units.copied(), units.explicit()
        branches = equilibria(copied)
        existing = [b for b in branches if b.exists == TRUE]
        for branch in {*existing[:2], *units.random.sample(branches, min(3, len(branches)))}:
            there = units.lifted(branch)
            for word in BRANCH_WORDS:
                found = decided(copied, f"{word}({branch.name})")
                seen[word, found] += 1
                assert found == decided(explicit, f"{word}({there})"), (seed, word, branch.name)
            if branch.exists == TRUE:
                assert_same_numbers(units, branch, next(b for b in equilibria(explicit) if b.name == there))
    for word in BRANCH_WORDS:
        least = 0 if word == "continuum" else 2
        assert min(seen[word, True], seen[word, False]) >= least and not seen[word, None], (word, seen)


def test_a_continuum_of_unequal_copies() -> None:
    """Two rates of own weight 1 that one shared rate holds back: they may share what is left in any way."""
    rows = [[1, 0, -1], [0, 1, -1], [1, 1, 0]]
    two = Circuit.from_matrix(rows, names=["A", "B", "S"], u=[1, 1, 0], tau=[1, 1, 1])
    for found in (grouped(two, [["A"], ["B"]], [1, 1]), grouped(two, [["A"], ["B"]], [2, 1])):
        assert decided(found, "continuum(A,B,S)") is True and decided(found, "exists(A,B,S)") is False
        assert [e.type for e in solutions(found).equilibria if "S" in e.branch].count("continuum") >= 1


def assert_same_numbers(units: Units, branch: Branch, far: Branch) -> None:
    """Rates and own energies of one copy, and its response to the input that all copies of a population have."""
    for i, name in enumerate(units.order):
        row = far.circuit.index(f"{name}v0")
        assert branch.rate(i).number == far.rate(row).number
        assert nash.energy(branch, i).number == nash.energy(far, row).number
        if i in branch.increasing:
            assert nash.own_curvature(branch, i).number == nash.own_curvature(far, row).number
        for j, driven in enumerate(units.order):
            copies_of = [k for k, (b, _) in enumerate(units.every()) if b == driven]
            total = sum(response(far, row, k).number or 0 for k in copies_of)
            assert response(branch, i, j).number == total


def test_equilibria_in_which_copies_do_the_same() -> None:
    """They are those of the branches of the circuit with copies; the numeric verb finds all, unequal copies too."""
    unequal = 0
    for seed in SEEDS:
        units = Units(seed)
        copied, explicit = units.copied(), units.explicit()
        every = [e for e in solutions(explicit).equilibria if e.state]
        same = [e for e in every if all(e.state[f"{n}v{k}"] == e.state[f"{n}v0"] for n, k in units.every())]
        unequal += len(every) - len(same)
        wanted = {tuple(e.state[f"{n}v0"] for n in units.order) for e in same}
        found = {
            tuple(b.rate(i).number for i in range(len(units.order))) for b in equilibria(copied) if b.exists == TRUE
        }
        assert found == wanted, seed
        assert sorted(tuple(sorted(e.state.values())) for e in solutions(copied).equilibria if e.state) == sorted(
            tuple(sorted(e.state.values())) for e in every
        )
    assert unequal > 3


# -- numbers of copies that are symbols --------------------------------------------------------------------------------


def test_witnesses_have_whole_numbers() -> None:
    circuit = named("lateral-inhibition")
    for statement in ("n <= 3", "2*k < n", "hurwitz(E1,I1) <=> w_EE < 1", "~(3*k = 2*n)"):
        verdict = check(circuit, statement, search_missing=False).verdict
        assert verdict.kind == "refuted", statement
        assert all(Fraction(verdict.witness[x]).denominator == 1 for x in ("k", "n") if x in verdict.witness)


@pytest.mark.parametrize("statement", ["(2*k - 3)^2 > 0", "2*n != 5", "(n - 2)*(n - 3) >= 0"])
def test_true_of_whole_numbers_alone_is_not_refuted(statement: str) -> None:
    assert check(named("lateral-inhibition"), statement, search_missing=False).verdict.kind in ("undecided", "proved")


@pytest.mark.parametrize("statement", ["(2*k - 4)^2 > 0", "(n - 2)*(n - 4) >= 0"])
def test_false_of_a_whole_number_is_refuted(statement: str) -> None:
    verdict = check(named("lateral-inhibition"), statement, search_missing=False).verdict
    assert verdict.kind == "refuted" and (verdict.witness.get("n") == 3 or verdict.witness.get("k") == 2)


# -- verbs about numbers -----------------------------------------------------------------------------------------------

VALUES = {
    "k": 1,
    "n": 3,
    "w_EE": 0,
    "s": 1,
    "l": "1/4",
    "w_IE": 1,
    "w_II": 0,
    "tau_E": 1,
    "tau_I": 2,
    "u_1": 2,
    "u_2": 1,
}


def units_of(**values: object) -> Circuit:
    return named("lateral-inhibition").with_values(**{**VALUES, **values})


def test_numeric_verbs_see_every_copy() -> None:
    circuit = units_of()
    assert neurons(circuit).names == ("E1", "I1", "E2_1", "I2_1", "E2_2", "I2_2")
    assert set(symgame.lone_equilibrium(circuit).state) == set(neurons(circuit).names)
    assert len(symgame.nash_equilibria(circuit).points[0].state) == 6
    assert symgame.potential_function(circuit).circuit.names == neurons(circuit).names


def test_losers_that_differ_are_found_among_the_equilibria() -> None:
    """Strong lateral inhibition: contrast modes of two like units are unstable, and either of them may win."""
    circuit = units_of(k=1, n=3, l=2, s="1/8", u_1=1, u_2=1)
    assert decided(circuit.fixed(), "stable(E1,I1,E2,I2)") is False
    winners = [e.branch for e in symgame.solutions(circuit).equilibria if e.stable]
    assert any("E2_1" in b and "E2_2" not in b for b in winners), winners


def test_two_populations_that_stand_for_more_are_not_planar() -> None:
    """No theorem of the plane for one kind of pair, whatever its number: W is 2 by 2, the circuit is not."""
    motif = parse_model(MODEL)
    said = [g for found in (stability(motif),) for g in (found.globally, *found.others)]
    assert said and not any("planar" in g.statement or g.source == "Bendixson1901" for g in said)
    assert "planar" in stability(parse_model(MODEL.replace('"n"', "1"))).globally.statement, "one unit is a pair"


def test_the_metzler_majorant_counts_every_copy() -> None:
    """``I - M`` of three rates that excite one another with 2/5 is an M-matrix; of four it is not."""
    for count, contracting in ((3, True), (4, False)):
        unit = Copies(("A",), sympy.Integer(count), sympy.ImmutableDenseMatrix([[sympy.Rational(-2, 5)]]))
        base = Circuit.from_matrix([[0]], names="A")
        circuit = replace(base, W=multiplied("A", base.W, [unit]), copies=(unit,))
        for asked in (circuit, written_out(circuit)):
            said = stability(asked)
            statements = [g.statement for g in (said.globally, *said.others)]
            assert any("maximum norm" in text for text in statements) is contracting, (count, statements)


def test_charts_pictures_and_sweeps_refuse_an_open_number_of_copies() -> None:
    circuit = named("lateral-inhibition")
    with pytest.raises(Unsupported, match="whole numbers to k, n"):
        regimes(circuit, "w_EE")
    with pytest.raises(Unsupported, match="whole numbers for k, n"):
        solutions(circuit)
    with pytest.raises(SymgameError, match="no value"):
        symgame.nash_equilibria(circuit)
    written = regimes(units_of(), "w_EE")
    assert {q.label for q in written.quantities} >= {"curvature(E1)", "curvature(E2_1)", "curvature(E2_2)"}


def test_reports_and_checkers_speak_of_copies() -> None:
    document = circuit_document(named("lateral-inhibition"))
    assert document["copies"][0] == {"members": ["E1", "I1"], "count": "k", "lateral": [["0", "-l"], ["0", "0"]]}
    assert "copies" not in circuit_document(symgame.wilson_cowan())
    formulas = checker(named("lateral-inhibition")).formulas
    assert formulas.entries is None and {"residual", "regime"} <= set(formulas.left_out)


# -- model files -------------------------------------------------------------------------------------------------------

MODEL = """
[circuit]
name = "units"
activation = "relu"
[populations]
I = { type = "inhibitory", input = 0 }
E = { type = "excitatory", input = "u" }
[weights]
E = { E = "w_EE", I = "s" }
I = { E = "w_IE", I = "w_II" }
[[copies]]
members = ["E", "I"]
count = "n"
lateral = { E = { I = "l", E = "w_X" } }
"""


def test_single_weights_of_a_model_file_are_multiplied() -> None:
    circuit = parse_model(MODEL)
    assert circuit.whole == ("n",) and circuit.names == ("I", "E")
    assert str(circuit.W) == "Matrix([[-w_II, w_IE], [-l*n + l - s, n*w_X + w_EE - w_X]])"
    assert circuit.copies[0].lateral == sympy.Matrix([[symbol("w_X"), -symbol("l")], [0, 0]])
    three = written_out(parse_model(MODEL.replace('"n"', "3")))
    assert str(three.W.row(three.index("E_2"))) == "Matrix([[-l, w_X, -s, w_EE, -l, w_X]])"
    assert check(circuit, "l >= 0 & w_X >= 0 & n >= 1", search_missing=False).verdict.kind == "proved"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('["E", "I"]', '["E", "J"]', "[[copies]] 1 members: there is no population 'J'"),
        ('["E", "I"]', '["E", "I", "E"]', "[[copies]] 1 members: E is a member twice"),
        ('["E", "I"]', "[]", "[[copies]] 1 members: a list of the populations of one unit"),
        ('["E", "I"]', '["E"]', "[[copies]] 1 lateral E: there is no population 'I' in the unit"),
        ('"n"', "0", "[[copies]] 1 count: there are 0 units; a whole number >= 1"),
        ('"n"', '"3/2"', "[[copies]] 1 count: there are 3/2 units"),
        ('"n"', '"1/n"', "[[copies]] 1 count: 1/n divides by a name"),
        ('"n"', '"u"', "'u' names a number of copies and an input"),
        ('count = "n"', "", "[[copies]] 1 count: how many units there are is missing"),
        ("count", "counts", "[[copies]] 1: unknown key 'counts'; did you mean 'count'?"),
        ('I = "l"', "I = -1", "[[copies]] 1 lateral E.I: -1 is negative; I is inhibitory"),
        ('{ E = { I = "l", E = "w_X" } }', "2", "[[copies]] 1 lateral: a number stands where a table"),
        ("[[copies]]", "[copies]", "'copies' are tables, each written [[copies]], not a table"),
        ('lateral = { E = { I = "l", E = "w_X" } }', '[[copies]]\nmembers = ["I"]\ncount = 2',
         "[[copies]] 2 members: I is a member also of [[copies]] 1"),
        ('"n"', '"n"\n[values]\nn = "1/2"', "[values]: the count of [[copies]] 1 becomes 1/2"),
    ],
)  # fmt: skip
def test_mistakes_in_copies_are_one_message_with_the_place(old: str, new: str, message: str) -> None:
    text = MODEL.replace(old, new, 1)
    if "[values]" in new:
        text = MODEL + new.split("\n", 1)[1]
    with pytest.raises((ModelError, SymgameError)) as caught:
        parse_model(text)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_copies_by_hand_and_counts_of_one() -> None:
    """One copy is the unit itself, for every word: what is said between copies plays no part."""
    alone = parse_model(MODEL.replace('"n"', "1"))
    pair = parse_model(MODEL.split("[[copies]]")[0])
    assert alone.W == pair.W
    for statement in ("lds <=> w_EE < 1", "p_matrix <=> w_EE < 1", "~potential | s = 0"):
        kinds = {check(c, statement, "s > 0 & w_IE > 0", search_missing=False).verdict.kind for c in (alone, pair)}
        assert len(kinds) == 1, statement
    uncoupled = alone.with_values(s=0, w_IE=0, w_EE=0, w_II=0, l=1, w_X=1).fixed()
    assert algebra(uncoupled).groups and decided(uncoupled, "potential")


def test_stability_on_kinks_agrees_with_the_pieces_on_all_sides() -> None:
    """Stable by a cascade: Hurwitz with the slopes of every side. Unstable: not Hurwitz with those of some side."""
    random, seen = Random(5), Counter[bool | None]()
    for _ in range(250):
        n = random.choice((1, 2, 3))
        W = [[random.choice((-2, -1, 0, 0, 0, 1, 2)) for _ in range(n)] for _ in range(n)]
        circuit = Circuit.from_matrix(W, u=[random.choice((-1, 0, 0, 1)) for _ in range(n)], tau=[1] * n)
        for e in solutions(circuit).equilibria:
            if e.type != "kink":
                continue
            x = list(e.state.values())
            z = [sum(w * v for w, v in zip(row, x, strict=True)) + int(p.input)
                 for row, p in zip(W, circuit.populations, strict=True)]  # fmt: skip
            sides = list(product(*((0, 1) if total == 0 else (1,) if total > 0 else (0,) for total in z)))
            largest = [
                float(np.linalg.eigvals(np.diag(f) @ np.array(W, dtype=float) - np.eye(n)).real.max()) for f in sides
            ]
            seen[e.stable] += 1
            if e.stable is not None:
                assert (max(largest) < -1e-9) if e.stable else (max(largest) > -1e-9), (W, z, largest)
                assert e.stable or decided(circuit, f"attracting({e.branch})") is False
            if decided(circuit, f"attracting({e.branch})"):
                assert e.stable is True
    assert min(seen[True], seen[False], seen[None]) > 5, seen
