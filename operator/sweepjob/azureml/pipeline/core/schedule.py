"""Schedules of pipelines, which are not supported."""

from ..._other_names import other_names
from . import Schedule, ScheduleRecurrence

__all__ = ["Schedule", "ScheduleRecurrence"]

__getattr__ = other_names(__name__)
