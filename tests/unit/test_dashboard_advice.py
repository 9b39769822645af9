"""The commands that the page offers are commands: the CLI accepts their arguments."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from sweepjob.cli.__main__ import parser_for

from tests.node import run_node

STATIC = Path(__file__).parents[2] / "operator" / "sweepjob" / "dashboard" / "static"
SCRIPT = """
const { adviceFor, commandsOf } = await import(`file://${process.argv[2]}/advice.js`);
const { REMEDIES } = await import(`file://${process.argv[2]}/remedies.js`);
const { SweepModel } = await import(`file://${process.argv[2]}/sweep_model.js`);
const trials = ["Succeeded", "Failed", "Running"].map((phase, index) => ({
  index, phase, name: `vision-${index}`, best: phase === "Failed" ? null : index,
  parameters: {}, reason: "TrainerFailed", message: "exit code 1",
}));
const found = [];
for (const isLocal of [false, true]) {
  for (const phase of ["Pending", "Running", "Blocked", "Suspended", "Complete", "Failed", "Invalid"]) {
    const sweep = {
      namespace: isLocal ? "local" : "team", name: "it's", phase, metric: "m", goal: "maximize",
      troubles: [], reason: "", counts: { running: 1 }, best: { outputs: { model: "x" } },
    };
    const model = new SweepModel({ sweep, trials, parameters: [] });
    found.push(...adviceFor(model, isLocal).map(({ command }) => command));
    const { ofTrial } = commandsOf(sweep, isLocal);
    found.push(ofTrial("logs", "vision-1"), ofTrial("explain", "vision-1"));
  }
}
const commands = commandsOf({ namespace: "team", name: "vision" }, false);
found.push(...Object.values(REMEDIES).map(({ command }) => command(commands, { name: "vision" })));
console.log(JSON.stringify([...new Set(found.filter(Boolean))]));
"""


def offered(folder: Path) -> list[str]:
    script = folder / "offered.mjs"
    script.write_text(SCRIPT)
    return [str(command) for command in json.loads(run_node([script, STATIC]))]


def test_the_cli_accepts_every_command_of_the_page(tmp_path: Path) -> None:
    commands = [part for command in offered(tmp_path) for part in command.split(" && ")]
    own = [shlex.split(command) for command in commands if "sweepjob " in command.split("-l ")[0]]
    assert len(own) > 15
    for words in own:
        arguments = words[words.index("sweepjob") + 1 :]
        try:
            parser_for(arguments).parse_args(arguments)
        except SystemExit:
            pytest.fail(f"the page offers {shlex.join(words)}, which the CLI refuses")


def test_a_local_sweep_is_offered_no_command_of_a_cluster(tmp_path: Path) -> None:
    local = [command for command in offered(tmp_path) if "'.sweepjob/it'" in command]
    assert local
    assert not any("kubectl" in command for command in local)
