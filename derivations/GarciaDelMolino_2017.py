"""Drive VIP cells, and the SST cells that they inhibit may fire more: response reversal in the E-PV-SST-VIP circuit.

L. C. Garcia del Molino, G. R. Yang, J. F. Mejias, X.-J. Wang, "Paradoxical response reversal of top-down modulation in
cortical circuits with three interneuron types", eLife 6 (2017) e29742.

Quoted: the reversal, and what it takes: recurrent excitation of E that exceeds the inverse of its slope, hence an E
that is driven enough, and a loop through PV that is weak enough. Derived here: when it occurs, exactly, and what else
the same signs decide. Each activation enters by its slope at the equilibrium, f_E that of E; a population that is
driven more has a steeper one. Of stability only a positive determinant is used, and that it implies one comes first.
"""

from __future__ import annotations

from dataclasses import replace

from symgame import e_pv_sst_vip, symbol
from symgame.kinds import activation
from symgame.paper import Statement, main

wiring = e_pv_sst_vip()
circuit = replace(
    wiring,
    name="E-PV-SST-VIP microcircuit, any slopes",
    populations=tuple(
        replace(p, activation=activation("relu", gain=symbol(f"f_{letter}")))
        for letter, p in zip("EPSV", wiring.populations, strict=True)
    ),
    assume=(*wiring.assume, "f_E > 0", "f_P > 0", "f_S > 0", "f_V > 0"),
)

DET = ("det > 0",)
E_PV = "(1 - f_E*w_EE)*(1 + f_P*w_PP) + f_E*f_P*w_EP*w_PE"  # det(I - F W) of E and PV alone
SST_VIP = "1 - f_S*f_V*w_SV*w_VS"  # and of SST and VIP alone

statements = (
    Statement("stable equilibria have a positive determinant", "hurwitz(E,PV,SST,VIP) => det > 0"),
    Statement("driving VIP raises SST exactly when E and PV alone have a negative determinant",
              f"dx(SST, u_VIP) > 0 <=> {E_PV} < 0", DET),
    Statement("E and PV alone are then unstable", "dx(SST, u_VIP) > 0 => ~hurwitz(E,PV)", DET),
    Statement("no reversal without strong recurrent excitation", "f_E*w_EE <= 1 => dx(SST, u_VIP) < 0", DET),
    Statement("past it, reversal exactly when the loop through PV is weak",
              "dx(SST, u_VIP) > 0 <=> f_E*f_P*w_EP*w_PE < (f_E*w_EE - 1)*(1 + f_P*w_PP)", (*DET, "f_E*w_EE > 1")),
    Statement("driving VIP raises SST exactly when driving SST lowers it",
              "dx(SST, u_VIP) > 0 <=> paradoxical(SST)", DET),
    Statement("disinhibition: driving VIP raises E exactly when SST inhibits E more than it spares E by way of PV",
              "dx(E, u_VIP) > 0 <=> w_ES*(1 + f_P*w_PP) > f_P*w_EP*w_PS", DET),
    Statement("and exactly then driving SST lowers E", "dx(E, u_VIP) > 0 <=> dx(E, u_SST) < 0", DET),
    Statement("driving PV lowers E, unless SST and VIP inhibit each other so strongly that they are a switch",
              f"dx(E, u_PV) < 0 <=> {SST_VIP} > 0", DET),
    Statement("the same switch alone makes E paradoxical", f"paradoxical(E) <=> {SST_VIP} < 0", DET),
    Statement("a paradoxical PV: the circuit without it has a negative determinant",
              f"paradoxical(PV) <=> (1 - f_E*w_EE)*({SST_VIP}) + f_E*f_S*w_ES*(w_SE - f_V*w_SV*w_VE) < 0", DET),
    Statement("so the circuit without PV is unstable", "paradoxical(PV) => ~hurwitz(E,SST,VIP)", DET),
    Statement("a paradoxical VIP: so is the circuit without VIP", "paradoxical(VIP) => ~hurwitz(E,PV,SST)", DET),
)  # fmt: skip

if __name__ == "__main__":
    raise SystemExit(main(__name__))
