"""An excitatory-inhibitory pair is a game, and its self-excitation is a switch.

S. Betteti, W. Retnaraj, A. Davydov, J. Cortés, F. Bullo, "Competition, stability, and functionality in
excitatory-inhibitory neural circuits", arXiv:2512.05252, 2025.

From the article, of which the abstract was read: the framework, in which each population minimises an energy of its
own, and that columns of microcircuits with lateral inhibition enhance contrast. Derived here: every statement below;
none is quoted.

The sections are about n pairs that inhibit each other: k of them, the leaders, have the input u_1, and n - k the input
u_2. Whatever differs between units passes the contrast mode, with the inhibition s - l; what they have in common passes
the common mode, with s + (n - 1) l.
"""

from __future__ import annotations

from symgame import wilson_cowan
from symgame.named import named
from symgame.paper import Section, Statement, main

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

# -- n pairs, two kinds of input --------------------------------------------------------------------------------------

SQUARE = "(1 - w_EE)*(1 + w_II)"
CONTRAST = f"({SQUARE} + (s - l)*w_IE)"  # (1 + w_II)/CONTRAST is the gain of the contrast mode
COMMON = f"({SQUARE} + (s + (n - 1)*l)*w_IE)"
LEADERS = f"({SQUARE} + (s + (k - 1)*l)*w_IE)"  # CONTRAST + k l w_IE: the leaders by themselves
OTHERS = f"({SQUARE} + (s + (n - k - 1)*l)*w_IE)"  # CONTRAST + (n - k) l w_IE
CONTRAST_GAIN, COMMON_GAIN = "(dx(E1, u_1) - dx(E2, u_1))", "(dx(E1, u_1) + dx(E1, u_2))"
BELOW = "w_EE < 1"
APART = f"{CONTRAST} > 0"
LEADING = "u_1 > u_2"

of_units = (
    Statement("differences have the gain of the contrast mode", f"{CONTRAST_GAIN} = (1 + w_II)/{CONTRAST}"),
    Statement("what is common has the gain of the common mode", f"{COMMON_GAIN} = (1 + w_II)/{COMMON}"),
    Statement("contrast is enhanced exactly when there is lateral inhibition",
              f"{CONTRAST_GAIN} > {COMMON_GAIN} <=> l > 0", (APART,)),
    Statement("and amplified when excitation exceeds the inhibition of the contrast mode",
              f"{CONTRAST_GAIN} > 1 <=> w_EE*(1 + w_II) > (s - l)*w_IE", (APART,)),
    Statement("each unit is lowered by the inputs of its rivals", "dx(E1, u_2) < 0 <=> l > 0", (APART,)),
    Statement("the larger input has the larger rate", "x(E1) > x(E2) <=> u_1 > u_2", (APART,)),
    Statement("and the lower energy, below the switch", "energy(E1) < energy(E2) <=> u_1 > u_2",
              (APART, BELOW, "exists(E1,I1,E2,I2)")),
    Statement("the leaders silence the others exactly up to a ratio of inputs",
              f"exists(E1,I1) <=> u_1 > 0 & u_2*{LEADERS} <= k*l*w_IE*u_1",
              (f"{LEADERS} > 0", f"{CONTRAST} != 0 | k = 1")),
    Statement("one winner: the ratio does not depend on the number of rivals",
              f"exists(E1,I1) <=> u_1 > 0 & u_2*({SQUARE} + s*w_IE) <= l*w_IE*u_1", (BELOW, "k = 1")),
    Statement("everyone is active exactly when nobody is silenced",
              f"exists(E1,I1,E2,I2) <=> u_2*{LEADERS} > k*l*w_IE*u_1 & u_1*{OTHERS} > (n - k)*l*w_IE*u_2", (APART,)),
    Statement("in terms of common over contrast: the ratio of the gains decides",
              f"exists(E1,I1,E2,I2) <=> {CONTRAST}*(k*u_1 + (n - k)*u_2) > {COMMON}*k*(u_1 - u_2)", (APART, LEADING)),
    Statement("at equal inputs one winner exists when lateral inhibition exceeds the rest",
              f"exists(E1,I1) <=> l*w_IE >= {SQUARE} + s*w_IE", (BELOW, "k = 1", "u_1 > 0", "u_1 = u_2")),
    Statement("either group may win only then: hysteresis",
              f"exists(E1,I1) & exists(E2,I2) => {CONTRAST} <= 0", (BELOW,)),
    Statement("one winner is attracting below the switch, off the threshold of its rivals", "attracting(E1,I1)",
              (BELOW, "k = 1", "u_1 > 0", f"u_2*({SQUARE} + s*w_IE) < l*w_IE*u_1")),
    Statement("several winners are stable exactly when their contrast decays", f"hurwitz(E1,I1) <=> {APART}",
              (BELOW, "k >= 2")),
    Statement("a winner is Nash up to the switch of a single pair", "nash(E1,I1) <=> w_EE <= 1", ("exists(E1,I1)",)),
    Statement("one state for every input, whatever the number of units", f"unique <=> {BELOW} & {APART}"),
    Statement("Lyapunov diagonal stability: one pair of weights for both modes",
              f"lds <=> sqrt({COMMON}) < 2*sqrt({SQUARE}) + sqrt({CONTRAST})", (BELOW, APART)),
    Statement("it bounds the number of units", f"lds <=> n*l*w_IE < 4*({SQUARE} + sqrt({SQUARE}*{CONTRAST}))",
              (BELOW, APART)),
    Statement("and is Rosen's condition", "rosen <=> lds"),
    Statement("plain monotonicity asks it of both modes with equal weights",
              f"monotone <=> {BELOW} & (s - l - w_IE)^2 < 4*{SQUARE} & (s + (n - 1)*l - w_IE)^2 < 4*{SQUARE}"),
    Statement("no weighted potential, for any number of units", "~weighted_potential"),
)  # fmt: skip

# -- two layers: each unit drives the same unit of the next ------------------------------------------------------------

FIRST, SECOND = ("E1_1,I1_1", "E1_2,I1_2"), ("E2_1,I2_1", "E2_2,I2_2")
EVERYONE = ",".join((*FIRST, *SECOND))
TWICE_LED = ",".join((*FIRST, SECOND[0]))  # layer 1 undecided, layer 2 decided

of_layers = (
    Statement("the contrast of one layer drives the contrast of the next",
              f"{CONTRAST}*(x(E2_1) - x(E2_2)) = f*(1 + w_II)*(x(E1_1) - x(E1_2))"),
    Statement("so gains of modes multiply: contrast", f"dx(E2_1, u_1) - dx(E2_2, u_1) = f*((1 + w_II)/{CONTRAST})^2"),
    Statement("and common", f"dx(E2_1, u_1) + dx(E2_1, u_2) = f*((1 + w_II)/{COMMON})^2"),
    Statement("the ratio of rates passes a Moebius map of the ratio below",
              f"x(E2_2)*({OTHERS}*x(E1_1) - (n - k)*l*w_IE*x(E1_2)) = x(E2_1)*({LEADERS}*x(E1_2) - k*l*w_IE*x(E1_1))"),
    Statement("whose linear coordinate is common over contrast: one factor per layer",
              f"{COMMON}*(k*x(E2_1) + (n - k)*x(E2_2))*(x(E1_1) - x(E1_2)) = "
              f"{CONTRAST}*(k*x(E1_1) + (n - k)*x(E1_2))*(x(E2_1) - x(E2_2))"),
    Statement("two layers leave everyone active exactly when the squared factor does",
              f"exists({EVERYONE}) <=> {CONTRAST}^2*(k*u_1 + (n - k)*u_2) > {COMMON}^2*k*(u_1 - u_2)",
              (APART, LEADING)),
    Statement("each layer sharpens", f"exists({EVERYONE}) => x(E2_2)*x(E1_1) < x(E2_1)*x(E1_2)",
              (APART, LEADING, "l > 0")),
    Statement("who is silent in one layer is silent in the next", f"~exists({FIRST[0]},{','.join(SECOND)})", (APART,)),
    Statement("and nobody overtakes", f"~exists({','.join(FIRST)},{SECOND[1]})", (APART, LEADING)),
    Statement("layer 2 decides what layer 1 left open, up to a larger ratio of inputs",
              f"exists({TWICE_LED}) <=> "
              f"u_2*({LEADERS}^2 + k*(n - k)*(l*w_IE)^2) <= k*l*w_IE*({LEADERS} + {OTHERS})*u_1",
              (APART, f"u_2*{LEADERS} > k*l*w_IE*u_1", f"u_1*{OTHERS} > (n - k)*l*w_IE*u_2")),
    Statement("one state for every input: as one layer", f"unique <=> {BELOW} & {APART}"),
    Statement("Lyapunov diagonal stability: as one layer, whatever the feedforward weight",
              f"lds <=> sqrt({COMMON}) < 2*sqrt({SQUARE}) + sqrt({CONTRAST})", (BELOW, APART)),
    Statement("stable with everyone active: as one layer", f"hurwitz({EVERYONE}) <=> {APART}", (BELOW,)),
)  # fmt: skip

sections = (
    Section(
        "microcircuit",
        "Lateral inhibition sharpens differences, and diagonal stability bounds how many units may compete",
        named("lateral-inhibition"),
        of_units,
    ),
    Section(
        "column",
        "A column applies one contrast map layer after layer, and is as stable as one layer",
        named("column"),
        of_layers,
    ),
)

if __name__ == "__main__":
    raise SystemExit(main(__name__))
