"""A snapshot of a folder: a deterministic archive, and the ConfigMaps that hold it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...api import names
from ...protocol.code import MAX_FILES, MAX_PART, MAX_PARTS, MAX_SIZE, PART_KEY, REQUIREMENTS
from ..errors import LoadError
from .files import Entry, largest, read_tree, too_large_remedy
from .ignore import IGNORE_FILES

_MAX_SHOWN = 3  # names in a message
# Names of files that often hold secrets, which ConfigMaps show to everybody who may read them.
_SECRET = (".env", "id_rsa", "id_ed25519", "kubeconfig", "credentials.json", ".netrc", ".pypirc")


@dataclass(frozen=True, slots=True)
class CodeSnapshot:
    """The code of a folder.

    Attributes:
        directory: the folder.
        hash: SHA-256 of the archive before compression. The same files give the same hash everywhere.
        archive: the compressed archive.
        files: number of its files.
        size: bytes of its files before compression.
        ignored: paths that were left out.
        ignore_file: the file whose rules left them out; empty without one.
        warnings: what is probably not meant.
    """

    directory: str
    hash: str
    archive: bytes
    files: int
    size: int
    ignored: tuple[str, ...] = ()
    ignore_file: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def config_map_names(self) -> tuple[str, ...]:
        """The names of its ConfigMaps. They depend on the contents only, so it is uploaded once."""
        # Two compressors may make different archives of the same files.
        own = hashlib.sha256(self.archive).hexdigest()[:6]
        count = -(-len(self.archive) // MAX_PART)
        return tuple(f"sweepjob-code-{self.hash[:12]}-{own}-{n}" for n in range(count))

    def to_spec(self) -> dict[str, Any]:
        """Return ``spec.trial.code`` of a sweep with this code."""
        return {"snapshot": {"hash": self.hash, "configMaps": list(self.config_map_names)}}

    def config_maps(self, namespace: str | None = None) -> list[dict[str, Any]]:
        """Return the ConfigMaps that a sweep with this code needs.

        Args:
            namespace: the namespace of the sweep; None to leave it open.
        """
        where = {"namespace": namespace} if namespace else {}
        return [
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": name, **where, "labels": {names.LABEL_CODE: self.hash[:12]}},
                "immutable": True,
                "binaryData": {PART_KEY: base64.b64encode(self._part(number)).decode()},
            }
            for number, name in enumerate(self.config_map_names)
        ]

    def _part(self, number: int) -> bytes:
        return self.archive[number * MAX_PART : (number + 1) * MAX_PART]

    def __str__(self) -> str:
        """Return the snapshot in a line."""
        left_out = ""
        if self.ignored:
            by = f" by {self.ignore_file}" if self.ignore_file else ""
            left_out = f", {len(self.ignored)} left out{by}"
        plural = "" if self.files == 1 else "s"
        return (
            f"{self.files} file{plural} of {self.directory}, {_amount(self.size)}{left_out}: "
            f"sha256:{self.hash[:12]}"
        )


def snapshot(directory: str | Path) -> CodeSnapshot:
    """Make a snapshot of a folder with code.

    Files that ``.sweepjobignore`` lists are left out; without one, those of ``.amlignore`` or of
    ``.gitignore``. Modes are kept as far as a file is executable or not; symbolic links inside of the
    folder are kept.

    Args:
        directory: the folder.

    Raises:
        LoadError: it cannot be read, is empty or too large, or has a requirements.txt.
    """
    root = Path(directory)
    if not root.is_dir():
        problem = "is a file; give its folder" if root.exists() else "does not exist"
        raise LoadError(f"{directory}: {problem}: code is a folder with the training script")
    tree = read_tree(root, MAX_FILES, MAX_SIZE)
    files = [entry for entry in tree.entries if not entry.link and not entry.is_folder]
    if not files:
        why = f"; {len(tree.ignored)} are left out by {tree.ignore_file}" if tree.ignored else ""
        raise LoadError(f"{directory}: has no files{why}; give the folder of the training script")
    if any(entry.path == REQUIREMENTS for entry in tree.entries):
        raise LoadError(requirements_message(root))
    tar = _tar(tree.entries)
    archive = gzip.compress(tar, 9, mtime=0)
    if len(archive) > MAX_PART * MAX_PARTS:
        sizes = {entry.path: len(entry.content) for entry in files}
        raise LoadError(
            f"{directory}: has {len(archive) / 1e6:.1f} MB when compressed, a snapshot at most "
            f"{MAX_PART * MAX_PARTS // 1_000_000}: {largest(sizes)}. {too_large_remedy()}"
        )
    return CodeSnapshot(
        directory=str(directory),
        hash=hashlib.sha256(tar).hexdigest(),
        archive=archive,
        files=len(files),
        size=sum(len(entry.content) for entry in files),
        ignored=tuple(tree.ignored),
        ignore_file=tree.ignore_file,
        warnings=tuple(_warnings(files)),
    )


def requirements_message(root: Path) -> str:
    """Return why code with a requirements.txt is refused, and what to do."""
    return (
        f"{root / REQUIREMENTS}: nothing installs it in the trials. Build an image with these packages "
        "(FROM python:3.13-slim; COPY requirements.txt .; RUN pip install -r requirements.txt) and name "
        f"it in trial.image; if the image has them, list {REQUIREMENTS} in {IGNORE_FILES[0]}"
    )


def _tar(entries: Sequence[Entry]) -> bytes:
    """Return the archive, with nothing in it that differs between machines or days."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for entry in entries:
            info = tarfile.TarInfo(entry.path)
            info.mode = 0o755 if entry.executable or entry.is_folder else 0o644
            if entry.is_folder:
                info.type = tarfile.DIRTYPE
            elif entry.link:
                info.type, info.linkname, info.mode = tarfile.SYMTYPE, entry.link, 0o777
            info.size = len(entry.content)
            tar.addfile(info, io.BytesIO(entry.content))
    return made.getvalue()


def _warnings(files: Sequence[Entry]) -> list[str]:
    found = []
    secret = [e.path for e in files if e.path.rpartition("/")[2] in _SECRET]
    if secret:
        found.append(
            f"{_listed(secret)}: may hold secrets, and everybody who may read ConfigMaps reads them; "
            f"list {_it(secret)} in {IGNORE_FILES[0]}, and use a Secret"
        )
    windows = [e.path for e in files if e.content.startswith(b"#!") and b"\r\n" in e.content[:200]]
    if windows:
        found.append(
            f"{_listed(windows)}: has Windows line ends after #!, which Linux takes for a part of the "
            "interpreter's name; save with LF, or call the interpreter in the command"
        )
    return found


def _listed(paths: Sequence[str]) -> str:
    more = len(paths) - _MAX_SHOWN
    return ", ".join(paths[:_MAX_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _it(paths: Sequence[str]) -> str:
    return "it" if len(paths) == 1 else "them"


def _amount(size: int) -> str:
    if size < 1000:
        return f"{size} bytes"
    return f"{size / 1e3:.1f} kB" if size < 1_000_000 else f"{size / 1e6:.1f} MB"
