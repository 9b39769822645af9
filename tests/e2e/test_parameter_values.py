"""Values of parameters reach a script to the letter, whatever the kubelet and shells make of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from .sweeps import Sweeps, choice

ODD = ["a$$b", "$(DATA_DIR)/x", 'it\'s `date` "$HOME" \\', "$é $", "two\nlines", "$$(DATA_DIR)"]
# Prints what the script has been given, in every way in which it is, as a line of JSON.
SHOW = """import json, os, sys
e = os.environ
p = json.loads(e["SWEEPJOB_PARAMETERS"])
print(json.dumps([*sys.argv[1:], e["V"], e["AZUREML_SWEEP_v"], p["v"]]))
print("score=1")
"""
REF = "${{search_space.v}}"
ENV = [
    {"name": "DATA_DIR", "value": "/data"},
    {"name": "V", "value": REF},
    {"name": "CODE", "value": SHOW},
]
COMMANDS: dict[str, Any] = {
    "list": ["python", "-c", SHOW, REF, REF],
    "shell": f"set -e; python -c \"$CODE\" {REF} '{REF}' && true",
}


@pytest.mark.parametrize("form", ["list", "shell", "template"])
def test_values_reach_the_script_unchanged(sweeps: Sweeps, form: str) -> None:
    spec = sweeps.spec(
        {"v": choice(*ODD)},
        limits={"maxTotalTrials": len(ODD), "maxConcurrentTrials": 3},
        metrics={"source": "logs"},
    )
    spec["samplingAlgorithm"] = {"type": "grid"}
    container = {"image": spec["trial"]["image"], "command": COMMANDS.get(form), "env": ENV}
    if form == "template":
        container |= {"name": "trainer", "command": ["python", "-c", SHOW], "args": [REF, REF]}
        spec["trial"] = {"template": {"spec": {"containers": [container]}}}
    else:
        spec["trial"] = container
    sweeps.apply(f"odd-{form}", spec)
    assert sweeps.await_end(f"odd-{form}")["status"]["trials"]["succeeded"] == len(ODD)
    for trial in sweeps.trials(f"odd-{form}"):
        value = json.loads(trial["spec"]["assignment"])["v"]
        log = sweeps.kubectl("logs", f"job/{trial['metadata']['name']}", "-c", "trainer")
        assert json.loads(log.splitlines()[0]) == [value] * 5
