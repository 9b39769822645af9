"""Messages that several components show."""
