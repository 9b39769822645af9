"""Checks of ``trial.manifest`` that concern other parts of the spec."""

from __future__ import annotations

from collections.abc import Iterator

from ... import protocol
from ..parsing.problem import Problem
from ..spec.sweep_spec import SweepSpec

_NO_TEMPLATE = "the manifest has no pod template that the operator can add it to"


def manifest_problems(spec: SweepSpec) -> Iterator[Problem]:
    """Yield what needs a pod template, where the manifest has none.

    Args:
        spec: a spec with a manifest.
    """
    manifest = spec.trial.manifest
    if manifest is None or manifest.pod_templates:
        return
    source = spec.metrics.source
    if source != protocol.LOGS:
        remedy = f"needs the sidecar, and {_NO_TEMPLATE}; set metrics.source to {protocol.LOGS}"
        yield Problem("spec.metrics.source", source, remedy)
    if spec.outputs:
        names = [output.name for output in spec.outputs]
        yield Problem("spec.outputs", names, f"need a volume, and {_NO_TEMPLATE}; remove them")
    if spec.trial.code is not None:
        yield Problem("spec.trial.code", "...", f"is mounted, and {_NO_TEMPLATE}; remove it")
