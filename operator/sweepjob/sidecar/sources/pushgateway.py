"""The part of Prometheus' push gateway that ``push_to_gateway`` needs: PUT and POST of the text format.

Each push with the primary metric is a report, even if the value has not changed.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterator

from ..metric_store import MetricStore
from ..server import Handler

_SAMPLE = re.compile(
    r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)\s*(?P<labels>\{.*\})?\s+(?P<value>\S+)(?:\s+-?\d+)?\s*"
)
# A name that is not an identifier is quoted, and comes first among the labels.
_QUOTED = re.compile(
    r'\{\s*"(?P<name>(?:[^"\\]|\\.)+)"\s*(?:,(?P<labels>.*))?\}\s+(?P<value>\S+)(?:\s+-?\d+)?\s*'
)
_ESCAPED = {"\\n": "\n", '\\"': '"', "\\\\": "\\"}
_LIMIT = 16 * 1024 * 1024  # bytes of a push, decompressed


class UnsupportedPush(Exception):
    """A push in a format other than the text format."""


class PushGateway:
    """Receives pushes.

    Args:
        store: the reports.
    """

    def __init__(self, store: MetricStore) -> None:
        self._store = store

    def push(self, body: bytes, kind: str, encoding: str) -> None:
        """Add the reports of a push.

        Args:
            body: the body of the request.
            kind: its Content-Type.
            encoding: its Content-Encoding; empty for none.

        Raises:
            UnsupportedPush: with the remedy.
        """
        if "protobuf" in kind:
            raise UnsupportedPush("push the text format (prometheus_client does), not protobuf")
        for name, value in samples(_unpacked(body, encoding).decode(errors="replace")):
            self._store.add_report(name, value)


def _unpacked(body: bytes, encoding: str) -> bytes:
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise UnsupportedPush(f"push without compression or with gzip, not with {encoding}")
    unpacker = zlib.decompressobj(wbits=31)
    try:
        data = unpacker.decompress(body, _LIMIT)
    except zlib.error as error:
        raise UnsupportedPush(f"the body is not gzip: {error}") from error
    if unpacker.unconsumed_tail:
        raise UnsupportedPush(f"a push may have {_LIMIT} bytes at most")
    return data


def samples(text: str) -> list[tuple[str, float]]:
    """Return names and values in the text format.

    A sample with labels is listed under its name with the labels. A name with one sample only is also
    listed without labels.
    """
    found = list(_lines(text))
    counts = Counter(name for name, _, _ in found)
    listed: list[tuple[str, float]] = []
    for name, labels, value in found:
        if counts[name] == 1:
            listed.append((name, value))
        if labels:
            listed.append((f"{name}{labels}", value))
    return listed


def _lines(text: str) -> Iterator[tuple[str, str, float]]:
    for line in text.splitlines():
        match = None if line.startswith("#") else _SAMPLE.fullmatch(line)
        name, labels = ("", "") if match is None else (match["name"], match["labels"] or "")
        if match is None and (match := _QUOTED.fullmatch(line)) is not None:
            name = re.sub(r"\\.", lambda found: _ESCAPED.get(found[0], found[0]), match["name"])
            labels = f"{{{match['labels'].strip()}}}" if match["labels"] else ""
        if match is not None:
            try:
                yield name, labels, float(match["value"])
            except ValueError:
                continue


def pushgateway_handler(gateway: PushGateway) -> type[Handler]:
    """Return a handler of requests that receives pushes under ``/metrics/job/``."""

    class PushHandler(Handler):
        def answer(self) -> None:
            body = self.body()
            if self.command in ("PUT", "POST") and self.path.startswith("/metrics/job"):
                kind = self.headers.get("Content-Type", "")
                try:
                    gateway.push(body, kind, self.headers.get("Content-Encoding", ""))
                except UnsupportedPush as error:
                    self.send(415, f"the sweep's sidecar: {error}\n")
                    return
            self.send(200, "")

    return PushHandler
