"""Images of deployed models, which is no part of sweeps."""

from __future__ import annotations

from .._unsupported import unsupported
from .webservice import Image

_REMEDY = "models are not deployed here; remove this line"
ContainerImage = unsupported("ContainerImage", _REMEDY)

__all__ = ["ContainerImage", "Image"]
