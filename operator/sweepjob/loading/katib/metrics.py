"""Converts ``metricsCollectorSpec`` to ``metrics``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..azure.conversion import Section

_STDOUT, _FILE, _EVENTS = "StdOut", "File", "TensorFlowEvent"
_DEFAULT_FILE = "/var/log/katib/metrics.log"
_DEFAULT_EVENTS = "/var/log/katib/tfevent/"
# Katib's filter without metricsFormat; name=value is read without a pattern here.
_DEFAULT_FILTER = r"([\w|-]+)\s*=\s*([+-]?\d*(\.\d+)?([Ee][+-]?\d+)?)"
_REFUSED = {
    "PrometheusMetric": (
        "no address of the trial is scraped here; push the metric to localhost:9091 with "
        "prometheus_client.push_to_gateway (metrics.source: pushgateway)"
    ),
    "Custom": (
        "a collector of your own reports to Katib's database; have the script print the metric "
        "(collector StdOut), or log it with MLflow"
    ),
    "Push": (
        "katib.report_metrics reports to Katib's database; have the script print the metric (collector "
        "StdOut), or log it with MLflow"
    ),
    "None": "without a collector nothing is reported; have the script print the metric (StdOut)",
}
_TEXT_FILE = (
    "lines of text are read from the log only; have the script print them, or give it /dev/stdout as its "
    "file (collector StdOut), or write JSON objects, one a line (format JSON)"
)


def convert_metrics(parent: Section) -> dict[str, Any]:
    """Convert ``metricsCollectorSpec``.

    Args:
        parent: the spec of the Experiment.
    """
    section = parent.subsection("metricsCollectorSpec")
    section.conversion.source_paths["spec.metrics"] = section.path
    collector = section.subsection("collector")
    kind = collector.text("kind") or _STDOUT
    source = section.subsection("source")
    made = {"source": "logs"}
    if kind in _REFUSED:
        collector.reject("kind", kind, _REFUSED[kind])
        for key in ("httpGet", "fileSystemPath", "filter"):
            source.read(key)
        collector.read("customCollector")
    elif kind == _STDOUT:
        made = _logs(source)
    elif kind == _FILE:
        made = _file(source)
    elif kind == _EVENTS:
        path, _ = _path(source, _DEFAULT_EVENTS, "Directory")
        made = {"source": "tensorboard", "path": path}
    else:
        known = ", ".join((_STDOUT, _FILE, _EVENTS, *_REFUSED))
        collector.reject("kind", kind, f"unknown; known: {known}")
    _reject_others(source, kind)
    _reject_others(collector, kind)
    section.reject_unknown_keys()
    return made


def _reject_others(section: Section, kind: str) -> None:
    """Reject the keys that belong to other kinds, and unknown ones."""
    for key in ("httpGet", "fileSystemPath", "filter", "customCollector"):
        if key in section.unread:
            section.reject(key, section.read(key), f"has no effect for {kind}; remove it")
    section.reject_unknown_keys()


def _logs(source: Section) -> dict[str, Any]:
    formats = _formats(source)
    if len(formats) > 1:
        message = "several formats cannot be one pattern; keep that of the objective's metric"
        source.reject("filter.metricsFormat", formats, message)
    if len(formats) != 1 or formats[0] == _DEFAULT_FILTER:
        return {"source": "logs"}
    path = source.at("filter.metricsFormat[0]")
    source.conversion.source_paths["spec.metrics.pattern"] = path
    pattern = named_groups(formats[0])
    section = source.conversion.section({}, path)
    if pattern is None:
        message = "must have two groups, the name and the value: Katib skips what has fewer"
        section.reject("", formats[0], message)
        return {"source": "logs"}
    section.note("", formats[0], "is metrics.pattern, whose first two groups have names")
    return {"source": "logs", "pattern": pattern}


def _formats(source: Section) -> list[str]:
    if source.read("filter") is None:
        return []
    section = source.subsection("filter")
    formats = section.read("metricsFormat", [])
    section.reject_unknown_keys()
    if not isinstance(formats, list) or not all(isinstance(text, str) for text in formats):
        section.reject("metricsFormat", formats, "must be a list of regular expressions")
        return []
    return formats


def _file(source: Section) -> dict[str, Any]:
    path, form = _path(source, _DEFAULT_FILE, "File")
    section = source.section("fileSystemPath")
    if form != "JSON":
        section.reject("format", form, _TEXT_FILE)
    if source.read("filter") is not None:
        source.note("filter", source.data["filter"], "not carried over: JSON needs no filter")
    return {"source": "file", "path": path}


def _path(source: Section, default: str, kind: str) -> tuple[str, str]:
    """Read ``fileSystemPath``; return path and format."""
    section = source.subsection("fileSystemPath")
    section.conversion.source_paths["spec.metrics.path"] = section.at("path")
    path = section.text("path") or default
    if (found := section.text("kind") or kind) != kind:
        section.reject("kind", found, f"must be {kind} for this collector")
    form = section.keyword("format", {"text": "TEXT", "json": "JSON"}, "text") or "JSON"
    if kind == "Directory" and section.data.get("format"):
        section.reject("format", form, "has no effect for TensorFlowEvent; remove it")
    section.reject_unknown_keys()
    return path, form


def named_groups(pattern: str) -> str | None:
    r"""Return a regular expression with its first two groups named ``name`` and ``value``.

    Args:
        pattern: in the syntax of RE2.

    Returns:
        None if it has fewer than two groups.

    >>> named_groups(r"(\w+): (?:about )?([0-9.]+)")
    '(?P<name>\\\\w+): (?:about )?(?P<value>[0-9.]+)'
    """
    words = iter(("name", "value"))
    parts, done, last = [], 0, ""
    for start, stop in _groups(pattern):
        word = next(words, None)
        opening = "(" if word is None else f"(?P<{word}>"
        parts += [pattern[done:start], opening]
        done, last = stop, word or last
    return "".join([*parts, pattern[done:]]) if last == "value" else None


def _groups(pattern: str) -> Iterator[tuple[int, int]]:
    """Yield where the opening of each capturing group begins and ends, with its name."""
    position, is_class = 0, False
    while position < len(pattern):
        character = pattern[position]
        if pattern.startswith("\\Q", position):
            stop = pattern.find("\\E", position)
            position = len(pattern) if stop < 0 else stop + 2
            continue
        if character == "\\":
            position += 2
            continue
        if is_class and pattern.startswith("[:", position):
            position = max(pattern.find(":]", position), position) + 2
            continue
        if is_class:
            is_class = character != "]"
        elif character == "[":
            is_class = True
            position += 2 if pattern[position + 1 : position + 2] == "^" else 1
            position += pattern[position : position + 1] == "]"
            continue
        elif character == "(" and not pattern.startswith("(?", position):
            yield position, position + 1
        elif character == "(" and pattern.startswith(("(?P<", "(?<"), position):
            stop = pattern.find(">", position) + 1
            yield position, stop
            position = stop
            continue
        position += 1
