"""Parts of pipelines."""

from ..._other_names import other_names
from . import PipelineData, PipelineParameter

__all__ = ["PipelineData", "PipelineParameter"]

__getattr__ = other_names(__name__)
