"""Errors that an MLflow client raises as an MlflowException."""

from __future__ import annotations

import sqlite3

NOT_FOUND = "RESOURCE_DOES_NOT_EXIST"
EXISTS = "RESOURCE_ALREADY_EXISTS"
INVALID = "INVALID_PARAMETER_VALUE"
UNSUPPORTED = "NOT_IMPLEMENTED"
# What reading a malformed request raises, its storing and its answer included.
MALFORMED = (
    *(ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError),
    *(sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.DataError),
)
_STATUS = {NOT_FOUND: 404, UNSUPPORTED: 501}


class MlflowError(Exception):
    """An error answer.

    Args:
        code: one of MLflow's error codes.
        message: what is wrong, for the reader of the script's traceback.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = _STATUS.get(code, 400)

    def dump(self) -> dict[str, str]:
        """Return the body of the answer."""
        return {"error_code": self.code, "message": str(self)}


def not_found(message: str) -> MlflowError:
    """Return an error with the code RESOURCE_DOES_NOT_EXIST."""
    return MlflowError(NOT_FOUND, message)


def invalid(message: str) -> MlflowError:
    """Return an error with the code INVALID_PARAMETER_VALUE."""
    return MlflowError(INVALID, message)


def unsupported(call: str, why: str = "") -> MlflowError:
    """Return an error for a call that the sidecar does not support.

    Args:
        call: method and path, or the name of the call.
        why: the reason; empty where there is nothing to add.
    """
    remedy = (
        "Name a tracking server of your own as MLFLOW_TRACKING_URI in the trial's env; the sidecar "
        "then passes every call on to it."
    )
    text = f"the sweep's sidecar does not support {call}" + (f": {why}" if why else "")
    return MlflowError(UNSUPPORTED, f"{text}. {remedy}")
