"""Warnings about commands: syntax that only bash has, exit codes that are lost, and values that a program would
not read as one argument."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pytest

from .warned_specs import LR, commanded, warned

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
    ('echo -e "lr: {lr}\\nepochs: 1" > c.yaml && train c.yaml', "echo -e"),
    ('ARGS="--lr {lr}"; ARGS+=" --half"; train $ARGS', "ARGS+="),
    ('train {lr} --name "$(<name.txt)"', "$(<"),
    ("if (( $FOLDS > 1 )); then train {lr}; fi", "(("),
    ("for ((n = 0; n < 3; n++)); do train {lr} --fold $n; done", "(("),
    ("mkdir -p out/{{checkpoints,logs}} && train {lr}", "{checkpoints,logs}"),
    ("for fold in fold{{1..5}}; do train {lr} --fold $fold; done", "{1..5}"),
    ("train {lr} --layers {{a..c}} && exit", "{a..c}"),
    ('train {lr} --seed "$RANDOM"', "$RANDOM"),
    ("train {lr} --name $RANDOM-x && exit", "$RANDOM"),
    ("train {lr} --seed ${{RANDOM}} && exit", "${RANDOM}"),
    ("train {lr} --seed ${{RANDOM%7}} && exit", "${RANDOM"),
    ("train {lr} --separator $'\\t' && exit", "$'...'"),
    ("mapfile -t files < list.txt; train {lr}", "mapfile"),
    ("train {lr} & train {lr} & wait -n", "wait -n"),
    ("train {lr} >& log.txt", ">& l"),
    ("{{ source env.sh; train {lr}; }}", "source"),
    ("if test $A == 1; then train {lr}; fi", "=="),
    ("set -euo pipefail; train {lr} | tee log.txt", "-euo pipefail"),
    ("trap 'echo failed' ERR; train {lr}", "ERR"),
    ("export ARGS=(--lr {lr}); train ${{ARGS[@]}}", "ARGS=("),
    ("read -ra words < list.txt; train {lr}", "read -ra"),
    ('train {lr} "${{#ARGS[@]}}"', "${#ARGS[@]}"),
    ('train {lr} "${{NAME: -4}}"', "${NAME: -4}"),
    ('train {lr} "${{NAME:$N}}"', "${NAME:$N}"),
    ('train {lr} "${{NAME@Q}}"', "${NAME@Q}"),
    ('echo "it\'s" && [[ -f x ]] && train {lr}', "[["),
    ("true && \\\n  source env.sh && train {lr}", "source"),
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
    "train {lr} --seed ${{SEED:-0}} --port ${{PORT:=80}} ${{DEBUG:+1}} ${{NAME:?no name}}",
    "# it's fine\nbash -c '\n[[ -n x ]] && source y' && train {lr}",
    "echo \"it's\" && bash -c 'echo ${{x//a/b}} $RANDOM $(<f)' && train {lr}",
    'bash -c "echo \\${{x//a/b}}" && train {lr}',
    "train {lr} # it's [[ x ]]\ntrue",
    "RANDOM=3; train {lr} --seed $RANDOM",
    "train {lr} --seed ${{RANDOM:-1}} --time ${{SECONDS:-60}} && exit",
    'train {lr} --seed "${{RANDOM:?set it}}" --id ${{BASHPID-0}} ${{RANDOM:+--random}}; exit $?',
    'train {lr} --model {{"a":1,"b":2}} && exit',
    "train {lr} --shards data-{{000..099}}.tar && exit",
    "train {lr} --tags={{a,b}} model={{a:1,b:2}} && exit",
    "find . -exec wc {{}} + && train {lr}",
    "awk '{{print $1,$2}}' data && train {lr}",
    "exec 3>&1; train {lr} >&3 2>&1",
    "echo -n begin > log.txt; exec train {lr}",
    "echo -e 'begin' || exit; train {lr}",
    "train {lr} --total $((A<(B))) && exit",
    "wait_n=1 train {lr}",
]


def of_bash(command: str) -> list[str]:
    text = command.format(lr="${{search_space.lr}}")
    return [text for _, text in commanded(text, {"lr": LR}) if "is syntax of bash" in text]


@pytest.mark.parametrize(("command", "named"), _BASH)
def test_syntax_of_bash(command: str, named: str) -> None:
    text = of_bash(command)[0]
    assert text.startswith(f"spec.trial.command: {named!r}: is syntax of bash")
    assert "; write " in text


def test_a_shell_that_the_command_names_in_a_comment() -> None:
    [text] = of_bash("#!/bin/bash\nsource env.sh\ntrain {lr}")
    assert "[bash, -c, SCRIPT]: #! in a command is a comment" in text
    assert of_bash("#!/bin/bash\n. ./env.sh\ntrain {lr}") == []


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
        ("echo -e a | cat", "-e a\n", 0),
        ('A=x; A+=" y"; echo $A', "x\n", 0),
        ('echo "[$(</etc/hostname)]"', "[]\n", 0),
        ("if (( 1 + 1 )); then echo yes; else echo no; fi", "no\n", 0),
        ("for ((i=0; i<3; i++)); do echo $i; done", "", 2),
        ("echo out/{a,b} {a..c} x{1..3}", "out/{a,b} {a..c} x{1..3}\n", 0),
        ('echo "[$RANDOM$EPOCHSECONDS]"', "[]\n", 0),
        ("printf %s $'a\\tb'", "$a\\tb", 0),
        ("true & wait -n", "", 2),
        ("echo a >& b", "", 2),
        ("if test 1 == 1; then echo yes; else echo no; fi", "no\n", 0),
        ("set -euo pipefail; echo a", "", 2),
        ("read -ra x < /dev/null; echo a", "a\n", 0),
        ('A=abc; echo "${A: -1}"', "", 2),
        ('A=abc; echo "${A@Q}"', "", 2),
        ('echo "${A:-0}"', "0\n", 0),
        ("echo ${RANDOM:-1} ${SECONDS:-60}", "1 60\n", 0),
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


@pytest.mark.parametrize(
    ("command", "value", "words"),
    [
        ("train ${{search_space.lr}} | tee out.log", "| tee", "remove it, since"),
        ("train ${{search_space.lr}} 2>&1 | grep -v warn", "| grep", "pipefail"),
        ("cd /code && train ${{search_space.lr}} |& tee log", "| tee", "pipefail"),
        ("train ${{search_space.lr}} | tee log; echo", "| tee", "pipefail"),
        ("train ${{search_space.lr}}; echo done", "echo", "join them by &&"),
        ("train --lr '${{search_space.lr}}'\ncp -r out /data", "cp", "set -e"),
        ('train "${{search_space.lr}}" > log 2>&1; tail log', "tail", "set -e"),
        ("train ${{search_space.lr}} &", "train ${{search_space.lr}} &", "ends with &"),
        ("nohup train ${{search_space.lr}} >log 2>&1 &", None, "ends with &"),
        ("train ${{search_space.lr}} & wait", "wait", "wait $pid"),
        ("set -e\nserve &\ntrain ${{search_space.lr}} > log &\nwait\n", "wait", "is 0 whatever"),
        ("serve & train ${{search_space.lr}}; wait", "wait", "set -e"),
        ("# don't\ntrain ${{search_space.lr}}\necho 'done'", "echo", "set -e"),
        ("train ${{search_space.lr}} \\\n  --x 1; echo done", "echo", "set -e"),
        ("LR=${{search_space.lr}} train; cp -r out /data", "cp", "set -e"),
        ("LR=${{search_space.lr}}; train $LR | tee log", "| tee", "pipefail"),
        ("export LR=${{search_space.lr}}; train; echo done", "echo", "set -e"),
        ("echo ${{search_space.lr}} > c.yaml; train; cp a b", "cp", "set -e"),
        (". ./run.sh --lr ${{search_space.lr}}; echo done", "echo", "set -e"),
        (". ./run.sh --lr ${{search_space.lr}} | tee log", "| tee", "pipefail"),
        (". ./run.sh --lr ${{search_space.lr}} & wait", "wait", "wait $pid"),
        ("perl train.pl --lr ${{search_space.lr}}; echo done", "echo", "set -e"),
        ("perl -w -Ilib train.pl -e ${{search_space.lr}} | tee log", "| tee", "pipefail"),
        ("/usr/bin/perl train.pl --lr ${{search_space.lr}} & wait", "wait", "wait $pid"),
        ("awk -f train.awk -v lr=${{search_space.lr}} data; echo done", "echo", "set -e"),
    ],
)
def test_an_exit_code_that_is_lost(command: str, value: str | None, words: str) -> None:
    found = commanded(command, {"lr": LR})
    assert {path for path, _ in found} == {"spec.trial.command"}
    text = found[0][1]
    assert words in text
    if value is not None:
        assert f"'{value}'" in text


@pytest.mark.parametrize(
    "command",
    [
        "train ${{search_space.lr}} && echo done",
        "train ${{search_space.lr}} || true",
        "set -e; train ${{search_space.lr}}; echo done",
        "set -euo pipefail\ntrain ${{search_space.lr}} | tee log",
        "set -o pipefail; train ${{search_space.lr}} | tee log",
        "echo begin; train ${{search_space.lr}}",
        "export A=1; cd /code; train ${{search_space.lr}}",
        "cat data | train ${{search_space.lr}}",
        "yes | train ${{search_space.lr}} 2>&1",
        "train ${{search_space.lr}} 'a | b; c &'",
        "train ${{search_space.lr}} \\; \\| \\&",
        "serve & train ${{search_space.lr}}",
        "train ${{search_space.lr}} & wait $!",
        "train ${{search_space.lr}} & pid=$!; wait $pid",
        "train ${{search_space.lr}}; exit $?",
        "train ${{search_space.lr}} # | tee log",
        "for n in 1 2; do train ${{search_space.lr}} | tee log; done",
        "train ${{search_space.lr}} <<< x | cat",
        "LR=${{search_space.lr}}; train --lr $LR",
        "export LR=${{search_space.lr}}\ntrain",
        "echo 'lr: ${{search_space.lr}}' > c.yaml; train --config c.yaml",
        "cd /code && sed -i s/LR/${{search_space.lr}}/ c.yaml\nexec train",
        "mkdir -p out/${{search_space.lr}}; cd out/${{search_space.lr}}; train",
        'echo \'{"lr": "${{search_space.lr}}"}\' | train',
        "sed s/LR/${{search_space.lr}}/ c.yaml | train --config -",
        "X=${{search_space.lr}}; echo val_acc=$X",
        ". ./env.sh; train ${{search_space.lr}}",
        "perl -pi -e 's/LR/${{search_space.lr}}/' c.yaml; train",
        "perl -i.bak -pe 's/LR/${{search_space.lr}}/' c.yaml; echo begin; train",
        "awk -v lr=${{search_space.lr}} '{print lr}' a > c.yaml; train",
        "set -e\nserve &\ntrain ${{search_space.lr}}\nwait",
        "set -eu; train ${{search_space.lr}}; wait",
        "# it's fine\nset -e\ntrain ${{search_space.lr}}\necho 'done'",
        ["sh", "-c", "train | tee log", "${{search_space.lr}}"],
    ],
)
def test_an_exit_code_that_counts(command: Any) -> None:
    assert not [text for _, text in commanded(command, {"lr": LR}) if "exit code" in text]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ({"type": "choice", "values": [0.5, -1e-5]}, "-1e-05"),
        ({"type": "choice", "values": ["adam", "-"]}, "-"),
        ({"type": "choice", "values": ["--help"]}, "--help"),
        ({"type": "normal", "mu": 0, "sigma": 0.001}, "e-05"),
        ({"type": "uniform", "minValue": -1e20, "maxValue": -1e19}, "e+19"),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "command",
    [
        "run --x ${{search_space.x}}",
        "run --x '${{search_space.x}}' --y 1",
        "run -x ${{search_space.x}} | cat; exit",
        ["run", "--x", "${{search_space.x}}"],
    ],
    ids=str,
)
def test_a_value_that_looks_like_an_option(
    command: Any, expression: dict[str, Any], value: str
) -> None:
    found = [text for _, text in commanded(command, {"x": expression}) if "argparse" in text]
    assert len(found) == 1
    assert f"{value}, which Python's argparse takes for an option" in found[0]
    assert "x=${{search_space.x}}" in found[0]


@pytest.mark.parametrize(
    ("command", "expression"),
    [
        ("run --x=${{search_space.x}}", {"type": "choice", "values": [-1e-5]}),
        (["run", "--x=${{search_space.x}}"], {"type": "choice", "values": [-1e-5]}),
        (["run", "${{search_space.x}}"], {"type": "choice", "values": ["--fast", "--slow"]}),
        ("run ${{search_space.x}}", {"type": "choice", "values": ["--fast", "--slow"]}),
        ("run --x ${{search_space.x}}", {"type": "choice", "values": [-0.5, -3, 1e-5, "a-b"]}),
        ("run --x ${{search_space.x}}", {"type": "uniform", "minValue": -1, "maxValue": 1}),
        ("run --x ${{search_space.x}}:1", {"type": "choice", "values": [-1e-5]}),
        ("run --range 0 ${{search_space.x}}", {"type": "choice", "values": [-1e-5]}),
    ],
    ids=str,
)
def test_a_value_that_does_not_look_like_an_option(
    command: Any, expression: dict[str, Any]
) -> None:
    assert commanded(command, {"x": expression}) == []


@pytest.mark.parametrize("key", ["command", "args"])
def test_values_in_a_template_that_look_like_options(key: str) -> None:
    container = {"name": "main", "image": "i", key: ["run", "--x", "${{search_space.x}}"]}
    trial = {"template": {"spec": {"containers": [container]}}}
    space = {"x": {"type": "choice", "values": [-1e-5]}}
    [(path, text)] = warned(searchSpace=space, trial=trial)
    assert path == f"spec.trial.template.spec.containers[0].{key}"
    assert "write --x=${{search_space.x}}" in text
