"""The formulas of a ``checkers.py`` read back from its Python, as trees of :mod:`symgame.syntax`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from fractions import Fraction

from symgame import syntax as s
from symgame.errors import FormulaError
from symgame.grammar import read_formula

_RELATIONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "=", ast.NotEq: "!="}


def tree(node: ast.expr) -> s.Formula:
    """A Python expression of the file as the formula that it writes."""
    match node:
        case ast.Constant(value=bool(value)):
            return s.Truth(value)
        case ast.Constant(value=int(value)):
            return s.Number(Fraction(value))
        case ast.Name(id=name):
            return s.Name(name)
        case ast.BoolOp(op=ast.And(), values=parts):
            return s.And(tuple(map(tree, parts)))
        case ast.BoolOp(op=ast.Or(), values=parts):
            return s.Or(tuple(map(tree, parts)))
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return s.Not(tree(part))
        case ast.UnaryOp(op=ast.USub(), operand=part):
            return s.Negative(tree(part))
        case ast.Compare(left=left, ops=ops, comparators=others):
            sides = (tree(left), *map(tree, others))
            if s.is_condition(sides[0]):
                assert len(sides) == 2 and isinstance(ops[0], ast.Eq)
                return s.Iff(*sides)
            return s.Relation(sides, tuple(_RELATIONS[type(op)] for op in ops))
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=int(n))):
            return s.Power(tree(left), n)
        case ast.BinOp(left=left, op=op, right=right):
            one, other = tree(left), tree(right)
            if isinstance(op, ast.Div):
                return s.Ratio(one, other)
            if isinstance(op, ast.Mult):
                return s.Product((*(one.factors if isinstance(one, s.Product) else (one,)), other))
            assert isinstance(op, ast.Add | ast.Sub)
            other = s.Negative(other) if isinstance(op, ast.Sub) else other
            return s.Sum((*(one.terms if isinstance(one, s.Sum) else (one,)), other))
        case ast.Call(func=ast.Name(id="F"), args=[ast.Constant(value=int(p)), ast.Constant(value=int(q))]):
            return s.Number(Fraction(p, q))
        case ast.Call(func=ast.Name(id="F" | "bool"), args=[part]):
            return tree(part)
        case ast.Call(func=ast.Name(id="word" | "number"), args=[ast.Constant(value=str(word)), *_]):
            said = read_formula(word if s.is_condition(read_if_condition(word)) else f"{word} = 0")
            return said.terms[0] if isinstance(said, s.Relation) else said
        case ast.Call(func=ast.Name(id="implies"), args=[left, right]):
            return s.Implies(tree(left), tree(right))
        case ast.Call(func=ast.Name(id=name), args=args):
            return s.Call(name, tuple(map(tree, args)))
    raise AssertionError(ast.dump(node))


def read_if_condition(word: str) -> s.Formula:
    try:
        return read_formula(word)
    except FormulaError:
        return s.Number(Fraction(0))


def written(program: str) -> Iterator[tuple[str, ast.expr, ast.expr]]:
    """The claims of the file: id, hypotheses, conclusion."""
    module = ast.parse(program)
    function = next(n for n in module.body if isinstance(n, ast.FunctionDef) and n.name == "_claims")
    table = next(n.value for n in ast.walk(function) if isinstance(n, ast.Return))
    assert isinstance(table, ast.Dict)
    for key, value in zip(table.keys, table.values, strict=True):
        assert isinstance(key, ast.Constant) and isinstance(value, ast.Tuple)
        given, then = (part.body for part in value.elts if isinstance(part, ast.Lambda))
        yield str(key.value), given, then
