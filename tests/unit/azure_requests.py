"""Requests to Azure's service, and answers of it, beside the sweep file that says the same."""

from __future__ import annotations

from typing import Any

SCOPE = (
    "/subscriptions/0000-11/resourceGroups/group/providers/Microsoft.MachineLearningServices"
    "/workspaces/space"
)
# Each: the file, and a body that means the same.
FILE_OF_SCRIPT = """
experiment_name: iris-sweep
sampling_algorithm: random
trial:
  command: python main.py --iris $AZURE_ML_INPUT_iris
  environment: azureml:fit:3
inputs: {iris: {type: uri_file, path: "https://a.example/iris.csv"}}
compute: azureml:small
objective: {primary_metric: test-loss, goal: minimize}
search_space:
  rate: {type: uniform, min_value: 0.01, max_value: 0.9}
  boosting: {type: choice, values: [gbdt, dart]}
limits: {max_total_trials: 20, max_concurrent_trials: 10}
"""
SCRIPT: dict[str, Any] = {
    "properties": {
        "samplingAlgorithm": {"samplingAlgorithmType": "Random"},
        "jobType": "Sweep",
        "trial": {
            "codeId": f"{SCOPE}/codes/train/versions/1",
            "command": "python main.py --iris $AZURE_ML_INPUT_iris",
            "environmentId": f"{SCOPE}/environments/fit/versions/3",
        },
        "experimentName": "iris-sweep",
        "computeId": f"{SCOPE}/computes/small",
        "inputs": {"iris": {"jobInputType": "UriFile", "uri": "https://a.example/iris.csv"}},
        "objective": {"primaryMetric": "test-loss", "goal": "minimize"},
        "searchSpace": {
            "rate": ["uniform", [0.01, 0.9]],
            "boosting": ["choice", [["gbdt", "dart"]]],
        },
        "limits": {
            "jobLimitsType": "sweep",
            "maxTotalTrials": 20,
            "maxConcurrentTrials": 10,
        },
    }
}
FILE_OF_RESOURCE = """
name: nightly
description: from a template
tags: {notebook: "https://a.example/n.ipynb"}
display_name: Nightly
experiment_name: nights
compute: small
sampling_algorithm: random
trial:
  command: python main.py --rows ${{inputs.rows}} --rate ${{search_space.rate}}
  environment: azureml:fit@latest
inputs: {rows: {type: uri_folder, path: "azureml:rows:2", mode: ro_mount}}
objective: {primary_metric: result, goal: maximize}
search_space: {rate: {type: uniform, min_value: 0.01, max_value: 0.9}}
limits: {max_total_trials: 5, max_concurrent_trials: 3, timeout: 1200, trial_timeout: 90}
"""
RESOURCE: dict[str, Any] = {
    "type": "Microsoft.MachineLearningServices/workspaces/jobs",
    "apiVersion": "2022-06-01-preview",
    "name": "space/nightly",
    "properties": {
        "description": "from a template",
        "properties": {},
        "tags": {"notebook": "https://a.example/n.ipynb"},
        "computeId": f"{SCOPE}/computes/small",
        "displayName": "Nightly",
        "experimentName": "nights",
        "isArchived": False,
        "jobType": "Sweep",
        "inputs": {
            "rows": {
                "mode": "ReadOnlyMount",
                "uri": f"{SCOPE}/data/rows/versions/2",
                "jobInputType": "uri_folder",
            }
        },
        "limits": {
            "jobLimitsType": "Sweep",
            "timeout": "PT20M",
            "trialTimeout": "PT1M30S",
            "maxConcurrentTrials": 3,
            "maxTotalTrials": 5,
        },
        "objective": {"goal": "maximize", "primaryMetric": "result"},
        "samplingAlgorithm": {"samplingAlgorithmType": "Random"},
        "searchSpace": {"rate": ["uniform", [0.01, 0.9]]},
        "trial": {
            "command": "python main.py --rows ${{inputs.rows}} --rate ${{search_space.rate}}",
            "environmentId": f"{SCOPE}/environments/fit/labels/latest",
            "environmentVariables": {},
        },
    },
}
FILE_OF_SPECIFICATION = """
sampling_algorithm: grid
compute: azureml:small
early_termination: {type: median_stopping, delay_evaluation: 1, evaluation_interval: 2}
limits: {max_total_trials: 6, max_concurrent_trials: 1, trial_timeout: 60}
objective: {primary_metric: loss, goal: minimize}
trial:
  command: python fit.py ${{search_space.depth}} ${{search_space.rate}}
  environment: azureml:fit:1
  environment_variables: {LEVEL: info}
  distribution: {type: mpi, process_count_per_instance: 2}
  resources: {instance_count: 1, instance_type: Standard_NC6s_v3}
search_space:
  depth: {type: choice, values: [1, 2, 3]}
  rate: {type: choice, values: [1.0e-05, 0.1]}
"""
SPECIFICATION: dict[str, Any] = {
    "parameters": {
        "subscriptionId": "0000-11",
        "id": "string",
        "api-version": "2022-10-01",
        "body": {
            "properties": {
                "jobType": "Sweep",
                "computeId": f"{SCOPE}/computes/small",
                "samplingAlgorithm": {"samplingAlgorithmType": "Grid"},
                "limits": {
                    "jobLimitsType": "Sweep",
                    "maxTotalTrials": 6,
                    "maxConcurrentTrials": 1,
                    "trialTimeout": "PT60S",
                },
                "earlyTermination": {
                    "evaluationInterval": 2,
                    "delayEvaluation": 1,
                    "policyType": "MedianStopping",
                },
                "objective": {"primaryMetric": "loss", "goal": "Minimize"},
                "trial": {
                    "command": "python fit.py ${{search_space.depth}} ${{search_space.rate}}",
                    "environmentId": f"{SCOPE}/environments/fit/versions/1",
                    "environmentVariables": {"LEVEL": "info"},
                    "distribution": {"distributionType": "Mpi", "processCountPerInstance": 2},
                    "resources": {
                        "instanceCount": 1,
                        "instanceType": "Standard_NC6s_v3",
                        "properties": {},
                    },
                },
                "searchSpace": {
                    "depth": ["choice", [[1, 2, 3]]],
                    "rate": ["choice", [[1e-05, 0.1]]],
                },
            }
        },
    },
    "responses": {"201": {"body": {"id": "string"}}},
}
FILE_OF_2021 = """
experiment_name: tune-iris
sampling_algorithm: random
compute: azureml:small
trial:
  command: python train.py --learning-rate ${{search_space.learning_rate}} --subsample ${{search_space.subsample}}
  environment: azureml:fit:1
objective: {primary_metric: Accuracy, goal: maximize}
search_space:
  learning_rate: {type: uniform, min_value: 0.001, max_value: 0.1}
  subsample: {type: uniform, min_value: 0.1, max_value: 1.0}
limits: {max_total_trials: 10, max_concurrent_trials: 10, timeout: 1200}
"""
OF_2021: dict[str, Any] = {
    "properties": {
        "algorithm": "Random",
        "jobType": "Sweep",
        "trial": {
            "command": "python train.py",
            "environmentId": f"{SCOPE}/environments/fit/versions/1",
        },
        "experimentName": "tune-iris",
        "compute": {"target": f"{SCOPE}/computes/small", "instanceCount": 1},
        "objective": {"primaryMetric": "Accuracy", "goal": "Maximize"},
        "searchSpace": {
            "--learning-rate": ["uniform", [0.001, 0.1]],
            "--subsample": ["uniform", [0.1, 1.0]],
        },
        "maxTotalTrials": 10,
        "maxConcurrentTrials": 10,
        "timeout": "PT20M",
    }
}
FILE_OF_BINDINGS = """
sampling_algorithm: bayesian
compute: small
trial:
  command: python file.py ${{inputs.test}} ${{search_space.x}}
  environment: azureml:fit:1
  distribution: {type: pytorch, process_count_per_instance: 2}
inputs: {test: {path: "azureml:rows:1", mode: ro_mount}}
outputs: {model: {}}
objective: {primary_metric: loss, goal: minimize}
search_space: {x: {type: quniform, min_value: 1, max_value: 9, q: 2}}
limits: {max_total_trials: 1, max_concurrent_trials: 1, timeout: 60, trial_timeout: 60}
"""
BINDINGS: dict[str, Any] = {
    "properties": {
        "algorithm": "Bayesian",
        "compute": {"instanceCount": 1, "target": f"{SCOPE}/computes/small"},
        "identity": {"identityType": "AMLToken"},
        "jobType": "Sweep",
        "maxConcurrentTrials": 1,
        "maxTotalTrials": 1,
        "objective": {"goal": "Minimize", "primaryMetric": "loss"},
        "priority": 1,
        "searchSpace": {"x": ["quniform", [1, 9, 2]]},
        "timeout": "PT1M",
        "trial": {
            "command": "python file.py ${{inputs.test}} ${{search_space.x}}",
            "distribution": {"distributionType": "PyTorch", "processCount": 2},
            "environmentId": f"{SCOPE}/environments/fit/versions/1",
            "inputDataBindings": {
                "test": {
                    "dataId": f"{SCOPE}/data/rows/versions/1",
                    "mode": "Mount",
                    "pathOnCompute": "path/on/compute",
                }
            },
            "outputDataBindings": {"model": {"datastoreId": f"{SCOPE}/datastores/blob"}},
            "timeout": "PT1M",
        },
    }
}
FILE_OF_ANSWER = """
name: upbeat-cumin
display_name: upbeat
experiment_name: Default
properties: {best_child_run_id: upbeat_cumin_3}
sampling_algorithm: {type: random, rule: sobol, seed: 7}
trial:
  command: python fit.py ${{inputs.epochs}} ${{search_space.seed}}
  environment: azureml://registries/azureml/environments/fit/versions/4
inputs: {epochs: {value: "3"}}
early_termination: {type: bandit, slack_factor: 0.2, slack_amount: 0, evaluation_interval: 1, delay_evaluation: 5}
objective: {primary_metric: auc, goal: maximize}
search_space: {seed: {type: randint, upper: 40}}
limits: {max_total_trials: 4, max_concurrent_trials: 2, timeout: 5184000}
"""
ANSWER: dict[str, Any] = {
    "id": f"{SCOPE}/jobs/upbeat-cumin",
    "name": "upbeat-cumin",
    "type": "Microsoft.MachineLearningServices/workspaces/jobs",
    "properties": {
        "description": None,
        "tags": {},
        "properties": {"best_child_run_id": "upbeat_cumin_3"},
        "displayName": "upbeat",
        "status": "Completed",
        "experimentName": "Default",
        "services": {"Studio": {"jobServiceType": "Studio", "endpoint": "https://ml.example/1"}},
        "computeId": None,
        "isArchived": False,
        "identity": None,
        "componentId": None,
        "jobType": "Sweep",
        "samplingAlgorithm": {"samplingAlgorithmType": "Random", "rule": "Sobol", "seed": 7},
        "limits": {
            "jobLimitsType": "Sweep",
            "timeout": "P60D",
            "maxConcurrentTrials": 2,
            "maxTotalTrials": 4,
            "trialTimeout": None,
        },
        "earlyTermination": {
            "evaluationInterval": 1,
            "delayEvaluation": 5,
            "policyType": "Bandit",
            "slackAmount": 0,
            "slackFactor": 0.2,
        },
        "objective": {"primaryMetric": "auc", "goal": "Maximize"},
        "trial": {
            "codeId": None,
            "command": "python fit.py ${{inputs.epochs}} ${{search_space.seed}}",
            "environmentId": "azureml://registries/azureml/environments/fit/versions/4",
            "environmentVariables": {},
            "distribution": None,
            "parameters": {"anything": 1},
        },
        "searchSpace": {"seed": ["randint", [40]]},
        "inputs": {"epochs": {"description": None, "jobInputType": "literal", "value": "3"}},
        "outputs": {},
    },
    "systemData": {"createdBy": "a person", "createdAt": "2022-05-01T12:00:00Z"},
}
FILE_OF_2023 = """
description: all that came with 2023
sampling_algorithm: {type: random, logbase: e}
queue_settings: {job_tier: spot}
trial:
  command: accelerate launch t.py --out ${{outputs.model}} ${{search_space.rate}}
  environment: azureml:fit:1
  resources: {instance_count: 2, shm_size: 8g, docker_args: --ipc=host}
outputs: {model: {type: mlflow_model, mode: upload, name: registered, version: "1"}}
early_termination: {type: truncation_selection, truncation_percentage: 20}
objective: {primary_metric: auc, goal: maximize}
search_space: {rate: {type: loguniform, min_value: -6, max_value: -1}}
limits: {max_total_trials: 40, max_concurrent_trials: 4, timeout: 3600}
resources: {instance_type: Standard_NC6s_v3}
"""
OF_2023: dict[str, Any] = {
    "properties": {
        "description": "all that came with 2023",
        "jobType": "Sweep",
        "notificationSetting": {"emailOn": ["JobCompleted"], "emails": ["a@b.example"]},
        "queueSettings": {"jobTier": "Spot", "priority": 2},
        "samplingAlgorithm": {"samplingAlgorithmType": "Random", "logbase": "e"},
        "limits": {
            "jobLimitsType": "Sweep",
            "maxTotalTrials": 40,
            "maxConcurrentTrials": 4,
            "timeout": "PT1H",
        },
        "earlyTermination": {"policyType": "TruncationSelection", "truncationPercentage": 20},
        "objective": {"primaryMetric": "auc", "goal": "Maximize"},
        "trial": {
            "command": "accelerate launch t.py --out ${{outputs.model}} ${{search_space.rate}}",
            "environmentId": "azureml:fit:1",
            "resources": {"instanceCount": 2, "shmSize": "8g", "dockerArgs": "--ipc=host"},
        },
        "outputs": {
            "model": {
                "jobOutputType": "mlflow_model",
                "mode": "Upload",
                "assetName": "registered",
                "assetVersion": "1",
                "autoDeleteSetting": {"condition": "CreatedGreaterThan", "value": "P30D"},
            }
        },
        "resources": {"instanceType": "Standard_NC6s_v3", "properties": {}},
        "searchSpace": {"rate": ["loguniform", [-6, -1]]},
    }
}
FILE_OF_NESTED = """
sampling_algorithm: random
trial:
  command: python t.py ${{search_space.model}} ${{search_space.z}}
  environment: azureml:fit:1
objective: {primary_metric: auc, goal: maximize}
search_space:
  z: {type: qlognormal, mu: 0, sigma: 1, q: 0.5}
  model:
    type: choice
    values:
    - kind: {type: choice, values: [svm]}
      C: {type: normal, mu: 1, sigma: 2}
    - {kind: forest, trees: {type: choice, values: [1, {deep: {type: randint, upper: 3}}]}}
limits: {max_total_trials: 4}
"""
NESTED: dict[str, Any] = {
    "jobType": "Sweep",
    "samplingAlgorithm": "random",
    "trial": {
        "command": "python t.py ${{search_space.model}} ${{search_space.z}}",
        "environmentId": "fit:1",
    },
    "objective": {"primaryMetric": "auc", "goal": "Maximize"},
    "searchSpace": {
        "z": ["QLogNormal", [0, 1, 0.5]],
        "model": [
            "choice",
            [
                [
                    {"kind": ["choice", [["svm"]]], "C": ["normal", [1, 2]]},
                    {"kind": "forest", "trees": ["choice", [[1, {"deep": ["randint", [3]]}]]]},
                ]
            ],
        ],
    },
    "limits": {"maxTotalTrials": 4},
}
FILE_WITH_OBJECTS = """
display_name: tool
compute: small
sampling_algorithm: random
trial: {command: "fit ${{search_space.a}} ${{search_space.b}}", environment: "azureml:fit:1"}
objective: {primary_metric: auc, goal: maximize}
search_space:
  a: {type: choice, values: [4]}
  b: {type: uniform, min_value: 0, max_value: 1}
limits: {max_total_trials: 10, max_concurrent_trials: 2}
"""
WITH_OBJECTS: dict[str, Any] = {
    "properties": {
        "jobType": "Sweep",
        "displayName": "tool",
        "computeId": "small",
        "trial": {
            "command": "fit ${{search_space.a}} ${{search_space.b}}",
            "environmentId": "fit:1",
        },
        "objective": {"primaryMetric": "auc", "goal": "maximize"},
        "samplingAlgorithm": {"samplingAlgorithmType": "Random"},
        "limits": {"maxTotalTrials": 10, "maxConcurrentTrials": 2},
        "searchSpace": {
            "a": {"type": "choice", "values": [4]},
            "b": {"type": "uniform", "minValue": 0, "maxValue": 1},
        },
    }
}
FILE_OF_CLIENT = """
name: printed
experiment_name: exp
compute: small
sampling_algorithm: grid
trial: {command: "fit ${{search_space.a}}", environment: "azureml:fit:1"}
objective: {primary_metric: auc, goal: maximize}
search_space: {a: {type: choice, values: [4, 5]}}
early_termination: {type: median_stopping}
limits: {max_total_trials: 10, timeout: 7200}
"""
# As as_dict() of the objects of older clients.
OF_CLIENT: dict[str, Any] = {
    "name": "printed",
    "properties": {
        "job_type": "Sweep",
        "experiment_name": "exp",
        "compute_id": "small",
        "is_archived": False,
        "sampling_algorithm": {"sampling_algorithm_type": "Grid"},
        "trial": {"command": "fit ${{search_space.a}}", "environment_id": "fit:1"},
        "objective": {"primary_metric": "auc", "goal": "maximize"},
        "search_space": {"a": ["choice", [[4, 5]]]},
        "early_termination": {"policy_type": "MedianStopping"},
        "limits": {"job_limits_type": "Sweep", "max_total_trials": 10, "timeout": "PT2H"},
    },
}
PAIRS: dict[str, tuple[str, dict[str, Any]]] = {
    "script": (FILE_OF_SCRIPT, SCRIPT),
    "resource": (FILE_OF_RESOURCE, RESOURCE),
    "specification": (FILE_OF_SPECIFICATION, SPECIFICATION),
    "of 2021": (FILE_OF_2021, OF_2021),
    "bindings": (FILE_OF_BINDINGS, BINDINGS),
    "answer": (FILE_OF_ANSWER, ANSWER),
    "of 2023": (FILE_OF_2023, OF_2023),
    "nested": (FILE_OF_NESTED, NESTED),
    "objects": (FILE_WITH_OBJECTS, WITH_OBJECTS),
    "client": (FILE_OF_CLIENT, OF_CLIENT),
}
