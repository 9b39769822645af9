"""Calls about traces. Their spans are files among the artifacts; only the rest is stored here."""

from __future__ import annotations

from .document_api import Body, DocumentApi, Routes
from .errors import not_found, unsupported


class Traces(DocumentApi):
    """Answers the calls about traces, in the formats of MLflow 2 and 3."""

    kind = "traces"

    def routes(self) -> Routes:
        """Return the calls by method and path; ``{id}`` stands for a part of the path."""
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
            info["tags"] = {**(info.get("tags") or {}), **self._location(info["trace_id"])}
            self._documents.note(self.kind, str(info["trace_id"]), info)
            return {"trace": {"trace_info": info}}
        trace_id = f"tr-{self._documents.count(self.kind) + 1}"
        location = [{"key": k, "value": v} for k, v in self._location(trace_id).items()]
        info = {
            "request_id": trace_id,
            "experiment_id": body.get("experiment_id", "0"),
            "timestamp_ms": body.get("timestamp_ms", 0),
            "request_metadata": body.get("request_metadata") or [],
            "tags": [*(body.get("tags") or []), *location],
            "status": "IN_PROGRESS",
        }
        self._documents.note(self.kind, trace_id, info)
        return {"trace_info": info}

    def _location(self, trace_id: str) -> dict[str, str]:
        return {"mlflow.artifactLocation": self._artifact_uri("traces", trace_id, "artifacts")}

    def _find(self, body: Body) -> Body:
        info = self._documents.get(self.kind, str(body["id"]))
        if info is None:
            raise not_found(f"Trace with ID '{body['id']}' not found.")
        return info

    def _end(self, body: Body) -> Body:
        info = self._find(body)
        info["status"] = body.get("status", "OK")
        info["execution_time_ms"] = body.get("timestamp_ms", 0) - info.get("timestamp_ms", 0)
        for key in ("request_metadata", "tags"):
            info[key] = [*info[key], *(body.get(key) or [])]
        self._documents.note(self.kind, str(body["id"]), info)
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
        self._documents.note(self.kind, str(body["id"]), info)
        return {}

    def _search(self, body: Body) -> Body:
        if body.get("filter"):
            raise unsupported("a filter in search_traces", f"{body['filter']!r}")
        found = [info for info in self._newest_first() if "trace_id" in info]
        return self._page("traces", found, body)
