"""Calls about traces: what is known of them; their spans are files among the artifacts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from . import search
from .documents import Documents
from .errors import not_found, unsupported

Body = dict[str, Any]
_KIND = "traces"


class Traces:
    """Answers calls about traces, in the forms of MLflow 2 and 3.

    Args:
        artifacts: the folder in the trainer's container for its artifacts.
    """

    def __init__(self, documents: Documents, artifacts: str) -> None:
        self._documents = documents
        self._artifacts = artifacts

    def routes(self) -> dict[str, Callable[[Body], Body]]:
        """Calls by method and path; ``{id}`` stands for a part of it."""
        return {
            "POST traces": self._start,
            "PATCH traces/{id}": self._end,
            "GET traces/{id}": lambda body: {"trace": {"trace_info": self._find(body)}},
            "GET traces/{id}/info": lambda body: {"trace_info": self._find(body)},
            "PATCH traces/{id}/tags": self._set_tag,
            "DELETE traces/{id}/tags": self._delete_tag,
            "POST traces/search": self._search,
            "POST traces/link-to-run": lambda body: {},
        }

    def _start(self, body: Body) -> Body:
        if "trace" in body:
            info = body["trace"]["trace_info"]
            info["tags"] = {**(info.get("tags") or {}), **self._place(info["trace_id"])}
            self._documents.note(_KIND, str(info["trace_id"]), info)
            return {"trace": {"trace_info": info}}
        trace_id = f"tr-{len(self._documents.all(_KIND)) + 1}"
        place = [{"key": k, "value": v} for k, v in self._place(trace_id).items()]
        info = {
            "request_id": trace_id,
            "experiment_id": body.get("experiment_id", "0"),
            "timestamp_ms": body.get("timestamp_ms", 0),
            "request_metadata": body.get("request_metadata") or [],
            "tags": [*(body.get("tags") or []), *place],
            "status": "IN_PROGRESS",
        }
        self._documents.note(_KIND, trace_id, info)
        return {"trace_info": info}

    def _place(self, trace_id: str) -> dict[str, str]:
        folder = f"file://{quote(self._artifacts)}/traces/{trace_id}/artifacts"
        return {"mlflow.artifactLocation": folder}

    def _find(self, body: Body) -> Body:
        info = self._documents.get(_KIND, str(body["id"]))
        if info is None:
            raise not_found(f"Trace with ID '{body['id']}' not found.")
        return info

    def _end(self, body: Body) -> Body:
        info = self._find(body)
        info["status"] = body.get("status", "OK")
        info["execution_time_ms"] = body.get("timestamp_ms", 0) - info.get("timestamp_ms", 0)
        for key in ("request_metadata", "tags"):
            info[key] = [*info[key], *(body.get(key) or [])]
        self._documents.note(_KIND, str(body["id"]), info)
        return {"trace_info": info}

    def _set_tag(self, body: Body) -> Body:
        return self._tag(body, {str(body["key"]): str(body.get("value", ""))})

    def _delete_tag(self, body: Body) -> Body:
        return self._tag(body, {})

    def _tag(self, body: Body, tag: dict[str, str]) -> Body:
        info = self._find(body)
        if isinstance(info["tags"], list):
            others = [each for each in info["tags"] if each["key"] != body["key"]]
            info["tags"] = [*others, *({"key": k, "value": v} for k, v in tag.items())]
        else:
            others_by_key = {k: v for k, v in info["tags"].items() if k != body["key"]}
            info["tags"] = {**others_by_key, **tag}
        self._documents.note(_KIND, str(body["id"]), info)
        return {}

    def _search(self, body: Body) -> Body:
        if body.get("filter"):
            raise unsupported("a filter in search_traces", f"{body['filter']!r}")
        found = [info for info in reversed(self._documents.all(_KIND)) if "trace_id" in info]
        page, token = search.page(found, body, 100)
        answer: Body = {"traces": list(page)}
        return {**answer, "next_page_token": token} if token else answer
