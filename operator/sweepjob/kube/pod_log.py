"""Requests for a container's log."""

from __future__ import annotations

from ..timestamps import format_time
from .resources import PODS
from .transport import Request


def log_request(namespace: str, pod: str, container: str, after: int, *, follow: bool) -> Request:
    """Return the request for a container's log, each line with its time in front.

    Args:
        namespace: the namespace of the pod.
        pod: its name.
        container: the container whose log to read.
        after: nanoseconds since the epoch; older lines are left out, up to a second's worth. 0 for all.
        follow: keep the stream open until the container ends.
    """
    query = {"container": container, "timestamps": "true"}
    if follow:
        query["follow"] = "true"
    if after:
        query["sinceTime"] = format_time(after // 10**9)
    return Request("GET", PODS.path(namespace, pod, "log"), query)


def log_tail_request(
    namespace: str, pod: str, container: str, lines: int, *, follow: bool
) -> Request:
    """Return the request for the last lines of a container's log, and for what follows.

    Args:
        namespace: the namespace of the pod.
        pod: its name.
        container: the container whose log to read.
        lines: how many lines that exist already.
        follow: keep the stream open until the container ends.
    """
    query = {"container": container, "tailLines": str(lines)}
    if follow:
        query["follow"] = "true"
    return Request("GET", PODS.path(namespace, pod, "log"), query)
