"""HTTP servers that face tenants: connections, their limits, and TLS certificates."""
