"""What the sidecar answers as a tracking server: the values that a plain MLflow server gives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sweepjob.sidecar.mlflow.filters import Comparison

from tests.processor_time import assert_within

from .sidecars import TRIAL, Sidecar


@pytest.fixture
def sidecar(tmp_path: Path) -> Iterator[Sidecar]:
    opened = Sidecar(tmp_path)
    yield opened
    opened.close()


def test_the_history_is_complete_and_ordered_by_time(sidecar: Sidecar) -> None:
    for value, step, time in ((0.1, 0, 10), (0.5, 1, 11), ("NaN", 2, 12), (0.3, 0, 9)):
        sidecar.log(TRIAL, value, step, time, key="loss")
    path = f"metrics/get-history?run_id={TRIAL}&metric_key=loss"
    history = sidecar.ask("GET", path)["metrics"]
    assert [metric["value"] for metric in history] == [0.3, 0.1, 0.5, "NaN"]
    first = sidecar.ask("GET", f"{path}&max_results=3")
    rest = sidecar.ask("GET", f"{path}&max_results=3&page_token={first['next_page_token']}")
    assert (len(first["metrics"]), [m["step"] for m in rest["metrics"]]) == (3, [2])
    assert "next_page_token" not in rest
    assert sidecar.ask("GET", f"metrics/get-history?run_id={TRIAL}&metric_key=x") == {"metrics": []}


def test_the_latest_value_is_that_of_the_highest_step(sidecar: Sidecar) -> None:
    for value, step, time in ((0.1, 5, 1), (0.2, 4, 9), (0.3, 5, 2)):
        sidecar.log(TRIAL, value, step, time, key="loss")
    [metric] = sidecar.ask("GET", f"runs/get?run_id={TRIAL}")["run"]["data"]["metrics"]
    assert metric == {"key": "loss", "value": 0.3, "timestamp": 2, "step": 5}


@pytest.fixture
def folds(sidecar: Sidecar) -> Sidecar:
    """Three nested runs: losses 0.1, 0.2 and none."""
    for name, loss in (("one", 0.1), ("two", 0.2), ("three", None)):
        run = sidecar.create(TRIAL, name=name)
        body = {"run_id": run, "params": [{"key": "name of it", "value": f"{name}'s"}]}
        sidecar.ask("POST", "runs/log-batch", body)
        tag = {"run_id": run, "key": "team", "value": name.upper()}
        sidecar.ask("POST", "runs/set-tag", tag)
        if loss is not None:
            sidecar.log(run, loss, key="loss")
    inputs = [{"dataset": {"name": "digits", "digest": "d1"}, "tags": []}]
    sidecar.ask("POST", "runs/log-inputs", {"run_id": TRIAL, "datasets": inputs})
    return sidecar


def found(sidecar: Sidecar, **body: Any) -> list[str]:
    runs = sidecar.ask("POST", "runs/search", {"experiment_ids": ["0"], **body})["runs"]
    return [run["info"]["run_name"] for run in runs]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ["one", "two", "three", TRIAL]),
        (f"tags.mlflow.parentRunId = '{TRIAL}'", ["one", "two", "three"]),
        (f'tags.`mlflow.parentRunId` = "{TRIAL}" and metrics.loss > 0.1', ["two"]),
        ("metrics.loss >= 0.1 AND metrics.loss<2e-1", ["one"]),
        ("metrics.loss != 0.1", ["two"]),
        ("metric.`loss` <= .2", ["one", "two"]),
        ('params.`name of it` = "one\'s"', ["one"]),
        ("params.\"name of it\" LIKE 't%'", ["two", "three"]),
        ("tags.team ILIKE 't_o'", ["two"]),
        ("tags.team LIKE 't_o'", []),
        ("tags.team != 'ONE'", ["two", "three"]),
        ("tag.team IS NULL", [TRIAL]),
        ("tags.team is not null AND params.x IS NULL", ["one", "two", "three"]),
        ("attributes.run_name = 'two'", ["two"]),
        ("run_name LIKE '%w%'", ["two", TRIAL]),
        ("attributes.status = 'RUNNING' AND start_time > 0", ["one", "two", "three", TRIAL]),
        (f"attribute.run_id IN ('{TRIAL}', 'x')", [TRIAL]),
        (f"run_id NOT IN ('{TRIAL}')", ["one", "two", "three"]),
        ("dataset.name = 'digits' AND datasets.digest LIKE 'd%'", [TRIAL]),
    ],
)
def test_runs_are_found(folds: Sidecar, text: str, names: list[str]) -> None:
    assert sorted(found(folds, filter=text)) == sorted(names)


@pytest.mark.parametrize(
    "text",
    [
        "metrics.loss > 0.1 OR metrics.loss < 0",
        "metrics.loss > '0.1'",
        "metrics.loss LIKE '1'",
        "params.x = 1",
        "params.x > '1'",
        "tags.a = 'b' AND",
        "tags.a = 'b' tags.c = 'd'",
        "tags.a = 'b",
        "tags.a",
        "= 'b'",
        "NOT tags.a = 'b'",
        "(tags.a = 'b')",
        "colour = 'red'",
        "users.name = 'x'",
        "run_id IN ('a',)",
        "run_id IN 'a'",
        "tags.a == 'b'",
        "x" * 20_000,
    ],
)
def test_an_invalid_filter_is_an_error(folds: Sidecar, text: str) -> None:
    status, answer = folds.call("POST", "runs/search", {"filter": text})
    assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert answer["message"]


@pytest.mark.parametrize(
    ("orders", "names"),
    [
        (["metrics.loss DESC"], ["two", "one", "three", TRIAL]),
        (["metrics.loss"], ["one", "two", "three", TRIAL]),
        (["attributes.run_name ASC"], ["one", TRIAL, "three", "two"]),
        (["tags.team DESC", "run_name"], ["two", "three", "one", TRIAL]),
        (["params.`name of it` desc"], ["two", "three", "one", TRIAL]),
    ],
)
def test_runs_are_ordered(folds: Sidecar, orders: list[str], names: list[str]) -> None:
    names_found = found(folds, order_by=orders)
    missing = {"metrics.loss DESC", "metrics.loss"} & set(orders)
    assert names_found[:2] == names[:2]
    assert missing or names_found == names


def test_runs_come_in_pages_and_can_be_deleted(folds: Sidecar) -> None:
    order = ["attributes.run_name"]
    first = folds.ask("POST", "runs/search", {"max_results": 3, "order_by": order})
    token = first["next_page_token"]
    rest = folds.ask("POST", "runs/search", {"page_token": token, "order_by": order})
    assert [len(page["runs"]) for page in (first, rest)] == [3, 1]
    assert "next_page_token" not in rest
    two = next(run for run in first["runs"] if run["info"]["run_name"] == "one")
    folds.ask("POST", "runs/delete", {"run_id": two["info"]["run_id"]})
    assert "one" not in found(folds)
    assert found(folds, run_view_type="DELETED_ONLY") == ["one"]
    assert len(found(folds, run_view_type="ALL")) == 4
    body = {"run_id": two["info"]["run_id"], "key": "a", "value": 1, "timestamp": 0}
    assert folds.call("POST", "runs/log-metric", body)[0] == 400
    folds.ask("POST", "runs/restore", {"run_id": two["info"]["run_id"]})
    assert "one" in found(folds)


def test_params_are_immutable_and_tags_are_not(sidecar: Sidecar) -> None:
    run = sidecar.create()
    param = {"run_id": run, "key": "lr", "value": "0.1"}
    sidecar.ask("POST", "runs/log-parameter", param)
    sidecar.ask("POST", "runs/log-parameter", param)
    status, answer = sidecar.call("POST", "runs/log-parameter", {**param, "value": "0.2"})
    assert (status, answer["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    # Two programs of one trial share the run that it was given.
    for value in ("0.1", "0.2"):
        body = {"run_id": TRIAL, "key": "lr", "value": value}
        sidecar.ask("POST", "runs/log-parameter", body)
    tag = {"run_id": run, "key": "a", "value": "1"}
    for value in ("1", "2"):
        sidecar.ask("POST", "runs/set-tag", {**tag, "value": value})
    data = sidecar.ask("GET", f"runs/get?run_id={run}")["run"]["data"]
    assert {"key": "a", "value": "2"} in data["tags"]
    sidecar.ask("POST", "runs/delete-tag", tag)
    assert sidecar.call("POST", "runs/delete-tag", tag)[0] == 404


def test_a_batch_with_one_bad_value_is_refused_as_a_whole(sidecar: Sidecar) -> None:
    metrics = [{"key": "score", "value": v, "timestamp": 0, "step": 0} for v in (1, "much")]
    body = {"run_id": TRIAL, "metrics": metrics, "params": [{"key": "a", "value": "b"}]}
    assert sidecar.call("POST", "runs/log-batch", body)[0] == 400
    assert sidecar.values == []
    assert sidecar.ask("GET", f"runs/get?run_id={TRIAL}")["run"]["data"]["params"] == []


def test_logged_models(sidecar: Sidecar) -> None:
    body = {"name": "model", "source_run_id": TRIAL, "params": [{"key": "a", "value": "1"}]}
    info = sidecar.ask("POST", "logged-models", body)["model"]["info"]
    other = sidecar.ask("POST", "logged-models", {"name": "other"})["model"]["info"]
    path = f"logged-models/{info['model_id']}"
    assert info["artifact_uri"] == f"file:///artifacts/models/{info['model_id']}"
    assert info["status"] == "LOGGED_MODEL_PENDING"
    sidecar.ask("PATCH", path, {"status": "LOGGED_MODEL_READY"})
    sidecar.ask("PATCH", f"{path}/tags", {"tags": [{"key": "a/b c", "value": "x"}]})
    sidecar.ask("POST", f"{path}/params", {"params": [{"key": "b", "value": "2"}]})
    sidecar.log(TRIAL, 0.5, model_id=info["model_id"])
    model = sidecar.ask("GET", path)["model"]
    assert model["info"]["status"] == "LOGGED_MODEL_READY"
    assert [p["key"] for p in model["data"]["params"]] == ["a", "b"]
    assert [m["value"] for m in model["data"]["metrics"]] == [0.5]
    for text, names in (
        ("name = 'model'", ["model"]),
        (f"source_run_id = '{TRIAL}' AND params.a = '1'", ["model"]),
        ("metrics.score > 0.4", ["model"]),
        ("tags.`a/b c` = 'x'", ["model"]),
        ("name LIKE '%o%'", ["model", "other"]),
    ):
        orders = [{"field_name": "name", "ascending": True}]
        answer = sidecar.ask("POST", "logged-models/search", {"filter": text, "order_by": orders})
        assert [m["info"]["name"] for m in answer["models"]] == names
    sidecar.ask("DELETE", f"{path}/tags/{quote('a/b c', safe='')}")
    assert sidecar.ask("GET", path)["model"]["info"]["tags"] == []
    sidecar.ask("DELETE", f"logged-models/{other['model_id']}")
    assert sidecar.call("GET", f"logged-models/{other['model_id']}")[0] == 404


def test_the_registry(sidecar: Sidecar) -> None:
    model = sidecar.ask("POST", "logged-models", {"name": "model"})["model"]["info"]
    sidecar.ask("POST", "registered-models/create", {"name": "m"})
    status, answer = sidecar.call("POST", "registered-models/create", {"name": "m"})
    assert (status, answer["error_code"]) == (400, "RESOURCE_ALREADY_EXISTS")
    sources = (f"models:/{model['model_id']}", "file:///x")
    for number, source in enumerate(sources, 1):
        body = {"name": "m", "source": source, "run_id": TRIAL}
        version = sidecar.ask("POST", "model-versions/create", body)["model_version"]
        assert (version["version"], version["status"]) == (str(number), "READY")
    path = "model-versions/get-download-uri?name=m&version="
    assert sidecar.ask("GET", f"{path}1")["artifact_uri"] == model["artifact_uri"]
    assert sidecar.ask("GET", f"{path}2")["artifact_uri"] == "file:///x"
    alias = {"name": "m", "alias": "champion", "version": "1"}
    sidecar.ask("POST", "registered-models/alias", alias)
    version = sidecar.ask("GET", "registered-models/alias?name=m&alias=champion")["model_version"]
    assert (version["version"], version["aliases"]) == ("1", ["champion"])
    assert sidecar.call("GET", "registered-models/alias?name=m&alias=x")[0] == 400
    stage = {"name": "m", "version": "1", "stage": "staging"}
    sidecar.ask("POST", "model-versions/transition-stage", stage)
    latest = sidecar.ask("POST", "registered-models/get-latest-versions", {"name": "m"})
    assert {v["version"] for v in latest["model_versions"]} == {"1", "2"}
    latest = sidecar.ask("GET", "registered-models/get-latest-versions?name=m&stages=Staging")
    assert [v["version"] for v in latest["model_versions"]] == ["1"]
    text = quote(f"name='m' AND run_id = '{TRIAL}'")
    versions = sidecar.ask("GET", f"model-versions/search?filter={text}")["model_versions"]
    assert sorted(v["version"] for v in versions) == ["1", "2"]
    text = quote("name ILIKE 'M' and tags.`mlflow.prompt.is_prompt` != 'true'")
    found = sidecar.ask("GET", f"registered-models/search?filter={text}")["registered_models"]
    assert [each["name"] for each in found] == ["m"]
    sidecar.ask("DELETE", "model-versions/delete", {"name": "m", "version": "1"})
    assert sidecar.call("GET", "model-versions/get?name=m&version=1")[0] == 404
    sidecar.ask("DELETE", "registered-models/delete", {"name": "m"})
    assert sidecar.call("GET", "registered-models/get?name=m")[0] == 404
    assert sidecar.call("POST", "model-versions/create", {"name": "m"})[0] == 404


def test_every_experiment_name_is_the_same_experiment(sidecar: Sidecar) -> None:
    for name in ("first", "second ü"):
        path = f"experiments/get-by-name?experiment_name={quote(name)}"
        found = sidecar.ask("GET", path)["experiment"]
        assert (found["experiment_id"], found["name"]) == ("0", name)
    assert sidecar.ask("POST", "experiments/create", {"name": "third"}) == {"experiment_id": "0"}
    tag = {"experiment_id": "0", "key": "a", "value": "b"}
    sidecar.ask("POST", "experiments/set-experiment-tag", tag)
    found = sidecar.ask("GET", "experiments/get?experiment_id=7")["experiment"]
    assert (found["name"], found["tags"]) == ("third", [{"key": "a", "value": "b"}])
    for text, count in (("name = 'third' AND tags.a = 'b'", 1), ("name = 'x'", 0)):
        answer = sidecar.ask("POST", "experiments/search", {"filter": text})
        assert len(answer["experiments"]) == count


def test_traces_of_both_majors(sidecar: Sidecar) -> None:
    body = {"experiment_id": "0", "timestamp_ms": 5, "tags": [{"key": "a", "value": "b"}]}
    trace = sidecar.ask("POST", "traces", body)["trace_info"]
    path = f"traces/{trace['request_id']}"
    ended = sidecar.ask("PATCH", path, {"timestamp_ms": 9, "status": "OK"})["trace_info"]
    assert (ended["execution_time_ms"], ended["status"]) == (4, "OK")
    info = {"trace_id": "tr-x", "tags": {"a": "b"}, "state": "OK"}
    answer = sidecar.ask("POST", "traces", {"trace": {"trace_info": info}})
    place = answer["trace"]["trace_info"]["tags"]["mlflow.artifactLocation"]
    assert place == "file:///artifacts/traces/tr-x/artifacts"
    sidecar.ask("PATCH", "traces/tr-x/tags", {"key": "c", "value": "d"})
    found = sidecar.ask("POST", "traces/search", {})["traces"]
    assert [(t["trace_id"], t["tags"]["c"]) for t in found] == [("tr-x", "d")]
    assert sidecar.call("POST", "traces/search", {"filter": "x = 'y'"})[0] == 501


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"artifacts/list?run_id={TRIAL}"),
        ("POST", "gateway/secrets/create"),
        ("POST", "something/new"),
        ("GET", "runs/create"),
    ],
)
def test_a_call_that_is_not_supported_is_named(sidecar: Sidecar, method: str, path: str) -> None:
    status, answer = sidecar.call(method, path, {} if method == "POST" else None)
    assert (status, answer["error_code"]) == (501, "NOT_IMPLEMENTED")
    assert f"{method} {path.partition('?')[0]}" in answer["message"]
    assert "MLFLOW_TRACKING_URI" in answer["message"]


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("abc", "abc", True), ("abc", "a_c", True), ("abc", "a%", True), ("abc", "%c", True),
        ("abc", "%b%", True), ("abc", "a%b%c", True), ("abc", "%%", True), ("abc", "", False),
        ("", "%", True), ("ab", "ab%b", False), ("abb", "ab%b", True), ("a\nb", "a%b", True),
        ("a.c", "a.c", True), ("abc", "a.c", False), ("aXbXc", "%X%X%", True), ("abc", "%d%", False),
    ],
)  # fmt: skip
def test_like_matches_as_in_sql(text: str, pattern: str, expected: bool) -> None:
    comparison = Comparison("tag", "t", "LIKE", pattern)
    assert comparison.holds(lambda kind, key: text) is expected


def test_like_takes_time_in_proportion_to_the_text() -> None:
    comparison = Comparison("tag", "t", "LIKE", "%a" * 30 + "b")
    assert not comparison.holds(lambda kind, key: "a" * 5000)
    assert_within(0.5, lambda: comparison.holds(lambda kind, key: "a" * 5000))
