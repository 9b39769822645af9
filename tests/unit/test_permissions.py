"""The operator without each of its permissions in turn: it says what is lacking, blames nobody's spec, and goes
on by itself when the permission is back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from sweepjob import protocol
from sweepjob.api.spec.trial_kind import TrialKind
from sweepjob.controllers.permissions import (
    LEASE_PERMISSIONS,
    PERMISSIONS,
    Need,
    Permission,
    ScopedPermission,
    affects_sweep,
    find_permission,
    kind_permissions,
)
from sweepjob.kube import errors
from sweepjob.kube.denied_access import SET_OWNER, DeniedAccess, parse_denied_access
from sweepjob.local.store import Body

from tests.fake_api.access_rules import AccessRules, key
from tests.fake_api.harness import RunningOperator, Scenario
from tests.fake_api.transport import FaultyTransport

from .scenarios import check, spec

pytestmark = pytest.mark.usefixtures("quiet_logs")

CHART = Path(__file__).parents[2] / "helm" / "sweepjob" / "templates"
# Both are remedies for other troubles.
WRONG_REMEDIES = ("Correct the spec", "Log with MLflow")
# The caches need them before anything is done about a sweep.
BEFORE_ANYTHING = {("sweeptrials", "list"), ("jobs", "list"), ("pods", "list")}


def granted(file: str, *names: str) -> set[tuple[str, str, str]]:
    """What the roles of these names grant, by a template of the chart."""
    found = set()
    for document in (CHART / file).read_text().split("\n---\n"):
        lines = document.splitlines()
        kinds = {line.partition(": ")[2] for line in lines if line.startswith("kind: ")}
        named = any(line == f"  name: {name}" for line in lines for name in names)
        if not named or not kinds & {"ClusterRole", "Role"}:
            continue
        for line in lines:
            if line.startswith("- {apiGroups"):
                rule = yaml.safe_load(line.replace("{{", "<").replace("}}", ">"))[0]
                found |= {
                    (group, resource, verb)
                    for group in rule["apiGroups"]
                    for resource in rule["resources"]
                    for verb in rule["verbs"]
                }
    return found


def test_the_chart_grants_what_the_table_has_and_nothing_else() -> None:
    name = '{{ include "sweepjob.name" . }}'
    chart = granted("rbac.yaml", name, f"{name}-tokens")
    assert len(chart) > 20, "the template is read"
    of_kinds = kind_permissions([TrialKind("< dir .apiVersion >/v1", "Any", "< .resource >")])
    assert {key(permission) for permission in (*PERMISSIONS, *of_kinds)} == chart
    assert {key(r) for r in LEASE_PERMISSIONS} == granted("replicas.yaml", f"{name}-lease")


@pytest.mark.parametrize(
    ("group", "owned", "owner"),
    [("batch", "jobs", "sweeptrials"), ("sweepjob.dev", "sweeptrials", "sweepjobs")],
)
def test_setting_an_owner_needs_the_finalizers_permission(
    group: str, owned: str, owner: str
) -> None:
    permission = find_permission(DeniedAccess(SET_OWNER, group, owned))
    assert permission is not None
    assert key(permission) == ("sweepjob.dev", f"{owner}/finalizers", "update")


def test_each_permission_is_in_the_table_once() -> None:
    keys = [key(permission) for permission in (*PERMISSIONS, *LEASE_PERMISSIONS)]
    assert len(keys) == len(set(keys))


USER = 'User "system:serviceaccount:sweepjob-system:sweepjob" cannot'


@pytest.mark.parametrize(
    ("message", "denied"),
    [
        (
            f'jobs.batch is forbidden: {USER} create resource "jobs" in API group "batch" in the namespace "team"',
            DeniedAccess("create", "batch", "jobs", "team"),
        ),
        (
            f'pods "lr-1-abcde" is forbidden: {USER} get resource "pods/log" in API group "" in the namespace "team"',
            DeniedAccess("get", "", "pods/log", "team"),
        ),
        (
            f'sweepjobs.sweepjob.dev "lr" is forbidden: {USER} patch resource "sweepjobs/status" in API group "sweepjob.dev" in the namespace "a.b"',
            DeniedAccess("patch", "sweepjob.dev", "sweepjobs/status", "a.b"),
        ),
        (
            f'pods is forbidden: {USER} list resource "pods" in API group "" at the cluster scope',
            DeniedAccess("list", "", "pods"),
        ),
        (
            f'tokenreviews.authentication.k8s.io is forbidden: {USER} create resource "tokenreviews" in API group "authentication.k8s.io" at the cluster scope: denied by a webhook',
            DeniedAccess("create", "authentication.k8s.io", "tokenreviews"),
        ),
        (
            'jobs.batch "lr-1" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can\'t set finalizers on: , <nil>',
            DeniedAccess(SET_OWNER, "batch", "jobs"),
        ),
        (
            'sweeptrials.sweepjob.dev "lr-1" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can\'t set finalizers on: , <nil>',
            DeniedAccess(SET_OWNER, "sweepjob.dev", "sweeptrials"),
        ),
        # Admission, which is no lack of a permission, whatever it says.
        ('jobs.batch "lr-1" is forbidden: exceeded quota: q, requested: count/jobs.batch=1', None),
        ('pods "p" is forbidden: violates PodSecurity "restricted:latest": privileged', None),
        (
            "jobs.batch \"lr-1\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",
            None,
        ),
        (
            f'admission webhook "x.example" denied the request: jobs.batch is forbidden: {USER} create resource "jobs" in API group "batch"',
            None,
        ),
        (
            f'jobs.batch "x" is forbidden: policy says: {USER} create resource "jobs" in API group "batch"',
            None,
        ),
        (
            'jobs.batch "x" is forbidden: unable to create new content in namespace team because it is being terminated',
            None,
        ),
        ("", None),
    ],
)
def test_a_403_is_a_missing_permission_or_an_admission_check(
    message: str, denied: DeniedAccess | None
) -> None:
    assert parse_denied_access(message) == denied
    error = errors.from_response(403, json.dumps({"message": message}).encode(), {}, "POST")
    assert isinstance(error, errors.NotPermitted) is (denied is not None)
    if denied is not None:
        assert find_permission(denied) is not None, "the permission is in the table"
    other = errors.from_response(422, json.dumps({"message": message}).encode(), {}, "POST")
    assert not isinstance(other, errors.NotPermitted)


@dataclass
class Deprived(Scenario):
    """A sweep whose operator lacks a permission for a while.

    Args:
        away: seconds from the start from which on it lacks the permission, and until when.
    """

    permission: Permission = PERMISSIONS[0]
    away: tuple[float, float] = (0.0, 90.0)
    # What there was to see at the end of that time.
    missing: set[Permission] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    conditions: dict[str, Body] = field(default_factory=dict)
    events: list[Body] = field(default_factory=list)

    def _start(self) -> None:
        self.access_rules = AccessRules()
        client = FaultyTransport(self.server, self.fault_profile, self.access_rules)
        self.operator = RunningOperator(client, self._clock, reviews_access=True)
        self.loop.call_at(self.away[0], self.access_rules.denied.add, key(self.permission))
        self.loop.call_at(self.away[1], self._give_back)

    def _give_back(self) -> None:
        assert not self.is_over(), "something was left to do"
        assert self.operator is not None
        permissions = self.operator.access_reviewer
        assert permissions is not None
        self.missing = {scoped.permission for scoped in permissions.missing or ()}
        self.problems = permissions.problems()
        status = self.sweep.get("status") or {}
        self.conditions = {c["type"]: c for c in status.get("conditions") or ()}
        self.events = list(self.server.store.all("events").values())
        self.access_rules.denied.clear()


def said(scenario: Deprived) -> str:
    """All that users and the administrator could read."""
    events = [event["message"] for event in scenario.events]
    return "\n".join(
        [*(c["message"] for c in scenario.conditions.values()), *events, *scenario.problems]
    )


def deprive(permission: Permission, trials: int, away: tuple[float, float]) -> Deprived:
    levels = {"type": "choice", "values": [n / 20 for n in range(20)]}
    space = {"level": levels, "reports": {"type": "choice", "values": [10, 14, 18]}}
    scenario = Deprived(5, spec(trials, 2, searchSpace=space), permission=permission, away=away)
    scenario.run()
    assert scenario.missing == {permission}
    assert not any(remedy in said(scenario) for remedy in WRONG_REMEDIES)
    assert any(str(permission) in problem for problem in scenario.problems) is (
        permission.need is Need.REQUIRED
    )
    assert scenario.sweep["status"]["phase"] == "Complete"
    [degraded] = [c for c in scenario.sweep["status"]["conditions"] if c["type"] == "Degraded"]
    assert degraded["status"] == "False", "it is healthy again"
    check(scenario)
    return scenario


def ids(permission: Permission) -> str:
    return str(permission)


@pytest.mark.parametrize("permission", PERMISSIONS, ids=ids)
def test_a_permission_is_revoked_during_a_sweep(permission: Permission) -> None:
    scenario = deprive(permission, 28, (4.0, 68.0))
    concerned = affects_sweep(ScopedPermission(permission, None), "team", protocol.MLFLOW)
    if key(permission) == ("sweepjob.dev", "sweepjobs/status", "patch"):
        assert any(e["reason"] == "OperatorNotPermitted" for e in scenario.events)
    elif concerned:
        assert scenario.conditions["Degraded"]["reason"] == "OperatorNotPermitted"
        assert str(permission) in scenario.conditions["Degraded"]["message"]
        assert "Ask the administrator of the operator" in scenario.conditions["Degraded"]["message"]
    else:
        assert scenario.conditions["Degraded"]["status"] == "False"


@pytest.mark.parametrize("permission", PERMISSIONS, ids=ids)
def test_a_permission_is_missing_from_the_start(permission: Permission) -> None:
    scenario = deprive(permission, 8, (0.0, 20.0))
    reasons = {c["reason"]: c for c in scenario.conditions.values()}
    if key(permission) == ("sweepjob.dev", "sweepjobs/status", "patch"):
        assert any(e["reason"] == "OperatorNotPermitted" for e in scenario.events)
    elif (permission.resource, permission.verb) in {("sweepjobs", "list")}:
        assert not scenario.conditions, "the sweep cannot be seen"
    elif affects_sweep(ScopedPermission(permission, None), "team", protocol.MLFLOW):
        condition = reasons["OperatorNotPermitted"]
        assert (condition["type"], condition["status"]) in (
            ("Degraded", "True"),
            ("Accepted", "False"),
            ("Reconciling", "True"),
        )
        assert str(permission) in condition["message"]
    if (permission.resource, permission.verb) in BEFORE_ANYTHING | {("jobs", "create")}:
        assert scenario.conditions["Accepted"]["reason"] == "OperatorNotPermitted"
        assert "Stalled" not in scenario.conditions
