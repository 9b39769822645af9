"""Notifications: receivers and their rules, CloudEvents and other forms, and requests over HTTP."""
