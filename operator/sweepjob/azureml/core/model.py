"""``Model``: files by name and version, in a folder of this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Dict  # noqa: UP035 for images with Python 3.8

from ...training.unused_arguments import unused_arguments
from .._other_names import other_names
from .._reasons import DROPPED
from .._unsupported import unsupported
from ..models import RegisteredModel, find_model, models, register
from .webservice import _REMEDY


class Model(RegisteredModel):
    """A model. ``Model(workspace, name)`` is its newest version."""

    class Framework:
        """Names of frameworks; they are accepted, and not kept."""

        CUSTOM, ONNX, SCIKITLEARN = "Custom", "Onnx", "ScikitLearn"
        PYTORCH, TENSORFLOW, TFKERAS, MULTI = "PyTorch", "TensorFlow", "TfKeras", "Multi"

    @unused_arguments(
        {"tags properties run_id model_framework": "a model is found by its name and version"},
        harmless="expand",
        by_position="tags properties version run_id model_framework expand",
        others=DROPPED,
    )
    def __new__(
        cls,
        workspace: Any,
        name: str | None = None,
        id: str | None = None,
        *,
        version: Any = None,
        **azure: Any,
    ) -> Any:
        """Return a model of this machine."""
        text, _sep, number = (id or name or "").partition(":")
        return find_model(text, version or number or None)

    @staticmethod
    @unused_arguments(
        {"child_paths": "the whole folder is copied"},
        harmless="model_framework model_framework_version datasets sample_input_dataset "
        "sample_output_dataset resource_configuration",
        by_position="datasets model_framework model_framework_version child_paths "
        "sample_input_dataset sample_output_dataset resource_configuration",
    )
    def register(
        workspace: Any,
        model_path: str,
        model_name: str,
        tags: Mapping[str, Any] | None = None,
        properties: Mapping[str, Any] | None = None,
        description: str | None = None,
        **azure: Any,
    ) -> RegisteredModel:
        """Copy a file or a folder as a new version of a model.

        Args:
            workspace: The workspace.
            model_path: The file or folder.
            model_name: Name of the model.
            tags: Tags of the version.
            properties: Properties of the version.
            description: Description of the version.
            azure: Azure's other arguments, which describe the model; ``child_paths`` is not used,
                with a warning.
        """
        return register(model_name, Path(model_path), tags or {}, properties, description)

    @staticmethod
    @unused_arguments(harmless="_workspace")
    def get_model_path(model_name: str, version: Any = None, **azure: Any) -> str:
        """Return the path of a model.

        Args:
            model_name: Name of the model.
            version: Version; the newest by default.
            azure: Azure's ``_workspace``.
        """
        return str(find_model(model_name, version).path)

    @staticmethod
    @unused_arguments(
        {
            "tags properties run_id dataset_id model_framework": "all models of the name are returned"
        },
        harmless="expand page_count",
        by_position="tags properties run_id latest dataset_id expand page_count model_framework",
    )
    def list(
        workspace: Any, name: str | None = None, *, latest: bool = False, **azure: Any
    ) -> Sequence[Any]:
        """Return models.

        Args:
            workspace: The workspace.
            name: Name of the model; all by default.
            latest: True for the newest version of each.
            azure: Azure's filters; not used, with a warning.
        """
        found = models(name)
        newest = {model.name: model for model in reversed(found)}
        return [*newest.values()] if latest else found

    @staticmethod
    def deploy(*_: Any, **azure: Any) -> Any:
        """Not supported; raises NotSupported."""
        return unsupported("Model.deploy", _REMEDY)()


class NewestModels(Dict[str, RegisteredModel]):  # noqa: UP006 as the workspace, for Python 3.8
    """The newest version of each model by name. A name that is not there is an error with the names."""

    def __missing__(self, name: str) -> RegisteredModel:
        return find_model(name)


InferenceConfig = unsupported("InferenceConfig", _REMEDY)

__getattr__ = other_names(__name__)
