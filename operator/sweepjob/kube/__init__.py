"""The API server: client, informers, work queues, rate limits, and the leader's Lease."""
