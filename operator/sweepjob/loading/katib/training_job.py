"""Converts the objects that Katib runs as trials to the pods of a trial."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..azure.conversion import PLACEHOLDER, Section
from .mpirun import read_mpirun
from .settings import read_count

_CONDITION = 'status.conditions.#(type=="{}")#|#(status=="True")#'
_KUBEFLOW = ("PyTorchJob", "TFJob", "MPIJob")
SUCCEEDED = {"Job": _CONDITION.format("Complete")} | dict.fromkeys(
    _KUBEFLOW, _CONDITION.format("Succeeded")
)
FAILED = dict.fromkeys(("Job", *_KUBEFLOW), _CONDITION.format("Failed"))
_DEFAULT_BACKOFF = 6  # Kubernetes' for Jobs
_MOST_RETRIES = 98
_SELECTED = "the operator selects the pods of its Jobs"
_JOB_KEYS = {
    "podFailurePolicy": (
        "trial.maxRetries repeats a trial whatever its exit code is, and a disruption is no failure"
    ),
    "podReplacementPolicy": "a trial is repeated when its pod has ended",
    "backoffLimitPerIndex": "a Job of one pod has no other indexes; trial.maxRetries repeats it",
    "maxFailedIndexes": "a Job of one pod has no other indexes",
    "successPolicy": "a trial succeeds when its container exits with 0",
    "manualSelector": _SELECTED,
    "selector": _SELECTED,
    "managedBy": "the Job controller of Kubernetes runs the Jobs of trials",
}
_RESTART = "not carried over: pods are not restarted here; trial.maxRetries repeats the whole trial"


@dataclass(frozen=True)
class TrialPods:
    """The pods of a trial.

    Attributes:
        template: their pod template, with Katib's references.
        path: its path in the file.
        keys: further keys of ``spec.trial``.
    """

    template: Mapping[str, Any]
    path: str
    keys: dict[str, Any] = field(default_factory=dict)


def _convert_job(spec: Section, limits: dict[str, Any], container: str | None) -> TrialPods:
    for key in ("completions", "parallelism"):
        count = spec.read(key, 1)
        if count != 1:
            message = (
                "must be 1: use a PyTorchJob for trials of several pods, or trial.instanceCount"
            )
            spec.reject(key, count, message)
    keys = _retries(spec, _DEFAULT_BACKOFF)
    _timeouts(spec, limits)
    # A Job of one pod is the same in both modes, but for its variable.
    if (mode := spec.read("completionMode")) == "Indexed":
        message = "not carried over: JOB_COMPLETION_INDEX is not set; it was 0"
        spec.note("completionMode", mode, message)
    for key, reason in _JOB_KEYS.items():
        spec.ignore(key, reason)
    if spec.read("suspend"):
        spec.note("suspend", True, "not carried over: a Kueue queue suspends and admits trials")
    path = spec.at("template")
    return TrialPods(_template(spec.subsection("template")), path, keys)


def _retries(spec: Section, default: int) -> dict[str, Any]:
    """Read ``backoffLimit``; return it as a key of the trial."""
    count = read_count(spec, "backoffLimit", 0)
    if spec.data.get("backoffLimit") is None and default:
        count = default
        message = f"is absent; trial.maxRetries is {default}, the default of Jobs"
        spec.note("backoffLimit", None, message)
    if count is not None and count > _MOST_RETRIES:
        spec.reject("backoffLimit", count, f"must be 0 to {_MOST_RETRIES}")
    return {"maxRetries": count} if count else {}


def _timeouts(spec: Section, limits: dict[str, Any]) -> None:
    seconds = read_count(spec, "activeDeadlineSeconds", 1)
    if seconds is not None:
        limits["trialTimeout"] = seconds
        message = (
            "is limits.trialTimeout: each attempt of a trial may run so long, and is then cancelled"
        )
        spec.note("activeDeadlineSeconds", seconds, message)
    spec.ignore("ttlSecondsAfterFinished", "Jobs stay for a day after their end")


def _template(section: Section) -> dict[str, Any]:
    """Return a pod template without what the operator sets."""
    metadata, pod = section.read("metadata"), section.subsection("spec")
    if (policy := pod.read("restartPolicy", "Never")) != "Never":
        pod.note("restartPolicy", policy, _RESTART)
    section.reject_unknown_keys()
    kept = {key: value for key, value in pod.data.items() if key != "restartPolicy"}
    return {**({"metadata": metadata} if metadata else {}), "spec": kept}


def _run_policy(spec: Section, limits: dict[str, Any]) -> dict[str, Any]:
    """Read ``runPolicy``, and its keys at their older place; return keys of the trial."""
    policy = spec.subsection("runPolicy")
    found: dict[str, Any] = {}
    for section in (policy, spec):
        found |= _retries(section, 0)
        _timeouts(section, limits)
        section.ignore("cleanPodPolicy", "all pods of a trial end together")
    policy.ignore("suspend", "a Kueue queue suspends and admits trials")
    if policy.read("schedulingPolicy") is not None:
        message = "not carried over: all pods start or none; Kueue has queues and priorities"
        policy.note("schedulingPolicy", policy.data["schedulingPolicy"], message)
    policy.reject_unknown_keys()
    return found


def _replicas(
    spec: Section, key: str, roles: tuple[str, ...]
) -> dict[str, tuple[int, dict[str, Any]]]:
    """Return number and pod template of the replicas of each role, in the order of ``roles``."""
    section = spec.subsection(key)
    found: dict[str, tuple[int, dict[str, Any]]] = {}
    for role in roles:
        if section.read(role) is None:
            continue
        replica = section.subsection(role)
        count = read_count(replica, "replicas", 0)
        count = 1 if count is None else count
        policy = replica.read("restartPolicy", "Never")
        if policy != "Never":
            replica.note("restartPolicy", policy, _RESTART)
        template = _template(replica.subsection("template"))
        replica.reject_unknown_keys()
        if count > 0:
            found[role] = (count, template)
    section.reject_unknown_keys()
    if not found:
        section.reject("", None, f"must have one of: {', '.join(roles)}")
    return found


def _same_pods(
    section: Section, replicas: Mapping[str, tuple[int, dict[str, Any]]]
) -> tuple[dict[str, Any], str, int]:
    """Return template, path and number of pods that are all the same here."""
    first = next(iter(replicas), "")
    if not first:
        return {}, section.path, 1
    _, template = replicas[first]
    for role, (_, other) in replicas.items():
        if other != template:
            message = (
                f"differs from that of {first}: all pods of a trial have the same template here, and "
                "their rank in SWEEPJOB_RANK; make the two equal"
            )
            section.reject(f"{role}.template", "...", message)
    return template, section.at(f"{first}.template"), sum(count for count, _ in replicas.values())


def _convert_pytorch(spec: Section, limits: dict[str, Any], container: str | None) -> TrialPods:
    keys = _run_policy(spec, limits)
    if spec.read("elasticPolicy") is not None:
        message = "the number of pods of a trial is fixed; remove it"
        spec.reject("elasticPolicy", spec.data["elasticPolicy"], message)
    replicas = _replicas(spec, "pytorchReplicaSpecs", ("Master", "Worker"))
    template, path, count = _same_pods(spec.section("pytorchReplicaSpecs"), replicas)
    distribution: dict[str, Any] = {"type": "pytorch"}
    processes = spec.read("nprocPerNode")
    if processes is not None and str(processes).isdecimal():
        distribution["processCountPerInstance"] = int(processes)
    elif processes is not None:
        message = "must be a number here: the processes of each pod"
        spec.reject("nprocPerNode", processes, message)
    return TrialPods(template, path, {**keys, **_count(count), "distribution": distribution})


def _count(pods: int) -> dict[str, Any]:
    return {"instanceCount": pods} if pods > 1 else {}


def _convert_tensorflow(spec: Section, limits: dict[str, Any], container: str | None) -> TrialPods:
    keys = _run_policy(spec, limits)
    spec.ignore("successPolicy", "a trial succeeds when rank 0 does")
    spec.ignore("enableDynamicWorker", "the number of pods of a trial is fixed")
    section = spec.subsection("tfReplicaSpecs")
    for role in ("PS", "Evaluator"):
        if section.data.get(role) is not None:
            message = "TF_CONFIG has workers only here; use a strategy of workers, and remove it"
            section.reject(role, "...", message)
    kept = {key: value for key, value in section.data.items() if key not in ("PS", "Evaluator")}
    workers = spec.conversion.section({"tfReplicaSpecs": kept}, spec.path)
    replicas = _replicas(workers, "tfReplicaSpecs", ("Chief", "Master", "Worker"))
    for role in ("Chief", "Master"):
        if role in replicas:
            section.note(
                role, role, "is worker 0 in TF_CONFIG, which TensorFlow takes as the chief"
            )
    template, path, count = _same_pods(section, replicas)
    return TrialPods(
        template, path, {**keys, **_count(count), "distribution": {"type": "tensorflow"}}
    )


def _convert_mpi(spec: Section, limits: dict[str, Any], container: str | None) -> TrialPods:
    keys = _run_policy(spec, limits)
    slots = read_count(spec, "slotsPerWorker", 1) or 1
    implementation = spec.read("mpiImplementation", "OpenMPI")
    if implementation != "OpenMPI":
        spec.reject(
            "mpiImplementation", implementation, "must be OpenMPI: the operator starts mpirun"
        )
    spec.ignore("sshAuthMountPath", "trial.distribution.sshFolder is the folder of the keys")
    spec.ignore("launcherCreationPolicy", "all pods of a trial start together")
    replicas = _replicas(spec, "mpiReplicaSpecs", ("Launcher", "Worker"))
    section = spec.section("mpiReplicaSpecs")
    if "Launcher" not in replicas or "Worker" not in replicas:
        section.reject("", list(replicas), "must have Launcher and Worker")
        return TrialPods({}, section.path)
    count, worker = replicas["Worker"]
    launcher = replicas["Launcher"][1]
    template = _with_command(section, launcher, worker, container, count * slots)
    distribution: dict[str, Any] = {"type": "mpi", "processCountPerInstance": slots}
    if count > 1:
        distribution["sshSecret"] = PLACEHOLDER
        message = (
            "mpirun starts processes in other pods by ssh: create a Secret with the keys ssh-privatekey "
            f"and ssh-publickey, and put its name for {PLACEHOLDER} in trial.distribution.sshSecret"
        )
        section.note("Worker.replicas", count, message)
    message = (
        "not carried over: rank 0 of the workers starts mpirun, and there is no other pod for it"
    )
    section.note("Launcher", "...", message)
    keys |= {**_count(count), "distribution": distribution}
    return TrialPods(template, section.at("Worker.template"), keys)


def _with_command(
    section: Section,
    launcher: Mapping[str, Any],
    worker: dict[str, Any],
    container: str | None,
    processes: int,
) -> dict[str, Any]:
    """Return the workers' template with the launcher's command, without ``mpirun``, which rank 0 runs."""
    mine, theirs = _main(launcher, container), _main(worker, "")
    if mine is None or theirs is None:
        section.reject("", "...", "Launcher and Worker must have a container each")
        return worker
    if mine.get("image") != theirs.get("image"):
        message = "differs from the workers' image: all pods of a trial have the same template here"
        section.reject("Launcher.template.spec.containers", mine.get("image"), message)
    words = [*(mine.get("command") or ()), *(mine.get("args") or ())]
    command = read_mpirun(section.section("Launcher.template.spec.containers"), words, processes)
    kept = {key: value for key, value in theirs.items() if key not in ("command", "args")}
    env = [*(theirs.get("env") or ()), *(mine.get("env") or ())]
    trainer = {
        **kept,
        "name": mine.get("name"),
        "command": command,
        **({"env": env} if env else {}),
    }
    others = [c for c in worker["spec"]["containers"] if c is not theirs]
    return {**worker, "spec": {**worker["spec"], "containers": [trainer, *others]}}


def _main(template: Mapping[str, Any], name: str | None) -> Mapping[str, Any] | None:
    containers = template["spec"].get("containers")
    listed = (
        [c for c in containers if isinstance(c, Mapping)] if isinstance(containers, list) else []
    )
    return next((c for c in listed if c.get("name") == name), listed[0] if listed else None)


Converter = Callable[[Section, dict[str, Any], str | None], TrialPods]
_CONVERTERS: Mapping[str, tuple[tuple[str, ...], Converter]] = {
    "Job": (("batch/v1",), _convert_job),
    "PyTorchJob": (("kubeflow.org/v1",), _convert_pytorch),
    "TFJob": (("kubeflow.org/v1",), _convert_tensorflow),
    # v2beta1 is that of the MPI Operator, with the same keys.
    "MPIJob": (("kubeflow.org/v1", "kubeflow.org/v2beta1"), _convert_mpi),
}


def converter_of(resource: Mapping[str, Any]) -> tuple[tuple[str, ...], Converter] | None:
    """Return the known versions and the converter of an object; None for one of another kind.

    A kind belongs to its API group: Volcano has a ``Job`` as well.

    Args:
        resource: the object of a trial.
    """
    found = _CONVERTERS.get(str(resource.get("kind")))
    group = str(resource.get("apiVersion", "")).rpartition("/")[0]
    if found is None or (group and all(v.rpartition("/")[0] != group for v in found[0])):
        return None
    return found
