"""What the runs of a sweep on the user's own tracking server show: the sweep, a trial, the end.

The operator writes it into the pods, and the sidecar's image reads it there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

# Letters of ``SweepEnd.phases``.
PHASES = {"S": "Succeeded", "E": "EarlyStopped", "F": "Failed", "C": "Canceled", "-": ""}


@dataclass(frozen=True, slots=True)
class TrackedSweep:
    """A sweep, as its parent run shows it.

    Attributes:
        uid, name, namespace: identify the SweepJob.
        parameters: what the spec says, by the names of the parent run's params.
    """

    uid: str
    name: str
    namespace: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    def dump(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, text: str) -> TrackedSweep:
        """Read it from JSON.

        Raises:
            ValueError, TypeError: it is malformed.
        """
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class TrackedTrial:
    """A trial, as its run shows it.

    Attributes:
        name: the name of the trial.
        attempt: the number of its attempt.
        parameters: its parameters as text, by name.
    """

    name: str
    attempt: int
    parameters: Mapping[str, str] = field(default_factory=dict)

    def dump(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, text: str) -> TrackedTrial:
        """Read it from JSON.

        Raises:
            ValueError, TypeError: it is malformed.
        """
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True)
class SweepEnd:
    """How a sweep ended.

    Attributes:
        sweep: the sweep.
        status: the status of its parent run: FINISHED, FAILED or KILLED.
        reason: why it failed; empty otherwise.
        metric: the primary metric.
        phases: a letter of PHASES for each trial, by index.
        best: name of the best trial; empty without one.
        value: the best value as text.
        best_parameters: the parameters of the best trial as text.
        front: with several objectives, the indices of trials on the Pareto front, in its order.
        front_size: how many trials are on it.
        trial_tags: the tags that people gave to trials, by the trial's name.
        untagged: how many more trials have tags, which are left out because there are too many.
    """

    sweep: TrackedSweep
    status: str
    reason: str
    metric: str
    phases: str
    best: str = ""
    value: str = ""
    best_parameters: Mapping[str, str] = field(default_factory=dict)
    front: tuple[int, ...] = ()
    front_size: int = 0
    trial_tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    untagged: int = 0

    def dump(self) -> str:
        """Return it as JSON, without what earlier versions do not know where there is none of it."""
        found = asdict(self)
        if not self.front:
            del found["front"], found["front_size"]
        if not self.trial_tags:
            del found["trial_tags"], found["untagged"]
        return json.dumps(found)

    @classmethod
    def parse(cls, text: str) -> SweepEnd:
        """Read it from JSON.

        Raises:
            ValueError, TypeError, KeyError: it is malformed.
        """
        data: dict[str, Any] = json.loads(text)
        front = tuple(data.get("front", ()))
        return cls(**{**data, "sweep": TrackedSweep(**data["sweep"]), "front": front})

    def with_best(self, trial: str, value: str, parameters: Mapping[str, str]) -> SweepEnd:
        """Return the same end with the best trial, its value and its parameters."""
        return replace(self, best=trial, value=value, best_parameters=parameters)

    def front_trials(self) -> list[str]:
        """Return the names of the trials on the front, in its order."""
        return [f"{self.sweep.name}-{index}" for index in self.front]

    def trial_phases(self) -> dict[str, str]:
        """Return the phase of each trial by the trial's name."""
        named = ((f"{self.sweep.name}-{n}", PHASES[c]) for n, c in enumerate(self.phases))
        return {name: phase for name, phase in named if phase}
