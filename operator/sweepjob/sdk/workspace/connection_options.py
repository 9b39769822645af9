"""Options of Azure's client for its connection: ``MLClient`` hands them to azure-core's pipeline."""

from __future__ import annotations

# The result of a sweep is the same without them, since nothing connects to Azure.
CONNECTION_OPTIONS = (
    # of the transport
    *("connection_timeout", "read_timeout", "connection_verify", "connection_cert"),
    *("connection_data_block_size", "use_env_settings", "proxies", "enforce_https"),
    # of retries and redirects
    *("retry_total", "retry_connect", "retry_read", "retry_status", "retry_mode", "timeout"),
    *("retry_backoff_factor", "retry_backoff_max", "retry_on_status_codes", "permit_redirects"),
    *("redirect_max", "redirect_on_status_codes", "redirect_remove_headers"),
    # of headers
    *("user_agent", "base_user_agent", "user_agent_overwrite", "user_agent_use_env"),
    *("sdk_moniker", "headers", "base_headers", "request_id", "auto_request_id"),
    *("request_id_header_name", "response_encoding", "enable_cae"),
    # of logs and traces
    *("logging_enable", "logging_body", "logger", "http_logging_level"),
    *("additional_allowed_query_params", "network_span_namer", "tracing_attributes"),
    # of Azure's own client
    *("polling", "polling_interval", "show_progress", "enable_telemetry"),
)
# They would see or change requests; there are none.
CONNECTION_PARTS = (
    *("transport", "session", "session_owner", "pipeline", "config", "policies"),
    *("per_call_policies", "per_retry_policies", "raw_request_hook", "raw_response_hook"),
    *("user_agent_policy", "headers_policy", "proxy_policy", "redirect_policy", "retry_policy"),
    *("custom_hook_policy", "logging_policy", "http_logging_policy", "authentication_policy"),
    *("request_id_policy", "base_url", "credential_scopes", "cloud", "cloud_metadata"),
)
