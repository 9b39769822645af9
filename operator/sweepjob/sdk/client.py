"""``SweepClient``: creates, lists, stops and deletes sweeps on a cluster."""

from __future__ import annotations

import copy
import secrets
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from ..api import names
from ..loading.errors import LoadError
from ..read_model.sweep_view import SweepView
from ..render.output_formats import format_value
from ..training.unused_arguments import level_of_the_program
from .azure_resolution import Resolver
from .cluster_sweep_objects import ClusterSweepObjects
from .config_maps import ConfigMaps
from .custom_objects import connect, request
from .displays import Table
from .job import SweepJob, SweepWarning
from .run import SweepRun
from .sweep_objects import Conflict, NotFound, SweepError
from .trial_run import TrialRun

if TYPE_CHECKING:
    from ..loading.code import CodeSnapshot
    from ..loading.code.upload import Upload

# The alphabet of Kubernetes' generated names, which forms no words.
_SUFFIX_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_MAX_NAME_LENGTH = names.SWEEP_NAME_LIMIT - 6
_MAX_CONFLICTS = 10  # of an update with the operator's writes, before it is given up


class SweepClient:
    """A client for the sweeps in one namespace of a cluster.

    Args:
        namespace: Namespace; by default that of the kubeconfig's context, or of the pod.
        kubeconfig: A kubeconfig file; by default ``KUBECONFIG``, ``~/.kube/config``, or the service
            account of the pod.
        context: Context of the kubeconfig; the current one by default.

    Raises:
        SweepError: There is neither a kubeconfig nor a service account.

    >>> client = SweepClient(namespace="team-a")  # doctest: +SKIP
    >>> run = client.jobs.create_or_update(sweep)  # doctest: +SKIP
    >>> run.wait_for_completion(show_output=True).best.parameters  # doctest: +SKIP
    {'lr': 0.03, 'batch': 32}
    """

    def __init__(
        self,
        namespace: str | None = None,
        *,
        kubeconfig: str | Path | None = None,
        context: str | None = None,
    ) -> None:
        self.api, default_namespace = connect(
            None if kubeconfig is None else str(kubeconfig), context
        )
        self.namespace = namespace or default_namespace
        self.jobs = SweepOperations(self)

    def create_or_update(self, job: SweepJob) -> SweepRun:
        """Create or update a sweep; the same as ``jobs.create_or_update``.

        Args:
            job: The sweep.

        Raises:
            ArgumentError: The sweep has errors.
            SweepError: The API server refuses it.
        """
        return self.jobs.create_or_update(job)


class SweepOperations:
    """Operations on sweeps, named as in Azure's client. Use ``SweepClient(...).jobs``."""

    def __init__(self, client: SweepClient) -> None:
        self._client = client

    def create_or_update(self, job: SweepJob, resolver: Resolver | None = None) -> SweepRun:
        """Create the sweep, or update the one of the same name: its limits, policy and suspension.

        Args:
            job: The sweep. One without a name gets a generated name.
            resolver: Resolves Azure names; by default with the current Azure map.

        Returns:
            The sweep on the cluster.

        Raises:
            ArgumentError: The sweep has errors.
            SweepError: The API server refuses it; the message is the API server's.
        """
        job.validate(resolver)
        body = job.to_manifest(resolver)
        if job.name is None:
            body["metadata"]["name"] = unique_name(body["metadata"]["name"])
        body["metadata"]["namespace"] = self._namespace(job)
        run = self._run(body["metadata"]["name"], body["metadata"]["namespace"])
        try:
            before = run.body
        except NotFound:
            self._create(body, job.snapshot(resolver), job.results_files())
            return run
        for _ in range(_MAX_CONFLICTS):
            try:
                self._replace(before, body)
                return run
            except Conflict:
                before = run.body  # the operator has updated the status meanwhile
        self._replace(before, body)
        return run

    def _create(
        self, body: Mapping[str, Any], code: CodeSnapshot | None, results: Sequence[Upload]
    ) -> None:
        """Create a sweep, with its code if that is not in the image, and results of earlier trials."""
        namespace = body["metadata"]["namespace"]
        uploads = [*([] if code is None else [code]), *results]
        if not uploads:
            self._write("create", namespace, body)
            return
        from ..loading.code.upload import remove, set_owner, upload

        client = ConfigMaps(self._client.api, namespace)
        try:
            created = [name for one in uploads for name in upload(client, one)]
            try:
                made = self._write("create", namespace, body)
            except BaseException:
                remove(client, created)
                raise
            for one in uploads:
                set_owner(client, one, made)
        except LoadError as error:
            raise SweepError(str(error)) from None
        for warning in () if code is None else code.warnings:
            warnings.warn(warning, SweepWarning, stacklevel=level_of_the_program())

    def _replace(self, before: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        """Replace the spec of an object, unless it has changed since ``before`` was read."""
        changed, meta = {**copy.deepcopy(dict(before)), "spec": body["spec"]}, body["metadata"]
        for key in ("labels", "annotations"):
            changed["metadata"][key] = {**changed["metadata"].get(key, {}), **meta.get(key, {})}
        self._write("replace", meta["namespace"], meta["name"], changed)

    def get(self, name: str) -> SweepRun:
        """Return the sweep of a name.

        Args:
            name: Name of the SweepJob.

        Raises:
            NotFound: There is no such sweep.
        """
        run = self._run(name, self._client.namespace)
        _ = run.body
        return run

    @overload
    def list(self, *, parent_job_name: None = None) -> Sequence[SweepRun]: ...

    @overload
    def list(self, *, parent_job_name: str) -> Sequence[TrialRun]: ...

    def list(
        self, *, parent_job_name: str | None = None
    ) -> Sequence[SweepRun] | Sequence[TrialRun]:
        """Return all sweeps of the namespace, the newest first, or the trials of one sweep.

        Args:
            parent_job_name: Name of the sweep whose trials to return; None for the sweeps.

        Raises:
            NotFound: There is no such sweep.
        """
        if parent_job_name is not None:
            return self.get(parent_job_name).trials()
        found = self._call("list_namespaced_custom_object", self._client.namespace)["items"]
        found.sort(key=lambda body: body["metadata"]["creationTimestamp"], reverse=True)
        runs = [self._run(body["metadata"]["name"], self._client.namespace) for body in found]
        columns = ("sweep", "phase", "trials", "best", "value")
        return Table(runs, columns, [_row(SweepView.of_listed(body)) for body in found])

    def stream(self, name: str) -> None:
        """Show the progress of a sweep until it has ended.

        Args:
            name: Name of the SweepJob.
        """
        self.get(name).stream()

    def cancel(self, name: str) -> None:
        """Stop a sweep (``spec.stop``). Its running trials are canceled; its results remain.

        Args:
            name: Name of the SweepJob.
        """
        self.get(name).cancel()

    def begin_cancel(self, name: str) -> None:
        """Stop a sweep; the same as ``cancel``, by the name of Azure's client.

        Args:
            name: Name of the SweepJob.
        """
        self.cancel(name)

    def download(
        self, name: str, *, download_path: str | Path = ".", output_name: str | None = None
    ) -> Sequence[str]:
        """Download the outputs of a sweep's best trial, or of a trial.

        Args:
            name: Name of a sweep, or of a trial, such as ``best_child_run_id``.
            download_path: Folder that the output folders are written to.
            output_name: Name of one output; all by default.

        Returns:
            The folders that were written.

        Raises:
            NotFound: There is neither a sweep nor a trial of this name.
            SweepError: There are no outputs, or they cannot be read.
        """
        try:
            return self.get(name).download(str(download_path), output_name)
        except NotFound:
            sweep = self._sweep_of(name)
        return self.get(sweep).download(str(download_path), output_name, trial=name)

    def _sweep_of(self, trial: str) -> str:
        namespace, method = self._client.namespace, "get_namespaced_custom_object"
        found = request(self._client.api, method, namespace, names.SWEEPTRIALS, trial)
        return str(found["spec"]["sweep"])

    def archive(self, name: str) -> None:
        """Raise an error: a sweep is kept or deleted, and cannot be archived.

        Args:
            name: Name of the SweepJob.

        Raises:
            SweepError: Always; the message names the alternatives.
        """
        raise SweepError(
            f"{name}: sweeps cannot be archived: save the results (to_dataframe(), or kubectl "
            "sweepjob export) and delete it"
        )

    def delete(self, name: str) -> None:
        """Delete a sweep with its trials, Jobs and pods.

        Args:
            name: Name of the SweepJob.

        Raises:
            NotFound: There is no such sweep.
        """
        self._call("delete_namespaced_custom_object", self._client.namespace, name)

    def _namespace(self, job: SweepJob) -> str:
        return job.namespace or self._client.namespace

    def _run(self, name: str, namespace: str) -> SweepRun:
        return SweepRun(ClusterSweepObjects(self._client.api, namespace, name))

    def _call(self, method: str, namespace: str, *more: Any, **options: Any) -> Any:
        return request(self._client.api, method, namespace, names.SWEEPJOBS, *more, **options)

    def _write(self, verb: str, namespace: str, *more: Any) -> Any:
        # An older CRD would drop fields that it does not know.
        method = f"{verb}_namespaced_custom_object"
        return self._call(method, namespace, *more, field_validation="Strict")


def unique_name(name: str) -> str:
    """Return a name with a random suffix, as Kubernetes generates names."""
    suffix = "".join(secrets.choice(_SUFFIX_ALPHABET) for _ in range(5))
    return f"{name[:_MAX_NAME_LENGTH]}-{suffix}"


def _row(sweep: SweepView) -> list[str]:
    """Return the cells of a sweep in a table of sweeps."""
    progress = f"{sweep.ended} of {sweep.total}"
    return [sweep.name, sweep.phase, progress, sweep.best, format_value(sweep.best_value)]
