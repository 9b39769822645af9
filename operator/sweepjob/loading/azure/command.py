"""Converts references in Azure's commands to those of a SweepJob."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from ...template.references import Reference, references, replace_references, split_optional
from ..azure_map.azure_map import DEFAULT_DATASTORE as STORE
from .conversion import PLACEHOLDER, Section

_SINGLE = re.compile(r"(?<![{$])\{\s*((?:inputs|outputs|search_space)\.[\w.]+)\s*\}(?!\})")


def with_double_braces(text: str) -> str:
    """Return a text with Azure's old references, ``{inputs.x}``, as ``${{inputs.x}}``."""
    return _SINGLE.sub(r"${{\1}}", text)


def convert_text(section: Section, key: str, text: str, inputs: Collection[str]) -> str:
    """Convert the references of a command or of an environment variable's value.

    Args:
        section: the part of the file that the text is in.
        key: the text's key.
        text: the text.
        inputs: names of the inputs that have a value.
    """
    if _SINGLE.search(text):
        text = with_double_braces(text)
        message = "references in single braces are deprecated; written with ${{ }}, as Azure does"
        section.note(key, "{...}", message)
    settled = "".join(
        _optional(section, key, part, inputs) if optional else part
        for part, optional in split_optional(text)
    )
    return replace_references(settled, lambda found: _reference(section, key, found))


def _optional(section: Section, key: str, text: str, inputs: Collection[str]) -> str:
    names = [r.removeprefix("inputs.") for r in references(text) if r.startswith("inputs.")]
    present = all(name in inputs or name in section.conversion.swept for name in names)
    what = "given, so it stays" if present else "not given, so it is left out"
    section.note(key, f"$[[{text}]]", f"its optional input is {what}")
    return text if present else ""


def _reference(section: Section, key: str, found: Reference) -> str:
    group, _, name = found.name.partition(".")
    if group == "inputs" and name in section.conversion.swept:
        return str(Reference(f"search_space.{name}"))
    if group != "outputs":
        return str(found)
    options = section.conversion.options
    if name in options.outputs:
        return options.outputs[name]
    outputs = section.conversion.manifest["spec"].setdefault("outputs", {})
    if name not in outputs:
        outputs[name] = _output(section, key, found)
    return f"${{{{outputs.{name}}}}}"


def _output(section: Section, key: str, found: Reference) -> dict[str, Any]:
    """Return the entry of ``spec.outputs``: a folder for each trial on a volume."""
    name = found.name.removeprefix("outputs.")
    conversion = section.conversion
    options = conversion.options
    place = conversion.output_places.get(name)
    if options.is_lazy and options.claim is None:
        conversion.azure.setdefault("outputs", {})[name] = {"path": place}
        return {"volume": {"emptyDir": {}}}
    if options.local:
        return {"volume": {"emptyDir": {}}}  # a folder of the sweep's on this machine
    if options.claim is not None:
        return {"volume": {"persistentVolumeClaim": {"claimName": options.claim}}}
    azure_map = options.azure_map
    default = conversion.datastore
    store = azure_map.find_data(place) if place else azure_map.find_datastore(default)
    if store is not None and store.volume:
        sub_path = {"subPath": store.path} if store.path else {}
        return {"volume": dict(store.volume), **sub_path}
    section_of_map = ("data", place) if place else ("datastore", default or STORE)
    missing = azure_map.missing(*section_of_map)
    message = (
        f"each trial gets a folder on a PersistentVolumeClaim; replace {PLACEHOLDER} by its name, or "
        f"give --claim NAME, or --output {name}=PATH, or {missing}"
    )
    section.note(key, str(found), message)
    return {"volume": {"persistentVolumeClaim": {"claimName": PLACEHOLDER}}}
