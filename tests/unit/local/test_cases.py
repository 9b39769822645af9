"""Tests the cases that need only Python, a shell and curl. ``make cases`` runs all cases."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.cases.case import FOLDER, Case, all_cases, cases_in
from tests.cases.environments import NAMES
from tests.cases.expectation import Result, differences
from tests.cases.runner import run

_AT_ONCE = 4
_PATIENCE = 5.0  # seconds; other tests run at the same time
CASES = {
    case.name: case for case in all_cases() if case.environment == "plain" and not case.is_extra
}


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[Result]]]:
    """Start all selected cases concurrently."""
    items = [item for item in request.session.items if item.path == request.path]
    chosen = {item.callspec.params.get("name") for item in items if hasattr(item, "callspec")}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield {
            name: pool.submit(run, case, None, _PATIENCE)
            for name, case in CASES.items()
            if name in chosen
        }


@pytest.mark.parametrize("name", CASES)
def test_the_result_of_a_case_is_the_expected_one(
    name: str, running: dict[str, Future[Result]]
) -> None:
    case = CASES[name]
    if "curl" in name and shutil.which("curl") is None:
        pytest.skip("needs curl")
    assert case.expect is not None
    assert not differences(case.expect, running[name].result(), _PATIENCE)


def test_every_folder_is_a_case_in_a_known_environment() -> None:
    folders = {folder.name for folder in FOLDER.iterdir() if (folder / "sweep.yaml").exists()}
    assert folders <= {case.folder.name for case in all_cases()}
    assert {case.environment for case in all_cases()} <= set(NAMES)
    assert len({case.name for case in all_cases()}) == len(all_cases())


def test_every_case_has_an_expectation() -> None:
    known = {
        *("about", "environments", "server", "script", "extra", "exit", "phase", "seconds"),
        *("printed", "conditions", "received", "trials", "every"),
    }
    of_trials = {
        *("phase", "reason", "values", "includes", "reports", "best", "last"),
        *("message", "log", "absent"),
    }
    for case in all_cases():
        expect = case.expect or {}
        assert set(expect) <= known, case.name
        assert expect["about"].strip(), case.name
        wanted = [*(expect.get("trials") or []), expect.get("every", {})]
        assert set().union(*wanted) <= of_trials, case.name
        assert expect.get("script") or any(wanted), case.name


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, []),
        ({"exit": 1}, ["exit code 0, not 1"]),
        ({"phase": "Failed"}, ["phase of the sweep Complete, not Failed"]),
        ({"seconds": 2}, ["took 3 s, at most 2 s"]),
        ({"trials": [{}, {}]}, ["1 trials, not 2"]),
        ({"trials": [{"values": [0.25]}]}, ["t-0: values [0.25, nan], not [0.25]"]),
        ({"trials": [{"values": [0.25, 0.5]}]}, ["t-0: values [0.25, nan], not [0.25, 0.5]"]),
        ({"trials": [{"includes": [0.5]}]}, ["t-0: values [0.25, nan], which lack some of [0.5]"]),
        ({"trials": [{"phase": "Failed"}]}, ["t-0: phase Succeeded, not Failed"]),
        ({"trials": [{"reports": 3}]}, ["t-0: reports 2, not 3"]),
        ({"trials": [{"best": 0.5}]}, ["t-0: best 0.25, not 0.5"]),
        ({"trials": [{"absent": ["done"]}]}, ["t-0: message has 'done'"]),
        ({"trials": [{"log": ["x"]}]}, ["t-0: log lacks 'x'; it is 'printed'"]),
        ({"received": [{"path": "/b", "bytes": 4}]}, ["the server has not got {'path': '/b', 'bytes': 4}"]),
    ],
)  # fmt: skip
def test_differences_are_found(changes: dict[str, object], said: list[str]) -> None:
    curve = {"values": "0.25 nan", "reports": 2, "best": "0.25"}
    trial = {
        "metadata": {"name": "t-0"},
        "status": {"phase": "Succeeded", "message": "done", "curve": curve},
    }
    received = [{"method": "PUT", "path": "/a/b", "bytes": 5}]
    sweep = {"status": {"phase": "Complete"}}
    result = Result(0, 3.0, "", sweep, [trial], {"t-0": "printed"}, received)
    expect = {"trials": [{"values": [0.25, float("nan")], "message": ["done"]}], **changes}
    assert differences(expect, result) == said


def test_a_variant_changes_the_input_and_what_is_expected() -> None:
    [variant] = [c for c in cases_in(FOLDER / "no-such-program") if c.name.endswith("/a-path")]
    assert isinstance(variant, Case)
    assert variant.spec["trial"]["command"].startswith("/opt")
    assert variant.expect is not None
    assert variant.expect["trials"][0]["message"][1].startswith("'/opt")
    assert variant.expect["exit"] == 1
