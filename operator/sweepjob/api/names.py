"""All names, keys, labels and reasons in Kubernetes objects."""

from __future__ import annotations

import hashlib

GROUP = "sweepjob.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
SWEEPJOB, SWEEPJOBS = "SweepJob", "sweepjobs"
SWEEPTRIAL, SWEEPTRIALS = "SweepTrial", "sweeptrials"

# Labels of trials, Jobs and pods. The caches watch Jobs and pods by the first.
LABEL_SWEEP = f"{GROUP}/sweep"
LABEL_TRIAL = f"{GROUP}/trial"
LABEL_ATTEMPT = f"{GROUP}/attempt"
LABEL_TRIAL_UID = f"{GROUP}/trial-uid"
# Of pods of trials with several: their Service selects them by it.
LABEL_SWEEP_UID = f"{GROUP}/sweep-uid"
# The Job controller's label and annotation with the rank of a pod.
COMPLETION_INDEX = "batch.kubernetes.io/job-completion-index"
# The position of a pod's replica, by the controllers of JobSet and of Kubeflow's training jobs.
REPLICA_INDICES = ("jobset.sigs.k8s.io/job-index", "training.kubeflow.org/replica-index")
# Of pods of a manifest: whether their reports count, "true" or "false".
LABEL_REPORTS = f"{GROUP}/reports"
# Of the ConfigMaps of a snapshot: the first digits of its hash.
LABEL_CODE = f"{GROUP}/code"
LABEL_RESULTS = f"{GROUP}/results"

# Of a SweepTrial, set by people: a tag, plus its key; and the note.
LABEL_TAG = f"{GROUP}/tag-"
ANNOTATION_NOTE = f"{GROUP}/note"

# Of the Job that completes the runs of a sweep on the user's own tracking server.
LABEL_TRACKED_SWEEP = f"{GROUP}/tracked-sweep"

# On a Job: how the sidecar's resources were fitted to the constraints of the namespace.
ANNOTATION_FITTED = f"{GROUP}/sidecar-resources"

# On a Job: the URL at which the operator that created it takes reports, which tells operators apart.
ANNOTATION_OPERATOR = f"{GROUP}/operator"

# On a Job: fingerprints of the certificate authorities by which its sidecars trust the operator.
ANNOTATION_AUTHORITIES = f"{GROUP}/intake-authorities"

# On a Job: the budget of the execution, where the policy gives the script one.
ANNOTATION_BUDGET = f"{GROUP}/budget"

# On a SweepTrial: the policy that may pause it, which was in force when it was created.
ANNOTATION_POLICY = f"{GROUP}/pausing-policy"

# On a pod of a trial with ``distribution: {type: mpi}``: the hostfile, which is mounted from here.
ANNOTATION_HOSTFILE = f"{GROUP}/hostfile"

# On a pod with ``metrics.source: wandb``: the trial's parameters, which are mounted from here.
ANNOTATION_WANDB = f"{GROUP}/wandb-parameters"

# Kueue's labels: Jobs inherit them from their SweepJob.
QUEUE_LABEL = "kueue.x-k8s.io/queue-name"
QUEUE_LABELS = (QUEUE_LABEL, "kueue.x-k8s.io/priority-class")

# Containers and volumes that are added to a trial's pod.
TRAINER = "trainer"
SIDECAR = "sweepjob-sidecar"
VOLUME_TOKEN = "sweepjob-token"
VOLUME_JOURNAL = "sweepjob-journal"
VOLUME_METRICS = "sweepjob-metrics"
VOLUME_HOSTFILE = "sweepjob-hostfile"
VOLUME_WANDB = "sweepjob-wandb"
VOLUME_SSH = "sweepjob-ssh"
# Unpacks the code; also the name of the volume that it is unpacked to.
CODE = "sweepjob-code"
VOLUME_CODE_SOURCE = "sweepjob-code-source"
VOLUME_OUTPUT = "sweepjob-output-"  # plus the name of the output
RESERVED = "sweepjob-"  # prefix of names that users cannot use
TOKEN_FOLDER = f"/var/run/secrets/{GROUP}"
READY_SCRIPT = "/opt/sweepjob/sweepjob/sidecar/wait_for_port.py"  # in the sidecar's image
METRICS_FOLDER = "/var/lib/sweepjob-metrics"
JOURNAL_FOLDER = "/var/lib/sweepjob"
CODE_FOLDER = "/code"  # where the trainer finds the code, unless the spec says otherwise
CODE_SOURCE_FOLDER = "/var/lib/sweepjob-code-source"  # in the container that unpacks
CODE_TARGET_FOLDER = "/var/lib/sweepjob-code"

# Conditions of a SweepJob. Degraded: something needs attention while the sweep continues.
ACCEPTED = "Accepted"
COMPLETE = "Complete"
FAILED = "Failed"
SUSPENDED = "Suspended"
DEGRADED = "Degraded"
# A condition of a SweepTrial: reports may be missing.
INCOMPLETE = "Incomplete"
# Conditions of kstatus, by which Flux and others judge any object; present only while they are true.
STALLED = "Stalled"
RECONCILING = "Reconciling"
# A condition of a SweepJob, present only while it is true: receivers lack notifications.
UNDELIVERED = "NotificationsUndelivered"

# Reasons, of conditions and events.
REASON_ACCEPTED = "Accepted"
REASON_INVALID = "InvalidSpec"
REASON_SPEC_WARNING = "SpecWarning"
REASON_WARM_START_PENDING = "WarmStartPending"
REASON_CODE_NOT_FOUND = "CodeNotFound"
REASON_CODE_UNUSABLE = "CodeCannotBeUsed"
REASON_WARM_START_LOST = "WarmStartLost"
REASON_WARM_START_UNUSABLE = "WarmStartCannotBeUsed"
REASON_ALL_TRIALS = "AllTrialsEnded"
REASON_EXHAUSTED = "SearchSpaceExhausted"
REASON_NONE_SUCCEEDED = "NoTrialSucceeded"
REASON_NO_FEASIBLE_TRIAL = "NoFeasibleTrial"
REASON_RUNNING = "Running"
REASON_SUSPENDED = "SuspendRequested"
REASON_NOT_SUSPENDED = "NotSuspended"
REASON_HEALTHY = "AllTrialsHealthy"
REASON_METRIC_MISSING = "MetricNotReported"
REASON_IMAGE = "ImageCannotBePulled"
REASON_CONTAINER = "ContainerCannotStart"
REASON_UNSCHEDULABLE = "Unschedulable"
REASON_GATED = "SchedulingGated"
REASON_LAUNCH = "JobRefused"
REASON_RECORD = "RecordRefused"
REASON_UNREADABLE = "RecordUnreadable"
REASON_SAMPLER_FAILED = "SamplerFailed"
REASON_POLICY_FAILED = "PolicyFailed"
REASON_NOT_PERMITTED = "OperatorNotPermitted"
REASON_INTAKE_CERTIFICATE = "IntakeCertificateInvalid"
REASON_INTAKE_AUTHORITY = "IntakeAuthorityChanged"
REASON_OTHER_OPERATOR = "OtherOperator"
REASON_QUOTA = "QuotaExceeded"
REASON_POD_SECURITY = "PodSecurityViolated"
REASON_POD_REFUSED = "PodRefused"
REASON_LIMIT_RANGE = "LimitRangeViolated"
REASON_UNSPECIFIED = "ResourcesNotSpecified"
REASON_VOLUME = "VolumeCannotBeMounted"
REASON_SANDBOX = "SandboxCannotStart"
REASON_CLAIM = "ResourceClaimNotReady"
REASON_NODE_RESTARTED = "NodeRestarted"
REASON_REPORTS_LOST = "ReportsLost"
REASON_CHECKPOINT_NOT_USED = "CheckpointNotUsed"
REASON_LOG_TOO_FAST = "LogTooFast"
REASON_LOG_UNREADABLE = "LogNotReadable"
REASON_VALUE_UNREADABLE = "LogValueNotReadable"
REASON_OBJECT_UNREADABLE = "ObjectNotReadable"
REASON_FITTED = "SidecarResourcesFitted"
REASON_PARTLY_SCHEDULED = "PartlyScheduled"
REASON_KIND_NOT_ALLOWED = "TrialKindNotAllowed"
REASON_KIND_NOT_SERVED = "TrialKindNotServed"
REASON_TURN = "WaitsForTurn"
REASON_RUNS_INCOMPLETE = "TrackedRunsIncomplete"
REASON_NEW_BEST = "NewBest"
REASON_NEW_ON_FRONT = "NewOnParetoFront"
REASON_FIRST = "FirstTrialRuns"
REASON_STOPPED = "Stopped"
REASON_PAUSED = "Paused"
REASON_RESUMED = "Resumed"
REASON_CANNOT_PAUSE = "CannotPause"
REASON_TRIALS_PAUSED = "TrialsPaused"
REASON_TARGET_REACHED = "TargetReached"
REASON_NO_IMPROVEMENT = "NoImprovement"
REASON_MAX_GPU_HOURS = "MaxGpuHoursReached"
REASON_MAX_COST = "MaxCostReached"
REASON_TRIAL_TIMEOUT = "TrialTimeout"
REASON_CONSTRAINT_VIOLATED = "ConstraintViolated"
REASON_DELIVERY_FAILED = "DeliveryFailed"
REASON_NOTIFICATIONS_LOST = "NotificationsLost"
REASON_CRD_OUTDATED = "CrdOutdated"

# Maximum length of a Job's name: the names of its pods have six characters more.
JOB_NAME_LIMIT = 57
# Maximum length of a sweep's name: names of Jobs add an index and an attempt, e.g. -99999-r99.
SWEEP_NAME_LIMIT = 46


def trial_name(sweep: str, index: int) -> str:
    """Return the name of a SweepTrial."""
    return f"{sweep}-{index}"


def sweep_end_job_name(sweep: str, uid: str, generation: int) -> str:
    """Return the name of the Job that completes the runs of a sweep; a sweep may go on, and end again."""
    digest = hashlib.sha256(f"{uid}/{generation}".encode()).hexdigest()[:8]
    return f"{sweep}-mlflow-{digest}"


def job_name(trial: str, attempt: int) -> str:
    """Return the name of an attempt's Job: that of the trial for the first, with ``-rN`` for later ones.

    A plain number could be the name of another trial: ``lr-1-2`` is trial 2 of sweep ``lr-1``. No trial's
    name ends in ``-r2``.
    """
    return trial if attempt == 1 else f"{trial}-r{attempt}"


def trial_of_object(name: str) -> tuple[str, int]:
    """Return the trial and the attempt of an object that ``job_name`` named.

    Args:
        name: the name of the object; for any other name the result means nothing.
    """
    trial, mark, attempt = name.rpartition("-r")
    is_later = bool(mark) and attempt.isdecimal() and len(attempt) < 3
    return (trial, int(attempt)) if is_later else (name, 1)


def service_name(sweep: str) -> str:
    """Return the name of the headless Service of a sweep whose trials have several pods.

    The prefix makes it a valid name also where the sweep's begins with a digit.
    """
    return f"sweepjob-{sweep}"


def owner_reference(kind: str, name: str, uid: str) -> dict[str, object]:
    """Return an owner reference: the object is deleted with its owner, which is its controller.

    Args:
        kind: the kind of the owner.
        name: the name of the owner.
        uid: the uid of the owner.
    """
    return {
        "apiVersion": API_VERSION,
        "kind": kind,
        "name": name,
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


# The variable by which MLflow's clients find their tracking server.
TRACKING_URI = "MLFLOW_TRACKING_URI"
