"""Deployment of models, which is no part of sweeps. The classes can be imported, not used."""

from __future__ import annotations

from .._other_names import other_names
from .._unsupported import unsupported

__path__: list[str] = []  # a package in Azure's client; see _missing_modules

_REMEDY = "models are not deployed here; remove this line, and serve the files, e.g. with KServe"
AciWebservice = unsupported("AciWebservice", _REMEDY)
AksWebservice = unsupported("AksWebservice", _REMEDY)
Image = unsupported("Image", _REMEDY)
LocalWebservice = unsupported("LocalWebservice", _REMEDY)
Webservice = unsupported("Webservice", _REMEDY)

__getattr__ = other_names(__name__)
