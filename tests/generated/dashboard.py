"""The Grafana dashboard: what it shows, in a table."""

from __future__ import annotations

from typing import Any

Panel = dict[str, Any]

_RATE = "[$__rate_interval]"
# Title, unit, and what is drawn, by legend.
PANELS: list[tuple[str, str, dict[str, str]]] = [
    ("Active sweeps", "short", {"sweeps": "sum(sweepjob_sweeps_active)"}),
    ("Trials", "short", {"{{state}}": "sum by (state) (sweepjob_trials_live)"}),
    (
        "Ended trials per hour",
        "short",
        {"{{outcome}}": "sum by (outcome) (rate(sweepjob_trials_ended_total[1h])) * 3600"},
    ),
    (
        "GPU-hours per hour",
        "short",
        {
            "used": "sum(rate(sweepjob_gpu_used_seconds_total[1h]))",
            "saved by stopping early": "sum(rate(sweepjob_gpu_saved_seconds_total[1h]))",
        },
    ),
    (
        "Reports per second",
        "short",
        {"{{source}}": f"sum by (source) (rate(sweepjob_metric_reports_total{_RATE}))"},
    ),
    (
        "Time from the deciding report to the recorded stop",
        "s",
        {
            "median": f"histogram_quantile(0.5, sum by (le) (rate(sweepjob_decision_duration_seconds_bucket{_RATE})))",
            "99 %": f"histogram_quantile(0.99, sum by (le) (rate(sweepjob_decision_duration_seconds_bucket{_RATE})))",
        },
    ),
    (
        "Duration of a reconciliation",
        "s",
        {
            "median": f"histogram_quantile(0.5, sum by (le) (rate(sweepjob_operator_reconcile_duration_seconds_bucket{_RATE})))",
            "99 %": f"histogram_quantile(0.99, sum by (le) (rate(sweepjob_operator_reconcile_duration_seconds_bucket{_RATE})))",
        },
    ),
    (
        "Duration of a bayesian proposal",
        "s",
        {
            "99 %": f"histogram_quantile(0.99, sum by (le) (rate(sweepjob_proposal_duration_seconds_bucket{_RATE})))",
        },
    ),
    (
        "Requests to the API server per second",
        "reqps",
        {"{{verb}} {{code}}": f"sum by (verb, code) (rate(sweepjob_operator_api_requests_total{_RATE}))"},
    ),
    (
        "Sidecar pushes per second",
        "reqps",
        {"{{code}}": f"sum by (code) (rate(sweepjob_pushes_total{_RATE}))"},
    ),
    (
        "Repeated attempts per hour",
        "short",
        {"{{reason}}": "sum by (reason) (rate(sweepjob_attempts_repeated_total[1h])) * 3600"},
    ),
    (
        "Notifications per hour",
        "short",
        {"{{receiver}} {{outcome}}": "sum by (receiver, outcome) (rate(sweepjob_notifications_total[1h])) * 3600"},
    ),
    ("Receivers of sweeps that lack notifications", "short", {"waiting": "sum(sweepjob_notifications_waiting)"}),
    ("Trials and sweeps that wait for reconciliation", "short", {"depth": "sum(sweepjob_operator_queue_depth)"}),
]  # fmt: skip
_WIDTH, _HEIGHT = 8, 7


def dashboard() -> dict[str, Any]:
    """As Grafana imports it."""
    source = {"type": "datasource", "query": "prometheus", "name": "source", "label": "Prometheus"}
    return {
        "title": "SweepJob",
        "uid": "sweepjob",
        "tags": ["kubernetes", "sweepjob"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {"list": [source]},
        "panels": [_panel(number, *panel) for number, panel in enumerate(PANELS)],
    }


def _panel(number: int, title: str, unit: str, drawn: dict[str, str]) -> Panel:
    per_row = 24 // _WIDTH
    place = {"x": number % per_row * _WIDTH, "y": number // per_row * _HEIGHT}
    targets = [
        {"refId": chr(ord("A") + n), "expr": expression, "legendFormat": legend}
        for n, (legend, expression) in enumerate(drawn.items())
    ]
    return {
        "id": number + 1,
        "type": "timeseries",
        "title": title,
        "datasource": {"type": "prometheus", "uid": "${source}"},
        "gridPos": {**place, "w": _WIDTH, "h": _HEIGHT},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "targets": targets,
    }
