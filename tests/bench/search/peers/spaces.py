"""The bench's spaces, as peers without nested choices take them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Config = dict[str, Any]
Parameter = dict[str, Any]


def flat(space: list[Parameter], prefix: str = "") -> Iterator[tuple[str, Parameter]]:
    """Every parameter by its dotted name, nested ones as if they were always live."""
    for parameter in space:
        name = f"{prefix}{parameter['name']}"
        yield name, parameter
        for position, value in enumerate(parameter.get("values", ())):
            if isinstance(value, dict):
                nested = [{**v, "name": n} for n, v in value.items() if isinstance(v, dict)]
                yield from flat(nested, f"{name}.{position}.")


def assemble(
    space: list[Parameter], value_of: Callable[[str, Parameter], Any], prefix: str = ""
) -> Config:
    """The configuration of flat values; of a choice, ``value_of`` gives the position."""
    config = {}
    for parameter in space:
        name = f"{prefix}{parameter['name']}"
        found = value_of(name, parameter)
        if parameter["type"] == "choice":
            chosen = parameter["values"][int(found)]
            if isinstance(chosen, dict):
                nested = [{**v, "name": n} for n, v in chosen.items() if isinstance(v, dict)]
                live = assemble(nested, value_of, f"{name}.{int(found)}.")
                chosen = {n: live.get(n, v) for n, v in chosen.items()}
            found = chosen
        config[parameter["name"]] = found
    return config


def rounded(parameter: Parameter, value: float) -> Any:
    """A number on the lattice of a q-form, inside its bounds."""
    q = parameter.get("q")
    if not q:
        return value
    multiple = round(value / q)
    if "min" in parameter:
        multiple = min(
            max(multiple, math.ceil(parameter["min"] / q)), math.floor(parameter["max"] / q)
        )
    return int(multiple * q) if q == int(q) else multiple * q


def bell(parameter: Parameter, deviations: float) -> Any:
    """A value of a normal or lognormal parameter, so many standard deviations from its mean."""
    place = parameter["mu"] + parameter["sigma"] * deviations
    return rounded(parameter, math.exp(place) if "log" in parameter["type"] else place)


def plain(value: Any) -> float:
    """A number, which some parameters give as an array of one."""
    return float(getattr(value, "item", lambda: value)())


def of_numbers(space: list[Parameter], values: Mapping[str, Any]) -> Config:
    """The configuration of numbers by dotted name: positions of choices, deviations of normal forms."""

    def value_of(name: str, p: Parameter) -> Any:
        if p["type"] in ("choice", "randint"):
            return int(values[name])
        if p["type"].endswith("normal"):
            return bell(p, plain(values[name]))
        return rounded(p, plain(values[name]))

    return assemble(space, value_of)
