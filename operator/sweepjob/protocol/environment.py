"""The sidecar's environment variables, and the keys of its settings."""

from __future__ import annotations

import json
from collections.abc import Mapping

AUDIENCE = "sweepjob.dev"  # of the pod's service-account token

# The settings are one variable, a JSON object of strings: every field of a pod costs the API server time
# at each write of the pod.
ENV_SETTINGS = "SWEEPJOB_SIDECAR"
OPERATOR_URL = "operatorUrl"
OPERATOR_CA = "operatorCa"
PRIMARY_METRIC = "primaryMetric"
OTHER_METRICS = "otherMetrics"  # a JSON list of names; absent for the first ones
# A JSON list of names: the metrics besides the primary one whose last values are results of the trial.
RESULT_METRICS = "resultMetrics"
SOURCE = "source"
SOURCE_PATH = "sourcePath"
SOURCE_PORT = "sourcePort"
NAMESPACE = "namespace"
TRIAL = "trial"
ARTIFACTS = "artifacts"
# Of a trial with a tracking server of the user's own: JSON of TrackedSweep and TrackedTrial.
TRACKED_SWEEP = "trackedSweep"
TRACKED_TRIAL = "trackedTrial"
# "true": no early exit. Whoever started the sidecar knows when the trainer has ended, and sends SIGTERM.
RUN_UNTIL_SIGNAL = "stay"

# These have variables of their own, because their values may come from a Secret of the user's.
ENV_FORWARD_TO = "SWEEPJOB_FORWARD_TO"
ENV_FORWARD_INSECURE = "SWEEPJOB_FORWARD_INSECURE"
ENV_RUN_ID = "SWEEPJOB_RUN_ID"
# Credentials of the user's server: the prefix of MLflow's variables is replaced by this one.
ENV_FORWARD_PREFIX = "SWEEPJOB_FORWARD_"
# JSON of SweepEnd, of the Job that completes the runs of a sweep.
ENV_SWEEP_END = "SWEEPJOB_SWEEP_END"

# The rank of the pod among those of its trial; the Job controller sets it.
ENV_RANK = "JOB_COMPLETION_INDEX"

# Paths in the pod; only tests and local runs set them.
ENV_TOKEN_FILE = "SWEEPJOB_TOKEN_FILE"
ENV_JOURNAL = "SWEEPJOB_JOURNAL"
ENV_TERMINATION_LOG = "SWEEPJOB_TERMINATION_LOG"


def parse_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the sidecar's settings by key; empty where the variable is not set."""
    settings: dict[str, str] = json.loads(environment.get(ENV_SETTINGS, "{}"))
    return settings
