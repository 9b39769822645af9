"""The sampler ``grid``: every combination of the values of choices, one after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...plugins.parameters import Note, ParameterDeclaration, Section
from ..sampler import Observation, Sampler
from ..space import Assignment, Branch, Choice, Expression, Path, Scalar, Space
from .declaration import SamplerDeclaration

_MOST_NAMES = 1000  # in ``order``


@dataclass(slots=True)
class GridSampler:
    """Azure's ``grid``: the Cartesian product of all choices (Azure semantics, "Grid").

    Combinations follow the order in which choices are written, the last one fastest, with the
    branches of a choice expanded in place. The seed has no effect. A combination is made when it is
    asked for.

    Attributes:
        space: a space of choices.
        seed: ignored.

    Raises:
        ValueError: a parameter is not a choice.
    """

    space: Space
    seed: int = 0
    _size: int = field(init=False)

    uses_observations = False

    def __post_init__(self) -> None:
        size = self.space.size()
        if size is None:
            raise ValueError("grid takes choices only")
        self._size = size

    def propose(self, index: int, observations: Sequence[Observation] = ()) -> Assignment | None:
        """Return the index-th combination; None when there are fewer."""
        return self.space.item(index) if index < self._size else None


def _build(space: Space, seed: int, arguments: Mapping[str, Any]) -> Sampler:
    return GridSampler(space, seed)


def _read_order(section: Section) -> tuple[str, ...]:
    order = section.data["order"]
    # The SDK has tuples; a file has lists.
    if not isinstance(order, list | tuple) or not all(isinstance(name, str) for name in order):
        section.note("order", order, "must be a list of names of parameters")
        return ()
    section.bounded("order", order, _MOST_NAMES)
    return tuple(order)


def _prepare(space: Space, arguments: Mapping[str, Any], note: Note) -> Space:
    """Return the space in the order of the grid: first the parameters of ``order``, then the others."""
    expressions = list(space.expressions())
    names = {_dotted(path) for path, _ in expressions}
    order = arguments.get("order", ())
    for name in order:
        if name not in names:
            listed = ", ".join(sorted(names)) or "none"
            note("samplingAlgorithm.order", name, f"is no parameter; there are: {listed}")
    for path, expression in expressions:
        if not isinstance(expression, Choice):
            message = (
                "grid takes choices only; list the values in a choice, or use another algorithm"
            )
            note(f"searchSpace{_written(path)}.type", type(expression).__name__.lower(), message)
    rank = {name: position for position, name in enumerate(order)}
    return Space(_sorted(space.parameters, rank, "")) if rank else space


def _dotted(path: Path) -> str:
    return ".".join(step for step in path if isinstance(step, str))


def _written(path: Path) -> str:
    return "".join(f".{step}" if isinstance(step, str) else f".values[{step}]" for step in path)


def _sorted(branch: Branch, rank: dict[str, int], prefix: str) -> Branch:
    entries = {
        name: _sorted_below(entry, rank, f"{prefix}{name}.")
        for name, entry in branch.entries.items()
    }
    place = {name: rank.get(f"{prefix}{name}", len(rank)) for name in entries}
    return Branch({name: entries[name] for name in sorted(entries, key=place.__getitem__)})


def _sorted_below(
    entry: Scalar | Expression, rank: dict[str, int], prefix: str
) -> Scalar | Expression:
    if not isinstance(entry, Choice):
        return entry
    return Choice(
        tuple(_sorted(v, rank, prefix) if isinstance(v, Branch) else v for v in entry.values)
    )


DECLARATION = SamplerDeclaration(
    name="grid",
    summary="choices only",
    build=_build,
    prepare=_prepare,
    is_seeded=False,
    parameters=(
        ParameterDeclaration(
            "order",
            "array",
            "Parameters from the slowest to the fastest, nested ones as MODEL.UNITS. Parameters "
            "that are not named follow. Alphabetical by default, since Kubernetes keeps no "
            "other order.",
            default=(),
            schema={"maxItems": _MOST_NAMES, "items": {"type": "string", "maxLength": 1000}},
            read_with=_read_order,
        ),
    ),
)
