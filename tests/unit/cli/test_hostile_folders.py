"""Folders of sweeps that somebody else made, or that were damaged: every command names the file and the place."""

from __future__ import annotations

import copy
import json
import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from sweepjob.local.folder import CorruptFileError, SweepFolder
from sweepjob.local.object_shapes import SHAPES, find_mismatch

from tests.cluster import layout

from .bodies import sweep_body, trial_body
from .program import Program

VALUES: list[Any] = [
    *(
        None,
        True,
        -1,
        10**30,
        1e308,
        "",
        "x" * 300,
        "\ud800",
        "../../etc/passwd",
        "<script>",
        "\x1b[31m",
    ),
    *([], {}, [None], [{}], {"a": None}, "2026-13-45", "NaN"),
]
COMMANDS = ("get", "trials", "best", "explain", "curves", "cost", "export")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "sweep"
    when = {"resourceVersion": "1", "creationTimestamp": "2026-01-01T00:00:00Z"}
    condition = {"type": "Complete", "status": "True", "reason": "r", "message": "m"}
    own = sweep_body(conditions=[condition], best={"trial": "sweep-0", "value": "0.5"})
    own["metadata"] |= {"name": "sweep", "namespace": "team", "uid": "uid", **when}
    for resource, body in (("sweepjobs", own), ("sweeptrials", trial_body(0, [0.4, 0.5]))):
        body["metadata"] |= when
        _write(made, resource, body)
    return made


def _write(folder: Path, resource: str, body: Any) -> Path:
    (folder / resource).mkdir(parents=True, exist_ok=True)
    file = folder / resource / f"{body['metadata']['name']}.json"
    file.write_text(json.dumps(body))
    return file


def _places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    return [path, *(place for key, inner in items for place in _places(inner, (*path, key)))]


@pytest.mark.parametrize("seed", range(60))
def test_any_change_of_an_object_is_shown_or_named(
    program: Program, folder: Path, seed: int
) -> None:
    chance = random.Random(seed)
    file = chance.choice(sorted(folder.glob("*/*.json")))
    body = json.loads(file.read_text())
    *above, last = chance.choice([p for p in _places(body) if p and p[-1] != "name"])
    inner = body
    for key in above:
        inner = inner[key]
    inner[last] = chance.choice(VALUES)
    file.write_text(json.dumps(body))
    for command in COMMANDS:
        code = program(command, str(folder))
        assert code in (0, 1, 2)
        assert code == 0 or program.err.startswith("error: "), program.err


@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_what_is_no_file_is_named(program: Program, folder: Path, kind: str) -> None:
    file = folder / "sweeptrials" / "lr-9.json"
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "folder":
        file.mkdir()
    else:
        file.symlink_to("/dev/zero")
    assert program("get", str(folder)) == 2
    assert "lr-9.json cannot be read: it is no file" in program.err


def test_a_lock_that_is_a_pipe_keeps_no_command_waiting(program: Program, folder: Path) -> None:
    file = next((folder / "sweepjobs").glob("*.json"))
    body = json.loads(file.read_text())
    body["status"]["phase"] = "Running"
    file.write_text(json.dumps(body))
    os.mkfifo(folder / "lock")
    assert program("get", str(folder)) == 0


def test_the_path_of_a_wrong_value_is_named(folder: Path) -> None:
    body = json.loads(next(folder.glob("sweepjobs/*")).read_text())
    body["spec"]["limits"]["maxTotalTrials"] = "4"
    file = _write(folder, "sweepjobs", body)
    with pytest.raises(CorruptFileError, match=r"spec.limits.maxTotalTrials is missing, or of an"):
        list(SweepFolder(folder).read("sweepjobs"))
    shutil.rmtree(file.parent)


@pytest.mark.parametrize("resource", ["sweepjobs", "sweeptrials"])
def test_the_shapes_are_those_of_the_crds(resource: str) -> None:
    crd = yaml.safe_load((layout.PROJECT / "crds" / f"{resource}.yaml").read_text())
    schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
    shape: Any = SHAPES[resource]
    types = {"string": "x", "integer": 1, "object": {}, "array": []}
    for part in ("spec", "status"):
        inner = shape.get(part, shape.get(f"{part}?"))
        for key, wanted in inner.items():
            declared = schema[part]["properties"][key.rstrip("?")]
            if not isinstance(wanted, dict):
                value = copy.copy(types[declared["type"]])
                assert not find_mismatch(value, wanted), key
