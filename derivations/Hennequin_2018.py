"""Stable dynamics around a single attractor: the stabilised supralinear network of an excitatory-inhibitory pair.

G. Hennequin, Y. Ahmadian, D. B. Rubin, M. Lengyel, K. D. Miller, "The dynamical regime of sensory cortex: stable
dynamics around a single stimulus-tuned attractor account for patterns of noise variability", Neuron 98 (2018) 846-860.

Quoted: the circuit, in which each population answers with k [z]_+^2, so that its gain rises with its rate: driven
enough, recurrent excitation would be unstable and inhibition stabilises it. Derived here: what the gains s_E and s_I at
an equilibrium decide; where, in the rates, inhibition becomes necessary; and when activity can outlast its input. For
that last part y_E and y_I are what the populations receive, and the gains are 2 k y.
"""

from __future__ import annotations

from dataclasses import replace

from symgame import symbol, wilson_cowan
from symgame.kinds import activation
from symgame.paper import Section, Statement, main

pair = wilson_cowan()
k = symbol("k")
circuit = replace(
    pair,
    name="supralinear pair",
    populations=tuple(replace(p, activation=activation("power", k=k, p=2)) for p in pair.populations),
)
STABLE = ("hurwitz(E,I)",)

statements = (
    Statement("without inhibition, E is stable up to a loop gain of 1", "hurwitz(E) <=> s_E*w_EE < 1"),
    Statement("inhibition stabilises when it is strong and fast enough",
              "hurwitz(E,I) <=> s_E*w_EE < 1 + s_E*s_I*w_EI*w_IE/(1 + s_I*w_II)"
              " & s_E*w_EE < 1 + tau_E*(1 + s_I*w_II)/tau_I"),
    Statement("below a loop gain of 1 every equilibrium is stable, for all time constants",
              "s_E*w_EE < 1 => hurwitz(E,I)"),
    Statement("in terms of its rate, the loop gain is 1 at 1/(4 k w_EE^2)", "s_E*w_EE < 1 <=> 4*k*w_EE^2*x_E < 1"),
    Statement("past it, and only then, inhibitory cells respond paradoxically",
              "paradoxical(I) <=> s_E*w_EE > 1", STABLE),
    Statement("in the published circuit, from 8/15 Hz on",
              "paradoxical(I) <=> x_E > 8/15", (*STABLE, "k = 3/10", "w_EE = 5/4")),
    Statement("a paradoxical I shows that inhibition stabilises", "paradoxical(I) => ~hurwitz(E)", STABLE),
    Statement("E never responds paradoxically to its own drive", "~paradoxical(E)", STABLE),
    Statement("where inhibition stabilises, E's rate is no best response, not even locally",
              "local_nash(E,I) <=> s_E*w_EE < 1", ("s_E*w_EE != 1",)),
)  # fmt: skip

driven = replace(
    pair,
    name="supralinear pair, by what it receives",
    populations=tuple(
        replace(p, activation=activation("relu", gain=2 * k * symbol(f"y_{p.name}"))) for p in pair.populations
    ),
    assume=(*pair.assume, "k > 0", "y_E > 0", "y_I > 0"),
)
#: Activity without input: what each population receives is what the recurrent weights bring.
ALONE = ("y_E = k*(w_EE*y_E^2 - w_EI*y_I^2)", "y_I = k*(w_IE*y_E^2 - w_II*y_I^2)")

sections = (
    Section("persistence", "Activity that outlasts its input", driven, (
        Statement("activity without input would be unstable without inhibition", "~hurwitz(E)", ALONE),
        Statement("it is stable only where the weights between E and I win over those of E and I on themselves",
                  "hurwitz(E,I) => w_EE*w_II < w_EI*w_IE", ALONE),
        Statement("it is no saddle exactly past the fold in the ratio of what I and E receive",
                  "det > 0 <=> 2*w_EI*y_I^3 > w_II*y_I^2*y_E + w_IE*y_E^3", ALONE),
        Statement("without inhibition of I by itself it is stable only if E is more than twice as slow as I",
                  "w_II = 0 & hurwitz(E,I) => tau_E > 2*tau_I", ALONE),
        Statement("and it takes an excitation of a definite strength",
                  "w_II = 0 => 4*w_EE^3 >= 27*w_EI*w_IE^2", ALONE),
    )),
)  # fmt: skip

if __name__ == "__main__":
    raise SystemExit(main(__name__))
