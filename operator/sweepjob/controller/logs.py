"""The log of the operator's processes."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping


def configure(environment: Mapping[str, str]) -> None:
    """Log to standard output from SWEEPJOB_LOG_LEVEL on."""
    logging.basicConfig(
        level=environment.get("SWEEPJOB_LOG_LEVEL", "INFO"),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stdout,
    )
    logging.getLogger("kopf").setLevel(logging.WARNING)
