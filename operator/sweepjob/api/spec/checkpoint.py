"""``spec.trial.checkpoint``: a trial can be paused, and go on from what it has saved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..parsing.problem import Problem
from ..parsing.reader import Reader
from ..parsing.suggestions import did_you_mean
from .early_termination import parse_policy, policy_in_force
from .sweep_spec import SweepSpec

_PATH = "spec.trial.checkpoint"
_INSTEAD_OF_PROMOTE = (
    "use mode: stop, or budgetParameter: NAME, which runs a script again with a larger budget"
)
# Volume sources whose content is gone with the pod, or cannot be written.
_NOT_KEPT = (
    *("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "gitRepo", "image", "projected"),
    "secret",
)


def parse_checkpoint(trial: Reader) -> str | None:
    """Read ``spec.trial.checkpoint``; problems are added to the reader's.

    Args:
        trial: ``spec.trial``.

    Returns:
        Name of the output; None where trials cannot go on from a checkpoint.
    """
    if "checkpoint" not in trial.data:
        return None
    reader = trial.child("checkpoint")
    reader.known(("output",))
    return reader.text("output") or None


def checkpoint_problems(spec: SweepSpec) -> Iterator[Problem]:
    """Yield why trials of a sweep cannot go on from their checkpoints.

    Args:
        spec: the spec of the sweep.
    """
    name = spec.trial.checkpoint
    if name is None:
        return
    if spec.trial.manifest is not None:
        kind = spec.trial.manifest.kind
        message = (
            f"a trial that is a {kind} cannot be paused; use trial.template, or remove checkpoint"
        )
        yield Problem(_PATH, {"output": name}, message)
    output = next((output for output in spec.outputs if output.name == name), None)
    if output is None:
        names = [output.name for output in spec.outputs]
        known = f"one of spec.outputs: {', '.join(names)}" if names else "declared in spec.outputs"
        yield Problem(f"{_PATH}.output", name, f"must be {known}{did_you_mean(name, names)}")
        return
    source = next(iter(output.volume), "")
    if source in _NOT_KEPT:
        message = (
            f"its volume is of type {source}, which does not outlive the pod, and the checkpoint would "
            "be lost; use a persistentVolumeClaim, or another volume that is kept"
        )
        yield Problem(f"{_PATH}.output", name, message)


def with_policy(spec: SweepSpec, section: Reader) -> SweepSpec:
    """Return a spec with another policy, in the form that the sweep uses.

    Args:
        spec: the spec of the sweep; its own policy is not read.
        section: ``earlyTermination``; problems are added to the reader's, also that the policy pauses
            trials that cannot be paused.
    """
    policy = policy_in_force(
        parse_policy(section), has_checkpoints=spec.trial.checkpoint is not None
    )
    spec = replace(spec, policy=policy)
    _check_pauses(spec, section)
    return spec


def _check_pauses(spec: SweepSpec, section: Reader) -> None:
    if not spec.policy_pauses or spec.trial.checkpoint is not None or spec.budget_parameter:
        return
    mode = section.data.get("mode")
    key, remedy = ("type", "use another policy") if mode is None else ("mode", _INSTEAD_OF_PROMOTE)
    message = (
        f"{spec.policy.name} pauses trials, which need a checkpoint to go on from; add trial.checkpoint: "
        f"{{output: NAME}} with an output that the script saves its state to, or {remedy}"
    )
    section.note(key, section.data.get(key), message)
