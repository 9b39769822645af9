"""References to a trial itself, which only manifests have: a Job's pods have variables."""

from __future__ import annotations

from ..api import names
from ..api.spec.trial_manifest import MANIFEST_REFERENCES
from .identity import TrialIdentity


def trial_references(identity: TrialIdentity) -> dict[str, str]:
    """Return the values of the references, by name.

    Args:
        identity: the identity of an attempt.
    """
    made = names.job_name(identity.trial, identity.attempt)
    values = (identity.trial, str(identity.attempt), made)
    return dict(zip(MANIFEST_REFERENCES, values, strict=True))
