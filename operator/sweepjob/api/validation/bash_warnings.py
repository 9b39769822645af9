"""Warnings about syntax of bash in a command, which ``/bin/sh`` runs.

In images based on Debian and Ubuntu this is dash. It runs some of that syntax as something else, without
an error that ends the script.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ...template import command
from ...template.references import replace_references
from ..parsing.problem import Problem

_PATH = "spec.trial.command"
_BEGINS = r"(?:^|[;&|(\n]|(?<![^\s;])(?:then|do|else|if|elif|while|until|!)\s)[ \t]{0,99}"
_SINGLE_QUOTED = re.compile(r"'[^']*'|\\.", re.DOTALL)
_QUOTED = re.compile(r"'[^']*'|\"(?:\\.|[^\"\\])*\"|\\.", re.DOTALL)
_COMMENT = re.compile(r"(?:^|(?<=\s))#[^\n]*")
_HERE_DOCUMENT = re.compile(r"(?<!<)<<(?!<)")
_MOST = 20_000  # characters of a command
_FALSE = "takes the condition for false"
_UNKNOWN = "does not know it, so that the command fails"
_DETACHED = "runs the command in the background, so that the trial ends at once"
_ONE_WORD = "takes it for one word"
_REFUSED = "ends the script with a syntax error"


class _Syntax(NamedTuple):
    """Syntax that bash has and dash has not.

    Attributes:
        found: finds it, in group 1.
        effect: what dash does.
        remedy: what both understand.
    """

    found: re.Pattern[str]
    effect: str
    remedy: str


_OUTSIDE_OF_QUOTES = [
    _Syntax(re.compile(pattern), effect, remedy)
    for pattern, effect, remedy in (
        (rf"{_BEGINS}(\[\[)\s", _FALSE, "[ A = B ], with = and one bracket"),
        (r"(?:^|\s)\[\s[^\]\n;&|]{1,200}?\s(==)\s", _FALSE, "="),
        (rf"{_BEGINS}(source)\s", _UNKNOWN, ". ./FILE"),
        (rf"{_BEGINS}(pushd|popd|shopt|declare|typeset|let|function)\s", _UNKNOWN, "POSIX syntax"),
        (r"(?<![<>\d])(&>>?)", _DETACHED, ">FILE 2>&1"),
        (r"(\|&)", _REFUSED, "2>&1 |"),
        (r"(<<<|[<>]\()", _REFUSED, "a file or a pipe"),
        (rf"{_BEGINS}(\w{{1,100}}\+?=\()", _REFUSED, "words in place of an array"),
        (r"(?:^|\s)(\{\d{1,9}\.\.\d{1,9}(?:\.\.\d{1,9})?\})", _ONE_WORD, "$(seq FIRST LAST)"),
    )
]
_ALSO_IN_DOUBLE_QUOTES = [
    _Syntax(
        re.compile(r"(\$\{(?:![A-Za-z_]|\w{1,100}(?:\[|:\d|: ?-\d|/|\^|,))[^}\n]{0,200}\})"),
        _REFUSED,
        "sed, cut, or two variables",
    )
]


def bash_warnings(text: str | tuple[str, ...]) -> Iterator[Problem]:
    """Yield a warning for each kind of syntax that not every ``/bin/sh`` has.

    Args:
        text: ``spec.trial.command``; an argument vector names its shell.
    """
    if not isinstance(text, str) or not command.needs_shell(text) or len(text) > _MOST:
        return
    plain = replace_references(command.normalize(text), lambda _: "REFERENCE")
    if _HERE_DOCUMENT.search(plain):
        return  # not analysed: any text may be in it
    bare = _COMMENT.sub("", _QUOTED.sub("QUOTED", plain))
    expanded = _COMMENT.sub("", _SINGLE_QUOTED.sub("QUOTED", plain))
    for searched, kinds in ((bare, _OUTSIDE_OF_QUOTES), (expanded, _ALSO_IN_DOUBLE_QUOTES)):
        for kind in kinds:
            if found := kind.found.search(searched):
                message = (
                    "is syntax of bash, and /bin/sh runs the command; in images of Debian and Ubuntu it "
                    f"is dash, which {kind.effect}; write {kind.remedy}, or run a file that begins "
                    "with #!/bin/bash"
                )
                yield Problem(_PATH, found[1][:60], message)
