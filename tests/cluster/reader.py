"""Reads objects as ``kubectl get -o json`` does, over a connection that stays open.

Tests ask for the same objects several times a second, and a kubectl needs 60 ms of a core to start.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import ssl
import tempfile
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from .console import ClusterError

_OURS = "/apis/sweepjob.dev/v1alpha1"
# Paths of the kinds that tests poll; kubectl gets the others.
_KINDS = {
    **dict.fromkeys(("sweepjob", "sweepjobs"), (_OURS, "sweepjobs")),
    **dict.fromkeys(("sweeptrial", "sweeptrials"), (_OURS, "sweeptrials")),
    **dict.fromkeys(("job", "jobs"), ("/apis/batch/v1", "jobs")),
    **dict.fromkeys(("pod", "pods"), ("/api/v1", "pods")),
    "events": ("/api/v1", "events"),
    "deployment": ("/apis/apps/v1", "deployments"),
    "lease": ("/apis/coordination.k8s.io/v1", "leases"),
}
_OPTIONS = {"-l": "labelSelector", "--field-selector": "fieldSelector", "-n": "namespace"}
_SECONDS = 30.0
_connections = threading.local()


def request_path(arguments: tuple[str, ...]) -> str | None:
    """The path that ``kubectl get`` with these arguments reads; None if it takes a kubectl to tell."""
    given, words = {"namespace": "default"}, []
    left = iter(arguments)
    for argument in left:
        option, equals, value = argument.partition("=")
        if option in _OPTIONS:
            given[_OPTIONS[option]] = value if equals else next(left)
        elif argument == "-A":
            given["namespace"] = ""
        else:
            words.append(argument)
    if not 1 <= len(words) <= 2 or words[0] not in _KINDS or words[-1].startswith("-"):
        return None
    prefix, plural = _KINDS[words[0]]
    namespace = given.pop("namespace")
    scope = ["namespaces", namespace] if namespace else []
    query = urllib.parse.urlencode(given)
    return "/".join([prefix, *scope, plural, *words[1:]]) + (f"?{query}" if query else "")


def read(kubeconfig: Path, path: str) -> Any:
    """An object or a list of objects, without the managed fields, which kubectl does not show either.

    Raises:
        ClusterError: with the reason and the message of the API server, or without an answer.
    """
    status, body = _answer(kubeconfig, path)
    found = json.loads(body)
    if status != 200:
        raise ClusterError(f"Error from server ({found.get('reason')}): {found.get('message')}")
    for item in found.get("items", [found]):
        item["metadata"].pop("managedFields", None)
        item.setdefault("apiVersion", found["apiVersion"])
        item.setdefault("kind", found["kind"].removesuffix("List"))
    return found


def _answer(kubeconfig: Path, path: str) -> tuple[int, bytes]:
    """By the connection of this thread, or a new one when the API server has closed it meanwhile."""
    kept = vars(_connections).setdefault("open", {})
    for connection in (kept.pop(kubeconfig, None), None):
        try:
            used = connection or _connect(kubeconfig)
            used.request("GET", path)
            response = used.getresponse()
            answer = response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            problem = error
            continue
        kept[kubeconfig] = used
        return answer
    raise ClusterError(f"no answer from the API server to GET {path}: {problem}")


def _connect(kubeconfig: Path) -> http.client.HTTPSConnection:
    config = yaml.safe_load(kubeconfig.read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    context = ssl.create_default_context(cadata=authority)
    with (
        _file(user["client-certificate-data"]) as certificate,
        _file(user["client-key-data"]) as key,
    ):
        context.load_cert_chain(certificate, key)
    server = urllib.parse.urlsplit(cluster["server"])
    return http.client.HTTPSConnection(server.netloc, timeout=_SECONDS, context=context)


@contextlib.contextmanager
def _file(data: str) -> Iterator[str]:
    """What ssl takes from files only."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(base64.b64decode(data))
        file.flush()
        yield file.name
