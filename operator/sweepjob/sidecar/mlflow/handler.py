"""Requests of an MLflow client: answered here, or passed on to the user's own server."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

from ..server import Handler
from .api import MlflowApi

_PREFIXES = ("/api/2.0/mlflow/", "/ajax-api/2.0/mlflow/", "/api/3.0/mlflow/")


def endpoint(path: str) -> str | None:
    """What follows the API's prefix, None for other paths."""
    prefix = next((p for p in _PREFIXES if path.startswith(p)), None)
    return None if prefix is None else path.removeprefix(prefix)


def answering(api: MlflowApi) -> type[Handler]:
    """A handler for a server that answers by itself."""

    class MlflowHandler(Handler):
        def answer(self) -> None:
            raw = self.body()
            if raw is None:
                return
            parts = urlsplit(self.path)
            asked = endpoint(parts.path)
            if asked is None:
                self.send(200, {})
                return
            try:
                body = {**dict(parse_qsl(parts.query)), **(json.loads(raw) if raw else {})}
                answer = api.answer(asked, body)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                text = f"the sweep's sidecar does not understand this request: {error!r}"
                self.send(400, {"error_code": "INVALID_PARAMETER_VALUE", "message": text})
                return
            self.send(200, answer)

    return MlflowHandler
