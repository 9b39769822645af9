"""Warnings about commands: syntax that only bash has, and values that are not meant as one argument."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pytest

from .test_spec_warnings import LR, commanded

_BASH = [
    ("if [[ {lr} > 1 ]]; then train {lr}; else train {lr}; fi", "[["),
    ("test -d /data\n[[ -n {lr} ]] && train {lr}", "[["),
    ('if [ "{lr}" == "1" ]; then train {lr}; fi', "=="),
    ("source venv/bin/activate && train {lr}", "source"),
    ("cd /code; source env.sh; exec train {lr}", "source"),
    ("train {lr} &> log.txt", "&>"),
    ("train {lr} &>> log.txt", "&>>"),
    ("set -e; train {lr} |& grep acc", "|&"),
    ("train <<< {lr}", "<<<"),
    ("train {lr} --data <(zcat data.gz)", "<("),
    ("ARGS=(--lr {lr}); train ${{ARGS[@]}}", "ARGS=("),
    ("for fold in {{1..5}}; do train {lr} --fold $fold; done", "{1..5}"),
    ('NAME="{lr}"; train "${{NAME//./_}}" {lr}', "${NAME//./_}"),
    ("NAME={lr}; train ${{NAME:0:4}}", "${NAME:0:4}"),
    ("declare -A m; train {lr}", "declare"),
    ("pushd src && train {lr}", "pushd"),
    ("function run {{ train {lr}; }}; run", "function"),
]
_BOTH = [
    "if [ {lr} = 1 ]; then train {lr}; fi",
    ". venv/bin/activate && train {lr}",
    "train {lr} > log.txt 2>&1",
    "train {lr} >&2",
    "bash -c '[[ -n $0 ]] && source x' {lr}",
    'echo "[[ x ]] == {{1..3}} &> <(y)" && train {lr}',
    "train {lr} # [[ x ]], source y, &> z",
    "train {lr} \\&\\> x; exit",
    'train {lr} "${{NAME:-/data}}" "${{NAME%/}}" ${{#NAME}} $((1 + 2))',
    "train {lr} --pattern a==b --range '{{1..3}}' --json '[[1]]'; exit",
    "cat <<EOF > c.yaml\n[[ {lr} ]] <(x)\nEOF\ntrain c.yaml",
    "source=data; train {lr} $source",
    "(cd src; train {lr}) || exit 3",
    "A=$(date) train {lr}",
]


def of_bash(command: str) -> list[str]:
    text = command.format(lr="${{search_space.lr}}")
    return [text for _, text in commanded(text, {"lr": LR}) if "is syntax of bash" in text]


@pytest.mark.parametrize(("command", "named"), _BASH)
def test_syntax_of_bash(command: str, named: str) -> None:
    text = of_bash(command)[0]
    assert text.startswith(f"spec.trial.command: '{named}': is syntax of bash")
    assert "; write " in text


@pytest.mark.parametrize("command", _BOTH)
def test_syntax_of_every_shell(command: str) -> None:
    assert of_bash(command) == []


@pytest.mark.skipif(shutil.which("dash") is None, reason="no dash")
@pytest.mark.parametrize(
    ("script", "printed", "code"),
    [
        ("if [[ 1 = 1 ]]; then echo yes; else echo no; fi", "no\n", 0),
        ("if [ 1 == 1 ]; then echo yes; else echo no; fi", "no\n", 0),
        ("source /dev/null", "", 127),
        ("echo a &> /dev/null; wait", "a\n", 0),
        ("echo a |& cat", "", 2),
        ("cat <<< a", "", 2),
        ("cat <(echo a)", "", 2),
        ("a=(1 2)", "", 2),
        ("for i in {1..3}; do echo $i; done", "{1..3}\n", 0),
        ("x=abc; echo ${x:0:2}", "", 2),
        ('x=abc; echo "${x/a/b}"', "", 2),
        ("declare -A m", "", 127),
        ("pushd /", "", 127),
    ],
)
def test_dash_does_what_the_warnings_say(script: str, printed: str, code: int) -> None:
    made = subprocess.run(["dash", "-c", script], capture_output=True, text=True, check=False)
    assert (made.stdout, made.returncode) == (printed, code)


def as_arguments(command: Any, *values: Any) -> list[tuple[str, str]]:
    found = commanded(command, {"x": {"type": "choice", "values": list(values)}})
    return [(path, text) for path, text in found if "AZUREML_SWEEP_x" in text]


@pytest.mark.parametrize(
    ("command", "values", "words"),
    [
        (
            "run --layers ${{search_space.x}}",
            ["64 32", "64"],
            "may be '64 32', which is one argument",
        ),
        ("run --betas ${{search_space.x}} --y", ["0.9 0.999", "1e-3 -1"], "may be '0.9 0.999'"),
        ("run ${{search_space.x}}", ["--opt sgd --momentum 0.9"], "which is one argument"),
        ("run ${{search_space.x}}", ["--augment", ""], "may be '', which is an empty argument"),
        ("run ${{search_space.x}} && exit", ["", "-v"], "an empty argument"),
        (["run", "--layers", "${{search_space.x}}"], ["64 32"], "write the command as a text"),
        (["run", "${{search_space.x}}"], ["--augment", ""], "write the command as a text"),
    ],
)
def test_values_that_are_meant_as_several_arguments_or_none(
    command: Any, values: list[str], words: str
) -> None:
    [(path, text)] = as_arguments(command, *values)
    assert path == "spec.trial.command"
    assert words in text


@pytest.mark.parametrize(
    ("command", "values"),
    [
        ("run --layers $AZUREML_SWEEP_x", ["64 32"]),
        ("run --layers=${{search_space.x}}", ["64 32"]),
        ("run --layers '${{search_space.x}}'", ["64 32"]),
        ('run "${{search_space.x}}"; exit', ["--augment", ""]),
        ("run --name ${{search_space.x}}", ["a b", "64 px", "", "v2 3"]),
        ("run --suffix ${{search_space.x}}", ["-x", ""]),
        ("run ${{search_space.x}}", ["a b", ""]),
        ("run ${{search_space.x}}", ["--fast", "--slow"]),
        ("run --x ${{search_space.x}}y", ["1 2"]),
        (["run", "--layers=${{search_space.x}}"], ["64 32"]),
        ("run ${{search_space.x}}", [1, 2.5, True]),
    ],
)
def test_values_that_are_one_argument(command: Any, values: list[Any]) -> None:
    assert as_arguments(command, *values) == []
