"""Chooses the line of a log that says why a script failed.

It is usually the last one. But libraries write hints and borders behind it, programs that run the script
say that it failed, and the message of an exception may have several lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .log_noise import BORDER, is_noise, is_of_runner

# What torchrun, Open MPI and Ray write in front of the lines of a process.
_PREFIX = re.compile(
    r"\[(?:rank|default)\d{1,6}\]: ?|\[\d{1,6},\d{1,6}\]<std\w{3}>: ?|\(\w{1,100} pid=[^)]{1,60}\) "
)
_TRACEBACK = "Traceback (most recent call last):"
_IGNORED = "Exception ignored in"
# These come in front of a stack.
_FATAL = re.compile(r"Fatal Python error: |panic: |ERROR: LoadError: ")
_ERROR = re.compile(r"(?:[\w.]*(?:Error|Exception|ERROR|error)): \S|[\w.]+(?:Error|Exception)$")
_END = re.compile(
    r"(?:Killed|Terminated)$|Segmentation fault|Aborted|Bus error|Out of memory|assert(?:ion)?\b"
    r"|.*(?:\bassertion\b.{0,200}\bfailed|\bnot found|No such file or directory|Permission denied)\.?$",
    re.IGNORECASE,
)
# The script went on behind an exception, which it has handled.
_WENT_ON = re.compile(r"\b(?:epoch|step|iter|iteration|batch)\b[^\w\n]{0,4}\d", re.IGNORECASE)
_MOST_BEHIND = 12  # lines of an exception's message


def failure_line(lines: Sequence[str]) -> str:
    """Return the line that says why, without a border around it.

    Args:
        lines: the last lines of a log, with their indentation, none of them empty; at least one.
    """
    texts = [_PREFIX.sub("", line, count=1) for line in lines]
    exceptions, stacks = _tracebacks(texts)
    kept = len(texts)
    while kept and (kept - 1 in stacks or is_noise(texts[kept - 1])):
        kept -= 1
    if kept == 0:
        return lines[-1].strip(BORDER) or lines[-1]
    bare = [text.strip(BORDER) for text in texts[:kept]]
    last = kept - 1
    found = [n for n in exceptions if n <= last]
    if found and (found[-1] == last or not _is_own_end(bare[found[-1] :])):
        return _with_text(bare, found[-1])
    errors = [line for line in bare[found[-1] + 1 if found else 0 :] if _ERROR.search(line)]
    return errors[-1] if errors and kept < len(lines) else bare[last]


def _tracebacks(texts: Sequence[str]) -> tuple[list[int], set[int]]:
    """Return where the exceptions of the script are, and the lines that belong to stacks or to others.

    Args:
        texts: lines of a log.
    """
    exceptions, stacks = list[int](), set[int]()
    begun = None
    for n, text in enumerate(texts):
        if text.startswith(_TRACEBACK) or (begun is None and text.startswith('  File "')):
            begun = n
        if begun is not None and (n == begun or text[:1].isspace()):
            stacks.add(n)
        elif begun is not None:
            is_ignored = begun > 0 and texts[begun - 1].startswith(_IGNORED)
            if is_ignored or is_of_runner(text):
                stacks.add(n)
            else:
                exceptions.append(n)
            begun = None
        elif _FATAL.match(text):
            exceptions.append(n)
    return exceptions, stacks


def _is_own_end(lines: Sequence[str]) -> bool:
    """Return whether the last line is no part of the message of an exception before it.

    Args:
        lines: that of the exception, and the lines behind it; at least two.
    """
    exception, *between, last = lines
    if exception.endswith(":") and not between:
        return False
    if len(between) >= _MOST_BEHIND or any(map(_WENT_ON.search, between)):
        return True
    return bool(_ERROR.search(last) or _END.match(last))


def _with_text(bare: Sequence[str], at: int) -> str:
    """Return a line, with the next one if it ends with a colon."""
    follows = bare[at + 1] if at + 1 < len(bare) else ""
    return f"{bare[at]} {follows}" if bare[at].endswith(":") and follows else bare[at]
