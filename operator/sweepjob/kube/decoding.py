"""Decodes objects of the API server, with all of their fields or with the few that are needed.

Anybody who may create a pod can make one of a megabyte, with a hundred thousand environment variables,
and change it ten times a second. Building all of it takes a fifth of a second each time. msgspec skips
what is not needed, a megabyte in a millisecond.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from types import GenericAlias
from typing import Annotated, Any, TypedDict, overload

import msgspec

Body = dict[str, Any]
_MAX_ITEMS = 1000  # of a list of objects
# An object of so many bytes is read completely where its fields have other types than expected.
_SMALL = 64 * 1024
# Bytes of an object of which some fields are needed. Of a larger one only the identity is read: even the
# needed fields could be very many. ``api.size_limits`` keeps a trial's pod smaller.
_LARGEST = 1024 * 1024
_Text = bytes | msgspec.Raw


class _Page(msgspec.Struct):
    metadata: dict[str, Any]
    items: list[msgspec.Raw] | None


class _Event(msgspec.Struct):
    type: str
    object: msgspec.Raw


class _Parts(msgspec.Struct):
    metadata: msgspec.Raw = msgspec.Raw(b"")
    spec: msgspec.Raw = msgspec.Raw(b"")
    status: msgspec.Raw = msgspec.Raw(b"")


class FieldSelection:
    """The fields that are needed of an object.

    Args:
        fields: by name: None for a whole value, a mapping for the fields of an object (an empty one for
            all), a list of one mapping for those of each object of a list. A list, and an object with
            all of its fields, may have 1,000 items.
    """

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._decoder = msgspec.json.Decoder(_type(fields))
        metadata = fields.get("metadata") or {}
        # Lists can have too many items, those of owners for example.
        without_lists = {k: below for k, below in metadata.items() if not isinstance(below, list)}
        self._identity_decoders = [
            *(msgspec.json.Decoder(_type({"metadata": m})) for m in (metadata, without_lists) if m),
            _IDENTITY,
        ]

    def decode(self, text: _Text) -> Body:
        """Return the selected fields of an object.

        Raises:
            MsgspecError: it is not such an object.
        """
        found: Body | None = self._decoder.decode(text)
        return found or {}

    def decode_identity(self, text: _Text) -> Body:
        """Return the selected metadata of an object that is not read, to whom it belongs included.

        Args:
            text: its JSON.

        Returns:
            As much of it as can be read: all of it, without its lists, or its name, namespace, uid and
            version; nothing where not even those can be read.
        """
        for decoder in self._identity_decoders:
            try:
                found: Body | None = decoder.decode(text)
            except (msgspec.MsgspecError, RecursionError):
                continue
            return found or {}
        return {}


def _type(fields: Any) -> Any:
    if fields is None:
        return Any
    if isinstance(fields, list):
        items = GenericAlias(list, (_type(fields[0]),))
        return Annotated[items, msgspec.Meta(max_length=_MAX_ITEMS)] | None
    if not fields:
        return Annotated[dict[str, Any], msgspec.Meta(max_length=_MAX_ITEMS)] | None
    inner = {name: _type(below) for name, below in fields.items()}
    return TypedDict("Fields", inner, total=False) | None  # type: ignore[operator] # made at run time


_IDENTITY = msgspec.json.Decoder(
    _type({"metadata": dict.fromkeys(("name", "namespace", "uid", "resourceVersion"))})
)
_EVERYTHING = FieldSelection({})


class UnreadableObject(dict[str, Any]):
    """Stands for an object that is not read because it is too large: it has metadata only.

    Attributes:
        reason: what is wrong with it.
    """

    def __init__(self, identity: Body, reason: str) -> None:
        super().__init__(identity)
        self.reason = reason


class ObjectList(Sequence[Body]):
    """The objects of a list, each of which is decoded when it is needed."""

    def __init__(self, texts: Sequence[msgspec.Raw], fields: FieldSelection | None) -> None:
        self._texts = texts
        self._fields = fields

    def __len__(self) -> int:
        """How many objects there are."""
        return len(self._texts)

    @overload
    def __getitem__(self, position: int) -> Body: ...
    @overload
    def __getitem__(self, position: slice) -> Sequence[Body]: ...
    def __getitem__(self, position: int | slice) -> Body | Sequence[Body]:
        """Return the object at a position, or those of a slice."""
        if isinstance(position, slice):
            return ObjectList(self._texts[position], self._fields)
        return decode_object(self._texts[position], self._fields)

    def __iter__(self) -> Iterator[Body]:
        """Return the objects, decoded one by one."""
        return (decode_object(text, self._fields) for text in self._texts)


def decode_list(text: bytes, fields: FieldSelection | None) -> Body:
    """Return a page of a list: its metadata, and its objects as a sequence.

    Args:
        text: the response.
        fields: the fields that are needed of each object; None for all.

    Raises:
        ValueError: it is not a list of objects.
    """
    try:
        page = msgspec.json.decode(text, type=_Page)
    except (msgspec.MsgspecError, RecursionError):
        whole = _whole(text)
        items = whole.get("items", ())
        if not isinstance(whole.get("metadata"), dict) or not isinstance(items, list | None):
            raise ValueError("not a list of objects") from None
        return {**whole, "items": items or []}
    return {"metadata": page.metadata, "items": ObjectList(page.items or (), fields)}


def decode_event(line: bytes, fields: FieldSelection | None) -> Body:
    """Return an event of a watch.

    Args:
        line: the line of the response.
        fields: the fields that are needed of the object; None for all. An error is read completely.

    Raises:
        ValueError: it is not an event.
    """
    try:
        event = msgspec.json.decode(line, type=_Event)
    except (msgspec.MsgspecError, RecursionError):
        whole = _whole(line)
        if not isinstance(whole.get("type"), str) or not isinstance(whole.get("object"), dict):
            raise ValueError("not an event") from None
        return whole
    needed = None if event.type == "ERROR" else fields
    return {"type": event.type, "object": decode_object(event.object, needed)}


def decode_object(text: _Text, fields: FieldSelection | None) -> Body:
    """Return an object; what is left of it where it cannot be read, or is too large for that.

    Args:
        text: its JSON.
        fields: the fields that are needed; None for all.
    """
    size = len(memoryview(text))
    if fields is not None and size > _LARGEST:
        said = (
            f"is not read: it has {size} bytes, of which {_largest_part(text)}; at most {_LARGEST}"
        )
        return UnreadableObject(fields.decode_identity(text), f"{said} are read")
    try:
        return _whole(text) if fields is None else fields.decode(text)
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        if fields is not None and size <= _SMALL:
            return decode_object(text, None)
        identity = (_EVERYTHING if fields is None else fields).decode_identity(text)
        return UnreadableObject(identity, f"is not read: it has {size} bytes, and {error}")


def _largest_part(text: _Text) -> str:
    """Return which part of an object has most of its bytes, and how many."""
    try:
        parts = msgspec.json.decode(text, type=_Parts)
    except (msgspec.MsgspecError, RecursionError):
        return "not all are JSON"
    sizes = {name: len(memoryview(getattr(parts, name))) for name in parts.__struct_fields__}
    largest = max(sizes, key=lambda name: sizes[name])
    return f"{sizes[largest]} are its {largest}"


def _whole(text: _Text) -> Body:
    try:
        found = json.loads(bytes(text))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError(f"not an object: {str(found)[:60]}")
    return found
