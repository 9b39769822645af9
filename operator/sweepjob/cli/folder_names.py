"""Names of folders of this machine, beside those of a cluster's objects."""

from __future__ import annotations

from ..api import names

_KINDS = ("sweepjob", "sweeptrial")


def is_folder(name: str) -> bool:
    """Return whether a name is that of a folder, not of an object of the cluster."""
    kind, slash, _ = name.partition("/")
    if name.startswith((".", "/", "~")):
        return True
    return bool(slash) and kind not in _KINDS


def local_hint(name: str) -> str:
    """Return where a sweep of this name ran on this machine; empty where none did."""
    from pathlib import Path  # slow to import, and needed for a mistake only

    folder = Path(".sweepjob") / name
    if (folder / names.SWEEPJOBS).is_dir():
        return f"; a sweep of this name ran on this machine: {folder}"
    sweep = name.rpartition("-")[0]
    if sweep and (Path(".sweepjob") / sweep / names.SWEEPTRIALS / f"{name}.json").exists():
        return f"; a trial of this name ran on this machine: .sweepjob/{sweep}/{name}"
    return ""
