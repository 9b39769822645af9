"""Code that is not in the image: in a spec, in a pod, in a pod's copy, and in ConfigMaps."""

from __future__ import annotations

import asyncio
import base64
import gzip
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sweepjob.api import names
from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.api.sweeptrial.serialization import parse_record
from sweepjob.controllers.code_check import find_code
from sweepjob.controllers.fair_thread import FairThread
from sweepjob.controllers.not_ready import NotReady
from sweepjob.kube.client import KubeClient
from sweepjob.kube.transport import Request
from sweepjob.local.api_server import MemoryApiServer
from sweepjob.local.transport import MemoryTransport
from sweepjob.protocol.code import MAX_PART, PART_KEY, archive_hash, files_hash
from sweepjob.sidecar.unpack_code import main
from sweepjob.trial_pods.failures import failure_of
from sweepjob.trial_pods.job_manifest import job_manifest

from .builders import sweepjob
from .jobs import ASSIGNMENT, IDENTITY, SIDECAR, pod_of

HASH = "ab" * 32
SNAPSHOT = {"snapshot": {"hash": HASH, "configMaps": ["code-0", "code-1"]}}
FILES = {"train.py": b"print(1)\n", "pkg/model.py": b"\x00\xff", "run.sh": b"#!/bin/sh\r\n"}


def with_code(code: Mapping[str, Any], **spec: Any) -> dict[str, Any]:
    body = sweepjob(**spec)
    body["spec"]["trial"] = {**body["spec"]["trial"], "code": code}
    return body


def pod(code: Mapping[str, Any], **spec: Any) -> dict[str, Any]:
    parsed = parse_sweepjob(with_code(code, **spec))
    return pod_of(job_manifest(IDENTITY, parsed, ASSIGNMENT, SIDECAR, code_hash=HASH))


def problems(code: Any, **spec: Any) -> str:
    with pytest.raises(InvalidSpec) as found:
        parse_sweepjob(with_code(code, **spec))
    return str(found.value)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ({}, "must have one of snapshot, configMap, claim and image"),
        ({**SNAPSHOT, "image": {"reference": "x"}}, "must have one of"),
        ({"snapshot": {"hash": "AB", "configMaps": ["c"]}}, "snapshot.hash"),
        ({"snapshot": {"hash": HASH, "configMaps": []}}, "snapshot.configMaps"),
        ({"snapshot": {"hash": HASH, "configMaps": ["c"] * 6}}, "5 at most"),
        ({"configMap": {"name": "Upper_Case"}}, "is no name of a Kubernetes object"),
        ({"configMap": {"name": "c", "items": [{"key": "a", "path": "../a"}]}}, "stay inside"),
        ({"configMap": {"name": "c", "items": [{"key": "a"}, {"key": "a"}]}}, "listed twice"),
        ({"configMap": {"name": "c", "item": []}}, "did you mean items?"),
        ({"claim": {"claimName": "c", "path": "/a"}}, "must be relative"),
        ({"image": {"reference": "x", "pullPolicy": "always"}}, "did you mean Always?"),
        ({**SNAPSHOT, "mountPath": "code"}, "must be an absolute path"),
        ({**SNAPSHOT, "mountPath": "/"}, "must be an absolute path"),
        ({"configMap": {"name": "${{search_space.lr}}"}}, "all trials have the same code"),
        ("./src", "must be an object"),
    ],
)
def test_mistakes(code: Any, said: str) -> None:
    message = problems(code)
    assert "spec.trial.code" in message
    assert said in message


def test_mounts_that_collide() -> None:
    output = {"volume": {"emptyDir": {}}, "mountPath": "/code"}
    assert "the code is mounted there" in problems(SNAPSHOT, outputs={"model": output})
    inside = {"model": {**output, "mountPath": "/code/outputs"}}
    claim = {"claim": {"claimName": "code"}}
    assert "lies inside the code" in problems(claim, outputs=inside)
    assert parse_sweepjob(with_code(SNAPSHOT, outputs=inside))


@pytest.mark.parametrize("source", ["mlflow", "logs"])
def test_a_pod_unpacks_a_copy_of_its_own_before_the_trainer(source: str) -> None:
    inside = {"model": {"volume": {"emptyDir": {}}, "mountPath": "/code/outputs/model"}}
    made = pod(SNAPSHOT, metrics={"source": source}, outputs=inside)
    trainer = made["containers"][0]
    assert trainer["workingDir"] == "/code"
    assert trainer["volumeMounts"][0] == {"name": "sweepjob-code", "mountPath": "/code"}
    first = [c["name"] for c in made["initContainers"]]
    assert first == ["sweepjob-sidecar", "sweepjob-code"][source == "logs" :]
    container = made["initContainers"][-1]
    assert container["image"] == SIDECAR.image
    assert container["command"][-2:] == [HASH, "--folder=outputs/model"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert "limits" in container["resources"]
    sources = next(v for v in made["volumes"] if v["name"] == "sweepjob-code-source")
    assert [s["configMap"]["items"][0]["path"] for s in sources["projected"]["sources"]] == [
        "part-00",
        "part-01",
    ]
    # A public image runs as root, which the restricted standard forbids.
    assert made["securityContext"] == {
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
        "runAsUser": 65532,
        "fsGroup": 65532,
        "fsGroupChangePolicy": "OnRootMismatch",
    }
    assert {"name": "HOME", "value": "/tmp"} in trainer["env"]


def test_what_the_template_says_of_users_and_folders_stays() -> None:
    container = {
        "name": "t",
        "image": "i",
        "workingDir": "/app",
        "securityContext": {"runAsUser": 7},
    }
    trial = {"template": {"spec": {"containers": [container]}}, "code": SNAPSHOT}
    parsed = parse_sweepjob(sweepjob(trial=trial))
    made = pod_of(job_manifest(IDENTITY, parsed, ASSIGNMENT, SIDECAR, code_hash=HASH))
    assert made["containers"][0]["workingDir"] == "/app"
    assert "runAsUser" not in made["securityContext"]
    assert not any(e["name"] == "HOME" for e in made["containers"][0]["env"])


def test_claims_and_images_are_mounted_as_they_are() -> None:
    made = pod({"claim": {"claimName": "code", "path": "v1/"}, "mountPath": "/src"})
    assert {"name": "sweepjob-code", "persistentVolumeClaim": {"claimName": "code"}} in made[
        "volumes"
    ]
    mount = made["containers"][0]["volumeMounts"][0]
    assert (mount["mountPath"], mount["subPath"], mount["readOnly"]) == ("/src", "v1", True)
    assert [c["name"] for c in made["initContainers"]] == ["sweepjob-sidecar"]
    made = pod({"image": {"reference": "registry.example/code:1"}})
    assert {"name": "sweepjob-code", "image": {"reference": "registry.example/code:1"}} in made[
        "volumes"
    ]


# What a pod unpacks.


def archive(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for path, content in files.items():
            info = tarfile.TarInfo(path)
            info.size, info.mode = len(content), 0o755 if path.endswith(".sh") else 0o644
            tar.addfile(info, io.BytesIO(content))
    return gzip.compress(made.getvalue(), mtime=0)


def parts(folder: Path, data: bytes, size: int = 100) -> Path:
    """The parts as the kubelet mounts them: links to a folder whose name begins with two dots."""
    inner = folder / "source" / "..2026"
    inner.mkdir(parents=True)
    (folder / "source" / "..data").symlink_to("..2026")
    for n in range(0, len(data), size):
        (inner / f"part-{n // size:02}").write_bytes(data[n : n + size])
        (folder / "source" / f"part-{n // size:02}").symlink_to(f"..data/part-{n // size:02}")
    (folder / "target").mkdir()
    return folder / "source"


def test_an_archive_in_parts_is_unpacked_byte_for_byte(tmp_path: Path) -> None:
    data = archive(FILES)
    source = parts(tmp_path, data)
    target = tmp_path / "target"
    arguments = [str(source), str(target), archive_hash([data]), "--folder=outputs/model"]
    assert main(arguments) == 0
    found = {p.relative_to(target).as_posix(): p.read_bytes() for p in target.rglob("*.*")}
    assert found == FILES
    assert (target / "run.sh").stat().st_mode & 0o111 == 0o111
    assert (target / "train.py").stat().st_mode & 0o111 == 0
    assert (target / "outputs" / "model").is_dir()
    # The trainer may run as another user than the container that unpacks.
    assert all(p.stat().st_mode & 0o666 == 0o666 for p in target.rglob("*"))
    assert all(p.stat().st_mode & 0o777 == 0o777 for p in target.rglob("*") if p.is_dir())


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (archive({"train.py": b"other"}), "the code of the sweep has changed"),
        (archive(FILES)[:-20], "it is cut off"),
        (b"no archive at all", "not compressed by gzip"),
        (archive({"../../escape.py": b""}), "outside the destination"),
        (gzip.compress(bytes(90_000_000), mtime=0), "more than 50 MB"),
    ],
)
def test_other_code_fails_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], data: bytes, said: str
) -> None:
    source = parts(tmp_path, data, 1_000_000)
    assert main([str(source), str(tmp_path / "target"), HASH]) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path.parent / "escape.py").exists()


def test_the_files_of_a_config_map_are_copied(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    inner = tmp_path / "source" / "..2026" / "pkg"
    inner.mkdir(parents=True)
    (inner.parent / "train.py").write_bytes(b"a")
    (inner / "model.sh").write_bytes(b"b")
    (inner / "model.sh").chmod(0o755)
    for name in ("train.py", "pkg"):
        (tmp_path / "source" / name).symlink_to(f"..2026/{name}")
    expected = files_hash({"train.py": b"a", "pkg/model.sh": b"b"})
    arguments = [str(tmp_path / "source"), str(tmp_path / "target"), expected, "--files"]
    assert main(arguments) == 0
    assert (tmp_path / "target" / "pkg" / "model.sh").read_bytes() == b"b"
    assert (tmp_path / "target" / "pkg" / "model.sh").stat().st_mode & 0o777 == 0o777
    assert (tmp_path / "target" / "train.py").stat().st_mode & 0o777 == 0o666


def test_a_pod_whose_code_cannot_be_unpacked_says_why() -> None:
    ended = {"exitCode": 1, "message": "the code of the sweep has changed: ..."}
    status = {"initContainerStatuses": [{"name": "sweepjob-code", "state": {"terminated": ended}}]}
    found = failure_of({"state": {"waiting": {"reason": "PodInitializing"}}}, status)
    assert found.reason == names.REASON_CODE_UNUSABLE
    assert "the code of the sweep has changed" in found.message
    theirs = {
        "initContainerStatuses": [{"name": "fetch", "state": {"terminated": {"exitCode": 4}}}]
    }
    found = failure_of({}, theirs)
    assert "init container 'fetch' ended with exit code 4" in found.message


# What the operator checks before a trial starts.


class Cluster:
    """An API server with ConfigMaps."""

    def __init__(self) -> None:
        self.server = MemoryApiServer(lambda: 0.0)

    def add(self, name: str, data: Mapping[str, str] = {}, **binary: bytes) -> None:
        body = {
            "metadata": {"name": name},
            "data": dict(data),
            "binaryData": {k: base64.b64encode(v).decode() for k, v in binary.items()},
        }
        path = "/api/v1/namespaces/team/configmaps"
        assert self.server.answer(Request("POST", path, {}, body))[0] == 201

    def find(self, code: Mapping[str, Any], status: Mapping[str, Any] | None = None) -> str:
        async def no_log(pod: str, after: float) -> Any:
            raise AssertionError

        api = KubeClient(MemoryTransport(self.server, no_log))
        spec = parse_sweepjob(with_code(code))
        return asyncio.run(find_code(api, "team", spec, status or {}, FairThread("code")))

    def refusal(self, code: Mapping[str, Any]) -> NotReady:
        with pytest.raises(NotReady) as found:
            self.find(code)
        return found.value


def add_snapshot(cluster: Cluster, data: bytes, *names_of_parts: str) -> dict[str, Any]:
    half = len(data) // len(names_of_parts) + 1
    for n, name in enumerate(names_of_parts):
        cluster.add(name, **{PART_KEY: data[n * half : (n + 1) * half]})
    return {"snapshot": {"hash": archive_hash([data]), "configMaps": list(names_of_parts)}}


def test_a_snapshot_counts_when_all_its_parts_are_there() -> None:
    cluster, data = Cluster(), archive(FILES)
    code = add_snapshot(cluster, data, "a", "b", "c")
    assert cluster.find(code) == f"sha256:{archive_hash([data])}"
    code["snapshot"]["configMaps"].append("d")
    refusal = cluster.refusal(code)
    assert refusal.reason == names.REASON_CODE_NOT_FOUND
    assert refusal.waits
    assert (
        "ConfigMap d, which contains the code of this sweep, does not exist in namespace team"
        in str(refusal)
    )
    assert "sweepjob submit" in str(refusal)


def test_changed_code_is_refused_before_any_trial_starts() -> None:
    cluster = Cluster()
    code = add_snapshot(cluster, archive(FILES), "a")
    code["snapshot"]["hash"] = HASH
    refusal = cluster.refusal(code)
    assert refusal.reason == names.REASON_CODE_UNUSABLE
    assert not refusal.waits
    assert "is not what was submitted" in str(refusal)
    assert "kubectl delete configmap a" in str(refusal)
    cluster.add("empty")
    assert "cut off" in str(cluster.refusal({"snapshot": {"hash": HASH, "configMaps": ["empty"]}}))


def test_a_config_map_by_hand() -> None:
    cluster = Cluster()
    cluster.add("code", {"train.py": "print(1)\n"}, **{"model.bin": b"\x00\xff"})
    found = cluster.find({"configMap": {"name": "code"}})
    content = b"print(1)\n"
    assert found == f"sha256:{files_hash({'train.py': content, 'model.bin': bytes([0, 255])})}"
    items = {"configMap": {"name": "code", "items": [{"key": "train.py", "path": "src/train.py"}]}}
    assert cluster.find(items) == f"sha256:{files_hash({'src/train.py': content})}"
    items["configMap"]["items"] = [{"key": "trian.py"}]
    assert "no key 'trian.py'" in str(cluster.refusal(items))
    assert "did you mean train.py?" in str(cluster.refusal(items))
    cluster.add("requirements", {"train.py": "", "requirements.txt": "torch"})
    refusal = cluster.refusal({"configMap": {"name": "requirements"}})
    assert "nothing installs" in str(refusal)
    assert not refusal.waits


def test_a_sweep_that_has_begun_keeps_the_code_that_is_on_record() -> None:
    status = {"startTime": "2026-01-01T00:00:00Z", "code": "sha256:1234"}
    assert Cluster().find(SNAPSHOT, status) == "sha256:1234"


def test_the_record_of_a_trial_has_the_code() -> None:
    body = {
        "metadata": {"name": "sweep-0", "uid": "u"},
        "spec": {"sweep": "sweep", "index": 0, "assignment": "{}"},
        "status": {"code": "sha256:1234"},
    }
    assert parse_record(body).code == "sha256:1234"


def test_parts_fit_into_config_maps() -> None:
    assert MAX_PART + len(PART_KEY) <= 2**20
