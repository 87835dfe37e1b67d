"""Assertions on circuits for the tests of your own project, under pytest, unittest or by themselves.

Each decides exactly and raises ``AssertionError`` with the true value, the residual and the branch. A mistake in the
question (an unknown name, a symbol without a value) is a :class:`~symgame.errors.SymgameError` instead, which no
test takes for a failure. Nothing heavy loads before an assertion is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from symgame.errors import ModelError, Unsupported

if TYPE_CHECKING:
    from symgame.circuit import Circuit
    from symgame.numeric import Solution
    from symgame.statements import Checked
    from symgame.trajectories import Trajectory

__all__ = [
    "assert_equilibrium", "assert_holds", "assert_regime", "assert_stable", "assert_trajectory", "assert_unstable",
]  # fmt: skip

Nash = Literal["global", "local", "stationary"]
State = Mapping[str, object] | Sequence[object]
Model = Any  # a Circuit, a built-in name, or the path of a model file


def assert_equilibrium(
    circuit: Model,
    state: State,
    *,
    values: Mapping[str, object] | None = None,
    digits: int | None = None,
    stable: bool | None = None,
    nash: Nash | None = None,
) -> Solution:
    """The state is an equilibrium of the circuit at these values; of the given stability and Nash class, if given.

    ``state`` has a rate for each population, by name or in order. Integers, fractions and ``"17/24"`` are exact, and
    have to be exactly right. A decimal as text stands for what rounds to it (``"0.708"``), a float for what rounds to
    that float; with ``digits`` every rate stands for what agrees with it to half a unit in that significant digit,
    as the output of a solver does. An equilibrium of the complete exact list has to lie there; it is returned.

    >>> pair = {"w_EE": "5/2", "w_EI": "5/2", "w_IE": "3/2", "w_II": "7/10", "u_E": "1/2", "u_I": 0,
    ...         "tau_E": 10, "tau_I": 5}
    >>> found = assert_equilibrium("wilson-cowan", {"E": "0.708", "I": "5/8"}, values=pair, stable=True)
    >>> found.state["E"], found.nash
    (Fraction(17, 24), 'stationary')
    >>> assert_equilibrium("wilson-cowan", {"E": "0.709", "I": "5/8"}, values=pair)
    Traceback (most recent call last):
    ...
    AssertionError: not an equilibrium: E = 0.709, I = 5/8
      residual phi(W x + u) - x: E 1/1000, I 1/1000
      the nearest equilibrium: (E,I): E = 17/24, I = 5/8; focus, stable, Nash: stationary; E off by 1/1500
    """
    __tracebackhide__ = True
    from symgame.numeric import solutions, system

    numeric = _opened(circuit, values)
    exact = system(numeric)
    written = _written(numeric.names, state)
    boxes = {name: _box(value, name, digits) for name, value in written.items()}
    listed = solutions(numeric)
    points = [e for e in listed.equilibria if e.state]
    inside = [e for e in points if all(low <= e.state[name] <= high for name, (low, high) in boxes.items())]
    if not inside:
        middle = [(low + high) / 2 for low, high in boxes.values()]
        shown = ", ".join(f"{name} = {value}" for name, value in written.items())
        residual = _residual(exact, middle)
        if not any(residual):
            families = [e.description for e in listed.equilibria if e.type == "continuum"]
            raise AssertionError(f"an equilibrium, but not an isolated one: {shown}\n  {'; '.join(families)}")
        lines = [f"not an equilibrium: {shown}"]
        lines.append(
            "  residual phi(W x + u) - x: "
            + ", ".join(f"{name} {_short(r)}" for name, r in zip(numeric.names, residual, strict=True))
        )
        lines += [f"  {_nearest(points, numeric.names, middle)}"]
        lines += [f"  not compared with {e.description}" for e in listed.equilibria if e.type == "continuum"]
        if not listed.complete:
            lines.append(f"  the list of equilibria is not complete: {listed.reason}")
        raise AssertionError("\n".join(lines))
    found = inside[0]
    if len(inside) > 1 and (stable is not None or nash is not None):
        both = "; ".join(_described(e) for e in inside)
        raise AssertionError(f"{len(inside)} equilibria round to this state, so write more digits: {both}")
    if stable is not None and found.stable is not stable:
        word = {True: "stable", False: "unstable", None: "of undecided stability"}
        raise AssertionError(f"the equilibrium is {word[found.stable]}, not {word[stable]}: {_described(found)}")
    if nash is not None and found.nash != nash:
        raise AssertionError(f"the Nash class is {found.nash!r}, not {nash!r}: {_described(found)}")
    return found


def assert_stable(circuit: Model, state: State, **options: Any) -> Solution:
    """:func:`assert_equilibrium` with ``stable=True``.

    >>> from symgame import Circuit
    >>> two = Circuit.from_matrix([[0, -2], [-2, 0]], names="LR", u=[1, 1], tau=[1, 1])
    >>> assert_stable(two, [1, 0]).branch
    'L'
    >>> assert_stable(two, ["1/3", "1/3"])
    Traceback (most recent call last):
    ...
    AssertionError: the equilibrium is unstable, not stable: (L,R): L = 1/3, R = 1/3; saddle, unstable, Nash: global;
    eigenvalues 1.00000, -3.00000
    """
    __tracebackhide__ = True
    return assert_equilibrium(circuit, state, stable=True, **options)


def assert_unstable(circuit: Model, state: State, **options: Any) -> Solution:
    """:func:`assert_equilibrium` with ``stable=False``."""
    __tracebackhide__ = True
    return assert_equilibrium(circuit, state, stable=False, **options)


def assert_regime(circuit: Model, name: str, values: Mapping[str, object] | None = None) -> None:
    """The circuit is in the regime of that name at these values, decided exactly.

    The names are those of :func:`symgame.regimes`, for up to three populations. A value may be missing where
    the name does not depend on it.

    >>> values = {"w_EE": "5/2", "w_EI": "5/2", "w_IE": "3/2", "w_II": "7/10", "tau_E": 10, "tau_I": 5}
    >>> assert_regime("wilson-cowan", "inhibition-stabilised", values)
    >>> assert_regime("wilson-cowan", "antagonistic", values)
    Traceback (most recent call last):
    ...
    AssertionError: the regime is 'inhibition-stabilised', not 'antagonistic'
    """
    __tracebackhide__ = True
    from symgame.chart import MAX_ROUTH, regime_name, regime_table
    from symgame.words import nearest

    numeric = _opened(circuit, values)
    if len(numeric.names) > MAX_ROUTH:
        n = len(numeric.names)
        raise Unsupported(f"regimes have names for up to {MAX_ROUTH} populations; this circuit has {n}")
    known = [row[0] for row in regime_table()]
    if name not in known:
        raise ModelError(f"there is no regime {name!r}{nearest(name, known)}")
    true = regime_name(numeric, {})
    if true != name:
        raise AssertionError(f"the regime is {true!r}, not {name!r}")


def assert_holds(
    circuit: Model,
    formula: Any,
    given: str | Sequence[str] = (),
    *,
    values: Mapping[str, object] | None = None,
    at: str | None = None,
) -> Checked:
    """The statement is true for all values of its symbols in the circuit's domain: proved, or cited.

    What was not decided is a failure too, with its reason.

    >>> assert_holds("wilson-cowan", "stable(E,I) => nash(E,I)", given="w_EE <= 1").verdict.kind
    'proved'
    >>> assert_holds("wilson-cowan", "stable(E,I) => nash(E,I)")
    Traceback (most recent call last):
    ...
    AssertionError: refuted: stable(E,I) => nash(E,I)
      ...
    """
    __tracebackhide__ = True
    import symgame
    from symgame.syntax import text

    found: Checked = symgame.check(_model(circuit, values), formula, given, at=at)
    if found.verdict.kind in ("proved", "cited"):
        return found
    lines = [f"{found.verdict.kind}: {text(found.statement)}"]
    if found.given:
        lines.append(f"  given: {' ; '.join(text(g) for g in found.given)}")
    lines.append(f"  {found.reason}")
    witness = getattr(found.verdict, "witness", None)
    if witness:
        lines.append("  witness: " + ", ".join(f"{n} = {v}" for n, v in sorted(witness.items())))
    if found.slip is not None:
        lines.append(f"  {found.slip.sentence}")
    raise AssertionError("\n".join(lines))


def assert_trajectory(circuit: Model, t: Any, x: Any = None, **options: Any) -> Trajectory:
    """The recording is a solution of the circuit's rate equation as far as its rounding can tell; see
    :func:`symgame.verify_trajectory`, whose options these are.

    Every digit that it claims has to be right: those that are written, or as many as ``digits`` says, as for the
    output of an integrator.

    >>> from symgame import Circuit
    >>> one = Circuit.from_matrix([["1/2"]], names="E", u=[1], tau=[2])
    >>> assert_trajectory(one, [0, 4, 8], {"E": ["0", "1.2642", "1.7293"]}).verdict
    'right'
    """
    __tracebackhide__ = True
    from symgame.trajectories import verify_trajectory

    found = verify_trajectory(circuit, t, x, **options)
    if found.outcome == "right to k digits":
        many = found.digits
        raise AssertionError(f"{found}\n  {found.claimed} digits are claimed; say digits={many} to ask for no more")
    if not found.right:
        raise AssertionError(str(found))
    return found


# -- reading and describing -------------------------------------------------------------------------------------------


def _model(circuit: Model, values: Mapping[str, object] | None) -> Circuit:
    from symgame.circuit import Circuit
    from symgame.named import load

    if not isinstance(circuit, Circuit | str | Path):
        raise ModelError(f"a circuit, a built-in name or the path of a model file was expected, not {circuit!r}.")
    opened = circuit if isinstance(circuit, Circuit) else load(circuit)
    return opened.with_values(**dict(values)) if values else opened


def _opened(circuit: Model, values: Mapping[str, object] | None) -> Circuit:
    """The circuit with its values put in and every copy written out."""
    from symgame.groups import neurons

    return neurons(_model(circuit, values).fixed())


def _written(names: Sequence[str], state: State) -> dict[str, object]:
    if isinstance(state, Mapping):
        unknown = [str(key) for key in state if key not in names]
        missing = [name for name in names if name not in state]
        if unknown or missing:
            raise ModelError(
                f"the state is of {', '.join(map(str, state)) or 'nobody'}, but the populations are {', '.join(names)}."
            )
        return {name: state[name] for name in names}
    if isinstance(state, str) or not isinstance(state, Iterable):
        raise ModelError(f"the state is {state!r}; give a rate for each of {', '.join(names)}.")
    rates = list(state)
    if len(rates) != len(names):
        raise ModelError(f"the state has {len(rates)} rates; there are {len(names)} populations: {', '.join(names)}.")
    return dict(zip(names, rates, strict=True))


def _box(value: object, name: str, digits: int | None) -> tuple[Fraction, Fraction]:
    """The numbers that a rate stands for."""
    from symgame.notation import exact

    number = exact(value, f"the rate of {name}")
    if not number.is_Rational:
        raise ModelError(f"the rate of {name} is {number}; a number was expected.")
    middle = Fraction(int(number.p), int(number.q))
    half = Fraction(0)
    if digits is not None:
        if isinstance(digits, bool) or not 1 <= digits <= 1000:
            raise ModelError(f"digits is {digits!r}; a whole number >= 1 was expected.")
        half = _unit(middle, digits) / 2
    elif isinstance(value, str):
        half = _last_digit(value) / 2
    elif isinstance(value, float) or getattr(getattr(value, "dtype", None), "kind", "") == "f":
        middle = Fraction(float(value))  # type: ignore[arg-type]
        half = Fraction(_spacing(value)) / 2
    return middle - half, middle + half


def _spacing(value: Any) -> float:
    """The distance to the next float of its own width."""
    import numpy as np

    return float(np.spacing(abs(value)))


def _unit(value: Fraction, digits: int) -> Fraction:
    """One unit in that significant digit; of 0, in that decimal."""
    power = 0
    size = abs(value)
    while size >= 1:
        size, power = size / 10, power + 1
    while 0 < size < Fraction(1, 10):
        size, power = size * 10, power - 1
    return Fraction(10) ** (power - digits)


def _last_digit(text: str) -> Fraction:
    """One unit in the last digit of a decimal; 0 for what is written without a point, which is exact."""
    mantissa, _, exponent = text.strip().lower().partition("e")
    _, point, decimals = mantissa.partition(".")
    if not (point or exponent) or "/" in text:
        return Fraction(0)
    return Fraction(10) ** (int(exponent or 0) - len(decimals))


def _residual(exact: Any, x: Sequence[Fraction]) -> list[Fraction]:
    rows = []
    for i, (row, u) in enumerate(zip(exact.W, exact.u, strict=True)):
        z = sum((w * v for w, v in zip(row, x, strict=True)), u)
        piece = next(p for p in exact.pieces[i] if p.upper is None or z <= p.upper)
        rows.append(piece.value(z) - x[i])
    return rows


def _nearest(points: Sequence[Solution], names: Sequence[str], x: Sequence[Fraction]) -> str:
    if not points:
        return "there is no isolated equilibrium"
    apart = [[abs(e.state[n] - v) for n, v in zip(names, x, strict=True)] for e in points]
    k = min(range(len(points)), key=lambda k: max(apart[k]))
    off = ", ".join(f"{n} off by {_short(d)}" for n, d in zip(names, apart[k], strict=True) if d)
    return f"the nearest equilibrium: {_described(points[k], spectrum=False)}; {off}"


def _described(e: Solution, *, spectrum: bool = True) -> str:
    state = ", ".join(f"{name} = {value}" for name, value in e.state.items())
    word = {True: "stable", False: "unstable", None: "stability not decided"}[e.stable]
    said = f"({e.branch}): {state}; {e.type}, {word}, Nash: {e.nash}"
    if spectrum and e.polynomial:
        from symgame.spectrum import eigenvalues

        said += "; eigenvalues " + ", ".join(_complex(re, im) for re, im in eigenvalues(e.polynomial, 6))
    return said


def _complex(re: str, im: str) -> str:
    return re if im == "0" else f"{re} {'-' if im.startswith('-') else '+'} {im.lstrip('-')}i"


def _short(value: Fraction) -> str:
    """The fraction, or a decimal where it is long."""
    return str(value) if len(str(value)) <= 16 else f"{float(value):.6g}"
