"""Checks the references of a trial's template: each must have a value in every trial."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

from ...search.space import Branch, Choice, Expression, Quantized, Randint, Scalar, Space
from ...template.references import (
    Reference,
    format_path,
    iter_texts,
    references,
    split_optional,
    value_text,
)
from ..parsing.suggestions import closest

# Names that YAML 1.1 reads as booleans when they are not quoted.
_BOOLEANS = {"true": ("y", "yes", "on"), "false": ("n", "no", "off")}
_MAX_REPORTED = 20  # unresolved references
_MAX_LISTED = 40  # valid references in a message


def unresolved_references(
    template: Any,
    space: Space,
    inputs: Iterable[str],
    outputs: Iterable[str],
    others: Iterable[str] = (),
) -> Iterator[tuple[str, str, str]]:
    """Yield path, reference and remedy of every reference without a value in some or all trials.

    Args:
        template: ``spec.trial``.
        space: the search space.
        inputs: names of the inputs.
        outputs: names of the outputs.
        others: further references that every trial has.
    """
    always, sometimes = _branch_references(space.parameters, "search_space.")
    known = always | {f"inputs.{name}" for name in inputs} | {f"outputs.{n}" for n in outputs}
    known |= set(others)
    reported = set[str]()
    nothing = cache(lambda name: _refers_to_nothing(name, known, sometimes))
    for tree_path, text in iter_texts(template):
        found = references(text)
        if not found:
            continue
        demanded = {
            n for part, optional in split_optional(text) if not optional for n in references(part)
        }
        for name in dict.fromkeys(found):
            remedy = _remedy(name, known, sometimes, demanded, nothing)
            if remedy:
                reported.add(name)
                yield format_path(tree_path), str(Reference(name)), remedy
            if len(reported) >= _MAX_REPORTED:
                return


def _remedy(
    name: str,
    known: set[str],
    sometimes: set[str],
    demanded: Container[str],
    nothing: Callable[[str], str],
) -> str:
    """Return the remedy for a reference; empty when it is valid."""
    if name in demanded and name in sometimes and name not in known:
        return (
            "only some branches of the choice have it; pass the whole branch instead, or "
            f"write $[[...{Reference(name)}]], which is left out for the others"
        )
    if name in known or name in sometimes:
        return ""
    if name not in demanded and name.startswith("inputs."):
        return ""
    return nothing(name)


def _refers_to_nothing(name: str, known: set[str], sometimes: set[str]) -> str:
    """Return the remedy for a reference that no assignment has."""
    listed = ", ".join(sorted(known)[:_MAX_LISTED]) or "none"
    listed += ", ..." if len(known) > _MAX_LISTED else ""
    near = nearest_reference(name, known | sometimes)
    question = f"; did you mean {Reference(near)}?" if near else ""
    return f"refers to nothing{question}; available: {listed}{_unquoted(name, known)}"


def nearest_reference(name: str, known: Iterable[str]) -> str:
    """Return the known reference that is most similar to a name; empty when none is similar."""
    every = sorted(known, reverse=True)
    short = {_normalize(reference.partition(".")[2]): reference for reference in every}
    words = short | {_normalize(reference): reference for reference in every}
    last = _normalize(name.partition(".")[2] or name)[:100]
    exact = words.get(_normalize(name)) or short.get(last)
    return exact or short.get(closest(last, short, 0.7), "")


@lru_cache(4096)
def _normalize(name: str) -> str:
    """Return a name without separators, in lower case."""
    return "".join(filter(str.isalnum, name)).lower()


def _unquoted(reference: str, known: Container[str]) -> str:
    """Return the remedy for a name that YAML read as a boolean where it was declared."""
    group, _, name = reference.rpartition(".")
    read = next((value for value, names in _BOOLEANS.items() if name.lower() in names), None)
    if read is None or f"{group}.{read}" not in known:
        return ""
    return f'. YAML reads {name} without quotes as {read}: where it is declared, write "{name}"'


def _branch_references(branch: Branch, prefix: str) -> tuple[set[str], set[str]]:
    """Return references that every assignment has, and those that at least one has."""
    always, some = set(), set()
    for name, entry in branch.entries.items():
        reference = f"{prefix}{name}"
        always.add(reference)
        if isinstance(entry, Choice):
            below = [
                _branch_references(v, f"{reference}.") if isinstance(v, Branch) else (set(), set())
                for v in entry.values
            ]
            always |= set.intersection(*(a for a, _ in below)) if below else set()
            some |= set.union(set(), *(s for _, s in below))
    return always, always | some


def possible_values(
    space: Space, inputs: Mapping[str, Any], outputs: Mapping[str, str]
) -> dict[str, list[str]]:
    """Return values that each reference can have: all strings, and one example of each kind of number.

    Args:
        space: the search space.
        inputs: by name.
        outputs: paths by name.
    """
    found = {f"inputs.{name}": [value_text(value)] for name, value in inputs.items()}
    found |= {f"outputs.{name}": [path] for name, path in outputs.items()}
    _add_values(space.parameters, "search_space.", found)
    return found


def _add_values(branch: Branch, prefix: str, found: dict[str, list[str]]) -> None:
    for name, entry in branch.entries.items():
        some = found.setdefault(f"{prefix}{name}", [])
        if not isinstance(entry, Choice):
            some.append(_example(entry))
            continue
        for value in entry.values:
            if isinstance(value, Branch):
                some.append("{}")
                _add_values(value, f"{prefix}{name}.", found)
            else:
                some.append(value_text(value))


def _example(entry: Scalar | Expression) -> str:
    if isinstance(entry, Scalar):
        return value_text(entry)
    if isinstance(entry, Randint) or (isinstance(entry, Quantized) and entry.q == int(entry.q)):
        return "0"
    return "0.5"
