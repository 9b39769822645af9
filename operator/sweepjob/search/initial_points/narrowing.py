"""Narrows a search space to the configurations that have given values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..space import Branch, Choice, Expression, Scalar
from ..space.membership import is_rounded, nearest_value
from .misfit import (
    LARGEST,
    MOST_LISTED,
    Misfit,
    is_number,
    quotes_remedy,
    shortest_text,
    unlisted_value,
)


def narrow_branch(
    branch: Branch, values: Mapping[str, Any], path: str, misfits: list[Misfit]
) -> Branch:
    """Return the part of a branch whose configurations have some values.

    Args:
        branch: the branch, or all parameters of a space.
        values: values by name; names that are left out are not narrowed.
        path: of the values.
        misfits: values that are not in the branch are added to it.
    """
    known = tuple(
        sorted(branch.entries)
    )  # the API server sorts keys; the message is the same before it
    for name in [name for name in values if name not in branch.entries]:
        texts = [*known[:MOST_LISTED], *(["..."] if len(known) > MOST_LISTED else [])]
        message = f"is no parameter of searchSpace{path} ({', '.join(texts)})"
        misfits.append(Misfit(f"{path}.{name}", values[name], message, str(name), known))
    return Branch(
        {
            name: narrow_entry(entry, values[name], f"{path}.{name}", misfits)
            if name in values
            else entry
            for name, entry in branch.entries.items()
        }
    )


def narrow_entry(
    entry: Scalar | Expression, value: Any, path: str, misfits: list[Misfit]
) -> Scalar | Expression:
    """Return the part of a parameter that has a value; the parameter itself if there is none.

    Args:
        entry: the parameter.
        value: the value; of a choice with branches possibly a part of a branch.
        path: of the value.
        misfits: values that the parameter cannot have are added to it.
    """
    if isinstance(entry, Choice):
        if isinstance(value, Mapping):
            return _narrow_to_branches(entry, value, path, misfits)
        listed = entry.values
    elif isinstance(entry, Scalar):
        listed = (entry,)
    else:
        return _narrow_number(entry, value, path, misfits)
    found = _listed_value(listed, value)
    if found is None:
        misfits.append(unlisted_value(listed, value, path))
        return entry
    return found


def _narrow_to_branches(
    choice: Choice, values: Mapping[str, Any], path: str, misfits: list[Misfit]
) -> Choice:
    fitting: list[Branch] = []
    closest: list[Misfit] = []
    fewest: tuple[int, int, int] | None = None
    for branch in choice.values:
        if not isinstance(branch, Branch):
            continue
        wrong: list[Misfit] = []
        narrowed = narrow_branch(branch, values, path, wrong)
        count = _distance(branch, values, wrong)
        if not wrong:
            fitting.append(narrowed)
        elif fewest is None or count < fewest:
            closest, fewest = wrong, count
    if fitting:
        return Choice(tuple(fitting))
    misfits += [_with_all_constants(choice, misfit, path) for misfit in closest]
    if not closest:
        misfits.append(unlisted_value(choice.values, dict(values), path))
    return choice


def _distance(
    branch: Branch, values: Mapping[str, Any], wrong: list[Misfit]
) -> tuple[int, int, int]:
    """Return how far values are from a branch: constants and names say which branch is meant."""
    constants = sum(
        isinstance(entry, Scalar)
        and name in values
        and _listed_value((entry,), values[name]) is None
        for name, entry in branch.entries.items()
    )
    return constants, sum(name not in branch.entries for name in values), len(wrong)


def _with_all_constants(choice: Choice, misfit: Misfit, path: str) -> Misfit:
    """Return what is wrong with a constant, with the constants of all branches."""
    name = misfit.path.removeprefix(f"{path}.")
    entries = [branch.entries.get(name) for branch in choice.values if isinstance(branch, Branch)]
    constants = tuple(entry for entry in entries if isinstance(entry, Scalar))
    if len(constants) < 2 or _listed_value(constants, misfit.value) is not None:
        return misfit
    return unlisted_value(constants, misfit.value, misfit.path)


def _narrow_number(
    expression: Expression, value: Any, path: str, misfits: list[Misfit]
) -> Scalar | Expression:
    if isinstance(value, bool) or not isinstance(value, int | float):
        misfits.append(Misfit(path, value, f"must be a number{quotes_remedy(value)}"))
        return expression
    if not -LARGEST <= value <= LARGEST:
        misfits.append(Misfit(path, value, "must be a finite number below 1e308"))
        return expression
    nearest = nearest_value(expression, value)
    if nearest is None:
        misfits.append(Misfit(path, value, "is not in searchSpace: must be above 0"))
        return expression
    if not is_rounded(value, nearest):
        message = f"is not in searchSpace; the nearest value is {shortest_text(nearest)}"
        misfits.append(Misfit(path, value, message))
        return expression
    return nearest


def _listed_value(listed: tuple[Scalar | Branch, ...], value: Any) -> Scalar | None:
    """Return the value of a choice that a trial cannot tell from another; 3 equals 3.0 but not True."""
    equal = [one for one in listed if not isinstance(one, Branch) and _is_same(one, value)]
    same_type = [one for one in equal if type(one) is type(value)]
    return next(iter([*same_type, *equal]), None)


def _is_same(one: Scalar, value: Any) -> bool:
    if not isinstance(one, str) and is_number(one) and is_number(value):
        return is_rounded(value, one)
    return bool(one == value) and isinstance(one, bool) == isinstance(value, bool)
