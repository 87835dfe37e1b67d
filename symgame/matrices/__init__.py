"""Matrices over QQ, whatever they stand for: what is proved of them, and the searches that propose it."""
