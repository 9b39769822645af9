"""Schedules of pipelines, which are not supported."""

from . import Schedule, ScheduleRecurrence

__all__ = ["Schedule", "ScheduleRecurrence"]
