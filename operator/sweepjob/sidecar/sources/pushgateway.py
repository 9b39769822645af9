"""The part of Prometheus' push gateway that ``push_to_gateway`` needs: PUT and POST of the text format.

Each push with the primary metric is a report, even if the value has not changed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from ... import protocol
from .. import request_body
from ..metric_store import MetricStore
from ..server import Handler

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
# A name that is not an identifier is quoted, and comes first among the labels.
_QUOTED_NAME = re.compile(r'\{\s*"((?:[^"\\]|\\.)+)"\s*')
_TIMESTAMP = re.compile(r"-?[0-9]+")
_ESCAPED = {"\\n": "\n", '\\"': '"', "\\\\": "\\"}
_SHOWN = 100  # characters of a line in a notice


class UnsupportedPush(Exception):
    """A push in a format other than the text format."""


class Sample(NamedTuple):
    """A line of the text format.

    Attributes:
        name: the name of the metric.
        labels: the labels in braces; empty without any.
        value: the value; None where it is not a number.
    """

    name: str
    labels: str
    value: float | None


class PushGateway:
    """Receives pushes.

    Args:
        store: the reports.
    """

    def __init__(self, store: MetricStore) -> None:
        self._store = store

    def push(self, body: bytes, kind: str) -> None:
        """Add the reports of a push.

        Args:
            body: the body of the request, decompressed.
            kind: its Content-Type.

        Raises:
            UnsupportedPush: with the remedy.
        """
        if "protobuf" in kind:
            raise UnsupportedPush("push the text format (prometheus_client does), not protobuf")
        for name, value in self._named_values(body.decode(errors="replace")):
            if value is not None:
                self._store.add_report(name, value)
            elif name == self._store.metric:
                self._set_notice(
                    "values",
                    f"a push has no number in place of a value of '{name}'. Push it like 1234.5.",
                )

    def _named_values(self, text: str) -> list[tuple[str, float | None]]:
        samples = []
        for line in _sample_lines(text):
            sample = parse_sample(line)
            if sample is None:
                self._set_notice(
                    "lines",
                    f"a line of a push is not in Prometheus' text format and was skipped, as are others "
                    f"like it: {line[:_SHOWN]!r}. Push with prometheus_client, or write NAME VALUE.",
                )
            else:
                samples.append(sample)
        return _named(samples)

    def _set_notice(self, topic: str, text: str) -> None:
        self._store.set_notice(topic, protocol.Notice.of(protocol.REPORTS_INCOMPLETE, text))


def samples(text: str) -> list[tuple[str, float]]:
    """Return names and values in the text format.

    A sample with labels is listed under its name with the labels. A name with one sample only is also
    listed without labels.
    """
    found = [sample for line in _sample_lines(text) if (sample := parse_sample(line)) is not None]
    return [(name, value) for name, value in _named(found) if value is not None]


def _named(samples: list[Sample]) -> list[tuple[str, float | None]]:
    counts = Counter(sample.name for sample in samples)
    listed = []
    for name, labels, value in samples:
        if counts[name] == 1:
            listed.append((name, value))
        if labels:
            listed.append((f"{name}{labels}", value))
    return listed


def _sample_lines(text: str) -> Iterator[str]:
    """Yield the lines of samples. Only a line feed ends a line: labels may have other separators."""
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield stripped


def parse_sample(line: str) -> Sample | None:
    """Return the sample of a line without blanks at its ends; None when it is none.

    The time is proportional to the length of the line.
    """
    match = _NAME.match(line)
    if match is not None:
        name, rest = match[0], line[match.end() :].lstrip()
        if not rest.startswith("{"):
            is_separate = line[match.end() : match.end() + 1].isspace()
            return _sample(name, "", rest) if is_separate else None
        end = rest.rfind("}") + 1
        return _sample(name, rest[:end], rest[end:]) if end else None
    match = _QUOTED_NAME.match(line)
    end = line.rfind("}")
    if match is None or end < match.end() or (line[match.end()] not in ",}"):
        return None
    name = re.sub(r"\\.", lambda found: _ESCAPED.get(found[0], found[0]), match[1])
    labels = line[match.end() + 1 : end].strip()
    return _sample(name, f"{{{labels}}}" if labels else "", line[end + 1 :])


def _sample(name: str, labels: str, rest: str) -> Sample | None:
    """Return the sample whose value, and maybe time, is the rest of its line."""
    value, *times = rest.split(maxsplit=2) or [""]
    if not value or len(times) > 1 or not all(map(_TIMESTAMP.fullmatch, times)):
        return None
    try:
        return Sample(name, labels, float(value))
    except ValueError:
        return Sample(name, labels, None)


def pushgateway_handler(gateway: PushGateway) -> type[Handler]:
    """Return a handler of requests that receives pushes under ``/metrics/job/``."""

    class PushHandler(Handler):
        def answer(self) -> None:
            body = request_body.unpacked(self.body(), self.headers)
            if self.command in ("PUT", "POST") and self.path.startswith("/metrics/job"):
                kind = self.headers.get("Content-Type", "")
                try:
                    gateway.push(body, kind)
                except UnsupportedPush as error:
                    self.send(415, f"the sweep's sidecar: {error}\n")
                    return
            self.send(200, "")

    return PushHandler
