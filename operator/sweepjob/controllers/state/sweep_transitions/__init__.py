"""The transitions of an active sweep's state, by what causes them. ``SweepStore`` has all of them."""
