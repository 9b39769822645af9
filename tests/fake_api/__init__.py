"""A fake Kubernetes in memory and in virtual time, for what the real one cannot do on demand: the
operator killed at every turn of its event loop, requests that fail before or after they were carried
out, watches that lag, break and lose their place. ``tests/contracts/api_server.py`` says what of the
API server's behaviour it has to share, and runs against both."""
