"""The floating-point search for diagonal weights, or for their dual, by a barrier: proposals, never evidence.

Of all p > 0 with sum n, which makes the least eigenvalue t of ``P A + A' P`` largest? Newton's method maximises

    tau t + log det(P A + A' P - t) + sum log p_i

for growing tau. The inverse Z of the slack ``P A + A' P - t`` is the dual: every psd X of trace 1 bounds

    t <= tr(X (P A + A' P)) = sum p_i 2 (A X)_ii <= n max_i 2 (A X)_ii

so that X = Z/tr Z shows by itself when no weights exist. With Z at hand gradient and Hessian are matrix products,
which is what makes n = 200 quick: for ``M_i = dS/dp_i``, ``tr(Z M_i Z M_j) = 2 (AZ)_ij (AZ)_ji + 2 (A Z A')_ij Z_ij``.
Source: S. Boyd, L. El Ghaoui, E. Feron, V. Balakrishnan, Linear Matrix Inequalities (SIAM, 1994), chapter 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
else:
    Floats = Any

GROWTH = 4.0
LAST = 1e11
STEPS = 60


@dataclass(frozen=True)
class Search:
    """Weights with the best t found (``lower``), and a dual X with the bound on t that it gives (``upper``).

    ``lower > 0`` proposes that weights exist, ``upper < 0`` that none do; neither proves it.
    """

    p: Floats
    x: Floats
    lower: float
    upper: float


def search(a: Floats) -> Search:
    """Weights or a dual for a matrix whose diagonal is positive and near 1; it stops once the sign of t is clear.

    >>> import numpy as np
    >>> found = search(np.array([[1.0, 0.0, 1.9], [1.9, 1.0, 0.0], [0.0, 1.9, 1.0]]))
    >>> found.lower > 0, search(np.array([[1.0, 0.0, 2.1], [2.1, 1.0, 0.0], [0.0, 2.1, 1.0]])).upper < 0
    (True, True)
    """
    import numpy as np

    n = len(a)
    p = np.ones(n)
    lowest = float(np.linalg.eigvalsh(a + a.T)[0])
    t = lowest - 1.0
    tau = n / max(1.0, abs(lowest))
    best = (p, lowest)
    dual = (np.eye(n) / n, n * float(np.max(2 * np.diag(a))) / n)
    while tau < LAST:
        for _ in range(STEPS):
            step = _newton(a, p, t, tau)
            if step is None:
                return Search(best[0], dual[0], best[1], dual[1])
            dp, dt, decrement, z = step
            x = z / np.trace(z)
            upper = n * float(np.max(2 * np.einsum("ij,ji->i", a, x)))
            if upper < dual[1]:
                dual = (x, upper)
            # clear, and the certificate has at least a quarter of the room that the best one has
            if (best[1] > 0 and dual[1] < 4 * best[1]) or (dual[1] < 0 and best[1] > 4 * dual[1]):
                return Search(best[0], dual[0], best[1], dual[1])
            moved = _advanced(a, p, t, dp, dt, decrement, tau)
            if moved is None:
                break
            p, t = moved
            if t > best[1]:
                best = (p, t)
            if decrement < 0.3:
                break
        tau *= GROWTH
    return Search(best[0], dual[0], best[1], dual[1])


def _slack(a: Floats, p: Floats, t: float) -> Floats:
    import numpy as np

    weighted = p[:, None] * a
    out: Floats = weighted + weighted.T - t * np.eye(len(p))
    return out


def _newton(a: Floats, p: Floats, t: float, tau: float) -> tuple[Floats, float, float, Floats] | None:
    """The Newton step with ``sum dp = 0``, its decrement, and the inverse of the slack."""
    import numpy as np

    n = len(p)
    try:
        z = np.linalg.inv(_slack(a, p, t))
        z = (z + z.T) / 2
        az = a @ z
        system = np.zeros((n + 2, n + 2))
        system[:n, :n] = 2 * (az * az.T + (az @ a.T) * z) + np.diag(p**-2.0)
        system[:n, n] = system[n, :n] = -2 * np.einsum("ij,ji->i", az, z)
        system[n, n] = np.sum(z * z)
        system[:n, n + 1] = system[n + 1, :n] = 1.0
        gradient = np.concatenate([2 * np.diag(az) + 1 / p, [tau - np.trace(z)]])
        step = np.linalg.solve(system, np.append(gradient, 0.0))[: n + 1]
    except np.linalg.LinAlgError:
        return None
    squared = float(gradient @ step)
    if not np.isfinite(squared):
        return None
    return step[:n], float(step[n]), max(squared, 0.0) ** 0.5, z


def _advanced(
    a: Floats, p: Floats, t: float, dp: Floats, dt: float, decrement: float, tau: float
) -> tuple[Floats, float] | None:
    """The largest of a few step lengths that stays inside and gains; the barrier is self-concordant."""
    import numpy as np

    def value(q: Floats, s: float) -> float:
        if np.any(q <= 0):
            return -np.inf
        try:
            factor = np.linalg.cholesky(_slack(a, q, s))
        except np.linalg.LinAlgError:
            return -np.inf
        return float(tau * s + 2 * np.sum(np.log(np.diag(factor))) + np.sum(np.log(q)))

    before = value(p, t)
    length = 1.0
    for _ in range(40):
        q, s = p + length * dp, t + length * dt
        if value(q, s) > before + 0.1 * length * decrement**2 * (decrement > 1e-4):
            return q, s
        length /= 2
    return None
