"""A sweep to look at: a live page, and a report that stands alone."""
