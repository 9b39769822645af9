"""Reads which types the kinds of trials declare for fields that have a reference as their value.

The API server publishes the schemas of all kinds to every authenticated client. A kind that declares
nothing, or a server that publishes nothing, leaves the values strings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..api.spec.trial_manifest import TrialManifest
from ..kube import errors
from ..kube.client import KubeClient
from ..trial_pods.declared_types import Types, declared_types, value_references

_FRESH = 60.0  # seconds for which an answer is used
_MOST = 100  # answers that are cached
_Key = tuple[str, str, frozenset[tuple[str | int, ...]]]


class SchemaReader:
    """Caches what it read, so that a thousand trials of a sweep cost few requests.

    Args:
        api: the API server.
        clock: seconds since the epoch.
    """

    def __init__(self, api: KubeClient, clock: Callable[[], float]) -> None:
        self._api = api
        self._clock = clock
        self._known: dict[_Key, tuple[float, Types]] = {}

    async def read(self, manifest: TrialManifest) -> Types:
        """Return the declared types of the fields of a manifest whose value is a reference.

        Args:
            manifest: the manifest of a trial.

        Raises:
            ApiError: the API server did not answer.
        """
        paths = value_references(manifest)
        if not paths:
            return {}
        key = manifest.api_version, manifest.kind, frozenset(paths)
        now = self._clock()
        when, types = self._known.get(key, (-_FRESH, {}))
        if now < when + _FRESH:
            return types
        document = await self._document(manifest.api_version)
        types = declared_types(document, manifest.api_version, manifest.kind, paths)
        if document:  # the schema of a new kind is published a few seconds after the kind is served
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[key] = now, types
        return types

    async def _document(self, api_version: str) -> Mapping[str, object]:
        try:
            return await self._api.openapi_document(api_version)
        except (errors.NotFound, errors.Refused, errors.TooLarge):
            return {}
