"""Reads the records of a ``.wandb`` file, of which the names and numbers that a script logs are needed.

A record is a protocol-buffer message. Its field 2 is a row of the history, its field 3 a change of the
summary. Both have items with a name, or the parts of a nested name, and a value in JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..json_objects import named_values

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LENGTHS = {_FIXED64: 8, _FIXED32: 4}
_NUMBER = 1  # of Record: counts the records; comes first
_HISTORY, _SUMMARY = 2, 3  # of Record
_ITEM = 1  # of HistoryRecord and SummaryRecord
_KEY, _NESTED_KEY, _VALUE = 1, 2, 16  # of their items
_LONGEST_NUMBER = 40  # characters; longer JSON is not a number
_LONGEST_VARINT = 10  # bytes
_OWN = "_"  # prefix of names that the client logs itself, such as _step
_TIMESTAMP = "_timestamp"
_MEDIA = "_type"  # names the kind of an image, a table or the like


class MalformedRecord(Exception):
    """The bytes are not a record of a W&B log."""


def is_wanted(start: bytes) -> bool:
    """Return whether a record with these first bytes is a row of the history or of the summary."""
    try:
        for number, kind, _ in _fields(start, partial=True):
            if number != _NUMBER:
                return kind == _BYTES and number in (_HISTORY, _SUMMARY)
    except MalformedRecord:
        return False
    return False


def logged_values(data: bytes) -> Iterator[tuple[bool, str, Any]]:
    """Yield for each logged value whether it belongs to the history, its name, and the value.

    Nested names are joined by dots, as in W&B. Media are left out.

    Args:
        data: the record.

    Raises:
        MalformedRecord: it is not a record.
    """
    for number, kind, content in _fields(data):
        if kind == _BYTES and number in (_HISTORY, _SUMMARY):
            for name, value in _items(content):
                yield number == _HISTORY, name, value


def time_of(data: bytes) -> float | None:
    """Return when a row of the history was logged, in seconds since the epoch; None if it is not said.

    Args:
        data: the record.
    """
    try:
        for number, kind, row in _fields(data):
            if (number, kind) == (_HISTORY, _BYTES):
                return _row_time(row)
    except MalformedRecord:
        return None
    return None


def _row_time(row: bytes) -> float | None:
    for number, kind, content in _fields(row):
        if (number, kind) == (_ITEM, _BYTES):
            path, value = _item(content)
            if path == (_TIMESTAMP,):
                return value if isinstance(value, float) else None
    return None


def _items(data: bytes) -> Iterator[tuple[str, Any]]:
    found = [_item(c) for number, kind, c in _fields(data) if kind == _BYTES and number == _ITEM]
    media = {path[:-1] for path, _ in found if path[-1:] == (_MEDIA,)}
    for path, value in found:
        if not path or path[0].startswith(_OWN):
            continue
        if any(path[:length] in media for length in range(1, len(path) + 1)):
            continue
        if not isinstance(value, dict):
            yield ".".join(path), value
        elif _MEDIA not in value:
            yield from named_values(_without_media(value), f"{'.'.join(path)}.")


def _without_media(value: dict[str, Any]) -> dict[str, Any]:
    return {
        key: inner
        for key, inner in value.items()
        if not (isinstance(inner, dict) and _MEDIA in inner)
    }


def _item(data: bytes) -> tuple[tuple[str, ...], Any]:
    """Return the parts of an item's name, and its value; None for a value that is not JSON."""
    key, nested, text = "", [], b""
    for number, kind, content in _fields(data):
        if kind != _BYTES:
            continue
        if number == _KEY:
            key = content.decode(errors="replace")
        elif number == _NESTED_KEY:
            nested.append(content.decode(errors="replace"))
        elif number == _VALUE:
            text = content
    return tuple(nested) or ((key,) if key else ()), _parsed(text)


def _parsed(text: bytes) -> Any:
    """Return a value; integers become floats, since reading one with many digits exactly is slow."""
    try:
        return json.loads(text.decode(errors="replace"), parse_int=float)
    except (ValueError, RecursionError):
        return None


def _fields(data: bytes, *, partial: bool = False) -> Iterator[tuple[int, int, Any]]:
    """Yield number, kind and content of each field of a message.

    Args:
        data: the message.
        partial: it may be cut off; the last field then has what is there.

    Raises:
        MalformedRecord: it is not a message.
    """
    position = 0
    while position < len(data):
        key, position = _varint(data, position)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            content, position = _varint(data, position)
            yield number, kind, content
            continue
        length = _LENGTHS.get(kind)
        if kind == _BYTES:
            length, position = _varint(data, position)
        if length is None:
            raise MalformedRecord("it has a field of an unknown kind")
        if position + length > len(data) and not partial:
            raise MalformedRecord("a field is longer than its message")
        yield number, kind, data[position : position + length]
        position += length


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """Return the number at a position, and the position after it.

    Raises:
        MalformedRecord: there is none.
    """
    value = shift = 0
    for byte in data[position : position + _LONGEST_VARINT]:
        value |= (byte & 0x7F) << shift
        shift += 7
        position += 1
        if byte < 0x80:
            return value, position
    raise MalformedRecord("a number is too long, or cut off")
