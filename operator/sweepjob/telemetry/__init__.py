"""Logs, Prometheus metrics, and probes of the operator's processes."""
