"""Converts the distributions of a study's trials to a search space."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from ..search.space import Scalar
from .azure.conversion import Section
from .names import parameter_name
from .ranges import plain, quantized, stepped_uniform

_MOST_BRANCHES = 10  # values of an integer that may decide which other parameters there are
_BY_HAND = (
    "is in {} of {} trials, and no choice explains that: write the space by hand, with objects among the "
    "values of a choice"
)


@dataclass
class StudySpace:
    """The search space of a study.

    Attributes:
        space: the search space.
        places: where the parameters are in it, by Optuna's names; those of a branch have several steps.
        optional: Optuna's names of the parameters that only some branches have.
    """

    space: dict[str, Any] = field(default_factory=dict)
    places: dict[str, tuple[str, ...]] = field(default_factory=dict)
    optional: set[str] = field(default_factory=set)

    def assignment(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters of Optuna's as those of the search space.

        Args:
            parameters: values by Optuna's names; those without a place are left out.
        """
        made: dict[str, Any] = {}
        for name, value in parameters.items():
            *parents, last = self.places.get(name, ("",))
            node = made
            for parent in parents:
                node = node.setdefault(parent, {})
            if last:
                node[last] = known_value(value)
        return made


def known_value(value: Any) -> Any:
    """Return a value of a categorical distribution as a choice has it: a list and None as texts."""
    if value is None:
        return "None"
    return value if isinstance(value, Scalar) else json.dumps(value, default=str)


def convert_space(top: Section, trials: Sequence[Any]) -> StudySpace:
    """Return the search space of trials.

    Those that have ended well have all of their parameters; others may have stopped before.

    Args:
        top: the section that takes notes and refusals.
        trials: Optuna's trials.
    """
    known = [trial for trial in trials if trial.distributions]
    complete = [trial for trial in known if trial.state.name == "COMPLETE"] or known
    found = StudySpace()
    found.space = _branch(top, complete, found, (), frozenset())
    if not found.space:
        top.reject(
            "trials", len(trials), "no trial has parameters, and so there is no search space"
        )
    seen = {name for trial in complete for name in trial.distributions}
    others = {name for trial in known for name in trial.distributions} - seen
    for name in sorted(others):
        message = "not carried over: only trials without a result have it"
        top.note(f"distributions.{name}", name, message)
    return found


def _branch(
    top: Section,
    trials: Sequence[Any],
    found: StudySpace,
    path: tuple[str, ...],
    placed: frozenset[str],
) -> dict[str, Any]:
    """Return the parameters of one branch.

    Args:
        top: the section that takes notes and refusals.
        trials: those in which this branch was chosen.
        found: receives the places.
        path: the choices that lead to the branch.
        placed: names of the parameters of the branches above.
    """
    names = list(dict.fromkeys(n for t in trials for n in t.distributions if n not in placed))
    common = [name for name in names if all(name in trial.distributions for trial in trials)]
    rest = [name for name in names if name not in common]
    deciding: dict[str, list[str]] = {}
    exact = {name: [c for c in common if _decides(c, name, trials, exactly=True)] for name in rest}
    for name in sorted(rest, key=lambda one: not exact[one]):
        found_by = exact[name] or [c for c in common if _decides(c, name, trials)]
        # Below a branch, what seldom appears may by chance be absent for values of other parameters.
        found_by = [c for c in found_by if c in deciding] or found_by
        if len(found_by) == 1:
            deciding.setdefault(found_by[0], []).append(name)
        else:
            _reject_place(top, name, found_by, trials)
    space: dict[str, Any] = {}
    for name in common:
        section = top.section(f"distributions.{name}")
        ours = parameter_name(section, name, space)
        spec = ".".join(("spec.searchSpace", *path, ours))
        section.conversion.source_paths[spec] = section.path
        distributions = [trial.distributions[name] for trial in trials]
        last = _last(section, distributions)
        place = (*path, ours, ours) if name in deciding else (*path, ours)
        if found.places.setdefault(name, place) != place:
            section.reject("", name, "decides about others in some branches only; write it by hand")
        if name not in deciding:
            space[ours] = _expression(section, last)
            continue
        found.optional |= set(deciding[name])
        values = []
        others = placed.union(common, (r for r in rest if r not in deciding[name]))
        for value in _values(last):
            chosen = [trial for trial in trials if trial.params[name] == value]
            inner = _branch(top, chosen, found, (*path, ours), others) if chosen else {}
            if not chosen:
                section.note("", value, "no trial has chosen it: its branch has no parameters yet")
            values.append({ours: known_value(value), **inner})
        space[ours] = {"type": "choice", "values": values}
        listed = ", ".join(deciding[name])
        section.note("", name, f"is a choice of objects here: it decides whether there is {listed}")
    return space


def _reject_place(top: Section, name: str, found_by: Sequence[str], trials: Sequence[Any]) -> None:
    """Reject a parameter that only some trials have, since no choice or several may decide about it."""
    count = sum(name in trial.distributions for trial in trials)
    message = _BY_HAND.format(count, len(trials))
    if found_by:
        message = (
            f"depends on {' or '.join(found_by)}: with more complete trials one of them is left, or "
            "write objects among the values of a choice by hand"
        )
    top.section(f"distributions.{name}").reject("", name, message)


def _decides(one: str, name: str, trials: Sequence[Any], *, exactly: bool = False) -> bool:
    """Return whether some values of a parameter exclude another one.

    Args:
        one: the parameter that may decide.
        name: the other one.
        trials: the trials.
        exactly: the other values require it.
    """
    values = _values(trials[-1].distributions[one])
    seen: dict[Any, set[bool]] = {}
    for trial in trials:
        key = json.dumps(known_value(trial.params[one]))
        seen.setdefault(key, set()).add(name in trial.distributions)
    if not values or {False} not in seen.values():
        return False
    return not exactly or all(len(has) == 1 for has in seen.values())


def _values(distribution: Any) -> list[Any]:
    """Return the values of a distribution that has few of them."""
    kind = type(distribution).__name__
    if kind == "CategoricalDistribution":
        return list(distribution.choices)
    if kind == "IntDistribution":
        values = range(distribution.low, distribution.high + 1, distribution.step)
        return list(values) if len(values) <= _MOST_BRANCHES else []
    return []


def _last(section: Section, distributions: Sequence[Any]) -> Any:
    last = distributions[-1]
    if any(one != last for one in distributions):
        message = "differs between trials; the distribution of the last trial is taken"
        section.note("", str(last), message)
    return last


def _expression(section: Section, last: Any) -> dict[str, Any]:
    kind = type(last).__name__
    if kind == "CategoricalDistribution":
        texts = [value for value in last.choices if not isinstance(value, Scalar)]
        if texts:
            message = "are texts here: None, and lists as JSON; let the program read them"
            section.note("choices", texts, message)
        return {"type": "choice", "values": [known_value(value) for value in last.choices]}
    if kind not in ("FloatDistribution", "IntDistribution"):
        section.reject("", kind, "is unknown; known: float, int and categorical distributions")
        return {}
    low, high = Decimal(repr(last.low)), Decimal(repr(last.high))
    step = None if last.step is None else Decimal(repr(last.step))
    if last.log:
        half = Decimal("0.5") if kind == "IntDistribution" else Decimal(0)
        bounds = {"low": plain(low - half), "high": plain(high + half)}
        return quantized({"type": "loguniform", **bounds}, Decimal(1) if half else None)
    if step is None:
        return {"type": "uniform", "minValue": plain(low), "maxValue": plain(high)}
    try:
        return stepped_uniform(low, high, step)
    except ValueError as error:
        section.reject("step", str(step), str(error))
        return {}


def arguments(found: StudySpace) -> Iterator[str]:
    """Yield a command line argument for each parameter; those of a branch are left out with it."""
    for name, place in found.places.items():
        argument = f"--{name}=${{{{search_space.{'.'.join(place)}}}}}"
        yield f"$[[{argument}]]" if name in found.optional else argument
