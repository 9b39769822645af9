"""The operator: watches, caches, work queues, controllers, and the writers of records and status."""
