"""``CondaDependencies``: the packages of an environment. They are kept; images are not built here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ...training.unused_arguments import unused_arguments
from .._other_names import other_names


class CondaDependencies:
    """Packages of an environment.

    Args:
        conda_dependencies_file_path: A conda file.
    """

    def __init__(self, conda_dependencies_file_path: str | None = None) -> None:
        self.file = conda_dependencies_file_path
        self.conda_packages: list[str] = []
        self.pip_packages: list[str] = []
        self.channels: list[str] = []
        self.python_version = ""

    @staticmethod
    @unused_arguments(
        {"pip_indexurl": "the image has the packages, wherever they are from"},
        harmless="pin_sdk_version",
    )
    def create(
        pip_indexurl: str | None = None,
        pip_packages: Sequence[str] | None = None,
        conda_packages: Sequence[str] | None = None,
        python_version: str = "",
        pin_sdk_version: bool = True,
    ) -> CondaDependencies:
        """Return packages.

        Args:
            pip_indexurl: Azure's; not used, with a warning.
            pip_packages: Packages that pip installs.
            conda_packages: Packages that conda installs.
            python_version: Version of Python.
            pin_sdk_version: Azure's; packages of Azure's client are not needed.
        """
        made = CondaDependencies()
        made.pip_packages = list(pip_packages or ())
        made.conda_packages = list(conda_packages or ())
        made.python_version = python_version
        return made

    def add_pip_package(self, pip_package: str) -> None:
        """Add a package that pip installs.

        Args:
            pip_package: The package.
        """
        self.pip_packages.append(pip_package)

    def add_conda_package(self, conda_package: str) -> None:
        """Add a package that conda installs.

        Args:
            conda_package: The package.
        """
        self.conda_packages.append(conda_package)

    def add_tensorflow_conda_package(
        self, core_type: str = "cpu", version: str | None = None
    ) -> None:
        """Add TensorFlow.

        Args:
            core_type: ``cpu`` or ``gpu``.
            version: Version of TensorFlow.
        """
        name = "tensorflow" if core_type == "cpu" else "tensorflow-gpu"
        self.add_conda_package(f"{name}={version}" if version else name)

    def remove_pip_package(self, pip_package: str) -> None:
        """Remove a package that pip installs.

        Args:
            pip_package: The package.
        """
        self.pip_packages = [p for p in self.pip_packages if p != pip_package]

    def remove_conda_package(self, conda_package: str) -> None:
        """Remove a package that conda installs.

        Args:
            conda_package: The package.
        """
        self.conda_packages = [p for p in self.conda_packages if p != conda_package]

    def add_channel(self, channel: str) -> None:
        """Add a channel of conda.

        Args:
            channel: The channel.
        """
        self.channels.append(channel)

    def set_python_version(self, version: str) -> None:
        """Set the version of Python.

        Args:
            version: The version.
        """
        self.python_version = version

    def set_pip_requirements(self, pip_requirements: Sequence[str]) -> None:
        """Set the packages that pip installs.

        Args:
            pip_requirements: The packages.
        """
        self.pip_packages = list(pip_requirements)

    @property
    def conda_channels(self) -> list[str]:
        """The channels of conda."""
        return list(self.channels)

    def remove_channel(self, channel: str) -> None:
        """Remove a channel of conda.

        Args:
            channel: The channel.
        """
        self.channels = [each for each in self.channels if each != channel]

    def add_tensorflow_pip_package(
        self, core_type: str = "cpu", version: str | None = None
    ) -> None:
        """Add TensorFlow as a package that pip installs.

        Args:
            core_type: ``cpu`` or ``gpu``.
            version: Version of TensorFlow.
        """
        name = "tensorflow" if core_type == "cpu" else "tensorflow-gpu"
        self.add_pip_package(f"{name}=={version}" if version else name)

    def get_python_version(self) -> str:
        """Return the version of Python."""
        return self.python_version

    @unused_arguments({"pip_option": "the image of the Azure map has the packages"})
    def set_pip_option(self, pip_option: str) -> None:
        """Do nothing: the image of the Azure map has the packages.

        Args:
            pip_option: Azure's; not used, with a warning.
        """

    remove_pip_option = set_pip_option

    @unused_arguments({"index_url": "the image of the Azure map has the packages"})
    def set_pip_index_url(self, index_url: str) -> None:
        """Do nothing: the image of the Azure map has the packages.

        Args:
            index_url: Azure's; not used, with a warning.
        """

    def as_dict(self) -> Any:
        """Return the packages as the content of a conda file."""
        import yaml

        return yaml.safe_load(self.serialize_to_string())

    def serialize_to_string(self) -> str:
        """Return the packages as a conda file."""
        if self.file is not None and Path(self.file).is_file():
            return Path(self.file).read_text(encoding="utf-8")
        python = [f"python={self.python_version}"] if self.python_version else []
        lines = [f"- {name}" for name in (*python, *self.conda_packages)]
        pip = ["- pip:", *(f"  - {name}" for name in self.pip_packages)]
        return "\n".join(["dependencies:", *lines, *(pip if self.pip_packages else [])]) + "\n"

    def save_to_file(self, base_directory: str, conda_file_path: str | None = None) -> str:
        """Write the packages to a conda file, and return its name.

        Args:
            base_directory: Folder of the file.
            conda_file_path: Name of the file.
        """
        name = conda_file_path or "conda_dependencies.yml"
        (Path(base_directory) / name).write_text(self.serialize_to_string(), encoding="utf-8")
        return name

    def save(self, path: str | None = None) -> str:
        """Write the packages to a conda file, and return its path.

        Args:
            path: The file; ``conda_dependencies.yml`` by default.
        """
        name = path or "conda_dependencies.yml"
        Path(name).write_text(self.serialize_to_string(), encoding="utf-8")
        return name

    @property
    def is_empty(self) -> bool:
        """Whether there are no packages."""
        return self.file is None and not (self.pip_packages or self.conda_packages)


def conda_dependencies(found: Any) -> CondaDependencies:
    """Return the packages of a conda file that is a part of another file.

    Args:
        found: The mapping, or the path of a conda file.
    """
    if not isinstance(found, Mapping):
        return CondaDependencies(str(found))
    packages = list(found.get("dependencies") or ())
    pip = [each.get("pip") or () for each in packages if isinstance(each, Mapping)]
    made = CondaDependencies.create(
        pip_packages=[name for names in pip for name in names],
        conda_packages=[each for each in packages if isinstance(each, str)],
    )
    made.channels = list(found.get("channels") or ())
    return made


__getattr__ = other_names(__name__)
