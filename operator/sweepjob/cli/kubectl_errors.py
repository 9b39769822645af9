"""Converts kubectl's error messages to errors with a remedy."""

from __future__ import annotations

import re

from .errors import CommandError

# Lines of kubectl's log, e.g. those of memcache.go before a failure.
_LOG_LINE = re.compile(r"[IWEF]\d{4} \d\d:\d\d:\d\d")
_INSTALL = "helm install sweepjob helm/sweepjob --namespace sweepjob-system --create-namespace"

NO_KUBECTL = "kubectl is not installed, or not in PATH; this command reaches the cluster with it"


class NotFound(CommandError):
    """The object does not exist."""


class Forbidden(CommandError):
    """The user lacks a permission."""


class AlreadyExists(CommandError):
    """There is an object of this name."""


class Conflict(CommandError):
    """Another client has changed the object in the meantime."""


def parse_error(stderr: str) -> CommandError:
    """Return the error for the standard error of a failed kubectl."""
    lines = [line for line in stderr.strip().splitlines() if not _LOG_LINE.match(line)]
    text = " ".join(lines).removeprefix("Error from server ").removeprefix("error: ").strip()
    if "(NotFound)" in text:
        return NotFound(text.removeprefix("(NotFound): "))
    for mark, kind in (("(AlreadyExists)", AlreadyExists), ("(Conflict)", Conflict)):
        if mark in text:
            return kind(text.replace(f"{mark}: ", "", 1))
    remedy = _remedy(text, stderr)
    if text.startswith("(Forbidden)"):
        return Forbidden(f"{text}{remedy}")
    return CommandError(f"{text}{remedy}" if text else "kubectl failed without an error message")


def _remedy(text: str, stderr: str) -> str:
    if "the server doesn't have a resource type" in text or "no matches for kind" in text:
        return (
            f". SweepJob is not installed in this cluster: {_INSTALL}. Or this is another cluster: "
            "kubectl config current-context"
        )
    if "localhost:8080" in stderr and "refused" in stderr:
        return (
            ". No kubeconfig was found, so kubectl tried its default address: set KUBECONFIG, or pass "
            "--kubeconfig FILE"
        )
    if text.startswith(("The connection to the server", "Unable to connect")):
        return ". Is the cluster up, and is this the right one? kubectl config get-contexts"
    if "does not exist" in text and text.startswith("context"):
        return "; choose one of: kubectl config get-contexts"
    if text.startswith("stat ") and "no such file" in text:
        return "; --kubeconfig or KUBECONFIG names a file that does not exist"
    if "(Unauthorized)" in text or "must be logged in" in text:
        return "; the login of this context has expired or is wrong: kubectl auth whoami"
    if text.startswith("(Forbidden)") and "cannot" in text:
        return (
            ". Ask an administrator of the cluster for this permission: kubectl auth can-i --list"
        )
    return ""
