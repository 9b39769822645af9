"""Values that belong nowhere, and the places of a file to put them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

JUNK: list[Any] = [
    *(None, 5, -1, 1.5, True, "", "x", [], [1], {}, {"a": 1}, {1: 2}, {"path": "x"}, {"value": 3}),
    *({"path": ["x"]}, {"type": "group", "a": {"b": 1}}, {"spec": "uniform"}, {"target": {"a": 1}}),
    *("${{parent.inputs.raw}}", "${{parent.jobs.split.outputs.train}}/a", "${{inputs.x}}"),
    *(["uniform", [1]], ["choice", [[{"a": ["b"]}]]], ["choice", [[{"a": {}}]]], {"jobType": 1}),
    *("${{parent.jobs.check.inputs.raw}}", "${{parent.inputs.columns}}", "${{ parent.outputs.m }}"),
]


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every object or list of a file with each of its keys."""
    for key in node if isinstance(node, dict) else range(len(node)):
        yield node, key
        if isinstance(node[key], dict | list):
            yield from places(node[key])
