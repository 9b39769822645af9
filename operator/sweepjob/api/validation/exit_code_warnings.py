"""Warnings about a shell command whose exit code is not that of the script.

A script that fails would count as succeeded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile

from ...template import command
from ...template.references import replace_references
from ..parsing.problem import Problem
from .shell_text import QUOTED, without_quotations

_PATH = "spec.trial.command"
_REFERENCE = "REFERENCE"  # stands for each of them
# Syntax that is not analysed: substitutions, groups, functions, here-documents, loops and conditions.
_COMPOUND = re.compile(r"[`(){}]|<<|(?:^|[;&|\s])(?:if|for|while|until|case)\s")
# No pattern begins with a repetition without a bound: each place of a long run would start a scan.
_REDIRECTION = re.compile(r"(?:(?<!\d)\d{1,9})?[<>]&[\d-]*|&>>?")
_STOPS = re.compile(r"(?:^|[;&\n])[ \t]{0,99}set\s+-[a-zA-Z]*e|(?:^|\s)-o\s+errexit")
_PIPEFAIL = re.compile(r"\bpipefail\b")
_SEPARATOR = re.compile(r"((?<!&)&(?!&)|;|\n)")
_PIPE = re.compile(r"(?<!\|)\|(?!\|)")
# Programs that follow a script, and hardly are the script.
_FOLLOWS = re.compile(
    r"(?:.*/)?(?:cat|chmod|cp|date|echo|find|gzip|ls|mkdir|mv|printf|rm|rsync|sleep|sync|tail|tar|touch)"
)
# The same in front of it: they write its configuration, or set its variables.
_PREPARES = re.compile(
    rf"{_FOLLOWS.pattern}|(?:.*/)?(?:awk|cd|envsubst|export|jq|readonly|sed|set|test|unset|yq|\[)"
)
# An option with which perl runs a text, or changes files: ``-pi -e``.
_TEXT_OF_PERL = re.compile(r"-[0-9lnpaswt]{0,9}[eEi]")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_PART = re.compile(r"&&|\|\|?")
_BACKGROUND = (
    "ends with &, so that the shell ends at once, and the script with it; remove the &, since each trial "
    "has a process of its own"
)
_FOLLOWED = (
    "is the last program, so that its exit code counts: a script that fails would have succeeded; "
    "join them by && in place of ; or a new line, or write set -e before them"
)
_WAITED = (
    "is 0 whatever the exit code of the script was: a script that fails would have succeeded; remove "
    "the & and the wait, or write pid=$! behind the & and wait $pid for each process"
)
_PIPED = (
    "is the end of a pipe, so that its exit code counts: a script that fails would have succeeded; "
    "{remedy}"
)


def exit_code_warnings(text: str | tuple[str, ...]) -> Iterator[Problem]:
    """Yield a warning where the exit code of the script is lost.

    Args:
        text: ``spec.trial.command``; an argument vector has no such problem.
    """
    if not isinstance(text, str) or not command.needs_shell(text):
        return
    plain = replace_references(command.normalize(text), lambda _: _REFERENCE)
    plain = without_quotations(plain, _shown).replace("|&", "|")
    plain = _REDIRECTION.sub("", plain)
    if _COMPOUND.search(plain):
        return
    if re.search(r"(?<!&)&\s*$", plain):
        yield Problem(_PATH, text.strip()[-60:], _BACKGROUND)
        return
    statements, detached = _statements(plain)
    if not statements:
        return
    if statements[-1] == "wait" and any(map(_is_script, detached)):
        yield Problem(_PATH, "wait", _WAITED)
        return
    if not _PIPEFAIL.search(plain):
        yield from _pipeline(statements)
    if not _STOPS.search(plain) and _is_followed(statements):
        yield Problem(_PATH, statements[-1].split()[0][:60], _FOLLOWED)


def _shown(quoted: str) -> str:
    """Return what stands for a quoted text: nothing in it is syntax, but it may have references."""
    return _REFERENCE if _REFERENCE in quoted else QUOTED


def _statements(plain: str) -> tuple[list[str], list[str]]:
    """Return all statements in their order, and those that run in the background."""
    pieces = [piece.strip(" \t") for piece in _SEPARATOR.split(plain)]
    found = list(zip(pieces[::2], [*pieces[1::2], ""], strict=True))
    return [text for text, _ in found if text], [text for text, end in found if text and end == "&"]


def _is_script(statement: str) -> bool:
    """Return whether a statement has a reference, and does more than to prepare the script."""
    return _REFERENCE in statement and not all(map(_prepares, _PART.split(statement)))


def _prepares(command_text: str) -> bool:
    """Return whether a command writes a configuration or sets variables."""
    words = command_text.split()
    at = next((n for n, word in enumerate(words) if not _ASSIGNMENT.match(word)), len(words))
    program, arguments = "".join(words[at : at + 1]), words[at + 1 :]
    if program == ".":
        return _REFERENCE not in command_text
    options = list(takewhile(lambda word: word.startswith("-"), arguments))
    name = program.rpartition("/")[2]
    if name == "perl":
        return any(map(_TEXT_OF_PERL.match, options))
    if name == "awk" and any(word.startswith(("-f", "--file")) for word in arguments):
        return False
    return not program or _PREPARES.fullmatch(program) is not None


def _pipeline(statements: list[str]) -> Iterator[Problem]:
    """Yield a warning about a pipe behind the script."""
    for statement in statements:
        parts = [part.strip() for part in _PIPE.split(statement.rpartition("&&")[2])]
        is_script = _REFERENCE in statement or statement is statements[-1]
        if len(parts) < 2 or not parts[-1] or not is_script or _REFERENCE in parts[-1]:
            continue
        if all(map(_prepares, parts[:-1])):  # the script reads it
            continue
        last = parts[-1].split()[0]
        remedy = "write set -o pipefail before it, where the shell of the image is bash"
        if last == "tee":
            remedy = f"remove it, since sweepjob logs prints the log, or {remedy}"
        yield Problem(_PATH, f"| {last}"[:60], _PIPED.format(remedy=remedy))
        return


def _is_followed(statements: list[str]) -> bool:
    """Return whether a command follows the script that runs whether or not the script fails."""
    *before, last = statements
    if _REFERENCE in last:
        return False
    if any(map(_is_script, before)):
        return not last.startswith(("wait ", "exit"))
    is_prepared = all(_prepares(part) for text in before for part in _PART.split(text))
    return not is_prepared and _FOLLOWS.fullmatch(last.split()[0]) is not None
