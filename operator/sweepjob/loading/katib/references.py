"""Replaces ``${trialParameters.x}`` in a trial's template by references of a SweepJob."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...api import names
from ..azure.conversion import Section

_PARAMETER = re.compile(r"\$\{trialParameters\.(.+?)\}")
_META = re.compile(r"\$\{trialSpec\.(.+?)\}")
_INDEXED = re.compile(r"(Labels|Annotations)\[(.+)\]")
_TRIAL_NAME = "Name"
# Both are set in every trial; the variable is expanded by the kubelet in arguments only, since the
# operator appends it to the user's variables.
_VARIABLE = "$(SWEEPJOB_TRIAL)"
_FIELD = {"fieldRef": {"fieldPath": f"metadata.labels['{names.LABEL_TRIAL}']"}}
_OBJECT = "${{trial.object}}"
_NAME_ELSEWHERE = (
    "the name of the trial is known in command, args and whole values of env only; use one of these"
)


@dataclass
class References:
    """What the parameters of a trial's template mean.

    Attributes:
        values: replacements by the name of ``trialParameters``; None if it was rejected.
        named: names that mean the name of the trial.
        used: names that the template has.
    """

    values: dict[str, str | None] = field(default_factory=dict)
    named: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)


def read_references(
    section: Section,
    parameters: Mapping[str, str],
    resource: Mapping[str, Any],
    *,
    is_manifest: bool = False,
) -> References:
    """Read ``trialParameters``.

    Args:
        section: the trial template.
        parameters: our names of the parameters by Katib's.
        resource: the object of the trial, for its metadata.
        is_manifest: the object becomes ``trial.manifest``, which may have references to its own name.
    """
    found = References()
    listed = section.read("trialParameters", [])
    if not isinstance(listed, list):
        section.reject("trialParameters", listed, "must be a list")
        return found
    described: list[str] = []
    for position, entry in enumerate(listed):
        one = section.conversion.section(entry, section.at(f"trialParameters[{position}]"))
        name, reference = one.text("name") or "", one.text("reference") or ""
        if one.read("description"):
            described.append(name)
        one.reject_unknown_keys()
        if name in found.values:
            one.reject("name", name, "is listed twice; remove one")
        meta = _META.fullmatch(reference)
        if meta and is_manifest and meta.group(1) == _TRIAL_NAME:
            found.values[name] = _OBJECT
        elif meta:
            found.values[name] = _metadata(one, meta.group(1), resource)
            if meta.group(1) == _TRIAL_NAME:
                found.named.add(name)
        elif reference in parameters:
            found.values[name] = f"${{{{search_space.{parameters[reference]}}}}}"
        else:
            known = ", ".join(parameters) or "none"
            one.reject("reference", reference, f"is no parameter; there are: {known}")
            found.values[name] = None
    if described:
        section.note("trialParameters", described, "descriptions are not carried over")
    return found


def _metadata(section: Section, key: str, resource: Mapping[str, Any]) -> str | None:
    """Return the value of ``${trialSpec.KEY}``; None if it was rejected."""
    reference = f"${{trialSpec.{key}}}"
    metadata = section.conversion.manifest["metadata"]
    if key == _TRIAL_NAME:
        return _VARIABLE
    if key == "Namespace":
        if "namespace" not in metadata:
            message = "the file has no namespace; --namespace gives one"
            section.reject("reference", reference, message)
        return str(metadata["namespace"]) if "namespace" in metadata else None
    own = {"Kind": resource.get("kind"), "APIVersion": resource.get("apiVersion")}
    if key in own:
        section.note("reference", reference, f"{own[key]}, as in the file")
        return str(own[key])
    indexed = _INDEXED.fullmatch(key)
    found = resource.get("metadata")
    kept = (found if isinstance(found, Mapping) else {}).get(
        indexed.group(1).lower() if indexed else ""
    )
    value = kept.get(indexed.group(2)) if indexed and isinstance(kept, Mapping) else None
    if value is None:
        message = (
            "refers to nothing; known: Name, Namespace, Kind, APIVersion, and Labels[KEY] and "
            "Annotations[KEY] of trialSpec.metadata"
        )
        section.reject("reference", reference, message)
        return None
    return str(value)


def note_unused(section: Section, references: References) -> None:
    """Add a note for each parameter that the template does not have."""
    for name in references.values:
        if name not in references.used:
            section.note(f"trialParameters.{name}", name, "is not in the template; left out")


def replaced(
    section: Section, node: Any, references: References, *, arguments: bool = False
) -> Any:
    """Return a part of a template with references of a SweepJob.

    Args:
        section: has the part, for messages.
        node: the part.
        references: what the parameters mean.
        arguments: the kubelet expands variables here.
    """
    if isinstance(node, str):
        return _text(section, node, references, arguments=arguments)
    if isinstance(node, list):
        return [
            replaced(_item(section, n), item, references, arguments=arguments)
            for n, item in enumerate(node)
        ]
    if not isinstance(node, Mapping):
        return node
    made: dict[str, Any] = {}
    for key, value in node.items():
        inner = section.section(str(key))
        if "${trial" in str(key):
            inner.reject("", key, "a key cannot have a reference; write it as a value")
        if key == "env" and isinstance(value, list):
            made[key] = [
                _variable(_item(inner, n), entry, references) for n, entry in enumerate(value)
            ]
        else:
            in_words = key in ("command", "args") and isinstance(value, list)
            made[str(key)] = replaced(inner, value, references, arguments=in_words)
    return made


def _item(section: Section, position: int) -> Section:
    return section.conversion.section({}, f"{section.path}[{position}]")


def _variable(section: Section, entry: Any, references: References) -> Any:
    """Return an environment variable; one that is the name of the trial gets it from the pod's label."""
    value = entry.get("value") if isinstance(entry, Mapping) else None
    name = _PARAMETER.fullmatch(value) if isinstance(value, str) else None
    if name and name.group(1) in references.named:
        references.used.add(name.group(1))
        return {"name": entry.get("name"), "valueFrom": _FIELD}
    return replaced(section, entry, references)


def _text(section: Section, text: str, references: References, *, arguments: bool) -> str:
    if "${{" in text or "$[[" in text:
        section.reject("", text, "would be a reference of a SweepJob here; write it in another way")

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        references.used.add(name)
        if name not in references.values:
            section.reject("", found.group(), "is not in trialParameters; add it there")
        if name in references.named and not arguments:
            section.reject("", found.group(), _NAME_ELSEWHERE)
        return references.values.get(name) or ""

    if direct := _META.search(text):
        message = "is replaced in a reference of trialParameters only, as in Katib; add one there"
        section.reject("", direct.group(), message)
    return _PARAMETER.sub(value, text)
