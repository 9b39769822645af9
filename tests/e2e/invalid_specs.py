"""Ways to get a SweepJob wrong: every field of a rich one with values that it cannot have."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sweepjob.api.parsing.problem import InvalidSpec
from sweepjob.api.spec_parser import parse_sweepjob

Body = dict[str, Any]

RICH: Body = {
    "objective": {"goal": "maximize", "primaryMetric": "score"},
    "samplingAlgorithm": {"type": "random", "rule": "random", "seed": 7, "logbase": 10},
    "searchSpace": {
        "c": {"type": "choice", "values": [1, "two", True]},
        "r": {"type": "randint", "upper": 5},
        "u": {"type": "uniform", "minValue": 0, "maxValue": 1},
        "qu": {"type": "quniform", "minValue": 0, "maxValue": 8, "q": 2},
        "lu": {"type": "loguniform", "minValue": -3, "maxValue": -1},
        "lv": {"type": "loguniform", "low": 0.001, "high": 0.1},
        "n": {"type": "normal", "mu": 0, "sigma": 1},
        "qln": {"type": "qlognormal", "mu": 0, "sigma": 1, "q": 1},
        "m": {
            "type": "choice",
            "values": [
                {
                    "kind": "mlp",
                    "hidden": {"type": "quniform", "minValue": 16, "maxValue": 64, "q": 16},
                },
                {"kind": "linear"},
            ],
        },
    },
    "earlyTermination": {
        "type": "bandit",
        "slackFactor": 0.2,
        "evaluationInterval": 1,
        "delayEvaluation": 5,
    },
    "limits": {
        "maxTotalTrials": 4,
        "maxConcurrentTrials": 2,
        "timeout": 600,
        "trialTimeout": 60,
        "startTimeout": 60,
        "maxFailedTrials": 1,
        "target": 0.5,
        "noImprovementTrials": 3,
        "maxGpuHours": 2.5,
        "maxCost": 10,
        "prices": {"nvidia.com/gpu": 2.5, "cpu": 0.04},
    },
    "suspend": True,
    "inputs": {"epochs": 3},
    "outputs": {
        "model": {"volume": {"emptyDir": {}}, "mountPath": "/outputs/model", "subPath": "a"}
    },
    "metrics": {"source": "mlflow", "port": 5000, "also": ["loss"]},
    "notifications": [
        {"receiver": "team", "events": ["completed", "new_best"]},
        {"url": "https://hooks.example.com/a", "format": "slack"},
    ],
    "initialPoints": [{"u": 0.5, "m": {"kind": "mlp", "hidden": 32}}, {"c": "two"}],
    "trial": {
        "image": "registry.example/train:1",
        "command": "train ${{search_space.u}} ${{inputs.epochs}} ${{outputs.model}}",
        "env": [{"name": "A", "value": "b"}],
        "resources": {"limits": {"cpu": "1"}},
        "maxRetries": 1,
        "stopGracePeriodSeconds": 5,
        "doNotDisrupt": True,
    },
}
_TWO = [
    {"goal": "maximize", "primaryMetric": "score"},
    {"goal": "minimize", "primaryMetric": "latency", "reference": 9.5},
]
_SEVERAL: Body = {
    "objective": None,
    "objectives": _TWO,
    "constraints": [
        {"metric": "size", "max": 50, "stopTrials": True},
        {"metric": "size", "min": 1},
    ],
    "earlyTermination": None,
    "limits": {"target": None},
}
# Of every type that JSON has; some fit somewhere.
VALUES: tuple[Any, ...] = ("text", "", -1, 2.5, 10**10, True, [], ["x"], {}, {"x": 1}, "x" * 1500)
# Mistakes of more than one value.
TOGETHER: dict[str, Body] = {
    "both slacks": {"earlyTermination": {"slackAmount": 1}},
    "no slack": {"earlyTermination": {"slackFactor": None}},
    "slack of another policy": {"earlyTermination": {"type": "median_stopping"}},
    "truncation without percentage": {"earlyTermination": {"type": "truncation_selection", "slackFactor": None}},
    "asha with an interval": {"earlyTermination": {"type": "asha", "slackFactor": None}},
    "forecast without a probability": {"earlyTermination": {"type": "forecast", "slackFactor": None}},
    "auto with an interval": {"earlyTermination": {"type": "auto", "slackFactor": None}},
    "asha without a rung": {
        "earlyTermination": {
            "type": "asha",
            "slackFactor": None,
            "evaluationInterval": None,
            "delayEvaluation": None,
            "gracePeriod": 9,
            "maxReports": 9,
        }
    },
    "hyperband without the reports of a trial": {
        "earlyTermination": {
            "type": "hyperband",
            "slackFactor": None,
            "evaluationInterval": None,
            "delayEvaluation": None,
        }
    },
    "hyperband with an interval": {
        "earlyTermination": {"type": "hyperband", "slackFactor": None, "maxReports": 9}
    },
    "brackets of another policy": {"earlyTermination": {"brackets": 2}},
    "more brackets than rungs": {
        "earlyTermination": {
            "type": "hyperband",
            "slackFactor": None,
            "evaluationInterval": None,
            "delayEvaluation": None,
            "maxReports": 9,
            "brackets": 4,
        }
    },
    "a budget without its largest value": {
        "earlyTermination": {
            "type": "asha",
            "slackFactor": None,
            "evaluationInterval": None,
            "delayEvaluation": None,
            "budgetParameter": "epochs",
        }
    },
    "a budget and stopping": {
        "earlyTermination": {
            "type": "hyperband",
            "slackFactor": None,
            "evaluationInterval": None,
            "delayEvaluation": None,
            "maxReports": 9,
            "mode": "stop",
            "budgetParameter": "epochs",
        }
    },
    "a budget that is sampled": {
        "earlyTermination": {
            "type": "asha",
            "slackFactor": None,
            "evaluationInterval": None,
            "delayEvaluation": None,
            "maxReports": 9,
            "budgetParameter": "u",
        }
    },
    "a budget of another policy": {"earlyTermination": {"budgetParameter": "epochs"}},
    "grid with an expression other than choice": {"samplingAlgorithm": {"type": "grid", "rule": None, "logbase": None, "seed": None}},
    "rule with bayesian": {"samplingAlgorithm": {"type": "bayesian", "logbase": None}},
    "order with random": {"samplingAlgorithm": {"order": ["c"]}},
    "minimum above maximum": {"searchSpace": {"u": {"minValue": 2}}},
    "only one of two bounds": {"searchSpace": {"u": {"maxValue": None}}},
    "uniform with sigma": {"searchSpace": {"u": {"sigma": 1}}},
    "normal with bounds": {"searchSpace": {"n": {"minValue": 0, "maxValue": 1}}},
    "normal without sigma": {"searchSpace": {"n": {"sigma": None}}},
    "q without a q form": {"searchSpace": {"u": {"q": 1}}},
    "a q form without q": {"searchSpace": {"qu": {"q": None}}},
    "a q of 0": {"searchSpace": {"qu": {"q": 0}}},
    "no multiple of q between the bounds": {"searchSpace": {"qu": {"minValue": 1, "maxValue": 2, "q": 5}}},
    "empty choice": {"searchSpace": {"c": {"values": []}}},
    "choice without values": {"searchSpace": {"c": {"values": None}}},
    "randint without upper": {"searchSpace": {"r": {"upper": None}}},
    "branch with an unknown expression": {"searchSpace": {"m": {"values": [{"x": {"type": "gauss"}}]}}},
    "branch with only one of two bounds": {"searchSpace": {"m": {"values": [{"x": {"type": "uniform", "minValue": 1}}]}}},
    "no search space": {"searchSpace": None},
    "no objective": {"objective": None},
    "objective and objectives": {**_SEVERAL, "objective": RICH["objective"]},
    "one of several objectives": {**_SEVERAL, "objectives": _TWO[:1]},
    "five objectives": {
        **_SEVERAL,
        "objectives": [{"goal": "minimize", "primaryMetric": f"m{n}"} for n in range(5)],
    },
    "two objectives of one metric": {**_SEVERAL, "objectives": [_TWO[0], _TWO[0]]},
    "objectives with early termination": {**_SEVERAL, "earlyTermination": RICH["earlyTermination"]},
    "objectives with a target": {**_SEVERAL, "limits": {}},
    "constraints with early termination": {
        "constraints": [
            {"metric": "size", "max": 50, "stopTrials": True},
            {"metric": "latency", "max": 9},
        ],
    },
    "a constraint without a bound": {**_SEVERAL, "constraints": [{"metric": "size"}]},
    "a constraint with two bounds": {**_SEVERAL, "constraints": [{"metric": "size", "max": 2, "min": 1}]},
    "a constraint twice": {**_SEVERAL, "constraints": [{"metric": "a", "max": 1}, {"metric": "a", "max": 2}]},
    "constraints that no value meets": {**_SEVERAL, "constraints": [{"metric": "a", "max": 1}, {"metric": "a", "min": 2}]},
    "a constraint on a metric that is not printable": {**_SEVERAL, "constraints": [{"metric": "a\tb", "max": 1}]},
    "eleven constraints": {**_SEVERAL, "constraints": [{"metric": f"m{n}", "max": 1} for n in range(11)]},
    "objectives with a pattern of one metric": {
        **_SEVERAL,
        "metrics": {"source": "logs", "port": None, "also": None, "pattern": "score=(?P<value>.*)"},
    },
    "no metric": {"objective": {"primaryMetric": None}},
    "no limits": {"limits": None},
    "no maximum of trials": {"limits": {"maxTotalTrials": None}},
    "too many concurrent trials": {"limits": {"maxTotalTrials": 90_000, "maxConcurrentTrials": 20_000}},
    "a target that is no number": {"limits": {"target": "0.9"}},
    "a row of no trials": {"limits": {"noImprovementTrials": 0}},
    "no cost": {"limits": {"maxCost": -1}},
    "a price of something else": {"limits": {"prices": {"gpu": 2.5}}},
    "a negative price": {"limits": {"prices": {"cpu": -1}}},
    "a price in no currency": {"limits": {"prices": {"cpu": 1e300}}},
    "no GPU-hours": {"limits": {"maxGpuHours": 0}},
    "no trial": {"trial": None},
    "no image": {"trial": {"image": None}},
    "image and template": {"trial": {"template": {"spec": {"containers": [{"name": "t"}]}}}},
    "template without containers": {"trial": {**dict.fromkeys(("image", "command", "env", "resources")), "template": {"spec": {}}}},
    "unknown parameter": {"trial": {"command": "train ${{search_space.zzz}}"}},
    "unknown input": {"trial": {"command": "train ${{inputs.zzz}}"}},
    "unknown output": {"trial": {"command": "train ${{outputs.zzz}}"}},
    "parameter that only one branch has": {"trial": {"command": "train ${{search_space.m.hidden}}"}},
    "misspelt reference": {"trial": {"command": "train ${{searchSpace.u}}"}},
    "reference in shell arithmetic": {"trial": {"command": "train $(( ${{search_space.u}} + 1 ))"}},
    "value that could end a here-document": {
        "searchSpace": {"c": {"values": ["END"]}},
        "trial": {"command": "train <<END\n${{search_space.c}}\nEND\n"},
    },
    "null in a choice": {"searchSpace": {"c": {"values": [1, None]}}},
    "a list in a choice": {"searchSpace": {"c": {"values": [[1, 2]]}}},
    "NUL in a choice": {"searchSpace": {"c": {"values": ["a\0b"]}}},
    "a value of 20,001 characters": {"searchSpace": {"c": {"values": ["x" * 20_001]}}},
    "an object as a bound": {"searchSpace": {"lu": {"minValue": {"value": 0.1}}}},
    "a value of 0 as a bound": {"searchSpace": {"lv": {"low": 0}}},
    "low above high": {"searchSpace": {"lv": {"low": 0.1, "high": 1e-4}}},
    "low without high": {"searchSpace": {"lv": {"high": None}}},
    "low and high with minValue and maxValue": {"searchSpace": {"lu": {"low": 0.001, "high": 0.1}}},
    "low with maxValue": {"searchSpace": {"lv": {"high": None, "maxValue": -1}}},
    "no bounds": {"searchSpace": {"lv": {"low": None, "high": None}}},
    "uniform with low and high": {"searchSpace": {"u": {"low": 0.1, "high": 1}}},
    "branch with low above high": {"searchSpace": {"m": {"values": [{"x": {"type": "loguniform", "low": 1, "high": 0.1}}]}}},
    "branch with low without high": {"searchSpace": {"m": {"values": [{"x": {"type": "loguniform", "low": 1}}]}}},
    "parameter name with a dash": {"searchSpace": {"learning-rate": {"type": "choice", "values": [1]}}},
    "command that is too long for Linux": {"trial": {"command": "x" * 131_072}},
    "unclosed quote": {"trial": {"command": "train 'x"}},
    "env without a name": {"trial": {"env": [{"value": "x"}]}},
    "path with source mlflow": {"metrics": {"path": "/metrics/x"}},
    "pattern with source mlflow": {"metrics": {"pattern": "(?P<value>.*)"}},
    "port with source file": {"metrics": {"source": "file"}},
    "invalid pattern": {"metrics": {"source": "logs", "port": None, "pattern": "("}},
    "pattern without a group named value": {"metrics": {"source": "logs", "port": None, "pattern": "x"}},
    "file without a folder": {"metrics": {"source": "file", "port": None, "path": "/x"}},
    "privileged port": {"metrics": {"port": 80}},
    "metric twice in also": {"metrics": {"also": ["loss", "loss"]}},
    "metric name that is not printable": {"metrics": {"also": ["a\tb"]}},
    "more than 20 metrics in also": {"metrics": {"also": [f"m{n}" for n in range(21)]}},
    "retry of incomplete attempts without retries": {"metrics": {"onIncomplete": "retry"}, "trial": {"maxRetries": 0}},
    "checkpoint without an output": {"trial": {"checkpoint": {}}},
    "checkpoint in an output that is not declared": {"trial": {"checkpoint": {"output": "state"}}},
    "checkpoint in an output that is not kept": {"trial": {"checkpoint": {"output": "model"}}},
    "checkpoint of a kind that cannot be paused": {
        "outputs": {"model": {"volume": {"emptyDir": None, "persistentVolumeClaim": {"claimName": "c"}}}},
        "trial": {
            **dict.fromkeys(("image", "command", "env", "resources")),
            "checkpoint": {"output": "model"},
            "manifest": {
                "apiVersion": "example.com/v1",
                "kind": "Widget",
                "spec": {"template": {"spec": {"containers": [{"name": "t", "image": "i"}]}}},
            },
        },
    },
    "misspelt key of the checkpoint": {"trial": {"checkpoint": {"outputs": "model"}}},
    "promotion without a checkpoint": {
        "earlyTermination": {
            "type": "asha",
            "slackFactor": None,
            "evaluationInterval": None,
            "delayEvaluation": None,
            "mode": "promote",
        }
    },
    "mode of another policy": {"earlyTermination": {"mode": "promote"}},
    "an unknown mode": {
        "earlyTermination": {
            "type": "asha",
            "slackFactor": None,
            "evaluationInterval": None,
            "delayEvaluation": None,
            "mode": "promotion",
        }
    },
    "output with two volume sources": {"outputs": {"model": {"volume": {"emptyDir": {}, "hostPath": {}}}}},
    "output folder outside the volume": {"outputs": {"model": {"subPath": "../x"}}},
    "output with an invalid name": {"outputs": {"a-b": {"volume": {"emptyDir": {}}}}},
    "two outputs with the same path": {"outputs": {"o": {"volume": {"emptyDir": {}}, "mountPath": "/outputs/model"}}},
    "notifications that are no list": {"notifications": {"receiver": "team"}},
    "a receiver and a url": {"notifications": [{"receiver": "team", "url": "https://a.example.com/"}]},
    "neither receiver nor url": {"notifications": [{"events": ["failed"]}]},
    "a receiver twice": {"notifications": [{"receiver": "team"}, {"receiver": "team", "events": ["failed"]}]},
    "a url twice": {"notifications": [{"url": "https://a.example.com/"}, {"url": "https://a.example.com/"}]},
    "an unknown event": {"notifications": [{"receiver": "team", "events": ["finished"]}]},
    "an event twice": {"notifications": [{"receiver": "team", "events": ["failed", "failed"]}]},
    "no events": {"notifications": [{"receiver": "team", "events": []}]},
    "the format of a receiver": {"notifications": [{"receiver": "team", "format": "slack"}]},
    "an unknown format": {"notifications": [{"url": "https://a.example.com/", "format": "discord"}]},
    "a url with a password": {"notifications": [{"url": "https://user:pass@a.example.com/"}]},
    "a url of another scheme": {"notifications": [{"url": "ftp://a.example.com/"}]},
    "eleven receivers": {"notifications": [{"receiver": f"r{n}"} for n in range(11)]},
    "initial points that are no list": {"initialPoints": {"u": 0.5}},
    "an initial point that is no object": {"initialPoints": [0.5]},
    "an initial point without values": {"initialPoints": [{}]},
    "an initial point outside the space": {"initialPoints": [{"u": 2}]},
    "an initial point with a text as a number": {"initialPoints": [{"u": "0.5"}]},
    "an initial point between multiples of q": {"initialPoints": [{"qu": 3}]},
    "an initial point with a value that is not listed": {"initialPoints": [{"c": "three"}]},
    "an initial point with another type of a value": {"initialPoints": [{"c": "1"}]},
    "an initial point with an unknown parameter": {"initialPoints": [{"uu": 0.5}]},
    "an initial point with a parameter of another branch": {"initialPoints": [{"m": {"kind": "linear", "hidden": 32}}]},
    "an initial point with null": {"initialPoints": [{"u": None}]},
    "an initial point twice": {"initialPoints": [{"u": 0.5}, {"u": 0.5}]},
    "more initial points than trials": {"initialPoints": [{"r": n} for n in range(5)]},
    "a warm start from nothing": {"warmStart": {"defaults": {"u": 0.5}}},
    "a warm start from no sweeps": {"warmStart": {"sweeps": []}},
    "a warm start from a path": {"warmStart": {"sweeps": ["../a"]}},
    "results of a path": {"warmStart": {"results": [{"configMap": {"name": "../secrets/s", "key": "k"}}]}},
    "results without a ConfigMap": {"warmStart": {"results": [{"file": "r.csv"}]}},
    "results without a key": {"warmStart": {"results": [{"configMap": {"name": "r"}}]}},
    "results twice": {"warmStart": {"results": [{"configMap": {"name": "r", "key": "k"}}] * 2}},
    "a default outside the space": {"warmStart": {"sweeps": ["a"], "defaults": {"u": 2}}},
    "a default of an unknown parameter": {"warmStart": {"sweeps": ["a"], "defaults": {"uu": 0.5}}},
    "misspelt field": {"serachSpace": {}},
    "misspelt nested field": {"limits": {"maxTotalTrial": 1}},
}  # fmt: skip


@dataclass(frozen=True)
class InvalidCase:
    """A spec that is changed in one place.

    Attributes:
        what: the place and the value, or a name.
        remark: what ``sweepjob validate`` says of it; empty when it takes it.
    """

    what: str
    spec: Body
    remark: str


def changed(spec: Any, change: Any) -> Any:
    """A spec with a merge patch applied; None removes."""
    if not isinstance(change, dict):
        return change
    made = dict(spec) if isinstance(spec, dict) else {}
    for key, value in change.items():
        if value is None:
            made.pop(key, None)
        else:
            made[key] = changed(made.get(key), value)
    return made


def paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    for key, value in items:
        yield from paths(value, (*path, key))


def replaced(path: tuple[Any, ...], value: Any, rich: Body = RICH) -> Body:
    """The rich spec with another value at a path."""
    spec = copy.deepcopy(rich)
    node: Any = spec
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return spec


def invalid_cases() -> Iterator[InvalidCase]:
    """All of them; among the single values some that are none."""
    for what, change in TOGETHER.items():
        yield _mistake(what, changed(RICH, change))
    several = changed(RICH, _SEVERAL)
    places = [(RICH, path) for path in paths(RICH)]
    places += [(several, p) for p in paths(several) if p[0] in ("objectives", "constraints")]
    for rich, path in places:
        if path == ("suspend",):
            continue  # it keeps those that are none from running
        for value in VALUES:
            shown = (
                f"{value[:10]}..." if isinstance(value, str) and len(value) > 10 else repr(value)
            )
            yield _mistake(f"{'.'.join(map(str, path))} = {shown}", replaced(path, value, rich))


def _mistake(what: str, spec: Body) -> InvalidCase:
    body = {"metadata": {"name": "bad-1000", "namespace": "n"}, "spec": spec}
    try:
        parse_sweepjob(body)
    except InvalidSpec as error:
        return InvalidCase(what, spec, str(error))
    return InvalidCase(what, spec, "")
