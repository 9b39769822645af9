"""Finds and reads the ConfigMaps with results of earlier trials that count for a sweep."""

from __future__ import annotations

import base64
import binascii
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ...api import names
from ...api.parsing.suggestions import did_you_mean
from ...api.spec.sweep_spec import SweepSpec
from ...api.spec.warm_start import ResultsReference
from ...kube import errors, resources
from ...kube.client import KubeClient
from ...loading.results.fitting import read_trials
from ...loading.results.result import MAX_BYTES, ResultsError
from ..fair_thread import FairThread
from ..not_ready import NotReady
from .source import Source

_log = logging.getLogger(__name__)
_Read = Callable[[Mapping[str, Any], ResultsReference, str], Awaitable[Source]]
_SUBMIT = "kubectl sweepjob submit -f SWEEP.yaml --warm-start FILE uploads a file"


async def find_results(
    api: KubeClient,
    namespace: str,
    spec: SweepSpec,
    status: Mapping[str, Any],
    thread: FairThread,
) -> list[Source]:
    """Find the results of ``spec.warmStart.results``; see ``find_sources``."""
    entries = status.get("warmStartResults") or () if status.get("startTime") else ()
    known = {ResultsReference(entry["configMap"], entry["key"]): entry for entry in entries}

    async def read(config_map: Mapping[str, Any], reference: ResultsReference, path: str) -> Source:
        return await thread.call(namespace, _source, config_map, reference, spec, path)

    sources = []
    for position, reference in enumerate(spec.warm_start.results):
        path = f"spec.warmStart.results[{position}]"
        if reference in known:
            sources.append(await _known_source(api, namespace, reference, known[reference], read))
        else:
            config_map = await _config_map(api, namespace, reference, path)
            sources.append(await read(config_map, reference, path))
    return sources


async def _known_source(
    api: KubeClient,
    namespace: str,
    reference: ResultsReference,
    entry: Mapping[str, Any],
    read: _Read,
) -> Source:
    """Return the results that a sweep has begun with, if they are still the same."""
    digest, counted = str(entry["sha256"]), int(entry["trials"])
    try:
        config_map = await api.get(resources.CONFIG_MAPS, namespace, reference.config_map)
        found = await read(config_map, reference, "")
    except errors.NotFound:
        return Source(str(reference), (), counted, digest=digest)
    except errors.NotPermitted:
        return Source(str(reference), (), counted, digest=digest, why_lost="may not be read")
    except NotReady:
        found = None
    if found is None or found.digest != digest:
        return Source(str(reference), (), counted, digest=digest, why_lost="were changed")
    return found


async def _config_map(
    api: KubeClient, namespace: str, reference: ResultsReference, path: str
) -> Mapping[str, Any]:
    try:
        return await api.get(resources.CONFIG_MAPS, namespace, reference.config_map)
    except errors.NotFound:
        raise NotReady(
            names.REASON_WARM_START_PENDING,
            f"{path}: ConfigMap {reference.config_map} does not exist in namespace {namespace}; create "
            f"it ({_SUBMIT}), or correct its name. The sweep starts when it exists",
        ) from None


def _source(
    config_map: Mapping[str, Any], reference: ResultsReference, spec: SweepSpec, path: str
) -> Source:
    """Return the trials of a ConfigMap.

    Raises:
        NotReady: they cannot be read; the error has the line and the remedy.
    """
    try:
        data = _contents(config_map, reference)
        text = data.decode("utf-8-sig")
        trials, differences = read_trials(text, spec)
    except UnicodeDecodeError:
        raise _unusable(
            path, reference, f"is not a text in UTF-8; of a storage of Optuna's: {_SUBMIT}"
        ) from None
    except ResultsError as error:
        raise _unusable(path, reference, str(error)) from None
    except Exception as error:
        _log.exception("the results in ConfigMap %s", reference)
        message = f"cannot be read because of a bug in the operator: {error!r}; please report it"
        raise _unusable(path, reference, message) from error
    return Source(
        *(str(reference), trials, len(trials)),
        digest=hashlib.sha256(data).hexdigest(),
        differences=str(differences),
        why_lost="were deleted",
    )


def _contents(config_map: Mapping[str, Any], reference: ResultsReference) -> bytes:
    texts, binary = config_map.get("data") or {}, config_map.get("binaryData") or {}
    if reference.key not in texts and reference.key not in binary:
        known = [*texts, *binary]
        near = did_you_mean(reference.key, known) or f"; it has {', '.join(sorted(known)[:20])}"
        raise ResultsError(f"has no such key{near if known else ''}")
    if reference.key in texts:
        data = str(texts[reference.key]).encode("utf-8", "replace")
    else:
        try:
            data = base64.b64decode(binary[reference.key], validate=True)
        except (binascii.Error, ValueError) as error:
            raise ResultsError(f"cannot be decoded: {error}") from None
    if len(data) > MAX_BYTES:
        raise ResultsError(f"has {len(data)} bytes; at most {MAX_BYTES} are read")
    return data


def _unusable(path: str, reference: ResultsReference, message: str) -> NotReady:
    text = (
        f"{path}: ConfigMap {reference.config_map}, key {reference.key}: {message}. Correct it; the "
        "sweep starts then"
    )
    return NotReady(names.REASON_WARM_START_UNUSABLE, text, waits=False)
