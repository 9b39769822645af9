"""Converts ``algorithm`` to ``samplingAlgorithm``, and ``earlyStopping`` to ``earlyTermination``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..azure.conversion import Section
from .settings import Settings

_SEED = "random_state"
_MODEL = (
    "is model-based search with another model here: a Gaussian process and expected improvement"
)
# Katib's name: our type, and the names of its settings.
_ALGORITHMS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "random": ("random", (_SEED,)),
    "grid": ("grid", (_SEED,)),
    "sobol": ("random", (_SEED,)),
    "bayesianoptimization": (
        "bayesian",
        (_SEED, "base_estimator", "n_initial_points", "acq_func", "acq_optimizer"),
    ),
    "tpe": (
        "bayesian",
        (
            *(_SEED, "n_startup_trials", "n_ei_candidates", "n_EI_candidates"),
            *("gamma", "prior_weight"),
        ),
    ),
    "multivariate-tpe": ("bayesian", (_SEED, "n_startup_trials", "n_ei_candidates")),
    "cmaes": ("bayesian", (_SEED, "sigma", "restart_strategy")),
    "hyperband": ("random", ("eta", "r_l", "resource_name")),
}
_REFUSED = {
    "pbt": (
        "population based training copies checkpoints between trials, which is not supported; use "
        "bayesian, or random with earlyStopping"
    ),
    "darts": "neural architecture search is not supported; search the parameters of a network",
    "enas": "neural architecture search is not supported; search the parameters of a network",
}
_MODEL_SETTINGS = "the model has no such setting here"


def convert_algorithm(section: Section, spec: dict[str, Any], names: Mapping[str, str]) -> None:
    """Convert ``algorithm``.

    Args:
        section: the algorithm.
        spec: of the SweepJob; receives the algorithm, and with hyperband a policy.
        names: our names of the parameters by Katib's.
    """
    kind = section.text("algorithmName")
    if kind is None or kind not in _ALGORITHMS:
        known = f"unknown; known: {', '.join(_ALGORITHMS)}"
        section.reject("algorithmName", kind, _REFUSED.get(kind or "", known))
        section.read("algorithmSettings")
        section.reject_unknown_keys()
        return
    ours, known_settings = _ALGORITHMS[kind]
    settings = Settings(section, known_settings)
    algorithm: dict[str, Any] = {"type": ours}
    spec["samplingAlgorithm"] = algorithm
    section.conversion.source_paths["spec.samplingAlgorithm"] = section.path
    if ours == "bayesian":
        section.note("algorithmName", kind, _MODEL)
    if kind == "sobol":
        algorithm["rule"] = "sobol"
    if kind == "hyperband":
        _convert_hyperband(section, settings, spec, names)
    if kind == "grid":
        algorithm["order"] = list(names.values())
        message = "not carried over: a grid has no random numbers"
        if (seed := settings.integer(_SEED)) is not None:
            settings.note(_SEED, seed, message)
    elif (seed := settings.integer(_SEED)) is not None:
        algorithm["seed"] = seed
        settings.note(_SEED, seed, "is samplingAlgorithm.seed; the numbers drawn are others")
    settings.note_rest(_MODEL_SETTINGS)
    section.reject_unknown_keys()


def _convert_hyperband(
    section: Section, settings: Settings, spec: dict[str, Any], names: Mapping[str, str]
) -> None:
    resource, most = settings.text("resource_name"), settings.integer("r_l", 1)
    eta = settings.integer("eta", 2) or 3
    if resource not in names or most is None:
        message = "hyperband needs the settings r_l, a whole number, and resource_name, a parameter"
        section.reject("algorithmSettings", [resource, most], message)
        return
    if spec["searchSpace"][names[resource]].get("type") == "choice":
        message = "must be a parameter of type int or double: it is how long a trial trains"
        section.reject("algorithmSettings", resource, message)
        return
    rungs = int(math.log(most, eta) + 1e-9)
    grace = max(1, most // eta**rungs)
    del spec["searchSpace"][names[resource]]
    spec["earlyTermination"] = {
        "type": "hyperband",
        "budgetParameter": names[resource],
        "reductionFactor": eta,
        "gracePeriod": grace,
        "maxReports": most,
    }
    message = (
        f"one sweep with all brackets at once: the policy sets {resource}, and a trial that continues is "
        "run again with more of it, as the same trial; Katib makes another one. Trials are random, and "
        "maxTotalTrials counts configurations"
    )
    section.note("algorithmName", "hyperband", message)


def convert_early_stopping(parent: Section, spec: dict[str, Any]) -> None:
    """Convert ``earlyStopping``.

    Args:
        parent: the spec of the Experiment.
        spec: of the SweepJob; receives the policy.
    """
    if parent.read("earlyStopping") is None:
        return
    section = parent.subsection("earlyStopping")
    section.conversion.source_paths["spec.earlyTermination"] = section.path
    kind = section.keyword("algorithmName", {"medianstop": "medianstop"})
    settings = Settings(section, ("min_trials_required", "start_step"))
    section.reject_unknown_keys()
    if kind is None:
        return
    if "earlyTermination" in spec:
        section.reject(
            "algorithmName", kind, "hyperband stops trials itself; remove one of the two"
        )
        return
    start = settings.integer("start_step", 1) or 4
    spec["earlyTermination"] = {"type": "median_stopping", "delayEvaluation": start}
    if (least := settings.integer("min_trials_required", 1)) is not None:
        message = (
            "not carried over: here a trial is compared as soon as another one has as many reports"
        )
        settings.note("min_trials_required", least, message)
    message = (
        "Katib compares with the mean of the means of the first start_step reports of all ended trials, "
        "and here with the median of the means of all trials up to the same report"
    )
    section.note("algorithmName", kind, message)
