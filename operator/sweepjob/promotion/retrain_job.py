"""Writes a Job that trains again with the parameters of the best trial, without the operator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .. import protocol
from ..api import names
from ..api.names import TRACKING_URI
from ..api.spec.outputs import trial_folder
from ..search.space import Assignment
from ..template.references import reference_values
from ..trial_pods.code import add_code, default_user
from ..trial_pods.disruptions import protect
from ..trial_pods.environment import trainer_environment
from ..trial_pods.identity import TrialIdentity
from ..trial_pods.job_manifest import add_outputs, apply_pod_security
from ..trial_pods.metrics_volume import AttemptFolder, share_folder
from ..trial_pods.sidecar import SidecarSettings
from ..trial_pods.tracking import has_tracking_server
from ..trial_pods.user_pod import add_variables, trainer_of, user_template
from ..trial_pods.wandb import add_parameters_file
from .best_trial import BestTrial
from .errors import PromotionError

Manifest = dict[str, Any]
_LOCAL_RUNS = "file:///tmp/mlruns"
_ANNOTATIONS = ("sweep", "sweep-uid", "trial", "metric", "value")


def retrain_job(best: BestTrial, assignment: Assignment) -> tuple[Manifest, list[str]]:
    """Return the Job, and notes about how it differs from the trial.

    Args:
        best: the trial.
        assignment: its parameters.

    Raises:
        PromotionError: a single Job cannot do what the trial did.
        UnquotableValue: a value cannot be quoted in the command.
    """
    _check(best)
    spec, sweep = best.spec, best.sweep
    name = f"{best.name}-retrain"
    folder = trial_folder(sweep.name, best.uid, name)
    identity = TrialIdentity(sweep.namespace, sweep.name, best.name, "", 1, folder, best.uid)
    paths = {output.name: output.mount_path for output in spec.outputs}
    template = user_template(spec.trial, reference_values(assignment, spec.inputs, paths))
    pod = template.setdefault("spec", {})
    pod["restartPolicy"] = "Never"
    pod.setdefault("terminationGracePeriodSeconds", spec.trial.stop_grace)
    if spec.trial.do_not_disrupt:
        protect(template)
    pod.setdefault("automountServiceAccountToken", False)
    apply_pod_security(pod, has_outputs=bool(spec.outputs))
    trainer = trainer_of(pod)
    variables = _variables(identity, best, assignment, trainer)
    add_outputs(pod, trainer, identity, spec)
    if spec.metrics.source == protocol.WANDB:
        add_parameters_file(template, trainer, assignment)
    if spec.metrics.path:
        share_folder(pod, trainer, spec.metrics.folder, AttemptFolder(f"{folder}/1"))
    if spec.trial.code is not None:
        default_user(pod, trainer)
        add_code(pod, trainer, spec.trial.code, "", SidecarSettings("", "", ""), {})
    notes = list(_notes(best, trainer, variables))
    add_variables(trainer, variables)
    values = (sweep.name, best.uid, best.name, best.metric, best.value)
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": sweep.namespace,
            "labels": dict(spec.queue),
            "annotations": {
                f"{names.GROUP}/{k}": v for k, v in zip(_ANNOTATIONS, values, strict=True)
            },
        },
        "spec": {"backoffLimit": spec.trial.max_retries, "template": template},
    }
    return job, notes


def _check(best: BestTrial) -> None:
    """Raise an error if the trial was more than one pod with an image.

    Raises:
        PromotionError: it was.
    """
    trial, name = best.spec.trial, best.sweep.name
    again = f"run it as a sweep with one trial: copy {name} with choice values of one element"
    if trial.manifest is not None:
        raise PromotionError(f"a trial of {name} is a {trial.manifest.kind}; {again}")
    if trial.instance_count > 1 or trial.distribution is not None:
        raise PromotionError(
            f"a trial of {name} has several processes that find each other; {again}"
        )
    if trial.code is not None and trial.code.is_unpacked:
        raise PromotionError(
            f"the code of {name} is in ConfigMaps, which the operator unpacks and which are "
            "deleted with the "
            f"sweep; put it into an image, or {again}"
        )


def _variables(
    identity: TrialIdentity, best: BestTrial, assignment: Assignment, trainer: Mapping[str, Any]
) -> dict[str, str]:
    """Return the variables of the trial, without those of its sidecar."""
    variables = trainer_environment(identity, best.spec, assignment, trainer)
    for key in ("MLFLOW_RUN_ID", "MLFLOW_RUN_CONTEXT", "SWEEPJOB_PUSHGATEWAY", TRACKING_URI):
        variables.pop(key, None)
    mlflow = best.spec.metrics.source == protocol.MLFLOW
    if mlflow and not has_tracking_server(best.spec.metrics.source, trainer):
        variables[TRACKING_URI] = _LOCAL_RUNS
    return variables


def _notes(
    best: BestTrial, trainer: Mapping[str, Any], variables: Mapping[str, str]
) -> Iterator[str]:
    if variables.get(TRACKING_URI) == _LOCAL_RUNS:
        yield (
            f"the script logs to {_LOCAL_RUNS} in the pod, which is deleted with it; set "
            f"{TRACKING_URI} to a "
            "tracking server to keep runs and models"
        )
    if best.spec.metrics.source == protocol.PUSHGATEWAY:
        yield f"there is no push gateway on 127.0.0.1:{best.spec.metrics.port} without the sidecar"
    if best.spec.outputs:
        yield "outputs go to a folder of this Job, not to that of the trial"
