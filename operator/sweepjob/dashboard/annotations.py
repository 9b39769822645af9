"""Changes of tags and notes by viewers: the only thing that the dashboard writes."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import Any, Protocol

from ..api.resources import SWEEPTRIALS
from ..api.sweeptrial.annotations import AnnotationChange
from ..kube import errors
from ..kube.client import KubeClient
from .access import Access, RequestRejected, Viewer
from .sweep_feed import CachedTrial

_log = logging.getLogger(__name__)
LARGEST_REQUEST = 64 * 1024  # bytes: a note, and all tags of a trial
_OFF = (
    "this page only reads: dashboard.tags of the chart is off, or it was started with --read-only; "
    "kubectl sweepjob tag and note change trials"
)


class TrialAnnotations(Protocol):
    """Writes the tags and the notes of trials."""

    async def apply(self, trial: CachedTrial, change: AnnotationChange) -> None:
        """Change the tags and the note of a trial.

        Raises:
            RequestRejected: the change is refused; the message says why.
        """
        ...


class ClusterAnnotations:
    """Writes labels and annotations of SweepTrials.

    Args:
        api: may patch SweepTrials, if the viewer may.
    """

    def __init__(self, api: KubeClient) -> None:
        self._api = api

    async def apply(self, trial: CachedTrial, change: AnnotationChange) -> None:
        """Change the tags and the note of a trial.

        Raises:
            RequestRejected: the change is refused; the message says why.
        """
        about = (SWEEPTRIALS, trial.namespace, trial.name, trial.uid)
        try:
            await self._api.patch_metadata(*about, change.metadata())
        except errors.NotPermitted:
            raise RequestRejected(403, refusal(trial.namespace)) from None
        except errors.Refused as error:
            raise RequestRejected(403, f"the API server refuses the change: {error}") from None
        except (errors.NotFound, errors.Conflict):
            raise RequestRejected(409, f"{trial.name} was deleted meanwhile") from None


def refusal(namespace: str) -> str:
    """Return the sentence for a viewer who may read the trials of a namespace, but not change them."""
    return (
        f"you may read the trials of namespace {namespace}, but not change them: that needs the "
        "permission to patch sweeptrials.sweepjob.dev, which the role edit has"
    )


@dataclass(frozen=True)
class AnnotationRequests:
    """Answers requests to change tags and notes.

    Attributes:
        access: who may change what.
        annotations: writes the changes; None where the page only reads.
    """

    access: Access
    annotations: TrialAnnotations | None

    async def refusal(self, viewer: Viewer, namespace: str) -> str:
        """Return why a viewer may not change the trials of a namespace; empty for one who may."""
        if self.annotations is None:
            return _OFF
        allowed = await self.access.may_annotate(viewer, namespace)
        return "" if allowed else refusal(namespace)

    async def change(self, viewer: Viewer, trial: CachedTrial, body: bytes) -> None:
        """Carry out a request.

        Args:
            viewer: who sends it.
            trial: the trial.
            body: a change as JSON; with a note also ``seenNote``, the note that the viewer has replaced.

        Raises:
            RequestRejected: the request is refused; the message says why.
        """
        if self.annotations is None or await self.refusal(viewer, trial.namespace):
            raise RequestRejected(403, await self.refusal(viewer, trial.namespace))
        try:
            data: Any = json.loads(body)
            seen = data.pop("seenNote", "") if isinstance(data, dict) else ""
            change = AnnotationChange.parse(data)
            change.check(trial.view.tags)
        except (ValueError, RecursionError) as error:
            raise RequestRejected(400, str(error)) from None
        if change.note is not None and trial.view.note not in (seen, change.note):
            now = trial.view.note
            text = (
                f"changed the note meanwhile. It says now: {now}"
                if now
                else "removed the note meanwhile"
            )
            raise RequestRejected(409, f"somebody has {text}")
        await self.annotations.apply(trial, change)
        what = ", ".join([*change.tags, *(["the note"] if change.note is not None else [])])
        where = f"{trial.namespace}/{trial.name}"
        _log.info("%r has changed tags or the note of trial %s: %s", viewer.user, where, what)
