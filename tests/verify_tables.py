"""Tables of pairs for ``verify``: exact truths, ten kinds of seeded errors, and the verdict that each row deserves.

Truth comes from :func:`symgame.numeric.solutions`, which shares neither closed conditions nor arrays with ``verify``,
and from arithmetic in this file. An error that changes nothing is drawn again.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

from symgame.named import wilson_cowan
from symgame.numeric import Solution, solutions

PARAMETERS = ("w_EE", "w_EI", "w_IE", "w_II", "tau_E", "tau_I", "u_E", "u_I")
CLAIMS = ("active", "x_E", "x_I", "stable", "type", "eig1_re", "eig1_im", "eig2_re", "eig2_im", "nash", "lds", "count")
NUMBERS = ("x_E", "x_I", "eig1_re", "eig1_im", "eig2_re", "eig2_im")

Cells = dict[str, str]
Point = dict[str, Fraction]


@dataclass(frozen=True)
class Row:
    """The cells of a row, the kind of error in it, and its verdict."""

    cells: Cells
    kind: str
    verdict: str


def text(value: Fraction, digits: int = 15) -> str:
    """A decimal with so many significant digits, correctly rounded, always with a point."""
    rounded = Context(prec=digits).divide(Decimal(value.numerator), Decimal(value.denominator))
    plain = f"{rounded:f}"
    return plain if "." in plain else plain + ".0"


def point_of(cells: Cells) -> Point:
    return {name: Fraction(cells[name]) for name in PARAMETERS}


def equilibria(point: Point) -> tuple[Solution, ...]:
    return solutions(wilson_cowan().with_values(**{n: str(v) for n, v in point.items()}), 25).equilibria


def decent(found: tuple[Solution, ...]) -> bool:
    """Whether nothing lies on a kink or on a continuum, so that every claim has an answer."""
    return bool(found) and all(e.strict and e.type != "continuum" for e in found)


def claims(point: Point, e: Solution, many: int) -> Cells:
    """What is true at an equilibrium, as a table says it."""
    cells = {name: text(e.state[name[2:]]) for name in ("x_E", "x_I")}
    for k, (re, im) in enumerate(e.eigenvalues, 1):
        cells |= {f"eig{k}_re": text(Fraction(re)), f"eig{k}_im": text(Fraction(im))}
    cells |= {"active": f"({e.branch})", "stable": str(bool(e.stable)).lower(), "type": e.type, "nash": str(e.nash)}
    delta, kappa = 1 + point["w_II"], point["w_EI"] * point["w_IE"]
    lds = point["w_EE"] < 1 and (1 - point["w_EE"]) * delta + kappa > 0
    return cells | {"lds": "yes" if lds else "no", "count": str(many)}


def drawn(rng: random.Random, several: bool = False) -> tuple[Cells, tuple[Solution, ...], Solution]:
    """Parameters of two decimals, the equilibria there, and one of them; ``several``: where there is more than one."""
    while True:
        point = {name: Fraction(rng.randint(5, 300), 100) for name in PARAMETERS}
        if several:
            point["w_EE"] += 1
            point["u_I"] = -point["u_I"] - 1
            point["u_E"] = -Fraction(rng.randint(1, 20), 100)
        elif rng.random() < 0.5:
            point["u_I"] = -point["u_I"] / 4
        found = equilibria({n: Fraction(text(v)) for n, v in point.items()})
        if decent(found) and (len(found) > 1) >= several:
            e = rng.choice(found)
            return {n: text(v) for n, v in point.items()} | claims(point, e, len(found)), found, e


# -- the errors, each a row, or nothing when it changed nothing -------------------------------------------------------


def right(rng: random.Random) -> Row | None:
    return Row(drawn(rng, rng.random() < 0.2)[0], "none", "right")


def sign(rng: random.Random) -> Row | None:
    cells, _, _ = drawn(rng)
    name = rng.choice(("x_E", "x_I", "eig1_re", "eig2_re"))
    if Fraction(cells[name]) == 0:
        return None
    wrong = cells | {name: text(-Fraction(cells[name]))}
    if sorted(pairs(wrong)) == sorted(pairs(cells)) and name.startswith("eig"):
        return None
    return Row(wrong, "sign", "not an equilibrium" if name.startswith("x") else "wrong")


def pairs(cells: Cells) -> list[tuple[str, str]]:
    return [(cells["eig1_re"], cells["eig1_im"]), (cells["eig2_re"], cells["eig2_im"])]


def transposition(rng: random.Random) -> Row | None:
    """Two neighbouring digits of a rate, among the first five, change places."""
    cells, _, _ = drawn(rng)
    name = rng.choice(("x_E", "x_I"))
    old = cells[name]
    near = range(min(len(old) - 1, 5))
    places = [k for k in near if old[k].isdigit() and old[k + 1].isdigit() and old[k] != old[k + 1]]
    if not places:
        return None
    k = rng.choice(places)
    return Row(cells | {name: old[:k] + old[k + 1] + old[k] + old[k + 2 :]}, "transposition", "not an equilibrium")


def rounding(rng: random.Random) -> Row | None:
    cells, _, e = drawn(rng)
    name = rng.choice(("x_E", "x_I"))
    short = text(e.state[name[2:]], 3)
    digits = len(short.replace(".", "").lstrip("0"))
    if Fraction(short) == e.state[name[2:]] or digits != 3 or short.endswith(".0"):
        return None
    return Row(cells | {name: short}, "rounding", "right to 3 digits")


def wrong_branch(rng: random.Random) -> Row | None:
    cells, found, e = drawn(rng, several=True)
    other = rng.choice([f for f in found if f is not e])
    return Row(cells | {f"x_{n}": text(v) for n, v in other.state.items()}, "wrong branch", "other branch")


def swapped(rng: random.Random) -> Row | None:
    cells, found, e = drawn(rng)
    state = {"E": e.state["I"], "I": e.state["E"]}
    if any(f.state == state for f in found):
        return None
    return Row(cells | {"x_E": cells["x_I"], "x_I": cells["x_E"]}, "swapped populations", "not an equilibrium")


def wrong_tau(rng: random.Random) -> Row | None:
    cells, _, e = drawn(rng)
    moved = cells | {"tau_E": cells["tau_I"], "tau_I": cells["tau_E"]}
    now = next(f for f in equilibria(point_of(moved)) if f.branch == e.branch)
    return None if now.eigenvalues == e.eigenvalues else Row(moved, "wrong tau", "wrong")


def unit(rng: random.Random) -> Row | None:
    cells, _, e = drawn(rng)
    name = rng.choice(("E", "I"))
    if e.state[name] == 0:
        return None
    return Row(cells | {f"x_{name}": text(e.state[name] * 1000)}, "unit error", "not an equilibrium")


def stale(rng: random.Random) -> Row | None:
    """A parameter of the row is newer than its claims."""
    cells, _, e = drawn(rng)
    name = rng.choice(PARAMETERS)
    moved = cells | {name: text(Fraction(cells[name]) + Fraction(rng.choice((-3, 1, 2, 7)), 100))}
    if Fraction(moved[name]) <= 0 and not name.startswith("u"):
        return None
    found = equilibria(point_of(moved))
    if not decent(found):
        return None
    same = next((f for f in found if f.state == e.state), None)
    if same is None:
        return Row(moved, "stale parameter", "not an equilibrium")
    now = claims(point_of(moved), same, len(found))
    return Row(moved, "stale parameter", "wrong") if any(now[k] != cells[k] for k in now) else None


def boundary(rng: random.Random) -> Row | None:
    """The trace is 0 at a rational w_EE that is no double; the row has the nearest double, and either claim."""
    cells, _, _ = drawn(rng)
    point = point_of(cells)
    point["u_I"], point["w_EI"], point["w_IE"] = Fraction(1, 10), Fraction(4), Fraction(4)
    critical = 1 + point["tau_E"] / point["tau_I"] * (1 + point["w_II"])
    near = repr(float(critical))
    if len(near.replace(".", "")) < 17 or (critical - 1) * (1 + point["w_II"]) >= 16:
        return None
    cells |= {n: text(v) for n, v in point.items()} | {"w_EE": near}
    found = equilibria(point_of(cells))
    e = next((f for f in found if f.branch == "E,I"), None)
    if e is None or not decent(found):
        return None
    cells |= claims(point_of(cells), e, len(found)) | {"stable": rng.choice(("true", "false"))}
    return Row(cells, "boundary", "boundary")


def nan(rng: random.Random) -> Row | None:
    cells, _, _ = drawn(rng)
    return Row(cells | {rng.choice((*PARAMETERS, *NUMBERS)): rng.choice(("nan", "NaN", "inf", ""))}, "NaN", "bad row")


KINDS: tuple[Callable[[random.Random], Row | None], ...] = (
    sign, transposition, rounding, wrong_branch, swapped, wrong_tau, unit, stale, boundary, nan,
)  # fmt: skip


def rows(many: int, seed: int = 0) -> list[Row]:
    """So many rows, half of them right, the others with an error of each kind in turn."""
    rng = random.Random(seed)
    found: list[Row] = []
    for k in range(many):
        kind = right if k % 2 else KINDS[k // 2 % len(KINDS)]
        row = None
        while row is None:
            row = kind(rng)
        found.append(row)
    return found


def csv_text(table: list[Row]) -> str:
    heads = (*PARAMETERS, *CLAIMS)
    lines = [",".join(heads), *(",".join(f'"{row.cells[h]}"' for h in heads) for row in table)]
    return "\n".join(lines) + "\n"
