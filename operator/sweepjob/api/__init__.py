"""The two resources as typed values, and every check of a spec. Pure."""
