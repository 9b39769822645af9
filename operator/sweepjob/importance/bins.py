"""Divides the parameters of a space into bins of known probability.

A bin is an interval of a parameter's coordinate, so that its probability is that of the search space:
the bins of a logarithmic parameter are evenly spaced in the logarithm.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..search.gaussian_process.encoding import Axis, Encoding
from ..search.space import Assignment, Branch, Choice, Path, Space

Codes = npt.NDArray[np.int64]
# Finer bins would not matter: a forest of some hundred trials cannot tell them apart.
MAX_BINS = 32


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of a parameter.

    Attributes:
        value: the value, or that in the middle of the bin; None for the bin of configurations without
            the parameter, which have another branch of a choice.
        weight: the probability of the bin.
    """

    value: Any
    weight: float


@dataclass(frozen=True, slots=True)
class BinnedAxis:
    """A parameter that can have more than one value.

    Attributes:
        name: dotted; with the position of the branch where the name is not unique.
        bins: the bins, in the order of its values.
        ordered: whether the order of the bins has a meaning.
    """

    name: str
    bins: tuple[Bin, ...]
    ordered: bool


def binned_axes(
    space: Space, assignments: Sequence[Assignment]
) -> tuple[list[BinnedAxis], Codes, npt.NDArray[np.bool_]]:
    """Return the bins that the parameters of trials are in.

    Args:
        space: the search space.
        assignments: the configurations of trials.

    Returns:
        the axes; the index of the bin, shape (known, axes); and which of the configurations are in
        the space, shape (assignments,).
    """
    encoding = Encoding(space)
    placed = [encoding.point(assignment) for assignment in assignments]
    known = np.array([point is not None for point in placed], dtype=bool)
    points = np.array([p for p in placed if p is not None], dtype=float)
    points = points.reshape(int(known.sum()), len(encoding.axes))
    live = encoding.live(points)
    names = _names([axis.path for axis in encoding.axes])
    axes, codes = [], []
    for number, axis in enumerate(encoding.axes):
        if axis.scale.width:
            binned, code = _bin(names[number], axis, points[:, number], live[:, number])
            axes.append(binned)
            codes.append(code)
    shape = (len(points), len(axes))
    return axes, np.array(codes, dtype=np.int64).T.reshape(shape), known


def _bin(
    name: str, axis: Axis, units: npt.NDArray[np.float64], live: npt.NDArray[np.bool_]
) -> tuple[BinnedAxis, Codes]:
    size = axis.expression.size()
    discrete = not axis.scale.continuous and size is not None
    count = MAX_BINS
    if isinstance(axis.expression, Choice):
        count = len(axis.expression.values)
    elif discrete and size is not None:
        count = min(size, MAX_BINS)
    middles = (np.arange(count) + 0.5) / count
    values = [_shown(axis.expression.quantile(float(u)), n) for n, u in enumerate(middles)]
    order = _order(values)
    rank = np.empty(count, dtype=np.int64)
    rank[order] = np.arange(count)
    code = rank[np.clip((units * count).astype(np.int64), 0, count - 1)]
    share = float(live.mean()) if len(live) else 1.0
    bins = [Bin(values[n], share / count) for n in order]
    if share < 1.0:
        code = np.where(live, code, count)
        bins.append(Bin(None, 1.0 - share))
    ordered = all(_is_number(value) for value in values)
    return BinnedAxis(name, tuple(bins), ordered), code


def _order(values: Sequence[Any]) -> list[int]:
    """Return the order of values: numbers ascending, others as written."""
    if all(_is_number(value) for value in values):
        return sorted(range(len(values)), key=lambda n: (values[n], n))
    return list(range(len(values)))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Any, position: int) -> Any:
    """Return a value for people: a branch by its constants, which distinguish it from others."""
    if not isinstance(value, Branch):
        return value
    constants = [
        f"{k}={v if isinstance(v, str) else json.dumps(v)}"
        for k, v in value.entries.items()
        if isinstance(v, bool | int | float | str)
    ]
    return ", ".join(constants) or f"branch {position}"


def _names(paths: Sequence[Path]) -> list[str]:
    """Dotted names; with the position of the branch where a name is not unique."""
    plain = [".".join(part for part in path if isinstance(part, str)) for path in paths]
    often = Counter(plain)
    return [
        name if often[name] == 1 else _positioned(path)
        for name, path in zip(plain, paths, strict=True)
    ]


def _positioned(path: Path) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
