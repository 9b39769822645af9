"""Read-only views of SweepJobs and SweepTrials for the CLI, the dashboard and the SDK."""
