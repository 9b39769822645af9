"""Nobody reports for another: tokens are checked, and a pod speaks for its own trial only."""

from __future__ import annotations

import pytest

from .pushes import push, reports
from .sweeps import Sweeps, choice


@pytest.fixture(scope="module")
def pods(sweeps: Sweeps) -> list[str]:
    """The pods of two live trials."""
    space = {"level": choice(0.1, 0.2), "reports": choice(1), "pause": choice(300)}
    sweeps.apply("live", sweeps.spec(space))
    sweeps.await_reports("live", 2)
    return sorted(p["metadata"]["name"] for p in sweeps.running_pods("live"))


def test_a_trial_reports_with_its_own_token(sweeps: Sweeps, pods: list[str]) -> None:
    assert push(sweeps, pods[0], reports(sweeps.namespace, "live-0", 1, 0.1)) == "200"


def test_repeated_reports_count_once(sweeps: Sweeps, pods: list[str]) -> None:
    for _ in range(3):
        push(sweeps, pods[0], reports(sweeps.namespace, "live-0", 1, 0.5))
    assert sweeps.trials("live")[0]["status"]["curve"]["reports"] == 1


@pytest.mark.parametrize(
    ("trial", "token", "answer"),
    [
        ("live-1", "", "403"),
        ("live-7", "", "403"),
        ("live-0", "made-up", "401"),
        ("live-0", "a.b.c", "401"),
    ],
)
def test_a_token_of_another_trial_is_refused(
    sweeps: Sweeps, pods: list[str], trial: str, token: str, answer: str
) -> None:
    body = reports(sweeps.namespace, trial, 1, 99.0)
    assert push(sweeps, pods[0], body, token).startswith(answer)


def test_a_token_for_another_audience_is_refused(sweeps: Sweeps, pods: list[str]) -> None:
    token = sweeps.kubectl(
        "create", "token", "default", "--bound-object-kind=Pod", f"--bound-object-name={pods[0]}"
    ).strip()
    body = reports(sweeps.namespace, "live-0", 1, 99.0)
    assert push(sweeps, pods[0], body, token).startswith("401")


def test_a_token_of_another_namespace_is_refused(sweeps: Sweeps, pods: list[str]) -> None:
    assert push(sweeps, pods[0], reports("default", "live-0", 1, 99.0)).startswith("403")


@pytest.mark.parametrize("body", ["", "{", "[]", '{"first": 1}', "[" * 5000])
def test_malformed_requests_are_refused(sweeps: Sweeps, pods: list[str], body: str) -> None:
    assert push(sweeps, pods[0], body).startswith("400")


def test_oversized_requests_are_refused(sweeps: Sweeps, pods: list[str]) -> None:
    many = reports(sweeps.namespace, "live-0", 2, *[0.1] * 501)
    assert push(sweeps, pods[0], many).startswith("400")
    assert push(sweeps, pods[0], " " * 100_000).startswith("413")


def test_the_trainer_has_no_token(sweeps: Sweeps, pods: list[str]) -> None:
    mounts = sweeps.kubectl("exec", pods[0], "-c", "trainer", "--", "cat", "/proc/mounts")
    assert "overlay" in mounts
    assert "sweepjob.dev" not in mounts
