"""``PipelineParameter``: a value of a pipeline that is given when it is submitted."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..exceptions import UserErrorException
from .data_reference import DataReference
from .datapath import DataPath, DataPathComputeBinding
from .dataset_consumption_config import DatasetConsumptionConfig


class PipelineParameter:
    """A parameter of a pipeline. As an argument of a sweep it is its default value.

    Args:
        name: Name of the parameter.
        default_value: Its value: a text, a number, a dataset or a path on a datastore.
    """

    def __init__(self, name: str, default_value: Any) -> None:
        self.name, self.default_value = name, default_value


def parameter_of(argument: Any) -> PipelineParameter | None:
    """Return the parameter of a pipeline that an argument of a script has; None without one.

    Args:
        argument: The argument: the parameter itself, a named input that has it as its dataset, or a pair
            of it and a ``DataPathComputeBinding``.
    """
    if is_bound_path(argument):
        argument = argument[0]
    found = getattr(argument, "dataset", argument)
    return found if isinstance(found, PipelineParameter) else None


def is_bound_path(argument: Any) -> bool:
    """Return whether an argument is a pair of a path and how it is bound, in Azure's form."""
    is_pair = isinstance(argument, tuple) and len(argument) == 2
    return is_pair and isinstance(argument[1], DataPathComputeBinding)


def with_value(argument: Any, values: Mapping[str, Any] | None = None) -> Any:
    """Return an argument with the value of its parameter; the argument itself without a parameter.

    Args:
        argument: The argument of a script.
        values: Values by the parameter's name; its default value without one.

    Raises:
        UserErrorException: The value of a path is none.
    """
    parameter = parameter_of(argument)
    if parameter is None:
        return argument
    value = (values or {}).get(parameter.name, parameter.default_value)
    if isinstance(argument, DatasetConsumptionConfig):
        made = copy.copy(argument)
        made.dataset = value
        return made
    if not is_bound_path(argument):
        return value
    if not isinstance(value, DataPath):
        raise UserErrorException(
            f"{parameter.name}: {value!r}: must be a DataPath(datastore, path)"
        )
    return DataReference(value.datastore, parameter.name, value.path_on_datastore)


def parameters_of(config: Any) -> list[str]:
    """Return the names of the parameters that the arguments and inputs of a sweep are.

    Args:
        config: The ``HyperDriveConfig``.
    """
    script = config.run_config
    given = [*_listed(script.arguments), *script.inputs]
    found = (parameter_of(each) for each in given)
    return list(dict.fromkeys(each.name for each in found if each is not None))


def parameters_in(given: Any) -> Iterator[str]:
    """Yield the names of the parameters in the arguments of a step that does not run here.

    Args:
        given: An argument; objects and lists are searched as well.
    """
    if (found := parameter_of(given)) is not None:
        yield found.name
    elif isinstance(given, (list, tuple, Mapping)):
        for each in given.values() if isinstance(given, Mapping) else given:
            yield from parameters_in(each)


def with_parameters(config: Any, values: Mapping[str, Any]) -> Any:
    """Return the definition of a sweep with the values of a pipeline's parameters.

    Args:
        config: The ``HyperDriveConfig``.
        values: Values by name.

    Raises:
        UserErrorException: The sweep has no argument that is such a parameter.
    """
    if not values:
        return config
    script = copy.copy(config.run_config)
    known = parameters_of(config)
    for name in values:
        if name not in known:
            raise UserErrorException(
                f"pipeline_parameters: {name}: no argument of the sweep is this parameter; there are: "
                f"{', '.join(known) or 'none'}"
            )
    if not isinstance(script.arguments, str):
        script.arguments = [with_value(each, values) for each in script.arguments]
    script.inputs = [with_value(each, values) for each in script.inputs]
    made = copy.copy(config)
    made.run_config = script
    return made


def _listed(arguments: Any) -> Iterable[Any]:
    """Return the arguments of a script; a text has no parameters."""
    return () if isinstance(arguments, str) else arguments
