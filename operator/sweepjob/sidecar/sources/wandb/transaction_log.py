"""Reads the frames of a ``.wandb`` file: LevelDB's log format behind a header of W&B's own.

A file consists of blocks of 32 KiB. A record is one fragment, or several that end with their block. A
fragment has a checksum, its length and its kind. The file grows while it is read. Memory does not depend
on the file: content that no caller needs is not kept.

Written by hand: the sidecar has the standard library only.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

HEADER = b":W&B\xe1\xbe\x00"  # with the version of the format, 0
LONGEST = 8 * 1024 * 1024  # bytes of a record that is kept
_BLOCK = 32 * 1024
_FRAME = struct.Struct("<IHB")  # checksum of kind and content, length, kind
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4


class DamagedLog(Exception):
    """The file is not a log of W&B's."""


@dataclass(frozen=True, slots=True)
class LogRecord:
    """A record.

    Attributes:
        data: its content; None if it is not wanted, too long or damaged.
        end: the offset after it.
        is_damaged: a frame was invalid, and the rest of its block was skipped.
        is_too_long: it is wanted, and longer than LONGEST.
    """

    data: bytes | None
    end: int
    is_damaged: bool = False
    is_too_long: bool = False


def read_log(
    file: BinaryIO, offset: int, is_wanted: Callable[[bytes], bool], *, last: bool = False
) -> Iterator[LogRecord]:
    """Yield the complete records from an offset on.

    Args:
        file: opened for reading.
        offset: where a record begins; 0 for the beginning of the file.
        is_wanted: tells by the first bytes of a record whether its content is needed.
        last: nothing more will be written, so an invalid frame at the end is damage.

    Raises:
        DamagedLog: the file has another header.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    header = file.read(len(HEADER))
    if len(header) < len(HEADER):
        return
    if header != HEADER:
        raise DamagedLog(f"it begins with {header!r}")
    position = max(offset, len(HEADER))
    while (found := _record(file, position, size, is_wanted, last)) is not None:
        yield found
        position = found.end


def _record(
    file: BinaryIO, position: int, size: int, is_wanted: Callable[[bytes], bool], last: bool
) -> LogRecord | None:
    """Return the record at a position; None if it is not complete yet."""
    kept: bytearray | None = None
    begun, wanted = False, False
    while True:
        position = _skip_padding(position)
        fragment = _fragment(file, position, size)
        if fragment is None:
            at_end = (position // _BLOCK + 1) * _BLOCK >= size
            if at_end and not (last and _has_content(file, position, size)):
                return None
            return LogRecord(None, min((position // _BLOCK + 1) * _BLOCK, size), is_damaged=True)
        kind, data = fragment
        if begun != (kind in (_MIDDLE, _LAST)):
            return LogRecord(None, position + _FRAME.size + len(data), is_damaged=True)
        position += _FRAME.size + len(data)
        if not begun:
            begun, wanted, kept = True, is_wanted(data), bytearray()
        if wanted and kept is not None:
            kept += data
            kept = kept if len(kept) <= LONGEST else None
        if kind in (_FULL, _LAST):
            content = bytes(kept) if wanted and kept is not None else None
            return LogRecord(content, position, is_too_long=wanted and kept is None)


def _skip_padding(position: int) -> int:
    """Return the position of the next frame: none begins in the last bytes of a block."""
    left = _BLOCK - position % _BLOCK
    return position + left if left < _FRAME.size else position


def _fragment(file: BinaryIO, position: int, size: int) -> tuple[int, bytes] | None:
    """Return kind and content of the fragment at a position; None if it is incomplete or invalid."""
    if position + _FRAME.size > size:
        return None
    file.seek(position)
    header = file.read(_FRAME.size)
    if len(header) < _FRAME.size:
        return None
    checksum, length, kind = _FRAME.unpack(header)
    left = _BLOCK - position % _BLOCK
    if not _FULL <= kind <= _LAST or _FRAME.size + length > left:
        return None
    data = file.read(length)
    if len(data) < length or zlib.crc32(data, zlib.crc32(bytes([kind]))) != checksum:
        return None
    return kind, data


def _has_content(file: BinaryIO, position: int, size: int) -> bool:
    """Return whether anything but zeros follows."""
    file.seek(position)
    return any(file.read(max(0, min(size - position, _BLOCK))))
