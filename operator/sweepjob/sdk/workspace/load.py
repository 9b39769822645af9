"""``load_environment``, ``load_data``, ``load_model``: assets from YAML files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from ...loading.errors import LoadError
from ...loading.sweep_files import read_documents
from ...training.unused_arguments import unused_arguments
from ..arguments import ArgumentError
from ..azure_objects import Environment
from ..overrides import overridden
from .assets import Data, Model

# The last one is about paths, which are kept as they are.
_USED = "path params_override relative_origin"


@unused_arguments(harmless=_USED)
def load_environment(
    source: str | Path | Mapping[str, Any] | None = None, **azure: Any
) -> Environment:
    """Load an environment.

    Args:
        source: A YAML file, or its contents.
        azure: ``params_override``, a list of dicts with changes of the file by dotted keys; and ``path``,
            the name of ``source`` before Azure's client was released.

    Raises:
        ArgumentError: The file cannot be read, or has other keys.
    """
    found: Environment = _load(source, Environment, azure)
    return found


@unused_arguments(harmless=_USED)
def load_data(source: str | Path | Mapping[str, Any] | None = None, **azure: Any) -> Data:
    """Load data.

    Args:
        source: A YAML file, or its contents.
        azure: ``params_override``, a list of dicts with changes of the file by dotted keys; and ``path``,
            the name of ``source`` before Azure's client was released.

    Raises:
        ArgumentError: The file cannot be read, or has other keys.
    """
    found: Data = _load(source, Data, azure)
    return found


@unused_arguments(harmless=_USED)
def load_model(source: str | Path | Mapping[str, Any] | None = None, **azure: Any) -> Model:
    """Load a model.

    Args:
        source: A YAML file, or its contents.
        azure: ``params_override``, a list of dicts with changes of the file by dotted keys; and ``path``,
            the name of ``source`` before Azure's client was released.

    Raises:
        ArgumentError: The file cannot be read, or has other keys.
    """
    found: Model = _load(source, Model, azure)
    return found


def _load(source: Any, kind: type, options: Mapping[str, Any]) -> Any:
    source = options.get("path") if source is None else source
    if source is None:
        raise ArgumentError(f"load_{kind.__name__.lower()}: source: is required: the file")
    try:
        (data,) = [source] if isinstance(source, Mapping) else read_documents(str(source))
    except LoadError as error:
        raise ArgumentError(str(error)) from None
    except ValueError:
        raise ArgumentError(f"{source}: must have one document") from None
    changed = overridden(data, options.get("params_override"))
    known = [field.name for field in fields(kind)]
    given = {key: value for key, value in changed.items() if key not in ("$schema", "type")}
    for key in given:
        if key not in known:
            raise ArgumentError(f"{source}: {key}: unknown key; known: {', '.join(known)}")
    return kind(**given)
