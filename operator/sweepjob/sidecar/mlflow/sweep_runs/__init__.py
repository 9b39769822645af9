"""The runs of a sweep on the user's own tracking server: a parent run, and a run for each trial."""
