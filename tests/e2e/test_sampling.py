"""The samplers on the cluster: what they propose is what is tried."""

from __future__ import annotations

import json

from sweepjob.api.spec_parser import parse_sweepjob
from sweepjob.search.samplers.sobol import SobolSampler

from .sweeps import Sweeps, choice


def tried(sweeps: Sweeps, name: str) -> list[dict[str, object]]:
    return [json.loads(trial["spec"]["assignment"]) for trial in sweeps.trials(name)]


def test_grid_follows_the_written_order(sweeps: Sweeps) -> None:
    spec = sweeps.spec(
        {"level": choice(0.2, 0.1), "alpha": choice("x", "y"), "reports": choice(1)},
        limits={"maxTotalTrials": 9, "maxConcurrentTrials": 4},
    )
    spec["samplingAlgorithm"] = {"type": "grid", "order": ["level", "alpha"]}
    sweeps.apply("grid", spec)
    assert sweeps.await_end("grid")["status"]["trials"]["succeeded"] == 4
    assert [(t["level"], t["alpha"]) for t in tried(sweeps, "grid")] == [
        (level, alpha) for level in (0.2, 0.1) for alpha in ("x", "y")
    ]
    assert sweeps.condition("grid", "Complete")["reason"] == "SearchSpaceExhausted"


def test_sobol_is_the_sequence_of_its_seed(sweeps: Sweeps) -> None:
    space = {"level": {"type": "uniform", "minValue": 0, "maxValue": 1}, "reports": choice(1)}
    spec = sweeps.spec(space, limits={"maxTotalTrials": 3, "maxConcurrentTrials": 3})
    spec["samplingAlgorithm"] = {"type": "random", "rule": "sobol", "seed": 5}
    sweeps.apply("sobol", spec)
    sampler = SobolSampler(parse_sweepjob(sweeps.await_end("sobol")).space, 5)
    assert tried(sweeps, "sobol") == [sampler.propose(index) for index in range(3)]


def test_bayesian_sampling_finds_the_maximum(sweeps: Sweeps) -> None:
    """The level is its own score; after the start, the model goes for the upper end, where a random
    sweep of ten comes within a thousandth of it once in a hundred times."""
    space = {
        "level": {"type": "uniform", "minValue": 0, "maxValue": 1},
        "reports": choice(2),
        "pause": choice(0.01),
    }
    spec = sweeps.spec(space, limits={"maxTotalTrials": 10, "maxConcurrentTrials": 3})
    spec["samplingAlgorithm"] = {"type": "bayesian", "seed": 3}
    sweeps.apply("hill", spec)
    sweep = sweeps.await_end("hill")
    assert sweep["status"]["trials"]["succeeded"] == 10
    assert float(sweep["status"]["best"]["parameters"]["level"]) > 0.999
    levels = [trial["level"] for trial in tried(sweeps, "hill")]
    assert len(set(levels)) == 10
