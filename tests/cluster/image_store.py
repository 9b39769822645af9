"""Images as a node's containerd keeps them, unpacked once: nodes begin with links to the files.

Importing the project's images takes a containerd twenty seconds of a core, in every cluster that boots.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from . import images, layout, trash
from .console import ClusterError, run, step
from .layout import Node
from .lock import exclusive

_KEPT = 6  # stores, which share most files; each edit of the operator makes another
# It unpacks images, and never runs a container.
_CONFIG = """\
version = 2
root = "{store}"
state = "{state}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "{state}/socket"
"""


def begin(node: Node, archives: Sequence[Path]) -> None:
    """Give a node the images of these archives before its containerd starts for the first time."""
    folder = node.folder / "containerd"
    if folder.exists():
        return
    with exclusive("image-store"):  # nobody deletes a store that is being linked
        store = _stores() / layout.digest(*sorted(archive.name for archive in archives))
        if not store.is_dir():
            _make(store, archives)
        store.touch()
        _link(store, folder)
    for archive in archives:
        images.mark_loaded(node, archive)


def _link(store: Path, folder: Path) -> None:
    """Copy a store. Layers and blobs, which are never written to again, are linked; what containerd writes
    to are its databases."""
    run(["cp", "-al", str(store), str(folder)])
    for database in folder.rglob("*.db"):
        copy = database.with_suffix(".copy")
        shutil.copy(database, copy)
        copy.replace(database)


def _stores() -> Path:
    return layout.cache() / "stores"


def _make(store: Path, archives: Sequence[Path]) -> None:
    partial = store.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.parent.mkdir(parents=True, exist_ok=True)
    older = sorted(_stores().glob("*"), key=lambda path: -path.stat().st_mtime)
    with step("unpacking the images", "20 s"):
        if older:
            _link(older[0], partial)  # most layers are there already
        with _containerd(partial) as ctr:
            for archive in archives:
                run([*ctr, "images", "import", str(archive)])
            wanted = {name for archive in archives for name in _names(archive)}
            others = set(run([*ctr, "images", "list", "--quiet"]).split()) - wanted
            if others:
                run([*ctr, "images", "remove", "--sync", *sorted(others)])
        partial.rename(store)
    for old in older[_KEPT - 1 :]:
        trash.discard(old)


def _names(archive: Path) -> list[str]:
    """What the images of a docker-archive are called."""
    with tarfile.open(archive) as tar:
        manifest = tar.extractfile("manifest.json")
        assert manifest is not None, archive
        return [name for image in json.load(manifest) for name in image["RepoTags"]]


@contextlib.contextmanager
def _containerd(store: Path) -> Iterator[list[str]]:
    """One on this folder, as long as this lasts; how to call its ctr."""
    with tempfile.TemporaryDirectory() as state:
        config = Path(state) / "config.toml"
        config.write_text(_CONFIG.format(store=store, state=state))
        # Its mounts are its own: an interrupted import leaves none behind.
        command = [
            "unshare",
            "--mount",
            "containerd",
            "--config",
            str(config),
            "--log-level",
            "warn",
        ]
        ctr = ["ctr", "--address", f"{state}/socket", "--namespace", "k8s.io"]
        with (
            (layout.cache() / "logs" / "image-store.log").open("ab") as log,
            subprocess.Popen(command, stdout=log, stderr=log) as process,
        ):
            try:
                _await(ctr)
                yield ctr
            finally:
                process.terminate()


def _await(ctr: list[str]) -> None:
    deadline = time.monotonic() + 60
    while subprocess.run([*ctr, "version"], capture_output=True, check=False).returncode:
        if time.monotonic() > deadline:
            raise ClusterError("containerd does not answer; see logs/image-store.log in the cache")
        time.sleep(0.1)
