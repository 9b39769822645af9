"""All names, keys, labels and reasons that appear in Kubernetes objects."""

from __future__ import annotations

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

# On a Job: how the sidecar's resources were fitted to what the namespace demands.
ANNOTATION_FITTED = f"{GROUP}/sidecar-resources"

# Kueue's: a SweepJob that has them passes them on to its Jobs.
QUEUE_LABEL = "kueue.x-k8s.io/queue-name"
QUEUE_LABELS = (QUEUE_LABEL, "kueue.x-k8s.io/priority-class")

# Containers and volumes that are added to a trial's pod.
TRAINER = "trainer"
SIDECAR = "sweepjob-sidecar"
VOLUME_TOKEN = "sweepjob-token"
VOLUME_JOURNAL = "sweepjob-journal"
VOLUME_METRICS = "sweepjob-metrics"
VOLUME_OUTPUT = "sweepjob-output-"  # and the output's name
RESERVED = "sweepjob-"  # how names begin that users cannot give
TOKEN_FOLDER = f"/var/run/secrets/{GROUP}"
READY_SCRIPT = "/opt/sweepjob/sweepjob/sidecar/wait_for_port.py"  # in its image
METRICS_FOLDER = "/var/lib/sweepjob-metrics"
JOURNAL_FOLDER = "/var/lib/sweepjob"

# Conditions of a SweepJob. The first four are the design's; Degraded says that something needs a
# person's eye while the sweep goes on.
ACCEPTED = "Accepted"
COMPLETE = "Complete"
FAILED = "Failed"
SUSPENDED = "Suspended"
DEGRADED = "Degraded"
# A condition of a SweepTrial: reports of it may be missing.
INCOMPLETE = "Incomplete"
# Of kstatus, by which Flux and others tell how any object is; there only while they hold.
STALLED = "Stalled"
RECONCILING = "Reconciling"

# Reasons, of conditions and events.
REASON_ACCEPTED = "Accepted"
REASON_INVALID = "InvalidSpec"
REASON_SPEC_WARNING = "SpecWarning"
REASON_WARM_START_PENDING = "WarmStartPending"
REASON_WARM_START_LOST = "WarmStartLost"
REASON_ALL_TRIALS = "AllTrialsEnded"
REASON_EXHAUSTED = "SearchSpaceExhausted"
REASON_NONE_SUCCEEDED = "NoTrialSucceeded"
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
REASON_NOT_PERMITTED = "OperatorNotPermitted"
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
REASON_LOG_TOO_FAST = "LogTooFast"
REASON_LOG_UNREADABLE = "LogNotReadable"
REASON_VALUE_UNREADABLE = "LogValueNotReadable"
REASON_FITTED = "SidecarResourcesFitted"
REASON_NEW_BEST = "NewBest"
REASON_FIRST = "FirstTrialRuns"
REASON_STOPPED = "Stopped"

# The name of a trial's Job is at most this long, since pods get six characters more.
JOB_NAME_LIMIT = 57
# A sweep's, so that its trials' Jobs have room for an index and an attempt: -99999-r99.
SWEEP_NAME_LIMIT = 46


def trial_name(sweep: str, index: int) -> str:
    """The name of trial ``index``'s record."""
    return f"{sweep}-{index}"


def job_name(trial: str, attempt: int) -> str:
    """The name of an attempt's Job: the trial's own for the first, with ``-rN`` from then on.

    A number alone may be taken: ``lr-1-2`` is trial 2 of sweep ``lr-1``. No trial's name ends in ``-r2``.
    """
    return trial if attempt == 1 else f"{trial}-r{attempt}"


def owner_reference(kind: str, name: str, uid: str) -> dict[str, object]:
    """Makes an object disappear with its owner, which is its controller."""
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
