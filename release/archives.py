"""Archives whose bytes depend on the names and contents of their files alone."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path


def write_tar(
    target: Path, files: Mapping[str, bytes], epoch: int, programs: tuple[str, ...] = ()
) -> None:
    """Write a ``.tar`` or a compressed one in which all files have the same time and owner.

    Args:
        target: file to write; it is compressed unless its name ends in ``.tar``.
        files: contents by path; the archive keeps their order.
        epoch: time of all files, in seconds since 1970.
        programs: paths of the files that can be executed.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), epoch
            info.mode = 0o755 if name in programs else 0o644
            tar.addfile(info, io.BytesIO(content))
    content = buffer.getvalue()
    # Neither the name of the file nor the time goes into the header.
    target.write_bytes(content if target.suffix == ".tar" else gzip.compress(content, mtime=0))


def read_tar(source: Path) -> dict[str, bytes]:
    """Return the regular files of a ``.tar`` or ``.tar.gz``, in its order."""
    with tarfile.open(source) as tar:
        return {
            member.name: file.read()
            for member in tar
            if member.isfile() and (file := tar.extractfile(member))
        }


def files_below(folder: Path, *names: str) -> dict[str, bytes]:
    """Return the files of some folders and files below a folder, sorted, by their paths in it.

    Symbolic links are followed.
    """
    found: dict[str, bytes] = {}
    for name in names:
        path = folder / name
        paths = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        found |= {str(p.relative_to(folder)): p.read_bytes() for p in paths}
    return found
