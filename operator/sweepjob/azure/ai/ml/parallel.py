"""``azure.ai.ml.parallel``: names that can be imported; parallel jobs are not supported."""

from ....sdk.workspace.unsupported import unsupported_names

_OTHERS = """
ParallelJob RunFunction parallel_run_function
"""
__getattr__ = unsupported_names(__name__, _OTHERS.split())
