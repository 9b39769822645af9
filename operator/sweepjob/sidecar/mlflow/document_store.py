"""Stores JSON documents: experiments, models, traces."""

from __future__ import annotations

import json
from typing import Any

from .database import Database
from .errors import MlflowError

Body = dict[str, Any]


class DocumentStore:
    """Documents by kind and id.

    Args:
        database: the database of the server.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, kind: str, key: str) -> Body | None:
        """Return a document; None when there is none."""
        statement = "SELECT body FROM documents WHERE kind = ? AND id = ?"
        row = self._database.row(statement, kind, key)
        if row is None:
            return None
        body: Body = json.loads(row[0])
        return body

    def put(self, kind: str, key: str, body: Body) -> Body:
        """Store a document; it replaces an earlier one.

        Args:
            kind: the kind of the document.
            key: its id.
            body: the document.

        Raises:
            MlflowError: the database is at its budget.
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
        """Store a document if there is room: logging never fails.

        Args:
            kind: the kind of the document.
            key: its id.
            body: the document.
        """
        if self._database.has_room():
            self.put(kind, key, body)

    def remove(self, kind: str, key: str) -> None:
        """Delete a document."""
        self._database.write("DELETE FROM documents WHERE kind = ? AND id = ?", kind, key)

    def count(self, kind: str) -> int:
        """Return the number of documents of a kind."""
        [(number,)] = self._database.rows("SELECT COUNT(*) FROM documents WHERE kind = ?", kind)
        return int(number)

    def all(self, kind: str) -> list[Body]:
        """Return all documents of a kind, in the order of their creation."""
        statement = "SELECT body FROM documents WHERE kind = ? ORDER BY number"
        return [json.loads(body) for (body,) in self._database.rows(statement, kind)]
