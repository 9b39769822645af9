"""``azure.ai.ml.entities``: what jobs are made of, and assets of a workspace."""

from ....sdk.azure_objects import (
    AmlTokenConfiguration,
    BuildContext,
    CommandJobLimits,
    Environment,
    IdentityConfiguration,
    JobResourceConfiguration,
    JobService,
    JupyterLabJobService,
    ManagedIdentityConfiguration,
    QueueSettings,
    ResourceConfiguration,
    SshJobService,
    TensorBoardJobService,
    UserIdentityConfiguration,
    VsCodeJobService,
)
from ....sdk.job import Command, SweepJob
from ....sdk.limits import Objective, SweepJobLimits
from ....sdk.policies import (
    BanditPolicy,
    EarlyTerminationPolicy,
    MedianStoppingPolicy,
    TruncationSelectionPolicy,
)
from ....sdk.sampling_algorithms import (
    BayesianSamplingAlgorithm,
    GridSamplingAlgorithm,
    RandomSamplingAlgorithm,
    SamplingAlgorithm,
)
from ....sdk.workspace.assets import (
    AmlCompute,
    Compute,
    ComputeInstance,
    Data,
    KubernetesCompute,
    Model,
)
from ....sdk.workspace.pipelines import PipelineJob, PipelineJobSettings
from ....sdk.workspace.unsupported import unsupported_names

# Azure's classes of the same.
CommandJob = CommandComponent = Command
Sweep = SweepJob

__path__: list[str] = []  # a package in Azure's client; see _missing_modules
__all__ = [
    "AmlCompute",
    "AmlTokenConfiguration",
    "BanditPolicy",
    "BayesianSamplingAlgorithm",
    "BuildContext",
    "Command",
    "CommandComponent",
    "CommandJob",
    "CommandJobLimits",
    "Compute",
    "ComputeInstance",
    "Data",
    "EarlyTerminationPolicy",
    "Environment",
    "GridSamplingAlgorithm",
    "IdentityConfiguration",
    "JobResourceConfiguration",
    "JobService",
    "JupyterLabJobService",
    "KubernetesCompute",
    "ManagedIdentityConfiguration",
    "MedianStoppingPolicy",
    "Model",
    "Objective",
    "PipelineJob",
    "PipelineJobSettings",
    "QueueSettings",
    "RandomSamplingAlgorithm",
    "ResourceConfiguration",
    "SamplingAlgorithm",
    "SshJobService",
    "Sweep",
    "SweepJob",
    "SweepJobLimits",
    "TensorBoardJobService",
    "TruncationSelectionPolicy",
    "UserIdentityConfiguration",
    "VsCodeJobService",
]

# Azure's other names, which can be imported; a use of them says what to do.
_OTHERS = """
APIKeyConnection AadCredentialConfiguration AcceleratorMap AccessKeyConfiguration
AccountKeyConfiguration AlertNotification AmlComputeNodeInfo AmlComputeSshSettings
ApiKeyConfiguration Asset AssignedUserConfiguration AutoPauseSettings AutoScaleSettings
AzureAISearchConfig AzureAISearchConnection AzureAIServicesConnection AzureBlobDatastore
AzureBlobStoreConnection AzureContentSafetyConnection AzureDataLakeGen1Datastore
AzureDataLakeGen2Datastore AzureFileDatastore AzureMLBatchInferencingServer
AzureMLOnlineInferencingServer AzureOpenAIConnection AzureOpenAIDeployment
AzureSpeechServicesConnection BaseEnvironment BaselineDataRange BatchDeployment BatchEndpoint
BatchJob BatchRetrySettings CapabilityHost CapabilityHostKind CategoricalDriftMetrics
CertificateConfiguration CodeConfiguration Component ComputeConfiguration
ComputeInstanceSshSettings ComputePowerAction ComputeRuntime ComputeSchedules
ComputeStartStopSchedule ContainerRegistryCredential CreatedByType CronTrigger
CustomApplications CustomInferencingServer CustomModelFineTuningJob
CustomMonitoringMetricThreshold CustomMonitoringSignal CustomerManagedKey DataAsset
DataAvailabilityStatus DataCollector DataColumn DataColumnType DataDriftMetricThreshold
DataDriftSignal DataImport DataQualityMetricThreshold DataQualityMetricsCategorical
DataQualityMetricsNumerical DataQualitySignal DataSegment Datastore DefaultActionType
DefaultScaleSettings Deployment DeploymentCollection DeploymentTemplate
DeploymentTemplateReference DiagnoseRequestProperties DiagnoseResponseResult
DiagnoseResponseResultValue DiagnoseResult DiagnoseWorkspaceParameters Endpoint EndpointAadToken
EndpointAuthKeys EndpointAuthToken EndpointConnection EndpointsSettings FADProductionData
Feature FeatureAttributionDriftMetricThreshold FeatureAttributionDriftSignal FeatureSet
FeatureSetBackfillMetadata FeatureSetBackfillRequest FeatureSetMaterializationMetadata
FeatureSetSpecification FeatureStore FeatureStoreEntity FeatureStoreSettings FeatureWindow
FixedInputData FqdnDestination GenerationSafetyQualityMonitoringMetricThreshold
GenerationSafetyQualitySignal GenerationTokenStatisticsMonitorMetricThreshold
GenerationTokenStatisticsSignal GitSource Hub IPRule ImageMetadata ImageSettings
ImportDataSchedule Index IndexDataSource IndexModelConfiguration InputPort IntellectualProperty
IsolationMode Job JobResources JobSchedule KubernetesOnlineDeployment
KubernetesOnlineEndpoint LlmData LocalSource ManagedNetwork ManagedNetworkProvisionStatus
ManagedOnlineDeployment ManagedOnlineEndpoint MarketplacePlan MarketplaceSubscription
MaterializationComputeResource MaterializationSettings MaterializationStore MaterializationType
MicrosoftOneLakeConnection ModelBatchDeployment ModelBatchDeploymentSettings ModelConfiguration
ModelPackage ModelPackageInput ModelPerformanceClassificationThresholds
ModelPerformanceMetricThreshold ModelPerformanceRegressionThresholds ModelPerformanceSignal
MonitorDefinition MonitorFeatureFilter MonitorInputData MonitorSchedule MonitoringTarget
NetworkAcls NetworkSettings NoneCredentialConfiguration NotebookAccessKeys Notification
NumericalDriftMetrics OneLakeArtifact OneLakeConnectionArtifact OneLakeDatastore
OnlineDeployment OnlineEndpoint OnlineRequestSettings OnlineScaleSettings OpenAIConnection
OutboundRule PackageInputPathId PackageInputPathUrl PackageInputPathVersion Parallel
ParallelComponent ParallelTask ParameterizedCommand PatTokenConfiguration Pipeline
PipelineComponent PipelineComponentBatchDeployment PredictionDriftMetricThreshold
PredictionDriftSignal PrivateEndpoint PrivateEndpointDestination ProbeSettings ProductionData
Project RecurrencePattern RecurrenceTrigger ReferenceData Registry RegistryRegionDetails
RequestLogging Resource ResourceRequirementsSettings ResourceSettings RetrySettings Route
SasTokenConfiguration Schedule ScheduleState ScheduleTriggerResult ScriptReference
SerpConnection ServerlessComputeSettings ServerlessConnection ServerlessEndpoint
ServerlessSparkCompute ServiceInstance ServicePrincipalConfiguration ServiceTagDestination
SetupScripts Spark SparkComponent SparkJob SparkJobEntry SparkJobEntryType
SparkResourceConfiguration StaticInputData SynapseSparkCompute
SystemCreatedAcrAccount SystemCreatedStorageAccount SystemData TargetUtilizationScaleSettings
TrailingInputData TritonInferencingServer UnsupportedCompute Usage
UsageName UsageUnit UsernamePasswordConfiguration ValidationResult VirtualMachineCompute
VirtualMachineSshSettings VmSize VolumeSettings Workspace WorkspaceConnection
WorkspaceKeys WorkspaceModelReference
"""
__getattr__ = unsupported_names(__name__, _OTHERS.split())
__all__ += _OTHERS.split()
