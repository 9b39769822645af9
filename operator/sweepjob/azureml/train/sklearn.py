"""``SKLearn``: the deprecated estimator of scikit-learn."""

from __future__ import annotations

from .._other_names import other_names
from .estimator import Estimator


class SKLearn(Estimator):
    """A script that uses scikit-learn. The map has its image as ``sklearn``; see :class:`Estimator`."""

    _environment_name = "sklearn"


__all__ = ["SKLearn"]

__getattr__ = other_names(__name__)
