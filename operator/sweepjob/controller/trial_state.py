"""What the operator remembers of a live trial beyond its record. All of it can be made again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from .. import wire
from ..domain.curve import Curve
from ..domain.plan.snapshot import Phase, Stop
from ..domain.space import Assignment
from ..resources.pods import PodRecord
from ..resources.record import Record, load_curve


@dataclass(slots=True)
class TrialState:
    """A live trial.

    Attributes:
        curve: the reports of the pod ``pod`` (its uid).
        durable: how many of them are on record.
        first_report: when the first report came, None if that was before the operator's start.
        stopped: when the decision to stop it was recorded.
        written: when the record's status was written last.
        unwritten_since: when the first report came that is not on record, None when all are.
        held: GPU-seconds of each pod of the current attempt, by uid.
        deleted: uids of pods and Jobs whose deletion was asked for; a cache may not show it yet.
        refused: why its Job could not be created, empty when it could.
        other_metrics_since: when the first report came, as long as none was of the primary metric.
    """

    name: str
    uid: str
    index: int
    assignment: Assignment
    phase: Phase
    attempt: int
    failures: int
    launched: bool
    stop: Stop | None
    curve: Curve
    pod: str
    durable: int
    started: float | None
    gpus: float
    gpu_used: float
    seen: tuple[str, ...]
    verdict: Stop | None = None
    first_report: float | None = None
    stopped: float | None = None
    written: float = 0.0
    unwritten_since: float | None = None
    held: dict[str, float] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    refused: str = ""
    other_metrics_since: float | None = None

    @classmethod
    def of(cls, record: Record, empty: Curve) -> TrialState:
        curve = load_curve(record.curve, empty)
        return cls(
            name=record.name,
            uid=record.uid,
            index=record.index,
            assignment=record.assignment,
            phase=record.phase,
            attempt=record.attempt,
            failures=record.failures,
            launched=record.launched,
            stop=record.stop,
            curve=curve,
            pod=str(record.curve.get("pod", "")),
            durable=curve.count,
            started=record.started,
            gpus=record.gpus,
            gpu_used=record.gpu_used,
            seen=record.seen,
        )

    def turn_to(self, pod: str) -> None:
        """Reports come from a new pod: its numbering starts afresh, the best ever stays."""
        if self.pod and self.curve.count:
            best, interval = self.curve.best, self.curve.best_interval
            empty = Curve(self.curve.goal, self.curve.asked)
            self.curve = replace(empty, best=best, best_interval=interval)
        self.pod = pod
        self.durable = 0

    def account(self, pod: PodRecord, now: float, *, gone: bool) -> None:
        """Note how long a pod has held its GPUs, as far as it is known at this moment."""
        self.gpus = max(self.gpus, pod.gpus)
        if pod.view.started is not None and self.started is None:
            self.started = pod.view.started
        if pod.held_from is not None:
            until = pod.ended if pod.ended is not None else now
            if pod.ended is None and not gone and pod.uid not in self.held:
                self.held[pod.uid] = 0.0  # still holds; counted when it ends
            elif pod.ended is not None or gone:
                self.held[pod.uid] = max(0.0, until - pod.held_from) * pod.gpus

    @property
    def gpu_total(self) -> float:
        """GPU-seconds of all attempts that have ended, and of the current one's ended pods."""
        return self.gpu_used + sum(self.held.values())

    def missing_of(self, summary: wire.Summary) -> tuple[float, ...]:
        """The reports of a sidecar's last words that never arrived, as far as they are in it."""
        lacking = summary.count - self.curve.count
        return summary.tail[-lacking:] if lacking > 0 else ()
