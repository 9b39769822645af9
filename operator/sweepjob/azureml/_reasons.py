"""Why an argument is not used, where several modules say the same."""

ALL_SWEEPS = "all sweeps of the experiment are returned; select among them"
# Of functions of Azure's that take any argument.
DROPPED = "Azure's client drops it as well; leave it out"
