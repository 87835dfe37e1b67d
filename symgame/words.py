"""The vocabulary of formulas: which words exist, what each takes and yields. Data only; meanings live elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

#: Words of a branch B, written ``word(E, I=m, S=-)``. ``hurwitz`` is also a word of the circuit, without a branch.
BRANCH_WORDS = {
    "exists": "an isolated equilibrium lies on the branch (its block determinant is not 0)",
    "continuum": "the block determinant is 0 and equilibria lie on the branch",
    "strict": "exists, and no total input sits on a kink",
    "hurwitz": "the Jacobian of the branch has only eigenvalues with negative real part; no existence implied",
    "stable": "strict and hurwitz",
    "attracting": "exists, hurwitz, and no loop of couplings passes through a rate on a kink: enough for stability",
    "stationary": "exists: every rate is a stationary point of its own energy",
    "local_nash": "exists, and every rate is a local minimiser of its own energy",
    "nash": "exists, and every rate is a global minimiser of its own energy",
}

#: Numbers read at one branch, with the arguments they take: ``population``, ``input``.
READINGS = {
    "x": ("population",),
    "dx": ("population", "input"),
    "energy": ("population",),
    "curvature": ("population",),
}

#: Conditions read at one branch, with the arguments they take.
READ_CONDITIONS = {"paradoxical": ("population",)}

#: Numbers of the branch that take no argument.
BRANCH_NUMBERS = {
    "trace": "trace of the Jacobian of the branch",
    "det": "determinant of I - W on the active block",
    "disc": "discriminant of the characteristic polynomial of the Jacobian of the branch",
}

#: Conditions of the circuit as a whole.
CIRCUIT_WORDS = {
    "unique": "exactly one equilibrium for every input",
    "p_matrix": "all principal minors of I - W are positive",
    "lds": "I - W is Lyapunov diagonally stable",
    "rosen": "the pseudo-gradient is diagonally strictly monotone",
    "monotone": "the pseudo-gradient is strongly monotone",
    "hurwitz": "-I + W with the time constants is Hurwitz",
    "totally_hurwitz": "-I + W with the time constants and all its principal submatrices are Hurwitz",
    "d_stable": "-I + W is Hurwitz for every choice of positive time constants",
    "potential": "the game has an exact potential",
    "weighted_potential": "the game has a weighted potential",
}

QUANTIFIERS = {
    "for_all_tau": "holds for every choice of positive time constants",
    "for_some_tau": "holds for some choice of positive time constants",
}

#: Quantifiers over the gains of a smooth circuit: over its equilibria for every input, then.
GAIN_QUANTIFIERS = {
    "for_all_gains": "holds at every equilibrium, for every input",
    "for_some_gains": "holds at some equilibrium for some input",
}

#: Functions of numbers and how many arguments they take (least, most).
FUNCTIONS = {"sqrt": (1, 1), "abs": (1, 1), "min": (2, 8), "max": (2, 8)}

CONSTANTS = {"true": True, "false": False}

RESERVED = (
    frozenset(BRANCH_WORDS)
    | frozenset(READINGS)
    | frozenset(READ_CONDITIONS)
    | frozenset(BRANCH_NUMBERS)
    | frozenset(CIRCUIT_WORDS)
    | frozenset(QUANTIFIERS)
    | frozenset(GAIN_QUANTIFIERS)
    | frozenset(FUNCTIONS)
    | frozenset(CONSTANTS)
)

#: The words that are followed by parentheses.
CALLABLE = (
    frozenset(BRANCH_WORDS)
    | frozenset(READINGS)
    | frozenset(READ_CONDITIONS)
    | frozenset(QUANTIFIERS)
    | frozenset(GAIN_QUANTIFIERS)
    | frozenset(FUNCTIONS)
)


def nearest(word: str, known: Iterable[str]) -> str:
    """The tail of a message about an unknown word: the nearest known one, then all of them."""
    listed = sorted(known)
    same = [name for name in listed if name.casefold() == word.casefold()]
    close = same or get_close_matches(word, listed, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"{hint} (known: {', '.join(listed)})"
