"""Derivations on disk: what was written passes, and each of many tamperings is named, consistent forgeries too."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import symgame
from symgame.cli import main
from symgame.digests import digests_document
from symgame.errors import RecordError
from symgame.kinds import activation
from symgame.notation import symbol
from symgame.output import derivation_files
from symgame.paper import Paper, Statement, build
from symgame.proof.certificate_text import scripts
from symgame.proof.second_solver import Referees
from symgame.recheck_chart import COMPLETE, ORDERS, recheck_chart
from symgame.recheck_claims import Court, recheck_claim
from symgame.recheck_report import recheck_document, recheck_lines
from symgame.rechecking import Rechecked, recheck
from symgame.report.documents import chart_document, circuit_document
from symgame.report.files import json_text, replace_all
from symgame.stored import StoredClaim, read_stored, stored_circuit

pytestmark = pytest.mark.slow  # of the long ones: run by `python -m pytest -m slow`

Document = dict[str, Any]


def single() -> symgame.Circuit:
    """One excitatory population: few claims, some of them with certificates, and a chart."""
    return symgame.Circuit.from_matrix([["w"]], names=["E"], types=["excitatory"], tau=["tau"], u=["u"])


PAIR = symgame.wilson_cowan()
STATEMENTS = (
    Statement("below the switch", "lds <=> w_EE < 1"),
    Statement("stable is Nash", "stable(E,I) => nash(E,I)"),
    Statement("the determinant is positive", "det > 0", given=("stable(E,I)",)),
    Statement("paradoxical", "paradoxical(I) <=> w_EE > 1", given=("det > 0",)),
    Statement("one state for every input", "unique <=> w_EE < 1"),
    Statement("the state", "x(E) = (u_E*(1 + w_II) - w_EI*u_I)/det", given=("det != 0",)),
)


@pytest.fixture(scope="module")
def derived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A derivation from the catalogue."""
    root = tmp_path_factory.mktemp("single") / "single"
    replace_all(root, derivation_files(symgame.derive(single()), figures=False))
    return root


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A paper with statements that are proved, one of them by exact algebra, and one that is refuted."""
    root = tmp_path_factory.mktemp("papers") / "papers"
    build([Paper("mine", "Mine", "", PAIR, STATEMENTS)], root, figures=False)
    return root


def wrong(found: Rechecked) -> list[str]:
    return [f.name for f in found.wrong]


def claim_of(document: Document, id: str) -> Document:
    return next(row for row in document["claims"] if row["id"] == id)


def forged(root: Path, change: Callable[[Document], None], *, again: bool = True) -> Path:
    """``claims.json`` changed; ``again`` makes every hash in it and beside it fit the change, as a forger would."""
    place = root / "claims.json"
    document = json.loads(place.read_text(encoding="utf-8"))
    change(document)
    if again:
        for row in document["claims"]:
            row["sha256"] = as_stored(row).digest
    place.write_text(json_text(document), encoding="utf-8")
    if again:
        hashed(root)
    return root


def hashed(root: Path) -> None:
    """New hashes of everything, so that they show no change."""
    names = json.loads((root / "hashes.json").read_text(encoding="utf-8"))["files"]
    files: dict[str, str | bytes] = {n: (root / n).read_bytes() for n in names if (root / n).exists()}
    (root / "hashes.json").write_text(json_text(digests_document(files)), encoding="utf-8")


def as_stored(row: Document) -> StoredClaim:
    fields = {key: row.get(key) for key in StoredClaim.__dataclass_fields__}
    lists = {key: tuple(fields[key]) for key in ("given", "by", "steps")}
    return StoredClaim(**{**fields, **lists})


def copied(root: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(root, tmp_path / root.name))


# -- what was written passes ------------------------------------------------------------------------------------------


def test_a_fresh_derivation_passes(derived: Path) -> None:
    found = recheck(derived)
    claims = json.loads((derived / "claims.json").read_text(encoding="utf-8"))["claims"]
    assert not found.wrong and not found.unchecked
    names = [f.name for f in found.findings]
    assert {row["id"] for row in claims} <= set(names) and {"files", "checkers.py", "formulas"} <= set(names)
    by_name = {f.name: f for f in found.findings}
    assert by_name["count.unique"].outcome == "verified" and by_name["count.unique"].by[0].startswith("z3 ")
    assert by_name["equilibria.state.E.E"].by == ("SymPy's field",)
    assert by_name["game.pseudo-gradient"].outcome == "recomputed"  # no more is said of what has no formula
    assert by_name["regimes.complete"].outcome == "recomputed"  # every sign pattern of one quantity occurs


def test_a_paper_passes_and_says_how_each_statement_was_checked(papers: Path) -> None:
    found = recheck(papers, cvc5=False)
    assert not found.wrong and not found.unchecked
    by_name = {f.name: f for f in found.findings}
    refuted = by_name["mine/statement.stable-is-nash"]
    assert refuted.outcome == "verified" and "fractions" in refuted.by and "false at its witness" in refuted.how
    assert by_name["mine/statement.below-the-switch"].points == 24


def test_circuits_of_every_kind_are_read_back() -> None:
    circuits = [
        PAIR,
        symgame.lateral_inhibition(),
        symgame.ctln([(1, 2), (2, 3), (3, 1)]),
        PAIR.with_values(u_E="1/2", w_EI=2).fixed(),
        symgame.Circuit.from_matrix(
            [["a", "-b"], ["c", 0]], names=["Y", "X"], activation=["saturating", "soft_threshold"]
        ),
        symgame.Circuit.from_matrix([["a"]], names=["E"], activation="logistic", assume=["0 < a < 4"]),
    ]
    for circuit in circuits:
        document = json.loads(json_text(circuit_document(circuit)))
        again = stored_circuit(document)
        assert json.loads(json_text(circuit_document(again))) == document
        assert (again.names, again.inputs, again.W, again.copies) == (
            circuit.names,
            circuit.inputs,
            circuit.W,
            circuit.copies,
        )


@pytest.mark.slow
@pytest.mark.parametrize(
    "circuit",
    [
        PAIR,
        symgame.Circuit.from_matrix(
            [["w_EE", "-w_EI"], ["w_IE", "-w_II"]],
            names=["E", "I"],
            activation="saturating",
            assume=["w_EE >= 0", "w_II >= 0", "w_EI > 0", "w_IE > 0"],
        ),
        symgame.Circuit.from_matrix([[0, "-a"], ["-b", 0]], names=["R", "L"], activation="soft_threshold"),
        symgame.Circuit.from_matrix([[0, "-a", 0], [0, 0, "-b"], ["-c", 0, 0]], assume=["a > 0", "b > 0", "c > 0"]),
        symgame.e_pv_sst_vip(),
        symgame.lateral_inhibition(),
    ],
    ids=["pair", "saturating", "soft", "cycle", "four", "lateral"],
)
def test_derivations_of_other_circuits_pass(circuit: symgame.Circuit, tmp_path: Path) -> None:
    replace_all(tmp_path / "d", derivation_files(symgame.derive(circuit), figures=False))
    found = recheck(tmp_path / "d")
    assert not found.wrong and not found.unchecked, list(recheck_lines(found))


@pytest.mark.slow
def test_every_paper_of_the_repository_passes(tmp_path: Path) -> None:
    from symgame.paper import load

    directory = Path(__file__).resolve().parents[1] / "derivations"
    build([load(p) for p in sorted(directory.glob("*.py")) if not p.name.startswith("__")], tmp_path, figures=False)
    found = recheck(tmp_path)
    assert not found.wrong and not found.unchecked, list(recheck_lines(found))


# -- tamperings, made consistent: every hash fits ---------------------------------------------------------------------


def exchanged(document: Document) -> None:
    one, other = claim_of(document, "matrix.p"), claim_of(document, "matrix.lds")
    for key in ("then", "word", "given", "certificate", "latex"):
        one[key], other[key] = other[key], one[key]


def reordered(document: Document) -> None:
    document["claims"][2:4] = document["claims"][3:1:-1]


def removed(document: Document) -> None:
    document["claims"].remove(claim_of(document, "matrix.p"))


def put(id: str, **fields: Any) -> Callable[[Document], None]:
    return lambda document: claim_of(document, id).update(fields)


def circuit(**fields: Any) -> Callable[[Document], None]:
    return lambda document: document["circuit"].update(fields)


def chart(change: Callable[[Document], None]) -> Callable[[Document], None]:
    return lambda document: change(document["regimes"])


def steps(id: str, change: Callable[[list[Document]], object]) -> Callable[[Document], None]:
    def changed(document: Document) -> None:
        change(claim_of(document, id)["steps"])

    return changed


HURWITZ = "stability.hurwitz.E"
FORGERIES: dict[str, tuple[Callable[[Document], None], str]] = {
    "another conclusion": (put("matrix.p", then="p_matrix <=> w < 2"), "matrix.p"),
    "a true conclusion that was not asked": (put("matrix.p", then="lds <=> w < 1"), "matrix.p"),
    "a weaker conclusion": (put("matrix.p", then="p_matrix => w < 1"), "matrix.p"),
    "an exact value": (put("equilibria.state.E.E", then="x(E) = u/(1 + w)"), "equilibria.state.E.E"),
    "a hypothesis dropped": (put("stability.hurwitz.E", given=[]), "stability.hurwitz.E"),
    "a hypothesis added": (put("matrix.p", given=["w < 1/2"]), "matrix.p"),
    "hypotheses that contradict one another": (put("matrix.p", given=["w < 0"]), "matrix.p"),
    "proved becomes cited": (put("matrix.p", verdict="cited", source="Cross1978"), "matrix.p"),
    "proved becomes refuted": (put("matrix.p", verdict="refuted", witness={"w": "2"}), "matrix.p"),
    "another branch": (put("equilibria.state.E.E", at=""), "equilibria.state.E.E"),
    "another title": (put("game.pseudo-gradient", title="The game is a potential game"), "game.pseudo-gradient"),
    "another step": (put("game.pseudo-gradient", steps=[]), "game.pseudo-gradient"),
    "another number of patterns": (put("regimes.complete", title="No sign pattern occurs but the 2"), "regimes"),
    "two claims exchanged": (exchanged, "matrix.p"),
    "claims in another order": (reordered, "claims.json"),
    "a claim removed": (removed, "matrix.p"),
    "the sign of a weight": (circuit(W=[["-w"]], domain=["tau > 0", "w <= 0"]), "matrix.p"),
    "a weight": (circuit(W=[["2*w"]], domain=["tau > 0", "w >= 0"]), "matrix.p"),
    "a gain": (
        lambda d: d["circuit"]["populations"][0]["activation"].update(gain="2"),
        "equilibria.state.E.E",
    ),
    "an assumption": (lambda d: d["circuit"]["domain"].append("w < 1/2"), "checkers.py"),
    "a formula in LaTeX": (put("matrix.p", latex="w < 2"), "matrix.p"),
    "a pattern left out of the chart": (chart(lambda c: c["regimes"].pop()), "regimes"),
    "a sign in the chart": (
        chart(lambda c: c["regimes"][0]["signs"].update({"curvature(E)": "+"})),
        "regimes",
    ),
    "the condition of a pattern": (chart(lambda c: c["regimes"][0].update(when="w < 1/2")), "regimes: pattern 1"),
    "the example of a pattern": (chart(lambda c: c["regimes"][0].update(example={"w": "1"})), "regimes: pattern 1"),
    "a threshold": (chart(lambda c: c["thresholds"][0].update(value="2")), "regimes"),
    "the order of thresholds": (chart(lambda c: c["orders"].clear()), "regimes"),
    "the chart left out": (lambda d: d.update(regimes=None), "regimes.complete"),
    "another parameter": (lambda d: d.update(over="tau"), "over"),
    "the chart along another parameter": (chart(lambda c: c.update(over="u")), "over"),
    "no parameter": (
        lambda d: (d.update(over=None, regimes=None), d["claims"].remove(claim_of(d, "regimes.complete"))),
        "over",
    ),
    "a step that is false": (steps("stability.hurwitz.E", lambda x: x[0].update(formula="w < 100")), HURWITZ),
    "a step that is true of everything": (steps("matrix.p", lambda x: x[0].update(formula="true")), "matrix.p"),
    "why a step follows": (steps(HURWITZ, lambda x: x[0].update(reason="by magic")), HURWITZ),
    "a step that is chained no more": (steps(HURWITZ, lambda x: x[0].update(chained=False)), HURWITZ),
    "a step left out": (steps("equilibria.exists.E", lambda x: x.pop()), "equilibria.exists.E"),
    "a step added": (steps(HURWITZ, lambda x: x.append({**x[0], "formula": "w < 1"})), HURWITZ),
    "no steps": (steps(HURWITZ, lambda x: x.clear()), HURWITZ),
    "a step of the chart": (steps("regimes.complete", lambda x: x[0].update(reason="by magic")), "regimes.complete"),
    "an engine that is none": (put("matrix.p", by=["divine revelation"]), "matrix.p"),
    "an engine of another version": (put("matrix.p", by=["z3 99.0"]), "matrix.p"),
    "no engine": (put("matrix.p", by=[]), "matrix.p"),
    "the engine of a certificate": (put("matrix.p", by=["exact algebra"]), "matrix.p"),
    "the engine of the chart": (put("regimes.complete", by=["divine revelation"]), "regimes.complete"),
    "a source of a proof": (put("matrix.p", source="Nobody 1900"), "matrix.p"),
    "a reason of a proof": (put("matrix.p", reason="because"), "matrix.p"),
    "a witness of a proof": (put("matrix.p", witness={"w": "2"}), "matrix.p"),
    "the word that is characterised": (put("matrix.p", word="lds"), "matrix.p"),
    "a source of an identity": (put("game.pseudo-gradient", source="Nobody 1900"), "game.pseudo-gradient"),
    "an identity undecided": (
        put("game.pseudo-gradient", verdict="undecided", by=[], reason="a budget"),
        "game.pseudo-gradient",
    ),
    "an abbreviation": (lambda d: d["abbreviations"].update(D="7"), "abbreviations"),
    "the kind of an identity": (put("game.pseudo-gradient", kind="fact"), "game.pseudo-gradient"),
    "another key of a claim": (put("matrix.p", note="false"), "matrix.p"),
    "another key": (lambda d: d.update(note="false"), "note"),
    "another key of the chart": (chart(lambda c: c.update(note="false")), "regimes"),
    "the chart is said to be incomplete": (chart(lambda c: c.update(complete=1)), "regimes"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_consistent_forgery_of_claims_is_named(name: str, derived: Path, tmp_path: Path) -> None:
    change, where = FORGERIES[name]
    found = recheck(forged(copied(derived, tmp_path), change), cvc5=False)
    assert where in wrong(found), list(recheck_lines(found))
    assert "files" in [f.name for f in found.findings if f.outcome == "hashed"]  # hashes alone show nothing


def without_last_line(text: str) -> str:
    return "".join(text.splitlines(keepends=True)[:-1])


def assertion(text: str) -> str:
    """The last assertion of a certificate."""
    return next(line for line in reversed(text.splitlines()) if line.startswith("(assert"))


CERTIFICATES: dict[str, Callable[[str], str]] = {
    "empty": lambda t: "",
    "the text of nothing": lambda t: "\n",
    "false": lambda t: "(set-logic QF_NRA)\n(assert false)\n(check-sat)\n",
    "false besides": lambda t: t.replace("(check-sat)", "(assert false)\n(check-sat)"),
    "an assertion weakened": lambda t: t.replace(assertion(t), "(assert (>= w 0.0))"),
    "an assertion strengthened": lambda t: t.replace("(> ", "(>= ", 1),
    "a number": lambda t: t.replace("1.0", "2.0", 1),
    "an assertion left out": lambda t: t.replace(assertion(t) + "\n", ""),
    "a check-sat too few": without_last_line,
    "a check-sat too many": lambda t: t + "(check-sat)\n",
    "another logic": lambda t: t.replace("QF_NRA", "QF_LRA"),
    "a reset": lambda t: t.replace("(check-sat)", "(reset)\n(check-sat)"),
    "a second query": lambda t: f"{t}(reset)\n{t}",
    "an answer printed": lambda t: t.replace("(check-sat)", '(echo "unsat")'),
    "a definition": lambda t: t.replace("(declare-const w Real)", "(define-fun w () Real 0.0)"),
    "another sort": lambda t: t.replace("(declare-const w Real)", "(declare-const w Int)"),
    "push": lambda t: t.replace("(check-sat)", "(push 1)\n(assert false)\n(check-sat)"),
    "two on a line": lambda t: t.replace("(check-sat)", "(assert true) (assert false)\n(check-sat)"),
    "two names for one": lambda t: t.replace(
        "(declare-const w Real)", "(declare-const w Real)\n(declare-const other Real) ; stands for 'w'"
    ),
    "cut off": lambda t: t[:-1],
}


@pytest.mark.parametrize("name", CERTIFICATES)
def test_a_forged_certificate_is_wrong(name: str, derived: Path) -> None:
    stored = read_stored(derived)
    claim = next(c for c in stored.claims if c.id == "matrix.p")
    before = (derived / "certificates" / "matrix.p.smt2").read_text(encoding="utf-8")
    with Referees(use_cvc5=False) as referees:
        court = Court(stored_circuit(stored.circuit), referees)
        assert recheck_claim(court, claim, before).outcome == "verified"
        assert CERTIFICATES[name](before) != before
        assert recheck_claim(court, claim, CERTIFICATES[name](before)).outcome == "wrong"


def test_the_certificates_of_a_chart() -> None:
    """Of a pair: the patterns left out have to be the ones that are refuted, and so have the orders of thresholds."""
    found = symgame.regimes(PAIR)
    document = json.loads(json_text(chart_document(found)))
    listed = f"{len(found.regimes)} sign patterns of {', '.join(q.label for q in found.quantities)}"
    orders = f"The thresholds in w_EE have no order but the {len(found.orders)} listed"
    claims = {
        id: proved(id, title)
        for id, title in ((COMPLETE, f"No sign pattern occurs but the {listed}"), (ORDERS, orders))
    }
    certificates = {COMPLETE: str(found.certificate), ORDERS: str(found.orders_certificate)}
    with Referees(use_cvc5=False) as referees:
        court = Court(PAIR, referees)

        def outcomes(texts: dict[str, str]) -> dict[str, str]:
            return {f.name: f.outcome for f in recheck_chart(court, document, claims, texts)}

        good = outcomes(certificates)
        assert good[COMPLETE] == good[ORDERS] == "verified" and set(good.values()) == {"verified", "recomputed"}
        for id in (COMPLETE, ORDERS):
            text = certificates[id]
            shorter = text.replace("(or (and (> (+ w_EE (- 1.0)) 0.0) (> ", "(or (and (> (+ w_EE (- 2.0)) 0.0) (> ", 1)
            other = certificates[ORDERS if id == COMPLETE else COMPLETE]
            for forgery in ("", other, text.replace("(assert (or ", "(assert (or false ", 1), shorter):
                if forgery != text:
                    assert outcomes({**certificates, id: forgery})["regimes"] == "wrong"
        document["regimes"].pop()
        assert outcomes(certificates)["regimes"] == "wrong"


def proved(id: str, title: str) -> StoredClaim:
    row: Document = {"id": id, "title": title, "kind": "completeness", "verdict": "proved", "latex": "", "sha256": ""}
    claim = as_stored({**row, "given": [], "by": [], "steps": []})
    return replace(claim, sha256=claim.digest)


def test_certificates_that_change_places_are_named(derived: Path, tmp_path: Path) -> None:
    root = copied(derived, tmp_path)
    one, other = (root / "certificates" / f"{id}.smt2" for id in ("stability.hurwitz.E", "count.none"))
    one_text, other_text = one.read_text(encoding="utf-8"), other.read_text(encoding="utf-8")
    one.write_text(other_text, encoding="utf-8")
    other.write_text(one_text, encoding="utf-8")
    hashed(root)
    assert set(wrong(recheck(root, cvc5=False))) == {"stability.hurwitz.E", "count.none"}


def test_a_forged_constant_of_the_checkers_is_named(derived: Path, tmp_path: Path) -> None:
    root = copied(derived, tmp_path)
    code = (root / "checkers.py").read_text(encoding="utf-8")
    (root / "checkers.py").write_text(code.replace("w < 1)", "w < 2)", 1), encoding="utf-8")
    hashed(root)
    found = recheck(root, cvc5=False)
    assert wrong(found) == ["checkers.py"] and "line" in found.wrong[0].how


def test_files_that_were_changed_are_named(derived: Path, tmp_path: Path) -> None:
    root = copied(derived, tmp_path)
    names = ["report.tex", "report.html", "formulas/matrix.p.tex", "checkers.py", "certificates/matrix.p.smt2"]
    for name in names:
        with (root / name).open("a", encoding="utf-8") as file:
            file.write("% \n")
    changed = [f.name for f in recheck(root, cvc5=False).wrong if "changed after it was written" in f.how]
    assert sorted(changed) == sorted(names)


def written_anew(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        text = (root / name).read_text(encoding="utf-8")
        assert text.count(old) >= 1
        (root / name).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def listed(name: str, text: str) -> Callable[[Path], None]:
    """A file of one's own, and its hash beside those of the others."""

    def change(root: Path) -> None:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
        document = json.loads((root / "hashes.json").read_text(encoding="utf-8"))
        document["files"][name] = ""
        (root / "hashes.json").write_text(json_text(document), encoding="utf-8")

    return change


#: What is changed, and where it is named; hashes are written anew.
FILES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a sentence in the report": (
        written_anew("report.tex", r"\end{document}", "Always stable.\n\\end{document}"),
        "report.tex",
    ),
    "a number in the report": (written_anew("report.tex", "w < 1", "w < 2"), "report.tex"),
    "a sentence on the page": (
        written_anew("report.html", "</main>", "<p>LDS holds for every w</p></main>"),
        "report.html",
    ),
    "a command on the page": (
        written_anew("report.html", "<pre>symgame check MODEL", "<pre>symgame check other"),
        "report.html",
    ),
    "a formula": (written_anew("formulas/matrix.lds.tex", "w < 1", "w < 2"), "formulas/matrix.lds.tex"),
    "a macro": (written_anew("formulas/macros.tex", "w < 1", "w < 2"), "formulas/macros.tex"),
    "what a certificate says it proves": (
        written_anew("certificates/matrix.p.smt2", "; p_matrix <=> w < 1", "; p_matrix <=> w < 5"),
        "matrix.p",
    ),
    "what a certificate says it asserts": (
        written_anew("certificates/matrix.p.smt2", "; the negation of the conclusion", "; w > 1"),
        "matrix.p",
    ),
    "a comment more": (
        written_anew("certificates/matrix.p.smt2", "(set-logic", "; lds <=> w < 5\n(set-logic"),
        "matrix.p",
    ),
    "a formula more": (listed("formulas/zzz.tex", "1 = 2"), "formulas/zzz.tex"),
    "a picture that the report does not show": (listed("figures/proof.svg", "<svg/>"), "figures/proof.svg"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_forged_file_with_its_hash_is_named(name: str, derived: Path, tmp_path: Path) -> None:
    change, where = FILES[name]
    root = copied(derived, tmp_path)
    change(root)
    hashed(root)
    assert wrong(recheck(root, cvc5=False)) == [where]


def test_a_file_that_no_derivation_wrote(derived: Path, tmp_path: Path) -> None:
    root = copied(derived, tmp_path)
    for name in ("formulas/zzz.tex", "notes.txt", ".hidden", "report.aux", "__pycache__/checkers.pyc"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text("1 = 2", encoding="utf-8")
    (root / "elsewhere").symlink_to(tmp_path)
    assert set(wrong(recheck(root, cvc5=False))) == {"formulas/zzz.tex", "notes.txt", "elsewhere"}


HASHES: dict[str, tuple[Callable[[Document], object], str, str]] = {
    "another schema": (lambda d: d.update(schema=99), "wrong", "the schema is 99"),
    "a schema that is true": (lambda d: d.update(schema=True), "wrong", "the schema is True"),
    "another key": (lambda d: d.update(note="all proved"), "wrong", "other keys"),
    "another package": (lambda d: d["versions"].update(magic="1"), "wrong", "versions of other packages"),
    "another version of NumPy": (lambda d: d["versions"].update(numpy="0.1"), "unchecked", "numpy 0.1 (here "),
    "no version of NumPy": (lambda d: d["versions"].pop("numpy"), "unchecked", "no numpy (here "),
}


@pytest.mark.parametrize("name", HASHES)
def test_what_hashes_state_is_compared(name: str, derived: Path, tmp_path: Path) -> None:
    change, outcome, how = HASHES[name]
    root = copied(derived, tmp_path)
    document = json.loads((root / "hashes.json").read_text(encoding="utf-8"))
    change(document)
    (root / "hashes.json").write_text(json_text(document), encoding="utf-8")
    odd = [f for f in recheck(root, cvc5=False).findings if f.outcome in ("wrong", "unchecked")]
    assert [(f.name, f.outcome) for f in odd] == [("hashes.json", outcome)] and how in odd[0].how


def test_the_version_of_the_solver_is_the_one_that_claims_name(derived: Path, tmp_path: Path) -> None:
    root = copied(derived, tmp_path)
    document = json.loads((root / "hashes.json").read_text(encoding="utf-8"))
    document["versions"]["z3-solver"] = "1.0"
    (root / "hashes.json").write_text(json_text(document), encoding="utf-8")
    found = recheck(root, cvc5=False)
    assert "matrix.p" in wrong(found) and "regimes.complete" in wrong(found)


def test_a_step_of_another_solver_passes_when_it_follows(derived: Path, tmp_path: Path) -> None:
    """Another version may drop other hypotheses first; what it writes is equivalent, which other engines see."""
    change = steps(HURWITZ, lambda x: x[0].update(formula="2*w < 2"))
    root = forged(copied(derived, tmp_path), change)
    found = {f.name: f for f in recheck(root, cvc5=False).findings}
    assert found[HURWITZ].outcome == "verified" and "1 of its steps" in found[HURWITZ].how


def test_pictures_and_the_words_of_an_author_are_only_hashed(tmp_path: Path) -> None:
    """The page and the report are written again with the pictures; of these and of a preface hashes alone speak."""
    paper = Paper("mine", "Mine & yours", "Me, 2020", PAIR, STATEMENTS[:1], "First.\n\nSecond, with w_EE < 1.")
    build([paper], tmp_path / "papers")
    found = recheck(tmp_path / "papers", cvc5=False)
    assert not found.wrong and not found.unchecked
    said = {f.name: f.how for f in found.findings if f.outcome == "hashed"}
    assert set(said) == {"mine/files", "mine/words"} and "of them, pictures," in said["mine/files"]
    lines = list(recheck_lines(found))
    assert any(line.startswith("hashed       mine/words: ") and "the author's own" in line for line in lines)
    page = tmp_path / "papers" / "mine" / "report.html"
    page.write_text(page.read_text(encoding="utf-8").replace("</figcaption>", "LDS always.</figcaption>", 1), "utf-8")
    hashed(tmp_path / "papers" / "mine")
    assert wrong(recheck(tmp_path / "papers", cvc5=False)) == ["mine/report.html"]


def test_the_abbreviations_of_a_pair_are_its_own(tmp_path: Path) -> None:
    replace_all(tmp_path / "d", derivation_files(symgame.derive(PAIR), figures=True, model="wilson-cowan --set w_II=0"))
    found = recheck(tmp_path / "d", cvc5=False)
    assert not found.wrong and not found.unchecked
    page = next(f for f in found.findings if f.name == "report.html")
    assert page.outcome == "recomputed" and "wilson-cowan --set w_II=0" in page.how
    for change in (
        lambda d: d["abbreviations"].update(D="7"),
        lambda d: d["abbreviations"].pop("delta"),
        lambda d: d["abbreviations"].update(T="w_EE"),
    ):
        shutil.rmtree(tmp_path / "e", ignore_errors=True)
        root = forged(Path(shutil.copytree(tmp_path / "d", tmp_path / "e")), change)
        assert wrong(recheck(root, cvc5=False)) == ["abbreviations"]
    code = (tmp_path / "d" / "report.html").read_text(encoding="utf-8").replace("--set w_II=0", "; touch x")
    (tmp_path / "d" / "report.html").write_text(code, encoding="utf-8")
    hashed(tmp_path / "d")
    assert wrong(recheck(tmp_path / "d", cvc5=False)) == ["report.html"]


def test_a_smooth_circuit_at_rest_is_read_back(tmp_path: Path) -> None:
    """phi(0) = 0 by an offset that is no polynomial."""
    phi = activation("logistic", gain=symbol("a"), threshold=symbol("th"), offset="rest")
    circuit = symgame.Circuit.from_matrix([["w"]], names=["E"], activation=[phi])
    document = json.loads(json_text(circuit_document(circuit)))
    assert json.loads(json_text(circuit_document(stored_circuit(document)))) == document
    document["populations"][0]["activation"]["offset"] = "1/(exp(a) + 1)"
    with pytest.raises(RecordError, match=r"is not the one that makes phi\(0\) = 0"):
        stored_circuit(document)


def test_a_file_that_is_gone_and_hashes_that_leave_one_out(derived: Path, tmp_path: Path) -> None:
    root = copied(derived, tmp_path)
    (root / "report.tex").unlink()
    document = json.loads((root / "hashes.json").read_text(encoding="utf-8"))
    del document["files"]["report.html"]
    (root / "hashes.json").write_text(json_text(document), encoding="utf-8")
    assert set(wrong(recheck(root, cvc5=False))) == {"report.tex", "report.html"}


def test_another_version_cannot_be_rechecked(derived: Path, tmp_path: Path) -> None:
    root = forged(copied(derived, tmp_path), lambda d: d.update(symgame="0.0.9"))
    assert "hashes.json" in wrong(recheck(root, cvc5=False))  # the two files name different versions
    document = json.loads((root / "hashes.json").read_text(encoding="utf-8"))
    document["versions"]["symgame"] = "0.0.9"
    (root / "hashes.json").write_text(json_text(document), encoding="utf-8")
    found = recheck(root, cvc5=False)
    assert not found.wrong and [f.name for f in found.unchecked] == ["claims.json"]


# -- papers: nothing says what has to be there, so that a witness and a proof speak for themselves ---------------------

PAPER: dict[str, tuple[str, Document]] = {
    "refuted becomes proved": ("statement.stable-is-nash", {"verdict": "proved", "witness": None}),
    "a digit of a witness": ("statement.stable-is-nash", {"witness": {"w_EE": "1/2", "w_EI": "1", "w_IE": "1"}}),
    "a witness outside the domain": ("statement.stable-is-nash", {"witness": {"w_EE": "2", "tau_E": "-1"}}),
    "a witness of another symbol": ("statement.stable-is-nash", {"witness": {"w": "2"}}),
    "a witness that is no number": ("statement.stable-is-nash", {"witness": {"w_EE": "__import__('os')"}}),
    "a hypothesis dropped": ("statement.the-determinant-is-positive", {"given": []}),
    "proved becomes stronger": ("statement.below-the-switch", {"then": "lds <=> w_EE < 3/2"}),
    "a coefficient": ("statement.the-state", {"then": "x(E) = (u_E*(2 + w_II) - w_EI*u_I)/det"}),
    "a certificate left out of a false claim": (
        "statement.paradoxical",
        {"then": "paradoxical(I) <=> w_EE > 2", "certificate": None, "by": ["exact algebra"]},
    ),
    "a certificate that leads out": ("statement.below-the-switch", {"certificate": "../../secret.smt2"}),
    "the kind of a statement": ("statement.below-the-switch", {"kind": "fact"}),
    "a step of a statement": ("statement.below-the-switch", {"steps": []}),
    "an engine that is none": ("statement.below-the-switch", {"by": ["divine revelation"]}),
    "a word that is none": ("statement.below-the-switch", {"then": "magic <=> w_EE < 1"}),
}


@pytest.mark.parametrize("name", PAPER)
def test_a_forged_statement_is_named(name: str, papers: Path, tmp_path: Path) -> None:
    id, fields = PAPER[name]
    root = copied(papers, tmp_path)
    forged(root / "mine", put(id, **fields))
    names = {f"mine/{id}"} if set(fields) <= {"kind", "steps"} else {f"mine/{id}", "mine/findings.json"}
    assert names <= set(wrong(recheck(root, cvc5=False)))


def test_what_lies_beside_papers_is_named(papers: Path, tmp_path: Path) -> None:
    root = copied(papers, tmp_path)
    (root / "theirs").mkdir()
    document = json.loads((root / "findings.json").read_text(encoding="utf-8"))
    document["papers"][0]["statements"][0]["latex"] = "w < 2"
    (root / "findings.json").write_text(json_text(document), encoding="utf-8")
    assert wrong(recheck(root, cvc5=False)) == ["mine/findings.json", "theirs"]
    (root / "findings.json").write_text(json_text({**document, "schema": True}), encoding="utf-8")
    with pytest.raises(RecordError, match=r"findings\.json: the schema is True"):
        recheck(root, cvc5=False)


def test_a_statement_that_is_removed_from_one_place_only(papers: Path, tmp_path: Path) -> None:
    root = copied(papers, tmp_path)
    document = json.loads((root / "findings.json").read_text(encoding="utf-8"))
    document["papers"][0]["statements"].pop()
    (root / "findings.json").write_text(json_text(document), encoding="utf-8")
    assert wrong(recheck(root, cvc5=False)) == ["mine/findings.json"]


# -- what cannot be read ----------------------------------------------------------------------------------------------

BROKEN: dict[str, str] = {
    "nothing": "",
    "no JSON": "{",
    "a list": "[]",
    "another schema": '{"schema": 2}',
    "a schema that is true": '{"schema": true, "claims": []}',
    "a schema with a point": '{"schema": 1.0, "claims": []}',
    "no claims": '{"schema": 1, "claims": null}',
    "a key twice": '{"schema": 1, "schema": 1}',
    "NaN": '{"schema": NaN}',
    "deep": "[" * 200_000,
    "a number without end": '{"schema": ' + "9" * 10_000 + "}",
    "a claim that is a number": '{"schema": 1, "claims": [7]}',
    "bytes": "\udcff",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_derivation_is_one_clear_mistake(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "claims.json").write_bytes(BROKEN[name].encode("utf-8", "surrogateescape"))
    assert main(["recheck", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("symgame: claims.json") and err.count("\n") == 1


CIRCUITS: dict[str, Callable[[Document], None]] = {
    "an entry that is code": circuit(W=[["__import__('os').system('x')"]]),
    "a matrix of another shape": circuit(W=[["w", "w"]]),
    "an unknown activation": lambda d: d["circuit"]["populations"][0].update(activation={"kind": "magic"}),
    "a domain that is not listed": circuit(domain=["w > 0"]),
    "no populations": circuit(populations=[]),
    "a time constant below 0": lambda d: d["circuit"]["populations"][0].update(tau="-1"),
    "an option of the notation": circuit(notation={"magic": "1"}),
}


@pytest.mark.parametrize("name", CIRCUITS)
def test_what_is_no_circuit_is_one_clear_mistake(name: str, derived: Path, tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"claims\.json: "):
        recheck(forged(copied(derived, tmp_path), CIRCUITS[name]), cvc5=False)


def test_names_and_links_do_not_lead_out(derived: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("(check-sat)\n", encoding="utf-8")
    root = copied(derived, tmp_path)
    place = root / "certificates" / "matrix.p.smt2"
    place.unlink()
    place.symlink_to(tmp_path / "secret")
    found = recheck(root, cvc5=False)
    assert any(f.name == "matrix.p" and "leads out" in f.how for f in found.wrong)


def test_no_directory() -> None:
    with pytest.raises(RecordError, match="a directory was expected"):
        recheck("no such place")


# -- the command ------------------------------------------------------------------------------------------------------


def test_the_statuses_and_the_documents(derived: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recheck", str(derived), "--json", "--no-cvc5"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["counts"]["wrong"] == 0 and document == recheck_document(recheck(derived, cvc5=False))
    root = copied(derived, tmp_path)
    (root / "hashes.json").unlink()
    assert main(["recheck", str(root), "--no-cvc5"]) == 3
    assert "hashes.json" in capsys.readouterr().out
    forged(root, put("matrix.p", then="p_matrix <=> w < 2"), again=False)
    assert main(["recheck", str(root), "--no-cvc5"]) == 1
    assert "wrong        matrix.p: its hash is not that of" in capsys.readouterr().out


def test_the_certificates_of_cases_are_read(derived: Path) -> None:
    text = (derived / "certificates" / "matrix.p.smt2").read_text(encoding="utf-8")
    twice = scripts(f"{text}(reset)\n{text}")
    assert len(twice) == 2 and twice[0] == twice[1]


def test_hashes_state_the_versions_and_every_steady_file(derived: Path) -> None:
    document = json.loads((derived / "hashes.json").read_text(encoding="utf-8"))
    written = {str(p.relative_to(derived)) for p in derived.rglob("*") if p.is_file()}
    assert set(document["files"]) == written - {"timings.json", "hashes.json", ".symgame-files"}
    assert document["versions"]["symgame"] == read_stored(derived).version == symgame.__version__
