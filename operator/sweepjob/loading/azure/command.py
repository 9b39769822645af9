"""Converts references in Azure's commands to those of a SweepJob."""

from __future__ import annotations

import re
from collections.abc import Collection

from ...template.references import Reference, references, replace_references, split_optional
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
    present = all(name in inputs for name in names)
    what = "given, so it stays" if present else "not given, so it is left out"
    section.note(key, f"$[[{text}]]", f"its optional input is {what}")
    return text if present else ""


def _reference(section: Section, key: str, found: Reference) -> str:
    if not found.name.startswith("outputs."):
        return str(found)
    output = found.name.removeprefix("outputs.")
    options = section.conversion.options
    if output in options.outputs:
        return options.outputs[output]
    claim = options.claim or PLACEHOLDER
    spec = section.conversion.manifest["spec"]
    volume = {"persistentVolumeClaim": {"claimName": claim}}
    spec.setdefault("outputs", {})[output] = {"volume": volume}
    if options.claim is None:
        message = (
            "Azure's data stores are not available: each trial gets a folder on a PersistentVolumeClaim; "
            f"replace {PLACEHOLDER} by its name, or give --claim NAME, or --output {output}=PATH"
        )
        section.note(key, str(found), message)
    return f"${{{{outputs.{output}}}}}"
