"""``Datastore``: storage of a workspace. The Azure map assigns a volume to it."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from ...training.unused_arguments import level_of_the_program, unused_arguments
from .._other_members import OtherMembers
from .._other_names import other_names
from ..data.data_reference import DataReference
from ..data.datapath import DataPath
from ..data.dataset_consumption_config import MOUNT_PATH
from ..exceptions import NotSupported, UserErrorException

_VOLUME = "the Azure map has the datastore's volume"
_BLOB = (
    "container_name account_name sas_token account_key protocol endpoint overwrite "
    "create_if_not_exists skip_validation blob_cache_timeout grant_workspace_access subscription_id "
    "resource_group"
)
_SHARE = (
    "file_share_name account_name sas_token account_key protocol endpoint overwrite "
    "create_if_not_exists skip_validation"
)
_LAKE = (
    "store_name tenant_id client_id client_secret resource_url authority_url subscription_id "
    "resource_group overwrite grant_workspace_access"
)
_LAKE_2 = (
    "filesystem account_name tenant_id client_id client_secret resource_url authority_url protocol "
    "endpoint overwrite subscription_id resource_group grant_workspace_access"
)
_HDFS = (
    "protocol namenode_address hdfs_server_certificate kerberos_realm kerberos_kdc_address "
    "kerberos_principal kerberos_keytab kerberos_password overwrite"
)
_HARMLESS = "overwrite create_if_not_exists skip_validation"


def _registration(name: str, arguments: str) -> Any:
    """Return a function that returns the datastore of a name, for one of Azure's kinds of storage."""
    account = " ".join(word for word in arguments.split() if word not in _HARMLESS.split())

    def register(workspace: Any, datastore_name: str, **azure: Any) -> Datastore:
        """Return the datastore of a name. What it is, is an entry of the Azure map.

        Args:
            workspace: The workspace.
            datastore_name: Its name.
            azure: Azure's account, container and key; not used, with a warning.
        """
        return Datastore(workspace, datastore_name)

    register.__name__, register.__qualname__ = name, f"Datastore.{name}"
    return staticmethod(
        unused_arguments({account: _VOLUME}, harmless=_HARMLESS, by_position=arguments)(register)
    )


class Datastore(OtherMembers):
    """A datastore.

    Args:
        workspace: The workspace.
        name: Name of the datastore.
    """

    _ignored: ClassVar[Mapping[str, str]] = {"unregister": "the Azure map has the datastores"}
    _refused: ClassVar[Mapping[str, str]] = {
        "register_azure_my_sql register_azure_postgre_sql register_azure_sql_database": "trials read "
        "files: write the table to a volume, and add it to data: in the Azure map",
        "account_key account_name blob_service container_name credential_type datastore_type endpoint "
        "is_sas protocol resource_group sas_token subscription_id workspace_msi_has_access": "it "
        "is a volume here, without an account in Azure; remove this line",
    }

    def __init__(self, workspace: Any, name: str = "workspaceblobstore") -> None:
        self.workspace, self.name = workspace, name

    @property
    def uri(self) -> str:
        """Azure's address of the datastore."""
        return f"azureml://datastores/{self.name}/paths"

    @property
    def input_name(self) -> str:
        """Name of the variable by which a script finds the datastore."""
        return self.path().input_name

    @property
    def references(self) -> tuple[str, ...]:
        """The datastore as an argument of a script is its root."""
        return self.path().references

    def __repr__(self) -> str:
        return f"Datastore({self.name!r})"

    @staticmethod
    def get(workspace: Any, datastore_name: str) -> Datastore:
        """Return the datastore of a name.

        Args:
            workspace: The workspace.
            datastore_name: Its name.
        """
        return Datastore(workspace, datastore_name)

    @staticmethod
    def get_default(workspace: Any) -> Datastore:
        """Return the default datastore.

        Args:
            workspace: The workspace.
        """
        return Datastore(workspace)

    register_azure_blob_container = _registration("register_azure_blob_container", _BLOB)
    register_azure_file_share = _registration("register_azure_file_share", _SHARE)
    register_azure_data_lake = _registration("register_azure_data_lake", _LAKE)
    register_azure_data_lake_gen2 = _registration("register_azure_data_lake_gen2", _LAKE_2)
    register_dbfs = _registration("register_dbfs", "")
    register_hdfs = _registration("register_hdfs", _HDFS)

    def set_as_default(self) -> None:
        """Not supported; raises NotSupported."""
        raise NotSupported(
            f"Datastore {self.name!r}: set_as_default: the default is workspaceblobstore of "
            f"{self.workspace.azure_map.name}: give it the same claim there"
        )

    def path(
        self, path: str | None = None, data_reference_name: str | None = None
    ) -> DataReference:
        """Return a path on the datastore.

        Args:
            path: The path; the datastore itself by default.
            data_reference_name: Name by which scripts refer to it.
        """
        return DataReference(self, data_reference_name or self.name, path or "")

    @unused_arguments({"path_on_compute": MOUNT_PATH})
    def as_mount(self, path_on_compute: str | None = None) -> DataReference:
        """Return the datastore as data of a trial.

        Args:
            path_on_compute: Azure's; not used, with a warning.
        """
        return self.path()

    @unused_arguments({"path_on_compute": MOUNT_PATH})
    def as_download(self, path_on_compute: str | None = None) -> DataReference:
        """Return the datastore as data of a trial, which are mounted.

        Args:
            path_on_compute: Azure's; not used, with a warning.
        """
        return self.path()

    @unused_arguments({"path_on_compute": MOUNT_PATH})
    def as_upload(self, path_on_compute: str | None = None) -> DataReference:
        """Return the datastore as data of a trial, which are mounted.

        Args:
            path_on_compute: Azure's; not used, with a warning.
        """
        return self.path()

    @unused_arguments(harmless="show_progress")
    def upload(
        self,
        src_dir: str,
        target_path: str | None = None,
        overwrite: bool = False,
        show_progress: bool = True,
    ) -> DataReference:
        """Copy a folder to the datastore's folder on this machine.

        Args:
            src_dir: The folder.
            target_path: Path on the datastore.
            overwrite: True to replace files.
            show_progress: Azure's; no progress is shown.

        Raises:
            UserErrorException: The map has no entry for the datastore, or no ``local`` folder for a
                workspace on this machine.
        """
        files = [str(file) for file in sorted(Path(src_dir).rglob("*")) if file.is_file()]
        return self.upload_files(files, src_dir, target_path, overwrite, show_progress)

    @unused_arguments(harmless="show_progress")
    def upload_files(
        self,
        files: Sequence[str],
        relative_root: str | None = None,
        target_path: str | None = None,
        overwrite: bool = False,
        show_progress: bool = True,
    ) -> DataReference:
        """Copy files to the datastore's folder on this machine.

        Args:
            files: The files.
            relative_root: Folder that their paths on the datastore are relative to.
            target_path: Path on the datastore.
            overwrite: True to replace files.
            show_progress: Azure's; no progress is shown.

        Raises:
            UserErrorException: The map has no entry for the datastore, or no ``local`` folder for a
                workspace on this machine.
        """
        root = self._local_folder()
        if not self.workspace.is_local:
            # A volume of a cluster is not written to from here.
            warnings.warn(
                f"Datastore {self.name!r}: upload: {len(files)} files are not copied to the volume of "
                f"the cluster: copy them once, with kubectl cp, to {target_path or 'its root'}",
                stacklevel=level_of_the_program(),
            )
        if root is None:
            return self.path(target_path)
        folder = root / (target_path or "").strip("/")
        for file in map(Path, files):
            target = folder / (file.relative_to(relative_root) if relative_root else file.name)
            if overwrite or not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
        return self.path(target_path)

    @unused_arguments(
        harmless="show_progress",
        by_position="show_progress",
    )
    def download(
        self, target_path: str, prefix: str | None = None, overwrite: bool = False, **azure: Any
    ) -> int:
        """Copy files from the datastore's folder on this machine; return their number.

        Args:
            target_path: Folder to copy them to.
            prefix: Path on the datastore.
            overwrite: True to replace files.
            azure: Azure's ``show_progress``; no progress is shown.
        """
        root = self._local_folder()
        if root is None:
            raise NotSupported(
                f"Datastore {self.name!r}: download: add local: FOLDER to its entry in "
                f"{self.workspace.azure_map.name}, or copy the files with kubectl cp"
            )
        files = [file for file in (root / (prefix or "")).rglob("*") if file.is_file()]
        for file in files:
            target = Path(target_path) / file.relative_to(root)
            if overwrite or not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
        return len(files)

    def _local_folder(self) -> Path | None:
        """Return the folder on this machine; None for a cluster's datastore without one."""
        azure_map = self.workspace.azure_map
        entry = azure_map.find_datastore(self.name)
        if entry is None:
            missing = azure_map.missing("datastore", self.name)
            raise UserErrorException(f"datastore: {self.name!r}: {missing}")
        if not entry.local and self.workspace.is_local:
            raise UserErrorException(
                f"Datastore {self.name!r}: add local: FOLDER to its entry in {azure_map.name}"
            )
        return Path(entry.local) if entry.local else None


__all__ = ["DataPath", "Datastore"]

__getattr__ = other_names(__name__)
