"""``SweepClient``: sweeps on a cluster."""

from __future__ import annotations

import copy
import json
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

from ..api import names
from .job import SweepJob
from .records import Conflict, NotFound, SweepError
from .run import SweepRun
from .trial_run import TrialRun

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"  # as Kubernetes has them: no words come out
_LONGEST = names.SWEEP_NAME_LIMIT - 6
_PAGE = 500
_TRIES = 10  # at a change of what the operator writes to, too
_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


class SweepClient:
    """Sweeps in one namespace of a cluster.

    Args:
        namespace: that of the kubeconfig's context, or of the pod, if it is not given.
        kubeconfig: a file; by default ``KUBECONFIG``, ``~/.kube/config``, or a pod's service account.
        context: of the kubeconfig.

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
        self.api, found = _connect(None if kubeconfig is None else str(kubeconfig), context)
        self.namespace = namespace or found
        self.jobs = SweepOperations(self)

    def create_or_update(self, job: SweepJob) -> SweepRun:
        """As ``jobs.create_or_update``."""
        return self.jobs.create_or_update(job)


class SweepOperations:
    """What there is to do about sweeps, with Azure's names."""

    def __init__(self, client: SweepClient) -> None:
        self._client = client

    def create_or_update(self, job: SweepJob) -> SweepRun:
        """Create the sweep, or change the one of its name: its limits, policy, suspension.

        A sweep without a name gets one.

        Raises:
            ArgumentError: it has mistakes.
            SweepError: the cluster refuses it, with the cluster's own words.
        """
        job.validate()
        body = job.to_manifest()
        if job.name is None:
            body["metadata"]["name"] = f"{body['metadata']['name'][:_LONGEST]}-{_suffix()}"
        body["metadata"]["namespace"] = self._namespace(job)
        run = self._run(body["metadata"]["name"], body["metadata"]["namespace"])
        try:
            before = run.body
        except NotFound:
            self._call("create_namespaced_custom_object", body["metadata"]["namespace"], body)
            return run
        for _ in range(_TRIES):
            try:
                self._replace(before, body)
                return run
            except Conflict:
                before = run.body  # the operator has written a status meanwhile
        self._replace(before, body)
        return run

    def _replace(self, before: Mapping[str, Any], body: Mapping[str, Any]) -> None:
        """Change an object, on condition that it is still as it was before."""
        changed, meta = {**copy.deepcopy(dict(before)), "spec": body["spec"]}, body["metadata"]
        for key in ("labels", "annotations"):
            changed["metadata"][key] = {**changed["metadata"].get(key, {}), **meta.get(key, {})}
        self._call("replace_namespaced_custom_object", meta["namespace"], meta["name"], changed)

    def get(self, name: str) -> SweepRun:
        """The sweep of that name.

        Raises:
            NotFound: there is none.
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
        """All sweeps of the namespace, the newest first; or the trials of one of them."""
        if parent_job_name is not None:
            return self.get(parent_job_name).trials()
        found = self._call("list_namespaced_custom_object", self._client.namespace)["items"]
        found.sort(key=lambda body: body["metadata"]["creationTimestamp"], reverse=True)
        return [self._run(body["metadata"]["name"], self._client.namespace) for body in found]

    def stream(self, name: str) -> None:
        """Show how a sweep stands until its end."""
        self.get(name).stream()

    def cancel(self, name: str) -> None:
        """End a sweep with what it has found."""
        self.get(name).cancel()

    def begin_cancel(self, name: str) -> None:
        """As ``cancel``; what Azure's own client calls it."""
        self.cancel(name)

    def download(
        self, name: str, *, download_path: str | Path = ".", output_name: str | None = None
    ) -> Sequence[str]:
        """Fetch the outputs of a sweep's best trial, or of a trial; returns the folders.

        Args:
            name: of a sweep, or of a trial, such as ``best_child_run_id``.
        """
        try:
            return self.get(name).download(str(download_path), output_name)
        except NotFound:
            sweep = self._sweep_of(name)
        return self.get(sweep).download(str(download_path), output_name, trial=name)

    def _sweep_of(self, trial: str) -> str:
        namespace, method = self._client.namespace, "get_namespaced_custom_object"
        found = _call(self._client.api, method, namespace, names.SWEEPTRIALS, trial)
        return str(found["spec"]["sweep"])

    def archive(self, name: str) -> None:
        """Azure's; refused, since here a sweep is kept or deleted.

        Raises:
            SweepError: always, with what there is instead.
        """
        raise SweepError(
            f"{name}: nothing is archived here: keep what it has found (to_dataframe(), or kubectl "
            "sweepjob export), and delete it"
        )

    def delete(self, name: str) -> None:
        """Delete a sweep with its trials and all that runs for them."""
        self._call("delete_namespaced_custom_object", self._client.namespace, name)

    def _namespace(self, job: SweepJob) -> str:
        return job.namespace or self._client.namespace

    def _run(self, name: str, namespace: str) -> SweepRun:
        return SweepRun(ClusterRecords(self._client.api, namespace, name))

    def _call(self, method: str, namespace: str, *more: Any) -> Any:
        return _call(self._client.api, method, namespace, names.SWEEPJOBS, *more)


class ClusterRecords:
    """The records of a sweep on a cluster."""

    def __init__(self, api: Any, namespace: str, name: str) -> None:
        self._api, self.namespace, self._name = api, namespace, name

    @property
    def name(self) -> str:
        return self._name

    def sweep(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = _call(
            self._api, "get_namespaced_custom_object", self.namespace, names.SWEEPJOBS, self._name
        )
        return found

    def trials(self) -> list[Mapping[str, Any]]:
        return list(self._pages())

    def _pages(self) -> Iterator[Mapping[str, Any]]:
        """Page by page: a sweep may have ten thousand."""
        token = ""
        while True:
            page = _call(
                self._api,
                "list_namespaced_custom_object",
                self.namespace,
                names.SWEEPTRIALS,
                label_selector=f"{names.LABEL_SWEEP}={self._name}",
                limit=_PAGE,
                _continue=token,
            )
            yield from page["items"]
            token = page["metadata"].get("continue", "")
            if not token:
                return

    def cancel(self) -> None:
        method = "patch_namespaced_custom_object"
        change = {"spec": {"stop": True}}
        _call(self._api, method, self.namespace, names.SWEEPJOBS, self._name, change)

    def download(self, trial: str, output: str | None, path: str) -> list[str]:
        from .download import download

        return download(self._api.api_client, self.sweep(), trial, output, Path(path))


def _connect(kubeconfig: str | None, context: str | None) -> tuple[Any, str]:
    """The cluster's custom objects, and the namespace that is meant.

    Raises:
        SweepError: there is neither a kubeconfig nor a service account.
    """
    from kubernetes import client, config

    settings = client.Configuration()
    in_pod = kubeconfig is None and context is None and _NAMESPACE_FILE.exists()
    # The library remembers the variable as it was when it was imported.
    kubeconfig = kubeconfig or os.environ.get("KUBECONFIG")
    try:
        if in_pod:
            config.load_incluster_config(client_configuration=settings)
            return _custom_objects(client, settings), _NAMESPACE_FILE.read_text().strip()
        config.load_kube_config(kubeconfig, context, client_configuration=settings)
        contexts, current = config.list_kube_config_contexts(kubeconfig)
    except config.ConfigException as error:
        raise SweepError(
            f"no cluster: {error}; give SweepClient(kubeconfig=...), or set KUBECONFIG"
        ) from None
    chosen = next((c for c in contexts if c["name"] == context), current)
    namespace = chosen["context"].get("namespace", "default")
    return _custom_objects(client, settings), namespace


def _custom_objects(client: Any, settings: Any) -> Any:
    return client.CustomObjectsApi(client.ApiClient(settings))


def _call(api: Any, method: str, namespace: str, plural: str, *more: Any, **options: Any) -> Any:
    """A request, with the API server's own words when it is refused, and the namespace."""
    from kubernetes.client import ApiException
    from urllib3.exceptions import HTTPError

    try:
        return getattr(api, method)(names.GROUP, names.VERSION, namespace, plural, *more, **options)
    except ApiException as error:
        raise _refusal(error, namespace) from None
    except HTTPError as error:
        raise SweepError(f"the cluster cannot be reached: {error}") from None


def _refusal(error: Any, namespace: str) -> SweepError:
    try:
        said = json.loads(error.body)["message"]
    except (ValueError, KeyError, TypeError):
        if (
            error.status == 404
        ):  # the API server's plain "404 page not found": it has no such resource
            return SweepError(
                "SweepJob is not installed in this cluster: helm install sweepjob helm/sweepjob "
                "--namespace sweepjob-system --create-namespace; or this is another cluster"
            )
        said = str(error.reason)
    if error.status == 404:
        return NotFound(f"{said} (in namespace {namespace})")
    return Conflict(said) if error.status == 409 else SweepError(said)


def _suffix() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(5))
