"""Images of deployed models, which is no part of sweeps."""

from __future__ import annotations

from .._other_names import other_names
from .._unsupported import unsupported
from .webservice import Image

__path__: list[str] = []  # a package in Azure's client; see _missing_modules

_REMEDY = "models are not deployed here; remove this line"
ContainerImage = unsupported("ContainerImage", _REMEDY)

__all__ = ["ContainerImage", "Image"]

__getattr__ = other_names(__name__)
