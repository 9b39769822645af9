"""A Git repository that programs of the cluster can reach."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import git_server, layout, namespaces
from .console import run

_PORT = 8418
_AUTHOR = (
    "-c",
    "user.name=Test",
    "-c",
    "user.email=test@example.org",
    "-c",
    "commit.gpgsign=false",
)


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository whose branch ``main`` is served as it is committed.

    Attributes:
        folder: its working tree on this machine.
        url: its address inside of the cluster's nodes.
    """

    folder: Path
    url: str

    def commit(self, message: str, files: Mapping[str, str | None]) -> str:
        """Write files, delete those without content, and commit; returns the commit's hash."""
        for name, content in files.items():
            path = self.folder / name
            if content is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)
        self._git("add", "--all")
        self._git("commit", "--quiet", "--message", message)
        return self._git("rev-parse", "HEAD").strip()

    def _git(self, *arguments: str) -> str:
        return run(["git", "-C", str(self.folder), *_AUTHOR, *arguments])


def serve(cluster: layout.Cluster) -> Repository:
    """Start the server in the first node, with a repository of one commit."""
    folder = cluster.folder / "git"
    repository = Repository(folder / "deploy", f"http://{layout.API_ADDRESS}:{_PORT}/deploy/.git")
    if not repository.folder.exists():
        run(["git", "init", "--quiet", "--initial-branch=main", str(repository.folder)])
        repository.commit("Begin", {"README.md": "What runs on the cluster.\n"})
    node = cluster.node(1)
    if not any(
        git_server.__file__ in namespaces.command_line(p) for p in namespaces.processes(node)
    ):
        command = [sys.executable, git_server.__file__, str(folder), layout.API_ADDRESS, str(_PORT)]
        namespaces.start(node, "git", command, {"HOME": str(folder)})
    return repository
