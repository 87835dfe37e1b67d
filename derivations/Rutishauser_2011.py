"""Winner-take-all by shared inhibition: above alpha = 1 the circuit decides, and pays for it with its Nash points.

U. Rutishauser, R. J. Douglas, J.-J. Slotine, "Collective stability of networks of winner-take-all circuits",
Neural Comput. 23 (2011) 735-773.

Read: the abstract and the introduction. From there: the circuit, excitatory units that share one inhibitory unit; that
its stability is shown by contraction, for ranges of the weights in which it amplifies, and that it may then have
several stable states. From accounts of the article, and to be compared with its text before it is cited for them: the
names of the weights, one time constant for all units, the bounds 1 < alpha < 2 sqrt(beta_1 beta_2) and
1/4 < beta_1 beta_2 < 1. Derived here: every statement below, for two excitatory units without thresholds, and in the
section for n of them, k with the input u_1 and n - k with the input u_2.

Where the bounds need care. They suffice for a single winner; it is stable exactly when alpha < 1 + beta_1 beta_2 and
alpha < 2, which they imply and which asks for less. No norm contracts globally above alpha = 1: while both units are
active their difference grows, and two stable states do not approach each other. And "stable" is for the one time
constant that all units share: above alpha = 1 an inhibitory unit that is slow enough makes every winner unstable.
"""

from __future__ import annotations

from symgame import Circuit
from symgame.microcircuits import shared_inhibition
from symgame.paper import Section, Statement, main

circuit = Circuit.from_matrix(
    [["alpha", 0, "-beta_1"], [0, "alpha", "-beta_1"], ["beta_2", "beta_2", 0]],
    names=["x1", "x2", "y"],
    types=["excitatory", "excitatory", "inhibitory"],
    u=["I_1", "I_2", 0],
    tau=["tau", "tau", "tau_y"],
    assume=["alpha > 0", "beta_1 > 0", "beta_2 > 0"],
    name="Winner-take-all, two excitatory units and shared inhibition",
)

LOOP = "beta_1*beta_2"
ONE_TAU = ("tau_y = tau",)
BOUNDED = (f"alpha < 1 + {LOOP}",)
POSITIVE = ("I_1 > 0", "I_2 > 0")
GAIN = f"(1 + {LOOP} - alpha)"  # one over the gain of a single winner
SILENT = f"I_2*{GAIN} <= {LOOP}*I_1"  # the second unit receives no more than 0 while the first wins

statements = (
    Statement("nothing active is an equilibrium exactly when no input is positive", "exists() <=> I_1 <= 0 & I_2 <= 0"),
    Statement("whatever is active drives the inhibitory unit", "~exists(x1) & ~exists(x2) & ~exists(x1,x2)"),
    Statement("a single winner of gain 1/(1 + beta_1*beta_2 - alpha) silences what stays below its inhibition",
              f"exists(x1,y) <=> I_1 > 0 & {SILENT}", BOUNDED),
    Statement("without input activity persists only where a gain is infinite",
              f"~exists(x1,y) & ~exists(x1,x2,y) & (continuum(x1,y) <=> alpha = 1 + {LOOP}) & "
              f"(continuum(x1,x2,y) <=> alpha = 1 + 2*{LOOP})", ("I_1 = 0", "I_2 = 0")),
    Statement("both active: differences are multiplied by 1/(1 - alpha)", "dx(x1, I_1) - dx(x1, I_2) = 1/(1 - alpha)"),
    Statement("both active: sums are multiplied by 1/(1 - alpha + 2*beta_1*beta_2)",
              f"dx(x1, I_1) + dx(x1, I_2) = 1/(1 - alpha + 2*{LOOP})"),
    Statement("so differences are amplified and sums are not, in a window of alpha",
              "dx(x1, I_1) - dx(x1, I_2) > 1 & dx(x1, I_1) + dx(x1, I_2) < 1 <=> "
              f"0 < alpha < 1 & alpha < 2*{LOOP}", (f"alpha < 1 + 2*{LOOP}",)),
    Statement("soft competition, one state for every input, is alpha < 1", "unique <=> alpha < 1"),
    Statement("it is Lyapunov diagonal stability as well, whatever the loop through inhibition", "lds <=> alpha < 1"),
    Statement("plain monotonicity asks for a balanced loop too",
              "monotone <=> alpha < 1 & (beta_1 - beta_2)^2 < 2*(1 - alpha)"),
    Statement("soft competition lets both be active exactly when neither input silences the other",
              f"exists(x1,x2,y) <=> I_2*{GAIN} > {LOOP}*I_1 & I_1*{GAIN} > {LOOP}*I_2", ("alpha < 1",)),
    Statement("both active are stable in soft competition, whatever the time constants; above, their difference grows",
              "hurwitz(x1,x2,y) <=> alpha < 1"),
    Statement("at equal inputs a single winner exists from alpha = 1 on", "exists(x1,y) <=> alpha >= 1",
              (*BOUNDED, "I_1 > 0", "I_1 = I_2")),
    Statement("below it only a large enough difference makes a winner, and the larger input wins",
              "exists(x1,y) => I_1 > I_2", ("alpha < 1", *POSITIVE)),
    Statement("two possible winners exactly when neither input exceeds the other by more than the gain allows",
              f"exists(x1,y) & exists(x2,y) <=> {SILENT} & I_1*{GAIN} <= {LOOP}*I_2", (*BOUNDED, *POSITIVE)),
    Statement("a winner is stable exactly when two bounds hold, with one time constant",
              f"hurwitz(x1,y) <=> alpha < 1 + {LOOP} & alpha < 2", ONE_TAU),
    Statement("the bounds of the article imply both", f"1 < alpha < 2*sqrt({LOOP}) & {LOOP} < 1 => hurwitz(x1,y)",
              ONE_TAU),
    Statement("and ask for more: beyond 2*sqrt(beta_1*beta_2) the winner is a stable node",
              f"2*sqrt({LOOP}) <= alpha < 1 + {LOOP} & {LOOP} < 1 => hurwitz(x1,y)", ONE_TAU),
    Statement("a loop of beta_1*beta_2 >= 1 does no harm while alpha < 2", f"{LOOP} >= 1 & alpha < 2 => hurwitz(x1,y)",
              ONE_TAU),
    Statement("hysteresis: a stable winner persists against a larger input", "stable(x1,y)",
              (*ONE_TAU, *BOUNDED, "1 < alpha < 2", "0 < I_1 < I_2", f"I_2*{GAIN} < {LOOP}*I_1")),
    Statement("a condition on time constants: inhibition must be fast",
              f"hurwitz(x1,y) <=> alpha < 1 + {LOOP} & (alpha - 1)*tau_y < tau"),
    Statement("without it no winner above alpha = 1 is stable", "for_all_tau(hurwitz(x1,y)) <=> alpha <= 1"),
    Statement("a winner is Nash up to alpha = 1", "nash(x1,y) <=> alpha <= 1", ("exists(x1,y)",)),
    Statement("a stable winner of hard competition is stationary only: it sits at a maximum of its own energy",
              "stable(x1,y) & alpha > 1 => stationary(x1,y) & ~local_nash(x1,y)"),
    Statement("no weighted potential: no energy is shared", "~weighted_potential"),
)  # fmt: skip

of_any_number = (
    Statement("k equal winners silence the others up to a ratio of inputs",
              f"exists(E1,I) <=> u_1 > 0 & u_2*(1 - alpha + k*{LOOP}) <= k*{LOOP}*u_1",
              (f"alpha < 1 + k*{LOOP}", "alpha != 1 | k = 1")),
    Statement("at equal inputs a single winner exists from alpha = 1 on", "exists(E1,I) <=> alpha >= 1",
              (*BOUNDED, "k = 1", "u_1 > 0", "u_1 = u_2")),
    Statement("several winners are stable exactly in soft competition", "hurwitz(E1,I) <=> alpha < 1", ("k >= 2",)),
    Statement("so hard competition has one winner, however many units take part", "stable(E1,I) & alpha > 1 => k = 1"),
    Statement("its stability does not depend on their number",
              f"hurwitz(E1,I) <=> alpha < 1 + {LOOP} & alpha < 2", ("k = 1", *ONE_TAU)),
    Statement("differences are multiplied by 1/(1 - alpha)", "dx(E1, u_1) - dx(E2, u_1) = 1/(1 - alpha)"),
    Statement("a common input by less, the more units take part",
              f"dx(E1, u_1) + dx(E1, u_2) = 1/(1 - alpha + n*{LOOP})"),
    Statement("one state for every input is alpha < 1", "unique <=> alpha < 1"),
    Statement("and so is Lyapunov diagonal stability", "lds <=> alpha < 1"),
    Statement("plain monotonicity bounds the number of units",
              "monotone <=> alpha < 1 & n*(beta_1 - beta_2)^2 < 4*(1 - alpha)"),
    Statement("winners are Nash up to alpha = 1", "nash(E1,I) <=> alpha <= 1", ("exists(E1,I)",)),
)  # fmt: skip

sections = (
    Section(
        "any-number",
        "Winner-take-all by shared inhibition, any number of units",
        shared_inhibition(w_EE="alpha", w_EI="beta_1", w_IE="beta_2", w_II="0", tau_E="tau", tau_I="tau_y"),
        of_any_number,
    ),
)

if __name__ == "__main__":
    raise SystemExit(main(__name__))
