"""Names of Azure's modules that are defined in another module, or that can only be imported."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from ._unsupported import unsupported

_ROOT = __package__
# Where a name is, for the modules of Azure's that have it, too.
_HOMES = {
    "ActivityFailedException": "exceptions",
    "AuthenticationException": "exceptions",
    "AzureMLException": "exceptions",
    "ComputeTargetException": "exceptions",
    "DatasetTimestampMissingError": "exceptions",
    "ExperimentExecutionException": "exceptions",
    "ModelNotFoundException": "exceptions",
    "ModelPathNotFoundException": "exceptions",
    "ProjectSystemException": "exceptions",
    "RunConfigurationException": "exceptions",
    "RunEnvironmentException": "exceptions",
    "ServiceException": "exceptions",
    "SnapshotException": "exceptions",
    "TrainingException": "exceptions",
    "UserErrorException": "exceptions",
    "WebserviceException": "exceptions",
    "WorkspaceException": "exceptions",
    "AmlCompute": "core.compute",
    "AutoMLStep": "train.automl",
    "CondaDependencies": "core.conda_dependencies",
    "ComputeTarget": "core.compute",
    "ContainerRegistry": "core.container_registry",
    "DataPath": "data.datapath",
    "DataReference": "data.data_reference",
    "Dataset": "core.dataset",
    "DatasetConsumptionConfig": "data.dataset_consumption_config",
    "Datastore": "core.datastore",
    "DEFAULT_CPU_IMAGE": "core.runconfig",
    "DEFAULT_GPU_IMAGE": "core.runconfig",
    "DockerConfiguration": "core.runconfig",
    "Environment": "core.environment",
    "EnvironmentDefinition": "core.runconfig",
    "Experiment": "core.experiment",
    "FileDataset": "data.file_dataset",
    "InteractiveLoginAuthentication": "core.authentication",
    "Keyvault": "core.keyvault",
    "Model": "core.model",
    "MpiConfiguration": "core.runconfig",
    "PipelineRun": "pipeline.core",
    "PublishedPipeline": "pipeline.core",
    "PyTorchConfiguration": "core.runconfig",
    "Run": "core.run",
    "RunConfiguration": "core.runconfig",
    "SparkSection": "core.environment",
    "TabularDataset": "data.tabular_dataset",
    "TensorflowConfiguration": "core.runconfig",
    "Webservice": "core.webservice",
    "Workspace": "core.workspace",
}
# Azure's classes that are one class here.
_SAME = {
    **dict.fromkeys(
        (
            "AbstractAzureStorageDatastore",
            "AbstractDatastore",
            "AzureBlobDatastore",
            "AzureDataLakeDatastore",
            "AzureDataLakeGen2Datastore",
            "AzureFileDatastore",
        ),
        ("sweepjob.azureml.core.datastore", "Datastore"),
    ),
    **dict.fromkeys(
        (
            "HyperDriveConfigException",
            "HyperDriveException",
            "HyperDriveNotImplementedException",
            "HyperDriveRehydrateException",
            "HyperDriveScenarioNotSupportedException",
            "HyperDriveServiceException",
        ),
        ("sweepjob.sdk.arguments", "ArgumentError"),
    ),
    **dict.fromkeys(
        ("DatasetExecutionError", "DatasetValidationError"),
        ("sweepjob.azureml.exceptions", "UserErrorException"),
    ),
}
_SERVING = "models are not deployed here; remove this line, and serve the files, e.g. with KServe"
_PIPELINES = "pipelines do not run here; submit the HyperDriveConfig: Experiment.submit(config)"
_COMPUTE = "give a compute target that the Azure map has"
_DATA = "give a Dataset or a datastore's path, and its entry in the Azure map"
_READING = "pandas reads the files; leave this argument out, and convert the data frame"
_SPARK = "only processes of pods run here; remove this line"
_IMAGES = "an environment is an image: add its name to environment: in the Azure map"
_AUTOML = "automated ML does not run here; remove this line, or sweep over your own models"
_REMEDIES = {
    "AdlaCompute BatchAiCompute BatchCompute DataFactoryCompute KubernetesCompute KustoCompute "
    "SynapseCompute LinkedService SynapseWorkspaceLinkedServiceConfiguration": _COMPUTE,
    "AdlaAttachConfiguration AksAttachConfiguration AksProvisioningConfiguration "
    "AksUpdateConfiguration AmlComputeNodeStateCounts AmlComputeProvisioningConfiguration "
    "AmlComputeStatus BatchAttachConfiguration ComputeInstanceProvisioningConfiguration "
    "ComputeInstanceStatus ComputeTargetAttachConfiguration ComputeTargetProvisioningConfiguration "
    "ComputeTargetUpdateConfiguration DataFactoryAttachConfiguration "
    "DataFactoryProvisioningConfiguration DataLakeAnalyticsAttachConfiguration "
    "DatabricksAttachConfiguration DsvmProvisioningConfiguration HDInsightAttachConfiguration "
    "KubernetesComputeAttachConfiguration KubernetesComputeStatus KustoAttachConfiguration "
    "LinkedServiceConfiguration RemoteComputeAttachConfiguration ScaleSettings SslConfiguration "
    "SynapseAttachConfiguration SystemService": _COMPUTE,
    "AciServiceDeploymentConfiguration AksEndpoint AksEndpointDeploymentConfiguration "
    "AksServiceAccessToken AksServiceDeploymentConfiguration AutoScaler "
    "ContainerResourceRequirements DataCollection EncryptionProperties ImageConfig "
    "LivenessProbeRequirements LocalWebserviceDeploymentConfiguration ModelPackage ModelProfile "
    "ContainerImageConfig TargetRuntime UnknownImage UnknownWebservice VnetConfiguration "
    "WebServiceAccessToken WebserviceDeploymentConfiguration": _SERVING,
    "AutoMLRun AutoMLStepRun": _AUTOML,
    "DataSource DataSourceDef DataSourceNode DatasetRegistration Edge Graph GlobOptions InputPort "
    "InputPortDef ModuleDef ModuleNode ModuleStepBase ModuleVersionDescriptor Node OutputPort "
    "OutputPortDef Param ParamDef PipelineIdVersion PipelineOutputAbstractDataset "
    "PipelineOutputFileDataset PipelineOutputTabularDataset PipelineVersion ScheduleRecurrenceYaml "
    "ScheduleYaml TimeZone": _PIPELINES,
    "AdlaStep AzureBatchStep InputPortBinding KustoStep Module ModuleStep ModuleVersion "
    "OutputPortBinding ParallelRunConfig ParallelRunStepDetails PipelineDataset PipelineDraft "
    "PipelineStep PortDataReference RScriptStep StepRun StepRunOutput SynapseSparkStep": _PIPELINES,
    "AzureMySqlDatastore AzurePostgreSqlDatastore AzureSqlDatabaseDatastore DBFSDatastore Data "
    "DatacacheConfiguration DatacacheConsumptionConfig DatacacheStore DataLocation DatasetActionRun "
    "DatasetDefinition DatasetProfile DatasetProfileRun DatasetProfileRunConfig "
    "DatasetRegistrationOptions DatasetSnapshot GlobsOptions HDFSDatastore "
    "LinkTabularOutputDatasetConfig MountOptions OutputData OutputDatasetConfig OutputOptions "
    "OutputTabularDatasetConfig RegistrationConfiguration RegistrationOptions SqlDataReference "
    "StoredProcedureParameter StoredProcedureParameterType UploadOptions": _DATA,
    "DatabricksCluster DatabricksEnvironment DatabricksSection DataReferenceConfiguration EggLibrary "
    "HdiConfiguration JarLibrary MavenLibrary PyPiLibrary RCranLibrary RSection SparkConfiguration "
    "SparkEnvironment SparkPackage": _SPARK,
    "ApplicationEndpointConfiguration AzureContainerRegistry DockerBuildContext DockerEnvironment "
    "DockerImageDetails DockerImagePlatform EnvironmentReference ImageBuildDetails "
    "KubernetesComputeConfiguration PythonEnvironment RCranPackage RGitHubPackage RegistryIdentity "
    "SparkEnvironment": _IMAGES,
    "DataType FileEncoding FileType HistogramCompareMethod PromoteHeadersBehavior "
    "SkipLinesBehavior": _READING,
    "PrivateEndPoint PrivateEndPointConfig": "nothing connects to Azure; remove this line",
}
_UNSUPPORTED = {name: text for names, text in _REMEDIES.items() for name in names.split()}


def other_names(module: str) -> Callable[[str], Any]:
    """Return ``__getattr__`` of a module.

    Args:
        module: Name of the module.
    """

    def find(name: str) -> Any:
        home = f"{_ROOT}.{_HOMES.get(name, '')}"
        if name in _HOMES and home != module:
            return getattr(import_module(home), name)
        if name in _SAME:
            same, class_name = _SAME[name]
            return getattr(import_module(same), class_name)
        if name in _UNSUPPORTED:
            return unsupported(name, _UNSUPPORTED[name])
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return find
