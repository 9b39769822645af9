"""Converts ``command`` with its macros, and ``program``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..azure.conversion import PLACEHOLDER, Section
from .parameters import Parameters

_DEFAULT = ("${env}", "${interpreter}", "${program}", "${args}")
_VARIABLE = re.compile(r"\$\{envvar:([^}]+)\}")
_MACRO = re.compile(r"\$\{[^}]*\}")
# All parameters as JSON, nested ones included; the kubelet expands the variable.
_JSON = "$(SWEEPJOB_PARAMETERS)"
_JSON_MACRO, _FILE_MACRO = "${args_json}", "${args_json_file}"
_JSON_FILE = "/tmp/$(SWEEPJOB_TRIAL).json"  # the kubelet expands it here as well
_WRITE_FILE = ["sh", "-c", f'printf %s "$SWEEPJOB_PARAMETERS" > {_JSON_FILE} && exec "$@"', "sh"]


def convert_command(top: Section, parameters: Parameters) -> tuple[list[str], list[dict[str, str]]]:
    """Convert ``command``; return it, and environment variables for ``${envvar:X}``.

    Args:
        top: the file.
        parameters: the parameters.
    """
    program = top.text("program")
    words = top.read("command", list(_DEFAULT))
    if isinstance(words, str):
        words = words.split()
    if not isinstance(words, list):
        top.reject("command", words, "must be a list of words")
        return [], []
    is_launched = any(top.data.get(key) is not None for key in ("job", "image_uri"))
    if program is None and not is_launched and any("${program}" in str(word) for word in words):
        top.reject("program", None, "is required: the script that ${program} means")
    found: list[str] = []
    env: dict[str, dict[str, str]] = {}
    if any(str(word) in ("${args}", "${args_no_hyphens}") for word in words):
        parameters.write_as_python()
    for position, word in enumerate(words):
        section = top.section(f"command[{position}]")
        found += _words(section, str(word), program or PLACEHOLDER, parameters, env)
        if _JSON_MACRO in str(word) or _FILE_MACRO in str(word):
            _note_names(section, str(word), parameters)
    if any(_FILE_MACRO in str(word) for word in words):
        message = (
            f"is {_JSON_FILE}, which sh, a shell of the image, writes before the program starts"
        )
        top.note("command", _FILE_MACRO, message)
        found = [*_WRITE_FILE, *found]
    return found, list(env.values())


def _note_names(section: Section, word: str, parameters: Parameters) -> None:
    """Note the names that the JSON has in place of the file's."""
    others = {theirs: ours for ours, theirs in parameters.theirs.items() if ours != theirs}
    if others:
        listed = ", ".join(f"{ours} for {theirs}" for theirs, ours in others.items())
        section.note("", word, f"the JSON has {listed}: let the script take these names")


def _words(
    section: Section,
    word: str,
    program: str,
    parameters: Parameters,
    env: dict[str, dict[str, str]],
) -> list[str]:
    lists = {
        "${args}": [f"--{name}={text}" for name, text in parameters.arguments()],
        "${args_no_hyphens}": [f"{name}={text}" for name, text in parameters.arguments()],
        _JSON_MACRO: [_JSON],
    }
    if word in lists:
        return lists[word]
    if word == "${args_no_boolean_flags}":
        return list(_flags(section, parameters))
    if "${{" in word or "$[[" in word:
        section.reject("", word, "would be a reference of a SweepJob; write it in another way")
        return [word]
    for name in _VARIABLE.findall(word):
        message = (
            f"is a variable of the agent's machine: put its value for {PLACEHOLDER} in trial.env"
        )
        section.note("", f"${{envvar:{name}}}", message)
        env[name] = {"name": name, "value": PLACEHOLDER}
    word = _VARIABLE.sub(r"$(\1)", word)
    plain = {
        "${env}": "/usr/bin/env",
        "${interpreter}": "python",
        "${program}": program,
        _FILE_MACRO: _JSON_FILE,
    }

    def value(macro: re.Match[str]) -> str:
        if macro.group() not in plain:
            message = "unknown macro; known: ${env}, ${interpreter}, ${program}, ${args}, "
            message += "${args_no_hyphens}, ${args_no_boolean_flags}, ${args_json}, "
            message += "${args_json_file}, ${envvar:X}"
            section.reject("", macro.group(), message)
        return plain.get(macro.group(), "")

    return [_MACRO.sub(value, word)]


def _flags(section: Section, parameters: Parameters) -> Iterator[str]:
    """Yield arguments where a boolean is a flag without a value, as far as it never changes."""
    for name, text in parameters.arguments():
        kinds = parameters.booleans(name)
        if kinds == {True}:
            yield f"--{name}"
        elif kinds and kinds != {False}:
            message = (
                f"a flag that only some trials have is not supported: let the script take --{name}=true, "
                "and write ${args}"
            )
            section.reject("", name, message)
        elif not kinds:
            yield f"--{name}={text}"
