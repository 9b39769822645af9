"""Why an argument is not used, where several modules say the same."""

ALL_SWEEPS = "all sweeps of the experiment are returned; select among them"
