"""Deployment of models, which is no part of sweeps. The classes can be imported, not used."""

from __future__ import annotations

from .._unsupported import unsupported

_REMEDY = "models are not deployed here; remove this line, and serve the files, e.g. with KServe"
AciWebservice = unsupported("AciWebservice", _REMEDY)
AksWebservice = unsupported("AksWebservice", _REMEDY)
Image = unsupported("Image", _REMEDY)
LocalWebservice = unsupported("LocalWebservice", _REMEDY)
Webservice = unsupported("Webservice", _REMEDY)
