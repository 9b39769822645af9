"""What the layers of an OCI archive contain."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_CHECKED_BY_TIME = 0
_NEVER_CHECKED = 1


@dataclass(frozen=True, slots=True)
class CompiledModule:
    """The first sixteen bytes of a compiled module: how Python tells whether it is stale.

    Attributes:
        flags: 0 for the time of its source, 1 for nothing.
        time: of the source when it was compiled, in seconds since 1970.
    """

    flags: int
    time: int

    def is_current(self, time: int) -> bool:
        """Whether Python uses it for a source with this time, without compiling that again."""
        by_time = self.flags == _CHECKED_BY_TIME and self.time == time
        return by_time or self.flags == _NEVER_CHECKED


def modules(archive: Path) -> tuple[dict[str, int], dict[str, CompiledModule]]:
    """Return the times of all Python sources of an image by their paths, and the compiled modules of these paths."""
    sources: dict[str, int] = {}
    compiled: dict[str, CompiledModule] = {}
    for layer in _layers(archive):
        for member in layer:
            path = PurePosixPath(member.name)
            if path.suffix == ".py":
                sources[str(path)] = int(member.mtime)
            elif path.suffix == ".pyc" and path.parent.name == "__pycache__":
                file = layer.extractfile(member)
                assert file is not None, f"{path} is a link"
                source = path.parent.parent / f"{path.name.partition('.')[0]}.py"
                compiled[str(source)] = _header(file.read(16))
    return sources, compiled


def _header(content: bytes) -> CompiledModule:
    return CompiledModule(
        int.from_bytes(content[4:8], "little"), int.from_bytes(content[8:12], "little")
    )


def _layers(archive: Path) -> Iterator[tarfile.TarFile]:
    with tarfile.open(archive) as tar:

        def blob(digest: str) -> bytes:
            file = tar.extractfile(f"blobs/{digest.replace(':', '/')}")
            assert file is not None
            return file.read()

        index = tar.extractfile("index.json")
        assert index is not None
        [manifest] = json.load(index)["manifests"]
        for layer in json.loads(blob(manifest["digest"]))["layers"]:
            with tarfile.open(fileobj=io.BytesIO(blob(layer["digest"]))) as found:
                yield found
