"""Pure translation between Kubernetes objects, which are dicts, and the values of ``domain``."""
