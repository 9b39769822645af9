"""The transitions of a live trial's state, by what causes them. ``TrialStore`` has all of them."""
