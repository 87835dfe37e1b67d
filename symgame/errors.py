"""One base class, one subclass per cause; every message says what, where, why, and what to do."""

from __future__ import annotations


class SymgameError(Exception):
    """Base of every error that symgame raises on purpose."""


class FormulaError(SymgameError):
    """A formula that cannot be read: its text, the column, what was expected."""


class VocabularyError(SymgameError):
    """A formula that reads well but speaks of a word or symbol the circuit does not have."""


class ModelError(SymgameError):
    """A model file or a circuit that breaks its contract; the message names the place."""


class CircuitError(ModelError):
    """Matrices, names or types that do not make a circuit."""


class ActivationError(ModelError):
    """An activation kind or parameter that does not exist or is out of range."""


class HypothesisError(SymgameError):
    """Hypotheses that contradict one another: nothing may be concluded from them."""

    def __init__(self, message: str, conflict: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.conflict = conflict


class BudgetExceeded(SymgameError):
    """An exact computation that grew past its budget; it says how far and what to try."""


class Unsupported(SymgameError):
    """A question outside the class that this version can decide; it says which class."""


class NoCycle(SymgameError):
    """A search for a limit cycle, in floating point, that found none; it says where the trajectories went."""


class RecordError(SymgameError):
    """Files of a derivation that cannot be read as such: which file, which place in it, what was expected."""
