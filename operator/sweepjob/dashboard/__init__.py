"""The dashboard: a live page, and a report of the same views as one HTML file."""
