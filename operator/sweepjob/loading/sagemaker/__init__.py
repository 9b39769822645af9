"""Converts tuning jobs of Amazon SageMaker: the request, or the description, of one as JSON."""

from .tuning_job import convert_tuning_job, is_tuning_job

__all__ = ["convert_tuning_job", "is_tuning_job"]
