"""Jobs of a trial, and what is in them."""

from __future__ import annotations

from typing import Any

from sweepjob import protocol
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.trial_pods.identity import TrialIdentity
from sweepjob.trial_pods.job_manifest import job_manifest
from sweepjob.trial_pods.sidecar import SidecarSettings

from .builders import sweepjob

IDENTITY = TrialIdentity("team", "sweep", "sweep-3", "trial-uid", 2, "sweep-12345678/sweep-3")

SIDECAR = SidecarSettings("registry.example/sidecar:1", "https://intake:8443", "PEM")

ASSIGNMENT = {"lr": 0.0312, "units": 32}


def manifest(**spec: Any) -> dict[str, Any]:
    return job_manifest(IDENTITY, parse_sweepjob(sweepjob(**spec)), ASSIGNMENT, SIDECAR)


def pod_of(job: dict[str, Any]) -> dict[str, Any]:
    pod: dict[str, Any] = job["spec"]["template"]["spec"]
    return pod


def environment(container: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry.get("value", "") for entry in container["env"]}


def sidecar_of(pod: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = pod["initContainers"][0]
    return found


def sidecar_settings(pod: dict[str, Any]) -> dict[str, str]:
    return protocol.parse_settings(environment(sidecar_of(pod)))
