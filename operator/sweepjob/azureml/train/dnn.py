"""``PyTorch``, ``TensorFlow`` and ``Chainer``: the deprecated estimators of these frameworks."""

from __future__ import annotations

from .._other_names import other_names
from ..core.runconfig import PyTorchConfiguration, TensorflowConfiguration
from .estimator import Estimator, Mpi


class PyTorch(Estimator):
    """A script that uses PyTorch. The map may have its image as ``pytorch``; see :class:`Estimator`."""

    _environment_name = "pytorch"


class TensorFlow(Estimator):
    """A script that uses TensorFlow, ``tensorflow`` in the map; see :class:`Estimator`."""

    _environment_name = "tensorflow"


class Chainer(Estimator):
    """A script that uses Chainer. The map may have its image as ``chainer``; see :class:`Estimator`."""

    _environment_name = "chainer"


class Gloo(PyTorchConfiguration):
    """Processes that ``torch.distributed.run`` starts."""


class Nccl(PyTorchConfiguration):
    """Processes that ``torch.distributed.run`` starts."""


class ParameterServer(TensorflowConfiguration):
    """Workers and parameter servers of TensorFlow."""


__all__ = ["Chainer", "Gloo", "Mpi", "Nccl", "ParameterServer", "PyTorch", "TensorFlow"]

__getattr__ = other_names(__name__)
