"""What is said about a CustomResourceDefinition of ours that is not there."""

from __future__ import annotations

from collections.abc import Mapping, Set

from ..api import names

_INSTALL = (
    "Install the CRDs: helm install sweepjob-crds helm/sweepjob-crds, or kubectl apply -k crds"
)


def missing_crd(plural: str, versions: Mapping[str, Set[str]]) -> str:
    """What is wrong with a resource of ours; empty when it is served.

    Args:
        versions: the resources of our group, by the versions that are served.
    """
    if plural in versions.get(names.VERSION, ()):
        return ""
    name = f"CRD {plural}.{names.GROUP}"
    others = sorted(version for version, served in versions.items() if plural in served)
    if others:
        listed = ", ".join(others)
        return (
            f"{name} serves {listed} but not {names.VERSION}, which this operator needs. {_INSTALL}"
        )
    return f"{name} is missing. {_INSTALL}"
