"""Search spaces, samplers, and parameter importance: pure functions of their arguments."""
