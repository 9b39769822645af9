"""What the operator relies on in the API server. The suite runs against a real one, and against the
fake one that the crash tests need: what the fake gets wrong would make them worthless.

A subclass gives ``api``, ``limited`` and ``namespace`` as fixtures, and a version that is too old.
"""

from __future__ import annotations

from .reads import ReadContract
from .writes import WriteContract


class ApiServerContract(WriteContract, ReadContract):
    """The whole suite."""
