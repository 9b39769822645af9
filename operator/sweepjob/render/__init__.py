"""Sweeps and trials as tables, screens, and rows. Pure."""
