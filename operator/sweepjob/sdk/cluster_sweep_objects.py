"""The objects of a sweep on a cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..api import names
from ..api.sweeptrial.annotations import AnnotationChange
from .custom_objects import request

_PAGE_SIZE = 500


class ClusterSweepObjects:
    """The objects of a sweep on a cluster; see :class:`~sweepjob.sdk.sweep_objects.Records`."""

    def __init__(self, api: Any, namespace: str, name: str) -> None:
        self._api, self.namespace, self._name = api, namespace, name

    @property
    def name(self) -> str:
        """Name of the SweepJob."""
        return self._name

    @property
    def page_command(self) -> str:
        """The command that opens the sweep's page."""
        return f"kubectl sweepjob ui {self._name} --namespace {self.namespace}"

    def sweep(self) -> Mapping[str, Any]:
        """Return the SweepJob object.

        Raises:
            NotFound: there is no such sweep.
        """
        found: Mapping[str, Any] = request(
            self._api, "get_namespaced_custom_object", self.namespace, names.SWEEPJOBS, self._name
        )
        return found

    def trials(self) -> list[Mapping[str, Any]]:
        """Return its SweepTrial objects."""
        return list(self._pages())

    def _pages(self) -> Iterator[Mapping[str, Any]]:
        """Yield the SweepTrials page by page, since a sweep may have ten thousand."""
        token = ""
        while True:
            page = request(
                self._api,
                "list_namespaced_custom_object",
                self.namespace,
                names.SWEEPTRIALS,
                label_selector=f"{names.LABEL_SWEEP}={self._name}",
                limit=_PAGE_SIZE,
                _continue=token,
            )
            yield from page["items"]
            token = page["metadata"].get("continue", "")
            if not token:
                return

    def cancel(self) -> None:
        """Stop the sweep (``spec.stop``)."""
        method = "patch_namespaced_custom_object"
        change = {"spec": {"stop": True}}
        request(self._api, method, self.namespace, names.SWEEPJOBS, self._name, change)

    def change_trial(self, trial: str, change: Mapping[str, Any]) -> None:
        """Change what a person wants of a trial: ``paused`` and ``stop`` of its SweepTrial.

        Args:
            trial: name of the trial.
            change: values by key; None removes a key.

        Raises:
            NotFound: there is no such trial.
        """
        method, body = "patch_namespaced_custom_object", {"spec": dict(change)}
        request(self._api, method, self.namespace, names.SWEEPTRIALS, trial, body)

    def annotate(self, trial: str, change: AnnotationChange) -> None:
        """Change the tags and the note of a trial.

        Args:
            trial: name of the trial.
            change: a change that was checked.

        Raises:
            NotFound: there is no such trial.
            SweepError: the API server refuses it, such as for lack of a permission.
        """
        method, body = "patch_namespaced_custom_object", {"metadata": change.metadata()}
        request(self._api, method, self.namespace, names.SWEEPTRIALS, trial, body)

    def download(self, trial: str, output: str | None, path: str) -> list[str]:
        """Download a trial's outputs and return the folders that were written.

        Args:
            trial: name of the trial.
            output: name of one output; None for all.
            path: folder on this machine.

        Raises:
            SweepError: there are no outputs, or they cannot be read.
        """
        from .download import download

        return download(self._api.api_client, self.sweep(), trial, output, Path(path))
