"""Errors of requests to the API server, by what the caller can do about them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .denied_access import DeniedAccess, parse_denied_access

_LONGEST_WAIT = 300.0  # seconds; a server, or a proxy before it, that asks for more is asked again


class ApiError(Exception):
    """A request that was refused or not answered."""


class NotFound(ApiError):
    """404: the object, or the resource, does not exist."""


class AlreadyExists(ApiError):
    """409 on a create: an object of that name exists."""


class Conflict(ApiError):
    """Any other 409, or 412: a precondition failed; read the object again."""


class Gone(ApiError):
    """410: the resource version is too old; list again."""


class Refused(ApiError):
    """400, 401, 403, 422: schema, admission, quota or authorization refused the request."""


class NotPermitted(Refused):
    """403 of the API server's authorization: this account lacks a permission.

    Unlike the 403 of a quota or another admission check, it says nothing about the object.

    Attributes:
        denied: the access that the request needed.
    """

    def __init__(self, message: str, denied: DeniedAccess) -> None:
        super().__init__(message)
        self.denied = denied


class Invalid(Refused):
    """422 that names fields: the object does not fit the schema of its resource.

    The 422 of an admission policy or webhook names none.
    """


class Unavailable(ApiError):
    """429, 5xx, or no response: retry later. A write may still have been carried out.

    Attributes:
        retry_after: seconds that the server asked to wait, 0 when it did not say.
    """

    def __init__(self, message: str, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotOffered(Unavailable):
    """501: the server, or a gateway before it, does not carry out such requests."""


class TooLarge(Unavailable):
    """The response was too large to be read; ask for less."""


class NotLeader(ApiError):
    """Nothing was sent: another operator leads, or may lead."""


def from_response(status: int, data: bytes, headers: Mapping[str, str], method: str) -> ApiError:
    """Return the error for a response of status 400 or more.

    Args:
        status: the status of the response.
        data: its body, usually a Status object.
        headers: the headers of the response.
        method: the method of the request.
    """
    message = _message(data)
    text = f"{status}: {message}"
    if status == 404:
        return NotFound(text)
    if status in (409, 412):
        exists = method == "POST" and "already exists" in message
        return AlreadyExists(text) if exists else Conflict(text)
    if status == 410:
        return Gone(text)
    if status == 501:
        return NotOffered(text)
    if status == 429 or status >= 500:
        return Unavailable(text, retry_after(headers))
    if status == 422 and _names_fields(data):
        return Invalid(text)
    denied = parse_denied_access(message) if status == 403 else None
    return Refused(text) if denied is None else NotPermitted(text, denied)


def _status_object(data: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _names_fields(data: bytes) -> bool:
    """Return whether a cause in a Status object names a field, as those of a validation do."""
    details = (_status_object(data) or {}).get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    if not isinstance(causes, list):
        return False
    return any(isinstance(cause, dict) and bool(cause.get("field")) for cause in causes)


def _message(data: bytes) -> str:
    """Return the message of a Status object; the beginning of a body that is none, such as a proxy's."""
    found = _status_object(data)
    message = None if found is None else found.get("message", "")
    return message if isinstance(message, str) else data[:200].decode(errors="replace")


def retry_after(headers: Mapping[str, str]) -> float:
    """Return seconds that the server asks to wait, at most five minutes; 0 when it does not ask."""
    wait = headers.get("Retry-After", "0")
    return min(float(wait), _LONGEST_WAIT) if wait.isdecimal() else 0.0
