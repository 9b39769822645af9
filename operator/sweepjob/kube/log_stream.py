"""Lines of a container's log from the chunks of a response, in bounded memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

LONGEST = 64 * 1024  # bytes of a line that are kept; a longer line is delivered in parts
MORE = "\n"  # ends a part that is not the last of its line; a line itself cannot contain it


async def log_lines(chunks: AsyncIterator[bytes], *, follow: bool) -> AsyncIterator[str]:
    """Yield lines as they arrive, a long one in parts that end with ``MORE``.

    Args:
        chunks: the body of the response.
        follow: whether the log continues. If it does, an incomplete last line is not yielded: the next
            stream begins with it.
    """
    rest, begun = b"", False
    async for chunk in chunks:
        *complete, rest = (rest + chunk).split(b"\n")
        for line in complete:
            for part in _parts(line, begun=begun):
                yield part
            begun = False
        if len(rest) > LONGEST:
            rest = _without_overwritten(rest, begun=begun)
        while len(rest) > LONGEST:
            cut = _cut(rest)
            yield rest[:cut].decode(errors="replace") + MORE
            rest, begun = rest[cut:], True
    if rest and not follow:
        yield rest.decode(errors="replace")


def _parts(line: bytes, *, begun: bool) -> Iterator[str]:
    if len(line) > LONGEST:
        line = _without_overwritten(line, begun=begun)
    while len(line) > LONGEST:
        cut = _cut(line)
        yield line[:cut].decode(errors="replace") + MORE
        line = line[cut:]
    yield line.decode(errors="replace")


def _without_overwritten(line: bytes, *, begun: bool) -> bytes:
    """Return the line of a progress bar, which uses carriage returns, without what has been overwritten.

    Args:
        line: the line, or the rest of it.
        begun: a part of the line has been delivered, with its time.
    """
    last = line.rstrip().rfind(b"\r")
    if last < 0:
        return line
    time = b"" if begun else line[: line.find(b" ") + 1]
    return time + line[max(last, len(time)) :]


def _cut(line: bytes) -> int:
    """Return where the first part of a long line ends: not within a character of UTF-8."""
    cut = LONGEST
    while cut > LONGEST - 4 and line[cut] & 0xC0 == 0x80:
        cut -= 1
    return cut
