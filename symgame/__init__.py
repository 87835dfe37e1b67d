"""Firing-rate circuits as games: energies, equilibria, stability and regimes, derived exactly and proved.

The names below load on first use, so that ``import symgame`` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOME = {
    "Circuit": "circuit",
    "Population": "circuit",
    "Activation": "activation",
    "Piece": "pieces",
    "load": "named",
    "wilson_cowan": "named",
    "e_pv_sst_vip": "named",
    "ctln": "families",
    "ei_tln": "families",
    "random_ei": "families",
    "lateral_inhibition": "microcircuits",
    "shared_inhibition": "microcircuits",
    "column": "microcircuits",
    "read_arrays": "arrays",
    "symbol": "notation",
    "check": "formulas",
    "compare_formulas": "formulas",
    "Checked": "statements",
    "derive": "derivation",
    "recheck": "rechecking",
    "Rechecked": "rechecking",
    "Derivation": "derivation",
    "equilibria": "branches",
    "symmetry": "symmetries",
    "modes": "normal_modes",
    "responses": "properties.response",
    "Responses": "properties.response",
    "Branch": "branches",
    "solutions": "numeric",
    "supralinear_equilibria": "supralinear",
    "supralinear_polynomials": "supralinear_formulas",
    "fold_surface": "supralinear_formulas",
    "persistence": "supralinear_persistence",
    "persistent_range": "supralinear_persistence",
    "coinciding": "numeric",
    "lone_equilibrium": "pivoting",
    "column_equilibria": "columns",
    "layers": "layering",
    "stacked": "layering",
    "simulated": "simulation",
    "limit_cycle": "limit_cycles",
    "cycle_branch": "limit_cycles",
    "first_lyapunov": "hopf_criticality",
    "lyapunov_formula": "hopf_criticality",
    "verify": "verifying",
    "Verification": "verifying",
    "verify_trajectory": "trajectories",
    "potential_function": "properties.potential",
    "nash_equilibria": "nash_points",
    "contrast_map": "ratio_map",
    "contrast_by_layer": "sharpening",
    "depth": "depth_law",
    "resolution": "sharpening",
    "silencing": "dropouts",
    "best_response_path": "best_response",
    "stability": "global_stability",
    "regimes": "chart",
    "sweep": "sweeps",
    "bifurcation_set": "bifurcation_sets",
    "bifurcation_formulas": "bifurcation_conditions",
    "diagram": "interactive",
    "phase_plane": "interactive",
    "explore": "interactive",
    "Proved": "proof.verdict",
    "Refuted": "proof.verdict",
    "Undecided": "proof.verdict",
    "Cited": "proof.verdict",
    "export": "exporting",
    "from_sympy_system": "importing",
    "read_ode": "ode_files",
    "SymgameError": "errors",
}
__all__ = ["__version__", *_HOME]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        module = import_module(f"symgame.{_HOME[name]}")
        value = getattr(module, name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'symgame' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
