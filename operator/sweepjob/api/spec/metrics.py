"""``spec.metrics``: how trials report."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ... import protocol
from ..parsing.quantity import check_amounts
from ..parsing.reader import Reader

if TYPE_CHECKING:
    import re2

_PORTS = {protocol.MLFLOW: protocol.MLFLOW_PORT, protocol.PUSHGATEWAY: protocol.PUSHGATEWAY_PORT}
_PATHS = {
    protocol.FILE: "/metrics/metrics.jsonl",
    protocol.TENSORBOARD: "/metrics",
    protocol.WANDB: "/metrics",
}
_PATTERN_LIMIT = 1000
ACCEPT, RETRY = ON_INCOMPLETE = ("accept", "retry")


@dataclass(frozen=True, slots=True)
class Metrics:
    """The source of a trial's reports.

    Attributes:
        source: one of ``protocol.SOURCES``.
        port: the port on the trainer's localhost, for a source that listens; 0 otherwise.
        path: the path in the trainer's container, for a source that is written to; empty otherwise.
        pattern: a regular expression for the log; empty for the usual forms.
        is_port_given: the user set the port.
        sidecar: resources of the sidecar, as in a container; empty for the operator's.
        on_incomplete: whether an attempt with incomplete reports counts (ACCEPT) or fails (RETRY).
        also: names of the other metrics whose curves are kept; None for the first ones.
    """

    source: str = protocol.MLFLOW
    port: int = protocol.MLFLOW_PORT
    path: str = ""
    pattern: str = ""
    is_port_given: bool = False
    sidecar: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    on_incomplete: str = ACCEPT
    also: tuple[str, ...] | None = None

    @property
    def folder(self) -> str:
        """The folder that trainer and sidecar share, for a source that is written to."""
        return posixpath.dirname(self.path) if self.source == protocol.FILE else self.path


def parse_metrics(reader: Reader) -> Metrics:
    """Read ``spec.metrics``; problems are added to the reader's."""
    reader.known(("source", "port", "path", "pattern", "also", "onIncomplete", "sidecar"))
    source = reader.word("source", protocol.SOURCES, protocol.MLFLOW)
    _check_source(reader, "port", source, _PORTS)
    _check_source(reader, "path", source, _PATHS)
    _check_source(reader, "pattern", source, (protocol.LOGS,))
    port = reader.integer("port", _PORTS.get(source, 0), least=0, most=65535)
    if "port" in reader.data and port < 1024:
        reader.note("port", port, "must be at least 1024: the sidecar is not root")
    path = posixpath.normpath(reader.text("path", _PATHS[source])) if source in _PATHS else ""
    reader.bounded("path", path, 1000)
    metrics = Metrics(
        source,
        port,
        path,
        _pattern(reader),
        is_port_given="port" in reader.data,
        on_incomplete=reader.word("onIncomplete", ON_INCOMPLETE, ACCEPT),
        sidecar=_sidecar(reader.child("sidecar"), source),
        also=_also(reader),
    )
    if path and (not path.startswith("/") or metrics.folder == "/"):
        example = _PATHS[source]
        remedy = f"must be absolute and in a folder of its own, e.g. {example}: it is mounted there"
        reader.note("path", path, remedy)
    return metrics


def _also(reader: Reader) -> tuple[str, ...] | None:
    if "also" not in reader.data:
        return None
    given = reader.data["also"]
    if not isinstance(given, list) or not all(map(protocol.is_name, given)):
        remedy = f"must be a list of names of metrics, each of at most {protocol.MAX_NAME} bytes"
        reader.note("also", given, f"{remedy} without control characters, e.g. [train_loss]")
        return None
    if len(given) > protocol.MAX_CURVES or len(set(given)) < len(given):
        most = protocol.MAX_CURVES
        reader.note("also", given, f"must have at most {most} names, each of them once")
    pattern = reader.data.get("pattern")
    finds_one = isinstance(pattern, str) and "(?P<value>" in pattern and "(?P<name>" not in pattern
    if given and finds_one:
        remedy = "needs a group (?P<name>...) in pattern, which finds the primary metric only"
        reader.note("also", given, remedy)
    return tuple(given)


def _sidecar(reader: Reader, source: str) -> Mapping[str, Mapping[str, Any]]:
    reader.known(("resources",))
    if reader.data and source == protocol.LOGS:
        reader.note("", dict(reader.data), "source logs has no sidecar; remove it")
    resources = reader.child("resources")
    resources.known(("requests", "limits"))
    check_amounts(resources)
    return {part: amounts for part, amounts in resources.data.items() if amounts}


def _check_source(reader: Reader, key: str, source: str, sources: object) -> None:
    listed = list(sources)  # type: ignore[call-overload] # a tuple or a dict of words
    if key in reader.data and source not in listed:
        reader.note(key, reader.data[key], f"belongs to source {' or '.join(listed)}; remove it")


def _pattern(reader: Reader) -> str:
    if "pattern" not in reader.data:
        return ""
    pattern = reader.text("pattern")
    reader.bounded("pattern", pattern, _PATTERN_LIMIT)
    import re2  # loaded only where there is a pattern

    try:
        groups = compiled(pattern).groupindex
    except re2.error as error:
        text = error.args[0]
        error_text = text.decode() if isinstance(text, bytes) else str(text)
        reader.note(
            "pattern", pattern, f"is not a regular expression of RE2's syntax: {error_text}"
        )
        return ""
    if pattern and "value" not in groups:
        remedy = "must have a group (?P<value>...), and may have (?P<name>...)"
        reader.note("pattern", pattern, remedy)
    return pattern


def compiled(pattern: str | bytes) -> re2._Regexp:
    """Compile an RE2 regular expression: its time is linear in the text, that of ``re`` is not.

    Raises:
        re2.error: the pattern is invalid.
    """
    import re2

    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)
