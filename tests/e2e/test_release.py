"""A release of this commit: made twice, compared, and installed from its files alone."""

from __future__ import annotations

import filecmp
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import yaml
from sweepjob import __version__

from release import charts, checksums, images, signature
from release.archives import read_tar
from tests.cluster import build, components, layout, lifecycle, registry
from tests.cluster import images as builds
from tests.cluster.console import ClusterError, run

from . import oci_archives

REGISTRY = f"{registry.ADDRESS}/team"
REPORT = "RELEASE-NOTES.md"  # has the day of the audit


def make(folder: Path, key: Path) -> Path:
    options = ("--registry", REGISTRY, "--key", str(key), "--output", str(folder), "--images")
    command = [sys.executable, "-m", "release", __version__, *options, "--platforms", "linux/amd64"]
    run(command, cwd=layout.PROJECT)
    return folder / __version__


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("key") / "release.key"
    run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(file)])
    return file


@pytest.fixture(scope="module")
def release(key: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("first"), key)


def test_the_same_commit_gives_the_same_bytes(release: Path, key: Path, tmp_path: Path) -> None:
    again = make(tmp_path, key)
    names = {file.name for file in release.iterdir()}
    assert names == {file.name for file in again.iterdir()}
    _, differ, unreadable = filecmp.cmpfiles(release, again, names - {REPORT}, shallow=False)
    assert (differ, unreadable) == ([], [])


def test_everything_is_signed(release: Path) -> None:
    commands = (
        "base64 -d < SHA256SUMS.sig > SHA256SUMS.der",
        "openssl dgst -sha256 -verify release.pub -signature SHA256SUMS.der SHA256SUMS",
        "sha256sum --check --ignore-missing SHA256SUMS",
    )
    page = (layout.PROJECT / "docs" / "how-to" / "verify-release.md").read_text()
    for command in commands:
        assert f"    {command}\n" in page
        subprocess.run(["sh", "-c", command], cwd=release, check=True, capture_output=True)
    (release / "SHA256SUMS.der").unlink()
    listed = {line.split()[1] for line in (release / checksums.NAME).read_text().splitlines()}
    unsigned = {checksums.NAME, f"{checksums.NAME}.sig", signature.PUBLIC_KEY, REPORT}
    assert listed | unsigned == {file.name for file in release.iterdir()}


def test_the_chart_installs_the_images_of_the_release(release: Path) -> None:
    helm = str(build.kubernetes() / "helm")
    chart = str(release / f"sweepjob-{__version__}.tgz")
    run([helm, "lint", "--strict", "--quiet", chart])
    text = run([helm, "template", "sweepjob", chart, "--include-crds"])
    for name in ("operator", "sidecar"):
        assert f'"{REGISTRY}/sweepjob/{name}:{__version__}"' in text
    about = yaml.safe_load(run([helm, "show", "chart", chart]))
    assert (about["version"], about["appVersion"]) == (__version__, __version__)
    assert run([helm, "show", "values", chart]).count(REGISTRY) == 2


def test_the_plug_in_runs_without_an_environment(release: Path, tmp_path: Path) -> None:
    archive = release / f"kubectl-sweepjob-{__version__}-linux-amd64.tar.gz"
    program = tmp_path / "kubectl-sweepjob"
    program.write_bytes(read_tar(archive)[program.name])
    program.chmod(0o755)
    sweep = layout.PROJECT / "examples" / "digits" / "sweep.yaml"
    # -I: neither this environment's packages nor the tree's.
    base = getattr(sys, "_base_executable", sys.executable)

    def called(*words: str) -> str:
        command: Sequence[str] = [base, "-I", str(program), *words]
        return run(command, env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}, cwd=tmp_path)

    assert called("version", "--client") == f"client: {__version__}\n"
    assert "usage: kubectl sweepjob" in called("--help")
    assert called("validate", "-f", str(sweep))
    [platform] = yaml.safe_load((release / "krew-sweepjob.yaml").read_text())["spec"]["platforms"]
    assert platform["sha256"] == checksums.sha256(archive)


def krew(folder: Path, *arguments: str) -> dict[str, str]:
    """Run krew with a folder of its own, on a network without an address; return its variables."""
    variables = {"KREW_ROOT": str(folder), "HOME": str(folder), "PATH": os.environ["PATH"]}
    program = str(build.release_checkers() / "krew")
    run(["unshare", "--net", program, *arguments], env=variables)
    return variables


def test_krew_installs_the_plug_in_without_a_network(release: Path, tmp_path: Path) -> None:
    archive = release / f"kubectl-sweepjob-{__version__}-linux-amd64.tar.gz"
    manifest = f"--manifest={release / 'krew-sweepjob.yaml'}"
    variables = krew(tmp_path, "install", manifest, f"--archive={archive}")
    program = str(tmp_path / "bin" / "kubectl-sweepjob")
    base = getattr(sys, "_base_executable", sys.executable)
    said = run([base, "-I", program, "version", "--client"], env=variables, cwd=tmp_path)
    assert said == f"client: {__version__}\n"
    changed = tmp_path / archive.name
    changed.write_bytes(archive.read_bytes() + b"x")
    with pytest.raises(ClusterError, match="checksum does not match"):
        krew(tmp_path / "other", "install", manifest, f"--archive={changed}")


def test_the_workflow_is_a_valid_one() -> None:
    workflow = layout.PROJECT / ".github" / "workflows" / "release.yml"
    run([str(build.release_checkers() / "actionlint"), str(workflow)])


def test_pip_installs_the_wheel(release: Path, tmp_path: Path) -> None:
    [wheel] = release.glob("*.whl")
    uv = str(layout.PROJECT / ".uv" / "bin" / "uv")
    run([uv, "pip", "install", "--quiet", "--no-deps", "--target", str(tmp_path), str(wheel)])
    assert (tmp_path / "bin" / "kubectl-sweepjob").exists()
    assert (tmp_path / f"sweepjob-{__version__}.dist-info" / "METADATA").exists()


def test_the_images_are_small(release: Path) -> None:
    """What nodes download."""
    for name, most in (("operator", 200e6), ("sidecar", 40e6)):
        assert (release / images.file_name(name, __version__)).stat().st_size < most


@pytest.mark.parametrize("name", ["operator", "sidecar", "trainer"])
def test_no_start_of_an_image_compiles_a_module(release: Path, name: str) -> None:
    """The builder sets the times of all files, so what was compiled by time would be stale."""
    sources, compiled = oci_archives.modules(release / images.file_name(name, __version__))
    assert len(compiled) > 100
    stale = [path for path, found in compiled.items() if not found.is_current(sources[path])]
    assert stale == []
    of_ours = {path for path in sources if path.startswith("opt/sweepjob/")}
    assert of_ours <= compiled.keys()


@pytest.fixture
def empty_cluster() -> Iterator[layout.Cluster]:
    """A cluster that has none of the project's images, with an empty registry."""
    cluster = layout.current().beside("release")
    lifecycle.up(cluster, components.Options())
    registry.serve(cluster)
    yield cluster
    lifecycle.down(cluster)


def test_a_cluster_installs_the_release_from_a_registry(
    release: Path, empty_cluster: layout.Cluster
) -> None:
    for name in ("operator", "sidecar"):
        archive = release / images.file_name(name, __version__)
        reference = charts.image(name, __version__, REGISTRY)
        builds.push(archive, reference, registry.in_network(empty_cluster))
    chart = str(release / f"sweepjob-{__version__}.tgz")
    registry.helm(empty_cluster, "push", chart, f"oci://{REGISTRY}/charts", "--plain-http")
    access = ("--kubeconfig", components.kubeconfig_of(empty_cluster, "admin"))
    registry.helm(
        empty_cluster,
        *("install", "sweepjob", f"oci://{REGISTRY}/charts/sweepjob", "--version", __version__),
        *("--plain-http", "--namespace", "sweepjob-system", "--create-namespace", *access),
        *("--wait", "--timeout", "180s"),
    )
    said = registry.helm(
        empty_cluster, "test", "sweepjob", "--namespace", "sweepjob-system", "--logs", *access
    )
    assert "Complete 2/2" in said
    used = lifecycle.kubectl(empty_cluster, "get", "pods", "-A", "-o", "jsonpath={..image}").split()
    assert {image.partition("/")[0] for image in used} == {registry.ADDRESS}
