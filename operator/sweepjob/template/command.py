"""``spec.trial.command``: with a shell or without, decided by what is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache

from . import kubelet_expansion, shell_quoting
from .references import Reference, has_optional, parts, pieces, replace_references, settle_optional

_SHELL_SYNTAX = re.compile(r"[|&;<>()$`*?#~!\\\n\[\]{}]")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
# What only a shell knows. Those of which there are programs as well, as echo and test, are not here.
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


def tidy(command: str) -> str:
    """Without blanks and ends of lines around it, which are YAML's, and without Windows' in it.

    A backslash before the last end of a line goes with it.
    """
    text = command.replace("\r\n", "\n").lstrip(_BLANKS)
    while (kept := text.rstrip(_BLANKS)) != text or kept.endswith("\\"):
        if (len(kept) - len(kept.rstrip("\\"))) % 2 == 0:
            return kept
        if not text.startswith("\n", len(kept)):
            return text[: len(kept) + 1]  # a blank that is meant, or nothing
        text = kept[:-1]  # the line goes on, and there is no other
    return text


def needs_shell(command: str) -> bool:
    """Whether there is anything in it that only a shell understands."""
    plain = replace_references(_opened(tidy(command)), lambda reference: "")
    first = plain.split(None, 1)[0] if plain.strip() else ""
    return bool(
        _SHELL_SYNTAX.search(plain) or _ASSIGNMENT.match(plain) or first.strip("'\"") in _BUILTINS
    )


def syntax_error(command: str) -> str | None:
    """What is wrong with a command that is to be split into words, None when nothing is."""
    if needs_shell(command):
        return None  # the shell will say
    try:
        _split(_opened(tidy(command)))
    except ValueError as error:
        return f"cannot be split into words ({error}); close the quote, or write a list"
    return None


def misplaced(
    command: str | Sequence[str], possible: Callable[[str], Iterable[str]]
) -> list[tuple[str, str]]:
    """Each reference of a command that cannot stand where it does, and why.

    Args:
        possible: values that a reference may stand for.
    """
    if not isinstance(command, str) or not needs_shell(command):
        return []
    text = tidy(command)
    said: dict[str, str] = {}
    for variant in dict.fromkeys((_opened(text), settle_optional(text, ()))):
        for name, message in shell_quoting.refusals(_decoded(variant), possible):
            said.setdefault(name, message)
    return list(said.items())


def _opened(command: str) -> str:
    """With all that is optional."""
    return "".join(part for part, _ in parts(command))


def words_of(command: str) -> list[str] | None:
    """The words of a command, references still in them; None where only a shell could split it, or
    where something of it may be left out.
    """
    if needs_shell(command) or has_optional(command):
        return None
    return ["".join(map(str, word)) for word in _split(tidy(command))]


def resolve(command: str | Sequence[str], values: Mapping[str, str]) -> list[str]:
    """The argument vector of a command with its placeholders filled in, as a pod has it.

    A list is taken as it is; only a word that is optional as a whole is split, or left out. A text
    without shell syntax is split into words first and filled in afterwards: a value with spaces or
    quotes stays one argument, no shell has to be in the image, and signals reach the script itself.
    A text with shell syntax goes to ``/bin/sh -c``, values quoted as their places ask for.

    Raises:
        Impossible: a value cannot stand in a place of the shell's text.
    """
    if not isinstance(command, str):
        return [word for given in command for word in _words(given, values)]
    settled = settle_optional(tidy(command), values)
    if not needs_shell(command):
        return _filled(settled, values)
    found = _decoded(settled)
    if not any(isinstance(piece, Reference) for piece in found):
        return [*SHELL, settled]
    made = shell_quoting.filled(found, values)
    return [*SHELL, kubelet_expansion.written(made, {})]


@lru_cache(maxsize=32)  # every trial of a sweep has the same text
def _decoded(text: str) -> tuple[str | Reference, ...]:
    found = pieces(text)
    has_values = any(isinstance(piece, Reference) for piece in found)
    return tuple(kubelet_expansion.decoded(found) if has_values else found)


def _words(given: str, values: Mapping[str, str]) -> list[str]:
    if [optional for _, optional in parts(given)] == [True]:
        return _filled(settle_optional(given, values), values)
    return [kubelet_expansion.filled(given, values)]


def _filled(text: str, values: Mapping[str, str]) -> list[str]:
    return [kubelet_expansion.replaced(word, values) for word in _split(text)]


def _split(text: str) -> list[list[str | Reference]]:
    """The words of a text without shell syntax, each in pieces: between blanks, quotes taken off.

    Raises:
        ValueError: a quote is not closed.
    """
    words: list[list[str | Reference]] = []
    quote, in_word = "", False
    for piece in pieces(text):
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
