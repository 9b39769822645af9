"""Automated ML, which is no sweep. The classes can be imported, not used."""

from __future__ import annotations

from .._other_names import other_names
from .._unsupported import unsupported

__path__: list[str] = []  # a package in Azure's client; see _missing_modules
_REMEDY = "automated ML does not run here; remove this line, or sweep over your own models"
AutoMLConfig = unsupported("AutoMLConfig", _REMEDY)
AutoMLImageConfig = unsupported("AutoMLImageConfig", _REMEDY)
AutoMLStep = unsupported("AutoMLStep", _REMEDY)

__getattr__ = other_names(__name__)
