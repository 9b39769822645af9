"""``load_environment``, ``load_data``, ``load_model``: assets from YAML files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from ...loading.errors import LoadError
from ...loading.sweep_files import read_documents
from ..arguments import ArgumentError
from ..azure_objects import Environment
from .assets import Data, Model


def load_environment(
    source: str | Path | Mapping[str, Any] | None = None, **azure: Any
) -> Environment:
    """Load an environment.

    Args:
        source: A YAML file, or its contents.
        azure: ``path``, the name of ``source`` before Azure's client was released; others are not used.

    Raises:
        ArgumentError: The file cannot be read, or has other keys.
    """
    found: Environment = _load(azure.get("path") if source is None else source, Environment)
    return found


def load_data(source: str | Path | Mapping[str, Any] | None = None, **azure: Any) -> Data:
    """Load data.

    Args:
        source: A YAML file, or its contents.
        azure: ``path``, the name of ``source`` before Azure's client was released; others are not used.

    Raises:
        ArgumentError: The file cannot be read, or has other keys.
    """
    found: Data = _load(azure.get("path") if source is None else source, Data)
    return found


def load_model(source: str | Path | Mapping[str, Any] | None = None, **azure: Any) -> Model:
    """Load a model.

    Args:
        source: A YAML file, or its contents.
        azure: ``path``, the name of ``source`` before Azure's client was released; others are not used.

    Raises:
        ArgumentError: The file cannot be read, or has other keys.
    """
    found: Model = _load(azure.get("path") if source is None else source, Model)
    return found


def _load(source: Any, kind: type) -> Any:
    try:
        (data,) = [source] if isinstance(source, Mapping) else read_documents(str(source))
    except LoadError as error:
        raise ArgumentError(str(error)) from None
    except ValueError:
        raise ArgumentError(f"{source}: must have one document") from None
    known = [field.name for field in fields(kind)]
    given = {key: value for key, value in dict(data).items() if key not in ("$schema", "type")}
    for key in given:
        if key not in known:
            raise ArgumentError(f"{source}: {key}: unknown key; known: {', '.join(known)}")
    return kind(**given)
