"""The form of code on a cluster: what a client uploads, the operator checks, and a pod unpacks.

A snapshot is a compressed tar archive, cut into parts of the size of a ConfigMap. Its hash is the SHA-256
of the archive before compression. A ConfigMap that is written by hand has a file in each key; its hash is
the SHA-256 of a listing as ``sha256sum`` prints it.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping

# The key of a part in its ConfigMap.
PART_KEY = "code.tar.gz"
# A ConfigMap holds 1 MiB, keys included.
MAX_PART = 1_000_000
MAX_PARTS = 5
# Of the files together, before compression.
MAX_SIZE = 50_000_000
MAX_FILES = 5_000
# What pip reads, which nothing installs.
REQUIREMENTS = "requirements.txt"
_CHUNK = 1 << 18


class CodeError(ValueError):
    """Code cannot be used; the message says why."""


def decompressed(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the archive of a snapshot, a piece at a time.

    Args:
        parts: the parts in their order.

    Raises:
        CodeError: they are no gzip file, or it is cut off or too large.
    """
    stream, size = zlib.decompressobj(wbits=31), 0
    try:
        for part in parts:
            rest = part
            while rest and not stream.eof:
                piece = stream.decompress(rest, _CHUNK)
                rest = stream.unconsumed_tail
                size += len(piece)
                if size > MAX_SIZE + (MAX_FILES + 10) * 4096:
                    raise CodeError(f"unpacked it has more than {MAX_SIZE // 1_000_000} MB")
                yield piece
    except zlib.error as error:
        raise CodeError(f"it is not compressed by gzip: {error}") from None
    if not stream.eof:
        raise CodeError("it is cut off: a part of it is missing")


def archive_hash(parts: Iterable[bytes]) -> str:
    """Return the hash of a snapshot.

    Args:
        parts: the parts in their order.

    Raises:
        CodeError: they are no archive.
    """
    found = hashlib.sha256()
    for piece in decompressed(parts):
        found.update(piece)
    return found.hexdigest()


def files_hash(files: Mapping[str, bytes]) -> str:
    """Return the hash of files in a ConfigMap: that of their listing by ``sha256sum``.

    Args:
        files: contents by path.
    """
    listing = (f"{hashlib.sha256(files[path]).hexdigest()}  {path}\n" for path in sorted(files))
    return hashlib.sha256("".join(listing).encode()).hexdigest()
