"""Scripts in the styles of usual launchers, loggers and shells: the cluster reads what one machine reads."""

from __future__ import annotations

import json

from .sweeps import Sweeps, choice

# Prints 0.25, 0.5 and 0.75 in the style of its trial, and checks the arguments that a shell has split.
SCRIPT = """import json, os, sys
given = json.loads(os.environ["SWEEPJOB_PARAMETERS"])
words = given["layers"].split()
if sys.argv[1:] != ["--layers", *words, *[given["flag"]] * bool(given["flag"])]:
    sys.exit(f"received {sys.argv[1:]}")
LINES = {
    "dictionary": ["{'loss': 0.1, 'epoch': 0.5}", "{'score': VALUE, 'epoch': 1.0}"],
    "json": ['{"event": "epoch", "score": VALUE, "level": "info"}'],
    "two-lines": ["score:", "VALUE"],
    "rich-handler": [
        "[11/30/26 20:00:00] INFO     epoch 3/10 train_loss: 0.51234 score:     train.py:12",
        " " * 29 + "VALUE after 12 s",
    ],
    "deviation": ["[1]\\ttrain-score:0.91234+0.00321\\tscore:VALUE+0.01234"],
    "range": ["score@0.5:0.95: 0.1", "score: VALUE"],
    "colours": ["\\x1b[1mscore\\x1b[0m=\\x1b[36mVALUE\\x1b[0m"],
    "absl": ["I1130 20:00:00.1 140 train.py:10] score: VALUE"],
    "launcher": ["[rank0]: epoch 1 score=VALUE", "[rank1]: epoch 1 loss=1"],
    "ranks": ["[rank0]: score=VALUE", "[rank1]: score=VALUE"],
    "bar": ["10%|#  | 1/9 [score=0.1]\\r100%|###| 9/9 [00:01<00:00, 9.8it/s, score=VALUE]"],
}
for value in ("0.25", "0.5", "0.75"):
    for line in LINES[given["style"]]:
        print(line.replace("VALUE", value), flush=True)
"""
STYLES = ["dictionary", "json", "two-lines", "rich-handler", "deviation", "range"]
STYLES += ["colours", "absl", "launcher", "ranks", "bar"]


def test_scripts_of_every_style(sweeps: Sweeps) -> None:
    space = {"style": choice(*STYLES), "layers": choice("64 32"), "flag": choice("--flag", "")}
    spec = sweeps.spec(
        space,
        limits={"maxTotalTrials": len(STYLES) * 2, "maxConcurrentTrials": 6},
        metrics={"source": "logs"},
    )
    command = 'python -c "$CODE" --layers $AZUREML_SWEEP_layers $AZUREML_SWEEP_flag'
    spec["samplingAlgorithm"] = {"type": "grid", "order": ["flag", "style"]}
    spec["limits"]["maxTotalTrials"] = len(STYLES) + 1  # all styles with a flag, one without
    spec["trial"] |= {"command": command, "env": [{"name": "CODE", "value": SCRIPT}]}
    spec["trial"].pop("resources")
    sweeps.apply("styles", spec)
    assert sweeps.await_end("styles")["status"]["phase"] == "Complete"
    for trial in sweeps.trials("styles"):
        style, status = json.loads(trial["spec"]["assignment"])["style"], trial["status"]
        values = [float(text) for text in status["curve"]["values"].split()]
        times = 2 if style == "ranks" else 1
        assert values == [value for value in (0.25, 0.5, 0.75) for _ in range(times)], style
        kinds = [condition["type"] for condition in status.get("conditions", [])]
        assert ("AmbiguousMetric" in kinds) is (style == "ranks"), style


def test_a_script_that_an_argument_ends(sweeps: Sweeps) -> None:
    code = "import argparse\np = argparse.ArgumentParser()\np.add_argument('--x', type=int)\np.parse_args()"
    spec = sweeps.spec(
        {"x": choice("1 2")}, limits={"maxTotalTrials": 1}, metrics={"source": "logs"}
    )
    spec["trial"] |= {"command": ["python", "-c", code, "--x", "${{search_space.x}}"]}
    spec["trial"].pop("resources")
    sweeps.apply("ended", spec)
    sweeps.await_end("ended")
    assert "invalid int value: '1 2'" in sweeps.condition("ended", "Failed")["message"]
    assert "may be '1 2', which is one argument" in sweeps.condition("ended", "Accepted")["message"]
