"""TensorBoard's event files: records of length, checksum and a protocol-buffer message.

Formats: TensorFlow's TFRecord and the messages Event, Summary and TensorProto, of which only scalars
are read. Both ways of writing one are: ``simple_value`` (PyTorch, tensorboardX) and a tensor of one
number (TensorFlow 2).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ..recorder import Recorder

_HEADER, _FOOTER = 12, 4  # bytes: length with its checksum, checksum of the data
_LONGEST = 64 * 1024 * 1024  # bytes of one record; anything longer is no event file
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
# By TensorProto's number of a type: how the number is packed, and in which field a list of them is.
_TENSORS = {1: ("<f", 5), 2: ("<d", 6)}


class EventFiles:
    """Reads all event files below a folder, each from where it has come to."""

    def __init__(self, folder: Path, recorder: Recorder) -> None:
        self._folder = folder
        self._recorder = recorder

    def read(self, last: bool) -> None:
        """Take in the records that are new.

        Raises:
            OSError: a file cannot be read.
        """
        for path in sorted(self._folder.rglob("*tfevents*")):
            name = str(path.relative_to(self._folder))
            offset = self._recorder.place(name)
            if path.stat().st_size <= offset:
                continue
            with path.open("rb") as file:
                file.seek(offset)
                while (data := _record(file)) is not None:
                    offset += _HEADER + len(data) + _FOOTER
                    for tag, value in _scalars(data):
                        self._recorder.report(tag, value, (name, offset))
                    self._recorder.move(name, offset)


def _record(file: BinaryIO) -> bytes | None:
    """The data of the next record, None when it is not all there yet."""
    header = file.read(_HEADER)
    if len(header) < _HEADER:
        return None
    (length,) = struct.unpack("<Q", header[:8])
    if length > _LONGEST:
        return None
    data, footer = file.read(length), file.read(_FOOTER)
    return data if len(data) == length and len(footer) == _FOOTER else None


def _scalars(event: bytes) -> Iterator[tuple[str, float]]:
    """Tags and values in an Event: field 5 is its summary, whose field 1 are the values."""
    for number, summary in _fields(event):
        if number == 5 and isinstance(summary, bytes):
            for inner, value in _fields(summary):
                if inner == 1 and isinstance(value, bytes):
                    yield from _value(value)


def _value(message: bytes) -> Iterator[tuple[str, float]]:
    """A Summary.Value: tag (1), simple_value (2) or tensor (8)."""
    tag, number = "", None
    for field, content in _fields(message):
        if field == 1 and isinstance(content, bytes):
            tag = content.decode(errors="replace")
        elif field == 2 and isinstance(content, bytes):
            (number,) = struct.unpack("<f", content)
        elif field == 8 and isinstance(content, bytes):
            number = _tensor(content)
    if tag and number is not None:
        yield tag, number


def _tensor(message: bytes) -> float | None:
    """The number in a TensorProto: type (1), raw content (4), lists of floats (5) and doubles (6)."""
    found = dict(_fields(message))
    kind = found.get(1)
    form, field = _TENSORS.get(kind if isinstance(kind, int) else 0, ("", 0))
    content = found.get(4) or found.get(field)
    if not form or not isinstance(content, bytes) or len(content) != struct.calcsize(form):
        return None
    (number,) = struct.unpack(form, content)
    return float(number)


def _fields(message: bytes) -> Iterator[tuple[int, bytes | int]]:
    """Numbers and contents of a message's fields; stops where it is not one."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        kind = key & 7
        if kind == _VARINT:
            value, position = _varint(message, position)
            yield key >> 3, value
            continue
        if kind == _BYTES:
            length, position = _varint(message, position)
        elif kind in (_FIXED64, _FIXED32):
            length = 8 if kind == _FIXED64 else 4
        else:
            return
        if position + length > len(message):
            return
        yield key >> 3, message[position : position + length]
        position += length


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while position < len(message):
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
        shift += 7
    return value, position
