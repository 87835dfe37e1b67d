"""Drive the inhibitory cells, and they may fire less: the paradoxical effect.

M. V. Tsodyks, W. E. Skaggs, T. J. Sejnowski, B. L. McNaughton, "Paradoxical effects of external modulation of
inhibitory interneurons", J. Neurosci. 17 (1997) 4382-4388; here at the stable equilibrium of a threshold-linear pair.
"""

from __future__ import annotations

from derivations import Claim, show
from symgame import wilson_cowan

circuit = wilson_cowan()
AT_REST = ("stable(E,I)",)

claims = (
    Claim("without inhibition, E is stable below w_EE = 1", "hurwitz(E) <=> w_EE < 1"),
    Claim("inhibition stabilises when it is strong and fast enough",
          "hurwitz(E,I) <=> w_EE < 1 + w_EI*w_IE/(1 + w_II) & w_EE < 1 + tau_E*(1 + w_II)/tau_I"),
    Claim("driving I lowers E", "dx(E, u_I) < 0", AT_REST),
    Claim("driving I lowers I as well, past w_EE = 1: paradoxical", "paradoxical(I) <=> w_EE > 1", AT_REST),
    Claim("E and I then move together", "dx(E, u_I)*dx(I, u_I) > 0 <=> w_EE > 1", AT_REST),
    Claim("so a paradoxical I reveals inhibition-stabilised excitation", "paradoxical(I) => ~hurwitz(E)", AT_REST),
    Claim("E never responds paradoxically to its own drive", "~paradoxical(E)", AT_REST),
)  # fmt: skip

if __name__ == "__main__":
    raise SystemExit(show(circuit, claims))
