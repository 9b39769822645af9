"""The watch caches of objects of other kinds than Jobs that run as trials, and of their pods."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ..api import names
from ..api.resources import resource_of
from ..api.spec.trial_kind import TrialKind
from ..api.spec.trial_manifest import TrialManifest
from ..kube import errors, resources
from ..kube.client import KubeClient
from ..kube.decoding import FieldSelection
from ..kube.informer import Informer
from ..kube.unparseable_objects import SkippedObjectObserver
from ..trial_pods.cached_objects import CachedJob, CachedPod
from ..trial_pods.kind_pods import parse_kind_pod, pod_schema
from ..trial_pods.node_clocks import merge_pods, pod_until
from ..trial_pods.object_parsing import parse_object
from ..trial_pods.object_schemas import OBJECT_SCHEMA, schema_fields

_OBJECT_FIELDS = FieldSelection(schema_fields(OBJECT_SCHEMA))


class KindCaches:
    """Objects of the kinds that the chart allows, and the pods that carry labels of their controllers.

    An informer of a kind that is not served, or not permitted, concerns the sweeps of that kind only.

    Args:
        api: the API server.
        kinds: the kinds.
        namespaces: those to watch; None for all.
        on_object: called with the old and the new object.
        on_pod: called with the old and the new pod.
        clock: seconds since the epoch.
        skipped: learns which objects cannot be read.
    """

    def __init__(
        self,
        api: KubeClient,
        kinds: Sequence[TrialKind],
        namespaces: Sequence[str | None],
        on_object: Callable[[CachedJob | None, CachedJob | None], None],
        on_pod: Callable[[CachedPod | None, CachedPod | None], None],
        clock: Callable[[], float],
        skipped: SkippedObjectObserver,
    ) -> None:
        self.kinds = tuple(kinds)
        self._clock = clock
        self._objects: dict[tuple[TrialKind, str | None], Informer[CachedJob]] = {
            (kind, namespace): Informer(
                api,
                replace(resource_of(kind), fields=_OBJECT_FIELDS),
                partial(parse_object, kind=kind),
                on_object,
                namespace,
                names.LABEL_SWEEP,
                not_served_message=_not_served(kind),
                skipped=skipped,
            )
            for kind in kinds
            for namespace in namespaces
        }
        self._pods: dict[tuple[TrialKind, str | None], Informer[CachedPod]] = {
            (kind, namespace): Informer(
                api,
                replace(resources.PODS, fields=FieldSelection(schema_fields(pod_schema(kind)))),
                partial(self._parse_pod, kind=kind),
                on_pod,
                namespace,
                f"{kind.pod_label},!{names.LABEL_SWEEP}",  # others are seen by their label
                merge_pods,
                clock,
                skipped=skipped,
            )
            for kind in kinds
            if kind.pod_label
            for namespace in namespaces
        }

    def _parse_pod(self, body: Mapping[str, Any], kind: TrialKind) -> CachedPod:
        return pod_until(parse_kind_pod(body, kind), self._clock())

    def informers(self) -> Iterator[Informer[CachedJob] | Informer[CachedPod]]:
        """Yield all informers."""
        yield from self._objects.values()
        yield from self._pods.values()

    def objects(self, kind: TrialKind, namespace: str) -> Informer[CachedJob]:
        """Return the cache of the objects of a kind in a namespace."""
        return self._objects.get((kind, namespace)) or self._objects[kind, None]

    def of(self, api_version: str, kind: str) -> TrialKind | None:
        """Return the kind of a manifest; None if the operator may not create it."""
        listed = (k for k in self.kinds if (k.api_version, k.kind) == (api_version, kind))
        return next(listed, None)

    def require(self, manifest: TrialManifest) -> TrialKind:
        """Return the kind of a manifest that was accepted.

        Raises:
            Refused: the operator may not create it any more.
        """
        kind = self.of(manifest.api_version, manifest.kind)
        if kind is None:
            raise errors.Refused(kinds_message(self.kinds, manifest))
        return kind

    async def await_listed(self, kind: TrialKind, namespace: str, patience: float) -> None:
        """Wait until the objects of a kind in a namespace were listed, but not for long.

        Args:
            kind: the kind.
            namespace: the namespace.
            patience: seconds to wait at most.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience):
                for informer in self._of(kind, namespace):
                    await informer.synced.wait()

    def _of(
        self, kind: TrialKind, namespace: str
    ) -> list[Informer[CachedJob] | Informer[CachedPod]]:
        pods = self._pods.get((kind, namespace)) or self._pods.get((kind, None))
        return [self.objects(kind, namespace), *([] if pods is None else [pods])]

    def is_listed(self, kind: TrialKind, namespace: str) -> bool:
        """Return whether all objects of a kind in a namespace, and their pods, were listed."""
        return all(informer.synced.is_set() for informer in self._of(kind, namespace))

    def problem(self, kind: TrialKind, namespace: str) -> str:
        """Return why changes of a kind's objects are not seen; empty while they are."""
        reasons = (informer.not_ready_reason for informer in self._of(kind, namespace))
        return next(filter(None, reasons), "")


def _not_served(kind: TrialKind) -> str:
    return (
        f"the API server does not know {kind}; install the controller of {kind.kind} with its "
        "CustomResourceDefinition, or remove it from trialKinds of the chart"
    )


def kinds_message(kinds: Sequence[TrialKind], manifest: TrialManifest) -> str:
    """Return why the operator may not create the object of a manifest, and the remedy.

    Args:
        kinds: those that it may create.
        manifest: the manifest.
    """
    allowed = ", ".join(map(str, kinds)) or "none"
    return (
        f"the operator may not create objects of the kind {manifest.kind} "
        f"({manifest.api_version}); it may create: {allowed}. The administrator of the cluster can "
        "allow the kind with the chart's value trialKinds"
    )
