"""Requests to the Kubernetes API for custom objects, with errors that have a remedy."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ..api import names
from .sweep_objects import Conflict, NotFound, SweepError

_NAMESPACE_FILE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


def connect(kubeconfig: str | None, context: str | None) -> tuple[Any, str]:
    """Return the API of custom objects, and the default namespace.

    Args:
        kubeconfig: kubeconfig file; None for the default one, or a pod's service account.
        context: context of the kubeconfig; None for the current one.

    Raises:
        SweepError: there is neither a kubeconfig nor a service account.
    """
    from kubernetes import client, config

    settings = client.Configuration()
    in_pod = kubeconfig is None and context is None and _NAMESPACE_FILE.exists()
    # The library has the variable's value from when it was imported.
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


def request(api: Any, method: str, namespace: str, plural: str, *more: Any, **options: Any) -> Any:
    """Send a request about SweepJobs or SweepTrials.

    Args:
        api: the API of custom objects.
        method: name of its method.
        namespace: the namespace.
        plural: the resource.
        more: further arguments of the method.
        options: further keyword arguments of the method.

    Raises:
        NotFound: the object does not exist.
        Conflict: the object was changed or created meanwhile.
        SweepError: the API server refuses it; the message is the API server's.
    """
    group = (names.GROUP, names.VERSION)
    return send(api, method, namespace, *group, namespace, plural, *more, **options)


def send(api: Any, method: str, namespace: str, *arguments: Any, **options: Any) -> Any:
    """Send a request.

    Args:
        api: the API.
        method: name of its method.
        namespace: the namespace, for messages.
        arguments: arguments of the method.
        options: keyword arguments of the method.

    Raises:
        NotFound: the object does not exist.
        Conflict: the object was changed or created meanwhile.
        SweepError: the API server refuses it; the message is the API server's.
    """
    from kubernetes.client import ApiException
    from urllib3.exceptions import HTTPError

    try:
        return getattr(api, method)(*arguments, **options)
    except ApiException as error:
        raise _api_error(error, namespace) from None
    except HTTPError as error:
        raise SweepError(f"the cluster cannot be reached: {error}") from None


def _api_error(error: Any, namespace: str) -> SweepError:
    try:
        message = json.loads(error.body)["message"]
    except (ValueError, KeyError, TypeError):
        if error.status == 404:  # without a Status object: the resource does not exist
            return SweepError(
                "SweepJob is not installed in this cluster: helm install sweepjob helm/sweepjob "
                "--namespace sweepjob-system --create-namespace; or this is another cluster"
            )
        message = str(error.reason)
    if error.status == 404:
        return NotFound(f"{message} (in namespace {namespace})")
    return Conflict(message) if error.status == 409 else SweepError(message)
