"""Read ``spec.trial``: a pod template, or its short form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...template.command import syntax_error
from ..parsing.quantity import check_amounts
from ..parsing.reader import Reader
from .checkpoint import parse_checkpoint
from .code import parse_code
from .distribution import parse_distribution, parse_instance_count, parse_topology
from .limits import COMPANION_GRACE
from .sweep_spec import TrialTemplate
from .trial_manifest import MANIFEST_KEYS, parse_manifest

_SHORT = ("image", "command", "env", "resources")
_COMPANION_GRACE = "companionGracePeriodSeconds"
_GROUP = ("instanceCount", "distribution", "topology")


def parse_trial(reader: Reader) -> TrialTemplate:
    """Read ``spec.trial``; problems are added to the reader's."""
    others = ("code", "template", "maxRetries", "stopGracePeriodSeconds", _COMPANION_GRACE)
    reader.known((*_SHORT, *others, "checkpoint", "doNotDisrupt", *_GROUP, *MANIFEST_KEYS))
    instances = parse_instance_count(reader)
    manifest = parse_manifest(reader)
    template = reader.data.get("template")
    short = [key for key in _SHORT if key in reader.data]
    if manifest is not None:
        template = manifest.reporting_template
    elif template is None:
        if "image" not in reader.data:
            remedy = (
                "is required: the container image of a trial, e.g. python:3.13-slim; or a template"
            )
            reader.note("image", None, remedy)
        else:
            reader.bounded("image", reader.text("image"), 1000)
    elif short:
        reader.note(
            short[0], reader.data[short[0]], "set either template or the short form, not both"
        )
    elif not _containers(template):
        reader.note("template", "...", "must be a pod template with spec.containers")
    return TrialTemplate(
        template=template if isinstance(template, Mapping) else None,
        image=str(reader.data.get("image", "")),
        command=_command(reader),
        env=_env(reader),
        resources=_resources(reader.child("resources")),
        max_retries=reader.integer("maxRetries", 0, most=98),
        stop_grace=reader.integer("stopGracePeriodSeconds", 5, most=3600),
        companion_grace=reader.integer(
            _COMPANION_GRACE, round(COMPANION_GRACE), least=5, most=86400
        ),
        do_not_disrupt=reader.flag("doNotDisrupt"),
        code=parse_code(reader.child("code")) if "code" in reader.data else None,
        instance_count=instances,
        distribution=parse_distribution(reader, instances),
        topology=parse_topology(reader, instances),
        manifest=manifest,
        checkpoint=parse_checkpoint(reader),
    )


def _command(reader: Reader) -> str | tuple[str, ...]:
    command = reader.data.get("command", "")
    words = command if isinstance(command, list) else [command]
    if not all(isinstance(word, str) for word in words):
        reader.note("command", command, "must be a string or a list of strings; quote numbers")
    reader.bounded("command", words, 1000)
    if isinstance(command, list):
        return tuple(map(str, command))
    if isinstance(command, str) and (mistake := syntax_error(command)):
        reader.note("command", command, mistake)
    return str(command)


def _resources(reader: Reader) -> Mapping[str, Any]:
    check_amounts(reader)
    return reader.data


def _env(reader: Reader) -> tuple[Mapping[str, Any], ...]:
    env = reader.data.get("env", [])
    if not isinstance(env, list) or not all(isinstance(e, Mapping) and "name" in e for e in env):
        reader.note("env", env, "must be a list of variables, e.g. [{name: A, value: b}]")
        return ()
    for number, entry in enumerate(env):
        variable = Reader(entry, reader.at(f"env[{number}]"), reader.problems)
        variable.text("name")
        if not isinstance(entry.get("value", ""), str):
            variable.note("value", entry["value"], "must be a string; quote it")
    reader.bounded("env", env, 500)
    return tuple(env)


def _containers(template: Any) -> list[Any]:
    spec = template.get("spec") if isinstance(template, Mapping) else None
    found = spec.get("containers") if isinstance(spec, Mapping) else None
    listed = found if isinstance(found, list) else []
    return listed if all(isinstance(container, Mapping) for container in listed) else []
