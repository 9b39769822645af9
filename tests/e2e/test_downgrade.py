"""The operator, its CRDs and its chart go back to an earlier version in mid-sweep, and forward again."""

from __future__ import annotations

import dataclasses
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import images, layout, lifecycle
from tests.cluster import target as clusters
from tests.cluster.target import Target

from .sweeps import Sweeps, choice, eventually, values_on_record

# Before trials could be paused, and sweeps have several objectives, constraints and costs.
EARLIER = "da58c126"


@dataclasses.dataclass(frozen=True)
class Release:
    """A chart, and a target with the images that it installs."""

    chart: Path
    target: Target


@pytest.fixture
def earlier(target: Target, tmp_path: Path) -> Iterator[Release]:
    if target.built_in is None:
        pytest.skip("images of an earlier commit are built for the built-in cluster")
    archive = tmp_path / "earlier.tar"
    command = ["git", "archive", "--output", str(archive), EARLIER]
    if subprocess.run(command, cwd=layout.PROJECT, check=False, capture_output=True).returncode:
        pytest.skip(f"this clone does not have commit {EARLIER}; git fetch --unshallow")
    folder = tmp_path / "earlier"
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    found = dict(target.images)
    for image in (images.OPERATOR, images.SIDECAR):
        built = images.built_from(image, folder, EARLIER)
        lifecycle.load_image(target.built_in, built.file)
        found[image.name] = built.reference
    yield Release(folder / "helm" / "sweepjob", dataclasses.replace(target, images=found))
    clusters.install(target)


def test_a_sweep_goes_on_through_a_downgrade_and_the_way_back(
    sweeps: Sweeps, earlier: Release
) -> None:
    reports = 160
    space = {"level": choice(0.1, 0.2), "reports": choice(reports), "pause": choice(0.5)}
    limits = {"maxTotalTrials": 2, "maxConcurrentTrials": 2}
    clusters.install(sweeps.target)
    sweeps.apply("both", sweeps.spec(space, limits=limits))

    def recorded() -> int:
        return sum(
            len(values_on_record(t)) for t in sweeps.trials("both") if "curve" in t["status"]
        )

    eventually(lambda: recorded() >= 4, 90, "reports are recorded")
    clusters.install(earlier.target, chart=earlier.chart)
    assert earlier.target.images["operator"] in sweeps.target.kubectl(
        "-n", clusters.SYSTEM, "get", "pods", "-o", "jsonpath={..image}"
    )
    before = recorded()
    eventually(lambda: recorded() >= before + 10, 90, "the earlier version records reports")
    pods = {pod["metadata"]["uid"] for pod in sweeps.running_pods("both")}
    # One that begins with the earlier version, and ends with this one.
    sweeps.apply("old", sweeps.spec(space, limits=limits))
    eventually(lambda: len(sweeps.running_pods("old")) == 2, 90, "its trials run")
    clusters.install(sweeps.target, "--reset-then-reuse-values")
    for name in ("both", "old"):
        ended = sweeps.await_end(name)["status"]
        assert ended["trials"]["succeeded"] == 2, name
        assert [len(values_on_record(t)) for t in sweeps.trials(name)] == [reports] * 2, name
        assert [t["status"]["attempt"] for t in sweeps.trials(name)] == [1, 1], "no trial ran again"
        healthy = [c for c in ended["conditions"] if c["type"] == "Degraded"]
        assert [c["status"] for c in healthy] == ["False"], healthy
    assert len(pods) == 2
