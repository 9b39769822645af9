"""The package of ``azure.ai.ml``."""
