"""Unpacks the code of a trial: the command of an init container that runs before the trainer.

Each pod has a copy of its own: trials cannot see each other's files. The hash is compared in every
pod: a ConfigMap that somebody replaced during a sweep would otherwise change what trials are compared by.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..protocol.code import MAX_FILES, CodeError, decompressed, files_hash

_CHANGED = (
    "the code of the sweep has changed: its hash is {found}, but the sweep started with {expected}. "
    "Its ConfigMap was replaced: restore it, or start a new sweep with the new code"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Unpacks; returns the exit code. What went wrong is the last line of the log."""
    parser = argparse.ArgumentParser()
    for name in ("source", "target", "hash"):
        parser.add_argument(name)
    parser.add_argument("--files", action="store_true")
    parser.add_argument("--folder", action="append", default=[])
    args = parser.parse_args(arguments)
    try:
        unpack(Path(args.source), Path(args.target), args.hash, args.folder, are_files=args.files)
    except (CodeError, OSError, tarfile.TarError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def unpack(
    source: Path, target: Path, expected: str, folders: Sequence[str] = (), *, are_files: bool
) -> None:
    """Unpack code.

    Args:
        source: folder with the parts of an archive, or with the files of a ConfigMap.
        target: empty folder for the code.
        expected: the hash of the code.
        folders: folders to create in it, at which other volumes are mounted.
        are_files: the source has files, not parts of an archive.

    Raises:
        CodeError: the code has another hash, or is no archive.
        OSError: it cannot be read or written.
        tarfile.TarError: it has a member that points outside of it.
    """
    found = _copy_files(source, target) if are_files else _extract(source, target)
    if found != expected:
        raise CodeError(_CHANGED.format(found=found[:12], expected=expected[:12]))
    for folder in folders:
        (target / folder).mkdir(parents=True, exist_ok=True)
    _make_writable(target)


def _make_writable(target: Path) -> None:
    """Let every user write to the code: scripts write beside themselves, and each pod has its own copy.

    The target itself belongs to root in a pod, and is writable as it is.
    """
    for root, folders, files in os.walk(target):
        for path in (Path(root) / name for name in (*folders, *files)):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o777 if path.is_dir() else 0o666))


def _extract(source: Path, target: Path) -> str:
    """Extract the archive, and return its hash."""
    stream = _Stream(file.read_bytes() for file in sorted(source.iterdir()) if file.is_file())
    with tarfile.open(fileobj=stream, mode="r|") as archive:  # type: ignore[call-overload] # only read() is used
        for number, member in enumerate(archive):
            if number > 2 * MAX_FILES:
                raise CodeError(f"it has more than {2 * MAX_FILES} files and folders")
            archive.extract(member, target, filter="data")
    while stream.read(1 << 20):
        pass  # what follows the last member counts for the hash
    return stream.hash.hexdigest()


class _Stream:
    """The decompressed archive as a file, and the hash of what was read."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._pieces = decompressed(parts)
        self._rest = b""
        self.hash = hashlib.sha256()

    def read(self, size: int) -> bytes:
        """Return at most ``size`` bytes; none at the end."""
        while len(self._rest) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._rest += piece
        found, self._rest = self._rest[:size], self._rest[size:]
        self.hash.update(found)
        return found


def _copy_files(source: Path, target: Path) -> str:
    """Copy the files of a ConfigMap volume, and return their hash."""
    contents = {}
    for path in _files(source):
        inside, copy = path.relative_to(source), target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        contents[inside.as_posix()] = path.read_bytes()
        shutil.copyfile(path, copy)
        copy.chmod(0o755 if path.stat().st_mode & 0o111 else 0o644)
    return files_hash(contents)


def _files(folder: Path) -> Iterator[Path]:
    """Return the files of a volume, without the kubelet's own folders, which begin with two dots."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".."):
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


if __name__ == "__main__":
    sys.exit(main())
