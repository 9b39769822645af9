"""Converts ``spec.earlyTermination`` to a policy."""

from __future__ import annotations

from ...early_stopping.policies.registry import POLICIES
from ...early_stopping.policy import NoPolicy, Policy
from ...plugins.parameters import read_all
from ..parsing.reader import Reader
from ..parsing.suggestions import did_you_mean


def parse_policy(reader: Reader) -> Policy:
    """Return the policy that a section describes, built by its declaration.

    Args:
        reader: the section; mistakes are recorded there, and ``NoPolicy`` is returned for a type
            that is not registered.
    """
    name = reader.text("type")
    declaration = POLICIES.get(name)
    if declaration is None:
        if name:
            reader.note("type", name, POLICIES.unknown(did_you_mean(name, POLICIES.names())))
        return NoPolicy()
    reader.known(("type", *(parameter.name for parameter in declaration.parameters)))
    before = len(reader.problems)
    values = read_all(declaration.parameters, reader)
    try:
        return declaration.build(values, reader.note)
    except Exception as error:
        distribution = POLICIES.distribution_of(name)
        if not distribution:
            raise
        if len(reader.problems) == before:
            reader.note("type", name, f"the plug-in of {distribution} failed: {error!r}")
        return NoPolicy()


def policy_in_force(policy: Policy, *, has_checkpoints: bool) -> Policy:
    """Return the form of a policy that a sweep uses: one that pauses trials, where it has one and may.

    Args:
        policy: the policy of the spec.
        has_checkpoints: whether trials can be paused.
    """
    with_checkpoints = getattr(policy, "with_checkpoints", None)
    if not has_checkpoints or with_checkpoints is None:
        return policy
    pausing: Policy = with_checkpoints()
    return pausing
