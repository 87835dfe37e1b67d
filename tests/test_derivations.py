"""The papers in ``derivations/``, and an author's own: every statement is decided, reported and listed as it is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import pytest

from symgame import check
from symgame.claims import Draft, decide_draft
from symgame.errors import HypothesisError, SymgameError
from symgame.grammar import read_formula
from symgame.named import wilson_cowan
from symgame.notation import symbol
from symgame.paper import Paper, PaperError, Section, Statement, build, build_all, decided, findings, kind, load, slug
from symgame.proof.verdict import Refuted
from symgame.rechecking import recheck
from symgame.syntax import walk

ROOT = Path(__file__).resolve().parents[1]
SQUARE = "(1 - w_EE)*(1 + w_II)"
APART = f"{SQUARE} + (s - l)*w_IE > 0"  # the contrast of units that inhibit each other decays
PAPERS = (
    "Betteti_2025",
    "Curto_Morrison_2016",
    "GarciaDelMolino_2017",
    "Hennequin_2018",
    "Nozari_2022",
    "Rutishauser_2011",
    "Tsodyks_1997",
    "Wilson_Cowan_1972",
)
#: Papers that speak of further circuits: the sections, as their reports are called.
SECTIONS = (
    "Betteti_2025-microcircuit",
    "Betteti_2025-column",
    "Hennequin_2018-persistence",
    "Rutishauser_2011-any-number",
)
#: What a supralinear pair with powers 2 receives when its inputs only balance its thresholds.
ALONE = ("y_E = k*(w_EE*y_E^2 - w_EI*y_I^2)", "y_I = k*(w_IE*y_E^2 - w_II*y_I^2)")
#: Statements that rest on a theorem of the literature: uniqueness for a smooth phi on Gale and Nikaido's.
CITED = {"unique <=> a_E*w_EE <= 4"}
#: A claim of a paper with one sign, one inequality or one hypothesis changed: formula, and what it is given.
NEAR_MISSES = {
    "Wilson_Cowan_1972": [
        ("s_E <= a_E/5", ()),
        ("unique <=> a_E*w_EE <= 9", ()),
        ("a_E*w_EE > 4 => s_E*w_EE > 1", ()),
        ("det > 0 => s_E*w_EE > 1", ()),
        ("for_all_tau(hurwitz(E,I)) <=> s_E*w_EE < 1", ()),
        ("hurwitz(E,I) <=> s_E*w_EE < 1", ()),
        ("paradoxical(I) <=> s_E*w_EE > 1", ()),  # of unstable equilibria with det < 0 it is false
        ("a_E*w_EE <= 5 => for_all_tau(hurwitz(E,I))", ()),
    ],
    "Betteti_2025": [
        ("curvature(E) > 0 <=> w_EE <= 1", ()),
        ("weighted_potential", ()),
        ("rosen <=> w_EE <= 1", ()),
        ("monotone <=> w_EE < 1", ()),
        ("nash(E,I) <=> w_EE < 1", ("exists(E,I)",)),
        ("stable(E,I) => nash(E,I)", ()),
        ("for_all_tau(hurwitz(E,I)) <=> w_EE < 1", ()),
        ("stable(E,I) & w_EE > 1 => local_nash(E,I)", ()),
        ("energy(E) > 0 <=> w_EE < 1", ("exists(E,I)",)),
    ],
    "Betteti_2025-microcircuit": [
        (f"dx(E1, u_1) - dx(E2, u_1) = (1 + w_II)/({SQUARE} + s*w_IE)", ()),  # the contrast mode feels s - l
        ("dx(E1, u_2) < 0", (APART,)),  # nothing without lateral inhibition
        ("energy(E1) < energy(E2) <=> u_1 > u_2", (APART, "exists(E1,I1,E2,I2)")),  # past the switch energies are > 0
        (f"exists(E1,I1) <=> u_1 > 0 & u_2*({SQUARE} + s*w_IE) <= l*w_IE*u_1", ("w_EE < 1",)),  # several leaders
        (f"exists(E1,I1) <=> l*w_IE > {SQUARE} + s*w_IE", ("w_EE < 1", "k = 1", "u_1 > 0", "u_1 = u_2")),
        ("~(exists(E1,I1) & exists(E2,I2))", ("w_EE < 1",)),
        ("hurwitz(E1,I1)", ("w_EE < 1",)),
        (f"unique <=> w_EE < 1 & {SQUARE} + (s + (n - 1)*l)*w_IE > 0", ()),  # not the common mode
        ("lds <=> unique", ()),
        (f"lds <=> n*l*w_IE <= 4*({SQUARE} + sqrt({SQUARE}*({SQUARE} + (s - l)*w_IE)))", ("w_EE < 1", APART)),
        (f"monotone <=> w_EE < 1 & (s - l - w_IE)^2 < 4*{SQUARE}", ()),
    ],
    "Betteti_2025-column": [
        (f"dx(E2_1, u_1) - dx(E2_2, u_1) = f*(1 + w_II)^2/({SQUARE} + s*w_IE)^2", ()),
        (f"dx(E2_1, u_1) - dx(E2_2, u_1) = f*(1 + w_II)/({SQUARE} + (s - l)*w_IE)", ()),  # the gain of one layer
        ("~exists(E1_1,I1_1,E1_2,I1_2,E2_2,I2_2)", (APART,)),  # which group leads is open
        ("x(E2_1)*x(E1_2) > x(E2_2)*x(E1_1)", (APART, "u_1 > u_2", "exists(E1_1,I1_1,E1_2,I1_2,E2_1,I2_1,E2_2,I2_2)")),
        ("lds <=> unique", ()),
    ],
    "Curto_Morrison_2016": [
        ("exists(A) <=> g_AB = 0 & g_AC = 0", ()),  # sources instead of sinks
        ("exists(A,B) <=> g_CA + g_CB <= g_AB", ()),  # in-degrees that differ
        ("exists(A,B) <=> g_CA + g_CB < g_AB", ("g_AB = g_BA",)),
        ("exists(A,B,C) => g_AB + g_AC = g_BA + g_BC = g_CA + g_CB", ()),
        ("stable(A,B) <=> g_AB = 1 & g_BA = 1", ()),  # whatever both drive takes their equilibrium away
        ("hurwitz(A,B) <=> exists(A,B)", ("g_AB = g_BA",)),
        ("~exists(A,B,C)", ("g_AB = 1", "g_AC = 1")),  # a target that drives all others
        ("~exists(A)", ("g_AB = 1", "g_BA = 0")),  # the one that dominates
        ("~stable(A) & ~stable(A,B) & ~stable(A,B,C)", ("g_BA + g_CA >= 1", "g_AB + g_CB >= 1", "g_AC + g_BC >= 1")),
        ("det != 0", ()),  # on one graph it vanishes for some eps and delta; nothing rests there
        # symmetric graphs have unstable equilibria beside their cliques
        ("exists(A,B) <=> g_AB = 1 & g_AC*g_BC = 0", ("g_AB = g_BA", "g_AC = g_CA", "g_BC = g_CB")),
    ],
    "GarciaDelMolino_2017": [
        ("det > 0 => hurwitz(E,PV,SST,VIP)", ()),
        ("dx(SST, u_VIP) < 0", ("det > 0",)),
        ("dx(SST, u_VIP) > 0 <=> f_E*w_EE > 1", ("det > 0",)),
        ("f_E*w_EE <= 1 => dx(SST, u_VIP) < 0", ()),
        ("dx(SST, u_VIP) > 0 <=> paradoxical(VIP)", ("det > 0",)),
        ("dx(E, u_VIP) > 0 <=> w_ES > f_P*w_EP*w_PS", ("det > 0",)),
        ("dx(E, u_PV) < 0", ("det > 0",)),
        ("paradoxical(PV) <=> f_E*w_EE > 1", ("det > 0",)),
        ("~hurwitz(E,SST,VIP) => paradoxical(PV)", ("det > 0",)),
    ],
    "Hennequin_2018": [
        ("hurwitz(E,I) => s_E*w_EE < 1", ()),  # inhibition stabilises beyond
        ("hurwitz(E,I) <=> s_E*w_EE < 1 + s_E*s_I*w_EI*w_IE/(1 + s_I*w_II)", ()),  # I must be fast enough too
        ("paradoxical(I) <=> s_E*w_EE > 1", ()),  # not past the fold
        ("s_E*w_EE < 1 <=> 2*k*w_EE^2*x_E < 1", ()),
        ("paradoxical(I) <=> x_E > 1/2", ("hurwitz(E,I)", "k = 3/10", "w_EE = 5/4")),
        ("hurwitz(E,I) => local_nash(E,I)", ()),
    ],
    "Hennequin_2018-persistence": [
        ("hurwitz(E,I)", ALONE),
        ("~hurwitz(E,I)", ALONE),
        ("det > 0 => w_EE*w_II > w_EI*w_IE", ALONE),
        ("w_II = 0 => 4*w_EE^3 >= 28*w_EI*w_IE^2", ALONE),
        ("w_II = 0 & hurwitz(E,I) => tau_E > 3*tau_I", ALONE),
    ],
    "Nozari_2022": [
        ("w_II + 2 < w_EE => ~stable(E=m)", ()),
        ("exists(E,I) & w_EE <= w_II + 2 & det > 0 => ~stable(E,I)", ()),
        ("unique <=> w_EE <= 1", ()),
    ],
    "Rutishauser_2011": [
        ("unique <=> alpha <= 1", ()),
        ("unique <=> alpha < 1 + beta_1*beta_2", ()),
        ("monotone <=> alpha < 1", ()),
        # stable, and beyond the bounds that suffice
        ("hurwitz(x1,y) <=> alpha < 2*sqrt(beta_1*beta_2) & beta_1*beta_2 < 1", ("tau_y = tau",)),
        ("alpha < 2*sqrt(beta_1*beta_2) => hurwitz(x1,y)", ("tau_y = tau",)),  # alpha < 2 is needed as well
        ("1 < alpha < 2*sqrt(beta_1*beta_2) & beta_1*beta_2 < 1 => hurwitz(x1,y)", ()),  # and one time constant
        ("hurwitz(x1,y) <=> alpha < 1 + beta_1*beta_2", ("tau_y = tau",)),
        ("hurwitz(x1,y) => hurwitz(x1,x2,y)", ()),
        ("exists(x1,y) <=> alpha > 1", ("alpha < 1 + beta_1*beta_2", "I_1 > 0", "I_1 = I_2")),  # a kink at 1
        ("exists(x1,y) => I_1 > I_2", ("I_1 > 0", "I_2 > 0")),
        ("stable(x1,y) => unique", ()),
        ("stable(x1,y) => nash(x1,y)", ()),
        ("nash(x1,y) <=> alpha < 1", ("exists(x1,y)",)),
    ],
    "Rutishauser_2011-any-number": [
        ("hurwitz(E1,I) <=> alpha < 1", ()),  # a single winner may be stable beyond
        ("stable(E1,I) => k = 1", ()),  # soft competition has several
        ("exists(E1,I) <=> u_1 > 0 & u_2*(1 - alpha + n*beta_1*beta_2) <= n*beta_1*beta_2*u_1", ("alpha < 1",)),
        ("monotone <=> alpha < 1 & 2*(beta_1 - beta_2)^2 < 4*(1 - alpha)", ()),  # two units
        ("dx(E1, u_1) = 1/(1 - alpha + k*beta_1*beta_2)", ("alpha < 1",)),
    ],
    "Tsodyks_1997": [
        ("hurwitz(E,I) <=> w_EE < 1 + w_EI*w_IE/(1 + w_II)", ()),
        ("dx(E, u_I) > 0", ("stable(E,I)",)),
        ("paradoxical(I) <=> w_EE > 1", ("exists(E,I)",)),
        ("paradoxical(I) <=> w_EE < 1", ("stable(E,I)",)),
        ("paradoxical(I) => hurwitz(E)", ("stable(E,I)",)),
    ],
}


def paper(name: str) -> Paper:
    one = load(ROOT / "derivations" / f"{name.partition('-')[0]}.py")
    return {part.name: part for part in (one, *one.sections)}[name]


# -- the papers of the repository -------------------------------------------------------------------------------------


def test_every_paper_is_here() -> None:
    files = {path.stem for path in (ROOT / "derivations").glob("*.py") if not path.stem.startswith("__")}
    assert files == set(PAPERS)
    assert {part.name for name in PAPERS for part in paper(name).sections} == set(SECTIONS)
    assert set(NEAR_MISSES) == {*PAPERS, *SECTIONS}


@pytest.mark.parametrize("name", PAPERS)
def test_every_statement_is_proved(name: str) -> None:
    one = paper(name)
    assert one.name == name and one.title and one.reference and one.text
    assert re.search(r"\d{4}", one.reference)
    derivation = decided(one)
    assert [claim.title for claim in derivation.claims] == [row.says for row in one.statements]
    for row, claim in zip(one.statements, derivation.claims, strict=True):
        assert claim.then == row.formula and set(row.given) <= set(claim.given)
        rests = "cited" if row.formula in CITED else "proved"
        assert claim.verdict.kind == rests, f"{row.says}: {claim.verdict}"


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name == "Betteti_2025-column" else name for name in SECTIONS]
)
def test_every_statement_of_a_section_is_proved_or_cited(name: str) -> None:
    """Diagonal stability in closed form and uniqueness rest on theorems; everything else has its own proof."""
    one = paper(name)
    assert one.title and one.reference == paper(name.partition("-")[0]).reference and not one.sections
    for row, claim in zip(one.statements, decided(one).claims, strict=True):
        assert claim.then == row.formula and set(row.given) <= set(claim.given)
        closed = {"lds", "rosen", "unique"} & {str(part) for part in walk(read_formula(row.formula))}
        assert claim.verdict.kind == "proved" or (claim.verdict.kind == "cited" and closed), claim.verdict


@pytest.mark.parametrize("name", [*PAPERS, *SECTIONS])
def test_near_misses_are_refuted(name: str) -> None:
    circuit = paper(name).circuit
    for formula, given in NEAR_MISSES[name]:
        answer = check(circuit, formula, given, search_missing=False)
        assert answer.verdict.kind == "refuted", f"{formula}: {answer.verdict.kind}, {answer.reason}"


def test_the_rule_of_maximal_cliques_is_refuted_for_directed_graphs_by_a_graph() -> None:
    """A and B drive each other and both drive C, which does not drive both: the maximal clique A, B cannot rest."""
    every_edge = "g_AB + g_BA + g_AC + g_CA + g_BC + g_CB = 6"
    circuit = paper("Curto_Morrison_2016").circuit
    verdict = check(circuit, "exists(A,B)", ("g_AB = 1", "g_BA = 1", f"~({every_edge})"), search_missing=False).verdict
    assert isinstance(verdict, Refuted)
    witness = {name: Fraction(str(value)) for name, value in verdict.witness.items()}
    assert [witness[f"g_{edge}"] for edge in ("AB", "BA", "CA", "CB")] == [1] * 4
    assert witness["g_AC"] * witness["g_BC"] == 0
    assert 0 < witness["eps"] < witness["delta"] / (1 + witness["delta"])


def test_responses_of_the_four_populations_against_inverse_matrices() -> None:
    """The signs that the statements of the E-PV-SST-VIP paper speak of, from inverses in floating point."""
    from numpy import array, diag, linalg
    from numpy.random import default_rng

    rng = default_rng(2017)
    reversed_, freed, paradoxical = [], [], []
    while len(reversed_) < 400:
        f = dict(zip("EPSV", rng.uniform(0.2, 3, 4), strict=True))
        w = {name: rng.uniform(0, 2) for name in ("EE", "EP", "ES", "PE", "PP", "PS", "SE", "SV", "VE", "VS")}
        W = array([
            [w["EE"], -w["EP"], -w["ES"], 0],
            [w["PE"], -w["PP"], -w["PS"], 0],
            [w["SE"], 0, 0, -w["SV"]],
            [w["VE"], 0, -w["VS"], 0],
        ])  # fmt: skip
        matrix = diag([1 / f[k] for k in "EPSV"]) - W
        if linalg.det(matrix) < 1e-3:
            continue
        dx = linalg.inv(matrix)
        loop = f["E"] * f["P"] * w["EP"] * w["PE"]
        reversed_.append(dx[2, 3] > 0)
        assert reversed_[-1] == (loop < (f["E"] * w["EE"] - 1) * (1 + f["P"] * w["PP"])) == (dx[2, 2] < 0)
        freed.append(dx[0, 3] > 0)
        assert freed[-1] == (w["ES"] * (1 + f["P"] * w["PP"]) > f["P"] * w["EP"] * w["PS"]) == (dx[0, 2] < 0)
        paradoxical.append(dx[1, 1] < 0)
        alone = linalg.eigvals(diag([f[k] for k in "ESV"]) @ W[[0, 2, 3]][:, [0, 2, 3]])
        assert paradoxical[-1] == (sum((abs(alone.imag) < 1e-9) & (alone.real > 1)) % 2 == 1)  # its unstable real modes
        assert (dx[0, 1] < 0) == (f["S"] * f["V"] * w["SV"] * w["VS"] < 1) == (dx[0, 0] > 0)
    assert all(0.02 < sum(seen) / len(seen) < 0.98 for seen in (reversed_, freed, paradoxical))


def test_a_file_holds_nothing_but_circuit_and_statements() -> None:
    for name in PAPERS:
        source = (ROOT / "derivations" / f"{name}.py").read_text(encoding="utf-8")
        assert source.endswith('if __name__ == "__main__":\n    raise SystemExit(main(__name__))\n')
        assert not re.search(r"^(def|class) ", source, re.MULTILINE)


def test_one_command_builds_what_it_is_told(tmp_path: Path) -> None:
    out, file = tmp_path / "out", ROOT / "derivations" / "Tsodyks_1997.py"
    command = [sys.executable, "-m", "derivations", "--out", str(out), "--no-figures", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.splitlines()[0].startswith("Tsodyks_1997: Drive the inhibitory cells")
    assert len(re.findall(r"^  proved     ", done.stdout, re.MULTILINE)) == 7
    assert sorted(p.name for p in out.iterdir()) == ["Tsodyks_1997", "findings.json"]
    document = json.loads((out / "findings.json").read_text(encoding="utf-8"))
    (one,) = document["papers"]
    assert document["schema"] == 1 and one["paper"] == "Tsodyks_1997" and "J. Neurosci. 17" in one["reference"]
    claims = json.loads((out / "Tsodyks_1997" / "claims.json").read_text(encoding="utf-8"))["claims"]
    for finding, claim in zip(one["statements"], claims, strict=True):
        assert (finding["id"], finding["then"], finding["given"]) == (claim["id"], claim["then"], claim["given"])
        read_formula(finding["then"])
        assert finding["certificate"] is None or (out / finding["certificate"]).is_file()
    tex = (out / "Tsodyks_1997" / "report.tex").read_text(encoding="utf-8")
    assert r"\operatorname{paradoxical}" in tex


def test_all_papers_are_built_when_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path / "papers"
    directory.mkdir()
    for name in ("B", "A"):
        (directory / f"{name}.py").write_text(OWN, encoding="utf-8")
    (directory / "__init__.py").write_text("", encoding="utf-8")
    assert build_all(directory, ["--out", str(tmp_path / "out"), "--no-figures", "--quiet"]) == 1
    document = json.loads((tmp_path / "out" / "findings.json").read_text(encoding="utf-8"))
    assert [p["paper"] for p in document["papers"]] == ["A", "B"]
    assert build_all(tmp_path / "out", []) == 2


# -- an author's own --------------------------------------------------------------------------------------------------

OWN = '''"""A flip-flop.

Nobody, "Two units that inhibit each other" (2000).
"""

from symgame import Circuit
from symgame.paper import Statement, main

circuit = Circuit.from_matrix([[0, "-a"], ["-b", 0]], names=["L", "R"], assume=["a > 0", "b > 0"])
statements = (
    Statement("one state for every input when inhibition is weak", "unique <=> a*b < 1"),
    Statement("stable is Nash", "stable(L,R) => nash(L,R)"),
    Statement("and Nash is stable", "nash(L,R) => stable(L,R)"),
)

if __name__ == "__main__":
    raise SystemExit(main(__name__))
'''


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """An empty directory with one paper of an author's own in it."""
    place = tmp_path / "elsewhere"
    place.mkdir()
    (place / "my_paper.py").write_text(OWN, encoding="utf-8")
    return place


def run(place: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, "my_paper.py", *arguments], cwd=place, capture_output=True, text=True, check=False,
        env={**own, "PYTHONPATH": str(ROOT), **environment},
    )  # fmt: skip


def test_a_file_of_ones_own_works_anywhere(elsewhere: Path) -> None:
    done = run(elsewhere, "--out", "out", "--no-figures", *(["--pdf"] if shutil.which("pdflatex") else []))
    assert done.returncode == 1, done.stderr  # a false statement is in it
    said = done.stdout.splitlines()
    assert said[0] == "my_paper: A flip-flop" and said[-1].startswith(str(Path("out", "findings.json")))
    assert [line.split()[0] for line in said[1:] if line.startswith("  ") and line[2].isalpha()] == [
        "proved", "proved", "refuted",
    ]  # fmt: skip
    (one,) = json.loads((elsewhere / "out" / "findings.json").read_text(encoding="utf-8"))["papers"]
    assert one["title"] == "A flip-flop" and one["reference"].startswith("Nobody")
    true, _, false = one["statements"]
    assert (true["verdict"], true["witness"], true["then"]) == ("proved", None, "unique <=> a*b < 1")
    assert false["verdict"] == "refuted" and float(product_of(false["witness"], "a", "b")) >= 1
    written = {p.name for p in (elsewhere / "out" / "my_paper").iterdir()}
    assert {"report.tex", "claims.json", "formulas", "timings.json"} <= written
    if shutil.which("pdflatex"):
        assert (elsewhere / "out" / "my_paper" / "report.pdf").read_bytes().startswith(b"%PDF")
    tex = (elsewhere / "out" / "my_paper" / "report.tex").read_text(encoding="utf-8")
    assert "refuted at" in tex


def product_of(witness: dict[str, str], *names: str) -> float:
    """The product of rational entries of a witness."""
    product = Fraction(1)
    for name in names:
        product *= Fraction(witness[name])
    return float(product)


def test_the_example_of_the_readme(elsewhere: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (source,) = [b for b in re.findall(r"^```python\n(.*?)^```$", readme, re.DOTALL | re.MULTILINE) if "main(" in b]
    (elsewhere / "my_paper.py").write_text(source, encoding="utf-8")
    done = run(elsewhere, "--out", "out", "--no-figures", "--quiet")
    assert (done.returncode, done.stderr) == (0, "")
    assert "  3 statements, 3 proved" in done.stdout.splitlines()


def test_same_bytes_under_any_hash_seed(elsewhere: Path) -> None:
    made = []
    for seed in ("0", "4242"):
        done = run(elsewhere, "--out", seed, "--json", "--no-figures", PYTHONHASHSEED=seed)
        assert done.returncode == 1 and done.stdout == (elsewhere / seed / "findings.json").read_text(encoding="utf-8")
        files = (p for p in sorted((elsewhere / seed).rglob("*")) if p.is_file() and p.name != "timings.json")
        made.append({p.relative_to(elsewhere / seed).as_posix(): p.read_bytes() for p in files})
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("unique <=> a*b < 1", "unique <=> a*b <"), "weak'"),
        (("unique <=> a*b < 1", "unique <=> a*d < 1"), "weak'"),
        (("unique <=> a*b < 1", "uniqe"), "unique"),
        (('"unique <=> a*b < 1"', '"unique <=> a*b < 1", ("a > 1", "a < 0")'), "weak'"),
        (('"unique <=> a*b < 1"', '"unique <=> a*b < 1", "a > 1"'), "tuple of formulas"),
        (("statements = (", "claims = ("), "'statements'"),
        (("circuit = ", "model = "), "'circuit'"),
        (("A flip-flop.\n\nNobody, ", ""), None),
        (('"b > 0"]', '"b > 0", "b < 0"]'), "my_paper"),
    ],
)
def test_mistakes_are_one_message_and_nothing_is_written(
    change: tuple[str, str], expected: str | None, elsewhere: Path
) -> None:
    assert change[0] in OWN
    (elsewhere / "my_paper.py").write_text(OWN.replace(*change), encoding="utf-8")
    done = run(elsewhere, "--out", "out", "--no-figures")
    if expected is None:  # a docstring of one line is a title without a reference
        assert done.returncode == 1
        return
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == "" and done.stderr.count("\n") == 1
    assert done.stderr.startswith("symgame: my_paper") and expected in done.stderr
    assert not (elsewhere / "out").exists()


# -- as data ----------------------------------------------------------------------------------------------------------


def own(*rows: Statement, name: str = "own") -> Paper:
    return Paper(name, "Own", "", wilson_cowan(), rows)


def test_what_is_false_stays_with_its_witness_and_what_is_open_with_its_reason() -> None:
    one = own(
        Statement("past the switch I is paradoxical", "paradoxical(I) <=> w_EE > 1"),
        Statement("a product that is out of reach", "w_EE^7*tau_E + w_EI^5*u_E != w_IE^3*u_I + w_II^6"),
    )
    derivation = decided(one, budget=1_000)
    false, other = derivation.claims
    assert false.verdict.kind == "refuted" and other.verdict.kind in ("refuted", "undecided")
    (listed,) = findings([(one, derivation)])["papers"]
    row = listed["statements"][0]
    assert row["verdict"] == "refuted" and set(row["witness"]) >= {"w_EE"} and row["certificate"] is None
    assert (listed["statements"][1]["reason"] is None) == (other.verdict.kind == "refuted")


def test_ids_are_unique_and_safe_names_of_files() -> None:
    rows = [Statement(says, "w_EE >= 0") for says in ("Twice.", "twice!", "∀ ∃", "../../etc", "x" * 200, "a b " * 60)]
    ids = [claim.id for claim in decided(own(*rows)).claims]
    assert len(set(ids)) == len(rows)
    assert ids[:3] == ["statement.twice", "statement.twice-2", "statement.3"]
    assert all(re.fullmatch(r"statement\.[a-z0-9-]{1,66}", id) for id in ids)
    assert slug("Énergie: E's own") == "energie-e-s-own"


def test_kinds_follow_the_shape() -> None:
    kinds = {
        "a < 1 <=> b > 1 | c > 2": "equivalence",
        "a > 1 => b > 1 => c > 1": "implication",
        "x(E) = u_E": "equation",
        "a = b = c": "fact",
        "~lds": "fact",
    }
    assert {formula: kind(formula) for formula in kinds} == kinds


def test_impossible_hypotheses_prove_nothing() -> None:
    with pytest.raises(HypothesisError, match="own: 'nothing'"):
        decided(own(Statement("nothing", "w_EE = 5", ("w_EE > 1", "w_EE < 1"))))


def test_statements_in_any_language_and_at_a_branch(tmp_path: Path) -> None:
    """LaTeX, SymPy's text and objects become formulas that `check` reads; at E alone another determinant is meant."""
    w_EE = symbol("w_EE")
    one = own(
        Statement("LaTeX", r"\mathbf{A} \in \mathrm{LDS} \iff w_{EE} < 1"),
        Statement("SymPy", "Implies(Gt(w_EE, 2), Gt(w_EE, 1))"),
        Statement("an object", w_EE > 1, given=(w_EE > 2,)),
        Statement("E alone", r"x_E^* = \frac{u_E}{1 - w_{EE}}", given=(r"w_{EE} \ne 1",), at="E"),
        Statement("E alone, its determinant", "det = 1 - w_EE", at="E"),
        Statement("not that of both", "det = 1 - w_EE"),
        Statement("the same in another order", "det = (1 - w_EE)*(1 + w_II) + w_EI*w_IE", at="I,E"),
    )
    ((_, derivation),), _ = build([one], tmp_path, figures=False)
    claims = derivation.claims
    assert [c.verdict.kind for c in claims] == ["proved"] * 5 + ["refuted", "proved"]
    assert [c.at for c in claims] == [None, None, None, "E", "E", None, "E,I"]
    assert [c.then for c in claims[:4]] == [
        "lds <=> w_EE < 1", "w_EE > 2 => w_EE > 1", "w_EE > 1", "x(E) = u_E/(1 - w_EE)"
    ]  # fmt: skip
    (listed,) = json.loads((tmp_path / "findings.json").read_text(encoding="utf-8"))["papers"]
    assert [row["at"] for row in listed["statements"]] == [c.at for c in claims]
    assert "read on $(E)$" in (tmp_path / "own" / "report.tex").read_text(encoding="utf-8")
    found = recheck(tmp_path / "own")
    assert not found.wrong and not found.unchecked


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (Statement("bad", r"\frac{1"), "missing '}'"),
        (Statement("bad", 3), "no formula"),
        (Statement("bad", "det > 0", given=(3,)), "the hypothesis: 3"),
        (Statement("bad", "det > 0", at="Q"), "no population 'Q'"),
        (Statement("bad", "det > 0", at="exists("), "was not expected here"),
    ],
)
def test_a_statement_that_cannot_be_read_is_named(statement: Statement, expected: str) -> None:
    with pytest.raises(SymgameError, match=re.escape(expected)) as refused:
        decided(own(statement))
    assert str(refused.value).startswith("own: 'bad'")


SECTION = Section("further", "Further", wilson_cowan(), (Statement("true", "w_EE >= 0"),))


def module_with(sections: object) -> ModuleType:
    module = ModuleType("whole", "Whole.\n\nNobody, 2000.")
    own = {"circuit": SECTION.circuit, "statements": SECTION.statements, "sections": sections}
    module.__dict__.update(own, __file__="whole.py")
    return module


def test_sections_are_reported_and_listed_each_for_itself(tmp_path: Path) -> None:
    one = Paper.of(module_with((SECTION,)))
    assert [(part.name, part.title, part.reference) for part in one.sections] == [
        ("whole-further", "Further", "Nobody, 2000.")
    ]
    build([one], tmp_path, figures=False)
    listed = json.loads((tmp_path / "findings.json").read_text(encoding="utf-8"))["papers"]
    assert [row["paper"] for row in listed] == ["whole", "whole-further"]
    assert (tmp_path / "whole-further" / "report.tex").is_file() and (tmp_path / "whole" / "report.tex").is_file()


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        (SECTION, "tuple of Section"),
        ((SECTION.statements,), "tuple of Section"),
        ((replace(SECTION, name="../up"),), "'../up'"),
        ((replace(SECTION, name=""),), "''"),
        ((replace(SECTION, statements=()),), "whole-further: a tuple 'statements'"),
    ],
)
def test_sections_that_are_none_are_one_message(sections: object, expected: str) -> None:
    with pytest.raises(PaperError, match=re.escape(expected)):
        Paper.of(module_with(sections))


def test_two_sections_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PaperError, match="overwrite"):
        build([Paper.of(module_with((SECTION, SECTION)))], tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_reports_of_two_papers_do_not_overwrite_each_other(tmp_path: Path) -> None:
    row = Statement("true", "w_EE >= 0")
    with pytest.raises(PaperError, match="overwrite"):
        build([own(row), own(row, name="OWN")], tmp_path / "out")
    with pytest.raises(PaperError, match="Python file"):
        load(tmp_path / "nothing.py")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import nothing_of_that_name", "ModuleNotFoundError"),
        ("1 +", "SyntaxError"),
        ("1/0", "line 1"),
        ("", "docstring"),
    ],
)
def test_a_file_that_does_not_run_is_one_message(
    source: str, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.py").write_text(source, encoding="utf-8")
    assert build_all(tmp_path, ["--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and "broken" in said.err and expected in said.err
    assert not (tmp_path / "out").exists()


def test_a_condition_that_no_check_could_read_is_undecided(monkeypatch: pytest.MonkeyPatch) -> None:
    draft = Draft("a", "A", "equivalence", word="exists(E,I)")
    claim = decide_draft(wilson_cowan(), draft, "w_EE")
    assert claim is not None and claim.verdict.kind == "proved" and len(claim.then or "") > 100
    monkeypatch.setattr("symgame.grammar.MAX_CHARACTERS", 100)
    claim = decide_draft(wilson_cowan(), draft, "w_EE")
    assert claim is not None and claim.then == "exists(E,I)"
    assert claim.verdict.kind == "undecided" and "characters" in claim.verdict.reason
