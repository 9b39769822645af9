"""Files that are made: the JSON Schema for editors and the list of all fields from the CRDs, and the
Grafana dashboard from a table."""
