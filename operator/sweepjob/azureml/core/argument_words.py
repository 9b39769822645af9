"""Converts the arguments of a script to words; what has no word is refused."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ...sdk.expressions import Expression, to_plain
from ...search.space import Scalar
from ...template.command import split_words
from ..data.output_dataset_config import OutputFileDatasetConfig
from ..data.pipeline_parameters import with_value

# Azure's shell expands these in a command: $AZUREML_SWEEP_lr and ${AZUREML_SWEEP_lr}.
_SWEPT = re.compile(r"\$(?:AZUREML_SWEEP_(\w+)|\{AZUREML_SWEEP_(\w+)\})")
_DATA = re.compile(r"\$(?:AZUREML_DATAREFERENCE_(\w+)|\{AZUREML_DATAREFERENCE_(\w+)\})")
_TEXT_FLAGS = ("-c", "-lc")  # python -c TEXT, sh -c TEXT


class WordError(ValueError):
    """A word of a command or an argument cannot be converted. The message has its place and a remedy."""


def argument_words(
    where: str, arguments: Iterable[Any], data: Callable[[str, Any], str]
) -> list[str]:
    """Return arguments as texts.

    Args:
        where: Name of the argument list, for messages.
        arguments: The arguments; a text is split as a shell splits it.
        data: Returns the word of data (an object with ``references``) at a place.

    Raises:
        WordError: The text has no closing quote; an argument is None, or of a type without an equivalent.
    """
    if isinstance(arguments, str):
        try:
            return shlex.split(arguments)
        except ValueError as error:
            raise WordError(f"{where}: {arguments!r}: {error}; close the quote") from None
    return [_word(f"{where}[{n}]", argument, data) for n, argument in enumerate(arguments)]


def _word(where: str, argument: Any, data: Callable[[str, Any], str]) -> str:
    # A pipeline is submitted with the default values of its parameters.
    argument = with_value(argument)
    if hasattr(argument, "references"):
        return data(where, argument)
    if isinstance(argument, OutputFileDatasetConfig):
        return f"${{{{outputs.{argument.name}}}}}"
    plain = to_plain(argument)
    if plain is None:
        raise WordError(f"{where}: None: is no argument; leave it out, or write it as a text")
    if isinstance(plain, Expression):
        raise WordError(
            f"{where}: {plain!r}: a parameter belongs to the sampling, e.g. "
            "RandomParameterSampling({'--lr': uniform(0, 1)})"
        )
    if isinstance(plain, (str, bool, os.PathLike, Scalar)):
        return str(plain)
    if isinstance(plain, (list, tuple)):
        raise WordError(
            f"{where}: {plain!r}: a {type(plain).__name__} cannot be an argument; write its {len(plain)} "
            "elements as arguments of their own"
        )
    raise WordError(
        f"{where}: {plain!r}: a {type(plain).__name__} cannot be an argument; give a text, a number, a "
        "dataset (as_mount(), as_named_input()) or a path on a datastore"
    )


def command_words(
    command: str | Sequence[Any], names: Iterable[str], data: Callable[[str, Any], str]
) -> str | list[str]:
    """Return a command; Azure joins the words of a list, and a shell runs the line.

    ``$AZUREML_SWEEP_name`` becomes a reference. A list stays a list unless a word needs the shell. The
    program text behind ``-c`` is one argument, whatever it contains.

    Args:
        command: Command line, or its words.
        names: Names of the parameters.
        data: Returns the word of data at a place.

    Raises:
        WordError: A word refers to no parameter, or cannot be converted.
    """
    known = list(names)
    if isinstance(command, str):
        return _with_references(command, known)
    words = [_with_references(word, known) for word in argument_words("command", command, data)]
    texts = {n for n in range(1, len(words)) if words[n - 1] in _TEXT_FLAGS}
    if all(n in texts or split_words(word) is not None for n, word in enumerate(words)):
        return words
    return " ".join(shlex.quote(word) if n in texts else word for n, word in enumerate(words))


def _with_references(text: str, names: Sequence[str]) -> str:
    def refer(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name not in names:
            raise WordError(
                f"command: {match[0]}: no such parameter; there are: {', '.join(names)}"
            )
        return f"${{{{search_space.{name}}}}}"

    return _SWEPT.sub(refer, text)


def with_data_paths(word: str, paths: Mapping[str, str]) -> str:
    """Return a word with the paths of the data that ``$AZUREML_DATAREFERENCE_name`` refers to.

    Args:
        word: The word.
        paths: Paths by name.

    Raises:
        WordError: There are no such data.
    """

    def replace(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name not in paths:
            raise WordError(
                f"{match[0]}: no such data; give the reference itself, without str(), as an argument"
            )
        return paths[name]

    return _DATA.sub(replace, word)


def without_swept(words: Sequence[str], swept: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the arguments without those that are parameters, and the names of these.

    Args:
        words: The arguments.
        swept: Names of the parameters as arguments, without dashes.
    """
    names, kept, left_out = set(swept), [], []
    rest = iter(words)
    for word in rest:
        name, has_value, _ = word.partition("=")
        if not word.startswith("-") or name.lstrip("-") not in names:
            kept.append(word)
            continue
        left_out.append(name)
        if not has_value:
            next(rest, None)
    return kept, left_out
