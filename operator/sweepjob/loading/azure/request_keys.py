"""The keys that requests to Azure's service have for those of a sweep file, in all versions of its API.

A request has ``maxTotalTrials`` where a file has ``max_total_trials``; what else differs stands here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...api.parsing.durations import seconds_of
from ..azure_map.asset_names import is_address
from .old_keys import WRITTEN

_POD = "kubectl port-forward reaches a pod"
_DESCRIBES = "not carried over: it describes the data"


@dataclass(frozen=True, slots=True)
class RequestKeys:
    """The keys of an object of a request.

    Attributes:
        same: keys whose spelling alone differs.
        others: paths in a file, by key of the request.
        inner: the objects below, by key.
        values: functions that return the value that a file has, by key.
        dropped: why keys are not carried over.
        of_each: the keys of all values, in an object whose own keys are names.
        is_space: the object is a search space.
    """

    same: str = ""
    others: Mapping[str, str] = field(default_factory=dict)
    inner: Mapping[str, RequestKeys] = field(default_factory=dict)
    values: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    dropped: Mapping[str, str] = field(default_factory=dict)
    of_each: RequestKeys | None = None
    is_space: bool = False
    _paths: dict[str, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = {key: snake(key) for key in self.same.split()} | dict(self.others)
        self._paths.update({plain(key): (key, path) for key, path in known.items()})
        self._paths.update({plain(key): (key, "") for key in self.dropped})

    def find(self, key: str) -> tuple[str, str] | None:
        """Return a key as this table has it, and its path in a file; None for an unknown key.

        Args:
            key: the key in any case, with or without underscores, as Azure's clients print it.
        """
        return self._paths.get(plain(key))

    @property
    def paths(self) -> list[tuple[str, str]]:
        """The keys that are carried over, and their paths in a file."""
        return [(key, path) for key, path in self._paths.values() if path]

    @property
    def names(self) -> list[str]:
        """The keys, in the spelling of the service."""
        return [key for key, _ in self._paths.values()]


def snake(key: str) -> str:
    """Return the spelling of a file: ``maxTotalTrials`` is ``max_total_trials``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", key).lower()


def plain(key: str) -> str:
    """Return a key without case and underscores."""
    return str(key).replace("_", "").lower()


def _word(*known: str) -> Callable[[Any], Any]:
    """Return a function that spells a keyword as a file does, and leaves any other value as it is."""
    words = {plain(word): word for word in known}
    return lambda value: words.get(plain(value), value) if isinstance(value, str) else value


def _asset(value: Any) -> Any:
    """Return a reference to an asset with the prefix that a file has."""
    if isinstance(value, Mapping) and len(value) == 1:  # {"folder": "..."} in 2021
        value = next(iter(value.values()))
    if not isinstance(value, str) or is_address(value) or value.startswith((".", "azureml:")):
        return value
    return f"azureml:{value}"


def _seconds(value: Any) -> Any:
    found = seconds_of(value)
    return value if found is None else found


_KINDS = _word(
    *("literal", "uri_file", "uri_folder", "mltable", "custom_model", "mlflow_model"),
    "triton_model",
)
_MODE = {
    "readonlymount": "ro_mount",
    "readwritemount": "rw_mount",
    "mount": "ro_mount",
    **{
        plain(mode): mode
        for mode in ("download", "direct", "upload", "eval_mount", "eval_download")
    },
}


def _type(value: Any) -> Any:
    is_old = isinstance(value, str) and plain(value) in ("uri", "dataset")  # of 2021
    return "uri_folder" if is_old else _KINDS(value)


def _mode(value: Any) -> Any:
    return _MODE.get(plain(value), value) if isinstance(value, str) else value


_RESOURCES = RequestKeys(
    "instanceCount instanceType properties dockerArgs shmSize locations maxInstanceCount"
)
_SAMPLING = RequestKeys("rule seed logbase", {"samplingAlgorithmType": "type"})
_POLICY = RequestKeys(
    "delayEvaluation evaluationInterval slackAmount slackFactor truncationPercentage "
    "excludeFinishedJobs",
    {"policyType": "type"},
    values={"policyType": _word("bandit", "median_stopping", "truncation_selection")},
)
_DISTRIBUTION = RequestKeys(
    "processCountPerInstance processCount workerCount parameterServerCount port address "
    "includeDashboard dashboardPort headNodeAdditionalArgs workerNodeAdditionalArgs",
    {"distributionType": "type"},
)
_LIMITS = RequestKeys(
    "maxTotalTrials maxConcurrentTrials timeout trialTimeout",
    values={"timeout": _seconds, "trialTimeout": _seconds},
    dropped={"jobLimitsType": ""},
)
_PLACES = ("uri", "dataId", "datasetId")
_INPUT = RequestKeys(
    "value mode pathOnCompute",
    {"jobInputType": "type", **dict.fromkeys(_PLACES, "path")},
    values={"jobInputType": _type, "mode": _mode, **dict.fromkeys(_PLACES, _asset)},
    dropped={"description": _DESCRIBES},
)
_OUTPUT = RequestKeys(
    "mode",
    {"jobOutputType": "type", "uri": "path", "assetName": "name", "assetVersion": "version"},
    values={"jobOutputType": _type, "mode": _mode},
    dropped={
        "description": _DESCRIBES,
        "autoDeleteSetting": "not carried over: nothing is registered, so nothing is deleted",
        "pathOnCompute": "not carried over: the trial gets the path of its output",
        "datastoreId": "not carried over: an output is a folder of each trial",
    },
)
_TRIAL = RequestKeys(
    "command environmentVariables distribution resources",
    {
        "codeId": "code",
        "environmentId": "environment",
        "inputDataBindings": "inputs",
        "outputDataBindings": "outputs",
        "timeout": "limits.timeout",
    },
    inner={
        "distribution": _DISTRIBUTION,
        "resources": _RESOURCES,
        "inputDataBindings": RequestKeys(of_each=_INPUT),
        "outputDataBindings": RequestKeys(of_each=_OUTPUT),
    },
    values={"codeId": _asset, "timeout": _seconds},
    dropped={"parameters": WRITTEN},
)
JOB = RequestKeys(
    "description tags properties displayName experimentName identity queueSettings objective limits "
    "samplingAlgorithm algorithm searchSpace earlyTermination trial inputs outputs resources",
    {
        "computeId": "compute",
        "compute": "trial.compute",
        "maxTotalTrials": "limits.max_total_trials",
        "maxConcurrentTrials": "limits.max_concurrent_trials",
        "timeout": "limits.timeout",
    },
    inner={
        "objective": RequestKeys("goal primaryMetric"),
        "limits": _LIMITS,
        "samplingAlgorithm": _SAMPLING,
        "searchSpace": RequestKeys(is_space=True),
        "earlyTermination": _POLICY,
        "trial": _TRIAL,
        "inputs": RequestKeys(of_each=_INPUT),
        "outputs": RequestKeys(of_each=_OUTPUT),
        "resources": _RESOURCES,
        "compute": RequestKeys("target instanceCount instanceType location properties"),
    },
    values={"timeout": _seconds},
    dropped={
        "jobType": "",
        "isArchived": "not carried over: what is not needed any more is deleted",
        "status": WRITTEN,
        "provisioningState": WRITTEN,
        "interactionEndpoints": f"not carried over: {_POD}",
        "services": f"not carried over: {_POD}",
        "parentJobName": WRITTEN,
        "componentId": "not carried over: the trial says what runs",
        "componentConfiguration": "not carried over: it is of steps of pipelines",
        "notificationSetting": "not carried over: the operator sends notifications to its receivers; "
        "set them in the chart's values, notifications",
        "secretsConfiguration": "not carried over: name Secrets in trial.env, with valueFrom",
        "schedule": "not carried over: a CronJob that creates the SweepJob runs it at given times",
        "output": "not carried over: outputs are folders of the sweep's trials",
        "priority": "not carried over: queues and priorities are the cluster's",
    },
)
# Around the properties of a job.
RESOURCE = RequestKeys(
    "name properties",
    dropped={
        **dict.fromkeys(("id", "systemData"), WRITTEN),
        **dict.fromkeys(("type", "apiVersion", "$schema"), ""),
    },
)
