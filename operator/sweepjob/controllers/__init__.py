"""The controllers with their caches and work queues, and the writers of records and status."""
