"""Every field of the objects in a table, from the CRDs' own schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

_HEAD = """# Every field

Made from the CRDs by `make generated`; `kubectl explain sweepjob.spec --recursive` has the same. What does not fit into a table is in
[SweepJob and SweepTrial](sweepjob.md).
"""


def field_list(crds: list[Schema]) -> str:
    """A page with a table for each kind, and its rules."""
    return "\n".join([_HEAD, *(_kind(crd) for crd in crds)])


def _kind(crd: Schema) -> str:
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    lines = [f"## {crd['spec']['names']['kind']}", "", schema.get("description", ""), ""]
    lines += ["| field | type | |", "| --- | --- | --- |"]
    rules = _rules("", schema)
    for part in ("spec", "status"):
        for path, node, required in _fields(part, schema["properties"].get(part, {}), False):
            lines.append(f"| `{path}` | {_type(node)} | {_said(node, required)} |")
            rules += _rules(path, node)
    if rules:
        lines += ["", "Rules that `kubectl apply` checks:", ""]
        lines += [f"- {f'`{path}`: ' if path else ''}{_escaped(rule)}" for path, rule in rules]
    return "\n".join([*lines, ""])


def _rules(path: str, node: Schema) -> list[tuple[str, str]]:
    """What is checked below a path, and where the API server says so."""
    rules = node.get("x-kubernetes-validations", ())
    return [((path + rule.get("fieldPath", "")).lstrip("."), rule["message"]) for rule in rules]


def _fields(path: str, node: Schema, required: bool) -> Iterator[tuple[str, Schema, bool]]:
    if "." in path:
        yield path, node, required
    for key, sub in node.get("properties", {}).items():
        yield from _fields(f"{path}.{key}", sub, key in node.get("required", ()))
    if isinstance(node.get("additionalProperties"), dict):
        yield from _fields(f"{path}.NAME", node["additionalProperties"], False)
    if "properties" in node.get("items", {}):
        yield from _fields(f"{path}[]", node["items"], False)


def _type(node: Schema) -> str:
    kind = node.get("type", "any")
    if kind == "array":
        kind = f"list of {node['items'].get('type', 'any')}"
    return f"{kind}, date-time" if node.get("format") == "date-time" else str(kind)


def _said(node: Schema, required: bool) -> str:
    parts = ["**Required.**"] if required else []
    if "description" in node:
        parts.append(_escaped(node["description"]))
    if "enum" in node:
        parts.append("One of " + ", ".join(f"`{value}`" for value in node["enum"]) + ".")
    parts += _bounds(node)
    return " ".join(parts)


def _bounds(node: Schema) -> list[str]:
    words = {
        "minimum": "Above" if node.get("exclusiveMinimum") is True else "At least",
        "maximum": "At most",
        "minLength": "At least so many characters:",
        "maxLength": "At most so many characters:",
        "minItems": "At least so many items:",
        "maxItems": "At most so many items:",
        "minProperties": "At least so many keys:",
        "maxProperties": "At most so many keys:",
    }
    return [f"{text} {node[key]}." for key, text in words.items() if key in node]


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
