"""``Environment``: names an image, which the Azure map gives. Images are not built here."""

from __future__ import annotations

import copy
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ...training.unused_arguments import level_of_the_program, unused_arguments
from .._attributes import CheckedAttributes
from .._other_members import OtherMembers
from .._other_names import other_names
from ..exceptions import UserErrorException
from .conda_dependencies import CondaDependencies
from .container_registry import ContainerRegistry

CURATED_PREFIX = "AzureML-"
# As in Azure, the image of an environment that has none.
DEFAULT_CPU_IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"

_NO_SPARK = "a trial is a process of a container"
_PACKAGES = "the image that the Azure map has for the environment has its packages"


class DockerSection(CheckedAttributes):
    """The image of an environment.

    Attributes:
        base_image: The image.
        base_dockerfile: A Dockerfile; the map has to name the image that it makes.
        shm_size: Size of ``/dev/shm``.
        enabled: Azure's; a trial is always a container on a cluster.
    """

    _unused: ClassVar[Mapping[str, str]] = {
        "gpu_support": "the Azure map says how many GPUs a compute target has",
        "platform": "nodes run Linux; the image says for which processor it is",
        "shared_volumes": "volumes are those of the Azure map",
    }

    def __init__(self) -> None:
        self.base_image: str | None = DEFAULT_CPU_IMAGE
        self.base_image_registry = ContainerRegistry()
        self.base_dockerfile: str | None = None
        self.build_context: Any = None
        self.shm_size: str | None = None
        self.enabled = True
        self.gpu_support = True
        self.arguments: list[str] = []
        self.shared_volumes = True
        self.platform: Any = {"os": "Linux", "architecture": "amd64"}  # as Azure's files say


class PythonSection(CheckedAttributes):
    """The packages of an environment.

    Attributes:
        conda_dependencies: The packages.
        user_managed_dependencies: True if the image has all packages.
    """

    _unused: ClassVar[Mapping[str, str]] = {
        "base_conda_environment interpreter_path": "the script runs with the image's python",
    }

    def __init__(self) -> None:
        self.user_managed_dependencies = False
        self.interpreter_path = "python"
        self.conda_dependencies: CondaDependencies | None = CondaDependencies()
        self.conda_dependencies_file: str | None = None
        self.base_conda_environment: str | None = None


class SparkSection(CheckedAttributes):
    """What a trial on Spark uses, which is never the case here.

    Attributes:
        repositories: Azure's; not used, with a warning.
        packages: Azure's; not used, with a warning.
        precache_packages: Azure's; without packages it has no effect.
    """

    _unused: ClassVar[Mapping[str, str]] = {"repositories packages": _NO_SPARK}

    def __init__(self) -> None:
        self.repositories: list[Any] = []
        self.packages: list[Any] = []
        self.precache_packages = True


class Environment(CheckedAttributes, OtherMembers):
    """An environment.

    Its image is that of the Azure map, by the name of the environment, by its conda file, or by its base
    image. Without an entry, the base image is used if ``user_managed_dependencies`` says that it has all
    packages.

    Args:
        name: Name of the environment.
        version: Version of the environment.
    """

    _ignored: ClassVar[Mapping[str, str]] = {
        "build_local": "nothing is built: the Azure map has the image",
    }
    _unused: ClassVar[Mapping[str, str]] = {
        "inferencing_stack_version": "models are not deployed here",
        "spark r databricks": _NO_SPARK,
        "environment_definition": "give the environment itself",
    }
    _refused: ClassVar[Mapping[str, str]] = {
        "add_private_pip_wheel get_image_details": "the image has the packages: add it to environment: "
        "in the Azure map",
        "asset_id label": "it has no equivalent; remove this line",
    }

    def __init__(self, name: str = "environment", *, version: str | None = None) -> None:
        self.name, self.version = name, version
        self.docker, self.python = DockerSection(), PythonSection()
        self.environment_variables: dict[str, str] = {}
        self.inferencing_stack_version: str | None = None
        self.spark: Any = SparkSection()
        self.r: Any = None
        self.databricks: Any = None
        self.environment_definition: Any = None

    @staticmethod
    @unused_arguments({"label": "the Azure map has one image for all labels; give version="})
    def get(
        workspace: Any, name: str, version: str | None = None, label: str | None = None
    ) -> Environment:
        """Return the environment of a name, curated ones included.

        Args:
            workspace: The workspace.
            name: Name of the environment.
            version: Version.
            label: Azure's; not used, with a warning.
        """
        return Environment(name, version=version)

    @staticmethod
    def list(workspace: Any) -> dict[str, Environment]:
        """Return the environments of the Azure map by name.

        Args:
            workspace: The workspace.
        """
        found: dict[str, Environment] = workspace.environments
        return found

    @staticmethod
    def from_conda_specification(name: str, file_path: str) -> Environment:
        """Return the environment of a conda file.

        Args:
            name: Name of the environment.
            file_path: The conda file.

        """
        _warn_if_missing(file_path)
        made = Environment(name)
        made.python.conda_dependencies_file = file_path
        made.python.conda_dependencies = CondaDependencies(file_path)
        return made

    @staticmethod
    @unused_arguments({"pip_version": _PACKAGES})
    def from_pip_requirements(
        name: str, file_path: str, pip_version: str | None = None
    ) -> Environment:
        """Return the environment of a requirements file.

        Args:
            name: Name of the environment.
            file_path: The requirements file.
            pip_version: Azure's; not used, with a warning.

        """
        made = Environment(name)
        text = "" if _warn_if_missing(file_path) else Path(file_path).read_text(encoding="utf-8")
        lines = text.splitlines()
        made.python.conda_dependencies = CondaDependencies.create(
            pip_packages=[line for line in lines if line.strip() and not line.startswith("#")]
        )
        made.python.conda_dependencies_file = file_path
        return made

    @staticmethod
    def from_docker_image(
        name: str,
        image: str,
        container_registry: Any = None,
        conda_specification: str | None = None,
        pip_requirements: str | None = None,
    ) -> Environment:
        """Return the environment of an image.

        Args:
            name: Name of the environment.
            image: The image.
            container_registry: Registry of the image.
            conda_specification: A conda file; the map has to name the image with its packages.
            pip_requirements: A requirements file; the same.
        """
        made = Environment(name)
        made.docker.base_image = image
        if container_registry is not None:
            made.docker.base_image_registry = container_registry
        made.python.conda_dependencies_file = conda_specification or pip_requirements
        made.python.user_managed_dependencies = not (conda_specification or pip_requirements)
        return made

    @staticmethod
    @unused_arguments(
        {"conda_specification pip_requirements": _PACKAGES},
        by_position="conda_specification pip_requirements",
    )
    def from_dockerfile(name: str, dockerfile: str, **azure: Any) -> Environment:
        """Return the environment of a Dockerfile. The map has to name the image that it makes.

        Args:
            name: Name of the environment.
            dockerfile: The Dockerfile.
            azure: Azure's files of packages; not used, with a warning.
        """
        made = Environment(name)
        made.docker.base_image, made.docker.base_dockerfile = None, dockerfile
        return made

    @staticmethod
    @unused_arguments({"conda_specification pip_requirements": _PACKAGES})
    def from_docker_build_context(
        name: str, docker_build_context: Any, **azure: Any
    ) -> Environment:
        """Return the environment of a folder with a Dockerfile. The map has to name its image.

        Args:
            name: Name of the environment.
            docker_build_context: The folder.
            azure: Azure's files of packages; not used, with a warning.
        """
        return Environment.from_dockerfile(name, str(docker_build_context))

    @staticmethod
    @unused_arguments({"conda_environment_name": _PACKAGES})
    def from_existing_conda_environment(name: str, conda_environment_name: str) -> Environment:
        """Return the environment of a conda environment. The map has to name an image with its packages.

        Args:
            name: Name of the environment.
            conda_environment_name: Name of the conda environment.
        """
        return Environment(name)

    @staticmethod
    def load_from_directory(path: str) -> Environment:
        """Return the environment of a folder that Azure's client has written.

        Args:
            path: The folder.
        """
        text = Path(_existing(f"{path}/azureml_environment.json")).read_text(encoding="utf-8")
        found = json.loads(text)
        made = Environment(found["name"], version=found.get("version"))
        made.docker.base_image = found.get("docker", {}).get("baseImage") or DEFAULT_CPU_IMAGE
        managed = found.get("python", {}).get("userManagedDependencies", False)
        made.python.user_managed_dependencies = bool(managed)
        made.environment_variables = dict(found.get("environmentVariables") or {})
        return made

    def save_to_directory(self, path: str, overwrite: bool = False) -> None:
        """Write the environment to a folder, as Azure's client does.

        Args:
            path: The folder.
            overwrite: True to replace files.

        Raises:
            UserErrorException: The folder exists, and ``overwrite`` is False.
        """
        folder = Path(path)
        if folder.exists() and not overwrite:
            raise UserErrorException(f"{path} exists; give overwrite=True to replace it")
        folder.mkdir(parents=True, exist_ok=True)
        python, docker = self.python, self.docker
        found = {
            "name": self.name,
            "version": self.version,
            "environmentVariables": self.environment_variables,
            "python": {"userManagedDependencies": python.user_managed_dependencies},
            "docker": {"baseImage": docker.base_image, "baseDockerfile": docker.base_dockerfile},
        }
        (folder / "azureml_environment.json").write_text(json.dumps(found, indent=4))
        if python.conda_dependencies is not None:
            python.conda_dependencies.save_to_file(path)

    def clone(self, new_name: str) -> Environment:
        """Return a copy with another name. The map may have the image by either name.

        Args:
            new_name: The name.
        """
        made = copy.deepcopy(self)
        made.name, made._cloned_from = new_name, self.name
        return made

    _cloned_from = ""

    def register(self, workspace: Any) -> Environment:
        """Return the environment. Nothing is registered: the Azure map names its image.

        Args:
            workspace: The workspace.
        """
        return self

    @unused_arguments({"image_build_compute": "nothing is built: the Azure map has the image"})
    def build(self, workspace: Any, image_build_compute: Any = None) -> BuildDetails:
        """Return a build that is done: the image is that of the Azure map.

        Args:
            workspace: The workspace.
            image_build_compute: Azure's; not used, with a warning.
        """
        return BuildDetails()

    def image(self, azure_map: Any) -> str | None:
        """Return the image; None if the map does not have it and the base image is not all of it.

        Args:
            azure_map: The Azure map.
        """
        versioned = f"{self.name}:{self.version}" if self.version else self.name
        conda = self.python.conda_dependencies_file
        base = self.docker.base_image
        own = None if base == DEFAULT_CPU_IMAGE else base
        entry = azure_map.find_environment(versioned, self._cloned_from or None, conda, own)
        if entry is not None:
            return str(entry.image)
        has_packages = not self.python.user_managed_dependencies
        if has_packages or own is None or self.docker.base_dockerfile:
            return None
        return f"{self.docker.base_image_registry.prefix}{own}"

    def __repr__(self) -> str:
        return f"Environment(name={self.name!r}, version={self.version!r})"


class BuildDetails:
    """A build of an image, which is done."""

    status = "Succeeded"

    @unused_arguments(harmless="show_output")
    def wait_for_completion(self, show_output: bool = True) -> None:
        """Do nothing: nothing is built.

        Args:
            show_output: Azure's; there is no output.
        """


def _warn_if_missing(path: str) -> bool:
    """Return whether a file of packages is missing, on which the image does not depend."""
    is_missing = not Path(path).is_file()
    if is_missing:
        warnings.warn(
            f"{path}: no such file; the Azure map has the image", stacklevel=level_of_the_program()
        )
    return is_missing


def _existing(path: str) -> str:
    if not Path(path).is_file():
        raise UserErrorException(f"{path}: no such file")
    return path


__all__ = [
    "DEFAULT_CPU_IMAGE",
    "CondaDependencies",
    "DockerSection",
    "Environment",
    "PythonSection",
]

__getattr__ = other_names(__name__)
