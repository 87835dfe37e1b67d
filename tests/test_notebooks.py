"""The notebooks run from a fresh kernel, show what they speak of, and are stored without outputs."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
#: Pictures (the fall-back of a slider is one), and for each verdict how many results, that a notebook shows.
SHOWN = {
    "01_a_circuit_is_a_game": (1, {"proved": 6, "refuted": 1}),
    "02_the_w_EE_switch": (5, {"proved": 10, "refuted": 0}),
    "03_four_populations": (2, {"proved": 11, "refuted": 1}),
    "04_threshold_linear_networks": (4, {"proved": 9, "refuted": 1}),
    "05_lateral_inhibition": (4, {"proved": 12, "refuted": 1}),
    "06_columns": (3, {"proved": 1, "cited": 1}),
    "07_referee": (0, {"proved": 1, "refuted": 1, "right": 1}),
    "08_logistic_bifurcations": (4, {"proved": 0}),
    "09_supralinear": (2, {"proved": 4}),
}


def test_there_are_notebooks() -> None:
    assert {path.stem for path in NOTEBOOKS} == set(SHOWN)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_stored_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert [cell.id for cell in notebook.cells] == [f"cell-{k:02d}" for k in range(len(notebook.cells))]
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code and all(not cell.outputs and cell.execution_count is None for cell in code)
    assert notebook.cells[0].source.startswith("# ") and not any("print(" in cell.source for cell in code)


def executed(path: Path, place: Path) -> list[Any]:
    """The outputs of a notebook run in another directory, in order."""
    notebook = nbformat.read(path, as_version=4)
    resources = {"metadata": {"path": str(place)}}
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources).execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    return [output for cell in code for output in cell.outputs]


#: Those that take long.
LONG = tuple(stem for stem in SHOWN if stem != "01_a_circuit_is_a_game")


@pytest.mark.filterwarnings("default")  # of the kernel's own packages
@pytest.mark.parametrize(
    "path",
    [pytest.param(p, marks=pytest.mark.slow if p.stem in LONG else ()) for p in NOTEBOOKS],
    ids=[p.stem for p in NOTEBOOKS],
)
def test_runs_from_a_fresh_kernel(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")])))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    outputs = executed(path, tmp_path)
    assert all(output.output_type in ("execute_result", "display_data") for output in outputs)  # nothing on stderr
    data = [output.data for output in outputs]
    pictures, verdicts = SHOWN[path.stem]
    drawn = [row["image/svg+xml"] for row in data if "image/svg+xml" in row]
    assert len(drawn) == pictures
    for svg in drawn:
        root = ElementTree.fromstring(svg if isinstance(svg, bytes) else svg.encode())
        assert len(root.findall(".//{http://www.w3.org/2000/svg}path")) > 20
    tables = [row["text/html"] for row in data if "text/html" in row]
    for kind, n in verdicts.items():
        assert sum(f'<th scope="row">{kind}</th>' in table for table in tables) == n
    assert not any("<math" not in table for table in tables if "<th" in table)
    if path.stem.startswith("02"):
        (widget,) = [row for row in data if "application/vnd.jupyter.widget-view+json" in row]
        assert "inhibition-stabilised" in widget["text/plain"]
        (two,) = [row["text/plain"] for row in data if "image/png" in row]
        before, past = two.splitlines()
        assert re.fullmatch(r"w_EE = 1/2: antagonistic;.*: stable, Nash", before)
        assert re.fullmatch(r"w_EE = 2: inhibition-stabilised;.*: stable, only stationary", past)


def test_the_results_render_themselves() -> None:
    """A table says what the object says: formulas as MathML with their LaTeX, words as words, everything escaped."""
    import symgame
    from symgame import game

    pair = symgame.wilson_cowan()
    checked = symgame.check(pair, "stable(E,I) => nash(E,I)")
    said = checked._repr_html_()
    assert '<th scope="row">refuted</th>' in said and said.count("<tr>") >= 3
    for name, value in checked.verdict.witness.items():  # type: ignore[union-attr]
        assert name.split("_")[0] in said and str(value).split("/")[0] in said
    derivation = symgame.derive(pair)
    assert derivation._repr_html_().count("<tr>") == len(derivation.claims) + 1
    assert derivation._repr_html_().count("<td>proved</td>") == derivation.counts["proved"]
    assert derivation.claim("matrix.lds")._repr_latex_().endswith(r"w_{EE} < 1$")
    assert derivation.chart is not None and derivation.chart._repr_html_().count("<tr>") == 2 + 19 + len(
        derivation.chart.thresholds
    )
    last = symgame.equilibria(pair)[-1]
    assert last._repr_latex_().count(r"\frac") == 2 and last._repr_latex_().startswith(r"$\begin{aligned}x_{E} &= ")
    values = {"w_EI": "5/2", "w_IE": "3/2", "w_II": "7/10", "u_E": "1/2", "u_I": 0, "tau_E": 10, "tau_I": 5}
    found = symgame.solutions(pair.with_values(w_EE="5/2", **values))
    assert r"\frac{17}{24}" in found._repr_html_() and "<td>stable</td><td>stationary</td>" in found._repr_html_()
    assert symgame.stability(pair)._repr_html_().count("<td>proved</td>") == 7
    first = game.best_response(pair, 0)[0]
    assert r"\max" in first._repr_html_() and " when " in first._repr_html_()


def test_tables_escape_what_they_show() -> None:
    from symgame.tables import Html, formula, joined, table

    assert table(("<a>",), [("<b>", Html("<i>c</i>"))], "<d>").source == (
        '<table><caption>&lt;d&gt;</caption><thead><tr><th scope="col">&lt;a&gt;</th></tr></thead>'
        "<tbody><tr><td>&lt;b&gt;</td><td><i>c</i></td></tr></tbody></table>"
    )
    assert formula("<script>alert(1)</script>").source.startswith("&lt;script")
    assert joined(["<", Html(">")], " & ").source == "&lt; &amp; >"
    assert formula("2*sqrt(w)").source.startswith("<math>") and formula("true").source == "always"
