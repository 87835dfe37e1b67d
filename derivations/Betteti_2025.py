"""An excitatory-inhibitory pair is a game, and w_EE = 1 is its switch.

S. Betteti, W. Retnaraj, A. Davydov, J. Cortés, F. Bullo, "Competition, stability, and functionality in
excitatory-inhibitory neural circuits", arXiv 2512.05252, for the framework: each population minimises an energy of its
own. The statements below are what symgame derives in that framework; they are not quoted from the article.
"""

from __future__ import annotations

from derivations import Claim, show
from symgame import wilson_cowan

circuit = wilson_cowan()

claims = (
    Claim("E's own energy is convex below the switch", "curvature(E) > 0 <=> w_EE < 1"),
    Claim("I's own energy always is", "curvature(I) > 0"),
    Claim("no weighted potential: one energy for both cannot do", "~weighted_potential"),
    Claim("Rosen's condition holds below the switch", "rosen <=> w_EE < 1"),
    Claim("Rosen's condition is Lyapunov diagonal stability", "rosen <=> lds"),
    Claim("it is also uniqueness for every input", "unique <=> lds"),
    Claim("plain monotonicity asks for more",
          "monotone <=> w_EE < 1 & (w_EI - w_IE)^2 < 4*(1 - w_EE)*(1 + w_II)"),
    Claim("both active: Nash up to the switch, and there", "nash(E,I) <=> w_EE <= 1", ("exists(E,I)",)),
    Claim("both active: Nash implies stable", "nash(E,I) => stable(E,I)"),
    Claim("stable for every pair of time constants: the same switch", "for_all_tau(hurwitz(E,I)) <=> w_EE <= 1"),
    Claim("stable past the switch: stationary, a minimum for one player only",
          "stable(E,I) & w_EE > 1 => stationary(E,I) & ~local_nash(E,I)"),
    Claim("E pays a positive energy past the switch", "energy(E) > 0 <=> w_EE > 1", ("exists(E,I)",)),
    Claim("I never does", "energy(I) < 0", ("exists(E,I)",)),
)  # fmt: skip

if __name__ == "__main__":
    raise SystemExit(show(circuit, claims))
