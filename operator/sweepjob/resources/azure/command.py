"""References in Azure's commands to those of a SweepJob."""

from __future__ import annotations

import re
from collections.abc import Collection

from ..placeholders import PLACEHOLDER as REFERENCE
from .conversion import PLACEHOLDER, Section

_SINGLE = re.compile(r"(?<![{$])\{\s*((?:inputs|outputs|search_space)\.[\w.]+)\s*\}(?!\})")
_OPTIONAL = re.compile(r"\$\[\[(.*?)\]\]", re.DOTALL)


def convert_text(section: Section, key: str, text: str, inputs: Collection[str]) -> str:
    """A command or a variable's value, with every reference in the form that is resolved here."""
    if _SINGLE.search(text):
        text = _SINGLE.sub(r"${{\1}}", text)
        message = "references in single braces are out of use; written with ${{ }}, as Azure does"
        section.note(key, "{...}", message)
    text = _OPTIONAL.sub(lambda match: _optional(section, key, match[1], inputs), text)
    return REFERENCE.sub(lambda match: _reference(section, key, match[0], match[1]), text)


def _optional(section: Section, key: str, text: str, inputs: Collection[str]) -> str:
    names = [r.removeprefix("inputs.") for r in REFERENCE.findall(text) if r.startswith("inputs.")]
    present = all(name in inputs for name in names)
    what = "given, so it stays" if present else "not given, so it is left out"
    section.note(key, f"$[[{text}]]", f"its optional input is {what}")
    return text if present else ""


def _reference(section: Section, key: str, whole: str, name: str) -> str:
    if not name.startswith("outputs."):
        return whole
    output = name.removeprefix("outputs.")
    supplies = section.conversion.supplies
    if output in supplies.outputs:
        return supplies.outputs[output]
    claim = supplies.claim or PLACEHOLDER
    spec = section.conversion.manifest["spec"]
    volume = {"persistentVolumeClaim": {"claimName": claim}}
    spec.setdefault("outputs", {})[output] = {"volume": volume}
    if supplies.claim is None:
        message = (
            "outputs have no store of Azure's here: each trial gets a folder on a claim; put the name "
            f"of one for {PLACEHOLDER}, or give --claim NAME, or --output {output}=PATH"
        )
        section.note(key, whole, message)
    return f"${{{{outputs.{output}}}}}"
