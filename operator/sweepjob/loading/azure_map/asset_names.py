"""Reads the forms in which Azure's files and code refer to assets of a workspace or a registry."""

from __future__ import annotations

import posixpath
import re

# azureml://registries/R/environments/NAME/versions/V, and ARM ids, which have the same end.
_ASSET_PATH = re.compile(
    r".*/(?:environments|components|data|models)/(?P<name>[^/]+)"
    r"(?:/(?:versions|labels)/(?P<version>[^/]+))?/?",
    re.IGNORECASE,
)
_COMPUTE_PATH = re.compile(r".*/(?:computes|virtualclusters)/([^/]+)/?", re.IGNORECASE)
_DATASTORE_URI = re.compile(r"azureml://(?:.*/)?datastores/([^/]+)(?:/paths/?(.*))?", re.IGNORECASE)
_LATEST = ("latest", "")
_ARM_ID = "/subscriptions/"
_STEP_OUTPUT = re.compile(r"\s*\$\{\{\s*parent\.jobs\.([^}\s]+\.outputs\.[^}\s]+)\s*\}\}(/.*)?\s*")


def asset_keys(reference: str) -> tuple[str, ...]:
    """Return the keys by which the map may have an asset, the most specific one first.

    >>> asset_keys("azureml:titanic:2")
    ('titanic:2', 'titanic')
    >>> asset_keys("azureml://registries/azureml/environments/sklearn-1.5/labels/latest")
    ('sklearn-1.5',)

    Args:
        reference: the asset: ``azureml:NAME:VERSION``, ``azureml:NAME@latest``, the same without
            ``azureml:``, the address of a registry's asset, or an ARM id.
    """
    if found := _ASSET_PATH.fullmatch(reference):
        name, version = found["name"], found["version"] or ""
    else:
        text = reference.removeprefix("azureml:")
        name, _, version = text.partition("@" if "@" in text else ":")
    return (name,) if version.lower() in _LATEST else (f"{name}:{version}", name)


def split_asset_path(reference: str) -> tuple[str, str]:
    """Return an asset and the path below it.

    >>> split_asset_path("azureml:titanic:2/train.csv")
    ('azureml:titanic:2', 'train.csv')
    """
    if not reference.startswith("azureml:") or reference[8:9] == "/":
        return reference, ""  # an ARM id, or no asset
    asset, _, rest = reference.partition("/")
    return asset, rest.strip("/")


def compute_name(reference: str) -> str:
    """Return the name of a compute target.

    >>> compute_name("azureml:gpu-cluster")
    'gpu-cluster'

    Args:
        reference: a name, ``azureml:NAME``, or an ARM id.
    """
    if found := _COMPUTE_PATH.fullmatch(reference):
        return found[1]
    return reference.removeprefix("azureml:")


def split_datastore_uri(address: str) -> tuple[str, str] | None:
    """Return the datastore of an address and the path on it; None for any other address.

    >>> split_datastore_uri("azureml://datastores/blob/paths/iris/train.csv")
    ('blob', 'iris/train.csv')
    """
    found = _DATASTORE_URI.fullmatch(address)
    return (found[1], (found[2] or "").strip("/")) if found else None


def step_output(reference: str) -> tuple[str, str] | None:
    """Return the key of an output of another step of a pipeline, and the path below it; else None.

    >>> step_output("${{parent.jobs.prepare.outputs.rows}}/train.csv")
    ('prepare.outputs.rows', 'train.csv')
    """
    found = _STEP_OUTPUT.fullmatch(reference)
    return (found[1], (found[2] or "").strip("/")) if found else None


def is_address(reference: str) -> bool:
    """Return whether a reference is an address with a scheme, such as ``wasbs://...``."""
    return "://" in reference


def is_local_path(reference: str) -> bool:
    """Return whether a reference is a path on the user's machine, which Azure uploads."""
    return not (is_address(reference) or reference.startswith("azureml:") or step_output(reference))


def plain_path(path: str) -> str:
    """Return a path without ``./`` in front and without a slash at its end.

    >>> plain_path("./src/")
    'src'
    """
    return posixpath.normpath(path.replace("\\", "/"))
