"""The domain of a circuit: its hypotheses, and the signs that follow from them without a solver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from symgame.condition import FALSE, TRUE, Condition, Sign, both, decided, either
from symgame.ring import Poly, Quotient, Ring, names_of, substitute


@dataclass(frozen=True)
class Hypothesis:
    """A condition with the text a person reads; ``why`` says where it comes from."""

    text: str
    condition: Condition
    why: str = "assumed"


@dataclass(frozen=True)
class Domain:
    """What is known of the symbols before anything is asked.

    ``signs`` maps a name to ``">"`` or ``">="``: the part of the hypotheses that coefficient inspection can use.
    ``whole`` are the names of whole numbers, and ``least`` says of some name that it is at least a polynomial in names
    that come later in ``least`` (or in no other): coefficients are then inspected in what the name exceeds it by.
    """

    ring: Ring
    hypotheses: tuple[Hypothesis, ...]
    signs: Mapping[str, str] = field(compare=False)
    whole: tuple[str, ...] = ()
    least: tuple[tuple[str, Poly], ...] = field(default=(), compare=False)
    _split: dict[Sign, Condition] = field(default_factory=dict, compare=False, repr=False)

    @property
    def condition(self) -> Condition:
        return both(*(h.condition for h in self.hypotheses))

    @property
    def kinds(self) -> dict[str, str]:
        """What a sample of each name has to be: of known sign, or a whole number."""
        return {**self.signs, **dict.fromkeys(self.whole, "whole")}

    def sign_of(self, p: Poly) -> str | None:
        """``> >= < <= =`` when the signs of the names and of the coefficients show it, else ``None``.

        Exact but incomplete: a sum of nonnegative terms is nonnegative, and positive if one term is.
        """
        found = self._by_coefficients(p, self.signs)
        if found is None and self.least:
            q, signs = p, dict(self.signs)
            for name, bound in self.least:
                q = substitute(q, name, self.ring.of(name) + Quotient(bound, bound * 0 + 1)).over
                signs[name] = ">="
            found = self._by_coefficients(q, signs)
        return found

    def _by_coefficients(self, p: Poly, signs: Mapping[str, str]) -> str | None:
        if p == 0:
            return "="
        coefficients = [int(c) for c in p.coeffs()]
        if all(c > 0 for c in coefficients):
            flip = False
        elif all(c < 0 for c in coefficients):
            flip = True
        else:
            return None
        names = names_of(p)
        strict = False
        for monomial in p.monoms():
            known = [_power(signs, names[k], int(e)) for k, e in enumerate(monomial) if e]
            if any(k is None for k in known):
                return None
            strict = strict or all(k == ">" for k in known)
        rel = ">" if strict else ">="
        return rel.replace(">", "<") if flip else rel

    def compare(self, q: Quotient, rel: str) -> Condition:
        """``q rel 0`` where ``q`` is defined, with the factors of known sign taken out. Exact.

        An inequality splits on the sign of the denominator instead of multiplying by it: solvers like low degrees.
        """
        if rel in ("<", "<="):
            q, rel = -q, rel.replace("<", ">")
        if rel in ("=", "!="):
            return self.split(Sign(q.over, rel))
        below = self.split(Sign(q.under, ">"))
        if below == TRUE:
            return self.split(Sign(q.over, rel))
        above = self.split(Sign(-q.under, ">"))
        if above == TRUE:
            return self.split(Sign(-q.over, rel))
        return either(both(below, self.split(Sign(q.over, rel))), both(above, self.split(Sign(-q.over, rel))))

    def split(self, atom: Sign) -> Condition:
        """An equivalent condition under this domain whose polynomials have no factor of known sign and no square."""
        if atom not in self._split:
            self._split[atom] = self._factored(atom)
        return self._split[atom]

    def _factored(self, atom: Sign) -> Condition:
        p, rel = atom.poly, atom.rel
        if p.is_constant():
            return decided(atom)
        content, factors = p.factor()
        rest: Poly = p.context().constant(1 if content > 0 else -1)
        zeros: list[Poly] = []  # factors that may vanish without changing the sign
        for factor, power in factors:
            known = self.sign_of(factor)
            if known in ("<", "<="):
                factor, known = -factor, known.replace("<", ">")
                rest = rest if int(power) % 2 == 0 else -rest
            if known == ">":
                continue
            if int(power) % 2 == 0 or known == ">=":
                zeros.append(factor)
            else:
                rest = rest * factor
        if rel == "=":
            return either(*(Sign(f, "=") for f in zeros), self._equal(rest))
        if rel == "!=":
            return both(*(Sign(f, "!=") for f in zeros), _not_equal(rest))
        odd = decided(Sign(rest, rel))
        if rel == ">":
            return both(odd, *(self._nonzero(f) for f in zeros))
        return either(odd, *(Sign(f, "=") for f in zeros))

    def _nonzero(self, f: Poly) -> Condition:
        return Sign(f, ">") if self.sign_of(f) == ">=" else Sign(f, "!=")

    def _equal(self, rest: Poly) -> Condition:
        if rest.is_constant():
            return FALSE if rest != 0 else TRUE
        return either(*(Sign(f, "=") for f, _ in rest.factor()[1]))

    def known(self, q: Quotient, rel: str) -> bool:
        """Whether the cheap rules alone show ``q rel 0``."""
        return self.compare(q, rel) == TRUE


def _power(signs: Mapping[str, str], name: str, exponent: int) -> str | None:
    known = signs.get(name)
    return ">=" if known is None and exponent % 2 == 0 else known


def _not_equal(rest: Poly) -> Condition:
    if rest.is_constant():
        return TRUE if rest != 0 else FALSE
    return both(*(Sign(f, "!=") for f, _ in rest.factor()[1]))
