"""Other metrics on the records of a real cluster, and logs that are followed over attempts."""

from __future__ import annotations

import json

import pytest
import yaml

from .program import Program
from .sweeps import Sweeps, choice, eventually

# Reports to the source that the environment names; the first attempt fails.
SCRIPT = """
import json, os, sys, time
path = os.environ.get("SWEEPJOB_METRICS_PATH")
for n in range(1, 31):
    row = {"loss": 1 / n, "lr": 0.1, "other": n}
    if n % 10 == 0:
        row["score"] = n
    if path:
        with open(path, "a") as file:
            file.write(json.dumps(row) + "\\n")
    else:
        print(" ".join(f"{name}={value}" for name, value in row.items()), flush=True)
    time.sleep(0.1)
print("attempt", os.environ["SWEEPJOB_ATTEMPT"], "ends", flush=True)
sys.exit(os.environ["SWEEPJOB_ATTEMPT"] == "1")
"""


@pytest.fixture
def program(sweeps: Sweeps) -> Program:
    return Program(sweeps)


@pytest.mark.parametrize("source", ["file", "logs"])
def test_curves_are_recorded_and_logs_followed(
    sweeps: Sweeps, program: Program, source: str
) -> None:
    spec = sweeps.spec(
        {"level": choice(0.2)},
        samplingAlgorithm={"type": "grid"},
        limits={"maxTotalTrials": 1, "maxConcurrentTrials": 1},
        metrics={"source": source, "also": ["loss", "lr"]},
    )
    spec["samplingAlgorithm"].pop("seed")
    image = sweeps.target.images["trainer"]
    spec["trial"] = {"image": image, "command": ["python", "-c", SCRIPT], "maxRetries": 1}
    name = f"others-{source}"
    sweeps.apply(name, spec)
    eventually(lambda: sweeps.trials(name), 60, "there is a trial")
    followed = program.start("logs", f"{name}-0", "-f", "-n", sweeps.namespace)
    assert sweeps.await_end(name)["status"]["phase"] == "Complete"
    out, err = followed.communicate(timeout=60)
    assert followed.returncode == 0, err
    assert out.count("attempt 1 ends") == out.count("attempt 2 ends") == 1
    assert "note: the log of attempt 2 follows" in err
    [trial] = sweeps.trials(name)
    kept = {item["name"]: item for item in trial["status"]["otherMetrics"]}
    assert set(kept) == {"loss", "lr"}
    assert (kept["loss"]["reports"], kept["loss"]["highest"]) == (30, "1.0")
    assert trial["status"]["curve"]["reports"] == 3
    assert program("explain", f"{name}-0").count("\nloss ") == 1
    [row] = json.loads(program("export", name, "-o", "json"))
    assert row["metrics"]["loss"]["intervals"][-1] == 30


def test_names_are_refused_at_once(sweeps: Sweeps) -> None:
    spec = sweeps.spec({"level": choice(0.2)}, metrics={"also": ["loss", "loss"]})
    body = {
        "apiVersion": "sweepjob.dev/v1alpha1",
        "kind": "SweepJob",
        "metadata": {"name": "twice", "namespace": sweeps.namespace},
        "spec": spec,
    }
    with pytest.raises(Exception, match=r"spec\.metrics\.also"):
        sweeps.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(body))
