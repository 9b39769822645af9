"""Search spaces and samplers: pure functions of their arguments."""
