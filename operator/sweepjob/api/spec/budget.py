"""``spec.earlyTermination.budgetParameter``: a trial that continues is run again with a larger budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...template.references import Reference, iter_texts, references
from ..parsing.problem import Problem
from .search_space import NAME_RULE, is_parameter_name
from .sweep_spec import SweepSpec

_PATH = "spec.earlyTermination.budgetParameter"
_GROUP = "search_space."
_ALL_PARAMETERS = "SWEEPJOB_PARAMETERS"


def budget_references(spec: SweepSpec) -> tuple[str, ...]:
    """Return the reference to the budget, which every trial has in addition; none without a budget.

    Args:
        spec: the spec of the sweep.
    """
    name = spec.budget_parameter
    return (f"{_GROUP}{name}",) if name else ()


def budget_problems(spec: SweepSpec, trial: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield why trials cannot be run again with a larger budget.

    Args:
        spec: the spec of the sweep.
        trial: ``spec.trial`` as it is written.
    """
    name = spec.budget_parameter
    if not name:
        return
    if not is_parameter_name(name):
        yield Problem(_PATH, name, NAME_RULE)
        return
    reference = Reference(f"{_GROUP}{name}")
    if name in spec.space.parameters.entries:
        message = "the policy sets it, so no sampler may; remove it from spec.searchSpace"
        yield Problem(_PATH, name, message)
    if name in spec.inputs:
        message = f"the policy sets it; remove it from spec.inputs, and write {reference} for it"
        yield Problem(_PATH, name, message)
    if spec.trial.checkpoint is not None:
        message = (
            "trials go on from trial.checkpoint, so none is run again; remove budgetParameter, or "
            "remove trial.checkpoint"
        )
        yield Problem(_PATH, name, message)
    if spec.trial.manifest is not None:
        kind = spec.trial.manifest.kind
        message = f"a trial that is a {kind} cannot be run again; use trial.template, or remove it"
        yield Problem(_PATH, name, message)
    if _is_unused(name, trial):
        message = (
            f"nothing in spec.trial uses it, so that each execution would be the same; write {reference} "
            f"in the command, or let the script read AZUREML_SWEEP_{name} and name that variable"
        )
        yield Problem(_PATH, name, message)


def _is_unused(name: str, trial: Mapping[str, Any]) -> bool:
    """Return whether a trial refers to other parameters, and does not mention the budget.

    A script that is given none of them may read all from its environment.
    """
    texts = [text for _, text in iter_texts(trial)]
    used = {found for text in texts for found in references(text)}
    is_mentioned = any(f"AZUREML_SWEEP_{name}" in t or _ALL_PARAMETERS in t for t in texts)
    has_any = any(found.startswith(_GROUP) or found == "search_space" for found in used)
    return has_any and f"{_GROUP}{name}" not in used and not is_mentioned
