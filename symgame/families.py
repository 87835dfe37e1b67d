"""Circuits of any size by rule: threshold-linear networks of a graph, rings, random excitatory-inhibitory circuits.

Every weight is exact: a number that the rule gives, or a symbol where the value is left open.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import sympy

from symgame.circuit import Circuit, Population, population
from symgame.entries import MOST, exact_entry
from symgame.errors import CircuitError
from symgame.graphs import digraph
from symgame.notation import symbol
from symgame.presentation import Presentation

_EPSILON = Presentation(names=(("eps", r"\varepsilon"),))


def ctln(
    graph: Any,
    eps: object = None,
    delta: object = None,
    theta: object = None,
    *,
    nodes: int | Sequence[object] | None = None,
    name: str | None = None,
) -> Circuit:
    """The combinatorial threshold-linear network of a simple directed graph (Curto and Morrison).

    ReLU rates, time constants 1, every input theta, and ``W[i, j]`` is ``-1 + eps`` if j -> i, ``-1 - delta`` if not,
    0 for i = j. Parameters are exact numbers or names of symbols; left out, they are the symbols ``eps``, ``delta`` and
    ``theta``. All are > 0, and ``eps < delta/(delta + 1)``, the legal range, in which the graph rules of the literature
    hold: numbers are checked, symbols become hypotheses. Outside it, use :meth:`Circuit.from_matrix`.

    The graph is anything that :func:`symgame.graphs.digraph` reads, with ``nodes``; node 1 is population ``x1``.

    Raises :class:`~symgame.errors.CircuitError` for a graph that is not simple or a parameter out of range.

    Source: K. Morrison, A. Degeratu, V. Itskov, C. Curto, Diversity of emergent dynamics in competitive
    threshold-linear networks, arXiv 1605.04463 (2016).

    >>> ctln("1-2-3-1", eps="1/4", delta="1/2", theta=1).W
    Matrix([
    [   0, -3/2, -3/4],
    [-3/4,    0, -3/2],
    [-3/2, -3/4,    0]])
    >>> ctln("1-2-3-1").assume
    ('eps > 0', 'delta > 0', 'theta > 0', 'eps*(delta + 1) < delta')
    """
    g = digraph(graph, nodes)
    n = len(g.nodes)
    e, d, b = _parameter("eps", eps), _parameter("delta", delta), _parameter("theta", theta)
    _check_legal(e, d)
    zero, weight = sympy.Integer(0), (-1 - d, -1 + e)
    W = [[zero if i == j else weight[to] for j, to in enumerate(row)] for i, row in enumerate(g.adjacency())]
    populations = tuple(population(label, None, 1, b, "relu") for label in g.names("x"))
    return _network(name or f"CTLN, {n} node{'s' if n > 1 else ''}", populations, W, e, d, b, bool(g.edges))


def ei_tln(
    graph: Any,
    eps: object = None,
    delta: object = None,
    theta: object = None,
    tau_I: object = None,
    *,
    nodes: int | Sequence[object] | None = None,
    name: str | None = None,
) -> Circuit:
    """The excitatory-inhibitory network of a graph that has the fixed points of its CTLN and obeys Dale's law.

    Each node is an excitatory population with weight ``1 + delta`` to itself and ``eps + delta`` along each edge; the
    one inhibitory population I, with time constant ``tau_I`` and no input, receives ``1 + delta`` from every node and
    sends ``-1`` to every node. For rates >= 0 it rests at ``x_I = (1 + delta) sum_j x_j``; put into the other
    equations (``tau_I -> 0``) this is the CTLN, and both have the same equilibria for every ``tau_I``. Only stability
    may differ. Parameters as for :func:`ctln`; ``tau_I`` is a number > 0 or a symbol. Node 1 is population ``E1``.

    Source: C. Curto, On graphical domination for threshold-linear networks with recurrent excitation and global
    inhibition, arXiv 2510.05098 (2025).

    >>> ei_tln("1-2", eps="1/4", delta="1/2", theta=1).W
    Matrix([
    [3/2,   0, -1],
    [3/4, 3/2, -1],
    [3/2, 3/2,  0]])
    """
    g = digraph(graph, nodes)
    n = len(g.nodes)
    e, d, b = _parameter("eps", eps), _parameter("delta", delta), _parameter("theta", theta)
    _check_legal(e, d)
    zero = sympy.Integer(0)
    W = [
        [*(1 + d if i == j else e + d if to else zero for j, to in enumerate(row)), sympy.Integer(-1)]
        for i, row in enumerate(g.adjacency())
    ]
    W.append([*(1 + d for _ in range(n)), zero])
    populations = (
        *(population(label, "excitatory", 1, b, "relu") for label in g.names("E")),
        population("I", "inhibitory", _parameter("tau_I", tau_I), 0, "relu"),
    )
    return _network(name or f"E-I TLN, {n} node{'s' if n > 1 else ''}", populations, W, e, d, b, bool(g.edges))


def ring(
    n: object = 3,
    weights: Sequence[object] | None = None,
    *,
    directed: bool = False,
    u: object = None,
    tau: object = "tau",
    name: str | None = None,
) -> Circuit:
    """n populations on a circle, coupled by distance alone: W is circulant. ReLU rates, one time constant for all.

    ``weights[d]`` is the *signed* coupling between populations d steps apart, shorter way round; ``weights[0]`` is that
    of each to itself, and what is not given is 0. With ``directed=True`` it is the coupling to each population from the
    one d steps *before* it; the cyclic circuit, in which every population is driven by the one before, is
    ``ring(n, [0, "w"], directed=True)``. By default the symbols ``w_0``, ``w_1``: itself and its nearest.

    ``u`` is one input for all (by default ``u_x1``, ``u_x2``, ...). A cosine of the distance, as in models of
    orientation tuning (Ben-Yishai, Bar-Or, Sompolinsky 1995), is not rational for most n, so it is not offered.

    Raises :class:`~symgame.errors.CircuitError` for n outside 1 to 400, or more weights than there are distances.

    >>> ring(4, ["a", "b"]).W
    Matrix([
    [a, b, 0, b],
    [b, a, b, 0],
    [0, b, a, b],
    [b, 0, b, a]])
    >>> ring(3, [0, "w"], directed=True).W
    Matrix([
    [0, 0, w],
    [w, 0, 0],
    [0, w, 0]])
    """
    size = _whole("n", n, 1, MOST)
    distances = size if directed else size // 2 + 1
    if weights is None:
        weights = ["w_0", "w_1"][:distances]
    if isinstance(weights, str) or not hasattr(weights, "__len__"):
        raise CircuitError(f"weights is {weights!r}; give a list: the coupling to itself, then one per distance.")
    if len(weights) > distances:
        way = "directed ring" if directed else "ring"
        raise CircuitError(f"{len(weights)} weights, but a {way} of {size} has {distances} distances, 0 included.")
    given = [exact_entry(w, f"the weight at distance {d}") for d, w in enumerate(weights)]
    given += [sympy.Integer(0)] * (distances - len(given))
    steps = [given[d if directed else min(d, size - d)] for d in range(size)]
    return Circuit.from_matrix(
        sympy.ImmutableDenseMatrix(size, size, [steps[(i - j) % size] for i in range(size) for j in range(size)]),
        u=None if u is None else [u] * size,
        tau=[tau] * size,
        name=name or f"{'directed ring' if directed else 'ring'} of {size}",
    )


def random_ei(
    n: object = 10,
    seed: object = 0,
    *,
    fraction_excitatory: object = "4/5",
    density: object = "1/2",
    excitation: object = 1,
    inhibition: object = 2,
    input: object = 1,
    digits: object = 3,
    name: str | None = None,
) -> Circuit:
    """A random excitatory-inhibitory circuit with exact decimal weights, the same for the same arguments everywhere.

    Of n ReLU populations, the first ``fraction_excitatory`` (rounded) are excitatory, ``E1, E2, ...``, the others
    inhibitory, ``I1, ...``. Each weight, also of a population to itself, is there with probability ``density`` and then
    uniform on the multiples of ``10^-digits`` up to the bound at which a population expects the total ``excitation``
    from all E and the total ``inhibition`` from all I. Inputs are uniform up to ``input``; time constants are 1.

    Each number is drawn from the SHA-256 of the seed and its own place, so that it depends on no version of Python or
    NumPy and on no other draw.

    Raises :class:`~symgame.errors.CircuitError` for a seed that is no whole number, a probability outside 0 to 1, and
    ``digits`` too few to tell a weight from 0.

    >>> circuit = random_ei(4, seed=7, density=1)
    >>> circuit.names, circuit.W.row(0), circuit.u[0]
    (('E1', 'E2', 'E3', 'I1'), Matrix([[...]]), ...)
    """
    size, key = _whole("n", n, 1, MOST), _whole("seed", seed, 0, 2**64 - 1)
    places = 10 ** _whole("digits", digits, 1, 12)
    share = _number("fraction_excitatory", fraction_excitatory, most=1)
    probability = _number("density", density, most=1)
    if probability == 0:
        raise CircuitError("density is 0, and no weight would be there; it is a probability > 0.")
    strength = _number("excitation", excitation), _number("inhibition", inhibition)
    excitatory = int(share * size + Fraction(1, 2))
    counts = excitatory, size - excitatory
    bounds = [int(2 * s * places / (probability * k)) if k else 0 for s, k in zip(strength, counts, strict=True)]
    highest = int(_number("input", input) * places)
    for what, bound, wanted in (*zip(("excitation", "inhibition"), bounds, strength, strict=True),):
        if wanted and bound == 0 and counts[what == "inhibition"]:
            raise CircuitError(f"digits is {digits}, too few for weights of this {what} on {size} populations.")
    signs = [1] * counts[0] + [-1] * counts[1]
    there = int(probability * 2**64)
    entries = []
    for i in range(size):
        for j, s in enumerate(signs):
            chance, word = _words(key, f"W {i} {j}")
            bound = bounds[s < 0]
            drawn = chance < there and bound > 0
            entries.append(sympy.Rational(s * _up_to(bound, word), places) if drawn else sympy.Integer(0))
    u = [sympy.Rational(_up_to(highest, _words(key, f"u {i}")[0]), places) if highest else 0 for i in range(size)]
    return Circuit.from_matrix(
        sympy.ImmutableDenseMatrix(size, size, entries),
        names=[f"E{k + 1}" for k in range(counts[0])] + [f"I{k + 1}" for k in range(counts[1])],
        types=["excitatory"] * counts[0] + ["inhibitory"] * counts[1],
        u=u,
        tau=[1] * size,
        name=name or f"random E-I circuit of {size}, seed {key}",
    )


# -- parameters -------------------------------------------------------------------------------------------------------


def _parameter(key: str, value: object) -> sympy.Expr:
    """A parameter > 0: the number, or a symbol, by default of its own name."""
    if value is None:
        return symbol(key)
    found = exact_entry(value, key)
    if not (found.is_Symbol or found.is_Rational):
        raise CircuitError(f"{key} is {found}; give a number, or one name for it.")
    if found.is_Rational and found <= 0:
        raise CircuitError(f"{key} is {found}; it is > 0.")
    return found


def _check_legal(e: sympy.Expr, d: sympy.Expr) -> None:
    if e.is_Rational and (e >= 1 or (d.is_Rational and e * (1 + d) >= d)):
        most = d / (1 + d) if d.is_Rational else 1
        raise CircuitError(
            f"eps is {e}, outside of the legal range eps < delta/(delta + 1)"
            f"{f', here {most}' if d.is_Rational else ', which is at most 1'}. For other values make the circuit by "
            f"Circuit.from_matrix."
        )


def _network(
    name: str,
    populations: tuple[Population, ...],
    W: list[list[sympy.Expr]],
    e: sympy.Expr,
    d: sympy.Expr,
    b: sympy.Expr,
    edges: bool,
) -> Circuit:
    """The circuit with the range of those parameters that occur in it."""
    n = len(populations)
    matrix = sympy.ImmutableDenseMatrix(n, n, [entry for row in W for entry in row])
    present = {s for row in W for entry in row for s in entry.free_symbols}
    assume = [f"{p} > 0" for p in dict.fromkeys((e, d, b)) if p in present or (p == b and b.is_Symbol)]
    if e in present and d in present:
        assume.append(f"{e}*({1 + d}) < {d}")
    elif e in present:  # where delta does not occur, some delta will do
        assume.append(f"{e} < {d / (1 + d) if d.is_Rational else 1}")
    elif edges and d in present and e.is_Rational:
        assume.append(f"{d} > {e / (1 - e)}")
    presentation = _EPSILON if symbol("eps") in present else Presentation()
    return Circuit(name, populations, matrix, tuple(assume), presentation=presentation)


def _whole(key: str, value: object, least: int, most: int) -> int:
    found = exact_entry(value, key)
    if not found.is_Integer or not least <= found <= most:
        raise CircuitError(f"{key} is {found}; a whole number from {least} to {most} was expected.")
    return int(found)


def _number(key: str, value: object, most: int | None = None) -> Fraction:
    found = exact_entry(value, key)
    if not found.is_Rational or found < 0 or (most is not None and found > most):
        bound = ">= 0" if most is None else f"from 0 to {most}"
        raise CircuitError(f"{key} is {found}; a number {bound} was expected.")
    return Fraction(int(found.p), int(found.q))


def _words(seed: int, place: str) -> tuple[int, int]:
    """Two whole numbers below 2^64, as if at random."""
    digest = hashlib.sha256(f"symgame {seed} {place}".encode()).digest()
    return int.from_bytes(digest[:8], "big"), int.from_bytes(digest[8:16], "big")


def _up_to(bound: int, word: int) -> int:
    """One of 1, ..., bound."""
    return 1 + (bound * word >> 64)
