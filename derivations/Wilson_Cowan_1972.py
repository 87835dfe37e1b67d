"""The excitatory and inhibitory pair with logistic responses: several states, and oscillations.

H. R. Wilson, J. D. Cowan, "Excitatory and inhibitory interactions in localized populations of model neurons", Biophys.
J. 12 (1972) 1-24.

The model here is that of 1972 *without* the factor for refractory cells, ``tau x' = -x + phi(z)`` for
``tau x' = -x + (k - r x) phi(z)``, with ``phi(0) = 0`` as there. ``s_E = phi_E'`` and ``s_I = phi_I'`` are the slopes
at the equilibrium that a statement is about; ``a_E`` and ``a_I`` are the gains, so that ``s_E <= a_E/4``.

Quoted: that strong self-excitation folds the E nullcline, which is needed for several states and for a cycle. Derived
here: that without the factor this takes ``a_E*w_EE > 4``, exactly. The number that is often quoted, 9, belongs to the
model *with* it, about which nothing is proved here: with r = k = 1, and phi from 0 to 1, the E nullcline has
``dz/dx = 1/(a_E x (1 - 2 x))``, which is ``9/a_E`` where phi is steepest, at x = 1/3, and at least ``8/a_E``, since
``1 - 8 x (1 - 2 x) = (1 - 4 x)^2``.

``figure_4`` and ``figure_11`` are the parameters of those figures, without the factor: three equilibria, which
``symgame.solutions`` encloses and proves to be all, and one unstable equilibrium inside of a stable cycle, which
``symgame.limit_cycle`` finds by integration, numerically.
"""

from __future__ import annotations

from symgame import Circuit, symbol
from symgame.kinds import activation
from symgame.paper import Statement, main

circuit = Circuit.from_matrix(
    [["w_EE", "-w_EI"], ["w_IE", "-w_II"]],
    names=["E", "I"],
    types=["excitatory", "inhibitory"],
    activation=[
        activation("logistic", gain=symbol(f"a_{name}"), threshold=symbol(f"theta_{name}"), offset="rest")
        for name in ("E", "I")
    ],
    assume=["w_EI > 0", "w_IE > 0"],
    name="Wilson and Cowan 1972, no refractory period",
)

figure_4 = circuit.with_values(
    w_EE=12, w_EI=4, w_IE=13, w_II=11, a_E="1.2", theta_E="2.8", a_I=1, theta_I=4, tau_E=1, tau_I=1, u_E=0, u_I=0
)
figure_11 = circuit.with_values(
    w_EE=16, w_EI=12, w_IE=15, w_II=3, a_E="1.3", theta_E=4, a_I=2, theta_I="3.7", tau_E=1, tau_I=1, u_E="1.25", u_I=0
)

statements = (
    Statement("a slope is at most a quarter of its gain", "s_E <= a_E/4 & s_I <= a_I/4"),
    Statement("where the E nullcline rises, a_E*w_EE > 4", "s_E*w_EE > 1 => a_E*w_EE > 4"),
    Statement("one equilibrium whatever the inputs: exactly when it cannot rise", "unique <=> a_E*w_EE <= 4"),
    Statement("a fold of equilibria needs it to rise", "det = 0 => s_E*w_EE > 1"),
    Statement("a saddle needs it to rise", "det < 0 => s_E*w_EE > 1"),
    Statement("so does a Hopf point", "trace = 0 => s_E*w_EE > 1"),
    Statement("which then needs the loop to be strong", "det > 0 => s_E*s_I*w_EI*w_IE > (s_E*w_EE - 1)*(1 + s_I*w_II)"),
    Statement("an equilibrium is stable when inhibition is strong and fast enough",
              "hurwitz(E,I) <=> tau_I*(s_E*w_EE - 1) < tau_E*(1 + s_I*w_II) & det > 0"),
    Statement("for all time constants: E alone does not run away",
              "for_all_tau(hurwitz(E,I)) <=> s_E*w_EE <= 1"),
    Statement("without a fold no time constants destabilise", "a_E*w_EE <= 4 => for_all_tau(hurwitz(E,I))"),
    Statement("a stable state on the rising part is paradoxical: driving I lowers I",
              "paradoxical(I) <=> s_E*w_EE > 1", ("hurwitz(E,I)",)),
)  # fmt: skip

if __name__ == "__main__":
    raise SystemExit(main(__name__))
