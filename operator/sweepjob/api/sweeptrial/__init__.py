"""The SweepTrial resource: the durable record of a trial."""
