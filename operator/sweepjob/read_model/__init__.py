"""What commands, the dashboard and the SDK read from SweepJob and SweepTrial objects."""
