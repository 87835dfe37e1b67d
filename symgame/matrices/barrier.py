"""The floating-point search for diagonal weights, or for their dual, by a barrier: proposals, never evidence.

Of all p > 0 with sum n, which makes the least eigenvalue t of ``P A + A' P`` largest? Newton's method maximises

    tau t + log det(P A + A' P - t) + sum log p_i

for growing tau. The inverse Z of the slack ``P A + A' P - t`` is the dual: every psd X of trace 1 bounds

    t <= tr(X (P A + A' P)) = sum p_i 2 (A X)_ii <= n max_i 2 (A X)_ii

so that X = Z/tr Z shows by itself when no weights exist. With Z at hand gradient and Hessian are matrix products,
which is what makes n = 200 quick: for ``M_i = dS/dp_i``, ``tr(Z M_i Z M_j) = 2 (AZ)_ij (AZ)_ji + 2 (A Z A')_ij Z_ij``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from symgame.matrices.central_path import Search, Step, followed

if TYPE_CHECKING:
    from symgame.matrices.central_path import Floats

LAST = 1e11


def search(a: Floats) -> Search:
    """Weights or a dual for a matrix whose diagonal is positive and near 1; it stops once the sign of t is clear.

    >>> import numpy as np
    >>> found = search(np.array([[1.0, 0.0, 1.9], [1.9, 1.0, 0.0], [0.0, 1.9, 1.0]]))
    >>> found.lower > 0, search(np.array([[1.0, 0.0, 2.1], [2.1, 1.0, 0.0], [0.0, 2.1, 1.0]])).upper < 0
    (True, True)
    """
    import numpy as np

    n = len(a)
    lowest = float(np.linalg.eigvalsh(a + a.T)[0])
    start = Search(np.ones(n), np.eye(n) / n, lowest, n * float(np.max(2 * np.diag(a))) / n)
    return followed(_Weights(a), start, n / max(1.0, abs(lowest)), LAST, room=4)


@dataclass(frozen=True)
class _Weights:
    """The barrier of one matrix; P is the vector of the weights."""

    a: Floats

    def _slack(self, p: Floats, t: float) -> Floats:
        import numpy as np

        weighted = p[:, None] * self.a
        out: Floats = weighted + weighted.T - t * np.eye(len(p))
        return out

    def newton(self, p: Floats, t: float, tau: float) -> Step | None:
        """The step with ``sum dp = 0``."""
        import numpy as np

        a, n = self.a, len(p)
        try:
            z = np.linalg.inv(self._slack(p, t))
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
        return Step(step[:n], float(step[n]), max(squared, 0.0) ** 0.5, z)

    def dual(self, z: Floats) -> tuple[Floats, float]:
        import numpy as np

        x = z / np.trace(z)
        return x, len(x) * float(np.max(2 * np.einsum("ij,ji->i", self.a, x)))

    def value(self, p: Floats, t: float, tau: float) -> float:
        import numpy as np

        if np.any(p <= 0):
            return -np.inf
        try:
            factor = np.linalg.cholesky(self._slack(p, t))
        except np.linalg.LinAlgError:
            return -np.inf
        return float(tau * t + 2 * np.sum(np.log(np.diag(factor))) + np.sum(np.log(p)))
