"""Reads which types the kinds of trials declare for fields that have a reference as their value.

The API server publishes the schemas of all kinds to every authenticated client. A kind that declares
nothing, or a server that publishes nothing, leaves the values strings. The operator's log says so.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from ..api.spec.trial_manifest import TrialManifest
from ..kube import errors
from ..kube.client import KubeClient
from ..trial_pods.declared_types import Types, declared_types, value_references

_log = logging.getLogger(__name__)
# Seconds for which schemas that are not answered delay Jobs: an outage, in which no Job could be created
# either. A gateway that does not pass such requests on answers 502 or 503 for as long as it runs.
_LONGEST_OUTAGE = 60.0
_SEPARATE = 600.0  # seconds between two failures that say nothing about the time between them
_FRESH = 60.0  # seconds for which an answer is used
_Key = tuple[str, str]  # API version and kind, of which the chart allows a few


class SchemaReader:
    """Reads schemas through a cache: a thousand trials of a sweep need few requests.

    Args:
        api: the API server.
        clock: seconds since the epoch.
    """

    def __init__(self, api: KubeClient, clock: Callable[[], float]) -> None:
        self._api = api
        self._clock = clock
        self._known: dict[_Key, tuple[float, asyncio.Task[Mapping[str, object]]]] = {}
        self._failures: dict[
            str, tuple[float, float]
        ] = {}  # by API version: the first and the last
        self._reported: set[str] = set()  # API versions that the log names as not published

    async def read(self, manifest: TrialManifest) -> Types:
        """Return the declared types of the fields of a manifest whose value is a reference.

        Args:
            manifest: the manifest of a trial.

        Raises:
            ApiError: the API server did not answer, for less than a minute.
        """
        paths = value_references(manifest)
        if not paths:
            return {}
        document = await self._fresh_document((manifest.api_version, manifest.kind))
        return declared_types(document, manifest.api_version, manifest.kind, paths)

    async def _fresh_document(self, key: _Key) -> Mapping[str, object]:
        """Return the document with the schemas of a kind, which trials that start together share.

        Raises:
            ApiError: the API server did not answer, for less than a minute.
        """
        now = self._clock()
        when, task = self._known.get(key, (-_FRESH, None))
        if task is None or now >= when + _FRESH:
            task = asyncio.create_task(self._document(*key))
            self._known[key] = now, task
        document: Mapping[str, object] = {}
        try:
            document = await asyncio.shield(task)
        finally:  # the schema of a new kind is published a few seconds after the kind is served
            if task.done() and not document and self._known.get(key, (0.0, None))[1] is task:
                del self._known[key]
        return document

    async def _document(self, api_version: str, kind: str) -> Mapping[str, object]:
        """Return the document with the schemas of a kind; empty where none is published."""
        try:
            document = await self._api.openapi_document(api_version, kind)
        except (errors.NotFound, errors.Refused, errors.TooLarge, errors.NotOffered) as error:
            self._report(api_version, error)
            return {}
        except errors.Unavailable as error:
            if self._failed_for(api_version) < _LONGEST_OUTAGE:
                raise
            self._report(api_version, error)
            return {}
        self._failures.pop(api_version, None)
        self._reported.discard(api_version)
        return document

    def _failed_for(self, api_version: str) -> float:
        """Note a failure; return for how many seconds nothing else was seen."""
        now = self._clock()
        first, last = self._failures.get(api_version, (now, now))
        if now > last + _SEPARATE:
            first = now
        self._failures[api_version] = first, now
        return now - first

    def _report(self, api_version: str, error: errors.ApiError) -> None:
        """Say once that the types are not known, until they are."""
        if api_version in self._reported:
            return
        self._reported.add(api_version)
        _log.warning(
            "the API server does not publish the schemas of %s (%s), so each field of a trial's manifest "
            "that has a reference as its value gets a string. Where the kind wants a number, the object "
            "is refused: have the API server answer GET /openapi/v3/apis/%s",
            api_version,
            error,
            api_version,
        )
