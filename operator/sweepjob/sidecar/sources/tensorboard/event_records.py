"""Reads TensorBoard's event files: framed records, each a protocol-buffer message.

The formats are TensorFlow's TFRecord and its messages Event, Summary and TensorProto. Only scalars are
read, in both their forms: ``simple_value`` (PyTorch, tensorboardX) and a tensor of one number (TensorFlow
2). Everything else, e.g. images and graphs, is skipped by seeking, so the memory does not depend on the
content. The time is linear in the number of fields.

Written by hand: the sidecar has the standard library only.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from .crc32c import masked_crc32c

_HEADER, _FOOTER = 12, 4  # bytes: length with its checksum, checksum of the data
_PIECE = 16 * 1024  # bytes that are read at once
_CHECKED = 4 * 1024  # bytes of a record whose data is checked; the checksum takes 0.1 us per byte
_LONGEST_VARINT = 10  # bytes
_LONGEST_TAG = 1000  # bytes
_LONGEST_TENSOR = 256  # bytes of the message with a single number
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LENGTHS = {_FIXED64: 8, _FIXED32: 4}
# Numbers of fields.
_WALL_TIME, _STEP, _SUMMARY = 1, 2, 5  # of Event
_VALUE = 1  # of Summary
_TAG, _SIMPLE, _TENSOR = 1, 2, 8  # of Summary.Value
_TYPE, _SHAPE, _CONTENT = 1, 2, 4  # of TensorProto
# By TensorProto's number of a type: how the number is packed, and in which field a list of them is.
_TENSORS = {1: ("<f", 5), 2: ("<d", 6)}


class DamagedFile(Exception):
    """The file cannot be read further: its framing is invalid at an offset."""


class MalformedRecord(Exception):
    """A record is not an Event. The records after it can be read."""


class Cursor:
    """A position in a file, with the bytes around it in memory.

    Args:
        file: opened for reading.
        position: offset in the file.

    Attributes:
        position: offset in the file.
    """

    def __init__(self, file: BinaryIO, position: int) -> None:
        self._file = file
        self._piece = b""
        self._start = self.position = position

    def read(self, length: int) -> bytes:
        """Return the next bytes.

        Raises:
            MalformedRecord: the file ends before.
        """
        index = self.position - self._start
        if not 0 <= index <= index + length <= len(self._piece):
            self._load(length)
            index = 0
        data = self._piece[index : index + length]
        self.position += length
        return data

    def read_varint(self) -> int:
        """Return the next number of variable length, with seven bits per byte.

        Raises:
            MalformedRecord: it is not one.
        """
        index = self.position - self._start
        piece = self._piece[index : index + _LONGEST_VARINT] if index >= 0 else b""
        value = shift = 0
        for byte in piece:
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                self.position += shift // 7
                return value
        if len(piece) == _LONGEST_VARINT:
            raise MalformedRecord("a number is too long")
        self._load(len(piece) + 1)
        return self.read_varint()

    def _load(self, length: int) -> None:
        """Load the next bytes, more of them than before."""
        self._file.seek(self.position)
        self._piece, self._start = self._file.read(max(length, _PIECE)), self.position
        if len(self._piece) < length:
            raise MalformedRecord("it is cut off")


@dataclass(frozen=True, slots=True)
class Logged:
    """A value in an Event.

    Attributes:
        tag: its name.
        value: None when it is not a scalar.
        wall_time: when it was logged, in seconds since the epoch; 0 where that is missing.
        step: its step; 0 where that is missing.
    """

    tag: str
    value: float | None
    wall_time: float
    step: int = 0


@dataclass(frozen=True, slots=True)
class Record:
    """A complete record.

    Attributes:
        file: the file that it is in.
        start, end: its offsets in the file.
    """

    file: BinaryIO
    start: int
    end: int

    def values(self) -> Iterator[Logged]:
        """Yield the values that the record logs.

        Raises:
            MalformedRecord: it is not an Event, or its data does not match its checksum.
        """
        length = self.end - self.start - _HEADER - _FOOTER
        cursor = Cursor(self.file, self.start + _HEADER)
        if length <= _CHECKED and not _matches(cursor.read(length), cursor.read(_FOOTER)):
            raise MalformedRecord("its checksum does not match")
        cursor.position = self.start + _HEADER
        yield from _event(cursor, self.end - _FOOTER)


def read_records(file: BinaryIO, offset: int) -> Iterator[Record]:
    """Yield the complete records from an offset on.

    Args:
        file: opened for reading.
        offset: where a record begins.

    Raises:
        DamagedFile: there is no record where one should begin.
    """
    size = file.seek(0, os.SEEK_END)
    while offset + _HEADER <= size:
        file.seek(offset)
        header = file.read(_HEADER)
        if len(header) < _HEADER:
            return  # truncated meanwhile
        (length,) = struct.unpack("<Q", header[:8])
        if not _matches(header[:8], header[8:]):
            raise DamagedFile(f"no record at byte {offset}")
        end = offset + _HEADER + length + _FOOTER
        if end > size:
            return
        yield Record(file, offset, end)
        offset = end


def _matches(data: bytes, checksum: bytes) -> bool:
    """Return whether a checksum is right.

    Writers other than TensorFlow's write 0 for no checksum. Data of zeros only is a hole in the file.
    """
    (expected,) = struct.unpack("<I", checksum)
    return any(data) if expected == 0 else masked_crc32c(data) == expected


def _event(cursor: Cursor, end: int) -> Iterator[Logged]:
    wall_time, step = 0.0, 0
    for number, kind, content in _fields(cursor, end):
        if number == _WALL_TIME and kind == _FIXED64:
            wall_time = _unpacked("<d", cursor.read(content))
        elif number == _STEP and kind == _VARINT:
            step = content
        elif number == _SUMMARY and kind == _BYTES:
            for inner, inner_kind, length in _fields(cursor, cursor.position + content):
                if inner == _VALUE and inner_kind == _BYTES:
                    tag, value = _value(cursor, cursor.position + length)
                    if tag:
                        yield Logged(tag, value, wall_time, step)


def _value(cursor: Cursor, end: int) -> tuple[str, float | None]:
    """Tag and number of a Summary.Value."""
    tag, value = "", None
    for number, kind, content in _fields(cursor, end):
        if number == _TAG and kind == _BYTES and content <= _LONGEST_TAG:
            tag = cursor.read(content).decode(errors="replace")
        elif number == _SIMPLE and kind == _FIXED32:
            value = _unpacked("<f", cursor.read(content))
        elif number == _TENSOR and kind == _BYTES and content <= _LONGEST_TENSOR:
            value = _tensor(cursor, cursor.position + content)
    return tag, value


def _tensor(cursor: Cursor, end: int) -> float | None:
    """Return the number in a TensorProto; None when it has not exactly one. An empty one stands for 0."""
    kind_of_number, contents, is_scalar = 0, {}, False
    for number, kind, content in _fields(cursor, end):
        if kind == _VARINT and number == _TYPE:
            kind_of_number = content
        elif kind == _BYTES and number == _SHAPE:
            is_scalar = content == 0
        elif kind != _VARINT:
            contents[number] = cursor.read(content)
    form, listed = _TENSORS.get(kind_of_number, ("", 0))
    packed = contents.get(_CONTENT) or contents.get(listed, b"")
    if form and is_scalar and not packed:
        return 0.0
    return _unpacked(form, packed) if form and len(packed) == struct.calcsize(form) else None


def _unpacked(form: str, data: bytes) -> float:
    (number,) = struct.unpack(form, data)
    return float(number)


def _fields(cursor: Cursor, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield number and kind of each field of a message, with its value (of a varint) or its length.

    The cursor is at the content of the field that was yielded last.

    Raises:
        MalformedRecord: it is not a message.
    """
    position = cursor.position
    while position < end:
        key = cursor.read_varint()
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            yield number, kind, cursor.read_varint()
            position = cursor.position
            continue
        length = cursor.read_varint() if kind == _BYTES else _LENGTHS.get(kind)
        if length is None:
            raise MalformedRecord("it has a field of an unknown kind")
        position = cursor.position + length
        if position > end:
            raise MalformedRecord("a field is longer than its message")
        yield number, kind, length
        cursor.position = position
