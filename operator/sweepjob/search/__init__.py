"""Search spaces, samplers, and parameter importance. Pure functions of their arguments."""
