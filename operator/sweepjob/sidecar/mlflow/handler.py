"""Handles the requests of an MLflow client with the sidecar's own tracking server."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

from .. import request_body
from ..server import Handler
from .api import MlflowApi
from .errors import MALFORMED, MlflowError, invalid, unsupported

_PREFIXES = ("/api/2.0/mlflow/", "/ajax-api/2.0/mlflow/", "/api/3.0/mlflow/")
# Plain-text answers to probes. Clients derive from the version what they may call: a server of this
# version accepts no spans of traces, which clients then store as files.
_PROBES = {"/health": "OK", "/version": "3.0.0", "/": "the sweep's sidecar"}


def endpoint(path: str) -> str | None:
    """Return the path below the API's prefix; None for other paths."""
    prefix = next((p for p in _PREFIXES if path.startswith(p)), None)
    return None if prefix is None else path.removeprefix(prefix)


def mlflow_handler(api: MlflowApi) -> type[Handler]:
    """Return a handler that answers requests itself."""

    class MlflowHandler(Handler):
        def answer(self) -> None:
            raw = request_body.unpacked(self.body(), self.headers)
            parts = self.target()
            if parts.path in _PROBES:
                self.send(200, _PROBES[parts.path])
                return
            try:
                self.send(200, self._call(parts.path, {**_query(parts.query), **_json(raw)}))
            except MlflowError as error:
                self.send(error.status, error.dump())

        def _call(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
            call = endpoint(path)
            if call is None:
                raise unsupported(f"{self.command} {path}")
            try:
                return api.answer(self.command, call, body)
            except MALFORMED as error:
                text = f"the sweep's sidecar does not understand this request: {error!r}"
                raise invalid(text) from error

    return MlflowHandler


def _query(text: str) -> dict[str, Any]:
    """Return fields of a query string; a repeated one is a list."""
    found = parse_qs(text, keep_blank_values=True)
    return {key: values if len(values) > 1 else values[0] for key, values in found.items()}


def _json(raw: bytes) -> dict[str, Any]:
    try:
        request_body.check_values(raw)
        found = json.loads(raw) if raw else {}
    except (ValueError, RecursionError) as error:
        raise invalid(f"the body is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise invalid("the body is not a JSON object")
    return found
