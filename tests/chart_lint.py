"""The chart's lint: helm lint, and every variant rendered and looked through."""

from __future__ import annotations

import sys

import yaml

from tests.cluster import build, layout
from tests.cluster.console import ClusterError, run, say

CHART = layout.PROJECT / "helm" / "sweepjob"
# The values that switch parts of the templates on and off.
VARIANTS: tuple[tuple[str, ...], ...] = (
    (),
    ("--set", "watchNamespaces={team-a,team-b}"),
    ("--set", "replicas=2"),
)


def main() -> int:
    try:
        helm = str(build.kubernetes() / "helm")
        run([helm, "lint", "--strict", "--quiet", str(CHART)])
        for variant in VARIANTS:
            rendered = run([helm, "template", "lint", str(CHART), *variant])
            check(rendered)
    except ClusterError as error:
        say(f"error: {error}")
        return 1
    print(f"chart: {len(VARIANTS)} variants rendered and checked")
    return 0


def check(rendered: str) -> None:
    """Every document has a kind and a name, and none is there twice.

    Raises:
        ClusterError: with the document that is wrong.
    """

    seen = set()
    for document in yaml.safe_load_all(rendered):
        if document is None:
            continue
        meta = document.get("metadata", {})
        identity = (document.get("kind"), meta.get("namespace"), meta.get("name"))
        if None in (identity[0], identity[2]) or identity in seen:
            raise ClusterError(f"bad or repeated object in the chart: {identity}")
        seen.add(identity)


if __name__ == "__main__":
    sys.exit(main())
