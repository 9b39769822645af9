"""Why something happened: a reason and a message, as conditions and events have them."""

from __future__ import annotations

from typing import NamedTuple


class Cause(NamedTuple):
    """Why an attempt failed, a pod disappeared, a sweep ended, or a result may be incomplete.

    Attributes:
        reason: one CamelCase word for programs, e.g. ``OutOfMemory``.
        message: one sentence for people.
    """

    reason: str
    message: str


NO_CAUSE = Cause("", "")
