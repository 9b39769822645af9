"""Decodes the OpenAPI v3 document of an API version, as far as it is about one kind.

A document of several kinds with pod templates has megabytes, and takes 0.05 s to decode as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from .transport import Body


class _Components(msgspec.Struct):
    schemas: dict[str, msgspec.Raw] = {}  # msgspec copies it


class _Document(msgspec.Struct):
    components: _Components = msgspec.field(default_factory=_Components)


class _Identity(msgspec.Struct):
    kinds: Any = msgspec.field(name="x-kubernetes-group-version-kind", default=None)


def decode_schemas(text: bytes, api_version: str, kind: str) -> Body:
    """Return a document with the schema of a kind, and the schemas that it refers to.

    Args:
        text: the response.
        api_version: group and version.
        kind: the kind.

    Raises:
        ValueError: it is not JSON.
    """
    try:
        schemas = msgspec.json.decode(text, type=_Document).components.schemas
        group, _, version = api_version.rpartition("/")
        wanted = {"group": group, "version": version, "kind": kind}
        roots = [name for name, schema in schemas.items() if wanted in _kinds(schema)]
        return {"components": {"schemas": dict(_reachable(roots[:1], schemas))}}
    except msgspec.ValidationError:
        return {}  # another document
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error


def _kinds(schema: msgspec.Raw) -> list[Any]:
    try:
        found = msgspec.json.decode(schema, type=_Identity).kinds
    except msgspec.ValidationError:
        return []
    return found if isinstance(found, list) else []


def _reachable(names: list[str], schemas: Mapping[str, msgspec.Raw]) -> Iterator[tuple[str, Any]]:
    """Yield schemas, and those that they refer to, by name."""
    waiting, seen = list(names), set(names)
    while waiting:
        name = waiting.pop()
        schema = msgspec.json.decode(schemas[name])
        yield name, schema
        new = {found for found in _references(schema) if found in schemas} - seen
        waiting += new
        seen |= new


def _references(schema: Any) -> Iterator[str]:
    """Yield the names in all ``$ref`` of a schema."""
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str):
                yield reference.rpartition("/")[2]
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
