"""Prints every key of Azure's schemas of sweeps, commands and pipelines as JSON, by dotted path.

Run by the Python of the dependency group clients-azure-v2, since it needs azure-ai-ml. ``*`` stands for a
name that the file chooses. A key that Azure's client only writes is left out: it refuses it in a file.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

logging.disable(logging.CRITICAL)

from azure.ai.ml._schema import NestedField, UnionField  # noqa: E402 - it logs
from azure.ai.ml._schema._sweep.sweep_job import SweepJobSchema  # noqa: E402 - it logs
from azure.ai.ml._schema.component.command_component import CommandComponentSchema  # noqa: E402 - it logs
from azure.ai.ml._schema.core.fields import (  # noqa: E402 - it logs
    ExperimentalField,
    TypeSensitiveUnionField,
)
from azure.ai.ml._schema.pipeline.component_job import SweepSchema  # noqa: E402 - it logs
from azure.ai.ml._schema.pipeline.pipeline_job import PipelineJobSchema  # noqa: E402 - it logs
from marshmallow import fields  # noqa: E402 - it logs

_DEPTH = 8
# Other kinds of steps, and what is of a service and not of a sweep, end a path.
_ENDS = {"jobs.*", "component", "services.*", "trial.services"}


def walk(field: Any, path: str, found: dict[str, None], depth: int = 0) -> None:
    """Add the paths of a field's keys."""
    if depth > _DEPTH or path in _ENDS:
        return
    if isinstance(field, ExperimentalField):
        walk(field._experimental_field, path, found, depth)
    elif isinstance(field, TypeSensitiveUnionField | UnionField):
        for inner in field._union_fields:
            walk(inner, path, found, depth)
    elif isinstance(field, fields.Dict):
        if field.value_field is not None:
            walk(field.value_field, f"{path}.*", found, depth + 1)
    elif isinstance(field, fields.List):
        walk(field.inner, path, found, depth)
    elif isinstance(field, NestedField | fields.Nested):
        walk_schema(field.schema, path, found, depth + 1)


def walk_schema(schema: Any, path: str, found: dict[str, None], depth: int = 0) -> None:
    """Add the paths of a schema's keys."""
    for name, field in schema.fields.items():
        if field.dump_only:
            continue
        key = field.data_key or name
        below = f"{path}.{key}" if path else key
        found[below] = None
        walk(field, below, found, depth)


def main() -> None:
    """Print the keys by kind of file."""
    made = {}
    kinds = (
        ("sweep", SweepJobSchema),
        ("step", SweepSchema),
        ("component", CommandComponentSchema),
        ("pipeline", PipelineJobSchema),
    )
    for kind, schema in kinds:
        found: dict[str, None] = {}
        walk_schema(schema(context={"base_path": "/"}), "", found)
        made[kind] = list(found)
    json.dump(made, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
