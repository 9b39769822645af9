"""``AzureMap``: finds what the names of an Azure workspace mean on a cluster."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .asset_names import (
    asset_keys,
    compute_name,
    is_address,
    is_local_path,
    plain_path,
    split_asset_path,
    split_datastore_uri,
    step_output,
)
from .entries import CodeEntry, ComputeEntry, DataEntry, EnvironmentEntry, WorkspaceEntry

FILE_NAME = "azure-map.yaml"
DEFAULT_DATASTORE = "workspaceblobstore"  # Azure's, where a path names none
SERVERLESS = "serverless"  # a sweep without a compute target
ANY = "*"

# An entry as the file may have it, for messages and for the skeleton.
EXAMPLES = {
    "compute": "{queue: QUEUE}",
    "instance_type": "{gpus: 1}",
    "environment": "REGISTRY/IMAGE:TAG",
    "data": "{claim: CLAIM, path: PATH}",
    "datastore": "{claim: CLAIM}",
    "code": "snapshot",
    "component": "FILE.yml",
}


@dataclass(frozen=True, slots=True)
class MissingEntry:
    """An entry that the map does not have.

    Attributes:
        section: section of the map, e.g. ``environment``.
        key: key of the entry.
        map_name: name of the map; empty without a map.
        example: the entry, with words in capitals to replace; that of ``EXAMPLES`` by default.
    """

    section: str
    key: str
    map_name: str
    example: str = ""

    @property
    def line(self) -> str:
        """The line to add to the section."""
        key = self.key if _is_plain_key(self.key) else f'"{self.key}"'
        example = self.example or EXAMPLES[self.section]
        if self.section == "data" and not self.example and is_address(self.key):
            example = EXAMPLES["datastore"]  # the path on the claim is what follows the key
        return f"{key}: {example}"

    def __str__(self) -> str:
        if self.map_name:
            return f"add under {self.section}: in {self.map_name}: {self.line}"
        return f"give an Azure map ({FILE_NAME}) with {self.section}: {{{self.line}}}"


@dataclass(frozen=True, slots=True)
class AzureMap:
    """What the names of an Azure workspace mean on a cluster.

    Each ``find_`` method returns None where the map has no entry; ``missing`` then names the line to add.

    Attributes:
        name: name of the file or the ConfigMap, for messages; empty without a map.
        workspace: the workspace itself.
        computes: computes by name.
        instance_types: instance types by name, in lower case.
        environments: environments by name, version or image.
        data: data and models by name, version, path or address.
        datastores: datastores by name.
        code: folders of code by path.
        components: component files by name.
    """

    name: str = ""
    workspace: WorkspaceEntry = field(default_factory=WorkspaceEntry)
    computes: Mapping[str, ComputeEntry] = field(default_factory=dict)
    instance_types: Mapping[str, ComputeEntry] = field(default_factory=dict)
    environments: Mapping[str, EnvironmentEntry] = field(default_factory=dict)
    data: Mapping[str, DataEntry] = field(default_factory=dict)
    datastores: Mapping[str, DataEntry] = field(default_factory=dict)
    code: Mapping[str, CodeEntry] = field(default_factory=dict)
    components: Mapping[str, str] = field(default_factory=dict)

    def find_compute(self, reference: str | None) -> ComputeEntry | None:
        """Return the entry of a compute target; that of ``serverless`` for None."""
        if reference is None:
            return self.computes.get(SERVERLESS)
        return self.computes.get(compute_name(reference), self.computes.get(ANY))

    def find_instance_type(self, name: str) -> ComputeEntry | None:
        """Return the entry of an instance type, in any case, such as ``Standard_NC6s_v3``."""
        return self.instance_types.get(name.lower(), self.instance_types.get(ANY))

    def find_environment(self, *references: str | None) -> EnvironmentEntry | None:
        """Return the entry of an environment.

        Args:
            references: what identifies it, in the order of the search: its name (in any form of
                Azure's), the name or path of its conda file, its image.
        """
        for reference in filter(None, references):
            for key in (reference, plain_path(reference), *asset_keys(reference)):
                if key in self.environments:
                    return self.environments[key]
        return self.environments.get(ANY)

    def find_data(self, reference: str) -> DataEntry | None:
        """Return the entry of data or of a model.

        Args:
            reference: an asset (``azureml:NAME:VERSION``), an address on a datastore or elsewhere, a
                path on the user's machine, which Azure would upload, or an output of another step.
        """
        if reference in self.data:
            return self.data[reference]
        if is_address(reference):
            return self._below_address(reference)
        if output := step_output(reference):
            entry = self.data.get(output[0])
            return None if entry is None else entry.below(output[1])
        if is_local_path(reference):
            return self._below_folder(plain_path(reference))
        asset, rest = split_asset_path(reference)
        entry = next((self.data[key] for key in asset_keys(asset) if key in self.data), None)
        return None if entry is None else entry.below(rest)

    def find_datastore(self, name: str | None = None) -> DataEntry | None:
        """Return the entry of a datastore; that of the workspace's default one for None."""
        plain = (name or DEFAULT_DATASTORE).removeprefix("azureml:")
        return self.datastores.get(plain, self.datastores.get(ANY))

    def find_code(self, folder: str) -> CodeEntry | None:
        """Return the entry of a folder of code, as the file or the program has it."""
        return self.code.get(plain_path(folder), self.code.get(ANY))

    def find_component(self, reference: str) -> str | None:
        """Return the path of the file of a registered component."""
        keys = (reference, *asset_keys(reference))
        return next((self.components[key] for key in keys if key in self.components), None)

    def missing(self, section: str, reference: str) -> MissingEntry:
        """Return the entry to add for a reference that was not found.

        Args:
            section: section of the map.
            reference: the reference, as the file or the program has it.
        """
        if section == "data" and (split := split_datastore_uri(reference)):
            section, reference = "datastore", split[0]
        if section == "data" and (output := step_output(reference)):
            key = output[0]
        elif section == "compute":
            key = compute_name(reference)
        elif section == "instance_type" or (is_address(reference) and section == "data"):
            key = reference
        elif section == "code" or (section == "data" and is_local_path(reference)):
            key = plain_path(reference)
        else:
            key = asset_keys(split_asset_path(reference)[0])[0]
        return MissingEntry(section, key, self.name)

    def _below_folder(self, path: str) -> DataEntry | None:
        """Return the entry of a path on the user's machine, or of a folder that contains it."""
        folder, rest = path, ""
        while folder:
            if folder in self.data:
                return self.data[folder].below(rest)
            folder, _, last = folder.rpartition("/")
            rest = posixpath.join(last, rest) if rest else last
        return None

    def _below_address(self, address: str) -> DataEntry | None:
        prefixes = [key for key in self.data if is_address(key) and address.startswith(_slash(key))]
        if prefixes:
            longest = max(prefixes, key=len)
            return self.data[longest].below(address[len(_slash(longest)) :].strip("/"))
        if split := split_datastore_uri(address):
            store = self.find_datastore(split[0])
            return None if store is None else store.below(split[1])
        keys: Sequence[str] = asset_keys(address)
        return next((self.data[key] for key in keys if key in self.data), None)


def _slash(address: str) -> str:
    return address.rstrip("/") + "/"


def _is_plain_key(key: str) -> bool:
    """Return whether YAML reads a key as it is, without quotes."""
    return bool(key) and key[0].isalpha() and all(c.isalnum() or c in "._-/" for c in key)
