"""``azure.ai.ml.dsl``: pipelines, of which the sweep step is submitted."""

from ....sdk.workspace.pipelines import pipeline

__all__ = ["pipeline"]
