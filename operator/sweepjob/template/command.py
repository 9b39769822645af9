"""Resolves ``spec.trial.command``: run by a shell if it has shell syntax, and directly otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from . import kubelet_expansion, shell_quoting
from .references import (
    Reference,
    has_optional_parts,
    replace_references,
    resolve_optional,
    split_optional,
    split_references,
)

_SHELL_SYNTAX = re.compile(r"[|&;<>()$`*?#~!\\\n\[\]{}]")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
# Commands that only a shell has. Those that are programs as well, such as echo and test, are not listed.
_BUILTINS = {
    *(
        ".",
        ":",
        "alias",
        "builtin",
        "cd",
        "command",
        "declare",
        "dirs",
        "enable",
        "eval",
        "exec",
        "exit",
    ),
    *(
        "export",
        "fc",
        "getopts",
        "hash",
        "let",
        "local",
        "logout",
        "popd",
        "pushd",
        "read",
        "readonly",
    ),
    *(
        "return",
        "set",
        "shift",
        "shopt",
        "source",
        "time",
        "times",
        "trap",
        "type",
        "typeset",
        "ulimit",
    ),
    *("umask", "unalias", "unset", "wait"),
    *("if", "for", "while", "until", "case", "function"),
}
_BLANKS = " \t\r\n"
_PART = re.compile(r"[ \t\r\n]+|['\"]|[^ \t\r\n'\"]+")
SHELL = ("/bin/sh", "-c")


def normalize(command: str) -> str:
    """Remove whitespace around a command, which is YAML's, and carriage returns.

    A backslash before the last line end is removed with it.
    """
    text = command.replace("\r\n", "\n").lstrip(_BLANKS)
    while (kept := text.rstrip(_BLANKS)) != text or kept.endswith("\\"):
        if (len(kept) - len(kept.rstrip("\\"))) % 2 == 0:
            return kept
        if not text.startswith("\n", len(kept)):
            return text[: len(kept) + 1]  # an escaped blank, or nothing
        text = kept[:-1]  # a continued line without a next one
    return text


def needs_shell(command: str) -> bool:
    """Return whether a command has syntax that only a shell understands."""
    plain = replace_references(_opened(normalize(command)), lambda reference: "")
    first = plain.split(None, 1)[0] if plain.strip() else ""
    return bool(
        _SHELL_SYNTAX.search(plain) or _ASSIGNMENT.match(plain) or first.strip("'\"") in _BUILTINS
    )


def syntax_error(command: str) -> str | None:
    """Return why a command cannot be split into words; None when it can, or when a shell splits it."""
    if needs_shell(command):
        return None  # the shell reports its own errors
    try:
        _split(_opened(normalize(command)))
    except ValueError as error:
        return f"cannot be split into words ({error}); close the quote, or write a list"
    return None


def misplaced_references(
    command: str | Sequence[str], possible: Callable[[str], Iterable[str]]
) -> list[tuple[str, str]]:
    """Return each reference of a command that cannot be where it is, with the reason.

    Args:
        command: a shell command or an argument vector.
        possible: returns the values that a reference can have.
    """
    if not isinstance(command, str) or not needs_shell(command):
        return []
    text = normalize(command)
    said: dict[str, str] = {}
    for variant in dict.fromkeys((_opened(text), resolve_optional(text, ()))):
        for name, message in shell_quoting.find_refusals(_decoded(variant), possible):
            said.setdefault(name, message)
    return list(said.items())


def _opened(command: str) -> str:
    """Return the command with all its optional parts."""
    return "".join(part for part, _ in split_optional(command))


def split_words(command: str) -> list[str] | None:
    """Split a command into words, which keep their references.

    Returns:
        None where only a shell can split it, where it has an optional part, or where a quote stays open.
    """
    if needs_shell(command) or has_optional_parts(command) or syntax_error(command) is not None:
        return None
    return ["".join(map(str, word)) for word in _split(normalize(command))]


def resolve_command(command: str | Sequence[str], values: Mapping[str, str]) -> list[str]:
    """Return the argument vector of a command for a pod, with its references replaced.

    An argument vector keeps its words; only a word that is optional as a whole is split or left out.

    A command without shell syntax is split into words first, and its references are replaced afterwards:
    a value with spaces or quotes stays one argument, the image needs no shell, and signals reach the
    script. A command with shell syntax becomes an argument of ``/bin/sh -c``, with each value quoted for
    its context.

    Args:
        command: a shell command or an argument vector.
        values: the values of the references, by name.

    Raises:
        UnquotableValue: a value cannot be quoted where it is referred to.
    """
    if not isinstance(command, str):
        return [word for given in command for word in _words(given, values)]
    settled = resolve_optional(normalize(command), values)
    if not needs_shell(command):
        return _filled(settled, values)
    found = _decoded(settled)
    if not any(isinstance(piece, Reference) for piece in found):
        return [*SHELL, settled]
    made = shell_quoting.fill_references(found, values)
    return [*SHELL, kubelet_expansion.escape(made, {})]


@lru_cache(maxsize=32)  # every trial of a sweep has the same text
def _decoded(text: str) -> tuple[str | Reference, ...]:
    found = split_references(text)
    has_values = any(isinstance(piece, Reference) for piece in found)
    return tuple(kubelet_expansion.unescape(found) if has_values else found)


def _words(given: str, values: Mapping[str, str]) -> list[str]:
    if [optional for _, optional in split_optional(given)] == [True]:
        return _filled(resolve_optional(given, values), values)
    return [kubelet_expansion.fill_references(given, values)]


def _filled(text: str, values: Mapping[str, str]) -> list[str]:
    return [kubelet_expansion.fill_pieces(word, values) for word in _split(text)]


def _split(text: str) -> list[list[str | Reference]]:
    """Split a text without shell syntax into words, each a list of pieces without quotes.

    Raises:
        ValueError: a quotation is not closed.
    """
    words: list[list[str | Reference]] = []
    quote, in_word = "", False
    for piece in split_references(text):
        for part in _PART.findall(piece) if isinstance(piece, str) else [piece]:
            if not quote and isinstance(part, str) and part[0] in " \t\r\n":
                in_word = False
                continue
            if not in_word:
                words.append([])
                in_word = True
            if part == quote:
                quote = ""
            elif not quote and part in ("'", '"'):
                quote = part
            else:
                words[-1].append(part)
    if quote:
        raise ValueError(f"no closing {quote}")
    return words
