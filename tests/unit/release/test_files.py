"""What a release contains, as far as it needs neither Helm nor the network."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from packaging.tags import sys_tags
from sweepjob import __version__

from release import archives, charts, checksums, interpreters, manifests, plugin, sbom, signature
from release.source import Source, check_version
from release.tools import ReleaseError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def source() -> Source:
    return Source(ROOT, __version__, "c0ffee", 1_700_000_000)


def test_the_tree_has_the_version_that_is_released() -> None:
    check_version(ROOT, __version__)


@pytest.mark.parametrize("version", ["", "v1.2.3", "1.2", "1.2.3-rc.1", "../1.2.3"])
def test_a_version_has_three_numbers(version: str) -> None:
    with pytest.raises(ReleaseError, match="is no version"):
        check_version(ROOT, version)


def test_another_version_than_that_of_the_commit_is_refused() -> None:
    with pytest.raises(ReleaseError, match=r"version\.py has .*, not 99\.0\.0: set the version"):
        check_version(ROOT, "99.0.0")


def test_an_archive_depends_on_names_and_contents_alone(tmp_path: Path) -> None:
    files = {"b": b"2", "bin/a": b"1"}
    for name in ("one.tgz", "two.tar.gz"):
        archives.write_tar(tmp_path / name, files, 1_700_000_000, programs=("bin/a",))
        os.utime(tmp_path / name, (1, 1))
    assert (tmp_path / "one.tgz").read_bytes() == (tmp_path / "two.tar.gz").read_bytes()
    assert list(archives.read_tar(tmp_path / "one.tgz").items()) == list(files.items())


def test_an_archive_is_compressed_as_its_name_says(tmp_path: Path) -> None:
    for name, begins in (("one.oci.tar", b"b\0"), ("one.tar.gz", b"\x1f\x8b")):
        archives.write_tar(tmp_path / name, {"b": b"2"}, 1_700_000_000)
        assert (tmp_path / name).read_bytes().startswith(begins)
        assert archives.read_tar(tmp_path / name) == {"b": b"2"}


@pytest.mark.parametrize("registry", ["", "registry.example.org/team"])
def test_the_manifests_are_complete_and_name_the_images_of_the_release(
    source: Source, tmp_path: Path, registry: str
) -> None:
    manifests.package(source, tmp_path, registry)
    [archive] = tmp_path.iterdir()
    folder = f"sweepjob-manifests-{__version__}"
    files = archives.read_tar(archive)
    for name in ("kustomization.yaml", "namespace.yaml", "certificate.sh"):
        path = f"manifests/{name}"
        assert files[f"{folder}/{path}"] == (ROOT / path).read_bytes()
    assert f"{folder}/crds/kustomization.yaml" in files
    text = files[f"{folder}/manifests/operator.yaml"].decode()
    prefix = f"{registry}/" if registry else ""
    for image in ("operator", "sidecar"):
        assert f": {prefix}sweepjob/{image}:{__version__}\n" in text
    assert "registry.example.org" not in text or registry


def test_artifact_hub_shows_the_crds_and_the_images(source: Source) -> None:
    found = charts.hub_annotations(source, "sweepjob", "r.example.org")
    assert [crd["kind"] for crd in yaml.safe_load(found["artifacthub.io/crds"])] == [
        "SweepJob",
        "SweepTrial",
    ]
    images = [item["image"] for item in yaml.safe_load(found["artifacthub.io/images"])]
    assert images == [f"r.example.org/sweepjob/{n}:{__version__}" for n in ("operator", "sidecar")]
    assert all(isinstance(value, str) for value in found.values())
    assert yaml.safe_load(charts.repository_metadata("id-1")) == {"repositoryID": "id-1"}


def test_the_manifest_of_krew_names_each_archive_with_its_checksum() -> None:
    hashes = {platform: f"{index}" * 64 for index, platform in enumerate(plugin.PLATFORMS)}
    manifest = plugin.krew_manifest("1.2.3", hashes, "https://example.org/1.2.3/")
    spec = yaml.safe_load(yaml.safe_dump(manifest))["spec"]
    assert spec["version"] == "v1.2.3"
    assert spec["platforms"][0] == {
        "selector": {"matchLabels": {"os": "linux", "arch": "amd64"}},
        "uri": "https://example.org/1.2.3/kubectl-sweepjob-1.2.3-linux-amd64.tar.gz",
        "sha256": "0" * 64,
        "bin": "kubectl-sweepjob",
    }
    assert len({item["uri"] for item in spec["platforms"]}) == 4


def test_platforms_are_selected_by_name() -> None:
    assert plugin.selected("") == plugin.PLATFORMS
    assert [p.machine for p in plugin.selected("darwin/arm64 linux/arm64")] == ["arm64", "aarch64"]
    with pytest.raises(ReleaseError, match="PLATFORMS has windows/amd64; known are linux/amd64"):
        plugin.selected("linux/amd64 windows/amd64")


def test_this_interpreter_accepts_the_wheels_of_its_description() -> None:
    import platform
    import sys

    if sys.version_info[1] not in interpreters.PYTHONS:
        pytest.skip(f"the plug-in does not support Python {platform.python_version()}")
    tags = interpreters.describe(sys.platform, platform.machine(), sys.version_info[1])
    described = {t for t in tags["compatible_tags"] if "manylinux_2_17" in t or t.endswith("-any")}
    assert described
    assert described <= {str(tag) for tag in sys_tags()} or sys.platform != "linux"


def test_a_bill_of_materials_has_the_same_id_for_the_same_contents(source: Source) -> None:
    def bill(version: str, moment: str) -> dict[str, object]:
        exported = {
            "serialNumber": f"urn:uuid:{moment}",
            "metadata": {"timestamp": moment, "component": {"name": "sweepjob"}},
            "components": [{"name": "rich", "version": version}],
        }
        return sbom.reproducible(exported, source, "image-operator")

    assert bill("1", "now") == bill("1", "later")
    assert bill("1", "now")["serialNumber"] != bill("2", "now")["serialNumber"]
    assert bill("1", "now")["metadata"]["timestamp"] == "2023-11-14T22:13:20Z"  # type: ignore[index] # JSON


def write_key(
    file: Path, key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey, password: str = ""
) -> Path:
    encryption = (
        serialization.BestAvailableEncryption(password.encode())
        if password
        else serialization.NoEncryption()
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )
    file.write_bytes(pem)
    return file


def verify(folder: Path) -> list[int]:
    """Runs the commands of docs/how-to/verify-release.md."""
    commands = (
        "base64 -d < SHA256SUMS.sig > SHA256SUMS.der",
        "openssl dgst -sha256 -verify release.pub -signature SHA256SUMS.der SHA256SUMS",
        "sha256sum --check --ignore-missing --quiet SHA256SUMS",
    )
    return [
        subprocess.run(["sh", "-c", c], cwd=folder, capture_output=True, check=False).returncode
        for c in commands
    ]


def test_changed_files_and_changed_checksums_are_found(tmp_path: Path) -> None:
    release = tmp_path / "release"
    release.mkdir()
    (release / "a.whl").write_bytes(b"a")
    key = signature.load_key(
        write_key(tmp_path / "key", signature.generate_key(), "secret"), "secret"
    )
    sums = checksums.write(release)
    signature.sign(sums, key)
    first = (release / "SHA256SUMS.sig").read_bytes()
    assert verify(release) == [0, 0, 0]
    signature.sign(sums, key)
    assert (release / "SHA256SUMS.sig").read_bytes() == first
    (release / "a.whl").write_bytes(b"b")
    assert verify(release) == [0, 0, 1]
    sums.write_text(f"{checksums.sha256(release / 'a.whl')}  a.whl\n")
    assert verify(release) == [0, 1, 0]


def test_other_keys_are_refused_with_a_remedy(tmp_path: Path) -> None:
    key = signature.generate_key()
    locked = write_key(tmp_path / "locked", key, "secret")
    cases = {
        "cannot be read": (tmp_path / "none", ""),
        "SIGNING_KEY_PASSWORD": (locked, "wrong"),
        "is that of": (locked, ""),
        "is no key on the curve P-256": (
            write_key(tmp_path / "ed", ed25519.Ed25519PrivateKey.generate()),
            "",
        ),
    }
    for said, (file, password) in cases.items():
        with pytest.raises(ReleaseError, match=said):
            signature.load_key(file, password)
