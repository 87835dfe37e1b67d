"""The floating-point search for one quadratic Lyapunov function of several matrices, or for its dual: proposals only.

Of all P > 0 of trace n, which makes t largest with ``-(P J + J' P) >= t`` for every J given? Newton's method maximises

    tau t + sum log det(-(P J + J' P) - t) + log det P

for growing tau; the inverses of the slacks are the dual, as in :mod:`symgame.matrices.barrier`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from symgame.matrices.central_path import Search, Step, followed

if TYPE_CHECKING:
    from symgame.matrices.central_path import Floats

LAST = 1e10
#: Rounds of adding constraints, and how many at once.
ROUNDS = 60
ADDED = 4


def search(matrices: Floats, diagonal: bool = False) -> Search:
    """P, or its dual, for a stack of matrices, by constraints that are added when P violates them.

    Of thousands of corners a dozen or two matter. The dual is 0 at all others, which makes it short as well.

    >>> import numpy as np
    >>> rotation = np.array([[[-1.0, -3.0], [3.0, -1.0]]])
    >>> search(rotation).lower > 0, search(-rotation).upper < 0
    (True, True)
    """
    import numpy as np

    n = matrices.shape[1]
    lowest = np.linalg.eigvalsh(_slacks(matrices, np.eye(n), 0.0))[:, 0]
    active = [int(np.argmin(lowest))]
    best = (np.eye(n), float(np.min(lowest)))
    x, upper = np.zeros_like(matrices), np.inf
    for _ in range(ROUNDS):
        found = _few(matrices[active], diagonal)
        if found.upper < upper:
            x, upper = np.zeros_like(matrices), found.upper
            x[active] = found.x
        lowest = np.linalg.eigvalsh(_slacks(matrices, found.p, 0.0))[:, 0]
        if float(np.min(lowest)) > best[1]:
            best = (found.p, float(np.min(lowest)))
        worst = [
            int(k) for k in np.argsort(lowest, kind="stable")[:ADDED] if k not in active and lowest[k] < found.lower
        ]
        if upper < 0 or best[1] > upper / 3 or not worst:
            break
        active = sorted({*active, *worst})
    return Search(best[0], x, best[1], upper)


def _few(matrices: Floats, diagonal: bool) -> Search:
    """The same for a few matrices, all at once."""
    import numpy as np

    count, n, _ = matrices.shape
    eye = np.eye(n)
    lowest = float(np.min(np.linalg.eigvalsh(_slacks(matrices, eye, 0.0))))
    start = Search(eye, np.repeat(eye[None] / n / count, count, axis=0), lowest, np.inf)
    barrier = _Norm(matrices, diagonal, _basis(n, diagonal))
    return followed(barrier, start, count * n / max(1.0, abs(lowest)), LAST, room=2)


def _basis(n: int, diagonal: bool) -> Floats:
    """The symmetric matrices with one entry 1, or two, as rows of length n^2."""
    import numpy as np

    pairs = [(i, j) for i in range(n) for j in range(i + 1) if i == j or not diagonal]
    basis = np.zeros((len(pairs), n, n))
    for k, (i, j) in enumerate(pairs):
        basis[k, i, j] = basis[k, j, i] = 1.0
    return basis.reshape(len(pairs), n * n)


def _slacks(matrices: Floats, p: Floats, t: float) -> Floats:
    import numpy as np

    weighted = p @ matrices
    out: Floats = -weighted - np.swapaxes(weighted, 1, 2) - t * np.eye(len(p))
    return out


@dataclass(frozen=True)
class _Norm:
    """The barrier of a stack of matrices; P is symmetric, or diagonal, and in the span of ``basis``."""

    matrices: Floats
    diagonal: bool
    basis: Floats

    def newton(self, p: Floats, t: float, tau: float) -> Step | None:
        """The step that keeps the trace.

        With ``M = Y J + J' Y`` and ``M'`` likewise from Y', both symmetric, ``tr(Z M Z M')`` is
        ``2 tr(Y U Y' U) + 2 tr(Y V Y' Z)`` for ``U = J Z`` and ``V = J Z J'``: products of tables of n^2 columns.
        """
        import numpy as np

        matrices, basis = self.matrices, self.basis
        n, m = len(p), len(basis)
        try:
            z = np.linalg.inv(_slacks(matrices, p, t))
            own = np.linalg.inv(p)
            z = (z + np.swapaxes(z, 1, 2)) / 2
            u = matrices @ z
            v = u @ np.swapaxes(matrices, 1, 2)
            flat_u, flat_v, flat_z = (table.reshape(-1, n * n) for table in (u, v, z))
            quartic = 2 * (flat_u.T @ flat_u + flat_v.T @ flat_z) + np.outer(own, own)  # indices b c, d a
            hessian = quartic.reshape(n, n, n, n).transpose(3, 0, 1, 2).reshape(n * n, n * n)
            system = np.zeros((m + 2, m + 2))
            system[:m, :m] = basis @ hessian @ basis.T
            system[:m, m] = system[m, :m] = 2 * basis @ (u @ z).sum(axis=0).T.reshape(-1)
            system[m, m] = np.sum(z * z)
            system[:m, m + 1] = system[m + 1, :m] = basis @ np.eye(n).reshape(-1)
            slope = own - 2 * u.sum(axis=0)
            gradient = np.append(basis @ slope.T.reshape(-1), tau - np.trace(z, axis1=1, axis2=2).sum())
            step = np.linalg.solve(system, np.append(gradient, 0.0))[: m + 1]
        except np.linalg.LinAlgError:
            return None
        squared = float(gradient @ step)
        if not np.isfinite(squared):
            return None
        return Step((step[:m] @ basis).reshape(n, n), float(step[m]), max(squared, 0.0) ** 0.5, z)

    def dual(self, z: Floats) -> tuple[Floats, float]:
        """For P of trace n, ``t sum tr X <= -sum tr(X (P J + J' P)) = -tr(P G)``, G the sum of ``J X + X J'``; so
        with traces that sum to 1, t is at most n times minus the least eigenvalue of G (or diagonal entry, for
        diagonal P)."""
        import numpy as np

        x = z / np.trace(z, axis1=1, axis2=2).sum()
        g = (self.matrices @ x).sum(axis=0)
        g = g + g.T
        return x, -len(g) * float(np.min(np.diag(g)) if self.diagonal else np.linalg.eigvalsh(g)[0])

    def value(self, p: Floats, t: float, tau: float) -> float:
        import numpy as np

        try:
            factors = np.linalg.cholesky(_slacks(self.matrices, p, t))
            own = np.linalg.cholesky(p)
        except np.linalg.LinAlgError:
            return -np.inf
        logarithms = np.log(np.diagonal(factors, axis1=1, axis2=2)).sum() + np.log(np.diag(own)).sum()
        return float(tau * t + 2 * logarithms)
