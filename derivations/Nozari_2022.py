"""When none of the nine regions of a pair with bounded rates holds a stable equilibrium.

E. Nozari, R. Planas, J. Cortés, "Structural characterization of oscillations in brain networks with rate dynamics",
arXiv:2103.00134.

Quoted: the five conditions, which are for equal time constants and say nothing at equality. Derived here: that they
are exact, and what each statement says beyond them.
"""

from __future__ import annotations

from symgame import Circuit
from symgame.paper import Statement, main

circuit = Circuit.from_matrix(
    [["w_EE", "-w_EI"], ["w_IE", "-w_II"]],
    names=["E", "I"],
    types=["excitatory", "inhibitory"],
    tau=["tau", "tau"],
    activation="saturating",
    assume=["w_EI > 0", "w_IE > 0"],
    name="Saturating pair, one time constant",
)

REGIONS = ("()", "(E)", "(I)", "(E,I)", "(E=m)", "(I=m)", "(E,I=m)", "(E=m,I)", "(E=m,I=m)")
NO_STABLE = " & ".join(f"~stable{region}" for region in REGIONS)
NOTHING_AT_EQUALITY = (*(f"exists{region} => strict{region}" for region in REGIONS), "trace != 0")
CONDITIONS = " & ".join((
    "w_II + 2 < w_EE",
    "(w_EE - 1)*(1 + w_II) < w_EI*w_IE",
    "(w_EE - 1)*m_E < w_EI*m_I",
    "0 < u_E < w_EI*m_I - (w_EE - 1)*m_E",
    "0 < (1 + w_II)*u_E - w_EI*u_I < (w_EI*w_IE - (w_EE - 1)*(1 + w_II))*m_E",
))  # fmt: skip

statements = (
    Statement("the conditions leave no stable equilibrium", f"{CONDITIONS} => {NO_STABLE}"),
    Statement("and nothing less does", f"{NO_STABLE} => {CONDITIONS}", NOTHING_AT_EQUALITY),
    Statement("they put an equilibrium inside the region (E,I)", f"{CONDITIONS} => strict(E,I)"),
    Statement("where it is unstable", f"{CONDITIONS} => ~hurwitz(E,I)"),
    Statement("one equilibrium for every input would need w_EE < 1", "unique <=> w_EE < 1"),
)

if __name__ == "__main__":
    raise SystemExit(main(__name__))
