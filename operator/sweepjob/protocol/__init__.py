"""The protocol between the sidecar and the operator.

Standard library only: both sides import it, and the sidecar's image has nothing else.

The sidecar numbers the reports of the primary metric from 1; report n is interval n. It pushes batches;
each reply names the next number that the operator wants. An operator that restarted and lost reports that
were not yet durable asks for an earlier number again. It ignores numbers that it already has. Each report
therefore counts exactly once, however often it is sent.

Sidecars of earlier versions talk to operators of later ones. What is sent (bodies, termination messages,
environment variables) changes only in ways that the older side ignores.
"""

from __future__ import annotations

from .environment import (
    ARTIFACTS,
    AUDIENCE,
    ENV_FORWARD_INSECURE,
    ENV_FORWARD_PREFIX,
    ENV_FORWARD_TO,
    ENV_JOURNAL,
    ENV_RANK,
    ENV_RUN_ID,
    ENV_SETTINGS,
    ENV_SWEEP_END,
    ENV_TERMINATION_LOG,
    ENV_TOKEN_FILE,
    NAMESPACE,
    OPERATOR_CA,
    OPERATOR_URL,
    OTHER_METRICS,
    PRIMARY_METRIC,
    RESULT_METRICS,
    RUN_UNTIL_SIGNAL,
    SOURCE,
    SOURCE_PATH,
    SOURCE_PORT,
    TRACKED_SWEEP,
    TRACKED_TRIAL,
    TRIAL,
    parse_settings,
)
from .float_json import decode, encode
from .metric_curves import (
    MAX_CURVES,
    MAX_POINTS,
    MetricCurve,
    MetricCurves,
    fit_curves,
    is_name,
    parse_curves,
)
from .metric_names import MAX_NAME, MAX_NAMES, in_nested_run, nested_run, shorten
from .metric_results import MAX_RESULTS, Results, dump_results, parse_results
from .notices import (
    AMBIGUOUS_METRIC,
    MAX_NOTICE,
    MAX_NOTICES,
    REPORTS_INCOMPLETE,
    Notice,
    dump_notices,
    parse_notices,
)
from .push import MAX_BATCH, MAX_BODY, REPORTS_PATH, Push
from .reply import CONTINUE, STOP, Reply
from .sources import (
    FILE,
    LOGS,
    MLFLOW,
    MLFLOW_PORT,
    PUSHGATEWAY,
    PUSHGATEWAY_PORT,
    SOURCES,
    TENSORBOARD,
    WANDB,
)
from .steps import MAX_STEP, known_step
from .summary import TERMINATION_MESSAGE_LIMIT, Summary
from .validation import MAX_REPORTS

__all__ = [
    "AMBIGUOUS_METRIC",
    "ARTIFACTS",
    "AUDIENCE",
    "CONTINUE",
    "ENV_FORWARD_INSECURE",
    "ENV_FORWARD_PREFIX",
    "ENV_FORWARD_TO",
    "ENV_JOURNAL",
    "ENV_RANK",
    "ENV_RUN_ID",
    "ENV_SETTINGS",
    "ENV_SWEEP_END",
    "ENV_TERMINATION_LOG",
    "ENV_TOKEN_FILE",
    "FILE",
    "LOGS",
    "MAX_BATCH",
    "MAX_BODY",
    "MAX_CURVES",
    "MAX_NAME",
    "MAX_NAMES",
    "MAX_NOTICE",
    "MAX_NOTICES",
    "MAX_POINTS",
    "MAX_REPORTS",
    "MAX_RESULTS",
    "MAX_STEP",
    "MLFLOW",
    "MLFLOW_PORT",
    "NAMESPACE",
    "OPERATOR_CA",
    "OPERATOR_URL",
    "OTHER_METRICS",
    "PRIMARY_METRIC",
    "PUSHGATEWAY",
    "PUSHGATEWAY_PORT",
    "REPORTS_INCOMPLETE",
    "REPORTS_PATH",
    "RESULT_METRICS",
    "RUN_UNTIL_SIGNAL",
    "SOURCE",
    "SOURCES",
    "SOURCE_PATH",
    "SOURCE_PORT",
    "STOP",
    "TENSORBOARD",
    "TERMINATION_MESSAGE_LIMIT",
    "TRACKED_SWEEP",
    "TRACKED_TRIAL",
    "TRIAL",
    "WANDB",
    "MetricCurve",
    "MetricCurves",
    "Notice",
    "Push",
    "Reply",
    "Results",
    "Summary",
    "decode",
    "dump_notices",
    "dump_results",
    "encode",
    "fit_curves",
    "in_nested_run",
    "is_name",
    "known_step",
    "nested_run",
    "parse_curves",
    "parse_notices",
    "parse_results",
    "parse_settings",
    "shorten",
]
