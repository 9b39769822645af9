"""The API reference: a table of all fields of each kind, generated from the CRD schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

_HEAD = """# API reference

This page lists every field of SweepJob and SweepTrial. `make generated` writes it from the CRDs.
`kubectl explain sweepjob.spec --recursive` and `kubectl explain sweeptrial.status` print the same descriptions.
[SweepJob lifecycle](sweepjob.md) describes conditions, events and phases.
"""
# The keywords of a schema that bound the same quantity, and its unit.
_COUNTS = {
    "character": ("minLength", "maxLength"),
    "item": ("minItems", "maxItems"),
    "key": ("minProperties", "maxProperties"),
}


def field_list(crds: list[Schema]) -> str:
    """Returns the page: a table of fields and a list of validation rules for each kind."""
    return "\n".join([_HEAD, *(_kind(crd) for crd in crds)])


def _kind(crd: Schema) -> str:
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    lines = [f"## {crd['spec']['names']['kind']}", "", schema.get("description", ""), ""]
    lines += ["| Field | Type | Description |", "| --- | --- | --- |"]
    rules = _rules("", schema)
    for part in ("spec", "status"):
        for path, node, required in _fields(part, schema["properties"].get(part, {}), False):
            lines.append(f"| `{path}` | {_type(node)} | {_description(node, required)} |")
            rules += _rules(path, node)
    if rules:
        lines += ["", "The API server validates these rules:", ""]
        lines += [f"- {f'`{path}`: ' if path else ''}{_escaped(rule)}" for path, rule in rules]
    return "\n".join([*lines, ""])


def _rules(path: str, node: Schema) -> list[tuple[str, str]]:
    """Returns the CEL rules of a node: the path that the API server reports, and the message."""
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


def _description(node: Schema, required: bool) -> str:
    parts = ["**Required.**"] if required else []
    if "description" in node:
        parts.append(_escaped(node["description"]))
    if "enum" in node:
        parts.append("One of " + ", ".join(f"`{value}`" for value in node["enum"]) + ".")
    parts += _bounds(node)
    return " ".join(parts)


def _bounds(node: Schema) -> list[str]:
    """Returns the bounds of a value and of its length as sentences, for example "1 to 250 characters."."""
    found = []
    if node.get("exclusiveMinimum") is True:
        found.append(f"Greater than {node['minimum']}.")
    else:
        found.append(_range(node.get("minimum"), node.get("maximum")))
    for unit, (least, most) in _COUNTS.items():
        found.append(_range(node.get(least), node.get(most), unit))
    return [sentence for sentence in found if sentence]


def _range(least: float | None, most: float | None, unit: str = "") -> str:
    if least is None and most is None:
        return ""
    noun = f" {unit}{'' if (most if most is not None else least) == 1 else 's'}" if unit else ""
    if least is not None and most is not None:
        return f"Exactly {most}{noun}." if least == most else f"{least} to {most}{noun}."
    return f"At least {least}{noun}." if most is None else f"At most {most}{noun}."


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")
