"""What can go wrong with a request to the API server, as few kinds as decisions need."""

from __future__ import annotations

import json
from collections.abc import Mapping

from .denied import Denied, parse_denied


class ApiError(Exception):
    """A request that was refused or not answered."""


class NotFound(ApiError):
    """404: the object does not exist."""


class AlreadyExists(ApiError):
    """409 on a create: an object of that name is there."""


class Conflict(ApiError):
    """409 otherwise, or 412: a precondition failed; look again."""


class Gone(ApiError):
    """410: the resource version is too old; list again."""


class Refused(ApiError):
    """400, 401, 403, 422: admission, quota, rights or schema said no."""


class NotPermitted(Refused):
    """403 of the API server's authorization: the operator's account lacks a right. Never the fault of
    a sweep's spec, unlike the 403 of a quota or another admission check.

    Attributes:
        denied: the right.
    """

    def __init__(self, message: str, denied: Denied) -> None:
        super().__init__(message)
        self.denied = denied


class Unavailable(ApiError):
    """429, 5xx, no answer: try again later. A write may have been carried out all the same.

    Attributes:
        retry_after: seconds the server asked to wait, 0 when it did not say.
    """

    def __init__(self, message: str, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotLeading(ApiError):
    """Nothing was sent: another operator leads, or may."""


def of_answer(status: int, data: bytes, headers: Mapping[str, str], method: str) -> ApiError:
    """What an answer of 400 or more means."""
    try:
        message = json.loads(data).get("message", "")
    except ValueError:
        message = data[:200].decode(errors="replace")
    text = f"{status}: {message}"
    if status == 404:
        return NotFound(text)
    if status in (409, 412):
        exists = method == "POST" and "already exists" in message
        return AlreadyExists(text) if exists else Conflict(text)
    if status == 410:
        return Gone(text)
    if status == 429 or status >= 500:
        return Unavailable(text, retry_after(headers))
    denied = parse_denied(message) if status == 403 else None
    return Refused(text) if denied is None else NotPermitted(text, denied)


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds that the server asks to wait, 0 when it does not."""
    wait = headers.get("Retry-After", "0")
    return float(wait) if wait.isdecimal() else 0.0
