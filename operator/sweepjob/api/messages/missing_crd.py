"""Messages about a CustomResourceDefinition of this project that is not served."""

from __future__ import annotations

from collections.abc import Mapping, Set

from .. import names

_INSTALL = (
    "Install the CRDs: helm install sweepjob-crds helm/sweepjob-crds, or kubectl apply -k crds"
)


def missing_crd(plural: str, versions: Mapping[str, Set[str]]) -> str:
    """Return why a resource of this project cannot be used, and what to do; empty when it is served.

    Args:
        plural: the plural of the resource.
        versions: the resources of this project's API group, by the versions in which they are served.
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
