"""The mutants of a source text: each differs from it in one place, in a way that a person could have got wrong.

Left alone is what decides no figure: messages, docstrings, annotations, decorators, what `raise` says, and the keyword
`strict`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

_COMPARED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_COMPUTED: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_CALLED: Final = {"min": "max", "max": "min", "any": "all", "all": "any"}
_UNTOUCHED: Final = (ast.Raise, ast.JoinedStr, ast.Assert)

Change = tuple[str, Callable[[], None]]
"""In words, and what makes it."""


@dataclass(frozen=True)
class Mutant:
    """One change of a module, by its number among all of it."""

    number: int
    line: int
    words: str


def mutants(source: str) -> list[Mutant]:
    """Every mutant of a source text."""
    tree = ast.parse(source)
    return [Mutant(number, line, words) for number, (line, words, _) in enumerate(_changes(tree))]


def mutated(source: str, number: int) -> ast.Module:
    """The source with one of its mutants made."""
    tree = ast.parse(source)
    for place, (_, _, make) in enumerate(_changes(tree)):
        if place == number:
            make()
            return ast.fix_missing_locations(tree)
    raise IndexError(f"there is no mutant {number}")


def _changes(tree: ast.Module) -> list[tuple[int, str, Callable[[], None]]]:
    return [(node.lineno, words, make) for node in _deciding(tree) for words, make in _changes_of(node)]


def _deciding(node: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """All expressions and statements below a node that can decide a figure."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, _UNTOUCHED):
                continue
            if isinstance(child, ast.keyword) and child.arg == "strict":
                continue
            if isinstance(child, ast.expr | ast.stmt):
                yield child
            yield from _deciding(child)


def _changes_of(node: ast.expr | ast.stmt) -> Iterator[Change]:
    match node:
        case ast.Compare(ops=[operator]):
            other = _COMPARED[type(operator)]
            yield f"{_name(type(operator))} becomes {_name(other)}", partial(setattr, node, "ops", [other()])
        case ast.BinOp(op=sign) | ast.AugAssign(op=sign) if type(sign) in _COMPUTED:
            replaced = _COMPUTED[type(sign)]
            yield f"{_name(type(sign))} becomes {_name(replaced)}", partial(setattr, node, "op", replaced())
        case ast.BoolOp(op=ast.And()):
            yield "and becomes or", partial(setattr, node, "op", ast.Or())
        case ast.BoolOp(op=ast.Or()):
            yield "or becomes and", partial(setattr, node, "op", ast.And())
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "not is left out", partial(setattr, node, "operand", ast.UnaryOp(ast.Not(), operand))
        case ast.UnaryOp(op=ast.USub()):
            yield "minus is left out", partial(setattr, node, "op", ast.UAdd())
        case ast.Constant(value=bool(value)):
            yield f"{value} becomes {not value}", partial(setattr, node, "value", not value)
        case ast.Constant(value=int(value)):
            yield f"{value} becomes {value + 1}", partial(setattr, node, "value", value + 1)
        case ast.If(test=test) | ast.IfExp(test=test):
            yield "if is turned round", partial(setattr, node, "test", ast.UnaryOp(ast.Not(), test))
        case ast.Call(func=ast.Name(id=name)) if name in _CALLED:
            called = ast.Name(_CALLED[name], ast.Load())
            yield f"{name} becomes {_CALLED[name]}", partial(setattr, node, "func", called)
        case ast.Expr(value=ast.Call()):
            yield "the call is left out", partial(setattr, node, "value", ast.Constant(None))
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            for loop in node.generators:
                for place in range(len(loop.ifs)):
                    yield "a condition is left out", partial(loop.ifs.__setitem__, place, ast.Constant(True))


def _name(kind: type[ast.cmpop] | type[ast.operator]) -> str:
    return kind.__name__
