"""Tests what editors and type checkers see of the classes, and the line that a warning points at."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sweepjob
from sweepjob import Output, command
from sweepjob.azure.ai.ml import MLClient, load_component
from sweepjob.azure.ai.ml.entities import AmlCompute, CommandJob
from sweepjob.sdk.trial import TrialDefinition
from sweepjob.sdk.trial_fields import TrialFields
from sweepjob.sdk.workspace.connection_options import CONNECTION_OPTIONS, CONNECTION_PARTS
from sweepjob.sweep import Choice

from tests.syntax_trees import syntax_tree

FIELDS = {field.name: field for field in dataclasses.fields(TrialDefinition)}
SDK = Path(sweepjob.__file__).parent / "sdk"


def test_a_command_shows_its_arguments() -> None:
    found = inspect.signature(CommandJob).parameters
    assert found.keys() >= FIELDS.keys()
    assert found.keys() >= {"limits", "identity", "services", "queue_settings"}
    assert all(one.kind is inspect.Parameter.KEYWORD_ONLY for one in found.values())
    assert found["command"].annotation == FIELDS["command"].type
    job = CommandJob(command="fit", image="i:1", instance_count=2, limits={"timeout": 90})
    assert (job.command, job.instance_count, job.timeout) == ("fit", 2, 90)
    with pytest.raises(TypeError, match="comand"):
        CommandJob(comand="fit")  # type: ignore[call-arg] # on purpose


def test_a_type_checker_knows_the_same_fields() -> None:
    types = {name: field.type for name, field in FIELDS.items()}
    assert {k: v.__forward_arg__ for k, v in TrialFields.__annotations__.items()} == types


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    Path("azure-map.yaml").write_text("workspace: {local: true}\n")
    return MLClient()


@pytest.mark.parametrize("name", CONNECTION_OPTIONS)
def test_options_of_the_connection_change_nothing(client: Any, name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = [MLClient(), MLClient(**{name: False}), MLClient(**{name: 7})]
    assert len({str(client.workspaces.get()) for client in made}) == 1


@pytest.mark.parametrize("name", CONNECTION_PARTS)
def test_parts_of_the_connection_are_not_used(client: Any, name: str) -> None:
    with pytest.warns(UserWarning, match=f"{name}: not used: nothing connects to Azure"):
        MLClient(**{name: object()})


def test_other_arguments_are_refused(client: Any) -> None:
    with pytest.raises(TypeError, match="did you mean connection_verify"):
        MLClient(connection_verfy=False)


def _sweep(**changes: Any) -> Any:
    given = {"command": "fit ${{inputs.rate}}", "image": "i:1", "inputs": {"rate": 1}, **changes}
    return command(**given)(rate=Choice([1, 2])).sweep(primary_metric="m", goal="maximize")


WARNING: dict[str, Callable[[Any], Any]] = {
    "an argument": lambda client: client.jobs.list(list_view_type="All"),
    "credential": lambda _: MLClient(object()),
    "config": lambda _: MLClient.from_config(object()),
    "compute.begin_start": lambda client: client.compute.begin_start("a"),
    "compute.begin_stop": lambda client: client.compute.begin_stop("a"),
    "compute.begin_delete": lambda client: client.compute.begin_delete("a"),
    "compute.create": lambda client: client.compute.begin_create_or_update(AmlCompute(name="a")),
    "a compute": lambda client: client.begin_create_or_update(AmlCompute(name="a")),
    "data.archive": lambda client: client.data.archive("a"),
    "models.restore": lambda client: client.models.restore("a"),
    "environments.archive": lambda client: client.environments.archive("a", version="1"),
    "components.archive": lambda client: client.components.archive("a"),
    "workspace": lambda client: client.workspaces.get().mlflow_tracking_uri,
    "a command": lambda client: client.jobs.create_or_update(command(command="a", image="i:1")),
    "the same": lambda client: client.create_or_update(command(command="a", image="i:1")),
    "a key": lambda _: load_component({"command": "a", "environment": "e", "comand": "b"}),
    "validate": lambda client: client.jobs.validate(_sweep(outputs={"o": Output(name="x")})),
    "to_yaml": lambda _: _sweep(outputs={"o": Output(claim="c", name="x")}).to_yaml(),
}


@pytest.mark.parametrize("name", WARNING)
def test_a_warning_points_at_the_line_of_the_program(client: Any, name: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        WARNING[name](client)
    assert caught
    assert {warning.filename for warning in caught} == {__file__}


@pytest.mark.parametrize("file", sorted(SDK.rglob("*.py")), ids=lambda file: file.name)
def test_no_warning_has_a_fixed_level(file: Path) -> None:
    """A decorator, or another function between the two, would make it another line."""
    levels = [
        node.lineno
        for node in ast.walk(syntax_tree(file.read_text()))
        if isinstance(node, ast.keyword)
        and node.arg == "stacklevel"
        and isinstance(node.value, ast.Constant)
    ]
    assert not levels
