"""The certificate authority by which sidecars trust the ingest server."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
from pathlib import Path

from .. import protocol
from ..trial_pods.authorities import split_authorities

_log = logging.getLogger(__name__)
REMEDY = (
    "The Secret of the ingest server needs a tls.crt that is valid for the name of the operator's "
    "Service and signed by the authority in its ca.crt"
)


class IngestAuthority:
    """The authority that the pods of new trials get, and whether they can report with it.

    A pod keeps the authority that it started with. A trial that starts with the wrong one could not
    report as long as it runs, so no trial with a sidecar starts while ``problem`` says why.

    Args:
        file: the file with the authority; None for an ingest server of plain HTTP.

    Attributes:
        pem: the authority, as last read.
        problem: why sidecars of new pods could not report; empty when they can.
        anchors: fingerprints of the authorities of ``pem`` that the server's certificate is signed by;
            empty until that is known.
        changed: called when ``problem`` or ``anchors`` have changed.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._failure = ""  # to read the file
        self.pem = ""
        self.problem = ""
        self.anchors: frozenset[str] = frozenset()
        self.changed: Callable[[], None] = lambda: None
        self.reload()

    def reload(self) -> bool:
        """Read the file again; return whether there is a usable authority.

        Without a usable file the last usable contents stay: the server keeps its certificate as well.
        """
        if self._file is None:
            return True
        try:
            pem = self._file.read_text()
            ssl.create_default_context(cadata=pem or "-")
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            self._note_failure(f"the certificate authority {self._file} cannot be used: {error}")
            return bool(self.pem)
        self.pem, self._failure = pem, ""
        return True

    def _note_failure(self, failure: str) -> None:
        if failure != self._failure:
            _log.error("%s", failure)
        self._failure = failure
        if not self.pem:
            self._update(f"{failure}. {REMEDY}")

    def trust(self, anchors: frozenset[str]) -> None:
        """Note that sidecars can trust the server.

        Args:
            anchors: fingerprints of the authorities that its certificate is signed by.
        """
        self._update("", anchors)

    def distrust(self, problem: str) -> None:
        """Note why sidecars cannot trust the server."""
        self._update(problem, self.anchors)

    def problem_of(self, source: str) -> str:
        """Return why trials with this source of metrics could not report; empty when they can."""
        return "" if source == protocol.LOGS else self.problem

    def is_unknown_to(self, authorities: frozenset[str]) -> bool:
        """Return whether a pod cannot trust the server.

        Args:
            authorities: fingerprints of the authorities that the pod trusts; none if that is not known.
        """
        return bool(authorities and self.anchors) and not authorities & self.anchors

    def certificates(self) -> dict[str, str]:
        """Return the certificates of the authority by their fingerprints."""
        return split_authorities(self.pem)

    def _update(self, problem: str, anchors: frozenset[str] | None = None) -> None:
        before = (self.problem, self.anchors)
        self.problem = problem
        if anchors is not None:
            self.anchors = anchors
        if before != (self.problem, self.anchors):
            self.changed()
