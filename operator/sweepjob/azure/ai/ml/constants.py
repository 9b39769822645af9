"""``azure.ai.ml.constants``: words of Azure's."""

from ....sdk.workspace.constants import (
    AssetTypes,
    DistributionType,
    InputOutputModes,
    InputTypes,
    JobType,
    ListViewType,
    TimeZone,
)
from ....sdk.workspace.unsupported import unsupported_names

__all__ = [
    "AssetTypes",
    "DistributionType",
    "InputOutputModes",
    "InputTypes",
    "JobType",
    "ListViewType",
    "TimeZone",
]

# Azure's other names, which can be imported; a use of them says what to do.
_OTHERS = """
AcrAccountSku BatchDeploymentOutputAction DataGenerationTaskType DataGenerationType
IPProtectionLevel ImageClassificationModelNames ImageInstanceSegmentationModelNames
ImageObjectDetectionModelNames ImportSourceType ManagedServiceIdentityType ModelType
MonitorDatasetContext MonitorFeatureType MonitorMetricName MonitorModelType MonitorSignalType
MonitorTargetTasks NlpLearningRateScheduler NlpModels ParallelTaskType Scope StorageAccountType
TabularTrainingMode WorkspaceKind
"""
__getattr__ = unsupported_names(__name__, _OTHERS.split())
