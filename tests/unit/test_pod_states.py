"""``status.pods`` of a SweepTrial, and the trial in the dashboard's document."""

from __future__ import annotations

from sweepjob.api.sweeptrial.pod_states import PodState, dump_pod_state, merge_pod_states
from sweepjob.api.sweeptrial.serialization import parse_record
from sweepjob.dashboard.document import build_document

from .cli.bodies import NOW, sweep_body, trial_body


def state(rank: int, word: str, pod: str = "x") -> PodState:
    return PodState(rank, f"sweep-0-{rank}-{pod}", f"node-{rank}", word)


def test_a_pod_that_is_gone_stays_with_how_it_ended() -> None:
    before = (state(0, "Running"), state(1, "Failed"), state(2, "Terminating"))
    assert merge_pod_states(before, ()) == (
        *(state(0, "Deleted"), state(1, "Failed"), state(2, "Deleted")),
    )
    after = merge_pod_states(before, (state(2, "Running", "y"), state(0, "Succeeded")))
    assert after == (state(0, "Succeeded"), state(1, "Failed"), state(2, "Running", "y"))
    assert merge_pod_states(after, after) == after


def test_what_is_written_is_read_and_what_cannot_be_read_is_said() -> None:
    pods = (state(0, "Running"), state(1, "Pending"))
    body = trial_body(0, [0.1], pods=[dump_pod_state(pod) for pod in pods])
    assert parse_record(body).pods == pods
    body["status"]["pods"][1]["rank"] = "one"
    record = parse_record(body)
    assert record.pods[0] == pods[0]
    assert any("status.pods" in problem for problem in record.problems)
    assert not record.is_unmanaged, "no decision depends on it"


def test_the_document_has_the_pods_of_trials_of_several_only() -> None:
    pods = [dump_pod_state(state(rank, "Running")) for rank in range(2)]
    several, one = trial_body(0, [0.1], pods=pods), trial_body(1, [0.2])
    document = build_document(sweep_body(), [several, one], NOW)
    first, second = document["trials"]
    assert first["pods"] == pods
    assert "pods" not in second, "it looks as before"
