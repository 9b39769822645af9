"""Finds the texts that expressions of a Python program have, without executing it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

_WITH_DEFAULT = ("get", "getenv")  # of the environment: os.environ.get(NAME, DEFAULT)


def constants_of(tree: ast.AST) -> dict[str, str]:
    """Return the texts of a program's variables and attributes, by their last name.

    Args:
        tree: the program.
    """
    found: dict[str, str] = {}
    for target, value in _assignments(tree):
        text = text_of(value, found)
        if text is not None:
            found[target] = text
    return found


def text_of(node: ast.expr | None, constants: Mapping[str, str]) -> str | None:
    """Return the text of an expression; None if only the running program knows it.

    Args:
        node: the expression.
        constants: the texts of variables.
    """
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return constants.get(name)
        case ast.JoinedStr(values=parts):
            return _joined([text_of(part, constants) for part in parts])
        case ast.FormattedValue(value=value, format_spec=None):
            return text_of(value, constants)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _joined([text_of(left, constants), text_of(right, constants)])
        case ast.BoolOp(op=ast.Or(), values=choices):
            return next(filter(None, (text_of(choice, constants) for choice in choices)), None)
        case ast.Call(func=ast.Attribute(attr=name), args=[_, default]) if name in _WITH_DEFAULT:
            return text_of(default, constants)
    return None


def _joined(parts: list[str | None]) -> str | None:
    texts = [part for part in parts if part is not None]
    return "".join(texts) if len(texts) == len(parts) else None


def _assignments(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield each name that is assigned, and its value, in the order of the program."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Assign | ast.AnnAssign)]
    for node in sorted(nodes, key=lambda node: node.lineno):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            yield from _pairs(target, node.value)


def _pairs(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[str, ast.expr]]:
    match target, value:
        case (ast.Name(id=name) | ast.Attribute(attr=name), ast.expr()):
            yield name, value
        case (ast.Tuple(elts=targets), ast.Tuple(elts=values)) if len(targets) == len(values):
            for one, its_value in zip(targets, values, strict=True):
                yield from _pairs(one, its_value)
