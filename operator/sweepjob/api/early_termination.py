"""``spec.earlyTermination`` to a policy."""

from __future__ import annotations

from collections.abc import Callable

from ..early_stopping.policies.asha import AshaPolicy, Rungs
from ..early_stopping.policies.bandit import BanditPolicy
from ..early_stopping.policies.median import MedianStoppingPolicy
from ..early_stopping.policies.truncation import TruncationSelectionPolicy
from ..early_stopping.policy import NoPolicy, Policy, Schedule
from .reader import Reader

_FARTHEST = 10**9  # no trial makes so many reports
_SCHEDULE = ("evaluationInterval", "delayEvaluation")
_SLACKS = ("slackFactor", "slackAmount")


def parse_policy(reader: Reader) -> Policy:
    """The policy below ``reader``; mistakes are noted there."""
    kind = reader.word("type", tuple(POLICIES))
    if kind not in POLICIES:
        return NoPolicy()
    keys, parse = POLICIES[kind]
    reader.known(("type", *keys))
    return parse(reader)


def _schedule(reader: Reader) -> Schedule:
    # Azure's clients send 0 for an interval that was not given; it means every one.
    interval = max(1, reader.integer("evaluationInterval", 1, most=_FARTHEST))
    return Schedule(interval, reader.integer("delayEvaluation", 0, most=_FARTHEST))


def _bandit(reader: Reader) -> Policy:
    slacks = {key: reader.number(key) for key in _SLACKS if key in reader.data}
    if len(slacks) != 1:
        reader.note("", dict(slacks), "bandit takes exactly one of slackFactor and slackAmount")
    for key, value in slacks.items():
        if value < 0:
            reader.note(key, value, "must be 0 or more")
    return BanditPolicy(slacks.get("slackFactor"), slacks.get("slackAmount"), _schedule(reader))


def _median(reader: Reader) -> Policy:
    return MedianStoppingPolicy(_schedule(reader))


def _truncation(reader: Reader) -> Policy:
    percentage = reader.integer("truncationPercentage", least=1, most=99)
    return TruncationSelectionPolicy(percentage, _schedule(reader))


def _asha(reader: Reader) -> Policy:
    grace = reader.integer("gracePeriod", 1, least=1, most=_FARTHEST)
    maximum = reader.optional_integer("maxReports", least=1, most=_FARTHEST)
    if maximum is not None and grace >= maximum:
        reader.note("gracePeriod", grace, f"must be below maxReports ({maximum}): no rung is left")
    return AshaPolicy(
        Rungs(reader.integer("reductionFactor", 3, least=2, most=1000), grace, maximum)
    )


# Every policy: the keys it has beside ``type``, and how it is read.
POLICIES: dict[str, tuple[tuple[str, ...], Callable[[Reader], Policy]]] = {
    "bandit": ((*_SLACKS, *_SCHEDULE), _bandit),
    "median_stopping": (_SCHEDULE, _median),
    "truncation_selection": (("truncationPercentage", *_SCHEDULE), _truncation),
    "asha": (("reductionFactor", "gracePeriod", "maxReports"), _asha),
}
