"""Event files as TensorFlow's and PyTorch's writers make them, byte by byte."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

from sweepjob.sidecar.sources.tensorboard.crc32c import masked_crc32c


def varint(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def field(number: int, content: bytes | int | float, form: str = "<f") -> bytes:
    if isinstance(content, bytes):
        return varint(number << 3 | 2) + varint(len(content)) + content
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    return varint(number << 3 | (1 if form == "<d" else 5)) + struct.pack(form, content)


def framed(data: bytes) -> bytes:
    length = struct.pack("<Q", len(data))
    # Nobody checks those of large records, and they take long.
    of_data = masked_crc32c(data) if len(data) < 100_000 else 1
    return b"".join(
        (length, struct.pack("<I", masked_crc32c(length)), data, struct.pack("<I", of_data))
    )


def event(*values: bytes, wall_time: float = 2e9, step: int = 0) -> bytes:
    summary = b"".join(field(1, value) for value in values)
    return framed(field(1, wall_time, "<d") + field(2, step) + field(5, summary))


def scalar(tag: str, value: float) -> bytes:
    """PyTorch's and tensorboardX's way."""
    return field(1, tag.encode()) + field(2, float(value))


def tensor(tag: str, value: float) -> bytes:
    """TensorFlow 2's way: metadata of the plugin, and a scalar tensor."""
    metadata = field(9, field(1, field(1, b"scalars")))
    content = field(1, 1) + field(2, b"") + field(4, struct.pack("<f", value))
    return field(1, tag.encode()) + field(8, content) + metadata


def hparams(tag: str) -> bytes:
    """What the hparams plugin writes: an empty tensor, and its data in the metadata."""
    metadata = field(9, field(1, field(1, b"hparams") + field(2, b"session")))
    return field(1, f"_hparams_/{tag}".encode()) + metadata


VERSION = framed(field(1, 2e9, "<d") + field(3, b"brain.Event:2"))


def append(folder: Path, run: str, *events: bytes, name: str = "1.host") -> Path:
    """Append to the event file of a run; a new one begins as all do."""
    path = folder / run / f"events.out.tfevents.{name}"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        if file.tell() == 0:
            file.write(VERSION)
        file.write(b"".join(events))
    return path


def log(folder: Path, run: str, tag: str, values: Iterable[float], name: str = "1.host") -> Path:
    """Append scalars of one tag."""
    return append(folder, run, *(event(scalar(tag, v)) for v in values), name=name)


def image(size: int) -> bytes:
    """An event with an image of so many bytes."""
    content = field(1, 1) + field(2, 1) + field(4, bytes(size))
    return event(field(1, b"picture") + field(4, content))
