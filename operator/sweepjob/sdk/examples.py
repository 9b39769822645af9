"""A right call of each class, for messages about wrong ones. The tests evaluate all of them."""

from __future__ import annotations

EXAMPLES = {
    "Choice": "Choice([16, 32, 64])",
    "Randint": "Randint(10)",
    "Uniform": "Uniform(0.1, 0.9)",
    "LogUniform": "LogUniform(low=1e-4, high=0.1)",
    "QUniform": "QUniform(16, 256, 16)",
    "QLogUniform": "QLogUniform(low=1, high=1000, q=1)",
    "Normal": "Normal(0.0, 1.0)",
    "LogNormal": "LogNormal(-5.0, 1.0)",
    "QNormal": "QNormal(100, 20, 1)",
    "QLogNormal": "QLogNormal(5.0, 1.0, 1)",
    "BanditPolicy": "BanditPolicy(slack_factor=0.1, evaluation_interval=1, delay_evaluation=5)",
    "MedianStoppingPolicy": "MedianStoppingPolicy(evaluation_interval=1, delay_evaluation=5)",
    "TruncationSelectionPolicy": "TruncationSelectionPolicy(truncation_percentage=20)",
    "AshaPolicy": "AshaPolicy(reduction_factor=3, grace_period=1)",
    "HyperbandPolicy": "HyperbandPolicy(max_reports=81)",
    "ForecastPolicy": "ForecastPolicy(probability=0.05)",
    "AutoPolicy": "AutoPolicy()",
    "RandomSamplingAlgorithm": 'RandomSamplingAlgorithm(rule="sobol", seed=7)',
    "GridSamplingAlgorithm": "GridSamplingAlgorithm()",
    "BayesianSamplingAlgorithm": "BayesianSamplingAlgorithm(seed=7)",
    "Objective": 'Objective("maximize", "val_accuracy")',
    "Constraint": 'Constraint("size_mb", max=50)',
    "SweepJobLimits": "SweepJobLimits(max_total_trials=40, max_concurrent_trials=4, timeout=7200)",
}


def example_of(name: str) -> str:
    """Return an example of a valid call, to append to a message; empty where there is none.

    Args:
        name: name of the class that was called.
    """
    return f". Example: {EXAMPLES[name]}" if name in EXAMPLES else ""
