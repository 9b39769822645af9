"""The dashboard: a live page of the sweeps, and the same page as one HTML file."""
