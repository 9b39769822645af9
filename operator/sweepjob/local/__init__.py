"""Sweeps on one machine: the operator's own code over an API server in memory, with processes for pods.

What a cluster does for the operator is done here in small: ``api`` keeps objects by the API server's
rules, ``jobs`` starts pods for Jobs, ``node`` runs them, ``folder`` keeps what has to outlive the
program. ``tests/contracts/api_server.py`` holds ``api`` to the behaviour of a real API server.
"""
