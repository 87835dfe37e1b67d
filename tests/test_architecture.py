"""The layers of the package as data, checked against the imports that the source really has.

A new module gets its line here, in a layer below everything it imports; modules of one layer do not import each other,
unless the layer is a ``ROOM``: a list in reading order, where a module may import those before it.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "symgame"
MOST_LINES = 700


class Room(list[str]):
    """A layer whose modules may import the ones listed before them."""


# The top imports nothing of the package; every layer may import the layers above it.
LAYERS: list[list[str]] = [
    ["errors", "words"],
    ["shell", "starter"],
    Room(
        [
            "syntax",
            "rewriting",
            "by_cases",
            "grammar",
            "sympy_reader",
            "letters",
            "latex_items",
            "notation",
            "presentation",
        ]
    ),
    Room(["typeset", "mathml", "pythonic", "tables"]),
    Room(["ring", "condition", "nesting", "domain", "linear", "quantifier", "lowering", "program", "cycles"]),
    Room(
        [
            "proof",
            "proof.algebraic",
            "proof.verdict",
            "proof.smtlib",
            "proof.sampling",
            "proof.solver",
            "proof.splitting",
            "proof.decide",
            "proof.certificate_text",
            "proof.second_solver",
            "proof.reduce",
        ]
    ),
    Room(
        [
            "pieces",
            "activation",
            "rate_slopes",
            "stable_forms",
            "kinds",
            "entries",
            "circuit",
            "frozen_gains",
            "groups",
            "modelfile",
            "sheets",
            "graphs",
            "families",
            "microcircuits",
            "arrays",
            "importing",
            "ode_files",
            "named",
        ]
    ),
    Room(["coupling", "common_weights", "automorphisms", "exchanges", "rotations"]),
    ["algebra"],
    Room(["symmetries", "normal_modes"]),
    # numbers alone, nothing of circuits
    Room(
        [
            "balls",
            "intervals",
            "isolation",
            "least_power",
            "spectrum",
            "cells",
            "cascade",
            "tableau",
            "choices",
            "tree_kernel",
            "tree_walk",
            "enumeration",
            "best_rate",
            "mean_field",
            "sections",
            "certified_boxes",
            "certified_bounds",
            "certified_spectrum",
            "certified_nash",
            "certified_digits",
            "certified",
        ]
    ),
    Room(
        [
            "matrices",
            "matrices.definite",
            "matrices.minors",
            "matrices.dominance",
            "matrices.certificate",
            "matrices.closed",
            "matrices.cycle",
            "matrices.central_path",
            "matrices.barrier",
            "matrices.search",
            "matrices.blocks",
            "diagonal_stability",
            "matrices.hurwitz",
            "matrices.d_stability",
            "principal",
            "matrices.lyapunov",
            "matrices.common_norm",
            "contraction",
        ]
    ),  # matrices over QQ, whatever they stand for
    Room(["copies", "feedback"]),
    ["game", "dynamics"],  # two definitions of one circuit: that they agree is a claim
    Room(["hopf_criticality", "limit_cycles", "cycle_families"]),
    ["branches", "numeric_game", "layering"],
    [
        "properties",
        "properties.count",
        "properties.diagonal",
        "properties.minors",
        "properties.nash",
        "properties.potential",
        "properties.response",
        "properties.stability",
    ],
    ["vocabulary", "theorems"],
    ["solve", "statements", "numeric", "shape", "nash_continua"],
    Room(["latex_notation", "latex_reader", "formula_slips", "formulas"]),
    ["chart", "nash_points", "pivoting"],
    Room(
        [
            "supralinear_numbers",
            "supralinear_cases",
            "supralinear_spectrum",
            "supralinear_points",
            "supralinear",
            "supralinear_formulas",
            "supralinear_persistence",
        ]
    ),
    Room(["exact_flow", "recordings", "flow_check", "relaxation", "recording_slips", "trajectories"]),
    ["columns"],
    Room(["layer_units", "ratio_map", "ratio_branches", "resting", "depth_law", "sharpening", "dropouts"]),
    Room(
        [
            "crossings",
            "floating",
            "simulation",
            "smooth_values",
            "illustration",
            "plane",
            "best_response",
            "landscape",
            "regime_map",
            "portrait",
            "captions",
            "kinks",
            "unit_map",
            "unit_game",
            "profiles",
            "fields",
            "competition",
            "competition_captions",
            "supralinear_responses",
        ]
    ),
    Room(
        [
            "steps",
            "claims",
            "matrix_claims",
            "reduction",
            "global_theorems",
            "global_stability",
            "branch_texts",
            "game_claims",
            "threshold_facts",
            "smooth_claims",
            "depth_claims",
            "feedback_claims",
            "unit_claims",
            "catalogue",
            "bounds",
            "decisions",
            "selftest",
            "kernel",
            "checker",
            "derivation",
            "document",
            "writing",
            "unit_writing",
            "smooth_writing",
            "overviews",
            "article",
        ]
    ),
    Room(["sweep_axes", "sweep_program", "sweep_answers", "sweep_plan", "sweep_store", "sweeps", "sweep_summary"]),
    Room(
        [
            "verify_numbers",
            "verify_columns",
            "verify_reading",
            "verify_truth",
            "verify_verdicts",
            "verify_boxes",
            "verify_rounding",
            "verify_filter",
            "verify_cells",
            "verify_smooth_meanings",
            "verify_smooth_level",
            "verify_smooth",
            "verify_smooth_verdicts",
            "verifying",
        ]
    ),
    Room(
        [
            "bifurcation_curves",
            "bifurcation_gains",
            "bifurcation_pairs",
            "bifurcation_arcs",
            "bifurcation_focus",
            "bifurcation_points",
            "bifurcation_bautin",
            "bifurcation_inputs",
            "bifurcation_row_points",
            "bifurcation_rows",
            "bifurcation_boxes",
            "bifurcation_sections",
            "bifurcation_sets",
            "bifurcation_regions",
            "bifurcation_conditions",
        ]
    ),  # a pair over two parameters
    Room(
        [
            "ball_intervals",
            "pair_equations",
            "window_bounds",
            "curve_zeros",
            "equilibrium_curves",
            "one_parameter",
            "diagram_cycles",
        ]
    ),  # a pair over one parameter
    Room(["smooth_pictures", "smooth_captions", "smooth_article"]),  # both in a report
    ["report.canvas"],  # what the pictures of several back ends share
    ["symgame"],  # the face: ``symgame/__init__.py``
    [
        "report",
        "report.bifurcations",
        "report.checkers",
        "report.diagrams",
        "report.documents",
        "report.figures",
        "report.files",
        "report.html",
        "report.latex",
        "report.microcircuits",
        "report.pdf",
        "report.supralinear",
        "report.sweeps",
        "report.terminal",
        "report.verification",
    ],  # back ends: none imports another
    Room(["identifiers", "dialect", "rate_system", "fixed_points"]),  # circuits in other languages
    [
        "exports",
        "exports.bibtex",
        "exports.c_function",
        "exports.julia",
        "exports.mathematica",
        "exports.numpy_module",
        "exports.pyrates",
        "exports.smtlib",
        "exports.xppaut",
    ],  # back ends: none imports another
    ["exporting"],
    Room(
        [
            "digests",
            "output",
            "stored",
            "plain_values",
            "second_road",
            "recheck_comments",
            "recheck_claims",
            "recheck_steps",
            "recheck_chart",
            "recheck_files",
            "recheck_renderings",
            "rechecking",
            "recheck_report",
        ]
    ),
    ["cli", "interactive", "paper", "testing"],
    ["__main__"],
]

FORBIDDEN_HEAVY = {"sympy", "z3", "matplotlib", "scipy", "numpy", "flint", "numba"}


def module_name(path: Path) -> str:
    """``symgame/proof/solver.py`` is ``proof.solver``, ``symgame/proof/__init__.py`` is ``proof``."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts) or "symgame"


SOURCES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
PLACE = {module: (depth, at) for depth, layer in enumerate(LAYERS) for at, module in enumerate(layer)}


def imports(source: str, module: str = "symgame", is_package: bool = True) -> set[str]:
    """The modules of the package that a source imports anywhere, in functions and for type checking too.

    >>> sorted(imports("from symgame.proof import solver\\ndef f():\\n    import symgame.ring as r"))
    ['proof', 'proof.solver', 'ring']
    """
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = [] if module == "symgame" else module.split(".")
                package = package if is_package else package[:-1]
                package = package[: len(package) - (node.level - 1)]
                base = ".".join(["symgame", *package, *([node.module] if node.module else [])])
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        for name in names:
            if name == "symgame" and isinstance(node, ast.Import):
                found.add("symgame")
            elif name.startswith("symgame."):
                found.add(name.removeprefix("symgame."))
    return {name for name in found if name in SOURCES}


GRAPH = {
    module: imports(path.read_text(encoding="utf-8"), module, path.name == "__init__.py") - {module}
    for module, path in SOURCES.items()
}


def test_every_module_has_its_layer_and_every_layer_its_modules() -> None:
    listed = [module for layer in LAYERS for module in layer]
    assert len(listed) == len(set(listed)), "a module stands in two layers"
    assert set(SOURCES) - set(listed) == set(), "name these modules in LAYERS"
    assert set(listed) - set(SOURCES) == set(), "these modules do not exist; strike them from LAYERS"


def test_every_module_is_in_the_table_of_the_architecture() -> None:
    table = (PACKAGE.parent / "ARCHITECTURE.md").read_text(encoding="utf-8").split("## The rooms")[1].split("\n## ")[0]
    named = set(re.findall(r"`([\w.*/]+)`", table))
    packages = {"symgame", "proof", "properties", "matrices", "report"}
    missing = [m for m in SOURCES if m not in named | packages and f"{m.rpartition('.')[0]}.*" not in named]
    assert not missing


def may_import(module: str, other: str) -> bool:
    if other not in PLACE or module not in PLACE:
        return True  # named by the test above
    (depth, at), (depth_of_other, at_of_other) = PLACE[module], PLACE[other]
    if depth != depth_of_other:
        return depth > depth_of_other
    return isinstance(LAYERS[depth], Room) and at > at_of_other


@pytest.mark.parametrize("module", SOURCES)
def test_imports_go_down(module: str) -> None:
    wrong = sorted(other for other in GRAPH[module] if not may_import(module, other))
    assert not wrong, f"{module} imports {', '.join(wrong)}, which is not above it"


def test_no_cycle() -> None:
    finished: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join((*path[path.index(module) :], module))
        if module not in finished:
            for other in sorted(GRAPH[module]):
                visit(other, (*path, module))
            finished.add(module)

    for module in GRAPH:
        visit(module, ())


def test_this_test_sees_what_it_must() -> None:
    assert GRAPH["condition"] >= {"ring"}
    assert not may_import("ring", "condition")
    assert not may_import("properties.nash", "properties.count")
    assert imports("def f():\n    from symgame.proof.solver import x", "ring", False) == {"proof.solver"}
    assert imports("from .proof import solver", "symgame", True) == {"proof", "proof.solver"}
    assert imports("from . import nash", "properties.count", False) == {"properties", "properties.nash"}
    assert imports("from ..ring import Poly", "properties.count", False) == {"ring"}


@pytest.mark.parametrize("module", SOURCES)
def test_no_god_file(module: str) -> None:
    lines = SOURCES[module].read_text(encoding="utf-8").count("\n")
    assert lines <= MOST_LINES, f"{module} has {lines} lines; one mathematical idea needs at most {MOST_LINES}"


@pytest.mark.parametrize("module", ["symgame", "words", "errors", "syntax", "grammar"])
def test_light_modules_load_nothing_heavy(module: str) -> None:
    """``import symgame`` and reading a formula must not load SymPy: these modules and all they import stay without."""
    pending, seen = [module], set()
    while pending:
        current = pending.pop()
        seen.add(current)
        tree = ast.parse(SOURCES[current].read_text(encoding="utf-8"))
        for node in tree.body:  # at the top of the module; inside functions it is allowed
            if isinstance(node, ast.Import | ast.ImportFrom):
                roots = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
                heavy = {r.split(".")[0] for r in roots} & FORBIDDEN_HEAVY
                assert not heavy, f"{module} loads {', '.join(sorted(heavy))} through {current}"
                text = ast.unparse(node)
                pending += [m for m in imports(text, current, SOURCES[current].name == "__init__.py") if m not in seen]
