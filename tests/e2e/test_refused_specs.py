"""Hundreds of bad SweepJobs: each refused at apply, or by its condition, with path and remedy; nothing is
created for any, and the operator stays as it is.

``docs/reference/validation-errors.md`` lists some of them with their messages; ``SWEEPJOB_WRITE_MISTAKES=1`` writes it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sweepjob.timestamps import parse_time

from tests.cluster import layout
from tests.cluster import target as clusters

from .invalid_specs import TOGETHER, InvalidCase, invalid_cases
from .sweeps import Sweeps, eventually

TABLE = layout.PROJECT / "docs" / "reference" / "validation-errors.md"
_NAMED = re.compile(r'(?:SweepJob\.sweepjob\.dev "|sweepjob\.sweepjob\.dev/|SweepJob ")(bad-\d+)')


def create(sweeps: Sweeps, bodies: list[dict[str, Any]]) -> dict[str, str]:
    """Create all at once; what kubectl said about each that was refused, by name."""
    stream = "\n---\n".join(json.dumps(body) for body in bodies)
    target = sweeps.target
    done = subprocess.run(
        [target.kubectl_program, f"--kubeconfig={target.kubeconfig}", "-n", sweeps.namespace]
        + ["create", "-f", "-"],
        input=stream,
        capture_output=True,
        text=True,
        check=False,
    )
    created = {match[1] for match in _NAMED.finditer(done.stdout)}
    refused = [
        body["metadata"]["name"] for body in bodies if body["metadata"]["name"] not in created
    ]
    said = re.split(r"\n(?=Error from server|The SweepJob)", done.stderr.strip())
    assert len(said) == len(refused), "one answer for each, in their order"
    return dict(zip(refused, said, strict=True))


def sweepjob(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    kind = {"apiVersion": "sweepjob.dev/v1alpha1", "kind": "SweepJob"}
    return {**kind, "metadata": {"name": name}, "spec": spec}


@pytest.fixture(scope="module")
def cases() -> dict[str, InvalidCase]:
    return {f"bad-{n}": mistake for n, mistake in enumerate(invalid_cases())}


@pytest.fixture(scope="module")
def restarts(sweeps: Sweeps) -> Callable[[], Counter[str]]:
    """How often each pod of the operator has been started again since this was asked for first."""

    def count() -> Counter[str]:
        selector = ("pods", "-l", "app.kubernetes.io/name=sweepjob")
        pods = sweeps.target.get("-n", clusters.SYSTEM, *selector)["items"]
        statuses = ((p["metadata"]["name"], p["status"]["containerStatuses"][0]) for p in pods)
        return Counter({name: status["restartCount"] + 1 for name, status in statuses})

    before = count()
    return lambda: count() - before


@pytest.fixture(scope="module")
def said(
    sweeps: Sweeps, cases: dict[str, InvalidCase], restarts: Callable[[], Counter[str]]
) -> Iterator[dict[str, tuple[str, str]]]:
    """Who refused each of them, ``apply`` or ``condition``, and how; empty texts for what was taken."""
    refused = create(sweeps, [sweepjob(name, case.spec) for name, case in cases.items()])
    rest = [name for name in cases if name not in refused]

    def looked() -> dict[str, dict[str, Any]] | None:
        items = sweeps.get("sweepjobs")["items"]
        found = {item["metadata"]["name"]: item for item in items}
        conditions = [found[name].get("status", {}).get("conditions") for name in rest]
        return found if all(conditions) else None

    found = eventually(looked, 60, "the operator has looked at all of them")
    slowest = max(_waited(found[name]) for name in rest)
    print(
        f"{len(refused)} refused at apply; conditions on {len(rest)}, after {slowest:.0f} s at most"
    )
    answers = {name: ("apply", text) for name, text in refused.items()}
    for name in rest:
        [accepted] = [c for c in found[name]["status"]["conditions"] if c["type"] == "Accepted"]
        no = accepted["status"] == "False"
        answers[name] = ("condition", accepted["message"]) if no else ("", "")
    yield answers
    sweeps.kubectl("delete", "sweepjobs", "--all", "--wait=false")


def _waited(sweep: dict[str, Any]) -> float:
    [accepted] = [c for c in sweep["status"]["conditions"] if c["type"] == "Accepted"]
    seen, made = accepted["lastTransitionTime"], sweep["metadata"]["creationTimestamp"]
    return (parse_time(seen) or 0.0) - (parse_time(made) or 0.0)


def test_every_mistake_is_refused_and_nothing_else(
    said: dict[str, tuple[str, str]], cases: dict[str, InvalidCase]
) -> None:
    taken = [case.what for name, case in cases.items() if case.remark and not said[name][0]]
    assert taken == [], "validate refuses what the cluster takes"
    # What is passed through to the pod only the API server knows, and its own prices the operator.
    others = ("refuses its Job", "nothing has a price")
    own = {n: text for n, (who, text) in said.items() if who and not any(o in text for o in others)}
    only = [f"{case.what}: {own[n]}" for n, case in cases.items() if not case.remark and n in own]
    assert only == [], "the cluster refuses what validate takes"
    assert sum(bool(who) for who, _ in said.values()) > 500


def test_every_refusal_names_the_path(
    said: dict[str, tuple[str, str]], cases: dict[str, InvalidCase]
) -> None:
    lacking = []
    for name, (who, text) in said.items():
        place = cases[name].what.partition(" = ")[0] if " = " in cases[name].what else "spec"
        parts = [part for part in place.split(".") if not part.isdecimal()]
        # A rule over several fields is told with the object that they are in.
        if who and not any(part in text for part in parts[-2:]):
            lacking.append(f"{cases[name].what}: {text}")
    assert lacking == []


@pytest.mark.usefixtures("said")
def test_refused_specs_create_nothing(restarts: Callable[[], Counter[str]], sweeps: Sweeps) -> None:
    assert sweeps.get("sweeptrials,jobs,pods")["items"] == []
    assert restarts() == Counter(), "neither started again nor replaced"


def test_the_table_in_the_docs(
    said: dict[str, tuple[str, str]], cases: dict[str, InvalidCase]
) -> None:
    written = table(said, cases)
    if os.environ.get("SWEEPJOB_WRITE_MISTAKES"):
        Path(TABLE).write_text(written)
    assert TABLE.read_text() == written, "SWEEPJOB_WRITE_MISTAKES=1 writes it"


_HEAD = """# Validation errors

This page lists errors in a SweepJob and their messages. The API server reports an error when the object is applied
(`apply`). Errors that the schema cannot detect are in the condition `Accepted` within a second (`condition`).
`sweepjob validate` reports both without a cluster. A test on a cluster generates this page.

| Error | Reported by | Message |
| --- | --- | --- |
"""


def table(said: dict[str, tuple[str, str]], cases: dict[str, InvalidCase]) -> str:
    rows = []
    for name, case in cases.items():
        if case.what in TOGETHER:
            who, text = said[name]
            rows.append(f"| {case.what} | {who} | {_plain(name, text)} |")
    return _HEAD + "\n".join(rows) + "\n"


def _plain(name: str, text: str) -> str:
    """Without what every message of kubectl has around it."""
    text = re.sub(r"^Error from server \(\w+\): error when creating [^:]*: ", "", text)
    text = re.sub(r'^SweepJob\.sweepjob\.dev "[^"]*" is invalid: ', "", text)
    text = re.sub(
        r", <nil>: Invalid value: null: some validation rules were not checked.*", "]", text
    )
    text = text.replace(name, "NAME").replace(". Correct the spec and apply it again", "")
    return re.sub(r"\s*\n\s*", " ", text).replace("|", "\\|").strip()
