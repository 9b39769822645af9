"""Compares the conversion of Azure's files with the requests that Azure's own client builds, offline."""

from __future__ import annotations

import json
import re
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from sweepjob.loading.azure import ConversionError, ConversionOptions, convert
from sweepjob.loading.yaml_text import load_documents
from sweepjob.template.references import value_text

from .environments import environment

FOLDER = Path(__file__).parents[1] / "azure_client"
GROUP = "clients-azure-v2"


class Client:
    """Azure's client in an environment of its own, asked file by file."""

    def __init__(self, python: Path) -> None:
        self._process = subprocess.Popen(
            [str(python), str(FOLDER / "oracle.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, text: str) -> dict[str, Any]:
        """Return the request for a file, or the refusal."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(text) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="module")
def python() -> Path:
    return environment(GROUP) / "bin" / "python"


@pytest.fixture(scope="module")
def client(python: Path) -> Iterator[Client]:
    found = Client(python)
    yield found
    found.close()


NAMES = st.sampled_from(["lr", "C", "_x", "units2", "Kernel"])
NUMBERS = st.one_of(
    st.integers(-1000, 1000),
    st.floats(-100, 100, allow_nan=False).map(lambda x: round(x, 4)),
)
WORDS = st.sampled_from(["rbf", "linear", "a b", "12e5", "1_0", "yes", "3", "x: y", "#", "é"])
# Scalars as they are written, since YAML has its own mind about them.
WRITTEN = st.sampled_from(
    [
        *("12e5", "1234e567", "1_000", "0x1F", "010", "0o17", "yes", "on", "y", "1.10", "1e-3"),
        *("1.0e+3", "1:30", ".5", "1.", "+5", "'5'", '"a b"', "true", "-3", "0b11", "1E5"),
    ]
)


@st.composite
def expressions(draw: Any, depth: int = 1) -> dict[str, Any]:
    kind = draw(
        st.sampled_from(
            ["choice", "randint", "uniform", "loguniform", "quniform", "normal", "qlognormal"]
        )
    )
    written = draw(st.sampled_from([kind, kind.capitalize(), kind.upper()]))
    if kind == "choice":
        value = st.one_of(NUMBERS, WORDS)
        if depth:
            inner = st.one_of(NUMBERS, WORDS, expressions(depth - 1))
            value = st.one_of(value, st.dictionaries(NAMES, inner, min_size=1, max_size=2))
        return {"type": written, "values": draw(st.lists(value, min_size=1, max_size=4))}
    if kind == "randint":
        return {"type": written, "upper": draw(st.integers(1, 1000))}
    if "uniform" in kind:
        low = draw(st.integers(-20, 20))
        made = {"type": written, "min_value": low, "max_value": low + draw(st.integers(1, 9))}
        return made | ({"q": draw(st.sampled_from([1, 0.5]))} if kind[0] == "q" else {})
    made = {"type": written, "mu": draw(st.integers(-3, 3)), "sigma": draw(st.integers(1, 4))}
    return made | ({"q": draw(st.sampled_from([1, 2]))} if kind[0] == "q" else {})


POLICIES = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {"type": st.just("median_stopping")},
        optional={"evaluation_interval": st.integers(0, 5), "delay_evaluation": st.integers(0, 9)},
    ),
    st.fixed_dictionaries(
        {"type": st.just("bandit"), "slack_factor": st.sampled_from([0.1, 2])},
        optional={"evaluation_interval": st.integers(0, 5), "delay_evaluation": st.integers(0, 9)},
    ),
    st.fixed_dictionaries(
        {"type": st.just("truncation_selection"), "truncation_percentage": st.integers(1, 99)},
        optional={"evaluation_interval": st.integers(0, 5)},
    ),
)
SAMPLING = st.one_of(
    st.sampled_from(["random", "Random", "bayesian"]),
    st.fixed_dictionaries(
        {"type": st.just("random")},
        optional={
            "seed": st.integers(0, 99),
            "rule": st.sampled_from(["sobol", "random", "Sobol"]),
            "logbase": st.sampled_from(["e", 10, 2.5]),
        },
    ),
)


@st.composite
def files(draw: Any) -> str:
    """Draw the text of a sweep file."""
    space = draw(st.dictionaries(NAMES, expressions(), min_size=1, max_size=3))
    given_inputs = draw(st.dictionaries(st.sampled_from(["a", "b", "c"]), WRITTEN, max_size=3))
    brace = draw(st.sampled_from(["${{%s}}", "{%s}", "${{ %s }}"]))
    words = [brace % f"search_space.{name}" for name in space]
    words += [brace % f"inputs.{name}" for name in given_inputs]
    data: dict[str, Any] = {
        "type": "sweep",
        "search_space": space,
        "sampling_algorithm": draw(SAMPLING),
        "objective": {
            "goal": draw(st.sampled_from(["minimize", "Maximize"])),
            "primary_metric": "a-b",
        },
        "limits": {
            "max_total_trials": draw(st.integers(1, 1000)),
            **draw(
                st.fixed_dictionaries(
                    {},
                    optional={
                        "max_concurrent_trials": st.integers(1, 1000),
                        "timeout": st.integers(60, 10**6),
                        "trial_timeout": st.integers(60, 10**5),
                    },
                )
            ),
        },
        "trial": {"command": f"python t.py {' '.join(words)}", "environment": "azureml:e:1"},
    }
    policy = draw(POLICIES)
    if policy is not None:
        data["early_termination"] = policy
    variables = "".join(
        f"\n    V{n}: {v}" for n, v in enumerate(draw(st.lists(WRITTEN, max_size=3)))
    )
    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True)
    if variables:
        text = text.replace("\ntrial:", f"\ntrial:\n  environment_variables:{variables}")
    if given_inputs:
        text += "inputs:\n" + "".join(f"  {k}: {v}\n" for k, v in given_inputs.items())
    return text


def wire(node: Any) -> Any:
    """Return a search space in the form of Azure's request."""
    if not isinstance(node, dict):
        return node
    if "type" not in node:
        return {name: wire(value) for name, value in node.items()}
    keys = ("minValue", "maxValue", "mu", "sigma", "q", "upper")
    if node["type"] == "choice":
        return ["choice", [[wire(value) for value in node["values"]]]]
    return [node["type"], [node[key] for key in keys if key in node]]


def seconds(text: str | None) -> int | None:
    """Return the seconds of a duration of the request."""
    found = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", text or "")
    if not text or not found:
        return None
    days, hours, minutes, rest = (int(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def expected_policy(made: Any) -> dict[str, Any]:
    """Return a policy of the SweepJob as in the request, in which an interval of 0 means 1."""
    spec = dict(made or {})
    names = {"median_stopping": "MedianStopping", "bandit": "Bandit"}
    spec["policyType"] = names.get(spec.pop("type", ""), "TruncationSelection")
    return spec


def set_values(policy: dict[str, Any]) -> dict[str, Any]:
    """Return a policy without zeros, which the client sends for what is not set, and defaults."""
    return {k: v for k, v in policy.items() if v != 0 and (k, v) != ("evaluationInterval", 1)}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=files())
def test_the_conversion_is_the_request_of_azures_client(client: Client, text: str) -> None:
    answer = client.ask(text)
    assert "request" in answer, (answer, text)
    request = answer["request"]
    (document,) = load_documents(text)
    try:
        spec = convert(document, ConversionOptions()).manifest["spec"]
    except ConversionError as error:
        reject()  # what the operator refuses and Azure's client lets through
        raise AssertionError from error
    assert {name: wire(e) for name, e in spec["searchSpace"].items()} == request["search_space"]
    assert spec["trial"]["command"] == re.sub(r"\$\{\{ (.*?) }}", r"${{\1}}", request["command"])
    made = {entry["name"]: entry["value"] for entry in spec["trial"].get("env", [])}
    assert made == request["environment_variables"]
    assert {k: value_text(v) for k, v in spec.get("inputs", {}).items()} == request["inputs"]
    assert spec["objective"] == {
        "goal": request["objective"]["goal"],
        "primaryMetric": request["objective"]["primaryMetric"],
    }
    limits = request["limits"]
    assert spec["limits"]["maxTotalTrials"] == limits["maxTotalTrials"]
    assert spec["limits"].get("maxConcurrentTrials") == limits.get("maxConcurrentTrials")
    assert spec["limits"].get("timeout") == seconds(limits.get("timeout"))
    assert spec["limits"].get("trialTimeout") == seconds(limits.get("trialTimeout"))
    sampling = dict(request["sampling_algorithm"])
    assert spec["samplingAlgorithm"]["type"] == sampling.pop("samplingAlgorithmType").lower()
    for key, value in sampling.items():
        assert spec["samplingAlgorithm"].get(key) == value, key
    if request["early_termination"] is None:
        assert "earlyTermination" not in spec
    else:
        theirs = set_values(request["early_termination"])
        assert set_values(expected_policy(spec["earlyTermination"])) == theirs


@st.composite
def pipelines(draw: Any) -> str:
    """Draw the text of a pipeline with two sweep steps, whose inputs are literals or the pipeline's."""
    parent = draw(st.dictionaries(st.sampled_from(["p", "q"]), WRITTEN, min_size=1, max_size=2))
    jobs = {}
    for step in ("tune", "tune_more"):
        space = draw(st.dictionaries(NAMES, expressions(), min_size=1, max_size=3))
        bound = draw(st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from([*parent])))
        inputs = {name: f"${{{{parent.inputs.{of}}}}}" for name, of in bound.items()}
        inputs["c"] = draw(st.sampled_from([5, 0.25, "word", True]))
        words = " ".join(f"${{{{inputs.{name}}}}}" for name in [*space, *inputs])
        declared = {name: {"type": "string"} for name in [*space, *inputs]}
        jobs[step] = {
            "type": "sweep",
            "trial": {
                "command": f"python t.py {words}",
                "environment": "azureml:e:1",
                "inputs": declared,
            },
            "inputs": inputs,
            "search_space": space,
            "sampling_algorithm": draw(st.sampled_from(["random", "grid", "bayesian"])),
            "objective": {
                "goal": draw(st.sampled_from(["minimize", "maximize"])),
                "primary_metric": "m",
            },
            "limits": {"max_total_trials": draw(st.integers(1, 99)), "timeout": 600},
        }
        if policy := draw(POLICIES):
            jobs[step]["early_termination"] = policy
    text: str = yaml.safe_dump(
        {"type": "pipeline", "jobs": jobs}, sort_keys=False, allow_unicode=True
    )
    return text + "inputs:\n" + "".join(f"  {k}: {v}\n" for k, v in parent.items())


def keys_of_files(node: Any) -> Any:
    """Return a search space in the keys of Azure's files; in a step the client reads 12e5 as a number."""
    if isinstance(node, list):
        return [keys_of_files(value) for value in node]
    if isinstance(node, str):
        return float(node) if re.fullmatch(r"\d+(e\d+)?", node) else node
    if not isinstance(node, dict):
        return node
    keys = {"minValue": "min_value", "maxValue": "max_value"}
    return {keys.get(key, key): keys_of_files(value) for key, value in node.items()}


def step_spec(data: Any, name: str) -> dict[str, Any] | None:
    """Return the spec of a sweep step; None where the search space is one that the operator refuses."""
    try:
        spec: dict[str, Any] = convert(data, ConversionOptions(), step=name).manifest["spec"]
    except ConversionError as error:
        found = [p for p in error.problems if not p.path.startswith(f"jobs.{name}.s")]
        if found:
            raise
        return None
    return spec


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=pipelines())
def test_sweep_steps_agree(client: Client, text: str) -> None:
    answer = client.ask(text)
    assert "request" in answer, (answer, text)
    (data,) = load_documents(text)
    for name, theirs in answer["request"].items():
        spec = step_spec(data, name)
        if spec is None:
            continue
        assert keys_of_files(spec["searchSpace"]) == keys_of_files(theirs["search_space"])
        assert spec["samplingAlgorithm"]["type"] == theirs["sampling_algorithm"]
        assert spec["objective"]["goal"] == theirs["objective"]["goal"]
        assert spec["limits"]["maxTotalTrials"] == theirs["limits"]["max_total_trials"]
        assert spec["limits"]["timeout"] == theirs["limits"]["timeout"]
        command = re.sub(r"\{search_space\.", "{inputs.", spec["trial"]["command"])
        assert command == theirs["command"]
        texts = {k: value_text(v) for k, v in spec["inputs"].items()}
        for key, value in theirs["inputs"].items():
            if "${{" not in str(value):  # the service binds the others
                assert texts[key] == value, key
        policy = theirs["early_termination"]
        assert (policy is None) == ("earlyTermination" not in spec)
        if policy is not None:
            kind = spec["earlyTermination"]["type"].replace("_", "")
            assert kind == policy["policy_type"].lower()


def test_the_list_of_keys_is_that_of_azures_client(python: Path) -> None:
    made = subprocess.run(
        [str(python), str(FOLDER / "schema_keys.py")], capture_output=True, text=True, check=True
    )
    kept = json.loads((FOLDER / "schema_keys.json").read_text())
    now = json.loads(made.stdout)
    missing = {kind: sorted(set(now[kind]) - set(kept[kind])) for kind in now}
    assert missing == {kind: [] for kind in now}, "run tests/azure_client/schema_keys.py"


def test_every_public_name_can_be_imported(python: Path) -> None:
    """Every name of the client's modules is one of ours, or a name whose use says what to do."""
    script = textwrap.dedent(
        """
        import importlib, json, logging
        logging.disable(50)
        names = {}
        for module in ("azure.ai.ml", "azure.ai.ml.sweep", "azure.ai.ml.entities", "azure.ai.ml.dsl",
                       "azure.ai.ml.constants", "azure.ai.ml.automl", "azure.ai.ml.parallel"):
            names[module] = sorted(set(importlib.import_module(module).__all__))
        print(json.dumps(names))
        """
    )
    made = subprocess.run([str(python), "-c", script], capture_output=True, text=True, check=True)
    import importlib

    for module, names in json.loads(made.stdout).items():
        ours = importlib.import_module(f"sweepjob.{module}")
        missing = [name for name in names if not hasattr(ours, name)]
        assert missing == [], module
