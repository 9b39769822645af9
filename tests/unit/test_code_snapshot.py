"""Snapshots of folders: what is in them, what is left out, what is refused, and that they repeat."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sweepjob.loading.code import CodeSnapshot, snapshot
from sweepjob.loading.code.upload import remove, set_owner, upload
from sweepjob.loading.errors import LoadError
from sweepjob.local.code import remove_tree
from sweepjob.protocol.code import MAX_FILES, archive_hash
from sweepjob.sidecar.unpack_code import unpack


def write(root: Path, files: Mapping[str, str | bytes]) -> Path:
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def contents(code: CodeSnapshot, where: Path) -> dict[str, str]:
    """Unpack as a pod does; returns the paths with their contents, link targets and modes."""
    source, target = where / "source", where / "target"
    for folder in (source, target):
        folder.mkdir(parents=True)
    for n, body in enumerate(code.config_maps()):
        (source / f"part-{n:02}").write_bytes(code._part(n))
        assert body["immutable"]
    unpack(source, target, code.hash, are_files=False)
    found = {}
    for path in sorted(target.rglob("*")):
        name = path.relative_to(target).as_posix()
        if path.is_symlink():
            found[name] = f"-> {os.readlink(path)}"
        elif path.is_file():
            executable = "*" if path.stat().st_mode & 0o111 else ""
            found[name] = executable + path.read_bytes().decode("latin-1")
        elif not any(path.iterdir()):
            found[f"{name}/"] = ""
    return found


def test_everything_of_a_folder_arrives(tmp_path: Path) -> None:
    root = write(
        tmp_path / "src",
        {
            "train.py": "x\r\n",
            "pkg/mod.py": "",
            "pkg/data.bin": b"\x00\xff",
            "größe.txt": "g",
            "a b": "s",
        },
    )
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o750)
    (root / "link.py").symlink_to("pkg/mod.py")
    (root / "package").symlink_to("pkg")
    (root / "empty").mkdir()
    found = contents(snapshot(root), tmp_path / "pod")
    assert found == {
        "train.py": "x\r\n",
        "pkg/mod.py": "",
        "pkg/data.bin": "\x00\xff",
        "größe.txt": "g",
        "a b": "s",
        "run.sh": "*#!/bin/sh\n",
        "link.py": "-> pkg/mod.py",
        "package": "-> pkg",
        "empty/": "",
    }


def test_the_same_files_give_the_same_snapshot(tmp_path: Path) -> None:
    files = {f"d{n % 3}/f{n}.py": f"print({n})" for n in range(20)}
    one = write(tmp_path / "one", files)
    other = write(tmp_path / "other", dict(reversed(files.items())))
    for file in other.rglob("*.py"):
        os.utime(file, (1, 1))
        file.chmod(0o600)
    assert snapshot(one).hash == snapshot(other).hash
    assert snapshot(one).config_map_names == snapshot(other).config_map_names
    (other / "d0" / "f0.py").chmod(0o700)
    assert snapshot(one).hash != snapshot(other).hash


@pytest.mark.parametrize("name", [".sweepjobignore", ".amlignore", ".gitignore"])
def test_rules_are_those_of_git(tmp_path: Path, name: str) -> None:
    """Compared with Git itself."""
    rules = (
        "*.log\n!keep.log\n/data/\nbuild\n**/cache/*\n!**/cache/keep\n# comment\n\\#file\ntmp?.py\n"
    )
    files = {
        path: "x"
        for path in (
            *("train.py", "a.log", "keep.log", "sub/b.log", "data/x", "sub/data/x", "build/a/b"),
            *("sub/build", "cache/a", "cache/keep", "sub/cache/b", "#file", "tmp1.py", "tmp12.py"),
        )
    }
    root = write(tmp_path / "src", {**files, name: rules})
    found = contents(snapshot(root), tmp_path / "pod").keys()
    git = write(tmp_path / "git", {**files, ".gitignore": rules})
    subprocess.run(["git", "init", "-q"], cwd=git, check=True)
    listed = subprocess.run(
        ["git", "ls-files", "-o", "--exclude-standard"],
        cwd=git,
        capture_output=True,
        text=True,
        check=True,
    )
    assert {*found} - {".gitignore"} == {*listed.stdout.split()} - {".gitignore"}


def test_one_ignore_file_counts_and_some_things_are_always_left_out(tmp_path: Path) -> None:
    files = dict.fromkeys(
        (
            "train.py",
            "a.txt",
            "b.txt",
            ".git/config",
            "__pycache__/x.pyc",
            "env/pyvenv.cfg",
            "env/lib",
        ),
        "",
    )
    root = write(tmp_path / "src", {**files, ".sweepjobignore": "a.txt", ".gitignore": "b.txt"})
    code = snapshot(root)
    assert contents(code, tmp_path / "pod").keys() == {"train.py", "b.txt", ".gitignore"}
    assert code.ignore_file == ".sweepjobignore"
    assert {".git/", "__pycache__/", "env/", "a.txt"} <= {*code.ignored}
    assert "left out by .sweepjobignore" in str(code)


def test_nested_gitignore(tmp_path: Path) -> None:
    files = {".gitignore": "*.log\n", "sub/.gitignore": "!a.log\n*.txt\n"}
    files |= dict.fromkeys(("a.log", "sub/a.log", "sub/b.log", "b.txt", "sub/b.txt"), "")
    found = contents(snapshot(write(tmp_path / "src", files)), tmp_path / "pod").keys()
    assert {*found} == {".gitignore", "sub/.gitignore", "sub/a.log", "b.txt"}


def nested(root: Path, depth: int) -> None:
    """Folders in each other, made without a path that is longer than a system allows."""
    root.mkdir(parents=True, exist_ok=True)
    at = os.open(root, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=at)
        at, above = os.open("d", os.O_RDONLY, dir_fd=at), at
        os.close(above)
    os.close(at)


def test_folders_that_are_nested_too_deep_are_refused_unless_left_out(tmp_path: Path) -> None:
    root = write(tmp_path / "src", {"train.py": "", "a/b/c/d.py": ""})
    nested(root / "cache", 3000)
    with pytest.raises(
        LoadError,
        match="cache: has more than 100 folders in each other; leave it out: add /cache/ to",
    ):
        snapshot(root)
    write(root, {".sweepjobignore": "/cache/\n"})
    assert snapshot(root).files == 2
    remove_tree(tmp_path / "src")
    assert not (tmp_path / "src").exists()


def test_what_a_snapshot_cannot_contain_is_refused_with_a_remedy(tmp_path: Path) -> None:
    def refused(root: Path) -> str:
        with pytest.raises(LoadError) as found:
            snapshot(root)
        return str(found.value)

    assert "does not exist" in refused(tmp_path / "nowhere")
    root = write(tmp_path / "src", {"train.py": ""})
    assert "give its folder" in refused(root / "train.py")
    (tmp_path / "secret").write_text("x")
    for target in ("../secret", str(tmp_path / "secret"), "missing"):
        (root / "link").symlink_to(target)
        message = refused(root)
        assert "/link" in message
        assert ".sweepjobignore" in message
        (root / "link").unlink()
    os.mkfifo(root / "pipe")
    assert "neither a file, a folder nor a link" in refused(root)
    write(root, {".sweepjobignore": "/pipe\n"})
    assert snapshot(root).files == 1
    write(root, {"requirements.txt": "torch\n"})
    assert "nothing installs it" in refused(root)
    write(root, {".sweepjobignore": "/pipe\nrequirements.txt\n"})
    assert snapshot(root).files == 1
    write(root, {".sweepjobignore": "*"})
    assert "has no files" in refused(root)


def test_the_limits(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(5_500_000)
    root = write(tmp_path / "big", {"weights.bin": noise, "train.py": ""})
    with pytest.raises(LoadError, match=r"compressed.*weights\.bin \(5\.5 MB\).*claim"):
        snapshot(root)
    (root / "weights.bin").write_bytes(noise[:2_500_000])
    code = snapshot(root)
    assert len(code.config_maps()) == 3
    assert archive_hash(code._part(n) for n in range(3)) == code.hash
    with (root / "weights.bin").open("wb") as file:
        file.truncate(60_000_000)
    with pytest.raises(LoadError, match="60 MB, a snapshot at most 50"):
        snapshot(root)
    many = tmp_path / "many"
    (many / "d").mkdir(parents=True)
    for n in range(MAX_FILES + 1):
        (many / "d" / str(n)).touch()
    with pytest.raises(LoadError, match=r"5001 files.*d \(5001 files\)"):
        snapshot(many)


def test_secrets_and_windows_scripts_are_warned_about(tmp_path: Path) -> None:
    root = write(tmp_path, {"train.py": "", ".env": "KEY=1", "run.sh": "#!/bin/sh\r\necho\r\n"})
    said = " ".join(snapshot(root).warnings)
    assert ".env: may hold secrets" in said
    assert "run.sh: has Windows line ends" in said


class FakeConfigMaps:
    """ConfigMaps with versions, as an API server has them."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.conflicts = 0

    def create(self, body: Mapping[str, Any]) -> bool:
        name = body["metadata"]["name"]
        if name in self.objects:
            return False
        self.objects[name] = {**body, "metadata": {**body["metadata"], "resourceVersion": "1"}}
        return True

    def get(self, name: str) -> Mapping[str, Any] | None:
        return self.objects.get(name)

    def replace_metadata(self, name: str, metadata: Mapping[str, Any]) -> bool:
        found = self.objects.get(name)
        if self.conflicts:
            self.conflicts -= 1
            return False
        if found is None or found["metadata"]["resourceVersion"] != metadata["resourceVersion"]:
            return False
        version = str(int(metadata["resourceVersion"]) + 1)
        found["metadata"] = {**found["metadata"], **metadata, "resourceVersion": version}
        return True

    def delete(self, name: str) -> None:
        self.objects.pop(name, None)


def sweep(name: str) -> dict[str, Any]:
    return {"metadata": {"name": name, "uid": f"uid-{name}"}}


def test_code_is_uploaded_once_and_owned_by_all_sweeps_that_use_it(tmp_path: Path) -> None:
    client, code = FakeConfigMaps(), snapshot(write(tmp_path, {"train.py": "x"}))
    assert upload(client, code) == list(code.config_map_names)
    set_owner(client, code, sweep("a"))
    assert upload(client, code) == []
    client.conflicts = 2
    for name in ("b", "b"):
        set_owner(client, code, sweep(name))
    (only,) = client.objects.values()
    assert [o["name"] for o in only["metadata"]["ownerReferences"]] == ["a", "b"]
    # Collected with its last owner while another sweep is submitted.
    client.objects.clear()
    set_owner(client, code, sweep("c"))
    (only,) = client.objects.values()
    assert [o["uid"] for o in only["metadata"]["ownerReferences"]] == ["uid-c"]
    only["binaryData"] = {"code.tar.gz": "b3RoZXI="}
    with pytest.raises(LoadError, match="with other content"):
        upload(client, code)
    remove(client, list(client.objects))
    assert not client.objects
