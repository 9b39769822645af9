"""Warnings about a valid spec that is probably not what the user meant.

They are the same in `validate`, `propose`, `run --local`, `convert`, Python, and in the event and the
condition ``Accepted`` on a cluster.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from ... import protocol
from ...template import command
from ...template.references import (
    Reference,
    format_path,
    iter_texts,
    references,
    replace_references,
)
from ..parsing.problem import Problem
from ..parsing.suggestions import did_you_mean
from ..spec.sweep_spec import SweepSpec
from .argument_words import argument_words
from .bash_warnings import bash_warnings
from .exit_code_warnings import exit_code_warnings
from .log_bound_warnings import exponent_warnings
from .option_like_values import option_like_values
from .policy_warnings import policy_warnings
from .template_references import nearest_reference, possible_values

_MAX_WARNINGS = 20
# Sources whose reports have no step of the script; Weights & Biases' client counts its own from 0.
_WITHOUT_STEPS = (protocol.LOGS, protocol.PUSHGATEWAY, protocol.WANDB)
_GROUPS = ("searchspace", "inputs", "outputs")
_MAX_CANDIDATES = 50  # names in a string that are compared with references
_VARIABLE = re.compile(r"AZUREML_SWEEP_([A-Za-z0-9_]*)")
_ALL = "SWEEPJOB_PARAMETERS"
# Text that looks like a reference: {lr}, {{lr}}, ${lr}, $lr, %(lr)s, <lr>, with or without its group.
_LOOKALIKE = re.compile(
    r"(?<![\\A-Za-z0-9_$])(?:\$?\{{1,3}[ \t]{0,9}|\$\(?|%\(|<)"
    r"((?:(?:search_?space|inputs|outputs)\.)?[A-Za-z_][A-Za-z0-9_.-]{0,99})"
    r"(?:[ \t]{0,9}[})>]{1,3}s?)?",
    re.IGNORECASE,
)
_GPU = re.compile(r'/gpu"|/mig-|"resourceClaims"')  # that GPU-seconds are counted of
_RESOURCE = re.compile(r'"([a-z0-9.-]{1,200}/[A-Za-z0-9._-]{1,60})": ')
_ALWAYS_THERE = ("cpu", "memory")  # requested by the sidecar
_SHELLS = re.compile(r"(?:.*/)?(?:ba|da|a|k|z)?sh")
_SCRIPT_FLAG = re.compile(r"-[a-z]*c[a-z]*")
_SAFE = re.compile(r"[A-Za-z0-9_@%+=:,./-]*")


def spec_warnings(body: Mapping[str, Any], spec: SweepSpec) -> list[Problem]:
    """Return the warnings about a SweepJob: where, what, and what to write instead.

    Args:
        body: the SweepJob.
        spec: its specification.
    """
    found = [
        *exponent_warnings(body["spec"]["searchSpace"], spec.log_base),
        *unused_parameters(body, spec),
        *_missing_continuation(spec),
        *exit_code_warnings(spec.trial.command),
        *bash_warnings(spec.trial.command),
        *_values_as_arguments(body["spec"]["trial"], spec),
        *_scripts(body["spec"]["trial"], spec),
        *_shared_folders(spec),
        *_missing_steps(spec),
        *_node_folder(spec),
        *_limits_without_usage(body["spec"]["trial"], spec),
        *policy_warnings(body["spec"].get("earlyTermination"), spec),
    ]
    return found[:_MAX_WARNINGS]


def _limits_without_usage(trial: Mapping[str, Any], spec: SweepSpec) -> Iterator[Problem]:
    """Yield warnings about limits on GPU-hours and cost that no trial approaches."""
    limits, text = spec.limits, json.dumps(trial)
    if limits.max_gpu_hours is not None and not _GPU.search(text):
        message = "no trial requests a GPU, so that this limit is never reached; use timeout"
        yield Problem("spec.limits.maxGpuHours", limits.max_gpu_hours, message)
    priced = [name for name, price in limits.prices.items() if price > 0]
    for name in priced:
        if f'"{name}"' not in text and name not in _ALWAYS_THERE:
            hint = did_you_mean(name, sorted(set(_RESOURCE.findall(text))))
            message = f"no trial requests it, so that this price does not count{hint}"
            yield Problem(f"spec.limits.prices.{name}", limits.prices[name], message)
    if limits.max_cost is not None and not priced:
        message = "limits.prices has no price, so that only prices of the operator count"
        yield Problem("spec.limits.maxCost", limits.max_cost, message)


def _shared_folders(spec: SweepSpec) -> Iterator[Problem]:
    """Yield warnings about outputs of which one overwrites the files of another."""
    first: dict[str, str] = {}
    for output in spec.outputs:
        place = json.dumps([output.volume, output.sub_path], sort_keys=True)
        other = first.setdefault(place, output.name)
        if other != output.name and "emptyDir" not in output.volume:
            message = (
                f"is the folder of the output {other}, too: their files mix; give one "
                "of them another subPath"
            )
            yield Problem(f"spec.outputs.{output.name}.subPath", output.sub_path or None, message)


def _missing_steps(spec: SweepSpec) -> Iterator[Problem]:
    """Yield a warning about a source that has no steps, of trials that go on from checkpoints."""
    source = spec.metrics.source
    if spec.trial.checkpoint is None or source not in _WITHOUT_STEPS:
        return
    message = (
        "has no steps, so that reports which a trial makes again after a pause count twice; save a "
        "checkpoint with each report, or use mlflow, file or tensorboard and log a step"
    )
    yield Problem("spec.metrics.source", source, message)


def _node_folder(spec: SweepSpec) -> Iterator[Problem]:
    """Yield a warning about a checkpoint on one node, of trials that may go on on another."""
    for output in spec.outputs:
        if output.name == spec.trial.checkpoint and "hostPath" in output.volume:
            message = (
                "is a hostPath: a trial that goes on on another node finds no checkpoint there; use a "
                "volume that all nodes share, or a nodeSelector"
            )
            yield Problem("spec.trial.checkpoint.output", output.name, message)


def unused_parameters(body: Mapping[str, Any], spec: SweepSpec) -> Iterator[Problem]:
    """Yield warnings about parameters that no trial uses, and text that looks like a reference to them.

    A script may read any parameter from its environment. A parameter without a reference is therefore
    suspicious only if other parameters have one, or if some text looks like a misspelled reference.

    Args:
        body: the SweepJob.
        spec: its specification.
    """
    trial = body["spec"]["trial"]
    found = [(tree_path, text) for tree_path, text in iter_texts(trial)]
    used = {name for _, text in found for name in references(text)}
    names = spec.space.parameters.entries
    mentioned = {name for _, text in found for name in _VARIABLE.findall(text)}
    everything = "" in mentioned or any(_ALL in text for _, text in found)
    referred = {name.split(".")[1] for name in used if name.startswith("search_space.")}
    unused = [n for n in names if n not in referred | mentioned] if not everything else []
    reported = set[str]()
    known = {*unused}
    for tree_path, text in found:
        for shown, meant in _lookalikes(text, known, spec):
            reported.add(meant.partition(".")[2])
            message = f"is not a reference and is not replaced; did you mean {Reference(meant)}?"
            yield Problem(f"spec.trial{format_path(tree_path)}", shown, message)
    for name in unused:
        if f"inputs.{name}" in used:
            message = (
                f"no trial uses this parameter: the trial refers to the input of its name; write "
                f"{Reference(f'search_space.{name}')}, and remove the input"
            )
            yield Problem(f"spec.searchSpace.{name}", f"${{{{inputs.{name}}}}}", message)
        elif referred and name not in reported:
            message = (
                f"nothing in spec.trial uses this parameter; write {Reference(f'search_space.{name}')} "
                f"where it belongs, or let the script read AZUREML_SWEEP_{name} (naming that variable "
                "anywhere in spec.trial ends this warning)"
            )
            yield Problem(f"spec.searchSpace.{name}", name, message)


def _lookalikes(text: str, unused: set[str], spec: SweepSpec) -> Iterator[tuple[str, str]]:
    """Text that looks like a reference, and the reference that was probably meant."""
    tried = set[str]()
    for match in _LOOKALIKE.finditer(replace_references(text, lambda _: " ")):
        name = match[1].rstrip(".-")
        group, point, _ = name.partition(".")
        grouped = bool(point) and group.lower().replace("_", "") in _GROUPS
        if match[0].startswith("${{") or name in tried or not (grouped or name in unused):
            continue
        tried.add(name)
        meant = nearest_reference(name, _known(spec)) if grouped else f"search_space.{name}"
        is_shells = not grouped and match[0].startswith("$") and _is_set(text, name, spec)
        if meant and not is_shells:
            yield match[0].strip(), meant
        if len(tried) == _MAX_CANDIDATES:
            return


def _known(spec: SweepSpec) -> list[str]:
    """Return all valid references."""
    return [
        *(f"search_space.{name}" for name in spec.space.parameters.entries),
        *(f"inputs.{name}" for name in spec.inputs),
        *(f"outputs.{output.name}" for output in spec.outputs),
    ]


def _is_set(text: str, name: str, spec: SweepSpec) -> bool:
    """Return whether the text or the environment sets a shell variable of that name."""
    made = re.search(
        rf"(?:^|[;&|(\n]|\bexport\s|\bdo\s|\bthen\s)[ \t]{{0,99}}{name}=|\b(?:for|read|local)\s{name}\b",
        text,
    )
    return made is not None or any(entry.get("name") == name for entry in spec.trial.env)


def _missing_continuation(spec: SweepSpec) -> Iterator[Problem]:
    """Warn about a line that begins with an option: a shell reads it as a command of its own."""
    if not isinstance(spec.trial.command, str):
        return
    if "<<" in spec.trial.command:
        return  # lines of a here-document may begin with anything
    lines = command.normalize(spec.trial.command).split("\n")
    for before, line in pairwise(lines):
        first = line.strip().partition(" ")[0]
        if re.fullmatch(r"--?[A-Za-z][\w-]*(=.*)?", first[:200]) and not before.rstrip().endswith(
            ("\\", "(", "|", "&")
        ):
            message = (
                "begins with an option, which the shell runs as a separate command; end the line before "
                "with a backslash, or write the command with >- in place of |"
            )
            yield Problem("spec.trial.command", line.strip()[:80], message)
            return


def _containers(trial: Mapping[str, Any], spec: SweepSpec) -> list[tuple[str, Mapping[str, Any]]]:
    """Return what has commands, with its path: the trial itself, or the containers of its template."""
    if spec.trial.template is None:
        return [("spec.trial", trial)]
    path = f"{spec.trial.template_path}.spec.containers"
    listed = spec.trial.template["spec"]["containers"]
    return [(f"{path}[{n}]", container) for n, container in enumerate(listed)]


def _values_as_arguments(trial: Mapping[str, Any], spec: SweepSpec) -> Iterator[Problem]:
    entries = spec.space.parameters.entries
    for path, container in _containers(trial, spec):
        for key in ("command", "args"):
            given = container.get(key)
            if isinstance(given, str) or (
                isinstance(given, list) and all(isinstance(word, str) for word in given)
            ):
                yield from option_like_values(f"{path}.{key}", given, entries)
                yield from argument_words(f"{path}.{key}", given, entries)


def _scripts(trial: Mapping[str, Any], spec: SweepSpec) -> Iterator[Problem]:
    """Argument vectors with a script for a shell, which interprets the values in it."""
    containers = _containers(trial, spec)
    paths = {output.name: output.mount_path for output in spec.outputs}
    values = possible_values(spec.space, spec.inputs, paths)
    for path, container in containers:
        words = [
            (f"{path}.{key}[{n}]", word)
            for key in ("command", "args")
            if isinstance(container.get(key), list)
            for n, word in enumerate(container[key])
            if isinstance(word, str)
        ]
        yield from _script(words, values)


def _script(words: list[tuple[str, str]], values: Mapping[str, list[str]]) -> Iterator[Problem]:
    """Yield the warnings about an argument vector of a shell."""
    if not words or not _SHELLS.fullmatch(words[0][1]):
        return
    flag = next((n for n, (_, word) in enumerate(words) if _SCRIPT_FLAG.fullmatch(word)), None)
    if flag is None or flag + 1 >= len(words):
        return
    path, script = words[flag + 1]
    for name in dict.fromkeys(references(script)):
        value = next((v for v in values.get(name, ()) if not _SAFE.fullmatch(v)), None)
        if value is not None:
            remedy = (
                f"the shell reads this value as a part of its script; write the command as a text, which "
                f'is quoted, or "$AZUREML_SWEEP_{name.split(".")[-1]}" in the script'
            )
            yield Problem(path, value[:80], remedy)
