"""Access to the API server: client, informers, work queues, rate limits, leader election."""
