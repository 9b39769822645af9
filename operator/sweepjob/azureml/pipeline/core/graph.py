"""Parts of pipelines."""

from . import PipelineData, PipelineParameter

__all__ = ["PipelineData", "PipelineParameter"]
