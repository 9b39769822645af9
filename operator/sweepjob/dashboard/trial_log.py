"""The log of a trial, read from its pod as it grows."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..api import names
from ..kube.client import KubeClient
from ..kube.log_stream import MORE
from ..kube.resources import PODS
from ..trial_pods.pod_parsing import parse_pod
from ..trial_pods.user_pod import trainer_of
from .cache_sync import Unavailable

Body = Mapping[str, Any]
# Lines that exist already when the log is opened; those that follow come in addition.
_MOST_LINES = 20_000
_LABEL_VALUE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class TrialLog:
    """The log of a pod.

    Attributes:
        pod: name of the pod.
        text: pieces of the log, until the trainer has ended.
        most_lines: of the lines that are there at first, how many are read; 0 for all of them.
    """

    pod: str
    text: AsyncIterator[str]
    most_lines: int = 0


class TrialLogs(Protocol):
    """Opens the logs of trials."""

    async def open(self, namespace: str, sweep: str, trial: str, attempt: int | None) -> TrialLog:
        """Open the log of a trial's pod; of several pods that of rank 0.

        Args:
            namespace: the namespace of the sweep.
            sweep: its name.
            trial: name of the trial.
            attempt: the attempt; None for the newest one that has a pod.

        Raises:
            Unavailable: the trial has no such pod.
        """
        ...


class ClusterLogs:
    """Reads logs from the API server.

    Args:
        api: may list pods and read their logs.
    """

    def __init__(self, api: KubeClient) -> None:
        self._api = api

    async def open(self, namespace: str, sweep: str, trial: str, attempt: int | None) -> TrialLog:
        """Open the log of a trial's pod.

        Raises:
            Unavailable: the trial has no such pod.
        """
        # Anything else would be another selector.
        if not all(_LABEL_VALUE.fullmatch(name) for name in (sweep, trial)):
            raise Unavailable(f"{trial[:100]} is not the name of a trial")
        selector = f"{names.LABEL_SWEEP}={sweep},{names.LABEL_TRIAL}={trial}"
        page = await self._api.list_page(PODS, namespace, selector, "", 0)
        pod = newest_pod(page["items"], trial, attempt)
        name = pod["metadata"]["name"]
        lines = self._api.read_log_tail(
            namespace, name, trainer_of(pod["spec"])["name"], _MOST_LINES, follow=True
        )
        return TrialLog(name, _with_ends(lines), _MOST_LINES)


def newest_pod(pods: Sequence[Body], trial: str, attempt: int | None) -> Body:
    """Return the newest pod of rank 0, of an attempt or of all.

    Raises:
        Unavailable: there is none.
    """
    parsed = [(parse_pod(body), body) for body in pods]
    own = [
        (pod, body) for pod, body in parsed if not pod.view.rank and attempt in (None, pod.attempt)
    ]
    if not own:
        which = "" if attempt is None else f" for attempt {attempt}"
        raise Unavailable(f"{trial} has no pod{which} now")
    return max(own, key=lambda each: (each[0].attempt, each[0].created))[1]


async def _with_ends(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    async for line in lines:
        yield line.removesuffix(MORE) if line.endswith(MORE) else f"{line}\n"
