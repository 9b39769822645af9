"""References in manifests that become numbers, booleans and lists where the schema of the kind declares them."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.controllers.schema_reader import SchemaReader
from sweepjob.kube import errors
from sweepjob.kube.openapi import decode_schemas
from sweepjob.trial_pods.declared_types import declared_types, typed_value, value_references
from sweepjob.trial_pods.identity import TrialIdentity
from sweepjob.trial_pods.sidecar import SidecarSettings
from sweepjob.trial_pods.trial_object import trial_object

from .builders import sweepjob

IDENTITY = TrialIdentity("team", "sweep", "sweep-3", "uid-3", 2, "folder", "uid")
SIDECAR = SidecarSettings("registry.example/sidecar:1", "https://intake:8443", "PEM")
KIND = {"group": "example.com", "version": "v1", "kind": "Training"}
DOCUMENT: dict[str, Any] = {
    "components": {
        "schemas": {
            "com.example.v1.Other": {
                "x-kubernetes-group-version-kind": [{**KIND, "kind": "Other"}]
            },
            "com.example.v1.Training": {
                "x-kubernetes-group-version-kind": [KIND],
                "type": "object",
                "properties": {
                    "metadata": {"allOf": [{"$ref": "#/components/schemas/Meta"}], "default": {}},
                    "spec": {"$ref": "#/components/schemas/Spec"},
                },
            },
            "Meta": {
                "properties": {
                    "labels": {"type": "object", "additionalProperties": {"type": "string"}}
                }
            },
            "Spec": {
                "type": "object",
                "properties": {
                    "nodes": {"type": "integer", "format": "int32"},
                    "rate": {"type": "number"},
                    "amp": {"type": "boolean"},
                    "layers": {"type": "array", "items": {"type": "integer"}},
                    "args": {"type": "array", "items": {"type": "string"}},
                    "extra": {"type": "object"},
                    "processes": {"x-kubernetes-int-or-string": True},
                    "free": {"x-kubernetes-preserve-unknown-fields": True},
                    "named": {"type": "object", "additionalProperties": {"type": "number"}},
                    "jobs": {
                        "type": "array",
                        "items": {
                            "properties": {"replicas": {"allOf": [{"type": "integer"}]}},
                        },
                    },
                    "loop": {"$ref": "#/components/schemas/Loop"},
                },
            },
            "Loop": {"$ref": "#/components/schemas/Loop"},
        }
    }
}
SPACE = {
    "n": {"type": "randint", "upper": 9},
    "q": {"type": "quniform", "minValue": 1, "maxValue": 9, "q": 1},
    "b": {"type": "choice", "values": [True, False]},
    "list": {"type": "choice", "values": ["[1, 2]", "[3]"]},
    "words": {"type": "choice", "values": ["abc", "12"]},
}
VALUES = {"n": 4, "q": 3.0, "b": True, "list": "[1, 2]", "words": "abc"}


def swept(name: str) -> str:
    return f"${{{{search_space.{name}}}}}"


def manifest_spec(**spec: Any) -> Any:
    manifest = {"apiVersion": "example.com/v1", "kind": "Training", "spec": spec}
    manifest["metadata"] = {"labels": {"nodes": swept("n")}}
    body = sweepjob(
        searchSpace=SPACE,
        trial={"manifest": manifest},
        metrics={"source": "logs"},
        inputs={"epochs": 7},
    )
    return parse_sweepjob(body)


def made(document: dict[str, Any] = DOCUMENT, **spec: Any) -> dict[str, Any]:
    parsed = manifest_spec(**spec)
    paths = value_references(parsed.trial.manifest)
    types = declared_types(document, "example.com/v1", "Training", paths)
    body: dict[str, Any] = trial_object(IDENTITY, parsed, VALUES, SIDECAR, types=types)
    return body


def test_each_value_has_the_declared_type() -> None:
    spec = {
        "nodes": swept("q"),
        "rate": swept("n"),
        "amp": swept("b"),
        "layers": swept("list"),
        "args": ["--n", swept("n"), swept("list"), f"--b={swept('b')}"],
        "processes": swept("n"),
        "named": {"any": swept("q")},
        "jobs": [{"replicas": swept("n")}, {"replicas": "${{inputs.epochs}}"}],
        "extra": swept("n"),
    }
    found = made(**spec)
    assert found["metadata"]["labels"]["nodes"] == "4", "a label is a string"
    assert found["spec"] == {
        "nodes": 3,
        "rate": 4,
        "amp": True,
        "layers": [1, 2],
        "args": ["--n", "4", "[1, 2]", "--b=true"],
        "processes": 4,
        "named": {"any": 3.0},
        "jobs": [{"replicas": 4}, {"replicas": 7}],
        "extra": "4",  # and the API server says that it must be an object
    }
    assert isinstance(found["spec"]["nodes"], int)


def test_what_is_not_declared_stays_a_string() -> None:
    undeclared = {"free": {"deep": swept("n")}, "unknown": swept("n"), "loop": swept("n")}
    expected = {"free": {"deep": "4"}, "unknown": "4", "loop": "4"}
    assert made(**undeclared)["spec"] == expected
    for document in ({}, {"components": {"schemas": {"x": None}}}, {"components": []}):
        assert made(document, nodes=swept("n"))["spec"] == {"nodes": "4"}


def test_only_a_whole_value_gets_a_type() -> None:
    texts = {"nodes": f"1{swept('n')}", "rate": f"$[[{swept('n')}]]", "processes": f" {swept('n')}"}
    assert made(**texts)["spec"] == {"nodes": "14", "rate": "4", "processes": " 4"}


def test_references_to_the_trial_have_types_as_well() -> None:
    assert made(nodes="${{trial.attempt}}", free="${{trial.attempt}}")["spec"] == {
        "nodes": 2,
        "free": "2",
    }


@pytest.mark.parametrize(
    ("value", "declared", "expected"),
    [
        (2.5, "integer", "text"),
        (True, "integer", "text"),
        (False, "number", "text"),
        (1e300, "integer", int(1e300)),
        ("12", "integer", 12),
        ("0.5", "number", 0.5),
        ("true", "boolean", True),
        ("[1]", "array", [1]),
        ('{"a": 1}', "object", {"a": 1}),
        ("NaN", "number", "text"),
        ("abc", "integer", "text"),
        ("25%", "int-or-string", "text"),
        ("80", "int-or-string", 80),
        ([1], "object", "text"),
        ("[" * 100_000, "array", "text"),
        (None, "number", "text"),
    ],
)
def test_values_that_do_not_fit_stay_text(value: Any, declared: str, expected: Any) -> None:
    assert typed_value(value, declared, "text") == expected


class Server:
    """Publishes a document, or fails."""

    def __init__(self, *answers: dict[str, Any] | errors.ApiError) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def openapi_document(self, api_version: str, kind: str) -> dict[str, Any]:
        self.asked.append(api_version)
        await asyncio.sleep(0)
        answer = self.answers.pop(0)
        if isinstance(answer, errors.ApiError):
            raise answer
        return answer


def test_a_thousand_trials_ask_once_a_minute_and_only_where_it_matters() -> None:
    server, now = Server(DOCUMENT, DOCUMENT), [0.0]
    reader = SchemaReader(server, lambda: now[0])  # type: ignore[arg-type] # a fake client
    numeric = manifest_spec(nodes=swept("n")).trial.manifest
    plain = parse_sweepjob(
        sweepjob(
            trial={"manifest": {"apiVersion": "example.com/v1", "kind": "Training", "spec": {}}},
            metrics={"source": "logs"},
        )
    ).trial.manifest

    async def read() -> None:
        assert await reader.read(plain) == {}
        assert server.asked == []
        for _ in range(1000):
            assert await reader.read(numeric) == {("spec", "nodes"): "integer"}
        assert server.asked == ["example.com/v1"]
        now[0] = 61.0
        await reader.read(numeric)
        assert len(server.asked) == 2

    asyncio.run(read())


def test_trials_that_start_together_share_an_answer_and_an_error() -> None:
    server = Server(errors.Unavailable("gone"), DOCUMENT)
    reader = SchemaReader(server, lambda: 0.0)  # type: ignore[arg-type] # a fake client
    manifests = [
        manifest_spec(nodes=swept("n"), **{f"f{n}": swept("q")}).trial.manifest for n in range(9)
    ]

    async def read() -> list[object]:
        reading = (reader.read(manifest) for manifest in manifests)
        return await asyncio.gather(*reading, return_exceptions=True)

    assert all(isinstance(found, errors.Unavailable) for found in asyncio.run(read()))
    assert asyncio.run(read()) == [{("spec", "nodes"): "integer"}] * 9
    assert len(server.asked) == 2, "one request for each round, whatever fields the manifests have"


def large_document(kinds: int) -> dict[str, Any]:
    """A document such as Kubeflow's, in which each kind repeats the schema of pods."""

    def node(depth: int) -> dict[str, Any]:
        below = {f"field{n}": node(depth - 1) for n in range(8)} if depth else {}
        return {"type": "object", "description": "x" * 20, "properties": below}

    schemas = {
        f"Kind{n}": {**node(4), "x-kubernetes-group-version-kind": [{**KIND, "kind": f"Kind{n}"}]}
        for n in range(kinds)
    }
    return {"components": {"schemas": {**schemas, **DOCUMENT["components"]["schemas"]}}}


def test_only_the_schema_of_one_kind_is_decoded() -> None:
    document = large_document(8)
    text = json.dumps(document).encode()
    assert len(text) > 2_500_000
    taken = []
    for _ in range(3):
        begun = time.thread_time()
        found = decode_schemas(text, "example.com/v1", "Training")
        taken.append(time.thread_time() - begun)
    assert min(taken) < 0.03, "0.004 s, and 0.06 s for the whole document"
    assert {*found["components"]["schemas"]} == {"com.example.v1.Training", "Meta", "Spec", "Loop"}
    spec = {"nodes": swept("q"), "named": {"any": swept("q")}, "jobs": [{"replicas": swept("n")}]}
    assert made(found, **spec) == made(DOCUMENT, **spec)


@pytest.mark.parametrize(
    "text",
    [
        *("{}", '{"components": []}', '{"components": {"schemas": []}}', "[]", "null", "1"),
        '{"components": {"schemas": {"a": 1, "b": {"x-kubernetes-group-version-kind": 3}}}}',
    ],
)
def test_other_documents_declare_nothing(text: str) -> None:
    found = decode_schemas(text.encode(), "example.com/v1", "Training")
    assert declared_types(found, "example.com/v1", "Training", [("spec", "a")]) == {}


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b'{"components": {"schemas": {"a": '])
def test_what_is_no_json_is_an_error(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"JSON|byte|truncated"):
        decode_schemas(text, "example.com/v1", "Training")


def test_a_server_that_publishes_nothing_leaves_strings_and_is_asked_again() -> None:
    answers = (
        errors.NotFound("no"),
        errors.NotOffered("501: no"),
        errors.Unavailable("gone"),
        DOCUMENT,
    )
    reader = SchemaReader(Server(*answers), lambda: 0.0)  # type: ignore[arg-type] # a fake client
    manifest = manifest_spec(nodes=swept("n")).trial.manifest

    async def read() -> None:
        assert await reader.read(manifest) == {}
        assert await reader.read(manifest) == {}
        with pytest.raises(errors.Unavailable):
            await reader.read(manifest)
        assert await reader.read(manifest) == {("spec", "nodes"): "integer"}

    asyncio.run(read())


def test_a_gateway_that_passes_no_such_requests_on_delays_jobs_for_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It answers 503 for as long as it runs; an outage is shorter, and creates no Job either."""
    server, now = Server(), [0.0]
    reader = SchemaReader(server, lambda: now[0])  # type: ignore[arg-type] # a fake client
    manifest = manifest_spec(nodes=swept("n")).trial.manifest

    async def read(at: float, answer: dict[str, Any] | errors.ApiError) -> object:
        now[0] = at
        server.answers = [answer]
        return await reader.read(manifest)

    def is_delayed(at: float) -> bool:
        try:
            assert asyncio.run(read(at, errors.Unavailable("503: no route"))) == {}
        except errors.Unavailable:
            return True
        return False

    assert [is_delayed(at) for at in (0.0, 1.0, 30.0, 59.0)] == [True] * 4
    assert not caplog.messages
    assert [is_delayed(at) for at in (61.0, 80.0, 300.0)] == [False] * 3
    [said] = caplog.messages
    assert said.startswith("the API server does not publish the schemas of example.com/v1 (503: no")
    assert asyncio.run(read(301.0, DOCUMENT)) == {("spec", "nodes"): "integer"}
    assert is_delayed(362.0), "an outage"
    assert is_delayed(10_000.0), "another one"


@pytest.mark.parametrize(
    "answer",
    [
        errors.NotFound("404"),
        errors.Refused("403"),
        errors.TooLarge("much"),
        errors.NotOffered("501"),
    ],
)
def test_values_that_stay_strings_are_said_once(
    answer: errors.ApiError, caplog: pytest.LogCaptureFixture
) -> None:
    reader = SchemaReader(Server(answer, answer), lambda: 0.0)  # type: ignore[arg-type] # a fake client
    manifest = manifest_spec(nodes=swept("n")).trial.manifest
    for _ in range(2):
        assert asyncio.run(reader.read(manifest)) == {}
    [said] = caplog.messages
    assert str(answer) in said


def test_501_is_no_outage() -> None:
    assert isinstance(errors.from_response(501, b"", {}, "GET"), errors.NotOffered)
    assert type(errors.from_response(503, b"", {}, "GET")) is errors.Unavailable
