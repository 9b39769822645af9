"""Statements of notebooks and scripts of further kinds: only imports are changed, and a map is given.

Each is written in other words than the public ones that it stands for: loops over samplings, values of numpy, files
that are loaded and changed, registered assets, distributed training, pipelines with arguments, old modules.
"""

from __future__ import annotations

import re
import textwrap
import warnings
from pathlib import Path

import pytest

MAP = """
compute: {cpu-cluster: {queue: small}, gpu-cluster: {gpus: 1}}
instance_type: {STANDARD_NC6: {gpus: 2}}
environment:
  train-env: docker.example/train:1
  conda.yml: docker.example/conda:1
  docker: docker.example/built:1
  tensorflow: docker.example/tensorflow:1
  pytorch: docker.example/pytorch:1
data: {iris: {claim: tables, path: iris}, digits: {claim: images}}
datastore: {workspaceblobstore: {claim: blob}}
code: {"*": snapshot}
"""
COMPONENT = """
type: command
name: fit
inputs:
  rows: {type: uri_folder}
  rate: {type: number, default: 0.1, min: 0, max: 1}
  kind: {type: string, enum: [tree, line], default: tree}
outputs: {model: {type: uri_folder}}
code: ./src
environment: azureml:train-env:1
command: fit ${{inputs.rows}} --rate ${{inputs.rate}} --kind ${{inputs.kind}} --to ${{outputs.model}}
"""
SWEEP = """
type: sweep
trial:
  command: python fit.py --rate ${{search_space.rate}} --rows ${{inputs.rows}}
  code: ./src
  environment: azureml:train-env:1
inputs: {rows: {type: uri_folder, path: azureml:iris:1}}
search_space: {rate: {type: uniform, min_value: 0, max_value: 1}}
sampling_algorithm: random
objective: {goal: maximize, primary_metric: auc}
limits: {max_total_trials: 10, timeout: 600}
compute: azureml:cpu-cluster
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SWEEPJOB_AZURE_MAP", raising=False)
    for name, text in (("azure-map.yaml", MAP), ("fit.yml", COMPONENT), ("sweep.yml", SWEEP)):
        Path(name).write_text(text)
    Path("conda.yml").write_text("dependencies: [python=3.12]\n")
    Path("src").mkdir()
    Path("src", "fit.py").write_text("")


def run(text: str) -> list[str]:
    """Run a program and return its warnings."""
    changed = re.sub(r"\b(from|import) azure(ml)?\b", r"\1 sweepjob.azure\2", text)
    program = compile(changed, "program.py", "exec")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        exec(program, {})
    return [str(warning.message) for warning in caught]


V2 = """
import numpy as np
from azure.ai.ml import Input, Output, PyTorchDistribution, command, load_component, load_job
from azure.ai.ml.constants import AssetTypes
from azure.ai.ml.dsl import pipeline
from azure.ai.ml.entities import *
from azure.ai.ml.sweep import *

def job(**changes):
    given = dict(code="./src", command="python fit.py --rate ${{inputs.rate}} --n ${{inputs.n}}", environment="train-env@latest",
                 inputs={"rate": 0.1, "n": 3}, compute="cpu-cluster")
    return command(**{**given, **changes})

def tune(node, **changes):
    return node.sweep(**{**dict(primary_metric="auc", goal="Maximize", sampling_algorithm="random", max_total_trials=4), **changes})

def spec(sweep):
    sweep.validate()
    return sweep.to_manifest()["spec"]
"""
V2_PROGRAMS = {
    "values of numpy": """
        node = job()(rate=Uniform(np.float32(0), np.float64(1)), n=Choice(np.arange(1, 4)))
        sweep = tune(node, sampling_algorithm=RandomSamplingAlgorithm(seed=np.int64(3)))
        sweep.set_limits(max_total_trials=np.int64(7), timeout=np.int32(3600))
        sweep.early_termination = BanditPolicy(slack_factor=np.float64(0.5), evaluation_interval=np.int32(2))
        made = spec(sweep)
        assert made["searchSpace"]["n"]["values"] == [1, 2, 3]
        assert made["limits"] == {"maxTotalTrials": 7, "timeout": 3600}
        assert made["samplingAlgorithm"]["seed"] == 3 and made["earlyTermination"]["slackFactor"] == 0.5
        """,
    "a loop over samplings and policies": """
        found = []
        for algorithm in ("random", BayesianSamplingAlgorithm(), "grid"):
            for policy in (None, MedianStoppingPolicy(), TruncationSelectionPolicy(truncation_percentage=10)):
                sweep = tune(job()(rate=Choice([1, 2]), n=Choice([1, 2])), sampling_algorithm=algorithm)
                sweep.early_termination = policy
                if policy is not None:
                    sweep.early_termination.delay_evaluation = 5
                sweep.display_name, sweep.experiment_name = f"with {algorithm}", "loop"
                found.append(spec(sweep))
        assert len(found) == 9
        assert {one["samplingAlgorithm"]["type"] for one in found} == {"random", "bayesian", "grid"}
        assert sum(one.get("earlyTermination", {}).get("delayEvaluation") == 5 for one in found) == 6
        """,
    "a file is loaded and changed": """
        sweep = load_job(source="./sweep.yml")
        sweep.compute = "gpu-cluster"
        sweep.limits.max_concurrent_trials = 2
        sweep.inputs.rows = Input(type=AssetTypes.URI_FOLDER, path="azureml:digits:1")
        sweep.trial.environment = Environment(image="docker.example/plain:1")
        sweep.trial.command += " --verbose"
        sweep.search_space["rate"] = LogUniform(-5, -1)
        sweep.objective.goal, sweep.objective.primary_metric = "minimize", "loss"
        sweep.trial.environment_variables = {"A": 1}
        made = spec(sweep)
        (container,) = made["trial"]["template"]["spec"]["containers"]
        assert container["image"] == "docker.example/plain:1" and container["command"][-1] == "--verbose"
        assert container["resources"]["limits"] == {"nvidia.com/gpu": 1}
        assert container["env"] == [{"name": "A", "value": "1"}]
        assert made["inputs"] == {"rows": "/mnt/images"} and made["objective"]["primaryMetric"] == "loss"
        """,
    "a file with other values": """
        sweep = load_job("./sweep.yml", params_override=[{"limits.max_total_trials": 3}, {"name": "mine"}])
        assert spec(sweep)["limits"]["maxTotalTrials"] == 3 and sweep.name == "mine"
        node = load_component("./fit.yml", params_override=[{"inputs.rate.default": 0.7}])
        assert node.inputs.rate.default == 0.7
        """,
    "distributed training in an image that Azure builds": """
        node = job(environment=Environment(name="mine", build=BuildContext(path="docker")), instance_count=2, shm_size="8g",
                   distribution=PyTorchDistribution(process_count_per_instance=2), environment_variables={"NCCL_DEBUG": "INFO"})
        sweep = tune(node(rate=Uniform(0, 1)))
        sweep.set_resources(instance_type="STANDARD_NC6")
        trial = spec(sweep)["trial"]
        (container,) = trial["template"]["spec"]["containers"]
        assert trial["instanceCount"] == 2 and container["image"] == "docker.example/built:1"
        assert container["resources"]["limits"] == {"nvidia.com/gpu": 2}
        """,
    "a trial that can be looked into while it runs": """
        services = {"code": VsCodeJobService(), "shell": SshJobService(ssh_public_keys="key"), "lab": JupyterLabJobService(),
                    "board": TensorBoardJobService(log_dir="outputs")}
        made = spec(tune(job(services=services)(rate=Uniform(0, 1))))
        assert "services" not in made["trial"]
        """,
    "choices that are models with parameters of their own": """
        node = job(command="python fit.py '${{inputs.model}}'", inputs={"model": "svm"})
        models = Choice([{"name": "svm", "C": LogUniform(-3, 3)}, {"name": "forest", "depth": Choice([2, 8])}])
        values = spec(tune(node(model=models)))["searchSpace"]["model"]["values"]
        assert values[1]["depth"] == {"type": "choice", "values": [2, 8]}
        """,
    "a search space that is assigned after the sweep was made": """
        node = job(command="python fit.py --rate ${{search_space.rate}} --n ${{search_space.n}}", inputs={})
        sweep = tune(node)
        sweep.search_space = {"rate": LogUniform(-5, -1), "n": Choice(values=[1, 2])}
        sweep.limits.max_total_trials, sweep.properties["kind"] = 10, "x"
        made = sweep.to_manifest()
        assert set(made["spec"]["searchSpace"]) == {"rate", "n"}
        assert made["metadata"]["annotations"]["properties.sweepjob.dev/kind"] == "x"
        """,
    "objects that are default values in dataclasses": """
        from dataclasses import dataclass
        @dataclass
        class Config:
            sampling: SamplingAlgorithm = RandomSamplingAlgorithm(seed=9)
            policy: BanditPolicy = BanditPolicy(slack_factor=0.1, evaluation_interval=1)
            limits: SweepJobLimits = SweepJobLimits(max_total_trials=3)
            rows: Input = Input(type=AssetTypes.URI_FOLDER, path="azureml:iris:1")
            image: Environment = Environment(image="docker.example/plain:1")
            resources: JobResourceConfiguration = JobResourceConfiguration(instance_count=2)
            rate: Uniform = Uniform(0, 1)
        config = Config()
        assert len({config.policy, BanditPolicy(slack_factor=0.1, evaluation_interval=1)}) == 1
        sweep = tune(job()(rate=config.rate), sampling_algorithm=config.sampling)
        sweep.early_termination, sweep.limits = config.policy, config.limits
        assert spec(sweep)["samplingAlgorithm"]["seed"] == 9
        """,
    "a job and an asset that are not there": """
        from azure.ai.ml import MLClient
        from azure.core.exceptions import ResourceNotFoundError
        from pathlib import Path
        Path("azure-map.yaml").write_text("workspace: {local: true}")
        client = MLClient(None, "s", "r", "w")
        for missing in (lambda: client.jobs.get("lost-1"), lambda: client.jobs.get("lost"), lambda: client.environments.get("lost")):
            try:
                missing()
            except ResourceNotFoundError as error:
                assert "lost" in str(error)
            else:
                assert False
        """,
    "a sweep by its class, whose parts are replaced": """
        trial = CommandJob(command="python fit.py --rate ${{search_space.rate}}", environment="train-env:1", code="./src")
        sweep = SweepJob(trial=trial, search_space={"rate": Choice(values=[1, 2])}, sampling_algorithm="grid", compute="cpu-cluster",
                         objective=Objective(goal="Maximize", primary_metric="auc"), limits=SweepJobLimits(max_total_trials=2))
        sweep.limits = SweepJobLimits(max_total_trials=5, timeout=60, trial_timeout=30)
        sweep.set_objective(goal="Minimize")
        made = spec(sweep)
        assert made["limits"] == {"maxTotalTrials": 5, "timeout": 60, "trialTimeout": 30}
        assert made["objective"] == {"goal": "minimize", "primaryMetric": "auc"}
        """,
    "a pipeline whose arguments are bounds": """
        fit = load_component(source="./fit.yml")
        @pipeline(display_name="fitting", default_compute="cpu-cluster", tags={"a": "b"})
        def fitting(rows, highest: float = 0.5):
            node = fit(rows=rows, rate=Uniform(0, highest), kind=Choice(["tree", "line"]))
            sweep_step = tune(node)
            sweep_step.early_termination = "median_stopping"
            return {"model": sweep_step.outputs.model}
        whole = fitting(Input(path="azureml:iris:1", type="uri_folder"), highest=0.3)
        whole.settings.default_datastore = "workspaceblobstore"
        made = spec(whole.sweep_step("nightly"))
        assert made["searchSpace"]["rate"]["maxValue"] == 0.3 and made["inputs"] == {"rows": "/mnt/tables/iris"}
        """,
    "the client's name before its release": """
        from azure.ml import MLClient, command as old
        from azure.ml.entities import Environment as E
        from azure.ml.sweep import Choice as C
        import azure.ml.constants
        assert (old, E, C) == (command, Environment, Choice)
        """,
}
SAID = {
    "a trial that can be looked into while it runs": "services: not used: kubectl port-forward",
    "a pipeline whose arguments are bounds": "settings.default_datastore: 'workspaceblobstore': not used",
}


@pytest.mark.parametrize("name", V2_PROGRAMS)
def test_v2(name: str) -> None:
    said = run(textwrap.dedent(V2) + textwrap.dedent(V2_PROGRAMS[name]))
    assert any(SAID.get(name, "") in text for text in said) or name not in SAID, said


V1 = """
import numpy as np
from azureml.core import ComputeTarget, Dataset, Datastore, Environment, Experiment, Model, Run, ScriptRunConfig, Workspace
from azureml.core.authentication import ServicePrincipalAuthentication
from azureml.core.compute import AmlCompute
from azureml.core.compute_target import ComputeTargetException
from azureml.core.conda_dependencies import CondaDependencies
from azureml.core.runconfig import DEFAULT_GPU_IMAGE, DockerConfiguration, MpiConfiguration, PyTorchConfiguration, RunConfiguration
from azureml.train.hyperdrive import *

ws = Workspace.from_config()

def script(**changes):
    given = dict(source_directory="./src", script="fit.py", compute_target="cpu-cluster", environment=Environment.get(ws, "train-env"))
    return ScriptRunConfig(**{**given, **changes})

def tune(run_config=None, space=None, **changes):
    given = dict(run_config=run_config or script(), hyperparameter_sampling=space or RandomParameterSampling({"--rate": uniform(0, 1)}),
                 primary_metric_name="auc", primary_metric_goal=PrimaryMetricGoal.MAXIMIZE, max_total_runs=4)
    return HyperDriveConfig(**{**given, **changes})

def spec(config):
    sweep = config.to_sweep(ws.azure_map)
    sweep.validate()
    return sweep.to_manifest()["spec"]

def container(spec):
    trial = spec["trial"]
    return trial["template"]["spec"]["containers"][0] if "template" in trial else trial
"""
V1_PROGRAMS = {
    "a login, and a compute target that may have to be created": """
        ws = Workspace.get(name="w", subscription_id="s", resource_group="g",
                           auth=ServicePrincipalAuthentication("t", "i", service_principal_password="p"))
        for name in ("cpu-cluster", "new"):
            try:
                target = ComputeTarget(workspace=ws, name=name)
            except ComputeTargetException:
                size = AmlCompute.provisioning_configuration(vm_size="STANDARD_NC6", min_nodes=0, max_nodes=4)
                target = ComputeTarget.create(ws, name, size)
                target.wait_for_completion(show_output=True, min_node_count=None, timeout_in_minutes=20)
        assert container(spec(tune(script(compute_target=target))))["resources"]["limits"] == {"nvidia.com/gpu": 2}
        """,
    "every expression, and values of numpy": """
        space = {"a": lognormal(0, 1), "b": qnormal(5, 2, 1), "c": randint(4), "d": qloguniform(0, 3, 1), "e": choice(range(3)),
                 "f": choice(np.array([1, 2]).tolist()), "g": choice(True, False), "--n-estimators": choice(*[10, 20])}
        made = spec(tune(space=RandomParameterSampling(space)))
        assert made["searchSpace"]["n_estimators"] == {"type": "choice", "values": [10, 20]}
        assert "--n-estimators" in container(made)["command"] and made["searchSpace"]["e"]["values"] == [0, 1, 2]
        """,
    "datasets by name, by collection, and a datastore's folder": """
        store = ws.get_default_datastore()
        arguments = ["--rows", Dataset.get_by_name(ws, name="iris", version="latest").as_named_input("train"),
                     "--digits", ws.datasets["digits"].as_named_input("digits").as_mount(), "--to", store.path("out").as_mount()]
        words = container(spec(tune(script(arguments=arguments))))["command"]
        assert words[2:8] == ["--rows", "/mnt/tables/iris", "--digits", "/mnt/images", "--to", "/mnt/blob/out"], words
        """,
    "deprecated estimators on several nodes": """
        from azureml.train.dnn import PyTorch, TensorFlow
        flow = TensorFlow("./src", compute_target="gpu-cluster", entry_script="fit.py", script_params={"--a": 1}, use_gpu=True,
                          pip_packages=["keras"], framework_version="2.0")
        assert container(spec(tune(flow)))["image"] == "docker.example/tensorflow:1"
        torch = PyTorch("./src", compute_target="gpu-cluster", entry_script="fit.py", node_count=2, distributed_backend="gloo")
        made = spec(HyperDriveConfig(estimator=torch, hyperparameter_sampling=GridParameterSampling({"a": choice(1)}),
                    primary_metric_name="auc", primary_metric_goal=PrimaryMetricGoal.MAXIMIZE, max_total_runs=1))
        assert made["trial"]["distribution"]["type"] == "pytorch" and made["trial"]["instanceCount"] == 2
        """,
    "a pipeline with a parameter": """
        from azureml.pipeline.core import Pipeline, PipelineData, PipelineParameter, TrainingOutput
        from azureml.pipeline.steps import HyperDriveStep, PythonScriptStep
        epochs = PipelineParameter(name="epochs", default_value=3)
        step = HyperDriveStep(name="tune", hyperdrive_config=tune(script(arguments=["--epochs", epochs])), allow_reuse=False,
                              metrics_output=PipelineData("metrics", training_output=TrainingOutput("Metrics")))
        whole = Pipeline(workspace=ws, steps=[step])
        for given, word in ((None, "3"), ({"epochs": 9}, "9")):
            assert container(spec(whole.sweep_config(given)))["command"][3] == word
        try:
            whole.sweep_config({"epoch": 9})
        except Exception as error:
            assert "epoch: no argument of the sweep is this parameter; there are: epochs" in str(error)
        """,
    "a run configuration whose communicator starts the processes": """
        configuration = RunConfiguration(communicator="Mpi")
        configuration.environment, configuration.node_count = Environment.get(ws, "train-env"), 1
        configuration.mpi.process_count_per_node = 4
        words = container(spec(tune(ScriptRunConfig("./src", "fit.py", run_config=configuration, compute_target="cpu-cluster"))))["command"]
        assert words[:4] == ["mpirun", "-n", "4", "python"]
        configuration.communicator, configuration.node_count = None, 2
        try:
            spec(tune(ScriptRunConfig("./src", "fit.py", run_config=configuration)))
        except Exception as error:
            assert "node_count=2: nothing starts the processes" in str(error)
        """,
    "a script that reads secrets, with names of old releases": """
        import os
        os.environ["STORE_KEY"] = "hidden"
        run = Run.get_submitted_run()
        assert run.get_secret("store-key") == "hidden" and run.get_secrets(["store-key"]) == {"store-key": "hidden"}
        assert PrimaryMetricGoal.from_str("Maximize") is PrimaryMetricGoal.MAXIMIZE
        del os.environ["STORE_KEY"]
        """,
    "settings from a file": """
        settings = {"max_total_runs": 4, "max_concurrent_runs": 2, "primary_metric_name": "f1", "primary_metric_goal": "MINIMIZE"}
        goal = PrimaryMetricGoal[settings.pop("primary_metric_goal")]
        made = spec(tune(primary_metric_goal=goal, policy=NoTerminationPolicy(), **settings))
        assert made["objective"] == {"goal": "minimize", "primaryMetric": "f1"} and "earlyTermination" not in made
        """,
    "outputs where the script writes them": """
        from azureml.data import OutputFileDatasetConfig
        store = ws.get_default_datastore()
        clean = OutputFileDatasetConfig(name="clean", destination=(store, "clean/{run-id}/{output-name}")).as_mount()
        model = OutputFileDatasetConfig(name="model", destination=(store, "models"), source="/tmp/model").as_upload(overwrite=True)
        outputs = spec(tune(script(arguments=["--clean", clean, "--model", model.register_on_complete(name="m")])))["outputs"]
        assert outputs["clean"]["subPath"] == "clean"
        assert (outputs["model"]["subPath"], outputs["model"]["mountPath"]) == ("models", "/tmp/model")
        """,
}
V1_SAID = {
    "a login, and a compute target that may have to be created": [
        "Workspace.get: auth: not used: the kubeconfig",
        "provisioning_configuration: max_nodes: not used: no machines are created",
    ],
    "deprecated estimators on several nodes": ["TensorFlow: use_gpu: not used"],
    "outputs where the script writes them": ["register_on_complete: name: not used: nothing is"],
}


@pytest.mark.parametrize("name", V1_PROGRAMS)
def test_v1(name: str) -> None:
    said = run(textwrap.dedent(V1) + textwrap.dedent(V1_PROGRAMS[name]))
    for expected in V1_SAID.get(name, ()):
        assert any(expected in text for text in said), said


def test_registered_assets_are_found_by_the_sweep() -> None:
    Path("azure-map.yaml").write_text(f"workspace: {{local: true}}\n{MAP}")
    Path("rows.csv").write_text("1\n2\n")
    Path("src", "fit.py").write_text(
        "import sys\nfrom sweepjob.azureml.core import Run\n"
        "Run.get_context().log('auc', len(open(sys.argv[1]).read().split()) * float(sys.argv[2]))\n"
    )
    run(
        textwrap.dedent(V2)
        + """
import sys
from azure.ai.ml import MLClient
ml_client = MLClient(None)
rows = ml_client.data.create_or_update(Data(name="mine", path="./rows.csv", type=AssetTypes.URI_FILE))
env = ml_client.environments.create_or_update(Environment(name="fitting", image="docker.example/fit:1"))
node = job(command=f"{sys.executable} fit.py ${{{{inputs.rows}}}} ${{{{inputs.rate}}}}", environment=f"{env.name}:{env.version}",
           inputs={"rows": Input(type="uri_file", path=f"azureml:{rows.name}:{rows.version}"), "rate": 1})
returned = ml_client.create_or_update(tune(node(rate=Choice([4])), max_total_trials=1))
returned.wait_for_completion()
assert returned.best.value == 8, returned.best
# What notebooks read of a job that they have submitted, and of its best trial.
assert returned.limits.max_total_trials == 1 and returned.objective.goal == "maximize" and returned.type == "sweep"
assert returned.search_space["rate"].values == [4] and returned.early_termination is None and returned.description is None
assert returned.creation_context.created_at.year > 2000 and returned.trial.command.startswith(sys.executable)
best = ml_client.jobs.get(returned.properties["best_child_run_id"])
assert (best.parent_job_name, best.status, best.type) == (returned.name, "Completed", "command")
assert best.display_name == best.name and best.properties["number"] == "0" and best.tags == {}
assert best.creation_context.created_at >= returned.creation_context.created_at.replace(microsecond=0)
for name in ("nothing", "nothing-1", f"{returned.name}-9"):
    try:
        ml_client.jobs.get(name)
    except Exception as error:
        assert f"{name}: no sweep of this name" in str(error), error
    else:
        raise AssertionError(name)
"""
    )
