"""Notifications of a sweep: what is notified, and the outbox in its status. Pure."""
