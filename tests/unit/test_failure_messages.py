"""What a failed trial says: whose exit code, and the last lines of the log as plain text."""

from __future__ import annotations

import pytest
from sweepjob.trial_pods.failures import last_lines
from sweepjob.trial_pods.pod_parsing import parse_pod

from .jobs import manifest, pod_of
from .pods import ended, pod

TRACEBACK = (
    'Traceback (most recent call last):\n  File "t.py", line 3\nValueError: no such column: x'
)


def failure(*containers: dict[str, object]) -> tuple[str, str]:
    return parse_pod(pod({"phase": "Failed", "containerStatuses": list(containers)})).view.failure


def test_the_kubelet_is_asked_for_the_end_of_the_trainers_log() -> None:
    [trainer] = pod_of(manifest())["containers"]
    assert trainer["terminationMessagePolicy"] == "FallbackToLogsOnError"
    own = {"name": "trainer", "image": "x", "terminationMessagePolicy": "File"}
    template = {"spec": {"containers": [{"name": "proxy", "image": "p"}, own]}}
    proxy, trainer = pod_of(manifest(trial={"template": template}))["containers"]
    assert trainer["terminationMessagePolicy"] == "File", "what the user has set stays"
    assert "terminationMessagePolicy" not in proxy


def test_the_last_lines_are_in_the_message() -> None:
    reason, message = failure(ended(1, message=TRACEBACK + "\n"))
    assert reason == "TrainerFailed"
    assert message == f"the trainer ended with exit code 1: {TRACEBACK}"
    reason, message = failure(ended(137, "OOMKilled", message="epoch 3"))
    assert reason == "OutOfMemory"
    assert message.endswith("raise resources.limits: epoch 3")


def test_a_pod_that_fails_for_another_container_says_which() -> None:
    other = {"name": "uploader", "state": {"terminated": {"exitCode": 2, "message": "no bucket"}}}
    assert failure(ended(0), other) == (
        "ContainerFailed",
        "container 'uploader' ended with exit code 2, though the trainer ended with 0: no bucket",
    )


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("\x1b[31mred\x1b[0m\x1b[K text", "red text"),
        ("\x1b]0;title\x07after \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "after link"),
        ("10%|#  |\r50%|## |\r100%|###|\nValueError", "100%|###|\nValueError"),
        ("windows\r\nlines\r\n", "windows\nlines"),
        ("bell\x07 null\x00 \u202eback", "bell\ufffd null\ufffd \ufffdback"),
        ("tab\tstays \u00fcml\u00e4ut \u65e5\u672c", "tab\tstays \u00fcml\u00e4ut \u65e5\u672c"),
        ("cut \x1b[38;5", "cut"),
        ("   \n\n", ""),
    ],
)
def test_the_message_has_no_control_characters(text: str, plain: str) -> None:
    assert last_lines(text) == plain


def test_the_message_is_cut_to_its_last_whole_lines() -> None:
    lines = last_lines("\n".join(f"line {n}" for n in range(1000)))
    assert len(lines) <= 2048
    assert lines.startswith("line ")
    assert lines.endswith("line 999")
    assert len(last_lines("x" * 10_000)) == 2048


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (1, "exit code 1"),
        (3, "exit code 3"),
        (128, "exit code 128"),
        (139, "exit code 139 (SIGSEGV, an invalid memory access in native code)"),
        (137, "exit code 137 (SIGKILL, as the kernel sends when memory runs out)"),
        (134, "exit code 134 (SIGABRT, native code gave up, often after a message in the log)"),
        (143, "exit code 143 (SIGTERM)"),
        (255, "exit code 255"),
    ],
)
def test_an_exit_code_that_stands_for_a_signal_names_it(code: int, said: str) -> None:
    assert failure(ended(code)) == (
        "TrainerFailed",
        f"the trainer {said.replace('exit', 'ended with exit')}",
    )
    other = {"name": "uploader", "state": {"terminated": {"exitCode": code}}}
    assert f"ended with {said}, though" in failure(ended(0), other)[1]
