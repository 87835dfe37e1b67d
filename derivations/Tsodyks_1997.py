"""Drive the inhibitory cells, and they may fire less: the paradoxical effect.

M. V. Tsodyks, W. E. Skaggs, T. J. Sejnowski, B. L. McNaughton, "Paradoxical effects of external modulation of
inhibitory interneurons", J. Neurosci. 17 (1997) 4382-4388.

Quoted: the effect, and that it marks a circuit which inhibition stabilises. Derived here: when it occurs, exactly, at
the stable equilibrium of a threshold-linear pair.
"""

from __future__ import annotations

from symgame import wilson_cowan
from symgame.paper import Statement, main

circuit = wilson_cowan()
AT_REST = ("stable(E,I)",)

statements = (
    Statement("without inhibition, E is stable below w_EE = 1", "hurwitz(E) <=> w_EE < 1"),
    Statement("inhibition stabilises when it is strong and fast enough",
              "hurwitz(E,I) <=> w_EE < 1 + w_EI*w_IE/(1 + w_II) & w_EE < 1 + tau_E*(1 + w_II)/tau_I"),
    Statement("driving I lowers E", "dx(E, u_I) < 0", AT_REST),
    Statement("driving I lowers I as well, past w_EE = 1: paradoxical", "paradoxical(I) <=> w_EE > 1", AT_REST),
    Statement("E and I then move together", "dx(E, u_I)*dx(I, u_I) > 0 <=> w_EE > 1", AT_REST),
    Statement("so a paradoxical I reveals inhibition-stabilised excitation", "paradoxical(I) => ~hurwitz(E)", AT_REST),
    Statement("E never responds paradoxically to its own drive", "~paradoxical(E)", AT_REST),
)  # fmt: skip

if __name__ == "__main__":
    raise SystemExit(main(__name__))
