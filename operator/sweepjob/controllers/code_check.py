"""Finds and checks the code of a sweep before any of its trials starts."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from ..api import names
from ..api.parsing.suggestions import did_you_mean
from ..api.spec.code import Code
from ..api.spec.sweep_spec import SweepSpec
from ..kube import resources
from ..kube.client import KubeClient
from ..kube.errors import NotFound
from ..protocol.code import PART_KEY, REQUIREMENTS, CodeError, archive_hash, files_hash
from .fair_thread import FairThread
from .not_ready import NotReady

HASH = "sha256:"
_UPLOAD = "upload it again: kubectl sweepjob submit -f FILE --code DIR"


async def find_code(
    api: KubeClient,
    namespace: str,
    spec: SweepSpec,
    status: Mapping[str, Any],
    thread: FairThread,
) -> str:
    """Return the code of a sweep by its records: a hash, or the image or the claim that contains it.

    Code that a sweep has begun with is not read again: each pod compares its own copy with the hash.

    Args:
        api: the API server.
        namespace: the namespace of the sweep.
        spec: the spec of the sweep.
        status: the status of the sweep.
        thread: unpacks and hashes the code, which takes tenths of a second.

    Raises:
        NotReady: a ConfigMap does not exist, or has other content than it should.
        ApiError: a request failed.
    """
    code = spec.trial.code
    if code is None:
        return ""
    if status.get("startTime") and status.get("code"):
        return str(status["code"])
    if not code.is_unpacked:
        return code.label
    found = [await _config_map(api, namespace, name, code) for name in code.config_maps]
    return f"{HASH}{await thread.call(namespace, _hash, code, found)}"


async def _config_map(api: KubeClient, namespace: str, name: str, code: Code) -> Mapping[str, Any]:
    try:
        return await api.get(resources.CONFIG_MAPS, namespace, name)
    except NotFound:
        remedy = _UPLOAD if code.hash else "create it, or correct its name in spec.trial.code"
        raise NotReady(
            names.REASON_CODE_NOT_FOUND,
            f"ConfigMap {name}, which contains the code of this sweep, does not exist in namespace "
            f"{namespace}; {remedy}. The sweep starts when it exists",
        ) from None


def _hash(code: Code, found: list[Mapping[str, Any]]) -> str:
    """Return the hash of code.

    Raises:
        NotReady: it cannot be used; the error has the reason and the remedy.
    """
    return _snapshot_hash(code, found) if code.hash else _files_hash(code, found[0])


def _snapshot_hash(code: Code, found: list[Mapping[str, Any]]) -> str:
    try:
        parts = [_contents(config_map).get(PART_KEY, b"") for config_map in found]
        own = archive_hash(parts)
    except CodeError as error:
        problem = str(error)
    else:
        if own == code.hash:
            return own
        problem = f"its hash is {own[:12]}, and spec.trial.code.snapshot.hash {code.hash[:12]}"
    listed = ", ".join(code.config_maps)
    raise _unusable(
        f"the code in ConfigMap {listed} is not what was submitted: {problem}. Delete it (kubectl "
        f"delete configmap {' '.join(code.config_maps)}), and {_UPLOAD}"
    )


def _files_hash(code: Code, config_map: Mapping[str, Any]) -> str:
    name = config_map["metadata"]["name"]
    try:
        contents = _contents(config_map)
    except CodeError as error:
        raise _unusable(f"ConfigMap {name}: {error}") from None
    if not contents:
        raise _unusable(f"ConfigMap {name} is empty: put a file into each key, e.g. train.py")
    for file in code.items:
        if file.key not in contents:
            hint = (
                did_you_mean(file.key, contents) or f"; it has {', '.join(sorted(contents)[:20])}"
            )
            raise _unusable(
                f"ConfigMap {name} has no key '{file.key}', which spec.trial.code.configMap.items "
                f"names{hint}"
            )
    paths = {f.path: contents[f.key] for f in code.items} or contents
    if REQUIREMENTS in paths:
        raise _unusable(
            f"ConfigMap {name} has a {REQUIREMENTS}, which nothing installs: build an image with "
            "these packages, or, if the image has them, leave the file out"
        )
    return files_hash(paths)


def _contents(config_map: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the contents of a ConfigMap by key.

    Raises:
        CodeError: binary data cannot be decoded.
    """
    texts = {key: str(text).encode() for key, text in (config_map.get("data") or {}).items()}
    binary = config_map.get("binaryData") or {}
    try:
        return texts | {key: base64.b64decode(data) for key, data in binary.items()}
    except (binascii.Error, ValueError) as error:
        raise CodeError(f"its binary data cannot be decoded: {error}") from None


def _unusable(message: str) -> NotReady:
    return NotReady(names.REASON_CODE_UNUSABLE, message, waits=False)
