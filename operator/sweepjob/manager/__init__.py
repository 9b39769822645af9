"""The operator's process: assembles the controllers, and runs watches, probes and metrics."""
