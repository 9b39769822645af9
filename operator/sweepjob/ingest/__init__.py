"""Receives reports: an HTTP server in a process of its own, and readers of pods' logs."""
