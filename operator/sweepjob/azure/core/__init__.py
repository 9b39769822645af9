"""The package of ``azure.core.exceptions``."""
