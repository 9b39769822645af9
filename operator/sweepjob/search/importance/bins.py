"""The parameters of a space, each divided into bins of known probability.

A bin is an interval of the coordinate that a parameter is drawn by, so that probabilities are those
of the search space: the bins of a logarithmic parameter are evenly spaced in its logarithm.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..gaussian_process.encoding import Axis, Encoding
from ..space import Assignment, Branch, Choice, Path, Space

Codes = npt.NDArray[np.int64]
# So fine that a bin is narrower than what a forest of some hundred trials can tell apart.
MOST = 32


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of a parameter.

    Attributes:
        value: what stands for it: the value itself, or the one in the middle; None where the parameter is
            not there, because another branch of a choice was taken.
        weight: its probability.
    """

    value: Any
    weight: float


@dataclass(frozen=True, slots=True)
class BinnedAxis:
    """A parameter that can have more than one value.

    Attributes:
        name: with dots; with the position of the branch, where the name alone is not the only one.
        bins: in the order of its values.
        ordered: whether that order means anything.
    """

    name: str
    bins: tuple[Bin, ...]
    ordered: bool


def binned_axes(
    space: Space, assignments: Sequence[Assignment]
) -> tuple[list[BinnedAxis], Codes, npt.NDArray[np.bool_]]:
    """Trials by the bins that their parameters are in.

    Returns:
        the axes; the number of the bin, shape (known, axes); and which of the assignments are known,
        shape (assignments,): those of another space are not.
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
    count = MOST
    if isinstance(axis.expression, Choice):
        count = len(axis.expression.values)
    elif discrete and size is not None:
        count = min(size, MOST)
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
    """Numbers by their size, anything else as it was written."""
    if all(_is_number(value) for value in values):
        return sorted(range(len(values)), key=lambda n: (values[n], n))
    return list(range(len(values)))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Any, position: int) -> Any:
    """A branch by its constants, which are what tells it from others."""
    if not isinstance(value, Branch):
        return value
    constants = [
        f"{k}={v if isinstance(v, str) else json.dumps(v)}"
        for k, v in value.entries.items()
        if isinstance(v, bool | int | float | str)
    ]
    return ", ".join(constants) or f"branch {position}"


def _names(paths: Sequence[Path]) -> list[str]:
    """Names with dots; a parameter of more than one branch has the branch's position in it, too."""
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
