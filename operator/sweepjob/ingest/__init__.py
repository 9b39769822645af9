"""Receives reports: an HTTP server in a separate process, and readers of pod logs."""
