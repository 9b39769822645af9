"""``azure.ai.ml.constants``: words of Azure's."""

from ....sdk.workspace.constants import (
    AssetTypes,
    DistributionType,
    InputOutputModes,
    InputTypes,
    JobType,
    ListViewType,
    ModelType,
    TimeZone,
)
from ....sdk.workspace.unsupported import unsupported_names

__path__: list[str] = []  # a package in Azure's client; see _missing_modules
__all__ = [
    "AssetTypes",
    "DistributionType",
    "InputOutputModes",
    "InputTypes",
    "JobType",
    "ListViewType",
    "ModelType",
    "TimeZone",
]

# Azure's other names, which can be imported; a use of them says what to do.
_OTHERS = """
AcrAccountSku BatchDeploymentOutputAction DataGenerationTaskType DataGenerationType
IPProtectionLevel ImageClassificationModelNames ImageInstanceSegmentationModelNames
ImageObjectDetectionModelNames ImportSourceType ManagedServiceIdentityType
MonitorDatasetContext MonitorFeatureType MonitorMetricName MonitorModelType MonitorSignalType
MonitorTargetTasks NlpLearningRateScheduler NlpModels ParallelTaskType Scope StorageAccountType
TabularTrainingMode WorkspaceKind
"""
__getattr__ = unsupported_names(__name__, _OTHERS.split())
