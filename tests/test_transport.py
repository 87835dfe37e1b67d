"""The same results under other names, another order, another parameter, numbers, caps: conditions proved equivalent."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from symgame import syntax as s
from symgame.derivation import Derivation, derive
from symgame.grammar import read_formula
from symgame.modelfile import read_model
from symgame.named import wilson_cowan
from symgame.statements import check

MODELS = Path(__file__).parent / "corpus" / "models"
WORDS = (
    "game.convex.{E}", "game.convex.{I}", "game.potential", "game.weighted-potential", "game.monotone", "matrix.p",
    "matrix.lds", "matrix.rosen", "equilibria.exists.none", "equilibria.exists.{E}", "equilibria.exists.{I}",
    "equilibria.exists.{B}", "equilibria.continuum.{E}", "equilibria.continuum.{B}", "count.unique", "count.none",
    "stability.hurwitz.{E}", "stability.hurwitz.{B}", "stability.stable.{E}", "stability.stable.{B}", "stability.fold",
    "stability.node-focus", "stability.hopf", "stability.bogdanov-takens", "stability.all-tau", "stability.some-tau",
    "response.sign.{I}.{uI}", "response.sign.{E}.{uE}", "response.paradoxical.{I}", "response.paradoxical.{E}",
    "nash.local.{B}", "nash.global.{B}", "nash.global.{E}", "nash.stabilised", "energy.sign.{E}", "energy.sign.{I}",
)  # fmt: skip


@cache
def derived(model: str, over: str | None = None) -> Derivation:
    return derive(wilson_cowan() if model == "wilson-cowan" else read_model(MODELS / model), over)


def condition(then: str | None) -> str:
    """What a characterised word was found to be: the right side, or a truth value."""
    assert then is not None
    node = read_formula(then)
    if isinstance(node, s.Iff):
        return str(node.right)
    return "false" if isinstance(node, s.Not) else "true"


def renamed(node: s.Formula, names: dict[str, str]) -> s.Formula:
    """A formula with names of symbols and populations exchanged."""
    match node:
        case s.Name(id=name):
            return s.Name(names.get(name, name))
        case s.Member(population=name, piece=piece):
            return s.Member(names.get(name, name), piece)
        case s.Negative(of=a):
            return s.Negative(renamed(a, names))
        case s.Not(of=a):
            return s.Not(renamed(a, names))
        case s.Sum(terms=args):
            return s.Sum(tuple(renamed(a, names) for a in args))
        case s.Product(factors=args):
            return s.Product(tuple(renamed(a, names) for a in args))
        case s.And(args=args):
            return s.And(tuple(renamed(a, names) for a in args))
        case s.Or(args=args):
            return s.Or(tuple(renamed(a, names) for a in args))
        case s.Relation(terms=args, ops=ops):
            return s.Relation(tuple(renamed(a, names) for a in args), ops)
        case s.Ratio(over=a, under=b):
            return s.Ratio(renamed(a, names), renamed(b, names))
        case s.Power(base=a, exponent=n):
            return s.Power(renamed(a, names), n)
        case s.Call(name=name, args=args):
            return s.Call(name, tuple(renamed(a, names) for a in args))
    return node


def same(template: str, other: Derivation, keys: dict[str, str], names: dict[str, str]) -> None:
    """The condition of a claim, carried back to the names of the Wilson-Cowan pair, is equivalent to its own."""
    home = {"E": "E", "I": "I", "B": "E-I", "uE": "u_E", "uI": "u_I"}
    mine = derived("wilson-cowan").claim(template.format(**home))
    theirs = other.claim(template.format(**keys))
    assert theirs.verdict.kind in ("proved", "cited")
    carried = str(renamed(read_formula(condition(theirs.then)), names))
    given = [g for g in mine.given if g.split("(")[0] in ("exists", "strict") or g.startswith("det")]
    result = check(wilson_cowan(), f"({condition(mine.then)}) <=> ({carried})", given)
    assert result.verdict.kind == "proved", f"{condition(mine.then)} against {carried}"


@pytest.mark.parametrize("template", WORDS)
def test_other_order_of_populations(template: str) -> None:
    keys = {"E": "E", "I": "I", "B": "I-E", "uE": "u_E", "uI": "u_I"}
    same(template, derived("pair_ie.toml"), keys, {})


@pytest.mark.parametrize("template", WORDS)
def test_other_names(template: str) -> None:
    keys = {"E": "P", "I": "Q", "B": "P-Q", "uE": "f", "uI": "h"}
    names = {
        "P": "E", "Q": "I", "a": "w_EE", "b": "w_EI", "c": "w_IE", "d": "w_II", "s": "tau_E", "t": "tau_I",
        "f": "u_E", "h": "u_I",
    }  # fmt: skip
    same(template, derived("pair_pq.toml"), keys, names)


@pytest.mark.parametrize("over", ["w_II", "w_EI"])
@pytest.mark.parametrize("template", WORDS)
def test_other_parameter(template: str, over: str) -> None:
    keys = {"E": "E", "I": "I", "B": "E-I", "uE": "u_E", "uI": "u_I"}
    same(template, derived("wilson-cowan", over), keys, {})


@pytest.mark.parametrize("template", WORDS)
def test_numbers(template: str) -> None:
    """With numbers for all but w_EE the symbolic condition becomes the numeric one."""
    home = {"E": "E", "I": "I", "B": "E-I", "uE": "u_E", "uI": "u_I"}
    numeric = read_model(MODELS / "pair_numeric.toml").fixed(keep=("w_EE",))
    mine = derived("wilson-cowan").claim(template.format(**home))
    try:
        theirs = derived("pair_numeric.toml").claim(template.format(**home))
    except KeyError:  # the hypotheses of the claim never hold at these numbers: the symbolic ones do not either
        given = [g for g in mine.given if g.split("(")[0] in ("exists", "strict") or g.startswith("det")]
        assert check(numeric, " & ".join(f"({g})" for g in given) + " => false").verdict.kind == "proved"
        return
    given = [g for g in mine.given if g.split("(")[0] in ("exists", "strict") or g.startswith("det")]
    result = check(numeric, f"({condition(mine.then)}) <=> ({condition(theirs.then)})", given)
    assert result.verdict.kind == "proved"


SAME_WITH_CAPS = [t for t in WORDS if t.split(".")[0] in ("game", "matrix", "response") or t in (
    "count.unique", "stability.hurwitz.{E}", "stability.hurwitz.{B}", "stability.fold", "stability.node-focus",
    "stability.hopf", "stability.bogdanov-takens", "stability.all-tau", "stability.some-tau",
)]  # fmt: skip


@pytest.mark.parametrize("template", SAME_WITH_CAPS)
def test_caps_change_nothing_that_is_linear(template: str) -> None:
    keys = {"E": "E", "I": "I", "B": "E-I", "uE": "u_E", "uI": "u_I"}
    same(template, derived("pair_saturating.toml"), keys, {})


def test_saturating_pair_is_decided_and_its_oscillation_condition_is_the_published_one() -> None:
    derivation = derived("pair_saturating.toml")
    assert {c.verdict.kind for c in derivation.claims} <= {"proved", "cited"}
    published = (
        "w_II + 2 < w_EE & (w_EE - 1)*(1 + w_II) < w_EI*w_IE & (w_EE - 1)*m_E < w_EI*m_I"
        " & 0 < u_E < w_EI*m_I - (w_EE - 1)*m_E"
        " & 0 < (1 + w_II)*u_E - w_EI*u_I < (w_EI*w_IE - (w_EE - 1)*(1 + w_II))*m_E"
    )
    found = condition(derivation.claim("stability.none").then)
    circuit = read_model(MODELS / "pair_saturating.toml")
    assert check(circuit, f"({found}) <=> ({published})", "tau_E = tau_I").verdict.kind == "proved"
    assert check(circuit, f"({found}) <=> ({published})", search_missing=False).verdict.kind == "refuted"


@pytest.mark.slow
def test_three_populations_end_with_reasons() -> None:
    derivation = derived("triple.toml")
    kinds = derivation.counts
    assert kinds["proved"] >= 90 and kinds["refuted"] == 0
    for claim in derivation.claims:
        if claim.verdict.kind == "undecided":
            assert claim.verdict.reason  # type: ignore[union-attr]


def test_voltage_form_keeps_equilibria_and_spectra_and_says_what_it_drops() -> None:
    rate = derived("wilson-cowan")
    voltage = derive(replace(wilson_cowan(), form="voltage"))
    missing = {c.id for c in rate.claims} - {c.id for c in voltage.claims}
    assert missing == {"game.rate-equation"}
    for claim in voltage.claims:
        assert claim.then == rate.claim(claim.id).then
