"""What a sweep on this machine does not do, in the words of the commands and of the SDK."""

PAUSED_BY_POLICY_ONLY = (
    "trials of a sweep on this machine are paused and continued by its policy only"
)
