"""An excitatory-inhibitory pair is a game, and its self-excitation is a switch.

S. Betteti, W. Retnaraj, A. Davydov, J. Cortés, F. Bullo, "Competition, stability, and functionality in
excitatory-inhibitory neural circuits", arXiv:2512.05252, 2025.

From the article: the framework, in which each population minimises an energy of its own. Derived here: every statement
below; none is quoted.
"""

from __future__ import annotations

from symgame import wilson_cowan
from symgame.paper import Statement, main

circuit = wilson_cowan()

statements = (
    Statement("E's own energy is convex below the switch", "curvature(E) > 0 <=> w_EE < 1"),
    Statement("I's own energy always is", "curvature(I) > 0"),
    Statement("no weighted potential: one energy for both cannot do", "~weighted_potential"),
    Statement("Rosen's condition holds below the switch", "rosen <=> w_EE < 1"),
    Statement("Rosen's condition is Lyapunov diagonal stability", "rosen <=> lds"),
    Statement("it is also uniqueness for every input", "unique <=> lds"),
    Statement("plain monotonicity asks for more",
              "monotone <=> w_EE < 1 & (w_EI - w_IE)^2 < 4*(1 - w_EE)*(1 + w_II)"),
    Statement("both active: Nash up to the switch, and there", "nash(E,I) <=> w_EE <= 1", ("exists(E,I)",)),
    Statement("both active: Nash implies stable", "nash(E,I) => stable(E,I)"),
    Statement("stable for every pair of time constants: the same switch", "for_all_tau(hurwitz(E,I)) <=> w_EE <= 1"),
    Statement("stable past the switch: stationary, a minimum for one player only",
              "stable(E,I) & w_EE > 1 => stationary(E,I) & ~local_nash(E,I)"),
    Statement("E pays a positive energy past the switch", "energy(E) > 0 <=> w_EE > 1", ("exists(E,I)",)),
    Statement("I never does", "energy(I) < 0", ("exists(E,I)",)),
)  # fmt: skip

if __name__ == "__main__":
    raise SystemExit(main(__name__))
