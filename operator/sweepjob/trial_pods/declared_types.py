"""Gives the values of a trial's object the types that the schema of its kind declares.

A reference in a manifest is text. Where it is the whole value of a field that is declared as a number, a
boolean, a list or an object, the field gets that. Where the schema declares a string, or nothing, the
value stays a string.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from ..api.spec.trial_manifest import Path, TrialManifest
from ..search.space import Assignment, leaves
from ..template.references import Reference, split_references
from .identity import TrialIdentity
from .trial_references import trial_references

INT_OR_STRING = "int-or-string"
_TYPES = ("integer", "number", "boolean", "array", "object")
_MOST_STEPS = 40  # references between schemas that are followed for one step
Types = Mapping[Path, str]


def value_references(manifest: TrialManifest) -> dict[Path, str]:
    """Return the references that are whole values outside of pod templates, by path.

    Args:
        manifest: the manifest of a trial.
    """
    found: dict[Path, str] = {}
    waiting: list[tuple[Path, Any]] = [((), manifest.body)]
    while waiting:
        path, node = waiting.pop()
        if path in manifest.pod_templates:
            continue
        if isinstance(node, Mapping):
            waiting += [((*path, str(key)), inner) for key, inner in node.items()]
        elif isinstance(node, list):
            waiting += [((*path, position), inner) for position, inner in enumerate(node)]
        elif isinstance(node, str) and (name := _only_reference(node)):
            found[path] = name
    return found


def _only_reference(text: str) -> str:
    """Return the name of the reference that is the whole text; empty where there is something else."""
    pieces = split_references(text)
    only = pieces[0] if len(pieces) == 1 else ""
    return only.name if isinstance(only, Reference) else ""


def declared_types(
    document: Mapping[str, Any], api_version: str, kind: str, paths: Iterable[Path]
) -> dict[Path, str]:
    """Return the declared types at some paths of an object.

    Args:
        document: the OpenAPI v3 document of a group and version, as the API server serves it.
        api_version: group and version.
        kind: the kind.
        paths: paths of the object.

    Returns:
        JSON types, or ``INT_OR_STRING``, by path; without those that are strings or not declared.
    """
    schemas = _mapping(_mapping(document.get("components")).get("schemas"))
    root = next((s for s in schemas.values() if _is_of(s, api_version, kind)), None)
    found = {path: _type_at(root, path, schemas) for path in paths}
    return {path: kind for path, kind in found.items() if kind}


def _is_of(schema: Any, api_version: str, kind: str) -> bool:
    group, _, version = api_version.rpartition("/")
    wanted = {"group": group, "version": version, "kind": kind}
    listed = _mapping(schema).get("x-kubernetes-group-version-kind")
    return isinstance(listed, list) and wanted in listed


def _type_at(root: Any, path: Path, schemas: Mapping[str, Any]) -> str:
    schema = _resolved(root, schemas)
    for step in path:
        if isinstance(step, int):
            inner = schema.get("items")
        else:
            inner = _mapping(schema.get("properties")).get(step)
            inner = schema.get("additionalProperties") if inner is None else inner
        schema = _resolved(inner, schemas)
    if schema.get("x-kubernetes-int-or-string") or schema.get("format") == INT_OR_STRING:
        return INT_OR_STRING
    declared = schema.get("type")
    return declared if declared in _TYPES else ""


def _resolved(given: Any, schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow references to other schemas; a schema with a default wraps its reference in ``allOf``."""
    schema = _mapping(given)
    for _ in range(_MOST_STEPS):
        wrapped = schema.get("allOf")
        if "$ref" in schema:
            schema = _mapping(schemas.get(str(schema["$ref"]).rpartition("/")[2]))
        elif "type" not in schema and isinstance(wrapped, list) and len(wrapped) == 1:
            schema = _mapping(wrapped[0])
        else:
            return schema
    return {}


def _mapping(node: Any) -> Mapping[str, Any]:
    return node if isinstance(node, Mapping) else {}


def raw_values(
    assignment: Assignment, inputs: Mapping[str, Any], identity: TrialIdentity
) -> dict[str, Any]:
    """Return the values of a trial's references as they are, by name.

    Args:
        assignment: the trial's parameters.
        inputs: ``spec.inputs``.
        identity: the identity of the attempt.
    """
    found = {f"inputs.{name}": value for name, value in inputs.items()}
    found |= {f"search_space.{name}": value for name, value in assignment.items()}
    found |= {f"search_space.{name}": value for name, value in leaves(assignment)}
    return {**trial_references(identity), **found}


def typed_value(value: Any, declared: str, text: str) -> Any:
    """Return a value in its declared type, or its text if it has no such value.

    Then the API server refuses the object, and its message names the field, the type and the value.

    Args:
        value: the value; a text may have JSON.
        declared: a JSON type, or ``INT_OR_STRING``.
        text: the text of the value.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return text
    whole = isinstance(value, float) and math.isfinite(value) and value.is_integer()
    if declared in ("integer", INT_OR_STRING):
        value = int(value) if whole else value
        return value if isinstance(value, int) and not isinstance(value, bool) else text
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    matches = {
        "number": is_number and (isinstance(value, int) or math.isfinite(value)),
        "boolean": isinstance(value, bool),
        "array": isinstance(value, list),
        "object": isinstance(value, Mapping),
    }
    return value if matches[declared] else text
