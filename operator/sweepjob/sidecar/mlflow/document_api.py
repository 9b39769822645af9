"""The base of calls about things that are stored as documents: experiments, models, traces."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

from . import search
from .document_store import DocumentStore
from .filters import Lookup, Searchable

Body = dict[str, Any]
Routes = dict[str, Callable[[Body], Body]]
_PAGE_SIZE = 100  # items in one answer, unless the client asks for another number


class DocumentApi(ABC):
    """Answers the calls about one kind of document.

    Args:
        documents: where they are stored.
        artifacts: the folder in the trainer's container for its artifacts.

    Attributes:
        kind: the kind of the documents.
    """

    kind: ClassVar[str]

    def __init__(self, documents: DocumentStore, artifacts: str) -> None:
        self._documents = documents
        self._artifacts = artifacts

    @abstractmethod
    def routes(self) -> Routes:
        """Return the calls by method and path; ``{id}`` stands for a part of the path."""

    def _artifact_uri(self, *folders: str) -> str:
        """Return the URI of a folder below that of the artifacts."""
        return "/".join([f"file://{quote(self._artifacts)}", *folders])

    def _newest_first(self) -> list[Body]:
        return self._documents.all(self.kind)[::-1]

    def _filtered(
        self,
        items: list[Body],
        body: Body,
        searchable: Searchable,
        lookup: Callable[[Body], Lookup],
    ) -> list[Body]:
        """Return the items that match the filter of a request."""
        wanted = searchable.parse(str(body.get("filter") or ""))
        return search.matching(items, wanted, lookup)

    def _page(self, key: str, items: Sequence[Body], body: Body) -> Body:
        """Return the answer with the page that a request asks for.

        Args:
            key: the key of the list in the answer.
            items: all items, in the order of the answer.
            body: the request.
        """
        page, token = search.page(items, body, _PAGE_SIZE)
        answer: Body = {key: list(page)}
        return {**answer, "next_page_token": token} if token else answer
