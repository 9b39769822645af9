"""Reads a request's body, delimited by Content-Length or Transfer-Encoding (RFC 9112, section 6).

Written by hand: ``http.server`` leaves the body to its user.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping
from email.message import Message
from io import BufferedIOBase

# Bytes of a body that is read as a whole. MLflow's batches have 1 MB, and the sidecar 64 MiB of memory,
# of which a body takes up to nine times its size.
LIMIT = 4 * 1024 * 1024
# Values of a JSON body; each takes up to a hundred bytes of memory. A batch has 4,000.
_MAX_VALUES = 100_000
_SEPARATORS = (b",", b"[", b"{")
# A text in JSON. It may lack its end, so that no text is searched for it twice.
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
# Bytes of a JSON body with a letter beyond U+FFFF, which makes each letter of its text take four bytes.
_MAX_WIDE = 1024 * 1024
_WIDE = re.compile(rb"[\xf0-\xf4]|\\u[dD][89abAB]")
_LARGE = 256 * 1024  # bytes of a body that is handled alone
_PIECE = 256 * 1024
_LINE = 8 * 1024  # bytes of the line before a chunk, and of a trailer
_TRAILERS = 100
_HEX = frozenset(b"0123456789abcdefABCDEF")
_GZIP = 31  # zlib's wbits for gzip


class BadBody(Exception):
    """The body or the target of a request cannot be read; the connection cannot be used after it.

    Args:
        status: HTTP status of the answer.
        message: for the client.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def pieces(headers: Message, stream: BufferedIOBase) -> Iterator[bytes]:
    """Yield the body in pieces, as they arrive.

    Args:
        headers: the headers of the request.
        stream: the stream, positioned after the headers.


    Raises:
        BadBody: headers contradict each other, or the body is cut off or malformed.
    """
    lengths = {value.strip() for value in headers.get_all("Content-Length", [])}
    codings = [value.strip().lower() for value in headers.get_all("Transfer-Encoding", [])]
    if lengths and codings:
        raise BadBody(400, "a request has either Content-Length or Transfer-Encoding")
    if codings:
        if codings != ["chunked"]:
            raise BadBody(501, f"Transfer-Encoding {', '.join(codings)} is not supported")
        return _chunks(stream)
    if len(lengths) > 1:
        raise BadBody(400, "a request has one Content-Length")
    length = lengths.pop() if lengths else "0"
    if not (length.isascii() and length.isdigit()) or len(length) > 18:
        raise BadBody(400, f"Content-Length is not a number: {length[:40]!r}")
    return _read(stream, int(length))


def whole(headers: Message, stream: BufferedIOBase) -> bytes:
    """Return the body as it was sent.

    Args:
        headers: the headers of the request.
        stream: the stream, positioned after the headers.

    Raises:
        BadBody: it is malformed, or larger than LIMIT.
    """
    announced = headers.get("Content-Length", "").strip()
    too_large = _too_large()
    is_number = announced.isascii() and announced.isdigit()
    if is_number and (len(announced) > len(str(LIMIT)) or int(announced) > LIMIT):
        raise too_large
    found = bytearray()
    for piece in pieces(headers, stream):
        found += piece
        if len(found) > LIMIT:
            raise too_large
    return bytes(found)


def may_be_large(headers: Message) -> bool:
    """Return whether a body may need so much memory that such bodies are handled one at a time."""
    length = headers.get("Content-Length", "0").strip()
    is_small = length.isascii() and length.isdigit() and len(length) < 9 and int(length) <= _LARGE
    return not is_small or "Transfer-Encoding" in headers or "Content-Encoding" in headers


def check_values(data: bytes) -> None:
    """Check that a JSON body does not need more memory than there is.

    Args:
        data: the body, without its encoding.

    Raises:
        BadBody: it has too many values, or too many letters.
    """
    if _has_too_many_values(data):
        raise BadBody(413, f"a body may have {_MAX_VALUES} values at most; send several batches")
    if len(data) > _MAX_WIDE and _WIDE.search(data):
        text = f"a body with letters beyond U+FFFF may have {_MAX_WIDE} bytes at most"
        raise BadBody(413, text)


def _has_too_many_values(data: bytes) -> bool:
    """Return whether JSON has too many values, without the commas and brackets within texts.

    The time is proportional to the length.
    """
    if sum(map(data.count, _SEPARATORS)) <= _MAX_VALUES:
        return False
    end = counted = texts = 0
    for text in _TEXT.finditer(data):
        counted += sum(data.count(each, end, text.start()) for each in _SEPARATORS)
        end, texts = text.end(), texts + 1
        if max(counted, texts // 2) > _MAX_VALUES:  # a member of an object has two texts
            return True
    return counted + sum(data.count(each, end) for each in _SEPARATORS) > _MAX_VALUES


def _too_large() -> BadBody:
    text = f"a body that the sweep's sidecar reads may have {LIMIT} bytes at most"
    return BadBody(413, text)


def unpacked(data: bytes, headers: Mapping[str, str] | Message) -> bytes:
    """Remove a body's Content-Encoding.

    Args:
        data: the body.
        headers: the headers of the request.


    Raises:
        BadBody: it is not what the header says, or too large.
    """
    coding = (headers.get("Content-Encoding") or "identity").strip().lower()
    if coding == "identity" or not data:
        return data
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise BadBody(415, f"Content-Encoding {coding} is not supported; use gzip or none")
    return _decompressed(data, coding)


def _decompressed(data: bytes, coding: str) -> bytes:
    """Decompress a body; a gzip body may have several members."""
    found, is_gzip = bytearray(), "gzip" in coding
    while data:
        unpacker = zlib.decompressobj(_GZIP if is_gzip else zlib.MAX_WBITS)
        try:
            found += unpacker.decompress(data, LIMIT + 1 - len(found))
        except zlib.error as error:
            raise BadBody(400, f"the body is not {coding}: {error}") from error
        if len(found) > LIMIT:
            raise _too_large()
        if not unpacker.eof:
            raise BadBody(400, f"the body is not {coding}: it ends too early")
        data = unpacker.unused_data
        if data and not is_gzip:
            raise BadBody(400, f"the body is not {coding}: something follows its end")
    return bytes(found)


def _read(stream: BufferedIOBase, length: int) -> Iterator[bytes]:
    while length > 0:
        piece = stream.read(min(length, _PIECE))
        if not piece:
            raise BadBody(400, "the body ends too early")
        length -= len(piece)
        yield piece


def _chunks(stream: BufferedIOBase) -> Iterator[bytes]:
    while (size := _size(_line(stream))) > 0:
        yield from _read(stream, size)
        if stream.read(2) != b"\r\n":
            raise BadBody(400, "a chunk does not end where its size says")
    for _ in range(_TRAILERS):
        if not _line(stream):
            return
    raise BadBody(400, "too many trailers")


def _line(stream: BufferedIOBase) -> bytes:
    line = stream.readline(_LINE)
    if not line.endswith(b"\r\n"):
        raise BadBody(400, "a line of the chunked body does not end")
    return line[:-2]


def _size(line: bytes) -> int:
    """Return the size of a chunk; extensions may follow it."""
    digits = line.partition(b";")[0].rstrip(b" \t")
    if not digits or len(digits) > 15 or not _HEX.issuperset(digits):
        raise BadBody(400, f"not the size of a chunk: {line[:40]!r}")
    return int(digits, 16)
