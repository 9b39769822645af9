"""The typed values of a SweepJob's spec, and how each field is read."""
