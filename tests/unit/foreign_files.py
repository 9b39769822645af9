"""Sweep files of W&B, SageMaker and Katib with all keys that are converted."""

from __future__ import annotations

import copy
from typing import Any

WANDB: dict[str, Any] = {
    "program": "train.py",
    "method": "random",
    "name": "good",
    "project": "vision",
    "entity": "team",
    "description": "a sweep",
    "run_cap": 12,
    "metric": {"name": "loss", "goal": "minimize", "target": 0.1},
    "parameters": {
        "x": {"min": 0.0, "max": 1.0},
        "batch-size": {"values": [16, 32], "probabilities": [0.25, 0.75]},
        "layers": {"distribution": "q_uniform", "min": 0, "max": 8, "q": 2},
        "noise": {"distribution": "normal", "mu": 1, "sigma": 2},
        "seed": {"value": 3},
        "model": {"parameters": {"width": {"values": [1, 2]}, "depth": {"min": 1, "max": 3}}},
    },
    "early_terminate": {"type": "hyperband", "min_iter": 2, "eta": 4, "strict": True},
    "command": ["${env}", "${interpreter}", "${program}", "--key=${envvar:KEY}", "${args}"],
}


# Every key of CreateHyperParameterTuningJob; where several exclude each other, one of them.
TUNING_JOB: dict[str, Any] = {
    "HyperParameterTuningJobName": "Digits-Tuning",
    "HyperParameterTuningJobConfig": {
        "Strategy": "Bayesian",
        "RandomSeed": 7,
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "val:acc"},
        "ResourceLimits": {
            "MaxNumberOfTrainingJobs": 20,
            "MaxParallelTrainingJobs": 4,
            "MaxRuntimeInSeconds": 7200,
        },
        "ParameterRanges": {
            "ContinuousParameterRanges": [
                {
                    "Name": "lr",
                    "MinValue": "0.001",
                    "MaxValue": "0.1",
                    "ScalingType": "Logarithmic",
                },
                {"Name": "momentum", "MinValue": "0.5", "MaxValue": "0.9", "ScalingType": "Linear"},
            ],
            "IntegerParameterRanges": [
                {"Name": "num-layers", "MinValue": "1", "MaxValue": "5", "ScalingType": "Linear"},
                {
                    "Name": "units",
                    "MinValue": "16",
                    "MaxValue": "512",
                    "ScalingType": "Logarithmic",
                },
            ],
            "CategoricalParameterRanges": [{"Name": "optimizer", "Values": ["sgd", "adam"]}],
        },
        "TrainingJobEarlyStoppingType": "Auto",
        "StrategyConfig": {"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 9}},
        "TuningJobCompletionCriteria": {
            "TargetObjectiveMetricValue": 0.99,
            "BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 10},
            "ConvergenceDetected": {"CompleteOnConvergence": "Enabled"},
        },
    },
    "TrainingJobDefinition": {
        "DefinitionName": "one",
        "StaticHyperParameters": {"sagemaker_program": '"train.py"', "epochs": "3"},
        "AlgorithmSpecification": {
            "TrainingImage": "1.dkr.ecr.us-east-1.amazonaws.com/train:1",
            "TrainingInputMode": "File",
            "MetricDefinitions": [
                {"Name": "val:acc", "Regex": "val_acc=([0-9\\.]+)"},
                {"Name": "loss", "Regex": "loss=(.*?);"},
            ],
        },
        "RoleArn": "arn:aws:iam::1:role/x",
        "InputDataConfig": [
            {
                "ChannelName": "train",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://x"}},
            }
        ],
        "VpcConfig": {"SecurityGroupIds": ["a"], "Subnets": ["b"]},
        "OutputDataConfig": {"S3OutputPath": "s3://out"},
        "ResourceConfig": {
            "InstanceType": "ml.p3.2xlarge",
            "InstanceCount": 1,
            "VolumeSizeInGB": 50,
            "VolumeKmsKeyId": "k",
        },
        "HyperParameterTuningResourceConfig": {"InstanceType": "ml.p3.2xlarge"},
        "StoppingCondition": {
            "MaxRuntimeInSeconds": 600,
            "MaxWaitTimeInSeconds": 700,
            "MaxPendingTimeInSeconds": 7200,
        },
        "EnableNetworkIsolation": False,
        "EnableInterContainerTrafficEncryption": False,
        "EnableManagedSpotTraining": True,
        "CheckpointConfig": {"S3Uri": "s3://c"},
        "RetryStrategy": {"MaximumRetryAttempts": 2},
        "Environment": {"A": "b"},
    },
    "Tags": [{"Key": "team", "Value": "x"}],
}


# Every key of v1beta1's types. Where a key has alternatives, a file has one of them.
KATIB: dict[str, Any] = {
    "apiVersion": "kubeflow.org/v1beta1",
    "kind": "Experiment",
    "metadata": {
        "name": "full",
        "namespace": "team",
        "labels": {"team": "a"},
        "annotations": {"why": "b"},
        "uid": "1",
        "resourceVersion": "2",
        "generation": 1,
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "managedFields": [1],
        "finalizers": ["f"],
        "ownerReferences": [1],
    },
    "spec": {
        "objective": {
            "type": "minimize",
            "goal": 0.1,
            "objectiveMetricName": "loss",
            "additionalMetricNames": ["accuracy"],
            "metricStrategies": [
                {"name": "loss", "value": "min"},
                {"name": "accuracy", "value": "max"},
            ],
        },
        "algorithm": {
            "algorithmName": "tpe",
            "algorithmSettings": [
                {"name": "random_state", "value": "3"},
                {"name": "gamma", "value": "0.2"},
            ],
        },
        "earlyStopping": {
            "algorithmName": "medianstop",
            "algorithmSettings": [
                {"name": "min_trials_required", "value": "2"},
                {"name": "start_step", "value": "5"},
            ],
        },
        "parallelTrialCount": 2,
        "maxTrialCount": 9,
        "maxFailedTrialCount": 3,
        "resumePolicy": "FromVolume",
        "metricsCollectorSpec": {
            "collector": {"kind": "StdOut"},
            "source": {"filter": {"metricsFormat": [r"([\w-]+) is ([0-9.]+)"]}},
        },
        "parameters": [
            {
                "name": "lr",
                "parameterType": "double",
                "feasibleSpace": {
                    "min": "0.2",
                    "max": "0.8",
                    "step": "0.2",
                    "distribution": "logUniform",
                },
            },
            {
                "name": "optimizer",
                "parameterType": "categorical",
                "feasibleSpace": {"list": ["sgd", "adam"]},
            },
        ],
        "trialTemplate": {
            "retain": True,
            "primaryPodLabels": {"a": "b"},
            "primaryContainerName": "main",
            "trialParameters": [
                {"name": "rate", "description": "d", "reference": "lr"},
                {"name": "optimizer", "description": "d", "reference": "optimizer"},
            ],
            "trialSpec": {
                "apiVersion": "batch/v1",
                "kind": "Job",
                "metadata": {"labels": {"x": "y"}, "annotations": {"x": "y"}, "name": "n"},
                "spec": {
                    "backoffLimit": 2,
                    "activeDeadlineSeconds": 100,
                    "ttlSecondsAfterFinished": 5,
                    "suspend": True,
                    "template": {
                        "metadata": {"labels": {"pod": "label"}},
                        "spec": {
                            "restartPolicy": "OnFailure",
                            "nodeSelector": {"gpu": "yes"},
                            "containers": [
                                {"name": "logger", "image": "registry.example/l:1"},
                                {
                                    "name": "main",
                                    "image": "registry.example/i:1",
                                    "command": ["python", "${trialParameters.optimizer}"],
                                    "args": ["--lr=${trialParameters.rate}"],
                                },
                            ],
                        },
                    },
                },
            },
        },
    },
    "status": {"trials": 3},
}


def with_manifest() -> dict[str, Any]:
    """Return a file with every key that a trial of another kind has."""
    data = copy.deepcopy(KATIB)
    template = data["spec"]["trialTemplate"]
    template["successCondition"] = 'status.conditions.#(type=="Done")#|#(status=="True")#'
    template["failureCondition"] = 'status.[@this].#(phase=="Broken")#'
    containers = template["trialSpec"]["spec"]["template"]["spec"]["containers"]
    pods = {"metadata": {"labels": {"p": "q"}}, "spec": {"containers": containers}}
    roles = {"Master": {"replicas": 1, "restartPolicy": "Never", "template": pods}}
    template["trialSpec"] = {
        "apiVersion": "kubeflow.org/v1",
        "kind": "XGBoostJob",
        "metadata": {
            "name": "n",
            "generateName": "n-",
            "namespace": "team",
            "labels": {"x": "y", "kueue.x-k8s.io/queue-name": "gpus"},
            "annotations": {"x": "y"},
        },
        "spec": {"runPolicy": {"backoffLimit": 2}, "xgbReplicaSpecs": roles},
        "status": {"a": 1},
    }
    return data


KATIB_MANIFEST = with_manifest()
