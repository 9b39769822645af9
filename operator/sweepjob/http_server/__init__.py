"""HTTP servers that tenants can reach: connections, limits, and TLS certificates."""
