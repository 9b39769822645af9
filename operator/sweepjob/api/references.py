"""References of a trial that nothing, or not everything, stands behind, and what was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import Any

from ..search.space import Branch, Choice, Expression, Quantized, Randint, Scalar, Space
from ..template.references import Reference, parts, references, text_of, texts, written

# Names that kubectl's YAML takes for truth values when they are not quoted.
_TRUTHS = {"true": ("y", "yes", "on"), "false": ("n", "no", "off")}
_MOST = 20  # wrong references that are named, each once
_LISTED = 40  # of what there is


def unresolved(
    template: Any, space: Space, inputs: Iterable[str], outputs: Iterable[str]
) -> Iterator[tuple[str, str, str]]:
    """Path, reference and remedy of every placeholder that no trial, or not every trial, resolves."""
    always, sometimes = _of_branch(space.parameters, "search_space.")
    known = always | {f"inputs.{name}" for name in inputs} | {f"outputs.{n}" for n in outputs}
    said = set[str]()
    for trail, text in texts(template):
        found = references(text)
        if not found:
            continue
        demanded = {n for part, optional in parts(text) if not optional for n in references(part)}
        for name in dict.fromkeys(found):
            remedy = _remedy(name, known, sometimes, demanded)
            if remedy and len(said) < _MOST:
                said.add(name)
                yield written(trail), str(Reference(name)), remedy


def _remedy(name: str, known: set[str], sometimes: set[str], demanded: Container[str]) -> str:
    """What to do about a reference; empty when nothing is wrong with it."""
    if name in demanded and name in sometimes and name not in known:
        return (
            "only some branches of the choice have it; pass the whole branch instead, or "
            f"write $[[...{Reference(name)}]], which is left out for the others"
        )
    if name in known or name in sometimes:
        return ""
    if name not in demanded and name.startswith("inputs."):
        return ""
    listed = ", ".join(sorted(known)[:_LISTED]) or "none"
    listed += ", ..." if len(known) > _LISTED else ""
    near = nearest(name, known | sometimes)
    question = f"; did you mean {Reference(near)}?" if near else ""
    return f"refers to nothing{question}; there are: {listed}{_unquoted(name, known)}"


def nearest(name: str, known: Iterable[str]) -> str:
    """The one of the known references that is most like a name; empty when none is."""
    every = sorted(known, reverse=True)
    short = {_word(reference.partition(".")[2]): reference for reference in every}
    words = short | {_word(reference): reference for reference in every}
    last = _word(name.partition(".")[2] or name)[:100]
    exact = words.get(_word(name)) or short.get(last)
    close = [] if exact else difflib.get_close_matches(last, [*short][:400], 1, 0.7)
    return exact or (short[close[0]] if close else "")


def _word(name: str) -> str:
    """What remains of a name however it is spelled."""
    return "".join(filter(str.isalnum, name)).lower()


def _unquoted(reference: str, known: Container[str]) -> str:
    """What to do where the reference's name was read as a truth value when it was declared."""
    group, _, name = reference.rpartition(".")
    read = next((value for value, names in _TRUTHS.items() if name.lower() in names), None)
    if read is None or f"{group}.{read}" not in known:
        return ""
    return f'. YAML reads {name} without quotes as {read}: where it is declared, write "{name}"'


def _of_branch(branch: Branch, prefix: str) -> tuple[set[str], set[str]]:
    """References that every assignment has, and all that some assignment has."""
    always, some = set(), set()
    for name, entry in branch.entries.items():
        reference = f"{prefix}{name}"
        always.add(reference)
        if isinstance(entry, Choice):
            below = [
                _of_branch(v, f"{reference}.") if isinstance(v, Branch) else (set(), set())
                for v in entry.values
            ]
            always |= set.intersection(*(a for a, _ in below)) if below else set()
            some |= set.union(set(), *(s for _, s in below))
    return always, always | some


def possible(
    space: Space, inputs: Mapping[str, Any], outputs: Mapping[str, str]
) -> dict[str, list[str]]:
    """Values that each reference may stand for: all texts, and a number of each kind."""
    found = {f"inputs.{name}": [text_of(value)] for name, value in inputs.items()}
    found |= {f"outputs.{name}": [path] for name, path in outputs.items()}
    _add_possible(space.parameters, "search_space.", found)
    return found


def _add_possible(branch: Branch, prefix: str, found: dict[str, list[str]]) -> None:
    for name, entry in branch.entries.items():
        some = found.setdefault(f"{prefix}{name}", [])
        if not isinstance(entry, Choice):
            some.append(_example(entry))
            continue
        for value in entry.values:
            if isinstance(value, Branch):
                some.append("{}")
                _add_possible(value, f"{prefix}{name}.", found)
            else:
                some.append(text_of(value))


def _example(entry: Scalar | Expression) -> str:
    if isinstance(entry, Scalar):
        return text_of(entry)
    if isinstance(entry, Randint) or (isinstance(entry, Quantized) and entry.q == int(entry.q)):
        return "0"
    return "0.5"
