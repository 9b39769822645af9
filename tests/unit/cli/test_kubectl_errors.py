"""Tests the errors for messages of kubectl 1.35."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sweepjob.cli.errors import CommandError
from sweepjob.cli.kubectl import Kubectl
from sweepjob.cli.kubectl_errors import NotFound, parse_error

_MEMCACHE = (
    'E1129 22:50:{n:02d}.000000    4242 memcache.go:265] "Unhandled Error" err="couldn\'t get current '
    'server API group list: Get \\"http://localhost:8080/api?timeout=32s\\": dial tcp [::1]:8080: connect: '
    'connection refused"\n'
)
NO_KUBECONFIG = "".join(_MEMCACHE.format(n=n) for n in range(5)) + (
    "The connection to the server localhost:8080 was refused - did you specify the right host or port?\n"
)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (NO_KUBECONFIG, "--kubeconfig FILE"),
        ('error: the server doesn\'t have a resource type "sweepjobs"', "helm install sweepjob"),
        ('error: context "prod" does not exist', "kubectl config get-contexts"),
        (
            "error: stat /nowhere/config: no such file or directory",
            "names a file that does not exist",
        ),
        ("error: You must be logged in to the server (Unauthorized)", "kubectl auth whoami"),
        (
            'Error from server (Forbidden): sweepjobs.sweepjob.dev is forbidden: User "eve" cannot list '
            'resource "sweepjobs" in API group "sweepjob.dev" in the namespace "a"',
            "kubectl auth can-i --list",
        ),
        (
            "Unable to connect to the server: dial tcp 10.1.2.3:443: i/o timeout",
            "Is the cluster up",
        ),
    ],
)
def test_a_message_names_the_cause_and_the_remedy(said: str, expected: str) -> None:
    text = str(parse_error(said))
    assert expected in text
    assert "memcache" not in text
    assert "\n" not in text


def test_not_found_is_reported_once() -> None:
    said = 'Error from server (NotFound): sweepjobs.sweepjob.dev "x" not found'
    error = parse_error(said)
    assert isinstance(error, NotFound)
    assert str(error) == 'sweepjobs.sweepjob.dev "x" not found'


class TestWhereAnotherObjectIsMeant:
    """A fake kubectl for one object in another namespace. tests/e2e uses the real one."""

    @pytest.fixture
    def cluster(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kubectl:
        script = tmp_path / "kubectl"
        script.write_text(
            "#!/bin/sh\n"
            'case "$*" in\n'
            "  *sweepjobs*--all-namespaces*name=digits\\ -o*) echo team-a ;;\n"
            "  *sweeptrials*--all-namespaces*name=digits-3*) echo here ;;\n"
            "  *--all-namespaces*) ;;\n"
            '  *"get namespace gone"*) echo "Error from server (NotFound): namespaces not found" >&2; exit 1 ;;\n'
            '  *"get namespace"*) echo namespace/here ;;\n'
            '  *) echo "Error from server (NotFound): $3 \\"$4\\" not found" >&2; exit 1 ;;\n'
            "esac\n"
        )
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
        return Kubectl(("--namespace=here",))

    def test_a_sweep_in_another_namespace_is_suggested(self, cluster: Kubectl) -> None:
        with pytest.raises(
            CommandError,
            match="in namespace here; there is a sweep of this name in namespace team-a: add -n team-a",
        ):
            cluster.sweep("digits")

    def test_a_trial_for_a_sweep(self, cluster: Kubectl) -> None:
        with pytest.raises(CommandError, match="digits-3 is the name of a trial there"):
            cluster.sweep("digits-3")

    def test_a_sweep_in_no_namespace_is_not_found(self, cluster: Kubectl) -> None:
        with pytest.raises(CommandError, match=r'"other" not found in namespace here$'):
            cluster.sweep("other")

    def test_no_such_namespace(self, cluster: Kubectl) -> None:
        elsewhere = Kubectl(("--namespace=gone",))
        with pytest.raises(CommandError, match="this namespace does not exist"):
            elsewhere.sweep("other")
        assert "namespace gone does not exist" in elsewhere.empty_message()
