"""Runs beside the trainer in its pod: receives its metrics, keeps them, pushes them to the operator.

Standard library only. The trainer talks to it as to an MLflow tracking server on localhost.
"""
