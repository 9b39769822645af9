"""Formats sweeps and trials as tables, screens and rows, and prints them."""
