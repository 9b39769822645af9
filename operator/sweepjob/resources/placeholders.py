"""``${{search_space.x}}``, ``${{inputs.x}}`` and ``${{outputs.x}}`` in a trial's template, and
``$[[...]]``, which is left out where one of those inside stands for nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import Any

from ..domain.space import Assignment, Branch, Choice, Space, leaves

PLACEHOLDER = re.compile(r"\$\{\{\s*([^}]*?)\s*\}\}")
# Names that kubectl's YAML takes for truth values when they are not quoted.
_TRUTHS = {"true": ("y", "yes", "on"), "false": ("n", "no", "off")}
OPTIONAL = re.compile(r"\$\[\[(.*?)\]\]", re.DOTALL)


def text_of(value: Any) -> str:
    """A value as the trial sees it: texts as they are, floats in the shortest exact form, booleans
    as true and false, objects as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def substitute(
    node: Any, values: Mapping[str, str], quote: Callable[[str], str] = lambda text: text
) -> Any:
    """A copy of a tree of dicts and lists with every placeholder in its texts replaced.

    Args:
        values: what each reference stands for.
        quote: applied to what is put in.
    """
    if isinstance(node, str):
        kept = settle_optional(node, values)
        return PLACEHOLDER.sub(lambda match: quote(values[match[1]]), kept)
    if isinstance(node, Mapping):
        return {key: substitute(value, values, quote) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [substitute(value, values, quote) for value in node]
    return node


def settle_optional(text: str, known: Container[str]) -> str:
    """The text with every ``$[[...]]`` opened or left out."""

    def settle(match: re.Match[str]) -> str:
        present = all(reference in known for reference in PLACEHOLDER.findall(match[1]))
        return match[1] if present else ""

    return OPTIONAL.sub(settle, text)


def values(
    assignment: Assignment, inputs: Mapping[str, Any], outputs: Mapping[str, str]
) -> dict[str, str]:
    """What every reference of a trial stands for. A nested value has a reference for itself, as
    JSON, and one for each of its leaves."""
    found = {f"inputs.{name}": text_of(value) for name, value in inputs.items()}
    found |= {f"outputs.{name}": path for name, path in outputs.items()}
    for name, value in assignment.items():
        found[f"search_space.{name}"] = text_of(value)
    for name, value in leaves(assignment):
        found[f"search_space.{name}"] = text_of(value)
    return found


def unresolved(
    template: Any, space: Space, inputs: Iterable[str], outputs: Iterable[str]
) -> Iterator[tuple[str, str, str]]:
    """Path, reference and remedy of every placeholder that no trial, or not every trial, resolves."""
    always, sometimes = _references(space.parameters, "search_space.")
    known = always | {f"inputs.{name}" for name in inputs} | {f"outputs.{n}" for n in outputs}
    for path, text in _texts(template, ""):
        demanded = set(PLACEHOLDER.findall(OPTIONAL.sub("", text)))
        for reference in dict.fromkeys(PLACEHOLDER.findall(text)):
            if reference in demanded & sometimes - known:
                remedy = (
                    "only some branches of the choice have it; pass the whole branch instead, or "
                    f"write $[[...${{{{{reference}}}}}]], which is left out for the others"
                )
                yield path, f"${{{{{reference}}}}}", remedy
            elif reference not in known | sometimes and (
                reference in demanded or not reference.startswith("inputs.")
            ):
                listed = ", ".join(sorted(known)) or "none"
                hint = _unquoted(reference, known)
                yield path, f"${{{{{reference}}}}}", f"refers to nothing; there are: {listed}{hint}"


def _unquoted(reference: str, known: Container[str]) -> str:
    """What to do where the reference's name was read as a truth value when it was declared."""
    group, _, name = reference.rpartition(".")
    read = next((value for value, names in _TRUTHS.items() if name.lower() in names), None)
    if read is None or f"{group}.{read}" not in known:
        return ""
    return f'. YAML reads {name} without quotes as {read}: where it is declared, write "{name}"'


def _references(branch: Branch, prefix: str) -> tuple[set[str], set[str]]:
    """References that every assignment has, and all that some assignment has."""
    always, some = set(), set()
    for name, entry in branch.entries.items():
        reference = f"{prefix}{name}"
        always.add(reference)
        if isinstance(entry, Choice):
            below = [
                _references(v, f"{reference}.") if isinstance(v, Branch) else (set(), set())
                for v in entry.values
            ]
            always |= set.intersection(*(a for a, _ in below)) if below else set()
            some |= set.union(set(), *(s for _, s in below))
    return always, always | some


def _texts(node: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, str):
        yield path, node
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from _texts(value, f"{path}.{key}")
    elif isinstance(node, list):
        for position, value in enumerate(node):
            yield from _texts(value, f"{path}[{position}]")
