"""``spec.samplingAlgorithm`` to a sampler's name and arguments, and what it asks of the space."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..search.samplers.registry import SAMPLERS
from ..search.space import Branch, Choice, Expression, Path, Scalar, Space
from .reader import Reader

ALGORITHMS = ("random", "grid", "bayesian")
RULES = ("random", "sobol")
_KEYS = ("type", "rule", "seed", "logbase", "order")
_NOT_YET = "this version of the operator has {available}; {value} comes with a later one"
# As many dimensions as there are direction numbers for.
_SOBOL_PARAMETERS = 21_201


@dataclass(frozen=True, slots=True)
class Algorithm:
    """How trials are proposed.

    Attributes:
        kind, rule: the sampler's name; the rule is ``random`` but for type random.
        seed: None when the operator is to make one.
        base: of the logarithmic expressions.
        order: of grid: dotted names of parameters, slowest first.
    """

    kind: str
    rule: str
    seed: int | None
    base: float
    order: tuple[str, ...]


def parse_algorithm(reader: Reader, *, given: bool = True) -> Algorithm:
    """The algorithm below ``reader``; mistakes are noted there.

    Args:
        given: there is one at all; otherwise it is random.
    """
    reader.known(_KEYS)
    kind = reader.word("type", ALGORITHMS, None if given else "random")
    rule = reader.word("rule", RULES, "random")
    if "rule" in reader.data and kind != "random":
        reader.note("rule", rule, "belongs to type random; remove it")
    elif kind in ALGORITHMS and rule in RULES and (kind, rule) not in SAMPLERS:
        available = ", ".join(k if r == "random" else f"{k} with rule {r}" for k, r in SAMPLERS)
        reader.note("type", kind, _NOT_YET.format(available=available, value=f"type {kind}"))
    seed = reader.optional_integer("seed")
    return Algorithm(kind, rule, seed, _base(reader), _order(reader, kind))


def _base(reader: Reader) -> float:
    if reader.data.get("logbase", "e") == "e":
        return math.e
    base = reader.number("logbase")
    if base <= 0 or base == 1:
        reader.note("logbase", base, 'must be "e" or a number above 0 other than 1')
        return math.e
    return base


def _order(reader: Reader, kind: str) -> tuple[str, ...]:
    order = reader.data.get("order", [])
    if not isinstance(order, list) or not all(isinstance(name, str) for name in order):
        reader.note("order", order, "must be a list of names of parameters")
        return ()
    reader.bounded("order", order, 1000)
    if order and kind != "grid":
        reader.note("order", order, "belongs to type grid; remove it")
    return tuple(order)


def arrange(space: Space, algorithm: Algorithm, reader: Reader) -> Space:
    """The space in the order that grid is to go through it; what the algorithm cannot search is
    noted at ``reader``, that of the whole spec.
    """
    expressions = list(space.expressions())
    names = {_dotted(path) for path, _ in expressions}
    for name in algorithm.order:
        if name not in names:
            listed = ", ".join(sorted(names)) or "none"
            key = "samplingAlgorithm.order"
            reader.note(key, name, f"is no parameter; there are: {listed}")
    if algorithm.kind == "grid":
        _check_grid(expressions, reader)
    if algorithm.rule == "sobol" and len(expressions) > _SOBOL_PARAMETERS:
        message = f"sobol has at most {_SOBOL_PARAMETERS} parameters, nested ones included"
        reader.note("searchSpace", len(expressions), message)
    rank = {name: position for position, name in enumerate(algorithm.order)}
    return Space(_sorted(space.parameters, rank, "")) if rank else space


def _check_grid(expressions: list[tuple[Path, Expression]], reader: Reader) -> None:
    for path, expression in expressions:
        if not isinstance(expression, Choice):
            reader.note(
                f"searchSpace{_written(path)}.type",
                type(expression).__name__.lower(),
                "grid takes choices only; list the values in a choice, or take another algorithm",
            )


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
