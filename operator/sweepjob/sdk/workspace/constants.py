"""Words of Azure's that code refers to by constants."""

from __future__ import annotations


class AssetTypes:
    """Types of data and models."""

    URI_FILE = "uri_file"
    URI_FOLDER = "uri_folder"
    MLTABLE = "mltable"
    MLFLOW_MODEL = "mlflow_model"
    CUSTOM_MODEL = "custom_model"
    TRITON_MODEL = "triton_model"


class InputOutputModes:
    """How data reaches a script in Azure."""

    MOUNT = "mount"
    RO_MOUNT = "ro_mount"
    RW_MOUNT = "rw_mount"
    DOWNLOAD = "download"
    UPLOAD = "upload"
    DIRECT = "direct"
    EVAL_MOUNT = "eval_mount"
    EVAL_DOWNLOAD = "eval_download"


class InputTypes:
    """Types of literals."""

    INTEGER = "integer"
    NUMBER = "number"
    STRING = "string"
    BOOLEAN = "boolean"


class JobType:
    """Types of jobs."""

    COMMAND = "command"
    SWEEP = "sweep"
    PIPELINE = "pipeline"


class ModelType:
    """Types of models, in the words of Azure's service."""

    CUSTOM = "CustomModel"
    MLFLOW = "MLFlowModel"
    TRITON = "TritonModel"


class DistributionType:
    """Types of distributions."""

    MPI = "mpi"
    PYTORCH = "pytorch"
    TENSORFLOW = "tensorflow"
    RAY = "ray"


class ListViewType:
    """Which jobs are listed; here all."""

    ACTIVE_ONLY = "ActiveOnly"
    ARCHIVED_ONLY = "ArchivedOnly"
    ALL = "All"


class TimeZone:
    """Time zones of schedules, which are not supported."""

    UTC = "UTC"
