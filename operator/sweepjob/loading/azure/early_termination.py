"""Converts early termination policies of v1 and v2.

The names and arguments are those of Azure's schemas, which have three policies; other policies, of this
package or of plug-ins, are written in a SweepJob.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .conversion import Section

V2_NAMES = {name: name for name in ("bandit", "median_stopping", "truncation_selection")}
V1_NAMES = {
    "banditpolicy": "bandit",
    "bandit": "bandit",
    "medianstoppingpolicy": "median_stopping",
    "medianstopping": "median_stopping",
    "truncationselectionpolicy": "truncation_selection",
    "truncationselection": "truncation_selection",
    "noterminationpolicy": "none",
    "default": "none",
}


def convert_policy(
    parent: Section, key: str, names: Mapping[str, str], spec: dict[str, Any]
) -> None:
    """Convert a policy to ``spec["earlyTermination"]``, if there is one.

    Args:
        parent: the section that has the policy.
        key: the policy's key.
        names: types of policies by Azure's names.
        spec: the spec of the SweepJob.
    """
    value = parent.data.get(key)
    if value is None:
        parent.ignore(key, "null means no policy, as if the key were absent")
        return
    if isinstance(value, str):
        parent.note(key, value, "Azure's client wants an object; taken as its type")
        section = parent.conversion.section({"type": parent.read(key)}, parent.at(key))
    else:
        section = parent.subsection(key)
    parent.conversion.source_paths["spec.earlyTermination"] = section.path
    kind = section.keyword("type", names)
    if kind == "none":
        section.reject_unknown_keys()
        return
    if kind is not None:
        spec["earlyTermination"] = _arguments(section, kind)
    section.reject_unknown_keys()


def _arguments(section: Section, kind: str) -> dict[str, Any]:
    policy: dict[str, Any] = {"type": kind}
    if kind == "bandit":
        _slack(section, policy)
    if kind == "truncation_selection":
        percentage = section.integer("truncation_percentage")
        if percentage is None or not 1 <= percentage <= 99:
            section.reject("truncation_percentage", percentage, "must be 1 to 99")
        policy["truncationPercentage"] = percentage
        if section.read("exclude_finished_jobs", False) is not False:
            message = "finished trials always take part in the ranking; remove it"
            section.reject("exclude_finished_jobs", True, message)
    interval = section.integer("evaluation_interval")
    if interval == 0:
        section.note("evaluation_interval", 0, "Azure's clients send 0 for the default, which is 1")
    for key, value in (
        ("evaluationInterval", interval or None),
        ("delayEvaluation", section.integer("delay_evaluation")),
    ):
        if value is not None:
            policy[key] = value
    return policy


def _slack(section: Section, policy: dict[str, Any]) -> None:
    slacks = {key: section.number(key) for key in ("slack_factor", "slack_amount")}
    given = {key: value for key, value in slacks.items() if value is not None}
    if len(given) == 2 and 0 in given.values() and any(given.values()):
        zero = next(key for key, value in given.items() if value == 0)
        section.note(zero, 0, "Azure's clients send 0 for the slack that is not given; left out")
        del given[zero]
    if len(given) != 1:
        section.reject("", given, "bandit takes exactly one of slack_factor and slack_amount")
    for key, value in given.items():
        policy["slackFactor" if key == "slack_factor" else "slackAmount"] = value
