"""What objects of every kind have: identity, conditions and events."""
