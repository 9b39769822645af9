"""Generators of files in the repository.

They write the API reference, the table of layers on the architecture page, the JSON Schema for editors and the
Grafana dashboard.
"""
