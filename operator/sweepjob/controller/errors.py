"""What can go wrong with a request to the API server, as few kinds as decisions need."""

from __future__ import annotations


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
