"""Graph rules: the edges of a threshold-linear network decide which sets of neurons can rest, and which of them stably.

C. Curto, K. Morrison, "Pattern completion in symmetric threshold-linear networks", Neural Comput. 28 (2016) 2825;
and the rules for directed graphs that followed: K. Morrison, A. Degeratu, V. Itskov, C. Curto, arXiv:1605.04463, 2016;
C. Curto, J. Geneson, K. Morrison, Neural Comput. 31 (2019) 94, and arXiv:1909.02947, 2019; C. Curto,
arXiv:2510.05098, 2025.

Quoted: the rules. Derived here: each of them for every simple directed graph on the nodes A, B, C, and for every eps
and delta of the legal range. No edge has a value: g_AB is 1 when A receives from B, else 0, so that the 64 graphs are
cases of one circuit. A rule is stated for the sets A; A, B; and A, B, C; renaming the nodes gives it for the others.

The last statement is why the rule of maximal cliques is one of symmetric graphs only.
"""

from __future__ import annotations

from itertools import permutations

from symgame import Circuit
from symgame.paper import Statement, main
from symgame.presentation import Presentation

NODES = "ABC"
EDGES = tuple(f"g_{to}{of}" for to, of in permutations(NODES, 2))

circuit = Circuit.from_matrix(
    [[0 if to == of else f"-1 - delta + (eps + delta)*g_{to}{of}" for of in NODES] for to in NODES],
    names=list(NODES),
    u=["theta"] * 3,
    tau=[1] * 3,
    assume=["eps > 0", "delta > 0", "theta > 0", "eps*(delta + 1) < delta", *(f"{g} = 0 | {g} = 1" for g in EDGES)],
    name="CTLN, every graph on three nodes",
    presentation=Presentation(names=(("eps", r"\varepsilon"),)),
)

SETS = ("A", "B", "C", "A,B", "A,C", "B,C", "A,B,C")
NONE_STABLE = " & ".join(f"~stable({s})" for s in SETS)
ALL_EXIST = " & ".join(f"exists({s})" for s in SETS)
ODD = (
    "((exists(A) <=> exists(B)) <=> (exists(C) <=> exists(A,B))) <=> ((exists(A,C) <=> exists(B,C)) <=> exists(A,B,C))"
)
SYMMETRIC = ("g_AB = g_BA", "g_AC = g_CA", "g_BC = g_CB")
ORIENTED = ("g_AB + g_BA <= 1", "g_AC + g_CA <= 1", "g_BC + g_CB <= 1")
NO_SINK = ("g_BA + g_CA >= 1", "g_AB + g_CB >= 1", "g_AC + g_BC >= 1")
EVERY_EDGE, NO_EDGE = (f"{' + '.join(EDGES)} = {count}" for count in (6, 0))
CYCLE = ("g_BA = 1", "g_CB = 1", "g_AC = 1", "g_AB = 0", "g_BC = 0", "g_CA = 0")

statements = (
    Statement("something is always active", "~exists()"),
    Statement("an equilibrium with one node active is isolated and off the kinks",
              "~continuum(A) & (exists(A) => strict(A))"),
    Statement("so is one with two nodes active", "~continuum(A,B) & (exists(A,B) => strict(A,B))"),
    Statement("the number of isolated equilibria is odd", ODD),
    Statement("sinks: a node rests alone exactly when it drives nobody", "exists(A) <=> g_BA = 0 & g_CA = 0"),
    Statement("uniform in-degree: two nodes rest exactly when they send no other more edges than each of them receives",
              "exists(A,B) <=> g_CA + g_CB <= g_AB", ("g_AB = g_BA",)),
    Statement("uniform in-degree: three nodes always rest",
              "g_AB + g_AC = g_BA + g_BC = g_CA + g_CB => exists(A,B,C)"),
    Statement("sources: of two active nodes neither drives the other alone", "exists(A,B) => g_AB = g_BA"),
    Statement("sources: of three active nodes none drives others and is driven by none", "~exists(A,B,C)",
              ("g_AB = 0", "g_AC = 0", "g_BA + g_CA >= 1")),
    Statement("sources: of two active nodes, one that the other does not drive drives no silent node", "~exists(A,B)",
              ("g_AB = 0", "g_CA = 1")),
    Statement("targets: a node of the set that all others drive drives all of them", "~exists(A,B,C)",
              ("g_AB = 1", "g_AC = 1", "g_BA*g_CA = 0")),
    Statement("domination: B drives A, A not B, and what drives B drives A as well; then B is never active",
              "~exists(B) & ~exists(A,B) & ~exists(B,C) & ~exists(A,B,C)",
              ("g_AB = 1", "g_BA = 0", "g_BC <= g_AC")),
    Statement("a node is stable exactly when it drives nobody: a target-free clique of one",
              "stable(A) <=> g_BA = 0 & g_CA = 0"),
    Statement("two nodes are stable exactly when a clique whose nodes do not both drive the third",
              "stable(A,B) <=> g_AB = 1 & g_BA = 1 & g_CA*g_CB = 0"),
    Statement("three nodes are stable when a clique", "stable(A,B,C)", (EVERY_EDGE,)),
    Statement("three nodes are stable only when a clique", f"stable(A,B,C) => {EVERY_EDGE}"),
    Statement("edges one way and no sink: nothing is stable", NONE_STABLE, (*ORIENTED, *NO_SINK)),
    Statement("the 3-cycle has one equilibrium, with all three active, and it is unstable",
              f"exists(A,B,C) & ~hurwitz(A,B,C) & {' & '.join(f'~exists({s})' for s in SETS[:-1])}", CYCLE),
    Statement("without edges every set of nodes rests", ALL_EXIST, (NO_EDGE,)),
    Statement("without edges only the single nodes do so stably",
              "stable(A) & stable(B) & stable(C) & ~stable(A,B) & ~stable(A,C) & ~stable(B,C) & ~stable(A,B,C)",
              (NO_EDGE,)),
    Statement("symmetric graphs, antichain: not A and A, B", "~(stable(A) & stable(A,B))", SYMMETRIC),
    Statement("symmetric graphs, antichain: not A and A, B, C", "~(stable(A) & stable(A,B,C))", SYMMETRIC),
    Statement("symmetric graphs, antichain: not A, B and A, B, C", "~(stable(A,B) & stable(A,B,C))", SYMMETRIC),
    Statement("symmetric graphs: one node is stable exactly when a maximal clique", "stable(A) <=> g_AB + g_AC = 0",
              SYMMETRIC),
    Statement("symmetric graphs: two nodes are stable exactly when a maximal clique",
              "stable(A,B) <=> g_AB = 1 & g_AC*g_BC = 0", SYMMETRIC),
    Statement("directed graphs: a maximal clique need not rest; both of its nodes may drive one that drives not both",
              "~exists(A,B)", ("g_AB = 1", "g_BA = 1", "g_CA = 1", "g_CB = 1", "g_AC*g_BC = 0")),
)  # fmt: skip

if __name__ == "__main__":
    raise SystemExit(main(__name__))
