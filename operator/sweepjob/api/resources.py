"""The resource types of this project, for the client of the API server."""

from __future__ import annotations

from ..kube.resources import Resource
from . import names

SWEEPJOBS = Resource(f"/apis/{names.API_VERSION}", names.SWEEPJOBS)
SWEEPTRIALS = Resource(f"/apis/{names.API_VERSION}", names.SWEEPTRIALS)
