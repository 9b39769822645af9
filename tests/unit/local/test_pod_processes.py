"""Tests that variables and commands are expanded as by the kubelet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sweepjob.local.pod_processes import GroupPorts, LocalPod, local_pod


def pod(tmp_path: Path, **container: Any) -> LocalPod:
    trainer = {"name": "trainer", "image": "i", **container}
    body = {"metadata": {"name": "p"}, "spec": {"containers": [trainer]}}
    return local_pod(
        body, tmp_path, "http://intake", {"SECRET": "s$$x", "HOME": "/h"}, GroupPorts()
    )


def test_variables_refer_to_those_before_them(tmp_path: Path) -> None:
    env = [
        {"name": "LATE", "value": "$(DATA)/$(HOME)"},
        {"name": "DATA", "value": "/d$$x$"},
        {"name": "FILE", "value": "$(DATA)/$(SECRET)$(NONE)"},
        {"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        {"name": "OPEN", "value": "$$(DATA) $(SECRET) $("},
        {"name": "DATA", "value": "$(DATA)!"},
    ]
    made = pod(tmp_path, env=env).environment
    assert made["LATE"] == "$(DATA)/$(HOME)", "neither is declared yet, nor ever"
    assert made["FILE"] == "/d$x$/$(SECRET)$(NONE)"
    assert made["OPEN"] == "$(DATA) s$$x $("
    assert made["DATA"] == "/d$x$!"


def test_words_refer_to_all_variables(tmp_path: Path) -> None:
    made = pod(
        tmp_path,
        command=["run", "$(A)", "$$(A)", "$(NONE)"],
        args=["$$", "a$b", "$(B C)"],
        env=[{"name": "A", "value": "x y"}, {"name": "B C", "value": "2"}],
    )
    assert made.command == ["run", "x y", "$(A)", "$(NONE)", "$", "a$b", "2"]
