"""Reads a command line of ``mpirun``, since the operator starts ``mpirun`` itself."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import Any

from ..azure.conversion import Section

# The numbers of values of Open MPI's options; the names are without their one or two dashes.
_COUNT = ("np", "n", "c")
_OPTIONS = {
    "allow-run-as-root": 0,
    "bind-to": 1,
    "map-by": 1,
    "rank-by": 1,
    "x": 1,
    "mca": 2,
    "hostfile": 1,
    "machinefile": 1,
    "host": 1,
    "H": 1,
    "npernode": 1,
    "N": 1,
    "oversubscribe": 0,
    "tag-output": 0,
    "report-bindings": 0,
    "q": 0,
    "v": 0,
} | dict.fromkeys(_COUNT, 1)
_STARTERS = ("mpirun", "mpiexec")


def read_mpirun(section: Section, words: Sequence[Any], processes: int) -> list[str]:
    """Return the command that ``mpirun`` starts.

    Args:
        section: the launcher, for messages.
        words: the whole command.
        processes: how many processes all pods of a trial have.
    """
    texts = [str(word) for word in words]
    if not texts or posixpath.basename(texts[0]) not in _STARTERS:
        message = (
            "must begin with mpirun: the operator starts mpirun with the command that follows it"
        )
        section.reject("command", texts[:3], message)
        return texts
    position = 1
    dropped: list[str] = []
    while position < len(texts) and texts[position].startswith("-"):
        name = texts[position].lstrip("-")
        if name not in _OPTIONS:
            section.reject("command", texts[position], "unknown option of mpirun; remove it")
            return texts[position:]
        taken = texts[position : position + 1 + _OPTIONS[name]]
        if name not in _COUNT:
            dropped += taken
        elif taken[1:] != [str(processes)]:
            message = f"must be {processes}, the workers times slotsPerWorker: all of them run here"
            section.reject("command", taken, message)
        position += len(taken)
    if dropped:
        message = (
            "options of mpirun are not carried over: the operator sets -n and passes on the trial's "
            "variables; set others by variables such as OMPI_MCA_pml"
        )
        section.note("command", dropped, message)
    return texts[position:]
