"""Things that are kept as JSON: experiments, models, traces."""

from __future__ import annotations

import json
from typing import Any

from .database import Database
from .errors import MlflowError

Body = dict[str, Any]


class Documents:
    """Bodies by kind and id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, kind: str, key: str) -> Body | None:
        statement = "SELECT body FROM documents WHERE kind = ? AND id = ?"
        row = self._database.row(statement, kind, key)
        if row is None:
            return None
        body: Body = json.loads(row[0])
        return body

    def put(self, kind: str, key: str, body: Body) -> Body:
        """Keep a body, in the place of an older one.

        Raises:
            MlflowError: there is no room.
        """
        if not self._database.has_room():
            text = f"the sweep's sidecar has no room for another of its {kind}"
            raise MlflowError("RESOURCE_EXHAUSTED", text)
        statement = (
            "INSERT INTO documents (kind, id, body) VALUES (?, ?, ?) "
            "ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body"
        )
        self._database.write(statement, kind, key, json.dumps(body))
        return body

    def note(self, kind: str, key: str, body: Body) -> None:
        """Keep a body if there is room: logging never fails."""
        if self._database.has_room():
            self.put(kind, key, body)

    def remove(self, kind: str, key: str) -> None:
        self._database.write("DELETE FROM documents WHERE kind = ? AND id = ?", kind, key)

    def all(self, kind: str) -> list[Body]:
        """All bodies of a kind, in the order in which they were first kept."""
        statement = "SELECT body FROM documents WHERE kind = ? ORDER BY number"
        return [json.loads(body) for (body,) in self._database.rows(statement, kind)]
