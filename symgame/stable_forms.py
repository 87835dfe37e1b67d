"""Activations as expressions that doubles evaluate without overflow: what every exported file computes with.

The forms are equal to ``phi`` as functions of real numbers; that is tested to fifty digits for every kind.
"""

from __future__ import annotations

import sympy
from sympy import Abs, Expr, Max, Min, Piecewise, Pow, exp, log, tanh

from symgame.activation import Activation
from symgame.errors import Unsupported
from symgame.pieces import Piece, Z

#: The functions of the stable forms; a back end has to write these and no others.
FUNCTIONS = (Max, Min, Abs, exp, log, tanh, sympy.atan)


def stable_form(activation: Activation) -> Expr:
    """``phi`` in the total input Z, of ``max, min, abs, exp, log, tanh, atan`` and powers alone.

    A piecewise-linear phi is a sum of clamped inputs, exact on its flat pieces; ``1/(1 + exp(-z))`` is written by
    tanh, ``log(1 + exp(z))`` without a large exponential, ``[z]_+**p`` by max.

    Raises :class:`~symgame.errors.Unsupported` for a smooth phi with other functions.

    >>> from symgame.kinds import activation
    >>> stable_form(activation("saturating", cap=2)), stable_form(activation("logistic"))
    (Min(2, Max(0, z)), tanh(z/2)/2 + 1/2)
    >>> stable_form(activation("soft_threshold", threshold=1))
    Max(1, z) + Min(-1, z)
    """
    if activation.pieces is not None:
        return _clamped(activation.pieces)
    return _checked(_stable(activation.phi), activation)


def stable_slope(activation: Activation) -> Expr:
    """``phi'`` in Z, for a smooth phi: in the same functions.

    >>> from symgame.kinds import activation
    >>> stable_slope(activation("softplus")), stable_slope(activation("power", p=2))
    (tanh(z/2)/2 + 1/2, 2*Max(0, z))
    """
    form = stable_form(activation)
    if not form.has(Max, Min, Abs):
        return _checked(sympy.diff(form, Z), activation)
    return _checked(_stable(activation.slope), activation)


def _checked(form: Expr, activation: Activation) -> Expr:
    strange = [f for f in form.atoms(sympy.Function) if not isinstance(f, FUNCTIONS)] + list(form.atoms(Piecewise))
    if strange:
        name = min(str(f.func) for f in strange)
        raise Unsupported(
            f"the activation '{activation.kind}' is written with {name}, which exported files do not have; they know "
            f"max, min, abs, exp, log, tanh, atan, square roots and powers"
        )
    return form


def _clamped(pieces: tuple[Piece, ...]) -> Expr:
    """``C + sum of slope * (z clamped to the piece - its anchor)`` over the increasing pieces."""
    total, start = sympy.Integer(0), pieces[0].intercept if pieces[0].flat else None
    for piece in pieces:
        if piece.flat:
            continue
        low, high = piece.lower, piece.upper
        anchor = low if low.is_finite is not False else high if high.is_finite is not False else sympy.Integer(0)
        if start is None:
            start = sympy.expand(piece.value(anchor))
        inside = Z if low.is_infinite else Max(Z, low)
        inside = inside if high.is_infinite else Min(inside, high)
        total += sympy.Mul(piece.slope, inside - anchor, evaluate=piece.slope == 1)
    return total + (sympy.Integer(0) if start is None else start)


def _stable(e: Expr) -> Expr:
    """The same function with the three patterns that overflow, or need a choice, rewritten from the inside out."""
    if isinstance(e, Piecewise):
        return _rectified(e)
    if not e.args:
        return e
    if isinstance(e, Pow) and e.exp.is_Integer and e.exp < 0:
        a = _softened(e.base)
        if a is not None:  # 1/(1 + exp(a)) = (1 - tanh(a/2))/2
            return ((1 - tanh(_stable(a) / 2)) / 2) ** (-e.exp)
    if isinstance(e, log):
        a = _softened(e.args[0])
        if a is not None:  # log(1 + exp(a)) = [a]_+ + log(1 + exp(-|a|))
            inner = _stable(a)
            return Max(inner, 0) + log(1 + exp(-Abs(inner)))
    return e.func(*(_stable(arg) for arg in e.args))


def _softened(e: Expr) -> Expr | None:
    """``a`` of ``1 + exp(a)``."""
    if e.is_Add and len(e.args) == 2 and sympy.Integer(1) in e.args:
        other = next(arg for arg in e.args if arg != 1)
        if isinstance(other, exp):
            return other.args[0]
    return None


def _rectified(e: Piecewise) -> Expr:
    """``c*b**p`` where b > 0 and 0 elsewhere, as ``c*max(b, 0)**p``; another Piecewise stays what it is."""
    if len(e.args) != 2 or e.args[1][0] != 0 or not isinstance(e.args[0][1], sympy.Gt | sympy.Lt):
        return e
    value, when = e.args[0]
    where = when.gts - when.lts
    product = sympy.Integer(1)
    for factor in sympy.Mul.make_args(value):
        base, power = factor.as_base_exp()
        scale = sympy.cancel(base / where)  # 2*(z - 1/3) is written 2*z - 2/3
        if factor.has(Z) and scale.has(Z):
            return e
        product *= scale**power * Max(where, 0) ** power if factor.has(Z) else factor
    return product
