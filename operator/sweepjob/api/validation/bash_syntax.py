"""Syntax that bash has and dash has not, by what dash does with it."""

from __future__ import annotations

import re
from typing import NamedTuple

from .shell_text import QUOTED

# Where a command begins.
_BEGINS = r"(?:^|[;&|(\n`]|(?<![^\s;])(?:then|do|else|if|elif|while|until|!|\{)\s)[ \t]{0,99}"
_FILE_PROGRAMS = "cat|chmod|cp|ls|mkdir|mv|rm|rmdir|rsync|tar|touch"
_RANGE = r"\{(?:\d{1,9}\.\.\d{1,9}|[A-Za-z]\.\.[A-Za-z])(?:\.\.\d{1,9})?\}"
_VARIABLES = "RANDOM|SECONDS|EPOCHSECONDS|BASHPID|BASH_SOURCE"
_FALSE = "takes the condition for false"
_UNKNOWN = "does not know it, so that the command fails"
_DETACHED = "runs the command in the background, so that the trial ends at once"
_ONE_WORD = "takes it for one word"
_REFUSED = "ends the script with a syntax error"
_NO_OPTION = "does not know the option, and ends the script"


class Syntax(NamedTuple):
    """Syntax of bash.

    Attributes:
        found: finds it, in group 1.
        effect: what dash does.
        remedy: what both understand.
    """

    found: re.Pattern[str]
    effect: str
    remedy: str


OUTSIDE_OF_QUOTES = [
    Syntax(re.compile(pattern), effect, remedy)
    for pattern, effect, remedy in (
        (rf"{_BEGINS}(\[\[)\s", _FALSE, "[ A = B ], with = and one bracket"),
        (r"(?:^|\s)\[\s[^\]\n;&|]{1,200}?\s(==)\s", _FALSE, "="),
        (rf"{_BEGINS}test\s[^\n;&|]{{1,200}}?\s(==)\s", _FALSE, "="),
        (rf"{_BEGINS}(\(\()[^\n;()]{{1,200}}\)\)", "runs it as a command", "[ A -lt B ]"),
        (r"(?:^|\s)for\s{1,9}(\(\()", _REFUSED, "for N in $(seq FIRST LAST)"),
        (rf"{_BEGINS}(source)\s", _UNKNOWN, ". ./FILE"),
        (
            rf"{_BEGINS}(pushd|popd|shopt|declare|typeset|let|function|mapfile|readarray|disown|coproc"
            r"|builtin)\s",
            _UNKNOWN,
            "POSIX syntax",
        ),
        (rf"{_BEGINS}(?:set\s{{1,9}}(-\w{{0,9}}o\s{{1,9}}pipefail))", _NO_OPTION, "set -e"),
        (rf"{_BEGINS}(wait\s{{1,9}}-n)", _NO_OPTION, "wait $pid"),
        (rf"{_BEGINS}(read\s{{1,9}}-\w{{0,9}}a)\s", _UNKNOWN, "read A B"),
        (rf"{_BEGINS}trap\s[^;\n]{{0,200}}?\s(ERR|DEBUG|RETURN)\b", _UNKNOWN, "set -e"),
        (
            rf"{_BEGINS}(echo\s{{1,9}}-[nE]{{0,9}}[eE]\w{{0,9}})\s[^;\n&|]{{0,300}}(?:>|\|(?!\|))",
            "writes the option, too",
            "printf",
        ),
        (r"(?<![<>\d&])(&>>?)", _DETACHED, ">FILE 2>&1"),
        (rf"(?<![<>&])(>&[ \t]{{0,9}}(?!{QUOTED}|REFERENCE)[A-Za-z_./])", _REFUSED, ">FILE 2>&1"),
        (r"(\|&)", _REFUSED, "2>&1 |"),
        (r"(?:^|(?<=[\s=]))(<<<|[<>]\()", _REFUSED, "a file or a pipe"),
        (
            rf"{_BEGINS}(?:(?:export|local|readonly)\s{{1,9}})?(\w{{1,100}}\+?=\()",
            _REFUSED,
            "words in place of an array",
        ),
        (rf"{_BEGINS}([A-Za-z_]\w{{0,99}}\+=)(?!\()", _UNKNOWN, 'A="$A MORE"'),
        (rf"(?:^|\s)({_RANGE})", _ONE_WORD, "$(seq FIRST LAST)"),
        (
            rf"(?:^|\s)for\s{{1,9}}\w{{1,60}}\s{{1,9}}in\s[^;\n]{{0,300}}?(?<=[\w./+-])({_RANGE})",
            _ONE_WORD,
            "$(seq FIRST LAST)",
        ),
        (
            rf"{_BEGINS}(?:{_FILE_PROGRAMS})\s[^;\n&|]{{0,300}}?"
            r"(?<!\$)(\{[\w./+-]{0,60},[\w./+,-]{0,200}\})",
            _ONE_WORD,
            "all words",
        ),
        (rf"(?<!\$)(\${QUOTED})", "leaves the $ as it is", "$(printf TEXT)"),
    )
]
ALSO_IN_DOUBLE_QUOTES = [
    Syntax(
        re.compile(
            r"(\$\{(?:![A-Za-z_]|#\w{1,100}\["
            r"|\w{1,100}(?:\[|:[\d$(]|: -\d|/|\^|,|@[A-Za-z](?=\})))[^}\n]{0,200}\})"
        ),
        _REFUSED,
        "sed, cut, or two variables",
    ),
    Syntax(re.compile(r"(\$\(<)(?![<(])"), "takes it for an empty text", "$(cat FILE)"),
    Syntax(  # not with what holds where there is no such variable: ``${RANDOM:-1}``
        re.compile(rf"(\$(?:(?:{_VARIABLES})\b|\{{(?:{_VARIABLES})\b(?!:?[-=?+])\}}?))"),
        "takes it for an empty text",
        "the output of a program",
    ),
]
