"""Tags of the runs of a sweep, by which they are found: MLflow has no unique key."""

from __future__ import annotations

from collections.abc import Mapping

from ..run_store import PARENT

PREFIX = "sweepjob.dev/"
SWEEP = f"{PREFIX}sweep"
SWEEP_UID = f"{PREFIX}sweep-uid"
NAMESPACE = f"{PREFIX}namespace"
TRIAL = f"{PREFIX}trial"
ATTEMPT = f"{PREFIX}attempt"
PARAMETERS = f"{PREFIX}parameters"  # JSON; the params of a trial's run are written when it ends
PHASE = f"{PREFIX}phase"
BEST = f"{PREFIX}best"  # of the best trial's run: "true"
BEST_TRIAL = f"{PREFIX}best-trial"
BEST_RUN = f"{PREFIX}best-run"
BEST_VALUE = f"{PREFIX}best-value"
FRONT = f"{PREFIX}pareto"  # of the runs of the trials on the Pareto front: "true"
FRONT_SIZE = f"{PREFIX}pareto-size"
FRONT_TRIALS = f"{PREFIX}pareto-trials"
REASON = f"{PREFIX}reason"
WITHOUT_RUN = f"{PREFIX}trials-without-run"
# The id of one creation, by which a run whose answer was lost is found.
REQUEST = f"{PREFIX}request"
# The parent that the sidecar chose, which equals MLflow's tag: such a run is not nested by the script.
OWN_PARENT = f"{PREFIX}parent"

ROLE = f"{PREFIX}role"
ROLE_SWEEP = "sweep"  # the parent
ROLE_TRIAL = "trial"  # the one run that stands for a trial
ROLE_PART = "part"  # further runs of the same script, below it
ROLE_EARLIER = "earlier-attempt"  # of an attempt that was repeated, below the trial's run


def of_people(given: Mapping[str, str]) -> dict[str, str]:
    """Return the tags that people gave to a trial as those of its run; "true" for one without a value."""
    return {f"{PREFIX}tag-{key}": value or "true" for key, value in given.items()}


def without_own_parent(tags: dict[str, str]) -> dict[str, str]:
    """Return the tags of a run as the script set them."""
    if tags.get(PARENT) and tags.get(OWN_PARENT) == tags[PARENT]:
        return {key: value for key, value in tags.items() if key != PARENT}
    return tags


def nested_below(parent: str) -> dict[str, str]:
    """Return the tags that nest a run."""
    return {PARENT: parent, OWN_PARENT: parent}
