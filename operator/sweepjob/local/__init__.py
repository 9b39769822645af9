"""Runs sweeps on one machine: the operator's code, an API server in memory, and a process for each pod.

The modules replace the parts of a cluster: ``api_server`` and ``store`` keep the objects,
``job_controller`` creates the pods of Jobs, ``node`` runs them, ``folder`` persists the objects.
``tests/contracts/api_server.py`` checks that ``api_server`` behaves like a real API server.
"""
