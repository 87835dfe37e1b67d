"""Deciding conditions: exact algebra, an SMT solver, exact witnesses; and making conditions short by proof."""
