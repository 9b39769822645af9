"""The checksums of all files of a release, in the format of ``sha256sum``."""

from __future__ import annotations

import hashlib
from pathlib import Path

NAME = "SHA256SUMS"


def sha256(file: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write(folder: Path, omitted: tuple[str, ...] = ()) -> Path:
    """Write the checksums of the files of a folder into it.

    Args:
        folder: folder of the release.
        omitted: names of files without a checksum.

    Returns:
        The file with the checksums.
    """
    files = sorted(p for p in folder.iterdir() if p.name not in (NAME, *omitted))
    target = folder / NAME
    target.write_text("".join(f"{sha256(file)}  {file.name}\n" for file in files))
    return target
